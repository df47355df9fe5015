/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Several folds of a session at once, each a run of one work. */
#include "app/cmd/train_private.h"

#include "app/cmd/signals.h"
#include "base/plain.h"

#include <stdlib.h>
#include <string.h>

static int64_t first_seed(const struct watch *w)
{
	return team_start(w->team)->set.exp.seed;
}

/* ---- while they train ---- */

void train_open_others(struct watch *w)
{
	struct work_options o = *w->first;

	o.job.session = w->now.root;
	o.reading = NULL;
	while (!signals_come() && w->jobs < team_jobs(w->team)) {
		struct err e = {0};

		if (!work_open(w->work, &o, &e)) {
			train_say(w, e.text);
			return;
		}
		w->jobs++;
	}
}

/* The last part of its folder names the seed, if it is not the first. */
static int64_t seed_of(const struct watch *w, const char *folder)
{
	const char *last = strrchr(folder, '/');
	long long seed;

	return last && sscanf(last, "/seed-%lld", &seed) == 1 ? seed : first_seed(w);
}

void train_fold_begins(struct watch *w, const struct event *e)
{
	char text[128];

	w->job[e->run].seed = seed_of(w, e->begun->session);
	if (e->at.step == 0)
		return;
	snprintf(text, sizeof text, "fold %d goes on before epoch %d, step %d", e->at.fold,
		 train_next_epoch(&e->at), e->at.step + 1);
	train_say_of(w, e->run, text);
}

static bool is_before(const struct watched *a, const struct watched *b)
{
	return a->seed < b->seed || (a->seed == b->seed && a->at.fold < b->at.fold);
}

/* Of the jobs that train the next by seed and fold; NULL: there is none. */
static const struct watched *next_job(const struct watch *w, const struct watched *after)
{
	const struct watched *next = NULL;

	for (int run = WORK_FIRST; run < WORK_FIRST + w->jobs; run++) {
		const struct watched *job = &w->job[run];

		if (job->at.steps_per_epoch && (!after || is_before(after, job)) &&
		    (!next || is_before(job, next)))
			next = job;
	}
	return next;
}

/* "fold 1  epoch 3/30  loss 0.412 | fold 2  epoch 2/30  loss 0.534" */
void train_progress_text(struct watch *w, const struct event *e, struct str *text)
{
	work_snapshot(w->work, e->run, &w->now);
	w->job[e->run].epochs = w->now.epochs;
	for (const struct watched *job = next_job(w, NULL); job; job = next_job(w, job)) {
		str_add(text, text->len ? " | " : "");
		if (w->seeds > 1)
			str_addf(text, "seed %lld ", (long long)job->seed);
		str_addf(text, "fold %d  epoch %d/%d  loss %.3f", job->at.fold, job->at.epoch,
			 job->epochs ? job->epochs : w->now.epochs, job->loss);
	}
}

void train_says(struct watch *w, const struct event *e)
{
	struct str text = {0};

	if (e->at.steps_per_epoch && strncmp(e->told, "fold ", 5) != 0)
		str_addf(&text, "fold %d: ", e->at.fold);
	str_add(&text, e->told);
	if (e->at.steps_per_epoch)
		train_say_of(w, e->run, text.s);
	else
		train_say(w, text.s);
	str_free(&text);
}

void train_seed_in_order(struct watch *w, struct event *e)
{
	int place = (int)(e->seed->set.exp.seed - first_seed(w));

	BUG_ON(place < 0 || place >= w->seeds);
	w->waits[place] = e->seed;
	e->seed = NULL;
	for (; w->printed < w->seeds && w->waits[w->printed]; w->printed++)
		train_print_seed(w, w->waits[w->printed]);
}

/* ---- their end ---- */

/* "fold 3", "seed 54 fold 3" */
static void add_fold(struct str *b, const struct watch *w, const struct team_fold *f)
{
	if (w->seeds > 1)
		str_addf(b, "seed %lld ", (long long)first_seed(w) + f->seed);
	str_addf(b, "fold %d", f->fold);
}

