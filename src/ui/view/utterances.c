/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/view/utterances.h"

#include "app/study/num.h"
#include "ui/console/complete.h"
#include "ui/draw/list.h"
#include "ui/view/epoch.h"

#include <stdio.h>
#include <string.h>

/* ---- the head row ---- */

struct group {
	const char *name; /* dim, "" for none */
	char value[48];
	bool shown;
};

static int group_width(const struct group *g)
{
	return g->shown ? 3 + text_width(g->name) + (*g->name ? 1 : 0) + text_width(g->value) : 0;
}

static int draw_group(struct canvas *c, int col, const struct group *g)
{
	if (!g->shown)
		return col;
	col += 3;
	if (*g->name)
		col = canvas_text(c, 0, col, ROLE(ROLE_DIM), "%s ", g->name);
	return canvas_text(c, 0, col, ROLE(ROLE_TEXT), "%s", g->value);
}

enum { GROUP_COUNT, GROUP_SLICE, GROUP_SORT, GROUP_EPOCH, GROUP_ROW, GROUPS };

static void fill_groups(const struct ui *u, bool wide, struct group g[GROUPS])
{
	const struct order *o = order_of(u);
	const struct facts_column *by = &facts_column[o->sort];
	const char *slice = o->slice;
	int n = order_n(u);
	char at[24] = "";

	if (order_stale(u))
		snprintf(at, sizeof at, ", as of %d", o->made_for.epoch);
	g[GROUP_COUNT] = (struct group){"", "", true};
	snprintf(g[GROUP_COUNT].value, sizeof g->value, "%d of %d%s", n, ui_history(u)->n,
		 u->sel.test ? ", test" : "");
	g[GROUP_SLICE] = (struct group){"slice", "", wide || *slice};
	snprintf(g[GROUP_SLICE].value, sizeof g->value, "%s", *slice ? slice : NUM_MISSING);
	g[GROUP_SORT] = (struct group){"sort", "", true};
	snprintf(g[GROUP_SORT].value, sizeof g->value, "%s %s%s", by->name,
		 o->descending ? "▾" : "▴", at);
	g[GROUP_EPOCH] = (struct group){"epoch", "", wide || u->sel.epoch};
	snprintf(g[GROUP_EPOCH].value, sizeof g->value, "%d", ui_epoch(u));
	g[GROUP_ROW] = (struct group){"row", "", n > 0};
	snprintf(g[GROUP_ROW].value, sizeof g->value, "%d", o->row + 1);
}

/* The filter is cut before a group is left out, but never below 12 columns. */
static void draw_head(const struct ui *u, struct canvas *c, bool wide)
{
	const struct order *o = order_of(u);
	static const int first_out[] = {GROUP_ROW, GROUP_EPOCH, GROUP_SORT, GROUP_SLICE};
	const char *filter = o->filter[0] ? o->filter : NUM_MISSING;
	struct group g[GROUPS];
	char cut[sizeof o->filter * 2];
	int least = text_width(filter) < 12 ? text_width(filter) : 12, room, col;

	fill_groups(u, wide, g);
	for (int out = -1; out < (int)(sizeof first_out / sizeof *first_out); out++) {
		if (out >= 0)
			g[first_out[out]].shown = false;
		room = c->cols - 1 - (1 + 7);
		for (int i = 0; i < GROUPS; i++)
			room -= group_width(&g[i]);
		if (room >= least)
			break;
	}
	col = canvas_text(c, 0, 1, ROLE(ROLE_DIM), "filter ");
	col = canvas_text(c, 0, col, ROLE_BOLD(ROLE_STRONG), "%s",
			  text_cut(cut, sizeof cut, filter, room > least ? room : least));
	for (int i = 0; i < GROUPS; i++)
		col = draw_group(c, col, &g[i]);
}

/* ---- the view ---- */

static void draw_rows(const struct ui *u, struct canvas *c, const struct utterances_layout *l)
{
	const struct order *o = order_of(u);
	int n = order_n(u), top = list_top(o->top, o->row, n, l->rows);

	utterances_heading_draw(u, c, l);
	for (int i = 0; i < l->rows && top + i < n; i++) {
		struct canvas row = canvas_part(c, l->y + i, 0, 1, l->width);

		utterances_row_draw(u, &row, l, order_at(u, top + i), top + i == o->row);
	}
	if (n > l->rows)
		utterances_bar_draw(c, l, top, n);
	if (n == 0)
		canvas_text(c, l->y, 2, ROLE(ROLE_DIM),
			    "no utterance matches; / changes the filter");
}

