/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Going on with a session. */
#define FUZZ_VARIANTS 400
#include "session.h"

static void one(const uint8_t *data, size_t n)
{
	struct job_options o = {
		.session = session_with(data, n), .resume = true, .threads = 1, .max_steps = 2};
	const struct job_hooks hooks = {0};
	struct job j;
	struct err e = {0};

	if (job_open(&j, NULL, &o, &hooks, &e))
		return;
	job_run(&j, &e);
	job_close(&j);
}

FUZZ(session_seeds, one)
