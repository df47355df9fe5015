/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * table: a CSV file as rows of strings, read whole.
 *
 * RFC 4180: quoted fields may hold commas, doubled quotes and line breaks;
 * spaces belong to the field. UTF-8 with or without a byte order mark; lines
 * end with LF, CRLF or CR. A quote inside an unquoted field is text, as
 * spreadsheets and pandas read it.
 *
 * Beyond that, what cannot mean anything else: semicolons, tabs or bars
 * separate the fields if the header has one of them and no comma; spaces around
 * a quoted field are dropped; so are empty fields beyond the header's last
 * name. A line that is empty, or has separators alone, is not a row.
 *
 * A row that is not whole is kept with the reason in `fault`, so that the
 * reader of the table reports all of them in order. After a row with broken
 * quotes reading goes on at the next line that is a whole row: one lost quote
 * costs one row, not the rest of the list.
 */
#ifndef MIUST_TABLE_H
#define MIUST_TABLE_H

#include "base/err.h"
#include "base/str.h"

#include <stddef.h>

struct table_row {
	long line;     /* the row's first line in the file, from 1 */
	int n;         /* fields; as many as the header has unless there is a fault */
	char **field;  /* UTF-8; what was not is replaced by U+FFFD */
	char *fault;   /* what is wrong with the row and what to do, or NULL */
	bool replaced; /* something that was not UTF-8 was */
};

struct table {
	char *path;
	struct table_row header; /* column names, without spaces around them */
	struct table_row *row;
	int n;
};

/* -1 if there is no such file, it is not a text, or it has no header. */
int table_read(struct table *t, const char *path, struct err *e);
void table_free(struct table *t); /* safe on zeroed memory */

/* Writing one: a field, quoted if a reader would take it for something else. */
void table_add_field(struct str *b, const char *text);

#endif
