/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/hook/hook.h"

#include "base/file.h"
#include "temp.h"
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>

static struct hooks h;

static void on(const char *line)
{
	struct err e = {0};

	if (hooks_on(&h, line, &e))
		FAIL("%s", e.text);
}

static const char *refused(const char *line)
{
	static struct err e;
	int before = h.n;

	e = (struct err){0};
	CHECK(hooks_on(&h, line, &e));
	CHECK_INT(h.n, before);
	return e.text;
}

static const char *listed(void)
{
	static struct str out;

	str_reset(&out);
	hooks_list(&h, &out);
	return str_text(&out);
}

/* A program that appends its arguments and its environment of ours to FILE.N, N counting
 * from 1, whole once FILE.N.done is there. Its path. */
static const char *recorder(const char *file)
{
	static char path[512];
	char text[2048];

	snprintf(path, sizeof path, "%s", temp_path("record.sh"));
	snprintf(text, sizeof text,
		 "#!/bin/sh\n"
		 "n=1; while [ -e '%s'.$n ]; do n=$((n + 1)); done\n"
		 "{ for word; do echo \"arg $word\"; done; env | grep ^MIUST_ | sort; } >'%s'.$n\n",
		 file, file);
	temp_text(path, text);
	chmod(path, 0755);
	return path;
}

static char *content(const char *file, int n)
{
	struct err e = {0};
	char path[600], *text;

	snprintf(path, sizeof path, "%s.%d", file, n);
	text = file_read(path, FILE_LOG, NULL, &e);
	return text ? text : calloc(1, 1);
}

static void until_done(void)
{
	while (hooks_busy(&h)) {
		hooks_turn(&h);
		poll(NULL, 0, 2);
	}
}

/* The next sentence, "" if none; valid until the next call. */
static const char *said(void)
{
	static char *text;

	free(text);
	text = hooks_said(&h);
	return text ? text : "";
}

static struct happening best(int epoch)
{
	struct epoch_row r = {
		.fold = 2, .epoch = epoch, .val_loss = 0.5, .val = {0.75, 0.5, 0.625, 0.25}};
	struct happening x;

	happening_best(&x, "sessions/first-20260102-030405", &r, 70);
	return x;
}

static void begin(void)
{
	hooks_free(&h);
}

TEST(hooks_are_read_and_listed)
{
	begin();
	CHECK_HAS(listed(), "no hooks; on end bell rings");
	on("end run notify 'a  b' \"it's\" $(touch x)");
	on("best run /usr/bin/true");
	on("end bell");
	on("  end   run notify 'a  b'   \"it's\" '$(touch' 'x)' "); /* the same once more */
	on("time 2.5");
	CHECK_STR(listed(), "on end run notify 'a  b' 'it'\\''s' '$(touch' 'x)'\n"
			    "on best run /usr/bin/true\n"
			    "on end bell\n"
			    "on time 2.5");
	on("end off");
	CHECK_STR(listed(), "on best run /usr/bin/true\non time 2.5");
	on("fold off");
	on("best off");
	CHECK_INT(h.n, 0);
}

/* There is one rule, listed with the hooks; a spike may have those too. */
TEST(the_rule_of_a_spike)
{
	struct step_row step = {.fold = 1, .epoch = 2, .step = 3, .loss = 41.5};
	struct happening x;
	char file[512], line[1200], *text;

	begin();
	CHECK_INT(h.rollback.back, 0);
	on("spike rewind 1 epoch, lr x0.5");
	CHECK_INT(h.rollback.back, 1);
	on("end bell");
	on("spike rewind 20 steps, at most 9, over 4");
	CHECK_INT(h.rollback.back, 20);
	CHECK_INT(h.n, 2);
	CHECK_HAS(refused("spike rewind 1 week"), "expected 1 to 1000000 epochs or steps");
	CHECK_STR(listed(), "on spike rewind 20 steps, at most 9, over 4\non end bell\non time 30");
	happening_spike(&x, "s", &step, "spike at 1:3");
	hooks_happened(&h, &x);
	CHECK(!hooks_rang(&h));
	CHECK(!hooks_busy(&h));
	snprintf(file, sizeof file, "%s", temp_path("spike"));
	snprintf(line, sizeof line, "spike run '%s'", recorder(file));
	on(line);
	on("spike bell");
	hooks_happened(&h, &x);
	CHECK(hooks_rang(&h));
	until_done();
	text = content(file, 1);
	CHECK_HAS(text, "MIUST_EPOCH=2\nMIUST_EVENT=spike\nMIUST_FOLD=1\nMIUST_LOSS=41.5\n");
	CHECK_HAS(text, "MIUST_TEXT=spike at 1:3\n");
	free(text);
	on("spike off");
	CHECK_INT(h.rollback.back, 0);
	CHECK_STR(listed(), "on end bell\non time 30");
}

