/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/cmd/commands.h"

#include "app/demo/demo.h"
#include "base/file.h"
#include "base/plain.h"

#include <stdio.h>

static int run(const struct args *a, struct err *e)
{
	char own[PATH_LEN], config[PATH_LEN];
	const char *dir = a->noperands ? a->operand[0] : own;
	struct str text = {0};

	if (dir == own && demo_folder(own, sizeof own, e))
		return -1;
	if (path_join(config, sizeof config, dir, DEMO_CONFIG, e) || demo_write(dir, e))
		return -1;
	str_add_plain(&text, dir);
	str_add(&text, ": the demo corpus is written; `miust train ");
	str_add_quoted(&text, config);
	printf("%s` trains on it\n", text.s);
	str_free(&text);
	return 0;
}

const struct command cmd_demo = {
	.name = "demo",
	.operands = "[DIR]",
	.most = 1,
	.help = "Write the demo corpus (into " DEMO_DIR ").",
	.more = "An installed program writes it into $XDG_DATA_HOME/miust/demo\n"
		"(~/.local/share/miust/demo), where the word demo finds it as CONFIG.",
	.run = run,
};
