/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Starting runs from the screen (ui/console/start.h): what is made, what it is called, and
 * that nothing is made where something is wrong. A session of the tiny corpus lies in
 * sessions/ of a folder that is the current one.
 */
#include "temp.h"
#include "tests/ui/util.h"

#include "app/queue/queue.h"
#include "app/session/session.h"
#include "base/file.h"
#include "ui/console/command.h"
#include "ui/console/complete.h"
#include "ui/state/feed.h"
#include "ui/state/feeder.h"
#include "ui/state/next_run.h"
#include "ui/state/page.h"

#include <limits.h>
#include <poll.h>

static char tiny[PATH_MAX];
static struct ui u;

static void train(const char *config, const char *session, bool resume, const char *const *set,
		  int nset)
{
	struct job_options o = {.config = config,
				.session = session,
				.resume = resume,
				.set = set,
				.nset = nset,
				.threads = 1};
	struct job_hooks hooks = {0};
	struct err e = {0};
	struct job j;

	if (job_open(&j, NULL, &o, &hooks, &e) || job_run(&j, &e))
		FAIL("%s", e.text);
	job_close(&j);
}

/* The screen with that session on it, and nothing of a test before. */
static void start(void)
{
	struct err e = {0};

	if (system("rm -rf sessions/queue* sessions/first-* sessions/mine* sessions/first/seed-13"))
		FAIL("rm");
	ui_init(&u, &look_braille, 24, 80);
	if (run_load(&u.run, "sessions/first", &e))
		FAIL("%s", e.text);
	snprintf(u.now.session, sizeof u.now.session, "%s", u.run.dir);
	snprintf(u.now.root, sizeof u.now.root, "%s", u.run.dir);
	u.now.set = u.run.set;
	u.now.state = WORK_IDLE;
	u.now.opened = true;
}

/* The error of a command, or "". */
static const char *run(const char *line)
{
	static struct err e;

	err_clear(&e);
	command_run(&u, line, &e);
	return e.text;
}

/* The names in the queue, with spaces between. */
static const char *queued(void)
{
	static char text[1024];
	struct err e = {0};
	struct queue q;
	size_t n = 0;

	text[0] = '\0';
	if (queue_read(&q, QUEUE_FOLDER, &e))
		FAIL("%s", e.text);
	for (int i = 0; i < q.n; i++)
		n += (size_t)snprintf(text + n, sizeof text - n, "%s%s", i ? " " : "",
				      q.run[i].name);
	queue_free(&q);
	return text;
}

static struct settings stored(const char *session)
{
	struct settings set = {0};
	struct session s;
	struct err e = {0};

	if (session_read(&s, session, &set, &e))
		FAIL("%s", e.text);
	return set;
}

/* sessions/ holds the first session and nothing else. */
static void check_nothing_made(void)
{
	CHECK_STR(queued(), "");
	CHECK_INT(system("test \"$(ls sessions | grep -v '^queue')\" = first"), 0);
}

TEST(the_draft_becomes_a_session_that_waits)
{
	struct settings set;

	start();
	CHECK_STR(run("draft train.batch_size 2"), "");
	CHECK_STR(run("draft lr x0.5"), "");
	CHECK_STR(run("start"), "");
	CHECK_STR(u.message.text, "first-lr=0.006,batch_size=2 begins now");
	CHECK_STR(queued(), "first-lr=0.006,batch_size=2");
	set = stored("sessions/first-lr=0.006,batch_size=2");
	CHECK_INT(set.train.batch_size, 2);
	CHECK_NEAR(set.train.optimizer.lr, 0.006, 0);
	CHECK_INT(set.train.epoch, 2);
	CHECK_STR(set.exp.audio_dir, u.run.base.exp.audio_dir);
	CHECK(!file_exists("sessions/first-lr=0.006,batch_size=2/steps.csv"));
	CHECK_INT(next_run(&u)->n, 0); /* starting empties it */
	ui_free(&u);
}

TEST(what_waits_is_said)
{
	start();
	u.run_training = 1;
	CHECK_STR(run("start mine train.epoch=1"), "");
	CHECK_STR(u.message.text, "mine is queued: it begins when a run has ended");
	CHECK_STR(run("start mine-2 train.epoch=3"), "");
	CHECK_STR(u.message.text, "mine-2 is queued, after 1 other");
	CHECK_STR(queued(), "mine mine-2");
	ui_free(&u);
}

