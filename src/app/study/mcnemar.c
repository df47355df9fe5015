/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/study/mcnemar.h"

#include <math.h>

#define QUANTILE 1.959963984540054 /* of the normal distribution, at 1 - MCNEMAR_ALPHA / 2 */

/* The logarithm of n over k, divided by 2 to the n. */
static double log_probability(int n, int k)
{
	int sign;

	return lgamma_r(n + 1.0, &sign) - lgamma_r(k + 1.0, &sign) - lgamma_r(n - k + 1.0, &sign) -
	       n * log(2);
}

double mcnemar_p(int first, int second)
{
	int n = first + second, few = first < second ? first : second;
	double term = exp(log_probability(n, few)), sum = 0;

	for (int k = few; k >= 0; k--) { /* the largest first; each is the next one's share of it */
		sum += term;
		term *= (double)k / (n - k + 1);
	}
	return fmin(1, 2 * sum);
}

static double spent(int k, int n)
{
	return k > 0 ? erfc(QUANTILE / sqrt(2.0 * k / n)) : 0;
}

double mcnemar_limit(int k, int n)
{
	return spent(k, n) - spent(k - 1, n);
}
