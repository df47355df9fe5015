/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One utterance through the model of a run: while it trains, after it, beside it. */
#include "tests/app/lab/worker.h"

#include "app/lab/trained.h"
#include "base/file.h"
#include "base/str.h"

TEST(looks_while_training_and_after)
{
	const char *dir = temp_path("look");
	struct work *w = start(dir, true, false);
	struct seen s = {0};
	double sum = 0;

	until_state(&s, w, WORK_PAUSED);
	work_look(w, WORK_FIRST, 0, 3, false, KNOCK_NOTHING);
	served(&s, w);
	REQUIRE(s.look);
	CHECK_INT(s.look->utt, 3);
	CHECK_INT(s.look->heads, 2);
	for (int f = 0; f < s.look->T; f++)
		sum += s.look->cross[0][f];
	CHECK_NEAR(sum, 1, 1e-5);
	/* silencing nothing is what the arrays show */
	for (int c = 0; c < s.look->classes; c++)
		CHECK_NEAR(s.look->knocked[KNOCK_NOTHING][c], s.look->logits[HEAD_MAIN][c], 0);
	CHECK(fabs((double)s.look->knocked[KNOCK_AUDIO][0] - s.look->logits[HEAD_MAIN][0]) > 0);
	work_resume(w, WORK_FIRST);
	served(&s, w);
	until_state(&s, w, WORK_IDLE);
	work_look(w, WORK_FIRST, 0, 3, true, KNOCK_TEXT);
	served(&s, w);
	CHECK(s.look->kept);
	CHECK_INT(s.look->knock, KNOCK_TEXT);
	CHECK_NEAR(s.look->knocked[KNOCK_TEXT][0], s.look->logits[HEAD_MAIN][0], 0);
	work_look(w, WORK_FIRST, 0, 100000, true, KNOCK_NOTHING);
	served(&s, w);
	CHECK(s.refused);
	look_free(s.look);
	CHECK_INT(work_end(w), 0);
}

/* The kept checkpoint stays what it was while the weights go on. */
TEST(looks_with_the_kept_weights_while_training)
{
	const char *dir = temp_path("kept");
	struct work *w = start(dir, true, false);
	struct seen s = {0};
	float first[LABELS_MAX];

	until_state(&s, w, WORK_PAUSED);
	work_step(w, WORK_FIRST, true); /* to the end of epoch 1, which is kept */
	served(&s, w);
	until_state(&s, w, WORK_PAUSED);
	work_look(w, WORK_FIRST, 0, 3, false, KNOCK_NOTHING);
	served(&s, w);
	REQUIRE(s.look);
	memcpy(first, s.look->logits[HEAD_MAIN], sizeof first);
	work_step(w, WORK_FIRST, false);
	served(&s, w);
	until_state(&s, w, WORK_PAUSED);
	work_look(w, WORK_FIRST, 0, 3, false, KNOCK_NOTHING);
	served(&s, w);
	CHECK(memcmp(first, s.look->logits[HEAD_MAIN], sizeof first) != 0);
	work_look(w, WORK_FIRST, 0, 3, true, KNOCK_NOTHING);
	served(&s, w);
	CHECK(s.look->kept);
	CHECK_INT(s.look->epoch, 1);
	CHECK(memcmp(first, s.look->logits[HEAD_MAIN], sizeof first) == 0);
	look_free(s.look);
	CHECK_INT(work_end(w), 0);
}

static void look_stored(struct seen *s, struct work *w, int step, int side)
{
	look_free(s->look);
	s->look = NULL;
	work_look_stored(w, WORK_FIRST, 0, 3, step, side, KNOCK_NOTHING);
	served(s, w);
}

static float *look_logits(struct seen *s)
{
	return s->look->logits[HEAD_MAIN];
}

/* Older weights are those of then, while it trains and once it has ended. */
TEST(looks_with_stored_weights)
{
	const char *dir = temp_path("stored");
	struct work *w = start(dir, true, false);
	float then[LABELS_MAX] = {0}, now[LABELS_MAX] = {0};
	struct seen s = {0};

	until_state(&s, w, WORK_PAUSED);
	work_step(w, WORK_FIRST, true);
	served(&s, w);
	until_state(&s, w, WORK_PAUSED);
	work_look(w, WORK_FIRST, 0, 3, false, KNOCK_NOTHING);
	served(&s, w);
	REQUIRE(s.look);
	memcpy(then, look_logits(&s), sizeof then);
	work_step(w, WORK_FIRST, false);
	served(&s, w);
	until_state(&s, w, WORK_PAUSED);
	work_command(w, WORK_FIRST, "save here");
	work_look(w, WORK_FIRST, 0, 3, false, KNOCK_NOTHING);
	served(&s, w);
	memcpy(now, look_logits(&s), sizeof now);
	CHECK(memcmp(now, then, sizeof now) != 0);

	look_stored(&s, w, 4, -1); /* the model that trains, with other weights */
	REQUIRE(s.look);
	CHECK(s.look->stored && !s.look->kept);
	CHECK_INT(s.look->at, 4);
	CHECK_INT(s.look->epoch, 1);
	CHECK_INT(s.look->step, 0);
	CHECK(memcmp(look_logits(&s), then, sizeof then) == 0);
	CHECK(memcmp(s.look->knocked[KNOCK_NOTHING], then,
		     sizeof(float) * (size_t)s.look->classes) == 0);
	work_look(w, WORK_FIRST, 0, 3, false, KNOCK_NOTHING);
	served(&s, w);
	CHECK(memcmp(look_logits(&s), now, sizeof now) == 0); /* nothing has changed */
	work_resume(w, WORK_FIRST);
	served(&s, w);
	until_state(&s, w, WORK_IDLE);
	look_stored(&s, w, 4, -1); /* the fold is finished: a model of its own */
	REQUIRE(s.look);
	CHECK(memcmp(look_logits(&s), then, sizeof then) == 0);
	look_stored(&s, w, 5, -1);
	REQUIRE(s.look);
	CHECK_INT(s.look->step, 1);
	CHECK_INT(s.look->epoch, 2);
	CHECK(memcmp(look_logits(&s), now, sizeof now) == 0);
	look_free(s.look);
	CHECK_INT(work_end(w), 0);
}

