/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The manual page and pages of doc/, from the tables the program works by. */
#include "ui/console/help.h"

#include "base/roff.h"
#include "ui/console/keys.h"
#include "ui/console/words.h"

#include <stdio.h>
#include <string.h>

static void print_intro(const struct command *c, FILE *out)
{
	roff_begin(out, "miust-tui", 1,
		   "Train a speech and text emotion model and watch it learn.");
	fputs(".SH SYNOPSIS\n"
	      ".B miust\\-tui\n"
	      ".RI [ CONFIG \" | \" SESSION ]\n"
	      ".RI [ options ]\n"
	      ".SH DESCRIPTION\n"
	      "A workbench in the terminal: live curves, control of the running loop, predictions\n"
	      "of single utterances and attention maps.\n",
	      out);
	roff_line(out, "", c->more);
	fputs(".PP\n"
	      "Keys are bound to the commands below, which can be typed after\n"
	      ".BR : ;\n"
	      "a unique prefix of a name is enough.\n"
	      ".B ?\n"
	      "shows what works here, explains the words on the screen, and finds settings "
	      "and\ncommands of other views as you type.\n",
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
	else if (v->traits & BARE_LOOKS)
		fputs(" With \\-\\-readonly only without an argument.", out);
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
	      "How the console is edited; \\fB$if miust\\fR holds what is meant only for miust.\n"
	      ".SH EXIT STATUS\n"
	      "0 done, 1 failed, with one line that says why, 2 wrong usage, 3 the loss diverged,\n"
	      "129, 130, 138, 140, 143 stopped by a signal after a checkpoint.\n"
	      ".SH SEE ALSO\n"
	      ".BR miust (1),\n.BR miust\\-config (5),\n.BR readline (3)\n",
	      out);
}

void manual_print(const struct command *c, FILE *out)
{
	print_intro(c, out);
	cli_manual_options(c, out);
	print_views(out);
	print_commands(out);
	print_keys(out);
	print_files(out);
}

/* ---- doc/ ---- */

/* A cell of a table in Markdown. */
static void put_cell(FILE *out, const char *text, bool code)
{
	fputs(code ? "| `" : "| ", out);
	for (; *text; text++)
		fprintf(out, *text == '|' ? "\\%c" : "%c", *text);
	fputs(code ? "` " : " ", out);
}

static void put_verbs(FILE *out, const struct verb *table)
{
	for (const struct verb *v = table; v->name; v++) {
		char line[160];

		snprintf(line, sizeof line, "%s%s%s", v->name, *v->args ? " " : "", v->args);
		put_cell(out, line, true);
		put_cell(out, v->help, false);
		fputs("|\n", out);
	}
}

/* Of a view; -1: of all. */
static void put_commands(FILE *out, int view)
{
	fputs("\n| command | what it does |\n|---|---|\n", out);
	if (view >= 0)
		put_verbs(out, view_table[view]->verbs);
	for (const struct verb *const *table = verb_tables; view < 0 && *table; table++)
		put_verbs(out, *table);
}

static void put_bindings(FILE *out, int view)
{
	const struct binding *b;

	fputs("\n| key | command |\n|---|---|\n", out);
	for (int i = 0; (b = keys_at(i)); i++) {
		char key[KEY_NAME_LEN];

		if (b->view != view)
			continue;
		put_cell(out, key_text(key, b->key), true);
		put_cell(out, b->command, true);
		fputs("|\n", out);
	}
}

void manual_keys(FILE *out)
{
	fputs("# Keys and commands of the workbench\n\n"
	      "This page is made by `miust-tui --markdown keys`; a test compares the two.\n\n"
	      "A key runs a command, and each command can be typed after `:`; a unique prefix of\n"
	      "its name is enough. `?` shows what works where you are. `bind VIEW KEY COMMAND`\n"
	      "changes a key: type it, or write it into `~/.config/miust/miustrc`, whose lines "
	      "are\n"
	      "run when the workbench opens.\n",
	      out);
	for (int v = -1; v < VIEWS; v++) {
		if (v < 0)
			fputs("\n## Everywhere\n", out);
		else
			fprintf(out, "\n## View %d, %s\n\n%s\n", v + 1, view_table[v]->name,
				view_table[v]->help);
		put_bindings(out, v);
		put_commands(out, v);
	}
}

static void put_words(FILE *out, bool (*fits)(unsigned views, int v), int v)
{
	fputs("\n| on the screen | meaning |\n|---|---|\n", out);
	for (int i = 0; i < word_count; i++) {
		if (!fits(word_table[i].views, v))
			continue;
		put_cell(out, word_table[i].name, true);
		put_cell(out, word_table[i].meaning, false);
		fputs("|\n", out);
	}
}

static bool in_all(unsigned views, int v)
{
	(void)v;
	return !views;
}

static bool in_this(unsigned views, int v)
{
	return views >> v & 1;
}

void manual_words(FILE *out)
{
	fputs("# Words on the screen\n\n"
	      "This page is made by `miust-tui --markdown words`; a test compares the two. `?` in\n"
	      "the workbench explains those of the view it is opened over. What the parts of the\n"
	      "model compute is in [model.md](model.md).\n\n## In every view\n",
	      out);
	put_words(out, in_all, 0);
	for (int v = 0; v < VIEWS; v++) {
		fprintf(out, "\n## View %d, %s\n", v + 1, view_table[v]->name);
		put_words(out, in_this, v);
	}
}

bool manual_asked(const struct command *c, int argc, char **argv, FILE *out)
{
	const char *option = argc > 1 ? argv[1] : "", *page = argc > 2 ? argv[2] : "";

	if (argc == 2 && strcmp(option, "--manual") == 0)
		manual_print(c, out);
	else if (argc == 3 && strcmp(option, "--markdown") == 0 && strcmp(page, "keys") == 0)
		manual_keys(out);
	else if (argc == 3 && strcmp(option, "--markdown") == 0 && strcmp(page, "words") == 0)
		manual_words(out);
	else
		return false;
	return true;
}
