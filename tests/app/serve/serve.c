/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A run that trains, asked by several clients at once. The clients are of the same thread: a
 * turn of the server, of the work's events and of each client after the other.
 */
#include "temp.h"
#include "test.h"
#include "same_file.h"

#include "app/control/client.h"
#include "app/control/server.h"
#include "app/serve/serve.h"
#include "app/session/changes.h"
#include "base/file.h"
#include "engine/file/json.h"

#include <limits.h>
#include <poll.h>

static struct host {
	struct serve *serve;
	struct work *work;
	char dir[PATH_LEN];
	int replies; /* of the work that were not for clients */
} host;

static void start(const char *name, const char *epochs, bool paused, const char *replay)
{
	const char *const settings[] = {epochs};
	struct work_options o = {
		.job = {.config = "tests/record/tiny/config.yml",
			.set = settings,
			.nset = 1,
			.replay = replay,
			.threads = 1},
		.paused = paused,
		.unattended = true,
	};
	struct err e = {0};

	host = (struct host){0};
	snprintf(host.dir, sizeof host.dir, "%s", temp_path("%s", name));
	o.job.session = host.dir;
	host.serve = serve_start(&e);
	if (!host.serve)
		FAIL("%s", e.text);
	o.job.socket = serve_path(host.serve);
	host.work = work_start(&o, &e);
	if (!host.work)
		FAIL("%s", e.text);
	serve_bind(host.serve, host.work);
}

static void take_events(void)
{
	struct event e;

	for (int n = 0; n < 256 && work_next(host.work, &e); n++) {
		if (!serve_event(host.serve, &e))
			host.replies += e.kind == EVENT_REPLY;
		event_free(&e);
	}
}

/* What can be done now; waits for something if nothing was. */
static void turn(struct client *const *c, int n)
{
	struct pollfd p[8] = {{.fd = serve_fd(host.serve), .events = POLLIN},
			      {.fd = work_fd(host.work), .events = POLLIN}};

	for (int i = 0; i < n; i++)
		p[2 + i] = (struct pollfd){.fd = client_fd(c[i]), .events = client_poll(c[i])};
	poll(p, (nfds_t)(2 + n), serve_timeout(host.serve));
	take_events();
	serve_turn(host.serve);
}

static void end(void)
{
	serve_end(host.serve);
	work_end(host.work);
}

static void until_ended(void)
{
	do
		turn(NULL, 0);
	while (!work_ended(host.work));
	take_events();
}

static struct client *connect_to_host(void)
{
	struct err e = {0};
	struct client *c = client_open(serve_path(host.serve), getpid(), &e);

	if (!c)
		FAIL("%s", e.text);
	return c;
}

/* The next message of one client; the caller's. NULL: it was closed. */
static json_t *next(struct client *c)
{
	struct err e = {0};
	json_t *m;

	for (;;) {
		if (client_next(c, &m, &e))
			return NULL;
		if (m)
			return m;
		turn(&c, 1);
	}
}

static json_t *ask(struct client *c, const char *question)
{
	client_send(c, json_loads(question, 0, NULL));
	return next(c);
}

static const char *text(const json_t *m, const char *name)
{
	const char *t = json_string_value(json_object_get(m, name));

	return t ? t : "";
}

static int number(const json_t *m, const char *name)
{
	return (int)json_integer_value(json_object_get(m, name));
}

static bool is_ok(const json_t *m)
{
	return json_is_true(json_object_get(m, "ok"));
}

/* Asks, and checks what is said. */
static void asks(struct client *c, const char *command, bool ok, const char *says)
{
	json_t *q = json_pack("{s:s}", "command", command), *a;

	client_send(c, q);
	a = next(c);
	if (!a || is_ok(a) != ok || !strstr(text(a, "text"), says))
		FAIL("%s: %d \"%s\", expected \"%s\"", command, a && is_ok(a), text(a, "text"),
		     says);
	json_decref(a);
}

/* ---- many at once ---- */

enum { CLIENTS = 3, COMMANDS = 1000 };

/* Command i of all: every fifth is a question, some are refused. */
static json_t *command(int client, int i)
{
	char line[64];

	if (i % 5 == 4)
		snprintf(line, sizeof line, "get clip");
	else if (i % 50 == 7)
		snprintf(line, sizeof line, "set train.batch_size 3");
	else
		snprintf(line, sizeof line, "set train.clip %d.%03d", client + 1, i);
	return json_pack("{s:i,s:s}", "id", i, "command", line);
}

static bool is_refused(int i)
{
	return i % 5 != 4 && i % 50 == 7;
}

