/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rollback: the rule by which a run goes back by itself when its loss spikes.
 *
 *	on spike rewind 1 epoch, lr x0.5, at most 3, over 3
 *
 * A spike is a loss of more than `over` times its running median (spike.h), or a loss or
 * gradient that is not finite. A rule is a value: it may be copied, and owns nothing. It comes
 * from people alone (miustrc, console, --on, miust control), never from a config or a session.
 */
#ifndef MIUST_ROLLBACK_H
#define MIUST_ROLLBACK_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>

enum {
	ROLLBACK_CHANGES = 8,
	ROLLBACK_CHANGE = 160, /* bytes of one, with its NUL */
	ROLLBACK_MOST = 3,     /* uses, if nothing is said */
};

struct rollback {
	int back;    /* so many epochs or steps; 0: there is no rule */
	bool steps;  /* these */
	int most;    /* uses in a fold */
	double over; /* more than 1 */
	int changes;
	char change[ROLLBACK_CHANGES][ROLLBACK_CHANGE]; /* "KEY VALUE", "KEY x0.5"; whole keys */
};

/* What follows `on spike`: "rewind ...". An error says what was expected, and leaves *r. */
int rollback_read(struct rollback *r, const char *text, struct err *e);
/* What follows `on` where a run that another program trains is asked: "spike rewind ..." or "spike
 * off" (back 0). */
int rollback_order(struct rollback *r, const char *args, struct err *e);
/* "rewind 1 epoch, train.optimizer.lr x0.5, at most 3, over 3", as it is read back. */
void rollback_text(const struct rollback *r, struct str *out);

#endif
