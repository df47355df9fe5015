/* SPDX-License-Identifier: GPL-3.0-or-later */
/* View 7 and the folders it reads. */
#include "tests/ui/golden.h"
#include "tests/ui/pending.h"
#include "temp.h"

#include "app/queue/queue.h"
#include "app/session/session_rows.h"
#include "ui/console/keys.h"
#include "ui/state/feed.h"
#include "ui/loop.h"
#include "ui/state/page.h"
#include "ui/state/runs.h"
#include "ui/view/sessions.h"
#include "ui/view/train.h"
#include "ui/view/screen.h"

#include <sys/time.h>

static struct ui screen;

/* A session's folder with as many finished folds; hits grow with the fold, so
 * that all figures differ. */
static void store(const char *dir, int folds, int hits, const char *const *assigned, int day)
{
	const char *path = temp_path("%s/config.yml", dir);
	struct timeval made[2] = {{.tv_sec = 1767265200 + day * 86400L}, {0}};
	struct atomic_file a;
	struct settings set;
	struct err e = {0};
	struct results r;

	moment_settings(&set);
	while (assigned && *assigned)
		moment_set(&set, *assigned++);
	temp_parents(path);
	if (atomic_open(&a, path, &e) || config_write(&set, a.f, &e) || atomic_commit(&a, &e))
		FAIL("%s", e.text);
	results_init(&r, &set);
	for (int i = 1; i <= folds; i++) {
		struct fold_row f = {.fold = i, .best_epoch = 30};

		confusion_init(&f.confusion, 4);
		for (int c = 0; c < 4; c++) {
			f.confusion.count[c][c] = hits + 5 * (i % 3) + c;
			f.confusion.count[c][(c + 1) % 4] = 250 - hits;
		}
		results_add(&r, &f);
	}
	if (folds && results_write(&r, temp_path("%s/results.json", dir), &e))
		FAIL("%s", e.text);
	results_free(&r);
	temp_text(temp_path("%s/epochs.csv", dir),
		  "fold,epoch,train_loss,train_acc,val_loss,val_wa,val_ua,val_wf1,seconds\n"
		  "1,1,1,0.5,1,0.5,0.5,0.5,9\n1,2,1,0.5,1,0.5,0.5,0.5,9\n1,3,1,0.5,1,0.5,0.5,0.5,"
		  "9\n");
	made[1] = made[0];
	utimes(path, made);
}

static void store_all(void)
{
	const struct timeval made[2] = {{.tv_sec = 1767000000}, {.tv_sec = 1767000000}};
	static const char *const reference[] = {"exp.protocol=reference", "train.padding=reference",
						"train.optimizer.lr=5e-4", NULL};
	static const char *const stored[] = {"train.optimizer.lr=5e-4", NULL};
	static const char *const seed_7[] = {"exp.seed=7", NULL};

	setenv("TZ", "UTC", 1);
	store("all/iemocap-holdout-20260104-120000", 2, 180, stored, 3);
	store("all/iemocap-holdout-20260104-120000/branches/cmd-half", 2, 178, NULL, 4);
	store("all/iemocap-holdout-20260104-120000/seed-7", 0, 0, seed_7, 3);
	store("all/iemocap-ref", 5, 185, reference, 2);
	store("all/iemocap-masked", 5, 181, NULL, 1);
	store("all/meld", 0, 0, NULL, 0);
	temp_text(temp_path("all/iemocap-holdout-20260104-120000/commands.log"),
		  "at 3 19 505 set train.optimizer.lr 3e-4   # was 5e-4\n");
	temp_text(temp_path("all/no-session/notes.txt"), "");
	temp_text(temp_path("all/damaged/config.yml"), "a: &a [*a]");
	utimes(temp_path("all/damaged/config.yml"), made);
}

static void start(int cols, int rows)
{
	store_all();
	moment_init(&screen, cols, rows);
	snprintf(screen.run.dir, sizeof screen.run.dir, "%s",
		 temp_path("all/iemocap-holdout-20260104-120000"));
	snprintf(screen.now.session, sizeof screen.now.session, "%s", screen.run.dir);
	screen.view = VIEW_SESSIONS;
	sessions_load(&screen);
}

static void end(void)
{
	ui_free(&screen);
	temp_remove();
	mkdir(temp_dir, 0777);
}

static void run(const char *line)
{
	struct err e = {0};

	if (command_run(&screen, line, &e))
		FAIL("%s: %s", line, e.text);
}

static void select_row(const char *name)
{
	struct err e = {0};
	const struct shelf_run *r = sessions_find(&screen, name, &e);

	if (!r || !sessions_select(&screen, r))
		FAIL("%s", r ? "it has no line" : e.text);
}

/* A line that need not be a run. */
static void select_line(const char *label)
{
	struct sessions_view *v = sessions_view(&screen);

	for (v->at = 0; v->at < v->list.n; v->at++)
		if (strcmp(v->list.line[v->at].label, label) == 0)
			return;
	FAIL("no line %s", label);
	v->at = 0;
}

static void look_at(const char *name)
{
	struct sessions_view *v = sessions_view(&screen);
	struct canvas c;

	/* Results name this machine, so their size is not the same on another. */
	for (int i = 0; i < v->shelf.n; i++)
		v->shelf.run[i]->bytes = 1000000 * (i + 1);
	v->stale = true;
	feed_refresh(&screen);
	moment_view(&screen, &c);
	golden_check(name, &c);
	canvas_free(&c);
}

TEST(sessions_at_each_size)
{
	static const int size[][2] = {{40, 10}, {80, 24}, {120, 36}, {200, 50}};
	char name[64];

	NEED_UTF8();
	for (size_t i = 0; i < sizeof size / sizeof *size; i++) {
		start(size[i][0], size[i][1]);
		select_row("iemocap-holdout/cmd-half");
		run("pick");
		select_row("iemocap-ref");
		run("pick");
		snprintf(name, sizeof name, "sessions-%dx%d", size[i][0], size[i][1]);
		look_at(name);
		end();
	}
}

