/* SPDX-License-Identifier: GPL-3.0-or-later */
/* View 4 (ui/view/utterance.c). */
#include "tests/ui/golden.h"
#include "tests/ui/look.h"
#include "tests/ui/verb.h"

#include "ui/view/utterance.h"

#include "ui/state/ui.h"

static void draw(struct canvas *c, const struct look_fixture *x)
{
	canvas_init(c, x->u.rows - 3, x->u.cols, &x->u.look);
	view_utterance.draw(&x->u, c);
}

static void check(const char *name, const struct look_fixture *x)
{
	struct canvas c;

	draw(&c, x);
	golden_check(name, &c);
	canvas_free(&c);
}

/* The row of a canvas as text, in a buffer of its own. */
static const char *row_text(const struct canvas *c, int row)
{
	static char text[2048];
	struct canvas part = canvas_part(c, row, 0, 1, c->cols);
	char *dump = canvas_dump(&part);

	snprintf(text, sizeof text, "%s", dump);
	free(dump);
	return text;
}

static int run(struct look_fixture *x, const char *verb, const char *args, struct err *e)
{
	*e = (struct err){0};
	return verb_of(&view_utterance, verb)->run(&x->u, args, e);
}

TEST(at_four_sizes)
{
	static const int size[][2] = {{10, 40}, {24, 80}, {36, 120}, {50, 200}};
	struct look_fixture x;
	char name[64];

	NEED_UTF8();
	for (int i = 0; i < 4; i++) {
		look_open(&x, &look_braille, size[i][0], size[i][1], LOOK_TEXT, 12, 226, 4);
		snprintf(name, sizeof name, "utterance-%dx%d", size[i][1], size[i][0]);
		check(name, &x);
		look_close(&x);
	}
}

TEST(in_ascii)
{
	struct look_fixture x;

	NEED_UTF8();
	look_open(&x, &look_ascii, 24, 80, LOOK_TEXT, 12, 226, 4);
	check("utterance-ascii", &x);
	look_close(&x);
}

TEST(many_words_scroll)
{
	struct look_fixture x;
	struct err e;

	NEED_UTF8();
	look_open(&x, &look_braille, 24, 80, LOOK_LONG_TEXT, 31, 1706, 2);
	CHECK_INT(run(&x, "move", "down", &e), 0);
	CHECK_INT(utterance_view(&x.u)->top, 1);
	check("utterance-31-words", &x);
	CHECK_INT(run(&x, "move", "pgdn", &e), 0);
	CHECK_INT(utterance_view(&x.u)->top, 13);
	CHECK_INT(run(&x, "move", "end", &e), 0);
	CHECK_INT(utterance_view(&x.u)->top,
		  31 - 12); /* the last page is full, so up moves at once */
	CHECK_INT(run(&x, "move", "home", &e), 0);
	CHECK_INT(utterance_view(&x.u)->top, 0);
	CHECK_INT(run(&x, "move", "aside", &e), -1);
	look_close(&x);
}

TEST(one_word_in_one_frame)
{
	struct look_fixture x;

	NEED_UTF8();
	look_open(&x, &look_braille, 36, 120, "Yes!", 1, 1, 2);
	check("utterance-1-word", &x);
	look_close(&x);
}

TEST(wide_characters)
{
	struct look_fixture x;

	NEED_UTF8();
	look_open(&x, &look_braille, 24, 80, LOOK_WIDE_TEXT, 7, 140, 2);
	check("utterance-wide", &x);
	look_close(&x);
}

TEST(words_the_text_does_not_have_are_numbers)
{
	struct look_fixture x;
	struct canvas c;

	NEED_UTF8();
	look_open(&x, &look_braille, 24, 80, LOOK_TEXT, 9, 226, 2);
	draw(&c, &x);
	CHECK_HAS(row_text(&c, 9), "  1  0.");
	CHECK_HAS(row_text(&c, 17), "  9  0.");
	canvas_free(&c);
	look_close(&x);
}

