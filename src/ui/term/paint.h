/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * paint: how this kind of terminal shows a style of roles.
 *
 *	struct look look = {.depth = DEPTH_256, .palette = PALETTE_DARK};
 *	struct paint p = paint_of(&look, (struct style){ROLE_GOOD, ROLE_STATUS, ATTR_BOLD});
 *
 * A style that is all zero is plain text on the terminal's own background.
 * 8 colours use the table's 16 (role.h), bright ones as bold.
 */
#ifndef MIUST_PAINT_H
#define MIUST_PAINT_H

#include "app/study/role.h"
#include "ui/term/text.h"

#include <stdint.h>

enum depth { DEPTH_MONO, DEPTH_8, DEPTH_16, DEPTH_256 };

/* How this terminal is drawn to; every canvas points to one. Zeroed memory is
 * the form of --dump: braille, mono. */
struct look {
	enum glyphs glyphs;
	enum depth depth;
	enum palette palette;
	enum ramp ramp;
};

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

struct paint paint_of(const struct look *look, struct style style);

#endif
