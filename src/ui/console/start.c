/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A session is made of the draft, and queued. */
#include "ui/console/start.h"

#include "app/queue/waiting.h"
#include "app/session/session_state.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "ui/console/command.h"
#include "ui/console/complete.h"
#include "ui/console/start_private.h"
#include "ui/state/feeder.h"
#include "ui/state/next_run.h"
#include "ui/state/page.h"
#include "ui/state/runs.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Making it
 */

bool start_changes_data(const char *const *key, int n)
{
	for (int i = 0; i < n; i++) {
		char name[SETTING_KEY];
		const struct option *o;

		snprintf(name, sizeof name, "%.*s", (int)strcspn(key[i], "="), key[i]);
		o = option_find_short(name);
		if (o && strcmp(o->key, "exp.seed") != 0 &&
		    (strncmp(o->key, "exp.", 4) == 0 || strstr(o->key, "_feat_dim")))
			return true;
	}
	return false;
}

void start_hear(void *said, const char *text)
{
	str_addf(said, "%s\n", text);
}

int start_refuse(struct ui *u, struct str *said, struct err *e)
{
	struct err why = *e;
	size_t first = strcspn(str_text(said), "\n");

	if (!said->len)
		return -1;
	err_clear(e);
	if (u->settle) /* a script */
		return err_set(e, "the next run's data: %.*s", (int)first, said->s);
	err_set(e, "the next run cannot start: the page says what is wrong with its data");
	str_addf(said, "\n%s\n", why.text);
	page_open_text(u, "the next run cannot start", said->s);
	*said = (struct str){0};
	return -1;
}

int start_queue(struct ui *u, const struct draft *d, const char *name, const char *replay,
		enum queue_end end, struct err *e)
{
	char **set = mem_alloc((size_t)d->n + 1, sizeof *set), path[PATH_LEN], dir[PATH_LEN];
	struct str said = {0};
	struct waiting_asked asked = {
		.folder = QUEUE_FOLDER,
		.config = u->run.dir,
		.set = (const char *const *)set,
		.nset = d->n,
		.replay = replay,
		.corpus = u->corpus,
		.say = start_hear,
		.ctx = &said,
	};
	struct settings next;
	int failed;

	for (int i = 0; i < d->n; i++)
		set[i] = str_format("%s=%s", d->row[i].o->key, d->row[i].value);
	asked.unread = u->corpus && !start_changes_data(asked.set, d->n);
	failed = draft_apply(d, next_run_base(u), &next, e) || start_path(path, name, e) ||
		 waiting_queue(&asked, path, end, dir, sizeof dir, e);
	for (int i = 0; i < d->n; i++)
		free(set[i]);
	free(set);
	if (failed)
		start_refuse(u, &said, e);
	str_free(&said);
	return failed ? -1 : 0;
}

/* How many runs wait before the last. */
static int waiting_before(void)
{
	struct err ignored = {0};
	struct queue q;
	char who[128];
	int n = 0;

	if (queue_read(&q, QUEUE_FOLDER, &ignored))
		return 0;
	for (int i = 0; i < q.n - 1; i++)
		n += !session_written(q.run[i].dir, who, sizeof who); /* else it trains */
	queue_free(&q);
	return n;
}

/* Could one more train now? */
static bool has_place(const struct ui *u)
{
	int jobs = u->feeder.jobs > 1 ? u->feeder.jobs : 1;

	return u->work ? runs_active(u, NULL) < jobs : !u->run_training;
}

void start_say(struct ui *u, const char *name)
{
	int before = waiting_before();

	if (has_place(u) && before == 0)
		ui_say(u, "%s begins now", name);
	else if (before == 0)
		ui_say(u, "%s is queued: it begins when a run has ended", name);
	else
		ui_say(u, "%s is queued, after %d other%s", name, before, before == 1 ? "" : "s");
}

/*
 * start
 */

struct asked {
	bool now;
	char name[PATH_LEN]; /* "": by what differs */
	bool quick;          /* KEY=VALUE was given: */
	struct draft draft;
};