TEST(sessions_in_ascii)
{
	NEED_UTF8();
	start(80, 24);
	screen.look.glyphs = GLYPHS_ASCII;
	select_row("iemocap-ref");
	look_at("sessions-ascii-80x24");
	end();
}

TEST(sessions_none)
{
	struct canvas c;

	NEED_UTF8();
	moment_init(&screen, 80, 24);
	screen.view = VIEW_SESSIONS;
	moment_view(&screen, &c);
	CHECK(moment_shows(&c, "no session yet; :open demo"));
	canvas_free(&c);
	CHECK_HAS(command_refused(&screen, "pick"), "no session");
	ui_free(&screen);
}

/* Chosen before it is known where the run on the screen lies: it says so, then lists it. */
TEST(sessions_before_the_run_is_read)
{
	char dir[PATH_LEN];
	struct canvas c;

	NEED_UTF8();
	store_all();
	moment_init(&screen, 80, 24);
	snprintf(dir, sizeof dir, "%s", temp_path("all/iemocap-ref"));
	screen.run.dir[0] = '\0';
	screen.run_shown = 1;
	screen.now.state = WORK_LOADING;
	screen.view = VIEW_SESSIONS;
	sessions_load(&screen);
	moment_view(&screen, &c);
	CHECK(moment_shows(&c, "reading the run; the sessions beside it are listed then"));
	CHECK(!moment_shows(&c, "0 runs"));
	canvas_free(&c);
	snprintf(screen.run.dir, sizeof screen.run.dir, "%s", dir);
	sessions_refresh(&screen);
	moment_view(&screen, &c);
	CHECK(moment_shows(&c, "iemocap-masked"));
	CHECK_STR(sessions_at(&screen)->dir, dir);
	canvas_free(&c);
	screen.run_shown = 0;
	end();
}

/* The lines as they are shown: "label" with two spaces a depth, one a line. */
static const char *lines(void)
{
	static char text[4096];
	const struct outline *o = &sessions_view(&screen)->list;
	size_t n = 0;

	text[0] = '\0';
	for (int i = 0; i < o->n; i++)
		n += (size_t)snprintf(text + n, sizeof text - n, "%*s%s\n", 2 * o->line[i].depth,
				      "", o->line[i].label);
	return text;
}

/* The session on the screen first, then the newest. */
TEST(sessions_read_in_a_fixed_order)
{
	const struct shelf_run *r;
	struct err e = {0};

	start(80, 24);
	CHECK_STR(lines(), "iemocap-holdout\n  seed 7\n  seed 53\n    cmd-half\n"
			   "iemocap-ref\niemocap-masked\nmeld\ndamaged\n");
	CHECK_INT(sessions_view(&screen)->shelf.n, 7);
	r = sessions_find(&screen, "iemocap-holdout/seed-7", &e);
	REQUIRE(r);
	CHECK_INT(r->x.seed, 7);
	CHECK(sessions_find(&screen, "iemocap-holdout", &e) == sessions_view(&screen)->here);
	CHECK(sessions_find(&screen, "iemocap-holdout/cmd-half", &e)->branch);
	CHECK_INT(sessions_find(&screen, "iemocap-ref", &e)->x.done, 5);
	r = sessions_find(&screen, "damaged", &e);
	CHECK_STR(r->x.why,
		  "config.yml:1:4: a node contains itself, by an alias inside it; write out "
		  "what is meant there");
	CHECK_INT(r->x.done, 0);
	end();
}

TEST(sessions_keep_picks_over_reading)
{
	start(80, 24);
	select_row("iemocap-masked");
	run("pick");
	store("all/newer", 0, 0, NULL, 9);
	sessions_load(&screen);
	CHECK_INT(sessions_view(&screen)->shelf.n, 8);
	CHECK_STR(path_base(sessions_at(&screen)->dir), "iemocap-masked");
	CHECK(sessions_at(&screen)->picked);
	run("pick");
	CHECK(!sessions_at(&screen)->picked);
	end();
}

TEST(sessions_of_the_same_name_show_their_date)
{
	char name[2 * PATH_LEN];
	struct err e = {0};

	start(80, 24);
	store("all/iemocap-holdout-20260106-120000", 0, 0, NULL, 5);
	sessions_load(&screen);
	CHECK_STR(sessions_name(&screen, sessions_view(&screen)->here, name, sizeof name),
		  "iemocap-holdout-20260104-120000");
	CHECK(sessions_find(&screen, "iemocap-holdout-20260106-120000", &e) != NULL);
	CHECK(!sessions_find(&screen, "iemocap-holdout", &e));
	CHECK_HAS(e.text, "no session iemocap-holdout");
	end();
}

/* The run on the screen stays there until the other one's data has been read. */
TEST(sessions_open_stops_nothing)
{
	struct err e = {0};

	start(80, 24);
	screen.work = NULL; /* it begins with the first that is opened */
	CHECK_HAS(command_refused(&screen, "enter"), "open already");
	select_row("iemocap-ref");
	run("enter");
	CHECK_INT(screen.overlay_kind, OVERLAY_NONE);
	CHECK(!screen.quit && screen.opening.run);
	CHECK_STR(screen.opening.what, sessions_at(&screen)->dir);
	CHECK_STR(screen.message.text, "opening iemocap-ref");
	run("open iemocap-masked");
	CHECK_STR(path_base(screen.opening.what), "iemocap-masked");
	CHECK_INT(work_runs(screen.work, NULL, 0), 1); /* instead of the other */
	CHECK_INT(command_run(&screen, "open nothing-like-it", &e), -1);
	work_end(screen.work);
	screen.work = NULL;
	end();
}

