/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/data/features.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FRAMES_FEW = 10, FRAMES_MANY = 3000 }; /* notes outside of this range */

static const struct {
	const char *dir, *cols; /* settings */
} keys[MODALITIES] = {
	[MODALITY_TEXT] = {"exp.text_dir", "model.text_feat_dim"},
	[MODALITY_AUDIO] = {"exp.audio_dir", "model.audio_feat_dim"},
};

const char *features_dir_key(enum modality m)
{
	return keys[m].dir;
}

const char *features_dir(const struct settings *s, enum modality m)
{
	return m == MODALITY_TEXT ? s->exp.text_dir : s->exp.audio_dir;
}

char *features_path(const struct settings *s, enum modality m, const char *feature)
{
	return str_format("%s/%s.npy", features_dir(s, m), feature);
}

/* ---- values ---- */

struct scan {
	int row, col;  /* first value that is NaN or Inf; row -1: none */
	double value;  /* as stored */
	int zero_rows; /* as far as scanned */
};

static struct scan scan(const struct npy *a)
{
	const float *direct = npy_direct(a);
	float *copy = direct ? NULL : mem_alloc((size_t)a->cols, sizeof *copy);
	struct scan found = {.row = -1};

	for (int i = 0; i < a->rows && found.row < 0; i++) {
		const float *x = direct ? direct + (size_t)i * (size_t)a->cols : copy;
		int bad = 0, other = 0;

		if (!direct)
			npy_row(a, i, copy);
		for (int j = 0; j < a->cols; j++) {
			bad += !(fabsf(x[j]) <= FLT_MAX);
			other += x[j] != 0;
		}
		found.zero_rows += other == 0;
		if (bad == 0)
			continue;
		found.row = i;
		while (found.col < a->cols - 1 && isfinite(x[found.col]))
			found.col++;
		found.value = npy_value(a, found.row, found.col);
	}
	free(copy);
	return found;
}

static char *not_finite(const struct scan *l)
{
	const char *what = isnan(l->value) ? "NaN" : l->value > 0 ? "Inf" : "-Inf";

	if (isfinite(l->value))
		return str_format("row %d, column %d (from 0) is %g, beyond the max of float32, "
				  "3.4e38; scale the features or leave the row out",
				  l->row, l->col, l->value);
	return str_format("row %d, column %d (from 0) is %s; extract the features again or leave "
			  "the row out",
			  l->row, l->col, what);
}

char *features_not_finite(const struct npy *a)
{
	struct scan l = scan(a);

	return l.row < 0 ? NULL : not_finite(&l);
}

/* A sentence of npy.h without "PATH: ", which problem_add puts before it. */
static const char *without_path(const char *sentence, const char *path)
{
	size_t n = strlen(path);

	if (strncmp(sentence, path, n) == 0 && sentence[n] == ':' && sentence[n + 1] == ' ')
		return sentence + n + 2;
	return sentence;
}

static void check_values(const struct npy *a, struct fault f, struct problems *p)
{
	struct scan l = scan(a);
	struct err e = {0};

	f.value = true;
	if (npy_check(a, &e) != 0) {
		problem_add(p, &f, "%s", without_path(e.text, f.file));
	} else if (l.row >= 0) {
		char *why = not_finite(&l);

		f.general = "values that float32 cannot hold; extract the features again or "
			    "leave the rows out";
		problem_add(p, &f, "%s", why);
		free(why);
	} else if (l.zero_rows > 0) {
		f.kind = PROBLEM_NOTE;
		f.general = "feature rows that hold only zeros; under train.padding reference "
			    "they count as padding";
		problem_add(p, &f,
			    "%d of %d rows hold only zeros; under train.padding reference they "
			    "count as padding",
			    l.zero_rows, a->rows);
	}
}

/* ---- files ---- */

/* There is no such file: it, or the folder it should lie in. */
static void add_missing(struct fault f, enum modality m, const char *path, struct problems *p)
{
	char *folder = str_format("%.*s", (int)(path_base(path) - path - 1), path);

	f.general = NULL;
	if (file_is_dir(folder)) {
		problem_add(p, &f, "no such feature file; extract it or correct %s", keys[m].dir);
	} else {
		f.file = folder;
		f.dir = NULL;
		f.general = "feature folders that do not exist; extract them, or correct "
			    "the settings of exp that name them";
		problem_add(p, &f,
			    "no such folder of features; extract them, or correct %s or "
			    "exp.columns.folder",
			    keys[m].dir);
	}
	free(folder);
}

/* Of one dimension, where exp.vectors does not say how it is meant. */
static bool refuses_vector(const struct npy *a, const struct settings *s, struct fault f,
			   struct problems *p)
{
	bool refuses = a->vector && s->exp.vectors != VECTORS_FRAME;

	if (refuses)
		problem_add(
			p, &f,
			"an array of shape (%d,); one vector for the whole utterance: extract "
			"with frame granularity (granularity=\"frame\" in emotion2vec), so that "
			"there is a row for each frame or word, or, if an utterance-level "
			"embedding is meant, set exp.vectors: frame",
			a->cols);
	return refuses;
}

static void check_frames(const struct npy *a, struct fault f, struct problems *p)
{
	f.kind = PROBLEM_NOTE;
	if (a->rows < FRAMES_FEW) {
		f.general = "very few frames; are the clips whole?";
		problem_add(p, &f, "%d frame%s, under %d; is the clip whole?", a->rows,
			    a->rows == 1 ? "" : "s", FRAMES_FEW);
	} else if (a->rows > FRAMES_MANY) {
		f.general = "very many frames; their batches are slow and large";
		problem_add(p, &f, "%d frames, over %d; its batches are slow and large", a->rows,
			    FRAMES_MANY);
	}
}

void features_open(struct npy *a, const struct settings *s, enum modality m, const char *feature,
		   const char *list, long line, unsigned how, struct problems *p)
{
	char *path = features_path(s, m, feature);
	int cols = m == MODALITY_TEXT ? s->model.text_feat_dim : s->model.audio_feat_dim;
	struct fault f = {.kind = PROBLEM_ERROR,
			  .list = list,
			  .line = line,
			  .file = path,
			  .dir = features_dir(s, m),
			  .general = "feature files that cannot be used; extract them again"};
	struct err e = {0};

	if (npy_open(a, path, &e) != 0 && !file_exists(path)) {
		add_missing(f, m, path, p);
	} else if (e.status) {
		problem_add(p, &f, "%s", without_path(e.text, path));
	} else if (refuses_vector(a, s, f, p)) {
		;
	} else if (a->cols != cols && (how & FEATURES_TRAINED)) {
		problem_add(p, &f,
			    "rows have %d values, but the model was trained on %d (%s); extract it "
			    "as the features it was trained on",
			    a->cols, cols, keys[m].cols);
	} else if (a->cols != cols) {
		problem_add(p, &f, "rows have %d values, but %s is %d; correct one of them",
			    a->cols, keys[m].cols, cols);
	} else if (a->rows == 0) {
		problem_add(p, &f, "no rows; extract it again or leave the row out");
	} else {
		if (how & FEATURES_DEEP)
			check_values(a, f, p);
		if (m == MODALITY_AUDIO && !a->vector)
			check_frames(a, f, p);
	}
	f.kind = PROBLEM_NOTE;
	f.general = NULL;
	f.brief = true;
	if (a->vector && s->exp.vectors == VECTORS_FRAME)
		problem_add(p, &f, "one vector; it is read as one row (exp.vectors)");
	if (npy_is_integer(a))
		problem_add(p, &f, "integers (%s); they are converted to float32",
			    npy_type_table[a->type].name);
	free(path);
}
