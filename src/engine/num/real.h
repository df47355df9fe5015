/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * real: the engine's number type. float, or double where numerical gradients
 * are checked (-DREAL_DOUBLE). Files hold float32 either way.
 */
#ifndef MIUST_REAL_H
#define MIUST_REAL_H

#ifdef REAL_DOUBLE
typedef double real;
#else
typedef float real;
#endif

#endif