TEST(sessions_delete_asks_and_moves_the_folder_alone)
{
	struct err e = {0};

	start(80, 24);
	temp_text(temp_path("outside/kept.txt"), "kept");
	select_row("iemocap-ref");
	CHECK(symlink(temp_path("outside"), temp_path("all/iemocap-ref/link")) == 0);
	temp_text(temp_path("all/iemocap-ref/fold-1/best.safetensors"), "x");
	run("delete");
	CHECK_INT(screen.overlay_kind, OVERLAY_ASK);
	CHECK_STR(
		screen.ask.question,
		"delete iemocap-ref, started 2026-01-03 11:00, 5 of 5 folds (train.epoch 70)? y/n");
	CHECK(file_exists(temp_path("all/iemocap-ref/config.yml")));
	run(screen.ask.command);
	CHECK(!file_is_dir(temp_path("all/iemocap-ref")));
	CHECK(file_exists(temp_path("outside/kept.txt")));
	CHECK_INT(sessions_view(&screen)->shelf.n, 6);
	CHECK_HAS(screen.message.text, "deleted; trash restore iemocap-ref brings it back");
	CHECK(file_exists(temp_path("all/.trash/iemocap-ref/config.yml")));
	CHECK_INT(command_run(&screen, "delete now /", &e), -1);
	run("trash restore iemocap-ref");
	CHECK(file_exists(temp_path("all/iemocap-ref/fold-1/best.safetensors")));
	CHECK_INT(sessions_view(&screen)->shelf.n, 7);
	CHECK_INT(command_run(&screen, "trash restore iemocap-ref", &e), -1);
	end();
}

/* Rows alike in all the table shows are told apart by the question. */
TEST(sessions_delete_names_each_apart)
{
	struct canvas c;

	NEED_UTF8();
	start(40, 10);
	store("all/demo-20260106-120000", 2, 1, NULL, 5);
	store("all/demo-20260106-120000-2", 2, 1, NULL, 5);
	store("all/demo-20260106-120000-2/seed-7", 0, 0, NULL, 5);
	sessions_load(&screen);
	select_line("demo-20260106-120000-2");
	run("delete");
	CHECK_STR(screen.ask.question, "delete demo-20260106-120000-2, started 2026-01-06 11:00, 2 "
				       "of 5 folds (train.epoch "
				       "70), with 1 seed? y/n");
	canvas_init(&c, 10, 40, &screen.look);
	screen_draw(&screen, &c);
	CHECK(moment_shows(&c, " delete demo-20260106-120000-2, started"));
	CHECK(moment_shows(&c, "seed? y/n"));
	canvas_free(&c);
	screen.overlay_kind = OVERLAY_NONE;
	select_row("demo/seed-7");
	run("delete");
	CHECK_HAS(screen.ask.question, "delete demo-20260106-120000-2/seed-7, started");
	end();
}

TEST(sessions_trash_is_shown_and_emptied)
{
	static const char *const names[] = {"iemocap-ref", "iemocap-masked", "meld"};
	struct canvas c;
	struct err e = {0};

	NEED_UTF8();
	start(80, 24);
	run("trash list");
	CHECK_STR(screen.message.text, "the trash is empty");
	run("trash empty");
	CHECK_INT(screen.overlay_kind, OVERLAY_NONE);
	temp_bytes(temp_path("all/meld/fold-0/best.safetensors"), "x", 1);
	CHECK(truncate(temp_path("all/meld/fold-0/best.safetensors"), 14000000) == 0);
	for (int i = 0; i < 3; i++) {
		select_row(names[i]);
		run("delete");
		run(screen.ask.command);
	}
	CHECK_INT(sessions_view(&screen)->shelf.n, 4);
	moment_view(&screen, &c);
	CHECK(moment_shows(&c, "trash 14.0 MB"));
	canvas_free(&c);
	run("trash list");
	CHECK_HAS(screen.page.text, "14.0 MB  meld\n");
	page_close(&screen);
	run("trash empty");
	CHECK_STR(screen.ask.question, "delete 3 sessions (14.0 MB) from the trash for good? y/n");
	CHECK(file_exists(temp_path("all/.trash/meld/config.yml")));
	run(screen.ask.command);
	CHECK(!file_is_dir(temp_path("all/.trash/meld")));
	CHECK_INT(sessions_view(&screen)->trash.n, 0);
	CHECK_INT(command_run(&screen, "trash full", &e), -1);
	end();
}

/* Verbs that came later leave older ones their prefixes. */
TEST(sessions_trash_takes_no_prefix)
{
	struct err e = {0};

	CHECK_STR(command_find("tr", &e)->name, "try");
	CHECK_STR(command_find("tra", &e)->name, "trash");
	CHECK_STR(command_find("a", &e)->name, "axis");
	CHECK(!command_find("t", &e));
	CHECK_HAS(e.text, "trash");
}

TEST(sessions_delete_refuses_the_one_in_use)
{
	struct session other;
	struct settings set;
	struct err e = {0};

	start(80, 24);
	CHECK_HAS(command_refused(&screen, "delete"), "this session is open");
	CHECK_INT(command_run(&screen, "delete", &e), -1);
	CHECK(file_exists(temp_path("all/iemocap-holdout-20260104-120000/config.yml")));
	/* a branch of it may go */
	select_row("iemocap-holdout/cmd-half");
	run("delete");
	run(screen.ask.command);
	CHECK(!file_is_dir(temp_path("all/iemocap-holdout-20260104-120000/branches/cmd-half")));
	/* one that another program writes may not */
	err_clear(&e);
	REQUIRE(session_resume(&other, temp_path("all/meld"), &set, &e) == 0);
	select_row("meld");
	run("delete");
	CHECK_INT(command_run(&screen, screen.ask.command, &e), -1);
	CHECK_HAS(e.text, "another program");
	CHECK(file_exists(temp_path("all/meld/config.yml")));
	session_close(&other);
	end();
}

