/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/data/batch.h"

#include "tests/engine/small.h"

static struct small m;
static struct settings s;
static struct batch b;
static struct arena chunk;
static struct par *par;
static struct err e;

static void layout(struct seqs *q, struct arena *a, int n, const int *len, int dim)
{
	arena_measure(a);
	seqs_layout(q, a, n, len, dim);
	if (arena_ready(a, "test", &e))
		abort();
	seqs_layout(q, a, n, len, dim);
}

/* Step 0 of all, then step 1 of those that have one: worked out by hand. */
TEST(layout)
{
	static const int len[] = {2, 4, 1, 4};
	static const int first[] = {0, 2, 6, 7, 11}, rank[] = {1, 3, 0, 2}, live[] = {4, 3, 2, 2};
	static const int at[] = {0, 4, 7, 9, 11};
	static const int packed[] = {2, 6, 0, 4, 7, 9, 3, 1, 5, 8, 10};
	struct arena a = {0};
	struct seqs q;

	layout(&q, &a, 4, len, 3);
	CHECK_INT(q.n, 4);
	CHECK_INT(q.rows, 11);
	CHECK_INT(q.steps, 4);
	CHECK_INT(q.dim, 3);
	CHECK(memcmp(q.len, len, sizeof len) == 0);
	CHECK(memcmp(q.first, first, sizeof first) == 0);
	CHECK(memcmp(q.rank, rank, sizeof rank) == 0);
	CHECK(memcmp(q.live, live, sizeof live) == 0);
	CHECK(memcmp(q.at, at, sizeof at) == 0);
	CHECK(memcmp(q.packed, packed, sizeof packed) == 0);
	arena_free(&a);
}

/* What the layout promises, for random lengths. */
TEST(layout_of_random_lengths)
{
	struct arena a = {0};
	struct rng r;

	rng_seed(&r, 1);
	for (int trial = 0; trial < 60; trial++) {
		int n = 1 + (int)(rng_u32(&r) % 20), len[20], seen[20 * 30] = {0};
		struct seqs q;

		for (int i = 0; i < n; i++)
			len[i] = 1 + (int)(rng_u32(&r) % 30);
		layout(&q, &a, n, len, 1);
		for (int i = 1; i < n; i++) {
			int x = q.rank[i - 1], y = q.rank[i];

			CHECK(len[x] > len[y] || (len[x] == len[y] && x < y));
		}
		for (int i = 0; i < n; i++)
			for (int t = 0; t < len[i]; t++) {
				int row = q.packed[q.first[i] + t];

				CHECK(row >= q.at[t] && row < q.at[t] + q.live[t]);
				CHECK_INT(q.rank[row - q.at[t]], i);
				CHECK_INT(seen[row]++, 0);
			}
		CHECK_INT(q.at[q.steps], q.rows);
		CHECK_INT(q.first[n], q.rows);
	}
	arena_free(&a);
}

/* All of it as one chunk. */
static int pack(const struct norm *norm, const int *utt, int n, enum batch_how how)
{
	err_clear(&e);
	if (batch_take(&b, &m.c, &s, norm, utt, n, how, &e))
		return -1;
	arena_measure(&chunk);
	batch_layout(&b, &chunk, 0, n);
	if (arena_ready(&chunk, "test", &e))
		abort();
	batch_layout(&b, &chunk, 0, n);
	batch_fill(&b, par);
	return 0;
}

/* Row t of sequence i as it was packed. */
static const float *row_of(const struct seqs *q, int i, int t)
{
	return q->x + (size_t)q->packed[q->first[i] + t] * (size_t)q->dim;
}

static void make(void)
{
	static const int lengths[][2] = {{3, 5}, {1, 9}, {4, 2}, {2, 9}};

	small_free(&m);
	s = small_settings();
	rng_seed(&m.rng, 3);
	small_list(&m, "train");
	for (int i = 0; i < 4; i++)
		small_add(&m, lengths[i][0], lengths[i][1], i % 3);
}

