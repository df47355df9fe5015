/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A duel of two branches (ui/state/duels.h), from any view. */
#include "ui/state/duels.h"

#include "app/lab/duel_order.h"
#include "app/session/branch.h"
#include "base/str.h"
#include "ui/console/complete.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

static const char *refuse_duel(const struct ui *u)
{
	if (ui_no_run(u))
		return ui_no_run(u);
	if (!u->work)
		return "this screen has no run";
	return u->now.state == WORK_LOADING ? "the data is still being read" : NULL;
}

static int run_duel(struct ui *u, const char *args, struct err *e)
{
	const struct fold_run *f = ui_fold(u);
	struct str text = {0};

	if (strcmp(args, "off") == 0)
		return duels_stop(u, e);
	if (*args)
		return duels_begin(u, u->run.dir, f ? f->fold : 0, args, e);
	duels_text(u, &text);
	ui_say(u, "%s", text.s);
	str_free(&text);
	return 0;
}

/* Names of branches, or a setting that can be changed in a run. */
static void complete_duel(struct ui *u, const struct words *w, struct completions *c)
{
	char folder[PATH_LEN], parent[PATH_LEN];
	struct err ignored = {0};
	struct dirent *d;
	DIR *dir;

	if (w->n > 2) {
		complete_args(u, w, c);
		return;
	}
	dir = branch_folder(u->run.dir, folder, parent, &ignored) ? NULL : opendir(folder);
	while (dir && (d = readdir(dir)))
		if (d->d_name[0] != '.')
			complete_add(c, d->d_name);
	if (dir)
		closedir(dir);
	complete_add(c, "main");
	complete_sort(c);
	if (w->n > 1)
		return;
	complete_add(c, "off");
	for (int i = 0; i < option_count; i++) {
		char key[SETTING_KEY];

		if (option_table[i].when == WHEN_RUN)
			continue;
		snprintf(key, sizeof key, "%s=", option_table[i].key);
		complete_add(c, key);
	}
}

const struct verb duel_verbs[] = {
	{"duel", "[" DUEL_ARGS "|off]",
	 "Train two branches in turn, and compare them at each epoch.", run_duel, refuse_duel,
	 complete_duel, CHANGES | LATE | BARE_LOOKS},
	{0},
};
