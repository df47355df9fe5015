/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/serve/serve_private.h"

#include "base/mem.h"
#include "engine/file/json.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

void serve_folder(const char *folder, char *out, size_t n)
{
	char whole[PATH_MAX];

	if (realpath(folder, whole) && strlen(whole) < n)
		str_fit(out, n, whole);
	else if (out != folder)
		str_fit(out, n, folder);
}

struct served *serve_run(struct serve *s, int run)
{
	for (int i = 0; i < s->nserved; i++)
		if (s->served[i].run == run)
			return &s->served[i];
	s->served = mem_grow(s->served, (size_t)s->nserved + 1, sizeof *s->served);
	s->served[s->nserved] = (struct served){.run = run, .state = -1};
	return &s->served[s->nserved++];
}

const char *serve_run_folder(struct serve *s, struct served *x)
{
	static char unopened[PATH_LEN];

	if (x->folder[0])
		return x->folder;
	work_snapshot(s->work, x->run, &s->now);
	serve_folder(s->now.root, unopened, sizeof unopened);
	if (!s->now.opened)
		return unopened;
	memcpy(x->folder, unopened, sizeof x->folder);
	server_stream_label(s->server, x->run, json_pack("{s:o}", "run", json_text(x->folder)));
	return x->folder;
}

/* The folder itself, whatever it is called; or by its name. */
static bool is_called(const char *folder, const char *name)
{
	const char *last = strrchr(folder, '/');
	struct stat a, b;

	if (stat(folder, &a) == 0 && stat(name, &b) == 0)
		return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
	return strcmp(folder, name) == 0 || strcmp(last ? last + 1 : folder, name) == 0;
}

/* Is it the folder of the seed that this run trains now? */
static bool trains_in(struct serve *s, int run, const char *name)
{
	work_snapshot(s->work, run, &s->now);
	return s->now.session[0] && is_called(s->now.session, name);
}

static int refuse_runs(struct serve *s, const int *id, int n, const char *name, struct err *e)
{
	struct str list = {0};

	for (int i = 0; i < n; i++)
		str_addf(&list, "%s%s", i ? ", " : "", serve_run_folder(s, serve_run(s, id[i])));
	if (name)
		err_set(e, "\"run\": no run %.200s is open here; there %s %.1000s", name,
			n == 1 ? "is" : "are", str_text(&list));
	else
		err_set(e, "\"run\": %d runs are open here, say which: %.1000s", n,
			str_text(&list));
	str_free(&list);
	return 0;
}

/* Those that this program trains, or can; what it follows is asked where it trains. */
static int own_runs(struct serve *s, int *id, int most)
{
	int n = work_runs(s->work, id, most), own = 0;

	for (int i = 0; i < n && i < most; i++) {
		work_snapshot(s->work, id[i], &s->now);
		if (s->now.hold == WORK_OURS)
			id[own++] = id[i];
	}
	return own;
}

/* ---- several folds of one session ---- */

/* Those that train a fold, or are about to; in the order of opening. Returns how many. */
static int at_work(struct serve *s, int *id, int n)
{
	int found = 0;

	for (int i = 0; i < n; i++) {
		work_snapshot(s->work, id[i], &s->now);
		if (s->now.state != WORK_IDLE && s->now.state != WORK_FAILED)
			id[found++] = id[i];
	}
	return found;
}

/* Of these the one that trains the fold, -1: the first fold; 0: none does. */
static int find_fold(struct serve *s, const int *id, int n, json_int_t fold)
{
	int run = 0, first = 0;

	for (int i = 0; i < n; i++) {
		const struct position *at = &serve_run(s, id[i])->at;

		if (!at->steps_per_epoch || (fold >= 0 && at->fold != fold) ||
		    (run && at->fold >= first))
			continue;
		run = id[i];
		first = at->fold;
	}
	return run;
}

