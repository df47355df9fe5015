/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two runs that train in turn in threads: their files are those of two runs alone, whatever ends
 * the duel, and nobody waits for ever.
 */
#include "app/folder.h"
#include "app/lab/duel_order.h"
#include "app/session/branch.h"
#include "same_file.h"

#include "tests/app/lab/worker.h"

enum { EPOCHS = 5, EACH = 4 };

static void shell(const char *format, const char *a, const char *b)
{
	char line[1024];

	snprintf(line, sizeof line, format, a, b);
	CHECK_INT(system(line), 0);
}

static enum job_go stop_there(void *ctx, struct job *j)
{
	return j->trainer.state.step >= *(int *)ctx ? JOB_STOP : JOB_GO;
}

/* A run of so many steps, stopped; without an end, so that what is asked of its branches comes
 * before theirs. */
static void parent_of(const char *name, int steps, const char *epochs)
{
	const char *const set[] = {epochs, "train.select=wf1"};
	const struct job_options o = {.config = "tests/record/tiny/config.yml",
				      .session = in(name),
				      .set = set,
				      .nset = 2,
				      .resume = true,
				      .threads = 1};
	const struct job_hooks hooks = {.ctx = &steps, .between = stop_there};
	struct err e = {0};
	struct job j;

	if (job_open(&j, NULL, &o, &hooks, &e) || job_run(&j, &e))
		FAIL("%s", e.text);
	job_close(&j);
}

static void parent(const char *name, int steps)
{
	parent_of(name, steps, "train.epoch=5");
}

static void endless(const char *name)
{
	parent_of(name, 5, "train.epoch=100000");
}

/* Alone, up to a step; 0: to its end. */
static void alone(const char *dir, int threads, int step)
{
	const struct job_options o = {.session = dir, .resume = true, .threads = threads};
	const struct job_hooks hooks = {.ctx = &step, .between = step ? stop_there : NULL};
	struct err e = {0};
	struct job j;

	if (job_open(&j, NULL, &o, &hooks, &e) || job_run(&j, &e))
		FAIL("%s: %s", dir, e.text);
	job_close(&j);
}

/* What of two sessions has other bytes; the clock's are left out. */
static void check_same(const char *a, const char *b, bool whole)
{
	static const char *const files[] = {
		"commands.log",       "fold-0/commands.log",      "steps.csv",
		"fold-0/steps.csv",   "fold-0/state.safetensors", "fold-0/best.safetensors",
		"fold-0/history.bin", "fold-0/last.safetensors",  "fold-0/predictions.csv",
		"fold-0/test.bin"};
	size_t n = sizeof files / sizeof *files - (whole ? 0 : 2);

	for (size_t i = 0; i < n; i++) {
		char x[PATH_LEN], y[PATH_LEN];

		snprintf(x, sizeof x, "%s/%s", a, files[i]);
		snprintf(y, sizeof y, "%s/%s", b, files[i]);
		if (!same_file(x, y))
			FAIL("%s differs from %s", x, y);
	}
	shell("cut -d, -f1-8 %s/epochs.csv >%s", a, in("x"));
	shell("cut -d, -f1-8 %s/epochs.csv >%s", b, in("y"));
	CHECK(same_file(in("x"), in("y")));
}

/* ---- a duel ---- */

struct fight {
	struct work *w;
	struct duel_sides s;
	char alone[2][PATH_LEN + 8]; /* copies from before the duel */
	int run[2];
	struct duel duel;
	unsigned seen, replied;
	bool refused;
	struct snapshot now[2];
	int steps[2], last, in_turn, most; /* steps of one without one of the other, at most */
};

static void take_fight(struct fight *a)
{
	struct event e;

	while (work_next(a->w, &e)) {
		int side = e.run == a->run[1];

		if (e.kind == EVENT_STEP && e.run == a->run[side]) {
			a->in_turn = side == a->last ? a->in_turn + 1 : 1;
			a->last = side;
			a->steps[side]++;
			a->most = a->in_turn > a->most ? a->in_turn : a->most;
		}
		if (e.kind == EVENT_REPLY) {
			a->replied = e.request;
			a->refused = !e.ok;
		}
		event_free(&e);
	}
	work_duel_look(a->w, &a->duel, &a->seen);
	for (int i = 0; i < 2; i++)
		if (work_has(a->w, a->run[i]))
			work_snapshot(a->w, a->run[i], &a->now[i]);
}

static void wait_fight(struct fight *a)
{
	struct pollfd p = {.fd = work_fd(a->w), .events = POLLIN};

	poll(&p, 1, -1);
	take_fight(a);
}

