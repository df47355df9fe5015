/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/lab/trained_private.h"

#include "app/lab/job.h"
#include "app/session/session.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/util.h"
#include "engine/data/roster.h"
#include "engine/data/opening.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void trained_say(const struct trained *t, const char *fmt, ...)
{
	struct str text = {0};
	va_list ap;

	va_start(ap, fmt);
	str_vaddf(&text, fmt, ap);
	va_end(ap);
	t->opt.say(t->opt.ctx, text.s);
	str_free(&text);
}

int trained_folder(char *out, size_t n, const char *path, struct err *e)
{
	char *slash;

	if (path_absolute(out, n, ".", path, e))
		return -1;
	slash = strrchr(out, '/');
	slash[slash == out] = '\0';
	return 0;
}

static int find_fold(struct trained *t, struct err *e)
{
	const struct corpus *c = &t->corpus;
	int n = split_folds(c), own;
	struct settings ignored = t->set;

	if (t->opt.nfolds > 1)
		return err_usage(e, "--fold: one at a time");
	if (t->opt.nfolds == 1)
		t->fold = t->opt.fold[0];
	else if (weights_trained_on(&t->weights.meta, &ignored, &own) && split_has_fold(c, own))
		t->fold = own;
	else if (n == 1)
		t->fold = split_fold(c, 0);
	else
		return err_usage(e,
				 "which fold? give --fold N (%d to %d), or weights that say it or "
				 "are in a session's fold-N folder",
				 split_fold(c, 0), split_fold(c, n - 1));
	return split_has_fold(c, t->fold) ? 0 : split_no_fold(c, t->fold, e);
}

static int load_norm(struct trained *t, struct err *e)
{
	char folder[PATH_LEN], path[PATH_LEN];

	if (t->set.exp.normalize == NORMALIZE_NONE)
		return 0;
	if (trained_folder(folder, sizeof folder, t->opt.weights, e) ||
	    path_join(path, sizeof path, folder, "normalize.safetensors", e))
		return -1;
	if (!file_exists(path))
		return err_set(
			e,
			"%s: no such file, and %s was trained with exp.normalize train; copy "
			"it from the folder fold-F that the weights come from",
			path, t->opt.weights);
	return norm_load(&t->norm, path, &t->set, e);
}

int trained_fold_of(const char *folder)
{
	const char *base = path_base(folder);
	size_t digits = strncmp(base, "fold-", 5) == 0 ? strspn(base + 5, "0123456789") : 0;

	return digits > 0 && digits < 7 && !base[5 + digits] ? atoi(base + 5) : -1;
}

/*
 * Weights that say nothing of their training: those of the first version, and
 * PyTorch's. In a session's fold-F folder, the session's config.yml says it.
 */
static void say_for_weights(struct trained *t, const char *folder, int fold, const char *path)
{
	static const char unsaid[] = "does not say how it was trained (no metadata)";
	struct settings set = t->set;
	struct session s = {.lock = -1};
	struct err ignored = {0};
	char parent[PATH_LEN];

	if (fold < 0) {
		trained_say(t, "%s: %s: whether its labels, heads and fold fit is not known", path,
			    unsaid);
		return;
	}
	if (!trained_folder(parent, sizeof parent, folder, &ignored) && session_exists(parent) &&
	    !session_read(&s, parent, &set, &ignored))
		trained_say(t, "%s: %s; taken for fold %d of the session %s", path, unsaid, fold,
			    s.root);
	else
		trained_say(t, "%s: %s; taken for fold %d, after its folder", path, unsaid, fold);
	session_close(&s);
	weights_meta_of(&t->weights.meta, &set, NULL, fold, 0);
}

int trained_meta(struct trained *t, struct err *e)
{
	const char *path = t->opt.weights;
	char **fold = &t->weights.meta.text[WEIGHTS_FOLD];
	char folder[PATH_LEN];
	int number;

	if (trained_folder(folder, sizeof folder, path, e))
		return -1;
	number = trained_fold_of(folder);
	if (weights_meta_is_empty(&t->weights.meta))
		say_for_weights(t, folder, number, path);
	else if (!*fold && number >= 0)
		*fold = str_format("%d", number);
	return 0;
}

/* How many utterances of the part at hand are in each part that the weights were
 * trained with. False: not known, since their split is one of another layout. */
static bool count_seen(const struct trained *t, const struct settings *own, int fold, int n[PARTS])
{
	bool *here = mem_alloc((size_t)t->corpus.n + 1, sizeof *here);
	struct err ignored = {0};
	struct split sp;
	bool known = !split_make(&sp, &t->corpus, own, fold, &ignored);

	for (int i = 0; i < t->split.n[t->opt.part]; i++)
		here[t->split.at[t->opt.part][i]] = true;
	for (int part = 0; part < PARTS; part++) {
		n[part] = 0;
		for (int i = 0; known && i < sp.n[part]; i++)
			n[part] += here[sp.at[part][i]];
	}
	if (known)
		split_free(&sp);
	free(here);
	return known;
}

