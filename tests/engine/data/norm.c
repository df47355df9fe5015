/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/data/norm.h"

#include "temp.h"
#include "test.h"

enum { TEXT_DIM = 2, AUDIO_DIM = 3 };

static struct settings s;
static struct utterance utt[3];
static struct list list[1];
static struct corpus c;
static struct err e;

static const float words[3][4][TEXT_DIM] = {
	{{1, 5}, {2, 5}}, {{4, 5}}, {{100, 6}, {200, 7}, {300, 8}, {400, 9}}};
static const int lengths[] = {2, 1, 4};

static void feature(struct npy *a, const char *name, const float *values, int rows, int cols)
{
	CHECK_INT(npy_write(temp_path("%s", name), values, rows, cols, &e), 0);
	CHECK_INT(npy_open(a, temp_path("%s", name), &e), 0);
}

/* Frames are large and close together: a sum of squares would cancel. */
static void make(void)
{
	static char list_path[] = "list.csv";

	err_clear(&e);
	s.model.text_feat_dim = TEXT_DIM;
	s.model.audio_feat_dim = AUDIO_DIM;
	for (int i = 0; i < 3; i++) {
		float frames[5][AUDIO_DIM];

		for (int t = 0; t < 5; t++) {
			frames[t][0] = 1e6f + (float)(t % 2);
			frames[t][1] = (float)(i * 5 + t);
			frames[t][2] = 0.1f;
		}
		npy_close(&utt[i].words);
		npy_close(&utt[i].frames);
		utt[i] = (struct utterance){.feature = "x", .line = i + 2};
		feature(&utt[i].words, "words.npy", words[i][0], lengths[i], TEXT_DIM);
		feature(&utt[i].frames, "frames.npy", frames[0], 5, AUDIO_DIM);
	}
	list[0] = (struct list){.path = list_path, .n = 3};
	c = (struct corpus){.utt = utt, .n = 3, .nlists = 1, .list = list};
	strcpy(c.audio_dir, "audio");
	strcpy(c.text_dir, "text");
}

TEST(measure)
{
	struct norm m;
	float again[AUDIO_DIM];

	make();
	/* The third utterance is not in the training part. */
	REQUIRE(norm_measure(&m, &c, (const int[]){0, 1}, 2, &s, &e) == 0);
	CHECK_INT(m.text_dim, TEXT_DIM);
	CHECK_INT(m.audio_dim, AUDIO_DIM);
	CHECK_NEAR(m.text_mean[0], 7.0 / 3, 1e-7);
	CHECK_NEAR(m.text_sd[0], sqrt(14.0 / 9), 1e-7); /* divided by n */
	CHECK(m.text_mean[1] == 5);
	CHECK(m.text_sd[1] == 1); /* 0 -> 1 */
	CHECK_NEAR(m.audio_mean[0], 1000000.4, 0.05);
	CHECK_NEAR(m.audio_sd[0], sqrt(0.24), 1e-7);
	CHECK_NEAR(m.audio_mean[1], 4.5, 1e-7);
	CHECK_NEAR(m.audio_sd[1], sqrt(8.25), 1e-6);
	CHECK(m.audio_mean[2] == 0.1f); /* constant, and not exact in binary */
	CHECK(m.audio_sd[2] == 1);
	CHECK_INT(utt[0].checked, 1);
	CHECK_INT(utt[2].checked, 0);

	memcpy(again, m.audio_sd, sizeof again);
	norm_free(&m);
	REQUIRE(norm_measure(&m, &c, (const int[]){0, 1}, 2, &s, &e) == 0);
	CHECK(memcmp(again, m.audio_sd, sizeof again) == 0);
	norm_free(&m);
	norm_free(&m); /* safe on zeroed memory */
}

TEST(measure_refuses_nan)
{
	struct norm m;
	const float bad[2][TEXT_DIM] = {{0, 1}, {2, NAN}};

	make();
	npy_close(&utt[1].words);
	feature(&utt[1].words, "bad.npy", bad[0], 2, TEXT_DIM);
	CHECK_INT(norm_measure(&m, &c, (const int[]){0, 1}, 2, &s, &e), -1);
	CHECK_HAS(e.text, "list.csv:3: text/x.npy: row 1, column 1 (from 0) is NaN");
	norm_free(&m);
}

TEST(save_and_load)
{
	struct norm m, back;
	char path[512];

	strcpy(path, temp_path("normalize.safetensors"));
	make();
	REQUIRE(norm_measure(&m, &c, (const int[]){0, 1, 2}, 3, &s, &e) == 0);
	REQUIRE(norm_save(&m, path, &e) == 0);
	REQUIRE(norm_load(&back, path, &s, &e) == 0);
	CHECK_INT(back.text_dim, TEXT_DIM);
	CHECK_INT(back.audio_dim, AUDIO_DIM);
	CHECK(memcmp(m.text_mean, back.text_mean, sizeof(float) * TEXT_DIM) == 0);
	CHECK(memcmp(m.text_sd, back.text_sd, sizeof(float) * TEXT_DIM) == 0);
	CHECK(memcmp(m.audio_mean, back.audio_mean, sizeof(float) * AUDIO_DIM) == 0);
	CHECK(memcmp(m.audio_sd, back.audio_sd, sizeof(float) * AUDIO_DIM) == 0);
	norm_free(&back);

	s.model.text_feat_dim = TEXT_DIM + 1; /* another model's file */
	CHECK_INT(norm_load(&back, path, &s, &e), -1);
	CHECK_HAS(e.text, "normalize.safetensors");
	CHECK_HAS(e.text, "text.mean");
	s.model.text_feat_dim = TEXT_DIM;

	err_clear(&e);
	m.audio_sd[1] = 0;
	REQUIRE(norm_save(&m, path, &e) == 0);
	CHECK_INT(norm_load(&back, path, &s, &e), -1);
	CHECK_HAS(e.text,
		  "normalize.safetensors: audio.std[1] is 0; expected a finite number above 0");
	norm_free(&m);
	norm_free(&back);

	err_clear(&e);
	CHECK_INT(norm_load(&back, temp_path("absent.safetensors"), &s, &e), -1);
	CHECK_HAS(e.text, "absent.safetensors");
}

int main(int argc, char **argv)
{
	int failed = TEST_MAIN(argc, argv);

	for (int i = 0; i < 3; i++) {
		npy_close(&utt[i].words);
		npy_close(&utt[i].frames);
	}
	return failed;
}
