/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The state file: a resume that changes nothing, and files that are refused. */
#include "tests/engine/run.h"

#include "base/file.h"
#include "base/mem.h"

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
			CHECK_INT(t.state.step, stops[i]);
			REQUIRE(trainer_save(&t, path, &e) == 0);
			trainer_close(&t);
			memset(&part, 0, sizeof part);
			REQUIRE(trainer_open(&t, &s, &m.c, 0, par, &e) == 0);
			REQUIRE(trainer_restore(&t, path, &e) == 0);
			CHECK_INT(t.state.step, stops[i]);
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
		while (t.state.epoch < epochs) {
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
		CHECK_INT(t.state.epoch, epochs);
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
struct stored {
	char *bytes;
	size_t len, header; /* header: the length field and the JSON */
	struct trainer t;
};

static void check_refused(struct stored *x, size_t len, const char *what, size_t at)
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
	static struct stored x;
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
	end = (size_t)(strstr(x.bytes + sizeof json, "},\"number/") - x.bytes);
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
	CHECK_INT(x.t.state.step, 6);
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
	t.state.fold = 2;
	CHECK_INT(trainer_restore(&t, path, &e), -1);
	CHECK_HAS(e.text, "not a state of fold 2");
	t.state.fold = 3;
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
		CHECK_HAS(e.text, i == 0 ? "trained with exp.labels ,, (here ,other,); restore that"
				  : i == 1 ? "trained with model.num_heads 2 (here 4); restore that"
				  : i == 2 ? "trained with train.padding masked (here reference)"
					   : "trained with exp.normalize none (here train)");
		trainer_close(&other);
		err_clear(&e);
	}

	/* positions no run has */
	t.state.best_epoch = 7;
	t.state.epoch = 1;
	REQUIRE(trainer_save(&t, path, &e) == 0);
	CHECK_INT(trainer_restore(&t, path, &e), -1);
	err_clear(&e);
	t.state.best_epoch = 0;
	t.state.in_epoch = 100;
	t.state.step = 100;
	REQUIRE(trainer_save(&t, path, &e) == 0);
	CHECK_INT(trainer_restore(&t, path, &e), -1);
	err_clear(&e);
	t.state.in_epoch = 1;
	t.state.step = 0; /* fewer than in the epoch */
	REQUIRE(trainer_save(&t, path, &e) == 0);
	CHECK_INT(trainer_restore(&t, path, &e), -1);
	err_clear(&e);
	t.state.step = 1;
	t.state.loss_sum = INFINITY;
	REQUIRE(trainer_save(&t, path, &e) == 0);
	CHECK_INT(trainer_restore(&t, path, &e), -1);
	err_clear(&e);
	t.state.loss_sum = 1;
	t.state.order[3] = t.state.order[2];
	REQUIRE(trainer_save(&t, path, &e) == 0);
	CHECK_INT(trainer_restore(&t, path, &e), -1);
	CHECK_HAS(e.text, "twice");
	err_clear(&e);
	t.state.order[3] = t.split.n[PART_TRAIN];
	REQUIRE(trainer_save(&t, path, &e) == 0);
	CHECK_INT(trainer_restore(&t, path, &e), -1);
	CHECK_HAS(e.text, "the order names row");
	err_clear(&e);
	t.state.order[3] = 0;
	t.state.rng.next = RNG_WORDS + 1;
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
		CHECK_INT(t.state.step, 3);
		CHECK_INT(t.state.epoch, 1);
		CHECK_INT(t.state.in_epoch, i ? 3 : 2); /* of 4 and of 2 */
		CHECK_INT(trainer_epoch_full(&t), !i);
		memset(&part, 0, sizeof part);
		REQUIRE(go(&t, &part, INT32_MAX));
		CHECK_INT(t.state.step, i ? 3 + 1 + 2 * 4 : 3 + 2 * 2);
		trainer_close(&t);
		run_free(&part);
	}
	small_free(&m);
	small_free(&less);
	small_free(&more);
	par_free(par);
}

/* ---- the value ---- */

/* What differs, as text; free() it. */
static char *differ(const struct state *a, const struct state *b)
{
	struct str how = {0};

	state_differ(a, b, &how);
	return how.s ? how.s : strdup("");
}