static void until_over(struct fight *a)
{
	take_fight(a);
	while (!work_duel_over(a->w))
		wait_fight(a);
	for (int i = 0; i < 2; i++)
		while (work_has(a->w, a->run[i]) && a->now[i].placed)
			wait_fight(a);
	take_fight(a);
}

static void until(struct fight *a, int side, enum work_state state)
{
	take_fight(a);
	while (a->now[side].state != state)
		wait_fight(a);
}

static void asked(struct fight *a, unsigned number)
{
	while (a->replied != number)
		wait_fight(a);
}

/* The sides are made; they are copied, so that the copies can be trained alone. */
static void prepare(struct fight *a, const char *session, const char *order, int *epochs)
{
	struct duel_order what;
	struct duel_sides s = {0};
	struct err e = {0};

	*a = (struct fight){.last = -1};
	if (duel_order(&what, order, &e) || duel_sides(&s, &what, in(session), 0, NULL, NULL, &e))
		FAIL("%s", e.text);
	*epochs = what.epochs;
	a->s = s;
	for (int i = 0; i < 2; i++) {
		snprintf(a->alone[i], sizeof a->alone[i], "%s-alone", s.dir[i]);
		shell("cp -r %s %s", s.dir[i], a->alone[i]);
	}
}

static void begin(struct fight *a, const char *session, const char *order, int threads)
{
	const char *const name[] = {a->s.name[0], a->s.name[1]};
	struct work_options o[2];
	struct err e = {0};
	int epochs;

	prepare(a, session, order, &epochs);
	for (int i = 0; i < 2; i++)
		o[i] = (struct work_options){
			.job = {.session = a->s.dir[i], .resume = true, .threads = threads}};
	a->w = work_start(NULL, &e);
	if (!a->w || work_duel(a->w, name, o, a->run, epochs, &e))
		FAIL("%s", e.text);
}

static void end(struct fight *a)
{
	work_end(a->w);
	duel_free(&a->duel);
}

/* Where they are, or to their ends, are they what they are alone? */
static void check_both(const struct fight *a, int threads, bool whole)
{
	for (int i = 0; i < 2; i++) {
		if (whole && a->now[i].trains)
			alone(a->s.dir[i], 3 - threads, 0);
		alone(a->alone[i], threads, whole ? 0 : a->now[i].step);
		check_same(a->s.dir[i], a->alone[i], whole);
	}
}

static const char *text_of(struct fight *a)
{
	static struct str text;

	str_reset(&text);
	duel_text(&a->duel, &text);
	return str_text(&text);
}

/* ---- to its end ---- */

static void to_the_end(const char *name, int threads)
{
	struct fight a;

	parent(name, 6);
	begin(&a, name, "lr=0.001,0.05", threads);
	CHECK_STR(a.s.name[0], "lr-0.001");
	CHECK_STR(a.s.name[1], "lr-0.05");
	until_over(&a);
	CHECK_INT(a.duel.end, DUEL_DONE);
	CHECK_INT(a.duel.planned, 4); /* epochs 2 to 5 */
	CHECK_INT(a.duel.looks, 4);
	CHECK_INT(a.steps[0], 14);
	CHECK_INT(a.steps[1], 14);
	CHECK_INT(a.most, 1); /* one after the other */
	for (int i = 0; i < 2; i++) {
		CHECK_INT(a.now[i].state, WORK_IDLE);
		CHECK(!a.now[i].trains); /* tested too */
	}
	end(&a);
	check_both(&a, threads, true);
	CHECK(!same_file(in(threads == 1 ? "one/branches/lr-0.001/fold-0/state.safetensors"
					 : "two/branches/lr-0.001/fold-0/state.safetensors"),
			 in(threads == 1 ? "one/branches/lr-0.05/fold-0/state.safetensors"
					 : "two/branches/lr-0.05/fold-0/state.safetensors")));
}

TEST(to_the_end_with_one_thread)
{
	to_the_end("one", 1);
}

TEST(to_the_end_with_two_threads)
{
	to_the_end("two", 2);
}

