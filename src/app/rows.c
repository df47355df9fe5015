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
	struct columns c = {.size = sizeof(struct step_row)};

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
	struct columns c = {.size = sizeof(struct epoch_row)};

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

static int parse_all(const struct columns *c, char *text, size_t len, const char *path, void **row,
		     int *n, struct err *e)
{
	const char *end = text + len;
	char *header = header_line(c);
	char *line, *rows = NULL;
	int room = 0, failed = 0;
	bool whole;

	*n = 0;
	for (long at = 1; !failed && (line = str_line(&text, end, &whole)) && whole; at++) {
		if (at == 1) {
			if (strcmp(line, header) != 0)
				failed =
					err_at(e, path, 1, 0, "the header \"%s\" expected", header);
			continue;
		}
		if (*n == room) {
			room = room ? 2 * room : 256;
			rows = mem_grow(rows, (size_t)room, c->size);
		}
		/* What has no column (epoch_row.val.macro_f1) is 0. */
		memset(rows + (size_t)*n * c->size, 0, c->size);
		if (strlen(line) + 1 != (size_t)(text - line))
			failed = err_at(e, path, at, 0, "a NUL byte; remove the line to go on");
		else
			failed = parse_line(c, rows + (size_t)*n * c->size, line, path, at, e);
		++*n;
	}
	free(header);
	*row = rows;
	return failed;
}

int rows_read(const struct columns *c, const char *path, void **row, int *n, struct err *e)
{
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
	failed = parse_all(c, text, len, path, row, n, e);
	free(text);
	if (failed) {
		free(*row);
		*row = NULL;
		*n = 0;
	}
	return failed;
}
