/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/data/twins.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/data/features.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* ---- rows of one list ---- */

static int by_stem_and_folder(const void *a, const void *b)
{
	const struct row_name *const *x = a, *const *y = b;
	int order = strcmp((*x)->stem, (*y)->stem);

	return order ? order : strcmp((*x)->folder, (*y)->folder);
}

static int by_name_and_place(const void *a, const void *b)
{
	const struct row_name *const *x = a, *const *y = b;
	int order = by_stem_and_folder(a, b);

	return order ? order : (*x > *y) - (*x < *y); /* both of one array */
}

/* The rows that have a name, in order; *m of them. free() it. */
static const struct row_name **sort_names(const struct row_name *name, int n, int *m)
{
	const struct row_name **at = mem_alloc((size_t)n + 1, sizeof *at);

	*m = 0;
	for (int i = 0; i < n; i++)
		if (name[i].stem && name[i].stem[0])
			at[(*m)++] = &name[i];
	qsort(at, (size_t)*m, sizeof *at, by_name_and_place);
	return at;
}

bool twins_by_folder(const struct row_name *name, int n)
{
	int m;
	const struct row_name **at = sort_names(name, n, &m);
	bool found = false;

	for (int i = 1; i < m && !found; i++)
		found = strcmp(at[i]->stem, at[i - 1]->stem) == 0 &&
			strcmp(at[i]->folder, at[i - 1]->folder) != 0;
	free(at);
	return found;
}

void twins_in_list(const struct row_name *name, int n, int *twin)
{
	int m;
	const struct row_name **at = sort_names(name, n, &m);

	for (int i = 0; i < n; i++)
		twin[i] = -1;
	for (int i = 1, first = 0; i < m; i++) {
		if (by_stem_and_folder(&at[i], &at[first]) == 0)
			twin[at[i] - name] = (int)(at[first] - name);
		else
			first = i;
	}
	free(at);
}

/* ---- utterances of the corpus ---- */

/* What two utterances must not share. */
struct mark {
	dev_t device; /* of a feature file */
	ino_t inode;
	const char *id; /* of IEMOCAP; NULL: compare files */
	int utt;
};

static int by_identity(const void *a, const void *b)
{
	const struct mark *x = a, *y = b;

	if (x->id)
		return strcmp(x->id, y->id);
	if (x->device != y->device)
		return x->device < y->device ? -1 : 1;
	return (x->inode > y->inode) - (x->inode < y->inode);
}

static int by_mark(const void *a, const void *b)
{
	const struct mark *x = a, *y = b;
	int order = by_identity(a, b);

	return order ? order : x->utt - y->utt;
}

static int by_utterance(const void *a, const void *b)
{
	const struct mark *const *x = a, *const *y = b;

	return (*x)->utt - (*y)->utt;
}

/* What follows from an utterance in both lists. */
static const char *consequence(const struct corpus *c, int first, int second)
{
	if (first == second)
		return "it counts twice";
	if (c->layout == LAYOUT_IEMOCAP)
		return "in some folds a test utterance is trained on";
	if (second == 1)
		return "a validation utterance is trained on";
	return first == 0 ? "a test utterance is trained on"
			  : "a test utterance selects the checkpoint";
}

/* The utterance of m is that of `twin`, earlier in the corpus. */
static void add_twin(const struct corpus *c, const struct settings *s, const struct mark *twin,
		     const struct mark *m, enum modality modality, struct problems *p)
{
	const struct utterance *a = &c->utt[twin->utt], *b = &c->utt[m->utt];
	const char *what = m->id ? "utterance" : "feature file";
	bool sure = m->id || modality == MODALITY_AUDIO, apart = a->list != b->list;
	char *file = m->id ? NULL : features_path(s, modality, utterance_feature(b, modality));
	struct str many = {0}, so = {0};
	struct fault f = {.kind = sure && apart ? PROBLEM_WARNING : PROBLEM_NOTE,
			  .list = c->list[b->list].path,
			  .line = b->line,
			  .file = file,
			  .dir = file ? features_dir(s, modality) : NULL};

	if (sure)
		str_addf(&so, ": %s; delete one of the rows", consequence(c, a->list, b->list));
	else
		str_add(&so, "; is one of them wrong?"); /* equal sentences may share a file */
	str_addf(&many, "this is also the %s of a row in %s%s", what,
		 apart ? "another list" : "the same list", so.s);
	f.many = many.s;
	problem_add(p, &f, "this is also the %s of %s:%ld%s", what,
		    path_base(c->list[a->list].path), a->line, so.s);
	str_free(&many);
	str_free(&so);
	free(file);
}

/* Of marks that are equal, report all but the first; those in `told` have been. */
static void add_equal(const struct corpus *c, const struct settings *s, struct mark *mark, int n,
		      enum modality modality, bool *told, struct problems *p)
{
	const struct mark **twin, **at;
	int m = 0;

	if (n < 2)
		return;
	qsort(mark, (size_t)n, sizeof *mark, by_mark);
	twin = mem_alloc((size_t)c->n, sizeof *twin);
	at = mem_alloc((size_t)n, sizeof *at);
	for (int i = 1, first = 0; i < n; i++) {
		if (by_identity(&mark[i], &mark[first]) != 0) {
			first = i;
		} else if (!told[mark[i].utt]) {
			twin[mark[i].utt] = &mark[first];
			at[m++] = &mark[i];
			told[mark[i].utt] = true;
		}
	}
	qsort(at, (size_t)m, sizeof *at, by_utterance);
	for (int i = 0; i < m; i++)
		add_twin(c, s, twin[at[i]->utt], at[i], modality, p);
	free(at);
	free(twin);
}

/* "Ses01F_impro01_F000": unique in all of IEMOCAP. */
static bool is_iemocap(const char *id)
{
	return strncmp(id, "Ses", 3) == 0 && isdigit((unsigned char)id[3]) &&
	       isdigit((unsigned char)id[4]) && (id[5] == 'F' || id[5] == 'M') && id[6] == '_';
}

void twins_in_corpus(const struct corpus *c, const struct settings *s, struct problems *p)
{
	struct mark *mark = mem_alloc((size_t)c->n + 1, sizeof *mark);
	bool *told = mem_alloc((size_t)c->n + 1, sizeof *told);
	static const enum modality order[] = {MODALITY_AUDIO, MODALITY_TEXT};

	for (int k = 0; k < MODALITIES; k++) {
		int n = 0;

		for (int i = 0; i < c->n; i++) {
			char *path =
				features_path(s, order[k], utterance_feature(&c->utt[i], order[k]));
			struct stat st;

			if (stat(path, &st) == 0)
				mark[n++] = (struct mark){st.st_dev, st.st_ino, NULL, i};
			free(path);
		}
		add_equal(c, s, mark, n, order[k], told, p);
		if (k == 0 && c->layout == LAYOUT_IEMOCAP) {
			n = 0;
			for (int i = 0; i < c->n; i++)
				if (is_iemocap(c->utt[i].id))
					mark[n++] = (struct mark){0, 0, c->utt[i].id, i};
			add_equal(c, s, mark, n, MODALITY_AUDIO, told, p);
		}
	}
	free(told);
	free(mark);
}
