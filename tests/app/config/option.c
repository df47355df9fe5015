/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/config/setting.h"
#include "base/near.h"
#include "test.h"

static struct settings preset(void)
{
	struct settings s;

	options_preset(&s);
	return s;
}

static struct settings iemocap(void)
{
	struct settings s = preset();

	strcpy(s.exp.audio_dir, "/audio");
	strcpy(s.exp.text_dir, "/text");
	strcpy(s.exp.iemocap_csv, "/csv");
	return s;
}

static struct settings lists(void)
{
	struct settings s = iemocap();

	s.exp.iemocap_csv[0] = '\0';
	strcpy(s.exp.train_csv, "/train.csv");
	strcpy(s.exp.dev_csv, "/dev.csv");
	strcpy(s.exp.test_csv, "/test.csv");
	return s;
}

#include "app/values.h"

/* The sentence of options_resolve, or "". */
static const char *resolved(struct settings s)
{
	static struct err e;
	struct settings before = s;

	err_clear(&e);
	if (options_resolve(&s, &e) && memcmp(&s, &before, sizeof s) != 0)
		FAIL("refused and changed: %s", e.text);
	return e.text;
}

TEST(rows_are_whole)
{
	for (int i = 0; i < option_count; i++) {
		const struct option *o = &option_table[i];
		char takes[OPTION_TAKES];

		CHECK(option_find(o->key) == o);
		CHECK(o->at + o->size <= sizeof(struct settings));
		CHECK(strlen(option_takes(o, takes, sizeof takes)) > 0);
		CHECK(strlen(option_when_text(o)) > 0);
		if (!o->help || o->help[strlen(o->help) - 1] != '.' || strlen(o->help) > 76)
			FAIL("%s: the help is a sentence of 76 columns at most", o->key);
		for (int j = 0; j < i; j++)
			CHECK(strcmp(option_table[j].key, o->key) != 0);
	}
	CHECK(!option_find("train"));
	CHECK(!option_find(""));
}

/* A group whose rows are torn apart would be opened twice by config_write. */
TEST(groups_stand_together)
{
	for (int i = 1; i < option_count; i++) {
		const char *key = option_table[i].key, *dot = strrchr(key, '.');
		size_t n = (size_t)(dot - key) + 1;

		if (strncmp(option_table[i - 1].key, key, n) == 0)
			continue;
		for (int j = 0; j < i; j++) {
			const char *other = option_table[j].key;

			if (strncmp(other, key, n) == 0)
				FAIL("%s stands apart from %s", key, other);
		}
	}
}

TEST(presets_are_the_published_settings)
{
	struct settings s = preset();

	CHECK_INT(s.exp.seed, 53);
	CHECK_INT(s.exp.protocol, PROTOCOL_REFERENCE);
	CHECK_NEAR(s.exp.holdout, 0.2, 0);
	CHECK_INT(s.train.batch_size, 128);
	CHECK_INT(s.train.epoch, 70);
	CHECK_INT(s.train.padding, PADDING_REFERENCE);
	CHECK_INT(s.train.optimizer.name, OPTIMIZER_RMSPROP);
	CHECK_NEAR(s.train.optimizer.lr, 0.0005, 0);
	CHECK_NEAR(s.train.loss.main, 0.10, 0);
	CHECK_NEAR(s.train.loss.cmd_text, 0.30, 0);
	CHECK_NEAR(s.train.loss.cmd_audio, 0.30, 0);
	CHECK_NEAR(s.train.loss.text, 0.15, 0);
	CHECK_NEAR(s.train.loss.audio, 0.15, 0);
	CHECK(!s.train.loss.means);
	CHECK_INT(s.model.text_feat_dim, 768);
	CHECK_INT(s.model.audio_feat_dim, 768);
	CHECK_INT(s.model.num_heads, 2);
	CHECK_INT(s.model.num_layers, 2);
	CHECK_INT(s.model.direction, 2);
	CHECK_INT(s.model.hidden_size1, 128);
	CHECK_INT(s.model.hidden_size2, 128);
	CHECK_INT(s.model.attention_size, 4);
	CHECK(s.model.cross_attention);
}

