/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * compare: sessions side by side, their figures and where their settings
 * differ.
 */
#ifndef MIUST_COMPARE_H
#define MIUST_COMPARE_H

#include "base/err.h"

#include <stdio.h>

/* Prints nothing if one of the folders is no session or is damaged. A session
 * without finished folds shows – for its figures. */
int compare_print(const char *const *dirs, int n, FILE *out, struct err *e);

#endif
