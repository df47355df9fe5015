/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The whole screen: what is in which row. */
#include "ui/view/screen.h"

#include "app/session/session.h"
#include "base/file.h"
#include "ui/console/complete.h"
#include "ui/console/console.h"
#include "ui/console/help.h"
#include "ui/state/page.h"
#include "ui/view/status.h"

#include <stdlib.h>
#include <string.h>

enum { LEAST_ROWS = 10, LEAST_COLS = 40 };

static void centred(struct canvas *c, int row, struct style style, const char *text)
{
	canvas_field(c, row, 0, c->cols, FIT_CENTRE, style, "%s", text);
}

static void too_small(const struct ui *u, struct canvas *c)
{
	char text[64];
	int middle = c->rows / 2;

	snprintf(text, sizeof text, "too small: %dx%d", c->cols, c->rows);
	centred(c, middle - 2, ROLE_BOLD(ROLE_STRONG), text);
	snprintf(text, sizeof text, "needs %dx%d", LEAST_COLS, LEAST_ROWS);
	centred(c, middle - 1, ROLE(ROLE_DIM), text);
	if (u->now.state != WORK_RUN && u->now.state != WORK_EVAL)
		return;
	snprintf(text, sizeof text, "▶ RUN  e%d/%d  loss %.3f", u->now.epoch, u->now.epochs,
		 u->now.loss);
	centred(c, middle + 1, ROLE(ROLE_GOOD), text);
	centred(c, middle + 2, ROLE(ROLE_DIM), "training goes on   ^C stops");
}

/* A text in the last rows, as many as it takes. */
static void last_rows(struct canvas *c, const char *text, struct style style)
{
	const char *next = text;
	int rows = 0, room = c->cols - 2;

	while (*next) {
		text_line(next, room, &next);
		rows++;
	}
	next = text;
	for (int row = c->rows - rows; *next; row++) {
		const char *from = next, *end = text_line(from, room, &next);
		struct canvas line = canvas_part(c, row, 0, 1, c->cols);

		canvas_clear(&line);
		canvas_text(&line, 0, 1, style, "%.*s", (int)(end - from), from);
	}
}

static void bottom_draw(const struct ui *u, struct canvas *c)
{
	struct canvas row = canvas_part(c, c->rows - 1, 0, 1, c->cols);

	if (status_below(u, c->cols))
		last_rows(c, u->message.text, ROLE(u->message.error ? ROLE_BAD : ROLE_TEXT));
	else if (u->overlay_kind != OVERLAY_PAGE && u->overlay_kind != OVERLAY_HELP)
		keys_draw(u, &row); /* those two take the keys, and say which */
}

void screen_draw(const struct ui *u, struct canvas *c)
{
	struct canvas tabs = canvas_part(c, 0, 0, 1, c->cols);
	struct canvas view = canvas_part(c, 1, 0, c->rows - 3, c->cols);
	struct canvas status = canvas_part(c, c->rows - 2, 0, 1, c->cols);

	canvas_clear(c);
	if (c->rows < LEAST_ROWS || c->cols < LEAST_COLS) {
		too_small(u, c);
		return;
	}
	tabs_draw(u, &tabs);
	if (ui_no_run(u) && !view_table[u->view]->runless)
		canvas_text(&view, view.rows > 2 ? 2 : 0, 1, ROLE(ROLE_DIM), "%s", ui_no_run(u));
	else
		view_table[u->view]->draw(u, &view);
	status_draw(u, &status);
	bottom_draw(u, c);
	switch (u->overlay_kind) {
	case OVERLAY_HELP:
		help_draw(u, c);
		break;
	case OVERLAY_CONSOLE:
		console_draw(u, c);
		break;
	case OVERLAY_PAGE:
		page_draw(u, c);
		break;
	case OVERLAY_ASK:
		last_rows(c, u->ask.question, ROLE_BOLD(ROLE_WARN));
		break;
	case OVERLAY_NONE:
		break;
	}
}

static int run_dump(struct ui *u, const char *args, struct err *e)
{
	char session[PATH_LEN];
	struct look mono = {.glyphs = u->look.glyphs};
	struct canvas c;
	char *text;
	int failed;

	if (!*args)
		return err_set(e, "dump FILE: expected the name of a file");
	if (u->readonly && session_around(args, session, sizeof session))
		return err_set(e,
			       "dump: %s is in the session %s, which --readonly does not change; "
			       "choose another folder",
			       args, session);
	canvas_init(&c, u->rows, u->cols, &mono);
	screen_draw(u, &c);
	text = canvas_dump(&c);
	failed = file_write(args, text, strlen(text), e);
	free(text);
	canvas_free(&c);
	if (!failed)
		ui_say(u, "screen written to %s", args);
	return failed;
}

const struct verb screen_verbs[] = {
	{"dump", "FILE", "Write this screen as text.", run_dump, NULL, complete_file,
	 CHANGES_NOTHING},
	{0},
};
