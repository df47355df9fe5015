/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * peer: a server whose owner, clock and clients are the test's, all in one thread.
 *
 * Nothing waits for real time: peer_now is what the server takes for it. An owner that
 * answers at once echoes the question; one that is told to defer keeps the tickets in
 * `host.asked` for the test to answer.
 */
#ifndef MIUST_TEST_PEER_H
#define MIUST_TEST_PEER_H

#include "app/control/address.h"
#include "app/control/server.h"
#include "base/str.h"
#include "temp.h"
#include "test.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HOST_ASKED = 4096 };

static struct {
	struct server *s;
	double now, worked; /* seconds */
	double cost;        /* of a question */
	bool defer, refuse;
	server_ticket asked[HOST_ASKED]; /* not answered yet, in the order they came */
	json_t *question[HOST_ASKED];
	int nasked;
	long questions, refused; /* so far */
	struct server_peer who;  /* of the last one */
} host;

static inline double host_now(void *ctx)
{
	(void)ctx;
	return host.now;
}

static inline double host_worked(void *ctx)
{
	(void)ctx;
	return host.worked;
}

/* {"ok":true,"echo":QUESTION}; "stream": N and "from": M in a question follow. */
static inline void host_answer(server_ticket t, const json_t *question)
{
	const json_t *stream = json_object_get(question, "stream");

	if (stream)
		server_stream(host.s, t, (int)json_integer_value(stream),
			      (uint64_t)json_integer_value(json_object_get(question, "from")));
	server_answer(host.s, t, json_pack("{sbsO}", "ok", 1, "echo", question));
}

static inline bool host_asked(void *ctx, server_ticket t, const struct server_peer *who,
			      const json_t *question)
{
	(void)ctx;
	host.worked += host.cost;
	if (host.refuse) {
		host.refused++;
		return false;
	}
	host.questions++;
	host.who = *who;
	if (host.defer && host.nasked < HOST_ASKED) {
		host.asked[host.nasked] = t;
		host.question[host.nasked++] = json_deep_copy(question);
	} else {
		host_answer(t, question);
	}
	return true;
}

/* Answer the i-th of those that wait. */
static inline void host_answer_one(int i)
{
	host_answer(host.asked[i], host.question[i]);
	json_decref(host.question[i]);
	host.nasked--;
	for (; i < host.nasked; i++) {
		host.asked[i] = host.asked[i + 1];
		host.question[i] = host.question[i + 1];
	}
}

static inline void host_start(void)
{
	const struct server_handler h = {
		.asked = host_asked, .now = host_now, .worked = host_worked};
	struct err e = {0};

	setenv("XDG_RUNTIME_DIR", temp_path("%s", ""), 1);
	memset(&host, 0, sizeof host);
	host.now = 1000;
	host.s = server_start(&h, &e);
	if (!host.s) {
		fprintf(stderr, "%s\n", e.text);
		abort();
	}
}

static inline bool host_is_ready(void)
{
	struct pollfd at = {.fd = server_fd(host.s), .events = POLLIN};

	return poll(&at, 1, 0) == 1;
}

/* Turns until nothing is left to do, or it pauses. */
static inline void host_settle(void)
{
	do
		server_turn(host.s);
	while (server_timeout(host.s) == 0 || host_is_ready());
}

static inline void host_end(void)
{
	server_end(host.s);
	host.s = NULL;
	for (int i = 0; i < host.nasked; i++)
		json_decref(host.question[i]);
	host.nasked = 0;
}

struct peer {
	int fd;
	struct str got;
	size_t at; /* of got; lines before it are taken */
	bool closed;
	char *line;
};

static inline struct peer peer_open(void)
{
	struct err e = {0};
	struct peer p = {.fd = address_connect(server_path(host.s), getpid(), &e)};

	if (p.fd < 0)
		FAIL("%s", e.text);
	return p;
}

static inline void peer_close(struct peer *p)
{
	close(p->fd);
	str_free(&p->got);
	free(p->line);
	*p = (struct peer){.fd = -1};
}

/* What of it the socket takes. */
static inline size_t peer_put_bytes(struct peer *p, const void *data, size_t n)
{
	ssize_t sent = send(p->fd, data, n, MSG_DONTWAIT | MSG_NOSIGNAL);

	return sent < 0 ? 0 : (size_t)sent;
}

static inline void peer_put(struct peer *p, const char *text)
{
	if (peer_put_bytes(p, text, strlen(text)) != strlen(text))
		FAIL("a socket takes no \"%.40s\"", text);
}

/* Read what is there, `most` bytes of it. */
static inline void peer_read(struct peer *p, size_t most)
{
	char part[4096];

	while (most && !p->closed) {
		ssize_t n =
			recv(p->fd, part, most < sizeof part ? most : sizeof part, MSG_DONTWAIT);

		if (n > 0) {
			str_addn(&p->got, part, (size_t)n);
			most -= (size_t)n;
		} else if (n == 0 || errno != EAGAIN) {
			p->closed = true;
		} else {
			return;
		}
	}
}

/* The next line that is there, good until the next call; NULL: none is. */
static inline const char *peer_line(struct peer *p)
{
	char *end;

	peer_read(p, (size_t)-1);
	end = p->got.s ? memchr(p->got.s + p->at, '\n', p->got.len - p->at) : NULL;
	if (!end)
		return NULL;
	free(p->line);
	p->line = str_format("%.*s", (int)(end - p->got.s - (long)p->at), p->got.s + p->at);
	p->at = (size_t)(end - p->got.s) + 1;
	return p->line;
}

static inline bool peer_is_closed(struct peer *p)
{
	peer_read(p, (size_t)-1);
	return p->closed && p->at == p->got.len;
}

#endif
