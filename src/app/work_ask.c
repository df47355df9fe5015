/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Requests, carried out between two steps. */
#include "app/work_private.h"

#include "base/str.h"

#include <stdlib.h>
#include <string.h>

static void reply(struct work *w, const struct request *r, const struct err *e, const char *text)
{
	work_send_text(w, EVENT_REPLY, r->number, !e->status, e->status ? e->text : text);
}

/* As steps.csv and epochs.csv call them; the epoch's come last. */
static const char *const break_names[] = {
	"fold",          "epoch",          "step",        "loss",       "loss_main",
	"loss_cmd_text", "loss_cmd_audio", "loss_text",   "loss_audio", "lr",
	"grad_norm",     "train_loss",     "train_acc",   "val_loss",   "val_wa",
	"val_ua",        "val_wf1",        "best_val_wa", NULL,
};
enum { FIRST_OF_EPOCH = 11 };

static struct expr_value break_value(void *ctx, int name)
{
	const struct work *w = ctx;
	const struct step_row *s = &w->last_step;
	const struct epoch_row *p = &w->last_epoch;
	const double value[] = {
		s->fold,
		s->epoch,
		s->step,
		s->loss,
		s->term[TERM_MAIN],
		s->term[TERM_CMD_TEXT],
		s->term[TERM_CMD_AUDIO],
		s->term[TERM_TEXT],
		s->term[TERM_AUDIO],
		s->lr,
		s->grad_norm,
		p->train_loss,
		p->train_acc,
		p->val_loss,
		p->val.wa,
		p->val.ua,
		p->val.wf1,
		w->job.trainer.best.wa,
	};

	return (struct expr_value){.number = value[name]};
}

static void set_break(struct work *w, const struct request *r, struct err *e)
{
	struct expr *x = NULL;

	if (r->text[0]) {
		x = expr_parse(r->text, break_names, e);
		if (!x)
			return;
	}
	expr_free(w->break_when);
	w->break_when = x;
	w->break_epoch = false;
	for (int i = FIRST_OF_EPOCH; x && break_names[i]; i++)
		w->break_epoch |= expr_uses(x, i);
	pthread_mutex_lock(&w->lock);
	str_fit(w->shown.break_when, sizeof w->shown.break_when, r->text);
	pthread_mutex_unlock(&w->lock);
}

bool work_breaks(struct work *w, bool epoch)
{
	return w->break_when && w->break_epoch == epoch && expr_true(w->break_when, break_value, w);
}

static void try_change(struct work *w, const struct request *r, struct err *e)
{
	struct trainer *t = &w->job.trainer;
	struct settings next = w->job.set;
	struct step_row before, as_is, changed;
	struct str text = {0};

	if (!t->corpus || trainer_done(t)) {
		err_set(e, "nothing trains that could be tried");
		return;
	}
	if (option_assign(&next, r->text, e) || options_resolve(&next, e) ||
	    trainer_try(t, &w->job.set, &before, &as_is, e) ||
	    trainer_try(t, &next, &before, &changed, e))
		return;
	str_addf(&text, "%s: loss after the step %.4f, as it is %.4f", r->text, changed.loss,
		 as_is.loss);
	for (int i = 0; i < TERMS; i++)
		str_addf(&text, "; %s %.4f, %.4f", loss_term[i].name, changed.term[i],
			 as_is.term[i]);
	reply(w, r, e, str_text(&text));
	str_free(&text);
}

static void evaluate_now(struct work *w, struct err *e, char *text, size_t n)
{
	struct trainer *t = &w->job.trainer;
	enum work_state was = work_state(w);
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
	work_show(w, was);
}

/* "set KEY VALUE", "undo", "save", "eval", "fold" */
static void command(struct work *w, const struct request *r, struct err *e)
{
	struct job *j = &w->job;
	char text[256] = "";

	if (!j->trainer.corpus || w->opt.readonly) {
		err_set(e, "nothing trains here%s",
			w->opt.readonly ? ": the session is only looked at" : " now");
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
		if (j->trainer.best_epoch == 0)
			err_set(e, "no epoch of this fold is evaluated yet, so there is nothing "
				   "to test");
		else
			w->next_fold = true;
		if (w->next_fold) /* before the reply: whoever waits sees that it computes */
			work_show(w, WORK_EVAL);
	} else if (strcmp(r->text, "undo") == 0) {
		if (w->undos == 0) {
			err_set(e, "no change to take back");
			return;
		}
		if (!job_command(j, w->undo[w->undos - 1], e)) {
			snprintf(text, sizeof text, "%s", w->undo[w->undos - 1]);
			free(w->undo[--w->undos]);
		}
	} else {
		char key[128] = "", was[OPTION_TEXT];
		const struct option *o;

		sscanf(r->text, "set %127s", key);
		o = option_find(key);
		if (o) {
			struct settings due;

			job_due(j, &due);
			option_text(&due, o, was, sizeof was);
		}
		if (job_command(j, r->text, e))
			return;
		if (w->undos == UNDO_MAX) {
			free(w->undo[0]);
			memmove(w->undo, w->undo + 1, --w->undos * sizeof *w->undo);
		}
		w->undo[w->undos++] = str_format("set %s %s", key, was);
		if (o && o->when == WHEN_EPOCH && !j->trainer.ended)
			snprintf(text, sizeof text, "%s at the next epoch", r->text + 4);
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
		err_set(e, w->opt.readonly ? "the session is only looked at (--readonly)"
			   : w->opened     ? "all folds are trained and tested"
					   : "the data is still being read");
		return;
	}
	w->paused = false;
	w->steps_left = kind == REQUEST_STEP ? 1 : -1;
	w->pause_at_epoch = 0;
	w->stop = false;
	if (kind == REQUEST_STEP_EPOCH)
		w->pause_at_epoch = t->ended ? t->epoch + 1 : t->epoch;
	work_show(w, WORK_RUN);
}

void work_answer(struct work *w, const struct request *r)
{
	struct err e = {0};

	switch (r->kind) {
	case REQUEST_COMMAND:
		command(w, r, &e);
		break;
	case REQUEST_PING:
		reply(w, r, &e, "");
		break;
	case REQUEST_PAUSE:
		w->paused = true;
		break;
	case REQUEST_RESUME:
	case REQUEST_STEP:
	case REQUEST_STEP_EPOCH:
		go_on(w, r->kind, &e);
		break;
	case REQUEST_STOP:
		if (!w->running) {
			err_set(&e, "training has stopped already");
			break;
		}
		w->stop = true;
		work_show(w, WORK_STOPPING);
		break;
	case REQUEST_BREAK:
		set_break(w, r, &e);
		if (!e.status)
			reply(w, r, &e, "");
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
