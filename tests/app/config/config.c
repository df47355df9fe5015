/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/config/config.h"
#include "base/file.h"
#include "temp.h"
#include "test.h"

#define DATA                        \
	"exp:\n"                    \
	"  audio_dir: data/audio\n" \
	"  text_dir: data/text\n"   \
	"  iemocap_csv: data/csv\n"

static struct settings loaded;
static struct warnings warned;
static struct err error;

/* Loads `text` from a file config.yml; returns the sentence behind its folder,
 * "" if all is well. The results are in `loaded`, `warned`, `error`. */
static const char *load_set(const char *text, size_t len, const char *const *set, int nset)
{
	const char *path = temp_path("config.yml");
	const char *tail;

	temp_bytes(path, text, len);
	err_clear(&error);
	warnings_free(&warned);
	memset(&loaded, 0x55, sizeof loaded);
	if (config_load(&loaded, path, set, nset, &warned, &error))
		for (size_t i = 0; i < sizeof loaded; i++)
			if (((unsigned char *)&loaded)[i] != 0x55) {
				FAIL("half set: %s", error.text);
				break;
			}
	tail = strstr(error.text, "/config.yml:");
	return tail ? tail + 1 : error.text;
}

static const char *load(const char *text)
{
	return load_set(text, strlen(text), NULL, 0);
}

/* The data lines (4 of them) are put before. */
static const char *load_more(const char *text)
{
	static char all[4096];

	snprintf(all, sizeof all, DATA "%s", text);
	return load(all);
}

TEST(smallest)
{
	char want[512];

	CHECK_STR(load(DATA), "");
	snprintf(want, sizeof want, "%s/data/audio", temp_dir);
	CHECK_STR(loaded.exp.audio_dir, want);
	CHECK_INT(loaded.layout, LAYOUT_IEMOCAP);
	CHECK_INT(loaded.model.head, 64);
	CHECK_INT(loaded.train.epoch, 70);
	CHECK_INT(warned.n, 0);
}

TEST(published_meld)
{
	CHECK_STR(load("exp:\n  seed: 53\n  audio_dir: a\n  text_dir: t\n"
		       "  train_csv: c/train.csv\n  dev_csv: c/dev.csv\n  test_csv: c/test.csv\n"
		       "train:\n  batch_size: 256\n  optimizer:\n    lr: 0.0005\n  epoch: 40\n"
		       "model:\n  text_feat_dim: 768\n  audio_feat_dim: 768\n  hidden_dim: 256\n"
		       "  num_classes: 7\n  num_heads: 2\n  num_layers: 2\n  direction: 2\n"
		       "  hidden_size1: 128\n  hidden_size2: 128\n  attention_size: 4\n"
		       "  dropout: 0.3\n"),
		  "");
	CHECK_INT(loaded.layout, LAYOUT_LISTS);
	CHECK_INT(loaded.train.batch_size, 256);
	CHECK_INT(loaded.train.epoch, 40);
	CHECK_NEAR(loaded.train.optimizer.lr, 0.0005, 0);
	CHECK_INT(loaded.model.head, 128);
	CHECK_INT(loaded.train.loss.form, FORM_NORM);
	CHECK_NEAR(loaded.model.dropout, 0.3, 0);
	REQUIRE(warned.n == 2);
	CHECK_HAS(warned.text[0], "config.yml:16:3: model.hidden_dim has no effect");
	CHECK_HAS(warned.text[1], "config.yml:24:3: model.dropout has no effect");
}

TEST(golden_configs)
{
	static const char *const name[] = {"edges", "iemocap-small", "meld-small", NULL};

	for (int i = 0; name[i]; i++) {
		char path[256];
		struct err e = {0};

		snprintf(path, sizeof path, "../shared/golden/%s/config.yml", name[i]);
		if (!file_exists(path))
			SKIP("no ../shared/golden");
		if (config_load(&loaded, path, NULL, 0, NULL, &e))
			FAIL("%s", e.text);
		CHECK_INT(loaded.layout, i == 2 ? LAYOUT_LISTS : LAYOUT_IEMOCAP);
		CHECK_HAS(loaded.exp.audio_dir, "data/emotion2vec");
	}
}

