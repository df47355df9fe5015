/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * train: the parts of view 1, for its own files only.
 *
 *	train_data.c    a frame: the curves of the fold shown, on the shared x axis
 *	train_over.c    the same of the runs drawn over it, and what names them
 *	train_tracks.c  curves over each other, rail of marks, x labels
 *	train_table.c   the numbers beside them
 *	train_head.c    the head row
 *	train_health.c  how the layers learn, in place of the strips
 *	train.c         layouts, head row, empty states; the view
 *	train_command.c what it answers to
 *
 * A frame is made again for every drawing and holds all curves as arrays, so
 * that tracks and table read the same numbers. Time has two forms: epochs
 * (2.5: in the middle of the third) are what state and commands speak of; x is
 * the same instant in the unit of the axis (epochs, steps, minutes).
 */
#ifndef MIUST_UI_TRAIN_H
#define MIUST_UI_TRAIN_H

#include "app/study/curves.h"
#include "ui/draw/plot.h"
#include "ui/state/ui.h"

struct train_view { /* what the user has chosen */
	bool cursor;
	double at;       /* cursor's x in epochs */
	double from, to; /* zoom in epochs; to 0: all */
	double keep;     /* smoothing weight, 0..0.999 */
	bool log_off;    /* losses on a linear axis */
	enum { AXIS_EPOCH, AXIS_STEP, AXIS_TIME } axis;
	int track;   /* small screens: first track shown */
	bool mean;   /* fold mean and deviation instead of one fold */
	bool health; /* how the layers learn, in place of terms, gradient norm and rate */
	int figure;  /* of train_figures: as what runs are compared in the validation track */
};
static inline struct train_view *train_view(const struct ui *u)
{
	return u->state[VIEW_TRAIN];
}

enum train_track {
	TRACK_LOSS,
	TRACK_VALIDATION,
	TRACK_TERM, /* + place in the order of curve_term */
	TRACK_GRAD = TRACK_TERM + TERMS,
	TRACK_LR,
	TRACKS,
	TRACK_DUEL = TRACKS /* below the validation; no small screen has it */
};

enum { STRIPS = TERMS + 2 }; /* terms, grad, lr */

/* How the view is laid out. */
struct train_layout {
	int rows, cols;                       /* the least of a canvas it is for */
	int loss, validation, term, grad, lr; /* rows; loss alone: one track at a time */
	int gutter, gap;                      /* columns: tick labels, space after the tracks */
	int name, names; /* columns of a name in the table; the most where runs are compared */
	bool wide;       /* the table has `at` and `weight`, words are whole */
	int table;       /* columns of the numbers */
	bool health;     /* the strips are its rows */
	int all, strips; /* of all strips, those there is room for */
	int legend;      /* small screens: rows that name the lines */
	int duel;        /* rows of its track; 0: what is shown is no side of one */
};
/* For a canvas of this size. What it has more than the layout needs goes to the first
 * two tracks; where runs are compared, rows for their names come from the strips. */
struct train_layout train_layout(const struct ui *u, int rows, int cols);
int train_track_cols(const struct train_layout *l, int cols); /* of a canvas so wide */
bool train_is_small(const struct train_layout *l);            /* one track at a time */
/* Of the tracks, in the order small screens page through them. */
enum train_track train_small_track(const struct ui *u);

/* The figures of a validation: WF1, WA, UA. */
enum { TRAIN_FIGURES = 3 };
extern const struct train_figure {
	int curve; /* EPOCH_WF1 … */
	enum role role;
	enum glyph marker;
	const char *name, *word; /* "WF1"; "wf1", as it is typed */
} train_figures[TRAIN_FIGURES];

struct train_curves {
	int n;                       /* points */
	double *x;                   /* in the unit of the axis, ascending */
	double *y[STEP_CURVES];      /* as recorded, or the mean over folds */
	double *smooth[STEP_CURVES]; /* of steps: the debiased EMA of y */
	double *sd[STEP_CURVES];     /* over folds; NAN for one */
};

struct train_overlay { /* a line of ui/state/overlay.h */
	int line;
	char name[96];
	char why[32];              /* it cannot be drawn: "no fold 3"; "": it is */
	int n, from;               /* points, after those it shares with what is shown */
	double *x;                 /* [from + n], on its own clock and steps; owned */
	struct curve loss, figure; /* means over its seeds and folds, with deviations */
};

