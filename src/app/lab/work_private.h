/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * work_private: what the files of the worker share. Nobody else includes it, but for
 * tests of what the snapshot says and of requests that come together.
 *
 * work.c has the thread and its runs, work_queue.c the two queues, work_run.c the
 * hooks of a run's job and its snapshot; work_ask.c carries requests out, work_look.c
 * looks at an utterance.
 */
#ifndef MIUST_WORK_PRIVATE_H
#define MIUST_WORK_PRIVATE_H

#include "app/study/breakpoint.h"
#include "app/lab/work.h"
#include "base/str.h"
#include "engine/train/probe.h"

#include <pthread.h>

enum { RING = 1024, RING_KEPT = RING / 4, REQUESTS = 64, UNDO_MAX = 64, RUNS_MAX = 64 };

enum request_kind {
	REQUEST_OPEN,
	REQUEST_PING,
	REQUEST_COMMAND,
	REQUEST_PAUSE,
	REQUEST_RESUME,
	REQUEST_STEP,
	REQUEST_STEP_EPOCH,
	REQUEST_STOP,
	REQUEST_BREAK,
	REQUEST_BREAKS,
	REQUEST_LOOK,
	REQUEST_TRY,
};

struct request {
	unsigned number;
	int run;
	enum request_kind kind;
	int fold, utt;
	bool kept;
	enum knock knock;
	char text[256];
};

/* A model that is not being trained, for looking at a finished fold. */
struct looker {
	int fold; /* -1: none */
	struct model model;
	struct norm norm;
};

/*
 * What the run is to do: one word. Whoever asks for something sets it, and the
 * hooks of the job act on it between two steps (work_run.c). A new thing to ask
 * for is a word, not a flag beside it.
 */
enum want {
	WANT_GO,
	WANT_PAUSE, /* wait between two steps for another word */
	WANT_STOP,  /* a checkpoint, then no more; also what a run that has ended waits in */
	WANT_FOLD,  /* test the kept checkpoint and end this fold */
};

struct control {
	enum want want;
	enum want then;        /* WANT_FOLD: the word for the next fold */
	enum work_state pause; /* WANT_PAUSE: how it is shown; PAUSED, BROKE or DIVERGED */
	int steps;             /* pause after so many more; 0: no limit */
	int until_epoch;       /* pause when that epoch has been evaluated; 0: no limit */
};

struct work_run {
	int id;                /* from WORK_FIRST on */
	struct work *work;     /* whose run it is */
	struct snapshot shown; /* -- protected by work->lock */
	bool corpus_ready;     /* -- protected by work->lock */

	/* The worker's own. */
	struct work_options opt;
	char session[PATH_LEN];
	struct job job;
	struct str told; /* while opening */
	bool opened;
	struct control control;
	struct breakpoint breakpoint;
	struct step_row last_step;
	struct epoch_row last_epoch;
	char *undo[UNDO_MAX]; /* commands that take changes back, newest last */
	int undos;
	struct looker looker;
	struct probe probe;
	double step_started, smooth_loss, smooth_weight, rate, epoch_seconds;
	int status;
};

struct work {
	pthread_t thread;
	pthread_mutex_t lock; /* no other is taken while it is held */
	pthread_cond_t asked; /* a request or quit has come */
	int pipe[2];          /* holds a byte while events wait */

	struct request request[REQUESTS]; /* -- protected by lock, as all below */
	int requests;
	unsigned next_number;
	struct event *ring; /* [RING] */
	int first, count;
	bool quit;
	struct work_run *run[RUNS_MAX]; /* by id - WORK_FIRST; what they point to stays */
	int runs;
	struct work_run *training; /* inside job_run, NULL: none; set by the worker only */
};

/* work.c */
struct work_run *work_find(struct work *w, int run); /* BUG if there is none */
void work_open_run(struct work_run *run);            /* REQUEST_OPEN */

/* work_queue.c */
void work_send(struct work_run *run, struct event *e); /* takes what the event owns */
void work_send_text(struct work_run *run, enum event_kind kind, unsigned request, bool ok,
		    const char *text);
/*
 * Serve what waits, of every run; with `wait`, first wait for something. What was asked
 * of a run after `fold` waits until its fold has ended; where none trains and one is
 * to, all waits until it has begun. False: quit.
 */
bool work_serve(struct work *w, bool wait);
/* Within an evaluation, where nothing is served: is the worker to quit, or a
 * stop the next request to change anything? Then it is taken. */
bool work_takes_stop(struct work_run *run);
/* Where no run trains: the one that is to train next, or NULL. Under the lock. */
struct work_run *work_due(const struct work *w);

/* work_run.c */
extern const struct job_hooks work_hooks;                    /* ctx is to be the run */
void work_show(struct work_run *run, enum work_state state); /* makes the snapshot */
void work_show_error(struct work_run *run, enum work_state state, const struct err *e);
enum work_state work_state(struct work_run *run);
/* Pause before the next step, shown as `state`. */
void work_pause_as(struct work_run *run, enum work_state state);

/* work_ask.c */
void work_answer(struct work_run *run, const struct request *r);
/* After a step or an epoch: if the breakpoint is tested there and holds, pause
 * before the next step. */
void work_test_break(struct work_run *run, bool epoch);

/* work_look.c */
struct look_result *work_look_at(struct work_run *run, const struct request *r, struct err *e);
void work_close_looker(struct work_run *run);

#endif
