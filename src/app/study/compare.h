/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * compare: sessions side by side, their figures and where their settings
 * differ.
 */
#ifndef MIUST_COMPARE_H
#define MIUST_COMPARE_H

#include "base/err.h"

#include <stdio.h>

/* A session without finished folds shows – for its figures. One that cannot be
 * read is listed with the reason, and the others are compared; that is an error
 * after all, with the first reason. If none can be read, nothing is printed. */
int compare_print(const char *const *dirs, int n, FILE *out, struct err *e);

#endif
