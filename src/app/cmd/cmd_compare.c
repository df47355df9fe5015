/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/cmd/commands.h"

#include "app/study/compare.h"

#include <stdio.h>

static int run(const struct args *a, struct err *e)
{
	return compare_print(a->operand, a->noperands, stdout, e);
}

const struct command cmd_compare = {
	.name = "compare",
	.operands = "SESSION SESSION...",
	.least = 2,
	.most = -1,
	.help = "Sessions side by side: their figures, and the settings that differ.",
	.run = run,
};
