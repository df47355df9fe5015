/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/term/term_type.h"

#include <curses.h>
#include <stdlib.h>
#include <string.h>
#include <term.h>
#include <unistd.h>

int term_type_check(struct err *e)
{
	const char *name = getenv("TERM");
	int status;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return err_set(e, "this is not a terminal; `miust train CONFIG` needs none");
	if (!name || !*name || strcmp(name, "dumb") == 0)
		return err_set(
			e,
			"a terminal of type \"%s\" cannot show a screen; `miust train CONFIG` "
			"trains without one",
			name ? name : "");
	if (setupterm(NULL, STDOUT_FILENO, &status) == ERR)
		return err_set(e,
			       "no description of the terminal type \"%s\" is installed; try "
			       "TERM=xterm-256color (`miust train CONFIG` needs no screen)",
			       name);
	return 0;
}

bool term_type_is_console(void)
{
	const char *name = getenv("TERM");

	return strcmp(name, "linux") == 0 || strncmp(name, "linux-", 6) == 0;
}

enum depth term_type_depth(void)
{
	const char *none = getenv("NO_COLOR");

	if ((none && *none) || !has_colors() || start_color() == ERR || use_default_colors() == ERR)
		return DEPTH_MONO;
	return COLORS >= 256 ? DEPTH_256 : COLORS >= 16 ? DEPTH_16 : DEPTH_8;
}
