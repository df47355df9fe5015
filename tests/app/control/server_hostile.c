/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Clients that break the rules, and what they cost. */
#include "peer.h"

#include "engine/file/json.h"

#include <sys/resource.h>
#include <sys/un.h>
#include <sys/wait.h>

/* What is said to one that sent this. */
static void check_closed(const char *text, size_t n, const char *part)
{
	struct peer p = peer_open();

	CHECK_INT(peer_put_bytes(&p, text, n), n);
	host_settle();
	CHECK_HAS(peer_line(&p), part);
	CHECK_HAS(p.line, "{\"ok\":false,\"closed\":\"");
	CHECK(peer_is_closed(&p));
	peer_close(&p);
}

static void check_closed_text(const char *text, const char *part)
{
	check_closed(text, strlen(text), part);
}

TEST(what_is_no_object_is_said_and_closed)
{
	static char deep[5000], many[5000], nul[] = "{\"a\":\0}\n";
	char id[400];

	host_start();
	check_closed_text("noise\n", "a line that is not a JSON object");
	check_closed_text("[1]\n", "{...} is expected");
	check_closed_text("{\"a\":1}{\"a\":1}\n", "end of file expected");
	check_closed_text("{\"a\":1,\"a\":2}\n", "duplicate object key");
	check_closed_text("{\"a\":1e999}\n", "real number overflow");
	check_closed_text("{\"a\":99999999999999999999}\n", "too big");
	check_closed_text("{\"a\":\"\xff\xfe\"}\n", "unable to decode byte 0xff");
	check_closed_text("\x01\x80\xff\n", "a line that is not a JSON object");
	check_closed(nul, sizeof nul - 1, "a line that is not a JSON object");
	check_closed_text("{\"a\":\"\\u0000\"}\n", "a line that is not a JSON object");
	check_closed_text("{\"id\":{}}\n", "a text or a number is expected");
	check_closed_text("{\"id\":[1]}\n", "a text or a number is expected");
	memset(id, 'x', sizeof id);
	memcpy(id, "{\"id\":\"", 7);
	memcpy(id + sizeof id - 4, "\"}\n", 4);
	check_closed_text(id, "\\\"id\\\" that is too long");
	memset(deep, '[', sizeof deep);
	memcpy(deep, "{\"a\":", 5);
	memcpy(deep + sizeof deep - 2, "\n", 2);
	check_closed_text(deep, "a line of more than 256 values");
	strcpy(many, "{\"a\":[");
	while (strlen(many) < 2 * 300)
		strcat(many, "0,");
	strcat(many, "0]}\n");
	check_closed_text(many, "a line of more than 256 values");
	CHECK_INT(host.questions, 0);
	/* In a text they are characters as others. */
	memset(many, '[', 1000);
	memcpy(many, "{\"id\":1,\"a\":\"\\\"", 15);
	strcpy(many + 1000, "\"}\n");
	{
		struct peer p = peer_open();

		peer_put(&p, many);
		host_settle();
		CHECK_HAS(peer_line(&p), "{\"id\":1,\"ok\":true");
		peer_close(&p);
	}
	host_end();
}

TEST(a_line_has_a_length)
{
	static char text[1 << 20];
	struct peer p;
	size_t sent = 0, end = 0;

	host_start();
	p = peer_open();
	memset(text, ' ', SERVER_LINE);
	memcpy(text, "{\"id\":1}", 8);
	text[SERVER_LINE - 1] = '\n'; /* the longest one */
	for (int i = 0; i < 100 && sent < SERVER_LINE; i++) {
		sent += peer_put_bytes(&p, text + sent, SERVER_LINE - sent);
		host_settle();
	}
	CHECK_HAS(peer_line(&p), "{\"id\":1,\"ok\":true");
	memset(text, 'x', sizeof text);
	do {
		sent = peer_put_bytes(&p, text, sizeof text - end);
		end += sent;
		host_settle();
	} while (sent);
	CHECK(end < sizeof text / 2);
	CHECK_HAS(peer_line(&p), "\"closed\":\"a line of more than 65536 bytes\"");
	CHECK(peer_is_closed(&p));
	peer_close(&p);
	host_end();
}

