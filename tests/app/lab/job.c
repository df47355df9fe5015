/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Live changes through the hooks of a job, on the tiny corpus: 4 steps an epoch. */
#include "app/lab/job.h"
#include "app/folder.h"
#include "app/lab/job_remark.h"
#include "same_file.h"

#define CONFIG "tests/record/tiny/config.yml"

/* Commands by the step they are given before, and where to end. */
struct plan {
	struct {
		int step;
		const char *command;
	} at[8];
	int stop, fold; /* before this step; 0: never */
	int pending;    /* seen at most */
};

static enum job_go between(void *ctx, struct job *j)
{
	struct plan *p = ctx;
	const struct change *last;
	int fold, epoch, step, waiting;

	job_position(j, &fold, &epoch, &step);
	for (int i = 0; i < 8; i++) {
		struct err e = {0};

		if (p->at[i].step == step && steer_command(&j->steer, p->at[i].command, &e))
			FAIL("%s", e.text);
	}
	waiting = steer_pending(&j->steer, &last);
	p->pending = waiting > p->pending ? waiting : p->pending;
	return step == p->stop ? JOB_STOP : step == p->fold ? JOB_FOLD : JOB_GO;
}

static void train(const char *name, struct plan *p, const char *replay, bool resume)
{
	const struct job_options o = {
		.config = CONFIG, .session = in(name), .replay = replay, .resume = resume};
	const struct job_hooks hooks = {.ctx = p, .between = between};
	struct err e = {0};
	struct job j;

	if (job_open(&j, NULL, &o, &hooks, &e)) {
		FAIL("%s", e.text);
		return;
	}
	CHECK_INT(job_run(&j, &e), 0);
	CHECK_STR(e.text, "");
	CHECK(j.complete == !p->stop);
	job_close(&j);
}

static void check_same_file(const char *a, const char *b, const char *name)
{
	char x[128], y[128];

	snprintf(x, sizeof x, "%s/%s", a, name);
	snprintf(y, sizeof y, "%s/%s", b, name);
	if (!same_file(in(x), in(y)))
		FAIL("%s and %s differ", x, y);
}

static void check_same(const char *a, const char *b)
{
	static const char *const file[] = {"commands.log",
					   "steps.csv",
					   "fold-0/best.safetensors",
					   "fold-0/last.safetensors",
					   "fold-0/state.safetensors",
					   "fold-0/predictions.csv",
					   "fold-0/history.bin"};

	for (size_t i = 0; i < sizeof file / sizeof *file; i++)
		check_same_file(a, b, file[i]);
}

TEST(job_changes_are_logged_replayed_and_resumed)
{
	static const char log[] = "at 0 1 2 set train.optimizer.lr 0.02   # was 0.012\n"
				  "at 0 2 5 set train.epoch 4   # was 3\n"
				  "at 0 1 3 set train.loss.cmd_text 0.5   # was 0.30\n"
				  "at 0 2 6 set train.clip 0.1   # was 0\n"
				  "at 0 5 17 set train.epoch 5   # was 4\n"
				  "at 0 5 17 set train.patience 40   # was 0\n";
	struct plan p = {.at = {{2, "set train.optimizer.lr 0.02"},
				{2, "set train.epoch 4"},
				{3, "set train.loss.cmd_text 0.5"},
				{6, "set train.clip 0.1"},
				{15, "set train.epoch 5"}, /* in the last epoch there is */
				{16, "set train.patience 40"}}};
	struct plan none = {0};

	folder_make();
	train("a", &p, NULL, false);
	CHECK_INT(p.pending, 2);
	check_holds(in("a/commands.log"), log);
	train("b", &none, in("a/commands.log"), false);
	check_same("a", "b");
	/* Stopped while a change waits, and gone on without being asked again. */
	p.stop = 4;
	train("c", &p, NULL, false);
	for (int i = 0; i < 3; i++)
		p.at[i].step = 0;
	p.stop = 0;
	train("c", &p, NULL, true);
	check_same("a", "c");
	folder_remove();
}

TEST(job_fold_is_logged_and_replayed)
{
	struct plan p = {.fold = 7}, none = {0};

	folder_make();
	train("a", &p, NULL, false);
	check_holds(in("a/commands.log"), "at 0 2 7 fold\n");
	train("b", &none, in("a/commands.log"), false);
	check_same("a", "b");
	folder_remove();
}

