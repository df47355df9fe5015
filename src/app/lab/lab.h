/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lab: the data that runs share, read once.
 *
 * A lab is held by each job that uses it. Jobs over one lab may run in several threads
 * at once: what they share stays as it was read. A job owns its run and the threads that
 * compute it.
 */
#ifndef MIUST_LAB_H
#define MIUST_LAB_H

#include "app/config/origin.h"
#include "base/str.h"
#include "engine/data/opening.h"

#include <pthread.h>

/* Which data, and how it is read. */
struct lab_data {
	const struct settings *set;
	const struct origin *known;  /* rows that are left out already */
	const struct new_list *list; /* for lab_read: this list alone, for a trained model; NULL:
				      * those of the settings */
	unsigned how;                /* CORPUS_HEADERS or CORPUS_SKIP_BAD */
	bool look;                   /* leave other rows with errors out without a word */
	bool notes;                  /* say notes about a list as a whole */
	const char *leave_out;       /* for a refusal: how other rows are left out too */
	void (*say)(void *ctx, const char *text); /* warnings, problems; NULL: nothing is said */
	void *ctx;
};

struct lab {
	struct corpus corpus;
	struct origin now; /* what the corpus is */
	struct str roster; /* its data.csv */

	/* For lab_take. */
	struct settings set;
	unsigned how;
	bool look, fresh;       /* fresh: read without known rows */
	struct file_mark *list; /* [corpus.nlists + 1] the lists and their folder, as read */
	struct labs *of;        /* NULL: nobody else looks for it */
	struct lab *next;       /* -- protected by of->lock, as all below */
	int held;
	struct lab_write *write; /* [writes] when files were found to be written to in place */
	int writes;
};

/* Those that are held now, and the one taken last, which is kept for whoever opens the
 * next run. Any thread may use it. */
struct labs {
	pthread_mutex_t lock;
	struct lab *first, *kept; /* -- protected by lock */
};
void labs_init(struct labs *labs);
void labs_close(struct labs *labs); /* when no lab is held any longer */

/*
 * A lab with this data: one of `labs` (may be NULL) if its data would be read as the
 * same rows and no file of it has changed, else a new one. The caller then holds it.
 * NULL: the data cannot be used, *e says why.
 */
struct lab *lab_take(struct labs *labs, const struct lab_data *d, struct err *e);
struct lab *lab_hold(struct lab *lab); /* once more; of labs that are shared */
void lab_drop(struct lab *lab);        /* NULL is ignored; the last one closes it */

/* How many files were written to in place since *seen, which becomes the number of all
 * so far; *first is the path of one of them. Several runs may ask, each hears of all. */
int lab_written(struct lab *lab, int *seen, const char **first);

/* The data alone, for a command that only looks; corpus_close it. */
int lab_read(struct corpus *c, const struct lab_data *d, struct err *e);

#endif
