/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * process: what holds for the whole process from its first line on: its
 * standard descriptors, the signals it ignores, and those that ask it to stop.
 */
#ifndef MIUST_PROCESS_H
#define MIUST_PROCESS_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * First of all in main. Descriptors 0 to 2 that are closed become /dev/null, so
 * that no file opened later takes messages meant for them. SIGXFSZ is ignored: a
 * file over its size limit is a write error. SIGBUS is answered (mapped.h).
 *
 * Where address space is limited (ulimit -v, -d) the program starts itself
 * again with OPENBLAS_NUM_THREADS=1: threads of OpenBLAS, which starts one for
 * each core before main, wait in a loop for buffers that cannot be had, and
 * nobody ends that loop. The engine never uses those threads (par.h).
 */
void process_begin(char **argv);
/* The file of the running program, absolute; false where the system does not say. */
bool process_path(char *out, size_t n);
bool process_space_limited(void); /* is the address space limited? */
/* How many of this program mpirun or srun has started together, and *place (may be NULL), which of
 * them this is, from 0. 1 and 0: it was started alone. */
int process_together(int *place);

/* The signals that ask a run for a checkpoint and its end; exit status 128 + number. */
struct process_stop {
	int number;
	const char *name; /* "SIGINT" */
};
enum { PROCESS_STOPS = 5 };
extern const struct process_stop process_stops[PROCESS_STOPS];
const char *process_stop_name(int number); /* one of them; else "a signal" */

/* When each of them came first; {0} at first. */
struct process_stops_come {
	bool came[PROCESS_STOPS];
	double at[PROCESS_STOPS]; /* seconds of clock.h */
};
/*
 * For a signal handler: one of them comes at `now`. True: the program is to end at once, for
 * the same signal came more than a second ago. Within that second it is the same request:
 * timeout(1) signals its child and then its process group. HUP never is, for a terminal that
 * is closed sends it, and so does its shell.
 */
bool process_stop_comes(struct process_stops_come *c, int number, double now);

/* Block every signal in the calling thread, and so in those it starts, except
 * those that a fault in the thread itself raises (SEGV, BUS, ...): blocked, they
 * would end the process before a handler can say anything. *old is for
 * pthread_sigmask. */
void process_block_signals(sigset_t *old);

#endif
