/* SPDX-License-Identifier: GPL-3.0-or-later */
#define _GNU_SOURCE /* accept4, struct ucred */
#include "app/control/server_own.h"

#include "base/clock.h"
#include "base/mem.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	NEW_ONES = 8,              /* connections accepted in a turn */
	LISTENER = SERVER_CLIENTS, /* in an event, beside the clients' numbers */
};

#define RESUME    0.0001 /* seconds of credit after a pause */
#define NO_ACCEPT 1.0    /* seconds without new clients after descriptors ran out */

double server_now(const struct server *s)
{
	return s->handler.now ? s->handler.now(s->handler.ctx) : clock_seconds();
}

static double worked(const struct server *s)
{
	return s->handler.worked ? s->handler.worked(s->handler.ctx) : clock_worked();
}

static int epoll_add(int epoll, int fd, uint32_t events, uint32_t name)
{
	struct epoll_event at = {.events = events, .data = {.u32 = name}};

	return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &at);
}

struct server *server_start(const struct server_handler *h, struct err *e)
{
	struct server *s = mem_alloc(1, sizeof *s);

	s->handler = *h;
	s->epoll = s->outer = -1;
	s->credit = SERVER_BURST;
	s->paid = server_now(s);
	s->listener = address_listen(&s->address, e);
	if (s->listener < 0) {
		free(s);
		return NULL;
	}
	s->epoll = epoll_create1(EPOLL_CLOEXEC);
	s->outer = epoll_create1(EPOLL_CLOEXEC);
	if (s->epoll < 0 || s->outer < 0 || epoll_add(s->outer, s->epoll, EPOLLIN, 0) ||
	    epoll_add(s->epoll, s->listener, EPOLLIN | EPOLLET, LISTENER)) {
		err_errno(e, s->address.path, "this socket cannot be watched");
		server_end(s);
		return NULL;
	}
	return s;
}

const char *server_path(const struct server *s)
{
	return s->address.path;
}

int server_fd(const struct server *s)
{
	return s->outer;
}

/* While it pauses, nothing that clients do wakes the owner. */
static void pause_or_go_on(struct server *s, bool pausing)
{
	struct epoll_event at = {.events = pausing ? 0 : EPOLLIN};

	if (pausing != s->pausing && epoll_ctl(s->outer, EPOLL_CTL_MOD, s->epoll, &at) == 0)
		s->pausing = pausing;
}

/* May it work now? */
static bool has_credit(struct server *s, double now)
{
	s->credit = fmin(SERVER_BURST, s->credit + (now - s->paid) * SERVER_SHARE);
	s->paid = now;
	return s->credit >= (s->pausing ? RESUME : 0);
}

/* What is ready now. */
static void take_events(struct server *s)
{
	struct epoll_event at[SERVER_CLIENTS + 1];
	int n = epoll_wait(s->epoll, at, SERVER_CLIENTS + 1, 0);

	for (int i = 0; i < n; i++) {
		struct client *c;

		if (at[i].data.u32 == LISTENER) {
			s->can_accept = true;
			continue;
		}
		c = s->client[at[i].data.u32];
		if (!c)
			continue;
		c->can_read |= (at[i].events & ~(uint32_t)EPOLLOUT) != 0;
		c->can_write |= (at[i].events & EPOLLOUT) != 0;
		/* Both sides are closed. */
		c->gone |= (at[i].events & (EPOLLHUP | EPOLLERR)) != 0;
	}
}

static void turn_away(int fd, const char *why)
{
	struct wire_out out = {0};
	size_t sent;

	wire_push(&out, closed_line(why));
	wire_send(&out, fd, &sent);
	wire_out_free(&out);
	close(fd);
}

static void drop(struct server *s, int slot)
{
	/* By hand: a child that is just being started may have the descriptor open. */
	epoll_ctl(s->epoll, EPOLL_CTL_DEL, s->client[slot]->fd, NULL);
	client_free(s->client[slot]);
	s->client[slot] = NULL;
}

/* It has gone, and of what it asked enough is done. */
static bool may_give_way(const struct client *c)
{
	return c->gone && c->late >= SERVER_ANSWERS;
}

