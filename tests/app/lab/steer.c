/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Live changes over folds that are begun, stopped, killed and gone on with in any order,
 * also at once: every fold follows its own log, and the joined one gives all bytes again.
 * The tiny corpus in three sessions: three folds of 2 epochs. */
#include "app/folder.h"
#include "same_file.h"
#include "app/lab/job.h"
#include "app/session/run.h"
#include "app/study/compare.h"
#include "base/rng.h"

#include <signal.h>
#include <sys/wait.h>

enum { FOLDS = 3, COMMANDS = 3, TRIALS = 6 };

/* A run of a fold, and what happens in it. */
struct stretch {
	const char *session, *replay;
	int fold;    /* 0: all of them */
	int steps;   /* it stops after as many; 0: at its end */
	bool killed; /* there, instead */
	int ends_at; /* before this step the fold is ended; 0: never */
	struct {
		int fold, step; /* before it */
		const char *command;
	} at[COMMANDS];
	int meanwhile_at; /* before this step `meanwhile` runs; 0: never */
	const struct stretch *meanwhile;
	int done, told; /* steps; changes that took effect */
};

static void make_corpus(void)
{
	char command[256];

	folder_make();
	snprintf(command, sizeof command,
		 "sh -c '. tests/cli/common; iemocap \"%s\" %d' >/dev/null", in("data"), FOLDS);
	if (system(command))
		abort();
}

static int run(struct stretch p);

static enum job_go between(void *ctx, struct job *j)
{
	struct stretch *p = ctx;
	int fold, epoch, step;

	job_position(j, &fold, &epoch, &step);
	for (int i = 0; i < COMMANDS; i++) {
		struct err e = {0};

		if (p->at[i].command && p->at[i].fold == fold && p->at[i].step == step &&
		    steer_command(&j->steer, p->at[i].command, &e))
			FAIL("%s", e.text);
	}
	if (p->meanwhile && p->meanwhile_at == step)
		run(*p->meanwhile);
	if (p->steps && p->done == p->steps) {
		if (p->killed)
			raise(SIGKILL);
		return JOB_STOP;
	}
	p->done++;
	return p->ends_at == step ? JOB_FOLD : JOB_GO;
}

static void changed(void *ctx, struct job *j, const struct change *c)
{
	struct stretch *p = ctx;

	(void)j;
	(void)c;
	p->told++;
}

static void train(struct stretch *p)
{
	const struct job_options o = {.config = in("data/config.yml"),
				      .session = in(p->session),
				      .fold = &p->fold,
				      .nfolds = p->fold > 0,
				      .resume = true,
				      .replay = p->replay,
				      .threads = 1};
	const struct job_hooks hooks = {.ctx = p, .between = between, .changed = changed};
	struct err e = {0};
	struct job j;

	if (job_open(&j, NULL, &o, &hooks, &e) || job_run(&j, &e))
		FAIL("%s", e.text);
	job_close(&j);
}

/* How many changes took effect. What is killed is a process of its own. */
static int run(struct stretch p)
{
	int status = 0;
	pid_t child;

	if (!p.killed) {
		train(&p);
		return p.told;
	}
	fflush(NULL);
	child = fork();
	if (child == 0) {
		test_faults = 0;
		train(&p);
		fflush(NULL);
		_exit(test_faults > 0);
	}
	waitpid(child, &status, 0);
	test_faults += WIFEXITED(status) && WEXITSTATUS(status);
	return 0;
}

static void check_same_file(const char *a, const char *b, int fold, const char *name)
{
	char x[128], y[128];

	snprintf(x, sizeof x, "%s/fold-%d/%s", a, fold, name);
	snprintf(y, sizeof y, "%s/fold-%d/%s", b, fold, name);
	if (!same_file(in(x), in(y)))
		FAIL("%s and %s differ", x, y);
}

/* With or without its log. */
static void check_same_fold(const char *a, const char *b, int fold, bool log)
{
	static const char *const file[] = {
		"commands.log",    "steps.csv",         "best.safetensors", "last.safetensors",
		"predictions.csv", "state.safetensors", "history.bin",      "test.bin"};

	for (size_t i = !log; i < sizeof file / sizeof *file; i++)
		check_same_file(a, b, fold, file[i]);
}

