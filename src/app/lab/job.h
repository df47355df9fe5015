/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * job: a run from its first fold to its results, in a session folder.
 *
 * The job owns trainer, threads and session, and drives them over the data of a lab, which
 * several jobs may share. Whoever started it watches through hooks and steers between
 * two steps: `between` is called before every step and after every epoch, and may look
 * at everything, change settings (steer_command), save, or tell the run to end. `miust
 * train` hooks a progress line, the workbench its queues; both run the same code.
 *
 * What is stored when: a live change before it is in force (steer.h); steps.csv row by
 * row; at the end of an epoch the rows are synced, and a copy of the state goes to a thread
 * that writes while training goes on (states.h): best.safetensors (if better),
 * last.safetensors and, last, state.safetensors, which says how far the run has come; then
 * the stored state. A kill at any instant leaves the previous state, and the rows after it
 * are cut on resume. job_save, and so every stop, waits until all is written.
 * A rewind: job_rewind.h; by itself, after a spike: job_rollback.h.
 *
 * All calls come from the thread that runs job_run; other jobs may run in other threads.
 */
#ifndef MIUST_JOB_H
#define MIUST_JOB_H

#include "app/hook/happening.h"
#include "app/hook/rollback.h"
#include "app/lab/lab.h"
#include "app/lab/steer.h"
#include "app/session/history.h"
#include "app/session/results.h"
#include "app/session/session_rows.h"
#include "app/study/spike.h"
#include "engine/train/health.h"

struct job;
struct str;
struct states; /* states.h */
struct team;   /* team.h */

enum job_go {
	JOB_GO,   /* next step */
	JOB_STOP, /* checkpoint and end the run */
	JOB_FOLD, /* end this fold here: test its kept checkpoint, go to the next */
};

/* The fold went back to a step of its past (job_rewind.h). */
struct rewound {
	struct rewind to; /* branch: what came after it */
	int step;         /* done there */
	int replayed;     /* steps that were done again */
	double seconds;   /* that this took */
	bool logged;      /* the log said so */
	char undone[128]; /* settings as they were then: "train.clip 0.5 is 0 again"; or "" */
};

/* The last step, as far as it may be a spike. */
struct spiked {
	struct step_row row; /* step 0: it is none, or has had its answer */
	double times;        /* its loss of the median before it; 0: it is not finite */
	bool told;           /* the step was done in an earlier sitting, whose hooks heard of it */
};

struct job_hooks {
	void *ctx;
	/* Any may be NULL. */
	void (*begin_fold)(void *ctx, struct job *j);
	enum job_go (*between)(void *ctx, struct job *j);
	void (*step)(void *ctx, struct job *j, const struct step_row *r);
	void (*health)(void *ctx, struct job *j, const struct health_row *r); /* before `step` */
	void (*evaluating)(void *ctx, struct job *j); /* a part is about to be evaluated */
	/* Asked while it is: true ends the run there as JOB_STOP does, and going on
	 * evaluates again. */
	bool (*stopping)(void *ctx);
	void (*epoch)(void *ctx, struct job *j, const struct epoch_row *r,
		      const struct predictions *val);
	void (*fold)(void *ctx, struct job *j, const struct fold_row *r,
		     const struct predictions *test);
	void (*seed)(void *ctx, struct job *j); /* all its folds have results */
	void (*changed)(void *ctx, struct job *j, const struct change *c); /* took effect */
	/* The step that diverged. JOB_GO does it again from the weights of before
	 * (the hook has changed something), JOB_FOLD ends the fold if it has a kept
	 * checkpoint; else the run ends. */
	enum job_go (*diverged)(void *ctx, struct job *j, const struct step_row *r,
				const struct err *e);
	/* Asked before each of `of` steps that are done again on the way back: true ends that,
	 * and the run stays where it was. */
	bool (*rewinding)(void *ctx, struct job *j, const struct rewind *to, int done, int of);
	void (*rewound)(void *ctx, struct job *j, const struct rewound *r);
	/* The rule for spikes in force now (job_rollback.h); false: there is none. */
	bool (*rollback)(void *ctx, struct rollback *rule);
	/* Each once, and before or at the hook above that reports it: best after `epoch`,
	 * fold after `fold`, spike once it is known whether the run goes back, diverged (if it
	 * does not) before `diverged`, which may wait; at the end of what has trained here
	 * finished after `seed`, else stopped, diverged or failed. */
	void (*happened)(void *ctx, struct job *j, const struct happening *x);
	void (*say)(void *ctx, const char *text); /* a message for the user */
};

