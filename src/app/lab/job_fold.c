/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/lab/job_fold.h"

#include "app/lab/job_health.h"
#include "app/lab/job_ranks.h"
#include "app/lab/job_remark.h"
#include "app/lab/job_rewind.h"
#include "app/lab/job_rollback.h"
#include "app/lab/job_session.h"
#include "app/lab/job_store.h"
#include "app/lab/job_tell.h"
#include "app/lab/team.h"
#include "app/session/session_branch.h"
#include "base/file.h"
#include "base/machine.h"
#include "base/mem.h"
#include "engine/data/watch.h"

#include <math.h>
#include <stdlib.h>

/* ---- files ---- */

static int fold_path(const struct job *j, const char *name, char *out, size_t n, struct err *e)
{
	return session_fold_path(&j->session, j->trainer.state.fold, name, out, n, e);
}

/* No file of the training part has become shorter, so that zeros were read. */
static int check_files(const struct job *j, struct err *e)
{
	const struct split *s = &j->trainer.split;

	return watch_whole(&j->lab->corpus, s->at[PART_TRAIN], s->n[PART_TRAIN], e);
}

int job_save(struct job *j, struct err *e)
{
	return check_files(j, e) || job_store(j, false, e) || job_store_wait(j, e) ? -1 : 0;
}

/* Nobody has gone on with the fold since this run stopped in it. */
static int check_still(const struct job *j, struct err *e)
{
	char state[PATH_LEN], result[PATH_LEN];
	int epoch, step = 0;

	if (fold_path(j, "state.safetensors", state, sizeof state, e) ||
	    fold_path(j, "result.json", result, sizeof result, e) ||
	    (file_exists(state) && trainer_stored(state, &epoch, &step, e)))
		return -1;
	if (step <= j->trainer.state.step && !file_exists(result))
		return 0;
	return err_at(e, j->session.dir, 0, 0,
		      "another program has gone on with fold %d since training stopped here; "
		      "resume goes on from there",
		      j->trainer.state.fold);
}

int job_take_stopped(struct job *j, bool *taken, struct err *e)
{
	*taken = false;
	if (j->session.fold_lock > 0)
		return 0;
	if (session_take(&j->session, j->trainer.state.fold, e))
		return -1;
	*taken = true;
	if (check_still(j, e) == 0)
		return 0;
	job_leave_stopped(j, *taken);
	*taken = false;
	return -1;
}

void job_leave_stopped(struct job *j, bool taken)
{
	if (taken)
		session_release(&j->session);
}

/* Where a state is stored, go on from it; bring best.safetensors in line, which
 * may have been written just before a kill. */
static int restore(struct job *j, struct err *e)
{
	struct trainer *t = &j->trainer;
	char path[PATH_LEN];

	if (fold_path(j, "state.safetensors", path, sizeof path, e))
		return -1;
	if (!file_exists(path))
		return 0;
	if (trainer_restore(t, path, e))
		return -1;
	if (t->state.best_epoch == 0)
		return 0;
	return fold_path(j, "best.safetensors", path, sizeof path, e) ||
	       trainer_save_best(t, path, e);
}

/* How far the fold of a branch has to go to where it left its parent. One that has gone back
 * since has been there. */
static int find_ahead(struct job *j, struct err *e)
{
	const struct state *s = &j->trainer.state;
	struct branch_point p;
	bool is_branch;

	j->ahead = j->trunk = 0;
	if (session_branch_point(j->session.dir, &p, &is_branch, e))
		return -1;
	if (!is_branch || p.fold != s->fold || s->rewinds)
		return 0;
	j->trunk = p.step;
	if (s->step >= p.step)
		return 0;
	j->ahead = p.step;
	job_say(j, "fold %d first repeats %d step%s of the run that it left, up to %d:%d", p.fold,
		p.step - s->step, p.step - s->step == 1 ? "" : "s", p.epoch, p.in_epoch);
	return 0;
}

bool job_repeats(const struct job *j)
{
	return j->trainer.corpus && j->trainer.state.step < j->ahead;
}

