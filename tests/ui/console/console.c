/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The console: keys in, the line and its pop-up out; no terminal. */
#include "tests/ui/golden.h"
#include "tests/ui/pending.h"
#include "temp.h"

#include "ui/console/console.h"

#include <sys/stat.h>
#include <sys/wait.h>

/*
 * readline reads its inputrc once in a program, so every test has a process of
 * its own: IN_CHILD runs the rest of the test there and takes over its faults.
 */
#define IN_CHILD(inputrc_text)               \
	do {                                 \
		if (!in_child(inputrc_text)) \
			return;              \
	} while (0)

static void leave(void)
{
	fflush(stdout);
	_exit(test_faults > 0);
}

static bool in_child(const char *inputrc)
{
	const char *path = temp_path("inputrc");
	int status = 0;
	pid_t pid;

	temp_text(path, inputrc);
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		setenv("INPUTRC", path, 1);
		setenv("XDG_STATE_HOME", temp_path("state-%d", (int)getpid()), 1);
		setenv("LC_ALL", "C.UTF-8", 1);
		setenv("TERM", "dumb", 1);
		setlocale(LC_CTYPE, "C.UTF-8");
		alarm(300); /* a command of readline's that waits for ever is a fault */
		return true;
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status) ||
	    WEXITSTATUS(status) != 0)
		FAIL("see above (status %d)", status);
	return false;
}

static struct ui screen;

static void start(void)
{
	moment_init(&screen, 80, 24);
	console_start(&screen);
	console_open(&screen, "");
}

static void end(void)
{
	console_stop();
	ui_free(&screen);
	leave();
}

static void press(uint32_t code)
{
	console_key(&screen, (struct key){.code = code});
}

static void meta(uint32_t code)
{
	console_key(&screen, (struct key){.code = code, .meta = true});
}

static void type(const char *text)
{
	for (uint32_t c; (c = utf8_next(&text));)
		press(c);
}

static void paste(const char *text)
{
	press(K_PASTE);
	type(text);
	press(K_PASTE_END);
}

static const char *match(int i)
{
	return i < screen.console.match.n ? screen.console.match.at[i].text : "(none)";
}

TEST(console_edits_a_line)
{
	IN_CHILD("");
	start();
	type("set lr");
	CHECK_STR(screen.console.line, "set lr");
	CHECK_INT(screen.console.point, 6);
	press(K_LEFT);
	press(K_LEFT);
	type("é");
	CHECK_STR(screen.console.line, "set élr");
	CHECK_INT(screen.console.point, 6);
	press(127);
	CHECK_STR(screen.console.line, "set lr");
	press(K_HOME);
	press(K_DELETE);
	CHECK_STR(screen.console.line, "et lr");
	press(K_END);
	press(23); /* ^W */
	CHECK_STR(screen.console.line, "et ");
	meta('b');
	CHECK_INT(screen.console.point, 0);
	press(11); /* ^K */
	CHECK_STR(screen.console.line, "");
	press(25); /* ^Y */
	CHECK_STR(screen.console.line, "et ");
	press(K_F1); /* bound to nothing: inserts nothing */
	press(K_INSERT);
	CHECK_STR(screen.console.line, "et ");
	end();
}

TEST(console_runs_a_line_and_closes)
{
	IN_CHILD("");
	start();
	type("view 6");
	press('\r');
	CHECK_INT(screen.view, VIEW_CONFIG);
	CHECK_INT(screen.overlay_kind, OVERLAY_NONE);
	console_open(&screen, "");
	CHECK_STR(screen.console.line, "");
	type("nonsense");
	press('\r');
	CHECK_HAS(screen.message.text, "unknown command nonsense");
	CHECK(screen.message.error);
	console_open(&screen, "");
	type("brek");
	press('\r');
	CHECK_STR(screen.message.text, "unknown command brek; did you mean break?");
	CHECK_INT(screen.overlay_kind, OVERLAY_NONE);
	end();
}

