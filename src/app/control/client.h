/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * client: the other end of server.h.
 *
 * Sends JSON objects and takes what comes, without ever waiting; client_wait is for
 * programs that have nothing else to do. One thread owns it.
 */
#ifndef MIUST_CLIENT_H
#define MIUST_CLIENT_H

#include "base/err.h"

#include <jansson.h>
#include <stdbool.h>

enum { CLIENT_LINE = 16 << 20 }; /* bytes of a message: many times the longest */

struct client;

/* To the socket that stands in a lock, of process `pid` (address_connect). NULL on error. */
struct client *client_open(const char *path, long pid, struct err *e);
void client_close(struct client *c); /* safe on NULL */
int client_fd(const struct client *c);
short client_poll(const struct client *c); /* POLLIN, and POLLOUT while something is to be sent */
/* Takes `message`, an object; it is sent as the socket takes it, by the calls below too. What is
 * sent to one who has gone is dropped: client_next says so. */
void client_send(struct client *c, json_t *message);
/* The next message, which the caller owns; NULL: none now. -1 and an error: the other end has
 * closed (with its reason, if it gave one) or sent what is not JSON; nothing more comes. */
int client_next(struct client *c, json_t **message, struct err *e);
/* Like client_next, but waits for a message, at most so many seconds (< 0: for ever). *message
 * NULL: none came in time, or a signal did. */
int client_wait(struct client *c, double seconds, json_t **message, struct err *e);

/*
 * Send `question`, which has no id, and wait for its answer for as long as the other end lives:
 * where nothing has come for half of so many seconds `probe` is asked, which is answered at
 * once; *answer NULL: that is not answered in the other half. Takes both objects. `also` (may be
 * NULL) is called after each wait, which a signal ends: what it returns, unless NULL, is asked
 * too, under an id, and its answer is passed over.
 */
int client_ask(struct client *c, json_t *question, json_t *probe, double seconds,
	       json_t *(*also)(void *ctx), void *ctx, json_t **answer, struct err *e);

#endif
