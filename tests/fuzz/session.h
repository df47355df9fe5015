/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * session: a session in memory, one of whose files is the input.
 *
 * The first byte says which file, the rest is what it holds. The lowest bit of
 * that byte says whether the session is finished or was interrupted in its
 * second epoch.
 */
#ifndef MIUST_FUZZ_SESSION_H
#define MIUST_FUZZ_SESSION_H

#include "app/lab/job.h"
#include "fuzz.h"

#include <dirent.h>

static const char *const session_file[] = {
	"config.yml",
	"steps.csv",
	"epochs.csv",
	"health.csv",
	"commands.log",
	"results.json",
	"notes.txt",
	"data.csv",
	"tags.txt",
	"fold-0/state.safetensors",
	"fold-0/best.safetensors",
	"fold-0/last.safetensors",
	"fold-0/normalize.safetensors",
	"fold-0/history.json",
	"fold-0/history.bin",
	"fold-0/test.json",
	"fold-0/test.bin",
	"fold-0/predictions.csv",
	"lock",
	"fold-0/steps.csv",
	"fold-0/epochs.csv",
	"fold-0/commands.log",
	"fold-0/result.json",
	"fold-0/lock",
};
enum { SESSION_FILES = sizeof session_file / sizeof *session_file };

/* Train the tiny corpus into NAME. */
static inline void session_train(const char *name, int64_t max_steps)
{
	static const char *const set[] = {"exp.normalize=train", "train.epoch=2"};
	struct job_options o = {.config = "tests/record/tiny/config.yml",
				.session = temp_path("%s", name),
				.set = set,
				.nset = 2,
				.threads = 1,
				.max_steps = max_steps};
	const struct job_hooks hooks = {0};
	struct job j;
	struct err e = {0};

	if (job_open(&j, NULL, &o, &hooks, &e) || job_run(&j, &e)) {
		fprintf(stderr, "%s\n", e.text);
		abort();
	}
	job_close(&j);
}

static inline void session_seeds(void)
{
	session_train("finished", 0);
	session_train("interrupted", 6);
	for (int i = 0; i < SESSION_FILES; i++)
		for (int whole = 0; whole < 2; whole++)
			fuzz_seed_file(2 * i + whole,
				       temp_path(whole ? "finished/%s" : "interrupted/%s",
						 session_file[i]));
	fuzz_seed_text("\50at 0 2 6 set train.clip 0.1   # was 0\nat 0 1 2 fold\n");
	fuzz_seed_text("\6at 0 2 6 set train.clip 0.1   # was 0\nat 0 1 2 fold\n");
}

/* A copy of one file of the session `from`; missing ones are passed over. */
static inline void session_copy(const char *from, const char *name)
{
	FILE *f = fopen(temp_path("%s/%s", from, name), "rb");
	static uint8_t data[1 << 18];
	size_t n;

	if (!f)
		return;
	n = fread(data, 1, sizeof data, f);
	fclose(f);
	fuzz_file(temp_path("s/%s", name) + strlen(temp_dir) + 1, data, n);
}

/* The session with the input in it. */
static inline const char *session_with(const uint8_t *data, size_t n)
{
	int first = n ? *data : 0;
	const char *from = first & 1 ? "finished" : "interrupted";
	static char dir[512]; /* temp_path keeps eight names only */

	snprintf(dir, sizeof dir, "%s", temp_path("s"));
	nftw(dir, temp_remove_one, 8, FTW_DEPTH | FTW_PHYS);
	for (int i = 0; i < SESSION_FILES; i++)
		session_copy(from, session_file[i]);
	if (n) {
		char name[64];

		snprintf(name, sizeof name, "s/%s", session_file[first / 2 % SESSION_FILES]);
		fuzz_file(name, data + 1, n - 1);
	}
	return dir;
}

#endif
