/* SPDX-License-Identifier: GPL-3.0-or-later */
/* View 6. */
#include "tests/ui/golden.h"
#include "tests/ui/pending.h"

#include "ui/state/next_run.h"
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

/* What this run cannot take goes into the next one. */
TEST(config_edits_the_next_run_where_this_one_is_fixed)
{
	struct err e = {0};
	struct ui u;

	start(&u, 80, 24);
	moment_row(&u, "train.batch_size");
	run(&u, "enter");
	CHECK_STR(u.console.line, "draft train.batch_size ");
	u.overlay_kind = OVERLAY_NONE;
	moment_row(&u, "train.padding");
	run(&u, "default");
	CHECK_STR(draft_value(next_run(&u), option_find("train.padding")), "reference");
	CHECK_HAS(u.message.text,
		  "train.padding is reference in the next run; this one keeps masked");
	moment_row(&u, "model.dropout");
	CHECK_HAS(command_refused(&u, "edit"), "no effect");
	moment_row(&u, "exp.audio_dir");
	CHECK_INT(command_run(&u, "default", &e), -1);
	CHECK_STR(e.text, "exp.audio_dir has no default");
	moment_row(&u, "train.batch_size");
	err_clear(&e);
	CHECK_INT(command_run(&u, "edit try", &e), -1);
	CHECK_HAS(e.text, "fixed during a run");
	moment_row(&u, "train.epoch");
	CHECK(!command_refused(&u, "default"));
	CHECK(!command_refused(&u, "move down"));
	ui_free(&u);
}

TEST(config_left_and_right_choose_what_enter_edits)
{
	struct ui u;
	struct canvas c;

	NEED_UTF8();
	start(&u, 80, 24);
	moment_view(&u, &c);
	CHECK(!moment_shows(&c, "next run      takes effect"));
	canvas_free(&c);
	run(&u, "column next");
	moment_view(&u, &c);
	CHECK(moment_shows(&c, "value         next run      takes effect"));
	canvas_free(&c);
	run(&u, "enter");
	CHECK_STR(u.console.line, "draft train.loss.cmd_text ");
	u.overlay_kind = OVERLAY_NONE;
	run(&u, "column value");
	run(&u, "enter");
	CHECK_STR(u.console.line, "set train.loss.cmd_text ");
	u.overlay_kind = OVERLAY_NONE;
	/* A run that is over has no other value to edit. */
	u.now.state = WORK_IDLE;
	u.now.trains = false;
	run(&u, "enter");
	CHECK_STR(u.console.line, "draft train.loss.cmd_text ");
	u.overlay_kind = OVERLAY_NONE;
	CHECK_HAS(command_refused(&u, "edit try"), "nothing to train");
	ui_free(&u);
}

TEST(config_takes_back_a_row_and_drops_the_draft)
{
	struct err e = {0};
	struct ui u;

	start(&u, 80, 24);
	CHECK_HAS(command_refused(&u, "unset"), "does not change this setting");
	CHECK_HAS(command_refused(&u, "drop"), "the next run changes nothing");
	run(&u, "draft train.batch_size 32");
	run(&u, "draft train.epoch x2");
	run(&u, "set exp.seed 54");
	CHECK_INT(next_run(&u)->n, 3);
	CHECK_INT(command_run(&u, "unset", &e), -1);
	moment_row(&u, "train.epoch");
	run(&u, "unset");
	CHECK_INT(next_run(&u)->n, 2);
	CHECK_STR(u.message.text, "train.epoch is 70 in the next run too");
	run(&u, "drop");
	CHECK_INT(next_run(&u)->n, 0);
	CHECK_STR(u.message.text, "the draft is dropped, 2 changes");
	ui_free(&u);
}

/* Also of a setting whose default is to have none. */
TEST(config_default_in_the_next_run)
{
	struct err e = {0};
	struct ui u;

	start(&u, 80, 24);
	moment_row(&u, "exp.map");
	run(&u, "draft exp.map exc=hap");
	CHECK_INT(next_run(&u)->n, 1);
	run(&u, "default");
	CHECK_INT(next_run(&u)->n, 0);
	moment_row(&u, "exp.features");
	CHECK_INT(command_run(&u, "default", &e), -1);
	CHECK_STR(e.text, "exp.features has no default");
	ui_free(&u);
}

static void start_draft(struct ui *u, int cols, int rows)
{
	start(u, cols, rows);
	run(u, "draft train.optimizer.lr x0.5");
	run(u, "draft train.batch_size 32");
	moment_row(u, "train.batch_size");
	u->now.pending = 0;
	u->now.set.train.clip = 0.5; /* a live change */
}

TEST(config_finds_what_the_next_run_changes)
{
	struct ui u;
	struct canvas c;

	NEED_UTF8();
	start_draft(&u, 80, 24);
	run(&u, "find draft");
	moment_view(&u, &c);
	CHECK(moment_shows(&c, "find draft   5 changed"));
	CHECK(moment_shows(&c, "train.optimizer.lr "));
	CHECK(moment_shows(&c, "train.batch_size "));
	CHECK(!moment_shows(&c, "train.epoch"));
	canvas_free(&c);
	run(&u, "drop");
	moment_view(&u, &c);
	CHECK(moment_shows(&c, "no setting matches"));
	canvas_free(&c);
	ui_free(&u);
}

