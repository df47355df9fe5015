/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/data/columns.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/near.h"
#include "base/str.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The columns of a published list. */
static const struct {
	const char *id, *text, *label;
} published[] = {
	[LAYOUT_IEMOCAP] = {"Utterance_ID", "Text", "Emotion"},
	[LAYOUT_LISTS] = {"Filename", "Utterance", "Emotion"},
};

/* MELD's own lists, train_sent_emo.csv and so on, and its folders of clips. */
static const char meld_id[] = "dia{Dialogue_ID}_utt{Utterance_ID}";
static const struct {
	const char *list, *folder;
} meld[] = {
	{"train_sent_emo.csv", "train_splits"},
	{"dev_sent_emo.csv", "dev_splits_complete"},
	{"test_sent_emo.csv", "output_repeated_splits_test"},
};
enum { MELD_LISTS = sizeof meld / sizeof meld[0] };

/* What columns_find has in hand. */
struct finding {
	const struct table *t;
	int lists; /* the corpus has */
	struct problems *p;
	struct err *e;
	bool failed;
};

/* ---- columns by name ---- */

static void give_up(struct finding *f, const char *sentence)
{
	struct err said = {0};

	err_at(&said, f->t->path, f->t->header.line, 0, "%s", sentence);
	err_set(f->e, "%s", said.text);
	problem_add(f->p,
		    &(struct fault){.kind = PROBLEM_ERROR, .list = f->t->path, .many = sentence},
		    "%s", said.text);
	f->failed = true;
}

static bool is_named(const char *field, const char *name, int len, bool exact)
{
	return strlen(field) == (size_t)len &&
	       (exact ? strncmp : strncasecmp)(field, name, (size_t)len) == 0;
}

/* The first column of that name, -1 if there is none; *second: the next. */
static int find_named(const struct table_row *header, const char *name, int len, bool exact,
		      int *second)
{
	int at[2] = {-1, -1}, n = 0;

	for (int i = 0; i < header->n && n < 2; i++)
		if (is_named(header->field[i], name, len, exact))
			at[n++] = i;
	*second = at[1];
	return at[0];
}

/* The column's index, -1 if there is none. The name as it is written comes
 * first, as in the first version. */
static int find_column(struct finding *f, const char *name, int len)
{
	const struct table_row *h = &f->t->header;
	int second, other, at = find_named(h, name, len, true, &second);
	bool exact = at >= 0;
	char *sentence;

	if (!exact)
		at = find_named(h, name, len, false, &second);
	if (second >= 0) {
		sentence = str_format("the header has %s twice (columns %d and %d); delete one of "
				      "them, or rename it",
				      h->field[at], at + 1, second + 1);
		give_up(f, sentence);
		free(sentence);
	} else if (exact && find_named(h, name, len, false, &other) >= 0 && other >= 0) {
		int first = find_named(h, name, len, false, &other);

		if (first != at)
			other = first;
		problem_add(f->p, &(struct fault){.kind = PROBLEM_NOTE, .file = f->t->path},
			    "%s:%ld: the header has %s and %s (columns %d and %d); %s is read",
			    f->t->path, h->line, h->field[at], h->field[other], at + 1, other + 1,
			    h->field[at]);
	}
	return at;
}

static bool has_column(const struct table *t, const char *name)
{
	for (int i = 0; i < t->header.n; i++)
		if (strcasecmp(t->header.field[i], name) == 0)
			return true;
	return false;
}

/* `key`: the setting that names another one. */
static void no_column(struct finding *f, const char *name, int len, const char *key)
{
	char *word = str_format("%.*s", len, name);
	struct near n = near_to(word);
	struct str b = {0};

	str_addf(&b, "no column %s; the header has: ", word);
	for (int i = 0; i < f->t->header.n; i++) {
		const char *field = f->t->header.field[i];

		str_addf(&b, "%s%s", i ? ", " : "", field);
		if (*field)
			near_try(&n, field);
	}
	if (n.best)
		str_addf(&b, "; did you mean %s?", n.best);
	str_addf(&b, " (%s names another column)", key);
	give_up(f, b.s);
	str_free(&b);
	free(word);
}

static int need_column(struct finding *f, const char *name, int len, const char *key)
{
	int i = find_column(f, name, len);

	if (i < 0)
		no_column(f, name, len, key);
	return i;
}

