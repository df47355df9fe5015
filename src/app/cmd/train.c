/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/cmd/train_private.h"

#include "app/cmd/detached.h"
#include "app/cmd/signals.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/plain.h"
#include "base/process.h"
#include "base/util.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

/* ---- what is said while the run goes on ---- */

void train_say(void *ctx, const char *text)
{
	struct watch *w = ctx;

	progress_wipe(&w->line);
	cli_message("%s", text);
	if (!w->begun)
		detached_keep(text);
}

/* Where the next step is, as commands.log counts. */
int train_next_epoch(const struct position *at)
{
	return at->ended ? at->epoch + 1 : at->epoch;
}

void train_say_of(struct watch *w, int run, const char *text)
{
	struct str all = {0};

	if (w->team && w->seeds > 1)
		str_addf(&all, "seed %lld ", (long long)w->job[run].seed);
	str_add(&all, text);
	train_say(w, all.s);
	str_free(&all);
}

/* Once, when the first fold begins. */
static void begin_fold(struct watch *w, const struct event *e)
{
	char text[PATH_LEN + 128];

	if (w->begun)
		return;
	w->begun = true;
	detached_begun(w->now.root);
	if (e->begun->goes_on && !w->team)
		snprintf(text, sizeof text,
			 "session %s goes on before epoch %d, step %d of fold %d",
			 e->begun->session, train_next_epoch(&e->at), e->at.step + 1, e->at.fold);
	else
		snprintf(text, sizeof text, "session %s", e->begun->session);
	train_say(w, text);
	if (protocol_optimistic(&w->now.set))
		train_say(w, "exp.protocol reference validates on the test session, as published: "
			     "its figures are optimistic");
}

static void add_progress(struct watch *w, const struct event *e, struct str *text)
{
	const struct step_row *r = &e->u.step;

	work_snapshot(w->work, WORK_FIRST, &w->now);
	str_addf(text, "fold %d  epoch %d/%d  step %d/%d  loss %.3f", r->fold, r->epoch,
		 w->now.epochs, e->at.in_epoch, e->at.steps_per_epoch, r->loss);
	if (e->at.best_epoch > 0)
		str_addf(text, "  %s %.3f@%d", selection_label[w->now.set.train.select], e->at.best,
			 e->at.best_epoch);
}

static void step(struct watch *w, const struct event *e)
{
	double now = clock_seconds();
	struct str text = {0};

	w->steps++;
	w->job[e->run].at = e->at;
	w->job[e->run].loss = e->u.step.loss;
	if (w->since == 0)
		w->since = now;
	else
		w->seen += e->utterances;
	if (!progress_due(&w->line, now))
		return;
	if (w->team)
		train_progress_text(w, e, &text);
	else
		add_progress(w, e, &text);
	if (w->seen > 0)
		str_addf(&text, "  %.0f utterances/s", (double)w->seen / (now - w->since));
	progress_show(&w->line, text.s);
	str_free(&text);
}

static void epoch(struct watch *w, const struct event *e)
{
	const struct epoch_row *r = &e->u.epoch;
	double now = clock_seconds();
	char text[256];

	if (!w->lines || now - w->last < 1)
		return;
	w->last = now;
	work_snapshot(w->work, WORK_FIRST, &w->now);
	snprintf(text, sizeof text, "fold %d  epoch %d/%d  loss %.3f  WA %.3f  kept epoch %d",
		 r->fold, r->epoch, w->now.epochs, r->val_loss, r->val.wa, e->at.best_epoch);
	train_say(w, text);
}

static void fold(struct watch *w, const struct event *e)
{
	const struct fold_row *r = e->u.result;
	char text[256];

	snprintf(text, sizeof text, "fold %d: best epoch %d of %d, test WA %.4f UA %.4f WF1 %.4f",
		 r->fold, r->best_epoch, e->at.epoch, r->test.wa, r->test.ua, r->test.wf1);
	train_say_of(w, e->run, text);
	w->job[e->run].at = (struct position){0};
}

/* "seed 53: test WA 0.8530 ± 0.0670 UA ..." */
static void print_line(const struct results *r)
{
	const struct figures *m = &r->mean, *d = &r->sd;
	const struct {
		const char *name;
		double mean, sd;
	} part[] = {{"WA", m->wa, d->wa}, {"UA", m->ua, d->ua}, {"WF1", m->wf1, d->wf1}};

	printf("seed %lld: test", (long long)r->seed);
	for (size_t i = 0; i < sizeof part / sizeof *part; i++) {
		printf(" %s %.4f", part[i].name, part[i].mean);
		if (r->n > 1)
			printf(" ± %.4f", part[i].sd);
	}
	printf("\n");
}

