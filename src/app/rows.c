/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/rows.h"

#include "base/file.h"
#include "base/mem.h"
#include "engine/loss.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static void add(struct columns *c, const char *name, bool integer, size_t at)
{
	BUG_ON(c->n == sizeof c->at / sizeof c->at[0]);
	c->at[c->n++] = (struct column){name, integer, at};
}

struct columns rows_of_steps(void)
{
	struct columns c = {.size = sizeof(struct step_row),
			    .number = offsetof(struct step_row, step)};

	add(&c, "fold", true, offsetof(struct step_row, fold));
	add(&c, "epoch", true, offsetof(struct step_row, epoch));
	add(&c, "step", true, offsetof(struct step_row, step));
	add(&c, "loss", false, offsetof(struct step_row, loss));
	for (size_t t = 0; t < TERMS; t++)
		add(&c, loss_term[t].column, false,
		    offsetof(struct step_row, term) + t * sizeof(double));
	add(&c, "lr", false, offsetof(struct step_row, lr));
	add(&c, "grad_norm", false, offsetof(struct step_row, grad_norm));
	return c;
}

struct columns rows_of_epochs(void)
{
	struct columns c = {.size = sizeof(struct epoch_row),
			    .number = offsetof(struct epoch_row, epoch)};

	add(&c, "fold", true, offsetof(struct epoch_row, fold));
	add(&c, "epoch", true, offsetof(struct epoch_row, epoch));
	add(&c, "train_loss", false, offsetof(struct epoch_row, train_loss));
	add(&c, "train_acc", false, offsetof(struct epoch_row, train_acc));
	add(&c, "val_loss", false, offsetof(struct epoch_row, val_loss));
	add(&c, "val_wa", false, offsetof(struct epoch_row, val.wa));
	add(&c, "val_ua", false, offsetof(struct epoch_row, val.ua));
	add(&c, "val_wf1", false, offsetof(struct epoch_row, val.wf1));
	add(&c, "seconds", false, offsetof(struct epoch_row, seconds));
	return c;
}

void rows_header(const struct columns *c, struct str *out)
{
	for (int i = 0; i < c->n; i++)
		str_addf(out, "%s%s", c->at[i].name, i + 1 < c->n ? "," : "\n");
}

void rows_line(const struct columns *c, const void *row, struct str *out)
{
	for (int i = 0; i < c->n; i++) {
		const char *at = (const char *)row + c->at[i].at;

		if (c->at[i].integer)
			str_addf(out, "%d", *(const int *)at);
		else
			str_num(out, *(const double *)at);
		str_add(out, i + 1 < c->n ? "," : "\n");
	}
}

/* One number from text[0..len-1], whole. */
static bool parse(const struct column *c, void *row, const char *text, size_t len)
{
	char *to = (char *)row + c->at, *end;
	long whole;

	errno = 0;
	if (!len || text[0] == ' ' || text[0] == '\t')
		return false;
	if (!c->integer) {
		*(double *)to = strtod(text, &end);
		return end == text + len;
	}
	whole = strtol(text, &end, 10);
	*(int *)to = (int)whole;
	return end == text + len && !errno && whole >= INT_MIN && whole <= INT_MAX;
}

static int parse_line(const struct columns *c, void *row, const char *text, const char *path,
		      long line, struct err *e)
{
	const char *at = text;

	for (int i = 0; i < c->n; i++) {
		size_t len = strcspn(at, ",");
		bool last = i + 1 == c->n;

		if (!parse(&c->at[i], row, at, len) || (at[len] == '\0') != last)
			return err_at(e, path, line, at - text + 1,
				      "%s expected, %d columns in all; remove the line to go on",
				      c->at[i].name, c->n);
		at += len + 1;
	}
	return 0;
}

/* The header without its newline, to be freed. */
static char *header_line(const struct columns *c)
{
	struct str b = {0};
	char *line;

	rows_header(c, &b);
	line = mem_dup(str_text(&b));
	line[strcspn(line, "\n")] = '\0';
	str_free(&b);
	return line;
}

/* A file's text being read, line by line. */
struct reading {
	const struct columns *c;
	const char *path;
	char *at; /* what follows */
	const char *end;
	long line; /* read so far */
};

