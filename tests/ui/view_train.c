/* SPDX-License-Identifier: GPL-3.0-or-later */
/* View 1 with its tabs, status and keys: whole screens, and what it answers to. */
#include "golden.h"
#include "moment.h"

#include "ui/keys.h"

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
	return view_train.command(u, verb, args, &e) ? e.text : "";
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

/* ---- states ---- */

static void pause(struct ui *u)
{
	u->now.state = WORK_PAUSED;
	u->now.pending = 0;
	run_add_mark(&u->run, 3, MARK_CHANGE, 42, MOMENT_EPOCHS * MOMENT_STEPS + 12,
		     "cmd_text 0.15");
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

	while (u->noverlays > 0)
		run_free(&u->overlay[--u->noverlays]);
	f->nsteps = steps;
	f->nepochs = steps / MOMENT_STEPS;
	f->best_epoch = f->nepochs;
	f->nmarks = 0;
	u->now.epoch = 1 + steps / MOMENT_STEPS;
	u->now.step = steps;
	u->now.in_epoch = steps % MOMENT_STEPS;
	u->now.pending = 0;
	u->now.best_wa = f->nepochs ? f->epoch[0].val.wa : NAN;
	u->now.best_epoch = f->nepochs;
	u->now.eta = 9950;
	if (steps == 0)
		u->now.loss = u->now.rate = u->now.eta = NAN;
}

static void optimistic(struct ui *u)
{
	u->run.set.exp.protocol = PROTOCOL_REFERENCE;
	u->run.results.optimistic = true;
}

SCREEN(paused_80x24, 24, 80, pause(&u))
SCREEN(diverged_80x24, 24, 80, diverge(&u))
SCREEN(diverged_40x10, 10, 40, diverge(&u))
SCREEN(diverged_120x36, 36, 120, diverge(&u))
SCREEN(reference_80x24, 24, 80, optimistic(&u))
SCREEN(reference_120x36, 36, 120, optimistic(&u))
SCREEN(no_step_80x24, 24, 80, begin(&u, 0))
SCREEN(no_step_40x10, 10, 40, begin(&u, 0))
SCREEN(no_epoch_80x24, 24, 80, begin(&u, 11))
SCREEN(no_epoch_40x10, 10, 40, begin(&u, 11))
SCREEN(one_epoch_80x24, 24, 80, begin(&u, MOMENT_STEPS + 3))

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
SCREEN(other_fold_80x24, 24, 80, u.sel.fold = 2; u.sel.fold_chosen = true)
SCREEN(term_40x10, 10, 40, run(&u, "move", "up"); run(&u, "move", "up"); run(&u, "move", "up"))

/* ---- without braille ---- */

TEST(ascii)
{
	struct ui u;

	NEED_UTF8();
	moment_init(&u, &look_ascii, 24, 80);
	check_screen(&u, "train-ascii_80x24");
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

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
