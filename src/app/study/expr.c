/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/study/expr_node.h"

#include "base/mem.h"
#include "base/near.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { DEPTH_MAX = 100 }; /* of parentheses and signs, for the stack's sake */

struct parser {
	const char *text, *at;
	const char *const *names;
	struct expr *x;
	char *word; /* free room in x->words */
	int depth;
	bool numbers; /* all names are */
	struct err *e;
};

/* ---- errors ---- */

/* Columns are characters: bytes that do not continue one. */
static int column_of(const struct parser *p, const char *at)
{
	int column = 1;

	for (const char *c = p->text; c < at; c++)
		column += ((unsigned char)*c & 0xc0) != 0x80;
	return column;
}

static void *expected(struct parser *p, const char *what)
{
	int n = 1;

	if (!*p->at) {
		err_set(p->e, "column %d: expected %s at the end", column_of(p, p->at), what);
		return NULL;
	}
	while (((unsigned char)p->at[n] & 0xc0) == 0x80)
		n++;
	err_set(p->e, "column %d: expected %s, not %.*s", column_of(p, p->at), what, n, p->at);
	return NULL;
}

/* A bare word where only a name makes sense; cut: the operator after it, or NULL. */
static void *unknown(struct parser *p, const struct node *n, const char *cut)
{
	struct near near = near_to(n->word);

	for (int i = 0; p->names[i]; i++)
		near_try(&near, p->names[i]);
	for (int i = 0; !near.best && *n->word && p->names[i]; i++) /* a part of it */
		if (strncmp(p->names[i], n->word, strlen(n->word)) == 0)
			near.best = p->names[i];
	if (near.best)
		err_set(p->e, "column %d: \"%s\" is not a name here; did you mean %s?", n->column,
			n->word, near.best);
	else if (cut)
		err_set(p->e,
			"column %d: \"%s\" is not a name here; a text with %s in it needs quotes",
			n->column, n->word, cut);
	else
		err_set(p->e, "column %d: \"%s\" is not a name here; try %s", n->column, n->word,
			p->names[0] ? p->names[0] : "a number");
	return NULL;
}

/* ---- tokens ---- */

static void skip_blanks(struct parser *p)
{
	while (isspace((unsigned char)*p->at))
		p->at++;
}

/* Step over the symbol if it is next. */
static bool next_is(struct parser *p, const char *symbol)
{
	size_t n = strlen(symbol);

	skip_blanks(p);
	if (strncmp(p->at, symbol, n) != 0)
		return false;
	p->at += n;
	return true;
}

static bool word_byte(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '.' || (unsigned char)c >= 0x80;
}

static size_t word_length(const char *s)
{
	size_t n = 0;

	while (word_byte(s[n]))
		n++;
	return n;
}

static bool next_is_word(struct parser *p, const char *word)
{
	skip_blanks(p);
	return word_length(p->at) == strlen(word) && next_is(p, word);
}

static struct node *node_new(struct parser *p, enum op op, const char *at, struct node *a,
			     struct node *b)
{
	struct node *n = &p->x->node[p->x->n++];

	*n = (struct node){.op = op, .a = a, .b = b, .column = column_of(p, at)};
	return n;
}

/* A node that keeps n bytes of text as its word. */
static struct node *node_word(struct parser *p, enum op op, const char *at, const char *word,
			      size_t n)
{
	struct node *node = node_new(p, op, at, NULL, NULL);

	memcpy(p->word, word, n);
	p->word[n] = '\0';
	node->word = p->word;
	p->word += n + 1;
	return node;
}

/* ---- values ---- */

static struct node *parse_or(struct parser *p);

static bool is_condition(const struct node *n)
{
	return n->op >= OP_EQUAL;
}

/* What a sum is made of: no condition, no text. cut: the operator after it, or NULL. */
static struct node *as_number(struct parser *p, struct node *n, const char *cut)
{
	if (n && n->op == OP_TEXT)
		return unknown(p, n, cut);
	if (n && is_condition(n)) {
		err_set(p->e, "column %d: expected a number, not a condition", n->column);
		return NULL;
	}
	return n;
}

static struct node *parse_quoted(struct parser *p)
{
	const char *start = p->at, *end = strchr(start + 1, *start);

	if (!end) {
		err_set(p->e, "column %d: the text is not closed: put %c after it",
			column_of(p, start), *start);
		return NULL;
	}
	p->at = end + 1;
	return node_word(p, OP_TEXT, start, start + 1, (size_t)(end - start) - 1);
}

