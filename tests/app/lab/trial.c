/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What may be tried, as people write it. */
#include "test.h"

#include "app/config/config.h"
#include "app/lab/trial.h"

#include <string.h>

static struct trial asked;
static struct settings in_force;

/* The tiny run's, with values of the defaults. */
static void load(void)
{
	struct warnings w = {0};
	struct err e = {0};

	if (config_load(&in_force, "tests/record/tiny/config.yml", NULL, 0, &w, &e))
		FAIL("%s", e.text);
	warnings_free(&w);
	in_force.train.optimizer.lr = 5e-4;
	in_force.train.epoch = 70;
}

static void reads(const char *line)
{
	struct err e = {0};

	load();
	if (trial_read(&asked, line, &e))
		FAIL("%s: %s", line, e.text);
}

/* The settings that it makes, of a point of a sweep. */
static struct settings made(const char *value)
{
	struct settings s = in_force;
	struct err e = {0};

	if (trial_settings(&s, &asked, &in_force, value, &e))
		FAIL("%s", e.text);
	return s;
}

static void refuses(const char *line, const char *says)
{
	struct err e = {0};

	load();
	if (trial_read(&asked, line, &e) == 0 && trial_check(&asked, &in_force, &e) == 0)
		FAIL("%s is taken", line);
	CHECK_HAS(e.text, says);
}

TEST(one_setting)
{
	struct settings s;

	reads("train.optimizer.lr 1e-4");
	CHECK_INT(asked.n, 1);
	CHECK_INT(asked.steps, 1);
	CHECK(!asked.sweep && !asked.off);
	s = made(NULL);
	CHECK(s.train.optimizer.lr == 1e-4);
	reads("lr   x0.5 for 20");
	CHECK_INT(asked.steps, 20);
	s = made(NULL);
	CHECK(s.train.optimizer.lr == 2.5e-4);
	reads("lr\tx2\tfor\t1000");
	CHECK_INT(asked.steps, 1000);
	reads("off");
	CHECK(asked.off);
}

TEST(several_at_once)
{
	struct settings s;

	reads("train.optimizer.lr=x2,loss.text=0, train.epoch=30 for 3");
	CHECK_INT(asked.n, 3);
	CHECK_INT(asked.steps, 3);
	s = made(NULL);
	CHECK(s.train.optimizer.lr == 1e-3);
	CHECK(s.train.loss.text == 0);
	CHECK_INT(s.train.epoch, 30);
}

/* Its value has commas and signs of its own. */
TEST(class_weights)
{
	struct settings s;

	reads("class_weight=calm=1,glad=2.5,clip=0.5");
	CHECK_INT(asked.n, 2);
	s = made(NULL);
	CHECK_INT(s.train.class_weight.n, 2);
	CHECK(s.train.class_weight.weight[1] == 2.5);
	CHECK(s.train.clip == 0.5);
	reads("class_weight calm=1,glad=2 for 2");
	CHECK_INT(asked.n, 1);
	CHECK_STR(asked.at[0].value, "calm=1,glad=2");
}

/* A factor is one of the value in force, whatever waits. */
TEST(a_factor_is_of_what_is_in_force)
{
	struct err e = {0};
	struct settings s;

	reads("lr=x0.5");
	s = in_force;
	s.train.optimizer.lr = 8;
	s.train.epoch = 99;
	REQUIRE(trial_settings(&s, &asked, &in_force, NULL, &e) == 0);
	CHECK(s.train.optimizer.lr == 2.5e-4);
	CHECK_INT(s.train.epoch, 99);
}

static const char *joined(const struct sweep_values *v)
{
	static char out[2048];

	out[0] = '\0';
	for (int i = 0; i < v->n; i++) {
		CHECK(i == 0 || v->x[i] > v->x[i - 1]);
		CHECK(v->x[i] == strtod(v->text[i], NULL));
		snprintf(out + strlen(out), sizeof out - strlen(out), "%s%s", i ? " " : "",
			 v->text[i]);
	}
	return out;
}

static struct sweep_values values(const char *line)
{
	struct sweep_values v;
	struct err e = {0};

	reads(line);
	CHECK(asked.sweep);
	if (trial_sweep(&v, &asked, &in_force, &e))
		FAIL("%s: %s", line, e.text);
	return v;
}

