/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/hook/hook.h"

#include "base/argv.h"
#include "base/child.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/near.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum {
	WAITING = 100, /* programs that may run or wait */
	SAID = 20,     /* sentences that are kept */
	LIMIT = 30,
	GRACE = 5,
	LIMIT_MOST = 86400,
	TELL_AFTER = 1, /* seconds of hooks_finish without a sentence */
};

struct hook_task {
	int hook; /* its id: the programs of one hook do not overlap */
	struct argv argv;
	struct happening of; /* while it waits */
	struct child child;  /* pid 0: it waits */
	double since;
	enum { GOES_ON, TERMED, KILLED } ended;
};

void hooks_init(struct hooks *h)
{
	*h = (struct hooks){.limit = LIMIT, .grace = GRACE};
}

static void free_hook(struct hook *k)
{
	for (char **word = k->argv; word && *word; word++)
		free(*word);
	free(k->argv);
	free(k->line);
}

static void free_task(struct hook_task *t)
{
	child_leave(&t->child);
	argv_free(&t->argv);
}

static void drop_task(struct hooks *h, int i)
{
	free_task(&h->task[i]);
	memmove(h->task + i, h->task + i + 1, (size_t)(--h->tasks - i) * sizeof *h->task);
}

void hooks_free(struct hooks *h)
{
	for (int i = 0; i < h->n; i++)
		free_hook(&h->at[i]);
	for (int i = 0; i < h->tasks; i++)
		free_task(&h->task[i]);
	for (int i = 0; i < h->nsaid; i++)
		free(h->said[i]);
	free(h->at);
	free(h->task);
	free(h->said);
	hooks_init(h);
}

/* ---- the hooks ---- */

#define EXPECTED                                                                                  \
	"expected `EVENT run PROGRAM ARG...`, `EVENT bell`, `spike rewind 1 epoch`, `EVENT off` " \
	"or `time SECONDS`"

static int find_event(const char *word, enum happened *what, struct err *e)
{
	struct near near = near_to(word);
	struct str all = {0};

	for (int i = 0; i < HAPPENED_KINDS; i++) {
		*what = (enum happened)i;
		if (strcmp(happened_name(*what), word) == 0) {
			str_free(&all);
			return 0;
		}
		near_try(&near, happened_name(*what));
		str_addf(&all, "%s%s", i ? ", " : "", happened_name(*what));
	}
	if (near.best)
		err_set(e, "on: there is no event %.60s; did you mean %s?", word, near.best);
	else
		err_set(e, "on: there is no event %.60s; the events are %s", word, all.s);
	str_free(&all);
	return -1;
}

static int set_time(struct hooks *h, const struct argv *a, struct err *e)
{
	char *end = NULL;
	double seconds = a->n == 2 ? strtod(a->word[1], &end) : NAN;

	if (!end || *end || !(seconds > 0 && seconds <= LIMIT_MOST))
		return err_set(
			e, "on time SECONDS: expected a number above 0, at most %d; found %.60s",
			LIMIT_MOST, a->n > 1 ? a->word[1] : "nothing");
	h->limit = seconds;
	return 0;
}

static void remove_event(struct hooks *h, enum happened what)
{
	int kept = 0;

	if (what == HAPPENED_SPIKE)
		h->rollback = (struct rollback){0};
	for (int i = 0; i < h->n; i++) {
		if (h->at[i].on == what)
			free_hook(&h->at[i]);
		else
			h->at[kept++] = h->at[i];
	}
	h->n = kept;
	for (int i = h->tasks - 1; i >= 0; i--)
		if (!h->task[i].child.pid && h->task[i].of.what == what)
			drop_task(h, i);
}

static void add(struct hooks *h, enum happened on, struct argv *a, const char *line)
{
	for (int i = 0; i < h->n; i++)
		if (strcmp(h->at[i].line, line) == 0)
			return;
	h->at = mem_grow(h->at, (size_t)h->n + 1, sizeof *h->at);
	h->at[h->n++] =
		(struct hook){.id = ++h->last_id, .on = on, .argv = a->word, .line = mem_dup(line)};
	*a = (struct argv){0};
}

/* The words after `run`: the first is a program, in the home folder if it begins with ~/. */
static void program_of(const struct argv *words, struct argv *out)
{
	const char *home = getenv("HOME");
	char *path;

	for (int i = 2; i < words->n; i++) {
		if (i > 2 || !home || strncmp(words->word[i], "~/", 2) != 0) {
			argv_add(out, words->word[i]);
			continue;
		}
		path = str_format("%s%s", home, words->word[i] + 1);
		argv_add(out, path);
		free(path);
	}
}

