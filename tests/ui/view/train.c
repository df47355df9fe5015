/* SPDX-License-Identifier: GPL-3.0-or-later */
/* View 1 with its tabs, status and keys: whole screens, and what it answers to. */
#include "tests/ui/golden.h"
#include "tests/ui/moment.h"
#include "tests/ui/verb.h"

#include "app/study/mcnemar.h"
#include "engine/train/health.h"
#include "engine/train/selection.h"
#include "ui/state/duels.h"
#include "ui/view/train.h"

#include "ui/console/keys.h"
#include "ui/view/screen.h"

static void check_screen(const struct ui *u, const char *name)
{
	struct canvas c;

	canvas_init(&c, u->rows, u->cols, &u->look);
	screen_draw(u, &c);
	golden_check(name, &c);
	canvas_free(&c);
}

/* A command of the view; its error, or "". */
static const char *run(struct ui *u, const char *verb, const char *args)
{
	static struct err e;

	err_clear(&e);
	return verb_run(u, &view_train, verb, args, &e) ? e.text : "";
}

/* The moment at a size, as a command left it. */
#define SCREEN(test, rows, cols, ...)                       \
	TEST(test)                                          \
	{                                                   \
		struct ui u;                                \
		NEED_UTF8();                                \
		moment_init(&u, &look_braille, rows, cols); \
		__VA_ARGS__;                                \
		check_screen(&u, "train-" #test);           \
		moment_free(&u);                            \
	}

SCREEN(40x10, 10, 40)
SCREEN(80x24, 24, 80)
SCREEN(120x36, 36, 120)
SCREEN(200x50, 50, 200)
SCREEN(100x30, 30, 100)
SCREEN(250x60, 60, 250)

/* The strip of folds marks those that other programs train, beside the one on the screen, and those
 * that have diverged, if nobody goes on with them. */
TEST(folds_of_other_programs)
{
	struct step_row diverged = {.epoch = 1, .step = 1, .loss = NAN};
	struct ui u;
	struct canvas c;
	char *dump;

	NEED_UTF8();
	moment_init(&u, &look_braille, 36, 120);
	u.now.hold = WORK_ATTACHED;
	u.now.held[0] = 3;
	u.now.held[1] = 5;
	u.now.nheld = 2;
	canvas_init(&c, u.rows, u.cols, &u.look);
	screen_draw(&u, &c);
	dump = canvas_dump(&c);
	CHECK_HAS(dump, "folds  1 0.713  2 0.726  3 ▶  4 –  5 ▷ ");
	free(dump);
	for (diverged.fold = 4; diverged.fold <= 5; diverged.fold++)
		run_add_step(&u.run, &diverged);
	screen_draw(&u, &c);
	dump = canvas_dump(&c);
	CHECK_HAS(dump, "folds  1 0.713  2 0.726  3 ▶  4 !  5 ▷ ");
	free(dump);
	canvas_free(&c);
	moment_free(&u);
}

/* ---- states ---- */

static void pause(struct ui *u)
{
	u->now.state = WORK_PAUSED;
	u->now.pending = 0;
	run_add_mark(&u->run, 3, MARK_CHANGE, 42, MOMENT_EPOCHS * MOMENT_STEPS + 12,
		     "cmd_text 0.15");
}

static void broken(struct ui *u)
{
	pause(u);
	u->now.state = WORK_BROKE;
	snprintf(u->now.broke, sizeof u->now.broke, "grad_norm 14.2371 > 10");
}

static void diverge(struct ui *u)
{
	struct fold_run *f = run_fold(&u->run, 3);

	u->now.state = WORK_DIVERGED;
	u->now.pending = 0;
	u->now.in_epoch = 10;
	u->now.diverged = f->step[--f->nsteps];
	u->now.diverged.loss = u->now.diverged.term[TERM_CMD_AUDIO] = INFINITY;
	u->now.diverged.grad_norm = NAN;
	run_add_mark(&u->run, 3, MARK_BROKEN, 42, u->now.diverged.step, "");
}

/* Of a first epoch, after so many steps. */
static void begin(struct ui *u, int steps)
{
	struct fold_run *f = run_fold(&u->run, 3);

	f->nsteps = steps;
	f->nepochs = steps / MOMENT_STEPS;
	f->best_epoch = f->nepochs;
	f->nmarks = 0;
	u->now.epoch = 1 + steps / MOMENT_STEPS;
	u->now.step = steps;
	u->now.in_epoch = steps % MOMENT_STEPS;
	u->now.pending = 0;
	u->now.best = f->nepochs ? f->epoch[0].val.wa : NAN;
	u->now.best_epoch = f->nepochs;
	u->now.eta = 9950;
	if (steps == 0)
		u->now.loss = u->now.rate = u->now.eta = NAN;
}

/* All five folds are tested. */
static void finish(struct ui *u)
{
	moment_tested(&u->run, 3, 0.741);
	moment_tested(&u->run, 4, 0.728);
	moment_tested(&u->run, 5, 0.700);
	u->now.state = WORK_IDLE;
	u->now.trains = false;
	u->now.pending = 0;
}

static void optimistic(struct ui *u)
{
	u->run.set.exp.protocol = PROTOCOL_REFERENCE;
	u->run.results.optimistic = true;
}

/* ---- other runs over it ---- */

/* A run with as many folds, its figures better by `more`, so many epochs of the last. */
static void add_run(struct ui *u, const char *dir, int folds, int epochs, double more)
{
	struct run *r;

	u->overlay = mem_grow(u->overlay, (size_t)u->noverlays + 1, sizeof *u->overlay);
	r = &u->overlay[u->noverlays++];
	moment_run(r, "main");
	snprintf(r->dir, sizeof r->dir, "sessions/%s", dir);
	run_names(r->dir, r->name, r->branch);
	for (int fold = 1; fold <= folds; fold++) {
		struct fold_run *f = run_fold(r, fold);
		unsigned seed = (unsigned)(u->noverlays * 17 + fold);

		moment_fold(r, fold, (fold == folds ? epochs : MOMENT_PLAN) * MOMENT_STEPS);
		for (int i = 0; i < f->nepochs; i++) {
			double sway = more + 0.004 * moment_noise(&seed) +
				      0.01 * (u->noverlays % 3) * (i > 8);

			f->epoch[i].val.wf1 += sway;
			f->epoch[i].val.wa += sway;
			f->epoch[i].val_loss -= 6 * sway;
		}
	}
	overlay_place(u);
}

/* Three rates, two of them with several seeds; one of the seeds still trains. */
static void compare(struct ui *u)
{
	ui_drop_overlays(u);
	add_run(u, "study/lr=3e-4", 3, 70, -0.03);
	add_run(u, "study/lr=3e-4/seed-54", 3, 70, -0.035);
	add_run(u, "study/lr=3e-4/seed-55", 3, 61, -0.04);
	add_run(u, "study/lr=2e-3", 3, 35, 0.012);
	add_run(u, "study/lr=2e-3/seed-54", 3, 30, 0.02);
	add_run(u, "iemocap-masked-20260101-120000", 5, 70, -0.015);
}

/* More than the usual rows of names, one of a run that has no fold 3. */
static void compare_many(struct ui *u)
{
	compare(u);
	for (int i = 0; i < 4; i++) {
		char name[64];

		snprintf(name, sizeof name, "study/lr=3e-4 batch_size=%d", 16 << i);
		add_run(u, name, i == 1 ? 2 : 3, 70 - 10 * i, 0.012 * i - 0.05);
	}
}

/* The run and the branch over it are the sides of a duel, of which some epochs are done. */
static void duel(struct ui *u, int looks)
{
	struct duel *d = &u->duel.now;
	const struct fold_run *f[2] = {run_find(&u->run, 3), run_find(u->overlay, 3)};

	duel_begin(d, "main", "cmd-half", 0);
	u->run.set.train.select = d->select = SELECT_WF1; /* the branch has the same WA */
	d->planned = MOMENT_PLAN - MOMENT_KEPT;
	d->fold = d->side[0].at.fold = d->side[1].at.fold = 3;
	snprintf(u->duel.dir[0], PATH_LEN, "%s", u->run.dir);
	snprintf(u->duel.dir[1], PATH_LEN, "%s", u->overlay->dir);
	d->look = mem_alloc((size_t)looks + 1, sizeof *d->look);
	for (d->looks = 0; d->looks < looks; d->looks++) {
		struct duel_look *x = &d->look[d->looks];

		*x = (struct duel_look){.epoch = MOMENT_KEPT + 1 + d->looks,
					.only = {5, 9 + d->looks}};
		for (int i = 0; i < 2; i++) {
			const struct epoch_row *r = &f[i]->epoch[x->epoch - 1];

			x->figure[i] = selection_figure(&u->run.set, &r->val, r->val_loss);
			x->loss[i] = r->val_loss;
		}
		x->p = mcnemar_p(x->only[0], x->only[1]);
		x->limit = mcnemar_limit(d->looks + 1, d->planned);
	}
	u->others.n = 1;
	snprintf(u->others.name, sizeof u->others.name, "iemocap-holdout/cmd-half");
	u->now.pending = 0;
}

/* It is over; the run has stopped. */
static void duel_over(struct ui *u, enum duel_end how, const char *why)
{
	duel(u, 11);
	u->duel.now.end = how;
	u->duel.now.side[0].at.fold = 4; /* it has gone on */
	snprintf(u->duel.now.why, sizeof u->duel.now.why, "%s", why);
	u->others.n = 0;
	u->now.state = WORK_IDLE;
}

/* The branch, and from which epoch on it has other rows. */
static void gone_back(struct ui *u, int epoch)
{
	struct fold_run *f = run_fold(u->overlay, 3);

	for (int i = epoch - 1; i < f->nepochs; i++)
		f->epoch[i].val_loss += 1e-6;
}

SCREEN(compare_40x10, 10, 40, compare(&u))
SCREEN(compare_80x24, 24, 80, compare(&u))
SCREEN(compare_120x36, 36, 120, compare(&u))
SCREEN(compare_200x50, 50, 200, compare(&u))
SCREEN(compare_mean_120x36, 36, 120, compare(&u); run(&u, "mean", "on"))
SCREEN(compare_cursor_80x24, 24, 80, compare(&u); run(&u, "cursor", "31"))
SCREEN(compare_reference_80x24, 24, 80, compare(&u); optimistic(&u))
SCREEN(many_80x24, 24, 80, compare_many(&u))
SCREEN(many_40x10, 10, 40, compare_many(&u))
SCREEN(many_loss_40x10, 10, 40, compare_many(&u); run(&u, "move", "down"))
SCREEN(many_100x30, 30, 100, compare_many(&u); train_view(&u)->figure = 1)
SCREEN(duel_40x10, 10, 40, duel(&u, 11))
SCREEN(duel_80x24, 24, 80, duel(&u, 11))
SCREEN(duel_120x40, 40, 120, duel(&u, 11))
SCREEN(duel_200x50, 50, 200, duel(&u, 11))
SCREEN(duel_begins_80x24, 24, 80, duel(&u, 0))
SCREEN(duel_cursor_80x24, 24, 80, duel(&u, 11); run(&u, "cursor", "33"))
SCREEN(duel_gone_back_80x24, 24, 80, duel_over(&u, DUEL_CLEAR, ""); gone_back(&u, 36))
SCREEN(duel_clear_80x24, 24, 80, duel_over(&u, DUEL_CLEAR, ""))
SCREEN(duel_broken_120x40, 40, 120, duel_over(&u, DUEL_BROKEN, "cmd-half was stopped"))
SCREEN(compare_no_step_80x24, 24, 80, compare(&u); begin(&u, 0))

/* ---- states of it ---- */

SCREEN(paused_80x24, 24, 80, pause(&u))
SCREEN(broke_80x24, 24, 80, broken(&u))
SCREEN(diverged_80x24, 24, 80, diverge(&u))
SCREEN(diverged_40x10, 10, 40, diverge(&u))
SCREEN(diverged_120x36, 36, 120, diverge(&u))
SCREEN(reference_80x24, 24, 80, optimistic(&u))
SCREEN(reference_120x36, 36, 120, optimistic(&u))
SCREEN(no_step_80x24, 24, 80, ui_drop_overlays(&u); begin(&u, 0))
SCREEN(no_step_40x10, 10, 40, ui_drop_overlays(&u); begin(&u, 0))
SCREEN(no_epoch_80x24, 24, 80, ui_drop_overlays(&u); begin(&u, 11))
SCREEN(no_epoch_40x10, 10, 40, ui_drop_overlays(&u); begin(&u, 11))
SCREEN(one_epoch_80x24, 24, 80, ui_drop_overlays(&u); begin(&u, MOMENT_STEPS + 3))

/* ---- what commands change ---- */

SCREEN(cursor_80x24, 24, 80, run(&u, "cursor", "31"))
SCREEN(cursor_120x36, 36, 120, run(&u, "cursor", "12"))
SCREEN(zoom_120x36, 36, 120, run(&u, "zoom", "29 33"); run(&u, "cursor", "30.5"))
SCREEN(linear_80x24, 24, 80, run(&u, "log", ""))
SCREEN(raw_80x24, 24, 80, run(&u, "smooth", "0"))
SCREEN(steps_120x36, 36, 120, run(&u, "axis", "step"))
SCREEN(time_80x24, 24, 80, run(&u, "axis", "time"))
SCREEN(mean_120x36, 36, 120, run(&u, "mean", "on"))
SCREEN(mean_80x24, 24, 80, run(&u, "mean", "on"))
SCREEN(five_folds_80x24, 24, 80, finish(&u); run(&u, "mean", "on"))
SCREEN(other_fold_80x24, 24, 80, u.sel.fold = 2; u.sel.fold_chosen = true)
SCREEN(loss_40x10, 10, 40, run(&u, "move", "down"))
SCREEN(main_40x10, 10, 40, run(&u, "move", "down"); run(&u, "move", "down"))
SCREEN(term_40x10, 10, 40, run(&u, "move", "up"); run(&u, "move", "up"); run(&u, "move", "up"))

/* ---- how the layers learn ---- */

/* Every 50th step was measured from epoch 5 on: one stack is nearly at rest, a head moves too
 * much at first, and the alignments come to pull against the classes. */
static void measure(struct ui *u)
{
	static const double goal[HEALTH_GROUPS] = {-2.9, -3.1, -3.3, -4.6, -3.6,
						   -2.4, -2.2, -2.7, -3};
	unsigned seed = 5;

	u->run.set.train.health = 50;
	for (int step = 150; step <= MOMENT_EPOCHS * MOMENT_STEPS + 11; step += 50) {
		struct health_row h = {.fold = 3,
				       .epoch = (step - 1) / MOMENT_STEPS + 1,
				       .step = step,
				       .sample = 32};
		double done = step / 1200.;

		for (int g = 0; g < HEALTH_GROUPS; g++) {
			h.update[g] = goal[g] + 0.7 * (1 - done) + 0.15 * moment_noise(&seed);
			h.gradient[g] = 0.1 * (g + 1) * (1.2 - done);
		}
		for (int i = 0; i < HEALTH_PAIRS; i++) {
			const struct health_pair *p = &health_pair_table[i];

			h.cosine[i] = health_shares(p->a, p->b) ? 0.6 - 0.12 * i - 0.3 * done : 0;
		}
		run_add_health(&u->run, &h);
	}
}

SCREEN(health_80x24, 24, 80, measure(&u); run(&u, "health", ""))
SCREEN(health_120x40, 40, 120, measure(&u); run(&u, "health", "on"))
SCREEN(health_80x19, 19, 80, measure(&u); run(&u, "health", "on"))
SCREEN(health_cursor_80x24, 24, 80, measure(&u); run(&u, "health", "on"); run(&u, "cursor", "12"))
SCREEN(health_zoom_100x30, 30, 100, measure(&u); run(&u, "health", "on"); run(&u, "zoom", "20 30"))
SCREEN(health_off_80x24, 24, 80, run(&u, "health", "on"))

/* Without colours and without braille the same can be read. */
TEST(health_ascii)
{
	struct ui u;

	NEED_UTF8();
	moment_init(&u, &look_ascii, 24, 80);
	measure(&u);
	run(&u, "health", "on");
	check_screen(&u, "train-health_ascii_80x24");
	moment_free(&u);
}

/* What the screen says where there is nothing to see, in place of numbers. */
TEST(health_says_why_there_is_none)
{
	static const struct {
		const char *text;
		int every, fold;
		bool measured, cursor, mean;
	} of[] = {
		{"nothing is measured; :set train.health 50", .fold = 3},
		{"one step in 70 is measured; none has", .every = 70, .fold = 3},
		{"this fold was not measured", .every = 70, .fold = 2},
		{"nothing was measured up to the cursor", .fold = 3, .measured = true,
		 .cursor = true},
		{"health is that of one fold", .fold = 3, .measured = true, .mean = true},
	};

	NEED_UTF8();
	for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
		struct ui u;
		struct canvas c;
		char *dump;

		moment_init(&u, &look_braille, 40, 160);
		if (of[i].measured)
			measure(&u);
		u.run.set.train.health = of[i].every;
		u.sel.fold = of[i].fold;
		run(&u, "health", "on");
		if (of[i].cursor)
			run(&u, "cursor", "2");
		if (of[i].mean)
			run(&u, "mean", "on");
		canvas_init(&c, u.rows, u.cols, &u.look);
		screen_draw(&u, &c);
		dump = canvas_dump(&c);
		CHECK_HAS(dump, of[i].text);
		CHECK(!strstr(dump, "grad\n") && !strstr(dump, "cos main"));
		CHECK(!of[i].mean == (strstr(dump, "lstm11") != NULL));
		free(dump);
		canvas_free(&c);
		moment_free(&u);
	}
}

