/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * other: the program that trains a session, played by the test, and the run that is attached
 * to it.
 *
 *	attaches("name");	a session, whose fold the test holds, is open and attached
 *	UNTIL(condition);	messages go to and fro until then
 *	ends();
 *
 * What is asked is in trainer.asked; snapshots are answered with trainer.now. Events come into
 * screen.last. With listens_barely() instead the test speaks line by line.
 */
#ifndef MIUST_TESTS_OTHER_H
#define MIUST_TESTS_OTHER_H

#include "tests/app/lab/worker.h"

#include "app/control/address.h"
#include "app/control/server.h"
#include "app/lab/snapshot_json.h"
#include "base/mem.h"
#include "engine/file/json.h"

#include <fcntl.h>
#include <math.h>
#include <sys/socket.h>

enum { STREAM = 1, ASKED_MOST = 64 };

/* A command that waits for its answer. */
struct question {
	server_ticket ticket;
	char line[256];
};

static struct other {
	struct server *server;
	char dir[512];
	int lock; /* of fold 0 */
	struct snapshot now;
	bool silent; /* snapshots are not answered */
	int snapshots;
	json_int_t from; /* what the last one who asked for events wanted first */
	struct question asked[ASKED_MOST];
	int n;
} trainer;

/* The screen's side. */
static struct {
	struct work *work;
	struct snapshot now;
	struct event last[256];
	int n;
} screen;

/* ---- the program that trains ---- */

static inline json_t *answer(bool ok, const char *text)
{
	json_t *a = json_object();

	json_object_set_new(a, "ok", json_boolean(ok));
	json_object_set_new(a, "text", json_text(text));
	return a;
}

static inline bool hears(void *ctx, server_ticket t, const struct server_peer *who, const json_t *q)
{
	json_t *a = answer(true, "");
	const char *line = json_string_value(json_object_get(q, "command"));

	(void)ctx;
	CHECK_INT(who->pid, getpid());
	CHECK_STR(json_string_value(json_object_get(q, "run")), trainer.dir);
	if (line) {
		struct question *x = &trainer.asked[trainer.n++];

		x->ticket = t;
		snprintf(x->line, sizeof x->line, "%s", line);
	} else if (json_object_get(q, "snapshot")) {
		trainer.snapshots++;
		json_object_set_new(a, "snapshot", snapshot_json(&trainer.now));
		if (!trainer.silent)
			server_answer(trainer.server, t, json_incref(a));
	} else {
		trainer.from = json_integer_value(json_object_get(q, "events"));
		server_stream(trainer.server, t, STREAM, (uint64_t)trainer.from);
		server_answer(trainer.server, t, json_incref(a));
	}
	json_decref(a);
	return true;
}

static inline void answers(int i, bool ok, const char *text)
{
	server_answer(trainer.server, trainer.asked[i].ticket, answer(ok, text));
}

static inline void happens(const char *json)
{
	json_t *event = json_loads(json, 0, NULL);

	if (!event)
		FAIL("%s", json);
	server_publish(trainer.server, STREAM, event);
}

static inline void listens(void)
{
	static const struct server_handler handler = {.asked = hears};
	struct err e = {0};

	trainer.server = server_start(&handler, &e);
	if (!trainer.server)
		FAIL("%s", e.text);
}

static inline int hold(int fold, const char *socket)
{
	struct err e = {0};
	char folder[600];
	int lock;

	snprintf(folder, sizeof folder, "%s/fold-%d", trainer.dir, fold);
	mkdir(folder, 0777);
	lock = fold_lock(folder, trainer.dir, fold, socket, &e);
	if (lock < 0)
		FAIL("%s", e.text);
	return lock;
}

static inline void holds(const char *socket)
{
	trainer.lock = hold(0, socket);
}

/* The line of the lock names another machine. */
static inline void is_far(void)
{
	char path[600], line[600];

	snprintf(path, sizeof path, "%s/fold-0/lock", trainer.dir);
	snprintf(line, sizeof line, "far.example %ld 2026-01-04T12:00:00Z %s\n", (long)getpid(),
		 server_path(trainer.server));
	temp_text(path, line);
}

/* A session that was stopped in its first epoch, and whose fold somebody else trains now. */
static inline void train_on(const char *name, const char *config)
{
	static const char *const set[] = {"train.epoch=9"};
	const struct job_options o = {.config = config,
				      .session = trainer.dir,
				      .set = set,
				      .nset = 1,
				      .threads = 1,
				      .resume = true,
				      .max_steps = 2};
	struct err e = {0};
	struct job j;

	trainer = (struct other){.lock = -1};
	snprintf(trainer.dir, sizeof trainer.dir, "%s", temp_path("%s", name));
	if (job_open(&j, NULL, &o, &(struct job_hooks){0}, &e) || job_run(&j, &e))
		FAIL("%s", e.text);
	trainer.now = (struct snapshot){.state = WORK_RUN,
					.epoch = 5,
					.epochs = 9,
					.step = 18,
					.loss = 0.25,
					.best = NAN,
					.rate = 90,
					.eta = NAN,
					.set = j.set,
					.opened = true,
					.trains = true,
					.placed = true};
	trainer.now.set.train.clip = 0.125;
	job_close(&j);
	listens();
}

