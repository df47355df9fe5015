/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Each command is one question (doc/control.md) to the program that trains the session. */
#include "app/cmd/commands.h"

#include "app/cmd/trainers.h"
#include "base/plain.h"
#include "base/str.h"
#include "base/utf8.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ANSWER_SECONDS 10 /* who has not answered even a snapshot by then is suspended */

/* ---- questions ---- */

struct asking {
	struct client *client;
	const char *session;
	char whole[PATH_MAX]; /* its absolute path */
	long pid;             /* who is asked */
	bool json;
	int fold;       /* that is meant; -1: not said */
	bool refused;   /* something was */
	bool gone;      /* the connection has ended */
	int stopped_by; /* the signal that has ended a try; 0: none */
};

/* JSON with \uXXXX in place of what a terminal would obey or not show: JSON has such
 * characters only in its strings. */
static void add_plain_json(struct str *b, const char *text)
{
	char one[5];

	for (uint32_t c; (c = utf8_next(&text));) {
		if (c == '\n' || plain_char(c) == c)
			str_addn(b, one, (size_t)utf8_put(one, c));
		else if (c < 0x10000)
			str_addf(b, "\\u%04X", (unsigned)c);
		else
			str_addf(b, "\\u%04X\\u%04X", (unsigned)(0xd7c0 + (c >> 10)),
				 (unsigned)(0xdc00 + (c & 0x3ff)));
	}
}

/* False: nobody reads any more. */
static bool print_json(const json_t *v, size_t flags)
{
	char *text = json_dumps(v, flags);
	struct str line = {0};
	bool written;

	add_plain_json(&line, text);
	str_add(&line, "\n");
	written = cli_data(line.s, line.len);
	str_free(&line);
	free(text);
	return written;
}

/* Of which run, and of which fold. */
static void name_run(struct asking *a, json_t *question)
{
	if (realpath(a->session, a->whole))
		json_object_set_new(question, "run", json_string(a->whole));
	if (a->fold >= 0)
		json_object_set_new(question, "fold", json_integer(a->fold));
}

/* ---- a try that is not waited for any longer ---- */

static volatile sig_atomic_t stopped_by; /* the signal, 0: none */

static void on_signal(int number)
{
	stopped_by = number;
}

static const int ends_try[] = {SIGINT, SIGTERM};

/* Once; the second time it ends this program at once. A shell's background ignores some on
 * purpose. */
