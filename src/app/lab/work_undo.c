/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Changes taken back. */
#include "app/lab/work_private.h"

#include "app/config/setting.h"
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
	run->undo[run->undos++] = (struct undo){mem_dup(command), run->job.trainer.state.fold,
						step_for(&run->job.trainer, o)};
}

/* The step of the fold that is open; 0: not known. */
static int step_of(const struct work_run *run, const struct undo *x)
{
	return x->fold == run->job.trainer.state.fold ? x->step : 0;
}

void work_undo_put(const struct work_run *run, struct snapshot *s)
{
	const struct undo *last = run->undos ? &run->undo[run->undos - 1] : NULL;
	struct setting x = {0};

	if (last)
		setting_of_command(&x, last->command);
	str_fit(s->undo_key, sizeof s->undo_key, x.o ? x.o->key : "");
	s->undo_step = last ? step_of(run, last) : 0;
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
	offer_rewind(&run->job.trainer, step_of(run, last), text, n);
	free(last->command);
	run->undos--;
}

void work_undo_forget(struct work_run *run, int step)
{
	int n = 0;

	for (int i = 0; i < run->undos; i++) {
		int made = step_of(run, &run->undo[i]);

		if (run->undo[i].step > 0 && made <= step)
			run->undo[n++] = run->undo[i];
		else
			free(run->undo[i].command);
	}
	run->undos = n;
}