static int read_header(struct reading *r, struct err *e)
{
	char *header = header_line(r->c), *line;
	int failed = 0;
	bool whole;

	line = str_line(&r->at, r->end, &whole);
	r->line = 1;
	if (line && whole && strcmp(line, header) != 0)
		failed = err_at(e, r->path, 1, 0, "the header \"%s\" expected", header);
	free(header);
	return failed;
}

/* The next row: 1; the end, or a torn last line: 0; a wrong one: -1. */
static int read_row(struct reading *r, void *row, struct err *e)
{
	char *line;
	bool whole;

	line = str_line(&r->at, r->end, &whole);
	if (!line || !whole)
		return 0;
	r->line++;
	if (strlen(line) + 1 != (size_t)(r->at - line))
		return err_at(e, r->path, r->line, 0, "a NUL byte; remove the line to go on");
	/* What has no column (epoch_row.val.macro_f1) is 0. */
	memset(row, 0, r->c->size);
	return parse_line(r->c, row, line, r->path, r->line, e) ? -1 : 1;
}

static int parse_all(struct reading *r, void **row, int *n, struct err *e)
{
	char *rows = NULL;
	int room = 0, more = read_header(r, e);

	*n = 0;
	while (more >= 0) {
		if (*n == room) {
			room = room ? 2 * room : 256;
			rows = mem_grow(rows, (size_t)room, r->c->size);
		}
		more = read_row(r, rows + (size_t)*n * r->c->size, e);
		if (more <= 0)
			break;
		++*n;
	}
	*row = rows;
	return more;
}

int rows_read(const struct columns *c, const char *path, void **row, int *n, struct err *e)
{
	struct reading r;
	char *text;
	size_t len;
	int failed;

	*row = NULL;
	*n = 0;
	if (!file_exists(path))
		return 0;
	text = file_read(path, FILE_ROWS, &len, e);
	if (!text)
		return -1;
	r = (struct reading){.c = c, .path = path, .at = text, .end = text + len};
	failed = parse_all(&r, row, n, e);
	free(text);
	if (failed) {
		free(*row);
		*row = NULL;
		*n = 0;
	}
	return failed;
}

/* What is still missing of the limits. */
struct needed {
	const struct rows_limit *limit;
	int *reached; /* [n] the largest number read */
	int n;
};

static bool keeps(struct needed *need, const struct columns *c, const void *row)
{
	int fold = *(const int *)((const char *)row + c->at[0].at);
	int number = *(const int *)((const char *)row + c->number);

	for (int i = 0; i < need->n; i++) {
		if (need->limit[i].fold != fold)
			continue;
		if (number <= need->limit[i].last && number > need->reached[i])
			need->reached[i] = number;
		return number <= need->limit[i].last;
	}
	return false;
}

static bool has_all(const struct needed *need)
{
	for (int i = 0; i < need->n; i++)
		if (need->reached[i] < need->limit[i].last)
			return false;
	return true;
}

/* The header and the rows that count, as text. */
static int keep_rows(struct reading *r, struct needed *need, struct str *out, struct err *e)
{
	void *row = mem_alloc(1, r->c->size);
	int more = 1;

	rows_header(r->c, out);
	if (!has_all(need))
		more = read_header(r, e) ? -1 : 1;
	while (more > 0 && !has_all(need)) {
		more = read_row(r, row, e);
		if (more > 0 && keeps(need, r->c, row))
			rows_line(r->c, row, out);
	}
	free(row);
	return more < 0 ? -1 : 0;
}

int rows_cut(const struct columns *c, const char *path, const struct rows_limit *limit, int n,
	     struct err *e)
{
	struct needed need = {.limit = limit, .n = n};
	struct reading r = {.c = c, .path = path};
	struct str kept = {0};
	char *text = NULL, *old = NULL;
	size_t len = 0;
	int failed = 0;

	if (file_exists(path)) {
		text = file_read(path, FILE_ROWS, &len, e);
		if (!text)
			return -1;
		old = mem_alloc(len + 1, 1); /* reading cuts the text into lines */
		memcpy(old, text, len);
	}
	need.reached = mem_alloc((size_t)n, sizeof *need.reached);
	r.at = text;
	r.end = text + len;
	if (text)
		failed = keep_rows(&r, &need, &kept, e);
	else
		rows_header(c, &kept);
	if (!failed && (!old || kept.len != len || memcmp(kept.s, old, len) != 0))
		failed = file_write(path, kept.s, kept.len, e);
	free(need.reached);
	str_free(&kept);
	free(old);
	free(text);
	return failed;
}
