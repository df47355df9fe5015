/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cuts into lanes: each sequence in one, of about equal work. */
#include "engine/model/lanes.h"

#include "base/rng.h"
#include "base/util.h"
#include "test.h"

enum { N_MAX = 300 };

static struct arena arena;

static void make(struct seqs *s, const int *len, int n)
{
	struct err e = {0};

	arena_free(&arena);
	arena_measure(&arena);
	seqs_layout(s, &arena, n, len, 1);
	if (arena_ready(&arena, "test", &e))
		abort();
	seqs_layout(s, &arena, n, len, 1);
}

static double work(const struct seqs *s, int from, int to)
{
	double sum = (double)LANE_STEP * s->len[s->rank[from]];

	for (int i = from; i < to; i++)
		sum += s->len[s->rank[i]];
	return sum;
}

TEST(each_sequence_is_in_one_lane_of_about_equal_work)
{
	struct rng r;

	rng_seed(&r, 1);
	for (int trial = 0; trial < 2000; trial++) {
		int n = 1 + (int)(rng_u32(&r) % N_MAX), most = 1 + (int)(rng_u32(&r) % 500);
		int want = (int)(rng_u32(&r) % 80), first[LANES_MAX + 1], len[N_MAX], lanes;
		struct seqs s;
		double fair;

		for (int i = 0; i < n; i++)
			len[i] = 1 + (int)(rng_u32(&r) % most);
		make(&s, len, n);
		lanes = lanes_cut(&s, want, first);
		CHECK(lanes >= 1 && lanes <= max_int(want, 1) && lanes <= LANES_MAX);
		CHECK(lanes == 1 || lanes * LANE_ROWS <= s.rows / s.steps);
		CHECK_INT(first[0], 0);
		CHECK_INT(first[lanes], n);
		fair = (s.rows + (double)LANE_STEP * s.steps) / lanes;
		for (int i = 0; i < lanes; i++) {
			CHECK(first[i] < first[i + 1]);
			CHECK(work(&s, first[i], first[i + 1]) <= 3 * fair + LANE_STEP * s.steps ||
			      first[i + 1] == first[i] + 1);
		}
	}
	arena_free(&arena);
}

/* A batch like IEMOCAP's gets what is asked for, a few utterances one lane. */
/* Also where even work makes fewer, as of equal lengths. */
TEST(as_many_as_are_wanted)
{
	for (int n = 1; n <= 90; n++)
		for (int want = 1; want <= min_int(n, LANES_MAX); want++)
			for (int equal = 0; equal < 2; equal++) {
				int first[LANES_MAX + 1], len[90], most = 0;
				struct seqs s;

				for (int i = 0; i < n; i++)
					len[i] = equal ? 7 : 1 + i * i;
				make(&s, len, n);
				CHECK_INT(lanes_even(&s, want, first), want);
				CHECK_INT(first[0], 0);
				CHECK_INT(first[want], n);
				for (int i = 0; i < want; i++) {
					CHECK(first[i] < first[i + 1]);
					most = max_int(first[i + 1] - first[i], most);
				}
				if (equal)
					CHECK(most <= (n + want - 1) / want + 1);
			}
	arena_free(&arena);
}

TEST(as_many_as_there_is_work_for)
{
	int first[LANES_MAX + 1], len[N_MAX];
	struct seqs s;

	for (int i = 0; i < 128; i++)
		len[i] = 100 + i;
	make(&s, len, 128);
	CHECK(lanes_cut(&s, 12, first) >= 11);
	CHECK_INT(lanes_cut(&s, 1, first), 1);
	CHECK_INT(lanes_cut(&s, 0, first), 1);
	make(&s, len, 3);
	CHECK_INT(lanes_cut(&s, 12, first), 1);
	arena_free(&arena);
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
