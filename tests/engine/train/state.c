/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The state file: a resume that changes nothing, and files that are refused. */
#include "tests/engine/run.h"

#include "base/file.h"

TEST(resume_is_exact)
{
	static const int stops[] = {1, 2, 4, 5, 8, 11};
	static struct run whole, part;
	struct par *par = par_new(2, &e);

	small_make(&m, LAYOUT_LISTS, three, 9, 25, false);
	for (int name = OPTIMIZER_RMSPROP; name <= OPTIMIZER_ADAMW; name++) {
		struct settings s = small_settings();

		s.train.optimizer.name = name;
		s.exp.normalize = NORMALIZE_TRAIN;
		REQUIRE(whole_run(&whole, &s, 0, 2));
		CHECK_INT(whole.steps, 12);
		for (size_t i = 0; i < sizeof stops / sizeof *stops; i++) {
			const char *path = temp_path("state.safetensors");
			struct trainer t;
			char what[64];

			memset(&part, 0, sizeof part);
			REQUIRE(trainer_open(&t, &s, &m.c, 0, par, &e) == 0);
			REQUIRE(go(&t, &part, stops[i]));
			CHECK_INT(t.step, stops[i]);
			REQUIRE(trainer_save(&t, path, &e) == 0);
			trainer_close(&t);
			memset(&part, 0, sizeof part);
			REQUIRE(trainer_open(&t, &s, &m.c, 0, par, &e) == 0);
			REQUIRE(trainer_restore(&t, path, &e) == 0);
			CHECK_INT(t.step, stops[i]);
			REQUIRE(go(&t, &part, INT32_MAX));
			finish(&t, &part);
			CHECK_INT(part.steps, whole.steps - stops[i]);
			snprintf(what, sizeof what, "%s after %d steps",
				 name == OPTIMIZER_RMSPROP ? "RMSprop" : "AdamW", stops[i]);
			check_same(what, &whole, &part);
			run_free(&part);
			trainer_close(&t);
		}
		run_free(&whole);
	}
	small_free(&m);
	par_free(par);
}

/* After an epoch's evaluation, and before the first step. */
TEST(resume_between_epochs)
{
	static struct run whole, part;
	struct settings s = small_settings();
	struct par *par = par_new(1, &e);

	small_make(&m, LAYOUT_LISTS, three, 9, 25, false);
	REQUIRE(whole_run(&whole, &s, 0, 1));
	for (int epochs = 0; epochs <= 3; epochs++) {
		const char *path = temp_path("state.safetensors");
		struct trainer t;

		memset(&part, 0, sizeof part);
		s.train.epoch = epochs ? epochs : 1;
		REQUIRE(trainer_open(&t, &s, &m.c, 0, par, &e) == 0);
		t.set.train.epoch = s.train.epoch = 3;
		while (t.epoch < epochs) {
			struct predictions p;
			struct epoch_row row;
			struct step_row step;

			trainer_epoch_begin(&t);
			while (!trainer_epoch_full(&t))
				REQUIRE(trainer_step(&t, &step, &e) == STEP_DONE);
			REQUIRE(trainer_epoch_end(&t, &row, &p, &e) == 0);
			predictions_free(&p);
		}
		REQUIRE(trainer_save(&t, path, &e) == 0);
		trainer_close(&t);
		REQUIRE(trainer_open(&t, &s, &m.c, 0, par, &e) == 0);
		REQUIRE(trainer_restore(&t, path, &e) == 0);
		CHECK_INT(t.epoch, epochs);
		CHECK(trainer_done(&t) == (epochs == 3));
		REQUIRE(go(&t, &part, INT32_MAX));
		finish(&t, &part);
		CHECK_INT(part.epochs, 3 - epochs);
		check_same("between epochs", &whole, &part);
		run_free(&part);
		trainer_close(&t);
	}
	run_free(&whole);
	small_free(&m);
	par_free(par);
}

/* A state file, byte by byte. */
struct state {
	char *bytes;
	size_t len, header; /* header: the length field and the JSON */
	struct trainer t;
};

static void check_refused(struct state *x, size_t len, const char *what, size_t at)
{
	const char *path = temp_path("broken.safetensors");

	temp_bytes(path, x->bytes, len);
	err_clear(&e);
	if (trainer_restore(&x->t, path, &e) != -1)
		FAIL("%s at byte %zu is not noticed", what, at);
	else if (!strstr(e.text, "broken.safetensors"))
		FAIL("%s at byte %zu: the sentence is \"%s\"", what, at, e.text);
	err_clear(&e);
}

