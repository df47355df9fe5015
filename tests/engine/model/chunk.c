/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A batch in chunks: the same results within the memory allowed. */
#include "engine/model/chunk.h"

#include "engine/model/model.h"
#include "tests/engine/run.h"

enum { N = 12 };
static const int list_sizes[] = {N + 6, 5, 6};
static const int some[N] = {4, 0, 9, 2, 11, 7, 1, 8, 3, 10, 5, 6};
static struct par *par;

static struct settings variant_of(int variant)
{
	struct settings s = small_settings();

	s.train.padding = variant & 1 ? PADDING_REFERENCE : PADDING_MASKED;
	s.model.cross_attention = !(variant & 2);
	s.train.batch_size = N;
	if (variant & 4) {
		s.model.hidden_size2 = 6;
		s.train.loss.cmd_text = s.train.loss.cmd_audio = 0;
	}
	return s;
}

/* train.memory that leaves batches so many bytes. */
static int64_t memory_for(const struct settings *s, size_t room)
{
	struct settings probe = *s;
	struct model model;
	int64_t most = INT64_C(1) << 32, left;

	probe.train.memory = most;
	if (model_open(&model, &probe, par, &e))
		abort();
	left = (int64_t)model.room;
	model_close(&model);
	return most - left + (int64_t)room;
}

static void open_model(struct model *model, const struct settings *s)
{
	struct rng r;

	if (model_open(model, s, par, &e))
		abort();
	rng_seed(&r, 21);
	for (int i = 0; i < model->params.n; i++)
		for (size_t j = 0; j < model->params.tensor[i].count; j++)
			weight(&model->params, i)[j] = rng_uniform(&r, -0.8, 0.8);
}

static size_t in_use(const struct model *model, const struct batch *b)
{
	return model->arena.size + model->chunk.size + b->arena.size;
}

/* Forward, loss and backward, with room for `room` bytes. */
static double whole_step(struct model *model, struct batch *b, const struct settings *s,
			 size_t room, double term[TERMS])
{
	double loss;

	model->room = room;
	if (batch_take(b, &m.c, s, NULL, some, N, BATCH_TRAIN, &e) ||
	    model_ready(model, b, true, &e)) {
		FAIL("%s", e.text);
		return NAN;
	}
	model_forward(model, b);
	loss = model_loss(model, b, s, NULL, term);
	model_backward(model, b);
	return loss;
}

/* Atts1 and Attt2 start with cancellation noise for gradients (model
 * specification): of those only the size in all is to agree. */
static bool is_noise(const char *tensor)
{
	return strncmp(tensor, "Atts1.", 6) == 0 || strncmp(tensor, "Attt2.", 6) == 0;
}

/* The largest, relative to each tensor's largest value. */
static double difference(const struct model *a, const struct model *b)
{
	double worst = 0, all = 0;

	for (size_t j = 0; j < a->params.total; j++)
		all = fmax(all, fabs((double)a->params.g[j]));
	for (int i = 0; i < a->params.n; i++) {
		const float *x = grad(&a->params, i), *y = grad(&b->params, i);
		double top = 0, apart = 0;

		for (size_t j = 0; j < a->params.tensor[i].count; j++) {
			top = fmax(top, fabs((double)x[j]));
			apart = fmax(apart, fabs((double)x[j] - (double)y[j]));
			if (isnan(y[j]))
				return NAN;
		}
		CHECK(top > 0);
		worst = fmax(worst,
			     apart / (is_noise(a->params.tensor[i].name) ? 1e-2 * all : top));
	}
	return worst;
}

