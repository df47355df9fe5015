/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * DESIGN. A question is answered at once, or becomes a request of the run, whose reply is the
 * answer. Where the run's queue is full it is offered again later. The stream of a run's
 * events has its id.
 */
#include "app/serve/serve_private.h"

#include "app/lab/snapshot_json.h"
#include "base/mem.h"
#include "engine/file/json.h"

#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 80 }; /* of tables in answers */

/* ---- answers ---- */

static json_t *answer_of(struct serve *s, int run, bool ok)
{
	struct served *x = serve_run(s, run);
	json_t *a = json_object();

	json_object_set_new(a, "ok", json_boolean(ok));
	json_object_set_new(a, "run", json_text(serve_run_folder(s, x)));
	serve_position(a, &x->at);
	return a;
}

static void refuse(struct serve *s, server_ticket t, int run, const char *why)
{
	json_t *a = run ? answer_of(s, run, false) : json_object();

	if (!run)
		json_object_set_new(a, "ok", json_false());
	json_object_set_new(a, "text", json_text(why));
	server_answer(s->server, t, a);
}

static void say(struct serve *s, server_ticket t, int run, const char *text)
{
	json_t *a = answer_of(s, run, true);

	json_object_set_new(a, "text", json_text(text));
	server_answer(s->server, t, a);
}

/* The fold that a question names is the one that trains. */
static int check_fold(struct serve *s, int run, const json_t *question, struct err *e)
{
	const json_t *fold = json_object_get(question, "fold");
	const struct position *at = &serve_run(s, run)->at;

	if (!fold)
		return 0;
	if (!json_is_integer(fold))
		return err_set(e, "\"fold\": a number expected");
	if (at->steps_per_epoch && json_integer_value(fold) == at->fold)
		return 0;
	if (!at->steps_per_epoch)
		return err_set(e, "fold %lld does not train now; none does",
			       (long long)json_integer_value(fold));
	return err_set(e, "fold %lld does not train now; fold %d does",
		       (long long)json_integer_value(fold), at->fold);
}

/* ---- commands ---- */

static void wait_for(struct serve *s, server_ticket t, const struct order *o, const char *done)
{
	s->waiting = mem_grow(s->waiting, (size_t)s->nwaiting + 1, sizeof *s->waiting);
	s->waiting[s->nwaiting++] = (struct waiting){
		.ticket = t, .run = o->run, .request = o->number, .done = mem_dup(done)};
}

static int give(struct serve *s, server_ticket t, const struct order_verb *v, int run,
		const char *args, long by, struct err *e)
{
	struct order o = {.work = s->work, .run = run, .now = &s->now};
	const char *why = v->refused(&s->now);
	int failed;

	if (why)
		return err_set(e, "%s: %s", v->name, why);
	work_asks(s->work, by);
	failed = v->give(&o, args, e);
	work_asks(s->work, 0);
	if (failed)
		return -1;
	wait_for(s, t, &o, o.said[0] ? o.said : v->done);
	return 0;
}

static int answer_now(struct serve *s, server_ticket t, const struct serve_verb *v, int run,
		      const char *args, struct err *e)
{
	const struct serve_asked of = {run, &s->now, s->duel, s->duel_ctx};
	struct str out = {0};
	int failed = v->answer(&of, args, &out, e);

	if (!failed)
		say(s, t, run, str_text(&out));
	str_free(&out);
	return failed;
}

/* The first word of a line, and the rest without spaces around it. */
static char *split(char *line, const char **rest)
{
	char *word = line + strspn(line, " \t");
	char *end = word + strcspn(word, " \t"), *args = end + strspn(end, " \t");
	size_t n = strlen(args);

	while (n && strchr(" \t", args[n - 1]))
		args[--n] = '\0';
	*rest = args;
	*end = '\0';
	return word;
}

/* What is typed into a console is one line. */
static bool is_line(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 && *text != '\t')
			return false;
	return true;
}

static int command(struct serve *s, server_ticket t, int run, const char *text, long by,
		   struct err *e)
{
	char *line = mem_dup(text);
	const char *args, *word = split(line, &args);
	const struct order_verb *order = order_find(word);
	const struct serve_verb *verb = serve_verb_find(word);
	int failed;

	if (!*word)
		failed = err_set(e, "\"command\": empty; help lists all");
	else if (!is_line(text))
		failed = err_set(e, "\"command\": one line without control characters expected");
	else if (order)
		failed = give(s, t, order, run, args, by, e);
	else if (verb)
		failed = answer_now(s, t, verb, run, args, e);
	else
		failed = serve_unknown(word, e);
	free(line);
	return failed;
}

/* ---- questions ---- */

