/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/cmd/commands.h"

#include "app/config/option.h"
#include "base/str.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* What fits a column beside others: choices without "one of". */
static const char *takes_short(const struct option *o, char *out, size_t n)
{
	const char *takes = option_takes(o, out, n);

	return o->choices ? takes + strlen("one of ") : takes;
}

/* Two lines a setting; the widths add up to 80 columns. */
static void print_row(const struct option *o)
{
	char takes[OPTION_TAKES];

	printf("%-24s%-34s%-10s%s\n    %s\n", o->key, takes_short(o, takes, sizeof takes),
	       option_default_text(o), option_when_text(o), o->help);
}

static void print_head(void)
{
	printf("%-24s%-34s%-10s%s\n", "setting", "takes", "default", "takes effect");
}

/* One setting in full. */
static void print_entry(const struct option *o)
{
	char takes[OPTION_TAKES];

	printf("%s\n    %s\n\n", o->key, o->help);
	printf("    takes         %s%s%s\n", option_takes(o, takes, sizeof takes),
	       o->unit ? ", in " : "", o->unit ? o->unit : "");
	printf("    default       %s\n", option_default_text(o));
	printf("    takes effect  at the %s\n", option_when_text(o));
	printf("    command line  --set %s=%s\n", o->key, *o->preset ? o->preset : "VALUE");
}

static bool same_group(const char *a, const char *b)
{
	const char *end = strrchr(b, '.');

	return strncmp(a, b, (size_t)(end - b) + 1) == 0;
}

static bool begins_with(const char *key, const char *word)
{
	return strncasecmp(key, word, strlen(word)) == 0;
}

/* Those that a word means: the setting of that name, else those it begins, else
 * those it is a part of. Returns how many match in that way. */
static int find(const char *word, bool (**how)(const char *key, const char *word))
{
	static bool (*const ways[])(const char *, const char *) = {begins_with, str_contains};
	int n = 0;

	for (size_t w = 0; !n && w < sizeof ways / sizeof *ways; w++) {
		*how = ways[w];
		for (int i = 0; i < option_count; i++)
			n += ways[w](option_table[i].key, word);
	}
	return n;
}

static int run(const struct args *a, struct err *e)
{
	const char *word = a->noperands ? a->operand[0] : "";
	const struct option *only = option_find(word), *last = NULL;
	bool (*how)(const char *, const char *);
	int n = only ? 1 : find(word, &how);

	if (a->manual || a->markdown) {
		(a->manual ? option_manual : option_markdown)(stdout);
		return 0;
	}
	if (!n)
		return option_unknown(word, e);
	for (int i = 0; !only && i < option_count; i++) {
		const struct option *row = &option_table[i];

		if (!how(row->key, word))
			continue;
		if (n == 1) {
			only = row;
			break;
		}
		if (!last)
			print_head();
		if (!last || !same_group(last->key, row->key))
			printf("\n");
		print_row(row);
		last = row;
	}
	if (only)
		print_entry(only);
	return 0;
}

const struct command cmd_config = {
	.name = "config",
	.operands = "[KEY]",
	.least = 0,
	.most = 1,
	.takes = (const enum flag[]){FLAG_MARKDOWN, FLAG_MANUAL, FLAG_NONE},
	.help = "Every setting: what it takes, its default, when a change takes effect.",
	.more = "KEY is a setting (train.optimizer.lr), the start of several (train.loss), or "
		"a\npart of their names (cmd).",
	.run = run,
};
