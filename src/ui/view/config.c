/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every setting, its value, what the next run will have, and when a change takes effect.
 *
 * Lines are group titles and settings, made again for each drawing from
 * option_table and what is searched for; config_view(u)->row is an index into the
 * table, so the selected setting stays under any search.
 */
#include "ui/view/config_private.h"

#include "app/config/setting.h"
#include "base/str.h"
#include "ui/console/command.h"
#include "ui/console/complete.h"
#include "ui/draw/list.h"
#include "ui/state/next_run.h"

#include <stdio.h>
#include <string.h>

/*
 * What is shown
 */

void config_defaults(const struct settings *set, struct settings *out)
{
	struct err ignored = {0};

	options_preset(out);
	for (int i = 0; i < option_count; i++) {
		const struct option *o = &option_table[i];

		if (o->type == OPT_PATH)
			memcpy((char *)out + o->at, (const char *)set + o->at, o->size);
	}
	options_resolve(out, &ignored); /* without data "by layout" stays empty */
}

/* The word draft finds what the next run changes. */
static bool found(const struct ui *u, const struct option *o)
{
	const char *word = config_view(u)->find;

	if (strcmp(word, "draft") == 0)
		return draft_value(next_run(u), o);
	return str_contains(o->key, word) || str_contains(o->help, word);
}

/* "loss" of train.loss.main: losses are a group of their own, as people think
 * of them; else the key's first word. */
static const char *group_of(const struct option *o)
{
	static const char *const groups[] = {"train.loss.", "exp.", "train.", "model."};
	static const char *const titles[] = {"loss", "exp", "train", "model"};

	for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
		if (strncmp(o->key, groups[i], strlen(groups[i])) == 0)
			return titles[i];
	return "other";
}

void config_lines(const struct ui *u, struct config_lines *l)
{
	const char *group = "";

	*l = (struct config_lines){.selected = -1};
	for (int i = 0; i < option_count && l->n + 2 <= CONFIG_LINES; i++) {
		const struct option *o = &option_table[i];

		if (!found(u, o))
			continue;
		if (strcmp(group, group_of(o)) != 0)
			l->at[l->n++] = (struct config_line){.group = group = group_of(o)};
		if (l->selected < 0 || i <= config_view(u)->row)
			l->selected = l->n;
		l->at[l->n++] = (struct config_line){.o = o};
		l->settings++;
	}
}

/* The selected setting, NULL if the search finds none. */
static const struct option *selected(const struct ui *u)
{
	struct config_lines l;

	config_lines(u, &l);
	return l.settings ? l.at[l.selected].o : NULL;
}

/*
 * Commands
 */

static void click(struct ui *u, int row, int col)
{
	struct config_view *v = config_view(u);
	int rows = config_list_rows(u, u->rows - 3, u->cols);
	int first = config_head_rows(u->rows - 3), at;
	struct config_lines l;

	(void)col;
	config_lines(u, &l);
	at = l.settings ? list_click(row - first, v->top, l.selected, l.n, rows) : -1;
	if (at >= 0 && !l.at[at].group)
		v->row = (int)(l.at[at].o - option_table);
}

static int move(struct ui *u, const char *to, struct err *e)
{
	struct config_view *v = config_view(u);
	int at = 0, n = 0, setting[CONFIG_LINES];
	int rows = config_list_rows(u, u->rows - 3, u->cols);
	const struct option *now = selected(u);
	struct config_lines l;

	for (int i = 0; i < option_count && n < CONFIG_LINES; i++) {
		if (!found(u, &option_table[i]))
			continue;
		if (&option_table[i] == now)
			at = n;
		setting[n++] = i;
	}
	if (list_move(&at, n, rows, to, e))
		return -1;
	if (!n)
		return 0;
	v->row = setting[at];
	config_lines(u, &l);
	/* The title of the first group is seen from its first setting on. */
	if (l.selected == 1)
		v->top = 0;
	v->top = list_top(v->top, l.selected, l.n, rows);
	return 0;
}

/* Can the run on the screen take a change of it? */
static bool is_live(const struct ui *u, const struct option *o)
{
	return o->when != WHEN_RUN && !command_refused(u, "try");
}

bool config_edits_next(const struct ui *u, const struct option *o)
{
	return config_view(u)->next || !is_live(u, o);
}

/* The console with `set KEY ` or `draft KEY ` typed: the user adds the value. */
static int edit(struct ui *u, const char *how, struct err *e)
{
	const struct option *o = selected(u);
	bool try = strcmp(how, "try") == 0;
	char line[sizeof u->console.line];
	const char *why = try ? command_refused(u, "try") : NULL;

	if (*how && !try)
		return err_usage(e, "edit [try]: found '%.40s'", how);
	if (why)
		return err_set(e, "try: %s", why);
	if (try && o->when == WHEN_RUN)
		return err_set(e, "try: this setting is fixed during a run");
	snprintf(line, sizeof line, "%s %s ",
		 try                       ? "try"
		 : config_edits_next(u, o) ? "draft"
					   : "set",
		 o->key);
	console_type(u, line);
	return 0;
}

