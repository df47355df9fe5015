/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/file/table.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"

#include <csv.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { ROW_LINES_MAX = 1000 }; /* longer rows are taken for a quote never closed */

static const char separators[] = ",;\t|";

struct reader {
	struct table *t;
	struct csv_parser csv;
	char separator;
	struct str line;      /* being read, without the spaces around quoted fields */
	struct table_row row; /* being read */
	bool spaced;          /* in this row a space comes before a quote that stays in the text */
	bool ended;           /* libcsv has reported the end of the row */
	bool recovering;      /* after a row with broken quotes */
};

/* ---- text ---- */

static void trim(char *s)
{
	const char *from = s;
	size_t n = str_trimmed(&from);

	memmove(s, from, n);
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

static void *grow(void *p, size_t n)
{
	return mem_grow(p, n, 1);
}

static void on_field(void *s, size_t n, void *ctx)
{
	struct table_row *row = &((struct reader *)ctx)->row;

	row->field = mem_grow(row->field, (size_t)row->n + 1, sizeof *row->field);
	row->field[row->n++] = utf8_copy(s, n, &row->replaced);
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

static bool is_space(char c)
{
	return c == ' ' || c == '\t';
}

static bool is_empty(const char *field)
{
	while (is_space(*field))
		field++;
	return *field == '\0';
}

/* Spreadsheets end rows with separators, or leave out the fields of columns
 * without a name: make a row as long as the header where that loses nothing. */
static void fit_row(struct table_row *row, const struct table_row *header)
{
	int named = header->n;

	while (row->n > header->n && is_empty(row->field[row->n - 1]))
		free(row->field[--row->n]);
	while (named > 0 && !*header->field[named - 1])
		named--;
	if (row->n < named || row->n >= header->n)
		return;
	row->field = mem_grow(row->field, (size_t)header->n, sizeof *row->field);
	while (row->n < header->n)
		row->field[row->n++] = mem_dup("");
}

static bool is_blank(const struct table_row *row)
{
	for (int i = 0; i < row->n; i++)
		if (!is_empty(row->field[i]))
			return false;
	return true;
}

/* A space before a quote makes the quote a part of the text (RFC 4180). */
static void explain_spaces(struct reader *r)
{
	char *fault = r->row.fault;

	if (!fault || !r->spaced)
		return;
	r->row.fault =
		str_format("%s (the quote after a space counts as text: delete the space)", fault);
	free(fault);
}

/* The row being read has reached its end. */
static void end_row(struct reader *r, bool last)
{
	static const char *const name[] = {"comma", "semicolon", "tab", "bar"};
	int want = r->t->header.n;

	if (is_blank(&r->row)) {
		row_free(&r->row);
		return;
	}
	if (want == 0) {
		r->t->header = r->row;
		memset(&r->row, 0, sizeof r->row);
		for (int i = 0; i < r->t->header.n; i++)
			trim(r->t->header.field[i]);
		return;
	}
	fit_row(&r->row, &r->t->header);
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
			"%d fields, the header has %d; put quotes around a field that holds a %s",
			r->row.n, want, name[strchr(separators, r->separator) - separators]);
	explain_spaces(r);
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
			"column %s: text after a closing quote, or a quote never closed; double "
			"each quote that belongs to the text",
			column_name(r, r->row.n));
	explain_spaces(r);
	keep_row(r);
	r->recovering = true;
}

/* ---- the file ---- */

static int no_space(unsigned char c)
{
	(void)c;
	return 0; /* libcsv would cut spaces off */
}

