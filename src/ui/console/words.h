/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * words: what the words on the screen mean.
 *
 * One table, said once: `?` explains the words of the view it is opened over,
 * doc/words.md lists them all. To add one: a row in words.c.
 */
#ifndef MIUST_WORDS_H
#define MIUST_WORDS_H

struct word {
	const char *name;    /* as the screen writes it */
	unsigned views;      /* bit per view that writes it; 0: every view */
	const char *meaning; /* a sentence, two lines of the help at most */
};

extern const struct word word_table[];
extern const int word_count;

#endif
