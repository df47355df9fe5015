/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/lab/job_health.h"

#include "app/lab/job_tell.h"

bool job_health_begin(struct job *j)
{
	struct err why = {0};

	if (!health_due(&j->trainer) || j->health_refused)
		return false;
	if (health_before(&j->health, &j->trainer, &why) == 0)
		return true;
	job_say(j, "fold %d is not measured: %s", j->trainer.state.fold, why.text);
	health_free(&j->health);
	j->health_refused = true;
	return false;
}

int job_health_end(struct job *j, struct err *e)
{
	struct health_row row;

	if (health_after(&j->health, &j->trainer, &row, e) || session_health(&j->session, &row, e))
		return -1;
	if (j->hooks.health)
		j->hooks.health(j->hooks.ctx, j, &row);
	return 0;
}

void job_health_close(struct job *j)
{
	health_free(&j->health);
	j->health_refused = false;
}
