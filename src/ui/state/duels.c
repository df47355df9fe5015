/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/state/duels.h"

#include "app/serve/serve.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/util.h"
#include "ui/state/overlay.h"
#include "ui/state/runs.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- beginning ---- */

static void say(void *u, const char *text)
{
	ui_say(u, "%s", text);
}

/* Its run here, 0: it is to be opened. An error if it cannot be trained here. */
static int find_run(const struct ui *u, const char *dir, const char *name, int *run, struct err *e)
{
	struct glance g = {.hold = WORK_FOLLOWED};

	*run = runs_find(u, dir);
	if (*run)
		work_glance(u->work, *run, &g);
	if (*run && g.hold == WORK_OURS && g.state != WORK_FAILED)
		return 0;
	return duel_may_train(dir, name, e);
}

static void show(struct ui *u, const struct duel_sides *s, const bool opened[2])
{
	const char *const dirs[] = {s->dir[0], s->dir[1]};
	struct err e = {0};
	int side = file_is_same(s->dir[1], u->run.dir);

	if (opened[side])
		runs_await(u, u->duel.run[side], s->dir[side]);
	else if (runs_open(u, s->dir[side], false, &e))
		ui_error(u, "%s", e.text);
	if (overlay_set(u, dirs, 2, &e))
		ui_error(u, "%s", e.text);
	ui_say(u, "duel of %s and %s; duel off ends it", s->name[0], s->name[1]);
}

static int begin(struct ui *u, const struct duel_sides *s, int epochs, struct err *e)
{
	const char *const name[] = {s->name[0], s->name[1]};
	struct work_options o[2];
	int run[2];
	bool opened[2];

	for (int i = 0; i < 2; i++) {
		if (find_run(u, s->dir[i], s->name[i], &run[i], e))
			return -1;
		opened[i] = !run[i];
		o[i] = (struct work_options){.pace = u->now.pace,
					     .job = {.session = s->dir[i],
						     .resume = true,
						     .first = s->fold,
						     .threads = u->how.threads,
						     .skip_bad = u->how.skip_bad}};
		runs_share(u, &o[i]);
	}
	if (work_duel(u->work, name, o, run, epochs, e))
		return -1;
	for (int i = 0; i < 2; i++) {
		u->duel.run[i] = run[i];
		str_fit(u->duel.dir[i], PATH_LEN, s->dir[i]);
	}
	u->duel.told = false;
	show(u, s, opened);
	return 0;
}

/* The run that the branches leave, or that is a side, has let its fold go. */
static int go(struct ui *u, struct err *e)
{
	struct duel_order o;
	struct duel_sides s;

	u->duel.waits = false;
	return duel_order(&o, u->duel.order, e) ||
			       duel_sides(&s, &o, u->duel.from, o.o ? u->duel.fold : DUEL_ANY, say,
					  u, e) ||
			       begin(u, &s, o.epochs, e)
		       ? -1
		       : 0;
}

/* The run that the branches leave, if it has something that they could not take along, or a place
 * that they need; else 0. */
static int has_to_stop(const struct ui *u)
{
	int run = runs_find(u, u->duel.from);
	struct glance g;

	if (!run)
		return 0;
	work_glance(u->work, run, &g);
	return g.hold == WORK_OURS && g.state != WORK_IDLE && g.state != WORK_FAILED &&
			       (g.placed || g.state == WORK_STOPPING)
		       ? run
		       : 0;
}

int duels_begin(struct ui *u, const char *dir, int fold, const char *args, struct err *e)
{
	struct duel_order o;
	int run;

	if (duel_order(&o, args, e))
		return -1;
	if (duels_busy(u))
		return err_set(e, "a duel is running already; duel off ends it");
	if (duel_order_check(&o, dir, fold, e)) /* nothing stops for a mistake */
		return -1;
	str_fit(u->duel.order, sizeof u->duel.order, args);
	str_fit(u->duel.from, sizeof u->duel.from, dir);
	u->duel.fold = fold;
	run = o.o ? has_to_stop(u) : 0;
	if (!run)
		return go(u, e);
	if (!work_stop(u->work, run))
		return err_set(e, UI_BUSY);
	u->duel.waits = true;
	ui_say(u, "the run stops here, and its two branches begin");
	return 0;
}

int duels_stop(struct ui *u, struct err *e)
{
	if (!duels_busy(u))
		return err_set(e, "no duel is running");
	if (u->duel.waits)
		ui_say(u, "the duel is called off");
	u->duel.waits = false;
	work_duel_stop(u->work);
	return 0;
}

