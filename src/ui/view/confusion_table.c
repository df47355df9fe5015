/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/view/confusion.h"

#include "app/study/num.h"
#include "base/mem.h"
#include "ui/console/keys.h"
#include "ui/draw/heat_draw.h"
#include "ui/draw/list.h"
#include "ui/draw/plot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* How much wider than "class" the names are. */
static int wider(const struct confusion_layout *l)
{
	return l->label > 5 ? l->label - 5 : 0;
}

/* ---- classes ---- */

enum column { PRECISION, RECALL, F1, SUPPORT, COLUMNS };

/* Headings and the columns they end before; end 0: not shown. */
struct heading {
	const char *text;
	int end;
};

static const struct heading *headings(const struct confusion_layout *l)
{
	static const struct heading
		tiny[COLUMNS] = {[F1] = {"F1", 11}},
		narrow[COLUMNS] = {{"prec", 11}, {"rec", 17}, {"F1", 23}, {"n", 27}},
		wide[COLUMNS] = {{"precision", 15}, {"recall", 23}, {"F1", 30}, {"support", 38}};

	return l->tiny ? tiny : l->wide ? wide : narrow;
}

static const char *class_value(const struct class_figures *x, enum column column, char *out)
{
	switch (column) {
	case PRECISION:
		return num_value(out, x->precision);
	case RECALL:
		return num_value(out, x->recall);
	case F1:
		return num_value(out, x->f1);
	default:
		snprintf(out, NUM_LEN, "%lld", (long long)x->support);
		return out;
	}
}

static void draw_class(const struct confusion_frame *f, struct canvas *c, int row, int at)
{
	static const struct style styles[COLUMNS] = {
		[F1] = {ROLE_STRONG, 0, ATTR_BOLD}, [SUPPORT] = {ROLE_DIM, 0, 0}};
	const struct confusion_layout *l = &f->at;
	const struct heading *h = headings(l);
	char num[NUM_LEN];

	canvas_field(c, row, l->table, l->label, FIT_LEFT, ROLE_BOLD(role_class(at)), "%s",
		     ui_label(f->u, at));
	for (int i = 0, before = l->label; i < COLUMNS; i++) {
		int end = wider(l) + h[i].end;

		if (!h[i].end)
			continue;
		canvas_field(c, row, l->table + before, end - before, FIT_RIGHT, styles[i], "%s",
			     class_value(&f->of[at], (enum column)i, num));
		before = end;
	}
}

void confusion_table_draw(const struct confusion_frame *f, struct canvas *c)
{
	const struct confusion_layout *l = &f->at;
	const struct heading *h = headings(l);
	/* On small screens beside the rows of the matrix, so it scrolls with them. */
	int first = l->tiny ? f->top : list_top(0, confusion_view(f->u)->row, f->n, l->table_rows);

	if (!l->table)
		return;
	canvas_text(c, l->y - 1, l->table, ROLE(ROLE_DIM), "class");
	for (int i = 0; i < COLUMNS; i++)
		if (h[i].end)
			canvas_text(c, l->y - 1,
				    l->table + wider(l) + h[i].end - (int)strlen(h[i].text),
				    ROLE(ROLE_DIM), "%s", h[i].text);
	for (int row = 0; row < l->table_rows; row++)
		draw_class(f, c, l->y + row, first + row);
}

/* ---- WA, UA, WF1 ---- */

struct rate {
	const char *name;
	enum glyph marker;
	enum role role;
	size_t at; /* in struct figures */
};

static const struct rate rates[] = {
	{"WA", GLYPH_WA, ROLE_S3, offsetof(struct figures, wa)},
	{"UA", GLYPH_UA, ROLE_S7, offsetof(struct figures, ua)},
	{"WF1", GLYPH_WF1, ROLE_S1, offsetof(struct figures, wf1)},
};
enum { RATES = sizeof rates / sizeof *rates };

