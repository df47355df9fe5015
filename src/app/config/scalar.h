/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * scalar: numbers and switches as YAML 1.1 spells them and PyYAML reads them,
 * so that a config means here what it means to the published program.
 *
 *	integers	12, -3, 1_000, 010 (octal: 8), 0x10, 0b101, 1:30 (base 60: 90)
 *	numbers		these, 0.5, .5, 1e-3, 5.0e-4, 1_000.5, 1:30.5
 *	switches	true, yes, on; false, no, off; also True and TRUE
 *
 * One thing is not PyYAML's: 5e-4 is a number without its point or sign.
 */
#ifndef MIUST_SCALAR_H
#define MIUST_SCALAR_H

#include <stdbool.h>
#include <stdint.h>

enum scalar_fault {
	SCALAR_FINE,
	SCALAR_OTHER, /* not spelled so */
	SCALAR_LARGE, /* an integer, but beyond 64 bits */
};

/* The whole text; *v is written only if all is well. */
enum scalar_fault scalar_integer(const char *text, int64_t *v);
enum scalar_fault scalar_number(const char *text, double *v); /* may be Inf if huge */
enum scalar_fault scalar_switch(const char *text, bool *v);

#endif
