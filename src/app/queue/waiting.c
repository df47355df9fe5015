/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/queue/waiting.h"

#include "app/demo/demo.h"
#include "app/session/session_data.h"
#include "app/session/session_delete.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/util.h"

#include <stdlib.h>
#include <string.h>

static int check_settings(struct waiting *w, const struct waiting_asked *a, struct err *e)
{
	struct warnings warnings = {0};
	char path[PATH_LEN];
	int failed = demo_find(path, sizeof path, a->config, e) ||
		     config_load_origin(&w->set, &w->known, path, a->set, a->nset, &warnings, e);

	for (int i = 0; i < warnings.n && a->say; i++)
		a->say(a->ctx, warnings.text[i]);
	warnings_free(&warnings);
	if (failed)
		return -1;
	if (w->set.exp.seed > INT64_MAX - (max_int(a->seeds, 1) - 1))
		return err_usage(e,
				 "--seeds %d: from exp.seed %lld they would pass the largest seed, "
				 "%lld; start from a smaller one",
				 a->seeds, (long long)w->set.exp.seed, (long long)INT64_MAX);
	return 0;
}

/* What it is to follow. */
static int check_replay(struct waiting *w, const struct waiting_asked *a, struct err *e)
{
	if (!a->replay)
		return 0;
	w->steer = (struct steer){
		.corpus = w->lab ? &w->lab->corpus : a->corpus, .base = &w->set, .set = &w->set};
	return steer_open(&w->steer, a->replay, e);
}

int waiting_check(struct waiting *w, const struct waiting_asked *a, struct labs *labs,
		  struct err *e)
{
	const struct lab_data data = {
		.set = &w->set,
		.known = &w->known,
		.how = a->skip_bad ? CORPUS_SKIP_BAD : CORPUS_HEADERS,
		.notes = true,
		.leave_out = "with --skip-bad",
		.say = a->say,
		.ctx = a->ctx,
	};

	*w = (struct waiting){0};
	if (check_settings(w, a, e) == 0) {
		if (a->unread)
			w->known.hash[0] = '\0'; /* of the config's own data */
		else
			w->lab = lab_take(labs, &data, e);
		if ((a->unread || w->lab) && check_replay(w, a, e) == 0)
			return 0;
	}
	waiting_free(w);
	return -1;
}

void waiting_free(struct waiting *w)
{
	steer_close(&w->steer);
	origin_free(&w->known);
	lab_drop(w->lab);
	*w = (struct waiting){0};
}

int waiting_store(struct waiting *w, const char *root, struct err *e)
{
	const struct origin *o = w->lab ? &w->lab->now : &w->known;
	struct session s;
	int failed;

	if (session_create_origin(&s, root, &w->set, o, w->lab ? &w->lab->roster : NULL, e))
		return -1;
	w->steer.session = &s;
	w->steer.base = w->steer.set = &w->set;
	failed = w->steer.path && steer_begin(&w->steer, e);
	session_close(&s);
	w->steer.session = NULL;
	if (failed)
		waiting_undo(root, "");
	return failed ? -1 : 0;
}

void waiting_undo(const char *root, const char *made)
{
	struct err ignored = {0};
	char *parent = mem_dup(root), *slash = strrchr(parent, '/');

	if (session_exists(root) && session_delete(root, root, &ignored) == 0 && slash && made[0]) {
		*slash = '\0'; /* the folder itself has gone */
		dirs_remove(parent, made);
	} else if (made[0]) {
		dirs_remove(root, made);
	}
	free(parent);
}

/* The folder of the new session, and of what is made for it the topmost. */
static int choose(const struct waiting_asked *a, const char *session, char *dir, size_t n,
		  char made[PATH_LEN], struct err *e)
{
	bool first = !file_exists(a->folder);

	if (session) {
		if (strlen(session) >= n)
			return err_at(e, session, 0, 0, "the session's path is too long");
		memcpy(dir, session, strlen(session) + 1);
		dirs_missing(made, PATH_LEN, session);
		return 0;
	}
	if (session_new_name(dir, n, a->folder, a->config, e))
		return -1;
	snprintf(made, PATH_LEN, "%s", first ? a->folder : dir);
	return 0;
}

int waiting_queue(const struct waiting_asked *a, const char *session, enum queue_end end, char *dir,
		  size_t n, struct err *e)
{
	char made[PATH_LEN] = "";
	struct waiting w;
	int failed;

	if (waiting_check(&w, a, NULL, e))
		return -1;
	failed = choose(a, session, dir, n, made, e);
	if (!failed && waiting_store(&w, dir, e)) {
		if (made[0])
			dirs_remove(dir, made);
		failed = -1;
	} else if (!failed && queue_add(a->folder, dir, max_int(a->seeds, 1), end, e)) {
		waiting_undo(dir, made);
		failed = -1;
	}
	waiting_free(&w);
	return failed;
}
