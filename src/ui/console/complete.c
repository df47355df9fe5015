/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/console/complete.h"

#include "app/study/breakpoint.h"
#include "base/mem.h"
#include "base/str.h"
#include "ui/console/command.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { FILES_MAX = 500 };

int complete_start(const char *line, int point)
{
	while (point > 0 && line[point - 1] != ' ')
		point--;
	return point;
}

static void cut_words(const struct ui *u, const char *line, int point, struct words *w)
{
	const struct ui_command *command;
	struct err ignored = {0};
	int start = complete_start(line, point);
	char name[64] = "";

	*w = (struct words){0};
	snprintf(w->word, sizeof w->word, "%.*s", point - start, line + start);
	for (int at = 0; at < start;) {
		int length = (int)strcspn(line + at, " ");

		if (length && w->n == 0)
			snprintf(name, sizeof name, "%.*s", length, line + at);
		else if (length && w->n == 1)
			snprintf(w->argument, sizeof w->argument, "%.*s", length, line + at);
		if (length)
			snprintf(w->before, sizeof w->before, "%.*s", length, line + at);
		w->n += length > 0;
		at += length + 1;
	}
	command = w->n ? command_find(name, &ignored) : NULL;
	w->verb = command ? command_verb(u, command) : NULL;
}

/*
 * Candidates
 */

struct completion *complete_add(struct completions *c, const char *text)
{
	struct completion *m;

	c->at = mem_grow(c->at, (size_t)c->n + 1, sizeof *c->at);
	m = &c->at[c->n++];
	*m = (struct completion){0};
	snprintf(m->text, sizeof m->text, "%s", text);
	return m;
}

