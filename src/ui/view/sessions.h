/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sessions: the stored runs that view 7 lists.
 *
 * Read are the folders below sessions/ and beside this session's own, with
 * their further seeds (seed-S) and branches (branches/NAME). Cheap: config.yml,
 * results.json and the number of rows in epochs.csv. A damaged folder is passed
 * over, so reading cannot fail as a whole.
 *
 * Rows stand in a fixed order: the run on the screen and what belongs to its
 * session, then the others, newest first.
 */
#ifndef MIUST_SESSIONS_H
#define MIUST_SESSIONS_H

#include "ui/state/ui.h"

/* Fill u->sessions anew, the trash too; picks and the selected row stay with their folders.
 * For when view 7 is opened and when a fold has ended. */
void sessions_load(struct ui *u);
void sessions_free(struct ui *u); /* rows and overlays; for ui_free */

/* The selected row, and the one it is compared with: the run on the screen or,
 * if that is selected, the first other one picked. NULL: none. */
const struct session_row *sessions_at(const struct ui *u);
const struct session_row *sessions_against(const struct ui *u);

/* What the user types for a row: "name", "name/branch", with the folder's date
 * where two have the same. A row by that, or by its folder. */
char *sessions_name(const struct ui *u, const struct session_row *r, char *out, size_t n);
struct session_row *sessions_find(struct ui *u, const char *name, struct err *e);
/* The same from any view: reads the rows first if it is not among them. */
struct session_row *sessions_named(struct ui *u, const char *name, struct err *e);

/* Their names, for verbs that take one; reads the rows if there are none. */
void sessions_complete(struct ui *u, const struct words *w, struct completions *c);

/* Draw the picked runs over this one: load them into u->overlay. */
int sessions_overlay(struct ui *u, struct err *e);
/* Figures and settings of the picked runs and the selected one, on a page. */
int sessions_compare(struct ui *u, struct err *e);

/* Why its folder may not be deleted, or NULL. */
const char *sessions_kept(const struct ui *u, const struct session_row *r);
/* Move its folder to the trash, and read the rows again. */
int sessions_delete(struct ui *u, const struct session_row *r, struct err *e);

#endif