/* Toggled, refused where it has no room, and no row for what the model does not have. */
TEST(health_is_switched)
{
	struct ui u;
	struct train_layout with, without;

	moment_init(&u, &look_braille, 24, 80);
	measure(&u);
	CHECK_STR(run(&u, "health", ""), "");
	CHECK(train_view(&u)->health);
	with = train_layout(&u, 21, 80);
	CHECK_INT(with.strips, 1 + HEALTH_GROUPS);
	CHECK_INT(with.loss + with.validation, 8);
	u.run.set.model.cross_attention = false;
	without = train_layout(&u, 21, 80);
	CHECK_INT(without.strips, HEALTH_GROUPS);
	CHECK_HAS(run(&u, "health", "maybe"), "expected on, off or nothing");
	CHECK_STR(run(&u, "health", "off"), "");
	CHECK(!train_view(&u)->health);
	u.rows = 10;
	u.cols = 40;
	CHECK_HAS(run(&u, "health", "on"), "the screen is too small");
	moment_free(&u);
}

/* What a cell is in each range, by its colour and its height. */
TEST(cells_of_health)
{
	static const struct {
		double update;
		enum role role;
		uint32_t base;
	} of[] = {{-3, ROLE_GOOD, U'▄'},        {-4, ROLE_GOOD, U'▂'},   {-2, ROLE_GOOD, U'▆'},
		  {-4.1, ROLE_WARN, U'▁'},      {-1.9, ROLE_WARN, U'▇'}, {-1, ROLE_WARN, U'█'},
		  {-INFINITY, ROLE_WARN, U'▁'}, {NAN, ROLE_BAD, U'!'}};

	NEED_UTF8();
	for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
		struct health_row h = {.fold = 3, .epoch = 1, .step = MOMENT_STEPS};
		struct train_layout l;
		struct canvas c;
		struct ui u;
		int found = 0;

		moment_init(&u, &look_braille, 24, 80);
		for (int g = 0; g < HEALTH_GROUPS; g++)
			h.update[g] = of[i].update;
		run_add_health(&u.run, &h);
		run(&u, "health", "on");
		l = train_layout(&u, 21, 80);
		canvas_init(&c, 24, 80, &u.look);
		screen_draw(&u, &c);
		for (int row = 0; row < 24; row++)
			for (int col = l.gutter; col < 80 - l.table; col++) {
				const struct cell *cell = canvas_at(&c, row, col);

				found += cell->base == of[i].base && cell->style.fg == of[i].role;
			}
		CHECK_INT(found, HEALTH_GROUPS);
		canvas_free(&c);
		moment_free(&u);
	}
}

