/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Queued runs, trained by the screen (ui/state/feeder.h). */
#include "temp.h"
#include "tests/ui/util.h"

#include "app/lab/work_private.h"
#include "app/queue/waiting.h"
#include "base/file.h"
#include "ui/console/command.h"
#include "ui/loop.h"
#include "ui/state/feed.h"
#include "ui/state/feeder.h"
#include "ui/state/page.h"
#include "ui/state/runs.h"

#include <limits.h>
#include <poll.h>

enum { RUNS = 3 };

static struct ui u;
static char tiny[PATH_MAX];

static void turn(void)
{
	struct pollfd p = {.fd = work_fd(u.work), .events = POLLIN};
	struct event e;

	poll(&p, 1, -1);
	while (work_next(u.work, &e))
		feed_event(&u, &e);
	feed_after(&u);
}

#define UNTIL(condition)             \
	do {                         \
		while (!(condition)) \
			turn();      \
	} while (0)

/* A run of so many epochs in sessions/NAME, queued. */
static void queue_one(const char *name, const char *epochs, const char *seed)
{
	const char *const set[] = {epochs, seed};
	const struct waiting_asked a = {
		.folder = QUEUE_FOLDER, .config = tiny, .set = set, .nset = 2};
	char dir[PATH_LEN], session[PATH_LEN];
	struct err e = {0};

	snprintf(session, sizeof session, QUEUE_FOLDER "/%s", name);
	if (waiting_queue(&a, session, QUEUE_LAST, dir, sizeof dir, &e))
		FAIL("%s", e.text);
}

/* The screen shows a run that is not in the queue, and pauses before its first step. */
static void begin(const char *shown)
{
	static const char *const set[] = {"train.epoch=100000"};
	struct work_options o = {.job = {.config = tiny,
					 .session = shown,
					 .set = set,
					 .nset = 1,
					 .resume = true,
					 .threads = 1},
				 .paused = true};
	struct err e = {0};

	ui_init(&u, &look_braille, 24, 80);
	u.how.threads = 2;
	u.run_shown = runs_add(&u, &o, &e);
	if (!u.run_shown)
		FAIL("%s", e.text);
	work_snapshot(u.work, u.run_shown, &u.now);
	UNTIL(u.run.dir[0]);
}

static void end(int status)
{
	CHECK_INT(work_end(u.work), status);
	u.work = NULL;
	ui_free(&u);
}

static void run(const char *line)
{
	struct err e = {0};

	if (command_run(&u, line, &e))
		FAIL("%s: %s", line, e.text);
}

static void check_same(const char *a, const char *b)
{
	static const char *const file[] = {"steps.csv", "config.yml", "fold-0/best.safetensors",
					   "fold-0/state.safetensors", "fold-0/predictions.csv"};

	for (size_t i = 0; i < sizeof file / sizeof *file; i++) {
		char x[PATH_LEN], y[PATH_LEN], *s, *t;
		struct err e = {0};
		size_t n = 0, m = 0;

		snprintf(x, sizeof x, "%s/%s", a, file[i]);
		snprintf(y, sizeof y, "%s/%s", b, file[i]);
		s = file_read(x, FILE_ROWS, &n, &e);
		t = file_read(y, FILE_ROWS, &m, &e);
		if (!s || !t || n != m || memcmp(s, t, n) != 0)
			FAIL("%s and %s differ", x, y);
		free(s);
		free(t);
	}
}

static void train_alone(const char *session, const char *epochs, const char *seed)
{
	const char *const set[] = {epochs, seed};
	const struct job_options o = {
		.config = tiny, .session = session, .set = set, .nset = 2, .threads = 1};
	struct err e = {0};
	struct job j;

	if (job_open(&j, NULL, &o, &(struct job_hooks){0}, &e) || job_run(&j, &e))
		FAIL("%s", e.text);
	job_close(&j);
}

