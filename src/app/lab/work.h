/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * work: runs in threads of their own, reached through queues.
 *
 * Each run has an id, a thread and the threads that compute it; runs with the same
 * data share it (lab.h). So looking at one never waits for, nor stops, another. How
 * many may train at once is said by work_jobs: a run that is to go on takes a place,
 * or waits for its turn (WORK_WAITING); it keeps the place, also while it pauses,
 * until it has ended or stopped. One that was opened `paused` has no place before it
 * first goes on. The figures of a run depend on none of this.
 *
 * One border between the threads. Requests go in, each for one run, and are
 * served between two steps of it (or while it pauses); events come out of all runs
 * through one ring of fixed size, with a byte in a pipe to wake whoever polls; the
 * present state of each run is a snapshot that is copied whole under the lock.
 *
 * Field protection (work_private.h): one `lock` guards the queues, the snapshots
 * and what is marked so. It is held for copying only, never while the engine
 * computes and never while another lock is taken: there is no lock order to get
 * wrong. Everything else of a run belongs to its thread, but for a corpus: its lists,
 * ids and texts do not change once EVENT_OPENED has been sent, and may be read.
 *
 * A run that trains in another program, here or on another machine that shares the folder,
 * is opened like any other. Its thread follows the folder: the state comes from the folds'
 * locks, everything else from the files, and nothing is written. EVENT_FOLLOWED says that
 * there is something new in them. Where the other program listens on a socket the thread is
 * attached to it, hands requests on and has its snapshots from there; rows still come from the
 * folder. A run of ours that has stopped is followed in the same way, for another program
 * may go on with it.
 *
 * A stored session that is opened `paused` is looked at in this way too, and shown as paused where
 * it goes on. The first request that steers it (not a pause, a break condition or a pace) takes
 * its lock and its fold, if another program has not been faster; the data is not read again
 * unless it has changed.
 *
 * Overflow: events that do not fit are dropped and counted (snapshot.dropped);
 * what they carried is freed. The last quarter of the ring is kept for what is
 * not in the session folder (replies, looks, states); the folder holds every
 * row, so the screen reloads it (run_load) when the count has grown. Of a run that
 * is unattended nothing is dropped: its thread waits until there is room.
 *
 * All of the functions below are for one thread, the screen's.
 */
#ifndef MIUST_WORK_H
#define MIUST_WORK_H

#include "app/lab/duel.h"
#include "app/lab/job.h"
#include "app/lab/tried.h"
#include "app/session/session_lock.h"
#include "engine/train/probe.h"

#include <stdatomic.h>

enum work_state {
	WORK_LOADING,   /* configuration, data, session */
	WORK_WAITING,   /* is to go on when a place is free: it waits for its turn */
	WORK_RUN,       /* training */
	WORK_EVAL,      /* evaluating the validation or test part */
	WORK_REWINDING, /* steps of the past are done again, to go back (snapshot.rewind_to) */
	WORK_PAUSED,    /* between two steps, on request */
	WORK_BROKE,     /* between two steps: the break condition holds */
	WORK_DIVERGED,  /* a loss is not finite; weights as before the step */
	WORK_STOPPING,  /* finishing the step, then a checkpoint */
	WORK_IDLE,      /* nothing trains: finished, stopped, or only looking */
	WORK_ELSEWHERE, /* another program trains it (snapshot.owner); this one follows */
	WORK_FAILED,    /* see snapshot.error */
};

/* Who does what is asked of a run. */
enum work_hold {
	WORK_OURS,     /* this program trains it, or can */
	WORK_FOLLOWED, /* nobody here: its folder is looked at */
	WORK_ATTACHED, /* the program that trains it, through its socket */
};

enum { HELD_MOST = 32 };

