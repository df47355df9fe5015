/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The answer to `try` (ui/state/tried.h). */
#include "tests/ui/golden.h"

#include "base/mem.h"
#include "ui/state/page.h"
#include "ui/state/tried.h"
#include "ui/view/screen.h"

static void change(struct tried *t, const char *key, const char *was, const char *value)
{
	struct tried_change *c = &t->change[t->changes++];

	snprintf(c->key, sizeof c->key, "%s", key);
	snprintf(c->was, sizeof c->was, "%s", was);
	snprintf(c->value, sizeof c->value, "%s", value);
	snprintf(t->base.value, sizeof t->base.value, "%.31s", t->change[0].was);
}

static struct tried made(const char *key, const char *was, const char *value)
{
	struct tried t = {.epoch = 42, .step = 12, .steps = 1, .of = 1, .points = 1};
	struct step_row now = {.loss = 1.042,
			       .term = {[TERM_MAIN] = 0.387,
					[TERM_CMD_TEXT] = 0.0312,
					[TERM_CMD_AUDIO] = 0.000012,
					[TERM_TEXT] = 12.676,
					[TERM_AUDIO] = 0.911}};
	struct tried_steps *as_is = &t.base.made, *tried = &t.point[0].made;

	change(&t, key, was, value);
	as_is->steps = tried->steps = 1;
	as_is->before = as_is->first.row = tried->first.row = now;
	as_is->first.row.loss = 1.0312;
	tried->first.row.loss = 1.0377;
	as_is->first.row.term[TERM_MAIN] = 0.3801;
	tried->first.row.term[TERM_MAIN] = 0.3835;
	as_is->first.row.term[TERM_CMD_AUDIO] = 0.0000118;
	tried->first.row.term[TERM_TEXT] = (double)NAN;
	as_is->first.row.grad_norm = tried->first.row.grad_norm = 3.2104;
	as_is->first.update = -2.5312;
	tried->first.update = -2.8322;
	as_is->last = as_is->first;
	tried->last = tried->first;
	return t;
}

static void check(const char *name, int rows, int cols, const struct look *look,
		  const struct tried *t)
{
	struct tried *answer = mem_alloc(1, sizeof *answer);
	struct ui u;
	struct canvas c;

	*answer = *t;
	ui_init(&u, look, rows, cols);
	tried_open(&u, answer);
	CHECK_INT(u.overlay_kind, OVERLAY_PAGE);
	canvas_init(&c, rows, cols, look);
	page_draw(&u, &c);
	golden_check(name, &c);
	canvas_free(&c);
	ui_free(&u);
}

TEST(both_ways_side_by_side)
{
	struct tried t = made("train.optimizer.lr", "3e-4", "1.5e-4");

	NEED_UTF8();
	check("tried-80x24", 24, 80, &look_braille, &t);
	check("tried-ascii-80x24", 24, 80, &look_ascii, &t);
	check("tried-40x10", 10, 40, &look_braille, &t);
	check("tried-40x20", 20, 40, &look_braille, &t);
}

TEST(weights_count_in_their_own_sums)
{
	struct tried t = made("train.loss.cmd_audio", "0.30", "0.15");

	NEED_UTF8();
	check("tried-weight-80x24", 24, 80, &look_braille, &t);
}

/* The first step and the last; one diverges, and training ends before. */
TEST(several_settings_over_steps)
{
	struct tried t = made("train.optimizer.lr", "3e-4", "1.5e-4");

	NEED_UTF8();
	change(&t, "train.loss.text", "0.15", "0");
	change(&t, "train.patience", "0", "5");
	t.change[2].later = true;
	t.steps = 10;
	t.base.made.steps = 8;
	t.base.made.last.row.term[TERM_MAIN] = 0.3312;
	t.base.made.last.row.loss = 0.98;
	t.point[0].made.steps = 4;
	t.point[0].made.diverged = true;
	t.point[0].made.last.row.loss = (double)INFINITY;
	t.point[0].made.last.update = (double)NAN;
	check("tried-steps-80x24", 24, 80, &look_braille, &t);
	check("tried-steps-120x36", 36, 120, &look_braille, &t);
	check("tried-steps-40x20", 20, 40, &look_braille, &t);
}

