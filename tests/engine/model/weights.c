/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a file of weights says of its training, and what it is compared with. */
#include "engine/model/weights.h"

#include "base/mem.h"
#include "engine/data/roster.h"
#include "engine/train/train.h"
#include "tests/engine/run.h"

static struct settings labelled(void)
{
	struct settings s = small_settings();
	static const char *const label[] = {"calm", "glad \"2\"", "überfroh"};

	for (int i = 0; i < 3; i++)
		strcpy(s.exp.labels[i], label[i]);
	return s;
}

/* A tensor under a name, and metadata if there is a key. */
static void put_file(const char *path, const char *name, const char *key, const char *value)
{
	static const float x[2] = {1, 2};
	struct st_writer *w = st_new();

	st_add(w, name, ST_F32, 1, (const int64_t[]){2}, x);
	if (key)
		st_add_meta(w, key, value);
	if (st_write(w, path, &e))
		FAIL("%s", e.text);
}

static const char *differ(const struct weights_meta *a, const struct weights_meta *b, unsigned keys)
{
	static char text[512];
	struct str out = {0};

	CHECK(weights_differ(a, b, keys, &out) == (out.len > 0));
	snprintf(text, sizeof text, "%s", str_text(&out));
	str_free(&out);
	return text;
}

/* Every key of the interface, as texts, in best, last and state. */
TEST(files_of_a_run_say_it)
{
	struct settings s = labelled();
	struct par *par = par_new(1, &e);
	char hash[ROSTER_HASH];
	const char *path;
	struct trainer t;
	static struct run r;

	small_make(&m, LAYOUT_IEMOCAP, five, 5, 9, false);
	path = temp_path("w.safetensors"); /* one of eight places, and the corpus takes many */
	s.layout = LAYOUT_IEMOCAP;
	s.exp.protocol = PROTOCOL_HOLDOUT;
	s.exp.normalize = NORMALIZE_TRAIN;
	roster_hash(&m.c, &s, hash);
	REQUIRE(trainer_open(&t, &s, &m.c, 3, par, &e) == 0);
	memset(&r, 0, sizeof r);
	REQUIRE(go(&t, &r, 8)); /* into the second epoch */
	CHECK_INT(t.state.epoch, 2);
	CHECK_INT(t.state.best_epoch, 1);
	for (int kind = 0; kind < 3; kind++) {
		static const char *const want[][2] = {
			{"labels", "[\"calm\",\"glad \\\"2\\\"\",\"überfroh\"]"},
			{"fold", "3"},
			{"heads", "2"},
			{"padding", "masked"},
			{"normalize", "train"},
			{"text_feat_dim", "6"},
			{"audio_feat_dim", "8"},
			{"version", MIUST_VERSION},
			{"protocol", "holdout"},
			{"seed", "53"},
			{"holdout", "0.2"},
			{"holdout_unit", "utterance"},
		};
		struct st_file f;

		if (kind == 0)
			REQUIRE(trainer_save_best(&t, path, &e) == 0);
		else if (kind == 1)
			REQUIRE(trainer_save_last(&t, path, &e) == 0);
		else
			REQUIRE(trainer_save(&t, path, &e) == 0);
		REQUIRE(st_open(&f, path, &e) == 0);
		for (size_t i = 0; i < sizeof want / sizeof *want; i++)
			CHECK_STR(st_meta(&f, want[i][0]), want[i][1]);
		CHECK_STR(st_meta(&f, "data"), hash);
		CHECK_STR(st_meta(&f, "epoch"), kind == 0 ? "1" : "2");
		CHECK_STR(st_meta(&f, "format"), kind == 2 ? "miust state 3" : "miust weights 1");
		st_close(&f);
	}
	trainer_close(&t);
	small_free(&m);
	par_free(par);
}

TEST(comparing)
{
	struct settings s = labelled(), other = s;
	struct weights_meta had, here;

	weights_meta_of(&had, &s, "00ff", 1, 7);
	weights_meta_of(&here, &s, "00ff", 2, 0);
	CHECK_STR(differ(&had, &here, WEIGHTS_REFUSED | WEIGHTS_NOTED | WEIGHTS_SPLIT), "");
	weights_meta_free(&here);

	strcpy(other.exp.labels[0], s.exp.labels[2]);
	strcpy(other.exp.labels[2], s.exp.labels[0]);
	other.model.num_heads = 4;
	other.train.padding = PADDING_REFERENCE;
	other.exp.holdout = 1 / 3.0;
	weights_meta_of(&here, &other, "00fe", 1, 0);
	CHECK_STR(differ(&had, &here, WEIGHTS_REFUSED),
		  "exp.labels calm,glad \"2\",überfroh (here überfroh,glad \"2\",calm), "
		  "model.num_heads 2 (here 4)");
	CHECK_STR(differ(&had, &here, WEIGHTS_NOTED),
		  "train.padding masked (here reference), "
		  "other lists (utterances, labels or lengths)");
	CHECK_STR(differ(&had, &here, WEIGHTS_SPLIT), "exp.holdout 0.2 (here 0.33333333333333331)");
	/* what is not said does not differ */
	free(had.text[WEIGHTS_LABELS]);
	had.text[WEIGHTS_LABELS] = NULL;
	CHECK_STR(differ(&had, &here, WEIGHTS_REFUSED), "model.num_heads 2 (here 4)");
	weights_meta_free(&had);
	weights_meta_free(&had);
	CHECK(weights_meta_is_empty(&had));
	CHECK(!weights_meta_is_empty(&here));
	CHECK_STR(differ(&had, &here, ~0u), "");
	weights_meta_free(&here);
}

