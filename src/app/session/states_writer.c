/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * DESIGN: two copies of a state take turns: one is written while the other waits, or is
 * being filled. One after the other, in the order in which they came: so the order in
 * which files rely on each other (session.h) is that of a run that writes them itself.
 */
#include "app/session/states_private.h"

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
	bool checkpoint, stored;
	char name[STORED_NAME];
};

struct states {
	const struct session *session;
	struct states_room room; /* the writing thread's */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t moved;
	struct slot slot[SLOTS];
	/* -- protected by lock */
	int first, n; /* of the slots, those that are to be written; the first one is being */
	bool ends;
	struct err checkpoint; /* the first that failed */
	struct err stored;     /* to be told */
	bool failing;          /* the last stored state failed */
};

/* ---- a checkpoint ---- */

int states_checkpoint_now(const struct session *s, const struct state *now, struct err *e)
{
	bool best = now->best_epoch > 0 && now->best_epoch == now->epoch && now->ended;
	char path[PATH_LEN];

	if (best && (session_fold_path(s, now->fold, "best.safetensors", path, sizeof path, e) ||
		     state_save_best(now, path, e)))
		return -1;
	return session_fold_path(s, now->fold, "last.safetensors", path, sizeof path, e) ||
			       state_save_last(now, path, e) ||
			       session_fold_path(s, now->fold, "state.safetensors", path,
						 sizeof path, e) ||
			       state_save(now, path, e)
		       ? -1
		       : 0;
}

/* ---- the thread ---- */

static void write_slot(struct states *w, const struct slot *x, struct err *checkpoint,
		       struct err *stored)
{
	const struct state *s = &x->state;

	if (x->checkpoint && states_checkpoint_now(w->session, s, checkpoint))
		return;
	if (x->checkpoint && s->best_epoch == s->epoch && s->ended)
		w->room.best_epoch = s->best_epoch;
	if (x->stored)
		states_room_store(&w->room, s, x->name, stored);
}

static void *run(void *ctx)
{
	struct states *w = ctx;

	pthread_mutex_lock(&w->lock);
	for (;;) {
		struct err checkpoint = {0}, stored = {0};
		struct slot *x;

		while (!w->n && !w->ends)
			pthread_cond_wait(&w->moved, &w->lock);
		if (!w->n)
			break;
		x = &w->slot[w->first];
		if (!w->checkpoint.status) {
			pthread_mutex_unlock(&w->lock);
			write_slot(w, x, &checkpoint, &stored);
			pthread_mutex_lock(&w->lock);
			w->checkpoint = checkpoint;
		}
		if (stored.status && (!w->failing || *x->name))
			w->stored = stored;
		if (x->stored)
			w->failing = stored.status != 0;
		w->n--;
		w->first = (w->first + 1) % SLOTS;
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

	*w = (struct states){.session = s};
	states_room_open(&w->room, s, fold, budget);
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->moved, NULL);
	process_block_signals(&old);
	failed = pthread_create(&w->thread, NULL, run, w);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (!failed)
		return w;
	err_set(e, "cannot start the thread that writes checkpoints: %s", strerror(failed));
	pthread_cond_destroy(&w->moved);
	pthread_mutex_destroy(&w->lock);
	states_room_close(&w->room);
	free(w);
	return NULL;
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
	states_room_close(&w->room);
	free(w);
}

/* ---- its callers ---- */

/* With the lock. */
static int tell(const struct states *w, struct err *e)
{
	if (w->checkpoint.status)
		*e = w->checkpoint;
	return w->checkpoint.status ? -1 : 0;
}

int states_check(struct states *w, bool *idle, struct err *e)
{
	int failed;

	pthread_mutex_lock(&w->lock);
	if (idle)
		*idle = w->n == 0;
	failed = tell(w, e);
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

bool states_failed(struct states *w, struct err *why)
{
	bool failed;

	pthread_mutex_lock(&w->lock);
	failed = w->stored.status != 0;
	if (failed)
		*why = w->stored;
	err_clear(&w->stored);
	pthread_mutex_unlock(&w->lock);
	return failed;
}

/* Wait for a slot that is free. The first one is used alone where writing is fast enough. */
static int free_slot(struct states *w)
{
	int at;

	pthread_mutex_lock(&w->lock);
	while (w->n == SLOTS)
		pthread_cond_wait(&w->moved, &w->lock);
	at = w->n ? (w->first + 1) % SLOTS : 0;
	pthread_mutex_unlock(&w->lock);
	return at;
}

static int take(struct states *w, const struct state *now, bool checkpoint, bool stored,
		const char *name, struct err *e)
{
	int at = free_slot(w);
	struct slot *x = &w->slot[at];

	if (state_copy(&x->state, now, e))
		return -1;
	x->checkpoint = checkpoint;
	x->stored = stored;
	strcpy(x->name, name);
	pthread_mutex_lock(&w->lock);
	if (!w->n)
		w->first = at; /* the other one has been written meanwhile */
	w->n++;
	pthread_cond_broadcast(&w->moved);
	pthread_mutex_unlock(&w->lock);
	return 0;
}

/* Has another step this name? All that were put are on the disk. */
static int check_name(struct states *w, const struct state *now, const char *name, struct err *e)
{
	struct stored_list l;
	const struct stored *there;
	int failed;

	if (states_check_name(name, e) || states_flush(w, e) ||
	    states_list(&l, w->session->dir, now->fold, e))
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
	struct err why = {0};

	if (*name && check_name(w, now, name, e))
		return -1;
	if (take(w, now, false, true, name, *name ? e : &why) == 0)
		return 0;
	if (*name)
		return -1;
	pthread_mutex_lock(&w->lock);
	if (!w->failing)
		w->stored = why;
	w->failing = true;
	pthread_mutex_unlock(&w->lock);
	return 0;
}

int states_checkpoint(struct states *w, const struct state *now, bool stored, struct err *e)
{
	struct err no_memory = {0};
	int failed;

	if (states_check(w, NULL, e))
		return -1;
	if (take(w, now, true, stored, "", &no_memory) == 0)
		return 0;
	/* Without a copy, then: in turn, and before the next step. */
	failed = states_flush(w, e) || states_checkpoint_now(w->session, now, e) ? -1 : 0;
	w->room.best_epoch = 0; /* best.safetensors may be another one now */
	return failed;
}
