/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/session/changes.h"

#include "app/config/setting.h"
#include "app/session/rows.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char BLANKS[] = " \t\r";

static const char UNDO[] = "undo";

/* Does it begin with that word? */
static bool says_undo(const char *comment)
{
	size_t n = sizeof UNDO - 1;

	comment += strspn(comment, BLANKS);
	return strncmp(comment, UNDO, n) == 0 && !isalnum((unsigned char)comment[n]);
}

/* Cut a comment and the blanks around what is left. A # within a word (a
 * path's) starts no comment. */
static char *strip(char *line, bool *undoes)
{
	char *end;

	for (char *p = line; *p; p++)
		if (*p == '#' && (p == line || strchr(BLANKS, p[-1]))) {
			*undoes = says_undo(p + 1);
			*p = '\0';
			break;
		}
	line += strspn(line, BLANKS);
	end = line + strlen(line);
	while (end > line && strchr(BLANKS, end[-1]))
		end--;
	*end = '\0';
	return line;
}

/* An integer from min to max, and the blanks behind it; moves *at. */
static bool take_integer(char **at, int min, int max, int *out)
{
	char *end;
	long x;

	errno = 0;
	x = strtol(*at, &end, 10);
	if (end == *at || errno || x < min || x > max || !*end || !strchr(BLANKS, *end))
		return false;
	*out = (int)x;
	*at = end + strspn(end, BLANKS);
	return true;
}

static bool parse(char *at, struct change *c)
{
	if (strncmp(at, "at", 2) != 0 || !at[2] || !strchr(BLANKS, at[2]))
		return false;
	at += 2;
	if (!take_integer(&at, 0, FOLD_MAX, &c->fold) ||
	    !take_integer(&at, 1, EPOCH_MAX, &c->epoch) ||
	    !take_integer(&at, 1, STEP_MAX, &c->step) || !*at)
		return false;
	c->command = mem_dup(at);
	return true;
}

static bool is_text(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (iscntrl((unsigned char)s[i]) && s[i] != '\t' && s[i] != '\r')
			return false;
	return true;
}

size_t changes_whole(const char *text, size_t len)
{
	while (len > 0) {
		size_t end = len, start;

		while (end > 0 && text[end - 1] != '\n')
			end--;
		if (end < len) { /* torn */
			len = end;
			continue;
		}
		start = end - 1;
		while (start > 0 && text[start - 1] != '\n')
			start--;
		if (is_text(text + start, end - 1 - start))
			break;
		len = start;
	}
	return len;
}

int changes_read(struct changes *c, const char *path, bool torn_ok, struct err *e)
{
	size_t len;
	/* A log that the user names may come from a pipe. */
	char *text = torn_ok ? file_read(path, FILE_LOG, &len, e)
			     : file_read_stream(path, FILE_LOG, &len, e);
	char *at = text, *line;
	int failed = 0;
	bool whole;

	*c = (struct changes){0};
	if (!text)
		return -1;
	if (torn_ok) {
		len = changes_whole(text, len);
		text[len] = '\0';
	}
	for (long n = 1; !failed && (line = str_line(&at, text + len, &whole)); n++) {
		struct change new = {.line = n};

		if (strlen(line) + whole != (size_t)(at - line)) {
			failed = err_at(e, path, n, 0, "a NUL byte; remove the line to go on");
			continue;
		}
		line = strip(line, &new.undoes);
		if (!*line)
			continue;
		if (!parse(line, &new)) {
			failed = err_at(e, path, n, 0,
					"\"at FOLD EPOCH STEP COMMAND\" expected, fold from 0, "
					"epoch and step from 1; found \"%.100s\"",
					line);
			continue;
		}
		c->at = mem_grow(c->at, (size_t)c->n + 1, sizeof *c->at);
		c->at[c->n++] = new;
	}
	free(text);
	if (failed)
		changes_free(c);
	return failed;
}

void changes_free(struct changes *c)
{
	for (int i = 0; i < c->n; i++)
		free(c->at[i].command);
	free(c->at);
	*c = (struct changes){0};
}

void change_by(struct str *out, long by)
{
	if (by > 0)
		str_addf(out, "asked by process %ld", by);
	else
		str_add(out, "asked by another process");
}

void change_line(struct str *out, const struct change *c, const char *was)
{
	const char *between = "   # ";

	BUG_ON(strchr(c->command, '\n') || strchr(was, '\n'));
	str_addf(out, "at %d %d %d %s", c->fold, c->epoch, c->step, c->command);
	if (c->undoes) {
		str_addf(out, "%s%s", between, UNDO);
		between = ", ";
	}
	if (*was) {
		str_addf(out, "%swas %s", between, was);
		between = ", ";
	}
	if (c->by) {
		str_add(out, between);
		change_by(out, c->by);
	}
	str_add(out, "\n");
}

