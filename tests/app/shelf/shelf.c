/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What lies in a folder of sessions, and what each run is. */
#include "app/shelf/shelf.h"
#include "app/session/session_prune.h"
#include "app/session/session_trash.h"
#include "app/session/tags.h"
#include "app/shelf/column.h"
#include "app/stored.h"
#include "base/mem.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <utime.h>

static void store(const char *name, struct stored x)
{
	struct settings set = some_settings();

	stored_session(in(name), &set, x);
}

static void open_shelf(struct shelf *s, const char *name)
{
	*s = (struct shelf){0};
	shelf_add(s, in(name), SHELF_DEEP);
	shelf_read(s);
}

/* "a finished, b/seed-7 stopped" */
static const char *all(const struct shelf *s)
{
	static char text[4096];
	size_t n = 0;

	text[0] = '\0';
	for (int i = 0; i < s->n; i++)
		n += (size_t)snprintf(text + n, sizeof text - n, "%s%s %s", i ? ", " : "",
				      s->run[i]->path, shelf_words[s->run[i]->state].word);
	return text;
}

/* The same, read now. */
static const char *now(const char *name)
{
	struct shelf s;
	const char *text;

	open_shelf(&s, name);
	text = all(&s);
	shelf_free(&s);
	return text;
}

TEST(states_from_files)
{
	struct session open;
	struct settings set = some_settings();
	struct err e = {0};

	store("states/done", (struct stored){.done = 5});
	store("states/new", (struct stored){0});
	store("states/stop", (struct stored){.done = 1, .epochs = 3, .state = true});
	store("states/torn", (struct stored){.done = 1, .epochs = 3});
	store("states/nan", (struct stored){.epochs = 2, .state = true, .diverges = true});
	put(in("states/file"), "");
	CHECK_STR(now("states"),
		  "done finished, nan diverged, new stopped, stop stopped, torn broken off");
	/* One step past the stored state: it was not stopped in order. */
	REQUIRE(session_resume(&open, in("states/stop"), &set, &e) == 0);
	CHECK_INT(session_begin(&open, 2, 4, 4, &e), 0);
	CHECK_INT(session_step(&open, &(struct step_row){.fold = 2, .epoch = 4, .step = 4}, &e), 0);
	session_close(&open);
	CHECK_HAS(now("states"), "stop broken off");
	put(in("states/damaged"), "");
	CHECK_INT(unlink(in("states/damaged")), 0);
	CHECK_INT(mkdir(in("states/damaged"), 0777), 0);
	put(in("states/damaged/config.yml"), "a: &a [*a]");
	CHECK_HAS(now("states"), "damaged damaged, done");
}

/* A second process, and then its death. */
TEST(states_of_who_trains)
{
	struct settings set = some_settings();
	int ready[2], status;
	struct session s;
	struct shelf shelf;
	struct err e = {0};
	pid_t child;
	char byte;

	store("busy/a", (struct stored){.done = 1, .epochs = 3, .state = true});
	REQUIRE(pipe(ready) == 0);
	fflush(NULL);
	child = fork();
	if (child == 0) {
		if (session_resume(&s, in("busy/a"), &set, &e) == 0 &&
		    session_take(&s, 2, &e) == 0 && write(ready[1], "", 1) == 1)
			pause();
		_exit(1);
	}
	CHECK_INT(read(ready[0], &byte, 1), 1);
	open_shelf(&shelf, "busy");
	CHECK_STR(all(&shelf), "a elsewhere");
	REQUIRE(shelf.run[0]->nheld == 1);
	CHECK_INT(shelf.run[0]->held[0].fold, 2);
	CHECK_INT(shelf.run[0]->held[0].who.pid, child);
	CHECK(!shelf_watch(&shelf));
	kill(child, SIGKILL);
	CHECK(waitpid(child, &status, 0) == child);
	CHECK(shelf_watch(&shelf));
	CHECK_STR(all(&shelf), "a broken off");
	CHECK_INT(shelf.run[0]->nheld, 0);
	/* Here: this process has it. */
	REQUIRE(session_resume(&s, in("busy/a"), &set, &e) == 0);
	CHECK_INT(session_take(&s, 2, &e), 0);
	for (int i = 0; i < SHELF_ROUND; i++)
		shelf_watch(&shelf);
	CHECK_STR(all(&shelf), "a trains");
	session_close(&s);
	CHECK(shelf_watch(&shelf));
	CHECK_STR(all(&shelf), "a stopped");
	shelf_free(&shelf);
	close(ready[0]);
	close(ready[1]);
}

