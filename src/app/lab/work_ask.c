/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Requests, carried out between two steps. */
#include "app/lab/work_private.h"

#include "app/config/setting.h"
#include "app/lab/job_store.h"
#include "app/session/notes.h"
#include "base/mem.h"
#include "base/str.h"

#include <stdlib.h>
#include <string.h>

void work_reply(struct work_run *run, const struct request *r, const struct err *e,
		const char *text)
{
	run->replied = true;
	if (e->status)
		work_duel_refused(run, r, e->text);
	work_send_text(run, EVENT_REPLY, r->number, !e->status, e->status ? e->text : text);
}

/* ---- commands ---- */

static void evaluate_now(struct work_run *run, struct err *e, char *text, size_t n)
{
	struct trainer *t = &run->job.trainer;
	enum work_state was = work_state(run);
	bool had_stopped = run->control.want == WANT_STOP;
	struct predictions p;
	struct confusion m;
	struct figures f;

	if (!t->corpus || !t->split.n[PART_VAL]) {
		err_set(e, "no fold with a validation part is being trained");
		return;
	}
	work_show(run, WORK_EVAL);
	if (!trainer_evaluate(t, t->split.at[PART_VAL], t->split.n[PART_VAL], &p, e)) {
		predictions_confusion(&p, HEAD_MAIN, &m);
		f = confusion_figures(&m);
		snprintf(text, n, "validation now: WA %.3f  UA %.3f  WF1 %.3f  loss %.3f", f.wa,
			 f.ua, f.wf1, predictions_loss(&p, HEAD_MAIN));
		predictions_free(&p);
	}
	if (run->control.want != WANT_STOP || had_stopped) /* else a stop ended it */
		work_show(run, was);
}

/* The run is then what it is now: paused, stopped or going on. Shown before the
 * reply: whoever waits sees that it computes. */
static void end_fold(struct work_run *run)
{
	run->control.then = run->control.want;
	run->control.pause = WORK_PAUSED; /* the reason of the old pause ends with the fold */
	run->control.want = WANT_FOLD;
	work_show(run, WORK_EVAL);
}

/* Before the next step, with who asked. */
static int add_note(struct work_run *run, const struct request *r, const char *text, struct err *e)
{
	struct event mark = {.kind = EVENT_MARK};
	struct str said = {0};
	struct note x = {0};

	str_add(&said, text);
	if (r->by) {
		str_add(&said, " (");
		change_by(&said, r->by);
		str_add(&said, ")");
	}
	job_position(&run->job, &x.fold, &x.epoch, &x.step);
	x.text = said.s;
	if (note_add(run->job.session.dir, &x, e)) {
		str_free(&said);
		return -1;
	}
	mark.u.change.fold = x.fold;
	mark.u.change.epoch = x.epoch;
	mark.u.change.step = x.step;
	mark.u.change.what = CHANGE_NOTED;
	mark.told = said.s;
	str_fit(mark.text, sizeof mark.text, said.s);
	work_send(run, &mark);
	return 0;
}

/* "save" or "save NAME"; the name, "" if none is given, or NULL. */
static const char *name_of_save(const char *text)
{
	if (strncmp(text, "save", 4) != 0 || (text[4] && text[4] != ' '))
		return NULL;
	return text + 4 + (text[4] == ' ');
}

static void save_now(struct work_run *run, const char *name, char *text, size_t n, struct err *e)
{
	struct job *j = &run->job;
	struct event mark = {.kind = EVENT_MARK};

	if ((*name && job_store_named(j, name, e)) || job_save(j, e))
		return;
	job_position(j, &mark.u.change.fold, &mark.u.change.epoch, &mark.u.change.step);
	mark.u.change.what = CHANGE_SAVED;
	work_send(run, &mark);
	snprintf(text, n, "saved%s%s", *name ? " as " : "", name);
}

/* "set KEY VALUE", "undo", "save", "save NAME", "eval", "fold", "note TEXT", "rewind ...". A fold
 * trains. */
static void carry_out(struct work_run *run, const struct request *r, struct err *e)
{
	struct job *j = &run->job;
	const char *name = name_of_save(r->text);
	char text[384] = "";

	if (name) {
		save_now(run, name, text, sizeof text, e);
	} else if (strcmp(r->text, "eval") == 0) {
		evaluate_now(run, e, text, sizeof text);
	} else if (strcmp(r->text, "fold") == 0) {
		if (j->trainer.state.best_epoch == 0)
			err_set(e,
				"no epoch of this fold%s has been evaluated yet, so there is "
				"nothing to test",
				j->set.train.select_from > 1
					? " that train.select_from lets be kept"
					: "");
		else if (steer_free(&j->steer, e) == 0)
			end_fold(run);
	} else if (strncmp(r->text, "branch ", 7) == 0) {
		work_branch(run, r->text + 7, text, sizeof text, e);
	} else if (strncmp(r->text, "note ", 5) == 0) {
		if (!add_note(run, r, r->text + 5, e))
			snprintf(text, sizeof text, "noted");
	} else if (strcmp(r->text, "undo") == 0) {
		work_undo(run, text, sizeof text, e);
	} else if (strncmp(r->text, "rewind ", 7) == 0) {
		work_rewind_to(run, r->text + 7, text, sizeof text, e);
	} else {
		work_change(run, r->text, text, sizeof text, e);
	}
	if (e->status)
		return;
	work_show(run, work_state(run)); /* what waits counts, before the reply says so */
	work_reply(run, r, e, text);
}