/* All that is queued, with so many jobs, while the shown run is looked at. */
static void feed_all(int jobs)
{
	static const char *const epochs[] = {"train.epoch=9", "train.epoch=5", "train.epoch=7"};
	static const char *const seed[] = {"exp.seed=3", "exp.seed=4", "exp.seed=5"};
	char name[64], alone[64], dir[64], line[32];
	int most = 0;

	for (int i = 0; i < RUNS; i++) {
		snprintf(name, sizeof name, "fed-%d-%d", jobs, i);
		queue_one(name, epochs[i], seed[i]);
	}
	snprintf(dir, sizeof dir, "shown-%d", jobs);
	begin(dir);
	feed_after(&u);
	CHECK_INT(work_runs(u.work, NULL, 0), 1); /* not by itself */
	CHECK_INT(feeder_waiting(&u), RUNS);
	snprintf(line, sizeof line, "jobs %d", jobs);
	run(line);
	CHECK_INT(work_runs(u.work, NULL, 0), 1);
	run("queue go");
	while (feeder_waiting(&u)) {
		int n = work_training(u.work, NULL, 0);

		most = n > most ? n : most;
		CHECK(n <= jobs);
		turn();
	}
	CHECK_INT(most, jobs);
	UNTIL(work_runs(u.work, NULL, 0) == 1);
	CHECK_INT(u.run_shown, WORK_FIRST);
	CHECK(!u.message.error);
	end(0);
	for (int i = 0; i < RUNS; i++) {
		snprintf(alone, sizeof alone, "alone-%d-%d", jobs, i);
		snprintf(dir, sizeof dir, QUEUE_FOLDER "/fed-%d-%d", jobs, i);
		train_alone(alone, epochs[i], seed[i]);
		check_same(dir, alone);
	}
}

TEST(queued_runs_train_as_one_by_one)
{
	feed_all(1);
	feed_all(2);
}

/* The run on the screen has the only job: the queue waits for it. */
TEST(the_queue_waits_for_a_job)
{
	queue_one("waits", "train.epoch=2", "exp.seed=1");
	begin("trains");
	work_resume(u.work, WORK_FIRST);
	UNTIL(u.now.placed);
	run("queue go");
	for (int i = 0; i < 20; i++)
		turn();
	CHECK_INT(work_runs(u.work, NULL, 0), 1);
	work_stop(u.work, WORK_FIRST);
	UNTIL(feeder_waiting(&u) == 0);
	CHECK(file_exists(QUEUE_FOLDER "/waits/results.json"));
	end(0);
}

/* A run that another program queues is begun once its line is seen. */
TEST(what_others_queue_is_begun)
{
	begin("beside");
	run("jobs 2");
	CHECK(!feeder_hungry(&u)); /* nobody has asked for the queue */
	feeder_poke(&u);
	CHECK(feeder_hungry(&u));
	CHECK(!feeder_look(&u)); /* nothing has changed */
	queue_one("later", "train.epoch=1", "exp.seed=1");
	CHECK(feeder_hungry(&u));
	CHECK(feeder_look(&u));
	CHECK(!feeder_hungry(&u));
	UNTIL(feeder_waiting(&u) == 0);
	CHECK(file_exists(QUEUE_FOLDER "/later/results.json"));
	UNTIL(feeder_hungry(&u));
	run("queue stop");
	CHECK(!feeder_hungry(&u));
	end(0);
}

/* What its user has stopped stays in the queue, and is not begun again by itself. */
TEST(a_stopped_one_stays_in_the_queue)
{
	int id[2] = {0};

	queue_one("stopped", "train.epoch=100000", "exp.seed=1");
	queue_one("after", "train.epoch=2", "exp.seed=1");
	begin("shown");
	run("queue go");
	UNTIL(work_training(u.work, id, 2) == 1);
	runs_show(&u, id[0]);
	UNTIL(u.run.nfolds && u.run.fold[0].nsteps > 3);
	CHECK_HAS(u.run.dir, "stopped");
	run("stop");
	UNTIL(feeder_waiting(&u) == 1);
	CHECK(file_exists(QUEUE_FOLDER "/after/results.json"));
	UNTIL(!feeder_busy(&u));
	CHECK_INT(u.now.state, WORK_IDLE);
	CHECK(u.now.trains);
	end(0);
	CHECK(file_exists(QUEUE_FOLDER "/stopped/fold-0/state.safetensors"));
	CHECK_INT(queue_remove(QUEUE_FOLDER, QUEUE_FOLDER "/stopped", NULL, &(struct err){0}), 0);
}