/* A program of its own that trains a fold, until it is told to leave: with the state that
 * all rows are in, or (killed) without. */
struct trainer {
	pid_t pid;
	int fold, stop;
};

static void begin_trainer(struct trainer *t, const char *dir, int fold)
{
	struct settings set = some_settings();
	int ready[2], stop[2];
	struct err e = {0};
	struct session s;
	char byte;

	REQUIRE(pipe(ready) == 0 && pipe(stop) == 0);
	fflush(NULL);
	*t = (struct trainer){fork(), fold, stop[1]};
	if (t->pid == 0) {
		close(stop[1]);
		if (session_resume(&s, dir, &set, &e) || session_take(&s, fold, &e))
			_exit(1);
		stored_epochs(&s, fold, fold, false);
		if (write(ready[1], "", 1) == 1 && read(stop[0], &byte, 1) == 1) {
			stored_state(&s, fold, fold);
			session_close(&s);
		}
		_exit(0);
	}
	CHECK_INT(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	close(ready[1]);
	close(stop[0]);
}

static void end_trainer(struct trainer *t, bool in_order)
{
	int status;

	if (in_order)
		CHECK_INT(write(t->stop, "", 1), 1);
	else
		kill(t->pid, SIGKILL);
	CHECK(waitpid(t->pid, &status, 0) == t->pid);
	close(t->stop);
}

/* "1 2 4", and how many programs hold them. */
static const char *held(const struct shelf_run *r)
{
	static char text[64];
	int n = 0;

	for (int i = 0; i < r->nheld; i++)
		n += snprintf(text + n, sizeof text - (size_t)n, "%d ", r->held[i].fold);
	snprintf(text + n, sizeof text - (size_t)n, "by %d", shelf_holders(r));
	return text;
}

/* Several programs, each at a fold of one session. */
TEST(states_of_an_array)
{
	struct settings set = some_settings();
	struct trainer t[3];
	struct session s;
	struct shelf shelf;
	struct err e = {0};

	store("array/a", (struct stored){.done = 1});
	for (int i = 0; i < 3; i++)
		begin_trainer(&t[i], in("array/a"), i + 2);
	open_shelf(&shelf, "array");
	CHECK_STR(all(&shelf), "a elsewhere");
	CHECK_STR(held(shelf.run[0]), "2 3 4 by 3");
	CHECK_INT(shelf.run[0]->held[1].who.pid, t[1].pid);
	REQUIRE(summary_epoch(&shelf.run[0]->x, 2) && summary_epoch(&shelf.run[0]->x, 4));
	CHECK_INT(summary_epoch(&shelf.run[0]->x, 2)->epoch, 2);
	CHECK_INT(summary_epoch(&shelf.run[0]->x, 4)->epoch, 4);
	CHECK(!summary_epoch(&shelf.run[0]->x, 1)); /* finished */
	CHECK(!shelf_watch(&shelf));

	end_trainer(&t[1], false); /* the others go on */
	CHECK(shelf_watch(&shelf));
	CHECK_STR(held(shelf.run[0]), "2 4 by 2");
	CHECK_STR(all(&shelf), "a elsewhere");
	end_trainer(&t[0], true);
	CHECK(shelf_watch(&shelf));
	CHECK_STR(held(shelf.run[0]), "4 by 1");
	end_trainer(&t[2], true);
	CHECK(shelf_watch(&shelf));
	CHECK_STR(held(shelf.run[0]), "by 0");
	CHECK_STR(all(&shelf), "a broken off"); /* for fold 3 is */
	CHECK(!shelf_watch(&shelf));

	/* This program at one of them, another at the next: it trains here. */
	REQUIRE(session_resume(&s, in("array/a"), &set, &e) == 0);
	CHECK_INT(session_take(&s, 3, &e), 0);
	begin_trainer(&t[0], in("array/a"), 2);
	shelf_read(&shelf);
	CHECK_STR(held(shelf.run[0]), "2 3 by 2");
	CHECK_STR(all(&shelf), "a trains");
	stored_state(&s, 3, 3);
	session_close(&s);
	CHECK(shelf_watch(&shelf));
	CHECK_STR(all(&shelf), "a elsewhere");
	end_trainer(&t[0], true);
	CHECK(shelf_watch(&shelf));
	CHECK_STR(all(&shelf), "a stopped");
	shelf_free(&shelf);
}

/* Folds that are trained by one program count once. */
TEST(one_program_with_two_folds)
{
	struct held folds[] = {{1, {.host = "a", .pid = 1}},
			       {2, {.host = "a", .pid = 1}},
			       {3, {.host = "b", .pid = 1}}};
	struct shelf_run r = {.held = folds, .nheld = 3};

	CHECK_INT(shelf_holders(&r), 2);
}

TEST(a_queued_run_waits)
{
	const char *dir[] = {in("queue/b"), in("queue/done"), in("queue/a")};
	struct shelf s;

	store("queue/a", (struct stored){0});
	store("queue/b", (struct stored){.epochs = 2, .state = true});
	store("queue/done", (struct stored){.done = 5});
	open_shelf(&s, "queue");
	shelf_queue(&s, dir, 3);
	CHECK_STR(all(&s), "a queued, b queued, done finished");
	CHECK_INT(s.run[0]->queued, 3);
	CHECK_INT(s.run[1]->queued, 1);
	shelf_queue(&s, NULL, 0);
	CHECK_STR(all(&s), "a stopped, b stopped, done finished");
	shelf_free(&s);
}

TEST(what_a_summary_says)
{
	struct settings set = some_settings();
	struct shelf s;
	struct err e = {0};
	const struct summary *x;

	set.train.optimizer.lr = 5e-4;
	set.train.epoch = 70;
	stored_session(in("says/a"), &set, (struct stored){.done = 2, .epochs = 3, .state = true});
	put(in("says/a/notes.txt"), "first\nat 1 2 3 second\n");
	CHECK_INT(tag_add(in("says/a"), in("says/a"), "base", &e), 0);
	put(in("says/a/fold-3/commands.log"), "at 3 2 2 set train.epoch 90 # was 70\n");
	open_shelf(&s, "says");
	REQUIRE(s.n == 1);
	x = &s.run[0]->x;
	CHECK_INT(x->folds, 5);
	CHECK_INT(x->done, 2);
	CHECK_INT(x->fold, 3);
	CHECK_INT(x->epoch, 3);
	CHECK_INT(x->epochs, 90);
	CHECK_NEAR(x->best, 0.75, 0);
	CHECK_INT(x->best_epoch, 2);
	CHECK_NEAR(x->mean.wa, (0.8 + 0.81) / 2, 1e-12);
	CHECK(x->sd.wf1 > 0);
	CHECK_NEAR(x->seconds, 14, 0);
	CHECK_STR(x->note, "first\nsecond");
	CHECK_STR(x->tags, "base");
	CHECK_INT(x->seed, 53);
	CHECK(s.run[0]->bytes > 1000);
	shelf_free(&s);
}

/* By train.select; macro F1 is not in the rows, so its best is not known. */
TEST(a_summary_has_the_kept_epoch)
{
	static const struct {
		const char *name;
		int select, from, epoch;
		double best;
	} want[] = {{"kept/ua", SELECT_UA, 1, 2, 0.75},
		    {"kept/late", SELECT_UA, 3, 3, 0.5},
		    {"kept/macro", SELECT_MACRO_F1, 1, 0, NAN}};
	struct settings set = some_settings();
	struct shelf s;

	for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
		set.train.select = want[i].select;
		set.train.select_from = want[i].from;
		stored_session(in(want[i].name), &set,
			       (struct stored){.done = 2, .epochs = 3, .state = true});
	}
	open_shelf(&s, "kept");
	REQUIRE(s.n == 3);
	for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
		const struct shelf_run *r = shelf_find(&s, want[i].name + strlen("kept/"));

		REQUIRE(r);
		CHECK_INT(r->x.best_epoch, want[i].epoch);
		CHECK(r->x.best == want[i].best || (isnan(r->x.best) && isnan(want[i].best)));
	}
	shelf_free(&s);
}