static int count(const struct team_fold *f, int n, enum team_end how)
{
	int found = 0;

	for (int i = 0; i < n; i++)
		found += f[i].how == how;
	return found;
}

/* Those of this kind; `place`: where they go on. */
static void add_folds(struct str *b, const struct watch *w, enum team_end how, bool place)
{
	int n, found = 0;
	const struct team_fold *f = team_folds(w->team, &n);

	for (int i = 0; i < n; i++) {
		if (f[i].how != how)
			continue;
		str_add(b, found++ ? ", " : "");
		add_fold(b, w, &f[i]);
		if (place && f[i].epoch)
			str_addf(b, " before epoch %d, step %d", f[i].epoch, f[i].step);
	}
}

/* A job has failed: an error that is not one fold's alone. *now becomes its snapshot. */
static bool has_failed(struct watch *w)
{
	for (int run = WORK_FIRST; run < WORK_FIRST + w->jobs; run++) {
		work_snapshot(w->work, run, &w->now);
		if (w->now.state == WORK_FAILED)
			return true;
	}
	return false;
}

/* The job that another process has stopped, if one was. */
static void find_stopped(struct watch *w)
{
	for (int run = WORK_FIRST; run < WORK_FIRST + w->jobs; run++) {
		work_snapshot(w->work, run, &w->now);
		if (w->now.stopped_by || w->now.broke[0])
			return;
	}
}

static int diverged(struct watch *w, struct err *e)
{
	int n;
	const struct team_fold *f = team_folds(w->team, &n);
	int many = count(f, n, TEAM_FAILED), first = 0;
	struct str text = {0};

	while (f[first].how != TEAM_FAILED)
		first++;
	if (many > 1) {
		add_folds(&text, w, TEAM_FAILED, false);
		str_add(&text, " diverged; the first: ");
	}
	str_add(&text, f[first].why.text);
	err_set(e, "%s", text.s);
	e->status = f[first].why.status;
	str_free(&text);
	return -1;
}

static int stopped(struct watch *w, const struct job_options *o, struct err *e)
{
	bool enough = o->max_steps > 0 && w->steps >= o->max_steps && !signals_come();
	struct str words = {0}, where = {0};
	char by[32];

	find_stopped(w);
	job_add_resume(&words, w->now.root, o);
	add_folds(&where, w, TEAM_STOPPED, true);
	if (enough)
		cli_message("stopped after %lld step%s; go on with %s", (long long)w->steps,
			    w->steps == 1 ? "" : "s", words.s);
	else
		err_set(e, "stopped by %s%s%s; go on with %s", train_stopper(w, by, sizeof by),
			where.len ? ": " : "", str_text(&where), words.s);
	if (!enough)
		e->status = signals_come() ? 128 + signals_come() : EXIT_STOPPED;
	str_free(&words);
	str_free(&where);
	return enough ? 0 : -1;
}

static int missing(struct watch *w, struct err *e)
{
	struct str folds = {0}, root = {0};
	int n;
	const struct team_fold *f = team_folds(w->team, &n);
	bool one = count(f, n, TEAM_LEFT) == 1;

	add_folds(&folds, w, TEAM_LEFT, false);
	str_add(&folds, one ? " was" : " were");
	str_add_quoted(&root, w->now.root);
	err_set(e,
		"%s: %s left to another program, which trains %s; miust collect %s prints the "
		"results when all are finished",
		w->now.root, folds.s, one ? "it" : "them", root.s);
	str_free(&folds);
	str_free(&root);
	return -1;
}

int train_conclude_team(struct watch *w, const struct job_options *o, bool *complete, struct err *e)
{
	int n;
	const struct team_fold *f = team_folds(w->team, &n);

	if (has_failed(w)) {
		err_set(e, "%s", w->now.error);
		e->status = w->now.status;
		return -1;
	}
	*complete = team_closed(w->team) == w->seeds;
	if (*complete)
		return 0;
	if (count(f, n, TEAM_FAILED))
		return diverged(w, e);
	if (!signals_come() && !count(f, n, TEAM_STOPPED) && count(f, n, TEAM_LEFT))
		return missing(w, e);
	return stopped(w, o, e);
}