/* How rows with errors are left out: in a refusal only where that helps. */
#define JOB_SKIP_BAD "with --skip-bad"

struct job_options {
	const char *config;     /* file, or "demo"; NULL when resuming by session alone */
	const char *session;    /* folder; NULL: a new one below sessions/ */
	const char *const *set; /* KEY=VALUE, nset of them */
	int nset;
	const int *fold; /* [nfolds] only these; the caller's */
	int nfolds;      /* 0: all */
	int first;       /* of these, the one to begin with, if it has no result; 0: not said, then
			  * session_goes_on_with chooses it. The others follow in order */
	int seeds;       /* how many, from exp.seed on; 0 counts as 1 */
	bool resume, skip_bad;
	bool or_start; /* with resume, as --resume-or-start: needs `session` and `config` */
	bool claim;    /* going on: only if no other program writes the session (session_claim) */
	bool accept_data;   /* go on although the data has changed */
	bool notes;         /* say what is worth a note about a list as a whole */
	const char *replay; /* a commands.log to follow, or NULL */
	const char
		*socket;  /* where this program listens, named in the folds' locks; NULL: nowhere */
	int threads;      /* 0: all cores */
	int rank_threads; /* of each of the other ranks; 0: all its cores */
	int64_t max_steps;         /* stop after so many; 0: no limit; of a team the team counts */
	const struct ranks *ranks; /* who compute its batches too (job_ranks.h); NULL: nobody */
	struct team *team; /* the folds are shared with other jobs of this session; NULL: none */
};

struct job {
	struct job_options opt;
	struct job_hooks hooks;
	struct settings base;         /* the configuration of the seed being run */
	struct settings set;          /* in force: the configuration and every change since */
	struct lab *lab;              /* held; NULL: the data of a session that is only looked at
				       * cannot be read */
	struct par *par;              /* computes */
	int written;                  /* files of the lab that were noticed to be written to */
	struct origin origin;         /* what session or config know of the data */
	struct session root, session; /* the folder, and that of the seed being run */
	int seed;                     /* being run: its place among them, from 0 */
	struct results results;       /* of the seed being run */
	struct trainer trainer;       /* of the fold being run; trainer.corpus NULL: none */
	struct trainer_memory memory; /* of its fold */
	struct history history;
	struct health health;  /* room of its measurements (job_health.h) */
	bool health_refused;   /* there is none */
	struct happening best; /* that is told when its files are stored, if one waits */
	bool best_waits;
	struct states *states; /* writes checkpoints and stored states of the fold being run */
	struct steer steer;    /* the changes it is told while it runs */
	struct origin then;    /* what the folder of the seed being run says of its data */
	bool data_known;       /* that, or --accept-data: other data was noticed, and is meant */
	bool paths_moved;      /* the folder's config.yml has other paths or words on the data */
	bool data_stored;      /* in the folder of the seed being run */
	bool resumes;          /* goes on with a session that was there, or was made by others */
	bool created;          /* the session, by this job */
	bool begun;            /* a step was made, or the run stopped as asked: it stays */
	char made[PATH_LEN];   /* the topmost folder made for it, "" if none */
	int64_t steps;         /* done by this process */
	int trunk; /* the fold is a branch's: so many steps its parent did too; 0: none */
	int ahead; /* the fold is a branch's: up to so many steps it does what its parent did;
		    * 0: it goes its own way */
	struct spike spike;   /* the losses of the fold's last steps */
	struct spiked spiked; /* of the step before the next */
	char kept_here[192];  /* why the rule did not take this fold back, as it was said last */
	bool ranks_known;     /* the machines of its ranks are compared */
	bool machine_known;   /* compared with what the session was first trained on */
	struct err lost;      /* why it cannot go on, where a hook met that (job_rewind) */
	bool trained;         /* something, since the last end that was told (happened) */
	bool stopped;         /* job_run ended before all was trained that is this job's */
	bool complete;        /* all folds of all seeds have results */
};