/* A sentence holds only so much of a file's text. */
TEST(long_values_are_shortened)
{
	struct weights_meta a = {0}, b = {0};
	const char *text;

	a.text[WEIGHTS_PADDING] = mem_alloc(1001, 1);
	memset(a.text[WEIGHTS_PADDING], 'x', 1000);
	b.text[WEIGHTS_PADDING] = mem_dup("masked");
	text = differ(&a, &b, WEIGHTS_NOTED);
	CHECK_HAS(text, "train.padding xxxx");
	CHECK_HAS(text, "x… (here masked)");
	CHECK(strlen(text) < 250);
	weights_meta_free(&a);
	weights_meta_free(&b);
}

/* Without cross attention the number of heads means nothing. */
TEST(heads_of_no_attention)
{
	struct settings s = labelled(), other = s;
	struct weights_meta had, here;

	s.model.cross_attention = other.model.cross_attention = false;
	other.model.num_heads = 8;
	weights_meta_of(&had, &s, "", 1, 1);
	weights_meta_of(&here, &other, "", 1, 1);
	CHECK_STR(differ(&had, &here, ~0u), "");
	weights_meta_free(&had);
	weights_meta_free(&here);
}

TEST(only_a_major_version_is_another)
{
	static const struct {
		const char *had, *here;
		bool differ;
	} of[] = {{"0.1.0", "0.2.0", false},
		  {"0.9", "1.0", true},
		  {"1.2", "1", false},
		  {"10.0", "1.0", true},
		  {"1.0", "10.0", true}};

	for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
		struct weights_meta a = {0}, b = {0};

		a.text[WEIGHTS_VERSION] = mem_dup(of[i].had);
		b.text[WEIGHTS_VERSION] = mem_dup(of[i].here);
		CHECK((*differ(&a, &b, WEIGHTS_NOTED) != '\0') == of[i].differ);
		weights_meta_free(&a);
		weights_meta_free(&b);
	}
}

/* Settings come back as they went in; what is not said stays. */
TEST(what_they_were_trained_on)
{
	struct settings s = labelled(), own = s;
	struct weights_meta had;
	int fold = -1;

	s.exp.protocol = PROTOCOL_HOLDOUT;
	s.exp.seed = INT64_MAX;
	s.exp.holdout = 0.1 + 0.2;
	s.exp.holdout_unit = UNIT_DIALOGUE;
	weights_meta_of(&had, &s, NULL, 4, 9);
	CHECK(!had.text[WEIGHTS_DATA] && !had.text[WEIGHTS_VERSION] && !had.text[WEIGHTS_EPOCH]);
	REQUIRE(weights_trained_on(&had, &own, &fold));
	CHECK_INT(fold, 4);
	CHECK_INT(own.exp.protocol, PROTOCOL_HOLDOUT);
	CHECK(own.exp.seed == INT64_MAX);
	CHECK(own.exp.holdout == 0.1 + 0.2);
	CHECK_INT(own.exp.holdout_unit, UNIT_DIALOGUE);
	for (int k = 0; k < WEIGHTS_KEYS; k++) {
		static const char *const wrong[] = {
			"", "x", "-1", "1e9999", "nan", "99999999999", "99999999999999999999"};
		char *was = had.text[k];
		bool read = k == WEIGHTS_FOLD || k == WEIGHTS_PROTOCOL || k == WEIGHTS_HOLDOUT ||
			    k == WEIGHTS_HOLDOUT_UNIT;

		for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
			had.text[k] = (char *)wrong[i]; /* only read */
			own = s;
			/* -1 and 99999999999 are seeds */
			if (k == WEIGHTS_SEED)
				CHECK(weights_trained_on(&had, &own, &fold) == (i == 2 || i == 5));
			else
				CHECK(weights_trained_on(&had, &own, &fold) == !read);
		}
		had.text[k] = NULL;
		own = s;
		CHECK(weights_trained_on(&had, &own, &fold) == (k != WEIGHTS_FOLD));
		CHECK(own.exp.seed == s.exp.seed && own.exp.holdout == s.exp.holdout);
		had.text[k] = was;
	}
	for (int i = 0; i < 3; i++) { /* a share: neither nothing nor all */
		static const char *const share[] = {"0", "1", "1.5"};
		char *was = had.text[WEIGHTS_HOLDOUT];

		had.text[WEIGHTS_HOLDOUT] = (char *)share[i];
		CHECK(!weights_trained_on(&had, &own, &fold));
		had.text[WEIGHTS_HOLDOUT] = was;
	}
	weights_meta_free(&had);
}