/* A sentence's next part. */
static void add_part(struct str *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void add_part(struct str *out, const char *fmt, ...)
{
	va_list ap;

	str_add(out, out->len ? ", and " : "");
	va_start(ap, fmt);
	str_vaddf(out, fmt, ap);
	va_end(ap);
}

/* Figures on utterances that were trained on, or that chose the epoch. */
static void check_seen(const struct trained *t, const struct weights_meta *here,
		       struct str *refused, struct str *notes)
{
	const char *part = part_name[t->opt.part];
	int n = t->split.n[t->opt.part], seen[PARTS], fold;
	struct settings own = t->set;
	struct str how = {0}, other = {0};

	if (!weights_trained_on(&t->weights.meta, &own, &fold)) {
		if (!weights_meta_is_empty(&t->weights.meta))
			add_part(notes, "trained on a fold or by a protocol that is not known");
		return;
	}
	if (!count_seen(t, &own, fold, seen)) {
		add_part(notes, "trained as fold %d, which is not one of these lists", fold);
		return;
	}
	str_addf(&how, "as fold %d", fold);
	if (weights_differ(&t->weights.meta, here, WEIGHTS_SPLIT, &other))
		str_addf(&how, " with %s", other.s);
	if (t->opt.part == PART_TRAIN && seen[PART_TRAIN] < n)
		add_part(notes, "trained %s on only %d of the %d utterances of fold %d's %s part",
			 how.s, seen[PART_TRAIN], n, t->fold, part);
	else if (t->opt.part != PART_TRAIN && seen[PART_TRAIN] > 0)
		add_part(refused, "trained %s on %d of the %d utterances of fold %d's %s part",
			 how.s, seen[PART_TRAIN], n, t->fold, part);
	else if (t->opt.part == PART_TEST && seen[PART_VAL] > 0 && !protocol_optimistic(&t->set))
		add_part(notes,
			 "chosen %s by %d of the %d utterances of fold %d's %s part, which "
			 "makes figures optimistic",
			 how.s, seen[PART_VAL], n, t->fold, part);
	str_free(&how);
	str_free(&other);
}

int trained_verdict(struct trained *t, const struct str *refused, const struct str *notes,
		    struct err *e)
{
	if (refused->len && !t->opt.anyway)
		return err_set(e,
			       "%s: these weights were %s; use weights that fit, or the config "
			       "and fold of these weights, or go on with --anyway",
			       t->opt.weights, refused->s);
	if (refused->len)
		str_add(&t->anyway, refused->s);
	if (notes->len)
		trained_say(t, "%s: these weights were %s", t->opt.weights, notes->s);
	return 0;
}

/* Do the weights fit what is asked of them? */
static int check_weights(struct trained *t, struct err *e)
{
	struct str refused = {0}, notes = {0}, what = {0};
	char data[ROSTER_HASH];
	struct weights_meta here;
	int failed;

	roster_hash(&t->corpus, &t->set, data);
	weights_meta_of(&here, &t->set, data, t->fold, 0);
	if (weights_differ(&t->weights.meta, &here, WEIGHTS_REFUSED, &what))
		add_part(&refused, "trained with %s", what.s);
	str_reset(&what);
	if (weights_differ(&t->weights.meta, &here, WEIGHTS_NOTED, &what))
		add_part(&notes, "trained with %s", what.s);
	check_seen(t, &here, &refused, &notes);
	failed = trained_verdict(t, &refused, &notes, e);
	weights_meta_free(&here);
	str_free(&refused);
	str_free(&notes);
	str_free(&what);
	return failed;
}

int trained_model(struct trained *t, struct err *e)
{
	t->par = par_new(t->opt.threads, e);
	return !t->par || model_load(&t->model, &t->set, &t->weights, t->par, e) || load_norm(t, e)
		       ? -1
		       : 0;
}

int trained_open(struct trained *t, const struct trained_options *o, struct err *e)
{
	struct job_options job = {.config = o->config};

	*t = (struct trained){.opt = *o};
	if (o->list) {
		if (trained_open_list(t, e) == 0)
			return 0;
		goto fail;
	}
	if (weights_open(&t->weights, t->opt.weights, e))
		return -1;
	if (job_load(&t->set, &t->corpus, &job, o->skip_bad ? CORPUS_SKIP_BAD : CORPUS_HEADERS,
		     o->say, o->ctx, e) ||
	    trained_meta(t, e))
		goto fail;
	if (find_fold(t, e) || split_make(&t->split, &t->corpus, &t->set, t->fold, e))
		goto fail;
	if (!t->split.n[t->opt.part]) {
		err_set(e, "fold %d has no %s part under exp.protocol %s; choose another --split",
			t->fold, part_name[t->opt.part],
			option_find("exp.protocol")->choices[t->set.exp.protocol]);
		goto fail;
	}
	if (check_weights(t, e) || trained_model(t, e))
		goto fail;
	return 0;
fail:
	trained_close(t);
	return -1;
}

void trained_close(struct trained *t)
{
	model_close(&t->model);
	norm_free(&t->norm);
	split_free(&t->split);
	corpus_close(&t->corpus);
	par_free(t->par);
	weights_close(&t->weights);
	str_free(&t->anyway);
	*t = (struct trained){0};
}
