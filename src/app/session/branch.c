/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a branch has in common with the run that it leaves, up to a step. */
#include "app/session/branch.h"

#include "app/config/setting.h"
#include "app/session/history.h"
#include "app/session/rows.h"
#include "app/session/session_branch_private.h"
#include "app/session/session_data.h"
#include "app/session/session_private.h"
#include "app/session/session_prune.h"
#include "app/session/states.h"
#include "base/file.h"
#include "base/str.h"
#include "engine/model/model.h"
#include "engine/train/state.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The run that is left. */
struct trunk {
	const char *dir;
	struct session s; /* only read */
	struct settings set;
	int fold;
	struct step_row *row; /* [rows] of the fold */
	int rows;
};

static void trunk_close(struct trunk *t)
{
	free(t->row);
	t->row = NULL;
}

static int trunk_open(struct trunk *t, const char *dir, int fold, struct err *e)
{
	struct rows_place start = {0};
	bool again;

	*t = (struct trunk){.dir = dir, .fold = fold};
	if (session_read(&t->s, dir, &t->set, e))
		return -1;
	if (session_is_old(&t->s))
		return err_at(e, dir, 0, 0,
			      "is a session of version 0.1; go on with it (--resume) before it is "
			      "branched, which gives its folds their files");
	if (!fold_has(dir, fold, SESSION_STEPS))
		return err_at(e, dir, 0, 0, "fold %d has not begun", fold);
	return session_fold_steps(&t->s, fold, &start, &again, &t->row, &t->rows, e);
}

/*
 * Positions
 */

/* Of a branch that has not done all yet that its parent did: what to do. */
static const char *to_repeat(const struct trunk *t)
{
	struct err ignored = {0};
	struct branch_point p;
	bool is_branch;

	if (session_branch_point(t->dir, &p, &is_branch, &ignored) || !is_branch ||
	    p.fold != t->fold || p.step <= t->rows)
		return "";
	return "; it has yet to repeat what its parent did: go on with it first";
}

/* Steps before epoch E. */
static int before_epoch(const struct trunk *t, int epoch)
{
	int n = 0;

	while (n < t->rows && t->row[n].epoch < epoch)
		n++;
	return n;
}

/* How far the fold has come: "5:3". */
static void where(const struct trunk *t, char *out, size_t n)
{
	int last = t->rows ? t->row[t->rows - 1].epoch : 1;

	snprintf(out, n, "%d:%d", last, t->rows - before_epoch(t, last));
}

static int find_step(const struct trunk *t, int epoch, int in_epoch, int *step, struct err *e)
{
	int first = before_epoch(t, epoch), last = before_epoch(t, epoch + 1);
	char now[32];

	*step = first + in_epoch;
	if (epoch < 1 || in_epoch < 0)
		return err_set(e, "%d:%d is not a position: epochs count from 1", epoch, in_epoch);
	/* The first steps of an epoch say that the one before is complete. */
	if (*step <= last && (in_epoch > 0 || first == 0 || last > first))
		return 0;
	if (in_epoch == 0 && first == t->rows && t->row[first - 1].epoch == epoch - 1) {
		struct epoch_row *row = NULL;
		int n = 0;
		bool ended;

		if (session_fold_epochs(&t->s, t->fold, &row, &n, e))
			return -1;
		ended = n > 0 && row[n - 1].epoch == epoch - 1;
		free(row);
		if (ended)
			return 0;
	}
	if (last > first && last < t->rows)
		return err_set(e, "%d:%d: epoch %d of fold %d has %d steps", epoch, in_epoch, epoch,
			       t->fold, last - first);
	where(t, now, sizeof now);
	return err_set(e, "%d:%d is still to come: fold %d of %s is at %s%s", epoch, in_epoch,
		       t->fold, t->dir, now, to_repeat(t));
}

int branch_step(const char *session_dir, int fold, int epoch, int in_epoch, int *step,
		struct err *e)
{
	struct trunk t;
	int failed =
		trunk_open(&t, session_dir, fold, e) || find_step(&t, epoch, in_epoch, step, e);

	trunk_close(&t);
	return failed ? -1 : 0;
}

int branch_present(const char *session_dir, int fold, int *step, struct err *e)
{
	struct trunk t;
	int failed = trunk_open(&t, session_dir, fold, e);

	*step = t.rows;
	trunk_close(&t);
	return failed;
}

