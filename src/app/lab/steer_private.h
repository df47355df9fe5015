/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * steer_private: what the files of steer share. steer_schedule.c says what a list of changes
 * means, steer_replay.c keeps the logs of a seed, steer.c follows that of a fold, steer_ask.c
 * adds to it what the person asks for.
 */
#ifndef MIUST_STEER_PRIVATE_H
#define MIUST_STEER_PRIVATE_H

#include "app/lab/steer.h"

/* An empty list over this configuration, which stays where it is. */
void schedule_begin(struct schedule *to, const struct corpus *corpus, const struct settings *base);
void schedule_end(struct schedule *to);
/* Below, at or above 0: before, at or after (fold, step). Folds ascend. */
int schedule_from(const struct change *c, int fold, int step);
/* `after`: the settings after it, for its fold. */
void schedule_insert(struct schedule *to, const struct change *c, const struct settings *after);
/* The folds that follow their own changes alone, as these say. */
void schedule_mark_own(struct schedule *to, const struct corpus *corpus, const struct changes *c);

/* "set KEY VALUE" into *s; *o is the option. */
int schedule_apply_set(struct settings *s, const char *command, const struct option **o,
		       struct err *e);
/* The settings a change meets as one after those of `log`. */
int schedule_before(const struct steer *s, struct settings *set, struct schedule *log,
		    const struct change *c, struct err *e);
/* A change as one after those of `log`: *was is what it replaces ("" if it sets
 * nothing), *after are the settings then. */
int schedule_check(struct steer *s, struct schedule *log, const struct change *c, char *was,
		   size_t n, struct settings *after, struct err *e);
/* The same, and then it is one of them. */
int schedule_add(struct steer *s, struct schedule *log, const struct change *c, char *was, size_t n,
		 struct err *e);
int schedule_place(const struct corpus *c, int fold); /* of a fold, from 0 */
/* Steps an epoch of a fold; -1 on error. */
int schedule_each(struct steer *s, int fold, struct err *e);
/* Where an error of a fold's log is: of the file `path`, or NULL: of the session. */
int schedule_error(const struct steer *s, const struct change *c, const char *path, const char *why,
		   struct err *e);
/* Every line of a log, path NULL: those of the session's folds; `log` becomes its changes
 * in the order they apply. */
int schedule_check_all(struct steer *s, const struct changes *read, const char *path,
		       struct schedule *log, struct err *e);

/* A change, in force from now on; and whoever watches is told. */
int steer_apply(struct steer *s, const struct change *c, struct err *e);
void steer_tell(const struct steer *s, const struct change *c);

#endif
