/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two runs that take turns, as values (app/lab/duel.h). */
#include "test.h"

#include "app/lab/duel.h"
#include "base/mem.h"

#include <stdlib.h>

enum { EACH = 3, UTTERANCES = 20 }; /* steps an epoch */

static struct settings set; /* of both; train.select wa */

static struct duel_place place(int step, bool ended, int last)
{
	return (struct duel_place){.step = step,
				   .ended = ended,
				   .epoch = step / EACH + (ended || step % EACH ? 1 : 0),
				   .last = last};
}

static void at(struct duel *d, int side, int step, bool ended)
{
	struct duel_place p = place(step, ended, 6);

	duel_arrive(d, side, &p);
}

/* The first `right` utterances are right, the others wrong. */
static void evaluate(struct duel *d, int side, int epoch, int from, int to)
{
	int utt[UTTERANCES], label[UTTERANCES];
	float logits[UTTERANCES * HEADS * 2] = {0};
	struct predictions p = {
		.n = UTTERANCES, .classes = 2, .utt = utt, .label = label, .logits = logits};
	struct epoch_row row = {.epoch = epoch, .val = {.wa = (to - from) / (double)UTTERANCES}};

	for (int i = 0; i < UTTERANCES; i++) {
		utt[i] = 100 + i;
		label[i] = 1;
		logits[(i * HEADS + HEAD_MAIN) * 2 + 1] = i >= from && i < to ? 1.0F : -1.0F;
	}
	duel_epoch(d, side, &set, &row, &p);
}

static void begin(struct duel *d, int epochs)
{
	duel_begin(d, "a", "b", epochs);
	at(d, 0, 0, true);
	at(d, 1, 0, true);
}

static const char *text_of(const struct duel *d)
{
	static struct str text;

	str_reset(&text);
	duel_text(d, &text);
	return str_text(&text);
}

TEST(they_take_turns)
{
	struct duel d = {0};

	duel_begin(&d, "a", "b", 0);
	CHECK(duel_turn(&d, 0) && duel_turn(&d, 1)); /* both may begin */
	at(&d, 0, 0, true);
	CHECK(!duel_turn(&d, 0)); /* until the other has come */
	at(&d, 1, 0, true);
	for (int step = 1; step <= 12; step++) {
		CHECK(duel_turn(&d, 0) && !duel_turn(&d, 1));
		at(&d, 0, step, false);
		CHECK(!duel_turn(&d, 0) && duel_turn(&d, 1));
		at(&d, 1, step, false);
	}
	duel_free(&d);
}

TEST(an_evaluation_is_a_part_of_the_turn)
{
	struct duel d = {0};

	begin(&d, 0);
	at(&d, 0, 3, false);
	at(&d, 1, 3, false);
	at(&d, 0, 3, true);
	CHECK(!duel_turn(&d, 0) && duel_turn(&d, 1));
	at(&d, 1, 3, true);
	CHECK(duel_turn(&d, 0) && !duel_turn(&d, 1));
	duel_free(&d);
}

TEST(who_is_behind_comes_first)
{
	struct duel d = {0};

	duel_begin(&d, "a", "b", 0);
	at(&d, 0, 12, true);
	at(&d, 1, 3, true);
	for (int step = 4; step <= 12; step++) {
		CHECK(!duel_turn(&d, 0) && duel_turn(&d, 1));
		at(&d, 1, step, false);
	}
	CHECK(!duel_turn(&d, 0) && duel_turn(&d, 1)); /* it has yet to be evaluated */
	at(&d, 1, 12, true);
	CHECK(duel_turn(&d, 0) && !duel_turn(&d, 1));
	CHECK_INT(d.planned, 2); /* epochs 5 and 6 */
	duel_free(&d);
}

