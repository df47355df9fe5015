/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/session/rows.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/util.h"
#include "engine/model/loss.h"
#include "engine/train/health.h"

#include <float.h>
#include <limits.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void add(struct columns *c, struct column new)
{
	BUG_ON(c->n == sizeof c->at / sizeof c->at[0]);
	c->at[c->n++] = new;
}

static void add_integer(struct columns *c, const char *name, size_t at, int min, int max,
			const char *rule)
{
	add(c, (struct column){name, true, at, min, max, false, rule});
}

static void add_fold_and_epoch(struct columns *c, size_t fold, size_t epoch)
{
	add_integer(c, "fold", fold, 0, FOLD_MAX, "folds count from 1, or are 0 alone");
	add_integer(c, "epoch", epoch, 1, EPOCH_MAX, "epochs count from 1");
}

/* A loss or a norm: whatever a run that diverges makes of it. */
static void add_any(struct columns *c, const char *name, size_t at)
{
	add(c, (struct column){name, false, at, -INFINITY, INFINITY, true, "a number"});
}

static void add_positive(struct columns *c, const char *name, size_t at)
{
	add(c, (struct column){name, false, at, 0, DBL_MAX, false, "a number, 0 or more"});
}

/* NaN: no utterance to count, or none that validates. */
static void add_share(struct columns *c, const char *name, size_t at)
{
	add(c, (struct column){name, false, at, 0, 1, true, "a share, 0 to 1"});
}

struct columns rows_of_steps(void)
{
	struct columns c = {.size = sizeof(struct step_row),
			    .number = offsetof(struct step_row, step)};

	add_fold_and_epoch(&c, offsetof(struct step_row, fold), offsetof(struct step_row, epoch));
	add_integer(&c, "step", offsetof(struct step_row, step), 1, STEP_MAX, "steps count from 1");
	add_any(&c, "loss", offsetof(struct step_row, loss));
	for (size_t t = 0; t < TERMS; t++)
		add_any(&c, loss_term[t].column,
			offsetof(struct step_row, term) + t * sizeof(double));
	add_positive(&c, "lr", offsetof(struct step_row, lr));
	add_any(&c, "grad_norm", offsetof(struct step_row, grad_norm));
	return c;
}

struct columns rows_of_epochs(void)
{
	struct columns c = {.size = sizeof(struct epoch_row),
			    .number = offsetof(struct epoch_row, epoch)};

	add_fold_and_epoch(&c, offsetof(struct epoch_row, fold), offsetof(struct epoch_row, epoch));
	add_any(&c, "train_loss", offsetof(struct epoch_row, train_loss));
	add_share(&c, "train_acc", offsetof(struct epoch_row, train_acc));
	add_any(&c, "val_loss", offsetof(struct epoch_row, val_loss));
	add_share(&c, "val_wa", offsetof(struct epoch_row, val.wa));
	add_share(&c, "val_ua", offsetof(struct epoch_row, val.ua));
	add_share(&c, "val_wf1", offsetof(struct epoch_row, val.wf1));
	add_positive(&c, "seconds", offsetof(struct epoch_row, seconds));
	return c;
}

struct columns rows_of_health(void)
{
	struct columns c = {.size = sizeof(struct health_row),
			    .number = offsetof(struct health_row, step),
			    .sparse = true};