TEST(presets_print_as_typed)
{
	struct settings s = preset();
	char text[OPTION_TEXT];

	for (int i = 0; i < option_count; i++)
		CHECK_STR(option_text(&s, &option_table[i], text, sizeof text),
			  option_table[i].preset);
}

TEST(integers_are_strict)
{
	static const char *const wrong[] = {"",    " 70",  "70 ", "70.0", "7e1", "08",
					    "abc", "+-70", "-",   "nan",  "70k", NULL};
	char want[128];

	for (int i = 0; wrong[i]; i++) {
		snprintf(want, sizeof want,
			 *wrong[i]
				 ? "train.epoch: expected an integer, 1 to 1000000; found '%s'"
				 : "train.epoch: expected an integer, 1 to 1000000; found nothing",
			 wrong[i]);
		CHECK_STR(refusal("train.epoch", wrong[i]), want);
	}
	CHECK_HAS(refusal("train.epoch", "0"), "1 to 1000000; found '0'");
	CHECK_HAS(refusal("train.epoch", "1000001"), "found '1000001'");
	CHECK_HAS(refusal("train.epoch", "4294967297"), "found '4294967297'"); /* 1 modulo 2^32 */
	CHECK_STR(refusal("exp.seed", "-1"),
		  "exp.seed: expected an integer, 0 or more; found '-1'");
	CHECK_HAS(refusal("exp.seed", "9223372036854775808"), "beyond 64 bits");
	CHECK_STR(round_trip("exp.seed", "9223372036854775807"), "9223372036854775807");
	CHECK_STR(round_trip("train.epoch", "+7"), "7");
}

TEST(numbers_are_strict)
{
	static const char *const wrong[] = {"",    "abc",  "nan", "inf", "-inf", "1e999", "0x1p3",
					    "1,5", "1.5 ", " 1",  "1e",  "--1",  ".",     NULL};

	CHECK_STR(refusal("train.clip", "abc"),
		  "train.clip: expected a number, 0 or more; found 'abc'");
	CHECK_STR(refusal("train.loss.main", "101"),
		  "train.loss.main: expected a number, 0 to 100; found '101'");
	CHECK_STR(refusal("train.optimizer.lr", "0"),
		  "train.optimizer.lr: expected a number above 0, at most 100; found '0'");
	for (int i = 0; wrong[i]; i++)
		CHECK_HAS(refusal("train.clip", wrong[i]), "expected a number, 0 or more; found");
	CHECK_HAS(refusal("train.clip", "-1e-300"), "0 or more");
	CHECK_HAS(refusal("exp.holdout", "0.91"), "above 0, at most 0.9");
}

TEST(numbers_print_short_and_exact)
{
	CHECK_STR(round_trip("train.optimizer.lr", "0.0005"), "5e-4");
	CHECK_STR(round_trip("train.optimizer.lr", "0.00015"), "1.5e-4");
	CHECK_STR(round_trip("train.optimizer.lr", "0.001"), "0.001");
	CHECK_STR(round_trip("train.optimizer.lr", "0.0123"), "0.0123");
	CHECK_STR(round_trip("train.loss.main", "0.3"), "0.30");
	CHECK_STR(round_trip("train.loss.main", "0.125"), "0.125");
	CHECK_STR(round_trip("train.loss.main", "1"), "1.00");
	CHECK_STR(round_trip("train.clip", "-0"), "0");
	CHECK_STR(round_trip("train.clip", "5"), "5");
	CHECK_STR(round_trip("train.clip", "120000"), "120000");
	CHECK_STR(round_trip("train.clip", "1000000"), "1e6");
	CHECK_STR(round_trip("train.clip", "0.1000000000000000055511151231257827"), "0.1");
	CHECK_STR(round_trip("train.clip", "0.30000000000000004"), "0.30000000000000004");
	CHECK_STR(round_trip("train.clip", "1.7976931348623157e308"), "1.7976931348623157e308");
	CHECK_STR(round_trip("train.clip", "5e-324"), "5e-324");
}

