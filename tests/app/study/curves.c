/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a run has recorded, as curves (app/study/curves.h). */
#include "test.h"

#include "app/study/curves.h"

#include <math.h>

static struct step_row steps[2][3] = {
	{{.step = 1, .loss = 1}, {.step = 2, .loss = 2}, {.step = 3, .loss = 3}},
	{{.step = 1, .loss = 3}, {.step = 2, .loss = NAN}},
};
static struct epoch_row epochs[2][3] = {
	{{.epoch = 1, .train_loss = 5, .val = {.wf1 = 0.5}, .seconds = 60},
	 {.epoch = 2, .train_loss = 4, .val = {.wf1 = 0.75}, .seconds = 30},
	 {.epoch = 3, .train_loss = 3, .val = {.wf1 = 0.7}, .seconds = 30}},
	{{.epoch = 1, .train_loss = 5, .val = {.wf1 = 0.5}},
	 {.epoch = 2, .train_loss = 4, .val = {.wf1 = 0.25}}},
};
static const struct run *two_folds(void)
{
	static struct fold_run fold[2];
	static struct run r = {.fold = fold, .nfolds = 2};

	for (int i = 0; i < 2; i++) {
		r.fold[i].fold = i + 1;
		r.fold[i].step = steps[i];
		r.fold[i].nsteps = 3 - i;
		r.fold[i].epoch = epochs[i];
		r.fold[i].nepochs = 3 - i;
	}
	return &r;
}

/* Each curve is a figure of its own, each term one of them. */
TEST(curves_are_the_columns_of_the_rows)
{
	struct step_row s = {.loss = 1, .lr = 2, .grad_norm = 3};
	struct epoch_row e = {.val_loss = 4, .val = {.wf1 = 5, .wa = 6, .ua = 7}};

	for (int t = 0; t < TERMS; t++)
		s.term[t] = 10 + t;
	CHECK_NEAR(step_value(&s, STEP_LOSS), 1, 0);
	CHECK_NEAR(step_value(&s, STEP_LR), 2, 0);
	CHECK_NEAR(step_value(&s, STEP_GRAD), 3, 0);
	for (int t = 0; t < TERMS; t++)
		CHECK_NEAR(step_value(&s, STEP_TERM + t), 10 + t, 0);
	CHECK_NEAR(epoch_value(&e, EPOCH_CE), 4, 0);
	CHECK_NEAR(epoch_value(&e, EPOCH_WF1), 5, 0);
	CHECK_NEAR(epoch_value(&e, EPOCH_WA), 6, 0);
	CHECK_NEAR(epoch_value(&e, EPOCH_UA), 7, 0);
}

TEST(classifiers_are_listed_before_alignments)
{
	bool seen[TERMS] = {false};

	CHECK_INT(curve_term(0), TERM_MAIN);
	for (int i = 0; i < TERMS; i++) {
		CHECK(!seen[curve_term(i)]);
		seen[curve_term(i)] = true;
		CHECK(i == 0 ||
		      loss_term[curve_term(i)].aligns >= loss_term[curve_term(i - 1)].aligns);
	}
}

TEST(means_are_over_those_that_have_the_row)
{
	const struct run *r = two_folds();
	struct curve_folds all = curve_folds(r, 0, true), one = curve_folds(r, 2, false);
	struct curve_folds none = curve_folds(r, 9, false);
	double sd;

	CHECK_INT(all.n, 2);
	CHECK(curve_most_steps(&all) == &r->fold[0]);
	CHECK(curve_most_epochs(&all) == &r->fold[0]);
	CHECK_NEAR(curve_step(&all, 0, STEP_LOSS, &sd), 2, 0);
	CHECK_NEAR(sd, sqrt(2), 1e-12);
	CHECK(isnan(curve_step(&all, 1, STEP_LOSS, &sd)));
	CHECK_NEAR(curve_step(&all, 2, STEP_LOSS, &sd), 3, 0); /* one fold has come that far */
	CHECK(isnan(sd));
	CHECK_INT(one.n, 1);
	CHECK_INT(none.n, 0);
	curve_folds_free(&all);
	curve_folds_free(&one);
	curve_folds_free(&none);
}

