/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/job.h"

#include "app/demo.h"
#include "app/steer.h"
#include "base/file.h"
#include "base/mapped.h"
#include "base/mem.h"
#include "base/plain.h"
#include "base/str.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static void say(const struct job *j, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void say(const struct job *j, const char *fmt, ...)
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

static int load_settings(struct settings *s, const struct job_options *o,
			 void (*say_to)(void *, const char *), void *ctx, struct err *e)
{
	char path[PATH_LEN];
	struct warnings w = {0};
	int failed = demo_find(path, sizeof path, o->config, e) ||
		     config_load(s, path, o->set, o->nset, &w, e);

	for (int i = 0; i < w.n && say_to; i++)
		say_to(ctx, w.text[i]);
	warnings_free(&w);
	return failed ? -1 : 0;
}

static int open_corpus(struct corpus *c, const struct settings *s, unsigned how,
		       const struct job_options *o, bool notes,
		       void (*say_to)(void *, const char *), void *ctx, struct err *e)
{
	struct problems p = {0};
	struct problem_groups g;
	int failed = corpus_open(c, s, how, &p, e);

	/* Notes about rows are for `check`. What stopped the reading is in *e as well,
	 * and is said at the end. */
	g = problems_grouped(&p);
	for (int i = 0; i < g.n && say_to; i++) {
		const struct problem_group *at = &g.at[i];
		char *warning = NULL;

		if (at->kind == PROBLEM_WARNING)
			warning = str_format("warning: %s", at->text);
		if (at->kind == PROBLEM_NOTE && !(notes && at->rows == 0))
			continue;
		if (strcmp(at->text, e->text) != 0)
			say_to(ctx, warning ? warning : at->text);
		free(warning);
	}
	if (!failed && !(how & CORPUS_SKIP_BAD))
		failed = corpus_refuse(c, &p, o->leave_out, e);
	if (failed)
		corpus_close(c);
	problem_groups_free(&g);
	problems_free(&p);
	return failed;
}

static void say_left_out(const struct corpus *c, void (*say_to)(void *, const char *), void *ctx)
{
	char text[128];

	if (!c->nleft || !say_to)
		return;
	snprintf(text, sizeof text, "%d row%s left out (listed above), %d remain", c->nleft,
		 c->nleft == 1 ? "" : "s", c->n);
	say_to(ctx, text);
}

int job_load(struct settings *s, struct corpus *c, const struct job_options *o, unsigned how,
	     void (*say_to)(void *ctx, const char *text), void *ctx, struct err *e)
{
	if (load_settings(s, o, say_to, ctx, e) || open_corpus(c, s, how, o, false, say_to, ctx, e))
		return -1;
	say_left_out(c, say_to, ctx);
	return 0;
}

/* A session goes on with the settings it was started with. */
static int check_same(const struct settings *stored, const struct settings *asked,
		      const struct job_options *o, struct err *e)
{
	for (int i = 0; i < option_count; i++) {
		const struct option *k = &option_table[i];
		char was[OPTION_TEXT], now[OPTION_TEXT];

		if (k->no_effect || option_equal(stored, asked, k))
			continue;
		return err_set(e,
			       "%s was started with %s %s, %s says %s; resume with the same "
			       "settings, or start a new session",
			       o->session, k->key, option_text(stored, k, was, sizeof was),
			       o->config, option_text(asked, k, now, sizeof now));
	}
	return 0;
}

/* Named after the config's file, or the session's folder given instead. */
static int new_name(char *out, size_t n, const char *config, struct err *e)
{
	char folder[PATH_LEN];

	if (!file_is_dir(config) || strcmp(config, "demo") == 0)
		return session_new_name(out, n, config, e);
	return path_resolve(folder, sizeof folder, ".", config, e) ||
			       session_new_name(out, n, folder, e)
		       ? -1
		       : 0;
}

static int open_session(struct job *j, struct err *e)
{
	const struct job_options *o = &j->opt;
	char name[PATH_LEN];

	if (o->resume && session_exists(o->session)) {
		struct settings asked = j->set;

		if (session_resume(&j->root, o->session, &j->set, e))
			return -1;
		return o->config ? check_same(&j->set, &asked, o, e) : 0;
	}
	if (!o->config)
		return err_set(e, "%s: no session is stored there", o->session);
	if (!o->session && new_name(name, sizeof name, o->config, e))
		return -1;
	return session_create(&j->root, o->session ? o->session : name, &j->set, e);
}

