/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which epoch is kept, and when patience ends, against tables written by hand. */
#include "engine/train/selection.h"
#include "test.h"

enum { EPOCHS = 8 };

/* A fold as it might go. Ties and gains are chosen for the rules below. */
static const struct epoch_row fold[EPOCHS] = {
	/*                          wa     ua     wf1   macro F1 */
	{.epoch = 1, .val_loss = 1.250, .val = {0.500, 0.300, 0.400, 0.250}},
	{.epoch = 2, .val_loss = 1.000, .val = {0.500, 0.400, 0.450, 0.250}},
	{.epoch = 3, .val_loss = 0.750, .val = {0.625, 0.350, 0.500, 0.300}},
	{.epoch = 4, .val_loss = 0.625, .val = {0.625, 0.350, 0.525, 0.450}},
	{.epoch = 5, .val_loss = 0.625, .val = {0.750, 0.325, 0.550, 0.400}},
	{.epoch = 6, .val_loss = 0.875, .val = {0.750, 0.450, 0.550, 0.450}},
	{.epoch = 7, .val_loss = 0.500, .val = {0.750, 0.425, 0.600, 0.475}},
	{.epoch = 8, .val_loss = 1.500, .val = {0.500, 0.450, 0.250, 0.475}},
};

/* The kept epoch after each epoch; 0: none. */
static const struct rule {
	const char *what;
	int select, from;
	double delta;
	int by_ua;
	int kept[EPOCHS];
} rules[] = {
	{"as published", SELECT_WA, 1, 0, 1, {1, 2, 3, 3, 5, 6, 6, 6}},
	{"WA, a class is missing", SELECT_WA, 1, 0, 0, {1, 1, 3, 3, 5, 5, 5, 5}},
	{"WA, equal to the gain asked for", SELECT_WA, 1, 0.125, 1, {1, 1, 1, 1, 5, 5, 5, 5}},
	{"WA by a little", SELECT_WA, 1, 0.0625, 1, {1, 1, 3, 3, 5, 5, 5, 5}},
	{"WA from epoch 4", SELECT_WA, 4, 0, 1, {0, 0, 0, 4, 5, 6, 6, 6}},
	{"WA from the last epoch", SELECT_WA, 8, 0, 1, {0, 0, 0, 0, 0, 0, 0, 8}},
	{"UA", SELECT_UA, 1, 0, 1, {1, 2, 2, 2, 2, 6, 6, 6}},
	{"UA, a class is missing", SELECT_UA, 1, 0, 0, {1, 2, 2, 2, 2, 6, 6, 6}},
	{"UA by more than 0.1", SELECT_UA, 1, 0.11, 1, {1, 1, 1, 1, 1, 6, 6, 6}},
	{"UA from epoch 3", SELECT_UA, 3, 0, 1, {0, 0, 3, 3, 3, 6, 6, 6}},
	{"WF1", SELECT_WF1, 1, 0, 1, {1, 2, 3, 4, 5, 5, 7, 7}},
	{"WF1 by more than 0.06", SELECT_WF1, 1, 0.06, 1, {1, 1, 3, 3, 3, 3, 7, 7}},
	{"macro F1", SELECT_MACRO_F1, 1, 0, 1, {1, 1, 3, 4, 4, 4, 7, 7}},
	{"loss", SELECT_LOSS, 1, 0, 1, {1, 2, 3, 4, 4, 4, 7, 7}},
	{"loss by more than 0.125", SELECT_LOSS, 1, 0.125, 1, {1, 2, 3, 3, 3, 3, 7, 7}},
	{"loss from epoch 8", SELECT_LOSS, 8, 0, 1, {0, 0, 0, 0, 0, 0, 0, 8}},
};

static struct settings settings_of(const struct rule *r)
{
	struct settings s = {.exp.protocol = PROTOCOL_HOLDOUT};

	s.train.select = r->select;
	s.train.select_from = r->from;
	s.train.min_delta = r->delta;
	return s;
}

TEST(a_fold_by_every_rule)
{
	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
		struct settings s = settings_of(&rules[i]);
		const struct epoch_row *best = NULL;

		for (int e = 0; e < EPOCHS; e++) {
			if (selection_keeps(&s, &fold[e], best, rules[i].by_ua))
				best = &fold[e];
			if ((best ? best->epoch : 0) != rules[i].kept[e])
				FAIL("%s: after epoch %d epoch %d is kept, not %d", rules[i].what,
				     e + 1, best ? best->epoch : 0, rules[i].kept[e]);
		}
	}
}

TEST(fixed_keeps_the_last)
{
	struct settings s = {.exp.protocol = PROTOCOL_FIXED, .train.select_from = 3};

	for (int e = 1; e < EPOCHS; e++)
		CHECK(selection_keeps(&s, &fold[e], &fold[e - 1], true));
}

TEST(the_figure_that_decides)
{
	static const double figure[SELECTIONS] = {0.75, 0.425, 0.6, 0.475, 0.5};
	static const char *const label[SELECTIONS] = {"WA", "UA", "WF1", "macro F1", "val loss"};

	for (int i = 0; i < SELECTIONS; i++) {
		struct settings s = {.train.select = i};

		CHECK_NEAR(selection_figure(&s, &fold[6].val, fold[6].val_loss), figure[i], 0);
		CHECK_STR(selection_label[i], label[i]);
	}
	CHECK(!selection_name[SELECTIONS]);
}

/* A state that an earlier version stored knows no val_loss of its kept epoch. */
TEST(a_figure_that_is_not_known)
{
	struct settings s = {.exp.protocol = PROTOCOL_SESSION, .train.select = SELECT_LOSS};
	struct epoch_row best = fold[6];

	CHECK(!selection_keeps(&s, &fold[7], &best, true));
	best.val_loss = NAN;
	CHECK(selection_keeps(&s, &fold[7], &best, true));
}

static struct confusion three(const int count[3][3])
{
	struct confusion m;

	confusion_init(&m, 3);
	for (int t = 0; t < 3; t++)
		for (int p = 0; p < 3; p++)
			m.count[t][p] = count[t][p];
	return m;
}

/* UA decides between equal WA, but not as published where a class is missing. */
TEST(ties_by_ua)
{
	const struct confusion whole = three((const int[3][3]){{1, 0, 0}, {0, 0, 1}, {0, 0, 1}});
	const struct confusion lacks = three((const int[3][3]){{1, 1, 0}, {0, 0, 0}, {0, 0, 1}});

	for (int protocol = PROTOCOL_REFERENCE; protocol <= PROTOCOL_FIXED; protocol++) {
		struct settings s = {.exp.protocol = protocol};

		CHECK(selection_by_ua(&s, &whole));
		CHECK(selection_by_ua(&s, &lacks) == (protocol != PROTOCOL_REFERENCE));
	}
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
