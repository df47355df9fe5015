/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/hook/happening.h"

#include "app/session/run.h"
#include "base/file.h"
#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

extern char **environ;

static const struct {
	const char *name, *when;
} kinds[HAPPENED_KINDS] = {
	[HAPPENED_END] = {"end", "a run has finished, stopped or failed"},
	[HAPPENED_BREAK] = {"break", "the break condition holds and the run pauses"},
	[HAPPENED_SPIKE] = {"spike", "the loss is far above its running median, or not finite"},
	[HAPPENED_DIVERGED] = {"diverged", "a loss or gradient is not finite"},
	[HAPPENED_BEST] = {"best", "an epoch is the best so far and its weights are kept"},
	[HAPPENED_FOLD] = {"fold", "a fold is finished and its kept checkpoint tested"},
};

const char *happened_name(enum happened what)
{
	return kinds[what].name;
}

const char *happened_when(enum happened what)
{
	return kinds[what].when;
}

/* ---- what has happened ---- */

static void begin(struct happening *x, enum happened what, const char *dir)
{
	char name[RUN_NAME], branch[RUN_NAME];
	struct err ignored = {0};

	*x = (struct happening){.what = what, .fold = -1, .epoch = -1, .step = -1, .loss = NAN};
	x->figures = (struct figures){NAN, NAN, NAN, NAN};
	if (path_absolute(x->session, sizeof x->session, ".", dir, &ignored))
		str_fit(x->session, sizeof x->session, dir);
	run_names(x->session, name, branch);
	snprintf(x->name, sizeof x->name, strcmp(branch, "main") ? "%s/%s" : "%s", name, branch);
}

void happening_best(struct happening *x, const char *dir, const struct epoch_row *r, int step)
{
	begin(x, HAPPENED_BEST, dir);
	x->fold = r->fold;
	x->epoch = r->epoch;
	x->step = step;
	x->loss = r->val_loss;
	x->figures = r->val;
	snprintf(x->text, sizeof x->text,
		 "fold %d: epoch %d is the best so far, validation WA %.4f UA %.4f WF1 %.4f",
		 r->fold, r->epoch, r->val.wa, r->val.ua, r->val.wf1);
}

void happening_fold(struct happening *x, const char *dir, const struct fold_row *r, int epochs)
{
	begin(x, HAPPENED_FOLD, dir);
	x->fold = r->fold;
	x->epoch = r->best_epoch;
	x->figures = r->test;
	snprintf(x->text, sizeof x->text,
		 "fold %d: best epoch %d of %d, test WA %.4f UA %.4f WF1 %.4f", r->fold,
		 r->best_epoch, epochs, r->test.wa, r->test.ua, r->test.wf1);
}

static void at_step(struct happening *x, const struct step_row *r)
{
	x->fold = r->fold;
	x->epoch = r->epoch;
	x->step = r->step;
	x->loss = r->loss;
}

void happening_spike(struct happening *x, const char *dir, const struct step_row *r,
		     const char *why)
{
	begin(x, HAPPENED_SPIKE, dir);
	at_step(x, r);
	str_fit(x->text, sizeof x->text, why);
}

void happening_diverged(struct happening *x, const char *dir, const struct step_row *r,
			const char *why)
{
	begin(x, HAPPENED_DIVERGED, dir);
	at_step(x, r);
	str_fit(x->text, sizeof x->text, why);
}

void happening_break(struct happening *x, const char *dir, const struct step_row *r,
		     const char *condition)
{
	begin(x, HAPPENED_BREAK, dir);
	at_step(x, r);
	str_fit(x->text, sizeof x->text, condition);
}

void happening_finished(struct happening *x, const char *dir, const struct results *r)
{
	char sd[32] = "";

	begin(x, HAPPENED_END, dir);
	x->state = "finished";
	x->figures = r->mean;
	if (r->n > 1)
		snprintf(sd, sizeof sd, " ± %.4f", r->sd.wf1);
	snprintf(x->text, sizeof x->text, "finished: %d fold%s, test WF1 %.4f%s", r->n,
		 r->n == 1 ? "" : "s", r->mean.wf1, sd);
}

