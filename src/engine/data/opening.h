/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * opening: a corpus, read from the lists and feature headers that settings name.
 *
 * Faults are collected (problem.h), so that all of them are seen at once.
 */
#ifndef MIUST_OPENING_H
#define MIUST_OPENING_H

#include "engine/data/corpus.h"

enum corpus_how {
	CORPUS_HEADERS = 0,  /* lists and headers */
	CORPUS_DEEP = 1,     /* every value too */
	CORPUS_SKIP_BAD = 2, /* leave rows with errors out; implies CORPUS_DEEP */
};

/*
 * Read the lists and headers that `s` names. All problems found are appended
 * to *p (owned by the caller, problems_free): those about folders, lists and
 * their columns, then by list and line, then utterances that two lists share
 * (twins.h). Rows with errors are not in the corpus; without CORPUS_SKIP_BAD the caller
 * refuses when p->errors > 0. Returns -1 if a list or a feature folder as a
 * whole is of no use (missing, no such column, empty, with CORPUS_SKIP_BAD no
 * usable row); the first such sentence is in *e, all of them are in *p too.
 */
int corpus_open(struct corpus *c, const struct settings *s, unsigned how, struct problems *p,
		struct err *e);
/*
 * The same, but the rows of `known` are left out whatever is right or wrong with
 * them, so that a session's corpus stays what it was; they are no problems. A
 * row is found by line and id, or by its id alone if the lines have moved.
 */
int corpus_open_known(struct corpus *c, const struct settings *s, unsigned how,
		      const struct known_row *known, int nknown, struct problems *p, struct err *e);

/* A list that is to be predicted. */
struct new_list {
	const char *path;
	const char *key[MODALITIES]; /* what names the folders, for messages: "--text" */
};

/*
 * The utterances of one list, for a trained model: of the settings only exp.text_dir,
 * exp.audio_dir, exp.labels, exp.map, exp.columns, exp.vectors and the widths of the
 * features count. The list is corpus.list[0], "list". Labels may be missing or no classes
 * (LABEL_NONE, and a note); columns: columns_find_new; features may lie in the folder that
 * a name says, or all in one.
 */
int corpus_open_new(struct corpus *c, const struct settings *s, const struct new_list *list,
		    unsigned how, struct problems *p, struct err *e);

#endif