static void check_answer(const json_t *m, int client, int want)
{
	char set[64];

	snprintf(set, sizeof set, "set train.clip %d.%03d", client + 1, want);
	if (number(m, "id") != want)
		FAIL("client %d: answer %d, expected %d", client, number(m, "id"), want);
	else if (is_ok(m) == is_refused(want))
		FAIL("client %d, command %d: %s", client, want, text(m, "text"));
	else if (want % 5 == 4)
		CHECK(strncmp(text(m, "text"), "train.clip ", 11) == 0);
	else if (!is_refused(want) && strncmp(text(m, "text"), set, 12 + 11) != 0)
		FAIL("client %d: \"%s\", expected \"%s\"", client, text(m, "text"), set);
	if (!is_refused(want))
		CHECK(number(m, "step") > 0 && number(m, "epoch") > 0);
}

/* All commands are sent as they fit, all answers checked. */
static void ask_all(struct client *const *c)
{
	int answered[CLIENTS] = {0}, each[CLIENTS] = {334, 333, 333}, left = COMMANDS;
	struct err e = {0};
	json_t *m;

	for (int k = 0; k < CLIENTS; k++)
		for (int i = 0; i < each[k]; i++)
			client_send(c[k], command(k, i));
	while (left > 0) {
		turn(c, CLIENTS);
		for (int k = 0; k < CLIENTS; k++) {
			if (client_next(c[k], &m, &e)) {
				FAIL("client %d: %s", k, e.text);
				return;
			}
			if (!m)
				continue;
			check_answer(m, k, answered[k]++);
			json_decref(m);
			left--;
		}
	}
	for (int k = 0; k < CLIENTS; k++) {
		CHECK_INT(answered[k], each[k]);
		CHECK(client_next(c[k], &m, &e) == 0 && !m);
	}
}

/* Only sets that were not refused are there, those of a client in its order. */
static void check_log(void)
{
	struct changes log;
	struct err e = {0};
	int last[CLIENTS] = {-1, -1, -1}, n = 0, client, i;
	char path[PATH_LEN + 32];

	snprintf(path, sizeof path, "%s/commands.log", host.dir);
	REQUIRE(changes_read(&log, path, false, &e) == 0);
	for (int k = 0; k < log.n; k++) {
		if (sscanf(log.at[k].command, "set train.clip %d.%d", &client, &i) != 2)
			continue;
		n++;
		if (client < 1 || client > CLIENTS)
			FAIL("%s", log.at[k].command);
		else if (last[client - 1] >= i)
			FAIL("%s comes after %d", log.at[k].command, last[client - 1]);
		else
			last[client - 1] = i;
	}
	/* Of 1,000 a fifth asks; 7, 57, ... of each client are refused. */
	CHECK_INT(n, COMMANDS - (66 + 66 + 66) - (7 + 7 + 7));
	changes_free(&log);
}

static void check_same(const char *a, const char *b, const char *name)
{
	char one[PATH_LEN + 64], two[PATH_LEN + 64];

	snprintf(one, sizeof one, "%s/%s", a, name);
	snprintf(two, sizeof two, "%s/%s", b, name);
	if (!same_file(one, two))
		FAIL("%s is not the same", name);
}

TEST(a_thousand_commands_of_three_clients)
{
	struct client *c[CLIENTS];
	char steered[PATH_LEN], log[PATH_LEN + 32];

	start("steered", "train.epoch=100000", false, NULL);
	for (int k = 0; k < CLIENTS; k++)
		c[k] = connect_to_host();
	json_decref(ask(c[0], "{\"command\":\"break list\"}")); /* answered once a fold is open */
	ask_all(c);
	for (;;) { /* once an epoch has been evaluated */
		json_t *a = ask(c[0], "{\"command\":\"fold\"}");
		bool done = !a || is_ok(a);

		json_decref(a);
		if (done)
			break;
	}
	until_ended();
	for (int k = 0; k < CLIENTS; k++)
		client_close(c[k]);
	CHECK_INT(host.replies, 0);
	end();
	check_log();
	memcpy(steered, host.dir, sizeof steered);
	snprintf(log, sizeof log, "%s/commands.log", steered);
	start("replayed", "train.epoch=100000", false, log);
	until_ended();
	end();
	check_same(steered, host.dir, "steps.csv");
	check_same(steered, host.dir, "fold-0/best.safetensors");
	check_same(steered, host.dir, "fold-0/predictions.csv");
}

/* ---- events ---- */

/* Reads events up to number `last`; each must follow the one before. Returns the next. */
static int read_events(struct client *c, int from, int last)
{
	while (from <= last) {
		json_t *m = next(c);

		if (!m || number(m, "event") != from) {
			FAIL("event %d, expected %d", m ? number(m, "event") : -1, from);
			json_decref(m);
			return from;
		}
		json_decref(m);
		from++;
	}
	return from;
}

