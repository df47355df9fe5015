/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * work_private: what the files of the worker share. Nobody else includes it, but for
 * tests of what the snapshot says and of requests that come together.
 *
 * work.c has the runs, work_thread.c the thread of each, work_place.c who may train, work_queue.c
 * the queues, work_request.c what can be asked of them, work_run.c the hooks of a run's job and
 * its snapshot; work_ask.c carries requests out (work_rewind.c, work_change.c), work_hand.c hands a
 * run over to another process, work_break.c has the break condition, work_rule.c the rule for
 * spikes, work_look.c looks at an utterance, work_try.c tries settings, work_duel.c makes two runs
 * take turns. work_follow.c follows the folder of a run that does not train here, work_folder.c
 * has what that says, attach.c talks to who trains it.
 */
#ifndef MIUST_WORK_PRIVATE_H
#define MIUST_WORK_PRIVATE_H

#include "app/study/breakpoint.h"
#include "app/lab/work.h"
#include "app/session/states.h"
#include "base/file.h"
#include "base/str.h"
#include "engine/train/probe.h"

#include <pthread.h>
#include <sys/stat.h>

enum { RING = 1024, RING_KEPT = RING / 4, REQUESTS = 64 };

enum request_kind {
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
	REQUEST_PACE,
	REQUEST_RULE,
	REQUEST_HAND_OVER,
	REQUEST_LET_GO,
	REQUEST_DUEL, /* go on, as a side of the duel, with this fold (job_options.first) */
};

struct request {
	unsigned number;
	enum request_kind kind;
	int fold, utt;
	bool kept;
	bool stored; /* REQUEST_LOOK: the stored state of `step`, or the next to that side */
	int step, side;
	enum knock knock;
	double pace;
	long by;        /* the process that asks; 0: this one */
	unsigned meant; /* who trained it for whoever asked (attach_whom); 0: nobody attached */
	char text[WORK_COMMAND];
};

struct follow; /* work_folder.h */
struct attach; /* attach.c */

/* Weights that are not being trained, for looking. */
struct looker {
	int fold; /* -1: none */
	enum { LOOKER_KEPT, LOOKER_LAST, LOOKER_STORED } of;
	int epoch;              /* of the weights */
	struct stored stored;   /* LOOKER_STORED */
	struct file_stamp file; /* as it was when they were read */
	bool has_model;
	struct model model; /* that has them, with its norm */
	struct norm norm;
	real *weights; /* LOOKER_STORED, of the fold that trains: for its model */
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
	int until_epoch;       /* pause when that epoch of a fold is evaluated; 0: no limit */
};

/* A mean of the last values, the newest count most. */
struct smooth {
	double sum, weight;
};

struct work_run {
	int id;            /* from WORK_FIRST on */
	struct work *work; /* whose run it is */
	pthread_t thread;

	struct snapshot shown;       /* -- protected by work->lock, as all up to the next line */
	const struct corpus *corpus; /* NULL: not read yet */
	pthread_cond_t asked;        /* a request, quit or a place for it has come (work_wake) */
	int wake;                    /* the same for who polls: an eventfd */
	int attended;                /* the fold that is looked at; -1: not said */
	bool stopped_outside;        /* work_stopped_outside */
	struct rollback rule;        /* for spikes, in force */
	bool rule_own;               /* it was given to this run alone */
	unsigned whom, seen; /* attach_whom of `shown`; of the last snapshot taken, 0: none */
	struct request request[REQUESTS + 1]; /* one more, for what was taken and waits again */
	int requests;
	unsigned long turn; /* waits for a place: who has the smallest comes first; 0: does not */
	struct gone *gone;  /* it is closed: its thread is to free it */
	int side;           /* of the duel, from 1; 0: none */
	bool called_off;    /* the duel is over: it is to stop */
	struct work_run *shares; /* the other side, with which it has one place; NULL: none */
	int64_t need;            /* bytes that its fold may take; 0: not asked (work_fit) */