/* The run may have stopped: then the fold is taken for as long as that lasts. */
static void command(struct work_run *run, const struct request *r, struct err *e)
{
	struct job *j = &run->job;
	bool taken = false;

	if (!j->trainer.corpus) {
		err_set(e, "nothing trains here%s",
			run->opt.readonly || run->refused ? ": the session is open read-only"
							  : " now");
		return;
	}
	if (work_refuse_repeat(run, r, e))
		return;
	if (strcmp(r->text, "eval") != 0 && job_take_stopped(j, &taken, e))
		return;
	carry_out(run, r, e);
	job_leave_stopped(j, taken);
}

/* By this process of another program; 0: not from outside. */
static void mark_stopped(struct work_run *run, long by)
{
	pthread_mutex_lock(&run->work->lock);
	run->stopped_outside = by != 0;
	run->shown.stopped_by = by;
	pthread_mutex_unlock(&run->work->lock);
}

/* Shown at once, so that whoever asked next sees that it runs, or waits. */
static void go_on(struct work_run *run, const struct request *r, struct err *e)
{
	const struct trainer *t = &run->job.trainer;

	bool may = run->opened && !run->opt.readonly && !run->refused;

	bool left = run->looks ? work_is_left(run) : !run->job.complete;

	if (r->kind == REQUEST_DUEL)
		run->opt.job.first = run->job.opt.first = r->fold;
	if (may && left && run->looks && work_take_up(run, e))
		return;
	if (!run->opened || run->looks || !left) {
		err_set(e, !run->opened ? "the data is still being read"
			   : !may       ? "the session is open read-only (--readonly)"
					: "all folds are trained and tested");
		return;
	}
	if (run->control.want == WANT_PAUSE)
		work_duel_too(run, r, REQUEST_RESUME);
	run->control = (struct control){.want = WANT_GO};
	mark_stopped(run, 0);
	if (r->kind == REQUEST_STEP)
		run->control.steps = 1;
	if (r->kind == REQUEST_STEP_EPOCH)
		run->control.until_epoch = t->state.ended ? t->state.epoch + 1 : t->state.epoch;
	if (work_place(run)) {
		work_show(run, WORK_RUN);
		return;
	}
	work_show(run, work_waits_as(run));
	if (!work_duel_is(run))
		work_reply(run, r, e,
			   "waits for its turn: it goes on when another run has stopped");
}

static void stop(struct work_run *run, const struct request *r, struct err *e)
{
	if (run->control.want == WANT_STOP && work_state(run) != WORK_STOPPING) {
		err_set(e, "training has stopped already");
		return;
	}
	run->control.want = WANT_STOP;
	mark_stopped(run, r->by);
	if (!run->inside)
		work_duel_leave(run, "was stopped", NULL);
	work_show(run, run->inside ? WORK_STOPPING : WORK_IDLE);
}

/* The run could not be opened, or has ended with an error: that is why nothing
 * that was asked happens. */
static bool has_failed(struct work_run *run, struct err *e)
{
	bool failed;

	pthread_mutex_lock(&run->work->lock);
	failed = run->shown.state == WORK_FAILED;
	if (failed)
		err_set(e, "%s", run->shown.error);
	pthread_mutex_unlock(&run->work->lock);
	return failed;
}

/* What another program trains is only followed, but for what changes nothing. */
static bool is_followed(struct work_run *run, const struct request *r, struct err *e)
{
	struct lock_owner who;
	char text[256];

	if (!work_is_elsewhere(run) || r->kind == REQUEST_LOOK || r->kind == REQUEST_LET_GO)
		return false;
	pthread_mutex_lock(&run->work->lock);
	who = run->shown.owner;
	pthread_mutex_unlock(&run->work->lock);
	err_set(e, "%s", work_followed(&who, text, sizeof text));
	return true;
}

/* It was meant for who trained the run then, and does not hear it any more: nobody else is given
 * it. */
static bool comes_too_late(const struct work_run *run, const struct request *r, struct err *e)
{
	if (!r->meant || r->meant == attach_whom(run) || r->kind == REQUEST_PING ||
	    r->kind == REQUEST_LOOK || r->kind == REQUEST_LET_GO)
		return false;
	err_set(e, "the process that this was meant for cannot be asked any more; nothing is done");
	return true;
}

