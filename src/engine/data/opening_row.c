/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One row of a list: its label, texts and features. */
#include "engine/data/opening_private.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/plain.h"
#include "base/str.h"
#include "engine/data/census.h"
#include "engine/data/features.h"
#include "engine/data/relabel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* About the row being read. `many`: what to say of several, or NULL. */
static void report(struct opening *o, enum problem_kind kind, const char *many, const char *fmt,
		   ...) __attribute__((format(printf, 4, 5)));
static void report(struct opening *o, enum problem_kind kind, const char *many, const char *fmt,
		   ...)
{
	struct fault f = {.kind = kind, .list = o->at->list->path, .line = o->line, .many = many};
	struct str said = {0};
	va_list ap;

	va_start(ap, fmt);
	str_vaddf(&said, fmt, ap);
	va_end(ap);
	problem_add(o->p, &f, "%s", said.s);
	str_free(&said);
}

static void unknown_label(struct opening *o, const char *label)
{
	const char *column = o->at->columns.label_name;
	const char *near = relabel_near(o->s, label);
	struct str known = {0}, said = {0}, many = {0}, general = {0};
	struct fault f = {
		.kind = PROBLEM_ERROR, .list = o->at->list->path, .line = o->line, .brief = true};

	if (!*label) {
		report(o, PROBLEM_ERROR, NULL, "column %s: no label; give one or delete the row",
		       column);
		return;
	}
	for (int i = 0; i < o->s->exp.nlabels; i++)
		str_addf(&known, "%s%s", i ? ", " : "", o->s->exp.labels[i]);
	str_addf(&said, "column %s: unknown label \"%s\"; ", column, label);
	if (near)
		str_addf(&said, "did you mean %s? exp.labels has %s", near, str_text(&known));
	else
		str_addf(&said, "expected one of %s (exp.labels)", str_text(&known));
	str_addf(&many, "%s; exp.map can read it as one of them, or drop its rows", said.s);
	str_addf(&general,
		 "column %s: labels other than %s (exp.labels); is this the column of the labels "
		 "(exp.columns.label)?",
		 column, str_text(&known));
	f.many = many.s;
	f.general = general.s;
	problem_add(o->p, &f, "%s", said.s);
	str_free(&said);
	str_free(&many);
	str_free(&general);
	str_free(&known);
}

/* A row's text as it was meant, spaces included. MELD's lists hold thousands of
 * U+0092, which is cp1252's apostrophe read as Latin-1. */
static char *meant_text(struct opening *o, const struct table_row *row)
{
	const struct template *t = &o->at->columns.text;
	bool whole = t->n == 1 && t->part[0].len == 0 && t->part[0].column >= 0;
	char *put = whole ? NULL : template_text(t, row);
	struct str b = {0};
	int n;

	str_add(&b, "");
	n = str_add_cp1252(&b, whole ? row->field[t->part[0].column] : put);
	o->at->cp1252 += n;
	o->at->cp1252_rows += n > 0;
	free(put);
	return b.s;
}

void opening_note_texts(struct opening *o)
{
	const struct reading *r = o->at;

	if (!r->cp1252)
		return;
	problem_add(o->p, &(struct fault){.kind = PROBLEM_NOTE, .file = r->list->path},
		    "%s: column %s: %d character%s in %d row%s %s cp1252 read as Latin-1 (U+0092 "
		    "for an apostrophe); read as intended, nothing to do",
		    r->list->path, r->columns.text_name, r->cp1252, r->cp1252 == 1 ? "" : "s",
		    r->cp1252_rows, r->cp1252_rows == 1 ? "" : "s", r->cp1252 == 1 ? "is" : "are");
}

/* ---- rows of a new list ---- */

/* Its labels are welcome, not needed. */
static void count_unknown(struct opening *o, const char *label)
{
	struct reading *r = o->at;

	if (!*label)
		return;
	if (r->unknown++ == 0) {
		r->unknown_label = mem_dup(label);
		r->unknown_line = o->line;
	}
}

void opening_note_labels(struct opening *o)
{
	const struct reading *r = o->at;
	const struct settings *s = o->s;
	struct fault f = {.kind = PROBLEM_NOTE, .file = r->list->path};
	const char *near = r->unknown ? relabel_near(s, r->unknown_label) : NULL;
	struct str known = {0};

	for (int i = 0; i < s->exp.nlabels; i++)
		str_addf(&known, "%s%s", i ? ", " : "", s->exp.labels[i]);
	if (r->columns.label.n == 0)
		problem_add(
			o->p, &f,
			"%s: no column %s (exp.columns.label), so the true labels are not known",
			r->list->path, r->columns.label_name);
	if (r->list->dropped)
		problem_add(o->p, &f, "%s: exp.map leaves out %d of the %d rows", r->list->path,
			    r->list->dropped, r->t.n);
	f.kind = PROBLEM_WARNING;
	if (r->unknown)
		problem_add(o->p, &f,
			    "%s:%ld: column %s: \"%s\" is not one of %s%s%s%s; %d row%s with such "
			    "labels %s read as not labelled",
			    r->list->path, r->unknown_line, r->columns.label_name, r->unknown_label,
			    str_text(&known), near ? " (did you mean " : "", near ? near : "",
			    near ? "?)" : "", r->unknown, r->unknown == 1 ? "" : "s",
			    r->unknown == 1 ? "is" : "are");
	str_free(&known);
}

