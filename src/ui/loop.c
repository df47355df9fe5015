/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/loop.h"

#include "app/cmd/hooked.h"
#include "app/serve/serve.h"
#include "base/clock.h"
#include "base/util.h"
#include "ui/console/console.h"
#include "ui/state/detach.h"
#include "ui/state/duels.h"
#include "ui/state/feed.h"
#include "ui/state/feeder.h"
#include "ui/state/runs.h"
#include "ui/term/term.h"
#include "ui/view/screen.h"
#include "ui/view/tour.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

/* A frame takes at least so long, and the longer the more has been sent, so that
 * any line carries it; what a frame of the longest time leaves, the next pay. */
#define FRAME_SECONDS      0.1
#define FRAME_SECONDS_MOST 1.5
#define SAID_SECONDS       0.5 /* at most, before a message is drawn */
#define BYTES_PER_SECOND   2800
#define WATCH_SECONDS      1
#define EVENTS_MOST        1024 /* taken in a turn */

/* ---- the end ---- */

/* A signal that ends the program. The second INT or TERM leaves at once; a HUP
 * may come twice (from the terminal, then from the shell) and means one. */
static void end_by(struct ui *u, int number)
{
	if (u->leaving && number != SIGHUP && (number == SIGINT || number == u->ended))
		u->at_once = true;
	if (!u->ended)
		u->ended = number;
	u->quit = true;
}

/* Tell the worker to end. While it reads its data it hears nothing, and there
 * is nothing to store. */
static void begin_leaving(struct ui *u)
{
	if (!u->work)
		return;
	if (runs_all_loading(u))
		u->at_once = true;
	if (u->at_once)
		return;
	u->overlay_kind = OVERLAY_NONE;
	u->leaving = true;
	u->ending_since = u->clock;
	work_quit(u->work);
}

static bool has_left(const struct ui *u)
{
	return !u->work || u->at_once || work_ended(u->work);
}

/* How long stopping has taken, from the first second on. */
static void count_seconds(struct ui *u)
{
	int passed = (int)(u->clock - u->ending_since);

	if ((u->stop_asked || u->leaving) && passed > 0)
		ui_say(u, "finishing the step, then a checkpoint: %d s%s", passed,
		       ui_attached(u) ? "" : "; ^C quits at once");
}

/* ---- the screen ---- */

struct frame {
	struct canvas canvas;
	double next;  /* when events may be drawn again: a key's frame delays none */
	double drawn; /* when events were drawn last */
	bool says;    /* there is a message since */
	double sent;  /* when a slow line is through with them */
	double look;  /* when the view is asked again what has changed outside */
	double feed;  /* when the queue is looked at again for what others put into it */
	bool dirty;   /* something changed since */
	bool gone;    /* the terminal: nobody sees a frame or types */
	bool paste;   /* pasted text is under way: its ^Z is no key */
	bool typed;   /* more keys may wait, which poll need not see */
};

static void new_size(struct ui *u, struct frame *f)
{
	canvas_free(&f->canvas);
	u->cols = term_cols();
	canvas_init(&f->canvas, term_rows(), u->cols, term_look());
	f->dirty = true;
}

void loop_draw(struct ui *u, struct canvas *c)
{
	struct canvas above, below;

	u->tour.rows = tour_rows(u, c->rows, c->cols);
	u->rows = c->rows - u->tour.rows;
	above = canvas_part(c, 0, 0, u->rows, c->cols);
	below = canvas_part(c, u->rows, 0, u->tour.rows, c->cols);
	screen_draw(u, &above);
	if (u->tour.rows)
		tour_draw(u, &below);
}

/* Returns about how many bytes it sent. */
static int draw(struct ui *u, struct frame *f)
{
	bool typing = u->overlay_kind == OVERLAY_CONSOLE;

	f->dirty = f->says = false;
	if (f->gone)
		return 0;
	term_follow(&u->look, u->mouse);
	loop_draw(u, &f->canvas);
	return term_show(&f->canvas, typing ? u->rows - 1 : -1,
			 typing ? console_column(u, u->cols) : -1);
}

static void draw_events(struct ui *u, struct frame *f)
{
	double bytes = draw(u, f), now = clock_seconds();

	f->drawn = now;
	f->sent = fmax(f->sent, now) + bytes / BYTES_PER_SECOND;
	f->next = fmin(fmax(f->sent, now + FRAME_SECONDS), now + FRAME_SECONDS_MOST);
}

/* After a stop: has the terminal come back to us? */
static bool is_ours(struct frame *f)
{
	f->gone |= !term_ours();
	return !f->gone;
}

static void suspend(struct ui *u, struct frame *f)
{
	if (term_suspend())
		new_size(u, f);
	is_ours(f);
	f->dirty = true;
}

/* The same size again: it was another in between, and the terminal has wrapped or cut what
 * stood there. */
static void resize(struct ui *u, struct frame *f)
{
	if (term_resize())
		new_size(u, f);
	else
		term_redraw();
	f->dirty = true;
}

