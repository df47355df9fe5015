/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A run goes back to a step of its past, on the tiny corpus: 4 steps an epoch. */
#include "app/folder.h"
#include "same_file.h"
#include "app/lab/job_rewind.h"
#include "app/session/run.h"
#include "app/same_run.h"
#include "app/session/branch.h"
#include "app/session/session_branch.h"
#include "app/study/compare.h"
#include "app/session/states.h"
#include "base/rng.h"

#define CONFIG "tests/record/tiny/config.yml"

enum { EACH = 4, PLAN = 8 };

/* What a person does, in this order, each before a step of the fold. */
struct plan {
	struct {
		int step;         /* of the timeline then; 0: the end */
		const char *what; /* "set ...", "rewind E:S", "fold", "stop" */
	} at[PLAN];
	int next;
	const char *refused; /* how the next rewind is refused; NULL: it is not */
	int called_back;     /* the rewind, from the fold's start, is called back when so many steps
			      * are done; 0: not */
	int asked, of;       /* how often `rewinding` was asked; of how many steps */
	struct rewound last;
	int told;           /* changes that took effect */
	struct run *follow; /* read before each rewind, and refreshed after it */
	const char *block;  /* a folder that is made in its way; NULL: none */
};

static void go_back(struct plan *p, struct job *j, const char *to)
{
	struct err e = {0};
	struct rewind r;
	int failed;

	if (!rewind_place(&r, to))
		FAIL("%s", to);
	if (p->block && make_dirs(p->block, &e))
		FAIL("%s", e.text);
	if (p->follow && run_load(p->follow, j->session.dir, &e))
		FAIL("%s", e.text);
	failed = job_rewind(j, &r, false, NULL, &e);
	if (!p->refused)
		CHECK_STR(e.text, "");
	else
		CHECK_HAS(e.text, p->refused);
	CHECK(!strstr(e.text, TEMP_PREFIX)); /* a name that nobody knows */
	CHECK(failed == (p->refused ? -1 : 0));
}

static enum job_go between(void *ctx, struct job *j)
{
	struct plan *p = ctx;

	for (; p->next < PLAN && p->at[p->next].step == j->trainer.state.step + 1; p->next++) {
		const char *what = p->at[p->next].what;
		struct err e = {0};

		if (strncmp(what, "rewind ", 7) == 0) {
			go_back(p, j, what + 7);
		} else if (strcmp(what, "fold") == 0 || strcmp(what, "stop") == 0) {
			p->next++;
			return *what == 'f' ? JOB_FOLD : JOB_STOP;
		} else if (steer_command(&j->steer, what, &e)) {
			FAIL("%s", e.text);
		}
	}
	return JOB_GO;
}

static bool rewinding(void *ctx, struct job *j, const struct rewind *to, int done, int of)
{
	struct plan *p = ctx;

	(void)j;
	(void)to;
	CHECK(done >= 0 && done <= of);
	p->asked++;
	p->of = of;
	return p->called_back && done >= p->called_back;
}

/* Who follows the folder has what it has now: the rows up to there. */
static void check_followed(struct run *r, int step)
{
	struct run fresh;
	struct err e = {0};
	unsigned news;

	CHECK(r->fold[0].nsteps > step);
	CHECK_INT(run_refresh(r, &news, &e), 0);
	CHECK(news & RUN_NEW_ROWS);
	CHECK_INT(r->fold[0].nsteps, step);
	CHECK_INT(run_load(&fresh, r->dir, &e), 0);
	CHECK_STR(run_difference(r, &fresh), "");
	run_free(&fresh);
	run_free(r);
}

static void rewound(void *ctx, struct job *j, const struct rewound *r)
{
	struct plan *p = ctx;

	CHECK_INT(j->trainer.state.step, r->step);
	p->last = *r;
	if (p->follow)
		check_followed(p->follow, r->step);
}

static void changed(void *ctx, struct job *j, const struct change *c)
{
	struct plan *p = ctx;

	(void)j;
	(void)c;
	p->told++;
}

static struct job_hooks hooks_of(struct plan *p)
{
	return (struct job_hooks){.ctx = p,
				  .between = between,
				  .rewinding = rewinding,
				  .rewound = rewound,
				  .changed = changed};
}

