/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * View 1: how the layers learn, from the rows of health.csv (engine/train/health.h). Over time for
 * each group of tensors how far a step moves it; beside it that and its gradient norm at the last
 * measurement, or at the last one before the cursor; and the cosines of the terms then.
 */
#include "app/study/num.h"
#include "base/util.h"
#include "engine/train/health.h"
#include "ui/view/train.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* log10 of update over weights: what is usual, and a cell's eight levels. */
static const double usual_from = -4, usual_to = -2;
enum { LEVEL_LOW = 1, LEVEL_USUAL = 2, LEVEL_HIGH = 7, LEVEL_TOP = 8 };

enum {
	AIRY = 27, /* rows of a view from which the cosines have rows of their own */
	PAIR = 25, /* columns of one: "main, cmd audio -0.08" */
	PAIR_NAME = 17,
	NOW = 16,
	BEST = 22, /* where the table's columns end */
	WORD = 7,  /* where "high" begins */
};

/* ---- what is shown ---- */

static bool has_group(const struct ui *u, int group)
{
	return group != HEALTH_CROSS || u->run.set.model.cross_attention;
}

/* Pairs that have weights in common: for others there is nothing to see. */
static int pairs_shown(void)
{
	int n = 0;

	for (int i = 0; i < HEALTH_PAIRS; i++)
		n += health_shares(health_pair_table[i].a, health_pair_table[i].b);
	return n;
}

int train_health_cosines(int rows, int cols)
{
	int each = max_int(cols / PAIR, 1);

	return rows < AIRY ? 0 : (pairs_shown() + each - 1) / each;
}

int train_health_rows(const struct ui *u, int cosines)
{
	int rows = 1 + cosines;

	for (int g = 0; g < HEALTH_GROUPS; g++)
		rows += has_group(u, g);
	return rows;
}

static double x_of(const struct train_frame *f, const struct health_row *h)
{
	return train_x(f, 1. * h->step / f->per_epoch);
}

/* The measurement whose numbers are shown; NULL: none yet. */
static const struct health_row *shown(const struct train_frame *f)
{
	int i = f->fold->nhealth - 1;

	while (i >= 0 && !isnan(f->cursor) && x_of(f, &f->fold->health[i]) > f->cursor * (1 + 1e-9))
		i--;
	return i < 0 ? NULL : &f->fold->health[i];
}

/* ---- the cells ---- */

static int level_of(double x)
{
	if (!(x >= usual_from))
		return LEVEL_LOW;
	if (x > usual_to)
		return x < usual_to + 0.5 ? LEVEL_HIGH : LEVEL_TOP;
	return LEVEL_USUAL + (int)lround((x - usual_from) / (usual_to - usual_from) * 4);
}

static enum role role_of(double x)
{
	return x >= usual_from && x <= usual_to ? ROLE_GOOD : ROLE_WARN;
}

/* Is the time before a measurement one without any, as it was off? It is much longer than that
 * before or after it then. */
static bool has_gap(const struct fold_run *f, int i)
{
	int gap = f->health[i].step - f->health[i - 1].step, others = 0;

	if (i > 1)
		others = f->health[i - 1].step - f->health[i - 2].step;
	if (i + 1 < f->nhealth)
		others = max_int(others, f->health[i + 1].step - f->health[i].step);
	return others && gap > 2 * others;
}

static void put_cell(struct canvas *row, int col, double x, bool held)
{
	enum role role = held ? ROLE_DIM : isnan(x) ? ROLE_BAD : role_of(x);

	canvas_put(row, 0, col, ROLE(role),
		   isnan(x) ? glyph(row->look->glyphs, GLYPH_BROKEN)
			    : glyph_ridge(row->look->glyphs, level_of(x)));
}