/* Held up to the next measurement; not where it was off for long, nor after the last. */
TEST(cells_of_health_are_held)
{
	static const int step[] = {28, 84, 140, 840, 896, 952}; /* epochs 1 3 5, 30 32 34 */
	struct train_layout l;
	struct canvas c;
	struct ui u;
	int row = 0, filled = 0;

	NEED_UTF8();
	moment_init(&u, &look_braille, 24, 80);
	for (size_t i = 0; i < sizeof step / sizeof *step; i++) {
		struct health_row h = {.fold = 3, .epoch = 1, .step = step[i]};

		for (int g = 0; g < HEALTH_GROUPS; g++)
			h.update[g] = -3;
		run_add_health(&u.run, &h);
	}
	run(&u, "health", "on");
	run(&u, "zoom", "0 40");
	l = train_layout(&u, 21, 80);
	canvas_init(&c, 24, 80, &u.look);
	screen_draw(&u, &c);
	while (row < 24 && canvas_at(&c, row, l.gutter + 1)->base != U'▄')
		row++;
	REQUIRE(row < 24);
	for (int col = l.gutter; col < 80 - l.table; col++)
		filled += canvas_at(&c, row, col)->base == U'▄';
	CHECK_INT(filled, 12); /* 50 columns for 40 epochs: 1 to 5 and 30 to 34 */
	canvas_free(&c);
	moment_free(&u);
}

