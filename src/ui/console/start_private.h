/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the parts of start share. */
#ifndef MIUST_START_PRIVATE_H
#define MIUST_START_PRIVATE_H

#include "app/config/draft.h"
#include "app/queue/queue.h"
#include "base/str.h"
#include "ui/console/start.h"

/* The verb draft (start_draft.c). */
int start_draft(struct ui *u, const char *args, struct err *e);
/* Do settings (KEY or KEY=..., in full or short) say which data there is, or how it is
 * divided? Then it is read and checked before anything is made; else it is that of the run
 * on the screen. */
bool start_changes_data(const char *const *key, int n);
/* What is said while settings and data are checked is collected in a struct str, and shown
 * on a page if they are refused; *e gets the first of it. Returns -1. */
void start_hear(void *said, const char *text);
int start_refuse(struct ui *u, struct str *said, struct err *e);
/* Make the session QUEUE_FOLDER/NAME of the shown run's config and these changes, and
 * queue it; `replay`: the commands.log that it follows, or NULL. On failure nothing is left of
 * it. */
int start_queue(struct ui *u, const struct draft *d, const char *name, const char *replay,
		enum queue_end end, struct err *e);
void start_say(struct ui *u, const char *name); /* whether it begins now, or after what */

/* In a script (--script) nobody can answer a question: then it is not asked. */
int start_sweep(struct ui *u, const char *args, struct err *e);
int start_sweep_now(struct ui *u, const char *args, struct err *e);

/* ---- names, in QUEUE_FOLDER (start_name.c) ---- */

enum { START_NAME = 100 }; /* bytes at most */

int start_path(char path[PATH_LEN], const char *name, struct err *e);
/* The name of the run on the screen, with its study's before it. */
char *start_from(const struct ui *u, char *name, size_t n);
/* Can it name a run, and is it free? */
int start_check_name(const char *name, struct err *e);
/* It becomes the first of NAME, NAME-2, NAME-3 ... that is free. */
int start_free_name(char *name, size_t n, struct err *e);

#endif
