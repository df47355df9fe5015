/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The tour, walked over a run that trains and over one that is over: every sentence is
 * compared with the run's predictions, counted here once more.
 */
#include "temp.h"
#include "tests/ui/util.h"

#include "app/demo/demo.h"
#include "app/study/facts.h"
#include "base/file.h"
#include "ui/console/command.h"
#include "ui/loop.h"
#include "ui/state/feed.h"
#include "ui/state/next_run.h"
#include "ui/view/attention_look.h"
#include "ui/view/config.h"
#include "ui/view/order.h"
#include "ui/view/tour.h"

#include <limits.h>
#include <poll.h>

enum { ROWS = 24, COLS = 80 };

static struct ui u;
static char tiny[PATH_MAX], session[PATH_LEN], screen[ROWS * (COLS + 1) * 4];

static void start(const char *config, const char *name, bool paused)
{
	struct work_options o = {.job = {.config = config, .session = session, .threads = 1},
				 .paused = paused};
	struct err e = {0};

	setenv("XDG_STATE_HOME", temp_path("state"), 1);
	snprintf(session, sizeof session, "%s", temp_path("%s", name));
	ui_init(&u, &look_braille, ROWS, COLS);
	u.work = work_start(&o, &e);
	if (!u.work)
		FAIL("%s", e.text);
	u.run_shown = WORK_FIRST;
	work_snapshot(u.work, WORK_FIRST, &u.now);
}

static void end(void)
{
	CHECK_INT(work_end(u.work), 0);
	u.work = NULL;
	ui_free(&u);
}

static void draw(void)
{
	static struct canvas c; /* one for all frames, as the loop has it */
	char *dump;

	if (!c.rows)
		canvas_init(&c, ROWS, COLS, &look_braille);
	loop_draw(&u, &c);
	dump = canvas_dump(&c);
	snprintf(screen, sizeof screen, "%s", dump);
	free(dump);
}

/* As the loop does: events, then the tour, then the screen, at 80x24. */
static void turn(int wait)
{
	struct pollfd p = {.fd = work_fd(u.work), .events = POLLIN};
	struct event e;

	poll(&p, 1, wait);
	while (work_next(u.work, &e))
		feed_event(&u, &e);
	feed_after(&u);
	tour_follow(&u);
	draw();
}

static void until(bool (*holds)(void))
{
	turn(0);
	while (!holds())
		turn(-1);
}

static void press(uint32_t code)
{
	loop_key(&u, (struct key){.code = code});
	feed_refresh(&u);
	turn(0);
}

static bool is_open(void)
{
	return u.now.opened && u.run.dir[0];
}

static bool is_at_a_stop(void)
{
	return u.tour.state == TOUR_OFF || (u.tour.state == TOUR_STOPS && !u.tour.early);
}

static bool trains(void)
{
	return ui_trains(&u);
}

static bool is_finished(void)
{
	return u.now.state == WORK_IDLE;
}

/* The whole sentence is on the screen, below a whole view that it does not cover. */
static void check_shown(void)
{
	char text[sizeof u.tour.text];
	const char *at = screen;

	CHECK(!strstr(screen, "too small"));
	CHECK_HAS(screen, "Esc leave the tour  "); /* and nothing after it */
	snprintf(text, sizeof text, "%s", u.tour.text);
	for (char *word = strtok(text, " "); word; word = strtok(NULL, " ")) {
		at = strstr(at, word);
		if (!at) {
			FAIL("%s is not on the screen: %s", word, u.tour.text);
			return;
		}
	}
	CHECK(u.rows >= 18);
}

/* ---- the stops, counted again ---- */

static int class_of(const char *name)
{
	for (int c = 0; c < ui_classes(&u); c++)
		if (strncmp(ui_label(&u, c), name, strlen(ui_label(&u, c))) == 0)
			return c;
	return -1;
}

static struct facts facts_now(int i)
{
	const struct facts_from from = {
		.h = ui_history(&u), .epoch = ui_epoch(&u), .set = &u.run.set};

	return facts_of(&from, i);
}

static void check_direction(const char *went, double from, double to)
{
	CHECK_STR(went, to > from ? "rose" : to < from ? "fell" : "stayed");
}

