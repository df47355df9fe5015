/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The runs drawn over the shown one (ui/state/overlay.h): lines, names, reading again. */
#include "test.h"
#include "temp.h"

#include "app/config/config.h"
#include "base/file.h"
#include "ui/state/feed.h"
#include "ui/state/overlay.h"

static const struct look plain;
static struct ui u;

#define HEADER "fold,epoch,train_loss,train_acc,val_loss,val_wa,val_ua,val_wf1,seconds\n"

/* A session's folder with two epochs of fold 1. */
static const char *store(const char *name, const char *key, const char *value)
{
	const char *path = temp_path("%s/config.yml", name);
	struct atomic_file a;
	struct settings set = {0};
	struct err e = {0};

	options_preset(&set);
	snprintf(set.exp.audio_dir, PATH_LEN, "/data/audio");
	snprintf(set.exp.text_dir, PATH_LEN, "/data/text");
	snprintf(set.exp.iemocap_csv, PATH_LEN, "/data/lists");
	temp_parents(path);
	if ((key && option_set(&set, option_find(key), value, ".", &e)) ||
	    options_resolve(&set, &e) || atomic_open(&a, path, &e) || config_write(&set, a.f, &e) ||
	    atomic_commit(&a, &e))
		FAIL("%s", e.text);
	temp_text(temp_path("%s/fold-1/epochs.csv", name),
		  HEADER "1,1,1,0.5,1,0.5,0.5,0.5,9\n1,2,1,0.5,1,0.5,0.5,0.6,9\n");
	return temp_path("%s", name);
}

/* Draw the runs in these folders (up to a NULL); the error, or "". */
static const char *set(const char *const *name)
{
	static struct err e;
	static char path[OVERLAY_LINES + 4][512];
	const char *dir[OVERLAY_LINES + 4];
	int n = 0;

	for (; name[n]; n++) {
		snprintf(path[n], sizeof path[n], "%s", temp_path("%s", name[n]));
		dir[n] = path[n];
	}
	err_clear(&e);
	return overlay_set(&u, dir, n, &e) ? e.text : "";
}
#define SET(...) set((const char *const[]){__VA_ARGS__, NULL})

static int line(const char *name)
{
	return overlay_line(&u, temp_path("%s", name));
}

static const char *name_of(const char *name)
{
	static char text[128];

	return overlay_name(&u, line(name), text, sizeof text);
}

static void start(void)
{
	static const char *const plain_ones[] = {"a", "b", "c"};
	struct err e = {0};

	ui_init(&u, &plain, 24, 80);
	for (int i = 0; i < 3; i++)
		store(plain_ones[i], NULL, NULL);
	store("a/seed-54", "exp.seed", "54");
	store("shown", NULL, NULL);
	if (run_load(&u.run, temp_path("shown"), &e))
		FAIL("%s", e.text);
}

TEST(overlay_lines_keep_their_colour)
{
	int a, b, c;

	start();
	CHECK_STR(SET("a", "b"), "");
	a = line("a");
	b = line("b");
	CHECK(a >= 0 && b >= 0 && a != b);
	CHECK_INT(line("c"), -1);
	CHECK_STR(SET("c", "b"), ""); /* a goes, c comes: a new line, not a's */
	CHECK_INT(line("b"), b);
	c = line("c");
	CHECK(c >= 0 && c != a && c != b);
	CHECK_STR(SET("c"), "");
	CHECK_INT(line("c"), c);
	CHECK_STR(SET("a", "b", "c"), ""); /* who comes back finds his own */
	CHECK_INT(line("a"), a);
	CHECK_INT(line("b"), b);
	CHECK_INT(line("c"), c);
	for (int i = 0; i < OVERLAY_LINES; i++)
		for (int k = 0; k < i; k++)
			CHECK(overlay_marker(i) != overlay_marker(k));
	ui_free(&u);
}