static int enter(struct ui *u, const char *args, struct err *e)
{
	(void)args;
	return edit(u, "", e);
}

static int reset(struct ui *u, const char *args, struct err *e)
{
	char line[OPTION_TEXT + 64], value[OPTION_TEXT];
	const struct option *o = selected(u);
	struct settings preset;

	(void)args;
	config_defaults(next_run_shown(u), &preset);
	option_text(&preset, o, value, sizeof value);
	if (!option_has_default(o))
		return err_set(e, "%s has no default", o->key);
	snprintf(line, sizeof line, "%s %s %s", config_edits_next(u, o) ? "draft" : "set", o->key,
		 *value ? value : "\"\"");
	return command_run(u, line, e);
}

static int column(struct ui *u, const char *args, struct err *e)
{
	bool next = strcmp(args, "next") == 0;

	if (!next && strcmp(args, "value") != 0)
		return err_set(e, "column value|next: found '%.40s'", args);
	config_view(u)->next = next;
	return 0;
}

static int unset(struct ui *u, const char *args, struct err *e)
{
	char line[128];

	(void)args;
	snprintf(line, sizeof line, "draft off %s", selected(u)->key);
	return command_run(u, line, e);
}

static int drop(struct ui *u, const char *args, struct err *e)
{
	(void)args;
	config_view(u)->next = false;
	return command_run(u, "draft off", e);
}

static int find(struct ui *u, const char *args, struct err *e)
{
	struct config_view *v = config_view(u);

	(void)e;
	snprintf(v->find, sizeof v->find, "%s", args);
	v->top = 0;
	return 0;
}

static const char *refuse_edit(const struct ui *u)
{
	const struct option *o = selected(u);

	if (!o)
		return "no setting is selected";
	if (o->no_effect)
		return "this setting has no effect";
	return command_refused(u, config_edits_next(u, o) ? "draft"
							  : "set"); /* which these type or run */
}

static const char *refuse_next(const struct ui *u)
{
	return command_refused(u, "draft");
}

static const char *refuse_unset(const struct ui *u)
{
	const struct option *o = selected(u);

	return o && draft_value(next_run(u), o) ? NULL
						: "the next run does not change this setting";
}

static const char *refuse_drop(const struct ui *u)
{
	return next_run(u)->n ? NULL : "the next run changes nothing";
}

static const struct verb verbs[] = {
	{"move", "up|down|home|end|pgup|pgdn", "Move the cursor or the selected row.", move, NULL,
	 complete_args, CHANGES_NOTHING},
	{"enter", "", "Open what is selected.", enter, refuse_edit, NULL, CHANGES_NOTHING},
	{"edit", "[try]", "Type a new value for the selected setting, to set or to try.", edit,
	 refuse_edit, complete_args, CHANGES_SESSION | TYPES},
	{"default", "", "Set the selected setting to its default.", reset, refuse_edit, NULL,
	 CHANGES_SESSION},
	{"column", "value|next", "Choose what is edited: the value, or that of the next run.",
	 column, refuse_next, complete_args, CHANGES_NOTHING | LATE},
	{"unset", "", "Take the selected setting's change for the next run back.", unset,
	 refuse_unset, NULL, CHANGES_FILES | LATE},
	{"drop", "", "Drop all changes for the next run.", drop, refuse_drop, NULL,
	 CHANGES_FILES | LATE},
	{"find", "TEXT|draft",
	 "Show the settings whose name or help contains a word; draft: the next run's.", find, NULL,
	 NULL, CHANGES_NOTHING},
	{0},
};

static const char keys[] = "Enter enter             # edit\n"
			   "d default               # default\n"
			   "N start                 # start\n"
			   "x unset                 # take back\n"
			   "X drop                  # drop the draft\n"
			   "Left column value       # column\n"
			   "Right column next       # column\n"
			   "t edit try              # try\n"
			   "/ console find\t # find\n"
			   "Up move up\n"
			   "Down move down\n"
			   "PgUp move pgup\n"
			   "PgDn move pgdn\n"
			   "Home move home\n"
			   "End move end\n";

const struct view view_config = {
	.name = "Config",
	.help = "Every setting: its value, the next run's, its default, when a change takes "
		"effect.",
	.draw = config_draw,
	.keys = keys,
	.verbs = verbs,
	.click = click,
	.size = sizeof(struct config_view),
	.keeps = true,
};
