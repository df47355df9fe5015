/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lab: what runs share: the data, read once, and the threads that compute.
 *
 * A lab is held by each job that uses it and closed with the last of them. A job
 * owns only its run; two jobs over one lab do not disturb each other, whatever
 * order their steps are done in, as long as one thread does them.
 */
#ifndef MIUST_LAB_H
#define MIUST_LAB_H

#include "app/config/origin.h"
#include "base/str.h"
#include "engine/data/opening.h"
#include "engine/num/par.h"

/* Which data, and how it is read. */
struct lab_data {
	const struct settings *set;
	const struct origin *known; /* rows that are left out already */
	unsigned how;               /* CORPUS_HEADERS or CORPUS_SKIP_BAD */
	bool look;                  /* leave other rows with errors out without a word */
	bool notes;                 /* say notes about a list as a whole */
	const char *leave_out;      /* for a refusal: how other rows are left out too */
	void (*say)(void *ctx, const char *text); /* warnings, problems; NULL: nothing is said */
	void *ctx;
};

struct lab {
	struct corpus corpus;
	struct origin now; /* what the corpus is */
	struct str roster; /* its data.csv */
	struct par *par;

	/* For lab_take. */
	struct settings set;
	unsigned how;
	bool look, fresh; /* fresh: read without known rows */
	int held;
};

/*
 * The lab for this data: `have` (may be NULL) if its data would be read as the
 * same rows, else a new one with threads of its own (0: all cores). The caller
 * then holds it. NULL: the data cannot be used, *e says why.
 */
struct lab *lab_take(struct lab *have, const struct lab_data *d, int threads, struct err *e);
void lab_hold(struct lab *lab); /* once more */
void lab_drop(struct lab *lab); /* NULL is ignored; the last one closes it */

/* The data alone, for a command that only looks; corpus_close it. */
int lab_read(struct corpus *c, const struct lab_data *d, struct err *e);

#endif
