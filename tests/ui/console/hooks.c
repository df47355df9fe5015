/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The verb `on`, and a whole run of the engine through the screen: hooks hear each thing
 * once (ui/console/hooks.c, ui/state/feed.c). */
#include "temp.h"
#include "tests/ui/util.h"

#include "base/file.h"
#include "ui/console/command.h"
#include "ui/console/complete.h"
#include "ui/state/feed.h"

#include <poll.h>
#include <sys/stat.h>

static struct ui u;
static struct hooks h;

static void begin(void)
{
	hooks_init(&h);
	ui_init(&u, &look_braille, 24, 80);
	u.hooks = &h;
}

static void end(void)
{
	ui_free(&u);
	hooks_free(&h);
}

/* The error of a command, or "". */
static const char *run(const char *line)
{
	static struct err e;

	err_clear(&e);
	command_run(&u, line, &e);
	return e.text;
}

TEST(on_sets_and_lists)
{
	begin();
	CHECK_STR(run("on"), "");
	CHECK_HAS(u.message.text, "no hooks; on end bell");
	CHECK_STR(run("on end run notify 'a b'"), "");
	CHECK_STR(u.message.text, "on end run notify 'a b'");
	CHECK_STR(run("on fold bell"), "");
	CHECK_STR(run("on"), "");
	CHECK_INT(u.overlay_kind, OVERLAY_PAGE);
	CHECK_STR(u.page.text, "on end run notify 'a b'\non fold bell\non time 30");
	CHECK_HAS(run("on nend bell"), "on: there is no event nend; did you mean end?");
	CHECK_STR(run("on end off"), "");
	CHECK_INT(h.n, 1);
	end();
}

/* The rule is one of the hooks, and holds for the runs that are open. */
TEST(on_spike_rewinds)
{
	begin();
	CHECK_STR(run("on spike rewind 1 epoch, lr x0.5"), "");
	CHECK_STR(u.message.text, "on spike rewind 1 epoch, lr x0.5");
	CHECK_STR(run("on"), "");
	CHECK_STR(u.page.text, "on spike rewind 1 epoch, train.optimizer.lr x0.5, at most 3, over "
			       "3\non time 30");
	CHECK_HAS(run("on spike rewind 1 week"), "on spike rewind 1 week: expected 1 to 1000000 "
						 "epochs or steps");
	CHECK_STR(run("on spike off"), "");
	CHECK_INT(h.n, 0);
	end();
}

/* `o` was open before there was `on`. */
TEST(on_takes_no_old_prefix)
{
	struct err e = {0};
	const struct ui_command *c;

	begin();
	c = command_find("ope", &e);
	CHECK_STR(c ? c->name : e.text, "open");
	c = command_find("on", &e);
	CHECK_STR(c ? c->name : e.text, "on");
	end();
}

static bool completes(const char *line, const char *word)
{
	struct completions c = {0};
	bool found = false;

	complete_word(&u, line, (int)strlen(line), &c);
	for (int i = 0; i < c.n; i++)
		found |= strcmp(c.at[i].text, word) == 0;
	completions_free(&c);
	return found;
}

TEST(on_completes)
{
	begin();
	CHECK(completes("on ", "diverged"));
	CHECK(completes("on b", "best"));
	CHECK(completes("on ", "time"));
	CHECK(!completes("on ", "run"));
	CHECK(completes("on end ", "run"));
	CHECK(completes("on end ", "off"));
	CHECK(completes("on end run tests/temp", "tests/temp.h"));
	CHECK(!completes("on end run ", "bell"));
	CHECK(completes("on ", "spike"));
	CHECK(completes("on spike ", "rewind"));
	CHECK(!completes("on end ", "rewind"));
	CHECK(completes("on spike rewind ", "1"));
	CHECK(completes("on spike rewind 1 e", "epochs"));
	CHECK(completes("on spike rewind 1 epoch, ", "lr"));
	CHECK(completes("on spike rewind 1 epoch, lr x0.5, o", "over"));
	CHECK(completes("on spike run tests/temp", "tests/temp.h"));
	end();
}

