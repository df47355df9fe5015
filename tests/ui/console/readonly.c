/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * --readonly: whatever is typed or pressed, in every view, no file changes. Two
 * sessions of the tiny corpus, one finished and one stopped, lie in sessions/
 * of a folder that is the current one; all that is below it is compared.
 */
#include "temp.h"
#include "tests/ui/util.h"

#include "app/session/session.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "ui/console/complete.h"
#include "ui/term/guard.h"
#include "ui/console/help.h"
#include "ui/console/keys.h"
#include "ui/loop.h"
#include "ui/state/page.h"
#include "ui/state/runs.h"
#include "ui/view/sessions.h"
#include "ui/console/command.h"

#include <limits.h>

static char tiny[PATH_MAX];
static struct ui screen;

/*
 * Names, modes, sizes, times and contents of all that lies below the folder
 */

static struct str tree;

static int add_file(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	struct err e = {0};
	size_t len = 0;
	char *text = kind == FTW_F ? file_read(path, SIZE_MAX, &len, &e) : NULL;
	unsigned sum = 2166136261u;

	(void)at;
	for (size_t i = 0; i < len; i++)
		sum = (sum ^ (unsigned char)text[i]) * 16777619u;
	free(text);
	str_addf(&tree, "%s %o %lld %lld.%09ld %08x\n", path, (unsigned)st->st_mode,
		 (long long)st->st_size, (long long)st->st_mtim.tv_sec, st->st_mtim.tv_nsec, sum);
	return 0;
}

static char *tree_now(void)
{
	str_reset(&tree);
	nftw(".", add_file, 8, FTW_PHYS);
	return mem_dup(str_text(&tree));
}

/* The first line that differs says what has changed. */
static void check_tree(const char *before, const char *after_what)
{
	char *now = tree_now();
	size_t at = 0;

	while (before[at] && before[at] == now[at])
		at++;
	if (before[at] || now[at]) {
		while (at && now[at - 1] != '\n')
			at--;
		FAIL("after %s: %.*s", after_what, (int)strcspn(now + at, "\n"), now + at);
	}
	free(now);
}

/*
 * Sessions
 */

static enum job_go stop_at_epoch(void *ctx, struct job *j)
{
	(void)ctx;
	return j->trainer.state.ended ? JOB_STOP : JOB_GO;
}

static void train(const char *session, bool whole)
{
	static const char *const set[] = {"train.epoch=2"};
	struct job_options o = {
		.config = tiny, .session = session, .set = set, .nset = 1, .threads = 1};
	struct job_hooks hooks = {.between = whole ? NULL : stop_at_epoch};
	struct err e = {0};
	struct job j;

	if (job_open(&j, NULL, &o, &hooks, &e) || job_run(&j, &e))
		FAIL("%s", e.text);
	job_close(&j);
}

static void open_session(const char *dir)
{
	struct look look = {.glyphs = GLYPHS_ASCII};
	struct err e = {0};

	ui_init(&screen, &look, 24, 80);
	screen.readonly = true;
	screen.how.threads = 1;
	if (runs_start(&screen, dir, &e))
		FAIL("%s", e.text);
	loop_until_open(&screen);
	loop_settle(&screen);
	CHECK_INT(screen.now.state, WORK_IDLE);
	screen.settle = loop_settle;
}

static void close_session(void)
{
	loop_leave(&screen);
	work_end(screen.work);
	ui_free(&screen);
}

/* What a line or key has asked for next, answered with yes. */
static void follow(const char *what)
{
	struct err e = {0};

	if (screen.overlay_kind == OVERLAY_ASK)
		command_run(&screen, screen.ask.command, &e);
	if (!session_exists(screen.what))
		FAIL("%s opens %s", what, screen.what);
	screen.quit = screen.at_once = false;
	page_close(&screen);
	complete_clear(&screen);
	screen.overlay_kind = OVERLAY_NONE;
	loop_settle(&screen);
}

static void run(const char *line)
{
	struct err e = {0};

	if (command_run(&screen, line, &e) && strchr(e.text, '\n'))
		FAIL("%s: %s", line, e.text);
	follow(line);
}

/* Every command with each of the words it takes, and with what needs more. */
static void run_all(void)
{
	static const char *const lines[] = {
		"open demo",
		"open sessions/whole",
		"open sessions/part",
		"source script",
		"note a thought",
		"set train.clip 2",
		"try train.clip 2",
		"default",
		"edit try",
		"break when loss > 0",
		"write maps.csv",
		"write screen.txt",
		"delete now sessions/whole",
		"delete now sessions/part",
		"dump sessions/part/screen.txt",
		"dump sessions/part/fold-0/screen.txt",
		"dump link/epochs.csv",
		"console note more",
	};
	const struct ui_command *command;
	char line[PATH_MAX + 16];

	for (int i = 0; (command = command_at(i)); i++) {
		const struct verb *c = command_verb(&screen, command);

		run(c->name);
		for (const char *at = c->args; *at;) {
			size_t n = strcspn(at, "| []");

			snprintf(line, sizeof line, "%s %.*s", c->name, (int)n, at);
			if (n && strcmp(c->name, "dump") != 0)
				run(line);
			at += n + (at[n] != '\0');
		}
	}
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		run(lines[i]);
	snprintf(line, sizeof line, "open %s", tiny);
	run(line);
}