TEST(broken_states_are_refused)
{
	struct settings s = small_settings();
	struct par *par = par_new(1, &e);
	static struct state x;
	static struct run r;
	const char *path = temp_path("state.safetensors");
	size_t said, end; /* the metadata, which nothing rests on but its format */
	uint64_t json;

	/* few tensors: a short header */
	small_make(&m, LAYOUT_LISTS, three, 5, 9, false);
	s.model.num_layers = 1;
	s.model.cross_attention = false;
	REQUIRE(trainer_open(&x.t, &s, &m.c, 0, par, &e) == 0);
	memset(&r, 0, sizeof r);
	REQUIRE(go(&x.t, &r, 6));
	REQUIRE(trainer_save(&x.t, path, &e) == 0);
	x.bytes = file_read(path, FILE_ROWS, &x.len, &e);
	REQUIRE(x.bytes);
	memcpy(&json, x.bytes, sizeof json);
	x.header = sizeof json + (size_t)json;
	CHECK(x.header < x.len);
	said = (size_t)(strstr(x.bytes + sizeof json, "\"labels\"") - x.bytes);
	end = (size_t)(strstr(x.bytes + sizeof json, "},\"position\"") - x.bytes);
	CHECK(said < end && end < x.header);
	for (size_t len = 0; len < x.len; len += len < 32 ? 1 : 499)
		check_refused(&x, len, "a cut", len);
	check_refused(&x, x.len - 1, "a cut", x.len - 1);
	for (size_t at = 0; at < x.header; at += at < 300 ? 1 : 29) {
		char was = x.bytes[at];

		if (at >= said && at < end)
			continue;
		x.bytes[at] = (char)(was ^ (1 << at % 7));
		check_refused(&x, x.len, "a flipped bit", at);
		x.bytes[at] = was;
	}
	/* and whole it is taken */
	temp_bytes(path, x.bytes, x.len);
	CHECK_INT(trainer_restore(&x.t, path, &e), 0);
	CHECK_INT(x.t.step, 6);
	free(x.bytes);
	trainer_close(&x.t);
	small_free(&m);
	par_free(par);
}

