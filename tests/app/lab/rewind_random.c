/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whatever is done with a run, its log repeats it: steps, changes, rewinds, pauses, saves,
 * tries, branches and spikes that take it back, in sittings that end, are stopped or are killed, on
 * 40 utterances of the demo for 2 epochs. So it is with the branches that it leaves, trained to
 * their end. MIUST_SEQUENCES and MIUST_SEED: how many, and from which seed on.
 */
#include "app/demo/demo.h"
#include "app/folder.h"
#include "same_file.h"
#include "app/lab/job_branch.h"
#include "app/lab/job_rewind.h"
#include "base/rng.h"

#include <dirent.h>
#include <signal.h>
#include <sys/wait.h>

enum {
	FOLDS = 2,
	EACH = 8,
	SEQUENCES = SANITIZED ? 1 : 4,
	REWINDS = 5,
	SITTINGS = RACES ? 10 : 40,
	BRANCHES = 3
};
static const int fold[FOLDS] = {1, 2};

/* Eight utterances of each session. */
static void make_corpus(void)
{
	struct err e = {0};

	folder_make();
	if (demo_write(in("data"), &e))
		FAIL("%s", e.text);
	for (int s = 1; s <= DEMO_SESSIONS; s++) {
		char name[64], command[512];

		snprintf(name, sizeof name, "data/csv/Session%d.csv", s);
		snprintf(command, sizeof command, "sed -i '%d,$d' '%s'", EACH + 2, in(name));
		if (system(command))
			FAIL("%s", command);
	}
}

/* Between start and end of a process. */
struct sitting {
	struct rng draws;
	int number;        /* of the sequence */
	int rewinds;       /* that it may still make */
	int branches;      /* that it has made */
	int killed_in;     /* of a rewind: after so many steps; -1: not */
	bool killed_after; /* once it is back */
	const char *rule;  /* for spikes, NULL: none */
	bool replays;      /* nothing is done but what the log says */
};

static int draw(struct sitting *s, int n)
{
	return (int)(rng_u32(&s->draws) % (uint32_t)n);
}

static void change(struct sitting *s, struct job *j)
{
	static const char *const command[] = {
		"set train.optimizer.lr 0.003", "set train.optimizer.lr 0.02", "set train.clip 1",
		"set train.clip 0.1",           "set train.epoch 3",           "set train.epoch 2",
		"set train.loss.text 0.5"};
	struct err refused = {0}; /* a number of epochs may be over already */

	steer_command(&j->steer, command[draw(s, 7)], &refused);
}

static void go_back(struct sitting *s, struct job *j)
{
	int each = trainer_steps_per_epoch(&j->trainer), to;
	struct rewind r;
	struct err e = {0};

	if (!s->rewinds || !j->trainer.state.step)
		return;
	s->rewinds--;
	to = draw(s, j->trainer.state.step);
	r = (struct rewind){.epoch = to / each + 1, .in_epoch = to % each};
	s->killed_in = draw(s, 4) ? -1 : draw(s, 6);
	s->killed_after = draw(s, 6) == 0;
	if (job_rewind(j, &r, false, NULL, &e))
		FAIL("%s", e.text);
}

/* At a step of its past, or where it is. */
static void branch(struct sitting *s, struct job *j)
{
	int each = trainer_steps_per_epoch(&j->trainer);
	int to = draw(s, j->trainer.state.step + 1);
	struct branch_order o = {.at = {.epoch = to / each + 1, .in_epoch = to % each}};
	struct rewind at;
	struct err e = {0};

	if (s->branches >= 2)
		return;
	snprintf(o.name, sizeof o.name, "sitting-%d-%d", s->number, ++s->branches);
	if (to == j->trainer.state.step)
		o.at = (struct rewind){0};
	if (job_branch(j, &o, &at, &e))
		FAIL("%s", e.text);
}

