/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Each operation's gradients with respect to its inputs. */
#include "check.h"
#include "engine/model/encoder.h"
#include "engine/model/loss.h"

static const int words[] = {3, 1, 5, 2}, frames[] = {7, 12, 1, 4};
enum { N = 4 };

/* The loss of these tests: a fixed random weighting of the output. */
static double weighted(const double *y, const double *c, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += c[i] * y[i];
	return sum;
}

struct op {
	struct params p;
	struct arena seqs, seqs2, work;
	struct seqs s, s2;
	struct pool pool;
	struct pool_work pool_work;
	struct cross cross;
	struct cross_work cross_work;
	struct lstm lstm;
	struct lstm_work lstm_work;
	double *x, *x2, *dx, *dx2, *out, *c;
};

static double *doubles(size_t n)
{
	double *x = malloc(n * sizeof *x);

	draw_all(x, n, 1);
	return x;
}

static void op_free(struct op *o)
{
	params_free(&o->p);
	arena_free(&o->seqs);
	arena_free(&o->seqs2);
	arena_free(&o->work);
	free(o->x);
	free(o->x2);
	free(o->dx);
	free(o->dx2);
	free(o->out);
	free(o->c);
}

static void op_weights(struct op *o)
{
	struct err e = {0};

	if (params_ready(&o->p, &e))
		abort();
	draw_all(o->p.w, o->p.total, 0.7);
}

static double pool_loss(void *ctx)
{
	struct op *o = ctx;

	pool_forward(&o->pool, &o->p, &o->pool_work, &o->s, o->x, 0, N, o->out, o->pool.E);
	return weighted(o->out, o->c, (size_t)N * (size_t)o->pool.E);
}

TEST(pooling_input)
{
	struct op o = {0};
	struct err e = {0};
	size_t n;

	rng_seed(&check_rng, 1);
	random_seqs(&o.s, &o.seqs, N, frames, 1, true);
	pool_add(&o.pool, &o.p, "p", 6, 3);
	op_weights(&o);
	for (int pass = 0; pass < 2; pass++) {
		if (pass == 0)
			arena_measure(&o.work);
		else
			REQUIRE(arena_ready(&o.work, "test", &e) == 0);
		pool_layout(&o.pool, &o.pool_work, &o.work, o.s.rows, true);
	}
	n = (size_t)o.s.rows * 6;
	o.x = doubles(n);
	o.dx = doubles(n);
	o.out = doubles((size_t)N * 6);
	o.c = doubles((size_t)N * 6);
	pool_loss(&o);
	pool_backward(&o.pool, &o.p, &o.pool_work, &o.s, o.x, 0, N, o.c, 6, o.dx);
	pool_weight_gradients(&o.pool, &o.p, &o.pool_work, o.s.rows, o.x, 0, 2);
	pool_weight_gradients(&o.pool, &o.p, &o.pool_work, o.s.rows, o.x, 2, o.pool.E);
	check_gradient("states", pool_loss, &o, o.x, o.dx, n, false);
	check_gradient("w_omega, u_omega", pool_loss, &o, o.p.w, o.p.g, o.p.total, false);
	op_free(&o);
}

static double cross_loss(void *ctx)
{
	struct op *o = ctx;

	for (int part = 0; part < CROSS_PARTS; part++)
		cross_pack(&o->cross, &o->p, &o->cross_work, false, part);
	cross_forward(&o->cross, &o->p, &o->cross_work, &o->s, &o->s2, o->x, o->x2, 0, N);
	return weighted(o->cross_work.a, o->c, (size_t)o->s.rows * (size_t)o->cross.E);
}