TEST(other_types)
{
	CHECK_STR(round_trip("train.loss.means", "True"), "true");
	CHECK_STR(refusal("train.loss.means", "tRue"),
		  "train.loss.means: expected true or false; found 'tRue'");
	CHECK_STR(round_trip("train.padding", "masked"), "masked");
	CHECK_STR(refusal("train.padding", "mask"),
		  "train.padding: expected one of reference, masked; found 'mask'");
	CHECK_HAS(refusal("train.padding", ""), "found nothing");
	CHECK_STR(refusal("train.loss.form", "auto"),
		  "train.loss.form: expected one of squared, norm, mse; found 'auto'");
	CHECK_STR(round_trip("train.loss.form", ""), "");
	CHECK_STR(round_trip("train.memory", "512M"), "512M");
	CHECK_STR(round_trip("train.memory", "2048k"), "2M");
	CHECK_STR(round_trip("train.memory", "1000"), "1000");
	CHECK_STR(round_trip("train.memory", "0"), "0");
	CHECK_HAS(refusal("train.memory", "2T"), "expected bytes (K, M, G), 0 or more; found '2T'");
	CHECK_HAS(refusal("train.memory", "-1M"), "found '-1M'");
	CHECK_HAS(refusal("train.memory", "9000000000G"), "beyond 64 bits");
	CHECK_HAS(refusal("train.memory", "1.5G"), "found '1.5G'");
	CHECK_STR(round_trip("exp.speaker", "Speaker name"), "Speaker name");
	CHECK_HAS(refusal("exp.speaker", "a\nb"), "control character");
	CHECK_HAS(refusal("exp.speaker",
			  "0123456789012345678901234567890123456789012345678901234567890123"),
		  "at most 63 bytes; found 64");
	CHECK_STR(round_trip("exp.audio_dir", "a/b"), "/dir/a/b");
	CHECK_STR(round_trip("exp.audio_dir", "/a b"), "/a b");
	CHECK_STR(round_trip("exp.audio_dir", ""), "");
	setenv("OPTION_TEST", "/from/env", 1);
	CHECK_STR(round_trip("exp.text_dir", "${OPTION_TEST}/x"), "/from/env/x");
	CHECK_STR(round_trip("model.head", ""), "");
	CHECK_STR(round_trip("model.head", "32"), "32");
}

/* s->key after "x...", or why not. */
static const char *changed(const char *key, const char *from, const char *by)
{
	static char text[OPTION_TEXT];
	struct settings s = preset(), before;
	const struct option *o = option_find(key);
	static struct err e;

	e = (struct err){0};
	if (option_set(&s, o, from, "/dir", &e))
		return e.text;
	before = s;
	if (!option_change(&s, o, by, "/dir", &e))
		return option_text(&s, o, text, sizeof text);
	if (memcmp(&s, &before, sizeof s) != 0)
		FAIL("refused and changed: %s", e.text);
	return e.text;
}

TEST(a_factor_changes_a_value)
{
	CHECK_STR(changed("train.optimizer.lr", "5e-4", "x0.5"), "2.5e-4");
	CHECK_STR(changed("train.optimizer.lr", "1.23456789e-5", "x2"), "2.46913578e-5");
	CHECK_STR(changed("train.optimizer.lr", "5e-4", "x1e1"), "0.005");
	CHECK_STR(changed("train.loss.main", "0.7", "x0.1"), "0.07"); /* no 0.06999… */
	CHECK_STR(changed("train.loss.main", "0.3", "x.5"), "0.15");
	CHECK_STR(changed("train.clip", "5", "x1"), "5");
	CHECK_STR(changed("train.epoch", "70", "x0.5"), "35");
	CHECK_STR(changed("train.epoch", "70", "x0.7"), "49"); /* 48.99999… in binary */
	CHECK_STR(changed("train.memory", "2G", "x0.5"), "1G");
	CHECK_STR(changed("exp.seed", "3", "x2"), "6");
	CHECK_STR(changed("train.optimizer.lr", "5e-4", "1e-3"), "0.001"); /* a value as ever */
	/* Where a factor makes no sense the text is a value. */
	CHECK_STR(changed("exp.speaker", "a", "x2"), "x2");
	CHECK_STR(changed("exp.audio_dir", "a", "x2"), "/dir/x2");
	CHECK_STR(changed("train.padding", "masked", "x2"),
		  "train.padding: expected one of reference, masked; found 'x2'");
}

