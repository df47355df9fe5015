/* SPDX-License-Identifier: GPL-3.0-or-later */
/* View 2 (ui/view/confusion.c and its parts). */
#include "tests/ui/fixture.h"
#include "tests/ui/golden.h"

#include "ui/view/confusion.h"
#include "ui/view/epoch.h"
#include "ui/view/order.h"

static const struct fixture_of small = {.n = 40, .epochs = 12, .classes = 4};
static const struct fixture_of full = {.n = 876, .epochs = 41, .classes = 4};

static void check(struct fixture *f, const char *name, int cols, int rows, const struct look *look)
{
	struct canvas c = fixture_draw(f, &view_confusion, cols, rows, look);

	golden_check(name, &c);
	canvas_free(&c);
}

static void run(struct fixture *f, const char *line)
{
	struct err e = {0};

	if (fixture_command(f, &view_confusion, line, &e))
		FAIL("%s: %s", line, e.text);
}

static void refused(struct fixture *f, const char *line, const char *want)
{
	struct err e = {0};

	if (!fixture_command(f, &view_confusion, line, &e))
		FAIL("%s was taken", line);
	CHECK_HAS(e.text, want);
}

TEST(sizes)
{
	struct fixture f;

	NEED_UTF8();
	fixture_make(&f, &full);
	confusion_view(&f.u)->row = 1;
	confusion_view(&f.u)->col = 2;
	check(&f, "confusion-40x10", 40, 10, &look_braille);
	check(&f, "confusion-80x24", 80, 24, &look_braille);
	check(&f, "confusion-120x36", 120, 36, &look_braille);
	check(&f, "confusion-200x50", 200, 50, &look_braille);
	check(&f, "confusion-ascii-80x24", 80, 24, &look_ascii);
	check(&f, "confusion-ascii-120x36", 120, 36, &look_ascii);
	fixture_free(&f);
}

TEST(forms_of_cells)
{
	struct fixture f;

	NEED_UTF8();
	fixture_make(&f, &small);
	run(&f, "cells column");
	check(&f, "confusion-column-80x24", 80, 24, &look_braille);
	run(&f, "cells"); /* after the column the counts come again */
	CHECK_INT(confusion_view(&f.u)->cells, CELLS_PLAIN);
	check(&f, "confusion-counts-40x10", 40, 10, &look_braille);
	check(&f, "confusion-counts-80x24", 80, 24, &look_braille);
	run(&f, "cells");
	CHECK_INT(confusion_view(&f.u)->cells, CELLS_ROW);
	refused(&f, "cells rows", "expected counts, row, column");
	fixture_free(&f);
}

TEST(seven_classes)
{
	struct fixture f;

	NEED_UTF8();
	fixture_make(&f, &(struct fixture_of){.n = 300, .epochs = 20, .classes = 7, .meld = true});
	check(&f, "confusion-seven-40x10", 40, 10, &look_braille);
	check(&f, "confusion-seven-80x24", 80, 24, &look_braille);
	check(&f, "confusion-seven-120x36", 120, 36, &look_braille);
	check(&f, "confusion-seven-200x50", 200, 50, &look_braille);
	fixture_free(&f);
}

TEST(twenty_classes_scroll_under_their_labels)
{
	struct fixture f;

	NEED_UTF8();
	fixture_make(&f, &(struct fixture_of){.n = 400, .epochs = 9, .classes = 20});
	check(&f, "confusion-twenty-120x36", 120, 36, &look_braille);
	f.u.rows = 24;
	f.u.cols = 80;
	run(&f, "move end");
	check(&f, "confusion-twenty-80x24", 80, 24, &look_braille);
	run(&f, "move up");
	run(&f, "move left");
	CHECK_INT(confusion_view(&f.u)->row, 18);
	CHECK(confusion_view(&f.u)->top + 12 > 18); /* stays: the cell is still to be seen */
	run(&f, "move home");
	CHECK_INT(confusion_view(&f.u)->top, 0);
	CHECK_INT(confusion_view(&f.u)->left, 0);
	fixture_free(&f);
}

