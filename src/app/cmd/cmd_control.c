/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The program that trains a session is found by the locks of its folds; its socket is
 * there too (session_lock.h). Each command is one question (doc/control.md).
 */
#include "app/cmd/commands.h"

#include "app/control/client.h"
#include "app/session/session.h"
#include "app/session/session_state.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Between two folds, and while its data is read, a program that trains holds no fold's lock. */
#define FIND_SECONDS   2
#define LOOK_SECONDS   0.05
#define ANSWER_SECONDS 10 /* who has not answered even a snapshot by then is suspended */

/* ---- who trains it ---- */

struct trainer {
	int fold;
	struct lock_owner who;
};

struct trainers {
	struct trainer *at;
	int n;
	int wanted; /* the fold that is asked for; -1: any */
	int unseen; /* of these one whose lock this user may not read; -1: none */
};

static void add_trainer(struct trainers *t, const char *dir, int fold)
{
	struct lock_owner who;
	char folder[PATH_LEN];

	enum fold_lock how;

	if ((size_t)snprintf(folder, sizeof folder, "%s/fold-%d", dir, fold) >= sizeof folder)
		return;
	how = fold_lock_look(folder, &who);
	if (how == FOLD_UNSEEN && (t->wanted < 0 || t->wanted == fold))
		t->unseen = fold;
	if (how != FOLD_HELD)
		return;
	t->at = mem_grow(t->at, (size_t)t->n + 1, sizeof *t->at);
	t->at[t->n++] = (struct trainer){fold, who};
}

/* Of the folds in a run's folder, and in those of its further seeds. */
static void find_below(struct trainers *t, const char *dir, bool seeds)
{
	DIR *d = opendir(dir);
	struct dirent *x;
	char below[PATH_LEN];
	int number, end;

	while (d && (x = readdir(d))) {
		end = 0;
		if (sscanf(x->d_name, "fold-%9d%n", &number, &end) == 1 && !x->d_name[end])
			add_trainer(t, dir, number);
		else if (seeds && strncmp(x->d_name, "seed-", 5) == 0 &&
			 (size_t)snprintf(below, sizeof below, "%s/%s", dir, x->d_name) <
				 sizeof below)
			find_below(t, below, false);
	}
	if (d)
		closedir(d);
}

static int by_fold(const void *a, const void *b)
{
	return ((const struct trainer *)a)->fold - ((const struct trainer *)b)->fold;
}

/* In the order of their folds. */
static void find_all(struct trainers *t, const char *session)
{
	double until = clock_seconds() + FIND_SECONDS;
	char who[256];

	find_below(t, session, true);
	while (!t->n && session_written(session, who, sizeof who) && clock_seconds() < until) {
		usleep((useconds_t)(LOOK_SECONDS * 1e6));
		find_below(t, session, true);
	}
	if (t->n)
		qsort(t->at, (size_t)t->n, sizeof *t->at, by_fold);
}

static bool same_process(const struct lock_owner *a, const struct lock_owner *b)
{
	return a->pid == b->pid && strcmp(a->host, b->host) == 0;
}

/* "fold 1 by process 4711 on node7, fold 2 by ..." */
static void list_trainers(struct str *list, const struct trainers *t)
{
	for (int i = 0; i < t->n; i++)
		str_addf(list, "%sfold %d by process %ld on %s", i ? ", " : "", t->at[i].fold,
			 t->at[i].who.pid, t->at[i].who.host);
}

static int refuse_several(const char *session, const struct trainers *t, struct err *e)
{
	struct str list = {0};

	list_trainers(&list, t);
	err_usage(e, "%s: several programs train it (%.1000s); say which with --fold N", session,
		  list.s);
	str_free(&list);
	return -1;
}

static int refuse_nobody(const char *session, int fold, const struct trainers *t, struct err *e)
{
	char who[256], which[32] = "it";
	struct str list = {0};

	if (fold >= 0)
		snprintf(which, sizeof which, "fold %d", fold);
	list_trainers(&list, t);
	if (t->unseen >= 0)
		err_set(e,
			"%s: cannot see who trains it: the lock of fold %d may not be read by this "
			"user",
			session, t->unseen);
	else if (t->n)
		err_set(e, "%s: nobody trains %s now; trained are %.1000s", session, which, list.s);
	else if (session_written(session, who, sizeof who))
		err_set(e,
			"%s: nobody trains %s; a program has the session open, but trains no fold: "
			"it has stopped there, waits for its turn, or still reads its data; once "
			"it "
			"goes on there it can be asked",
			session, which);
	else
		err_set(e, "%s: nobody trains %s", session, which);
	if (t->unseen < 0)
		e->status = EXIT_NOBODY;
	str_free(&list);
	return -1;
}

