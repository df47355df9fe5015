/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * mapped: files mapped for reading, and the message if one gets shorter.
 *
 * Reading a page that a file has lost, or that its disk cannot deliver, raises
 * SIGBUS in whatever thread reads. mapped_catch answers it: one sentence with
 * the file, and exit status 1. The missing end of the file's last page reads as
 * zeros instead, without a signal: mapped_check finds that.
 *
 * All maps are in one list of the process, which the handler reads. Any thread
 * may open and close maps.
 */
#ifndef MIUST_MAPPED_H
#define MIUST_MAPPED_H

#include "base/err.h"

#include <stddef.h>

struct mapped {
	const char *at; /* [len] */
	size_t len;
	char *path;
};

/* The first `len` bytes of an open file, whose path messages name; NULL: *e. */
struct mapped *mapped_open(int fd, size_t len, const char *path, struct err *e);
void mapped_close(struct mapped *m);          /* NULL: nothing */
void mapped_willneed(const struct mapped *m); /* a hint: it is read soon */

/* -1 if the file of that path is still the one that is mapped, and has become
 * shorter than the map. A file that was replaced (by renaming) or removed is
 * still read as it was. */
int mapped_check(const struct mapped *m, struct err *e);

/* Is the path still the file that is mapped, and has nobody written to it since it was,
 * or since mapped_written was asked last? */
bool mapped_same(const struct mapped *m);

/* Has the file been written to since it was mapped, or since this was asked last?
 * What is read then may be partly old and partly new. */
bool mapped_written(struct mapped *m);

void mapped_catch(void); /* the handler; what guard.h has on top of it comes first */
/* What the handler says after the file: "; ...", of each owner that has said something;
 * NULL: no longer anything. Copied. */
void mapped_advice(const void *owner, const char *text);

#endif
