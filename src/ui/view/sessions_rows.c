/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The runs of view 7: reading them, following what changes, finding them. */
#include "ui/view/sessions.h"

#include "app/queue/queue.h"
#include "app/session/run.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/util.h"
#include "ui/console/complete.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

void sessions_init(void *view)
{
	struct sessions_view *v = view;

	v->sort = v->group = (struct shelf_key){NULL, -1};
}

void sessions_free(void *view)
{
	struct sessions_view *v = view;

	outline_free(&v->list);
	shelf_free(&v->shelf);
	filter_free(v->condition);
	for (int i = 0; i < v->nfolded; i++)
		free(v->folded[i]);
	free(v->folded);
	for (int i = 0; i < 2; i++) {
		changes_free(&v->detail[i].changes);
		results_free(&v->detail[i].results);
	}
	trash_free(&v->trash);
}

/*
 * Where they lie
 */

/* The session's folder of a run: its own, or the one around seed-S, branches/NAME. */
static void root_of(const char *dir, char *out, size_t n)
{
	const char *branches = strstr(dir, "/branches/"), *last;
	size_t length = branches ? (size_t)(branches - dir) : strlen(dir);

	snprintf(out, n, "%.*s", (int)length, dir);
	last = path_base(out);
	if (strncmp(last, "seed-", 5) == 0 && last > out)
		out[last - out - 1] = '\0';
}

/* The folder that the session of the run on the screen lies in; "": it says none. */
static void place_of(const struct ui *u, char *root, char *place)
{
	char *slash;

	root_of(u->run.dir, root, PATH_LEN);
	snprintf(place, PATH_LEN, "%s", root);
	slash = strrchr(place, '/');
	if (slash && slash > place)
		*slash = '\0';
	else
		place[0] = '\0';
	if (strcmp(path_base(place), ".trash") == 0) /* opened by its path */
		place[0] = '\0';
}

/* Below sessions/ or the folder asked for, then beside this run's session, then that alone. */
static void add_places(struct ui *u)
{
	struct sessions_view *v = sessions_view(u);
	char root[PATH_LEN], place[PATH_LEN];

	place_of(u, root, place);
	shelf_add(&v->shelf, ui_folder(u), SHELF_DEEP);
	if (place[0] && !file_is_same(place, ui_folder(u)))
		shelf_add(&v->shelf, place, SHELF_FLAT);
	if (root[0])
		shelf_add(&v->shelf, root, SHELF_ONE);
}

/* Those that were picked, by their folders, in the new shelf. */
static void move_picks(struct shelf *to, const struct shelf *from)
{
	for (int i = 0; i < from->n; i++) {
		struct shelf_run *r =
			from->run[i]->picked ? shelf_find(to, from->run[i]->dir) : NULL;

		if (r)
			r->picked = from->run[i]->picked;
	}
}

static void read_shelf(struct ui *u)
{
	struct sessions_view *v = sessions_view(u);
	struct shelf old = v->shelf;
	char root[PATH_LEN];

	root_of(u->run.dir, root, sizeof root);
	if (v->read && strcmp(root, v->beside) == 0) {
		shelf_read(&v->shelf);
		return;
	}
	v->shelf = (struct shelf){0};
	add_places(u);
	shelf_read(&v->shelf);
	move_picks(&v->shelf, &old);
	shelf_free(&old);
	memcpy(v->beside, root, sizeof root);
	v->read = true;
}

/*
 * What follows from them
 */

/* By the folder itself: it may be open by another path. */
static void find_here(struct ui *u)
{
	struct sessions_view *v = sessions_view(u);
	struct stat st;

	v->here = NULL;
	memcpy(v->here_dir, u->run.dir, sizeof v->here_dir);
	if (!u->run.dir[0] || stat(u->run.dir, &st))
		return;
	for (int i = 0; i < v->shelf.n; i++)
		if (v->shelf.run[i]->dev == st.st_dev && v->shelf.run[i]->ino == st.st_ino)
			v->here = v->shelf.run[i];
}

static enum shelf_state said_of(const struct snapshot *s)
{
	if (s->state == WORK_PAUSED || s->state == WORK_BROKE || s->state == WORK_WAITING)
		return SHELF_PAUSED;
	return s->state == WORK_DIVERGED ? SHELF_DIVERGED : SHELF_TRAINS;
}

/* Of a session's seeds one trains at a time; a branch is a run of its own. */
static void take_said(struct ui *u, const struct snapshot *s, bool shown)
{
	struct sessions_view *v = sessions_view(u);
	struct shelf_run *r = shown && v->here ? v->here : shelf_find(&v->shelf, s->session);
	const struct shelf_run *root = r ? shelf_root(r) : NULL;

	if (r && r->branch) {
		shelf_says(&v->shelf, r, said_of(s));
		return;
	}
	for (int k = 0; k < v->shelf.n && root; k++)
		if (!v->shelf.run[k]->branch && shelf_root(v->shelf.run[k]) == root)
			shelf_says(&v->shelf, v->shelf.run[k], said_of(s));
}

