/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/lab/job_rewind.h"

#include "app/lab/job_fold.h"
#include "app/lab/job_store.h"
#include "app/session/rows.h"
#include "app/session/session_branch.h"
#include "app/session/states.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/str.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

_Static_assert((int)REWIND_BRANCH == (int)BRANCH_NAME, "the log has the names of branches");

/* A rewind on its way. */
struct going {
	struct job *j;
	struct rewind to;
	bool logged;             /* the log says so */
	const char *const *then; /* changes there, or NULL */
	int step;                /* done there */
	int first;               /* step of the state that it starts from */
	struct state present;    /* a copy */
	struct steer_kept kept;  /* of the present */
};

static int path_of(const struct job *j, const char *name, char *out, size_t n, struct err *e)
{
	return session_fold_path(&j->session, j->trainer.state.fold, name, out, n, e);
}

/* ---- where to ---- */

int job_rewind_check(const struct job *j, struct rewind *to, struct err *e)
{
	const struct trainer *t = &j->trainer;
	int each = trainer_steps_per_epoch(t), fold, epoch, step;

	if (to->in_epoch > each)
		return err_set(e, "rewind %d:%d: an epoch of fold %d has %d step%s", to->epoch,
			       to->in_epoch, t->state.fold, each, each == 1 ? "" : "s");
	if (to->in_epoch == each) {
		to->epoch++;
		to->in_epoch = 0;
	}
	if (rewind_step(to, each) < t->state.step)
		return 0;
	job_position(j, &fold, &epoch, &step);
	return err_set(e, "rewind %d:%d: %s; the run is at %d:%d", to->epoch, to->in_epoch,
		       rewind_step(to, each) == t->state.step ? "it is there"
							      : "that is still to come",
		       epoch, t->state.ended ? 0 : t->state.in_epoch);
}

/* ---- in memory ---- */

static void say(void *ctx, const char *text)
{
	job_say(ctx, "%s", text);
}

/* The fold before its first step. */
static int load_first(struct job *j, struct state *s, struct err *e)
{
	struct trainer t;
	int failed;

	if (trainer_open(&t, &j->base, &j->lab->corpus, j->trainer.state.fold, j->par, e))
		return -1;
	failed = state_copy(s, &t.state, e);
	trainer_close(&t);
	return failed;
}

/* state.safetensors, if it is nearer than what *s has. */
static void load_last(struct going *g, struct state *s)
{
	struct err ignored = {0}; /* another one does */
	struct state numbers, last;
	char path[PATH_LEN];

	if (path_of(g->j, "state.safetensors", path, sizeof path, &ignored) || !file_exists(path) ||
	    state_load_numbers(&numbers, path, &ignored) || numbers.step > g->step ||
	    (s->n && numbers.step <= s->step) ||
	    state_load(&last, &g->j->trainer.state, path, &ignored))
		return;
	state_free(s);
	*s = last;
}

/* The nearest state that is stored. */
static int load_nearest(struct going *g, struct err *e)
{
	struct job *j = g->j;
	struct err none = {0};
	struct state s = {0};
	int failed;

	if (states_load(&s, &j->trainer.state, j->session.dir, j->trainer.state.fold, g->step, say,
			j, &none))
		s = (struct state){0};
	load_last(g, &s);
	failed = !s.n && load_first(j, &s, e);
	if (!failed && s.n != g->present.n)
		failed = err_set(e,
				 "epoch %d was trained on other data (%d utterances, now %d), so "
				 "the run cannot go back to there",
				 s.epoch, s.n, g->present.n);
	g->first = s.step;
	failed = failed || trainer_put(&j->trainer, &s, e);
	state_free(&s);
	return failed ? -1 : 0;
}

static int call_back(const struct going *g, struct err *e)
{
	err_set(e, "not rewound to %d:%d: it was called back; nothing has changed", g->to.epoch,
		g->to.in_epoch);
	e->status = EXIT_STOPPED;
	return -1;
}

static int end_epoch_again(struct going *g, struct err *e)
{
	struct predictions p;
	struct epoch_row row;

	if (trainer_epoch_end(&g->j->trainer, &row, &p, e)) {
		if (e->status == EXIT_STOPPED)
			call_back(g, e);
		return -1;
	}
	predictions_free(&p);
	return 0;
}

static int step_again(struct going *g, struct err *e)
{
	struct job *j = g->j;
	struct step_row row;

	if (steer_again(&j->steer, true, e))
		return -1;
	trainer_epoch_begin(&j->trainer);
	return trainer_step(&j->trainer, &row, e) == STEP_DONE ? 0 : -1;
}

