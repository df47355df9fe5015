/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/data/split.h"

#include "base/rng.h"
#include "test.h"

/* Corpora without files: split looks at lists, labels, speakers, dialogues. */
enum { ROWS_MAX = 400 };

static struct utterance utt[ROWS_MAX];
static struct list lists[12];
static struct corpus c;
static struct settings s;
static struct split sp;
static struct err e;

static char *const speakers[] = {"Ses01F", "Ses01M", "Ses02F", "Ses02M", "Ses03F",
				 "Ses03M", "Ses04F", "Ses04M", "Ses05F", "Ses05M",
				 "Ses06F", "Ses06M", "Ses07F", "Ses07M"};
static char *const dialogues[] = {"a", "b", "c", "d", "e", "f", "g",
				  "h", "i", "j", "k", "l", "m", "n"};

/* Lists of these sizes; labels go round 0, 1, 1, 2, 2, 2, 3, 3. */
static void make(enum layout layout, int nlists, const int *size)
{
	static const int labels[] = {0, 1, 1, 2, 2, 2, 3, 3};

	split_free(&sp);
	err_clear(&e);
	memset(&s, 0, sizeof s);
	memset(&c, 0, sizeof c);
	memset(utt, 0, sizeof utt);
	s.layout = c.layout = layout;
	s.exp.seed = 53;
	s.exp.holdout = 0.2;
	s.exp.nlabels = 4;
	c.utt = utt;
	memset(lists, 0, sizeof lists);
	c.list = lists;
	c.nlists = nlists;
	for (int k = 0; k < nlists; k++) {
		c.list[k].first = c.n;
		c.list[k].n = size[k];
		for (int i = 0; i < size[k]; i++, c.n++)
			utt[c.n] = (struct utterance){.label = labels[i % 8],
						      .list = k,
						      .speaker = speakers[2 * k + i % 2],
						      .dialogue = dialogues[2 * k + i / 10 % 2]};
	}
}

static const int five[] = {12, 13, 14, 15, 16};
static const int three[] = {20, 5, 7};

static int split(int fold)
{
	split_free(&sp);
	err_clear(&e);
	return split_make(&sp, &c, &s, fold, &e);
}

/* Whether a part is exactly these lists, in this order. */
static bool is_lists(enum part part, int a, int b, int d, int f)
{
	const int list[] = {a, b, d, f};
	int n = 0;

	for (int k = 0; k < 4; k++)
		for (int i = 0; list[k] >= 0 && i < c.list[list[k]].n; i++, n++)
			if (n >= sp.n[part] || sp.at[part][n] != c.list[list[k]].first + i)
				return false;
	return n == sp.n[part];
}

/* Training and validation are the rows of these lists, each row in one of them,
 * both ascending. */
static void check_cover(int a, int b, int d, int f)
{
	const int list[] = {a, b, d, f};
	bool seen[ROWS_MAX] = {false};
	int n = 0;

	for (int part = PART_TRAIN; part <= PART_VAL; part++)
		for (int i = 0; i < sp.n[part]; i++) {
			CHECK(!seen[sp.at[part][i]]);
			seen[sp.at[part][i]] = true;
			CHECK(i == 0 || sp.at[part][i] > sp.at[part][i - 1]);
		}
	for (int k = 0; k < 4; k++)
		for (int i = 0; i < c.list[list[k]].n; i++, n++)
			CHECK(seen[c.list[list[k]].first + i]);
	CHECK_INT(sp.n[PART_TRAIN] + sp.n[PART_VAL], n);
}

TEST(folds)
{
	make(LAYOUT_IEMOCAP, 5, five);
	CHECK_INT(split_folds(&c), 5);
	CHECK_INT(split_fold(&c, 0), 1);
	CHECK_INT(split_fold(&c, 4), 5);
	CHECK(split_has_fold(&c, 5) && !split_has_fold(&c, 6) && !split_has_fold(&c, 0));
	CHECK_INT(split(0), -1);
	CHECK_HAS(e.text, "fold 0; expected 1 to 5");
	CHECK_INT(split(6), -1);
	make(LAYOUT_LISTS, 3, three);
	CHECK_INT(split_folds(&c), 1);
	CHECK_INT(split_fold(&c, 0), 0);
	CHECK(split_has_fold(&c, 0) && !split_has_fold(&c, 1));
	CHECK_INT(split(1), -1);
	CHECK_HAS(e.text, "fold 1; ");
}

