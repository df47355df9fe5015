/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/control/client.h"

#include "app/control/address.h"
#include "app/control/wire.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

struct client {
	int fd;
	char *path;
	bool gone;        /* nobody reads what is sent; what came before is still to be read */
	struct err *over; /* why nothing more comes; NULL until it is known */
	struct wire_in in;
	struct wire_out out;
};

struct client *client_open(const char *path, long pid, struct err *e)
{
	int fd = address_connect(path, pid, e);
	struct client *c;

	if (fd < 0)
		return NULL;
	c = mem_alloc(1, sizeof *c);
	c->fd = fd;
	c->path = mem_dup(path);
	c->in.limit = CLIENT_LINE;
	return c;
}

void client_close(struct client *c)
{
	if (!c)
		return;
	close(c->fd);
	wire_in_free(&c->in);
	wire_out_free(&c->out);
	free(c->path);
	free(c->over);
	free(c);
}

int client_fd(const struct client *c)
{
	return c->fd;
}

short client_poll(const struct client *c)
{
	return (short)(POLLIN | (c->out.n && !c->gone ? POLLOUT : 0));
}

static void flush(struct client *c)
{
	enum wire_state state = WIRE_DONE;
	size_t sent;

	while (c->out.n && state == WIRE_DONE)
		state = wire_send(&c->out, c->fd, &sent);
	if (state != WIRE_GONE)
		return;
	c->gone = true;
	wire_out_free(&c->out);
}

void client_send(struct client *c, json_t *message)
{
	struct wire *w = wire_make(message);

	if (c->gone)
		wire_drop(w);
	else
		wire_push(&c->out, w);
	flush(c);
}

/* Nothing more comes, and that is why. */
static void end(struct client *c, const char *why)
{
	c->over = mem_alloc(1, sizeof *c->over);
	err_set(c->over, "%s: %s", c->path, why);
}

/* The other end's last line, which says why it closes; NULL: an ordinary one. */
static const char *closing(const json_t *message)
{
	if (json_object_get(message, "id") || !json_is_false(json_object_get(message, "ok")))
		return NULL;
	return json_string_value(json_object_get(message, "closed"));
}

/* The object of a line, or the end. */
static json_t *take_line(struct client *c, const char *line, size_t n)
{
	struct err why = {0};
	json_t *message = wire_object(line, n, 0, &why);
	char *text;

	if (message && !closing(message))
		return message;
	text = message ? str_format("it has closed the connection: %s", closing(message))
		       : str_format("it has sent %s", why.text);
	end(c, text);
	free(text);
	json_decref(message);
	return NULL;
}

static int failed(const struct client *c, struct err *e)
{
	err_set(e, "%s", c->over->text);
	return -1;
}

int client_next(struct client *c, json_t **message, struct err *e)
{
	*message = NULL;
	flush(c);
	while (!c->over) {
		enum wire_state state;
		size_t n;
		const char *line = wire_line(&c->in, &n);

		if (line) {
			*message = take_line(c, line, n);
			return *message ? 0 : failed(c, e);
		}
		if (wire_too_long(&c->in)) {
			end(c, "it has sent a line without an end");
			break;
		}
		state = wire_read(&c->in, c->fd);
		if (state == WIRE_BLOCKED)
			return 0;
		if (state == WIRE_GONE)
			end(c, wire_half(&c->in) ? "it has gone in the middle of a line"
						 : "it has closed the connection");
	}
	return failed(c, e);
}

int client_wait(struct client *c, double seconds, json_t **message, struct err *e)
{
	double end_at = clock_seconds() + seconds;

	for (;;) {
		struct pollfd at = {.fd = c->fd};
		double left = end_at - clock_seconds();

		if (client_next(c, message, e))
			return -1;
		if (*message || (seconds >= 0 && left < 0))
			return 0;
		at.events = client_poll(c);
		/* A signal may mean that nobody wants to wait any longer. */
		if (poll(&at, 1, seconds < 0 ? -1 : (int)fmin(ceil(left * 1e3), INT_MAX)) < 0)
			return 0;
	}
}

int client_ask(struct client *c, json_t *question, json_t *probe, double seconds,
	       json_t *(*also)(void *ctx), void *ctx, json_t **answer, struct err *e)
{
	double until = clock_seconds() + seconds / 2;
	bool probed = false;
	int failed = 0;

	*answer = NULL;
	json_object_set_new(probe, "id", json_integer(1));
	client_send(c, question);
	while (!failed && (!*answer || probed)) {
		json_t *m, *more;

		failed = client_wait(c, fmax(until - clock_seconds(), 0), &m, e);
		if (failed)
			break;
		more = also ? also(ctx) : NULL;
		if (more)
			client_send(c, more);
		if (m) {
			until = clock_seconds() + seconds / 2;
			if (json_object_get(m, "id")) {
				probed = false;
				json_decref(m);
			} else {
				*answer = m;
			}
		} else if (clock_seconds() >= until && probed) {
			break;
		} else if (clock_seconds() >= until) {
			probed = true;
			until = clock_seconds() + seconds / 2;
			client_send(c, json_incref(probe));
		}
	}
	json_decref(probe);
	if (!failed)
		return 0;
	json_decref(*answer);
	*answer = NULL;
	return -1;
}
