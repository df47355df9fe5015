/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A run in memory: rows that come twice, as from a folder that was just read
 * and from events still under way. */
#include "app/session/run.h"
#include "app/session/session_rows.h"
#include "app/folder.h"

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

/* Three epochs of fold 1 with equal WA, rising UA and falling WF1; the second has the
 * lowest val_loss, and its predictions get one more right. The validation part's labels, and
 * perhaps a result. */
static int best_by(const char *name, int protocol, int select, int from, const int label[4],
		   int tested)
{
	struct utterance utt[] = {{.id = "a"}, {.id = "b"}, {.id = "c"}, {.id = "d"}};
	struct corpus c = {.utt = utt, .n = 4};
	int at[] = {0, 1, 2, 3}, true_class[4], best = -1;
	float logits[4 * HEADS * 4] = {0};
	struct predictions p = {
		.n = 4, .classes = 4, .utt = at, .label = true_class, .logits = logits};
	struct settings set = some_settings();
	struct session s;
	struct history h;
	struct results results;
	struct run r;
	struct err e = {0};

	memcpy(true_class, label, sizeof true_class);
	set.exp.protocol = protocol;
	set.train.select = select;
	set.train.select_from = from;
	if (session_create(&s, in(name), &set, &e) || session_begin(&s, 1, 1, 1, &e) ||
	    history_begin(&h, &s, 1, "history", 1, &p, &c, &set, &e))
		FAIL("%s", e.text);
	for (int epoch = 1; epoch <= 3; epoch++) {
		struct epoch_row row = {.fold = 1, .epoch = epoch};

		row.val.wa = 0.5;
		row.val.ua = 0.2 * epoch;
		row.val.wf1 = 0.5 - 0.1 * epoch;
		row.val_loss = epoch == 2 ? 0.25 : 0.5;
		logits[3 * HEADS * 4 + label[3]] = epoch == 2; /* the last one's main head */
		if (history_add(&h, epoch, &p, &e) || session_epoch(&s, &row, &e))
			FAIL("%s", e.text);
	}
	history_free(&h);
	if (tested) {
		struct fold_row f = {.fold = 1, .best_epoch = tested};

		results_init(&results, &set);
		confusion_init(&f.confusion, 4);
		f.confusion.count[0][0] = 1;
		results_add(&results, &f);
		if (session_result(&s, &results, &e))
			FAIL("%s", e.text);
		results_free(&results);
	}
	session_close(&s);
	if (run_load(&r, in(name), &e)) {
		FAIL("%s", e.text);
		return -1;
	}
	best = run_find(&r, 1)->best_epoch;
	run_free(&r);
	return best;
}

static int best_of(const char *name, int protocol, const int label[4], int tested)
{
	return best_by(name, protocol, SELECT_WA, 1, label, tested);
}

/* As training kept it, not as the rows alone would have it. */
TEST(run_best_epoch)
{
	static const int whole[] = {0, 1, 2, 3}, lacks[] = {0, 1, 1, 3};

	CHECK_INT(best_of("whole", PROTOCOL_REFERENCE, whole, 0), 3);
	CHECK_INT(best_of("lacks", PROTOCOL_REFERENCE, lacks, 0), 1);
	CHECK_INT(best_of("honest", PROTOCOL_HOLDOUT, lacks, 0), 3);
	CHECK_INT(best_of("fixed", PROTOCOL_FIXED, lacks, 0), 3);
	CHECK_INT(best_of("tested", PROTOCOL_REFERENCE, whole, 2), 2);
}

TEST(run_best_epoch_by_the_figure_that_selects)
{
	static const int whole[] = {0, 1, 2, 3};

	CHECK_INT(best_by("ua", PROTOCOL_REFERENCE, SELECT_UA, 1, whole, 0), 3);
	CHECK_INT(best_by("wf1", PROTOCOL_REFERENCE, SELECT_WF1, 1, whole, 0), 1);
	CHECK_INT(best_by("wf1-from", PROTOCOL_REFERENCE, SELECT_WF1, 2, whole, 0), 2);
	CHECK_INT(best_by("loss", PROTOCOL_REFERENCE, SELECT_LOSS, 1, whole, 0), 2);
	CHECK_INT(best_by("macro", PROTOCOL_REFERENCE, SELECT_MACRO_F1, 1, whole, 0), 2);
	CHECK_INT(best_by("late", PROTOCOL_REFERENCE, SELECT_MACRO_F1, 4, whole, 0), 0);
}

int main(int argc, char **argv)
{
	int failed;

	folder_make();
	failed = TEST_MAIN(argc, argv);
	folder_remove();
	return failed;
}