/* In the same columns and rows whatever is selected. */
TEST(config_with_a_draft_at_each_size)
{
	static const int size[][2] = {{40, 10}, {80, 24}, {100, 30}, {120, 40}, {200, 50}};
	char name[64];
	struct ui u;

	NEED_UTF8();
	for (size_t i = 0; i < sizeof size / sizeof *size; i++) {
		start_draft(&u, size[i][0], size[i][1]);
		snprintf(name, sizeof name, "config-draft-%dx%d", size[i][0], size[i][1]);
		look_at(name, &u);
		ui_free(&u);
	}
}

TEST(config_says_why_a_draft_cannot_start)
{
	static const int size[][2] = {{80, 24}, {120, 40}};
	char name[64];
	struct ui u;

	NEED_UTF8();
	for (size_t i = 0; i < sizeof size / sizeof *size; i++) {
		start_draft(&u, size[i][0], size[i][1]);
		run(&u, "draft model.num_heads 3");
		moment_row(&u, "model.num_heads");
		snprintf(name, sizeof name, "config-fault-%dx%d", size[i][0], size[i][1]);
		look_at(name, &u);
		ui_free(&u);
	}
}

TEST(config_says_what_a_live_change_means_for_the_next_run)
{
	struct ui u;
	struct canvas c;

	NEED_UTF8();
	start_draft(&u, 80, 24);
	moment_row(&u, "train.clip");
	moment_view(&u, &c);
	CHECK(moment_shows(&c,
			   "0.5 by a live change, in the next run 0; draft live takes it over"));
	canvas_free(&c);
	run(&u, "draft live");
	CHECK_STR(u.message.text, "1 live change of this run is in the next run too");
	moment_view(&u, &c);
	CHECK(moment_shows(&c, "0.5, in the next run 0.5") ||
	      moment_shows(&c, "next run: 3 changes"));
	canvas_free(&c);
	ui_free(&u);
}

/* Beside the base rate the one in force; beside the weights how many utterances. */
TEST(config_says_what_the_run_makes_of_a_setting)
{
	static const int count[] = {1109, 271, 268, 1743, 4710, 683, 1205};
	struct ui u;
	struct canvas c;

	NEED_UTF8();
	start(&u, 80, 24);
	u.now.pending = 0;
	moment_row(&u, "train.optimizer.lr");
	moment_view(&u, &c);
	CHECK(moment_shows(&c, "in force 1.10e-4: cosine, epoch 42 of 70"));
	canvas_free(&c);
	u.now.set.train.schedule = SCHEDULE_PLATEAU;
	u.now.set.train.warmup = 42;
	moment_view(&u, &c);
	CHECK(moment_shows(&c, "in force 1.10e-4: warm-up, then plateau, epoch 42 of 70"));
	canvas_free(&c);
	run(&u, "find class_weight");
	moment_row(&u, "train.class_weight");
	moment_view(&u, &c);
	CHECK(!moment_shows(&c, "anger 1109"));
	canvas_free(&c);

	u.now.set.exp.nlabels = 0;
	u.now.set.layout = LAYOUT_LISTS;
	for (int i = 0; i < 7; i++) {
		static const char *const name[] = {"anger",   "disgust", "fear",    "joy",
						   "neutral", "sadness", "surprise"};

		strcpy(u.now.set.exp.labels[u.now.set.exp.nlabels++], name[i]);
		u.now.count[i] = count[i];
	}
	moment_view(&u, &c);
	CHECK(moment_shows(&c, "anger 1109, disgust 271, fear 268, joy 1743, neutral 4710, "));
	canvas_free(&c);
	u.now.set.train.class_weight.how = CLASS_WEIGHT_BALANCED;
	u.run.base.train.class_weight.how = CLASS_WEIGHT_BALANCED;
	moment_view(&u, &c);
	CHECK(moment_shows(&c, "anger 1109 × 1.29, disgust 271 × 5.27, fear 268 × 5.32,"));
	CHECK(moment_shows(&c,
			   "\n neutral 4710 × 0.303, sadness 683 × 2.09, surprise 1205 × 1.18"));
	canvas_free(&c);
	ui_free(&u);
}

/* Before the data is read there is nothing that the next run could start from. */
TEST(config_without_settings_shows_none)
{
	static const enum work_state state[] = {WORK_LOADING, WORK_FAILED};
	char name[64];
	struct ui u;

	NEED_UTF8();
	for (size_t i = 0; i < 2; i++) {
		ui_init(&u, &look_moment, 24, 80);
		u.view = VIEW_CONFIG;
		u.work = (struct work *)&u;
		u.now.state = state[i];
		snprintf(name, sizeof name, "config-%s-80x24", i ? "failed" : "loading");
		look_at(name, &u);
		CHECK(command_refused(&u, "enter"));
		CHECK(command_refused(&u, "draft train.epoch 3"));
		CHECK(command_refused(&u, "column next"));
		ui_free(&u);
	}
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