/* It says what view 1 shows of it: a run without rows of the fold shown is no line. */
TEST(sessions_overlay_draws_the_picked)
{
	struct err e = {0};

	start(80, 24);
	select_row("iemocap-masked");
	run("pick");
	temp_text(temp_path("all/iemocap-masked/epochs.csv"), "");
	screen.sel.fold = 7;
	run("overlay");
	CHECK_INT(screen.noverlays, 1);
	CHECK_STR(screen.overlay[0].name, "iemocap-masked");
	CHECK_STR(screen.message.text, "0 of 1 lines in view 1; iemocap-masked has no fold 7");
	for (int fold = 1; fold <= 2; fold++) /* of the run shown */
		run_add_step(&screen.run, &(struct step_row){.fold = fold, .epoch = 1, .step = 1});
	screen.sel.fold_chosen = true;
	screen.sel.fold = 2;
	run("overlay");
	CHECK(!train_view(&screen)->mean); /* there is none to draw either */
	CHECK_STR(screen.message.text, "0 of 1 lines in view 1; iemocap-masked has no epoch yet");
	temp_text(temp_path("all/iemocap-masked/epochs.csv"),
		  "fold,epoch,train_loss,train_acc,val_loss,val_wa,val_ua,val_wf1,seconds\n"
		  "3,1,1,0.5,1,0.5,0.5,0.5,9\n");
	run("overlay"); /* it has one now, of another fold */
	CHECK(train_view(&screen)->mean);
	CHECK_STR(screen.message.text,
		  "1 line in view 1: means over folds, as iemocap-masked has no epoch yet");
	train_view(&screen)->mean = false;
	screen.sel.fold = 3;
	run("overlay ua");
	CHECK_STR(screen.message.text, "1 line in view 1: val (CE) and UA");
	run("overlay off");
	CHECK_INT(screen.noverlays, 0);
	CHECK(command_run(&screen, "overlay f1", &e) != 0);
	CHECK_HAS(e.text, "expected wf1, wa, ua, off or nothing; found f1");
	run("overlay");
	CHECK_INT(screen.noverlays, 1);
	run("pick");
	run("overlay");
	CHECK_INT(screen.noverlays, 0);
	end();
}

TEST(sessions_compare_on_a_page)
{
	struct canvas c;

	NEED_UTF8();
	start(80, 24);
	select_row("iemocap-ref");
	run("compare");
	CHECK_INT(screen.overlay_kind, OVERLAY_PAGE);
	CHECK_HAS(screen.page.text, "exp.protocol");
	canvas_init(&c, 24, 80, &screen.look);
	page_draw(&screen, &c);
	CHECK(moment_shows(&c, "sessions side by side"));
	canvas_free(&c);
	page_key(&screen, (struct key){.code = K_END});
	CHECK(screen.page.top > 0);
	page_key(&screen, (struct key){.code = K_HOME});
	CHECK_INT(screen.page.top, 0);
	page_key(&screen, (struct key){.code = 27});
	CHECK_INT(screen.overlay_kind, OVERLAY_NONE);
	end();
}

/* Opening or comparing a broken one is a sentence; what is on the screen stays. */
TEST(sessions_broken_ones_end_nothing)
{
	static const char *const broken[][2] = {
		{"commands.log", "at 9 1 1 pause\n"},
		{"results.json", "{\"folds\": [{\"fold\": 7}]}"},
		{"epochs.csv", "fold,epoch,train_loss,train_acc,val_loss,val_wa,val_ua,val_wf1,"
			       "seconds\n0,0,1,0.5,1,0.5,0.5,0.5,9\n"},
		{"config.yml", "&r\nx: *r"},
	};
	struct err e = {0};

	start(80, 24);
	for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
		err_clear(&e);
		temp_text(temp_path("all/iemocap-ref/%s", broken[i][0]), broken[i][1]);
		CHECK_INT(command_run(&screen, "open iemocap-ref", &e), -1);
		CHECK_HAS(e.text, broken[i][0]);
		CHECK(!screen.quit && !screen.opening.run);
		sessions_load(&screen);
		select_row("iemocap-ref");
		CHECK(sessions_at(&screen)->x.why &&
		      strstr(sessions_at(&screen)->x.why, broken[i][0]) ==
			      sessions_at(&screen)->x.why);
		run("compare");
		CHECK_INT(screen.overlay_kind, OVERLAY_PAGE);
		CHECK_HAS(screen.page.text, i ? "cannot be read: " : "5150"); /* without log */
		if (!i)
			CHECK_HAS(screen.page.text, "changes cannot be read: ");
		page_key(&screen, (struct key){.code = 27});
	}
	end();
}

/* ---- a folder of sessions, and no run ---- */

/* As `miust-tui FOLDER` begins. */
static int start_folder(const char *name, struct err *e)
{
	static const struct look look = {.glyphs = GLYPHS_BRAILLE};

	store_all();
	ui_init(&screen, &look, 24, 80);
	if (runs_start_none(&screen, e))
		FAIL("%s", e->text);
	return sessions_begin(&screen, temp_path("%s", name), e);
}

static void end_folder(void)
{
	work_end(screen.work);
	screen.work = NULL;
	end();
}

TEST(sessions_of_a_folder)
{
	struct canvas c;
	struct err e = {0};

	NEED_UTF8();
	CHECK_INT(start_folder("all//", &e), 0);
	CHECK_INT(screen.view, VIEW_SESSIONS);
	CHECK_STR(screen.folder, temp_path("all"));
	CHECK_INT(work_runs(screen.work, NULL, 0), 0);
	screen.folder[0] = '\0'; /* it has another name each time */
	look_at("sessions-folder-80x24");
	run("view 1");
	canvas_init(&c, 24, 80, &screen.look);
	screen_draw(&screen, &c);
	golden_check("no-run-80x24", &c);
	canvas_free(&c);
	end_folder();
}