static struct node *parse_number(struct parser *p)
{
	const char *start = p->at;
	char *end;
	double x = strtod(start, &end);
	struct node *n;

	if (word_byte(*end)) /* "12abc" */
		return expected(p, "a number");
	p->at = end;
	n = node_word(p, OP_NUMBER, start, start, (size_t)(end - start));
	n->number = x;
	return n;
}

static struct node *parse_word(struct parser *p)
{
	const char *start = p->at;
	struct node *n = node_word(p, OP_TEXT, start, start, word_length(start));

	p->at += strlen(n->word);
	for (int i = 0; p->names[i]; i++) {
		if (strcmp(p->names[i], n->word) == 0) {
			n->op = OP_NAME;
			n->name = i;
		}
	}
	return n;
}

static struct node *parse_atom(struct parser *p)
{
	struct node *n;

	skip_blanks(p);
	if (*p->at == '"' || *p->at == '\'')
		return parse_quoted(p);
	if (isdigit((unsigned char)*p->at) || *p->at == '.')
		return parse_number(p);
	if (word_byte(*p->at))
		return parse_word(p);
	if (!next_is(p, "("))
		return expected(p, "a name, a number or a text");
	n = parse_or(p);
	if (n && !next_is(p, ")"))
		return expected(p, "an operator or )");
	return n;
}

static struct node *parse_sign(struct parser *p)
{
	const char *start = p->at;
	struct node *n;

	if (p->depth >= DEPTH_MAX) {
		err_set(p->e, "column %d: nested too deep", column_of(p, p->at));
		return NULL;
	}
	p->depth++;
	if (next_is(p, "-")) {
		n = as_number(p, parse_sign(p), NULL);
		n = n ? node_new(p, OP_NEGATE, start, n, NULL) : NULL;
	} else {
		n = parse_atom(p);
	}
	p->depth--;
	return n;
}

/* The operators between values, tightest first. */
static const struct level {
	const char *symbol[2];
	enum op op[2];
} levels[] = {
	{{"*", "/"}, {OP_MULTIPLY, OP_DIVIDE}},
	{{"+", "-"}, {OP_ADD, OP_SUBTRACT}},
};

/* Operators of one level and tighter ones; level -1 is what they join. */
static struct node *parse_arithmetic(struct parser *p, int level)
{
	struct node *a = level < 0 ? parse_sign(p) : parse_arithmetic(p, level - 1), *b;

	while (level >= 0 && a) {
		const struct level *l = &levels[level];
		const char *at;
		int which;

		skip_blanks(p);
		at = p->at;
		which = next_is(p, l->symbol[0]) ? 0 : next_is(p, l->symbol[1]) ? 1 : -1;
		if (which < 0)
			break;
		a = as_number(p, a, l->symbol[which]);
		b = a ? as_number(p, parse_arithmetic(p, level - 1), NULL) : NULL;
		a = b ? node_new(p, l->op[which], at, a, b) : NULL;
	}
	return a;
}

/* ---- conditions ---- */

/* Longer symbols before their beginnings. */
static const struct {
	const char *symbol;
	enum op op;
} comparisons[] = {
	{"==", OP_EQUAL},    {"=", OP_EQUAL}, {"!=", OP_UNEQUAL}, {"<=", OP_AT_MOST},
	{">=", OP_AT_LEAST}, {"<", OP_LESS},  {">", OP_GREATER},  {"~", OP_CONTAINS},
};

static const struct {
	const char *word;
	enum op op;
} sorts[] = {{"nan", OP_IS_NAN}, {"inf", OP_IS_INF}, {"finite", OP_IS_FINITE}};

enum {
	COMPARISONS = sizeof comparisons / sizeof *comparisons,
	SORTS = sizeof sorts / sizeof *sorts
};

static struct node *parse_sort(struct parser *p, const char *at, struct node *a)
{
	if (!as_number(p, a, NULL))
		return NULL;
	for (int i = 0; i < SORTS; i++)
		if (next_is_word(p, sorts[i].word))
			return node_new(p, sorts[i].op, at, a, NULL);
	return expected(p, "nan, inf or finite");
}

/* A text that is compared with a number. */
static void *not_a_number(struct parser *p, const struct node *n)
{
	bool nan = strcasecmp(n->word, "nan") == 0;

	if (!nan && strcasecmp(n->word, "inf") != 0)
		return unknown(p, n, NULL);
	err_set(p->e, "column %d: %s is not compared with; expected is %s", n->column, n->word,
		nan ? "nan" : "inf");
	return NULL;
}