/* ---- without braille ---- */

TEST(ascii)
{
	struct ui u;

	NEED_UTF8();
	moment_init(&u, &look_ascii, 24, 80);
	check_screen(&u, "train-ascii_80x24");
	compare(&u);
	check_screen(&u, "train-compare_ascii_80x24");
	moment_free(&u);
}

TEST(block)
{
	struct ui u;

	NEED_UTF8();
	moment_init(&u, &look_block, 36, 120);
	check_screen(&u, "train-block_120x36");
	moment_free(&u);
}

/* ---- commands ---- */

TEST(cursor_moves_and_stays_on_the_curve)
{
	struct ui u;

	moment_init(&u, &look_ascii, 24, 80);
	CHECK_STR(run(&u, "cursor", ""), "");
	CHECK(train_view(&u)->cursor);
	CHECK_NEAR(train_view(&u)->at, 41, 0);
	CHECK_STR(run(&u, "move", "left"), "");
	CHECK_NEAR(train_view(&u)->at, 40, 0);
	run(&u, "move", "pgup");
	CHECK_NEAR(train_view(&u)->at, 30, 0);
	run(&u, "move", "home");
	run(&u, "move", "left");
	CHECK_NEAR(train_view(&u)->at, 1, 0);
	run(&u, "move", "end");
	run(&u, "move", "right");
	CHECK_NEAR(train_view(&u)->at, 41, 0);
	CHECK_STR(run(&u, "cursor", ""), "");
	CHECK(!train_view(&u)->cursor);
	run(&u, "move", "left");
	CHECK(train_view(&u)->cursor);
	CHECK_HAS(run(&u, "cursor", "99"), "expected an epoch, 0 to 41.");
	CHECK_HAS(run(&u, "move", "about"), "expected left, right");
	CHECK_HAS(run(&u, "move", "up"), "all tracks are on the screen");
	moment_free(&u);
}

