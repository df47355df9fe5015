/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which runs view 7 lists, in which order, and what is folded. */
#include "ui/view/sessions.h"

#include "base/mem.h"
#include "base/str.h"
#include "ui/console/complete.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int sessions_filter(struct ui *u, const char *args, struct err *e)
{
	struct sessions_view *v = sessions_view(u);
	struct filter *f = NULL;

	if (strlen(args) >= sizeof v->filter)
		return err_usage(e, "filter: the condition is too long");
	if (*args) {
		f = filter_parse(args, e);
		if (!f)
			return -1;
	}
	filter_free(v->condition);
	v->condition = f;
	snprintf(v->filter, sizeof v->filter, "%s", args);
	v->stale = true;
	return 0;
}

/* What `sort` without a column goes through. */
static const char *const usual[] = {"", "wf1", "begun", "state", "disk"};
enum { USUAL = sizeof usual / sizeof *usual };

static const char *next_usual(const struct sessions_view *v)
{
	for (int i = 0; i < USUAL; i++)
		if (strcmp(column_name(&v->sort), usual[i]) == 0)
			return usual[(i + 1) % USUAL];
	return usual[0];
}

static bool same_key(const struct shelf_key *a, const struct shelf_key *b)
{
	return a->column == b->column && a->option == b->option;
}

int sessions_sort(struct ui *u, const char *args, struct err *e)
{
	struct sessions_view *v = sessions_view(u);
	struct shelf_key key = {NULL, -1};
	const char *name = *args ? args : next_usual(v);

	if (strcmp(name, "-") == 0)
		name = "";
	if (*name && column_find(&key, name, e))
		return -1;
	v->falls = same_key(&key, &v->sort) ? !v->falls : column_falls(&key);
	v->sort = key;
	v->stale = true;
	return 0;
}

int sessions_group(struct ui *u, const char *args, struct err *e)
{
	struct sessions_view *v = sessions_view(u);
	struct shelf_key key = {NULL, -1};

	if (*args && strcmp(args, "-") != 0 && column_find(&key, args, e))
		return -1;
	v->group = key;
	v->stale = true;
	return 0;
}

int sessions_archived(struct ui *u, const char *args, struct err *e)
{
	struct sessions_view *v = sessions_view(u);

	if (*args && strcmp(args, "on") != 0 && strcmp(args, "off") != 0)
		return err_usage(e, "archived: expected on, off or nothing; found %.40s", args);
	v->archived = *args ? strcmp(args, "on") == 0 : !v->archived;
	v->stale = true;
	ui_say(u, v->archived ? "archived runs are shown" : "archived runs are left out");
	return 0;
}

/* ---- completion ---- */

static const char *help_of(const struct shelf_key *k)
{
	return k->column ? k->column->help : option_table[k->option].help;
}

void sessions_complete_sort(struct ui *u, const struct words *w, struct completions *c)
{
	struct shelf_key k;
	const char *name;

	(void)u, (void)w;
	for (int i = 0; (name = column_name_at(i, &k)); i++)
		snprintf(complete_add(c, name)->when, sizeof c->at->when, "%s", help_of(&k));
	snprintf(complete_add(c, "-")->when, sizeof c->at->when, "none");
}

void sessions_complete_filter(struct ui *u, const struct words *w, struct completions *c)
{
	struct shelf_key k;
	const char *name;

	(void)u;
	for (int i = 0; (name = column_name_at(i, &k)) && !complete_is(w, c); i++)
		snprintf(complete_add_name(c, w, name)->when, sizeof c->at->when, "%s",
			 help_of(&k));
	/* state=… */
	for (int i = 0; i < SHELF_STATES && strncmp(w->word, "state=", 6) == 0; i++) {
		char text[40];
		bool quoted = strchr(shelf_words[i].word, ' ') != NULL;

		snprintf(text, sizeof text, "state=%s%s%s", quoted ? "\"" : "", shelf_words[i].word,
			 quoted ? "\"" : "");
		snprintf(complete_add(c, text)->when, sizeof c->at->when, "%s",
			 shelf_words[i].help);
	}
}

/* ---- folding ---- */

static int folded_at(const struct sessions_view *v, const char *id)
{
	for (int i = 0; i < v->nfolded; i++)
		if (strcmp(v->folded[i], id) == 0)
			return i;
	return -1;
}

void sessions_fold(struct ui *u)
{
	struct sessions_view *v = sessions_view(u);
	const struct outline_line *l = sessions_line(u);

	if (!l)
		return;
	if (l->below && !l->folded) {
		v->folded = mem_grow(v->folded, (size_t)v->nfolded + 1, sizeof *v->folded);
		v->folded[v->nfolded++] = mem_dup(l->id);
		v->stale = true;
		return;
	}
	for (int i = v->at - 1; i >= 0; i--)
		if (v->list.line[i].depth < l->depth) {
			v->at = i;
			return;
		}
}

void sessions_unfold(struct ui *u)
{
	struct sessions_view *v = sessions_view(u);
	const struct outline_line *l = sessions_line(u);
	int at = l ? folded_at(v, l->id) : -1;

	if (at >= 0) {
		free(v->folded[at]);
		v->folded[at] = v->folded[--v->nfolded];
		v->stale = true;
	} else if (l && l->below) {
		v->at++;
	}
}
