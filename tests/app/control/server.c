/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "peer.h"

#include "engine/file/json.h"

TEST(each_question_has_its_answer)
{
	struct peer p;

	host_start();
	p = peer_open();
	peer_put(&p, "{\"id\":7,\"command\":\"pause\"}\n{\"command\":\"no id\"}\n\n  \r\n"
		     "{\"id\":\"a\xc3\xa4\"}\r\n{\"id\":null}\n{\"id\":false}\n{\"id\":-1.5}\n");
	host_settle();
	CHECK_STR(peer_line(&p),
		  "{\"id\":7,\"ok\":true,\"echo\":{\"id\":7,\"command\":\"pause\"}}");
	CHECK_STR(peer_line(&p), "{\"ok\":true,\"echo\":{\"command\":\"no id\"}}");
	CHECK_STR(peer_line(&p),
		  "{\"id\":\"a\xc3\xa4\",\"ok\":true,\"echo\":{\"id\":\"a\xc3\xa4\"}}");
	CHECK_STR(peer_line(&p), "{\"id\":null,\"ok\":true,\"echo\":{\"id\":null}}");
	CHECK_STR(peer_line(&p), "{\"id\":false,\"ok\":true,\"echo\":{\"id\":false}}");
	CHECK_STR(peer_line(&p), "{\"id\":-1.5,\"ok\":true,\"echo\":{\"id\":-1.5}}");
	CHECK(!peer_line(&p));
	CHECK_INT(host.who.pid, getpid());
	CHECK_INT(host.who.uid, geteuid());
	CHECK_INT(server_timeout(host.s), -1);
	CHECK(!peer_is_closed(&p));
	peer_close(&p);
	host_end();
}

TEST(answers_come_in_the_order_of_the_questions)
{
	struct peer p;

	host_start();
	host.defer = true;
	p = peer_open();
	peer_put(&p, "{\"id\":1}\n{\"id\":2}\n{\"id\":3}\n");
	host_settle();
	CHECK_INT(host.nasked, 3);
	host_answer_one(2);
	host_answer_one(1);
	CHECK_INT(server_timeout(host.s), 0);
	host_settle();
	CHECK(!peer_line(&p));
	host_answer_one(0);
	server_answer(host.s, host.asked[0], json_object()); /* nobody asks that any longer */
	server_answer(host.s, 12345, json_object());
	host_settle();
	for (int i = 1; i <= 3; i++)
		CHECK_HAS(peer_line(&p), i == 1   ? "{\"id\":1,"
					 : i == 2 ? "{\"id\":2,"
						  : "{\"id\":3,");
	CHECK(!peer_line(&p));
	peer_close(&p);
	host_end();
}

TEST(what_was_asked_before_is_answered_before_it_is_closed)
{
	struct peer p;

	host_start();
	host.defer = true;
	p = peer_open();
	peer_put(&p, "{\"id\":1}\nnoise\n{\"id\":2}\n");
	host_settle();
	CHECK(!peer_line(&p));
	CHECK(!peer_is_closed(&p));
	CHECK_INT(host.nasked, 1);
	host_answer_one(0);
	host_settle();
	CHECK_HAS(peer_line(&p), "{\"id\":1,\"ok\":true");
	CHECK_HAS(peer_line(&p), "closed");
	CHECK(peer_is_closed(&p));
	peer_close(&p);
	host_end();
}