TEST(our_own_configs)
{
	static const char *const name[] = {"demo", "iemocap",     "iemocap-masked",
					   "meld", "meld-masked", NULL};

	for (int i = 0; name[i]; i++) {
		char path[256];
		struct err e = {0};
		struct warnings w = {0};

		snprintf(path, sizeof path, "configs/%s.yml", name[i]);
		if (config_load(&loaded, path, NULL, 0, &w, &e))
			FAIL("%s", e.text);
		CHECK_INT(w.n, 0);
		CHECK_INT(loaded.train.padding,
			  strstr(name[i], "masked") ? PADDING_MASKED : loaded.train.padding);
	}
}

TEST(every_type)
{
	CHECK_STR(load_more("  labels: [ang, 'no', \"very sad\", 1]\n"
			    "  protocol: holdout\n"
			    "  holdout: .25\n"
			    "  speaker: # not given\n"
			    "train:\n"
			    "  memory: \"2G\"\n"
			    "  clip: 1e1\n"
			    "  loss: {means: True, form: 'mse'}\n"
			    "model:\n"),
		  "");
	CHECK_INT(loaded.exp.nlabels, 4);
	CHECK_STR(loaded.exp.labels[1], "no");
	CHECK_STR(loaded.exp.labels[2], "very sad");
	CHECK_STR(loaded.exp.labels[3], "1");
	CHECK_INT(loaded.exp.protocol, PROTOCOL_HOLDOUT);
	CHECK_NEAR(loaded.exp.holdout, 0.25, 0);
	CHECK_STR(loaded.exp.speaker, "");
	CHECK_INT(loaded.train.memory, 2LL << 30);
	CHECK_NEAR(loaded.train.clip, 10, 0);
	CHECK(loaded.train.loss.means);
	CHECK_INT(loaded.train.loss.form, FORM_MSE);
}

TEST(paths_expand)
{
	char want[512];

	setenv("HOME", "/home/me", 1);
	setenv("FEATURES", "/feat", 1);
	CHECK_STR(load("exp: {audio_dir: ~/a, text_dir: '${FEATURES}/t', iemocap_csv: ../c}\n"),
		  "");
	CHECK_STR(loaded.exp.audio_dir, "/home/me/a");
	CHECK_STR(loaded.exp.text_dir, "/feat/t");
	path_resolve(want, sizeof want, temp_dir, "../c", &error);
	CHECK_STR(loaded.exp.iemocap_csv, want);
}

TEST(anchors_aliases_merges)
{
	CHECK_STR(load_more("  seed: &n 7\n"
			    "base: &base\n"
			    "  batch_size: 16\n"
			    "  epoch: *n\n"
			    "fast: &fast {epoch: 2, patience: 1}\n"
			    "more:\n"
			    "  adam: &adam {name: adamw, lr: 0.1}\n"
			    "train:\n"
			    "  clip: 3\n"
			    "  <<: [*fast, *base]\n"
			    "  optimizer:\n"
			    "    <<: *adam\n"
			    "    lr: 0.01\n"),
		  "");
	CHECK_INT(loaded.exp.seed, 7);
	CHECK_INT(loaded.train.batch_size, 16);
	CHECK_INT(loaded.train.epoch, 2);
	CHECK_INT(loaded.train.patience, 1);
	CHECK_NEAR(loaded.train.clip, 3, 0);
	CHECK_INT(loaded.train.optimizer.name, OPTIMIZER_ADAMW);
	CHECK_NEAR(loaded.train.optimizer.lr, 0.01, 0);
}

TEST(merges_of_merges)
{
	CHECK_STR(load_more("a: &a {epoch: 1, batch_size: 1, clip: 1}\n"
			    "b: &b {<<: *a, batch_size: 2, clip: 2}\n"
			    "c: &c {epoch: 3, patience: 3}\n"
			    "train:\n"
			    "  <<: [*b, *c]\n"
			    "  clip: 9\n"),
		  "");
	CHECK_INT(loaded.train.epoch, 1); /* a, through b, is before c */
	CHECK_INT(loaded.train.batch_size, 2);
	CHECK_INT(loaded.train.patience, 3);
	CHECK_NEAR(loaded.train.clip, 9, 0);
	CHECK_HAS(load_more("train: &t\n  <<: *t\n  epoch: 4\n"),
		  "config.yml:5:8: a node contains itself");
}