static void train_by(const char *name, struct plan *p, const char *replay, int threads)
{
	const char *const set[] = {p->called_back ? "store.bytes=0" : "store.bytes=1G"};
	const struct job_options o = {.config = CONFIG,
				      .session = in(name),
				      .set = set,
				      .nset = 1,
				      .replay = replay,
				      .resume = true,
				      .threads = threads};
	const struct job_hooks hooks = hooks_of(p);
	struct err e = {0};
	struct job j;

	if (job_open(&j, NULL, &o, &hooks, &e)) {
		FAIL("%s", e.text);
		return;
	}
	CHECK_INT(job_run(&j, &e), 0);
	CHECK_STR(e.text, "");
	job_close(&j);
}

static void train(const char *name, struct plan p)
{
	train_by(name, &p, NULL, 1);
	CHECK(p.next == PLAN || !p.at[p.next].step);
}

static void replay(const char *name, const char *log)
{
	struct plan none = {0};

	train_by(name, &none, in(log), 1);
}

static const char *const files[] = {"commands.log",     "steps.csv",         "best.safetensors",
				    "last.safetensors", "state.safetensors", "predictions.csv",
				    "history.bin",      "test.bin"};

static void check_same_file(const char *a, const char *b, const char *name)
{
	char x[128], y[128];

	snprintf(x, sizeof x, "%s/fold-0/%s", a, name);
	snprintf(y, sizeof y, "%s/fold-0/%s", b, name);
	if (!same_file(in(x), in(y)))
		FAIL("%s and %s differ", x, y);
}

/* All but what says how it came there: the log, and the count in the state. */
static void check_same_future(const char *a, const char *b)
{
	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		if (strcmp(files[i], "commands.log") != 0 &&
		    strcmp(files[i], "state.safetensors") != 0)
			check_same_file(a, b, files[i]);
}

static void check_same(const char *a, const char *b)
{
	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		check_same_file(a, b, files[i]);
}

/* One change that did not last, and one that was made instead. */
TEST(a_future_is_left_and_another_one_trained)
{
	struct branch_point point;
	struct err e = {0};
	bool is_branch;

	folder_make();
	train("a", (struct plan){.at = {{3, "set train.optimizer.lr 0.003"},
					{6, "set train.clip 0.1"},
					{9, "set train.loss.text 0.5"},
					{11, "rewind 2:1"},
					{6, "set train.clip 1"}}});
	train("b",
	      (struct plan){.at = {{3, "set train.optimizer.lr 0.003"}, {6, "set train.clip 1"}}});
	check_same_future("a", "b");
	check_holds(in("a/commands.log"), "at 0 1 3 set train.optimizer.lr 0.003   # was 0.012\n"
					  "at 0 2 6 set train.clip 0.1   # was 0\n"
					  "at 0 3 9 set train.loss.text 0.5   # was 0.15\n"
					  "at 0 3 11 rewind 2:1 before-rewind-1\n"
					  "at 0 2 6 set train.clip 1   # was 0\n");
	/* What was left is a session: gone on with, it is the run that was not rewound. */
	CHECK_INT(session_branch_point(in("a/branches/before-rewind-1"), &point, &is_branch, &e),
		  0);
	CHECK(is_branch);
	CHECK_INT(point.step, 10);
	train("a/branches/before-rewind-1", (struct plan){0});
	train("c", (struct plan){.at = {{3, "set train.optimizer.lr 0.003"},
					{6, "set train.clip 0.1"},
					{9, "set train.loss.text 0.5"}}});
	check_same("a/branches/before-rewind-1", "c");
	/* The log says all of it. */
	replay("d", "a/commands.log");
	check_same("a", "d");
	check_same_file("a/branches/before-rewind-1", "d/branches/before-rewind-1",
			"best.safetensors");
	folder_remove();
}

/* Only what is in force is shown. */
TEST(followers_and_readers)
{
	const char *dir = NULL;
	char text[8192] = "", *last;
	struct settings set;
	struct run r = {0};
	struct err e = {0};
	FILE *f;

	folder_make();
	train("a", (struct plan){.at = {{3, "set train.optimizer.lr 0.003"},
					{6, "set train.clip 0.1"},
					{9, "set train.loss.text 0.5"},
					{11, "rewind 2:1"},
					{6, "set train.clip 1"},
					{7, "rewind 2"},
					{5, "set train.patience 9"},
					{6, "stop"}},
				 .follow = &r});
	REQUIRE(run_load(&r, in("a"), &e) == 0);
	REQUIRE(r.fold[0].nmarks == 4);
	CHECK_STR(r.fold[0].mark[0].label, "lr 0.003");
	CHECK_STR(r.fold[0].mark[1].label, "patience 9");
	CHECK_STR(r.fold[0].mark[2].label, "before-rewind-1");
	CHECK_STR(r.fold[0].mark[3].label, "before-rewind-2");
	CHECK_NEAR(r.set.train.clip, 0, 0);
	CHECK_INT(run_settings(&r, 0, &set, &last), 0);
	CHECK_NEAR(set.train.clip, 0, 0);
	CHECK_INT(set.train.patience, 9);
	run_free(&r);
	dir = in("a");
	f = fmemopen(text, sizeof text, "w");
	CHECK_INT(compare_print(&dir, 1, f, &e), 0);
	fclose(f);
	CHECK_HAS(text, "Changed while they trained\n\n"
			"    train.optimizer.lr          1: 0.003 from epoch 1 of fold 0\n"
			"    train.patience              1: 9 from epoch 2 of fold 0\n");
	CHECK(!strstr(text, "train.clip") && !strstr(text, "train.loss.text"));
	folder_remove();
}