/* The first fold that trains, of those after this one; INT_MAX: none does. */
static int next_fold(struct serve *s, const int *id, int n, int after)
{
	int next = INT_MAX;

	for (int i = 0; i < n; i++) {
		const struct position *at = &serve_run(s, id[i])->at;

		if (at->steps_per_epoch && at->fold > after && at->fold < next)
			next = at->fold;
	}
	return next;
}

static int refuse_folds(struct serve *s, const int *id, int n, const json_t *fold, struct err *e)
{
	struct str list = {0};
	int folds = 0;

	for (int f = next_fold(s, id, n, -1); f < INT_MAX; f = next_fold(s, id, n, f))
		str_addf(&list, "%s%d", folds++ ? ", " : "", f);
	if (json_is_integer(fold))
		err_set(e, "fold %lld does not train now; %s %s",
			(long long)json_integer_value(fold), list.len ? list.s : "none",
			folds > 1 ? "do" : "does");
	else
		err_set(e,
			"several folds of this session train at once (now %s); say which with "
			"--fold N (stop, pause and resume are for all)",
			list.len ? list.s : "none yet");
	str_free(&list);
	return 0;
}

bool serve_is_for_all(const json_t *question)
{
	static const char *const words[] = {"stop", "pause", "resume", "run"};
	const char *line = json_string_value(json_object_get(question, "command"));

	for (int i = 0; line && i < 4 && !json_object_get(question, "fold"); i++)
		if (strcmp(line, words[i]) == 0)
			return true;
	return false;
}

/* They are of one session: the one whose fold is named. */
static int choose(struct serve *s, int *id, int n, const json_t *question, struct err *e)
{
	const json_t *fold = json_object_get(question, "fold");
	const json_t *attends = json_object_get(question, "attends");
	int some = n > 1 ? at_work(s, id, n) : n, run = 0;

	if (some <= 1)
		return id[0];
	if (json_is_integer(fold))
		run = find_fold(s, id, some, json_integer_value(fold));
	else if (json_is_integer(attends))
		run = find_fold(s, id, some, json_integer_value(attends));
	if (!run && (attends || serve_is_for_all(question)))
		run = find_fold(s, id, some, -1);
	return run ? run : refuse_folds(s, id, some, fold, e);
}

int serve_beside(struct serve *s, int run, int *id, int most)
{
	const char *folder = serve_run_folder(s, serve_run(s, run));
	int n = own_runs(s, id, most), found = 0;

	for (int i = 0; i < n; i++)
		if (id[i] != run && strcmp(serve_run_folder(s, serve_run(s, id[i])), folder) == 0)
			id[found++] = id[i];
	return at_work(s, id, found);
}

/* Those of the folder, or of the folder of a seed that they train now. */
static int find_called(struct serve *s, const char *name, int *id, int n)
{
	int found = 0;

	for (int i = 0; i < n; i++)
		if (is_called(serve_run_folder(s, serve_run(s, id[i])), name) ||
		    trains_in(s, id[i], name))
			id[found++] = id[i];
	return found;
}

int serve_find(struct serve *s, const json_t *question, struct err *e)
{
	const json_t *named = json_object_get(question, "run");
	const char *name = json_string_value(named);
	int id[SERVE_RUNS], all[SERVE_RUNS], n, called = 0, trains[2];

	if (!s->work)
		return err_set(e, "nothing is open yet"), 0;
	if (named && !name)
		return err_set(e, "\"run\": the folder of a session expected"), 0;
	n = own_runs(s, id, SERVE_RUNS);
	memcpy(all, id, (size_t)n * sizeof *all);
	if (name)
		called = find_called(s, name, id, n);
	else if (n)
		called = 1 + serve_beside(s, all[0], id + 1, SERVE_RUNS - 1);
	if (called && (name || called == n))
		return choose(s, id, called, question, e);
	if (!name && work_training(s->work, trains, 2) == 1)
		return trains[0];
	if (n == 0)
		return err_set(e, "no run is open here that this program trains"), 0;
	return refuse_runs(s, all, n, name, e);
}