/* The mean of the measurements in each column; held, dim, up to the next one. */
static void cells_draw(const struct train_frame *f, struct canvas *row, int group)
{
	const struct fold_run *fold = f->fold;
	int last = -1, n = 0; /* measurements in the column `last`; -1: before the first column */
	double sum = 0;

	for (int i = 0; i < fold->nhealth; i++) {
		double x = fold->health[i].update[group], at = x_of(f, &fold->health[i]);
		int col = at < f->x.lo   ? -1
			  : at > f->x.hi ? row->cols
					 : plot_column(&f->x, at, row->cols);

		for (int k = last + 1; n > 0 && k < col && !has_gap(fold, i); k++)
			put_cell(row, k, sum / n, true);
		if (col == row->cols)
			break;
		n = col == last && col >= 0 ? n + 1 : 1;
		sum = n > 1 ? sum + x : x;
		last = col;
		if (col >= 0)
			put_cell(row, col, sum / n, false);
	}
	if (!isnan(f->cursor) && f->cursor >= f->x.lo && f->cursor <= f->x.hi)
		canvas_put(row, 0, plot_column(&f->x, f->cursor, row->cols), ROLE(ROLE_CURSOR),
			   glyph(row->look->glyphs, GLYPH_CURSOR));
}

/* ---- the numbers ---- */

static void right(struct canvas *c, int row, int end, struct style style, const char *text)
{
	canvas_text(c, row, end - text_width(text), style, "%s", text);
}

static void numbers_draw(struct canvas *table, int row, const struct health_row *h, int group)
{
	double x = h->update[group];
	char text[NUM_LEN];

	snprintf(text, sizeof text, "%.1f", x);
	right(table, row, NOW, x == x ? ROLE_BOLD(ROLE_STRONG) : ROLE_BOLD(ROLE_BAD), text);
	if (!(x >= usual_from && x <= usual_to))
		canvas_text(table, row, WORD, ROLE(ROLE_WARN), "%s", x > usual_to ? "high" : "low");
	if (text_width(num_norm(text, h->gradient[group])) > BEST - NOW - 1)
		num_exponent(text, h->gradient[group], 0);
	right(table, row, BEST, ROLE(ROLE_TEXT), text);
}

/* "health 41:12   upd  grad" */
static void heading_draw(const struct train_frame *f, struct canvas *table,
			 const struct health_row *h)
{
	char at[NUM_LEN] = "";
	int col = canvas_text(table, 0, 0, ROLE_BOLD(ROLE_STRONG), "health ");

	if (!h)
		return;
	num_position(at, h->epoch, (h->step - 1) % f->per_epoch + 1);
	if (col + text_width(at) >= NOW - 3) { /* its name has no room */
		canvas_text(table, 0, 0, ROLE(ROLE_DIM), "       ");
		col = 0;
	}
	canvas_text(table, 0, col, ROLE(ROLE_DIM), "%s", at);
	right(table, 0, NOW, ROLE(ROLE_DIM), "upd");
	right(table, 0, BEST, ROLE(ROLE_DIM), "grad");
}

/* "0.31", or in little room ".31". */
static const char *cosine_text(char *out, double x, bool brief)
{
	size_t sign;

	snprintf(out, NUM_LEN, "%.2f", x);
	if (strcmp(out, "-0.00") == 0)
		snprintf(out, NUM_LEN, "0.00");
	sign = *out == '-';
	if (isnan(x))
		snprintf(out, NUM_LEN, NUM_MISSING);
	else if (brief && out[sign] == '0')
		memmove(out + sign, out + sign + 1, strlen(out + sign));
	return out;
}

static struct style cosine_style(double x)
{
	return isnan(x) ? ROLE(ROLE_DIM) : ROLE_BOLD(x < 0 ? ROLE_WARN : ROLE_STRONG);
}

/* In the heading: those of the main term with the others. */
static void brief_cosines(struct canvas *row, const struct health_row *h)
{
	static const struct {
		enum term term;
		const char *name;
	} with[] = {{TERM_TEXT, "text"},
		    {TERM_AUDIO, "audio"},
		    {TERM_CMD_TEXT, "cmd t"},
		    {TERM_CMD_AUDIO, "a"}};
	int col = canvas_text(row, 0, 1, ROLE(ROLE_DIM), "cos main:");

	for (size_t i = 0; i < sizeof with / sizeof *with; i++) {
		double x = h->cosine[health_pair(TERM_MAIN, with[i].term)];
		char text[NUM_LEN];

		col = canvas_text(row, 0, col + 1, ROLE(ROLE_DIM), "%s ", with[i].name);
		col = canvas_text(row, 0, col, cosine_style(x), "%s", cosine_text(text, x, true));
	}
}