/* Points are of epochs by number; the deviation is by n - 1, and of one there is none. */
TEST(epochs_of_folds_are_averaged_by_their_numbers)
{
	const struct run *r = two_folds();
	struct curve_folds s = curve_folds(r, 0, true);
	struct curve c = curve_epochs(&s, EPOCH_WF1);

	CHECK_INT(c.n, 3);
	for (int i = 0; i < c.n; i++) {
		CHECK_INT(c.epoch[i], i + 1);
		CHECK_INT(c.of[i], i < 2 ? 2 : 1);
	}
	CHECK_NEAR(c.y[0], 0.5, 1e-12);
	CHECK_NEAR(c.sd[0], 0, 1e-12);
	CHECK_NEAR(c.y[1], 0.5, 1e-12);
	CHECK_NEAR(c.sd[1], 0.25 * sqrt(2), 1e-12);
	CHECK_NEAR(c.y[2], 0.7, 1e-12);
	CHECK(isnan(c.sd[2]));
	curve_free(&c);
	curve_folds_free(&s);
}

/* Seeds: the same fold of several runs. One lacks an epoch, one has a figure that is
 * not finite, one has not come as far. */
TEST(an_epoch_that_a_seed_lacks_is_the_mean_of_the_others)
{
	static struct epoch_row rows[3][4] = {
		{{.epoch = 1, .val.wf1 = 0.1},
		 {.epoch = 2, .val.wf1 = 0.2},
		 {.epoch = 3, .val.wf1 = 0.3},
		 {.epoch = 5, .val.wf1 = 0.5}},
		{{.epoch = 1, .val.wf1 = 0.3}, {.epoch = 3, .val.wf1 = 0.5}},
		{{.epoch = 1, .val.wf1 = 0.5},
		 {.epoch = 2, .val.wf1 = NAN},
		 {.epoch = 3, .val.wf1 = 0.4}},
	};
	static const struct {
		int epoch, of;
		double mean, sd;
	} want[] = {{1, 3, 0.3, 0.2}, {2, 1, 0.2, NAN}, {3, 3, 0.4, 0.1}, {5, 1, 0.5, NAN}};
	struct fold_run fold[3] = {{.fold = 2, .epoch = rows[0], .nepochs = 4},
				   {.fold = 2, .epoch = rows[1], .nepochs = 2},
				   {.fold = 2, .epoch = rows[2], .nepochs = 3}};
	struct curve_folds s = {0};
	struct curve c;

	for (int i = 0; i < 3; i++) {
		const struct run seed = {.fold = &fold[i], .nfolds = 1};

		curve_folds_add(&s, &seed, 2, false);
		curve_folds_add(&s, &seed, 1, false); /* it has no such fold */
	}
	CHECK_INT(s.n, 3);
	c = curve_epochs(&s, EPOCH_WF1);
	CHECK_INT(c.n, 4);
	for (int i = 0; i < c.n; i++) {
		CHECK_INT(c.epoch[i], want[i].epoch);
		CHECK_INT(c.of[i], want[i].of);
		CHECK_NEAR(c.y[i], want[i].mean, 1e-12);
		if (isnan(want[i].sd))
			CHECK(isnan(c.sd[i]));
		else
			CHECK_NEAR(c.sd[i], want[i].sd, 1e-12);
	}
	curve_free(&c);
	curve_folds_free(&s);
}

TEST(no_folds_have_no_epochs)
{
	struct curve_folds none = {0};
	struct curve c = curve_epochs(&none, EPOCH_WF1);

	CHECK_INT(c.n, 0);
	curve_free(&c);
}

TEST(a_branch_shares_the_epochs_before_it)
{
	const struct run *r = two_folds();

	CHECK_INT(curve_common(&r->fold[0], &r->fold[1]), 1);
	CHECK_INT(curve_common(&r->fold[1], &r->fold[1]), 2);
}