/* As many folds as sessions; `session` validates on the next, the last on the first. */
TEST(other_numbers_of_sessions)
{
	static const int seven[] = {3, 4, 5, 3, 4, 5, 3}, two[] = {4, 4}, one[] = {4};

	make(LAYOUT_IEMOCAP, 7, seven);
	CHECK_INT(split_folds(&c), 7);
	s.exp.protocol = PROTOCOL_SESSION;
	CHECK_INT(split(7), 0);
	CHECK_INT(sp.n[PART_TEST], 3);
	CHECK_INT(sp.n[PART_VAL], 3);
	CHECK_INT(sp.at[PART_TEST][0], lists[6].first);
	CHECK_INT(sp.at[PART_VAL][0], 0);
	CHECK_INT(sp.n[PART_TRAIN], 21);
	CHECK_INT(split(6), 0);
	CHECK_INT(sp.at[PART_VAL][0], lists[6].first);
	CHECK_INT(split(8), -1);
	CHECK_HAS(e.text, "fold 8; expected 1 to 7");

	make(LAYOUT_IEMOCAP, 2, two);
	s.exp.protocol = PROTOCOL_FIXED;
	CHECK_INT(split(2), 0);
	CHECK_INT(sp.n[PART_TRAIN], 4);
	CHECK_INT(sp.at[PART_TEST][0], 4);
	s.exp.protocol = PROTOCOL_SESSION;
	CHECK_INT(split(1), -1);
	CHECK_HAS(e.text,
		  "exp.protocol session of 2 sessions leaves none to train on; it needs 3 or more");
	make(LAYOUT_IEMOCAP, 1, one);
	CHECK_INT(split(1), -1);
	CHECK_HAS(
		e.text,
		"exp.protocol reference of 1 session leaves none to train on; it needs 2 or more");
}

TEST(reference)
{
	make(LAYOUT_IEMOCAP, 5, five);
	CHECK(protocol_optimistic(&s));
	REQUIRE(split(3) == 0);
	CHECK(is_lists(PART_TRAIN, 0, 1, 3, 4));
	CHECK(is_lists(PART_VAL, 2, -1, -1, -1));
	CHECK(is_lists(PART_TEST, 2, -1, -1, -1));

	make(LAYOUT_LISTS, 3, three);
	CHECK(!protocol_optimistic(&s));
	REQUIRE(split(0) == 0);
	CHECK(is_lists(PART_TRAIN, 0, -1, -1, -1));
	CHECK(is_lists(PART_VAL, 1, -1, -1, -1));
	CHECK(is_lists(PART_TEST, 2, -1, -1, -1));
}

TEST(fixed)
{
	make(LAYOUT_IEMOCAP, 5, five);
	s.exp.protocol = PROTOCOL_FIXED;
	CHECK(!protocol_optimistic(&s));
	REQUIRE(split(1) == 0);
	CHECK(is_lists(PART_TRAIN, 1, 2, 3, 4));
	CHECK_INT(sp.n[PART_VAL], 0);
	CHECK(is_lists(PART_TEST, 0, -1, -1, -1));

	make(LAYOUT_LISTS, 3, three);
	s.exp.protocol = PROTOCOL_FIXED;
	REQUIRE(split(0) == 0);
	CHECK(is_lists(PART_TRAIN, 0, -1, -1, -1));
	CHECK_INT(sp.n[PART_VAL], 0);
}

TEST(session)
{
	static const int others[6][3] = {{0},       {2, 3, 4}, {0, 3, 4},
					 {0, 1, 4}, {0, 1, 2}, {1, 2, 3}};

	make(LAYOUT_IEMOCAP, 5, five);
	s.exp.protocol = PROTOCOL_SESSION;
	CHECK(!protocol_optimistic(&s));
	for (int f = 1; f <= 5; f++) {
		REQUIRE(split(f) == 0);
		CHECK(is_lists(PART_TRAIN, others[f][0], others[f][1], others[f][2], -1));
		CHECK(is_lists(PART_VAL, f % 5, -1, -1, -1)); /* session F mod 5 + 1 */
		CHECK(is_lists(PART_TEST, f - 1, -1, -1, -1));
	}
}

TEST(lists_refuse_holdout_and_session)
{
	make(LAYOUT_LISTS, 3, three);
	s.exp.protocol = PROTOCOL_HOLDOUT;
	CHECK_INT(split(0), -1);
	CHECK_HAS(e.text, "exp.protocol holdout is for IEMOCAP's sessions");
	CHECK(sp.at[PART_TRAIN] == NULL);
	s.exp.protocol = PROTOCOL_SESSION;
	CHECK_INT(split(0), -1);
	CHECK_HAS(e.text, "exp.protocol session");
}

static void count_labels(enum part part, int n[4])
{
	memset(n, 0, 4 * sizeof *n);
	for (int i = 0; i < sp.n[part]; i++)
		n[c.utt[sp.at[part][i]].label]++;
}

