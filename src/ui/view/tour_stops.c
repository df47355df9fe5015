/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The stops of the tour at what can be done with a run, and the table of all. What a stop
 * chooses it chooses with console commands, as a user would; what it says is read from the
 * run as it is on the screen then.
 */
#include "ui/view/tour_private.h"

#include "app/study/num.h"
#include "base/mem.h"
#include "base/util.h"
#include "ui/console/command.h"
#include "ui/state/feeder.h"
#include "ui/state/next_run.h"
#include "ui/state/overlay.h"
#include "ui/view/config.h"
#include "ui/view/order.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RATE  "train.optimizer.lr"
#define BATCH "train.batch_size"

void tour_run(struct ui *u, const char *fmt, ...)
{
	char line[512];
	struct err ignored = {0};
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	command_run(u, line, &ignored);
}

const struct history *tour_validated(const struct ui *u, int epochs)
{
	const struct fold_run *f = ui_fold(u);

	return f && f->val.epochs >= epochs && f->nepochs >= epochs ? &f->val : NULL;
}

void tour_tidy(struct ui *u)
{
	struct err ignored = {0};
	char *find = config_view(u)->find;

	if (u->feeder.jobs == 2 && u->tour.jobs != 2 && !command_refused(u, "jobs"))
		tour_run(u, "jobs %d", max_int(u->tour.jobs, 1));
	if (strcmp(order_of(u)->filter, tour_misled) == 0)
		order_filter(u, "", &ignored);
	if (strcmp(find, RATE) == 0 || strcmp(find, BATCH) == 0)
		find[0] = '\0';
}

/* ---- 6, 7: a live change ---- */

static bool see_settings(struct ui *u, bool over, struct str *say)
{
	char lr[NUM_LEN];

	if (!u->now.opened)
		return false;
	tour_run(u, "view 6");
	tour_run(u, "find " RATE);
	if (over)
		str_add(say, "The last column says when a change takes effect. This run is over; "
			     "while one trains, Enter changes such a setting in it.");
	else
		str_addf(say,
			 RATE " is %s and may change from one step to the next while it trains, as "
			      "the last column says; u undoes a change.",
			 num_short(lr, u->now.set.train.optimizer.lr));
	return true;
}

/* The last change of the rate in the fold shown, NULL: none. */
static const struct run_mark *changed(const struct fold_run *f)
{
	for (int i = f ? f->nmarks - 1 : -1; i >= 0; i--)
		if (f->mark[i].kind == MARK_CHANGE && strncmp(f->mark[i].label, "lr ", 3) == 0)
			return &f->mark[i];
	return NULL;
}

static bool see_change(struct ui *u, bool over, struct str *say)
{
	const struct fold_run *f = ui_fold(u);
	const struct run_mark *m = changed(f);
	char before[NUM_LEN], after[NUM_LEN];
	double was = NAN, is = NAN;

	(void)over;
	for (int i = 0; m && i < f->nsteps; i++) {
		if (f->step[i].step < m->step)
			was = f->step[i].lr;
		else if (isnan(is))
			is = f->step[i].lr;
	}
	if (isnan(was) || isnan(is))
		return false;
	tour_run(u, "view 1");
	str_addf(say,
		 "The rate in force went from %s to %s at epoch %d, step %d: see the mark below "
		 "the curves. The change is logged, so a replay repeats it.",
		 num_lr(before, was), num_lr(after, is), m->epoch, m->step);
	return true;
}

/* ---- 8: the next run ---- */

/* Unless the user has one already, a change is put into the draft. */
static bool see_draft(struct ui *u, bool over, struct str *say)
{
	const struct option *o = option_find(BATCH);
	const struct settings *base = next_run_base(u);
	bool had = base && draft_value(next_run(u), o);
	const char *value;

	(void)over;
	if (base && !had)
		tour_run(u, "draft " BATCH " x2");
	value = base ? draft_value(next_run(u), o) : NULL;
	if (!value)
		return false;
	tour_run(u, "view 6");
	tour_run(u, "find " BATCH);
	tour_run(u, "column next");
	str_addf(say,
		 BATCH " is fixed during a run, at %d in this one. %s %s is for the next run, in "
		       "its column: Enter edits it, x takes it back, N starts that run.",
		 base->train.batch_size, had ? "Your" : "The tour's", value);
	return true;
}

/* ---- 9: a comparison ---- */

