/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Facts of utterances, and lists of them (app/study/facts.h, listing.h). */
#include "test.h"

#include "app/study/listing.h"
#include "engine/train/evaluate.h"

#include <math.h>
#include <string.h>

enum { N = 4, CLASSES = 3, EPOCHS = 2 };

/* Of the main head, by epoch and utterance, as probabilities; the other heads
 * always say the class in column TEXT, AUDIO. */
static const double main_head[EPOCHS][N][CLASSES] = {
	{{.8, .1, .1}, {.2, .7, .1}, {.3, .3, .4}, {.1, .2, .7}},
	{{.9, .05, .05}, {.9, .05, .05}, {.3, .5, .2}, {.1, .1, .8}},
};
static const int says_text[N] = {0, 0, 1, 2}, says_audio[N] = {0, 1, 2, 2};

static struct {
	float logits[EPOCHS][N][HEADS][CLASSES];
	int row[N];
	struct history h;
	struct settings set;
	struct corpus corpus;
	struct facts_from from;
} made;

static char *ids[N] = {"b", "a", "d", "c"};
static int labels[N] = {0, 1, 1, 2}, epochs[EPOCHS] = {3, 4};
/* The corpus has another order, another list with the same id, and lacks "c". */
static struct utterance rows[] = {
	{.id = "a",
	 .text = "one two",
	 .speaker = "F",
	 .list = 1,
	 .words.rows = 2,
	 .frames.rows = 65},
	{.id = "b", .text = "test", .speaker = "M", .list = 2, .words.rows = 1, .frames.rows = 10},
	{.id = "b", .text = "three", .speaker = "M", .list = 1, .words.rows = 1, .frames.rows = 50},
	{.id = "d", .text = "four", .speaker = "F", .list = 1, .words.rows = 3, .frames.rows = 5},
};

static const struct facts_from *make(void)
{
	static const char *const names[CLASSES] = {"ang", "very happy", "text"};

	for (int k = 0; k < EPOCHS; k++) {
		for (int i = 0; i < N; i++) {
			for (int c = 0; c < CLASSES; c++) {
				made.logits[k][i][HEAD_MAIN][c] = (float)log(main_head[k][i][c]);
				made.logits[k][i][HEAD_TEXT][c] = c == says_text[i];
				made.logits[k][i][HEAD_AUDIO][c] = c == says_audio[i];
			}
		}
	}
	made.h = (struct history){.n = N,
				  .classes = CLASSES,
				  .id = ids,
				  .label = labels,
				  .epochs = EPOCHS,
				  .epoch = epochs,
				  .logits = made.logits[0][0][0]};
	made.set.exp.nlabels = CLASSES;
	for (int c = 0; c < CLASSES; c++)
		snprintf(made.set.exp.labels[c], LABEL_LEN, "%s", names[c]);
	made.corpus = (struct corpus){.layout = LAYOUT_LISTS, .utt = rows, .n = 4};
	facts_rows(&made.h, &made.corpus, 1, made.row);
	made.from = (struct facts_from){&made.h, 4, &made.set, &made.corpus, made.row};
	return &made.from;
}

static double number(int i, enum utterance_column c)
{
	struct facts f = facts_of(&made.from, i);

	return facts_column[c].get(&f).number;
}

static const char *text(int i, enum utterance_column c)
{
	struct facts f = facts_of(&made.from, i);

	return facts_column[c].get(&f).text;
}

TEST(rows_are_found_in_their_list)
{
	make();
	CHECK_INT(made.row[0], 2);
	CHECK_INT(made.row[1], 0);
	CHECK_INT(made.row[2], 3);
	CHECK_INT(made.row[3], -1);
	facts_rows(&made.h, &made.corpus, 2, made.row);
	CHECK_INT(made.row[0], 1);
	CHECK_INT(made.row[1], -1);
}

