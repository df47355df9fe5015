/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/lab/steer.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/near.h"
#include "base/str.h"

#include <stdlib.h>
#include <string.h>

/* What a log may say besides "set KEY VALUE". Only `fold` changes the figures. */
static const char *const words[] = {"fold", "pause", "resume", "save", "eval", "branch", "stop"};

/* ---- where a change stands ---- */

static int fold_place(const struct corpus *c, int fold)
{
	int have[LISTS_MAX], n = split_folds(c, have);

	for (int i = 0; i < n; i++)
		if (have[i] == fold)
			return i;
	return -1;
}

/* Below, at or above 0: before, at or behind (fold, step). Folds ascend. */
static int from_position(const struct change *c, int fold, int step)
{
	if (c->fold != fold)
		return c->fold < fold ? -1 : 1;
	return (c->step > step) - (c->step < step);
}

static struct change copy_of(const struct change *c)
{
	struct change copy = *c;

	copy.command = mem_dup(c->command);
	return copy;
}

/* Behind all that apply at its position. Takes the command over. */
static int insert(struct changes *log, struct change c)
{
	int at = log->n;

	while (at > 0 && from_position(&log->at[at - 1], c.fold, c.step) > 0)
		at--;
	log->at = mem_grow(log->at, (size_t)log->n + 1, sizeof *log->at);
	memmove(&log->at[at + 1], &log->at[at], (size_t)(log->n - at) * sizeof *log->at);
	log->at[at] = c;
	log->n++;
	return at;
}

/* ---- what a change says ---- */

static bool is_set(const char *command)
{
	return strncmp(command, "set", 3) == 0 && (command[3] == ' ' || command[3] == '\t');
}

/* "set KEY VALUE" into *s; *o is the option. */
static int parse_set(struct settings *s, const char *command, const struct option **o,
		     struct err *e)
{
	struct settings next = *s;
	char key[128];
	int used = 0;

	if (!is_set(command) || sscanf(command + 3, " %127s %n", key, &used) != 1 || !used ||
	    !command[3 + used])
		return err_set(e, "\"%.100s\": expected set KEY VALUE", command);
	*o = option_find(key);
	if (!*o)
		return option_unknown(key, e);
	if ((*o)->when == WHEN_RUN)
		return err_set(e, "%s is fixed during a run; it takes effect in the next one", key);
	if (option_set(&next, *o, command + 3 + used, ".", e) || options_resolve(&next, e))
		return -1;
	*s = next;
	return 0;
}

/* Settings in force before a step: the base and all changes up to there. */
static int settings_at(struct settings *s, const struct settings *base, const struct changes *log,
		       int fold, int step, struct err *e)
{
	const struct option *o;

	*s = *base;
	for (int i = 0; i < log->n && from_position(&log->at[i], fold, step) <= 0; i++)
		if (is_set(log->at[i].command) && parse_set(s, log->at[i].command, &o, e))
			return -1;
	return 0;
}

static int check_word(const char *command, struct err *e)
{
	size_t len = strcspn(command, " \t");
	struct near n;
	char word[32];

	snprintf(word, sizeof word, "%.*s", (int)len, command);
	n = near_to(word);
	near_try(&n, "set");
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (strcmp(words[i], word) == 0)
			return 0;
		near_try(&n, words[i]);
	}
	if (n.best)
		return err_set(e, "unknown command %s; did you mean %s?", word, n.best);
	return err_set(e, "unknown command %s; expected set KEY VALUE or fold", word);
}

/* The fold is one of the corpus, and the step lies in the epoch. */
static int check_position(const struct job *j, const struct change *c, struct err *e)
{
	int batch = j->set.train.batch_size, each, epoch;
	struct split sp;

	if (fold_place(&j->corpus, c->fold) < 0)
		return err_set(e, "the corpus has no fold %d", c->fold);
	if (split_make(&sp, &j->corpus, &j->set, c->fold, e))
		return -1;
	each = (sp.n[PART_TRAIN] + batch - 1) / batch;
	split_free(&sp);
	epoch = each ? (c->step - 1) / each + 1 : 1;
	if (c->epoch != epoch)
		return err_set(e,
			       "step %d of fold %d is in epoch %d, not %d: an epoch has %d step%s; "
			       "is this the log of another run?",
			       c->step, c->fold, epoch, c->epoch, each, each == 1 ? "" : "s");
	return 0;
}

