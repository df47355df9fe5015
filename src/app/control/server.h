/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * server: who trains listens here, and other programs of the same user ask.
 *
 * One socket a process (address.h). A client sends JSON objects, one a line, and gets
 * one answer for each, in the order it asked, with the "id" it sent (a text, a number,
 * true, false or null; left out if it sent none). What is asked means nothing to the server:
 * whoever owns it is handed each object with a ticket, and answers now or later.
 *
 * Events are numbered from 1 on, without gaps, in streams: one for each run. A stream
 * keeps the last of them (SERVER_EVENTS, and no more than SERVER_EVENT_BYTES). A client
 * that asked for a stream from a number on is sent each event once, as fast as it reads;
 * what is no longer kept is told as {"gap":[FIRST,LAST]} with the members of
 * server_stream_label, never passed over in silence.
 *
 * Nothing here waits: a turn does what can be done at once, and a bounded part of it
 * (SERVER_TURN), each client after the other. On average, turns and answers take no more
 * than SERVER_SHARE of one core, whatever clients do; what they ask beyond that waits.
 *
 * A client may close the side it writes on, with or without a last newline: it gets its
 * answers and its streams to their end. One that has gone altogether is read to the end:
 * what it asked is done, but nobody hears of it. After SERVER_ANSWERS more questions it
 * gives up its place to whoever comes and finds none free.
 *
 * A client is told why, in a last line {"ok":false,"closed":"..."} as far as the socket takes
 * it, and closed, if it
 *	- sends a line of more than SERVER_LINE bytes or SERVER_VALUES values, one that is not a
 *	  JSON object (names twice, numbers without bounds and zero bytes are none), or an
 *	  "id" of more than SERVER_ID bytes. What it asked before is answered first;
 *	- leaves a line half written for SERVER_PATIENCE seconds. One that sends nothing may stay;
 *	- takes nothing for SERVER_PATIENCE seconds though there is something for it;
 *	- is one more than SERVER_CLIENTS, or another user (SO_PEERCRED).
 *
 * Memory is bounded. Of a client: a line (SERVER_LINE), the object made of one (150 KB at
 * most), SERVER_OUTPUT of answers and SERVER_ANSWERS that are still asked for, and two times
 * SERVER_LINE of events; whoever asks more is not read until it has taken its answers. So all
 * clients together have 40 MB at most, and SERVER_CLIENTS * SERVER_ANSWERS of the owner's
 * longest answers. A stream has SERVER_EVENT_BYTES and 64 KB.
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
	SERVER_VALUES = 256,
	SERVER_ID = 256,
	SERVER_ANSWERS = 16,
	SERVER_OUTPUT = 256 * 1024,
	SERVER_EVENTS = 4096,
	SERVER_EVENT_BYTES = 1024 * 1024,
	SERVER_PATIENCE = 10,
};
#define SERVER_SHARE 0.01  /* of one core */
#define SERVER_BURST 0.1   /* seconds that may be taken at once after a quiet time */
#define SERVER_TURN  0.001 /* seconds after which a turn leaves the rest to the next */

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
	 * from inside. False: not now (too much waits): the same is offered again in later
	 * turns, and nothing else of this client before it.
	 */
	bool (*asked)(void *ctx, server_ticket t, const struct server_peer *who,
		      const json_t *question);
	/* The time in seconds, and how long this thread has worked; NULL: those of clock.h. */
	double (*now)(void *ctx);
	double (*worked)(void *ctx);
};

struct server;

/* Makes the socket. NULL on error (the text says what to do). */
struct server *server_start(const struct server_handler *h, struct err *e);
const char *server_path(const struct server *s); /* of the socket, absolute */
/* Readable: there is something to do (an epoll descriptor). server_turn does it, also what
 * time has brought: it is due after at most server_timeout milliseconds (-1: never), 0 while
 * something is left over or has been answered or published. Ask it before each poll. */
int server_fd(const struct server *s);
int server_timeout(const struct server *s);
void server_turn(struct server *s);
/* The answer to a ticket, an object; takes `answer` (its id is added, in front). Without effect if
 * the client has gone. */
void server_answer(struct server *s, server_ticket t, json_t *answer);

/* The next event of a stream (1 on first use of the stream); takes `event`, an object, to which
 * "event": NUMBER is added, in front. One of more than SERVER_LINE bytes becomes a gap. Streams
 * are named by whoever owns the server. */
void server_publish(struct server *s, int stream, json_t *event);
/* Takes `label`, an object: its members are in every gap that is told of the stream from now on,
 * so that clients of several know which it is. */
void server_stream_label(struct server *s, int stream, json_t *label);
/* Before the ticket is answered: after that answer its client gets the stream from number `from`
 * on (0, or one that is not there yet: from what comes next). A client may follow several
 * streams; asked again, it goes on from the new number. */
void server_stream(struct server *s, server_ticket t, int stream, uint64_t from);
/* Numbers that are kept: [*first, *next). Both 1 while nothing has been published. */
void server_stream_range(const struct server *s, int stream, uint64_t *first, uint64_t *next);
/* It has ended: its memory is freed when all who follow it have got the rest. Its name is then
 * free for another. */
void server_stream_end(struct server *s, int stream);

/* Answers and events that can be sent at once are sent; all are closed; the socket is
 * removed, if it is still this one's. Safe on NULL. */
void server_end(struct server *s);

#endif
