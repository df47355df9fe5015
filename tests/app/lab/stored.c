/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A stored session that is opened: it is looked at, until something steers it. */
#include "tests/app/lab/worker.h"

#include "app/config/option.h"
#include "app/session/session.h"
#include "base/file.h"
#include "base/str.h"

/* A session that was stopped after so many steps; an epoch has 4. With one setting more, if any. */
static const char *stopped_with(const char *name, const char *setting, int seeds, int steps)
{
	const char *dir = temp_path("%s", name), *set[] = {"train.epoch=2", setting};
	struct work_options o = {.job = {.config = "tests/record/tiny/config.yml",
					 .session = dir,
					 .set = set,
					 .nset = setting ? 2 : 1,
					 .seeds = seeds,
					 .threads = 1},
				 .paused = true};
	struct err e = {0};
	struct work *w = work_start(&o, &e);
	struct seen s = {0};

	if (!w)
		FAIL("%s", e.text);
	until_state(&s, w, WORK_PAUSED);
	for (int i = 0; i < steps; i++) {
		work_step(w, WORK_FIRST, false);
		served(&s, w);
		until_state(&s, w, WORK_PAUSED);
	}
	CHECK_INT(work_end(w), 0);
	return dir;
}

static const char *stopped(const char *name, int steps)
{
	return stopped_with(name, NULL, 1, steps);
}

/* One that was only created, as those of the queue are. */
static const char *created(const char *name)
{
	const char *dir = temp_path("%s", name);
	struct settings set;
	struct session s;
	struct err e = {0};

	if (session_read(&s, stopped("to-create", 1), &set, &e) ||
	    session_create(&s, dir, &set, &e))
		FAIL("%s", e.text);
	session_close(&s);
	return dir;
}

static struct work *open_seeds(const char *dir, int seeds)
{
	struct err e = {0};
	struct work_options o = {
		.job = {.session = dir, .resume = true, .threads = 1, .seeds = seeds},
		.paused = true};
	struct work *w = work_start(&o, &e);

	if (!w)
		FAIL("%s", e.text);
	return w;
}

static struct work *opened(const char *dir, struct seen *s)
{
	struct work *w = open_seeds(dir, 1);

	until_state(s, w, WORK_PAUSED);
	served(s, w);
	return w;
}

static bool is_taken(const char *dir)
{
	struct lock_owner who;
	char fold[PATH_LEN + 16];

	snprintf(fold, sizeof fold, "%s/fold-0", dir);
	return fold_lock_look(fold, &who) == FOLD_HELD;
}

/* Names, and what the system knows of the files, in no order. */
static uint64_t files_sum;

static int add_file(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	char line[1024];
	uint64_t hash = 14695981039346656037u;

	(void)kind, (void)at;
	snprintf(line, sizeof line, "%s %lu %ld %ld.%09ld %ld.%09ld", path,
		 (unsigned long)st->st_ino, (long)st->st_size, (long)st->st_mtim.tv_sec,
		 st->st_mtim.tv_nsec, (long)st->st_ctim.tv_sec, st->st_ctim.tv_nsec);
	for (const char *c = line; *c; c++)
		hash = (hash ^ (unsigned char)*c) * 1099511628211u;
	files_sum += hash;
	return 0;
}

static uint64_t files(const char *dir)
{
	files_sum = 0;
	nftw(dir, add_file, 8, FTW_PHYS);
	return files_sum;
}

TEST(opening_takes_no_lock_and_writes_nothing)
{
	const char *dir = stopped("looked-at", 6);
	uint64_t before = files(dir);
	struct seen s = {0};
	struct work *w = opened(dir, &s);

	CHECK(s.opened && s.now.trains && !s.now.placed && !s.now.left);
	CHECK_INT(s.now.hold, WORK_OURS);
	CHECK_STR(s.now.looking, "");
	CHECK_STR(s.now.session, dir);
	CHECK_STR(s.now.root, dir);
	CHECK(!is_taken(dir) && !lock_asked(dir));
	work_look(w, WORK_FIRST, 0, 3, false, KNOCK_NOTHING);
	served(&s, w);
	REQUIRE(s.look);
	CHECK(s.look->kept);
	CHECK_INT(s.look->epoch, 1);
	look_free(s.look);
	CHECK_INT(work_end(w), 0);
	CHECK(files(dir) == before);
}

