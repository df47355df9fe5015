/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How the screen is drawn, and what a click does in each view (ui/console/style.h). */
#include "tests/ui/fixture.h"

#include "base/str.h"
#include "ui/state/feed.h"
#include "ui/state/page.h"
#include "ui/console/command.h"
#include "ui/loop.h"
#include "ui/view/screen.h"
#include "ui/view/confusion.h"
#include "ui/view/order.h"

static void run(struct ui *u, const char *line)
{
	struct err e = {0};

	if (command_run(u, line, &e))
		FAIL("%s: %s", line, e.text);
}

static void refused(struct ui *u, const char *line, const char *want)
{
	struct err e = {0};

	if (!command_run(u, line, &e))
		FAIL("%s was taken", line);
	CHECK_HAS(e.text, want);
}

TEST(style_words)
{
	struct ui u;

	NEED_UTF8();
	ui_init(&u, &look_braille, 24, 80);
	run(&u, "style light cividis block");
	CHECK_INT(u.look.palette, PALETTE_LIGHT);
	CHECK_INT(u.look.ramp, RAMP_CIVIDIS);
	CHECK_INT(u.look.glyphs, GLYPHS_BLOCK);
	refused(&u, "style dark blue", "found 'blue'"); /* and changes nothing */
	CHECK_INT(u.look.palette, PALETTE_LIGHT);
	run(&u, "style");
	CHECK_STR(u.message.text, "style light cividis block");
	ui_free(&u);
}

TEST(style_needs_utf8_for_braille)
{
	struct ui u;

	if (!setlocale(LC_CTYPE, "C"))
		SKIP("no locale C");
	ui_init(&u, &look_ascii, 24, 80);
	refused(&u, "style braille", "not UTF-8");
	CHECK_INT(u.look.glyphs, GLYPHS_ASCII);
	run(&u, "style ascii grey");
	ui_free(&u);
}

TEST(mouse_on_and_off)
{
	struct ui u;

	ui_init(&u, &look_ascii, 24, 80);
	run(&u, "mouse");
	CHECK(u.mouse);
	run(&u, "mouse off");
	CHECK(!u.mouse);
	refused(&u, "mouse wheel", "expected on or off");
	ui_free(&u);
}

static void click(struct ui *u, int row, int col)
{
	loop_key(u, (struct key){.code = K_CLICK, .row = row, .col = col});
	feed_refresh(u);
}

/* The row of the screen that shows `text`, -1 if none does. */
static int row_of(const struct ui *u, const char *text)
{
	struct canvas c;
	char *dump, *at;
	int row = 0;

	canvas_init(&c, u->rows, u->cols, &u->look);
	screen_draw(u, &c);
	dump = canvas_dump(&c);
	at = strstr(dump, text);
	for (const char *p = dump; at && p < at; p++)
		row += *p == '\n';
	free(dump);
	canvas_free(&c);
	return at ? row : -1;
}

/* A page and the help take every key: the keys of the view are not offered under them. */
TEST(no_keys_are_offered_that_do_nothing)
{
	struct ui u;

	NEED_UTF8();
	ui_init(&u, &look_braille, 24, 80);
	CHECK_INT(row_of(&u, "? help"), 23);
	page_open(&u, "a page", str_format("a line"));
	CHECK(row_of(&u, "Esc close") > 0);
	CHECK_INT(row_of(&u, "? help"), -1);
	page_close(&u);
	run(&u, "help");
	CHECK(row_of(&u, "Esc close") > 0);
	CHECK_INT(row_of(&u, "? help"), -1);
	ui_free(&u);
}

TEST(clicks)
{
	struct fixture f;
	struct ui *u = &f.u;

	NEED_UTF8();
	fixture_make(&f, &(struct fixture_of){.n = 40, .epochs = 12, .classes = 4});
	for (int cols = 60; cols <= 140; cols += 40) {
		u->cols = cols;
		for (int v = 0; v < VIEWS; v++) {
			struct canvas c;
			char *dump;

			canvas_init(&c, u->rows, u->cols, &u->look);
			screen_draw(u, &c);
			dump = canvas_dump(&c);
			*strchr(dump, '\n') = '\0';
			*strchr(dump, '1' + v) = '\0'; /* the column of the digit */
			click(u, 0, text_width(dump));
			CHECK_INT(u->view, v);
			free(dump);
			canvas_free(&c);
		}
	}
	u->cols = 80;
	click(u, 0, 30);
	CHECK_INT(u->view, VIEW_UTTERANCES);
	click(u, 7, 5);
	CHECK_INT(order_of(u)->row, 4);
	CHECK_INT(u->sel.utt, order_of(u)->order[4]);
	CHECK_INT(row_of(u, "\n▸") + 1, 7);
	click(u, 7, 5); /* the selected one: opened */
	CHECK_INT(u->view, VIEW_UTTERANCE);
	click(u, 20, 5); /* nothing there to click */

	run(u, "view 2");
	click(u, 6, 17);
	CHECK_INT(confusion_view(u)->row, 1);
	CHECK_INT(confusion_view(u)->col, 1);
	run(u, "view 6");
	click(u, row_of(u, "exp.holdout_unit"), 10);
	CHECK_INT(row_of(u, "▸   exp.holdout_unit"), row_of(u, "exp.holdout_unit"));
	for (int v = 0; v < VIEWS; v++) { /* anywhere, in any view: no harm */
		for (int row = 0; row < u->rows; row++)
			for (int col = 0; col < u->cols; col += 3) {
				ui_select_view(u, (enum view_id)v);
				click(u, row, col);
			}
	}
	fixture_free(&f);
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