/* Another process has stopped it: not at once the same run again. */
TEST(one_that_is_stopped_from_outside_stays_in_the_queue)
{
	int id[2] = {0};

	queue_one("outside", "train.epoch=100000", "exp.seed=1");
	queue_one("following", "train.epoch=2", "exp.seed=1");
	begin("screen");
	run("queue go");
	UNTIL(work_training(u.work, id, 2) == 1);
	runs_show(&u, id[0]);
	UNTIL(u.run.nfolds && u.run.fold[0].nsteps > 3);
	work_asks(u.work, 4711);
	work_stop(u.work, id[0]);
	work_asks(u.work, 0);
	UNTIL(feeder_waiting(&u) == 1);
	CHECK(file_exists(QUEUE_FOLDER "/following/results.json"));
	UNTIL(!feeder_busy(&u));
	CHECK_INT(u.now.state, WORK_IDLE);
	run("queue");
	CHECK_HAS(u.page.text, "not begun again here: outside: it was stopped");
	page_close(&u);
	run("queue go"); /* its user asks for it again */
	UNTIL(u.now.state == WORK_RUN);
	end(0);
	CHECK_INT(queue_remove(QUEUE_FOLDER, QUEUE_FOLDER "/outside", NULL, &(struct err){0}), 0);
}

/* It rests on the screen, has not begun, and is stopped from outside. */
TEST(one_that_rests_and_is_stopped_from_outside_does_not_begin)
{
	static const char dir[] = QUEUE_FOLDER "/resting";

	queue_one("resting", "train.epoch=2", "exp.seed=1");
	ui_init(&u, &look_braille, 24, 80);
	REQUIRE(runs_start(&u, dir, &(struct err){0}) == 0);
	UNTIL(u.run.dir[0] && u.now.opened);
	work_asks(u.work, 4711);
	work_stop(u.work, u.run_shown);
	work_asks(u.work, 0);
	UNTIL(u.now.state == WORK_IDLE);
	u.feeder.on = true;
	feed_after(&u);
	CHECK(!feeder_busy(&u));
	end(0);
	CHECK_INT(feeder_waiting(&u), 1);
	REQUIRE(queue_remove(QUEUE_FOLDER, dir, NULL, &(struct err){0}) == 0);
}

static void queue_seeds_of(const char *dir, int seeds)
{
	const char *const set[] = {"train.epoch=2"};
	const struct waiting_asked a = {
		.folder = QUEUE_FOLDER, .config = tiny, .set = set, .nset = 1, .seeds = seeds};
	char made[PATH_LEN];
	struct err e = {0};

	if (waiting_queue(&a, dir, QUEUE_LAST, made, sizeof made, &e))
		FAIL("%s", e.text);
}

static void open_shown(const char *dir)
{
	struct err e = {0};

	ui_init(&u, &look_braille, 24, 80);
	REQUIRE(runs_start(&u, dir, &e) == 0);
	UNTIL(u.run.dir[0] && u.now.opened);
}

static void train_shown(void)
{
	run("run");
	UNTIL(u.feeder.n);
	UNTIL(u.now.state == WORK_IDLE && !u.feeder.n);
}

/* Its user opens a queued run and goes on with it: that is all of its seeds. */
TEST(a_queued_run_that_is_opened_trains_all_its_seeds)
{
	static const char dir[] = QUEUE_FOLDER "/seeds";

	queue_seeds_of(dir, 2);
	open_shown(dir);
	train_shown();
	CHECK_INT(feeder_waiting(&u), 0);
	CHECK(file_exists(QUEUE_FOLDER "/seeds/results.json"));
	CHECK(file_exists(QUEUE_FOLDER "/seeds/seed-13/results.json"));
	end(0);
}

/* The run on the screen is the next: it begins there. */
TEST(a_queued_run_that_is_opened_begins_with_the_queue)
{
	static const char dir[] = QUEUE_FOLDER "/shown";

	queue_seeds_of(dir, 1);
	open_shown(dir);
	CHECK_INT(u.now.state, WORK_PAUSED);
	run("queue go");
	CHECK(feeder_busy(&u));
	while (feeder_busy(&u))
		turn();
	CHECK_INT(feeder_waiting(&u), 0);
	CHECK(file_exists(QUEUE_FOLDER "/shown/results.json"));
	CHECK(!u.message.error);
	end(0);
	queue_remove(QUEUE_FOLDER, dir, NULL, &(struct err){0});
}

