/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A branch is at its step what its parent was there, bit for bit: at random steps of finished
 * runs, with 1 and 2 threads, from states that are stored densely, thinned out, damaged or not at
 * all. MIUST_BRANCHES is how many steps of each run (200 for all; a few else), MIUST_SEED which.
 */
#include "app/demo/demo.h"
#include "app/folder.h"
#include "app/lab/job_branch.h"
#include "app/session/branch.h"
#include "app/session/rows.h"
#include "app/session/run.h"
#include "app/lab/duel_order.h"
#include "app/session/branch_trash.h"
#include "app/session/states.h"
#include "base/mem.h"
#include "base/rng.h"

#include "tests/app/lab/worker.h"

#include <signal.h>
#include <sys/resource.h>

#define TINY "tests/record/tiny/config.yml"

enum { STEPS_MOST = 400 };

/* A run, and what it was after each of its steps. */
struct parent {
	const char *config, *dir;
	const char *set[8];
	int nset, fold;
	struct {
		int step;
		const char *command;
	} at[4];
	int keep; /* every so many steps a state is stored, beside those of the ends of epochs */
	struct state *was; /* [steps + 1] */
	int steps;
};

/* What it is told before its next step. */
static void give(const struct parent *p, struct job *j)
{
	struct err e = {0};

	for (size_t i = 0; i < sizeof p->at / sizeof p->at[0]; i++)
		if (p->at[i].command && p->at[i].step == j->trainer.state.step + 1 &&
		    steer_command(&j->steer, p->at[i].command, &e))
			FAIL("%s", e.text);
}

static enum job_go parent_between(void *ctx, struct job *j)
{
	struct parent *p = ctx;
	const struct state *now = &j->trainer.state;
	struct err e = {0};

	if (!p->was)
		p->was = mem_alloc(STEPS_MOST, sizeof *p->was);
	give(p, j);
	if (now->step > 0 && p->keep && now->step % p->keep == 0 &&
	    states_put(j->states, now, "", &e))
		FAIL("%s", e.text);
	if (state_copy(&p->was[now->step], now, &e))
		FAIL("%s", e.text);
	p->steps = now->step;
	return JOB_GO;
}

static bool parent_train(struct parent *p)
{
	const struct job_options o = {.config = p->config,
				      .session = in(p->dir),
				      .set = p->set,
				      .nset = p->nset,
				      .fold = &p->fold,
				      .nfolds = 1,
				      .resume = true,
				      .threads = 2};
	const struct job_hooks hooks = {.ctx = p, .between = parent_between};
	struct err e = {0};
	struct job j;

	if (job_open(&j, NULL, &o, &hooks, &e) || job_run(&j, &e)) {
		FAIL("%s", e.text);
		return false;
	}
	job_close(&j);
	return true;
}

static void parent_free(struct parent *p)
{
	for (int i = 0; i < STEPS_MOST && p->was; i++)
		state_free(&p->was[i]);
	free(p->was);
}

/* ---- a branch ---- */

struct branch_run {
	const struct parent *parent;
	int step;   /* where it left */
	int begins; /* with so many steps done */
	bool on;    /* to go on from there to the end */
	bool was_there;
};

static enum job_go branch_between(void *ctx, struct job *j)
{
	struct branch_run *b = ctx;
	struct str what = {0};

	if (b->begins < 0)
		b->begins = j->trainer.state.step;
	if (job_repeats(j)) {
		CHECK(j->trainer.state.step < b->step);
		return JOB_GO;
	}
	if (!b->was_there) {
		b->was_there = true;
		CHECK_INT(j->trainer.state.step, b->step);
		if (state_differ(&j->trainer.state, &b->parent->was[b->step], &what))
			FAIL("step %d from %d: %s", b->step, b->begins, what.s);
		str_free(&what);
	}
	if (!b->on)
		return JOB_STOP;
	give(b->parent, j); /* what was given after it left is not its own */
	return JOB_GO;
}

static void said(void *ctx, const char *text)
{
	str_addf(ctx, "%s\n", text);
}