TEST(events_go_on_after_a_reconnect)
{
	struct client *c, *other;
	int from = 1;

	start("events", "train.epoch=100000", true, NULL);
	other = connect_to_host();
	asks(other, "pace 1000000", true, "at most");
	for (int i = 0; i < 20; i++) {
		char question[64];
		json_t *a;

		c = connect_to_host();
		asks(other, "step", true, "one step, then a pause");
		snprintf(question, sizeof question, "{\"events\":%d,\"id\":1}", from);
		a = ask(c, question);
		CHECK(is_ok(a) && number(a, "id") == 1);
		CHECK_INT(json_integer_value(json_array_get(json_object_get(a, "kept"), 0)), 1);
		json_decref(a);
		from = read_events(c, from, from + 1);
		client_close(c);
	}
	asks(other, "stop", true, "finishing the step");
	client_close(other);
	until_ended();
	end();
}

TEST(what_is_no_longer_kept_is_said)
{
	struct event step = {.kind = EVENT_STEP, .run = WORK_FIRST};
	struct client *c;
	json_t *a, *gap;
	char here[PATH_MAX];
	int first;

	start("gap", "train.epoch=2", true, NULL);
	c = connect_to_host();
	json_decref(ask(c, "{\"command\":\"break list\"}"));
	for (int i = 1; i <= SERVER_EVENTS + 100; i++) { /* as if the run had made them */
		step.u.step.step = i;
		serve_event(host.serve, &step);
	}
	a = ask(c, "{\"events\":1}");
	first = (int)json_integer_value(json_array_get(json_object_get(a, "kept"), 0));
	json_decref(a);
	CHECK(first > 100);
	a = next(c);
	gap = json_object_get(a, "gap");
	CHECK_INT(json_integer_value(json_array_get(gap, 0)), 1);
	CHECK_INT(json_integer_value(json_array_get(gap, 1)), first - 1);
	CHECK(realpath(host.dir, here));
	CHECK_STR(text(a, "run"), here);
	json_decref(a);
	read_events(c, first, first + 200);
	client_close(c);
	work_quit(host.work);
	until_ended();
	end();
}

TEST(a_run_says_how_it_has_ended)
{
	struct client *c;
	json_t *m;
	bool complete = false;

	start("ended", "train.epoch=2", false, NULL);
	c = connect_to_host();
	m = ask(c, "{\"events\":0}");
	json_decref(m);
	until_ended();
	serve_end(host.serve);
	host.serve = NULL;
	for (;;) {
		struct err e = {0};

		if (client_wait(c, -1, &m, &e))
			break;
		if (strcmp(text(m, "kind"), "ended") == 0) {
			complete = json_is_true(json_object_get(m, "complete"));
			CHECK_STR(text(m, "state"), "idle");
		}
		json_decref(m);
	}
	CHECK(complete);
	client_close(c);
	work_end(host.work);
}

/* ---- questions ---- */

TEST(what_is_wrong_is_said)
{
	static const struct {
		const char *question, *says;
	} wrong[] = {
		{"{}", "expected \"command\": TEXT, \"snapshot\": true or \"events\": NUMBER"},
		{"{\"command\":7}", "expected \"command\": TEXT"},
		{"{\"snapshot\":false}", "expected \"command\": TEXT"},
		{"{\"events\":\"1\"}", "\"events\": the number"},
		{"{\"events\":-1}", "\"events\": the number"},
		{"{\"command\":\"\"}", "\"command\": empty"},
		{"{\"command\":\"set train.clip 1\\nfold\"}", "without control characters"},
		{"{\"command\":\"replay log\"}", "replay begins a run, and this one has begun"},
		{"{\"command\":\"sat clip 1\"}", "unknown command sat; did you mean set?"},
		{"{\"command\":\"set clap 1\"}", "unknown key clap"},
		{"{\"command\":\"set exp.seed 3\"}", "exp.seed is fixed during a run"},
		{"{\"command\":\"set clip -3\"}", "train.clip: expected"},
		{"{\"command\":\"pace 0\"}", "pace: expected epochs a second"},
		{"{\"command\":\"pace 2x\"}", "pace: expected epochs a second"},
		{"{\"command\":\"break if loss\"}", "break when CONDITION"},
		{"{\"command\":\"pause now\"}", "pause: it is paused already"},
		{"{\"command\":\"undo all\"}", "undo takes no argument"},
		{"{\"command\":\"undo\"}", "no change to take back"},
		{"{\"command\":\"fold\"}", "no epoch of this fold has been evaluated"},
		{"{\"command\":\"note\"}", "note TEXT: expected"},
		{"{\"command\":\"tag\"}", "tag TAG: expected"},
		{"{\"command\":\"try epoch 0\"}", "train.epoch: expected an integer, 1 to"},
		{"{\"command\":\"try lr 1e-4 for ever\"}", "expected a number of steps"},
		{"{\"command\":\"try off\"}", "nothing is being tried"},
		{"{\"command\":\"save\",\"fold\":3}", "fold 3 does not train now; fold 0 does"},
		{"{\"command\":\"save\",\"fold\":\"0\"}", "\"fold\": a number"},
		{"{\"command\":\"save\",\"run\":3}", "\"run\": the folder of a session"},
		{"{\"command\":\"save\",\"run\":\"/nowhere\"}", "\"run\": no run /nowhere is open"},
	};
	struct client *c;

	start("wrong", "train.epoch=2", true, NULL);
	c = connect_to_host();
	json_decref(ask(c, "{\"command\":\"break list\"}")); /* answered once a fold is open */
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		json_t *a = ask(c, wrong[i].question);

		if (!a || is_ok(a) || !strstr(text(a, "text"), wrong[i].says))
			FAIL("%s: %s", wrong[i].question, text(a, "text"));
		json_decref(a);
	}
	asks(c, "stop", true, "finishing the step");
	client_close(c);
	until_ended();
	end();
}