/* Losses of a valley around 1e-3; the last two values diverge. */
static struct tried sweep(double now, const char *written)
{
	struct tried t = made("train.optimizer.lr", written, "");

	t.steps = 5;
	t.sweep = t.log = true;
	t.of = t.points = 11;
	t.base.x = now;
	t.base.made.steps = 5;
	t.base.loss = t.base.made.last.row.loss = 1 + pow(log10(now) + 3, 2);
	for (int i = 0; i < t.points; i++) {
		struct tried_point *p = &t.point[i];

		p->made = t.base.made;
		p->x = pow(10, -5 + 0.4 * i);
		snprintf(p->value, sizeof p->value, "%.3g", p->x);
		p->loss = p->made.last.row.loss = 1 + pow(log10(p->x) + 3, 2);
		p->made.last.update = -5 + 0.4 * i;
		p->made.diverged = i > 8;
		if (!p->made.diverged)
			continue;
		p->made.steps = 1;
		p->loss = p->made.last.row.loss = (double)NAN;
		p->made.last.update = (double)NAN;
	}
	return t;
}

TEST(a_sweep_as_a_curve)
{
	struct tried t = sweep(5e-4, "5e-4"), out = sweep(0.5, "0.5");

	NEED_UTF8();
	check("tried-sweep-80x24", 24, 80, &look_braille, &t);
	check("tried-sweep-ascii-80x24", 24, 80, &look_ascii, &t);
	check("tried-sweep-120x36", 36, 120, &look_braille, &t);
	check("tried-sweep-200x50", 50, 200, &look_braille, &t);
	check("tried-sweep-40x10", 10, 40, &look_braille, &t);
	check("tried-sweep-40x20", 20, 40, &look_braille, &t);
	check("tried-sweep-outside-80x24", 24, 80, &look_braille, &out);
}

/* Evenly spaced, the present value among them; ended after some. */
TEST(a_sweep_that_was_ended)
{
	struct tried t = made("train.loss.text", "0.50", "");

	NEED_UTF8();
	t.sweep = true;
	t.of = 11;
	t.points = 6;
	t.base.x = 0.5;
	t.base.loss = 0.8;
	for (int i = 0; i < t.points; i++) {
		t.point[i] = t.base;
		t.point[i].x = i / 10.;
		snprintf(t.point[i].value, sizeof t.point[i].value, "0.%d0", i);
		t.point[i].loss = 0.85 - 0.01 * i;
	}
	check("tried-sweep-ended-80x24", 24, 80, &look_braille, &t);
}

/* All that a sweep may give stays inside its canvas. */
TEST(no_curve_is_too_much)
{
	struct tried t = sweep(5e-4, "5e-4");

	for (int kind = 0; kind < 4; kind++) {
		t.points = kind == 0 ? 2 : TRIAL_POINTS;
		for (int i = 0; i < t.points; i++) {
			t.point[i] = t.base;
			t.point[i].x = 1e-5 * (i + 1);
			t.point[i].loss = kind == 1 ? (double)NAN : kind == 2 ? 1 : pow(10, i - 20);
			t.point[i].made.diverged = kind == 1;
		}
		for (int rows = 10; rows < 60; rows += 7)
			for (int cols = 40; cols < 210; cols += 30) {
				struct tried *answer = mem_alloc(1, sizeof *answer);
				struct canvas c;
				struct ui u;

				*answer = t;
				ui_init(&u, &look_braille, rows, cols);
				tried_open(&u, answer);
				canvas_init(&c, rows, cols, &look_braille);
				page_draw(&u, &c);
				canvas_free(&c);
				ui_free(&u);
			}
	}
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