/* One that is damaged is passed over, to the side that was asked for; one that has gone too. */
TEST(a_damaged_stored_state_is_passed_over)
{
	const char *dir = temp_path("damaged");
	struct work *w = start(dir, false, false);
	struct work_options o = {.job = {.session = dir, .threads = 1}, .readonly = true};
	char path[PATH_LEN];
	struct seen s = {0};
	struct err e = {0};

	until_state(&s, w, WORK_IDLE);
	CHECK_INT(work_end(w), 0);
	snprintf(path, sizeof path, "%s/fold-0/states/4.state", dir);
	CHECK_INT(truncate(path, 200), 0);
	w = work_start(&o, &e);
	REQUIRE(w);
	s = (struct seen){0};
	until_state(&s, w, WORK_IDLE);
	look_stored(&s, w, 4, 1);
	REQUIRE(s.look);
	CHECK_INT(s.look->at, 8);
	CHECK_HAS(s.said, "fold-0/states/4.state: has 200 bytes");
	CHECK_HAS(s.said, "; it is passed over");
	look_stored(&s, w, 4, -1);
	CHECK(!s.look && s.refused);
	CHECK_HAS(s.text, "fold-0/states/4.state: has 200 bytes");
	CHECK_HAS(s.text, "; no older state is stored");
	look_stored(&s, w, 3, -1);
	CHECK_STR(s.text, "the state of step 3 is not stored any more");
	s.said[0] = '\0';
	look_stored(&s, w, 6, 1); /* thinned out */
	REQUIRE(s.look);
	CHECK_INT(s.look->at, 8);
	CHECK_STR(s.said, "");
	look_free(s.look);
	CHECK_INT(work_end(w), 0);
}

/* What `miust predict --tensors` writes of one utterance. */
struct tensors {
	const struct look_result *look;
	int compared;
};

static double furthest(const real *got, const float *want, size_t n)
{
	double worst = 0;

	for (size_t i = 0; i < n; i++) {
		double d = fabs((double)got[i] - (double)want[i]);

		worst = d > worst || isnan(d) ? d : worst;
	}
	return worst;
}

static int compare_tensors(void *ctx, const struct model *m, const struct batch *b, struct err *e)
{
	struct tensors *t = ctx;
	const struct look_result *l = t->look;

	(void)e;
	for (int i = 0; i < b->n; i++) {
		size_t pairs = (size_t)l->heads * (size_t)l->L * (size_t)l->T;

		if (b->utt[i] != l->utt)
			continue;
		for (int x = 0; x < CROSSES; x++)
			CHECK_NEAR(furthest(model_cross_weights(m, x, i), l->cross[x], pairs), 0,
				   1e-6);
		for (int p = 0; p < POOLS; p++)
			CHECK_NEAR(furthest(model_pool_weights(m, b, p, i), l->weights[p],
					    (size_t)pool_seqs(b, p)->len[i]),
				   0, 1e-6);
		for (int h = 0; h < HEADS; h++)
			CHECK_NEAR(furthest(model_logits(m, (enum head)h) + i * m->classes,
					    l->logits[h], (size_t)m->classes),
				   0, 1e-5);
		t->compared++;
	}
	return 0;
}

static void ignore(void *ctx, const char *text)
{
	(void)ctx;
	(void)text;
}

TEST(looks_equal_predict)
{
	const char *dir = temp_path("predict");
	char weights[PATH_LEN];
	struct work *w = start(dir, false, false);
	struct trained_options o = {.config = "tests/record/tiny/config.yml",
				    .part = PART_TEST,
				    .threads = 1,
				    .say = ignore};
	struct seen s = {0};
	struct tensors t = {0};
	struct trained trained;
	struct err e = {0};

	until_state(&s, w, WORK_IDLE);
	snprintf(weights, sizeof weights, "%s/fold-0/best.safetensors", dir);
	o.weights = weights;
	REQUIRE(trained_open(&trained, &o, &e) == 0);
	for (int i = 0; i < trained.split.n[PART_TEST]; i++) {
		work_look(w, WORK_FIRST, 0, trained.split.at[PART_TEST][i], true, KNOCK_NOTHING);
		served(&s, w);
		REQUIRE(s.look);
		t.look = s.look;
		CHECK_INT(evaluate_each(&trained.model, &trained.corpus, &trained.set,
					&trained.norm, trained.split.at[PART_TEST],
					trained.split.n[PART_TEST], compare_tensors, &t, &e),
			  0);
	}
	CHECK_INT(t.compared, trained.split.n[PART_TEST]);
	look_free(s.look);
	trained_close(&trained);
	CHECK_INT(work_end(w), 0);
}