TEST(states_of_other_runs_are_refused)
{
	struct settings s = small_settings();
	struct par *par = par_new(1, &e);
	const char *path = temp_path("state.safetensors");
	struct trainer t, other;
	static struct run r;

	small_make(&m, LAYOUT_IEMOCAP, five, 5, 9, false);
	s.layout = LAYOUT_IEMOCAP;
	REQUIRE(trainer_open(&t, &s, &m.c, 3, par, &e) == 0);
	memset(&r, 0, sizeof r);
	REQUIRE(go(&t, &r, 2));
	REQUIRE(trainer_save(&t, path, &e) == 0);

	REQUIRE(trainer_open(&other, &s, &m.c, 1, par, &e) == 0);
	CHECK_INT(trainer_restore(&other, path, &e), -1);
	trainer_close(&other);
	err_clear(&e);
	t.fold = 2;
	CHECK_INT(trainer_restore(&t, path, &e), -1);
	CHECK_HAS(e.text, "not a state of fold 2");
	t.fold = 3;
	err_clear(&e);
	s.train.optimizer.name = OPTIMIZER_ADAMW;
	REQUIRE(trainer_open(&other, &s, &m.c, 3, par, &e) == 0);
	CHECK_INT(trainer_restore(&other, path, &e), -1);
	CHECK_HAS(e.text, "mean/");
	trainer_close(&other);
	err_clear(&e);

	/* what shapes do not tell */
	s.train.optimizer.name = OPTIMIZER_RMSPROP;
	for (int i = 0; i < 4; i++) {
		struct settings changed = s;

		if (i == 0)
			strcpy(changed.exp.labels[1], "other");
		else if (i == 1)
			changed.model.num_heads = 4;
		else if (i == 2)
			changed.train.padding = PADDING_REFERENCE;
		else
			changed.exp.normalize = NORMALIZE_TRAIN;
		REQUIRE(trainer_open(&other, &changed, &m.c, 3, par, &e) == 0);
		CHECK_INT(trainer_restore(&other, path, &e), -1);
		CHECK_HAS(e.text, i == 0   ? "trained with exp.labels ,, (here ,other,); put that"
				  : i == 1 ? "trained with model.num_heads 2 (here 4); put that"
				  : i == 2 ? "trained with train.padding masked (here reference)"
					   : "trained with exp.normalize none (here train)");
		trainer_close(&other);
		err_clear(&e);
	}

	/* positions no run has */
	t.best_epoch = 7;
	t.epoch = 1;
	REQUIRE(trainer_save(&t, path, &e) == 0);
	CHECK_INT(trainer_restore(&t, path, &e), -1);
	err_clear(&e);
	t.best_epoch = 0;
	t.in_epoch = 100;
	t.step = 100;
	REQUIRE(trainer_save(&t, path, &e) == 0);
	CHECK_INT(trainer_restore(&t, path, &e), -1);
	err_clear(&e);
	t.in_epoch = 1;
	t.step = 0; /* fewer than in the epoch */
	REQUIRE(trainer_save(&t, path, &e) == 0);
	CHECK_INT(trainer_restore(&t, path, &e), -1);
	err_clear(&e);
	t.step = 1;
	t.loss_sum = INFINITY;
	REQUIRE(trainer_save(&t, path, &e) == 0);
	CHECK_INT(trainer_restore(&t, path, &e), -1);
	err_clear(&e);
	t.loss_sum = 1;
	t.order[3] = t.order[2];
	REQUIRE(trainer_save(&t, path, &e) == 0);
	CHECK_INT(trainer_restore(&t, path, &e), -1);
	CHECK_HAS(e.text, "twice");
	err_clear(&e);
	t.order[3] = t.split.n[PART_TRAIN];
	REQUIRE(trainer_save(&t, path, &e) == 0);
	CHECK_INT(trainer_restore(&t, path, &e), -1);
	CHECK_HAS(e.text, "the order names row");
	err_clear(&e);
	t.order[3] = 0;
	t.rng.next = RNG_WORDS + 1;
	REQUIRE(trainer_save(&t, path, &e) == 0);
	CHECK_INT(trainer_restore(&t, path, &e), -1);
	err_clear(&e);
	trainer_close(&t);
	small_free(&m);
	par_free(par);
}

/* Fewer and more training rows than when it was stored: an error, or, where that is
 * meant, the epoch goes on with the rows there are. */
TEST(other_data)
{
	static const int many[3] = {15, 2, 2}, few[3] = {5, 2, 2};
	static struct small less, more;
	const char *path = temp_path("other.safetensors");
	struct settings s = small_settings();
	struct par *par = par_new(1, &e);
	static struct run part;
	struct trainer t;

	small_make(&m, LAYOUT_LISTS, three, 9, 25, false);
	small_make(&less, LAYOUT_LISTS, few, 9, 25, false);
	small_make(&more, LAYOUT_LISTS, many, 9, 25, false);
	REQUIRE(trainer_open(&t, &s, &m.c, 0, par, &e) == 0);
	memset(&part, 0, sizeof part);
	REQUIRE(go(&t, &part, 3));
	REQUIRE(trainer_save(&t, path, &e) == 0);
	trainer_close(&t);
	run_free(&part);
	for (int i = 0; i < 2; i++) {
		REQUIRE(trainer_open(&t, &s, i ? &more.c : &less.c, 0, par, &e) == 0);
		CHECK_INT(trainer_restore(&t, path, &e), -1);
		CHECK_HAS(e.text, "training utterances when this was stored, now it has ");
		err_clear(&e);
		trainer_close(&t);
		REQUIRE(trainer_open(&t, &s, i ? &more.c : &less.c, 0, par, &e) == 0);
		t.other_data = true;
		REQUIRE(trainer_restore(&t, path, &e) == 0);
		CHECK_INT(t.step, 3);
		CHECK_INT(t.epoch, 1);
		CHECK_INT(t.in_epoch, i ? 3 : 2); /* of 4 and of 2 */
		CHECK_INT(trainer_epoch_full(&t), !i);
		memset(&part, 0, sizeof part);
		REQUIRE(go(&t, &part, INT32_MAX));
		CHECK_INT(t.step, i ? 3 + 1 + 2 * 4 : 3 + 2 * 2);
		trainer_close(&t);
		run_free(&part);
	}
	small_free(&m);
	small_free(&less);
	small_free(&more);
	par_free(par);
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