TEST(studies_seeds_and_branches)
{
	struct settings set = some_settings();
	struct shelf s;
	struct shelf_run *r;

	store("tree/flat", (struct stored){.done = 5});
	store("tree/sweep/lr=1e-3", (struct stored){.done = 5});
	stored_seed(in("tree/sweep/lr=1e-3"), &set, 54, (struct stored){.epochs = 1});
	store("tree/sweep/lr=1e-3/branches/half", (struct stored){0});
	store("tree/sweep/lr=1e-3/seed-54/branches/other", (struct stored){0});
	store("tree/a/b/c", (struct stored){0});
	store("tree/a/b/c2/too deep", (struct stored){0});
	store("tree/.trash/gone", (struct stored){0});
	open_shelf(&s, "tree");
	CHECK_STR(all(&s), "a/b/c stopped, flat finished, sweep/lr=1e-3 finished, "
			   "sweep/lr=1e-3/branches/half stopped, sweep/lr=1e-3/seed-54 broken off, "
			   "sweep/lr=1e-3/seed-54/branches/other stopped");
	r = shelf_find(&s, "sweep/lr=1e-3/seed-54/branches/other");
	REQUIRE(r && r->around && r->around->around);
	CHECK(r->branch && !r->around->branch);
	CHECK_STR(r->around->path, "sweep/lr=1e-3/seed-54");
	CHECK_STR(shelf_root(r)->dir, in("tree/sweep/lr=1e-3"));
	CHECK_STR(r->study, "sweep");
	CHECK_INT(r->around->x.seed, 54);
	CHECK_STR(shelf_find(&s, "a/b/c")->study, "a/b");
	CHECK(shelf_find(&s, in("tree/flat")) == shelf_find(&s, "flat"));
	CHECK(!shelf_find(&s, "half"));
	shelf_free(&s);
}