static void cosines_draw(struct canvas *c, const struct health_row *h)
{
	int each = max_int(c->cols / PAIR, 1), n = 0;

	for (int i = 0; i < HEALTH_PAIRS; i++) {
		const struct health_pair *p = &health_pair_table[i];
		int row = n / each, col = 1 + n % each * PAIR;
		char text[NUM_LEN];

		if (!health_shares(p->a, p->b))
			continue;
		canvas_text(c, row, col, ROLE(ROLE_DIM), "%s, %s", loss_term[p->a].name,
			    loss_term[p->b].name);
		canvas_text(c, row, col + PAIR_NAME, cosine_style(h->cosine[i]), "%5s",
			    cosine_text(text, h->cosine[i], false));
		n++;
	}
}

/* What the cells are, where the cosines are not. */
static void legend_draw(const struct train_frame *f, struct canvas *row)
{
	static const struct {
		int level;
		enum role role;
		const char *text;
	} key[] = {{LEVEL_LOW, ROLE_WARN, "low"},
		   {LEVEL_USUAL + 2, ROLE_GOOD, "-4 to -2, usual"},
		   {LEVEL_TOP, ROLE_WARN, "high"}};
	int col = canvas_text(row, 0, f->layout->gutter, ROLE(ROLE_DIM), "log10 of update/weight:");

	for (size_t i = 0; i < sizeof key / sizeof *key; i++) {
		canvas_put(row, 0, col + 1, ROLE(key[i].role),
			   glyph_ridge(row->look->glyphs, key[i].level));
		col = canvas_text(row, 0, col + 3, ROLE(ROLE_DIM), "%s", key[i].text);
	}
}

/* ---- why there is nothing ---- */

static void empty_draw(const struct train_frame *f, struct canvas *c)
{
	int every = f->u->run.set.train.health;
	char text[96];

	if (f->mean)
		snprintf(text, sizeof text, "health is that of one fold; M ends the mean");
	else if (f->fold->nhealth > 0)
		snprintf(text, sizeof text, "nothing was measured up to the cursor");
	else if (f->fold->tested)
		snprintf(text, sizeof text,
			 "this fold was not measured; train.health: 50 measures the next run");
	else if (every > 0)
		snprintf(text, sizeof text, "one step in %d is measured; none has been so far",
			 every);
	else
		snprintf(text, sizeof text,
			 "nothing is measured; :set train.health 50 does, in 2 %% of the time");
	train_sentence(c, text);
}

/* ---- all of it ---- */

void train_health_draw(const struct train_frame *f, struct canvas *tracks, struct canvas *table)
{
	const struct train_layout *l = f->layout;
	const struct health_row *h = shown(f);
	int groups = train_health_rows(f->u, 0), row = 1;
	struct canvas heading = canvas_part(tracks, 0, 0, 1, tracks->cols);
	struct canvas strip =
		canvas_part(tracks, 1, l->gutter, groups - 1, tracks->cols - l->gutter);
	struct canvas cosines = canvas_part(tracks, groups, 0, tracks->rows - groups, tracks->cols);

	if (tracks->rows == 0)
		return;
	if (f->mean) { /* a table of nothing says nothing */
		empty_draw(f, &strip);
		return;
	}
	heading_draw(f, table, h);
	for (int g = 0; g < HEALTH_GROUPS; g++) {
		struct canvas cells = canvas_part(&strip, row - 1, 0, 1, strip.cols);

		if (!has_group(f->u, g))
			continue;
		canvas_text(table, row, 0, ROLE(ROLE_TEXT), "%s", health_name[g].name);
		if (h)
			numbers_draw(table, row, h, g);
		cells_draw(f, &cells, g);
		row++;
	}
	if (!h)
		empty_draw(f, &strip);
	else if (l->all > groups)
		cosines_draw(&cosines, h);
	else
		brief_cosines(&heading, h);
	if (h && l->all > groups)
		legend_draw(f, &heading);
}