/* How many epochs of the fold shown both runs have, at least two; 0: not so many. */
static int in_common(const struct ui *u, const struct run *other)
{
	const struct fold_run *here = ui_fold(u),
			      *there = here ? run_find(other, here->fold) : NULL;
	int n = there ? min_int(here->nepochs, there->nepochs) : 0;

	return n >= 2 ? n : 0;
}

/* The first run beside the shown one that has some epochs, drawn over it. */
static bool draw_over(struct ui *u)
{
	int id[OVERLAY_LINES], n = u->work ? work_runs(u->work, id, OVERLAY_LINES) : 0;
	struct err ignored = {0};
	bool drawn = false;

	for (int i = 0; i < min_int(n, OVERLAY_LINES) && !drawn; i++) {
		struct snapshot *s = mem_alloc(1, sizeof *s);
		const char *dir = s->session;

		work_snapshot(u->work, id[i], s);
		drawn = id[i] != u->run_shown && *dir && (s->epoch > 2 || s->place > 1) &&
			overlay_set(u, &dir, 1, &ignored) == 0 && in_common(u, &u->overlay[0]);
		free(s);
	}
	return drawn;
}

static void say_over(const struct ui *u, struct str *say)
{
	const struct fold_run *here = ui_fold(u), *there = run_find(&u->overlay[0], here->fold);
	int n = in_common(u, &u->overlay[0]);
	char a[NUM_LEN], b[NUM_LEN], name[64];

	str_addf(say,
		 "Two runs over one another: after %d epochs %s had WF1 %s on validation, and this "
		 "run %s. In view 7 + picks runs, and overlay draws them.",
		 n, overlay_name(u, overlay_line(u, u->overlay[0].dir), name, sizeof name),
		 num_value(a, there->epoch[n - 1].val.wf1),
		 num_value(b, here->epoch[n - 1].val.wf1));
}

static int64_t right(const struct confusion *m)
{
	int64_t n = 0;

	for (int c = 0; c < m->classes; c++)
		n += m->count[c][c];
	return n;
}

static bool see_comparison(struct ui *u, bool over, struct str *say)
{
	const struct history *h = tour_validated(u, 2);
	struct confusion first, last;
	int64_t more;
	int epoch;

	(void)over;
	if (!h)
		return false;
	if (draw_over(u)) {
		tour_run(u, "view 1");
		say_over(u, say);
		return true;
	}
	ui_drop_overlays(u);
	if (feeder_busy(u)) /* the next run has begun */
		return false;
	epoch = h->epoch[h->epochs - 1];
	history_confusion(h, h->epoch[0], HEAD_MAIN, &first);
	history_confusion(h, epoch, HEAD_MAIN, &last);
	tour_run(u, "view 2");
	tour_run(u, "part val");
	tour_run(u, "epoch last");
	tour_run(u, "compare epoch %d", h->epoch[0]);
	more = right(&last) - right(&first);
	str_addf(say,
		 "Epoch %d beside epoch %d: of %lld utterances %lld %s are right. The lower row of "
		 "a cell is the change; compare takes an epoch, a fold or another run.",
		 epoch, h->epoch[0], (long long)confusion_total(&last),
		 (long long)(more < 0 ? -more : more), more < 0 ? "fewer" : "more");
	return true;
}

/* ---- the table ---- */

const struct tour_stop tour_stops[] = {
	{"two epochs have been evaluated", tour_see_curves, '2', "view 2",
	 "which class is taken for which", false, false},
	{"an epoch has been evaluated", tour_see_missing_class, '3', "view 3", "the utterances",
	 false, false},
	{"the words mislead somewhere, and the voice does not", tour_see_misled, '4', "view 4",
	 "this utterance", false, false},
	{"an utterance is selected", tour_see_utterance, '5', "view 5", "what looks where", false,
	 false},
	{"the model has found where the voice has its emotion", tour_see_burst, '6', "view 6",
	 "the settings", false, false},
	{"the data is read", see_settings, 0, "set " RATE " x0.5", "halve it, and go on training",
	 true, false},
	{"the first step with it is done", see_change, 0, NULL, "a change for the next run", false,
	 false},
	{"the settings are known", see_draft, 'N', "jobs 2\nstart", "start it beside this one",
	 false, false},
	{"the next run has trained two epochs", see_comparison, 0, NULL,
	 "end the tour; ? has all keys, : is the console", false, true},
};
const int tour_count = sizeof tour_stops / sizeof *tour_stops;