static void check_cross(int E, int Ekv, int heads)
{
	struct op o = {0};
	struct err e = {0};
	size_t n, n2;

	rng_seed(&check_rng, 2);
	random_seqs(&o.s, &o.seqs, N, words, 1, false);
	random_seqs(&o.s2, &o.seqs2, N, frames, 1, false);
	cross_add(&o.cross, &o.p, "c", E, Ekv, heads);
	op_weights(&o);
	for (int pass = 0; pass < 2; pass++) {
		if (pass == 0)
			arena_measure(&o.work);
		else
			REQUIRE(arena_ready(&o.work, "test", &e) == 0);
		cross_layout(&o.cross, &o.cross_work, &o.work, &o.s, &o.s2, true);
	}
	n = (size_t)o.s.rows * (size_t)E;
	n2 = (size_t)o.s2.rows * (size_t)Ekv;
	o.x = doubles(n);
	o.x2 = doubles(n2);
	o.dx = calloc(n, sizeof(double));
	o.dx2 = calloc(n2, sizeof(double));
	o.c = doubles(n);
	cross_loss(&o);
	memcpy(o.cross_work.da, o.c, n * sizeof *o.c);
	for (int part = 0; part < CROSS_PARTS; part++)
		cross_pack(&o.cross, &o.p, &o.cross_work, true, part);
	cross_backward(&o.cross, &o.cross_work, &o.s, &o.s2, 0, N, o.dx, o.dx2);
	for (int part = 0; part < CROSS_PARTS; part++)
		cross_weight_gradients(&o.cross, &o.p, &o.cross_work,
				       &(struct cross_rows){&o.s, &o.s2, o.x, o.x2}, part, 0,
				       cross_columns(&o.cross, part));
	check_gradient("queries", cross_loss, &o, o.x, o.dx, n, false);
	check_gradient("keys", cross_loss, &o, o.x2, o.dx2, n2, false);
	check_gradient("weights", cross_loss, &o, o.p.w, o.p.g, o.p.total, false);
	op_free(&o);
}

TEST(cross_attention_inputs)
{
	check_cross(6, 6, 2);
	check_cross(6, 4, 3);
	check_cross(4, 10, 1);
}

static double lstm_loss(void *ctx)
{
	struct op *o = ctx;

	for (int layer = 0; layer < o->lstm.layers; layer++)
		for (int dir = 0; dir < DIRECTIONS; dir++)
			lstm_strand_forward(&(struct strand){&o->lstm, &o->p, &o->lstm_work, &o->s,
							     layer, dir});
	return weighted(lstm_top(&o->lstm, &o->lstm_work), o->c,
			(size_t)o->s.rows * 2 * (size_t)o->lstm.H);
}

TEST(lstm_weights)
{
	for (int layers = 1; layers <= 3; layers++) {
		struct op o = {0};
		struct err e = {0};
		size_t n;

		rng_seed(&check_rng, 3);
		random_seqs(&o.s, &o.seqs, N, frames, 5, false);
		lstm_add(&o.lstm, &o.p, "l", 5, 4, layers);
		op_weights(&o);
		for (int pass = 0; pass < 2; pass++) {
			if (pass == 0)
				arena_measure(&o.work);
			else
				REQUIRE(arena_ready(&o.work, "test", &e) == 0);
			lstm_layout(&o.lstm, &o.lstm_work, &o.work, &o.s, true);
			n = (size_t)o.s.rows * 8;
			*lstm_dtop(&o.lstm, &o.lstm_work) = arena_take(&o.work, n, sizeof(real));
		}
		o.c = doubles(n);
		lstm_loss(&o);
		memcpy(*lstm_dtop(&o.lstm, &o.lstm_work), o.c, n * sizeof *o.c);
		for (int layer = layers - 1; layer >= 0; layer--) {
			for (int dir = 0; dir < DIRECTIONS; dir++)
				lstm_strand_backward(&(struct strand){&o.lstm, &o.p, &o.lstm_work,
								      &o.s, layer, dir});
			if (layer > 0)
				lstm_input_backward(&o.lstm, &o.lstm_work, layer, 0, o.s.rows);
		}
		for (int i = 0; i < o.p.n; i++)
			check_gradient(o.p.tensor[i].name, lstm_loss, &o, weight(&o.p, i),
				       grad(&o.p, i), o.p.tensor[i].count, false);
		op_free(&o);
	}
}

