/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/file/safetensors.h"
#include "test.h"

#include <glob.h>
#include <unistd.h>

static char path[64];

/* A file of a header text and n bytes of data 0, 1, 2 ... */
static void put(const char *header, size_t n)
{
	uint64_t len = strlen(header);
	struct str b = {0};
	struct err e = {0};

	str_addn(&b, (const char *)&len, sizeof len);
	str_add(&b, header);
	for (size_t i = 0; i < n; i++)
		str_addn(&b, &(char){(char)i}, 1);
	if (file_write(path, b.s, b.len, &e))
		FAIL("%s", e.text);
	str_free(&b);
}

static void check_refused(const char *header, size_t n, const char *why)
{
	struct st_file f;
	struct err e = {0};

	put(header, n);
	if (st_open(&f, path, &e) == 0) {
		FAIL("accepted: %s", header);
		st_close(&f);
		return;
	}
	CHECK_HAS(e.text, why);
	CHECK(strncmp(e.text, path, strlen(path)) == 0);
}

/* Two arrays and a word of metadata, as most tests want them. */
static void put_small(void)
{
	static const float a[6] = {1, 2, 3, 4, 5, -0.0f};
	static const int64_t b[1] = {INT64_MIN};
	struct st_writer *w = st_new();
	struct err e = {0};

	st_add(w, "z.step", ST_I64, 1, (const int64_t[]){1}, b);
	st_add(w, "a.weight", ST_F32, 2, (const int64_t[]){2, 3}, a);
	st_add_meta(w, "format", "pt");
	if (st_write(w, path, &e))
		FAIL("%s", e.text);
}

TEST(round_trip)
{
	struct st_file f;
	struct err e = {0};
	const struct st_entry *t;

	put_small();
	REQUIRE(st_open(&f, path, &e) == 0);
	CHECK_INT(f.n, 2);
	t = st_find(&f, "a.weight");
	REQUIRE(t != NULL);
	CHECK_INT(t->dims, 2);
	CHECK_INT(t->dim[1], 3);
	CHECK_INT(st_count(t), 6);
	CHECK_NEAR(((const float *)t->data)[4], 5, 0);
	CHECK(signbit(((const float *)t->data)[5]));
	CHECK(!t->copy);
	CHECK(*(const int64_t *)st_find(&f, "z.step")->data == INT64_MIN);
	CHECK(!st_find(&f, "b"));
	CHECK_STR(st_meta(&f, "format"), "pt");
	CHECK(!st_meta(&f, "none"));
	st_close(&f);
	st_close(&f);
}

/* Order of the arrays, length and padding of the header, byte for byte. */
TEST(bytes_written)
{
	static const char want[] =
		"{\"__metadata__\":{\"format\":\"pt\"},"
		"\"z.step\":{\"dtype\":\"I64\",\"shape\":[1],\"data_offsets\":[0,8]},"
		"\"a.weight\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[8,32]}}";
	size_t len = 0, header = (sizeof want - 1 + 7) / 8 * 8;
	struct err e = {0};
	char *got;
	uint64_t said;

	put_small();
	got = file_read(path, FILE_ROWS, &len, &e);
	REQUIRE(got && len > 8);
	memcpy(&said, got, 8);
	CHECK_INT(said, header);
	CHECK_INT(len, 8 + header + 32);
	CHECK(memcmp(got + 8, want, sizeof want - 1) == 0);
	for (size_t i = sizeof want - 1; i < header; i++)
		CHECK_INT(got[8 + i], ' ');
	free(got);
}

