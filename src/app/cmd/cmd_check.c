/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/cmd/commands.h"

#include "app/config/config.h"
#include "app/demo/demo.h"
#include "base/file.h"
#include "base/str.h"
#include "engine/data/census.h"
#include "engine/data/opening.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void add_kind(struct str *b, const char *before, int n, const char *what)
{
	str_add(b, before);
	str_add_count(b, n);
	str_addf(b, " %s%s", what, n == 1 ? "" : "s");
}

static void print_problems(const struct problems *p)
{
	static const char *const word[] = {
		[PROBLEM_NOTE] = "note", [PROBLEM_WARNING] = "warning", [PROBLEM_ERROR] = "error"};
	struct problem_groups g = problems_grouped(p);

	for (int i = 0; i < g.n; i++)
		printf("%s: %s\n", word[g.at[i].kind], g.at[i].text);
	problem_groups_free(&g);
}

static void print_corpus(const struct corpus *c, const struct settings *s)
{
	struct str labels = {0}, table = {0}, convention = {0};

	for (int i = 0; i < c->nlists; i++)
		printf("%-10s %6d utterance%s  %s\n", c->list[i].name, c->list[i].n,
		       c->list[i].n == 1 ? " " : "s", c->list[i].path);
	census_labels(c, s, &labels);
	census_table(c, s, &table);
	census_convention(c, s, &convention);
	if (labels.len)
		printf("\n%s", labels.s);
	if (table.len)
		printf("\n%s\n", table.s);
	if (convention.len)
		puts(convention.s);
	str_free(&labels);
	str_free(&table);
	str_free(&convention);
}

/* Of a session's config.yml. */
static void print_left_out(const struct corpus *c)
{
	int known = 0;

	for (int i = 0; i < c->nleft; i++)
		known += c->left[i].known;
	if (known)
		printf("%d row%s left out as before (left_out in config.yml)\n", known,
		       known == 1 ? "" : "s");
}

/* "1 error, 2 warnings, 3 notes" */
static void print_sum(const struct problems *p)
{
	int warnings = problems_count(p, PROBLEM_WARNING);
	struct str b = {0};

	add_kind(&b, "", p->errors, "error");
	if (warnings > 0)
		add_kind(&b, ", ", warnings, "warning");
	add_kind(&b, ", ", problems_count(p, PROBLEM_NOTE), "note");
	puts(b.s);
	str_free(&b);
}

static int run(const struct args *a, struct err *e)
{
	struct settings s;
	struct origin o = {0};
	struct warnings w = {0};
	struct problems p = {0};
	struct corpus c = {0};
	struct err stopped = {0};
	char path[PATH_LEN];
	int failed = demo_find(path, sizeof path, a->operand[0], e) ||
		     config_load_origin(&s, &o, path, NULL, 0, &w, e);

	cli_warnings(&w);
	warnings_free(&w);
	if (failed)
		return -1;
	failed = corpus_open_known(&c, &s, a->deep ? CORPUS_DEEP : CORPUS_HEADERS, o.left, o.nleft,
				   &p, &stopped);
	if (!failed)
		census_note(&c, &s, &p);
	print_problems(&p);
	print_corpus(&c, &s);
	print_left_out(&c);
	print_sum(&p);
	if (!failed && corpus_refuse(&c, &p, "by training with --skip-bad", &stopped))
		puts(stopped.text);
	if (p.errors > 0)
		err_said(e);
	else if (failed)
		*e = stopped;
	problems_free(&p);
	origin_free(&o);
	corpus_close(&c);
	return e->status ? -1 : 0;
}

const struct command cmd_check = {
	.name = "check",
	.operands = "CONFIG",
	.least = 1,
	.most = 1,
	.takes = (const enum flag[]){FLAG_DEEP, FLAG_NONE},
	.help = "Check every list and feature header; report all problems at once.",
	.more = "It exits with 1 if there are errors. --deep also reads every value. A problem "
		"of\nmany rows is one line. A table of the utterances of each class in each "
		"list\nfollows, and the name of the usual selection of IEMOCAP or MELD, if it is "
		"one.",
	.run = run,
};
