/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A job runs: its seeds, and their folds one after the other; of a team those that it can take. */
#include "app/lab/job.h"

#include "app/lab/job_fold.h"
#include "app/lab/job_session.h"
#include "app/lab/job_tell.h"
#include "app/lab/team.h"
#include "app/session/session_data.h"
#include "app/session/session_machine.h"
#include "app/session/session_state.h"
#include "base/mapped.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/data/watch.h"

#include <stdlib.h>
#include <string.h>

/* The folds of this seed that are finished, also by other programs. */
static int read_results(struct job *j, struct err *e)
{
	results_free(&j->results);
	return session_results(&j->session, &j->set, &j->results, e);
}

/* Is it asked for, and not finished? */
static bool is_left(const struct job *j, int fold)
{
	bool asked = j->opt.nfolds == 0;

	for (int i = 0; i < j->opt.nfolds; i++)
		asked |= j->opt.fold[i] == fold;
	return asked && !results_has(&j->results, fold);
}

/* Those that are left, in the order in which they are trained; returns how many. */
static int order(const struct job *j, int *fold)
{
	int n = 0, first = -1, goes_on;

	for (int i = 0; i < split_folds(&j->lab->corpus); i++) {
		int number = split_fold(&j->lab->corpus, i);

		if (!is_left(j, number))
			continue;
		if (j->opt.first && number == j->opt.first)
			first = n;
		fold[n++] = number;
	}
	if (n == 0)
		return 0;
	if (first < 0)
		first = session_goes_on_with(j->session.dir, fold, n);
	goes_on = fold[first];
	memmove(&fold[1], fold, (size_t)first * sizeof *fold);
	fold[0] = goes_on;
	return n;
}

/* An array task that is started again after its end has nothing to do. */
static void say_finished(const struct job *j)
{
	struct str folds = {0};

	for (int i = 0; i < j->opt.nfolds; i++)
		str_addf(&folds, "%s%d", i ? ", " : "", j->opt.fold[i]);
	if (folds.len)
		job_say(j, "%s: fold%s %s %s finished already", j->session.dir,
			j->opt.nfolds > 1 ? "s" : "", folds.s, j->opt.nfolds > 1 ? "are" : "is");
	else
		job_say(j, "%s is finished already", j->session.dir);
	str_free(&folds);
}

/* Once: is it of the kind that the session was first trained on? */
static int compare_machine(struct job *j, struct err *e)
{
	char here[MACHINE_LINE], other[MACHINE_LINE];

	if (j->machine_known || (j->opt.team && !team_compares(j->opt.team)))
		return 0;
	if (session_machine(&j->root, other, e))
		return -1;
	j->machine_known = true;
	session_machine_here(here);
	if (other[0])
		job_say(j,
			"%s was first trained on another kind of machine, so figures may differ in "
			"their last digits from those of a run on one kind: %s; this one has %s",
			j->root.root, other, here);
	return 0;
}

/* Another program has taken the fold: it is that one's. */
static void say_left(struct job *j, int fold)
{
	char part[PATH_LEN], who[256] = "";
	struct err ignored = {0};

	if (session_part(&j->session, fold, "", part, sizeof part, &ignored) == 0)
		fold_lock_asked(part, who, sizeof who);
	job_say(j, "fold %d is left to %s, which trains it", fold,
		who[0] ? who : "another program");
}

/* A fold of a team, which this job has taken. */
static int run_taken(struct job *j, int fold, enum job_go *go, struct err *e)
{
	int failed = read_results(j, e), at, epoch = 0, step = 0;
	bool left;

	if (!failed && !results_has(&j->results, fold)) /* another program may have finished it */
		failed = job_run_fold(j, fold, go, e);
	left = failed && e->status == EXIT_BUSY;
	if (j->trainer.corpus)
		job_position(j, &at, &epoch, &step);
	team_leave(j->opt.team, j->seed, fold,
		   left              ? TEAM_LEFT
		   : failed          ? TEAM_FAILED
		   : *go == JOB_STOP ? TEAM_STOPPED
				     : TEAM_DONE,
		   epoch, step, e);
	if (!left)
		return failed;
	err_clear(e);
	say_left(j, fold);
	return 0;
}

