/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What trains here at once, and what comes next (ui/state/feeder.h). */
#include "app/queue/queue.h"
#include "base/file.h"
#include "base/str.h"
#include "ui/console/complete.h"
#include "ui/state/feeder.h"
#include "ui/state/page.h"
#include "ui/state/runs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *refuse(const struct ui *u)
{
	return u->work ? NULL : "this screen has no run";
}

static int run_jobs(struct ui *u, const char *args, struct err *e)
{
	int jobs = u->feeder.jobs > 1 ? u->feeder.jobs : 1,
	    trains = work_training(u->work, NULL, 0);
	const char *also;
	char *end;
	long n = strtol(args, &end, 10);

	if (!*args) {
		ui_say(u, "up to %d run%s at once; %d train%s now", jobs,
		       jobs == 1 ? " trains" : "s train", trains, trains == 1 ? "s" : "");
		return 0;
	}
	if (*end || n < 1 || n > FEEDER_JOBS)
		return err_set(e, "jobs N: expected 1 to %d, found %.40s", FEEDER_JOBS, args);
	feeder_jobs(u, (int)n);
	also = trains > n ? "; those that train already go on" : "";
	if (n == 1)
		ui_say(u, "one run trains at a time%s", also);
	else
		ui_say(u, "up to %ld runs train at once, each with a share of the threads%s", n,
		       also);
	return 0;
}

/* Each with what it waits for, and those that are passed over here, with why. */
static void list(struct ui *u, const struct queue *q)
{
	struct str text = {0};

	for (int i = 0; i < q->n; i++) {
		char who[128];
		enum queue_state state = queue_state(&q->run[i], who, sizeof who);

		str_addf(&text, "%3d  %-9s %s", i + 1, queue_state_word(state), q->run[i].name);
		if (q->run[i].seeds > 1)
			str_addf(&text, ", %d seeds", q->run[i].seeds);
		str_add(&text, "\n");
	}
	for (int i = 0; i < u->feeder.passed.n; i++)
		str_addf(&text, "%s%s: %s\n",
			 i ? "" : "\nnot begun again here: ", path_base(u->feeder.passed.at[i].dir),
			 u->feeder.passed.at[i].why);
	for (int i = 0; i < q->nfaults; i++)
		str_addf(&text, "%s%s\n", i ? "" : "\n", q->fault[i]);
	str_add(&text, u->feeder.on ? "\nThe next begins when a job is free.\n"
				    : "\nqueue go begins them.\n");
	page_open_text(u, "queue", text.s);
}

static int run_queue(struct ui *u, const char *args, struct err *e)
{
	int n = feeder_waiting(u), jobs = u->feeder.jobs > 1 ? u->feeder.jobs : 1;
	struct queue q;

	if (strcmp(args, "go") == 0) {
		if (!n)
			return err_set(
				e, "queue go: no run is queued; start, again or sweep queue some");
		queue_passed_free(&u->feeder.passed); /* it is asked for again */
		feeder_poke(u);
		if (jobs == 1)
			ui_say(u, "%d run%s queued; one trains at a time", n,
			       n == 1 ? " is" : "s are");
		else
			ui_say(u, "%d run%s queued; up to %d train at once", n,
			       n == 1 ? " is" : "s are", jobs);
		return 0;
	}
	if (strcmp(args, "stop") == 0) {
		feeder_rest(u);
		ui_say(u, "no other queued run begins; what trains goes on");
		return 0;
	}
	if (*args)
		return err_set(e, "queue [go|stop]: found %.40s", args);
	if (queue_read(&q, QUEUE_FOLDER, e))
		return -1;
	if (q.n || q.nfaults)
		list(u, &q);
	else
		ui_say(u, "no run is queued");
	queue_free(&q);
	return 0;
}

const struct verb jobs_verbs[] = {
	{"queue", "[go|stop]", "List the queued runs; go begins them, stop begins no more.",
	 run_queue, refuse, complete_args, CHANGES_FILES | LATE},
	{"jobs", "[N]", "How many runs train at once; each gets its share of the threads.",
	 run_jobs, refuse, NULL, CHANGES_NOTHING | LATE},
	{0},
};
