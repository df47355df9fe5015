/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The help of a view: what works here, everywhere, by the console only, and
 * what does not work now, dim, with the reason. Rows are made again for each
 * drawing, from the verbs and the bindings.
 */
#include "ui/console/help_private.h"

#include "base/str.h"
#include "base/utf8.h"
#include "ui/console/command.h"
#include "ui/console/complete.h"
#include "ui/draw/list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *const titles[HELP_SECTIONS] = {
	[HELP_HERE] = "here",
	[HELP_EVERYWHERE] = "everywhere",
	[HELP_CONSOLE] = "console only",
	[HELP_WORDS] = "words",
	[HELP_ELSEWHERE] = "other views",
	[HELP_SETTINGS] = "settings",
	[HELP_NOT_NOW] = "not now",
};

enum { COLS = 70, WIDE_COLS = 104, KEY_WIDTH = 6, COMMAND_WIDTH = 22 };

/*
 * Drawing
 */

static int selected_row(const struct ui *u, const struct help_rows *rows)
{
	return u->help.row < rows->n ? u->help.row : rows->n - 1;
}

/* Lines: a title before each section, and the rows. */
static int line_of(const struct help_rows *rows, int row)
{
	int line = 0;

	for (int i = 0; i <= row; i++)
		line += 1 + (i == 0 || rows->at[i].section != rows->at[i - 1].section);
	return line - 1;
}

/* What is typed, in the border's right. */
static void draw_filter(const struct ui *u, struct canvas *box)
{
	const char *prompt = box->cols < COLS ? " filter: " : " type to filter: ";
	char filter[sizeof u->help.filter];
	int col;

	text_cut(filter, sizeof filter, u->help.filter, box->cols < COLS ? 8 : 20);
	col = box->cols - 6 - text_width(prompt) - text_width(filter) - 1;
	col = canvas_text(box, 0, col, ROLE_ON(ROLE_DIM, ROLE_POPUP), "%s", prompt);
	col = canvas_text(box, 0, col, ROLE_ON(ROLE_STRONG, ROLE_POPUP), "%s", filter);
	canvas_text(box, 0, col, ROLE_ON(ROLE_CURSOR, ROLE_POPUP), "_ ");
}

/* A sentence that stands in the row above already is left out. */
static void draw_row(struct canvas *in, int line, const struct help_row *r, bool again,
		     bool selected)
{
	const struct style text = ROLE_ON(r->refused ? ROLE_DIM : ROLE_TEXT, ROLE_POPUP);
	int at = 3 + KEY_WIDTH + 1, behind = at + COMMAND_WIDTH + 1;
	bool narrow = in->cols < COLS - 2;

	if (narrow)
		behind = in->cols;
	canvas_field(in, line, 3, KEY_WIDTH, FIT_LEFT,
		     ROLE_ON(r->refused ? ROLE_DIM : ROLE_KEY, ROLE_POPUP), "%s", r->keys);
	canvas_field(in, line, at, behind - at - 1, FIT_LEFT, text, "%s", r->command);
	if (!narrow && !again)
		canvas_field(in, line, behind, in->cols - behind - 1, FIT_LEFT,
			     ROLE_ON(ROLE_DIM, ROLE_POPUP), "%s", help_sentence(r));
	if (selected) {
		struct canvas whole = canvas_part(in, line, 0, 1, in->cols);

		canvas_put(in, line, 1, ROLE(ROLE_CURSOR), U'▸');
		canvas_ground(&whole, ROLE_SELECTED);
	}
}

/* Only explained: Enter has nothing to run. */
static bool is_word(const struct help_row *r)
{
	return !r->of && !r->option;
}

static const char *match_count(char out[32], int n, bool narrow)
{
	if (n == 0)
		return "no match   ";
	snprintf(out, 32, narrow ? "%d   " : n == 1 ? "%d match   " : "%d matches   ", n);
	return out;
}

/* The selected row's sentence in full, in one row or in two (the space above is
 * one), and the keys of the help itself. */
