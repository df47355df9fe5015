/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/state/runs.h"

#include "app/queue/queue.h"
#include "app/serve/serve.h"
#include "app/session/session.h"
#include "app/session/session_data.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "ui/state/overlay.h"
#include "ui/state/page.h"

#include <stdlib.h>
#include <string.h>

enum { OPEN_MOST = 256 }; /* ids looked at at once: jobs, the shown run, one being opened */

/* ---- which are open ---- */

static int ids(const struct ui *u, int id[OPEN_MOST])
{
	int n = u->work ? work_runs(u->work, id, OPEN_MOST) : 0;

	return n < OPEN_MOST ? n : OPEN_MOST;
}

static struct snapshot *snapshot(const struct ui *u, int run)
{
	struct snapshot *s = mem_alloc(1, sizeof *s); /* large for a stack */

	work_snapshot(u->work, run, s);
	return s;
}

int runs_find(const struct ui *u, const char *dir)
{
	int id[OPEN_MOST], n = ids(u, id), found = 0;

	for (int i = 0; i < n && !found; i++) {
		struct snapshot *s = snapshot(u, id[i]);

		if (file_is_same(s->session, dir) || file_is_same(s->root, dir))
			found = id[i];
		free(s);
	}
	return found;
}

char *runs_name(const struct ui *u, int run, char out[RUNS_NAME])
{
	struct snapshot *s = snapshot(u, run);
	char name[RUN_NAME], branch[RUN_NAME];

	run_names(s->session[0] ? s->session : s->root, name, branch);
	snprintf(out, RUNS_NAME, "%s%s%s", name, strcmp(branch, "main") == 0 ? "" : "/",
		 strcmp(branch, "main") == 0 ? "" : branch);
	free(s);
	return out;
}

static bool is_active(const struct glance *g)
{
	return g->hold == WORK_OURS &&
	       (g->placed || g->state == WORK_WAITING || g->state == WORK_STOPPING);
}

int runs_active(const struct ui *u, int *other)
{
	int id[OPEN_MOST], n = ids(u, id), active = 0;

	if (other)
		*other = 0;
	for (int i = 0; i < n; i++) {
		struct glance g;

		work_glance(u->work, id[i], &g);
		if (!is_active(&g))
			continue;
		active++;
		if (other && !*other && id[i] != u->run_shown)
			*other = id[i];
	}
	return active;
}

bool runs_all_loading(const struct ui *u)
{
	int id[OPEN_MOST], n = ids(u, id);

	for (int i = 0; i < n; i++) {
		struct glance g;

		work_glance(u->work, id[i], &g);
		if (g.state != WORK_LOADING)
			return false;
	}
	return n > 0;
}

/* ---- showing ---- */

void runs_reload(struct ui *u)
{
	struct run fresh;
	struct err e = {0};
	const char *dir = u->now.session[0] ? u->now.session : u->run.dir;

	u->unread = run_load(&fresh, dir, &e) != 0;
	if (u->unread) {
		ui_error(u, "%s", e.text);
		return;
	}
	run_free(&u->run);
	u->run = fresh;
	u->map.of = NULL;
	u->loads++;
	overlay_place(u);
}

void runs_refresh(struct ui *u)
{
	struct err ignored = {0}; /* the run's thread has met it too, and says so if it lasts */
	unsigned news;

	if (u->unread || !u->run.seen || strcmp(u->run.dir, u->now.session) != 0) {
		runs_reload(u);
		return;
	}
	run_refresh(&u->run, &news, &ignored);
	if (!(news & RUN_NEW_EPOCHS))
		return;
	u->map.of = NULL;
	u->loads++;
	ui_want_look(u);
}

/* Nothing of the run before is left, but for what the user has chosen for all runs. */
static void forget_shown(struct ui *u)
{
	run_free(&u->run);
	look_free(u->seen);
	u->seen = NULL;
	u->corpus = NULL;
	u->sel.fold = u->sel.epoch = 0;
	u->sel.fold_chosen = u->sel.test = u->sel.kept = u->sel.stored = false;
	u->sel.utt = -1;
	u->sel.knock = KNOCK_NOTHING;
	u->map.of = NULL;
	u->look_asked = u->waiting = u->stop_asked = 0;
	free(u->told);
	u->told = NULL;
	u->unread = false;
	if (u->overlay_kind == OVERLAY_PAGE)
		page_close(u);
	if (u->overlay_kind == OVERLAY_ASK)
		u->overlay_kind = OVERLAY_NONE;
	for (int i = 0; i < VIEWS; i++)
		if (!view_table[i]->keeps)
			ui_begin_view(u, (enum view_id)i);
}