static double rate_of(const struct figures *x, const struct rate *r)
{
	return *(const double *)((const char *)x + r->at);
}

static int64_t right(const struct confusion_frame *f)
{
	int64_t n = 0;

	for (int c = 0; c < f->n; c++)
		n += f->now.count[c][c];
	return n;
}

/* What the figure is, after it. */
static void draw_meaning(const struct confusion_frame *f, struct canvas *c, int row, int col, int i)
{
	if (i == 0)
		canvas_text(c, row, col, ROLE(ROLE_DIM), "%lld of %lld right", (long long)right(f),
			    (long long)f->total);
	else
		canvas_text(c, row, col, ROLE(ROLE_DIM), "%s",
			    i == 1 ? "mean of recalls" : "F1 by support");
}

/* In one row: ■ WA 0.726  ▲ UA 0.738  ● WF1 0.726 */
static void draw_figures_row(const struct confusion_frame *f, struct canvas *c)
{
	int row = f->at.y + f->at.rows, col = 1;

	for (int i = 0; i < RATES; i++) {
		char num[NUM_LEN];

		canvas_put(c, row, col, ROLE(rates[i].role),
			   glyph(c->look->glyphs, rates[i].marker));
		col = canvas_text(c, row, col + 2, ROLE(ROLE_TEXT), "%s ", rates[i].name);
		col = 2 + canvas_text(c, row, col, ROLE_BOLD(ROLE_STRONG), "%s",
				      num_value(num, rate_of(&f->figures, &rates[i])));
	}
}

void confusion_figures_draw(const struct confusion_frame *f, struct canvas *c)
{
	int row = f->at.y + f->at.table_rows + 1, col = f->at.table;

	if (f->at.tiny) {
		draw_figures_row(f, c);
		return;
	}
	for (int i = 0; i < RATES; i++, row++) {
		double now = rate_of(&f->figures, &rates[i]);
		double change = now - rate_of(&f->before, &rates[i]);
		char num[NUM_LEN];

		canvas_put(c, row, col, ROLE(rates[i].role),
			   glyph(c->look->glyphs, rates[i].marker));
		canvas_text(c, row, col + 2, ROLE(ROLE_TEXT), "%s", rates[i].name);
		canvas_decimal(c, row, col + 7, ROLE_BOLD(ROLE_STRONG), num_value(num, now));
		if (f->against)
			canvas_decimal(c, row, col + 15,
				       ROLE(fabs(change) < 5e-4 ? ROLE_DIM
					    : change > 0        ? ROLE_GOOD
								: ROLE_BAD),
				       fabs(change) < 5e-4 ? "0.000" : num_signed(num, change, 3));
		if (f->at.wide)
			draw_meaning(f, c, row, col + 22, i);
	}
}

/* ---- the largest confusions ---- */

struct confusion_item {
	int t, p;
	int64_t n;
};

static int by_count(const void *a, const void *b)
{
	const struct confusion_item *x = a, *y = b;

	if (x->n != y->n)
		return x->n < y->n ? 1 : -1;
	return x->t != y->t ? x->t - y->t : x->p - y->p;
}

static int largest(const struct confusion_frame *f, struct confusion_item *item)
{
	int n = 0;

	for (int t = 0; t < f->n; t++)
		for (int p = 0; p < f->n; p++)
			if (t != p && f->now.count[t][p] > 0)
				item[n++] = (struct confusion_item){t, p, f->now.count[t][p]};
	qsort(item, (size_t)n, sizeof *item, by_count);
	return n;
}

