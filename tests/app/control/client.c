/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/control/client.h"
#include "peer.h"

#include "engine/file/json.h"

#include <signal.h>
#include <sys/time.h>

static struct client *open_client(void)
{
	struct err e = {0};
	struct client *c = client_open(server_path(host.s), getpid(), &e);

	if (!c)
		FAIL("%s", e.text);
	return c;
}

/* Its next message as text; "": none; its error: nothing more comes. free() it. */
static char *next(struct client *c)
{
	struct err e = {0};
	json_t *message;
	char *text;

	if (client_next(c, &message, &e))
		return str_format("%s", e.text);
	if (!message)
		return str_format("%s", "");
	text = json_dumps(message, JSON_COMPACT);
	json_decref(message);
	return text;
}

static void check_next(struct client *c, const char *want)
{
	char *text = next(c);

	CHECK_STR(text, want);
	free(text);
}

static void check_next_has(struct client *c, const char *part)
{
	char *text = next(c);

	CHECK_HAS(text, part);
	free(text);
}

/* The other end is the test's own. */
static int false_server(struct client **c)
{
	struct address a;
	struct err e = {0};
	int listener, fd;

	setenv("XDG_RUNTIME_DIR", temp_path("%s", ""), 1);
	listener = address_listen(&a, &e);
	*c = client_open(a.path, getpid(), &e);
	CHECK_STR(e.text, "");
	fd = accept(listener, NULL, NULL);
	close(listener);
	address_remove(&a);
	return fd;
}

static void say(int fd, const char *text)
{
	CHECK(send(fd, text, strlen(text), MSG_NOSIGNAL) == (ssize_t)strlen(text));
}

TEST(asks_and_is_answered)
{
	struct client *c;

	host_start();
	c = open_client();
	check_next(c, "");
	client_send(c, json_pack("{siss}", "id", 1, "command", "pause"));
	client_send(c, json_pack("{sisi}", "id", 2, "stream", 1));
	host_settle();
	server_publish(host.s, 1, json_pack("{ss}", "closed", "not by this"));
	host_settle();
	check_next(c, "{\"id\":1,\"ok\":true,\"echo\":{\"id\":1,\"command\":\"pause\"}}");
	check_next(c, "{\"id\":2,\"ok\":true,\"echo\":{\"id\":2,\"stream\":1}}");
	check_next(c, "{\"event\":1,\"closed\":\"not by this\"}");
	check_next(c, "");
	CHECK_INT(client_poll(c), POLLIN);
	host_end();
	check_next_has(c, ": it has closed the connection: this program ends");
	check_next_has(c, ": it has closed the connection: this program ends");
	client_send(c, json_object()); /* nobody is there, and no SIGPIPE comes */
	client_close(c);
	client_close(NULL);
}

TEST(nobody_listens)
{
	struct err e = {0};

	CHECK(!client_open(temp_path("none/1-1.sock"), 0, &e));
	CHECK_HAS(e.text, "nobody listens here");
}

TEST(what_the_socket_does_not_take_is_sent_later)
{
	char text[1001];
	struct client *c;
	int n = 0, got = 0;

	memset(text, 'x', sizeof text);
	text[sizeof text - 1] = '\0';
	host_start();
	c = open_client();
	while (client_poll(c) == POLLIN && n < 10000)
		client_send(c, json_pack("{siss}", "id", n++, "text", text));
	CHECK_INT(client_poll(c), POLLIN | POLLOUT);
	CHECK(n > 10 && n < 10000);
	for (int i = 0; i < 100000 && got < n; i++) {
		char *answer, want[40];

		host_settle();
		answer = next(c);
		snprintf(want, sizeof want, "{\"id\":%d,", got);
		if (*answer) {
			CHECK_HAS(answer, want);
			got++;
		}
		free(answer);
	}
	CHECK_INT(got, n);
	CHECK_INT(client_poll(c), POLLIN);
	client_close(c);
	host_end();
}

