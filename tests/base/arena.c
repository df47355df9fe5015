/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/arena.h"

#include "test.h"

#include <stdint.h>

/* The sanitizers' allocators end the program where malloc returns NULL. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}
const char *__tsan_default_options(void);
const char *__tsan_default_options(void)
{
	return "allocator_may_return_null=1";
}

struct pieces {
	char *one;
	double *many;
	int *none;
	int *last;
};

static void lay(struct pieces *p, struct arena *a, size_t n)
{
	p->one = arena_take(a, 1, 1);
	p->many = arena_take(a, n, sizeof *p->many);
	p->none = arena_take(a, 0, sizeof *p->none);
	p->last = arena_take(a, 3, sizeof *p->last);
}

/* The sanitizer build sees a piece that reaches beyond the block. */
static void fill(const struct pieces *p, size_t n)
{
	*p->one = 1;
	for (size_t i = 0; i < n; i++)
		p->many[i] = (double)i;
	for (int i = 0; i < 3; i++)
		p->last[i] = -i;
	CHECK_INT(*p->one, 1);
	for (size_t i = 0; i < n; i++)
		CHECK(p->many[i] == (double)i);
}

static void make(struct pieces *p, struct arena *a, size_t n)
{
	struct err e = {0};

	arena_measure(a);
	lay(p, a, n);
	CHECK(!p->one && !p->many && !p->last);
	REQUIRE(arena_ready(a, "test", &e) == 0);
	lay(p, a, n);
	CHECK((uintptr_t)p->one % 64 == 0);
	CHECK((uintptr_t)p->many % 64 == 0);
	CHECK((uintptr_t)p->last % 64 == 0);
	CHECK((char *)p->many >= p->one + 1);
	CHECK((char *)p->last >= (char *)(p->many + n));
	fill(p, n);
}

TEST(pieces_are_aligned_and_apart)
{
	struct arena a = {0};
	struct pieces p;

	make(&p, &a, 1000);
	arena_free(&a);
	CHECK(!a.block && a.size == 0);
	arena_free(&a);
}

TEST(block_is_kept_until_it_is_too_small)
{
	struct arena a = {0};
	struct pieces p;
	char *block;

	make(&p, &a, 1000);
	block = a.block;
	make(&p, &a, 10);
	CHECK(a.block == block);
	make(&p, &a, 1000);
	CHECK(a.block == block);
	make(&p, &a, 5000);
	CHECK(a.size >= 5000 * sizeof(double));
	arena_free(&a);
}

/* More than any machine gives, and less than what overflows. */
TEST(too_much_is_said_and_survived)
{
	struct arena a = {0};
	struct pieces p;
	struct err e = {0};

	make(&p, &a, 10);
	arena_measure(&a);
	arena_take(&a, SIZE_MAX / 4, 1);
	CHECK_INT(arena_ready(&a, "a batch", &e), -1);
	CHECK_HAS(e.text, "a batch needs 4611686018.4 GB of memory");
	CHECK_HAS(e.text, "train.batch_size");
	make(&p, &a, 10);
	arena_free(&a);
}

TEST(nothing_at_all)
{
	struct arena a = {0};
	struct err e = {0};

	arena_measure(&a);
	CHECK_INT(arena_ready(&a, "nothing", &e), 0);
	arena_free(&a);
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
