/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/file/npy.h"

#include "temp.h"
#include "test.h"

#include <stdint.h>

/* A file of the given version with this header literal, padded as NumPy does. */
static size_t build(unsigned char *out, int version, const char *literal, const void *body,
		    size_t bytes)
{
	size_t prefix = version == 1 ? 10 : 12, len = strlen(literal);
	size_t header = (prefix + len + 1 + 63) / 64 * 64 - prefix;

	memcpy(out, "\x93NUMPY", 6);
	out[6] = (unsigned char)version;
	out[7] = 0;
	memset(out + 8, 0, 4);
	out[8] = (unsigned char)(header & 0xff);
	out[9] = (unsigned char)(header >> 8);
	memset(out + prefix, ' ', header);
	memcpy(out + prefix, literal, len);
	out[prefix + header - 1] = '\n';
	if (bytes)
		memcpy(out + prefix + header, body, bytes);
	return prefix + header + bytes;
}

static int open_built(struct npy *a, int version, const char *literal, const void *body,
		      size_t bytes, struct err *e)
{
	static unsigned char file[1 << 16];
	const char *path = temp_path("built.npy");

	err_clear(e);
	temp_bytes(path, file, build(file, version, literal, body, bytes));
	return npy_open(a, path, e);
}

/* The sentence of a file that must be refused, with its name in front. */
static const char *refusal(const char *literal, const void *body, size_t bytes)
{
	static struct err e;
	struct npy a;

	if (open_built(&a, 1, literal, body, bytes, &e) == 0) {
		npy_close(&a);
		return "(opened)";
	}
	CHECK_HAS(e.text, "built.npy: ");
	return e.text;
}

static void reverse(void *p, size_t size, int n)
{
	unsigned char *u = p, t;

	for (int i = 0; i < n; i++, u += size)
		for (size_t k = 0; k < size / 2; k++)
			t = u[k], u[k] = u[size - 1 - k], u[size - 1 - k] = t;
}

/* [2, 3] = {{1, -2, 0.5}, {4, 65504, 2^-24}}, all exact in half precision. */
static const float six[6] = {1, -2, 0.5f, 4, 65504, 0x1p-24f};
static const int by_column[6] = {0, 3, 1, 4, 2, 5};
static const uint16_t six_half[6] = {0x3c00, 0xc000, 0x3800, 0x4400, 0x7bff, 0x0001};

static void check_six(const struct npy *a)
{
	float row[3];

	CHECK_INT(a->rows, 2);
	CHECK_INT(a->cols, 3);
	for (int i = 0; i < 6; i++) {
		npy_row(a, i / 3, row);
		CHECK(row[i % 3] == six[i]);
	}
}

static void check_variant(int version, int size, bool big, bool fortran)
{
	union {
		uint16_t f2[6];
		float f4[6];
		double f8[6];
	} body;
	char literal[100];
	struct err e = {0};
	struct npy a;

	for (int i = 0; i < 6; i++) {
		int from = fortran ? by_column[i] : i;

		if (size == 2)
			body.f2[i] = six_half[from];
		else if (size == 4)
			body.f4[i] = six[from];
		else
			body.f8[i] = six[from];
	}
	if (big)
		reverse(&body, (size_t)size, 6);
	snprintf(literal, sizeof literal,
		 "{'descr': '%cf%d', 'fortran_order': %s, 'shape': (2, 3), }", big ? '>' : '<',
		 size, fortran ? "True" : "False");
	REQUIRE(open_built(&a, version, literal, &body, (size_t)size * 6, &e) == 0);
	check_six(&a);
	CHECK((npy_direct(&a) != NULL) == (size == 4 && !a.swapped && !fortran));
	npy_close(&a);
}

TEST(types_orders_versions)
{
	for (int version = 1; version <= 3; version++)
		for (int size = 2; size <= 8; size *= 2)
			for (int way = 0; way < 4; way++)
				check_variant(version, size, way & 1, way & 2);
}

