/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Health: what is measured, and that a run that is measured is the one that is not. */
#include "engine/train/health.h"
#include "base/str.h"
#include "tests/engine/run.h"

#include <math.h>

static struct health_row rows[STEPS_MAX];
static int measured;

/* A run whose steps are measured as its settings say; its end is *r, its state *end. */
static void run_measured(struct run *r, struct state *end, const struct settings *s, int threads)
{
	struct par *par = par_new(threads, &e);
	struct health h = {0};
	struct trainer t;

	*r = (struct run){0};
	measured = 0;
	REQUIRE(trainer_open(&t, s, &m.c, 0, par, &e) == 0);
	while (!trainer_done(&t)) {
		struct predictions p;

		trainer_epoch_begin(&t);
		while (!trainer_epoch_full(&t)) {
			bool due = health_due(&t);
			struct step_row *row = &r->step[r->steps++];

			REQUIRE(!due || health_before(&h, &t, &e) == 0);
			REQUIRE(trainer_step(&t, row, &e) == STEP_DONE);
			REQUIRE(!due || health_after(&h, &t, &rows[measured++], &e) == 0);
		}
		REQUIRE(trainer_epoch_end(&t, &r->epoch[r->epochs++], &p, &e) == 0);
		predictions_free(&p);
	}
	REQUIRE(state_copy(end, &t.state, &e) == 0);
	finish(&t, r);
	health_free(&h);
	trainer_close(&t);
	par_free(par);
}

enum { VARIANTS = 4 };

static struct settings variant(int i)
{
	struct settings s = small_settings();

	s.train.epoch = 3;
	if (i == 1) {
		s.train.optimizer.name = OPTIMIZER_ADAMW;
		s.train.accumulate = 2;
		s.train.padding = PADDING_REFERENCE;
	} else if (i == 2) {
		s.train.batch_size = 11; /* of which 8 are the sample */
		s.train.clip = 0.05;
		s.train.class_weight.how = CLASS_WEIGHT_BALANCED;
	} else if (i == 3) {
		s.train.memory = 1; /* in chunks */
		s.model.cross_attention = false;
		s.train.loss.cmd_audio = 0;
	}
	return s;
}

TEST(a_run_that_is_measured_is_the_same)
{
	small_make(&m, LAYOUT_LISTS, three, 9, 25, false);
	for (int i = 0; i < VARIANTS; i++)
		for (int every = 1; every <= 3; every += 2) {
			struct settings s = variant(i);
			struct run plain, with[2];
			struct state was = {0}, end[2] = {{0}, {0}};
			struct health_row one[STEPS_MAX];
			struct str how = {0};

			run_measured(&plain, &was, &s, 1);
			CHECK_INT(measured, 0);
			s.train.health = every;
			for (int threads = 1; threads <= 2; threads++) {
				run_measured(&with[threads - 1], &end[threads - 1], &s, threads);
				CHECK_INT(measured, with[threads - 1].steps / every);
				check_same("measured", &plain, &with[threads - 1]);
				if (state_differ(&end[threads - 1], &was, &how))
					FAIL("variant %d: %s", i, str_text(&how));
				if (threads == 1)
					memcpy(one, rows, sizeof one);
			}
			CHECK(memcmp(one, rows, (size_t)measured * sizeof *rows) == 0);
			for (int k = 0; k < measured; k++) {
				CHECK_INT(rows[k].step, every * (k + 1));
				CHECK_INT(rows[k].epoch, plain.step[rows[k].step - 1].epoch);
			}
			run_free(&plain);
			state_free(&was);
			str_free(&how);
			for (int k = 0; k < 2; k++) {
				run_free(&with[k]);
				state_free(&end[k]);
			}
		}
	small_free(&m);
}