/* Make a branch, train it to its step, or to the end; what was said while it was made. */
static void branch(struct branch_run *b, const char *name, int threads, struct str *say)
{
	const struct parent *p = b->parent;
	const struct job_hooks hooks = {.ctx = b, .between = branch_between};
	struct err e = {0};
	char dir[PATH_LEN];
	struct job j;

	b->begins = -1;
	if (branch_make(in(p->dir), name, p->fold, b->step, dir, sizeof dir, said, say, &e)) {
		FAIL("%s", e.text);
		return;
	}
	{
		const struct job_options o = {.session = dir,
					      .resume = true,
					      .fold = &p->fold,
					      .nfolds = 1,
					      .threads = threads};

		if (job_open(&j, NULL, &o, &hooks, &e) || job_run(&j, &e))
			FAIL("%s", e.text);
	}
	CHECK(b->was_there);
	job_close(&j);
}

/* ---- what its files say ---- */

static char *part_of(const char *dir, int fold, const char *name, size_t *len)
{
	char path[PATH_LEN];
	struct err e = {0};
	char *text;

	snprintf(path, sizeof path, "%s/fold-%d/%s", in(dir), fold, name);
	text = file_read(path, FILE_ROWS, len, &e);
	if (!text)
		FAIL("%s", e.text);
	return text;
}

/* Is what the branch has the beginning of what its parent has, or all of it? */
static void check_begins(const char *parent, const char *branch, int fold, const char *name,
			 bool whole)
{
	size_t n = 0, m = 0;
	char *a = part_of(parent, fold, name, &n), *b = part_of(branch, fold, name, &m);

	if (!a || !b || m > n || (whole && m != n) || memcmp(a, b, m) != 0)
		FAIL("%s: %s is not that of %s", branch, name, parent);
	free(a);
	free(b);
}

static int rows_of(const char *dir, int fold, struct epoch_row **epoch)
{
	struct settings set;
	struct session s;
	struct rows_place start = {0};
	struct step_row *row = NULL;
	struct err e = {0};
	bool again;
	int steps, n = 0;

	if (session_read(&s, in(dir), &set, &e) ||
	    session_fold_steps(&s, fold, &start, &again, &row, &steps, &e) ||
	    session_fold_epochs(&s, fold, epoch, &n, &e))
		FAIL("%s", e.text);
	free(row);
	for (int i = 0; i < n; i++)
		(*epoch)[i].seconds = 0;
	return steps * 1000 + n;
}

static void check_files(const struct parent *p, const char *name, int step, bool whole)
{
	struct epoch_row *a, *b;
	int all = rows_of(p->dir, p->fold, &a), n;
	char dir[256];

	snprintf(dir, sizeof dir, "%s/branches/%s", p->dir, name);
	n = rows_of(dir, p->fold, &b);
	check_begins(p->dir, dir, p->fold, "steps.csv", whole);
	check_begins(p->dir, dir, p->fold, "history.bin", whole);
	CHECK(memcmp(a, b, (size_t)(n % 1000) * sizeof *a) == 0);
	CHECK_INT(n / 1000, whole ? all / 1000 : step);
	if (whole) {
		check_begins(p->dir, dir, p->fold, "state.safetensors", true);
		check_begins(p->dir, dir, p->fold, "best.safetensors", true);
		check_begins(p->dir, dir, p->fold, "predictions.csv", true);
		check_begins(p->dir, dir, p->fold, "test.bin", true);
	}
	free(a);
	free(b);
}

static uint64_t number(const char *name, uint64_t without)
{
	const char *text = getenv(name);

	return text && *text ? strtoull(text, NULL, 10) : without;
}

/* Branches at n random steps, some of which go on to the end. */
static void branches(const struct parent *p, const char *stem, int n, uint64_t seed)
{
	struct rng rng;

	rng_seed(&rng, seed);
	for (int i = 0; i < n; i++) {
		struct branch_run b = {.parent = p,
				       .step = (int)(rng_u64(&rng) % (uint64_t)(p->steps + 1)),
				       .on = i % (n > 20 ? 20 : 3) == 0};
		char name[64], dir[PATH_LEN];
		struct str say = {0};
		int before = test_faults;

		snprintf(name, sizeof name, "%s-%d", stem, i);
		branch(&b, name, 1 + i % 2, &say);
		CHECK_STR(str_text(&say), "");
		check_files(p, name, b.step, b.on);
		if (test_faults > before)
			printf("# %s: step %d, MIUST_SEED=%llu\n", name, b.step,
			       (unsigned long long)seed);
		str_free(&say);
		snprintf(dir, sizeof dir, "rm -r %s/branches/%s", in(p->dir), name);
		CHECK_INT(system(dir), 0);
	}
}