/* Evaluations of one utterance at a time, stopped at every third they come to. */
static bool stop_at_third(void *ctx)
{
	int *asked = ctx;

	return ++*asked > 0 && *asked % 3 == 0;
}

TEST(job_stops_within_an_evaluation)
{
	static const char *const set[] = {"train.memory=1K"};
	struct job_options o = {.config = CONFIG, .set = set, .nset = 1};
	struct job_hooks hooks = {0};
	struct err e = {0};
	struct job j;
	int asked = 0, stops = 0;

	folder_make();
	o.session = in("a");
	REQUIRE(job_open(&j, NULL, &o, &hooks, &e) == 0);
	CHECK_INT(job_run(&j, &e), 0);
	job_close(&j);

	o.session = in("b");
	hooks = (struct job_hooks){.ctx = &asked, .stopping = stop_at_third};
	REQUIRE(job_open(&j, NULL, &o, &hooks, &e) == 0);
	REQUIRE(job_run(&j, &e) == 0);
	REQUIRE(!j.complete);
	CHECK(!j.trainer.state.ended &&
	      trainer_epoch_full(&j.trainer)); /* the epoch is not evaluated */
	job_close(&j);
	o.resume = true; /* in another process, as it were; then in the same one */
	REQUIRE(job_open(&j, NULL, &o, &hooks, &e) == 0);
	for (; !j.complete && stops < 50; stops++) {
		CHECK_INT(job_run(&j, &e), 0);
		CHECK_STR(e.text, "");
		if (stops % 2) /* else it would never come to an end */
			asked = -4;
	}
	CHECK(j.complete);
	CHECK(stops > 2);
	job_close(&j);
	check_same("a", "b");
	folder_remove();
}

/* More than the machine has is refused, with what to set; how a batch is cut depends on the
 * settings alone. */
static enum job_go ask_memory(void *ctx, struct job *j)
{
	int64_t most = j->memory.most;
	struct err e = {0};

	(void)ctx;
	CHECK_INT(job_remark_memory(j, most, &e), 0);
	CHECK_INT(job_remark_memory(j, most - 1, &e), -1);
	CHECK_HAS(e.text, "fold 0 may take ");
	CHECK_HAS(e.text, "let a new run take less with train.memory=");
	err_clear(&e);
	return JOB_STOP;
}

/* In a folder of its own; it is left open. */
static void run_between(struct job *j, enum job_go (*ask)(void *ctx, struct job *j))
{
	const struct job_hooks hooks = {.between = ask};
	struct job_options o = {.config = CONFIG};
	struct err e = {0};

	folder_make();
	o.session = in("a");
	if (job_open(j, NULL, &o, &hooks, &e))
		FAIL("%s", e.text);
	CHECK_INT(job_run(j, &e), 0);
}

TEST(more_memory_than_there_is_is_refused)
{
	struct job j;

	run_between(&j, ask_memory);
	job_close(&j);
	folder_remove();
}

/* ---- one lab, two runs ---- */

static const char *const other_set[] = {"exp.seed=77", "train.optimizer.lr=0.02"};
static const struct job_options first = {.config = CONFIG},
				other = {.config = CONFIG, .set = other_set, .nset = 2};

/* Each time the first is between two steps, the second does one. */
struct two {
	struct job *second;
	bool done;
	int shared; /* times the second was given a step */
};

static enum job_go give_a_step(void *ctx, struct job *j)
{
	struct two *t = ctx;
	struct err e = {0};

	(void)j;
	if (t->second->complete)
		return JOB_GO;
	t->shared++;
	t->done = false;
	if (job_run(t->second, &e))
		FAIL("%s", e.text);
	return JOB_GO;
}

static enum job_go one_step(void *ctx, struct job *j)
{
	struct two *t = ctx;
	bool done = t->done;

	(void)j;
	t->done = true;
	return done ? JOB_STOP : JOB_GO;
}

static void train_alone(const char *name, struct job_options o)
{
	const struct job_hooks none = {0};
	struct err e = {0};
	struct job j;

	o.session = in(name);
	REQUIRE(job_open(&j, NULL, &o, &none, &e) == 0);
	CHECK_INT(job_run(&j, &e), 0);
	job_close(&j);
}