/* A change as one after those of `log`: *was is what it replaces ("" if it sets
 * nothing). *base are the settings before the first. */
static int check(const struct job *j, const struct settings *base, const struct changes *log,
		 const struct change *c, char *was, size_t n, struct err *e)
{
	const struct option *o;
	struct settings before, after;

	*was = '\0';
	if (check_position(j, c, e))
		return -1;
	if (!is_set(c->command))
		return check_word(c->command, e);
	if (settings_at(&before, base, log, c->fold, c->step, e))
		return -1;
	after = before;
	if (parse_set(&after, c->command, &o, e))
		return -1;
	option_text(&before, o, was, n);
	return 0;
}

/* Every line of a log; `log` becomes its changes in the order they apply. */
static int check_all(const struct job *j, const struct settings *base, const struct changes *read,
		     const char *path, struct changes *log, struct err *e)
{
	char was[OPTION_TEXT];

	for (int i = 0; i < read->n; i++) {
		const struct change *c = &read->at[i];
		struct err why = {0};

		if (check(j, base, log, c, was, sizeof was, &why))
			return err_at(e, path, c->line, 0, "%s", why.text);
		insert(log, copy_of(c));
	}
	return 0;
}

/* ---- the log of a seed ---- */

int steer_open(struct job *j, struct err *e)
{
	struct changes sorted = {0};
	int failed;

	if (!j->opt.replay)
		return 0;
	failed = changes_read(&j->replay, j->opt.replay, false, e) ||
		 check_all(j, &j->set, &j->replay, j->opt.replay, &sorted, e);
	changes_free(&sorted);
	return failed ? -1 : 0;
}

static bool same_change(const struct change *a, const struct change *b)
{
	return a->fold == b->fold && a->epoch == b->epoch && a->step == b->step &&
	       strcmp(a->command, b->command) == 0;
}

/* missing[i]: the stored log lacks change i of --replay. The same change may
 * stand there more than once. Returns how many are missing. */
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

/* The whole lines of a file, if it is there. */
static int add_lines(struct str *text, const char *path, struct err *e)
{
	size_t len;
	char *old;

	if (!file_exists(path))
		return 0;
	old = file_read(path, FILE_LOG, &len, e);
	if (!old)
		return -1;
	str_addn(text, old, changes_whole(old, len));
	free(old);
	return 0;
}

/* Copy what is missing into the log, in the order of the file, as if a person
 * had asked for it. */
static int import(struct job *j, const char *path, const bool *missing, struct err *e)
{
	struct str text = {0};
	char was[OPTION_TEXT];
	int failed = add_lines(&text, path, e);

	for (int i = 0; i < j->replay.n && !failed; i++) {
		const struct change *c = &j->replay.at[i];

		if (!missing[i])
			continue;
		failed = check(j, &j->base, &j->log, c, was, sizeof was, e);
		if (failed)
			break;
		str_addf(&text, "at %d %d %d %s%s%s\n", c->fold, c->epoch, c->step, c->command,
			 *was ? "   # was " : "", was);
		insert(&j->log, copy_of(c));
	}
	failed = failed || file_write(path, str_text(&text), text.len, e);
	str_free(&text);
	return failed;
}

static int follow_replay(struct job *j, const struct changes *stored, const char *path,
			 struct err *e)
{
	bool *missing = mem_alloc((size_t)j->replay.n, sizeof *missing);
	char steps[PATH_LEN];
	int failed = path_join(steps, sizeof steps, j->session.dir, "steps.csv", e);

	if (!failed && find_missing(&j->replay, stored, missing)) {
		for (int i = 0; !failed && file_exists(steps) && i < j->replay.n; i++)
			if (missing[i])
				failed = err_at(e, j->opt.replay, j->replay.at[i].line, 0,
						"%s has begun without this change; replay the log "
						"into a new session",
						j->session.dir);
		failed = failed || import(j, path, missing, e);
	}
	free(missing);
	return failed;
}

