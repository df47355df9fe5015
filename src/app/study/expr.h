/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * expr: small conditions, for `break when` and the filter of utterances.
 *
 *	grad_norm > 10        loss is nan        val_wa < best_val_wa - 0.05
 *	pred!=true & p>0.8 & text~"sorry"        (true=ang | pred=ang) & !(flips<3)
 *
 * From the loosest to the tightest:
 *
 *	a | b    a & b    ! a    = != < <= > >= ~ is    + -    * /    - x    ( )
 *
 * Values are numbers, texts ("sorry", 'sorry') and names. A bare word that is
 * not a known name is a text (`pred=sad`). ~ is "contains", where the case of
 * ASCII letters does not count. `x is nan`, `x is inf`, `x is finite` ask what
 * sort of number x is. == && || may stand for = & |.
 *
 * Numbers compare with numbers, texts with texts (in byte order); a number as
 * typed may equal a text (`true=1` where a class is called "1"). Any other
 * comparison is false, as is every comparison with NaN, != too.
 */
#ifndef MIUST_EXPR_H
#define MIUST_EXPR_H

#include "base/err.h"
#include "base/str.h"

struct expr;

/* A name's value: a number, or a text if text is not NULL; with `lines` several texts,
 * one a line, of which any may meet a comparison (`tag = base`); != is that none equals. */
struct expr_value {
	double number;
	const char *text;
	bool lines;
};

/* names: NULL-terminated; errors name the column in the text and what was
 * expected, with the nearest known name. */
struct expr *expr_parse(const char *text, const char *const *names, struct err *e);
/* The same where every name is a number: a comparison with a text (a name that is mistyped, nan)
 * could never hold, so it is an error. */
struct expr *expr_parse_numbers(const char *text, const char *const *names, struct err *e);
void expr_free(struct expr *x);                 /* NULL is fine */
bool expr_uses(const struct expr *x, int name); /* names[name] stands in it */
/* value(ctx, i) gives the value of names[i]. */
bool expr_true(const struct expr *x, struct expr_value (*value)(void *ctx, int name), void *ctx);
/* The condition as it was understood, with no more parentheses than it needs; it
 * parses to the same again. With `value` each name is followed by its value,
 * "grad_norm 14.2 > 10", but where `is nan` or `is inf` says it. */
void expr_text(const struct expr *x, struct expr_value (*value)(void *ctx, int name), void *ctx,
	       struct str *out);

#endif
