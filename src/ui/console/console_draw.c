/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The console's line, and the pop-up of completions above the status row. */
#include "ui/console/console.h"
#include "ui/draw/list.h"

#include <stdio.h>
#include <string.h>

enum {
	POPUP_ROWS = 8, /* with its heading; a quarter of the screen, but 3 at least */
	TEXT_WIDTH = 21,
	NOW_WIDTH = 11,
	TAKES_WIDTH = 17,
	GAP = 3,
};

struct columns {
	int now, takes, when; /* first column; 0: not shown */
	int end;
};

/*
 * The line
 */

static const char *prompt(const struct ui *u)
{
	return u->console.prompt[0] ? u->console.prompt : ":";
}

/* Columns of the line before the cursor. */
static int before_cursor(const struct ui *u)
{
	char text[sizeof u->console.line];

	snprintf(text, sizeof text, "%.*s", u->console.point, u->console.line);
	return text_width(text);
}

/* Columns scrolled out at the left: none, or as many half screens as it takes,
 * so that the line stands still while the cursor moves. */
static int scrolled(const struct ui *u, int room)
{
	int half = room > 2 ? room / 2 : 1, over = before_cursor(u) - (room - 1);

	return over > 0 ? (over + half - 1) / half * half : 0;
}

int console_column(const struct ui *u, int cols)
{
	int from = text_width(prompt(u));

	return from + before_cursor(u) - scrolled(u, cols - from);
}

static void draw_line(const struct ui *u, struct canvas *row)
{
	int from = canvas_text(row, 0, 0, ROLE(ROLE_KEY), "%s", prompt(u));
	struct canvas text = canvas_part(row, 0, from, 1, row->cols - from);
	int end = canvas_text(&text, 0, -scrolled(u, text.cols), ROLE(ROLE_TEXT), "%s",
			      u->console.line);
	int hint = text_width(u->console.hint);

	if (hint && from + end + 2 + hint + 1 <= row->cols)
		canvas_text(row, 0, row->cols - 1 - hint, ROLE(ROLE_DIM), "%s", u->console.hint);
}

/*
 * The pop-up
 */

static int popup_rows(int rows)
{
	int most = rows / 4;

	return most < 3 ? 3 : most > POPUP_ROWS ? POPUP_ROWS : most;
}

static int widest(const struct completions *m, size_t field, int least, int most)
{
	int width = least;

	for (int i = 0; i < m->n; i++) {
		int w = text_width((const char *)&m->at[i] + field);

		width = w > width ? w : width;
	}
	return width < most ? width : most;
}

/* Columns fit all candidates, not only those seen: scrolling moves none. */
static struct columns layout(const struct completions *m, int title, int cols)
{
	struct columns at = {.end = cols - 1};
	int least = title > TEXT_WIDTH || !m->now || !*m->now ? title : TEXT_WIDTH, col = 2;

	col += widest(m, offsetof(struct completion, text), least, cols / 2) + GAP;
	if (m->now) {
		at.now = col;
		col += widest(m, offsetof(struct completion, now), NOW_WIDTH, 2 * NOW_WIDTH) + GAP;
	}
	if (m->takes && col + GAP + 10 <= cols) {
		at.takes = col;
		col += widest(m, offsetof(struct completion, takes), m->now ? TAKES_WIDTH : 5,
			      cols / 4) +
		       GAP;
	}
	if (col + 10 < cols)
		at.when = col;
	return at;
}

static void put(struct canvas *c, int row, int col, int end, struct style style, const char *text)
{
	if (col && text)
		canvas_field(c, row, col, end - col, FIT_LEFT, style, "%s", text);
}

static void draw_match(struct canvas *c, int row, const struct columns *at,
		       const struct completion *m, bool chosen)
{
	int behind_text = at->now ? at->now : at->takes ? at->takes : at->when ? at->when : at->end;
	int behind_now = at->takes ? at->takes : at->when ? at->when : at->end;
	int behind_takes = at->when ? at->when : at->end;

	canvas_field(c, row, 2, behind_text - 3, FIT_ID, ROLE(ROLE_TEXT), "%s", m->text);
	put(c, row, at->now, behind_now - 1, ROLE(ROLE_STRONG), m->now);
	put(c, row, at->takes, behind_takes - 1, ROLE(ROLE_DIM), m->takes);
	put(c, row, at->when, at->end, ROLE(ROLE_DIM), m->when);
	if (chosen) {
		struct canvas line = canvas_part(c, row, 0, 1, c->cols);

		canvas_put(c, row, 0, ROLE(ROLE_CURSOR), U'▸');
		canvas_ground(&line, ROLE_SELECTED);
	}
}

/* "train.loss.…   5 of 7": what is typed, and how many of all are shown. */
static void title_of(const struct ui *u, int shown, char *out, size_t n)
{
	const char *typed = u->console.typed;
	int all = u->console.match.n;

	if (!*typed && shown == all)
		snprintf(out, n, "%d choice%s", all, all == 1 ? "" : "s");
	else if (shown == all)
		snprintf(out, n, "%s…", typed);
	else
		snprintf(out, n, "%s%s%d of %d", typed, *typed ? "…   " : "", shown, all);
}

static void draw_popup(const struct ui *u, struct canvas *screen)
{
	const struct completions *m = &u->console.match;
	int rows = m->n + 1 < popup_rows(screen->rows) ? m->n + 1 : popup_rows(screen->rows);
	/* One candidate before the chosen one stays in sight. */
	int shown = rows - 1, above = u->console.chosen > 0 ? u->console.chosen - 1 : 0;
	int top = list_top(above, above, m->n, shown);
	struct canvas c = canvas_part(screen, screen->rows - 2 - rows, 0, rows, screen->cols);
	char title[sizeof u->console.typed + 64];
	struct columns at;

	title_of(u, shown, title, sizeof title);
	at = layout(m, text_width(title), c.cols);
	canvas_clear(&c);
	canvas_text(&c, 0, 2, ROLE(ROLE_DIM), "%s", title);
	put(&c, 0, at.now, at.end, ROLE(ROLE_DIM), m->now);
	put(&c, 0, at.takes, at.end, ROLE(ROLE_DIM), m->takes);
	put(&c, 0, at.when, at.end, ROLE(ROLE_DIM), m->when);
	canvas_ground(&c, ROLE_POPUP);
	for (int i = 0; i < shown; i++)
		draw_match(&c, 1 + i, &at, &m->at[top + i], top + i == u->console.chosen);
}

void console_draw(const struct ui *u, struct canvas *c)
{
	struct canvas row = canvas_part(c, c->rows - 1, 0, 1, c->cols);

	canvas_clear(&row);
	draw_line(u, &row);
	if (u->console.match.n)
		draw_popup(u, c);
}