TEST(console_keys_that_close)
{
	static const uint32_t keys[] = {27, 3, 7, 127, 4};

	IN_CHILD("");
	start();
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		console_open(&screen, "");
		press(keys[i]);
		CHECK_INT(screen.overlay_kind, OVERLAY_NONE);
	}
	console_open(&screen, "abc");
	press(127);
	CHECK_INT(screen.overlay_kind, OVERLAY_CONSOLE);
	CHECK_STR(screen.console.line, "ab");
	press(3);
	CHECK_INT(screen.overlay_kind, OVERLAY_NONE);
	console_open(&screen, "");
	type("x");
	CHECK_STR(screen.console.line, "x");
	end();
}

/* A command that types into the console, from the console. */
TEST(console_opened_by_a_command)
{
	IN_CHILD("");
	start();
	type("console find ");
	press('\r');
	CHECK_INT(screen.overlay_kind, OVERLAY_CONSOLE);
	CHECK_STR(screen.console.line, "find ");
	type("lr");
	CHECK_STR(screen.console.line, "find lr");
	press(K_UP);
	CHECK_STR(screen.console.line, "console find ");
	end();
}

TEST(console_history_over_restarts)
{
	const char *path;
	struct stat st;
	char *text;
	struct err e = {0};

	IN_CHILD("");
	start();
	type("view 6");
	press('\r');
	console_open(&screen, "");
	type("view 6"); /* the same again is not kept twice */
	press('\r');
	console_open(&screen, "");
	type(" view 1"); /* nor what begins with a blank */
	press('\r');
	console_open(&screen, "");
	type("find é");
	press('\r');
	console_stop();
	path = temp_path("state-%d/miust/history", (int)getpid());
	text = file_read(path, FILE_ROWS, NULL, &e);
	CHECK_STR(text, "view 6\nfind é\n");
	free(text);
	CHECK(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600);
	CHECK(stat(temp_path("state-%d/miust", (int)getpid()), &st) == 0 &&
	      (st.st_mode & 0777) == 0700);
	console_start(&screen);
	console_open(&screen, "");
	press(K_UP);
	CHECK_STR(screen.console.line, "find é");
	press(K_UP);
	CHECK_STR(screen.console.line, "view 6");
	press(K_DOWN);
	press(K_DOWN);
	CHECK_STR(screen.console.line, "");
	end();
}

/* --readonly writes nothing at all: what is there is read, what is typed is not kept. */
TEST(console_history_of_a_reader)
{
	const char *path;
	char *text;
	struct err e = {0};

	IN_CHILD("");
	start();
	console_stop();
	path = temp_path("state-%d/miust/history", (int)getpid());
	temp_text(path, "view 6\n");
	screen.readonly = true;
	console_start(&screen);
	console_open(&screen, "");
	press(K_UP);
	CHECK_STR(screen.console.line, "view 6");
	press(K_DOWN);
	type("view 2");
	press('\r');
	text = file_read(path, FILE_ROWS, NULL, &e);
	CHECK_STR(text, "view 6\n");
	free(text);
	console_stop();
	CHECK_INT(remove(path), 0);
	CHECK_INT(rmdir(temp_path("state-%d/miust", (int)getpid())), 0);
	console_start(&screen);
	console_open(&screen, "");
	type("view 3");
	press('\r');
	CHECK(!file_exists(temp_path("state-%d/miust", (int)getpid())));
	end();
}

TEST(console_long_history_is_shortened)
{
	struct str lines = {0};
	struct err e = {0};
	char *text;

	IN_CHILD("");
	for (int i = 0; i < 2500; i++)
		str_addf(&lines, "view %d\n", i);
	temp_text(temp_path("state-%d/miust/history", (int)getpid()), str_text(&lines));
	str_free(&lines);
	start();
	text = file_read(temp_path("state-%d/miust/history", (int)getpid()), FILE_ROWS, NULL, &e);
	REQUIRE(text);
	CHECK(strncmp(text, "view 1500\n", 10) == 0);
	CHECK_HAS(text, "view 2499\n");
	free(text);
	end();
}

TEST(console_without_a_home)
{
	IN_CHILD("");
	unsetenv("XDG_STATE_HOME");
	unsetenv("HOME");
	start();
	type("view 6");
	press('\r');
	CHECK_STR(screen.message.text, "");
	console_open(&screen, "");
	press(K_UP);
	CHECK_STR(screen.console.line, "view 6");
	end();
}

