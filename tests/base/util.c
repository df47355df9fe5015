/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/util.h"

#include "test.h"

#include <stdint.h>

TEST(the_smaller_and_the_larger)
{
	CHECK_INT(min_int(-3, 2), -3);
	CHECK_INT(min_int(2, -3), -3);
	CHECK_INT(max_int(-3, 2), 2);
	CHECK_INT(max_int(2, -3), 2);
	CHECK(min_size(SIZE_MAX, 1) == 1);
	CHECK(max_size(SIZE_MAX, 1) == SIZE_MAX);
}

TEST(within_limits)
{
	CHECK_INT(clamp_int(-1, 0, 5), 0);
	CHECK_INT(clamp_int(0, 0, 5), 0);
	CHECK_INT(clamp_int(3, 0, 5), 3);
	CHECK_INT(clamp_int(9, 0, 5), 5);
}

TEST(one_of_several)
{
	static const int at[] = {4, -1, 7};

	CHECK(contains_int(at, 3, 4) && contains_int(at, 3, 7));
	CHECK(!contains_int(at, 2, 7));
	CHECK(!contains_int(at, 0, 4));
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
