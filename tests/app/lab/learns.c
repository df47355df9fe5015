/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The demo shows what the model is for: fused beats text or audio alone, which
 * beat chance, and the attention finds the planted burst.
 */
#include "test.h"

#include "app/config/config.h"
#include "app/demo/demo.h"
#include "engine/train/train.h"
#include "engine/data/opening.h"
#include "temp.h"

enum { EPOCHS = 18, NEAR_FRAMES = 3 };

struct burst {
	char id[64];
	int start, end; /* frames */
};

static struct burst burst[512];
static int bursts;

static void read_bursts(const char *dir)
{
	char path[600], line[256];
	FILE *f;

	snprintf(path, sizeof path, "%s/burst.csv", dir);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof line, f)) {
		double start, end;

		if (sscanf(line, "%63[^,],%lf,%lf", burst[bursts].id, &start, &end) != 3)
			continue;
		burst[bursts].start = (int)(start * DEMO_FRAME_RATE + 0.5);
		burst[bursts++].end = (int)(end * DEMO_FRAME_RATE + 0.5);
	}
	if (f)
		fclose(f);
}

static const struct burst *find_burst(const char *id)
{
	for (int i = 0; i < bursts; i++)
		if (strcmp(burst[i].id, id) == 0)
			return &burst[i];
	return NULL;
}

/* Where the largest weight over frames lies: inside its burst, or near it. */
struct found {
	const struct corpus *c;
	int n, att2, att22, cross;
};

static bool in_burst(const struct burst *b, const real *w, int n)
{
	int top = 0;

	for (int i = 1; i < n; i++)
		if (w[i] > w[top])
			top = i;
	return top >= b->start - NEAR_FRAMES && top < b->end + NEAR_FRAMES;
}

static int look(void *ctx, const struct model *m, const struct batch *b, struct err *e)
{
	struct found *f = ctx;

	(void)e;
	for (int i = 0; i < b->n; i++) {
		const struct burst *x = find_burst(f->c->utt[b->utt[i]].id);
		int L = b->text.len[i], T = b->audio.len[i], heads = m->encoder.cross[0].heads;
		const real *a = model_cross_weights(m, 0, i);
		real column[512] = {0};

		if (!x || T > 512) {
			FAIL("no burst is noted for %s", f->c->utt[b->utt[i]].id);
			continue;
		}
		for (int r = 0; r < heads * L; r++)
			for (int t = 0; t < T; t++)
				column[t] += a[r * T + t];
		f->n++;
		f->att2 += in_burst(x, model_pool_weights(m, b, ATT2, i), T);
		f->att22 += in_burst(x, model_pool_weights(m, b, ATT22, i), T);
		f->cross += in_burst(x, column, T);
	}
	return 0;
}

TEST(demo_learns)
{
	const char *kind = getenv("KIND");
	char dir[512], config[600];
	struct settings s;
	struct corpus c;
	struct problems p = {0};
	struct found found = {.c = &c};
	struct err e = {0};
	struct par *par = par_new(0, &e);
	double wa[HEADS] = {0};

	if (kind && strcmp(kind, "release") != 0)
		SKIP("training takes long in a sanitizer build; the release build does it");
	snprintf(dir, sizeof dir, "%s", temp_path("demo"));
	snprintf(config, sizeof config, "%s/%s", dir, DEMO_CONFIG);
	REQUIRE(par && demo_write(dir, &e) == 0);
	REQUIRE(config_load(&s, config, NULL, 0, NULL, &e) == 0);
	REQUIRE(corpus_open(&c, &s, CORPUS_HEADERS, &p, &e) == 0);
	read_bursts(dir);
	s.train.epoch = EPOCHS;
	for (int fold = 1; fold <= DEMO_SESSIONS; fold++) {
		struct trainer t;
		struct predictions test;
		struct fold_row row;

		REQUIRE(trainer_open(&t, &s, &c, fold, par, &e) == 0);
		while (!trainer_done(&t)) {
			struct step_row step;
			struct epoch_row epoch;
			struct predictions val;

			trainer_epoch_begin(&t);
			while (!trainer_epoch_full(&t))
				REQUIRE(trainer_step(&t, &step, &e) == STEP_DONE);
			REQUIRE(trainer_epoch_end(&t, &epoch, &val, &e) == 0);
			predictions_free(&val);
		}
		REQUIRE(trainer_test(&t, &row, &test, &e) == 0);
		for (int h = 0; h < HEADS; h++) {
			struct confusion m;

			predictions_confusion(&test, (enum head)h, &m);
			wa[h] += confusion_figures(&m).wa / DEMO_SESSIONS;
		}
		predictions_free(&test);
		memcpy(t.model.params.w, t.state.array[ARRAY_KEPT],
		       t.model.params.total * sizeof(real));
		REQUIRE(evaluate_each(&t.model, &c, &s, &t.norm, t.split.at[PART_TEST],
				      t.split.n[PART_TEST], look, &found, &e) == 0);
		trainer_close(&t);
	}
	printf("# test WA: fused %.3f, text only %.3f, audio only %.3f\n", wa[HEAD_MAIN],
	       wa[HEAD_TEXT], wa[HEAD_AUDIO]);
	printf("# largest weight in the burst: Att2 %d, Att22 %d, cross_attn1 %d of %d\n",
	       found.att2, found.att22, found.cross, found.n);
	CHECK_INT(found.n, 200);
	CHECK(wa[HEAD_MAIN] >= 0.75);
	CHECK(wa[HEAD_TEXT] >= 0.5 && wa[HEAD_AUDIO] >= 0.5); /* chance is 0.27 */
	CHECK(wa[HEAD_MAIN] >= wa[HEAD_TEXT] + 0.08);
	CHECK(wa[HEAD_MAIN] >= wa[HEAD_AUDIO] + 0.08);
	CHECK(found.att2 >= 0.75 * found.n);
	CHECK(found.att22 >= 0.75 * found.n);
	CHECK(found.cross >= 0.6 * found.n);
	problems_free(&p);
	corpus_close(&c);
	par_free(par);
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