/* What two places reach is there once. */
TEST(no_run_twice)
{
	struct shelf s = {0};

	store("twice/a", (struct stored){0});
	store("twice/study/b", (struct stored){0});
	store("twice/study/b/branches/c", (struct stored){0});
	CHECK_INT(symlink(in("twice"), in("link")), 0);
	shelf_add(&s, in("link/"), SHELF_DEEP);
	shelf_add(&s, in("twice/study"), SHELF_FLAT);
	shelf_add(&s, in("twice/a"), SHELF_ONE);
	shelf_read(&s);
	CHECK_STR(all(&s), "a stopped, study/b stopped, study/b/branches/c stopped");
	CHECK_STR(s.run[0]->dir, in("link/a"));
	shelf_free(&s);
	shelf_add(&s, in("twice/a"), SHELF_ONE);
	shelf_read(&s);
	CHECK_STR(all(&s), "a stopped");
	shelf_free(&s);
}

/* Links that lead back to where they lie: what is there is there once. */
TEST(no_run_again_through_a_loop)
{
	store("loop/a", (struct stored){0});
	store("loop/study/b", (struct stored){0});
	CHECK_INT(symlink(".", in("loop/here")), 0);
	CHECK_INT(symlink("..", in("loop/study/up")), 0);
	CHECK_INT(symlink("round", in("loop/round")), 0);
	CHECK_STR(now("loop"), "a stopped, study/b stopped");
}

