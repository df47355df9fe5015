/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The help of a view: what works here, everywhere, by the console only, and
 * what does not work now, dim, with the reason. Rows are made anew for each
 * drawing from the bindings and the command table.
 */
#include "ui/console/help.h"

#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"
#include "ui/console/command.h"
#include "ui/console/complete.h"
#include "ui/console/keys.h"
#include "ui/draw/list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum section { HERE, EVERYWHERE, CONSOLE_ONLY, NOT_NOW, SECTIONS };
static const char *const titles[SECTIONS] = {"here", "everywhere", "console only", "not now"};

enum { COLS = 70, WIDE_COLS = 104, KEY_WIDTH = 6, COMMAND_WIDTH = 22 };

struct row {
	enum section section;
	char keys[32];     /* "+ -", ":" for the console */
	char command[160]; /* as run, or as typed by the user: "try KEY VALUE" */
	const char *help;
	const char *refused; /* or NULL */
	const struct verb *of;
	const char *line; /* what Enter runs, or opens the console with */
	bool needs_more;  /* the console: an argument is missing */
	int place;        /* as made */
};

struct rows {
	struct row *at;
	int n, all; /* that match; with those that do not */
};

/*
 * Rows
 */

static bool contains(const char *text, const char *part)
{
	for (size_t n = strlen(part); *text; text++)
		if (strncasecmp(text, part, n) == 0)
			return true;
	return !*part;
}

/* "console try " opens the console with "try ": what counts is that. */
static const char *typed_by(const char *command)
{
	static const char console[] = "console ";

	return strncmp(command, console, sizeof console - 1) == 0 ? command + sizeof console - 1
								  : NULL;
}

static const struct verb *verb_of(const struct ui *u, const char *line)
{
	const struct ui_command *c = NULL;
	struct err ignored = {0};
	char name[64];

	snprintf(name, sizeof name, "%.*s", (int)strcspn(line, " "), line);
	if (*name)
		c = command_find(name, &ignored);
	return c ? command_verb(u, c) : NULL;
}

static bool needs_arguments(const struct verb *v)
{
	return *v->args && v->args[0] != '[';
}

static void fill(const struct ui *u, struct row *r, const char *line)
{
	r->of = verb_of(u, line);
	r->line = line;
	r->help = r->of ? r->of->help : "";
	r->refused = r->of ? command_refused(u, line) : NULL;
}

static struct row *add(struct rows *rows)
{
	rows->at = mem_grow(rows->at, (size_t)rows->n + 1, sizeof *rows->at);
	rows->at[rows->n] = (struct row){0};
	return &rows->at[rows->n++];
}

