/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The condition at which a run pauses. */
#include "app/lab/work_private.h"

#include "base/str.h"

static struct breakpoint_figures figures_of(const struct work_run *run)
{
	const struct trainer *t = &run->job.trainer;

	return (struct breakpoint_figures){
		.step = &run->last_step,
		.epoch = &run->last_epoch,
		.best_wa = t->state.best.wa,
		.best = selection_figure(&t->set, &t->state.best, t->state.best_loss),
	};
}

/* "break when grad_norm > 10, tested after each step" */
static void describe_break(const struct work_run *run, struct str *out)
{
	str_add(out, "break when ");
	breakpoint_text(&run->breakpoint, NULL, out);
	str_addf(out, ", tested after each %s",
		 run->breakpoint.epoch ? "epoch's evaluation" : "step");
}

void work_set_break(struct work_run *run, const struct request *r, struct err *e)
{
	struct str old = {0};
	bool had = run->breakpoint.when;

	if (!r->text[0]) {
		breakpoint_clear(&run->breakpoint);
		work_reply(run, r, e, had ? "the break is off" : "no break was set");
		return;
	}
	if (had) {
		str_add(&old, "; no longer when ");
		breakpoint_text(&run->breakpoint, NULL, &old);
	}
	if (!breakpoint_set(&run->breakpoint, r->text, e)) {
		struct str say = {0};

		describe_break(run, &say);
		str_add(&say, str_text(&old));
		work_reply(run, r, e, str_text(&say));
		str_free(&say);
	}
	str_free(&old);
}

void work_list_breaks(struct work_run *run, const struct request *r, struct err *e)
{
	struct breakpoint_figures f = figures_of(run);
	struct str text = {0};

	if (!run->breakpoint.when) {
		work_reply(run, r, e, "no break is set; break when CONDITION sets one");
		return;
	}
	describe_break(run, &text);
	if (run->control.want == WANT_PAUSE && run->control.pause == WORK_BROKE) {
		str_add(&text, "; now ");
		breakpoint_text(&run->breakpoint, &f, &text);
	}
	work_reply(run, r, e, str_text(&text));
	str_free(&text);
}

bool work_is_deaf(const struct work_run *run)
{
	return run->opt.unattended && !run->opt.job.socket;
}

/* What it comes to when the condition holds. */
static void stop_there(struct work_run *run, const char *broke)
{
	char text[700];

	if (!work_is_deaf(run)) {
		work_pause_as(run, WORK_BROKE);
		return;
	}
	run->control = (struct control){.want = WANT_STOP};
	snprintf(text, sizeof text,
		 "break: %.512s; without a socket nobody could ask it to go on, so it stops, after "
		 "a checkpoint",
		 broke);
	work_say(run, text);
}

void work_test_break(struct work_run *run, bool epoch)
{
	struct breakpoint_figures f = figures_of(run);
	struct str text = {0};
	struct happening x;

	if (run->breakpoint.epoch != epoch || !breakpoint_holds(&run->breakpoint, &f))
		return;
	breakpoint_text(&run->breakpoint, &f, &text);
	stop_there(run, str_text(&text));
	pthread_mutex_lock(&run->work->lock);
	str_fit(run->shown.broke, sizeof run->shown.broke, str_text(&text));
	pthread_mutex_unlock(&run->work->lock);
	happening_break(&x, run->job.session.dir, &run->last_step, str_text(&text));
	work_send_happened(run, &x);
	str_free(&text);
}