TEST(overlay_seeds_are_one_line)
{
	start();
	CHECK_STR(SET("a", "b", "a/seed-54"), "");
	CHECK_INT(line("a"), line("a/seed-54"));
	CHECK(line("a") != line("b"));
	CHECK_INT(overlay_next(&u, line("a"), 0), 0);
	CHECK_INT(overlay_next(&u, line("a"), 1), 2);
	CHECK_INT(overlay_next(&u, line("a"), 3), -1);
	CHECK_STR(name_of("a"), "a ×2");
	CHECK_STR(name_of("b"), "b");
	ui_free(&u);
}

/* The run on the screen among the picked: alone it is not drawn twice, with seeds of its
 * own it is one of them, with the rows the screen has. */
TEST(overlay_of_the_shown_run)
{
	start();
	store("shown/seed-54", "exp.seed", "54");
	CHECK_STR(SET("shown", "b"), "");
	CHECK_INT(line("shown"), -1); /* nor has it another marker than its own */
	CHECK(overlay_is_drawn(&u, line("b")));
	CHECK(overlay_run(&u, 0) == &u.run);
	CHECK(overlay_run(&u, 1) == &u.overlay[1]);
	CHECK_STR(SET("shown", "shown/seed-54"), "");
	CHECK(overlay_is_drawn(&u, line("shown")));
	CHECK_STR(name_of("shown"), "seeds ×2");
	CHECK_STR(SET("shown/seed-54"), "");
	CHECK_STR(name_of("shown/seed-54"), "seed 54");
	ui_free(&u);
}

/* Over a branch, the run that it left is called as `duel` calls it. */
TEST(overlay_of_the_run_that_was_left)
{
	struct err e = {0};

	start();
	run_free(&u.run);
	REQUIRE(run_load(&u.run, store("a/branches/x", NULL, NULL), &e) == 0);
	CHECK_STR(SET("a", "a/branches/x"), "");
	CHECK_STR(name_of("a"), "main");
	CHECK_STR(SET("a/seed-54", "a/branches/x"), "");
	CHECK_STR(name_of("a/seed-54"), "seed 54");
	ui_free(&u);
}

TEST(overlay_names_tell_runs_apart)
{
	char text[64];

	start();
	store("one/shown-20260101-120000", "train.batch_size", "32");
	store("two/b", "train.clip", "5");
	store("shown-20260101-130000", NULL, NULL);
	CHECK_STR(SET("one/shown-20260101-120000", "b", "two/b", "shown-20260101-130000"), "");
	CHECK_STR(name_of("one/shown-20260101-120000"), "batch_size 32");
	CHECK_STR(name_of("two/b"), "clip 5");
	CHECK_STR(name_of("b"), "b");
	CHECK_STR(name_of("shown-20260101-130000"), "shown-20260101-130000");
	store("pairs-lr=3e-4", NULL, NULL);
	store("pairs-lr=3e-3", NULL, NULL);
	CHECK_STR(SET("pairs-lr=3e-4", "pairs-lr=3e-3"), "");
	CHECK_STR(overlay_short(&u, line("pairs-lr=3e-3"), 13, text, sizeof text), "pairs-lr=3e-3");
	snprintf(u.run.name, sizeof u.run.name, "pairs");
	CHECK_STR(SET("pairs-lr=3e-4"), "");
	CHECK_STR(overlay_short(&u, line("pairs-lr=3e-4"), 9, text, sizeof text),
		  "pair…3e-4"); /* no other begins so */
	snprintf(u.run.name, sizeof u.run.name, "shown");
	store("lr=3e-4 batch_size=16", NULL, NULL);
	store("lr=3e-4 batch_size=128", NULL, NULL);
	store("lr=3e-4 batch_size=128/seed-54", NULL, NULL);
	CHECK_STR(SET("lr=3e-4 batch_size=16", "lr=3e-4 batch_size=128",
		      "lr=3e-4 batch_size=128/seed-54"),
		  "");
	CHECK_STR(overlay_short(&u, line("lr=3e-4 batch_size=16"), 12, text, sizeof text),
		  "…size=16");
	CHECK_STR(overlay_short(&u, line("lr=3e-4 batch_size=128"), 12, text, sizeof text),
		  "…size=128 ×2");
	CHECK_STR(overlay_short(&u, line("lr=3e-4 batch_size=128"), 5, text, sizeof text), "…128");
	CHECK_STR(SET("shown-20260101-130000"), "");
	CHECK_STR(overlay_short(&u, line("shown-20260101-130000"), 9, text, sizeof text),
		  "show…0000");
	ui_free(&u);
}

