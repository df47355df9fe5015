/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/cmd/commands.h"

#include "app/lab/job_branch.h"
#include "app/session/branch.h"

#include <stdio.h>

static void say(void *ctx, const char *text)
{
	(void)ctx;
	cli_message("%s", text);
}

/* The fold that is meant: --fold, or the only one that has begun. */
static int find_fold(const struct args *a, const char *dir, int *fold, struct err *e)
{
	if (a->nfolds > 1)
		return err_usage(e, "--fold: a branch leaves one fold; name one");
	if (a->nfolds == 0)
		return branch_fold(dir, fold, e);
	*fold = a->fold[0];
	return 0;
}

static int run(const struct args *a, struct err *e)
{
	const char *dir = a->operand[0];
	struct branch_order o;
	char line[BRANCH_NAME + 64], out[PATH_LEN];
	int fold, step;

	snprintf(line, sizeof line, "%.*s %.50s", BRANCH_NAME + 1, a->operand[1], a->operand[2]);
	if (branch_order(&o, line, e) || find_fold(a, dir, &fold, e) ||
	    branch_step(dir, fold, o.at.epoch, o.at.in_epoch, &step, e) ||
	    branch_make(dir, o.name, fold, step, out, sizeof out, say, NULL, e))
		return -1;
	puts(out);
	return 0;
}

const struct command cmd_branch = {
	.name = "branch",
	.operands = "SESSION NAME EPOCH:STEP",
	.least = 3,
	.most = 3,
	.takes = (const enum flag[]){FLAG_FOLD, FLAG_NONE},
	.help = "Make a branch of a run, that leaves it at a step.",
	.more = "Its folder, SESSION/branches/NAME, is printed: a session of its own, which\n"
		"`train --session DIR --resume` trains. EPOCH:STEP is where so many steps of that\n"
		"epoch are done, 4:0 the end of epoch 3. The run may be finished, or be trained\n"
		"meanwhile. More: doc/branches.md.",
	.run = run,
	.stores = true,
};
