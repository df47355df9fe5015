/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ranges and ticks (app/study/axis.h). */
#include "test.h"

#include "app/study/axis.h"
#include "base/rng.h"

#include <stdlib.h>
#include <string.h>

/* "0 10 20" with the ticks' own decimals */
static const char *ticks_text(struct ticks t)
{
	static char out[256];
	int at = 0;

	out[0] = '\0';
	for (int i = 0; i < t.n; i++)
		at += snprintf(out + at, sizeof out - (size_t)at, "%s%.*f", i ? " " : "",
			       t.decimals, t.at[i]);
	return out;
}

static const char *x_ticks(double lo, double hi, int cols)
{
	struct axis a = axis_x(lo, hi);

	return ticks_text(axis_x_ticks(&a, cols));
}

static const char *y_ticks(struct axis a, int rows)
{
	return ticks_text(axis_y_ticks(&a, rows));
}

TEST(x_ends_at_the_next_round_epoch)
{
	CHECK_NEAR(axis_end(0, 0), 5, 0);
	CHECK_NEAR(axis_end(5, 0), 10, 0);
	CHECK_NEAR(axis_end(10, 0), 20, 0);
	CHECK_NEAR(axis_end(42.4, 70), 50, 0);
	CHECK_NEAR(axis_end(50, 70), 70, 0);
	CHECK_NEAR(axis_end(70, 0), 100, 0);
	CHECK_NEAR(axis_end(100, 0), 150, 0);
	CHECK_NEAR(axis_end(160, 0), 200, 0);
	CHECK_NEAR(axis_end(2100, 0), 3000, 1e-9);
	CHECK_NEAR(axis_end(42, 45), 45, 0);
	CHECK_NEAR(axis_end(NAN, 0), 5, 0);
}

TEST(x_ticks_as_in_the_mockups)
{
	CHECK_STR(x_ticks(0, 50, 82), "0 10 20 30 40 50");
	CHECK_STR(x_ticks(0, 50, 50), "0 10 20 30 40 50");
	CHECK_STR(x_ticks(0, 50, 34), "0 10 20 30 40 50");
	CHECK_STR(x_ticks(0, 4.52, 76), "0 1 2 3 4");
	CHECK_STR(x_ticks(0, 4.52, 48), "0 1 2 3 4");
}

TEST(x_ticks_keep_their_distance)
{
	CHECK_STR(x_ticks(0, 70, 82), "0 10 20 30 40 50 60 70");
	CHECK_STR(x_ticks(0, 70, 50), "0 10 20 30 40 50 60 70");
	CHECK_STR(x_ticks(0, 70, 40), "0 20 40 60");
	CHECK_STR(x_ticks(0, 5, 50), "0 1 2 3 4 5");
	CHECK_STR(x_ticks(0, 0.4, 76), "0.0 0.1 0.2 0.3 0.4");
	CHECK_STR(x_ticks(12.2, 13.1, 60), "12.2 12.4 12.6 12.8 13.0");
	CHECK_STR(x_ticks(0, 50, 3), "0 50");
	CHECK_STR(x_ticks(0, 2000, 82), "0 500 1000 1500 2000");
}

TEST(rates_open_to_half_a_tick)
{
	struct axis a = axis_y(0.684, 0.757, 7);

	CHECK_NEAR(a.lo, 0.675, 1e-12);
	CHECK_NEAR(a.hi, 0.775, 1e-12);
	CHECK_STR(y_ticks(a, 7), "0.70 0.75");
	a = axis_y(0, 1, 11);
	CHECK_NEAR(a.lo, 0, 1e-12);
	CHECK_NEAR(a.hi, 1, 1e-12);
	CHECK_STR(y_ticks(a, 11), "0.0 0.5 1.0");
	a = axis_y(0.74, 0.74, 5);
	CHECK(a.lo < 0.74 && a.hi > 0.74);
	a = axis_y(0, 0, 5);
	CHECK(a.lo < 0 && a.hi > 0);
	a = axis_y(-3, 220, 5);
	CHECK_STR(y_ticks(a, 5), "0 100 200");
}

