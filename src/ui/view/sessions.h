/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sessions: view 7, the stored runs as a live tree (app/shelf/outline.h), how the
 * selected one differs from another, and what can be done with them.
 *
 *	sessions_rows.c     reading them and following what changes, names
 *	sessions_open.c     opening one
 *	sessions_by.c       filter, order, groups, folding
 *	sessions_change.c   what changes a stored run, or the queue
 *	sessions_list.c     the table
 *	sessions_details.c  the selected one against another
 *	sessions_held.c     who trains one elsewhere
 *	sessions.c          commands; the view
 *
 * Listed are the runs below sessions/, or the folder that the program was begun with, and beside
 * this session's own. While the view is
 * shown they are looked at once a second (struct view: watch), and nothing is written
 * there. The selected line stays on its run while lines move.
 */
#ifndef MIUST_SESSIONS_H
#define MIUST_SESSIONS_H

#include "app/session/session_trash.h"
#include "app/shelf/outline.h"
#include "ui/state/ui.h"

/* Of a run all that it takes to say how it differs from another. */
struct session_detail {
	char dir[PATH_LEN]; /* "": none is read */
	uint64_t whole;     /* its files as they were read */
	struct settings set;
	struct changes changes;
	struct results results;
	int folds;
	char local[128]; /* why locks of other machines are not seen there; "": they are */
};

struct sessions_view {
	struct shelf shelf;
	bool read;
	char beside[PATH_LEN];  /* the session whose neighbours are listed too; "": none */
	struct shelf_run *here; /* the run on the screen, or NULL */
	char here_dir[PATH_LEN];
	int64_t now; /* when all that was last looked at, seconds since 1970 */
	int picks;   /* so many were picked so far */
	int waiting; /* runs in the queue that nobody trains */

	/* how they are listed */
	char filter[256];
	struct filter *condition; /* of filter; NULL: all */
	struct shelf_key sort, group;
	bool falls, archived;
	char **folded; /* [nfolded] ids of lines */
	int nfolded;

	struct outline list;
	unsigned long made_for; /* shelf.changes then */
	bool stale;             /* something else it depends on has changed */
	int at, top;            /* selected line, first on the screen */

	struct session_detail detail[2]; /* of the selected run, and the one it is against */
	char refusal[512];               /* the last that was not a constant */
	struct trash trash;              /* beside them */
};
static inline struct sessions_view *sessions_view(const struct ui *u)
{
	return u->state[VIEW_SESSIONS];
}
void sessions_init(void *view);
void sessions_free(void *view); /* of a struct sessions_view, what it owns */

/* Read all again, the trash too; picks and the selected line stay with their runs. For
 * when view 7 is chosen and after something was changed. */
void sessions_load(struct ui *u);
bool sessions_watch(struct ui *u);   /* see struct view */
void sessions_refresh(struct ui *u); /* likewise */

/* The selected line, or NULL; its run (of a variant the first), or NULL; and the run it
 * is compared with: the one on the screen or, if that is selected, the first other one
 * picked. */
const struct outline_line *sessions_line(const struct ui *u);
struct shelf_run *sessions_at(const struct ui *u);
struct shelf_run *sessions_against(const struct ui *u);
/* Select the line of a run; false: it is not shown. */
bool sessions_select(struct ui *u, const struct shelf_run *r);

/* What the user types for a run: "demo", "demo/half", with its folder's whole name where
 * two have the same. A run by that, or by its folder. */
char *sessions_name(const struct ui *u, const struct shelf_run *r, char *out, size_t n);
struct shelf_run *sessions_find(struct ui *u, const char *name, struct err *e);
/* The same from any view: reads the runs first if it is not among them. */
struct shelf_run *sessions_named(struct ui *u, const char *name, struct err *e);
/* Their names, for verbs that take one; reads the runs if there are none. */
void sessions_complete(struct ui *u, const struct words *w, struct completions *c);

/* Folders of the picked runs in the order of picking, that of the run on the screen as it
 * is open there; the caller frees the array. */
const char **sessions_picked(const struct ui *u, int *n);

/* Is `what` a folder that is no session, and so may have some in it? */
bool sessions_is_folder(const char *what);
/* List what lies in such a folder, in view 7, while no run is open (runs_start_none). An error
 * if it has no session, unless it is empty. */
int sessions_begin(struct ui *u, const char *folder, struct err *e);
/* Another session (by its name or folder), a CONFIG, or demo (runs_open); refused if it
 * cannot be read. */
int sessions_open(struct ui *u, const char *what, struct err *e);

/* ---- for its own files only ---- */

/* Is the run on the screen still being opened, so that where it lies is not known? */
bool sessions_unread(const struct ui *u);
const char *sessions_why_none(const struct ui *u);              /* no line is listed */
int sessions_list_rows(const struct ui *u, int rows, int cols); /* lines that are shown */
int sessions_detail_rows(int rows, int cols);                   /* below them; 0: none */
void sessions_list_draw(const struct ui *u, struct canvas *c);
/* What is selected against what; there must be a line. */
void sessions_details_draw(const struct ui *u, struct canvas *c);
void sessions_details_read(struct ui *u); /* what they need, where that has changed */

/* sessions_held.c: "node7, process 4711, 2 h 10 min", or without the `process`. Returns out. */
char *sessions_holder(const struct ui *u, const struct lock_owner *who, bool process, char *out,
		      size_t n);
/* "node7, 2 h 10 min"; of several programs their hosts, each once: "node7, node8". */
void sessions_add_holders(const struct ui *u, const struct shelf_run *r, struct str *out);

/* sessions_queues.c: which runs wait, in the order of their queues; the folder of the one that has
 * this run (out: PATH_LEN bytes). */
void sessions_read_queues(struct ui *u);
const char *sessions_queue_of(const struct ui *u, const struct shelf_run *r, char *out);

/* sessions_by.c */
int sessions_filter(struct ui *u, const char *args, struct err *e);
int sessions_sort(struct ui *u, const char *args, struct err *e);
int sessions_group(struct ui *u, const char *args, struct err *e);
int sessions_archived(struct ui *u, const char *args, struct err *e);
void sessions_complete_filter(struct ui *u, const struct words *w, struct completions *c);
void sessions_complete_sort(struct ui *u, const struct words *w, struct completions *c);
void sessions_fold(struct ui *u);   /* the selected line, or go to the one above it */
void sessions_unfold(struct ui *u); /* or go to the first below it */

/* sessions_change.c */
int sessions_delete(struct ui *u, const char *args, struct err *e);
int sessions_tag(struct ui *u, const char *args, struct err *e);
int sessions_untag(struct ui *u, const char *args, struct err *e);
int sessions_archive(struct ui *u, const char *args, struct err *e);
int sessions_queue(struct ui *u, const char *args, struct err *e);
const char *sessions_refuse_delete(const struct ui *u);
const char *sessions_refuse_run(const struct ui *u); /* no run is selected */
const char *sessions_refuse_queue(const struct ui *u);
void sessions_complete_tag(struct ui *u, const struct words *w, struct completions *c);
int sessions_note(struct ui *u, const char *text, struct err *e); /* to the selected run */

#endif
