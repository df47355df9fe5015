/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A trainer's state, put into it again; what of it lies on the disk. */
#include "engine/train/train.h"

int trainer_save_best(const struct trainer *t, const char *path, struct err *e)
{
	return state_save_best(&t->state, path, e);
}

int trainer_save_last(const struct trainer *t, const char *path, struct err *e)
{
	return state_save_last(&t->state, path, e);
}

int trainer_save(const struct trainer *t, const char *path, struct err *e)
{
	return state_save(&t->state, path, e);
}

/* `name` begins the sentence. */
static int check_state(const struct trainer *t, const struct state *s, const char *name,
		       struct err *e)
{
	if (state_same_run(s, &t->state, name, e))
		return -1;
	if (s->n != t->state.n && !t->other_data)
		return err_set(
			e,
			"%s: fold %d had %d training utterances when this was stored, now it has "
			"%d; restore the data, or accept it as it is with --accept-data",
			name, t->state.fold, s->n, t->state.n);
	if (s->fold != t->state.fold ||
	    (s->n == t->state.n && s->in_epoch > trainer_steps_per_epoch(t)))
		return err_set(e,
			       "%s: not a state of fold %d of this run; delete it to start the "
			       "fold again",
			       name, t->state.fold);
	return 0;
}

/* Of another number of rows: the steps done stay done, the others see the rows
 * there are now in an order drawn now. */
static void fit_to_data(struct trainer *t)
{
	int steps = trainer_steps_per_epoch(t);

	if (t->state.in_epoch > steps)
		t->state.in_epoch = steps;
	if (t->state.right > t->state.n)
		t->state.right = t->state.n;
	if (!t->state.ended)
		trainer_draw_order(t);
}

static int put(struct trainer *t, const struct state *s, const char *name, struct err *e)
{
	if (check_state(t, s, name, e))
		return -1;
	state_put(&t->state, s);
	if (s->n != t->state.n)
		fit_to_data(t);
	return 0;
}

int trainer_put(struct trainer *t, const struct state *s, struct err *e)
{
	return put(t, s, "the state", e);
}

int trainer_restore(struct trainer *t, const char *path, struct err *e)
{
	struct state s;
	int failed;

	if (state_load(&s, &t->state, path, e))
		return -1;
	failed = put(t, &s, path, e);
	state_free(&s);
	return failed;
}

int trainer_stored(const char *path, int *epochs, int *steps, struct err *e)
{
	struct state s;

	if (state_load_numbers(&s, path, e))
		return -1;
	*epochs = s.epoch - (s.epoch > 0 && !s.ended);
	*steps = s.step;
	return 0;
}
