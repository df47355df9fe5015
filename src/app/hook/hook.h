/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hook: programs that are told what happens to runs (doc/hooks.md).
 *
 *	on EVENT run PROGRAM ARG...     words as a shell quotes them; no shell is started
 *	on EVENT bell                   ring the terminal
 *	on spike rewind 1 epoch ...     the run goes back by itself (rollback.h)
 *	on EVENT off                    no more of these
 *	on time SECONDS                 how long a program may take
 *
 * A program gets the figures in its environment (happening.h). The programs of one hook
 * never overlap: the next waits until the one before has ended, up to WAITING of all. One
 * that takes too long is ended by TERM, then by KILL. What goes wrong becomes a sentence,
 * and that is all that comes of it.
 *
 * Nothing waits but hooks_finish. Whoever owns the hooks calls hooks_turn a few times a
 * second while hooks_busy, or at every step: it starts, reads, ends and reaps. One thread
 * calls all of these.
 */
#ifndef MIUST_HOOK_H
#define MIUST_HOOK_H

#include "app/hook/happening.h"
#include "app/hook/rollback.h"

#include <stdbool.h>

#define HOOK_SECONDS 0.1 /* between two turns, while any program runs */

struct hook_task;

struct hook {
	int id;
	enum happened on;
	char **argv; /* NULL: the bell, or the rule; then NULL at the end */
	char *line;  /* "end run notify 'a b'", as hooks_on reads it */
	bool rule;   /* of a spike: there is one */
};

struct hooks {
	struct hook *at; /* [n], in the order they came */
	int n, last_id;
	struct rollback rollback; /* back 0: there is no rule */
	double limit;             /* seconds a program may take before TERM */
	double grace;             /* and then before KILL */
	struct hook_task *task;   /* [tasks], oldest first: running or waiting */
	int tasks;
	double next; /* no turn before that, by the clock */
	char **said; /* [nsaid] sentences nobody has taken yet */
	int nsaid;
	bool rang; /* the bell is to ring */
};

void hooks_init(struct hooks *h); /* none; 30 s and 5 s */
/* Forgets all. Programs that still run are left alone. */
void hooks_free(struct hooks *h);

/* What follows `on`. A hook that is there already is not added again. An error changes
 * nothing. */
int hooks_on(struct hooks *h, const char *args, struct err *e);
/* All of them as lines for `on`, and the time; a sentence if there are none. */
void hooks_list(const struct hooks *h, struct str *out);

/* Start what is to be started, or let it wait. */
void hooks_happened(struct hooks *h, const struct happening *x);
bool hooks_busy(const struct hooks *h); /* programs run or wait */
void hooks_turn(struct hooks *h);
char *hooks_said(struct hooks *h); /* the next sentence; free() it. NULL: none */
bool hooks_rang(struct hooks *h);  /* is the bell to ring? Asked once for each time */
/* Until all have ended, at most for `limit` (and `grace`): what still runs then is ended,
 * what still waits is dropped. `say` gets what there is to say, after a second also that
 * it waits. */
void hooks_finish(struct hooks *h, void (*say)(void *ctx, const char *text), void *ctx);

#endif