TEST(half_precision_is_exact_for_all_values)
{
	static uint16_t all[65536];
	static unsigned char file[(1 << 17) + 256];
	static float row[65536];
	const char *path = temp_path("all.npy");
	struct err e = {0};
	struct npy a;
	size_t n;

	for (int i = 0; i < 65536; i++)
		all[i] = (uint16_t)i;
	n = build(file, 1, "{'descr': '<f2', 'fortran_order': False, 'shape': (1, 65536), }", all,
		  sizeof all);
	temp_bytes(path, file, n);
	REQUIRE(npy_open(&a, path, &e) == 0);
	npy_row(&a, 0, row);
	for (int i = 0; i < 65536; i++) {
		int exponent = i >> 10 & 31, mantissa = i & 0x3ff;
		double sign = i & 0x8000 ? -1 : 1;

		if (exponent == 31 && mantissa)
			CHECK(isnan(row[i]));
		else if (exponent == 31)
			CHECK(row[i] == (float)(sign * INFINITY));
		else
			CHECK(row[i] ==
			      (float)(sign * (exponent ? ldexp(1024 + mantissa, exponent - 25)
						       : ldexp(mantissa, -24))));
	}
	CHECK(signbit(row[0x8000]));
	npy_close(&a);
}

TEST(headers_others_write)
{
	static const char *const good[] = {
		"{'shape': (2, 3), 'descr': '<f4', 'fortran_order': False}",
		"{\"descr\": \"<f4\", \"fortran_order\": False, \"shape\": (2, 3,)}",
		"{'descr':'<f4','fortran_order':False,'shape':(2L, 3L)}",
		"{ 'descr' : '<f4' , 'fortran_order' : False , 'shape' : ( 2 , 3 ) , }",
		"{u'descr': u'<f4', u'fortran_order': False, u'shape': (2L, 3L), }",
		"{b'descr': b'<f4', b'fortran_order': False, b'shape': (2, 3), }",
		"{u\"shape\": (2, 3), 'descr': U'<f4', 'fortran_order': False}",
		"{\n\t'shape': (2,\n 3),\n\t'fortran_order': False,\n\t'descr': 'single'\n}\n",
	};
	struct err e = {0};
	struct npy a;

	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		CHECK_INT(open_built(&a, 1, good[i], six, sizeof six, &e), 0);
		CHECK_STR(e.text, "");
		check_six(&a);
		npy_close(&a);
	}
}

TEST(odd_files_that_are_good)
{
	static unsigned char file[512];
	static char literal[3000];
	struct err e = {0};
	struct npy a;
	size_t n;

	/* Bytes behind the values. */
	CHECK_INT(open_built(&a, 1, "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 3), }",
			     six, sizeof six, &e),
		  0);
	CHECK_INT(a.rows, 1);
	npy_close(&a);

	/* No rows: well formed; the corpus has its own word on that. */
	CHECK_INT(open_built(&a, 1, "{'descr': '<f4', 'fortran_order': False, 'shape': (0, 3), }",
			     NULL, 0, &e),
		  0);
	CHECK_INT(a.rows, 0);
	CHECK_INT(a.cols, 3);
	npy_close(&a);

	/* Values at an odd address are read, not used in place. */
	memcpy(file, "\x93NUMPY\x01\x00\x3d\x00", 10);
	memset(file + 10, ' ', 61);
	memcpy(file + 10, "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)}", 57);
	memcpy(file + 71, six, sizeof six);
	n = 71 + sizeof six;
	temp_bytes(temp_path("odd.npy"), file, n);
	CHECK_INT(npy_open(&a, temp_path("odd.npy"), &e), 0);
	CHECK(npy_direct(&a) == NULL);
	check_six(&a);
	npy_close(&a);

	/* A header longer than the first read. */
	memset(literal, ' ', sizeof literal - 1);
	memcpy(literal, "{'descr': '<f4', 'fortran_order': False,", 40);
	strcpy(literal + 2500, "'shape': (2, 3)}");
	CHECK_INT(open_built(&a, 2, literal, six, sizeof six, &e), 0);
	check_six(&a);
	npy_close(&a);
	npy_close(&a); /* safe on zeroed memory */
}

/* ---- shapes ---- */

/* A batch of one is its matrix, whatever the order of its bytes; a vector is one row that
 * is marked. */