TEST(a_factor_is_checked)
{
	CHECK_STR(changed("train.epoch", "25", "x0.5"),
		  "train.epoch: 25 x0.5 is 12.5, not an integer; give 12 or 13");
	CHECK_STR(changed("train.epoch", "2", "x0.3"),
		  "train.epoch: 2 x0.3 is 0.6, not an integer; give 1");
	CHECK_STR(
		changed("train.epoch", "70", "x1e6"),
		"train.epoch: expected an integer, 1 to 1000000; found 70000000, which is 70 x1e6");
	CHECK_STR(changed("train.epoch", "70", "x1e300"),
		  "train.epoch: 70 x1e300 is too large to be exact; give the value itself");
	CHECK_STR(changed("train.optimizer.lr", "5e-4", "x1e6"),
		  "train.optimizer.lr: expected a number above 0, at most 100; found 500, which "
		  "is 5e-4 x1e6");
	CHECK_HAS(changed("train.clip", "5", "x1e308"), "found inf, which is 5 x1e308");
	CHECK_STR(changed("train.clip", "0", "x2"),
		  "train.clip is 0 and stays 0 with x2; give the value itself");
	CHECK_STR(changed("train.clip", "5", "x0"),
		  "train.clip: expected x and a number above 0, such as x0.5; found 'x0'");
	CHECK_HAS(changed("train.clip", "5", "x-1"), "a number above 0");
	CHECK_HAS(changed("train.clip", "5", "x0.5 "), "a number above 0");
	CHECK_HAS(changed("train.clip", "5", "x2x"), "a number above 0");
	CHECK_HAS(changed("train.clip", "5", "x"), "expected a number, 0 or more; found 'x'");
	/* A value that nothing stands in for yet has no factor. */
	CHECK_STR(refusal("train.clip", "x0.5"),
		  "train.clip: expected a number, 0 or more; found 'x0.5', a factor, which only "
		  "changes a value that a run has (set and try in the workbench); give the value "
		  "itself");
	CHECK_HAS(refusal("train.epoch", "x2"), "found 'x2', a factor");
	CHECK_HAS(refusal("train.memory", "x2"), "found 'x2', a factor");
}

TEST(maps)
{
	struct settings a = preset(), b = preset();
	const struct option *o = option_find("exp.map");
	struct err e = {0};

	CHECK_STR(round_trip("exp.map", "exc=hap,fru=drop"), "exc=hap,fru=drop");
	CHECK_STR(round_trip("exp.map", " very happy = hap , x=a=b "), "very happy=hap,x=a=b");
	CHECK_STR(round_trip("exp.map", "Ärger=ang"), "Ärger=ang");
	CHECK_STR(round_trip("exp.map", "hap=hap"), "hap=hap");
	CHECK_STR(round_trip("exp.map", ""), "");
	CHECK_STR(refusal("exp.map", "exc"),
		  "exp.map: expected pairs of labels, as in exc=hap,fru=drop; found 'exc'");
	CHECK_HAS(refusal("exp.map", "exc=hap,"), "expected pairs of labels");
	CHECK_HAS(refusal("exp.map", "a=b,,c=d"), "expected pairs of labels");
	CHECK_HAS(refusal("exp.map", " "), "expected pairs of labels");
	CHECK_STR(refusal("exp.map", "a=b,exc="),
		  "exp.map: expected two labels, as in exc=hap or fru=drop; found 'exc=', without "
		  "the second");
	CHECK_HAS(refusal("exp.map", "= hap"), "found '= hap', without the first");
	CHECK_STR(refusal("exp.map", "exc=hap,fru=drop,exc=drop"),
		  "exp.map: 'exc' appears twice; map each label once");
	CHECK_HAS(refusal("exp.map", "a\tb=hap"), "without control characters");
	CHECK_HAS(refusal("exp.map", "a\xff=hap"), "expected labels in UTF-8");
	CHECK_HAS(refusal("exp.map", "a=01234567890123456789012345678901"), "at most 31 bytes");
	CHECK_HAS(refusal("exp.map",
			  "0123456789012345678901234567890101234567890123456789012345678901=a"),
		  "at most 63 bytes");
	CHECK_HAS(refusal("exp.map", "a=x,b=x,c=x,d=x,e=x,f=x,g=x,h=x,i=x,j=x,k=x,l=x,m=x,n=x,o=x,"
				     "p=x,q=x,r=x,s=x,t=x,u=x,v=x,w=x,x=x,y=x,z=x,1=x,2=x,3=x,4=x,"
				     "5=x,6=x,7=x"),
		  "at most 32 labels; '7=x' is one too many");

	/* The order says nothing. */
	CHECK(!option_set(&a, o, "exc=hap,fru=drop", "/", &e));
	CHECK(!option_set(&b, o, "fru=drop,exc=hap", "/", &e));
	CHECK(option_equal(&a, &b, o));
	CHECK(!option_set(&b, o, "fru=drop,exc=sad", "/", &e));
	CHECK(!option_equal(&a, &b, o));
	CHECK(!option_set(&b, o, "fru=drop", "/", &e));
	CHECK(!option_equal(&a, &b, o) && !option_equal(&b, &a, o));
}