TEST(every_type)
{
	static const double f64 = 0.1;
	static const int64_t i64 = -1;
	static const float f32 = 0.5f;
	static const uint32_t u32 = UINT32_MAX;
	static const uint8_t u8[3] = {1, 2, 255};
	struct st_writer *w = st_new();
	struct st_file f;
	struct err e = {0};

	/* The three bytes first, so that all the others are out of line. */
	st_add(w, "u8", ST_U8, 1, (const int64_t[]){3}, u8);
	st_add(w, "f64", ST_F64, 0, NULL, &f64);
	st_add(w, "i64", ST_I64, 3, (const int64_t[]){1, 1, 1}, &i64);
	st_add(w, "f32", ST_F32, 4, (const int64_t[]){1, 1, 1, 1}, &f32);
	st_add(w, "u32", ST_U32, 1, (const int64_t[]){1}, &u32);
	st_add(w, "empty", ST_F64, 2, (const int64_t[]){0, 5}, NULL);
	REQUIRE(st_write(w, path, &e) == 0);
	REQUIRE(st_open(&f, path, &e) == 0);
	CHECK_INT(((const uint8_t *)st_find(&f, "u8")->data)[2], 255);
	CHECK(*(const double *)st_find(&f, "f64")->data == 0.1);
	CHECK(*(const int64_t *)st_find(&f, "i64")->data == -1);
	CHECK(*(const float *)st_find(&f, "f32")->data == 0.5f);
	CHECK(*(const uint32_t *)st_find(&f, "u32")->data == UINT32_MAX);
	CHECK(st_find(&f, "f64")->copy != NULL);
	CHECK_INT(st_count(st_find(&f, "f64")), 1);
	CHECK_INT(st_count(st_find(&f, "empty")), 0);
	st_close(&f);
}

TEST(no_arrays)
{
	struct st_file f;
	struct err e = {0};

	CHECK_INT(st_write(st_new(), path, &e), 0);
	REQUIRE(st_open(&f, path, &e) == 0);
	CHECK_INT(f.n, 0);
	CHECK(!st_find(&f, "a"));
	CHECK(!st_meta(&f, "a"));
	st_close(&f);
}

TEST(need)
{
	struct st_file f;
	struct err e = {0};
	char want[256];

	put("{\"lstm1.weight_ih_l0\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[0,8]}}",
	    8);
	REQUIRE(st_open(&f, path, &e) == 0);
	CHECK(st_need(&f, "lstm1.weight_ih_l0", ST_F32, 2, (const int64_t[]){1, 2}, &e) != NULL);
	CHECK(st_need(&f, "lstm1.weight_ih_l0", ST_F32, 2, (const int64_t[]){-1, 2}, &e) != NULL);
	CHECK_INT(e.status, 0);
	CHECK(!st_need(&f, "lstm1.weight_ih_l0", ST_F32, 2, (const int64_t[]){512, -1}, &e));
	snprintf(want, sizeof want,
		 "%s: tensor lstm1.weight_ih_l0 is [1, 2] F32, expected [512, any] F32; "
		 "these weights belong to a different configuration",
		 path);
	CHECK_STR(e.text, want);
	err_clear(&e);
	CHECK(!st_need(&f, "lstm1.weight_ih_l0", ST_F64, 2, (const int64_t[]){1, 2}, &e));
	CHECK_HAS(e.text, "is [1, 2] F32, expected [1, 2] F64");
	err_clear(&e);
	CHECK(!st_need(&f, "lstm1.weight_ih_l0", ST_F32, 1, (const int64_t[]){2}, &e));
	CHECK_HAS(e.text, "expected [2] F32");
	err_clear(&e);
	CHECK(!st_need(&f, "st.0.bias", ST_F32, 1, (const int64_t[]){64}, &e));
	CHECK_HAS(e.text, "tensor st.0.bias is missing, expected [64] F32");
	st_close(&f);
}

#define A(dtype, shape, offsets) \
	"\"a\":{\"dtype\":\"" dtype "\",\"shape\":" shape ",\"data_offsets\":" offsets "}"