/* The looks are those of the histories of the two, counted here once more. */
TEST(the_figures_are_those_of_the_files)
{
	struct fight a;
	struct session s[2];
	struct settings set;
	struct history h[2];
	struct err e = {0};

	parent("looks", 4);
	begin(&a, "looks", "lr=0.001,0.05", 1);
	until_over(&a);
	CHECK_INT(a.duel.looks, 4);
	for (int i = 0; i < 2; i++)
		if (session_read(&s[i], a.s.dir[i], &set, &e) ||
		    history_read(&h[i], &s[i], 0, "history", &e))
			FAIL("%s", e.text);
	for (int k = 0; k < a.duel.looks; k++) {
		const struct duel_look *x = &a.duel.look[k];
		int only[2] = {0};

		CHECK_INT(x->epoch, k + 2);
		for (int u = 0; u < h[0].n; u++) {
			bool right[2];

			for (int i = 0; i < 2; i++)
				right[i] =
					predicted_class(history_at(&h[i], x->epoch, u, HEAD_MAIN),
							h[i].classes) == h[i].label[u];
			only[0] += right[0] && !right[1];
			only[1] += right[1] && !right[0];
		}
		CHECK_INT(x->only[0], only[0]);
		CHECK_INT(x->only[1], only[1]);
		for (int i = 0; i < 2; i++) {
			struct confusion m;

			history_confusion(&h[i], x->epoch, HEAD_MAIN, &m);
			CHECK_NEAR(x->figure[i], confusion_figures(&m).wf1, 0);
		}
	}
	history_free(&h[0]);
	history_free(&h[1]);
	end(&a);
}

/* From a state before where they leave: each does what its parent did first. */
TEST(from_a_step_of_the_past)
{
	struct fight a;

	parent("past", 14);
	begin(&a, "past", "lr=0.001,x0.5 at 2:3 for 2", 1);
	until_over(&a);
	CHECK_INT(a.duel.end, DUEL_DONE);
	CHECK_INT(a.duel.looks, 2);
	CHECK_INT(a.duel.look[0].epoch, 2);
	CHECK_INT(a.duel.look[1].epoch, 3);
	for (int i = 0; i < 2; i++)
		CHECK_INT(a.now[i].step, 3 * EACH);
	end(&a);
	check_both(&a, 1, true);
}

/* Who is behind catches up, alone. */
TEST(branches_that_left_at_different_steps)
{
	struct fight a;
	struct err e = {0};
	char dir[PATH_LEN];

	parent("apart", 17);
	if (branch_make(in("apart"), "early", 0, 3, dir, sizeof dir, NULL, NULL, &e) ||
	    branch_make(in("apart"), "late", 0, 13, dir, sizeof dir, NULL, NULL, &e))
		FAIL("%s", e.text);
	begin(&a, "apart", "late early", 2);
	until_over(&a);
	CHECK_INT(a.duel.end, DUEL_DONE);
	CHECK_INT(a.duel.planned, 2);         /* 4 and 5 */
	CHECK_INT(a.duel.look[0].only[0], 0); /* nothing was changed: they are the same */
	CHECK_INT(a.duel.look[0].only[1], 0);
	CHECK(a.most > 3);
	end(&a);
	check_both(&a, 1, true);
}

/* ---- ended before ---- */

TEST(by_hand)
{
	struct fight a;

	endless("hand");
	begin(&a, "hand", "lr=0.001,0.05", 1);
	while (a.duel.looks < 2)
		wait_fight(&a);
	work_duel_stop(a.w);
	until_over(&a);
	CHECK_INT(a.duel.end, DUEL_ENDED);
	CHECK_HAS(text_of(&a), "The duel is over: it was ended by hand.");
	for (int i = 0; i < 2; i++) {
		CHECK_INT(a.now[i].state, WORK_IDLE);
		CHECK(a.now[i].trains && !a.now[i].placed);
	}
	end(&a);
	check_both(&a, 1, false);
}

TEST(a_pause_of_one_is_a_pause_of_both)
{
	struct fight a;
	int step;

	endless("pause");
	begin(&a, "pause", "lr=0.001,0.05", 2);
	while (a.steps[1] < 3)
		wait_fight(&a);
	work_pause(a.w, a.run[0]);
	until(&a, 0, WORK_PAUSED);
	until(&a, 1, WORK_PAUSED);
	step = a.now[1].step;
	CHECK(step == a.now[0].step || step == a.now[0].step + 1);
	asked(&a, work_command(a.w, a.run[1], "set train.clip 2")); /* it hears what it is asked */
	CHECK(!a.refused);
	CHECK_INT(a.now[1].step, step);
	work_resume(a.w, a.run[1]); /* either */
	while (a.now[0].step < step + 3)
		wait_fight(&a);
	work_duel_stop(a.w);
	until_over(&a);
	end(&a);
}

