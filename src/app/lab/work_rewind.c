/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Going back to a step: what is asked for, how far it is, and what it leaves of a run. */
#include "app/lab/work_private.h"

#include "app/lab/job_rewind.h"
#include "app/session/branch.h"
#include "app/session/states.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/str.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SHOW_SECONDS 0.1 /* between two looks at how far it is */

/* ---- where to ---- */

static int no_state(const struct job *j, const char *name, struct err *e)
{
	struct err ignored = {0};
	char path[PATH_LEN];

	if (branch_path(j->session.dir, name, path, sizeof path, &ignored) == 0 &&
	    file_is_dir(path))
		return err_set(e, "%s is a branch, a run of its own: open %s, or Enter in view 7",
			       name, path);
	return err_set(e,
		       "fold %d has no stored state %s; save %s makes one, rewind EPOCH:STEP goes "
		       "back to a step",
		       j->trainer.state.fold, name, name);
}

static int named_place(const struct job *j, struct rewind *to, const char *name, struct err *e)
{
	const struct stored *found;
	struct stored_list l = {0};

	if (states_check_name(name, e) || states_list(&l, j->session.dir, j->trainer.state.fold, e))
		return -1;
	found = stored_named(&l, name);
	if (found)
		*to = (struct rewind){.epoch = found->epoch + found->ended,
				      .in_epoch = found->ended ? 0 : found->in_epoch};
	stored_free(&l);
	return found ? 0 : no_state(j, name, e);
}

static int place_of(const struct job *j, struct rewind *to, const char *text, struct err *e)
{
	if (isalpha((unsigned char)*text))
		return named_place(j, to, text, e);
	return rewind_place(to, text) ? 0
				      : err_set(e,
						"rewind %.60s: expected EPOCH, EPOCH:STEP or the "
						"name of a stored state",
						text);
}

/* ---- on the way ---- */

bool work_on_rewinding(void *ctx, struct job *j, const struct rewind *to, int done, int of)
{
	struct work_run *run = ctx;
	double now = clock_seconds();
	bool first = work_state(run) != WORK_REWINDING;

	(void)j;
	pthread_mutex_lock(&run->work->lock);
	snprintf(run->shown.rewind_to, sizeof run->shown.rewind_to, "%d:%d", to->epoch,
		 to->in_epoch);
	run->shown.rewind_done = done;
	run->shown.rewind_of = of;
	pthread_mutex_unlock(&run->work->lock);
	if (first || now - run->rewind_shown > SHOW_SECONDS) {
		run->rewind_shown = now;
		work_show(run, WORK_REWINDING);
		if (!first) /* who watches looks again */
			work_send_text(run, EVENT_STATE, 0, true, "");
	}
	return work_calls_back(run);
}

static void text_of(const struct rewound *r, char *text, size_t n)
{
	static const char *const after[] = {
		[REWIND_ASKED] = "",
		[REWIND_SPIKE] = " after a spike",
		[REWIND_DIVERGED] = " after a step that diverged",
	};
	char replayed[64] = "";

	if (r->replayed)
		snprintf(replayed, sizeof replayed, ", %d step%s replayed in %.1f s", r->replayed,
			 r->replayed == 1 ? "" : "s", r->seconds);
	snprintf(text, n, "rewound to %d:%d%s%s; %s%swhat came after is branch %s", r->to.epoch,
		 r->to.in_epoch, after[r->to.why], replayed, r->undone, r->undone[0] ? "; " : "",
		 r->to.branch);
}

void work_on_rewound(void *ctx, struct job *j, const struct rewound *r)
{
	struct work_run *run = ctx;
	struct event e = {.kind = EVENT_REWOUND};

	(void)j;
	work_smooth_past(run);
	run->step_started = clock_seconds();
	run->epoch_began = NAN;
	work_duel_leave(run, "has gone back", NULL);
	work_show(run, work_state(run));
	text_of(r, e.text, sizeof e.text);
	e.ok = r->logged;
	work_send(run, &e);
	if (r->logged)
		work_say(run, e.text);
}

/* ---- asked for ---- */

void work_rewind_to(struct work_run *run, const char *text, char *said, size_t n, struct err *e)
{
	enum work_state was = work_state(run);
	struct job *j = &run->job;
	struct rewound done;
	struct rewind to;

	if (place_of(j, &to, text, e))
		return;
	if (job_rewind(j, &to, false, &done, e)) {
		work_show(run, was);
		return;
	}
	if (run->control.want == WANT_GO)
		work_pause_as(run, WORK_PAUSED);
	if (run->control.want == WANT_PAUSE)
		run->control.pause = WORK_PAUSED; /* why it had paused is to come */
	work_show(run, run->control.want == WANT_PAUSE ? WORK_PAUSED : was);
	text_of(&done, said, n);
}