/* Both sides are there: can they be compared at all? */
static struct node *compare(struct parser *p, enum op op, const char *at, struct node *a,
			    struct node *b)
{
	const struct node *condition = is_condition(a) ? a : is_condition(b) ? b : NULL;

	if (condition) {
		err_set(p->e, "column %d: a condition cannot be compared; join it with & or |",
			condition->column);
		return NULL;
	}
	if (p->numbers && op == OP_CONTAINS) {
		err_set(p->e, "column %d: ~ looks into texts; numbers take = != < <= > >=",
			column_of(p, at));
		return NULL;
	}
	if (p->numbers && (a->op == OP_TEXT || b->op == OP_TEXT))
		return not_a_number(p, a->op == OP_TEXT ? a : b);
	/* Nothing but a name can differ from row to row; "losss > 3" is a slip. */
	if (a->op == OP_TEXT && b->op != OP_NAME)
		return unknown(p, a, NULL);
	if (b->op == OP_TEXT && a->op != OP_NAME)
		return unknown(p, b, NULL);
	return node_new(p, op, at, a, b);
}

static struct node *parse_comparison(struct parser *p)
{
	struct node *a = parse_arithmetic(p, 1), *b;
	const char *at;

	skip_blanks(p);
	at = p->at;
	if (!a)
		return NULL;
	if (next_is_word(p, "is"))
		return parse_sort(p, at, a);
	for (int i = 0; i < COMPARISONS; i++) {
		if (next_is(p, comparisons[i].symbol)) {
			b = parse_arithmetic(p, 1);
			return b ? compare(p, comparisons[i].op, at, a, b) : NULL;
		}
	}
	return a;
}

/* What & | ! take. */
static struct node *as_condition(struct parser *p, struct node *n)
{
	if (!n || is_condition(n))
		return n;
	if (n->op == OP_TEXT)
		return unknown(p, n, NULL);
	err_set(p->e, "column %d: expected a comparison with this value (= != < <= > >= ~ is)",
		n->column);
	return NULL;
}

static struct node *parse_not(struct parser *p)
{
	const char *at;
	struct node *n;

	skip_blanks(p);
	at = p->at;
	if (*at != '!' || at[1] == '=')
		return parse_comparison(p);
	if (p->depth >= DEPTH_MAX) {
		err_set(p->e, "column %d: nested too deep", column_of(p, at));
		return NULL;
	}
	p->at++;
	p->depth++;
	n = as_condition(p, parse_not(p));
	p->depth--;
	return n ? node_new(p, OP_NOT, at, n, NULL) : NULL;
}

/* Sides with one symbol between them, which may be typed twice. */
static struct node *parse_joined(struct parser *p, struct node *(*side)(struct parser *),
				 const char *twice, const char *once, enum op op)
{
	struct node *a = side(p), *b;

	for (const char *at = p->at; a && (next_is(p, twice) || next_is(p, once)); at = p->at) {
		a = as_condition(p, a);
		b = a ? as_condition(p, side(p)) : NULL;
		a = b ? node_new(p, op, at, a, b) : NULL;
	}
	return a;
}

static struct node *parse_and(struct parser *p)
{
	return parse_joined(p, parse_not, "&&", "&", OP_AND);
}

static struct node *parse_or(struct parser *p)
{
	return parse_joined(p, parse_and, "||", "|", OP_OR);
}

static struct expr *parse(const char *text, const char *const *names, bool numbers, struct err *e)
{
	size_t length = strlen(text);
	struct expr *x = mem_alloc(1, sizeof *x);
	struct parser p = {
		.text = text, .at = text, .names = names, .numbers = numbers, .x = x, .e = e};

	x->node = mem_alloc(length + 1, sizeof *x->node);
	x->words = p.word = mem_alloc(2 * length + 1, 1);
	x->root = as_condition(&p, parse_or(&p));
	skip_blanks(&p);
	if (x->root && *p.at)
		x->root = expected(&p, "& or |");
	if (x->root)
		return x;
	expr_free(x);
	return NULL;
}

struct expr *expr_parse(const char *text, const char *const *names, struct err *e)
{
	return parse(text, names, false, e);
}

struct expr *expr_parse_numbers(const char *text, const char *const *names, struct err *e)
{
	return parse(text, names, true, e);
}

void expr_free(struct expr *x)
{
	if (!x)
		return;
	free(x->node);
	free(x->words);
	free(x);
}