/* Rows at and after the next step are done again: cut them. */
static int begin_rows(struct job *j, struct err *e)
{
	int fold, epoch, step;

	job_position(j, &fold, &epoch, &step);
	return session_begin(&j->session, fold, epoch, step, e);
}

void job_close_fold(struct job *j)
{
	job_store_end(j);
	if (j->trainer.corpus)
		trainer_close(&j->trainer);
	history_free(&j->history);
	job_health_close(j);
}

/* Who is predicted in the validation part; its labels are to be freed. */
static struct predictions validation(const struct job *j)
{
	const struct trainer *t = &j->trainer;
	struct predictions val = {.n = t->split.n[PART_VAL],
				  .classes = t->model.classes,
				  .utt = t->split.at[PART_VAL]};

	val.label = mem_alloc((size_t)val.n, sizeof *val.label);
	for (int i = 0; i < val.n; i++)
		val.label[i] = j->lab->corpus.utt[val.utt[i]].label;
	return val;
}

int job_open_rows(struct job *j, struct err *e)
{
	struct predictions val = validation(j);
	int fold, epoch, step, failed;

	job_position(j, &fold, &epoch, &step);
	history_free(&j->history);
	failed = begin_rows(j, e) ||
		 (j->data_known && history_set_aside(&j->session, fold, "history", epoch, &val,
						     &j->lab->corpus, &j->set, e)) ||
		 history_begin(&j->history, &j->session, fold, "history", epoch, &val,
			       &j->lab->corpus, &j->set, e);
	free(val.label);
	if (!failed)
		job_remark_lost(j);
	return failed || job_rollback_open(j, e) ? -1 : 0;
}

static int begin_fold(struct job *j, int fold, struct err *e)
{
	struct trainer *t = &j->trainer;
	char path[PATH_LEN];

	job_close_fold(j); /* one that was stopped */
	/* Opened as configured: a live train.epoch must not move this fold's draws. */
	if (session_take(&j->session, fold, e) || steer_fold(&j->steer, fold, e) ||
	    trainer_open(t, &j->base, &j->lab->corpus, fold, j->par, e))
		return -1;
	t->set = j->set;
	t->stop = (struct evaluate_stop){j->hooks.stopping, j->hooks.ctx};
	t->other_data = j->data_known;
	j->memory = trainer_memory(t);
	if (job_remark_memory(j, machine_memory(), e) || job_ranks_begin(j, e))
		return -1;
	if (t->norm.text_dim && (fold_path(j, "normalize.safetensors", path, sizeof path, e) ||
				 norm_save(&t->norm, path, e)))
		return -1;
	/* A fold that goes on may have had live changes since. */
	if (restore(j, e) || find_ahead(j, e) || (t->state.step == 0 && job_remark_weights(j, e)) ||
	    steer_after(&j->steer, &t->state.rewinds, e) || job_rewind_tidy(j, e) ||
	    steer_store(&j->steer, fold, e) || job_store_data(j, e) || job_open_rows(j, e) ||
	    job_store_begin(j, e))
		return -1;
	if (j->hooks.begin_fold)
		j->hooks.begin_fold(j->hooks.ctx, j);
	return 0;
}

/* What the hook says, unless it has met what the run cannot go on after. */
static int ask(struct job *j, enum job_go *go, struct err *e)
{
	if (j->hooks.between)
		*go = j->hooks.between(j->hooks.ctx, j);
	if (!j->lost.status)
		return 0;
	*e = j->lost;
	return -1;
}

/* 1: the log goes back here, or a rule does, and so has the run; 0: none does. diverged: what
 * comes next did; NULL: it is not known yet. */
static int follow_back(struct job *j, const struct step_row *diverged, struct err *e)
{
	struct rewind to;
	int back = steer_rewind_due(&j->steer, &to, e);

	if (back > 0 && job_rewind(j, &to, true, NULL, e))
		return -1;
	if (back)
		return back;
	return diverged ? job_rollback_diverged(j, diverged, e) : job_rollback(j, e);
}

/* It has, or could not: if it was called back, the hook says why, and going on is once more to
 * go back. */
