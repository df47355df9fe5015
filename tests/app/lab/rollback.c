/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A run whose loss spikes goes back by itself, on the tiny corpus: 4 steps an epoch. */
#include "app/folder.h"
#include "same_file.h"
#include "app/lab/job_rewind.h"
#include "app/session/session_branch.h"
#include "base/str.h"

#define CONFIG "tests/record/tiny/config.yml"
/* At step 14 the rate becomes fifty times what it was: the loss of step 15 shows it. */
#define TOO_FAST   "set train.optimizer.lr 0.6"
#define THE_CHANGE "at 0 4 14 set train.optimizer.lr 0.6   # was 0.012\n"

enum { EACH = 4, PLAN = 6 };

/* What is done before steps, in this order, each once. */
struct plan {
	const char *rule; /* NULL: none */
	struct {
		int step;         /* 0: the end */
		int rewound;      /* once the run has gone back so often */
		const char *what; /* "set ...", "rewind E:S", "inf": a weight becomes infinite,
				   * "stop", "rule RULE" or "off" from here on, "block NAME": a
				   * folder is there */
	} at[PLAN];
	int next;
	/* A weight becomes infinite after this step, at the end of this epoch, or before the
	 * evaluation that comes after this step; once, 0: never. */
	int inf_step, inf_epoch, inf_before;
	bool chunks;     /* evaluations have more than one */
	int stop_after;  /* the evaluation after this step is stopped; 0: never */
	int call_back;   /* so many rewinds are called back */
	int status;      /* of the run's end */
	int steps;       /* of job_options: ends after so many; 0: at its end */
	int rewound;     /* times */
	struct str said; /* lines about spikes */
	struct str told; /* happenings but best and fold, a line each */
};

static struct rollback rule_of(const char *text)
{
	struct rollback rule = {0};
	struct err e = {0};

	if (text && rollback_read(&rule, text, &e))
		FAIL("%s", e.text);
	return rule;
}

static void go_back(struct job *j, const char *to)
{
	struct rewind r;
	struct err e = {0};

	if (!rewind_place(&r, to) || job_rewind(j, &r, false, NULL, &e))
		FAIL("%s", e.text);
}

static enum job_go between(void *ctx, struct job *j)
{
	struct plan *p = ctx;

	for (; p->next < PLAN && p->at[p->next].step == j->trainer.state.step + 1 &&
	       p->at[p->next].rewound <= p->rewound;
	     p->next++) {
		const char *what = p->at[p->next].what;
		struct err e = {0};

		if (strcmp(what, "stop") == 0) {
			p->next++;
			return JOB_STOP;
		}
		if (strcmp(what, "inf") == 0)
			j->trainer.model.params.w[0] = INFINITY;
		else if (strncmp(what, "rule ", 5) == 0)
			p->rule = what + 5;
		else if (strncmp(what, "rewind ", 7) == 0)
			go_back(j, what + 7);
		else if (strcmp(what, "off") == 0)
			p->rule = NULL;
		else if (strncmp(what, "block ", 6) == 0 ? make_dirs(in(what + 6), &e)
							 : steer_command(&j->steer, what, &e))
			FAIL("%s", e.text);
	}
	return JOB_GO;
}

static void break_at(struct job *j, int *when, int now)
{
	if (*when != now)
		return;
	j->trainer.model.params.w[0] = INFINITY;
	*when = 0;
}

static void step(void *ctx, struct job *j, const struct step_row *r)
{
	break_at(j, &((struct plan *)ctx)->inf_step, r->step);
}

static void epoch(void *ctx, struct job *j, const struct epoch_row *r,
		  const struct predictions *val)
{
	(void)val;
	break_at(j, &((struct plan *)ctx)->inf_epoch, r->epoch);
}

static void evaluating(void *ctx, struct job *j)
{
	struct plan *p = ctx;

	break_at(j, &p->inf_before, j->trainer.state.step);
	if (p->stop_after == j->trainer.state.step)
		p->stop_after = -1;
}

static bool stopping(void *ctx)
{
	return ((struct plan *)ctx)->stop_after < 0;
}

