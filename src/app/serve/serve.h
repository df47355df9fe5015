/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * serve: the runs of this process, for others to look at and to steer.
 *
 * Binds a server (app/control/server.h) to a work: command lines become requests, by the
 * same parsers and with the same checks and the same log as those of the screen, with
 * who asked as a comment; snapshots and events become JSON (doc/control.md). Every answer
 * and every event says of which `run` (the session's folder, absolute) and `fold` it is.
 *
 * One thread owns it, the one that owns the work.
 */
#ifndef MIUST_SERVE_H
#define MIUST_SERVE_H

#include "app/lab/work.h"
#include "base/str.h"

struct serve;

/* Makes the socket, before there is a work: its path goes into work_options.job.socket. NULL on
 * error: training can go on without, and says so. */
struct serve *serve_start(struct err *e);
const char *serve_path(const struct serve *s); /* "" if s is NULL, as all below allow */
void serve_bind(struct serve *s, struct work *w);
/* Who begins and ends duels in this process: is given the arguments of `duel` that is asked of a
 * run, and appends the answer. Without anybody clients are told so. */
typedef int serve_duel(void *ctx, int run, const char *args, struct str *out, struct err *e);
void serve_duels(struct serve *s, serve_duel *duel, void *ctx);
/* Poll this (-1: none); at the latest after serve_timeout milliseconds (-1: never), and whenever
 * it is readable, serve_turn. */
int serve_fd(const struct serve *s);
int serve_timeout(const struct serve *s);
void serve_turn(struct serve *s);
/* Each event of the work, before anybody else takes it. True: it is the answer to what a client
 * has asked, and is not for anybody else. */
bool serve_event(struct serve *s, const struct event *e);
void serve_end(struct serve *s); /* before work_end; clients are told that it ends */

#endif
