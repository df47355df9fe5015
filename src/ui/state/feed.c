/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/state/feed.h"

#include "app/study/facts.h"
#include "base/mem.h"
#include "ui/state/detach.h"
#include "ui/state/duels.h"
#include "ui/state/overlay.h"
#include "ui/state/feeder.h"
#include "ui/state/problems.h"
#include "ui/state/runs.h"
#include "ui/state/tried.h"

#include <stdlib.h>
#include <string.h>

/* ---- what follows from the state ---- */

/* Rows of the history found in the corpus. Made when either is another. */
static void map_utterances(struct ui *u)
{
	const struct history *h = ui_history(u);

	if (!u->corpus || !h) {
		u->map.of = NULL;
		return;
	}
	if (u->map.of == h->id)
		return;
	u->map.of = h->id;
	u->map.row = mem_grow(u->map.row, (size_t)h->n, sizeof *u->map.row);
	facts_rows(h, u->corpus, u->sel.test ? 2 : 1, u->map.row);
}

/* One look at a time: the next is asked for when the last has come. A view that shows
 * stored predictions beside it has no part silenced. */
static void ask_look(struct ui *u)
{
	const struct view *v = view_table[u->view];
	int row = ui_corpus_row(u, u->sel.utt);
	enum knock knock = v->looks == LOOKS_SILENCED ? u->sel.knock : KNOCK_NOTHING;

	if (!u->look_wanted || u->look_asked || !u->work || row < 0)
		return;
	if (v->looks == LOOKS_NOT)
		return;
	u->look_wanted = false;
	if (u->sel.stored && !u->sel.test)
		u->look_asked = work_look_stored(u->work, u->run_shown, u->sel.fold, row,
						 u->sel.step, u->sel.side, knock);
	else
		u->look_asked = work_look(u->work, u->run_shown, u->sel.fold, row,
					  u->sel.kept || u->sel.test, knock);
}

/* The one that is trained. Of a run that nobody trains and that goes on with a fold that has not
 * begun, the last that has something to show. */
static int fold_to_show(const struct ui *u)
{
	int last = u->run.nfolds ? u->run.fold[u->run.nfolds - 1].fold : u->sel.fold;
	bool begun = u->now.nfolds && run_find(&u->run, u->now.fold);
	bool rests = (u->now.looks && u->now.state != WORK_ELSEWHERE) || u->now.state == WORK_IDLE;

	if (rests && !begun)
		return last;
	return u->now.nfolds ? u->now.fold : last;
}

void feed_refresh(struct ui *u)
{
	const struct history *h;

	if (!u->sel.fold_chosen) {
		int fold = u->sel.fold;

		u->sel.fold = fold_to_show(u);
		u->sel.stored &= u->sel.fold == fold;
	}
	if (u->work && u->run_shown)
		work_attend(u->work, u->run_shown, u->sel.fold);
	map_utterances(u);
	h = ui_history(u);
	if (!h || u->sel.utt >= h->n)
		u->sel.utt = -1;
	for (int i = 0; i < VIEWS; i++)
		if (view_table[i]->refresh)
			view_table[i]->refresh(u);
	if (u->now.dropped > u->dropped_seen) {
		u->dropped_seen = u->now.dropped;
		runs_reload(u);
	}
	if (u->message.until > 0 && u->clock > u->message.until)
		u->message.text[0] = '\0';
	ask_look(u);
}

/* ---- events ---- */

static void mark(struct ui *u, const struct event *e)
{
	bool saved = e->u.change.what == CHANGE_SAVED;
	struct note note = {.fold = e->u.change.fold,
			    .epoch = e->u.change.epoch,
			    .step = e->u.change.step,
			    .text = e->told};

	if (e->u.change.what == CHANGE_NOTED) {
		run_add_note(&u->run, &note);
		return;
	}
	run_add_mark(&u->run, e->u.change.fold, saved ? MARK_SAVED : MARK_BROKEN, e->u.change.epoch,
		     e->u.change.step, "");
	if (!saved)
		ui_error(u, "%s", e->text);
}