static void take_signals(void (*handler)(int))
{
	struct sigaction a = {.sa_handler = handler, .sa_flags = (int)SA_RESETHAND}, old;

	sigemptyset(&a.sa_mask);
	for (int i = 0; i < 2; i++)
		if (sigaction(ends_try[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
			sigaction(ends_try[i], &a, NULL);
}

/* What ends it, once; the try itself is then answered. */
static json_t *end_try(void *ctx)
{
	struct asking *a = ctx;
	json_t *question;

	if (!stopped_by || a->stopped_by)
		return NULL;
	a->stopped_by = stopped_by;
	question = json_pack("{s:s,s:s}", "command", "try off", "id", "off");
	name_run(a, question);
	return question;
}

/* The answer, to be dropped; NULL on error. */
static json_t *ask(struct asking *a, json_t *question, struct err *e)
{
	json_t *answer, *probe = json_pack("{s:b}", "snapshot", 1);
	struct err why = {0};

	name_run(a, question);
	name_run(a, probe);
	if (client_ask(a->client, question, probe, ANSWER_SECONDS, end_try, a, &answer, &why)) {
		a->gone = true;
		err_set(e,
			"%s: process %ld, which trained it, has not answered: it has stopped, or "
			"is about to",
			a->session, a->pid);
		return NULL;
	}
	if (!answer) {
		err_set(e, "process %ld does not answer; is it suspended?", a->pid);
		return NULL;
	}
	if (!json_is_true(json_object_get(answer, "ok")))
		a->refused = true;
	return answer;
}

static const char *text_of(const json_t *answer)
{
	const char *text = json_string_value(json_object_get(answer, "text"));

	return text ? text : "";
}

/* A refusal is a message, all else a result. */
static void show(const struct asking *a, const json_t *answer)
{
	bool ok = json_is_true(json_object_get(answer, "ok"));
	const json_t *snapshot = json_object_get(answer, "snapshot");

	if (a->json)
		print_json(answer, JSON_COMPACT);
	else if (!ok)
		cli_message("%s", text_of(answer));
	else if (snapshot)
		print_json(snapshot, JSON_INDENT(2));
	else if (*text_of(answer))
		printf("%s\n", text_of(answer));
	fflush(stdout);
}

static int ask_command(struct asking *a, const char *line, struct err *e)
{
	bool tries = strncmp(line, "try ", 4) == 0;
	json_t *question, *answer;

	if (strcmp(line, "snapshot") == 0)
		question = json_pack("{s:b}", "snapshot", 1);
	else
		question = json_pack("{s:s}", "command", line);
	if (!question)
		return err_set(e, "the command is not UTF-8");
	if (tries)
		take_signals(on_signal);
	answer = ask(a, question, e);
	if (tries)
		take_signals(SIG_DFL);
	if (!answer)
		return -1;
	show(a, answer);
	json_decref(answer);
	if (!a->stopped_by)
		return 0;
	err_said(e);
	e->status = 128 + a->stopped_by;
	return -1;
}

/* Lines of standard input, each answered before the next is asked. */
static int ask_lines(struct asking *a, struct err *e)
{
	char *line = NULL;
	size_t room = 0;
	int failed = 0;

	while (!failed && getline(&line, &room, stdin) >= 0) {
		line[strcspn(line, "\r\n")] = '\0';
		if (line[strspn(line, " \t")] && line[0] != '#')
			failed = ask_command(a, line, e);
	}
	free(line);
	return failed;
}

static bool is_end(const json_t *event)
{
	const char *kind = json_string_value(json_object_get(event, "kind"));

	return kind && strcmp(kind, "ended") == 0;
}

/* The next event; NULL: nobody reads what is printed. */
static int next_event(struct asking *a, json_t **event, struct err *e)
{
	struct pollfd p[] = {{.fd = client_fd(a->client)}, {.fd = STDOUT_FILENO}};

	for (;;) {
		if (client_next(a->client, event, e)) {
			a->gone = true;
			return -1;
		}
		if (*event || p[1].revents)
			return 0;
		p[0].events = client_poll(a->client);
		if (poll(p, 2, -1) < 0 && errno != EINTR)
			BUG("poll: %s", strerror(errno));
	}
}

/* One a line, until the run has ended. */
static int follow(struct asking *a, long long from, struct err *e)
{
	json_t *event = ask(a, json_pack("{s:I}", "events", (json_int_t)from), e);
	bool ended = false;

	if (!event)
		return -1;
	if (a->refused)
		show(a, event);
	json_decref(event);
	while (!ended && !a->refused) {
		if (next_event(a, &event, e))
			return -1;
		ended = !event || !print_json(event, JSON_COMPACT) || is_end(event);
		json_decref(event);
	}
	return 0;
}

static int run_events(struct asking *a, const struct args *args, struct err *e)
{
	const char *from = args->noperands > 2 ? args->operand[2] : "0";
	char *end;
	long long number = strtoll(from, &end, 10);

	if (args->noperands > 3 || end == from || *end || number < 0)
		return err_usage(e, "events [FROM]: expected the number of the first event");
	return follow(a, number, e);
}

/* ---- waiting ---- */

enum waited { GOES_ON, PAUSED, ENDED };

/* What a state is to who waits. */
static enum waited waited_of(const json_t *of)
{
	static const char *const paused[] = {"paused", "broke", "diverged"};
	static const char *const ended[] = {"idle", "failed"};
	const char *state = json_string_value(json_object_get(of, "state"));

	for (int i = 0; state && i < 3; i++)
		if (strcmp(state, paused[i]) == 0)
			return PAUSED;
	for (int i = 0; state && i < 2; i++)
		if (strcmp(state, ended[i]) == 0)
			return ENDED;
	return GOES_ON;
}

/* The state that an event tells, or the answer to the snapshot that was asked for. */
static enum waited take_state(const json_t *message)
{
	const json_t *snapshot = json_object_get(message, "snapshot");

	if (is_end(message))
		return ENDED;
	return waited_of(snapshot ? snapshot : message);
}

/* Its events are asked for first: what happens after the snapshot is not missed. */
static int watch(struct asking *a, enum waited what, struct err *e)
{
	json_t *m = ask(a, json_pack("{s:i}", "events", 0), e);
	enum waited now = GOES_ON;
	json_t *question;

	if (!m)
		return -1;
	if (a->refused)
		show(a, m);
	json_decref(m);
	if (a->refused)
		return 0;
	question = json_pack("{s:b,s:s}", "snapshot", 1, "id", "now");
	name_run(a, question);
	client_send(a->client, question);
	while (now != what && now != ENDED) {
		if (next_event(a, &m, e))
			return -1;
		if (!m)
			return 0;
		now = take_state(m);
		json_decref(m);
	}
	if (now == what)
		return 0;
	return err_set(e, "%s: training has ended, without a pause", a->session);
}

/* Whose connection has ended, has. */
static int wait_for(struct asking *a, enum waited what, struct err *e)
{
	int failed = watch(a, what, e);

	if (!failed || !a->gone || what != ENDED)
		return failed;
	err_clear(e);
	return 0;
}

static int run_wait(struct asking *a, const struct args *args, struct err *e)
{
	const char *what = args->noperands == 3 ? args->operand[2] : "";

	if (strcmp(what, "paused") != 0 && strcmp(what, "ended") != 0)
		return err_usage(e, "wait paused|ended: expected one of them");
	return wait_for(a, *what == 'p' ? PAUSED : ENDED, e);
}

static int run_words(struct asking *a, const struct args *args, struct err *e)
{
	struct str line = {0};
	int failed;

	for (int i = 1; i < args->noperands; i++)
		str_addf(&line, "%s%s", i > 1 ? " " : "", args->operand[i]);
	failed = ask_command(a, str_text(&line), e);
	str_free(&line);
	return failed;
}

static int run(const struct args *a, struct err *e)
{
	struct asking asking = {
		.session = a->operand[0], .json = a->json, .fold = a->nfolds ? a->fold[0] : -1};
	const char *word = a->operand[1];
	int failed;

	if (a->nfolds > 1)
		return err_usage(e, "--fold: only one program is asked");
	asking.client = trainer_find(asking.session, asking.fold, &asking.pid, e);
	if (!asking.client)
		return -1;
	if (strcmp(word, "events") == 0)
		failed = run_events(&asking, a, e);
	else if (strcmp(word, "wait") == 0)
		failed = run_wait(&asking, a, e);
	else if (strcmp(word, "-") == 0 && a->noperands == 2)
		failed = ask_lines(&asking, e);
	else
		failed = run_words(&asking, a, e);
	client_close(asking.client);
	if (!failed && asking.refused)
		return err_said(e);
	return failed;
}

const struct command cmd_control = {
	.name = "control",
	.operands = "SESSION COMMAND...",
	.least = 2,
	.most = -1,
	.takes = (const enum flag[]){FLAG_FOLD, FLAG_JSON, FLAG_NONE},
	.help = "Ask, or steer, the program that trains a session.",
	.more = "COMMAND is one of those that the console has for a run: set KEY VALUE, pause,\n"
		"resume, step, stop, break when CONDITION, note TEXT ...; help lists them. It is\n"
		"also `snapshot`, the state as JSON; `events [FROM]`, what happens, one a line,\n"
		"until the run has ended; `wait paused|ended`, until it pauses (after `step`, or "
		"at\n"
		"a break), or has ended; or -, commands from standard input, one a line, each\n"
		"answered before the next. A command that is refused, or cannot be asked, exits "
		"with\n1, and with 4 if nobody trains the session (doc/control.md).",
	.run = run,
};
