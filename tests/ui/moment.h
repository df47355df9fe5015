/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * moment: the moment that the agreed screens show, as data.
 *
 * IEMOCAP, protocol holdout, fold 3 of 5, epoch 42 of 70 begun: 41 epochs are
 * evaluated, 28 steps each. The learning rate was changed after epoch 18, the
 * kept checkpoint is of epoch 30, where the branch cmd-half left. Curves are
 * made up, the same on every run: knots, with a little noise of their own.
 */
#ifndef MIUST_TESTS_UI_MOMENT_H
#define MIUST_TESTS_UI_MOMENT_H

#include "app/config/option.h"
#include "base/mem.h"
#include "test.h"
#include "ui/state/overlay.h"

enum { MOMENT_STEPS = 28, MOMENT_EPOCHS = 41, MOMENT_PLAN = 70, MOMENT_KEPT = 30 };

struct moment_knot {
	double at, y;
};

/* The line through knots; ends with one at 0 behind the first. */
static inline double moment_line(const struct moment_knot *k, double at)
{
	while (k[1].at > 0 && k[1].at < at)
		k++;
	if (k[1].at == 0 || at <= k->at)
		return k->y;
	return k->y + (at - k->at) / (k[1].at - k->at) * (k[1].y - k->y);
}

static inline double moment_noise(unsigned *seed) /* -1 … 1, mostly small */
{
	double x = 0;

	for (int i = 0; i < 3; i++) {
		*seed = *seed * 1664525u + 1013904223u;
		x += (*seed >> 8) / 8388608. - 1;
	}
	return x / 3;
}

static inline struct step_row moment_step(const struct settings *s, int fold, int step,
					  unsigned *seed)
{
	static const struct moment_knot course[TERMS][12] = {
		[TERM_MAIN] = {{.03, 1.32},
			       {1, 1.10},
			       {3, .95},
			       {8, .80},
			       {15, .61},
			       {22, .45},
			       {30, .41},
			       {41, .388}},
		[TERM_TEXT] = {{.03, 1.36},
			       {1, 1.20},
			       {3, 1.08},
			       {8, .97},
			       {15, .85},
			       {22, .73},
			       {30, .69},
			       {41, .676}},
		[TERM_AUDIO] = {{.03, 1.37},
				{1, 1.24},
				{3, 1.12},
				{8, 1.02},
				{15, .91},
				{22, .82},
				{30, .78},
				{41, .777}},
		[TERM_CMD_TEXT] = {{.03, .020},
				   {3, .030},
				   {8, .055},
				   {12, .060},
				   {20, .052},
				   {30, .056},
				   {41, .059}},
		[TERM_CMD_AUDIO] = {{.03, .012},
				    {3, .030},
				    {6, .052},
				    {9, .041},
				    {14, .040},
				    {20, .043},
				    {30, .047},
				    {41, .049}},
	};
	static const struct moment_knot norm[] = {{.03, 1.9}, {8, 1.6},  {18, 1.2},
						  {26, .75},  {41, .57}, {0, 0}};
	double at = 1. * step / MOMENT_STEPS;
	int epoch = (step - 1) / MOMENT_STEPS + 1;
	struct step_row r = {.fold = fold, .epoch = epoch, .step = step};

	for (int t = 0; t < TERMS; t++) {
		bool aligns = t == TERM_CMD_TEXT || t == TERM_CMD_AUDIO;

		r.term[t] = moment_line(course[t], at) *
			    (1 + (aligns ? 0.9 : 0.16) * moment_noise(seed));
		r.loss += loss_weight(s, (enum term)t) * r.term[t];
	}
	r.grad_norm = moment_line(norm, at) * exp(moment_noise(seed));
	r.lr = (epoch <= 18 ? 5e-4 : 3e-4) / 2 * (1 + cos(3.14159265 * (epoch - 1) / MOMENT_PLAN));
	return r;
}

static inline struct epoch_row moment_epoch(int fold, int epoch, double more, unsigned *seed)
{
	static const struct moment_knot ce[] = {{1, 1.42}, {3, 1.12},   {6, .90},
						{10, .76}, {15, .729},  {22, .745},
						{30, .87}, {41, 1.042}, {0, 0}};
	static const struct moment_knot wf1[] = {{1, .561},  {3, .640},  {6, .690},   {8, .700},
						 {10, .712}, {13, .722}, {16, .722},  {17, .714},
						 {19, .728}, {21, .731}, {23, .721},  {25, .730},
						 {27, .720}, {29, .739}, {30, .7461}, {31, .741},
						 {34, .736}, {38, .731}, {41, .7258}, {0, 0}};
	bool exact = epoch == MOMENT_KEPT || epoch == MOMENT_EPOCHS;
	double noise = exact ? 0 : 0.003 * moment_noise(seed);
	struct epoch_row r = {.fold = fold, .epoch = epoch, .seconds = 40};

	r.train_loss = 0.5 - 0.005 * epoch;
	r.val_loss = moment_line(ce, epoch) + (epoch == 15 ? 0 : fabs(2 * noise));
	r.val.wf1 = fmin(moment_line(wf1, epoch) + noise, 0.7461) + more;
	r.val.wa = r.val.wf1 + (epoch == MOMENT_KEPT ? -0.0008 : 0.0002);
	r.val.ua = r.val.wf1 + (epoch == MOMENT_KEPT ? 0.0096 : 0.0123 - fabs(noise));
	return r;
}

