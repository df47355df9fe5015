/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/data/opening_private.h"

#include "base/file.h"
#include "base/mem.h"
#include "engine/data/features.h"
#include "engine/data/known.h"
#include "engine/data/lists.h"
#include "engine/data/relabel.h"
#include "engine/data/twins.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- problems ---- */

/* A list or a folder is of no use: a problem, and the reason to fail. The
 * sentence starts with the file's name. */
static void give_up(struct opening *o, const char *file, struct err *said)
{
	err_set(o->e, "%s", said->text);
	problem_add(o->p, &(struct fault){.kind = PROBLEM_ERROR, .file = file}, "%s", said->text);
	o->failed = true;
	err_clear(said);
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
		else if (!known[i] && opening_row(o, &u, row, &name[i], first)) {
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
	if (o->new)
		r->usable = columns_find_new(&r->columns, &r->t, o->s, o->p, o->e) == 0;
	else
		r->usable = columns_find(&r->columns, &r->t, o->s, number, o->c->nlists,
					 r->list->name, o->p, o->e) == 0;
	o->failed |= !r->usable;
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
	if (o->new)
		opening_note_labels(o);
	else
		opening_note_texts(o);
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
	free(r->unknown_label);
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

/* o: all but the corpus is set. */
static int open_corpus(struct corpus *c, struct opening *o, unsigned how)
{
	const struct settings *s = o->s;

	o->c = c;
	o->deep = how & (CORPUS_DEEP | CORPUS_SKIP_BAD);
	o->skip_bad = how & CORPUS_SKIP_BAD;
	memset(c, 0, sizeof *c);
	c->layout = s->layout;
	memcpy(c->text_dir, s->exp.text_dir, sizeof c->text_dir);
	memcpy(c->audio_dir, s->exp.audio_dir, sizeof c->audio_dir);
	if (o->new)
		lists_name_new(c, o->new->path);
	else
		lists_name(c, s);
	lists_check(c, s, o->p);
	o->list = mem_alloc((size_t)c->nlists, sizeof *o->list);
	/* Without its folder each row would complain. */
	for (int m = 0; m < MODALITIES; m++)
		o->dir[m] =
			need_folder(o, features_dir(s, (enum modality)m),
				    o->new ? o->new->key[m] : features_dir_key((enum modality)m));
	for (int i = 0; i < c->nlists; i++) {
		o->list[i].list = &c->list[i];
		read_table(o, &o->list[i]);
	}
	if (!o->new)
		note_no_text(o);
	for (int i = 0; i < c->nlists; i++)
		read_list(o, &o->list[i]);
	if (!o->new)
		twins_in_corpus(c, s, o->p);
	for (int i = 0; i < c->nlists; i++)
		reading_free(&o->list[i]);
	free(o->list);
	return o->failed ? -1 : 0;
}

int corpus_open(struct corpus *c, const struct settings *s, unsigned how, struct problems *p,
		struct err *e)
{
	return corpus_open_known(c, s, how, NULL, 0, p, e);
}

int corpus_open_known(struct corpus *c, const struct settings *s, unsigned how,
		      const struct known_row *known, int nknown, struct problems *p, struct err *e)
{
	struct opening o = {.s = s, .p = p, .e = e, .known = known, .nknown = nknown};

	return open_corpus(c, &o, how);
}

int corpus_open_new(struct corpus *c, const struct settings *s, const struct new_list *list,
		    unsigned how, struct problems *p, struct err *e)
{
	struct opening o = {.s = s, .p = p, .e = e, .new = list};

	return open_corpus(c, &o, how);
}
