/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the program that trains has to say: answers, and events (doc/control.md). */
#include "app/lab/attach.h"

#include "app/lab/snapshot_json.h"
#include "base/mem.h"
#include "base/str.h"

#include <string.h>
#include <unistd.h>

static const char *text_of(const json_t *message, const char *name)
{
	const char *text = json_string_value(json_object_get(message, name));

	return text ? text : "";
}

static int int_of(const json_t *message, const char *name)
{
	return (int)json_integer_value(json_object_get(message, name));
}

/* ---- answers ---- */

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

	if (!attached(run))
		return;
	s->silent = a->silent;
	if (!a->known)
		return;
	next = a->shown;
	next.run = s->run;
	memcpy(next.root, s->root, sizeof next.root);
	memcpy(next.session, s->session, sizeof next.session);
	next.hold = WORK_ATTACHED;
	next.owner = a->owner;
	next.silent = a->silent;
	next.nheld = s->nheld;
	memcpy(next.held, s->held, sizeof next.held);
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
	if (snapshot_of_json(&a->shown, json_object_get(answer, "snapshot"), e))
		return -1;
	a->known = true;
	pthread_mutex_lock(&run->work->lock);
	attach_put(run, &run->shown);
	run->whom = a->whom;
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
	bool ok = json_is_true(json_object_get(answer, "ok")), snapshot = id == a->snapshot, tried;
	int i = 0;

	if (snapshot && ok && take_snapshot(run, answer, e))
		return -1;
	*news |= snapshot; /* rows of steps too, as often as that */
	for (; snapshot && ok && i < a->n; i++)
		a->asked[i].served |= a->asked[i].id == id;
	while (!snapshot && i < a->n && a->asked[i].id != id)
		i++;
	if (snapshot || i == a->n) { /* else events were asked for: it has no such run by now */
		a->over |= !ok;
		return 0;
	}
	tried = ok && a->asked[i].kind == REQUEST_TRY && json_object_get(answer, "tried");
	if (tried && send_tried(run, a->asked[i].number, answer, e))
		return -1;
	attach_reply(run, i, ok, tried ? "" : text_of(answer, "text")); /* it has the figures */
	a->stale = *news = true;
	return 0;
}

/* ---- events ---- */

static const struct {
	const char *name;
	enum event_kind kind;
	bool rows; /* the folder has something new, now */
} events[] = {
	{"fold", EVENT_FOLD, true},       {"step", EVENT_STEP, false},
	{"epoch", EVENT_EPOCH, true},     {"result", EVENT_RESULT, true},
	{"rewound", EVENT_REWOUND, true}, {"changed", EVENT_CHANGED, true},
	{"mark", EVENT_MARK, true},       {"say", EVENT_SAY, false},
};

static void send_change(struct work_run *run, enum event_kind kind, const json_t *message)
{
	struct event e = {.kind = kind};
	const char *mark = text_of(message, "mark");
	bool saved = strcmp(mark, "saved") == 0;

	if (kind == EVENT_MARK && !saved && strcmp(mark, "diverged") != 0)
		return; /* a note: the folder has it */
	e.u.change.fold = int_of(message, "fold");
	e.u.change.epoch = int_of(message, "epoch");
	e.u.change.step = int_of(message, "step");
	e.u.change.what = kind == EVENT_CHANGED ? CHANGE_SET : saved ? CHANGE_SAVED : CHANGE_BROKEN;
	str_fit(e.text, sizeof e.text,
		text_of(message, kind == EVENT_CHANGED ? "command" : "text"));
	work_send(run, &e);
}

/* What was asked here has its reply. */
static void send_say(struct work_run *run, const char *text)
{
	char own[64];
	size_t n = strlen(text), end;

	end = (size_t)snprintf(own, sizeof own, ", asked by process %ld", (long)getpid());
	if (n < end || strcmp(text + n - end, own) != 0)
		work_send_text(run, EVENT_SAY, 0, true, text);
}

static void take_event(struct work_run *run, const json_t *message, bool *news)
{
	const char *name = text_of(message, "kind");
	size_t i = 0;

	run->attach->next_event = json_integer_value(json_object_get(message, "event")) + 1;
	run->attach->stale = true;
	run->attach->over |= strcmp(name, "ended") == 0;
	while (i < sizeof events / sizeof *events && strcmp(name, events[i].name) != 0)
		i++;
	if (i == sizeof events / sizeof *events)
		return; /* a state, or what a later version has to say */
	*news |= events[i].rows;
	if (events[i].kind == EVENT_CHANGED || events[i].kind == EVENT_MARK)
		send_change(run, events[i].kind, message);
	else if (events[i].kind == EVENT_SAY)
		send_say(run, text_of(message, "text"));
}

/* Events that were not kept for us: what they said is in the folder and in the snapshot. */
static void take_gap(struct work_run *run, const json_t *gap, bool *news)
{
	run->attach->next_event = json_integer_value(json_array_get(gap, 1)) + 1;
	run->attach->stale = *news = true;
}

int attach_take(struct work_run *run, const json_t *m, bool *news, struct err *e)
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