struct snapshot {
	int run; /* its id */
	enum work_state state;
	int fold, nfolds, place;       /* fold number; how many; which of them from 1 */
	int epoch, epochs;             /* being trained (or trained last); planned */
	int in_epoch, steps_per_epoch; /* steps done in it */
	int step;                      /* done in the fold */
	double loss;                   /* smoothed, of the last steps; NaN before the first */
	double best; /* what train.select names, of the kept checkpoint; NaN: none */
	int best_epoch;
	double lr;             /* in force */
	int count[LABELS_MAX]; /* utterances of each class in the fold's training part */
	double rate;           /* training utterances per second, NaN while unknown */
	double eta;            /* seconds to the end of the whole run, NaN while unknown */
	double pace; /* epochs a second it keeps below, 0: none; rate and eta are with it */
	int pending; /* changes asked for and not yet in force */
	char pending_key[64], pending_value[64]; /* the last of them */
	char undo_key[64];  /* the setting whose change undo takes back; "": it has none */
	int undo_step;      /* of this fold, before which that was made; 0: of another, or no
			     * figure depends on it */
	char rewind_to[16]; /* WORK_REWINDING: "4:1" */
	int rewind_done, rewind_of; /* steps */
	char broke[512];     /* WORK_BROKE: the condition with its values, "grad_norm 14.2 > 10" */
	struct settings set; /* in force */
	char session[PATH_LEN]; /* the folder of the seed that is trained, or shown */
	char root[PATH_LEN];    /* the session's folder, as asked for until it is open */
	bool opened;            /* configuration and data are read */
	bool trains;            /* the run can go on from here: not finished, not only looking */
	bool placed;            /* it has its place among the jobs: trains, or pauses in between */
	bool looks;             /* it is only looked at: this program holds nothing of it */
	enum work_hold hold;
	long stopped_by; /* the process that asked ours to stop, -1: not known; 0: none did */
	bool left;       /* who trained it was killed: it can go on from its last checkpoint */
	bool unseen;     /* this user may not read who trains it, if anybody does */
	int held[HELD_MOST], nheld; /* folds that other programs train, the first of them */
	struct lock_owner owner;    /* who trains it elsewhere; host "": nobody, or not known */
	int silent;    /* seconds for which they have not answered: this is as old; 0: they do */
	bool busy;     /* WORK_FAILED: another program writes the session */
	bool can_skip; /* with --skip-bad it would have been opened */
	char looking[1024]; /* why the session is read-only although that was not asked for; "" */
	unsigned long dropped;    /* events lost so far */
	char error[2048];         /* WORK_FAILED, WORK_DIVERGED: why */
	int status;               /* of the error, enum exit_status */
	struct step_row diverged; /* WORK_DIVERGED: the failed step's figures */
	int repeats;           /* steps that a branch has still to do as its parent did; 0: none */
	int trying, trying_of; /* steps of a try that are done, and of how many; 0: none */
	bool ended;            /* after work_quit: what there is is stored, its thread is done */
};

/* Which of a model's parts to silence while looking. */
enum knock { /* the engine's ablations (probe.h) */
	     KNOCK_NOTHING = ABLATE_NOTHING,
	     KNOCK_TEXT = ABLATE_TEXT,
	     KNOCK_AUDIO = ABLATE_AUDIO,
	     KNOCK_HEAD = ABLATE_HEAD, /* + head */
};
enum { KNOCKS_MAX = KNOCK_HEAD + 16 };

/* One utterance through the model: the answer to REQUEST_LOOK. Whoever takes
 * the event owns it (look_free). Text row w, audio frame f, head h. */
struct look_result {
	int utt;   /* corpus index */
	int epoch; /* of the weights */
	int step;  /* steps done in that epoch; 0: they are those of its end */
	int fold;
	bool kept;   /* the kept checkpoint's weights, not the current ones */
	bool stored; /* those of the stored state after `at` steps */
	int at;
	enum knock knock; /* silenced while the arrays below were made */
	int L, T, heads, classes;
	float logits[HEADS][LABELS_MAX];
	float *weights[POOLS]; /* Att1 Att11 Atts1: [L]; Att2 Att22 Attt2: [T]; NULL: none */
	float *cross[CROSSES]; /* [heads][L][T], [heads][T][L]; NULL: none */
	/* Main head's logits with each part silenced: KNOCK_NOTHING, KNOCK_TEXT,
	 * KNOCK_AUDIO, then each head of both cross attentions. */
	int knocks;
	float knocked[KNOCKS_MAX][LABELS_MAX];
};
void look_free(struct look_result *l);

