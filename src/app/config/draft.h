/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * draft: the next run, as what it changes in the settings of a stored one.
 *
 * The stored run's config.yml is `base`; the draft holds only the settings that
 * differ from it, and so goes wherever base goes. It is plain data: nothing is
 * read or written here, and nothing trains.
 *
 *	struct draft d = {0};
 *	draft_set(&d, &base, "train.batch_size", "x2", &e);
 *	draft_apply(&d, &base, &next, &e)	the settings of the next run, checked
 *	draft_free(&d);
 *
 * A value is checked alone when it is set, and the whole as a config file is when
 * the draft is applied: two settings that must agree can be set one by one.
 */
#ifndef MIUST_DRAFT_H
#define MIUST_DRAFT_H

#include "app/config/option.h"

struct draft_row {
	const struct option *o;
	char *value; /* as option_text has it, so that it reads back exactly */
};

struct draft {                 /* start with {0} */
	struct draft_row *row; /* in the order of option_table */
	int n;
};

void draft_free(struct draft *d); /* empty again */

/*
 * KEY VALUE, the key in full or short (option_short); a factor (x0.5) multiplies what the draft
 * says, else what base says. Paths start at the current folder. "" in quotes is no value at all. A
 * value that base has too takes the setting out of the draft. Errors start with the key, and change
 * nothing.
 */
int draft_set(struct draft *d, const struct settings *base, const char *key, const char *value,
	      struct err *e);
int draft_assign(struct draft *d, const struct settings *base, const char *assignment,
		 struct err *e); /* KEY=VALUE */
/* What was changed while the run trained, taken over: every live setting that differs
 * in `now` from base. Returns how many. */
int draft_live(struct draft *d, const struct settings *base, const struct settings *now);
bool draft_take_back(struct draft *d, const struct option *o); /* false: it is not in it */

const char *draft_value(const struct draft *d, const struct option *o); /* NULL: as base */
/* The settings of the next run. Errors are those of a config file, with the key in
 * place of the file's position; *next is unchanged then. */
int draft_apply(const struct draft *d, const struct settings *base, struct settings *next,
		struct err *e);
/* base with the draft's values, unchecked: what each setting would be. */
void draft_values(const struct draft *d, const struct settings *base, struct settings *out);

/* A folder's name for the next run that tells it from run `from`, by what differs: demo and
 * batch_size=32 give demo-batch_size=32, demo-seed=54 and seed=55 give demo-seed=55. Only
 * letters, digits and ._+-=, after the beginning of `from`. Returns out. */
char *draft_name(const struct draft *d, const char *from, char *out, size_t n);

/* The drafts of several runs, each known by its folder. */
struct drafts;
/* NULL: the run has none; `make`: then it gets an empty one, and *all, NULL before the first,
 * comes to be. Until the next one is made. */
struct draft *drafts_of(struct drafts **all, const char *dir, bool make);
void drafts_free(struct drafts *all); /* NULL is ignored */

#endif
