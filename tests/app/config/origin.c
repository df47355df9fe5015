/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/config/origin.h"

#include "temp.h"
#include "test.h"

static struct utterance utt[16];
static struct list list[] = {{.name = "train"}, {.name = "dev"}, {.name = "test"}};
static struct corpus corpus = {.utt = utt, .nlists = 3, .list = list};
static struct settings set = {.exp = {.nlabels = 3, .labels = {"joy", "sadness", "anger"}}};
static char ids[16][16];

/* Eight rows of train, two of dev, one of test. */
static void fill(void)
{
	corpus.n = 11;
	for (int i = 0; i < corpus.n; i++) {
		snprintf(ids[i], sizeof ids[i], "u%d", i);
		utt[i] = (struct utterance){.id = ids[i],
					    .label = i % 3,
					    .list = i < 8    ? 0
						    : i < 10 ? 1
							     : 2,
					    .words = {.rows = i + 1},
					    .frames = {.rows = 10 * i + 20}};
	}
}

static void take_out(int i)
{
	memmove(&utt[i], &utt[i + 1], (size_t)(--corpus.n - i) * sizeof *utt);
}

/* What has changed since fill(). */
static const char *changed(void)
{
	static char text[2048];
	struct utterance now[16];
	struct str then = {0}, out = {0};
	struct err e = {0};
	int n = corpus.n;

	memcpy(now, utt, sizeof utt);
	fill();
	roster_text(&corpus, &set, &then);
	temp_text(temp_path("data.csv"), then.s);
	memcpy(utt, now, sizeof utt);
	corpus.n = n;
	CHECK_INT(origin_changes(temp_path("data.csv"), &corpus, &set, &out, &e), 0);
	snprintf(text, sizeof text, "%s", str_text(&out));
	str_free(&then);
	str_free(&out);
	return text;
}

TEST(nothing)
{
	fill();
	CHECK_STR(changed(), "");
}

TEST(labels)
{
	fill();
	utt[0].label = 1;
	CHECK_STR(changed(), "labels of 1 row (train u0: joy then, sadness now)");
	utt[3].label = utt[6].label = 1;
	utt[9].label = 2;
	CHECK_STR(changed(), "labels of 4 rows (train u0: joy then, sadness now; train u3: joy "
			     "then, sadness now; train u6: joy then, sadness now; and 1 more)");
}

TEST(rows)
{
	static char other[] = "v8";

	fill();
	take_out(2);
	CHECK_STR(changed(), "train: 8 rows then, 7 now, 1 row gone (train u2)");
	utt[7].id = other; /* was u8 of dev */
	CHECK_STR(changed(), "train: 8 rows then, 7 now, 2 rows gone (train u2; dev u8), 1 row "
			     "new (dev v8)");
}

TEST(shapes)
{
	fill();
	utt[4].words.rows = 9;
	utt[10].frames.rows = 1;
	CHECK_STR(changed(), "words of 1 row (train u4: 5 then, 9 now), frames of 1 row (test u10: "
			     "120 then, 1 now)");
}

TEST(order)
{
	struct utterance first;

	fill();
	first = utt[0];
	utt[0] = utt[1];
	utt[1] = first;
	CHECK_STR(changed(), "the order of the rows");
}

TEST(an_id_with_a_comma)
{
	struct str then = {0}, out = {0};
	struct err e = {0};

	fill();
	strcpy(ids[0], "a, \"b");
	roster_text(&corpus, &set, &then);
	temp_text(temp_path("comma.csv"), then.s);
	CHECK_INT(origin_changes(temp_path("comma.csv"), &corpus, &set, &out, &e), 0);
	CHECK_STR(str_text(&out), "");
	utt[0].label = 2;
	CHECK_INT(origin_changes(temp_path("comma.csv"), &corpus, &set, &out, &e), 0);
	CHECK_STR(str_text(&out), "labels of 1 row (train a, \"b: joy then, anger now)");
	str_free(&then);
	str_free(&out);
}

TEST(no_roster)
{
	struct str out = {0};
	struct err e = {0};

	fill();
	CHECK_INT(origin_changes(temp_path("none.csv"), &corpus, &set, &out, &e), -1);
	CHECK_HAS(e.text, "none.csv");
	err_clear(&e);
	temp_text(temp_path("other.csv"), "a,b\n1,2\n");
	CHECK_INT(origin_changes(temp_path("other.csv"), &corpus, &set, &out, &e), -1);
	CHECK_HAS(e.text, "other.csv:1: expected the columns part,id,label,words,frames");
	CHECK_STR(str_text(&out), "");
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
