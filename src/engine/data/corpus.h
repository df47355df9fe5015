/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * corpus: the lists of utterances and their features.
 *
 * Layouts (doc/data.md): IEMOCAP has lists 0, 1 ... = Session1, Session2 ...
 * (as many as there are: five as published), the
 * lists layout (MELD) has 0 = train, 1 = dev, 2 = test. Utterances are in
 * list order, each list in file order. opening.h reads them; feature values are read
 * when first used.
 *
 * An utterance's id is the stem of its features' name. Where two rows of one
 * list share a stem (corpora that number the clips of each speaker), every id
 * of the corpus is FOLDER/STEM.
 */
#ifndef MIUST_CORPUS_H
#define MIUST_CORPUS_H

#include "base/err.h"
#include "engine/file/npy.h"
#include "engine/data/problem.h"
#include "engine/data/settings.h"

#include <stdint.h>

enum { LABEL_NONE = -1 }; /* not known */

struct utterance {
	char *id;      /* unique within its list; see below */
	char *feature; /* its files are DIR/feature.npy: "Session1/ID", "train_splits/ID" */
	char *elsewhere[MODALITIES]; /* the same, if found there instead (a new list); or NULL */
	char *text;        /* UTF-8; bytes that were not are U+FFFD, cp1252 as meant (and a note) */
	char *speaker;     /* "" if unknown */
	char *dialogue;    /* id up to its last underscore part: "Ses01F_impro01", "dia12" */
	int label;         /* index into settings exp.labels; LABEL_NONE in a new list */
	int list;          /* index into corpus.list */
	long line;         /* in that list's file, from 1 */
	struct npy words;  /* text features [L, text_feat_dim] */
	struct npy frames; /* audio features [T, audio_feat_dim] */
	/* values known to be finite (set on first reading, by whichever thread) */
	_Atomic uint8_t checked;
	_Atomic uint64_t hash; /* of its values; 0: not asked for yet (utterance_hash) */
};

struct list {
	char *path;
	char name[20];            /* "Session1" ..., "train", "dev", "test" */
	int first, n;             /* its utterances */
	int rows;                 /* in the file, those with errors too */
	int of_class[LABELS_MAX]; /* rows of each class, likewise, after exp.map */
	int of_map[MAP_MAX];      /* rows whose label exp.map has, by its entries */
	int dropped;              /* of the rows: those that exp.map drops, no utterances */
};

/* A row of a list that is not in the corpus. */
struct left_row {
	int list;   /* index into corpus.list */
	long line;  /* in that list's file, from 1 */
	char *id;   /* "" if the row is too broken to have one */
	char *why;  /* its first fault, a sentence */
	bool known; /* the caller named it */
};

/* A row that was left out when the data was first read, as a session keeps it. */
struct known_row {
	char *part; /* name of its list */
	long line;
	char *id, *why;
};

struct corpus {
	enum layout layout;
	char text_dir[PATH_LEN], audio_dir[PATH_LEN];
	struct utterance *utt;
	int n;
	struct list *list;
	int nlists;            /* at least 1 once open */
	struct left_row *left; /* rows with errors: in the lists, not in utt; in their order */
	int nleft;
};

/*
 * If there are errors, refuse (-1): "3 rows cannot be used; fix
 * them, or leave them out HOW". HOW ("with --skip-bad", NULL if the command has
 * no such way) is not said if all rows of a list have errors.
 */
int corpus_refuse(const struct corpus *c, const struct problems *p, const char *how, struct err *e);
void corpus_close(struct corpus *c); /* safe on zeroed memory, and after a failed open */

/* Check the values of one utterance once; -1 names file, row and column of
 * the first NaN or Inf. Several threads may: all else of a corpus stays as it was opened. */
int utterance_check(struct corpus *c, int i, struct err *e);
/* XXH3 of both its matrices, as they are stored; never 0. Likewise, once. */
uint64_t utterance_hash(struct corpus *c, int i);
/* "Session1/ID": its file is DIR/that.npy. */
const char *utterance_feature(const struct utterance *u, enum modality m);
void utterance_free(struct utterance *u); /* what it owns */

#endif