void train_print_seed(struct watch *w, const struct seed_results *s)
{
	progress_wipe(&w->line);
	if (w->lines) {
		print_line(&s->results);
	} else {
		if (w->seeds > 1)
			printf("seed %lld\n", (long long)s->set.exp.seed);
		results_print(&s->results, &s->set, stdout);
	}
	fflush(stdout);
}

static void changed(struct watch *w, const struct event *e)
{
	char text[sizeof e->text + 64];

	snprintf(text, sizeof text, "before step %d of fold %d: %s", e->u.change.step,
		 e->u.change.fold, e->text);
	train_say_of(w, e->run, text);
}

/* A break comes from the run itself: nobody else is told here that it waits, and for what. */
static void state(struct watch *w, const struct event *e)
{
	enum work_state *told = &w->job[e->run].state, was = *told;
	struct str text = {0};

	work_snapshot(w->work, e->run, &w->now);
	*told = w->now.state;
	if (*told != WORK_BROKE || was == WORK_BROKE)
		return;
	if (w->team)
		str_addf(&text, "fold %d ", w->now.fold);
	str_addf(&text, "paused at the break: %s; go on with miust control ", w->now.broke);
	str_add_quoted(&text, w->now.root);
	if (w->team)
		str_addf(&text, " --fold %d", w->now.fold);
	str_add(&text, " resume");
	train_say(w, text.s);
	str_free(&text);
}

static void opened(struct watch *w, const struct event *e)
{
	work_snapshot(w->work, e->run, &w->now);
	if (w->team && e->run == WORK_FIRST)
		train_open_others(w);
}

static void take(struct watch *w, struct event *e)
{
	w->at = e->at;
	switch (e->kind) {
	case EVENT_OPENED:
		opened(w, e);
		break;
	case EVENT_FOLD:
		begin_fold(w, e);
		if (w->team)
			train_fold_begins(w, e);
		break;
	case EVENT_STEP:
		step(w, e);
		break;
	case EVENT_EPOCH:
		epoch(w, e);
		break;
	case EVENT_RESULT:
		fold(w, e);
		break;
	case EVENT_SEED:
		if (w->team)
			train_seed_in_order(w, e);
		else
			train_print_seed(w, e->seed);
		break;
	case EVENT_CHANGED:
		changed(w, e);
		break;
	case EVENT_STATE:
		state(w, e);
		break;
	case EVENT_SAY:
		if (w->team)
			train_says(w, e);
		else
			train_say(w, e->told);
		break;
	case EVENT_HAPPENED:
		hooks_happened(&w->hooks, e->happened);
		break;
	default:
		break;
	}
}

/* ---- the loop ---- */

/* All that there are, or some: a run may make them as fast as they are taken. True: all. */
static bool take_events(struct watch *w)
{
	enum { MOST = 256 };
	struct event e;
	int n = 0;

	for (; n < MOST && work_next(w->work, &e); n++) {
		if (!serve_event(w->serve, &e))
			take(w, &e);
		event_free(&e);
		hooked_turn(&w->hooks, train_say, w);
	}
	return n < MOST;
}

/* Milliseconds; -1: nothing is due by itself. */
static int timeout(const struct watch *w)
{
	int hooks = hooks_busy(&w->hooks) ? (int)(HOOK_SECONDS * 1000) : -1;
	int clients = serve_timeout(w->serve);

	return hooks < 0 ? clients : clients < 0 ? hooks : min_int(hooks, clients);
}

/* Until the run has ended, and all that it has sent is taken. */
static void follow_to_end(struct watch *w)
{
	struct pollfd p[] = {{.fd = signals_fd(), .events = POLLIN},
			     {.fd = work_fd(w->work), .events = POLLIN},
			     {.fd = serve_fd(w->serve), .events = POLLIN}};

	do {
		signals_in_line = w->line.shown > 0;
		if (poll(p, sizeof p / sizeof *p, timeout(w)) < 0 && errno != EINTR)
			BUG("poll: %s", strerror(errno));
		if (signals_come() && p[0].fd >= 0) {
			work_quit(w->work);
			p[0].fd = -1; /* the handler alone takes the next ones */
		}
		take_events(w);
		serve_turn(w->serve);
		hooked_turn(&w->hooks, train_say, w);
	} while (!work_ended(w->work)); /* asked last: taking events takes what wakes poll */
	while (!take_events(w))
		;
}

static void follow(struct watch *w)
{
	do
		follow_to_end(w);
	while (!work_ended(w->work)); /* what it sent last may have opened other jobs */
	work_snapshot(w->work, WORK_FIRST, &w->now);
	progress_wipe(&w->line);
}

