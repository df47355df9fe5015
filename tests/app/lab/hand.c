/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A run that goes on in another process: what is handed over, and how it is taken up. */
#include "tests/app/lab/worker.h"

#include "app/session/session.h"
#include "base/file.h"

static struct work *start_as(const char *session, const char *handed, const char *socket,
			     bool unattended)
{
	static const char *const settings[] = {"train.epoch=2"};
	struct err e = {0};
	struct work_options o = {
		.job = {.config = "tests/record/tiny/config.yml",
			.session = session,
			.set = settings,
			.nset = 1,
			.resume = true,
			.socket = socket,
			.threads = 1},
		.handed = handed,
		.unattended = unattended,
	};
	struct work *w = work_start(&o, &e);

	if (!w)
		FAIL("%s", e.text);
	return w;
}

static struct work *start_with(const char *session, const char *handed, const char *socket)
{
	return start_as(session, handed, socket, false);
}

/* The answer, which is the caller's. */
static char *handed_over(struct work *w)
{
	unsigned number = work_hand_over(w, WORK_FIRST);
	char *told = NULL;

	for (bool answered = false; !answered;) {
		struct pollfd p = {.fd = work_fd(w), .events = POLLIN};
		struct event e;

		poll(&p, 1, -1);
		while (work_next(w, &e)) {
			if (e.kind == EVENT_REPLY && e.request == number) {
				answered = true;
				told = e.told;
				e.told = NULL;
			}
			event_free(&e);
		}
	}
	return told;
}

TEST(all_that_the_session_does_not_have_is_handed_over)
{
	struct work *w = start(temp_path("over"), true, false);
	struct seen s = {0};
	char *told;

	until_state(&s, w, WORK_PAUSED);
	work_step(w, WORK_FIRST, false);
	work_command(w, WORK_FIRST, "set train.clip 2");
	work_command(w, WORK_FIRST, "set train.clip 3");
	work_break(w, WORK_FIRST, "loss > 1e9");
	work_pace(w, WORK_FIRST, 0.5);
	served(&s, w);
	until_state(&s, w, WORK_PAUSED);
	told = handed_over(w);
	CHECK_STR(told, "pause\n"
			"pace 0.5\n"
			"break when loss > 1e9\n");
	free(told);
	CHECK_INT(work_end(w), 0);
}

TEST(what_only_trains_hands_nothing_over)
{
	struct work *w = start(temp_path("nothing"), true, false);
	struct seen s = {0};

	until_state(&s, w, WORK_PAUSED);
	work_pace(w, WORK_FIRST, 0.01);
	work_resume(w, WORK_FIRST);
	until_state(&s, w, WORK_RUN);
	work_pace(w, WORK_FIRST, 0);
	CHECK(!handed_over(w));
	CHECK_INT(work_end(w), 0);
}

TEST(what_was_handed_over_is_taken_up)
{
	const char handed[] = "pause\npace 0.25\nbreak when loss > 5\n"
			      "later versions may say more\n";
	struct work *w = start_with(temp_path("up"), handed, "/run/socket");
	struct seen s = {0};

	until_state(&s, w, WORK_PAUSED);
	CHECK_INT(s.steps, 0);
	CHECK(s.now.pace == 0.25);
	work_breaks(w, WORK_FIRST);
	served(&s, w);
	CHECK_HAS(s.text, "break when loss > 5");
	work_pace(w, WORK_FIRST, 0);
	step_on(&s, w, false);
	CHECK_INT(s.steps, 1);
	CHECK_INT(work_end(w), 0);
}

/* Nobody could ask it to go on. */
TEST(without_a_socket_nothing_begins_paused)
{
	struct work *w = start_with(temp_path("deaf"), "pause\n", NULL);
	struct seen s = {0};

	until_state(&s, w, WORK_IDLE);
	CHECK_INT(s.epochs, 2);
	CHECK_INT(work_end(w), 0);
}

/* Nor could anybody at a break: a program without a screen stops there. */
TEST(without_a_socket_a_break_ends_it)
{
	static const char *const when[] = {"break when loss > 0\n", "break when val_loss > 0\n"};

	for (int i = 0; i < 2; i++) {
		const char *dir = temp_path("ends%d", i);
		struct work *w = start_as(dir, when[i], NULL, true);
		struct seen s = {0};

		while (!work_ended(w))
			wait_more(&s, w);
		take(&s, w);
		CHECK_INT(s.now.state, WORK_IDLE);
		CHECK_INT(s.now.step, i ? 4 : 1);
		CHECK_INT(s.says, 2);
		CHECK_HAS(s.said, i ? "break: val_loss " : "break: loss ");
		CHECK_HAS(s.said, "without a socket nobody could ask it to go on, so it stops");
		CHECK_HAS(s.now.broke, "loss");
		CHECK(file_exists(temp_path("ends%d/fold-0/state.safetensors", i)));
		CHECK_INT(work_end(w), 0);
	}
}

/* With a socket, or a screen, it waits. */
TEST(a_break_waits_for_who_can_ask)
{
	for (int i = 0; i < 2; i++) {
		struct work *w = start_as(temp_path("waits%d", i), "break when loss > 0\n",
					  i ? "/run/socket" : NULL, i == 1);
		struct seen s = {0};

		until_state(&s, w, WORK_BROKE);
		CHECK_INT(s.now.step, 1);
		CHECK_INT(work_end(w), 0);
	}
}

TEST(a_session_is_let_go_when_its_run_has_stopped)
{
	const char *dir = temp_path("free");
	struct work *w = start(dir, true, false);
	struct seen s = {0};
	struct session other;
	struct settings set;
	struct err e = {0};

	until_state(&s, w, WORK_PAUSED);
	work_command(w, WORK_FIRST, "set train.clip 2");
	work_break(w, WORK_FIRST, "loss > 1e9");
	step_on(&s, w, true);
	work_let_go(w, WORK_FIRST);
	served(&s, w);
	CHECK(s.refused);
	CHECK_HAS(s.text, "it has not stopped");
	s.refused = false;
	work_stop(w, WORK_FIRST);
	until_state(&s, w, WORK_IDLE);
	CHECK_INT(session_claim(&other, dir, &set, &e), -1);
	CHECK_INT(e.status, EXIT_BUSY);
	err_clear(&e);
	work_let_go(w, WORK_FIRST);
	served(&s, w);
	CHECK(!s.refused);
	CHECK_INT(session_claim(&other, dir, &set, &e), 0); /* all of it */
	session_close(&other);
	CHECK_STR(s.now.session, dir);
	work_look(w, WORK_FIRST, 0, 0, true, KNOCK_NOTHING); /* it is still looked at */
	served(&s, w);
	CHECK(!s.refused && s.look);
	look_free(s.look);
	CHECK(!handed_over(w));     /* it has gone with it */
	work_resume(w, WORK_FIRST); /* nobody has gone on with it, so it goes on here */
	while (s.epochs < 2)
		wait_more(&s, w);
	until_state(&s, w, WORK_IDLE);
	CHECK(!s.now.trains);
	CHECK_STR(s.now.session, dir);
	CHECK_INT(work_end(w), 0);
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
