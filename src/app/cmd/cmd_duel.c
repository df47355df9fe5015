/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/cmd/commands.h"

#include "app/cmd/signals.h"
#include "app/lab/duel_order.h"
#include "app/lab/work.h"
#include "app/serve/serve.h"
#include "app/session/branch.h"
#include "base/plain.h"
#include "base/process.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

struct ring { /* where the two are */
	struct work *work;
	struct serve *serve; /* NULL: nobody can ask */
	struct duel_sides sides;
	int run[2];
	struct duel duel;
	unsigned seen; /* of its news */
	int printed;   /* looks */
};

/* ---- what is asked ---- */

/* The words after SESSION, as a line. */
static void line_of(const struct args *a, struct str *line)
{
	for (int i = 1; i < a->noperands; i++)
		str_addf(line, "%s%s", i > 1 ? " " : "", a->operand[i]);
}

/* --fold; without it two branches leave the only one that has begun. */
static int find_fold(const struct args *a, bool makes, int *fold, struct err *e)
{
	*fold = a->nfolds ? a->fold[0] : DUEL_ANY;
	if (a->nfolds > 1)
		return err_usage(e, "--fold: a duel is of one fold; name one");
	return a->nfolds || !makes ? 0 : branch_fold(a->operand[0], fold, e);
}

static int find_sides(struct ring *r, const struct args *a, struct duel_order *o, struct err *e)
{
	const char *dir = a->operand[0];
	struct duel_sides *s = &r->sides;
	struct str line = {0};
	int fold, failed;

	line_of(a, &line);
	failed = duel_order(o, str_text(&line), e);
	str_free(&line);
	if (failed || find_fold(a, o->o, &fold, e) || duel_sides(s, o, dir, fold, cli_say, NULL, e))
		return -1;
	for (int i = 0; i < 2; i++)
		if (duel_may_train(s->dir[i], s->name[i], e))
			return -1;
	return 0;
}

/* ---- while it goes on ---- */

static void take_events(struct ring *r)
{
	struct event e;

	while (work_next(r->work, &e)) {
		if (!serve_event(r->serve, &e) && e.kind == EVENT_SAY)
			cli_message("%s: %s", r->sides.name[e.run == r->run[1]], e.told);
		event_free(&e);
	}
}

static void print_looks(struct ring *r)
{
	struct str line = {0};

	work_duel_look(r->work, &r->duel, &r->seen);
	if (!r->printed && r->duel.looks)
		printf("%s : %s, on the validation part\n", r->sides.name[0], r->sides.name[1]);
	for (; r->printed < r->duel.looks; r->printed++) {
		str_reset(&line);
		duel_look_text(&r->duel, r->printed, &line);
		puts(line.s);
	}
	fflush(stdout);
	str_free(&line);
}

static void follow(struct ring *r)
{
	struct pollfd p[] = {{.fd = signals_fd(), .events = POLLIN},
			     {.fd = work_fd(r->work), .events = POLLIN},
			     {.fd = serve_fd(r->serve), .events = POLLIN}};

	while (!work_duel_over(r->work)) {
		if (poll(p, sizeof p / sizeof *p, serve_timeout(r->serve)) < 0 && errno != EINTR)
			BUG("poll: %s", strerror(errno));
		if (signals_come() && p[0].fd >= 0) {
			work_duel_stop(r->work);
			p[0].fd = -1; /* the handler alone takes the next ones */
		}
		take_events(r);
		serve_turn(r->serve);
		print_looks(r);
	}
	take_events(r);
	print_looks(r);
}

/* ---- its end ---- */

/* One that has failed would fail again. Of several folds only this one was asked for. */
static void say_rest(const struct ring *r, int side)
{
	struct job_options o = {.fold = &r->sides.fold};
	struct snapshot now;
	struct str text = {0};

	work_snapshot(r->work, r->run[side], &now);
	if (!now.trains || now.state == WORK_FAILED || now.state == WORK_DIVERGED)
		return;
	o.nfolds = now.nfolds > 1 && now.fold == r->sides.fold;
	str_addf(&text, "%s goes on with train ", r->sides.name[side]);
	job_add_resume(&text, r->sides.dir[side], &o);
	cli_message("%s", text.s);
	str_free(&text);
}

