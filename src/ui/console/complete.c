/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/console/complete.h"

#include "app/study/breakpoint.h"
#include "app/study/listing.h"
#include "app/study/num.h"
#include "base/mem.h"
#include "ui/console/command.h"
#include "ui/view/sessions.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

/* A line up to the cursor, cut into words. */
struct words {
	char command[64];
	char argument[192]; /* the first one, if it stands before the cursor's word */
	char before[192];   /* the last one before it */
	char word[192];     /* at the cursor */
	int n;              /* words before it */
};

enum { FILES_MAX = 500 };

int complete_start(const char *line, int point)
{
	while (point > 0 && line[point - 1] != ' ')
		point--;
	return point;
}

static void cut_words(const char *line, int point, struct words *w)
{
	int start = complete_start(line, point);

	*w = (struct words){0};
	snprintf(w->word, sizeof w->word, "%.*s", point - start, line + start);
	for (int at = 0; at < start;) {
		int length = (int)strcspn(line + at, " ");

		if (length && w->n == 0)
			snprintf(w->command, sizeof w->command, "%.*s", length, line + at);
		else if (length && w->n == 1)
			snprintf(w->argument, sizeof w->argument, "%.*s", length, line + at);
		if (length)
			snprintf(w->before, sizeof w->before, "%.*s", length, line + at);
		w->n += length > 0;
		at += length + 1;
	}
}

/*
 * Candidates
 */

static struct completion *add(struct completions *c, const char *text)
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

static bool contains(const char *text, const char *part)
{
	for (size_t n = strlen(part); *text; text++)
		if (strncasecmp(text, part, n) == 0)
			return true;
	return false;
}

/* Keep what starts with the word; if nothing does, what contains it ("lr"). */
static void narrow(struct completions *c, const char *word)
{
	bool (*const rules[])(const char *, const char *) = {starts, contains};
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

static void sort(struct completions *c)
{
	if (c->n)
		qsort(c->at, (size_t)c->n, sizeof *c->at, by_text);
}

static void add_commands(const struct ui *u, struct completions *c)
{
	for (int i = 0; i < command_count; i++) {
		const struct ui_command *k = &command_table[i];
		struct completion *m;

		if (command_is_locked(u, k))
			continue;
		m = add(c, k->name);
		command_args(u, k, m->takes, sizeof m->takes);
		snprintf(m->when, sizeof m->when, "%s", k->help);
	}
	c->takes = "takes";
	c->when = "does";
	sort(c);
}

static const struct settings *in_force(const struct ui *u)
{
	return u->now.session[0] ? &u->now.set : &u->run.set;
}

/* "0 to 100", "squared norm mse", "true false": option_takes without the type,
 * which the hint says. */
static void say_range(const struct option *o, char *out, size_t n)
{
	char takes[OPTION_TAKES];
	const char *from = option_takes(o, takes, sizeof takes), *comma = strchr(from, ',');
	size_t at = 0;

	out[0] = '\0';
	if (o->type == OPT_BOOL) {
		snprintf(out, n, "true false");
	} else if (o->type == OPT_CHOICE) {
		for (int i = 0; o->choices[i] && at < n; i++)
			if (*o->choices[i])
				at += (size_t)snprintf(out + at, n - at, "%s%s", at ? " " : "",
						       o->choices[i]);
	} else if (o->type == OPT_NUMBER && o->above_min) {
		snprintf(out, n, "%s", strchr(from, ' ') + 1);
	} else if (comma && o->type != OPT_BYTES) {
		snprintf(out, n, "%s", comma + 2);
	} else {
		snprintf(out, n, "%s", from);
	}
}

static void say_now(const struct ui *u, const struct option *o, bool pending, char *out, size_t n)
{
	char value[OPTION_TEXT];

	option_text(in_force(u), o, value, sizeof value);
	if (pending && u->now.pending && strcmp(u->now.pending_key, o->key) == 0)
		snprintf(out, n, "%.16s → %.16s", value, u->now.pending_value);
	else
		text_cut_middle(out, n, *value ? value : NUM_MISSING, 16);
}

static void add_keys(const struct ui *u, struct completions *c)
{
	for (int i = 0; i < option_count; i++) {
		const struct option *o = &option_table[i];
		struct completion *m = add(c, o->key);

		say_now(u, o, true, m->now, sizeof m->now);
		say_range(o, m->takes, sizeof m->takes);
		snprintf(m->when, sizeof m->when, "%s", option_when_text(o));
	}
	c->now = "now";
	c->takes = "takes";
	c->when = "applies";
	sort(c);
}

/* Half and twice the present value, where a factor changes it. */
static void add_factors(const struct ui *u, const struct option *o, struct completions *c)
{
	static const char *const factors[] = {"x0.5", "x2"};
	char value[OPTION_TEXT];

	for (size_t i = 0; i < sizeof factors / sizeof *factors; i++) {
		struct settings next = *in_force(u);
		struct err ignored = {0};

		if (!option_is_factor(o, factors[i]) ||
		    option_change(&next, o, factors[i], ".", &ignored))
			continue;
		snprintf(add(c, factors[i])->now, sizeof c->at->now, "%.30s",
			 option_text(&next, o, value, sizeof value));
	}
}

/* Choices in the table's order; of other types the present value and the
 * default, to start from, and factors. */
static void add_values(const struct ui *u, const char *key, struct completions *c)
{
	static const char *const yes_no[] = {"true", "false", NULL};
	const struct option *o = option_find(key);
	const char *const *choices = NULL;
	char value[OPTION_TEXT];

	if (!o)
		return;
	option_text(in_force(u), o, value, sizeof value);
	if (o->type == OPT_CHOICE)
		choices = o->choices;
	else if (o->type == OPT_BOOL)
		choices = yes_no;
	else if (*value)
		add(c, value);
	if (!choices && *o->preset && strcmp(o->preset, value) != 0)
		add(c, o->preset);
	for (int i = 0; choices && choices[i]; i++)
		if (*choices[i])
			add(c, choices[i]);
	if (!choices)
		add_factors(u, o, c);
	for (int i = 0; i < c->n; i++) {
		bool now = strcmp(c->at[i].text, value) == 0;
		bool preset = strcmp(c->at[i].text, o->preset) == 0;

		if (now || preset)
			snprintf(c->at[i].now, sizeof c->at[i].now, "%s%s%s", now ? "now" : "",
				 now && preset ? ", " : "", preset ? "default" : "");
	}
	c->now = "";
}

static void add_files(const char *word, struct completions *c)
{
	const char *slash = strrchr(word, '/'), *name, *home = getenv("HOME");
	char folder[PATH_LEN], path[2 * PATH_LEN], text[512];
	struct dirent *d;
	struct stat st;
	DIR *dir;

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
			add(c, text);
	}
	if (dir)
		closedir(dir);
	sort(c);
}