/* Nobody waits for one that has left, and whoever is told to go can. */
TEST(nobody_waits_for_one_that_has_left)
{
	struct duel d = {0};

	begin(&d, 0);
	at(&d, 0, 1, false);
	CHECK(!duel_turn(&d, 0));
	duel_leave(&d, 1, "was stopped");
	CHECK(duel_turn(&d, 0));
	CHECK_INT(d.end, DUEL_BROKEN);
	CHECK_STR(text_of(&d),
		  "a and b: no epoch is compared yet. The duel is over: b was stopped.");
	duel_leave(&d, 0, "was stopped too"); /* the first says why */
	CHECK_STR(d.why, "b was stopped");
	duel_free(&d);

	duel_begin(&d, "a", "b", 0); /* it never came */
	at(&d, 0, 0, true);
	duel_leave(&d, 1, "cannot be read");
	CHECK(duel_turn(&d, 0));
	duel_free(&d);
}

TEST(turns_end_only_with_the_sides)
{
	struct duel d = {0};

	begin(&d, 0);
	duel_stop(&d);
	CHECK_INT(d.end, DUEL_ENDED);
	CHECK(duel_turn(&d, 0) && !duel_turn(&d, 1));
	duel_leave(&d, 0, "was stopped");
	CHECK(duel_turn(&d, 1));
	CHECK_INT(d.end, DUEL_ENDED);
	duel_free(&d);
}

TEST(a_look)
{
	struct duel d = {0};
	struct str line = {0};

	begin(&d, 0);
	CHECK_INT(d.planned, 6);
	evaluate(&d, 0, 1, 0, 12); /* utterances 0 to 11 */
	CHECK_INT(d.looks, 0);
	evaluate(&d, 1, 1, 3, 14); /* 3 to 13 */
	CHECK_INT(d.looks, 1);
	CHECK_INT(d.look[0].only[0], 3);
	CHECK_INT(d.look[0].only[1], 2);
	CHECK_NEAR(d.look[0].figure[0], 0.6, 1e-12);
	CHECK_NEAR(d.look[0].figure[1], 0.55, 1e-12);
	CHECK_NEAR(d.look[0].p, 1, 1e-12);
	CHECK_INT(d.end, DUEL_ON);
	CHECK_INT(duel_leader(&d), 0);
	duel_look_text(&d, 0, &line);
	CHECK_HAS(str_text(&line), "epoch 1: WA 0.600 : 0.550, Δ +0.050; McNemar 3 : 2, p 1, clear "
				   "at p < 1.6e-06 (look 1 of 6)");
	CHECK_HAS(text_of(&d), "a leads b by 0.050: WA 0.600 to 0.550 at epoch 1; McNemar 3 : 2, "
			       "p 1: not clear (look 1 of 6 needs p < 1.6e-06). The duel goes on.");
	str_free(&line);
	duel_free(&d);
}

TEST(the_lower_loss_leads)
{
	struct duel d = {0};

	begin(&d, 0);
	evaluate(&d, 0, 1, 0, 4);
	evaluate(&d, 1, 1, 0, 8);
	CHECK_INT(duel_leader(&d), 1);
	CHECK_HAS(text_of(&d), "b leads a by 0.200: WA 0.400 to 0.200 at epoch 1; McNemar 4 : 0,");
	d.select = SELECT_LOSS;
	CHECK_INT(duel_leader(&d), 0);
	d.look[0].figure[0] = d.look[0].figure[1];
	CHECK_INT(duel_leader(&d), -1);
	CHECK_HAS(text_of(&d), "a and b are level: val loss");
	duel_free(&d);
}

TEST(it_ends_when_all_is_done)
{
	struct duel d = {0};

	begin(&d, 2);
	for (int epoch = 1; epoch <= 2; epoch++) {
		CHECK_INT(d.end, DUEL_ON);
		evaluate(&d, 0, epoch, 0, 10);
		evaluate(&d, 1, epoch, 0, 10);
	}
	CHECK_INT(d.looks, 2);
	CHECK_INT(d.end, DUEL_DONE);
	evaluate(&d, 0, 3, 0, 10);
	evaluate(&d, 1, 3, 0, 10);
	CHECK_INT(d.looks, 2);
	CHECK_HAS(text_of(&d),
		  "a and b are level: WA 0.500 at epoch 2; McNemar 0 : 0, p 1: not "
		  "clear (look 2 of 2 needs p < 0.044). The duel is over: all its epochs "
		  "are done.");
	duel_free(&d);
}

