/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Clients that ask in pieces, read in pieces, follow streams, go and come again, in any order,
 * of an owner that answers in any order: each question has one answer, in its place, and
 * each stream's events come once, in their order, or are told as a gap.
 */
#include "peer.h"

#include "base/rng.h"
#include "engine/file/json.h"

enum { CLIENTS = 5, STREAMS = 3, STEPS = 4000, UNKNOWN = -1, NONE = 0 };

static struct rng rng;
static char pad[20001]; /* what events hold, as much of it as length_of says */
static long published[STREAMS];
static long events_seen, gaps_seen, answers_seen, comebacks;

static struct guest {
	struct peer p;
	struct str out; /* to be sent */
	size_t sent;
	long asked, answered;  /* the last id */
	long expect[STREAMS];  /* number of the next event; UNKNOWN: any; NONE: none */
	long reached[STREAMS]; /* the number after the last one it knows of */
} guest[CLIENTS];

static int draw(int n)
{
	return (int)(rng_u32(&rng) % (uint32_t)n);
}

/* What is in an event follows from its number. */
static int length_of(int stream, long number)
{
	return (int)((number * 7919 + stream * 31) % 20000);
}

static void publish(void)
{
	int stream = draw(STREAMS);
	long number = ++published[stream];

	server_publish(host.s, stream,
		       json_pack("{siss%}", "stream", stream, "pad", pad,
				 (size_t)length_of(stream, number)));
}

static void ask(struct guest *g)
{
	int stream = draw(STREAMS);

	if (draw(5))
		str_addf(&g->out, "{\"id\":%ld}\n", ++g->asked);
	else
		str_addf(&g->out, "{\"id\":%ld,\"stream\":%d,\"from\":%ld}\n", ++g->asked, stream,
			 draw(4) ? g->reached[stream] : 0);
}

static void come(struct guest *g)
{
	g->p = peer_open();
	str_reset(&g->out);
	g->sent = 0;
	g->asked = g->answered = 0;
	for (int i = 0; i < STREAMS; i++) {
		g->expect[i] = NONE;
		/* It goes on where it was. */
		str_addf(&g->out, "{\"id\":%ld,\"stream\":%d,\"from\":%ld}\n", ++g->asked, i,
			 g->reached[i]);
	}
}

static void take_answer(struct guest *g, const json_t *m)
{
	const json_t *echo = json_object_get(m, "echo"), *stream = json_object_get(echo, "stream");
	long from = (long)json_integer_value(json_object_get(echo, "from"));

	CHECK_INT(json_integer_value(json_object_get(m, "id")), ++g->answered);
	CHECK_INT(json_integer_value(json_object_get(echo, "id")), g->answered);
	CHECK(json_is_true(json_object_get(m, "ok")));
	if (stream)
		g->expect[json_integer_value(stream)] = from ? from : UNKNOWN;
	answers_seen++;
}

/* By hand, for there are many and they are long. */
static void take_event(struct guest *g, const char *line, size_t n)
{
	char *at, want[100];
	long number = strtol(line + strlen("{\"event\":"), &at, 10);
	int stream = (int)(strtol(at + strlen(",\"stream\":"), NULL, 10) % STREAMS);
	size_t head = (size_t)snprintf(want, sizeof want, "{\"event\":%ld,\"stream\":%d,\"pad\":\"",
				       number, stream);

	CHECK(n > head && memcmp(line, want, head) == 0);
	CHECK_INT(n, head + (size_t)length_of(stream, number) + strlen("\"}"));
	CHECK(memcmp(line + head, pad, n - head - 2) == 0 && memcmp(line + n - 2, "\"}", 2) == 0);
	if (g->expect[stream] != UNKNOWN)
		CHECK_INT(number, g->expect[stream]);
	g->expect[stream] = g->reached[stream] = number + 1;
	events_seen++;
}

static void take_gap(struct guest *g, const json_t *m)
{
	int stream = (int)json_integer_value(json_object_get(m, "stream"));
	const json_t *gap = json_object_get(m, "gap");
	long first = (long)json_integer_value(json_array_get(gap, 0));
	long last = (long)json_integer_value(json_array_get(gap, 1));

	if (g->expect[stream] != UNKNOWN)
		CHECK_INT(first, g->expect[stream]);
	CHECK(first <= last && last <= published[stream]);
	g->expect[stream] = g->reached[stream] = last + 1;
	gaps_seen++;
}