	/* Its thread's own. */
	struct work_options opt; /* copies; job.threads: its share of `threads` */
	int threads;             /* of the program */
	char session[PATH_LEN];
	struct job job;
	struct str told;          /* while opening */
	bool opened, inside;      /* inside: job_run */
	bool replied;             /* to the request at hand */
	bool tries, tries_off;    /* within a try; one was ended, and `try off` is not served yet */
	struct position tries_at; /* where the run is meanwhile */
	bool repeats;             /* a branch: what its parent did; requests wait (job_repeats) */
	bool rests;               /* after that it pauses, as it did before */
	bool looks;               /* the job was opened to look at (job_look, job_open_stored) */
	bool read;          /* by job_open_stored: as it is to go on with, with all it had to say */
	unsigned begun_for; /* the request for which the fold was begun last; 0: none */
	struct follow *follow; /* NULL while it trains here */
	bool was_elsewhere;    /* a run of ours that another program has gone on with since it
				* stopped here; until it trains here again */
	bool refused;          /* it is looked at for another reason than who writes it */
	struct lab **before;   /* [befores] of jobs that were opened before this one: the screen may
				* still look at their corpora */
	int befores;
	struct attach *attach; /* NULL: never attached */
	struct control control;
	struct breakpoint breakpoint;
	struct step_row last_step;
	struct epoch_row last_epoch;
	struct looker looker;
	struct probe probe;
	double step_started, rate, epoch_seconds;
	double epoch_began;     /* clock, later by what it has waited; NaN: not here */
	struct smooth smooth;   /* of the loss */
	double pace, next_step; /* epochs a second, 0: none; the clock when the next may begin */
	double rewind_shown;    /* clock: how far it has gone back */
	int status;
};

/* The thread of a run that was closed. */
struct gone {
	pthread_t thread;
	struct stat session; /* its folder, which nobody else opens before it is done */
	bool done;           /* may be joined -- protected by work->lock, as is next */
	struct gone *next;
};

struct work {
	pthread_mutex_t lock; /* no other is taken while it is held */
	int pipe[2];          /* holds a byte while events wait */
	long asks;            /* who asks next (work_asks) -- the screen alone */
	struct labs labs;

	struct event *ring; /* [RING] -- protected by lock, as all below */
	struct gone *gone;  /* the screen alone changes the list */
	int first, count;
	pthread_cond_t room; /* an event has been taken, or nobody takes any more */
	bool ending;         /* work_end: nobody does */
	unsigned next_number;
	bool quit;
	struct work_run **run; /* [runs] those that are open, by id; what they point to stays */
	int runs, next_id;
	int alive;        /* threads that have not ended, of closed runs too */
	int jobs, placed; /* how many may train, and have a place */
	int64_t memory;   /* bytes for all that are placed and have a `need` */
	unsigned long turns;
	struct duel duel;           /* the last */
	struct work_run *fights[2]; /* its sides, until they have left it */
	unsigned duel_news;         /* how often there was something new of it */
	int failed, status; /* the first closed run that did not end well, and how; 0: none */
};

/* work_duel.c. The run's own thread calls them, unless it says otherwise; of a run that is no side
 * of a duel they do nothing. */
/* May it go on, as far as the duel goes? Under the lock. */
bool work_duel_turn(const struct work_run *run);
/* The other side; NULL: there is none any more. Under the lock. */
struct work_run *work_duel_other(const struct work_run *run);
/* It waits for the other side: how that is shown. Under the lock. */
enum work_state work_duel_waits(const struct work_run *run);
bool work_duel_is(struct work_run *run);     /* is it a side of a duel? */
void work_duel_arrive(struct work_run *run); /* it is between two steps */
void work_duel_epoch(struct work_run *run, const struct epoch_row *r,
		     const struct predictions *val);
/* The other side is to pause, or to go on, as this one has been asked to. */
void work_duel_too(struct work_run *run, const struct request *r, enum request_kind kind);
void work_duel_fold_ends(struct work_run *run); /* the duel is over, if it is not yet */
/* It is no side of the duel any more, which is over: "was stopped"; why: more of it, or NULL. */
void work_duel_leave(struct work_run *run, const char *what, const char *why);
void work_duel_refused(struct work_run *run, const struct request *r, const char *why);
bool work_duel_called(const struct work_run *run); /* is it to stop? Under the lock */
void work_duel_end(struct work_run *run);          /* it stops before it has begun */

/* work.c */
int work_open_side(struct work *w, const struct work_options *o, int side, struct err *e);
struct work_run *work_find(struct work *w, int run); /* BUG if there is none */
void work_free_run(struct work_run *run);

/* work_thread.c */
void *work_thread(void *run); /* of a struct work_run */
/* How a closed run ended; one that could not be opened is no matter then. Under the lock. */
void work_keep_status(struct work *w, const struct work_run *run);

/* A run that was opened to look at is opened to go on with: its session is locked, and the data
 * is read again only if it has changed. On failure it is looked at as before. */
int work_take_up(struct work_run *run, struct err *e);
/*
 * Does a request need the fold of a run that has none open? Then it is taken, at the step where it
 * goes on, and the request is to wait until it pauses there: true. It is answered by `work_refuse`
 * if the fold cannot be begun. False: it can be answered now; with an error if the run cannot be
 * taken up.
 */
bool work_begin_for(struct work_run *run, const struct request *r, struct err *e);

/* work_branch.c. "NAME [E:S]": what is to be said of it to *text. */
void work_branch(struct work_run *run, const char *args, char *text, size_t n, struct err *e);
/* A branch that has stopped before it was where it left its parent: nothing is changed there. */
int work_refuse_repeat(const struct work_run *run, const struct request *r, struct err *e);