int duels_asked(void *ctx, int run, const char *args, struct str *out, struct err *e)
{
	struct ui *u = ctx;
	struct snapshot *now;
	int failed;

	if (!*args) {
		duels_text(u, out);
		return 0;
	}
	if (u->readonly)
		return err_set(e, "the screen is open read-only (--readonly)");
	if (strcmp(args, "off") == 0)
		return duels_stop(u, e);
	now = mem_alloc(1, sizeof *now); /* large for a stack */
	work_snapshot(u->work, run, now);
	failed = now->opened ? duels_begin(u, now->session, now->fold, args, e)
			     : err_set(e, "the data is still being read");
	free(now);
	if (!failed)
		str_add(out, "the duel begins");
	return failed;
}

/* ---- following ---- */

static bool lacks_place(const struct ui *u)
{
	bool lacks = u->duel.now.end == DUEL_ON;

	for (int i = 0; i < 2 && lacks; i++) {
		struct glance g = {.state = WORK_IDLE};

		if (work_has(u->work, u->duel.run[i]))
			work_glance(u->work, u->duel.run[i], &g);
		lacks = g.state == WORK_WAITING && !g.placed;
	}
	return lacks;
}

void duels_follow(struct ui *u)
{
	struct err e = {0};

	if (!u->work || u->leaving)
		return;
	work_duel_look(u->work, &u->duel.now, &u->duel.seen);
	u->duel.lacks_place = lacks_place(u);
	if (u->duel.waits && !has_to_stop(u) && go(u, &e))
		ui_error(u, "%s", e.text);
}

void duels_tell(struct ui *u)
{
	struct str text = {0};

	if (u->duel.told || duels_busy(u) || !u->work || u->duel.now.end == DUEL_NONE)
		return;
	work_duel_look(u->work, &u->duel.now, &u->duel.seen);
	u->duel.told = true;
	overlay_refresh(u);
	duel_text(&u->duel.now, &text);
	ui_say(u, "%s", text.s);
	str_free(&text);
}

/* A side's rows as far as they are at hand: it is shown, or drawn. */
static const struct run *rows_of(const struct ui *u, int side)
{
	if (strcmp(u->duel.dir[side], u->run.dir) == 0)
		return &u->run;
	for (int i = 0; i < u->noverlays; i++)
		if (strcmp(u->duel.dir[side], u->overlay[i].dir) == 0)
			return &u->overlay[i];
	return NULL;
}

/* Is a side's epoch still the one that was compared? Rows are stored with nine digits. */
static bool is_as_compared(const struct run *r, int fold, const struct duel_look *x, int side)
{
	const struct fold_run *f = run_find(r, fold);

	for (int i = 0; f && i < f->nepochs; i++)
		if (f->epoch[i].epoch == x->epoch)
			return !(fabs(f->epoch[i].val_loss - x->loss[side]) >
				 1e-8 * fabs(x->loss[side]));
	return false;
}

/* Of one side: from which look on are they of a future that it has left? */
static int looks_of(const struct ui *u, int side)
{
	const struct duel *d = &u->duel.now;
	const struct run *r = rows_of(u, side);
	int n = 0;

	if (!r || d->end == DUEL_ON) /* which going back would end */
		return d->looks;
	while (n < d->looks && is_as_compared(r, d->fold, &d->look[n], side))
		n++;
	return n;
}

int duels_looks(const struct ui *u)
{
	return min_int(looks_of(u, 0), looks_of(u, 1));
}

void duels_text(const struct ui *u, struct str *out)
{
	const struct duel *d = &u->duel.now;

	if (u->duel.waits) {
		str_add(out, "the duel begins when the run that its branches leave has stopped");
		return;
	}
	if (u->duel.now.end == DUEL_NONE)
		str_add(out,
			"no duel has been started; duel KEY=V1,V2 makes two branches of this run "
			"and trains them in turn");
	else
		duel_text(&u->duel.now, out);
	for (int i = 0; i < 2; i++)
		if (looks_of(u, i) < d->looks)
			str_addf(out, " %s has gone back since, to before that.", d->side[i].name);
	if (u->duel.lacks_place)
		str_add(out, " It waits for a place to train in; jobs N makes more.");
}

bool duels_busy(const struct ui *u)
{
	return u->duel.waits || (u->work && !work_duel_over(u->work));
}

int duels_shown(const struct ui *u)
{
	for (int i = 0; i < 2; i++)
		if (u->duel.now.end != DUEL_NONE && strcmp(u->duel.dir[i], u->run.dir) == 0)
			return i;
	return -1;
}
