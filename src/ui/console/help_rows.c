/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rows of the help, made again for each drawing. */
#include "ui/console/help_private.h"

#include "base/mem.h"
#include "base/str.h"
#include "ui/console/command.h"
#include "ui/console/keys.h"
#include "ui/console/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "console try " opens the console with "try ": what counts is that. */
static const char *typed_by(const char *command)
{
	static const char console[] = "console ";

	return strncmp(command, console, sizeof console - 1) == 0 ? command + sizeof console - 1
								  : NULL;
}

/* What answers in a view to the verb that the line begins with; NULL: nothing. */
static const struct verb *verb_of(const char *line, int view)
{
	const struct ui_command *c = NULL;
	struct err ignored = {0};
	char name[64];

	snprintf(name, sizeof name, "%.*s", (int)strcspn(line, " "), line);
	if (*name)
		c = command_find(name, &ignored);
	return !c ? NULL : c->in[view] ? c->in[view] : c->everywhere;
}

static bool needs_arguments(const struct verb *v)
{
	return *v->args && v->args[0] != '[';
}

/* A line of this view, or (view >= 0) of another, where it is asked for. */
static void fill(const struct ui *u, struct help_row *r, const char *line, int view)
{
	r->of = verb_of(line, view < 0 ? (int)u->view : view);
	r->line = line;
	r->help = r->of ? r->of->help : "";
	r->refused = r->of && view < 0 ? command_refused(u, line) : NULL;
	r->view = view;
}

static struct help_row *add(struct help_rows *rows, enum help_section section)
{
	struct help_row *r;

	rows->at = mem_grow(rows->at, (size_t)rows->n + 1, sizeof *rows->at);
	r = &rows->at[rows->n++];
	*r = (struct help_row){.section = section, .view = -1, .help = "", .line = ""};
	return r;
}

/* Another key for the same command appears in the same row. */
static bool joined(struct help_rows *rows, int view, const struct binding *b, const char *key)
{
	for (int i = 0; i < rows->n; i++) {
		struct help_row *r = &rows->at[i];
		size_t used = strlen(r->keys);

		if (r->view != view || strcmp(r->line, b->command) != 0)
			continue;
		snprintf(r->keys + used, sizeof r->keys - used, " %s", key);
		return true;
	}
	return false;
}

/* Is the key taken by the view itself? Then the binding for all is hidden, as
 * is the wheel of a mouse that is off. */
static bool hidden(const struct ui *u, const struct binding *b)
{
	bool wheel = b->key.code == K_WHEEL_UP || b->key.code == K_WHEEL_DOWN;

	if (wheel && !u->mouse)
		return true;
	return b->view < 0 && keys_find(u->view, &b->key) != b;
}

/* The keys of a view (-1: of all) in a section. */
static void add_bindings(const struct ui *u, struct help_rows *rows, int view,
			 enum help_section section)
{
	int there = section == HELP_ELSEWHERE ? view : -1;
	const struct binding *b;
	struct help_row *r;

	for (int i = 0; (b = keys_at(i)); i++) {
		char key[KEY_NAME_LEN], args[sizeof r->command];
		const char *typed = typed_by(b->command);

		if (b->view != view || hidden(u, b) ||
		    joined(rows, there, b, key_text(key, b->key)))
			continue;
		r = add(rows, section);
		if (there < 0)
			snprintf(r->keys, sizeof r->keys, "%s", key);
		else
			snprintf(r->keys, sizeof r->keys, "%d %s", view + 1, key);
		fill(u, r, typed ? typed : b->command, there);
		if (typed && r->of)
			snprintf(r->command, sizeof r->command, "%s %s", r->of->name,
				 command_args(u, r->of, args, sizeof args));
		else
			snprintf(r->command, sizeof r->command, "%s", b->command);
		r->needs_more = typed != NULL;
		r->line = b->command;
	}
}

static bool has_key(const struct help_rows *rows, const struct verb *v)
{
	for (int i = 0; i < rows->n; i++)
		if (rows->at[i].of == v)
			return true;
	return false;
}

