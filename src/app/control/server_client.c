/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/control/server_own.h"

#include "base/mem.h"
#include "base/str.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RETRY 0.05 /* seconds after which a question that was refused is offered again */

struct client *client_new(int fd, const struct server_peer *who)
{
	struct client *c = mem_alloc(1, sizeof *c);

	*c = (struct client){.fd = fd,
			     .who = *who,
			     .can_read = true,
			     .can_write = true,
			     .in = {.limit = SERVER_LINE}};
	return c;
}

static struct question *asked(struct client *c, int i)
{
	return &c->asked[(c->first_asked + i) % SERVER_ANSWERS];
}

static void question_free(struct question *q)
{
	json_decref(q->id);
	wire_drop(q->answer);
	follows_free(&q->then);
}

void client_free(struct client *c)
{
	close(c->fd);
	for (int i = 0; i < c->nasked; i++)
		question_free(asked(c, i));
	follows_free(&c->follows);
	json_decref(c->offered);
	wire_in_free(&c->in);
	wire_out_free(&c->out);
	free(c->why);
	free(c);
}

struct wire *closed_line(const char *why)
{
	return wire_make(json_pack("{sbss}", "ok", 0, "closed", why));
}

/* It is told why, and closed, once what it asked before is answered. */
static void turn_away(struct client *c, const char *why)
{
	c->why = mem_dup(why);
	c->ended = true;
	c->more = false;
	c->half_since = 0;
	wire_in_free(&c->in);
	follows_free(&c->follows);
}

/* What it asked before must be answered, and taken, first. */
static bool is_full(const struct client *c)
{
	return c->nasked == SERVER_ANSWERS || c->out.bytes > SERVER_OUTPUT;
}

/* Whole lines that are here come first. */
static bool may_read(const struct client *c)
{
	return c->can_read && !c->ended && !c->more && !c->offered && !is_full(c);
}

static bool read_part(struct client *c)
{
	enum wire_state state;

	if (!may_read(c))
		return false;
	state = wire_read(&c->in, c->fd);
	if (state == WIRE_BLOCKED)
		c->can_read = false;
	else
		c->more = true;
	c->ended = state == WIRE_GONE;
	return state != WIRE_BLOCKED;
}

/* No whole line is there: is that well? */
static void check_half(struct client *c, double now)
{
	char why[100];

	if (wire_too_long(&c->in)) {
		snprintf(why, sizeof why, "a line of more than %d bytes", SERVER_LINE);
		turn_away(c, why);
		return;
	}
	c->half_since = !wire_half(&c->in) ? 0 : c->half_since > 0 ? c->half_since : now;
	/* The rest of it may lie in the socket while we were not reading. */
	if (c->half_since > 0 && !c->can_read && now - c->half_since >= SERVER_PATIENCE) {
		snprintf(why, sizeof why, "half a line for %d seconds", SERVER_PATIENCE);
		turn_away(c, why);
	}
}

/* NULL, or why this cannot be an id. */
static const char *id_refused(const json_t *id)
{
	if (json_is_object(id) || json_is_array(id))
		return "an \"id\" that is an object or an array: a text or a number is expected";
	return json_string_length(id) > SERVER_ID ? "an \"id\" that is too long" : NULL;
}

/* The next object becomes `offered`. False: there is none. */
static bool next_question(struct client *c, double now)
{
	size_t n = 0;
	const char *line = wire_line(&c->in, &n);
	struct err e = {0};
	const char *why;

	if (line) {
		c->half_since = 0;
	} else {
		c->more = false;
		line = c->ended ? wire_rest(&c->in, &n) : NULL;
		if (!line) {
			check_half(c, now);
			return false;
		}
	}
	while (n && strchr(" \t\r", line[n - 1]) && line[n - 1])
		n--;
	if (!n)
		return true; /* an empty line asks nothing */
	c->offered = wire_object(line, n, SERVER_VALUES, &e);
	if (!c->offered) {
		turn_away(c, e.text);
		return false;
	}
	why = id_refused(json_object_get(c->offered, "id"));
	if (!why)
		return true;
	json_decref(c->offered);
	c->offered = NULL;
	turn_away(c, why);
	return false;
}