static void add_sessions(const struct ui *u, struct completions *c)
{
	char text[sizeof c->at->text];

	for (int i = 0; i < u->sessions.n; i++) {
		const struct session_row *r = &u->sessions.row[i];

		snprintf(add(c, sessions_name(u, r, text, sizeof text))->when, sizeof c->at->when,
			 "%s", r->results.protocol);
	}
}

static void add_utterances(const struct ui *u, struct completions *c)
{
	const struct history *h = ui_history(u);

	for (int i = 0; h && i < h->n; i++)
		snprintf(add(c, h->id[i])->when, sizeof c->at->when, "%s",
			 ui_label(u, h->label[i]));
	sort(c);
}

static void add_views(struct completions *c)
{
	char text[32];

	for (int i = 0; i < VIEWS; i++) {
		snprintf(text, sizeof text, "%s", view_table[i]->name);
		text[0] = (char)tolower((unsigned char)text[0]);
		snprintf(add(c, text)->when, sizeof c->at->when, "%s", view_table[i]->help);
	}
}

static void add_columns(struct completions *c)
{
	for (int i = 0; i < UTTERANCE_COLUMNS; i++)
		snprintf(add(c, facts_column[i].name)->when, sizeof c->at->when, "%s",
			 facts_column[i].help);
}

static void add_slices(struct completions *c)
{
	for (const struct slice *s = slices; s->name; s++)
		snprintf(add(c, s->name)->when, sizeof c->at->when, "%s", s->help);
}

static void add_words(const struct ui *u, const struct ui_command *command, struct completions *c)
{
	char text[sizeof c->at->text], args[sizeof text];

	for (const char *at = command_args(u, command, args, sizeof args); *at;) {
		size_t length = strcspn(at, " |[]");

		/* WORDS in capitals stand for something else. */
		if (length && !isupper((unsigned char)*at)) {
			snprintf(text, sizeof text, "%.*s", (int)length, at);
			add(c, text);
		}
		at += length + (at[length] != '\0');
	}
}

/* A name within a condition: what stands before it without a blank stays. */
static struct completion *add_name(struct completions *c, const char *word, const char *name)
{
	char text[sizeof c->at->text];
	size_t before = strlen(word);

	while (before > 0 && !strchr("()!&|=<>~+-*/", word[before - 1]))
		before--;
	snprintf(text, sizeof text, "%.*s%s", (int)before, word, name);
	return add(c, text);
}

