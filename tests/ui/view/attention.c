/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What attention maps add up to (ui/view/attention.h). */
#include "tests/ui/look.h"
#include "test.h"

#include "ui/view/attention.h"

/* Two heads, two words, three frames; values with exact sums. */
static float words_ask[2 * 2 * 3] = {
	0.5f,  0.25f, 0.25f, 0.0f, 0.0f, 1.0f, /* head 0 */
	0.25f, 0.5f,  0.25f, 0.0f, 1.0f, 0.0f, /* head 1 */
};
static float frames_ask[2 * 3 * 2] = {
	0.5f, 0.5f, 0.25f, 0.75f, 1.0f, 0.0f, /* head 0: [frame][word] */
	0.5f, 0.5f, 0.75f, 0.25f, 0.0f, 1.0f, /* head 1 */
};
static float atts1[] = {0.25f, 0.75f}, attt2[] = {0.5f, 0.25f, 0.25f};
static const struct look_result small = {
	.L = 2,
	.T = 3,
	.heads = 2,
	.weights = {[ATTS1] = atts1, [ATTT2] = attt2},
	.cross = {words_ask, frames_ask},
};

TEST(one_head_is_as_it_was_recorded)
{
	struct attention a;

	attention_make(&a, &small, 1);
	for (int i = 0; i < 6; i++) {
		CHECK_NEAR(a.map[0].w[i], words_ask[6 + i], 0);
		CHECK_NEAR(a.map[1].w[i], frames_ask[6 + i], 0);
	}
	attention_free(&a);
}

TEST(heads_combine_by_mean_and_maximum)
{
	static const float mean[] = {0.375f, 0.375f, 0.25f, 0, 0.5f, 0.5f};
	static const float max[] = {0.5f, 0.5f, 0.25f, 0, 1, 1};
	struct attention a, b;

	attention_make(&a, &small, HEAD_MEAN);
	attention_make(&b, &small, HEAD_MAX);
	for (int i = 0; i < 6; i++) {
		CHECK_NEAR(a.map[0].w[i], mean[i], 1e-7);
		CHECK_NEAR(b.map[0].w[i], max[i], 1e-7);
	}
	attention_free(&a);
	attention_free(&b);
}

TEST(both_maps_are_words_down_frames_across)
{
	struct attention a;

	attention_make(&a, &small, 0);
	CHECK_NEAR(heat_at(&a.map[0], 1, 2, 1), 1, 0);
	CHECK_NEAR(heat_at(&a.map[1], 0, 1, 1), 0.25, 0); /* frame 1 asks, word 0 gets */
	CHECK_NEAR(heat_at(&a.map[1], 1, 1, 1), 0.75, 0);
	CHECK_NEAR(a.map[0].even, 1. / 3, 1e-3); /* and no less: rounding stays blank */
	CHECK_NEAR(a.map[1].even, 1. / 2, 1e-3);
	CHECK_NEAR(a.map[0].even, 1. / 3, 0);
	CHECK_NEAR(a.map[1].even, 1. / 2, 0);
	attention_free(&a);
}

TEST(what_reaches_z)
{
	struct attention a;

	attention_make(&a, &small, 0);
	/* words: Atts1 itself; frames: rows weighted by it */
	CHECK_NEAR(a.word[0][1], 0.75, 0);
	CHECK_NEAR(a.frame[0][0], 0.25 * 0.5, 1e-7);
	CHECK_NEAR(a.frame[0][1], 0.25 * 0.25, 1e-7);
	CHECK_NEAR(a.frame[0][2], 0.25 * 0.25 + 0.75 * 1, 1e-7);
	/* frames: Attt2 itself; words: columns weighted by it */
	CHECK_NEAR(a.frame[1][0], 0.5, 0);
	CHECK_NEAR(a.word[1][0], 0.5 * 0.5 + 0.25 * 0.25 + 0.25 * 1, 1e-7);
	CHECK_NEAR(a.word[1][1], 0.5 * 0.5 + 0.25 * 0.75, 1e-7);
	attention_free(&a);
}