TEST(a_name_is_one_that_is_free)
{
	start();
	run("draft train.batch_size 2");
	CHECK_STR(run("start first"), "sessions/first is there already; first-2 is free");
	CHECK_HAS(run("start ../out"), "cannot name a run");
	CHECK_HAS(run("start .hidden"), "cannot name a run");
	CHECK_HAS(run("start -x"), "cannot name a run");
	CHECK_HAS(run("start a;b"), "cannot name a run");
	CHECK_HAS(run("start queue"), "is the queue's own file");
	CHECK_HAS(run("start queue.lock"), "is the queue's own file");
	CHECK_HAS(run("start mine and more"), "found a second name, and");
	check_nothing_made();
	CHECK_INT(next_run(&u)->n, 1);
	CHECK_STR(run("start mine"), "");
	CHECK_STR(run("start mine"), "sessions/mine is there already; mine-2 is free");
	/* Its own names never meet. */
	run("draft train.batch_size 2");
	CHECK_STR(run("start"), "");
	run("draft train.batch_size 2");
	CHECK_STR(run("start"), "");
	CHECK_STR(queued(), "mine first-batch_size=2 first-batch_size=2-2");
	ui_free(&u);
}

TEST(changes_in_the_command_leave_the_draft_alone)
{
	start();
	run("draft train.batch_size 2");
	CHECK_STR(run("start lr=x2 train.epoch=1"), "");
	CHECK_STR(queued(), "first-lr=0.024,epoch=1");
	CHECK_INT(stored("sessions/first-lr=0.024,epoch=1").train.batch_size, 4);
	CHECK_INT(next_run(&u)->n, 1);
	CHECK_HAS(run("start lr=fast"), "train.optimizer.lr: expected a number");
	CHECK_HAS(run("start speed=1"), "unknown key speed");
	CHECK_STR(queued(), "first-lr=0.024,epoch=1");
	ui_free(&u);
}

TEST(again_is_the_next_seed)
{
	start();
	run("draft train.batch_size 2");
	CHECK_STR(run("again"), "");
	CHECK_STR(run("again"), "");
	CHECK_STR(queued(), "first-seed=13 first-seed=14");
	CHECK_INT(stored("sessions/first-seed=14").exp.seed, 14);
	CHECK_INT(stored("sessions/first-seed=14").train.batch_size, 4);
	CHECK_INT(next_run(&u)->n, 1);
	CHECK_HAS(run("again 3"), "again takes no argument");
	ui_free(&u);
}

/* A seed that the session holds itself is not trained twice. */
TEST(again_passes_the_seeds_of_the_session)
{
	start();
	if (mkdir("sessions/first/seed-13", 0777))
		FAIL("mkdir");
	CHECK_STR(run("again"), "");
	CHECK_STR(queued(), "first-seed=14");
	ui_free(&u);
}

static void put_log(const char *lines)
{
	struct err e = {0};

	if (file_write("log", lines, strlen(lines), &e))
		FAIL("%s", e.text);
}

static const char *read_log(const char *path)
{
	static char *text;
	struct err e = {0};

	free(text);
	text = file_read(path, FILE_LOG, NULL, &e);
	return text ? text : "";
}

/* The run as it was started, and not the draft; its log is there before it begins. */
TEST(replay_follows_a_log)
{
	start();
	run("draft train.batch_size 2");
	put_log("at 0 1 3 set train.clip 0.5  # was what?\nat 0 2 6 rewind 1:2 x\n"
		"at 0 1 4 set train.clip 1\n");
	CHECK_STR(run("replay log"), "");
	CHECK_STR(u.message.text, "first-replay begins now");
	CHECK_STR(queued(), "first-replay");
	CHECK_INT(stored("sessions/first-replay").train.batch_size, 4);
	CHECK_INT(stored("sessions/first-replay").exp.seed, 12);
	CHECK_STR(read_log("sessions/first-replay/fold-0/commands.log"),
		  "at 0 1 3 set train.clip 0.5   # was 0\nat 0 2 6 rewind 1:2 x\n"
		  "at 0 1 4 set train.clip 1   # was 0\n");
	CHECK_STR(run("replay log"), "");
	CHECK_STR(queued(), "first-replay first-replay-2");
	CHECK_INT(next_run(&u)->n, 1);
	ui_free(&u);
}

