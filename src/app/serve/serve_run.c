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

enum { RUNS = 64 };

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

int serve_find(struct serve *s, const json_t *question, struct err *e)
{
	const json_t *named = json_object_get(question, "run");
	const char *name = json_string_value(named);
	int id[RUNS], n, trains[2];

	if (!s->work)
		return err_set(e, "nothing is open yet"), 0;
	if (named && !name)
		return err_set(e, "\"run\": the folder of a session expected"), 0;
	n = own_runs(s, id, RUNS);
	for (int i = 0; name && i < n; i++)
		if (is_called(serve_run_folder(s, serve_run(s, id[i])), name) ||
		    trains_in(s, id[i], name))
			return id[i];
	if (!name && n == 1)
		return id[0];
	if (!name && work_training(s->work, trains, 2) == 1)
		return trains[0];
	if (n == 0)
		return err_set(e, "no run is open here that this program trains"), 0;
	return refuse_runs(s, id, n, name, e);
}
