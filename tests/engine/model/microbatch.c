/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sum of microbatches' gradients: the same bytes whoever forms and adds what of it. */
#include "engine/model/microbatch.h"

#include "base/mem.h"
#include "base/rng.h"
#include "ranks.h"
#include "test.h"

#include <stdlib.h>

enum { TOTAL = 5 * 16, WIDE = (1 << 16) * 3 + 32 }; /* values; a share of several blocks */
static struct ranks_room room;
static struct ranks_seat seat[RANKS_MAX];

/* A microbatch's gradient: values of many sizes, so that the order of a sum shows. */
static void form_all(const struct microbatch_sum *s, int microbatch, real *g)
{
	struct rng r;

	rng_seed(&r, (uint64_t)microbatch + 1);
	for (size_t i = 0; i < s->total; i++)
		g[i] += rng_uniform(&r, -1, 1) * (real)(1 << (microbatch + (int)i) % 20);
}

static bool is_early(const struct microbatch_sum *s, size_t at)
{
	for (int i = 0; i < s->nearly; i++)
		if (at >= s->early[i].from && at < s->early[i].to)
			return true;
	return false;
}

/* What is early first; most say so. */
static void form(void *ctx, int microbatch, real *g)
{
	struct microbatch_sum *s = ctx;
	static _Thread_local real all[WIDE];

	for (size_t i = 0; i < s->total; i++)
		all[i] = g[i];
	form_all(s, microbatch, all);
	for (size_t i = 0; i < s->total; i++)
		if (is_early(s, i))
			g[i] = all[i];
	if (microbatch % 5 < 4)
		microbatch_early(s);
	for (size_t i = 0; i < s->total; i++)
		if (!is_early(s, i))
			g[i] = all[i];
}

struct forming {
	struct microbatch_sum sum;
	pthread_t thread;
	real *out; /* [total] rank 0's */
};

static void *form_part(void *ctx)
{
	struct forming *f = ctx;
	struct err e = {0};
	size_t values;

	f->sum.kern = kern_best();
	f->sum.par = par_new(1, &e);
	f->sum.form = form;
	f->sum.ctx = &f->sum;
	values = microbatch_room(&f->sum);
	f->sum.array = mem_try(values * sizeof(real));
	memset(f->sum.array, 0xff, values * sizeof(real)); /* nothing in it counts */
	memcpy(f->out, microbatch_sum(&f->sum), f->sum.total * sizeof(real));
	free(f->sum.array);
	par_free(f->sum.par);
	return NULL;
}

/* Which values are early, in some number of ways. */
enum { EARLY = 4 };
static void make_early(struct microbatch_sum *s, int how)
{
	size_t half = s->total / 32 * 16;

	switch (how) {
	case 1:
		s->early[s->nearly++] = (struct params_range){0, half};
		break;
	case 2:
		s->early[s->nearly++] = (struct params_range){16, 32};
		s->early[s->nearly++] = (struct params_range){half, s->total};
		break;
	case 3:
		s->early[s->nearly++] = (struct params_range){0, s->total};
		break;
	default:
		break;
	}
}

/* By so many ranks; 0: one process. */
static void sum_of(int n, int ranks, size_t total, real *out)
{
	static struct forming f[RANKS_MAX];

	if (ranks)
		ranks_begin(&room, seat, ranks);
	for (int r = 0; r < ranks || r == 0; r++) {
		f[r] = (struct forming){
			.sum = {.n = n, .total = total, .ranks = ranks ? &room.rank[r] : NULL}};
		if (ranks)
			make_early(&f[r].sum, (n + ranks) % EARLY);
		f[r].out = r ? malloc(total * sizeof *out) : out;
		if (r)
			pthread_create(&f[r].thread, NULL, form_part, &f[r]);
	}
	form_part(&f[0]);
	for (int r = 1; r < ranks; r++) {
		pthread_join(f[r].thread, NULL);
		free(f[r].out);
	}
	if (ranks)
		ranks_end(&room);
}

static void check_sum(int n, int ranks, size_t total)
{
	static real one[WIDE], other[WIDE];

	sum_of(n, 0, total, one);
	sum_of(n, ranks, total, other);
	if (memcmp(one, other, total * sizeof *one) != 0)
		FAIL("%d microbatches of %zu values, %d ranks", n, total, ranks);
}

TEST(same_bytes)
{
	for (int n = 1; n <= 64; n += RACES ? 9 : 1)
		for (int ranks = 1; ranks <= 9; ranks++)
			check_sum(n, ranks, TOTAL);
	check_sum(64, RANKS_MAX, TOTAL); /* some have no values to add */
	check_sum(63, RANKS_MAX, TOTAL);
	check_sum(1, RANKS_MAX, TOTAL);
	check_sum(37, 31, TOTAL);
}

TEST(wide)
{
	for (int ranks = 1; ranks <= 3; ranks++)
		check_sum(5, ranks, WIDE);
}

/* The sum is the one of the tree: halves of halves. */
TEST(the_tree)
{
	static real sum[TOTAL], part[5][TOTAL];
	struct microbatch_sum s = {.total = TOTAL};

	sum_of(5, 0, TOTAL, sum);
	for (int i = 0; i < 5; i++)
		form_all(&s, i, part[i]);
	for (int i = 0; i < TOTAL; i++) {
		real left = part[0][i] + part[1][i];
		real right = part[2][i] + (real)(part[3][i] + part[4][i]);

		if (sum[i] != (real)(left + right))
			FAIL("value %d is %.9g, expected %.9g", i, (double)sum[i],
			     (double)(left + right));
	}
	CHECK_INT(microbatch_arrays(1), 0);
	CHECK_INT(microbatch_arrays(2), 2);
	CHECK_INT(microbatch_arrays(4), 3);
	CHECK_INT(microbatch_arrays(5), 4);
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