/* A run without cross attention has none of that group. */
TEST(gradients_add_up_to_the_norm_of_the_step)
{
	small_make(&m, LAYOUT_LISTS, three, 9, 25, false);
	for (int i = 0; i < VARIANTS; i++) {
		struct settings s = variant(i);
		struct state end = {0};
		struct run r;

		s.train.health = 1;
		run_measured(&r, &end, &s, 1);
		for (int k = 0; k < measured; k++) {
			double sum = 0;

			for (int g = 0; g < HEALTH_GROUPS; g++)
				if (g != HEALTH_CROSS || s.model.cross_attention)
					sum += rows[k].gradient[g] * rows[k].gradient[g];
			CHECK_NEAR(sqrt(sum) / r.step[k].grad_norm, 1, 1e-12);
			CHECK(isnan(rows[k].gradient[HEALTH_CROSS]) == !s.model.cross_attention);
			CHECK(isnan(rows[k].update[HEALTH_CROSS]) == !s.model.cross_attention);
			CHECK(isnan(rows[k].cosine[health_pair(TERM_MAIN, TERM_CMD_AUDIO)]) ==
			      (s.train.loss.cmd_audio == 0 || rows[k].sample == 1));
		}
		run_free(&r);
		state_free(&end);
	}
	small_free(&m);
}

/* Which group a tensor is of, by its name. */
static int group_by_name(const char *tensor)
{
	static const struct {
		const char *name;
		int group;
	} first[] = {
		{"lstm1.", HEALTH_STACK + LSTM1}, {"lstm11.", HEALTH_STACK + LSTM11},
		{"lstm2.", HEALTH_STACK + LSTM2}, {"lstm22.", HEALTH_STACK + LSTM22},
		{"cross_attn", HEALTH_CROSS},     {"Att", HEALTH_POOL},
		{"st.", HEALTH_HEAD + HEAD_MAIN}, {"c_fc.", HEALTH_HEAD + HEAD_MAIN},
		{"ss.", HEALTH_HEAD + HEAD_TEXT}, {"tt.", HEALTH_HEAD + HEAD_AUDIO},
	};

	for (size_t i = 0; i < sizeof first / sizeof *first; i++)
		if (strncmp(tensor, first[i].name, strlen(first[i].name)) == 0)
			return first[i].group;
	FAIL("%s is of no group", tensor);
	return 0;
}

/* Of one step, from the weights and gradients themselves. */
TEST(each_tensor_counts_in_its_group)
{
	double moved[HEALTH_GROUPS] = {0}, size[HEALTH_GROUPS] = {0}, g[HEALTH_GROUPS] = {0};
	struct settings s = small_settings();
	struct par *par = par_new(1, &e);
	struct health h = {0};
	struct health_row row;
	struct step_row step;
	struct trainer t;
	float *was;

	small_make(&m, LAYOUT_LISTS, three, 9, 25, false);
	s.train.health = 2;
	REQUIRE(trainer_open(&t, &s, &m.c, 0, par, &e) == 0);
	trainer_epoch_begin(&t);
	CHECK(!health_due(&t));
	REQUIRE(trainer_step(&t, &step, &e) == STEP_DONE);
	CHECK(health_due(&t));
	was = malloc(t.model.params.total * sizeof *was);
	memcpy(was, t.model.params.w, t.model.params.total * sizeof *was);
	REQUIRE(health_before(&h, &t, &e) == 0);
	REQUIRE(trainer_step(&t, &step, &e) == STEP_DONE);
	REQUIRE(health_after(&h, &t, &row, &e) == 0);
	for (int i = 0; i < t.model.params.n; i++) {
		const struct tensor *x = &t.model.params.tensor[i];
		int group = group_by_name(x->name);

		for (size_t k = x->at; k < x->at + x->count; k++) {
			moved[group] += pow((double)t.model.params.w[k] - was[k], 2);
			size[group] += pow(was[k], 2);
			g[group] += pow(t.model.params.g[k], 2);
		}
	}
	for (int i = 0; i < HEALTH_GROUPS; i++) {
		CHECK_NEAR(row.update[i], log10(sqrt(moved[i]) / sqrt(size[i])), 1e-9);
		CHECK_NEAR(row.gradient[i] / sqrt(g[i]), 1, 1e-12);
		CHECK(row.gradient[i] > 0);
	}
	free(was);
	health_free(&h);
	trainer_close(&t);
	small_free(&m);
	par_free(par);
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