/* Another key for the same command stands in the same row. */
static bool joined(struct rows *rows, const struct binding *b, const char *key)
{
	for (int i = 0; i < rows->n; i++) {
		struct row *r = &rows->at[i];
		size_t used = strlen(r->keys);

		if (strcmp(r->line, b->command) != 0)
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
	return keys_find(u->view, &b->key) != b;
}

static void add_bindings(const struct ui *u, struct rows *rows, int view)
{
	const struct binding *b;
	struct row *r;

	for (int i = 0; (b = keys_at(i)); i++) {
		char key[KEY_NAME_LEN], args[sizeof r->command];
		const char *typed = typed_by(b->command);

		if (b->view != view || hidden(u, b) || joined(rows, b, key_text(key, b->key)))
			continue;
		r = add(rows);
		r->section = view < 0 ? EVERYWHERE : HERE;
		snprintf(r->keys, sizeof r->keys, "%s", key);
		fill(u, r, typed ? typed : b->command);
		if (typed && r->of)
			snprintf(r->command, sizeof r->command, "%s %s", r->of->name,
				 command_args(u, r->of, args, sizeof args));
		else
			snprintf(r->command, sizeof r->command, "%s", b->command);
		r->needs_more = typed != NULL;
		r->line = b->command;
	}
}

static bool has_key(const struct rows *rows, const struct verb *v)
{
	for (int i = 0; i < rows->n; i++)
		if (rows->at[i].of == v)
			return true;
	return false;
}

static void add_unbound(const struct ui *u, struct rows *rows)
{
	const struct ui_command *c;
	struct row *r;

	for (int i = 0; (c = command_at(i)); i++) {
		const struct verb *v = command_verb(u, c);
		char args[sizeof r->command];

		if (has_key(rows, v) || !command_is_here(u, c))
			continue;
		r = add(rows);
		r->section = CONSOLE_ONLY;
		snprintf(r->keys, sizeof r->keys, ":");
		snprintf(r->command, sizeof r->command, "%s %s", v->name,
			 command_args(u, v, args, sizeof args));
		fill(u, r, v->name);
		r->needs_more = needs_arguments(v);
	}
}

static int by_section(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	/* qsort may exchange equals. */
	if (x->section != y->section)
		return (int)x->section - (int)y->section;
	return x->place - y->place;
}

static void make_rows(const struct ui *u, struct rows *rows)
{
	int kept = 0;

	*rows = (struct rows){0};
	add_bindings(u, rows, (int)u->view);
	add_bindings(u, rows, -1);
	add_unbound(u, rows);
	rows->all = rows->n;
	for (int i = 0; i < rows->n; i++) {
		struct row *r = &rows->at[i];

		if (r->refused)
			r->section = NOT_NOW;
		r->place = i;
		if (contains(r->keys, u->help.filter) || contains(r->command, u->help.filter) ||
		    contains(r->help, u->help.filter))
			rows->at[kept++] = *r;
	}
	rows->n = kept;
	if (kept)
		qsort(rows->at, (size_t)kept, sizeof *rows->at, by_section);
}

char *help_key_for(const struct ui *u, const char *command, char *out, size_t n)
{
	const struct binding *b;

	out[0] = '\0';
	for (int i = 0; !*out && (b = keys_at(i)); i++) {
		char key[KEY_NAME_LEN];

		if (strcmp(b->command, command) == 0 && !hidden(u, b))
			snprintf(out, n, "%s", key_text(key, b->key));
	}
	return out;
}

/*
 * Drawing
 */

static int selected_row(const struct ui *u, const struct rows *rows)
{
	return u->help.row < rows->n ? u->help.row : rows->n - 1;
}

/* Lines: a title before each section, and the rows. */
static int line_of(const struct rows *rows, int row)
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

static const char *sentence(const struct row *r)
{
	return r->refused ? r->refused : r->help;
}

/* A sentence that stands in the row above already is left out. */
static void draw_row(struct canvas *in, int line, const struct row *r, bool again, bool selected)
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
			     ROLE_ON(ROLE_DIM, ROLE_POPUP), "%s", sentence(r));
	if (selected) {
		struct canvas whole = canvas_part(in, line, 0, 1, in->cols);

		canvas_put(in, line, 1, ROLE(ROLE_CURSOR), U'▸');
		canvas_ground(&whole, ROLE_SELECTED);
	}
}

/* The selected row's sentence in full, and the keys of the help itself. */
static void draw_foot(struct canvas *in, const struct rows *rows, int row)
{
	if (rows->n)
		canvas_field(in, in->rows - 2, 1, in->cols - 2, FIT_LEFT,
			     ROLE_ON(ROLE_TEXT, ROLE_POPUP), "%s", sentence(&rows->at[row]));
	canvas_text(in, in->rows - 1, 1, ROLE_ON(ROLE_DIM, ROLE_POPUP),
		    in->cols < COLS - 2 ? "%d of %d   Enter run   Esc close"
					: "%d of %d match   ↑↓ move   Enter run   Esc close",
		    rows->n, rows->all);
}

static bool begins_section(const struct rows *rows, int i)
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

static void draw_list(struct canvas *in, const struct rows *rows, int row, int top, int room)
{
	for (int i = 0; i < rows->n; i++) {
		int line = line_of(rows, i) - top;
		bool first = begins_section(rows, i);
		bool again = !first && line > 0 &&
			     strcmp(sentence(&rows->at[i]), sentence(&rows->at[i - 1])) == 0;

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
	struct rows rows;
	char title[64];

	make_rows(u, &rows);
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

/* Enter: what needs arguments opens the console, what is refused says why. */
static void run(struct ui *u, const struct rows *rows)
{
	struct err e = {0};
	const struct row *r;
	char line[192];

	if (!rows->n)
		return;
	r = &rows->at[selected_row(u, rows)];
	u->overlay_kind = OVERLAY_NONE;
	if (r->refused) {
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

static void move(struct ui *u, const struct rows *rows, const char *to)
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
	struct rows rows;

	make_rows(u, &rows);
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
