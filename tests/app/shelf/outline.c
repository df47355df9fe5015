/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The lines that the runs of a shelf make. */
#include "app/shelf/outline.h"
#include "app/stored.h"
#include "base/mem.h"
#include "base/str.h"

#include <time.h>
#include <utime.h>

static struct shelf shelf;
static struct outline tree;
static struct outline_by by;

/* When a session was begun is when its config.yml was written. */
static void set_day(const char *name, int day)
{
	struct utimbuf at = {1767265200 + day * 86400L, 1767265200 + day * 86400L};
	char path[1024];

	snprintf(path, sizeof path, "%s/config.yml", in(name));
	CHECK_INT(utime(path, &at), 0);
}

static void store(const char *name, double lr, int day, struct stored x)
{
	struct settings set = some_settings();

	set.train.optimizer.lr = lr;
	stored_session(in(name), &set, x);
	set_day(name, day);
}

static void store_seed(const char *name, double lr, int64_t seed, struct stored x)
{
	struct settings set = some_settings();

	set.train.optimizer.lr = lr;
	stored_seed(in(name), &set, seed, x);
}

/* A sweep of two rates x two seeds, a session with a branch, three of one name. */
static void store_all(void)
{
	store("all/sweep/lr=0.001", 1e-3, 3, (struct stored){.done = 5, .hits = 70});
	store_seed("all/sweep/lr=0.001", 1e-3, 54, (struct stored){.done = 5, .hits = 80});
	store("all/sweep/lr=0.0003", 3e-4, 4, (struct stored){.done = 5, .hits = 60});
	store_seed("all/sweep/lr=0.0003", 3e-4, 54, (struct stored){.epochs = 3, .state = true});
	store("all/demo-20260102-110000", 1e-3, 1, (struct stored){.done = 5, .hits = 50});
	store("all/demo-20260102-110000-2", 5e-4, 1, (struct stored){.done = 5, .hits = 55});
	store("all/demo-20260103-110000", 1e-3, 2, (struct stored){.epochs = 2, .state = true});
	store("all/trunk", 1e-3, 0, (struct stored){.done = 5, .hits = 65});
	store("all/trunk/branches/half", 5e-4, 5, (struct stored){.done = 1, .hits = 66});
	store("all/demo-20260102-110000/branches/x", 1e-3, 0, (struct stored){0});
}

/* "label [differs];" a line, with two spaces a depth; "-" folded, "+" with lines below. */
static const char *lines_of(struct shelf *of)
{
	static char text[8192];
	size_t n = 0;

	outline_make(&tree, of, &by);
	text[0] = '\0';
	for (int i = 0; i < tree.n; i++) {
		const struct outline_line *l = &tree.line[i];

		n += (size_t)snprintf(text + n, sizeof text - n, "%*s%s%s%s%s%s\n", 2 * l->depth,
				      "", l->below ? l->folded ? "-" : "+" : "", l->label,
				      *l->differs ? " [" : "", l->differs, *l->differs ? "]" : "");
	}
	return text;
}

static const char *lines(void)
{
	return lines_of(&shelf);
}

static const struct outline_line *line(const char *label)
{
	for (int i = 0; i < tree.n; i++)
		if (strcmp(tree.line[i].label, label) == 0)
			return &tree.line[i];
	FAIL("no line %s", label);
	return &tree.line[0];
}

static void begin(void)
{
	by = (struct outline_by){.sort.option = -1, .group.option = -1};
}

static void sort(const char *name, bool falls)
{
	struct err e = {0};

	CHECK_INT(column_find(&by.sort, name, &e), 0);
	by.falls = falls;
}

TEST(studies_variants_seeds_and_branches)
{
	begin();
	CHECK_STR(lines(), "+sweep\n"
			   "  +lr=0.0003 [lr=3e-4]\n"
			   "    seed 53\n"
			   "    seed 54\n"
			   "  +lr=0.001\n"
			   "    seed 53\n"
			   "    seed 54\n"
			   "demo 01-03 11:00 [lr=0.001]\n"
			   "+demo-20260102-110000 [lr=0.001]\n"
			   "  x\n"
			   "demo-20260102-110000-2 [lr=5e-4]\n"
			   "+trunk [lr=0.001]\n"
			   "  half\n");
	CHECK_INT(tree.shown, 10);
	CHECK_INT(tree.hidden, 0);
	/* Of the run on the screen, its session comes first. */
	by.here = shelf_find(&shelf, "trunk/branches/half");
	CHECK(strncmp(lines(), "+trunk", 6) == 0);
	by.here = shelf_find(&shelf, "demo-20260102-110000-2");
	CHECK(strncmp(lines(), "demo-20260102-110000-2", 22) == 0);
}

/* A branch of a branch lies beside it, and is shown below it; where its parent is gone, or two
 * say that each left the other, below the run in whose folder it lies. */
