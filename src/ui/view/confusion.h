/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * confusion: the parts of view 2, for its own files only.
 *
 *	confusion_frame.c   what is shown: the matrices, and where all of it is
 *	confusion_matrix.c  cells, their histories, the difference matrix
 *	confusion_table.c   classes, figures, largest confusions, curves
 *	confusion.c         head row, empty states, commands; the view
 *
 * A frame is made again for every drawing from state and size alone, so commands
 * that scroll can ask the same layout the screen shows.
 */
#ifndef MIUST_UI_CONFUSION_H
#define MIUST_UI_CONFUSION_H

#include "ui/state/ui.h"

struct confusion_view {                                      /* what the user has chosen */
	int row, col;                                        /* cell */
	enum { CELLS_ROW, CELLS_COLUMN, CELLS_PLAIN } cells; /* share of row, of column; counts */
	/* What it is compared with: */
	int against;       /* epoch; 0: the kept one */
	int against_fold;  /* -1: the fold shown */
	struct run *other; /* another session, owned; NULL: this one */
	int top, left;     /* scroll of many classes */
};
static inline struct confusion_view *confusion_view(const struct ui *u)
{
	return u->state[VIEW_CONFUSION];
}

/* A size of cell; ▸ is in its first column. */
struct confusion_form {
	int w, h;         /* with the gap to the next, but for cells of one row */
	int count, share; /* columns the fields end before; share 0: one field for both */
	int label;        /* where the class is named above */
	int history;      /* columns of the ridge; 0: none */
	int first;        /* least column of the first cell */
};

enum { DIFFERENCE_CELL = 12 }; /* columns of a cell of the difference matrix */

struct confusion_layout {
	const struct confusion_form *form;
	bool tiny, wide;     /* below 60 columns or 14 rows; from 100 and 27 */
	int label;           /* columns of a class name beside the rows */
	int x, y;            /* of the first cell */
	int rows, cols;      /* classes shown */
	int difference;      /* x of the difference matrix, 0: none */
	int table;           /* x of the class table, 0: none */
	int table_rows;      /* classes in it */
	int list, list_rows; /* y of the title of the largest confusions, how many rows; 0: none */
	int curves, curve_rows; /* y, rows of the plot alone; 0: none */
};

struct confusion_frame {
	const struct ui *u;
	const struct fold_run *fold; /* never NULL */
	const struct history *h;     /* of the part shown; NULL: only its matrix is known */
	int n;                       /* classes */
	int epoch, against;          /* against 0: nothing to compare with */
	bool elsewhere;              /* it is an epoch of another fold or session */
	bool points;                 /* of other utterances: changes are of shares */
	char other[48];              /* then whose: "fold 2", "iemocap-ref" */
	char than[80];               /* in words: "epoch 30, kept", "fold 2, epoch 9" */
	struct confusion now, then;
	struct class_figures of[LABELS_MAX]; /* now */
	struct figures figures, before;
	int64_t total, column[LABELS_MAX]; /* of[c].support are the rows' */
	int top, left;                     /* first class shown */
	struct confusion_layout at;
};

/* False if nothing can be shown yet. rows, cols: of the view. */
bool confusion_frame_make(struct confusion_frame *f, const struct ui *u, int rows, int cols);

/* From `then` to `now`: utterances, or percentage points if f->points. */
double confusion_change(const struct confusion_frame *f, int t, int p);
/* A cell's share of what the view is set to (row, column, counts: of the row). */
double confusion_share(const struct confusion_frame *f, const struct confusion *m, int t, int p);

void confusion_matrix_draw(const struct confusion_frame *f, struct canvas *c);
void confusion_difference_draw(const struct confusion_frame *f, struct canvas *c);
void confusion_table_draw(const struct confusion_frame *f, struct canvas *c);
void confusion_figures_draw(const struct confusion_frame *f, struct canvas *c);
void confusion_list_draw(const struct confusion_frame *f, struct canvas *c);
void confusion_curves_draw(const struct confusion_frame *f, struct canvas *c);

#endif
