/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A duel on the screen: that it waits, and for what. */
#include "temp.h"
#include "tests/ui/util.h"

#include "base/str.h"
#include "ui/state/duels.h"
#include "ui/state/feed.h"
#include "ui/state/runs.h"
#include "ui/view/sessions.h"
#include "ui/view/status.h"

#include <poll.h>

static struct ui u;

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

/* A session of the tiny corpus that has begun. */
static struct job_options session(const char *dir)
{
	static const char *const set[] = {"train.epoch=500"};

	return (struct job_options){.config = "tests/record/tiny/config.yml",
				    .session = dir,
				    .set = set,
				    .nset = 1,
				    .threads = 1};
}

static void store(const char *dir)
{
	struct job_options o = session(dir);
	struct err e = {0};
	struct job j;

	o.max_steps = 6;
	if (job_open(&j, NULL, &o, &(struct job_hooks){0}, &e) || job_run(&j, &e))
		FAIL("%s", e.text);
	job_close(&j);
}

static enum work_state side_state(int side)
{
	struct glance g = {.state = WORK_LOADING};

	if (u.duel.run[side])
		work_glance(u.work, u.duel.run[side], &g);
	return g.state;
}

static const char *said(void)
{
	static struct str text;

	str_reset(&text);
	duels_text(&u, &text);
	return str_text(&text);
}

static const char *status(void)
{
	static char text[1024];
	struct canvas c;
	char *dump;

	canvas_init(&c, 1, 200, &u.look);
	status_draw(&u, &c);
	dump = canvas_dump(&c);
	snprintf(text, sizeof text, "%s", dump);
	free(dump);
	canvas_free(&c);
	return text;
}

static enum shelf_state listed(const char *dir)
{
	const struct shelf_run *r = shelf_find(&sessions_view(&u)->shelf, dir);

	return r ? r->state : SHELF_STATES;
}

/* One run has the only place, as slow as nobody would wait for; the duel is of another. */
static void begin(const char *dir)
{
	struct work_options o = {.job = session(temp_path("first")), .pace = 1e-4};
	struct err e = {0};

	ui_init(&u, &look_braille, 24, 80);
	u.how.threads = 1;
	snprintf(u.folder, sizeof u.folder, "%s", temp_path("none"));
	u.work = work_start(&o, &e);
	if (!u.work)
		FAIL("%s", e.text);
	u.run_shown = WORK_FIRST;
	work_snapshot(u.work, WORK_FIRST, &u.now);
	UNTIL(u.run.dir[0]);
	UNTIL(u.now.state == WORK_RUN && u.now.placed);
	CHECK(!strstr(said(), "waits"));
	if (duels_begin(&u, dir, 0, "lr=1e-3,0.05", &e))
		FAIL("%s", e.text);
}

TEST(a_duel_says_what_it_waits_for)
{
	char dir[PATH_LEN];

	NEED_UTF8();
	snprintf(dir, sizeof dir, "%s", temp_path("parent"));
	store(dir);
	begin(dir);
	UNTIL(u.duel.lacks_place);
	CHECK_HAS(said(), "It waits for a place to train in; jobs N makes more.");
	UNTIL(duels_shown(&u) == 0 && u.now.state == WORK_WAITING);
	CHECK_HAS(status(), "WAITING");
	CHECK_HAS(status(), "duel with lr-0.05, no place yet");

	/* There is one; then one side waits at a break, and the other for it. */
	work_break(u.work, u.duel.run[1], "loss > 0");
	for (int i = 0; i < 2; i++) /* they have that of the run that was shown */
		work_pace(u.work, u.duel.run[i], 0);
	work_stop(u.work, WORK_FIRST);
	UNTIL(side_state(1) == WORK_BROKE && side_state(0) == WORK_WAITING);
	UNTIL(u.now.state == WORK_WAITING);
	CHECK(!u.duel.lacks_place);
	CHECK(!strstr(said(), "waits for a place"));
	CHECK_HAS(status(), "waits for lr-0.05");
	CHECK(!strstr(status(), "no place"));
	for (int shown = 1; shown >= 0; shown--) {
		runs_show(&u, u.duel.run[shown]);
		sessions_load(&u);
		sessions_watch(&u);
		for (int i = 0; i < 2; i++)
			CHECK_INT(listed(u.duel.dir[i]), SHELF_PAUSED);
	}
	work_duel_stop(u.work);
	UNTIL(!duels_busy(&u));
	CHECK(!u.duel.lacks_place);
	CHECK_INT(work_end(u.work), 0);
	u.work = NULL;
	ui_free(&u);
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
