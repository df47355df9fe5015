/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * session_data: which data a run's folder has (origin.h): config.yml and data.csv.
 */
#ifndef MIUST_SESSION_DATA_H
#define MIUST_SESSION_DATA_H

#include "app/session/session.h"

/* Settings and origin from its config.yml. */
int session_origin(const struct session *s, struct settings *set, struct origin *o, struct err *e);
/* Make config.yml and data.csv (the roster's text) hold what is given; a file that
 * does is not touched. */
int session_store_config(const struct session *s, const struct settings *set,
			 const struct origin *o, struct err *e);
int session_store_roster(const struct session *s, const struct str *roster, struct err *e);
/* The config.yml of a new session or seed: of several programs, threads too, that make it at
 * once, one does (*made); the others find it whole. */
int session_new_config(const struct session *s, const struct settings *set, const struct origin *o,
		       bool *made, struct err *e);
/* Append to *out what is different in the corpus from the data.csv of `then`, which has
 * another hash; or, if there is no such data.csv, that this cannot be said. */
int session_data_changes(const struct session *s, const struct origin *then, const struct corpus *c,
			 const struct settings *set, struct str *out, struct err *e);
/* How many folds its data has, by data.csv; without one 5, or 1 for train, dev and
 * test lists. */
int session_folds(const struct session *s, const struct settings *set);

#endif
