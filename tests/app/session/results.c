/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/session/results.h"
#include "app/folder.h"
#include "base/str.h"

static struct fold_row fold(int number, int64_t hits, int64_t misses)
{
	struct fold_row f = {.fold = number, .best_epoch = number + 10};

	confusion_init(&f.confusion, 4);
	for (int c = 0; c < 4; c++) {
		f.confusion.count[c][c] = hits;
		f.confusion.count[c][(c + 1) % 4] = misses + c;
	}
	return f;
}

static struct results two_folds(void)
{
	struct settings set = some_settings();
	struct fold_row f;
	struct results r;

	results_init(&r, &set);
	f = fold(2, 4, 1);
	results_add(&r, &f);
	f = fold(1, 3, 0);
	results_add(&r, &f);
	return r;
}

TEST(summed_up)
{
	struct results r = two_folds();
	double a = 12 / 18.0, b = 16 / 26.0;

	CHECK_INT(r.n, 2);
	CHECK_INT(r.fold[0].fold, 1);
	CHECK(results_has(&r, 2) && !results_has(&r, 3));
	CHECK_NEAR(r.fold[0].test.wa, a, 1e-15);
	CHECK_NEAR(r.mean.wa, (a + b) / 2, 1e-15);
	CHECK_NEAR(r.sd.wa, (a - b) / sqrt(2), 1e-15);
	CHECK_NEAR(r.pooled.wa, 28 / 44.0, 1e-15);
	CHECK_INT(confusion_total(&r.pooled_confusion), 44);
	CHECK_STR(r.protocol, "reference");
	CHECK(r.optimistic);
	CHECK_INT(r.seed, 53);
	CHECK_HAS(r.machine, " cores");
	results_free(&r);
}

TEST(a_fold_again)
{
	struct results r = two_folds();
	struct fold_row f = fold(2, 10, 0);

	results_add(&r, &f);
	CHECK_INT(r.n, 2);
	CHECK_INT(r.fold[1].confusion.count[0][0], 10);
	CHECK_INT(r.pooled_confusion.count[0][0], 13);
	results_free(&r);
}

/* The whole file, but for what depends on the machine. */
TEST(bytes_written)
{
	struct settings set = some_settings();
	struct results r;
	struct fold_row f = {.fold = 1, .best_epoch = 3};
	struct err e = {0};

	results_init(&r, &set);
	snprintf(r.version, sizeof r.version, "0");
	snprintf(r.machine, sizeof r.machine, "one \"quoted\"");
	confusion_init(&f.confusion, 2);
	f.confusion.count[0][0] = 2;
	f.confusion.count[0][1] = 1;
	results_add(&r, &f);
	CHECK_INT(results_write(&r, in("r.json"), &e), 0);
	check_holds(in("r.json"), "{\n"
				  "  \"folds\": [\n"
				  "    {\n"
				  "      \"fold\": 1,\n"
				  "      \"best_epoch\": 3,\n"
				  "      \"test_wa\": 0.666666667,\n"
				  "      \"test_ua\": 0.666666667,\n"
				  "      \"test_wf1\": 0.8,\n"
				  "      \"test_macro_f1\": 0.4,\n"
				  "      \"confusion\": [\n"
				  "        [\n          2,\n          1\n        ],\n"
				  "        [\n          0,\n          0\n        ]\n"
				  "      ]\n"
				  "    }\n"
				  "  ],\n"
				  "  \"mean\": {\n"
				  "    \"test_wa\": 0.666666667,\n"
				  "    \"test_ua\": 0.666666667,\n"
				  "    \"test_wf1\": 0.8,\n"
				  "    \"test_macro_f1\": 0.4\n"
				  "  },\n"
				  "  \"std\": {\n"
				  "    \"test_wa\": null,\n"
				  "    \"test_ua\": null,\n"
				  "    \"test_wf1\": null,\n"
				  "    \"test_macro_f1\": null\n"
				  "  },\n"
				  "  \"pooled\": {\n"
				  "    \"test_wa\": 0.666666667,\n"
				  "    \"test_ua\": 0.666666667,\n"
				  "    \"test_wf1\": 0.8,\n"
				  "    \"test_macro_f1\": 0.4,\n"
				  "    \"confusion\": [\n"
				  "      [\n        2,\n        1\n      ],\n"
				  "      [\n        0,\n        0\n      ]\n"
				  "    ]\n"
				  "  },\n"
				  "  \"protocol\": \"reference\",\n"
				  "  \"optimistic\": true,\n"
				  "  \"seed\": 53,\n"
				  "  \"version\": \"0\",\n"
				  "  \"machine\": \"one \\\"quoted\\\"\"\n"
				  "}\n");
	results_free(&r);
}

