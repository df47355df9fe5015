/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * snapshot_json: the present state of a run as JSON, and back, for whoever looks at it from
 * another process. doc/control.md lists the fields.
 *
 * What is not there stays as it was in the empty snapshot, and what is not known is passed
 * over, so that programs of different versions understand each other as far as they can;
 * a field of another type is an error. Numbers are as json_figure has them, and keep
 * their value; bytes of a text that are not UTF-8 become U+FFFD.
 */
#ifndef MIUST_SNAPSHOT_JSON_H
#define MIUST_SNAPSHOT_JSON_H

#include "app/lab/work.h"
#include "app/session/rows.h"

#include <jansson.h>

const char *work_state_name(enum work_state state); /* "paused", in the order of the enum */

/* All but `run` and `root`: what names a run in one process means nothing in another. The
 * settings are texts by their key, as option_text has them, once they are read. */
json_t *snapshot_json(const struct snapshot *s);
int snapshot_of_json(struct snapshot *s, const json_t *from, struct err *e);

json_t *tried_json(const struct tried *t);
int tried_of_json(struct tried *t, const json_t *from, struct err *e);

/* A row of steps.csv or epochs.csv by the names of its columns. */
json_t *row_json(const struct columns *c, const void *row);
int row_of_json(const struct columns *c, void *row, const json_t *from, struct err *e);

#endif
