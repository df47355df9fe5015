/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * term: the terminal, and the only owner of curses. One thread calls it.
 *
 *	if (term_start(&options, e)) return -1;      says why there is no screen
 *	canvas_init(&c, term_rows(), term_cols(), term_look());
 *	for (;;) {
 *		while (term_key(&key)) ...;          before poll: curses may hold some
 *		while ((sig = guard_signal())) ...;  WINCH: term_resize, a new canvas
 *		draw on c;
 *		term_show(&c, -1, -1);               sends what changed, 0 bytes if nothing
 *		poll term_fd() and guard_fd();
 *	}
 *	term_stop();
 *
 * Signals and crashes are guard.h's; keys are key.h's. The terminal is in raw
 * mode: ^C and ^Z arrive as keys, SIGINT and SIGTSTP only from outside. It is
 * restored by term_stop, at exit, and by a crash.
 *
 * Colours follow TERM (as many as terminfo says, none with NO_COLOR set and
 * not empty) as indices of 256; nobody's palette is rewritten. Glyphs are
 * braille in a UTF-8 locale whose terminal draws ● on one column and can be
 * expected to have them, else ASCII. The locale is set before (locale.h).
 */
#ifndef MIUST_TERM_H
#define MIUST_TERM_H

#include "ui/term/cell.h"
#include "ui/term/guard.h"
#include "ui/term/key.h"

struct term_options {
	bool ascii; /* force these glyphs */
};

int term_start(const struct term_options *o, struct err *e);
void term_stop(void); /* again: nothing */

int term_rows(void);
int term_cols(void);
const struct look *term_look(void); /* until term_stop */
const char *term_why_ascii(void);   /* though the locale is UTF-8: a sentence, or NULL */
/* Palette, ramp and glyphs as in *look (the depth is the terminal's), clicks
 * and wheel as keys or not. What changes colours makes the next frame a whole one. */
void term_follow(const struct look *look, bool mouse);

/* Bring the canvas (of the terminal's size) to the screen. The cursor shows at
 * (row, col); -1 hides it. Returns about how many bytes that took. */
int term_show(const struct canvas *c, int row, int col);

void term_bell(void); /* ring */

int term_fd(void); /* for poll: readable when keys wait */
/* The next key; false when none waits. Call until false: curses keeps some. */
bool term_key(struct key *k);

/* After SIGWINCH: take the new size. True if it differs: the canvas needs it. */
bool term_resize(void);
/* Ask before drawing after a stop: stopped, it waits until the terminal is this job's again.
 * False: it is not, and there is no screen any more (guard_foreground). */
bool term_ours(void);
/* For ^Z and SIGTSTP: leave the screen, stop, come back and draw all again. True if
 * the size has changed meanwhile. */
bool term_suspend(void);
/* After SIGCONT of a stop we did not ask for, and for ^L: draw all again. */
void term_redraw(void);

#endif