/* Read and gone on with, the file is the same as written in one go. */
TEST(resumed_run_writes_the_same)
{
	struct results all = two_folds(), part;
	struct fold_row f = fold(3, 7, 2);
	struct err e = {0};
	char *want, *got;

	CHECK_INT(results_write(&all, in("part.json"), &e), 0);
	REQUIRE(results_read(&part, in("part.json"), &e) == 0);
	CHECK(part.mean.wa == all.mean.wa && part.sd.macro_f1 == all.sd.macro_f1);
	CHECK_INT(part.fold[1].best_epoch, 12);
	results_add(&all, &f);
	results_add(&part, &f);
	CHECK_INT(results_write(&all, in("all.json"), &e), 0);
	CHECK_INT(results_write(&part, in("part.json"), &e), 0);
	want = file_read(in("all.json"), FILE_ROWS, NULL, &e);
	got = file_read(in("part.json"), FILE_ROWS, NULL, &e);
	CHECK_STR(got, want);
	CHECK_STR(e.text, "");
	free(want);
	free(got);
	results_free(&all);
	results_free(&part);
}

/* Written when macro F1 left predicted classes without a true row out, or by hand:
 * the figures are those of the matrix. */
TEST(figures_come_from_the_matrix)
{
	struct results r;
	struct err e = {0};

	put(in("old.json"),
	    "{\"folds\":[{\"fold\":1,\"best_epoch\":1,\"test_wa\":0.5,\"test_ua\":0.5,"
	    "\"test_wf1\":0.5,\"test_macro_f1\":0.888888889,"
	    "\"confusion\":[[3,0,0,0],[0,0,0,0],[0,2,2,0],[0,0,0,1]]}],"
	    "\"mean\":{\"test_macro_f1\":0.888888889},\"pooled\":{\"test_macro_f1\":0.888888889},"
	    "\"protocol\":\"fixed\",\"seed\":1,\"version\":\"0.1.0\",\"machine\":\"m\"}");
	REQUIRE(results_read(&r, in("old.json"), &e) == 0);
	CHECK_NEAR(r.fold[0].test.wa, 0.75, 1e-15);
	CHECK_NEAR(r.fold[0].test.macro_f1, (1 + 0 + 2 / 3.0 + 1) / 4, 1e-15);
	CHECK_NEAR(r.mean.macro_f1, (1 + 0 + 2 / 3.0 + 1) / 4, 1e-15);
	CHECK_NEAR(r.pooled.macro_f1, (1 + 0 + 2 / 3.0 + 1) / 4, 1e-15);
	results_free(&r);
}

/* fold-F/result.json: one fold and what goes with it. */
TEST(one_fold_alone)
{
	struct results r = two_folds(), back = {0};
	struct err e = {0};

	CHECK_INT(result_write(&r, 2, in("two.json"), &e), 0);
	CHECK_INT(result_write(&r, 1, in("one.json"), &e), 0);
	CHECK_INT(result_read(&back, 2, in("two.json"), &e), 0);
	CHECK_INT(back.n, 1);
	CHECK_STR(back.protocol, "reference");
	CHECK(back.optimistic && back.seed == 53);
	CHECK_INT(result_read(&back, 1, in("one.json"), &e), 0);
	CHECK(back.n == 2 && back.mean.wa == r.mean.wa && back.sd.ua == r.sd.ua);
	CHECK_INT(results_write(&r, in("r1.json"), &e), 0);
	CHECK_INT(results_write(&back, in("r2.json"), &e), 0);
	CHECK_STR(e.text, "");
	{
		char *want = file_read(in("r1.json"), FILE_ROWS, NULL, &e);

		check_holds(in("r2.json"), want);
		free(want);
	}
	CHECK_INT(result_read(&back, 3, in("one.json"), &e), -1);
	CHECK_HAS(e.text, "one.json: fold 1 appears twice");
	results_free(&back);
	err_clear(&e);
	CHECK_INT(result_read(&back, 3, in("one.json"), &e), -1);
	CHECK_HAS(e.text, "one.json: is of fold 1, not 3");
	results_free(&back);
	results_free(&r);
}

