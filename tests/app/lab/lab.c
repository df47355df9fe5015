/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which data a lab lends: the same rows, read once. */
#include "test.h"

#include "app/config/config.h"
#include "app/lab/lab.h"

static char said[512];

static void say(void *ctx, const char *text)
{
	(void)ctx;
	snprintf(said, sizeof said, "%s", text);
}

static void load(struct settings *s, const char *const *set, int n)
{
	struct warnings w = {0};
	struct err e = {0};

	if (config_load(s, "tests/record/tiny/config.yml", set, n, &w, &e))
		FAIL("%s", e.text);
	warnings_free(&w);
}

static struct lab *take(struct labs *labs, const struct settings *s, const struct origin *known,
			unsigned how)
{
	const struct lab_data d = {.set = s, .known = known, .how = how, .say = say};
	struct err e = {0};
	struct lab *lab = lab_take(labs, &d, &e);

	if (!lab)
		FAIL("%s", e.text);
	return lab;
}

TEST(the_same_data_is_lent)
{
	static const char *const seed[] = {"exp.seed=9", "exp.normalize=train", "train.epoch=1"};
	const struct origin none = {0};
	struct settings s, other;
	struct lab *one, *two;
	struct labs labs;

	labs_init(&labs);
	load(&s, NULL, 0);
	load(&other, seed, 3);
	one = take(&labs, &s, &none, CORPUS_HEADERS);
	two = take(&labs, &other, &none, CORPUS_SKIP_BAD); /* no row is bad */
	CHECK(one == two);
	lab_drop(one);
	CHECK_INT(two->corpus.n, 23); /* it is still there */
	lab_drop(two);
	lab_drop(NULL);
	labs_close(&labs);
}

TEST(other_data_is_read)
{
	static const char *const labels[] = {"exp.labels=cross,glad,calm"};
	const struct origin none = {0};
	struct settings s, other;
	struct lab *one, *two;
	struct labs labs;

	labs_init(&labs);
	load(&s, NULL, 0);
	load(&other, labels, 1);
	one = take(&labs, &s, &none, CORPUS_HEADERS);
	two = take(&labs, &other, &none, CORPUS_HEADERS);
	CHECK(one != two);
	for (int i = 0; i < one->corpus.n; i++) /* the same order backwards */
		CHECK_INT(two->corpus.utt[i].label, 2 - one->corpus.utt[i].label);
	lab_drop(one);
	lab_drop(two);
	labs_close(&labs);
}

/* A session that leaves rows out has another corpus than one that does not. */
TEST(rows_that_are_left_out_count)
{
	struct settings s;
	struct lab *whole, *less, *again;
	struct labs labs;
	struct origin none = {0}, known = {0};

	labs_init(&labs);
	load(&s, NULL, 0);
	whole = take(&labs, &s, &none, CORPUS_HEADERS);
	origin_add(&known, "train", whole->corpus.utt[0].line, whole->corpus.utt[0].id, "noise");
	less = take(&labs, &s, &known, CORPUS_HEADERS);
	CHECK(less != whole);
	CHECK_INT(less->corpus.n, whole->corpus.n - 1);
	CHECK_STR(said, "1 row left out as before (left_out in config.yml), 22 remain");
	said[0] = '\0';
	again = take(&labs, &s, &known, CORPUS_HEADERS);
	CHECK(again == less);
	CHECK_STR(said, "1 row left out as before (left_out in config.yml), 22 remain");
	lab_drop(again);
	again = take(&labs, &s, &none, CORPUS_HEADERS);
	CHECK(again != less);
	CHECK_INT(again->corpus.n, whole->corpus.n);
	lab_drop(again);
	lab_drop(less);
	lab_drop(whole);
	labs_close(&labs);
	origin_free(&known);
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