/* The steps that have a stored state, and the last of them if one is to be damaged. */
static int damage_last(const struct parent *p, int *step)
{
	struct stored_list l;
	struct err e = {0};
	char path[512];
	FILE *f;
	int n;

	if (states_list(&l, in(p->dir), p->fold, &e) || !l.n) {
		FAIL("%s", e.text);
		return 0;
	}
	n = l.n;
	*step = l.at[n - 1].step;
	snprintf(path, sizeof path, "%s/fold-%d/states/%d.state", in(p->dir), p->fold, *step);
	f = fopen(path, "r+");
	CHECK(f && fseek(f, -100, SEEK_END) == 0 && fputs("damage", f) >= 0 && fclose(f) == 0);
	stored_free(&l);
	return n;
}

TEST(tiny_run_with_changes)
{
	struct parent p = {
		.config = TINY,
		.dir = "tiny",
		.set = {"train.epoch=6", "exp.normalize=train", "train.optimizer.name=adamw"},
		.nset = 3,
		.at = {{3, "set train.optimizer.lr 0.02"},
		       {9, "set train.loss.text 0.5"},
		       {9, "set train.clip 0.5"},
		       {17, "set train.epoch 5"}},
		.keep = 1};

	REQUIRE(parent_train(&p));
	CHECK_INT(p.steps, 20);
	branches(&p, "dense", (int)number("MIUST_BRANCHES", RACES ? 3 : 9),
		 number("MIUST_SEED", 1));
	parent_free(&p);
}

/* Few states, the newest of them damaged: it is said, and an older one does. */
TEST(few_states_and_a_damaged_one)
{
	struct parent p = {.config = TINY,
			   .dir = "few",
			   .set = {"train.epoch=5"},
			   .nset = 1,
			   .at = {{7, "set train.optimizer.lr 0.003"}},
			   .keep = 4};
	struct branch_run b = {.parent = &p, .step = 18};
	struct str say = {0};
	int newest = 0;

	REQUIRE(parent_train(&p));
	branches(&p, "thin", (int)number("MIUST_BRANCHES", RACES ? 2 : 6), number("MIUST_SEED", 2));
	CHECK_INT(damage_last(&p, &newest), 5);
	CHECK_INT(newest, 20);
	b.step = 19; /* the damaged one is not needed */
	branch(&b, "fine", 1, &say);
	CHECK_STR(str_text(&say), "");
	CHECK_INT(b.begins, 16);
	CHECK_INT(unlink(in("few/fold-0/states/20.state")), 0);
	damage_last(&p, &newest);
	CHECK_INT(newest, 16);
	b = (struct branch_run){.parent = &p, .step = 18};
	branch(&b, "older", 2, &say);
	CHECK_HAS(str_text(&say), "16.state");
	CHECK_HAS(str_text(&say), "it is passed over");
	CHECK_INT(b.begins, 12);
	check_files(&p, "older", 18, false);
	str_free(&say);
	parent_free(&p);
}

/* Nothing is stored: the fold is trained again from its start. */
TEST(without_any_state)
{
	struct parent p = {.config = TINY,
			   .dir = "none",
			   .set = {"train.epoch=3", "store.bytes=0"},
			   .nset = 2,
			   .at = {{1, "set train.optimizer.lr 0.003"}, {6, "set train.clip 1"}}};
	struct branch_run b = {.parent = &p, .step = 7, .on = true};
	struct str say = {0};

	REQUIRE(parent_train(&p));
	branch(&b, "begin", 1, &say);
	CHECK_INT(b.begins, 0);
	CHECK_STR(str_text(&say), "");
	check_files(&p, "begin", 7, true);
	check_holds(in("none/branches/begin/fold-0/commands.log"),
		    "at 0 1 1 set train.optimizer.lr 0.003   # was 0.012\n"
		    "at 0 2 6 set train.clip 1   # was 0\n");
	b = (struct branch_run){.parent = &p, .step = 5};
	branch(&b, "before", 1, &say);
	check_holds(in("none/branches/before/fold-0/commands.log"),
		    "at 0 1 1 set train.optimizer.lr 0.003   # was 0.012\n");
	/* The end, of which there is a state: its own. */
	b = (struct branch_run){.parent = &p, .step = 12, .on = true};
	branch(&b, "end", 1, &say);
	CHECK_INT(b.begins, 12);
	check_files(&p, "end", 12, true);
	str_free(&say);
	parent_free(&p);
}

