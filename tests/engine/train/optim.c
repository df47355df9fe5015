/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/train/optim.h"

#include "test.h"

/* Some tensors, so that there are gaps; more values than two tasks handle. */
static void make(struct params *p, struct optim *o, enum optimizer name, int rows)
{
	struct err e = {0};
	struct rng r;

	memset(p, 0, sizeof *p);
	params_add(p, "a", rows, 30, INIT_UNIFORM, 1);
	params_add(p, "b", 17, 0, INIT_UNIFORM, 1);
	params_add(p, "c", 5, 5, INIT_CONSTANT, 0.5);
	if (params_ready(p, &e) || optim_open(o, name, p->total, &e))
		abort();
	rng_seed(&r, 1);
	params_init(p, &r);
}

static void draw_gradients(struct params *p, struct rng *r)
{
	for (int i = 0; i < p->n; i++)
		for (size_t j = 0; j < p->tensor[i].count; j++)
			grad(p, i)[j] = rng_uniform(r, -1, 1) * (j % 7 ? 1 : 1e-6f);
}

static void close_both(struct params *p, struct optim *o)
{
	params_free(p);
	optim_close(o);
}

/* Worked out by hand: the first step depends on the gradient's sign only. */
TEST(first_steps)
{
	struct err e = {0};
	struct par *par = par_new(1, &e);

	for (int name = OPTIMIZER_RMSPROP; name <= OPTIMIZER_ADAMW; name++) {
		struct params p;
		struct optim o;

		make(&p, &o, (enum optimizer)name, 2);
		p.w[0] = 3;
		p.g[0] = 2;
		p.w[1] = 3;
		p.g[1] = 0;
		p.w[2] = -1;
		p.g[2] = -0.5f;
		optim_step(&o, &p, 1, 0.01, 1, par);
		if (name == OPTIMIZER_RMSPROP) {
			/* v = 0.01 g^2: g / sqrt(v) = 10 */
			CHECK_NEAR(p.w[0], 3 - 0.1, 1e-6);
			CHECK_NEAR(p.w[1], 3, 0);
			CHECK_NEAR(p.w[2], -1 + 0.1, 1e-6);
			CHECK_NEAR(o.v[0], 0.04, 1e-8);
			CHECK(!o.m);
		} else {
			/* decay 0.01 x 0.01, then m^ / sqrt(v^) = 1 */
			CHECK_NEAR(p.w[0], 3 * 0.9999 - 0.01, 1e-6);
			CHECK_NEAR(p.w[1], 3 * 0.9999, 1e-6);
			CHECK_NEAR(p.w[2], -1 * 0.9999 + 0.01, 1e-6);
			CHECK_NEAR(o.m[0], 0.2, 1e-7);
			CHECK_NEAR(o.v[0], 0.004, 1e-9);
		}
		close_both(&p, &o);
	}
	par_free(par);
}

static void against_double(enum optimizer name, double scale)
{
	enum { STEPS = 30 };
	struct err e = {0};
	struct par *par = par_new(2, &e);
	struct params p;
	struct optim o;
	struct rng r;
	double *w, *v, *m, worst = 0, moved = 0;

	make(&p, &o, name, 20);
	w = calloc(3 * p.total, sizeof *w);
	v = w + p.total;
	m = v + p.total;
	for (size_t i = 0; i < p.total; i++)
		w[i] = (double)p.w[i];
	rng_seed(&r, 2);
	for (int t = 1; t <= STEPS; t++) {
		double lr = 0.02 / t;

		draw_gradients(&p, &r);
		optim_step(&o, &p, t, lr, scale, par);
		for (size_t i = 0; i < p.total; i++) {
			double g = (double)p.g[i] * scale, was = w[i];

			if (name == OPTIMIZER_RMSPROP) {
				v[i] = 0.99 * v[i] + 0.01 * g * g;
				w[i] -= lr * g / (sqrt(v[i]) + 1e-8);
			} else {
				w[i] -= lr * 0.01 * w[i];
				m[i] = 0.9 * m[i] + 0.1 * g;
				v[i] = 0.999 * v[i] + 0.001 * g * g;
				w[i] -= lr * (m[i] / (1 - pow(0.9, t))) /
					(sqrt(v[i] / (1 - pow(0.999, t))) + 1e-8);
			}
			moved = fmax(moved, fabs(w[i] - was));
			if (!(fabs((double)p.w[i] - w[i]) <= worst))
				worst = fabs((double)p.w[i] - w[i]);
		}
	}
	printf("# %s, scale %g: largest difference %.3g after %d steps\n",
	       name == OPTIMIZER_RMSPROP ? "RMSprop" : "AdamW", scale, worst, STEPS);
	CHECK(moved > 0.01);
	CHECK_NEAR(worst, 0, 2e-6);
	free(w);
	close_both(&p, &o);
	par_free(par);
}

