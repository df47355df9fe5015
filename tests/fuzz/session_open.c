/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Opening a session to look at it, as view 7, `compare` and --readonly do. */
#include "app/session/run.h"
#define FUZZ_VARIANTS 800
#include "session.h"

static void one(const uint8_t *data, size_t n)
{
	const char *dir = session_with(data, n);
	struct session s = {.lock = -1};
	struct settings set;
	struct run r;
	struct err e = {0};

	if (run_load(&r, dir, &e) == 0) {
		for (int i = 0; i < r.nfolds; i++) {
			struct fold_run *f = &r.fold[i];
			struct confusion m;

			for (int k = 0; k < f->val.epochs; k++)
				history_confusion(&f->val, f->val.epoch[k], HEAD_MAIN, &m);
			for (int k = 0; f->val.epochs && k < f->val.n; k++)
				history_flips(&f->val, k, f->val.epoch[f->val.epochs - 1]);
		}
		run_free(&r);
	}
	err_clear(&e);
	session_read(&s, dir, &set, &e);
	session_close(&s);
}

FUZZ(session_seeds, one)
