/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Feature files that are no longer whole, wherever they are read. */
#include "engine/data/watch.h"

#include "engine/train/train.h"

#include "tests/engine/small.h"

#include <unistd.h>

static struct small m;
static struct err e;
static struct par *par;

/* Six utterances in each list; the last value of one file reads as zero. */
static void make(const char *cut)
{
	static const int size[3] = {6, 6, 6};
	struct stat st;

	small_free(&m);
	err_clear(&e);
	small_make(&m, LAYOUT_LISTS, size, 5, 9, true);
	if (cut) {
		CHECK(stat(temp_path("%s.npy", cut), &st) == 0);
		CHECK(truncate(temp_path("%s.npy", cut), st.st_size - 4) == 0);
	}
}

static void check_said(int failed, const char *file)
{
	CHECK_INT(failed, -1);
	CHECK_HAS(e.text, file);
	CHECK_HAS(e.text, "became shorter while it was in use");
	err_clear(&e);
}

TEST(whole_files)
{
	static const int some[] = {3, 17};

	make(NULL);
	CHECK_INT(watch_whole(&m.c, NULL, m.c.n, &e), 0);
	make("frames17");
	CHECK_INT(watch_whole(&m.c, some, 1, &e), 0);
	check_said(watch_whole(&m.c, some, 2, &e), "frames17.npy");
	make("words3");
	check_said(watch_whole(&m.c, NULL, m.c.n, &e), "words3.npy");
}

TEST(norms_are_not_measured_on_zeros)
{
	static const int at[] = {0, 1, 2};
	struct settings s = small_settings();
	struct norm n;

	make("frames2");
	REQUIRE(norm_measure(&n, &m.c, at, 2, &s, &e) == 0);
	norm_free(&n);
	check_said(norm_measure(&n, &m.c, at, 3, &s, &e), "frames2.npy");
}

TEST(evaluations_are_not_of_zeros)
{
	struct settings s = small_settings();
	struct predictions p;
	struct trainer t;

	make("words8");
	REQUIRE(trainer_open(&t, &s, &m.c, 0, par, &e) == 0);
	REQUIRE(trainer_evaluate(&t, (const int[]){6, 7}, 2, &p, &e) == 0);
	predictions_free(&p);
	check_said(trainer_evaluate(&t, (const int[]){6, 7, 8}, 3, &p, &e), "words8.npy");
	trainer_close(&t);
}

/* The validation part is read at an epoch's end: nothing is kept then. */
TEST(an_epoch_does_not_end_on_zeros)
{
	struct settings s = small_settings();
	struct predictions p;
	struct epoch_row epoch;
	struct step_row step;
	struct trainer t;

	make("words8");
	REQUIRE(trainer_open(&t, &s, &m.c, 0, par, &e) == 0);
	trainer_epoch_begin(&t);
	while (!trainer_epoch_full(&t))
		REQUIRE(trainer_step(&t, &step, &e) == STEP_DONE);
	check_said(trainer_epoch_end(&t, &epoch, &p, &e), "words8.npy");
	CHECK_INT(t.state.best_epoch, 0);
	CHECK(!t.state.ended);
	trainer_close(&t);
}

int main(int argc, char **argv)
{
	int failed;

	par = par_new(2, &e);
	failed = par ? TEST_MAIN(argc, argv) : 1;
	small_free(&m);
	par_free(par);
	return failed;
}