static void check_differ(const struct state *a, const struct state *b, const char *want)
{
	char *how = differ(a, b);

	CHECK_STR(how, want);
	free(how);
}

struct image {
	char *bytes;
	size_t len;
};

static void take_bytes(void *ctx, const void *bytes, size_t n)
{
	struct image *x = ctx;

	if (!n)
		return;
	x->bytes = mem_grow(x->bytes, x->len + n, 1);
	memcpy(x->bytes + x->len, bytes, n);
	x->len += n;
}

/* In memory it is the file, byte for byte, and is read like it. */
TEST(a_state_in_memory)
{
	struct settings s = small_settings();
	struct par *par = par_new(1, &e);
	const char *path = temp_path("image.safetensors");
	struct image x = {0};
	struct state back;
	struct trainer t;
	static struct run r;
	char *file;
	size_t len;

	small_make(&m, LAYOUT_LISTS, three, 5, 9, false);
	REQUIRE(trainer_open(&t, &s, &m.c, 0, par, &e) == 0);
	memset(&r, 0, sizeof r);
	REQUIRE(go(&t, &r, 6));
	REQUIRE(trainer_save(&t, path, &e) == 0);
	file = file_read(path, FILE_ROWS, &len, &e);
	REQUIRE(file);
	state_emit(&t.state, take_bytes, &x);
	CHECK(x.len == len && memcmp(x.bytes, file, len) == 0);
	REQUIRE(state_load_bytes(&back, &t.state, x.bytes, x.len, "here", &e) == 0);
	check_differ(&back, &t.state, "");
	state_free(&back);
	CHECK_INT(state_load_bytes(&back, &t.state, x.bytes, x.len - 1, "here", &e), -1);
	CHECK_HAS(e.text, "here: ");
	err_clear(&e);
	CHECK_INT(state_load_bytes(&back, &t.state, x.bytes, 9, "here", &e), -1);
	CHECK_HAS(e.text, "here: not a safetensors file");
	err_clear(&e);
	free(file);
	free(x.bytes);
	trainer_close(&t);
	small_free(&m);
	par_free(par);
}

/* Taken within an epoch, put back after its end, and into another trainer: both go on as
 * if nothing had been. */
TEST(a_state_goes_back_and_into_another_trainer)
{
	static struct run whole, part;
	struct par *par = par_new(2, &e);

	small_make(&m, LAYOUT_LISTS, three, 9, 25, false);
	for (int name = OPTIMIZER_RMSPROP; name <= OPTIMIZER_ADAMW; name++) {
		struct settings s = small_settings();
		struct state taken = {0};
		struct trainer t, other;
		char *how;

		s.train.optimizer.name = name;
		REQUIRE(whole_run(&whole, &s, 0, 2));
		REQUIRE(trainer_open(&t, &s, &m.c, 0, par, &e) == 0);
		memset(&part, 0, sizeof part);
		REQUIRE(go(&t, &part, 6));
		REQUIRE(state_copy(&taken, &t.state, &e) == 0);
		check_differ(&taken, &t.state, "");
		REQUIRE(go(&t, &part, INT32_MAX));
		how = differ(&taken, &t.state);
		CHECK_HAS(how, "epoch 2 (there 3), in_epoch 2 (there 4), step 6 (there 12)");
		CHECK_HAS(how, "the generator, the order, weights/lstm1.weight_ih_l0, square/");
		free(how);
		REQUIRE(trainer_put(&t, &taken, &e) == 0);
		check_differ(&taken, &t.state, "");
		REQUIRE(trainer_open(&other, &s, &m.c, 0, par, &e) == 0);
		REQUIRE(trainer_put(&other, &taken, &e) == 0);
		trainer_close(&other); /* the copy does not live from it */
		REQUIRE(trainer_open(&other, &s, &m.c, 0, par, &e) == 0);
		REQUIRE(trainer_put(&other, &taken, &e) == 0);
		state_free(&taken);
		for (int i = 0; i < 2; i++) {
			struct trainer *on = i ? &other : &t;

			run_free(&part);
			REQUIRE(go(on, &part, INT32_MAX));
			finish(on, &part);
			CHECK_INT(part.steps, 6);
			check_same(i ? "in another trainer" : "put back", &whole, &part);
			trainer_close(on);
		}
		run_free(&part);
		run_free(&whole);
	}
	small_free(&m);
	par_free(par);
}