static void check_rows(const struct seqs *q, int i, const struct npy *a)
{
	float row[SMALL_AUDIO];

	for (int t = 0; t < a->rows; t++) {
		npy_row(a, t, row);
		CHECK(memcmp(row, row_of(q, i, t), (size_t)q->dim * sizeof *row) == 0);
		CHECK_INT(q->out[q->first[i] + t], 0);
	}
}

TEST(masked_has_no_padding)
{
	static const int utt[] = {2, 0, 3, 1};

	make();
	for (int how = BATCH_TRAIN; how <= BATCH_EVAL; how++) {
		REQUIRE(pack(NULL, utt, 4, (enum batch_how)how) == 0);
		CHECK_INT(b.n, 4);
		CHECK_INT(b.text.rows, 3 + 1 + 4 + 2);
		CHECK_INT(b.audio.rows, 5 + 9 + 2 + 9);
		for (int i = 0; i < 4; i++) {
			const struct utterance *u = &m.utt[utt[i]];

			CHECK_INT(b.label[i], u->label);
			CHECK_INT(b.utt[i], utt[i]);
			CHECK_INT(b.text.len[i], u->words.rows);
			CHECK_INT(b.audio.len[i], u->frames.rows);
			check_rows(&b.text, i, &u->words);
			check_rows(&b.audio, i, &u->frames);
		}
	}
}

TEST(reference_pads_training_batches_only)
{
	static const int utt[] = {2, 0, 3, 1};

	make();
	s.train.padding = PADDING_REFERENCE;
	REQUIRE(pack(NULL, utt, 4, BATCH_EVAL) == 0);
	CHECK_INT(b.text.rows, 3 + 1 + 4 + 2);
	CHECK_INT(b.audio.rows, 5 + 9 + 2 + 9);
	REQUIRE(pack(NULL, utt, 4, BATCH_TRAIN) == 0);
	CHECK_INT(b.text.rows, 4 * 4);
	CHECK_INT(b.audio.rows, 4 * 9);
	for (int i = 0; i < 4; i++) {
		const struct utterance *u = &m.utt[utt[i]];

		CHECK_INT(b.text.len[i], 4);
		CHECK_INT(b.audio.len[i], 9);
		CHECK_INT(b.text.rank[i], i);
		check_rows(&b.text, i, &u->words);
		check_rows(&b.audio, i, &u->frames);
		for (int t = u->words.rows; t < 4; t++) {
			CHECK_INT(b.text.out[b.text.first[i] + t], 1);
			for (int j = 0; j < SMALL_TEXT; j++)
				CHECK(row_of(&b.text, i, t)[j] == 0);
		}
		for (int t = u->frames.rows; t < 9; t++) {
			CHECK_INT(b.audio.out[b.audio.first[i] + t], 1);
			for (int j = 0; j < SMALL_AUDIO; j++)
				CHECK(row_of(&b.audio, i, t)[j] == 0);
		}
	}
}

/* Rows inside an utterance: only what sums to exactly 0 in float32 is left out,
 * and only under reference padding. */
TEST(rows_that_sum_to_zero)
{
	static const float words[6][SMALL_TEXT] = {
		{1, 2, 3, 4, 5, 6},          {0, 0, 0, 0, 0, 0},
		{1, -1, 2, -2, 0.5f, -0.5f}, /* 0 without being 0 */
		{1e8f, 1, -1e8f, 0, 0, 0},   /* 1, but 0 in float32 */
		{0, 0, 0, 0, 0, 1e-38f},     /* next to nothing is something */
		{-0.0f, 0, -0.0f, 0, 0, 0},
	};
	static const int left_out[6] = {0, 1, 1, 1, 0, 1}, utt[] = {0};

	make();
	npy_close(&m.utt[0].words);
	small_feature(&m.utt[0].words, "zero", words[0], 6, SMALL_TEXT);
	m.utt[0].checked = 0;
	for (int how = BATCH_TRAIN; how <= BATCH_EVAL; how++)
		for (int padding = PADDING_REFERENCE; padding <= PADDING_MASKED; padding++) {
			s.train.padding = padding;
			REQUIRE(pack(NULL, utt, 1, (enum batch_how)how) == 0);
			for (int t = 0; t < 6; t++)
				CHECK_INT(b.text.out[t],
					  padding == PADDING_REFERENCE ? left_out[t] : 0);
		}
}