/* What changes the run, as the line that asks for it; false: it changes nothing. */
static bool change_line_of(const struct request *r, char *out, size_t n)
{
	switch (r->kind) {
	case REQUEST_COMMAND:
		str_fit(out, n, r->text);
		return strcmp(r->text, "eval") != 0;
	case REQUEST_PAUSE:
		return snprintf(out, n, "pause") > 0;
	case REQUEST_RESUME:
		return snprintf(out, n, "resume") > 0;
	case REQUEST_STEP:
		return snprintf(out, n, "step") > 0;
	case REQUEST_STEP_EPOCH:
		return snprintf(out, n, "step epoch") > 0;
	case REQUEST_STOP:
		return snprintf(out, n, "stop") > 0;
	case REQUEST_BREAK:
		return snprintf(out, n, r->text[0] ? "break when %s" : "break off", r->text) > 0;
	case REQUEST_PACE:
		if (r->pace > 0)
			return snprintf(out, n, "pace %g", r->pace) > 0;
		return snprintf(out, n, "pace off") > 0;
	case REQUEST_RULE:
		return snprintf(out, n, "on %s", r->text) > 0 && r->text[0];
	default:
		return false;
	}
}

/* Another process has changed something: whoever watches is told. */
static void tell_asked(struct work_run *run, const struct request *r)
{
	char line[sizeof r->text + 16];
	struct str text = {0};

	if (!r->by || !change_line_of(r, line, sizeof line))
		return;
	str_addf(&text, "%s, ", line);
	change_by(&text, r->by);
	work_say(run, text.s);
	str_free(&text);
}

static void hand_over(struct work_run *run, const struct request *r)
{
	struct event e = {.kind = EVENT_REPLY, .request = r->number, .ok = true};
	struct str text = {0};

	work_hand_text(run, &text);
	e.told = text.s;
	work_send(run, &e);
}

static void look(struct work_run *run, const struct request *r, struct err *e)
{
	struct event event = {.kind = EVENT_LOOK, .request = r->number};

	event.look = work_look_at(run, r, e);
	if (event.look)
		work_send(run, &event);
}

/* Shown at once: whoever asks next sees it. */
static void pause_run(struct work_run *run, const struct request *r)
{
	if (run->control.want != WANT_GO)
		return;
	work_duel_too(run, r, REQUEST_PAUSE);
	work_pause_as(run, WORK_PAUSED);
	work_show(run, WORK_PAUSED);
}

static void set_pace(struct work_run *run, const struct request *r, struct err *e)
{
	run->pace = r->pace;
	run->next_step = 0;
	work_show(run, work_state(run));
	work_reply(run, r, e, "");
}

void work_answered(struct work_run *run, const struct request *r)
{
	const struct err none = {0};

	if (r->by && !run->replied)
		work_reply(run, r, &none, "");
	tell_asked(run, r);
}

static void serve(struct work_run *run, const struct request *r, struct err *e)
{
	switch (r->kind) {
	case REQUEST_COMMAND:
		command(run, r, e);
		break;
	case REQUEST_PING:
		work_reply(run, r, e, "");
		break;
	case REQUEST_PAUSE:
		pause_run(run, r);
		break;
	case REQUEST_RESUME:
	case REQUEST_STEP:
	case REQUEST_STEP_EPOCH:
	case REQUEST_DUEL:
		go_on(run, r, e);
		break;
	case REQUEST_STOP:
		stop(run, r, e);
		break;
	case REQUEST_BREAK:
		work_set_break(run, r, e);
		break;
	case REQUEST_BREAKS:
		work_list_breaks(run, r, e);
		break;
	case REQUEST_LOOK:
		look(run, r, e);
		break;
	case REQUEST_TRY:
		work_try_change(run, r, e);
		break;
	case REQUEST_HAND_OVER:
		hand_over(run, r);
		break;
	case REQUEST_LET_GO:
		if (!work_let_session_go(run, e))
			work_reply(run, r, e, "");
		break;
	case REQUEST_PACE:
		set_pace(run, r, e);
		break;
	case REQUEST_RULE:
		work_set_rule(run, r, e);
		break;
	}
}

bool work_answer(struct work_run *run, const struct request *r)
{
	struct err e = {0};

	if (!r->number && !work_duel_is(run))
		return true; /* by the other side of a duel that it has left */
	run->replied = false;
	run->job.steer.asked_by = r->by;
	if (comes_too_late(run, r, &e)) {
		work_reply(run, r, &e, "");
		return true;
	}
	if (attach_ask(run, r))
		return true;
	if (r->kind != REQUEST_PING && !(r->kind == REQUEST_LOOK && run->opened) &&
	    (has_failed(run, &e) || is_followed(run, r, &e))) {
		work_reply(run, r, &e, "");
		return true;
	}
	if (work_begin_for(run, r, &e))
		return false;
	if (e.status) {
		work_reply(run, r, &e, "");
		return true;
	}
	serve(run, r, &e);
	if (e.status)
		work_reply(run, r, &e, "");
	else
		work_answered(run, r);
	return true;
}
