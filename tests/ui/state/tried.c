/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The answer to `try` (ui/state/tried.h). */
#include "tests/ui/golden.h"

#include "ui/state/page.h"
#include "ui/state/tried.h"
#include "ui/view/screen.h"

static struct tried made(const char *key, const char *was, const char *value)
{
	struct tried t = {.epoch = 42, .step = 12};

	snprintf(t.key, sizeof t.key, "%s", key);
	snprintf(t.was, sizeof t.was, "%s", was);
	snprintf(t.value, sizeof t.value, "%s", value);
	t.now = (struct step_row){.loss = 1.042,
				  .term = {[TERM_MAIN] = 0.387,
					   [TERM_CMD_TEXT] = 0.0312,
					   [TERM_CMD_AUDIO] = 0.000012,
					   [TERM_TEXT] = 12.676,
					   [TERM_AUDIO] = 0.911}};
	t.as_is = t.changed = t.now;
	t.as_is.loss = 1.0312;
	t.changed.loss = 1.0377;
	t.as_is.term[TERM_MAIN] = 0.3801;
	t.changed.term[TERM_MAIN] = 0.3835;
	t.as_is.term[TERM_CMD_AUDIO] = 0.0000118;
	t.changed.term[TERM_TEXT] = (double)NAN;
	return t;
}

static void check(const char *name, int rows, int cols, const struct look *look,
		  const struct tried *t)
{
	struct ui u;
	struct canvas c;

	ui_init(&u, look, rows, cols);
	tried_open(&u, t);
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

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
