/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/data/opening.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/plain.h"
#include "engine/data/census.h"
#include "engine/data/columns.h"
#include "engine/data/features.h"
#include "engine/data/known.h"
#include "engine/data/lists.h"
#include "engine/data/relabel.h"
#include "engine/file/table.h"
#include "engine/data/twins.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A list while its rows are being read. */
struct reading {
	struct list *list;
	struct table t;
	struct columns columns;
	struct row_name *name;   /* [t.n] */
	bool *dropped;           /* [t.n] by exp.map: as if the row were not there */
	bool usable;             /* its columns are there */
	int cp1252, cp1252_rows; /* characters of the texts, rows that have some */
};

/* What corpus_open has in hand. */
struct opening {
	struct corpus *c;
	const struct settings *s;
	struct problems *p;
	struct err *e;
	bool deep, skip_bad;
	const struct known_row *known; /* [nknown] to be left out */
	int nknown;
	bool dir[MODALITIES]; /* the folder is there */
	bool failed;
	bool by_folder;       /* ids are FOLDER/STEM */
	struct reading *list; /* [c->nlists] */
	struct reading *at;   /* being read */
	long line;            /* of the row being read */
};

/* ---- problems ---- */

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

/* A list or a folder is of no use: a problem, and the reason to fail. The
 * sentence starts with the file's name. */
static void give_up(struct opening *o, const char *file, struct err *said)
{
	err_set(o->e, "%s", said->text);
	problem_add(o->p, &(struct fault){.kind = PROBLEM_ERROR, .file = file}, "%s", said->text);
	o->failed = true;
	err_clear(said);
}

/* ---- one row ---- */

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

static void note_cp1252(struct opening *o)
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

/* The utterance of a whole row, which has an id already. `twin`: line of an earlier row of the same
 * name, or 0. Returns whether it is free of errors. */
static bool read_row(struct opening *o, struct utterance *u, const struct table_row *row,
		     const struct row_name *name, long twin)
{
	const struct columns *col = &o->at->columns;
	int errors = o->p->errors;
	char *label = template_text(&col->label, row);
	const char *known = census_known_clip(o->s->layout, u->list, name->stem);

	u->feature = row_feature(name);
	u->dialogue = row_dialogue(name, o->by_folder);
	u->text = meant_text(o, row);
	u->speaker = columns_speaker(col, row, u->id);
	u->label = relabel(o->s, label, NULL);
	if (u->label >= 0)
		o->at->list->of_class[u->label]++;

	if (row->replaced)
		report(o, PROBLEM_NOTE, NULL,
		       "not valid UTF-8; invalid bytes read as U+FFFD: save the list as UTF-8");
	if (u->label < 0)
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
		if (o->dir[m])
			features_open(m == MODALITY_TEXT ? &u->words : &u->frames, o->s,
				      (enum modality)m, u->feature, o->at->list->path, o->line,
				      o->deep, o->p);
	u->checked = o->deep;
	free(label);
	return o->p->errors == errors;
}

/* ---- lists ---- */

/* The first error of the row being read, of those from number `from` on. */
static char *first_error(const struct opening *o, int from)
{
	int place = snprintf(NULL, 0, "%s:%ld: ", o->at->list->path, o->line);

	while (o->p->at[from].kind != PROBLEM_ERROR)
		from++;
	return mem_dup(o->p->at[from].text + place);
}

/* The row being read stays out, and why. Empties *u. */
static void leave_out(struct opening *o, struct utterance *u, char *why, bool known)
{
	struct corpus *c = o->c;

	c->left = mem_grow(c->left, (size_t)c->nleft + 1, sizeof *c->left);
	c->left[c->nleft++] = (struct left_row){.list = (int)(o->at->list - c->list),
						.line = o->line,
						.id = u->id ? u->id : mem_dup(""),
						.why = why,
						.known = known};
	u->id = NULL;
	utterance_free(u);
}