TEST(a_home_is_meant_by_a_tilde)
{
	begin();
	setenv("HOME", "/home/of mine", 1);
	on("end run ~/notify ~/a");
	CHECK_STR(h.at[0].argv[0], "/home/of mine/notify");
	CHECK_STR(h.at[0].argv[1], "~/a");
	CHECK_HAS(listed(), "on end run '~/notify' '~/a'");
}

TEST(mistakes_are_said_and_change_nothing)
{
	begin();
	CHECK_HAS(refused("ends run x"), "there is no event ends; did you mean end?");
	CHECK_HAS(refused("nowhere bell"),
		  "no event nowhere; the events are end, break, spike, diverged, best, fold");
	CHECK_HAS(refused(""), "expected `EVENT run PROGRAM ARG...`");
	CHECK_HAS(refused("end"), "on end: expected");
	CHECK_HAS(refused("end run"), "on end: expected");
	CHECK_HAS(refused("end run ''"), "on end: expected");
	CHECK_HAS(refused("end bell loud"), "on end: expected");
	CHECK_HAS(refused("end off now"), "on end: expected");
	CHECK_HAS(refused("end walk x"), "on end: expected");
	CHECK_HAS(refused("end run 'x"), "on: the quote before x is not closed");
	CHECK_HAS(refused("best rewind 1 epoch"), "on best: only `on spike` rewinds");
	CHECK_HAS(refused("spike rewind"), "expected rewind N epochs|steps");
	CHECK_HAS(refused("time"),
		  "on time SECONDS: expected a number above 0, at most 86400; found nothing");
	CHECK_HAS(refused("time 0"), "found 0");
	CHECK_HAS(refused("time 5 s"), "expected a number");
	CHECK_HAS(refused("time nan"), "expected a number");
	CHECK_NEAR(h.limit, 30, 0);
}

TEST(arguments_and_environment_arrive)
{
	char file[512], line[1200], *text;
	struct happening x = best(7);

	begin();
	snprintf(file, sizeof file, "%s", temp_path("best"));
	setenv("MIUST_STATE", "from outside", 1); /* as within a hook that starts us */
	setenv("MIUST_TUI", "not one of ours", 1);
	snprintf(line, sizeof line, "best run '%s' 'a  b' '$(touch %s.x)' '' `x` ; >y",
		 recorder(file), file);
	on(line);
	hooks_happened(&h, &x);
	CHECK(hooks_busy(&h));
	until_done();
	CHECK_STR(said(), "");
	text = content(file, 1);
	CHECK_HAS(text, "arg a  b\narg $(touch ");
	CHECK_HAS(text, ".x)\narg \narg `x`\narg ;\narg >y\n");
	CHECK_HAS(text, "\nMIUST_EPOCH=7\nMIUST_EVENT=best\nMIUST_FOLD=2\nMIUST_LOSS=0.5\n"
			"MIUST_MACRO_F1=0.25\nMIUST_NAME=first\nMIUST_SESSION=/");
	CHECK_HAS(text,
		  "/sessions/first-20260102-030405\nMIUST_STEP=70\n"
		  "MIUST_TEXT=fold 2: epoch 7 is the best so far, validation WA 0.7500 UA "
		  "0.5000 WF1 0.6250\nMIUST_TUI=not one of ours\nMIUST_UA=0.5\nMIUST_WA=0.75\n"
		  "MIUST_WF1=0.625\n");
	CHECK(!strstr(text, "MIUST_STATE"));
	free(text);
	CHECK(!file_exists(temp_path("best.x")));
	CHECK(!file_exists("y"));
	unsetenv("MIUST_STATE");
	unsetenv("MIUST_TUI");
}

