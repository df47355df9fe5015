/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cache: summaries of a folder of sessions as they were last time, so that opening
 * thousands reads none of them again.
 *
 *	$XDG_CACHE_HOME/miust/sessions-HASH.json	HASH: of the folder's real path
 *
 * One line with format, program and a checksum of the rest, then JSON. An entry counts
 * only for a run whose files all have the same names, inodes, sizes and times as when
 * it was written (walk.h: whole). A file that is damaged, of another program version,
 * folder or user is as good as none, and so is a cache folder that cannot be read or
 * written: the summaries are then read from the runs.
 */
#ifndef MIUST_CACHE_H
#define MIUST_CACHE_H

#include "app/shelf/summary.h"

#include <jansson.h>

struct cache {
	char *path;   /* NULL: there is nowhere to keep one */
	char *folder; /* real path */
	struct texts *texts;
	const char **preset; /* [option_count] in texts: what a setting is if nobody says */
	json_t *was;         /* by the run's path below the folder */
	json_t *next;        /* to be saved */
	bool fresh;          /* next has what `was` does not */
};

/* `texts` must outlive it. */
void cache_open(struct cache *c, const char *folder, struct texts *texts);
/* Fills *x and is true if the run `name` is there with this stamp; it is kept on. */
bool cache_find(struct cache *c, const char *name, uint64_t whole, struct summary *x);
/* To be saved. */
void cache_keep(struct cache *c, const char *name, uint64_t whole, const struct summary *x);
/* Write what was kept, if it differs from what is there; whatever goes wrong is only a
 * slower start the next time. */
void cache_save(struct cache *c);
void cache_free(struct cache *c); /* safe on zeroed memory, and twice */

#endif