static void check_same(const char *a, const char *b)
{
	for (int fold = 1; fold <= FOLDS; fold++)
		check_same_fold(a, b, fold, true);
}

/* The joined log of a session that is finished, into new ones: fold after fold, and each
 * fold while those before it have yet to end. */
static void check_replay(const char *name)
{
	char log[64], again[64], at_once[64];
	struct stretch third, second;

	snprintf(log, sizeof log, "%s/commands.log", name);
	snprintf(again, sizeof again, "%s-again", name);
	snprintf(at_once, sizeof at_once, "%s-once", name);
	run((struct stretch){.session = again, .replay = in(log)});
	check_same(name, again);
	third = (struct stretch){.session = at_once, .replay = in(log), .fold = 3};
	second = third;
	second.fold = 2;
	second.meanwhile_at = 4;
	second.meanwhile = &third;
	run((struct stretch){.session = at_once,
			     .replay = in(log),
			     .fold = 1,
			     .meanwhile_at = 4,
			     .meanwhile = &second});
	check_same(name, at_once);
}

/* What is shown of a session: the rate in force, and the marks of each fold. */
static void check_shown(const char *name, double lr, int first, int second, int third)
{
	const int marks[FOLDS] = {first, second, third};
	struct err e = {0};
	struct run r;

	REQUIRE(run_load(&r, in(name), &e) == 0);
	CHECK_NEAR(r.set.train.optimizer.lr, lr, 0);
	for (int i = 0; i < FOLDS; i++) {
		const struct fold_run *f = run_find(&r, i + 1);
		int n = 0;

		for (int k = 0; f && k < f->nmarks; k++)
			n += f->mark[k].kind == MARK_CHANGE;
		CHECK_INT(n, marks[i]);
	}
	run_free(&r);
}

#define LR(x) "set train.optimizer.lr " x

/* The fold that has begun goes on with its settings, whatever an earlier one is given
 * meanwhile. */
TEST(begun_before_an_earlier_fold_was_changed)
{
	make_corpus();
	run((struct stretch){.session = "a", .fold = 2, .steps = 3});
	run((struct stretch){.session = "a", .fold = 1, .at = {{1, 3, LR("0.003")}}});
	check_shown("a", 0.012, 1, 0, 0);
	run((struct stretch){.session = "a"});
	check_shown("a", 0.003, 1, 0, 0);
	check_holds(in("a/commands.log"), "at 1 1 3 set train.optimizer.lr 0.003   # was 0.012\n"
					  "at 2 1 1 begin\n"
					  "at 3 1 1 set train.optimizer.lr 0.003   # was 0.012\n"
					  "at 3 1 1 begin\n");
	run((struct stretch){.session = "plain"});
	check_same_fold("plain", "a", 2, false);
	check_replay("a");
	folder_remove();
}

/* Killed before it had a state. */
TEST(killed_in_its_first_epoch)
{
	make_corpus();
	run((struct stretch){.session = "a", .fold = 2, .steps = 2, .killed = true});
	CHECK(file_exists(in("a/fold-2/steps.csv")));
	CHECK(!file_exists(in("a/fold-2/state.safetensors")));
	run((struct stretch){.session = "a", .fold = 1, .at = {{1, 3, LR("0.003")}}});
	run((struct stretch){.session = "a"});
	run((struct stretch){.session = "plain"});
	check_same_fold("plain", "a", 2, false);
	check_replay("a");
	folder_remove();
}

/* Killed between its log, which has what it takes over, and its rows. */
TEST(killed_before_its_rows)
{
	make_corpus();
	run((struct stretch){.session = "a", .fold = 1, .steps = 3, .at = {{1, 2, LR("0.003")}}});
	run((struct stretch){.session = "a", .fold = 2, .steps = 1, .killed = true});
	remove(in("a/fold-2/steps.csv"));
	remove(in("a/fold-2/epochs.csv"));
	run((struct stretch){.session = "a", .fold = 1, .at = {{1, 5, LR("0.001")}}});
	run((struct stretch){.session = "a"});
	check_holds(in("a/commands.log"), "at 1 1 2 set train.optimizer.lr 0.003   # was 0.012\n"
					  "at 1 2 5 set train.optimizer.lr 0.001   # was 0.003\n"
					  "at 2 1 1 set train.optimizer.lr 0.003   # was 0.012\n"
					  "at 2 1 1 begin\n"
					  "at 3 1 1 set train.optimizer.lr 0.003   # was 0.012\n"
					  "at 3 1 1 begin\n");
	check_replay("a");
	folder_remove();
}