TEST(each_event_has_its_own_hooks)
{
	struct step_row step = {.fold = 1, .epoch = 2, .step = 3, .loss = NAN};
	struct happening x;
	char file[512], line[1200], *text;

	begin();
	snprintf(file, sizeof file, "%s", temp_path("own"));
	snprintf(line, sizeof line, "diverged run '%s'", recorder(file));
	on(line);
	on("fold bell");
	x = best(1);
	hooks_happened(&h, &x);
	CHECK(!hooks_busy(&h));
	CHECK(!hooks_rang(&h));
	happening_fold(&x, "s", &(struct fold_row){.fold = 1, .best_epoch = 4}, 5);
	hooks_happened(&h, &x);
	CHECK(!hooks_busy(&h));
	CHECK(hooks_rang(&h));
	CHECK(!hooks_rang(&h));
	happening_diverged(&x, "s", &step, "the loss is nan");
	hooks_happened(&h, &x);
	until_done();
	text = content(file, 1);
	CHECK_HAS(text, "MIUST_EPOCH=2\nMIUST_EVENT=diverged\nMIUST_FOLD=1\nMIUST_LOSS=nan\n"
			"MIUST_NAME=s\nMIUST_SESSION=");
	CHECK_HAS(text, "MIUST_STEP=3\nMIUST_TEXT=the loss is nan\n");
	CHECK(!strstr(text, "MIUST_WA"));
	free(text);
	text = content(file, 2);
	CHECK_STR(text, "");
	free(text);
}

/* One at a time, in the order of what happened. */
TEST(programs_of_one_hook_do_not_overlap)
{
	char file[512], line[1200];

	begin();
	snprintf(file, sizeof file, "%s", temp_path("order"));
	snprintf(line, sizeof line, "best run '%s'", recorder(file));
	on(line);
	for (int epoch = 1; epoch <= 5; epoch++) {
		struct happening x = best(epoch);

		hooks_happened(&h, &x);
	}
	until_done();
	for (int epoch = 1; epoch <= 5; epoch++) {
		char *text = content(file, epoch), want[32];

		snprintf(want, sizeof want, "MIUST_EPOCH=%d\n", epoch);
		CHECK_HAS(text, want);
		free(text);
	}
	CHECK_STR(said(), "");
}

