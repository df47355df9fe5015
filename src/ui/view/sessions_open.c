/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Another session or configuration on this screen. */
#include "ui/view/sessions.h"

#include "app/session/session.h"
#include "base/file.h"
#include "base/mem.h"
#include "ui/state/runs.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool sessions_is_folder(const char *what)
{
	return strcmp(what, "demo") != 0 && file_is_dir(what) && !session_exists(what);
}

/* But for what a folder of sessions has of its own: the trash, the queue. */
static bool is_empty(DIR *dir)
{
	struct dirent *d;

	while ((d = readdir(dir)))
		if (d->d_name[0] != '.' && strcmp(d->d_name, "queue") != 0 &&
		    strcmp(d->d_name, "queue.lock") != 0)
			return false;
	return true;
}

int sessions_begin(struct ui *u, const char *folder, struct err *e)
{
	size_t n = strlen(folder);
	DIR *dir = opendir(folder);
	bool empty;

	if (!dir)
		return err_errno(e, folder, "cannot look into it");
	empty = is_empty(dir);
	closedir(dir);
	while (n > 1 && folder[n - 1] == '/')
		n--;
	if (n >= sizeof u->folder)
		return err_at(e, folder, 0, 0, "the name is too long");
	if (!file_is_same(folder, QUEUE_FOLDER)) /* by whichever name: the queue knows one */
		snprintf(u->folder, sizeof u->folder, "%.*s", (int)n, folder);
	ui_select_view(u, VIEW_SESSIONS);
	if (empty || sessions_view(u)->shelf.n)
		return 0;
	return err_at(e, folder, 0, 0,
		      "no session is in it, nor in a folder of it; a session is a folder with "
		      "config.yml");
}

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
	{"open", "SESSION|CONFIG|demo",
	 "Show another session, or begin a run; those that train go on.", sessions_open, NULL,
	 sessions_complete, CHANGES_FILES | FIRST_LOOKS},
	{0},
};