enum event_kind {
	EVENT_OPENED,  /* corpus and settings can be read; work_corpus */
	EVENT_FOLD,    /* begun: a fold begins (or goes on) */
	EVENT_STEP,    /* u.step, utterances */
	EVENT_HEALTH,  /* u.health: of the step that comes next */
	EVENT_EPOCH,   /* u.epoch; predictions of the validation part; best */
	EVENT_RESULT,  /* u.result; predictions of the test part */
	EVENT_SEED,    /* seed: all folds of one have results */
	EVENT_REWOUND, /* the run has gone back, its rows too; text says where to */
	EVENT_CHANGED, /* u.change: took effect; text is its command */
	EVENT_MARK,    /* a checkpoint saved by hand, a step that diverged, a note (told) */
	EVENT_LOOK,    /* look */
	EVENT_TRIED,   /* tried */
	EVENT_REPLY,   /* to a request: ok, text */
	EVENT_SAY,     /* text for the user; told is the whole of it */
	EVENT_TOLD,  /* told: all that was said while opening, before it has succeeded or failed */
	EVENT_STATE, /* the state changed; see the snapshot */
	EVENT_FOLLOWED, /* files of the folder that is followed have changed: run_refresh */
	EVENT_HAPPENED, /* happened: for hooks; is not left out when the ring is full of others */
};

/* Where a run is, in the fold that is open; zeros while none is. */
struct position {
	int fold, epoch, step;         /* being trained (or trained last); steps done in the fold */
	bool ended;                    /* the epoch has been evaluated */
	int in_epoch, steps_per_epoch; /* steps done in the epoch */
	int best_epoch;                /* kept; 0: none */
	double best;                   /* what train.select names, of it */
};

struct fold_begun {
	char session[PATH_LEN]; /* the folder of its seed */
	bool goes_on;           /* something has been trained in that folder before */
};

struct seed_results {
	struct settings set;
	struct results results;
};

struct event {
	enum event_kind kind;
	int run;            /* whose it is */
	struct position at; /* of the run when it was sent */
	unsigned request;   /* EVENT_REPLY, EVENT_LOOK, EVENT_TRIED: its number */
	bool ok, best;
	union {
		struct step_row step;
		struct health_row health;
		struct epoch_row epoch;
		struct fold_row *result; /* owned, as below */
		struct {
			int fold, epoch, step;
			enum { CHANGE_SET, CHANGE_SAVED, CHANGE_BROKEN, CHANGE_NOTED } what;
		} change;
	} u;
	int utterances;                 /* EVENT_STEP: in its batches */
	struct predictions predictions; /* n 0: none */
	struct fold_begun *begun;       /* owned */
	struct seed_results *seed;      /* owned */
	struct look_result *look;
	char *told;                 /* lines; owned */
	struct tried *tried;        /* owned */
	struct happening *happened; /* owned */
	char text[512];
};
void event_free(struct event *e); /* what it owns */

struct work;

struct work_options {           /* with all they point to they are copied */
	struct job_options job; /* threads: of the program, 0: all cores; see work_jobs */
	bool readonly;          /* a session to look at: no lock, nothing is written */
	bool paused;            /* wait before the first step */
	const char *handed; /* NULL, or what work_hand_over said of it in another process; without
			     * job.socket it does not begin paused: nobody could ask it to go on.
			     * Nor does one that is unattended wait at a break then: it stops */
	double pace;        /* as work_pace */
	struct rollback rollback; /* the rule for spikes, until work_rollback or work_rule */
	bool polls;               /* a folder that is followed is only looked at by the clock */
	/*
	 * For a program without a screen. Its run is trained at once, and its thread ends with
	 * it: a session that cannot go on is an error and not looked at, a run that diverges
	 * ends. No event of it is dropped (until work_end): its thread waits while the ring is
	 * full.
	 */
	bool unattended;
	/* NULL, or becomes false when the session is open or could not be opened: from then on a
	 * run that is interrupted has something to store. */
	atomic_bool *reading;
};