TEST(facts_are_the_models)
{
	make();
	CHECK_STR(text(1, COLUMN_ID), "a");
	CHECK_STR(text(1, COLUMN_TEXT), "one two");
	CHECK_STR(text(1, COLUMN_SPEAKER), "F");
	CHECK_STR(text(1, COLUMN_TRUE), "very happy");
	CHECK_STR(text(1, COLUMN_PRED), "ang");
	CHECK_STR(text(1, COLUMN_TEXT_SAYS), "ang");
	CHECK_STR(text(1, COLUMN_AUDIO_SAYS), "very happy");
	CHECK_NEAR(number(1, COLUMN_P), 0.9, 1e-6);
	CHECK_NEAR(number(1, COLUMN_LOSS), -log(0.05), 1e-5);
	CHECK_NEAR(number(1, COLUMN_FLIPS), 1, 0);
	CHECK_NEAR(number(0, COLUMN_FLIPS), 0, 0);
	CHECK_NEAR(number(0, COLUMN_RIGHT), 1, 0);
	CHECK_NEAR(number(1, COLUMN_RIGHT), 0, 0);
	CHECK_NEAR(number(1, COLUMN_EPOCH), 4, 0);
	CHECK_NEAR(number(1, COLUMN_WORDS), 2, 0);
	CHECK_NEAR(number(1, COLUMN_SECONDS), 1.3, 1e-9);
}

TEST(what_is_not_known_is_missing)
{
	make();
	CHECK_STR(text(3, COLUMN_TEXT), ""); /* not in the corpus */
	CHECK(isnan(number(3, COLUMN_WORDS)));
	made.from.corpus = NULL;
	CHECK_STR(text(0, COLUMN_SPEAKER), "");
	made.from.epoch = 99;
	CHECK_STR(text(0, COLUMN_PRED), "");
	CHECK_STR(text(0, COLUMN_TRUE), "ang");
	CHECK(isnan(number(0, COLUMN_P)));
}

/* "b a d", in the order listed. */
static const char *listed(struct listing by, const char *filter)
{
	static char out[64];
	struct err e = {0};
	struct expr *x = *filter ? listing_parse(filter, &e) : NULL;
	int order[N], n;

	if (*filter && !x)
		FAIL("%s: %s", filter, e.text);
	by.filter = x;
	n = listing_make(&by, &made.from, order);
	expr_free(x);
	out[0] = '\0';
	for (int i = 0; i < n; i++)
		snprintf(out + strlen(out), sizeof out - strlen(out), "%s%s", i ? " " : "",
			 ids[order[i]]);
	return out;
}

TEST(filter_and_slice_hold_together)
{
	struct listing by = {.slice = "", .sort = COLUMN_ID};

	make();
	CHECK_STR(listed(by, ""), "a b c d");
	CHECK_STR(listed(by, "flips>0"), "a d");
	CHECK_STR(listed(by, "right=0"), "a");
	by.slice = "wrong";
	CHECK_STR(listed(by, ""), "a");
	CHECK_STR(listed(by, "p<0.5"), "");
	by.slice = "text-misleads";
	CHECK_STR(listed(by, ""), "a");
	by.slice = "audio-misleads";
	CHECK_STR(listed(by, ""), "");
}

TEST(every_slice_parses)
{
	struct err e = {0};

	for (const struct slice *s = slices; s->name; s++) {
		struct expr *x = listing_parse(s->condition, &e);

		CHECK(x && s->help && slice_find(s->name) == s);
		expr_free(x);
	}
	CHECK(slice_find("wrog") == NULL);
	CHECK_INT(slice_unknown("wrog", &e), -1);
	CHECK_STR(e.text, "no slice 'wrog'; did you mean wrong?");
}

TEST(unknown_values_come_last_either_way)
{
	struct listing by = {.slice = "", .sort = COLUMN_WORDS};

	make();
	CHECK_STR(listed(by, ""), "b a d c");
	by.descending = true;
	CHECK_STR(listed(by, ""), "d a b c");
	by.sort = COLUMN_TRUE; /* equal ones as they are in the history */
	CHECK_STR(listed(by, ""), "a d c b");
}

TEST(a_cell_of_the_confusion_matrix)
{
	char out[128];

	make();
	CHECK_STR(listing_cell(&made.set, 0, 0, out, sizeof out), "true=ang & pred=ang");
	CHECK_STR(listing_cell(&made.set, 1, 2, out, sizeof out),
		  "true=\"very happy\" & pred=\"text\"");
	CHECK_STR(listed((struct listing){.slice = ""},
			 listing_cell(&made.set, 1, 0, out, sizeof out)),
		  "a");
	CHECK_STR(listed((struct listing){.slice = ""},
			 listing_cell(&made.set, 2, 2, out, sizeof out)),
		  "c");
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