/* One after the other a change holds in later folds, which say so; nobody is told of it
 * as of a change. */
TEST(one_after_the_other)
{
	const char *dir = NULL;
	char text[8192] = "";
	FILE *f;
	struct err e = {0};
	const struct stretch all = {
		.session = "a",
		.at = {{1, 3, LR("0.003")}, {2, 2, "set train.clip 1"}, {2, 2, LR("0.012")}}};

	make_corpus();
	CHECK_INT(run(all), 3);
	check_holds(in("a/commands.log"), "at 1 1 3 set train.optimizer.lr 0.003   # was 0.012\n"
					  "at 2 1 1 set train.optimizer.lr 0.003   # was 0.012\n"
					  "at 2 1 1 begin\n"
					  "at 2 1 2 set train.clip 1   # was 0\n"
					  "at 2 1 2 set train.optimizer.lr 0.012   # was 0.003\n"
					  "at 3 1 1 set train.clip 1   # was 0\n"
					  "at 3 1 1 begin\n");
	check_shown("a", 0.012, 1, 2, 0);
	dir = in("a");
	f = fmemopen(text, sizeof text, "w");
	CHECK_INT(compare_print(&dir, 1, f, &e), 0);
	fclose(f);
	CHECK_HAS(text, "\nChanged while they trained\n\n"
			"    train.optimizer.lr          1: 0.003 from epoch 1 of fold 1\n"
			"    train.clip                  1: 1 from epoch 1 of fold 2\n"
			"    train.optimizer.lr          1: 0.012 from epoch 1 of fold 2\n");
	CHECK(!strstr(text, "of fold 3"));
	check_replay("a");
	/* A fold's own log is enough for the fold. */
	run((struct stretch){.session = "b", .replay = in("a/fold-3/commands.log"), .fold = 3});
	check_same_fold("a", "b", 3, true);
	folder_remove();
}

/* At once a change applies to the fold it names, whenever it was made. */
TEST(at_once)
{
	const struct stretch second = {
		.session = "a", .fold = 2, .at = {{2, 3, "set train.clip 1"}}};

	make_corpus();
	run((struct stretch){.session = "a",
			     .fold = 1,
			     .at = {{1, 2, LR("0.003")}, {1, 6, LR("0.001")}},
			     .meanwhile_at = 4,
			     .meanwhile = &second});
	run((struct stretch){.session = "a"});
	check_holds(in("a/commands.log"), "at 1 1 2 set train.optimizer.lr 0.003   # was 0.012\n"
					  "at 1 2 6 set train.optimizer.lr 0.001   # was 0.003\n"
					  "at 2 1 1 begin\n"
					  "at 2 1 3 set train.clip 1   # was 0\n"
					  "at 3 1 1 set train.optimizer.lr 0.001   # was 0.012\n"
					  "at 3 1 1 set train.clip 1   # was 0\n"
					  "at 3 1 1 begin\n");
	check_replay("a");
	folder_remove();
}

/* A log written by hand holds for all later folds, however they are trained. */
TEST(by_hand)
{
	const char *log;
	struct stretch second;

	make_corpus();
	log = in("hand");
	put(log, "at 1 1 3 set train.optimizer.lr 0.003\n"
		 "at 2 1 1 set train.optimizer.lr 0.02\n");
	run((struct stretch){.session = "a", .replay = log});
	second = (struct stretch){.session = "b", .replay = log, .fold = 2};
	run((struct stretch){
		.session = "b", .replay = log, .fold = 1, .meanwhile_at = 2, .meanwhile = &second});
	run((struct stretch){.session = "b"});
	check_same("a", "b");
	check_holds(in("b/fold-2/commands.log"),
		    "at 2 1 1 set train.optimizer.lr 0.003   # was 0.012\n"
		    "at 2 1 1 begin\n"
		    "at 2 1 1 set train.optimizer.lr 0.02   # was 0.003\n");
	check_replay("b");
	folder_remove();
}