TEST(before_the_model_has_answered)
{
	struct look_fixture x;
	struct canvas c;

	NEED_UTF8();
	look_open(&x, &look_braille, 24, 80, LOOK_TEXT, 12, 226, 0);
	x.u.work = (struct work *)&x; /* never looked into by drawing */
	x.u.now.state = WORK_RUN;
	check("utterance-no-look", &x);
	x.u.now.state = WORK_EVAL;
	draw(&c, &x);
	CHECK_HAS(row_text(&c, 12), "pooling weights appear when the evaluation is done");
	canvas_free(&c);
	x.u.sel.utt = -1;
	draw(&c, &x);
	CHECK_HAS(row_text(&c, 7), "no utterance selected; 3 lists them");
	canvas_free(&c);
	look_close(&x);
}

TEST(before_anything_was_predicted)
{
	struct look_fixture x;
	struct canvas c;
	struct err e;

	NEED_UTF8();
	look_open(&x, &look_braille, 24, 80, LOOK_TEXT, 12, 226, 0);
	history_free(&x.u.run.fold[0].val);
	x.u.sel.utt = -1;
	draw(&c, &x);
	CHECK(strspn(row_text(&c, 0), " ") >= 80);
	CHECK(strspn(row_text(&c, 7), " ") == 1); /* one sentence */
	canvas_free(&c);
	CHECK_INT(run(&x, "next", "", &e), -1);
	CHECK_STR(verb_refused(&x.u, &view_utterance, "next"), "no predictions yet");
	look_close(&x);
}

TEST(an_earlier_epoch)
{
	struct look_fixture x;

	NEED_UTF8();
	look_open(&x, &look_braille, 24, 80, LOOK_TEXT, 12, 226, 4);
	x.u.sel.epoch = 9;
	utterance_view(&x.u)->head = HEAD_AUDIO;
	check("utterance-epoch-9", &x);
	look_close(&x);
}

TEST(names_stand_behind_the_last_planned_epoch)
{
	struct look_fixture x;
	struct canvas c;

	NEED_UTF8();
	look_open(&x, &look_braille, 24, 80, LOOK_TEXT, 12, 226, 4);
	x.u.run.set.train.epoch = LOOK_EPOCHS;
	draw(&c, &x);
	CHECK_HAS(row_text(&c, 2), " neu ");
	CHECK_HAS(row_text(&c, 6), " ang sad "); /* a blank before the table */
	canvas_free(&c);
	look_close(&x);
}

/* Beside stored predictions stand the weights of the plain model, or none. */
TEST(a_silenced_model_is_not_shown)
{
	struct look_fixture x;
	struct canvas c;
	char plain[2048]; /* as row_text has it */

	NEED_UTF8();
	look_open(&x, &look_braille, 24, 80, LOOK_TEXT, 12, 226, 4);
	x.u.work = (struct work *)&x; /* never looked into by drawing */
	x.u.now.state = WORK_PAUSED;
	draw(&c, &x);
	snprintf(plain, sizeof plain, "%s", row_text(&c, 10));
	CHECK_HAS(plain, "sorry  0.354");
	canvas_free(&c);
	x.u.sel.knock = x.u.seen->knock = KNOCK_AUDIO;
	draw(&c, &x);
	CHECK_HAS(row_text(&c, 12), "pooling weights appear in a moment");
	canvas_free(&c);
	CHECK_STR(verb_refused(&x.u, &view_utterance, "move"), "no words yet");
	x.u.seen->knock = KNOCK_NOTHING;
	draw(&c, &x);
	CHECK_STR(row_text(&c, 10), plain);
	CHECK_HAS(row_text(&c, 8), "whole (5: no audio)");
	canvas_free(&c);
	look_close(&x);
}

