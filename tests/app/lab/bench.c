/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The corpora that speed is measured on. How fast it is, no test says. */
#include "app/lab/bench.h"

#include "app/config/config.h"
#include "engine/data/problem.h"
#include "engine/data/opening.h"
#include "temp.h"
#include "test.h"

enum { N = 11 };

TEST(files_hold_the_corpus_made_in_memory)
{
	struct problems p = {0};
	struct corpus files, memory;
	struct settings s;
	struct err e = {0};
	float *values;

	CHECK(bench_write(temp_path("corpus"), N, &e) == 0);
	CHECK(config_load(&s, temp_path("corpus/bench.yml"), NULL, 0, NULL, &e) == 0);
	CHECK(corpus_open(&files, &s, CORPUS_DEEP, &p, &e) == 0);
	CHECK(files.n == N && p.errors == 0);
	values = bench_corpus(&memory, &s, N, 1, 1);
	for (int i = 0; i < files.n; i++) {
		const struct utterance *u = &files.utt[i];
		const struct utterance *m = &memory.utt[atoi(strrchr(u->id, 'F') + 1)];

		CHECK(u->label == m->label);
		CHECK(u->frames.rows == m->frames.rows && u->words.rows == m->words.rows);
		CHECK(memcmp(npy_direct(&u->frames), m->frames.values,
			     (size_t)m->frames.rows * (size_t)m->frames.cols * sizeof(float)) == 0);
	}
	free(values);
	free(memory.utt);
	corpus_close(&files);
	problems_free(&p);
}

TEST(lengths_are_those_of_iemocap)
{
	double frames = 0, words = 0;
	struct settings s;
	struct corpus c;
	float *values;

	options_preset(&s);
	s.model.num_classes = 4;
	values = bench_corpus(&c, &s, 4000, 1, 1);
	for (int i = 0; i < c.n; i++) {
		frames += c.utt[i].frames.rows;
		words += c.utt[i].words.rows;
		CHECK(c.utt[i].frames.rows >= 1 && c.utt[i].frames.rows <= 1706);
		CHECK(c.utt[i].words.rows >= 1 && c.utt[i].words.rows <= 98);
	}
	CHECK_NEAR(frames / c.n, exp(5.22 + 0.63 * 0.63 / 2), 8); /* means of the log-normals */
	CHECK_NEAR(words / c.n, exp(2.04 + 0.96 * 0.96 / 2), 0.6);
	free(values);
	free(c.utt);
}

/* Two rounds over a corpus of two batches; the table is of a third, or of none. */
TEST(a_run_counts_what_it_did)
{
	static const enum bench_watch watch[] = {WATCH_NOTHING, WATCH_TOO, WATCH_AFTERWARDS};
	struct err e = {0};
	struct par *par = par_new(2, &e);
	struct settings s;
	struct corpus c;
	float *values;
	long frames = 0;

	options_preset(&s);
	s.model.num_classes = 4;
	s.model.text_feat_dim = s.model.audio_feat_dim = 8;
	s.model.hidden_size1 = s.model.hidden_size2 = 4;
	s.model.head = 10;
	s.train.batch_size = 8;
	s.train.padding = PADDING_MASKED;
	values = bench_corpus(&c, &s, N, 1, 1);
	for (int i = 0; i < c.n; i++)
		frames += c.utt[i].frames.rows;
	for (int i = 0; i < 3; i++) {
		struct bench b = {.set = s};
		double parts = 0, flop = 0, rounds = watch[i] == WATCH_TOO ? 2 : 1;

		REQUIRE(bench_run(&b, &c, par, true, 2, 0, watch[i], &e) == 0);
		CHECK_INT(b.batches, 4);
		CHECK(b.frames == 2 * frames);
		CHECK(b.seconds > 0 && b.round > 0 && b.round <= b.seconds);
		CHECK(b.flop > 0 && b.peak > 0 && isfinite(b.peak));
		for (int k = 0; k < PHASES; k++) {
			parts += b.parts.phase[k] / b.threads;
			flop += b.parts.flop[k];
		}
		if (watch[i] == WATCH_NOTHING) {
			CHECK(parts == 0 && b.parts.seconds == 0);
			continue;
		}
		CHECK(parts > 0 && parts < b.parts.seconds);
		CHECK(b.parts.data + b.parts.heads + b.parts.optimizer < b.parts.seconds);
		CHECK_NEAR(flop / (b.flop * rounds / 2), 1, 0.2); /* the heads' is not in it */
	}
	free(values);
	free(c.utt);
	par_free(par);
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