TEST(one_that_stops_writing_gets_its_answers)
{
	struct peer p;

	host_start();
	host.defer = true;
	p = peer_open();
	peer_put(&p, "{\"id\":1}\n{\"id\":2}"); /* without a newline, as printf does it */
	shutdown(p.fd, SHUT_WR);
	host_settle();
	CHECK_INT(host.nasked, 2);
	CHECK(!peer_is_closed(&p));
	host_answer_one(0);
	host_settle();
	CHECK_HAS(peer_line(&p), "{\"id\":1,\"ok\":true");
	CHECK(!peer_is_closed(&p));
	host_answer_one(0);
	host_settle();
	CHECK_HAS(peer_line(&p), "{\"id\":2,\"ok\":true");
	CHECK(peer_is_closed(&p));
	peer_close(&p);
	/* half a line */
	p = peer_open();
	peer_put(&p, "{\"id\":1");
	shutdown(p.fd, SHUT_WR);
	host_settle();
	CHECK_HAS(peer_line(&p), "\"closed\":\"a line that is not a JSON object");
	CHECK(peer_is_closed(&p));
	peer_close(&p);
	/* a stream goes on to its end */
	host.defer = false;
	p = peer_open();
	peer_put(&p, "{\"id\":3,\"stream\":1}\n");
	shutdown(p.fd, SHUT_WR);
	host_settle();
	CHECK_HAS(peer_line(&p), "{\"id\":3,\"ok\":true");
	CHECK(!peer_is_closed(&p));
	server_publish(host.s, 1, json_pack("{ss}", "what", "step"));
	host_settle();
	CHECK_STR(peer_line(&p), "{\"event\":1,\"what\":\"step\"}");
	server_publish(host.s, 1, json_object());
	server_stream_end(host.s, 1);
	host_settle();
	CHECK_STR(peer_line(&p), "{\"event\":2}");
	CHECK(peer_is_closed(&p));
	peer_close(&p);
	host_end();
}

TEST(what_one_that_has_gone_asked_is_done)
{
	struct peer p;

	host_start();
	host.defer = true;
	p = peer_open();
	for (int i = 0; i < 100; i++)
		peer_put(&p, "{\"id\":1,\"stream\":1}\n");
	peer_close(&p);
	host_settle();
	CHECK_INT(host.nasked, SERVER_ANSWERS);
	CHECK(!host_is_ready());
	CHECK_INT(server_timeout(host.s), -1);
	while (host.nasked) {
		host_answer_one(0);
		host_settle();
	}
	CHECK_INT(host.questions, 100);
	server_publish(host.s, 1, json_object());
	CHECK_INT(server_timeout(host.s), -1); /* nobody follows */
	host_end();
}

TEST(one_that_has_gone_keeps_no_place)
{
	struct peer p[SERVER_CLIENTS], late;

	host_start();
	host.cost = 0.001; /* so that it works at their questions for long */
	for (int i = 0; i < SERVER_CLIENTS; i++) {
		p[i] = peer_open();
		for (int k = 0; k < 200; k++)
			peer_put(&p[i], "{\"id\":1}\n");
	}
	host_settle();
	for (int i = 0; i < SERVER_CLIENTS; i++)
		peer_close(&p[i]);
	while (host.questions < 2L * SERVER_CLIENTS * SERVER_ANSWERS + SERVER_CLIENTS) {
		host.now++;
		host_settle();
	}
	late = peer_open();
	peer_put(&late, "{\"id\":2}\n");
	for (int i = 0; i < 100; i++) {
		host.now++;
		host_settle();
	}
	CHECK(host.questions < 200L * SERVER_CLIENTS);
	CHECK_HAS(peer_line(&late), "\"id\":2");
	peer_close(&late);
	host_end();
}

TEST(what_is_refused_is_offered_again)
{
	struct peer p, other;
	long before;

	host_start();
	host.refuse = true;
	p = peer_open();
	other = peer_open();
	peer_put(&p, "{\"id\":1,\"stream\":1}\n{\"id\":2}\n");
	peer_put(&other, "{\"id\":3}\n");
	host_settle();
	CHECK(host.refused >= 2);
	CHECK_INT(server_timeout(host.s), 50);
	before = host.refused;
	host.now += 0.05;
	host_settle();
	CHECK(host.refused > before);
	host.refuse = false;
	host_settle();
	CHECK_INT(host.questions, 3);
	CHECK_HAS(peer_line(&p), "{\"id\":1,");
	CHECK_HAS(peer_line(&p), "{\"id\":2,");
	CHECK_HAS(peer_line(&other), "{\"id\":3,");
	CHECK_INT(server_timeout(host.s), -1);
	/* one that goes while its question waits */
	host.refuse = true;
	peer_put(&p, "{\"id\":4}\n");
	host_settle();
	peer_close(&p);
	host_settle();
	CHECK(!host_is_ready());
	CHECK_INT(server_timeout(host.s), 50);
	host.refuse = false;
	host_settle();
	CHECK_INT(host.questions, 4);
	CHECK_INT(server_timeout(host.s), -1);
	peer_close(&other);
	host_end();
}