enum { WORK_FIRST = 1 }; /* the id of the first run; those that follow count on */

/* Start with one run, or with none (o NULL); its thread opens the job itself, so this returns at
 * once. A stored session that cannot go on (another program writes it, its data has changed) is
 * only looked at: the snapshot's `looking` says why. One to `claim` then fails. */
struct work *work_start(const struct work_options *o, struct err *e);
/* Another run, likewise: its id, which is never used again; 0 on error. */
int work_open(struct work *w, const struct work_options *o, struct err *e);
/* The run is to stop after a checkpoint, if it trains, and to let go of all it has. Its id
 * is unknown from now on, and no event of it comes any more but EVENT_HAPPENED. */
void work_close(struct work *w, int run);
/* What it was opened with; good until it is closed. */
const struct job_options *work_job(struct work *w, int run);
/* How many runs may train at once; 1 at first. Each that begins from now on computes with
 * that share of the threads, at least one; whoever trains already keeps place and
 * threads. */
void work_jobs(struct work *w, int jobs);

/* The rule for spikes (rollback.h), of all that are open; back 0: none. At once, without a
 * request. */
void work_rollback(struct work *w, const struct rollback *rule);
bool work_has(struct work *w, int run); /* is it open? */
struct glance {
	enum work_state state;
	enum work_hold hold;
	bool opened, trains, placed;
};
/* "process 4711 on node7 trains it; this screen follows", and whether it could be asked there. */
char *work_followed(const struct lock_owner *who, char *out, size_t n);
void work_glance(struct work *w, int run, struct glance *g); /* a few words of the snapshot */
/* Ids of the first `most` runs that are open, or of those that have a place, in the order of
 * opening; returns how many there are. */
int work_runs(struct work *w, int *id, int most);
int work_training(struct work *w, int *id, int most);

/* Ask all to checkpoint and stop, wait, free all. Returns the exit status (enum
 * exit_status) of the first run that did not end well, or 0. Runs that were closed count
 * too, unless they could not be opened. */
int work_end(struct work *w);
/* The same request, without waiting: work_ended says when it has been
 * carried out. work_end must follow. */
void work_quit(struct work *w);
bool work_ended(struct work *w); /* all threads are done; an event comes when the last is */

int work_fd(const struct work *w);                               /* readable: events wait */
bool work_next(struct work *w, struct event *e);                 /* the next event; event_free it */
void work_snapshot(struct work *w, int run, struct snapshot *s); /* of an open run */
const struct corpus *work_corpus(struct work *w, int run);       /* after EVENT_OPENED, else NULL */

/* Who asks from now on: another process (-1: its number is not known), which goes into
 * commands.log and into an EVENT_SAY once its request has changed something, and which is
 * replied to in any case; 0, as at first: this program. */
void work_asks(struct work *w, long process);
int work_room(struct work *w, int run); /* how many requests it takes now, at least */
/* Requests of a run: each returns its number, which EVENT_REPLY repeats; 0: too many wait
 * already. Replies to what only starts or stops come only if it is refused. What
 * is asked while the data is still being read waits, and is answered in order
 * before the first step. */
unsigned work_ping(struct work *w, int run); /* a reply when all it asked before has been served */
enum { WORK_COMMAND = 1024 };                /* bytes of a command, with its NUL */
/* set KEY VALUE, set KEY xFACTOR (of what is in force or waits; the log has the
 * value), undo (of the last change, whoever made it), fold, save, eval, note TEXT, rewind
 * EPOCH[:STEP]|NAME (it then pauses there; a pause or stop that is asked for before it is there
 * calls it back). */
