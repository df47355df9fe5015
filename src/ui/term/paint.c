/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/term/paint.h"

#include "base/err.h"

/* The bright half of 16 colours as bold ones of 8. Bright black would vanish
 * on black, so it becomes dim white. */
static void narrow_to_8(struct paint *p)
{
	if (p->fg < 8)
		return;
	p->attr |= p->fg == 8 ? ATTR_DIM : ATTR_BOLD;
	p->fg = p->fg == 8 ? 7 : p->fg - 8;
}

struct paint paint_of(const struct look *look, struct style style)
{
	struct paint p = {COLOUR_OWN, COLOUR_OWN, style.attr};

	BUG_ON(style.fg > ROLE_BAND || style.bg >= ROLES || (style.bg && style.bg <= ROLE_BAND));
	switch (look->depth) {
	case DEPTH_256:
		p.fg = role_colour(style.fg, look->palette, look->ramp);
		p.bg = style.bg ? role_colour(style.bg, look->palette, look->ramp) : COLOUR_OWN;
		break;
	case DEPTH_16:
	case DEPTH_8:
		p.fg = role_table[style.fg].base;
		p.attr |= role_table[style.fg].base_attr;
		if (style.bg && !role_is_heat(style.bg))
			p.attr |= role_table[style.bg].base_attr;
		if (look->depth == DEPTH_8)
			narrow_to_8(&p);
		break;
	case DEPTH_MONO:
		p.attr |= role_table[style.fg].mono;
		if (style.bg && !role_is_heat(style.bg))
			p.attr |= role_table[style.bg].mono;
		break;
	}
	return p;
}
