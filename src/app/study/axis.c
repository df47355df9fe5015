/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/study/axis.h"

#include "base/err.h"
#include "base/mem.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	X_APART = 6,  /* columns from label to label */
	X_LABELS = 8, /* more would be a ruler, not labels */
	Y_LABELS = 4,
};

/* Steps are 1, 2, 5 x 10^k, numbered: 0 is 1, 1 is 2, 2 is 5, 3 is 10 … */
static double step_size(int number)
{
	static const double mantissa[] = {1, 2, 5};
	int decade = (int)floor(number / 3.);

	return mantissa[number - 3 * decade] * pow(10, decade);
}

static int step_below(double span)
{
	return 3 * (int)floor(log10(span));
}

/* k such that k · step is the first at or above x; a hair of rounding is forgiven. */
static double first_multiple(double x, double step)
{
	return ceil(x / step - 1e-9);
}

static double last_multiple(double x, double step)
{
	return floor(x / step + 1e-9);
}

static int decimals_of(double step)
{
	int decimals = (int)ceil(-log10(step) - 1e-9);

	return decimals < 0 ? 0 : decimals;
}

double axis_end(double now, double plan)
{
	static const double mantissa[] = {1, 1.5, 2, 3, 5, 7};
	double end = 5;

	for (int k = 1, i = 0; end <= now && k < 300; i++) {
		if (i == 6) {
			i = 0;
			k++;
		}
		if (k > 1 || i != 1) /* no 15 */
			end = mantissa[i] * pow(10, k);
	}
	return plan > 0 && plan < end ? plan : end;
}

struct axis axis_x(double lo, double hi)
{
	return (struct axis){.lo = lo, .hi = hi > lo ? hi : lo + 1};
}

static int finite_from(const double *x, const double *y, int n, double from, double *out)
{
	int m = 0;

	for (int i = 0; i < n; i++)
		if (isfinite(y[i]) && (!x || x[i] >= from))
			out[m++] = y[i];
	return m;
}

/*
 * Move the value of rank k (from 0) to place k, smaller ones before it and larger ones after it:
 * Hoare's selection. A sort of all values is what drawing a long run would take longest for.
 */
static void select_rank(double *v, int n, int k)
{
	int lo = 0, hi = n - 1;

	while (lo < hi) {
		double pivot = v[lo + (hi - lo) / 2];
		int i = lo, j = hi;

		while (i <= j) {
			while (v[i] < pivot)
				i++;
			while (v[j] > pivot)
				j--;
			if (i <= j) {
				double x = v[i];

				v[i++] = v[j];
				v[j--] = x;
			}
		}
		if (k <= j)
			hi = j;
		else if (k >= i)
			lo = i;
		else
			return;
	}
}

/* Between the two values that are around rank p; moves them. */
static double percentile(double *v, int n, double p)
{
	double rank = p / 100 * (n - 1), next;
	int below = (int)floor(rank);

	select_rank(v, n, below);
	if (below + 1 >= n)
		return v[below];
	next = v[below + 1];
	for (int i = below + 2; i < n; i++)
		next = v[i] < next ? v[i] : next;
	return v[below] + (rank - below) * (next - v[below]);
}

bool axis_percentiles(const double *x, const double *y, int n, double from, double low, double high,
		      double *lo, double *hi)
{
	double *v = mem_alloc((size_t)(n > 0 ? n : 0), sizeof *v);
	int m = finite_from(x, y, n, from, v);

	if (m == 0)
		m = finite_from(NULL, y, n, from, v);
	if (m > 0) {
		*lo = percentile(v, m, low);
		*hi = percentile(v, m, high);
	}
	free(v);
	return m > 0;
}

bool axis_extent(const double *x, const double *y, int n, double from, double *lo, double *hi)
{
	int found = 0;

	for (int i = 0; i < n; i++) {
		if (!isfinite(y[i]) || (x && x[i] < from))
			continue;
		*lo = found && *lo < y[i] ? *lo : y[i];
		*hi = found && *hi > y[i] ? *hi : y[i];
		found = 1;
	}
	if (!found && x)
		return axis_extent(NULL, y, n, from, lo, hi);
	return found;
}

