/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/bench.h"

#include "base/clock.h"
#include "base/mem.h"
#include "engine/flops.h"
#include "engine/gemm.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- the corpus ---- */

enum { FRAMES_MOST = 1706, WORDS_MOST = 98 };

static double uniform(struct rng *r)
{
	return (rng_u32(r) + 0.5) / 4294967296.0;
}

static double normal(struct rng *r)
{
	double radius = sqrt(-2 * log(uniform(r)));

	return radius * cos(2 * M_PI * uniform(r));
}

static int length(double log_length, int most)
{
	double n = round(exp(log_length));

	return n < 1 ? 1 : n > most ? most : (int)n;
}

/* Random values that every matrix starts somewhere in. */
static float *make_values(struct rng *r, size_t n)
{
	float *x = mem_alloc(n, sizeof *x);

	for (size_t i = 0; i < n; i++)
		x[i] = rng_uniform(r, -1, 1);
	return x;
}

static struct npy matrix(struct rng *r, const float *values, size_t room, int rows, int cols)
{
	size_t need = (size_t)rows * (size_t)cols;

	return (struct npy){.rows = rows,
			    .cols = cols,
			    .kind = sizeof(float),
			    .values = values + rng_u32(r) % (room - need + 1)};
}

float *bench_corpus(struct corpus *c, const struct settings *s, int n, uint64_t seed)
{
	size_t room =
		(size_t)(FRAMES_MOST + 64) *
		(size_t)(s->model.audio_feat_dim > s->model.text_feat_dim ? s->model.audio_feat_dim
									  : s->model.text_feat_dim);
	struct rng r;
	float *values;

	rng_seed(&r, seed);
	values = make_values(&r, room);
	*c = (struct corpus){.layout = s->layout, .n = n};
	c->utt = mem_alloc((size_t)n, sizeof *c->utt);
	for (int i = 0; i < n; i++) {
		double a = normal(&r), b = 0.9 * a + sqrt(1 - 0.81) * normal(&r);
		struct utterance *u = &c->utt[i];

		u->id = u->text = u->speaker = u->dialogue = "";
		u->label = i % s->model.num_classes;
		u->checked = 1;
		u->frames = matrix(&r, values, room, length(5.22 + 0.63 * a, FRAMES_MOST),
				   s->model.audio_feat_dim);
		u->words = matrix(&r, values, room, length(2.04 + 0.96 * b, WORDS_MOST),
				  s->model.text_feat_dim);
	}
	return values;
}

/* ---- the limit ---- */

enum { PEAK_M = 2048, PEAK_N = 512, PEAK_K = 768, PEAK_RUNS = 12, PEAK_REPEAT = 4 };

static void peak_task(void *ctx, int task, int worker)
{
	real *const *m = ctx;

	(void)worker;
	for (int i = 0; i < PEAK_REPEAT; i++)
		gemm_nt(PEAK_M, PEAK_N, PEAK_K, 1, m[0], PEAK_K, m[1], PEAK_K, 0, m[2 + task],
			PEAK_N);
}

double bench_peak(struct par *par)
{
	int threads = par_threads(par);
	real **m = mem_alloc((size_t)threads + 2, sizeof *m);
	double best = 0, flop = 2.0 * PEAK_M * PEAK_N * PEAK_K * PEAK_REPEAT * threads;

	for (int i = 0; i < threads + 2; i++) {
		m[i] = mem_alloc((size_t)PEAK_M * PEAK_K, sizeof **m);
		for (size_t k = 0; k < (size_t)PEAK_M * PEAK_K; k++)
			m[i][k] = (real)(k % 7) - 3;
	}
	for (int i = 0; i < PEAK_RUNS; i++) {
		double start = clock_seconds();

		par_run(par, threads, peak_task, m);
		best = fmax(best, flop / (clock_seconds() - start));
	}
	for (int i = 0; i < threads + 2; i++)
		free(m[i]);
	free(m);
	return best;
}

/* ---- training ---- */

struct state {
	struct model model;
	struct optim optim;
	struct batch batch;
	int *utt;
};

static int one_batch(struct bench *b, struct state *s, struct corpus *c, struct par *par, int from,
		     struct err *e)
{
	int n = c->n - from < b->set.train.batch_size ? c->n - from : b->set.train.batch_size;
	double term[TERMS], start = clock_seconds(), packed, forward, lost, back;

	if (batch_take(&s->batch, c, &b->set, NULL, s->utt + from, n, BATCH_TRAIN, e) ||
	    model_ready(&s->model, &s->batch, true, e))
		return -1;
	packed = clock_seconds();
	model_forward(&s->model, &s->batch);
	forward = clock_seconds();
	model_loss(&s->model, &s->batch, &b->set, term);
	lost = clock_seconds();
	model_backward(&s->model, &s->batch);
	back = clock_seconds();
	grad_norm(&s->optim, &s->model.params, par);
	optim_step(&s->optim, &s->model.params, 1e-5, 1, par);
	b->pack += packed - start;
	b->heads += lost - forward;
	b->optimizer += clock_seconds() - back;
	b->seconds += clock_seconds() - start;
	b->flop += flops_train(&s->model, &s->batch);
	for (int i = 0; i < n; i++) {
		b->frames += c->utt[s->utt[from + i]].frames.rows;
		b->words += c->utt[s->utt[from + i]].words.rows;
	}
	b->batches++;
	return 0;
}

static void clear(struct bench *b, struct state *s)
{
	*b = (struct bench){.set = b->set, .utterances = b->utterances, .peak = b->peak};
	memset(s->model.encoder_work.seconds, 0, sizeof s->model.encoder_work.seconds);
}

int bench_run(struct bench *b, struct corpus *c, struct par *par, double least, struct err *e)
{
	struct state s = {.utt = mem_alloc((size_t)c->n, sizeof *s.utt)};
	struct rng r;
	int failed;

	rng_seed(&r, 1);
	failed = model_open(&s.model, &b->set, par, e) ||
		 optim_open(&s.optim, OPTIMIZER_RMSPROP, s.model.params.total, e);
	if (!failed)
		params_init(&s.model.params, &r);
	for (int i = 0; i < c->n; i++)
		s.utt[i] = i;
	failed = failed || one_batch(b, &s, c, par, 0, e);
	clear(b, &s);
	for (int from = 0; !failed && (b->seconds < least || from > 0);) {
		failed = one_batch(b, &s, c, par, from, e);
		from += b->set.train.batch_size;
		if (from >= c->n)
			from = 0;
	}
	memcpy(b->phase, s.model.encoder_work.seconds, sizeof b->phase);
	model_close(&s.model);
	optim_close(&s.optim);
	batch_free(&s.batch);
	free(s.utt);
	return failed ? -1 : 0;
}