/* The next word into out, "" after the last; returns what is after it. */
static const char *word(const char *at, char *out, size_t n)
{
	size_t len;

	at += strspn(at, " \t");
	len = strcspn(at, " \t");
	snprintf(out, n, "%.*s", (int)len, at);
	return at + len;
}

static int read_asked(struct asked *a, const struct ui *u, const char *args, struct err *e)
{
	char text[PATH_LEN];

	*a = (struct asked){0};
	for (args = word(args, text, sizeof text); *text; args = word(args, text, sizeof text)) {
		if (strchr(text, '=')) {
			a->quick = true;
			if (draft_assign(&a->draft, next_run_base(u), text, e))
				return -1;
		} else if (strcmp(text, "now") == 0 && !a->now) {
			a->now = true;
		} else if (!a->name[0]) {
			snprintf(a->name, sizeof a->name, "%s", text);
		} else {
			return err_set(e,
				       "start [now] [NAME] [KEY=VALUE ...]: found a second name, "
				       "%.40s",
				       text);
		}
	}
	return a->name[0] ? start_check_name(a->name, e) : 0;
}

/* The run that has to stop for `start now`, and its session: the one on the screen if it
 * trains, else another that does. 0: none does. */
static int find_interrupted(struct ui *u, char dir[PATH_LEN])
{
	int run = u->now.placed ? u->run_shown : u->run_training;
	struct snapshot *now;

	dir[0] = '\0';
	if (!u->work || !run)
		return 0;
	now = mem_alloc(1, sizeof *now);
	work_snapshot(u->work, run, now);
	snprintf(dir, PATH_LEN, "%s", now->root);
	free(now);
	return run;
}

/* It goes on after the run that takes its place. */
static int queue_interrupted(const char *dir, struct err *e)
{
	struct err ignored = {0};

	if (queue_move(QUEUE_FOLDER, dir, INT_MIN, &ignored) == 0)
		return 0;
	return queue_add(QUEUE_FOLDER, dir, 1, QUEUE_FIRST, e);
}

static int begin(struct ui *u, const struct asked *a, const struct draft *d, struct err *e)
{
	char name[PATH_LEN], from[PATH_LEN], path[PATH_LEN], interrupted[PATH_LEN] = "";
	int run = a->now && !has_place(u) ? find_interrupted(u, interrupted) : 0;

	if (a->name[0])
		snprintf(name, sizeof name, "%s", a->name);
	else if (start_free_name(draft_name(d, start_from(u, from, sizeof from), name, sizeof name),
				 sizeof name, e))
		return -1;
	if (start_queue(u, d, name, NULL, a->now ? QUEUE_FIRST : QUEUE_LAST, e))
		return -1;
	if (!run) {
		start_say(u, name);
		feeder_poke(u);
		return 0;
	}
	if (queue_interrupted(interrupted, e) || start_path(path, name, e) ||
	    queue_move(QUEUE_FOLDER, path, INT_MIN, e))
		return -1;
	if (!work_stop(u->work, run))
		return err_set(e,
			       "%s is the first in the queue; the engine has too many requests "
			       "waiting to stop a run for it",
			       name);
	ui_say(u, "%s begins after a checkpoint of %s, which is the next in the queue", name,
	       path_base(interrupted));
	feeder_poke(u);
	return 0;
}

/* There is nothing to start yet: the place where that changes. */
static int nothing_changed(struct ui *u, struct err *e)
{
	if (u->settle)
		return err_set(e, "the next run has the settings of this one so far; draft KEY "
				  "VALUE changes one, "
				  "again repeats this one with another seed");
	if (command_run(u, "view config", e) || command_run(u, "column next", e))
		return -1;
	ui_say(u, "the next run has the settings of this one so far: Enter changes one");
	return 0;
}

static int run_start(struct ui *u, const char *args, struct err *e)
{
	struct asked a;
	const struct draft *d = &a.draft;
	int failed = read_asked(&a, u, args, e);

	if (!failed && !a.quick)
		d = next_run(u);
	if (!failed && !d->n && !a.name[0])
		failed = nothing_changed(u, e);
	else if (!failed)
		failed = begin(u, &a, d, e);
	if (!failed && d == next_run(u) && d->n)
		draft_free(next_run_edit(u));
	draft_free(&a.draft);
	return failed;
}

