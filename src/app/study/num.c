/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/study/num.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HUGE_FROM 1e5

/* "1.20e-05" becomes "1.20e-5", "1e+06" "1e6". */
static char *trim_exponent(char *s)
{
	char *e = strchr(s, 'e'), *from, *to;

	if (!e)
		return s;
	from = to = e + 1;
	if (*from == '-')
		to++;
	if (*from == '-' || *from == '+')
		from++;
	while (*from == '0' && from[1])
		from++;
	memmove(to, from, strlen(from) + 1);
	return s;
}

static char *scientific(char *out, double x, int decimals)
{
	snprintf(out, NUM_LEN, "%.*e", decimals, x);
	return trim_exponent(out);
}

static char *not_finite(char *out, double x)
{
	return strcpy(out, isnan(x) ? "nan" : x > 0 ? "inf" : "-inf");
}

/* Would `decimals` places show zero? Ties go as printf sends them. */
static int shows_zero(double x, int decimals)
{
	char text[NUM_LEN];

	if (fabs(x) >= 1)
		return 0;
	snprintf(text, sizeof text, "%.*f", decimals, x);
	return text[strspn(text, "-0.")] == '\0';
}

char *num_fixed(char *out, double x, int decimals)
{
	if (!isfinite(x))
		return not_finite(out, x);
	if (x == 0)
		x = 0; /* no "-0.000" */
	else if (fabs(x) >= HUGE_FROM || shows_zero(x, decimals))
		return scientific(out, x, 1);
	snprintf(out, NUM_LEN, "%.*f", decimals, x);
	return out;
}

char *num_value(char *out, double x)
{
	return num_fixed(out, x, 3);
}

char *num_attention(char *out, double x)
{
	return num_fixed(out, x, 4);
}

char *num_lr(char *out, double x)
{
	if (!isfinite(x) || x == 0)
		return num_fixed(out, x, 0);
	return scientific(out, x, 2);
}

char *num_norm(char *out, double x)
{
	/* The limits are where rounding reaches the next form: 9.996 is 10.0. */
	if (fabs(x) < 9.995)
		return num_fixed(out, x, 2);
	if (fabs(x) < 99.95)
		return num_fixed(out, x, 1);
	if (fabs(x) < 999.5)
		return num_fixed(out, x, 0);
	return isfinite(x) ? scientific(out, x, 2) : not_finite(out, x);
}

char *num_short(char *out, double x)
{
	if (!isfinite(x))
		return not_finite(out, x);
	/* %g would still write 0.0005. */
	if (x != 0 && fabs(x) < 0.001) {
		for (int decimals = 0; decimals < 3; decimals++) {
			scientific(out, x, decimals);
			if (fabs(strtod(out, NULL) - x) <= 1e-9 * fabs(x))
				break;
		}
		return out;
	}
	snprintf(out, NUM_LEN, "%.3g", x == 0 ? 0 : x);
	return trim_exponent(out);
}

char *num_exponent(char *out, double x, int decimals)
{
	return isfinite(x) ? scientific(out, x, decimals) : not_finite(out, x);
}

char *num_percent(char *out, double share, int decimals)
{
	if (!isfinite(share))
		return not_finite(out, share);
	snprintf(out, NUM_LEN, "%.*f %%", decimals, 100 * share);
	return out;
}

char *num_signed(char *out, double x, int decimals)
{
	if (!isfinite(x))
		return not_finite(out, x);
	if (x == 0)
		return num_fixed(out, 0, decimals);
	out[0] = x < 0 ? '-' : '+';
	num_fixed(out + 1, fabs(x), decimals);
	return out;
}

char *num_signed_count(char *out, long n)
{
	snprintf(out, NUM_LEN, n ? "%+ld" : "%ld", n);
	return out;
}

char *num_mean_sd(char *out, double mean, double sd)
{
	char a[NUM_LEN], b[NUM_LEN];

	if (isnan(sd))
		return num_value(out, mean);
	/* "%.16s": no number here is longer, and the compiler sees that it fits. */
	snprintf(out, NUM_LEN, "%.16s ± %.16s", num_value(a, mean), num_value(b, sd));
	return out;
}

char *num_time(char *out, double seconds)
{
	long s;

	if (!(seconds >= 0) || seconds > 1e9)
		return strcpy(out, NUM_MISSING);
	s = lround(seconds);
	if (s < 60)
		snprintf(out, NUM_LEN, "%ld s", s);
	else if (s < 3600)
		snprintf(out, NUM_LEN, "%ld:%02ld", s / 60, s % 60);
	else if (s < 86400)
		snprintf(out, NUM_LEN, "%ldh%02ld", s / 3600, s / 60 % 60);
	else
		snprintf(out, NUM_LEN, "%ldd%02ldh", s / 86400, s / 3600 % 24);
	return out;
}

char *num_bytes(char *out, double bytes)
{
	static const char *const unit[] = {"B", "kB", "MB", "GB", "TB"};
	int u = 0;

	for (; bytes >= 999.5 && u < 4; u++)
		bytes /= 1000;
	snprintf(out, NUM_LEN, u && bytes < 99.95 ? "%.1f %s" : "%.0f %s", bytes, unit[u]);
	return out;
}

char *num_position(char *out, int epoch, int step)
{
	snprintf(out, NUM_LEN, "%d:%d", epoch, step);
	return out;
}

char *num_best(char *out, double x, int epoch)
{
	char value[NUM_LEN];

	snprintf(out, NUM_LEN, "%.16s@%d", num_value(value, x), epoch);
	return out;
}

char *num_ratio(char *out, double top, double even)
{
	double ratio = top / even;

	snprintf(out, NUM_LEN, "%.*f × even", ratio < 9.95 ? 1 : 0, ratio);
	return out;
}

char *num_scale(char *out, double top, double even)
{
	char value[NUM_LEN], ratio[NUM_LEN];

	snprintf(out, NUM_LEN, "%.12s = %.20s", num_value(value, top), num_ratio(ratio, top, even));
	return out;
}
