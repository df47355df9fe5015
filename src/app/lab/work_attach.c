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
 */
#include "app/lab/work_private.h"

#include "app/control/client.h"
#include "app/lab/snapshot_json.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/file/json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SNAPSHOT_SECONDS 0.1 /* between two */
#define RETRY_SECONDS    1   /* after a connection that failed or ended */

/* A request that is not answered. */
struct asked {
	json_int_t id;   /* of the question; 0: it is not sent yet */
	unsigned number; /* of the request */
	enum request_kind kind;
	bool served; /* a ping: the reply comes when the folder has been looked at */
};

struct attach {
	struct client *client;   /* NULL: not attached */
	struct lock_owner owner; /* who is, or was, at the other end */
	double again;            /* clock: not before is it tried to connect */
	bool hopeless;           /* with this owner, for it answers what is not understood */
	json_int_t last_id, next_event;

	struct asked *asked; /* [n] in the order they came */
	int n;
	json_int_t snapshot; /* id of the question under way; 0: none */
	bool stale;          /* something has happened since it was asked for */
	double next;         /* clock: not before is it asked for again */

	bool said;  /* to whom it is attached */
	bool known; /* there was a snapshot */
	struct snapshot shown;
};

static bool attached(const struct work_run *run)
{
	return run->attach && run->attach->client;
}

static const char *text_of(const json_t *message, const char *name)
{
	const char *text = json_string_value(json_object_get(message, name));

	return text ? text : "";
}

static int int_of(const json_t *message, const char *name)
{
	return (int)json_integer_value(json_object_get(message, name));
}

/* ---- asking ---- */

