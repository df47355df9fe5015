/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/lab/job.h"

#include "app/demo/demo.h"
#include "app/lab/job_branch.h"
#include "app/lab/job_fold.h"
#include "app/lab/job_ranks.h"
#include "app/lab/job_session.h"
#include "app/lab/team.h"
#include "app/session/session_data.h"
#include "base/file.h"
#include "base/mapped.h"
#include "base/plain.h"
#include "base/str.h"
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

static bool at_once(void *ctx, int fold)
{
	const struct job *j = ctx;

	return j->opt.team && team_asked(j->opt.team) > 1 && team_took(j->opt.team, j->seed, fold);
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
				  .at_once = at_once,
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
	return open_settings(j, e) || job_ranks_check(j, e) || open_data(j, labs, e) ||
			       job_check_asked(j, e) || open_steer(j, e) ||
			       job_open_session(j, e) || (j->opt.team && offer(j, e))
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