static void welcome(struct server *s, int fd)
{
	struct ucred who = {0};
	socklen_t n = sizeof who;
	char why[120];
	int slot = 0;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n) || who.uid != geteuid()) {
		snprintf(why, sizeof why, "another user: user %lu trains here, you are user %lu",
			 (unsigned long)geteuid(), (unsigned long)who.uid);
		turn_away(fd, why);
		return;
	}
	while (slot < SERVER_CLIENTS && s->client[slot] && !may_give_way(s->client[slot]))
		slot++;
	if (slot < SERVER_CLIENTS && s->client[slot])
		drop(s, slot);
	if (slot == SERVER_CLIENTS) {
		snprintf(why, sizeof why, "%d clients are connected already", SERVER_CLIENTS);
		turn_away(fd, why);
		return;
	}
	if (epoll_add(s->epoll, fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, (uint32_t)slot)) {
		turn_away(fd, "it cannot be watched");
		return;
	}
	s->client[slot] = client_new(fd, &(struct server_peer){.pid = who.pid, .uid = who.uid});
}

static bool accept_part(struct server *s, double now)
{
	int n = 0;

	while (s->can_accept && now >= s->accept_after && n < NEW_ONES) {
		int fd = accept4(s->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0) {
			welcome(s, fd);
			n++;
		} else if (errno == EAGAIN || errno == EWOULDBLOCK) {
			s->can_accept = false;
		} else if (errno != EINTR && errno != ECONNABORTED) {
			/* No descriptor, no memory: they wait, and we do not try all the time. */
			s->accept_after = now + NO_ACCEPT;
		}
	}
	return n > 0;
}

static bool clients_part(struct server *s, double now, double began)
{
	bool done = false;
	int first = s->first;

	for (int i = 0; i < SERVER_CLIENTS; i++) {
		int slot = (first + i) % SERVER_CLIENTS;
		struct client *c = s->client[slot];
		bool busy = c && client_turn(s, c, slot, now);

		if (c && client_is_over(c, now))
			drop(s, slot);
		if (!busy)
			continue;
		done = true;
		s->first = slot + 1;
		if (worked(s) - began >= SERVER_TURN)
			break;
	}
	return done;
}

void server_turn(struct server *s)
{
	double now = server_now(s), began;

	if (!has_credit(s, now)) {
		pause_or_go_on(s, true);
		return;
	}
	pause_or_go_on(s, false);
	began = worked(s);
	s->due = false;
	s->offer_after = 0;
	take_events(s);
	if (accept_part(s, now))
		s->due = true;
	if (clients_part(s, now, began))
		s->due = true;
	s->credit -= worked(s) - began;
}

static double earlier(double a, double b) /* 0: never */
{
	return a <= 0 ? b : b <= 0 ? a : fmin(a, b);
}

int server_timeout(const struct server *s)
{
	double now = server_now(s), at = s->offer_after, ms;

	if (s->pausing) {
		at = s->paid + (RESUME - s->credit) / SERVER_SHARE;
	} else if (s->due) {
		return 0;
	} else {
		if (s->can_accept)
			at = earlier(at, s->accept_after);
		for (int i = 0; i < SERVER_CLIENTS; i++)
			if (s->client[i])
				at = earlier(at, client_deadline(s->client[i]));
	}
	if (at <= 0)
		return -1;
	ms = fmax(1, ceil((at - now) * 1e3));
	return ms >= INT_MAX ? INT_MAX : (int)ms;
}

void server_answer(struct server *s, server_ticket t, json_t *answer)
{
	struct client *c = s->client[t % SERVER_CLIENTS];
	struct question *q = c ? client_question(c, t) : NULL;
	double began = worked(s);

	if (!q || q->answer) {
		json_decref(answer);
		return;
	}
	if (q->id) {
		json_t *all = json_object();

		json_object_set(all, "id", q->id);
		json_object_update_missing(all, answer);
		json_decref(answer);
		answer = all;
	}
	q->answer = wire_make(answer);
	client_settle(c);
	s->due = true;
	s->credit -= worked(s) - began;
}

void server_end(struct server *s)
{
	if (!s)
		return;
	for (int i = 0; i < SERVER_CLIENTS; i++)
		if (s->client[i]) {
			client_finish(s->client[i]);
			drop(s, i);
		}
	streams_free(s);
	address_remove(&s->address);
	close(s->listener);
	if (s->epoll >= 0)
		close(s->epoll);
	if (s->outer >= 0)
		close(s->outer);
	free(s);
}