static void signals(struct ui *u, struct frame *f)
{
	int s;

	while ((s = guard_signal()))
		switch (s) {
		case SIGWINCH:
			if (is_ours(f))
				resize(u, f);
			break;
		case SIGTSTP:
			suspend(u, f);
			break;
		case SIGCONT:
			if (is_ours(f))
				term_redraw();
			f->dirty = true;
			break;
		default:
			end_by(u, s);
		}
	if (f->gone && !u->ended)
		end_by(u, SIGHUP);
}

/* ^Z and ^L work everywhere. */
static bool special(struct ui *u, struct frame *f, struct key k)
{
	if (k.code == K_PASTE || k.code == K_PASTE_END)
		f->paste = k.code == K_PASTE;
	if (f->paste && u->clock - u->key_at > LOOP_PASTE_SECONDS)
		f->paste = false;
	if (k.meta || f->paste || (k.code != 26 && k.code != 12))
		return false;
	if (k.code == 26)
		suspend(u, f);
	else
		term_redraw();
	return true;
}

/* All that wait, then one frame: keys that come faster than frames can be sent
 * do not pile up. Those that come faster than they are done have frames, and events, in between. */
static void keys(struct ui *u, struct frame *f)
{
	double until = clock_seconds() + FRAME_SECONDS;
	bool any = false;
	struct key k;

	f->typed = false;
	while (!u->at_once && (u->leaving || !u->quit) && !f->typed && term_key(&k)) {
		if (!special(u, f, k))
			loop_key(u, k);
		feed_refresh(u);
		any = true;
		f->typed = clock_seconds() > until;
	}
	tour_follow(u);
	if (any)
		draw(u, f);
}

static bool events(struct ui *u)
{
	struct event e;
	bool any = false;

	/* No more than there were: a run may make them as fast as they are taken. */
	for (int n = 0; n < EVENTS_MOST && u->work && work_next(u->work, &e); n++) {
		if (serve_event(u->serve, &e)) {
			event_free(&e);
			continue;
		}
		feed_event(u, &e);
		any = true;
	}
	serve_turn(u->serve);
	feed_after(u);
	return any;
}

/* What a library has printed: its first line now, all of it at the end. */
static bool stray(struct ui *u)
{
	char text[512];

	guard_stray(text, sizeof text);
	text[strcspn(text, "\n")] = '\0';
	if (text[0])
		ui_say(u, "stderr: %s", text);
	return text[0] != '\0';
}

/* A turn of the hooks: an error of theirs stays on the screen until the next command.
 * While the screen goes away nobody would see it; it is said after that. */
static bool hooks(struct ui *u)
{
	bool any = false;
	char *text;

	if (!u->hooks)
		return false;
	hooks_turn(u->hooks);
	if (hooks_rang(u->hooks))
		term_bell();
	while (!u->leaving && (text = hooks_said(u->hooks))) {
		ui_error(u, "%s", text);
		free(text);
		any = true;
	}
	return any;
}

static bool computes(const struct ui *u)
{
	enum work_state s = u->now.state;

	return s == WORK_LOADING || s == WORK_WAITING || s == WORK_RUN || s == WORK_EVAL ||
	       s == WORK_STOPPING;
}

/* When what has changed is drawn: where nothing computes, nothing more comes
 * that a frame could wait for. */
static double frame_due(const struct ui *u, const struct frame *f)
{
	if (!computes(u))
		return 0;
	return f->says ? fmin(f->next, f->drawn + SAID_SECONDS) : f->next;
}

static bool watches(const struct ui *u)
{
	const struct view *v = view_table[u->view];

	return v->watch && (!v->watches || v->watches(u));
}

/* Other programs' files, as the view shows them: once a second, and where that takes long less
 * often. It stays under a hundredth of a core, and under a tenth of the time where it waits (a
 * file system far away, a core that the training keeps). */
static bool watch(struct ui *u, struct frame *f)
{
	double began, worked;
	bool changed;

	if (!watches(u) || u->clock < f->look)
		return false;
	began = clock_seconds();
	worked = clock_worked();
	changed = view_table[u->view]->watch(u);
	worked = clock_worked() - worked;
	f->look =
		u->clock + fmax(WATCH_SECONDS, fmax(100 * worked, 10 * (clock_seconds() - began)));
	return changed;
}

/* Another program may have queued a run, and a job is free. */
static bool feed(struct ui *u, struct frame *f)
{
	if (!feeder_hungry(u) || u->clock < f->feed)
		return false;
	f->feed = u->clock + WATCH_SECONDS;
	return feeder_look(u);
}