/* Later folds of the demo, in which changes of earlier ones were taken over. */
TEST(demo_run)
{
	bool all = getenv("MIUST_BRANCHES") != NULL;
	char config[512];
	struct parent first = {.config = config,
			       .dir = "demo",
			       .nset = 1,
			       .fold = 1,
			       .at = {{4, "set train.optimizer.lr 0.002"}}},
		      p = {.config = config,
			   .dir = "demo",
			   .nset = 1,
			   .fold = 2,
			   .keep = 7,
			   .at = {{9, "set train.loss.text 0.5"}}};
	struct err e = {0};

	snprintf(config, sizeof config, "%s/" DEMO_CONFIG, in("data"));
	REQUIRE(demo_write(in("data"), &e) == 0);
	first.set[0] = p.set[0] = all ? "train.epoch=25" : "train.epoch=2";
	REQUIRE(parent_train(&first));
	p.set[0] = first.set[0];
	REQUIRE(parent_train(&p));
	branches(&p, "demo", (int)number("MIUST_BRANCHES", RACES ? 1 : 2), number("MIUST_SEED", 3));
	parent_free(&first);
	parent_free(&p);
}

TEST(refused)
{
	struct parent p = {.config = TINY, .dir = "refused", .set = {"train.epoch=2"}, .nset = 1};
	struct err e = {0};
	char dir[PATH_LEN];
	int step = 0;

	REQUIRE(parent_train(&p));
	static const struct {
		int epoch, in_epoch, step;
		const char *error;
	} at[] = {{1, 0, 0, ""},
		  {1, 3, 3, ""},
		  {2, 0, 4, ""},
		  {1, 4, 4, ""},
		  {2, 4, 8, ""},
		  {3, 0, 8, ""},
		  {3, 1, 0, "3:1 is still to come"},
		  {1, 5, 0, "1:5: epoch 1 of fold 0 has 4 steps"},
		  {4, 0, 0, "is still to come: fold 0 of "},
		  {0, 1, 0, "epochs count from 1"}};

	for (size_t i = 0; i < sizeof at / sizeof at[0]; i++) {
		err_clear(&e);
		branch_step(in("refused"), 0, at[i].epoch, at[i].in_epoch, &step, &e);
		if (at[i].error[0])
			CHECK_HAS(e.text, at[i].error);
		else
			CHECK_STR(e.text, "");
		if (!at[i].error[0])
			CHECK_INT(step, at[i].step);
	}
	err_clear(&e);
	CHECK_INT(branch_make(in("refused"), "x", 0, 9, dir, sizeof dir, NULL, NULL, &e), -1);
	CHECK_HAS(e.text, "fold 0 has no step 9; it is at 2:4");
	err_clear(&e);
	CHECK_INT(branch_make(in("refused"), "x", 1, 1, dir, sizeof dir, NULL, NULL, &e), -1);
	CHECK_HAS(e.text, "fold 1 has not begun");
	CHECK(!file_exists(in("refused/branches")));
	err_clear(&e);
	CHECK_INT(branch_make(in("refused"), "x", 0, 1, dir, sizeof dir, NULL, NULL, &e), 0);
	CHECK_INT(branch_make(in("refused"), "x", 0, 2, dir, sizeof dir, NULL, NULL, &e), -1);
	CHECK_HAS(e.text, "a branch x exists");
	parent_free(&p);
}

/* ---- asked for while it trains ---- */

struct asked {
	int step, stop;
	const char *args;
	char error[256];
};