/* Of the session of this run; returns the id of its answer. */
static json_int_t ask(struct work_run *run, const char *what, json_t *value)
{
	struct attach *a = run->attach;
	json_t *q = json_object();

	json_object_set_new(q, "id", json_integer(++a->last_id));
	json_object_set_new(q, "run", json_text(run->job.session.dir));
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
	case REQUEST_TRY: /* KEY=VALUE */
		snprintf(line, n, "try %s", r->text);
		line[4 + strcspn(r->text, "=")] = ' ';
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

/* What is due: a snapshot, for its own sake or for a ping. */
static void ask_what_is_due(struct work_run *run)
{
	struct attach *a = run->attach;
	struct asked *first = a->n ? &a->asked[0] : NULL;
	bool ping = first && first->kind == REQUEST_PING && !first->id;

	if (a->snapshot || !(ping || (a->stale && clock_seconds() >= a->next)))
		return;
	a->snapshot = ask(run, "snapshot", json_true());
	a->stale = false;
	a->next = clock_seconds() + SNAPSHOT_SECONDS;
	for (int i = 0; i < a->n && a->asked[i].kind == REQUEST_PING; i++)
		a->asked[i].id = a->snapshot;
}

bool attach_ask(struct work_run *run, const struct request *r)
{
	struct attach *a = run->attach;
	struct asked asked = {.number = r->number, .kind = r->kind};
	char line[WORK_COMMAND + 16];

	if (!attached(run) || r->kind == REQUEST_LOOK)
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

/* ---- answers ---- */

/* What only starts or stops is answered if it is refused. */
static bool is_quiet(enum request_kind kind)
{
	return kind == REQUEST_PAUSE || kind == REQUEST_RESUME || kind == REQUEST_STEP ||
	       kind == REQUEST_STEP_EPOCH || kind == REQUEST_STOP;
}

/* The reply to asked[i], which is forgotten. */
static void reply(struct work_run *run, int i, bool ok, const char *text)
{
	struct attach *a = run->attach;
	struct asked x = a->asked[i];

	memmove(a->asked + i, a->asked + i + 1, (size_t)(--a->n - i) * sizeof *a->asked);
	if (!(ok && is_quiet(x.kind)))
		work_send_text(run, EVENT_REPLY, x.number, ok, text);
}

static int send_tried(struct work_run *run, unsigned number, const json_t *answer, struct err *e)
{
	struct event event = {.kind = EVENT_TRIED, .request = number};
	struct tried tried;

	if (tried_of_json(&tried, json_object_get(answer, "tried"), e))
		return -1;
	event.tried = mem_alloc(1, sizeof *event.tried);
	*event.tried = tried;
	work_send(run, &event);
	return 0;
}

void attach_put(const struct work_run *run, struct snapshot *s)
{
	const struct attach *a = run->attach;
	struct snapshot next;

	if (!attached(run) || !a->known)
		return;
	next = a->shown;
	next.run = s->run;
	memcpy(next.root, s->root, sizeof next.root);
	memcpy(next.session, s->session, sizeof next.session);
	next.hold = WORK_ATTACHED;
	next.owner = a->owner;
	next.opened = true;
	next.placed = next.busy = false; /* here it takes nobody's place */
	next.can_skip = s->can_skip;
	next.looking[0] = '\0';
	next.dropped = s->dropped;
	next.ended = s->ended;
	*s = next;
}

static void say_attached(struct work_run *run)
{
	char text[128];

	if (run->attach->said)
		return;
	run->attach->said = true;
	snprintf(text, sizeof text,
		 "attached to process %ld, which trains it; q leaves and stops nothing",
		 run->attach->owner.pid);
	work_send_text(run, EVENT_SAY, 0, true, text);
}

static int take_snapshot(struct work_run *run, const json_t *answer, struct err *e)
{
	struct attach *a = run->attach;

	a->snapshot = 0;
	if (!json_is_true(json_object_get(answer, "ok")))
		return err_set(e, "%s", text_of(answer, "text"));
	if (snapshot_of_json(&a->shown, json_object_get(answer, "snapshot"), e))
		return -1;
	a->known = true;
	pthread_mutex_lock(&run->work->lock);
	attach_put(run, &run->shown);
	pthread_mutex_unlock(&run->work->lock);
	work_send_text(run, EVENT_STATE, 0, true, "");
	say_attached(run);
	return 0;
}

/* *news: the folder is to be looked at. */
static int take_answer(struct work_run *run, json_int_t id, const json_t *answer, bool *news,
		       struct err *e)
{
	struct attach *a = run->attach;
	bool ok = json_is_true(json_object_get(answer, "ok")), snapshot = id == a->snapshot;
	int i = 0;

	if (snapshot && take_snapshot(run, answer, e))
		return -1;
	for (; snapshot && i < a->n; i++)
		*news |= a->asked[i].served |= a->asked[i].id == id;
	if (snapshot)
		return 0;
	while (i < a->n && a->asked[i].id != id)
		i++;
	if (i == a->n) /* events were asked for, or it is an answer to nothing */
		return ok ? 0 : err_set(e, "%s", text_of(answer, "text"));
	if (ok && a->asked[i].kind == REQUEST_TRY && send_tried(run, a->asked[i].number, answer, e))
		return -1;
	reply(run, i, ok, text_of(answer, "text"));
	a->stale = *news = true;
	return 0;
}

/* ---- events ---- */

static const struct {
	const char *name;
	enum event_kind kind;
	bool rows; /* the folder has them */
} events[] = {
	{"fold", EVENT_FOLD, true},       {"step", EVENT_STEP, true},
	{"epoch", EVENT_EPOCH, true},     {"result", EVENT_RESULT, true},
	{"changed", EVENT_CHANGED, true}, {"mark", EVENT_MARK, false},
	{"say", EVENT_SAY, false},
};

static void send_change(struct work_run *run, enum event_kind kind, const json_t *message)
{
	struct event e = {.kind = kind};
	bool saved = strcmp(text_of(message, "what"), "saved") == 0;

	e.u.change.fold = int_of(message, "fold");
	e.u.change.epoch = int_of(message, "epoch");
	e.u.change.step = int_of(message, "step");
	e.u.change.what = kind == EVENT_CHANGED ? CHANGE_SET : saved ? CHANGE_SAVED : CHANGE_BROKEN;
	str_fit(e.text, sizeof e.text, text_of(message, "text"));
	work_send(run, &e);
}

static void take_event(struct work_run *run, const json_t *message, bool *news)
{
	const char *name = text_of(message, "kind");
	size_t i = 0;

	run->attach->next_event = json_integer_value(json_object_get(message, "event")) + 1;
	run->attach->stale = true;
	while (i < sizeof events / sizeof *events && strcmp(name, events[i].name) != 0)
		i++;
	if (i == sizeof events / sizeof *events)
		return; /* a state, or what a later version has to say */
	*news |= events[i].rows;
	if (events[i].kind == EVENT_CHANGED || events[i].kind == EVENT_MARK)
		send_change(run, events[i].kind, message);
	else if (events[i].kind == EVENT_SAY)
		work_send_text(run, EVENT_SAY, 0, true, text_of(message, "text"));
}

/* Events that were not kept for us: what they said is in the folder and in the snapshot. */
static void take_gap(struct work_run *run, const json_t *gap, bool *news)
{
	run->attach->next_event = json_integer_value(json_array_get(gap, 1)) + 1;
	run->attach->stale = *news = true;
}

static int take_message(struct work_run *run, const json_t *m, bool *news, struct err *e)
{
	const json_t *id = json_object_get(m, "id"), *gap = json_object_get(m, "gap");

	if (json_is_integer(id))
		return take_answer(run, json_integer_value(id), m, news, e);
	if (json_is_integer(json_object_get(m, "event")))
		take_event(run, m, news);
	else if (gap)
		take_gap(run, gap, news);
	else
		return err_set(e, "neither an answer nor an event");
	return 0;
}

/* ---- the connection ---- */

static bool is_here(const struct lock_owner *o)
{
	char host[sizeof o->host] = "";

	gethostname(host, sizeof host - 1);
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
			reply(run, i, a->asked[i].kind == REQUEST_STOP, text);
}

static void detach(struct work_run *run)
{
	struct attach *a = run->attach;

	client_close(a->client);
	a->client = NULL;
	a->known = false;
	a->snapshot = 0;
	work_show(run, work_is_elsewhere(run) ? WORK_ELSEWHERE : WORK_IDLE);
	give_up(run);
}

void attach_leave(struct work_run *run)
{
	if (attached(run))
		detach(run);
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
		if (take_message(run, m, &news, &e))
			turn_away(run, e.text);
		json_decref(m);
	}
	if (attached(run))
		ask_what_is_due(run);
	return news || !attached(run);
}

void attach_looked(struct work_run *run)
{
	struct attach *a = run->attach;

	while (a && a->n && a->asked[0].served)
		reply(run, 0, true, "");
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

	return attached(run) && a->stale && !a->snapshot ? a->next : INFINITY;
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
