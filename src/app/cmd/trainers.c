/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/cmd/trainers.h"

#include "app/session/session.h"
#include "app/session/session_state.h"
#include "base/clock.h"
#include "base/machine.h"
#include "base/mem.h"
#include "base/str.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Between two folds, and while its data is read, a program that trains holds no fold's lock. */
#define FIND_SECONDS 2
#define LOOK_SECONDS 0.05

struct trainer {
	int fold;
	struct lock_owner who;
};

struct trainers {
	struct trainer *at;
	int n;
	int wanted; /* the fold that is asked for; -1: any */
	int unseen; /* of these one whose lock this user may not read; -1: none */
};

static void add_trainer(struct trainers *t, const char *dir, int fold)
{
	struct lock_owner who;
	enum fold_lock how;
	char folder[PATH_LEN];

	if ((size_t)snprintf(folder, sizeof folder, "%s/fold-%d", dir, fold) >= sizeof folder)
		return;
	how = fold_lock_look(folder, &who);
	if (how == FOLD_UNSEEN && (t->wanted < 0 || t->wanted == fold))
		t->unseen = fold;
	if (how != FOLD_HELD)
		return;
	t->at = mem_grow(t->at, (size_t)t->n + 1, sizeof *t->at);
	t->at[t->n++] = (struct trainer){fold, who};
}

/* Of the folds in a run's folder, and in those of its further seeds. */
static void find_below(struct trainers *t, const char *dir, bool seeds)
{
	DIR *d = opendir(dir);
	struct dirent *x;
	char below[PATH_LEN];
	int number, end;

	while (d && (x = readdir(d))) {
		end = 0;
		if (sscanf(x->d_name, "fold-%9d%n", &number, &end) == 1 && !x->d_name[end])
			add_trainer(t, dir, number);
		else if (seeds && strncmp(x->d_name, "seed-", 5) == 0 &&
			 (size_t)snprintf(below, sizeof below, "%s/%s", dir, x->d_name) <
				 sizeof below)
			find_below(t, below, false);
	}
	if (d)
		closedir(d);
}

static int by_fold(const void *a, const void *b)
{
	return ((const struct trainer *)a)->fold - ((const struct trainer *)b)->fold;
}

/* In the order of their folds. */
static void find_all(struct trainers *t, const char *session)
{
	double until = clock_seconds() + FIND_SECONDS;
	char who[256];

	find_below(t, session, true);
	while (!t->n && session_written(session, who, sizeof who) && clock_seconds() < until) {
		usleep((useconds_t)(LOOK_SECONDS * 1e6));
		find_below(t, session, true);
	}
	if (t->n)
		qsort(t->at, (size_t)t->n, sizeof *t->at, by_fold);
}

static bool same_process(const struct lock_owner *a, const struct lock_owner *b)
{
	return a->pid == b->pid && strcmp(a->host, b->host) == 0;
}

/* "fold 1 by process 4711 on node7, fold 2 by ..." */
static void list_trainers(struct str *list, const struct trainers *t)
{
	for (int i = 0; i < t->n; i++)
		str_addf(list, "%sfold %d by process %ld on %s", i ? ", " : "", t->at[i].fold,
			 t->at[i].who.pid, t->at[i].who.host);
}

static int refuse_several(const char *session, const struct trainers *t, struct err *e)
{
	struct str list = {0};

	list_trainers(&list, t);
	err_usage(e, "%s: several programs train it (%.1000s); say which with --fold N", session,
		  list.s);
	str_free(&list);
	return -1;
}

static int refuse_nobody(const char *session, int fold, const struct trainers *t, struct err *e)
{
	char who[256], which[32] = "it";
	struct str list = {0};

	if (fold >= 0)
		snprintf(which, sizeof which, "fold %d", fold);
	list_trainers(&list, t);
	if (t->unseen >= 0)
		err_set(e,
			"%s: cannot see who trains it: the lock of fold %d may not be read by this "
			"user",
			session, t->unseen);
	else if (t->n)
		err_set(e, "%s: nobody trains %s now; trained are %.1000s", session, which, list.s);
	else if (session_written(session, who, sizeof who))
		err_set(e,
			"%s: nobody trains %s; a program has the session open, but trains no fold: "
			"it has stopped there, waits for its turn, or still reads its data; once "
			"it "
			"goes on there it can be asked",
			session, which);
	else
		err_set(e, "%s: nobody trains %s", session, which);
	if (t->unseen < 0)
		e->status = EXIT_NOBODY;
	str_free(&list);
	return -1;
}

/* The one that trains it, or the fold (-1: any). */
static int choose(const char *session, int fold, const struct trainers *t,
		  const struct lock_owner **who, struct err *e)
{
	*who = NULL;
	for (int i = 0; i < t->n; i++) {
		if (fold >= 0 && t->at[i].fold != fold)
			continue;
		if (*who && !same_process(*who, &t->at[i].who))
			return refuse_several(session, t, e);
		*who = &t->at[i].who;
	}
	return *who ? 0 : refuse_nobody(session, fold, t, e);
}

static struct client *reach(const char *session, const struct lock_owner *who, struct err *e)
{
	struct err why = {0};
	struct client *c;
	char host[sizeof who->host];

	machine_host(host, sizeof host);
	if (strcmp(host, who->host) != 0) {
		err_set(e,
			"%s: process %ld on %s trains it; ask there, its socket is known to that "
			"machine only",
			session, who->pid, who->host);
		return NULL;
	}
	if (!who->socket[0]) {
		err_set(e,
			"%s: process %ld on %s trains it, but does not listen (an older version, "
			"or no folder for sockets: it said so when it began)",
			session, who->pid, who->host);
		return NULL;
	}
	c = client_open(who->socket, who->pid, &why);
	if (!c && why.status == EXIT_NOBODY)
		err_set(e,
			"%s: process %ld, which trained it, does not listen any more: it has "
			"stopped, or is about to",
			session, who->pid);
	else if (!c)
		err_set(e, "%s: cannot ask process %ld, which trains it: %s", session, who->pid,
			why.text);
	return c;
}

struct client *trainer_find(const char *session, int fold, long *pid, struct err *e)
{
	const struct lock_owner *who;
	struct trainers t = {.wanted = fold, .unseen = -1};
	struct client *c = NULL;

	if (!session_exists(session))
		err_set(e, "%s: no session is stored there", session);
	else
		find_all(&t, session);
	if (!e->status && choose(session, fold, &t, &who, e) == 0)
		c = reach(session, who, e);
	if (c)
		*pid = who->pid;
	free(t.at);
	return c;
}