TEST(shapes)
{
	static const struct {
		const char *shape;
		int rows, cols;
		bool vector;
	} t[] = {
		{"(2, 3)", 2, 3, false},    {"(1, 2, 3)", 2, 3, false}, {"(1, 6)", 1, 6, false},
		{"(1, 1, 6)", 1, 6, false}, {"(1, 6, 1)", 6, 1, false}, {"(6,)", 1, 6, true},
		{"(0,)", 1, 0, true},       {"(1, 0, 3)", 0, 3, false},
	};
	static const double wide[] = {0, 1, 2, 3, 4, 5}, columns[] = {0, 3, 1, 4, 2, 5};
	char literal[200];
	struct err e = {0};
	struct npy a;

	for (size_t i = 0; i < sizeof t / sizeof *t; i++)
		for (int fortran = 0; fortran < 2; fortran++) {
			bool turned = fortran && t[i].rows == 2 && t[i].cols == 3;

			snprintf(literal, sizeof literal,
				 "{'descr': '<f8', 'fortran_order': %s, 'shape': %s, }",
				 fortran ? "True" : "False", t[i].shape);
			if (open_built(&a, 1, literal, turned ? columns : wide, sizeof wide, &e)) {
				FAIL("%s: %s", t[i].shape, e.text);
				continue;
			}
			CHECK_INT(a.rows, t[i].rows);
			CHECK_INT(a.cols, t[i].cols);
			CHECK(a.vector == t[i].vector);
			for (int k = 0; k < t[i].rows * t[i].cols; k++)
				CHECK_NEAR(npy_value(&a, k / t[i].cols, k % t[i].cols), k, 0);
			npy_close(&a);
		}
	CHECK_INT(open_built(&a, 1, "{'descr': '<f8', 'fortran_order': False, 'shape': (7,), }",
			     wide, sizeof wide, &e),
		  -1);
	CHECK_HAS(e.text, "cut off: 1 x 7 float64 values");
}

/* ---- types ---- */

/* Opens a [1, 2] matrix of that type; what its values read as. */
static int read_typed(const char *descr, const void *body, size_t bytes, struct npy *a, float v[2],
		      struct err *e)
{
	char literal[200];

	snprintf(literal, sizeof literal,
		 "{'descr': '%s', 'fortran_order': False, 'shape': (1, 2), }", descr);
	if (open_built(a, 1, literal, body, bytes, e))
		return -1;
	npy_row(a, 0, v);
	return 0;
}

static void check_words(const char *words, const void *body, size_t bytes, enum npy_type type,
			float first, float second)
{
	char list[400], *word, *rest = list;

	strcpy(list, words);
	while ((word = strtok_r(rest, " ", &rest))) {
		struct err e = {0};
		struct npy a;
		float v[2];

		if (read_typed(word, body, bytes, &a, v, &e)) {
			FAIL("%s: %s", word, e.text);
			continue;
		}
		if (a.type != type || !(v[0] == first) || !(v[1] == second))
			FAIL("%s: %s, %g, %g", word, npy_type_table[a.type].name, (double)v[0],
			     (double)v[1]);
		CHECK_INT(npy_is_integer(&a), type >= NPY_BOOL);
		CHECK(npy_value(&a, 0, 1) == (double)second);
		npy_close(&a);
	}
}

