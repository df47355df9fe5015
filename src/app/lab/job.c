/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/lab/job.h"

#include "app/demo/demo.h"
#include "app/lab/job_branch.h"
#include "app/lab/job_fold.h"
#include "app/lab/job_session.h"
#include "app/lab/job_tell.h"
#include "app/lab/team.h"
#include "app/session/session_data.h"
#include "app/session/session_machine.h"
#include "app/session/session_state.h"
#include "base/file.h"
#include "base/mapped.h"
#include "base/mem.h"
#include "base/plain.h"
#include "base/str.h"
#include "engine/data/watch.h"
#include "engine/num/par.h"
#include "engine/data/opening.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void job_say(const struct job *j, const char *fmt, ...)
{
	char text[2048];
	va_list ap;

	if (!j->hooks.say)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	j->hooks.say(j->hooks.ctx, text);
}

/* ---- opening ---- */

static int load_settings(struct settings *s, struct origin *origin, const struct job_options *o,
			 void (*say_to)(void *, const char *), void *ctx, struct err *e)
{
	char path[PATH_LEN];
	struct warnings w = {0};
	int failed = demo_find(path, sizeof path, o->config, e) ||
		     config_load_origin(s, origin, path, o->set, o->nset, &w, e);

	for (int i = 0; i < w.n && say_to; i++)
		say_to(ctx, w.text[i]);
	warnings_free(&w);
	return failed ? -1 : 0;
}

int job_load(struct settings *s, struct corpus *c, const struct job_options *o, unsigned how,
	     void (*say_to)(void *ctx, const char *text), void *ctx, struct err *e)
{
	struct origin origin = {0};
	const struct lab_data data = {.set = s,
				      .known = &origin,
				      .how = how,
				      .leave_out = JOB_SKIP_BAD,
				      .say = say_to,
				      .ctx = ctx};
	int failed = load_settings(s, &origin, o, say_to, ctx, e) || lab_read(c, &data, e);

	origin_free(&origin);
	return failed ? -1 : 0;
}

/* Settings, and what is known of the data, of the session or the config. */
static int open_settings(struct job *j, struct err *e)
{
	const struct job_options *o = &j->opt;
	const struct job_hooks *h = &j->hooks;
	struct origin ignored = {0}; /* the session's own counts */
	struct settings asked;
	bool resumes = j->resumes;

	if (!o->config && !resumes)
		return err_set(e, "%s: no session is stored there", o->session ? o->session : "");
	if (o->config &&
	    load_settings(&asked, resumes ? &ignored : &j->origin, o, h->say, h->ctx, e))
		return -1;
	origin_free(&ignored);
	if (resumes)
		return job_read_session(j, o->config ? &asked : NULL, e);
	j->set = asked;
	return 0;
}

/* The threads, and which files were written to before. */
static int open_threads(struct job *j, struct err *e)
{
	const char *ignored;

	j->par = par_new(j->opt.threads, e);
	if (j->lab)
		lab_written(j->lab, &j->written, &ignored);
	return j->par ? 0 : -1;
}

static int open_data(struct job *j, struct labs *labs, struct err *e)
{
	bool resumes = j->resumes;
	const struct lab_data data = {
		.set = &j->set,
		.known = &j->origin,
		.how = j->opt.skip_bad ? CORPUS_SKIP_BAD : CORPUS_HEADERS,
		.notes = j->opt.notes,
		.leave_out = resumes ? JOB_SKIP_BAD " --accept-data" : JOB_SKIP_BAD,
		.say = j->hooks.say,
		.ctx = j->hooks.ctx,
	};

	if (resumes && job_find_data(j, e))
		return -1;
	j->lab = lab_take(labs, &data, e);
	if (j->lab)
		return job_check_data(j, e) || open_threads(j, e) ? -1 : 0;
	if (resumes)
		e->status = EXIT_DATA;
	return -1;
}

static void changed(void *ctx, const struct change *c)
{
	struct job *j = ctx;

	if (j->hooks.changed)
		j->hooks.changed(j->hooks.ctx, j, c);
}

static void branch(void *ctx, const struct change *c)
{
	job_branch_due(ctx, c);
}

static void lend_steer(struct job *j)
{
	j->steer = (struct steer){.corpus = &j->lab->corpus,
				  .session = &j->session,
				  .base = &j->base,
				  .set = &j->set,
				  .trainer = &j->trainer,
				  .changed = changed,
				  .branch = branch,
				  .ctx = j};
}

static int open_steer(struct job *j, struct err *e)
{
	lend_steer(j);
	return steer_open(&j->steer, j->opt.replay, e);
}

/* What the first of a team has opened, for the others. */
static int offer(struct job *j, struct err *e)
{
	struct team_start start = {.set = j->set};
	int left;

	if (job_count_left(j, &left, e))
		return -1;
	str_fit(start.root, sizeof start.root, j->root.root);
	for (int i = 0; i < j->steer.replay.n; i++)
		changes_add(&start.replay, &j->steer.replay.at[i]);
	start.lab = lab_hold(j->lab);
	team_offer(j->opt.team, &start, left);
	return 0;
}