TEST(a_branch_of_a_branch)
{
	struct shelf two = {0};
	char text[512];

	store("deep/trunk", 1e-3, 0, (struct stored){.done = 5});
	store("deep/trunk/branches/a", 1e-3, 0, (struct stored){.done = 1});
	store("deep/trunk/branches/b", 1e-3, 0, (struct stored){.done = 1});
	store("deep/trunk/branches/c", 1e-3, 0, (struct stored){.done = 1});
	for (int i = 0; i < 2; i++) {
		static const char *const parents[2][3] = {
			{".", "branches/a", "branches/b"},
			{"branches/b", "branches/a", "branches/gone"}};
		static const char *const want[2] = {"+trunk\n  +a\n    +b\n      c\n",
						    "+trunk\n  a\n  b\n  c\n"};

		for (int k = 0; k < 3; k++) {
			char path[600];

			snprintf(path, sizeof path, "%s/deep/trunk/branches/%c/branch.yml", folder,
				 'a' + k);
			snprintf(text, sizeof text,
				 "parent: %s\nfold: 1\nepoch: 1\nin_epoch: 0\nstep: 1\n",
				 parents[i][k]);
			put(path, text);
		}
		shelf_add(&two, in("deep"), SHELF_DEEP);
		shelf_read(&two);
		begin();
		snprintf(text, sizeof text, "%s", lines_of(&two));
		CHECK_STR(text, want[i]);
		outline_free(&tree);
		shelf_free(&two);
		two = (struct shelf){0};
	}
}

TEST(figures_of_many)
{
	const struct outline_line *l;

	begin();
	lines();
	l = line("lr=0.001");
	CHECK_INT(l->kind, LINE_VARIANT);
	CHECK_INT(l->runs, 2);
	CHECK_INT(l->finished, 2);
	CHECK_INT(l->figures, 2);
	CHECK_NEAR(l->mean.wa, 0.77, 1e-12); /* 0.72 and 0.82 over the folds */
	CHECK_NEAR(l->sd.wa, 0.1 / sqrt(2), 1e-12);
	CHECK_INT(l->state, SHELF_FINISHED);
	CHECK_INT(l->in_state, 2);
	l = line("lr=0.0003");
	CHECK_INT(l->figures, 1); /* the other seed is not finished */
	CHECK_NEAR(l->mean.wa, 0.62, 1e-12);
	CHECK(isnan(l->sd.wa));
	CHECK_INT(l->state, SHELF_STOPPED);
	CHECK_INT(l->in_state, 1);
	l = line("sweep");
	CHECK_INT(l->runs, 4);
	CHECK_INT(l->finished, 3);
	CHECK(isnan(l->mean.wa)); /* its variants are not alike */
	CHECK(l->bytes > line("lr=0.001")->bytes);
	CHECK_INT(line("trunk")->runs, 1); /* a branch is a run of its own */
}

TEST(folded)
{
	static const char *id[2];

	begin();
	lines();
	id[0] = mem_dup(line("lr=0.0003")->id);
	id[1] = mem_dup(line("trunk")->id);
	by.folded = id;
	by.nfolded = 2;
	CHECK_HAS(lines(), "  -lr=0.0003 [lr=3e-4]\n  +lr=0.001\n");
	CHECK_HAS(lines(), "-trunk [lr=0.001]\n");
	CHECK(!strstr(lines(), "half"));
	CHECK_INT(tree.shown, 10);
	CHECK_INT(outline_find(&tree, id[0]), 1);
	CHECK_INT(outline_find(&tree, "no such"), -1);
	free((void *)(size_t)id[0]);
	free((void *)(size_t)id[1]);
}

/* Lines with others below are sorted by the mean they show; unknown ones come last. */
TEST(sorted)
{
	begin();
	sort("wf1", true);
	CHECK_STR(lines(), "+sweep\n"
			   "  +lr=0.001\n"
			   "    seed 54\n"
			   "    seed 53\n"
			   "  +lr=0.0003 [lr=3e-4]\n"
			   "    seed 53\n"
			   "    seed 54\n"
			   "+trunk [lr=0.001]\n"
			   "  half\n"
			   "demo-20260102-110000-2 [lr=5e-4]\n"
			   "+demo-20260102-110000 [lr=0.001]\n"
			   "  x\n"
			   "demo 01-03 11:00 [lr=0.001]\n");
	sort("wf1", false);
	CHECK(strncmp(lines(), "+demo-20260102-110000 ", 22) == 0);
	CHECK_HAS(lines(), "seed 54\ndemo 01-03 11:00 [lr=0.001]\n"); /* without one: last */
	sort("name", false);
	CHECK(strncmp(lines(), "+demo-20260102-110000 ", 22) == 0);
	sort("name", true);
	CHECK(strncmp(lines(), "+trunk", 6) == 0);
}

