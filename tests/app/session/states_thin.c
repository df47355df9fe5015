/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which stored states go: on random sequences, and the shape that is left. */
#include "app/session/states_private.h"
#include "base/rng.h"
#include "test.h"

enum { MOST = 512 };

static struct rng draws;
static struct states_thin x[MOST];
static int n;

static int below(int most)
{
	return (int)(rng_u32(&draws) % (uint32_t)most);
}

static void drop_gone(void)
{
	int left = 0;

	for (int i = 0; i < n; i++)
		if (!x[i].gone)
			x[left++] = x[i];
	n = left;
}

static bool fits(int64_t budget)
{
	return states_thin_bytes(x, n) <= budget;
}

/* One more, and what goes for it; false: only such as are kept are left, and do not fit. */
static bool put(struct states_thin one, int64_t budget)
{
	int kept = one.keep, there = 0;
	bool done;

	for (int i = 0; i < n; i++)
		kept += x[i].keep;
	one.end = one.at;
	x[n++] = one;
	done = states_thin(x, n, budget);
	drop_gone();
	CHECK(x[n - 1].step == one.step);
	for (int i = 0; i < n; i++)
		there += x[i].keep;
	CHECK_INT(there, kept);
	CHECK(done == fits(budget));
	if (!done)
		for (int i = 0; i + 1 < n; i++)
			CHECK(x[i].keep);
	return done;
}

/* Never beyond the budget, unless all that is left is kept; nothing goes without need. */
TEST(any_sequence_stays_within_its_budget)
{
	for (int run = 0; run < 300; run++) {
		int64_t budget = 100 + below(3000);
		int often = below(3) ? 0 : 4 + below(20), step = 0;
		bool fitted = true;

		rng_seed(&draws, (uint64_t)run);
		n = 0;
		for (int i = 0; i < 200 && n < MOST - 1; i++) {
			struct states_thin one = {.bytes = 50 + below(100),
						  .keep = often && below(often) == 0,
						  .shared = (uint64_t)(i / (1 + below(9))) + 1,
						  .shared_bytes = 50};
			int64_t before = states_thin_bytes(x, n);
			int was = n;

			step += 1 + below(20);
			one.at = one.step = step;
			fitted = put(one, budget);
			if (before + one.bytes + one.shared_bytes <= budget)
				CHECK_INT(n, was + 1);
		}
		CHECK(often || fitted || n == 1);
	}
}

/* Of a long run: the newest are dense, the gaps grow with their age, and none is larger than
 * its age asks for. */
TEST(gaps_grow_with_age)
{
	for (int room = 10; room <= 40; room += 3) {
		n = 0;
		for (int step = 1; step <= 2000; step++) {
			put((struct states_thin){.at = step, .step = step, .bytes = 1}, room);
			if (step < 4 * room || step % 7)
				continue;
			CHECK_INT(n, room);
			CHECK(x[n - 1].step - x[n - 2].step <= 2);
			for (int i = n - 2; i > 0; i--) {
				int gap = x[i].step - x[i - 1].step, age = step - x[i].step;
				int younger = x[i + 1].step - x[i].step;

				/* what two have left is twice as wide, and then is the older one's
				 */
				CHECK(2 * gap >= younger);
				CHECK(gap <= 2 * age + 2);
			}
			CHECK(x[1].step - x[0].step >= step / (2 * room));
			if (test_faults)
				return;
		}
	}
}

/* States of an earlier fold are older than all of this one's. */
TEST(earlier_folds_go_first)
{
	struct states_thin fold[8] = {{0}};

	for (int i = 0; i < 8; i++)
		fold[i] = (struct states_thin){.fold = 1 + i / 4,
					       .start = i / 4 * 40,
					       .at = 10 * (i + 1),
					       .end = i / 4 * 40 + 40,
					       .step = 10 * (i % 4 + 1),
					       .bytes = 1};
	fold[1].keep = true; /* its best */
	CHECK(states_thin(fold, 8, 5));
	for (int i = 0; i < 8; i++)
		CHECK(fold[i].gone == (i < 4 && i != 1));
	CHECK(states_thin(fold, 8, 2));
	for (int i = 0; i < 7; i++)
		CHECK(fold[i].gone == (i != 1));
	CHECK(!states_thin(fold, 8, 1));
}

int main(int argc, char **argv)
{
	rng_seed(&draws, 1);
	return TEST_MAIN(argc, argv);
}