/* A verb that nothing has a key for: of this view or all, or (view >= 0) of another. */
static void add_unbound(const struct ui *u, struct help_rows *rows, const struct verb *v, int view)
{
	struct help_row *r;
	char args[sizeof r->command];

	if (has_key(rows, v))
		return;
	r = add(rows, view < 0 ? HELP_CONSOLE : HELP_ELSEWHERE);
	if (view < 0)
		snprintf(r->keys, sizeof r->keys, ":");
	else
		snprintf(r->keys, sizeof r->keys, "%d :", view + 1);
	snprintf(r->command, sizeof r->command, "%s %s", v->name,
		 command_args(u, v, args, sizeof args));
	fill(u, r, v->name, view);
	r->needs_more = needs_arguments(v);
}

static void add_commands(const struct ui *u, struct help_rows *rows)
{
	const struct ui_command *c;

	for (int i = 0; (c = command_at(i)); i++)
		if (command_is_here(u, c))
			add_unbound(u, rows, command_verb(u, c), -1);
}

static void add_other_views(const struct ui *u, struct help_rows *rows)
{
	for (int view = 0; view < VIEWS; view++) {
		if (view == (int)u->view)
			continue;
		add_bindings(u, rows, view, HELP_ELSEWHERE);
		for (const struct verb *v = view_table[view]->verbs; v->name; v++)
			add_unbound(u, rows, v, view);
	}
}

static void add_words(const struct ui *u, struct help_rows *rows, bool here)
{
	for (int i = 0; i < word_count; i++) {
		const struct word *w = &word_table[i];
		struct help_row *r;

		if ((!w->views || w->views >> u->view & 1) != here)
			continue;
		r = add(rows, here ? HELP_WORDS : HELP_ELSEWHERE);
		snprintf(r->command, sizeof r->command, "%s", w->name);
		r->help = w->meaning;
	}
}

static void add_settings(struct help_rows *rows)
{
	for (int i = 0; i < option_count; i++) {
		struct help_row *r = add(rows, HELP_SETTINGS);

		r->option = &option_table[i];
		snprintf(r->keys, sizeof r->keys, "6");
		snprintf(r->command, sizeof r->command, "%s", r->option->key);
		r->help = r->option->help;
	}
}

static int by_section(const void *a, const void *b)
{
	const struct help_row *x = a, *y = b;

	/* qsort may exchange equals. */
	if (x->section != y->section)
		return (int)x->section - (int)y->section;
	return x->place - y->place;
}

static bool matches(const struct help_row *r, const char *filter)
{
	return str_contains(r->keys, filter) || str_contains(r->command, filter) ||
	       str_contains(r->help, filter);
}

void help_make(const struct ui *u, struct help_rows *rows)
{
	int kept = 0;

	*rows = (struct help_rows){0};
	add_bindings(u, rows, (int)u->view, HELP_HERE);
	add_bindings(u, rows, -1, HELP_EVERYWHERE);
	add_commands(u, rows);
	add_words(u, rows, true);
	if (u->help.filter[0]) {
		add_other_views(u, rows);
		add_words(u, rows, false);
		add_settings(rows);
	}
	for (int i = 0; i < rows->n; i++) {
		struct help_row *r = &rows->at[i];

		if (r->refused)
			r->section = HELP_NOT_NOW;
		r->place = i;
		if (matches(r, u->help.filter))
			rows->at[kept++] = *r;
	}
	rows->n = kept;
	if (kept)
		qsort(rows->at, (size_t)kept, sizeof *rows->at, by_section);
}

const char *help_sentence(const struct help_row *r)
{
	return r->refused ? r->refused : r->help;
}

char *help_key_for(const struct ui *u, const char *command, char *out, size_t n)
{
	const struct binding *b;

	out[0] = '\0';
	for (int i = 0; !*out && (b = keys_at(i)); i++) {
		char key[KEY_NAME_LEN];

		if (strcmp(b->command, command) == 0 && (b->view < 0 || b->view == (int)u->view) &&
		    !hidden(u, b))
			snprintf(out, n, "%s", key_text(key, b->key));
	}
	return out;
}