/* Watched, each change is seen within a round, and nothing else is reported. */
static bool watch(struct shelf *s)
{
	bool changed = false;

	for (int i = 0; i < SHELF_ROUND; i++)
		changed |= shelf_watch(s);
	return changed;
}

TEST(watching)
{
	struct settings set = some_settings();
	char place[PATH_LEN];
	struct shelf s;
	struct shelf_run *b;
	struct err e = {0};

	store("watch/a", (struct stored){.done = 5});
	store("watch/b", (struct stored){.epochs = 2, .state = true});
	open_shelf(&s, "watch");
	CHECK(!watch(&s));
	b = shelf_find(&s, "b");
	b->picked = 1;

	store("watch/c", (struct stored){0}); /* new ones */
	CHECK_INT(mkdir(in("watch/study"), 0777), 0);
	CHECK(watch(&s));
	CHECK_STR(all(&s), "a finished, b stopped, c stopped");
	store("watch/study/d", (struct stored){0});
	CHECK(watch(&s));
	CHECK_HAS(all(&s), ", study/d stopped");
	CHECK_INT(mkdir(in("watch/e"), 0777), 0); /* its config.yml comes later */
	watch(&s);
	store("watch/e", (struct stored){.done = 5});
	CHECK(watch(&s));
	CHECK_HAS(all(&s), "e finished");
	stored_seed(in("watch/a"), &set, 54, (struct stored){0});
	CHECK(watch(&s));
	CHECK_HAS(all(&s), "a/seed-54 stopped");
	CHECK(!watch(&s));

	CHECK_INT(tag_add(in("watch/a"), in("watch/a"), "x", &e), 0); /* words */
	CHECK(watch(&s));
	CHECK_STR(shelf_find(&s, "a")->x.tags, "x");
	put(in("watch/c/notes.txt"), "one\n");
	CHECK(watch(&s));
	put(in("watch/c/notes.txt"), "one\ntwo\n");
	CHECK(watch(&s));
	CHECK_STR(shelf_find(&s, "c")->x.note, "one\ntwo");
	CHECK_INT(archive_set(in("watch/a"), in("watch/a"), true, &e), 0);
	CHECK(watch(&s));
	CHECK(shelf_find(&s, "a/seed-54")->archived);

	CHECK_INT(session_trash(in("watch/a"), in("watch/a"), place, sizeof place, &e),
		  0); /* gone */
	CHECK(watch(&s));
	CHECK_STR(all(&s), "b stopped, c stopped, e finished, study/d stopped");
	CHECK(shelf_find(&s, "b") == b && b->picked);
	/* gone and there again at once */
	CHECK_INT(rename(in("watch/c"), in("moved")), 0);
	store("watch/c", (struct stored){.done = 5});
	CHECK(watch(&s));
	CHECK_HAS(all(&s), "c finished");
	CHECK(!watch(&s));
	shelf_free(&s);
}

/* A run that trains is followed from one call to the next. */
TEST(watching_a_run_that_trains)
{
	struct settings set = some_settings();
	struct session s;
	struct shelf shelf;
	struct err e = {0};

	store("live/a", (struct stored){.done = 4});
	REQUIRE(session_resume(&s, in("live/a"), &set, &e) == 0);
	open_shelf(&shelf, "live");
	CHECK_STR(all(&shelf), "a stopped");
	stored_epochs(&s, 5, 1, false);
	CHECK(watch(&shelf));
	CHECK_STR(all(&shelf), "a trains");
	CHECK_INT(shelf.run[0]->x.epoch, 1);
	stored_epochs(&s, 5, 3, false);
	CHECK(shelf_watch(&shelf));
	CHECK_INT(shelf.run[0]->x.epoch, 3);
	CHECK_INT(shelf.run[0]->x.fold, 5);
	put(in("live/a/fold-5/lock"), "node7 1 2026-01-04T12:00:00Z\n"); /* as if elsewhere */
	stored_epochs(&s, 5, 4, false);
	CHECK(shelf_watch(&shelf));
	CHECK_STR(all(&shelf), "a elsewhere");
	CHECK_INT(shelf.run[0]->x.epoch, 4);
	stored_epochs(&s, 5, 6, false);
	CHECK(shelf_watch(&shelf));
	CHECK_INT(shelf.run[0]->x.epoch, 6);
	session_close(&s);
	shelf_free(&shelf);
}

