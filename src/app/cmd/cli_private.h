/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the parts of cli share: cli.c reads a command line, cli_find.c its command, cli_help.c
 * prints
 * --help, cli_manual.c the manual page. */
#ifndef MIUST_CLI_PRIVATE_H
#define MIUST_CLI_PRIVATE_H

#include "app/cmd/cli.h"

enum flag_type {
	TAKES_NOTHING, /* bool */
	TAKES_TEXT,    /* const char * */
	TAKES_TEXTS,   /* repeatable: const char **, their number in `count` */
	TAKES_COUNT,   /* int, min to max */
	TAKES_FOLDS,   /* repeatable count: args.fold */
	TAKES_CHOICE,  /* int: which word of `value`, A|B|C */
	TAKES_SIZE,    /* args.cols, args.rows */
	TAKES_OVER,    /* --help, --version: nothing else counts */
};

struct flag_row {
	const char *name, *value; /* "session", "DIR" (NULL: none) */
	enum flag_type type;
	size_t at; /* in struct args */
	int min, max;
	const char *help;
	size_t count; /* TAKES_TEXTS: the int in struct args */
};

extern const struct flag_row flag_table[FLAGS];

/* The command that the first words name; moves over them. NULL with an error, or without
 * one if it was asked which commands begin with that word (`queue --help`), which is
 * printed. */
const struct command *cli_find(const struct program *p, int *argc, char ***argv, struct err *e);

/* The options of a command, one after the other: those it needs, those it takes,
 * and those of every command. *i starts at 0. FLAG_NONE is the end. */
enum flag cli_next_flag(const struct command *c, int *i);
/* "--session DIR" */
void cli_flag_word(enum flag f, char *out, size_t n);
/* One word of the usage: " --weights FILE", " [--fold N]...", " CONFIG". */
void cli_flag_usage(const struct command *c, enum flag f, char *out, size_t n);
/* --help of a command, or of the program (c NULL). */
void cli_help(const struct program *p, const struct command *c);
/* Of the commands whose name begins with this word. */
void cli_help_several(const struct program *p, const char *word);

#endif