static void until(bool (*holds)(void))
{
	struct event e;

	while (!holds()) {
		struct pollfd p = {.fd = work_fd(u.work), .events = POLLIN};

		poll(&p, 1, hooks_busy(&h) ? 2 : -1);
		while (work_next(u.work, &e))
			feed_event(&u, &e);
		hooks_turn(&h);
	}
}

static bool broke(void)
{
	return u.now.state == WORK_BROKE && !hooks_busy(&h);
}

static bool is_over(void)
{
	return u.now.state == WORK_IDLE && !hooks_busy(&h);
}

static int lines_with(const char *text, const char *part)
{
	int n = 0;

	for (; (text = strstr(text, part)); text += strlen(part))
		n++;
	return n;
}

static bool is_paused(void)
{
	return u.now.state == WORK_PAUSED;
}

static bool tells_rule(void)
{
	return strstr(u.message.text, "at most 7") != NULL;
}

static bool tells_none(void)
{
	return strstr(u.message.text, "no rule for spikes") != NULL;
}

/* Another hook takes no rule away that was given to the run alone; `on spike off` does. */
TEST(a_rule_of_its_own_stays)
{
	struct work_options o = {.job = {.config = "tests/record/tiny/config.yml", .threads = 1},
				 .paused = true};
	struct err e = {0};

	begin();
	o.job.session = temp_path("own");
	u.work = work_start(&o, &e);
	REQUIRE(u.work);
	u.run_shown = WORK_FIRST;
	until(is_paused);
	work_rule(u.work, WORK_FIRST, "spike rewind 1 step, at most 7");
	until(tells_rule);
	CHECK_STR(run("on end bell"), "");
	CHECK(!tells_rule());
	work_rule(u.work, WORK_FIRST, "");
	until(tells_rule);
	CHECK_STR(run("on spike off"), "");
	work_rule(u.work, WORK_FIRST, "");
	until(tells_none);
	CHECK_INT(work_end(u.work), 0);
	u.work = NULL;
	end();
}

TEST(a_run_in_the_screen_tells_each_thing_once)
{
	static const char *const settings[] = {"train.epoch=2"};
	char program[512], told[512], text[1600], *got;
	struct work_options o = {.job = {.config = "tests/record/tiny/config.yml",
					 .set = settings,
					 .nset = 1,
					 .threads = 1},
				 .paused = true};
	struct err e = {0};

	begin();
	snprintf(program, sizeof program, "%s", temp_path("tell"));
	snprintf(told, sizeof told, "%s", temp_path("told"));
	snprintf(text, sizeof text,
		 "#!/bin/sh\necho \"<$MIUST_EVENT> $MIUST_STATE $MIUST_STEP $MIUST_TEXT $1\" "
		 ">>'%s'\n",
		 told);
	temp_text(program, text);
	chmod(program, 0755);
	o.job.session = temp_path("session");
	u.work = work_start(&o, &e);
	REQUIRE(u.work);
	u.run_shown = WORK_FIRST;
	for (int i = 0; i < HAPPENED_KINDS; i++) {
		snprintf(text, sizeof text, "on %s run %s '$(touch x)'",
			 happened_name((enum happened)i), program);
		CHECK_STR(run(text), "");
	}
	CHECK_STR(run("break when step == 3"), "");
	work_resume(u.work, WORK_FIRST);
	until(broke);
	CHECK_STR(run("break off"), "");
	CHECK_STR(run("resume"), "");
	until(is_over);
	got = file_read(told, FILE_LOG, NULL, &e);
	REQUIRE(got);
	CHECK_INT(lines_with(got, "<break>  3 step 3 = 3 $(touch x)\n"), 1);
	CHECK_INT(lines_with(got, "<break>"), 1);
	CHECK_INT(lines_with(got, "<best>  4 fold 0: epoch 1 is the best so far"), 1);
	CHECK_INT(lines_with(got, "<fold>"), 1);
	CHECK_INT(lines_with(got, "<end> finished  finished: 1 fold, test WF1 "), 1);
	CHECK_INT(lines_with(got, "<end>"), 1);
	free(got);
	CHECK_INT(work_end(u.work), 0);
	u.work = NULL;
	end();
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