/* Each number and each array is compared, stored and read again. */
TEST(every_part_counts)
{
	struct settings s = small_settings();
	struct par *par = par_new(1, &e);
	struct state a = {0}, b = {0};
	const char *path;
	static struct run r;
	struct trainer t;

	s.train.optimizer.name = OPTIMIZER_ADAMW;
	small_make(&m, LAYOUT_LISTS, three, 5, 9, false);
	path = temp_path("part.safetensors");
	REQUIRE(trainer_open(&t, &s, &m.c, 0, par, &e) == 0);
	memset(&r, 0, sizeof r);
	REQUIRE(go(&t, &r, 6));
	REQUIRE(state_copy(&a, &t.state, &e) == 0);
	for (int i = 0; i < 24; i++) {
		const size_t last = a.layout.tensor[a.layout.n - 1].at;
		char *how;
		struct state c;

		REQUIRE(state_copy(&b, &a, &e) == 0);
		switch (i) {
#define PART(n, change, said)                                  \
	case n:                                                \
		change;                                        \
		how = differ(&a, &b);                          \
		if (strncmp(how, said, strlen(said)) != 0)     \
			FAIL("%s: said is \"%s\"", said, how); \
		break
			PART(0, b.fold++, "fold 0 (there 1)");
			PART(1, b.epoch++, "epoch 2 (there 3)");
			PART(2, b.in_epoch--, "in_epoch 2 (there 1)");
			PART(3, b.step++, "step 6 (there 7)");
			PART(4, b.ended = true, "ended 0 (there 1)");
			PART(5, b.right = 1, "right ");
			PART(6, b.loss_sum = 0.5, "loss_sum ");
			PART(7, b.best_epoch = 2, "best_epoch 1 (there 2)");
			PART(8, b.best.wa = 0.5, "best.wa ");
			PART(9, b.best.ua = 0.5, "best.ua ");
			PART(10, b.best.wf1 = 0.5, "best.wf1 ");
			PART(11, b.best.macro_f1 = NAN, "best.macro_f1 ");
			PART(12, b.optim_steps++, "optim_steps 6 (there 7)");
			PART(13, b.rng.word[623]++, "the generator");
			PART(14, b.rng.next--, "the generator");
			PART(15, b.order[0] = a.order[1]; b.order[1] = a.order[0], "the order");
			PART(16, b.array[ARRAY_WEIGHTS][last]++, "weights/");
			PART(17, b.array[ARRAY_SQUARE][last]++, "square/");
			PART(18, b.array[ARRAY_MEAN][last]++, "mean/");
			PART(19, b.array[ARRAY_KEPT][last]++, "best/");
			PART(20, b.best_loss = 0.5, "best_loss ");
			PART(21, b.plateau.best = 0.5, "plateau.best inf (there 0.5)");
			PART(22, b.plateau.scale = 0.5, "plateau.scale 1 (there 0.5)");
			PART(23, b.plateau.bad++, "plateau.bad 0 (there 1)");
#undef PART
		default:
			how = NULL;
		}
		b.seconds = 12; /* no part: neither compared nor stored */
		REQUIRE(state_save(&b, path, &e) == 0);
		REQUIRE(state_load(&c, &t.state, path, &e) == 0);
		CHECK_NEAR(c.seconds, 0, 0);
		check_differ(&b, &c, "");
		check_differ(&a, &c, how);
		free(how);
		state_free(&c);
	}
	state_free(&a);
	state_free(&b);
	trainer_close(&t);
	small_free(&m);
	par_free(par);
}