static int gone_back(struct job *j, int back, enum job_go *go, struct err *e)
{
	if (back > 0)
		return 0;
	if (e->status != EXIT_STOPPED)
		return -1;
	err_clear(e);
	*go = j->hooks.between ? JOB_GO : JOB_STOP;
	return ask(j, go, e);
}

/* An evaluation has failed; if it was only stopped, so is the run. */
static int stopped_within(enum job_go *go, struct err *e)
{
	if (e->status != EXIT_STOPPED)
		return -1;
	err_clear(e);
	*go = JOB_STOP;
	return 0;
}

/* The same of an epoch's; what it says may not be finite. */
static int not_ended(struct job *j, enum job_go *go, struct err *e)
{
	const struct state *s = &j->trainer.state;
	const struct step_row row = {
		.fold = s->fold, .epoch = s->epoch, .step = s->step, .loss = NAN};
	struct err why = *e;
	int back;

	if (why.status != EXIT_DIVERGED)
		return stopped_within(go, e);
	err_clear(e);
	back = follow_back(j, &row, e);
	if (back)
		return gone_back(j, back, go, e);
	*e = why;
	return -1;
}

static int end_epoch(struct job *j, enum job_go *go, struct err *e)
{
	struct predictions p;
	struct epoch_row row;
	int failed;

	if (j->hooks.evaluating)
		j->hooks.evaluating(j->hooks.ctx, j);
	if (trainer_epoch_end(&j->trainer, &row, &p, e))
		return not_ended(j, go, e);
	/* Each that is the best is told, the one before first. */
	if (j->best_waits && job_store_wait(j, e)) {
		predictions_free(&p);
		return -1;
	}
	failed = check_files(j, e) || history_add(&j->history, row.epoch, &p, e) ||
		 session_epoch(&j->session, &row, e) || job_store(j, true, e);
	if (!failed && j->hooks.epoch)
		j->hooks.epoch(j->hooks.ctx, j, &row, &p);
	if (!failed)
		job_tell_epoch(j, &row);
	predictions_free(&p);
	return failed ? -1 : 0;
}

/* It goes back, or who watches says what is to be done. */
static int step_diverged(struct job *j, const struct step_row *row, enum job_go *go, struct err *e)
{
	struct err why = *e;
	int back;

	err_clear(e);
	j->begun = true; /* the row is to be looked at */
	back = follow_back(j, row, e);
	if (back)
		return gone_back(j, back, go, e);
	if (session_step(&j->session, row, e) || job_store_wait(j, e))
		return -1;
	job_tell_diverged(j, row, &why);
	*go = j->hooks.diverged ? j->hooks.diverged(j->hooks.ctx, j, row, &why) : JOB_STOP;
	if (*go == JOB_GO || (*go == JOB_FOLD && j->trainer.state.best_epoch > 0))
		return begin_rows(j, e);
	*e = why;
	return -1;
}

static int one_step(struct job *j, enum job_go *go, struct err *e)
{
	bool repeats = job_repeats(j);
	struct step_row row;
	bool measures;

	if (j->trainer.state.ended) {
		if (check_files(j, e))
			return -1;
		job_remark_written(j);
	}
	trainer_epoch_begin(&j->trainer);
	measures = job_health_begin(j);
	switch (trainer_step(&j->trainer, &row, e)) {
	case STEP_FAILED:
		return -1;
	case STEP_DIVERGED:
		return step_diverged(j, &row, go, e);
	case STEP_DONE:
		break;
	}
	j->steps++;
	j->begun = j->trained = true;
	if (j->trainer.state.step >= j->ahead)
		j->ahead = 0;
	job_rollback_step(j, &row, repeats);
	if (session_step(&j->session, &row, e) || (measures && job_health_end(j, e)) ||
	    job_store_step(j, e))
		return -1;
	if (j->hooks.step)
		j->hooks.step(j->hooks.ctx, j, &row);
	return 0;
}

/* The test part's predictions, all heads, as the history keeps an epoch's. */
static int keep_test(struct job *j, const struct predictions *p, struct err *e)
{
	struct history h;
	int failed = history_begin(&h, &j->session, j->trainer.state.fold, "test", 1, p,
				   &j->lab->corpus, &j->set, e);

	if (failed)
		return -1;
	failed = history_add(&h, j->trainer.state.best_epoch, p, e) || history_sync(&h, e);
	history_free(&h);
	return failed ? -1 : 0;
}

