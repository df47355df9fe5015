/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Filter, slices and sorting of view 3 (ui/view/order.h). */
#include "tests/ui/fixture.h"

#include "ui/console/complete.h"
#include "ui/view/order.h"
#include "ui/state/feed.h"

static const struct fixture_of small = {.n = 40, .epochs = 12, .classes = 4};

static int filtered(struct ui *u, const char *condition)
{
	struct err e = {0};

	if (order_filter(u, condition, &e))
		FAIL("%s: %s", condition, e.text);
	return order_of(u)->n;
}

static double number(const struct ui *u, int row, enum utterance_column column)
{
	struct facts f = order_facts(u, order_at(u, row));

	return facts_column[column].get(&f).number;
}

/* Every column can be filtered and sorted by. */
TEST(the_table_is_whole)
{
	struct fixture f;

	fixture_make(&f, &small);
	for (int c = 0; c < UTTERANCE_COLUMNS; c++) {
		const struct facts_column *x = &facts_column[c];
		struct err e = {0};
		char condition[64];

		REQUIRE(x->name && x->help && x->get);
		snprintf(condition, sizeof condition, "%s %s", x->name,
			 x->text ? "!= \"\"" : "is finite");
		CHECK_INT(filtered(&f.u, condition), 40);
		CHECK(!order_sort(&f.u, x->name, &e));
		CHECK_INT(order_of(&f.u)->sort, c);
	}
	for (const struct slice *s = slices; s->name; s++) {
		filtered(&f.u, s->condition);
		CHECK(strlen(s->name) < sizeof order_of(&f.u)->slice);
	}
	fixture_free(&f);
}

TEST(the_console_completes_from_the_tables)
{
	struct fixture f;
	struct completions c;

	fixture_make(&f, &small);
	f.u.view = VIEW_UTTERANCES;
	complete_word(&f.u, "sort says_", 10, &c);
	REQUIRE(c.n == 2);
	CHECK_STR(c.at[0].text, "says_text");
	CHECK_STR(c.at[1].when, "prediction of the audio head");
	completions_free(&c);
	complete_word(&f.u, "slice text", 10, &c);
	REQUIRE(c.n == 1);
	CHECK_STR(c.at[0].text, "text-misleads");
	completions_free(&c);
	fixture_free(&f);
}

TEST(filters_and_slices_hold_together)
{
	struct fixture f;
	struct err e = {0};
	struct confusion m;
	int right = 0, wrong, both;

	fixture_make(&f, &small);
	history_confusion(ui_history(&f.u), 12, HEAD_MAIN, &m);
	for (int c = 0; c < 4; c++)
		right += (int)m.count[c][c];
	CHECK_INT(filtered(&f.u, "right=1"), right);
	wrong = filtered(&f.u, "pred!=true");
	CHECK_INT(wrong, 40 - right);
	CHECK_INT(filtered(&f.u, "true=hap & pred=neu"), m.count[1][2]);
	CHECK_INT(filtered(&f.u, ""), 40);
	CHECK(!order_slice(&f.u, "wrong", &e));
	CHECK_INT(order_of(&f.u)->n, wrong);
	both = filtered(&f.u, "true=neu");
	CHECK(both < wrong);
	CHECK(!order_slice(&f.u, "-", &e));
	CHECK(order_of(&f.u)->n >= both);
	for (int i = 0; slices[i].name; i++) { /* through all of them, then none */
		CHECK(!order_slice(&f.u, "", &e));
		CHECK_STR(order_of(&f.u)->slice, slices[i].name);
	}
	CHECK(!order_slice(&f.u, "", &e));
	CHECK_STR(order_of(&f.u)->slice, "");
	fixture_free(&f);
}

TEST(a_wrong_command_changes_nothing)
{
	struct fixture f;
	struct err e = {0};
	char longest[400];
	int n;

	fixture_make(&f, &small);
	n = filtered(&f.u, "p>0.5");
	CHECK(order_filter(&f.u, "p>0.5 & los>1", &e));
	CHECK_STR(e.text, "column 9: \"los\" is not a name here; did you mean loss?");
	CHECK_STR(order_of(&f.u)->filter, "p>0.5");
	err_clear(&e);
	CHECK(order_sort(&f.u, "lose", &e));
	CHECK_HAS(e.text, "did you mean loss?");
	err_clear(&e);
	CHECK(order_slice(&f.u, "wrog", &e));
	CHECK_HAS(e.text, "did you mean wrong?");
	err_clear(&e);
	memset(longest, ' ', sizeof longest);
	longest[sizeof longest - 1] = '\0';
	CHECK(order_filter(&f.u, longest, &e));
	CHECK_HAS(e.text, "longer than");
	CHECK_INT(order_of(&f.u)->n, n);
	fixture_free(&f);
}

