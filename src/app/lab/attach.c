/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The program that trains a run elsewhere, reached through its socket.
 *
 * DESIGN. What is asked becomes a command line, as people write it (doc/control.md), with an id;
 * the answer of that id is the reply to the request. Rows come from the folder, so the other
 * program's events only say that something has happened: then its snapshot is asked for, one at a
 * time and not too often, and the folder is looked at. A ping is answered with the snapshot that
 * was asked for after all before it had been answered, when the folder has been looked at: who
 * waits for it sees what its commands have done.
 *
 * One who says nothing by itself is asked for a snapshot now and then. If it says nothing to that
 * either (it is suspended, or its machine hangs) the snapshot that is shown is old, and says so.
 */
#include "app/lab/attach.h"

#include "base/clock.h"
#include "base/machine.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/file/json.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SNAPSHOT_SECONDS 0.25 /* between two: the other end gives all clients little time */
#define RETRY_SECONDS    1    /* after a connection that failed or ended */
#define QUIET_SECONDS    2    /* without a message: something is asked */
#define SILENT_SECONDS   5    /* without a message although asked: it does not answer */

bool attached(const struct work_run *run)
{
	return run->attach && run->attach->client;
}

/* ---- asking ---- */

/* Of the session of this run; returns the id of its answer. */
static json_int_t ask(struct work_run *run, const char *what, json_t *value)
{
	struct attach *a = run->attach;
	json_t *q = json_object();
	char root[PATH_MAX];

	/* The other program may have begun in another folder. */
	if (!realpath(run->job.root.root, root))
		str_fit(root, sizeof root, run->job.root.root);
	json_object_set_new(q, "id", json_integer(++a->last_id));
	json_object_set_new(q, "run", json_text(root));
	/* It may train several folds at once. */
	pthread_mutex_lock(&run->work->lock);
	json_object_set_new(q, "attends", json_integer(run->attended));
	pthread_mutex_unlock(&run->work->lock);
	json_object_set_new(q, what, value);
	client_send(a->client, q);
	return a->last_id;
}

/* As it is written in the console. */
static void line_of(const struct request *r, char *line, size_t n)
{
	static const char *const words[] = {
		[REQUEST_PAUSE] = "pause", [REQUEST_RESUME] = "resume",
		[REQUEST_STEP] = "step",   [REQUEST_STEP_EPOCH] = "step epoch",
		[REQUEST_STOP] = "stop",   [REQUEST_BREAKS] = "break list",
	};

	switch (r->kind) {
	case REQUEST_BREAK:
		snprintf(line, n, "break %s%s", *r->text ? "when " : "off", r->text);
		break;
	case REQUEST_TRY:
		snprintf(line, n, "try %s", r->text);
		break;
	case REQUEST_RULE:
		snprintf(line, n, "on %s", r->text);
		break;
	case REQUEST_PACE:
		if (r->pace > 0)
			snprintf(line, n, "pace %.17g", r->pace);
		else
			snprintf(line, n, "pace off");
		break;
	default:
		snprintf(line, n, "%s", r->kind == REQUEST_COMMAND ? r->text : words[r->kind]);
	}
}

static double quiet_until(const struct attach *a)
{
	return a->heard + QUIET_SECONDS;
}

/* A try of ours computes: how far it is nobody tells. */
static bool tries(const struct attach *a)
{
	for (int i = 0; i < a->n; i++)
		if (a->asked[i].kind == REQUEST_TRY)
			return true;
	return false;
}

/* Is a snapshot worth while for its own sake? */
static bool is_stale(const struct attach *a)
{
	return a->stale || tries(a);
}

/* What is due: a snapshot, for its own sake or for a ping. */
static void ask_what_is_due(struct work_run *run)
{
	struct attach *a = run->attach;
	struct asked *first = a->n ? &a->asked[0] : NULL;
	bool ping = first && first->kind == REQUEST_PING && !first->id;
	double now = clock_seconds();

	if (a->snapshot || !(ping || (is_stale(a) && now >= a->next) || now >= quiet_until(a)))
		return;
	a->snapshot = ask(run, "snapshot", json_true());
	a->stale = false;
	a->since = now;
	a->next = now + SNAPSHOT_SECONDS;
	for (int i = 0; i < a->n && a->asked[i].kind == REQUEST_PING; i++)
		a->asked[i].id = a->snapshot;
}

bool attach_ask(struct work_run *run, const struct request *r)
{
	struct attach *a = run->attach;
	struct asked asked = {.number = r->number, .kind = r->kind};
	char line[WORK_COMMAND + 16];

	if (!attached(run) || r->kind == REQUEST_LOOK || r->kind == REQUEST_LET_GO ||
	    r->kind == REQUEST_HAND_OVER || r->kind == REQUEST_DUEL)
		return false;
	if (r->kind != REQUEST_PING) {
		line_of(r, line, sizeof line);
		asked.id = ask(run, "command", json_text(line));
	}
	a->asked = mem_grow(a->asked, (size_t)a->n + 1, sizeof *a->asked);
	a->asked[a->n++] = asked;
	ask_what_is_due(run);
	return true;
}

/* ---- replies ---- */

/* What only starts or stops is answered if it is refused. */
static bool is_quiet(enum request_kind kind)
{
	return kind == REQUEST_PAUSE || kind == REQUEST_RESUME || kind == REQUEST_STEP ||
	       kind == REQUEST_STEP_EPOCH || kind == REQUEST_STOP;
}

void attach_reply(struct work_run *run, int i, bool ok, const char *text)
{
	struct attach *a = run->attach;
	struct asked x = a->asked[i];

	memmove(a->asked + i, a->asked + i + 1, (size_t)(--a->n - i) * sizeof *a->asked);
	if (!(ok && is_quiet(x.kind)))
		work_send_text(run, EVENT_REPLY, x.number, ok, text);
}

