/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A run that another program trains, steered through its socket: the test is that program. */
#include "tests/app/lab/other.h"

#include "app/lab/work_private.h"

TEST(it_is_shown_as_who_trains_it_says)
{
	attaches("shown");
	CHECK_INT(screen.now.state, WORK_RUN);
	CHECK_INT(screen.now.owner.pid, getpid());
	CHECK_INT(screen.now.epoch, 5);
	CHECK_INT(screen.now.step, 18);
	CHECK_NEAR(screen.now.loss, 0.25, 0);
	CHECK_NEAR(screen.now.rate, 90, 0);
	CHECK(isnan(screen.now.best) && isnan(screen.now.eta));
	CHECK_NEAR(screen.now.set.train.clip, 0.125, 0);
	CHECK_INT(screen.now.set.exp.nlabels, trainer.now.set.exp.nlabels);
	CHECK(screen.now.trains && screen.now.opened && !screen.now.placed);
	CHECK_STR(screen.now.looking, "");
	CHECK_STR(screen.now.session, trainer.dir);
	CHECK_INT(trainer.from, 0);
	trainer.now.state = WORK_PAUSED;
	happens("{\"kind\":\"state\"}");
	UNTIL(screen.now.state == WORK_PAUSED);
	ends();
}

/* In the words of the console, in order; each is answered once. */
TEST(each_request_is_a_command)
{
	static const char *const lines[] = {
		"pause",
		"resume",
		"step",
		"step epoch",
		"stop",
		"break when loss > 3",
		"break off",
		"break list",
		"pace 0.5",
		"pace off",
		"set train.clip 0.5",
		"note such a long way",
	};
	enum { LINES = sizeof lines / sizeof *lines };
	unsigned number[LINES];
	struct work *w;

	attaches("commands");
	w = screen.work;
	number[0] = work_pause(w, WORK_FIRST);
	number[1] = work_resume(w, WORK_FIRST);
	number[2] = work_step(w, WORK_FIRST, false);
	number[3] = work_step(w, WORK_FIRST, true);
	number[4] = work_stop(w, WORK_FIRST);
	number[5] = work_break(w, WORK_FIRST, "loss > 3");
	number[6] = work_break(w, WORK_FIRST, "");
	number[7] = work_breaks(w, WORK_FIRST);
	number[8] = work_pace(w, WORK_FIRST, 0.5);
	number[9] = work_pace(w, WORK_FIRST, 0);
	number[10] = work_command(w, WORK_FIRST, lines[10]);
	number[11] = work_command(w, WORK_FIRST, lines[11]);
	UNTIL(trainer.n == LINES);
	for (int i = 0; i < LINES; i++) {
		CHECK_STR(trainer.asked[i].line, lines[i]);
		answers(i, i % 3 != 2, i % 3 == 2 ? "not now" : i > 4 ? "done" : "");
	}
	UNTIL(reply_to(number[LINES - 1]));
	for (int i = 0; i < LINES; i++) {
		const struct event *e = reply_to(number[i]);

		if (i < 5 && i % 3 != 2) { /* what starts or stops is only answered if refused */
			CHECK(!e);
			continue;
		}
		CHECK(e && e->ok == (i % 3 != 2));
		CHECK_STR(e->text, i % 3 == 2 ? "not now" : "done");
	}
	ends();
}

TEST(a_try_comes_with_its_figures)
{
	const struct tried tried = {.change = {{.key = "train.clip", .was = "0", .value = "1"}},
				    .changes = 1,
				    .step = 3,
				    .of = 1,
				    .points = 1};
	const struct event *e = NULL;
	unsigned number;
	json_t *a;

	attaches("try");
	number = work_try(screen.work, WORK_FIRST, "clip=1,train.loss.text=0 for 3");
	UNTIL(trainer.n == 1);
	CHECK_STR(trainer.asked[0].line, "try clip=1,train.loss.text=0 for 3");
	a = answer(true, "a table\nof lines");
	json_object_set_new(a, "tried", tried_json(&tried));
	server_answer(trainer.server, trainer.asked[0].ticket, a);
	UNTIL(reply_to(number));
	CHECK_INT(count(EVENT_TRIED, &e), 1);
	CHECK(e < reply_to(number));
	CHECK_STR(reply_to(number)->text, ""); /* the page shows it */
	CHECK_INT(e->request, number);
	CHECK_STR(e->tried->change[0].key, "train.clip");
	CHECK_INT(e->tried->step, 3);
	number = work_try(screen.work, WORK_FIRST, "off"); /* which has none */
	UNTIL(trainer.n == 2);
	server_answer(trainer.server, trainer.asked[1].ticket, answer(true, ""));
	UNTIL(reply_to(number));
	CHECK(reply_to(number)->ok);
	CHECK_INT(count(EVENT_TRIED, &e), 1);
	ends();
}

