/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/study/expr_node.h"
#include "base/str.h"

#include <math.h>
#include <string.h>

struct values {
	struct expr_value (*of)(void *ctx, int name);
	void *ctx;
};

static struct expr_value evaluate(const struct node *n, const struct values *v)
{
	struct expr_value a, b = {0};

	switch (n->op) {
	case OP_NUMBER:
		return (struct expr_value){.number = n->number};
	case OP_TEXT:
		return (struct expr_value){.number = NAN, .text = n->word};
	case OP_NAME:
		return v->of(v->ctx, n->name);
	default:
		break;
	}
	a = evaluate(n->a, v);
	if (n->b)
		b = evaluate(n->b, v);
	if (a.text || b.text)
		return (struct expr_value){.number = NAN};
	switch (n->op) {
	case OP_NEGATE:
		return (struct expr_value){.number = -a.number};
	case OP_ADD:
		return (struct expr_value){.number = a.number + b.number};
	case OP_SUBTRACT:
		return (struct expr_value){.number = a.number - b.number};
	case OP_MULTIPLY:
		return (struct expr_value){.number = a.number * b.number};
	case OP_DIVIDE:
		return (struct expr_value){.number = a.number / b.number};
	default:
		BUG("no arithmetic: %d", (int)n->op);
	}
}

/* order: < 0, 0, > 0 as strcmp. */
static bool order_holds(enum op op, int order)
{
	switch (op) {
	case OP_EQUAL:
		return order == 0;
	case OP_UNEQUAL:
		return order != 0;
	case OP_LESS:
		return order < 0;
	case OP_AT_MOST:
		return order <= 0;
	case OP_GREATER:
		return order > 0;
	case OP_AT_LEAST:
		return order >= 0;
	default:
		return false; /* ~ of numbers */
	}
}

/* A side of a comparison of texts: its value, or a number as it was typed
 * unless it is asked which comes first. NULL: no text. */
static const char *as_text(enum op op, const struct node *n, const struct expr_value *v)
{
	bool alike = op == OP_EQUAL || op == OP_UNEQUAL || op == OP_CONTAINS;

	return v->text ? v->text : alike && n->op == OP_NUMBER ? n->word : NULL;
}

static bool comparison_holds(const struct node *n, const struct values *v)
{
	struct expr_value a = evaluate(n->a, v), b = evaluate(n->b, v);

	if (a.text || b.text) {
		const char *s = as_text(n->op, n->a, &a), *t = as_text(n->op, n->b, &b);

		if (!s || !t)
			return false;
		return n->op == OP_CONTAINS ? str_contains(s, t) : order_holds(n->op, strcmp(s, t));
	}
	if (isnan(a.number) || isnan(b.number))
		return false;
	return order_holds(n->op, (a.number > b.number) - (a.number < b.number));
}

static bool holds(const struct node *n, const struct values *v)
{
	struct expr_value a;

	switch (n->op) {
	case OP_NOT:
		return !holds(n->a, v);
	case OP_AND:
		return holds(n->a, v) && holds(n->b, v);
	case OP_OR:
		return holds(n->a, v) || holds(n->b, v);
	case OP_IS_NAN:
	case OP_IS_INF:
	case OP_IS_FINITE:
		a = evaluate(n->a, v);
		if (a.text)
			return false;
		return n->op == OP_IS_NAN   ? isnan(a.number)
		       : n->op == OP_IS_INF ? isinf(a.number)
					    : isfinite(a.number);
	default:
		return comparison_holds(n, v);
	}
}

bool expr_true(const struct expr *x, struct expr_value (*value)(void *ctx, int name), void *ctx)
{
	struct values v = {value, ctx};

	return holds(x->root, &v);
}

bool expr_uses(const struct expr *x, int name)
{
	for (int i = 0; i < x->n; i++)
		if (x->node[i].op == OP_NAME && x->node[i].name == name)
			return true;
	return false;
}