/* ---- its end ---- */

const char *train_stopper(const struct watch *w, char *out, size_t n)
{
	if (signals_come())
		return process_stop_name(signals_come());
	if (!w->serve && w->now.broke[0])
		return "its break condition";
	if (w->now.stopped_by <= 0)
		return "another process";
	snprintf(out, n, "process %ld", w->now.stopped_by);
	return out;
}

/* The run ended before its end: as asked with --max-steps, or by a signal or another
 * process, which is a failure. */
static int stopped(const struct watch *w, const struct job_options *o, struct err *e)
{
	bool enough = o->max_steps > 0 && w->steps >= o->max_steps && !signals_come();
	struct str words = {0};
	char by[32];

	job_add_resume(&words, w->now.root, o);
	if (enough)
		cli_message("stopped after %lld step%s; go on with %s", (long long)w->steps,
			    w->steps == 1 ? "" : "s", words.s);
	else
		err_set(e, "stopped by %s before epoch %d, step %d of fold %d; go on with %s",
			train_stopper(w, by, sizeof by), train_next_epoch(&w->at), w->at.step + 1,
			w->at.fold, words.s);
	if (!enough)
		e->status = signals_come() ? 128 + signals_come() : EXIT_STOPPED;
	str_free(&words);
	return enough ? 0 : -1;
}

static int conclude(struct watch *w, const struct job_options *o, bool *complete, struct err *e)
{
	const struct snapshot *now = &w->now;

	if (w->team && now->opened)
		return train_conclude_team(w, o, complete, e);
	if (now->state == WORK_FAILED || now->state == WORK_DIVERGED) {
		err_set(e, "%s", now->error);
		e->status = now->status;
		return -1;
	}
	*complete = !now->trains;
	return *complete ? 0 : stopped(w, o, e);
}

/* Without a socket the run can only not be asked. */
static void begin_serving(struct watch *w, struct work_options *o)
{
	struct err why = {0};
	char text[sizeof why.text + 64];

	w->serve = serve_start(&why);
	if (w->serve) {
		o->job.socket = serve_path(w->serve);
		return;
	}
	snprintf(text, sizeof text, "nobody can ask this run while it trains: %s", why.text);
	train_say(w, text);
}

/* What they have started ends, too. */
static void end_hooks(struct watch *w, bool opened)
{
	const struct happening *end = w->team ? team_happened(w->team) : NULL;

	if (end)
		hooks_happened(&w->hooks, end);
	if (opened)
		hooked_finish(&w->hooks, train_say, w);
	else
		hooks_free(&w->hooks);
}

/* w->work, from its first job to its end. */
static int train(struct watch *w, const struct args *a, const struct job_options *o, bool *complete,
		 struct err *e)
{
	struct work_options work = {.job = *o, .unattended = true, .reading = &signals_reading};
	char *handed;
	bool opened = false;
	int failed;

	*complete = false;
	if (hooked_read(&w->hooks, a, e))
		return -1;
	work.rollback = w->hooks.rollback;
	if (!w->lines)
		progress_start(&w->line, stderr, getenv("TERM"));
	work.handed = handed = detached_handed();
	w->first = &work;
	signals_reading = true;
	begin_serving(w, &work);
	failed = signals_catch(e) || !(w->work = work_start(&work, e));
	if (!failed) {
		serve_bind(w->serve, w->work);
		follow(w);
		opened = w->now.opened;
		failed = conclude(w, o, complete, e);
	}
	serve_end(w->serve);
	if (w->team)
		team_is_whole(w->team);
	if (w->work)
		work_end(w->work);
	free(handed);
	end_hooks(w, opened);
	return failed ? -1 : 0;
}

int train_job(const struct args *a, const struct job_options *o, bool lines, bool *complete,
	      struct err *e)
{
	struct watch w = {.lines = lines, .seeds = o->seeds, .jobs = 1};

	return train(&w, a, o, complete, e);
}

int train_folds(const struct args *a, const struct job_options *o, int jobs, struct err *e)
{
	struct watch w = {.seeds = o->seeds > 1 ? o->seeds : 1, .jobs = 1};
	struct job_options team = *o;
	bool complete;
	int failed;

	w.waits = mem_alloc((size_t)w.seeds, sizeof(struct seed_results *));
	w.team = team.team = team_new(jobs, o->max_steps);
	failed = train(&w, a, &team, &complete, e);
	for (int i = 0; i < w.seeds; i++) {
		if (w.waits[i])
			results_free(&w.waits[i]->results);
		free(w.waits[i]);
	}
	free(w.waits);
	team_free(w.team);
	return failed;
}
