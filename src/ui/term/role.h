/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * role: what a cell is for, and how each kind of terminal paints that.
 *
 * Views name roles ("a warning", "series 1"), never colours. role.c holds the
 * one table of roles with its four columns: 256 colours on dark and on light,
 * 16 colours, mono. 8 colours use the 16 column, bright ones as bold.
 *
 *	struct look look = {.depth = DEPTH_256, .palette = PALETTE_DARK};
 *	struct paint p = role_paint(&look, (struct style){ROLE_GOOD, ROLE_STATUS, ATTR_BOLD});
 *
 * A style that is all zero is plain text on the terminal's own background.
 * Colours after Okabe and Ito; the ramps rise in lightness (matplotlib's
 * viridis and cividis, sampled into the 256-colour cube).
 */
#ifndef MIUST_ROLE_H
#define MIUST_ROLE_H

#include "ui/term/text.h"

#include <stdint.h>

enum depth { DEPTH_MONO, DEPTH_8, DEPTH_16, DEPTH_256 };
enum palette { PALETTE_DARK, PALETTE_LIGHT };
enum ramp { RAMP_VIRIDIS, RAMP_CIVIDIS, RAMP_GREY, RAMPS };

/* How this terminal is drawn to; every canvas points to one. Zeroed memory is
 * the form of --dump: braille, mono. */
struct look {
	enum glyphs glyphs;
	enum depth depth;
	enum palette palette;
	enum ramp ramp;
};

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

struct style {
	uint8_t fg, bg; /* enum role */
	uint8_t attr;   /* enum attr, or-ed to what the role brings in mono */
};

/* What reaches the terminal. */
struct paint {
	int fg, bg; /* colour index, -1: the terminal's own */
	int attr;   /* enum attr */
};

/* The style of a role and nothing else. */
#define ROLE(r)        ((struct style){.fg = (r)})
#define ROLE_BOLD(r)   ((struct style){.fg = (r), .attr = ATTR_BOLD})
#define ROLE_ON(r, on) ((struct style){.fg = (r), .bg = (on)})

struct paint role_paint(const struct look *look, struct style style);
const char *role_name(enum role r); /* "text", "s1", "heat 3"; for tests and messages */
/* The class with this index in label order: s1, s2, … and round again. */
enum role role_class(int index);
/* Background of a confusion cell that holds `share` (0…1) of its row; 0, the
 * terminal's own, where the share is small. */
enum role role_cell(bool right, double share);

#endif
