/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/lab/bench.h"

#include "app/config/config.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/util.h"
#include "engine/model/flops.h"
#include "engine/num/gemm.h"

#include <math.h>
#include <stdio.h>
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

	return (struct npy){
		.rows = rows, .cols = cols, .values = values + rng_u32(r) % (room - need + 1)};
}

float *bench_corpus(struct corpus *c, const struct settings *s, int n, double longer, uint64_t seed)
{
	int frames = (int)(FRAMES_MOST * longer), words = (int)(WORDS_MOST * longer);
	size_t room = (size_t)(frames + 64) *
		      (size_t)max_int(s->model.audio_feat_dim, s->model.text_feat_dim);
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
		u->frames = matrix(&r, values, room, length(5.22 + log(longer) + 0.63 * a, frames),
				   s->model.audio_feat_dim);
		u->words = matrix(&r, values, room, length(2.04 + log(longer) + 0.96 * b, words),
				  s->model.text_feat_dim);
	}
	return values;
}

/* ---- as files ---- */

static int write_list(const char *dir, int session, const struct corpus *c, struct err *e)
{
	static const char *const label[] = {"ang", "hap", "neu", "sad"};
	struct atomic_file a;
	char path[PATH_LEN], name[32];

	snprintf(name, sizeof name, "csv/Session%d.csv", session + 1);
	if (path_join(path, sizeof path, dir, name, e) || atomic_open(&a, path, e))
		return -1;
	fprintf(a.f, "Utterance_ID,Text,Emotion\n");
	for (int i = session; i < c->n; i += 5)
		fprintf(a.f, "Ses%02dF_impro01_F%05d,no words,%s\n", session + 1, i,
			label[c->utt[i].label % 4]);
	return atomic_commit(&a, e);
}

static int write_matrix(const char *dir, const char *kind, int i, const struct npy *m,
			struct err *e)
{
	char path[PATH_LEN], name[96];

	snprintf(name, sizeof name, "%s/Session%d/Ses%02dF_impro01_F%05d.npy", kind, i % 5 + 1,
		 i % 5 + 1, i);
	return path_join(path, sizeof path, dir, name, e) ||
	       npy_write(path, m->values, m->rows, m->cols, e);
}

static int make_folders(const char *dir, struct err *e)
{
	static const char *const kind[] = {"csv", "text", "audio"};
	char path[PATH_LEN], name[32];

	for (int k = 0; k < 3; k++)
		for (int s = 1; s <= 5; s++) {
			snprintf(name, sizeof name, k ? "%s/Session%d" : "%s", kind[k], s);
			if (path_join(path, sizeof path, dir, name, e) || make_dirs(path, e))
				return -1;
		}
	return 0;
}

int bench_write(const char *dir, int n, struct err *e)
{
	static const char config[] = "exp:\n"
				     "  seed: 53\n"
				     "  audio_dir: audio\n"
				     "  text_dir: text\n"
				     "  iemocap_csv: csv\n"
				     "  protocol: holdout\n"
				     "train:\n"
				     "  padding: masked\n";
	char path[PATH_LEN];
	struct settings s;
	struct corpus c;
	float *values;
	int failed;

	options_preset(&s);
	s.model.num_classes = 4;
	values = bench_corpus(&c, &s, n, 1, 1);
	failed = make_folders(dir, e);
	for (int i = 0; i < n && !failed; i++)
		failed = write_matrix(dir, "text", i, &c.utt[i].words, e) ||
			 write_matrix(dir, "audio", i, &c.utt[i].frames, e);
	for (int i = 0; i < 5 && !failed; i++)
		failed = write_list(dir, i, &c, e);
	failed = failed || path_join(path, sizeof path, dir, "bench.yml", e) ||
		 file_write(path, config, sizeof config - 1, e);
	free(values);
	free(c.utt);
	return failed ? -1 : 0;
}

/* ---- the limit ---- */

enum { PEAK_M = 2048, PEAK_N = 512, PEAK_K = 768, PEAK_RUNS = 4, PEAK_REPEAT = 2 };
static const double PEAK_EVERY = 0.7; /* seconds of training */

