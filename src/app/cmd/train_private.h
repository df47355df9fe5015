/* SPDX-License-Identifier: GPL-3.0-or-later */
/* train_private: what the files of train share. train.c follows a run of one job, and has the
 * loop; train_team.c has what is different with several jobs of one session (team.h). */
#ifndef MIUST_TRAIN_PRIVATE_H
#define MIUST_TRAIN_PRIVATE_H

#include "app/cmd/hooked.h"
#include "app/cmd/progress.h"
#include "app/cmd/train.h"
#include "app/lab/team.h"
#include "app/lab/work.h"
#include "app/serve/serve.h"
#include "base/str.h"

enum { JOBS_MOST = 64 }; /* as --jobs allows */

/* A job, by its run's number. */
struct watched {
	enum work_state state; /* as it was told last */
	struct position at;    /* of its last step */
	int64_t seed;          /* of its last fold */
	int epochs;
	double loss;
};

struct watch {
	struct work *work;
	struct serve *serve; /* NULL: nobody can ask */
	struct progress line;
	bool begun;
	struct watched job[WORK_FIRST + JOBS_MOST];
	double since;  /* seconds; 0: no step yet */
	int64_t seen;  /* utterances since then */
	int64_t steps; /* done */
	bool lines;    /* a line an epoch, and one for the results */
	double last;   /* when a line was written */
	int seeds;
	struct hooks hooks;
	struct position at; /* of the last event */
	struct snapshot now;

	struct team *team;                /* NULL: there is one job */
	const struct work_options *first; /* of the first job; a pattern for the others */
	int jobs;                         /* opened */
	struct seed_results **waits; /* [seeds] results that are to be printed after those of an
				      * earlier seed */
	int printed;                 /* seeds */
};

void train_say(void *watch, const char *text);
int train_next_epoch(const struct position *at); /* of the next step, as commands.log counts */
/* Who has stopped it: a signal, a break condition, a process that has asked `now`. */
const char *train_stopper(const struct watch *w, char *out, size_t n);
/* A seed's figures, to standard output. */
void train_print_seed(struct watch *w, const struct seed_results *s);

/* Of a job: what its message is about is named, where that is needed. */
void train_say_of(struct watch *w, int run, const char *text);

/* train_team.c; for a watch with a team. */
void train_open_others(struct watch *w);                        /* the first job is open */
void train_fold_begins(struct watch *w, const struct event *e); /* if it goes on, it is said */
void train_progress_text(struct watch *w, const struct event *e, struct str *text);
void train_says(struct watch *w, const struct event *e);
/* Takes what the event owns: seeds are printed in their order, whichever is finished first. */
void train_seed_in_order(struct watch *w, struct event *e);
/* All jobs have ended. */
int train_conclude_team(struct watch *w, const struct job_options *o, bool *complete,
			struct err *e);

#endif