/* The worker knows of the runs that it trains whether they wait. */
static void ask_work(struct ui *u)
{
	struct snapshot *s = mem_alloc(1, sizeof *s);
	int id[64], n = min_int(work_training(u->work, id, 64), 64);

	for (int i = 0; i < n; i++) {
		work_snapshot(u->work, id[i], s);
		if (id[i] != u->run_shown)
			take_said(u, s, false);
	}
	free(s);
}

static void make_list(struct ui *u)
{
	struct sessions_view *v = sessions_view(u);
	struct outline_by by = {.filter = v->condition,
				.archived = v->archived,
				.sort = v->sort,
				.falls = v->falls,
				.group = v->group,
				.here = v->here,
				.folded = (const char *const *)v->folded,
				.nfolded = v->nfolded};
	char *id = v->at < v->list.n ? mem_dup(v->list.line[v->at].id) : NULL;
	int offset = v->at - v->top, at;

	outline_make(&v->list, &v->shelf, &by);
	at = id ? outline_find(&v->list, id) : -1;
	v->at = clamp_int(at >= 0 ? at : v->at, 0, max_int(v->list.n - 1, 0));
	if (at >= 0)
		v->top = max_int(at - offset, 0);
	free(id);
	v->made_for = v->shelf.changes;
	v->stale = false;
}

bool sessions_unread(const struct ui *u)
{
	return u->run_shown && !u->run.dir[0] && u->now.state == WORK_LOADING;
}

const char *sessions_why_none(const struct ui *u)
{
	const struct sessions_view *v = sessions_view(u);

	if (!v->shelf.n && sessions_unread(u))
		return "reading the run; the sessions beside it are listed then";
	if (!v->shelf.n)
		return u->readonly ? "no session yet" : "no session yet; :open demo";
	return v->condition ? "no run matches; / changes the filter"
			    : "all runs are archived; A shows them";
}

void sessions_refresh(struct ui *u)
{
	struct sessions_view *v = sessions_view(u);
	char root[PATH_LEN];

	if (!v->read)
		return;
	root_of(u->run.dir, root, sizeof root);
	if (strcmp(v->beside, root) != 0 && root[0]) /* it lies elsewhere, which is known now */
		read_shelf(u);
	if (strcmp(v->here_dir, u->run.dir) != 0) {
		find_here(u);
		make_list(u);
		if (v->here) /* another is shown: its line is selected */
			sessions_select(u, v->here);
	}
	if (u->work && u->now.hold == WORK_OURS)
		take_said(u, &u->now, true);
	if (v->stale || v->made_for != v->shelf.changes)
		make_list(u);
	if (u->view == VIEW_SESSIONS)
		sessions_details_read(u);
}

void sessions_load(struct ui *u)
{
	struct sessions_view *v = sessions_view(u);

	v->now = time(NULL);
	read_shelf(u);
	sessions_read_queues(u);
	trash_free(&v->trash);
	shelf_trash(&v->shelf, &v->trash);
	find_here(u);
	v->stale = true;
	sessions_refresh(u);
}

bool sessions_watch(struct ui *u)
{
	struct sessions_view *v = sessions_view(u);
	unsigned long was = v->made_for;

	if (!v->read)
		return false;
	v->now = time(NULL);
	if (shelf_watch(&v->shelf))
		find_here(u);
	sessions_read_queues(u);
	if (u->work)
		ask_work(u);
	sessions_refresh(u);
	return v->made_for != was;
}

/*
 * Which run
 */

const struct outline_line *sessions_line(const struct ui *u)
{
	const struct sessions_view *v = sessions_view(u);

	return v->at < v->list.n ? &v->list.line[v->at] : NULL;
}

struct shelf_run *sessions_at(const struct ui *u)
{
	const struct outline_line *l = sessions_line(u);

	return l ? l->run : NULL;
}

struct shelf_run *sessions_against(const struct ui *u)
{
	const struct sessions_view *v = sessions_view(u);
	struct shelf_run *at = sessions_at(u), *first = NULL;

	if (v->here && v->here != at)
		return v->here;
	for (int i = 0; i < v->shelf.n; i++) {
		struct shelf_run *r = v->shelf.run[i];

		if (r->picked && r != at && (!first || r->picked < first->picked))
			first = r;
	}
	return first;
}

