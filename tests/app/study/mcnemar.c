/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The exact test, and what looking often costs (app/study/mcnemar.h). */
#include "test.h"

#include "app/study/mcnemar.h"
#include "base/rng.h"

#include <math.h>

/* Sums of binomial coefficients, by hand. */
TEST(exact)
{
	CHECK_NEAR(mcnemar_p(5, 9), 2.0 * (1 + 14 + 91 + 364 + 1001 + 2002) / 16384, 1e-12);
	CHECK_NEAR(mcnemar_p(9, 5), mcnemar_p(5, 9), 0);
	CHECK_NEAR(mcnemar_p(0, 1), 1, 1e-12);
	CHECK_NEAR(mcnemar_p(0, 6), 2.0 / 64, 1e-12);
	CHECK_NEAR(mcnemar_p(1, 7), 2.0 * 9 / 256, 1e-12);
	CHECK_NEAR(mcnemar_p(11, 17), 0.345, 0.0005);
}

TEST(level_is_no_difference)
{
	CHECK_NEAR(mcnemar_p(0, 0), 1, 0);
	CHECK_NEAR(mcnemar_p(1, 1), 1, 0);
	CHECK_NEAR(mcnemar_p(700, 700), 1, 0);
}

TEST(many_utterances)
{
	/* near the normal distribution: 4.5 standard deviations, with its continuity correction */
	double z = (100000 - 2 * 49284 - 1) / sqrt(100000);

	CHECK_NEAR(mcnemar_p(49284, 50716) / erfc(z / sqrt(2)), 1, 0.01);
	CHECK(mcnemar_p(0, 2000) == 0 || mcnemar_p(0, 2000) < 1e-300);
}

/* Each value is as probable as it says, or less. */
TEST(p_is_a_probability)
{
	for (int n = 1; n <= 60; n++)
		for (int k = 0; k <= n / 2; k++) {
			double p = mcnemar_p(k, n - k), below = 0, term = pow(0.5, n);

			for (int i = 0; i <= n; i++) {
				if (mcnemar_p(i, n - i) <= p * (1 + 1e-9))
					below += term;
				term *= (double)(n - i) / (i + 1);
			}
			CHECK_NEAR(below, p, 1e-9);
		}
}

/* Tables of the O'Brien-Fleming kind of spending, at one half and at the end. */
TEST(shares_of_the_looks)
{
	for (int n = 1; n <= 70; n++) {
		double sum = 0;

		for (int k = 1; k <= n; k++) {
			CHECK(mcnemar_limit(k, n) >= 0);
			sum += mcnemar_limit(k, n);
		}
		CHECK_NEAR(sum, MCNEMAR_ALPHA, 1e-12);
	}
	CHECK_NEAR(mcnemar_limit(1, 1), 0.05, 1e-12);
	CHECK_NEAR(mcnemar_limit(1, 2), 0.00557, 0.00002);
	CHECK_NEAR(mcnemar_limit(1, 4), 0.0000886, 0.000002);
}

/*
 * A duel of two models that are as good as each other: each utterance is right or wrong by chance,
 * for each model the same at all epochs but for a few that flip, as predictions do while
 * training goes on.
 */
static bool false_alarm(struct rng *r, int looks, bool corrected)
{
	enum { UTTERANCES = 120 };
	bool right[2][UTTERANCES];

	for (int side = 0; side < 2; side++)
		for (int i = 0; i < UTTERANCES; i++)
			right[side][i] = rng_uniform(r, 0, 1) < 0.6F;
	for (int k = 1; k <= looks; k++) {
		int only[2] = {0};

		for (int side = 0; side < 2; side++)
			for (int i = 0; i < UTTERANCES; i++)
				if (rng_uniform(r, 0, 1) < 0.2F)
					right[side][i] = rng_uniform(r, 0, 1) < 0.6F;
		for (int i = 0; i < UTTERANCES; i++)
			for (int side = 0; side < 2; side++)
				only[side] += right[side][i] && !right[!side][i];
		if (mcnemar_p(only[0], only[1]) <
		    (corrected ? mcnemar_limit(k, looks) : MCNEMAR_ALPHA))
			return true;
	}
	return false;
}

TEST(looking_often_alarms_no_more_than_it_says)
{
	enum { DUELS = 2000, LOOKS = 24 };
	int corrected = 0, plain = 0;
	struct rng r;

	rng_seed(&r, 20261129);
	for (int i = 0; i < DUELS; i++)
		corrected += false_alarm(&r, LOOKS, true);
	for (int i = 0; i < DUELS; i++)
		plain += false_alarm(&r, LOOKS, false);
	printf("# false alarms in %d duels of %d looks: %d, without the correction %d\n", DUELS,
	       LOOKS, corrected, plain);
	CHECK(corrected <= DUELS * MCNEMAR_ALPHA);
	CHECK(corrected > 0);
	CHECK(plain > 3 * DUELS * MCNEMAR_ALPHA); /* so the test would see it */
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