/* A range that has a width, around the same middle. */
static struct axis open_range(double lo, double hi)
{
	double least = 1e-6 * fmax(fabs(lo), fabs(hi));

	if (hi - lo <= least) {
		double half = lo == 0 && hi == 0 ? 0.5 : 0.05 * fmax(fabs(lo), fabs(hi));

		lo -= half;
		hi += half;
	}
	return (struct axis){.lo = lo, .hi = hi};
}

static int most_ticks(int rows)
{
	return rows < 2 ? 1 : rows < Y_LABELS ? rows : Y_LABELS;
}

static int ticks_within(const struct axis *a, double step)
{
	return (int)(last_multiple(a->hi, step) - first_multiple(a->lo, step)) + 1;
}

/* The axis opened to half ticks of this step. */
static struct axis opened(const struct axis *a, double step)
{
	return (struct axis){
		.lo = last_multiple(a->lo, step / 2) * (step / 2),
		.hi = first_multiple(a->hi, step / 2) * (step / 2),
	};
}

struct axis axis_y(double lo, double hi, int rows)
{
	struct axis a = open_range(lo, hi), wide = a;

	for (int i = step_below(a.hi - a.lo) - 3;; i++) {
		wide = opened(&a, step_size(i));
		if (ticks_within(&wide, step_size(i)) <= most_ticks(rows))
			return wide;
	}
}

/* What the ends of a range are rounded to: a tenth of it or somewhat more. */
static double end_unit(double span)
{
	int i = step_below(span) - 3;

	while (10 * step_size(i) < span)
		i++;
	return step_size(i);
}

struct axis axis_log(double lo, double hi)
{
	double unit;

	if (!(hi > 0))
		hi = 1;
	if (!(lo > 0))
		lo = hi / 1e6;
	if (hi / lo < 1.01) {
		lo /= 1.05;
		hi *= 1.05;
	}
	unit = end_unit(log10(hi / lo));
	lo = pow(10, floor(log10(lo) / unit + 1e-9) * unit);
	hi = pow(10, ceil(log10(hi) / unit - 1e-9) * unit);
	return (struct axis){.lo = lo, .hi = hi, .log = true};
}

struct axis axis_strip(double lo, double hi)
{
	struct axis a = open_range(lo, hi);
	double unit = pow(10, floor(log10(a.hi - a.lo)) - 1);

	a.lo = last_multiple(a.lo, unit) * unit + 0.;
	a.hi = first_multiple(a.hi, unit) * unit + 0.; /* no -0 */
	return a;
}

static void put_linear(struct ticks *t, const struct axis *a, double step)
{
	double last = last_multiple(a->hi, step);

	t->n = 0;
	t->decimals = decimals_of(step);
	for (double k = first_multiple(a->lo, step); k <= last && t->n < TICKS_MAX; k++)
		t->at[t->n++] = k * step + 0.; /* no -0 */
}

struct ticks axis_x_ticks(const struct axis *a, int cols)
{
	double span = a->hi - a->lo;
	int i = step_below(span) - 3;
	struct ticks t;

	for (;; i++) {
		double step = step_size(i);
		int width;

		if (step >= span || ticks_within(a, step) > X_LABELS) {
			if (step >= span)
				break;
			continue;
		}
		width = snprintf(NULL, 0, "%.*f", decimals_of(step), a->hi) + 1;
		if (step / span * cols >= (width > X_APART ? width : X_APART))
			break;
	}
	put_linear(&t, a, step_size(i));
	return t;
}

static struct ticks linear_ticks(const struct axis *a, int most)
{
	struct ticks t;
	int i = step_below(a->hi - a->lo) - 3;

	while (ticks_within(a, step_size(i)) > most)
		i++;
	put_linear(&t, a, step_size(i));
	return t;
}