TEST(failures_are_said_in_a_sentence)
{
	struct happening x = best(1);

	begin();
	on("best run no-such-program-anywhere");
	on("best run sh -c 'echo one; echo disk full >&2; exit 3'");
	hooks_happened(&h, &x);
	CHECK_STR(
		said(),
		"hook of best: no-such-program-anywhere: cannot start: No such file or directory");
	until_done();
	CHECK_STR(said(), "hook of best: sh ended with status 3: disk full");
	CHECK_STR(said(), "");
	CHECK(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
}

TEST(one_that_hangs_is_ended)
{
	struct happening x = best(1);

	begin();
	on("best run sleep 1000");
	h.limit = 0.05;
	hooks_happened(&h, &x);
	until_done();
	CHECK_STR(said(), "hook of best: sleep took longer than 0.05 s and was ended");
	CHECK(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
}

TEST(one_that_hangs_and_ignores_term_is_killed)
{
	struct happening x = best(1);

	begin();
	on("best run sh -c 'trap \"\" TERM; while :; do sleep 1000; done'");
	h.limit = 0.05;
	h.grace = 0.05;
	hooks_happened(&h, &x);
	until_done();
	CHECK_STR(said(), "hook of best: sh took longer than 0.05 s and was ended");
	CHECK(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
}

TEST(one_that_prints_without_end_is_ended)
{
	struct happening x = best(1);

	begin();
	on("best run yes");
	h.limit = 0.2;
	hooks_happened(&h, &x);
	until_done();
	CHECK_STR(said(), "hook of best: yes took longer than 0.2 s and was ended");
}

TEST(off_drops_what_waits_and_leaves_what_runs)
{
	struct happening x = best(1);

	begin();
	on("best run sh -c 'exit 4'");
	hooks_happened(&h, &x);
	hooks_happened(&h, &x);
	CHECK_INT(h.tasks, 2);
	on("best off");
	CHECK_INT(h.tasks, 1);
	until_done();
	CHECK_STR(said(), "hook of best: sh ended with status 4");
	CHECK_STR(said(), "");
}

TEST(too_many_are_said_and_not_kept)
{
	struct happening x = best(1);

	begin();
	on("best run sleep 1000");
	for (int i = 0; i < 200; i++)
		hooks_happened(&h, &x);
	CHECK_INT(h.tasks, 100);
	CHECK_HAS(said(), "sleep: 100 programs run or wait already, so it is not told: fold 2");
	on("best off");
	h.limit = 0.01;
	until_done();
}

/* doc/hooks.md names all there is. */
TEST(the_manual_has_each_event_and_variable)
{
	struct err e = {0};
	char *page = file_read("doc/hooks.md", FILE_LOG, NULL, &e), want[64];
	const char *name, *help;

	REQUIRE(page);
	for (int i = 0; (name = happening_variable(i, &help)); i++) {
		snprintf(want, sizeof want, "`%s`", name);
		CHECK_HAS(page, want);
	}
	for (int i = 0; i < HAPPENED_KINDS; i++) {
		snprintf(want, sizeof want, "| `%s` | ", happened_name((enum happened)i));
		CHECK_HAS(page, want);
	}
	free(page);
}

static void keep(void *ctx, const char *text)
{
	struct str *all = ctx;

	str_addf(all, "%s\n", text);
}

TEST(the_end_waits_for_what_runs)
{
	struct happening x = best(1);
	struct str all = {0};
	char file[512], line[1200];

	begin();
	snprintf(file, sizeof file, "%s", temp_path("last"));
	snprintf(line, sizeof line, "best run '%s'", recorder(file));
	on(line);
	for (int i = 0; i < 3; i++)
		hooks_happened(&h, &x);
	hooks_finish(&h, keep, &all);
	CHECK_STR(str_text(&all), "");
	snprintf(line, sizeof line, "%s.3", file);
	CHECK(file_exists(line));
	CHECK(!hooks_busy(&h));
}

TEST(the_end_comes_although_programs_hang)
{
	struct happening x = best(1);
	struct str all = {0};

	begin();
	on("best run sh -c 'trap \"\" TERM; while :; do sleep 1000; done'");
	h.limit = 0.05;
	h.grace = 0.05;
	for (int i = 0; i < 4; i++)
		hooks_happened(&h, &x);
	hooks_finish(&h, keep, &all);
	CHECK_HAS(str_text(&all), "hook of best: sh took longer than 0.05 s and was ended\n");
	CHECK_HAS(str_text(&all), "could not be started before the end\n");
	CHECK(!hooks_busy(&h));
	CHECK(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
	str_free(&all);
}

TEST(no_descriptor_is_left)
{
	struct happening x = best(1);
	int before = 0, after = 0;
	struct str all = {0};

	begin();
	for (int fd = 0; fd < 256; fd++)
		before += fcntl(fd, F_GETFD) >= 0;
	on("best run true");
	on("best run no-such-program-anywhere");
	on("best run sleep 1000");
	for (int i = 0; i < 3; i++)
		hooks_happened(&h, &x);
	h.limit = 0.05;
	hooks_finish(&h, keep, &all);
	str_free(&all);
	for (int fd = 0; fd < 256; fd++)
		after += fcntl(fd, F_GETFD) >= 0;
	CHECK_INT(after, before);
}

int main(int argc, char **argv)
{
	int failed;

	hooks_init(&h);
	failed = TEST_MAIN(argc, argv);
	hooks_free(&h);
	return failed;
}
