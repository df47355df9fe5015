/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Filters, and orders of runs, by the names there are. */
#include "app/shelf/column.h"
#include "app/stored.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/str.h"

enum { RUNS = 40 };

static struct texts texts;
static struct shelf_run *run[RUNS];

/* Runs that exist in memory alone: figures, tags, settings differ from one to another. */
static void make_runs(void)
{
	char text[OPTION_TEXT];

	for (int i = 0; i < RUNS; i++) {
		struct settings set = some_settings();
		struct shelf_run *r = mem_alloc(1, sizeof *r);

		set.train.optimizer.lr = i % 4 == 0 ? 1e-3 : i % 4 == 1 ? 5e-4 : 1e-4 * i;
		set.train.memory = i % 2 ? (int64_t)4 << 30 : 0;
		set.exp.seed = 53 + i % 3;
		r->x.value = mem_alloc((size_t)option_count, sizeof *r->x.value);
		for (int o = 0; o < option_count; o++)
			r->x.value[o] = texts_one(
				&texts, option_text(&set, &option_table[o], text, sizeof text));
		r->path = str_format("study/run %d", i);
		r->study = mem_dup("study");
		r->state = i % 5 == 0   ? SHELF_FINISHED
			   : i % 5 == 1 ? SHELF_BROKEN_OFF
					: SHELF_STOPPED;
		r->x.mean.wf1 = i % 5 == 0 ? 0.5 + 0.01 * i : NAN;
		r->x.mean.wa = r->x.mean.ua = r->x.mean.macro_f1 = r->x.best = NAN;
		r->x.note = mem_dup(i % 7 == 0 ? "looks fine\nsecond" : "");
		r->x.tags = mem_dup(i % 6 == 0 ? "base\nkeep" : i % 6 == 1 ? "keep" : "");
		r->bytes = 1000000 * (i + 1);
		r->archived = i == 39;
		snprintf(r->begun, sizeof r->begun, "2026-01-%02d 12:00", 1 + i % 28);
		run[i] = r;
	}
}

/* How many pass; -1: it is refused. */
static int count(const char *condition)
{
	struct err e = {0};
	struct filter *f = filter_parse(condition, &e);
	int n = 0;

	if (!f) {
		printf("# %s\n", e.text);
		return -1;
	}
	for (int i = 0; i < RUNS; i++)
		n += filter_true(f, run[i]);
	filter_free(f);
	return n;
}

TEST(filters)
{
	CHECK_INT(count("state=finished"), 8);
	CHECK_INT(count("state = \"broken off\""), 8);
	CHECK_INT(count("state ~ broken"), 8);
	CHECK_INT(count("lr=1e-3"), 11); /* one of them by 1e-4 * 10 */
	CHECK_INT(count("train.optimizer.lr = 0.001"), 11);
	CHECK_INT(count("optimizer.lr = 0.001"), 11);
	CHECK_INT(count("lr<1e-3 & state=finished & wf1>0.6"), 1);
	CHECK_INT(count("wf1 > 0.6 | wf1 <= 0.6"), 8); /* NaN meets nothing */
	CHECK_INT(count("tag=keep"), 14);
	CHECK_INT(count("tag=base & tag=keep"), 7);
	CHECK_INT(count("tag!=base"), 33);
	CHECK_INT(count("note~SECOND"), 6);
	CHECK_INT(count("name~\"run 1\""), 11);
	CHECK_INT(count("study=study"), RUNS);
	CHECK_INT(count("disk>30e6"), 10);
	CHECK_INT(count("begun>=\"2026-01-20\""), 9);
	CHECK_INT(count("seed=53 | seed=55"), 27);
	CHECK_INT(count("memory>2e9"), 20);
	CHECK_INT(count("padding=reference"), RUNS);
	CHECK_INT(count("archived=yes"), 1);
}

static void refused(const char *condition, const char *want)
{
	struct err e = {0};
	struct filter *f = filter_parse(condition, &e);

	if (f)
		FAIL("taken: %s", condition);
	filter_free(f);
	CHECK_HAS(e.text, want);
}

TEST(filters_refused)
{
	refused("stat=finished", "column 1: \"stat\" is not a name here; did you mean state?");
	refused("state=finished & learning=1", "column 18: \"learning\" is not a name here; names "
					       "are name, state, wf1, ");
	refused("learning=1", "and every setting, such as lr or train.optimizer.lr");
	refused("lr<", "column 4: expected a name, a number or a text at the end");
	refused("", "column 1");
	refused("wf1", "column 1: expected a comparison");
}

