/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What attention maps add up to (app/study/attention.h). */
#include "test.h"

#include "app/study/attention.h"
#include "base/mem.h"

#include <math.h>
#include <stdlib.h>

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
static const struct attention_weights small = {
	.words = 2,
	.frames = 3,
	.heads = 2,
	.atts1 = atts1,
	.attt2 = attt2,
	.cross = {words_ask, frames_ask},
};

/* Weights that sum to 1, row by row. */
static void normalize(float *w, int rows, int n)
{
	for (int r = 0; r < rows; r++, w += n) {
		double sum = 0;

		for (int i = 0; i < n; i++)
			sum += (double)w[i];
		for (int i = 0; i < n; i++)
			w[i] = (float)((double)w[i] / sum);
	}
}

/* How strongly a head joins a word with a frame: the first runs along the
 * diagonal, the others hardly choose. */
static float joined(int head, double word, double time)
{
	double along = exp(-(time - word) * (time - word) / 0.0032);

	return (float)(head == 0 ? 0.02 + along : 1 + 0.2 * along);
}

/* An utterance made up; free w.cross[0], which holds all. */
static struct attention_weights made_up(int words, int frames, int heads)
{
	size_t n = (size_t)words * (size_t)frames * (size_t)heads;
	float *at = mem_alloc(2 * n + (size_t)(words + frames), sizeof *at);
	float *asked[] = {at, at + n}, *word = at + 2 * n, *frame = word + words;

	for (int h = 0; h < heads; h++) {
		for (int w = 0; w < words; w++) {
			for (int f = 0; f < frames; f++) {
				float x = joined(h, (w + 0.5) / words, (f + 0.5) / frames);

				asked[0][(h * words + w) * frames + f] = x;
				asked[1][(h * frames + f) * words + w] = x;
			}
		}
	}
	normalize(asked[0], heads * words, frames);
	normalize(asked[1], heads * frames, words);
	for (int w = 0; w < words; w++)
		word[w] = (float)(1.2 + sin(2. * w));
	for (int f = 0; f < frames; f++)
		frame[f] = (float)(1.2 + cos(f / 9.));
	normalize(word, 1, words);
	normalize(frame, 1, frames);
	return (struct attention_weights){.words = words,
					  .frames = frames,
					  .heads = heads,
					  .cross = {asked[0], asked[1]},
					  .atts1 = word,
					  .attt2 = frame};
}

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
	struct attention_weights w = made_up(12, 226, 4);
	struct attention a;

	for (int head = HEAD_MEAN; head < 4; head++) {
		attention_make(&a, &w, head);
		for (int c = 0; c < CROSSES; c++) {
			double words = 0, frames = 0;

			for (int i = 0; i < 12; i++)
				words += (double)a.word[c][i];
			for (int f = 0; f < 226; f++)
				frames += (double)a.frame[c][f];
			CHECK_NEAR(words, 1, 1e-5);
			CHECK_NEAR(frames, 1, 1e-5);
		}
		attention_free(&a);
	}
	free((void *)w.cross[0]);
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
	struct attention_weights l = {.words = 1, .frames = 4, .heads = 1, .cross = {even, even}};

	CHECK_NEAR(attention_focus(&l, 0, 0), 0, 1e-7);
	CHECK(isnan(attention_focus(&l, 1, 0))); /* one word: nothing to choose */
	l.cross[0] = half;
	CHECK_NEAR(attention_focus(&l, 0, 0), 0.5, 1e-7);
	l.words = 2;
	l.cross[0] = one;
	CHECK_NEAR(attention_focus(&l, 0, 0), 1, 1e-7);
}

TEST(focus_of_each_head)
{
	struct attention_weights w = made_up(12, 226, 4);

	for (int c = 0; c < CROSSES; c++) {
		CHECK(attention_focus(&w, c, 0) > 0.1);
		CHECK(attention_focus(&w, c, 2) < 0.02);
	}
	free((void *)w.cross[0]);
}

TEST(a_smaller_map_keeps_the_largest)
{
	struct attention_weights w = made_up(5, 7, 1);
	struct attention a;
	float out[3 * 7], focus[7];

	attention_make(&a, &w, 0);
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
	free((void *)w.cross[0]);
}

TEST(a_model_without_cross_attention_has_no_maps)
{
	struct attention_weights l = small;

	CHECK(attention_has(&l));
	l.cross[1] = NULL;
	CHECK(!attention_has(&l));
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