static const struct stands {
	const char *name;
	int steps, rows_more; /* after the stored state, as a kill leaves them */
} stands[] = {{"nothing", 0, 0},      {"first-step", 1, 0},   {"first-epoch", 4, 0},
	      {"second-epoch", 6, 0}, {"first-killed", 2, 1}, {"second-killed", 5, 2}};

/* What a trainer that was killed leaves: rows that its stored state does not know. */
static void kill_after(const char *dir, int more)
{
	char path[PATH_LEN], line[512];
	struct str text = {0};
	struct err e = {0};
	size_t len;
	char *rows;

	snprintf(path, sizeof path, "%s/fold-0/steps.csv", dir);
	rows = file_read(path, 1 << 20, &len, &e);
	REQUIRE(rows);
	str_addf(&text, "%.*s", (int)len, rows);
	for (int i = 0; i < more; i++) {
		int fold, epoch, step;
		const char *last = rows + len - 1, *rest;

		while (last > rows && last[-1] != '\n')
			last--;
		REQUIRE(sscanf(last, "%d,%d,%d", &fold, &epoch, &step) == 3);
		rest = strchr(strchr(strchr(last, ',') + 1, ',') + 1, ',');
		snprintf(line, sizeof line, "%d,%d,%d%.*s", fold, (step + i) / 4 + 1, step + 1 + i,
			 (int)(rows + len - rest), rest);
		str_add(&text, line);
	}
	CHECK(file_write(path, text.s, text.len, &e) == 0);
	free(rows);
	str_free(&text);
}

/* The fold is where it will go on, before it is taken and after. */
TEST(shows_where_it_goes_on)
{
	for (size_t i = 0; i < sizeof stands / sizeof *stands; i++) {
		const struct stands *c = &stands[i];
		const char *dir = c->steps ? stopped(c->name, c->steps) : created(c->name);
		int faults = test_faults;
		struct seen s = {0};
		struct snapshot look;
		struct work *w;

		if (c->rows_more)
			kill_after(dir, c->rows_more);
		w = opened(dir, &s);
		look = s.now;
		work_try(w, WORK_FIRST, "train.clip 1");
		served(&s, w);
		CHECK_INT(s.now.state, WORK_PAUSED);
		CHECK(is_taken(dir));
		CHECK_INT(look.fold, s.now.fold);
		CHECK_INT(look.nfolds, s.now.nfolds);
		CHECK_INT(look.place, s.now.place);
		CHECK_INT(look.epoch, s.now.epoch);
		CHECK_INT(look.epochs, s.now.epochs);
		CHECK_INT(look.step, s.now.step);
		CHECK_INT(look.in_epoch, s.now.in_epoch);
		CHECK_INT(look.steps_per_epoch, s.now.steps_per_epoch);
		CHECK_INT(look.best_epoch, s.now.best_epoch);
		CHECK_INT(look.pending, s.now.pending);
		CHECK(!look.best_epoch || fabs(look.best - s.now.best) < 1e-8);
		CHECK_NEAR(look.lr, s.now.lr, 1e-9);
		CHECK_STR(look.session, s.now.session);
		CHECK_STR(look.root, s.now.root);
		for (int k = 0; k < LABELS_MAX; k++)
			CHECK_INT(look.count[k], s.now.count[k]);
		if (test_faults > faults)
			FAIL("case %s", c->name);
		CHECK_INT(work_end(w), 0);
	}
}

/* ---- what takes it ---- */

/* What is asked, and whether the fold is held when it has been answered. */
static const struct asked {
	const char *name;
	struct request r;
	bool takes;
	enum work_state then;
} asked[] = {
	{"ping", {.kind = REQUEST_PING}, false, WORK_PAUSED},
	{"look", {.kind = REQUEST_LOOK, .utt = 3}, false, WORK_PAUSED},
	{"pause", {.kind = REQUEST_PAUSE}, false, WORK_PAUSED},
	{"stop", {.kind = REQUEST_STOP}, false, WORK_IDLE},
	{"pace", {.kind = REQUEST_PACE, .pace = 5}, false, WORK_PAUSED},
	{"break", {.kind = REQUEST_BREAK, .text = "loss > 1000"}, false, WORK_PAUSED},
	{"break list", {.kind = REQUEST_BREAKS}, false, WORK_PAUSED},
	{"nothing to undo", {.kind = REQUEST_COMMAND, .text = "undo"}, true, WORK_PAUSED},
	{"step", {.kind = REQUEST_STEP}, true, WORK_PAUSED},
	{"step epoch", {.kind = REQUEST_STEP_EPOCH}, true, WORK_PAUSED},
	{"no try to end", {.kind = REQUEST_TRY, .text = "off"}, false, WORK_PAUSED},
	{"try", {.kind = REQUEST_TRY, .text = "train.clip 1"}, true, WORK_PAUSED},
	{"set", {.kind = REQUEST_COMMAND, .text = "set train.clip 1"}, true, WORK_PAUSED},
	{"save", {.kind = REQUEST_COMMAND, .text = "save"}, true, WORK_PAUSED},
	{"eval", {.kind = REQUEST_COMMAND, .text = "eval"}, true, WORK_PAUSED},
};