TEST(names)
{
	struct err e = {0};
	struct shelf_key k, at;
	const char *name;

	CHECK_INT(column_find(&k, "lr", &e), 0);
	CHECK_STR(column_name(&k), "train.optimizer.lr");
	CHECK_INT(column_find(&k, "seed", &e), 0);
	CHECK_STR(column_name(&k), "exp.seed");
	CHECK_INT(column_find(&k, "name", &e), 0); /* a column, though two settings end so */
	CHECK(k.column);
	CHECK_INT(column_find(&k, "text", &e), -1); /* train.loss.text, exp.columns.text */
	err_clear(&e);
	CHECK_INT(column_find(&k, "columns.text", &e), 0);
	CHECK_INT(column_find(&k, "wf2", &e), -1);
	CHECK_HAS(e.text, "no column or setting 'wf2'; did you mean wf1?");
	/* All of them are found, and differ. */
	for (int i = 0; (name = column_name_at(i, &at)); i++) {
		err_clear(&e);
		CHECK_INT(column_find(&k, name, &e), 0);
		CHECK(k.column == at.column && k.option == at.option);
		for (int j = 0; j < i; j++)
			CHECK(strcmp(name, column_name_at(j, &at)) != 0);
	}
}

/* An order that qsort can use, with what is unknown last whichever way. */
TEST(orders)
{
	struct err e = {0};
	struct shelf_key k;

	for (int n = 0; column_name_at(n, &k); n++) {
		for (int falls = 0; falls < 2; falls++)
			for (int i = 0; i < RUNS; i++)
				for (int j = 0; j < RUNS; j++) {
					int ij = column_order(&k, falls, run[i], run[j]);
					int ji = column_order(&k, falls, run[j], run[i]);

					CHECK((ij > 0) == (ji < 0));
					for (int l = 0; ij < 0 && l < RUNS; l += 7)
						CHECK(column_order(&k, falls, run[j], run[l]) > 0 ||
						      column_order(&k, falls, run[i], run[l]) <= 0);
				}
	}
	CHECK_INT(column_find(&k, "wf1", &e), 0);
	CHECK(column_order(&k, true, run[1], run[0]) > 0 &&
	      column_order(&k, false, run[1], run[0]) > 0);
	CHECK(column_order(&k, true, run[5], run[0]) < 0 &&
	      column_order(&k, false, run[5], run[0]) > 0);
	CHECK(column_falls(&k));
}

/* What a filter says of a conjunction is what it says of its parts, whatever they are. */
TEST(filters_join)
{
	static const char *const part[] = {
		"lr<1e-3",  "state=finished", "wf1>0.55",   "tag=keep",  "note~fine",
		"disk<2e7", "!seed=54",       "name~\"1\"", "ua is nan", "begun<\"2026-01-15\"",
	};
	enum { PARTS = sizeof part / sizeof *part };

	for (int a = 0; a < PARTS; a++)
		for (int b = RACES ? a % 4 : 0; b < PARTS; b += RACES ? 4 : 1) {
			struct err e = {0};
			char *and = str_format("(%s) & (%s)", part[a], part[b]);
			char * or = str_format("(%s) | (%s)", part[a], part[b]);
			struct filter *f[] = {filter_parse(part[a], &e), filter_parse(part[b], &e),
					      filter_parse(and, &e), filter_parse(or, &e)};

			CHECK_STR(e.text, "");
			for (int i = 0; i < RUNS && !e.status; i++) {
				bool x = filter_true(f[0], run[i]), y = filter_true(f[1], run[i]);

				CHECK_INT(filter_true(f[2], run[i]), x && y);
				CHECK_INT(filter_true(f[3], run[i]), x || y);
			}
			for (int i = 0; i < 4; i++)
				filter_free(f[i]);
			free(and);
			free(or);
		}
}

TEST(texts_of_values)
{
	static const char *const want[][2] = {
		{"lr", "0.001"}, {"disk", "1.0 MB"},    {"wf1", "0.500"}, {"tag", "base, keep"},
		{"ua", ""},      {"state", "finished"}, {"seed", "53"},   {"archived", "no"},
	};
	struct err e = {0};
	struct shelf_key k;
	char text[64];

	for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
		CHECK_INT(column_find(&k, want[i][0], &e), 0);
		CHECK_STR(column_text(&k, run[0], text, sizeof text), want[i][1]);
	}
}

/* doc/sessions.md has every name and every state. */
TEST(page_has_all_names)
{
	struct err e = {0};
	char *page = file_read("doc/sessions.md", FILE_LIST, NULL, &e), text[64];

	REQUIRE(page);
	for (int i = 0; shelf_columns[i].name; i++) {
		snprintf(text, sizeof text, "`%s`", shelf_columns[i].name);
		CHECK_HAS(strstr(page, "## Filters"), text);
	}
	for (int i = 0; i < SHELF_STATES; i++)
		CHECK_HAS(page, shelf_words[i].word);
	free(page);
}

TEST(archived_runs_are_asked_for)
{
	struct err e = {0};
	struct filter *f = filter_parse("wf1>0 & archived=yes", &e);

	CHECK(filter_archived(f));
	filter_free(f);
	f = filter_parse("state=finished", &e);
	CHECK(!filter_archived(f));
	filter_free(f);
}

int main(int argc, char **argv)
{
	int failed;

	make_runs();
	failed = TEST_MAIN(argc, argv);
	for (int i = 0; i < RUNS; i++) {
		summary_free(&run[i]->x);
		free((void *)(size_t)run[i]->path);
		free(run[i]->study);
		free(run[i]);
	}
	texts_free(&texts);
	return failed;
}