/* Milliseconds until there is something to do by itself; -1: wait for ever. */
static int timeout(const struct ui *u, const struct frame *f)
{
	int clients = serve_timeout(u->serve);
	double now = clock_seconds(), until = -1;

	if (f->typed)
		return 0;
	if (f->dirty)
		until = frame_due(u, f);
	else if (u->stop_asked || u->leaving)
		until = now + 1;
	else if (u->message.text[0] && u->message.until > 0)
		until = u->message.until;
	if (u->hooks && hooks_busy(u->hooks) && (until < 0 || until > now + HOOK_SECONDS))
		until = now + HOOK_SECONDS;
	if (watches(u) && !f->gone && (until < 0 || until > f->look))
		until = f->look;
	if (feeder_hungry(u) && (until < 0 || until > f->feed))
		until = f->feed;
	if (clients >= 0 && (until < 0 || until > now + clients / 1000.0))
		return clients;
	if (until < 0)
		return -1;
	return until <= now ? 0 : (int)((until - now) * 1000) + 1;
}

static void turn(struct ui *u, struct frame *f)
{
	unsigned number = u->message.number;
	struct pollfd p[] = {{.fd = f->gone ? -1 : term_fd(), .events = POLLIN},
			     {.fd = guard_fd(), .events = POLLIN},
			     {.fd = u->work ? work_fd(u->work) : -1, .events = POLLIN},
			     {.fd = detach_fd(u), .events = POLLIN},
			     {.fd = serve_fd(u->serve), .events = POLLIN}};

	if (poll(p, 5, timeout(u, f)) < 0 && errno != EINTR)
		BUG("poll: %s", strerror(errno));
	u->clock = clock_seconds();
	signals(u, f);
	if (p[0].revents & (POLLHUP | POLLERR | POLLNVAL)) { /* the terminal is closed */
		f->gone = true;
		end_by(u, SIGHUP);
	}
	f->dirty |= events(u) || p[3].revents;
	f->says |= u->message.number != number;
	f->dirty |= hooks(u);
	f->dirty |= stray(u);
	f->dirty |= !f->gone && watch(u, f);
	f->dirty |= feed(u, f);
	tour_follow(u);
	if (u->stop_asked || u->leaving) {
		count_seconds(u);
		f->dirty = true;
	} else if (u->message.until > 0 && u->clock > u->message.until && u->message.text[0]) {
		feed_refresh(u);
		f->dirty = true;
	}
	if (!f->gone)
		keys(u, f);
	if (f->dirty && clock_seconds() >= frame_due(u, f))
		draw_events(u, f);
}

void loop_run(struct ui *u)
{
	struct frame f = {.dirty = true};

	u->clock = clock_seconds();
	new_size(u, &f);
	draw(u, &f);
	keys(u, &f); /* curses may hold some already */
	while (!u->quit)
		turn(u, &f);
	begin_leaving(u);
	while (!has_left(u))
		turn(u, &f);
	canvas_free(&f.canvas);
}

/* ---- without a terminal ---- */

/* An event, or a signal: INT, TERM and HUP end the script. */
static void wait_event(struct ui *u)
{
	struct pollfd p[] = {{.fd = work_fd(u->work), .events = POLLIN},
			     {.fd = guard_fd(), .events = POLLIN},
			     {.fd = detach_fd(u), .events = POLLIN},
			     {.fd = serve_fd(u->serve), .events = POLLIN}};
	int hooks = u->hooks && hooks_busy(u->hooks) ? (int)(HOOK_SECONDS * 1000) : -1;
	int clients = serve_timeout(u->serve), s;

	poll(p, 4, hooks < 0 ? clients : clients < 0 ? hooks : min_int(hooks, clients));
	while ((s = guard_signal()))
		if (s == SIGTSTP)
			guard_default(s);
		else if (s != SIGWINCH && s != SIGCONT)
			end_by(u, s);
	events(u);
	if (u->hooks)
		hooked_turn(u->hooks, cli_say, NULL);
}

/* What another program trains goes on without us, unless it is let go, or stopped, from here. */
static bool is_awaited(const struct ui *u)
{
	return u->stop_asked || (computes(u) && (u->let_go || !ui_attached(u)));
}

void loop_settle(struct ui *u)
{
	unsigned ping;
	int shown;

	if (!u->work)
		return;
	do {
		shown = u->run_shown;
		ping = shown ? work_ping(u->work, shown) : 0;
		u->waiting = ping;
		while (u->waiting == ping && ping && !u->quit)
			wait_event(u);
		while ((u->opening.run || u->detach.run || is_awaited(u) || u->look_asked ||
			feeder_busy(u) || duels_busy(u)) &&
		       !u->quit)
			wait_event(u);
		u->let_go = false;
		if (u->run_shown)
			work_snapshot(u->work, u->run_shown, &u->now);
		feed_refresh(u);
	} while ((u->look_asked || shown != u->run_shown) && !u->quit);
}

void loop_until_open(struct ui *u)
{
	while (u->work && u->now.state == WORK_LOADING && !u->quit)
		wait_event(u);
	events(u);
}

void loop_leave(struct ui *u)
{
	begin_leaving(u);
	while (!has_left(u))
		wait_event(u);
}