/* Its reply says that what was asked before is done, and that the snapshot shows it. */
TEST(a_ping_waits_for_what_was_asked_before)
{
	unsigned first, ping, last;

	attaches("ping");
	first = work_command(screen.work, WORK_FIRST, "save");
	ping = work_ping(screen.work, WORK_FIRST);
	last = work_command(screen.work, WORK_FIRST, "eval");
	UNTIL(trainer.n == 2);
	happens("{\"kind\":\"step\"}");
	UNTIL(trainer.snapshots == 2); /* made before anything is done: it says too little */
	trainer.now.epoch = 6;
	answers(0, true, "saved");
	UNTIL(reply_to(first));
	CHECK(!reply_to(ping));
	answers(1, true, "evaluated");
	UNTIL(reply_to(ping));
	CHECK_INT(screen.now.epoch, 6);
	CHECK(reply_to(first) < reply_to(ping));
	UNTIL(reply_to(last));
	ends();
}

/* Events that come by the thousand do not make as many questions. */
TEST(one_snapshot_is_asked_for_at_a_time)
{
	int before;

	attaches("often");
	trainer.silent = true;
	happens("{\"kind\":\"say\",\"text\":\"the first\"}");
	UNTIL(count(EVENT_SAY, NULL) == 2);
	UNTIL(trainer.snapshots > 1);
	before = trainer.snapshots;
	for (int i = 0; i < 1000; i++)
		happens("{\"kind\":\"step\"}");
	happens("{\"kind\":\"say\",\"text\":\"the last\"}");
	UNTIL(count(EVENT_SAY, NULL) == 3);
	CHECK_INT(trainer.snapshots, before);
	ends();
}

TEST(what_others_do_is_told)
{
	const struct event *e = NULL;
	char own[128];

	attaches("told");
	happens("{\"kind\":\"changed\",\"fold\":0,\"epoch\":5,\"step\":19,"
		"\"command\":\"set train.clip 2\"}");
	happens("{\"kind\":\"mark\",\"fold\":0,\"epoch\":5,\"step\":20,\"mark\":\"saved\"}");
	happens("{\"kind\":\"mark\",\"fold\":0,\"mark\":\"note\",\"text\":\"it sinks\"}");
	happens("{\"kind\":\"of a later version\",\"step\":[]}");
	snprintf(own, sizeof own, "{\"kind\":\"say\",\"text\":\"pause, asked by process %ld\"}",
		 (long)getpid());
	happens(own); /* there is a reply to that */
	happens("{\"kind\":\"say\",\"text\":\"the disk is nearly full\"}");
	UNTIL(count(EVENT_SAY, &e) == 2);
	CHECK_STR(e->text, "the disk is nearly full");
	CHECK_INT(count(EVENT_CHANGED, &e), 1);
	CHECK_STR(e->text, "set train.clip 2");
	CHECK_INT(e->u.change.epoch, 5);
	CHECK_INT(e->u.change.step, 19);
	CHECK_INT(count(EVENT_MARK, &e), 1);
	CHECK_INT(e->u.change.what, CHANGE_SAVED);
	CHECK_INT(e->u.change.step, 20);
	ends();
}

/* Who is suspended says nothing; what was shown of it is not the present. */
TEST(it_does_not_answer)
{
	attaches("silent");
	CHECK_INT(screen.now.silent, 0);
	trainer.silent = true;
	UNTIL(screen.now.silent > 0);
	CHECK(screen.now.silent >= 5);
	CHECK_INT(screen.now.hold, WORK_ATTACHED);
	CHECK_INT(screen.now.state, WORK_RUN);
	UNTIL(screen.now.silent > 5); /* it counts */
	happens("{\"kind\":\"say\",\"text\":\"here again\"}");
	UNTIL(!screen.now.silent);
	ends();
}

/* Who says nothing by itself is asked, and answers: that is no silence. */
TEST(a_quiet_one_answers)
{
	int before;

	attaches("quiet");
	before = trainer.snapshots;
	UNTIL(trainer.snapshots > before + 1);
	CHECK_INT(screen.now.silent, 0);
	ends();
}

/* It was suspended before the screen came: the screen shows who has it, not that it has stopped. */
TEST(it_has_never_answered)
{
	train("never");
	trainer.silent = true;
	holds(server_path(trainer.server));
	looks(false);
	UNTIL(screen.now.silent > 0);
	CHECK_INT(screen.now.state, WORK_ELSEWHERE);
	CHECK_INT(screen.now.owner.pid, getpid());
	trainer.silent = false;
	goes();
	UNTIL(!screen.now.silent);
	CHECK_INT(screen.now.state, WORK_ELSEWHERE);
	ends();
}