/* Its user has said that it is not to begin. */
TEST(a_queued_run_that_is_opened_and_stopped_does_not_begin_by_itself)
{
	static const char dir[] = QUEUE_FOLDER "/not-yet";
	struct err e = {0};

	queue_seeds_of(dir, 1);
	open_shown(dir);
	run("stop");
	UNTIL(u.now.state == WORK_IDLE);
	u.feeder.on = true; /* for another run */
	feed_after(&u);
	CHECK(!feeder_busy(&u));
	end(0);
	CHECK_INT(feeder_waiting(&u), 1);
	REQUIRE(queue_remove(QUEUE_FOLDER, dir, NULL, &e) == 0);
}

/* Seeds that its line has got since it was opened stay in the queue. */
TEST(a_line_stays_until_all_its_seeds_are_trained)
{
	static const char dir[] = QUEUE_FOLDER "/more";
	struct err e = {0};

	queue_seeds_of(dir, 1);
	open_shown(dir);
	REQUIRE(queue_remove(QUEUE_FOLDER, dir, NULL, &e) == 0);
	REQUIRE(queue_add(QUEUE_FOLDER, dir, 2, QUEUE_LAST, &e) == 0);
	train_shown();
	CHECK(file_exists(QUEUE_FOLDER "/more/results.json"));
	CHECK_INT(feeder_waiting(&u), 1);
	end(0);
	REQUIRE(queue_remove(QUEUE_FOLDER, dir, NULL, &e) == 0);
}

/* A session that cannot be opened is passed over; those after it are trained. */
TEST(a_broken_one_is_passed_over)
{
	struct err e = {0};

	queue_one("broken", "train.epoch=2", "exp.seed=1");
	queue_one("whole", "train.epoch=2", "exp.seed=1");
	REQUIRE(file_write(QUEUE_FOLDER "/broken/config.yml", "exp: {\n", 7, &e) == 0);
	begin("looks");
	run("queue go");
	UNTIL(feeder_waiting(&u) == 1 && !feeder_busy(&u));
	CHECK(file_exists(QUEUE_FOLDER "/whole/results.json"));
	CHECK_INT(u.feeder.passed.n, 1);
	CHECK_HAS(u.feeder.passed.at[0].dir, "broken");
	run("queue");
	CHECK_HAS(u.page.text, "broken: ");
	end(0);
	CHECK_INT(queue_remove(QUEUE_FOLDER, QUEUE_FOLDER "/broken", NULL, &e), 0);
}

static int steps_of(int run)
{
	struct snapshot s;

	work_snapshot(u.work, run, &s);
	return s.step;
}

/* Its next step is not finite: a weight becomes infinite while it pauses. */
static void spoil(int id)
{
	struct work_run *of = work_find(u.work, id);
	struct glance g;

	work_pause(u.work, id);
	do {
		turn();
		work_glance(u.work, id, &g);
	} while (g.state != WORK_PAUSED);
	pthread_mutex_lock(&u.work->lock);
	of->job.trainer.model.params.w[0] = INFINITY;
	pthread_mutex_unlock(&u.work->lock);
	work_resume(u.work, id);
}

/* One that diverges at night leaves the queue, and the next begins. */
TEST(a_diverged_one_leaves_the_queue)
{
	int id[2] = {0};

	queue_one("diverges", "train.epoch=100000", "exp.seed=1");
	queue_one("next", "train.epoch=2", "exp.seed=1");
	begin("night");
	run("queue go");
	UNTIL(work_training(u.work, id, 2) == 1 && steps_of(id[0]) > 0);
	spoil(id[0]);
	UNTIL(feeder_waiting(&u) == 0);
	CHECK(!file_exists(QUEUE_FOLDER "/diverges/results.json"));
	CHECK(file_exists(QUEUE_FOLDER "/next/results.json"));
	UNTIL(work_runs(u.work, NULL, 0) == 1);
	CHECK_HAS(u.ended_badly, "diverges diverged: ");
	end(EXIT_DIVERGED);
}

static void press(uint32_t key)
{
	loop_key(&u, (struct key){.code = key});
}