static void answer_snapshot(struct serve *s, server_ticket t, int run)
{
	json_t *a = answer_of(s, run, true);

	serve_folder(s->now.session, s->now.session, sizeof s->now.session);
	json_object_set_new(a, "snapshot", snapshot_json(&s->now));
	server_answer(s->server, t, a);
}

static int answer_events(struct serve *s, server_ticket t, int run, const json_t *from,
			 struct err *e)
{
	uint64_t first, next, at = (uint64_t)json_integer_value(from);
	json_t *a;

	if (!json_is_integer(from) || json_integer_value(from) < 0)
		return err_set(e,
			       "\"events\": the number of the first event expected, 0: the next");
	server_stream(s->server, t, run, at);
	server_stream_range(s->server, run, &first, &next);
	a = answer_of(s, run, true);
	json_object_set_new(a, "kept", json_pack("[II]", (json_int_t)first, (json_int_t)next));
	server_answer(s->server, t, a);
	return 0;
}

/* The others of the session do as this one has been asked to. */
static void all_do(struct serve *s, int run, const char *word, long by)
{
	int id[SERVE_RUNS], n = serve_beside(s, run, id, SERVE_RUNS);

	work_asks(s->work, by);
	for (int i = 0; i < n; i++)
		if (strcmp(word, "stop") == 0)
			work_stop(s->work, id[i]);
		else if (strcmp(word, "pause") == 0)
			work_pause(s->work, id[i]);
		else
			work_resume(s->work, id[i]);
	work_asks(s->work, 0);
}

/* Of all of them the one that answers: the first that can do it, if any can (one pauses, another
 * does not). s->now becomes its snapshot. */
static int one_that_can(struct serve *s, int run, const char *word)
{
	const struct order_verb *v = order_find(word);
	int id[SERVE_RUNS], n;

	if (!v || !v->refused(&s->now))
		return run;
	n = serve_beside(s, run, id, SERVE_RUNS);
	for (int i = 0; i < n; i++) {
		work_snapshot(s->work, id[i], &s->now);
		if (!v->refused(&s->now))
			return id[i];
	}
	work_snapshot(s->work, run, &s->now);
	return run;
}

static int take_command(struct serve *s, server_ticket t, int run, long by, const json_t *question,
			const char *line, struct err *e)
{
	if (serve_is_for_all(question))
		run = one_that_can(s, run, line);
	if (check_fold(s, run, question, e) || command(s, t, run, line, by, e))
		return -1;
	if (serve_is_for_all(question))
		all_do(s, run, line, by);
	return 0;
}

static int take(struct serve *s, server_ticket t, int run, const struct server_peer *who,
		const json_t *question, struct err *e)
{
	const json_t *line = json_object_get(question, "command");
	const json_t *events = json_object_get(question, "events");

	work_snapshot(s->work, run, &s->now);
	if (json_is_string(line))
		return take_command(s, t, run, who->pid > 0 ? who->pid : -1, question,
				    json_string_value(line), e);
	if (json_is_true(json_object_get(question, "snapshot"))) {
		answer_snapshot(s, t, run);
		return 0;
	}
	if (events)
		return answer_events(s, t, run, events, e);
	return err_set(e, "expected \"command\": TEXT, \"snapshot\": true or \"events\": NUMBER");
}

static bool asked(void *ctx, server_ticket t, const struct server_peer *who, const json_t *question)
{
	struct serve *s = ctx;
	struct err e = {0};
	int run = serve_find(s, question, &e);

	if (run && json_object_get(question, "command") && work_room(s->work, run) < 1)
		return false;
	if (!run || take(s, t, run, who, question, &e))
		refuse(s, t, run, e.text);
	return true;
}

/* ---- what comes from the work ---- */

static void put_text(json_t *answer, const char *text)
{
	json_object_set_new(answer, "text", json_text(text));
}

/* As lines of a terminal. */
static void put_tried(json_t *answer, json_t *tried)
{
	struct err ignored = {0};
	struct tried t;
	struct str text = {0};

	if (tried_of_json(&t, tried, &ignored) == 0) {
		tried_what(&text, &t, COLUMNS);
		tried_table(&text, &t, COLUMNS);
		tried_remarks(&text, &t, COLUMNS);
		text.s[text.len - 1] = '\0'; /* whoever prints it ends the line */
		put_text(answer, text.s);
	}
	json_object_set(answer, "tried", tried);
	str_free(&text);
}

/* Takes the answer. */
static void finish(struct serve *s, int i, json_t *answer)
{
	struct waiting *x = &s->waiting[i];

	if (x->tried)
		put_tried(answer, x->tried);
	server_answer(s->server, x->ticket, answer);
	json_decref(x->tried);
	free(x->done);
	s->nwaiting--;
	memmove(x, x + 1, (size_t)(s->nwaiting - i) * sizeof *x);
}

