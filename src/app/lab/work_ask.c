/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Requests, carried out between two steps. */
#include "app/lab/work_private.h"

#include "app/config/option.h"
#include "base/mem.h"
#include "base/str.h"

#include <stdlib.h>
#include <string.h>

static void reply(struct work *w, const struct request *r, const struct err *e, const char *text)
{
	work_send_text(w, EVENT_REPLY, r->number, !e->status, e->status ? e->text : text);
}

/* ---- breakpoints ---- */

static struct breakpoint_figures figures_of(const struct work *w)
{
	return (struct breakpoint_figures){
		.step = &w->last_step,
		.epoch = &w->last_epoch,
		.best_wa = w->job.trainer.state.best.wa,
	};
}

/* "break when grad_norm > 10, tested after each step" */
static void describe_break(const struct work *w, struct str *out)
{
	str_add(out, "break when ");
	breakpoint_text(&w->breakpoint, NULL, out);
	str_addf(out, ", tested after each %s",
		 w->breakpoint.epoch ? "epoch's evaluation" : "step");
}

static void set_break(struct work *w, const struct request *r, struct err *e)
{
	struct str old = {0};
	bool had = w->breakpoint.when;

	if (!r->text[0]) {
		breakpoint_clear(&w->breakpoint);
		reply(w, r, e, had ? "the break is off" : "no break was set");
		return;
	}
	if (had) {
		str_add(&old, "; no longer when ");
		breakpoint_text(&w->breakpoint, NULL, &old);
	}
	if (!breakpoint_set(&w->breakpoint, r->text, e)) {
		struct str say = {0};

		describe_break(w, &say);
		str_add(&say, str_text(&old));
		reply(w, r, e, str_text(&say));
		str_free(&say);
	}
	str_free(&old);
}

static void list_breaks(struct work *w, const struct request *r, struct err *e)
{
	struct breakpoint_figures f = figures_of(w);
	struct str text = {0};

	if (!w->breakpoint.when) {
		reply(w, r, e, "no break is set; break when CONDITION sets one");
		return;
	}
	describe_break(w, &text);
	if (w->control.want == WANT_PAUSE && w->control.pause == WORK_BROKE) {
		str_add(&text, "; now ");
		breakpoint_text(&w->breakpoint, &f, &text);
	}
	reply(w, r, e, str_text(&text));
	str_free(&text);
}

void work_test_break(struct work *w, bool epoch)
{
	struct breakpoint_figures f = figures_of(w);
	struct str text = {0};

	if (w->breakpoint.epoch != epoch || !breakpoint_holds(&w->breakpoint, &f))
		return;
	work_pause_as(w, WORK_BROKE);
	breakpoint_text(&w->breakpoint, &f, &text);
	pthread_mutex_lock(&w->lock);
	str_fit(w->shown.broke, sizeof w->shown.broke, str_text(&text));
	pthread_mutex_unlock(&w->lock);
	str_free(&text);
}

/* ---- trying ---- */

static void try_change(struct work *w, const struct request *r, struct err *e)
{
	struct trainer *t = &w->job.trainer;
	struct settings next = w->job.set;
	size_t len = strcspn(r->text, "=");
	struct event event = {.kind = EVENT_TRIED, .request = r->number};
	struct tried tried = {.step = t->state.ended ? 1 : t->state.in_epoch + 1,
			      .epoch = t->state.ended ? t->state.epoch + 1 : t->state.epoch};
	char text[OPTION_TEXT], key[sizeof tried.key];
	const struct option *o;

	if (!t->corpus || trainer_done(t)) {
		err_set(e, "nothing trains that could be tried");
		return;
	}
	snprintf(key, sizeof key, "%.*s", (int)len, r->text);
	o = option_find(key);
	if (!o) {
		option_unknown(key, e);
		return;
	}
	if (option_change(&next, o, r->text + len + 1, ".", e) || options_resolve(&next, e) ||
	    trainer_try(t, &next, &tried.now, &tried.changed, e) ||
	    trainer_try(t, &w->job.set, &tried.now, &tried.as_is, e)) /* now: as it is, too */
		return;
	str_fit(tried.key, sizeof tried.key, key);
	str_fit(tried.was, sizeof tried.was, option_text(&w->job.set, o, text, sizeof text));
	str_fit(tried.value, sizeof tried.value, option_text(&next, o, text, sizeof text));
	event.tried = mem_alloc(1, sizeof *event.tried);
	*event.tried = tried;
	work_send(w, &event);
	reply(w, r, e, "");
}

