/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of the attached side share: attach.c connects and asks, attach_take.c
 * takes what comes. */
#ifndef MIUST_ATTACH_H
#define MIUST_ATTACH_H

#include "app/control/client.h"
#include "app/lab/work_private.h"

#include <jansson.h>

/* A request that is not answered. */
struct asked {
	json_int_t id;   /* of the question; 0: it is not sent yet */
	unsigned number; /* of the request */
	enum request_kind kind;
	bool served; /* a ping: the reply comes when the folder has been looked at */
};

struct attach {
	struct client *client;   /* NULL: not attached */
	struct lock_owner owner; /* who is, or was, at the other end */
	unsigned whom;           /* its number, from 1 */
	double again;            /* clock: not before is it tried to connect */
	bool hopeless;           /* with this owner, for it answers what is not understood */
	json_int_t last_id, next_event;

	struct asked *asked; /* [n] in the order they came */
	int n;
	json_int_t snapshot; /* id of the question under way; 0: none */
	bool stale;          /* something has happened since it was asked for */
	double next;         /* clock: not before is it asked for again */
	double heard;        /* clock: of the last message, or of the connection */
	double since;        /* clock: from then on the answer to `snapshot` is waited for */
	int silent;          /* as in the snapshot that is shown */

	bool over;  /* the other end has nothing more to say of the run */
	bool said;  /* to whom it is attached */
	bool known; /* there was a snapshot */
	struct snapshot shown;
};

bool attached(const struct work_run *run);
/* The reply to asked[i], which is forgotten. */
void attach_reply(struct work_run *run, int i, bool ok, const char *text);
/* A message; *news: the folder is to be looked at. -1 and an error: it is not understood. */
int attach_take(struct work_run *run, const json_t *message, bool *news, struct err *e);

#endif