TEST(what_steers_takes_it)
{
	for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
		const char *dir = stopped(asked[i].name, 5);
		int faults = test_faults;
		struct seen s = {0};
		struct work *w = opened(dir, &s);
		const struct corpus *before = work_corpus(w, WORK_FIRST);

		s.opened = false;
		ask_together(w, WORK_FIRST, &asked[i].r, 1);
		served(&s, w);
		until_state(&s, w, asked[i].then);
		CHECK_INT(is_taken(dir), asked[i].takes);
		CHECK_INT(s.refused, strncmp(asked[i].name, "no", 2) == 0);
		CHECK(work_corpus(w, WORK_FIRST) == before && !s.opened); /* it is read once */
		CHECK(s.now.trains);
		if (test_faults > faults)
			FAIL("case %s", asked[i].name);
		look_free(s.look);
		CHECK_INT(work_end(w), 0);
		CHECK(!is_taken(dir));
	}
}

/* What was asked for before the fold is taken counts: the break holds at the first step. */
TEST(what_was_asked_for_before_is_kept)
{
	const char *dir = stopped("kept", 1);
	struct seen s = {0};
	struct work *w = opened(dir, &s);

	work_break(w, WORK_FIRST, "loss > 0");
	work_resume(w, WORK_FIRST);
	served(&s, w);
	until_state(&s, w, WORK_BROKE);
	CHECK_INT(s.now.step, 2);
	CHECK_INT(work_end(w), 0);
}

/* In one breath: each is carried out, in order, at the step where the fold is. */
TEST(many_are_asked_at_once)
{
	static const struct request r[] = {
		{.kind = REQUEST_COMMAND, .text = "set train.clip 1"},
		{.kind = REQUEST_TRY, .text = "train.clip 2"},
		{.kind = REQUEST_COMMAND, .text = "set train.clip 3"},
		{.kind = REQUEST_COMMAND, .text = "undo"},
		{.kind = REQUEST_RESUME},
	};
	const char *dir = stopped("many", 2);
	struct seen s = {0};
	struct work *w = opened(dir, &s);
	char path[PATH_LEN], *log;
	struct err e = {0};
	size_t len;

	ask_together(w, WORK_FIRST, r, sizeof r / sizeof *r);
	served(&s, w);
	until_state(&s, w, WORK_IDLE);
	CHECK(!s.refused && !s.now.trains);
	CHECK_INT(s.tries, 1);
	CHECK_INT(s.results, 1);
	CHECK_INT(work_end(w), 0);
	snprintf(path, sizeof path, "%s/commands.log", dir);
	log = file_read(path, 1 << 16, &len, &e);
	REQUIRE(log);
	CHECK_STR(log, "at 0 1 3 set train.clip 1   # was 0\n"
		       "at 0 1 3 set train.clip 3   # was 1\n"
		       "at 0 1 3 set train.clip 1   # undo, was 3\n");
	free(log);
}

/* ---- others ---- */