static enum job_go asked_between(void *ctx, struct job *j)
{
	struct asked *a = ctx;
	int next = j->trainer.state.step + 1;

	if (next == a->step) {
		struct branch_order o;
		struct rewind at;
		struct err e = {0};

		if (branch_order(&o, a->args, &e) || job_branch(j, &o, &at, &e))
			snprintf(a->error, sizeof a->error, "%.200s", e.text);
	}
	return next == a->stop ? JOB_STOP : JOB_GO;
}

static void train(const char *name, struct asked *a, const char *replay, bool resume)
{
	const struct job_options o = {
		.config = TINY, .session = in(name), .replay = replay, .resume = resume};
	const struct job_hooks hooks = {.ctx = a, .between = asked_between};
	struct err e = {0};
	struct job j;

	if (job_open(&j, NULL, &o, &hooks, &e) || job_run(&j, &e))
		FAIL("%s", e.text);
	job_close(&j);
}

/* Where branches left, as view 1 marks it. */
static void check_marks(const char *dir, const char *want)
{
	struct run *r = mem_alloc(1, sizeof *r);
	struct err e = {0};
	struct str text = {0};

	if (run_load(r, dir, &e))
		FAIL("%s", e.text);
	for (int i = 0; i < r->nfolds; i++)
		for (int k = 0; k < r->fold[i].nmarks; k++) {
			const struct run_mark *m = &r->fold[i].mark[k];

			if (m->kind == MARK_BRANCH)
				str_addf(&text, "%d:%d %s, ", m->epoch, m->step, m->label);
		}
	CHECK_STR(str_text(&text), want);
	str_free(&text);
	run_free(r);
	free(r);
}

/* A branch is a line of the log, and following the log makes it again. */
TEST(branches_are_logged_and_replayed)
{
	struct asked here = {.step = 6, .args = "here", .stop = 6},
		     past = {.step = 8, .args = "past 1:2"}, none = {0},
		     wrong = {.step = 9, .args = "later 4:0", .stop = 9};
	struct epoch_row *row = NULL;
	struct branch_point p;
	struct err e = {0};
	bool is_branch;

	train("log", &here, NULL, false);
	train("log", &past, NULL, true);
	CHECK_STR(here.error, "");
	CHECK_STR(past.error, "");
	check_holds(in("log/commands.log"), "at 0 2 6 branch here 2:1\n"
					    "at 0 2 8 branch past 1:2\n");
	CHECK_INT(session_branch_point(in("log/branches/here"), &p, &is_branch, &e), 0);
	CHECK(is_branch && p.step == 5 && p.epoch == 2 && p.in_epoch == 1);
	check_marks(in("log"), "1:3 past, 2:6 here, ");
	check_marks(in("log/branches/here"), "");
	/* Its state was stored first: it need not repeat anything. */
	check_begins("log", "log/branches/here", 0, "steps.csv", false);
	CHECK_INT(rows_of("log/branches/here", 0, &row), 5001);
	free(row);
	train("again", &none, in("log/commands.log"), false);
	check_holds(in("again/commands.log"), "at 0 2 6 branch here 2:1\n"
					      "at 0 2 8 branch past 1:2\n");
	CHECK_INT(session_branch_point(in("again/branches/past"), &p, &is_branch, &e), 0);
	CHECK(is_branch && p.step == 2 && p.epoch == 1 && p.in_epoch == 2);
	CHECK(file_exists(in("again/branches/here/config.yml")));
	check_begins("log", "again", 0, "state.safetensors", true);
	/* Refused: no branch, no line. */
	train("wrong", &wrong, NULL, false);
	CHECK_HAS(wrong.error, "4:0 is still to come");
	check_holds(in("wrong/commands.log"), "");
	CHECK_STR(e.text, "");
}

/* ---- opened by a person ---- */

static struct work *open_branch(const char *dir)
{
	const struct work_options o = {.job = {.session = in(dir), .resume = true, .threads = 1},
				       .paused = true};
	struct err e = {0};
	struct work *w = work_start(&o, &e);

	if (!w)
		FAIL("%s", e.text);
	return w;
}

