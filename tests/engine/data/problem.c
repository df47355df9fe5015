/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/data/problem.h"

#include "test.h"

static struct problems p;
static struct problem_groups g;

static void reset(void)
{
	problem_groups_free(&g);
	problems_free(&p);
}

/* The groups' sentences, one a line. */
static const char *told(void)
{
	static char out[4096];
	size_t n = 0;

	out[0] = '\0';
	problem_groups_free(&g);
	g = problems_grouped(&p);
	for (int i = 0; i < g.n; i++)
		n += (size_t)snprintf(out + n, sizeof out - n, "%s\n", g.at[i].text);
	return out;
}

/* A row whose feature file is missing. */
static void missing(const char *list, long line, const char *file)
{
	problem_add(&p,
		    &(struct fault){.kind = PROBLEM_ERROR,
				    .list = list,
				    .line = line,
				    .file = file,
				    .dir = "text"},
		    "no such file; extract it");
}

static void unknown(const char *list, long line, const char *label)
{
	problem_add(&p,
		    &(struct fault){.kind = PROBLEM_ERROR,
				    .list = list,
				    .line = line,
				    .general = "labels nobody knows"},
		    "unknown label %s", label);
}

TEST(a_row_alone_keeps_its_sentence)
{
	reset();
	missing("d/train.csv", 7, "text/a/1.npy");
	CHECK_STR(told(), "d/train.csv:7: text/a/1.npy: no such file; extract it\n");
	CHECK_INT(g.at[0].rows, 1);
	CHECK_INT(g.at[0].kind, PROBLEM_ERROR);
	CHECK(g.at[0].first == &p.at[0]);
}

TEST(names_of_a_few_files_are_kept)
{
	reset();
	for (int i = 0; i < 3; i++)
		missing("train.csv", 2 + i, i == 1 ? "text/a/1.npy" : "text/b/2.npy");
	CHECK_STR(told(), "train.csv:2: text/b/2.npy: no such file; extract it\n"
			  "train.csv:3: text/a/1.npy: no such file; extract it\n"
			  "train.csv:4: text/b/2.npy: no such file; extract it\n");
	missing("train.csv", 9, "text/c/3.npy");
	CHECK_STR(told(), "4 rows: text/…: no such file; extract it; first: train.csv:2, 3, 4 "
			  "(text/b/2.npy)\n");
	CHECK_INT(g.at[0].rows, 4);
}

TEST(brief_ones_are_one_from_two_rows_on)
{
	struct fault f = {.kind = PROBLEM_NOTE,
			  .list = "train.csv",
			  .line = 2,
			  .file = "text/a/1.npy",
			  .dir = "text",
			  .brief = true};

	reset();
	problem_add(&p, &f, "integers");
	CHECK_STR(told(), "train.csv:2: text/a/1.npy: integers\n");
	f.line = 5, f.file = "text/a/2.npy";
	problem_add(&p, &f, "integers");
	CHECK_STR(told(), "2 rows: text/…: integers; in train.csv:2, 5\n");
}

/* Up to three rows are all named. */
TEST(three_rows_are_all_there_are)
{
	reset();
	for (int i = 0; i < 3; i++)
		unknown("train.csv", 2 + i, "joyful");
	CHECK_STR(told(), "3 rows: unknown label joyful; in train.csv:2, 3, 4\n");
	unknown("train.csv", 9, "joyful");
	CHECK_STR(told(), "4 rows: unknown label joyful; first: train.csv:2, 3, 4\n");
}

/* In the order of the rows, not of the sentences that they would have alone. */
TEST(the_first_rows_of_many_variants)
{
	reset();
	for (int i = 0; i < 9; i++) {
		char label[] = {(char)('z' - i), '\0'};

		unknown("train.csv", 2 + i, label);
	}
	CHECK_STR(told(), "9 rows: labels nobody knows; first: train.csv:2, 3, 4\n");
}

