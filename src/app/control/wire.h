/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * wire: JSON objects as lines of bytes on a socket that never waits.
 */
#ifndef MIUST_WIRE_H
#define MIUST_WIRE_H

#include "base/err.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* An object as it is sent, with its newline. Not changed once it is made, so that one may be on
 * its way to many; whoever is the last to drop it frees it. */
struct wire {
	int users;
	size_t n;
	char text[];
};

struct wire *wire_make(json_t *object); /* takes the object; one user */
struct wire *wire_share(struct wire *w);
void wire_drop(struct wire *w); /* safe on NULL */

/* The object of a line, of at most `values` values (also members, and so levels; 0: any
 * number). NULL and an error: it is not one; the text is UTF-8, whatever the line is. */
json_t *wire_object(const char *line, size_t n, int values, struct err *e);

/* What is to be sent, in order. Starts as {0}. */
struct wire_out {
	struct wire **at; /* a ring */
	int first, n, room;
	size_t sent;  /* of the first one */
	size_t bytes; /* of all, with what each costs besides (WIRE_COST) */
};

enum wire_state { WIRE_DONE, WIRE_BLOCKED, WIRE_GONE };

void wire_push(struct wire_out *o, struct wire *w); /* takes this use of it */
/* Sends once, up to WIRE_PART lines. DONE: what was asked of the socket is sent (look at o->n);
 * BLOCKED: the socket takes no more now; GONE: nobody reads it any longer. *sent: bytes. */
enum wire_state wire_send(struct wire_out *o, int fd, size_t *sent);
enum { WIRE_PART = 64, WIRE_COST = 64 };
void wire_out_free(struct wire_out *o); /* empty again */

/* What has come: lines, and the beginning of the next. Starts as {.limit = N}. */
struct wire_in {
	size_t limit; /* longest line, with its newline */
	char *data;
	size_t room, begin, end; /* data[begin..end) is there */
	size_t seen;             /* no newline before it */
};

/* Reads once. DONE: something came (or a line is too long already); BLOCKED: nothing is there
 * now; GONE: the end. */
enum wire_state wire_read(struct wire_in *i, int fd);
/* The next whole line without its newline, in *n bytes; good until the next call of these. NULL:
 * none is whole. */
const char *wire_line(struct wire_in *i, size_t *n);
const char *wire_rest(struct wire_in *i, size_t *n); /* what came last, without a newline */
bool wire_too_long(const struct wire_in *i);         /* after wire_line had none */
bool wire_half(const struct wire_in *i);             /* has a line begun? */
void wire_in_free(struct wire_in *i);                /* empty again */

#endif