TEST(one_that_does_not_read_is_bounded_and_closed)
{
	struct peer p, other;
	long before;

	host_start();
	p = peer_open();
	for (int i = 0; i < 100000; i++) {
		before = host.questions;
		if (!peer_put_bytes(&p, "{\"a\":\"01234567890123456789\"}\n", 29) &&
		    before == host.questions)
			break;
		host_settle();
	}
	/* Its socket and SERVER_OUTPUT are full of answers, and the rest is not read. */
	CHECK(host.questions < 20000);
	CHECK(!host_is_ready());
	other = peer_open();
	peer_put(&other, "{\"id\":1}\n");
	host_settle();
	CHECK_HAS(peer_line(&other), "{\"id\":1,");
	CHECK(server_timeout(host.s) > 0 && server_timeout(host.s) <= SERVER_PATIENCE * 1000);
	host.now += SERVER_PATIENCE - 0.5;
	host_settle();
	CHECK_INT(server_timeout(host.s), 500);
	peer_read(&p, 1000); /* it takes something, so it may stay */
	host_settle();
	host.now += 1;
	host_settle();
	CHECK(server_timeout(host.s) > 1000);
	before = host.questions;
	host.now += SERVER_PATIENCE;
	host_settle();
	CHECK_INT(server_timeout(host.s), -1);
	CHECK_INT(host.questions, before);
	peer_read(&p, (size_t)-1);
	CHECK(p.closed);
	CHECK(!peer_is_closed(&other));
	peer_close(&other);
	peer_close(&p);
	host_end();
}

TEST(half_a_line_has_its_time)
{
	struct peer p, quiet;

	host_start();
	p = peer_open();
	quiet = peer_open();
	host_settle();
	CHECK_INT(server_timeout(host.s), -1);
	peer_put(&p, "{\"id\"");
	host_settle();
	CHECK_INT(server_timeout(host.s), SERVER_PATIENCE * 1000);
	host.now += SERVER_PATIENCE - 1;
	host_settle();
	peer_put(&p, ":"); /* a byte now and then does not help */
	host_settle();
	CHECK_INT(server_timeout(host.s), 1000);
	host.now += 0.5;
	peer_put(&p, "1}\n{"); /* but a line does */
	host_settle();
	CHECK_HAS(peer_line(&p), "{\"id\":1,");
	CHECK_INT(server_timeout(host.s), SERVER_PATIENCE * 1000);
	host.now += SERVER_PATIENCE;
	host_settle();
	CHECK_HAS(peer_line(&p), "\"closed\":\"half a line for 10 seconds\"");
	CHECK(peer_is_closed(&p));
	host.now += 1e6;
	host_settle();
	CHECK(!peer_is_closed(&quiet));
	peer_close(&quiet);
	peer_close(&p);
	host_end();
}

TEST(a_line_that_waits_for_us_is_not_half)
{
	struct peer p;

	host_start();
	host.defer = true;
	p = peer_open();
	for (int i = 0; i < SERVER_ANSWERS; i++)
		peer_put(&p, "{\"id\":1}\n");
	peer_put(&p, "{\"id\"");
	host_settle();
	peer_put(&p, ":2}\n");
	host_settle();
	host.now += 2 * SERVER_PATIENCE;
	host_settle();
	CHECK_INT(host.nasked, SERVER_ANSWERS);
	host_answer_one(0);
	host_settle();
	CHECK_INT(host.nasked, SERVER_ANSWERS);
	CHECK_INT(json_integer_value(json_object_get(host.question[host.nasked - 1], "id")), 2);
	peer_close(&p);
	host_end();
}