/* To the start, again and again, and to an epoch's end; stopped and gone on with in between. */
TEST(rewinds_and_stops)
{
	const struct plan rest = {.at = {{3, "set train.clip 1"},
					 {7, "rewind 2"},
					 {5, "set train.optimizer.lr 0.02"},
					 {13, "rewind 3:2"}}};

	folder_make();
	train("a", (struct plan){.at = {{2, "set train.clip 0.1"},
					{6, "rewind 1"},
					{1, "set train.loss.text 0.5"},
					{4, "rewind 1:1"},
					{2, "stop"}}});
	train("a", rest);
	train("b", (struct plan){.at = {{1, "set train.loss.text 0.5"},
					{3, "set train.clip 1"},
					{5, "set train.optimizer.lr 0.02"}}});
	check_same_future("a", "b");
	check_holds(in("a/commands.log"), "at 0 1 2 set train.clip 0.1   # was 0\n"
					  "at 0 2 6 rewind 1:0 before-rewind-1\n"
					  "at 0 1 1 set train.loss.text 0.5   # was 0.15\n"
					  "at 0 1 4 rewind 1:1 before-rewind-2\n"
					  "at 0 1 3 set train.clip 1   # was 0\n"
					  "at 0 2 7 rewind 2:0 before-rewind-3\n"
					  "at 0 2 5 set train.optimizer.lr 0.02   # was 0.012\n"
					  "at 0 4 13 rewind 3:2 before-rewind-4\n");
	replay("c", "a/commands.log");
	check_same("a", "c");
	folder_remove();
}

/* A log is gone on with in any of its segments, and says no to changes until its last. */
TEST(a_log_with_rewinds_is_cut_anywhere)
{
	static const char log[] = "at 0 1 2 set train.clip 0.1   # was 0\n"
				  "at 0 2 6 rewind 1:2 x\n"
				  "at 0 1 3 set train.loss.text 0.5   # was 0.15\n"
				  "at 0 3 9 rewind 2:1 y\n"
				  "at 0 2 6 set train.clip 1   # was 0.1\n";

	folder_make();
	put(in("log"), log);
	replay("a", "log");
	check_holds(in("a/commands.log"), log);
	for (int steps = 1; steps < 20; steps++) {
		char name[16];
		struct job_options o = {.config = CONFIG,
					.replay = in("log"),
					.resume = true,
					.threads = 1,
					.max_steps = steps};
		const struct job_hooks none = {0};
		struct err e = {0};
		struct job j;

		snprintf(name, sizeof name, "cut-%d", steps);
		o.session = in(name);
		REQUIRE(job_open(&j, NULL, &o, &none, &e) == 0);
		CHECK_INT(job_run(&j, &e), 0);
		if (steps < 5) { /* before the first rewind */
			CHECK_INT(steer_command(&j.steer, "set train.clip 2", &e), -1);
			CHECK_HAS(e.text, "the run repeats its log, which goes back before epoch "
					  "2, step 6 (rewind 1:2 x); changes can be made after");
			err_clear(&e);
		}
		job_close(&j);
		o.max_steps = 0;
		REQUIRE(job_open(&j, NULL, &o, &none, &e) == 0);
		CHECK_INT(job_run(&j, &e), 0);
		job_close(&j);
		check_same("a", name);
	}
	folder_remove();
}

/* Nothing has changed. */
TEST(called_back_or_refused)
{
	folder_make();
	train("plain", (struct plan){.at = {{3, "set train.clip 0.1"}}});
	for (int done = 1; done <= 6; done++) {
		char name[16];

		snprintf(name, sizeof name, "a%d", done);
		train(name, (struct plan){.at = {{3, "set train.clip 0.1"}, {9, "rewind 2:3"}},
					  .called_back = done,
					  .refused = "not rewound to 2:3: it was called back; "
						     "nothing has changed"});
		check_same("plain", name);
	}
	folder_remove();
}