static void check_curves(void)
{
	const struct fold_run *f = ui_fold(&u);
	const struct epoch_row *a = &f->epoch[0], *b = &f->epoch[f->nepochs - 1];
	char loss[16] = "", wa[16] = "";
	double from, to, wa_from, wa_to;
	int n;

	CHECK_INT(u.view, VIEW_TRAIN);
	REQUIRE(sscanf(u.tour.text,
		       "After %d epoch%*[s] the training loss %15s from %lf to %lf and WA on "
		       "validation %15s from %lf to %lf",
		       &n, loss, &from, &to, wa, &wa_from, &wa_to) == 7);
	CHECK_INT(n, f->nepochs);
	CHECK_NEAR(from, a->train_loss, 6e-4);
	CHECK_NEAR(to, b->train_loss, 6e-4);
	CHECK_NEAR(wa_from, a->val.wa, 6e-4);
	CHECK_NEAR(wa_to, b->val.wa, 6e-4);
	check_direction(loss, a->train_loss, b->train_loss);
	check_direction(wa, a->val.wa, b->val.wa);
	CHECK_HAS(screen, "loss         now  best"); /* the table and all tracks are there */
	CHECK_HAS(screen, "grad norm");
}

static int predicted(int label, int as)
{
	int n = 0;

	for (int i = 0; i < ui_history(&u)->n; i++) {
		struct facts f = facts_now(i);

		n += (label < 0 || f.label == label) && (as < 0 || f.says[HEAD_MAIN] == as);
	}
	return n;
}

static void check_class(void)
{
	char name[LABEL_LEN] = "", other[LABEL_LEN] = "";
	int epoch, rows, taken, c, p;

	CHECK_INT(u.view, VIEW_CONFUSION);
	if (sscanf(u.tour.text,
		   "Epoch %d: no utterance is predicted as %[^.]. Its column is empty, and of its "
		   "%d utterances %d are taken for %[^.].",
		   &epoch, name, &rows, &taken, other) == 5) {
		CHECK_INT(ui_epoch(&u), epoch);
		c = class_of(name);
		p = class_of(other);
		CHECK_INT(predicted(-1, c), 0);
		CHECK_INT(predicted(c, -1), rows);
		CHECK_INT(predicted(c, p), taken);
	} else {
		REQUIRE(sscanf(strstr(u.tour.text, "takes "), "takes %s for %[^,], %d of %d", name,
			       other, &taken, &rows) == 4);
		c = class_of(name);
		p = class_of(other);
		CHECK_INT(predicted(c, p), taken);
		CHECK_INT(predicted(c, -1), rows);
		for (int k = 0; k < ui_classes(&u); k++)
			CHECK(predicted(-1, k) > 0 || predicted(k, -1) == 0);
	}
	CHECK_HAS(screen, "predicted");
	CHECK_HAS(screen, "WF1");
}

static bool misleads(const struct facts *f)
{
	return f->says[HEAD_TEXT] != f->label && f->says[HEAD_AUDIO] == f->label &&
	       f->says[HEAD_MAIN] == f->label;
}

static int chosen; /* the utterance of stop 3, which the next two are about */

static void check_misled(void)
{
	struct facts f = facts_now(u.sel.utt);
	const char *at = strstr(u.tour.text, " say ");
	char text[LABEL_LEN] = "", voice[LABEL_LEN] = "", want[64];
	int n = 0, of = 1;

	CHECK_INT(u.view, VIEW_UTTERANCES);
	REQUIRE(u.sel.utt >= 0);
	chosen = u.sel.utt;
	CHECK_HAS(screen, "▸"); /* its row is among those that are drawn */
	for (int i = 0; i < ui_history(&u)->n; i++) {
		struct facts x = facts_now(i);

		n += misleads(&x);
	}
	if (!at) {
		CHECK_INT(n, 0);
		snprintf(want, sizeof want, " is %s, and the model says %s with ",
			 ui_label(&u, f.label), ui_label(&u, f.says[HEAD_MAIN]));
		CHECK_HAS(u.tour.text, want);
		for (int i = 0; i < ui_history(&u)->n; i++)
			CHECK(facts_now(i).loss <= f.loss);
		return;
	}
	REQUIRE(sscanf(at, " say %[^,], its voice says %[^,],", text, voice) == 2);
	CHECK(misleads(&f));
	CHECK_INT(class_of(text), f.says[HEAD_TEXT]);
	CHECK_INT(class_of(voice), f.label);
	at = strstr(u.tour.text, "one of ");
	CHECK(!at || sscanf(at, "one of %d", &of) == 1);
	CHECK_INT(of, n);
}

