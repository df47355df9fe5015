/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * history: what the validation part was predicted to be at every epoch.
 *
 * fold-F/history.json: {"version": 1, "labels": [...], "utterances": [ids],
 * "true": [labels' indexes]} - written once, atomically.
 * fold-F/history.bin: records of fixed size, little endian:
 *	uint32 epoch, uint32 utterances, float32 logits [n][HEADS][classes],
 *	uint32 CRC-32 (zlib) of all before
 * A torn or wrong last record is passed over when read and cut when resumed.
 * Epochs ascend.
 */
#ifndef MIUST_HISTORY_H
#define MIUST_HISTORY_H

#include "app/session.h"

struct history {
	int n, classes; /* utterances of the validation part */
	char **id;      /* [n] */
	int *label;     /* [n] true class */
	int epochs;     /* records read */
	int *epoch;     /* [epochs] */
	float *logits;  /* [epochs][n][HEADS][classes] */
	FILE *f;        /* open for appending, or NULL */
	char *path;
};

/* Start (fold's first epoch) or go on: records at or behind `epoch` are cut. */
int history_begin(struct history *h, const struct session *s, int fold, int epoch,
		  const struct predictions *shape, const struct corpus *c,
		  const struct settings *set, struct err *e);
int history_add(struct history *h, int epoch, const struct predictions *p, struct err *e);
int history_sync(struct history *h, struct err *e);
int history_read(struct history *h, const struct session *s, int fold, struct err *e);
void history_free(struct history *h);

#endif
