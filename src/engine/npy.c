/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/npy.h"

#include "base/file.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * The file: "\x93NUMPY", two bytes of version, the header's length (2 bytes in
 * version 1, then 4; little endian), the header, the values. The header is a
 * Python literal: {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }.
 */
enum {
	PREFIX_MIN = 10,
	PREFIX_MAX = 12,
	FIRST_READ = 512,     /* holds every header NumPy writes for a matrix */
	HEADER_MAX = 1 << 16, /* longer ones describe structures, never a matrix */
	DIMS_MAX = 32,
};

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
static const char native = '<';
#else
static const char native = '>';
#endif

/* ---- the header ---- */

struct cursor {
	const char *start, *at, *end;
};

struct text {
	const char *s;
	int n;
};

struct header {
	struct text descr; /* as it stands in the file, without quotes */
	bool quoted;       /* descr is a string, not a list of fields */
	bool fortran;
	int64_t dim[DIMS_MAX];
	int dims;
};

static void skip_blanks(struct cursor *c)
{
	while (c->at < c->end && memchr(" \t\n\r", *c->at, 4))
		c->at++;
}

static bool eat(struct cursor *c, char ch)
{
	skip_blanks(c);
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

static bool eat_string(struct cursor *c, struct text *t)
{
	char quote = '\'';
	const char *close;

	if (!eat(c, quote)) {
		quote = '"';
		if (!eat(c, quote))
			return false;
	}
	close = memchr(c->at, quote, (size_t)(c->end - c->at));
	if (!close)
		return false;
	t->s = c->at;
	t->n = (int)(close - c->at);
	c->at = close + 1;
	return true;
}

static bool eat_number(struct cursor *c, int64_t *v)
{
	int digits = 0;

	*v = 0;
	skip_blanks(c);
	for (; c->at < c->end && *c->at >= '0' && *c->at <= '9' && digits < 18; c->at++, digits++)
		*v = *v * 10 + (*c->at - '0');
	if (c->at < c->end && *c->at == 'L') /* Python 2 wrote (3L, 4L) */
		c->at++;
	return digits > 0;
}

static bool eat_shape(struct cursor *c, struct header *h)
{
	h->dims = 0;
	if (!eat(c, '('))
		return false;
	while (!eat(c, ')')) {
		if (h->dims == DIMS_MAX || !eat_number(c, &h->dim[h->dims]))
			return false;
		h->dims++;
		if (!eat(c, ',')) {
			if (!eat(c, ')'))
				return false;
			break;
		}
	}
	return true;
}

/* A structured type stands here: [('x', '<f4'), ...]. Only its extent matters. */
static bool eat_list(struct cursor *c, struct text *t)
{
	int depth = 1;

	if (!eat(c, '['))
		return false;
	t->s = c->at - 1;
	for (; c->at < c->end && depth > 0; c->at++)
		depth += (*c->at == '[') - (*c->at == ']');
	t->n = (int)(c->at - t->s);
	return depth == 0;
}

static bool is(struct text t, const char *s)
{
	return (size_t)t.n == strlen(s) && memcmp(t.s, s, (size_t)t.n) == 0;
}

/* What was expected where the parser stopped, or NULL if all is well. */
static const char *parse_header(struct cursor *c, struct header *h)
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
			h->quoted = eat_string(c, &h->descr);
			if (!h->quoted && !eat_list(c, &h->descr))
				return "the type, as in '<f4'";
		} else if (is(key, "fortran_order")) {
			part = ORDER;
			h->fortran = eat_word(c, "True");
			if (!h->fortran && !eat_word(c, "False"))
				return "True or False";
		} else if (is(key, "shape")) {
			part = SHAPE;
			if (!eat_shape(c, h))
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
	skip_blanks(c);
	return c->at == c->end ? NULL : "nothing but blanks behind '}'";
}

/* ---- from header to matrix ---- */

static const char *type_name(int kind)
{
	return kind == 2 ? "float16" : kind == 4 ? "float32" : "float64";
}

static int take_type(struct npy *a, const struct header *h, const char *path, struct err *e)
{
	const char *s = h->descr.s;
	int n = 0;

	if (h->quoted && h->descr.n > 0 && s[h->descr.n - 1] == 'O')
		return err_at(e, path, 0, 0,
			      "holds Python objects (pickled), which are never loaded; expected "
			      "float16, float32 or float64: save it as such");
	if (h->quoted && h->descr.n == 3 && memchr("<>=", s[0], 3) && s[1] == 'f' &&
	    memchr("248", s[2], 3)) {
		a->kind = (char)(s[2] - '0');
		a->swapped = s[0] != '=' && s[0] != native;
		return 0;
	}
	while (n < h->descr.n && n < 60 && s[n] >= ' ' && s[n] <= '~')
		n++; /* what a terminal can show */
	return err_at(e, path, 0, 0,
		      "values of type %.*s; expected float16, float32 or float64: convert with "
		      "x.astype('float32')",
		      n, s);
}

