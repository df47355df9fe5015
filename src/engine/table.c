/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/table.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"

#include <csv.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { ROW_LINES_MAX = 1000 }; /* longer rows are taken for a quote never closed */

struct reader {
	struct table *t;
	struct csv_parser csv;
	struct table_row row; /* being read */
	bool ended;           /* libcsv has reported the end of the row */
	bool recovering;      /* behind a row with broken quotes */
};

/* ---- text ---- */

/* Bytes of the UTF-8 character at s (RFC 3629), or 0 if there is none. */
static size_t utf8_length(const unsigned char *s, size_t n)
{
	uint32_t code;
	size_t len;

	if (s[0] < 0x80)
		return s[0] != '\0'; /* a NUL would end the string */
	len = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
	if (s[0] < 0xc2 || s[0] > 0xf4 || len > n)
		return 0;
	code = s[0] & (0x7fu >> len);
	for (size_t i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (s[i] & 0x3f);
	}
	if ((len == 3 && code < 0x800) || (len == 4 && code < 0x10000) || code > 0x10ffff ||
	    (code >= 0xd800 && code <= 0xdfff))
		return 0;
	return len;
}

static char *utf8_copy(const unsigned char *s, size_t n, bool *mended)
{
	static const char replacement[] = "\xef\xbf\xbd";
	char *out, *to;
	size_t bad = 0, len;

	for (size_t i = 0; i < n; i += len ? len : 1) {
		len = utf8_length(s + i, n - i);
		bad += len == 0;
	}
	*mended |= bad > 0;
	out = to = mem_alloc(n + 2 * bad + 1, 1);
	for (size_t i = 0; i < n; i += len ? len : 1) {
		len = utf8_length(s + i, n - i);
		memcpy(to, len ? (const char *)s + i : replacement, len ? len : 3);
		to += len ? len : 3;
	}
	return out;
}

static void trim(char *s)
{
	size_t skip = strspn(s, " \t"), n = strlen(s + skip);

	while (n > 0 && (s[skip + n - 1] == ' ' || s[skip + n - 1] == '\t'))
		n--;
	memmove(s, s + skip, n);
	s[n] = '\0';
}

/* ---- rows ---- */

static void row_free(struct table_row *row)
{
	for (int i = 0; i < row->n; i++)
		free(row->field[i]);
	free(row->field);
	free(row->fault);
	memset(row, 0, sizeof *row);
}

static void on_field(void *s, size_t n, void *ctx)
{
	struct table_row *row = &((struct reader *)ctx)->row;

	row->field = mem_grow(row->field, (size_t)row->n + 1, sizeof *row->field);
	row->field[row->n++] = utf8_copy(s, n, &row->mended);
}

static void on_row(int terminator, void *ctx)
{
	(void)terminator;
	((struct reader *)ctx)->ended = true;
}

/* Name of the column with index i, for messages. */
static const char *column_name(const struct reader *r, int i)
{
	return i < r->t->header.n ? r->t->header.field[i] : "(no name)";
}

static void keep_row(struct reader *r)
{
	struct table *t = r->t;

	if (t->n == 0 || (t->n & (t->n - 1)) == 0) /* at powers of two, to twice the size */
		t->row = mem_grow(t->row, t->n ? 2 * (size_t)t->n : 1, sizeof *t->row);
	t->row[t->n++] = r->row;
	memset(&r->row, 0, sizeof r->row);
}

/* The row being read has reached its end. */
static void end_row(struct reader *r, bool last)
{
	int want = r->t->header.n;

	if (want == 0) {
		r->t->header = r->row;
		memset(&r->row, 0, sizeof r->row);
		for (int i = 0; i < r->t->header.n; i++)
			trim(r->t->header.field[i]);
		return;
	}
	if (r->recovering && r->row.n != want) {
		row_free(&r->row);
		return;
	}
	r->recovering = false;
	if (r->row.n < want)
		r->row.fault = str_format(
			"%s: %d of %d fields, nothing from column %s on; complete the row or "
			"delete it",
			last ? "the list is cut off in this row" : "a torn row", r->row.n, want,
			column_name(r, r->row.n));
	else if (r->row.n > want)
		r->row.fault = str_format(
			"%d fields, the header has %d; put quotes around a field that holds a "
			"comma",
			r->row.n, want);
	keep_row(r);
}

/* The row's quotes make no sense up to here (`end`: of the file). */
static void break_row(struct reader *r, bool end)
{
	if (r->recovering) {
		row_free(&r->row);
		return;
	}
	if (end)
		r->row.fault = str_format(
			"column %s: a quote is opened and never closed (is the list cut off in "
			"this row?); complete the row or delete it",
			column_name(r, r->row.n));
	else
		r->row.fault = str_format(
			"column %s: text behind a closing quote, or a quote never closed; double "
			"each quote that belongs to the text",
			column_name(r, r->row.n));
	keep_row(r);
	r->recovering = true;
}