/* Data first: a corpus at fault leaves no empty session behind. */
static int open_all(struct job *j, struct labs *labs, struct err *e)
{
	j->resumes = job_resumes(&j->opt);
	return open_settings(j, e) || open_data(j, labs, e) || job_check_asked(j, e) ||
			       open_steer(j, e) || job_open_session(j, e) ||
			       (j->opt.team && offer(j, e))
		       ? -1
		       : 0;
}

static void begin_opening(struct job *j, const struct job_options *o, const struct job_hooks *h)
{
	*j = (struct job){.opt = *o, .hooks = *h};
	j->root.lock = j->session.lock = -1;
	j->opt.seeds = o->seeds > 0 ? o->seeds : 1;
}

int job_open(struct job *j, struct labs *labs, const struct job_options *o,
	     const struct job_hooks *h, struct err *e)
{
	bool gone;

	*j = (struct job){0};
	if (o->resume && !o->session)
		return err_usage(e, "--resume%s needs --session DIR, the session to resume",
				 o->or_start ? "-or-start" : "");
	if (o->accept_data && !o->resume)
		return err_usage(
			e, "--accept-data needs --resume; a new session uses the data as it is");
	do {
		begin_opening(j, o, h);
		if (open_all(j, labs, e) == 0) {
			j->base = j->set;
			return 0;
		}
		/* Made by another program, which was refused and has taken it back. */
		gone = o->or_start && j->resumes && !session_exists(o->session);
		if (gone)
			err_clear(e);
		job_close(j);
	} while (gone);
	return -1;
}

int job_open_beside(struct job *j, const struct job_options *o, const struct job_hooks *h,
		    struct err *e)
{
	const struct team_start *start = team_start(o->team);
	struct settings ignored; /* the same */

	begin_opening(j, o, h);
	j->opt.session = start->root;
	j->resumes = true;
	j->set = j->base = start->set;
	j->lab = lab_hold(start->lab);
	if (open_threads(j, e) == 0) {
		lend_steer(j);
		steer_open_read(&j->steer, o->replay, &start->replay);
		if (session_resume(&j->root, start->root, &ignored, e) == 0) {
			if (o->socket)
				str_fit(j->root.socket, sizeof j->root.socket, o->socket);
			return 0;
		}
	}
	job_close(j);
	return -1;
}

int job_open_stored(struct job *j, struct labs *labs, const struct job_options *o,
		    const struct job_hooks *h, struct err *e)
{
	begin_opening(j, o, h);
	j->resumes = true;
	if (open_settings(j, e) == 0 && open_data(j, labs, e) == 0 && job_check_asked(j, e) == 0 &&
	    job_find_session(j, e) == 0)
		return 0;
	job_close(j);
	return -1;
}

int job_look(struct job *j, struct labs *labs, const struct job_options *o,
	     const struct job_hooks *h, bool tell, struct err *e)
{
	struct err no_data = {0};
	const struct lab_data data = {
		.set = &j->set, .known = &j->origin, .how = CORPUS_HEADERS, .look = true};

	*j = (struct job){.opt = *o, .hooks = *h};
	j->root.lock = j->session.lock = -1;
	if (session_read(&j->session, o->session, &j->set, e) ||
	    session_origin(&j->session, &j->set, &j->origin, e))
		return -1;
	memcpy(j->root.root, j->session.root, sizeof j->root.root);
	j->lab = lab_take(labs, &data, &no_data);
	if (!j->lab && tell)
		job_say(j, "%s", no_data.text);
	if (!j->lab || !open_threads(j, e))
		return 0;
	job_close(j);
	return -1;
}

int job_threads(struct job *j, int threads, struct err *e)
{
	struct par *par;

	job_close_fold(j);
	j->opt.threads = threads;
	if (threads > 0 && par_threads(j->par) == threads)
		return 0;
	par = par_new(threads, e);
	if (!par)
		return -1;
	par_free(j->par);
	j->par = par;
	return 0;
}

void job_let_go(struct job *j)
{
	mapped_advice(j, NULL);
	job_close_fold(j);
	steer_close(&j->steer);
	session_close(&j->session);
	session_close(&j->root);
}

void job_close(struct job *j)
{
	mapped_advice(j, NULL);
	job_close_fold(j);
	steer_close(&j->steer);
	session_close(&j->session);
	job_discard_session(j);
	session_close(&j->root);
	results_free(&j->results);
	origin_free(&j->origin);
	origin_free(&j->then);
	par_free(j->par);
	lab_drop(j->lab);
	*j = (struct job){0};
}

void job_position(const struct job *j, int *fold, int *epoch, int *step)
{
	steer_position(&j->trainer.state, fold, epoch, step);
}

/* ---- running ---- */

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
	int failed = job_run_fold(j, fold, go, e), at, epoch = 0, step = 0;
	bool left = failed && e->status == EXIT_BUSY;

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
