/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/queue/grid.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_PART = 60 }; /* bytes of one setting in a folder's name */

/*
 * Values
 */

/* The next of "V1,[V,2],V3" into *value, its brackets taken off; moves *at over it and
 * its comma. False at the end. *bare: it was written without brackets. */
static bool next_value(const char **at, struct str *value, bool *bare)
{
	const char *start = *at, *end = NULL;

	str_reset(value);
	if (!start)
		return false;
	*bare = *start != '[';
	for (const char *p = start; !*bare && *p && !end; p++)
		if (*p == ']' && (p[1] == ',' || !p[1]))
			end = p;
	*bare = !end; /* one that nothing closes is a character like any other */
	if (*bare)
		end = start + strcspn(start, ",");
	else
		start++;
	str_addn(value, start, (size_t)(end - start));
	end += !*bare;
	*at = *end ? end + 1 : NULL;
	return true;
}

/* What a value is called in the name of a folder. */
static void add_name(struct str *name, const struct option *o, const char *value)
{
	size_t start;

	str_addf(name, "%s=", option_short(o));
	start = name->len;
	str_add(name, o->type == OPT_PATH ? path_base(value) : value);
	for (size_t i = start; i < name->len; i++)
		if (!isalnum((unsigned char)name->s[i]) && !strchr("=,.-_+", name->s[i]))
			name->s[i] = '_';
	if (name->len > NAME_PART) {
		name->len = NAME_PART;
		name->s[NAME_PART] = '\0';
	}
}

static int add_value(struct grid_axis *a, const char *key, const char *text, bool bare,
		     struct err *e)
{
	struct settings s;
	struct err why = {0};
	struct str name = {0};
	char value[OPTION_TEXT], *set;

	if (!*text && bare)
		return err_usage(e, "%s: a value is missing; the empty text is written []", key);
	options_preset(&s);
	if (option_set(&s, a->o, text, ".", &why))
		return err_usage(e, "%s", why.text);
	option_text(&s, a->o, value, sizeof value);
	set = str_format("%s=%s", a->o->key, value);
	for (int i = 0; i < a->n; i++) {
		if (strcmp(a->set[i], set) == 0) {
			free(set);
			return err_usage(e, "%s: %s is there twice", key, value);
		}
	}
	add_name(&name, a->o, value);
	a->set = mem_grow(a->set, (size_t)a->n + 1, sizeof *a->set);
	a->name = mem_grow(a->name, (size_t)a->n + 1, sizeof *a->name);
	a->set[a->n] = set;
	a->name[a->n++] = name.s;
	return 0;
}

/*
 * The grid
 */

static int find_key(const struct grid *g, const char *key, const struct option **o, struct err *e)
{
	struct err why = {0};

	*o = option_find_short(key);
	if (!*o) {
		option_unknown(key, &why);
		return err_usage(e, "%s", why.text);
	}
	if ((*o)->no_effect)
		return err_usage(e, "%s has no effect; there is nothing to compare", key);
	for (int i = 0; i < g->naxes; i++)
		if (g->axis[i].o == *o)
			return err_usage(e, "%s is there twice; give it all its values at once",
					 (*o)->key);
	return 0;
}

static int read_axis(struct grid *g, const char *text, struct err *e)
{
	size_t len = strcspn(text, "=");
	struct str value = {0};
	struct grid_axis *a;
	const char *at;
	char key[128];
	bool bare;
	int failed = 0;

	if (!len || !text[len] || len >= sizeof key)
		return err_usage(e, "expected KEY=VALUE,VALUE,...; found '%.80s'", text);
	snprintf(key, sizeof key, "%.*s", (int)len, text);
	g->axis = mem_grow(g->axis, (size_t)g->naxes + 1, sizeof *g->axis);
	a = &g->axis[g->naxes];
	*a = (struct grid_axis){0};
	if (find_key(g, key, &a->o, e))
		return -1;
	g->naxes++;
	at = text + len + 1;
	while (!failed && next_value(&at, &value, &bare))
		failed = add_value(a, key, str_text(&value), bare, e);
	str_free(&value);
	if (!failed && a->n > GRID_CELLS / g->cells)
		failed = err_usage(e, "%s: these are more than %d runs; leave out values", key,
				   GRID_CELLS);
	g->cells *= a->n;
	return failed;
}

int grid_read(struct grid *g, const char *const *text, int n, struct err *e)
{
	*g = (struct grid){.cells = 1};
	for (int i = 0; i < n; i++) {
		if (read_axis(g, text[i], e)) {
			grid_free(g);
			return -1;
		}
	}
	return 0;
}

void grid_free(struct grid *g)
{
	for (int i = 0; i < g->naxes; i++) {
		for (int k = 0; k < g->axis[i].n; k++) {
			free(g->axis[i].set[k]);
			free(g->axis[i].name[k]);
		}
		free(g->axis[i].set);
		free(g->axis[i].name);
	}
	free(g->axis);
	*g = (struct grid){0};
}

/* Which value of each axis a cell has. */
static int place(const struct grid *g, int cell, int axis)
{
	for (int i = g->naxes - 1; i > axis; i--)
		cell /= g->axis[i].n;
	return cell % g->axis[axis].n;
}

void grid_cell(const struct grid *g, int cell, const char **set)
{
	for (int i = 0; i < g->naxes; i++)
		set[i] = g->axis[i].set[place(g, cell, i)];
}

static void join_names(const struct grid *g, int cell, char out[GRID_NAME])
{
	size_t at = 0;

	out[0] = '\0';
	for (int i = 0; i < g->naxes && at < GRID_NAME; i++)
		at += (size_t)snprintf(out + at, GRID_NAME - at, "%s%s", i ? "," : "",
				       g->axis[i].name[place(g, cell, i)]);
}

void grid_name(const struct grid *g, int cell, char out[GRID_NAME])
{
	char other[GRID_NAME];
	int twins = 1;

	join_names(g, cell, out);
	for (int i = 0; i < cell; i++) {
		join_names(g, i, other);
		twins += strcmp(other, out) == 0;
	}
	if (twins > 1) {
		size_t at = strlen(out) < GRID_NAME - 6 ? strlen(out) : GRID_NAME - 6;

		snprintf(out + at, GRID_NAME - at, "-%d", twins);
	}
}