unsigned work_command(struct work *w, int run, const char *command);
unsigned work_pause(struct work *w, int run);
unsigned work_resume(struct work *w, int run);
unsigned work_step(struct work *w, int run,
		   bool epoch); /* one step, or to the epoch's end, then pause */
/*
 * For a run that is to go on in another process: the reply's `told` is how it is to
 * (work_options.handed): whether it pauses, its pace, its break condition, its rule. Ask before
 * it is stopped, or in one breath with that.
 */
unsigned work_hand_over(struct work *w, int run);
/* It has stopped: its session is let go, and is only looked at from now on. */
unsigned work_let_go(struct work *w, int run);
/* At most so many epochs a second, a step at a time; 0: as fast as it can. What is asked
 * for meanwhile is served at once, and the figures are the same. */
unsigned work_pace(struct work *w, int run, double epochs_a_second);
unsigned work_stop(struct work *w, int run); /* finish the step, checkpoint, WORK_IDLE */
/* Has another process (work_asks) stopped it since this was last asked? True before the snapshot
 * is WORK_IDLE, and forgotten once it goes on. */
bool work_stopped_outside(struct work *w, int run);
/* See breakpoint.h; "" clears. The reply says when it will be tested. */
unsigned work_break(struct work *w, int run, const char *when);
unsigned work_breaks(struct work *w, int run); /* the reply says which condition is set */
/* The rule of this run alone: what follows `on`, "spike rewind ..." or "spike off"; "" is told in
 * the reply. */
unsigned work_rule(struct work *w, int run, const char *args);
/* Utterance utt of the corpus through fold's model: its current weights while it
 * trains, else (or if `kept`) its kept checkpoint. */
unsigned work_look(struct work *w, int run, int fold, int utt, bool kept, enum knock knock);
/* The same with the weights of the stored state of `step`. One that has gone, and one that is
 * damaged, which is said, is passed over for the next one after it (side > 0) or before it. */
unsigned work_look_stored(struct work *w, int run, int fold, int utt, int step, int side,
			  enum knock knock);
/* The fold that is looked at: of the programs that train folds of one session, the one that trains
 * this one is shown and steered; if nobody does, that of the first fold that is trained. */
void work_attend(struct work *w, int run, int fold);
/*
 * The next steps both ways from a copy of the state; nothing is kept. `what`: trial.h. EVENT_TRIED
 * comes before the reply. The snapshot says how far it is; "off", a pause, a stop and the end
 * of the program end it: then the points that are done are the answer, or an error says it.
 */
unsigned work_try(struct work *w, int run, const char *what);

/*
 * Two runs that train in turn (duel.h), one duel at a time. They go on at once, or when there
 * is a place for one of them, which both share; work_jobs counts them as one. When the duel is
 * over both stop after a checkpoint, and test their fold first if it is at its end; one that
 * diverged waits as ever. A side that is asked to pause makes the other wait; one that ends,
 * stops, fails, goes back or is closed ends the duel.
 *
 * run[i]: its id, if it is open; 0: it is opened with o[i], and run[i] becomes its id. Either goes
 * on with o[i].job.first, the fold that the duel is of. o may be NULL if both are open: each then
 * goes on with the fold that it is on. On error there is no duel; whatever was opened for it ends.
 */
int work_duel(struct work *w, const char *const name[2], const struct work_options o[2], int run[2],
	      int epochs, struct err *e);
void work_duel_stop(struct work *w); /* by hand; if there is one */
/* What is to be shown of the last duel; true: it is not what *d has, and is copied there. An event
 * comes after each change. */
bool work_duel_look(struct work *w, struct duel *d, unsigned *seen);
/* Which side of the duel that is on a run is, from 0; -1: none. */
int work_duel_side(struct work *w, int run);
/* Is there none, or has it ended, and its runs too? */
bool work_duel_over(struct work *w);

#endif