/* All whole lines that were read. */
static void take(struct guest *g)
{
	char *end;

	while (g->p.got.s && (end = memchr(g->p.got.s + g->p.at, '\n', g->p.got.len - g->p.at))) {
		const char *line = g->p.got.s + g->p.at;
		size_t n = (size_t)(end - line);
		json_t *m;

		g->p.at += n + 1;
		if (strncmp(line, "{\"event\":", 9) == 0) {
			take_event(g, line, n);
			continue;
		}
		m = json_loadb(line, n, 0, NULL);
		if (json_object_get(m, "gap"))
			take_gap(g, m);
		else
			take_answer(g, m);
		json_decref(m);
	}
	if (g->p.at == g->p.got.len) {
		str_reset(&g->p.got);
		g->p.at = 0;
	}
}

static void put(struct guest *g, size_t n)
{
	size_t left = g->out.len - g->sent;

	g->sent += peer_put_bytes(&g->p, str_text(&g->out) + g->sent, n < left ? n : left);
}

static void leave(struct guest *g)
{
	peer_close(&g->p);
	comebacks++;
	come(g);
}

static void step(void)
{
	struct guest *g = &guest[draw(CLIENTS)];

	switch (draw(12)) {
	case 0:
	case 1:
		for (int k = draw(6); k >= 0; k--)
			ask(g);
		break;
	case 2:
	case 3:
		put(g, (size_t)draw(1 + draw(100)));
		break;
	case 4:
		peer_read(&g->p, (size_t)draw(1 + draw(20000)));
		take(g);
		break;
	case 5:
	case 6:
		if (host.nasked)
			host_answer_one(draw(host.nasked));
		break;
	case 7:
	case 8:
		publish();
		break;
	case 9:
		host.refuse = draw(4) == 0;
		host.defer = draw(4) != 0;
		break;
	case 10:
		if (!draw(20))
			leave(g);
		break;
	default:
		server_turn(host.s);
	}
}

/* Everybody gets what is due. */
static void finish(void)
{
	bool all = false;

	host.refuse = host.defer = false;
	for (int round = 0; round < 10000 && !all; round++) {
		all = true;
		while (host.nasked)
			host_answer_one(draw(host.nasked));
		host_settle();
		for (int i = 0; i < CLIENTS; i++) {
			struct guest *g = &guest[i];

			put(g, (size_t)-1);
			peer_read(&g->p, (size_t)-1);
			take(g);
			all &= g->sent == g->out.len && g->answered == g->asked;
			for (int k = 0; k < STREAMS; k++)
				all &= g->expect[k] == UNKNOWN || g->expect[k] == published[k] + 1;
		}
	}
	CHECK(all);
}

static void play(uint32_t seed)
{
	rng_seed(&rng, seed);
	memset(pad, 'x', sizeof pad - 1);
	host_start();
	memset(guest, 0, sizeof guest);
	memset(published, 0, sizeof published);
	for (int i = 0; i < STREAMS; i++)
		server_stream_label(host.s, i, json_pack("{si}", "stream", i));
	for (int i = 0; i < CLIENTS; i++) {
		for (int k = 0; k < STREAMS; k++)
			guest[i].reached[k] = 1;
		come(&guest[i]);
	}
	for (int i = 0; i < STEPS && !test_faults; i++)
		step();
	finish();
	for (int i = 0; i < CLIENTS; i++) {
		CHECK(!guest[i].p.closed);
		peer_close(&guest[i].p);
		str_free(&guest[i].out);
	}
	host_end();
}

TEST(in_any_order_each_gets_what_is_due)
{
	for (uint32_t seed = 1; seed <= 4 && !test_faults; seed++) {
		play(seed);
		if (test_faults)
			FAIL("seed %u", (unsigned)seed);
	}
	/* All of it has happened. */
	CHECK(answers_seen > 1000);
	CHECK(events_seen > 3000);
	CHECK(gaps_seen > 50);
	CHECK(comebacks > 40);
}

int main(int argc, char **argv)
{
	json_begin();
	return TEST_MAIN(argc, argv);
}
