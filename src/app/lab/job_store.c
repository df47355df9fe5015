/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/lab/job_store.h"

#include "app/lab/job_tell.h"
#include "app/session/states.h"

/* A stored state that failed is no reason to stop. */
static void say_failed(struct job *j)
{
	struct err why = {0};

	if (j->states && states_failed(j->states, &why))
		job_say(j, "%s; training goes on", why.text);
}

/* Is a state stored where the fold is? At the end of an epoch once it has been evaluated, else
 * every store.every steps. */
static bool is_stored_here(const struct job *j)
{
	const struct trainer *t = &j->trainer;
	int every = j->set.store.every;

	if (j->set.store.bytes == 0 || t->state.step == 0)
		return false;
	if (trainer_epoch_full(t))
		return t->state.ended;
	return every > 0 && t->state.step % every == 0;
}

int job_store_begin(struct job *j, struct err *e)
{
	const struct state *now = &j->trainer.state;

	if (states_cut(j->session.dir, now->fold, now->step, e))
		return -1;
	j->states = states_open(&j->session, now->fold, j->set.store.bytes, e);
	if (!j->states)
		return -1;
	/* A kill may have come between the checkpoint and the stored state. */
	return states_has(j->session.dir, now->fold, now->step) ? 0 : job_store_step(j, e);
}

int job_store_again(struct job *j, struct err *e)
{
	const struct state *now = &j->trainer.state;

	if (!j->states) /* a run that has stopped */
		return states_cut(j->session.dir, now->fold, now->step, e);
	job_store_end(j);
	return job_store_begin(j, e);
}

void job_store_end(struct job *j)
{
	states_close(j->states);
	j->states = NULL;
	j->best_waits = false;
}

int job_store(struct job *j, bool stored, struct err *e)
{
	const struct state *now = &j->trainer.state;

	if (session_sync(&j->session, e) || history_sync(&j->history, e))
		return -1;
	if (j->states ? states_checkpoint(j->states, now, stored && is_stored_here(j), e)
		      : states_checkpoint_now(&j->session, now, e))
		return -1;
	say_failed(j);
	j->begun = true;
	return 0;
}

int job_store_step(struct job *j, struct err *e)
{
	if (!is_stored_here(j))
		return 0;
	if (states_put(j->states, &j->trainer.state, "", e))
		return -1;
	say_failed(j);
	return 0;
}

/* Is it on the disk? */
static int check_named(struct job *j, const char *name, struct err *e)
{
	struct stored_list l;
	bool there;

	if (states_flush(j->states, e) || states_list(&l, j->session.dir, j->trainer.state.fold, e))
		return -1;
	there = stored_named(&l, name);
	stored_free(&l);
	if (!there && states_failed(j->states, e))
		return -1;
	return there ? 0 : err_set(e, "save %s: the state was not stored", name);
}

int job_store_named(struct job *j, const char *name, struct err *e)
{
	const struct state *now = &j->trainer.state;
	bool stopped = !j->states;
	int failed;

	if (j->set.store.bytes == 0)
		return err_set(e, "save %s: store.bytes is 0, so this run stores no states", name);
	if (now->step == 0)
		return err_set(e, "save %s: no step of fold %d has been made yet", name, now->fold);
	if (stopped)
		j->states = states_open(&j->session, now->fold, j->set.store.bytes, e);
	if (!j->states)
		return -1;
	failed = states_put(j->states, now, name, e) || check_named(j, name, e);
	if (stopped) {
		states_close(j->states);
		j->states = NULL;
	}
	return failed ? -1 : 0;
}

int job_store_check(struct job *j, struct err *e)
{
	bool idle;

	if (states_check(j->states, &idle, e))
		return -1;
	if (idle)
		job_tell_stored(j);
	return 0;
}

int job_store_wait(struct job *j, struct err *e)
{
	if (j->states && states_flush(j->states, e))
		return -1;
	say_failed(j);
	job_tell_stored(j);
	return 0;
}