	add_fold_and_epoch(&c, offsetof(struct health_row, fold),
			   offsetof(struct health_row, epoch));
	add_integer(&c, "step", offsetof(struct health_row, step), 1, STEP_MAX,
		    "steps count from 1");
	for (size_t g = 0; g < HEALTH_GROUPS; g++)
		add_any(&c, health_name[g].update,
			offsetof(struct health_row, update) + g * sizeof(double));
	for (size_t g = 0; g < HEALTH_GROUPS; g++)
		add_any(&c, health_name[g].gradient,
			offsetof(struct health_row, gradient) + g * sizeof(double));
	add_integer(&c, "sample", offsetof(struct health_row, sample), 1, INT_MAX,
		    "utterances, 1 or more");
	for (size_t i = 0; i < HEALTH_PAIRS; i++)
		add_any(&c, health_pair_table[i].column,
			offsetof(struct health_row, cosine) + i * sizeof(double));
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

double rows_number(double x)
{
	struct str text = {0};

	str_num(&text, x);
	x = strtod(text.s, NULL);
	str_free(&text);
	return x;
}

static bool in_range(const struct column *c, double x)
{
	return isnan(x) ? c->or_nan : x >= c->min && x <= c->max;
}

/* One number from text[0..len-1], whole. */
static bool parse(const struct column *c, const char *text, size_t len, double *x)
{
	char *end;

	if (!len || text[0] == ' ' || text[0] == '\t')
		return false;
	*x = c->integer ? (double)strtol(text, &end, 10) : strtod(text, &end);
	return end == text + len;
}

static int parse_line(const struct columns *c, void *row, const char *text, const char *path,
		      long line, struct err *e)
{
	const char *at = text;

	for (int i = 0; i < c->n; i++) {
		const struct column *k = &c->at[i];
		void *to = (char *)row + k->at;
		size_t len = strcspn(at, ",");
		bool last = i + 1 == c->n;
		double x = 0;

		if (!parse(k, at, len, &x) || (at[len] == '\0') != last)
			return err_at(e, path, line, at - text + 1,
				      "%s expected, %d columns in all; remove the line to go on",
				      k->name, c->n);
		if (!in_range(k, x))
			return err_at(e, path, line, 0, "%s %.*s (%s%s); remove the line to go on",
				      k->name, (int)min_size(len, 40), at, k->rule,
				      k->integer && x > k->max ? "; this is too many" : "");
		if (k->integer)
			*(int *)to = (int)x;
		else
			*(double *)to = x;
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

/* All that follow, to be freed also on failure. */
static int read_all(struct reading *r, void **row, int *n, struct err *e)
{
	char *rows = NULL;
	int room = 0, more = r->line ? 0 : read_header(r, e);

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
	failed = read_all(&r, row, n, e);
	free(text);
	if (failed) {
		free(*row);
		*row = NULL;
		*n = 0;
	}
	return failed;
}

/* Is the open file the one that was read, with more at its end? */
static bool goes_on(const struct rows_place *at, int fd, const struct stat *st)
{
	char last[sizeof at->last];

	return at->end > 0 && st->st_dev == at->file.device && st->st_ino == at->file.inode &&
	       st->st_size > at->end &&
	       pread(fd, last, at->nlast, at->end - (off_t)at->nlast) == (ssize_t)at->nlast &&
	       memcmp(last, at->last, at->nlast) == 0;
}

/* The bytes from at->end to the file's end, NUL-terminated, to be freed. */
static char *read_rest(const struct rows_place *at, int fd, const struct stat *st, size_t *len)
{
	size_t size = st->st_size > at->end ? (size_t)(st->st_size - at->end) : 0;
	char *text = mem_alloc(size + 1, 1);
	ssize_t got = 1;

	for (*len = 0; *len < size && got > 0; *len += got > 0 ? (size_t)got : 0)
		got = pread(fd, text + *len, size - *len, at->end + (off_t)*len);
	return text;
}

static int read_on(const struct columns *c, const char *path, struct rows_place *at, int fd,
		   const struct stat *st, void **row, int *n, struct err *e)
{
	struct reading r = {.c = c, .path = path, .line = at->lines};
	size_t len, keep;
	char *text = read_rest(at, fd, st, &len);
	int failed;

	while (len > 0 && text[len - 1] != '\n') /* what is torn is read when it is whole */
		len--;
	text[len] = '\0';
	r.at = text;
	r.end = text + len;
	if (len == 0) {
		free(text);
		return 0;
	}
	at->end += (int64_t)len;
	keep = min_size(len, sizeof at->last);
	at->nlast = keep;
	memcpy(at->last, text + len - keep, keep); /* reading cuts lines off */
	failed = read_all(&r, row, n, e);
	at->lines = r.line;
	at->n += *n;
	free(text);
	return failed;
}

static int read_open(const struct columns *c, const char *path, struct rows_place *at, int fd,
		     bool *again, void **row, int *n, struct err *e)
{
	struct file_stamp now;
	struct stat st;

	if (fstat(fd, &st))
		return err_errno(e, path, "cannot be read");
	now = file_stamp_of(&st);
	*again = false;
	if (at->end > 0 && file_stamp_same(&now, &at->file))
		return 0;
	*again = !goes_on(at, fd, &st);
	if (*again)
		*at = (struct rows_place){0};
	at->file = now;
	return read_on(c, path, at, fd, &st, row, n, e);
}

int rows_read_on(const struct columns *c, const char *path, struct rows_place *at, bool *again,
		 void **row, int *n, struct err *e)
{
	int fd, failed;

	*row = NULL;
	*n = 0;
	*again = true;
	if (!file_exists(path)) {
		*at = (struct rows_place){0};
		return 0;
	}
	fd = file_open_read(path, FILE_ROWS, NULL, e);
	failed = fd < 0 ? -1 : read_open(c, path, at, fd, again, row, n, e);
	if (fd >= 0)
		close(fd);
	if (failed) {
		*at = (struct rows_place){0};
		free(*row);
		*row = NULL;
		*n = 0;
	}
	return failed ? -1 : 0;
}

/* What no row is longer than: at most 40 numbers of %.9g. */
enum { ROW_BYTES = 1024 };

/* The file's last bytes, at most n - 1, as text. */
static int read_end(const char *path, char *text, size_t n, struct err *e)
{
	size_t size;
	int fd = file_open_read(path, FILE_ROWS, &size, e);
	ssize_t got;

	if (fd < 0)
		return -1;
	got = pread(fd, text, n - 1, size > n - 1 ? (off_t)(size - (n - 1)) : 0);
	close(fd);
	if (got < 0)
		return err_errno(e, path, "cannot be read");
	text[got] = '\0';
	return 0;
}

bool rows_finite(const struct step_row *r)
{
	bool finite = isfinite(r->loss) && isfinite(r->grad_norm);

	for (int i = 0; i < TERMS; i++)
		finite = finite && isfinite(r->term[i]);
	return finite;
}

int rows_last(const struct columns *c, const char *path, void *row, struct err *e)
{
	char text[2 * ROW_BYTES + 1], *end, *line;

	if (!file_exists(path))
		return 0;
	if (read_end(path, text, sizeof text, e))
		return -1;
	end = strrchr(text, '\n'); /* what follows is torn */
	if (!end)
		return 0;
	*end = '\0';
	line = strrchr(text, '\n');
	if (!line) /* the header is the first line, and no row */
		return 0;
	memset(row, 0, c->size);
	return parse_line(c, row, line + 1, path, 0, e) ? -1 : 1;
}

/* The rows that count, as text. */
static int keep_rows(struct reading *r, int fold, int last, struct str *out, struct err *e)
{
	void *row = mem_alloc(1, r->c->size);
	int reached = 0, more = last > 0 && read_header(r, e) ? -1 : 1;

	while (more > 0 && reached < last) {
		int number;

		more = read_row(r, row, e);
		if (more < 0 && r->c->sparse) {
			err_clear(e);
			more = 0;
		}
		number = *(const int *)((const char *)row + r->c->number);
		if (more <= 0 || *(const int *)((const char *)row + r->c->at[0].at) != fold ||
		    number > last)
			continue;
		rows_line(r->c, row, out);
		if (number > reached)
			reached = number;
	}
	free(row);
	return more < 0 ? -1 : 0;
}

int rows_keep(const struct columns *c, const char *path, int fold, int last, struct str *out,
	      struct err *e)
{
	struct reading r = {.c = c, .path = path};
	char *text;
	size_t len;
	int failed;

	rows_header(c, out);
	if (!file_exists(path))
		return 0;
	text = file_read(path, FILE_ROWS, &len, e);
	if (!text)
		return -1;
	r.at = text;
	r.end = text + len;
	failed = keep_rows(&r, fold, last, out, e);
	free(text);
	return failed;
}

int rows_cut(const struct columns *c, const char *path, int fold, int last, int *lost,
	     struct err *e)
{
	struct str kept = {0};
	int failed = rows_keep(c, path, fold, last, &kept, e) ||
		     file_make_hold(path, kept.s, kept.len, e);
	int rows = -1; /* the first line is the header */

	for (size_t i = 0; i < kept.len; i++)
		rows += kept.s[i] == '\n';
	if (lost)
		*lost = rows < last ? last - rows : 0;
	str_free(&kept);
	return failed ? -1 : 0;
}
