/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/session/session_branch.h"

#include "app/config/scalar.h"
#include "app/config/yaml_tree.h"
#include "app/session/changes.h"
#include "app/session/session_branch_private.h"
#include "app/session/session_private.h"
#include "app/session/session_state.h"
#include "app/session/rows.h"
#include "base/file.h"
#include "base/str.h"
#include "engine/train/state.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool session_branch_is_kept(const char *name)
{
	return strncmp(name, BRANCH_KEPT "-", strlen(BRANCH_KEPT "-")) == 0;
}

int session_branch_name(const char *session_dir, const char *stem, char *out, size_t n,
			struct err *e)
{
	struct branch_place p;

	if (branch_place(&p, session_dir, e))
		return -1;
	for (int i = 1; i <= 9999; i++) {
		char path[PATH_LEN];

		if ((size_t)snprintf(out, n, "%s-%d", stem, i) >= n)
			return err_set(e, "%s: the name of a branch is too long", stem);
		if (path_join(path, sizeof path, p.folder, out, e))
			return -1;
		if (!file_exists(path))
			return 0;
	}
	return err_at(e, p.folder, 0, 0, "has 9999 branches %s-N; delete some", stem);
}

/*
 * Where it left
 */

int branch_write_point(const char *dir, const struct branch_point *p, struct err *e)
{
	struct str text = {0};
	char path[PATH_LEN];
	int failed;

	str_add(&text, "parent: '");
	for (const char *c = p->parent; *c; c++) /* as YAML has a quote in quotes */
		str_addf(&text, *c == '\'' ? "''" : "%c", *c);
	str_addf(&text, "'\nfold: %d\nepoch: %d\nin_epoch: %d\nstep: %d\n", p->fold, p->epoch,
		 p->in_epoch, p->step);
	failed = path_join(path, sizeof path, dir, SESSION_BRANCH, e) ||
		 file_write(path, text.s, text.len, e);
	str_free(&text);
	return failed ? -1 : 0;
}

/* Key and value of branch.yml; what a later version adds is passed over. */
static int read_pair(struct branch_point *p, struct tree *t, const yaml_node_pair_t *pair,
		     unsigned *found)
{
	const struct {
		const char *key;
		int *at, max;
	} number[] = {{"fold", &p->fold, FOLD_MAX},
		      {"epoch", &p->epoch, EPOCH_MAX},
		      {"in_epoch", &p->in_epoch, STEP_MAX},
		      {"step", &p->step, STEP_MAX}};
	const yaml_node_t *value = tree_node(t, pair->value);
	const char *key = tree_text(tree_node(t, pair->key)), *text;
	int64_t v;

	text = value->type == YAML_SCALAR_NODE ? tree_text(value) : NULL;
	if (strcmp(key, "parent") == 0) {
		if (!text || !*text || strlen(text) >= sizeof p->parent)
			return tree_fail(t, value, "parent: the path of a run expected");
		memcpy(p->parent, text, strlen(text) + 1);
		*found |= 1;
	}
	for (int i = 0; i < 4; i++) {
		if (strcmp(key, number[i].key) != 0)
			continue;
		if (!text || scalar_integer(text, &v) != SCALAR_FINE || v < 0 || v > number[i].max)
			return tree_fail(t, value, "%s: a number from 0 to %d expected", key,
					 number[i].max);
		*number[i].at = (int)v;
		*found |= 2u << i;
	}
	return 0;
}

int session_branch_point(const char *session_dir, struct branch_point *p, bool *is_branch,
			 struct err *e)
{
	char path[PATH_LEN];
	struct tree t = {0};
	unsigned found = 0;
	int failed;

	*p = (struct branch_point){0};
	*is_branch = false;
	if (path_join(path, sizeof path, session_dir, SESSION_BRANCH, e))
		return -1;
	if (!file_exists(path))
		return 0;
	failed = tree_read(&t, path, e);
	if (!failed) {
		const yaml_node_t *root = tree_node(&t, 1);

		for (const yaml_node_pair_t *pair = root->data.mapping.pairs.start;
		     pair < root->data.mapping.pairs.top && !failed; pair++)
			failed = read_pair(p, &t, pair, &found);
		if (!failed && found != 31)
			failed = tree_fail(&t, root,
					   "parent, fold, epoch, in_epoch and step expected");
	}
	tree_free(&t);
	*is_branch = !failed;
	return failed ? -1 : 0;
}