/* Each request has its one reply; and when it listens again, on it goes. */
TEST(a_connection_that_ends)
{
	const struct event *e = NULL;
	unsigned set, stop, ping;

	attaches("ends");
	happens("{\"kind\":\"say\",\"text\":\"one\"}");
	UNTIL(count(EVENT_SAY, NULL) == 2);
	set = work_command(screen.work, WORK_FIRST, "set train.clip 3");
	stop = work_stop(screen.work, WORK_FIRST);
	ping = work_ping(screen.work, WORK_FIRST);
	UNTIL(trainer.n == 2);
	goes();
	UNTIL(reply_to(ping));
	CHECK_INT(screen.now.hold, WORK_FOLLOWED);
	CHECK_INT(screen.now.state, WORK_ELSEWHERE);
	CHECK(!screen.now.trains);
	e = reply_to(set);
	CHECK(e && !e->ok);
	CHECK_HAS(e->text, "whether it was done is not known");
	CHECK(!reply_to(stop));
	CHECK(reply_to(ping)->ok);
	set = work_command(screen.work, WORK_FIRST, "set train.clip 3");
	UNTIL(reply_to(set)); /* nobody hears it */
	CHECK(!reply_to(set)->ok);
	ends();
}

/* Nothing is told twice, and nothing is passed over in silence. */
TEST(a_connection_that_comes_back)
{
	unsigned number;

	listens_barely("back");
	meets_from(0, 1);
	says_snapshot(2);
	says("{\"event\":7,\"kind\":\"say\",\"text\":\"one\"}");
	UNTIL(count(EVENT_SAY, NULL) == 2 && screen.now.hold == WORK_ATTACHED);
	parts();
	UNTIL(screen.now.hold == WORK_FOLLOWED);
	meets_from(8, 3);
	trainer.now.epoch = 8;
	says_snapshot(4);
	says("{\"gap\":[8,19]}");
	says("{\"event\":20,\"kind\":\"say\",\"text\":\"two\"}");
	UNTIL(count(EVENT_SAY, NULL) == 3 && screen.now.hold == WORK_ATTACHED);
	CHECK_INT(screen.now.epoch, 8);
	parts();
	UNTIL(screen.now.hold == WORK_FOLLOWED);
	meets_from(21, 5);
	number = work_command(screen.work, WORK_FIRST, "save");
	asks("save");
	says("half a li");
	parts();
	UNTIL(reply_to(number));
	CHECK_HAS(reply_to(number)->text, "is not known");
	ends_barely();
}

/* It trains other runs too, and is through with this one. */
TEST(a_run_that_ends_in_the_other_program)
{
	attaches("ended");
	happens("{\"kind\":\"ended\"}");
	UNTIL(trainer.from == 2); /* the lock is held: it is tried again */
	ends();
	listens_barely("refused");
	meets_from(0, 1);
	says("{\"id\":2,\"ok\":false,\"text\":\"no such run\"}");
	parts();
	meets_from(0, 3);
	UNTIL(screen.now.hold == WORK_FOLLOWED);
	CHECK_INT(count(EVENT_SAY, NULL), 0);
	parts();
	ends_barely();
}

/* What is not understood ends the connection for good; the folder is followed. */
TEST(nonsense_is_not_taken)
{
	static const char *const nonsense[] = {
		"{\"id\":2,\"ok\":true,\"snapshot\":7}",
		"{\"id\":2,\"ok\":true,\"snapshot\":{\"state\":\"training\",\"epoch\":\"many\"}}",
		"{\"good\":\"morning\"}",
	};
	const struct event *e = NULL;

	for (size_t i = 0; i < sizeof nonsense / sizeof *nonsense; i++) {
		unsigned number;

		listens_barely("nonsense");
		number = work_command(screen.work, WORK_FIRST, "set train.clip 1");
		meets_from(0, 1);
		says(nonsense[i]);
		UNTIL(count(EVENT_SAY, &e) == 1 && reply_to(number));
		CHECK_HAS(e->text, "cannot be steered from here");
		CHECK_INT(screen.now.hold, WORK_FOLLOWED);
		CHECK_INT(screen.now.state, WORK_ELSEWHERE);
		CHECK(!reply_to(number)->ok);
		parts();
		ends_barely();
	}
}

