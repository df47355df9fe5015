/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/lab/duel_order.h"

#include "app/config/origin.h"
#include "app/config/setting.h"
#include "app/session/branch.h"
#include "app/session/branch_trash.h"
#include "app/session/session_rows.h"
#include "app/session/session_data.h"
#include "app/session/session_state.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char SPACES[] = " \t";

/* ---- reading ---- */

enum { WORDS = 8 };

/* The words of a text, which is cut into them; more than WORDS: WORDS + 1. */
static int cut(char *text, char *word[WORDS])
{
	char *rest, *at;
	int n = 0;

	for (at = strtok_r(text, SPACES, &rest); at; at = strtok_r(NULL, SPACES, &rest)) {
		if (n == WORDS)
			return WORDS + 1;
		word[n++] = at;
	}
	return n;
}

/* Two words for one value: 1e-3 and 0.001. */
static bool is_same(const char *a, const char *b)
{
	char *end_a, *end_b;
	double x = strtod(a, &end_a), y = strtod(b, &end_b);

	return strcmp(a, b) == 0 || (!*end_a && !*end_b && x == y);
}

static int read_pair(struct duel_order *o, char *text, struct err *e)
{
	char *sign = strchr(text, '='), *comma = strchr(sign, ',');
	struct setting x;

	*sign = '\0';
	if (!comma || comma == sign + 1 || !comma[1] || strchr(comma + 1, ','))
		return err_set(e, "duel %.60s=%.100s: expected two values, %.60s=V1,V2", text,
			       sign + 1, text);
	*comma = '\0';
	o->word[0] = sign + 1;
	o->word[1] = comma + 1;
	setting_of_console(&x, text);
	x.value = o->word[0];
	if (setting_live(&x, e))
		return -1;
	o->o = x.o;
	return is_same(o->word[0], o->word[1])
		       ? err_set(e, "duel: the two values are the same, %.100s", o->word[0])
		       : 0;
}

static int read_epochs(struct duel_order *o, const char *text, struct err *e)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (end == text || *end || n < 1 || n > 1000000)
		return err_set(e, "duel: for %.40s: expected how many epochs at most", text);
	o->epochs = (int)n;
	return 0;
}

/* "at E:S" and "for N", each once. */
static int read_rest(struct duel_order *o, char **word, int n, struct err *e)
{
	for (int i = 0; i < n; i += 2) {
		const char *value = i + 1 < n ? word[i + 1] : "";
		bool at = strcmp(word[i], "at") == 0 && o->o && !o->at.epoch;

		if (!at && (strcmp(word[i], "for") != 0 || o->epochs))
			return err_set(e, "duel " DUEL_ARGS ": did not expect %.60s", word[i]);
		if (at && !rewind_place(&o->at, value))
			return err_set(e,
				       "duel: at %.40s: expected EPOCH:STEP, where so many steps "
				       "of that epoch are done (4:0 is the end of epoch 3)",
				       value);
		if (!at && read_epochs(o, value, e))
			return -1;
	}
	return 0;
}

/* KEY=V1,V2, or meant to be? A branch's name may have the sign too. */
static bool is_pair(char *const *word, int n)
{
	return n > 0 && strchr(word[0], '=') &&
	       (n == 1 || strchr(word[0], ',') || strcmp(word[1], "at") == 0 ||
		strcmp(word[1], "for") == 0);
}

int duel_order(struct duel_order *o, const char *args, struct err *e)
{
	char *word[WORDS];
	int n;

	*o = (struct duel_order){0};
	if (strlen(args) >= sizeof o->text)
		return err_set(e, "duel: too long");
	str_fit(o->text, sizeof o->text, args);
	n = cut(o->text, word);
	if (n > WORDS)
		return err_set(e, "duel " DUEL_ARGS ": too many words");
	if (is_pair(word, n))
		return read_pair(o, word[0], e) || read_rest(o, word + 1, n - 1, e) ? -1 : 0;
	if (n < 2)
		return err_set(e, "duel " DUEL_ARGS ": expected two runs, or two values of a "
				  "setting");
	o->word[0] = word[0];
	o->word[1] = word[1];
	return read_rest(o, word + 2, n - 2, e);
}

/* ---- two runs that there are ---- */

/* The run that the branches of `session_dir` left first. */
static int find_main(const char *session_dir, char *out, struct err *e)
{
	char folder[PATH_LEN], parent[PATH_LEN], *slash;

	if (branch_folder(session_dir, folder, parent, e))
		return -1;
	slash = strrchr(folder, '/');
	snprintf(out, PATH_LEN, "%.*s", slash ? (int)(slash - folder) : 1, slash ? folder : ".");
	return 0;
}

static int find(struct duel_sides *s, int side, const char *word, const char *session_dir,
		struct err *e)
{
	char *dir = s->dir[side];
	struct err no_name = {0};