TEST(a_wrong_log_makes_nothing)
{
	start();
	CHECK_STR(run("replay"), "replay FILE: expected a commands.log");
	CHECK_HAS(run("replay nowhere.log"), "nowhere.log: no such file");
	put_log("at 0 1 1 pause\nat 0 1 9 set train.clip 1\n");
	CHECK_HAS(run("replay log"), "log:2: step 9 of fold 0 is in epoch 3, not 1: an epoch has 4 "
				     "steps; is this the log of another run?");
	put_log("at 0 1 2 set train.batch_size 3\n");
	CHECK_HAS(run("replay log"), "log:1: train.batch_size is fixed during a run");
	u.readonly = true;
	CHECK_HAS(run("replay log"), "--readonly");
	check_nothing_made();
	ui_free(&u);
}

TEST(nothing_is_made_of_what_is_wrong)
{
	start();
	run("draft model.num_heads 3");
	CHECK_HAS(run("start"), "model.num_heads: 3 does not divide");
	check_nothing_made();
	CHECK_INT(next_run(&u)->n, 1);
	run("draft off");
	run("draft exp.audio_dir nowhere");
	CHECK_HAS(run("start"), "nowhere");
	check_nothing_made();
	run("draft off");
	run("draft model.text_feat_dim 7");
	CHECK_HAS(run("start"), "the page says what is wrong with its data");
	CHECK_INT(u.overlay_kind, OVERLAY_PAGE);
	CHECK_HAS(u.page.text, "7");
	CHECK_HAS(u.page.text, "23 rows cannot be used; fix them\n");
	page_close(&u);
	u.overlay_kind = OVERLAY_NONE;
	u.settle = ui_want_look; /* a script has no page */
	CHECK_HAS(run("start"), "the next run's data: 23 rows: ");
	u.settle = NULL;
	CHECK_INT(u.overlay_kind, OVERLAY_NONE);
	check_nothing_made();
	run("draft off");
	u.readonly = true;
	CHECK_HAS(run("start mine"), "--readonly");
	CHECK_HAS(run("start mine train.epoch=1"), "--readonly");
	CHECK_HAS(run("again"), "--readonly");
	CHECK_HAS(run("start now"), "--readonly");
	check_nothing_made();
	ui_free(&u);
}

/* The same run twice is of no use: the view where that changes opens. */
TEST(an_empty_draft_starts_only_under_a_name)
{
	start();
	CHECK_STR(run("start"), "");
	CHECK_INT(u.view, VIEW_CONFIG);
	CHECK_HAS(u.message.text,
		  "the next run has the settings of this one so far: Enter changes one");
	check_nothing_made();
	CHECK_STR(run("start mine"), "");
	CHECK_STR(queued(), "mine");
	ui_free(&u);
}

TEST(a_run_is_started_before_the_data_is_read_only_if_it_is_known)
{
	start();
	u.run.base = (struct settings){0};
	u.now.state = WORK_LOADING;
	CHECK_HAS(run("start"), "the data is still being read");
	CHECK_HAS(run("again"), "the data is still being read");
	check_nothing_made();
	ui_free(&u);
}

static void turn(void)
{
	struct pollfd p = {.fd = work_fd(u.work), .events = POLLIN};
	struct event e;

	poll(&p, 1, -1);
	while (work_next(u.work, &e))
		feed_event(&u, &e);
	feed_after(&u);
}

/* As time goes by in the loop: nothing need have happened. */
static void turn_if_any(void)
{
	struct pollfd p = {.fd = work_fd(u.work), .events = POLLIN};
	struct event e;

	poll(&p, 1, 100);
	while (work_next(u.work, &e))
		feed_event(&u, &e);
	feed_after(&u);
}

static void until(enum work_state state)
{
	while (u.now.state != state)
		turn();
}