TEST(it_ends_when_it_is_clear)
{
	struct duel d = {0};

	begin(&d, 6);
	for (int epoch = 1; d.end == DUEL_ON; epoch++) {
		evaluate(&d, 0, epoch, 0, 3);
		evaluate(&d, 1, epoch, 0, 15);
	}
	/* 0 : 12, p 0.00049: more than 1.6e-06 at look 1 */
	CHECK_INT(d.looks, 2);
	CHECK_INT(d.end, DUEL_CLEAR);
	CHECK_HAS(text_of(&d),
		  "McNemar 12 : 0, p 0.00049: clear (look 2 of 6 needs p < 0.00069). The "
		  "duel is over: the difference is clear.");
	duel_free(&d);
}

TEST(what_one_repeats_is_not_compared)
{
	struct duel_place p = place(0, true, 6);
	struct duel d = {0};

	duel_begin(&d, "a", "b", 0);
	p.repeats = true;
	duel_arrive(&d, 0, &p);
	duel_arrive(&d, 1, &p);
	evaluate(&d, 0, 1, 0, 10);
	evaluate(&d, 1, 1, 0, 10);
	CHECK_INT(d.looks, 0);
	CHECK_INT(d.planned, 0);
	at(&d, 0, 4, false);
	at(&d, 1, 4, false);
	CHECK_INT(d.planned, 5); /* epochs 2 to 6 */
	evaluate(&d, 0, 2, 0, 10);
	evaluate(&d, 1, 2, 0, 10);
	CHECK_INT(d.looks, 1);
	duel_free(&d);
}

TEST(what_cannot_be_compared)
{
	struct duel_place p = place(0, true, 6);
	struct predictions none = {.classes = 2};
	struct epoch_row row = {.epoch = 1};
	struct duel d = {0};

	duel_begin(&d, "a", "b", 0);
	duel_arrive(&d, 0, &p);
	p.fold = 1;
	duel_arrive(&d, 1, &p);
	CHECK_INT(d.end, DUEL_BROKEN);
	CHECK_STR(d.why, "a is in fold 0 and b in fold 1, and a duel is of one fold");

	duel_begin(&d, "a", "b", 0);
	at(&d, 0, 18, true);
	at(&d, 1, 3, true);
	CHECK_INT(d.end, DUEL_BROKEN);
	CHECK_STR(d.why, "no epoch is left that both are to train");

	begin(&d, 0);
	duel_epoch(&d, 0, &set, &row, &none);
	duel_epoch(&d, 1, &set, &row, &none);
	CHECK_INT(d.end, DUEL_BROKEN);
	CHECK_STR(d.why,
		  "no utterances are held out for validation, so there is nothing to compare");

	begin(&d, 0);
	evaluate(&d, 0, 1, 0, 10);
	d.side[0].utt[3]++;
	evaluate(&d, 1, 1, 0, 10);
	CHECK_INT(d.looks, 0);
	CHECK_STR(d.why, "the two do not validate on the same utterances");
	duel_free(&d);
}

TEST(a_copy)
{
	struct duel d = {0}, copy = {0};

	begin(&d, 0);
	for (int i = 0; i < 2; i++) {
		evaluate(&d, i, 1, 0, 10);
		duel_copy(&copy, &d);
	}
	CHECK_INT(copy.looks, 1);
	CHECK(copy.look != d.look && !copy.side[0].utt && !copy.side[0].right);
	duel_free(&d);
	CHECK_HAS(text_of(&copy), "at epoch 1");
	duel_free(&copy);
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
