/* SPDX-License-Identifier: GPL-3.0-or-later */
/* clock: how much time passes. Seconds since some fixed moment; each has its own. */
#ifndef MIUST_CLOCK_H
#define MIUST_CLOCK_H

double clock_seconds(void);
double clock_worked(void); /* only those in which this thread had a core */

#endif