TEST(names_of_any_kind)
{
	struct shelf s;

	store("names/with space", (struct stored){0});
	store("names/größe/läuft", (struct stored){0});
	store("names/new\nline", (struct stored){.done = 5});
	store("names/not \xff utf-8", (struct stored){0});
	open_shelf(&s, "names");
	CHECK_STR(all(&s), "größe/läuft stopped, new\nline finished, not \xff utf-8 stopped, "
			   "with space stopped");
	shelf_free(&s);
	CHECK_STR(now("names"), "größe/läuft stopped, new\nline finished, not \xff utf-8 stopped, "
				"with space stopped");
	CHECK_STR(now("nowhere"), "");
}

/* Thousands are all there, and a change of any one is seen within a round. */
TEST(two_thousand_runs)
{
	enum { RUNS = 2000 };
	struct settings set = some_settings();
	struct err e = {0};
	char dir[512], path[600], *config;
	struct shelf s;
	FILE *f;

	stored_session(in("many/run-0"), &set, (struct stored){.done = 5});
	config = file_read(in("many/run-0/config.yml"), FILE_CONFIG, NULL, &e);
	REQUIRE(config);
	for (int i = 1; i < RUNS; i++) {
		snprintf(dir, sizeof dir, "%s/study-%d", in("many"), i % 40);
		mkdir(dir, 0777);
		snprintf(dir, sizeof dir, "%s/study-%d/run-%d", in("many"), i % 40, i);
		mkdir(dir, 0777);
		snprintf(path, sizeof path, "%s/config.yml", dir);
		put(path, config);
	}
	free(config);
	open_shelf(&s, "many");
	CHECK_INT(s.n, RUNS);
	for (int i = 1; i < s.n; i++)
		CHECK(strcmp(s.run[i - 1]->path, s.run[i]->path) != 0);
	CHECK(!watch(&s));
	for (int i = 0; i < RUNS; i += 333) {
		snprintf(path, sizeof path, "%s/notes.txt", s.run[i]->dir);
		f = fopen(path, "a");
		CHECK(f && fputs("seen\n", f) >= 0 && fclose(f) == 0);
		CHECK(watch(&s));
		CHECK_STR(s.run[i]->x.note, "seen");
	}
	shelf_free(&s);
}

/* Names, sizes, times and contents of all that is there. */
static char *picture(const char *name)
{
	char command[512], *text = mem_alloc(1 << 20, 1);
	FILE *f;

	snprintf(command, sizeof command,
		 "cd '%s' && find . -printf '%%p %%y %%s %%m %%T@ %%C@\\n' | sort", in(name));
	f = popen(command, "r");
	if (!f || fread(text, 1, (1 << 20) - 1, f) == 0 || pclose(f))
		abort();
	return text;
}

TEST(looking_changes_nothing)
{
	char *before, *after;

	store("look/a", (struct stored){.done = 5});
	store("look/b", (struct stored){.epochs = 2});
	store("look/study/c", (struct stored){.epochs = 2, .diverges = true});
	before = picture("look");
	now("look");
	now("look");
	after = picture("look");
	CHECK_STR(after, before);
	free(before);
	free(after);
}

int main(int argc, char **argv)
{
	int failed;

	folder_make();
	setenv("XDG_CACHE_HOME", in("cache"), 1);
	failed = TEST_MAIN(argc, argv);
	folder_remove();
	return failed;
}