TEST(a_run_is_named_by_its_folder)
{
	char named[PATH_MAX + 64], here[PATH_MAX];
	struct client *c;
	json_t *a, *t;

	start("named", "train.epoch=2", true, NULL);
	c = connect_to_host();
	json_decref(ask(c, "{\"command\":\"break list\"}"));
	REQUIRE(realpath(host.dir, here));
	snprintf(named, sizeof named, "{\"command\":\"save\",\"fold\":0,\"run\":\"%s/../named/.\"}",
		 here);
	a = ask(c, named);
	CHECK_STR(text(a, "text"), "saved");
	CHECK_STR(text(a, "run"), here);
	CHECK_INT(number(a, "fold"), 0);
	CHECK_INT(number(a, "epoch"), 1);
	CHECK_INT(number(a, "step"), 1);
	json_decref(a);
	a = ask(c, "{\"snapshot\":true,\"run\":\"named\"}");
	CHECK_STR(text(json_object_get(a, "snapshot"), "state"), "paused");
	CHECK_STR(text(json_object_get(a, "snapshot"), "session"), here);
	json_decref(a);
	a = ask(c, "{\"command\":\"try train.clip 0.01\"}");
	t = json_object_get(a, "tried");
	CHECK_STR(text(json_array_get(json_object_get(t, "changes"), 0), "key"), "train.clip");
	t = json_array_get(json_object_get(t, "tried"), 0);
	CHECK(json_is_real(json_object_get(json_object_get(t, "first"), "loss")));
	CHECK_HAS(text(a, "text"), "clip 0 → 0.01, step 1:1\n");
	CHECK_HAS(text(a, "text"), "\nupdate ");
	json_decref(a);
	asks(c, "stop", true, "");
	client_close(c);
	until_ended();
	end();
}

/* More than a run's queue holds, while nothing is served. */
TEST(what_does_not_fit_waits)
{
	struct client *c[CLIENTS];
	int answered = 0;
	json_t *m;

	start("full", "train.epoch=100000", false, NULL);
	for (int k = 0; k < CLIENTS; k++) {
		c[k] = connect_to_host();
		for (int i = 0; i < 100; i++)
			client_send(c[k], json_pack("{s:i,s:s}", "id", i, "command", "eval"));
	}
	while (answered < CLIENTS * 100) {
		turn(c, CLIENTS);
		for (int k = 0; k < CLIENTS; k++) {
			struct err e = {0};

			if (client_next(c[k], &m, &e))
				FAIL("%s", e.text);
			if (!m)
				continue;
			CHECK(is_ok(m));
			answered++;
			json_decref(m);
		}
	}
	asks(c[0], "stop", true, "");
	for (int k = 0; k < CLIENTS; k++)
		client_close(c[k]);
	until_ended();
	end();
}

int main(int argc, char **argv)
{
	const char *sockets = temp_path("sockets");

	json_begin();
	unsetenv("XDG_RUNTIME_DIR");
	if (mkdir(sockets, 0700) || setenv("TMPDIR", sockets, 1)) {
		perror(sockets);
		return 1;
	}
	return TEST_MAIN(argc, argv);
}