static void parser_reset(struct reader *r)
{
	csv_free(&r->csv);
	csv_init(&r->csv, CSV_STRICT);
	csv_set_delim(&r->csv, (unsigned char)r->separator);
	csv_set_space_func(&r->csv, no_space);
	csv_set_realloc_func(&r->csv, grow);
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

/* Behind the quote that closes a field whose text begins at s[at], or 0 if the
 * field goes on in the next line. */
static size_t closing_quote(const char *s, size_t n, size_t at)
{
	for (; at < n; at++) {
		if (s[at] != '"')
			continue;
		if (at + 1 == n || s[at + 1] != '"')
			return at + 1;
		at++; /* doubled: text */
	}
	return 0;
}

static size_t skip_spaces(const struct reader *r, const char *s, size_t n, size_t at)
{
	while (at < n && is_space(s[at]) && s[at] != r->separator)
		at++;
	return at;
}

static size_t field_end(const struct reader *r, const char *s, size_t n, size_t at)
{
	while (at < n && s[at] != r->separator && s[at] != '\n' && s[at] != '\r')
		at++;
	return at;
}

/*
 * r->line = the line s[0..n-1] without the spaces around its quoted fields,
 * where a field that opens and closes with quotes cannot mean anything else:
 * `a, "b, c" ,d` has three fields. `quoted`: the line begins within quotes.
 */
static void strip_spaces(struct reader *r, const char *s, size_t n, bool quoted)
{
	size_t at = 0;

	str_reset(&r->line);
	while (at < n) {
		size_t open = quoted ? at : skip_spaces(r, s, n, at);
		bool opens = quoted || (open < n && s[open] == '"');
		size_t close = opens ? closing_quote(s, n, quoted ? at : open + 1) : 0;
		size_t end = close ? skip_spaces(r, s, n, close) : 0;

		if (close && field_end(r, s, n, end) == end) {
			str_addn(&r->line, s + open, close - open);
		} else {
			bool whole =
				opens && open == at && !close; /* the field outlasts the line */

			r->spaced |= opens && open > at;
			end = whole ? n : field_end(r, s, n, open == at && close ? close : at);
			str_addn(&r->line, s + at, end - at);
		}
		if (end < n) /* the separator, or a part of the line's end */
			str_addn(&r->line, s + end++, 1);
		at = end;
		quoted = false;
	}
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

/*
 * What separates the fields of s[0..n-1]: a comma, unless the header has none
 * and something else that cannot belong to a column's name. A first line
 * "sep=;", as Excel writes and reads it, says so itself; its length.
 */
static size_t find_separator(struct reader *r, const char *s, size_t n)
{
	size_t len = line_length(s, n);
	bool quoted = false;

	r->separator = ',';
	if (len > 5 && strncasecmp(s, "sep=", 4) == 0 && s[4] && strchr(separators, s[4]) &&
	    (s[5] == '\n' || s[5] == '\r')) {
		r->separator = s[4];
		return len;
	}
	for (size_t at = 0; at < len; at++) {
		quoted ^= s[at] == '"';
		if (!quoted && s[at] == ',') {
			r->separator = ',';
			return 0;
		}
		if (!quoted && r->separator == ',' && s[at] && strchr(separators, s[at]))
			r->separator = s[at];
	}
	return 0;
}

/* Rows of s[0..n-1], which ends with a line end. */
static void read_rows(struct reader *r, const char *s, size_t n)
{
	size_t at = find_separator(r, s, n);
	size_t second = at; /* where the row's second line begins */
	bool open = false;  /* a line has ended within a quoted field */
	long line = at > 0;

	parser_reset(r);
	while (at < n) {
		size_t len = line_length(s + at, n - at);
		bool blank = s[at] == '\n' || s[at] == '\r', broken;

		line++;
		if (!open) {
			r->row.line = line;
			r->spaced = false;
			second = at + len;
		}
		r->ended = false;
		if (memchr(s + at, '"', len)) {
			strip_spaces(r, s + at, len, open);
			broken = feed(r, r->line.s, r->line.len) != 0;
		} else {
			broken = feed(r, s + at, len) != 0;
		}
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
	str_free(&r->line);
}

/* What a file that cannot be a list is, and what to do; NULL: it may be one. */
static const char *other_kind(const char *s, size_t n)
{
	static const struct {
		const char *begin;
		size_t len;
		const char *what;
	} kind[] = {
		{"\xff\xfe", 2, "UTF-16 text"},
		{"\xfe\xff", 2, "UTF-16 text"},
		{"PK\3\4", 4, "a ZIP file or an Excel workbook"},
		{"\xd0\xcf\x11\xe0", 4, "an Excel workbook"},
		{"\x1f\x8b", 2, "compressed (gzip)"},
		{"PAR1", 4, "a Parquet file"},
		{"<!DOCTYPE", 9, "a web page"},
		{"<html", 5, "a web page"},
		{"version https://git-lfs", 23, "a Git LFS pointer, not the list itself"},
		{"\x93NUMPY", 6, "a .npy file"},
	};

	for (size_t i = 0; i < sizeof kind / sizeof kind[0]; i++)
		if (n >= kind[i].len && memcmp(s, kind[i].begin, kind[i].len) == 0)
			return kind[i].what;
	/* UTF-16 without its mark: every other byte is NUL. */
	if (n >= 4 && ((!s[0] && s[1] && !s[2] && s[3]) || (s[0] && !s[1] && s[2] && !s[3])))
		return kind[0].what;
	return NULL;
}

int table_read(struct table *t, const char *path, struct err *e)
{
	struct reader r = {.t = t};
	size_t n, bom = 0;
	const char *other;
	char *s;

	memset(t, 0, sizeof *t);
	s = file_read(path, FILE_LIST, &n, e);
	if (!s)
		return -1;
	t->path = mem_dup(path);
	if (n >= 3 && memcmp(s, "\xef\xbb\xbf", 3) == 0)
		bom = 3;
	other = other_kind(s, n);
	if (other) {
		err_at(e, path, 0, 0, "%s; expected a list: save it as CSV in UTF-8", other);
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
