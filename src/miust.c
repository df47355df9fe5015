/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/cmd/commands.h"
#include "base/process.h"

static const struct command *const commands[] = {
	&cmd_train, &cmd_eval,  &cmd_predict, &cmd_compare, &cmd_demo,
	&cmd_check, &cmd_bench, &cmd_config,  NULL,
};

int main(int argc, char **argv)
{
	static const struct program miust = {
		.name = "miust",
		.help = "Train and examine the MIUST speech+text emotion model.",
		.commands = commands,
	};

	process_begin(argv);
	return cli_main(&miust, argc, argv);
}