TEST(weights_of_another_epoch_are_named)
{
	struct look_fixture x;
	struct canvas c;

	NEED_UTF8();
	look_open(&x, &look_braille, 24, 80, LOOK_TEXT, 12, 226, 4);
	draw(&c, &x);
	CHECK(!strstr(row_text(&c, 8), "weights"));
	canvas_free(&c);
	x.u.seen->epoch = 42;
	x.u.seen->step = 11;
	draw(&c, &x);
	CHECK_HAS(row_text(&c, 8), "weights of epoch 42:11");
	canvas_free(&c);
	x.u.seen->epoch = x.u.seen->step = 0;
	x.u.seen->kept = true;
	draw(&c, &x);
	CHECK_HAS(row_text(&c, 8), "weights of epoch 30 kept");
	canvas_free(&c);
	look_close(&x);
}

/* A pooling that hardly chooses has short bars, dim, and a ~. */
TEST(even_poolings_do_not_glow)
{
	struct look_fixture x;
	struct canvas c;
	float *w;

	NEED_UTF8();
	look_open(&x, &look_256, 36, 120, LOOK_TEXT, 12, 226, 4);
	for (int p = 0; p < POOLS; p++) {
		int n = p == ATT2 || p == ATT22 || p == ATTT2 ? 226 : 12;

		for (int i = 0; i < n; i++)
			x.u.seen->weights[p][i] = (i % 2 ? 1.2f : 0.8f) / (float)n;
	}
	draw(&c, &x);
	CHECK_HAS(row_text(&c, 16), "~Att1            ~Att11           ~Atts1");
	CHECK_HAS(row_text(&c, 16), "seconds  to 0.009 = 2.0 × even  ~ near even");
	CHECK_HAS(row_text(&c, 17), "~Att2   audio");
	CHECK_HAS(row_text(&c, 17), "near even");
	CHECK_HAS(row_text(&c, 29), "full bar: 0.167 = 2.0 × even; ~ near even");
	CHECK_HAS(row_text(&c, 18), "0.100 ━━━━━╸ "); /* 1.2 of 2, of nine columns */
	CHECK_INT(canvas_at(&c, 18, 20)->style.fg, ROLE_DIM);
	CHECK_INT(canvas_at(&c, 20, 70)->style.fg, ROLE_DIM);
	canvas_free(&c);
	w = x.u.seen->weights[ATT1];
	for (int i = 0; i < 12; i++)
		w[i] = i == 1 ? 0.45f : 0.05f;
	draw(&c, &x);
	CHECK_HAS(row_text(&c, 16), " Att1            ~Att11");
	CHECK_INT(canvas_at(&c, 18, 20)->style.fg, ROLE_S2);
	canvas_free(&c);
	look_close(&x);
}

TEST(epochs_are_whole)
{
	struct look_fixture x;
	struct canvas c;

	NEED_UTF8();
	look_open(&x, &look_braille, 24, 80, LOOK_TEXT, 12, 226, 4);
	x.u.run.set.train.epoch = x.u.run.fold[0].val.epochs = 3;
	draw(&c, &x);
	CHECK_HAS(row_text(&c, 7), "     0              1              2             3 ");
	canvas_free(&c);
	look_close(&x);
}

TEST(classes_have_their_colours)
{
	struct look_fixture x;
	struct canvas c;

	NEED_UTF8();
	look_open(&x, &look_256, 24, 80, LOOK_TEXT, 12, 226, 4);
	draw(&c, &x);
	for (int i = 0; i < LOOK_CLASSES; i++)
		CHECK_INT(canvas_at(&c, 3 + i, 55)->style.fg, role_class(i));
	CHECK_INT(canvas_at(&c, 5, 60)->style.fg, ROLE_STRONG); /* what main says */
	CHECK_INT(canvas_at(&c, 6, 60)->style.fg, ROLE_TEXT);
	canvas_free(&c);
	look_close(&x);
}