TEST(console_searches_history_for_accents)
{
	IN_CHILD("");
	temp_text(temp_path("state-%d/miust/history", (int)getpid()),
		  "find été\nview 6\nfind äß\n");
	start();
	press(18); /* ^R */
	type("é");
	CHECK_STR(screen.console.line, "find été");
	CHECK_HAS(screen.console.prompt, "reverse-i-search)`é'");
	type("té");
	CHECK_STR(screen.console.line, "find été");
	press(27); /* ends the search, not the console */
	CHECK_INT(screen.overlay_kind, OVERLAY_CONSOLE);
	CHECK_STR(screen.console.prompt, "");
	CHECK_STR(screen.console.line, "find été");
	press(18);
	type("view");
	press(7); /* ^G: as before the search */
	CHECK_STR(screen.console.line, "find été");
	end();
}

TEST(console_paste_runs_nothing)
{
	IN_CHILD("");
	start();
	paste("view 6\r\nview 7\n\tquit\033[A\n\n");
	CHECK_STR(screen.console.line, "view 6 view 7 quit[A");
	CHECK_INT(screen.view, VIEW_TRAIN);
	CHECK_INT(screen.overlay_kind, OVERLAY_CONSOLE);
	press(K_HOME);
	paste("# é ");
	CHECK_STR(screen.console.line, "# éview 6 view 7 quit[A"); /* no blank at its end */
	press(31); /* ^_ takes a paste back as a whole */
	CHECK_STR(screen.console.line, "view 6 view 7 quit[A");
	end();
}

/* All of it or nothing: half a command would be another one. */
TEST(console_paste_that_is_too_long_is_left_out)
{
	char text[3000];

	IN_CHILD("");
	start();
	memset(text, 'x', sizeof text);
	text[sizeof text - 1] = '\0';
	paste(text);
	CHECK_STR(screen.console.line, "");
	CHECK_STR(screen.console.hint,
		  "the pasted text was ignored: a line holds at most 1023 bytes");
	CHECK_HAS(screen.message.text, "ignored");
	memset(text + 1000, ' ', 1000); /* ends with a blank where the line would */
	paste(text);
	CHECK_STR(screen.console.line, "");
	paste("view 6\n"); /* the next one is not the rest of it */
	CHECK_STR(screen.console.line, "view 6");
	memset(text, 'x', sizeof text);
	strcpy(text + 1023 - 6, "\n\n\n");
	paste(text);
	CHECK_INT((int)strlen(screen.console.line), 1023);
	paste("y");
	CHECK_INT((int)strlen(screen.console.line), 1023);
	press(1); /* ^A; also what is typed does not push the end out */
	type("z");
	CHECK_INT((int)strlen(screen.console.line), 1023);
	CHECK(screen.console.line[0] == 'v');
	press(11); /* ^K */
	CHECK_STR(screen.console.line, "");
	press(25); /* ^Y takes it back, but not twice */
	CHECK_INT((int)strlen(screen.console.line), 1023);
	press(25);
	CHECK_INT((int)strlen(screen.console.line), 1023);
	CHECK(screen.console.line[0] == 'v');
	end();
}

TEST(console_completes_commands)
{
	IN_CHILD("");
	start();
	type("sm");
	CHECK_INT(screen.console.match.n, 1);
	press('\t');
	CHECK_STR(screen.console.line, "smooth ");
	press(21);                            /* ^U */
	CHECK_INT(screen.console.match.n, 0); /* nothing over the view unasked */
	type("xyz");
	press('\t');
	CHECK_STR(screen.console.line, "xyz");
	CHECK_INT(screen.console.match.n, 0);
	end();
}