/* A side that failed or diverged, and a signal, are errors; the duel itself has its sentence. */
static int conclude(struct ring *r, struct err *e)
{
	struct str text = {0};
	struct snapshot now;

	duel_text(&r->duel, &text);
	puts(text.s);
	fflush(stdout);
	str_free(&text);
	for (int i = 0; i < 2; i++)
		say_rest(r, i);
	for (int i = 0; i < 2; i++) {
		work_snapshot(r->work, r->run[i], &now);
		if (now.state != WORK_FAILED && now.state != WORK_DIVERGED)
			continue;
		err_set(e, "%s: %s", r->sides.name[i], now.error);
		e->status = now.status;
		return -1;
	}
	if (signals_come()) {
		err_set(e, "stopped by %s", process_stop_name(signals_come()));
		e->status = 128 + signals_come();
		return -1;
	}
	return 0;
}

/* From outside. */
static int asked(void *ctx, int run, const char *args, struct str *out, struct err *e)
{
	struct ring *r = ctx;

	(void)run;
	if (*args && strcmp(args, "off") != 0)
		return err_set(e, "a duel is running already; duel off ends it");
	if (*args)
		work_duel_stop(r->work);
	work_duel_look(r->work, &r->duel, &r->seen);
	duel_text(&r->duel, out);
	return 0;
}

static int begin(struct ring *r, const struct args *a, const struct duel_order *order,
		 struct err *e)
{
	const char *const name[] = {r->sides.name[0], r->sides.name[1]};
	struct work_options o[2];
	struct err why = {0};

	r->serve = serve_start(&why);
	if (!r->serve)
		cli_message("nobody can ask this duel while it trains: %s", why.text);
	for (int i = 0; i < 2; i++) {
		cli_message("session %s", r->sides.dir[i]);
		o[i] = (struct work_options){
			.reading = &signals_reading,
			.job = {.session = r->sides.dir[i],
				.resume = true,
				.first = r->sides.fold,
				.threads = a->threads,
				.socket = r->serve ? serve_path(r->serve) : NULL}};
	}
	signals_reading = true;
	if (signals_catch(e) || !(r->work = work_start(NULL, e)))
		return -1;
	serve_bind(r->serve, r->work);
	serve_duels(r->serve, asked, r);
	return work_duel(r->work, name, o, r->run, order->epochs, e);
}

static int run(const struct args *a, struct err *e)
{
	struct duel_order order;
	struct ring r = {.work = NULL};
	int failed = find_sides(&r, a, &order, e);

	if (failed)
		return -1;
	failed = begin(&r, a, &order, e);
	if (!failed) {
		follow(&r);
		failed = conclude(&r, e);
	}
	serve_end(r.serve);
	if (r.work)
		work_end(r.work);
	duel_free(&r.duel);
	return failed;
}

const struct command cmd_duel = {
	.name = "duel",
	.operands = "SESSION " DUEL_ARGS,
	.least = 2,
	.most = 7,
	.takes = (const enum flag[]){FLAG_FOLD, FLAG_THREADS, FLAG_NONE},
	.help = "Train two branches of a run in turn, and compare them at each epoch.",
	.more = "A and B are names of branches of SESSION, main for the run itself, or folders.\n"
		"KEY=V1,V2 makes two, with that setting, where the run is or was at EPOCH:STEP.\n"
		"Each epoch prints a line: the figures of the validation part, and McNemar's\n"
		"exact test with its limit, corrected for looking often. It ends after N epochs,\n"
		"with the fold, when the difference is clear, or on INT; both sides stop after\n"
		"a checkpoint, and `train --session DIR --resume` goes on with either. More:\n"
		"doc/duel.md.",
	.run = run,
	.stores = true,
};
