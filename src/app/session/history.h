/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * history: what the validation part was predicted to be at every epoch.
 *
 * fold-F/history.json: {"version": 1, "labels": [...], "utterances": [ids],
 * "true": [labels' indexes]} - written once, atomically.
 * fold-F/history.bin: records of fixed size, little endian:
 *	uint32 epoch, uint32 utterances, float32 logits [n][HEADS][classes],
 *	uint32 CRC-32 (zlib) of all before
 * fold-F/test.json, test.bin: the same for the test part, one record, by the
 * kept checkpoint.
 *
 * Epochs ascend. A torn or wrong last record is passed over when read; a wrong
 * one before others is an error. Going on cuts at the first that is wrong.
 */
#ifndef MIUST_HISTORY_H
#define MIUST_HISTORY_H

#include "app/session/session.h"

#include <stdint.h>

struct history {
	int n, classes; /* utterances of the validation part */
	char **id;      /* [n] */
	int *label;     /* [n] true class */
	int epochs;     /* records read */
	int *epoch;     /* [epochs], with room up to the next power of two, as has the next */
	float *logits;  /* [epochs][n][HEADS][classes] */
	FILE *f;        /* open for appending, or NULL */
	char *path;
	uint64_t device, inode; /* of the file, when it was read; 0: it was not */
};

/*
 * Start (epoch 1) or go on with `epoch` as the next: records at or behind it
 * are cut. `shape` says utterances, their order and classes, as every later
 * history_add does; its logits are not looked at. Going on with other
 * utterances than were stored is an error.
 */
int history_begin(struct history *h, const struct session *s, int fold, const char *name, int epoch,
		  const struct predictions *shape, const struct corpus *c,
		  const struct settings *set, struct err *e);
/* Going on with other data on purpose: records of other utterances, and what
 * describes them, become NAME-before-EPOCH.bin and .json. Before history_begin. */
int history_set_aside(const struct session *s, int fold, const char *name, int epoch,
		      const struct predictions *shape, const struct corpus *c,
		      const struct settings *set, struct err *e);
int history_add(struct history *h, int epoch, const struct predictions *p, struct err *e);
int history_sync(struct history *h, struct err *e);
/* All that is stored; no files: 0 utterances, 0 epochs. */
int history_read(struct history *h, const struct session *s, int fold, const char *name,
		 struct err *e);
/*
 * What was read is brought up to date: records that have been added are read, or, if the file is
 * not the one that was read or its last known record is another, all of them. For a history
 * whose description (NAME.json) has not changed since. On failure *h is empty.
 */
int history_read_on(struct history *h, const struct session *s, int fold, const char *name,
		    struct err *e);
void history_free(struct history *h); /* safe on zeroed memory */

/* Logits [HEADS][classes] of utterance i at that epoch of a history, or NULL. */
const float *history_at(const struct history *h, int epoch, int i, enum head head);
void history_confusion(const struct history *h, int epoch, enum head head, struct confusion *m);
/* How often the main head's prediction changed up to that epoch. */
int history_flips(const struct history *h, int i, int epoch);

#endif
