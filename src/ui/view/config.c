/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every setting, its value, and when a change takes effect.
 *
 * Lines are group titles and settings, made again for each drawing from
 * option_table and what is searched for; config_view(u)->row is an index into the
 * table, so the selected setting stays under any search.
 */
#include "ui/view/config.h"

#include "app/config/setting.h"
#include "app/study/num.h"
#include "base/str.h"
#include "ui/console/command.h"
#include "ui/console/complete.h"
#include "ui/console/help.h"
#include "ui/draw/list.h"

#include <stdio.h>
#include <string.h>

enum {
	OPTIONS_MAX = 128,
	KEY_COL = 4,
	GAP = 2,
	DETAIL_ROWS = 5, /* empty, what it takes, help, pending, empty */
	SMALL = 12,      /* fewer rows have no details and no headings */
};

struct line {
	const char *group; /* a title, or NULL */
	const struct option *o;
};

struct lines {
	struct line at[OPTIONS_MAX];
	int n, settings;
	int selected; /* its line */
};

struct columns {
	int value, preset, when, help; /* first column; 0: not shown */
	int end;                       /* after the last */
};

/*
 * What is shown
 */

/* In force: the worker's once it has any, else the session's. */
static const struct settings *in_force(const struct ui *u)
{
	return u->now.session[0] ? &u->now.set : &u->run.set;
}

/* What would hold if nothing had been set: the data, and defaults resolved for
 * its layout. */
static void defaults(const struct settings *set, struct settings *out)
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

static bool is_changed(const struct settings *set, const struct settings *preset,
		       const struct option *o)
{
	bool has_default = *o->preset || o->by_layout;

	return has_default && !option_equal(set, preset, o);
}

static bool is_pending(const struct ui *u, const struct option *o)
{
	return u->now.pending > 0 && strcmp(u->now.pending_key, o->key) == 0;
}