TEST(one_that_follows_and_goes_is_forgotten_at_once)
{
	struct peer p;

	host_start();
	p = peer_open();
	peer_put(&p, "{\"stream\":1}\n");
	host_settle();
	CHECK_HAS(peer_line(&p), "ok");
	peer_close(&p);
	host_settle();
	server_publish(host.s, 1, json_object());
	CHECK_INT(server_timeout(host.s), -1); /* nobody follows */
	host_end();
}

TEST(events_have_numbers_without_gaps)
{
	struct peer p, late;
	uint64_t first, next;

	host_start();
	server_stream_range(host.s, 7, &first, &next);
	CHECK_INT(first, 1);
	CHECK_INT(next, 1);
	p = peer_open();
	late = peer_open();
	peer_put(&p, "{\"stream\":7,\"from\":1}\n{\"id\":2}\n");
	host_settle();
	CHECK_HAS(peer_line(&p), "\"ok\":true");
	CHECK_HAS(peer_line(&p), "{\"id\":2");
	for (int i = 1; i <= 5; i++)
		server_publish(host.s, 7, json_pack("{si}", "is", i));
	CHECK_INT(server_timeout(host.s), 0);
	server_publish(host.s, 8, json_object());
	host_settle();
	for (int i = 1; i <= 5; i++) {
		char want[40];

		snprintf(want, sizeof want, "{\"event\":%d,\"is\":%d}", i, i);
		CHECK_STR(peer_line(&p), want);
	}
	CHECK(!peer_line(&p));
	server_stream_range(host.s, 7, &first, &next);
	CHECK_INT(first, 1);
	CHECK_INT(next, 6);
	/* from the middle, from what comes, from what is not there yet */
	peer_put(&late, "{\"stream\":7,\"from\":4}\n");
	host_settle();
	CHECK_HAS(peer_line(&late), "ok");
	CHECK_STR(peer_line(&late), "{\"event\":4,\"is\":4}");
	CHECK_STR(peer_line(&late), "{\"event\":5,\"is\":5}");
	peer_put(&late, "{\"stream\":8}\n{\"stream\":7,\"from\":99}\n");
	host_settle();
	CHECK_HAS(peer_line(&late), "ok");
	CHECK_HAS(peer_line(&late), "ok");
	CHECK(!peer_line(&late));
	server_publish(host.s, 7, json_object());
	host_settle();
	CHECK_STR(peer_line(&late), "{\"event\":6}");
	server_publish(host.s, 8, json_object());
	host_settle();
	CHECK_STR(peer_line(&late), "{\"event\":2}");
	/* once more from an earlier one */
	peer_put(&late, "{\"stream\":7,\"from\":5}\n");
	host_settle();
	CHECK_HAS(peer_line(&late), "ok");
	CHECK_STR(peer_line(&late), "{\"event\":5,\"is\":5}");
	CHECK_STR(peer_line(&late), "{\"event\":6}");
	CHECK(!peer_line(&late));
	peer_close(&p);
	peer_close(&late);
	host_end();
}

