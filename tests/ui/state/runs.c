/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs of the screen: one is shown, others train; opening never stops any. */
#include "temp.h"
#include "tests/ui/util.h"

#include "base/file.h"
#include "ui/console/command.h"
#include "ui/state/feed.h"
#include "ui/state/page.h"
#include "ui/state/runs.h"
#include "ui/view/attention.h"

#include <limits.h>
#include <poll.h>

static struct ui u;
static char tiny[PATH_MAX]; /* its config, from any folder */

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

/* A session of the tiny corpus, with so many epochs; begins to train. */
static struct work_options session(const char *dir, const char *const *set, int n, bool paused)
{
	return (struct work_options){
		.job = {.config = tiny, .session = dir, .set = set, .nset = n, .threads = 1},
		.paused = paused};
}

static void begin(const char *dir, const char *const *set, int n)
{
	struct work_options o = session(dir, set, n, true);
	struct err e = {0};

	ui_init(&u, &look_braille, 24, 80);
	u.how.threads = 1;
	u.work = work_start(&o, &e);
	if (!u.work)
		FAIL("%s", e.text);
	u.run_shown = WORK_FIRST;
	work_snapshot(u.work, WORK_FIRST, &u.now);
	snprintf(u.what, sizeof u.what, "%s", dir);
	UNTIL(u.run.dir[0]);
}

static void end(int status)
{
	CHECK_INT(work_end(u.work), status);
	u.work = NULL;
	ui_free(&u);
}

static void store(const char *dir, const char *const *set, int n)
{
	struct job_options o = session(dir, set, n, false).job;
	struct err e = {0};
	struct job j;

	if (job_open(&j, NULL, &o, &(struct job_hooks){0}, &e) || job_run(&j, &e))
		FAIL("%s", e.text);
	job_close(&j);
}

static void check_file(const char *a, const char *b, const char *name)
{
	char x[PATH_LEN], y[PATH_LEN], *s, *t;
	struct err e = {0};
	size_t n = 0, m = 0;

	snprintf(x, sizeof x, "%s/%s", a, name);
	snprintf(y, sizeof y, "%s/%s", b, name);
	s = file_read(x, FILE_ROWS, &n, &e);
	t = file_read(y, FILE_ROWS, &m, &e);
	if (!s || !t || n != m || memcmp(s, t, n) != 0)
		FAIL("%s and %s differ", x, y);
	free(s);
	free(t);
}

static void opens(const char *what)
{
	struct err e = {0};

	if (runs_open(&u, what, false, &e))
		FAIL("%s", e.text);
}

static int steps_shown(void)
{
	return u.run.nfolds ? u.run.fold[0].nsteps : 0;
}

/* While one trains, a stored one is looked at and the first is shown again: it was not
 * stopped, no row is missing, and it leaves what it leaves alone. */
TEST(another_is_looked_at_and_the_first_goes_on)
{
	static const char *const many[] = {"train.epoch=60"}, *const two[] = {"train.epoch=2"};
	const char *alone = temp_path("alone"), *first = temp_path("first");
	const char *done = temp_path("done");
	struct glance g;

	store(alone, many, 1);
	store(done, two, 1);
	begin(first, many, 1);
	work_resume(u.work, WORK_FIRST);
	UNTIL(steps_shown() > 10);
	u.sel.kept = u.sel.fold_chosen = true;
	attention_view(&u)->word = 2;
	opens(done);
	CHECK_STR(u.message.text, "opening done");
	CHECK_INT(u.run_shown, WORK_FIRST); /* until the other is read */
	UNTIL(u.run_shown != WORK_FIRST);
	CHECK(!strstr(u.message.text, "opening"));
	CHECK_STR(u.run.dir, done);
	CHECK_STR(u.now.session, done);
	CHECK_INT(steps_shown(), 8);
	CHECK(u.corpus == work_corpus(u.work, u.run_shown));
	CHECK(!u.sel.kept && !u.sel.fold_chosen);
	CHECK_INT(attention_view(&u)->word, 0);
	UNTIL(u.now.state == WORK_IDLE);
	feed_after(&u);
	CHECK_INT(u.others.n, 1);
	CHECK_STR(u.others.name, "first");
	CHECK_INT(u.run_training, WORK_FIRST);

	opens(first);
	CHECK_INT(u.run_shown, WORK_FIRST);       /* at once */
	CHECK_INT(work_runs(u.work, NULL, 0), 1); /* the other is closed */
	work_glance(u.work, WORK_FIRST, &g);
	CHECK(g.state == WORK_RUN || g.state == WORK_EVAL || g.state == WORK_IDLE);
	UNTIL(u.now.state == WORK_IDLE);
	CHECK_INT(steps_shown(), 240);
	CHECK_INT(u.run.fold[0].nepochs, 60);
	CHECK_INT(u.run.fold[0].val.epochs, 60);
	for (int i = 0; i < 240; i++)
		CHECK_INT(u.run.fold[0].step[i].step, i + 1);
	end(0);
	check_file(alone, first, "steps.csv");
	check_file(alone, first, "fold-0/state.safetensors");
	check_file(alone, first, "fold-0/history.bin");
}

