/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A run in memory: rows that come twice, as from a folder that was just read
 * and from events still under way. */
#include "test.h"

#include "app/run.h"

static void step(struct run *r, int epoch, int number, double loss)
{
	struct step_row s = {.fold = 1, .epoch = epoch, .step = number, .loss = loss};

	run_add_step(r, &s);
}

TEST(run_step_again_replaces)
{
	struct run r = {0};
	const struct fold_run *f;

	for (int i = 1; i <= 10; i++)
		step(&r, (i + 4) / 5, i, i);
	step(&r, 1, 4, 40);
	step(&r, 2, 10, 100);
	step(&r, 3, 11, 11);
	f = run_find(&r, 1);
	REQUIRE(f);
	CHECK_INT(f->nsteps, 11);
	CHECK_INT(f->steps_per_epoch, 5);
	for (int i = 0; i < f->nsteps; i++)
		CHECK_INT(f->step[i].step, i + 1);
	CHECK_NEAR(f->step[3].loss, 40, 0);
	CHECK_NEAR(f->step[9].loss, 100, 0);
	run_free(&r);
}

TEST(run_epoch_again_replaces)
{
	struct utterance utt[] = {{.id = "a"}, {.id = "b"}};
	struct corpus c = {.utt = utt, .n = 2};
	int at[] = {0, 1}, label[] = {0, 1};
	float logits[2 * HEADS * 2] = {0};
	struct predictions p = {.n = 2, .classes = 2, .utt = at, .label = label, .logits = logits};
	struct epoch_row row = {.fold = 1};
	struct run r = {0};
	const struct fold_run *f;

	for (row.epoch = 1; row.epoch <= 3; row.epoch++)
		run_add_epoch(&r, &row, &p, &c, false);
	row.epoch = 2;
	row.val_loss = 7;
	logits[0] = 5;
	run_add_epoch(&r, &row, &p, &c, false);
	f = run_find(&r, 1);
	REQUIRE(f);
	CHECK_INT(f->nepochs, 3);
	CHECK_NEAR(f->epoch[1].val_loss, 7, 0);
	CHECK_INT(f->val.epochs, 3);
	CHECK_NEAR(history_at(&f->val, 2, 0, HEAD_MAIN)[0], 5, 0);
	CHECK_NEAR(history_at(&f->val, 3, 0, HEAD_MAIN)[0], 0, 0);
	run_free(&r);
}

TEST(run_mark_again_is_one)
{
	struct change c = {
		.fold = 1, .epoch = 1, .step = 3, .command = "set train.optimizer.lr 1e-4"};
	struct run r = {0};

	run_add_change(&r, &c);
	run_add_change(&r, &c);
	c.command = "set train.optimizer.lr 2e-4";
	run_add_change(&r, &c);
	CHECK_INT(run_find(&r, 1)->nmarks, 2);
	CHECK_NEAR(r.set.train.optimizer.lr, 2e-4, 0);
	run_free(&r);
}

TEST(run_names_leave_the_date_out)
{
	static const struct {
		const char *dir, *name, *branch;
	} of[] = {
		{"sessions/demo-20261126-105335", "demo", "main"},
		{"/a/demo-20261126-105335-12", "demo", "main"},
		{"demo-20261126-105335/seed-7", "demo", "seed-7"},
		{"demo-7", "demo-7", "main"},
		{"demo-20261126", "demo-20261126", "main"},
		{"-20261126-105335", "-20261126-105335", "main"},
	};
	char name[RUN_NAME], branch[RUN_NAME];

	for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
		run_names(of[i].dir, name, branch);
		CHECK_STR(name, of[i].name);
		CHECK_STR(branch, of[i].branch);
	}
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