static int run_folds(struct job *j, const int *fold, int n, enum job_go *go, struct err *e)
{
	struct team *team = j->opt.team;
	int failed = 0;

	for (int i = 0; i < n && !failed && *go != JOB_STOP; i++) {
		if (team && !team_take(team, j->seed, fold[i]))
			continue;
		failed = team ? run_taken(j, fold[i], go, e) : job_run_fold(j, fold[i], go, e);
		if (failed || *go != JOB_STOP)
			job_close_fold(j);
	}
	return failed;
}

/* The folder of the seed, and its folds that are left: *fold is to be freed. */
static int begin_seed(struct job *j, int **fold, int *n, struct err *e)
{
	session_close(&j->session);
	if ((j->seed == 0 ? session_share(&j->session, &j->root, e)
			  : session_seed_origin(&j->session, &j->root, &j->set, &j->lab->now, e)) ||
	    read_results(j, e) || job_begin_data(j, e))
		return -1;
	*fold = mem_alloc((size_t)split_folds(&j->lab->corpus), sizeof **fold);
	*n = order(j, *fold);
	if (*n)
		return compare_machine(j, e) || steer_begin(&j->steer, e) ? -1 : 0;
	if (j->opt.team && team_trained(j->opt.team, j->seed))
		return 0; /* by this team */
	if (j->opt.or_start)
		say_finished(j);
	return job_store_paths(j, e);
}

static int run_seed(struct job *j, enum job_go *go, struct err *e)
{
	struct team *team = j->opt.team;
	int *fold = NULL, n = 0, failed;

	if (team)
		team_begin(team);
	failed = begin_seed(j, &fold, &n, e);
	if (team)
		team_begun(team);
	if (!failed && n)
		failed = run_folds(j, fold, n, go, e) || read_results(j, e);
	free(fold);
	return failed ? -1 : 0;
}

/* Is there nothing left to train in the seed, and is it this job that says so? */
static bool closes(const struct job *j)
{
	if (!j->opt.team)
		return true;
	for (int i = 0; i < split_folds(&j->lab->corpus); i++)
		if (is_left(j, split_fold(&j->lab->corpus, i)))
			return false;
	return team_closes(j->opt.team, j->seed);
}

static int run_seeds(struct job *j, struct err *e)
{
	const struct settings base = j->base;
	enum job_go go = JOB_GO;
	int failed = 0;

	j->complete = false;
	for (j->seed = 0; j->seed < j->opt.seeds && !failed && go != JOB_STOP; j->seed++) {
		j->base = base;
		j->base.exp.seed += j->seed;
		j->set = j->base;
		failed = run_seed(j, &go, e);
		if (failed || go == JOB_STOP || !closes(j))
			continue;
		if (j->hooks.seed)
			j->hooks.seed(j->hooks.ctx, j);
		job_tell_finished(j);
	}
	j->base = base;
	j->stopped = go == JOB_STOP;
	j->complete = !failed && !j->stopped &&
		      (!j->opt.team || team_closed(j->opt.team) == j->opt.seeds);
	return failed;
}

int job_run(struct job *j, struct err *e)
{
	struct str advice = {0};
	struct err files = {0}, gone = {0}, ignored = {0};
	int failed;

	if (j->trainer.corpus)
		trainer_close(&j->trainer);
	err_clear(&j->lost);
	str_add(&advice, "; the session goes on from its last checkpoint with ");
	job_add_resume(&advice, j->root.root, &j->opt);
	mapped_advice(j, advice.s);
	failed = run_seeds(j, e);
	session_release(&j->session);
	if (session_join(&j->session, failed ? &ignored : e))
		failed = -1;
	if (j->complete)
		mapped_advice(j, NULL);
	/* Where the session has gone, that is the reason, whichever write met it. */
	if (failed && session_check_held(&j->root, &gone))
		*e = gone;
	else if (failed && watch_whole(&j->lab->corpus, NULL, j->lab->corpus.n, &files)) {
		size_t n = strlen(e->text);

		str_fit(e->text + n, sizeof e->text - n, advice.s);
	}
	job_tell_ended(j, e);
	str_free(&advice);
	return failed;
}