/* What is not shown is heard of when it ends, and then closed. */
TEST(others_are_heard_of_when_they_end)
{
	static const char *const few[] = {"train.epoch=3"}, *const two[] = {"train.epoch=2"};
	const struct work_options other = session(temp_path("ends"), few, 1, false);
	struct err e = {0};

	begin(temp_path("shown"), two, 1);
	CHECK_INT(runs_add(&u, &other, &e), WORK_FIRST + 1);
	UNTIL(!work_has(u.work, WORK_FIRST + 1));
	CHECK_HAS(u.message.text, "ends finished: test WF1 0.");
	CHECK(!u.message.error);
	CHECK_INT(u.others.n, 0);
	CHECK_INT(steps_shown(), 0); /* none of its rows */
	end(0);
}

/* One that does not train is closed when it is left, after a checkpoint, and is found
 * where it was when it is opened again. */
TEST(one_that_pauses_is_closed)
{
	static const char *const two[] = {"train.epoch=2"};
	const char *first = temp_path("pauses"), *done = temp_path("other");
	int again;

	store(done, two, 1);
	begin(first, two, 1);
	work_step(u.work, WORK_FIRST, false);
	UNTIL(steps_shown() == 1 && u.now.state == WORK_PAUSED);
	opens(done);
	UNTIL(u.run_shown != WORK_FIRST);
	CHECK(!work_has(u.work, WORK_FIRST));
	UNTIL(u.now.state == WORK_IDLE);
	opens(first); /* its thread may still hold it: then it would be read-only */
	UNTIL(strcmp(u.run.dir, first) == 0);
	again = u.run_shown;
	CHECK(again > WORK_FIRST + 1); /* another id */
	CHECK_INT(steps_shown(), 1);
	CHECK_STR(u.now.looking, "");
	work_resume(u.work, again);
	UNTIL(u.now.state == WORK_IDLE);
	CHECK_INT(steps_shown(), 8);
	end(0);
	check_file(done, first, "steps.csv");
}

/* A new run beside one that trains waits for its turn, also when it is not shown. */
TEST(a_new_run_waits_for_its_turn)
{
	static const char *const many[] = {"train.epoch=100000"};
	struct err e = {0};

	begin(temp_path("holds"), many, 1);
	work_resume(u.work, WORK_FIRST);
	UNTIL(u.now.state == WORK_RUN);
	REQUIRE(chdir(temp_dir) == 0);
	opens("demo");
	UNTIL(u.run_shown != WORK_FIRST);
	UNTIL(u.now.state == WORK_WAITING);
	feed_after(&u);
	CHECK_INT(u.others.n, 1);
	CHECK_INT(runs_active(&u, NULL), 2);
	runs_show(&u, WORK_FIRST);
	CHECK_INT(work_runs(u.work, NULL, 0), 2);
	work_jobs(u.work, 2);
	UNTIL(work_training(u.work, NULL, 0) == 2);
	CHECK_INT(e.status, 0);
	end(0);
}

/* What cannot be opened is a sentence; the run on the screen stays. */
TEST(a_failed_opening_is_a_sentence)
{
	static const char *const two[] = {"train.epoch=2"};

	begin(temp_path("stays"), two, 1);
	opens("no/such/config.yml");
	UNTIL(!u.opening.run);
	CHECK_INT(u.run_shown, WORK_FIRST);
	CHECK_STR(path_base(u.run.dir), "stays");
	CHECK(u.message.error);
	CHECK_HAS(u.message.text, "no/such/config.yml");
	CHECK_INT(u.overlay_kind, OVERLAY_NONE);
	CHECK_INT(work_runs(u.work, NULL, 0), 1);
	work_resume(u.work, WORK_FIRST);
	UNTIL(u.now.state == WORK_IDLE);
	end(0); /* it was never a run */
}