static bool found(const struct ui *u, const struct option *o)
{
	const struct config_view *v = config_view(u);

	return str_contains(o->key, v->find) || str_contains(o->help, v->find);
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

static void make_lines(const struct ui *u, struct lines *l)
{
	const char *group = "";

	*l = (struct lines){.selected = -1};
	for (int i = 0; i < option_count && l->n + 2 <= OPTIONS_MAX; i++) {
		const struct option *o = &option_table[i];

		if (!found(u, o))
			continue;
		if (strcmp(group, group_of(o)) != 0)
			l->at[l->n++] = (struct line){.group = group = group_of(o)};
		if (l->selected < 0 || i <= config_view(u)->row)
			l->selected = l->n;
		l->at[l->n++] = (struct line){.o = o};
		l->settings++;
	}
}

/* The selected setting, NULL if the search finds none. */
static const struct option *selected(const struct ui *u)
{
	struct lines l;

	make_lines(u, &l);
	return l.settings ? l.at[l.selected].o : NULL;
}

static int list_rows(int rows)
{
	return rows < SMALL ? rows - 1 : rows - 2 - DETAIL_ROWS;
}

/*
 * Drawing
 */

static struct columns layout(int cols)
{
	struct columns c = {.value = 28, .end = cols - 1};
	int value = 13, preset = 13, when = 15, more;

	if (cols < 80)
		return c;
	more = (cols - 80) / 10 < 15 ? (cols - 80) / 10 : 15;
	value += more;
	preset += more / 2;
	c.preset = c.value + value + 1;
	c.when = c.preset + preset + 1;
	if (cols >= 110)
		c.help = c.when + when + GAP;
	return c;
}

static void draw_head(const struct ui *u, struct canvas *c, const struct lines *l)
{
	const struct config_view *v = config_view(u);
	const struct settings *set = in_force(u);
	struct settings preset;
	int changed = 0, col = 1;

	defaults(set, &preset);
	for (int i = 0; i < option_count; i++)
		changed += is_changed(set, &preset, &option_table[i]) ||
			   is_pending(u, &option_table[i]);
	if (v->find[0]) {
		col = canvas_text(c, 0, col, ROLE(ROLE_DIM), "find ");
		col = canvas_text(c, 0, col, ROLE(ROLE_STRONG), "%s", v->find) + 3;
		col = canvas_text(c, 0, col, ROLE(ROLE_TEXT), "%d of %d settings", l->settings,
				  option_count);
	} else {
		col = canvas_text(c, 0, col, ROLE(ROLE_TEXT), "%d settings", option_count);
	}
	col = canvas_text(c, 0, col + 3, ROLE(ROLE_TEXT), "%d changed *", changed);
	if (u->now.pending)
		canvas_text(c, 0, col + 3, ROLE(ROLE_WARN), "%d pending", u->now.pending);
}

static void draw_headings(struct canvas *c, int row, const struct columns *at)
{
	canvas_text(c, row, 2, ROLE(ROLE_DIM), "setting");
	canvas_text(c, row, at->value, ROLE(ROLE_DIM), "value");
	if (!at->preset)
		return;
	canvas_text(c, row, at->preset, ROLE(ROLE_DIM), "default");
	canvas_text(c, row, at->when, ROLE(ROLE_DIM), "takes effect");
}

/* Paths tell more at their end, all else at its beginning. */
static void draw_value(struct canvas *c, int row, int col, int end, struct style style,
		       const struct option *o, const char *text)
{
	canvas_field(c, row, col, end - col, o->type == OPT_PATH ? FIT_ID : FIT_LEFT, style, "%s",
		     *text ? text : NUM_MISSING);
}

static void draw_setting(const struct ui *u, struct canvas *c, int row, const struct columns *at,
			 const struct option *o, const struct settings *preset)
{
	const struct settings *set = in_force(u);
	bool changed = is_changed(set, preset, o), pending = is_pending(u, o);
	char value[OPTION_TEXT], text[OPTION_TEXT];

	option_text(set, o, value, sizeof value);
	if (changed || pending)
		canvas_text(c, row, 2, ROLE(ROLE_WARN), "*");
	canvas_field(c, row, KEY_COL, at->value - KEY_COL - 1, FIT_ID,
		     ROLE(o->no_effect ? ROLE_DIM : ROLE_TEXT), "%s", o->key);
	if (pending) {
		int col = canvas_text(c, row, at->value, ROLE(ROLE_DIM), "%s → ", value);

		canvas_text(c, row, col, ROLE_BOLD(ROLE_WARN), "%s", u->now.pending_value);
	} else {
		draw_value(c, row, at->value, at->preset ? at->preset - 1 : at->end,
			   changed ? ROLE(ROLE_STRONG) : ROLE(ROLE_TEXT), o, value);
	}
	if (!at->preset)
		return;
	if (*o->preset || o->by_layout)
		option_text(preset, o, text, sizeof text);
	else
		text[0] = '\0';
	draw_value(c, row, at->preset, at->when - 1, ROLE(ROLE_DIM), o, text);
	canvas_text(c, row, at->when, ROLE(pending ? ROLE_WARN : ROLE_TEXT), "%s",
		    o->no_effect                      ? "never"
		    : pending && o->when == WHEN_STEP ? "after this step"
						      : option_when_text(o));
	if (at->help)
		canvas_field(c, row, at->help, at->end - at->help, FIT_LEFT, ROLE(ROLE_DIM), "%s",
			     o->help);
}

/* "asked during 42:11, applied before 42:12". The next step is the first that
 * a change can reach; the next epoch begins with step 1. */
static void draw_pending(const struct ui *u, struct canvas *c, int row, const struct option *o)
{
	const struct snapshot *now = &u->now;
	bool next_epoch = o->when == WHEN_EPOCH || now->in_epoch >= now->steps_per_epoch;
	char value[OPTION_TEXT], at[NUM_LEN], before[NUM_LEN], key[KEY_NAME_LEN];
	int col;

	option_text(in_force(u), o, value, sizeof value);
	num_position(at, now->epoch, now->in_epoch);
	num_position(before, now->epoch + next_epoch, next_epoch ? 1 : now->in_epoch + 1);
	col = canvas_text(c, row, 1, ROLE(ROLE_TEXT), "%s → %s %s %s, applied before %s", value,
			  now->pending_value,
			  now->state == WORK_PAUSED ? "asked after" : "asked during", at, before);
	if (*help_key_for(u, "undo", key, sizeof key)) {
		col = canvas_text(c, row, col + 3, ROLE(ROLE_KEY), "%s", key);
		canvas_text(c, row, col + 1, ROLE(ROLE_DIM), "undo");
	}
}

static void draw_details(const struct ui *u, struct canvas *c, int row, const struct option *o)
{
	char takes[OPTION_TAKES], value[OPTION_TEXT];
	int col = canvas_text(c, row, 1, ROLE_BOLD(ROLE_STRONG), "%s", o->key);

	canvas_text(c, row, col + 3, ROLE(ROLE_TEXT), "%s, default %s%s%s",
		    option_takes(o, takes, sizeof takes), option_default_text(o),
		    o->unit ? ", in " : "", o->unit ? o->unit : "");
	canvas_field(c, row + 1, 1, c->cols - 2, FIT_LEFT, ROLE(ROLE_TEXT), "%s", o->help);
	if (is_pending(u, o)) {
		draw_pending(u, c, row + 2, o);
	} else if (o->type == OPT_PATH || o->type == OPT_LABELS) { /* too long for the table */
		option_text(in_force(u), o, value, sizeof value);
		canvas_field(c, row + 2, 1, c->cols - 2, FIT_ID, ROLE(ROLE_DIM), "%s", value);
	}
}

static void draw(const struct ui *u, struct canvas *c)
{
	const struct columns at = layout(c->cols);
	int rows = list_rows(c->rows), first = c->rows < SMALL ? 1 : 2, top;
	struct settings preset;
	struct lines l;

	make_lines(u, &l);
	defaults(in_force(u), &preset);
	draw_head(u, c, &l);
	if (!l.settings) {
		canvas_text(c, first, 1, ROLE(ROLE_DIM),
			    "no setting matches; find without a word "
			    "shows all");
		return;
	}
	if (first == 2)
		draw_headings(c, 1, &at);
	top = list_top(config_view(u)->top, l.selected, l.n, rows);
	for (int i = top; i < l.n && i < top + rows; i++) {
		int row = first + i - top;

		if (l.at[i].group) {
			canvas_text(c, row, 2, ROLE_BOLD(ROLE_STRONG), "%s", l.at[i].group);
			continue;
		}
		draw_setting(u, c, row, &at, l.at[i].o, &preset);
		if (i == l.selected) {
			struct canvas line = canvas_part(c, row, 0, 1, c->cols);

			canvas_put(c, row, 0, ROLE(ROLE_CURSOR), U'▸');
			canvas_ground(&line, ROLE_SELECTED);
		}
	}
	if (c->rows >= SMALL)
		draw_details(u, c, first + rows + 1, l.at[l.selected].o);
}

/*
 * Commands
 */

static void click(struct ui *u, int row, int col)
{
	struct config_view *v = config_view(u);
	int rows = list_rows(u->rows - 3), first = u->rows - 3 < SMALL ? 1 : 2, at;
	struct lines l;

	(void)col;
	make_lines(u, &l);
	at = l.settings ? list_click(row - first, v->top, l.selected, l.n, rows) : -1;
	if (at >= 0 && !l.at[at].group)
		v->row = (int)(l.at[at].o - option_table);
}

static int move(struct ui *u, const char *to, struct err *e)
{
	struct config_view *v = config_view(u);
	int at = 0, n = 0, setting[OPTIONS_MAX], rows = list_rows(u->rows - 3);
	const struct option *now = selected(u);
	struct lines l;

	for (int i = 0; i < option_count && n < OPTIONS_MAX; i++) {
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
	make_lines(u, &l);
	/* The title of the first group is seen from its first setting on. */
	if (l.selected == 1)
		v->top = 0;
	v->top = list_top(v->top, l.selected, l.n, rows);
	return 0;
}

/* The console with `set KEY ` typed: the user adds the value. */
static int edit(struct ui *u, const char *how, struct err *e)
{
	const struct option *o = selected(u);
	bool try = strcmp(how, "try") == 0;
	char line[sizeof u->console.line];

	if (*how && !try)
		return err_usage(e, "edit [try]: found '%.40s'", how);
	if (try && o->when != WHEN_STEP)
		return err_set(e,
			       "try: only settings that take effect at the next step can be tried");
	snprintf(line, sizeof line, "%s %s ", try ? "try" : "set", o->key);
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
	char line[OPTION_TEXT + 64];
	struct settings preset;

	(void)args;
	defaults(in_force(u), &preset);
	return command_run(u, setting_command_back(selected(u), &preset, line, sizeof line), e);
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
	if (o->when == WHEN_RUN)
		return "this setting is fixed during a run; set it in the next run's config";
	return command_refused(u, "set"); /* which these type or run */
}

static const struct verb verbs[] = {
	{"move", "up|down|home|end|pgup|pgdn", "Move the cursor or the selected row.", move, NULL,
	 complete_args, CHANGES_NOTHING},
	{"enter", "", "Open what is selected.", enter, refuse_edit, NULL, CHANGES_NOTHING},
	{"edit", "[try]", "Type a new value for the selected setting, to set or to try.", edit,
	 refuse_edit, complete_args, CHANGES_SESSION},
	{"default", "", "Set the selected setting to its default.", reset, refuse_edit, NULL,
	 CHANGES_SESSION},
	{"find", "TEXT", "Show the settings whose name or help contains a word.", find, NULL, NULL,
	 CHANGES_NOTHING},
	{0},
};

static const char keys[] = "Enter enter             # edit\n"
			   "d default               # default\n"
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
	.help = "Every setting with its value, its default and when a change takes effect.",
	.draw = draw,
	.keys = keys,
	.verbs = verbs,
	.click = click,
	.size = sizeof(struct config_view),
};