	str_fit(s->name[side], sizeof s->name[side], path_base(word));
	if (strcmp(word, "main") == 0)
		return find_main(session_dir, dir, e);
	if (!strchr(word, '/') && branch_path(session_dir, word, dir, PATH_LEN, &no_name) == 0 &&
	    session_exists(dir))
		return 0;
	snprintf(dir, PATH_LEN, "%s", word);
	return session_exists(dir)
		       ? 0
		       : err_set(e,
				 "duel: %s has no branch %.100s, and no session is stored there; "
				 "branch NAME makes one",
				 session_dir, word);
}

/* Which utterances are trained on in which order, and what draws numbers meanwhile. */
static bool concerns_batches(const struct option *o)
{
	return o->when == WHEN_RUN && o->type != OPT_PATH && !o->no_effect && !o->describes &&
	       !o->aside;
}

static int read_side(const char *dir, struct settings *set, struct origin *origin, struct err *e)
{
	struct session s;

	return session_read(&s, dir, set, e) || session_origin(&s, set, origin, e) ? -1 : 0;
}

static int compare(const struct duel_sides *s, const struct settings set[2],
		   const struct origin origin[2], struct err *e)
{
	char value[2][OPTION_TEXT];

	if (origin[0].hash[0] && origin[1].hash[0] && strcmp(origin[0].hash, origin[1].hash) != 0)
		return err_set(e, "duel: %s and %s are trained on different data", s->name[0],
			       s->name[1]);
	for (int i = 0; i < option_count; i++) {
		const struct option *o = &option_table[i];

		if (!concerns_batches(o) || option_equal(&set[0], &set[1], o))
			continue;
		return err_set(e,
			       "duel: %s has %s %s and %s has %s: a duel is of two runs with the "
			       "same batches and model, such as two branches of a run",
			       s->name[0], o->key,
			       option_text(&set[0], o, value[0], sizeof value[0]), s->name[1],
			       option_text(&set[1], o, value[1], sizeof value[1]));
	}
	return 0;
}

/* The folds of a side that have no result. */
struct left {
	int *fold, n;
	int next; /* with which it goes on; -1: none is left */
};

static int read_left(struct left *l, const char *dir, const struct settings *set, struct err *e)
{
	int first = set->layout == LAYOUT_IEMOCAP, folds;
	struct settings stored;
	struct results r = {0};
	struct session s;

	*l = (struct left){.next = -1};
	if (session_read(&s, dir, &stored, e) || session_results(&s, set, &r, e))
		return -1;
	folds = session_folds(&s, set);
	l->fold = mem_alloc((size_t)folds, sizeof *l->fold);
	for (int i = 0; i < folds; i++)
		if (!results_has(&r, first + i))
			l->fold[l->n++] = first + i;
	if (l->n)
		l->next = l->fold[session_goes_on_with(dir, l->fold, l->n)];
	results_free(&r);
	return 0;
}

static bool is_left(const struct left *l, int fold)
{
	for (int i = 0; i < l->n; i++)
		if (l->fold[i] == fold)
			return true;
	return false;
}

static bool has_begun(const char *dir, int fold)
{
	struct err ignored = {0};
	int steps;

	return branch_present(dir, fold, &steps, &ignored) == 0;
}

/* Which of them both can train; -1: none. */
static int common_fold(const struct duel_sides *s, const struct left left[2])
{
	if (left[0].next == left[1].next)
		return left[0].next;
	for (int i = 0; i < 2; i++)
		if (is_left(&left[!i], left[i].next) && has_begun(s->dir[!i], left[i].next))
			return left[i].next;
	return -1;
}

static int choose_fold(struct duel_sides *s, const struct left left[2], int asked, struct err *e)
{
	for (int i = 0; i < 2; i++) {
		if (!left[i].n)
			return err_set(e, "duel: %s is finished, so there is nothing to train",
				       s->name[i]);
		if (asked != DUEL_ANY && !is_left(&left[i], asked))
			return err_set(e,
				       "duel: fold %d of %s is finished, so there is nothing to "
				       "train",
				       asked, s->name[i]);
	}
	s->fold = asked != DUEL_ANY ? asked : common_fold(s, left);
	if (s->fold != -1)
		return 0;
	return err_set(e,
		       "duel: %s goes on with fold %d and %s with fold %d, and a duel is of one "
		       "fold",
		       s->name[0], left[0].next, s->name[1], left[1].next);
}

static int find_fold(struct duel_sides *s, const struct settings set[2], int asked, struct err *e)
{
	struct left left[2] = {{.n = 0}, {.n = 0}};
	int failed = read_left(&left[0], s->dir[0], &set[0], e) ||
		     read_left(&left[1], s->dir[1], &set[1], e) || choose_fold(s, left, asked, e);

	free(left[0].fold);
	free(left[1].fold);
	return failed;
}