TEST(holdout_shares_by_largest_remainder)
{
	int n[4];

	/* Fold 1: 58 rows, labels 9, 16, 21, 12; 0.2 -> 11: shares 1.71, 3.03, 3.98, 2.28. */
	make(LAYOUT_IEMOCAP, 5, five);
	s.exp.protocol = PROTOCOL_HOLDOUT;
	CHECK(!protocol_optimistic(&s));
	REQUIRE(split(1) == 0);
	check_cover(1, 2, 3, 4);
	CHECK(is_lists(PART_TEST, 0, -1, -1, -1));
	CHECK_INT(sp.n[PART_VAL], 11);
	count_labels(PART_VAL, n);
	CHECK_INT(n[0], 2);
	CHECK_INT(n[1], 3);
	CHECK_INT(n[2], 4);
	CHECK_INT(n[3], 2);

	/* Four classes of 10 and 0.15 of 40 = 6: 1.5 each, ties to the later labels. */
	make(LAYOUT_IEMOCAP, 5, (const int[]){10, 10, 10, 10, 10});
	s.exp.protocol = PROTOCOL_HOLDOUT;
	s.exp.holdout = 0.15;
	for (int i = 0; i < c.n; i++)
		utt[i].label = i % 4;
	REQUIRE(split(5) == 0);
	count_labels(PART_VAL, n);
	CHECK_INT(n[0] + n[1], 2);
	CHECK_INT(n[2] + n[3], 4);
}

/* The draw, once more in plain words: per class, in label order, an order of its
 * training rows from one generator; the first rows validate. */
TEST(holdout_draws_as_specified)
{
	struct rng rng;
	bool val[ROWS_MAX] = {false};

	make(LAYOUT_IEMOCAP, 5, five);
	s.exp.protocol = PROTOCOL_HOLDOUT;
	REQUIRE(split(1) == 0);
	rng_seed_own(&rng, 53, 1, "holdout");
	for (int label = 0; label < 4; label++) {
		static const int share[] = {2, 3, 4, 2};
		int row[ROWS_MAX], order[ROWS_MAX], n = 0;

		for (int i = c.list[1].first; i < c.n; i++)
			if (utt[i].label == label)
				row[n++] = i;
		rng_order(&rng, order, n);
		for (int i = 0; i < share[label]; i++)
			val[row[order[i]]] = true;
	}
	for (int i = 0; i < sp.n[PART_VAL]; i++)
		CHECK(val[sp.at[PART_VAL][i]]);
}

/* The share is rounded down, never up, and never to the nearest. */
TEST(holdout_counts_rows)
{
	static const struct {
		double share;
		int rows; /* of 100 */
	} some[] = {{0.01, 1},   {0.0199, 1}, {0.02, 2},  {0.105, 10},
		    {0.109, 10}, {0.5, 50},   {0.999, 99}};

	for (size_t i = 0; i < sizeof some / sizeof some[0]; i++) {
		make(LAYOUT_IEMOCAP, 5, (const int[]){9, 40, 30, 20, 10});
		s.exp.protocol = PROTOCOL_HOLDOUT;
		s.exp.holdout = some[i].share;
		REQUIRE(split(1) == 0);
		CHECK_INT(sp.n[PART_VAL], some[i].rows);
		check_cover(1, 2, 3, 4);
	}
	s.exp.holdout = 0.0099;
	CHECK_INT(split(1), -1);
	CHECK_HAS(e.text, "exp.holdout 0.0099 of 100 training utterances is 0; ");
}

TEST(holdout_depends_on_seed_and_fold)
{
	int first[ROWS_MAX], n;

	make(LAYOUT_IEMOCAP, 5, (const int[]){40, 40, 40, 40, 40});
	s.exp.protocol = PROTOCOL_HOLDOUT;
	REQUIRE(split(1) == 0);
	n = sp.n[PART_VAL];
	CHECK_INT(n, 32);
	memcpy(first, sp.at[PART_VAL], sizeof *first * (size_t)n);
	REQUIRE(split(1) == 0);
	CHECK(memcmp(first, sp.at[PART_VAL], sizeof *first * (size_t)n) == 0);
	s.exp.seed = 54;
	REQUIRE(split(1) == 0);
	CHECK(memcmp(first, sp.at[PART_VAL], sizeof *first * (size_t)n) != 0);
	s.exp.seed = 53;
	REQUIRE(split(2) == 0);
	for (int i = 0; i < n; i++) /* fold 2 trains on session 1 instead of 2 */
		first[i] -= first[i] < 80 ? 40 : 0;
	CHECK(memcmp(first, sp.at[PART_VAL], sizeof *first * (size_t)n) != 0);
}

