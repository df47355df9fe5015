/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * guard: signals, crashes and stray prints while the screen is ours.
 *
 * Signals INT, TERM, HUP, USR1, USR2, WINCH, TSTP and CONT become bytes in a pipe: their
 * handler does nothing else, so the loop meets them between two frames. The
 * handlers must stand before newterm, which would take INT and TERM for
 * itself. Nothing is blocked: a library's thread may exist already, and a
 * signal blocked only here would end the process there.
 *
 * A crash (SEGV, BUS, ...), and any other signal that ends the process (XCPU,
 * ALRM, PWR, real-time signals, ...), writes the bytes armed by guard_arm, sets
 * the terminal's modes back, replays stderr, and goes on as if nobody had
 * listened. All of it is safe in a handler.
 *
 * Job control: a job in the background may not set the terminal's modes. guard_foreground
 * stops the program, as the system would, until it is its turn, but an end that was asked for
 * meanwhile comes before that: tcsetattr would stop again and again, and the end never come.
 *
 * guard_capture: stderr goes to an unnamed file while the screen runs: a library's message
 * would garble it. guard_stray hands out what is new, for a log pane.
 */
#ifndef MIUST_GUARD_H
#define MIUST_GUARD_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <termios.h>

int guard_start(struct err *e); /* handlers; what is ignored stays ignored (nohup) */
void guard_capture(void);       /* stderr, from here on */
void guard_stop(void);          /* all as before; prints what stderr got; again: nothing */

int guard_fd(void);     /* readable when a signal waits; for poll */
int guard_signal(void); /* the next signal's number, 0 if none waits */

/* What a crash has to send to `fd`; the bytes must live until guard_disarm. */
void guard_arm(int fd, const char *bytes, size_t n, const struct termios *modes);
void guard_disarm(void);

/* Around what one thread sends to the screen. A crash in another thread lets it get to its end
 * first; from then on guard_draw does not return: nothing follows on a restored terminal. */
void guard_draw(void);
void guard_drawn(void);

/* What has come to stderr since the last call, "" if nothing: at most n - 1
 * bytes, the rest with the next call. */
char *guard_stray(char *out, size_t n);
/* All of it, whatever interrupts; safe in a handler. */
void guard_send(int fd, const char *bytes, size_t n);
/* Stop until the terminal `fd` is ours, as SIGTTOU does; before guard_start, what ends a process
 * ends it there. False: it is not, and nothing may be sent to it: an end was asked for, or
 * nothing can stop this program (whoever would continue it has gone). */
bool guard_foreground(int fd);
/* The default effect of a signal we handle (stop, end), as if unhandled. */
void guard_default(int sig);

#endif
