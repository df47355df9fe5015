/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/shelf/shelf_private.h"

#include "app/session/session.h"
#include "app/session/session_branch.h"
#include "base/file.h"
#include "base/machine.h"
#include "base/mem.h"
#include "base/str.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* A file that is younger than this when it is looked at may change once more without
 * another time: its summary is not kept. */
#define SETTLED_NS 2000000000LL

/*
 * The runs
 */

/* A slash comes before anything else, so that what lies in a folder follows it. */
static int dir_order(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	if (*a == *b)
		return 0;
	if (!*a || !*b)
		return *a ? 1 : -1;
	if (*a == '/' || *b == '/')
		return *a == '/' ? -1 : 1;
	return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
}

static int by_dir(const void *pa, const void *pb)
{
	struct shelf_run *const *a = pa, *const *b = pb;

	return dir_order((*a)->dir, (*b)->dir);
}

static int key_by_dir(const void *key, const void *pb)
{
	struct shelf_run *const *b = pb;

	return dir_order(key, (*b)->dir);
}

/* Among the first `known`, which are in order. */
struct shelf_run *shelf_known(const struct shelf *s, const char *dir)
{
	struct shelf_run **r =
		s->known ? bsearch(dir, s->run, (size_t)s->known, sizeof *s->run, key_by_dir)
			 : NULL;

	return r && !(*r)->gone ? *r : NULL;
}

static void run_free(struct shelf_run *r)
{
	free(r->root);
	free(r->dir);
	free(r->study);
	free(r->left);
	free(r->fold);
	free(r->held);
	summary_free(&r->x);
	free(r);
}

static void look(struct shelf *s, struct shelf_run *r);

/* As branch.yml says. */
static char *left_by(const char *root, const char *dir)
{
	struct err ignored = {0};
	struct branch_point p;
	bool is_branch;

	if (session_branch_point(dir, &p, &is_branch, &ignored) || !is_branch)
		return NULL;
	return strcmp(p.parent, ".") == 0 ? mem_dup(root) : str_format("%s/%s", root, p.parent);
}

struct shelf_run *shelf_add_run(struct shelf *s, int place, const char *root, const char *dir,
				const char *study, struct shelf_run *around)
{
	struct shelf_run *r = mem_alloc(1, sizeof *r);
	const char *base = s->place[place].dir;

	r->root = mem_dup(root);
	r->dir = mem_dup(dir);
	r->path = s->place[place].depth == SHELF_ONE ? r->dir + (path_base(root) - root)
						     : r->dir + strlen(base) + 1;
	r->study = mem_dup(study);
	r->around = around;
	r->branch = around && strstr(dir + strlen(root), "/branches/") != NULL;
	r->left = r->branch ? left_by(root, dir) : NULL;
	r->place = place;
	s->run = mem_grow(s->run, (size_t)s->n + 1, sizeof *s->run);
	s->run[s->n++] = r;
	look(s, r);
	return r;
}

struct shelf_run *shelf_root(struct shelf_run *r)
{
	while (r->around)
		r = r->around;
	return r;
}

/* One in the run's folder, if it is a run and new. */
static void add_inside(struct shelf *s, struct shelf_run *r, const char *name)
{
	char *dir = str_format("%s/%s", r->dir, name);

	if (!shelf_known(s, dir) && session_exists(dir))
		shelf_add_run(s, r->place, r->root, dir, r->study, r);
	free(dir);
}

static void add_branches(struct shelf *s, struct shelf_run *r)
{
	char *folder = str_format("%s/branches", r->dir);
	DIR *open = opendir(folder);
	struct dirent *d;

	while (open && (d = readdir(open)))
		if (d->d_name[0] != '.') {
			char *name = str_format("branches/%s", d->d_name);

			add_inside(s, r, name);
			free(name);
		}
	if (open)
		closedir(open);
	free(folder);
}

/*
 * Looking at one
 */

/* Does this program train one of its folds? Others may train more of them. */
static bool is_own(const struct shelf_run *r)
{
	char host[sizeof r->held->who.host];
	bool own = false;

	machine_host(host, sizeof host);
	for (int i = 0; i < r->nheld; i++)
		own |= r->held[i].who.pid == getpid() && strcmp(r->held[i].who.host, host) == 0;
	return own;
}

int shelf_holders(const struct shelf_run *r)
{
	int n = 0;

	for (int i = 0; i < r->nheld; i++) {
		const struct lock_owner *who = &r->held[i].who;
		bool known = false;

		for (int k = 0; k < i; k++)
			known |= r->held[k].who.pid == who->pid &&
				 strcmp(r->held[k].who.host, who->host) == 0;
		n += !known;
	}
	return n;
}

