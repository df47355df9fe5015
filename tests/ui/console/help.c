/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Help over a view, and the manual page. */
#include "tests/ui/golden.h"
#include "tests/ui/pending.h"

#include "ui/console/complete.h"
#include "ui/console/help.h"
#include "ui/console/keys.h"
#include "ui/console/command.h"
#include "ui/console/words.h"
#include "ui/view/order.h"

static struct ui screen;

static void start(int cols, int rows)
{
	keys_reset();
	moment_init(&screen, cols, rows);
	screen.view = VIEW_CONFIG;
	moment_row(&screen, "train.loss.cmd_text");
	help_open(&screen);
}

static void press(uint32_t code)
{
	help_key(&screen, (struct key){.code = code});
}

static void type(const char *text)
{
	for (uint32_t c; (c = utf8_next(&text));)
		press(c);
}

static bool shows(const char *text)
{
	struct canvas c;
	bool there;

	canvas_init(&c, screen.rows, screen.cols, &screen.look);
	help_draw(&screen, &c);
	there = moment_shows(&c, text);
	canvas_free(&c);
	return there;
}

static void look_at(const char *name)
{
	struct canvas c;

	canvas_init(&c, screen.rows, screen.cols, &screen.look);
	help_draw(&screen, &c);
	golden_check(name, &c);
	canvas_free(&c);
}

TEST(help_at_each_size)
{
	static const int size[][2] = {{40, 10}, {80, 24}, {120, 36}};
	char name[64];

	NEED_UTF8();
	for (size_t i = 0; i < sizeof size / sizeof *size; i++) {
		start(size[i][0], size[i][1]);
		snprintf(name, sizeof name, "help-%dx%d", size[i][0], size[i][1]);
		look_at(name);
		ui_free(&screen);
	}
	start(80, 24);
	type("stop");
	look_at("help-filtered-80x24");
	screen.look.glyphs = GLYPHS_ASCII;
	look_at("help-ascii-80x24");
	ui_free(&screen);
}

TEST(help_filter_finds_keys_names_and_sentences)
{
	NEED_UTF8();
	start(80, 24);
	type("resume");
	CHECK(shows("resume"));
	CHECK(!shows("smooth"));
	press(127);
	CHECK_STR(screen.help.filter, "resum");
	press(21);
	CHECK_STR(screen.help.filter, "");
	type("é");
	CHECK(shows("no match   Esc close"));
	CHECK(shows("Nothing has this in its name or help."));
	press(127);
	CHECK_STR(screen.help.filter, "");
	press('\r');
	ui_free(&screen);
}

/* A word is explained; there is nothing that Enter could run. */
TEST(help_says_what_enter_does)
{
	NEED_UTF8();
	start(80, 24);
	type("flips");
	CHECK(shows("1 match   ↑↓ move   Esc close"));
	press(21);
	type("early stopping");
	CHECK(shows("train.patience"));
	CHECK(shows("1 match   ↑↓ move   Enter run   Esc close"));
	ui_free(&screen);
}

TEST(help_says_why_not_now)
{
	NEED_UTF8();
	start(80, 24);
	type("resume");
	CHECK(shows("not now"));
	CHECK(shows("only while paused"));
	press('\r');
	CHECK_HAS(screen.message.text, "only while paused");
	CHECK_INT(screen.overlay_kind, OVERLAY_NONE);
	ui_free(&screen);
}

TEST(help_enter_runs)
{
	NEED_UTF8();
	start(80, 24);
	type("view 7");
	press('\r');
	CHECK_INT(screen.view, VIEW_SESSIONS);
	CHECK_INT(screen.overlay_kind, OVERLAY_NONE);
	help_open(&screen);
	type("note TEXT");
	press('\r');
	CHECK_INT(screen.overlay_kind, OVERLAY_CONSOLE);
	CHECK_STR(screen.console.line, "note ");
	help_open(&screen);
	press(27);
	CHECK_INT(screen.overlay_kind, OVERLAY_NONE);
	ui_free(&screen);
}