TEST(the_reason_is_read_though_nobody_takes_what_is_sent)
{
	struct client *c;
	int fd = false_server(&c);

	say(fd, "{\"id\":1}\n{\"ok\":false,\"closed\":\"so \xe2\x82\xac\"}\n");
	close(fd);
	client_send(c, json_object());
	client_send(c, json_object());
	CHECK_INT(client_poll(c), POLLIN);
	check_next(c, "{\"id\":1}");
	check_next_has(c, ": it has closed the connection: so \xe2\x82\xac");
	client_close(c);
}

TEST(what_is_not_its_language_ends_it)
{
	static const char *const said[][2] = {
		{"noise\n{}\n", ": it has sent a line that is not a JSON object: column 5: "},
		{"[]\n", ": it has sent a line that is not a JSON object: {...} is expected"},
		{"{\"a\":1", ": it has gone in the middle of a line"},
		{"", ": it has closed the connection"},
	};

	for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
		struct client *c;
		int fd = false_server(&c);

		if (*said[i][0])
			say(fd, said[i][0]);
		close(fd);
		check_next_has(c, said[i][1]);
		check_next_has(c, said[i][1]);
		client_close(c);
	}
}

TEST(long_messages_are_taken_but_not_for_ever)
{
	static char text[1 << 16];
	struct client *c;
	int fd = false_server(&c);
	char *got = NULL;
	size_t sent = 0;

	/* nine million in a line, then one that does not end */
	memset(text, ' ', sizeof text);
	for (int part = 0; part < 2; part++) {
		got = str_format("%s", "");
		while (!*got && sent < (size_t)CLIENT_LINE * 2) {
			ssize_t n = send(fd, text, sizeof text, MSG_DONTWAIT | MSG_NOSIGNAL);

			sent += n > 0 ? (size_t)n : 0;
			if (!part && sent > 9000000 && send(fd, "{}\n", 3, MSG_DONTWAIT) == 3)
				sent = 0;
			free(got);
			got = next(c);
		}
		if (!part)
			CHECK_STR(got, "{}");
		if (!part)
			free(got);
	}
	CHECK_HAS(got, "it has sent a line without an end");
	free(got);
	close(fd);
	client_close(c);
}

/* A suspended program answers nothing; one that is busy answers the probe, and is waited for. */
TEST(one_who_does_not_answer)
{
	struct client *c;
	int fd = false_server(&c);
	struct err e = {0};
	json_t *answer;

	CHECK_INT(client_ask(c, json_object(), json_object(), 0.01, NULL, NULL, &answer, &e), 0);
	CHECK(!answer);
	say(fd, "{\"id\":1}\n{\"ok\":true}\n");
	CHECK_INT(client_ask(c, json_object(), json_object(), 60, NULL, NULL, &answer, &e), 0);
	CHECK(json_is_true(json_object_get(answer, "ok")));
	json_decref(answer);
	client_close(c);
	close(fd);
}

static void on_alarm(int number)
{
	(void)number;
}

TEST(waiting_ends)
{
	struct client *c;
	struct err e = {0};
	json_t *message;
	struct sigaction act = {.sa_handler = on_alarm}, old;
	struct itimerval soon = {.it_value = {.tv_usec = 1000}, .it_interval = {.tv_usec = 1000}};
	int fd = false_server(&c);

	/* with a message, with the time, with a signal, with the other end */
	say(fd, "{\"id\":1}\n");
	CHECK_INT(client_wait(c, -1, &message, &e), 0);
	CHECK_INT(json_integer_value(json_object_get(message, "id")), 1);
	json_decref(message);
	CHECK_INT(client_wait(c, 0, &message, &e), 0);
	CHECK(!message);
	sigaction(SIGALRM, &act, &old);
	setitimer(ITIMER_REAL, &soon, NULL);
	CHECK_INT(client_wait(c, -1, &message, &e), 0);
	CHECK(!message);
	setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL);
	sigaction(SIGALRM, &old, NULL);
	close(fd);
	CHECK_INT(client_wait(c, -1, &message, &e), -1);
	CHECK_HAS(e.text, "it has closed the connection");
	client_close(c);
}

int main(int argc, char **argv)
{
	json_begin();
	return TEST_MAIN(argc, argv);
}