/* One that does not train here is closed. */
static void leave_behind(struct ui *u, int run)
{
	struct glance g;

	if (!run || !work_has(u->work, run) || u->detach.run == run ||
	    work_duel_side(u->work, run) >= 0)
		return;
	work_glance(u->work, run, &g);
	if (g.hold != WORK_OURS) { /* that stops nothing */
		work_close(u->work, run);
		return;
	}
	switch (g.state) {
	case WORK_LOADING:
	case WORK_WAITING:
	case WORK_RUN:
	case WORK_EVAL:
	case WORK_STOPPING:
		return;
	default:
		work_close(u->work, run);
	}
}

/* A failure is not taken as said: its event may still be on its way. */
static void look_at(struct ui *u, int run)
{
	u->run_shown = run;
	work_snapshot(u->work, run, &u->now);
	u->said = u->now.state == WORK_FAILED ? WORK_LOADING : u->now.state;
}

void runs_show(struct ui *u, int run)
{
	int before = u->run_shown;

	if (run == before)
		return;
	forget_shown(u);
	look_at(u, run);
	leave_behind(u, before);
	overlay_refresh(u); /* the run before may be drawn over this one, and have changed */
	u->dropped_seen = u->now.dropped;
	if (u->now.opened) {
		u->corpus = work_corpus(u->work, run);
		runs_reload(u);
	}
	if (view_table[u->view]->chosen)
		view_table[u->view]->chosen(u);
	ui_want_look(u);
}

/* ---- opening ---- */

static int options(const struct ui *u, const char *what, bool skip_bad, struct work_options *o,
		   struct err *e)
{
	*o = (struct work_options){
		.job = {.threads = u->how.threads, .skip_bad = skip_bad || u->how.skip_bad},
		.readonly = u->readonly || u->how.looks,
		.paused = u->how.waits,
	};
	if (strcmp(what, "demo") != 0 && session_exists(what)) {
		o->job.session = what;
		o->job.resume = true;
		o->job.seeds = queue_seeds(ui_folder(u), what);
		o->paused = true;
		return 0;
	}
	o->job.config = what;
	o->readonly = false;
	if (strcmp(what, "demo") == 0)
		o->pace = u->how.demo_pace;
	if (u->readonly)
		return err_usage(
			e, "--readonly opens only sessions and folders of them; %s is neither",
			what);
	return 0;
}

void runs_share(const struct ui *u, struct work_options *o)
{
	o->job.socket = u->serve ? serve_path(u->serve) : NULL;
	if (u->hooks)
		o->rollback = u->hooks->rollback;
}

int runs_add(struct ui *u, const struct work_options *o, struct err *e)
{
	struct work_options with = *o;
	int run;

	runs_share(u, &with);
	if (u->work)
		return work_open(u->work, &with, e);
	u->work = work_start(&with, e);
	if (!u->work || work_runs(u->work, &run, 1) != 1)
		return 0;
	return run;
}

int runs_start(struct ui *u, const char *what, struct err *e)
{
	struct work_options o;
	int run;

	if (options(u, what, false, &o, e) || !(run = runs_add(u, &o, e)))
		return -1;
	snprintf(u->what, sizeof u->what, "%s", what);
	look_at(u, run);
	return 0;
}

int runs_start_none(struct ui *u, struct err *e)
{
	u->work = work_start(NULL, e);
	u->now.state = WORK_IDLE;
	u->runless = true;
	return u->work ? 0 : -1;
}

static void forget_opening(struct ui *u)
{
	free(u->opening.told);
	u->opening.told = NULL;
	u->opening.run = 0;
	u->opening.said = 0;
}

static void forget_failed(struct ui *u)
{
	free(u->failed.told);
	u->failed.told = NULL;
	u->failed.any = false;
}

/* It was open, and its folder has been deleted or moved, or it has failed. */
static bool is_gone(const struct ui *u, int run)
{
	struct glance g;

	work_glance(u->work, run, &g);
	return g.opened && g.state == WORK_FAILED;
}

static void say_opening(struct ui *u, const char *what)
{
	ui_say(u, "opening %s", path_base(what));
	u->opening.said = u->message.number;
}