static bool rewinding(void *ctx, struct job *j, const struct rewind *to, int done, int of)
{
	struct plan *p = ctx;

	(void)j;
	(void)to;
	(void)done;
	(void)of;
	return p->call_back > 0 && p->call_back--;
}

static void rewound(void *ctx, struct job *j, const struct rewound *r)
{
	struct plan *p = ctx;

	CHECK_INT(j->trainer.state.step, r->step);
	p->rewound++;
}

static bool rule(void *ctx, struct rollback *r)
{
	*r = rule_of(((struct plan *)ctx)->rule);
	return r->back;
}

static void happened(void *ctx, struct job *j, const struct happening *x)
{
	struct plan *p = ctx;

	(void)j;
	if (x->what == HAPPENED_SPIKE || x->what == HAPPENED_DIVERGED)
		str_addf(&p->told, "%s %d:%d\n", happened_name(x->what), x->epoch, x->step);
}

static void say(void *ctx, const char *text)
{
	struct plan *p = ctx;

	if (strncmp(text, "spike", 5) == 0)
		str_addf(&p->said, "%s\n", text);
}

/* Lines of what was said of spikes, good until the next one; p->told too. */
static const char *train_by(const char *name, struct plan *p, const char *replay, int threads)
{
	static struct str said;
	const char *const set[] = {"train.epoch=6", "train.memory=1K"};
	const struct job_options o = {.config = CONFIG,
				      .session = in(name),
				      .set = set,
				      .nset = p->chunks ? 2 : 1,
				      .replay = replay,
				      .resume = true,
				      .max_steps = p->steps,
				      .threads = threads};
	const struct job_hooks hooks = {.ctx = p,
					.between = between,
					.step = step,
					.epoch = epoch,
					.evaluating = evaluating,
					.stopping = stopping,
					.rewinding = rewinding,
					.rewound = rewound,
					.rollback = rule,
					.happened = happened,
					.say = say};
	struct err e = {0};
	struct job j;

	if (job_open(&j, NULL, &o, &hooks, &e)) {
		FAIL("%s", e.text);
		return "";
	}
	job_run(&j, &e);
	if (e.status != p->status)
		FAIL("%s: %s", name, e.text);
	job_close(&j);
	str_free(&said);
	said = p->said;
	p->said = (struct str){0};
	return str_text(&said);
}

static const char *train(const char *name, struct plan p)
{
	const char *said = train_by(name, &p, NULL, 1);

	CHECK(p.next == PLAN || !p.at[p.next].step);
	str_free(&p.told);
	return said;
}

static void replay(const char *name, const char *log)
{
	struct plan none = {0};

	train_by(name, &none, in(log), 1);
	CHECK(none.rewound > 0);
	str_free(&none.told);
}

static const char *const files[] = {"commands.log",     "steps.csv",         "best.safetensors",
				    "last.safetensors", "state.safetensors", "predictions.csv",
				    "history.bin",      "test.bin"};

static void check_same_file(const char *a, const char *b, const char *name)
{
	char x[128], y[128];

	snprintf(x, sizeof x, "%s/fold-0/%s", a, name);
	snprintf(y, sizeof y, "%s/fold-0/%s", b, name);
	if (!same_file(in(x), in(y)))
		FAIL("%s and %s differ", x, y);
}

static void check_same(const char *a, const char *b)
{
	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		check_same_file(a, b, files[i]);
}

/* The futures that were left, but for what comes of their tests. */
static void check_same_branch(const char *a, const char *b, const char *name)
{
	char x[64], y[64];

	snprintf(x, sizeof x, "%s/branches/%s", a, name);
	snprintf(y, sizeof y, "%s/branches/%s", b, name);
	check_same_file(x, y, "state.safetensors");
	check_same_file(x, y, "steps.csv");
	check_same_file(x, y, "commands.log");
}

#define RULE "rewind 1 epoch, lr x0.5"
/* What is said, but for figures that end otherwise on another processor. */
static void check_said(const char *said, const char *begins, const char *ends)
{
	CHECK(strncmp(said, begins, strlen(begins)) == 0);
	CHECK_HAS(said, ends);
}