/* ---- commands ---- */

static void evaluate_now(struct work *w, struct err *e, char *text, size_t n)
{
	struct trainer *t = &w->job.trainer;
	enum work_state was = work_state(w);
	bool had_stopped = w->control.want == WANT_STOP;
	struct predictions p;
	struct confusion m;
	struct figures f;

	if (!t->corpus || !t->split.n[PART_VAL]) {
		err_set(e, "there is no validation part to evaluate now");
		return;
	}
	work_show(w, WORK_EVAL);
	if (!trainer_evaluate(t, t->split.at[PART_VAL], t->split.n[PART_VAL], &p, e)) {
		predictions_confusion(&p, HEAD_MAIN, &m);
		f = confusion_figures(&m);
		snprintf(text, n, "validation now: WA %.3f  UA %.3f  WF1 %.3f  loss %.3f", f.wa,
			 f.ua, f.wf1, predictions_loss(&p, HEAD_MAIN));
		predictions_free(&p);
	}
	if (w->control.want != WANT_STOP || had_stopped) /* else a stop ended it */
		work_show(w, was);
}

/* "set KEY xFACTOR" as "set KEY VALUE", from the value that is due. */
static int absolute(const struct option *o, const char *value, const struct settings *due,
		    char *command, size_t n, struct err *e)
{
	struct settings next = *due;
	char text[OPTION_TEXT];

	if (!option_is_factor(o, value))
		return 0;
	if (option_change(&next, o, value, ".", e))
		return -1;
	snprintf(command, n, "set %s %s", o->key, option_text(&next, o, text, sizeof text));
	return 0;
}

/* "set KEY VALUE"; *say becomes what is to be said of it at once, if anything. */
static void change(struct work *w, const char *asked, char *say, size_t n, struct err *e)
{
	char command[256], key[128] = "", was[OPTION_TEXT] = "";
	const struct option *o;
	int used = 0;

	str_fit(command, sizeof command, asked);
	sscanf(command, "set %127s %n", key, &used);
	o = option_find(key);
	if (o) {
		struct settings due;

		steer_after_pending(&w->job.steer, &due);
		option_text(&due, o, was, sizeof was);
		if (absolute(o, asked + used, &due, command, sizeof command, e))
			return;
	}
	if (steer_command(&w->job.steer, command, e))
		return;
	if (w->undos == UNDO_MAX) {
		free(w->undo[0]);
		memmove(w->undo, w->undo + 1, --w->undos * sizeof *w->undo);
	}
	w->undo[w->undos++] = str_format("set %s %s", key, was);
	if (o && o->when == WHEN_EPOCH && !w->job.trainer.state.ended)
		snprintf(say, n, "%.200s at the next epoch", command + 4);
}

/* The run is then what it is now: paused, stopped or going on. Shown before the
 * reply: whoever waits sees that it computes. */
static void end_fold(struct work *w)
{
	w->control.then = w->control.want;
	w->control.pause = WORK_PAUSED; /* the reason of the old pause ends with the fold */
	w->control.want = WANT_FOLD;
	work_show(w, WORK_EVAL);
}