/* work_place.c. The run's own thread calls them. */
bool work_may_place(
	const struct work_run *run);         /* has it a place, or is one free? Under the lock */
bool work_place(struct work_run *run);       /* take one; false: it waits in the line */
void work_leave_place(struct work_run *run); /* also the line; for those that wait */
/* Two that train and are the sides of a duel from now on have one place; under the lock. */
void work_share_place(struct work_run *const side[2]);
void work_line_moved(struct work *w); /* wakes those that wait; under the lock */
int work_share(struct work_run *run); /* threads for a job that begins now */
/*
 * A fold of a team begins (team.h): the run gives its place back, and takes one again when what
 * the fold may take of the memory fits beside what the others may. One that is alone always fits.
 * That it does not fit now is said.
 */
void work_fit(struct work_run *run);

/* work_queue.c */
void work_wake(struct work_run *run);                        /* under the lock */
struct work_run *work_lookup(const struct work *w, int run); /* NULL: none; under the lock */
struct position work_position(const struct work_run *run);   /* of the fold that is open */
void work_send(struct work_run *run, struct event *e);       /* takes what the event owns */
void work_send_text(struct work_run *run, enum event_kind kind, unsigned request, bool ok,
		    const char *text);
void work_say(struct work_run *run, const char *text); /* EVENT_SAY */
/* Is it to go on, or to be paused before its first step, and is not inside job_run? */
bool work_is_due(const struct work_run *run);
/*
 * Serve what waits; with `wait`, first wait for something. What was asked of a run after
 * `fold` waits until its fold has ended; of one that is due and has a place, until it has
 * begun. False: it is to end.
 */
bool work_serve(struct work_run *run, bool wait);
/* The request of this number, if it comes next, is answered with the error; else false. */
bool work_refuse(struct work_run *run, unsigned number, const struct err *e);
/* Until the clock says so, a request can be served, or it is to end. */
void work_wait_until(struct work_run *run, double clock);
/* Within an evaluation, where nothing is served: is the run to end, or a
 * stop the next request to change anything? Then it is taken. */
bool work_takes_stop(struct work_run *run);
/* Within a try, `done` of whose steps are made: is it to end? What is asked stays in the queue. */
bool work_ends_try(struct work_run *run, int done);
/* While it goes back: is it asked to pause, stop or end? That is left to be served. */
bool work_calls_back(struct work_run *run);
unsigned work_ask_duel(struct work *w, int run, int fold); /* for whoever has the work */

/* work_follow.c and work_folder.c. For a run that is open and does not train here; its own thread
 * calls them. */
/*
 * Wait for a request, for who it is attached to, or for something new in the folder, for a while
 * at most; take what has come. The first call looks at the folder. False: it is to end.
 */
bool work_follow(struct work_run *run);
void work_follow_begin(struct work_run *run); /* look at once; again: nothing */
void work_follow_now(struct work_run *run);   /* it is looked at in the next turn */
void work_follow_end(struct work_run *run);   /* it trains here, or is closed */
/* What the folder says, into the run's snapshot; under the lock. Nothing while nobody else
 * trains a run of ours, or while attached. */
void work_follow_put(const struct work_run *run, struct snapshot *s);
/* What is known of a fold beside its rows. */
struct work_part {
	int n, steps;          /* of its training part: utterances, steps an epoch; 0: not known */
	int count[LABELS_MAX]; /* of each class */
	const bool *held;      /* [run.folds] which another program trains now */
};
struct run;
/* work_rows.c: n, steps and count of a fold; as they are if it cannot be split. */
void work_count_part(struct work_part *part, const struct corpus *c, const struct settings *set,
		     int fold);
/* What the rows say of the fold in place `at`, as its trainer would show it. */
void work_put_rows(struct snapshot *s, const struct run *r, int at, const struct work_part *part);
struct fold_run;
void work_smooth(struct smooth *s, double loss);
double work_smoothed(const struct smooth *s); /* NaN: of nothing */
/* run->smooth becomes that of the rows up to where the fold is. */
void work_smooth_past(struct work_run *run);
/* The fold goes on from a state of whole epochs and steps: rows after it (a kill leaves some) do
 * not count. f may be NULL: it has no rows. */
void work_put_stored(struct snapshot *s, const struct fold_run *f, int epochs, int steps);
bool work_trains_elsewhere(const struct work_run *run, int fold); /* this fold's */
/* Steps of its epoch that the stored state of a fold has done, as last.safetensors; 0: all, or
 * another program trains it. */
int work_stored_step(const struct work_run *run, int fold);
bool work_is_elsewhere(const struct work_run *run); /* a fold's lock is held by another program */
bool work_is_left(const struct work_run *run);      /* something is left to train, by its folder */