static void add_torn(struct opening *o, const char *fault)
{
	struct fault f = {.kind = PROBLEM_ERROR,
			  .list = o->at->list->path,
			  .line = o->line,
			  .general = "incomplete rows; complete them or delete them"};

	problem_add(o->p, &f, "%s", fault);
}

static void read_rows(struct opening *o)
{
	const struct table *t = &o->at->t;
	const struct row_name *name = o->at->name;
	int *twin = mem_alloc((size_t)t->n, sizeof *twin);
	char **id = mem_alloc((size_t)t->n, sizeof *id);
	const struct known_row **known = mem_alloc((size_t)t->n, sizeof *known);
	struct corpus *c = o->c;

	for (int i = 0; i < t->n; i++)
		id[i] = row_id(&name[i], o->by_folder);
	twins_in_list(name, t->n, twin);
	known_find(o->known, o->nknown, o->at->list->name, t, id, known);
	c->utt = mem_grow(c->utt, (size_t)c->n + (size_t)t->n, sizeof *c->utt);
	for (int i = 0; i < t->n; i++) {
		const struct table_row *row = &t->row[i];
		struct utterance u = {
			.id = id[i], .line = row->line, .list = (int)(o->at->list - c->list)};
		long first = twin[i] < 0 ? 0 : t->row[twin[i]].line;
		int from = o->p->n;

		if (o->at->dropped[i] && !known[i])
			continue;
		o->line = row->line;
		if (row->fault && !known[i])
			add_torn(o, row->fault);
		else if (!known[i] && read_row(o, &u, row, &name[i], first)) {
			c->utt[c->n++] = u;
			continue;
		}
		leave_out(o, &u, known[i] ? mem_dup(known[i]->why) : first_error(o, from),
			  known[i] != NULL);
	}
	free(known);
	free(id);
	free(twin);
}

/* Count the rows that exp.map has a word on; those that it drops have no name. */
static void map_rows(struct opening *o, struct reading *r)
{
	struct list *l = r->list;

	for (int i = 0; i < r->t.n && o->s->exp.map.n; i++) {
		char *label =
			r->t.row[i].fault ? NULL : template_text(&r->columns.label, &r->t.row[i]);
		int entry = -1;

		r->dropped[i] = label && relabel(o->s, label, &entry) == RELABEL_DROPPED;
		l->dropped += r->dropped[i];
		if (entry >= 0)
			l->of_map[entry]++;
		free(label);
	}
}

/* The table, its columns, and what its rows are called. */
static void read_table(struct opening *o, struct reading *r)
{
	int number = (int)(r->list - o->c->list);
	const char *path = r->list->path;
	struct err said = {0};

	if (number + 1 < o->c->nlists && o->c->layout == LAYOUT_IEMOCAP && !file_exists(path)) {
		err_at(&said, path, 0, 0,
		       "no such list, although %s.csv exists; sessions are numbered from 1 without "
		       "a "
		       "gap",
		       o->c->list[o->c->nlists - 1].name);
		give_up(o, path, &said);
		return;
	}
	if (table_read(&r->t, path, &said) != 0) {
		give_up(o, path, &said);
		return;
	}
	if (columns_find(&r->columns, &r->t, o->s, number, o->c->nlists, r->list->name, o->p,
			 o->e) != 0)
		o->failed = true;
	else
		r->usable = true;
	r->list->rows = r->t.n;
	if (r->t.n == 0) {
		err_at(&said, path, 0, 0, "an empty list: a header and no rows");
		give_up(o, path, &said);
		r->usable = false;
	}
	r->name = mem_alloc((size_t)r->t.n + 1, sizeof *r->name);
	r->dropped = mem_alloc((size_t)r->t.n + 1, sizeof *r->dropped);
	if (r->usable)
		map_rows(o, r);
	for (int i = 0; r->usable && i < r->t.n; i++)
		if (!r->t.row[i].fault && !r->dropped[i])
			r->name[i] = columns_name(&r->columns, &r->t.row[i], o->s->exp.audio_dir);
	o->by_folder |= twins_by_folder(r->name, r->t.n);
}

