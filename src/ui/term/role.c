/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/term/role.h"

#include "base/err.h"

#include <stdio.h>

enum { OWN = -1 }; /* the terminal's own colour */

/* One row per role. A foreground's `mono` are attributes; a background
 * without a colour (OWN) leaves the cell as it is, or reverses it. */
static const struct {
	const char *name;
	int dark, light;
	int base, base_attr; /* 16 colours */
	int mono;
} table[] = {
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

static bool is_heat(int r)
{
	return r >= ROLE_HEAT && r < ROLE_HEAT + HEAT_STEPS;
}

static int colour_256(const struct look *look, int r)
{
	bool light = look->palette == PALETTE_LIGHT;

	if (is_heat(r)) {
		int step = r - ROLE_HEAT;

		return ramps[look->ramp][light ? HEAT_STEPS - 1 - step : step];
	}
	return light ? table[r].light : table[r].dark;
}

/* The bright half of 16 colours as bold ones of 8. Bright black would vanish
 * on black, so it becomes dim white. */
static void narrow_to_8(struct paint *p)
{
	if (p->fg < 8)
		return;
	p->attr |= p->fg == 8 ? ATTR_DIM : ATTR_BOLD;
	p->fg = p->fg == 8 ? 7 : p->fg - 8;
}

struct paint role_paint(const struct look *look, struct style style)
{
	struct paint p = {OWN, OWN, style.attr};

	BUG_ON(style.fg > ROLE_BAND || style.bg >= ROLES || (style.bg && style.bg <= ROLE_BAND));
	switch (look->depth) {
	case DEPTH_256:
		p.fg = colour_256(look, style.fg);
		p.bg = style.bg ? colour_256(look, style.bg) : OWN;
		break;
	case DEPTH_16:
	case DEPTH_8:
		p.fg = table[style.fg].base;
		p.attr |= table[style.fg].base_attr;
		if (style.bg && !is_heat(style.bg))
			p.attr |= table[style.bg].base_attr;
		if (look->depth == DEPTH_8)
			narrow_to_8(&p);
		break;
	case DEPTH_MONO:
		p.attr |= table[style.fg].mono;
		if (style.bg && !is_heat(style.bg))
			p.attr |= table[style.bg].mono;
		break;
	}
	return p;
}

const char *role_name(enum role r)
{
	static const char *const heat[HEAT_STEPS] = {
		"heat 1", "heat 2", "heat 3", "heat 4", "heat 5",
		"heat 6", "heat 7", "heat 8", "heat 9",
	};

	BUG_ON(r >= ROLES);
	return is_heat(r) ? heat[r - ROLE_HEAT] : table[r].name;
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