static int end_fold(struct job *j, enum job_go *go, struct err *e)
{
	struct predictions p;
	struct fold_row row;
	char path[PATH_LEN];
	int failed;

	if (j->hooks.evaluating)
		j->hooks.evaluating(j->hooks.ctx, j);
	if (trainer_test(&j->trainer, &row, &p, e))
		return stopped_within(go, e);
	results_add(&j->results, &row);
	results_here(&j->results);
	failed = fold_path(j, "predictions.csv", path, sizeof path, e) ||
		 predictions_write(path, &p, &j->lab->corpus, &j->set, e) || keep_test(j, &p, e) ||
		 job_store(j, false, e) || job_store_wait(j, e) ||
		 session_result(&j->session, &j->results, e) || session_join(&j->session, e);
	if (!failed && j->hooks.fold)
		j->hooks.fold(j->hooks.ctx, j, &row, &p);
	if (!failed)
		job_tell_fold(j, &row);
	predictions_free(&p);
	return failed ? -1 : 0;
}

static int end_asked(struct job *j, bool asked, enum job_go *go, struct err *e)
{
	if (j->trainer.state.best_epoch > 0)
		return asked ? steer_end_fold(&j->steer, e) : 0;
	job_say(j,
		"fold %d has no evaluated epoch%s yet, so there is nothing to test; "
		"training continues",
		j->trainer.state.fold,
		j->set.train.select_from > 1 ? " that train.select_from lets be kept" : "");
	*go = JOB_GO;
	return 0;
}

/* What comes next: told by the log, or asked of the hook and then logged. *again: it is to be
 * asked again, from where the run is now. */
static int decide(struct job *j, enum job_go *go, bool *again, struct err *e)
{
	bool asked = *go == JOB_FOLD; /* as the answer to a step that diverged */
	bool logged = false;
	int back = 0;

	*again = false;
	if (*go == JOB_GO && steer_due(&j->steer, &logged, e))
		return -1;
	if (logged)
		*go = JOB_FOLD;
	if (*go == JOB_GO)
		back = follow_back(j, NULL, e);
	if (back) {
		*again = gone_back(j, back, go, e) == 0;
		return *again ? 0 : -1;
	}
	if (*go == JOB_GO && j->hooks.between) {
		if (ask(j, go, e))
			return -1;
		asked = true;
	}
	return *go == JOB_FOLD ? end_asked(j, asked, go, e) : 0;
}

/* No further step is to be made; else one is counted. */
static bool steps_spent(const struct job *j)
{
	if (j->opt.team)
		return !team_step(j->opt.team);
	return j->opt.max_steps > 0 && j->steps >= j->opt.max_steps;
}

static int run_fold(struct job *j, int fold, enum job_go *go, struct err *e)
{
	struct trainer *t = &j->trainer;
	bool again;

	if (begin_fold(j, fold, e))
		return -1;
	*go = JOB_GO;
	for (;;) {
		if (!t->state.ended && trainer_epoch_full(t)) {
			if (end_epoch(j, go, e))
				return -1;
			if (*go == JOB_STOP)
				break;
			continue;
		}
		if (job_store_check(j, e) || decide(j, go, &again, e))
			return -1;
		if (again && *go == JOB_GO)
			continue;
		if (*go != JOB_GO || trainer_done(t))
			break;
		if (steps_spent(j))
			*go = JOB_STOP;
		else if (one_step(j, go, e))
			return -1;
		if (*go == JOB_STOP)
			break;
	}
	if (*go != JOB_STOP && end_fold(j, go, e))
		return -1;
	return *go == JOB_STOP ? job_save(j, e) : 0;
}

int job_run_fold(struct job *j, int fold, enum job_go *go, struct err *e)
{
	int failed = run_fold(j, fold, go, e);
	struct err ignored = {0};

	/* The fold's lock goes next: nothing of it may be written after that. */
	job_store_wait(j, failed ? &ignored : e);
	job_store_end(j);
	return failed || e->status ? -1 : 0;
}
