/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finding a command by what was typed, and running it. */
#include "ui/console/command.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/near.h"
#include "base/str.h"
#include "ui/state/feed.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { SOURCING_MOST = 8 };

/* ---- the names ---- */

/* Made of the tables when first asked for. The screen's thread alone touches it. */
static struct {
	struct ui_command *at;
	int n;
} all;

static struct ui_command *named(const char *name)
{
	for (int i = 0; i < all.n; i++)
		if (strcmp(all.at[i].name, name) == 0)
			return &all.at[i];
	all.at = mem_grow(all.at, (size_t)all.n + 1, sizeof *all.at);
	all.at[all.n] = (struct ui_command){.name = name};
	return &all.at[all.n++];
}

static void ready(void)
{
	if (all.n)
		return;
	for (const struct verb *const *table = verb_tables; *table; table++)
		for (const struct verb *v = *table; v->name; v++)
			named(v->name)->everywhere = v;
	for (int i = 0; i < VIEWS; i++)
		for (const struct verb *v = view_table[i]->verbs; v->name; v++)
			named(v->name)->in[i] = v;
}

const struct ui_command *command_at(int i)
{
	ready();
	return i < all.n ? &all.at[i] : NULL;
}

bool command_is_here(const struct ui *u, const struct ui_command *c)
{
	return c->in[u->view] || c->everywhere;
}

static const struct verb *verb_of(const struct ui_command *c, enum view_id view)
{
	const struct verb *v = c->in[view] ? c->in[view] : c->everywhere;

	for (int i = 0; !v; i++)
		v = c->in[i];
	return v;
}

const struct verb *command_verb(const struct ui *u, const struct ui_command *c)
{
	return verb_of(c, u->view);
}

/* quit! of quit: meant only when written out. */
static bool is_variant(const struct ui_command *c, const struct ui_command *of)
{
	return of && strncmp(c->name, of->name, strlen(of->name)) == 0 &&
	       strcmp(c->name + strlen(of->name), "!") == 0;
}

static bool is_late(const struct ui_command *c)
{
	return verb_of(c, VIEW_TRAIN)->traits & LATE;
}

static void unknown(const char *name, struct err *e)
{
	const struct ui_command *c;
	struct near near = near_to(name);

	for (int i = 0; (c = command_at(i)); i++)
		near_try(&near, c->name);
	if (near.best)
		err_set(e, "unknown command %s; did you mean %s?", name, near.best);
	else
		err_set(e, "unknown command %s; ? lists them", name);
}

const struct ui_command *command_find(const char *name, struct err *e)
{
	const struct ui_command *c, *found = NULL, *old = NULL;
	struct str candidates = {0};
	int n = 0, olds = 0; /* candidates; "quit" before "quit!" counts for both */

	for (int i = 0; (c = command_at(i)); i++) {
		if (strcmp(c->name, name) == 0) {
			str_free(&candidates);
			return c;
		}
		if (strncmp(c->name, name, strlen(name)) == 0 && !is_variant(c, found)) {
			str_addf(&candidates, "%s%s", n++ ? " " : "", c->name);
			found = c;
			if (!is_late(c)) {
				old = c;
				olds++;
			}
		}
	}
	if (n == 0)
		unknown(name, e);
	else if (n > 1 && olds != 1)
		err_set(e, "%s could be: %s", name, str_text(&candidates));
	str_free(&candidates);
	return olds == 1 ? old : n == 1 ? found : NULL;
}

/* ---- why not now ---- */

/* The first word into name (size n); returns what comes after it. */
static const char *split(const char *line, char *name, size_t n)
{
	size_t len;

	line += strspn(line, " \t");
	len = strcspn(line, " \t");
	snprintf(name, n, "%.*s", (int)len, line);
	line += len;
	return line + strspn(line, " \t");
}

bool command_is_locked(const struct ui *u, const struct verb *v)
{
	return u->readonly && v->traits & CHANGES && !(v->traits & (FIRST_LOOKS | BARE_LOOKS));
}

const char *command_args(const struct ui *u, const struct verb *v, char *out, size_t n)
{
	size_t most = strlen(v->args);

	if (u->readonly && v->traits & FIRST_LOOKS)
		most = strcspn(v->args, "|");
	else if (u->readonly && v->traits & BARE_LOOKS)
		most = 0;
	snprintf(out, n, "%.*s", (int)most, v->args);
	return out;
}

/* Is the argument the first of those it takes? One in capitals is for what the
 * command itself has to tell apart. */
static bool is_first(const struct verb *v, const char *args)
{
	size_t len = strcspn(args, " \t"), first = strcspn(v->args, "|");

	return !len || isupper((unsigned char)*v->args) ||
	       (len == first && strncmp(args, v->args, len) == 0);
}

static bool may_change(const struct verb *v, const char *args)
{
	return v->traits & CHANGES && !(v->traits & FIRST_LOOKS && is_first(v, args)) &&
	       !(v->traits & BARE_LOOKS && !*args);
}

static const char *locked(const struct ui *u, const struct ui_command *c, const char *args)
{
	return u->readonly && may_change(command_verb(u, c), args)
		       ? "not possible with --readonly, which changes no session"
		       : NULL;
}

static const char *refused(const struct ui *u, const struct ui_command *c, const char *args)
{
	const struct verb *v = command_verb(u, c);

	if (locked(u, c, args))
		return locked(u, c, args);
	if (!command_is_here(u, c))
		return "not in this view";
	if (c->in[u->view] && !view_table[u->view]->runless && ui_no_run(u))
		return ui_no_run(u);
	return v->refused ? v->refused(u) : NULL;
}

/* "console try " counts as "try": it is what the user is about to type. */
static const struct ui_command *meant(const struct ui *u, const struct ui_command *c,
				      const char **args)
{
	struct err ignored = {0};
	char name[64];
	const struct ui_command *typed;
	const char *rest;

	if (!(command_verb(u, c)->traits & TYPES) || !**args)
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
	c = meant(u, c, &args);
	return refused(u, c, args);
}

/* Where a verb works that does not work here. */
static int not_here(const struct ui_command *c, struct err *e)
{
	struct str where = {0};

	for (int i = 0; i < VIEWS; i++)
		if (c->in[i])
			str_addf(&where, "%s%s", where.len ? ", " : "", view_table[i]->name);
	err_set(e, "%s works in: %s", c->name, str_text(&where));
	str_free(&where);
	return -1;
}

/* ---- running ---- */

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
	if (!command_is_here(u, c))
		return not_here(c, e);
	typed = meant(u, c, &rest); /* the console opens for what may be refused later */
	why = typed == c ? refused(u, c, args) : locked(u, typed, rest);
	if (why && command_verb(u, typed)->traits & KEYED)
		return err_set(e, "%s", why);
	if (why)
		return err_set(e, "%s: %s", typed->name, why);
	if (u->message.error)
		u->message.text[0] = '\0';
	if (command_verb(u, c)->run(u, args, e))
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
		return err_set(e, "%s: the files source each other endlessly", path);
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