static void try_something(struct job *j)
{
	struct settings next = j->set;
	struct try_room room = {0};
	struct try_plan plan = {.set = &next, .steps = 2, .room = &room};
	struct tried_steps tried;
	struct err e = {0};

	if (trainer_done(&j->trainer))
		return;
	next.train.optimizer.lr = 0.1f;
	if (trainer_try(&j->trainer, &plan, &tried, &e))
		FAIL("%s", e.text);
	try_room_free(&room);
}

static enum job_go between(void *ctx, struct job *j)
{
	struct sitting *s = ctx;
	struct err e = {0};

	for (int n = s->replays ? 0 : draw(s, 3); n > 0; n--)
		switch (draw(s, 9)) {
		case 0:
		case 1:
			change(s, j);
			break;
		case 2:
		case 3:
			go_back(s, j);
			break;
		case 4:
			if (job_save(j, &e))
				FAIL("%s", e.text);
			break;
		case 5:
			try_something(j);
			break;
		case 6:
			branch(s, j);
			break;
		case 7:
			return draw(s, 3) ? JOB_GO : JOB_STOP;
		default:
			if (draw(s, 3) == 0)
				raise(SIGKILL);
		}
	return JOB_GO;
}

static bool rewinding(void *ctx, struct job *j, const struct rewind *to, int done, int of)
{
	struct sitting *s = ctx;

	(void)j;
	(void)to;
	(void)of;
	if (s->killed_in >= 0 && done >= s->killed_in)
		raise(SIGKILL);
	return false;
}

static void rewound(void *ctx, struct job *j, const struct rewound *r)
{
	struct sitting *s = ctx;

	(void)j;
	(void)r;
	if (s->killed_after)
		raise(SIGKILL);
}

static bool rule(void *ctx, struct rollback *r)
{
	struct sitting *s = ctx;
	struct err e = {0};

	if (s->rule && rollback_read(r, s->rule, &e))
		FAIL("%s", e.text);
	return s->rule;
}

/* A branch has a configuration of its own. */
static bool train(const char *name, const char *replay, struct sitting *s)
{
	static const char *const set[] = {"train.epoch=2", "train.batch_size=4", "store.every=3"};
	bool is_branch = strchr(name, '/') && !replay;
	const struct job_options o = {.config = is_branch ? NULL : in("data/demo.yml"),
				      .session = in(name),
				      .set = set,
				      .nset = is_branch ? 0 : 3,
				      .fold = fold,
				      .nfolds = FOLDS,
				      .replay = replay,
				      .resume = true,
				      .threads = 1};
	const struct job_hooks hooks = {.ctx = s,
					.between = between,
					.rewinding = rewinding,
					.rewound = rewound,
					.rollback = rule};
	struct err e = {0};
	struct job j;
	bool complete;

	if (job_open(&j, NULL, &o, &hooks, &e) || job_run(&j, &e))
		FAIL("%s", e.text);
	complete = j.complete;
	job_close(&j);
	return complete;
}

/* In a process of its own; is the run complete? */
static bool sit(unsigned seed, int number)
{
	/* A healthy loss is a spike of these at times; each is used up soon. */
	static const char *const rules[] = {
		NULL, "rewind 3 steps, lr x0.5, at most 3, over 1.02",
		"rewind 1 epoch, clip 0.5, train.epoch 3, at most 2, over 1.05",
		"rewind 1 step, lr x2, loss.text x0.9, at most 4, over 1.02"};
	struct sitting s = {
		.number = number, .killed_in = -1, .rewinds = number < SITTINGS / 2 ? REWINDS : 0};
	int status = 0;
	pid_t child;

	rng_seed(&s.draws, (uint64_t)seed * 1000 + (uint64_t)number);
	s.rule = rules[draw(&s, 4)];
	s.replays = number >= SITTINGS - 1; /* to an end */
	fflush(NULL);
	child = fork();
	if (child == 0) {
		bool complete;

		test_faults = 0;
		complete = train("a", NULL, &s);
		fflush(NULL);
		_exit(test_faults ? 1 : complete ? 2 : 0);
	}
	waitpid(child, &status, 0);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 1)
		FAIL("sitting %d", number);
	return WIFEXITED(status) && WEXITSTATUS(status) == 2;
}

