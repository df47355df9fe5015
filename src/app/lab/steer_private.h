/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * steer_private: what the two files of steer share. steer_schedule.c says what a list of
 * changes means, steer.c keeps the log of a seed and follows it.
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
/* Every line of a log, path NULL: those of the session's folds; `log` becomes its changes
 * in the order they apply. */
int schedule_check_all(struct steer *s, const struct changes *read, const char *path,
		       struct schedule *log, struct err *e);

#endif