TEST(none_finished)
{
	struct settings set = some_settings();
	struct results r, back;
	struct err e = {0};

	results_init(&r, &set);
	CHECK_INT(results_write(&r, in("zero.json"), &e), 0);
	CHECK_INT(results_read(&back, in("zero.json"), &e), 0);
	CHECK_INT(back.n, 0);
	CHECK_STR(e.text, "");
	results_free(&r);
	results_free(&back);
}

#define REST            ",\"protocol\":\"fixed\",\"seed\":1,\"version\":\"0\",\"machine\":\"m\"}"
#define FOLD(n, matrix) "{\"fold\":" n ",\"best_epoch\":1,\"confusion\":" matrix "}"

TEST(damaged)
{
	static const struct {
		const char *text, *error;
	} wrong[] = {
		{"", "bad.json:1: "},
		{"{\n\"folds\": [}", "bad.json:2:"},
		{"{}", "bad.json: folds: a list expected"},
		{"[]", "folds: a list expected"},
		{"{\"folds\":[7]" REST, "fold: an integer from 0"},
		{"{\"folds\":[" FOLD("-1", "[[1]]") "]" REST, "fold: an integer from 0"},
		{"{\"folds\":[" FOLD("1.5", "[[1]]") "]" REST, "fold: an integer from 0"},
		{"{\"folds\":[" FOLD("1", "[]") "]" REST, "confusion: 1 to 32 rows expected"},
		{"{\"folds\":[" FOLD("1", "[[1],[2]]") "]" REST, "2 integers in each row"},
		{"{\"folds\":[" FOLD("1", "[[-1]]") "]" REST, "counts expected"},
		{"{\"folds\":[" FOLD("1", "[[null]]") "]" REST, "counts expected"},
		{"{\"folds\":[" FOLD("1", "[[1]]") "," FOLD("1", "[[1]]") "]" REST,
		 "fold 1 appears twice"},
		{"{\"folds\":[" FOLD("1", "[[1]]") "," FOLD("2", "[[1,0],[0,1]]") "]" REST,
		 "differ in their number of classes"},
		{"{\"folds\":[]}", "protocol: a text expected"},
		{"{\"folds\":[],\"protocol\":\"fixed\",\"seed\":\"1\"}", "seed: an integer"},
	};
	struct results r;

	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		struct err e = {0};

		put(in("bad.json"), wrong[i].text);
		CHECK_INT(results_read(&r, in("bad.json"), &e), -1);
		CHECK_HAS(e.text, wrong[i].error);
	}
}

TEST(cut_off_anywhere)
{
	struct results r = two_folds(), cut;
	struct err e = {0};
	size_t len;
	char *all;

	CHECK_INT(results_write(&r, in("whole.json"), &e), 0);
	all = file_read(in("whole.json"), FILE_ROWS, &len, &e);
	REQUIRE(all);
	for (size_t n = 0; n + 1 < len; n++) { /* the last byte is a newline */
		err_clear(&e);
		put_bytes(in("cut.json"), all, n);
		CHECK_INT(results_read(&cut, in("cut.json"), &e), -1);
		CHECK_HAS(e.text, "cut.json:");
	}
	free(all);
	results_free(&r);
}

static void check_printed(const struct results *r, const struct settings *set, const char *want)
{
	char text[8192] = "", *line = text, *end;
	FILE *f = fmemopen(text, sizeof text, "w");
	bool whole;

	REQUIRE(f);
	results_print(r, set, f);
	fclose(f);
	CHECK_STR(text, want);
	end = text + strlen(text);
	for (char *l; (l = str_line(&line, end, &whole));)
		if (str_columns(l) > 80)
			FAIL("%d columns: %s", str_columns(l), l);
}

