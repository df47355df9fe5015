/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One setting as text: KEY=VALUE, KEY VALUE, set KEY VALUE (app/config/setting.h). */
#include "test.h"

#include "app/config/setting.h"

#include <string.h>

static const struct option *clip(void)
{
	return option_find("train.clip");
}

TEST(all_three_spellings_say_the_same)
{
	struct setting x;

	setting_of_assignment(&x, "train.clip=0.5");
	CHECK(x.o == clip());
	CHECK_STR(x.value, "0.5");
	setting_of_words(&x, "train.clip \t 0.5");
	CHECK(x.o == clip());
	CHECK_STR(x.value, "0.5");
	CHECK(setting_of_command(&x, "set\ttrain.clip 0.5"));
	CHECK(x.o == clip());
	CHECK_STR(x.value, "0.5");
	CHECK_STR(x.key, "train.clip");
}

TEST(a_person_may_leave_out_the_first_words)
{
	struct setting x;

	setting_of_console(&x, "lr  x0.5");
	CHECK(x.o == option_find("train.optimizer.lr"));
	CHECK_STR(x.key, "train.optimizer.lr");
	CHECK_STR(x.value, "x0.5");
	setting_of_console(&x, "train.clip 1");
	CHECK_STR(x.key, "train.clip");
	setting_of_console(&x, "clap 1");
	CHECK(!x.o);
	CHECK_STR(x.key, "clap");
	setting_of_console(&x, "");
	CHECK(!x.o);
	setting_of_words(&x, "lr x0.5"); /* a log has whole names */
	CHECK(!x.o);
}

TEST(a_value_may_hold_what_parts_others)
{
	struct setting x;

	setting_of_assignment(&x, "exp.text_feat=a=b c");
	CHECK_STR(x.value, "a=b c");
	setting_of_command(&x, "set exp.labels ang, neu");
	CHECK_STR(x.value, "ang, neu");
	setting_of_assignment(&x, "train.clip=");
	CHECK_STR(x.value, "");
}

TEST(what_is_missing_is_null)
{
	struct setting x;
	char long_key[300];

	setting_of_assignment(&x, "train.clip");
	CHECK(x.o && !x.value);
	setting_of_assignment(&x, "=1");
	CHECK(!x.o && !x.value);
	setting_of_words(&x, "train.clip  ");
	CHECK(x.o && !x.value);
	setting_of_words(&x, "");
	CHECK(!x.o && !x.value);
	CHECK(!setting_of_command(&x, "settrain.clip 1"));
	CHECK(!x.o && !x.value);
	CHECK(!setting_of_command(&x, "set"));
	CHECK(!setting_of_command(&x, "fold"));
	CHECK(setting_of_command(&x, "set "));
	CHECK(!x.o && !x.value);
	memset(long_key, 'k', sizeof long_key);
	memcpy(long_key + sizeof long_key - 3, " 1", 3);
	setting_of_words(&x, long_key);
	CHECK(!x.o);
	CHECK_STR(x.value, "1");
	CHECK_INT(strlen(x.key), SETTING_KEY - 1);
}

static const char *refused(const char *text)
{
	static struct err e;
	struct setting x;

	e = (struct err){0};
	setting_of_words(&x, text);
	return setting_live(&x, &e) ? e.text : "";
}

TEST(only_live_settings_are_for_a_run_that_trains)
{
	CHECK_STR(refused("train.clip 1"), "");
	CHECK_STR(refused("train.clip"),
		  "train.clip: expected its new value, or a factor such as x0.5");
	CHECK_STR(refused("train.batch_size 3"),
		  "train.batch_size is fixed during a run; it takes effect in the next one");
	CHECK(strstr(refused("train.klip 1"), "did you mean train.clip") != NULL);
}

TEST(a_wrong_value_changes_nothing)
{
	struct settings s, before;
	struct setting x;
	struct err e = {0};

	memset(&s, 0, sizeof s);
	options_preset(&s);
	before = s;
	setting_of_words(&x, "train.clip -1");
	CHECK_INT(setting_apply(&s, &x, &e), -1);
	CHECK(memcmp(&s, &before, sizeof s) == 0);
	setting_of_words(&x, "train.clip x0.5"); /* a log holds values */
	CHECK_INT(setting_apply(&s, &x, &e), -1);
}

TEST(the_log_has_the_value_of_a_factor)
{
	struct settings due;
	struct setting x;
	struct err e = {0};
	char out[256] = "as before";

	memset(&due, 0, sizeof due);
	options_preset(&due);
	CHECK_INT(option_set(&due, clip(), "3", ".", &e), 0);
	setting_of_words(&x, "train.clip x0.5");
	CHECK_INT(setting_command(&x, &due, out, sizeof out, &e), 0);
	CHECK_STR(out, "set train.clip 1.5");
	setting_of_words(&x, "train.clip 0.250");
	CHECK_INT(setting_command(&x, &due, out, sizeof out, &e), 0);
	CHECK_STR(out, "set train.clip 0.250");
	CHECK_STR(setting_command_back(clip(), &due, out, sizeof out), "set train.clip 3");
	setting_of_words(&x, "train.clip x-1");
	CHECK_INT(setting_command(&x, &due, out, sizeof out, &e), -1);
	CHECK_STR(out, "set train.clip 3");
}

/* What is printed is read back as the same. */
TEST(commands_are_read_back)
{
	struct settings s;
	char out[OPTION_TEXT + 256];

	memset(&s, 0, sizeof s);
	options_preset(&s);
	for (int i = 0; i < option_count; i++) {
		const struct option *o = &option_table[i];
		char value[OPTION_TEXT];
		struct setting x;

		option_text(&s, o, value, sizeof value);
		CHECK(setting_of_command(&x, setting_command_back(o, &s, out, sizeof out)));
		CHECK(x.o == o);
		CHECK_STR(x.value ? x.value : "", value);
	}
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
