/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/clock.h"

#include "test.h"

#include <time.h>

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1000000000;
}

/* Each reading lies between two of the system's clock that does not jump. */
TEST(counts_seconds)
{
	for (int i = 0; i < 1000; i++) {
		double before = now(), read = clock_seconds(), after = now();

		CHECK(read >= before - 1e-6 && read <= after + 1e-6);
	}
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