/* ---- templates ---- */

static void add_part(struct template *t, const char *text, int len, int column)
{
	t->part[t->n].text = text;
	t->part[t->n].len = len;
	t->part[t->n++].column = column;
}

/* "dia{Dialogue_ID}_utt{Utterance_ID}"; without braces it is a text. */
static struct template read_template(struct finding *f, const char *text, int n, const char *key)
{
	struct template t = {0};
	const char *end = text + n;

	while (text < end) {
		const char *open = memchr(text, '{', (size_t)(end - text));
		const char *close = open ? memchr(open, '}', (size_t)(end - open)) : NULL;
		int column;

		if (t.n == TEMPLATE_PARTS || (open && !close)) {
			char *why = str_format("%s: %s", key,
					       open && !close ? "a { without its }; write {COLUMN}"
							      : "too many columns in one text");

			give_up(f, why);
			free(why);
			break;
		}
		if (!open) {
			add_part(&t, text, (int)(end - text), -1);
			break;
		}
		column = need_column(f, open + 1, (int)(close - open - 1), key);
		add_part(&t, text, (int)(open - text), column);
		text = close + 1;
	}
	return t;
}

static struct template whole_column(int column)
{
	struct template t = {0};

	if (column >= 0)
		add_part(&t, "", 0, column);
	return t;
}

/* A setting that names a column, or is a text with columns in it. */
static struct template read_setting(struct finding *f, const char *text, const char *key)
{
	int n = (int)strlen(text);

	if (strchr(text, '{'))
		return read_template(f, text, n, key);
	return whole_column(need_column(f, text, n, key));
}

/* ---- what each column is ---- */

/* exp.columns.folder: one for all lists, or one for each, commas between. */
static struct template folder_setting(struct finding *f, const struct settings *s, int list)
{
	static const char key[] = "exp.columns.folder";
	const char *text = s->exp.columns.folder;
	int lists = f->lists, n = 1;

	for (const char *c = text; *c; c++)
		n += *c == ',';
	if (n != 1 && n != lists) {
		char *why = str_format("%s: %d folders; expected one for all lists, or %d, with "
				       "commas between them",
				       key, n, lists);

		give_up(f, why);
		free(why);
		return (struct template){0};
	}
	for (int i = 0; n > 1 && i < list; i++)
		text += strcspn(text, ",") + 1;
	text += strspn(text, " ");
	n = (int)strcspn(text, ",");
	while (n > 0 && (text[n - 1] == ' ' || text[n - 1] == '/'))
		n--;
	return read_template(f, text, n, key);
}

/* MELD's folder of clips, if it is one of MELD's own lists. */
static const char *meld_folder_by_name(const char *path)
{
	for (int i = 0; i < MELD_LISTS; i++)
		if (strcasecmp(path_base(path), meld[i].list) == 0)
			return meld[i].folder;
	return NULL;
}

/* The folder of MELD's clips that a list is about: by its name, or its part. */
static const char *meld_folder(const char *path, int list)
{
	const char *named = meld_folder_by_name(path);

	return named ? named : meld[list].folder;
}

static void find_name(struct columns *c, struct finding *f, const struct settings *s, int list)
{
	const char *id = s->exp.columns.id, *folder = NULL;

	if (s->layout == LAYOUT_LISTS && !*id && !has_column(f->t, published[LAYOUT_LISTS].id) &&
	    has_column(f->t, "Dialogue_ID") && has_column(f->t, "Utterance_ID"))
		id = meld_id;
	c->id = read_setting(f, *id ? id : published[s->layout].id, "exp.columns.id");
	c->cut_at_dot = s->layout == LAYOUT_LISTS && !*id;
	if (s->layout == LAYOUT_IEMOCAP)
		folder = c->list_name;
	else if (strcasecmp(id, meld_id) == 0)
		folder = meld_folder(f->t->path, list);
	if (*s->exp.columns.folder)
		c->folder = folder_setting(f, s, list);
	else if (folder)
		add_part(&c->folder, folder, (int)strlen(folder), -1);
}

static void find_text(struct columns *c, struct finding *f, const struct settings *s)
{
	if (*s->exp.columns.text)
		c->text = read_setting(f, c->text_name, "exp.columns.text");
	else
		c->text = whole_column(find_column(f, c->text_name, (int)strlen(c->text_name)));
}

