/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * opening_private: a corpus that is being read. For opening*.c.
 */
#ifndef MIUST_OPENING_PRIVATE_H
#define MIUST_OPENING_PRIVATE_H

#include "engine/data/columns.h"
#include "engine/data/opening.h"
#include "engine/file/table.h"

/* A list while its rows are being read. */
struct reading {
	struct list *list;
	struct table t;
	struct columns columns;
	struct row_name *name;   /* [t.n] */
	bool *dropped;           /* [t.n] by exp.map: as if the row were not there */
	bool usable;             /* its columns are there */
	int cp1252, cp1252_rows; /* characters of the texts, rows that have some */
	/* Of a new list: rows with labels that are no classes, the first of them. */
	int unknown;
	long unknown_line;
	char *unknown_label;
};

/* What corpus_open has in hand. */
struct opening {
	struct corpus *c;
	const struct settings *s;
	struct problems *p;
	struct err *e;
	bool deep, skip_bad;
	const struct new_list *new;    /* NULL: the lists of the settings */
	const struct known_row *known; /* [nknown] to be left out */
	int nknown;
	bool dir[MODALITIES]; /* the folder is there */
	bool failed;
	bool by_folder;       /* ids are FOLDER/STEM */
	struct reading *list; /* [c->nlists] */
	struct reading *at;   /* being read */
	long line;            /* of the row being read */
};

/*
 * The utterance of a whole row, which has an id already. `twin`: line of an earlier row of
 * the same name, or 0. Returns whether it is free of errors.
 */
bool opening_row(struct opening *o, struct utterance *u, const struct table_row *row,
		 const struct row_name *name, long twin);
/* Notes on the list that was read: on its texts; on the labels of a new list. */
void opening_note_texts(struct opening *o);
void opening_note_labels(struct opening *o);

#endif