TEST(console_completes_keys)
{
	IN_CHILD("");
	start();
	type("set train.l");
	press('\t'); /* what is common */
	CHECK_STR(screen.console.line, "set train.loss.");
	CHECK_INT(screen.console.match.n, 7);
	CHECK_INT(screen.console.chosen, -1);
	press('\t');
	CHECK_STR(screen.console.line, "set train.loss.audio ");
	CHECK_INT(screen.console.chosen, 0);
	press('\t');
	press('\t');
	CHECK_STR(screen.console.line, "set train.loss.cmd_text ");
	CHECK_INT(screen.console.chosen, 2);
	CHECK_STR(screen.console.hint, "number, 0 to 100, now 0.30");
	press(K_SHIFT_TAB);
	CHECK_STR(screen.console.line, "set train.loss.cmd_audio ");
	CHECK_INT(screen.console.chosen, 1);
	type("0");
	CHECK_INT(screen.console.chosen, -1);
	end();
}

TEST(console_completes_what_only_contains_the_word)
{
	IN_CHILD("");
	start();
	type("set .lr");
	CHECK_STR(match(0), "train.optimizer.lr");
	press('\t');
	CHECK_STR(screen.console.line, "set train.optimizer.lr ");
	press(21);
	type("get hidden_s");
	press('\t');
	press('\t');
	CHECK_STR(screen.console.line, "get model.hidden_size1 ");
	end();
}

TEST(console_completes_values_and_skips_empty_ones)
{
	IN_CHILD("");
	start();
	type("set train.loss.form ");
	CHECK_INT(screen.console.match.n, 3);
	CHECK_STR(match(0), "squared");
	CHECK_STR(screen.console.match.at[0].now, "now");
	type("n");
	press('\t');
	CHECK_STR(screen.console.line, "set train.loss.form norm ");
	press(21);
	type("set train.loss.means ");
	CHECK_STR(match(1), "false");
	press(21);
	type("set train.optimizer.lr ");
	CHECK_STR(match(0), "3e-4");
	CHECK_STR(match(1), "5e-4");
	CHECK_STR(screen.console.match.at[1].now, "default");
	end();
}

TEST(console_completes_files_views_and_words)
{
	char line[PATH_LEN];

	IN_CHILD("");
	temp_text(temp_path("files/one.cmd"), "");
	temp_text(temp_path("files/.hidden"), "");
	temp_text(temp_path("files/dir/two.cmd"), "");
	start();
	snprintf(line, sizeof line, "source %s", temp_path("files/"));
	type(line);
	CHECK_INT(screen.console.match.n, 2);
	type("d");
	press('\t');
	CHECK_HAS(screen.console.line, "files/dir/");
	CHECK(screen.console.line[strlen(screen.console.line) - 1] == '/'); /* goes on */
	type("t");
	press('\t');
	CHECK_HAS(screen.console.line, "files/dir/two.cmd");
	press(21);
	type("view conf");
	CHECK_STR(match(0), "confusion");
	press(21);
	type("step ");
	CHECK_STR(match(0), "epoch");
	press(21);
	type("zoom ");
	CHECK_STR(match(0), "in");
	CHECK_INT(screen.console.match.n, 3); /* FROM and TO are no words */
	end();
}

/* Names within a condition, also behind an operator; what may follow `is`. */
TEST(console_completes_conditions)
{
	IN_CHILD("");
	start();
	type("break ");
	CHECK_INT(screen.console.match.n, 3);
	CHECK_STR(match(0), "when");
	type("when grad");
	press('\t');
	CHECK_STR(screen.console.line, "break when grad_norm ");
	type("> 10 & val_wa<best_");
	CHECK_STR(match(0), "val_wa<best_val_wa");
	press('\t');
	CHECK_STR(screen.console.line, "break when grad_norm > 10 & val_wa<best_val_wa ");
	type("| loss is ");
	CHECK_INT(screen.console.match.n, 3);
	CHECK_STR(match(0), "nan");
	press(21);
	type("break when (!loss_m");
	press('\t');
	CHECK_STR(screen.console.line, "break when (!loss_main ");
	press(21);
	type("break when val_wf");
	CHECK_STR(screen.console.match.at[0].takes, "each epoch");
	CHECK_STR(screen.console.match.at[0].when, "F1 weighted by class size");
	press(21);
	type("break list ");
	CHECK_INT(screen.console.match.n, 0);
	press(21);
	screen.view = VIEW_UTTERANCES;
	type("filter pred!=tr");
	press('\t');
	CHECK_STR(screen.console.line, "filter pred!=true ");
	end();
}