/* The one that trains it, or the fold (-1: any). */
static int choose(const char *session, int fold, const struct trainers *t,
		  const struct lock_owner **who, struct err *e)
{
	*who = NULL;
	for (int i = 0; i < t->n; i++) {
		if (fold >= 0 && t->at[i].fold != fold)
			continue;
		if (*who && !same_process(*who, &t->at[i].who))
			return refuse_several(session, t, e);
		*who = &t->at[i].who;
	}
	return *who ? 0 : refuse_nobody(session, fold, t, e);
}

static struct client *reach(const char *session, const struct lock_owner *who, struct err *e)
{
	struct err why = {0};
	struct client *c;
	char host[sizeof who->host] = "?";

	gethostname(host, sizeof host - 1);
	if (strcmp(host, who->host) != 0) {
		err_set(e,
			"%s: process %ld on %s trains it; ask there, its socket is known to that "
			"machine only",
			session, who->pid, who->host);
		return NULL;
	}
	if (!who->socket[0]) {
		err_set(e,
			"%s: process %ld on %s trains it, but does not listen (an older version, "
			"or no folder for sockets: it said so when it began)",
			session, who->pid, who->host);
		return NULL;
	}
	c = client_open(who->socket, who->pid, &why);
	if (!c)
		err_set(e, "%s: cannot ask process %ld, which trains it: %s", session, who->pid,
			why.text);
	return c;
}

static struct client *find(const char *session, int fold, long *pid, struct err *e)
{
	const struct lock_owner *who;
	struct trainers t = {.wanted = fold, .unseen = -1};
	struct client *c = NULL;

	if (!session_exists(session))
		err_set(e, "%s: no session is stored there", session);
	else
		find_all(&t, session);
	if (!e->status && choose(session, fold, &t, &who, e) == 0)
		c = reach(session, who, e);
	if (c)
		*pid = who->pid;
	free(t.at);
	return c;
}

/* ---- questions ---- */

struct asking {
	struct client *client;
	const char *session;
	char whole[PATH_MAX]; /* its absolute path */
	long pid;             /* who is asked */
	bool json;
	bool refused; /* something was */
	bool gone;    /* the connection has ended */
};

/* False: nobody reads any more. */
static bool print_json(const json_t *v, size_t flags)
{
	char *text = json_dumps(v, flags);
	size_t n = strlen(text);
	bool written;

	text[n] = '\n'; /* in place of its end */
	written = cli_data(text, n + 1);
	free(text);
	return written;
}

/* The answer, to be dropped; NULL on error. */
static json_t *ask(struct asking *a, json_t *question, struct err *e)
{
	json_t *answer, *probe = json_pack("{s:b}", "snapshot", 1);

	if (realpath(a->session, a->whole)) {
		json_object_set_new(question, "run", json_string(a->whole));
		json_object_set_new(probe, "run", json_string(a->whole));
	}
	if (client_ask(a->client, question, probe, ANSWER_SECONDS, &answer, e)) {
		a->gone = true;
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
	json_t *question, *answer;

	if (strcmp(line, "snapshot") == 0)
		question = json_pack("{s:b}", "snapshot", 1);
	else
		question = json_pack("{s:s}", "command", line);
	if (!question)
		return err_set(e, "the command is not UTF-8");
	answer = ask(a, question, e);
	if (!answer)
		return -1;
	show(a, answer);
	json_decref(answer);
	return 0;
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

	if (!m)
		return -1;
	if (a->refused)
		show(a, m);
	json_decref(m);
	if (a->refused)
		return 0;
	client_send(a->client, json_pack("{s:b,s:s,s:o}", "snapshot", 1, "id", "now", "run",
					 json_string(a->whole)));
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
	struct asking asking = {.session = a->operand[0], .json = a->json};
	const char *word = a->operand[1];
	int failed;

	if (a->nfolds > 1)
		return err_usage(e, "--fold: only one program is asked");
	asking.client = find(asking.session, a->nfolds ? a->fold[0] : -1, &asking.pid, e);
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
