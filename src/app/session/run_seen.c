/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files are that a run is read from. */
#include "app/session/run_private.h"

#include "app/session/session_rows.h"
#include "base/mem.h"

static const char *const fold_part[FOLD_PARTS] = {
	"steps.csv",   "epochs.csv",   "commands.log", "result.json",
	"history.bin", "history.json", "test.bin",     "health.csv",
};

static const char *const root_part[ROOT_PARTS] = {
	"config.yml", "data.csv",     "notes.txt",    "steps.csv",
	"epochs.csv", "commands.log", "results.json",
};

struct run_seen *run_seen_new(int folds)
{
	size_t size = sizeof(struct run_seen) + (size_t)folds * sizeof(struct fold_seen);
	struct run_seen *s = mem_alloc(1, size);

	s->folds = folds;
	return s;
}

static void of_fold(struct file_stamp *out, const struct session *s, int fold, const char *name)
{
	struct err ignored = {0};
	char path[PATH_LEN];

	*out = (struct file_stamp){0};
	if (session_fold_path(s, fold, name, path, sizeof path, &ignored) == 0)
		*out = file_stamp(path);
}

void run_seen_root(struct file_stamp *out, const struct session *s, enum root_part part)
{
	struct err ignored = {0};
	char path[PATH_LEN];

	*out = (struct file_stamp){0};
	if (session_path(s, root_part[part], path, sizeof path, &ignored) == 0)
		*out = file_stamp(path);
}

struct run_seen *run_seen_now(const struct run *r, const struct session *s)
{
	struct run_seen *now = run_seen_new(r->folds);

	now->old = session_is_old(s);
	now->root[CONFIG] = r->seen->root[CONFIG];
	now->root[DATA] = r->seen->root[DATA];
	run_seen_root(&now->root[NOTES], s, NOTES);
	for (int i = ROOT_STEPS; i < ROOT_PARTS && now->old; i++)
		run_seen_root(&now->root[i], s, (enum root_part)i);
	for (int i = 0; i < now->folds; i++)
		for (int k = 0; k < FOLD_PARTS; k++)
			of_fold(&now->fold[i].part[k], s, run_fold_number(r, i), fold_part[k]);
	return now;
}