/* Each level names the one before twice; read naively, 2^40 merges. */
TEST(merges_do_not_explode)
{
	char text[4096];
	int n = snprintf(text, sizeof text, DATA "m0: &m0 {epoch: 5}\n");

	for (int i = 1; i <= 40; i++)
		n += snprintf(text + n, sizeof text - (size_t)n, "m%d: &m%d {<<: [*m%d, *m%d]}\n",
			      i, i, i - 1, i - 1);
	snprintf(text + n, sizeof text - (size_t)n, "train: {<<: *m40}\n");
	CHECK_STR(load(text), "");
	CHECK_INT(loaded.train.epoch, 5);
}

TEST(unknown_keys)
{
	CHECK_STR(load_more("train:\n  optimiser:\n    lr: 1\n"),
		  "config.yml:6:3: unknown key train.optimiser.lr; did you mean "
		  "train.optimizer.lr?");
	CHECK_STR(load_more("train:\n  optimizer:\n    lrr: 1\n"),
		  "config.yml:7:5: unknown key train.optimizer.lrr; did you mean "
		  "train.optimizer.lr?");
	CHECK_STR(load_more("trian:\n  batch_size: 1\n"),
		  "config.yml:5:1: unknown key trian.batch_size; did you mean train.batch_size?");
	CHECK_STR(load_more("weather: fine\n"),
		  "config.yml:5:1: unknown key weather; `miust config` lists all");
	CHECK_STR(load_more("train: {lr: 1}\n"),
		  "config.yml:5:9: unknown key train.lr; did you mean train.optimizer.lr?");
	CHECK_STR(load_more("train.epoch: 1\n"),
		  "config.yml:5:1: train.epoch: expected nested blocks, one word a line; the "
		  "dotted form is only for --set");
	CHECK_HAS(load_more("train.loss: {main: 1}\n"),
		  "config.yml:5:1: train.loss: expected nested blocks");
	CHECK_HAS(load_more("exp2: {}\n"), "config.yml:5:1: unknown key exp2;");
	CHECK_HAS(load_more("a: &a {batch: 1}\ntrain: {<<: *a}\n"),
		  "config.yml:5:8: unknown key train.batch;");
}

TEST(wrong_types)
{
	CHECK_STR(load_more("train: 5\n"),
		  "config.yml:5:8: train: expected a block of settings; found a single word");
	CHECK_STR(load_more("train: [1]\n"),
		  "config.yml:5:8: train: expected a block of settings; found a list");
	CHECK_STR(load_more("train:\n  epoch: [1, 2]\n"),
		  "config.yml:6:10: train.epoch: expected an integer, 1 to 1000000; found a list");
	CHECK_STR(load_more("train:\n  epoch: {a: 2}\n"),
		  "config.yml:6:10: train.epoch: expected an integer, 1 to 1000000; found a block "
		  "of settings");
	CHECK_STR(load_more("train:\n  epoch: \"70\"\n"),
		  "config.yml:6:10: train.epoch: expected an integer, 1 to 1000000; found the text "
		  "\"70\"; remove the quotes");
	CHECK_STR(load_more("train:\n  epoch:\n"),
		  "config.yml:6:9: train.epoch: expected an integer, 1 to 1000000; found nothing");
	CHECK_STR(load_more("train:\n  clip: abc\n"),
		  "config.yml:6:9: train.clip: expected a number, 0 or more; found 'abc'");
	CHECK_STR(load_more("train:\n  clip: .nan\n"),
		  "config.yml:6:9: train.clip: expected a number, 0 or more; found '.nan'");
	CHECK_STR(load_more("  labels: ang\n"),
		  "config.yml:5:11: exp.labels: expected a list of 2 to 32 labels; found a single "
		  "word");
	CHECK_STR(load_more("  labels: []\n"), "config.yml:5:11: exp.labels: expected a list of 2 "
					       "to 32 labels; found an empty one");
	CHECK_STR(load_more("  labels: [a, [b]]\n"),
		  "config.yml:5:15: exp.labels: expected a name; found a list");
	CHECK_STR(load_more("  labels:\n  - a\n  - b\n  - a\n"),
		  "config.yml:8:5: exp.labels: 'a' appears twice; name each class once");
	CHECK_HAS(load_more("  labels: ['a,b', c]\n"), "config.yml:5:12: exp.labels: ");
	CHECK_STR(load_more("train:\n  <<: 5\n"),
		  "config.yml:6:7: <<: expected a block of settings, or a list of them; found a "
		  "single word");
	CHECK_HAS(load_more("train:\n  <<: [{epoch: 1}, x]\n"), "config.yml:6:20: <<: expected");
}