TEST(zoom_halves_doubles_and_follows_the_cursor)
{
	struct ui u;

	moment_init(&u, &look_ascii, 24, 80);
	CHECK_STR(run(&u, "zoom", "in"), "");
	CHECK_NEAR(train_view(&u)->to - train_view(&u)->from, 25, 1e-9);
	CHECK(train_view(&u)->from <= 41.4 && train_view(&u)->to >= 41.4);
	CHECK_STR(run(&u, "zoom", "10 20"), "");
	CHECK_NEAR(train_view(&u)->from, 10, 0);
	run(&u, "cursor", "20");
	run(&u, "move", "right");
	CHECK_NEAR(train_view(&u)->from, 11, 1e-9);
	CHECK_NEAR(train_view(&u)->to, 21, 1e-9);
	run(&u, "zoom", "10 12");
	run(&u, "cursor", "11");
	run(&u, "move", "right"); /* close up: a step */
	CHECK_NEAR(train_view(&u)->at, 11 + 1. / MOMENT_STEPS, 1e-9);
	for (int i = 0; i < 6; i++)
		CHECK_STR(run(&u, "zoom", "out"), "");
	CHECK_NEAR(train_view(&u)->to, 0, 0);
	CHECK_HAS(run(&u, "zoom", "20 10"), "expected in, out, all");
	CHECK_HAS(run(&u, "zoom", "nan 3"), "expected in, out, all");
	CHECK_STR(run(&u, "zoom", "1 1e300"), "");
	CHECK_NEAR(train_view(&u)->to, 0, 0);
	moment_free(&u);
}

TEST(a_click_sets_the_cursor)
{
	struct ui u;

	moment_init(&u, &look_ascii, 24, 80);
	view_train.click(&u, 5, 6 + 31); /* a column an epoch, behind the tick labels */
	CHECK(train_view(&u)->cursor);
	CHECK_NEAR(train_view(&u)->at, 31, 0);
	run(&u, "axis", "time");
	view_train.click(&u, 5, 6);
	CHECK_NEAR(train_view(&u)->at, 1, 0);
	view_train.click(&u, 5, 79); /* the table */
	view_train.click(&u, 0, 30);
	view_train.click(&u, 5, 2);
	CHECK_NEAR(train_view(&u)->at, 1, 0);
	moment_free(&u);
}

TEST(switches)
{
	struct ui u;

	moment_init(&u, &look_ascii, 24, 80);
	CHECK_STR(run(&u, "smooth", "+"), "");
	CHECK_NEAR(train_view(&u)->keep, 0.95, 0);
	for (int i = 0; i < 20; i++)
		run(&u, "smooth", "+");
	CHECK_NEAR(train_view(&u)->keep, 0.999, 0);
	for (int i = 0; i < 20; i++)
		run(&u, "smooth", "-");
	CHECK_NEAR(train_view(&u)->keep, 0, 0);
	CHECK_STR(u.message.text, "no smoothing");
	CHECK_STR(run(&u, "smooth", "0.8"), "");
	CHECK_NEAR(train_view(&u)->keep, 0.8, 0);
	CHECK_HAS(run(&u, "smooth", "1"), "0 to 0.999; found 1");
	CHECK_HAS(run(&u, "smooth", ""), "expected +, -");
	CHECK_STR(run(&u, "axis", ""), "");
	CHECK_INT(train_view(&u)->axis, AXIS_STEP);
	run(&u, "axis", "");
	run(&u, "axis", "");
	CHECK_INT(train_view(&u)->axis, AXIS_EPOCH);
	CHECK_HAS(run(&u, "axis", "weeks"), "expected epoch, step or time");
	run(&u, "log", "off");
	CHECK(train_view(&u)->log_off);
	run(&u, "log", "");
	CHECK(!train_view(&u)->log_off);
	CHECK_HAS(run(&u, "log", "maybe"), "expected on, off");
	moment_free(&u);
}