TEST(nothing_to_show)
{
	struct fixture f;

	NEED_UTF8();
	fixture_make(&f, &(struct fixture_of){.classes = 4, .no_corpus = true});
	f.u.now.set.train.batch_size = 32;
	f.u.now.set.train.accumulate = f.u.now.set.train.microbatches = 1;
	f.u.now.steps_per_epoch = 128;
	f.u.now.in_epoch = 4;
	f.u.now.epoch = 1;
	f.u.now.rate = 96;
	check(&f, "confusion-empty-80x24", 80, 24, &look_braille);
	refused(&f, "enter", "validation appears after epoch 1, in about 41 s");
	refused(&f, "epoch next", "no epoch is evaluated yet");
	fixture_free(&f);
}

/* What the screen says is what metrics.h says. */
TEST(figures_are_those_of_the_matrix)
{
	struct fixture f;
	struct canvas c;
	struct confusion m;
	struct figures x;
	char *dump, want[64];

	NEED_UTF8();
	fixture_make(&f, &full);
	history_confusion(ui_history(&f.u), 41, HEAD_MAIN, &m);
	x = confusion_figures(&m);
	c = fixture_draw(&f, &view_confusion, 80, 24, &look_braille);
	dump = canvas_dump(&c);
	snprintf(want, sizeof want, "■ WA  %.3f ", x.wa);
	CHECK_HAS(dump, want);
	snprintf(want, sizeof want, "▲ UA  %.3f ", x.ua);
	CHECK_HAS(dump, want);
	snprintf(want, sizeof want, "● WF1 %.3f ", x.wf1);
	CHECK_HAS(dump, want);
	for (int k = 0; k < 4; k++) {
		struct class_figures of = confusion_class(&m, k);

		snprintf(want, sizeof want, "%s   %.3f %.3f %.3f %3d", ui_label(&f.u, k),
			 of.precision, of.recall, of.f1, (int)of.support);
		CHECK_HAS(dump, want);
		snprintf(want, sizeof want, " %d ", (int)m.count[k][(k + 1) % 4]);
		CHECK_HAS(dump, want);
	}
	free(dump);
	canvas_free(&c);
	fixture_free(&f);
}

TEST(a_whole_row_in_one_cell_fits)
{
	struct fixture_of of = small;
	struct fixture f;
	struct canvas c;
	struct confusion *m;
	char *dump;

	NEED_UTF8();
	of.tested = true;
	fixture_make(&f, &of);
	f.u.sel.test = true;
	m = &f.u.run.fold[0].result.confusion;
	memset(m->count, 0, sizeof m->count);
	m->count[0][0] = 172;
	m->count[1][2] = 9;
	c = fixture_draw(&f, &view_confusion, 80, 24, &look_braille);
	dump = canvas_dump(&c);
	CHECK_HAS(dump, " ang  ▸172 100% ");
	CHECK_HAS(dump, "    9 100% ");
	CHECK_HAS(dump, " hap as neu   9  100 % ");
	free(dump);
	canvas_free(&c);
	c = fixture_draw(&f, &view_confusion, 40, 10, &look_braille);
	dump = canvas_dump(&c);
	CHECK_HAS(dump, " ang ▸100%    ·    ·    ·  ang   1.000");
	free(dump);
	canvas_free(&c);
	fixture_free(&f);
}

TEST(enter_lists_exactly_the_cell)
{
	struct fixture f;
	struct confusion m;

	fixture_make(&f, &full);
	history_confusion(ui_history(&f.u), 41, HEAD_MAIN, &m);
	for (int t = 0; t < 4; t++) {
		for (int p = 0; p < 4; p++) {
			f.u.view = VIEW_CONFUSION;
			confusion_view(&f.u)->row = t;
			confusion_view(&f.u)->col = p;
			snprintf(order_of(&f.u)->slice, sizeof order_of(&f.u)->slice, "wrong");
			run(&f, "enter");
			CHECK_INT(f.u.view, VIEW_UTTERANCES);
			CHECK_INT(order_of(&f.u)->n, m.count[t][p]);
			CHECK_INT(order_of(&f.u)->row, 0);
		}
	}
	CHECK_STR(order_of(&f.u)->filter, "true=sad & pred=sad");
	fixture_free(&f);
}