int runs_open(struct ui *u, const char *what, bool skip_bad, struct err *e)
{
	struct work_options o;
	int run = session_exists(what) ? runs_find(u, what) : 0;

	if (run && is_gone(u, run)) /* another session may have its name by now */
		run = 0;
	if (!run) {
		if (options(u, what, skip_bad, &o, e) || !(run = runs_add(u, &o, e)))
			return -1;
	} else if (run != u->opening.run) {
		runs_show(u, run);
		snprintf(u->what, sizeof u->what, "%s", what);
		return 0;
	}
	runs_await(u, run, what);
	return 0;
}

void runs_await(struct ui *u, int run, const char *what)
{
	forget_failed(u);
	if (u->opening.run && u->opening.run != run)
		work_close(u->work, u->opening.run);
	forget_opening(u);
	u->opening.run = run;
	snprintf(u->opening.what, sizeof u->opening.what, "%s", what);
	if (u->now.state == WORK_FAILED &&
	    !u->now.opened) /* there is nothing to look at meanwhile */
		runs_show(u, run);
	else
		say_opening(u, what);
}

void runs_told(struct ui *u, struct event *e)
{
	if (e->run != u->opening.run)
		return;
	free(u->opening.told);
	u->opening.told = e->told;
	e->told = NULL;
}

/* ---- what has become of them ---- */

void runs_opened(struct ui *u)
{
	char *told = u->opening.told;

	snprintf(u->what, sizeof u->what, "%s", u->opening.what);
	u->opening.told = NULL;
	if (u->message.number == u->opening.said)
		u->message.text[0] = '\0';
	runs_show(u, u->opening.run);
	if (told) {
		free(u->told);
		u->told = told;
	}
	u->opening.run = 0;
}

static void take_failed(struct ui *u)
{
	struct snapshot *s = snapshot(u, u->opening.run);

	forget_failed(u);
	u->failed.any = true;
	u->failed.told = u->opening.told;
	u->failed.can_skip = s->can_skip;
	str_fit(u->failed.error, sizeof u->failed.error, s->error);
	snprintf(u->failed.what, sizeof u->failed.what, "%s", u->opening.what);
	u->opening.told = NULL;
	work_close(u->work, u->opening.run);
	u->opening.run = 0;
	free(s);
}

/* The run that was being opened is, or cannot be. True: it cannot. */
static bool follow_opening(struct ui *u)
{
	struct glance g;

	if (!u->opening.run)
		return false;
	work_glance(u->work, u->opening.run, &g);
	if (u->opening.run == u->run_shown) {
		if (g.state != WORK_LOADING)
			runs_opened(u);
		return false;
	}
	if (g.opened)
		runs_opened(u);
	else if (g.state == WORK_FAILED)
		take_failed(u);
	return u->failed.any && !u->opening.run && g.state == WORK_FAILED;
}

static bool is_fed(const struct ui *u, int run)
{
	for (int i = 0; i < u->feeder.n; i++)
		if (u->feeder.fed[i].run == run)
			return true;
	return false;
}

/* One that is not shown. Who waits for its user at a break keeps its place. */
static void follow(struct ui *u, int run)
{
	struct glance g;

	if (u->detach.run == run) /* detach.h sees to it */
		return;
	work_glance(u->work, run, &g);
	if (!g.opened && g.state != WORK_FAILED)
		return;
	if (g.hold != WORK_OURS) { /* it was left behind while it was read */
		work_close(u->work, run);
		return;
	}
	if (g.state != WORK_IDLE && g.state != WORK_FAILED && g.state != WORK_DIVERGED)
		return;
	if (is_fed(u, run)) { /* the queue comes first */
		u->feeder.late = true;
		return;
	}
	if (g.state != WORK_IDLE || (run != u->duel.run[0] && run != u->duel.run[1]))
		runs_say_ended(u, run, g.state, g.trains);
	work_close(u->work, run);
}

/* What the status row says of them. */
static void count_others(struct ui *u)
{
	int other, n = runs_active(u, &other);
	struct glance g = {.state = WORK_IDLE};

	if (u->run_shown)
		work_glance(u->work, u->run_shown, &g);
	u->others.n = n - is_active(&g);
	u->others.name[0] = '\0';
	if (other)
		runs_name(u, other, u->others.name);
	if (!work_training(u->work, &u->run_training, 1))
		u->run_training = 0;
}

bool runs_follow(struct ui *u)
{
	int id[OPEN_MOST], n;
	bool failed;

	if (!u->work || u->leaving)
		return false;
	failed = follow_opening(u);
	n = ids(u, id);
	for (int i = 0; i < n; i++)
		if (id[i] != u->run_shown && id[i] != u->opening.run)
			follow(u, id[i]);
	count_others(u);
	return failed;
}