/*
 * Who writes them
 */

const char *session_lock_of(const char *root, const char *dir)
{
	return strstr(dir + strlen(root), "/" SESSION_BRANCHES "/") ? dir : root;
}

/* Of those in one folder. */
static int check_branches(const char *run, struct err *e)
{
	char folder[PATH_LEN], dir[PATH_LEN], who[256];
	struct dirent *d;
	DIR *open;
	int failed = path_join(folder, sizeof folder, run, SESSION_BRANCHES, e);

	open = failed ? NULL : opendir(folder);
	while (open && !failed && (d = readdir(open))) {
		if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0)
			continue;
		failed = path_join(dir, sizeof dir, folder, d->d_name, e);
		if (!failed && session_written(dir, who, sizeof who))
			failed = err_at(e, dir, 0, 0,
					"another program is writing this branch%s%s; stop it first",
					*who ? ": " : "", who);
	}
	if (open)
		closedir(open);
	return failed;
}

int session_branches_free(const char *dir, struct err *e)
{
	int failed = check_branches(dir, e);
	DIR *open = failed ? NULL : opendir(dir);
	struct dirent *d;
	char seed[PATH_LEN];

	while (open && !failed && (d = readdir(open)))
		if (strncmp(d->d_name, "seed-", 5) == 0)
			failed = path_join(seed, sizeof seed, dir, d->d_name, e) ||
				 check_branches(seed, e);
	if (open)
		closedir(open);
	return failed ? -1 : 0;
}

/*
 * Kept as it is
 */

/* Where the fold's state is, and how many rewinds are in its past. */
static int present_point(const struct session *s, int fold, const char *parent,
			 struct branch_point *p, int *rewinds, struct err *e)
{
	struct state now;
	char path[PATH_LEN];

	if (fold_file(s->dir, fold, "state.safetensors", path, sizeof path, e) ||
	    state_load_numbers(&now, path, e))
		return -1;
	*p = (struct branch_point){
		.fold = fold, .epoch = now.epoch, .in_epoch = now.in_epoch, .step = now.step};
	snprintf(p->parent, sizeof p->parent, "%s", parent);
	*rewinds = now.rewinds;
	return 0;
}

/* Where the line of the log begins that is the next rewind; 0: none is to come. */
static long next_rewind(const struct changes *log, int rewinds)
{
	for (int i = 0; i < log->n; i++)
		if (change_is_rewind(&log->at[i]) && rewinds-- == 0)
			return log->at[i].line;
	return 0;
}

/* The branch's log ends before that. */
static int cut_log(const char *dir, int fold, int rewinds, struct err *e)
{
	struct changes log = {0};
	char path[PATH_LEN], *text, *end;
	int failed;
	long line;

	if (fold_file(dir, fold, SESSION_COMMANDS, path, sizeof path, e))
		return -1;
	if (!file_exists(path))
		return 0;
	if (changes_read(&log, path, true, e))
		return -1;
	line = next_rewind(&log, rewinds);
	changes_free(&log);
	if (!line)
		return 0;
	end = text = file_read(path, FILE_ROWS, NULL, e);
	if (!text)
		return -1;
	while (--line > 0)
		end = strchr(end, '\n') + 1; /* the log has that line */
	failed = file_write(path, text, (size_t)(end - text), e);
	free(text);
	return failed;
}

/* A branch of the name that is to be kept: 0 if it is this one. */
static int check_kept(const struct branch_making *b, const char *name,
		      const struct branch_point *now, struct err *e)
{
	struct branch_point then;
	bool is_branch;

	if (session_branch_point(b->dir, &then, &is_branch, e))
		return -1;
	return is_branch && then.fold == now->fold && then.step == now->step &&
			       strcmp(then.parent, now->parent) == 0
		       ? 0
		       : branch_exists(b, name, e);
}

static int keep_all(const struct session *s, int fold, int rewinds, const struct branch_making *b,
		    struct err *e)
{
	struct fold_list folds = {0};
	int failed =
		branch_share_head(b, s->dir, e) || branch_share(s->dir, b->hidden, "notes.txt", e);

