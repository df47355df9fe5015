/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stored: session folders as training leaves them, without training. One step an epoch.
 *
 *	struct settings set = some_settings();
 *	stored_session(in("a"), &set, (struct stored){.done = 2, .epochs = 3, .state = true});
 *
 * Two folds are finished, the third was stopped after its third epoch.
 */
#ifndef MIUST_TEST_STORED_H
#define MIUST_TEST_STORED_H

#include "app/folder.h"
#include "app/session/session_rows.h"
#include "engine/train/state.h"

enum { STORED_KEPT = 2 }; /* the epoch whose figures are the best */

struct stored {
	int done;      /* finished folds, of two epochs each */
	int epochs;    /* of the fold after those; 0: it has not begun */
	int hits;      /* of 100 in each class; 0: 80 */
	bool state;    /* that fold's state is stored: it stopped in order */
	bool diverges; /* its last step did */
};

/* state.safetensors after so many steps. */
static inline void stored_state(const struct session *s, int fold, int step)
{
	struct state state = {.fold = fold, .epoch = step, .step = step, .ended = true};
	struct err e = {0};
	char path[PATH_LEN];

	if (session_fold_path(s, fold, "state.safetensors", path, sizeof path, &e) ||
	    state_save(&state, path, &e))
		FAIL("%s", e.text);
}

/* Epochs 1..n of a fold that is taken; the second is the best. */
static inline void stored_epochs(struct session *s, int fold, int n, bool diverges)
{
	struct err e = {0};

	if (session_begin(s, fold, 1, 1, &e))
		FAIL("%s", e.text);
	for (int i = 1; i <= n && !e.status; i++) {
		struct step_row r = {.fold = fold, .epoch = i, .step = i, .loss = 1.0 / i};
		double wa = i == STORED_KEPT ? 0.75 : 0.5;
		struct epoch_row p = {.fold = fold,
				      .epoch = i,
				      .val = {.wa = wa, .ua = wa, .wf1 = wa},
				      .seconds = 2};

		if (session_step(s, &r, &e) || session_epoch(s, &p, &e))
			FAIL("%s", e.text);
	}
	if (diverges) {
		struct step_row r = {.fold = fold, .epoch = n + 1, .step = n + 1, .loss = NAN};

		if (session_step(s, &r, &e))
			FAIL("%s", e.text);
	}
}

static inline void stored_result(struct session *s, struct results *r, int fold, int hits)
{
	struct fold_row f = {.fold = fold, .best_epoch = STORED_KEPT};
	struct err e = {0};

	confusion_init(&f.confusion, 4);
	for (int c = 0; c < 4; c++) {
		f.confusion.count[c][c] = hits;
		f.confusion.count[c][(c + 1) % 4] = 100 - hits;
	}
	results_add(r, &f);
	if (session_result(s, r, &e))
		FAIL("%s", e.text);
}

/* Into a session that is open, for its own folder. */
static inline void stored_folds(struct session *s, const struct settings *set, struct stored x)
{
	struct results r;
	struct err e = {0};
	int first = set->layout != LAYOUT_LISTS;

	results_init(&r, set);
	for (int i = 0; i < x.done; i++) {
		stored_epochs(s, first + i, STORED_KEPT, false);
		stored_state(s, first + i, STORED_KEPT);
		stored_result(s, &r, first + i, (x.hits ? x.hits : 80) + i);
	}
	if (x.epochs || x.diverges) {
		stored_epochs(s, first + x.done, x.epochs, x.diverges);
		if (x.state)
			stored_state(s, first + x.done, x.epochs);
	}
	if (session_join(s, &e))
		FAIL("%s", e.text);
	results_free(&r);
}

static inline void stored_session(const char *dir, const struct settings *set, struct stored x)
{
	struct session s;
	struct err e = {0};

	if (session_create(&s, dir, set, &e)) {
		FAIL("%s", e.text);
		return;
	}
	stored_folds(&s, set, x);
	session_close(&s);
}

/* Another seed in it. */
static inline void stored_seed(const char *dir, const struct settings *first, int64_t seed,
			       struct stored x)
{
	struct settings set = *first;
	struct session root, s;
	struct err e = {0};

	set.exp.seed = seed;
	if (session_resume(&root, dir, &(struct settings){0}, &e)) {
		FAIL("%s", e.text);
		return;
	}
	if (session_seed(&s, &root, &set, &e)) {
		FAIL("%s", e.text);
	} else {
		stored_folds(&s, &set, x);
		session_close(&s);
	}
	session_close(&root);
}

#endif