TEST(an_empty_cell_has_nothing_to_list)
{
	struct fixture f;

	fixture_make(&f, &small);
	f.u.view = VIEW_CONFUSION;
	confusion_view(&f.u)->col = 2; /* at epoch 12 nobody angry is taken for neutral */
	refused(&f, "enter", "no ang is taken for neu");
	CHECK_INT(f.u.view, VIEW_CONFUSION);
	CHECK_STR(order_of(&f.u)->filter, "");
	fixture_free(&f);
}

TEST(epochs_are_scrubbed_and_compared)
{
	struct fixture f;
	struct confusion_frame frame;

	fixture_make(&f, &small);
	run(&f, "epoch prev");
	CHECK_INT(ui_epoch(&f.u), 11);
	run(&f, "epoch next");
	CHECK_INT(f.u.sel.epoch, 0); /* the last is followed */
	refused(&f, "epoch next", "epoch 12 is the last one evaluated");
	run(&f, "epoch 3");
	run(&f, "compare");
	run(&f, "epoch first");
	REQUIRE(confusion_frame_make(&frame, &f.u, 21, 80));
	CHECK_INT(frame.epoch, 1);
	CHECK_INT(frame.against, 3);
	refused(&f, "epoch prev", "epoch 1 is the first one evaluated");
	refused(&f, "epoch 99", "epoch 99 is not evaluated; 1 to 12 are");
	refused(&f, "epoch nxt", "expected next, prev");
	run_add_mark(&f.u.run, 3, MARK_CHANGE, 5, 40, "lr 3e-4");
	run(&f, "epoch mark-next");
	CHECK_INT(ui_epoch(&f.u), f.u.run.fold[0].best_epoch < 5 ? f.u.run.fold[0].best_epoch : 5);
	run(&f, "epoch 3");
	run(&f, "compare"); /* once more: with the kept one */
	CHECK_INT(confusion_view(&f.u)->against, 0);
	fixture_free(&f);
}

TEST(test_part_is_the_stored_result)
{
	struct fixture f;
	struct fixture_of of = small;
	struct confusion_frame frame;

	NEED_UTF8();
	fixture_make(&f, &small);
	refused(&f, "part test", "when the fold is finished");
	fixture_free(&f);

	of.tested = true;
	fixture_make(&f, &of);
	run(&f, "part test");
	f.u.run.fold[0].result.confusion.count[0][1] +=
		5; /* results.json counts, not the history */
	REQUIRE(confusion_frame_make(&frame, &f.u, 21, 80));
	CHECK(!memcmp(&frame.now, &f.u.run.fold[0].result.confusion, sizeof frame.now));
	CHECK_INT(frame.against, 0);
	f.u.run.fold[0].result.confusion.count[0][1] -= 5;
	check(&f, "confusion-test-80x24", 80, 24, &look_braille);
	refused(&f, "epoch next", "at the kept epoch only");
	refused(&f, "compare", "at one epoch only");
	run(&f, "enter");
	CHECK_INT(order_of(&f.u)->n, f.u.run.fold[0].result.confusion.count[0][0]);
	run(&f, "part val");
	CHECK(!f.u.sel.test);
	fixture_free(&f);
}

TEST(no_size_does_harm)
{
	struct fixture f;

	for (int classes = 1; classes <= LABELS_MAX; classes += classes < 8 ? 1 : 8) {
		fixture_make(&f, &(struct fixture_of){.n = 64, .epochs = 3, .classes = classes});
		confusion_view(&f.u)->row = confusion_view(&f.u)->col = classes - 1;
		for (int rows = 10; rows < 60; rows += 3) {
			for (int cols = 40; cols < 210; cols += 7) {
				struct canvas c =
					fixture_draw(&f, &view_confusion, cols, rows, &look_256);

				canvas_free(&c);
			}
		}
		fixture_free(&f);
	}
}