/* Every verb of every view, with no argument, one and two. */
TEST(no_verb_needs_a_run_that_is_not_there)
{
	static const char *const args[] = {"", " 1", " next", " train.clip 1", " fold 1", " off"};
	static const char no_run[] = "no run is open: Enter in view 7 opens one";
	const struct ui_command *c;
	struct err e = {0};

	CHECK_INT(start_folder("all", &e), 0);
	for (int view = 0; view < VIEWS; view++)
		for (int i = 0; (c = command_at(i)); i++)
			for (size_t k = 0; k < sizeof args / sizeof *args; k++) {
				char line[128];

				/* what opens, leaves or waits for a terminal */
				if (strcmp(c->name, "open") == 0 || strcmp(c->name, "enter") == 0 ||
				    strncmp(c->name, "quit", 4) == 0 ||
				    strcmp(c->name, "dump") == 0 || strcmp(c->name, "delete") == 0)
					continue;
				snprintf(line, sizeof line, "%s%s", c->name, args[k]);
				err_clear(&e);
				ui_select_view(&screen, (enum view_id)view);
				command_run(&screen, line, &e);
				if (c->in[view] && view != VIEW_SESSIONS &&
				    !(c->in[view]->traits & TYPES))
					CHECK_HAS(e.text, no_run);
				screen.overlay_kind = OVERLAY_NONE;
			}
	run("view sessions");
	run("filter");
	run("group -");
	run("archived on"); /* for some are by now */
	feed_refresh(&screen);
	CHECK_HAS(command_refused(&screen, "set train.clip 1"), no_run);
	CHECK_HAS(command_refused(&screen, "get train.clip"), no_run);
	CHECK_HAS(command_refused(&screen, "pause"), no_run);
	CHECK_HAS(command_refused(&screen, "start"), no_run);
	CHECK_HAS(command_refused(&screen, "again"), no_run);
	CHECK_HAS(command_refused(&screen, "select fold 1"), no_run);
	run("move home");
	CHECK(!command_refused(&screen, "note a word"));
	CHECK(!command_refused(&screen, "notes"));
	run("view train");
	CHECK_HAS(command_refused(&screen, "note a word"), no_run);
	CHECK_HAS(command_refused(&screen, "notes"), no_run);
	CHECK_INT(work_runs(screen.work, NULL, 0), 0);
	keys_reset();
	end_folder();
}

/* What cannot be opened leaves no run, as before. */
TEST(sessions_open_from_a_folder)
{
	char line[PATH_LEN];
	struct err e = {0};

	CHECK_INT(start_folder("all", &e), 0);
	temp_text(temp_path("bad.yml"), "exp: {text_dir: nowhere}\n");
	snprintf(line, sizeof line, "open %s", temp_path("bad.yml"));
	run(line);
	CHECK(screen.opening.run && !screen.run_shown);
	loop_settle(&screen);
	CHECK(!screen.opening.run && !screen.run_shown && screen.failed.any);
	CHECK_HAS(screen.message.text, "bad.yml");
	CHECK_INT(work_runs(screen.work, NULL, 0), 0);
	CHECK_HAS(command_refused(&screen, "pause"), "no run is open");
	screen.overlay_kind = OVERLAY_NONE;

	select_row("iemocap-ref"); /* its data is not there, so it is looked at */
	run("enter");
	loop_settle(&screen);
	CHECK(screen.run_shown && sessions_view(&screen)->here == sessions_at(&screen));
	CHECK_STR(screen.run.dir, temp_path("all/iemocap-ref"));
	CHECK(!ui_no_run(&screen));
	CHECK_INT(sessions_view(&screen)->shelf.n, 7);
	end_folder();
}

TEST(sessions_of_folders_that_have_none)
{
	struct err e = {0};

	mkdir(temp_path("nothing"), 0777);
	temp_text(temp_path("nothing/queue.lock"), "");
	CHECK_INT(start_folder("nothing", &e), 0);
	CHECK_INT(sessions_view(&screen)->shelf.n, 0);
	end_folder();
	temp_text(temp_path("other/file.txt"), "");
	CHECK_INT(start_folder("other", &e), -1);
	CHECK_HAS(e.text, "/other: no session is in it, nor in a folder of it; a session is a "
			  "folder with config.yml");
	err_clear(&e);
	end_folder();
	CHECK(!sessions_is_folder(temp_path("nowhere")));
	store_all();
	CHECK(!sessions_is_folder(temp_path("all/meld")) && sessions_is_folder(temp_path("all")));
	CHECK(!sessions_is_folder(temp_path("all/meld/config.yml")));
	temp_remove();
	mkdir(temp_dir, 0777);
}

/* Runs of a folder in the one that is listed wait in its queue, and are moved there. */
TEST(sessions_of_a_folder_in_it_with_a_queue)
{
	struct err e = {0};

	store("all/in/first", 0, 0, NULL, 1);
	store("all/in/study/second", 0, 0, NULL, 1);
	CHECK_INT(queue_add(temp_path("all/in"), temp_path("all/in/first"), 1, QUEUE_LAST, &e), 0);
	CHECK_INT(
		queue_add(temp_path("all/in"), temp_path("all/in/study/second"), 1, QUEUE_LAST, &e),
		0);
	CHECK_STR(e.text, "");
	CHECK_INT(start_folder("all", &e), 0);
	CHECK_HAS(lines(), "queue\n  in/first\n  in/study/second\n");
	CHECK_INT(sessions_view(&screen)->waiting, 2);
	select_row("in/study/second");
	CHECK_STR(shelf_words[sessions_at(&screen)->state].word, "queued");
	run("place up");
	CHECK_HAS(lines(), "queue\n  in/study/second\n  in/first\n");
	run("place remove"); /* it has begun: a question */
	run(screen.ask.command);
	CHECK_HAS(lines(), "queue\n  in/first\n");
	CHECK_INT(queue_seeds(temp_path("all/in"), temp_path("all/in/study/second")), 0);
	end_folder();
}

/* The queue of the folder that is listed, not that of ./sessions. */
TEST(sessions_of_a_folder_with_a_queue)
{
	struct err e = {0};

	CHECK_INT(start_folder("all", &e), 0);
	CHECK_INT(queue_add(temp_path("all"), temp_path("all/meld"), 1, QUEUE_LAST, &e), 0);
	CHECK_INT(queue_add(temp_path("all"), temp_path("all/iemocap-holdout-20260104-120000"), 1,
			    QUEUE_LAST, &e),
		  0);
	CHECK_STR(e.text, "");
	sessions_load(&screen);
	CHECK_INT(sessions_view(&screen)->waiting, 2);
	select_row("meld");
	CHECK_STR(shelf_words[sessions_at(&screen)->state].word, "queued");
	run("place down");
	CHECK_INT(sessions_at(&screen)->queued, 2);
	end_folder();
}

/* ---- runs that other programs train ---- */