/*
 * attach.c: the program that trains the run listens on a socket of this machine
 * (app/control). The run's own thread calls them; nothing here waits.
 */
/* Connect to the owner of a fold's lock, if its host is this host and its socket is known.
 * False: it only can be followed. Called with each look at the folder while not attached. */
bool attach_try(struct work_run *run, const struct lock_owner *o);
void attach_leave(struct work_run *run); /* for another owner; safe if not attached */
bool attach_is(const struct work_run *run, const struct lock_owner *o); /* to this owner */
/* The number of who it is attached to, another one for each owner; 0: nobody. */
unsigned attach_whom(const struct work_run *run);
int attach_fd(const struct work_run *run);     /* -1: not attached */
short attach_poll(const struct work_run *run); /* for poll(2) */
/* Take the messages that have come: replies and other events are sent on, the snapshot
 * (hold WORK_ATTACHED) is brought up to date; where the other end is gone attach_fd becomes -1.
 * True: the folder has something new, which is to be looked at now. */
bool attach_turn(struct work_run *run);
double attach_due(const struct work_run *run); /* clock: attach_turn has something to do then */
void attach_said(struct work_run *run);   /* to whom it is attached: it need not be said again */
void attach_looked(struct work_run *run); /* the folder has been looked at after a turn */
/* Hand a request on; its reply comes once, also if the other end goes. False: not attached,
 * or it is one to be answered here. */
bool attach_ask(struct work_run *run, const struct request *r);
/* What the other program shows, into the run's snapshot; under the lock. Nothing while not
 * attached. */
void attach_put(const struct work_run *run, struct snapshot *s);
void attach_close(struct work_run *run); /* safe if not attached */

/* work_run.c */
extern const struct job_hooks work_hooks;                    /* ctx is to be the run */
void work_show(struct work_run *run, enum work_state state); /* makes the snapshot */
void work_send_happened(struct work_run *run, const struct happening *x);
void work_show_error(struct work_run *run, enum work_state state, const struct err *e);
enum work_state work_waits_as(struct work_run *run); /* for a place, or its turn in a duel */
enum work_state work_state(struct work_run *run);
/* Pause before the next step, shown as `state`. */
void work_pause_as(struct work_run *run, enum work_state state);

/* work_ask.c */
/* False: it is to be served again, when the fold has begun (work_begin_for). */
bool work_answer(struct work_run *run, const struct request *r);
/* It has been carried out: whoever asked from outside has a reply, whoever watches is told. */
void work_answered(struct work_run *run, const struct request *r);
/* The reply to a request: the error, or if there is none the text. */
void work_reply(struct work_run *run, const struct request *r, const struct err *e,
		const char *text);

/* work_try.c */
void work_try_change(struct work_run *run, const struct request *r, struct err *e);

/* work_hand.c */
void work_hand_text(const struct work_run *run, struct str *out); /* for another process */
void work_take_handed(struct work_run *run); /* what opt.handed says; once it is open */
int work_let_session_go(struct work_run *run, struct err *e);

/* work_change.c: "set KEY VALUE"; the last change is taken back. *say is the reply. */
void work_change(struct work_run *run, const char *asked, char *say, size_t n, struct err *e);
void work_undo(struct work_run *run, char *say, size_t n, struct err *e);
void work_undo_put(const struct work_run *run, struct snapshot *s); /* under the lock */

/* work_rewind.c: "4:1" or a name. Pauses there; *said is the reply. */
void work_rewind_to(struct work_run *run, const char *text, char *said, size_t n, struct err *e);
bool work_on_rewinding(void *ctx, struct job *j, const struct rewind *to, int done, int of);
void work_on_rewound(void *ctx, struct job *j, const struct rewound *r);

/* work_rule.c */
bool work_on_rollback(void *ctx, struct rollback *rule);
void work_set_rule(struct work_run *run, const struct request *r, struct err *e);
/* "on spike ...", if it is this run's own; else nothing. */
void work_rule_text(const struct work_run *run, struct str *out);
int work_take_rule(struct work_run *run, const char *args, struct err *e);

/* work_break.c */
void work_set_break(struct work_run *run, const struct request *r, struct err *e);
/* Could nobody ask it to go on? Then it does not wait at a break. */
bool work_is_deaf(const struct work_run *run);
void work_list_breaks(struct work_run *run, const struct request *r, struct err *e);
/* After a step or an epoch: if the breakpoint is tested there and holds, pause
 * before the next step; a run that is deaf stops. */
void work_test_break(struct work_run *run, bool epoch);

/* work_look.c */
struct look_result *work_look_at(struct work_run *run, const struct request *r, struct err *e);
void work_close_looker(struct work_run *run);

#endif