TEST(sweeps)
{
	static const struct {
		const char *line, *values;
		bool log;
	} want[] = {
		{"lr 1e-5..1e-2 for 5",
		 "1e-5 2e-5 3.98e-5 7.94e-5 1.58e-4 3.16e-4 6.31e-4 0.00126 0.00251 0.00501 0.01",
		 true},
		{"lr 1e-5..1e-2/4", "1e-5 1e-4 0.001 0.01", true},
		{"lr=1e-2..1e-5/4", "1e-5 1e-4 0.001 0.01", true},
		{"lr 1e-3..1e-2/4", "0.001 0.004 0.007 0.01", false}, /* a decade, not over it */
		{"lr x0.1..x10/3", "5e-5 5e-4 0.005", true},
		{"lr 0.123456..0.2/3", "0.123456 0.162 0.2", false},
		{"clip 0..1/5", "0 0.25 0.5 0.75 1", false},
		{"clip 0..100/3", "0 50 100", false}, /* 0 has no logarithm */
		{"train.epoch 1..4", "1 2 3 4", false},
		{"train.epoch 1..1000/4", "1 10 100 1000", true},
		{"warmup 0..2/2 for 9", "0 2", false},
		{"lr .1...2/2", "0.1 0.2", false},
	};

	for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
		struct sweep_values v = values(want[i].line);

		CHECK_STR(joined(&v), want[i].values);
		CHECK_INT(v.log, want[i].log);
	}
	CHECK_INT(values("lr 1e-5..1e-2/50").n, 50);
	CHECK(made("0.004").train.optimizer.lr == 0.004);
}

TEST(what_cannot_be_tried)
{
	static const struct {
		const char *line, *says;
	} wrong[] = {
		{"", "expected a setting and a value"},
		{"lr", "train.optimizer.lr: expected its new value"},
		{"lr=", "train.optimizer.lr: expected its new value"},
		{"nothing 1", "unknown key nothing"},
		{"batch_size 3", "train.batch_size is fixed during a run"},
		{"lr=1,batch_size=3", "train.batch_size is fixed during a run"},
		{"lr=1,los.text=3", "unknown key los.text; did you mean"},
		{"lr=1,", "expected KEY=VALUE; found nothing"},
		{"lr=1,clip", "expected KEY=VALUE; found clip"},
		{"lr=1,clip=1,lr=2", "train.optimizer.lr is given twice"},
		{"lr -1", "train.optimizer.lr: expected a number above 0"},
		{"lr 1e-4 for", "expected a number of steps after for, 1 to 1000"},
		{"lr 1e-4 for 0", "for 0: expected a number of steps, 1 to 1000"},
		{"lr 1e-4 for 1001", "for 1001: expected a number of steps"},
		{"lr 1e-4 for 3x", "for 3x: expected a number of steps"},
		{"lr 1e-4 to 3", "train.optimizer.lr: expected a number above 0"},
		{"clip x2", "train.clip is 0 and stays 0 with x2; give the value itself"},
		{"lr 1e-4..", "expected FROM..TO, both given"},
		{"lr ..1e-4", "expected FROM..TO, both given"},
		{"lr 1e-4..1e-4", "expected a range; 1e-4 to 1e-4 is one value"},
		{"lr 0..1", "train.optimizer.lr: expected a number above 0"},
		{"lr 1..1000", "train.optimizer.lr: expected a number above 0, at most 100"},
		{"lr 1..2/1", "/1: expected a number of points, 2 to 50"},
		{"lr 1..2/51", "/51: expected a number of points"},
		{"lr 1..2/", "/: expected a number of points"},
		{"lr 1..2/3/4", "/3/4: expected a number of points"},
		{"lr=1..2,clip=1", "a sweep is of one setting; found 2"},
		{"lr=1,clip=1..2", "a sweep is of one setting; found 2"},
		{"schedule cosine..linear", "train.schedule: expected one of"},
		{"loss.main=1,loss.text=1,loss.audio=1,loss.cmd_text=1,loss.cmd_audio=1,lr=1,"
		 "clip=1,epoch=3,train.patience=1",
		 "at most 8 settings at once"},
		{"warmup 80..90/2", "train.warmup"}, /* epochs are fewer */
	};
	char text[TRIAL_TEXT + 8];

	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		refuses(wrong[i].line, wrong[i].says);
	memset(text, 'x', sizeof text);
	text[sizeof text - 1] = '\0';
	refuses(text, "at most 1023 bytes");
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
