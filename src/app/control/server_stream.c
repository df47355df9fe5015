/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/control/server_own.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

static struct stream *find(const struct server *s, int name)
{
	struct stream *at = s->streams;

	while (at && at->name != name)
		at = at->next_one;
	return at;
}

static struct stream *find_or_make(struct server *s, int name)
{
	struct stream *at = find(s, name);

	if (at)
		return at;
	at = mem_alloc(1, sizeof *at);
	at->name = name;
	at->first = at->next = 1;
	at->next_one = s->streams;
	s->streams = at;
	return at;
}

static struct wire **kept(struct stream *at, uint64_t number)
{
	return &at->kept[number % SERVER_EVENTS];
}

static void drop_first(struct stream *at)
{
	struct wire **w = kept(at, at->first++);

	at->bytes -= (*w)->n + WIRE_COST;
	wire_drop(*w);
	*w = NULL;
}

static void stream_free(struct stream *at)
{
	while (at->first < at->next)
		drop_first(at);
	json_decref(at->label);
	free(at);
}

static void stream_leave(struct stream *at)
{
	if (--at->followers == 0 && at->ended)
		stream_free(at);
}

static struct wire *gap_line(const struct stream *at, uint64_t first, uint64_t last)
{
	json_t *gap = json_pack("{s[II]}", "gap", (json_int_t)first, (json_int_t)last);

	if (at->label)
		json_object_update(gap, at->label);
	return wire_make(gap);
}

/* The pair in front of the members of `object`, which is taken. */
static json_t *with_first(const char *name, json_t *value, json_t *object)
{
	json_t *all = json_object();

	json_object_set_new(all, name, value);
	json_object_update_missing(all, object);
	json_decref(object);
	return all;
}

void server_publish(struct server *s, int stream, json_t *event)
{
	struct stream *at = find_or_make(s, stream);
	uint64_t number = at->next;
	struct wire *w = wire_make(with_first("event", json_integer((json_int_t)number), event));

	if (w->n > SERVER_LINE) {
		wire_drop(w);
		w = gap_line(at, number, number);
	}
	if (at->next - at->first == SERVER_EVENTS)
		drop_first(at);
	*kept(at, number) = w;
	at->bytes += w->n + WIRE_COST;
	at->next++;
	while (at->bytes > SERVER_EVENT_BYTES)
		drop_first(at);
	s->due |= at->followers > 0;
}

void server_stream_label(struct server *s, int stream, json_t *label)
{
	struct stream *at = find_or_make(s, stream);

	json_decref(at->label);
	at->label = label;
}

static struct follow *find_follow(struct follows *f, const struct stream *stream)
{
	for (int i = 0; i < f->n; i++)
		if (f->at[i].stream == stream)
			return &f->at[i];
	return NULL;
}

/* Follow it from there on; this use of the stream is the list's. */
static void follow(struct follows *f, struct stream *stream, uint64_t next)
{
	struct follow *old = find_follow(f, stream);

	if (old) {
		old->next = next;
		stream_leave(stream);
		return;
	}
	f->at = mem_grow(f->at, (size_t)f->n + 1, sizeof *f->at);
	f->at[f->n++] = (struct follow){.stream = stream, .next = next};
}

void server_stream(struct server *s, server_ticket t, int stream, uint64_t from)
{
	struct client *c = s->client[t % SERVER_CLIENTS];
	struct question *q = c ? client_question(c, t) : NULL;
	struct stream *at;

	if (!q || q->answer)
		return;
	at = find_or_make(s, stream);
	at->followers++;
	follow(&q->then, at, from && from < at->next ? from : at->next);
}

void follows_move(struct follows *to, struct follows *from)
{
	for (int i = 0; i < from->n; i++)
		follow(to, from->at[i].stream, from->at[i].next);
	free(from->at);
	*from = (struct follows){0};
}

void follows_free(struct follows *f)
{
	for (int i = 0; i < f->n; i++)
		stream_leave(f->at[i].stream);
	free(f->at);
	*f = (struct follows){0};
}

/* The next line for one that follows; NULL: it has all there is. */
static struct wire *next_line(struct follow *f)
{
	struct stream *at = f->stream;
	uint64_t from = f->next;

	if (from == at->next)
		return NULL;
	if (from >= at->first)
		return wire_share(*kept(at, f->next++));
	f->next = at->first;
	return gap_line(at, from, at->first - 1);
}

struct wire *follows_take(struct client *c)
{
	struct follows *f = &c->follows;

	for (int tried = 0; tried < f->n; tried++) {
		int i = c->turn = (c->turn + 1) % f->n;
		struct wire *w = next_line(&f->at[i]);

		if (w)
			return w;
		if (!f->at[i].stream->ended)
			continue;
		stream_leave(f->at[i].stream);
		f->at[i] = f->at[--f->n];
		tried = -1;
	}
	return NULL;
}

void server_stream_range(const struct server *s, int stream, uint64_t *first, uint64_t *next)
{
	const struct stream *at = find(s, stream);

	*first = at ? at->first : 1;
	*next = at ? at->next : 1;
}

void server_stream_end(struct server *s, int stream)
{
	struct stream **to = &s->streams, *at = find(s, stream);

	if (!at)
		return;
	while (*to != at)
		to = &(*to)->next_one;
	*to = at->next_one;
	at->ended = true;
	s->due |= at->followers > 0;
	if (!at->followers)
		stream_free(at);
}

void streams_free(struct server *s)
{
	while (s->streams)
		server_stream_end(s, s->streams->name);
}