TEST(linear_axes_have_two_to_four_ticks)
{
	for (int i = 0; i < 4000; i++) {
		double lo = 0.37 * i / 4000, hi = lo + 0.003 * pow(1.0021, i);
		struct axis a = axis_y(lo, hi, 8);
		struct ticks t = axis_y_ticks(&a, 8);

		CHECK(a.lo <= lo + 1e-9 && a.hi >= hi - 1e-9);
		if (t.n < 2 || t.n > 4)
			FAIL("%g to %g has %d ticks", lo, hi, t.n);
	}
}

TEST(log_ticks)
{
	CHECK_STR(y_ticks(axis_log(0.25, 1.6), 8), "0.2 0.3 0.5 1.0");
	CHECK_STR(y_ticks(axis_log(0.3, 8), 2), "1 10");
	CHECK_STR(y_ticks(axis_log(0.001, 1000), 8), "0.01 1.00 100.00");
	CHECK_STR(y_ticks(axis_log(1e-4, 6e-4), 4), "0.0001 0.0002 0.0003 0.0005");
	CHECK_STR(y_ticks(axis_log(0.61, 0.69), 4), "0.62 0.64 0.66 0.68");
	CHECK(axis_log(0, 1).lo > 0);
	CHECK(axis_log(2, 2).hi > 2);
}

/* An axis is opened to round ends: less than a quarter of it is empty, and a
 * point that is a little lower or higher than all so far seldom moves it. */
TEST(axes_hold_still)
{
	int log_moves = 0, strip_moves = 0;
	struct axis log = axis_log(0.5, 1), strip = axis_strip(0.5, 1);

	for (double lo = 0.5; lo > 0.005; lo *= 0.99) {
		struct axis a = axis_log(lo, 1), b = axis_strip(lo, 1);

		CHECK(a.lo <= lo * (1 + 1e-9) && a.hi >= 1 - 1e-9);
		CHECK(b.lo <= lo + 1e-9 && b.hi >= 1 - 1e-9);
		CHECK(log10(lo / a.lo) < 0.25 * log10(1 / lo));
		CHECK(lo - b.lo < 0.1 * (1 - lo));
		log_moves += a.lo != log.lo;
		strip_moves += b.lo != strip.lo;
		log = a;
		strip = b;
	}
	CHECK(log_moves > 5 && log_moves < 20); /* of 459 */
	CHECK(strip_moves > 20 && strip_moves < 100);
}

TEST(log_axes_have_a_tick)
{
	for (int i = 0; i < 3000; i++) {
		double lo = 1e-6 * pow(1.006, i), hi = lo * pow(1.004, i + 3);
		struct axis a = axis_log(lo, hi);
		struct ticks t = axis_y_ticks(&a, 6);

		if (t.n < 1 || t.n > 4)
			FAIL("%g to %g has %d ticks", lo, hi, t.n);
	}
}

