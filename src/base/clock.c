/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/clock.h"

#include <time.h>

static double seconds(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

double clock_seconds(void)
{
	return seconds(CLOCK_MONOTONIC);
}

double clock_worked(void)
{
	return seconds(CLOCK_THREAD_CPUTIME_ID);
}
