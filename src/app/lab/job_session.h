/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * job_session: the session a job runs in, new or gone on with.
 *
 * A session that goes on has the settings and the data it was started with. Only
 * paths may change (data that moved), and, with --accept-data, the data itself;
 * every other difference is an error that says what is different and the way out.
 * Nothing is changed on the disk before all of that is checked. Used by job.c.
 */
#ifndef MIUST_JOB_SESSION_H
#define MIUST_JOB_SESSION_H

#include "app/lab/job.h"

bool job_resumes(const struct job_options *o); /* is there a session to go on with, now? */
/* Going on: its settings, with the paths that --set or CONFIG give it now, into
 * j->set, and what it knows of its data into j->origin. `asked`: the settings of
 * CONFIG (and --set), or NULL. */
int job_read_session(struct job *j, const struct settings *asked, struct err *e);
/* Going on: an error if a folder or list of j->set is not there. */
int job_find_data(const struct job *j, struct err *e);
/* The corpus is open: is it what session and seeds were trained on? */
int job_check_data(struct job *j, struct err *e);
int job_check_asked(const struct job *j, struct err *e); /* --fold, --seeds */
/* Of an open session: how many folds that were asked for have no result. */
int job_count_left(const struct job *j, int *n, struct err *e);

/* Lock the session, or create it. With --resume, one that others have made meanwhile is
 * gone on with, if settings and data are the same. */
int job_open_session(struct job *j, struct err *e);
/* The same without a lock, of a session that is there: j->root, and j->session is the folder of
 * the first seed that has something left to train, of those that have a folder. */
int job_find_session(struct job *j, struct err *e);
/* A session that this job has created and that was refused before its first step is
 * taken back, its folder and the folders made for it too. */
void job_discard_session(struct job *j);

/* A seed's run begins, in j->session: what it knows of its data into j->then. */
int job_begin_data(struct job *j, struct err *e);
/* Nothing is left to train in it: only where the data is now. */
int job_store_paths(struct job *j, struct err *e);
/* Its first fold is open at the step where it goes on: store which data it has from here on;
 * in commands.log too, if that is another than before. */
int job_store_data(struct job *j, struct err *e);

#endif