/* A run that goes on and on, on the screen. */
static void start_long(void)
{
	static const char *const set[] = {"train.epoch=100000"};
	struct work_options o = {.job = {.config = tiny,
					 .session = "sessions/mine-long",
					 .set = set,
					 .nset = 1,
					 .threads = 1}};
	struct err e = {0};

	start();
	u.work = work_start(&o, &e);
	if (!u.work)
		FAIL("%s", e.text);
	u.run_shown = WORK_FIRST;
	u.now.state = WORK_LOADING;
	until(WORK_RUN);
}

/* Who trains writes a checkpoint and goes on after the new one. */
TEST(now_is_in_place_of_the_run_that_trains)
{
	start_long();
	CHECK_INT(u.run_training, WORK_FIRST);
	CHECK_STR(run("start mine-waits lr=0.006"), "");
	CHECK_STR(run("start now mine batch_size=2"), "");
	CHECK_STR(u.message.text,
		  "mine begins after a checkpoint of mine-long, which is the next in the queue");
	CHECK_STR(queued(), "mine mine-long mine-waits");
	until(WORK_IDLE);
	CHECK(u.now.trains);
	CHECK(file_exists("sessions/mine-long/fold-0/state.safetensors"));
	CHECK_INT(work_end(u.work), 0);
	u.work = NULL;
	ui_free(&u);
}

/* Nothing was queued here before: the new one begins all the same. Then the run that it
 * stopped, which is on the screen all the time, goes on. */
TEST(now_begins_the_new_run)
{
	start_long();
	CHECK_STR(run("start now mine train.epoch=1"), "");
	until(WORK_IDLE);
	while (u.feeder.on && !file_exists("sessions/mine/results.json"))
		turn();
	CHECK(file_exists("sessions/mine/results.json"));
	for (int i = 0; i < 50 && u.now.state != WORK_RUN; i++)
		turn_if_any();
	CHECK_INT(u.now.state, WORK_RUN);
	CHECK(!u.message.error);
	CHECK_INT(work_end(u.work), 0);
	u.work = NULL;
	ui_free(&u);
}

/* Nobody has to make room. */
TEST(now_stops_nobody_while_a_job_is_free)
{
	start_long();
	feeder_jobs(&u, 2);
	CHECK_STR(run("start now mine batch_size=2"), "");
	CHECK_STR(u.message.text, "mine begins now");
	CHECK_STR(queued(), "mine");
	CHECK_INT(u.now.state == WORK_STOPPING || u.now.state == WORK_IDLE, 0);
	CHECK_INT(work_end(u.work), 0);
	u.work = NULL;
	ui_free(&u);
}

static void check_same_file(const char *name)
{
	char line[256];

	snprintf(line, sizeof line, "cmp sessions/mine/%s sessions/mine-other/%s", name, name);
	if (system(line))
		FAIL("%s differs", name);
}

/* As `miust train CONFIG --set ...` makes it. */
TEST(a_started_run_has_the_bytes_of_train)
{
	static const char *const names[] = {"config.yml",
					    "data.csv",
					    "steps.csv",
					    "commands.log",
					    "fold-0/best.safetensors",
					    "fold-0/last.safetensors",
					    "fold-0/predictions.csv"};
	static const char *const set[] = {"train.epoch=2", "train.batch_size=2",
					  "train.optimizer.lr=0.006"};

	start();
	u.corpus = &(struct corpus){0}; /* as if it were read: then start does not */
	run("draft train.batch_size x0.5");
	run("draft lr 0.006");
	CHECK_STR(run("start mine"), "");
	u.corpus = NULL;
	train(NULL, "sessions/mine", true, NULL, 0);
	train(tiny, "sessions/mine-other", false, set, 3);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		check_same_file(names[i]);
	ui_free(&u);
}

static bool offers(const char *line, const char *text)
{
	console_type(&u, line);
	for (int i = 0; i < u.console.match.n; i++)
		if (strcmp(u.console.match.at[i].text, text) == 0)
			return true;
	return false;
}

/* The question, then the answer y. */
static const char *sweep(const char *line)
{
	const char *why = run(line);

	if (*why)
		return why;
	CHECK_INT(u.overlay_kind, OVERLAY_ASK);
	u.overlay_kind = OVERLAY_NONE;
	return u.ask.question;
}