TEST(overlay_that_cannot_be_read_changes_nothing)
{
	static const char *const names[] = {"l0", "l1", "l2", "l3", "l4", "l5",
					    "l6", "l7", "l8", "l9", NULL};

	start();
	CHECK_STR(SET("a"), "");
	CHECK_HAS(SET("b", "nowhere"), "nowhere");
	CHECK_INT(u.noverlays, 1);
	CHECK(line("a") >= 0);
	for (int i = 0; names[i]; i++)
		store(names[i], NULL, NULL);
	CHECK_HAS(set(names), "10 lines cannot be told apart, 9 can; pick fewer");
	CHECK_INT(u.noverlays, 1);
	CHECK_STR(set(names + 1), "");
	CHECK_INT(u.noverlays, 9);
	ui_free(&u);
}

static double last_wf1(int i)
{
	const struct fold_run *f = run_find(&u.overlay[i], 1);

	return f && f->nepochs ? f->epoch[f->nepochs - 1].val.wf1 : NAN;
}

/* Of a run that trains while another is shown. */
TEST(overlay_is_read_again_when_its_rows_have_grown)
{
	const char *rows = HEADER "1,1,1,0.5,1,0.5,0.5,0.5,9\n1,2,1,0.5,1,0.5,0.5,0.6,9\n"
				  "1,3,1,0.5,1,0.5,0.5,0.7,9\n";
	int before;

	start();
	CHECK_STR(SET("a", "b"), "");
	CHECK(!overlay_refresh(&u));
	before = line("b");
	temp_text(temp_path("b/fold-1/epochs.csv"), rows);
	CHECK(overlay_refresh(&u));
	CHECK_NEAR(last_wf1(0), 0.6, 1e-12);
	CHECK_NEAR(last_wf1(1), 0.7, 1e-12);
	CHECK_INT(line("b"), before);
	CHECK(!overlay_refresh(&u));
	temp_text(temp_path("b/fold-2/epochs.csv"), HEADER "2,1,1,0.5,1,0.5,0.5,0.5,9\n");
	CHECK(overlay_refresh(&u));
	CHECK(run_find(&u.overlay[1], 2) != NULL);
	temp_text(temp_path("b/fold-1/epochs.csv"), "not rows\n");
	CHECK(!overlay_refresh(&u)); /* what was read stays */
	CHECK_NEAR(last_wf1(1), 0.7, 1e-12);
	ui_free(&u);
}

/* What another run tells at the end of an epoch is enough, or that it has gone back. */
TEST(overlay_follows_a_run_that_is_not_shown)
{
	static const enum event_kind kinds[] = {EVENT_EPOCH, EVENT_REWOUND, EVENT_FOLD,
						EVENT_RESULT, EVENT_FOLLOWED};

	start();
	u.run_shown = 1;
	CHECK_STR(SET("a"), "");
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		struct event e = {.kind = kinds[i], .run = 2};
		double wf1 = 0.8 - 0.1 * (double)i;
		char rows[256];

		snprintf(rows, sizeof rows, HEADER "1,1,1,0.5,1,0.5,0.5,%.1f,9\n", wf1);
		temp_text(temp_path("a/fold-1/epochs.csv"), rows);
		feed_event(&u, &e);
		CHECK_NEAR(last_wf1(0), wf1, 1e-12);
	}
	ui_free(&u);
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