/* "hap as neu  66 24.4 %  ━━━"; col is the text's, ▸ is before it. */
static void draw_item(const struct confusion_frame *f, struct canvas *c, int row, int col,
		      const struct confusion_item *x, double share_of_largest)
{
	const struct confusion_layout *l = &f->at;
	int airy = l->wide; /* a space more between fields, as the table above has */
	double share = (double)x->n / (double)f->of[x->t].support;
	char num[NUM_LEN];

	if (x->t == confusion_view(f->u)->row && x->p == confusion_view(f->u)->col)
		canvas_put(c, row, col - 1 - airy, ROLE_BOLD(ROLE_CURSOR), U'▸');
	canvas_field(c, row, col, l->label, FIT_LEFT, ROLE(role_class(x->t)), "%s",
		     ui_label(f->u, x->t));
	col = canvas_text(c, row, col + l->label, ROLE(ROLE_DIM), " as ");
	canvas_field(c, row, col, l->label, FIT_LEFT, ROLE(role_class(x->p)), "%s",
		     ui_label(f->u, x->p));
	col = canvas_field(c, row, col + l->label, 4 + airy, FIT_RIGHT, ROLE_BOLD(ROLE_STRONG),
			   "%lld", (long long)x->n);
	col = canvas_field(c, row, col, 7 + airy, FIT_RIGHT, ROLE(ROLE_TEXT), "%s",
			   num_percent(num, share, share < 0.9995)); /* "100 %" */
	bar_draw(c, row, col + (l->wide ? 2 : 4), l->wide ? 13 : 8, ROLE_TEXT, share_of_largest);
}

void confusion_list_draw(const struct confusion_frame *f, struct canvas *c)
{
	const struct confusion_layout *l = &f->at;
	struct confusion_item item[LABELS_MAX * LABELS_MAX];
	int n = largest(f, item), columns = l->wide ? 1 : 2;
	int width = 2 * l->label + 32;

	if (!l->list || l->list_rows <= 0)
		return;
	canvas_text(c, l->list, l->wide ? l->table : 1, ROLE_BOLD(ROLE_STRONG),
		    "largest confusions");
	if (n == 0)
		canvas_text(c, l->list + 1, l->wide ? l->table : 1, ROLE(ROLE_DIM),
			    "none: all are right");
	if (columns == 2 && 2 * width + 1 > c->cols)
		columns = 1;
	for (int i = 0; i < n && i < l->list_rows * columns; i++)
		draw_item(f, c, l->list + 1 + i / columns,
			  (l->wide ? l->table : 2) + i % columns * (width + 1), &item[i],
			  (double)item[i].n / (double)item[0].n);
}

/* ---- curves ---- */

/* The key bound to a command in this view, "" if none is. */
static char *key_of(const char *command, char *out)
{
	const struct binding *b;

	for (int i = 0; (b = keys_at(i)); i++)
		if (b->view == VIEW_CONFUSION && strcmp(b->command, command) == 0)
			return key_text(out, b->key);
	out[0] = '\0';
	return out;
}

/* How to move the cursor, beside the curves. */
static void draw_hints(struct canvas *c, bool wide)
{
	static const struct {
		const char *command[2], *narrow, *wide;
	} hints[] = {
		{{"epoch prev", "epoch next"}, "epoch", "one epoch"},
		{{"epoch mark-prev", "epoch mark-next"}, "mark", "to kept, change, branch"},
		{{"compare", NULL}, NULL, "compare with here"},
	};

	for (int i = 0; i < (int)(sizeof hints / sizeof *hints); i++) {
		const char *text = wide ? hints[i].wide : hints[i].narrow;
		int col = 0;

		for (int k = 0; k < 2 && text && hints[i].command[k]; k++) {
			char key[KEY_NAME_LEN];

			key_of(hints[i].command[k], key);
			if (*key)
				col = canvas_text(c, i, col, ROLE(ROLE_KEY), "%s ", key);
		}
		if (text && col > 0)
			canvas_text(c, i, col, ROLE(ROLE_DIM), "%s", text);
	}
}