static void draw_foot(struct canvas *in, const struct help_rows *rows, int row)
{
	const struct help_row *r = rows->n ? &rows->at[row] : NULL;
	const char *text = r ? help_sentence(r) : "Nothing has this in its name or help.";
	const char *rest = text;
	bool narrow = in->cols < COLS - 2;
	int width = in->cols - 2;
	char first[256], count[32];

	if (text_width(text) > width) {
		for (const char *c = text; *c; c++) {
			snprintf(first, sizeof first, "%.*s", (int)(c - text), text);
			if (*c == ' ' && text_width(first) <= width)
				rest = c + 1;
		}
		snprintf(first, sizeof first, "%.*s", (int)(rest - text), text);
		canvas_field(in, in->rows - 3, 1, width, FIT_LEFT, ROLE_ON(ROLE_TEXT, ROLE_POPUP),
			     "%s", first);
	}
	canvas_field(in, in->rows - 2, 1, width, FIT_LEFT, ROLE_ON(ROLE_TEXT, ROLE_POPUP), "%s",
		     rest);
	canvas_text(in, in->rows - 1, 1, ROLE_ON(ROLE_DIM, ROLE_POPUP), "%s%s%sEsc close",
		    match_count(count, rows->n, narrow), narrow || !r ? "" : "↑↓ move   ",
		    r && !is_word(r) ? "Enter run   " : "");
}

static bool begins_section(const struct help_rows *rows, int i)
{
	return i == 0 || rows->at[i].section != rows->at[i - 1].section;
}

static int box_rows(int rows)
{
	return rows - 3;
}

/* Border, blank row above, two rows of foot and a blank one before them. */
static int list_rows(int rows)
{
	return box_rows(rows) - 6;
}

static void draw_list(struct canvas *in, const struct help_rows *rows, int row, int top, int room)
{
	for (int i = 0; i < rows->n; i++) {
		int line = line_of(rows, i) - top;
		bool first = begins_section(rows, i);
		bool again =
			!first && line > 0 &&
			strcmp(help_sentence(&rows->at[i]), help_sentence(&rows->at[i - 1])) == 0;

		if (line >= 0 && line < room)
			draw_row(in, 1 + line, &rows->at[i], again, i == row);
		if (first && line >= 1 && line <= room)
			canvas_text(in, line, 1, (struct style){ROLE_STRONG, ROLE_POPUP, ATTR_BOLD},
				    "%s", titles[rows->at[i].section]);
	}
}

void help_draw(const struct ui *u, struct canvas *c)
{
	int cols = c->cols < COLS + 4 ? c->cols : c->cols >= 110 ? WIDE_COLS : COLS;
	int room = list_rows(c->rows), lines = 0, top, row;
	struct canvas box, in;
	struct help_rows rows;
	char title[64];

	help_make(u, &rows);
	row = selected_row(u, &rows);
	if (rows.n)
		lines = line_of(&rows, rows.n - 1) + 1;
	box = canvas_part(c, 1, (c->cols - cols) / 2, (lines < room ? lines : room) + 6, cols);
	snprintf(title, sizeof title, "help: %s", view_table[u->view]->name);
	in = canvas_box(&box, ROLE_ON(ROLE_DIM, ROLE_POPUP), title);
	draw_filter(u, &box);
	top = rows.n ? list_top(u->help.top, line_of(&rows, row), lines, room) : 0;
	draw_list(&in, &rows, row, top, room);
	draw_foot(&in, &rows, row);
	free(rows.at);
}

/*
 * Keys
 */

void help_open(struct ui *u)
{
	memset(&u->help, 0, sizeof u->help);
	u->overlay_kind = OVERLAY_HELP;
}

/* What a new value is for: this run if it can take it, else the next; NULL: neither. */
static const char *setting_verb(const struct ui *u, const struct option *o)
{
	if (o->no_effect)
		return NULL;
	if (o->when != WHEN_RUN && !command_refused(u, "try"))
		return "set";
	return command_refused(u, "draft") ? NULL : "draft";
}