TEST(maps)
{
	CHECK_STR(load_more("  map: {exc: hap, fru: drop}\n"), "");
	CHECK_INT(loaded.exp.map.n, 2);
	CHECK_STR(loaded.exp.map.at[0].from, "exc");
	CHECK_STR(loaded.exp.map.at[0].to, "hap");
	CHECK_STR(loaded.exp.map.at[1].from, "fru");
	CHECK_STR(loaded.exp.map.at[1].to, "drop");
	CHECK_STR(load_more("  map:\n    'no': neu\n    very happy: hap\n"), "");
	CHECK_STR(loaded.exp.map.at[0].from, "no");
	CHECK_STR(loaded.exp.map.at[1].from, "very happy");
	CHECK_STR(load_more("  map: exc=hap,fru=drop\n"), "");
	CHECK_INT(loaded.exp.map.n, 2);
	for (int i = 0; i < 3; i++) {
		static const char *const none[] = {"{}", "", "~"};
		char text[64];

		snprintf(text, sizeof text, "  map: %s\n", none[i]);
		CHECK_STR(load_more(text), "");
		CHECK_INT(loaded.exp.map.n, 0);
	}
	/* A map of one's own goes over a merged one. */
	CHECK_STR(load_more("  map: {<<: &m {exc: hap, fru: drop}, fru: ang}\n"), "");
	CHECK_STR(loaded.exp.map.at[0].to, "ang");
	CHECK_STR(loaded.exp.map.at[1].to, "hap");

	CHECK_STR(load_more("  map: {exc: happy}\n"),
		  "config.yml:5:8: exp.map: exc: expected drop or one of ang, hap, neu, sad "
		  "(exp.labels); found 'happy'; did you mean hap?");
	CHECK_HAS(load_more("  map: {exc: hap, exc: drop}\n"), "exc appears twice; first in line");
	CHECK_STR(load_more("  map: {exc: }\n"),
		  "config.yml:5:14: exp.map: exc: expected one value; found nothing");
	CHECK_STR(load_more("  map: {exc: [hap]}\n"),
		  "config.yml:5:14: exp.map: exc: expected one value; found a list");
	CHECK_STR(load_more("  map: [{exc: hap}]\n"),
		  "config.yml:5:8: exp.map: expected a map, such as exc=hap,fru=drop; "
		  "found a list");
	CHECK_STR(load_more("  map: {'a,b': hap}\n"),
		  "config.yml:5:9: exp.map: expected a text without commas and =; found 'a,b'");
	CHECK_HAS(load_more("  map: {'a=b': hap}\n"), "config.yml:5:9: exp.map: ");
	CHECK_HAS(load_more("  map: {a: 'hap,b'}\n"),
		  "config.yml:5:12: exp.map: expected a text without commas; found 'hap,b'");
	CHECK_HAS(load_more("  map: hap\n"), "config.yml:5:8: exp.map: expected pairs of labels");
}

TEST(out_of_range)
{
	CHECK_STR(load_more("train:\n  epoch: 0\n"),
		  "config.yml:6:10: train.epoch: expected an integer, 1 to 1000000; found '0'");
	CHECK_HAS(load_more("train:\n  epoch: 5\n  padding: maksed\n"),
		  "config.yml:7:12: train.padding: expected one of reference, masked; found");
}

/* What involves several options stands where the key at fault does. */
TEST(resolve_errors_have_a_place)
{
	CHECK_HAS(load_more("model:\n  num_heads: 3\n"),
		  "config.yml:6:14: model.num_heads: 3 does not divide");
	CHECK_HAS(load_more("model:\n  num_classes: 5\n"), "config.yml:6:16: model.num_classes: 5");
	CHECK_HAS(load("exp:\n  audio_dir: a\n  iemocap_csv: c\n"),
		  "config.yml: exp.text_dir: missing; give the folder");
	CHECK_HAS(load("exp:\n  audio_dir: a\n  text_dir: t\n"),
		  "config.yml: exp.iemocap_csv: missing");
	CHECK_HAS(load_more("  train_csv: t\n"),
		  "config.yml:4:16: exp.iemocap_csv: given together with");
}