/* Of two that train folds of one session it is the one of the fold that is looked at. */
TEST(the_fold_that_is_looked_at)
{
	unsigned ping;
	int second;

	train_on("two", "demo");
	trainer.lock = hold(2, server_path(trainer.server));
	listen_barely();
	second = hold(4, bare.address.path);
	looks(false);
	UNTIL(screen.now.hold == WORK_ATTACHED && screen.now.nheld == 2); /* not only its own */
	CHECK_INT(screen.now.held[1], 4);
	CHECK_INT(screen.now.epoch, 5);
	CHECK_STR(screen.now.owner.socket, server_path(trainer.server));
	work_attend(screen.work, WORK_FIRST, 4);
	meets_from(0, 3);
	trainer.now.epoch = 7;
	says_snapshot(4);
	UNTIL(screen.now.hold == WORK_ATTACHED && screen.now.epoch == 7);
	CHECK_STR(screen.now.owner.socket, bare.address.path);
	work_attend(screen.work, WORK_FIRST, 5); /* which nobody trains: it stays where it is */
	ping = work_ping(screen.work, WORK_FIRST);
	asks("snapshot");
	says_snapshot(5);
	UNTIL(reply_to(ping));
	CHECK_STR(screen.now.owner.socket, bare.address.path);
	parts();
	fold_lock_end(second);
	ends_barely();
}

/* The first trainer goes: another one is followed, which is said, and what was meant for the
 * first is not given to it. */
TEST(the_trainer_of_another_fold_comes_next)
{
	int second;

	for (int killed = 0; killed < 2; killed++) {
		const struct event *e = NULL;

		train_on(killed ? "killed" : "next", "demo");
		listen_barely();
		trainer.lock = hold(4, server_path(trainer.server));
		second = hold(2, bare.address.path);
		looks(false);
		meets_from(0, 1);
		says_snapshot(2);
		UNTIL(screen.now.hold == WORK_ATTACHED && count(EVENT_SAY, NULL) == 1);
		if (!killed)
			fold_lock_end(second);
		else
			close(second);
		parts();
		UNTIL(count(EVENT_SAY, &e) == 2);
		CHECK_HAS(e->text, killed ? "fold 2 was broken off" : "fold 2 has stopped");
		CHECK_HAS(e->text, "is now attached to fold 4, process");
		UNTIL(screen.now.hold == WORK_ATTACHED);
		CHECK_STR(screen.now.owner.socket, server_path(trainer.server));
		CHECK_INT(count(EVENT_SAY, NULL), 2);
		ends_barely();
	}
}

/* ---- who is not attached to ---- */

TEST(the_trainer_ends)
{
	attaches("free");
	goes();
	fold_lock_end(trainer.lock);
	trainer.lock = -1;
	UNTIL(screen.now.state == WORK_IDLE);
	CHECK(screen.now.hold != WORK_ATTACHED);
	CHECK_STR(screen.now.owner.host, "");
	ends();
}

TEST(only_looking_attaches_to_nobody)
{
	unsigned ping;

	train("looks");
	holds(server_path(trainer.server));
	looks(true);
	UNTIL(screen.now.state == WORK_ELSEWHERE);
	ping = work_ping(screen.work, WORK_FIRST);
	UNTIL(reply_to(ping));
	CHECK_INT(screen.now.hold, WORK_FOLLOWED);
	CHECK_INT(trainer.snapshots, 0);
	ends();
}

/* No socket is named, nobody listens there, or it is that of another machine. */
TEST(a_socket_that_is_not_here)
{
	static const char *const socket[] = {"", "/nowhere/1-2.sock"};
	unsigned ping;

	for (size_t i = 0; i < 2; i++) {
		train("nowhere");
		holds(socket[i]);
		looks(false);
		UNTIL(screen.now.state == WORK_ELSEWHERE);
		ping = work_ping(screen.work, WORK_FIRST);
		UNTIL(reply_to(ping));
		CHECK_INT(screen.now.hold, WORK_FOLLOWED);
		ends();
	}
	train("nowhere");
	holds(server_path(trainer.server));
	is_far();
	looks(false);
	UNTIL(screen.now.state == WORK_ELSEWHERE);
	ping = work_ping(screen.work, WORK_FIRST);
	UNTIL(reply_to(ping));
	CHECK_INT(trainer.snapshots, 0);
	ends();
}

/* What is asked of who is on the screen goes to nobody else. */
TEST(an_order_for_another)
{
	unsigned save, stop, now;

	attaches("meant");
	screen.work->run[0]->seen = 7; /* as if another one had been on the screen when it came */
	stop = work_stop(screen.work, WORK_FIRST);
	save = work_command(screen.work, WORK_FIRST, "save");
	UNTIL(reply_to(stop) && reply_to(save));
	CHECK(!reply_to(stop)->ok && !reply_to(save)->ok);
	CHECK_HAS(reply_to(stop)->text, "meant for");
	CHECK_INT(trainer.n, 0);
	now = work_command(screen.work, WORK_FIRST, "save");
	UNTIL(trainer.n == 1);
	answers(0, true, "saved");
	UNTIL(reply_to(now));
	CHECK(reply_to(now)->ok);
	ends();
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