/*
 * again
 */

/* The seed after the last that this run has trained in its folder. */
static int64_t next_seed(const struct ui *u)
{
	int64_t seed = next_run_base(u)->exp.seed;
	char path[PATH_LEN + 32];

	do
		snprintf(path, sizeof path, "%s/seed-%lld", u->run.dir, (long long)++seed);
	while (file_exists(path));
	return seed;
}

/* The next whose name is free: asked twice, it repeats the run twice. */
static int run_again(struct ui *u, const char *args, struct err *e)
{
	char value[32], from[PATH_LEN], name[PATH_LEN], path[PATH_LEN];
	int64_t seed;
	struct draft d = {0};
	int failed;

	if (*args)
		return err_set(e, "again takes no argument; found %.40s", args);
	if (next_run_base(u)->exp.seed == INT64_MAX)
		return err_set(e, "again: this run has the largest seed; start exp.seed=SEED");
	seed = next_seed(u);
	start_from(u, from, sizeof from);
	do {
		snprintf(value, sizeof value, "%lld", (long long)seed++);
		failed = draft_set(&d, next_run_base(u), "exp.seed", value, e) ||
			 start_path(path, draft_name(&d, from, name, sizeof name), e);
	} while (!failed && file_exists(path));
	if (!failed && start_queue(u, &d, name, NULL, QUEUE_LAST, e) == 0) {
		start_say(u, name);
		feeder_poke(u);
	} else {
		failed = -1;
	}
	draft_free(&d);
	return failed;
}

/*
 * replay
 */

/* As it was started, so with its own seed; what it was given since is another log. */
static int run_replay(struct ui *u, const char *args, struct err *e)
{
	char from[PATH_LEN], name[PATH_LEN];
	const struct draft none = {0};

	if (!*args)
		return err_set(e, "replay FILE: expected a commands.log");
	if (snprintf(name, sizeof name, "%s-replay", start_from(u, from, sizeof from)) >=
		    START_NAME ||
	    start_free_name(name, sizeof name, e))
		return e->status ? -1 : err_set(e, "replay: the name of the run is too long");
	if (start_queue(u, &none, name, args, QUEUE_LAST, e))
		return -1;
	start_say(u, name);
	feeder_poke(u);
	return 0;
}

/*
 * The table
 */

static const char *refuse_start(const struct ui *u)
{
	return next_run_refused(u);
}

/* now, and KEY= of every setting. */
static void complete_asked(struct ui *u, const struct words *w, struct completions *c)
{
	complete_assign(u, w, c);
	if (w->n == 1)
		complete_add(c, "now");
}

/* KEY= of every setting, seeds. */
static void complete_swept(struct ui *u, const struct words *w, struct completions *c)
{
	complete_assign(u, w, c);
	complete_add(c, "seeds");
}

const struct verb start_verbs[] = {
	{"draft", "[KEY VALUE|xFACTOR|off [KEY]|live]",
	 "Change a setting of the next run; live takes this run's live changes over.", start_draft,
	 next_run_refused, complete_next, CHANGES_FILES | LATE},
	{"start", "[now] [NAME] [KEY=VALUE ...]",
	 "Begin the next run, or queue it if one trains; now: a checkpoint of that one first.",
	 run_start, refuse_start, complete_asked, CHANGES_FILES | LATE},
	{"again", "", "Repeat this run with the next seed, or queue it if one trains.", run_again,
	 refuse_start, NULL, CHANGES_FILES | LATE},
	{"replay", "FILE",
	 "Begin this run once more, following a commands.log, or queue it if one trains.",
	 run_replay, refuse_start, complete_file, CHANGES_FILES | LATE},
	{"sweep", "[NAME] KEY=V1,V2,... [KEY=...] [seeds N]",
	 "Queue a study, a run for each combination of values; asks after saying the cost.",
	 start_sweep, refuse_start, complete_swept, CHANGES_FILES | LATE},
	{"sweep!", "[NAME] KEY=V1,V2,... [KEY=...] [seeds N]", "Queue a study without asking.",
	 start_sweep_now, refuse_start, complete_swept, CHANGES_FILES | LATE},
	{0},
};
