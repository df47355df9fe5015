/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/state/detach.h"

#include "base/machine.h"
#include "base/mem.h"
#include "base/util.h"
#include "ui/state/feeder.h"

#include <stdlib.h>
#include <string.h>

/* The same share of the threads as it has here. */
static int threads(const struct ui *u)
{
	int all = u->how.threads > 0 ? u->how.threads : machine_cores();

	return u->feeder.jobs > 1 ? max_int(all / u->feeder.jobs, 1) : u->how.threads;
}

bool detach_busy(const struct ui *u, int run)
{
	return u->detach.run && u->detach.run == run;
}

bool detach_can(const struct ui *u, int run)
{
	struct glance g;

	if (!u->work || !run || !work_has(u->work, run))
		return false;
	work_glance(u->work, run, &g);
	return g.hold == WORK_OURS && g.opened && g.placed &&
	       (g.state == WORK_RUN || g.state == WORK_EVAL || g.state == WORK_PAUSED ||
		g.state == WORK_BROKE);
}

int detach_any(const struct ui *u)
{
	int id[FEEDER_JOBS], n;

	if (detach_can(u, u->run_shown))
		return u->run_shown;
	n = u->work ? work_training(u->work, id, FEEDER_JOBS) : 0;
	for (int i = 0; i < n && i < FEEDER_JOBS; i++)
		if (detach_can(u, id[i]))
			return id[i];
	return 0;
}

int detach_fd(const struct ui *u)
{
	return u->detach.run && u->detach.started ? u->detach.process.output : -1;
}

static void forget(struct ui *u)
{
	if (u->detach.started)
		detached_free(&u->detach.process);
	free(u->detach.handed);
	memset(&u->detach, 0, sizeof u->detach);
}

/* Its session, to go on with there. */
static struct job_options options_of(const struct ui *u, int run, const struct snapshot *s)
{
	struct job_options o = *work_job(u->work, run);

	o.config = NULL;
	o.session = s->root;
	o.threads = threads(u);
	return o;
}

static int check_folds(struct ui *u, int run, int folds, struct err *e)
{
	struct snapshot *s = mem_alloc(1, sizeof *s);
	struct job_options o;
	int failed;

	work_snapshot(u->work, run, s);
	o = options_of(u, run, s);
	failed = detached_check_folds(&o, folds, e);
	free(s);
	return failed;
}

int detach_begin(struct ui *u, int run, bool all, int folds, struct err *e)
{
	unsigned asked;

	if (check_folds(u, run, folds, e))
		return -1;
	asked = work_hand_over(u->work, run);
	if (!asked || !work_stop(u->work, run))
		return err_set(e, UI_BUSY);
	u->detach.run = run;
	u->detach.all = all;
	u->detach.folds = folds;
	u->detach.asked = asked;
	feeder_rest(u); /* else the next run of the queue would begin beside it */
	feeder_leave(u, run);
	return 0;
}

bool detach_reply(struct ui *u, const struct event *e)
{
	if (!u->detach.run || e->kind != EVENT_REPLY || e->request != u->detach.asked)
		return false;
	u->detach.asked = 0;
	u->detach.handed = e->told ? mem_dup(e->told) : NULL;
	return true;
}

static void begin_next(struct ui *u, bool all)
{
	struct err e = {0};
	int run = all ? detach_any(u) : 0;

	forget(u);
	if (run && detach_begin(u, run, true, 0, &e))
		ui_error(u, "%s", e.text);
}

/* It goes on here, as it was. */
static void give_up(struct ui *u, const char *why)
{
	bool paused = u->detach.handed && strncmp(u->detach.handed, "pause\n", 6) == 0;
	int run = u->detach.run;

	forget(u);
	ui_error(u, "detach: %.380s; it %s here", why,
		 paused ? "is stopped, Space goes on" : "goes on");
	if (!paused)
		work_resume(u->work, run);
}

static void start(struct ui *u)
{
	struct snapshot *s = mem_alloc(1, sizeof *s);
	struct detached_run run = {
		.folds = u->detach.folds, .hooks = u->hooks, .handed = u->detach.handed};
	struct err e = {0};

	work_snapshot(u->work, u->detach.run, s);
	run.job = options_of(u, u->detach.run, s);
	if (detached_start(&u->detach.process, &run, &e)) {
		give_up(u, e.text);
	} else {
		u->detach.started = true;
		ui_say(u, "process %ld opens the session and trains on",
		       (long)u->detach.process.pid);
	}
	free(s);
}

static void begun(struct ui *u)
{
	int run = u->detach.run;

	ui_say(u, "process %ld trains it now; q leaves and stops nothing",
	       (long)u->detach.process.pid);
	if (u->overlay_kind == OVERLAY_ASK && strcmp(u->ask.command, "quit!") == 0)
		u->overlay_kind = OVERLAY_NONE; /* it asked about a run that is not ours now */
	if (run == u->run_shown)
		work_let_go(u->work, run);
	else
		work_close(u->work, run);
	begin_next(u, u->detach.all);
}

static void follow_process(struct ui *u)
{
	struct detached *p = &u->detach.process;
	char why[400];

	detached_turn(p);
	if (p->state == DETACHED_TRAINS)
		begun(u);
	if (p->state != DETACHED_ENDED || !u->detach.run)
		return;
	detached_why(p, why, sizeof why);
	give_up(u, p->status ? why : "nothing was left to train");
}

static void follow_stop(struct ui *u)
{
	struct glance g;

	work_glance(u->work, u->detach.run, &g);
	if (u->detach.asked)
		return; /* its answer comes first */
	if (g.state == WORK_IDLE && g.trains)
		start(u);
	else if (g.state == WORK_IDLE || g.state == WORK_FAILED || g.state == WORK_DIVERGED)
		begin_next(u, u->detach.all); /* what it came to is said as always */
}

void detach_follow(struct ui *u)
{
	if (!u->detach.run || u->leaving)
		return;
	if (!work_has(u->work, u->detach.run))
		forget(u);
	else if (u->detach.started)
		follow_process(u);
	else
		follow_stop(u);
}
