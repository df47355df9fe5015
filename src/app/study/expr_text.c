/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A condition as it was understood, with the values of its names if asked. */
#include "app/study/expr_node.h"

#include <math.h>
#include <string.h>

struct writer {
	struct str *out;
	struct expr_value (*value)(void *ctx, int name); /* NULL: no values */
	void *ctx;
};

/* From the loosest to the tightest, as in expr.h. */
enum level { LEVEL_OR, LEVEL_AND, LEVEL_NOT, LEVEL_COMPARE, LEVEL_ADD, LEVEL_MULTIPLY, LEVEL_LEAF };

static const struct {
	const char *symbol;
	enum level level;
} operators[] = {
	[OP_NUMBER] = {"", LEVEL_LEAF},
	[OP_TEXT] = {"", LEVEL_LEAF},
	[OP_NAME] = {"", LEVEL_LEAF},
	[OP_NEGATE] = {"-", LEVEL_LEAF},
	[OP_ADD] = {" + ", LEVEL_ADD},
	[OP_SUBTRACT] = {" - ", LEVEL_ADD},
	[OP_MULTIPLY] = {" * ", LEVEL_MULTIPLY},
	[OP_DIVIDE] = {" / ", LEVEL_MULTIPLY},
	[OP_EQUAL] = {" = ", LEVEL_COMPARE},
	[OP_UNEQUAL] = {" != ", LEVEL_COMPARE},
	[OP_AT_MOST] = {" <= ", LEVEL_COMPARE},
	[OP_LESS] = {" < ", LEVEL_COMPARE},
	[OP_AT_LEAST] = {" >= ", LEVEL_COMPARE},
	[OP_GREATER] = {" > ", LEVEL_COMPARE},
	[OP_CONTAINS] = {" ~ ", LEVEL_COMPARE},
	[OP_IS_NAN] = {" is nan", LEVEL_COMPARE},
	[OP_IS_INF] = {" is inf", LEVEL_COMPARE},
	[OP_IS_FINITE] = {" is finite", LEVEL_COMPARE},
	[OP_NOT] = {"!", LEVEL_NOT},
	[OP_AND] = {" & ", LEVEL_AND},
	[OP_OR] = {" | ", LEVEL_OR},
};

static void add_number(struct str *out, double x)
{
	if (isnan(x))
		str_add(out, "nan");
	else if (x == floor(x) && fabs(x) < 1e15)
		str_addf(out, "%.0f", x);
	else
		str_addf(out, "%.6g", x);
}

static void add_quoted(struct str *out, const char *text)
{
	const char *quote = strchr(text, '"') ? "'" : "\"";

	str_addf(out, "%s%s%s", quote, text, quote);
}

static void add_name(const struct writer *w, const struct node *n)
{
	struct expr_value v;

	str_add(w->out, n->word);
	if (!w->value)
		return;
	v = w->value(w->ctx, n->name);
	str_add(w->out, " ");
	if (v.text)
		add_quoted(w->out, v.text);
	else
		add_number(w->out, v.number);
}

static void add(const struct writer *w, const struct node *n);

/* In parentheses if it binds looser than `least`. */
static void add_side(const struct writer *w, const struct node *n, enum level least)
{
	bool loose = operators[n->op].level < least;

	if (loose)
		str_add(w->out, "(");
	add(w, n);
	if (loose)
		str_add(w->out, ")");
}

static void add(const struct writer *w, const struct node *n)
{
	struct writer plain = *w;
	enum level level = operators[n->op].level;

	switch (n->op) {
	case OP_NUMBER:
		str_add(w->out, n->word);
		return;
	case OP_TEXT:
		add_quoted(w->out, n->word);
		return;
	case OP_NAME:
		add_name(w, n);
		return;
	case OP_NEGATE:
		str_add(w->out, operators[n->op].symbol);
		add_side(w, n->a, LEVEL_LEAF);
		return;
	case OP_NOT: /* a comparison too: !(a > b) is what !a > b means */
		str_add(w->out, operators[n->op].symbol);
		add_side(w, n->a, n->a->op == OP_NOT ? LEVEL_NOT : LEVEL_LEAF);
		return;
	case OP_IS_NAN: /* "is" says the value already */
	case OP_IS_INF:
		plain.value = NULL;
		add_side(&plain, n->a, LEVEL_ADD);
		str_add(w->out, operators[n->op].symbol);
		return;
	case OP_IS_FINITE:
		add_side(w, n->a, LEVEL_ADD);
		str_add(w->out, operators[n->op].symbol);
		return;
	default:
		add_side(w, n->a, level);
		str_add(w->out, operators[n->op].symbol);
		/* a - (b - c) keeps its parentheses, a & (b & c) needs none. */
		add_side(w, n->b, level <= LEVEL_AND ? level : (enum level)(level + 1));
	}
}

void expr_text(const struct expr *x, struct expr_value (*value)(void *ctx, int name), void *ctx,
	       struct str *out)
{
	struct writer w = {out, value, ctx};

	add(&w, x->root);
}