static int check_folds(const struct job *j, struct err *e)
{
	int have[LISTS_MAX], n = split_folds(&j->corpus, have);

	for (int i = 0; i < j->opt.nfolds; i++) {
		bool found = false;

		for (int k = 0; k < n; k++)
			found |= have[k] == j->opt.fold[i];
		if (!found)
			return err_usage(e, "--fold %d: this corpus has fold%s %d%s",
					 j->opt.fold[i], n > 1 ? "s" : "", have[0],
					 n > 1 ? " to 5" : " only");
	}
	return 0;
}

int job_open(struct job *j, const struct job_options *o, const struct job_hooks *h, struct err *e)
{
	unsigned how = o->skip_bad ? CORPUS_SKIP_BAD : CORPUS_HEADERS;

	*j = (struct job){.opt = *o, .hooks = *h};
	j->root.lock = j->session.lock = -1;
	j->opt.seeds = o->seeds > 0 ? o->seeds : 1;
	if (o->resume && !o->session)
		return err_usage(e, "--resume needs --session DIR: which session is to go on?");
	if (!o->config && o->nset)
		return err_usage(e, "--set: a session goes on with the settings it was started "
				    "with; set others for a new one");
	if (o->config && load_settings(&j->set, o, h->say, h->ctx, e))
		goto fail;
	if (!o->config && o->session && !session_exists(o->session)) {
		err_set(e, "%s: no session is stored there", o->session);
		goto fail;
	}
	/* Data first: a corpus at fault leaves no empty session behind. */
	if (!o->config && session_read(&j->root, o->session, &j->set, e))
		goto fail;
	session_close(&j->root);
	if (open_corpus(&j->corpus, &j->set, how, o, o->notes, h->say, h->ctx, e) ||
	    check_folds(j, e))
		goto fail;
	say_left_out(&j->corpus, h->say, h->ctx);
	if (steer_open(j, e))
		goto fail;
	j->par = par_new(o->threads, e);
	if (!j->par || open_session(j, e))
		goto fail;
	j->base = j->set;
	return 0;
fail:
	job_close(j);
	return -1;
}

void job_close(struct job *j)
{
	mapped_advice(NULL);
	if (j->trainer.corpus)
		trainer_close(&j->trainer);
	history_free(&j->history);
	steer_close(j);
	session_close(&j->session);
	session_close(&j->root);
	corpus_close(&j->corpus);
	par_free(j->par);
	*j = (struct job){0};
}

void job_position(const struct job *j, int *fold, int *epoch, int *step)
{
	const struct trainer *t = &j->trainer;

	*fold = t->fold;
	*epoch = t->ended ? t->epoch + 1 : t->epoch;
	*step = t->step + 1;
}

/* ---- running ---- */

static int fold_path(const struct job *j, const char *name, char *out, size_t n, struct err *e)
{
	return session_fold_path(&j->session, j->trainer.fold, name, out, n, e);
}

/* No file of the training part has become shorter, so that zeros were read. */
static int check_files(const struct job *j, struct err *e)
{
	const struct split *s = &j->trainer.split;

	return corpus_intact(&j->corpus, s->at[PART_TRAIN], s->n[PART_TRAIN], e);
}

static int store(struct job *j, struct err *e)
{
	const struct trainer *t = &j->trainer;
	char path[PATH_LEN];

	if (session_sync(&j->session, e) || history_sync(&j->history, e))
		return -1;
	if (t->best_epoch > 0 && t->best_epoch == t->epoch && t->ended &&
	    (fold_path(j, "best.safetensors", path, sizeof path, e) ||
	     trainer_save_best(t, path, e)))
		return -1;
	if (fold_path(j, "last.safetensors", path, sizeof path, e) ||
	    trainer_save_last(t, path, e) ||
	    fold_path(j, "state.safetensors", path, sizeof path, e))
		return -1;
	return trainer_save(t, path, e);
}

int job_save(struct job *j, struct err *e)
{
	return check_files(j, e) || store(j, e) ? -1 : 0;
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
	if (t->best_epoch == 0)
		return 0;
	return fold_path(j, "best.safetensors", path, sizeof path, e) ||
	       trainer_save_best(t, path, e);
}

/* Rows at and behind the next step are done again: cut them. */
static int begin_rows(struct job *j, struct err *e)
{
	int done[LISTS_MAX], fold, epoch, step;

	for (int i = 0; i < j->results.n; i++)
		done[i] = j->results.fold[i].fold;
	job_position(j, &fold, &epoch, &step);
	return session_begin(&j->session, fold, epoch, step, done, j->results.n, e);
}