/* The words after `spike`. There is one rule: another one takes its place. */
static int set_rule(struct hooks *h, const struct argv *words, struct err *e)
{
	struct str text = {0}, line = {0};
	struct hook *k = NULL;
	int failed;

	for (int i = 1; i < words->n; i++)
		str_addf(&text, "%s%s", i > 1 ? " " : "", words->word[i]);
	failed = rollback_read(&h->rollback, str_text(&text), e);
	str_free(&text);
	if (failed)
		return -1;
	str_add(&line, "spike ");
	rollback_text(&h->rollback, &line);
	for (int i = 0; i < h->n; i++)
		if (h->at[i].rule)
			k = &h->at[i];
	if (!k) {
		h->at = mem_grow(h->at, (size_t)h->n + 1, sizeof *h->at);
		k = &h->at[h->n++];
		*k = (struct hook){.id = ++h->last_id, .on = HAPPENED_SPIKE, .rule = true};
	}
	free(k->line);
	k->line = line.s;
	return 0;
}

static int set_event(struct hooks *h, const struct argv *words, struct err *e)
{
	const char *action = words->n > 1 ? words->word[1] : "";
	struct argv program = {0};
	struct str line = {0};
	enum happened what;

	if (find_event(words->word[0], &what, e))
		return -1;
	if (strcmp(action, "off") == 0 && words->n == 2) {
		remove_event(h, what);
		return 0;
	}
	if (strcmp(action, "rewind") == 0)
		return what == HAPPENED_SPIKE
			       ? set_rule(h, words, e)
			       : err_set(e, "on %s: only `on spike` rewinds", words->word[0]);
	if (!(strcmp(action, "bell") == 0 && words->n == 2) &&
	    !(strcmp(action, "run") == 0 && words->n > 2 && words->word[2][0]))
		return err_set(e, "on %s: " EXPECTED, words->word[0]);
	argv_line(words, &line);
	program_of(words, &program);
	add(h, what, &program, line.s);
	argv_free(&program);
	str_free(&line);
	return 0;
}

int hooks_on(struct hooks *h, const char *args, struct err *e)
{
	struct argv words = {0};
	struct err why = {0};
	int failed;

	if (argv_read(&words, args, &why))
		return err_set(e, "on: %s", why.text);
	if (!words.n)
		failed = err_set(e, "on: " EXPECTED);
	else if (strcmp(words.word[0], "time") == 0)
		failed = set_time(h, &words, e);
	else
		failed = set_event(h, &words, e);
	argv_free(&words);
	return failed;
}

void hooks_list(const struct hooks *h, struct str *out)
{
	if (!h->n) {
		str_add(out, "no hooks; on end bell rings when a run ends, on end run PROGRAM "
			     "starts a program");
		return;
	}
	for (int i = 0; i < h->n; i++)
		str_addf(out, "on %s\n", h->at[i].line);
	str_addf(out, "on time %g", h->limit);
}

/* ---- programs ---- */

__attribute__((format(printf, 2, 3))) static void say(struct hooks *h, const char *fmt, ...)
{
	struct str text = {0};
	va_list ap;

	if (h->nsaid == SAID)
		return;
	va_start(ap, fmt);
	str_vaddf(&text, fmt, ap);
	va_end(ap);
	h->said = mem_grow(h->said, (size_t)h->nsaid + 1, sizeof *h->said);
	h->said[h->nsaid++] = text.s;
}

char *hooks_said(struct hooks *h)
{
	char *text = h->nsaid ? h->said[0] : NULL;

	if (text)
		memmove(h->said, h->said + 1, (size_t)--h->nsaid * sizeof *h->said);
	return text;
}

bool hooks_rang(struct hooks *h)
{
	bool rang = h->rang;

	h->rang = false;
	return rang;
}

bool hooks_busy(const struct hooks *h)
{
	return h->tasks > 0;
}

/* False: it could not be started. */
static bool start(struct hooks *h, struct hook_task *t, double now)
{
	char **env = happening_environ(&t->of);
	struct err e = {0};
	int failed = child_start(&t->child, t->argv.word, env, &e);

	happening_environ_free(env);
	t->since = now;
	if (failed)
		say(h, "hook of %s: %s", happened_name(t->of.what), e.text);
	return !failed;
}

