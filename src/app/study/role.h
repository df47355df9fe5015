/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * role: what a piece of a picture is for, and the colours of that.
 *
 * Views name roles ("a warning", "series 1"), never colours. role.c holds the
 * one table of roles with its four columns: 256 colours on dark and on light,
 * 16 colours, none. What a terminal makes of a role is paint's (ui/term/paint.h).
 *
 * Colours after Okabe and Ito; the ramps rise in lightness (matplotlib's
 * viridis and cividis, sampled into the 256-colour cube).
 */
#ifndef MIUST_ROLE_H
#define MIUST_ROLE_H

#include <stdbool.h>

enum palette { PALETTE_DARK, PALETTE_LIGHT };
enum ramp { RAMP_VIRIDIS, RAMP_CIVIDIS, RAMP_GREY, RAMPS };

enum {
	RIGHT_STEPS = 3, /* backgrounds of a right cell, by row share */
	WRONG_STEPS = 2,
	HEAT_STEPS = 9, /* backgrounds of a heat map, ROLE_HEAT + 0 … 8 */
	LESS_STEPS = 5, /* of its difference form: ROLE_LESS, ROLE_MORE + 0 … 4 */
	SERIES = 7,     /* ROLE_S1 … ROLE_S7 */
};

enum role {
	/* foregrounds */
	ROLE_TEXT,
	ROLE_STRONG,
	ROLE_DIM,   /* names, units, ticks, ids */
	ROLE_FAINT, /* the grid, right answers in a history */
	ROLE_KEY,
	ROLE_CURSOR,
	ROLE_GOOD,
	ROLE_WARN,
	ROLE_BAD,
	ROLE_S1, /* validation, WF1 */
	ROLE_S2, /* training */
	ROLE_S3, /* WA */
	ROLE_S4, /* a branch */
	ROLE_S5, /* overlays */
	ROLE_S6,
	ROLE_S7, /* UA */
	ROLE_BAND,
	/* backgrounds; in struct style, bg 0 is the terminal's own */
	ROLE_STATUS,
	ROLE_POPUP,
	ROLE_SELECTED,
	ROLE_RIGHT,
	ROLE_WRONG = ROLE_RIGHT + RIGHT_STEPS,
	ROLE_HEAT = ROLE_WRONG + WRONG_STEPS,
	ROLE_LESS = ROLE_HEAT + HEAT_STEPS,
	ROLE_MORE = ROLE_LESS + LESS_STEPS,
	ROLES = ROLE_MORE + LESS_STEPS
};

enum attr { ATTR_BOLD = 1, ATTR_DIM = 2, ATTR_REVERSE = 4 };

/* One row per role; rows of the heat ramp are empty (role_name, role_colour). */
struct role_row {
	const char *name;
	int dark, light;     /* of 256 colours */
	int base, base_attr; /* of 16 colours; enum attr */
	int mono;            /* without colours: enum attr */
};
extern const struct role_row role_table[ROLES];

enum { COLOUR_OWN = -1 }; /* the terminal's, or the page's, own */

/* Of 256 colours. */
int role_colour(enum role r, enum palette palette, enum ramp ramp);
bool role_is_heat(enum role r);
const char *role_name(enum role r); /* "text", "s1", "heat 3"; for tests and messages */
/* The class with this index in label order: s1, s2, … and round again. */
enum role role_class(int index);
/* Background of a confusion cell that holds `share` (0…1) of its row; 0, the
 * terminal's own, where the share is small. */
enum role role_cell(bool right, double share);

#endif