static void check_utterance(void)
{
	const struct history *h = ui_history(&u);
	const struct facts_from from = {.h = h, .epoch = h->epoch[0], .set = &u.run.set};
	struct facts first = facts_of(&from, u.sel.utt), now = facts_now(u.sel.utt);
	char name[LABEL_LEN] = "", went[16] = "";
	double a, b;

	CHECK_INT(u.view, VIEW_UTTERANCE);
	CHECK_INT(u.sel.utt, chosen);
	REQUIRE(sscanf(u.tour.text,
		       "The probability of each class by epoch: %[^,], which is true, %15s from "
		       "%lf "
		       "to %lf.",
		       name, went, &a, &b) == 4);
	CHECK_INT(class_of(name), now.label);
	CHECK_NEAR(a, first.p[HEAD_MAIN][now.label], 6e-4);
	CHECK_NEAR(b, now.p[HEAD_MAIN][now.label], 6e-4);
	check_direction(went, first.p[HEAD_MAIN][now.label], now.p[HEAD_MAIN][now.label]);
}

static void check_burst(void)
{
	const struct look_result *l = ui_seen(&u);
	struct attention_weights w;
	struct attention a;
	double start, stop, from, to, all = 0, in = 0;
	int frames, share;

	CHECK_INT(u.view, VIEW_ATTENTION);
	CHECK_INT(u.sel.utt, chosen);
	REQUIRE(l);
	REQUIRE(sscanf(strstr(u.tour.text, " from "),
		       " from %lf to %lf s: these %d %% of the frames get %d %%", &from, &to,
		       &frames, &share) == 4);
	w = attention_of(l);
	attention_make(&a, &w, HEAD_MEAN);
	for (int f = 0; f < a.frames; f++) {
		all += a.frame[0][f];
		if (f >= lround(from * 50) && f < lround(to * 50))
			in += a.frame[0][f];
	}
	CHECK_NEAR(share, 100 * in / all, 0.6);
	CHECK_NEAR(frames, 100 * (to - from) * 50 / a.frames, 0.6);
	if (demo_burst(u.run.set.exp.audio_dir, ui_history(&u)->id[u.sel.utt], &start, &stop)) {
		CHECK_NEAR(from, start, 1e-9);
		CHECK_NEAR(to, stop, 1e-9);
		CHECK_HAS(u.tour.text, "has its emotion in a burst");
	} else {
		CHECK_HAS(u.tour.text, "look most at");
	}
	if (strstr(u.tour.text, "burst") && in / all <= 1.5 * (to - from) * 50 / a.frames)
		CHECK_HAS(u.tour.text, "has not found it yet");
	attention_free(&a);
}

static void check_settings(void)
{
	double lr;

	CHECK_INT(u.view, VIEW_CONFIG);
	CHECK_HAS(screen, "▸ * train.optimizer.lr");
	if (u.now.state == WORK_IDLE) {
		CHECK_HAS(u.tour.text, "This run is over");
		return;
	}
	REQUIRE(sscanf(u.tour.text, "train.optimizer.lr is %lf ", &lr) == 1);
	CHECK_NEAR(lr, u.now.set.train.optimizer.lr, 1e-12);
	CHECK_HAS(screen, "next step");
}

/* Of a change that is just made, at the end of the curves, there may be no room for more than the
 * mark itself before the legend. */
static void check_label(const char *mark, const char *label)
{
	const char *at = strstr(screen, mark), *legend = at ? strstr(at, "◆ kept") : NULL;
	char room[4 * COLS];

	REQUIRE(legend && !memchr(at, '\n', (size_t)(legend - at)));
	snprintf(room, sizeof room, "%.*s", (int)(legend - at), at);
	if (text_width(room) > text_width(label) + 1)
		CHECK_HAS(screen, label);
}

