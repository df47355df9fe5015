/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the parts of queue share: queue_line.c reads and writes a line, queue.c the file,
 * queue_next.c asks what is to be done. */
#ifndef MIUST_QUEUE_PRIVATE_H
#define MIUST_QUEUE_PRIVATE_H

#include "app/queue/queue.h"
#include "base/str.h"

enum queue_line { LINE_OTHER, LINE_RUN, LINE_DAMAGED }; /* other: empty, a comment */

/* Read a line (len bytes, without its end) of the queue in `folder`. LINE_RUN fills *r;
 * LINE_DAMAGED appends to *why what is wrong. r->line is the caller's. */
enum queue_line queue_line_read(struct queue_run *r, const char *folder, const char *text,
				size_t len, struct str *why);
/* Append the line of a session, with its newline. */
int queue_line_write(struct str *out, const char *folder, const char *dir, int seeds,
		     struct err *e);
/* The session's folder as queue_run.key has it. */
int queue_key(char *out, size_t n, const char *dir, struct err *e);

#endif
