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

/* A text, or one of its lines. */
struct line {
	const char *at;
	size_t n;
};

/* The first line, or with `lines` false the whole; false after the last. */
static bool next_line(const char **text, bool lines, struct line *out)
{
	if (!*text)
		return false;
	out->at = *text;
	out->n = lines ? strcspn(*text, "\n") : strlen(*text);
	*text = out->at[out->n] ? out->at + out->n + 1 : NULL;
	return true;
}

static int line_order(struct line a, struct line b)
{
	int order = memcmp(a.at, b.at, a.n < b.n ? a.n : b.n);

	return order ? order : (a.n > b.n) - (a.n < b.n);
}

static bool texts_hold(enum op op, const char *s, bool s_lines, const char *t, bool t_lines)
{
	struct line a, b;

	if (op == OP_CONTAINS)
		return str_contains(s, t);
	if (op == OP_UNEQUAL)
		return !texts_hold(OP_EQUAL, s, s_lines, t, t_lines);
	while (next_line(&s, s_lines, &a))
		for (const char *rest = t; next_line(&rest, t_lines, &b);)
			if (order_holds(op, line_order(a, b)))
				return true;
	return false;
}

static bool comparison_holds(const struct node *n, const struct values *v)
{
	struct expr_value a = evaluate(n->a, v), b = evaluate(n->b, v);

	if (a.text || b.text) {
		const char *s = as_text(n->op, n->a, &a), *t = as_text(n->op, n->b, &b);

		if (!s || !t)
			return false;
		return texts_hold(n->op, s, a.lines, t, b.lines);
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