TEST(refused_with_a_reason)
{
	struct ui u;

	ui_init(&u, &look_ascii, 24, 80);
	CHECK_HAS(run(&u, "cursor", ""), "no curve yet");
	CHECK_HAS(run(&u, "zoom", "in"), "no curve yet");
	CHECK_HAS(run(&u, "move", "left"), "no curve yet");
	CHECK_HAS(run(&u, "mean", ""), "two folds");
	CHECK_HAS(verb_find(overlay_verbs, "overlay")->refused(&u), "pick sessions");
	CHECK(!verb_refused(&u, &view_train, "smooth"));
	CHECK(!verb_refused(&u, &view_train, "axis"));
	ui_free(&u);
}

/* ---- the numbers ---- */

TEST(table_shows_what_the_curve_draws)
{
	const struct fold_run *f;
	double mean = 0, weight = 0;
	char want[32], *dump;
	struct canvas c;
	struct ui u;

	NEED_UTF8();
	moment_init(&u, &look_braille, 36, 120);
	f = run_find(&u.run, 3);
	for (int i = 0; i < 31 * MOMENT_STEPS; i++) {
		mean = 0.9 * mean + 0.1 * f->step[i].loss;
		weight = 0.9 * weight + 0.1;
	}
	snprintf(want, sizeof want, "train    %.3f", mean / weight);
	run(&u, "cursor", "31");
	canvas_init(&c, u.rows, u.cols, &u.look);
	screen_draw(&u, &c);
	dump = canvas_dump(&c);
	CHECK_HAS(dump, want);
	free(dump);
	canvas_free(&c);
	moment_free(&u);
}

TEST(a_large_loss_touches_no_name)
{
	struct fold_run *f;
	struct canvas c;
	struct ui u;
	char *dump;

	NEED_UTF8();
	moment_init(&u, &look_braille, 24, 80);
	f = (struct fold_run *)run_find(&u.run, 3);
	for (int i = 0; i < f->nepochs; i++)
		f->epoch[i].val_loss = 21.161;
	canvas_init(&c, u.rows, u.cols, &u.look);
	screen_draw(&u, &c);
	dump = canvas_dump(&c);
	CHECK_HAS(dump, "val (CE)  21.2");
	free(dump);
	canvas_free(&c);
	moment_free(&u);
}

/* Another run has steps and seconds of its own; seeds are averaged by epoch, and what the
 * fold shown is compared with is the same fold. */
TEST(other_runs_stand_on_their_own_time)
{
	struct train_layout l;
	const struct train_overlay *o;
	struct train_frame f;
	struct run *other;
	double a, b;
	struct ui u;

	moment_init(&u, &look_ascii, 36, 120);
	ui_drop_overlays(&u);
	add_run(&u, "study/x", 3, 50, 0.1);
	add_run(&u, "study/x/seed-54", 3, 40, 0.2);
	other = &u.overlay[0];
	run_fold(other, 3)->steps_per_epoch = 14;
	for (int i = 0; i < 50; i++)
		run_fold(other, 3)->epoch[i].seconds = 6;
	l = train_layout(&u, 33, 120);
	for (unsigned axis = AXIS_EPOCH; axis <= AXIS_TIME; axis++) {
		train_view(&u)->axis = axis;
		train_frame_make(&f, &u, &l, 80);
		CHECK_INT(f.overlays, 1);
		o = &f.overlay[0];
		CHECK_INT(o->n, 50);
		CHECK_STR(o->name, "x ×2");
		CHECK_NEAR(o->x[19],
			   axis == AXIS_EPOCH  ? 20
			   : axis == AXIS_STEP ? 20 * 14
					       : 20 * 6 / f.unit,
			   1e-9);
		CHECK_NEAR(f.epoch.x[19],
			   axis == AXIS_EPOCH  ? 20
			   : axis == AXIS_STEP ? 20 * MOMENT_STEPS
					       : 20 * 40 / f.unit,
			   1e-9);
		a = run_find(&u.overlay[0], 3)->epoch[19].val.wf1;
		b = run_find(&u.overlay[1], 3)->epoch[19].val.wf1;
		CHECK_NEAR(o->figure.y[19], (a + b) / 2, 1e-12);
		CHECK_NEAR(o->figure.sd[19], fabs(a - b) / sqrt(2), 1e-12);
		CHECK(isnan(o->figure.sd[45])); /* one of them has not come so far */
		train_frame_free(&f);
	}
	moment_free(&u);
}

/* Weights are those in force: where the cursor stands before a change of one,
 * the recorded loss gives it away, and no share is claimed. */
TEST(no_share_where_weights_were_others)
{
	struct canvas c;
	struct ui u;
	char *dump;

	NEED_UTF8();
	moment_init(&u, &look_braille, 36, 120);
	u.run.set.train.loss.cmd_text = 0.15;
	run(&u, "cursor", "31");
	canvas_init(&c, u.rows, u.cols, &u.look);
	screen_draw(&u, &c);
	dump = canvas_dump(&c);
	CHECK(!strstr(dump, "35 %"));
	free(dump);
	canvas_free(&c);
	moment_free(&u);
}

/* ---- everything else it may meet ---- */

