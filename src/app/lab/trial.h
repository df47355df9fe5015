/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * trial: settings that are to be tried, as people write them.
 *
 *	KEY VALUE [for K]			one setting; VALUE may be a factor, x0.5
 *	KEY=VALUE[,KEY=VALUE...] [for K]	several at once
 *	KEY FROM..TO[/POINTS] [for K]		a sweep of a number over a range
 *	off					ends the one that computes
 *
 * over K steps, 1 if nothing is said. KEY may be short (option_find_short). Only live settings
 * can be tried. What a factor makes of a value depends on the settings in force, so values are
 * checked by trial_settings, and the values of a sweep are those of trial_sweep.
 */
#ifndef MIUST_TRIAL_H
#define MIUST_TRIAL_H

#include "app/config/setting.h"

enum {
	TRIAL_SETTINGS = 8,
	TRIAL_STEPS = 1000, /* K at most */
	TRIAL_POINTS = 50,  /* of a sweep at most; at least 2 */
	TRIAL_USUAL = 11,   /* if nothing is said */
	TRIAL_VALUE = 32,   /* bytes of a number as text */
	TRIAL_TEXT = 1024,  /* bytes of a line, with its NUL */
};

struct trial {
	bool off;
	int n; /* settings */
	struct {
		const struct option *o;
		const char *value; /* in `text`; of a sweep where it begins */
	} at[TRIAL_SETTINGS];
	int steps;
	bool sweep;     /* of at[0] */
	const char *to; /* in `text` */
	int points;
	char text[TRIAL_TEXT]; /* cut into words */
};

/* A line without spaces around it. The trial must stay where it is. */
int trial_read(struct trial *t, const char *line, struct err *e);

/* The values of a sweep, ascending, both ends included. Evenly spaced, by their logarithms if they
 * are above 0 and span more than a decade; rounded to three digits, or to integers, so that there
 * may be fewer. */
struct sweep_values {
	int n;
	bool log;
	char text[TRIAL_POINTS][TRIAL_VALUE];
	double x[TRIAL_POINTS];
};
int trial_sweep(struct sweep_values *v, const struct trial *t, const struct settings *in_force,
		struct err *e);

/* Change *s to what is tried; `value`: of a sweep's point, else NULL. A factor is one of the value
 * in `in_force`. *s is unchanged on error. */
int trial_settings(struct settings *s, const struct trial *t, const struct settings *in_force,
		   const char *value, struct err *e);
/* All that trial_sweep and trial_settings can refuse. */
int trial_check(const struct trial *t, const struct settings *in_force, struct err *e);

#endif