TEST(marks_are_before_their_step)
{
	struct run_mark m = {.epoch = 3, .step = 26};

	CHECK_NEAR(curve_mark(&m, 10), 2.5, 0);
	CHECK_NEAR(curve_mark(&m, 0), 2, 0); /* how many steps is not known */
	m.step = 0;
	CHECK_NEAR(curve_mark(&m, 10), 3, 0); /* after an epoch */
}

TEST(the_best_value)
{
	static const double y[] = {NAN, 3, 5, 5, 1, INFINITY};

	CHECK_INT(curve_best(y, 6, false), 2);
	CHECK_INT(curve_best(y, 6, true), 4);
	CHECK_INT(curve_best(y, 1, true), -1);
}

TEST(debiased_mean)
{
	double y[] = {4, 4, NAN, 4, 8}, out[5];

	ema(y, 5, 0.9, out);
	CHECK_NEAR(out[0], 4, 1e-12);
	CHECK_NEAR(out[1], 4, 1e-12);
	CHECK(isnan(out[2]));
	CHECK_NEAR(out[3], 4, 1e-12);
	/* the mean of 4 4 4 8 with weights 0.9^3 … 1 */
	CHECK_NEAR(out[4], (4 * (0.729 + 0.81 + 0.9) + 8) / (0.729 + 0.81 + 0.9 + 1), 1e-12);
	ema(y, 5, 0, y);
	CHECK_NEAR(y[4], 8, 0);
}

TEST(the_clock_of_a_fold)
{
	const struct run *r = two_folds();
	struct fold_run empty = {.nepochs = 0};
	struct curve_clock c = curve_clock(&r->fold[0], 7), first = curve_clock(&empty, 7);

	CHECK_NEAR(curve_clock_seconds(&c, 0), 0, 0);
	CHECK_NEAR(curve_clock_seconds(&c, 0.5), 30, 1e-12);
	CHECK_NEAR(curve_clock_seconds(&c, 3), 120, 1e-12);
	CHECK_NEAR(curve_clock_seconds(&c, 4), 150, 1e-12); /* as the last epoch */
	for (double x = 0; x < 4; x += 0.25)
		CHECK_NEAR(curve_clock_epochs(&c, curve_clock_seconds(&c, x)), x, 1e-12);
	CHECK_NEAR(curve_clock_seconds(&first, 0.5), 3.5, 1e-12);
	curve_clock_free(&c);
	curve_clock_free(&first);
}

TEST(classes_of_one_head)
{
	static float logits[2][2][HEADS][3]; /* [epochs][utterances] */
	static int label[] = {0, 2}, epoch[] = {5, 7};
	struct history h = {.n = 2,
			    .classes = 3,
			    .label = label,
			    .epochs = 2,
			    .epoch = epoch,
			    .logits = logits[0][0][0]};
	double x[2], y[3 * 2];
	int order[3];

	logits[1][1][HEAD_TEXT][1] = (float)log(2);
	curve_classes(&h, 1, HEAD_TEXT, x, y);
	CHECK_NEAR(x[0], 5, 0);
	CHECK_NEAR(x[1], 7, 0);
	CHECK_NEAR(y[0], 1. / 3, 1e-6); /* [class][epoch] */
	CHECK_NEAR(y[1], 0.25, 1e-6);
	CHECK_NEAR(y[3], 0.5, 1e-6);
	curve_class_order(&h, 1, HEAD_TEXT, 7, order);
	CHECK_INT(order[0], 2); /* true */
	CHECK_INT(order[1], 1); /* said */
	CHECK_INT(order[2], 0);
	logits[1][1][HEAD_TEXT][2] = 9;
	curve_class_order(&h, 1, HEAD_TEXT, 7, order);
	CHECK_INT(order[0], 2);
	CHECK_INT(order[1], 0);
	CHECK_INT(order[2], 1);
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
