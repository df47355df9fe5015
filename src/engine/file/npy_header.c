/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/file/npy_header.h"

#include "base/str.h"

#include <inttypes.h>
#include <limits.h>
#include <string.h>

const struct npy_type_row npy_type_table[NPY_TYPES] = {
	[NPY_F32] = {"float32", 4},   [NPY_F16] = {"float16", 2}, [NPY_F64] = {"float64", 8},
	[NPY_BF16] = {"bfloat16", 2}, [NPY_BOOL] = {"bool", 1},   [NPY_I8] = {"int8", 1},
	[NPY_I16] = {"int16", 2},     [NPY_I32] = {"int32", 4},   [NPY_I64] = {"int64", 8},
	[NPY_U8] = {"uint8", 1},      [NPY_U16] = {"uint16", 2},  [NPY_U32] = {"uint32", 4},
	[NPY_U64] = {"uint64", 8},
};

/* The words of numpy.dtype (on Linux) for each type, without an order of bytes. */
static const char *const words[NPY_TYPES] = {
	[NPY_F32] = "f4 f float32 single Float32",
	[NPY_F16] = "f2 e float16 half Float16",
	[NPY_F64] = "f8 d float64 double float float_ Float64 Float",
	[NPY_BF16] = "V2 bfloat16 bf16",
	[NPY_BOOL] = "b1 ? bool bool_ bool8 Bool",
	[NPY_I8] = "i1 b int8 byte Int8",
	[NPY_I16] = "i2 h int16 short Int16",
	[NPY_I32] = "i4 i int32 intc Int32",
	[NPY_I64] = "i8 l q p n int64 int int_ long longlong intp int0 Int64 Int",
	[NPY_U8] = "u1 B uint8 ubyte UInt8",
	[NPY_U16] = "u2 H uint16 ushort UInt16",
	[NPY_U32] = "u4 I uint32 uintc UInt32",
	[NPY_U64] = "u8 L Q P N uint64 uint uint_ ulong ulonglong uintp uint0 UInt64 UInt",
};

/* What else a file may hold, by the first letter of its type or by its words. */
static const struct {
	const char *letters, *words, *holds;
} others[] = {
	{"O", "object object_ object0 Object",
	 "Python objects (pickled), which are never loaded: save the numbers alone, as in "
	 "numpy.save(FILE, numpy.asarray(x, dtype='float32'))"},
	{"cFDG", "complex complex_ complex64 complex128 complex256 csingle cdouble clongdouble",
	 "complex numbers: save real ones, as in abs(x).astype('float32')"},
	{"g", "f12 f16 longdouble longfloat float96 float128",
	 "long doubles, whose format differs between machines: save x.astype('float32')"},
	{"SUaT", "str str_ bytes bytes_ string unicode",
	 "text, not features: check the path, or save the features themselves"},
	{"mM", "datetime64 timedelta64", "times, not features: save the features themselves"},
	{"V", "void", "raw bytes of unknown meaning: save x.astype('float32')"},
};
enum { OTHERS = sizeof others / sizeof *others };

enum { DIMS_MAX = 32 };

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
static const char foreign = '>';
#else
static const char foreign = '<';
#endif

/* ---- the literal ---- */

struct cursor {
	const char *at, *end;
};

struct text {
	const char *s;
	int n;
};

struct literal {
	struct text descr; /* as it is in the file, without quotes */
	bool quoted;       /* descr is a string, not a list of fields */
	bool fortran;
	int64_t dim[DIMS_MAX];
	int dims;
};

static void skip_spaces(struct cursor *c)
{
	while (c->at < c->end && memchr(" \t\n\r\f", *c->at, 5))
		c->at++;
}

static bool eat(struct cursor *c, char ch)
{
	skip_spaces(c);
	if (c->at == c->end || *c->at != ch)
		return false;
	c->at++;
	return true;
}

static bool eat_word(struct cursor *c, const char *word)
{
	size_t n = strlen(word);

	if (!eat(c, word[0]))
		return false;
	if ((size_t)(c->end - c->at) < n - 1 || memcmp(c->at, word + 1, n - 1) != 0)
		return false;
	c->at += n - 1;
	return true;
}