static bool waits_for_another(const struct hooks *h, int i)
{
	for (int k = 0; k < i; k++)
		if (h->task[k].hook == h->task[i].hook)
			return true;
	return false;
}

static void start_waiting(struct hooks *h, double now)
{
	for (int i = 0; i < h->tasks;) {
		if (h->task[i].child.pid || waits_for_another(h, i) || start(h, &h->task[i], now))
			i++;
		else
			drop_task(h, i);
	}
}

/* It has ended: what is there to say? */
static void report(struct hooks *h, const struct hook_task *t)
{
	const char *event = happened_name(t->of.what), *program = t->argv.word[0];
	struct str how = {0};

	child_say(&t->child, &how);
	if (t->ended)
		say(h, "hook of %s: %s took longer than %g s and was ended", event, program,
		    h->limit);
	else if (how.len)
		say(h, "hook of %s: %s %s", event, program, how.s);
	str_free(&how);
}

static void end_late(const struct hooks *h, struct hook_task *t, double now)
{
	double over = now - t->since - h->limit;

	if (over >= 0 && t->ended == GOES_ON) {
		child_signal(&t->child, SIGTERM);
		t->ended = TERMED;
	}
	if (over >= h->grace && t->ended == TERMED) {
		child_signal(&t->child, SIGKILL);
		t->ended = KILLED;
	}
}

static void turn(struct hooks *h, double now)
{
	for (int i = 0; i < h->tasks;) {
		struct hook_task *t = &h->task[i];

		if (!t->child.pid) {
			i++;
		} else if (child_turn(&t->child)) {
			report(h, t);
			drop_task(h, i);
		} else {
			end_late(h, t, now);
			i++;
		}
	}
	start_waiting(h, now);
	h->next = now + HOOK_SECONDS;
}

void hooks_turn(struct hooks *h)
{
	double now = h->tasks ? clock_seconds() : 0;

	if (h->tasks && now >= h->next)
		turn(h, now);
}

static void begin(struct hooks *h, const struct hook *k, const struct happening *x)
{
	struct hook_task *t;

	if (h->tasks == WAITING) {
		say(h, "hook of %s: %s: %d programs run or wait already, so it is not told: %s",
		    happened_name(x->what), k->argv[0], WAITING, x->text);
		return;
	}
	h->task = mem_grow(h->task, (size_t)h->tasks + 1, sizeof *h->task);
	t = &h->task[h->tasks++];
	*t = (struct hook_task){.hook = k->id, .of = *x};
	for (char **word = k->argv; *word; word++)
		argv_add(&t->argv, *word);
}

void hooks_happened(struct hooks *h, const struct happening *x)
{
	for (int i = 0; i < h->n; i++) {
		if (h->at[i].on != x->what)
			continue;
		if (h->at[i].argv)
			begin(h, &h->at[i], x);
		else if (!h->at[i].rule)
			h->rang = true;
	}
	start_waiting(h, clock_seconds());
}

/* ---- the end ---- */

static void say_all(struct hooks *h, void (*to)(void *ctx, const char *text), void *ctx)
{
	char *text;

	while ((text = hooks_said(h))) {
		to(ctx, text);
		free(text);
	}
}

/* No more time: what runs has had its limit, what waits is dropped. */
static void give_up(struct hooks *h, double now)
{
	int dropped = 0;

	for (int i = h->tasks - 1; i >= 0; i--) {
		if (h->task[i].child.pid) {
			if (h->task[i].ended == GOES_ON)
				h->task[i].since = now - h->limit;
		} else {
			drop_task(h, i);
			dropped++;
		}
	}
	if (dropped)
		say(h, "%d hook%s could not be started before the end", dropped,
		    dropped == 1 ? "" : "s");
}

void hooks_finish(struct hooks *h, void (*to)(void *ctx, const char *text), void *ctx)
{
	double begun = clock_seconds(), now = begun;
	bool told = false, over = false;

	while (h->tasks) {
		turn(h, now);
		if (h->tasks && !told && now - begun >= TELL_AFTER) {
			say(h, "waiting for the hook of %s, %s, %.0f s at most; ^C leaves it",
			    happened_name(h->task[0].of.what), h->task[0].argv.word[0],
			    h->limit + h->grace - (now - begun));
			told = true;
		}
		say_all(h, to, ctx);
		if (h->tasks)
			poll(NULL, 0, (int)(HOOK_SECONDS * 1000 / 5));
		now = clock_seconds();
		if (!over && now - begun >= h->limit) {
			give_up(h, now);
			over = true;
		}
	}
	say_all(h, to, ctx);
}