static void check_same(const char *one, const char *other)
{
	static const char *const file[] = {
		"commands.log",      "steps.csv",       "best.safetensors", "last.safetensors",
		"state.safetensors", "predictions.csv", "history.bin",      "test.bin"};

	for (int f = 0; f < FOLDS; f++)
		for (size_t i = 0; i < sizeof file / sizeof *file; i++) {
			char a[160], b[160];

			snprintf(a, sizeof a, "%s/fold-%d/%s", one, fold[f], file[i]);
			snprintf(b, sizeof b, "%s/fold-%d/%s", other, fold[f], file[i]);
			if (!same_file(in(a), in(b)))
				FAIL("%s and %s differ", a, b);
		}
}

static int visible(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

/* Did a kill take the steps up to the branch, and were they done in another way then: does the log
 * go back before it comes to the branch, or change something before it in a later line? */
static bool was_lost(const char *name)
{
	struct changes log;
	struct err e = {0};
	bool lost = false;
	int fold_of = -1, step = 0;

	if (changes_read(&log, in("a/commands.log"), false, &e))
		FAIL("%s", e.text);
	for (int i = 0; i < log.n; i++) {
		const struct change *c = &log.at[i];
		struct branch_order o;

		if (strncmp(c->command, "branch ", 7) == 0) {
			if (branch_order(&o, c->command + 7, &e) == 0 &&
			    strcmp(o.name, name) == 0) {
				fold_of = c->fold;
				step = c->step;
			}
		} else if (c->fold == fold_of && strncmp(c->command, "rewind ", 7) == 0) {
			lost = lost || c->step < step;
			fold_of = -1;
		} else if (c->fold == fold_of) {
			lost = lost || c->step < step;
		}
	}
	changes_free(&log);
	return lost;
}

/* A branch goes on to its end; so does that of the replay, as the same run. */
static void check_branch(const char *name, struct sitting *none)
{
	char a[96], b[96];

	snprintf(a, sizeof a, "a/branches/%.60s", name);
	snprintf(b, sizeof b, "again/branches/%.60s", name);
	CHECK(train(a, NULL, none));
	if (was_lost(name)) /* it is of another past than the run has now */
		return;
	CHECK(train(b, NULL, none));
	check_same(a, b);
}

/* The first of the branches and the last, and what follows the log of one. */
static void check_branches(struct sitting *none)
{
	struct dirent **at;
	int n = scandir(in("a/branches"), &at, visible, alphasort);

	for (int i = 0; i < n; i++) {
		char a[96], log[112];

		if (i == 0 || i > n - BRANCHES)
			check_branch(at[i]->d_name, none);
		if (i == n - 1) {
			snprintf(a, sizeof a, "a/branches/%.60s", at[i]->d_name);
			snprintf(log, sizeof log, "%s/commands.log", a);
			CHECK(train("alone", in(log), none));
			check_same(a, "alone");
		}
		free(at[i]);
	}
	if (n >= 0)
		free(at);
}

static int number_of(const char *name, int usual)
{
	const char *text = getenv(name);

	return text ? atoi(text) : usual;
}

TEST(its_log_repeats_it)
{
	int first = number_of("MIUST_SEED", 1), n = number_of("MIUST_SEQUENCES", SEQUENCES);
	struct sitting none = {.replays = true, .killed_in = -1};

	for (int seed = first; seed < first + n; seed++) {
		int faults = test_faults, number = 0;

		make_corpus();
		while (number < SITTINGS && !sit((unsigned)seed, number))
			number++;
		CHECK(number < SITTINGS);
		CHECK(train("again", in("a/commands.log"), &none));
		check_same("a", "again");
		check_branches(&none);
		if (test_faults > faults)
			FAIL("MIUST_SEED=%d", seed);
		folder_remove();
	}
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
