/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/train/metrics.h"
#include "test.h"

#include <jansson.h>

static struct confusion three(const int count[3][3])
{
	struct confusion m;

	confusion_init(&m, 3);
	for (int t = 0; t < 3; t++)
		for (int p = 0; p < 3; p++)
			m.count[t][p] = count[t][p];
	return m;
}

TEST(by_hand)
{
	struct confusion m = three((const int[3][3]){{3, 1, 0}, {0, 2, 2}, {1, 0, 1}});
	struct class_figures c = confusion_class(&m, 2);
	struct figures f = confusion_figures(&m);

	CHECK_INT(confusion_total(&m), 10);
	CHECK_INT(c.support, 2);
	CHECK_NEAR(c.precision, 1 / 3.0, 1e-15);
	CHECK_NEAR(c.recall, 0.5, 0);
	CHECK_NEAR(c.f1, 0.4, 1e-15);
	/* F1 of the others: 3/4, and 2 * (2/3) * (1/2) / (7/6) = 4/7. */
	CHECK_NEAR(f.wa, 0.6, 1e-15);
	CHECK_NEAR(f.ua, (0.75 + 0.5 + 0.5) / 3, 1e-15);
	CHECK_NEAR(f.wf1, (4 * 0.75 + 4 * 4 / 7.0 + 2 * 0.4) / 10, 1e-15);
	CHECK_NEAR(f.macro_f1, (0.75 + 4 / 7.0 + 0.4) / 3, 1e-15);
}

/* Class 1 is never true, though it is predicted: it does not count in UA, and
 * as 0 in macro F1. */
TEST(absent_class)
{
	struct confusion m = three((const int[3][3]){{2, 2, 0}, {0, 0, 0}, {0, 0, 4}});
	struct figures f = confusion_figures(&m);

	CHECK_NEAR(f.ua, 0.75, 1e-15);
	CHECK_NEAR(f.macro_f1, (2 / 3.0 + 0 + 1) / 3, 1e-15);
	CHECK_NEAR(confusion_class(&m, 1).f1, 0, 0);
}

/* Neither true nor predicted: class 1 counts nowhere. */
TEST(class_nobody_names)
{
	struct confusion m = three((const int[3][3]){{3, 0, 1}, {0, 0, 0}, {0, 0, 4}});
	struct figures f = confusion_figures(&m);

	/* recalls 3/4 and 1; F1: 6/7, 8/9 */
	CHECK_NEAR(f.ua, 0.875, 1e-15);
	CHECK_NEAR(f.wf1, (4 * 6 / 7.0 + 4 * 8 / 9.0) / 8, 1e-15);
	CHECK_NEAR(f.macro_f1, (6 / 7.0 + 8 / 9.0) / 2, 1e-15);
}

TEST(never_predicted)
{
	struct confusion m = three((const int[3][3]){{0, 3, 0}, {0, 1, 0}, {0, 2, 0}});
	struct figures f = confusion_figures(&m);

	CHECK_NEAR(confusion_class(&m, 0).precision, 0, 0);
	CHECK_NEAR(confusion_class(&m, 0).f1, 0, 0);
	CHECK_NEAR(f.ua, 1 / 3.0, 1e-15);
	CHECK_NEAR(f.wf1, 2 / 7.0 / 6, 1e-15);
}

TEST(empty_is_nan)
{
	struct confusion m;
	struct figures f;

	confusion_init(&m, 4);
	f = confusion_figures(&m);
	CHECK(isnan(f.wa) && isnan(f.ua) && isnan(f.wf1) && isnan(f.macro_f1));
	confusion_init(&m, 0);
	CHECK(isnan(confusion_figures(&m).wa));
}

TEST(add)
{
	struct confusion a = three((const int[3][3]){{1, 2, 3}, {4, 5, 6}, {7, 8, 9}});
	struct confusion b = a;

	confusion_add(&a, &b);
	CHECK_INT(a.count[1][2], 12);
	CHECK_INT(confusion_total(&a), 90);
}

TEST(spread)
{
	double mean, sd;

	mean_sd((const double[]){1, 2, 3, 4}, 4, &mean, &sd);
	CHECK_NEAR(mean, 2.5, 0);
	CHECK_NEAR(sd, sqrt(5 / 3.0), 1e-15);
	mean_sd((const double[]){7}, 1, &mean, &sd);
	CHECK_NEAR(mean, 7, 0);
	CHECK(isnan(sd));
	mean_sd(NULL, 0, &mean, &sd);
	CHECK(isnan(mean) && isnan(sd));
	mean_sd((const double[]){1, NAN}, 2, &mean, &sd);
	CHECK(isnan(mean) && isnan(sd));
}

/* The published program's own figures of its own matrices. */
static void check_recorded(const char *path)
{
	json_t *root = json_load_file(path, 0, NULL), *fold, *row, *cell;
	size_t i, t, p;

	REQUIRE(root);
	json_array_foreach(root, i, fold) {
		const json_t *rows = json_object_get(fold, "confusion");
		struct confusion m;
		struct figures f;

		confusion_init(&m, (int)json_array_size(rows));
		json_array_foreach(rows, t, row)
			json_array_foreach(row, p, cell)
				m.count[t][p] = json_integer_value(cell);
		f = confusion_figures(&m);
		CHECK_NEAR(f.wa, json_number_value(json_object_get(fold, "test_wa")), 1e-12);
		CHECK_NEAR(f.ua, json_number_value(json_object_get(fold, "test_ua")), 1e-12);
		CHECK_NEAR(f.wf1, json_number_value(json_object_get(fold, "test_wf1")), 1e-12);
	}
	CHECK(i > 0);
	json_decref(root);
}

TEST(recorded)
{
	FILE *f = fopen("../shared/golden/iemocap-small/golden/test.json", "r");

	if (!f)
		SKIP("../shared/golden is not there");
	fclose(f);
	check_recorded("../shared/golden/iemocap-small/golden/test.json");
	check_recorded("../shared/golden/edges/golden/test.json");
	check_recorded("../shared/golden/meld-small/golden/test.json");
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
