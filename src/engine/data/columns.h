/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * columns: which column of a list means what, and how a row names its
 * utterance and its features.
 *
 * By layout: Utterance_ID, Text, Emotion (IEMOCAP); Filename, Utterance,
 * Emotion (lists), or MELD's own lists, whose rows are Dialogue_ID and
 * Utterance_ID in a folder that the list decides. exp.columns names others: a
 * column, or a text with {Column}s in it. Names are found without regard to
 * case; a column that is read and occurs twice is an error.
 */
#ifndef MIUST_COLUMNS_H
#define MIUST_COLUMNS_H

#include "engine/data/problem.h"
#include "engine/data/settings.h"
#include "engine/file/table.h"

enum { TEMPLATE_PARTS = 16 };

/* What a row's cell is put together from; n is 0 if there is no such cell. */
struct template
{
	int n;
	struct {
		const char *text; /* len bytes, before the column */
		int len, column;  /* -1: none */
	} part[TEMPLATE_PARTS];
};

struct columns {
	struct template id, folder, text, label, speaker;
	const char *text_name, *label_name; /* for messages */
	enum layout layout;
	const char *list_name; /* "Session1": where IEMOCAP's features are */
	bool cut_at_dot;       /* the id ends at the last dot, not only at a known ending */
};

/*
 * Find the columns of list number `list` of the corpus, which has `lists`. What is missing or
 * occurs twice is added to *p; -1 if rows cannot be read, the first reason in
 * *e. Texts (header, settings) stay the caller's, and in place.
 */
int columns_find(struct columns *c, const struct table *t, const struct settings *s, int list,
		 int lists, const char *list_name, struct problems *p, struct err *e);

/*
 * The same of a new list, for a trained model: it need not be laid out as the lists of the
 * settings. It is read by exp.columns, or by whichever published columns it has; texts and
 * labels may be missing (n 0), and its folder is what the name says, if that has one.
 */
int columns_find_new(struct columns *c, const struct table *t, const struct settings *s,
		     struct problems *p, struct err *e);

/* A cell's text, without spaces around it; free() it. */
char *template_text(const struct template *t, const struct table_row *row);

/* The text of the column Speaker, or what an IEMOCAP id says; free() it. */
char *columns_speaker(const struct columns *c, const struct table_row *row, const char *id);

/*
 * What names a row's utterance: features are DIR/FOLDER/STEM.npy, without
 * FOLDER if that is "". The stem is "" if the row has no id, NULL if it was not
 * read. Either slash separates folders.
 */
struct row_name {
	char *folder, *stem; /* to be freed */
};
struct row_name columns_name(const struct columns *c, const struct table_row *row,
			     const char *audio_dir);

/* To be freed. by_folder: the corpus has ids FOLDER/STEM (corpus.h). */
char *row_feature(const struct row_name *name);
char *row_id(const struct row_name *name, bool by_folder); /* NULL without a stem */
char *row_dialogue(const struct row_name *name, bool by_folder);

#endif