TEST(ranges_begin_after_the_first_tenth)
{
	double x[] = {1, 2, 3, 4, 5, 6}, y[] = {9, 1, NAN, 2, INFINITY, 3};
	double lo = 0, hi = 0;

	CHECK(axis_extent(x, y, 6, 2, &lo, &hi));
	CHECK_NEAR(lo, 1, 0);
	CHECK_NEAR(hi, 3, 0);
	CHECK(axis_extent(x, y, 6, 7, &lo, &hi)); /* none so late: all */
	CHECK_NEAR(hi, 9, 0);
	CHECK(!axis_extent(x, y + 2, 1, 0, &lo, &hi));
	CHECK(!axis_extent(x, y, 0, 0, &lo, &hi));
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* As in the sorted values, whatever their order, their number and how many are equal. */
TEST(percentiles_are_those_of_the_sorted_values)
{
	enum { MOST = 300 };
	double y[MOST], sorted[MOST], lo, hi;
	struct rng r;

	rng_seed(&r, 7);
	for (int n = 1; n <= MOST; n += 1 + n / 9)
		for (int kind = 0; kind < 4; kind++) {
			for (int i = 0; i < n; i++)
				y[i] = kind == 0   ? (double)rng_u32(&r)
				       : kind == 1 ? (double)(rng_u32(&r) % 3)
				       : kind == 2 ? i
						   : 5;
			memcpy(sorted, y, sizeof sorted);
			qsort(sorted, (size_t)n, sizeof *sorted, ascending);
			CHECK(axis_percentiles(NULL, y, n, 0, 25, 100, &lo, &hi));
			CHECK_NEAR(hi, sorted[n - 1], 0);
			CHECK(lo >= sorted[(n - 1) / 4]);
			CHECK(lo <= sorted[(n + 2) / 4]);
			if ((n - 1) % 4 == 0)
				CHECK_NEAR(lo, sorted[(n - 1) / 4], 0);
		}
}

TEST(strips_take_percentiles)
{
	double y[101], lo = 0, hi = 0;
	struct axis a;

	for (int i = 0; i <= 100; i++)
		y[i] = 100 - i;
	CHECK(axis_percentiles(NULL, y, 101, 0, 2, 98, &lo, &hi));
	CHECK_NEAR(lo, 2, 1e-12);
	CHECK_NEAR(hi, 98, 1e-12);
	CHECK(axis_percentiles(NULL, y, 1, 0, 2, 98, &lo, &hi));
	CHECK_NEAR(lo, 100, 0);
	CHECK(!axis_percentiles(NULL, y, 0, 0, 2, 98, &lo, &hi));
	a = axis_strip(-0.02, 0);
	CHECK(a.hi == 0 && !signbit(a.hi)); /* not -0.000 */
	a = axis_strip(0.34, 0.85);
	CHECK_INT(axis_strip_decimals(&a), 2);
	a = axis_strip(0.037, 0.094);
	CHECK_INT(axis_strip_decimals(&a), 3);
	a = axis_strip(1, 40);
	CHECK_INT(axis_strip_decimals(&a), 0);
}

TEST(bins_and_levels)
{
	struct axis x = axis_x(0, 50), y = {.lo = 0.675, .hi = 0.775};
	struct axis log_y = {.lo = 1, .hi = 100, .log = true};

	CHECK_INT(axis_bin(&x, 0, 100), 0);
	CHECK_INT(axis_bin(&x, 18, 100), 36);
	CHECK_INT(axis_bin(&x, 30, 100), 60);
	CHECK_INT(axis_bin(&x, 50, 100), 99);
	CHECK_INT(axis_bin(&x, 50.6, 100), AXIS_OUTSIDE);
	CHECK_INT(axis_bin(&x, -0.1, 100), AXIS_OUTSIDE);
	CHECK_INT(axis_bin(&x, NAN, 100), AXIS_OUTSIDE);
	for (int bin = 0; bin < 164; bin++)
		CHECK_INT(axis_bin(&x, axis_bin_start(&x, bin, 164), 164), bin);
	CHECK_NEAR(axis_level(&y, 0.775, 20), 0, 1e-9);
	CHECK_NEAR(axis_level(&y, 0.675, 20), 19, 1e-9);
	CHECK_NEAR(axis_level(&log_y, 10, 21), 10, 1e-9);
	CHECK(isnan(axis_level(&log_y, 0, 21)));
	CHECK(isnan(axis_level(&y, NAN, 21)));
}

/* ---- what is written at ticks ---- */

static const char *texts(const double *at, int n, int decimals, int room)
{
	static char out[256];
	char text[TICKS_MAX][NUM_LEN];
	int to = 0;

	out[0] = '\0';
	axis_texts(at, n, decimals, room, text);
	for (int i = 0; i < n; i++)
		to += snprintf(out + to, sizeof out - (size_t)to, "%s%s", i ? " " : "",
			       text[i][0] ? text[i] : "-");
	return out;
}
#define TEXTS(decimals, room, ...)                                                             \
	texts((const double[]){__VA_ARGS__}, sizeof((double[]){__VA_ARGS__}) / sizeof(double), \
	      decimals, room)

TEST(ticks_as_they_are_written)
{
	CHECK_STR(TEXTS(2, 5, 0.7, 0.75), "0.70 0.75");
	CHECK_STR(TEXTS(5, 6, 0.69312, 0.69326), ".69312 .69326");
	CHECK_STR(TEXTS(5, 6, -0.69326, 0.69326), "-0.693 0.693");
	CHECK_STR(TEXTS(6, 6, 0.00001, 0.000025), "1e-5 2.5e-5");
	CHECK_STR(TEXTS(6, 4, 0.00001, 0.000025), "1e-5 -");
	CHECK_STR(TEXTS(2, 5, 0.01, 1, 100), "0.01 1.00 100");
	CHECK_STR(TEXTS(-1, 5, 0.0005, 0.5, 20), "5e-4 0.5 20");
	CHECK_STR(TEXTS(-1, 5, 1.0012, 1.0014), "- -"); /* not "1 1" */
	CHECK_STR(TEXTS(0, 6, 1000000, 1500000), "1e6 1.5e6");
}

/* From a fixed seed; 0 … 1. */
static double uniform(unsigned *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return (*seed >> 8) / 16777216.;
}

static void check_texts(const double *at, int n, int decimals, int room)
{
	char text[TICKS_MAX][NUM_LEN];

	axis_texts(at, n, decimals, room, text);
	for (int i = 0; i < n; i++) {
		double x = strtod(text[i], NULL);

		if ((int)strlen(text[i]) > room)
			FAIL("%s is wider than %d", text[i], room);
		for (int k = 0; k < n && text[i][0]; k++) {
			if (k != i && strcmp(text[i], text[k]) == 0)
				FAIL("%.17g and %.17g are both %s", at[i], at[k], text[i]);
			if (k != i && fabs(x - at[k]) < fabs(x - at[i]))
				FAIL("%s stands at %.17g but is nearer to %.17g", text[i], at[i],
				     at[k]);
		}
	}
}

/* Whatever the range, all that is written is distinct and of its own tick; where there is
 * room for it, all of it. */
TEST(ticks_are_never_written_alike)
{
	unsigned seed = 7;

	for (int i = 0; i < (RACES ? 4000 : 40000); i++) {
		double size = pow(10, 16 * uniform(&seed) - 8);
		double lo = (uniform(&seed) - 0.3) * size;
		double hi = lo + size * pow(10, -7 * uniform(&seed));
		int rows = 1 + (int)(20 * uniform(&seed)), room = 3 + (int)(6 * uniform(&seed));
		const struct axis axes[] = {axis_y(lo, hi, rows),
					    axis_log(fabs(lo), fabs(lo) + size),
					    axis_strip(lo, hi)};

		for (int k = 0; k < 3; k++) {
			struct ticks t = axis_y_ticks(&axes[k], rows);

			check_texts(t.at, t.n, t.decimals, room);
			check_texts(t.at, t.n, -1, room);
		}
		check_texts((const double[]){axes[2].lo, axes[2].hi}, 2,
			    axis_strip_decimals(&axes[2]), room);
	}
}

TEST(x_labels_do_not_touch)
{
	unsigned seed = 3;

	for (int i = 0; i < (RACES ? 2000 : 20000); i++) {
		double lo = i % 2 ? 0 : 300 * uniform(&seed);
		double hi = lo + pow(10, 9 * uniform(&seed) - 2);
		int cols = 20 + (int)(200 * uniform(&seed));
		struct axis a = axis_x(lo, hi);
		struct ticks t = axis_x_ticks(&a, cols);
		char text[TICKS_MAX][NUM_LEN];

		axis_texts(t.at, t.n, t.decimals, NUM_LEN, text);
		check_texts(t.at, t.n, t.decimals, NUM_LEN);
		for (int k = 0; k + 1 < t.n; k++) {
			double apart = (t.at[k + 1] - t.at[k]) / (hi - lo) * cols;

			if (t.n > 2 && apart < strlen(text[k]) + 1)
				FAIL("%s and %s are %g columns apart", text[k], text[k + 1], apart);
		}
	}
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
