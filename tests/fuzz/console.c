/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Console lines in every view, over a stored run or where none is open; and each view drawn
 * after them. The first byte says which. */
#define FUZZ_VARIANTS 500
#include "session.h"
#include "ui/console/command.h"
#include "ui/console/keys.h"
#include "ui/loop.h"
#include "ui/state/feed.h"
#include "ui/state/runs.h"
#include "ui/view/screen.h"
#include "ui/view/sessions.h"

static struct work *work;
static struct work *runless; /* no run is open in it before a line opens one */

static void seeds(void)
{
	static const char *const line[] = {
		"filter pred!=true & p>0.5",
		"sort loss desc",
		"set train.optimizer.lr x0.5",
		"try train.clip 1",
		"break when grad_norm > 10",
		"epoch 1",
		"compare epoch 1",
		"zoom 2 8",
		"view attention",
		"note hello",
		"undo\nget train.clip\nsmooth +",
		"bind all x help",
		"style light",
		"slice flips",
		"cursor 3\nmap 2",
	};
	const struct ui_command *command;

	session_train("finished", 0);
	for (int i = 0; (command = command_at(i)); i++) {
		char text[128];

		snprintf(text, sizeof text, "%c%s", (char)(i % (2 * VIEWS)), command->name);
		fuzz_seed_text(text);
	}
	fuzz_seed_text("\15open finished\nview 1");
	fuzz_seed_text("\15pick\nmove down\nenter\nview 3");
	for (size_t i = 0; i < sizeof line / sizeof *line; i++) {
		char text[128];

		snprintf(text, sizeof text, "%c%s", (char)(i % VIEWS), line[i]);
		fuzz_seed_text(text);
	}
}

static void end(void)
{
	work_end(work);
	work_end(runless);
}

static void start(void)
{
	static char dir[512];
	struct work_options o = {.readonly = true, .paused = true};
	struct err e = {0};

	snprintf(dir, sizeof dir, "%s", temp_path("finished"));
	if (chdir(temp_dir))
		abort();
	o.job.session = dir;
	o.job.resume = true;
	o.job.threads = 1;
	work = work_start(&o, &e);
	runless = work_start(NULL, &e);
	if (!work || !runless || atexit(end))
		abort();
}

/* Lines that would write or read files elsewhere on this machine. */
static bool leaves(const char *line)
{
	return strpbrk(line, "/~$") != NULL;
}

static void show_run(struct ui *u)
{
	u->work = work;
	u->run_shown = WORK_FIRST;
	work_snapshot(work, u->run_shown, &u->now);
	loop_until_open(u);
	u->corpus = work_corpus(work, u->run_shown);
	runs_reload(u);
}

static void show_none(struct ui *u)
{
	struct err e = {0};

	u->work = runless;
	u->now.state = WORK_IDLE;
	u->runless = true;
	u->how.looks = true;
	if (sessions_begin(u, temp_dir, &e))
		abort();
}

static void close_all(struct work *w)
{
	int id;

	while (work_runs(w, &id, 1))
		work_close(w, id);
}

static void one(const uint8_t *data, size_t n)
{
	static const struct look look = {.glyphs = GLYPHS_BRAILLE};
	char *text = fuzz_text(n ? data + 1 : data, n ? n - 1 : 0), *at = text;
	struct ui u;
	struct canvas c;

	if (!work)
		start();
	ui_init(&u, &look, 24, 80);
	if (n && data[0] % (2 * VIEWS) >= VIEWS)
		show_none(&u);
	else
		show_run(&u);
	u.view = (enum view_id)(n ? data[0] % VIEWS : 0);
	for (char *line; (line = strsep(&at, "\n")) && !u.quit;) {
		struct err e = {0};

		if (leaves(line))
			continue;
		command_refused(&u, line);
		command_run(&u, line, &e);
		loop_settle(&u);
	}
	canvas_init(&c, 24, 80, &look);
	screen_draw(&u, &c);
	canvas_free(&c);
	if (u.work == runless)
		close_all(runless);
	u.work = NULL;
	ui_free(&u);
	keys_reset();
	free(text);
}

FUZZ(seeds, one)
