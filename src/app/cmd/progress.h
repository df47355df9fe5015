/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * progress: one line of a terminal that says how far the work has come.
 *
 *	progress_start(&p, stderr, getenv("TERM"));
 *	if (progress_due(&p, clock_seconds())) progress_show(&p, "step 3 of 10");
 *	progress_wipe(&p);                  before anything else is printed there
 *
 * The line is drawn over itself ten times a second, with carriage returns and
 * spaces only, and cut to the terminal's width. A terminal of type dumb, or of
 * none, can do neither (Emacs's shell, the log of a build): it gets a new line
 * every ten seconds. What is not a terminal gets nothing.
 */
#ifndef MIUST_PROGRESS_H
#define MIUST_PROGRESS_H

#include <stdbool.h>
#include <stdio.h>

struct progress {
	FILE *to;    /* NULL: not a terminal */
	bool lines;  /* each on a line of its own */
	int shown;   /* columns of the line that is there now */
	double last; /* when it was drawn, in seconds; 0: never */
};

void progress_start(struct progress *p, FILE *to, const char *term);
bool progress_due(struct progress *p, double now); /* if so, `now` counts as drawn */
void progress_show(struct progress *p, const char *text);
void progress_wipe(struct progress *p);

#endif
