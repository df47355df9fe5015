/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finding a command by what was typed, and running it. */
#include "ui/console/command.h"

#include "base/file.h"
#include "base/near.h"
#include "base/str.h"
#include "ui/state/feed.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { SOURCING_MOST = 8 };

/* quit! of quit: meant only when written out. */
static bool is_variant(const struct ui_command *c, const struct ui_command *of)
{
	return of && strncmp(c->name, of->name, strlen(of->name)) == 0 &&
	       strcmp(c->name + strlen(of->name), "!") == 0;
}

const struct ui_command *command_find(const char *name, struct err *e)
{
	const struct ui_command *found = NULL, *old = NULL;
	struct str candidates = {0};
	int n = 0, olds = 0; /* candidates; "quit" before "quit!" counts for both */

	for (int i = 0; i < command_count; i++) {
		const struct ui_command *c = &command_table[i];

		if (strcmp(c->name, name) == 0) {
			str_free(&candidates);
			return c;
		}
		if (strncmp(c->name, name, strlen(name)) == 0 && !is_variant(c, found)) {
			str_addf(&candidates, "%s%s", n++ ? " " : "", c->name);
			found = c;
			if (!(c->traits & LATE)) {
				old = c;
				olds++;
			}
		}
	}
	if (olds == 1) {
		str_free(&candidates);
		return old;
	}
	if (n > 1)
		err_set(e, "%s could be: %s", name, str_text(&candidates));
	if (n == 0) {
		struct near near = near_to(name);

		for (int i = 0; i < command_count; i++)
			near_try(&near, command_table[i].name);
		err_set(e, "no command is called %s%s%s; ? lists them", name,
			near.best ? "; did you mean " : "", near.best ? near.best : "");
	}
	str_free(&candidates);
	return n == 1 ? found : NULL;
}

/* The first word into name (size n); returns what stands behind it. */
static const char *split(const char *line, char *name, size_t n)
{
	size_t len;

	line += strspn(line, " \t");
	len = strcspn(line, " \t");
	snprintf(name, n, "%.*s", (int)len, line);
	line += len;
	return line + strspn(line, " \t");
}

static bool in_view(const struct ui *u, const struct ui_command *c)
{
	return c->views >> u->view & 1;
}

bool command_is_locked(const struct ui *u, const struct ui_command *c)
{
	return u->readonly && c->traits & CHANGES && !(c->traits & FIRST_LOOKS);
}

const char *command_args(const struct ui *u, const struct ui_command *c, char *out, size_t n)
{
	bool first = u->readonly && c->traits & FIRST_LOOKS;

	snprintf(out, n, "%.*s", (int)(first ? strcspn(c->args, "|") : strlen(c->args)), c->args);
	return out;
}

/* Is the argument the first of those it takes? One in capitals stands for what
 * the command itself has to tell apart. */
static bool is_first(const struct ui_command *c, const char *args)
{
	size_t len = strcspn(args, " \t"), first = strcspn(c->args, "|");

	return !len || isupper((unsigned char)*c->args) ||
	       (len == first && strncmp(args, c->args, len) == 0);
}

static bool may_change(const struct ui_command *c, const char *args)
{
	return c->traits & CHANGES && !(c->traits & FIRST_LOOKS && is_first(c, args));
}

static const char *locked(const struct ui *u, const struct ui_command *c, const char *args)
{
	return u->readonly && may_change(c, args) ? "not with --readonly, which changes no session"
						  : NULL;
}

static const char *refused(const struct ui *u, const struct ui_command *c, const char *args)
{
	const struct view *v = view_table[u->view];

	if (locked(u, c, args))
		return locked(u, c, args);
	if (in_view(u, c))
		return v->refused ? v->refused(u, c->name) : NULL;
	if (!c->run)
		return "not in this view";
	return c->refused ? c->refused(u) : NULL;
}

/* "console try " counts as "try": it is what the user is about to type. */
static const struct ui_command *meant(const struct ui_command *c, const char **args)
{
	struct err ignored = {0};
	char name[64];
	const struct ui_command *typed;
	const char *rest;

	if (c->complete != COMPLETE_COMMAND || !**args)
		return c;
	rest = split(*args, name, sizeof name);
	typed = command_find(name, &ignored);
	if (!typed)
		return c;
	*args = rest;
	return typed;
}

const char *command_refused(const struct ui *u, const char *line)
{
	char name[64];
	struct err ignored = {0};
	const char *args = split(line, name, sizeof name);
	const struct ui_command *c = command_find(name, &ignored);

	if (!c)
		return "no such command";
	c = meant(c, &args);
	return refused(u, c, args);
}

/* Where a verb works that does not work here. */
static int not_here(const struct ui_command *c, struct err *e)
{
	struct str where = {0};

	for (int i = 0; i < VIEWS; i++)
		if (c->views >> i & 1)
			str_addf(&where, "%s%s", where.len ? ", " : "", view_table[i]->name);
	err_set(e, "%s works in: %s", c->name, str_text(&where));
	str_free(&where);
	return -1;
}

int command_run(struct ui *u, const char *line, struct err *e)
{
	char name[64], args[1024];
	const struct ui_command *c, *typed;
	const char *why, *rest = args;
	size_t len;

	str_fit(args, sizeof args, split(line, name, sizeof name));
	if (!name[0] || name[0] == '#')
		return 0;
	for (len = strlen(args); len && isspace((unsigned char)args[len - 1]);)
		args[--len] = '\0';
	c = command_find(name, e);
	if (!c)
		return -1;
	if (!in_view(u, c) && !c->run)
		return not_here(c, e);
	typed = meant(c, &rest); /* the console opens for what may be refused later */
	why = typed == c ? refused(u, c, args) : locked(u, typed, rest);
	if (why)
		return err_set(e, "%s: %s", typed->name, why);
	if (u->message.error)
		u->message.text[0] = '\0';
	if (in_view(u, c) ? view_table[u->view]->command(u, c->name, args, e) : c->run(u, args, e))
		return -1;
	feed_refresh(u);
	return 0;
}

int command_lines(struct ui *u, struct script *l, struct err *e)
{
	char *line;
	bool whole;

	while (!u->quit && !e->status && (line = str_line(&l->at, l->end, &whole))) {
		struct err mine = {0};

		l->number++;
		if (command_run(u, line, &mine)) {
			err_at(e, l->path, l->number, 0, "%s", mine.text);
			break;
		}
		if (!u->settle)
			continue;
		u->settle(u);
		if (u->message.error && u->message.text[0])
			err_at(e, l->path, l->number, 0, "%s", u->message.text);
	}
	return e->status ? -1 : 0;
}

int command_source(struct ui *u, const char *path, struct err *e)
{
	struct script l = {.path = path};
	size_t len;
	char *text;

	if (u->sourcing == SOURCING_MOST)
		return err_set(e, "%s: files source one another without end", path);
	text = file_read(path, FILE_SCRIPT, &len, e);
	if (!text)
		return -1;
	l.at = text;
	l.end = text + len;
	u->sourcing++;
	command_lines(u, &l, e);
	u->sourcing--;
	free(text);
	return e->status ? -1 : 0;
}