/* Steps 1 … last, and the epochs they end. */
static inline void moment_fold(struct run *r, int fold, int last)
{
	unsigned seed = 7u * (unsigned)fold;
	double more = (fold - 3) * 0.008;
	struct fold_run *f = run_fold(r, fold);

	for (int step = 1; step <= last; step++) {
		struct step_row row = moment_step(&r->set, fold, step, &seed);

		run_add_step(r, &row);
	}
	for (int epoch = 1; epoch <= last / MOMENT_STEPS; epoch++) {
		struct epoch_row row = moment_epoch(fold, epoch, more, &seed);

		run_add_epoch(r, &row, NULL, NULL,
			      epoch == MOMENT_KEPT || (epoch < 20 && epoch % 6 == 1));
	}
	f->steps_per_epoch = MOMENT_STEPS;
}

static inline void moment_settings(struct settings *s)
{
	struct err e = {0};

	memset(s, 0, sizeof *s);
	options_preset(s);
	snprintf(s->exp.audio_dir, PATH_LEN, "/data/audio");
	snprintf(s->exp.text_dir, PATH_LEN, "/data/text");
	snprintf(s->exp.iemocap_csv, PATH_LEN, "/data/lists");
	s->exp.seed = 53;
	s->exp.protocol = PROTOCOL_HOLDOUT;
	s->model.num_classes = 4;
	s->train.epoch = MOMENT_PLAN;
	if (option_set(s, option_find("train.optimizer.lr"), "5e-4", ".", &e) ||
	    options_resolve(s, &e))
		FAIL("%s", e.text);
}

static inline void moment_run(struct run *r, const char *branch)
{
	*r = (struct run){.name = "iemocap-holdout", .dir = "sessions/iemocap-holdout"};
	snprintf(r->branch, sizeof r->branch, "%s", branch);
	moment_settings(&r->set);
	r->base = r->set;
	results_init(&r->results, &r->set);
}

static inline void moment_tested(struct run *r, int fold, double wf1)
{
	struct fold_run *f = run_fold(r, fold);
	double all[16]; /* more folds than any test has */

	f->tested = true;
	f->result = (struct fold_row){.fold = fold, .best_epoch = MOMENT_KEPT, .test.wf1 = wf1};
	f->best_epoch = MOMENT_KEPT;
	r->results.fold =
		mem_grow(r->results.fold, (size_t)r->results.n + 1, sizeof *r->results.fold);
	r->results.fold[r->results.n++] = f->result;
	for (int i = 0; i < r->results.n; i++)
		all[i] = r->results.fold[i].test.wf1;
	mean_sd(all, r->results.n, &r->results.mean.wf1, &r->results.sd.wf1);
}

/* The branch: as fold 3 until the kept epoch, better behind it. */
static inline void moment_branch(struct run *r)
{
	static const struct moment_knot wf1[] = {{30, .7461}, {31, .7435}, {32, .749},
						 {34, .7549}, {36, .743},  {38, .740},
						 {39, .7465}, {41, .739},  {0, 0}};
	struct fold_run *f;

	moment_run(r, "cmd-half");
	snprintf(r->dir, sizeof r->dir, "sessions/iemocap-holdout/branches/cmd-half");
	moment_fold(r, 3, MOMENT_EPOCHS * MOMENT_STEPS + 11);
	f = run_fold(r, 3);
	for (int i = MOMENT_KEPT; i < f->nepochs; i++) {
		f->epoch[i].val.wf1 = moment_line(wf1, f->epoch[i].epoch);
		f->epoch[i].val_loss -= 0.008 * (f->epoch[i].epoch - MOMENT_KEPT);
	}
}

static inline void moment_snapshot(struct snapshot *s)
{
	*s = (struct snapshot){.state = WORK_RUN,
			       .fold = 3,
			       .nfolds = 5,
			       .place = 3,
			       .epoch = MOMENT_EPOCHS + 1,
			       .epochs = MOMENT_PLAN,
			       .in_epoch = 11,
			       .steps_per_epoch = MOMENT_STEPS,
			       .step = MOMENT_EPOCHS * MOMENT_STEPS + 11,
			       .loss = 0.289,
			       .best = 0.7453,
			       .best_epoch = MOMENT_KEPT,
			       .lr = 1.10e-4,
			       .rate = 96,
			       .eta = 6689,
			       .pending = 1,
			       .pending_key = "train.loss.cmd_text",
			       .pending_value = "0.15",
			       .trains = true};
	moment_settings(&s->set);
}

/* All of it; moment_free afterwards. */
static inline void moment_init(struct ui *u, const struct look *look, int rows, int cols)
{
	struct fold_run *f;

	ui_init(u, look, rows, cols);
	moment_run(&u->run, "main");
	moment_fold(&u->run, 1, MOMENT_PLAN * MOMENT_STEPS);
	moment_fold(&u->run, 2, MOMENT_PLAN * MOMENT_STEPS);
	moment_fold(&u->run, 3, MOMENT_EPOCHS * MOMENT_STEPS + 11);
	moment_tested(&u->run, 1, 0.7132);
	moment_tested(&u->run, 2, 0.7264);
	f = run_fold(&u->run, 3);
	f->val.n = 876;
	f->val.id = mem_alloc(876, sizeof *f->val.id);
	run_add_mark(&u->run, 3, MARK_CHANGE, 19, 18 * MOMENT_STEPS + 1, "lr 3e-4");
	run_add_mark(&u->run, 3, MARK_BRANCH, 31, MOMENT_KEPT * MOMENT_STEPS + 1, "cmd-half");
	u->run.set.train.optimizer.lr = 3e-4;
	u->overlay = mem_alloc(1, sizeof *u->overlay);
	u->noverlays = 1;
	moment_branch(u->overlay);
	overlay_place(u);
	moment_snapshot(&u->now);
	u->sel.fold = 3;
	/* Somebody to ask: what needs a run is not refused. Nothing is asked. */
	u->work = (struct work *)u;
}

static inline void moment_free(struct ui *u)
{
	u->work = NULL;
	ui_free(u);
}

#endif
