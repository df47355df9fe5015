/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * json: jansson with the program's own allocation (mem.h). By itself jansson
 * leaves out what it has no memory for, and an object with a missing tensor or
 * figure would be stored as if all was well.
 */
#ifndef MIUST_JSON_H
#define MIUST_JSON_H

#include <jansson.h>

void json_begin(void); /* once, before jansson is used */

/* A text from outside, which need not be UTF-8: a byte that is not becomes U+FFFD. */
json_t *json_text(const char *text);
/* A number: NaN is null, and the infinities, which JSON does not have, are the texts
 * "inf" and "-inf". */
json_t *json_figure(double x);
/* The number that json_figure has written; 0, or -1 if it is not one. */
int json_figure_value(const json_t *v, double *x);

#endif