bool sessions_select(struct ui *u, const struct shelf_run *r)
{
	struct sessions_view *v = sessions_view(u);

	for (int i = 0; i < v->list.n; i++)
		if (v->list.line[i].run == r && v->list.line[i].kind == LINE_RUN) {
			v->at = i;
			return true;
		}
	return false;
}

/* "demo", "demo/seed-7", "lr sweep/lr=1e-3": without the folder's date if not `whole`. */
static void name_of(const struct shelf_run *r, bool whole, char *out, size_t n)
{
	char name[RUN_NAME], branch[RUN_NAME];

	run_names(r->root, name, branch);
	snprintf(out, n, "%s%s%s%s%s", r->study, *r->study ? "/" : "",
		 whole ? path_base(r->root) : name, r->around ? "/" : "",
		 r->around ? path_base(r->dir) : "");
}

char *sessions_name(const struct ui *u, const struct shelf_run *r, char *out, size_t n)
{
	const struct sessions_view *v = sessions_view(u);
	char other[2 * PATH_LEN];

	name_of(r, false, out, n);
	for (int i = 0; i < v->shelf.n; i++) {
		if (v->shelf.run[i] == r)
			continue;
		name_of(v->shelf.run[i], false, other, sizeof other);
		if (strcmp(other, out) == 0) {
			name_of(r, true, out, n);
			break;
		}
	}
	return out;
}

struct shelf_run *sessions_find(struct ui *u, const char *name, struct err *e)
{
	struct sessions_view *v = sessions_view(u);
	struct shelf_run *r = shelf_find(&v->shelf, name), *alike = NULL;
	char text[2 * PATH_LEN];
	int n = 0;

	for (int i = 0; i < v->shelf.n && !r; i++) {
		name_of(v->shelf.run[i], true, text, sizeof text);
		if (strcmp(text, name) == 0)
			return v->shelf.run[i];
		name_of(v->shelf.run[i], false, text, sizeof text);
		if (strcmp(text, name) == 0) {
			alike = v->shelf.run[i];
			n++;
		}
	}
	if (r || n == 1)
		return r ? r : alike;
	err_set(e, "no session %.80s; view 7 lists them", name);
	return NULL;
}

struct shelf_run *sessions_named(struct ui *u, const char *name, struct err *e)
{
	struct err unknown = {0};
	struct shelf_run *r = sessions_find(u, name, &unknown);

	if (r)
		return r;
	sessions_load(u);
	return sessions_find(u, name, e);
}

struct named {
	char *name;
	const struct shelf_run *run;
};

static int by_name(const void *pa, const void *pb)
{
	const struct named *a = pa, *b = pb;

	return strcmp(a->name, b->name);
}

void sessions_complete(struct ui *u, const struct words *w, struct completions *c)
{
	struct sessions_view *v = sessions_view(u);
	char text[sizeof c->at->text];
	struct named *all;
	int n;

	if (!v->read)
		sessions_load(u);
	complete_args(u, w, c);
	n = v->shelf.n;
	all = mem_alloc((size_t)n + 1, sizeof *all);
	for (int i = 0; i < n; i++) {
		name_of(v->shelf.run[i], false, text, sizeof text);
		all[i] = (struct named){mem_dup(text), v->shelf.run[i]};
	}
	if (n)
		qsort(all, (size_t)n, sizeof *all, by_name);
	for (int i = 0; i < n; i++) {
		bool several = (i > 0 && by_name(&all[i - 1], &all[i]) == 0) ||
			       (i + 1 < n && by_name(&all[i], &all[i + 1]) == 0);

		name_of(all[i].run, several, text, sizeof text);
		snprintf(complete_add(c, text)->when, sizeof c->at->when, "%s",
			 shelf_words[all[i].run->state].word);
	}
	for (int i = 0; i < n; i++)
		free(all[i].name);
	free(all);
}

static int by_pick(const void *pa, const void *pb)
{
	struct shelf_run *const *a = pa, *const *b = pb;

	return (*a)->picked - (*b)->picked;
}

const char **sessions_picked(const struct ui *u, int *n)
{
	const struct sessions_view *v = sessions_view(u);
	struct shelf_run **r = mem_alloc((size_t)v->shelf.n + 1, sizeof *r);
	const char **dir = mem_alloc((size_t)v->shelf.n + 1, sizeof *dir);

	*n = 0;
	for (int i = 0; i < v->shelf.n; i++)
		if (v->shelf.run[i]->picked)
			r[(*n)++] = v->shelf.run[i];
	if (*n)
		qsort(r, (size_t)*n, sizeof *r, by_pick);
	for (int i = 0; i < *n; i++)
		dir[i] = r[i] == v->here ? u->run.dir : r[i]->dir;
	free(r);
	return dir;
}
