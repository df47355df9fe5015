/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/loop.h"

#include "base/file.h"
#include "base/str.h"
#include "ui/console.h"
#include "ui/help.h"
#include "ui/keys.h"
#include "ui/page.h"
#include "ui/term.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define FRAME_SECONDS 0.1

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* ---- keys ---- */

static void run_line(struct ui *u, const char *line)
{
	struct err e = {0};

	if (command_run(u, line, &e))
		ui_error(u, "%s", e.text);
}

static void answer(struct ui *u, struct key k)
{
	u->overlay_kind = OVERLAY_NONE;
	if (k.code == 'y' || k.code == 'Y')
		run_line(u, u->ask.command);
}

/* ^C: stop training; while that is under way, leave at once. */
static void interrupt(struct ui *u)
{
	if (u->now.state == WORK_STOPPING) {
		u->quit = true;
		u->quit_status = 128 + SIGINT;
	} else if (u->now.state == WORK_IDLE || !u->work) {
		ui_say(u, "nothing trains; q leaves");
	} else {
		run_line(u, "stop");
	}
}

/* Between the tabs and the status row. */
static void click(struct ui *u, int row, int col)
{
	if (row > 0 && row < u->rows - 2 && view_table[u->view]->click)
		view_table[u->view]->click(u, row - 1, col);
}

void loop_key(struct ui *u, struct key k)
{
	const struct binding *b;
	char name[KEY_NAME_LEN];

	u->message.fresh = false;
	switch (u->overlay_kind) {
	case OVERLAY_ASK:
		answer(u, k);
		return;
	case OVERLAY_CONSOLE:
		console_key(u, k);
		return;
	case OVERLAY_HELP:
		help_key(u, k);
		return;
	case OVERLAY_PAGE:
		page_key(u, k);
		return;
	case OVERLAY_NONE:
		break;
	}
	if (k.code == 3 && !k.meta) {
		interrupt(u);
		return;
	}
	if (k.code == K_PASTE || k.code == K_PASTE_END)
		return;
	if (k.code == K_CLICK) {
		click(u, k.row, k.col);
		return;
	}
	b = keys_find(u->view, &k);
	if (b)
		run_line(u, b->command);
	else
		ui_say(u, "%s does nothing here; ? shows what does", key_text(name, k));
}

/* ---- the screen ---- */

struct frame {
	struct canvas canvas;
	double drawn; /* when */
	bool dirty;   /* something changed since */
};

static void new_size(struct ui *u, struct frame *f)
{
	canvas_free(&f->canvas);
	u->rows = term_rows();
	u->cols = term_cols();
	canvas_init(&f->canvas, u->rows, u->cols, term_look());
	f->dirty = true;
}

static void draw(struct ui *u, struct frame *f)
{
	bool typing = u->overlay_kind == OVERLAY_CONSOLE;

	screen_draw(u, &f->canvas);
	term_show(&f->canvas, typing ? u->rows - 1 : -1, typing ? console_column(u, u->cols) : -1);
	f->drawn = seconds();
	f->dirty = false;
}

/* Signals that came; the number of one that ends the program, or 0. */
static int signals(struct ui *u, struct frame *f)
{
	int s;

	while ((s = guard_signal()))
		switch (s) {
		case SIGWINCH:
			if (term_resize())
				new_size(u, f);
			break;
		case SIGTSTP:
			if (term_suspend())
				new_size(u, f);
			f->dirty = true;
			break;
		case SIGCONT:
			term_redraw();
			f->dirty = true;
			break;
		default:
			return s;
		}
	return 0;
}

static bool special(struct ui *u, struct frame *f, struct key k)
{
	if (k.meta)
		return false;
	if (k.code == 26) { /* ^Z */
		if (term_suspend())
			new_size(u, f);
	} else if (k.code == 12 && u->overlay_kind == OVERLAY_NONE) { /* ^L */
		term_redraw();
	} else {
		return false;
	}
	return true;
}

static void keys(struct ui *u, struct frame *f)
{
	struct key k;

	while (!u->quit && term_key(&k)) {
		if (!special(u, f, k))
			loop_key(u, k);
		ui_refresh(u);
		draw(u, f);
	}
}

static bool events(struct ui *u)
{
	struct event e;
	bool any = false;

	while (u->work && work_next(u->work, &e)) {
		ui_event(u, &e);
		any = true;
	}
	return any;
}

/* Milliseconds until there is something to do by itself; -1: wait for ever. */
static int timeout(const struct ui *u, const struct frame *f)
{
	double now = seconds(), until = -1;

	if (f->dirty)
		until = f->drawn + FRAME_SECONDS;
	else if (u->message.text[0] && u->message.until > 0)
		until = u->message.until;
	if (until < 0)
		return -1;
	return until <= now ? 0 : (int)((until - now) * 1000) + 1;
}

int loop_run(struct ui *u)
{
	struct frame f = {.dirty = true};
	int ended = 0;

	new_size(u, &f);
	u->clock = seconds();
	draw(u, &f);
	while (!u->quit && !ended) {
		struct pollfd p[] = {{.fd = term_fd(), .events = POLLIN},
				     {.fd = guard_fd(), .events = POLLIN},
				     {.fd = u->work ? work_fd(u->work) : -1, .events = POLLIN}};

		keys(u, &f); /* curses may hold some already */
		if (u->quit)
			break;
		if (poll(p, 3, timeout(u, &f)) < 0 && errno != EINTR)
			break;
		u->clock = seconds();
		ended = signals(u, &f);
		if (p[0].revents & (POLLHUP | POLLERR) && !(p[0].revents & POLLIN))
			ended = SIGHUP; /* the terminal is gone */
		if (events(u))
			f.dirty = true;
		if (u->message.until > 0 && u->clock > u->message.until && u->message.text[0]) {
			ui_refresh(u);
			f.dirty = true;
		}
		if (f.dirty && seconds() - f.drawn >= FRAME_SECONDS)
			draw(u, &f);
	}
	canvas_free(&f.canvas);
	return ended;
}

/* ---- without a terminal ---- */

static bool computes(const struct ui *u)
{
	enum work_state s = u->now.state;

	return s == WORK_LOADING || s == WORK_RUN || s == WORK_EVAL || s == WORK_STOPPING;
}

static void wait_event(struct ui *u)
{
	struct pollfd p = {.fd = work_fd(u->work), .events = POLLIN};

	poll(&p, 1, -1);
	events(u);
}

void loop_settle(struct ui *u)
{
	unsigned ping;

	if (!u->work)
		return;
	ping = work_ping(u->work);
	u->waiting = ping;
	while (u->waiting == ping && ping)
		wait_event(u);
	while (computes(u) || u->look_asked)
		wait_event(u);
	work_snapshot(u->work, &u->now);
	ui_refresh(u);
	if (u->look_asked)
		loop_settle(u);
}

void loop_until_open(struct ui *u)
{
	while (u->work && u->now.state == WORK_LOADING)
		wait_event(u);
	events(u);
}

int loop_script(struct ui *u, const char *path, struct err *e)
{
	size_t len;
	char *text = file_read(path, &len, e), *at = text, *line;
	bool whole;

	if (!text)
		return -1;
	for (long n = 1; !u->quit && (line = str_line(&at, text + len, &whole)); n++) {
		struct err mine = {0};

		if (command_run(u, line, &mine)) {
			err_at(e, path, n, 0, "%s", mine.text);
			break;
		}
		loop_settle(u);
		if (u->message.error && u->message.text[0]) {
			err_at(e, path, n, 0, "%s", u->message.text);
			break;
		}
	}
	free(text);
	return e->status ? -1 : 0;
}
