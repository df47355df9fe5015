/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hostile: clients that a program that trains must bear.
 *
 *	hostile SOCKET SECONDS [ATTACK...]
 *
 * All attacks of the table below, or those that are named, at once for so long, each from a
 * process of its own with the lowest priority, so that what they cost the training is what
 * the server does for them. A line each: connections made and refused (nobody accepts
 * them fast enough), bytes sent, lines read, and the last reason for being closed.
 */
#include <errno.h>
#include <libgen.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 200, TEXT = 1 << 20, ROUND_MS = 10, REASON = 120 };

static char text[TEXT];

static void nothing(void)
{
}

static void half(void)
{
	strcpy(text, "{\"id\":1,\"comm");
}

static void endless(void)
{
	memset(text, 'x', sizeof text - 1);
}

static void repeat(const char *line)
{
	size_t n = strlen(line);

	for (size_t at = 0; at + n < sizeof text; at += n)
		memcpy(text + at, line, n);
}

static void snapshots(void)
{
	repeat("{\"id\":1,\"snapshot\":true}\n");
}

static void commands(void)
{
	repeat("{\"id\":\"c\",\"command\":\"no such command\"}\n");
}

static void noise(void)
{
	for (size_t i = 0; i < sizeof text - 1; i++)
		text[i] = (char)(1 + rand() % 255);
}

static void nested(void)
{
	static char line[60000];

	memset(line, '[', sizeof line - 2);
	memcpy(line, "{\"a\":", 5);
	line[sizeof line - 2] = '\n';
	repeat(line);
}

static void events(void)
{
	strcpy(text, "{\"id\":1,\"events\":1}\n");
}

static const struct attack {
	const char *name;
	int connections;
	void (*fill)(void); /* what each connection sends */
	bool again;         /* over and over */
	size_t writes;      /* bytes of each connection in a round */
	size_t reads;
	bool leaves; /* after each round */
} attacks[] = {
	{"half", 20, half, false, TEXT, TEXT, false},     /* half a line */
	{"long", 4, endless, true, TEXT, TEXT, false},    /* a line without an end */
	{"drip", 20, endless, true, 1, TEXT, false},      /* the same, byte by byte */
	{"deaf", 8, snapshots, true, TEXT, 0, false},     /* asks and does not read */
	{"sip", 8, events, false, TEXT, 1, false},        /* follows, byte by byte */
	{"crowd", MOST, nothing, false, 0, TEXT, false},  /* is just there */
	{"noise", 8, noise, true, TEXT, TEXT, false},     /* bytes that mean nothing */
	{"nested", 4, nested, true, TEXT, TEXT, false},   /* [[[[[[ */
	{"flood", 8, snapshots, true, TEXT, TEXT, false}, /* asks as fast as it is answered */
	{"orders", 4, commands, true, TEXT, TEXT, false}, /* the same with commands */
	{"leave", 20, snapshots, true, 4096, 0, true},    /* asks and goes */
	{"storm", 50, nothing, false, 0, 0, true},        /* comes and goes */
};
enum { ATTACKS = sizeof attacks / sizeof *attacks };

struct connection {
	int fd;      /* -1: closed */
	size_t sent; /* of the text */
	char line[REASON];
	size_t n;
};

static struct connection at[MOST];
static struct sockaddr_un to = {.sun_family = AF_UNIX};
static long made, refused, sent, lines;
static char reason[REASON];

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void drop(struct connection *c)
{
	if (c->fd >= 0)
		close(c->fd);
	*c = (struct connection){.fd = -1};
}

static void dial(struct connection *c)
{
	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (c->fd >= 0 && connect(c->fd, (struct sockaddr *)&to, sizeof to) == 0) {
		made++;
		return;
	}
	refused++;
	drop(c);
}

static void write_part(struct connection *c, const struct attack *a)
{
	size_t length = strlen(text), left = a->writes;

	while (c->fd >= 0 && left && (c->sent < length || (a->again && length))) {
		size_t from = c->sent % length, n = length - from < left ? length - from : left;
		ssize_t took = send(c->fd, text + from, n, MSG_NOSIGNAL);

		if (took < 0)
			return; /* full, or closed: reading will tell */
		c->sent += (size_t)took;
		sent += took;
		left -= (size_t)took;
	}
}

static void take(struct connection *c, const char *part, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (part[i] != '\n') {
			if (c->n + 1 < sizeof c->line)
				c->line[c->n++] = part[i];
			continue;
		}
		c->line[c->n] = '\0';
		c->n = 0;
		lines++;
		if (strstr(c->line, "\"closed\""))
			strcpy(reason, c->line);
	}
}

static void read_part(struct connection *c, const struct attack *a)
{
	char part[65536];
	size_t left = a->reads;

	while (c->fd >= 0 && left) {
		ssize_t n = recv(c->fd, part, left < sizeof part ? left : sizeof part, 0);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n <= 0) {
			drop(c);
			return;
		}
		take(c, part, (size_t)n);
		left -= (size_t)n;
	}
}

/* Has the other end closed one that reads nothing? */
static bool is_over(const struct connection *c)
{
	struct pollfd poll_at = {.fd = c->fd};

	return c->fd >= 0 && poll(&poll_at, 1, 0) == 1;
}

static int run(const struct attack *a, double end)
{
	const struct timespec pause = {.tv_nsec = ROUND_MS * 1000000L};

	if (nice(19) == -1 && errno == EPERM)
		return 1;
	srand(1);
	a->fill();
	for (int i = 0; i < MOST; i++)
		at[i].fd = -1;
	while (seconds() < end) {
		for (int i = 0; i < a->connections; i++) {
			struct connection *c = &at[i];

			if (is_over(c) && !a->reads)
				drop(c);
			if (c->fd < 0)
				dial(c);
			write_part(c, a);
			read_part(c, a);
			if (a->leaves)
				drop(c);
		}
		nanosleep(&pause, NULL);
	}
	printf("%-7s %8ld made %8ld refused %11ld bytes %9ld lines  %s\n", a->name, made, refused,
	       sent, lines, reason);
	return fflush(stdout) != 0;
}

static bool is_asked(const struct attack *a, char **names)
{
	if (!*names)
		return true;
	for (; *names; names++)
		if (strcmp(*names, a->name) == 0)
			return true;
	return false;
}

int main(int argc, char **argv)
{
	char folder[4096], name[4096];
	double end;
	int status, failed = 0;

	if (argc < 3) {
		fprintf(stderr, "hostile SOCKET SECONDS [ATTACK...]\n");
		return 2;
	}
	/* A path may be longer than an address has room for. */
	snprintf(folder, sizeof folder, "%s", argv[1]);
	snprintf(name, sizeof name, "%s", argv[1]);
	if (chdir(dirname(folder)) || strlen(basename(name)) >= sizeof to.sun_path) {
		perror(argv[1]);
		return 1;
	}
	snprintf(to.sun_path, sizeof to.sun_path, "%.100s", basename(name));
	end = seconds() + strtod(argv[2], NULL);
	for (int i = 0; i < ATTACKS; i++)
		if (is_asked(&attacks[i], argv + 3) && fork() == 0)
			_exit(run(&attacks[i], end));
	while (wait(&status) > 0)
		failed |= status != 0;
	return failed;
}
