/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/session/states_private.h"

#include "app/session/session_private.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int states_path(const char *session_dir, int fold, int step, const char *end, char *out, size_t n,
		struct err *e)
{
	char name[64];

	snprintf(name, sizeof name, STATES_FOLDER "/%d.%.10s", step, end);
	return fold_file(session_dir, fold, name, out, n, e);
}

/* "120.state" as the program writes it; else -1. */
static int step_of(const char *name)
{
	char again[32];
	int step;

	if (sscanf(name, "%9d.state", &step) != 1 || step < 0)
		return -1;
	snprintf(again, sizeof again, "%d.state", step);
	return strcmp(again, name) == 0 ? step : -1;
}

static int by_number(const void *a, const void *b)
{
	const int *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

int states_steps(const char *session_dir, int fold, int **step, int *n, struct err *e)
{
	char path[PATH_LEN];
	struct dirent *d;
	DIR *open;

	*step = NULL;
	*n = 0;
	if (fold_file(session_dir, fold, STATES_FOLDER, path, sizeof path, e))
		return -1;
	open = opendir(path);
	if (!open)
		return errno == ENOENT || errno == ENOTDIR
			       ? 0
			       : err_errno(e, path, "cannot look into it");
	while ((d = readdir(open))) {
		int at = step_of(d->d_name);

		if (at < 0)
			continue;
		*step = mem_grow(*step, (size_t)*n + 1, sizeof **step);
		(*step)[(*n)++] = at;
	}
	closedir(open);
	if (*n)
		qsort(*step, (size_t)*n, sizeof **step, by_number);
	return 0;
}

int states_list(struct stored_list *l, const char *session_dir, int fold, struct err *e)
{
	int *step, n, failed = states_steps(session_dir, fold, &step, &n, e);

	*l = (struct stored_list){0};
	if (n)
		l->at = mem_alloc((size_t)n, sizeof *l->at);
	for (int i = 0; i < n && !failed; i++) {
		struct stored *s = &l->at[l->n];
		struct err damaged = {0};
		char path[PATH_LEN];

		failed = states_path(session_dir, fold, step[i], "state", path, sizeof path, e);
		if (failed || states_file_head(s, path, &damaged) || s->step != step[i])
			continue;
		failed = states_path(session_dir, fold, step[i], "pin", path, sizeof path, e);
		s->pinned = !failed && file_exists(path);
		l->n++;
	}
	free(step);
	if (failed)
		stored_free(l);
	return failed;
}

bool states_has(const char *session_dir, int fold, int step)
{
	struct err ignored = {0};
	struct stored s;
	char path[PATH_LEN];

	return states_path(session_dir, fold, step, "state", path, sizeof path, &ignored) == 0 &&
	       states_file_head(&s, path, &ignored) == 0 && s.step == step;
}

int states_beside(const char *session_dir, int fold, int step, int by)
{
	struct err ignored = {0};
	int *at, n, found = -1;

	if (states_steps(session_dir, fold, &at, &n, &ignored))
		n = 0;
	for (int i = 0; i < n; i++)
		if (by > 0 ? at[i] > step && found < 0 : at[i] < step)
			found = at[i];
	free(at);
	return found;
}

int states_weights(struct stored_weights *w, const char *session_dir, int fold, int step,
		   struct err *e)
{
	char path[PATH_LEN], best[PATH_LEN];

	w->meta = (struct weights_meta){0};
	return states_path(session_dir, fold, step, "state", path, sizeof path, e) ||
			       states_path(session_dir, fold, step, "best", best, sizeof best, e) ||
			       states_file_weights(w, path, best, fold, step, e)
		       ? -1
		       : 0;
}

void stored_free(struct stored_list *l)
{
	free(l->at);
	*l = (struct stored_list){0};
}

const struct stored *stored_named(const struct stored_list *l, const char *name)
{
	for (int i = 0; *name && i < l->n; i++)
		if (strcmp(l->at[i].name, name) == 0)
			return &l->at[i];
	return NULL;
}

int states_load(struct state *out, const struct state *like, const char *session_dir, int fold,
		int step, void (*say)(void *ctx, const char *text), void *ctx, struct err *e)
{
	int *at, n, failed = states_steps(session_dir, fold, &at, &n, e);
	bool found = false;

	*out = (struct state){0};
	for (int i = n; i-- > 0 && !failed && !found;) {
		struct err why = {0};
		char path[PATH_LEN], best[PATH_LEN];

		if (at[i] > step)
			continue;
		failed = states_path(session_dir, fold, at[i], "state", path, sizeof path, e) ||
			 states_path(session_dir, fold, at[i], "best", best, sizeof best, e);
		if (failed)
			break;
		found = states_file_load(out, like, path, best, fold, at[i], &why) == 0;
		if (!found && say) {
			char *text = str_format("%s; it is passed over", why.text);

			say(ctx, text);
			free(text);
		}
	}
	free(at);
	if (failed || found)
		return failed;
	return err_at(e, session_dir, 0, 0, "no state of fold %d up to step %d is stored", fold,
		      step);
}

static int remove_file(const char *session_dir, int fold, int step, const char *end, struct err *e)
{
	char path[PATH_LEN];

	if (states_path(session_dir, fold, step, end, path, sizeof path, e))
		return -1;
	return unlink(path) && errno != ENOENT && errno != ENOTDIR
		       ? err_errno(e, path, "cannot be removed")
		       : 0;
}

int states_remove(const char *session_dir, int fold, int step, struct err *e)
{
	/* The state first: without it the others mean nothing. */
	return remove_file(session_dir, fold, step, "state", e) ||
			       remove_file(session_dir, fold, step, "best", e) ||
			       remove_file(session_dir, fold, step, "pin", e)
		       ? -1
		       : 0;
}

int states_cut(const char *session_dir, int fold, int step, struct err *e)
{
	int *at, n, failed = states_steps(session_dir, fold, &at, &n, e);

	/* The newest first: a kill leaves the older ones. */
	for (int i = n; i-- > 0 && !failed && at[i] > step;)
		failed = states_remove(session_dir, fold, at[i], e);
	free(at);
	return failed;
}

/* A copy of a file that cannot be linked to. */
static int copy(const char *from, const char *to, struct err *e)
{
	size_t len;
	char *bytes = file_read(from, FILE_MAPPED, &len, e);
	int failed = bytes ? file_write(to, bytes, len, e) : -1;

	free(bytes);
	return failed;
}

/* A hard link, or a copy; one that is there already stays, and one that has gone meanwhile is
 * fine. */
static int link_file(const char *from_dir, const char *to_dir, int fold, int step, const char *end,
		     struct err *e)
{
	char from[PATH_LEN], to[PATH_LEN];

	if (states_path(from_dir, fold, step, end, from, sizeof from, e) ||
	    states_path(to_dir, fold, step, end, to, sizeof to, e))
		return -1;
	return link(from, to) == 0 || errno == EEXIST || errno == ENOENT ? 0 : copy(from, to, e);
}

int states_link(const char *from_dir, const char *to_dir, int fold, int step, struct err *e)
{
	int *at, n, failed = states_steps(from_dir, fold, &at, &n, e);
	char folder[PATH_LEN];

	if (!failed && n && at[0] <= step)
		failed = fold_file(to_dir, fold, STATES_FOLDER, folder, sizeof folder, e) ||
			 make_dirs(folder, e);
	for (int i = 0; i < n && !failed && at[i] <= step; i++)
		failed = link_file(from_dir, to_dir, fold, at[i], "best", e) ||
			 link_file(from_dir, to_dir, fold, at[i], "state", e);
	if (!failed && n && at[0] <= step)
		failed = dir_sync(folder, e);
	free(at);
	return failed ? -1 : 0;
}

/* Neither the fold's folder nor that of its states may be a link out of the session. */
static int check_own_folders(const char *session_dir, int fold, struct err *e)
{
	char path[PATH_LEN];

	return fold_file(session_dir, fold, "", path, sizeof path, e) || file_check_own(path, e) ||
			       fold_file(session_dir, fold, STATES_FOLDER, path, sizeof path, e) ||
			       file_check_own(path, e)
		       ? -1
		       : 0;
}

int states_pin(const char *session_dir, int fold, int step, bool pinned, struct err *e)
{
	char path[PATH_LEN];

	if (check_own_folders(session_dir, fold, e))
		return -1;
	if (!pinned)
		return remove_file(session_dir, fold, step, "pin", e);
	if (states_path(session_dir, fold, step, "pin", path, sizeof path, e))
		return -1;
	return file_check_own(path, e) || file_make_hold(path, "", 0, e) ? -1 : 0;
}

int states_check_name(const char *name, struct err *e)
{
	size_t n = strlen(name);
	bool good = isalpha((unsigned char)name[0]) && n < STORED_NAME;

	for (size_t i = 0; i < n && good; i++)
		good = isalnum((unsigned char)name[i]) || strchr("._-", name[i]);
	if (good)
		return 0;
	return err_set(
		e,
		"'%.80s' cannot name a state: expected a letter from a to z, large or small, "
		"then such letters, digits, '.', '_' or '-', %d in all at most",
		name, STORED_NAME - 1);
}