int branch_folder(const char *session_dir, char folder[PATH_LEN], char parent[PATH_LEN],
		  struct err *e)
{
	struct branch_place p;

	if (branch_place(&p, session_dir, e))
		return -1;
	memcpy(folder, p.folder, PATH_LEN);
	memcpy(parent, p.parent, PATH_LEN);
	return 0;
}

int branch_path(const char *session_dir, const char *name, char *out, size_t n, struct err *e)
{
	struct branch_place p;

	return branch_place(&p, session_dir, e) || path_join(out, n, p.folder, name, e) ? -1 : 0;
}

int branch_fold(const char *session_dir, int *fold, struct err *e)
{
	struct fold_list folds = {0};
	struct str begun = {0};
	struct settings set;
	struct session s;
	int n = 0;

	if (session_read(&s, session_dir, &set, e))
		return -1;
	folds_read(&folds, session_dir);
	for (int i = 0; i < folds.n; i++)
		if (fold_has(session_dir, folds.at[i], SESSION_STEPS)) {
			*fold = folds.at[i];
			str_addf(&begun, "%s%d", n++ ? ", " : "", folds.at[i]);
		}
	if (n == 0)
		err_at(e, session_dir, 0, 0, "no fold has begun, so there is nothing to leave");
	else if (n > 1)
		err_at(e, session_dir, 0, 0,
		       "folds %s have begun; say which one is to be left: --fold N", begun.s);
	folds_free(&folds);
	str_free(&begun);
	return n == 1 ? 0 : -1;
}

static int point_of(const struct trunk *t, int step, struct branch_point *p, struct err *e)
{
	char now[32];

	if (step < 0 || step > t->rows) {
		where(t, now, sizeof now);
		return err_at(e, t->dir, 0, 0, "fold %d has no step %d; it is at %s", t->fold, step,
			      now);
	}
	*p = (struct branch_point){.fold = t->fold, .step = step};
	if (step == 0)
		return 0;
	if (!isfinite(t->row[step - 1].loss))
		return err_at(e, t->dir, 0, 0, "step %d of fold %d diverged; choose one before it",
			      step, t->fold);
	p->epoch = t->row[step - 1].epoch;
	p->in_epoch = step - before_epoch(t, p->epoch);
	return 0;
}

/*
 * The state
 */

/* What states of the run look like; m holds its memory. */
static int like_open(struct model *m, struct state *like, const struct trunk *t, struct err *e)
{
	*like = (struct state){0};
	if (model_open(m, &t->set, NULL, e))
		return -1;
	like->fold = t->fold;
	like->layout = m->params;
	for (int i = 0; i < ARRAYS_STORED; i++)
		if (params_array_used(i, (enum optimizer)t->set.train.optimizer.name))
			like->array[i] = m->params.w;
	weights_meta_of(&like->meta, &t->set, NULL, t->fold, 0);
	return 0;
}

/* The nearest that is stored, the present one too; without any *s stays empty. */
static int load_state(struct state *s, const struct trunk *t, int step,
		      void (*say)(void *, const char *), void *ctx, struct err *e)
{
	char path[PATH_LEN];
	struct model model;
	struct state like, now;
	struct err why = {0};
	bool present;

	*s = (struct state){0};
	if (fold_file(t->dir, t->fold, "state.safetensors", path, sizeof path, e) ||
	    like_open(&model, &like, t, e))
		return -1;
	present = file_exists(path) && state_load_numbers(&now, path, &why) == 0 &&
		  now.step <= step && state_load(s, &like, path, &why) == 0;
	if (present && s->step > step) { /* replaced meanwhile: the run goes on */
		state_free(s);
		*s = (struct state){0};
		present = false;
	}
	if (why.status && say)
		say(ctx, why.text);
	/* All of these are before the present one. Without any the branch begins at the start. */
	if (!present)
		states_load(s, &like, t->dir, t->fold, step, say, ctx, &why);
	s->rewinds = 0; /* its log has none */
	weights_meta_free(&like.meta);
	model_close(&model);
	return 0;
}

static int save_weights(const struct state *s, const char *dir, int array, int epoch,
			const char *name, struct err *e)
{
	struct weights_meta meta;
	char path[PATH_LEN];
	int failed;

	weights_meta_copy(&meta, &s->meta);
	weights_meta_set_epoch(&meta, epoch);
	failed = fold_file(dir, s->fold, name, path, sizeof path, e) ||
		 weights_save(&s->layout, s->array[array], &meta, path, e);
	weights_meta_free(&meta);
	return failed;
}