	folds_read(&folds, s->dir);
	for (int i = 0; i < folds.n && !failed; i++)
		if (folds.at[i] == fold ||
		    (folds.at[i] < fold && fold_has(s->dir, folds.at[i], SESSION_RESULT)))
			failed = branch_share_fold(s->dir, b->hidden, folds.at[i], e);
	folds_free(&folds);
	return failed || cut_log(b->hidden, fold, rewinds, e) ? -1 : 0;
}

int session_branch_keep(const struct session *s, int fold, const char *name, struct err *e)
{
	struct branch_making b;
	struct branch_point now;
	int rewinds, failed;

	if (session_check_held(s, e) || branch_new(&b, s->dir, name, e))
		return -1;
	failed = present_point(s, fold, b.place.parent, &now, &rewinds, e);
	if (!failed && file_exists(b.dir)) {
		failed = check_kept(&b, name, &now, e);
		branch_drop(&b);
		return failed;
	}
	if (failed || keep_all(s, fold, rewinds, &b, e) || branch_write_point(b.hidden, &now, e))
		return branch_failed(&b, name, e);
	return branch_done(&b, name, e);
}

/* Have they the same bytes? Linked ones need not be read. */
static bool is_same_file(const char *a, const char *b)
{
	struct err ignored = {0};
	size_t na, nb;
	char *x, *y;
	bool same;

	if (file_is_same(a, b))
		return true;
	x = file_read(a, FILE_ROWS, &na, &ignored);
	y = file_read(b, FILE_ROWS, &nb, &ignored);
	same = x && y && na == nb && memcmp(x, y, na) == 0;
	free(x);
	free(y);
	return same;
}

/* Is the branch what the fold is now, and nothing else? */
static bool is_present(const struct session *s, int fold, const struct branch_place *p,
		       const char *name)
{
	char dir[PATH_LEN], here[PATH_LEN], there[PATH_LEN];
	struct branch_point point;
	struct err ignored = {0};
	bool is_branch;

	return path_join(dir, sizeof dir, p->folder, name, &ignored) == 0 &&
	       session_branch_point(dir, &point, &is_branch, &ignored) == 0 && is_branch &&
	       point.fold == fold && strcmp(point.parent, p->parent) == 0 &&
	       fold_file(s->dir, fold, "state.safetensors", here, sizeof here, &ignored) == 0 &&
	       fold_file(dir, fold, "state.safetensors", there, sizeof there, &ignored) == 0 &&
	       is_same_file(here, there);
}

static bool log_names(const struct changes *log, const char *name)
{
	struct err ignored = {0};
	struct rewind r;

	for (int i = 0; i < log->n; i++)
		if (change_is_rewind(&log->at[i]) &&
		    change_rewind(&r, &log->at[i], &ignored) == 0 && strcmp(r.branch, name) == 0)
			return true;
	return false;
}

/* Has it remarks or tags, or a branch of its own? */
static bool is_used(const struct branch_place *p, const char *name)
{
	static const char *const by_hand[] = {"notes.txt", "tags.txt"};
	struct err ignored = {0};
	char dir[PATH_LEN], path[PATH_LEN];
	bool used = false;
	struct dirent *d;
	DIR *open = opendir(p->folder);

	for (int i = 0; i < 2; i++)
		used |= path_join(dir, sizeof dir, p->folder, name, &ignored) == 0 &&
			path_join(path, sizeof path, dir, by_hand[i], &ignored) == 0 &&
			file_exists(path);
	while (open && !used && (d = readdir(open))) {
		struct branch_point child;
		bool is_branch;

		used = path_join(dir, sizeof dir, p->folder, d->d_name, &ignored) == 0 &&
		       session_branch_point(dir, &child, &is_branch, &ignored) == 0 && is_branch &&
		       strcmp(path_base(child.parent), name) == 0;
	}
	if (open)
		closedir(open);
	return used;
}

void session_branch_unkeep(const struct session *s, int fold, const struct changes *log)
{
	struct err ignored = {0};
	struct branch_place p;
	struct dirent *d;
	DIR *open;

	if (branch_place(&p, s->dir, &ignored) || !(open = opendir(p.folder)))
		return;
	while ((d = readdir(open)))
		if (session_branch_is_kept(d->d_name) && !log_names(log, d->d_name) &&
		    is_present(s, fold, &p, d->d_name) && !is_used(&p, d->d_name))
			branch_remove(&p, d->d_name);
	closedir(open);
	rmdir(p.folder); /* if it is empty now */
}