TEST(looking_only_changes_nothing)
{
	const char *dir = temp_path("readonly");
	struct work *w = start(dir, false, false);
	struct work_options o = {.job = {.session = dir, .threads = 1}, .readonly = true};
	struct seen s = {0}, t = {0};
	struct err e = {0};

	until_state(&s, w, WORK_IDLE);
	work_end(w);
	w = work_start(&o, &e);
	REQUIRE(w);
	until_state(&t, w, WORK_IDLE);
	CHECK(!t.now.trains);
	work_look(w, WORK_FIRST, 0, 2, true, KNOCK_NOTHING);
	served(&t, w);
	CHECK(t.look != NULL);
	look_free(t.look);
	work_resume(w, WORK_FIRST);
	served(&t, w);
	CHECK(t.refused);
	work_command(w, WORK_FIRST, "save");
	served(&t, w);
	CHECK_HAS(t.text, "read-only");
	CHECK_INT(work_end(w), 0);
}

/* A file of a session as it is, but for one word. */
static void edit(const char *dir, const char *name, const char *from, const char *to)
{
	char path[PATH_LEN], *text;
	struct str edited = {0};
	struct err e = {0};
	size_t len = 0, n = strlen(from), before = 0;

	snprintf(path, sizeof path, "%s/%s", dir, name);
	text = file_read(path, FILE_CONFIG, &len, &e);
	while (before + n <= len && memcmp(text + before, from, n) != 0)
		before++;
	if (before + n > len) {
		FAIL("no %s in %s", from, path);
		free(text);
		return;
	}
	str_addn(&edited, text, before);
	str_add(&edited, to);
	str_addn(&edited, text + before + n, len - before - n);
	if (file_write(path, edited.s, edited.len, &e))
		FAIL("%s", e.text);
	str_free(&edited);
	free(text);
}

/* One look into a finished session, opened only for that. */
static void look_again(struct seen *s, const char *dir)
{
	struct work_options o = {.job = {.session = dir, .threads = 1}, .readonly = true};
	struct err e = {0};
	struct work *w = work_start(&o, &e);

	REQUIRE(w);
	*s = (struct seen){0};
	until_state(s, w, WORK_IDLE);
	work_look(w, WORK_FIRST, 0, 2, true, KNOCK_NOTHING);
	served(s, w);
	work_look(w, WORK_FIRST, 0, 3, true, KNOCK_NOTHING);
	served(s, w);
	CHECK_INT(work_end(w), 0);
}

/* The kept weights say how they were trained, if config.yml says something else. */
TEST(looks_with_weights_of_other_settings)
{
	const char *dir = temp_path("edited");
	struct work *w = start(dir, false, false);
	struct seen s = {0};

	until_state(&s, w, WORK_IDLE);
	work_end(w);
	look_again(&s, dir);
	CHECK(s.look != NULL);
	CHECK_INT(s.says, 0);
	look_free(s.look);

	edit(dir, "config.yml", "padding: reference", "padding: masked");
	look_again(&s, dir);
	CHECK(s.look != NULL);
	CHECK_INT(s.says, 1);
	CHECK_HAS(s.said, "fold 0 was trained with train.padding reference (here masked)");
	look_free(s.look);

	edit(dir, "config.yml", "[calm, glad, cross]", "[glad, calm, cross]");
	look_again(&s, dir);
	CHECK(!s.look);
	CHECK(s.refused);
	CHECK_HAS(s.text,
		  "trained with exp.labels calm,glad,cross (here glad,calm,cross); restore");
}

/* Nor does it pass for another fold's, or another seed's. */
TEST(looks_with_weights_of_another_fold)
{
	static const char best[] = "fold-0/best.safetensors";
	const char *dir = temp_path("fold");
	struct work *w = start(dir, false, false);
	struct seen s = {0};

	until_state(&s, w, WORK_IDLE);
	work_end(w);
	edit(dir, best, "\"seed\":\"12\"", "\"seed\":\"99\"");
	look_again(&s, dir);
	CHECK(s.look != NULL);
	CHECK_INT(s.says, 1);
	CHECK_HAS(s.said, "kept checkpoint of fold 0 was trained with exp.seed 99 (here 12)");
	look_free(s.look);
	edit(dir, best, "\"fold\":\"0\"", "\"fold\":\"3\"");
	look_again(&s, dir);
	CHECK(!s.look);
	CHECK(s.refused);
	CHECK_HAS(s.text, "fold 0 was trained as fold 3; put the file of fold 0 back");
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
