/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz: what a fuzz harness is made of.
 *
 *	static void seeds(void) { fuzz_seed(bytes, n); ... }
 *	static void one(const uint8_t *data, size_t n) { ... }
 *	FUZZ(seeds, one)
 *
 * `make fuzz` builds each harness with libFuzzer, ASan and UBSan and runs it.
 * In every other build it is a test that feeds the seeds, and a few thousand
 * variants of each, to the same function: a harness that no longer fits the
 * code, or a reader that dies of a flipped byte, is seen without clang.
 *
 * Nothing is checked but that the code under test neither dies nor hangs nor
 * touches memory that is not its own. Files go to a folder in memory.
 */
#ifndef MIUST_FUZZ_H
#define MIUST_FUZZ_H

#include "base/file.h"
#include "base/rng.h"
#include "temp.h"
#include "test.h"

#include <stdint.h>

/* The bytes as a file; good until the next call with the same name. */
static inline const char *fuzz_file(const char *name, const uint8_t *data, size_t n)
{
	const char *path = temp_path("%s", name);

	temp_bytes(path, data, n);
	return path;
}

/* The bytes as a text: NUL ends it. free() it. */
static inline char *fuzz_text(const uint8_t *data, size_t n)
{
	char *text = malloc(n + 1);

	if (!text)
		abort();
	memcpy(text, data, n);
	text[n] = '\0';
	return text;
}

static inline void fuzz_in_memory(void)
{
	if (access("/dev/shm", W_OK) == 0)
		setenv("TMPDIR", "/dev/shm", 0);
}

static void fuzz_seed(const void *data, size_t n);

static inline void fuzz_seed_text(const char *text)
{
	fuzz_seed(text, strlen(text));
}

/* `first` is put in front: for harnesses whose first byte says what the rest is. */
static inline void fuzz_seed_file(int first, const char *path)
{
	FILE *f = fopen(path, "rb");
	static uint8_t data[1 << 20];
	size_t n = 0;

	if (!f)
		return;
	if (first >= 0)
		data[n++] = (uint8_t)first;
	n += fread(data + n, 1, sizeof data - n, f);
	fclose(f);
	fuzz_seed(data, n);
}

#ifdef FUZZING

/* Where `make fuzz` keeps the inputs. */
static void fuzz_seed(const void *data, size_t n)
{
	const char *folder = getenv("FUZZ_SEEDS");
	char path[512];
	static int number;
	FILE *f;

	if (!folder)
		return;
	snprintf(path, sizeof path, "%s/seed-%03d", folder, number++);
	f = fopen(path, "wb");
	if (f) {
		fwrite(data, 1, n, f);
		fclose(f);
	}
}

#define FUZZ(seeds, one)                                        \
	int LLVMFuzzerInitialize(int *argc, char ***argv);      \
	int LLVMFuzzerInitialize(int *argc, char ***argv)       \
	{                                                       \
		(void)argc;                                     \
		(void)argv;                                     \
		setenv("TMPDIR", "/dev/shm", 0);                \
		seeds();                                        \
		return 0;                                       \
	}                                                       \
	int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n); \
	int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n)  \
	{                                                       \
		one(d, n);                                      \
		return 0;                                       \
	}

#else

enum { FUZZ_SEEDS = 256 };
static struct {
	uint8_t *data;
	size_t n;
} fuzz_kept[FUZZ_SEEDS];
static int fuzz_seeds;

static void fuzz_seed(const void *data, size_t n)
{
	if (fuzz_seeds == FUZZ_SEEDS)
		abort();
	fuzz_kept[fuzz_seeds].data = malloc(n + 1);
	memcpy(fuzz_kept[fuzz_seeds].data, data, n);
	fuzz_kept[fuzz_seeds++].n = n;
}

/* A variant of data: bytes changed, a piece dropped, doubled or cut off. */
static inline size_t fuzz_vary(struct rng *r, const uint8_t *data, size_t n, uint8_t *out)
{
	size_t at = n ? rng_u32(r) % n : 0, len = n ? rng_u32(r) % (n - at + 1) : 0;

	memcpy(out, data, n);
	switch (rng_u32(r) % 4) {
	case 0: /* bytes */
		for (int k = (int)(rng_u32(r) % 4); k >= 0 && n; k--)
			out[rng_u32(r) % n] = (uint8_t)rng_u32(r);
		return n;
	case 1: /* a digit, a sign, a separator */
		if (n)
			out[at] = (uint8_t) "0123456789-+.,:\"'{}[]&*\n\0"[rng_u32(r) % 25];
		return n;
	case 2: /* a piece less */
		memmove(out + at, out + at + len, n - at - len);
		return n - len;
	default: /* a piece twice */
		memcpy(out + at + len, data + at, n - at);
		return n + len;
	}
}

static inline void fuzz_all(void (*one)(const uint8_t *, size_t), int variants)
{
	struct rng r;

	rng_seed(&r, 9);
	for (int i = 0; i < fuzz_seeds; i++) {
		uint8_t *out = malloc(2 * fuzz_kept[i].n + 1);

		one(fuzz_kept[i].data, fuzz_kept[i].n);
		for (int k = 0; k < variants / fuzz_seeds; k++)
			one(out, fuzz_vary(&r, fuzz_kept[i].data, fuzz_kept[i].n, out));
		free(out);
		free(fuzz_kept[i].data);
	}
	CHECK(fuzz_seeds > 0);
}

#ifndef FUZZ_VARIANTS
#define FUZZ_VARIANTS 1000
#endif
#define FUZZ(seeds, one)                      \
	TEST(seeds_and_variants)              \
	{                                     \
		fuzz_in_memory();             \
		seeds();                      \
		fuzz_all(one, FUZZ_VARIANTS); \
	}                                     \
	int main(int argc, char **argv)       \
	{                                     \
		return TEST_MAIN(argc, argv); \
	}

#endif

#endif