TEST(another_program_may_train_what_is_looked_at)
{
	const char *dir = stopped("both", 5);
	struct seen s = {0}, t = {0};
	struct work *w = opened(dir, &s), *other = start(dir, true, false);

	until_state(&t, other, WORK_PAUSED);
	served(&t, other);
	until_state(&s, w, WORK_ELSEWHERE);
	CHECK_INT(s.now.hold, WORK_FOLLOWED);
	CHECK_INT(s.now.owner.pid, getpid());
	work_command(w, WORK_FIRST, "set train.clip 1");
	served(&s, w);
	CHECK(s.refused);
	CHECK_HAS(s.text, " trains it; this screen follows");
	work_step(other, WORK_FIRST, false);
	served(&t, other);
	until_state(&t, other, WORK_PAUSED);
	while (s.now.step < 6)
		wait_more(&s, w);
	CHECK_INT(work_end(other), 0);
	until_state(&s, w, WORK_IDLE);
	CHECK(s.now.trains && !is_taken(dir));
	s.refused = false;
	work_command(w, WORK_FIRST, "set train.clip 1");
	served(&s, w);
	CHECK(!s.refused);
	CHECK_INT(s.now.state, WORK_PAUSED);
	CHECK_INT(s.now.step, 6);
	CHECK(is_taken(dir));
	work_resume(w, WORK_FIRST);
	served(&s, w);
	until_state(&s, w, WORK_IDLE);
	CHECK(!s.now.trains);
	CHECK_INT(s.results, 1);
	CHECK_INT(work_end(w), 0);
}

/* Whoever is faster trains it, whichever of the two finds that out first. */
TEST(who_is_slower_is_told)
{
	static const char *const name[] = {"slower-set", "slower-try", "slower-step"};
	static const struct request r[] = {
		{.kind = REQUEST_COMMAND, .text = "set train.clip 1"},
		{.kind = REQUEST_TRY, .text = "train.clip 2"},
		{.kind = REQUEST_STEP},
	};

	for (size_t i = 0; i < sizeof r / sizeof *r; i++) {
		const char *dir = stopped(name[i], 5);
		char fold[PATH_LEN + 16];
		struct seen s = {0};
		struct work *w = opened(dir, &s);
		struct err e = {0};
		int lock;

		snprintf(fold, sizeof fold, "%s/fold-0", dir);
		lock = fold_lock(fold, dir, 0, "", &e);
		REQUIRE(lock >= 0);
		ask_together(w, WORK_FIRST, &r[i], 1);
		served(&s, w);
		CHECK(s.refused);
		CHECK(strstr(s.text, "another program is writing this session: fold 0, process ") ||
		      strstr(s.text, " trains it; this screen follows"));
		until_state(&s, w, WORK_ELSEWHERE);
		CHECK_INT(s.now.epoch, 2);
		fold_lock_end(lock);
		until_state(&s, w, WORK_IDLE);
		CHECK(s.now.trains);
		s.refused = false;
		ask_together(w, WORK_FIRST, &r[i], 1);
		served(&s, w);
		CHECK(!s.refused);
		until_state(&s, w, WORK_PAUSED);
		CHECK(is_taken(dir));
		CHECK_INT(work_end(w), 0);
	}
}

TEST(what_another_program_finishes_is_done)
{
	const char *dir = stopped("finished", 7);
	struct seen s = {0}, t = {0};
	struct work *w = opened(dir, &s), *other = start(dir, false, false);

	until_state(&t, other, WORK_IDLE);
	CHECK_INT(work_end(other), 0);
	while (s.now.state != WORK_IDLE || s.now.trains)
		wait_more(&s, w);
	work_resume(w, WORK_FIRST);
	served(&s, w);
	CHECK(s.refused);
	CHECK_HAS(s.text, "all folds are trained and tested");
	CHECK(!is_taken(dir) && !lock_asked(dir));
	CHECK_INT(work_end(w), 0);
}
/* What only the fold's begin finds out is the answer to what it was begun for. */
TEST(a_state_that_cannot_be_read_is_the_answer)
{
	const char *dir = stopped("unreadable", 5);
	struct seen s = {0};
	struct err e = {0};
	char path[PATH_LEN];
	struct work *w;

	snprintf(path, sizeof path, "%s/fold-0/state.safetensors", dir);
	CHECK(file_write(path, "no state", 8, &e) == 0);
	w = opened(dir, &s);
	CHECK_INT(s.now.step, 5); /* as far as its rows go */
	work_command(w, WORK_FIRST, "set train.clip 1");
	work_command(w, WORK_FIRST, "set train.clip 2");
	served(&s, w);
	CHECK(s.refused);
	CHECK_HAS(s.text, "state.safetensors: ");
	CHECK_INT(s.now.state, WORK_FAILED);
	CHECK_HAS(s.now.error, "state.safetensors: ");
	CHECK(!is_taken(dir));
	CHECK(work_end(w) != 0);
}

/* ---- data and seeds ---- */