static void check_change(void)
{
	const struct fold_run *f = ui_fold(&u);
	double from, to;
	int epoch, step;

	CHECK_INT(u.view, VIEW_TRAIN);
	REQUIRE(sscanf(u.tour.text, "The rate in force went from %lf to %lf at epoch %d, step %d:",
		       &from, &to, &epoch, &step) == 4);
	for (int i = 0; i < f->nsteps; i++) {
		if (f->step[i].step == step - 1)
			CHECK_NEAR(from, f->step[i].lr, 1e-2 * from);
		if (f->step[i].step == step)
			CHECK_NEAR(to, f->step[i].lr, 1e-2 * to);
	}
	CHECK(to < 0.51 * from); /* the schedule may lower it too */
	CHECK_NEAR(u.now.set.train.optimizer.lr, 5e-4, 1e-12);
	check_label("△", "△ lr 5e-4");
	CHECK_INT(f->step[f->nsteps - 1].epoch >= epoch, 1);
}

static void check_draft(void)
{
	const struct option *o = option_find("train.batch_size");

	CHECK_INT(u.view, VIEW_CONFIG);
	int batch = u.run.base.train.batch_size;
	char want[64];

	snprintf(want, sizeof want, "%d", 2 * batch);
	CHECK_STR(draft_value(next_run(&u), o), want);
	snprintf(want, sizeof want, "during a run, at %d in this one. The tour's %d is", batch,
		 2 * batch);
	CHECK_HAS(u.tour.text, want);
	CHECK_HAS(screen, "train.batch_size");
	CHECK_HAS(screen, "next run");
	CHECK_HAS(screen, "▸ * train.batch_size");
}

static int right(int epoch)
{
	const struct facts_from from = {.h = ui_history(&u), .epoch = epoch, .set = &u.run.set};
	int n = 0;

	for (int i = 0; i < from.h->n; i++)
		n += facts_of(&from, i).says[HEAD_MAIN] == from.h->label[i];
	return n;
}

static void check_comparison(void)
{
	int now, then, of, n;
	char sign[8] = "";

	if (u.view == VIEW_TRAIN) { /* with another run */
		double other, own;
		const char *at = strstr(u.tour.text, "after ");

		REQUIRE(at && sscanf(at, "after %d epochs", &n) == 1);
		at = strstr(at, " had WF1 ");
		REQUIRE(at && sscanf(at, " had WF1 %lf on validation, and this run %lf", &other,
				     &own) == 2);
		REQUIRE(u.noverlays == 1);
		CHECK_NEAR(other, run_find(&u.overlay[0], u.sel.fold)->epoch[n - 1].val.wf1, 6e-4);
		CHECK_NEAR(own, ui_fold(&u)->epoch[n - 1].val.wf1, 6e-4);
		return;
	}
	CHECK_INT(u.view, VIEW_CONFUSION);
	REQUIRE(sscanf(u.tour.text, "Epoch %d beside epoch %d: of %d utterances %d %7s are right.",
		       &now, &then, &of, &n, sign) == 5);
	CHECK_INT(now, ui_epoch(&u));
	CHECK_INT(of, ui_history(&u)->n);
	CHECK_INT(n * (strcmp(sign, "more") ? -1 : 1), right(now) - right(then));
	CHECK_HAS(screen, "against 1");
}

static void (*const checks[])(void) = {check_curves,    check_class, check_misled,
				       check_utterance, check_burst, check_settings,
				       check_change,    check_draft, check_comparison};

/* The demo needs some epochs, a quarter of a minute each then; all of it is one thread's. */
#define NEED_SPEED()                                                   \
	do {                                                           \
		if (SANITIZED)                                         \
			SKIP("training is too slow with a sanitizer"); \
	} while (0)

