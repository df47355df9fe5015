/* SPDX-License-Identifier: GPL-3.0-or-later */
/* miust-tui: the workbench. Opens the terminal, then the run, then the loop. */
#include "app/cmd/cli.h"
#include "app/cmd/detached.h"
#include "app/cmd/hooked.h"
#include "app/queue/queue.h"
#include "app/serve/serve.h"
#include "app/session/session.h"
#include "app/session/session_state.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/plain.h"
#include "base/process.h"
#include "base/xdg.h"
#include "ui/console/command.h"
#include "ui/console/console.h"
#include "ui/console/help.h"
#include "ui/term/locale.h"
#include "ui/loop.h"
#include "ui/state/duels.h"
#include "ui/state/feeder.h"
#include "ui/state/page.h"
#include "ui/state/problems.h"
#include "ui/state/runs.h"
#include "ui/term/term.h"
#include "ui/view/screen.h"
#include "ui/view/sessions.h"
#include "ui/view/tour.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Epochs a second of the demo on a screen: its 125 take a minute, so that whoever opens it
 * first has time to look. */
#define DEMO_PACE 2

/* What the command line says. */
struct tui {
	const struct args *args;
	bool headless;
	struct script script;    /* of --script */
	char why_ascii[128];     /* though nobody has asked for it; "": it is not */
	struct hooks hooks;      /* of miustrc, the console and --on */
	bool demo;               /* it is opened, since nothing else was asked for */
	bool elsewhere;          /* another program was training it */
	char detached[PATH_LEN]; /* the session that --detach has begun */
};