TEST(gradients_are_those_of_the_whole)
{
	int seen = 0;

	small_make(&m, LAYOUT_LISTS, list_sizes, 14, 60, false);
	for (int variant = 0; variant < 8; variant++) {
		struct settings s = variant_of(variant);
		struct model whole, cut;
		struct batch b = {0}, c = {0};
		double term[2][TERMS], loss;
		size_t all;

		open_model(&whole, &s);
		open_model(&cut, &s);
		loss = whole_step(&whole, &b, &s, SIZE_MAX, term[0]);
		CHECK_INT(b.chunks, 1);
		all = in_use(&whole, &b);
		for (size_t room = all;; room = room * 2 / 3) {
			double again = whole_step(&cut, &c, &s, room, term[1]);
			double apart = difference(&whole, &cut);

			CHECK_INT(c.n, N);
			CHECK_NEAR(again / loss, 1, 1e-6);
			for (int i = 0; i < TERMS; i++)
				CHECK_NEAR(term[1][i], term[0][i], 1e-5 * fabs(term[0][i]));
			for (int i = 0; i < N; i++) {
				CHECK_INT(c.label[i], b.label[i]);
				for (int k = 0; k < SMALL_CLASSES; k++)
					CHECK_NEAR(model_logits(&cut,
								HEAD_MAIN)[i * SMALL_CLASSES + k],
						   model_logits(&whole,
								HEAD_MAIN)[i * SMALL_CLASSES + k],
						   1e-5);
			}
			if (!(apart <= 1e-5))
				FAIL("variant %d, %d chunks: gradients differ by %g", variant,
				     c.chunks, apart);
			if (c.chunks == 1)
				CHECK(memcmp(whole.params.g, cut.params.g,
					     cut.params.total * sizeof(float)) == 0);
			seen |= 1 << c.chunks;
			if (c.chunks == N)
				break;
		}
		model_close(&whole);
		model_close(&cut);
		batch_free(&b);
		batch_free(&c);
	}
	CHECK(seen & 1 << 1 && seen & 1 << 2 && seen & 1 << 3 && seen & 1 << N);
	small_free(&m);
}

/* Every utterance in one chunk; none larger than the room, none that could have
 * taken one more; the longest in the last. */
static void check_cut(const struct model *model, const struct batch *b, size_t share)
{
	int seen[N] = {0};

	CHECK_INT(b->cut[0], 0);
	CHECK_INT(b->cut[b->chunks], N);
	for (int i = 0; i < N; i++) {
		CHECK_INT(seen[b->row[i]]++, 0);
		CHECK(i == 0 || b->frames[i - 1] <= b->frames[i]);
	}
	for (int i = 0; i < b->chunks; i++) {
		int from = b->cut[i], to = b->cut[i + 1];

		CHECK(from < to);
		if (to - from > 1)
			CHECK(chunk_bytes(&model->encoder, b, from, to, true) <= share);
		if (from > 0)
			CHECK(chunk_bytes(&model->encoder, b, from - 1, to, true) > share);
	}
}

/* Room that any utterance fits into, alone. */
static size_t least_room(const struct model *model, const struct batch *b)
{
	size_t most = 0;

	for (int i = 0; i < N; i++) {
		size_t bytes = chunk_bytes(&model->encoder, b, i, i + 1, true);

		most = bytes > most ? bytes : most;
	}
	return most + model->arena.used + b->arena.used;
}

/* The room is kept, by what arenas really hold; what one utterance needs
 * beyond is given back. */
TEST(the_room_is_kept)
{
	small_make(&m, LAYOUT_LISTS, list_sizes, 14, 60, false);
	for (int variant = 0; variant < 8; variant++) {
		struct settings s = variant_of(variant);
		double term[TERMS];
		struct model model;
		struct batch b = {0};
		size_t all;

		open_model(&model, &s);
		model.room = SIZE_MAX;
		REQUIRE(batch_take(&b, &m.c, &s, NULL, some, N, BATCH_TRAIN, &e) == 0);
		CHECK(model_holds(&model, &b, true));
		REQUIRE(model_ready(&model, &b, true, &e) == 0);
		CHECK_INT((long long)model.chunk.used,
			  (long long)chunk_bytes(&model.encoder, &b, 0, N, true));
		all = in_use(&model, &b);
		model.room = all - 1;
		CHECK(!model_holds(&model, &b, true));
		model.room = all;
		CHECK(model_holds(&model, &b, true));
		for (size_t room = all - 1, least = least_room(&model, &b); room >= least;
		     room -= all / (RACES ? 10 : 50)) {
			whole_step(&model, &b, &s, room, term);
			CHECK(b.chunks > 1);
			CHECK(in_use(&model, &b) <= room);
			check_cut(&model, &b, room - model.arena.used - b.arena.used);
		}
		whole_step(&model, &b, &s, 0, term);
		CHECK_INT(b.chunks, N);
		model_close(&model);
		batch_free(&b);
	}
	small_free(&m);
}