TEST(a_run_that_spikes_comes_back)
{
	struct plan p = {.rule = RULE, .at = {{14, 0, TOO_FAST}}};
	struct branch_point point;
	struct err e = {0};
	bool is_branch;

	folder_make();
	check_said(train_by("a", &p, NULL, 1), "spike at 4:3 (loss ",
		   " times its median): went back to 3:3, train.optimizer.lr 0.006; 1 of 3; what "
		   "came after is branch before-rewind-1\n");
	CHECK_INT(p.rewound, 1);
	CHECK_STR(str_text(&p.told), "spike 4:15\n");
	check_holds(in("a/fold-0/commands.log"),
		    THE_CHANGE "at 0 4 16 rewind 3:3 before-rewind-1 spike\n"
			       "at 0 3 12 set train.optimizer.lr 0.006   # was 0.012\n");
	CHECK_INT(session_branch_point(in("a/branches/before-rewind-1"), &point, &is_branch, &e),
		  0);
	CHECK(is_branch);
	CHECK_INT(point.step, 15);
	/* The log says all of it, and needs no rule. */
	replay("b", "a/commands.log");
	check_same("a", "b");
	check_same_branch("a", "b", "before-rewind-1");
	str_free(&p.told);
	/* It is a run that somebody else took back by hand, but for the mark. */
	p = (struct plan){.rule = RULE, .at = {{14, 0, TOO_FAST}}};
	check_said(train_by("c", &p, NULL, 2), "spike at 4:3 (loss ", "; 1 of 3; ");
	check_same("a", "c");
	str_free(&p.told);
	folder_remove();
}

/* Stopped anywhere, before, at and after it. */
TEST(stops_change_nothing)
{
	folder_make();
	train("a", (struct plan){.rule = RULE, .at = {{14, 0, TOO_FAST}}});
	for (int steps = 1; steps < 22; steps++) {
		struct plan p = {.rule = RULE, .at = {{14, 0, TOO_FAST}}, .steps = steps};
		char name[16];

		snprintf(name, sizeof name, "s%d", steps);
		train_by(name, &p, NULL, 1);
		p.steps = 0;
		train_by(name, &p, NULL, 1);
		check_same("a", name);
		str_free(&p.told);
	}
	folder_remove();
}

/* What no spike answers is the run without a rule. */
TEST(a_rule_without_a_spike_changes_nothing)
{
	folder_make();
	CHECK_STR(train("a", (struct plan){.rule = RULE}), "");
	CHECK_STR(train("b", (struct plan){0}), "");
	check_same("a", "b");
	CHECK_STR(train("c", (struct plan){.rule = RULE ", over 1e5", .at = {{14, 0, TOO_FAST}}}),
		  "");
	CHECK_STR(train("d", (struct plan){.at = {{14, 0, TOO_FAST}}}), "");
	check_same("c", "d");
	folder_remove();
}

/* Each use is counted in the log, so going on does not begin again; then the run goes on. */
TEST(it_is_used_at_most_so_often)
{
	const struct plan again = {
		.rule = "rewind 2 steps, lr x0.5, at most 2",
		.at = {{14, 0, TOO_FAST}, {14, 1, TOO_FAST}, {14, 2, TOO_FAST}, {16, 2, "stop"}}};
	const char *said;

	folder_make();
	said = train("a", again);
	CHECK_HAS(said, "went back to 4:1, train.optimizer.lr 0.006; 1 of 2; what came after is "
			"branch before-rewind-1\nspike at ");
	/* What the person had set there was undone, as the first time. */
	CHECK_HAS(said, "went back to 4:1, train.optimizer.lr 0.006; 2 of 2; ");
	CHECK_HAS(said, "spike at 4:3 (loss ");
	CHECK_HAS(said, "): it has gone back 2 times already, the most that its rule allows\n");
	said = train("a", (struct plan){.rule = again.rule});
	CHECK_HAS(said, "spike at 4:3 (loss ");
	CHECK_HAS(said, "it has gone back 2 times already");
	CHECK(strchr(said, '\n')[1] == '\0'); /* once, whatever comes */
	CHECK(!strstr(said, "went back"));
	replay("b", "a/commands.log");
	check_same("a", "b");
	folder_remove();
}