enum { SINCE = 1767528000 }; /* 2026-01-04T12:00:00Z */

/* Hold a fold as a program elsewhere does: this one has the lock, the line is another's. */
static void hold(struct session *s, const char *dir, int fold, const char *line)
{
	struct settings set;
	struct err e = {0};

	if (session_resume(s, dir, &set, &e) || session_take(s, fold, &e))
		FAIL("%s", e.text);
	temp_text(temp_path("%s/fold-%d/lock", dir + strlen(temp_dir) + 1, fold), line);
}

static struct session held[4];

static void start_held(int cols, int rows)
{
	start(cols, rows);
	store("all/array", 2, 180, NULL, 6);
	hold(&held[0], temp_path("all/meld"), 1, "node7 4711 2026-01-04T12:00:00Z\n");
	hold(&held[1], temp_path("all/array"), 3, "node7 815 2026-01-04T14:09:00Z\n");
	hold(&held[2], temp_path("all/array"), 4, "node8 99 2026-01-01T12:00:00Z /run/s\n");
	hold(&held[3], temp_path("all/array"), 5, "");
	temp_text(temp_path("all/array/fold-4/epochs.csv"),
		  "fold,epoch,train_loss,train_acc,val_loss,val_wa,val_ua,val_wf1,seconds\n"
		  "4,1,1,0.5,1,0.5,0.5,0.5,9\n4,2,1,0.5,1,0.6,0.5,0.5,9\n");
	sessions_load(&screen);
	sessions_view(&screen)->now = SINCE + 7800; /* 14:10 */
}

static void end_held(void)
{
	for (int i = 0; i < 4; i++)
		session_close(&held[i]);
	end();
}

TEST(sessions_elsewhere)
{
	static const int size[][2] = {{80, 24}, {120, 40}, {200, 50}};
	static const char *const row[][2] = {
		{"meld", "elsewhere"}, {"array", "array"}, {"iemocap-holdout/seed-7", "broken"}};
	char golden[64];

	NEED_UTF8();
	for (size_t i = 0; i < sizeof size / sizeof *size; i++) {
		start_held(size[i][0], size[i][1]);
		for (size_t k = 0; k < sizeof row / sizeof *row; k++) {
			snprintf(golden, sizeof golden, "sessions-%s-%dx%d", row[k][1], size[i][0],
				 size[i][1]);
			select_row(row[k][0]);
			look_at(golden);
		}
		end_held();
	}
	start_held(80, 24);
	screen.look.glyphs = GLYPHS_ASCII;
	select_row("array");
	look_at("sessions-array-ascii-80x24");
	end_held();
}

/* Where locks of other machines are not seen. */
TEST(sessions_local_locks_are_said)
{
	struct canvas c;
	char *dump;

	start(80, 24);
	for (int finished = 0; finished < 2; finished++) {
		select_row(finished ? "iemocap-ref" : "meld");
		feed_refresh(&screen);
		snprintf(sessions_view(&screen)->detail[0].local, 128, "nfs, nolock");
		moment_view(&screen, &c);
		dump = canvas_dump(&c);
		if (finished)
			CHECK(!strstr(dump, "nolock"));
		else
			CHECK_HAS(dump, "it may train on another machine, whose locks are not seen "
					"here (nfs, nolock)");
		free(dump);
		canvas_free(&c);
	}
	end();
}

static void refused(const char *line, const char *why)
{
	struct err e = {0};

	CHECK_INT(command_run(&screen, line, &e), -1);
	CHECK_HAS(e.text, why);
}

TEST(sessions_elsewhere_are_left_alone)
{
	static const char who[] = "another program trains this session: process 4711 on node7 "
				  "since 2026-01-04T12:00:00Z; stop it there first";
	char command[PATH_LEN + 16];

	start_held(80, 24);
	select_row("meld");
	refused("delete", who);
	refused("archive", who);
	snprintf(command, sizeof command, "delete now %s", sessions_at(&screen)->dir);
	refused(command, who);
	CHECK_INT(screen.overlay_kind, OVERLAY_NONE);
	select_row("array"); /* the first says nothing of itself */
	refused("delete", "another program trains this session: process 815 on node7 since ");
	run("tag live");
	CHECK_STR(sessions_at(&screen)->x.tags, "live");
	run("filter state=elsewhere");
	feed_refresh(&screen);
	CHECK_INT(sessions_view(&screen)->list.shown, 2);
	run("filter state=\"broken off\"");
	feed_refresh(&screen);
	CHECK_INT(sessions_view(&screen)->list.shown, 1);
	run("filter");
	run("group state");
	run("sort state");
	feed_refresh(&screen);
	CHECK_HAS(lines(), "state=elsewhere\n  array\n  meld\n");
	end_held();
}

/* ---- the tree ---- */

/* A sweep of two rates x two seeds, six runs of one configuration, and this one. */
static void start_sweep(int cols, int rows)
{
	static const char *const lr[][2] = {{"train.optimizer.lr=1e-3"},
					    {"train.optimizer.lr=3e-4"}};
	static const char *const seeded[][3] = {{"train.optimizer.lr=1e-3", "exp.seed=54"},
						{"train.optimizer.lr=3e-4", "exp.seed=54"}};
	char name[64], value[2][40];

	setenv("TZ", "UTC", 1);
	store("sessions/lr sweep/lr=1e-3", 5, 181, lr[0], 5);
	store("sessions/lr sweep/lr=1e-3/seed-54", 5, 178, seeded[0], 5);
	store("sessions/lr sweep/lr=3e-4", 5, 176, lr[1], 6);
	store("sessions/lr sweep/lr=3e-4/seed-54", 2, 177, seeded[1], 6);
	for (int i = 0; i < 6; i++) {
		const char *set[] = {value[0], value[1], NULL};

		snprintf(name, sizeof name, "sessions/iemocap-masked-2026010%d-120000", 1 + i / 2);
		if (i % 2)
			snprintf(name, sizeof name, "sessions/iemocap-masked-2026010%d-120000-2",
				 1 + i / 2);
		snprintf(value[0], sizeof value[0], "train.batch_size=%d", 16 << i % 3);
		snprintf(value[1], sizeof value[1], "train.clip=%d", i / 3);
		store(name, 5, 170 + 2 * i, set, i / 2);
	}
	temp_text(temp_path("sessions/lr sweep/lr=1e-3/tags.txt"), "baseline\n");
	temp_text(temp_path("sessions/lr sweep/lr=1e-3/notes.txt"), "better than expected\n");
	moment_init(&screen, cols, rows);
	if (chdir(temp_dir))
		FAIL("%s", temp_dir);
	snprintf(screen.run.dir, sizeof screen.run.dir, "sessions/lr sweep/lr=3e-4");
	snprintf(screen.now.session, sizeof screen.now.session, "%s", screen.run.dir);
	screen.view = VIEW_SESSIONS;
	sessions_load(&screen);
}

