/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test: what a test program is made of.
 *
 *	TEST(name) { CHECK(...); }
 *	int main(int argc, char **argv) { return TEST_MAIN(argc, argv); }
 *
 * Each test prints one line: "ok NAME", "not ok NAME" or "skip NAME: why".
 * An argument runs only the tests whose name contains it. A test's folder says
 * which layers it may link: tests/base, tests/engine, tests/app, tests/ui;
 * tests/grad is built with real = double.
 */
#ifndef MIUST_TEST_H
#define MIUST_TEST_H

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct test {
	const char *name;
	void (*run)(void);
	struct test *next;
};

static struct test *test_first, **test_last = &test_first;
static int test_faults;
static const char *test_skipped;

#define TEST(name)                                                     \
	static void test_##name(void);                                 \
	__attribute__((constructor)) static void test_add_##name(void) \
	{                                                              \
		static struct test t = {#name, test_##name, NULL};     \
		*test_last = &t;                                       \
		test_last = &t.next;                                   \
	}                                                              \
	static void test_##name(void)

#define FAIL(...)                                        \
	do {                                             \
		printf("# %s:%d: ", __FILE__, __LINE__); \
		printf(__VA_ARGS__);                     \
		printf("\n");                            \
		test_faults++;                           \
	} while (0)

#define SKIP(why)                     \
	do {                          \
		test_skipped = (why); \
		return;               \
	} while (0)

/* Each stops nothing: a test goes on so that all faults are seen. REQUIRE returns. */
#define CHECK(cond)                                  \
	do {                                         \
		if (!(cond))                         \
			FAIL("not true: %s", #cond); \
	} while (0)
#define REQUIRE(cond)                                \
	do {                                         \
		if (!(cond)) {                       \
			FAIL("not true: %s", #cond); \
			return;                      \
		}                                    \
	} while (0)
#define CHECK_INT(got, want)                                                  \
	do {                                                                  \
		long long got_ = (got), want_ = (want);                       \
		if (got_ != want_)                                            \
			FAIL("%s is %lld, expected %lld", #got, got_, want_); \
	} while (0)
#define CHECK_STR(got, want)                                                                \
	do {                                                                                \
		const char *got_ = (got), *want_ = (want);                                  \
		if (!got_ || strcmp(got_, want_) != 0)                                      \
			FAIL("%s is \"%s\", expected \"%s\"", #got, got_ ? got_ : "(null)", \
			     want_);                                                        \
	} while (0)
#define CHECK_HAS(text, part)                                                      \
	do {                                                                       \
		const char *text_ = (text), *part_ = (part);                       \
		if (!text_ || !strstr(text_, part_))                               \
			FAIL("%s is \"%s\", expected it to contain \"%s\"", #text, \
			     text_ ? text_ : "(null)", part_);                     \
	} while (0)
/* NaN fails. */
#define CHECK_NEAR(got, want, tol)                                                            \
	do {                                                                                  \
		double got_ = (got), want_ = (want), tol_ = (tol);                            \
		if (!(fabs(got_ - want_) <= tol_))                                            \
			FAIL("%s is %.9g, expected %.9g within %g", #got, got_, want_, tol_); \
	} while (0)

/* True in the build that looks for races. What one thread repeats with other numbers takes
 * ten times as long there and has no races: a part of it is enough, the other builds do all. */
#ifdef __SANITIZE_THREAD__
enum { RACES = 1 };
#else
enum { RACES = 0 };
#endif
/* True in any build that looks for faults of memory or races: the same for what is random and
 * takes minutes there. */
#ifdef __SANITIZE_ADDRESS__
enum { SANITIZED = 1 };
#else
enum { SANITIZED = RACES };
#endif

static inline int test_main(int argc, char **argv)
{
	int failed = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (struct test *t = test_first; t; t = t->next) {
		if (argc > 1 && !strstr(t->name, argv[1]))
			continue;
		test_faults = 0;
		test_skipped = NULL;
		t->run();
		if (test_faults)
			printf("not ok %s\n", t->name);
		else if (test_skipped)
			printf("skip %s: %s\n", t->name, test_skipped);
		else
			printf("ok %s\n", t->name);
		failed += test_faults > 0;
	}
	return failed > 0;
}
#define TEST_MAIN(argc, argv) test_main(argc, argv)

#endif
