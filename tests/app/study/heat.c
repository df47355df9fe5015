/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Maps of weights and their scale (app/study/heat.h). */
#include "test.h"

#include "app/study/heat.h"

#include <math.h>

/* Two words over eight frames; the even share is 1/8. */
static const float two[] = {
	0.125f, 0.125f, 0.25f, 0.5f, 0.0f, 0.0f, 0.0f, 0.0f, /* a peak */
	0.0f,   0.0f,   0.0f,  0.0f, 0.2f, 0.2f, 0.3f, 0.3f, /* flat */
};
static const struct heat map = {
	.w = two, .rows = 2, .frames = 8, .row_step = 8, .frame_step = 1, .even = 0.125};

TEST(frames_per_column)
{
	CHECK_INT(heat_factor(226, 76), 3);
	CHECK_INT(heat_factor(226, 48), 5);
	CHECK_INT(heat_factor(40, 48), 1);
	CHECK_INT(heat_factor(0, 48), 1);
}

TEST(maxima_and_peaks)
{
	CHECK_NEAR(heat_weight(&map, 1, 6), 0.3, 1e-6);
	CHECK_NEAR(heat_max(&map, 0), 0.5, 1e-6);
	CHECK_NEAR(heat_max(&map, 1), 0.3, 1e-6);
	CHECK_NEAR(heat_max(&map, -1), 0.5, 1e-6);
	CHECK_INT(heat_peak(&map, 0), 3);
	CHECK_NEAR(heat_at(&map, 0, 1, 3), 0.5, 1e-6);
	CHECK(isnan(heat_at(&map, 0, 3, 3)));
}

TEST(levels_begin_above_the_even_share)
{
	CHECK_NEAR(heat_top(0.15, 0.125), 0.25, 0);
	CHECK_NEAR(heat_top(0.3, 0.125), 0.3, 0);
	CHECK_INT(heat_level(0.125, 0.125, 0.25, 8), 0);
	CHECK_INT(heat_level(0.1251, 0.125, 0.25, 8), 0); /* rounding */
	CHECK_INT(heat_level(0.127, 0.125, 0.25, 8), 1);
	CHECK_INT(heat_level(0.25, 0.125, 0.25, 8), 8);
	CHECK_INT(heat_level(1, 0.125, 0.25, 8), 8);
	CHECK_INT(heat_level(NAN, 0.125, 0.25, 8), 0);
}

TEST(focus_of_weights)
{
	static const float even[] = {3, 3, 3}, half[] = {1, 9, 1, 9, 0, 9, 0, 9};

	CHECK_NEAR(heat_focus(even, 3, 1), 0, 1e-12);
	CHECK_NEAR(heat_focus(half, 4, 2), 0.5, 1e-12);
	CHECK_NEAR(heat_focus(half + 4, 3, 1) > 0.99, 1, 0); /* one has all */
	CHECK(isnan(heat_focus(even, 1, 1)));
	CHECK(!heat_is_even((double)NAN));
	CHECK(heat_is_even(0.0199) && !heat_is_even(0.02));
}

TEST(remarks_count_those_who_ask)
{
	static const float rows[] = {0.5f, 0.019f}, frames[] = {0, 0, 0, 0.5f, 0, 0, 0, 0};
	struct heat h = map;

	CHECK_STR(heat_remark(&h), "");
	h.focus = rows;
	CHECK_STR(heat_remark(&h), "mostly near even");
	h.rows = 1;
	CHECK_STR(heat_remark(&h), "");
	h.focus = rows + 1;
	CHECK_STR(heat_remark(&h), "near even");
	h.focus = frames;
	h.frames_ask = true;
	CHECK_STR(heat_remark(&h), "mostly near even");
}

TEST(differences_from_one_map_to_another)
{
	static const float then[] = {0, 0, 0, 0.1f, 0.4f, 0,    0,    0,
				     0, 0, 0, 0,    0.2f, 0.2f, 0.3f, 0.3f};
	struct heat was = map;

	was.w = then;
	CHECK_NEAR(heat_difference_at(&map, &was, 0, 1, 2), 0.4, 1e-6);
	CHECK_NEAR(heat_difference_at(&map, &was, 0, 2, 2), -0.4, 1e-6);
	CHECK_NEAR(heat_difference_max(&map, &was), 0.4, 1e-6);
	CHECK_NEAR(heat_difference_top(&map, &was), 0.4, 1e-6);
	CHECK_NEAR(heat_difference_top(&map, &map), 0.125, 0);
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
