/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/data/census.h"

#include "base/file.h"
#include "base/util.h"
#include "engine/data/relabel.h"

#include <stdlib.h>
#include <string.h>

/* Rows of a class in all lists. */
static int in_all(const struct corpus *c, int label)
{
	int sum = 0;

	for (int i = 0; i < c->nlists; i++)
		sum += c->list[i].of_class[label];
	return sum;
}

static int in_list(const struct list *l, const struct settings *s)
{
	int sum = 0;

	for (int k = 0; k < s->exp.nlabels; k++)
		sum += l->of_class[k];
	return sum;
}

/* ---- classes ---- */

/* A table with a column for each list and one for all. */
struct table_form {
	const struct corpus *c;
	struct str *out;
	int first, width; /* columns of the names, of a number */
};

static struct table_form form_of(const struct corpus *c, const char *heading, struct str *out)
{
	return (struct table_form){c, out, str_columns(heading),
				   c->layout == LAYOUT_IEMOCAP ? 8 : 6};
}

static void make_room(struct table_form *f, const char *name)
{
	f->first = max_int(f->first, str_columns(name));
}

static void add_heading(const struct table_form *f, const char *heading, const char *last)
{
	str_addf(f->out, "%s%*s", heading, f->first - str_columns(heading), "");
	for (int i = 0; i < f->c->nlists; i++)
		str_addf(f->out, "  %*s", f->width, f->c->list[i].name);
	str_addf(f->out, "  %*s%s\n", f->width, "all", last);
}

/* The rows that `of` counts in each list; `as`: what they count as, or "". */
static void add_row(const struct table_form *f, const struct settings *s, const char *name,
		    int (*of)(const struct list *l, const struct settings *s, int which), int which,
		    const char *as)
{
	int sum = 0;

	str_addf(f->out, "%s%*s", name, f->first - str_columns(name), "");
	for (int i = 0; i <= f->c->nlists; i++) {
		int n = i < f->c->nlists ? of(&f->c->list[i], s, which) : sum;
		struct str cell = {0};

		sum += n;
		str_add_count(&cell, n);
		str_addf(f->out, "  %*s", f->width, cell.s);
		str_free(&cell);
	}
	str_addf(f->out, "%s%s\n", *as ? "  " : "", as);
}

static int of_class(const struct list *l, const struct settings *s, int class)
{
	(void)s;
	return l->of_class[class];
}

static int of_classes(const struct list *l, const struct settings *s, int unused)
{
	(void)unused;
	return in_list(l, s);
}

void census_table(const struct corpus *c, const struct settings *s, struct str *out)
{
	struct table_form f = form_of(c, "class", out);
	int all = 0;

	for (int i = 0; i < c->nlists; i++)
		all += in_list(&c->list[i], s);
	if (all == 0)
		return;
	for (int k = 0; k < s->exp.nlabels; k++)
		make_room(&f, s->exp.labels[k]);
	add_heading(&f, "class", "");
	for (int k = 0; k < s->exp.nlabels; k++)
		add_row(&f, s, s->exp.labels[k], of_class, k, "");
	add_row(&f, s, "all", of_classes, 0, "");
}

/* ---- labels before exp.map ---- */

static int of_entry(const struct list *l, const struct settings *s, int entry)
{
	(void)s;
	return l->of_map[entry];
}

/* Rows that say the class themselves, and are not mapped to another. */
static int of_own_label(const struct list *l, const struct settings *s, int class)
{
	const struct label_map *m = &s->exp.map;
	int n = l->of_class[class];

	for (int i = 0; i < m->n; i++)
		if (strcmp(m->at[i].to, s->exp.labels[class]) == 0)
			n -= l->of_map[i];
	return n;
}

static int of_labels(const struct list *l, const struct settings *s, int unused)
{
	(void)unused;
	return in_list(l, s) + l->dropped;
}