static void run_miustrc(struct ui *u)
{
	char path[PATH_LEN];
	struct err e = {0};

	if (!xdg_folder(path, sizeof path, "XDG_CONFIG_HOME") ||
	    path_join(path, sizeof path, path, "miust/miustrc", &e) || !file_exists(path))
		return;
	if (command_source(u, path, &e))
		ui_error(u, "%s", e.text);
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

/* Instead of a screen, the page of what is wrong with the data, whole. */
static int print_problems(const struct ui *u, const char *path, struct err *e)
{
	struct str safe = {0};
	char *text = problems_text(u), *at = text, *end = text + strlen(text), *line;
	bool whole;
	int failed = 0;

	while ((line = str_line(&at, end, &whole))) {
		str_add_plain(&safe, line);
		str_add(&safe, "\n");
	}
	if (path)
		failed = file_write(path, str_text(&safe), safe.len, e);
	else
		fputs(str_text(&safe), stdout);
	str_free(&safe);
	free(text);
	return failed;
}

/* --script, --dump, --once: the same screen, no terminal. */
static int run_headless(struct ui *u, struct tui *t, struct err *e)
{
	loop_until_open(u);
	loop_settle(u);
	if (u->now.state == WORK_FAILED) {
		if (u->told && print_problems(u, t->args->dump, e))
			return -1;
		return err_set(e, "%s", u->now.error);
	}
	if (u->unread)
		return err_set(e, "%s", u->message.text);
	page_close(u);
	u->settle = loop_settle;
	if (t->script.at && command_lines(u, &t->script, e))
		return -1;
	if (u->ended || !(t->args->dump || t->args->once))
		return 0;
	return print_screen(u, t->args->dump, e);
}

static void run_on_screen(struct ui *u, struct tui *t)
{
	int waiting;

	u->clock = clock_seconds(); /* a message is there for so long from here on */
	console_start(u);
	run_miustrc(u);
	/* Who comes to look at what another program trains is not asked about other runs. */
	waiting = u->readonly || u->folder[0] || t->elsewhere ? 0 : feeder_waiting(u);
	if (waiting) /* never by itself */
		ui_ask(u, "queue go", "%d run%s queued: begin %s? y/n", waiting,
		       waiting == 1 ? " is" : "s are", waiting == 1 ? "it" : "them");
	if (*t->why_ascii && !u->message.text[0])
		ui_say(u, "%s", t->why_ascii);
	else if (t->demo && !u->message.text[0])
		ui_say(u, "the demo is training: Space pauses, 1-%d are the views, ? helps", VIEWS);
	if (t->demo)
		tour_offer(u);
	loop_run(u);
	console_stop();
}

/* How the run on the screen ended, once it has: *e is empty if all is well. */
static void conclude(const struct ui *u, int status, struct err *e)
{
	const struct snapshot *now = &u->now;
	const char *stop = process_stop_name(u->ended);
	bool failed = now->state == WORK_FAILED;

	if (u->ended) {
		err_clear(e);
		if (u->at_once || (u->run_shown && !now->opened))
			err_set(e, "quit at once on %s%s", stop,
				now->opened ? "; the session is at its last checkpoint" : "");
		else if (failed)
			err_set(e, "stopped on %s: %s", stop, now->error);
		else if (ui_attached(u) || now->looks)
			err_set(e, "left on %s", stop);
		else
			err_set(e, "stopped by %s%s", stop,
				now->trains ? " after a checkpoint" : "");
		e->status = 128 + u->ended;
	} else if (status) {
		if (!e->status)
			err_set(e, "%s", u->ended_badly[0] ? u->ended_badly : now->error);
		e->status = status;
	}
}

/* The session's name, for whoever wants to come back, and what still waits. */
static void say_session(const struct ui *u)
{
	int waiting = u->readonly ? 0 : feeder_waiting(u);
	struct str name = {0};

	if (!u->now.root[0])
		return;
	str_add_quoted(&name, u->now.root);
	if (u->detach.started)
		cli_message("session %s; process %ld goes on with it; `miust-tui %s` looks",
			    u->now.root, (long)u->detach.process.pid, name.s);
	else if (u->now.hold != WORK_OURS && u->now.owner.host[0])
		cli_message("session %s; process %ld trains on; `miust-tui %s` looks again",
			    u->now.root, u->now.owner.pid, name.s);
	else if (u->now.trains)
		cli_message("session %s; `miust-tui %s` opens it again where it stopped",
			    u->now.root, name.s);
	else
		cli_message("session %s", u->now.root);
	if (waiting)
		cli_message("%d run%s in the queue; `miust queue run` trains %s, and the next "
			    "miust-tui offers to",
			    waiting, waiting == 1 ? " is" : "s are", waiting == 1 ? "it" : "them");
	str_free(&name);
}

/* The worker is not waited for: nothing of it may be freed. */
static _Noreturn void leave_at_once(const struct ui *u, struct err *e)
{
	term_stop();
	say_session(u);
	conclude(u, 0, e);
	if (e->status)
		cli_message("%s", e->text);
	fflush(stdout);
	_exit(e->status);
}

/* What is opened: without an argument the demo, or if runs wait the first of them, for who
 * comes back to them asks for no other. Who only looks sees what there is. */
static const char *choose(struct tui *t, char queued[PATH_LEN])
{
	struct queue_run next;
	struct err ignored = {0}; /* it is said of the queue later */
	bool found = false;

	if (t->detached[0])
		return t->detached;
	if (t->args->noperands)
		return t->args->operand[0];
	if (t->args->readonly && file_is_dir(QUEUE_FOLDER))
		return QUEUE_FOLDER;
	if (!t->headless && !t->args->readonly && file_exists(QUEUE_FOLDER "/queue"))
		queue_next(QUEUE_FOLDER, NULL, 0, &next, &found, &ignored);
	t->demo = !found;
	if (!found)
		return "demo";
	memcpy(queued, next.dir, sizeof next.dir);
	return queued;
}

/* A run, or view 7 on a folder of them. */
static int begin(struct ui *u, const char *what, struct err *e)
{
	if (!sessions_is_folder(what))
		return runs_start(u, what, e);
	if (runs_start_none(u, e))
		return -1;
	if (sessions_begin(u, what, e) == 0)
		return 0;
	work_end(u->work);
	return -1;
}

/* Without a socket the runs can only not be asked from outside. */
static void begin_serving(struct ui *u, const struct tui *t)
{
	struct err why = {0};

	if (u->readonly || u->how.looks)
		return;
	u->serve = serve_start(&why);
	if (!u->serve && t->headless)
		cli_message("nobody can ask these runs from outside: %s", why.text);
	else if (!u->serve)
		ui_say(u, "nobody can ask these runs from outside: %s", why.text);
}

static int show(struct tui *t, struct err *e)
{
	const struct args *a = t->args;
	struct look plain = {.glyphs =
				     a->ascii || !locale_is_utf8() ? GLYPHS_ASCII : GLYPHS_BRAILLE};
	char queued[PATH_LEN], who[256];
	const char *what = choose(t, queued);
	struct ui u;
	int status;

	ui_init(&u, t->headless ? &plain : term_look(), a->rows ? a->rows : 24,
		a->cols ? a->cols : 80);
	u.readonly = a->readonly;
	u.hooks = &t->hooks;
	u.how.threads = a->threads;
	u.how.skip_bad = a->skip_bad;
	u.how.waits = t->headless;
	u.how.demo_pace = t->headless ? 0 : DEMO_PACE;
	/* A screen needs no lock: another program may be training there. */
	u.how.looks = t->headless && !a->script;
	begin_serving(&u, t);
	t->elsewhere = session_exists(what) && session_written(what, who, sizeof who);
	if (begin(&u, what, e)) {
		serve_end(u.serve);
		ui_free(&u);
		return -1;
	}
	serve_bind(u.serve, u.work);
	serve_duels(u.serve, duels_asked, &u);
	if (t->headless) {
		run_headless(&u, t, e);
		loop_leave(&u);
	} else {
		run_on_screen(&u, t);
	}
	if (u.at_once)
		leave_at_once(&u, e);
	serve_end(u.serve);
	status = work_end(u.work);
	term_stop();
	if (!t->headless)
		say_session(&u);
	conclude(&u, status, e);
	ui_free(&u);
	return e->status ? -1 : 0;
}

/* --detach: a process of its own trains what is asked for; once it does, its folder is
 * what is opened. */
static int detach(struct tui *t, bool looked_at, struct err *e)
{
	char queued[PATH_LEN], pace[32] = "";
	const char *what = choose(t, queued);
	bool stored = strcmp(what, "demo") != 0 && session_exists(what);
	const struct detached_run run = {
		.job = {.config = stored ? NULL : what,
			.session = stored ? what : NULL,
			.skip_bad = t->args->skip_bad,
			.threads = t->args->threads},
		.folds = t->args->jobs,
		.hooks = &t->hooks,
		.handed = pace,
	};
	struct detached d;
	int failed;

	if (sessions_is_folder(what))
		return err_usage(e,
				 "--detach trains a run: expected CONFIG or SESSION; %s is a "
				 "folder of sessions",
				 what);
	if (detached_check_folds(&run.job, run.folds, e))
		return -1;
	if (looked_at && strcmp(what, "demo") == 0)
		snprintf(pace, sizeof pace, "pace %d\n", DEMO_PACE);
	failed = detached_start(&d, &run, e) || detached_wait(&d, e);
	if (!failed && !looked_at && d.state == DETACHED_TRAINS)
		printf("%s\nprocess %ld\n", d.session, (long)d.pid);
	str_fit(t->detached, sizeof t->detached, /* a finished one has printed its figures */
		d.state == DETACHED_TRAINS ? d.session : what);
	t->demo = false;
	detached_free(&d);
	return failed;
}

static int check_detach(const struct args *a, struct err *e)
{
	static const enum flag not [] = {FLAG_SCRIPT, FLAG_DUMP, FLAG_ONCE, FLAG_READONLY};
	static const char *const name[] = {"script", "dump", "once", "readonly"};

	for (size_t i = 0; a->detach && i < sizeof not / sizeof *not ; i++)
		if (args_given(a, not [i]))
			return err_usage(e, "--detach and --%s: give one of them", name[i]);
	if (args_given(a, FLAG_JOBS) && !a->detach)
		return err_usage(e,
				 "--jobs %d: folds at once train in a process of their own; "
				 "give --detach, too",
				 a->jobs);
	return 0;
}

static int run(const struct args *a, struct err *e)
{
	struct term_options o = {.ascii = a->ascii};
	struct tui t = {.args = a, .headless = a->script || a->dump || a->once};
	bool on_terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
	char *script = NULL;
	size_t len;
	int failed;

	if (check_detach(a, e) || hooked_read(&t.hooks, a, e))
		return -1;
	if (a->detach && (detach(&t, on_terminal, e) || !on_terminal)) {
		hooks_free(&t.hooks);
		return e->status ? -1 : 0;
	}
	if (a->script) {
		script = file_read_stream(a->script, FILE_SCRIPT, &len, e);
		if (!script) {
			hooks_free(&t.hooks);
			return -1;
		}
		t.script = (struct script){.path = a->script, .at = script, .end = script + len};
	}
	locale_start(t.why_ascii, sizeof t.why_ascii);
	if (t.headless ? guard_start(e) : term_start(&o, e)) {
		free(script);
		hooks_free(&t.hooks);
		return -1;
	}
	if (a->ascii)
		t.why_ascii[0] = '\0';
	else if (t.headless && *t.why_ascii)
		cli_message("%s", t.why_ascii);
	else if (!t.headless && term_why_ascii())
		snprintf(t.why_ascii, sizeof t.why_ascii, "%s", term_why_ascii());
	failed = show(&t, e);
	term_stop();
	guard_stop();
	free(script);
	hooked_finish(&t.hooks, cli_say, NULL);
	return failed;
}

static const struct command cmd_tui = {
	.name = "miust-tui",
	.operands = "[CONFIG | SESSION | FOLDER]",
	.most = 1,
	.takes = (const enum flag[]){FLAG_SCRIPT, FLAG_DUMP, FLAG_SIZE, FLAG_ONCE, FLAG_READONLY,
				     FLAG_DETACH, FLAG_JOBS, FLAG_SKIP_BAD, FLAG_ASCII,
				     FLAG_THREADS, FLAG_ON, FLAG_NONE},
	.help = "Train MIUST and watch it learn.",
	.more = "Without an argument the built-in demo opens, already training, or, if runs\nare "
		"queued, the first of them. A session's folder opens where it stopped, and\n"
		"nothing is locked or written before something steers it: Space goes on. A\n"
		"folder of sessions is listed in view 7: Enter there opens one, and nothing\n"
		"trains before that.\n"
		"--detach trains in a process of its own, and the screen shows it: closing the\n"
		"screen or the terminal stops nothing, `stop` does. Without a terminal it prints\n"
		"the session and the process, and ends. With --jobs N it trains so many folds at "
		"a\n"
		"time.\n"
		"--script runs console commands without a terminal; --dump writes the last\nscreen "
		"as text, --once prints it; --size sets its size.",
	.run = run,
};

int main(int argc, char **argv)
{
	static const struct program tui = {
		.name = "miust-tui",
		.help = "Train the MIUST speech+text emotion model and watch it learn.",
		.only = &cmd_tui,
		.draws = true,
	};

	process_begin(argv);
	if (detached_asked())
		return detached_main(argc, argv);
	if (manual_asked(&cmd_tui, argc, argv, stdout)) /* for `make install` and doc/ */
		return 0;
	return cli_main(&tui, argc, argv);
}