TEST(table)
{
	struct settings set = some_settings();
	struct results r = two_folds();

	check_printed(
		&r, &set,
		"Test figures, protocol reference (optimistic), seed 53\n"
		"\n"
		" fold best epoch              WA              UA             WF1        macro F1\n"
		"    1         11          0.6667          0.7125          0.6686          0.6840\n"
		"    2         12          0.6154          0.6345          0.6160          0.6228\n"
		" mean ± sd       0.6410 ± 0.0363 0.6735 ± 0.0551 0.6423 ± 0.0372 0.6534 ± 0.0432\n"
		" pooled                   0.6364          0.6646          0.6374          0.6472\n"
		"\n"
		"Confusion over all folds, rows are true classes\n"
		"\n"
		"       ang  hap  neu  sad\n"
		"  ang    7    1    0    0\n"
		"  hap    0    7    3    0\n"
		"  neu    0    0    7    5\n"
		"  sad    7    0    0    7\n"
		"\n"
		"       precision     recall         F1     number\n"
		"  ang     0.5000     0.8750     0.6364          8\n"
		"  hap     0.8750     0.7000     0.7778         10\n"
		"  neu     0.7000     0.5833     0.6364         12\n"
		"  sad     0.5833     0.5000     0.5385         14\n"
		"\n"
		"Optimistic: under protocol reference each fold picks its checkpoint on the\n"
		"session it is tested on, as the published program does. exp.protocol\n"
		"holdout, session or fixed gives an honest figure.\n");
	results_free(&r);
}

/* One fold says all; an honest protocol needs no sentence. */
TEST(table_of_one_fold)
{
	struct settings set = some_settings();
	struct fold_row f = {.fold = 0, .best_epoch = 40};
	struct results r;

	set.exp.protocol = PROTOCOL_FIXED;
	results_init(&r, &set);
	check_printed(&r, &set,
		      "Test figures, protocol fixed, seed 53\n\nNo fold is finished yet.\n");
	confusion_init(&f.confusion, 2);
	results_add(&r, &f);
	check_printed(
		&r, &set,
		"Test figures, protocol fixed, seed 53\n"
		"\n"
		" fold best epoch              WA              UA             WF1        macro F1\n"
		"    0         40               –               –               –               –\n"
		"\n"
		"Confusion, rows are true classes\n"
		"\n"
		"       ang  hap\n"
		"  ang    0    0\n"
		"  hap    0    0\n"
		"\n"
		"       precision     recall         F1     number\n"
		"  ang     0.0000     0.0000     0.0000          0\n"
		"  hap     0.0000     0.0000     0.0000          0\n");
	results_free(&r);
}

/* 32 long labels and large counts still keep to 80 columns. */
TEST(table_of_many_classes)
{
	struct settings set = some_settings();
	struct fold_row f = {.fold = 1};
	struct results r;
	char text[1 << 16] = "", *line = text;
	FILE *out = fmemopen(text, sizeof text, "w");
	bool whole;
	int seen = 0;

	REQUIRE(out);
	results_init(&r, &set);
	confusion_init(&f.confusion, LABELS_MAX);
	set.exp.nlabels = LABELS_MAX;
	for (int c = 0; c < LABELS_MAX; c++) {
		snprintf(set.exp.labels[c], LABEL_LEN, "a label of größe %02d", c);
		f.confusion.count[c][31 - c] = 1000000 + c;
	}
	results_add(&r, &f);
	results_print(&r, &set, out);
	fclose(out);
	for (char *end = text + strlen(text), *l; (l = str_line(&line, end, &whole));) {
		if (str_columns(l) > 80)
			FAIL("%d columns: %s", str_columns(l), l);
		for (char *at = l; (at = strstr(at, " 10000")); at++)
			seen++;
	}
	CHECK_INT(seen, 32 + 32);
	results_free(&r);
}

int main(int argc, char **argv)
{
	int failed;

	folder_make();
	failed = TEST_MAIN(argc, argv);
	folder_remove();
	return failed;
}