static enum shelf_state state_of(const struct shelf_run *r)
{
	if (r->nheld)
		return is_own(r) ? r->says : SHELF_ELSEWHERE;
	if (r->unseen && !r->x.why)
		return SHELF_UNSEEN;
	return r->queued && r->x.rest != SHELF_FINISHED ? SHELF_QUEUED : r->x.rest;
}

static void say_begun(struct shelf_run *r)
{
	time_t at = (time_t)r->x.begun;
	struct tm local;

	localtime_r(&at, &local);
	strftime(r->begun, sizeof r->begun, "%Y-%m-%d %H:%M", &local);
}

static bool is_settled(const struct walk *w)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return w->newest + SETTLED_NS < (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static bool same_held(const struct shelf_run *r, const struct held *held, int n)
{
	bool same = n == r->nheld;

	for (int i = 0; i < n && same; i++)
		same = held[i].fold == r->held[i].fold && held[i].who.pid == r->held[i].who.pid &&
		       strcmp(held[i].who.host, r->held[i].who.host) == 0 &&
		       strcmp(held[i].who.since, r->held[i].who.since) == 0;
	return same;
}

/* What is free now has stored all that it will: so the locks are asked before the files
 * are read. A finished run has none to ask. */
static void ask_locks(struct shelf *s, struct shelf_run *r, bool finished)
{
	int n = 0;
	bool unseen = false;
	struct held *held = finished ? NULL : summary_held(r->dir, r->fold, r->nfolds, &n, &unseen);

	s->changes += !same_held(r, held, n) || unseen != r->unseen;
	r->unseen = unseen;
	free(r->held);
	r->held = held;
	r->nheld = n;
	if (!n)
		r->says = SHELF_TRAINS;
}

/* Its summary, if it is not the same as before. An entry of the cache is of files that
 * nobody was writing, which are still the same. */
static void read_summary(struct shelf *s, struct shelf_run *r, const struct walk *w)
{
	struct shelf_place *p = &s->place[r->place];
	bool cached = p->depth != SHELF_ONE, same = r->read && w->whole == r->whole;
	int was_held = r->nheld;

	if (!same) {
		summary_free(&r->x);
		same = cached && cache_find(&p->cache, r->path, w->whole, &r->x);
		s->changes++;
	}
	ask_locks(s, r, same && r->x.rest == SHELF_FINISHED);
	if (r->nheld < was_held) { /* whether it was killed is known only now */
		summary_free(&r->x);
		same = false;
		s->changes++;
	}
	if (!same) {
		summary_read(&r->x, r->dir, w, &s->texts);
		if (cached && !r->nheld && is_settled(w))
			cache_keep(&p->cache, r->path, w->whole, &r->x);
	}
	say_begun(r);
	r->read = true;
	r->whole = w->whole;
}

static bool same_folds(const struct shelf_run *r, const struct walk *w)
{
	return r->nfolds == w->nfolds &&
	       (!w->nfolds || memcmp(r->fold, w->fold, (size_t)w->nfolds * sizeof *w->fold) == 0);
}

/* Everything but seeds and branches; false: its folder is gone. */
static bool look_at(struct shelf *s, struct shelf_run *r, struct walk *w)
{
	bool locks = r->x.rest != SHELF_FINISHED, same;
	uint64_t quick = walk_quick(r->dir, r->fold, r->nfolds, locks);
	enum shelf_state was = r->state;

	if (!walk_run(w, r->dir) || !session_exists(r->dir))
		return false;
	same = r->read && same_folds(r, w);
	free(r->fold);
	r->fold = w->fold;
	r->nfolds = w->nfolds;
	r->dev = w->dev;
	r->ino = w->ino;
	s->changes += r->bytes != w->bytes;
	r->bytes = w->bytes;
	read_summary(s, r, w);
	w->fold = NULL;
	/* As before the files were read, so that no change is missed. */
	if (!same || locks != (r->x.rest != SHELF_FINISHED))
		quick = walk_quick(r->dir, r->fold, r->nfolds, r->x.rest != SHELF_FINISHED);
	r->quick = quick;
	r->state = state_of(r);
	s->changes += r->state != was;
	return true;
}

static void look(struct shelf *s, struct shelf_run *r)
{
	struct walk w = {0};

	if (!look_at(s, r, &w)) {
		r->gone = true;
		s->changes++;
	}
	for (int i = 0; i < w.nseeds && !r->around; i++)
		add_inside(s, r, w.seed[i]);
	if (w.branches)
		add_branches(s, r);
	walk_free(&w);
}

/*
 * What is there twice, or no longer
 */

static int by_file(const void *pa, const void *pb)
{
	struct shelf_run *const *a = pa, *const *b = pb;

	if ((*a)->dev != (*b)->dev)
		return (*a)->dev < (*b)->dev ? -1 : 1;
	if ((*a)->ino != (*b)->ino)
		return (*a)->ino < (*b)->ino ? -1 : 1;
	return (*a)->place - (*b)->place;
}

/* A folder that two places reach counts for the first. */
static void drop_doubles(struct shelf *s)
{
	if (s->nplaces < 2 || s->n < 2)
		return;
	qsort(s->run, (size_t)s->n, sizeof *s->run, by_file);
	for (int i = 1; i < s->n; i++) {
		struct shelf_run *a = s->run[i - 1], *b = s->run[i];

		if (a->dev == b->dev && a->ino == b->ino && a->place != b->place) {
			b->gone = true;
			/* the next is compared with the one that stays */
			s->run[i] = a;
			s->run[i - 1] = b;
		}
	}
}

static void settle(struct shelf *s)
{
	int n = 0;

	drop_doubles(s);
	for (bool more = true; more;) { /* what lies in one that is gone has gone too */
		more = false;
		for (int i = 0; i < s->n; i++)
			if (!s->run[i]->gone && s->run[i]->around && s->run[i]->around->gone)
				more = s->run[i]->gone = true;
	}
	for (int i = 0; i < s->n; i++)
		if (!s->run[i]->gone)
			s->run[n++] = s->run[i];
		else
			run_free(s->run[i]);
	s->changes += s->n != n;
	s->n = s->known = n;
	if (n)
		qsort(s->run, (size_t)n, sizeof *s->run, by_dir);
	for (int i = 0; i < n; i++)
		s->run[i]->archived = s->run[i]->x.archived || shelf_root(s->run[i])->x.archived;
}

/*
 * All of them
 */

void shelf_add(struct shelf *s, const char *dir, enum shelf_depth depth)
{
	struct shelf_place *p;
	size_t n = strlen(dir);

	while (n > 1 && dir[n - 1] == '/')
		n--;
	s->place = mem_grow(s->place, (size_t)s->nplaces + 1, sizeof *s->place);
	p = &s->place[s->nplaces++];
	*p = (struct shelf_place){.dir = str_format("%.*s", (int)n, dir), .depth = depth};
	if (depth != SHELF_ONE)
		cache_open(&p->cache, p->dir, &s->texts);
}

static void save(struct shelf *s)
{
	for (int i = 0; i < s->nplaces; i++)
		if (s->place[i].depth != SHELF_ONE)
			cache_save(&s->place[i].cache);
}

void shelf_read(struct shelf *s)
{
	int n = s->n;

	for (int i = 0; i < n; i++)
		look(s, s->run[i]);
	shelf_list_all(s);
	settle(s);
	save(s);
}

bool shelf_watch(struct shelf *s)
{
	unsigned long was = s->changes;
	int n = s->n, part = (n + SHELF_ROUND - 1) / SHELF_ROUND;
	bool listed = shelf_folders_changed(s);

	for (int i = 0; i < n; i++)
		if (s->run[i]->nheld)
			look(s, s->run[i]);
	for (int i = 0; i < part; i++) {
		struct shelf_run *r = s->run[s->next = (s->next + 1) % n];

		if (!r->nheld && !r->gone &&
		    walk_quick(r->dir, r->fold, r->nfolds, r->x.rest != SHELF_FINISHED) != r->quick)
			look(s, r);
	}
	if (listed)
		shelf_list_all(s);
	if (s->changes != was || s->n != n)
		settle(s);
	return s->changes != was;
}

void shelf_queue(struct shelf *s, const char *const *dir, int n)
{
	for (int i = 0; i < s->n; i++) {
		struct shelf_run *r = s->run[i];
		int was = r->queued;

		r->queued = 0;
		for (int k = 0; k < n && !r->queued; k++)
			if (strcmp(r->dir, dir[k]) == 0)
				r->queued = k + 1;
		r->state = state_of(r);
		s->changes += r->queued != was;
	}
}

void shelf_says(struct shelf *s, struct shelf_run *r, enum shelf_state says)
{
	enum shelf_state was = r->state;

	r->says = says;
	r->state = state_of(r);
	s->changes += r->state != was;
}

void shelf_free(struct shelf *s)
{
	save(s);
	for (int i = 0; i < s->n; i++)
		run_free(s->run[i]);
	free(s->run);
	shelf_forget_folders(s);
	for (int i = 0; i < s->nplaces; i++) {
		cache_free(&s->place[i].cache);
		free(s->place[i].dir);
	}
	free(s->place);
	texts_free(&s->texts);
	*s = (struct shelf){0};
}

struct shelf_run *shelf_find(const struct shelf *s, const char *name)
{
	struct shelf_run *r = shelf_known(s, name);

	for (int i = 0; i < s->n && !r; i++)
		if (strcmp(s->run[i]->path, name) == 0)
			r = s->run[i];
	return r;
}