static inline void train(const char *name)
{
	train_on(name, "tests/record/tiny/config.yml");
}

static inline void goes(void)
{
	server_end(trainer.server);
	trainer.server = NULL;
}

/* ---- the screen ---- */

static inline void turn(void)
{
	struct pollfd p[] = {
		{.fd = work_fd(screen.work), .events = POLLIN},
		{.fd = trainer.server ? server_fd(trainer.server) : -1, .events = POLLIN}};
	struct event e;

	poll(p, 2, trainer.server ? server_timeout(trainer.server) : -1);
	if (trainer.server)
		server_turn(trainer.server);
	while (work_next(screen.work, &e)) {
		work_snapshot(screen.work, WORK_FIRST, &screen.now);
		if (e.kind == EVENT_STATE || screen.n == 256) {
			event_free(&e);
			continue;
		}
		screen.last[screen.n++] = e; /* freed at the end */
	}
	work_snapshot(screen.work, WORK_FIRST, &screen.now);
}

#define UNTIL(condition)             \
	do {                         \
		while (!(condition)) \
			turn();      \
	} while (0)

static inline void looks(bool readonly)
{
	const struct work_options o = {
		.job = {.session = trainer.dir, .resume = true, .threads = 1},
		.readonly = readonly,
		.paused = true};
	struct err e = {0};

	screen.work = work_start(&o, &e);
	if (!screen.work)
		FAIL("%s", e.text);
	screen.n = 0;
	work_snapshot(screen.work, WORK_FIRST, &screen.now);
}

static inline void attaches(const char *name)
{
	train(name);
	holds(server_path(trainer.server));
	looks(false);
	UNTIL(screen.now.hold == WORK_ATTACHED);
}

static inline void ends(void)
{
	CHECK_INT(work_end(screen.work), 0);
	for (int i = 0; i < screen.n; i++)
		event_free(&screen.last[i]);
	goes();
	if (trainer.lock >= 0)
		fold_lock_end(trainer.lock);
}

/* How many events of a kind have come, and the last of them. */
static inline int count(enum event_kind kind, const struct event **last)
{
	int n = 0;

	for (int i = 0; i < screen.n; i++)
		if (screen.last[i].kind == kind) {
			n++;
			if (last)
				*last = &screen.last[i];
		}
	return n;
}

/* The reply to a request; NULL: none has come. There is one at most. */
static inline const struct event *reply_to(unsigned number)
{
	const struct event *found = NULL;

	for (int i = 0; i < screen.n; i++)
		if (screen.last[i].kind == EVENT_REPLY && screen.last[i].request == number) {
			CHECK(!found);
			found = &screen.last[i];
		}
	return found;
}

/* ---- one who speaks for himself, line by line ---- */

static struct {
	struct address address;
	int fd;
	FILE *in, *out;
} bare;

static inline void meets(void)
{
	int fd = accept(bare.fd, NULL, NULL);

	if (fd < 0)
		FAIL("accept");
	bare.in = fdopen(fd, "r");
	bare.out = fdopen(dup(fd), "w");
}

static inline void parts(void)
{
	fclose(bare.in);
	fclose(bare.out);
}

static inline void says(const char *line)
{
	fprintf(bare.out, "%s\n", line);
	fflush(bare.out);
}

/* The next question, which has that in it. */
static inline void asks(const char *part)
{
	char line[1024];

	if (!fgets(line, sizeof line, bare.in))
		FAIL("it has gone; expected %s", part);
	CHECK_HAS(line, part);
}

static inline void says_snapshot(int id)
{
	json_t *a = answer(true, "");
	char *line;

	json_object_set_new(a, "id", json_integer(id));
	json_object_set_new(a, "snapshot", snapshot_json(&trainer.now));
	line = json_dumps(a, 0);
	says(line);
	free(line);
	json_decref(a);
}

/* It has asked for events from this number on, and for a snapshot. */
static inline void meets_from(long event, int id)
{
	char part[64];

	meets();
	snprintf(part, sizeof part, "\"events\":%ld", event);
	asks(part);
	asks("\"snapshot\":true");
	snprintf(part, sizeof part, "{\"id\":%d,\"ok\":true,\"text\":\"\"}", id);
	says(part);
}

static inline void listen_barely(void)
{
	struct err e = {0};

	bare.fd = address_listen(&bare.address, &e);
	if (bare.fd < 0)
		FAIL("%s", e.text);
	fcntl(bare.fd, F_SETFL, 0); /* the test waits for who comes */
}

static inline void listens_barely(const char *name)
{
	train(name);
	goes();
	listen_barely();
	holds(bare.address.path);
	looks(false);
}

static inline void ends_barely(void)
{
	address_remove(&bare.address);
	close(bare.fd);
	ends();
}

#endif
