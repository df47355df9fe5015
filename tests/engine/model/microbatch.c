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
static void form(void *ctx, int microbatch, real *g)
{
	const struct microbatch_sum *s = ctx;
	struct rng r;

	rng_seed(&r, (uint64_t)microbatch + 1);
	for (size_t i = 0; i < s->total; i++)
		g[i] += rng_uniform(&r, -1, 1) * (real)(1 << (microbatch + (int)i) % 20);
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

/* By so many ranks; 0: one process. */
static void sum_of(int n, int ranks, size_t total, real *out)
{
	static struct forming f[RANKS_MAX];

	if (ranks)
		ranks_begin(&room, seat, ranks);
	for (int r = 0; r < ranks || r == 0; r++) {
		f[r] = (struct forming){
			.sum = {.n = n, .total = total, .ranks = ranks ? &room.rank[r] : NULL}};
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
		form(&s, i, part[i]);
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