/* What SGEMM would have done while the model trained. */
struct limit {
	struct par *par;
	real **m;     /* A, B, and a C for each thread */
	double rate;  /* FLOP/s, measured last */
	double since; /* seconds of training since then */
	double flop;  /* in all seconds of training before */
	bool off;     /* these batches are not compared with it */
};

static void product(void *ctx, int task)
{
	real *const *m = ctx;

	for (int i = 0; i < PEAK_REPEAT; i++)
		gemm_nt(PEAK_M, PEAK_N, PEAK_K, 1, m[0], PEAK_K, m[1], PEAK_K, 0, m[2 + task],
			PEAK_N);
}

/* FLOP/s of all threads: the best of a few. */
static double peak(const struct limit *l)
{
	int threads = par_threads(l->par);
	double best = 0, flop = 2.0 * PEAK_M * PEAK_N * PEAK_K * PEAK_REPEAT * threads;

	for (int i = 0; i < PEAK_RUNS; i++) {
		double start = clock_seconds();

		par_run(l->par, threads, product, l->m);
		best = fmax(best, flop / (clock_seconds() - start));
	}
	return best;
}

static void limit_open(struct limit *l, struct par *par)
{
	int n = par_threads(par) + 2;

	*l = (struct limit){.par = par, .off = true, .m = mem_alloc((size_t)n, sizeof *l->m)};
	for (int i = 0; i < n; i++) {
		l->m[i] = mem_alloc((size_t)PEAK_M * PEAK_K, sizeof **l->m);
		for (size_t k = 0; k < (size_t)PEAK_M * PEAK_K; k++)
			l->m[i][k] = (real)(k % 7) - 3;
	}
	peak(l); /* to warm up */
}

/* The machine is not always equally fast: the seconds since the last word count
 * with the mean of what was measured before and after them. */
static void limit_now(struct limit *l)
{
	double now = peak(l);

	l->flop += l->since * (l->rate + now) / 2;
	l->rate = now;
	l->since = 0;
}

static void limit_close(struct limit *l)
{
	for (int i = 0; i < par_threads(l->par) + 2; i++)
		free(l->m[i]);
	free(l->m);
}

/* ---- training ---- */

struct running {
	struct limit limit;
	struct model model;
	struct optim optim;
	int64_t steps; /* of the optimizer */
	struct batch batch;
	int *utt;
	struct bench_parts *parts; /* NULL: not watched */
	struct phases phases;
};

/* When a batch's parts were over, its phases aside. */
struct marks {
	double start, packed, forward, lost, back, end;
};

static void add_parts(struct running *s, const struct marks *m)
{
	struct bench_parts *p = s->parts;
	double flop[PHASES];

	p->seconds += m->end - m->start;
	p->data += m->packed - m->start;
	p->heads += m->lost - m->forward;
	p->optimizer += m->end - m->back;
	flops_phases(&s->model, &s->batch, flop);
	for (int i = 0; i < PHASES; i++) {
		p->flop[i] += flop[i];
		p->phase[i] = 1e-9 * (double)atomic_load(&s->phases.ns[i]);
	}
}

static int one_batch(struct bench *b, struct running *s, struct corpus *c, struct par *par,
		     int from, struct err *e)
{
	int n = min_int(c->n - from, b->set.train.batch_size);
	struct marks m = {.start = clock_seconds()};
	double term[TERMS];

	if (batch_take(&s->batch, c, &b->set, NULL, s->utt + from, n, BATCH_TRAIN, e) ||
	    model_ready(&s->model, &s->batch, true, e))
		return -1;
	m.packed = clock_seconds();
	model_forward(&s->model, &s->batch);
	m.forward = clock_seconds();
	model_loss(&s->model, &s->batch, &b->set, NULL, term);
	m.lost = clock_seconds();
	model_backward(&s->model, &s->batch);
	m.back = clock_seconds();
	grad_norm(&s->optim, &s->model.params, par);
	optim_step(&s->optim, &s->model.params, ++s->steps, 1e-5, 1, par);
	m.end = clock_seconds();
	if (s->parts)
		add_parts(s, &m);
	b->seconds += m.end - m.start;
	b->flop += flops_train(&s->model, &s->batch);
	for (int i = 0; i < n; i++) {
		b->frames += c->utt[s->utt[from + i]].frames.rows;
		b->words += c->utt[s->utt[from + i]].words.rows;
	}
	b->batches++;
	s->limit.since += m.end - m.start;
	if (s->limit.since > PEAK_EVERY && !s->limit.off)
		limit_now(&s->limit);
	return 0;
}

