/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/corpus.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/plain.h"
#include "engine/table.h"

#include <ctype.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FRAMES_FEW = 10, FRAMES_MANY = 3000 }; /* notes outside of this range */

/* The columns a list must have. */
static const struct {
	const char *id, *text, *label;
} columns[] = {
	[LAYOUT_IEMOCAP] = {"Utterance_ID", "Text", "Emotion"},
	[LAYOUT_LISTS] = {"Filename", "Utterance", "Emotion"},
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
	bool text_dir, audio_dir; /* the folders are there */
	bool failed;
	bool integers;                /* said that a file holds such */
	struct list *list;            /* being read */
	int id, text, label, speaker; /* its columns; speaker may be -1 */
	long line;                    /* of the row being read; 0: the list as a whole */
	char *why;                    /* the first error of that row, or NULL */
	int cp1252, cp1252_rows;      /* characters of the list's texts, rows that have some */
};

/* ---- problems ---- */

/* About the row being read; `file` NULL: the list is at fault. */
static void report(struct opening *o, enum problem_kind kind, bool value, const char *file,
		   const char *fmt, ...) __attribute__((format(printf, 5, 6)));
static void report(struct opening *o, enum problem_kind kind, bool value, const char *file,
		   const char *fmt, ...)
{
	struct str text = {0};
	size_t place;
	va_list ap;

	str_addf(&text, "%s:%ld: ", o->list->path, o->line);
	place = text.len;
	va_start(ap, fmt);
	str_vaddf(&text, fmt, ap);
	va_end(ap);
	if (kind == PROBLEM_ERROR && !o->why)
		o->why = mem_dup(text.s + place);
	problem_add(o->p, kind, value, file ? file : o->list->path, o->line, text.s);
	str_free(&text);
}

/* A list or a folder is of no use: a problem, and the reason to fail. The
 * sentence starts with the file's name. */
static void give_up(struct opening *o, const char *file, struct err *said)
{
	err_set(o->e, "%s", said->text);
	problem_add(o->p, PROBLEM_ERROR, false, file, 0, said->text);
	o->failed = true;
	err_clear(said);
}

/* ---- values ---- */

struct look {
	int row, col;  /* first value that is NaN or Inf; row -1: none */
	double value;  /* as stored */
	int zero_rows; /* as far as looked */
};

