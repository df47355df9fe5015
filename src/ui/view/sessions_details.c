/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The selected session against another: settings that differ, WF1 by fold. */
#include "ui/view/sessions.h"

#include "app/config/setting.h"
#include "app/study/num.h"

#include <stdio.h>
#include <string.h>

/* First columns. */
enum { KEY_COL = 3, VALUE_COL = 27, OTHER_COL = 51 };

/* The last live change of a setting, its value, and whether there were others; NULL: none. */
static const struct change *last_change(const struct session_row *r, const struct option *o,
					const char **value, bool *more)
{
	const struct change *last = NULL;
	struct setting x;

	*more = false;
	for (int i = 0; i < r->changes.n; i++) {
		if (!setting_of_command(&x, r->changes.at[i].command) || x.o != o || !x.value)
			continue;
		*more = last != NULL;
		*value = x.value;
		last = &r->changes.at[i];
	}
	return last;
}

/* "5e-4, 3e-4 from epoch 19": as stored, and what it was changed to. */
static void say_value(const struct session_row *r, const struct option *o, char *out, size_t n)
{
	char value[OPTION_TEXT];
	const char *to;
	bool more;
	const struct change *c = last_change(r, o, &to, &more);

	option_text(&r->set, o, value, sizeof value);
	if (c)
		snprintf(out, n, "%.40s, %s%.40s from epoch %d", value, more ? "…, " : "", to,
			 c->epoch);
	else
		snprintf(out, n, "%s", *value ? value : NUM_MISSING);
}

static bool differs(const struct session_row *a, const struct session_row *b,
		    const struct option *o)
{
	const char *value;
	bool more;

	return !option_equal(&a->set, &b->set, o) || last_change(a, o, &value, &more) ||
	       last_change(b, o, &value, &more);
}

static void draw_value(struct canvas *c, int row, int col, int end, const struct session_row *r,
		       const struct option *o)
{
	char text[OPTION_TEXT];

	say_value(r, o, text, sizeof text);
	canvas_field(c, row, col, end - col, o->type == OPT_PATH ? FIT_ID : FIT_LEFT,
		     ROLE(ROLE_TEXT), "%s", text);
}

static int draw_differences(struct canvas *c, int row, int rows, const struct session_row *a,
			    const struct session_row *b)
{
	int found = 0, left = 0;

	for (int i = 0; i < option_count; i++) {
		const struct option *o = &option_table[i];

		if (!differs(a, b, o))
			continue;
		if (found == rows) {
			left++;
			continue;
		}
		canvas_text(c, row + found, KEY_COL, ROLE(ROLE_DIM), "%s", o->key);
		draw_value(c, row + found, VALUE_COL, OTHER_COL - 1, a, o);
		draw_value(c, row + found, OTHER_COL, c->cols - 1, b, o);
		found++;
	}
	if (!found)
		canvas_text(c, row + found++, KEY_COL, ROLE(ROLE_DIM), "all settings are the same");
	if (left) /* the last one gives way to the number of those not shown */
		canvas_field(c, row + found - 1, KEY_COL, c->cols - 1 - KEY_COL, FIT_LEFT,
			     ROLE(ROLE_DIM), "and %d more; compare lists all", left + 1);
	return row + found;
}

static void draw_folds(const struct ui *u, struct canvas *c, int row, const struct session_row *r)
{
	char num[NUM_LEN], name[2 * PATH_LEN];
	int next = 0;

	canvas_field(c, row, KEY_COL, VALUE_COL - KEY_COL - 1, FIT_ID, ROLE(ROLE_TEXT), "%s",
		     sessions_name(u, r, name, sizeof name));
	for (int i = 0; i < r->folds; i++) {
		int fold = r->folds == 1 ? 0 : i + 1, col = VALUE_COL + 7 * i;
		const struct results *x = &r->results;

		if (next < x->n && x->fold[next].fold == fold)
			canvas_text(c, row, col, ROLE(ROLE_TEXT), "%s",
				    num_value(num, x->fold[next++].test.wf1));
		else
			canvas_field(c, row, col, 5, FIT_CENTRE, ROLE(ROLE_DIM), NUM_MISSING);
	}
}

static const struct session_row *optimistic(const struct ui *u)
{
	const struct sessions_view *v = sessions_view(u);

	for (int i = 0; i < v->n; i++)
		if (v->row[i].results.optimistic)
			return &v->row[i];
	return NULL;
}

/* Why a session cannot be read, over as many rows as that takes. */
static void draw_why(struct canvas *c, const struct session_row *r)
{
	const char *text = r->why, *next;
	int columns = c->cols - 1 - KEY_COL;

	for (int row = 1; *text && row < c->rows; row++, text = next) {
		const char *end = text_line(text, columns, &next);

		canvas_text(c, row, KEY_COL, ROLE(ROLE_BAD), "%.*s", (int)(end - text), text);
	}
}

void sessions_details_draw(const struct ui *u, struct canvas *c)
{
	const struct session_row *a = sessions_at(u), *b = sessions_against(u);
	/* title, empty row, note, empty row, WF1 and two rows */
	int row = 0, rows = c->rows - 8 - (a->notes > 0);

	canvas_text(c, row, 1, ROLE_BOLD(ROLE_STRONG), "%s/%s", a->name, a->branch);
	if (a->why[0] || (b && b->why[0])) {
		draw_why(c, a->why[0] ? a : b);
		return;
	}
	if (a->notes) {
		char more[32] = "";

		if (a->notes > 1)
			snprintf(more, sizeof more, "   %d notes", a->notes);
		canvas_text(c, 1, 1, ROLE(ROLE_KEY), "\"");
		canvas_field(c, 1, KEY_COL, c->cols - 1 - KEY_COL - text_width(more), FIT_LEFT,
			     ROLE(ROLE_TEXT), "%s", a->note);
		canvas_text(c, 1, c->cols - 1 - text_width(more), ROLE(ROLE_DIM), "%s", more);
	}
	if (b) {
		int col = 1 + text_width(a->name) + 1 + text_width(a->branch);

		col = canvas_text(c, row, col + 2, ROLE(ROLE_DIM), "against");
		canvas_text(c, row, col + 2, ROLE_BOLD(ROLE_STRONG), "%s/%s", b->name, b->branch);
		row = draw_differences(c, row + 1 + (a->notes > 0), rows, a, b) + 1;
	} else {
		row += a->notes > 0;
		canvas_text(c, row + 1, KEY_COL, ROLE(ROLE_DIM),
			    "differences appear beside a session picked with +");
		row += 3;
	}
	if (optimistic(u)) {
		canvas_text(c, row, 1, ROLE(ROLE_WARN),
			    "! %s validates on the test session: its figures are optimistic",
			    optimistic(u)->results.protocol);
		row += 2;
	}
	canvas_text(c, row, 1, ROLE_BOLD(ROLE_STRONG), "WF1 by fold");
	draw_folds(u, c, row + 1, a);
	if (b)
		draw_folds(u, c, row + 2, b);
}