/* What labels become must be classes. */
TEST(map_targets)
{
	static const struct {
		const char *map, *want;
	} t[] = {
		{"exc=hap,fru=drop", ""},
		{"hap=hap,ang=sad,sad=ang", ""}, /* one pass: these two change places */
		{"exc=happy", "exp.map: exc: expected drop or one of ang, hap, neu, sad "
			      "(exp.labels); found 'happy'; did you mean hap?"},
		{"fru=dropp", "exp.map: fru: expected drop or one of ang, hap, neu, sad "
			      "(exp.labels); found 'dropp'; did you mean drop?"},
		{"fru=Drop", "exp.map: fru: expected drop or one of ang, hap, neu, sad "
			     "(exp.labels); found 'Drop'; did you mean drop?"},
		{"oth=zzzzzzzz", "exp.map: oth: expected drop or one of ang, hap, neu, sad "
				 "(exp.labels); found 'zzzzzzzz'"},
		{"joy=exc,exc=hap", "exp.map: joy: expected drop or one of ang, hap, neu, sad "
				    "(exp.labels); found 'exc'; a label is mapped once: give "
				    "joy=hap"},
		{"xxx=xxx", "exp.map: xxx: expected drop or one of ang, hap, neu, sad "
			    "(exp.labels); found 'xxx'"},
	};
	struct settings s;
	struct err e = {0};

	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		s = iemocap();
		CHECK(!option_set(&s, option_find("exp.map"), t[i].map, "/", &e));
		CHECK_STR(resolved(s), t[i].want);
	}
	s = lists();
	CHECK(!setting_assign(&s, "exp.labels=joy,drop", &e));
	CHECK(!setting_assign(&s, "exp.map=x=joy", &e));
	CHECK_STR(resolved(s), "");
	CHECK(!setting_assign(&s, "exp.map=x=drop", &e));
	CHECK_HAS(resolved(s), "exp.map: x: drop leaves rows out, but exp.labels has a class of "
			       "that name; rename the class");
}

TEST(labels)
{
	CHECK_STR(round_trip("exp.labels", "ang,hap"), "ang,hap");
	CHECK_STR(round_trip("exp.labels", " very happy , sad"), "very happy,sad");
	CHECK_STR(round_trip("exp.labels", "Ärger,Glück"), "Ärger,Glück");
	CHECK_HAS(refusal("exp.labels", "a,b\xff,c"), "exp.labels: expected UTF-8; found 'b\xff'");
	CHECK_HAS(refusal("exp.labels", "a,b\xc3"), "exp.labels: expected UTF-8; found 'b\xc3'");
	CHECK_HAS(refusal("exp.labels", "a,,b"), "found an empty one");
	CHECK_HAS(refusal("exp.labels", "a,b,"), "found an empty one");
	CHECK_HAS(refusal("exp.labels", " "), "found an empty one");
	CHECK_HAS(refusal("exp.labels", "a,b,a"), "'a' appears twice");
	CHECK_HAS(refusal("exp.labels", "a,01234567890123456789012345678901"),
		  "at most 31 bytes; found '01234567890123456789012345678901'");
	CHECK_HAS(refusal("exp.labels", "a,b\tc"), "control characters");
	CHECK_HAS(refusal("exp.labels", "a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t,u,v,w,x,y,z,"
					"1,2,3,4,5,6,7"),
		  "at most 32 labels; '7' is one too many");
}

