/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/console/keys.h"

#include "base/mem.h"
#include "base/str.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* What works everywhere: before the views' own on the key row, and after them; then
 * the number of each view, and the rest. */
static const char keys_first[] = "Space toggle               # pause\n"
				 "s step                     # step\n"
				 "S step epoch\n";
static const char keys_more[] = "WheelUp move up\n"
				"WheelDown move down\n"
				"u undo                     # undo\n"
				"t console try\t # try\n"
				"m console note\t # note\n"
				"N start                    # next run\n"
				"^C stop\n"
				"q quit                     # quit\n";
static const char keys_last[] = "Tab view next\n"
				"S-Tab view prev\n"
				": console\n"
				"? help\n"
				"F1 help\n"
				"Esc cancel\n";

/* The bindings in force. The screen's thread alone touches them. */
static struct {
	struct binding *at;
	int n;
	bool ready;
} bound;

/* "train, confusion, … or sessions" */
static void say_views(struct str *out)
{
	for (int i = 0; i < VIEWS; i++)
		str_addf(out, "%s%s",
			 i == 0           ? ""
			 : i == VIEWS - 1 ? " or "
					  : ", ",
			 view_table[i]->name);
	for (size_t i = 0; i < out->len; i++)
		out->s[i] = (char)tolower((unsigned char)out->s[i]);
}

static int find_view(const char *name, int *view, struct err *e)
{
	struct str names = {0};

	*view = -1;
	if (strcasecmp(name, "all") == 0)
		return 0;
	for (int i = 0; i < VIEWS; i++)
		if (strcasecmp(name, view_table[i]->name) == 0) {
			*view = i;
			return 0;
		}
	say_views(&names);
	err_set(e, "bind: %s is not a view; expected all, %s", name, names.s);
	str_free(&names);
	return -1;
}

/* Replaces a binding of the same view and key in its place, else adds one. */
static void keep(int view, struct key key, const char *command, const char *label)
{
	struct binding *b = NULL;

	for (int i = 0; i < bound.n && !b; i++)
		if (bound.at[i].view == view && key_same(bound.at[i].key, key))
			b = &bound.at[i];
	if (b) {
		free(b->command);
		free(b->label);
	} else {
		bound.at = mem_grow(bound.at, (size_t)bound.n + 1, sizeof *bound.at);
		b = &bound.at[bound.n++];
	}
	*b = (struct binding){view, key, mem_dup(command), mem_dup(label)};
}

/* "COMMAND # label" */
static void bind(int view, struct key key, const char *text)
{
	char command[512], *label;
	size_t len;

	str_fit(command, sizeof command, text);
	label = strstr(command, " # ");
	if (label) {
		*label = '\0';
		label += strlen(" # ");
	}
	/* A tab at the end is the space that a typed text ends with. */
	len = strcspn(command, "\t");
	if (command[len] == '\t')
		strcpy(command + len, " ");
	else
		while (len && command[len - 1] == ' ')
			command[--len] = '\0';
	keep(view, key, command, label ? label : "");
}

static void bind_line(int view, const char *line)
{
	struct err e = {0};
	struct key key = {0};
	char name[32] = "";
	int used = 0;

	if (sscanf(line, "%31s %n", name, &used) != 1 || !line[used] || key_parse(&key, name, &e))
		BUG("built-in binding: %s", line);
	bind(view, key, line + used);
}

static void bind_lines(int view, const char *text)
{
	for (size_t len; *text; text += len + 1) {
		char line[256];

		len = strcspn(text, "\n");
		snprintf(line, sizeof line, "%.*s", (int)len, text);
		bind_line(view, line);
	}
}

static void ready(void)
{
	char line[32];

	if (bound.ready)
		return;
	bound.ready = true;
	bind_lines(-1, keys_first);
	for (int i = 0; i < VIEWS; i++)
		bind_lines(i, view_table[i]->keys);
	bind_lines(-1, keys_more);
	for (int i = 1; i <= VIEWS; i++) {
		snprintf(line, sizeof line, "%d view %d", i, i);
		bind_line(-1, line);
	}
	bind_lines(-1, keys_last);
}

int keys_bind(const char *text, struct err *e)
{
	char view_name[32], key_name[32];
	struct key key = {0};
	int view, used = 0;

	if (sscanf(text, "%31s %31s %n", view_name, key_name, &used) != 2 || !used || !text[used])
		return err_set(e,
			       "bind VIEW KEY COMMAND: expected a view (or all), a key and a "
			       "command; found '%s'",
			       text);
	if (find_view(view_name, &view, e) || key_parse(&key, key_name, e))
		return -1;
	ready();
	bind(view, key, text + used);
	return 0;
}

const struct binding *keys_find(enum view_id v, const struct key *k)
{
	const struct binding *everywhere = NULL;

	ready();
	for (int i = 0; i < bound.n; i++) {
		if (!key_same(bound.at[i].key, *k))
			continue;
		if (bound.at[i].view == (int)v)
			return &bound.at[i];
		if (bound.at[i].view < 0)
			everywhere = &bound.at[i];
	}
	return everywhere;
}

const struct binding *keys_at(int i)
{
	ready();
	return i < bound.n ? &bound.at[i] : NULL;
}

void keys_reset(void)
{
	for (int i = 0; i < bound.n; i++) {
		free(bound.at[i].command);
		free(bound.at[i].label);
	}
	free(bound.at);
	bound.at = NULL;
	bound.n = 0;
	bound.ready = false;
}

static int run_bind(struct ui *u, const char *args, struct err *e)
{
	(void)u;
	return keys_bind(args, e);
}

const struct verb keys_verbs[] = {
	{"bind", "VIEW KEY COMMAND", "Bind a key; VIEW is all or a view's name.", run_bind, NULL,
	 NULL, CHANGES_NOTHING},
	{0},
};