TEST(a_line_whose_rest_is_there_is_not_half)
{
	char text[20000];
	struct peer p;

	host_start();
	p = peer_open();
	memset(text, ' ', sizeof text);
	memcpy(text, "{\"id\":1}", 8);
	text[sizeof text - 1] = '\n';
	CHECK_INT(peer_put_bytes(&p, text, 3000), 3000);
	host_settle();
	/* We had no time for it. */
	host.now += SERVER_PATIENCE;
	CHECK_INT(peer_put_bytes(&p, text + 3000, sizeof text - 3000), sizeof text - 3000);
	host_settle();
	CHECK_HAS(peer_line(&p), "{\"id\":1,");
	peer_close(&p);
	host_end();
}

TEST(so_many_clients)
{
	struct peer p[SERVER_CLIENTS], more;

	host_start();
	for (int i = 0; i < SERVER_CLIENTS; i++) {
		p[i] = peer_open();
		host_settle();
	}
	for (int i = 0; i < 200; i++) {
		more = peer_open();
		host_settle();
		CHECK_STR(peer_line(&more),
			  "{\"ok\":false,\"closed\":\"64 clients are connected already\"}");
		CHECK(peer_is_closed(&more));
		peer_close(&more);
	}
	peer_close(&p[5]);
	host_settle();
	p[5] = peer_open();
	for (int i = 0; i < SERVER_CLIENTS; i++)
		peer_put(&p[i], "{\"id\":1}\n");
	host_settle();
	for (int i = 0; i < SERVER_CLIENTS; i++) {
		CHECK_HAS(peer_line(&p[i]), "{\"id\":1,");
		peer_close(&p[i]);
	}
	host_settle();
	CHECK_INT(server_timeout(host.s), -1);
	host_end();
}

TEST(another_user_is_told_and_closed)
{
	char path[600];
	pid_t pid;
	int status = 0;

	if (geteuid() != 0)
		SKIP("only root can become another user");
	host_start();
	snprintf(path, sizeof path, "%s", server_path(host.s));
	/* As if nothing else kept it out. */
	chmod(temp_dir, 0755);
	chmod(temp_path("miust"), 0755);
	chmod(path, 0666);
	pid = fork();
	if (pid == 0) {
		struct sockaddr_un to = {.sun_family = AF_UNIX};
		int fd = socket(AF_UNIX, SOCK_STREAM, 0);
		char text[300] = "";

		snprintf(to.sun_path, sizeof to.sun_path, "%.80s", strrchr(path, '/') + 1);
		if (chdir(temp_path("miust")) || setgid(65534) || setuid(65534) ||
		    connect(fd, (struct sockaddr *)&to, sizeof to) != 0)
			_exit(1);
		if (recv(fd, text, sizeof text - 1, 0) < 0)
			_exit(2);
		_exit(strcmp(text, "{\"ok\":false,\"closed\":\"another user: user 0 trains here, "
				   "you are user 65534\"}\n") == 0 &&
				      recv(fd, text, 1, 0) == 0
			      ? 0
			      : 3);
	}
	while (waitpid(pid, &status, WNOHANG) == 0) {
		struct pollfd at = {.fd = server_fd(host.s), .events = POLLIN};

		poll(&at, 1, 10);
		host_settle();
	}
	CHECK(WIFEXITED(status));
	CHECK_INT(WEXITSTATUS(status), 0);
	chmod(temp_path("miust"), 0700);
	host_end();
}