/* Where something of it cannot be written the run goes on where it was. */
TEST(what_cannot_be_stored)
{
	static const char *const blocked[] = {"a/branches",
					      "a/fold-0/.miust-tmp-rewind-state.safetensors",
					      "a/fold-0/.miust-tmp-rewind-steps.csv"};

	for (size_t i = 0; i < sizeof blocked / sizeof *blocked; i++) {
		struct err e = {0};

		folder_make();
		train("plain", (struct plan){.at = {{3, "set train.clip 0.1"}}});
		train("a", (struct plan){.at = {{3, "set train.clip 0.1"}, {6, "stop"}}});
		CHECK_INT(make_dirs(in("a/fold-0"), &e), 0);
		if (i == 0)
			put(in(blocked[i]), "");
		train("a", (struct plan){.at = {{10, "rewind 1:3"}},
					 .refused = i ? "is a folder" : "branches",
					 .block = i ? in(blocked[i]) : NULL});
		check_same("plain", "a");
		CHECK(!file_exists(in("a/branches/before-rewind-1")));
		folder_remove();
	}
}

/* As if a rewind had been killed there: the present is kept. */
static void keep_present(const char *session, const char *name)
{
	struct settings set;
	struct session s;
	struct err e = {0};

	if (session_resume(&s, in(session), &set, &e) || session_take(&s, 0, &e) ||
	    session_branch_keep(&s, 0, name, &e))
		FAIL("%s", e.text);
	session_close(&s);
}

/* Its line of the log is where it begins to have been. */
TEST(a_rewind_that_was_killed_leaves_no_branch)
{
	char path[PATH_LEN];

	folder_make();
	train("plain", (struct plan){.at = {{3, "set train.clip 0.1"}, {6, "stop"}}});
	keep_present("plain", "before-rewind-1");
	train("plain", (struct plan){.at = {{7, "stop"}}});
	CHECK(!file_exists(in("plain/branches")));
	train("a",
	      (struct plan){.at = {{3, "set train.clip 0.1"}, {6, "rewind 1:2"}, {6, "stop"}}});
	train("a", (struct plan){.at = {{6, "stop"}}});
	keep_present("a", "before-rewind-2");
	keep_present("a", "mine");
	train("a", (struct plan){.at = {{6, "stop"}}});
	snprintf(path, sizeof path, "%s", in("a/branches/before-rewind-2"));
	CHECK(!file_exists(path));
	CHECK(file_exists(in("a/branches/mine")));
	CHECK(file_exists(in("a/branches/before-rewind-1"))); /* in the log */
	/* One that has gone on is another run. */
	keep_present("a", "before-rewind-2");
	train("a/branches/before-rewind-2", (struct plan){.at = {{8, "stop"}}});
	train("a", (struct plan){.at = {{6, "stop"}}});
	CHECK(file_exists(path));
	train("a", (struct plan){.at = {{7, "rewind 1:2"}}});
	CHECK(file_exists(in("a/branches/before-rewind-3")));
	folder_remove();
}

/* What somebody has written into such a branch, or left from it, stays, and so does it. */
TEST(a_branch_that_was_kept_and_used_stays)
{
	static const char *const used[] = {"notes.txt", "tags.txt", ""};

	for (int i = 0; i < 3; i++) {
		char note[PATH_LEN], child[PATH_LEN];
		struct err e = {0};

		folder_make();
		train("a", (struct plan){.at = {{6, "stop"}}});
		keep_present("a", "before-rewind-1");
		snprintf(note, sizeof note, "%s/%s", in("a/branches/before-rewind-1"), used[i]);
		if (used[i][0])
			CHECK_INT(file_write(note, "mine\n", 5, &e), 0);
		else
			CHECK_INT(branch_make(in("a/branches/before-rewind-1"), "child", 0, 3,
					      child, sizeof child, NULL, NULL, &e),
				  0);
		train("a", (struct plan){.at = {{7, "stop"}}});
		CHECK(file_exists(in("a/branches/before-rewind-1")));
		folder_remove();
	}
}

static void check_refusal(const char *to, const char *why)
{
	char what[32];

	snprintf(what, sizeof what, "rewind %s", to);
	train(to, (struct plan){.at = {{7, what}, {7, "stop"}}, .refused = why});
}