struct objective {
	struct settings s;
	struct loss_input in;
	int label[5];
	double logits[HEADS][5 * 3], dlogits[HEADS][5 * 3];
	double z[4][5 * 6], dz[4][5 * 6];
};

static double objective_loss(void *ctx)
{
	struct objective *o = ctx;
	double term[TERMS];

	memset(o->dz, 0, sizeof o->dz);
	return loss_eval(&o->s, &o->in, term);
}

static const int aligned[4] = {ATT1, ATT22, ATT2, ATT11};

TEST(loss_inputs)
{
	static struct objective o;
	static const double weight[3] = {0.25, 3, 1.5};
	static const struct loss_joint joint = {
		.batches = 2, .n = 9, .class_weight = weight, .weight = 12.75};
	double dz[4][5 * 6], dlogits[HEADS][5 * 3];

	rng_seed(&check_rng, 4);
	o.s.train.loss.main = 0.1;
	o.s.train.loss.cmd_text = 0.4;
	o.s.train.loss.cmd_audio = 0.7;
	o.s.train.loss.text = 0.2;
	o.s.train.loss.audio = 0.3;
	o.in.n = 5;
	o.in.classes = 3;
	o.in.label = o.label;
	for (int i = 0; i < 5; i++)
		o.label[i] = i % 3;
	for (int h = 0; h < HEADS; h++) {
		draw_all(o.logits[h], 15, 2);
		o.in.logits[h] = o.logits[h];
		o.in.dlogits[h] = o.dlogits[h];
	}
	for (int i = 0; i < 4; i++) {
		draw_all(o.z[i], 30, 1.5);
		o.in.pool[aligned[i]] =
			(struct loss_vectors){.x = o.z[i], .dx = o.dz[i], .ld = 6, .width = 6};
	}
	for (int form = FORM_SQUARED; form <= FORM_MSE; form++)
		for (int means = 0; means < 4; means++) {
			/* means 2, 3: one of two batches, classes weighted in one or all heads */
			o.in.joint = means < 2 ? NULL : &joint;
			o.s.train.class_weight_in =
				means == 2 ? CLASS_WEIGHT_MAIN : CLASS_WEIGHT_ALL;
			o.s.train.loss.form = form;
			o.s.train.loss.means = means % 2;
			objective_loss(&o);
			memcpy(dz, o.dz, sizeof dz);
			memcpy(dlogits, o.dlogits, sizeof dlogits);
			for (int h = 0; h < HEADS; h++)
				check_gradient("logits", objective_loss, &o, o.logits[h],
					       dlogits[h], 15, false);
			for (int i = 0; i < 4; i++)
				check_gradient("vectors", objective_loss, &o, o.z[i], dz[i], 30,
					       false);
		}
}

/* A batch of one has no moments, so nothing flows; the plain norm's gradient at
 * 0 is 0 and not NaN. */
TEST(moments_of_one_vanish)
{
	static struct objective o;
	double term[TERMS];

	rng_seed(&check_rng, 5);
	o.s.train.loss.cmd_text = o.s.train.loss.cmd_audio = 1;
	o.in.n = 1;
	o.in.classes = 3;
	o.in.label = o.label;
	for (int h = 0; h < HEADS; h++) {
		o.in.logits[h] = o.logits[h];
		o.in.dlogits[h] = o.dlogits[h];
	}
	for (int i = 0; i < 4; i++) {
		draw_all(o.z[i], 6, 1);
		o.in.pool[aligned[i]] =
			(struct loss_vectors){.x = o.z[i], .dx = o.dz[i], .ld = 6, .width = 6};
	}
	for (int form = FORM_SQUARED; form <= FORM_NORM; form++) {
		o.s.train.loss.form = form;
		CHECK_NEAR(loss_eval(&o.s, &o.in, term), 0, 0);
		for (int i = 0; i < 6; i++)
			CHECK_NEAR(o.dz[0][i], 0, 0);
	}
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
