/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * verb: what can be typed in the console, as rows of tables.
 *
 * Whoever can do something brings a table: each view for what it answers to
 * (view.h), and the files of VERB_TABLES for what works everywhere. Parsing,
 * completion, help, the manual page, the key row and --readonly are loops over
 * these tables (console/command.h); nothing else knows a verb's name.
 *
 * To add a verb: a row in one of the tables, and the function it names.
 */
#ifndef MIUST_UI_VERB_H
#define MIUST_UI_VERB_H

#include "base/err.h"

struct ui;
struct words;
struct completions;

/* What a verb changes besides the screen: with --readonly all but those that
 * change nothing are refused and not offered. And how its name and arguments are
 * read. */
enum {
	CHANGES_NOTHING = 0,
	CHANGES_SESSION = 1, /* the one on the screen, or its run */
	CHANGES_FILES = 2,   /* others */
	CHANGES = CHANGES_SESSION | CHANGES_FILES,
	FIRST_LOOKS = 4, /* its first argument ("list" of "list|empty") changes nothing */
	LATE = 8,        /* came later: takes no prefix that an older verb had alone */
	TYPES = 16,      /* its arguments are the beginning of another command */
	BARE_LOOKS = 64, /* without an argument it only says something */
	KEYED = 32,      /* for a key: nobody types its name, so no refusal begins with it */
};

struct verb {
	const char *name; /* "set"; NULL: the end of the table */
	const char *args; /* "KEY VALUE", "" */
	const char *help; /* a sentence, for help and manual */
	/* args: the rest of the line, without spaces around it. 0, or -1 with a
	 * sentence; then nothing has changed. */
	int (*run)(struct ui *u, const char *args, struct err *e);
	const char *(*refused)(const struct ui *u); /* why not now, or NULL; NULL: never */
	/* Candidates for the word at the cursor (console/complete.h); NULL: none. */
	void (*complete)(struct ui *u, const struct words *w, struct completions *c);
	unsigned traits;
};

/* The tables of what works everywhere, in the order of help and manual. */
#define VERB_TABLES(X) \
	X(control)     \
	X(detach)      \
	X(start)       \
	X(jobs)        \
	X(hooks)       \
	X(select)      \
	X(trash)       \
	X(sessions)    \
	X(overlay)     \
	X(note)        \
	X(branch)      \
	X(duel)        \
	X(problems)    \
	X(screen)      \
	X(tour)        \
	X(complete)    \
	X(help)        \
	X(style)       \
	X(keys)        \
	X(program)

#define VERB_TABLE(file) extern const struct verb file##_verbs[];
VERB_TABLES(VERB_TABLE)
#undef VERB_TABLE
extern const struct verb *const verb_tables[]; /* all of them; NULL at the end */

/* The row of a table, or NULL. */
const struct verb *verb_find(const struct verb *table, const char *name);

#endif
