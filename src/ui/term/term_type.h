/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * term_type: what the terminal can do, by its type and the environment. For term.c.
 */
#ifndef MIUST_TERM_TYPE_H
#define MIUST_TERM_TYPE_H

#include "base/err.h"
#include "ui/term/cell.h"

int term_type_check(struct err *e); /* an error if it cannot show a screen, or is none */
/* The kernel's console has a font of 256 or 512 characters: neither braille nor
 * quadrants are among them, nor most of the marks. */
bool term_type_is_console(void);
enum depth term_type_depth(void); /* after newterm; starts its colours */

#endif