/* Room is made before the first chunk; the others find it. */
TEST(nothing_is_allocated_between_chunks)
{
	struct settings s = variant_of(0);
	struct model model;
	struct batch b = {0};
	double term[TERMS];
	const char *block;

	small_make(&m, LAYOUT_LISTS, list_sizes, 14, 60, false);
	open_model(&model, &s);
	model.room = 0;
	REQUIRE(batch_take(&b, &m.c, &s, NULL, some, N, BATCH_TRAIN, &e) == 0);
	REQUIRE(model_ready(&model, &b, true, &e) == 0);
	block = model.chunk.block;
	model_forward(&model, &b);
	model_loss(&model, &b, &s, NULL, term);
	model_backward(&model, &b);
	CHECK(model.chunk.block == block);
	model_close(&model);
	batch_free(&b);
	small_free(&m);
}

TEST(what_a_run_holds_anyway_counts)
{
	struct settings s = small_settings();
	size_t total = 1 << 20, arrays = 4 * sizeof(float) << 20;

	s.train.memory = 1 << 30;
	CHECK_INT((long long)chunk_room(&s, total),
		  (long long)((1 << 30) - PROGRAM_BYTES - arrays));
	s.train.optimizer.name = OPTIMIZER_ADAMW;
	CHECK_INT((long long)chunk_room(&s, total),
		  (long long)((1 << 30) - PROGRAM_BYTES - arrays / 4 * 5));
	s.train.microbatches = 5; /* a gradient of each of three levels of their tree, and one */
	CHECK_INT((long long)chunk_room(&s, total),
		  (long long)((1 << 30) - PROGRAM_BYTES - arrays / 4 * 9));
	s.train.microbatches = 1;
	s.train.memory = 1;
	CHECK_INT((long long)chunk_room(&s, total), 0);
	s.train.memory = 0; /* on any machine */
	CHECK_INT((long long)chunk_room(&s, total),
		  (8LL << 30) - PROGRAM_BYTES - (long long)(arrays / 4 * 5));
}

/* With that all of a run's chunks fit, and with no less: what the run really
 * takes, at its most, is it. */
TEST(least_memory)
{
	for (int variant = 0; variant < 4; variant++) {
		struct settings s = variant_of(variant);
		size_t used = 0;
		struct trainer t;
		int64_t least;

		small_make(&m, LAYOUT_LISTS, list_sizes, 14, 60, false);
		s.train.batch_size = N + 6; /* the longest words and frames meet */
		REQUIRE(trainer_open(&t, &s, &m.c, 0, par, &e) == 0);
		least = trainer_memory(&t).least;
		trainer_close(&t);
		s.train.memory = least;
		REQUIRE(trainer_open(&t, &s, &m.c, 0, par, &e) == 0);
		CHECK_INT(trainer_memory(&t).least, least);
		trainer_epoch_begin(&t);
		while (!trainer_epoch_full(&t)) {
			struct step_row row;

			REQUIRE(trainer_step(&t, &row, &e) == STEP_DONE);
			CHECK(t.batch.chunks > 1);
			used = in_use(&t.model, &t.batch);
			CHECK(used <= t.model.room);
		}
		CHECK(used > t.model.room * 9 / 10);
		trainer_close(&t);
		small_free(&m);
	}
}

/* Cut by the data, never by threads. */
TEST(same_bytes_for_any_threads)
{
	static struct run one, other;

	small_make(&m, LAYOUT_LISTS, list_sizes, RACES ? 20 : 40, RACES ? 150 : 500, false);
	for (int variant = 0; variant < 4; variant++) {
		struct settings s = variant_of(variant);
		static const int threads[] = {1, 2, 16};

		s.train.epoch = 2;
		s.train.memory = variant < 2 ? memory_for(&s, RACES ? 1 << 18 : 1 << 20) : 1;
		REQUIRE(whole_run(&one, &s, 0, 1));
		for (int i = RACES; i < 3; i++) {
			char what[64];

			snprintf(what, sizeof what, "variant %d, %d threads", variant, threads[i]);
			REQUIRE(whole_run(&other, &s, 0, threads[i]));
			check_same(what, &one, &other);
			run_free(&other);
		}
		run_free(&one);
	}
	small_free(&m);
}

