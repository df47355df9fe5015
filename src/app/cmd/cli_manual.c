/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The manual page of a program with commands, from the tables it works by. */
#include "app/cmd/cli_private.h"

#include "base/process.h"
#include "base/roff.h"

#include <stdio.h>

static void print_commands(FILE *out, const struct program *p)
{
	fputs(".SH COMMANDS\n", out);
	for (const struct command *const *k = p->commands; *k; k++) {
		const struct command *c = *k;
		enum flag f;

		fprintf(out, ".TP\n.B %s %s", p->name, c->name);
		if (*c->operands) {
			fputs(" \\fI", out);
			roff_text(out, c->operands);
			fputs("\\fR", out);
		}
		for (int i = 0; (f = cli_next_flag(c, &i));) {
			char word[80];

			if (flag_table[f].type == TAKES_OVER)
				continue;
			cli_flag_usage(c, f, word, sizeof word);
			fputs("\\fR", out);
			roff_text(out, word);
		}
		fputs("\n", out);
		roff_line(out, "", c->help);
		if (c->more)
			roff_line(out, "", c->more);
	}
}

static void print_flag(FILE *out, enum flag f)
{
	char word[80];

	cli_flag_word(f, word, sizeof word);
	roff_line(out, ".TP\n.B ", word);
	roff_line(out, "", flag_table[f].help);
}

void cli_manual_options(const struct command *c, FILE *out)
{
	enum flag f;

	fputs(".SH OPTIONS\n", out);
	for (int i = 0; (f = cli_next_flag(c, &i));)
		print_flag(out, f);
}

/* Those of all commands, once each. */
static void print_flags(FILE *out, const struct program *p)
{
	fputs(".SH OPTIONS\nAn option means the same in every command that takes it.\n", out);
	for (enum flag f = FLAG_NONE + 1; f < FLAGS; f++) {
		bool taken = flag_table[f].type == TAKES_OVER;
		enum flag g;

		for (const struct command *const *k = p->commands; *k && !taken; k++)
			for (int i = 0; !taken && (g = cli_next_flag(*k, &i));)
				taken = g == f;
		if (taken)
			print_flag(out, f);
	}
}

static void print_status(FILE *out)
{
	fputs(".SH EXIT STATUS\n0 done, 1 failed, with one line that says why, 2 wrong usage, 3 "
	      "the loss\ndiverged; stopped by a signal, after a checkpoint: ",
	      out);
	for (int i = 0; i < PROCESS_STOPS; i++)
		fprintf(out, "%s%d (%s)", i ? ", " : "", 128 + process_stops[i].number,
			process_stops[i].name);
	fputs(".\n", out);
}

void cli_manual(const struct program *p, FILE *out)
{
	roff_begin(out, p->name, 1, p->help);
	fprintf(out, ".SH SYNOPSIS\n.B %s\n.I COMMAND\n.RI [ ARGUMENT ]...\n", p->name);
	fputs(".SH DESCRIPTION\n", out);
	roff_line(out, "", p->more);
	print_commands(out, p);
	print_flags(out, p);
	print_status(out);
	fputs(".SH SEE ALSO\n.BR miust\\-tui (1),\n.BR miust\\-config (5)\n", out);
}