/* One makes a step and pauses; the other makes its own, and waits. */
TEST(one_that_is_asked_for_a_step)
{
	struct fight a;
	int steps;

	endless("step");
	begin(&a, "step", "lr=0.001,0.05", 2);
	while (a.steps[1] < 3)
		wait_fight(&a);
	work_pause(a.w, a.run[0]);
	until(&a, 0, WORK_PAUSED);
	until(&a, 1, WORK_PAUSED);
	steps = a.now[0].step;
	asked(&a, work_ping(a.w, a.run[0]));
	work_step(a.w, a.run[0], false);
	while (a.now[0].step == steps || a.now[0].state != WORK_PAUSED)
		wait_fight(&a);
	until(&a, 1, WORK_WAITING); /* and it is shown so */
	CHECK(a.now[1].step >= steps && a.now[1].step <= steps + 2);
	work_resume(a.w, a.run[0]);
	while (a.now[1].step < steps + 4)
		wait_fight(&a);
	work_duel_stop(a.w);
	until_over(&a);
	end(&a);
}

TEST(a_stop_of_one_stops_both)
{
	struct fight a;

	endless("stop");
	begin(&a, "stop", "lr=0.001,0.05", 1);
	while (a.steps[1] < 3)
		wait_fight(&a);
	work_stop(a.w, a.run[1]);
	until_over(&a);
	CHECK_INT(a.duel.end, DUEL_BROKEN);
	CHECK_STR(a.duel.why, "lr-0.05 was stopped");
	for (int i = 0; i < 2; i++) /* each stores a checkpoint first */
		until(&a, i, WORK_IDLE);
	/* there can be another one, with the same two runs, which are open */
	CHECK(work_duel_over(a.w));
	{
		const char *const name[] = {"first", "second"};
		struct err e = {0};

		if (work_duel(a.w, name, NULL, a.run, 0, &e))
			FAIL("%s", e.text);
		CHECK_INT(work_duel(a.w, name, NULL, a.run, 0, &e), -1);
		CHECK_HAS(e.text, "a duel is running already");
	}
	while (a.duel.looks < 1)
		wait_fight(&a);
	work_duel_stop(a.w);
	until_over(&a);
	CHECK_INT(a.duel.end, DUEL_ENDED);
	CHECK_STR(a.duel.side[1].name, "second");
	end(&a);
	check_both(&a, 1, false);
}

TEST(one_that_is_closed)
{
	struct fight a;

	endless("close");
	begin(&a, "close", "lr=0.001,0.05", 1);
	while (a.steps[0] < 2)
		wait_fight(&a);
	work_close(a.w, a.run[0]);
	until_over(&a);
	CHECK_STR(a.duel.why, "lr-0.001 was stopped");
	CHECK_INT(a.now[1].state, WORK_IDLE);
	end(&a);
	alone(a.alone[1], 1, a.now[1].step);
	check_same(a.s.dir[1], a.alone[1], false);
}

TEST(one_that_ends_its_fold)
{
	struct fight a;

	endless("fold");
	begin(&a, "fold", "lr=0.001,0.05", 1);
	while (a.steps[1] < 3)
		wait_fight(&a);
	work_command(a.w, a.run[0], "fold");
	until_over(&a);
	CHECK_STR(a.duel.why, "lr-0.001 has finished its fold");
	CHECK(!a.now[0].trains && a.now[1].trains);
	end(&a);
}

TEST(one_that_goes_back)
{
	struct fight a;

	endless("back");
	begin(&a, "back", "lr=0.001,0.05", 1);
	while (a.duel.looks < 2)
		wait_fight(&a);
	work_command(a.w, a.run[1], "rewind 2");
	until(&a, 0, WORK_IDLE);
	until(&a, 1, WORK_PAUSED);
	CHECK_STR(a.duel.why, "lr-0.05 has gone back");
	CHECK_INT(a.now[1].step, EACH);
	end(&a);
}

/* A bias of the state it begins with is infinite. */
static void damage(const char *dir)
{
	char path[PATH_LEN + 32];
	size_t n;
	struct err e = {0};
	char *bytes, *name, *offset;
	uint64_t header;

	snprintf(path, sizeof path, "%s/fold-0/state.safetensors", dir);
	bytes = file_read(path, FILE_ROWS, &n, &e);
	if (!bytes || !(name = strstr(bytes + 8, "\"weights/c_fc.bias\"")) ||
	    !(offset = strstr(name, "\"data_offsets\":["))) {
		FAIL("%s", e.text);
		return;
	}
	memcpy(&header, bytes, sizeof header);
	memcpy(bytes + 8 + header + strtoul(offset + strlen("\"data_offsets\":["), NULL, 10),
	       "\0\0\200\177", 4);
	remove(path); /* it may be a link */
	put_bytes(path, bytes, n);
	free(bytes);
}