void census_labels(const struct corpus *c, const struct settings *s, struct str *out)
{
	const struct label_map *m = &s->exp.map;
	struct table_form f = form_of(c, "label", out);

	if (m->n == 0)
		return;
	for (int k = 0; k < s->exp.nlabels; k++)
		make_room(&f, s->exp.labels[k]);
	for (int i = 0; i < m->n; i++)
		make_room(&f, m->at[i].from);
	add_heading(&f, "label", "  counts as (exp.map)");
	for (int k = 0; k < s->exp.nlabels; k++) {
		int entry;

		relabel(s, s->exp.labels[k], &entry);
		if (entry < 0)
			add_row(&f, s, s->exp.labels[k], of_own_label, k, s->exp.labels[k]);
	}
	for (int i = 0; i < m->n; i++) {
		bool drops = strcmp(m->at[i].to, LABEL_DROP) == 0;

		add_row(&f, s, m->at[i].from, of_entry, i, drops ? "dropped" : m->at[i].to);
	}
	add_row(&f, s, "all", of_labels, 0, "");
}

/* ---- notes ---- */

/* A label of exp.map that no list has. */
static void note_map(const struct corpus *c, const struct settings *s, struct problems *p)
{
	struct fault f = {.kind = PROBLEM_NOTE, .file = c->list[0].path};

	for (int i = 0; i < s->exp.map.n; i++) {
		int n = 0;

		for (int k = 0; k < c->nlists; k++)
			n += c->list[k].of_map[i];
		if (n == 0)
			problem_add(p, &f,
				    "exp.map: %s: no list has a row with this label; is it "
				    "spelled as in the lists?",
				    s->exp.map.at[i].from);
	}
}

void census_note(const struct corpus *c, const struct settings *s, struct problems *p)
{
	note_map(c, s, p);
	for (int k = 0; k < s->exp.nlabels; k++) {
		const char *label = s->exp.labels[k];
		struct fault f = {.kind = PROBLEM_NOTE, .file = c->list[0].path};
		struct str lists = {0};
		int lack = 0;

		for (int i = 0; i < c->nlists; i++)
			if (c->list[i].rows > 0 && c->list[i].of_class[k] == 0)
				str_addf(&lists, "%s%s", lack++ ? ", " : "",
					 path_base(c->list[i].path));
		if (lack > 0 && in_all(c, k) == 0)
			problem_add(p, &f,
				    "class %s of exp.labels: no list has a row with it%s; remove "
				    "it from exp.labels, or correct the labels",
				    label, s->exp.map.n ? " after exp.map" : "");
		else if (lack > 0)
			problem_add(p, &f,
				    "class %s of exp.labels: no row with it in %s; figures there "
				    "cover only the other classes",
				    label, lists.s);
		str_free(&lists);
	}
}

/* ---- conventions ---- */

static const char *const iemocap_four[] = {"ang", "hap", "neu", "sad", NULL};
static const char *const meld_seven[] = {"anger",   "disgust", "fear",     "joy",
					 "neutral", "sadness", "surprise", NULL};

/* A corpus that has conventions, and what to say of one that follows none of them. */
static const struct kind {
	const char *const *label; /* its usual classes */
	int numbers;
	bool by_row;    /* the numbers are the rows of each list, not those of each class */
	int almost_all; /* so many rows of these classes are the corpus, not a part of it */
	const char *none;
} kinds[] = {
	{iemocap_four, 4, false, 4000,
	 "the counts match no convention; the usual ones are those of IEMOCAP's usual four "
	 "classes: 5,531 = ang 1,103, hap+exc 1,636, neu 1,708, sad 1,084"},
	{meld_seven, 3, true, 12000,
	 "the rows match no convention; MELD has 9,989/1,109/2,610 (official) or "
	 "9,988/1,108/2,609 (as published with the model)"},
};
enum { IEMOCAP, MELD, KINDS };

