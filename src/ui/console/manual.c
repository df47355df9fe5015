/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The manual page, from the tables the program works by. */
#include "ui/console/help.h"

#include "base/roff.h"
#include "ui/console/keys.h"

#include <stdio.h>
#include <string.h>

static void print_intro(FILE *out)
{
	roff_begin(out, "miust-tui", 1,
		   "Train a speech and text emotion model and watch it learn.");
	fputs(".SH SYNOPSIS\n"
	      ".B miust\\-tui\n"
	      ".RI [ CONFIG \" | \" SESSION ]\n"
	      ".RI [ options ]\n"
	      ".SH DESCRIPTION\n"
	      "A workbench in the terminal: live curves, control of the running loop, predictions\n"
	      "of single utterances and attention maps. Without an argument it opens the demo.\n"
	      "Keys are bound to the commands below, which can be typed after\n"
	      ".BR : ;\n"
	      "a unique prefix of a name is enough.\n"
	      ".B ?\n"
	      "shows what works here.\n",
	      out);
}

static void print_views(FILE *out)
{
	fputs(".SH VIEWS\n", out);
	for (int i = 0; i < VIEWS; i++) {
		fprintf(out, ".TP\n.B %d %s\n", i + 1, view_table[i]->name);
		roff_line(out, "", view_table[i]->help);
	}
}

static void print_verb(FILE *out, const struct verb *v)
{
	fputs(".TP\n\\fB", out);
	roff_text(out, v->name);
	fputs("\\fR", out);
	if (*v->args) {
		fputs(" \\fI", out);
		roff_text(out, v->args);
		fputs("\\fR", out);
	}
	putc('\n', out);
	roff_text(out, v->help);
	if (v->traits & FIRST_LOOKS)
		fprintf(out, " With \\-\\-readonly only %.*s.", (int)strcspn(v->args, "|"),
			v->args);
	else if (v->traits & CHANGES)
		fputs(" Not with \\-\\-readonly.", out);
	putc('\n', out);
}

static void print_table(FILE *out, const struct verb *table)
{
	for (const struct verb *v = table; v->name; v++)
		print_verb(out, v);
}

static void print_commands(FILE *out)
{
	fputs(".SH COMMANDS\n.SS Everywhere\n", out);
	for (const struct verb *const *table = verb_tables; *table; table++)
		print_table(out, *table);
	for (int i = 0; i < VIEWS; i++) {
		fprintf(out, ".SS %s\n", view_table[i]->name);
		print_table(out, view_table[i]->verbs);
	}
}

static void print_keys(FILE *out)
{
	const struct binding *b;
	int view = -2;

	fputs(".SH KEYS\n"
	      "As bound at the start; \\fBbind\\fR in \\fImiustrc\\fR changes them.\n",
	      out);
	for (int v = 0; v <= VIEWS; v++) {
		for (int i = 0; (b = keys_at(i)); i++) {
			char key[KEY_NAME_LEN];

			if (b->view != (v < VIEWS ? v : -1))
				continue;
			if (view != b->view)
				fprintf(out, ".SS %s\n",
					b->view < 0 ? "Everywhere" : view_table[b->view]->name);
			view = b->view;
			fputs(".TP\n\\fB", out);
			roff_text(out, key_text(key, b->key));
			fputs("\\fR\n", out);
			roff_line(out, "", b->command);
		}
	}
}

static void print_files(FILE *out)
{
	fputs(".SH FILES\n"
	      ".TP\n.I $XDG_CONFIG_HOME/miust/miustrc\n"
	      "Commands run at the start, usually \\fBbind\\fR (~/.config).\n"
	      ".TP\n.I $XDG_STATE_HOME/miust/history\n"
	      "Lines of the console, mode 0600 (~/.local/state).\n"
	      ".TP\n.I ~/.inputrc\n"
	      "How the console is edited; \\fB$if miust\\fR holds what is meant for it alone.\n"
	      ".SH EXIT STATUS\n"
	      "0 done, 1 a failure said in one line, 2 wrong usage, 3 the loss diverged,\n"
	      "129, 130, 138, 140, 143 stopped by a signal after a checkpoint.\n"
	      ".SH SEE ALSO\n"
	      ".BR miust (1),\n.BR miust\\-config (5),\n.BR readline (3)\n",
	      out);
}

void manual_print(FILE *out)
{
	print_intro(out);
	print_views(out);
	print_commands(out);
	print_keys(out);
	print_files(out);
}