/* Whoever looks into the workspace finds all of the batch there. */
static int look(void *ctx, const struct model *model, const struct batch *b, struct err *err)
{
	int *seen = ctx;

	(void)err;
	for (int i = 0; i < b->n; i++) {
		double sum = 0;

		CHECK_INT(b->utt[i], some[*seen + i]);
		for (int t = 0; t < b->audio.len[i]; t++)
			sum += (double)model_pool_weights(model, b, ATT2, i)[t];
		CHECK_NEAR(sum, 1, 1e-5);
	}
	CHECK_INT(b->chunks, 1);
	*seen += b->n;
	return 0;
}

/* Evaluations cut their list shorter, and answer the same. */
TEST(evaluation_within_the_room)
{
	struct settings s = variant_of(0);
	struct predictions whole, cut;
	struct model model;
	size_t most;
	int seen;

	small_make(&m, LAYOUT_LISTS, list_sizes, 14, 60, false);
	open_model(&model, &s);
	REQUIRE(evaluate(&model, &m.c, &s, NULL, some, N, NULL, &whole, &e) == 0);
	most = model.chunk.size;
	for (size_t room = most; room > most / 5; room = room * 2 / 3) {
		arena_free(&model.chunk);
		arena_free(&model.arena);
		model.room = room;
		REQUIRE(evaluate(&model, &m.c, &s, NULL, some, N, NULL, &cut, &e) == 0);
		CHECK(model.chunk.size + model.arena.size <= room);
		CHECK_INT(cut.n, N);
		for (int i = 0; i < N; i++) {
			CHECK_INT(cut.utt[i], some[i]);
			CHECK_INT(cut.label[i], whole.label[i]);
			for (int k = 0; k < HEADS * SMALL_CLASSES; k++)
				CHECK_NEAR(predictions_at(&cut, i, HEAD_MAIN)[k],
					   predictions_at(&whole, i, HEAD_MAIN)[k], 1e-5);
		}
		predictions_free(&cut);
		seen = 0;
		REQUIRE(evaluate_each(&model, &m.c, &s, NULL, some, N, look, &seen, &e) == 0);
		CHECK_INT(seen, N);
	}
	model.room = 0;
	REQUIRE(evaluate(&model, &m.c, &s, NULL, some, N, NULL, &cut, &e) == 0);
	CHECK_INT(cut.n, N);
	predictions_free(&cut);
	predictions_free(&whole);
	model_close(&model);
	small_free(&m);
}

/* A look ahead in chunks: what the step then gives, and nothing kept. */
TEST(try_in_chunks)
{
	struct settings s = variant_of(0);
	struct try_room room = {0};
	struct try_plan plan = {.set = &s, .steps = 1, .room = &room};
	struct tried_steps tried = {0};
	struct step_row step, next;
	struct trainer t;
	float *w;

	s.train.memory = 1;
	small_make(&m, LAYOUT_LISTS, list_sizes, 14, 60, false);
	REQUIRE(trainer_open(&t, &s, &m.c, 0, par, &e) == 0);
	w = malloc(t.model.params.total * sizeof *w);
	memcpy(w, t.model.params.w, t.model.params.total * sizeof *w);
	REQUIRE(trainer_try(&t, &plan, &tried, &e) == 0);
	CHECK_INT(tried.steps, 1);
	CHECK_INT(t.batch.chunks, N);
	CHECK(memcmp(w, t.model.params.w, t.model.params.total * sizeof *w) == 0);
	CHECK_INT(t.state.step, 0);
	trainer_epoch_begin(&t);
	REQUIRE(trainer_step(&t, &step, &e) == STEP_DONE);
	CHECK(same_step(&tried.before, &step));
	/* the same batch with the weights of after the step */
	REQUIRE(model_ready(&t.model, &t.batch, true, &e) == 0);
	model_forward(&t.model, &t.batch);
	next.loss = model_loss(&t.model, &t.batch, &t.set, NULL, next.term);
	CHECK(same_double(tried.first.row.loss, next.loss));
	CHECK(tried.first.row.loss != tried.before.loss);
	free(w);
	try_room_free(&room);
	trainer_close(&t);
	small_free(&m);
}

int main(int argc, char **argv)
{
	int failed;

	par = par_new(2, &e);
	if (!par)
		return 1;
	failed = TEST_MAIN(argc, argv);
	par_free(par);
	return failed;
}