/* The steps up to there, as they were done. */
static int repeat(struct going *g, struct err *e)
{
	struct job *j = g->j;
	const struct trainer *t = &j->trainer;

	for (;;) {
		bool full = !t->state.ended && trainer_epoch_full(t);

		if (!full && t->state.step == g->step)
			return 0;
		if (j->hooks.rewinding &&
		    j->hooks.rewinding(j->hooks.ctx, j, &g->to, t->state.step - g->first,
				       g->step - g->first))
			return call_back(g, e);
		if (full ? end_epoch_again(g, e) : step_again(g, e))
			return -1;
	}
}

static int go_back(struct going *g, struct err *e)
{
	if (job_store_wait(g->j, e)) /* those that are on their way to the disk */
		return -1;
	steer_restart(&g->j->steer, &g->kept);
	return load_nearest(g, e) || repeat(g, e) ? -1 : 0;
}

static void return_to_present(struct going *g)
{
	struct err e = {0};

	if (trainer_put(&g->j->trainer, &g->present, &e))
		BUG("%s", e.text); /* it is its own */
	steer_back(&g->j->steer, &g->kept);
}

/* ---- on the disk ---- */

static int keep_present(struct going *g, struct err *e)
{
	struct job *j = g->j;

	if ((!g->logged || !g->to.branch[0]) &&
	    session_branch_name(j->session.dir, BRANCH_KEPT, g->to.branch, sizeof g->to.branch, e))
		return -1;
	return session_branch_keep(&j->session, j->trainer.state.fold, g->to.branch, e);
}

/* Files that are replaced, in this order. */
#define TEMP_REWIND TEMP_PREFIX "rewind-"
enum { STATE, BEST, LAST, EPOCHS, HEALTH, STEPS, FILES };
static const char *const file[FILES] = {"state.safetensors", "best.safetensors", "last.safetensors",
					"epochs.csv",        "health.csv",       "steps.csv"};

static int temp_path(const struct job *j, int i, char *out, size_t n, struct err *e)
{
	char name[64];

	snprintf(name, sizeof name, TEMP_REWIND "%s", file[i]);
	return path_of(j, name, out, n, e);
}

static int prepare_rows(const struct job *j, int i, const char *to, struct err *e)
{
	const struct columns c = i == STEPS    ? rows_of_steps()
				 : i == HEALTH ? rows_of_health()
					       : rows_of_epochs();
	struct str kept = {0};
	char path[PATH_LEN];
	int fold, epoch, step, failed;

	job_position(j, &fold, &epoch, &step);
	if (path_of(j, file[i], path, sizeof path, e))
		return -1;
	if (i == HEALTH && !file_exists(path))
		return 0;
	failed = rows_keep(&c, path, fold, (i == EPOCHS ? epoch : step) - 1, &kept, e) ||
		 file_write(to, str_text(&kept), kept.len, e);
	str_free(&kept);
	return failed;
}

static int prepare(const struct job *j, int i, struct err *e)
{
	const struct trainer *t = &j->trainer;
	char path[PATH_LEN];

	if (temp_path(j, i, path, sizeof path, e))
		return -1;
	switch (i) {
	case STATE:
		return trainer_save(t, path, e);
	case BEST:
		return t->state.best_epoch ? trainer_save_best(t, path, e) : 0;
	case LAST:
		return trainer_save_last(t, path, e);
	default:
		return prepare_rows(j, i, path, e);
	}
}

static void drop_prepared(const struct job *j)
{
	for (int i = 0; i < FILES; i++) {
		struct err ignored = {0};
		char path[PATH_LEN];

		if (temp_path(j, i, path, sizeof path, &ignored) == 0)
			unlink(path);
	}
}

/* No epoch has been kept yet. */
static int remove_best(const struct job *j, struct err *e)
{
	char path[PATH_LEN];

	if (path_of(j, file[BEST], path, sizeof path, e))
		return -1;
	return unlink(path) && errno != ENOENT ? err_errno(e, path, "cannot be removed") : 0;
}

static int replace(const struct job *j, int i, struct err *e)
{
	char temp[PATH_LEN], path[PATH_LEN];

	if (temp_path(j, i, temp, sizeof temp, e) || path_of(j, file[i], path, sizeof path, e))
		return -1;
	if (i == BEST && j->trainer.state.best_epoch == 0)
		return remove_best(j, e);
	if (i == HEALTH && !file_exists(temp))
		return 0;
	if (rename(temp, path))
		return err_errno(e, path, "cannot be replaced");
	return i == STATE ? file_sync_folder(path, e) : 0;
}

/* Settings as of then, the state among those of the log's next segment. */
static int settle(struct job *j, struct err *e)
{
	int rewinds = j->trainer.state.rewinds;

	return steer_after(&j->steer, &rewinds, e) || steer_again(&j->steer, false, e) ? -1 : 0;
}