TEST(two_interleaved_runs_over_one_lab_are_two_separate_runs)
{
	struct job_options a = first, b = other;
	struct err e = {0};
	struct two two = {0};
	const struct job_hooks outer = {.ctx = &two, .between = give_a_step};
	const struct job_hooks inner = {.ctx = &two, .between = one_step};
	struct job one, second;
	struct labs labs;

	labs_init(&labs);
	folder_make();
	train_alone("a", first);
	train_alone("b", other);
	a.session = in("c");
	REQUIRE(job_open(&one, &labs, &a, &outer, &e) == 0);
	b.session = in("d");
	REQUIRE(job_open(&second, &labs, &b, &inner, &e) == 0);
	CHECK(second.lab == one.lab);
	two.second = &second;
	CHECK_INT(job_run(&one, &e), 0);
	CHECK(one.complete);
	CHECK(second.complete);
	CHECK(two.shared > 8); /* both were trained at once, not one after the other */
	job_close(&one);
	CHECK_INT(second.lab->held, 2); /* the data stays for who is left, and who comes */
	job_close(&second);
	labs_close(&labs);
	check_same("a", "c");
	check_same("b", "d");
	folder_remove();
}

/* Other labels make other data of the same files; how it is used does not. */
TEST(a_lab_lends_only_the_data_that_is_asked_for)
{
	static const char *const labels[] = {"exp.labels=glad,calm,cross"},
				 *const usage[] = {"exp.normalize=train", "exp.protocol=fixed"};
	struct job_options o = first;
	const struct job_hooks none = {0};
	struct err e = {0};
	struct job one, another;
	struct labs labs;

	labs_init(&labs);
	folder_make();
	o.session = in("a");
	REQUIRE(job_open(&one, &labs, &o, &none, &e) == 0);
	o.session = in("b");
	o.set = labels;
	o.nset = 1;
	REQUIRE(job_open(&another, &labs, &o, &none, &e) == 0);
	CHECK(another.lab != one.lab);
	CHECK_INT(one.lab->held, 1);
	job_close(&another);
	o.session = in("c");
	o.set = usage;
	o.nset = 2;
	REQUIRE(job_open(&another, &labs, &o, &none, &e) == 0);
	CHECK(another.lab == one.lab);
	job_close(&another);
	job_close(&one);
	labs_close(&labs);
	folder_remove();
}

static enum job_go refuses(void *ctx, struct job *j)
{
	static const char *const wrong[][2] = {
		{"set train.batch_size 3", "train.batch_size is fixed during a run"},
		{"set train.optimiser.lr 1", "did you mean train.optimizer.lr?"},
		{"set train.clip -1", "train.clip: expected"},
		{"set train.clip", "expected set KEY VALUE"},
		{"settrain.clip 1", "expected set KEY VALUE"},
		{"", "expected set KEY VALUE"},
	};

	(void)ctx;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct err e = {0};

		CHECK_INT(steer_command(&j->steer, wrong[i][0], &e), -1);
		CHECK_HAS(e.text, wrong[i][1]);
	}
	return JOB_STOP;
}

TEST(job_refuses_wrong_changes_and_stays_open_to_be_looked_at)
{
	struct err e = {0};
	struct job j;

	run_between(&j, refuses);
	check_holds(in("a/commands.log"), "");
	CHECK(j.trainer.corpus == &j.lab->corpus);
	CHECK_INT(job_run(&j, &e), 0); /* again: goes on from the checkpoint */
	job_close(&j);
	job_close(&j);
	folder_remove();
}

TEST(job_failed_open_can_be_closed)
{
	static const char *const set[] = {"exp.audio_dir=/nowhere"};
	struct job_options o = {.config = CONFIG, .set = set, .nset = 1};
	const struct job_hooks hooks = {0};
	struct err e = {0};
	struct job j;

	folder_make();
	o.session = in("a");
	CHECK_INT(job_open(&j, NULL, &o, &hooks, &e), -1);
	CHECK_HAS(e.text, "/nowhere: no such folder; correct exp.audio_dir");
	job_close(&j);
	CHECK(!file_exists(in("a")));
	folder_remove();
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