/* A setting: its new value is asked for, or it is shown in view 6. */
static void run_setting(struct ui *u, const struct option *o)
{
	const char *verb = setting_verb(u, o);
	struct err e = {0};
	char line[192];

	if (verb) {
		snprintf(line, sizeof line, "%s %s ", verb, o->key);
		console_type(u, line);
		return;
	}
	ui_select_view(u, VIEW_CONFIG);
	snprintf(line, sizeof line, "find %s", o->key);
	if (command_run(u, line, &e))
		ui_error(u, "%s", e.text);
}

/* Enter: what needs arguments opens the console, what is refused says why. */
static void run(struct ui *u, const struct help_rows *rows)
{
	struct err e = {0};
	const struct help_row *r;
	char line[192];

	if (!rows->n)
		return;
	r = &rows->at[selected_row(u, rows)];
	if (is_word(r))
		return;
	u->overlay_kind = OVERLAY_NONE;
	if (r->view >= 0)
		ui_select_view(u, (enum view_id)r->view);
	if (r->option) {
		run_setting(u, r->option);
	} else if (r->refused) {
		ui_error(u, "%s: %s", r->of->name, r->refused);
	} else if (r->needs_more) {
		snprintf(line, sizeof line, "%s ", r->of->name);
		console_type(u, line);
	} else {
		snprintf(line, sizeof line, "%s", r->line);
		if (command_run(u, line, &e))
			ui_error(u, "%s", e.text);
	}
}

static void erase(char *text)
{
	size_t n = strlen(text);

	while (n && ((unsigned char)text[n - 1] & 0xc0) == 0x80)
		n--;
	text[n ? n - 1 : 0] = '\0';
}

static void filter_key(struct ui *u, struct key k)
{
	char *filter = u->help.filter, bytes[5];

	if (k.code == 127 || k.code == 8)
		erase(filter);
	else if (k.code == 21) /* ^U */
		filter[0] = '\0';
	else if (k.code >= ' ' && k.code < K_FUNCTIONS && !k.meta &&
		 strlen(filter) + (size_t)utf8_put(bytes, k.code) < sizeof u->help.filter)
		strcat(filter, bytes);
	else
		return;
	u->help.row = u->help.top = 0;
}

static void move(struct ui *u, const struct help_rows *rows, const char *to)
{
	struct err ignored = {0};
	int lines = rows->n ? line_of(rows, rows->n - 1) + 1 : 0, room = list_rows(u->rows);

	u->help.row = selected_row(u, rows);
	list_move(&u->help.row, rows->n, room, to, &ignored);
	if (rows->n)
		u->help.top = list_top(u->help.row ? u->help.top : 0, line_of(rows, u->help.row),
				       lines, room);
	if (u->help.row == 0)
		u->help.top = 0;
}

void help_key(struct ui *u, struct key k)
{
	static const struct {
		uint32_t code;
		const char *to;
	} moves[] = {{K_UP, "up"},          {K_DOWN, "down"},      {K_PAGE_UP, "pgup"},
		     {K_PAGE_DOWN, "pgdn"}, {K_HOME, "home"},      {K_END, "end"},
		     {K_WHEEL_UP, "up"},    {K_WHEEL_DOWN, "down"}};
	struct help_rows rows;

	help_make(u, &rows);
	if (k.code == 27 || k.code == 3)
		u->overlay_kind = OVERLAY_NONE;
	else if (k.code == '\r' || k.code == '\n')
		run(u, &rows);
	else
		filter_key(u, k);
	for (size_t i = 0; i < sizeof moves / sizeof *moves; i++)
		if (k.code == moves[i].code)
			move(u, &rows, moves[i].to);
	free(rows.at);
}

static int run_help(struct ui *u, const char *args, struct err *e)
{
	(void)e;
	help_open(u);
	str_fit(u->help.filter, sizeof u->help.filter, args);
	return 0;
}

const struct verb help_verbs[] = {
	{"help", "[TEXT]", "The keys and commands that work here.", run_help, NULL, NULL,
	 CHANGES_NOTHING},
	{0},
};
