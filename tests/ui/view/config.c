/* SPDX-License-Identifier: GPL-3.0-or-later */
/* View 6. */
#include "tests/ui/golden.h"
#include "tests/ui/pending.h"

#include "ui/view/config.h"

static void start(struct ui *u, int cols, int rows)
{
	moment_init(u, cols, rows);
	u->view = VIEW_CONFIG;
	moment_row(u, "train.loss.cmd_text");
	config_view(u)->top = 13; /* as after moving down to it */
}

static void look_at(const char *name, struct ui *u)
{
	struct canvas c;

	moment_view(u, &c);
	golden_check(name, &c);
	canvas_free(&c);
}

static void run(struct ui *u, const char *line)
{
	struct err e = {0};

	if (command_run(u, line, &e))
		FAIL("%s: %s", line, e.text);
}

TEST(config_at_each_size)
{
	static const int size[][2] = {{40, 10}, {80, 24}, {120, 36}, {200, 50}};
	char name[64];
	struct ui u;

	NEED_UTF8();
	for (size_t i = 0; i < sizeof size / sizeof *size; i++) {
		start(&u, size[i][0], size[i][1]);
		snprintf(name, sizeof name, "config-%dx%d", size[i][0], size[i][1]);
		look_at(name, &u);
		ui_free(&u);
	}
}

TEST(config_in_ascii)
{
	struct ui u;

	NEED_UTF8();
	start(&u, 80, 24);
	u.look.glyphs = GLYPHS_ASCII;
	look_at("config-ascii-80x24", &u);
	ui_free(&u);
}

/* Every size down to the least draws something and nothing outside. */
TEST(config_fits_any_size)
{
	struct ui u;

	NEED_UTF8();
	for (int rows = 10; rows < 60; rows += 7)
		for (int cols = 40; cols < 250; cols += 13) {
			struct canvas c;

			start(&u, cols, rows);
			moment_view(&u, &c);
			CHECK(moment_shows(&c, "cmd_text"));
			canvas_free(&c);
			ui_free(&u);
		}
}

TEST(config_moves_over_settings_not_titles)
{
	struct ui u;

	NEED_UTF8();
	start(&u, 80, 24);
	run(&u, "move home");
	CHECK_STR(option_table[config_view(&u)->row].key, "exp.seed");
	CHECK_INT(config_view(&u)->top, 0);
	run(&u, "move up");
	CHECK_STR(option_table[config_view(&u)->row].key, "exp.seed");
	run(&u, "move end");
	CHECK_INT(config_view(&u)->row, option_count - 1);
	run(&u, "move up");
	CHECK_INT(config_view(&u)->row, option_count - 2);
	moment_row(&u, "exp.columns.label");
	run(&u, "move down");
	CHECK_STR(option_table[config_view(&u)->row].key, "train.optimizer.lr");
	ui_free(&u);
}

TEST(config_find_narrows)
{
	struct ui u;
	struct canvas c;

	NEED_UTF8();
	start(&u, 80, 24);
	run(&u, "find lstm");
	moment_view(&u, &c);
	CHECK(moment_shows(&c, "find lstm   4 of "));
	CHECK(moment_shows(&c, "model.direction"));
	CHECK(!moment_shows(&c, "train.loss"));
	canvas_free(&c);
	run(&u, "move home");
	CHECK_STR(option_table[config_view(&u)->row].key, "model.num_layers");
	run(&u, "find nothing like it");
	moment_view(&u, &c);
	CHECK(moment_shows(&c, "no setting matches"));
	canvas_free(&c);
	CHECK_STR(command_refused(&u, "enter"), "no setting is selected");
	run(&u, "move down");
	run(&u, "find");
	moment_view(&u, &c);
	CHECK(!moment_shows(&c, "find"));
	canvas_free(&c);
	ui_free(&u);
}

TEST(config_enter_types_the_command)
{
	struct ui u;

	start(&u, 80, 24);
	run(&u, "enter");
	CHECK_INT(u.overlay_kind, OVERLAY_CONSOLE);
	CHECK_STR(u.console.line, "set train.loss.cmd_text ");
	CHECK_INT(u.console.point, (long long)strlen(u.console.line));
	u.overlay_kind = OVERLAY_NONE;
	run(&u, "edit try");
	CHECK_STR(u.console.line, "try train.loss.cmd_text ");
	ui_free(&u);
}

TEST(config_refuses_what_is_fixed)
{
	struct err e = {0};
	struct ui u;

	start(&u, 80, 24);
	moment_row(&u, "train.batch_size");
	CHECK_HAS(command_refused(&u, "enter"), "fixed during a run");
	CHECK_INT(command_run(&u, "default", &e), -1);
	CHECK_HAS(e.text, "fixed during a run");
	moment_row(&u, "model.dropout");
	CHECK_HAS(command_refused(&u, "edit"), "no effect");
	moment_row(&u, "train.epoch");
	err_clear(&e);
	CHECK_INT(command_run(&u, "edit try", &e), -1);
	CHECK_HAS(e.text, "next step");
	CHECK(!command_refused(&u, "default"));
	CHECK(!command_refused(&u, "move down"));
	ui_free(&u);
}

TEST(config_pending_at_the_next_epoch)
{
	struct ui u;
	struct canvas c;

	NEED_UTF8();
	start(&u, 80, 24);
	moment_row(&u, "train.epoch");
	snprintf(u.now.pending_key, sizeof u.now.pending_key, "train.epoch");
	snprintf(u.now.pending_value, sizeof u.now.pending_value, "90");
	moment_view(&u, &c);
	CHECK(moment_shows(&c, "70 → 90 asked during 42:11, applied before 43:1   u undo"));
	canvas_free(&c);
	moment_row(&u, "train.loss.main");
	snprintf(u.now.pending_key, sizeof u.now.pending_key, "train.loss.main");
	u.now.in_epoch = 28; /* the last step of the epoch */
	moment_view(&u, &c);
	CHECK(moment_shows(&c, "asked during 42:28, applied before 43:1"));
	canvas_free(&c);
	ui_free(&u);
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
