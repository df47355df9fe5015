/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tags: what a run is called besides its name, and whether it is archived.
 *
 *	tags.txt	one tag a line, UTF-8, in the order given; each once
 *	archived	an empty file: lists leave the run out unless they are asked for it
 *
 * Both lie in the run's folder and are no part of the bytes that equal runs share. The
 * mark in a session's folder counts for its seeds and branches too. The file of tags may
 * be edited by hand; empty lines are passed over.
 */
#ifndef MIUST_TAGS_H
#define MIUST_TAGS_H

#include "base/err.h"

#include <stdbool.h>

enum { TAG_LEN = 64 }; /* bytes of a tag, and its NUL */

struct tags {
	char **at; /* in file order */
	int n;
};

/* Without the file there are none. An error only if it cannot be read. */
int tags_read(struct tags *t, const char *dir, struct err *e);
void tags_free(struct tags *t); /* safe on zeroed memory, and twice */
bool tags_have(const struct tags *t, const char *tag);

/*
 * Give the run `dir` of the session `root` a tag, or take one away. A tag it has, or one
 * that it does not have, is an error. The session's lock is held for that moment, alone
 * if nobody writes it; a run that trains may be tagged.
 */
int tag_add(const char *root, const char *dir, const char *tag, struct err *e);
int tag_remove(const char *root, const char *dir, const char *tag, struct err *e);

bool archive_has(const char *dir); /* is the mark there? */
/* Set the mark, or remove it. Refused while another program writes the session. */
int archive_set(const char *root, const char *dir, bool archived, struct err *e);

#endif