static void end_sweep(void)
{
	if (chdir("/"))
		FAIL("/");
	end();
}

/* sessions-NAME-COLSxROWS after some commands. */
static void check_tree(const char *name, const char *const *commands)
{
	static const int size[][2] = {{80, 24}, {120, 40}, {200, 50}};
	char golden[64];

	for (size_t i = 0; i < sizeof size / sizeof *size; i++) {
		start_sweep(size[i][0], size[i][1]);
		for (const char *const *c = commands; *c; c++) {
			run(*c);
			feed_refresh(&screen);
		}
		snprintf(golden, sizeof golden, "sessions-%s-%dx%d", name, size[i][0], size[i][1]);
		look_at(golden);
		end_sweep();
	}
}

TEST(sessions_tree)
{
	static const char *const unfolded[] = {"move down", NULL};
	static const char *const folded[] = {"move home", "move left", NULL};
	static const char *const filtered[] = {"filter wf1>0.7 & clip=0", "sort wf1", NULL};
	static const char *const grouped[] = {"group batch_size", "sort wf1", NULL};

	NEED_UTF8();
	check_tree("tree", unfolded);
	check_tree("folded", folded);
	check_tree("filter", filtered);
	check_tree("group", grouped);
}

/* A run of this program that is not shown, and holds a fold of one of its seeds. */
TEST(sessions_that_train_here_are_kept)
{
	struct session s;
	struct settings set;
	struct err e = {0};

	start_sweep(80, 24);
	REQUIRE(session_resume(&s, "sessions/lr sweep/lr=1e-3", &set, &e) == 0);
	CHECK(unlink(temp_path("sessions/lr sweep/lr=1e-3/fold-5/result.json")) == 0);
	CHECK_INT(session_take(&s, 5, &e), 0);
	sessions_load(&screen);
	CHECK_STR(shelf_words[sessions_named(&screen, "lr sweep/lr=1e-3", &e)->state].word,
		  "trains");
	select_row("lr sweep/lr=1e-3/seed-54");
	CHECK_HAS(command_refused(&screen, "delete"), "this session trains here; stop it first");
	CHECK(command_run(&screen, "archive", &e) != 0);
	CHECK_HAS(e.text, "this session trains here; stop it first");
	session_close(&s);
	end_sweep();
}

TEST(sessions_fold_and_unfold)
{
	struct sessions_view *v;

	start_sweep(80, 24);
	v = sessions_view(&screen);
	CHECK_INT(v->list.n, 13);
	run("move home");
	CHECK_STR(sessions_line(&screen)->label, "lr sweep");
	run("move right"); /* unfolded already: to the first below it */
	CHECK_STR(sessions_line(&screen)->label, "lr=3e-4");
	run("move down");
	CHECK_STR(sessions_line(&screen)->label, "seed 53");
	run("move left"); /* to the one above it */
	CHECK_STR(sessions_line(&screen)->label, "lr=3e-4");
	run("move left");
	feed_refresh(&screen);
	CHECK(sessions_line(&screen)->folded);
	CHECK_INT(v->list.n, 11);
	run("move right");
	feed_refresh(&screen);
	CHECK_INT(v->list.n, 13);
	run("move home");
	run("enter"); /* a study has nothing to open */
	feed_refresh(&screen);
	CHECK_INT(v->list.n, 7);
	CHECK(!screen.quit);
	end_sweep();
}

/* While lines move. */
TEST(sessions_selection_stays_on_its_run)
{
	char dir[PATH_LEN];

	start_sweep(80, 24);
	select_row("lr sweep/lr=1e-3/seed-54");
	snprintf(dir, sizeof dir, "%s", sessions_at(&screen)->dir);
	run("sort wf1");
	feed_refresh(&screen);
	CHECK_STR(sessions_at(&screen)->dir, dir);
	store("sessions/newest", 0, 0, NULL, 90);
	for (int i = 0; i < SHELF_ROUND; i++)
		sessions_watch(&screen);
	CHECK_INT(sessions_view(&screen)->shelf.n, 11);
	CHECK_STR(sessions_at(&screen)->dir, dir);
	run("group batch_size");
	feed_refresh(&screen);
	CHECK_STR(sessions_at(&screen)->dir, dir);
	end_sweep();
}

TEST(sessions_filter_sort_group)
{
	struct err e = {0};
	struct sessions_view *v;

	start_sweep(80, 24);
	v = sessions_view(&screen);
	run("filter state=finished & lr<1e-3");
	feed_refresh(&screen);
	CHECK_INT(v->list.shown, 7);
	CHECK(command_run(&screen, "filter lrr<1", &e) != 0);
	CHECK_HAS(e.text, "column 1: \"lrr\" is not a name here; did you mean lr?");
	CHECK_STR(v->filter, "state=finished & lr<1e-3"); /* the one before stays */
	run("filter");
	run("sort batch_size");
	CHECK(!v->falls);
	run("sort batch_size");
	CHECK(v->falls);
	run("sort -");
	CHECK_STR(column_name(&v->sort), "");
	err_clear(&e);
	CHECK(command_run(&screen, "sort colour", &e) != 0);
	CHECK_HAS(e.text, "no column or setting 'colour'");
	err_clear(&e);
	CHECK(command_run(&screen, "group colour", &e) != 0);
	end_sweep();
}

