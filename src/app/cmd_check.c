/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/commands.h"

#include "app/config.h"
#include "app/demo.h"
#include "base/file.h"
#include "engine/corpus.h"

#include <stdio.h>
#include <string.h>

static int run(const struct args *a, struct err *e)
{
	struct settings s;
	struct warnings w = {0};
	struct problems p = {0};
	struct corpus c = {0};
	struct err stopped = {0};
	char path[PATH_LEN];
	int failed = demo_find(path, sizeof path, a->operand[0], e) ||
		     config_load(&s, path, NULL, 0, &w, e);

	cli_warnings(&w);
	warnings_free(&w);
	if (failed)
		return -1;
	failed = corpus_open(&c, &s, a->deep ? CORPUS_DEEP : CORPUS_HEADERS, &p, &stopped);
	for (int i = 0; i < p.n; i++)
		printf("%s: %s\n", p.at[i].kind == PROBLEM_ERROR ? "error" : "note", p.at[i].text);
	for (int i = 0; i < c.nlists; i++)
		printf("%-10s %6d utterance%s  %s\n", c.list[i].name, c.list[i].n,
		       c.list[i].n == 1 ? " " : "s", c.list[i].path);
	printf("%d error%s, %d note%s\n", p.errors, p.errors == 1 ? "" : "s", p.n - p.errors,
	       p.n - p.errors == 1 ? "" : "s");
	if (p.errors)
		err_set(e, "%d error%s in the data; mend them, or train with --skip-bad", p.errors,
			p.errors == 1 ? "" : "s");
	else if (failed)
		*e = stopped;
	problems_free(&p);
	corpus_close(&c);
	return e->status ? -1 : 0;
}

const struct command cmd_check = {
	.name = "check",
	.operands = "CONFIG",
	.least = 1,
	.most = 1,
	.takes = (const enum flag[]){FLAG_DEEP, FLAG_NONE},
	.help = "Look through every list and feature header; all problems at once.",
	.more = "Errors make it exit with 1. --deep reads every value too.",
	.run = run,
};
