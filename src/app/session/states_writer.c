/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * DESIGN: two copies of a state take turns: one is written while the other waits, or is
 * being filled by states_put. They go to the disk in the order in which they came.
 */
#include "app/session/states_private.h"

#include "app/session/session_private.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/process.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS = 2 };

struct slot {
	struct state state;
	char name[STORED_NAME];
};

struct states {
	const struct session *session;
	int fold;
	int64_t budget;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t moved;
	struct slot slot[SLOTS];
	/* -- protected by lock */
	int first, n; /* slots that are to be written; the first one is being */
	bool ends;
	bool failed;       /* the last write */
	struct err report; /* to be told to the next caller, once for failures in a row */
};

static int write_slot(const struct states *w, const struct slot *x, struct err *e)
{
	char path[PATH_LEN];

	if (session_fold_path(w->session, w->fold, STATES_FOLDER, path, sizeof path, e) ||
	    make_dirs(path, e) ||
	    states_path(w->session->dir, w->fold, x->state.step, "state", path, sizeof path, e))
		return -1;
	return states_file_write(&x->state, x->name, path, e);
}

static void *run(void *ctx)
{
	struct states *w = ctx;

	pthread_mutex_lock(&w->lock);
	for (;;) {
		struct err e = {0};

		while (!w->n && !w->ends)
			pthread_cond_wait(&w->moved, &w->lock);
		if (!w->n)
			break;
		pthread_mutex_unlock(&w->lock);
		write_slot(w, &w->slot[w->first], &e);
		pthread_mutex_lock(&w->lock);
		if (e.status && !w->failed)
			w->report = e;
		w->failed = e.status != 0;
		w->first = (w->first + 1) % SLOTS;
		w->n--;
		pthread_cond_broadcast(&w->moved);
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

struct states *states_open(const struct session *s, int fold, int64_t budget, struct err *e)
{
	struct states *w = mem_alloc(1, sizeof *w);
	sigset_t old;
	int failed;

	*w = (struct states){.session = s, .fold = fold, .budget = budget};
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->moved, NULL);
	process_block_signals(&old);
	failed = pthread_create(&w->thread, NULL, run, w);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (!failed)
		return w;
	err_set(e, "cannot start the thread that stores states: %s", strerror(failed));
	pthread_cond_destroy(&w->moved);
	pthread_mutex_destroy(&w->lock);
	free(w);
	return NULL;
}

/* With the lock: what failed meanwhile. */
static int tell(struct states *w, struct err *e)
{
	int failed = w->report.status ? err_set(e, "%s", w->report.text) : 0;

	err_clear(&w->report);
	return failed;
}

/* Has another step this name, stored or about to be? */
static int check_name(struct states *w, const struct state *now, const char *name, struct err *e)
{
	struct stored_list l;
	const struct stored *there;
	int failed;

	if (states_check_name(name, e) || states_flush(w, e) ||
	    states_list(&l, w->session->dir, w->fold, e))
		return -1;
	there = stored_named(&l, name);
	failed = there && there->step != now->step
			 ? err_set(e,
				   "%s is the state after step %d (epoch %d) already; choose "
				   "another name",
				   name, there->step, there->epoch)
			 : 0;
	stored_free(&l);
	return failed;
}

int states_put(struct states *w, const struct state *now, const char *name, struct err *e)
{
	struct slot *x;
	int failed;

	if (*name && check_name(w, now, name, e))
		return -1;
	pthread_mutex_lock(&w->lock);
	while (w->n == SLOTS)
		pthread_cond_wait(&w->moved, &w->lock);
	x = &w->slot[(w->first + w->n) % SLOTS];
	pthread_mutex_unlock(&w->lock);
	if (state_copy(&x->state, now, e))
		return -1;
	strcpy(x->name, name);
	pthread_mutex_lock(&w->lock);
	w->n++;
	failed = tell(w, e);
	pthread_cond_broadcast(&w->moved);
	pthread_mutex_unlock(&w->lock);
	return failed;
}

int states_flush(struct states *w, struct err *e)
{
	int failed;

	pthread_mutex_lock(&w->lock);
	while (w->n)
		pthread_cond_wait(&w->moved, &w->lock);
	failed = tell(w, e);
	pthread_mutex_unlock(&w->lock);
	return failed;
}

void states_close(struct states *w)
{
	if (!w)
		return;
	pthread_mutex_lock(&w->lock);
	w->ends = true;
	pthread_cond_broadcast(&w->moved);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
	for (int i = 0; i < SLOTS; i++)
		state_free(&w->slot[i].state);
	pthread_cond_destroy(&w->moved);
	pthread_mutex_destroy(&w->lock);
	free(w);
}
