/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A model and a list that it was not trained with. */
#include "app/lab/trained_private.h"

#include "app/config/setting.h"
#include "app/demo/demo.h"
#include "app/lab/lab.h"
#include "app/session/session_data.h"
#include "app/session/session_kept.h"
#include "base/file.h"
#include "base/mem.h"
#include "engine/file/table.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- which weights ---- */

static void add_numbers(struct str *b, const struct session_kept *run)
{
	for (int i = 0; i < run->nfolds; i++)
		str_addf(b, "%s%d", i ? ", " : "", run->fold[i]);
}

static void add_seeds(struct str *b, const struct session_kept_list *l)
{
	for (int i = 0; i < l->n; i++)
		str_addf(b, "%s%lld", i ? ", " : "", (long long)l->at[i].seed);
}

/* The run of the seed that is asked for, or the only one. */
static const struct session_kept *find_run(const struct session_kept_list *l, const char *seed)
{
	char text[32];

	for (int i = 0; seed && i < l->n; i++) {
		snprintf(text, sizeof text, "%lld", (long long)l->at[i].seed);
		if (strcmp(text, seed) == 0)
			return &l->at[i];
	}
	return !seed && l->n == 1 ? &l->at[0] : NULL;
}

static bool has_fold(const struct session_kept *run, int fold)
{
	for (int i = 0; i < run->nfolds; i++)
		if (run->fold[i] == fold)
			return true;
	return false;
}

/* A session with several folds or seeds needs to be told which: all there are, at once. */
static int refuse_choice(const struct trained *t, const struct session_kept_list *l,
			 const struct session_kept *run, struct err *e)
{
	const char *dir = t->opt.config, *seed = t->opt.seed;
	bool which_fold = (run ? run : &l->at[0])->nfolds > 1 && !t->opt.nfolds;
	struct str seeds = {0}, folds = {0}, b = {0};

	add_seeds(&seeds, l);
	add_numbers(&folds, run ? run : &l->at[0]);
	if (!run && seed)
		str_addf(&b, "%s has no kept checkpoint of seed %s; --seed may be %s", dir, seed,
			 seeds.s);
	else if (!run && which_fold)
		str_addf(&b,
			 "%s has kept checkpoints of the seeds %s and folds %s; give --seed S and "
			 "--fold F",
			 dir, seeds.s, folds.s);
	else if (!run)
		str_addf(&b, "%s has kept checkpoints of the seeds %s; give --seed S", dir,
			 seeds.s);
	else if (which_fold)
		str_addf(&b, "%s has kept checkpoints of the folds %s; give --fold F", dir,
			 folds.s);
	else
		str_addf(&b, "%s has no kept checkpoint of fold %d; --fold may be %s", dir,
			 t->opt.fold[0], folds.s);
	err_usage(e, "%s", b.s);
	str_free(&seeds);
	str_free(&folds);
	str_free(&b);
	return -1;
}

/* The kept checkpoint that is meant, into t->found and t->fold. */
static int choose(struct trained *t, const struct session_kept_list *l, struct err *e)
{
	const struct session_kept *run = find_run(l, t->opt.seed);
	char name[64];

	if (!l->n)
		return err_set(e,
			       "%s: no fold has a kept checkpoint (fold-F/best.safetensors) yet; "
			       "train it first",
			       t->opt.config);
	if (!run || (t->opt.nfolds ? !has_fold(run, t->opt.fold[0]) : run->nfolds > 1))
		return refuse_choice(t, l, run, e);
	t->fold = t->opt.nfolds ? t->opt.fold[0] : run->fold[0];
	snprintf(name, sizeof name, "fold-%d/best.safetensors", t->fold);
	t->opt.weights = t->found;
	return path_join(t->found, sizeof t->found, run->dir, name, e);
}

/* ---- which settings ---- */

/* Of a session, whose folder goes to `session`. */
static int read_session(struct trained *t, const char *root, char session[PATH_LEN], struct err *e)
{
	struct session s = {.lock = -1};
	int failed = session_read(&s, root, &t->set, e);

	if (!failed)
		snprintf(session, PATH_LEN, "%s", s.dir);
	session_close(&s);
	return failed;
}

static int from_session(struct trained *t, char session[PATH_LEN], struct err *e)
{
	struct session_kept_list kept = {0};
	int failed = read_session(t, t->opt.config, session, e) ||
		     session_kept(&kept, t->opt.config, &t->set, e) || choose(t, &kept, e);

	session_kept_free(&kept);
	return failed || weights_open(&t->weights, t->opt.weights, e) ? -1 : 0;
}

static int from_config(struct trained *t, struct err *e)
{
	char path[PATH_LEN];
	struct warnings w = {0};
	int failed;

	if (t->opt.nfolds || t->opt.seed)
		return err_usage(e, "--%s: --weights says already which weights are meant",
				 t->opt.seed ? "seed" : "fold");
	failed = weights_open(&t->weights, t->opt.weights, e) ||
		 demo_find(path, sizeof path, t->opt.config, e) ||
		 config_load(&t->set, path, NULL, 0, &w, e);

	for (int i = 0; i < w.n; i++)
		trained_say(t, "%s", w.text[i]);
	warnings_free(&w);
	return failed ? -1 : 0;
}

