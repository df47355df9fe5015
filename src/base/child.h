/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * child: a program that runs beside us, started without a shell.
 *
 * It has a process group of its own, so that ^C on our terminal is not for it; its
 * standard input is /dev/null; what it prints on both other streams comes here, and the
 * last line of it is kept. Signals have their default effect in it, none is blocked. All
 * descriptors of ours are close-on-exec.
 *
 * Nothing here waits. Whoever starts one calls child_turn a few times a second until
 * the program has ended; what it prints is read there, so one that prints without end
 * waits most of the time and costs us little. One thread starts and turns a child.
 */
#ifndef MIUST_CHILD_H
#define MIUST_CHILD_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <sys/types.h>

enum { CHILD_LINE = 200 }; /* bytes of a line that are kept */

struct child {     /* start with {0} */
	pid_t pid; /* 0: none runs */
	int output;
	int status;                              /* as wait() has it, once it has ended */
	char last[CHILD_LINE], line[CHILD_LINE]; /* the last whole line; the one under way */
	size_t length;                           /* of `line` */
};

/* The program argv[0], found in PATH as usual. An error if it cannot be started: then
 * nothing runs. argv and env end with NULL. */
int child_start(struct child *c, char *const *argv, char *const *env, struct err *e);
/* Reads what it has printed. True once it has ended: it is reaped then and nothing of it
 * is left. What it has started itself and left behind is nobody's business here. */
bool child_turn(struct child *c);
void child_signal(const struct child *c, int number); /* to its whole group */
/* How it ended, as a part of a sentence: "ended with status 3: disk full", "was ended by
 * signal 9 (Killed): ..."; "" if it ended well. */
void child_say(const struct child *c, struct str *out);
/* Our end of it: it runs on, and nobody looks after it any longer. */
void child_leave(struct child *c);

#endif
