/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Changes taken back. */
#include "app/lab/work_private.h"

#include "app/config/setting.h"
#include "base/str.h"

/* The step of the fold before which it was made, if going back to there undoes any step that was
 * done with it; else 0: it was made in an earlier fold, or no figure depends on it. */
static int step_of(const struct undoable *u)
{
	return option_is_free(u->o) ? 0 : u->step;
}

void work_undo_put(const struct work_run *run, struct snapshot *s)
{
	const struct job *j = &run->job;
	struct undoable u;
	bool can = j->trainer.corpus && steer_undoable(&j->steer, &u);

	str_fit(s->undo_key, sizeof s->undo_key, can ? u.o->key : "");
	s->undo_step = can ? step_of(&u) : 0;
}

/* What was trained with the change can be taken back too. */
static void offer_rewind(const struct trainer *t, int step, struct str *out)
{
	int each = trainer_steps_per_epoch(t), done = t->state.step - step + 1;

	if (step > 0 && done > 0)
		str_addf(out,
			 " from here on; rewind %d:%d goes back to before the change, %d step%s "
			 "ago",
			 (step - 1) / each + 1, (step - 1) % each, done, done == 1 ? "" : "s");
}

void work_undo(struct work_run *run, char *text, size_t n, struct err *e)
{
	struct job *j = &run->job;
	char command[SETTING_KEY + OPTION_TEXT];
	struct str said = {0};
	struct undoable u;
	int step = steer_undoable(&j->steer, &u) ? step_of(&u) : 0;

	if (steer_undo(&j->steer, command, sizeof command, e))
		return;
	str_addf(&said, "%.255s", command);
	offer_rewind(&j->trainer, step, &said);
	str_fit(text, n, said.s);
	str_free(&said);
}