/* Normalised rows, then padding: padding stays 0. What sums to 0 is asked of
 * the normalised row, which is what the model is given. */
TEST(normalised_before_padding)
{
	static const int utt[] = {0, 1};
	float text_mean[SMALL_TEXT], text_sd[SMALL_TEXT], audio_mean[SMALL_AUDIO];
	float audio_sd[SMALL_AUDIO], row[SMALL_AUDIO];
	struct norm norm = {SMALL_TEXT, SMALL_AUDIO, text_mean, text_sd, audio_mean, audio_sd};

	make();
	s.train.padding = PADDING_REFERENCE;
	npy_row(&m.utt[0].words, 1, text_mean);
	for (int j = 0; j < SMALL_TEXT; j++)
		text_sd[j] = 0.3f + (float)j;
	for (int j = 0; j < SMALL_AUDIO; j++) {
		audio_mean[j] = 0.1f * (float)j - 2;
		audio_sd[j] = 1.7f;
	}
	REQUIRE(pack(&norm, utt, 2, BATCH_TRAIN) == 0);
	CHECK_INT(b.text.out[0], 0);
	CHECK_INT(b.text.out[1], 1);
	for (int t = 0; t < 5; t++) {
		npy_row(&m.utt[0].frames, t, row);
		for (int j = 0; j < SMALL_AUDIO; j++)
			CHECK(row_of(&b.audio, 0, t)[j] == (row[j] - audio_mean[j]) / audio_sd[j]);
	}
	for (int t = 5; t < 9; t++)
		for (int j = 0; j < SMALL_AUDIO; j++)
			CHECK(row_of(&b.audio, 0, t)[j] == 0);
	norm.text_dim = norm.audio_dim = 0; /* off */
	REQUIRE(pack(&norm, utt, 2, BATCH_TRAIN) == 0);
	check_rows(&b.audio, 0, &m.utt[0].frames);
}

/* A file of another type than NumPy's float32. */
static void typed(struct npy *a, const char *type, int rows, const void *body, size_t bytes)
{
	static unsigned char file[4096];
	const char *path = temp_path("typed%s.npy", type);

	memset(file, ' ', 128);
	memcpy(file, "\x93NUMPY\1\0\x76\0", 10);
	file[10 + snprintf((char *)file + 10, 100,
			   "{'descr': '<%s', 'fortran_order': False, 'shape': (%d, %d), }", type,
			   rows, SMALL_TEXT)] = ' ';
	file[127] = '\n';
	memcpy(file + 128, body, bytes);
	temp_bytes(path, file, 128 + bytes);
	npy_close(a);
	if (npy_open(a, path, &e))
		FAIL("%s", e.text);
}

TEST(half_and_double_become_float)
{
	static const uint16_t half[SMALL_TEXT] = {0x3c00, 0xc000, 0x3800, 0x4400, 0x7bff, 0x0001};
	static const float half_is[SMALL_TEXT] = {1, -2, 0.5f, 4, 65504, 0x1p-24f};
	/* the second row sums to 0 only once its values are float32 */
	static const double wide[2][SMALL_TEXT] = {{0.1, 1e-30, -3, 1 / 3.0, 1e30, 0},
						   {0.1, -(double)0.1f, 0, 0, 0, 0}};
	static const int utt[] = {0, 1};

	make();
	s.train.padding = PADDING_REFERENCE;
	typed(&m.utt[0].words, "f2", 1, half, sizeof half);
	typed(&m.utt[1].words, "f8", 2, wide, sizeof wide);
	REQUIRE(pack(NULL, utt, 2, BATCH_EVAL) == 0);
	for (int j = 0; j < SMALL_TEXT; j++) {
		CHECK(row_of(&b.text, 0, 0)[j] == half_is[j]);
		CHECK(row_of(&b.text, 1, 0)[j] == (float)wide[0][j]);
	}
	CHECK_INT(b.text.out[b.text.first[1]], 0);
	CHECK_INT(b.text.out[b.text.first[1] + 1], 1);
}