TEST(a_gap_is_told)
{
	char *big = malloc(SERVER_LINE + 1);
	struct peer p;
	uint64_t first, next;

	host_start();
	p = peer_open();
	for (int i = 0; i < SERVER_EVENTS + 10; i++)
		server_publish(host.s, 1, json_object());
	server_stream_range(host.s, 1, &first, &next);
	CHECK_INT(first, 11);
	CHECK_INT(next, SERVER_EVENTS + 11);
	peer_put(&p, "{\"stream\":1,\"from\":3}\n");
	host_settle();
	CHECK_HAS(peer_line(&p), "ok");
	CHECK_STR(peer_line(&p), "{\"gap\":[3,10]}");
	CHECK_STR(peer_line(&p), "{\"event\":11}");
	while (peer_line(&p)) {
	}
	CHECK_STR(p.line, "{\"event\":4106}");
	/* by bytes; what is too long; with the label */
	memset(big, 'x', SERVER_LINE);
	big[SERVER_LINE] = '\0';
	server_stream_label(host.s, 2, json_pack("{ss}", "run", "/old"));
	server_stream_label(host.s, 2, json_pack("{ss}", "run", "/a"));
	server_publish(host.s, 2, json_pack("{ss}", "text", big));
	big[SERVER_LINE / 2] = '\0';
	server_publish(host.s, 2, json_pack("{ss}", "text", big));
	peer_put(&p, "{\"stream\":2,\"from\":1}\n");
	host_settle();
	CHECK_HAS(peer_line(&p), "ok");
	CHECK_STR(peer_line(&p), "{\"gap\":[1,1],\"run\":\"/a\"}");
	CHECK_HAS(peer_line(&p), "{\"event\":2,\"text\":\"xxx");
	for (int i = 0; i < 100; i++)
		server_publish(host.s, 2, json_pack("{ss}", "text", big));
	server_stream_range(host.s, 2, &first, &next);
	CHECK_INT(next, 103);
	CHECK_INT(next - first, SERVER_EVENT_BYTES / (SERVER_LINE / 2) - 1);
	host_settle();
	CHECK_STR(peer_line(&p), "{\"gap\":[3,71],\"run\":\"/a\"}");
	free(big);
	peer_close(&p);
	host_end();
}

TEST(a_stream_ends_when_all_have_the_rest)
{
	struct peer p, slow;

	host_start();
	p = peer_open();
	slow = peer_open();
	host.defer = true;
	peer_put(&p, "{\"stream\":1}\n");
	peer_put(&slow, "{\"stream\":1}\n");
	host_settle();
	host_answer_one(0);
	server_publish(host.s, 1, json_object());
	/* The other is answered after it has ended: a name that was free again. */
	server_stream(host.s, host.asked[0], 1, 1);
	server_stream_end(host.s, 1);
	server_publish(host.s, 1, json_pack("{ss}", "stream", "the second"));
	host_settle();
	CHECK_HAS(peer_line(&p), "ok");
	CHECK_STR(peer_line(&p), "{\"event\":1}");
	CHECK(!peer_line(&p));
	server_answer(host.s, host.asked[0], json_object());
	json_decref(host.question[0]);
	host.nasked = 0;
	host_settle();
	CHECK_STR(peer_line(&slow), "{}");
	CHECK_STR(peer_line(&slow), "{\"event\":1}");
	CHECK(!peer_line(&slow));
	server_stream_end(host.s, 1);
	server_stream_end(host.s, 1);
	peer_close(&p);
	peer_close(&slow);
	host_end();
}

TEST(the_end_is_told)
{
	struct peer p, gone;
	char path[600];

	host_start();
	snprintf(path, sizeof path, "%s", server_path(host.s));
	p = peer_open();
	gone = peer_open();
	peer_put(&p, "{\"id\":1,\"stream\":1}\n");
	host.defer = true;
	peer_put(&gone, "{\"id\":1}\n");
	host_settle();
	host_answer_one(0);
	for (int i = 0; i < 200; i++)
		server_publish(host.s, 1, json_object());
	peer_close(&gone);
	host_end();
	CHECK(access(path, F_OK) != 0);
	CHECK_HAS(peer_line(&p), "{\"id\":1,");
	for (int i = 0; i < 200; i++)
		CHECK_HAS(peer_line(&p), "{\"event\":");
	CHECK_STR(peer_line(&p), "{\"ok\":false,\"closed\":\"this program ends\"}");
	CHECK(peer_is_closed(&p));
	peer_close(&p);
	server_end(NULL);
}

int main(int argc, char **argv)
{
	json_begin();
	return TEST_MAIN(argc, argv);
}
