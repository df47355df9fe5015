/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Another session or configuration on this screen. */
#include "ui/view/sessions.h"

#include "app/session/session.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"

#include <stdlib.h>
#include <string.h>

static int run_open_now(struct ui *u, const char *args, struct err *e)
{
	struct err unknown = {0};
	struct run *probe;

	if (!*args)
		return err_set(e, "open SESSION, a CONFIG, or demo");
	if (strcmp(args, "demo") != 0 && !file_exists(args) && !file_is_dir(args)) {
		const struct session_row *r = sessions_named(u, args, &unknown);

		if (!r)
			return err_set(e, "%s: no such file, folder or session", args);
		args = r->dir;
	}
	if (strlen(args) >= sizeof u->open_next)
		return err_set(e, "open: the name is too long");
	if (u->readonly && !session_exists(args))
		return err_set(e, "open: %s is not a session, and --readonly opens nothing else",
			       args);
	/* A broken one must not take this run off the screen. */
	if (session_exists(args)) {
		if (run_load(probe = mem_alloc(1, sizeof *probe), args, e) == 0)
			run_free(probe);
		free(probe);
		if (e->status)
			return -1;
	}
	strcpy(u->open_next, args);
	u->quit = true;
	return 0;
}

int sessions_open(struct ui *u, const char *args, struct err *e)
{
	char what[80] = "open ", command[PATH_LEN + 8];

	if (!*args || !ui_trains(u) || strlen(args) + sizeof "open! " > sizeof command)
		return run_open_now(u, args, e);
	str_fit(what + strlen(what), 60, path_base(args));
	snprintf(command, sizeof command, "open! %s", args);
	ui_ask(u, command, UI_STOP_QUESTION, what);
	return 0;
}

const struct verb sessions_verbs[] = {
	{"open", "SESSION|CONFIG|demo", "Open another session or configuration.", sessions_open,
	 NULL, sessions_complete, CHANGES_FILES | FIRST_LOOKS},
	{"open!", "SESSION|CONFIG|demo", "Open without asking; a run writes a checkpoint first.",
	 run_open_now, NULL, sessions_complete, CHANGES_FILES | FIRST_LOOKS},
	{0},
};