/* ---- the connection ---- */

static bool is_here(const struct lock_owner *o)
{
	char host[sizeof o->host];

	machine_host(host, sizeof host);
	return o->socket[0] && strcmp(o->host, host) == 0;
}

/* No socket's name is used twice. */
static bool is_same(const struct lock_owner *a, const struct lock_owner *b)
{
	return a->pid == b->pid && strcmp(a->socket, b->socket) == 0;
}

bool attach_is(const struct work_run *run, const struct lock_owner *o)
{
	return attached(run) && is_same(&run->attach->owner, o);
}

unsigned attach_whom(const struct work_run *run)
{
	return attached(run) ? run->attach->whom : 0;
}

bool attach_try(struct work_run *run, const struct lock_owner *o)
{
	struct attach *a = run->attach;
	struct err ignored = {0};

	if (attached(run) || run->opt.readonly || !is_here(o))
		return attached(run);
	if (!a) {
		a = run->attach = mem_alloc(1, sizeof *a);
		*a = (struct attach){0};
	}
	if (!is_same(&a->owner, o)) {
		a->owner = *o;
		a->whom++;
		a->again = 0;
		a->hopeless = a->said = false;
		a->next_event = 0;
	}
	if (a->hopeless || clock_seconds() < a->again)
		return false;
	a->again = clock_seconds() + RETRY_SECONDS;
	a->client = client_open(o->socket, o->pid, &ignored);
	if (!a->client)
		return false;
	ask(run, "events", json_integer(a->next_event));
	a->heard = clock_seconds();
	a->stale = true;
	a->next = 0;
	ask_what_is_due(run);
	return true;
}

/* What was asked and not answered: of a stop the folder says enough, of a ping all. */
static void give_up(struct work_run *run)
{
	struct attach *a = run->attach;
	char text[256];
	int i = 0;

	snprintf(text, sizeof text,
		 "the connection to process %ld has ended; whether it was done is not known: see "
		 "the session's commands.log",
		 a->owner.pid);
	while (i < a->n)
		if (a->asked[i].kind == REQUEST_PING)
			a->asked[i++].served = true;
		else
			attach_reply(run, i, a->asked[i].kind == REQUEST_STOP, text);
}

static void detach(struct work_run *run)
{
	struct attach *a = run->attach;

	client_close(a->client);
	a->client = NULL;
	a->again = clock_seconds() + RETRY_SECONDS;
	a->known = a->over = false;
	a->snapshot = 0;
	a->silent = 0;
	work_show(run, work_is_elsewhere(run) ? WORK_ELSEWHERE : WORK_IDLE);
	give_up(run);
}

void attach_leave(struct work_run *run)
{
	if (attached(run))
		detach(run);
}

/* ---- silence ---- */

/* The whole seconds for which an answer has been waited for; 0: not too long. */
static int silence(const struct attach *a)
{
	double seconds = a->snapshot ? clock_seconds() - a->since : 0;

	return seconds < SILENT_SECONDS ? 0 : (int)fmin(seconds, INT_MAX);
}

/* Shown as it counts. Of one who has never said what it does the folder speaks. */
static void show_silence(struct work_run *run)
{
	struct attach *a = run->attach;
	int seconds = silence(a);

	if (seconds == a->silent)
		return;
	a->silent = seconds;
	work_show(run, a->known                 ? work_state(run)
		       : work_is_elsewhere(run) ? WORK_ELSEWHERE
						: WORK_IDLE);
}

/* It has said something; what was asked may take it as long again. */
static void heard(struct attach *a)
{
	a->heard = a->since = clock_seconds();
}

/* It is not what this program talks to. */
static void turn_away(struct work_run *run, const char *why)
{
	char text[512];

	run->attach->hopeless = true;
	snprintf(text, sizeof text,
		 "process %ld cannot be steered from here, its session is only followed: %.300s",
		 run->attach->owner.pid, why);
	detach(run);
	work_send_text(run, EVENT_SAY, 0, true, text);
}

bool attach_turn(struct work_run *run)
{
	struct attach *a = run->attach;
	struct err e = {0};
	bool news = false;
	json_t *m;

	while (attached(run)) {
		if (client_next(a->client, &m, &e)) {
			detach(run);
			return true;
		}
		if (!m)
			break;
		heard(a);
		if (attach_take(run, m, &news, &e))
			turn_away(run, e.text);
		else if (a->over)
			detach(run);
		json_decref(m);
	}
	if (attached(run)) {
		ask_what_is_due(run);
		show_silence(run);
	}
	return news || !attached(run);
}

void attach_said(struct work_run *run)
{
	if (attached(run))
		run->attach->said = true;
}

void attach_looked(struct work_run *run)
{
	struct attach *a = run->attach;

	while (a && a->n && a->asked[0].served)
		attach_reply(run, 0, true, "");
}

int attach_fd(const struct work_run *run)
{
	return attached(run) ? client_fd(run->attach->client) : -1;
}

short attach_poll(const struct work_run *run)
{
	return attached(run) ? client_poll(run->attach->client) : 0;
}

double attach_due(const struct work_run *run)
{
	const struct attach *a = run->attach;

	if (!attached(run))
		return INFINITY;
	if (a->snapshot)
		return a->since + fmax(SILENT_SECONDS, a->silent + 1);
	return is_stale(a) ? fmin(a->next, quiet_until(a)) : quiet_until(a);
}

void attach_close(struct work_run *run)
{
	struct attach *a = run->attach;

	if (!a)
		return;
	if (attached(run))
		give_up(run);
	attach_looked(run);
	client_close(a->client);
	free(a->asked);
	free(a);
	run->attach = NULL;
}
