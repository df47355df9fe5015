/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Another session or configuration on this screen. */
#include "ui/view/sessions.h"

#include "app/session/session.h"
#include "base/file.h"
#include "base/mem.h"
#include "ui/state/runs.h"

#include <stdlib.h>
#include <string.h>

int sessions_open(struct ui *u, const char *args, struct err *e)
{
	struct err unknown = {0};
	struct run *probe;

	if (!*args)
		return err_set(e, "open SESSION, a CONFIG, or demo");
	if (strcmp(args, "demo") != 0 && !file_exists(args) && !file_is_dir(args)) {
		const struct shelf_run *r = sessions_named(u, args, &unknown);

		if (!r)
			return err_set(e, "%s: no such file, folder or session", args);
		args = r->dir;
	}
	if (strlen(args) >= PATH_LEN)
		return err_set(e, "open: the name is too long");
	if (u->readonly && !session_exists(args))
		return err_set(e, "open: %s is not a session, and --readonly opens nothing else",
			       args);
	/* A broken one is refused at once. */
	if (session_exists(args)) {
		if (run_load(probe = mem_alloc(1, sizeof *probe), args, e) == 0)
			run_free(probe);
		free(probe);
		if (e->status)
			return -1;
	}
	return runs_open(u, args, false, e);
}

const struct verb sessions_verbs[] = {
	{"open", "SESSION|CONFIG|demo", "Show another session, or begin a run; none is stopped.",
	 sessions_open, NULL, sessions_complete, CHANGES_FILES | FIRST_LOOKS},
	{0},
};