/* The model as the weights say it; what they do not say does not matter for predictions. */
static int from_metadata(struct trained *t, struct err *e)
{
	struct settings *s = &t->set;

	options_preset(s);
	if (weights_settings(&t->weights, s, e))
		return -1;
	s->train.loss.cmd_text = s->train.loss.cmd_audio = 0;
	snprintf(s->exp.train_csv, PATH_LEN, "%s", t->opt.list); /* there are no others */
	memcpy(s->exp.dev_csv, s->exp.train_csv, PATH_LEN);
	memcpy(s->exp.test_csv, s->exp.train_csv, PATH_LEN);
	return 0;
}

static int refuse_folder(const char *folder, struct err *e)
{
	char path[PATH_LEN];
	struct err ignored = {0};

	if (path_join(path, sizeof path, folder, "best.safetensors", &ignored) == 0 &&
	    file_exists(path))
		return err_set(e,
			       "%s: is a folder without a config.yml; expected a session, or the "
			       "weights in it: %s",
			       folder, path);
	return err_set(e,
		       "%s: is a folder without a config.yml; expected a session, or a file of "
		       "weights",
		       folder);
}

/* Weights alone: of the session in whose folder fold-F they lie, or by their metadata. */
static int from_weights(struct trained *t, char session[PATH_LEN], struct err *e)
{
	const char *ending = strrchr(t->opt.config, '.');
	char folder[PATH_LEN], parent[PATH_LEN];

	t->opt.weights = t->opt.config;
	if (file_is_dir(t->opt.config))
		return refuse_folder(t->opt.config, e);
	if ((ending && (strcasecmp(ending, ".yml") == 0 || strcasecmp(ending, ".yaml") == 0)) ||
	    (strcmp(t->opt.config, "demo") == 0 && !file_exists("demo")))
		return err_usage(e,
				 "%s: is a config; give the weights too, with --weights FILE, or a "
				 "session in its place",
				 t->opt.config);
	if (t->opt.nfolds || t->opt.seed)
		return err_usage(e, "--%s: %s is not a session, but the weights of one fold",
				 t->opt.seed ? "seed" : "fold", t->opt.config);
	if (weights_open(&t->weights, t->opt.weights, e) ||
	    trained_folder(folder, sizeof folder, t->opt.weights, e))
		return -1;
	if (trained_fold_of(folder) >= 0 && trained_folder(parent, sizeof parent, folder, e) == 0 &&
	    session_exists(parent)) {
		t->fold = trained_fold_of(folder);
		return read_session(t, parent, session, e);
	}
	return from_metadata(t, e);
}

/* --set, for how the list is read. */
static int assign(struct trained *t, struct err *e)
{
	static const char *const keys[] = {"exp.columns.id",   "exp.columns.folder",
					   "exp.columns.text", "exp.columns.label",
					   "exp.map",          "exp.vectors"};
	struct err why = {0};

	for (int i = 0; i < t->opt.nset; i++) {
		const char *text = t->opt.set[i];
		bool known = false;

		for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
			known |= strlen(keys[k]) == strcspn(text, "=") &&
				 strncmp(text, keys[k], strlen(keys[k])) == 0;
		if (!known)
			return err_usage(e,
					 "--set %s: with --list only exp.columns.*, exp.map and "
					 "exp.vectors can be set; the rest is as it was trained",
					 text);
		if (setting_assign(&t->set, text, &why))
			return err_usage(e, "--set: %s", why.text);
	}
	return 0;
}

static int settle(struct trained *t, struct err *e)
{
	struct settings *s = &t->set;
	struct err why = {0};

	if (path_absolute(s->exp.audio_dir, PATH_LEN, ".", t->opt.audio, e) ||
	    path_absolute(s->exp.text_dir, PATH_LEN, ".", t->opt.text, e) || assign(t, e))
		return -1;
	if (options_resolve(s, &why))
		return t->opt.nset ? err_usage(e, "%s", why.text)
				   : err_set(e, "%s: %s", t->opt.weights, why.text);
	return 0;
}

/* ---- rows that were trained on ---- */

/* A row of the session's data.csv. */
struct seen_row {
	const char *id, *label;
	int words, frames;
	bool tested; /* it is of the part that tested in the fold */
};

static int by_id(const void *a, const void *b)
{
	return strcmp(((const struct seen_row *)a)->id, ((const struct seen_row *)b)->id);
}

/* The rows of a data.csv, by id. */
static int read_seen(struct seen_row *to, const struct table *t, const char *tested)
{
	int n = 0;

	for (int i = 0; i < t->n && t->header.n == 5; i++) {
		char *const *field = t->row[i].field;

		if (!t->row[i].fault)
			to[n++] = (struct seen_row){.id = field[1],
						    .label = field[2],
						    .words = atoi(field[3]),
						    .frames = atoi(field[4]),
						    .tested = strcmp(field[0], tested) == 0};
	}
	qsort(to, (size_t)n, sizeof *to, by_id);
	return n;
}

