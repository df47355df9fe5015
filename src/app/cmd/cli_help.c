/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/cmd/cli_private.h"

#include "base/util.h"

#include <stdio.h>
#include <string.h>

void cli_flag_word(enum flag f, char *out, size_t n)
{
	const struct flag_row *row = &flag_table[f];

	snprintf(out, n, "--%s%s%s", row->name, row->value ? " " : "",
		 row->value ? row->value : "");
}

static bool needs(const struct command *c, enum flag flag)
{
	for (const enum flag *f = c ? c->needs : NULL; f && *f; f++) {
		if (*f == flag)
			return true;
	}
	return false;
}

void cli_flag_usage(const struct command *c, enum flag f, char *out, size_t n)
{
	const struct flag_row *row = &flag_table[f];
	bool again = row->type == TAKES_TEXTS || row->type == TAKES_FOLDS;
	char word[64];

	cli_flag_word(f, word, sizeof word);
	snprintf(out, n, needs(c, f) ? " %s%s" : " [%s]%s", word, again ? "..." : "");
}

/* "usage: miust train CONFIG [--session DIR] ...", wrapped to 80 columns. */
static void print_usage(const char *head, const struct command *c)
{
	int column = printf("usage: %s%s%s", head, *c->operands ? " " : "", c->operands);
	int indent = (int)strlen(head) + (int)strlen("usage: ");
	enum flag f;

	for (int i = 0; (f = cli_next_flag(c, &i));) {
		char text[80];
		int n;

		if (flag_table[f].type == TAKES_OVER)
			continue;
		cli_flag_usage(c, f, text, sizeof text);
		n = (int)strlen(text);
		if (column + n > 79)
			column = printf("\n%*s", indent, "") - 1;
		column += printf("%s", text);
	}
	printf("\n");
}

static void print_flags(const struct command *c)
{
	enum flag f;

	printf("\noptions\n");
	for (int i = 0; (f = cli_next_flag(c, &i));) {
		char word[64];

		cli_flag_word(f, word, sizeof word);
		printf("  %-24s%s", word, strlen(word) < 24 ? "" : "\n");
		printf("%*s%s\n", strlen(word) < 24 ? 0 : 26, "", flag_table[f].help);
	}
}

/* One line each; of all, or of those whose name begins with `word`. */
static void print_commands(const struct program *p, const char *word)
{
	size_t n = strlen(word);
	int width = 0;

	for (const struct command *const *k = p->commands; *k; k++)
		width = max_int(width, (int)strlen((*k)->name));
	printf("commands\n");
	for (const struct command *const *k = p->commands; *k; k++)
		if (n == 0 || (strncmp((*k)->name, word, n) == 0 && (*k)->name[n] == ' '))
			printf("  %-*s  %s\n", width, (*k)->name, (*k)->help);
}

void cli_help_several(const struct program *p, const char *word)
{
	printf("usage: %s %s COMMAND [ARGUMENT]...\n       %s %s COMMAND --help\n\n", p->name, word,
	       p->name, word);
	print_commands(p, word);
}

void cli_help(const struct program *p, const struct command *c)
{
	char head[64];

	if (!c) {
		printf("usage: %s COMMAND [ARGUMENT]...\n       %s COMMAND "
		       "--help\n\n%s\n\n",
		       p->name, p->name, p->help);
		print_commands(p, "");
		print_flags(NULL);
		return;
	}
	snprintf(head, sizeof head, p->commands ? "%s %s" : "%s", p->name, c->name);
	print_usage(head, c);
	printf("\n%s\n", p->commands ? c->help : p->help);
	if (c->more)
		printf("\n%s\n", c->more);
	print_flags(c);
}