TEST(hostile_headers)
{
	check_refused("", 8, "not a safetensors file");
	check_refused("[]", 8, "header is not a JSON object");
	check_refused("{} {}", 0, "end of file expected");
	check_refused("{\"a\":1}", 0, "tensor a is not described by a JSON object");
	check_refused("{\"a\":{}}", 0, "tensor a is of type unknown");
	check_refused("{" A("F16", "[2]", "[0,4]") "}", 4, "type F16; expected F32, F64, I64, U32");
	check_refused("{" A("F32", "{}", "[0,4]") "}", 4, "has no shape");
	check_refused("{" A("F32", "[1.0]", "[0,4]") "}", 4, "is not a size");
	check_refused("{" A("F32", "[-1]", "[0,4]") "}", 4, "is not a size");
	check_refused("{" A("F32", "[1,1,1,1,1]", "[0,4]") "}", 4, "has 5 dimensions");
	check_refused("{" A("F32", "[[1]]", "[0,4]") "}", 4, "is not a size");
	check_refused("{" A("F32", "[1]", "[0]") "}", 4, "no data_offsets");
	check_refused("{" A("F32", "[1]", "[0,4,8]") "}", 4, "no data_offsets");
	check_refused("{" A("F32", "[1]", "[0,\"4\"]") "}", 4, "no data_offsets");
	check_refused("{" A("F32", "[1]", "7") "}", 4, "no data_offsets");
	check_refused("{" A("F32", "[1]", "[0,99999999999999999999]") "}", 4, "too big integer");
	check_refused("{" A("F32", "[1]", "[-4,0]") "}", 4, "is at bytes -4 to 0");
	check_refused("{" A("F32", "[1]", "[4,0]") "}", 4, "is at bytes 4 to 0");
	check_refused("{" A("F32", "[1]", "[0,4]") "}", 3,
		      "the data, which has 3; the file is cut");
	check_refused("{" A("F32", "[2]", "[0,4]") "}", 4, "is [2] F32, but has 4 bytes");
	check_refused("{" A("F32", "[1]", "[0,8]") "}", 8, "is [1] F32, but has 8 bytes");
	/* The product wraps to 4 bytes, or to 0. */
	check_refused("{" A("F32", "[4611686018427387905]", "[0,4]") "}", 4, "but has 4 bytes");
	check_refused("{" A("F64", "[4294967296,4294967296]", "[0,0]") "}", 0, "but has 0 bytes");
	check_refused("{" A("F32", "[1]", "[0,4]") "," A("F32", "[1]", "[0,4]") "}", 4,
		      "duplicate object key");
	check_refused("{" A("F32", "[1]", "[0,4]") ",\"b\":{\"dtype\":\"F32\",\"shape\":[1],"
						   "\"data_offsets\":[0,4]}}",
		      8, "may not overlap");
	check_refused("{" A("F32", "[1]", "[4,8]") "}", 8,
		      "starts at byte 4 of the data, expected 0");
	check_refused("{" A("F32", "[1]", "[0,4]") "}", 8, "4 bytes follow the last tensor");
	check_refused("{}", 1, "1 bytes follow");
	check_refused("{\"__metadata__\":[]}", 0, "__metadata__ is not a JSON object");
	check_refused("{\"__metadata__\":{\"a\":1}}", 0, "__metadata__: a is not a string");
	check_refused("{\"\xff\":{}}", 0, "damaged: header byte");
}

TEST(deeply_nested)
{
	size_t n = 200000;
	char *header = mem_alloc(n + 1, 1);

	memset(header, '[', n);
	check_refused(header, 0, "damaged: header byte");
	for (size_t i = 0; i + 5 <= n; i += 5)
		memcpy(header + i, "{\"a\":", 5);
	check_refused(header, 0, "damaged: header byte");
	free(header);
}

TEST(header_longer_than_the_file)
{
	static const uint64_t len[] = {3, 1u << 30, INT64_MAX, UINT64_MAX, UINT64_MAX - 7};

	for (size_t i = 0; i < sizeof len / sizeof len[0]; i++) {
		struct st_file f;
		struct err e = {0};
		char bytes[] = "        {}";

		memcpy(bytes, &len[i], 8);
		CHECK_INT(file_write(path, bytes, sizeof bytes - 1, &e), 0);
		CHECK_INT(st_open(&f, path, &e), -1);
		CHECK_HAS(e.text, "2 bytes follow");
	}
}

TEST(not_a_file)
{
	struct st_file f;
	struct err e = {0};

	CHECK_INT(st_open(&f, "/tmp", &e), -1);
	CHECK_HAS(e.text, "/tmp: is a folder; expected a regular file");
	err_clear(&e);
	CHECK_INT(st_open(&f, "/tmp/none.safetensors", &e), -1);
	CHECK_HAS(e.text, "no such file");
}

/* Every shorter file is refused: the arrays cover all the data. */
TEST(cut_off_anywhere)
{
	struct err e = {0};
	size_t len = 0;
	char *all;

	put_small();
	all = file_read(path, FILE_ROWS, &len, &e);
	REQUIRE(all);
	for (size_t n = 0; n < len; n++) {
		struct st_file f;

		err_clear(&e);
		CHECK_INT(truncate(path, 0) || file_write(path, all, n, &e), 0);
		if (st_open(&f, path, &e) == 0) {
			FAIL("the first %zu bytes were accepted", n);
			st_close(&f);
		}
		CHECK_HAS(e.text, "safetensors-");
	}
	free(all);
}

