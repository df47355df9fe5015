/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What sessions there are, and what they cost. */
#include "app/cmd/commands.h"

#include "app/cmd/stored.h"
#include "app/queue/queue.h"
#include "app/study/num.h"
#include "base/plain.h"
#include "base/str.h"
#include "base/util.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static int64_t bytes_of(const struct stored *s)
{
	int64_t bytes = 0;

	for (int i = 0; i < s->n; i++)
		bytes += s->run[i]->bytes;
	return bytes;
}

/* ---- a table for people ---- */

/* "5/5", "2/5 e12/70": finished folds, and where the next one is. */
static void put_progress(struct str *b, const struct summary *x)
{
	str_addf(b, "%d/%d", x->done, x->folds);
	if (x->fold >= 0)
		str_addf(b, " e%d/%d", x->epoch, x->epochs);
}

static void put_wf1(struct str *b, const struct summary *x)
{
	char num[NUM_LEN];

	if (!isnan(x->mean.wf1))
		str_addf(b, "%s%s", num_mean_sd(num, x->mean.wf1, x->sd.wf1),
			 x->optimistic ? "!" : "");
	else
		str_add(b, NUM_MISSING);
}

static void print_cell(int width, struct str *text)
{
	str_cell(stdout, width, str_text(text));
	printf("  ");
	str_reset(text);
}

static void print_run(const struct shelf_run *r, int width)
{
	struct shelf_key tag;
	struct err ignored = {0};
	char num[NUM_LEN], tags[256] = "", who[256];
	struct str b = {0};

	if (column_find(&tag, "tag", &ignored) == 0)
		column_text(&tag, r, tags, sizeof tags);
	str_add_plain(&b, r->path);
	print_cell(-width, &b);
	str_addf(&b, "%s %s", shelf_words[r->state].mark, shelf_words[r->state].word);
	print_cell(-12, &b);
	put_progress(&b, &r->x);
	print_cell(-11, &b);
	put_wf1(&b, &r->x);
	print_cell(-14, &b);
	str_add(&b, num_bytes(num, (double)r->bytes));
	print_cell(8, &b);
	printf("%s%s%s\n", r->begun, *tags ? "  " : "", tags);
	if (r->x.why)
		printf("    %s\n", r->x.why);
	for (int i = 0; i < r->nheld && r->state == SHELF_ELSEWHERE; i++) {
		lock_owner_text(&r->held[i].who, who, sizeof who);
		printf("    fold %d: %s\n", r->held[i].fold,
		       *who ? who : "its lock does not say who");
	}
	str_free(&b);
}

/* The states are told by locks, which are not always seen. */
static void say_local(const struct stored *s)
{
	bool unfinished = false;
	char why[128];

	for (int i = 0; i < s->n; i++)
		unfinished |= s->run[i]->state != SHELF_FINISHED;
	if (unfinished && lock_dir_is_local(QUEUE_FOLDER, why, sizeof why))
		cli_message("%s: locks of other machines are not seen here (%s): what is stopped "
			    "or broken off may train on one",
			    QUEUE_FOLDER, why);
}

static void print_table(const struct stored *s)
{
	char size[NUM_LEN];
	int width = 4;

	for (int i = 0; i < s->n; i++)
		width = max_int(width, str_columns(s->run[i]->path));
	if (s->n) {
		str_cell(stdout, -width, "run");
		printf("  %-12s  %-11s  %-14s  %8s  %-16s  %s\n", "state", "progress", "WF1",
		       "disk", "begun", "tags");
	}
	for (int i = 0; i < s->n; i++)
		print_run(s->run[i], width);
	fflush(stdout);
	cli_message("%d run%s, %s", s->n, s->n == 1 ? "" : "s",
		    num_bytes(size, (double)bytes_of(s)));
	say_local(s);
}

/* ---- a table for programs ---- */

/* All columns by their names; numbers are %.9g, missing ones empty. */
static void put_field(struct str *b, struct expr_value v)
{
	const char *text = v.text;

	if (!text) {
		if (!isnan(v.number))
			str_num(b, v.number);
		return;
	}
	if (!strpbrk(text, ",\"\n\r")) {
		str_add(b, text);
		return;
	}
	str_add(b, "\"");
	for (; *text; text++)
		str_addn(b, *text == '"' ? "\"\"" : text, *text == '"' ? 2 : 1);
	str_add(b, "\"");
}

static void print_csv(const struct stored *s)
{
	struct str b = {0};

	for (int c = 0; shelf_columns[c].name; c++)
		str_addf(&b, "%s%s", c ? "," : "", shelf_columns[c].name);
	str_add(&b, "\n");
	for (int i = 0; i < s->n; i++) {
		for (int c = 0; shelf_columns[c].name; c++) {
			str_add(&b, c ? "," : "");
			put_field(&b, shelf_columns[c].get(s->run[i]));
		}
		str_add(&b, "\n");
	}
	fputs(str_text(&b), stdout);
	str_free(&b);
}

static int list(const struct args *a, struct err *e)
{
	struct stored s;
	int failed = stored_open(&s, a->noperands ? a->operand[0] : NULL, e);

	if (!failed && a->csv)
		print_csv(&s);
	else if (!failed)
		print_table(&s);
	stored_close(&s);
	return failed;
}

#define FILTER_HELP                                                                                \
	"FILTER is a condition: \"lr<1e-3 & state=finished & wf1>0.6\", any setting by its key\n"  \
	"or the end of it, or one of name, state, wf1, wa, ua, macro_f1, best, progress, begun,\n" \
	"duration, disk, note, tag, study, branch, archived, pruned (doc/sessions.md). Archived\n" \
	"runs are left out unless it asks for them: archived=yes.\n"

const struct command cmd_sessions_list = {
	.name = "sessions list",
	.operands = "[FILTER]",
	.most = 1,
	.takes = (const enum flag[]){FLAG_CSV, FLAG_NONE},
	.help = "List the stored runs: state, figures, disk.",
	.more = FILTER_HELP
	"Nothing is locked or changed. WF1 is the mean over the finished folds; `!` marks an\n"
	"optimistic protocol. Below a run that trains elsewhere is who trains which fold.",
	.run = list,
};