/* A use goes on from what the one before has made; a value is what it is. */
TEST(factors_add_up)
{
	struct plan p = {
		.rule = "rewind 1 step, lr x0.5, loss.text x2, train.patience 9, at most 2",
		.at = {{14, 0, TOO_FAST}}};
	char *log;
	struct err e = {0};

	folder_make();
	train_by("a", &p, NULL, 1);
	CHECK_INT(p.rewound, 2);
	log = file_read(in("a/fold-0/commands.log"), FILE_LOG, NULL, &e);
	REQUIRE(log);
	CHECK_HAS(log, "before-rewind-1 spike\n");
	CHECK_HAS(log, " set train.optimizer.lr 0.3   # was 0.6\n");
	CHECK_HAS(log, " set train.loss.text 0.30   # was 0.15\n");
	CHECK_HAS(log, " set train.patience 9   # was 0\n");
	CHECK_HAS(log, "before-rewind-2 spike\n");
	CHECK_HAS(log, " set train.optimizer.lr 0.15   # was 0.6\n");
	CHECK_HAS(log, " set train.loss.text 0.60   # was 0.15\n");
	free(log);
	replay("b", "a/commands.log");
	check_same("a", "b");
	str_free(&p.told);
	folder_remove();
}

/* A run whose weights are broken somewhere: its log, and the run that follows it. */
static void check_broken(struct plan p, const char *said, const char *told, const char *log)
{
	struct plan follows = p;

	folder_make();
	check_said(train_by("a", &p, NULL, 1), "spike at ", said);
	CHECK_STR(str_text(&p.told), told);
	check_holds(in("a/fold-0/commands.log"), log);
	follows.rule = NULL;
	train_by("b", &follows, in("a/commands.log"), 2);
	CHECK_INT(follows.rewound, 1);
	check_same("a", "b");
	check_same_branch("a", "b", "before-rewind-1");
	str_free(&p.told);
	str_free(&follows.told);
	folder_remove();
}

/* A step that is not finite has not been done; it goes back from before it. */
TEST(a_step_that_diverges_comes_back)
{
	check_broken(
		(struct plan){.rule = RULE, .inf_step = 13},
		"spike at 4:2 (loss nan): went back to 3:1, train.optimizer.lr 0.006; 1 of 3; ",
		"spike 4:14\n",
		"at 0 4 14 rewind 3:1 before-rewind-1 diverged\n"
		"at 0 3 10 set train.optimizer.lr 0.006   # was 0.012\n");
	/* The first of an epoch, which has begun by then. */
	check_broken((struct plan){.rule = "rewind 2 steps, lr 1e-4", .inf_epoch = 3},
		     "spike at 4:1 (loss nan): went back to 3:2, train.optimizer.lr 1e-4; 1 of 3; ",
		     "spike 4:13\n",
		     "at 0 4 13 rewind 3:2 before-rewind-1 diverged\n"
		     "at 0 3 11 set train.optimizer.lr 1e-4   # was 0.012\n");
}

/* Nor is there an end of the epoch. */
TEST(an_evaluation_that_is_not_finite_comes_back)
{
	check_broken((struct plan){.rule = "rewind 5 epochs", .inf_before = 8},
		     "spike at 2:4 (loss nan): went back to 1:0; 1 of 3; ", "spike 2:8\n",
		     "at 0 3 9 rewind 1:0 before-rewind-1 diverged\n");
}

/* A setting that applies at an epoch's beginning waits for it. */
TEST(a_setting_of_epochs_waits)
{
	struct plan p = {.rule = "rewind 1 epoch, train.patience 9, lr x0.1",
			 .at = {{14, 0, TOO_FAST}}};

	folder_make();
	train_by("a", &p, NULL, 1);
	check_holds(in("a/fold-0/commands.log"),
		    THE_CHANGE "at 0 4 16 rewind 3:3 before-rewind-1 spike\n"
			       "at 0 4 13 set train.patience 9   # was 0\n"
			       "at 0 3 12 set train.optimizer.lr 0.0012   # was 0.012\n");
	replay("b", "a/commands.log");
	check_same("a", "b");
	str_free(&p.told);
	folder_remove();
}