static void take_look(struct ui *u, struct event *e)
{
	if (e->request == u->look_asked)
		u->look_asked = 0;
	look_free(u->seen);
	u->seen = e->look;
	e->look = NULL;
	if (u->sel.stored && u->seen->stored && !u->look_wanted)
		u->sel.step = u->seen->at; /* others may have been passed over */
}

/* Do not ask again by itself; what is shown stays. */
static void refuse_look(struct ui *u)
{
	u->look_asked = 0;
	if (!u->sel.stored)
		return;
	u->sel.stored = u->seen && u->seen->stored;
	u->sel.kept = u->seen && u->seen->kept;
	u->sel.step = u->sel.stored ? u->seen->at : 0;
}

/* It is made, or not. */
static void show_branch(struct ui *u, bool made)
{
	struct err e = {0};

	u->branching.asked = 0;
	if (made && runs_open(u, u->branching.dir, false, &e))
		ui_error(u, "%s", e.text);
}

static void take_reply(struct ui *u, const struct event *e)
{
	if (detach_reply(u, e))
		return;
	if (e->request == u->look_asked)
		refuse_look(u);
	if (e->request == u->waiting)
		u->waiting = 0;
	if (e->request == u->trying)
		u->trying = 0;
	if (e->request == u->stop_asked)
		u->stop_asked = 0; /* refused */
	if (!e->ok)
		ui_error(u, "%s", e->text);
	else if (e->text[0])
		ui_say(u, "%s", e->text);
	if (u->branching.asked && e->request == u->branching.asked)
		show_branch(u, e->ok);
}

/* Rows that were left out, and what else the data and config have to say. */
static void say_opened(struct ui *u)
{
	int left = u->corpus ? u->corpus->nleft : 0;

	if (u->unread || ui_attached(u))
		return;
	if (u->now.state == WORK_ELSEWHERE && !u->readonly) {
		ui_say(u, "%s", ui_followed(u));
	} else if (u->now.looking[0]) {
		ui_error(u, "%s", u->now.looking);
		problems_open(u);
	} else if (left) {
		ui_say(u, "%d row%s left out, %d remain; problems lists them", left,
		       left == 1 ? " is" : "s are", u->corpus->n);
	} else if (u->told && strchr(u->told, '\n')[1]) {
		ui_say(u, "opened with remarks; problems lists them");
	} else if (u->told) {
		ui_say(u, "%.*s", (int)strcspn(u->told, "\n"), u->told);
	}
}

static bool has_stopped(enum work_state s)
{
	return s == WORK_IDLE || s == WORK_DIVERGED || s == WORK_FAILED;
}

static bool shows_break(const struct ui *u)
{
	const struct view *v = view_table[u->view];

	return v->says_break && v->says_break(u);
}

/* Rows of a run that is not shown are in its folder, which is read when it is; but
 * nobody waits any longer for what was asked of it. */
static void take_other(struct ui *u, struct event *e)
{
	switch (e->kind) {
	case EVENT_REPLY:
		take_reply(u, e);
		break;
	case EVENT_TOLD:
		runs_told(u, e);
		break;
	case EVENT_LOOK:
		if (e->request == u->look_asked)
			u->look_asked = 0;
		break;
	case EVENT_FOLD: /* it may be drawn over the one shown */
	case EVENT_REWOUND:
	case EVENT_EPOCH:
	case EVENT_RESULT:
	case EVENT_FOLLOWED:
		overlay_refresh(u);
		break;
	default:
		break;
	}
}

static void take_change(struct ui *u, struct event *e)
{
	struct change change = {.fold = e->u.change.fold,
				.epoch = e->u.change.epoch,
				.step = e->u.change.step,
				.command = e->text};

	run_add_change(&u->run, &change);
	ui_say(u, "%s", e->text);
}

/* Another program has begun to train the run, or has ended. */
static void say_elsewhere(struct ui *u, enum work_state was)
{
	if (u->now.state == WORK_ELSEWHERE && was != WORK_ELSEWHERE && was != WORK_LOADING)
		ui_say(u, "%s", ui_followed(u));
	if (u->now.state != WORK_IDLE || was != WORK_ELSEWHERE)
		return;
	ui_say(u, "who trained it %s%s",
	       u->now.left     ? "was killed"
	       : u->now.trains ? "has stopped"
			       : "has ended",
	       u->now.trains ? "; Space goes on here from the last checkpoint" : "");
}

