/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A loss against the median of the last ones, beside one that sorts them all. */
#include "app/study/spike.h"

#include "base/rng.h"
#include "test.h"

#include <stdlib.h>

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Of the last SPIKE_WINDOW of loss[0..n-1]. */
static double sorted_median(const double *loss, int n)
{
	int from = n > SPIKE_WINDOW ? n - SPIKE_WINDOW : 0, m = n - from;
	double copy[SPIKE_WINDOW];

	memcpy(copy, loss + from, (size_t)m * sizeof *copy);
	qsort(copy, (size_t)m, sizeof *copy, ascending);
	return m % 2 ? copy[m / 2] : (copy[m / 2 - 1] + copy[m / 2]) / 2;
}

TEST(few_losses_have_no_median)
{
	struct spike s = {0};

	for (int i = 0; i < SPIKE_LEAST; i++) {
		CHECK(isnan(spike_median(&s)));
		CHECK_NEAR(spike_add(&s, i == 5 ? 1e9 : 1), 0, 0);
	}
	CHECK_NEAR(spike_median(&s), 1, 0);
	CHECK_NEAR(spike_add(&s, 4), 4, 0);
}

TEST(the_median_is_that_of_the_last_ones)
{
	enum { N = 500 };
	struct spike s = {0};
	double loss[N];
	struct rng rng;

	rng_seed(&rng, 7);
	for (int i = 0; i < N; i++) {
		double ratio;

		/* Equal ones too, and a rise and fall over many windows. */
		loss[i] = 1 + rng_u32(&rng) % 8 + (i / 100 % 2 ? 20 : 0);
		ratio = spike_add(&s, loss[i]);
		if (i >= SPIKE_LEAST)
			CHECK_NEAR(ratio, loss[i] / sorted_median(loss, i), 0);
		if (i + 1 >= SPIKE_LEAST)
			CHECK_NEAR(spike_median(&s), sorted_median(loss, i + 1), 0);
	}
}

/* A resumed run knows the rows up to there, but reads no more of them than it needs. */
TEST(the_last_ones_alone_say_the_same)
{
	struct spike all = {0}, late = {0};

	for (int i = 0; i < 200; i++) {
		double loss = 1.0 / (i + 1) + i % 7;

		spike_add(&all, loss);
		if (i >= 200 - SPIKE_WINDOW)
			spike_add(&late, loss);
	}
	for (int i = 0; i < 100; i++)
		CHECK_NEAR(spike_add(&all, i), spike_add(&late, i), 0);
}

TEST(one_outlier_moves_nothing)
{
	struct spike s = {0};

	for (int i = 0; i < 20; i++)
		spike_add(&s, 2);
	CHECK_NEAR(spike_add(&s, 1000), 500, 0);
	CHECK_NEAR(spike_add(&s, 6), 3, 0);
}

TEST(a_median_of_zero_says_nothing)
{
	struct spike s = {0};

	for (int i = 0; i < 20; i++)
		spike_add(&s, 0);
	CHECK_NEAR(spike_add(&s, 5), 0, 0);
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