/* Every word that numpy.dtype takes for these numbers. */
TEST(spellings_of_types)
{
	const float f4[] = {-1.5f, 3};
	const double f8[] = {-1.5, 3};
	const uint16_t f2[] = {0xbe00, 0x4200}, bf[] = {0xbfc0, 0x4040};
	const int8_t i1[] = {-2, 3};
	const int16_t i2[] = {-2, 3};
	const int32_t i4[] = {-2, 3};
	const int64_t i8[] = {-2, 3};
	const uint8_t u1[] = {254, 3}, b1[] = {0, 1};
	const uint16_t u2[] = {65534, 3};
	const uint32_t u4[] = {4294967040u, 3};
	const uint64_t u8[] = {UINT64_C(1) << 63, 3};

	check_words("<f4 =f4 |f4 f4 f <f =f float32 single Float32", f4, 8, NPY_F32, -1.5f, 3);
	check_words("<f2 |f2 f2 e <e float16 half", f2, 4, NPY_F16, -1.5f, 3);
	check_words("<f8 |f8 f8 d <d float64 double float float_", f8, 16, NPY_F64, -1.5f, 3);
	check_words("<V2 |V2 V2 bfloat16", bf, 4, NPY_BF16, -1.5f, 3);
	check_words("|b1 b1 ? bool bool_", b1, 2, NPY_BOOL, 0, 1);
	check_words("|i1 i1 b int8 byte", i1, 2, NPY_I8, -2, 3);
	check_words("<i2 i2 h int16 short", i2, 4, NPY_I16, -2, 3);
	check_words("<i4 i4 i int32 intc", i4, 8, NPY_I32, -2, 3);
	check_words("<i8 i8 l q int64 int int_ longlong", i8, 16, NPY_I64, -2, 3);
	check_words("|u1 u1 B uint8 ubyte", u1, 2, NPY_U8, 254, 3);
	check_words("<u2 u2 H uint16 ushort", u2, 4, NPY_U16, 65534, 3);
	check_words("<u4 u4 I uint32 uintc", u4, 8, NPY_U32, 4294967040.0f, 3);
	check_words("<u8 u8 L Q uint64 uint ulonglong", u8, 16, NPY_U64, 0x1p63f, 3);
}

TEST(the_other_order_of_bytes)
{
	int16_t i2[] = {-2, 3};
	uint16_t bf[] = {0xbfc0, 0x4040};

	reverse(i2, 2, 2);
	check_words(">i2 >h", i2, 4, NPY_I16, -2, 3);
	reverse(bf, 2, 2);
	check_words(">V2", bf, 4, NPY_BF16, -1.5f, 3);
	check_words(">u1 >B", "\003\004", 2, NPY_U8, 3, 4);
}

/* A float64 that float32 cannot hold is still known as what it is. */
TEST(values_as_stored)
{
	const double f8[] = {1e300, -3};
	struct err e = {0};
	struct npy a;
	float v[2];

	REQUIRE(read_typed("<f8", f8, 16, &a, v, &e) == 0);
	CHECK(isinf(v[0]));
	CHECK(npy_value(&a, 0, 0) == 1e300);
	npy_close(&a);
}

/* A batch of one, in either order. */
TEST(three_dimensions_of_which_the_first_is_one)
{
	float body[6];
	struct err e = {0};
	struct npy a;

	REQUIRE(open_built(&a, 1, "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2, 3), }",
			   six, sizeof six, &e) == 0);
	check_six(&a);
	CHECK(npy_direct(&a) != NULL);
	npy_close(&a);
	for (int i = 0; i < 6; i++)
		body[i] = six[by_column[i]];
	REQUIRE(open_built(&a, 1, "{'descr': '<f4', 'fortran_order': True, 'shape': (1, 2, 3), }",
			   body, sizeof body, &e) == 0);
	check_six(&a);
	npy_close(&a);
}

/* What the file holds instead, and what to do about it. */
TEST(what_is_no_matrix_of_numbers)
{
	static const struct {
		const char *descr, *says;
	} file[] = {
		{"'|O'", "type |O, Python objects (pickled), which are never loaded: save"},
		{"'O'", "pickled"},
		{"'|O8'", "pickled"},
		{"'object'", "pickled"},
		{"'<c8'", "complex numbers: save real ones"},
		{"'complex64'", "complex"},
		{"'F'", "complex"},
		{"'<f16'", "long doubles"},
		{"'longdouble'", "long doubles"},
		{"'g'", "long doubles"},
		{"'<U12'", "text, not features"},
		{"'|S5'", "text, not features"},
		{"'<M8[ns]'", "times, not features"},
		{"'|V1'", "raw bytes"},
		{"'|V16'", "raw bytes"},
		{"[('x', '<f4'), ('y]', '<f4')]", "records or blocks"},
		{"('<f4', (3,))", "records or blocks"},
		{"'<f4,<f4'", "unknown"},
		{"'<f3'", "unknown"},
		{"'f4 f8'", "unknown"},
		{"'<'", "unknown"},
		{"''", "unknown"},
	};

	for (size_t i = 0; i < sizeof file / sizeof *file; i++) {
		char literal[200];

		snprintf(literal, sizeof literal,
			 "{'descr': %s, 'fortran_order': False, 'shape': (2, 3), }", file[i].descr);
		CHECK_HAS(refusal(literal, six, 24), "holds values of type ");
		CHECK_HAS(refusal(literal, six, 24), file[i].says);
	}
}