/* ---- what a fold begins with ---- */

static const char BEGIN[] = "begin";

struct change change_begin(int fold)
{
	return (struct change){.fold = fold, .epoch = 1, .step = 1, .command = (char *)BEGIN};
}

bool change_is_begin(const struct change *c)
{
	return strcmp(c->command, BEGIN) == 0;
}

bool changes_have_begin(const struct changes *c, int fold)
{
	for (int i = 0; i < c->n; i++)
		if (c->at[i].fold == fold && change_is_begin(&c->at[i]))
			return true;
	return false;
}

bool changes_have_earlier(const struct changes *c, int fold)
{
	for (int i = 0; i < c->n; i++)
		if (c->at[i].fold < fold && setting_is_command(c->at[i].command))
			return true;
	return false;
}

bool changes_taken_over(const struct changes *c, int i)
{
	if (c->at[i].step != 1 || !setting_is_command(c->at[i].command))
		return false;
	for (int k = i + 1; k < c->n; k++)
		if (c->at[k].fold == c->at[i].fold && change_is_begin(&c->at[k]))
			return true;
	return false;
}

static void put(struct changes *c, int at, const struct change *x)
{
	c->at = mem_grow(c->at, (size_t)c->n + 1, sizeof *c->at);
	memmove(&c->at[at + 1], &c->at[at], (size_t)(c->n - at) * sizeof *c->at);
	c->at[at] = *x;
	c->at[at].command = mem_dup(x->command);
	c->n++;
}

void changes_add(struct changes *c, const struct change *x)
{
	put(c, c->n, x);
}

int changes_insert(struct changes *c, const struct change *x)
{
	int at = c->n;

	while (at > 0 && (c->at[at - 1].fold > x->fold ||
			  (c->at[at - 1].fold == x->fold && c->at[at - 1].step > x->step)))
		at--;
	put(c, at, x);
	return at;
}

void changes_insert_first(struct changes *c, const struct change *x)
{
	int at = 0;

	while (at < c->n && c->at[at].fold < x->fold)
		at++;
	put(c, at, x);
}

/* The changes of folds before `fold`, one after the other, on *set; last[i] becomes the
 * last one of option i, -1: none. One that does not fit is passed over: folds that were
 * trained at once were each changed without the other's. */
static void apply_earlier(struct settings *set, const struct changes *c, int fold, int *last)
{
	struct setting x;

	for (int i = 0; i < option_count; i++)
		last[i] = -1;
	for (int i = 0; i < c->n && c->at[i].fold < fold; i++) {
		struct err ignored = {0};

		if (setting_of_command(&x, c->at[i].command) && !setting_live(&x, &ignored) &&
		    !setting_apply(set, &x, &ignored))
			last[x.o - option_table] = i;
	}
}

/* To both. */
static void add_to(struct changes *begin, struct str *lines, const struct change *x,
		   const char *was)
{
	change_line(lines, x, was);
	changes_add(begin, x);
}

/* A change, added if it fits after those before. */
static bool take_over(struct changes *begin, struct str *lines, int fold, const char *command,
		      struct settings *now)
{
	const struct change new = {.fold = fold, .epoch = 1, .step = 1, .command = (char *)command};
	struct err ignored = {0};
	char was[OPTION_TEXT];
	struct setting x;

	setting_of_command(&x, command);
	option_text(now, x.o, was, sizeof was);
	if (setting_apply(now, &x, &ignored))
		return false;
	add_to(begin, lines, &new, was);
	return true;
}

/* In the order in which they were made; a value may fit only once another is set (warm-up and
 * epochs), so what does not is tried again after the others. */
void changes_begin(struct changes *begin, struct str *lines, const struct changes *c, int fold,
		   const struct settings *base)
{
	int *last = mem_alloc((size_t)option_count, sizeof *last);
	const struct change mark = change_begin(fold);
	struct settings then = *base, now = *base;
	bool taken = true;

	*begin = (struct changes){0};
	apply_earlier(&then, c, fold, last);
	while (taken) {
		taken = false;
		for (int at = 0; at < c->n; at++)
			for (int i = 0; i < option_count; i++)
				taken |= last[i] == at &&
					 !option_equal(&now, &then, &option_table[i]) &&
					 take_over(begin, lines, fold, c->at[at].command, &now);
	}
	add_to(begin, lines, &mark, "");
	free(last);
}

/* ---- writing ---- */

int changes_write(FILE *f, const struct str *lines, struct err *e)
{
	fwrite(str_text(lines), 1, lines->len, f);
	/* A stream of a test or a pipe has nothing to sync. */
	if (fflush(f) || ferror(f) || (fsync(fileno(f)) && errno != EINVAL))
		return err_set(e, "commands.log: cannot write: %s", strerror(errno));
	return 0;
}