/* Is it for a client? */
static bool is_reply(struct serve *s, const struct event *e)
{
	for (int i = 0; i < s->nwaiting; i++) {
		struct waiting *x = &s->waiting[i];
		json_t *answer;

		if (e->request != x->request)
			continue;
		if (e->kind == EVENT_TRIED) {
			x->tried = tried_json(e->tried);
			return true;
		}
		answer = answer_of(s, x->run, e->ok);
		put_text(answer, e->text[0] ? e->text : x->done);
		finish(s, i, answer);
		return true;
	}
	return false;
}

static void tell_dropped(struct serve *s, struct served *x, const char *folder)
{
	unsigned long n = s->now.dropped - x->dropped;
	json_t *told;

	if (!n)
		return;
	x->dropped = s->now.dropped;
	told = json_pack("{s:s,s:o,s:I}", "kind", "dropped", "run", json_text(folder), "count",
			 (json_int_t)n);
	server_publish(s->server, x->run, told);
}

static void tell(struct serve *s, struct served *x, const struct event *e)
{
	const char *folder = serve_run_folder(s, x);
	bool is_state = e->kind == EVENT_STATE;
	json_t *told;

	if (is_state || e->kind == EVENT_EPOCH) {
		work_snapshot(s->work, e->run, &s->now);
		tell_dropped(s, x, folder);
	}
	if (is_state && x->state == (int)s->now.state)
		return;
	if (is_state)
		x->state = (int)s->now.state;
	told = serve_event_json(e, folder, s->now.state);
	if (told)
		server_publish(s->server, e->run, told);
}

bool serve_event(struct serve *s, const struct event *e)
{
	struct served *x;

	if (!s || !s->work || !work_has(s->work, e->run))
		return false;
	x = serve_run(s, e->run);
	x->at = e->at;
	if (e->kind == EVENT_REPLY || e->kind == EVENT_TRIED)
		return is_reply(s, e);
	tell(s, x, e);
	return false;
}

/* ---- the end of a run ---- */

/* Nothing more comes of it: what was asked is answered with what there is. */
static void end_run(struct serve *s, struct served *x, bool closed)
{
	json_t *told = json_pack("{s:s,s:o}", "kind", "ended", "run", json_text(x->folder));

	for (int i = 0; i < s->nwaiting;) {
		if (s->waiting[i].run != x->run) {
			i++;
			continue;
		}
		finish(s, i,
		       json_pack("{s:b,s:o,s:s}", "ok", 0, "run", json_text(x->folder), "text",
				 "training has ended"));
	}
	serve_position(told, &x->at);
	if (!closed) {
		work_snapshot(s->work, x->run, &s->now);
		json_object_set_new(told, "state", json_string(work_state_name(s->now.state)));
		json_object_set_new(told, "complete",
				    json_boolean(s->now.opened && !s->now.trains));
		if (s->now.error[0])
			json_object_set_new(told, "error", json_text(s->now.error));
	}
	server_publish(s->server, x->run, told);
	server_stream_end(s->server, x->run);
}

static void end_closed(struct serve *s)
{
	for (int i = s->nserved - 1; i >= 0; i--) {
		if (work_has(s->work, s->served[i].run))
			continue;
		end_run(s, &s->served[i], true);
		s->served[i] = s->served[--s->nserved];
	}
}

/* ---- all of it ---- */

struct serve *serve_start(struct err *e)
{
	struct serve *s = mem_alloc(1, sizeof *s);
	const struct server_handler h = {.ctx = s, .asked = asked};

	s->server = server_start(&h, e);
	if (s->server)
		return s;
	free(s);
	return NULL;
}

const char *serve_path(const struct serve *s)
{
	return s ? server_path(s->server) : "";
}

void serve_bind(struct serve *s, struct work *w)
{
	if (s)
		s->work = w;
}

void serve_duels(struct serve *s, serve_duel *duel, void *ctx)
{
	if (!s)
		return;
	s->duel = duel;
	s->duel_ctx = ctx;
}

int serve_fd(const struct serve *s)
{
	return s ? server_fd(s->server) : -1;
}

int serve_timeout(const struct serve *s)
{
	return s ? server_timeout(s->server) : -1;
}

void serve_turn(struct serve *s)
{
	if (!s)
		return;
	if (s->work)
		end_closed(s);
	server_turn(s->server);
}

void serve_end(struct serve *s)
{
	if (!s)
		return;
	for (int i = 0; s->work && i < s->nserved; i++)
		end_run(s, &s->served[i], !work_has(s->work, s->served[i].run));
	server_end(s->server);
	free(s->waiting);
	free(s->served);
	free(s);
}