/* As training would have left them there. */
static int save_state(const struct state *s, const char *dir, struct err *e)
{
	char path[PATH_LEN];

	if (!s->n)
		return 0;
	return (s->best_epoch > 0 &&
		save_weights(s, dir, ARRAY_KEPT, s->best_epoch, "best.safetensors", e)) ||
			       save_weights(s, dir, ARRAY_WEIGHTS, s->epoch, "last.safetensors",
					    e) ||
			       fold_file(dir, s->fold, "state.safetensors", path, sizeof path, e) ||
			       state_save(s, path, e)
		       ? -1
		       : 0;
}

/*
 * The log
 */

/* The line of a file that a change was read from, with its comment. */
static void add_line(struct str *out, const char *text, const struct change *c)
{
	for (long n = 1; text && n < c->line; n++) {
		text = strchr(text, '\n');
		text = text ? text + 1 : NULL;
	}
	if (!c->line || !text)
		change_line(out, c, "");
	else
		str_addf(out, "%.*s\n", (int)strcspn(text, "\n"), text);
}

/* Is it in force after the step, or what the fold began with? */
static bool is_in_force(const struct changes *c, int i, int fold, int step)
{
	const struct change *x = &c->at[i];

	if (x->fold != fold)
		return false;
	return change_is_begin(x) || changes_taken_over(c, i) ||
	       (x->step <= step && setting_is_command(x->command));
}

/* What is in force at the step, as the branch's own. */
static int write_log(const struct trunk *t, int step, const char *dir, struct err *e)
{
	struct changes c = {0};
	struct str log = {0};
	char path[PATH_LEN], *text = NULL;
	int failed;

	failed = fold_file(t->dir, t->fold, SESSION_COMMANDS, path, sizeof path, e) ||
		 file_read_any(&text, path, FILE_LOG, NULL, e) ||
		 session_in_force(&t->s, &t->set, &c, e);
	for (int i = 0; i < c.n && !failed; i++)
		if (is_in_force(&c, i, t->fold, step))
			add_line(&log, text, &c.at[i]);
	failed = failed || fold_file(dir, t->fold, SESSION_COMMANDS, path, sizeof path, e) ||
		 file_write(path, str_text(&log), log.len, e);
	changes_free(&c);
	str_free(&log);
	free(text);
	return failed ? -1 : 0;
}

/*
 * The fold
 */

static int write_rows(const struct trunk *t, const struct columns *c, const char *name, int last,
		      const char *dir, struct err *e)
{
	struct str rows = {0};
	char path[PATH_LEN];
	int failed = fold_file(t->dir, t->fold, name, path, sizeof path, e) ||
		     rows_keep(c, path, t->fold, last, &rows, e) ||
		     fold_file(dir, t->fold, name, path, sizeof path, e) ||
		     file_write(path, str_text(&rows), rows.len, e);

	str_free(&rows);
	return failed ? -1 : 0;
}

/* Records of the first epochs, into a file that is not there. */
static int write_records(struct history *h, int epochs, const char *path, struct err *e)
{
	int failed;

	h->f = file_append(path, e);
	failed = !h->f;
	for (int i = 0; i < h->epochs && h->epoch[i] <= epochs && !failed; i++) {
		const struct predictions p = {
			.n = h->n,
			.classes = h->classes,
			.logits = (float *)(size_t)history_at(h, h->epoch[i], 0, HEAD_MAIN)};

		failed = history_add(h, h->epoch[i], &p, e);
	}
	return failed || history_sync(h, e) ? -1 : 0;
}

/* What the validation part was predicted to be up to the state. */
static int write_history(const struct trunk *t, int epochs, const char *dir, struct err *e)
{
	char from[PATH_LEN], into[PATH_LEN], path[PATH_LEN];
	struct history h = {0};
	int failed;

	if (epochs == 0 || !fold_has(t->dir, t->fold, "history.json"))
		return 0;
	failed = fold_file(t->dir, t->fold, "", from, sizeof from, e) ||
		 fold_file(dir, t->fold, "", into, sizeof into, e) ||
		 branch_share(from, into, "history.json", e) ||
		 path_join(path, sizeof path, into, "history.bin", e) ||
		 history_read(&h, &t->s, t->fold, "history", e) ||
		 write_records(&h, epochs, path, e);
	history_free(&h);
	return failed ? -1 : 0;
}

