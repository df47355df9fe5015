/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * server: who trains listens here, and other programs of the same user ask.
 *
 * One socket a process (address.h). A client sends JSON objects, one a line, and gets
 * one answer for each, in the order it asked, with the "id" it sent (any JSON value;
 * left out if it sent none). What is asked means nothing to the server: whoever owns it
 * is handed each object with a ticket, and answers now or later.
 *
 * Events are numbered from 1 on, without gaps, in streams: one for each run. A stream
 * keeps the last of them (SERVER_EVENTS, and no more than SERVER_EVENT_BYTES). A client
 * that asked for a stream from a number on is sent each event once, as fast as it reads;
 * what is no longer kept is told as {"gap":[FIRST,LAST]}, never passed over in silence.
 *
 * Nothing here waits: a turn does what can be done at once, and a bounded part of it. Each
 * client's memory is bounded (SERVER_LINE of input, SERVER_ANSWERS questions that are not
 * answered, SERVER_OUTPUT of answers that it has not read); whoever asks more is not read
 * until it has taken its answers. A line that is too long, that is not a JSON object or has a
 * zero byte; a client that takes nothing for SERVER_PATIENCE seconds though there is
 * something for it; one more than SERVER_CLIENTS; another user (SO_PEERCRED): each is told
 * why, in a last line {"ok":false,"closed":"..."} as far as the socket takes it, and closed.
 *
 * One thread owns it.
 */
#ifndef MIUST_SERVER_H
#define MIUST_SERVER_H

#include "base/err.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum {
	SERVER_CLIENTS = 64,
	SERVER_LINE = 64 * 1024,
	SERVER_ANSWERS = 16,
	SERVER_OUTPUT = 256 * 1024,
	SERVER_EVENTS = 4096,
	SERVER_EVENT_BYTES = 1024 * 1024,
	SERVER_PATIENCE = 10,
};

typedef uint64_t server_ticket; /* of one question; never 0, never used again */

/* Who asks: of a client's socket, for the log. */
struct server_peer {
	long pid;
	long uid;
};

struct server_handler {
	void *ctx;
	/*
	 * A client's object, borrowed. True: it is taken, and server_answer follows, perhaps
	 * from inside. False: not now (too much waits): the same is offered again in a later
	 * turn, and nothing else of this client before it.
	 */
	bool (*asked)(void *ctx, server_ticket t, const struct server_peer *who,
		      const json_t *question);
};

struct server;

/* Makes the socket. NULL on error (the text says what to do). */
struct server *server_start(const struct server_handler *h, struct err *e);
const char *server_path(const struct server *s); /* of the socket, absolute */
/* Readable: there is something to do (an epoll descriptor). server_turn does it, also what
 * time has brought: it is due after at most server_timeout milliseconds (-1: never). */
int server_fd(const struct server *s);
int server_timeout(const struct server *s);
void server_turn(struct server *s);
/* The answer to a ticket; takes `answer` (its id is added). Without effect if the client has
 * gone. */
void server_answer(struct server *s, server_ticket t, json_t *answer);

/* The next event of a stream (1 on first use of the stream); takes `event`, to which
 * "event": NUMBER is added. Streams are named by whoever owns the server. */
void server_publish(struct server *s, int stream, json_t *event);
/* From now on, after the ticket's answer, its client gets the stream from number `from` on (0:
 * from what comes next). A client may follow several streams; asked again, it goes on from
 * the new number. */
void server_stream(struct server *s, server_ticket t, int stream, uint64_t from);
/* Numbers that are kept: [*first, *next). Both 1 while nothing has been published. */
void server_stream_range(const struct server *s, int stream, uint64_t *first, uint64_t *next);
/* It has ended: its memory is freed when all who follow it have got the rest. */
void server_stream_end(struct server *s, int stream);

/* Answers and events that can be sent at once are sent; all are closed; the socket is
 * removed, if it is still this one's. Safe on NULL. */
void server_end(struct server *s);

#endif