/* A flipped bit of length or header: refused, or a file that can be walked
 * safely (a name or a word of metadata changed). The sanitizers watch. */
TEST(bits_flipped)
{
	struct err e = {0};
	size_t len = 0;
	char *all;
	int accepted = 0;
	double sum = 0;

	put_small();
	all = file_read(path, FILE_ROWS, &len, &e);
	REQUIRE(all);
	for (size_t bit = 0; bit < (len - 32) * 8; bit++) {
		struct st_file f;
		FILE *out = fopen(path, "w"); /* no fsync: there are 1,500 */

		REQUIRE(out);
		all[bit / 8] ^= (char)(1 << bit % 8);
		fwrite(all, 1, len, out);
		fclose(out);
		all[bit / 8] ^= (char)(1 << bit % 8);
		err_clear(&e);
		if (st_open(&f, path, &e)) {
			CHECK(e.text[0] != '\0');
			continue;
		}
		accepted++;
		for (int i = 0; i < f.n; i++)
			for (int64_t j = 0; j < st_count(&f.entry[i]); j++)
				sum += ((const uint8_t *)f.entry[i].data)[j];
		st_close(&f);
	}
	CHECK(accepted > 0 && sum > 0);
	free(all);
}

TEST(nothing_written_where_it_cannot_be)
{
	struct st_writer *w = st_new();
	struct err e = {0};

	CHECK_INT(st_write(w, "/tmp/no-such-folder/a.safetensors", &e), -1);
	CHECK_HAS(e.text, "cannot write: No such file or directory");
	if (!file_exists("/dev/full"))
		SKIP("no /dev/full");
	err_clear(&e);
	w = st_new();
	st_add(w, "a", ST_F32, 0, NULL, &(float){1});
	CHECK_INT(st_write(w, "/dev/full", &e), -1);
	CHECK_HAS(e.text, "No space left on device");
}

/* Write what was read: the same arrays, bytes and types come back. */
static void check_rewritten(const char *recorded)
{
	static const size_t size[] = {[ST_F32] = 4, [ST_F64] = 8, [ST_I64] = 8, [ST_U32] = 4, 1};
	struct st_file f, again;
	struct st_writer *w = st_new();
	struct err e = {0};
	size_t bytes = 0;

	if (st_open(&f, recorded, &e)) {
		FAIL("%s", e.text);
		st_write(w, "/dev/null", &e);
		return;
	}
	for (int i = 0; i < f.n; i++)
		st_add(w, f.entry[i].name, f.entry[i].type, f.entry[i].dims, f.entry[i].dim,
		       f.entry[i].data);
	REQUIRE(st_write(w, path, &e) == 0);
	REQUIRE(st_open(&again, path, &e) == 0);
	CHECK_INT(again.n, f.n);
	for (int i = 0; i < f.n && i < again.n; i++) {
		const struct st_entry *a = &f.entry[i], *b = &again.entry[i];
		size_t n = (size_t)st_count(a) * size[a->type];

		CHECK_STR(b->name, a->name);
		CHECK_INT(b->type, a->type);
		CHECK_INT(b->dims, a->dims);
		CHECK_INT(memcmp(b->dim, a->dim, sizeof a->dim), 0);
		CHECK_INT(memcmp(b->data, a->data, n), 0);
		bytes += n;
	}
	CHECK(bytes > 0);
	st_close(&f);
	st_close(&again);
}

TEST(recorded_files)
{
	glob_t found = {0};

	if (glob("../shared/golden/*/*/*.safetensors", 0, NULL, &found))
		SKIP("../shared/golden is not there");
	for (size_t i = 0; i < found.gl_pathc; i++)
		check_rewritten(found.gl_pathv[i]);
	CHECK(found.gl_pathc > 20);
	globfree(&found);
}

int main(int argc, char **argv)
{
	int fd, failed;

	snprintf(path, sizeof path, "/tmp/miust-safetensors-XXXXXX");
	fd = mkstemp(path);
	if (fd < 0)
		return 1;
	close(fd);
	failed = TEST_MAIN(argc, argv);
	unlink(path);
	return failed;
}