TEST(a_file_that_gets_shorter)
{
	const char *path = temp_path("cut.npy");
	struct err e = {0};
	struct npy a;

	REQUIRE(npy_write(path, six, 2, 3, &e) == 0 && npy_open(&a, path, &e) == 0);
	CHECK_INT(npy_check(&a, &e), 0);
	CHECK(truncate(path, 128 + 20) == 0);
	CHECK_INT(npy_check(&a, &e), -1);
	CHECK_HAS(e.text, "cut.npy: became shorter while it was in use: has 148 bytes, needs 152");
	npy_close(&a);
}

TEST(faults_are_told)
{
	struct err e = {0};
	struct npy a;

#define HEAD(descr, shape) "{'descr': " descr ", 'fortran_order': False, 'shape': " shape ", }"
	CHECK_HAS(refusal(HEAD("'<f\033'", "(2, 3)"), six, 24),
		  "type <f, which is unknown; expected");
	CHECK_HAS(refusal(HEAD("'<f4'", "()"), six, 24), "shape (); expected two dimensions");
	CHECK_HAS(refusal(HEAD("'<f4'", "(2, 1, 3)"), six, 24), "shape (2, 1, 3); expected rows");
	CHECK_HAS(refusal(HEAD("'<f4'", "(3, 2, 1)"), six, 24),
		  "shape (3, 2, 1); a matrix per layer");
	CHECK_HAS(refusal(HEAD("'<f4'", "(1, 1, 2, 3)"), six, 24),
		  "shape (1, 1, 2, 3); expected two dimensions");
	CHECK_HAS(refusal(HEAD("'<f4'", "(2, 4)"), six, 24),
		  "cut off: 2 x 4 float32 values need 32 bytes after byte 128, the file has 24");
	CHECK_HAS(refusal(HEAD("'<f8'", "(2147483647, 2147483647)"), six, 24), "cut off");
	CHECK_HAS(refusal(HEAD("'<f4'", "(2147483648, 1)"), six, 24), "at most 2147483647");
	CHECK_HAS(refusal(HEAD("'<f4'", "(1, 2147483648)"), six, 24), "at most 2147483647");
	CHECK_HAS(refusal(HEAD("'<f4'", "(9999999999999999999, 1)"), six, 24), "damaged header");
	CHECK_HAS(refusal(HEAD("'<f4'", "(18446744073709551617, 1)"), six, 24), "damaged header");
	CHECK_HAS(refusal(HEAD("'<f4'", "(-2, 3)"), six, 24), "damaged header: expected the shape");
	CHECK_HAS(refusal(HEAD("'<f4'", "(2, 3"), six, 24), "expected the shape");
	CHECK_HAS(refusal(HEAD("<f4", "(2, 3)"), six, 24), "expected the type");
	CHECK_HAS(refusal("{'descr': '<f4', 'shape': (2, 3)}", six, 24), "expected all of descr");
	CHECK_HAS(refusal(HEAD("'<f4', 'descr': '<f4'", "(2, 3)"), six, 24), "each key once");
	CHECK_HAS(refusal(HEAD("'<f4', 'more': 1", "(2, 3)"), six, 24), "only the keys");
	CHECK_HAS(refusal(HEAD("'<f4'", "(2, 3)") " exec()", six, 24), "nothing but spaces");
	CHECK_HAS(refusal("import os", six, 24), "expected '{' at byte 10");
#undef HEAD

	temp_text(temp_path("text.npy"), "Utterance_ID,Text,Emotion\n");
	CHECK_INT(npy_open(&a, temp_path("text.npy"), &e), -1);
	CHECK_HAS(e.text, "text.npy: not a .npy file; expected");
	err_clear(&e);
	temp_text(temp_path("lfs.npy"), "version https://git-lfs.github.com/spec/v1\n");
	CHECK_INT(npy_open(&a, temp_path("lfs.npy"), &e), -1);
	CHECK_HAS(e.text, "lfs.npy: is a Git LFS pointer, not the file itself");
	err_clear(&e);
	temp_text(temp_path("empty.npy"), "");
	CHECK_INT(npy_open(&a, temp_path("empty.npy"), &e), -1);
	CHECK_HAS(e.text, "empty.npy: an empty file");
	err_clear(&e);
	temp_bytes(temp_path("new.npy"), "\x93NUMPY\x04\x00______", 14);
	CHECK_INT(npy_open(&a, temp_path("new.npy"), &e), -1);
	CHECK_HAS(e.text, "new.npy: .npy version 4.0; expected 1, 2 or 3");
	err_clear(&e);
	temp_bytes(temp_path("long.npy"), "\x93NUMPY\x02\x00\xff\xff\xff\xff__", 14);
	CHECK_INT(npy_open(&a, temp_path("long.npy"), &e), -1);
	CHECK_HAS(e.text, "long.npy: a header of 4294967295 bytes");
	err_clear(&e);
	CHECK_INT(npy_open(&a, temp_path("absent.npy"), &e), -1);
	CHECK_HAS(e.text, "absent.npy: no such file");
	err_clear(&e);
	CHECK_INT(npy_open(&a, temp_dir, &e), -1);
	CHECK_HAS(e.text, "expected a regular file");
	err_clear(&e);
	mkfifo(temp_path("pipe.npy"), 0600);
	CHECK_INT(npy_open(&a, temp_path("pipe.npy"), &e), -1); /* does not wait */
	CHECK_HAS(e.text, "expected a regular file");
}

