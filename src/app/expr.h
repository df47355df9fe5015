/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * expr: small conditions, for `break when` and the filter of utterances.
 *
 *	grad_norm > 10        loss is nan        val_wa < best_val_wa - 0.05
 *	pred!=true & p>0.8 & text~"sorry"        (true=ang | pred=ang) & !(flips<3)
 *
 * Numbers, texts and names; + - * / on numbers; = != < <= > >= ~ (contains,
 * letter case does not count) and `is nan`, `is inf`, `is finite`; & | ! and
 * parentheses. A bare word that is no known name is a text (`pred=sad`).
 * Comparing with NaN is false.
 */
#ifndef MIUST_EXPR_H
#define MIUST_EXPR_H

#include "base/err.h"

struct expr;

/* A name's value: a number, or a text if text is not NULL. */
struct expr_value {
	double number;
	const char *text;
};

/* names: NULL-terminated; errors name the column in the text and what was
 * expected, with the nearest known name. */
struct expr *expr_parse(const char *text, const char *const *names, struct err *e);
void expr_free(struct expr *x);
/* value(ctx, i) gives the value of names[i]. */
bool expr_true(const struct expr *x, struct expr_value (*value)(void *ctx, int name), void *ctx);

#endif
