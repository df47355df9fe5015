/* SPDX-License-Identifier: GPL-3.0-or-later */
/* miust-tui: the workbench. Opens the terminal, then the run, then the loop. */
#include "app/cli.h"
#include "app/session.h"
#include "base/file.h"
#include "ui/command.h"
#include "ui/console.h"
#include "ui/help.h"
#include "ui/loop.h"
#include "ui/term.h"

#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What is to be opened: nothing (the demo), a session's folder, or a config. */
static void choose(struct work_options *o, const struct args *a, const char *what)
{
	*o = (struct work_options){.job = {.threads = a->threads}, .readonly = a->readonly};
	if (!*what) {
		o->job.config = "demo";
	} else if (session_exists(what)) {
		o->job.session = what;
		o->job.resume = true;
		o->paused = true;
	} else {
		o->job.config = what;
	}
	if (a->script || a->dump || a->once)
		o->paused = true;
}

static void run_miustrc(struct ui *u)
{
	const char *home = getenv("XDG_CONFIG_HOME");
	char path[PATH_LEN];
	struct err e = {0};

	if (path_resolve(path, sizeof path, ".", home && *home ? home : "~/.config", &e) ||
	    path_join(path, sizeof path, path, "miust/miustrc", &e) || !file_exists(path))
		return;
	if (command_source(u, path, &e))
		ui_error(u, "%s", e.text);
}

/* One line of what was said and is not yet seen, once the screen is gone. */
static void say_goodbye(const struct ui *u)
{
	if (u->now.state == WORK_FAILED || u->now.state == WORK_DIVERGED)
		cli_message("%s", u->now.error);
	if (u->now.session[0])
		cli_message("session %s%s", u->now.session,
			    u->now.trains ? "; miust-tui opens it again where it stopped" : "");
}

static int print_screen(const struct ui *u, const char *path, struct err *e)
{
	struct look mono = {.glyphs = u->look.glyphs};
	struct canvas c;
	char *text;
	int failed = 0;

	canvas_init(&c, u->rows, u->cols, &mono);
	screen_draw(u, &c);
	text = canvas_dump(&c);
	if (path)
		failed = file_write(path, text, strlen(text), e);
	else
		fputs(text, stdout);
	free(text);
	canvas_free(&c);
	return failed;
}

/* --script, --dump, --once: the same screen, no terminal. */
static int run_headless(struct ui *u, const struct args *a, struct err *e)
{
	int failed = 0;

	loop_until_open(u);
	loop_settle(u);
	if (u->now.state == WORK_FAILED)
		return err_set(e, "%s", u->now.error);
	if (a->script)
		failed = loop_script(u, a->script, e);
	if (!failed && (a->dump || a->once))
		failed = print_screen(u, a->dump, e);
	return failed;
}

/* One run on the screen, until it is left or another is opened. */
static int show(const struct args *a, const char *what, char next[PATH_LEN], struct err *e)
{
	bool headless = a->script || a->dump || a->once;
	struct look plain = {.glyphs = a->ascii ? GLYPHS_ASCII : GLYPHS_BRAILLE};
	struct work_options o;
	struct ui u;
	int ended = 0, status, failed = 0;

	choose(&o, a, what);
	ui_init(&u, headless ? &plain : term_look(), a->rows ? a->rows : 24,
		a->cols ? a->cols : 80);
	u.work = work_start(&o, e);
	if (!u.work) {
		ui_free(&u);
		return -1;
	}
	if (headless) {
		failed = run_headless(&u, a, e);
	} else {
		console_start(&u);
		run_miustrc(&u);
		if (!*what)
			ui_say(&u,
			       "the demo is training: Space pauses, 1-7 are the views, ? helps");
		ended = loop_run(&u);
		console_stop();
	}
	strcpy(next, u.open_next);
	status = work_end(u.work);
	if (!*next && !headless) {
		term_stop();
		say_goodbye(&u);
	}
	if (ended) {
		err_set(e, "stopped by signal %d after a checkpoint", ended);
		e->status = 128 + ended;
	} else if (u.quit_status) {
		err_set(e, "left at once; the session stands at its last checkpoint");
		e->status = u.quit_status;
	} else if (!failed && status == EXIT_DIVERGED) {
		err_set(e, "%s", u.now.error);
		e->status = status;
	}
	ui_free(&u);
	return e->status ? -1 : 0;
}

static int run(const struct args *a, struct err *e)
{
	bool headless = a->script || a->dump || a->once;
	struct term_options t = {.ascii = a->ascii};
	char what[PATH_LEN] = "", next[PATH_LEN];
	int failed;

	if (a->noperands)
		snprintf(what, sizeof what, "%s", a->operand[0]);
	if (headless)
		setlocale(LC_CTYPE, "");
	else if (term_start(&t, e))
		return -1;
	for (;;) {
		failed = show(a, what, next, e);
		if (failed || !*next)
			break;
		strcpy(what, strcmp(next, "demo") == 0 ? "" : next);
	}
	term_stop();
	return failed;
}

static const struct command cmd_tui = {
	.name = "miust-tui",
	.operands = "[CONFIG | SESSION]",
	.most = 1,
	.takes = (const enum flag[]){FLAG_SCRIPT, FLAG_DUMP, FLAG_SIZE, FLAG_ONCE, FLAG_READONLY,
				     FLAG_ASCII, FLAG_THREADS, FLAG_NONE},
	.help = "Train MIUST and watch it learn.",
	.more = "Without an argument the built-in demo opens, already training. A session's\n"
		"folder is opened where it stopped: look at it, Space goes on.\n"
		"--script runs console commands without a terminal; --dump writes the last\n"
		"screen as text, --once prints it; --size says how large it is.\n",
	.run = run,
};

int main(int argc, char **argv)
{
	static const struct program tui = {
		.name = "miust-tui",
		.help = "Train the MIUST speech+text emotion model and watch it learn.",
		.only = &cmd_tui,
	};

	if (argc == 2 && strcmp(argv[1], "--manual") == 0) { /* for `make install` */
		manual_print(stdout);
		return 0;
	}
	return cli_main(&tui, argc, argv);
}