static int write_fold(const struct trunk *t, const struct state *s, int step, const char *dir,
		      struct err *e)
{
	const struct columns steps = rows_of_steps(), epochs = rows_of_epochs();
	const struct columns health = rows_of_health();
	int done = s->epoch - (s->epoch > 0 && !s->ended);
	char from[PATH_LEN], into[PATH_LEN];

	return fold_file(t->dir, t->fold, "", from, sizeof from, e) ||
			       fold_file(dir, t->fold, "", into, sizeof into, e) ||
			       make_dirs(into, e) ||
			       branch_share(from, into, "normalize.safetensors", e) ||
			       write_log(t, step, dir, e) || write_history(t, done, dir, e) ||
			       write_rows(t, &epochs, SESSION_EPOCHS, done, dir, e) ||
			       write_rows(t, &steps, SESSION_STEPS, s->step, dir, e) ||
			       (fold_has(t->dir, t->fold, SESSION_HEALTH) &&
				write_rows(t, &health, SESSION_HEALTH, s->step, dir, e)) ||
			       states_link(t->dir, dir, t->fold, s->step, e) ||
			       save_state(s, dir, e)
		       ? -1
		       : 0;
}

/* Those that are finished and come before the fold. */
static int share_earlier(const struct trunk *t, const char *dir, struct err *e)
{
	struct fold_list folds = {0};
	int failed = 0;

	folds_read(&folds, t->dir);
	for (int i = 0; i < folds.n && folds.at[i] < t->fold && !failed; i++)
		if (fold_has(t->dir, folds.at[i], SESSION_RESULT))
			failed = branch_share_fold(t->dir, dir, folds.at[i], e);
	folds_free(&folds);
	return failed;
}

/*
 * The branch
 */

/* Steps an epoch; 0: the first has not ended. */
static int each_of(const struct trunk *t)
{
	int first = before_epoch(t, 2), n = 0;
	struct epoch_row *row = NULL;
	struct err ignored = {0};

	if (first == t->rows)
		session_fold_epochs(&t->s, t->fold, &row, &n, &ignored);
	free(row);
	return first < t->rows || n > 0 ? first : 0;
}

static int fill(const struct trunk *t, const struct branch_making *b, const struct branch_point *p,
		const char *set, void (*say)(void *, const char *), void *ctx, struct err *e)
{
	struct state s;
	int failed = load_state(&s, t, p->step, say, ctx, e);

	s.fold = t->fold;
	failed = failed || branch_share_head(b, t->dir, e) || share_earlier(t, b->hidden, e) ||
		 write_fold(t, &s, p->step, b->hidden, e) || branch_write_point(b->hidden, p, e) ||
		 (set && branch_set(b->hidden, t->fold, p->step, each_of(t), set, e)) ||
		 /* last, for nobody takes it away again if something fails */
		 (states_has(t->dir, t->fold, s.step) &&
		  states_pin(t->dir, t->fold, s.step, true, e));
	state_free(&s);
	return failed ? -1 : 0;
}

int branch_make(const char *session_dir, const char *name, int fold, int step, char *out, size_t n,
		void (*say)(void *ctx, const char *text), void *ctx, struct err *e)
{
	return branch_make_set(session_dir, name, fold, step, NULL, out, n, say, ctx, e);
}

int branch_make_set(const char *session_dir, const char *name, int fold, int step, const char *set,
		    char *out, size_t n, void (*say)(void *ctx, const char *text), void *ctx,
		    struct err *e)
{
	struct branch_making b;
	struct branch_point p;
	struct trunk t;
	int failed = trunk_open(&t, session_dir, fold, e) || point_of(&t, step, &p, e);

	if (!failed && session_pruned(session_dir))
		failed = err_at(e, session_dir, 0, 0,
				"was pruned: it can be evaluated and compared, not branched");
	failed = failed || branch_new(&b, session_dir, name, e);
	if (!failed) {
		str_fit(p.parent, sizeof p.parent, b.place.parent);
		str_fit(out, n, b.dir);
		failed = file_exists(b.dir) ? branch_exists(&b, name, e)
					    : fill(&t, &b, &p, set, say, ctx, e);
		if (failed)
			branch_failed(&b, name, e);
		else
			failed = branch_done(&b, name, e);
	}
	trunk_close(&t);
	return failed ? -1 : 0;
}