TEST(duplicates)
{
	CHECK_STR(load_more("train:\n  epoch: 1\n  clip: 1\n  epoch: 2\n"),
		  "config.yml:8:3: epoch appears twice; first in line 6");
	CHECK_STR(load_more("exp: {}\n"), "config.yml:5:1: exp appears twice; first in line 1");
	CHECK_HAS(load_more("a: &a {epoch: 1, epoch: 1}\ntrain: {<<: *a}\n"),
		  "config.yml:5:18: epoch appears twice");
}

TEST(not_for_a_config)
{
	CHECK_STR(
		load_more("train:\n  epoch: !!int 5\n"),
		"config.yml:6:10: a config takes no tag such as tag:yaml.org,2002:int; remove it");
	CHECK_HAS(load_more("train: !python/object {}\n"),
		  "config.yml:5:8: a config takes no tag such as !python/object");
	CHECK_HAS(load_more("? [a]\n: 1\n"), "config.yml:5:3: expected a key; found a list");
	CHECK_HAS(load_more("  speaker: \"a\\0b\"\n"), "config.yml:5:12: a NUL character");
	CHECK_HAS(load_more("---\nexp: 1\n"), "config.yml:6:1: a second document");
	CHECK_HAS(load(""), "config.yml: no settings in it");
	CHECK_HAS(load("# a comment\n"), "config.yml: no settings in it");
	CHECK_HAS(load("- a\n"),
		  "config.yml:1:1: expected the blocks exp, train and model; found a list");
	CHECK_HAS(load("hello\n"),
		  "config.yml:1:1: expected the blocks exp, train and model; found");
}

TEST(not_yaml)
{
	static const char latin1[] = DATA "  speaker: caf\xe9\n";

	CHECK_HAS(load_more("train: {epoch: 1\n"), "config.yml:6:1: ");
	CHECK_HAS(load_more("train:\n  epoch: *nobody\n"),
		  "config.yml:6:10: found undefined alias");
	CHECK_STR(load_more("train:\n\tepoch: 1\n"),
		  "config.yml:6:1: a tab; YAML indents with spaces only");
	CHECK_HAS(load_set(latin1, sizeof latin1 - 1, NULL, 0), "config.yml:5:15: ");
	CHECK_HAS(load_set("exp:\n\0", 6, NULL, 0), "config.yml:2:1: ");
	CHECK_HAS(load_more("train: [[[[[[\n"), "config.yml:");
	CHECK_HAS(load("exp:\r\r\r\r["), "config.yml:");
}

TEST(file_missing)
{
	struct err e = {0};
	struct settings s;

	CHECK(config_load(&s, temp_path("none.yml"), NULL, 0, NULL, &e));
	CHECK_HAS(e.text, "none.yml");
	CHECK_HAS(e.text, "no such file");
	CHECK_INT(e.status, EXIT_FAILED);
}

TEST(byte_order_mark_and_crlf)
{
	CHECK_STR(load("\xef\xbb\xbf" DATA "train:\r\n  epoch: 5\r\n"), "");
	CHECK_INT(loaded.train.epoch, 5);
}

TEST(assignments_come_last)
{
	static const char *const set[] = {"train.epoch=9", "exp.audio_dir=here", "train.epoch=8"};
	static const char *const wrong[] = {"train.epoch=x"}, *const none[] = {"train.epoc=1"};
	static const char *const heads[] = {"model.num_heads=3"};
	static const char *const shape[] = {"train.epoch"};
	static const char text[] = DATA "train:\n  epoch: 5\n";
	char here[PATH_LEN];

	CHECK_STR(load_set(text, strlen(text), set, 3), "");
	CHECK_INT(loaded.train.epoch, 8);
	path_resolve(here, sizeof here, ".", "here", &error);
	CHECK_STR(loaded.exp.audio_dir, here);
	CHECK_STR(load_set(text, strlen(text), wrong, 1),
		  "--set: train.epoch: expected an integer, 1 to 1000000; found 'x'");
	CHECK_INT(error.status, EXIT_USAGE);
	CHECK_STR(load_set(text, strlen(text), none, 1),
		  "--set: unknown key train.epoc; did you mean train.epoch?");
	CHECK_STR(load_set(text, strlen(text), shape, 1),
		  "--set: expected KEY=VALUE; found 'train.epoch'");
	CHECK_HAS(load_set(text, strlen(text), heads, 1), "config.yml: model.num_heads: 3");
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