TEST(the_tour_of_the_demo_is_true_at_each_stop)
{
	char config[PATH_LEN];
	struct err e = {0};

	NEED_SPEED();
	NEED_UTF8();
	CHECK_INT(tour_count, (int)(sizeof checks / sizeof *checks));
	REQUIRE(!demo_write(temp_path("demo"), &e));
	snprintf(config, sizeof config, "%s", temp_path("demo/demo.yml"));
	start(config, "toured", false);
	tour_offer(&u);
	until(is_open);
	CHECK_INT(u.tour.state, TOUR_OFFERED);
	CHECK_HAS(screen, "Enter takes it");
	press('\r');
	for (int i = 0; i < tour_count; i++) {
		until(is_at_a_stop);
		CHECK_INT(u.tour.state, TOUR_STOPS);
		CHECK_INT(u.tour.stop, i);
		CHECK_INT(u.now.state, WORK_PAUSED);
		check_shown();
		checks[i]();
		CHECK_STR(u.message.error ? u.message.text : "", "");
		press(i % 2 && tour_stops[i].key ? tour_stops[i].key : '\r');
	}
	until(is_at_a_stop);
	CHECK_INT(u.tour.state, TOUR_OFF);
	until(trains); /* the run goes on, and the views are as they were */
	CHECK_STR(order_of(&u)->filter, "");
	CHECK_STR(config_view(&u)->find, "");
	CHECK_INT(u.feeder.jobs, 1);
	CHECK_INT(u.rows, ROWS);
	end();
}

TEST(escape_leaves_and_the_run_goes_on)
{
	NEED_SPEED();
	start(temp_path("demo/demo.yml"), "left", false);
	until(is_open);
	press(':');
	u.overlay_kind = OVERLAY_NONE;
	CHECK_INT(command_run(&u, "tour", &(struct err){0}), 0);
	until(is_at_a_stop);
	CHECK_INT(u.tour.state, TOUR_STOPS);
	/* What is not the tour's does what it does. */
	press('6');
	CHECK_INT(u.view, VIEW_CONFIG);
	CHECK_INT(u.tour.state, TOUR_STOPS);
	CHECK_INT(u.tour.stop, 0);
	press(27);
	CHECK_INT(u.tour.state, TOUR_OFF);
	until(trains);
	CHECK_INT(u.view, VIEW_CONFIG);
	end();
}

/* Stops for which there is nothing any more are left out; what is said is true. */
TEST(a_run_that_is_over_has_a_tour_too)
{
	int seen = 0;

	NEED_UTF8();
	start(tiny, "over", false);
	until(is_open);
	until(is_finished);
	CHECK_INT(command_run(&u, "tour", &(struct err){0}), 0);
	for (until(is_at_a_stop); u.tour.state == TOUR_STOPS; until(is_at_a_stop)) {
		check_shown();
		if (u.tour.stop != 6) /* of a change there can be none */
			checks[u.tour.stop]();
		else
			FAIL("stop %d: %s", u.tour.stop + 1, u.tour.text);
		CHECK_HAS(screen, "DONE");
		CHECK(!strstr(screen, "halve"));
		seen++;
		press('\r');
	}
	CHECK_INT(seen, 8);
	end();
}

TEST(it_is_offered_once)
{
	setenv("XDG_STATE_HOME", temp_path("fresh"), 1);
	ui_init(&u, &look_braille, ROWS, COLS);
	tour_offer(&u);
	CHECK_INT(u.tour.state, TOUR_OFFERED);
	draw();
	CHECK_INT(u.tour.rows, 1);
	CHECK_INT(u.rows, ROWS - 1);
	CHECK_HAS(screen, "any other key goes without");
	loop_key(&u, (struct key){.code = '2'}); /* does what it does, and is an answer */
	CHECK_INT(u.view, VIEW_CONFUSION);
	CHECK_INT(u.tour.state, TOUR_OFF);
	CHECK(file_exists(temp_path("fresh/miust/tour")));
	tour_offer(&u);
	CHECK_INT(u.tour.state, TOUR_OFF);
	u.tour.state = TOUR_OFF;
	ui_free(&u);
}

int main(int argc, char **argv)
{
	/* Runs that are started are in ./sessions. */
	if (!realpath("tests/record/tiny/config.yml", tiny) || chdir(temp_path(".")))
		return 1;
	return TEST_MAIN(argc, argv);
}