static void check_failed_page(void)
{
	CHECK_INT(u.now.state, WORK_FAILED);
	CHECK(u.message.error);
	CHECK_INT(u.overlay_kind, OVERLAY_PAGE);
	CHECK_HAS(u.page.text, "no/such/config.yml");
}

/* The only one: a page, also where it failed before the screen first looked at it, or where
 * an event of another run came before its own. */
TEST(a_failure_is_a_page_however_early)
{
	const struct work_options bad = {.job = {.config = "no/such/config.yml", .threads = 1}};
	struct event other = {.kind = EVENT_STEP};
	struct err e = {0};
	struct glance g;
	int run;

	for (int late = 0; late < 2; late++) {
		ui_init(&u, &look_braille, 24, 80);
		REQUIRE(runs_start_none(&u, &e) == 0);
		run = runs_add(&u, &bad, &e);
		if (late)
			do
				work_glance(u.work, run, &g);
			while (g.state != WORK_FAILED);
		runs_show(&u, run);
		do
			work_glance(u.work, run, &g);
		while (g.state != WORK_FAILED);
		other.run = run + 1;
		feed_event(&u, &other);
		turn();
		check_failed_page();
		end(1);
	}
}

/* Bad rows: a page over the run on the screen, and the key that goes on without them. */
TEST(bad_rows_can_be_left_out)
{
	static const char *const two[] = {"train.epoch=2"};
	char command[2 * PATH_MAX];
	const char *data = temp_path("data"), *config = temp_path("data/config.yml");
	struct err e = {0};

	snprintf(command, sizeof command,
		 "mkdir -p %s && cp -r $(dirname %s)/. %s && rm %s/data/text/train/*_utt1.npy",
		 data, tiny, data, data);
	REQUIRE(system(command) == 0);
	begin(temp_path("before"), two, 1);
	opens(config);
	UNTIL(!u.opening.run);
	CHECK_INT(u.run_shown, WORK_FIRST);
	CHECK_INT(u.overlay_kind, OVERLAY_PAGE);
	CHECK_HAS(u.page.text, "_utt1.npy");
	page_close(&u);
	CHECK_INT(command_run(&u, "problems", &e), 0); /* once more */
	CHECK_INT(u.overlay_kind, OVERLAY_PAGE);
	CHECK_INT(command_run(&u, page_key(&u, (struct key){.code = 's'}), &e), 0);
	UNTIL(u.run_shown != WORK_FIRST);
	CHECK(u.corpus->nleft > 0);
	end(0);
}

/* What is shown of it is what was read before; its name opens what is there now. */
TEST(a_session_that_has_gone_is_opened_again_by_name)
{
	static const char *const two[] = {"train.epoch=2"};
	char dir[PATH_LEN], away[PATH_LEN];

	snprintf(dir, sizeof dir, "%s", temp_path("goes"));
	snprintf(away, sizeof away, "%s", temp_path("gone"));
	store(dir, two, 1);
	begin(temp_path("else"), two, 1);
	opens(dir);
	UNTIL(u.run_shown != WORK_FIRST);
	UNTIL(u.now.state == WORK_IDLE || u.now.state == WORK_PAUSED);
	work_resume(u.work, u.run_shown); /* all is done: it ends at once */
	UNTIL(u.now.state == WORK_IDLE);
	CHECK(rename(dir, away) == 0);
	UNTIL(u.now.state == WORK_FAILED);
	CHECK_HAS(u.message.text, "the session has been deleted or moved");
	CHECK_INT(run_find(&u.run, 0)->nepochs, 2);
	CHECK(rename(away, dir) == 0);
	opens(dir);
	UNTIL(!u.opening.run);
	CHECK(u.now.state != WORK_FAILED);
	end(0);
}

int main(int argc, char **argv)
{
	if (!realpath("tests/record/tiny/config.yml", tiny))
		return 1;
	return TEST_MAIN(argc, argv);
}