TEST(a_sweep_asks_then_queues_its_grid)
{
	start();
	run("draft train.batch_size 2");
	CHECK_HAS(sweep("sweep lr=0.006,0.012,0.024 seeds 2"),
		  "first-lr: 6 runs (3 settings x 2 seeds), about ");
	CHECK_HAS(u.ask.question, " of training, about ");
	CHECK_HAS(u.ask.question, " on disk; queue them? y/n");
	check_nothing_made();
	CHECK_STR(run(u.ask.command), "");
	CHECK_STR(u.message.text, "first-lr: 6 runs in the queue");
	CHECK_STR(queued(), "first-lr/lr=0.006 first-lr/lr=0.012 first-lr/lr=0.024");
	CHECK_INT(stored("sessions/first-lr/lr=0.024").train.batch_size, 4);
	CHECK_INT(next_run(&u)->n, 1); /* the draft is left alone */
	CHECK_HAS(sweep("sweep lr=0.006,0.012 batch_size=2,4"),
		  "first-lr+batch_size: 4 runs, about");
	CHECK_HAS(sweep("sweep lr=0.006,0.012"), "first-lr-2: 2 runs, about");
	CHECK_HAS(sweep("sweep mine seeds 3"), "mine: 3 runs, about");
	ui_free(&u);
}

TEST(a_sweep_says_what_is_not_known)
{
	start();
	u.run.fold[0].nepochs = 0;
	CHECK_STR(sweep("sweep lr=0.006,0.012"),
		  "first-lr: 2 runs, for how long is not known before an epoch of this run; "
		  "queue them? y/n");
	ui_free(&u);
}

TEST(a_sweep_with_a_mistake_makes_nothing)
{
	start();
	CHECK_HAS(run("sweep"), "expected a setting and its values");
	CHECK_HAS(run("sweep lr=0.1,fast"), "lr");
	CHECK_HAS(run("sweep num_heads=2,3"), "num_heads=3: model.num_heads: 3 does not divide");
	CHECK_HAS(run("sweep lr=0.1,0.2 seeds none"), "expected how many");
	CHECK_HAS(run("sweep lr=0.1,0.2 seeds"), "expected how many");
	CHECK_HAS(run("sweep first lr=0.1,0.2"), "sessions/first is there already");
	CHECK_HAS(run("sweep a b lr=0.1,0.2"), "second name");
	CHECK_HAS(run("sweep text_dir=nowhere"), "nowhere: no such folder");
	CHECK_INT(u.overlay_kind == OVERLAY_ASK, 0);
	page_close(&u);
	check_nothing_made();
	ui_free(&u);
}

/* What differs goes on after the names of both. */
TEST(a_run_of_a_study_is_followed)
{
	struct err e = {0};

	start();
	CHECK_STR(run("sweep! lr=0.006,0.012"), "");
	run_free(&u.run);
	REQUIRE(run_load(&u.run, "sessions/first-lr/lr=0.006", &e) == 0);
	snprintf(u.now.root, sizeof u.now.root, "sessions/first-lr/lr=0.006");
	CHECK_STR(run("again"), "");
	CHECK_HAS(queued(), " first-lr-lr=0.006,seed=13");
	ui_free(&u);
}

TEST(keys_and_values_are_completed)
{
	start();
	CHECK(offers("start n", "now"));
	CHECK(offers("start train.ba", "train.batch_size="));
	CHECK(offers("start mine lr=1 train.ba", "train.batch_size="));
	CHECK(offers("start train.batch_size=", "train.batch_size=x2"));
	CHECK(offers("start exp.normalize=t", "exp.normalize=train"));
	CHECK(!offers("start model.dr", "model.dropout="));
	complete_clear(&u);
	ui_free(&u);
}

int main(int argc, char **argv)
{
	static const char *const set[] = {"train.epoch=2"};

	if (!realpath("tests/record/tiny/config.yml", tiny) || !temp_path("x") || chdir(temp_dir))
		return 1;
	train(tiny, "sessions/first", false, set, 1);
	return TEST_MAIN(argc, argv);
}