/* It goes to where it left, whatever it is asked meanwhile, pauses there, and then hears. */
TEST(opened_it_pauses_where_it_left)
{
	struct parent p = {.config = TINY, .dir = "opened", .set = {"train.epoch=3"}, .nset = 1};
	struct seen s = {0};
	struct err e = {0};
	char dir[PATH_LEN];
	struct work *w;

	REQUIRE(parent_train(&p));
	CHECK_INT(branch_make(in("opened"), "b", 0, 6, dir, sizeof dir, NULL, NULL, &e), 0);
	w = open_branch("opened/branches/b");
	work_command(w, WORK_FIRST, "set train.optimizer.lr x0.5");
	served(&s, w);
	until_state(&s, w, WORK_PAUSED);
	CHECK_INT(s.now.step, 6);
	CHECK_INT(s.steps, 2); /* from the state of the first epoch's end */
	CHECK(!s.refused);
	check_holds(in("opened/branches/b/fold-0/commands.log"),
		    "at 0 2 7 set train.optimizer.lr 0.006   # was 0.012\n");
	work_resume(w, WORK_FIRST);
	until_state(&s, w, WORK_IDLE);
	CHECK_INT(s.now.step, 12);
	CHECK_INT(work_end(w), 0);
	parent_free(&p);
}

/* A branch's folder goes to the trash, and from there for good. */
static void put_away(const char *name)
{
	char root[PATH_LEN], dir[PATH_LEN + 64], out[PATH_LEN];
	struct err e = {0};

	snprintf(root, sizeof root, "%s", in("pinned"));
	snprintf(dir, sizeof dir, "%s/branches/%s", root, name);
	if (session_trash(root, dir, out, sizeof out, &e))
		FAIL("%s", e.text);
}

static void empty_trash(const char *name)
{
	struct trash t = {0};
	struct err e = {0};

	trash_read(&t, in(""));
	if (!trash_find(&t, name) || branch_trash_remove(trash_find(&t, name), &e))
		FAIL("%s: %s", name, e.text);
	trash_free(&t);
}

/* "4! 8 12 ": the stored states, a pin is '!'. */
static const char *pins(void)
{
	static char text[256];
	struct stored_list l;
	struct err e = {0};
	size_t n = 0;

	text[0] = '\0';
	CHECK_INT(states_list(&l, in("pinned"), 0, &e), 0);
	for (int i = 0; i < l.n; i++)
		n += (size_t)snprintf(text + n, sizeof text - n, "%d%s ", l.at[i].step,
				      l.at[i].pinned ? "!" : "");
	stored_free(&l);
	return text;
}

/* The state where a branch begins is pinned as long as a branch is there, or in the trash. */
TEST(a_deleted_branch_holds_no_state)
{
	struct parent p = {.config = TINY, .dir = "pinned", .set = {"train.epoch=3"}, .nset = 1};
	static const struct {
		const char *name;
		int step;
	} made[] = {{"a", 6}, {"b", 7}, {"c", 9}, {"d", 5}};
	struct err e = {0};
	char dir[PATH_LEN];

	REQUIRE(parent_train(&p));
	for (int i = 0; i < 4; i++)
		CHECK_INT(branch_make(in("pinned"), made[i].name, 0, made[i].step, dir, sizeof dir,
				      NULL, NULL, &e),
			  0);
	CHECK_STR(pins(), "4! 8! 12 ");
	put_away("a");
	empty_trash("pinned.a");
	CHECK_STR(pins(), "4! 8! 12 "); /* b and d are there */
	put_away("d");
	put_away("b");
	empty_trash("pinned.b");
	CHECK_STR(pins(), "4! 8! 12 "); /* d is in the trash */
	empty_trash("pinned.d");
	CHECK_STR(pins(), "4 8! 12 ");
	put_away("c");
	CHECK_STR(pins(), "4 8! 12 "); /* it can be restored */
	empty_trash("pinned.c");
	CHECK_STR(pins(), "4 8 12 ");
	parent_free(&p);
}