static void close_fold(struct job *j)
{
	if (j->trainer.corpus)
		trainer_close(&j->trainer);
	history_free(&j->history);
}

/* train.memory is what the user may rely on; where it cannot be kept, it is said. */
static void say_beyond(const struct job *j)
{
	int64_t least = trainer_least_memory(&j->trainer), memory = j->set.train.memory;

	if (memory && least > memory)
		say(j,
		    "train.memory: %lldM do not hold the longest utterances of fold %d: each of "
		    "them goes through alone, with %lldM at most",
		    (long long)(memory >> 20), j->trainer.fold, (long long)(least >> 20) + 1);
}

static int begin_fold(struct job *j, int fold, struct err *e)
{
	struct trainer *t = &j->trainer;
	struct predictions val = {0};
	int epoch, step, failed;
	char path[PATH_LEN];

	close_fold(j); /* one that was stopped */
	/* Opened as configured: a live train.epoch must not move this fold's draws. */
	if (steer_fold(j, fold, e) || trainer_open(t, &j->base, &j->corpus, fold, j->par, e))
		return -1;
	t->set = j->set;
	t->stop = (struct evaluate_stop){j->hooks.stopping, j->hooks.ctx};
	say_beyond(j);
	if (t->norm.text_dim && (fold_path(j, "normalize.safetensors", path, sizeof path, e) ||
				 norm_save(&t->norm, path, e)))
		return -1;
	if (restore(j, e) || begin_rows(j, e))
		return -1;
	job_position(j, &fold, &epoch, &step);
	val.n = t->split.n[PART_VAL];
	val.classes = t->model.classes;
	val.utt = t->split.at[PART_VAL];
	val.label = mem_alloc((size_t)val.n, sizeof *val.label);
	for (int i = 0; i < val.n; i++)
		val.label[i] = j->corpus.utt[val.utt[i]].label;
	failed = history_begin(&j->history, &j->session, fold, "history", epoch, &val, &j->corpus,
			       &j->set, e);
	free(val.label);
	if (!failed && j->hooks.begin_fold)
		j->hooks.begin_fold(j->hooks.ctx, j);
	return failed;
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

static int end_epoch(struct job *j, enum job_go *go, struct err *e)
{
	struct predictions p;
	struct epoch_row row;
	int failed;

	if (j->hooks.evaluating)
		j->hooks.evaluating(j->hooks.ctx, j);
	if (trainer_epoch_end(&j->trainer, &row, &p, e))
		return stopped_within(go, e);
	failed = check_files(j, e) || history_add(&j->history, row.epoch, &p, e) ||
		 session_epoch(&j->session, &row, e) || store(j, e);
	if (!failed && j->hooks.epoch)
		j->hooks.epoch(j->hooks.ctx, j, &row, &p);
	predictions_free(&p);
	return failed ? -1 : 0;
}

static int one_step(struct job *j, enum job_go *go, struct err *e)
{
	struct step_row row;
	struct err why;

	if (j->trainer.ended && check_files(j, e))
		return -1;
	trainer_epoch_begin(&j->trainer);
	switch (trainer_step(&j->trainer, &row, e)) {
	case STEP_FAILED:
		return -1;
	case STEP_DIVERGED:
		why = *e;
		err_clear(e);
		if (session_step(&j->session, &row, e))
			return -1;
		*go = j->hooks.diverged ? j->hooks.diverged(j->hooks.ctx, j, &row, &why) : JOB_STOP;
		if (*go == JOB_GO || (*go == JOB_FOLD && j->trainer.best_epoch > 0))
			return begin_rows(j, e);
		*e = why;
		return -1;
	case STEP_DONE:
		break;
	}
	j->steps++;
	if (session_step(&j->session, &row, e))
		return -1;
	if (j->hooks.step)
		j->hooks.step(j->hooks.ctx, j, &row);
	return 0;
}

/* The test part's predictions, all heads, as the history keeps an epoch's. */
static int keep_test(struct job *j, const struct predictions *p, struct err *e)
{
	struct history h;
	int failed = history_begin(&h, &j->session, j->trainer.fold, "test", 1, p, &j->corpus,
				   &j->set, e);

	if (failed)
		return -1;
	failed = history_add(&h, j->trainer.best_epoch, p, e) || history_sync(&h, e);
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
	failed = fold_path(j, "predictions.csv", path, sizeof path, e) ||
		 predictions_write(path, &p, &j->corpus, &j->set, e) || keep_test(j, &p, e) ||
		 store(j, e) || session_path(&j->session, "results.json", path, sizeof path, e) ||
		 results_write(&j->results, path, e);
	if (!failed && j->hooks.fold)
		j->hooks.fold(j->hooks.ctx, j, &row, &p);
	predictions_free(&p);
	return failed ? -1 : 0;
}

/* What comes next: told by the log, or asked of the hook and then logged. */
static int decide(struct job *j, enum job_go *go, struct err *e)
{
	bool asked = *go == JOB_FOLD; /* as the answer to a step that diverged */

	if (*go == JOB_GO && steer_due(j, go, e))
		return -1;
	if (*go == JOB_GO && j->hooks.between) {
		*go = j->hooks.between(j->hooks.ctx, j);
		asked = true;
	}
	if (*go != JOB_FOLD)
		return 0;
	if (j->trainer.best_epoch == 0) {
		say(j,
		    "fold %d has no evaluated epoch yet, so there is nothing to test: it goes on",
		    j->trainer.fold);
		*go = JOB_GO;
		return 0;
	}
	return asked ? steer_end_fold(j, e) : 0;
}

static int run_fold(struct job *j, int fold, enum job_go *go, struct err *e)
{
	struct trainer *t = &j->trainer;

	if (begin_fold(j, fold, e))
		return -1;
	*go = JOB_GO;
	for (;;) {
		if (!t->ended && trainer_epoch_full(t)) {
			if (end_epoch(j, go, e))
				return -1;
			if (*go == JOB_STOP)
				break;
			continue;
		}
		if (decide(j, go, e))
			return -1;
		if (*go != JOB_GO || trainer_done(t))
			break;
		if (j->opt.max_steps > 0 && j->steps >= j->opt.max_steps)
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

/* The folds of this seed that earlier runs have finished. */
static int read_results(struct job *j, struct err *e)
{
	char path[PATH_LEN];

	results_init(&j->results, &j->set);
	if (session_path(&j->session, "results.json", path, sizeof path, e))
		return -1;
	return file_exists(path) ? results_read(&j->results, path, e) : 0;
}

static bool wanted(const struct job *j, int fold)
{
	for (int i = 0; i < j->opt.nfolds; i++)
		if (j->opt.fold[i] == fold)
			return true;
	return j->opt.nfolds == 0;
}

static int run_seed(struct job *j, enum job_go *go, struct err *e)
{
	int have[LISTS_MAX], n = split_folds(&j->corpus, have), left = 0, failed;

	failed = read_results(j, e);
	for (int i = 0; i < n; i++)
		left += wanted(j, have[i]) && !results_has(&j->results, have[i]);
	if (failed || !left)
		return failed;
	failed = steer_begin(j, e);
	for (int i = 0; i < n && !failed && *go != JOB_STOP; i++) {
		if (!wanted(j, have[i]) || results_has(&j->results, have[i]))
			continue;
		failed = run_fold(j, have[i], go, e);
		if (failed || *go != JOB_STOP)
			close_fold(j);
	}
	return failed;
}

static int run_seeds(struct job *j, struct err *e)
{
	const struct settings base = j->base;
	enum job_go go = JOB_GO;

	j->complete = false;
	for (int i = 0; i < j->opt.seeds; i++) {
		j->base = base;
		j->base.exp.seed += i;
		j->set = j->base;
		session_close(&j->session);
		if ((i == 0 ? session_share(&j->session, &j->root, e)
			    : session_seed(&j->session, &j->root, &j->set, e)) ||
		    run_seed(j, &go, e)) {
			j->base = base;
			return -1;
		}
		if (go == JOB_STOP)
			break;
		if (j->hooks.seed)
			j->hooks.seed(j->hooks.ctx, j);
	}
	j->base = base;
	j->complete = go != JOB_STOP;
	return 0;
}

int job_run(struct job *j, struct err *e)
{
	struct str advice = {0};
	struct err files = {0};
	int failed;

	if (j->trainer.corpus)
		trainer_close(&j->trainer);
	str_add(&advice, "; the session goes on from its last checkpoint with --session ");
	str_add_quoted(&advice, j->root.root);
	str_add(&advice, " --resume");
	mapped_advice(advice.s);
	failed = run_seeds(j, e);
	if (j->complete)
		mapped_advice(NULL);
	if (failed && corpus_intact(&j->corpus, NULL, j->corpus.n, &files)) {
		size_t n = strlen(e->text);

		str_fit(e->text + n, sizeof e->text - n, advice.s);
	}
	str_free(&advice);
	return failed;
}