static void find_speaker(struct columns *c, struct finding *f, const struct settings *s)
{
	static const char usual[] = "Speaker";
	const char *name = s->exp.speaker;

	if (*name)
		c->speaker = whole_column(need_column(f, name, (int)strlen(name), "exp.speaker"));
	else if (s->layout == LAYOUT_LISTS)
		c->speaker = whole_column(find_column(f, usual, sizeof usual - 1));
}

int columns_find(struct columns *c, const struct table *t, const struct settings *s, int list,
		 int lists, const char *list_name, struct problems *p, struct err *e)
{
	struct finding f = {.t = t, .lists = lists, .p = p, .e = e};
	const char *label = s->exp.columns.label;

	*c = (struct columns){.layout = s->layout, .list_name = list_name};
	c->label_name = *label ? label : published[s->layout].label;
	c->text_name = *s->exp.columns.text ? s->exp.columns.text : published[s->layout].text;
	find_name(c, &f, s, list);
	find_text(c, &f, s);
	c->label = read_setting(&f, c->label_name, "exp.columns.label");
	find_speaker(c, &f, s);
	return f.failed ? -1 : 0;
}

/* ---- a new list ---- */

/* Which published list it is like, by its column of names; the settings' own if that is
 * there. -1: none is. */
static int layout_of(const struct table *t, enum layout own)
{
	bool pair = has_column(t, "Dialogue_ID") && has_column(t, published[LAYOUT_IEMOCAP].id);
	const bool has[] = {
		[LAYOUT_IEMOCAP] = has_column(t, published[LAYOUT_IEMOCAP].id) && !pair,
		[LAYOUT_LISTS] = has_column(t, published[LAYOUT_LISTS].id) || pair,
	};

	if (has[own])
		return own;
	return has[LAYOUT_LISTS] ? LAYOUT_LISTS : has[LAYOUT_IEMOCAP] ? LAYOUT_IEMOCAP : -1;
}

static void no_name(struct finding *f)
{
	struct str b = {0};

	str_add(&b, "no column that names the utterances; expected Filename, Utterance_ID, or "
		    "Dialogue_ID and Utterance_ID; the header has: ");
	for (int i = 0; i < f->t->header.n; i++)
		str_addf(&b, "%s%s", i ? ", " : "", f->t->header.field[i]);
	str_add(&b, " (--set exp.columns.id=COLUMN names another column)");
	give_up(f, b.s);
	str_free(&b);
}

/* A setting of columns that a new list need not have. */
static struct template optional(struct finding *f, const char *name, const char *key)
{
	if (strchr(name, '{'))
		return read_template(f, name, (int)strlen(name), key);
	return whole_column(find_column(f, name, (int)strlen(name)));
}

int columns_find_new(struct columns *c, const struct table *t, const struct settings *s,
		     struct problems *p, struct err *e)
{
	struct finding f = {.t = t, .lists = 1, .p = p, .e = e};
	const char *id = s->exp.columns.id, *label = s->exp.columns.label, *folder;
	int layout = layout_of(t, s->layout);
	bool pair = layout == LAYOUT_LISTS && !has_column(t, published[LAYOUT_LISTS].id);

	*c = (struct columns){.layout = layout < 0 || *id ? s->layout : (enum layout)layout,
			      .list_name = ""};
	c->label_name = *label ? label : published[c->layout].label;
	c->text_name = *s->exp.columns.text ? s->exp.columns.text : published[c->layout].text;
	if (!*id && layout < 0) {
		no_name(&f);
		return -1;
	}
	if (!*id)
		id = pair ? meld_id : published[layout].id;
	c->id = read_setting(&f, id, "exp.columns.id");
	c->cut_at_dot = c->layout == LAYOUT_LISTS && !*s->exp.columns.id;
	folder = strcasecmp(id, meld_id) == 0 ? meld_folder_by_name(t->path) : NULL;
	if (*s->exp.columns.folder && !strchr(s->exp.columns.folder, ','))
		c->folder = folder_setting(&f, s, 0); /* else it is about other lists */
	else if (folder)
		add_part(&c->folder, folder, (int)strlen(folder), -1);
	c->text = optional(&f, c->text_name, "exp.columns.text");
	c->label = optional(&f, c->label_name, "exp.columns.label");
	return f.failed ? -1 : 0;
}