TEST(one_that_diverges)
{
	const char *const name[] = {"good", "bad"};
	struct fight a;
	struct work_options o[2];
	struct err e = {0};
	int epochs;

	parent("bad", 8);
	prepare(&a, "bad", "lr=0.001,0.05", &epochs);
	damage(a.s.dir[1]);
	for (int i = 0; i < 2; i++)
		o[i] = (struct work_options){.job = {.session = a.s.dir[i], .resume = true}};
	a.w = work_start(NULL, &e);
	CHECK_INT(work_duel(a.w, name, o, a.run, epochs, &e), 0);
	until(&a, 1, WORK_DIVERGED);
	until(&a, 0, WORK_IDLE);
	CHECK_INT(a.duel.end, DUEL_BROKEN);
	CHECK_HAS(a.duel.why, "bad diverged: fold 0, epoch 3, step 9: ");
	CHECK(a.now[1].placed); /* it waits for whoever looks */
	end(&a);
	alone(a.s.dir[0], 1, 0);
	alone(a.alone[0], 1, 0);
	check_same(a.s.dir[0], a.alone[0], true);
}

TEST(one_that_cannot_be_opened)
{
	const char *const name[] = {"good", "gone"};
	struct work_options o[2] = {{.job = {.session = NULL, .resume = true}},
				    {.job = {.session = NULL, .resume = true}}};
	struct fight a;
	struct err e = {0};
	int epochs;

	parent("gone", 5);
	prepare(&a, "gone", "lr=0.001,0.05", &epochs);
	shell("rm -r %s/config.yml %s/data.csv", a.s.dir[1], a.s.dir[1]);
	for (int i = 0; i < 2; i++)
		o[i].job.session = a.s.dir[i];
	a.w = work_start(NULL, &e);
	CHECK_INT(work_duel(a.w, name, o, a.run, 0, &e), 0);
	until_over(&a);
	CHECK_HAS(a.duel.why, "gone cannot be opened: ");
	until(&a, 0, WORK_IDLE);
	end(&a);
}

/* The two have one place among the jobs; whoever waits for one comes when they have ended. */
TEST(they_are_one_job)
{
	struct work_options third = {
		.job = {.config = "tests/record/tiny/config.yml", .session = in("third")}};
	struct snapshot now;
	struct fight a;
	struct err e = {0};
	int run, id[3], most = 0;

	endless("place");
	begin(&a, "place", "lr=0.001,0.05", 2);
	while (a.steps[1] < 1)
		wait_fight(&a);
	CHECK_INT(work_training(a.w, id, 3), 2);
	run = work_open(a.w, &third, &e);
	do {
		struct glance g;

		work_glance(a.w, run, &g);
		most += g.placed && a.duel.end == DUEL_ON;
		if (a.duel.looks > 3)
			work_duel_stop(a.w);
		wait_fight(&a);
	} while (!work_duel_over(a.w));
	CHECK_INT(most, 0);
	do {
		wait_fight(&a);
		work_snapshot(a.w, run, &now);
	} while (now.state != WORK_IDLE);
	CHECK(!now.trains);
	CHECK_INT(work_training(a.w, id, 3), 0);
	end(&a);
}

/* Two that train have a place each, and the duel needs one of them: the other is for who waits. */
TEST(the_second_place_is_free_again)
{
	struct fight a;
	struct work_options o[3];
	struct err e = {0};
	struct glance g = {0};
	const char *name[2];
	int epochs, third;

	endless("places");
	endless("waits-there");
	prepare(&a, "places", "lr=0.001,0.05", &epochs);
	for (int i = 0; i < 3; i++)
		o[i] = (struct work_options){
			.job = {.session = i < 2 ? a.s.dir[i] : in("waits-there"),
				.resume = true,
				.threads = 1}};
	REQUIRE((a.w = work_start(NULL, &e)) != NULL);
	work_jobs(a.w, 2);
	for (int i = 0; i < 2; i++) {
		name[i] = a.s.name[i];
		a.run[i] = work_open(a.w, &o[i], &e);
		until(&a, i, WORK_RUN);
	}
	third = work_open(a.w, &o[2], &e);
	do {
		wait_fight(&a);
		work_glance(a.w, third, &g);
	} while (g.state != WORK_WAITING);
	CHECK_INT(work_duel(a.w, name, o, a.run, epochs, &e), 0);
	while (!g.placed) {
		wait_fight(&a);
		work_glance(a.w, third, &g);
	}
	end(&a);
}

int main(int argc, char **argv)
{
	int failed;

	folder_make();
	failed = TEST_MAIN(argc, argv);
	folder_remove();
	return failed;
}
