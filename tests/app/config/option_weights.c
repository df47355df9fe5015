/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Settings of training that involve labels or one another: text, YAML, errors. */
#include "app/config/config.h"
#include "app/config/setting.h"
#include "temp.h"
#include "test.h"

static const char lists[] = "exp:\n"
			    "  train_csv: /a\n"
			    "  dev_csv: /b\n"
			    "  test_csv: /c\n"
			    "  text_dir: /t\n"
			    "  audio_dir: /u\n"
			    "train:\n"
			    "  epoch: 40\n";

/* A config of MELD's layout, with these lines below `train:`. */
static int load(struct settings *s, const char *train, struct err *e)
{
	const char *path = temp_path("config.yml");
	FILE *f = fopen(path, "w");

	err_clear(e);
	fprintf(f, "%s%s", lists, train);
	fclose(f);
	return config_load(s, path, NULL, 0, NULL, e);
}

static const struct option *weights(void)
{
	return option_find("train.class_weight");
}

TEST(weights_as_text)
{
	static const struct {
		const char *given, *means;
	} text[] = {
		{"none", "none"},
		{"balanced", "balanced"},
		{"sqrt", "sqrt"},
		{"fear=15,disgust=15", "fear=15,disgust=15"},
		{" fear = 1.5 , very glad= 2e-3", "fear=1.5,very glad=0.002"},
		{"neutral=0", "neutral=0"},
		{"a=-0,b=1000000", "a=0,b=1e6"},
		{"balanced=2", "balanced=2"}, /* a label may have any name */
	};

	for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
		struct settings s, again;
		struct err e = {0};
		char out[OPTION_TEXT];

		options_preset(&s);
		options_preset(&again);
		if (option_set(&s, weights(), text[i].given, ".", &e))
			FAIL("%s", e.text);
		CHECK_STR(option_text(&s, weights(), out, sizeof out), text[i].means);
		REQUIRE(!option_set(&again, weights(), out, ".", &e));
		CHECK(option_equal(&s, &again, weights()));
		REQUIRE(!option_set(&again, weights(), "x=3", ".", &e));
		CHECK(!option_equal(&s, &again, weights()));
	}
}

TEST(wrong_texts_say_what_is_wrong)
{
	static const struct {
		const char *given, *said;
	} text[] = {
		{"", "one of none, balanced, sqrt, LABEL=N,...; found nothing"},
		{"balancd", "found 'balancd'; did you mean balanced?"},
		{"fear", "LABEL=N,...; found 'fear'"},
		{"fear=15,", "found nothing"},
		{"fear=15,sqrt", "found 'sqrt'"},
		{"=15", "expected a label of exp.labels before =; found ''"},
		{"fear=", "fear: expected a weight, a number from 0 to 1000000; found ''"},
		{"fear=-1", "fear: expected a weight, a number from 0 to 1000000; found '-1'"},
		{"fear=nan", "found 'nan'"},
		{"fear=inf", "found 'inf'"},
		{"fear=1e7", "found '1e7'"},
		{"fear=1 2", "found '1 2'"},
		{"fear=1,fear=2", "'fear' appears twice"},
		{"0123456789012345678901234567890123=1", "expected a label"},
	};

	for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
		struct settings s, before;
		struct err e = {0};

		options_preset(&s);
		before = s;
		CHECK_INT(option_set(&s, weights(), text[i].given, ".", &e), -1);
		CHECK_HAS(e.text, "train.class_weight: ");
		CHECK_HAS(e.text, text[i].said);
		CHECK(memcmp(&s, &before, sizeof s) == 0);
	}
}

TEST(weights_in_a_config)
{
	static const struct {
		const char *yaml, *means;
	} config[] = {
		{"  class_weight: balanced\n", "balanced"},
		{"  class_weight: {fear: 15, disgust: 15}\n", "fear=15,disgust=15"},
		{"  class_weight:\n    fear: 1_000.5\n    joy: 5e-4\n", "fear=1000.5,joy=5e-4"},
		{"  class_weight: fear=15,joy=2\n", "fear=15,joy=2"},
	};

	for (size_t i = 0; i < sizeof config / sizeof *config; i++) {
		struct settings s, again;
		struct err e = {0};
		char out[OPTION_TEXT];
		const char *path;
		FILE *f;

		if (load(&s, config[i].yaml, &e))
			FAIL("%s", e.text);
		CHECK_STR(option_text(&s, weights(), out, sizeof out), config[i].means);
		path = temp_path("copy.yml");
		f = fopen(path, "w");
		REQUIRE(!config_write(&s, f, &e));
		fclose(f);
		REQUIRE(!config_load(&again, path, NULL, 0, NULL, &e));
		CHECK(option_equal(&s, &again, weights()));
	}
}