static struct look look_at(const struct npy *a)
{
	const float *direct = npy_direct(a);
	float *copy = direct ? NULL : mem_alloc((size_t)a->cols, sizeof *copy);
	struct look found = {.row = -1};

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

static char *not_finite(const char *path, const struct look *l)
{
	const char *what = isnan(l->value) ? "NaN" : l->value > 0 ? "Inf" : "-Inf";

	if (isfinite(l->value))
		return str_format("%s: row %d, column %d (from 0) is %g, beyond float32, which "
				  "ends at 3.4e38; scale the features or leave the row out",
				  path, l->row, l->col, l->value);
	return str_format("%s: row %d, column %d (from 0) is %s; extract the features again or "
			  "leave the row out",
			  path, l->row, l->col, what);
}

static char *feature_path(const char *dir, const struct utterance *u)
{
	return str_format("%s/%s.npy", dir, u->feature);
}

int utterance_check(struct corpus *c, int i, struct err *e)
{
	struct utterance *u = &c->utt[i];
	const struct {
		const char *dir;
		const struct npy *a;
	} part[] = {{c->text_dir, &u->words}, {c->audio_dir, &u->frames}};

	if (u->checked)
		return 0;
	for (int k = 0; k < 2; k++) {
		struct look l = look_at(part[k].a);

		if (l.row >= 0) {
			char *path = feature_path(part[k].dir, u), *why = not_finite(path, &l);

			err_at(e, c->list[u->list].path, u->line, 0, "%s", why);
			free(why);
			free(path);
			return -1;
		}
	}
	u->checked = 1;
	return 0;
}

/* ---- one row ---- */

int corpus_intact(const struct corpus *c, const int *utt, int n, struct err *e)
{
	for (int i = 0; i < n; i++) {
		const struct utterance *u = &c->utt[utt ? utt[i] : i];

		if (npy_check(&u->words, e) != 0 || npy_check(&u->frames, e) != 0)
			return -1;
	}
	return 0;
}

static void utterance_free(struct utterance *u)
{
	free(u->id);
	free(u->feature);
	free(u->text);
	free(u->speaker);
	free(u->dialogue);
	npy_close(&u->words);
	npy_close(&u->frames);
}

/* Id and feature name from the cell of the id's column. */
static void take_name(struct utterance *u, const struct opening *o, const char *cell)
{
	const char *base = path_base(cell), *folder = base, *dot = strrchr(base, '.');
	int stem = (int)(dot && dot > base ? (size_t)(dot - base) : strlen(base));

	if (o->s->layout == LAYOUT_IEMOCAP) {
		u->id = mem_dup(cell);
		u->feature = str_format("%s/%s", o->list->name, cell);
		return;
	}
	if (folder > cell)
		folder--; /* the slash in front of the name */
	while (folder > cell && folder[-1] != '/')
		folder--;
	u->id = str_format("%.*s", stem, base);
	u->feature = str_format("%.*s", (int)(base - folder) + stem, folder);
}

/* "Ses01F_impro01_M003" -> "Ses01M": the session, and who speaks in it. */
static char *iemocap_speaker(const char *id)
{
	const char *last = strrchr(id, '_');

	if (strncmp(id, "Ses", 3) == 0 && isdigit((unsigned char)id[3]) &&
	    isdigit((unsigned char)id[4]) && last && (last[1] == 'F' || last[1] == 'M'))
		return str_format("%.5s%c", id, last[1]);
	return mem_dup("");
}

static int find_label(const struct settings *s, const char *label)
{
	for (int i = 0; i < s->exp.nlabels; i++)
		if (strcmp(s->exp.labels[i], label) == 0)
			return i;
	return -1;
}

static void unknown_label(struct opening *o, const char *label)
{
	struct str known = {0};

	for (int i = 0; i < o->s->exp.nlabels; i++)
		str_addf(&known, "%s%s", i ? ", " : "", o->s->exp.labels[i]);
	report(o, PROBLEM_ERROR, false, NULL,
	       "column %s: unknown label \"%s\"; expected one of %s (exp.labels)",
	       columns[o->s->layout].label, label, str_text(&known));
	str_free(&known);
}

static void check_values(struct opening *o, const char *path, const struct npy *a)
{
	struct look l = look_at(a);
	struct err e = {0};

	if (npy_check(a, &e) != 0) {
		report(o, PROBLEM_ERROR, true, path, "%s", e.text);
	} else if (l.row >= 0) {
		char *why = not_finite(path, &l);

		report(o, PROBLEM_ERROR, true, path, "%s", why);
		free(why);
	} else if (l.zero_rows > 0) {
		report(o, PROBLEM_NOTE, true, path,
		       "%s: %d of %d rows hold only zeros; under train.padding reference they "
		       "count "
		       "as padding",
		       path, l.zero_rows, a->rows);
	}
}

/* Open one of the two matrices; whatever is wrong with it is reported. */
static void open_features(struct opening *o, struct npy *a, const char *path, const char *dir_key,
			  int cols, const char *cols_key)
{
	struct err e = {0};

	if (npy_open(a, path, &e) != 0 && !file_exists(path))
		report(o, PROBLEM_ERROR, false, path,
		       "%s: no such feature file; extract it or correct %s", path, dir_key);
	else if (e.status)
		report(o, PROBLEM_ERROR, false, path, "%s", e.text);
	else if (a->cols != cols)
		report(o, PROBLEM_ERROR, false, path,
		       "%s: rows of %d values, %s is %d; correct one of them", path, a->cols,
		       cols_key, cols);
	else if (a->rows == 0)
		report(o, PROBLEM_ERROR, false, path,
		       "%s: no rows; extract it again or leave the row out", path);
	else if (o->deep)
		check_values(o, path, a);
	if (npy_is_integer(a) && !o->integers) {
		o->integers = true;
		report(o, PROBLEM_NOTE, false, path,
		       "%s: integers (%s); they are converted to float32, and this is said once",
		       path, npy_type_table[a->type].name);
	}
}

static void open_both(struct opening *o, struct utterance *u)
{
	const struct settings *s = o->s;
	char *path;

	if (o->text_dir) {
		path = feature_path(s->exp.text_dir, u);
		open_features(o, &u->words, path, "exp.text_dir", s->model.text_feat_dim,
			      "model.text_feat_dim");
		free(path);
	}
	if (o->audio_dir) {
		path = feature_path(s->exp.audio_dir, u);
		open_features(o, &u->frames, path, "exp.audio_dir", s->model.audio_feat_dim,
			      "model.audio_feat_dim");
		if (u->frames.rows > 0 && u->frames.rows < FRAMES_FEW)
			report(o, PROBLEM_NOTE, false, path,
			       "%s: %d frame%s, under %d; is the clip whole?", path, u->frames.rows,
			       u->frames.rows == 1 ? "" : "s", FRAMES_FEW);
		if (u->frames.rows > FRAMES_MANY)
			report(o, PROBLEM_NOTE, false, path,
			       "%s: %d frames, over %d; its batches are slow and large", path,
			       u->frames.rows, FRAMES_MANY);
		free(path);
	}
}

/* A text as it was meant. MELD's lists hold thousands of U+0092, which is cp1252's
 * apostrophe read as Latin-1. */
static char *meant_text(struct opening *o, const char *text)
{
	struct str b = {0};
	int n;

	str_add(&b, "");
	n = str_add_cp1252(&b, text);
	o->cp1252 += n;
	o->cp1252_rows += n > 0;
	return b.s;
}

static void note_cp1252(struct opening *o)
{
	char *text;

	if (!o->cp1252)
		return;
	text = str_format("%s: column %s: %d character%s in %d row%s %s cp1252 read as Latin-1 "
			  "(U+0092 for an apostrophe); read as meant, nothing to do",
			  o->list->path, columns[o->s->layout].text, o->cp1252,
			  o->cp1252 == 1 ? "" : "s", o->cp1252_rows, o->cp1252_rows == 1 ? "" : "s",
			  o->cp1252 == 1 ? "is" : "are");
	problem_add(o->p, PROBLEM_NOTE, false, o->list->path, 0, text);
	free(text);
	o->cp1252 = o->cp1252_rows = 0;
}

/* The utterance of a whole row. `twin`: line of an earlier row with the same
 * id, or 0. Returns whether it is free of errors. */
static bool read_row(struct opening *o, struct utterance *u, const struct table_row *row, long twin)
{
	int errors = o->p->errors;
	const char *last;

	u->line = row->line;
	u->list = (int)(o->list - o->c->list);
	u->text = meant_text(o, row->field[o->text]);
	if (o->speaker >= 0)
		u->speaker = mem_dup(row->field[o->speaker]);
	else
		u->speaker = o->s->layout == LAYOUT_IEMOCAP ? iemocap_speaker(u->id) : mem_dup("");
	last = strrchr(u->id, '_');
	u->dialogue =
		str_format("%.*s", (int)(last ? (size_t)(last - u->id) : strlen(u->id)), u->id);
	u->label = find_label(o->s, row->field[o->label]);

	if (row->mended)
		report(o, PROBLEM_NOTE, false, NULL,
		       "not valid UTF-8; what is not reads as U+FFFD: save the list as UTF-8");
	if (u->label < 0)
		unknown_label(o, row->field[o->label]);
	if (twin)
		report(o, PROBLEM_ERROR, false, NULL,
		       "the id \"%s\" stands in line %ld already; delete one of the rows", u->id,
		       twin);
	if (u->id[0])
		open_both(o, u);
	else
		report(o, PROBLEM_ERROR, false, NULL,
		       "column %s: no id; give one or delete the row", columns[o->s->layout].id);
	u->checked = o->deep;
	return o->p->errors == errors;
}

/* ---- one list ---- */

static int by_id_and_line(const void *a, const void *b)
{
	const struct utterance *const *x = a, *const *y = b;
	int order = strcmp((*x)->id, (*y)->id);

	return order ? order : ((*x)->line > (*y)->line) - ((*x)->line < (*y)->line);
}

/* twin[i]: the line of the first row with the same id, 0 for that row itself. */
static void find_twins(struct utterance *u, int n, long *twin)
{
	struct utterance **sorted = mem_alloc((size_t)n, sizeof *sorted);
	int m = 0;

	for (int i = 0; i < n; i++)
		if (u[i].id && u[i].id[0])
			sorted[m++] = &u[i];
	qsort(sorted, (size_t)m, sizeof *sorted, by_id_and_line);
	for (int i = 1, first = 0; i < m; i++) {
		if (strcmp(sorted[i]->id, sorted[first]->id) == 0)
			twin[sorted[i] - u] = sorted[first]->line;
		else
			first = i;
	}
	free(sorted);
}

static int by_line(const void *line, const void *u)
{
	long want = *(const long *)line, has = ((const struct utterance *)u)->line;

	return (want > has) - (want < has);
}

/* as[i]: the known row that u[i] is, or NULL. Of rows with the same id the last
 * is meant: the others were read. */
static void find_known(const struct opening *o, const struct utterance *u, int n,
		       const struct known_row **as)
{
	for (int k = 0; k < o->nknown; k++) {
		const struct known_row *row = &o->known[k];
		const struct utterance *at;

		if (strcmp(row->part, o->list->name) != 0)
			continue;
		at = bsearch(&row->line, u, (size_t)n, sizeof *u, by_line);
		if (row->id[0] && (!at || !at->id || strcmp(at->id, row->id) != 0)) {
			int i = n;

			while (--i >= 0 && (!u[i].id || strcmp(u[i].id, row->id) != 0))
				;
			at = i >= 0 ? &u[i] : NULL;
		}
		if (at)
			as[at - u] = row;
	}
}

/* The row being read stays out, for what was reported of it. Empties *u. */
static void leave_out(struct opening *o, struct utterance *u, bool known)
{
	struct corpus *c = o->c;

	c->left = mem_grow(c->left, (size_t)c->nleft + 1, sizeof *c->left);
	c->left[c->nleft++] = (struct left_row){.list = (int)(o->list - c->list),
						.line = o->line,
						.id = u->id ? u->id : mem_dup(""),
						.why = o->why,
						.known = known};
	u->id = o->why = NULL;
	utterance_free(u);
}

static void read_rows(struct opening *o, const struct table *t)
{
	struct utterance *u = mem_alloc((size_t)t->n, sizeof *u);
	long *twin = mem_alloc((size_t)t->n, sizeof *twin);
	const struct known_row **known = mem_alloc((size_t)t->n, sizeof *known);
	struct corpus *c = o->c;

	for (int i = 0; i < t->n; i++) {
		u[i].line = t->row[i].line;
		if (!t->row[i].fault)
			take_name(&u[i], o, t->row[i].field[o->id]);
	}
	find_twins(u, t->n, twin);
	find_known(o, u, t->n, known);
	c->utt = mem_grow(c->utt, (size_t)c->n + (size_t)t->n, sizeof *c->utt);
	for (int i = 0; i < t->n; i++) {
		const struct table_row *row = &t->row[i];

		o->line = row->line;
		if (known[i])
			o->why = mem_dup(known[i]->why);
		else if (row->fault)
			report(o, PROBLEM_ERROR, false, NULL, "%s", row->fault);
		else if (read_row(o, &u[i], row, twin[i])) {
			c->utt[c->n++] = u[i];
			continue;
		}
		leave_out(o, &u[i], known[i] != NULL);
	}
	free(known);
	free(twin);
	free(u);
}

/* The column's index; if it must be there and is not, that is said. */
static int need_column(struct opening *o, const struct table *t, const char *name)
{
	int i = table_column(t, name);
	struct err said = {0};
	struct str found = {0};

	if (i >= 0)
		return i;
	for (int k = 0; k < t->header.n; k++)
		str_addf(&found, "%s%s", k ? ", " : "", t->header.field[k]);
	err_at(&said, t->path, t->header.line, 0, "no column %s; the header has: %s", name,
	       str_text(&found));
	give_up(o, t->path, &said);
	str_free(&found);
	return -1;
}

static void read_list(struct opening *o)
{
	const char *speaker = o->s->exp.speaker, *path = o->list->path;
	struct table t;
	struct err said = {0};

	o->list->first = o->c->n;
	if (table_read(&t, path, &said) != 0) {
		give_up(o, path, &said);
		return;
	}
	o->id = need_column(o, &t, columns[o->s->layout].id);
	o->text = need_column(o, &t, columns[o->s->layout].text);
	o->label = need_column(o, &t, columns[o->s->layout].label);
	o->speaker = -1;
	if (speaker[0])
		o->speaker = need_column(o, &t, speaker);
	else if (o->s->layout == LAYOUT_LISTS)
		o->speaker = table_column(&t, "Speaker");
	if (t.n == 0) {
		err_at(&said, path, 0, 0, "an empty list: a header and no rows");
		give_up(o, path, &said);
	} else if (o->id >= 0 && o->text >= 0 && o->label >= 0) {
		read_rows(o, &t);
		note_cp1252(o);
		o->list->n = o->c->n - o->list->first;
		if ((o->skip_bad || o->nknown) && o->list->n == 0) {
			err_at(&said, path, 0, 0, "none of the %d rows is usable", t.n);
			give_up(o, path, &said);
		}
	}
	table_free(&t);
}

/* ---- the corpus ---- */

static void name_lists(struct corpus *c, const struct settings *s)
{
	static const char *const session[] = {"Session1", "Session2", "Session3", "Session4",
					      "Session5"};
	static const char *const part[] = {"train", "dev", "test"};
	const char *const path[] = {s->exp.train_csv, s->exp.dev_csv, s->exp.test_csv};

	if (s->layout == LAYOUT_IEMOCAP) {
		for (c->nlists = 0; c->nlists < 5; c->nlists++) {
			struct list *l = &c->list[c->nlists];

			l->name = session[c->nlists];
			l->path = str_format("%s/%s.csv", s->exp.iemocap_csv, l->name);
		}
	} else {
		for (c->nlists = 0; c->nlists < 3; c->nlists++)
			c->list[c->nlists] = (struct list){.name = part[c->nlists],
							   .path = mem_dup(path[c->nlists])};
	}
}

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
	name_lists(c, s);
	/* Without its folder each row would complain. */
	o.text_dir = need_folder(&o, c->text_dir, "exp.text_dir");
	o.audio_dir = need_folder(&o, c->audio_dir, "exp.audio_dir");
	for (int i = 0; i < c->nlists; i++) {
		o.list = &c->list[i];
		read_list(&o);
	}
	return o.failed ? -1 : 0;
}

void corpus_close(struct corpus *c)
{
	for (int i = 0; i < c->n; i++)
		utterance_free(&c->utt[i]);
	free(c->utt);
	for (int i = 0; i < c->nleft; i++) {
		free(c->left[i].id);
		free(c->left[i].why);
	}
	free(c->left);
	for (int i = 0; i < c->nlists; i++)
		free(c->list[i].path);
	memset(c, 0, sizeof *c);
}
