/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cli: the command line of both programs, as tables.
 *
 * A command says its operands and which long options it takes; flag_table
 * (cli.c) says each option once, so that an option is the same word
 * everywhere. Parsing, usage, --help and the manual page are loops over both.
 * To add a command: a `const struct command cmd_NAME` in cmd_NAME.c, a line in
 * app/cmd/commands.h and a line in the program's list. To add an option: a field
 * of struct args, a name in enum flag, a row of flag_table.
 *
 * Options may stand before, after and between operands, as --word VALUE or
 * --word=VALUE; `--` ends them; the last of two equal options counts.
 */
#ifndef MIUST_CLI_H
#define MIUST_CLI_H

#include "app/config/config.h"
#include "base/err.h"

#include <stddef.h>
#include <stdio.h>

/* FLAG_HELP, FLAG_VERSION are everybody's and are not listed by commands. */
enum flag {
	FLAG_NONE, /* ends a list */
	FLAG_ACCEPT_DATA,
	FLAG_ANYWAY,
	FLAG_ASCII,
	FLAG_AUDIO,
	FLAG_CSV,
	FLAG_DEEP,
	FLAG_DETACH,
	FLAG_DRY_RUN,
	FLAG_DUMP,
	FLAG_FOLD,
	FLAG_JOBS,
	FLAG_JSON,
	FLAG_LIST,
	FLAG_MANUAL,
	FLAG_MARKDOWN,
	FLAG_MAX_STEPS,
	FLAG_NAME,
	FLAG_ON,
	FLAG_ONCE,
	FLAG_OUT,
	FLAG_READONLY,
	FLAG_REPLAY,
	FLAG_RESUME,
	FLAG_RESUME_OR_START,
	FLAG_SCRIPT,
	FLAG_SEED,
	FLAG_SEEDS,
	FLAG_SESSION,
	FLAG_SET,
	FLAG_SIZE,
	FLAG_SKIP_BAD,
	FLAG_SPLIT,
	FLAG_TENSORS,
	FLAG_TEXT,
	FLAG_THREADS,
	FLAG_UNDO,
	FLAG_WEIGHTS,
	FLAG_YES,
	FLAG_HELP,
	FLAG_VERSION,
	FLAGS
};

/* The command line, read. Zero (NULL, false) is "not given", unless noted. */
struct args {
	const char *const *operand; /* [noperands], then NULL */
	int noperands;

	const char *session, *replay, *weights, *out, *tensors, *script, *dump, *name;
	const char *list, *audio, *text, *seed;
	const char **set; /* [nset] KEY=VALUE */
	int nset;
	const char **on; /* [non] of --on, hooks */
	int non;
	int *fold; /* [nfolds] of --fold, ascending, each once */
	int nfolds;
	int seeds, threads, max_steps, jobs;
	int split; /* enum part; not given: PART_TEST */
	int cols, rows;
	bool resume, resume_or_start, accept_data, skip_bad, deep, detach, once, readonly, ascii,
		anyway, manual, markdown;
	bool dry_run, yes, csv, undo, json;
	unsigned long given; /* for args_given */
};

struct command {
	/* Of one word, or of two where several commands share the first: "queue add". */
	const char *name;
	const char *operands;           /* as usage shows them: "CONFIG", "[KEY]", "" */
	int least, most;                /* how many operands; most -1: any number */
	const enum flag *needs, *takes; /* FLAG_NONE at the end; NULL: none */
	const char *help;               /* one line, a sentence */
	const char *more;               /* what --help adds, lines of 80 columns; NULL: nothing */
	/* Results go to stdout. An error is printed by the caller of run, and
	 * e->status is the exit status. */
	int (*run)(const struct args *a, struct err *e);
	/* Its results are on the disk: it has done its work even where nobody
	 * reads what it prints. */
	bool stores;
};

/* A program with commands, or (commands NULL) with a single one that is the
 * program. */
struct program {
	const char *name;
	const char *help;                      /* one line, a sentence */
	const char *more;                      /* what the manual page adds; NULL: nothing */
	const struct command *const *commands; /* NULL at the end */
	const struct command *only;
	bool draws; /* curses needs stdout as it is; nothing from outside is printed there */
};

/* All of main: parse, run, see that stdout was written, print the error.
 * Returns the exit status. Whatever is printed to stdout passes through
 * plain_stream: nothing that a terminal obeys leaves the program, piped or not.
 *
 * SIGPIPE is ignored while a command works, so that all of it ends in order. A
 * reader of stdout that has enough (`| head`) is not an error: a command that
 * stores its results ends as if all had been read; any other says nothing more
 * and ends with its error's status, or else by the signal. */
int cli_main(const struct program *p, int argc, char **argv);

/* The manual page of a program with commands, in roff; `miust --manual`. */
void cli_manual(const struct program *p, FILE *out);
/* The section OPTIONS of a single command's page. */
void cli_manual_options(const struct command *c, FILE *out);

/* Data that other programs read, to stdout: byte for byte as it is, except on a
 * terminal. False: it cannot be written, or nobody reads any more. */
bool cli_data(const char *bytes, size_t n);

/* "miust: ..." and a newline, to stderr; names in it cannot do any harm there. */
void cli_message(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* The same for those who are given a function and a ctx. */
static inline void cli_say(void *ctx, const char *text)
{
	(void)ctx;
	cli_message("%s", text);
}
void cli_warnings(const struct warnings *w);

/* Read a command's arguments (argv[0] is the first of them). 1: --help or
 * --version was asked for, *asked says which. args_free in any case. */
int args_read(struct args *a, const struct command *c, int argc, char *const *argv,
	      enum flag *asked, struct err *e);
bool args_given(const struct args *a, enum flag flag);
void args_free(struct args *a);

#endif