/* ":stop" typed into a question is no answer, and no key of the view. */
TEST(a_question_takes_its_answers_alone)
{
	static const uint32_t no[] = {'n', 'N', 27, 3, '\r'};

	begin("asked");
	ui_ask(&u, "jobs 2", "2 runs are queued: begin them? y/n");
	for (const char *k = ":stop 7q"; *k; k++) {
		press((uint32_t)*k);
		CHECK_INT(u.overlay_kind, OVERLAY_ASK);
	}
	press(K_CLICK);
	loop_key(&u, (struct key){.code = 'y', .meta = true});
	CHECK_INT(u.overlay_kind, OVERLAY_ASK);
	CHECK_INT(u.view, 0);
	CHECK(!u.quit && u.now.state == WORK_PAUSED && u.feeder.jobs == 0);
	for (size_t i = 0; i < sizeof no / sizeof *no; i++) {
		u.overlay_kind = OVERLAY_ASK;
		press(no[i]);
		CHECK_INT(u.overlay_kind, OVERLAY_NONE);
		CHECK_INT(u.feeder.jobs, 0);
	}
	u.overlay_kind = OVERLAY_ASK;
	press('Y');
	CHECK_INT(u.overlay_kind, OVERLAY_NONE);
	CHECK_INT(u.feeder.jobs, 2);
	end(0);
}

/* ^C, y: each leaves a checkpoint, the queue keeps its line, and none begins again. */
TEST(an_interrupt_stops_all_after_a_question)
{
	queue_one("beside", "train.epoch=100000", "exp.seed=1");
	begin("interrupted");
	run("jobs 2");
	CHECK_STR(u.message.text, "up to 2 runs train at once, each with a share of the threads");
	run("jobs");
	CHECK_STR(u.message.text, "up to 2 runs train at once; 0 train now");
	work_resume(u.work, WORK_FIRST);
	run("queue go");
	UNTIL(work_training(u.work, NULL, 0) == 2 && u.now.state == WORK_RUN && u.others.n == 1);
	press(3);
	CHECK_INT(u.overlay_kind, OVERLAY_ASK);
	CHECK_STR(u.ask.question, "2 runs train; stop all of them after a checkpoint? y/n");
	press('n');
	CHECK_INT(work_training(u.work, NULL, 0), 2);
	press('q');
	CHECK_STR(u.ask.question, "2 runs train; checkpoint, stop all and quit? y/n");
	press('n');
	CHECK(!u.quit);
	press(3);
	press('y');
	UNTIL(work_runs(u.work, NULL, 0) == 1 && u.now.state == WORK_IDLE);
	CHECK(!feeder_busy(&u));
	CHECK_INT(feeder_waiting(&u), 1);
	CHECK(file_exists("interrupted/fold-0/state.safetensors"));
	CHECK(file_exists(QUEUE_FOLDER "/beside/fold-0/state.safetensors"));
	end(0);
	CHECK_INT(queue_remove(QUEUE_FOLDER, QUEUE_FOLDER "/beside", NULL, &(struct err){0}), 0);
}

/* What steers is for the run on the screen; where that cannot train, who does is named. */
TEST(steering_names_who_trains)
{
	struct err e = {0};
	int before;

	train_alone("over", "train.epoch=2", "exp.seed=1");
	queue_one("far-away", "train.epoch=100000", "exp.seed=1");
	ui_init(&u, &look_braille, 24, 80);
	REQUIRE(runs_start(&u, "over", &e) == 0);
	UNTIL(u.run.dir[0] && u.now.state == WORK_IDLE);
	run("queue go");
	UNTIL(u.others.n == 1);
	CHECK_INT(command_run(&u, "set train.clip 1", &e), -1);
	CHECK_HAS(e.text, "far-away trains, open shows it");
	press(3);
	CHECK_STR(u.ask.question, "far-away trains; stop it after a checkpoint? y/n");
	press('n');
	before = u.run_shown;
	run("open far-away");
	UNTIL(u.run_shown != before);
	run("set train.clip 1");
	UNTIL(u.now.set.train.clip == 1);
	end(0);
}

int main(int argc, char **argv)
{
	if (!realpath("tests/record/tiny/config.yml", tiny))
		return 1;
	temp_path("here");
	if (chdir(temp_dir))
		return 1;
	return TEST_MAIN(argc, argv);
}