/* A trainer of another run refuses a state, and stays as it was. */
TEST(a_state_of_another_run_changes_nothing)
{
	struct settings s = small_settings();
	struct par *par = par_new(1, &e);
	struct state taken = {0}, before = {0};
	static struct run r;
	struct trainer t;

	small_make(&m, LAYOUT_IEMOCAP, five, 5, 9, false);
	s.layout = LAYOUT_IEMOCAP;
	REQUIRE(trainer_open(&t, &s, &m.c, 3, par, &e) == 0);
	memset(&r, 0, sizeof r);
	REQUIRE(go(&t, &r, 2));
	REQUIRE(state_copy(&taken, &t.state, &e) == 0);
	trainer_close(&t);
	for (int i = 0; i < 2; i++) {
		struct settings other = s;

		if (i == 1)
			other.model.num_heads = 1;
		REQUIRE(trainer_open(&t, &other, &m.c, i == 0 ? 1 : 3, par, &e) == 0);
		REQUIRE(state_copy(&before, &t.state, &e) == 0);
		CHECK_INT(trainer_put(&t, &taken, &e), -1);
		CHECK_HAS(e.text, i == 0 ? "the state: fold 1 had" : "model.num_heads 2 (here 1)");
		err_clear(&e);
		check_differ(&before, &t.state, "");
		trainer_close(&t);
	}
	state_free(&taken);
	state_free(&before);
	small_free(&m);
	par_free(par);
}

/* ---- versions of the file ---- */

/* What an earlier version stored after 6 of 12 steps: read, and gone on with as from
 * the file this version makes of it. Its training did, from there, as recorded below. */
static void goes_on(const char *stored)
{
	static const double losses[] = {0.510274003, 0.526452815, 0.420069069,
					0.393744864, 0.479035996, 0.427876};
	struct settings s = small_settings();
	struct par *par = par_new(1, &e);
	const char *path;
	struct state old, now;
	struct trainer t;
	static struct run r, again;
	int epochs, steps;

	small_make(&m, LAYOUT_LISTS, three, 5, 9, false);
	path = temp_path("now.safetensors");
	s.model.num_layers = 1;
	s.model.cross_attention = false;
	s.model.hidden_size1 = s.model.hidden_size2 = 2;
	s.train.loss.main = 0.25;
	REQUIRE(trainer_stored(stored, &epochs, &steps, &e) == 0);
	CHECK_INT(epochs, 1);
	CHECK_INT(steps, 6);
	REQUIRE(trainer_open(&t, &s, &m.c, 0, par, &e) == 0);
	REQUIRE(trainer_restore(&t, stored, &e) == 0);
	CHECK_INT(t.state.epoch, 2);
	CHECK_INT(t.state.in_epoch, 2);
	CHECK_INT(t.state.step, 6);
	CHECK_INT(t.state.right, 5);
	CHECK_INT(t.state.best_epoch, 1);
	CHECK_INT(t.state.optim_steps, 6);
	CHECK(!t.state.ended);
	CHECK_NEAR(t.state.loss_sum, 1.0513886068213272, 0);
	CHECK_NEAR(t.state.best.wa, 0.4, 0);
	CHECK_NEAR(t.state.best.macro_f1, 0.19047619047619049, 0);
	CHECK(isnan(t.state.best_loss)); /* what it did not know */
	CHECK(isinf(t.state.plateau.best) && t.state.plateau.bad == 0);
	CHECK_NEAR(t.state.plateau.scale, 1, 0);
	REQUIRE(trainer_save(&t, path, &e) == 0);
	REQUIRE(state_load(&old, &t.state, stored, &e) == 0);
	REQUIRE(state_load(&now, &t.state, path, &e) == 0);
	check_differ(&old, &now, "");
	state_free(&old);
	state_free(&now);
	memset(&r, 0, sizeof r);
	REQUIRE(go(&t, &r, INT32_MAX));
	finish(&t, &r);
	CHECK_INT(r.steps, 6);
	for (int i = 0; i < r.steps; i++)
		CHECK_NEAR(r.step[i].loss, losses[i], 1e-5); /* the last digits: processors */
	CHECK_NEAR(r.epoch[1].val_loss, 0.801903947, 1e-5);
	trainer_close(&t);

	REQUIRE(trainer_open(&t, &s, &m.c, 0, par, &e) == 0);
	REQUIRE(trainer_restore(&t, path, &e) == 0);
	memset(&again, 0, sizeof again);
	REQUIRE(go(&t, &again, INT32_MAX));
	finish(&t, &again);
	CHECK_INT(again.steps, 6);
	check_same("from the file of this version", &r, &again);
	run_free(&again);
	run_free(&r);
	trainer_close(&t);
	small_free(&m);
	par_free(par);
}

