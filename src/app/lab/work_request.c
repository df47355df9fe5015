/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What can be asked of a run: each puts a request into its queue (work_queue.c). */
#include "app/lab/work_private.h"

#include "base/str.h"

static unsigned ask(struct work *w, int id, struct request r, const char *text)
{
	struct work_run *run = work_find(w, id);
	unsigned number = 0;

	str_fit(r.text, sizeof r.text, text);
	r.by = w->asks;
	pthread_mutex_lock(&w->lock);
	r.meant = run->seen;
	if (run->requests < REQUESTS) {
		number = r.number = ++w->next_number;
		run->request[run->requests++] = r;
		work_wake(run);
	}
	pthread_mutex_unlock(&w->lock);
	return number;
}

void work_attend(struct work *w, int id, int fold)
{
	struct work_run *run = work_find(w, id);

	pthread_mutex_lock(&w->lock);
	if (run->attended != fold)
		work_wake(run);
	run->attended = fold;
	pthread_mutex_unlock(&w->lock);
}

void work_asks(struct work *w, long process)
{
	w->asks = process;
}

int work_room(struct work *w, int id)
{
	struct work_run *run = work_find(w, id);
	int room;

	pthread_mutex_lock(&w->lock);
	room = REQUESTS - run->requests;
	pthread_mutex_unlock(&w->lock);
	return room;
}

unsigned work_ping(struct work *w, int run)
{
	return ask(w, run, (struct request){.kind = REQUEST_PING}, "");
}

unsigned work_command(struct work *w, int run, const char *text)
{
	return ask(w, run, (struct request){.kind = REQUEST_COMMAND}, text);
}

unsigned work_pause(struct work *w, int run)
{
	return ask(w, run, (struct request){.kind = REQUEST_PAUSE}, "");
}

unsigned work_resume(struct work *w, int run)
{
	return ask(w, run, (struct request){.kind = REQUEST_RESUME}, "");
}

unsigned work_step(struct work *w, int run, bool epoch)
{
	return ask(w, run, (struct request){.kind = epoch ? REQUEST_STEP_EPOCH : REQUEST_STEP}, "");
}

unsigned work_ask_duel(struct work *w, int run, int fold)
{
	return ask(w, run, (struct request){.kind = REQUEST_DUEL, .fold = fold}, "");
}

unsigned work_stop(struct work *w, int run)
{
	return ask(w, run, (struct request){.kind = REQUEST_STOP}, "");
}

bool work_stopped_outside(struct work *w, int id)
{
	struct work_run *run = work_find(w, id);
	bool stopped;

	pthread_mutex_lock(&w->lock);
	stopped = run->stopped_outside;
	run->stopped_outside = false;
	pthread_mutex_unlock(&w->lock);
	return stopped;
}

unsigned work_break(struct work *w, int run, const char *when)
{
	return ask(w, run, (struct request){.kind = REQUEST_BREAK}, when);
}

unsigned work_breaks(struct work *w, int run)
{
	return ask(w, run, (struct request){.kind = REQUEST_BREAKS}, "");
}

unsigned work_look(struct work *w, int run, int fold, int utt, bool kept, enum knock knock)
{
	return ask(w, run,
		   (struct request){.kind = REQUEST_LOOK,
				    .fold = fold,
				    .utt = utt,
				    .kept = kept,
				    .knock = knock},
		   "");
}

unsigned work_look_stored(struct work *w, int run, int fold, int utt, int step, int side,
			  enum knock knock)
{
	return ask(w, run,
		   (struct request){.kind = REQUEST_LOOK,
				    .fold = fold,
				    .utt = utt,
				    .stored = true,
				    .step = step,
				    .side = side,
				    .knock = knock},
		   "");
}

unsigned work_hand_over(struct work *w, int run)
{
	return ask(w, run, (struct request){.kind = REQUEST_HAND_OVER}, "");
}

unsigned work_let_go(struct work *w, int run)
{
	return ask(w, run, (struct request){.kind = REQUEST_LET_GO}, "");
}

unsigned work_pace(struct work *w, int run, double epochs_a_second)
{
	return ask(w, run, (struct request){.kind = REQUEST_PACE, .pace = epochs_a_second}, "");
}

unsigned work_rule(struct work *w, int run, const char *args)
{
	return ask(w, run, (struct request){.kind = REQUEST_RULE}, args);
}

unsigned work_try(struct work *w, int run, const char *what)
{
	return ask(w, run, (struct request){.kind = REQUEST_TRY}, what);
}