static void draw_sizes(struct ui *u)
{
	for (int rows = 10; rows <= 64; rows += 7) {
		for (int cols = 40; cols <= 250; cols += 23) {
			struct canvas c;

			u->rows = rows;
			u->cols = cols;
			canvas_init(&c, rows, cols, &u->look);
			screen_draw(u, &c);
			canvas_free(&c);
		}
	}
}

TEST(draws_at_every_size)
{
	static const struct look *const looks[] = {&look_braille, &look_block, &look_ascii};
	struct ui u;

	NEED_UTF8();
	for (int i = 0; i < 3; i++) {
		moment_init(&u, looks[i], 24, 80);
		run(&u, "cursor", "31");
		draw_sizes(&u);
		run(&u, "mean", "on");
		draw_sizes(&u);
		compare_many(&u);
		draw_sizes(&u);
		run(&u, "axis", "time");
		draw_sizes(&u);
		moment_free(&u);
	}
}

TEST(draws_a_duel_at_every_size)
{
	static const struct look *const looks[] = {&look_braille, &look_block, &look_ascii};
	struct ui u;

	NEED_UTF8();
	for (int i = 0; i < 3; i++) {
		moment_init(&u, looks[i], 24, 80);
		run(&u, "cursor", "31");
		draw_sizes(&u);
		run(&u, "mean", "on");
		draw_sizes(&u);
		duel(&u, 11);
		draw_sizes(&u);
		run(&u, "axis", "time");
		draw_sizes(&u);
		moment_free(&u);
	}
}

/* Rows are stored with nine digits. */
TEST(looks_of_a_future_that_was_left_are_not_shown)
{
	struct str text = {0};
	struct fold_run *f;
	struct ui u;

	moment_init(&u, &look_braille, 24, 80);
	duel_over(&u, DUEL_DONE, "");
	f = run_fold(u.overlay, 3);
	CHECK_INT(duels_looks(&u), 11);
	for (int i = 0; i < f->nepochs; i++)
		f->epoch[i].val_loss *= 1 + 4e-9;
	CHECK_INT(duels_looks(&u), 11);
	gone_back(&u, MOMENT_KEPT + 4);
	CHECK_INT(duels_looks(&u), 3);
	duels_text(&u, &text);
	CHECK(strstr(text.s, " cmd-half has gone back since, to before that."));
	CHECK(!strstr(text.s, " main has gone back"));
	u.duel.now.end = DUEL_ON; /* rows come after what is compared */
	CHECK_INT(duels_looks(&u), 11);
	u.duel.now.end = DUEL_DONE;
	f = run_fold(&u.run, 3);
	f->nepochs = MOMENT_KEPT + 1;
	CHECK_INT(duels_looks(&u), 1);
	f->nepochs = MOMENT_KEPT;
	CHECK_INT(duels_looks(&u), 0);
	draw_sizes(&u);
	ui_drop_overlays(&u); /* what the other has is not known */
	f->nepochs = MOMENT_KEPT + 2;
	CHECK_INT(duels_looks(&u), 2);
	str_free(&text);
	moment_free(&u);
}

/* Whichever figure the curves are compared by. */
TEST(a_duel_is_about_the_figure_that_is_selected_by)
{
	struct train_layout l;
	struct train_frame f;
	struct ui u;

	moment_init(&u, &look_braille, 24, 80);
	duel(&u, 3);
	u.duel.now.select = SELECT_LOSS;
	u.duel.now.look[2].figure[0] = 0.875;
	u.duel.now.look[2].figure[1] = 1.25;
	for (int i = 0; i < TRAIN_FIGURES; i++) {
		train_view(&u)->figure = i;
		l = train_layout(&u, u.rows, u.cols);
		train_frame_make(&f, &u, &l, u.cols);
		CHECK_NEAR(train_difference(&f, 2), -0.375, 1e-12);
		train_frame_free(&f);
	}
	moment_free(&u);
}

TEST(draws_what_is_not_finite)
{
	struct fold_run *f;
	struct ui u;

	NEED_UTF8();
	moment_init(&u, &look_braille, 24, 80);
	f = run_fold(&u.run, 3);
	for (int i = 0; i < f->nsteps; i += 3) {
		f->step[i].loss = f->step[i].term[TERM_TEXT] = i % 2 ? NAN : INFINITY;
		f->step[i].grad_norm = i % 2 ? 0 : -1;
		f->step[i].lr = 0;
	}
	for (int i = 0; i < f->nepochs; i++) {
		f->epoch[i].val_loss = NAN;
		f->epoch[i].val = (struct figures){NAN, NAN, NAN, NAN};
		f->epoch[i].seconds = 0;
	}
	draw_sizes(&u);
	run(&u, "axis", "time");
	run(&u, "log", "off");
	draw_sizes(&u);
	moment_free(&u);
}

TEST(draws_nothing_at_all)
{
	struct ui u;

	NEED_UTF8();
	ui_init(&u, &look_braille, 24, 80);
	draw_sizes(&u);
	for (int state = WORK_LOADING; state <= WORK_FAILED; state++) {
		u.now.state = (enum work_state)state;
		train_view(&u)->axis = (unsigned)state % 3;
		draw_sizes(&u);
	}
	ui_free(&u);
}

/* The head row as text, in a buffer of its own. */
static const char *head_text(const struct ui *u)
{
	static char text[1024];
	struct canvas c, row;
	char *dump;

	canvas_init(&c, u->rows - 3, u->cols, &u->look);
	view_train.draw(u, &c);
	row = canvas_part(&c, 0, 0, 1, c.cols);
	dump = canvas_dump(&row);
	snprintf(text, sizeof text, "%s", dump);
	free(dump);
	canvas_free(&c);
	return text;
}

