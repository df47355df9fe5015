/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Changes taken back. */
#include "app/lab/work_private.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

/* The step before which a change of this setting that is made now takes effect. */
static int step_for(const struct trainer *t, const struct option *o)
{
	int step = t->state.step + 1;

	if (o->when == WHEN_EPOCH && !t->state.ended)
		step += trainer_steps_per_epoch(t) - t->state.in_epoch;
	return step;
}

void work_can_undo(struct work_run *run, const char *command, const struct option *o)
{
	if (run->undos == UNDO_MAX) {
		free(run->undo[0].command);
		memmove(run->undo, run->undo + 1, (size_t)--run->undos * sizeof *run->undo);
	}
	run->undo[run->undos++] = (struct undo){mem_dup(command), step_for(&run->job.trainer, o)};
}

/* What was trained with the change can be taken back too. */
static void offer_rewind(const struct trainer *t, int step, char *text, size_t n)
{
	int each = trainer_steps_per_epoch(t), done = t->state.step - step + 1;
	size_t len = strlen(text);

	if (step > 0 && done > 0)
		snprintf(text + len, n - len,
			 " from here on; rewind %d:%d goes back to before the change, %d step%s "
			 "ago",
			 (step - 1) / each + 1, (step - 1) % each, done, done == 1 ? "" : "s");
}

void work_undo(struct work_run *run, char *text, size_t n, struct err *e)
{
	struct undo *last = &run->undo[run->undos - 1];

	if (steer_command(&run->job.steer, last->command, e))
		return;
	snprintf(text, n, "%.255s", last->command);
	offer_rewind(&run->job.trainer, last->step, text, n);
	free(last->command);
	run->undos--;
}

void work_undo_forget(struct work_run *run, int step)
{
	int n = 0;

	for (int i = 0; i < run->undos; i++) {
		if (run->undo[i].step > 0 && run->undo[i].step <= step)
			run->undo[n++] = run->undo[i];
		else
			free(run->undo[i].command);
	}
	run->undos = n;
}
