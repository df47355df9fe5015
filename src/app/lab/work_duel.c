/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The runs of a duel: who of two threads goes on, and what becomes of the other.
 *
 * The duel (duel.h) is a value under the lock. Each side says where it is between two steps, and
 * waits there until it is its turn, as one does that waits for a place; whatever it is asked
 * meanwhile is served. Whoever makes it the other's turn wakes that one.
 */
#include "app/lab/work_private.h"

#include <math.h>
#include <string.h>

/* ---- under the lock ---- */

struct work_run *work_duel_other(const struct work_run *run)
{
	return run->side ? run->work->fights[2 - run->side] : NULL;
}

bool work_duel_turn(const struct work_run *run)
{
	return !run->side || duel_turn(&run->work->duel, run->side - 1);
}

enum work_state work_duel_waits(const struct work_run *run)
{
	const struct work_run *other = work_duel_other(run);
	bool computes = other && other->shown.placed && other->shown.state != WORK_PAUSED &&
			other->shown.state != WORK_BROKE && other->shown.state != WORK_DIVERGED;

	return computes && !work_duel_turn(run) ? WORK_RUN : WORK_WAITING;
}

/* All that it is to train is trained: it is tested before it stops. */
static bool is_at_end(const struct work_run *run)
{
	return run->inside && run->job.trainer.corpus && trainer_done(&run->job.trainer) &&
	       run->control.want == WANT_GO;
}

bool work_duel_called(const struct work_run *run)
{
	return run->called_off && !is_at_end(run);
}

/* There is something new: both look again at whose turn it is; if it is over they are to stop. */
static void changed(struct work *w)
{
	bool over = w->duel.end != DUEL_ON;

	w->duel_news++;
	for (int i = 0; i < 2; i++)
		if (w->fights[i]) {
			w->fights[i]->called_off |= over;
			work_wake(w->fights[i]);
		}
}

static void leave(struct work_run *run, const char *what)
{
	struct work *w = run->work;

	if (!run->side)
		return;
	duel_leave(&w->duel, run->side - 1, what);
	w->fights[run->side - 1] = NULL;
	run->side = 0;
	run->called_off = false;
	changed(w);
}

/* ---- the threads of the sides ---- */

bool work_duel_is(struct work_run *run)
{
	bool is;

	pthread_mutex_lock(&run->work->lock);
	is = run->side != 0;
	pthread_mutex_unlock(&run->work->lock);
	return is;
}

void work_duel_arrive(struct work_run *run)
{
	const struct trainer *t = &run->job.trainer;
	struct work *w = run->work;
	struct duel_place at = {.ended = t->state.ended,
				.last = t->set.train.epoch,
				.repeats = job_repeats(&run->job)};

	job_position(&run->job, &at.fold, &at.epoch, &at.step);
	at.step--; /* done */
	pthread_mutex_lock(&w->lock);
	if (run->side) {
		int planned = w->duel.planned;
		struct work_run *other = work_duel_other(run);

		duel_arrive(&w->duel, run->side - 1, &at);
		if (w->duel.planned != planned || w->duel.end != DUEL_ON)
			changed(w);
		else if (other)
			work_wake(other);
	}
	pthread_mutex_unlock(&w->lock);
}

void work_duel_epoch(struct work_run *run, const struct epoch_row *r, const struct predictions *val)
{
	struct work *w = run->work;

	pthread_mutex_lock(&w->lock);
	if (run->side) {
		int looks = w->duel.looks;

		duel_epoch(&w->duel, run->side - 1, &run->job.trainer.set, r, val);
		if (w->duel.looks != looks || w->duel.end != DUEL_ON)
			changed(w);
	}
	pthread_mutex_unlock(&w->lock);
}

void work_duel_leave(struct work_run *run, const char *what, const char *why)
{
	char text[sizeof run->work->duel.why];

	snprintf(text, sizeof text, "%s%s%s", what, why ? ": " : "", why ? why : "");
	pthread_mutex_lock(&run->work->lock);
	leave(run, text);
	pthread_mutex_unlock(&run->work->lock);
}