TEST(rmsprop)
{
	against_double(OPTIMIZER_RMSPROP, 1);
	against_double(OPTIMIZER_RMSPROP, 0.01);
}

TEST(adamw)
{
	against_double(OPTIMIZER_ADAMW, 1);
	against_double(OPTIMIZER_ADAMW, 0.01);
}

/* Gaps between tensors hold zeros and keep them. */
TEST(gaps_stay_zero)
{
	struct err e = {0};
	struct par *par = par_new(2, &e);

	for (int name = OPTIMIZER_RMSPROP; name <= OPTIMIZER_ADAMW; name++) {
		struct params p;
		struct optim o;
		struct rng r;

		make(&p, &o, (enum optimizer)name, 7);
		rng_seed(&r, 3);
		for (int i = 0; i < 5; i++) {
			draw_gradients(&p, &r);
			optim_step(&o, &p, i + 1, 0.1, 1, par);
		}
		for (int i = 0; i < p.n; i++) {
			size_t end = i + 1 < p.n ? p.tensor[i + 1].at : p.total;

			for (size_t j = p.tensor[i].at + p.tensor[i].count; j < end; j++)
				CHECK(p.w[j] == 0);
		}
		close_both(&p, &o);
	}
	par_free(par);
}

TEST(norm_of_gradients)
{
	struct err e = {0};
	struct par *par = par_new(2, &e);
	struct params p;
	struct optim o;
	struct rng r;
	double sum = 0;

	make(&p, &o, OPTIMIZER_RMSPROP, 6000);
	p.g[0] = 3;
	p.g[p.total - 20] = 4;
	CHECK_NEAR(grad_norm(&o, &p, par), 5, 0);
	/* float would overflow, or lose it */
	p.g[0] = 3e30f;
	p.g[p.total - 20] = 4e30f;
	CHECK_NEAR(grad_norm(&o, &p, par) / 5e30, 1, 1e-7);
	p.g[0] = 3e-30f;
	p.g[p.total - 20] = 4e-30f;
	CHECK_NEAR(grad_norm(&o, &p, par) / 5e-30, 1, 1e-7);
	p.g[5] = INFINITY;
	CHECK(isinf(grad_norm(&o, &p, par)));
	p.g[5] = NAN;
	CHECK(isnan(grad_norm(&o, &p, par)));
	memset(p.g, 0, p.total * sizeof *p.g);
	CHECK_NEAR(grad_norm(&o, &p, par), 0, 0);
	rng_seed(&r, 4);
	draw_gradients(&p, &r);
	for (size_t i = 0; i < p.total; i++)
		sum += (double)p.g[i] * (double)p.g[i];
	CHECK_NEAR(grad_norm(&o, &p, par) / sqrt(sum), 1, 1e-12);
	close_both(&p, &o);
	par_free(par);
}

TEST(same_bytes_for_any_threads)
{
	for (int name = OPTIMIZER_RMSPROP; name <= OPTIMIZER_ADAMW; name++) {
		float *w = NULL, *v = NULL;
		double norm = 0;

		for (int threads = 1; threads <= 3; threads++) {
			struct err e = {0};
			struct par *par = par_new(threads, &e);
			struct params p;
			struct optim o;
			struct rng r;
			double n = 0;

			make(&p, &o, (enum optimizer)name, 6000);
			CHECK(p.total > 2 << 16);
			rng_seed(&r, 5);
			for (int i = 0; i < 4; i++) {
				draw_gradients(&p, &r);
				n += grad_norm(&o, &p, par);
				optim_step(&o, &p, i + 1, 0.01, 0.5, par);
			}
			if (threads == 1) {
				w = malloc(p.total * sizeof *w);
				v = malloc(p.total * sizeof *v);
				memcpy(w, p.w, p.total * sizeof *w);
				memcpy(v, o.v, p.total * sizeof *v);
				norm = n;
			}
			CHECK(memcmp(w, p.w, p.total * sizeof *w) == 0);
			CHECK(memcmp(v, o.v, p.total * sizeof *v) == 0);
			CHECK(memcmp(&n, &norm, sizeof n) == 0);
			close_both(&p, &o);
			par_free(par);
		}
		free(w);
		free(v);
	}
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