/* However its JSON is spaced; and what is not a list of texts. */
TEST(labels_in_a_file)
{
	const char *path = temp_path("labels.safetensors");
	static const char *const wrong[] = {"", "calm", "[]", "[1]", "{\"a\":1}", "[\"a\",null]"};
	struct weights_file w;

	put_file(path, "x", "labels", "[ \"a\",  \"b\" ]");
	REQUIRE(weights_open(&w, path, &e) == 0);
	CHECK_STR(w.meta.text[WEIGHTS_LABELS], "[\"a\",\"b\"]");
	weights_close(&w);
	weights_close(&w);
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		put_file(path, "x", "labels", wrong[i]);
		CHECK_INT(weights_open(&w, path, &e), -1);
		CHECK_HAS(e.text,
			  "labels.safetensors: its metadata has labels that are not a JSON");
		err_clear(&e);
	}
	put_file(path, "x", "format", "pt"); /* PyTorch's own */
	REQUIRE(weights_open(&w, path, &e) == 0);
	CHECK(weights_meta_is_empty(&w.meta));
	weights_close(&w);
}

/* Of PyTorch's DataParallel: all names have it, or it is a name like others. */
TEST(names_with_module_in_front)
{
	const char *path = temp_path("module.safetensors");
	struct params p = {0};
	struct weights_file f;
	struct st_writer *w;

	params_add(&p, "one.bias", 3, 0, INIT_UNIFORM, 1);
	params_add(&p, "two.bias", 2, 0, INIT_UNIFORM, 1);
	REQUIRE(params_ready(&p, &e) == 0);
	for (int i = 0; i < 3; i++)
		p.w[i] = (float)i + 1;
	w = st_new();
	params_put(&p, p.w, "module.", w);
	REQUIRE(st_write(w, path, &e) == 0);
	memset(p.w, 0, p.total * sizeof *p.w);
	REQUIRE(weights_open(&f, path, &e) == 0);
	CHECK_INT(weights_load(&f, &p, &e), 0);
	CHECK(p.w[0] == 1 && p.w[2] == 3);
	weights_close(&f);

	/* one more than the model has */
	w = st_new();
	params_put(&p, p.w, "module.", w);
	st_add(w, "module.three.bias", ST_F32, 1, (const int64_t[]){2}, p.w);
	REQUIRE(st_write(w, path, &e) == 0);
	REQUIRE(weights_open(&f, path, &e) == 0);
	CHECK_INT(weights_load(&f, &p, &e), -1);
	CHECK_HAS(e.text, "module.three.bias is not part of this model");
	err_clear(&e);
	weights_close(&f);

	/* only some */
	w = st_new();
	st_add(w, "module.one.bias", ST_F32, 1, (const int64_t[]){3}, p.w);
	st_add(w, "two.bias", ST_F32, 1, (const int64_t[]){2}, p.w);
	REQUIRE(st_write(w, path, &e) == 0);
	REQUIRE(weights_open(&f, path, &e) == 0);
	CHECK_INT(weights_load(&f, &p, &e), -1);
	CHECK_HAS(e.text, "one.bias is missing");
	err_clear(&e);
	weights_close(&f);
	params_free(&p);
}

/* Weights of that model, with one piece of metadata replaced (value NULL: left out). */
static void put_model(const char *path, const struct settings *s, int key, const char *value)
{
	struct par *par = par_new(1, &e);
	struct weights_meta meta;
	struct model model;

	weights_meta_of(&meta, s, "00ff", 2, 7);
	if (key >= 0) {
		free(meta.text[key]);
		meta.text[key] = value ? mem_dup(value) : NULL;
	}
	CHECK_INT(model_open(&model, s, par, &e), 0);
	CHECK_INT(weights_save(&model.params, model.params.w, &meta, path, &e), 0);
	model_close(&model);
	par_free(par);
	weights_meta_free(&meta);
}

/* The sentence, or "" if all was said. */
static const char *settled(const char *path, struct settings *to)
{
	static struct err why;
	struct weights_file w;

	err_clear(&why);
	memset(to, 0, sizeof *to);
	if (weights_open(&w, path, &why) == 0)
		weights_settings(&w, to, &why);
	weights_close(&w);
	return why.text;
}