void work_duel_too(struct work_run *run, const struct request *r, enum request_kind kind)
{
	struct work *w = run->work;
	struct work_run *other;

	if (!r->number) /* from the other side: it does so itself */
		return;
	pthread_mutex_lock(&w->lock);
	other = work_duel_other(run);
	if (other && other->requests < REQUESTS) {
		other->request[other->requests++] = (struct request){.kind = kind};
		work_wake(other);
	}
	pthread_mutex_unlock(&w->lock);
}

void work_duel_fold_ends(struct work_run *run)
{
	struct work *w = run->work;

	pthread_mutex_lock(&w->lock);
	if (run->side && w->duel.end == DUEL_ON) {
		duel_break(&w->duel, run->side - 1, "has finished its fold");
		changed(w);
	}
	pthread_mutex_unlock(&w->lock);
}

void work_duel_refused(struct work_run *run, const struct request *r, const char *why)
{
	if (r->kind == REQUEST_DUEL)
		work_duel_leave(run, "cannot go on", why);
}

void work_duel_end(struct work_run *run)
{
	work_leave_place(run);
	work_duel_leave(run, "was stopped", NULL);
	work_show(run, WORK_IDLE);
}

/* ---- whoever has the work ---- */

/* Under the lock: the sides that are open already, which are to go on. */
static void take_open(struct work *w, const int run[2])
{
	for (int i = 0; i < 2; i++) {
		struct work_run *side = run[i] ? work_lookup(w, run[i]) : NULL;

		if (!side)
			continue;
		w->fights[i] = side;
		side->side = i + 1;
		side->called_off = false;
	}
	work_share_place(w->fights);
}

int work_duel(struct work *w, const char *const name[2], const struct work_options o[2], int run[2],
	      int epochs, struct err *e)
{
	if (!work_duel_over(w))
		return err_set(e, "a duel is running already; duel off ends it");
	for (int i = 0; i < 2; i++)
		if (run[i] && work_room(w, run[i]) == 0)
			return err_set(e, "%s has too many requests waiting; try again", name[i]);
	pthread_mutex_lock(&w->lock);
	duel_begin(&w->duel, name[0], name[1], epochs);
	w->duel_news++;
	take_open(w, run);
	pthread_mutex_unlock(&w->lock);
	for (int i = 0; i < 2; i++) {
		if (run[i]) {
			work_ask_duel(w, run[i], o ? o[i].job.first : 0);
			continue;
		}
		run[i] = work_open_side(w, &o[i], i + 1, e);
		if (run[i])
			continue;
		work_duel_stop(w);
		return -1;
	}
	return 0;
}

void work_duel_stop(struct work *w)
{
	pthread_mutex_lock(&w->lock);
	if (w->duel.end == DUEL_ON) {
		duel_stop(&w->duel);
		changed(w);
	}
	pthread_mutex_unlock(&w->lock);
}

bool work_duel_look(struct work *w, struct duel *d, unsigned *seen)
{
	bool news;

	pthread_mutex_lock(&w->lock);
	news = *seen != w->duel_news;
	if (news)
		duel_copy(d, &w->duel);
	*seen = w->duel_news;
	pthread_mutex_unlock(&w->lock);
	return news;
}

int work_duel_side(struct work *w, int id)
{
	const struct work_run *run;
	int side = -1;

	pthread_mutex_lock(&w->lock);
	run = work_lookup(w, id);
	if (run)
		side = run->side - 1;
	pthread_mutex_unlock(&w->lock);
	return side;
}

bool work_duel_over(struct work *w)
{
	bool over;

	pthread_mutex_lock(&w->lock);
	over = w->duel.end != DUEL_ON && !w->fights[0] && !w->fights[1];
	pthread_mutex_unlock(&w->lock);
	return over;
}