TEST(settings_that_do_not_fit)
{
	static const struct {
		const char *yaml, *place, *said;
	} config[] = {
		{"  class_weight: {feer: 15}\n", "config.yml:9:17: ",
		 "train.class_weight: 'feer' is not one of exp.labels; did you mean fear?"},
		{"  class_weight: {zzz: 15}\n",
		 "config.yml:9:17: ", "'zzz' is not one of exp.labels; "},
		{"  class_weight: {fear: -1}\n", "config.yml:9:17: ", "fear: expected a weight"},
		{"  class_weight: {fear: [1]}\n", "config.yml:9:24: ", "found a list"},
		{"  class_weight: [fear]\n", "config.yml:9:17: ", "expected one of none"},
		{"  class_weight: {anger: 0, disgust: 0, fear: 0, joy: 0, neutral: 0, sadness: 0, "
		 "surprise: 0}\n",
		 "config.yml:9:17: ", "all classes weigh 0"},
		{"  class_weight_in: both\n",
		 "config.yml:9:20: ", "one of main, all; found 'both'"},
		{"  select: f1\n", "config.yml:9:11: ", "one of wa, ua, wf1, macro_f1, loss"},
		{"  select_from: 41\n", "config.yml:9:16: ",
		 "train.select_from: 41 is beyond the last epoch (train.epoch: 40)"},
		{"  select_from: 0\n", "config.yml:9:16: ", "1 to 1000000"},
		{"  min_delta: -0.1\n", "config.yml:9:14: ", "number, 0 to 100"},
		{"  schedule: step\n", "config.yml:9:13: ", "cosine, constant, linear, plateau"},
		{"  warmup: 40\n", "config.yml:9:11: ",
		 "train.warmup: 40 leaves no epoch for the schedule (train.epoch: 40); set 39 or"},
		{"  plateau: {factor: 1}\n", "config.yml:9:21: ", "above 0, at most 0.999"},
		{"  plateau: {factor: 0}\n", "config.yml:9:21: ", "above 0, at most 0.999"},
		{"  plateau: {patience: -1}\n", "config.yml:9:23: ", "integer, 0 to 1000000"},
		{"  accumulate: 0\n", "config.yml:9:15: ", "integer, 1 to 1000000"},
		{"  select: ua\nexp.x: 1\n", "config.yml:10:1: ", "exp.x"},
	};

	for (size_t i = 0; i < sizeof config / sizeof *config; i++) {
		struct settings s;
		struct err e = {0};

		CHECK_INT(load(&s, config[i].yaml, &e), -1);
		CHECK_HAS(e.text, config[i].place);
		CHECK_HAS(e.text, config[i].said);
	}
}

/* What selects has nothing to select by. */
TEST(fixed_selects_nothing)
{
	static const char *const set[] = {"train.select=loss", "train.select_from=2",
					  "train.min_delta=0.1", "train.schedule=plateau"};
	struct settings s, fixed;
	struct err e = {0};

	REQUIRE(!load(&s, "", &e));
	REQUIRE(!setting_assign(&s, "exp.protocol=fixed", &e) && !options_resolve(&s, &e));
	for (size_t i = 0; i < sizeof set / sizeof *set; i++) {
		fixed = s;
		err_clear(&e);
		REQUIRE(!setting_assign(&fixed, set[i], &e));
		CHECK_INT(options_resolve(&fixed, &e), -1);
		CHECK(strncmp(e.text, set[i], strcspn(set[i], "=")) == 0);
		CHECK_HAS(e.text, ": exp.protocol: fixed has no validation part");
	}
}

/* While a run trains: checked as in a config. */
TEST(live_changes_are_checked)
{
	static const struct {
		const char *command, *said; /* NULL: fine */
	} change[] = {
		{"set train.class_weight fear=15, disgust=2", NULL},
		{"set train.class_weight sqrt", NULL},
		{"set train.class_weight feer=15", "did you mean fear?"},
		{"set train.class_weight a #b=15", "would take ' #' for a comment"},
		{"set train.class_weight a#b=15", "'a#b' is not one of exp.labels"},
		{"set train.schedule plateau", NULL},
		{"set train.warmup 40", "leaves no epoch"},
		{"set train.epoch 2", NULL},
		{"set train.select ua", "is fixed during a run"},
		{"set train.accumulate 2", "is fixed during a run"},
	};
	struct err e = {0};

	for (size_t i = 0; i < sizeof change / sizeof *change; i++) {
		struct settings s;
		struct setting x;
		int failed;

		REQUIRE(!load(&s, "", &e));
		REQUIRE(setting_of_command(&x, change[i].command));
		failed = setting_live(&x, &e) || setting_apply(&s, &x, &e);
		if (failed != !!change[i].said)
			FAIL("%s: %s", change[i].command, failed ? e.text : "passed");
		if (change[i].said)
			CHECK_HAS(e.text, change[i].said);
		err_clear(&e);
	}
	/* one that a later epoch count no longer fits */
	{
		struct settings s;
		struct setting x;

		REQUIRE(!load(&s, "  select_from: 30\n", &e));
		REQUIRE(setting_of_command(&x, "set train.epoch 20"));
		CHECK_INT(setting_apply(&s, &x, &e), -1);
		CHECK_HAS(e.text, "train.select_from: 30 is beyond the last epoch");
		CHECK_INT(s.train.epoch, 40);
	}
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