static void read_list(struct opening *o, struct reading *r)
{
	struct err said = {0};

	r->list->first = o->c->n;
	if (!r->usable)
		return;
	o->at = r;
	read_rows(o);
	note_cp1252(o);
	r->list->n = o->c->n - r->list->first;
	if (r->list->dropped == r->t.n) {
		err_at(&said, r->list->path, 0, 0,
		       "exp.map drops all of its %d rows; a list needs some", r->t.n);
		give_up(o, r->list->path, &said);
	} else if ((o->skip_bad || o->nknown) && r->list->n == 0) {
		err_at(&said, r->list->path, 0, 0, "none of the %d rows is usable", r->t.n);
		give_up(o, r->list->path, &said);
	}
}

/* One note for all lists: what is trained on are the features. */
static void note_no_text(struct opening *o)
{
	struct str b = {0};
	int n = 0;

	for (int i = 0; i < o->c->nlists; i++)
		if (o->list[i].usable && o->list[i].columns.text.n == 0)
			str_addf(&b, "%s%s", n++ ? ", " : "", o->list[i].list->path);
	if (n > 0)
		problem_add(o->p,
			    &(struct fault){.kind = PROBLEM_NOTE, .file = o->list[0].list->path},
			    "%s: no column of transcripts; they are shown empty, training needs "
			    "only their features (exp.columns.text names the column)",
			    b.s);
	str_free(&b);
}

static void reading_free(struct reading *r)
{
	for (int i = 0; i < r->t.n && r->name; i++) {
		free(r->name[i].folder);
		free(r->name[i].stem);
	}
	free(r->name);
	free(r->dropped);
	table_free(&r->t);
}

/* ---- the corpus ---- */

static bool need_folder(struct opening *o, const char *dir, const char *key)
{
	struct err said = {0};

	if (file_is_dir(dir))
		return true;
	err_at(&said, dir, 0, 0, "no such folder; correct %s", key);
	give_up(o, dir, &said);
	return false;
}

int corpus_open(struct corpus *c, const struct settings *s, unsigned how, struct problems *p,
		struct err *e)
{
	return corpus_open_known(c, s, how, NULL, 0, p, e);
}

int corpus_open_known(struct corpus *c, const struct settings *s, unsigned how,
		      const struct known_row *known, int nknown, struct problems *p, struct err *e)
{
	struct opening o = {.c = c,
			    .s = s,
			    .p = p,
			    .e = e,
			    .deep = how & (CORPUS_DEEP | CORPUS_SKIP_BAD),
			    .skip_bad = how & CORPUS_SKIP_BAD,
			    .known = known,
			    .nknown = nknown};

	memset(c, 0, sizeof *c);
	c->layout = s->layout;
	memcpy(c->text_dir, s->exp.text_dir, sizeof c->text_dir);
	memcpy(c->audio_dir, s->exp.audio_dir, sizeof c->audio_dir);
	lists_name(c, s);
	lists_check(c, s, p);
	o.list = mem_alloc((size_t)c->nlists, sizeof *o.list);
	/* Without its folder each row would complain. */
	for (int m = 0; m < MODALITIES; m++)
		o.dir[m] = need_folder(&o, features_dir(s, (enum modality)m),
				       features_dir_key((enum modality)m));
	for (int i = 0; i < c->nlists; i++) {
		o.list[i].list = &c->list[i];
		read_table(&o, &o.list[i]);
	}
	note_no_text(&o);
	for (int i = 0; i < c->nlists; i++)
		read_list(&o, &o.list[i]);
	twins_in_corpus(c, s, p);
	for (int i = 0; i < c->nlists; i++)
		reading_free(&o.list[i]);
	free(o.list);
	return o.failed ? -1 : 0;
}
