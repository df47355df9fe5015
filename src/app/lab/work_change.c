/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Changes of a run, and those that are taken back. */
#include "app/lab/work_private.h"

#include "app/config/setting.h"
#include "app/lab/team.h"
#include "base/str.h"

#include <stdio.h>
#include <string.h>

/* ---- made ---- */

/* Does another process, or job, train a fold of this run too? */
static bool has_others(const struct job *j)
{
	for (int i = 0; i < split_folds(&j->lab->corpus); i++) {
		int fold = split_fold(&j->lab->corpus, i);
		struct lock_owner who;
		char dir[PATH_LEN + 32];

		snprintf(dir, sizeof dir, "%s/fold-%d", j->session.dir, fold);
		if (fold != j->trainer.state.fold && fold_lock_look(dir, &who) == FOLD_HELD)
			return true;
	}
	return false;
}

/* A change is in the log of one fold: those that others train at the same time go on as they
 * were, and whoever asked may have meant all. */
static void add_reach(const struct job *j, char *text, size_t n)
{
	size_t len = strlen(text);

	if (j->opt.team && team_asked(j->opt.team) > 1)
		snprintf(text + len, n - len, " (fold %d alone, of those trained at once)",
			 j->trainer.state.fold);
	else if (has_others(j))
		snprintf(text + len, n - len,
			 " (fold %d, and those that begin after its end: other folds train at the "
			 "same time)",
			 j->trainer.state.fold);
}

/* Is it that already, or will it be? Then nothing changes, however it is spelt. */
static bool is_so(const struct setting *x, const char *command, const struct settings *due)
{
	struct settings after = *due;
	struct err ignored = {0};
	struct setting new;

	return setting_of_command(&new, command) && !setting_live(&new, &ignored) &&
	       !setting_apply(&after, &new, &ignored) && option_equal(&after, due, x->o);
}

void work_change(struct work_run *run, const char *asked, char *say, size_t n, struct err *e)
{
	char command[WORK_COMMAND], value[OPTION_TEXT];
	struct setting x;

	str_fit(command, sizeof command, asked);
	setting_of_command(&x, asked);
	if (x.o && x.value) {
		struct settings due;

		steer_after_pending(&run->job.steer, &due);
		if (setting_command(&x, &due, command, sizeof command, e))
			return;
		if (is_so(&x, command, &due)) {
			snprintf(say, n, "%s is %.200s already: nothing is changed", x.o->key,
				 option_text(&due, x.o, value, sizeof value));
			return;
		}
	}
	if (steer_command(&run->job.steer, command, e))
		return;
	if (x.o->when == WHEN_EPOCH && !run->job.trainer.state.ended)
		snprintf(say, n, "%.200s at the next epoch", command + 4);
	else
		snprintf(say, n, "%.255s", command);
	add_reach(&run->job, say, n);
}

/* ---- taken back ---- */

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

void work_undo(struct work_run *run, char *say, size_t n, struct err *e)
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
	str_fit(say, n, said.s);
	str_free(&said);
	add_reach(j, say, n);
}