/* The numbers of a class ascend: whatever the classes are called, they are told by them. */
static const struct {
	int kind, n[4];
	const char *is;
} conventions[] = {
	{IEMOCAP,
	 {1084, 1103, 1636, 1708},
	 "the counts are those of IEMOCAP's usual four classes: 5,531 = ang 1,103, hap+exc 1,636, "
	 "neu 1,708, sad 1,084"},
	{IEMOCAP,
	 {595, 1084, 1103, 1708},
	 "the counts are those of IEMOCAP's four classes without exc: 4,490 = ang 1,103, hap 595, "
	 "neu 1,708, sad 1,084 (usual: 5,531, where exc counts as hap)"},
	{IEMOCAP,
	 {1041, 1084, 1103, 1708},
	 "the counts are those of IEMOCAP's four classes with exc in place of hap: 4,936 = ang "
	 "1,103, exc 1,041, neu 1,708, sad 1,084 (usual: 5,531, where exc counts as hap)"},
	{MELD,
	 {9989, 1109, 2610},
	 "the rows are those of MELD's official lists: 9,989/1,109/2,610"},
	{MELD,
	 {9988, 1108, 2609},
	 "the rows are those of MELD as published with the model: 9,988/1,108/2,609 (official: "
	 "9,989/1,109/2,610)"},
};

static bool labels_are(const struct settings *s, const char *const *label)
{
	int n = 0;

	for (; label[n]; n++) {
		bool found = false;

		for (int k = 0; k < s->exp.nlabels; k++)
			found |= strcmp(s->exp.labels[k], label[n]) == 0;
		if (!found)
			return false;
	}
	return n == s->exp.nlabels;
}

static int ascending(const void *a, const void *b)
{
	const int *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* The numbers a convention of this kind is told by, and their sum; false: it has none. */
static bool count_kind(const struct corpus *c, const struct settings *s, const struct kind *kind,
		       int have[4], int *sum)
{
	int n = kind->by_row ? c->nlists : s->exp.nlabels;

	if (n != kind->numbers ||
	    (kind->by_row && (c->layout != LAYOUT_LISTS || !labels_are(s, kind->label))))
		return false;
	for (int i = 0; i < n; i++)
		*sum += have[i] =
			kind->by_row ? c->list[i].rows - c->list[i].dropped : in_all(c, i);
	if (!kind->by_row)
		qsort(have, (size_t)n, sizeof *have, ascending);
	return true;
}

void census_convention(const struct corpus *c, const struct settings *s, struct str *out)
{
	for (int k = 0; k < KINDS; k++) {
		int have[4] = {0}, sum = 0;
		bool told = false;

		if (!count_kind(c, s, &kinds[k], have, &sum))
			continue;
		for (size_t i = 0; i < sizeof conventions / sizeof *conventions; i++)
			if (conventions[i].kind == k &&
			    memcmp(have, conventions[i].n, sizeof have) == 0) {
				str_add(out, conventions[i].is);
				told = true;
			}
		if (!told && sum >= kinds[k].almost_all && labels_are(s, kinds[k].label))
			str_add(out, kinds[k].none);
	}
}

const char *census_known_clip(enum layout layout, int list, const char *stem)
{
	static const struct {
		int list;
		const char *stem, *what;
	} clip[] = {
		{0, "dia125_utt3",
		 "dia125_utt3: MELD's training clip of this name is known to be broken; delete "
		 "the row, as the published lists do"},
		{1, "dia110_utt7",
		 "dia110_utt7: MELD's validation clip of this name is known to be broken; delete "
		 "the row, as the published lists do"},
		{2, "dia38_utt4",
		 "dia38_utt4: MELD's test clip of this name is known to last far longer than its "
		 "utterance"},
		{2, "dia220_utt0",
		 "dia220_utt0: MELD's test clip of this name is known to last far longer than "
		 "its utterance"},
	};

	for (size_t i = 0; layout == LAYOUT_LISTS && i < sizeof clip / sizeof clip[0]; i++)
		if (clip[i].list == list && strcmp(clip[i].stem, stem) == 0)
			return clip[i].what;
	return NULL;
}
