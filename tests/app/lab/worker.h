/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * worker: an engine thread over the tiny corpus (4 steps an epoch, one fold), and
 * what has come from it so far.
 */
#ifndef MIUST_TESTS_WORKER_H
#define MIUST_TESTS_WORKER_H

#include "temp.h"
#include "test.h"

#include "app/lab/work_private.h"

#include <poll.h>

/* Two epochs, in a session of its own. */
static inline struct work *start(const char *session, bool paused, bool readonly)
{
	static const char *const settings[] = {"train.epoch=2"};
	struct err e = {0};
	struct work_options o = {
		.job = {.config = "tests/record/tiny/config.yml",
			.session = session,
			.set = settings,
			.nset = 1,
			.resume = true,
			.threads = 1},
		.paused = paused,
		.readonly = readonly,
	};
	struct work *w = work_start(&o, &e);

	if (!w)
		FAIL("%s", e.text);
	return w;
}

/* What has come so far. */
struct seen {
	int steps, epochs, results, changes, says;
	unsigned replied; /* number of the last reply */
	bool opened, refused;
	char text[512], said[512]; /* the last reply, the last thing said */
	struct look_result *look;
	struct tried tried;
	int tries;
	struct snapshot now;
};

static inline void take(struct seen *s, struct work *w)
{
	struct event e;

	while (work_next(w, &e)) {
		s->steps += e.kind == EVENT_STEP;
		s->epochs += e.kind == EVENT_EPOCH;
		s->results += e.kind == EVENT_RESULT;
		s->changes += e.kind == EVENT_CHANGED;
		s->says += e.kind == EVENT_SAY;
		if (e.kind == EVENT_SAY)
			snprintf(s->said, sizeof s->said, "%s", e.text);
		s->opened |= e.kind == EVENT_OPENED;
		if (e.kind == EVENT_REPLY) {
			s->replied = e.request;
			s->refused |= !e.ok;
			if (e.text[0])
				snprintf(s->text, sizeof s->text, "%s", e.text);
		}
		if (e.kind == EVENT_TRIED) {
			s->tried = *e.tried;
			s->tries++;
		}
		if (e.kind == EVENT_LOOK) {
			look_free(s->look);
			s->look = e.look;
			e.look = NULL;
		}
		event_free(&e);
	}
	work_snapshot(w, WORK_FIRST, &s->now);
}

static inline void wait_more(struct seen *s, struct work *w)
{
	struct pollfd p = {.fd = work_fd(w), .events = POLLIN};

	poll(&p, 1, -1);
	take(s, w);
}

static inline void until_state(struct seen *s, struct work *w, enum work_state state)
{
	take(s, w);
	while (s->now.state != state && s->now.state != WORK_FAILED)
		wait_more(s, w);
	CHECK_INT(s->now.state, state);
	take(s, w);
}

/* A step, or the rest of the epoch, from one pause to the next. That it ran between them may
 * be over before anybody has seen it. */
static inline void step_on(struct seen *s, struct work *w, bool epoch)
{
	const int *count = epoch ? &s->epochs : &s->steps;
	int before;

	until_state(s, w, WORK_PAUSED);
	before = *count;
	work_step(w, WORK_FIRST, epoch);
	while ((s->now.state != WORK_PAUSED || *count == before) && s->now.state != WORK_FAILED)
		wait_more(s, w);
	CHECK_INT(s->now.state, WORK_PAUSED);
}

/* Everything asked for before has been served. */
static inline void served(struct seen *s, struct work *w)
{
	unsigned ping = work_ping(w, WORK_FIRST);

	while (s->replied != ping)
		wait_more(s, w);
}

/* The requests are all there before the first is served. */
static inline void ask_together(struct work *w, int id, const struct request *r, int n)
{
	struct work_run *run = work_find(w, id);

	pthread_mutex_lock(&w->lock);
	for (int i = 0; i < n; i++) {
		run->request[run->requests] = r[i];
		run->request[run->requests++].number = ++w->next_number;
	}
	work_wake(run);
	pthread_mutex_unlock(&w->lock);
}

#endif
