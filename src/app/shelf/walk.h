/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * walk: over the files of one run's folder, without opening any of them.
 *
 * What is in seed-S and branches belongs to other runs and is passed over; links are
 * not followed. Two stamps tell whether something is different from last time:
 *
 *	whole	of name, inode, size and times of every file
 *	quick	of the few that are different whenever another program begins, ends, notes,
 *		tags or makes something here: found without reading a folder
 */
#ifndef MIUST_WALK_H
#define MIUST_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct walk {
	uint64_t whole;
	int64_t bytes;  /* of its files */
	int64_t newest; /* of all their times, nanoseconds */
	dev_t dev;      /* the folder itself */
	ino_t ino;
	int *fold; /* [nfolds] that have a folder, ascending */
	int nfolds;
	char **seed; /* [nseeds] names of folders seed-S */
	int nseeds;
	bool branches; /* it has a folder of that name */
};

/* False: the folder cannot be read; *w is empty then. */
bool walk_run(struct walk *w, const char *dir);
void walk_free(struct walk *w); /* safe on zeroed memory, and twice */
/* The quick stamp of a folder with these folds; 0: it is gone. With `locks` those of the
 * folds are looked at too, which a finished run does not need. */
uint64_t walk_quick(const char *dir, const int *fold, int nfolds, bool locks);

#endif