/* Values mantissa · 10^k on the axis, every `every`th decade. */
static void put_log(struct ticks *t, const struct axis *a, const char *mantissas, int every)
{
	int first = (int)floor(log10(a->lo)), last = (int)floor(log10(a->hi));

	t->n = 0;
	for (int k = first; k <= last; k++) {
		if (k % every)
			continue;
		for (const char *m = mantissas; *m && t->n < TICKS_MAX; m++) {
			double at = (*m - '0') * pow(10, k);

			if (at >= a->lo * (1 - 1e-9) && at <= a->hi * (1 + 1e-9))
				t->at[t->n++] = at;
		}
	}
	t->decimals = t->n ? decimals_of(pow(10, floor(log10(t->at[0]) + 1e-9))) : 0;
}

/* The richest set that fits; two ticks at least, else a scale cannot be read. */
static struct ticks log_ticks(const struct axis *a, int most)
{
	static const char *const sets[] = {"1235", "125", "15", "13", "1", "5", "2", "3"};
	struct ticks t = {.n = 0};

	for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
		put_log(&t, a, sets[i], 1);
		if (t.n >= 2 && t.n <= most)
			return t;
	}
	if (a->hi / a->lo < 10)
		return linear_ticks(a, most); /* within a decade, between the marks */
	for (int every = 1; t.n > most || every == 1; every++)
		put_log(&t, a, "1", every);
	return t;
}

struct ticks axis_y_ticks(const struct axis *a, int rows)
{
	return a->log ? log_ticks(a, most_ticks(rows)) : linear_ticks(a, most_ticks(rows));
}

int axis_strip_decimals(const struct axis *a)
{
	int decimals = 1 - (int)floor(log10(a->hi - a->lo));

	return decimals < 0 ? 0 : decimals;
}

/* ---- what is written at ticks ---- */

/* One way to write a value; false if there are no more. */
static bool written(char *out, double x, int decimals, int way)
{
	enum { FULL, SHORT, NO_ZERO, EXPONENT, WAYS = EXPONENT + 5 };
	char *zero;

	if (way == SHORT || (way == FULL && decimals < 0))
		num_short(out, x);
	else if (way >= EXPONENT)
		num_exponent(out, x, way - EXPONENT);
	else
		snprintf(out, NUM_LEN, "%.*f", decimals < 0 ? 0 : decimals, x);
	zero = way == NO_ZERO && fabs(x) < 1 ? strstr(out, "0.") : NULL;
	if (zero) /* ".69312" */
		memmove(zero, zero + 1, strlen(zero));
	return way < WAYS;
}

/* In the first way that fits and is of this value: to a hundredth of `apart`. */
static void write_tick(char *out, double x, int decimals, int room, double apart)
{
	for (int way = 0; written(out, x, decimals, way); way++)
		if ((int)strlen(out) <= room && fabs(strtod(out, NULL) - x) <= 0.01 * apart)
			return;
	out[0] = '\0';
}

void axis_texts(const double *at, int n, int decimals, int room, char (*out)[NUM_LEN])
{
	for (int i = 0; i < n; i++) {
		double below = i > 0 ? at[i] - at[i - 1] : INFINITY;
		double above = i + 1 < n ? at[i + 1] - at[i] : INFINITY;
		double apart = fmin(below, above);

		write_tick(out[i], at[i], decimals, room, isfinite(apart) ? apart : fabs(at[i]));
	}
}

int axis_bin(const struct axis *a, double x, int dots)
{
	double at = (x - a->lo) / (a->hi - a->lo) * dots;

	BUG_ON(dots <= 0);
	/* Steps are fractions of an epoch: forgive what their sum is short of. */
	at = floor(at + 1e-9);
	if (!(at >= 0 && at <= dots))
		return AXIS_OUTSIDE;
	return at == dots ? dots - 1 : (int)at;
}

double axis_bin_start(const struct axis *a, int bin, int dots)
{
	return a->lo + (a->hi - a->lo) * bin / dots;
}

double axis_level(const struct axis *a, double y, int dots)
{
	if (a->log) {
		if (!(y > 0) || isinf(y))
			return NAN;
		return log(a->hi / y) / log(a->hi / a->lo) * (dots - 1);
	}
	return isfinite(y) ? (a->hi - y) / (a->hi - a->lo) * (dots - 1) : NAN;
}