TEST(what_reaches_z_sums_to_1)
{
	struct look_result *l = look_answer(12, 226, 4);
	struct attention a;

	for (int head = HEAD_MEAN; head < 4; head++) {
		attention_make(&a, l, head);
		for (int c = 0; c < CROSSES; c++) {
			double words = 0, frames = 0;

			for (int w = 0; w < 12; w++)
				words += (double)a.word[c][w];
			for (int f = 0; f < 226; f++)
				frames += (double)a.frame[c][f];
			/* the screen's weights are rounded to 3 digits */
			CHECK_NEAR(words, 1, 0.002);
			CHECK_NEAR(frames, 1, 0.002);
		}
		attention_free(&a);
	}
	look_free(l);
}

TEST(ranks)
{
	struct attention a;

	attention_make(&a, &small, 0);
	CHECK_INT(attention_rank(&a.map[0], 0, 0.5), 1);
	CHECK_INT(attention_rank(&a.map[0], 0, 0.25), 2); /* ties share a rank */
	CHECK_INT(attention_rank(&a.map[0], -1, 0.5), 2);
	CHECK_INT(attention_rank(&a.map[0], -1, 0), 5);
	CHECK_INT(attention_rank(&a.map[1], 0, 0.25), 3);
	CHECK_INT(attention_rank(&a.map[1], -1, 1), 1);
	attention_free(&a);
}

TEST(focus_is_0_for_even_and_1_for_one)
{
	float even[] = {0.25f, 0.25f, 0.25f, 0.25f}, one[] = {0, 1, 0, 0, 1, 0, 0, 0};
	float half[] = {0.5f, 0.5f, 0, 0};
	struct look_result l = {.L = 1, .T = 4, .heads = 1, .cross = {even, even}};

	CHECK_NEAR(attention_focus(&l, 0, 0), 0, 1e-7);
	CHECK(isnan(attention_focus(&l, 1, 0))); /* one word: nothing to choose */
	l.cross[0] = half;
	CHECK_NEAR(attention_focus(&l, 0, 0), 0.5, 1e-7);
	l.L = 2;
	l.cross[0] = one;
	CHECK_NEAR(attention_focus(&l, 0, 0), 1, 1e-7);
}

TEST(focus_of_each_head)
{
	struct look_result *l = look_answer(12, 226, 4);

	for (int c = 0; c < CROSSES; c++) {
		CHECK(attention_focus(l, c, 0) > 0.1);
		CHECK(attention_focus(l, c, 2) < 0.02);
	}
	look_free(l);
}

TEST(a_smaller_map_keeps_the_largest)
{
	struct look_result *l = look_answer(5, 7, 1);
	struct attention a;
	float out[3 * 7], focus[7];

	attention_make(&a, l, 0);
	attention_shrink(&a.map[0], 2, out, focus);
	CHECK_NEAR(focus[0], fmax(a.focus[0][0], a.focus[0][1]), 0);
	CHECK_NEAR(focus[2], a.focus[0][4], 0); /* alone in its group */
	attention_shrink(&a.map[1], 2, out, focus);
	for (int f = 0; f < 7; f++)
		CHECK_NEAR(focus[f], a.focus[1][f], 0);
	attention_shrink(&a.map[0], 2, out, focus);
	for (int f = 0; f < 7; f++) {
		CHECK_NEAR(out[f], fmax(heat_at(&a.map[0], 0, f, 1), heat_at(&a.map[0], 1, f, 1)),
			   0);
		CHECK_NEAR(out[2 * 7 + f], heat_at(&a.map[0], 4, f, 1), 0); /* alone in its group */
	}
	attention_free(&a);
	look_free(l);
}

TEST(a_model_without_cross_attention_has_no_maps)
{
	struct look_result l = small;

	CHECK(attention_has(&l));
	l.cross[1] = NULL;
	CHECK(!attention_has(&l));
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