TEST(assignments)
{
	struct settings s = preset();
	struct err e = {0};

	CHECK(!setting_assign(&s, "train.epoch=3", &e));
	CHECK_INT(s.train.epoch, 3);
	CHECK(!setting_assign(&s, "exp.speaker=a=b", &e));
	CHECK_STR(s.exp.speaker, "a=b");
	CHECK(!setting_assign(&s, "exp.audio_dir=x", &e));
	CHECK_INT(s.exp.audio_dir[0], '/');
	CHECK(setting_assign(&s, "train.epoch", &e));
	CHECK_STR(e.text, "expected KEY=VALUE; found 'train.epoch'");
	err_clear(&e);
	CHECK(setting_assign(&s, "=3", &e));
	CHECK_HAS(e.text, "expected KEY=VALUE");
	err_clear(&e);
	CHECK(setting_assign(&s, "train.optimiser.lr=1", &e));
	CHECK_STR(e.text, "unknown key train.optimiser.lr; did you mean train.optimizer.lr?");
}

TEST(nearest_key)
{
	CHECK_STR(option_nearest("train.optimiser.lr"), "train.optimizer.lr");
	CHECK_STR(option_nearest("trian.epoch"), "train.epoch");
	CHECK_STR(option_nearest("train.Epochs"), "train.epoch");
	CHECK_STR(option_nearest("lr"), "train.optimizer.lr");
	CHECK_STR(option_nearest("loss.main"), "train.loss.main");
	CHECK_STR(option_nearest("train.lr"), "train.optimizer.lr");
	CHECK_STR(option_nearest("model.hidden_size"), "model.hidden_size1");
	CHECK(!option_nearest("weather"));
	CHECK(!option_nearest(""));
}

TEST(nearest_word)
{
	CHECK_INT(near_distance("abc", "abc"), 0);
	CHECK_INT(near_distance("abc", "ABC"), 0);
	CHECK_INT(near_distance("", "abc"), 3);
	CHECK_INT(near_distance("abcd", "acbd"), 1);
	CHECK_INT(near_distance("kitten", "sitting"), 3);
	CHECK_INT(near_distance("0123456789012345678901234567890123456789012345678901234567890123"
				"x",
				"x"),
		  NEAR_FAR);
}

TEST(live_options)
{
	static const char *const step[] = {"train.optimizer.lr",
					   "train.loss.main",
					   "train.loss.cmd_text",
					   "train.loss.cmd_audio",
					   "train.loss.text",
					   "train.loss.audio",
					   "train.clip",
					   "train.class_weight",
					   "train.class_weight_in",
					   "train.health",
					   NULL};
	static const char *const epoch[] = {"train.epoch",
					    "train.patience",
					    "train.schedule",
					    "train.warmup",
					    "train.plateau.factor",
					    "train.plateau.patience",
					    NULL};
	int live = 0;

	for (int i = 0; step[i]; i++)
		CHECK_INT(option_find(step[i])->when, WHEN_STEP);
	for (int i = 0; epoch[i]; i++)
		CHECK_INT(option_find(epoch[i])->when, WHEN_EPOCH);
	for (int i = 0; i < option_count; i++)
		live += option_table[i].when != WHEN_RUN;
	CHECK_INT(live, 16);
	CHECK_STR(option_when_text(option_find("train.clip")), "next step");
	CHECK_STR(option_when_text(option_find("train.epoch")), "next epoch");
	CHECK_STR(option_when_text(option_find("exp.seed")), "next run");
}

TEST(resolve_by_layout)
{
	struct settings s = iemocap();
	struct err e = {0};

	REQUIRE(!options_resolve(&s, &e));
	CHECK_INT(s.layout, LAYOUT_IEMOCAP);
	CHECK_INT(s.model.num_classes, 4);
	CHECK_INT(s.exp.nlabels, 4);
	CHECK_STR(s.exp.labels[0], "ang");
	CHECK_STR(s.exp.labels[3], "sad");
	CHECK_INT(s.model.head, 64);
	CHECK_INT(s.train.loss.form, FORM_SQUARED);
	s = lists();
	REQUIRE(!options_resolve(&s, &e));
	CHECK_INT(s.layout, LAYOUT_LISTS);
	CHECK_INT(s.model.num_classes, 7);
	CHECK_STR(s.exp.labels[0], "anger");
	CHECK_STR(s.exp.labels[6], "surprise");
	CHECK_INT(s.model.head, 128);
	CHECK_INT(s.train.loss.form, FORM_NORM);
}