/* Of folds at once each is changed without the other's changes: a later fold takes over
 * what fits. */
TEST(changes_that_do_not_fit_together)
{
	const struct stretch second = {
		.session = "a", .fold = 2, .at = {{2, 2, "set train.epoch 3"}}};

	make_corpus();
	run((struct stretch){.session = "a",
			     .fold = 1,
			     .at = {{1, 1, "set train.epoch 8"},
				    {1, 1, "set train.warmup 7"},
				    {1, 3, "set train.patience 1"}},
			     .meanwhile_at = 2,
			     .meanwhile = &second});
	run((struct stretch){.session = "a",
			     .at = {{3, 1, "set train.warmup 0"}, {3, 1, "set train.epoch 1"}}});
	check_holds(in("a/fold-3/commands.log"), "at 3 1 1 set train.epoch 8   # was 2\n"
						 "at 3 1 1 set train.warmup 7   # was 0\n"
						 "at 3 1 1 set train.patience 1   # was 0\n"
						 "at 3 1 1 begin\n"
						 "at 3 1 1 set train.warmup 0   # was 7\n"
						 "at 3 1 1 set train.epoch 1   # was 8\n");
	check_replay("a");
	folder_remove();
}

/* Nothing is said where nothing was changed. */
TEST(unsteered)
{
	const struct stretch second = {.session = "a", .fold = 2};

	make_corpus();
	run((struct stretch){.session = "a", .fold = 3, .steps = 4, .killed = true});
	run((struct stretch){.session = "a", .fold = 1, .meanwhile_at = 2, .meanwhile = &second});
	run((struct stretch){.session = "a"});
	run((struct stretch){.session = "plain"});
	check_same("plain", "a");
	for (int fold = 1; fold <= FOLDS; fold++) {
		char name[64];

		snprintf(name, sizeof name, "a/fold-%d/commands.log", fold);
		check_holds(in(name), "");
	}
	folder_remove();
}

static int draw(struct rng *r, int n)
{
	return (int)(rng_u32(r) % (uint32_t)n);
}

/* A fold of those left, for a while, steered; perhaps others in the middle of it. */
static struct stretch any_stretch(struct rng *r, unsigned left, struct stretch *room)
{
	static const char *const command[] = {
		LR("0.003"),          LR("0.02"),           "set train.clip 1",
		"set train.clip 0.1", "set train.epoch 3",  "set train.epoch 2",
		"set train.warmup 1", "set train.warmup 0", "set train.loss.text 0.5"};
	struct stretch s = {.session = "a"};

	do
		s.fold = 1 + draw(r, FOLDS);
	while (!(left & 1u << s.fold));
	s.steps = draw(r, 4) ? 1 + draw(r, 8) : 0;
	s.killed = s.steps && draw(r, 2);
	s.ends_at = draw(r, 4) ? 0 : 5 + draw(r, 6);
	for (int i = 0; i < COMMANDS; i++) {
		s.at[i].fold = s.fold;
		s.at[i].step = 1 + draw(r, 9);
		s.at[i].command = draw(r, 3) ? command[draw(r, 9)] : NULL;
	}
	left &= ~(1u << s.fold);
	if (left && draw(r, 2)) {
		*room = any_stretch(r, left, room + 1);
		/* A job has a thread, after which a child cannot have any in that build. */
		room->killed = room->killed && !RACES;
		s.meanwhile = room;
		s.meanwhile_at = 1 + draw(r, 8);
	}
	return s;
}

TEST(whatever_happens_its_log_repeats_it)
{
	for (unsigned seed = 1; seed <= TRIALS; seed++) {
		int faults = test_faults;
		struct stretch room[FOLDS];
		struct rng r;

		rng_seed(&r, seed);
		make_corpus();
		for (int n = 3 + draw(&r, 4); n > 0; n--)
			run(any_stretch(&r, 1u << 1 | 1u << 2 | 1u << 3, room));
		run((struct stretch){.session = "a"});
		check_replay("a");
		if (test_faults > faults)
			FAIL("seed %u", seed);
		folder_remove();
	}
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