static int one_round(struct bench *b, struct running *s, struct corpus *c, struct par *par,
		     struct err *e)
{
	for (int from = 0; from < c->n; from += b->set.train.batch_size)
		if (one_batch(b, s, c, par, from, e))
			return -1;
	return 0;
}

static void watch(struct running *s, struct bench_parts *parts)
{
	s->parts = parts;
	s->model.encoder_work.phases = parts ? &s->phases : NULL;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static int measure(struct bench *b, struct running *s, struct corpus *c, struct par *par,
		   int rounds, double min_seconds, struct err *e)
{
	double took[BENCH_ROUNDS];
	int done = 0;

	s->limit.rate = peak(&s->limit);
	s->limit.since = s->limit.flop = 0;
	s->limit.off = false;
	while (done < BENCH_ROUNDS && (done < rounds || b->seconds < min_seconds)) {
		double before = b->seconds;

		if (one_round(b, s, c, par, e))
			return -1;
		took[done++] = b->seconds - before;
	}
	limit_now(&s->limit);
	s->limit.off = true;
	b->peak = s->limit.flop / b->seconds;
	qsort(took, (size_t)done, sizeof *took, by_size);
	b->round = took[done / 2];
	return 0;
}

int bench_run(struct bench *b, struct corpus *c, struct par *par, bool warm, int rounds,
	      double min_seconds, enum bench_watch when, struct err *e)
{
	struct running s = {.utt = mem_alloc((size_t)c->n, sizeof *s.utt)};
	struct bench aside = {.set = b->set};
	struct rng r;
	int failed;

	*b = (struct bench){.set = b->set, .threads = par_threads(par)};
	for (int i = 0; i < c->n; i++)
		s.utt[i] = i;
	rng_seed(&r, 1);
	limit_open(&s.limit, par);
	failed = model_open(&s.model, &b->set, par, e) ||
		 optim_open(&s.optim, OPTIMIZER_RMSPROP, s.model.params.total, e);
	if (!failed)
		params_init(&s.model.params, &r);
	failed = failed || (warm && one_round(&aside, &s, c, par, e));
	watch(&s, when == WATCH_TOO ? &b->parts : NULL);
	failed = failed || measure(b, &s, c, par, rounds, min_seconds, e);
	watch(&s, &b->parts);
	if (when == WATCH_AFTERWARDS)
		failed = failed || one_round(&aside, &s, c, par, e);
	model_close(&s.model);
	optim_close(&s.optim);
	batch_free(&s.batch);
	limit_close(&s.limit);
	free(s.utt);
	return failed ? -1 : 0;
}

/* ---- the table ---- */

static void row(const char *name, double seconds, double of, double thread_flops)
{
	printf("  %-24s%8.3f s%7.1f %%", name, seconds, 100 * seconds / of);
	if (thread_flops > 0)
		printf("%10.1f", thread_flops / 1e9);
	putchar('\n');
}

void bench_table(const struct bench_parts *p, int threads)
{
	double rest = p->seconds - p->data - p->heads - p->optimizer;

	printf("  %-24s%10s%9s   %s\n", "", "time", "share", "GFLOP/s a thread");
	for (int i = 0; i < PHASES; i++) {
		double seconds = p->phase[i] / threads;

		row(phase_name[i], seconds, p->seconds, p->flop[i] / p->phase[i]);
		rest -= seconds;
	}
	row("heads, loss", p->heads, p->seconds, 0);
	row("optimizer", p->optimizer, p->seconds, 0);
	row("data", p->data, p->seconds, 0);
	row("waiting, the rest", rest, p->seconds, 0);
}
