/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sessions: view 7, the stored runs, how the selected one differs from another, and
 * what can be done with them.
 *
 *	sessions_rows.c     reading them, names, what is done with them
 *	sessions_open.c     opening one
 *	sessions_details.c  the selected one against another
 *	sessions.c          the table, commands; the view
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

#include "app/session/session_trash.h"
#include "ui/state/ui.h"

struct session_row {                        /* one stored run (or branch) */
	char root[PATH_LEN], dir[PATH_LEN]; /* the session's folder, and this run's in it */
	char name[RUN_NAME], branch[RUN_NAME], date[20];
	char made[20]; /* its session, as date */
	bool sibling;  /* of the run on the screen: the same session */
	bool here;     /* the run on the screen */
	bool picked;
	int epochs;             /* evaluated, over all folds */
	int folds;              /* planned; results.n of them are done */
	struct settings set;    /* as stored in config.yml */
	struct changes changes; /* live ones since */
	struct results results; /* protocol, seed, figures of the finished folds */
	int notes;
	char note[160]; /* the last of them */
	char why[400];  /* it cannot be read, and so has no figures; "": it can */
};

struct sessions_view { /* the rows, and which is selected */
	struct session_row *row;
	int n, at, top;
	struct trash trash; /* beside them */
};
static inline struct sessions_view *sessions_view(const struct ui *u)
{
	return u->state[VIEW_SESSIONS];
}

/* Read the rows again, the trash too; picks and the selected row stay with their folders.
 * For when view 7 is opened and when a fold has ended. */
void sessions_load(struct ui *u);
void sessions_free(void *view); /* of a struct sessions_view, what it owns */

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

/* Figures and settings of the picked runs and the selected one, on a page. */
int sessions_compare(struct ui *u, struct err *e);

/* Another session (by its name or folder), a CONFIG, or demo (runs_open); refused if it
 * cannot be read. */
int sessions_open(struct ui *u, const char *what, struct err *e);
/* Why its folder may not be deleted, or NULL. */
const char *sessions_kept(const struct ui *u, const struct session_row *r);
/* Move its folder to the trash, and read the rows again. */
int sessions_delete(struct ui *u, const struct session_row *r, struct err *e);

/* For its own files only: what is selected against what; there must be a row. */
void sessions_details_draw(const struct ui *u, struct canvas *c);

#endif