TEST(values_are_checked_once)
{
	static const float bad[2][SMALL_TEXT] = {{0}, {0, 0, NAN, 0, 0, 0}};
	static const int utt[] = {1, 0};

	make();
	npy_close(&m.utt[0].words);
	small_feature(&m.utt[0].words, "bad", bad[0], 2, SMALL_TEXT);
	CHECK_INT(pack(NULL, utt, 2, BATCH_TRAIN), -1);
	CHECK_HAS(e.text, "dia0_utt0.npy");
	CHECK_HAS(e.text, "row 1, column 2");
	CHECK_INT(m.utt[1].checked, 1);
	CHECK_INT(m.utt[0].checked, 0);
	m.utt[1].checked = m.utt[0].checked = 0;
	REQUIRE(pack(NULL, utt, 1, BATCH_TRAIN) == 0);
	CHECK_INT(m.utt[1].checked, 1);
}

/* A header may claim a length with which an int no longer counts values. */
TEST(too_many_rows_are_refused)
{
	static const int utt[] = {0, 1, 2, 3};
	int rows;

	make();
	for (int i = 0; i < 4; i++)
		m.utt[i].checked = 1;
	rows = m.utt[2].frames.rows;
	m.utt[2].frames.rows = 1 << 30;
	CHECK_INT(pack(NULL, utt, 4, BATCH_TRAIN), -1);
	CHECK_HAS(e.text, "utterance dia0_utt2 has 1073741824 frames");
	m.utt[2].frames.rows = rows;
	CHECK_INT(pack(NULL, utt, 4, BATCH_TRAIN), 0);
}

/* Shortest first: by frames, then words, then as they came. Under reference
 * padding all are equally long. */
TEST(sorted_by_length)
{
	static const int utt[] = {3, 1, 0, 2}; /* words, frames: 2 9, 1 9, 3 5, 4 2 */
	static const int row[] = {3, 2, 1, 0}, words[] = {4, 3, 1, 2}, frames[] = {2, 5, 9, 9};

	make();
	REQUIRE(batch_take(&b, &m.c, &s, NULL, utt, 4, BATCH_TRAIN, &e) == 0);
	batch_sort(&b);
	CHECK(memcmp(b.row, row, sizeof row) == 0);
	CHECK(memcmp(b.words, words, sizeof words) == 0);
	CHECK(memcmp(b.frames, frames, sizeof frames) == 0);
	for (int i = 0; i < 4; i++)
		CHECK_INT(b.label[i], m.utt[utt[i]].label);
	s.train.padding = PADDING_REFERENCE;
	REQUIRE(batch_take(&b, &m.c, &s, NULL, utt, 4, BATCH_TRAIN, &e) == 0);
	batch_sort(&b);
	for (int i = 0; i < 4; i++)
		CHECK_INT(b.row[i], i);
}

/* A chunk in the middle: its own layout, the batch's padding, the right rows. */
TEST(a_chunk_is_packed_alone)
{
	static const int utt[] = {2, 0, 3, 1};

	make();
	s.train.padding = PADDING_REFERENCE;
	REQUIRE(pack(NULL, utt, 4, BATCH_TRAIN) == 0);
	arena_again(&chunk);
	batch_layout(&b, &chunk, 1, 3);
	batch_fill(&b, par);
	CHECK_INT(b.text.n, 2);
	CHECK_INT(b.text.rows, 2 * 4);
	CHECK_INT(b.audio.rows, 2 * 9);
	for (int i = 0; i < 2; i++) {
		check_rows(&b.text, i, &m.utt[utt[1 + i]].words);
		check_rows(&b.audio, i, &m.utt[utt[1 + i]].frames);
	}
}

int main(int argc, char **argv)
{
	int failed;

	par = par_new(2, &e);
	if (!par)
		return 1;
	failed = TEST_MAIN(argc, argv);
	batch_free(&b);
	arena_free(&chunk);
	small_free(&m);
	par_free(par);
	return failed;
}
