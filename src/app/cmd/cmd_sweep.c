/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/cmd/commands.h"

#include "app/queue/cost.h"
#include "app/queue/sweep.h"
#include "app/study/num.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/util.h"
#include "engine/data/split.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- what it costs ---- */

struct costs {
	struct cost *cell; /* of one seed */
	struct cost sum;   /* of all cells and seeds; NaN as soon as one is not known */
};

static void add_up(struct costs *c, const struct sweep *s, const struct shelf *shelf, int seeds)
{
	c->cell = mem_alloc((size_t)s->grid.cells, sizeof *c->cell);
	c->sum = (struct cost){.seconds = 0};
	for (int i = 0; i < s->grid.cells; i++) {
		const struct waiting *w = &s->cell[i].run;

		cost_of(&c->cell[i], shelf, &w->set, split_folds(&w->lab->corpus),
			i ? &c->cell[i - 1] : NULL);
		c->sum.seconds += c->cell[i].seconds * seeds;
		c->sum.bytes += c->cell[i].bytes * seeds;
		if (!c->sum.like)
			c->sum.like = c->cell[i].like;
	}
}

static void print_cell(const struct sweep_cell *x, const struct cost *c, int seeds, int width)
{
	int folds = split_folds(&x->run.lab->corpus);
	char time[NUM_LEN], size[NUM_LEN];

	str_cell(stdout, -width, x->name[0] ? x->name : "CONFIG");
	printf("  %5d  %5d  %6d  ", seeds, folds, x->run.set.train.epoch);
	str_cell(stdout, 7, num_time(time, c->seconds * seeds));
	printf("  ");
	str_cell(stdout, 8, isfinite(c->bytes) ? num_bytes(size, c->bytes * seeds) : NUM_MISSING);
	printf("\n");
}

static void print_table(const struct sweep *s, const struct costs *c, int seeds)
{
	int width = (int)strlen("variant");

	for (int i = 0; i < s->grid.cells; i++)
		width = max_int(width, str_columns(s->cell[i].name));
	str_cell(stdout, -width, "variant");
	printf("  seeds  folds  epochs     time      disk\n");
	for (int i = 0; i < s->grid.cells; i++)
		print_cell(&s->cell[i], &c->cell[i], seeds, width);
	fflush(stdout);
}

static const char *plural(int n)
{
	return n == 1 ? "" : "s";
}

static void say_sum(const struct sweep *s, const struct costs *c, int seeds)
{
	char time[NUM_LEN], size[NUM_LEN];
	int n = s->grid.cells;
	struct str b = {0};

	str_addf(&b, "%d run%s (%d variant%s x %d seed%s)", n * seeds, plural(n * seeds), n,
		 plural(n), seeds, plural(seeds));
	if (isfinite(c->sum.seconds))
		str_addf(&b, ", about %s one after the other", num_time(time, c->sum.seconds));
	if (isfinite(c->sum.bytes))
		str_addf(&b, ", about %s", num_bytes(size, c->sum.bytes));
	if (c->sum.like)
		str_addf(&b, ", by %s", c->sum.like->dir);
	if (!isfinite(c->sum.seconds))
		str_addf(&b, "; how long is not known%s: no stored run is like %s",
			 c->sum.like ? " for all" : "", c->sum.like ? "the others" : "them");
	cli_message("%s", b.s);
	str_free(&b);
}

static void say_costs(const struct sweep *s, int seeds)
{
	struct shelf shelf = {0};
	struct costs c;

	shelf_add(&shelf, s->asked->folder, SHELF_DEEP);
	shelf_read(&shelf);
	add_up(&c, s, &shelf, seeds);
	print_table(s, &c, seeds);
	say_sum(s, &c, seeds);
	free(c.cell);
	shelf_free(&shelf);
}

/* ---- asking ---- */

/* On a terminal; anywhere else nobody could answer, and nothing is lost by queueing. */
static bool agreed(void)
{
	char answer[16] = "";

	if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
		return true;
	fprintf(stderr, "queue them? [y/N] ");
	return fgets(answer, sizeof answer, stdin) && (answer[0] == 'y' || answer[0] == 'Y');
}

static int run(const struct args *a, struct err *e)
{
	const struct waiting_asked asked = {
		.folder = QUEUE_FOLDER,
		.config = a->operand[0],
		.set = a->set,
		.nset = a->nset,
		.seeds = max_int(a->seeds, 1),
		.skip_bad = a->skip_bad,
		.say = cli_say,
	};
	char study[PATH_LEN];
	struct sweep s;
	int failed;

	if (a->noperands < 2 && asked.seeds < 2)
		return err_usage(e, "expected KEY=V1,V2,... to sweep over, or --seeds N");
	if (sweep_plan(&s, &asked, a->operand + 1, a->noperands - 1, NULL, e))
		return -1;
	say_costs(&s, asked.seeds);
	if (a->dry_run) {
		failed = 0;
	} else if (!a->yes && !agreed()) {
		failed = err_set(e, "nothing was queued");
	} else {
		failed = sweep_make(&s, a->name, study, sizeof study, e);
		if (!failed)
			cli_message("%s: %d session%s queued; train them with miust queue run",
				    study, s.grid.cells, plural(s.grid.cells));
	}
	sweep_free(&s);
	return failed;
}

const struct command cmd_sweep = {
	.name = "sweep",
	.operands = "CONFIG KEY=V1,V2,...",
	.least = 1,
	.most = -1,
	.takes = (const enum flag[]){FLAG_SET, FLAG_SEEDS, FLAG_NAME, FLAG_SKIP_BAD, FLAG_DRY_RUN,
				     FLAG_YES, FLAG_NONE},
	.help = "Queue a run for every combination of values, as a study.",
	.more = "KEY is a setting or the end of its name (lr). Commas separate values; put one "
		"that\n"
		"has commas itself in brackets: labels=[ang,sad],[ang,hap,sad]. Says first what\n"
		"they will cost, by a stored run that is like them, and asks on a terminal. The\n"
		"sessions are sessions/STUDY/VARIANT; further seeds lie in them (seed-S).",
	.run = run,
	.stores = true,
};