/* 'word' or "word", with a prefix as u'word', b'word'. */
static bool eat_string(struct cursor *c, struct text *t)
{
	const char *close, *from;

	skip_spaces(c);
	from = c->at;
	while (c->at < c->end && c->at < from + 2 && memchr("uUbBrR", *c->at, 6))
		c->at++;
	if (c->at == c->end || (*c->at != '\'' && *c->at != '"')) {
		c->at = from;
		return false;
	}
	close = memchr(c->at + 1, *c->at, (size_t)(c->end - c->at - 1));
	if (!close) {
		c->at = from;
		return false;
	}
	t->s = c->at + 1;
	t->n = (int)(close - t->s);
	c->at = close + 1;
	return true;
}

static bool eat_number(struct cursor *c, int64_t *v)
{
	int digits = 0;

	*v = 0;
	skip_spaces(c);
	for (; c->at < c->end && *c->at >= '0' && *c->at <= '9' && digits < 18; c->at++, digits++)
		*v = *v * 10 + (*c->at - '0');
	if (c->at < c->end && (*c->at == 'L' || *c->at == 'l')) /* Python 2 wrote (3L, 4L) */
		c->at++;
	return digits > 0;
}

static bool eat_shape(struct cursor *c, struct literal *l)
{
	l->dims = 0;
	if (!eat(c, '('))
		return false;
	while (!eat(c, ')')) {
		if (l->dims == DIMS_MAX || !eat_number(c, &l->dim[l->dims]))
			return false;
		l->dims++;
		if (!eat(c, ',')) {
			if (!eat(c, ')'))
				return false;
			break;
		}
	}
	return true;
}

/* A structured type: [('x', '<f4'), ...] or ('<f4', (3,)). Only its extent
 * matters. */
static bool eat_structure(struct cursor *c, struct text *t)
{
	struct text name;
	int depth = 0;

	skip_spaces(c);
	t->s = c->at;
	do {
		if (eat_string(c, &name))
			continue;
		if (c->at == c->end)
			return false;
		depth += (*c->at == '[' || *c->at == '(') - (*c->at == ']' || *c->at == ')');
		if (depth > 0 || c->at > t->s)
			c->at++;
	} while (depth > 0);
	t->n = (int)(c->at - t->s);
	return t->n > 0;
}

static bool is(struct text t, const char *s)
{
	return (size_t)t.n == strlen(s) && memcmp(t.s, s, (size_t)t.n) == 0;
}

/* What was expected where the parser stopped, or NULL if all is well. */
static const char *parse(struct cursor *c, struct literal *l)
{
	enum { DESCR = 1, ORDER = 2, SHAPE = 4, ALL = 7 };
	int seen = 0;

	if (!eat(c, '{'))
		return "'{'";
	while (!eat(c, '}')) {
		struct text key;
		int part;

		if (!eat_string(c, &key) || !eat(c, ':'))
			return "a quoted key and ':'";
		if (is(key, "descr")) {
			part = DESCR;
			l->quoted = eat_string(c, &l->descr);
			if (!l->quoted && !eat_structure(c, &l->descr))
				return "the type, as in '<f4'";
		} else if (is(key, "fortran_order")) {
			part = ORDER;
			l->fortran = eat_word(c, "True");
			if (!l->fortran && !eat_word(c, "False"))
				return "True or False";
		} else if (is(key, "shape")) {
			part = SHAPE;
			if (!eat_shape(c, l))
				return "the shape, as in (120, 768)";
		} else {
			return "only the keys descr, fortran_order and shape";
		}
		if (seen & part)
			return "each key once";
		seen |= part;
		if (!eat(c, ',')) {
			if (!eat(c, '}'))
				return "',' or '}'";
			break;
		}
	}
	if (seen != ALL)
		return "all of descr, fortran_order and shape";
	skip_spaces(c);
	return c->at == c->end ? NULL : "nothing but spaces after '}'";
}

/* ---- the type ---- */

/* Is it one of the words of a list with spaces? */
static bool is_among(struct text t, const char *list)
{
	for (; *list; list += strcspn(list, " "), list += *list == ' ')
		if (strcspn(list, " ") == (size_t)t.n && memcmp(list, t.s, (size_t)t.n) == 0)
			return true;
	return false;
}