TEST(a_file_says_its_model)
{
	struct settings s = labelled(), got;
	const char *path = temp_path("model.safetensors");

	s.exp.normalize = NORMALIZE_TRAIN;
	s.model.hidden_size2 = 6;
	s.model.num_layers = 3;
	s.model.attention_size = 5;
	s.train.loss.cmd_text = s.train.loss.cmd_audio = 0;
	put_model(path, &s, -1, NULL);
	CHECK_STR(settled(path, &got), "");
	CHECK_INT(got.exp.nlabels, 3);
	for (int i = 0; i < 3; i++)
		CHECK_STR(got.exp.labels[i], s.exp.labels[i]);
	CHECK_INT(got.exp.normalize, NORMALIZE_TRAIN);
	CHECK_INT(got.model.num_classes, 3);
	CHECK_INT(got.model.text_feat_dim, SMALL_TEXT);
	CHECK_INT(got.model.audio_feat_dim, SMALL_AUDIO);
	CHECK_INT(got.model.num_heads, 2);
	CHECK_INT(got.model.num_layers, 3);
	CHECK_INT(got.model.hidden_size1, 4);
	CHECK_INT(got.model.hidden_size2, 6);
	CHECK_INT(got.model.attention_size, 5);
	CHECK_INT(got.model.head, 10);
	CHECK(got.model.cross_attention);
	s.model.cross_attention = false;
	s.exp.normalize = NORMALIZE_NONE;
	put_model(path, &s, -1, NULL);
	CHECK_STR(settled(path, &got), "");
	CHECK(!got.model.cross_attention);
	CHECK_INT(got.exp.normalize, NORMALIZE_NONE);
}

TEST(a_file_that_does_not)
{
	static const struct {
		int key;
		const char *value, *want;
	} t[] = {
		{WEIGHTS_LABELS, NULL, "its metadata does not say its labels; give the config"},
		{WEIGHTS_LABELS, "[\"one\"]", "its metadata has 1 labels; expected 2 to 32"},
		{WEIGHTS_LABELS, "[\"\",\"b\",\"c\"]", "a label of 0 bytes; expected 1 to 31"},
		{WEIGHTS_LABELS, "[\"01234567890123456789012345678901\",\"b\",\"c\"]",
		 "a label of 32 bytes; expected 1 to 31"},
		{WEIGHTS_LABELS, "{\"a\":1}", "labels that are not a JSON list of strings"},
		{WEIGHTS_HEADS, NULL, "its metadata does not say heads"},
		{WEIGHTS_HEADS, "-1", "its metadata says -1 of heads; expected 0 to 1024"},
		{WEIGHTS_HEADS, "2x", "its metadata says 2x of heads"},
		{WEIGHTS_TEXT, "0", "its metadata says 0 of text_feat_dim; expected 1 to 8192"},
		{WEIGHTS_AUDIO, "99999999999999999999", "of audio_feat_dim"},
		{WEIGHTS_AUDIO, "", "its metadata says  of audio_feat_dim"},
	};
	struct settings s = labelled(), got;
	const char *path = temp_path("unsaid.safetensors");

	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		put_model(path, &s, t[i].key, t[i].value);
		CHECK_HAS(settled(path, &got), t[i].want);
	}
	put_file(path, "x", NULL, NULL);
	CHECK_HAS(settled(path, &got), "does not say how it was trained (no metadata), so its "
				       "labels are not known; give the config");
	put_file(path, "x", "labels", "[\"a\",\"b\"]");
	CHECK_HAS(settled(path, &got), "its metadata does not say heads");
}

TEST(other_files_of_the_folder)
{
	struct settings s = labelled();
	struct par *par = par_new(1, &e);
	struct weights_file w;
	struct trainer t;
	const char *path;

	small_make(&m, LAYOUT_LISTS, three, 5, 9, false);
	s.exp.normalize = NORMALIZE_TRAIN;
	REQUIRE(trainer_open(&t, &s, &m.c, 0, par, &e) == 0);
	path = temp_path("state.safetensors");
	REQUIRE(trainer_save(&t, path, &e) == 0);
	CHECK_INT(weights_open(&w, path, &e), -1);
	CHECK_HAS(e.text, "state.safetensors: is the training state of a fold");
	CHECK_HAS(e.text, "use best.safetensors next to it");
	err_clear(&e);
	path = temp_path("normalize.safetensors");
	REQUIRE(norm_save(&t.norm, path, &e) == 0);
	CHECK_INT(weights_open(&w, path, &e), -1);
	CHECK_HAS(e.text, "normalize.safetensors: holds the means and deviations of features");
	err_clear(&e);
	trainer_close(&t);
	small_free(&m);
	par_free(par);
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