/* "set KEY VALUE", "undo", "save", "eval", "fold" */
static void command(struct work *w, const struct request *r, struct err *e)
{
	struct job *j = &w->job;
	char text[256] = "";

	if (!j->trainer.corpus || w->opt.readonly) {
		err_set(e, "nothing trains here%s",
			w->opt.readonly ? ": the session is open read-only" : " now");
		return;
	}
	if (strcmp(r->text, "save") == 0) {
		if (!job_save(j, e)) {
			struct event mark = {.kind = EVENT_MARK};

			job_position(j, &mark.u.change.fold, &mark.u.change.epoch,
				     &mark.u.change.step);
			mark.u.change.what = CHANGE_SAVED;
			work_send(w, &mark);
			snprintf(text, sizeof text, "saved");
		}
	} else if (strcmp(r->text, "eval") == 0) {
		evaluate_now(w, e, text, sizeof text);
	} else if (strcmp(r->text, "fold") == 0) {
		if (j->trainer.state.best_epoch == 0)
			err_set(e, "no epoch of this fold is evaluated yet, so there is nothing "
				   "to test");
		else
			end_fold(w);
	} else if (strcmp(r->text, "undo") == 0) {
		if (w->undos == 0) {
			err_set(e, "no change to take back");
			return;
		}
		if (!steer_command(&j->steer, w->undo[w->undos - 1], e)) {
			snprintf(text, sizeof text, "%s", w->undo[w->undos - 1]);
			free(w->undo[--w->undos]);
		}
	} else {
		change(w, r->text, text, sizeof text, e);
	}
	if (e->status)
		return;
	work_show(w, work_state(w)); /* what waits counts, before the reply says so */
	reply(w, r, e, text);
}

/* Shown at once, so that whoever asked next sees that it runs. */
static void go_on(struct work *w, enum request_kind kind, struct err *e)
{
	const struct trainer *t = &w->job.trainer;

	if (!w->opened || w->opt.readonly || w->job.complete) {
		err_set(e, w->opt.readonly ? "the session is open read-only (--readonly)"
			   : w->opened     ? "all folds are trained and tested"
					   : "the data is still being read");
		return;
	}
	w->control = (struct control){.want = WANT_GO};
	if (kind == REQUEST_STEP)
		w->control.steps = 1;
	if (kind == REQUEST_STEP_EPOCH)
		w->control.until_epoch = t->state.ended ? t->state.epoch + 1 : t->state.epoch;
	work_show(w, WORK_RUN);
}

static void stop(struct work *w, struct err *e)
{
	if (w->control.want == WANT_STOP && work_state(w) != WORK_STOPPING) {
		err_set(e, "training has stopped already");
		return;
	}
	w->control.want = WANT_STOP;
	work_show(w, WORK_STOPPING);
}

/* The run could not be opened, or has ended with an error: that is why nothing
 * that was asked happens. */
static bool has_failed(struct work *w, struct err *e)
{
	struct snapshot s;

	work_snapshot(w, &s);
	if (s.state == WORK_FAILED)
		err_set(e, "%s", s.error);
	return s.state == WORK_FAILED;
}

void work_answer(struct work *w, const struct request *r)
{
	struct err e = {0};

	if (r->kind != REQUEST_PING && !(r->kind == REQUEST_LOOK && w->opened) &&
	    has_failed(w, &e)) {
		reply(w, r, &e, "");
		return;
	}
	switch (r->kind) {
	case REQUEST_COMMAND:
		command(w, r, &e);
		break;
	case REQUEST_PING:
		reply(w, r, &e, "");
		break;
	case REQUEST_PAUSE:
		if (w->control.want == WANT_GO)
			work_pause_as(w, WORK_PAUSED);
		break;
	case REQUEST_RESUME:
	case REQUEST_STEP:
	case REQUEST_STEP_EPOCH:
		go_on(w, r->kind, &e);
		break;
	case REQUEST_STOP:
		stop(w, &e);
		break;
	case REQUEST_BREAK:
		set_break(w, r, &e);
		break;
	case REQUEST_BREAKS:
		list_breaks(w, r, &e);
		break;
	case REQUEST_LOOK: {
		struct event event = {.kind = EVENT_LOOK, .request = r->number};

		event.look = work_look_at(w, r, &e);
		if (event.look)
			work_send(w, &event);
		break;
	}
	case REQUEST_TRY:
		try_change(w, r, &e);
		break;
	}
	if (e.status)
		reply(w, r, &e, "");
}