/* "Session3/ID" of an IEMOCAP id, NULL of another; free() it. */
static char *in_session(const char *stem)
{
	int n;

	return sscanf(stem, "Ses%2d", &n) == 1 && n > 0 ? str_format("Session%d/%s", n, stem)
							: NULL;
}

/*
 * The features of a new list lie in the folder that its names say, in IEMOCAP's folders, or
 * all in one: the first that has the file. Clips of one stem in two folders cannot lie in
 * one.
 */
static void open_new(struct opening *o, struct utterance *u, enum modality m,
		     const struct row_name *name)
{
	bool folder = *name->folder;
	char *session = in_session(name->stem);
	const char *const place[] = {folder ? u->feature : NULL, session,
				     folder && o->by_folder ? NULL : name->stem};
	const char *found = NULL;
	struct str others = {0};
	char *first = NULL;

	for (int i = 0; i < 3 && !found; i++) {
		char *path = place[i] ? features_path(o->s, m, place[i]) : NULL;

		if (path && file_exists(path)) {
			found = place[i];
		} else if (path && first) {
			str_addf(&others, ", nor %s", path);
		} else if (path) {
			first = path;
			path = NULL;
		}
		free(path);
	}
	if (!found) {
		char *many = str_format("no such feature files; extract them or correct %s",
					o->new->key[m]);
		const struct fault f = {.kind = PROBLEM_ERROR,
					.list = o->at->list->path,
					.line = o->line,
					.file = first,
					.dir = features_dir(o->s, m),
					.many = many};

		problem_add(o->p, &f, "no such feature file%s; extract it or correct %s",
			    str_text(&others), o->new->key[m]);
		free(many);
	} else {
		if (strcmp(found, u->feature) != 0)
			u->elsewhere[m] = mem_dup(found);
		features_open(m == MODALITY_TEXT ? &u->words : &u->frames, o->s, m, found,
			      o->at->list->path, o->line,
			      FEATURES_TRAINED | (o->deep ? FEATURES_DEEP : 0), o->p);
	}
	str_free(&others);
	free(first);
	free(session);
}

/* ---- any row ---- */

bool opening_row(struct opening *o, struct utterance *u, const struct table_row *row,
		 const struct row_name *name, long twin)
{
	const struct columns *col = &o->at->columns;
	int errors = o->p->errors;
	char *label = template_text(&col->label, row);
	const char *known = o->new ? NULL : census_known_clip(o->s->layout, u->list, name->stem);

	u->feature = row_feature(name);
	u->dialogue = row_dialogue(name, o->by_folder);
	u->text = meant_text(o, row);
	u->speaker = columns_speaker(col, row, u->id);
	u->label = relabel(o->s, label, NULL);
	if (u->label >= 0)
		o->at->list->of_class[u->label]++;
	else if (o->new)
		count_unknown(o, label);

	if (row->replaced)
		report(o, PROBLEM_NOTE, NULL,
		       "not valid UTF-8; invalid bytes read as U+FFFD: save the list as UTF-8");
	if (u->label < 0 && !o->new)
		unknown_label(o, label);
	if (twin)
		report(o, PROBLEM_ERROR,
		       "the id already appears in an earlier row; delete one of the rows",
		       "the id \"%s\" already appears in line %ld; delete one of the rows", u->id,
		       twin);
	if (known)
		report(o, PROBLEM_NOTE, NULL, "%s", known);
	if (!name->stem[0])
		report(o, PROBLEM_ERROR, NULL, "no id; give one or delete the row");
	for (int m = 0; m < MODALITIES && name->stem[0]; m++)
		if (o->dir[m] && o->new)
			open_new(o, u, (enum modality)m, name);
		else if (o->dir[m])
			features_open(m == MODALITY_TEXT ? &u->words : &u->frames, o->s,
				      (enum modality)m, u->feature, o->at->list->path, o->line,
				      o->deep ? FEATURES_DEEP : 0, o->p);
	u->checked = o->deep;
	if (u->label < 0)
		u->label = LABEL_NONE;
	free(label);
	return o->p->errors == errors;
}