TEST(sessions_tags_archive_and_notes)
{
	struct err e = {0};

	start_sweep(80, 24);
	select_line("lr=1e-3"); /* a variant: all its seeds */
	run("tag good one");
	CHECK_HAS(screen.message.text,
		  "tagged good one; filter tag=\"good one\" lists all that are");
	run("filter tag=\"good one\"");
	feed_refresh(&screen);
	CHECK_INT(sessions_view(&screen)->list.shown, 2);
	CHECK(file_exists("sessions/lr sweep/lr=1e-3/seed-54/tags.txt"));
	run("filter");
	feed_refresh(&screen);
	select_row("lr sweep/lr=1e-3/seed-54");
	run("untag good one");
	CHECK_STR(sessions_at(&screen)->x.tags, "");
	CHECK(command_run(&screen, "untag good one", &e) != 0);
	run("note a word");
	CHECK_STR(sessions_at(&screen)->x.note, "a word");

	select_line("lr=1e-3");
	run("archive");
	feed_refresh(&screen);
	CHECK_INT(sessions_view(&screen)->list.archived, 2);
	CHECK(file_exists("sessions/lr sweep/lr=1e-3/archived"));
	run("archived");
	feed_refresh(&screen);
	select_row("lr sweep/lr=1e-3/seed-54");
	err_clear(&e);
	CHECK(command_run(&screen, "archive", &e) != 0);
	CHECK_HAS(e.text, "its session is archived");
	select_line("lr=1e-3");
	run("archive");
	CHECK(!file_exists("sessions/lr sweep/lr=1e-3/archived"));
	select_line("lr=3e-4"); /* the one on the screen */
	err_clear(&e);
	CHECK(command_run(&screen, "archive", &e) != 0);
	CHECK_HAS(e.text, "this session is open");
	end_sweep();
}

TEST(sessions_queue_is_moved_and_left)
{
	struct settings resumed;
	struct session s;
	struct err e = {0};

	start_sweep(80, 24);
	store("sessions/waits", 0, 0, NULL, 8);
	store("sessions/begun", 2, 180, NULL, 8);
	CHECK(unlink(temp_path("sessions/waits/epochs.csv")) == 0);
	CHECK_INT(queue_add("sessions", "sessions/waits", 1, QUEUE_LAST, &e), 0);
	CHECK_INT(queue_add("sessions", "sessions/begun", 1, QUEUE_LAST, &e), 0);
	CHECK_STR(e.text, "");
	sessions_load(&screen);
	CHECK(strncmp(lines(), "queue\n  waits\n  begun\nlr sweep\n", 31) == 0);
	select_row("lr sweep/lr=3e-4");
	CHECK_INT(sessions_view(&screen)->waiting, 2);
	REQUIRE(session_resume(&s, "sessions/begun", &resumed, &e) == 0);
	CHECK_INT(session_take(&s, 3, &e), 0); /* somebody trains one of the two */
	sessions_load(&screen);
	CHECK_INT(sessions_view(&screen)->waiting, 1);
	session_close(&s);
	sessions_load(&screen);
	CHECK_INT(sessions_view(&screen)->waiting, 2);
	CHECK_HAS(command_refused(&screen, "place up"), "it is not in the queue");
	select_row("begun");
	run("place up");
	CHECK(strncmp(lines(), "queue\n  begun\n  waits\n", 22) == 0);
	CHECK_STR(path_base(sessions_at(&screen)->dir), "begun");
	run("place remove"); /* it has begun */
	CHECK_INT(screen.overlay_kind, OVERLAY_ASK);
	CHECK_HAS(screen.ask.question, "begun has begun (2 of 5 folds");
	run(screen.ask.command);
	screen.overlay_kind = OVERLAY_NONE;
	CHECK(strncmp(lines(), "queue\n  waits\nlr sweep\n", 23) == 0);
	select_row("waits");
	run("place remove");
	CHECK_INT(screen.overlay_kind, OVERLAY_NONE);
	CHECK(strncmp(lines(), "waits\n", 6) != 0 && !strstr(lines(), "queue"));
	CHECK(file_exists("sessions/waits/config.yml"));
	end_sweep();
}

/* The view shows ./sessions too: go where none of the user's are. */
/* Of a run without a finished fold the kept epoch, as the figure that selects. */
TEST(sessions_show_the_figure_that_selects)
{
	static const struct {
		const char *assigned[2], *wide, *narrow;
	} want[] = {{{"train.select=wa", NULL}, "0.500 @1 ", "WA 0.500@1"},
		    {{"train.select=wf1", NULL}, "0.500 @1 ", "WF1 0.500@1"},
		    {{"train.select=loss", NULL}, "loss 1.000 @1 ", "loss 1.000@1"},
		    {{"train.select_from=2", NULL}, "0.500 @2 ", "WA 0.500@2"}};

	NEED_UTF8();
	for (size_t i = 0; i < sizeof want / sizeof *want; i++)
		for (int narrow = 0; narrow < 2; narrow++) {
			const char *text = narrow ? want[i].narrow : want[i].wide;
			struct canvas c;
			char *dump, *row;

			start(narrow ? 80 : 120, 30);
			store("all/chosen", 0, 0, want[i].assigned, 5);
			sessions_load(&screen);
			moment_view(&screen, &c);
			dump = canvas_dump(&c);
			row = strstr(dump, "chosen");
			REQUIRE(row);
			row[strcspn(row, "\n")] = '\0';
			CHECK_HAS(row, text);
			free(dump);
			canvas_free(&c);
			end();
		}
}

static int leave(void)
{
	char whole[PATH_MAX];

	if (!realpath(golden_dir, whole) || chdir("/"))
		return -1;
	strcpy(golden_dir, whole);
	return 0;
}

int main(int argc, char **argv)
{
	setenv("XDG_CACHE_HOME", temp_path("cache"), 1);
	if (leave()) {
		perror(golden_dir);
		return 1;
	}
	return TEST_MAIN(argc, argv);
}
