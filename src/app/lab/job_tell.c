/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/lab/job_tell.h"

#include "app/lab/team.h"

#include <math.h>

static void tell(struct job *j, const struct happening *x)
{
	if (j->hooks.happened)
		j->hooks.happened(j->hooks.ctx, j, x);
}

void job_tell_epoch(struct job *j, const struct epoch_row *r)
{
	const struct state *s = &j->trainer.state;

	/* Of a branch's epochs its parent has told those that it did. */
	if (!s->rewinds && s->step <= j->trunk)
		return;
	/* Under exp.protocol fixed nothing is chosen: the last epoch is kept, whatever it is. */
	if (s->best_epoch != r->epoch || !isfinite(r->val.wa))
		return;
	happening_best(&j->best, j->session.dir, r, s->step);
	j->best_waits = true;
}

void job_tell_stored(struct job *j)
{
	if (j->best_waits)
		tell(j, &j->best);
	j->best_waits = false;
}

void job_tell_fold(struct job *j, const struct fold_row *r)
{
	struct happening x;

	j->trained = true;
	happening_fold(&x, j->session.dir, r, j->trainer.state.epoch);
	tell(j, &x);
}

void job_tell_spike(struct job *j, const struct step_row *r, const char *why)
{
	struct happening x;

	happening_spike(&x, j->session.dir, r, why);
	tell(j, &x);
}

void job_tell_diverged(struct job *j, const struct step_row *r, const struct err *why)
{
	struct happening x;

	j->trained = true;
	happening_diverged(&x, j->session.dir, r, why->text);
	tell(j, &x);
}

void job_tell_finished(struct job *j)
{
	struct happening x;

	if (!(j->opt.team ? team_trained(j->opt.team, j->seed) : j->trained))
		return;
	j->trained = false;
	happening_finished(&x, j->session.dir, &j->results);
	tell(j, &x);
}

void job_tell_ended(struct job *j, const struct err *e)
{
	const char *state = !e->status                   ? "stopped"
			    : e->status == EXIT_DIVERGED ? "diverged"
							 : "failed";
	int fold = -1, epoch = -1, step = -1;
	struct happening x;

	if (!j->trained || (j->opt.team && !e->status && !j->stopped))
		return;
	j->trained = false;
	if (j->trainer.corpus)
		job_position(j, &fold, &epoch, &step);
	happening_ended(&x, j->session.dir, state, fold, epoch, step, e->text);
	if (j->opt.team) /* the others may go on */
		team_keep_end(j->opt.team, &x);
	else
		tell(j, &x);
}
