/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/commands.h"

#include "app/demo.h"

#include <stdio.h>

static int run(const struct args *a, struct err *e)
{
	const char *dir = a->noperands ? a->operand[0] : DEMO_DIR;

	if (demo_write(dir, e))
		return -1;
	printf("%s: the demo corpus is written; `miust train %s/%s` trains on it\n", dir, dir,
	       DEMO_CONFIG);
	return 0;
}

const struct command cmd_demo = {
	.name = "demo",
	.operands = "[DIR]",
	.most = 1,
	.help = "Write the demo corpus (into " DEMO_DIR ").",
	.run = run,
};