static int take_shape(struct npy *a, const struct header *h, const char *path, struct err *e)
{
	if (h->dims != 2)
		return err_at(e, path, 0, 0,
			      "an array of %d dimension%s; expected two: rows (steps in time) and "
			      "columns (features)",
			      h->dims, h->dims == 1 ? "" : "s");
	if (h->dim[0] > INT_MAX || h->dim[1] > INT_MAX)
		return err_at(e, path, 0, 0,
			      "a shape of %" PRId64 " x %" PRId64 "; expected at most %d each",
			      h->dim[0], h->dim[1], INT_MAX);
	a->rows = (int)h->dim[0];
	a->cols = (int)h->dim[1];
	a->fortran = h->fortran && a->rows > 1 && a->cols > 1; /* else the orders agree */
	return 0;
}

static int map_values(struct npy *a, int fd, size_t offset, size_t size, const char *path,
		      struct err *e)
{
	size_t row = (size_t)a->cols * (size_t)a->kind; /* below 2^34: cannot overflow */

	if (row && (size_t)a->rows > (size - offset) / row)
		return err_at(e, path, 0, 0,
			      "cut off: %d x %d %s values need %.0f bytes behind byte %zu, the "
			      "file has %zu; copy or extract it again",
			      a->rows, a->cols, type_name(a->kind), (double)a->rows * (double)row,
			      offset, size - offset);
	a->map_len = offset + (size_t)a->rows * row;
	a->map = mmap(NULL, a->map_len, PROT_READ, MAP_PRIVATE, fd, 0);
	if (a->map == MAP_FAILED) {
		a->map = NULL;
		return err_errno(e, path,
				 errno == ENOMEM ? "cannot be mapped (does the corpus have more "
						   "files than sysctl vm.max_map_count allows?)"
						 : "cannot be mapped");
	}
	a->values = (const char *)a->map + offset;
	return 0;
}

/* pread until n bytes are there, or fewer at the end of the file; -1: errno. */
static ssize_t read_at(int fd, char *buf, size_t n, off_t from)
{
	size_t got = 0;

	while (got < n) {
		ssize_t k = pread(fd, buf + got, n - got, from + (off_t)got);

		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return -1;
		if (k == 0)
			break;
		got += (size_t)k;
	}
	return (ssize_t)got;
}

/* Where the header stands, from the file's first `got` bytes. */
static int find_header(const char *first, size_t got, size_t size, size_t *at, size_t *len,
		       const char *path, struct err *e)
{
	const unsigned char *u = (const unsigned char *)first;

	if (got < PREFIX_MAX || size < PREFIX_MAX || memcmp(first, "\x93NUMPY", 6) != 0) {
		const char *found = "not a .npy file";

		if (got == 0)
			found = "an empty file";
		else if (got >= 2 && memcmp(first, "PK", 2) == 0)
			found = "an archive (.npz)";
		return err_at(e, path, 0, 0, "%s; expected a file as numpy.save writes it", found);
	}
	if (u[6] < 1 || u[6] > 3)
		return err_at(e, path, 0, 0,
			      ".npy version %d.%d; expected 1, 2 or 3: save it with numpy.save",
			      u[6], u[7]);
	*at = u[6] == 1 ? PREFIX_MIN : PREFIX_MAX;
	*len = u[8] | (size_t)u[9] << 8;
	if (u[6] > 1)
		*len |= (size_t)u[10] << 16 | (size_t)u[11] << 24;
	if (*len > HEADER_MAX)
		return err_at(e, path, 0, 0,
			      "a header of %zu bytes; expected at most %d for a matrix: save it "
			      "with numpy.save",
			      *len, HEADER_MAX);
	if (*len > size - *at)
		return err_at(e, path, 0, 0,
			      "cut off: %zu bytes, and the header alone needs %zu; copy or extract "
			      "it again",
			      size, *at + *len);
	return 0;
}