/* What it holds, and what to do; NULL: nothing that is known. */
static const char *what_else(struct text word)
{
	bool code =
		word.n == 1; /* one letter, or one and a size; 'V8', 'M8[ns]', 'datetime64[s]' */

	for (int i = 0; i < OTHERS; i++)
		if (is_among(word, others[i].words))
			return others[i].holds;
	if (word.n > 1)
		code = (word.s[1] >= '0' && word.s[1] <= '9') || word.s[1] == '[';
	for (int i = 0; i < OTHERS && code; i++)
		if (word.s[0] && strchr(others[i].letters, word.s[0]))
			return others[i].holds;
	return NULL;
}

static int take_type(struct npy_header *h, const struct literal *l, const char *path, struct err *e)
{
	struct text word = l->descr;
	const char *holds = NULL;
	int n = 0;

	if (!l->quoted) {
		holds = "records or blocks, not single numbers: save one field as a matrix, as in "
			"x['NAME'].astype('float32')";
	} else {
		if (word.n > 0 && memchr("<>=|", word.s[0], 4)) {
			h->swapped = word.s[0] == foreign;
			word.s++, word.n--;
		}
		for (int i = 0; i < NPY_TYPES && word.n > 0; i++)
			if (is_among(word, words[i])) {
				h->type = (enum npy_type)i;
				h->swapped &= npy_type_table[i].size > 1;
				return 0;
			}
		if (word.n > 0)
			holds = what_else(word);
	}
	while (n < l->descr.n && n < 60 && l->descr.s[n] >= ' ' && l->descr.s[n] <= '~')
		n++; /* what a terminal can show */
	return err_at(e, path, 0, 0, "holds values of type %.*s, %s", n, l->descr.s,
		      holds ? holds
			    : "which is unknown; expected floats or integers: save "
			      "x.astype('float32')");
}

/* ---- the shape ---- */

static void describe(struct str *b, const struct literal *l)
{
	str_add(b, "(");
	for (int i = 0; i < l->dims; i++)
		str_addf(b, "%s%" PRId64, i ? ", " : "", l->dim[i]);
	str_add(b, ")");
}

static int bad_shape(const struct literal *l, const char *path, struct err *e)
{
	struct str shape = {0};
	const char *what = "expected two dimensions, rows (steps in time) and columns (features)";

	describe(&shape, l);
	if (l->dims == 3 && l->dim[1] == 1)
		what = "expected rows (steps in time) and columns (features): save x[:, 0]";
	else if (l->dims == 3)
		what = "a matrix per layer, channel or utterance: save only the one you need, as "
		       "in x[-1]";
	err_at(e, path, 0, 0, "an array of shape %s; %s", str_text(&shape), what);
	str_free(&shape);
	return -1;
}

static int take_shape(struct npy_header *h, const struct literal *l, const char *path,
		      struct err *e)
{
	bool batch = l->dims == 3 && l->dim[0] == 1; /* a batch of one, as models give it */
	int64_t rows = 1, cols = l->dim[0];

	h->vector = l->dims == 1;
	if (l->dims != 2 && !batch && !h->vector)
		return bad_shape(l, path, e);
	if (!h->vector) {
		rows = l->dim[batch];
		cols = l->dim[batch + 1];
	}
	if (rows > INT_MAX || cols > INT_MAX)
		return err_at(e, path, 0, 0,
			      "a shape of %" PRId64 " x %" PRId64 "; expected at most %d each",
			      rows, cols, INT_MAX);
	h->rows = (int)rows;
	h->cols = (int)cols;
	h->fortran = l->fortran && h->rows > 1 && h->cols > 1; /* else the orders agree */
	return 0;
}

int npy_header_read(struct npy_header *h, const char *text, size_t n, size_t offset,
		    const char *path, struct err *e)
{
	struct cursor c = {text, text + n};
	struct literal l = {.dims = 0};
	const char *expected = parse(&c, &l);

	*h = (struct npy_header){.type = NPY_F32};
	if (expected)
		return err_at(e, path, 0, 0,
			      "a damaged header: expected %s at byte %zu; save it with numpy.save",
			      expected, offset + (size_t)(c.at - text));
	return take_type(h, &l, path, e) || take_shape(h, &l, path, e) ? -1 : 0;
}
