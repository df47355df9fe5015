/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/npy.h"

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

TEST(faults_are_told)
{
	struct err e = {0};
	struct npy a;

#define HEAD(descr, shape) "{'descr': " descr ", 'fortran_order': False, 'shape': " shape ", }"
	CHECK_HAS(refusal(HEAD("'<i8'", "(2, 3)"), six, 24), "type <i8; expected float16, float32");
	CHECK_HAS(refusal(HEAD("'|O'", "(2, 3)"), six, 24), "pickled");
	CHECK_HAS(refusal(HEAD("[('x', '<f4')]", "(2, 3)"), six, 24), "type [('x', '<f4')]");
	CHECK_HAS(refusal(HEAD("'<f16'", "(2, 3)"), six, 24), "type <f16");
	CHECK_HAS(refusal(HEAD("'<f\033'", "(2, 3)"), six, 24), "type <f;");
	CHECK_HAS(refusal(HEAD("'<f4'", "(6,)"), six, 24), "1 dimension; expected two");
	CHECK_HAS(refusal(HEAD("'<f4'", "()"), six, 24), "0 dimensions; expected two");
	CHECK_HAS(refusal(HEAD("'<f4'", "(1, 2, 3)"), six, 24), "3 dimensions; expected two");
	CHECK_HAS(refusal(HEAD("'<f4'", "(2, 4)"), six, 24),
		  "cut off: 2 x 4 float32 values need 32 bytes behind byte 128, the file has 24");
	CHECK_HAS(refusal(HEAD("'<f8'", "(2147483647, 2147483647)"), six, 24), "cut off");
	CHECK_HAS(refusal(HEAD("'<f4'", "(2147483648, 1)"), six, 24), "at most 2147483647");
	CHECK_HAS(refusal(HEAD("'<f4'", "(18446744073709551617, 1)"), six, 24), "damaged header");
	CHECK_HAS(refusal(HEAD("'<f4'", "(-2, 3)"), six, 24), "damaged header: expected the shape");
	CHECK_HAS(refusal(HEAD("'<f4'", "(2, 3"), six, 24), "expected the shape");
	CHECK_HAS(refusal(HEAD("<f4", "(2, 3)"), six, 24), "expected the type");
	CHECK_HAS(refusal("{'descr': '<f4', 'shape': (2, 3)}", six, 24), "expected all of descr");
	CHECK_HAS(refusal(HEAD("'<f4', 'descr': '<f4'", "(2, 3)"), six, 24), "each key once");
	CHECK_HAS(refusal(HEAD("'<f4', 'more': 1", "(2, 3)"), six, 24), "only the keys");
	CHECK_HAS(refusal(HEAD("'<f4'", "(2, 3)") " exec()", six, 24), "nothing but blanks");
	CHECK_HAS(refusal("import os", six, 24), "expected '{' at byte 10");
#undef HEAD

	temp_text(temp_path("text.npy"), "Utterance_ID,Text,Emotion\n");
	CHECK_INT(npy_open(&a, temp_path("text.npy"), &e), -1);
	CHECK_HAS(e.text, "text.npy: not a .npy file; expected");
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
	CHECK((double)a.rows * a.cols * a.kind <= (double)n);
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
