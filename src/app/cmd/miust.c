/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/cmd/commands.h"

static const struct command *const commands[] = {
	&cmd_train,
	&cmd_eval,
	&cmd_predict,
	&cmd_compare,
	&cmd_collect,
	&cmd_branch,
	&cmd_duel,
	&cmd_queue_add,
	&cmd_queue_list,
	&cmd_queue_move,
	&cmd_queue_remove,
	&cmd_queue_run,
	&cmd_sweep,
	&cmd_control,
	&cmd_sessions_list,
	&cmd_sessions_tag,
	&cmd_sessions_untag,
	&cmd_sessions_archive,
	&cmd_sessions_prune,
	&cmd_sessions_trash,
	&cmd_demo,
	&cmd_check,
	&cmd_bench,
	&cmd_config,
	NULL,
};

int miust(int argc, char **argv)
{
	static const struct program miust_program = {
		.name = "miust",
		.help = "Train and examine the MIUST speech+text emotion model.",
		.more = "The engine of `miust-tui` without a screen, for scripts and clusters.\n"
			"CONFIG is a YAML file, the folder of a session (which means "
			"the\n`config.yml` in it), or the word `demo` for the built-in corpus.\n"
			"Results go to standard output, messages to standard error. `train` never\n"
			"overwrites a session: it makes `sessions/NAME-YYYYMMDD-HHMMSS`, or the "
			"folder\n"
			"of `--session`, and continues one only with `--resume`.",
		.commands = commands,
	};

	return cli_main(&miust_program, argc, argv);
}
