/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The two queues: events out, requests in.
 *
 * The pipe gets a byte when the ring goes from empty to not empty; work_next takes
 * the byte with the last event.
 */
#include "app/lab/work_private.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- events out ---- */

void look_free(struct look_result *l)
{
	if (!l)
		return;
	for (int i = 0; i < POOLS; i++)
		free(l->weights[i]);
	for (int i = 0; i < CROSSES; i++)
		free(l->cross[i]);
	free(l);
}

void event_free(struct event *e)
{
	predictions_free(&e->predictions);
	look_free(e->look);
	free(e->told);
	free(e->tried);
	if (e->kind == EVENT_RESULT)
		free(e->u.result);
	*e = (struct event){.kind = EVENT_STATE};
}

/* The session folder has it, or it is a line that can be missed. */
static bool may_be_dropped(const struct event *e)
{
	return e->kind == EVENT_STEP || e->kind == EVENT_EPOCH || e->kind == EVENT_SAY;
}

void work_send(struct work_run *run, struct event *e)
{
	struct work *w = run->work;
	bool wake;

	e->run = run->id;
	pthread_mutex_lock(&w->lock);
	if (e->kind == EVENT_STATE && w->count >= RING - RING_KEPT) {
		pthread_mutex_unlock(&w->lock);
		return; /* whoever takes one of those looks at the snapshot too */
	}
	if (w->count >= (may_be_dropped(e) ? RING - RING_KEPT : RING)) {
		run->shown.dropped++;
		pthread_mutex_unlock(&w->lock);
		event_free(e);
		return;
	}
	w->ring[(w->first + w->count++) % RING] = *e;
	wake = w->count == 1;
	pthread_mutex_unlock(&w->lock);
	if (wake && write(w->pipe[1], "", 1) < 0)
		return; /* the pipe holds bytes: the screen wakes anyway */
}

int work_fd(const struct work *w)
{
	return w->pipe[0];
}

bool work_next(struct work *w, struct event *e)
{
	char bytes[64];
	bool any;

	pthread_mutex_lock(&w->lock);
	any = w->count > 0;
	if (any) {
		*e = w->ring[w->first];
		w->first = (w->first + 1) % RING;
		w->count--;
	}
	/* Under the lock, so that no wake byte of a later event is taken. */
	while (w->count == 0 && read(w->pipe[0], bytes, sizeof bytes) > 0)
		;
	pthread_mutex_unlock(&w->lock);
	return any;
}

void work_send_text(struct work_run *run, enum event_kind kind, unsigned request, bool ok,
		    const char *text)
{
	struct event e = {.kind = kind, .request = request, .ok = ok};

	str_fit(e.text, sizeof e.text, text);
	work_send(run, &e);
}

/* ---- requests in ---- */

struct work_run *work_due(const struct work *w)
{
	for (int i = 0; i < w->runs && !w->training; i++)
		if (w->run[i]->opened && w->run[i]->control.want != WANT_STOP)
			return w->run[i];
	return NULL;
}

static void remove_request(struct work *w, int i)
{
	memmove(w->request + i, w->request + i + 1,
		(size_t)(--w->requests - i) * sizeof *w->request);
}

/* The first request that can be served now, or -1. Under the lock. */
static int next_request(const struct work *w)
{
	int i = 0;

	while (i < w->requests && w->run[w->request[i].run - WORK_FIRST]->control.want == WANT_FOLD)
		i++;
	return i < w->requests && !w->quit && !work_due(w) ? i : -1;
}

bool work_serve(struct work *w, bool wait)
{
	struct work_run *run;
	struct request r;
	bool quit;
	int i;

	pthread_mutex_lock(&w->lock);
	while (wait && next_request(w) < 0 && !work_due(w) && !w->quit)
		pthread_cond_wait(&w->asked, &w->lock);
	while ((i = next_request(w)) >= 0) {
		r = w->request[i];
		run = w->run[r.run - WORK_FIRST];
		remove_request(w, i);
		pthread_mutex_unlock(&w->lock);
		work_answer(run, &r);
		pthread_mutex_lock(&w->lock);
	}
	quit = w->quit;
	pthread_mutex_unlock(&w->lock);
	return !quit;
}

/* What may be overtaken: it changes nothing, or is another run's. */
static bool may_wait(const struct request *r, int run)
{
	return r->run != run || r->kind == REQUEST_LOOK || r->kind == REQUEST_PING;
}

bool work_takes_stop(struct work_run *run)
{
	struct work *w = run->work;
	bool takes;
	int i = 0;

	pthread_mutex_lock(&w->lock);
	while (i < w->requests && may_wait(&w->request[i], run->id))
		i++;
	takes = i < w->requests && w->request[i].kind == REQUEST_STOP;
	if (takes)
		remove_request(w, i);
	takes |= w->quit;
	pthread_mutex_unlock(&w->lock);
	return takes;
}

/* ---- what can be asked ---- */

static unsigned ask(struct work *w, int run, struct request r, const char *text)
{
	unsigned number = 0;

	r.run = work_find(w, run)->id;
	str_fit(r.text, sizeof r.text, text);
	pthread_mutex_lock(&w->lock);
	if (w->requests < REQUESTS) {
		number = r.number = ++w->next_number;
		w->request[w->requests++] = r;
		pthread_cond_signal(&w->asked);
	}
	pthread_mutex_unlock(&w->lock);
	return number;
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

unsigned work_stop(struct work *w, int run)
{
	return ask(w, run, (struct request){.kind = REQUEST_STOP}, "");
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

unsigned work_try(struct work *w, int run, const char *key, const char *value)
{
	char text[256];

	snprintf(text, sizeof text, "%s=%s", key, value);
	return ask(w, run, (struct request){.kind = REQUEST_TRY}, text);
}
