/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/study/role.h"

#include "base/err.h"

enum { OWN = COLOUR_OWN };

/* One row per role. A foreground's `mono` are attributes; a background
 * without a colour (OWN) leaves the cell as it is, or reverses it. */
const struct role_row role_table[ROLES] = {
	[ROLE_TEXT] = {"text", 252, 236, 7, 0, 0},
	[ROLE_STRONG] = {"strong", 231, 16, 15, 0, ATTR_BOLD},
	[ROLE_DIM] = {"dim", 245, 242, 7, ATTR_DIM, ATTR_DIM},
	[ROLE_FAINT] = {"faint", 239, 250, 8, 0, ATTR_DIM},
	[ROLE_KEY] = {"key", 117, 25, 14, 0, ATTR_BOLD},
	[ROLE_CURSOR] = {"cursor", 117, 25, 14, 0, ATTR_BOLD},
	[ROLE_GOOD] = {"good", 79, 29, 10, 0, 0},
	[ROLE_WARN] = {"warn", 221, 130, 11, 0, ATTR_BOLD},
	[ROLE_BAD] = {"bad", 209, 124, 9, 0, ATTR_REVERSE},
	[ROLE_S1] = {"s1", 214, 136, 3, 0, 0},
	[ROLE_S2] = {"s2", 81, 25, 14, 0, 0},
	[ROLE_S3] = {"s3", 72, 101, 2, 0, 0},
	[ROLE_S4] = {"s4", 227, 88, 11, 0, 0},
	[ROLE_S5] = {"s5", 105, 104, 12, 0, 0},
	[ROLE_S6] = {"s6", 203, 94, 9, 0, 0},
	[ROLE_S7] = {"s7", 176, 132, 13, 0, 0},
	[ROLE_BAND] = {"band", 240, 248, 8, 0, ATTR_DIM},
	[ROLE_STATUS] = {"status", 235, 254, OWN, 0, 0},
	[ROLE_POPUP] = {"pop-up", 236, 253, OWN, 0, 0},
	[ROLE_SELECTED] = {"selected", 238, 252, OWN, ATTR_REVERSE, ATTR_REVERSE},
	[ROLE_RIGHT] = {"right 1", 236, 254, OWN, 0, 0},
	[ROLE_RIGHT + 1] = {"right 2", 23, 152, OWN, 0, 0},
	[ROLE_RIGHT + 2] = {"right 3", 24, 110, OWN, 0, 0},
	[ROLE_WRONG] = {"wrong 1", 236, 254, OWN, 0, 0},
	[ROLE_WRONG + 1] = {"wrong 2", 94, 223, OWN, 0, 0},
	/* The difference of two heat maps: blue less, orange more. */
	[ROLE_LESS] = {"less 1", 17, 189, OWN, 0, 0},
	[ROLE_LESS + 1] = {"less 2", 18, 153, OWN, 0, 0},
	[ROLE_LESS + 2] = {"less 3", 25, 111, OWN, 0, 0},
	[ROLE_LESS + 3] = {"less 4", 32, 68, OWN, 0, 0},
	[ROLE_LESS + 4] = {"less 5", 75, 25, OWN, 0, 0},
	[ROLE_MORE] = {"more 1", 52, 223, OWN, 0, 0},
	[ROLE_MORE + 1] = {"more 2", 94, 216, OWN, 0, 0},
	[ROLE_MORE + 2] = {"more 3", 130, 173, OWN, 0, 0},
	[ROLE_MORE + 3] = {"more 4", 172, 166, OWN, 0, 0},
	[ROLE_MORE + 4] = {"more 5", 215, 130, OWN, 0, 0},
};

/* On dark; on light the same backwards. */
static const int ramps[RAMPS][HEAT_STEPS] = {
	[RAMP_VIRIDIS] = {53, 54, 24, 30, 36, 77, 149, 191, 227},
	[RAMP_CIVIDIS] = {17, 24, 60, 243, 245, 245, 144, 185, 227},
	[RAMP_GREY] = {232, 235, 238, 241, 244, 246, 249, 252, 255},
};

bool role_is_heat(enum role r)
{
	return r >= ROLE_HEAT && r < ROLE_HEAT + HEAT_STEPS;
}

int role_colour(enum role r, enum palette palette, enum ramp ramp)
{
	bool light = palette == PALETTE_LIGHT;

	if (role_is_heat(r)) {
		int step = (int)r - ROLE_HEAT;

		return ramps[ramp][light ? HEAT_STEPS - 1 - step : step];
	}
	return light ? role_table[r].light : role_table[r].dark;
}

const char *role_name(enum role r)
{
	static const char *const heat[HEAT_STEPS] = {
		"heat 1", "heat 2", "heat 3", "heat 4", "heat 5",
		"heat 6", "heat 7", "heat 8", "heat 9",
	};

	BUG_ON(r >= ROLES);
	return role_is_heat(r) ? heat[r - ROLE_HEAT] : role_table[r].name;
}

enum role role_class(int index)
{
	return ROLE_S1 + index % SERIES;
}

enum role role_cell(bool right, double share)
{
	if (!(share >= 0.15))
		return 0;
	if (right)
		return ROLE_RIGHT + (share >= 0.5) + (share >= 0.85);
	return ROLE_WRONG + (share >= 0.2);
}
