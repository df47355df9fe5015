/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Roles by name and by what they stand for (app/study/role.h). */
#include "test.h"

#include "app/study/role.h"

TEST(colours_follow_the_background)
{
	CHECK_INT(role_colour(ROLE_S1, PALETTE_DARK, RAMP_VIRIDIS), 214);
	CHECK_INT(role_colour(ROLE_S1, PALETTE_LIGHT, RAMP_VIRIDIS), 136);
	CHECK_INT(role_colour(ROLE_HEAT, PALETTE_DARK, RAMP_VIRIDIS), 53);
	CHECK_INT(role_colour(ROLE_HEAT, PALETTE_LIGHT, RAMP_VIRIDIS), 227);
	CHECK_INT(role_colour(ROLE_HEAT + 8, PALETTE_LIGHT, RAMP_GREY), 232);
}

TEST(cells_of_the_confusion_matrix)
{
	CHECK_INT(role_cell(true, 0.1), 0);
	CHECK_INT(role_cell(true, 0.3), ROLE_RIGHT);
	CHECK_INT(role_cell(true, 0.77), ROLE_RIGHT + 1);
	CHECK_INT(role_cell(true, 1), ROLE_RIGHT + 2);
	CHECK_INT(role_cell(false, 0.14), 0);
	CHECK_INT(role_cell(false, 0.24), ROLE_WRONG + 1);
	CHECK_INT(role_cell(false, NAN), 0);
}

TEST(every_role_has_a_name)
{
	for (int r = 0; r < ROLES; r++)
		CHECK(role_name(r) && *role_name(r));
	CHECK_STR(role_name(role_class(0)), "s1");
	CHECK_STR(role_name(role_class(8)), "s2");
	CHECK_STR(role_name(ROLE_HEAT + 8), "heat 9");
	CHECK_STR(role_name(ROLE_MORE + 4), "more 5");
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