static int open_matrix(struct npy *a, int fd, size_t size, const char *path, struct err *e)
{
	char first[FIRST_READ], *longer = NULL;
	ssize_t got = read_at(fd, first, sizeof first, 0);
	size_t at = 0, len = 0;
	struct header h = {.dims = 0};
	struct cursor c;
	const char *expected;
	int status = -1;

	if (got < 0)
		return err_errno(e, path, "cannot be read");
	if (find_header(first, (size_t)got, size, &at, &len, path, e) != 0)
		return -1;
	c.start = first + at;
	if (at + len > (size_t)got) {
		longer = mem_alloc(len, 1);
		if (read_at(fd, longer, len, (off_t)at) != (ssize_t)len) {
			err_at(e, path, 0, 0, "the header of %zu bytes cannot be read", len);
			goto out;
		}
		c.start = longer;
	}
	c.at = c.start;
	c.end = c.start + len;
	expected = parse_header(&c, &h);
	if (expected)
		err_at(e, path, 0, 0,
		       "a damaged header: expected %s at byte %zu; save it with numpy.save",
		       expected, at + (size_t)(c.at - c.start));
	else if (take_type(a, &h, path, e) == 0 && take_shape(a, &h, path, e) == 0)
		status = map_values(a, fd, at + len, size, path, e);
out:
	free(longer);
	return status;
}

int npy_open(struct npy *a, const char *path, struct err *e)
{
	size_t size = 0;
	int fd = file_open_read(path, FILE_MAPPED, &size, e);
	int status;

	memset(a, 0, sizeof *a);
	if (fd < 0)
		return -1;
	status = open_matrix(a, fd, size, path, e);
	close(fd);
	if (status != 0)
		npy_close(a);
	return status;
}

void npy_close(struct npy *a)
{
	if (a->map)
		munmap(a->map, a->map_len);
	memset(a, 0, sizeof *a);
}

/* ---- values ---- */

const float *npy_direct(const struct npy *a)
{
	bool aligned = (uintptr_t)a->values % sizeof(float) == 0;

	return a->kind == 4 && !a->swapped && !a->fortran && aligned ? a->values : NULL;
}

static float half(uint16_t h)
{
	uint32_t sign = (uint32_t)(h & 0x8000) << 16, exponent = h >> 10 & 31, mantissa = h & 0x3ff;
	uint32_t bits;
	float v;

	if (exponent == 0) { /* zero and subnormals */
		v = (float)mantissa * 0x1p-24f;
		return sign ? -v : v;
	}
	bits = sign | (exponent == 31 ? 255 : exponent - 15 + 127) << 23 | mantissa << 13;
	memcpy(&v, &bits, sizeof v);
	return v;
}

static float load(const char *p, int kind, bool swapped)
{
	uint16_t u16;
	uint32_t u32;
	uint64_t u64;
	float f32;
	double f64;

	switch (kind) {
	case 2:
		memcpy(&u16, p, sizeof u16);
		return half(swapped ? __builtin_bswap16(u16) : u16);
	case 4:
		memcpy(&u32, p, sizeof u32);
		u32 = swapped ? __builtin_bswap32(u32) : u32;
		memcpy(&f32, &u32, sizeof f32);
		return f32;
	default:
		memcpy(&u64, p, sizeof u64);
		u64 = swapped ? __builtin_bswap64(u64) : u64;
		memcpy(&f64, &u64, sizeof f64);
		return (float)f64;
	}
}

void npy_row(const struct npy *a, int row, float *out)
{
	size_t kind = (size_t)a->kind, at = (size_t)row;
	size_t step = a->fortran ? (size_t)a->rows * kind : kind;
	const char *p = (const char *)a->values + at * (a->fortran ? kind : (size_t)a->cols * kind);

	if (a->kind == 4 && !a->swapped && !a->fortran) {
		memcpy(out, p, (size_t)a->cols * kind);
		return;
	}
	for (int j = 0; j < a->cols; j++)
		out[j] = load(p + (size_t)j * step, a->kind, a->swapped);
}

void npy_willneed(const struct npy *a)
{
	if (a->map)
		madvise(a->map, a->map_len, MADV_WILLNEED); /* a hint: failure changes nothing */
}

int npy_write(const char *path, const float *values, int rows, int cols, struct err *e)
{
	enum { HEADER = 128 }; /* a multiple of 64, so that the values lie aligned in a map */
	char head[HEADER + 1];
	struct atomic_file a;
	int len;

	BUG_ON(rows < 0 || cols < 0);
	memcpy(head, "\x93NUMPY\x01\x00", 8);
	head[8] = HEADER - PREFIX_MIN;
	head[9] = 0;
	len = PREFIX_MIN +
	      snprintf(head + PREFIX_MIN, sizeof head - PREFIX_MIN,
		       "{'descr': '%cf4', 'fortran_order': False, 'shape': (%d, %d), }", native,
		       rows, cols);
	memset(head + len, ' ', (size_t)(HEADER - len));
	head[HEADER - 1] = '\n';

	if (atomic_open(&a, path, e))
		return -1;
	fwrite(head, 1, HEADER, a.f);
	fwrite(values, sizeof *values, (size_t)rows * (size_t)cols, a.f);
	return atomic_commit(&a, e);
}