static void press_all(void)
{
	const struct binding *b;
	char name[KEY_NAME_LEN];

	for (int i = 0; (b = keys_at(i)); i++) {
		loop_key(&screen, b->key);
		follow(key_text(name, b->key));
	}
}

static void check_all(const char *session)
{
	char *before, what[32];

	setlocale(LC_CTYPE, "C.UTF-8");
	before = tree_now();
	open_session(session);
	for (int v = 0; v < VIEWS; v++) {
		ui_select_view(&screen, (enum view_id)v);
		run_all();
		ui_select_view(&screen, (enum view_id)v);
		sessions_view(&screen)->at = sessions_view(&screen)->shelf.n - 1;
		press_all();
		snprintf(what, sizeof what, "view %d", v + 1);
		check_tree(before, what);
	}
	close_session();
	check_tree(before, "leaving");
	free(before);
}

TEST(readonly_changes_nothing_of_a_finished_session)
{
	check_all("sessions/whole");
}

TEST(readonly_changes_nothing_of_a_stopped_session)
{
	check_all("sessions/part");
}

/* Another program trains it: its lock is held, and nothing is written. */
TEST(readonly_changes_nothing_of_a_locked_session)
{
	struct session other;
	struct settings set;
	struct err e = {0};

	REQUIRE(session_resume(&other, "sessions/part", &set, &e) == 0);
	check_all("sessions/part");
	session_close(&other);
}

static bool offered(const struct completions *c, const char *word)
{
	for (int i = 0; i < c->n; i++)
		if (strcmp(c->at[i].text, word) == 0)
			return true;
	return false;
}

/* Completion, help and key row offer a command exactly if it may be used. */
TEST(readonly_offers_only_what_looks)
{
	const struct ui_command *command;
	struct completions c;
	struct hooks hooks;
	struct err e = {0};

	open_session("sessions/part");
	ui_select_view(&screen, VIEW_SESSIONS);
	complete_word(&screen, "", 0, &c);
	for (int i = 0; (command = command_at(i)); i++) {
		const struct verb *k = command_verb(&screen, command);
		bool locked = k->traits & CHANGES && !(k->traits & (FIRST_LOOKS | BARE_LOOKS));
		const char *why = command_refused(&screen, k->name);

		CHECK_INT(offered(&c, k->name), !locked);
		if (locked)
			CHECK_STR(why, "not possible with --readonly, which changes no session");
	}
	completions_free(&c);
	complete_word(&screen, "open ", 5, &c);
	CHECK(!offered(&c, "demo"));
	completions_free(&c);
	CHECK_HAS(command_refused(&screen, "console note "), "not possible with --readonly");
	CHECK_STR(command_refused(&screen, "duel lr=1e-3,1e-4"),
		  "not possible with --readonly, which changes no session");
	CHECK_INT(command_run(&screen, "duel", &e), 0);
	hooks_init(&hooks);
	screen.hooks = &hooks;
	CHECK_INT(command_run(&screen, "on spike rewind 1 epoch", &e), -1);
	CHECK_STR(e.text,
		  "on spike rewind: not possible with --readonly, which changes no session");
	err_clear(&e);
	CHECK_INT(command_run(&screen, "on spike bell", &e), 0);
	CHECK_INT(hooks.rollback.back, 0);
	screen.hooks = NULL;
	hooks_free(&hooks);
	CHECK_INT(command_run(&screen, "open demo", &e), -1);
	CHECK_STR(e.text, "open: demo is not a session, and --readonly opens nothing else");
	CHECK(!screen.quit);
	close_session();
}

TEST(readonly_dumps_beside_sessions_only)
{
	struct err e = {0};

	open_session("sessions/part");
	CHECK_INT(command_run(&screen, "dump screen.txt", &e), 0);
	CHECK(file_exists("screen.txt"));
	CHECK_INT(command_run(&screen, "dump link/steps.csv", &e), -1);
	CHECK_HAS(e.text, "is in the session");
	close_session();
	remove("screen.txt");
}

int main(int argc, char **argv)
{
	struct err e = {0};
	int status;

	if (!realpath("tests/record/tiny/config.yml", tiny))
		return 1;
	temp_text(temp_path("script"), "note sourced\n");
	if (chdir(temp_dir) || symlink("sessions/part", "link") || guard_start(&e))
		return 1;
	train("sessions/whole", true);
	train("sessions/part", false);
	status = TEST_MAIN(argc, argv);
	guard_stop();
	str_free(&tree);
	return status;
}