/* The run is back; its files follow. */
static int follow(struct going *g, struct err *e)
{
	struct job *j = g->j;

	for (int i = BEST; i < FILES; i++)
		if (replace(j, i, e))
			return -1;
	if (job_open_rows(j, e) || settle(j, e) || job_store_again(j, e))
		return -1;
	j->spiked = (struct spiked){0}; /* the last step there had its answer then */
	return 0;
}

/* Up to the state's replacement: or all is as it was. The trainer is where it goes back to. */
static int write_all(struct going *g, struct err *e)
{
	struct job *j = g->j;
	struct err ignored = {0};

	j->trainer.state.rewinds = g->present.rewinds + 1;
	for (int i = 0; i < FILES; i++)
		if (prepare(j, i, e))
			return -1;
	if (!g->logged && steer_rewind(&j->steer, &g->present, &g->to, g->then, e))
		return -1;
	if (replace(j, STATE, e) == 0)
		return 0;
	if (!g->logged && steer_rewind_undo(&j->steer, &ignored))
		j->lost = *e; /* the log says that it is back: going on makes it so */
	return -1;
}

/* The present is stored with its own trainer; then the run is back in memory again. */
static int store_present(struct going *g, struct err *e)
{
	struct trainer *t = &g->j->trainer;
	struct state then = {0};
	int failed;

	if (state_copy(&then, &t->state, e))
		return -1;
	return_to_present(g);
	failed = job_save(g->j, e) || keep_present(g, e) || trainer_put(t, &then, e);
	state_free(&then);
	return failed;
}

static int commit(struct going *g, struct err *e)
{
	struct job *j = g->j;
	int failed = store_present(g, e) || write_all(g, e);

	if (failed) {
		err_rename(e, TEMP_REWIND, "");
		drop_prepared(j);
		session_branch_unkeep(&j->session, g->present.fold, &j->steer.lines);
		return -1;
	}
	if (follow(g, e) == 0)
		return 0;
	j->lost = *e;
	return -1;
}

int job_rewind_tidy(struct job *j, struct err *e)
{
	const struct trainer *t = &j->trainer;
	char path[PATH_LEN];

	session_branch_unkeep(&j->session, t->state.fold, &j->steer.lines);
	if (!t->state.rewinds)
		return 0;
	return (t->state.best_epoch == 0 && remove_best(j, e)) ||
			       path_of(j, file[LAST], path, sizeof path, e) ||
			       trainer_save_last(t, path, e)
		       ? -1
		       : 0;
}

/* Settings that went with the future. */
static void find_undone(const struct going *g, char *out, size_t n)
{
	struct str text = {0};

	for (int i = 0; i < option_count; i++) {
		const struct option *o = &option_table[i];
		char was[OPTION_TEXT], is[OPTION_TEXT];

		option_text(&g->kept.set, o, was, sizeof was);
		option_text(g->j->steer.set, o, is, sizeof is);
		if (strcmp(was, is) != 0)
			str_addf(&text, "%s%s %s is %s again", text.len ? ", " : "", o->key, was,
				 is);
	}
	str_fit(out, n, str_text(&text));
	str_free(&text);
}

static int rewind_to(struct going *g, struct rewound *done, struct err *e)
{
	double start = clock_seconds();
	struct job *j = g->j;
	struct rewound r;

	if (g->logged && g->to.why == REWIND_DIVERGED)
		trainer_epoch_begin(&j->trainer); /* as the step had that diverged then */
	if (job_rewind_check(j, &g->to, e) || (!g->logged && steer_free(&j->steer, e)) ||
	    state_copy(&g->present, &j->trainer.state, e))
		return -1;
	g->step = rewind_step(&g->to, trainer_steps_per_epoch(&j->trainer));
	if (go_back(g, e) || commit(g, e)) {
		if (!j->lost.status)
			return_to_present(g);
		state_free(&g->present);
		return -1;
	}
	state_free(&g->present);
	r = (struct rewound){.to = g->to,
			     .step = g->step,
			     .replayed = g->step - g->first,
			     .seconds = clock_seconds() - start,
			     .logged = g->logged};
	if (g->to.why == REWIND_ASKED)
		find_undone(g, r.undone, sizeof r.undone);
	if (done)
		*done = r;
	if (j->hooks.rewound)
		j->hooks.rewound(j->hooks.ctx, j, &r);
	return 0;
}

int job_rewind(struct job *j, const struct rewind *to, bool logged, struct rewound *done,
	       struct err *e)
{
	struct going g = {.j = j, .to = *to, .logged = logged};

	return rewind_to(&g, done, e);
}

int job_rewind_changed(struct job *j, const struct rewind *to, const char *const *then,
		       struct rewound *done, struct err *e)
{
	struct going g = {.j = j, .to = *to, .then = then};

	return rewind_to(&g, done, e);
}
