/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/control/wire.h"

#include "base/mem.h"
#include "base/utf8.h"
#include "base/util.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

enum {
	FIRST_ROOM = 4096, /* most lines are shorter */
	FIRST_LINES = 16,
};

struct wire *wire_make(json_t *object)
{
	char *text = json_dumps(object, JSON_COMPACT);
	struct wire *w;
	size_t n;

	BUG_ON(!text);
	n = strlen(text);
	w = mem_alloc(1, sizeof *w + n + 1);
	w->users = 1;
	w->n = n + 1;
	memcpy(w->text, text, n);
	w->text[n] = '\n';
	free(text);
	json_decref(object);
	return w;
}

struct wire *wire_share(struct wire *w)
{
	w->users++;
	return w;
}

void wire_drop(struct wire *w)
{
	if (w && --w->users == 0)
		free(w);
}

/* Each value but the first comes after one of these, and each level begins with one. */
static bool has_more_values(const char *line, size_t n, int values)
{
	bool quoted = false;

	for (size_t i = 0; i < n; i++) {
		if (line[i] == '"')
			quoted = !quoted;
		else if (quoted && line[i] == '\\')
			i++;
		else if (!quoted && strchr("{[,:", line[i]) && line[i] && --values <= 0)
			return true;
	}
	return false;
}

json_t *wire_object(const char *line, size_t n, int values, struct err *e)
{
	json_error_t why;
	json_t *object;
	char *text;

	if (values && has_more_values(line, n, values)) {
		err_set(e, "a line of more than %d values", values);
		return NULL;
	}
	object = json_loadb(line, n, JSON_REJECT_DUPLICATES, &why);
	if (json_is_object(object))
		return object;
	if (object) {
		json_decref(object);
		err_set(e, "a line that is not a JSON object: {...} is expected");
		return NULL;
	}
	text = utf8_copy(why.text, strlen(why.text), &(bool){false});
	err_set(e, "a line that is not a JSON object: column %d: %s", why.column, text);
	free(text);
	return NULL;
}

void wire_push(struct wire_out *o, struct wire *w)
{
	if (o->n == o->room) {
		int room = o->room ? 2 * o->room : FIRST_LINES;
		struct wire **at = mem_alloc((size_t)room, sizeof *at);

		for (int i = 0; i < o->n; i++)
			at[i] = o->at[(o->first + i) % o->room];
		free(o->at);
		o->at = at;
		o->first = 0;
		o->room = room;
	}
	o->at[(o->first + o->n++) % o->room] = w;
	o->bytes += w->n + WIRE_COST;
}

/* So many bytes are gone. */
static void advance(struct wire_out *o, size_t n)
{
	while (n) {
		struct wire *w = o->at[o->first];
		size_t part = min_size(n, w->n - o->sent);

		n -= part;
		o->sent += part;
		if (o->sent < w->n)
			return;
		o->bytes -= w->n + WIRE_COST;
		o->sent = 0;
		o->first = (o->first + 1) % o->room;
		o->n--;
		wire_drop(w);
	}
}

enum wire_state wire_send(struct wire_out *o, int fd, size_t *sent)
{
	struct iovec part[WIRE_PART];
	struct msghdr message = {.msg_iov = part};
	ssize_t n;

	*sent = 0;
	for (int i = 0; i < o->n && i < WIRE_PART; i++) {
		struct wire *w = o->at[(o->first + i) % o->room];
		size_t done = i ? 0 : o->sent;

		part[i] = (struct iovec){.iov_base = w->text + done, .iov_len = w->n - done};
		message.msg_iovlen++;
	}
	if (!o->n)
		return WIRE_DONE;
	n = sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS))
		return WIRE_BLOCKED;
	if (n < 0)
		return errno == EINTR ? WIRE_DONE : WIRE_GONE;
	advance(o, (size_t)n);
	*sent = (size_t)n;
	return WIRE_DONE;
}

void wire_out_free(struct wire_out *o)
{
	for (int i = 0; i < o->n; i++)
		wire_drop(o->at[(o->first + i) % o->room]);
	free(o->at);
	*o = (struct wire_out){0};
}

/* Room for more of a line that is not whole. */
static void make_room(struct wire_in *i)
{
	if (i->begin) {
		memmove(i->data, i->data + i->begin, i->end - i->begin);
		i->end -= i->begin;
		i->seen -= i->begin;
		i->begin = 0;
	}
	if (i->end < i->room)
		return;
	i->room = min_size(i->limit, i->room ? 2 * i->room : FIRST_ROOM);
	i->data = mem_grow(i->data, i->room, 1);
}

enum wire_state wire_read(struct wire_in *i, int fd)
{
	ssize_t n;

	if (i->end == i->room) {
		if (i->end - i->begin == i->limit)
			return WIRE_DONE;
		make_room(i);
	}
	n = recv(fd, i->data + i->end, i->room - i->end, MSG_DONTWAIT);
	if (n > 0)
		i->end += (size_t)n;
	if (n >= 0)
		return n ? WIRE_DONE : WIRE_GONE;
	return errno == EAGAIN || errno == EWOULDBLOCK ? WIRE_BLOCKED
	       : errno == EINTR                        ? WIRE_DONE
						       : WIRE_GONE;
}

/* The memory of a long line is not kept for short ones. */
static void forget(struct wire_in *i)
{
	i->begin = i->end = i->seen = 0;
	if (i->room > FIRST_ROOM) {
		free(i->data);
		i->data = NULL;
		i->room = 0;
	}
}

const char *wire_line(struct wire_in *i, size_t *n)
{
	const char *line, *end;

	if (i->begin == i->end) {
		forget(i);
		return NULL;
	}
	end = memchr(i->data + i->seen, '\n', i->end - i->seen);
	if (!end) {
		i->seen = i->end;
		return NULL;
	}
	line = i->data + i->begin;
	*n = (size_t)(end - line);
	i->begin = i->seen = i->begin + *n + 1;
	return line;
}

const char *wire_rest(struct wire_in *i, size_t *n)
{
	const char *rest = i->data + i->begin;

	if (i->begin == i->end)
		return NULL;
	*n = i->end - i->begin;
	i->begin = i->seen = i->end;
	return rest;
}

bool wire_too_long(const struct wire_in *i)
{
	return i->end - i->begin >= i->limit;
}

bool wire_half(const struct wire_in *i)
{
	return i->end > i->begin;
}

void wire_in_free(struct wire_in *i)
{
	free(i->data);
	*i = (struct wire_in){.limit = i->limit};
}