/* The run of another fixture becomes a session to compare with. */
static void adopt(struct fixture *f, const struct fixture_of *of)
{
	struct fixture other;

	fixture_make(&other, of);
	confusion_view(&f->u)->other = mem_alloc(1, sizeof *confusion_view(&f->u)->other);
	*confusion_view(&f->u)->other = other.u.run;
	strcpy(confusion_view(&f->u)->other->name, "iemocap-ref");
	memset(&other.u.run, 0, sizeof other.u.run);
	fixture_free(&other);
}

TEST(against_another_session)
{
	struct confusion_frame frame;
	struct fixture f;

	NEED_UTF8();
	fixture_make(&f, &full);
	adopt(&f, &(struct fixture_of){.n = 300, .epochs = 20, .classes = 4});
	CHECK(confusion_frame_make(&frame, &f.u, 21, 80));
	CHECK(frame.elsewhere && frame.points);
	CHECK_INT(frame.against, confusion_view(&f.u)->other->fold[0].best_epoch);
	for (int t = 0; t < 4; t++) {
		double sum = 0, here = (double)frame.now.count[t][1] / (double)frame.of[t].support,
		       there = (double)frame.then.count[t][1] /
			       (double)confusion_class(&frame.then, t).support;

		CHECK_NEAR(confusion_change(&frame, t, 1), 100 * (here - there), 0.05);
		for (int p = 0; p < 4; p++)
			sum += confusion_change(&frame, t, p);
		CHECK_NEAR(sum, 0, 0.2); /* shares of a row: what one gains others lose */
	}
	check(&f, "confusion-session-80x24", 80, 24, &look_braille);
	check(&f, "confusion-session-200x50", 200, 50, &look_braille);

	run(&f, "compare"); /* back to the kept epoch */
	CHECK(!confusion_view(&f.u)->other);
	CHECK(confusion_frame_make(&frame, &f.u, 21, 80));
	CHECK(!frame.elsewhere && !frame.points);

	adopt(&f, &(struct fixture_of){.n = 300, .epochs = 20, .classes = 5});
	CHECK(confusion_frame_make(&frame, &f.u, 21, 80)); /* other classes: nothing to say */
	CHECK_INT(frame.against, 0);
	fixture_free(&f);
}

TEST(against_another_fold)
{
	struct confusion_frame frame;
	struct fixture f, other;

	fixture_make(&f, &(struct fixture_of){.n = 40, .epochs = 12, .classes = 4, .tested = true});
	fixture_make(&other,
		     &(struct fixture_of){.n = 36, .epochs = 9, .classes = 4, .tested = true});
	other.u.run.fold[0].fold = 4;
	*run_fold(&f.u.run, 4) = other.u.run.fold[0];
	other.u.run.nfolds = 0;
	f.u.sel.fold_chosen = true;
	refused(&f, "compare fold 2", "fold 2 has no evaluated epoch");
	refused(&f, "compare epoch 99", "epoch 99 is not evaluated");
	refused(&f, "compare epoch 3x", "epoch 3x is not evaluated"); /* no number */
	refused(&f, "compare fold 4x", "fold 4x has no evaluated epoch");
	run(&f, "compare fold 4");
	CHECK(confusion_frame_make(&frame, &f.u, 21, 80));
	CHECK(frame.elsewhere);
	CHECK_INT(confusion_total(&frame.then), 36);
	CHECK_HAS(f.u.message.text, "compared with fold 4, epoch");
	run(&f, "part test"); /* its test part, of which one epoch is known */
	CHECK(confusion_frame_make(&frame, &f.u, 21, 80));
	CHECK_INT(frame.against, f.u.run.fold[1].best_epoch);
	CHECK(memcmp(&frame.then, &f.u.run.fold[1].result.confusion, sizeof frame.then) == 0);
	run(&f, "part val");
	run(&f, "compare epoch 3");
	CHECK(confusion_frame_make(&frame, &f.u, 21, 80));
	CHECK_INT(frame.against, 3);
	CHECK(!frame.elsewhere);
	run(&f, "compare kept");
	CHECK_INT(confusion_view(&f.u)->against, 0);
	fixture_free(&other);
	fixture_free(&f);
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
