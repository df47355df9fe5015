/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * collect_private: do the files of a run fit together? For collect*.c. All only read; -1 and a
 * sentence that names the first file that does not fit.
 */
#ifndef MIUST_COLLECT_PRIVATE_H
#define MIUST_COLLECT_PRIVATE_H

#include "app/session/collect.h"
#include "app/session/session_data.h"
#include "app/session/session_rows.h"

/* Was a seed trained with the session's settings? */
int collect_check_settings(const struct settings *root, const struct settings *own, const char *dir,
			   struct err *e);
/* May the folders of the folds and seeds in `dir` be read? One that may not looks empty. */
int collect_check_readable(const char *dir, struct err *e);
/* Rows, weights, predictions and figures of the finished folds in r->results, and the list of the
 * data, which o names. epoch: [n], all that are there. */
int collect_check(const struct session *s, const struct collected_run *r, const struct origin *o,
		  const struct epoch_row *epoch, int n, struct err *e);

#endif