TEST(sorting)
{
	struct fixture f;
	struct err e = {0};

	fixture_make(&f, &small);
	for (int i = 1; i < 40; i++) /* from the start: the largest loss first */
		CHECK(number(&f.u, i - 1, COLUMN_LOSS) >= number(&f.u, i, COLUMN_LOSS));
	CHECK(!order_sort(&f.u, "loss", &e)); /* again: the other way */
	for (int i = 1; i < 40; i++)
		CHECK(number(&f.u, i - 1, COLUMN_LOSS) <= number(&f.u, i, COLUMN_LOSS));
	CHECK(!order_sort(&f.u, "true", &e)); /* a text: from A; equal ones as they stood */
	for (int i = 1; i < 40; i++) {
		int a = order_at(&f.u, i - 1), b = order_at(&f.u, i);
		const struct history *h = ui_history(&f.u);

		CHECK(h->label[a] < h->label[b] || (h->label[a] == h->label[b] && a < b));
	}
	CHECK(!order_sort(&f.u, "true", &e));
	for (int i = 1; i < 40; i++) {
		int a = order_at(&f.u, i - 1), b = order_at(&f.u, i);
		const struct history *h = ui_history(&f.u);

		CHECK(h->label[a] > h->label[b] || (h->label[a] == h->label[b] && a < b));
	}
	CHECK(!order_sort(&f.u, "", &e));
	CHECK_INT(order_of(&f.u)->sort, COLUMN_PRED);
	fixture_free(&f);
}

TEST(unknown_values_come_last_either_way)
{
	struct fixture f;
	struct err e = {0};

	fixture_make(&f, &small);
	f.u.map.row[7] = -1; /* no words, no text */
	CHECK(!order_sort(&f.u, "words", &e));
	CHECK_INT(order_at(&f.u, 39), 7);
	CHECK(!order_sort(&f.u, "words", &e));
	CHECK_INT(order_at(&f.u, 39), 7);
	CHECK(!order_sort(&f.u, "text", &e));
	CHECK_INT(order_at(&f.u, 39), 7);
	CHECK(!order_sort(&f.u, "text", &e));
	CHECK_INT(order_at(&f.u, 39), 7);
	fixture_free(&f);
}

TEST(the_selected_one_stays_on_its_line)
{
	struct fixture f;
	struct err e = {0};
	int utt;

	fixture_make(&f, &small);
	order_of(&f.u)->row = 20;
	order_of(&f.u)->top = 15;
	utt = f.u.sel.utt = order_at(&f.u, 20);
	CHECK(!order_sort(&f.u, "p", &e));
	CHECK_INT(f.u.sel.utt, utt);
	CHECK_INT(order_at(&f.u, order_of(&f.u)->row), utt);
	if (order_of(&f.u)->row >= 5)
		CHECK_INT(order_of(&f.u)->row - order_of(&f.u)->top, 5);
	/* Listed no more: who takes the row is selected. */
	filtered(&f.u, "loss<0.5");
	if (order_facts(&f.u, utt).loss >= 0.5)
		CHECK_INT(f.u.sel.utt, order_at(&f.u, order_of(&f.u)->row));
	CHECK(order_of(&f.u)->row < order_of(&f.u)->n);
	/* None at all: the selection is kept for views 4 and 5. */
	utt = f.u.sel.utt;
	filtered(&f.u, "loss<0");
	CHECK_INT(order_of(&f.u)->n, 0);
	CHECK_INT(f.u.sel.utt, utt);
	fixture_free(&f);
}

/* Scrubbing keeps the rows; `sort` or an evaluation sorts anew. */
TEST(another_epoch_waits_for_a_sort)
{
	struct fixture f;
	struct epoch_row row = {.fold = 3, .epoch = 13};
	struct predictions p = {.n = 40, .classes = 4};
	struct err e = {0};
	int order[40];

	fixture_make(&f, &small);
	memcpy(order, order_of(&f.u)->order, sizeof order);
	f.u.sel.epoch = 2;
	feed_refresh(&f.u);
	CHECK(!memcmp(order, order_of(&f.u)->order, sizeof order));
	CHECK(order_stale(&f.u));
	CHECK(!order_sort(&f.u, "", &e)); /* first only anew, by the same column */
	CHECK_INT(order_of(&f.u)->sort, COLUMN_LOSS);
	CHECK(!order_stale(&f.u));
	CHECK(memcmp(order, order_of(&f.u)->order, sizeof order) != 0);

	/* The next evaluation. */
	p.logits = mem_alloc((size_t)40 * HEADS * 4, sizeof *p.logits);
	f.u.sel.epoch = 0;
	feed_refresh(&f.u);
	CHECK(order_stale(&f.u));
	p.label = f.u.run.fold[0].val.label;
	run_add_epoch(&f.u.run, &row, &p, &f.corpus, false);
	feed_refresh(&f.u);
	CHECK(!order_stale(&f.u));
	CHECK_INT(order_of(&f.u)->made_for.epoch, 13);
	free(p.logits);
	fixture_free(&f);
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
