/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * config: a YAML file into settings and back.
 *
 * Reads what the published program's config.yml holds and our own keys, over
 * option_table. Anchors, aliases and merges (<<) work; a block at the top of the
 * file under a key of its own is not a mistake if all of it is used elsewhere by
 * an alias:
 *
 *	small: &small {batch_size: 16, epoch: 3}
 *	train:
 *	  <<: *small
 *	  epoch: 5
 *
 * Errors are FILE:LINE:COLUMN with the nearest known key. Warnings (options
 * without effect) are collected for the caller to show.
 */
#ifndef MIUST_CONFIG_H
#define MIUST_CONFIG_H

#include "app/config/option.h"
#include "app/config/origin.h"

#include <stdio.h>

struct warnings { /* start with {0} */
	char **text;
	int n;
};
void warnings_free(struct warnings *w);

/* options_preset, then the file, then the assignments ("KEY=VALUE", --set),
 * then options_resolve. `set` may be NULL if nset is 0, `w` if nobody is to be
 * warned. *s is written only if all is well. A wrong assignment is an error of
 * usage. */
int config_load(struct settings *s, const char *path, const char *const *set, int nset,
		struct warnings *w, struct err *e);
/* The same, and what a session's config.yml also says about its data: the
 * top-level keys `data` and `left_out`. *o is empty before, and after an error;
 * a file without these keys leaves it empty. */
int config_load_origin(struct settings *s, struct origin *o, const char *path,
		       const char *const *set, int nset, struct warnings *w, struct err *e);
/* The resolved settings as YAML with absolute paths; config_load of it gives
 * the same settings. Options that are not given are left out. */
int config_write(const struct settings *s, FILE *f, struct err *e);
/* With `data` and `left_out` at the end:
 *
 *	data: 56ffaf9e72a04aaad6bb5802174cf1f4
 *	left_out:
 *	- {list: train, line: 12, id: dia1_utt3, why: ...}
 */
int config_write_origin(const struct settings *s, const struct origin *o, FILE *f, struct err *e);

#endif