/* Ten folds do not fit: those around the one shown do, and `…` says that there are more. */
TEST(folds_without_room_have_a_sign)
{
	struct ui u;

	NEED_UTF8();
	moment_init(&u, &look_braille, 24, 80);
	ui_drop_overlays(&u);
	for (int fold = 4; fold <= 9; fold++) {
		moment_fold(&u.run, fold, 2 * MOMENT_STEPS);
		moment_tested(&u.run, fold, 0.7 + fold / 100.);
	}
	u.now.nfolds = 10;
	u.now.fold = 3;
	CHECK_HAS(head_text(&u),
		  " folds 0.713 0.726 ▶ 0.740 0.750 0.760 0.770 …  test WF1 0.754 ± 0.026 ");
	u.sel.fold_chosen = true;
	u.sel.fold = 9;
	CHECK_HAS(head_text(&u),
		  " folds … 0.740 0.750 0.760 0.770 0.780▸0.790 –  test WF1 0.754 ± 0.026 ");
	run(&u, "mean", "on");
	CHECK_HAS(head_text(&u), "±");
	CHECK_HAS(head_text(&u), "mean ± sd ");
	optimistic(&u);
	CHECK_HAS(head_text(&u), "mean ± sd  reference! ");
	for (int cols = 80; cols < 115; cols++) {
		u.cols = cols;
		CHECK_HAS(head_text(&u), "mean ± sd");
		CHECK_HAS(head_text(&u), "  reference! ");
	}
	moment_free(&u);
}

/* At the end of an epoch it is the next that it stands before; of the last one
 * the test. */
TEST(where_it_broke)
{
	struct ui u;

	NEED_UTF8();
	moment_init(&u, &look_braille, 24, 80);
	broken(&u);
	CHECK_HAS(head_text(&u), " broke at 42:11: grad_norm 14.2371 > 10 ");
	u.now.in_epoch = MOMENT_STEPS;
	CHECK_HAS(head_text(&u), " broke at 43:0: grad_norm 14.2371 > 10 ");
	u.now.epoch = u.now.epochs;
	CHECK_HAS(head_text(&u), " broke before the test: grad_norm 14.2371 > 10 ");
	u.now.state = WORK_PAUSED;
	CHECK_HAS(head_text(&u), " paused before the test ");
	u.now.epoch = u.now.in_epoch = 0; /* a fold that has not begun */
	CHECK_HAS(head_text(&u), " paused at 1:0 ");
	moment_free(&u);
}

/* A change lasts from fold to fold, so the value before it may be one of a fold before. */
TEST(what_changed_last_was_changed_in_another_fold)
{
	struct ui u;

	NEED_UTF8();
	moment_init(&u, &look_braille, 24, 80);
	run_add_mark(&u.run, 1, MARK_CHANGE, 7, 50, "cmd_text 0.2");
	pause(&u);
	CHECK_HAS(head_text(&u), " last change: loss.cmd_text 0.2 → 0.15 ");
	run_fold(&u.run, 3)->began = true; /* without that: both train at once */
	CHECK_HAS(head_text(&u), " last change: loss.cmd_text 0.30 → 0.15 ");
	run_add_mark(&u.run, 3, MARK_CHANGE, 1, 2, "cmd_text 0.25");
	CHECK_HAS(head_text(&u), " last change: loss.cmd_text 0.25 → 0.15 ");
	moment_free(&u);
}

/* The console begins with the place of the cursor, and the name is to be typed. */
static const char *branch(struct ui *u, const char *args)
{
	static struct err e;

	err_clear(&e);
	return branch_verbs[0].run(u, args, &e) ? e.text : "";
}

TEST(branch_at_the_cursor)
{
	struct ui u;

	NEED_UTF8();
	moment_init(&u, &look_braille, 24, 80);
	CHECK_STR(branch(&u, ""), "");
	CHECK_INT(u.overlay_kind, OVERLAY_CONSOLE);
	CHECK_STR(u.console.line, "branch  42:11"); /* where it is */
	CHECK_INT(u.console.point, 7);
	CHECK_STR(run(&u, "cursor", "4"), "");
	CHECK_STR(branch(&u, ""), "");
	CHECK_STR(u.console.line, "branch  5:0");
	train_view(&u)->at = 4 + 3. / MOMENT_STEPS;
	CHECK_STR(branch(&u, ""), "");
	CHECK_STR(u.console.line, "branch  5:3");
	CHECK_HAS(branch(&u, "x 4-1"), "branch x 4-1: expected EPOCH:STEP");
	moment_free(&u);
}

TEST(jump_to_where_a_branch_left)
{
	struct ui u;

	NEED_UTF8();
	moment_init(&u, &look_braille, 24, 80);
	CHECK_STR(run(&u, "jump", "left"), "");
	CHECK_NEAR(train_view(&u)->at, MOMENT_KEPT, 1e-9);
	CHECK_STR(run(&u, "jump", "left"), "jump: no branch left before the cursor");
	CHECK_STR(run(&u, "cursor", "4"), "");
	CHECK_STR(run(&u, "jump", "right"), "");
	CHECK_NEAR(train_view(&u)->at, MOMENT_KEPT, 1e-9);
	CHECK_STR(run(&u, "jump", "right"), "jump: no branch left after the cursor");
	u.sel.fold = 1;
	CHECK_HAS(run(&u, "jump", "left"), "no branch has left this fold");
	moment_free(&u);
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