/* Open, and if it opens read everything: the sanitizer watches. */
static void survive(const unsigned char *file, size_t n)
{
	const char *path = temp_path("hostile.npy");
	struct err e = {0};
	struct npy a;
	float *row;

	temp_bytes(path, file, n);
	if (npy_open(&a, path, &e) != 0) {
		CHECK_HAS(e.text, "hostile.npy: ");
		return;
	}
	CHECK((double)a.rows * a.cols * npy_type_table[a.type].size <= (double)n);
	row = malloc(sizeof *row * (size_t)(a.cols + 1));
	for (int i = 0; i < a.rows && a.cols > 0; i++)
		npy_row(&a, i, row);
	free(row);
	npy_close(&a);
}

TEST(hostile_headers)
{
	static const unsigned char changed[] = {0,   1,   ' ',  '0', '9', ',',
						')', '}', '\'', '[', 0xff};
	static unsigned char file[512], bad[512];

	for (int version = 1; version <= 2; version++) {
		size_t n = build(file, version,
				 "{'descr': '<f8', 'fortran_order': True, 'shape': (2, 3), }", file,
				 48);

		for (size_t len = 0; len < n; len++)
			survive(file, len);
		for (size_t i = 0; i < 80; i++)
			for (size_t k = 0; k < sizeof changed + 8; k++) {
				memcpy(bad, file, n);
				bad[i] = k < 8 ? (unsigned char)(bad[i] ^ 1u << k) : changed[k - 8];
				survive(bad, n);
			}
	}
}

TEST(write_and_read_back)
{
	const char *path = temp_path("written.npy");
	struct err e = {0};
	struct npy a;
	const float *v;

	REQUIRE(npy_write(path, six, 2, 3, &e) == 0);
	REQUIRE(npy_open(&a, path, &e) == 0);
	npy_willneed(&a);
	check_six(&a);
	v = npy_direct(&a);
	REQUIRE(v != NULL);
	CHECK(memcmp(v, six, sizeof six) == 0);
	npy_close(&a);

	CHECK_INT(npy_write(temp_path("no/such/folder/x.npy"), six, 2, 3, &e), -1);
	CHECK_HAS(e.text, "x.npy");
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
