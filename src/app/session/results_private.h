/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * results_private: the four figures, as files and people call them. For results*.c.
 */
#ifndef MIUST_RESULTS_PRIVATE_H
#define MIUST_RESULTS_PRIVATE_H

#include "app/session/results.h"

enum { FIGURES = 4 };

struct figure {
	const char *key, *title;
	size_t at; /* in struct figures */
};
extern const struct figure figure_table[FIGURES];

double figure_get(const struct figures *f, int i);
void figure_put(struct figures *f, int i, double x);

#endif