/* Settings, and what other views have: found by what is typed, run from here. */
TEST(help_finds_settings)
{
	NEED_UTF8();
	start(80, 24);
	screen.view = VIEW_TRAIN;
	CHECK(!shows("train.loss.cmd_text"));
	type("cmd_");
	CHECK(shows("train.loss.cmd_text"));
	CHECK(shows("train.loss.cmd_audio"));
	CHECK(shows("2 match"));
	press('\r');
	CHECK_INT(screen.overlay_kind, OVERLAY_CONSOLE);
	CHECK_STR(screen.console.line, "set train.loss.cmd_text ");
	help_open(&screen);
	type("model.head"); /* fixed during a run */
	press('\r');
	CHECK_STR(screen.console.line, "draft model.head ");
	complete_clear(&screen);
	help_open(&screen);
	screen.readonly = true;
	type("model.head");
	press('\r');
	CHECK_INT(screen.view, VIEW_CONFIG);
	CHECK_INT(screen.overlay_kind, OVERLAY_NONE);
	ui_free(&screen);
}

TEST(help_finds_what_other_views_have)
{
	NEED_UTF8();
	start(80, 24);
	type("shares of the row");
	CHECK(shows("other views"));
	CHECK(shows("2 %    cells"));
	press('\r');
	CHECK_INT(screen.view, VIEW_CONFUSION);
	help_open(&screen);
	type("named filter");
	CHECK(shows("3 S"));
	press('\r');
	CHECK_INT(screen.view, VIEW_UTTERANCES);
	CHECK_STR(order_of(&screen)->slice, "wrong");
	ui_free(&screen);
}

TEST(help_explains_words)
{
	NEED_UTF8();
	start(80, 24);
	screen.view = VIEW_ATTENTION;
	type("reaches");
	CHECK(shows("words"));
	CHECK(shows("reaches z"));
	CHECK(shows("Atts1 (Attt2).")); /* the end of the sentence, in the second row */
	press('\r');
	CHECK_INT(screen.overlay_kind, OVERLAY_HELP);
	help_open(&screen);
	type("share"); /* of view 1 */
	CHECK(shows("other views"));
	ui_free(&screen);
	for (int i = 0; i < word_count; i++) {
		const struct word *w = &word_table[i];

		if (text_width(w->meaning) > 120 || w->meaning[strlen(w->meaning) - 1] != '.')
			FAIL("%s: more than two rows, or not a sentence", w->name);
		for (int j = 0; j < i; j++)
			if (strcmp(word_table[j].name, w->name) == 0 &&
			    (word_table[j].views & w->views || !word_table[j].views))
				FAIL("%s is explained twice", w->name);
	}
}

TEST(help_moves_and_scrolls)
{
	NEED_UTF8();
	start(80, 24);
	press(K_DOWN);
	CHECK_INT(screen.help.row, 1);
	press(K_END);
	CHECK(screen.help.top > 0);
	CHECK(shows("▸"));
	press(K_HOME);
	CHECK_INT(screen.help.row, 0);
	CHECK_INT(screen.help.top, 0);
	CHECK(shows("here"));
	ui_free(&screen);
}

TEST(help_follows_the_users_bindings)
{
	struct err e = {0};
	char key[32];

	NEED_UTF8();
	start(80, 24);
	CHECK_INT(keys_bind("all F5 save", &e), 0);
	type("save");
	CHECK(shows("F5"));
	CHECK_STR(help_key_for(&screen, "save", key, sizeof key), "F5");
	CHECK_STR(help_key_for(&screen, "no such", key, sizeof key), "");
	keys_reset();
	ui_free(&screen);
}

/* Without the backslashes of roff. */
static void plain(char *text)
{
	char *to = text;

	for (; *text; text++)
		if (*text != '\\')
			*to++ = *text;
	*to = '\0';
}

/* Every command and key is in the manual, and roff is not confused. */
TEST(manual_has_everything)
{
	const struct ui_command *command;
	static const enum flag flags[] = {FLAG_READONLY, FLAG_NONE};
	static const struct command takes = {.operands = "", .takes = flags, .more = "Any."};
	char *text = NULL;
	size_t length;
	FILE *f = open_memstream(&text, &length);

	REQUIRE(f);
	manual_print(&takes, f);
	fclose(f);
	for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
		if (*line == '.')
			CHECK(strchr("TSBIRPa", line[1]) != NULL);
	plain(text);
	for (int i = 0; (command = command_at(i)); i++) {
		if (command->everywhere)
			CHECK_HAS(text, command->everywhere->help);
		for (int v = 0; v < VIEWS; v++)
			if (command->in[v])
				CHECK_HAS(text, command->in[v]->help);
	}
	CHECK_HAS(text, ".B --readonly\n");
	CHECK_HAS(text, ".SH KEYS\n");
	CHECK_HAS(text, "fB^CfR\nstop\n");
	free(text);
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