/* What may follow `is`, or may stand at any place. */
static bool add_sorts(struct completions *c, const struct words *w)
{
	static const char *const sorts[] = {"nan", "inf", "finite"};
	bool is = strcmp(w->before, "is") == 0;

	for (size_t i = 0; is && i < sizeof sorts / sizeof *sorts; i++)
		add(c, sorts[i]);
	return is;
}

static void add_figures(const char *word, struct completions *c)
{
	for (int i = 0; breakpoint_name(i).name; i++) {
		struct breakpoint_name n = breakpoint_name(i);
		struct completion *m = add_name(c, word, n.name);

		snprintf(m->when, sizeof m->when, "%s", n.help);
		snprintf(m->takes, sizeof m->takes, "%s", n.epoch ? "each epoch" : "each step");
	}
	c->takes = "tested after";
	c->when = "is";
}

static void add_filter(const char *word, struct completions *c)
{
	for (int i = 0; i < UTTERANCE_COLUMNS; i++)
		snprintf(add_name(c, word, facts_column[i].name)->when, sizeof c->at->when, "%s",
			 facts_column[i].help);
}

static void add_arguments(const struct ui *u, const struct ui_command *command,
			  const struct words *w, struct completions *c)
{
	if (command_is_locked(u, command))
		return;
	switch (command->complete) {
	case COMPLETE_KEY_VALUE:
		if (w->n == 2)
			add_values(u, w->argument, c);
		/* fall through */
	case COMPLETE_KEY:
		if (w->n == 1)
			add_keys(u, c);
		break;
	case COMPLETE_FILE:
		add_files(w->word, c);
		break;
	case COMPLETE_SESSION:
		add_words(u, command, c);
		add_sessions(u, c);
		break;
	case COMPLETE_UTTERANCE:
		add_utterances(u, c);
		break;
	case COMPLETE_COMMAND:
		add_commands(u, c);
		break;
	case COMPLETE_VIEW:
		add_views(c);
		break;
	case COMPLETE_COLUMN:
		add_columns(c);
		break;
	case COMPLETE_SLICE:
		add_slices(c);
		break;
	case COMPLETE_FILTER:
		if (!add_sorts(c, w))
			add_filter(w->word, c);
		break;
	case COMPLETE_BREAK:
		if (w->n == 1)
			add_words(u, command, c);
		else if (strcmp(w->argument, "when") == 0 && !add_sorts(c, w))
			add_figures(w->word, c);
		break;
	case COMPLETE_WORDS:
		add_words(u, command, c);
		break;
	case COMPLETE_NOTHING:
		break;
	}
}

void complete_word(const struct ui *u, const char *line, int point, struct completions *c)
{
	const struct ui_command *command;
	struct err ignored = {0};
	struct words w;

	*c = (struct completions){0};
	cut_words(line, point, &w);
	if (w.n == 0) {
		add_commands(u, c);
	} else {
		command = command_find(w.command, &ignored);
		if (command)
			add_arguments(u, command, &w, c);
	}
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

/* What stands at the right: why the command is refused, what its arguments
 * are, or what the setting takes and is. */
void complete_hint(struct ui *u)
{
	char *out = u->console.hint, takes[OPTION_TAKES], now[64];
	const size_t room = sizeof u->console.hint;
	const struct ui_command *command;
	const struct option *o = NULL;
	struct err ignored = {0};
	const char *why;
	struct words w;
	char line[sizeof u->console.line + 1];

	out[0] = '\0';
	snprintf(line, sizeof line, "%s ", u->console.line);
	cut_words(line, (int)strlen(line), &w);
	command = w.n ? command_find(w.command, &ignored) : NULL;
	if (!command)
		return;
	if (command->complete == COMPLETE_KEY_VALUE || command->complete == COMPLETE_KEY)
		o = option_find(w.argument);
	why = command_refused(u, u->console.line);
	if (why) {
		snprintf(out, room, "%s", why);
	} else if (o) {
		say_now(u, o, false, now, sizeof now);
		snprintf(out, room, "%s, now %s", option_takes(o, takes, sizeof takes), now);
	} else {
		command_args(u, command, out, room);
	}
}

static bool wants_session(const char *line, int point)
{
	const struct ui_command *command;
	struct err ignored = {0};
	struct words w;

	cut_words(line, point, &w);
	command = w.n == 1 ? command_find(w.command, &ignored) : NULL;
	return command && command->complete == COMPLETE_SESSION;
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
	if (u->sessions.n == 0 && wants_session(line, u->console.point))
		sessions_load(u);
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