static int find_both(struct duel_sides *s, const struct duel_order *o, const char *session_dir,
		     int fold, struct err *e)
{
	struct origin origin[2] = {{.hash = ""}, {.hash = ""}};
	struct settings set[2];
	int failed =
		find(s, 0, o->word[0], session_dir, e) || find(s, 1, o->word[1], session_dir, e);

	if (!failed && file_is_same(s->dir[0], s->dir[1]))
		failed = err_set(e, "duel: %s and %s are the same run", o->word[0], o->word[1]);
	failed = failed || read_side(s->dir[0], &set[0], &origin[0], e) ||
		 read_side(s->dir[1], &set[1], &origin[1], e) || compare(s, set, origin, e) ||
		 find_fold(s, set, fold, e);
	origin_free(&origin[0]);
	origin_free(&origin[1]);
	return failed ? -1 : 0;
}

int duel_may_train(const char *dir, const char *name, struct err *e)
{
	char seed[PATH_LEN];

	return session_in_training(dir, seed, sizeof seed)
		       ? err_set(e, "duel: another program trains %s; both are to be trained here",
				 name)
		       : 0;
}

/* ---- two branches to make ---- */

/* "lr-1e-4", or with a number if there is a branch of that name. */
static int name_of(char *out, const struct duel_order *o, int side, const char *session_dir,
		   struct err *e)
{
	char stem[BRANCH_NAME - 8], path[PATH_LEN];

	snprintf(stem, sizeof stem, "%s-%s", option_short(o->o), o->word[side]);
	for (char *c = stem; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("-+._", *c))
			*c = '-';
	snprintf(out, BRANCH_NAME + 1, "%s", stem);
	if (branch_path(session_dir, stem, path, sizeof path, e))
		return -1;
	return file_exists(path) ? session_branch_name(session_dir, stem, out, BRANCH_NAME + 1, e)
				 : 0;
}

/* Both values are right, as far as the run's settings say. */
static int check_values(const struct duel_order *o, const char *session_dir, struct err *e)
{
	struct settings set, next;
	struct session s;

	if (session_read(&s, session_dir, &set, e))
		return -1;
	for (int i = 0; i < 2; i++) {
		struct setting x = {.o = o->o, .value = o->word[i]};

		str_fit(x.key, sizeof x.key, o->o->key);
		next = set;
		if (!option_is_factor(x.o, x.value) && setting_apply(&next, &x, e))
			return -1;
	}
	return 0;
}

/* Something is left to train after the step, which was named or is the present one. */
static int check_left(const struct duel_order *o, const char *session_dir, int fold, int step,
		      struct err *e)
{
	struct results r = {0};
	struct settings set;
	struct session s;
	int last = step, failed;

	failed = session_read(&s, session_dir, &set, e) || session_results(&s, &set, &r, e) ||
		 branch_present(session_dir, fold, &last, e);
	if (!failed && step == last && results_has(&r, fold))
		failed = o->at.epoch
				 ? err_set(e,
					   "duel: %d:%d is the end of fold %d of %s, which is "
					   "finished: nothing is left to train there; name an "
					   "earlier step",
					   o->at.epoch, o->at.in_epoch, fold, session_dir)
				 : err_set(e,
					   "duel: fold %d of %s is finished; at EPOCH:STEP begins "
					   "the duel at a step of its past",
					   fold, session_dir);
	results_free(&r);
	return failed ? -1 : 0;
}

/* The step where the two branches are to leave the run. */
static int find_step(const struct duel_order *o, const char *session_dir, int fold, int *step,
		     struct err *e)
{
	return check_values(o, session_dir, e) ||
			       (o->at.epoch ? branch_step(session_dir, fold, o->at.epoch,
							  o->at.in_epoch, step, e)
					    : branch_present(session_dir, fold, step, e)) ||
			       check_left(o, session_dir, fold, *step, e)
		       ? -1
		       : 0;
}

static int make_both(struct duel_sides *s, const struct duel_order *o, const char *session_dir,
		     int fold, void (*say)(void *, const char *), void *ctx, struct err *e)
{
	char set[SETTING_KEY + DUEL_TEXT];
	struct err ignored = {0};
	int step, made = 0;
	int failed = find_step(o, session_dir, fold, &step, e);

	for (int i = 0; i < 2 && !failed; i++) {
		snprintf(set, sizeof set, "%s %s", o->o->key, o->word[i]);
		failed = name_of(s->name[i], o, i, session_dir, e) ||
			 branch_make_set(session_dir, s->name[i], fold, step, set, s->dir[i],
					 sizeof s->dir[i], i ? NULL : say, ctx, e);
		made += !failed;
	}
	if (failed && made)
		branch_delete(s->dir[0], &ignored);
	return failed ? -1 : 0;
}

int duel_order_check(const struct duel_order *o, const char *session_dir, int fold, struct err *e)
{
	int step;

	return o->o ? find_step(o, session_dir, fold, &step, e) : 0;
}

int duel_sides(struct duel_sides *s, const struct duel_order *o, const char *session_dir, int fold,
	       void (*say)(void *ctx, const char *text), void *ctx, struct err *e)
{
	struct settings ignored;
	struct session run;

	s->fold = fold;
	if (session_read(&run, session_dir, &ignored, e))
		return -1;
	return o->o ? make_both(s, o, session_dir, fold, say, ctx, e)
		    : find_both(s, o, session_dir, fold, e);
}
