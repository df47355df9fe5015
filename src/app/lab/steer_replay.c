/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The logs of a seed, and --replay into them. */
#include "app/lab/steer_private.h"

#include "app/config/setting.h"
#include "base/mem.h"
#include "base/str.h"

#include <stdlib.h>
#include <string.h>

int steer_open(struct steer *s, const char *replay, struct err *e)
{
	struct schedule sorted;
	int failed;

	s->epoch_steps = mem_alloc((size_t)split_folds(s->corpus), sizeof *s->epoch_steps);
	s->path = replay;
	if (!replay)
		return 0;
	schedule_begin(&sorted, s->corpus, s->set);
	failed = changes_read(&s->replay, replay, false, e) ||
		 schedule_check_all(s, &s->replay, replay, &sorted, e);
	schedule_end(&sorted);
	return failed ? -1 : 0;
}

void steer_open_read(struct steer *s, const char *path, const struct changes *replay)
{
	s->epoch_steps = mem_alloc((size_t)split_folds(s->corpus), sizeof *s->epoch_steps);
	s->path = path;
	for (int i = 0; i < replay->n; i++)
		changes_add(&s->replay, &replay->at[i]);
}

static bool same_change(const struct change *a, const struct change *b)
{
	return a->fold == b->fold && a->epoch == b->epoch && a->step == b->step &&
	       strcmp(a->command, b->command) == 0;
}

/* missing[i]: the stored log lacks change i of --replay. The same change may
 * be there more than once. Returns how many are missing. */
static int find_missing(const struct changes *replay, const struct changes *stored, bool *missing)
{
	bool *used = mem_alloc((size_t)stored->n, sizeof *used);
	int n = 0;

	for (int i = 0; i < replay->n; i++) {
		int k = 0;

		while (k < stored->n && (used[k] || !same_change(&replay->at[i], &stored->at[k])))
			k++;
		missing[i] = k == stored->n;
		if (missing[i])
			n++;
		else
			used[k] = true;
	}
	free(used);
	return n;
}

/* The lines of one fold. */
static int write_fold(struct steer *s, int fold, const struct str *line, struct err *e)
{
	struct str text = {0};
	int failed;

	for (int i = 0; i < s->replay.n; i++)
		if (s->replay.at[i].fold == fold)
			str_add(&text, str_text(&line[i]));
	failed = text.len && session_log(s->session, fold, &text, e);
	str_free(&text);
	return failed ? -1 : 0;
}

/* Copy what is missing into the folds' logs, in the order of the file, as if a person
 * had asked for it. */
static int import(struct steer *s, struct schedule *log, const bool *missing, struct err *e)
{
	struct str *line = mem_alloc((size_t)s->replay.n, sizeof *line);
	char was[OPTION_TEXT];
	int failed = 0;

	for (int i = 0; i < s->replay.n && !failed; i++) {
		const struct change *c = &s->replay.at[i];

		if (!missing[i])
			continue;
		failed = schedule_add(s, log, c, was, sizeof was, e);
		if (!failed)
			change_line(&line[i], c, was);
	}
	for (int i = 0; i < split_folds(s->corpus) && !failed; i++)
		failed = write_fold(s, split_fold(s->corpus, i), line, e);
	for (int i = 0; i < s->replay.n; i++)
		str_free(&line[i]);
	free(line);
	return failed;
}

static int follow_replay(struct steer *s, struct schedule *log, const struct changes *stored,
			 struct err *e)
{
	bool *missing = mem_alloc((size_t)s->replay.n, sizeof *missing);
	int failed = 0;

	if (find_missing(&s->replay, stored, missing)) {
		for (int i = 0; !failed && session_begun(s->session) && i < s->replay.n; i++)
			if (missing[i])
				failed = err_at(e, s->path, s->replay.at[i].line, 0,
						"%s has begun without this change; replay the log "
						"into a new session",
						s->session->dir);
		failed = failed || import(s, log, missing, e);
	}
	free(missing);
	return failed;
}

int steer_begin(struct steer *s, struct err *e)
{
	struct changes stored;
	struct schedule log;
	int failed;

	memset(s->epoch_steps, 0, (size_t)split_folds(s->corpus) * sizeof *s->epoch_steps);
	if (session_changes(s->session, s->base, &stored, e))
		return -1;
	schedule_begin(&log, s->corpus, s->base);
	schedule_mark_own(&log, s->corpus, &s->replay);
	failed =
		schedule_check_all(s, &stored, NULL, &log, e) || follow_replay(s, &log, &stored, e);
	schedule_end(&log);
	changes_free(&stored);
	return failed ? -1 : 0;
}