/* Nothing has been done that could be undone: the run ends as without a rule. */
TEST(the_first_step_of_all_diverges)
{
	struct plan p = {.rule = RULE, .at = {{1, 0, "inf"}}, .status = EXIT_DIVERGED};

	folder_make();
	CHECK_STR(train_by("a", &p, NULL, 1),
		  "spike at 1:1 (loss nan): it cannot go back: no step of fold 0 has been done\n");
	CHECK_STR(str_text(&p.told), "spike 1:1\ndiverged 1:1\n");
	check_holds(in("a/fold-0/commands.log"), "");
	CHECK_INT(p.rewound, 0);
	str_free(&p.told);
	folder_remove();
}

/* Whatever is in its way, the run goes on where it was. */
TEST(what_fails_is_said)
{
	const char *said;

	folder_make();
	CHECK_HAS(train("a",
			(struct plan){.rule = RULE,
				      .at = {{14, 0, TOO_FAST},
					     {15, 0, "block a/fold-0/.miust-tmp-rewind-steps.csv"},
					     {16, 0, "stop"}}}),
		  "): it cannot go back: ");
	CHECK_HAS(train("b", (struct plan){.rule = "rewind 1 step, lr x500",
					   .at = {{14, 0, TOO_FAST}, {16, 0, "stop"}}}),
		  "): it cannot go back: train.optimizer.lr: expected a number above 0, at most "
		  "100; found 300");
	/* The next spikes are in its way too: that has been said. */
	said = train("d", (struct plan){.rule = "rewind 1 step, lr x500",
					.at = {{14, 0, TOO_FAST}, {20, 0, "stop"}}});
	CHECK_HAS(said, "it cannot go back");
	CHECK(!strstr(strstr(said, "it cannot go back") + 1, "it cannot go back"));
	train("c", (struct plan){.at = {{14, 0, TOO_FAST}, {16, 0, "stop"}}});
	check_same_file("a", "c", "state.safetensors");
	check_same_file("b", "c", "state.safetensors");
	check_same_file("a", "c", "commands.log");
	check_same_file("a", "c", "steps.csv");
	folder_remove();
}

/* Called back it is where it was; going on is to go back, and with the rule gone it is not. */
TEST(it_can_be_called_back)
{
	const struct plan p = {.rule = RULE, .at = {{14, 0, TOO_FAST}}, .call_back = 1};

	folder_make();
	train("a", (struct plan){.rule = RULE, .at = {{14, 0, TOO_FAST}}});
	CHECK_HAS(train("b", p), "; 1 of 3; ");
	check_same("a", "b");
	/* Stopped there, and gone on with. */
	CHECK_STR(train("c", (struct plan){.rule = RULE,
					   .at = {{14, 0, TOO_FAST}, {16, 0, "stop"}},
					   .call_back = 1}),
		  "");
	CHECK_HAS(train("c", (struct plan){.rule = RULE}), "; 1 of 3; ");
	check_same("a", "c");
	CHECK_STR(train("d", (struct plan){.rule = RULE,
					   .at = {{14, 0, TOO_FAST}, {16, 0, "off"}},
					   .call_back = 1}),
		  "");
	train("e", (struct plan){.at = {{14, 0, TOO_FAST}}});
	check_same("d", "e");
	folder_remove();
}

