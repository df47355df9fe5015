/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * steer: what a run is told while it runs.
 *
 * A change is written to commands.log of its fold, and on the disk, before it is in
 * force; --replay is copied into the folds' logs before the first step; a fold that
 * goes on follows its own log again. So whatever stops the run, and wherever it goes
 * on, each step is done with the settings of the run that was not stopped. Changes
 * apply in the order of their steps, and within one step in the order of the file.
 *
 * A fold begins with the configuration and what earlier folds were given until then.
 * It takes that over once: before its first step it writes it into its own log, with
 * `begin` (changes.h), and from then on it follows its own lines alone, whatever
 * earlier folds are given later. So with folds at once a change applies to the fold it
 * names, and one after the other to later folds too. Of a fold that another program
 * trains at that moment, or that is trained at once with others here, only what --replay
 * says is taken over. Where no earlier fold
 * has a change nothing is written: the log of a run that nobody steers is empty.
 *
 * Rewinds of a log (changes.h) are done by the job (job_rewind.h), each where the log has it.
 * Until the last of them is done the run repeats its past, and no change can be made in it.
 *
 * A job owns one and calls it between two steps. It knows nothing of the job:
 * the job lends what a change depends on, and what it changes.
 */
#ifndef MIUST_STEER_H
#define MIUST_STEER_H

#include "app/config/option.h"
#include "app/session/changes.h"
#include "app/session/session_rows.h"
#include "engine/train/train.h"

/* Changes in the order they apply. */
struct schedule {
	const struct settings *base; /* those before the first */
	struct changes list;
	bool *own;             /* of each fold of the corpus: does it follow its own alone? */
	int *from;             /* of each: steps done where its last rewind went back to */
	struct settings after; /* after the last of them, for `fold`, if `known` */
	int fold;
	bool known;
};

struct steer {
	/* Lent by the job: they must stay where they are. */
	const struct corpus *corpus;
	struct session *session;     /* of the seed being run */
	const struct settings *base; /* its configuration */
	struct settings *set;        /* in force: the configuration and every change since */
	struct trainer *trainer;     /* of the fold being run; its settings follow *set */
	long asked_by;               /* of what is asked next: another process, 0: none */
	void (*changed)(void *ctx, const struct change *c); /* took effect; NULL: untold */
	void (*branch)(void *ctx, const struct change *c);  /* a branch is due; may be NULL */
	bool (*at_once)(void *ctx, int fold); /* is it one of those here? NULL: there are none */
	void *ctx;

	/* Its own. */
	const char *path;      /* --replay, or NULL */
	struct changes replay; /* as the file has them */
	struct changes lines;  /* of the fold being run, in file order */
	int rewinds;           /* of these that are in its past */
	int64_t log_end;       /* bytes of its file before what was added last */
	int end;               /* lines.at[end] is the rewind that comes next; -1: none does */
	struct schedule log;   /* what it follows until then */
	int next;              /* log.list.at[next] is the first not yet in force */
	struct str begin;      /* lines that its file does not have yet: what it takes over */
	int *epoch_steps; /* of each fold, in split_folds' order, for this seed; 0: not yet known */
};

/* What is lent is set, and *set is the configuration. replay: a file to follow, or
 * NULL; it is read and checked before anything is stored. Errors are FILE:LINE. */
int steer_open(struct steer *s, const char *replay, struct err *e);
/* The same with a file that another has read and checked; a copy is made. */
void steer_open_read(struct steer *s, const char *path, const struct changes *replay);
void steer_close(struct steer *s); /* safe on zeroed memory, and twice */
/* A seed begins or goes on: check its logs, and copy --replay into them. A session that
 * has begun without one of the changes of --replay is an error: they cannot be made
 * in its past. */
int steer_begin(struct steer *s, struct err *e);
/* The fold, which is taken, begins or goes on: read its log; *set becomes what it begins
 * with. Before trainer_open. */
int steer_fold(struct steer *s, int fold, struct err *e);
/* Of that fold so many rewinds are in the past: *set becomes what it began with. So does the
 * trainer's, if it is open. *rewinds becomes how many the log has, if it has fewer: that of a
 * branch has none. */
int steer_after(struct steer *s, int *rewinds, struct err *e);
/* Write what it takes over, if it begins; before its rows are opened. */
int steer_store(struct steer *s, int fold, struct err *e);
/* Changes due before the next step; *fold_ends becomes true where the log ends the
 * fold, else it is left. A fold that was rewound after it was ended had not been tested: its
 * end is passed over. */
int steer_due(struct steer *s, bool *fold_ends, struct err *e);
/* The person ends the fold here: log it. */
int steer_end_fold(struct steer *s, struct err *e);
/* -1 if the log still has a rewind to come, so that nothing else can be logged now. */
int steer_free(const struct steer *s, struct err *e);

/* Does the log go back here, before the next step? 1: to *r. -1: it does so where the fold can
 * not be any more. Changes that are due before come first. */
int steer_rewind_due(struct steer *s, struct rewind *r, struct err *e);
/* The run goes back from `now` to *r, where the trainer is already: log it, and what is to change
 * there, "set KEY VALUE" each; `then` ends with NULL, and may be NULL. All of it is on the disk
 * when this returns, and the next rewind that is due; an error leaves the log as it was. */
int steer_rewind(struct steer *s, const struct state *now, const struct rewind *r,
		 const char *const *then, struct err *e);
/* Steps that were done where the last rewind in the fold's past went back to; 0: none is. */
int steer_rewound_to(const struct steer *s);
/* It was not to be: take the lines from the log again. */
int steer_rewind_undo(struct steer *s, struct err *e);
/* As the fold began, to go over its steps again: changes before the next step are then due
 * again (steer_again). What was in force is kept until steer_back. */
struct steer_kept {
	struct settings set;
	int next;
};
void steer_restart(struct steer *s, struct steer_kept *kept);
void steer_back(struct steer *s, const struct steer_kept *kept);
/* Changes for the steps that are done, and, with `next`, for the next one; nobody is told. */
int steer_again(struct steer *s, bool next, struct err *e);

/* "set KEY VALUE": for the step that comes next, or the next epoch if the setting
 * says so (or the next fold, should this one end before). It is in commands.log, at
 * the step it is for, when this returns. Only between two steps. Errors change
 * nothing. */
int steer_command(struct steer *s, const char *command, struct err *e);
/* What undo takes back: the last change that is in force or waits, whoever made it: a person, a
 * rule that went back on a spike, --replay, a branch when it left. All that the fold took over
 * of earlier ones is back to the configuration, a setting at a time. */
struct undoable {
	const struct option *o;
	int step; /* before which the change was made; 0: in an earlier fold */
};
/* false: there is none. */
bool steer_undoable(const struct steer *s, struct undoable *u);
/* The change that takes it back, as steer_command; *command becomes what was done. */
int steer_undo(struct steer *s, char *command, size_t n, struct err *e);
/* A line of what has been done here that changes no figure: "branch NAME E:S". */
int steer_remark(struct steer *s, const char *line, struct err *e);
/* How many changes wait for a later step of this fold; *last is the last. */
int steer_pending(const struct steer *s, const struct change **last);
/* The settings once all of those are in force, and once those are up to a step of this fold. */
void steer_after_pending(const struct steer *s, struct settings *set);
void steer_at(const struct steer *s, int step, struct settings *set);
/* The settings that were in force once so many steps were done, in the past of the fold. */
void steer_then(const struct steer *s, int step, struct settings *set);

/* Where the next step is: fold, epoch, step (within the fold), as commands.log
 * counts. */
void steer_position(const struct state *s, int *fold, int *epoch, int *step);

#endif
