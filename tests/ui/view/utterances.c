/* SPDX-License-Identifier: GPL-3.0-or-later */
/* View 3 (ui/view/view_utterances.c and its parts). */
#include "tests/ui/fixture.h"
#include "tests/ui/golden.h"

#include "ui/view/order.h"
#include "ui/view/utterances.h"

static const struct fixture_of small = {.n = 40, .epochs = 12, .classes = 4};
static const struct fixture_of full = {.n = 876, .epochs = 41, .classes = 4};

static void run(struct fixture *f, const char *line)
{
	struct err e = {0};

	if (fixture_command(f, &view_utterances, line, &e))
		FAIL("%s: %s", line, e.text);
}

static void refused(struct fixture *f, const char *line, const char *want)
{
	struct err e = {0};

	if (!fixture_command(f, &view_utterances, line, &e))
		FAIL("%s was taken", line);
	CHECK_HAS(e.text, want);
}

static void check(struct fixture *f, const char *name, int cols, int rows, const struct look *look)
{
	struct canvas c = fixture_draw(f, &view_utterances, cols, rows, look);

	golden_check(name, &c);
	canvas_free(&c);
}

TEST(sizes)
{
	struct fixture f;

	NEED_UTF8();
	fixture_make(&f, &full);
	run(&f, "filter pred!=true & p>0.5");
	for (int i = 0; i < 9; i++)
		run(&f, "move down");
	check(&f, "utterances-40x10", 40, 10, &look_braille);
	check(&f, "utterances-80x24", 80, 24, &look_braille);
	check(&f, "utterances-120x36", 120, 36, &look_braille);
	check(&f, "utterances-ascii-80x24", 80, 24, &look_ascii);
	check(&f, "utterances-ascii-120x36", 120, 36, &look_ascii);
	fixture_free(&f);
}

/* Beside it is view 4: the text, the heads with their bars, the curves. */
TEST(a_letter_per_epoch_where_there_is_room)
{
	struct fixture f;
	struct canvas c, left;

	NEED_UTF8();
	fixture_make(&f, &full);
	run(&f, "slice wrong");
	c = fixture_draw(&f, &view_utterances, 200, 50, &look_braille);
	left = canvas_part(&c, 0, 0, c.rows, utterances_layout(&f.u, c.rows, c.cols).width);
	golden_check("utterances-200x50", &left);
	golden_check("utterances-beside-200x50", &c);
	canvas_free(&c);
	fixture_free(&f);
}

TEST(wide_characters_and_long_ids)
{
	struct fixture f;

	NEED_UTF8();
	fixture_make(&f, &(struct fixture_of){
				 .n = 40, .epochs = 5, .classes = 7, .meld = true, .wide = true});
	run(&f, "sort id");
	check(&f, "utterances-wide-40x10", 40, 10, &look_braille);
	check(&f, "utterances-wide-80x24", 80, 24, &look_braille);
	run(&f, "move down");
	check(&f, "utterances-wide-120x36", 120, 36, &look_braille);
	fixture_free(&f);
}

TEST(twenty_classes)
{
	struct fixture f;

	NEED_UTF8();
	fixture_make(&f, &(struct fixture_of){.n = 40, .epochs = 5, .classes = 20});
	check(&f, "utterances-twenty-80x24", 80, 24, &look_braille);
	fixture_free(&f);
}

TEST(no_corpus_yet)
{
	struct fixture f;
	struct fixture_of of = small;

	NEED_UTF8();
	of.no_corpus = true;
	fixture_make(&f, &of);
	check(&f, "utterances-no-corpus-80x24", 80, 24, &look_braille);
	fixture_free(&f);
}

TEST(nothing_to_show)
{
	struct fixture f;
	struct canvas c;
	char *dump;

	NEED_UTF8();
	fixture_make(&f, &(struct fixture_of){.classes = 4, .no_corpus = true});
	c = fixture_draw(&f, &view_utterances, 80, 24, &look_braille);
	dump = canvas_dump(&c);
	CHECK_HAS(dump, " validation appears after epoch 1 ");
	free(dump);
	canvas_free(&c);
	refused(&f, "move down", "no row to move to");
	refused(&f, "enter", "no utterance is selected");
	fixture_free(&f);

	fixture_make(&f, &small);
	run(&f, "filter p>2");
	check(&f, "utterances-none-80x24", 80, 24, &look_braille);
	refused(&f, "enter", "no utterance is selected");
	refused(&f, "move down", "no row to move to");
	run(&f, "filter");
	CHECK_INT(order_of(&f.u)->n, 40);
	fixture_free(&f);
}

TEST(moving_selects_and_scrolls)
{
	struct fixture f;
	int page;

	fixture_make(&f, &full);
	page = utterances_layout(&f.u, 21, 80).rows;
	CHECK_INT(page, 14);
	run(&f, "move pgdn");
	CHECK_INT(order_of(&f.u)->row, page);
	CHECK_INT(order_of(&f.u)->top, 1);
	CHECK_INT(f.u.sel.utt, order_of(&f.u)->order[page]);
	run(&f, "move end");
	CHECK_INT(order_of(&f.u)->row, 875);
	CHECK_INT(order_of(&f.u)->top, 876 - page);
	run(&f, "move up");
	CHECK_INT(order_of(&f.u)->top, 876 - page);
	run(&f, "move home");
	CHECK_INT(order_of(&f.u)->row, 0);
	CHECK_INT(order_of(&f.u)->top, 0);
	refused(&f, "move sideways", "expected up, down");
	f.u.view = VIEW_UTTERANCES;
	run(&f, "enter");
	CHECK_INT(f.u.view, VIEW_UTTERANCE);
	fixture_free(&f);
}

TEST(no_size_does_harm)
{
	struct fixture f;

	for (int classes = 1; classes <= LABELS_MAX; classes += classes < 8 ? 1 : 8) {
		fixture_make(&f, &(struct fixture_of){
					 .n = 30, .epochs = 3, .classes = classes, .wide = true});
		for (int rows = 10; rows < 60; rows += 3) {
			for (int cols = 40; cols < 180; cols += 7) {
				struct canvas c =
					fixture_draw(&f, &view_utterances, cols, rows, &look_256);

				canvas_free(&c);
			}
		}
		fixture_free(&f);
	}
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