static bool starts(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* Keep what starts with the word; if nothing does, what contains it ("lr"). */
static void narrow(struct completions *c, const char *word)
{
	bool (*const rules[])(const char *, const char *) = {starts, str_contains};
	int kept = 0;

	for (int rule = 0; rule < 2 && kept == 0; rule++)
		for (int i = 0; i < c->n; i++)
			if (rules[rule](c->at[i].text, word))
				c->at[kept++] = c->at[i];
	c->n = kept;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(((const struct completion *)a)->text, ((const struct completion *)b)->text);
}

void complete_sort(struct completions *c)
{
	if (c->n)
		qsort(c->at, (size_t)c->n, sizeof *c->at, by_text);
}

static void add_commands(const struct ui *u, struct completions *c)
{
	const struct ui_command *k;

	for (int i = 0; (k = command_at(i)); i++) {
		const struct verb *v = command_verb(u, k);
		struct completion *m;

		if (command_is_locked(u, v))
			continue;
		m = complete_add(c, k->name);
		command_args(u, v, m->takes, sizeof m->takes);
		snprintf(m->when, sizeof m->when, "%s", v->help);
	}
	c->takes = "takes";
	c->when = "does";
	complete_sort(c);
}

void complete_file(struct ui *u, const struct words *w, struct completions *c)
{
	const char *word = w->word;
	const char *slash = strrchr(word, '/'), *name, *home = getenv("HOME");
	char folder[PATH_LEN], path[2 * PATH_LEN], text[512];
	struct dirent *d;
	struct stat st;
	DIR *dir;

	(void)u;
	name = slash ? slash + 1 : word;
	if (starts(word, "~/") && home)
		snprintf(folder, sizeof folder, "%s/%.*s", home, (int)(name - word) - 2, word + 2);
	else
		snprintf(folder, sizeof folder, "%.*s", (int)(name - word), word);
	dir = opendir(*folder ? folder : ".");
	while (dir && c->n < FILES_MAX && (d = readdir(dir))) {
		if (d->d_name[0] == '.' && name[0] != '.')
			continue;
		snprintf(path, sizeof path, "%s%s", folder, d->d_name);
		snprintf(text, sizeof text, "%.*s%s%s", (int)(name - word), word, d->d_name,
			 stat(path, &st) == 0 && S_ISDIR(st.st_mode) ? "/" : "");
		if (starts(text, word) && strlen(text) < sizeof c->at->text)
			complete_add(c, text);
	}
	if (dir)
		closedir(dir);
	complete_sort(c);
}

void complete_args(struct ui *u, const struct words *w, struct completions *c)
{
	char text[sizeof c->at->text], args[sizeof text];

	for (const char *at = command_args(u, w->verb, args, sizeof args); *at;) {
		size_t length = strcspn(at, " |[]");

		/* WORDS in capitals stand for something else. */
		if (length && !isupper((unsigned char)*at)) {
			snprintf(text, sizeof text, "%.*s", (int)length, at);
			complete_add(c, text);
		}
		at += length + (at[length] != '\0');
	}
}

struct completion *complete_add_name(struct completions *c, const struct words *w, const char *name)
{
	const char *word = w->word;
	char text[sizeof c->at->text];
	size_t before = strlen(word);

	while (before > 0 && !strchr("()!&|=<>~+-*/", word[before - 1]))
		before--;
	snprintf(text, sizeof text, "%.*s%s", (int)before, word, name);
	return complete_add(c, text);
}

bool complete_is(const struct words *w, struct completions *c)
{
	static const char *const sorts[] = {"nan", "inf", "finite"};
	bool is = strcmp(w->before, "is") == 0;

	for (size_t i = 0; is && i < sizeof sorts / sizeof *sorts; i++)
		complete_add(c, sorts[i]);
	return is;
}

void complete_figures(const struct words *w, struct completions *c)
{
	for (int i = 0; breakpoint_name(i).name; i++) {
		struct breakpoint_name n = breakpoint_name(i);
		struct completion *m = complete_add_name(c, w, n.name);

		snprintf(m->when, sizeof m->when, "%s", n.help);
		snprintf(m->takes, sizeof m->takes, "%s", n.epoch ? "each epoch" : "each step");
	}
	c->takes = "tested after";
	c->when = "is";
}

void complete_word(struct ui *u, const char *line, int point, struct completions *c)
{
	struct words w;

	*c = (struct completions){0};
	cut_words(u, line, point, &w);
	if (w.n == 0)
		add_commands(u, c);
	else if (w.verb && w.verb->complete && !command_is_locked(u, w.verb))
		w.verb->complete(u, &w, c);
	narrow(c, w.word);
}

void completions_free(struct completions *c)
{
	free(c->at);
	*c = (struct completions){0};
}

/*
 * The console's line
 */

/* What is said at the right: why the command is refused, what its arguments
 * are, or what the setting takes and is. */
void complete_hint(struct ui *u)
{
	char *out = u->console.hint;
	const size_t room = sizeof u->console.hint;
	char line[sizeof u->console.line + 1];
	struct words w;
	const char *why;

	out[0] = '\0';
	snprintf(line, sizeof line, "%s ", u->console.line);
	cut_words(u, line, (int)strlen(line), &w);
	if (!w.verb)
		return;
	why = command_refused(u, u->console.line);
	if (why)
		snprintf(out, room, "%s", why);
	else if (!complete_setting_hint(u, &w, out, room))
		command_args(u, w.verb, out, room);
}

void complete_line(struct ui *u)
{
	const char *line = u->console.line;
	int start = complete_start(line, u->console.point);

	completions_free(&u->console.match);
	u->console.chosen = -1;
	snprintf(u->console.typed, sizeof u->console.typed, "%.*s", u->console.point - start,
		 line + start);
	complete_hint(u);
	if (!line[strspn(line, " ")])
		return;
	complete_word(u, line, u->console.point, &u->console.match);
	/* A finished word has nothing to offer. */
	if (u->console.match.n == 1 && strcmp(u->console.match.at[0].text, u->console.typed) == 0)
		completions_free(&u->console.match);
}

void complete_clear(struct ui *u)
{
	completions_free(&u->console.match);
	memset(&u->console, 0, sizeof u->console);
	u->console.chosen = -1;
}

void console_type(struct ui *u, const char *line)
{
	complete_clear(u);
	snprintf(u->console.line, sizeof u->console.line, "%s", line);
	u->console.point = (int)strlen(u->console.line);
	u->overlay_kind = OVERLAY_CONSOLE;
	complete_line(u);
}

static int run_console(struct ui *u, const char *args, struct err *e)
{
	char line[sizeof u->console.line];

	(void)e;
	/* What is there already is a whole word. */
	snprintf(line, sizeof line, "%s%s", args, *args ? " " : "");
	console_type(u, line);
	return 0;
}

static void complete_command(struct ui *u, const struct words *w, struct completions *c)
{
	(void)w;
	add_commands(u, c);
}

const struct verb complete_verbs[] = {
	{"console", "[TEXT]", "Type a command, from this text on.", run_console, NULL,
	 complete_command, CHANGES_NOTHING | TYPES},
	{0},
};