TEST(resolve_keeps_what_is_given)
{
	struct settings s = iemocap(), once;
	struct err e = {0};

	CHECK(!setting_assign(&s, "exp.labels=x,y,z", &e));
	CHECK(!setting_assign(&s, "model.head=32", &e));
	CHECK(!setting_assign(&s, "train.loss.form=mse", &e));
	REQUIRE(!options_resolve(&s, &e));
	CHECK_INT(s.model.num_classes, 3);
	CHECK_INT(s.model.head, 32);
	CHECK_INT(s.train.loss.form, FORM_MSE);
	once = s;
	REQUIRE(!options_resolve(&s, &e)); /* as after a live change */
	CHECK(memcmp(&once, &s, sizeof s) == 0);
}

TEST(resolve_names_what_is_missing)
{
	struct settings s = preset();

	CHECK_STR(resolved(s), "exp.iemocap_csv: missing; give the folder of the IEMOCAP lists, or "
			       "exp.train_csv, exp.dev_csv and exp.test_csv");
	s = lists();
	s.exp.dev_csv[0] = '\0';
	CHECK_HAS(resolved(s), "exp.dev_csv: missing; exp.test_csv needs");
	s = lists();
	s.exp.train_csv[0] = s.exp.test_csv[0] = '\0';
	CHECK_HAS(resolved(s), "exp.train_csv: missing; exp.dev_csv needs");
	s = lists();
	strcpy(s.exp.iemocap_csv, "/csv");
	CHECK_HAS(resolved(s), "exp.iemocap_csv: given together with exp.");
	s = iemocap();
	s.exp.audio_dir[0] = '\0';
	CHECK_HAS(resolved(s), "exp.audio_dir: missing");
	s = iemocap();
	s.exp.text_dir[0] = '\0';
	CHECK_HAS(resolved(s), "exp.text_dir: missing");
}

TEST(resolve_checks_classes)
{
	struct settings s = iemocap();
	struct err e = {0};

	s.model.num_classes = 7;
	CHECK_STR(resolved(s), "model.num_classes: 7, but exp.labels has 4 labels; set them to "
			       "agree, or leave model.num_classes out");
	s = iemocap();
	CHECK(!setting_assign(&s, "exp.labels=one", &e));
	CHECK_HAS(resolved(s), "exp.labels: expected 2 labels or more; found 'one' alone");
}

TEST(resolve_checks_the_model)
{
	struct settings s = iemocap();

	s.model.num_heads = 3;
	CHECK_HAS(resolved(s), "model.num_heads: 3 does not divide 2 x model.hidden_size1 = 256");
	s.model.hidden_size1 = 3;
	CHECK_HAS(resolved(s), "model.num_heads: 3 does not divide 2 x model.hidden_size2 = 256");
	s.model.cross_attention = false; /* then there are no heads; the widths still differ */
	CHECK_HAS(resolved(s), "model.hidden_size2: 128 differs from model.hidden_size1 = 3");
	CHECK_HAS(resolved(s), "set train.loss.cmd_text and train.loss.cmd_audio to 0");
	s.train.loss.cmd_text = 0;
	CHECK_HAS(resolved(s), "cannot be aligned");
	s.train.loss.cmd_audio = 0;
	CHECK_STR(resolved(s), "");
	s = iemocap();
	s.model.direction = 1;
	CHECK_STR(resolved(s), "model.direction: 1, but the model is bidirectional; set 2");
}

TEST(resolve_checks_the_protocol)
{
	struct settings s = lists();

	s.exp.protocol = PROTOCOL_HOLDOUT;
	CHECK_HAS(resolved(s), "exp.protocol: holdout and session divide the sessions");
	s.exp.protocol = PROTOCOL_SESSION;
	CHECK_HAS(resolved(s), "set reference or fixed");
	s.exp.protocol = PROTOCOL_FIXED;
	CHECK_STR(resolved(s), "");
	for (int p = PROTOCOL_REFERENCE; p <= PROTOCOL_FIXED; p++) {
		s = iemocap();
		s.exp.protocol = p;
		CHECK_STR(resolved(s), "");
	}
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