TEST(holdout_by_unit)
{
	for (int unit = UNIT_SPEAKER; unit <= UNIT_DIALOGUE; unit++)
		for (int seed = 0; seed < 20; seed++) {
			make(LAYOUT_IEMOCAP, 5, five);
			s.exp.protocol = PROTOCOL_HOLDOUT;
			s.exp.holdout_unit = unit;
			s.exp.holdout = 0.4;
			s.exp.seed = seed;
			REQUIRE(split(2) == 0);
			check_cover(0, 2, 3, 4);
			CHECK(sp.n[PART_VAL] > 0 && sp.n[PART_VAL] <= 22); /* 0.4 of 57 */
			for (int i = 0; i < sp.n[PART_VAL]; i++)
				for (int k = 0; k < sp.n[PART_TRAIN]; k++) {
					const struct utterance *v = &utt[sp.at[PART_VAL][i]];
					const struct utterance *t = &utt[sp.at[PART_TRAIN][k]];

					CHECK(unit == UNIT_SPEAKER ? v->speaker != t->speaker
								   : v->dialogue != t->dialogue);
				}
		}
}

/* The draw, once more in plain words: the units in the order of their bytes, an
 * order of them from the generator, and from its start those that together fit;
 * the first one always, none after the first that does not fit. */
TEST(holdout_draws_units_as_specified)
{
	static char *const unit[] = {"A", "B", "a", "b", "b1", "\xc3\xa9"};
	static const int size[] = {1, 2, 3, 4, 5, 7}; /* of the 22 rows of sessions 2 to 5 */
	int exact = 0, alone = 0, passed_over = 0;

	for (int seed = 0; seed < 60; seed++)
		for (int total = 1; total < 22; total++) {
			struct rng rng;
			bool val[6] = {false};
			int order[6], taken = 0, k = 0;

			make(LAYOUT_IEMOCAP, 5, (const int[]){3, 5, 5, 5, 7});
			s.exp.protocol = PROTOCOL_HOLDOUT;
			s.exp.holdout_unit = seed % 2 ? UNIT_SPEAKER : UNIT_DIALOGUE;
			s.exp.holdout = (total + 0.5) / 22;
			s.exp.seed = seed;
			for (int u = 5, i = 3; u >= 0; u--) /* rows in another order than units */
				for (int n = 0; n < size[u]; n++, i++)
					*(seed % 2 ? &utt[i].speaker : &utt[i].dialogue) = unit[u];
			REQUIRE(split(1) == 0);
			check_cover(1, 2, 3, 4);
			rng_seed_own(&rng, (uint64_t)seed, 1, "holdout");
			rng_order(&rng, order, 6);
			for (; k == 0 || (k < 6 && taken + size[order[k]] <= total); k++) {
				val[order[k]] = true;
				taken += size[order[k]];
			}
			exact += taken == total;
			alone += taken > total;
			for (; k < 6; k++)
				passed_over += taken + size[order[k]] <= total;
			CHECK_INT(sp.n[PART_VAL], taken);
			for (int i = 0; i < sp.n[PART_VAL]; i++) {
				const struct utterance *u = &utt[sp.at[PART_VAL][i]];
				const char *name = seed % 2 ? u->speaker : u->dialogue;

				for (int j = 0; j < 6; j++)
					CHECK(val[j] || name != unit[j]);
			}
		}
	CHECK(exact > 0 && alone > 0 && passed_over > 0);
}

TEST(holdout_takes_one_unit_at_least_and_never_all)
{
	make(LAYOUT_IEMOCAP, 5, five);
	s.exp.protocol = PROTOCOL_HOLDOUT;
	s.exp.holdout_unit = UNIT_SPEAKER;
	s.exp.holdout = 0.02; /* one row; the smallest speaker has six */
	REQUIRE(split(1) == 0);
	CHECK(sp.n[PART_VAL] >= 6 && sp.n[PART_VAL] <= 8);

	s.exp.holdout = 0.99;
	for (int i = 0; i < c.n; i++)
		utt[i].speaker = speakers[i % 2];
	REQUIRE(split(1) == 0);
	CHECK(sp.n[PART_VAL] > 0 && sp.n[PART_TRAIN] > 0);

	for (int i = 0; i < c.n; i++)
		utt[i].speaker = speakers[0];
	CHECK_INT(split(1), -1);
	CHECK_HAS(e.text, "exp.holdout_unit speaker: the training part has only one, \"Ses01F\"");

	utt[c.n - 1].speaker = "";
	CHECK_INT(split(1), -1);
	CHECK_HAS(e.text, "1 of 58 training utterances have none; name the column (exp.speaker)");
}

TEST(holdout_of_nothing)
{
	make(LAYOUT_IEMOCAP, 5, (const int[]){1, 1, 1, 1, 1});
	s.exp.protocol = PROTOCOL_HOLDOUT;
	CHECK_INT(split(1), -1);
	CHECK_HAS(e.text, "exp.holdout 0.2 of 4 training utterances is 0; expected at least one");
}

int main(int argc, char **argv)
{
	int failed = TEST_MAIN(argc, argv);

	split_free(&sp);
	return failed;
}