TEST(states_of_earlier_versions_go_on)
{
	static const char *const stored[] = {"tests/record/state-1.safetensors",
					     "tests/record/state-2.safetensors"};

	for (int i = 0; i < 2; i++) {
		if (!file_exists(stored[i]))
			SKIP("no tests/record here: run it from the project's folder");
		goes_on(stored[i]);
	}
}

/* The format in a file's metadata. */
static void check_format(const char *path, const char *want)
{
	struct st_file f;

	REQUIRE(st_open(&f, path, &e) == 0);
	CHECK_STR(st_meta(&f, "format"), want);
	CHECK(!st_find(&f, "number/rewinds") == !strstr(want, "4"));
	st_close(&f);
}

TEST(a_state_knows_how_often_it_was_rewound)
{
	struct settings s = small_settings();
	struct par *par = par_new(1, &e);
	const char *plain, *path;
	struct str differ = {0};
	struct state back;
	struct trainer t;

	small_make(&m, LAYOUT_LISTS, three, 5, 9, false);
	plain = temp_path("plain.safetensors");
	path = temp_path("rewound.safetensors");
	REQUIRE(trainer_open(&t, &s, &m.c, 0, par, &e) == 0);
	REQUIRE(trainer_save(&t, plain, &e) == 0);
	check_format(plain, "miust state 3"); /* as it has always been */
	t.state.rewinds = 3;
	REQUIRE(trainer_save(&t, path, &e) == 0);
	check_format(path, "miust state 4");
	REQUIRE(state_load(&back, &t.state, path, &e) == 0);
	CHECK_INT(back.rewinds, 3);
	state_free(&back);
	REQUIRE(state_load(&back, &t.state, plain, &e) == 0);
	CHECK_INT(back.rewinds, 0);
	CHECK(!state_differ(&back, &t.state, &differ)); /* how it came there does not count */
	state_put(&t.state, &back);
	CHECK_INT(t.state.rewinds, 0);
	state_free(&back);
	str_free(&differ);
	trainer_close(&t);
	par_free(par);
	small_free(&m);
}

TEST(states_of_later_versions_are_refused)
{
	static const struct {
		const char *format, *said;
	} file[] = {
		{"miust state 5", "a newer version of miust wrote it (its format is \"miust state "
				  "5\", this version reads up to \"miust state 4\"); go on"},
		{"miust state 0", "its format is \"miust state 0\", expected \"miust state 4\""},
		{"miust state x", "its format is \"miust state x\", expected"},
		{"miust state ", "its format is \"miust state \", expected"},
		{"miust weights 1", "its format is \"miust weights 1\", expected"},
		{NULL, "its format is \"\", expected"},
	};
	struct settings s = small_settings();
	struct par *par = par_new(1, &e);
	const char *path;
	struct trainer t;
	int epochs, steps;

	small_make(&m, LAYOUT_LISTS, three, 5, 9, false);
	path = temp_path("later.safetensors");
	REQUIRE(trainer_open(&t, &s, &m.c, 0, par, &e) == 0);
	for (size_t i = 0; i < sizeof file / sizeof file[0]; i++) {
		struct st_writer *w = st_new();
		int64_t one = 1;

		if (file[i].format)
			st_add_meta(w, "format", file[i].format);
		st_add(w, "order", ST_I64, 1, &one, &one);
		REQUIRE(st_write(w, path, &e) == 0);
		for (int k = 0; k < 2; k++) {
			CHECK_INT(k ? trainer_stored(path, &epochs, &steps, &e)
				    : trainer_restore(&t, path, &e),
				  -1);
			CHECK_HAS(e.text, file[i].said);
			CHECK_HAS(e.text, "later.safetensors: ");
			err_clear(&e);
		}
	}
	trainer_close(&t);
	small_free(&m);
	par_free(par);
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