/* So is one that is deleted in its place, as when the other side of a duel cannot be made. */
TEST(a_branch_that_is_dropped_holds_no_state)
{
	struct parent p = {.config = TINY, .dir = "pinned", .set = {"train.epoch=3"}, .nset = 1};
	struct err e = {0};
	struct duel_sides s;
	struct duel_order o;
	char dir[PATH_LEN];

	REQUIRE(parent_train(&p));
	REQUIRE(duel_order(&o, "lr=1e-3,x1e30 at 2:1", &e) == 0);
	CHECK_INT(duel_sides(&s, &o, in("pinned"), 0, NULL, NULL, &e), -1);
	CHECK_HAS(e.text, "expected a number above 0, at most 100");
	CHECK(!file_exists(in("pinned/branches/lr-1e-3")));
	CHECK_STR(pins(), "4 8 12 ");
	err_clear(&e);
	for (int i = 0; i < 3; i++)
		CHECK_INT(branch_make(in("pinned"), (const char *[]){"a", "b", "c"}[i], 0, 6, dir,
				      sizeof dir, NULL, NULL, &e),
			  0);
	CHECK_INT(branch_delete(in("pinned/branches/a"), &e), 0);
	put_away("b");
	CHECK_INT(branch_delete(in("pinned/branches/c"), &e), 0);
	CHECK_STR(pins(), "4! 8 12 "); /* b is in the trash */
	empty_trash("pinned.b");
	CHECK_STR(pins(), "4 8 12 ");
	CHECK_STR(e.text, "");
	parent_free(&p);
}

/* Stopped on the way there, past what waits: nothing is changed before that step. */
TEST(stopped_on_the_way)
{
	struct parent p = {.config = TINY, .dir = "stopped", .set = {"train.epoch=3"}, .nset = 1};
	static const struct request both[] = {{.kind = REQUEST_COMMAND, .text = "set train.clip 1"},
					      {.kind = REQUEST_STOP}};
	struct seen s = {0};
	struct err e = {0};
	char dir[PATH_LEN];
	struct work *w;

	REQUIRE(parent_train(&p));
	CHECK_INT(branch_make(in("stopped"), "b", 0, 9, dir, sizeof dir, NULL, NULL, &e), 0);
	w = open_branch("stopped/branches/b");
	ask_together(w, WORK_FIRST, both, 2);
	until_state(&s, w, WORK_IDLE);
	CHECK(s.now.step < 9);
	CHECK_INT(s.now.repeats, 9 - s.now.step);
	served(&s, w);
	CHECK(s.refused);
	CHECK_HAS(s.text, "to do as its parent did, before it can be changed");
	work_resume(w, WORK_FIRST);
	until_state(&s, w, WORK_PAUSED);
	CHECK_INT(s.now.step, 9);
	CHECK_INT(s.now.repeats, 0);
	CHECK_INT(work_end(w), 0);
	check_holds(in("stopped/branches/b/fold-0/commands.log"), "");
	parent_free(&p);
}

/* A full disk: a sentence, and nothing is left of the branch; the run is as it was. */
TEST(a_full_disk_makes_no_branch)
{
	struct parent p = {
		.config = TINY, .dir = "full", .set = {"train.epoch=2"}, .nset = 1, .keep = 2};
	struct rlimit old, small;
	struct err e = {0};
	char dir[PATH_LEN];

	REQUIRE(parent_train(&p));
	REQUIRE(getrlimit(RLIMIT_FSIZE, &old) == 0);
	signal(SIGXFSZ, SIG_IGN);
	small = old;
	for (rlim_t most = 64; most <= 16384; most *= 4) {
		small.rlim_cur = most;
		err_clear(&e);
		CHECK_INT(setrlimit(RLIMIT_FSIZE, &small), 0);
		CHECK_INT(branch_make(in("full"), "x", 0, 5, dir, sizeof dir, NULL, NULL, &e), -1);
		CHECK_INT(setrlimit(RLIMIT_FSIZE, &old), 0);
		CHECK_HAS(e.text, "File too large");
		CHECK(!file_exists(in("full/branches")));
	}
	err_clear(&e);
	CHECK_INT(branch_make(in("full"), "x", 0, 5, dir, sizeof dir, NULL, NULL, &e), 0);
	CHECK_STR(e.text, "");
	parent_free(&p);
}

int main(int argc, char **argv)
{
	int failed;

	folder_make();
	failed = TEST_MAIN(argc, argv);
	folder_remove();
	return failed;
}