static void draw(const struct ui *u, struct canvas *c)
{
	struct utterances_layout l;
	struct canvas left, part;
	char why[128];

	if (!ui_history(u)) {
		canvas_text(c, 2, 1, ROLE(ROLE_DIM), "%s", epoch_awaited(u, why, sizeof why));
		return;
	}
	l = utterances_layout(u, c->rows, c->cols);
	left = canvas_part(c, 0, 0, c->rows, l.width);
	draw_head(u, &left, l.wide);
	draw_rows(u, &left, &l);
	if (u->sel.utt < 0 || u->sel.utt >= ui_history(u)->n || order_n(u) == 0)
		return;
	if (l.detail) {
		part = canvas_part(c, l.detail, 0, c->rows - l.detail, l.width);
		utterances_detail_draw(u, &part, l.wide);
	}
	if (l.side) {
		part = canvas_part(c, 0, l.side, c->rows, c->cols - l.side);
		view_table[VIEW_UTTERANCE]->draw(u, &part);
	}
}

/* ---- commands ---- */

static void settle_row(struct ui *u, int page)
{
	struct order *o = order_of(u);

	o->top = list_top(o->top, o->row, order_n(u), page);
	u->sel.utt = order_at(u, o->row);
	ui_want_look(u);
}

static int move(struct ui *u, const char *to, struct err *e)
{
	int n = order_n(u), page;

	if (!ui_history(u) || n == 0)
		return err_usage(e, "there is no row to move to");
	page = utterances_layout(u, u->rows - 3, u->cols).rows;
	if (list_move(&order_of(u)->row, n, page, to, e))
		return -1;
	settle_row(u, page);
	return 0;
}

/* Selects the row; the selected one is opened. */
static void click(struct ui *u, int row, int col)
{
	struct order *o = order_of(u);
	struct utterances_layout l;
	int n = order_n(u), at;

	if (!ui_history(u) || n == 0)
		return;
	l = utterances_layout(u, u->rows - 3, u->cols);
	at = col < l.width ? list_click(row - l.y, o->top, o->row, n, l.rows) : -1;
	if (at < 0)
		return;
	if (at == o->row && u->sel.utt == order_at(u, at))
		ui_select_view(u, VIEW_UTTERANCE);
	o->row = at;
	settle_row(u, l.rows);
}

static const char *refuse_enter(const struct ui *u)
{
	return u->sel.utt < 0 || order_n(u) == 0 ? "no utterance is selected" : NULL;
}

static int enter(struct ui *u, const char *args, struct err *e)
{
	(void)args;
	if (refuse_enter(u))
		return err_usage(e, "%s", refuse_enter(u));
	ui_select_view(u, VIEW_UTTERANCE);
	return 0;
}

static void complete_column(struct ui *u, const struct words *w, struct completions *c)
{
	(void)u, (void)w;
	for (int i = 0; i < UTTERANCE_COLUMNS; i++)
		snprintf(complete_add(c, facts_column[i].name)->when, sizeof c->at->when, "%s",
			 facts_column[i].help);
}

static void complete_filter(struct ui *u, const struct words *w, struct completions *c)
{
	(void)u;
	for (int i = 0; i < UTTERANCE_COLUMNS && !complete_is(w, c); i++)
		snprintf(complete_add_name(c, w, facts_column[i].name)->when, sizeof c->at->when,
			 "%s", facts_column[i].help);
}

static void complete_slice(struct ui *u, const struct words *w, struct completions *c)
{
	(void)u, (void)w;
	for (const struct slice *s = slices; s->name; s++)
		snprintf(complete_add(c, s->name)->when, sizeof c->at->when, "%s", s->help);
}

static const struct verb verbs[] = {
	{"move", "up|down|home|end|pgup|pgdn", "Move the cursor or the selected row.", move, NULL,
	 complete_args, CHANGES_NOTHING},
	{"enter", "", "Open what is selected.", enter, refuse_enter, NULL, CHANGES_NOTHING},
	EPOCH_VERB,
	EPOCH_PART_VERB,
	{"filter", "CONDITION", "Show the utterances that meet a condition: pred!=true & p>0.8.",
	 order_filter, NULL, complete_filter, CHANGES_NOTHING},
	{"sort", "[COLUMN]", "Sort by a column; repeat to reverse the order.", order_sort, NULL,
	 complete_column, CHANGES_NOTHING},
	{"slice", "NAME", "A named filter; - for none.", order_slice, NULL, complete_slice,
	 CHANGES_NOTHING},
	{0},
};

static const char keys[] = "Enter enter         # open\n"
			   "/ console filter\t # filter\n"
			   "s sort              # sort\n"
			   "S slice             # slice\n"
			   "a view 5\n"
			   "[ epoch prev        # epoch\n"
			   "] epoch next        # epoch\n"
			   "{ epoch mark-prev\n"
			   "} epoch mark-next\n"
			   "p part              # part\n"
			   "Up move up\n"
			   "Down move down\n"
			   "PgUp move pgup\n"
			   "PgDn move pgdn\n"
			   "Home move home\n"
			   "End move end\n"
			   "Esc view 2\n";

const struct view view_utterances = {
	.name = "Utterances",
	.help = "All utterances of the part shown: filter, sort, see what became of each.",
	.draw = draw,
	.keys = keys,
	.verbs = verbs,
	.click = click,
	.looks = LOOKS_WHOLE,
	.refresh = order_refresh,
	.size = sizeof(struct order),
	.init = order_begin,
	.free = order_end,
};
