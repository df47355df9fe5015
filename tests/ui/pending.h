/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pending: the run of the mock-ups at one moment, as far as commands, settings
 * and sessions need it: IEMOCAP, holdout, fold 3, epoch 42 of 70, step 11 of
 * 28, one change pending. The engine is a pointer that nobody follows.
 */
#ifndef MIUST_TESTS_UI_PENDING_H
#define MIUST_TESTS_UI_PENDING_H

#include "tests/ui/util.h"

#include "app/config/setting.h"
#include "ui/console/command.h"
#include "ui/term/key.h"
#include "ui/view/config.h"

static const struct look look_moment = {.glyphs = GLYPHS_BRAILLE};

static inline void moment_set(struct settings *s, const char *assignment)
{
	struct err e = {0};

	if (setting_assign(s, assignment, &e))
		FAIL("%s", e.text);
}

static inline void moment_settings(struct settings *s)
{
	static const char *const assigned[] = {
		"exp.audio_dir=/data/iemocap/wav2vec2",
		"exp.text_dir=/data/iemocap/bert",
		"exp.iemocap_csv=/data/iemocap/lists",
		"exp.protocol=holdout",
		"train.padding=masked",
		"train.optimizer.lr=3e-4",
		"train.patience=20",
	};
	struct err e = {0};

	memset(s, 0, sizeof *s);
	options_preset(s);
	for (size_t i = 0; i < sizeof assigned / sizeof *assigned; i++)
		moment_set(s, assigned[i]);
	if (options_resolve(s, &e))
		FAIL("%s", e.text);
}

static inline void moment_init(struct ui *u, int cols, int rows)
{
	ui_init(u, &look_moment, rows, cols);
	moment_settings(&u->run.set);
	u->run.base = u->run.set;
	u->work = (struct work *)u;
	u->now.state = WORK_RUN;
	u->now.trains = true;
	u->now.set = u->run.set;
	snprintf(u->now.session, sizeof u->now.session, "sessions/iemocap-holdout");
	u->now.fold = u->now.place = 3;
	u->now.nfolds = 5;
	u->now.epoch = 42;
	u->now.epochs = 70;
	u->now.in_epoch = 11;
	u->now.steps_per_epoch = 28;
	u->now.step = 1159;
	u->now.loss = 0.289;
	u->now.best = 0.745;
	u->now.lr = 1.1e-4;
	u->now.best_epoch = 30;
	u->now.pending = 1;
	snprintf(u->now.pending_key, sizeof u->now.pending_key, "train.loss.cmd_text");
	snprintf(u->now.pending_value, sizeof u->now.pending_value, "0.15");
}

static inline void moment_row(struct ui *u, const char *key)
{
	config_view(u)->row = (int)(option_find(key) - option_table);
}

/* The view alone, between the tabs and the status row. */
static inline void moment_view(const struct ui *u, struct canvas *c)
{
	canvas_init(c, u->rows - 3, u->cols, &u->look);
	view_table[u->view]->draw(u, c);
}

/* Does a row of the canvas contain the text? */
static inline bool moment_shows(const struct canvas *c, const char *text)
{
	char *dump = canvas_dump(c);
	bool there = strstr(dump, text) != NULL;

	free(dump);
	return there;
}

#endif