TEST(console_completes_factors)
{
	IN_CHILD("");
	start();
	type("set train.optimizer.lr x");
	CHECK_INT(screen.console.match.n, 2);
	CHECK_STR(match(0), "x0.5");
	CHECK_STR(screen.console.match.at[0].now, "1.5e-4");
	CHECK_STR(match(1), "x2");
	CHECK_STR(screen.console.match.at[1].now, "6e-4");
	press(21);
	type("try train.clip "); /* 0: nothing that a factor changes */
	CHECK_INT(screen.console.match.n, 1);
	press(21);
	type("set train.padding x");
	CHECK_INT(screen.console.match.n, 0);
	end();
}

TEST(console_says_why_not)
{
	IN_CHILD("");
	start();
	screen.now.state = WORK_LOADING;
	type("stop");
	CHECK_HAS(screen.console.hint, "still being read");
	press(21);
	type("set train.clip"); /* waits instead */
	CHECK_HAS(screen.console.hint, "number, 0 or more");
	end();
}

/* Another session opened: the console starts again, inputrc is not read again. */
TEST(console_keeps_the_users_keys)
{
	IN_CHILD("Tab: upcase-word\n");
	start();
	console_stop();
	console_start(&screen);
	console_open(&screen, "view");
	press(K_HOME);
	press('\t');
	CHECK_STR(screen.console.line, "VIEW");
	end();
}

TEST(console_vi_mode)
{
	IN_CHILD("set editing-mode vi\nset show-mode-in-prompt on\n");
	start();
	type("view 6x");
	press(27);
	CHECK_INT(screen.overlay_kind, OVERLAY_CONSOLE);
	press('x');
	CHECK_STR(screen.console.line, "view 6");
	type("0cwfind");
	CHECK_STR(screen.console.line, "find 6");
	press(27);
	type("$rlA");
	type("r");
	CHECK_STR(screen.console.line, "find lr");
	CHECK_STR(screen.console.prompt, "");
	press(27);
	press(27); /* in command mode it closes */
	CHECK_INT(screen.overlay_kind, OVERLAY_NONE);
	console_open(&screen, "");
	type("se");
	press('\t');
	CHECK_STR(match(0), "select");
	end();
}

TEST(console_hostile_inputrc)
{
	IN_CHILD("set show-mode-in-prompt on\n"
		 "set emacs-mode-string \"\\1\\e[31m\\2(emacs)\"\n"
		 "set bell-style audible\n"
		 "set completion-query-items 1\n"
		 "set page-completions on\n"
		 "set show-all-if-ambiguous on\n"
		 "set horizontal-scroll-mode on\n"
		 "set mark-modified-lines on\n"
		 "set convert-meta on\n"
		 "set keyseq-timeout 1000\n"
		 "set enable-bracketed-paste on\n"
		 "\"\\C-t\": \"typed by a macro\"\n"
		 "\"\\C-o\": clear-screen\n"
		 "\"\\C-q\": dump-functions\n"
		 "\"\\C-v\": quoted-insert\n"
		 "Tab: complete\n");
	start();
	type("set train.loss.");
	press('\t');
	press('\t');
	CHECK_INT(screen.console.match.n, 7);
	CHECK_STR(screen.console.prompt, "");
	press(21);
	press(20);
	CHECK_STR(screen.console.line, "typed by a macro");
	press(15);
	press(17);
	CHECK_STR(screen.console.line, "typed by a macro");
	press(21);
	press(22);
	press(1);
	CHECK_STR(screen.console.line, "\001");
	end();
}

/* What readline 8.2 crashes on, and what it would take half of. */
TEST(console_half_keys)
{
	IN_CHILD("");
	temp_text(temp_path("state-%d/miust/history", (int)getpid()), "view 6\n");
	start();
	press(18); /* ^R */
	type("v");
	press(24); /* ^X */
	type("z");
	press(7);
	CHECK_STR(screen.console.line, "");
	press(24);
	type("é");
	CHECK_STR(screen.console.line, "");
	meta(0xe9);
	CHECK_STR(screen.console.line, "");
	type("é");
	CHECK_STR(screen.console.line, "é");
	press(24);
	press(3);
	console_open(&screen, "");
	type("find x");
	CHECK_STR(screen.console.line, "find x");
	end();
}