TEST(places_that_are_not_in_the_past)
{
	folder_make();
	check_refusal("2:2", "rewind 2:2: it is there; the run is at 2:2");
	check_refusal("2:3", "rewind 2:3: that is still to come; the run is at 2:2");
	check_refusal("3", "rewind 3:0: that is still to come");
	check_refusal("2:4", "rewind 3:0: that is still to come");
	check_refusal("1:5", "rewind 1:5: an epoch of fold 0 has 4 steps");
	folder_remove();
}

/* Its test was stopped: the end is in the log, and then taken back. */
TEST(a_fold_that_was_ended_goes_back)
{
	folder_make();
	put(in("log"), "at 0 2 7 fold\nat 0 2 7 rewind 1:3 x\nat 0 3 9 fold\n");
	replay("a", "log");
	train("b", (struct plan){.at = {{9, "fold"}}});
	check_same_future("a", "b");
	folder_remove();
}

/* ---- exactly there ---- */

/* The states of the run that nobody disturbs, by steps done, and what comes of one that goes
 * back again and again. */
enum { STEPS = 12 };
struct exact {
	struct state at[STEPS + 1];
	bool records;
	int stored_every; /* steps; 0: never */
	bool thinned;     /* there is room for about five states */
	struct rng draws;
	int left, rewinds; /* to go; done */
};

static void check_state(const struct exact *x, const struct job *j, const char *when)
{
	struct str differ = {0};

	if (state_differ(&j->trainer.state, &x->at[j->trainer.state.step], &differ))
		FAIL("%s step %d: %s", when, j->trainer.state.step, differ.s);
	str_free(&differ);
}

static void go_anywhere(struct exact *x, struct job *j)
{
	int to = (int)(rng_u32(&x->draws) % (uint32_t)j->trainer.state.step);
	struct rewind r = {.epoch = to / EACH + 1, .in_epoch = to % EACH};
	struct rewound done;
	struct err e = {0};

	if (job_rewind(j, &r, false, &done, &e))
		FAIL("%s", e.text);
	CHECK_INT(done.step, to);
	if (x->stored_every && !x->thinned)
		CHECK(done.replayed < x->stored_every);
	check_state(x, j, "rewound to");
	x->left--;
	x->rewinds++;
}

static enum job_go exactly(void *ctx, struct job *j)
{
	struct exact *x = ctx;
	int step = j->trainer.state.step;
	struct err e = {0};

	if (x->records) {
		if (state_copy(&x->at[step], &j->trainer.state, &e))
			FAIL("%s", e.text);
		return JOB_GO;
	}
	check_state(x, j, "trained to");
	while (x->left && j->trainer.state.step &&
	       (j->trainer.state.step == STEPS || rng_u32(&x->draws) % 4 == 0))
		go_anywhere(x, j);
	return JOB_GO;
}

static void train_exactly(const char *name, struct exact *x, int threads)
{
	char bytes[32], every[32];
	const char *const set[] = {bytes, every};
	const struct job_options o = {
		.config = CONFIG, .session = in(name), .set = set, .nset = 2, .threads = threads};
	const struct job_hooks hooks = {.ctx = x, .between = exactly};
	struct err e = {0};
	struct job j;

	snprintf(bytes, sizeof bytes, "store.bytes=%s",
		 !x->stored_every ? "0"
		 : x->thinned     ? "300K"
				  : "1G");
	snprintf(every, sizeof every, "store.every=%d", x->stored_every);
	REQUIRE(job_open(&j, NULL, &o, &hooks, &e) == 0);
	CHECK_INT(job_run(&j, &e), 0);
	CHECK_STR(e.text, "");
	job_close(&j);
}

static void check_exact(int threads, int stored_every, bool thinned)
{
	struct exact x = {.records = true, .stored_every = stored_every, .thinned = thinned};

	folder_make();
	rng_seed(&x.draws, (uint64_t)(threads * 100 + stored_every));
	train_exactly("plain", &x, threads);
	x.records = false;
	x.left = getenv("MIUST_REWINDS") ? atoi(getenv("MIUST_REWINDS")) : RACES ? 6 : 30;
	train_exactly("a", &x, threads);
	CHECK_INT(x.left, 0);
	check_same_future("plain", "a");
	for (int i = 0; i <= STEPS; i++)
		state_free(&x.at[i]);
	folder_remove();
}

TEST(from_the_states_that_are_stored)
{
	check_exact(1, 3, false);
	check_exact(2, 1, false);
	check_exact(1, 1, true);
}

/* From the last checkpoint, or from the fold's first step. */
TEST(without_stored_states)
{
	check_exact(1, 0, false);
	check_exact(2, 0, false);
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