/* Its last step is answered once the epoch is evaluated, also where that was stopped. */
TEST(the_last_step_of_an_epoch)
{
	const struct plan p = {.rule = RULE, .at = {{15, 0, TOO_FAST}}, .chunks = true};
	const struct plan rest = {.rule = RULE, .chunks = true};
	struct plan stopped = p, follows = {.chunks = true};

	folder_make();
	CHECK_HAS(train("a", p), "spike at 4:4 (loss ");
	check_holds(in("a/fold-0/commands.log"),
		    "at 0 4 15 set train.optimizer.lr 0.6   # was 0.012\n"
		    "at 0 5 17 rewind 4:0 before-rewind-1 spike\n"
		    "at 0 4 13 set train.optimizer.lr 0.006   # was 0.012\n");
	train_by("b", &follows, in("a/commands.log"), 1);
	str_free(&follows.told);
	check_same("a", "b");
	check_same_branch("a", "b", "before-rewind-1");
	stopped.stop_after = 16;
	CHECK_STR(train("c", stopped), "");
	CHECK_HAS(train("c", rest), "spike at 4:4 (loss ");
	check_same("a", "c");
	folder_remove();
}

/* The future that was left is a run of its own, which begins at the spike. */
TEST(a_branch_that_begins_at_a_spike_goes_its_way)
{
	const char *said;

	folder_make();
	train("a", (struct plan){.rule = RULE, .at = {{14, 0, TOO_FAST}}});
	said = train("a/branches/before-rewind-1", (struct plan){.rule = RULE, .steps = 1});
	CHECK(!strstr(said, "spike at 4:3"));
	/* A run that goes on after a stop there has no such excuse. */
	train("c", (struct plan){.at = {{14, 0, TOO_FAST}, {16, 0, "stop"}}});
	CHECK_HAS(train("c", (struct plan){.rule = RULE}), "spike at 4:3 (loss ");
	check_same("a", "c");
	folder_remove();
}

/* It goes back to a step that is a spike itself, of before there was a rule: that has had its
 * answer, also for who stops there and goes on. */
TEST(where_it_goes_back_to_is_no_spike)
{
	const struct plan p = {
		.at = {{14, 0, TOO_FAST}, {16, 0, "rule rewind 1 step, at most 2, over 1.5"}}};
	struct plan stopped = p;

	folder_make();
	CHECK_HAS(train("a", p), "spike at 4:4 (loss ");
	check_holds(in("a/fold-0/commands.log"),
		    THE_CHANGE "at 0 5 17 rewind 4:3 before-rewind-1 spike\n"
			       "at 0 5 17 rewind 4:3 before-rewind-2 spike\n");
	stopped.at[2].step = 16;
	stopped.at[2].rewound = 1;
	stopped.at[2].what = "stop";
	train("b", stopped);
	train("b", (struct plan){.rule = p.at[1].what + 5});
	check_same("a", "b");
	/* A person goes back there. */
	CHECK_HAS(
		train("c", (struct plan){.at = {{14, 0, TOO_FAST},
						{17, 0, "rule rewind 1 step, at most 1, over 1.5"},
						{17, 0, "rewind 4:3"}}}),
		"spike at 4:4 (loss ");
	check_holds(in("c/fold-0/commands.log"),
		    THE_CHANGE "at 0 5 17 rewind 4:3 before-rewind-1\n"
			       "at 0 5 17 rewind 4:3 before-rewind-2 spike\n");
	folder_remove();
}

/* While the log has rewinds to come, it alone says where the run goes back. */
TEST(a_replay_is_the_run_whatever_the_rule)
{
	struct plan p = {.rule = RULE ", over 2"};

	folder_make();
	put(in("log"), THE_CHANGE "at 0 5 18 rewind 3:2 x\n"
				  "at 0 3 11 set train.clip 1   # was 0\n");
	replay("a", "log");
	CHECK_STR(train_by("b", &p, in("log"), 1), "");
	CHECK_INT(p.rewound, 1);
	CHECK_STR(str_text(&p.told), "spike 4:15\nspike 4:16\n");
	check_same("a", "b");
	str_free(&p.told);
	/* Nor is the place a spike that the last of them goes back to. */
	put(in("log"), THE_CHANGE "at 0 5 17 rewind 4:3 x\n");
	p = (struct plan){.rule = RULE ", at most 1, over 1.5"};
	check_said(train_by("c", &p, in("log"), 1), "spike at 4:4 (loss ", "; 1 of 1; ");
	str_free(&p.told);
	folder_remove();
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
