/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/session/changes.h"

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

/* Cut a comment and the blanks around what is left. A # within a word (a
 * path's) starts no comment. */
static char *strip(char *line)
{
	char *end;

	for (char *p = line; *p; p++)
		if (*p == '#' && (p == line || strchr(BLANKS, p[-1]))) {
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
		line = strip(line);
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

void change_line(struct str *out, const struct change *c, const char *was)
{
	BUG_ON(strchr(c->command, '\n') || strchr(was, '\n'));
	str_addf(out, "at %d %d %d %s%s%s\n", c->fold, c->epoch, c->step, c->command,
		 *was ? "   # was " : "", was);
}

int change_write(FILE *f, int fold, int epoch, int step, const char *command, const char *was,
		 struct err *e)
{
	struct change c = {.fold = fold, .epoch = epoch, .step = step, .command = (char *)command};
	struct str line = {0};

	change_line(&line, &c, was);
	fputs(line.s, f);
	str_free(&line);
	/* A stream of a test or a pipe has nothing to sync. */
	if (fflush(f) || ferror(f) || (fsync(fileno(f)) && errno != EINVAL))
		return err_set(e, "commands.log: cannot write: %s", strerror(errno));
	return 0;
}
