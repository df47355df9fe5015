/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What clients send to a program that trains, and what it may say to them. The first byte says how
 * the rest is cut into pieces and how the owner behaves, the second whose ear it is:
 * the server's, or that of its client.
 */
#include "../app/control/peer.h"
#include "app/control/client.h"
#include "engine/file/json.h"
#include "fuzz.h"

static void seeds(void)
{
	json_begin();
	fuzz_seed_text("\1s{\"id\":7,\"command\":\"set train.optimizer.lr 1e-4\"}\n");
	fuzz_seed_text(
		"\7s{\"id\":1,\"stream\":1,\"from\":3}\n{\"stream\":2}\n\n{\"id\":\"a\"}\r\n");
	fuzz_seed_text(
		"\13s{\"id\":null,\"a\":[[[{\"b\":-1.5e3}]],true,\"\\ud83d\\ude00 \\\" [\"]}\n");
	fuzz_seed_text("\77s{\"id\":1}\n{\"id\":2}\n{\"id\":3}\n{\"id\":4}\n{\"id\":5}\nno\n{}");
	fuzz_seed_text("\3c{\"id\":7,\"ok\":true}\n{\"event\":1}\n{\"gap\":[1,2]}\n");
	fuzz_seed_text("\1c{\"ok\":false,\"closed\":\"half a line\"}\n");
}

/* Piece by piece, as large as the first byte says. */
static size_t piece(int first, size_t left)
{
	size_t n = (size_t)1 << (first & 15);

	return n < left ? n : left;
}

static void to_server(int first, const uint8_t *data, size_t n)
{
	struct peer p;

	host.defer = (first & 16) != 0;
	p = peer_open();
	for (size_t at = 0, part; at < n; at += part) {
		part = peer_put_bytes(&p, data + at, piece(first, n - at));
		host.refuse = (first & 32) != 0 && !host.refuse;
		server_turn(host.s);
		if (host.nasked && (at & 1))
			host_answer_one(host.nasked - 1);
		server_publish(host.s, (int)(at & 3), json_object());
		peer_read(&p, 100);
		if (p.closed)
			break;
	}
	shutdown(p.fd, SHUT_WR);
	host.refuse = host.defer = false;
	host_settle();
	while (host.nasked) {
		host_answer_one(0);
		host_settle();
	}
	while (peer_line(&p)) {
		json_t *line = json_loads(p.line, 0, NULL);

		BUG_ON(!json_is_object(line));
		json_decref(line);
		host_settle();
	}
	peer_close(&p);
	host_settle();
}

static void to_client(int first, const uint8_t *data, size_t n)
{
	static struct address a;
	static int listener;
	struct err e = {0};
	struct client *c;
	json_t *message;
	int fd;

	if (!listener)
		listener = address_listen(&a, &e);
	c = client_open(a.path, 0, &e);
	fd = accept(listener, NULL, NULL);
	if (!c || fd < 0)
		abort();
	for (size_t at = 0, part; at < n && !e.status; at += part) {
		part = piece(first, n - at);
		if (send(fd, data + at, part, MSG_DONTWAIT | MSG_NOSIGNAL) != (ssize_t)part)
			break;
		client_send(c, json_object());
		while (client_next(c, &message, &e) == 0 && message)
			json_decref(message);
	}
	close(fd);
	while (client_next(c, &message, &e) == 0)
		json_decref(message);
	BUG_ON(!e.status);
	client_close(c);
}

static void one(const uint8_t *data, size_t n)
{
	if (n < 2)
		return;
	if (!host.s)
		host_start(); /* first: it tries other sockets of this process */
	if (data[1] == 'c')
		to_client(*data, data + 2, n - 2);
	else
		to_server(*data, data + 2, n - 2);
}

FUZZ(seeds, one)