/* Hand the owner what is offered. False: it refused. */
static bool offer(struct server *s, struct client *c, int slot, double now)
{
	server_ticket t = ++s->tickets * SERVER_CLIENTS + (server_ticket)slot;
	struct question *q = asked(c, c->nasked++);

	*q = (struct question){.ticket = t, .id = json_incref(json_object_get(c->offered, "id"))};
	if (s->handler.asked(s->handler.ctx, t, &c->who, c->offered)) {
		json_decref(c->offered);
		c->offered = NULL;
		c->late += c->gone;
		return true;
	}
	BUG_ON(!client_question(c, t) || q->answer);
	question_free(q);
	c->nasked--;
	s->offer_after = now + RETRY;
	return false;
}

/* One question: so whoever asks little has its turn soon, however much others ask. */
static bool ask_part(struct server *s, struct client *c, int slot, double now)
{
	if (is_full(c) || (!c->offered && (c->why || !next_question(c, now))))
		return false;
	return !c->offered || offer(s, c, slot, now);
}

struct question *client_question(struct client *c, server_ticket t)
{
	for (int i = 0; i < c->nasked; i++)
		if (asked(c, i)->ticket == t)
			return asked(c, i);
	return NULL;
}

void client_settle(struct client *c)
{
	while (c->nasked && asked(c, 0)->answer) {
		struct question *q = asked(c, 0);

		if (!c->gone)
			wire_push(&c->out, wire_share(q->answer));
		if (!c->gone && !c->why)
			follows_move(&c->follows, &q->then);
		question_free(q);
		c->first_asked = (c->first_asked + 1) % SERVER_ANSWERS;
		c->nasked--;
	}
}

/* Events are taken only when all before them is sent: what waits is kept once, in the stream. */
static void fill(struct client *c)
{
	struct wire *w;

	if (c->out.n || c->gone || c->why)
		return;
	while (c->out.n < WIRE_PART && c->out.bytes < SERVER_LINE && (w = follows_take(c)))
		wire_push(&c->out, w);
}

static bool is_stuck(const struct client *c, double now)
{
	return c->stuck_since > 0 && now - c->stuck_since >= SERVER_PATIENCE;
}

static bool send_part(struct client *c, double now)
{
	enum wire_state state;
	size_t sent;

	fill(c);
	if (c->why && !c->told && !c->nasked) {
		wire_push(&c->out, closed_line(c->why));
		c->told = true;
	}
	/* The kernel says that a socket can be written only once most of it has been read. */
	if (!c->out.n || c->gone || (!c->can_write && !is_stuck(c, now)))
		return false;
	state = wire_send(&c->out, c->fd, &sent);
	c->can_write = state != WIRE_BLOCKED;
	c->gone = state == WIRE_GONE;
	if (sent)
		c->stuck_since = 0;
	else if (state == WIRE_BLOCKED && c->stuck_since <= 0)
		c->stuck_since = now;
	return state != WIRE_BLOCKED;
}

bool client_turn(struct server *s, struct client *c, int slot, double now)
{
	bool done = read_part(c);

	done |= ask_part(s, c, slot, now);
	done |= send_part(c, now);
	if (c->gone) {
		wire_out_free(&c->out);
		follows_free(&c->follows);
		c->stuck_since = 0;
	}
	/* The socket says but once that it can be read. */
	return done || may_read(c);
}

bool client_is_over(const struct client *c, double now)
{
	if (is_stuck(c, now))
		return true; /* its socket is full, so it cannot be told why */
	if (!c->ended || c->more || c->offered)
		return false;
	return c->gone || (!c->nasked && !c->out.n && !c->follows.n && (!c->why || c->told));
}

double client_deadline(const struct client *c)
{
	double half = c->can_read || c->offered || is_full(c) ? 0 : c->half_since;
	double first =
		c->stuck_since <= 0 || (half > 0 && half < c->stuck_since) ? half : c->stuck_since;

	return first > 0 ? first + SERVER_PATIENCE : 0;
}

void client_finish(struct client *c)
{
	size_t sent;

	while (fill(c), c->out.n && !c->gone)
		if (wire_send(&c->out, c->fd, &sent) != WIRE_DONE)
			return;
	if (c->gone || c->told)
		return;
	wire_push(&c->out, closed_line(c->why ? c->why : "this program ends"));
	wire_send(&c->out, c->fd, &sent);
}
