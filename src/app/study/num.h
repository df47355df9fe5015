/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * num: numbers as every screen writes them.
 *
 * Each function fills `out` (NUM_LEN bytes) and returns it, so a call can stand
 * as an argument of canvas_text:
 *
 *	char a[NUM_LEN], b[NUM_LEN];
 *	canvas_text(c, 0, 1, style, "%s %s", num_value(a, loss), num_time(b, eta));
 *
 * Not finite is `nan`, `inf`, `-inf`. Where the decimals would show zero for
 * what is not zero, or 1e5 is passed, two digits and an exponent: `1.2e-5`.
 * Exponents have no leading zero and no plus. Nothing here knows columns: align
 * with canvas_decimal.
 */
#ifndef MIUST_NUM_H
#define MIUST_NUM_H

enum { NUM_LEN = 40 };

#define NUM_MISSING "–"

char *num_fixed(char *out, double x, int decimals);
char *num_value(char *out, double x);     /* loss, probability, rate: `0.726` */
char *num_attention(char *out, double x); /* read-outs: `0.0323` */
char *num_lr(char *out, double x);        /* in force: `1.10e-4` */
char *num_norm(char *out, double x);      /* `0.57`, `12.3`, `123`, `1.23e3` */
char *num_short(char *out, double x);     /* shortest of 3 digits: `5e-4`, `0.5`, `20` */
char *num_exponent(char *out, double x, int decimals); /* `5e-4`, `1.50e5` */

char *num_percent(char *out, double share, int decimals); /* 0.244 is `24.4 %` */
char *num_signed(char *out, double x, int decimals);      /* `+0.012`, `-0.019`, `0.000` */
char *num_signed_count(char *out, long n);                /* `+3`, `-2`, `0` */
char *num_mean_sd(char *out, double mean, double sd);     /* `0.720 ± 0.009`; sd NaN: mean alone */

char *num_time(char *out, double seconds); /* `41 s`, `12:07`, `1h51`, `2d03h`; NaN, < 0: `–` */
char *num_bytes(char *out, double bytes);  /* `512 B`, `14.2 kB`, `3.1 GB`: powers of 1000 */
char *num_position(char *out, int epoch, int step); /* `42:11` */
char *num_best(char *out, double x, int epoch);     /* `0.746@30` */
/* The end of a scale of shares, and how many even ones that is: `0.031 = 2.7 × even` */
char *num_scale(char *out, double top, double even);
char *num_ratio(char *out, double top, double even); /* `2.7 × even` */

#endif
