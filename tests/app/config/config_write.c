/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/config/config.h"
#include "app/config/setting.h"
#include "base/file.h"
#include "base/rng.h"
#include "temp.h"
#include "test.h"

/* Resolved settings with two assignments. */
static struct settings with(const char *one, const char *two)
{
	struct settings s;
	struct err e = {0};

	options_preset(&s);
	setting_assign(&s, "exp.audio_dir=/audio", &e);
	setting_assign(&s, one, &e);
	setting_assign(&s, two, &e);
	if (e.status)
		FAIL("%s", e.text);
	err_clear(&e);
	options_resolve(&s, &e);
	return s;
}

/* Written, then read: every option is the same. Returns the text. */
static const char *rewrite(const struct settings *s)
{
	static char text[32768];
	const char *path = temp_path("written.yml");
	struct settings again;
	struct err e = {0};
	char *read;
	FILE *f = fopen(path, "w");

	if (!f || config_write(s, f, &e) || fclose(f) != 0)
		FAIL("%s", e.text);
	read = file_read(path, FILE_ROWS, NULL, &e);
	snprintf(text, sizeof text, "%s", read ? read : "");
	free(read);
	if (config_load(&again, path, NULL, 0, NULL, &e)) {
		FAIL("%s\n%s", e.text, text);
		return text;
	}
	CHECK_INT(again.layout, s->layout);
	for (int i = 0; i < option_count; i++) {
		if (!option_equal(s, &again, &option_table[i]))
			FAIL("%s changed in\n%s", option_table[i].key, text);
	}
	return text;
}

TEST(written_as_people_write)
{
	struct settings s = with("exp.text_dir=/t b", "exp.iemocap_csv=/c: #$$x");
	struct err e = {0};

	CHECK(!setting_assign(&s, "exp.labels=no,1", &e));
	CHECK(!setting_assign(&s, "model.num_classes=2", &e));
	CHECK(!setting_assign(&s, "train.clip=1e7", &e));
	CHECK(!setting_assign(&s, "train.class_weight=no=2,1=5e-4", &e));
	REQUIRE(!options_resolve(&s, &e));
	CHECK_STR(rewrite(&s), "exp:\n"
			       "  seed: 53\n"
			       "  audio_dir: /audio\n"
			       "  text_dir: /t b\n"
			       "  iemocap_csv: '/c: #$$x'\n"
			       "  labels: ['no', '1']\n"
			       "  protocol: reference\n"
			       "  holdout: 0.2\n"
			       "  holdout_unit: utterance\n"
			       "  normalize: none\n"
			       "train:\n"
			       "  optimizer:\n"
			       "    lr: 5.0e-4\n"
			       "    name: rmsprop\n"
			       "  epoch: 70\n"
			       "  batch_size: 128\n"
			       "  padding: reference\n"
			       "  clip: 1.0e+7\n"
			       "  patience: 0\n"
			       "  select: wa\n"
			       "  select_from: 1\n"
			       "  min_delta: 0\n"
			       "  schedule: cosine\n"
			       "  warmup: 0\n"
			       "  accumulate: 1\n"
			       "  microbatches: 1\n"
			       "  class_weight: {'no': 2, '1': 5.0e-4}\n"
			       "  class_weight_in: main\n"
			       "  memory: 0\n"
			       "  plateau:\n"
			       "    factor: 0.1\n"
			       "    patience: 10\n"
			       "  loss:\n"
			       "    main: 0.10\n"
			       "    cmd_text: 0.30\n"
			       "    cmd_audio: 0.30\n"
			       "    text: 0.15\n"
			       "    audio: 0.15\n"
			       "    form: squared\n"
			       "    means: false\n"
			       "model:\n"
			       "  text_feat_dim: 768\n"
			       "  audio_feat_dim: 768\n"
			       "  num_classes: 2\n"
			       "  num_heads: 2\n"
			       "  num_layers: 2\n"
			       "  direction: 2\n"
			       "  hidden_size1: 128\n"
			       "  hidden_size2: 128\n"
			       "  attention_size: 4\n"
			       "  head: 64\n"
			       "  cross_attention: true\n");
}