TEST(filtered)
{
	struct err e = {0};
	struct filter *f = filter_parse("seed=54 | branch=half", &e);

	begin();
	by.filter = f;
	CHECK_STR(lines(), "+sweep\n"
			   "  +lr=0.0003 [lr=3e-4]\n"
			   "    seed 54\n"
			   "  +lr=0.001\n"
			   "    seed 54\n"
			   "+trunk\n" /* shown for its branch */
			   "  half\n");
	CHECK_INT(tree.shown, 3);
	CHECK_INT(tree.hidden, 7);
	CHECK_INT(line("lr=0.001")->runs, 1);
	CHECK_NEAR(line("lr=0.001")->mean.wa, 0.82, 1e-12);
	filter_free(f);
	f = filter_parse("wf1 > 2", &e);
	by.filter = f;
	CHECK_STR(lines(), "");
	filter_free(f);
}

TEST(grouped)
{
	struct err e = {0};

	begin();
	CHECK_INT(column_find(&by.group, "lr", &e), 0);
	CHECK_STR(lines(), "+train.optimizer.lr=3e-4\n"
			   "  +sweep/lr=0.0003\n"
			   "    seed 53\n"
			   "    seed 54\n"
			   "+train.optimizer.lr=5e-4\n"
			   "  demo\n"
			   "+train.optimizer.lr=0.001\n"
			   "  +sweep/lr=0.001\n"
			   "    seed 53\n"
			   "    seed 54\n"
			   "  demo 01-03 11:00\n"
			   "  +demo 01-02 11:00\n"
			   "    x\n"
			   "  +trunk\n"
			   "    half\n");
	CHECK_INT(line("train.optimizer.lr=0.001")->figures, 4);
}

static void store_fold(const char *name, int fold)
{
	struct settings set = some_settings();
	struct session s;
	struct err e = {0};

	REQUIRE(session_create(&s, in(name), &set, &e) == 0);
	stored_epochs(&s, fold, 1, false);
	session_close(&s);
}

/* An array of jobs with a session each. */
TEST(runs_that_differ_in_their_folds)
{
	struct shelf all = shelf;

	begin();
	shelf = (struct shelf){0};
	store_fold("folds/a", 1);
	store_fold("folds/b", 3);
	shelf_add(&shelf, in("folds"), SHELF_DEEP);
	shelf_read(&shelf);
	/* in either order: they may have been made in different seconds */
	CHECK_HAS(lines(), "a [fold=1]\n");
	CHECK_HAS(lines(), "b [fold=3]\n");
	store("folds/c", 1e-3, 1, (struct stored){.done = 2});
	shelf_read(&shelf);
	CHECK_HAS(lines(), "[lr=0.001 folds=1,2]\n");
	outline_free(&tree);
	shelf_free(&shelf);
	shelf = all;
}

TEST(archived_ones_are_left_out)
{
	struct err e = {0};
	struct filter *f = filter_parse("archived=yes | archived=no", &e);

	begin();
	shelf_find(&shelf, "trunk")->archived = true;
	shelf_find(&shelf, "trunk/branches/half")->archived = true;
	CHECK(!strstr(lines(), "trunk"));
	CHECK_INT(tree.archived, 2);
	by.archived = true;
	CHECK_HAS(lines(), "+trunk [lr=0.001]\n  half\n");
	by.archived = false;
	by.filter = f; /* it asks for them */
	CHECK_HAS(lines(), "+trunk [lr=0.001]\n  half\n");
	shelf_find(&shelf, "trunk")->archived = false;
	shelf_find(&shelf, "trunk/branches/half")->archived = false;
	filter_free(f);
}

TEST(the_queue_comes_first)
{
	const char *dir[] = {in("all/sweep/lr=0.0003"), in("all/demo-20260103-110000"),
			     in("all/trunk/branches/half")};
	struct err e = {0};
	struct filter *f = filter_parse("branch=half", &e);

	begin();
	shelf_queue(&shelf, dir, 3);
	sort("wf1", true);
	CHECK(strncmp(lines(), "+queue\n  demo [lr=0.001]\n  half [lr=5e-4]\n+sweep\n", 49) == 0);
	CHECK(!strstr(lines() + 49, "half"));
	dir[0] = in("all/trunk/branches/half");
	dir[2] = in("all/sweep/lr=0.0003");
	shelf_queue(&shelf, dir, 3);
	CHECK_HAS(lines(), "+queue\n  half [lr=5e-4]\n  demo [lr=0.001]\n");
	by.filter = f; /* of the queue too */
	CHECK_STR(lines(), "+queue\n  half\n");
	CHECK_INT(tree.shown, 1);
	CHECK_INT(tree.hidden, 9);
	filter_free(f);
	shelf_queue(&shelf, NULL, 0);
}

int main(int argc, char **argv)
{
	int failed;

	setenv("TZ", "UTC", 1);
	folder_make();
	setenv("XDG_CACHE_HOME", in("cache"), 1);
	store_all();
	shelf_add(&shelf, in("all"), SHELF_DEEP);
	shelf_read(&shelf);
	failed = TEST_MAIN(argc, argv);
	outline_free(&tree);
	shelf_free(&shelf);
	folder_remove();
	return failed;
}