static bool is_same(const struct seen_row *row, const struct utterance *u, const struct settings *s)
{
	return row->words == u->words.rows && row->frames == u->frames.rows &&
	       (u->label == LABEL_NONE || strcmp(row->label, s->exp.labels[u->label]) == 0);
}

/* Outside of the part that tested, and not in it as well. */
static bool is_seen(const struct seen_row *row, int n, const struct utterance *u,
		    const struct settings *s)
{
	struct seen_row key = {.id = u->id};
	const struct seen_row *at = bsearch(&key, row, (size_t)n, sizeof *row, by_id);
	bool seen = false;

	while (at && at > row && by_id(at - 1, &key) == 0)
		at--;
	for (; at && at < row + n && by_id(at, &key) == 0; at++) {
		if (is_same(at, u, s) && at->tested)
			return false;
		seen |= is_same(at, u, s);
	}
	return seen;
}

/* One id may be two clips (MELD's stems repeat), so lengths count too. */
static void warn_seen(const struct trained *t, const char *session)
{
	char path[PATH_LEN], tested[32];
	struct err ignored = {0};
	struct seen_row *row;
	struct table data;
	int n, seen = 0;

	if (!*session || path_join(path, sizeof path, session, "data.csv", &ignored) ||
	    !file_exists(path) || table_read(&data, path, &ignored))
		return;
	snprintf(tested, sizeof tested, "Session%d", t->fold);
	if (t->set.layout == LAYOUT_LISTS)
		strcpy(tested, "test");
	row = mem_alloc((size_t)data.n + 1, sizeof *row);
	n = read_seen(row, &data, tested);
	for (int i = 0; i < t->corpus.n; i++)
		seen += is_seen(row, n, &t->corpus.utt[i], &t->set);
	if (seen)
		trained_say(t,
			    "warning: %s: %d of %d utterances were trained or validated on (the "
			    "same id, words and frames in %s); figures on them are too good",
			    t->opt.list, seen, t->corpus.n, path);
	free(row);
	table_free(&data);
}

/* ---- opening ---- */

/* Do the weights fit the settings they are to be read with, and the folder they are in? What
 * they say themselves decides which utterances they have seen. */
static int check(struct trained *t, const char *session, struct err *e)
{
	enum { NOTED = WEIGHTS_BIT(NORMALIZE) | WEIGHTS_BIT(VERSION) };
	struct str refused = {0}, notes = {0}, what = {0};
	struct settings ignored = t->set;
	struct weights_meta here;
	int failed, own;

	if (*session && weights_trained_on(&t->weights.meta, &ignored, &own) && own != t->fold) {
		str_addf(&notes, "trained as fold %d, although they are in fold-%d", own, t->fold);
		t->fold = own;
	}
	weights_meta_of(&here, &t->set, "", t->fold, 0);
	if (weights_differ(&t->weights.meta, &here, WEIGHTS_REFUSED, &what))
		str_addf(&refused, "trained with %s", what.s);
	str_reset(&what);
	if (weights_differ(&t->weights.meta, &here, NOTED, &what))
		str_addf(&notes, "%strained with %s", notes.len ? ", and " : "", what.s);
	failed = trained_verdict(t, &refused, &notes, e);
	weights_meta_free(&here);
	str_free(&refused);
	str_free(&notes);
	str_free(&what);
	return failed;
}

static int read_list(struct trained *t, struct err *e)
{
	const struct new_list list = {
		.path = t->opt.list,
		.key = {[MODALITY_TEXT] = "--text", [MODALITY_AUDIO] = "--audio"}};
	const struct origin nothing = {0};
	const struct lab_data data = {.set = &t->set,
				      .known = &nothing,
				      .list = &list,
				      .how = t->opt.skip_bad ? CORPUS_SKIP_BAD : CORPUS_HEADERS,
				      .notes = true,
				      .leave_out = "with --skip-bad",
				      .say = t->opt.say,
				      .ctx = t->opt.ctx};
	struct split *sp = &t->split;

	if (lab_read(&t->corpus, &data, e))
		return -1;
	t->opt.part = PART_TEST;
	sp->n[PART_TEST] = t->corpus.n;
	sp->at[PART_TEST] = mem_alloc((size_t)t->corpus.n + 1, sizeof(int));
	for (int i = 0; i < t->corpus.n; i++)
		sp->at[PART_TEST][i] = i;
	return 0;
}

int trained_open_list(struct trained *t, struct err *e)
{
	char session[PATH_LEN] = "";
	int failed;

	if (t->opt.nfolds > 1)
		return err_usage(e, "--fold: one at a time");
	if (t->opt.weights)
		failed = from_config(t, e);
	else if (session_exists(t->opt.config))
		failed = from_session(t, session, e);
	else
		failed = from_weights(t, session, e);
	if (failed || settle(t, e) || trained_meta(t, e) || check(t, session, e) || read_list(t, e))
		return -1;
	warn_seen(t, session);
	return trained_model(t, e);
}