TEST(hard_texts)
{
	static const char *const path[] = {
		"exp.text_dir=/a b/c\t\"d'\\",
		"exp.text_dir=/# x: y, [z] {w} & * ! | > % @ `",
		"exp.text_dir=/$$HOME/$${HOME}/~/$$$$",
		"exp.text_dir=/ends with a blank ",
		"exp.text_dir=/line\nbreak\r\n x\n",
		"exp.text_dir=/\xc2\x85\xe2\x80\xa8\xef\xbb\xbf",
		"exp.text_dir=/h\xc3\xb6ren/\xe8\x81\xbd/\xf0\x9f\x98\x80"};
	static const char *const speaker[] = {"null", "~", "TRUE", "-",   "- a", "1e3", "? b",
					      "a: b", "=", "<<",   " x ", "#",   "'",   "%a"};

	for (size_t i = 0; i < sizeof path / sizeof *path; i++) {
		struct settings s = with(path[i], "exp.iemocap_csv=/csv");

		rewrite(&s);
	}
	for (size_t i = 0; i < sizeof speaker / sizeof *speaker; i++) {
		struct settings s = with("exp.text_dir=/text", "exp.iemocap_csv=/csv");

		strcpy(s.exp.speaker, speaker[i]);
		strcpy(s.exp.labels[1], i == 8 || i == 10 ? "<<" : speaker[i]);
		if (s.exp.labels[1][0] == ' ')
			strcpy(s.exp.labels[1], "x y");
		rewrite(&s);
	}
}

TEST(maps_are_written_as_maps)
{
	struct settings s = with("exp.text_dir=/t", "exp.iemocap_csv=/c");
	struct err e = {0};

	CHECK(!setting_assign(&s, "exp.map=exc=hap,no=drop,very happy=hap,<<=sad,1=neu", &e));
	CHECK_HAS(rewrite(&s), "  map: {exc: hap, 'no': drop, very happy: hap, '<<': sad, "
			       "'1': neu}\n");
	CHECK(!setting_assign(&s, "exp.map=", &e));
	CHECK(!strstr(rewrite(&s), "map"));
}

static double unit(struct rng *r)
{
	return (double)rng_u64(r) * 0x1p-64;
}

/* Some value that option_set takes; about a third of them plain, a third odd. */
static void draw(struct rng *r, struct settings *s, const struct option *o)
{
	double hi = isinf(o->max) ? 1e15 : o->max;
	double v = o->min + (hi - o->min) * (rng_u32(r) % 3 ? pow(unit(r), 8) : unit(r));
	char text[64] = "";
	struct err e = {0};
	int n = 0;

	switch (o->type) {
	case OPT_INT:
	case OPT_INT64:
	case OPT_BYTES:
		snprintf(text, sizeof text, "%.0f", floor(v));
		break;
	case OPT_NUMBER:
		snprintf(text, sizeof text, rng_u32(r) % 2 ? "%.3g" : "%.17g", v);
		break;
	case OPT_BOOL:
		strcpy(text, rng_u32(r) % 2 ? "true" : "false");
		break;
	case OPT_CHOICE:
		while (o->choices[n])
			n++;
		strcpy(text, o->choices[rng_u32(r) % (uint32_t)n]);
		break;
	case OPT_WEIGHTS:
		while (o->choices[n])
			n++;
		n = (int)(rng_u32(r) % (uint32_t)(n + 1));
		if (o->choices[n])
			strcpy(text, o->choices[n]);
		else
			snprintf(text, sizeof text, "%s=%.17g", *s->exp.train_csv ? "fear" : "hap",
				 unit(r));
		break;
	default:
		return;
	}
	option_set(s, o, text, "/", &e); /* what is refused keeps its default */
}

TEST(any_settings_survive)
{
	struct rng r;
	int valid = 0;

	rng_seed(&r, 1);
	for (int i = 0; i < (RACES ? 150 : 1500); i++) {
		bool lists = rng_u32(&r) % 2;
		struct settings s = with("exp.text_dir=/text",
					 lists ? "exp.train_csv=/1.csv" : "exp.iemocap_csv=/csv");
		struct err e = {0};

		for (int k = 0; k < option_count; k++) {
			if (rng_u32(&r) % 2)
				draw(&r, &s, &option_table[k]);
		}
		if (lists) {
			strcpy(s.exp.dev_csv, "/2.csv");
			strcpy(s.exp.test_csv, "/3.csv");
			s.exp.protocol = PROTOCOL_FIXED;
		}
		/* What hangs together, drawn apart, is seldom valid. */
		s.train.warmup %= s.train.epoch;
		s.train.select_from = s.train.select_from % s.train.epoch + 1;
		if (s.exp.protocol == PROTOCOL_FIXED) {
			s.train.select = SELECT_WA;
			s.train.select_from = 1;
			s.train.min_delta = 0;
			s.train.schedule = SCHEDULE_COSINE;
		}
		s.model.direction = 2;
		s.model.num_classes = 0;
		s.model.hidden_size2 = s.model.hidden_size1 *= s.model.num_heads;
		if (s.model.hidden_size1 > HIDDEN_MAX)
			continue;
		if (options_resolve(&s, &e)) {
			FAIL("%s", e.text);
			continue;
		}
		rewrite(&s);
		valid++;
	}
	CHECK(valid > (RACES ? 50 : 500));
}

