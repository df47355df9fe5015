/* SPDX-License-Identifier: GPL-3.0-or-later */
/* server_own: what the parts of server.c share. */
#ifndef MIUST_SERVER_OWN_H
#define MIUST_SERVER_OWN_H

#include "app/control/address.h"
#include "app/control/server.h"
#include "app/control/wire.h"

struct stream {
	struct stream *next_one;
	int name;
	bool ended;    /* out of s->streams: only who follows it knows it */
	int followers; /* also those whose answer is not given yet */
	json_t *label;
	uint64_t first, next;             /* kept are [first, next) */
	size_t bytes;                     /* of them */
	struct wire *kept[SERVER_EVENTS]; /* number % SERVER_EVENTS */
};

struct follow {
	struct stream *stream;
	uint64_t next;
};

struct follows {
	struct follow *at;
	int n;
};

struct question {
	server_ticket ticket;
	json_t *id;          /* NULL: none */
	struct wire *answer; /* NULL: not yet */
	struct follows then; /* from its answer on */
};

struct client {
	int fd;
	struct server_peer who;
	bool can_read, can_write; /* until the socket says that it cannot */
	bool more;                /* whole lines may be left in `in` */
	bool ended;               /* nothing more is read */
	bool gone;                /* nobody reads what is sent */
	int late;                 /* questions served since then */
	bool told;                /* `why` is on its way */
	char *why;                /* why it is to be closed; NULL: it is not */
	double half_since;        /* when the line under way began, 0: none is */
	double stuck_since;       /* when its socket became full, 0: it is not */
	struct wire_in in;
	struct wire_out out;
	json_t *offered;                       /* read, but not taken so far */
	struct question asked[SERVER_ANSWERS]; /* a ring */
	int first_asked, nasked;
	struct follows follows;
	int turn; /* of follows, whose turn it is */
};

struct server {
	struct server_handler handler;
	struct address address;
	int listener;
	int epoll;           /* of the listener and all clients */
	int outer;           /* of `epoll`, unless it is time to pause */
	bool can_accept;     /* until the listener says that nobody waits */
	double accept_after; /* seconds; descriptors had run out */
	struct client *client[SERVER_CLIENTS];
	int first;           /* whose turn it is */
	uint64_t tickets;    /* given so far */
	bool due;            /* a turn may find something to do */
	double offer_after;  /* seconds; 0: nothing was refused */
	double credit, paid; /* seconds that may be worked; as of when */
	bool pausing;
	struct stream *streams;
};

/* server.c */
double server_now(const struct server *s);

/* server_client.c: one client. */
struct client *client_new(int fd, const struct server_peer *who);
void client_free(struct client *c);
/* Reads, asks and sends a part. True: something was done, so there may be more to do. */
bool client_turn(struct server *s, struct client *c, int slot, double now);
bool client_is_over(const struct client *c, double now); /* it is to be freed */
double client_deadline(const struct client *c);          /* when to look at it; 0: never */
void client_finish(struct client *c); /* sends what can be sent at once, and why it ends */
struct question *client_question(struct client *c, server_ticket t); /* NULL: none such */
void client_settle(struct client *c);                                /* answers whose turn it is */
struct wire *closed_line(const char *why);

/* server_stream.c: streams, and who follows them. */
struct wire *follows_take(struct client *c); /* the next line of events, NULL: none now */
void follows_move(struct follows *to, struct follows *from); /* leaves *from empty */
void follows_free(struct follows *f);
void streams_free(struct server *s);

#endif