/* ---- the file ---- */

static int no_space(unsigned char c)
{
	(void)c;
	return 0; /* libcsv would cut blanks off */
}

static void parser_reset(struct reader *r)
{
	csv_free(&r->csv);
	csv_init(&r->csv, CSV_STRICT);
	csv_set_space_func(&r->csv, no_space);
}

/* One line, its end included, to libcsv; -1 if the quotes are broken. */
static int feed(struct reader *r, const char *s, size_t n)
{
	size_t at = csv_parse(&r->csv, s, n, on_field, on_row, r);

	while (at < n) {
		if (csv_error(&r->csv) != CSV_EPARSE)
			BUG("libcsv: %s", csv_strerror(csv_error(&r->csv)));
		if (r->csv.quoted)
			return -1;
		/* A quote within an unquoted field: taken as it is. */
		csv_set_opts(&r->csv, 0);
		at += csv_parse(&r->csv, s + at, 1, on_field, on_row, r);
		csv_set_opts(&r->csv, CSV_STRICT);
		at += csv_parse(&r->csv, s + at, n - at, on_field, on_row, r);
	}
	return 0;
}

/* Length of the line at s, with its LF, CRLF or CR. */
static size_t line_length(const char *s, size_t n)
{
	size_t i = 0;

	while (i < n && s[i] != '\n' && s[i] != '\r')
		i++;
	if (i + 1 < n && s[i] == '\r' && s[i + 1] == '\n')
		i++;
	return i < n ? i + 1 : n;
}

/* Rows of s[0..n-1], which ends with a line end. */
static void read_rows(struct reader *r, const char *s, size_t n)
{
	size_t at = 0, second = 0; /* where the row's second line begins */
	bool open = false;         /* a line has ended within a quoted field */
	long line = 0;

	parser_reset(r);
	while (at < n) {
		size_t len = line_length(s + at, n - at);
		bool blank = s[at] == '\n' || s[at] == '\r', broken;

		line++;
		if (!open) {
			r->row.line = line;
			second = at + len;
		}
		r->ended = false;
		broken = feed(r, s + at, len) != 0;
		at += len;
		if (r->ended)
			end_row(r, at == n);
		open = !r->ended && (open || !blank);
		if (broken || (open && (at == n || line - r->row.line >= ROW_LINES_MAX))) {
			line = r->row.line;
			break_row(r, !broken && at == n);
			if (r->t->header.n == 0)
				break;
			parser_reset(r);
			at = second;
			open = false;
		}
	}
	csv_free(&r->csv);
}

int table_read(struct table *t, const char *path, struct err *e)
{
	struct reader r = {.t = t};
	size_t n, bom = 0;
	char *s;

	memset(t, 0, sizeof *t);
	s = file_read(path, FILE_LIST, &n, e);
	if (!s)
		return -1;
	t->path = mem_dup(path);
	if (n >= 3 && memcmp(s, "\xef\xbb\xbf", 3) == 0)
		bom = 3;
	if (n >= 2 && (memcmp(s, "\xff\xfe", 2) == 0 || memcmp(s, "\xfe\xff", 2) == 0)) {
		err_at(e, path, 0, 0, "UTF-16 text; expected UTF-8: save the list as UTF-8");
	} else {
		if (n > bom && s[n - 1] != '\n' && s[n - 1] != '\r')
			s[n++] = '\n'; /* file_read leaves room for it */
		read_rows(&r, s + bom, n - bom);
		if (t->header.n == 0)
			err_at(e, path, 1, 0,
			       t->n ? "the header's quotes are broken; expected the names of the "
				      "columns"
				    : "an empty list; expected a header with the names of the "
				      "columns");
	}
	free(s);
	if (t->header.n == 0) {
		table_free(t);
		return -1;
	}
	return 0;
}

void table_free(struct table *t)
{
	for (int i = 0; i < t->n; i++)
		row_free(&t->row[i]);
	free(t->row);
	row_free(&t->header);
	free(t->path);
	memset(t, 0, sizeof *t);
}

int table_column(const struct table *t, const char *name)
{
	for (int i = 0; i < t->header.n; i++)
		if (strcmp(t->header.field[i], name) == 0)
			return i;
	return -1;
}

void table_add_field(struct str *b, const char *text)
{
	if (!text[strcspn(text, ",\"\r\n")]) {
		str_add(b, text);
		return;
	}
	str_add(b, "\"");
	for (; *text; text++)
		str_addn(b, *text == '"' ? "\"\"" : text, *text == '"' ? 2 : 1);
	str_add(b, "\"");
}