/*
 * Load configuration, data and session; nothing is trained yet. The data is that of one
 * of `labs` (may be NULL), or is read: j->lab. e->status is
 * EXIT_DATA if a session cannot go on only because its data is gone, at fault or
 * has changed: it can still be looked at.
 */
int job_open(struct job *j, struct labs *labs, const struct job_options *o,
	     const struct job_hooks *h, struct err *e);
/*
 * A further job of o->team, whose first has opened the session and offered it: nothing is read
 * again. It has a lock of its own.
 */
int job_open_beside(struct job *j, const struct job_options *o, const struct job_hooks *h,
		    struct err *e);
/*
 * The same of a stored session (o->session) that may go on later: it is read and checked, and
 * nothing is locked or written, so nothing can be run. j->session is the folder of the first
 * seed that has something left to train. job_open goes on with it, and with the same data.
 */
int job_open_stored(struct job *j, struct labs *labs, const struct job_options *o,
		    const struct job_hooks *h, struct err *e);
/*
 * A stored session (o->session) to be looked at: nothing is locked or written, and
 * nothing can be run. It opens without its data too; why is said if `tell`.
 */
int job_look(struct job *j, struct labs *labs, const struct job_options *o,
	     const struct job_hooks *h, bool tell, struct err *e);
/* How many threads compute from the next job_run on (0: all cores); of the figures
 * nothing depends on it. A fold that is open is closed, as job_run does. */
int job_threads(struct job *j, int threads, struct err *e);
/*
 * Run to the end. 0: done, or stopped by the hook or --max-steps after a
 * checkpoint (j->complete tells; the trainer stays open to be looked at). -1:
 * failed or diverged (e->status); what was stored before stays. May be called
 * again after a stop, and goes on from the checkpoint. Of a team (team.h) it trains what it can
 * take, and is complete when all seeds are; after a fold that diverged it may be called again for
 * what else there is to take.
 */
int job_run(struct job *j, struct err *e);
/* "--session DIR --resume" as a shell reads it, and what else says which part of it: --fold and
 * --seeds, where they were asked for. */
void job_add_resume(struct str *b, const char *dir, const struct job_options *o);
/* Safe on zeroed memory, after a failed open, and twice. A session that job_open
 * has created is removed again if no step was made in it. */
void job_close(struct job *j);
/* Of one that is not inside job_run, and will not be again: the session's locks. What is known of
 * session and data stays, as job_look has it. */
void job_let_go(struct job *j);
void job_say(const struct job *j, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

int job_save(struct job *j, struct err *e); /* state and last.safetensors, now */
/*
 * A run that has stopped has let its fold go. Before its files are changed all the same
 * (job_save, steer_command), take it again: an error if another program writes it, or has
 * gone on with it since. Inside job_run nothing is done. *taken is for job_leave_stopped.
 */
int job_take_stopped(struct job *j, bool *taken, struct err *e);
void job_leave_stopped(struct job *j, bool taken);

/* Is the next step one that its parent did too? The run has to do them first, so nothing may be
 * changed: what is asked waits, or the run stops. */
bool job_repeats(const struct job *j);

/* Where the next step is (steer_position). */
void job_position(const struct job *j, int *fold, int *epoch, int *step);

/* Read settings for a command that only looks: CONFIG or "demo". Warnings and
 * the problems of the data go to `say`. */
int job_load(struct settings *s, struct corpus *c, const struct job_options *o, unsigned how,
	     void (*say)(void *ctx, const char *text), void *ctx, struct err *e);

#endif