/* Marks of what is kept, shown and compared with, ascending. */
static void draw_rail(const struct confusion_frame *f, const struct axis *x, struct canvas *row)
{
	int kept = f->fold->best_epoch;
	struct mark mark[3];
	int n = 0;

	if (f->against && !f->elsewhere && f->against != kept && f->against != f->epoch)
		mark[n++] = (struct mark){f->against, GLYPH_GUIDE, ROLE_KEY, "compared"};
	if (kept)
		mark[n++] = (struct mark){kept, GLYPH_KEPT, ROLE_KEY,
					  kept == f->epoch ? "kept, shown" : "kept"};
	if (kept != f->epoch)
		mark[n++] = (struct mark){f->epoch, GLYPH_UA, ROLE_KEY, "shown"};
	for (int i = 1; i < n; i++) {
		for (int k = i; k > 0 && mark[k].x < mark[k - 1].x; k--) {
			struct mark other = mark[k];

			mark[k] = mark[k - 1];
			mark[k - 1] = other;
		}
	}
	rail_draw(row, x, mark, n);
}

/* The rates' common range: of what came after the first tenth of the plan. */
static struct axis rate_axis(const double *x, double *const y[RATES], int n, int plan, int rows)
{
	double lo = NAN, hi = NAN, a, b;

	for (int i = 0; i < RATES; i++) {
		if (axis_extent(x, y[i], n, 0.1 * plan, &a, &b)) {
			lo = fmin(lo, a); /* fmin and fmax pass over NaN */
			hi = fmax(hi, b);
		}
	}
	return isnan(lo) ? axis_y(0, 1, rows) : axis_y(lo, hi, rows);
}

static void draw_track(const struct confusion_frame *f, struct canvas *c, struct canvas *gutter,
		       struct canvas *labels, struct canvas *rail)
{
	int n = f->fold->nepochs, plan = f->u->run.set.train.epoch;
	double *x = mem_alloc((size_t)n * (RATES + 1), sizeof *x), *y[RATES];
	double guide = f->against;
	struct series series[RATES];
	struct track t = {.series = series,
			  .n_series = RATES,
			  .guide = &guide,
			  .guides = f->against && !f->elsewhere,
			  .cursor = f->epoch};

	for (int i = 0; i < n; i++)
		x[i] = f->fold->epoch[i].epoch;
	for (int r = 0; r < RATES; r++) {
		/* The last of the table, WF1, is in front. */
		const struct rate *rate = &rates[RATES - 1 - r];

		y[r] = x + (r + 1) * n;
		for (int i = 0; i < n; i++)
			y[r][i] = rate_of(&f->fold->epoch[i].val, rate);
		series[r] = (struct series){
			.at = {x, y[r], n}, .role = rate->role, .marker = rate->marker};
	}
	t.x = axis_x(0, axis_end(n ? x[n - 1] : 0, plan));
	t.y = rate_axis(x, y, n, plan, c->rows);
	t.x_ticks = axis_x_ticks(&t.x, c->cols);
	t.y_ticks = axis_y_ticks(&t.y, c->rows);
	track_draw(c, &t);
	plot_y_labels(gutter, &t.y, &t.y_ticks);
	plot_x_labels(labels, &t.x, &t.x_ticks);
	draw_rail(f, &t.x, rail);
	free(x);
}

void confusion_curves_draw(const struct confusion_frame *f, struct canvas *c)
{
	const struct confusion_layout *l = &f->at;
	int left = l->wide ? 9 : 6, hints = c->cols - (l->wide ? 28 : 12);
	int width = hints - 2 - left;
	struct canvas plot, gutter, labels, rail, side;

	if (!l->curves || l->curve_rows <= 0)
		return;
	plot = canvas_part(c, l->curves, left, l->curve_rows, width);
	gutter = canvas_part(c, l->curves, 0, l->curve_rows, left);
	labels = canvas_part(c, l->curves + l->curve_rows, left, 1, width);
	rail = canvas_part(c, l->curves + l->curve_rows + 1, left, 1, width);
	side = canvas_part(c, l->curves, hints, l->curve_rows, c->cols - hints);
	draw_track(f, &plot, &gutter, &labels, &rail);
	draw_hints(&side, l->wide);
}