TEST(it_takes_its_share_and_no_more)
{
	struct peer p, other;
	long sent = 0;
	double began;

	host_start();
	host.cost = 1e-3;
	p = peer_open();
	began = host.now;
	while (host.now < began + 20) {
		while (peer_put_bytes(&p, "{\"id\":1}\n", 9) == 9)
			sent++;
		host_settle();
		while (peer_line(&p)) {
		}
		CHECK(!host_is_ready()); /* it is not asked to work while it pauses */
		CHECK(host.worked <= SERVER_BURST + SERVER_SHARE * (host.now - began) + 0.01);
		host.now += server_timeout(host.s) * 1e-3;
	}
	CHECK(host.worked >= SERVER_BURST + SERVER_SHARE * 20 - 0.01);
	/* One that asks once has its turn all the same. */
	other = peer_open();
	peer_put(&other, "{\"id\":2}\n");
	began = host.now;
	do {
		host.now += server_timeout(host.s) * 1e-3;
		host_settle();
	} while (!peer_line(&other) && host.now < began + 100);
	CHECK(host.now < began + 2);
	/* And all are answered in the end. */
	while (host.questions < sent + 1 && host.now < began + 1000) {
		while (peer_line(&p)) {
		}
		host.now += 0.01;
		host_settle();
	}
	CHECK_INT(host.questions, sent + 1);
	peer_close(&other);
	peer_close(&p);
	host_end();
}

TEST(a_turn_is_bounded_and_goes_on_with_the_next)
{
	struct peer p[10];
	bool had[10] = {0};
	int n = 0;

	host_start();
	for (int i = 0; i < 10; i++)
		p[i] = peer_open();
	host_settle();
	host.cost = SERVER_TURN;
	for (int i = 0; i < 10; i++)
		for (int k = 0; k < 100; k++)
			peer_put(&p[i], "{\"id\":1}\n");
	for (int turn = 0; turn < 10; turn++) {
		long before = host.questions;

		server_turn(host.s);
		CHECK(host.questions > before && host.questions <= before + 1);
		CHECK(server_timeout(host.s) >= 0);
		for (int i = 0; i < 10; i++)
			if (peer_line(&p[i]) && !had[i]) {
				had[i] = true;
				n++;
			}
	}
	CHECK_INT(n, 10);
	for (int i = 0; i < 10; i++)
		peer_close(&p[i]);
	host_end();
}

TEST(no_descriptor_is_left)
{
	struct peer p;
	struct rlimit old, few;
	int held[100], nheld = 0;

	host_start();
	host_settle();
	p = peer_open();
	peer_put(&p, "{\"id\":1}\n");
	getrlimit(RLIMIT_NOFILE, &old);
	few = old;
	few.rlim_cur = (rlim_t)p.fd + 1;
	CHECK(setrlimit(RLIMIT_NOFILE, &few) == 0);
	while (nheld < 100 && (held[nheld] = dup(p.fd)) >= 0)
		nheld++;
	host_settle();
	CHECK(!host_is_ready());
	CHECK_INT(server_timeout(host.s), 1000);
	host.now += 1;
	host_settle();
	CHECK_INT(server_timeout(host.s), 1000);
	setrlimit(RLIMIT_NOFILE, &old);
	while (nheld)
		close(held[--nheld]);
	CHECK(!peer_line(&p));
	host.now += 1;
	host_settle();
	CHECK_HAS(peer_line(&p), "{\"id\":1,");
	CHECK_INT(server_timeout(host.s), -1);
	peer_close(&p);
	host_end();
}

TEST(storms_of_connections_pass)
{
	struct peer p, stays;

	host_start();
	stays = peer_open();
	for (int i = 0; i < 3000; i++) {
		p = peer_open();
		if (i % 3 == 1)
			peer_put(&p, "{\"id\":1}\n{");
		if (i % 3 == 2)
			peer_put(&p, "\x80\n");
		peer_close(&p);
		if (i % 50 == 0)
			host_settle();
	}
	host_settle();
	CHECK_INT(host.questions, 1000);
	CHECK_INT(server_timeout(host.s), -1);
	peer_put(&stays, "{\"id\":1}\n");
	host_settle();
	CHECK_HAS(peer_line(&stays), "{\"id\":1,");
	peer_close(&stays);
	host_end();
}

int main(int argc, char **argv)
{
	json_begin();
	return TEST_MAIN(argc, argv);
}