struct train_frame {
	const struct ui *u;
	const struct train_layout *layout;
	const struct fold_run *fold; /* the selected one; never NULL, empty if there is none */
	int which;                   /* its number, also if there is none yet */
	bool mean;                   /* curves are means over all folds */
	bool diverged;               /* the table shows the failed step */

	int per_epoch, plan; /* steps; epochs */
	double now;          /* epochs */
	struct axis x;
	struct ticks x_ticks;
	double from, to; /* x: y ranges are of the points between, so that axes stay */
	double cursor;   /* x, or NAN */

	struct train_curves step, epoch;
	int *number; /* of each epoch */
	struct train_overlay overlay[OVERLAY_LINES];
	int overlays;
	bool compares; /* of them one is more than a branch: only one figure is drawn */
	double *guide; /* x of changes and branches */
	int guides;

	/* The instant the table shows, as indexes into the curves; -1: none yet. */
	int at_step, at_epoch;

	struct curve_clock clock; /* of a time axis */
	double unit;              /* of the axis: 1, steps in an epoch, or seconds */
};

/* cols: of the tracks. */
void train_frame_make(struct train_frame *f, const struct ui *u, const struct train_layout *l,
		      int cols);
void train_frame_free(struct train_frame *f);
double train_x(const struct train_frame *f, double epochs);
double train_epochs(const struct train_frame *f, double x); /* train_x back */
const char *train_unit(const struct train_frame *f);        /* "epoch" */

/* Steps in an epoch, at least 1, and the end of what is recorded, in epochs. */
int train_per_epoch(const struct ui *u, const struct fold_run *f);
double train_now(const struct ui *u, const struct fold_run *f);

/* One track with its tick labels left of it. */
void train_track_draw(const struct train_frame *f, enum train_track t, struct canvas *gutter,
		      struct canvas *c);
void train_rail_draw(const struct train_frame *f, struct canvas *row);
/* Small screens: x labels, and what is kept after them. */
void train_small_labels(const struct train_frame *f, struct canvas *row);

/* The table's rows beside a track, from the track's first on. */
void train_table_draw(const struct train_frame *f, enum train_track t, struct canvas *c);
void train_table_heading(const struct train_frame *f, struct canvas *row); /* of the strips */
void train_legend_draw(const struct train_frame *f, struct canvas *row);   /* of the rail */
/* The look of the duel at the instant shown, -1: none yet; and the difference of the figure that
 * runs are compared by, the shown run's less the other side's. */
int train_look(const struct train_frame *f);
double train_difference(const struct train_frame *f, int look);
/* A curve's value at the instant shown; NAN if there is none. */
double train_step_value(const struct train_frame *f, int curve);
double train_epoch_value(const struct train_frame *f, int curve);
/* The best of an epoch curve and its epoch; -1: no epoch. */
int train_best(const struct train_frame *f, int curve, double *value);
double train_share(const struct train_frame *f, enum term t); /* of the loss; NAN: not known */

/* The lines drawn over the frame's fold; made after its own curves. */
void train_overlays_make(struct train_frame *f);
void train_overlays_free(struct train_frame *f);
/* A curve of one of them, without the points it shares: o->n of o->x + o->from. */
static inline const double *train_over(const struct train_overlay *o, const double *of)
{
	return of + o->from;
}
/* On a small screen a branch alone is not: its name would cost a row. */
bool train_draws_overlays(const struct train_frame *f);
/* Small screens: all lines of the track with their names. */
void train_small_legend(const struct train_frame *f, struct canvas *c);

/* Health: a heading, a row a group, then `cosines` rows, each with so many pairs of terms; 0: they
 * are in the heading. Beside them, as train_table_draw, its numbers. */
int train_health_rows(const struct ui *u, int cosines);
int train_health_cosines(int rows, int cols); /* of a view so large, tracks so wide */
void train_health_draw(const struct train_frame *f, struct canvas *tracks, struct canvas *table);
/* A dim sentence in the middle of a canvas, over as many rows as it needs. */
void train_sentence(struct canvas *c, const char *text);

void train_head_draw(const struct train_frame *f, struct canvas *row);

extern const struct verb train_verbs[];
void train_click(struct ui *u, int row, int col);

#endif