void happening_ended(struct happening *x, const char *dir, const char *state, int fold, int epoch,
		     int step, const char *why)
{
	begin(x, HAPPENED_END, dir);
	x->state = state;
	x->fold = fold;
	x->epoch = epoch;
	x->step = step;
	if (*why)
		str_fit(x->text, sizeof x->text, why);
	else
		snprintf(x->text, sizeof x->text, "%s before epoch %d, step %d of fold %d", state,
			 epoch, step, fold);
}

/* ---- as an environment ---- */

static void count(struct str *out, int n)
{
	if (n >= 0)
		str_addf(out, "%d", n);
}

static void number(struct str *out, double x)
{
	if (isfinite(x))
		str_num(out, x);
}

static void event(const struct happening *x, struct str *out)
{
	str_add(out, kinds[x->what].name);
}

static void state(const struct happening *x, struct str *out)
{
	str_add(out, x->state ? x->state : "");
}

static void session(const struct happening *x, struct str *out)
{
	str_add(out, x->session);
}

static void name(const struct happening *x, struct str *out)
{
	str_add(out, x->name);
}

static void fold(const struct happening *x, struct str *out)
{
	count(out, x->fold);
}

static void epoch(const struct happening *x, struct str *out)
{
	count(out, x->epoch);
}

static void step(const struct happening *x, struct str *out)
{
	count(out, x->step);
}

static void loss(const struct happening *x, struct str *out)
{
	if (x->what == HAPPENED_DIVERGED || x->what == HAPPENED_SPIKE)
		str_num(out, x->loss); /* nan and inf are the news */
	else
		number(out, x->loss);
}

static void wa(const struct happening *x, struct str *out)
{
	number(out, x->figures.wa);
}

static void ua(const struct happening *x, struct str *out)
{
	number(out, x->figures.ua);
}

static void wf1(const struct happening *x, struct str *out)
{
	number(out, x->figures.wf1);
}

static void macro_f1(const struct happening *x, struct str *out)
{
	number(out, x->figures.macro_f1);
}

static void text(const struct happening *x, struct str *out)
{
	str_add(out, x->text);
}

static const struct variable {
	const char *name, *help;
	void (*value)(const struct happening *x, struct str *out); /* adds nothing: none */
} variables[] = {
	{"MIUST_EVENT", "end, break, spike, diverged, best or fold", event},
	{"MIUST_STATE", "of end: finished, stopped, diverged or failed", state},
	{"MIUST_TEXT", "a sentence that says what happened", text},
	{"MIUST_SESSION", "the session folder, absolute; with --seeds that of the seed", session},
	{"MIUST_NAME", "the run's name: the folder's, without its date", name},
	{"MIUST_FOLD", "the fold", fold},
	{"MIUST_EPOCH", "the epoch; of fold the kept one, of end the next", epoch},
	{"MIUST_STEP", "the step within the fold; of end the next", step},
	{"MIUST_LOSS", "of break, spike and diverged the step's loss, of best that of validation",
	 loss},
	{"MIUST_WA", "of best on validation, of fold on test, of end the mean of the folds", wa},
	{"MIUST_UA", "likewise", ua},
	{"MIUST_WF1", "likewise", wf1},
	{"MIUST_MACRO_F1", "likewise", macro_f1},
};
enum { VARIABLES = sizeof variables / sizeof *variables };

const char *happening_variable(int i, const char **help)
{
	if (i >= VARIABLES)
		return NULL;
	*help = variables[i].help;
	return variables[i].name;
}

static bool is_ours(const char *assignment)
{
	size_t n = strcspn(assignment, "=");

	for (int i = 0; i < VARIABLES; i++)
		if (strlen(variables[i].name) == n &&
		    strncmp(variables[i].name, assignment, n) == 0)
			return true;
	return false;
}

char **happening_environ(const struct happening *x)
{
	struct str value = {0};
	size_t n = 0, inherited = 0;
	char **env;

	while (environ && environ[inherited])
		inherited++;
	env = mem_alloc(inherited + VARIABLES + 1, sizeof *env);
	for (size_t i = 0; i < inherited; i++)
		if (!is_ours(environ[i]))
			env[n++] = mem_dup(environ[i]);
	for (int i = 0; i < VARIABLES; i++) {
		str_reset(&value);
		variables[i].value(x, &value);
		if (value.len)
			env[n++] = str_format("%s=%s", variables[i].name, value.s);
	}
	str_free(&value);
	return env;
}

void happening_environ_free(char **env)
{
	for (char **at = env; at && *at; at++)
		free(*at);
	free(env);
}