TEST(write_refuses_what_yaml_cannot_hold)
{
	struct settings s = with("exp.text_dir=/caf\xe9", "exp.iemocap_csv=/csv");
	struct err e = {0};
	FILE *f = fopen("/dev/null", "w");

	REQUIRE(f != NULL);
	CHECK(config_write(&s, f, &e));
	CHECK_HAS(e.text, "exp.text_dir: ");
	CHECK_HAS(e.text, "not UTF-8");
	fclose(f);
	f = fopen("/dev/full", "w");
	if (!f)
		SKIP("no /dev/full");
	err_clear(&e);
	s = with("exp.text_dir=/text", "exp.iemocap_csv=/csv");
	CHECK(config_write(&s, f, &e));
	CHECK_HAS(e.text, "cannot write the config: No space left on device");
	fclose(f);
}

/* What a session's config says of its data comes back, whatever is in the names. */
TEST(origin)
{
	struct settings s = with("exp.text_dir=/text", "exp.iemocap_csv=/csv"), again;
	const char *path = temp_path("origin.yml");
	struct origin o = {0}, back = {0};
	struct err e = {0};
	char *text;
	FILE *f = fopen(path, "w");

	strcpy(o.hash, "00000000000000000000000000000012");
	origin_add(&o, "Session1", 7, "null", "/a/b.npy: no such feature file; extract it");
	origin_add(&o, "Session2", 1234567, "",
		   "a quote: \"it's\", #not closed\n\x01 \xf0\x9f\x98\x80");
	REQUIRE(f && !config_write_origin(&s, &o, f, &e) && fclose(f) == 0);
	text = file_read(path, FILE_CONFIG, NULL, &e);
	CHECK_HAS(text,
		  "\ndata: '00000000000000000000000000000012'\n"
		  "left_out:\n"
		  "- {list: Session1, line: 7, id: 'null', why: '/a/b.npy: no such feature file; ");
	free(text);
	REQUIRE(config_load_origin(&again, &back, path, NULL, 0, NULL, &e) == 0);
	CHECK_STR(back.hash, o.hash);
	REQUIRE(back.nleft == 2);
	for (int i = 0; i < 2; i++) {
		CHECK_STR(back.left[i].part, o.left[i].part);
		CHECK_INT(back.left[i].line, o.left[i].line);
		CHECK_STR(back.left[i].id, o.left[i].id);
		CHECK_STR(back.left[i].why, o.left[i].why);
	}
	for (int i = 0; i < option_count; i++)
		CHECK(option_equal(&s, &again, &option_table[i]));
	origin_free(&back);
	CHECK_INT(config_load(&again, path, NULL, 0, NULL, &e), 0); /* nobody asks for it */
	origin_free(&o);
}

TEST(origin_at_fault)
{
	static const struct {
		const char *line, *says;
	} bad[] = {
		{"data: abc", ":1:7: data: expected the hash of data.csv, 32 digits; found abc"},
		{"data: {a: 1}", "unknown key data"},
		{"left_out: x", "unknown key left_out"},
		{"left_out: [1]",
		 "left_out: expected list, line, id and why of a row; found a single"},
		{"left_out: [{list: a, line: 0, id: b, why: c}]", "line (1 or more)"},
		{"left_out: [{list: a, line: 1x, id: b, why: c}]", "line (1 or more)"},
		{"left_out: [{list: a, line: 1, why: c}]", "id and why of a row"},
		{"left_out: [{list: [a], line: 1, id: b, why: c}]", "id and why of a row"},
	};

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct settings s;
		struct origin o = {0};
		struct err e = {0};

		temp_text(temp_path("bad.yml"), bad[i].line);
		CHECK_INT(config_load_origin(&s, &o, temp_path("bad.yml"), NULL, 0, NULL, &e), -1);
		CHECK_HAS(e.text, bad[i].says);
		CHECK(!o.left && !o.hash[0]);
	}
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
