/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * states_private: the file of a stored state. For states*.c.
 */
#ifndef MIUST_STATES_PRIVATE_H
#define MIUST_STATES_PRIVATE_H

#include "app/session/states.h"

#define STATES_FOLDER "states"

/* "DIR/fold-F/states/STEP.state", or of another end. */
int states_path(const char *session_dir, int fold, int step, const char *end, char *out, size_t n,
		struct err *e);
/* The steps that have a file, whatever is in it: ascending, free(). */
int states_steps(const char *session_dir, int fold, int **step, int *n, struct err *e);

/* states_file.c. Atomically; `bytes` of the whole file. */
int states_file_write(const struct state *s, const char *name, const char *path, struct err *e);
/* What its head says; -1 if that, or the file's length, is damaged. */
int states_file_head(struct stored *out, const char *path, struct err *e);
int states_file_load(struct state *out, const struct state *like, const char *path, struct err *e);

#endif