/* What another state of the work means, before its event is taken. */
static void say_state(struct ui *u, enum work_state was)
{
	say_elsewhere(u, was);
	if (u->now.state == WORK_BROKE && was != WORK_BROKE && !shows_break(u))
		ui_say(u, "broke: %s", u->now.broke);
	if (u->stop_asked && u->stop_of && u->now.hold != WORK_OURS &&
	    u->now.owner.pid != u->stop_of)
		u->stop_asked = 0; /* it has ended; the work says who trains another fold */
	if (u->stop_asked && has_stopped(u->now.state)) {
		u->stop_asked = 0;
		if (u->now.state == WORK_IDLE && u->now.trains)
			ui_say(u, "stopped, the checkpoint is stored; Space goes on, q quits");
	}
}

static void take_opened(struct ui *u)
{
	u->corpus = u->work ? work_corpus(u->work, u->run_shown) : NULL;
	u->map.of = NULL;
	if (!u->run.dir[0] || u->unread)
		runs_reload(u);
	say_opened(u);
}

static void take(struct ui *u, struct event *e)
{
	switch (e->kind) {
	case EVENT_OPENED:
		take_opened(u);
		break;
	case EVENT_FOLD: /* the session may have been cut back to its last state */
	case EVENT_REWOUND:
		u->sel.stored = false;
		runs_reload(u);
		break;
	case EVENT_STEP:
		run_add_step(&u->run, &e->u.step);
		break;
	case EVENT_HEALTH:
		run_add_health(&u->run, &e->u.health);
		break;
	case EVENT_EPOCH:
		run_add_epoch(&u->run, &e->u.epoch, &e->predictions, u->corpus, e->best);
		ui_want_look(u);
		break;
	case EVENT_RESULT:
		run_add_result(&u->run, e->u.result, &e->predictions, u->corpus);
		break;
	case EVENT_CHANGED:
		take_change(u, e);
		break;
	case EVENT_MARK:
		mark(u, e);
		break;
	case EVENT_LOOK:
		take_look(u, e);
		break;
	case EVENT_TRIED:
		tried_open(u, e->tried);
		e->tried = NULL;
		break;
	case EVENT_REPLY:
		take_reply(u, e);
		break;
	case EVENT_SAY:
		ui_say(u, "%s", e->text);
		break;
	case EVENT_TOLD:
		free(u->told);
		u->told = e->told;
		e->told = NULL;
		break;
	case EVENT_FOLLOWED:
		runs_refresh(u);
		break;
	case EVENT_SEED:
	case EVENT_STATE:
	case EVENT_HAPPENED:
		break;
	}
}

void feed_event(struct ui *u, struct event *e)
{
	enum work_state was;

	if (e->kind == EVENT_OPENED && e->run == u->opening.run)
		runs_opened(u);
	was = u->said; /* `now` may be later: others look too, and events of other runs */
	if (u->work && u->run_shown)
		work_snapshot(u->work, u->run_shown, &u->now);
	if (e->kind == EVENT_HAPPENED && u->hooks) /* of any run */
		hooks_happened(u->hooks, e->happened);
	if (e->run != u->run_shown) {
		take_other(u, e);
		event_free(e);
		return;
	}
	u->said = u->now.state;
	say_state(u, was);
	take(u, e);
	if (u->now.state == WORK_FAILED && was != WORK_FAILED) {
		ui_error(u, "%s", u->now.error);
		if (!u->now.opened)
			problems_open(u);
	}
	event_free(e);
	feed_refresh(u);
}

void feed_after(struct ui *u)
{
	bool failed = false;

	detach_follow(u);
	duels_follow(u);
	do {
		u->feeder.late = false;
		feeder_follow(u);
		failed |= runs_follow(u);
	} while (u->feeder.late);
	duels_tell(u);
	if (!failed)
		return;
	ui_error(u, "%s", u->failed.error);
	if (u->failed.told || u->failed.can_skip)
		problems_open(u);
}