int steer_begin(struct job *j, struct err *e)
{
	struct changes stored = {0};
	char path[PATH_LEN];
	int failed;

	changes_free(&j->log);
	j->log_next = 0;
	failed = session_path(&j->session, "commands.log", path, sizeof path, e) ||
		 (file_exists(path) && changes_read(&stored, path, true, e)) ||
		 check_all(j, &j->base, &stored, path, &j->log, e) ||
		 follow_replay(j, &stored, path, e);
	changes_free(&stored);
	return failed ? -1 : 0;
}

void steer_close(struct job *j)
{
	changes_free(&j->replay);
	changes_free(&j->log);
}

/* ---- following ---- */

int steer_fold(struct job *j, int fold, struct err *e)
{
	const struct option *o;

	for (; j->log_next < j->log.n && j->log.at[j->log_next].fold < fold; j->log_next++) {
		const char *command = j->log.at[j->log_next].command;

		if (is_set(command) && parse_set(&j->set, command, &o, e))
			return -1;
	}
	return 0;
}

static void tell(const struct job *j, const struct change *c)
{
	if (j->hooks.changed)
		j->hooks.changed(j->hooks.ctx, (struct job *)j, c);
}

static int apply(struct job *j, const struct change *c, struct err *e)
{
	const struct option *o;

	if (parse_set(&j->set, c->command, &o, e))
		return -1;
	j->trainer.set = j->set;
	return 0;
}

int steer_due(struct job *j, enum job_go *go, struct err *e)
{
	int fold, epoch, step;

	job_position(j, &fold, &epoch, &step);
	for (; j->log_next < j->log.n; j->log_next++) {
		const struct change *c = &j->log.at[j->log_next];
		/* A run that goes on has had the earlier ones in force before. */
		bool now = from_position(c, fold, step) == 0;

		if (from_position(c, fold, step) > 0)
			break;
		if (is_set(c->command) && apply(j, c, e))
			return -1;
		if (is_set(c->command) && now)
			tell(j, c);
		if (strcmp(c->command, "fold") == 0 && now)
			*go = JOB_FOLD;
	}
	return 0;
}

/* ---- the person ---- */

/* Write a change of now or later, and keep it in mind. Returns its place. */
static int note(struct job *j, const struct change *c, const char *was, struct err *e)
{
	if (session_check_held(&j->session, e) ||
	    change_write(j->session.commands, c->fold, c->epoch, c->step, c->command, was, e))
		return -1;
	return insert(&j->log, copy_of(c));
}

int job_command(struct job *j, const char *command, struct err *e)
{
	const struct trainer *t = &j->trainer;
	struct settings s;
	struct change c = {.command = (char *)command};
	const struct option *o;
	char was[OPTION_TEXT];

	s = j->set;
	if (parse_set(&s, command, &o, e))
		return -1;
	job_position(j, &c.fold, &c.epoch, &c.step);
	if (o->when == WHEN_EPOCH && !t->state.ended) {
		c.epoch++;
		c.step += trainer_steps_per_epoch(t) - t->state.in_epoch;
	}
	if (check(j, &j->base, &j->log, &c, was, sizeof was, e) || note(j, &c, was, e) < 0)
		return -1;
	if (c.step > t->state.step + 1)
		return 0;
	j->log_next++;
	if (apply(j, &c, e))
		return -1;
	tell(j, &c);
	return 0;
}

int steer_end_fold(struct job *j, struct err *e)
{
	struct change c = {.command = (char *)"fold"};

	job_position(j, &c.fold, &c.epoch, &c.step);
	if (note(j, &c, "", e) < 0)
		return -1;
	j->log_next++;
	return 0;
}

int job_pending(const struct job *j, const struct change **last)
{
	int fold, epoch, step, n = 0;

	job_position(j, &fold, &epoch, &step);
	for (int i = j->log_next; i < j->log.n && j->log.at[i].fold == fold; i++)
		if (is_set(j->log.at[i].command)) {
			*last = &j->log.at[i];
			n++;
		}
	return n;
}

void job_due(const struct job *j, struct settings *s)
{
	const struct option *o;
	int fold, epoch, step;
	struct err ignored = {0};

	*s = j->set;
	job_position(j, &fold, &epoch, &step);
	for (int i = j->log_next; i < j->log.n && j->log.at[i].fold == fold; i++)
		if (is_set(j->log.at[i].command))
			parse_set(s, j->log.at[i].command, &o, &ignored);
}