/* The tiny corpus's training list, with one word in place of another. */
static void put_list(const char *path, const char *word, const char *instead)
{
	struct str text = {0};
	struct err e = {0};
	size_t len;
	char *list = file_read("tests/record/tiny/data/train.csv", 1 << 20, &len, &e), *at;

	REQUIRE(list && (at = strstr(list, word)));
	str_addf(&text, "%.*s%s%s", (int)(at - list), list, instead, at + strlen(word));
	CHECK(file_write(path, text.s, text.len, &e) == 0);
	str_free(&text);
	free(list);
}

/* Nothing is lost: it is shown as before, and can be taken when the data is what it was. */
TEST(data_that_has_changed_is_found_when_it_is_taken)
{
	const char *list = temp_path("list.csv"), *dir;
	struct seen s = {0};
	char setting[600];
	struct work *w;

	put_list(list, ",glad", ",glad");
	snprintf(setting, sizeof setting, "exp.train_csv=%s", list);
	dir = stopped_with("data", setting, 1, 5);
	w = opened(dir, &s);
	put_list(list, ",glad", ",calm");
	for (int i = 0; i < 2; i++) {
		s.refused = false;
		if (i)
			work_resume(w, WORK_FIRST);
		else
			work_command(w, WORK_FIRST, "set train.clip 1");
		served(&s, w);
		CHECK(s.refused);
		CHECK_HAS(s.text, "the data has changed since the session was started");
		CHECK_INT(s.now.state, WORK_PAUSED);
		CHECK(s.now.trains && !is_taken(dir) && !lock_asked(dir));
		CHECK_INT(s.now.step, 5);
	}
	work_look(w, WORK_FIRST, 0, 3, false, KNOCK_NOTHING);
	served(&s, w);
	CHECK(s.look);
	look_free(s.look);
	put_list(list, ",glad", ",glad");
	s.opened = s.refused = false;
	work_command(w, WORK_FIRST, "set train.clip 1");
	served(&s, w);
	CHECK(!s.refused && s.opened); /* it was read again */
	CHECK(is_taken(dir));
	CHECK_INT(work_end(w), 0);
}

/* Found when it is opened, it is said then, and nothing can be taken. */
TEST(data_that_has_changed_before_is_said)
{
	const char *list = temp_path("list-before.csv"), *dir;
	struct seen s = {0};
	char setting[600];
	struct work *w;

	put_list(list, ",glad", ",glad");
	snprintf(setting, sizeof setting, "exp.train_csv=%s", list);
	dir = stopped_with("data-before", setting, 1, 5);
	put_list(list, ",glad", ",calm");
	w = open_seeds(dir, 1);
	until_state(&s, w, WORK_IDLE);
	CHECK_HAS(s.now.looking, "the data has changed since the session was started");
	CHECK(!s.now.trains);
	work_resume(w, WORK_FIRST);
	served(&s, w);
	CHECK(s.refused && !lock_asked(dir));
	CHECK_INT(work_end(w), 0);
}

/* The folder of the seed that goes on is looked at; the session is taken as a whole. */
TEST(a_session_of_several_seeds)
{
	const char *dir = stopped_with("seeds", "train.epoch=1", 2, 5);
	struct seen s = {0};
	struct work *w = open_seeds(dir, 2);
	const char *second = temp_path("seeds/seed-13");

	until_state(&s, w, WORK_PAUSED);
	CHECK_STR(s.now.session, second);
	CHECK_STR(s.now.root, dir);
	CHECK_INT(s.now.step, 1);
	CHECK(s.now.trains && !lock_asked(dir));
	work_try(w, WORK_FIRST, "train.clip 1");
	served(&s, w);
	CHECK_INT(s.tries, 1);
	CHECK_STR(s.now.session, second);
	CHECK(is_taken(second));
	CHECK_INT(work_end(w), 0);
	nftw(second, temp_remove_one, 8, FTW_DEPTH | FTW_PHYS); /* as if it had not begun */
	w = open_seeds(dir, 2);
	s = (struct seen){0};
	until_state(&s, w, WORK_PAUSED);
	CHECK_STR(s.now.session, dir);
	CHECK(s.now.trains);
	work_resume(w, WORK_FIRST);
	served(&s, w);
	until_state(&s, w, WORK_IDLE);
	CHECK(!s.now.trains);
	CHECK_STR(s.now.session, second);
	CHECK_INT(s.results, 1);
	CHECK_INT(work_end(w), 0);
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