TEST(a_change_has_a_guide_and_a_mark)
{
	struct look_fixture x;
	struct canvas c;

	NEED_UTF8();
	look_open(&x, &look_braille, 36, 120, LOOK_TEXT, 12, 226, 4);
	run_add_mark(&x.u.run, 3, MARK_CHANGE, 16, 15 * 28 + 1, "lr 3e-4"); /* after epoch 15 */
	draw(&c, &x);
	CHECK_HAS(row_text(&c, 4), "┊                   ┊"); /* 15 and 30, 1.3 columns an epoch */
	CHECK_HAS(row_text(&c, 14), "10     △     20");
	canvas_free(&c);
	look_close(&x);
}

TEST(without_cross_attention)
{
	struct look_fixture x;

	NEED_UTF8();
	look_open(&x, &look_braille, 36, 120, LOOK_TEXT, 12, 226, 4);
	free(x.u.seen->weights[ATTS1]);
	free(x.u.seen->weights[ATTT2]);
	x.u.seen->weights[ATTS1] = x.u.seen->weights[ATTT2] = NULL;
	check("utterance-no-cross", &x);
	look_close(&x);
}

TEST(every_size_is_drawn)
{
	struct look_fixture x;
	struct canvas c;

	NEED_UTF8();
	look_open(&x, &look_braille, 24, 80, LOOK_LONG_TEXT, 31, 1706, 4);
	for (x.u.rows = 10; x.u.rows <= 60; x.u.rows += 5) {
		for (x.u.cols = 40; x.u.cols <= 250; x.u.cols += 7) {
			draw(&c, &x);
			CHECK_HAS(row_text(&c, 0), "neu 0.889");
			canvas_free(&c);
		}
	}
	look_close(&x);
}

TEST(next_and_prev_follow_view_3)
{
	struct look_fixture x;
	struct err e;

	look_open(&x, &look_braille, 24, 80, LOOK_TEXT, 12, 226, 4);
	CHECK_INT(run(&x, "next", "", &e), 0); /* its order is 2, 1, 0 */
	CHECK_INT(x.u.sel.utt, 0);
	CHECK_INT(order_of(&x.u)->row, 2);
	CHECK(ui_seen(&x.u) == NULL);
	CHECK_INT(run(&x, "next", "", &e), -1);
	CHECK_STR(e.text, "this is the last of 3 in the order of view 3");
	CHECK_INT(run(&x, "prev", "", &e), 0);
	CHECK_INT(run(&x, "prev", "", &e), 0);
	CHECK_INT(x.u.sel.utt, 2);
	CHECK_INT(run(&x, "prev", "", &e), -1);
	CHECK_HAS(e.text, "first");
	look_close(&x);
}

TEST(heads_parts_and_checkpoints_are_chosen)
{
	struct look_fixture x;
	struct err e;

	look_open(&x, &look_braille, 24, 80, LOOK_TEXT, 12, 226, 4);
	CHECK_INT(run(&x, "head", "next", &e), 0);
	CHECK_INT(utterance_view(&x.u)->head, HEAD_TEXT);
	CHECK_INT(run(&x, "head", "audio", &e), 0);
	CHECK_INT(utterance_view(&x.u)->head, HEAD_AUDIO);
	CHECK_INT(run(&x, "head", "3", &e), -1);
	CHECK_HAS(e.text, "main, text, audio or next");
	CHECK_INT(run(&x, "kept", "", &e), 0);
	CHECK(x.u.sel.kept);
	x.u.run.fold[0].best_epoch = 0;
	CHECK_INT(run(&x, "kept", "", &e), 0); /* back is always possible */
	CHECK_INT(run(&x, "kept", "", &e), -1);
	CHECK_STR(verb_refused(&x.u, &view_utterance, "kept"), "no checkpoint is kept yet");
	CHECK(!verb_find(view_utterance.verbs, "scale"));
	look_close(&x);
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