/* Nothing that can be pressed hangs, crashes or leaves the console unusable. */
/* Shortest ways that were found into lines readline has freed: 0x100 is Meta. */
TEST(console_survives_searches_and_operate_and_get_next)
{
	static const uint32_t ways[][16] = {
		{0x26, 0xf, 0x10, 0x14e, 0, 0xa9, 0xd8, K_DOWN, 0xe0, 0x1b, 0x10},
		{0xf3, 0x96, 0xf, 0x10, 0x123, 0x12, 0xf3, 0x150, 0x107, 0x71, 0x12, 0x96, 0xf},
	};

	IN_CHILD("");
	start();
	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
		for (size_t k = 0; k < 16; k++) {
			bool meta = ways[i][k] >= 0x100 && ways[i][k] < 0x200;

			if (screen.overlay_kind != OVERLAY_CONSOLE)
				console_open(&screen, "");
			console_key(&screen, (struct key){.code = ways[i][k] & (meta ? 0xff : ~0u),
							  .meta = meta});
		}
		console_close(&screen);
	}
	end();
}

TEST(console_survives_any_keys)
{
	uint32_t x = 7919;

	IN_CHILD("");
	start();
	for (int i = 0; i < 20000; i++) {
		struct key k = {0};

		x = x * 1664525 + 1013904223;
		k.code = x >> 24;
		k.meta = (x >> 20 & 7) == 0;
		if ((x >> 16 & 15) == 0)
			k.code = K_UP + (x >> 8) % (K_END_OF_KEYS - K_UP);
		if (k.code == '\r' || k.code == '\n') /* no commands by chance */
			continue;
		if (screen.overlay_kind != OVERLAY_CONSOLE)
			console_open(&screen, "");
		console_key(&screen, k);
		screen.quit = false;
	}
	console_key(&screen, (struct key){.code = K_PASTE_END});
	console_close(&screen);
	console_open(&screen, "");
	type("view 6");
	CHECK_STR(screen.console.line, "view 6");
	end();
}

static void look_at(const char *name, int cols, int rows, enum glyphs glyphs)
{
	struct canvas c;

	screen.rows = rows;
	screen.cols = cols;
	screen.look.glyphs = glyphs;
	canvas_init(&c, rows, cols, &screen.look);
	console_draw(&screen, &c);
	golden_check(name, &c);
	canvas_free(&c);
}

TEST(console_as_drawn)
{
	IN_CHILD("");
	start();
	type("set train.loss.");
	for (int i = 0; i < 4; i++)
		press('\t');
	look_at("console-80x24", 80, 24, GLYPHS_BRAILLE);
	CHECK_INT(console_column(&screen, 80), 25);
	look_at("console-40x10", 40, 10, GLYPHS_BRAILLE);
	look_at("console-120x36", 120, 36, GLYPHS_BRAILLE);
	look_at("console-ascii-80x24", 80, 24, GLYPHS_ASCII);
	press(21);
	type("s");
	look_at("console-commands-80x24", 80, 24, GLYPHS_BRAILLE);
	press(21);
	type("set train.loss.form ");
	look_at("console-values-80x24", 80, 24, GLYPHS_BRAILLE);
	end();
}

TEST(console_scrolls_a_long_line)
{
	IN_CHILD("");
	start();
	for (int i = 0; i < 12; i++)
		type("note 日本 ");
	look_at("console-long-40x10", 40, 10, GLYPHS_BRAILLE);
	CHECK(console_column(&screen, 40) < 40);
	press(K_HOME);
	CHECK_INT(console_column(&screen, 40), 1);
	end();
}

TEST(console_keeps_numbers_in_c)
{
	IN_CHILD("");
	start();
	CHECK_STR(setlocale(LC_NUMERIC, NULL), "C");
	end();
}

int main(int argc, char **argv)
{
	if (!setlocale(LC_CTYPE, "C.UTF-8")) {
		printf("skip console: no locale C.UTF-8\n");
		return 0;
	}
	return TEST_MAIN(argc, argv);
}