TEST(equal_sentences_are_one_from_two_rows_on)
{
	reset();
	unknown("x/train.csv", 3, "joyful");
	unknown("x/test.csv", 5, "joyful");
	unknown("x/test.csv", 6, "bored");
	CHECK_STR(told(), "2 rows: unknown label joyful; in train.csv:3, test.csv:5\n"
			  "x/test.csv:6: unknown label bored\n");
}

TEST(thousands_are_one_line)
{
	reset();
	for (int i = 0; i < 9988; i++)
		missing("train.csv", 2 + i, "text/a/1.npy");
	CHECK_STR(told(), "9,988 rows: text/…: no such file; extract it; first: train.csv:2, 3, 4 "
			  "(text/a/1.npy)\n");
	CHECK_INT(problems_rows(&p), 9988);
}

TEST(many_variants_become_the_general_sentence)
{
	char label[16];

	reset();
	for (int i = 0; i < 8; i++) {
		snprintf(label, sizeof label, "l%d", i);
		unknown("train.csv", 2 + i, label);
	}
	told();
	CHECK_INT(g.n, 8);
	unknown("train.csv", 10, "l8");
	CHECK_STR(told(), "9 rows: labels nobody knows; first: train.csv:2, 3, 4\n");
}

/* Of lists as a whole: one line from two on, apart from what else has no row. */
TEST(lists_with_one_fault_are_one_line)
{
	static const char *const list[] = {"csv/a.csv", "csv/b.csv", "csv/c.csv", "csv/d.csv"};

	reset();
	for (int i = 0; i < 4; i++) {
		problem_add(&p,
			    &(struct fault){.kind = PROBLEM_ERROR,
					    .list = list[i],
					    .many = "no column Emotion"},
			    "%s:1: no column Emotion", list[i]);
		if (i == 0) {
			CHECK_STR(told(), "csv/a.csv:1: no column Emotion\n");
			problem_add(&p, &(struct fault){.kind = PROBLEM_ERROR, .file = "text"},
				    "no column Emotion");
		}
		if (i == 1)
			CHECK_STR(told(), "2 lists: no column Emotion; in csv/a.csv, b.csv\n"
					  "no column Emotion\n");
	}
	CHECK_STR(told(), "4 lists: no column Emotion; first: csv/a.csv, b.csv, c.csv\n"
			  "no column Emotion\n");
	CHECK_INT(p.errors, 5);
	CHECK_INT(problems_rows(&p), 0);
	reset();
}

TEST(rows_count_as_rows)
{
	reset();
	missing("train.csv", 2, "text/a/1.npy");
	unknown("train.csv", 2, "bored");
	missing("test.csv", 2, "text/a/1.npy");
	problem_add(&p, &(struct fault){.kind = PROBLEM_NOTE, .list = "test.csv", .line = 8}, "x");
	problem_add(&p, &(struct fault){.kind = PROBLEM_ERROR, .file = "dev.csv"}, "dev.csv: y");
	CHECK_INT(problems_rows(&p), 2);
	CHECK_INT(p.errors, 4);
	CHECK_INT(problems_count(&p, PROBLEM_NOTE), 1);
}

TEST(order_is_that_of_the_first_and_kinds_stay_apart)
{
	reset();
	problem_add(&p, &(struct fault){.kind = PROBLEM_ERROR, .file = "no"}, "no: no such folder");
	problem_add(&p, &(struct fault){.kind = PROBLEM_ERROR, .file = "no"}, "no: no such folder");
	problem_add(&p, &(struct fault){.kind = PROBLEM_NOTE, .list = "a.csv", .line = 2}, "same");
	problem_add(&p, &(struct fault){.kind = PROBLEM_ERROR, .list = "a.csv", .line = 3}, "same");
	problem_add(&p, &(struct fault){.kind = PROBLEM_NOTE, .list = "a.csv", .line = 4}, "same");
	CHECK_STR(told(), "no: no such folder\n"
			  "no: no such folder\n"
			  "2 rows: same; in a.csv:2, 4\n"
			  "a.csv:3: same\n");
	reset();
	CHECK_STR(told(), "");
}

int main(int argc, char **argv)
{
	int failed = TEST_MAIN(argc, argv);

	reset();
	return failed;
}
