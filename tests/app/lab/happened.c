/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a job tells its hook `happened`: each thing once, over stops and resumes. Tiny
 * corpus: one fold, 4 steps an epoch. */
#include "app/lab/job.h"
#include "app/folder.h"
#include "app/session/branch.h"
#include "app/session/states.h"
#include "base/str.h"

#define CONFIG "tests/record/tiny/config.yml"

/* What was told, a line each, and what the other hooks saw of it. */
struct heard {
	struct str lines;
	int stop;       /* before this step; 0: never */
	int break_at;   /* a weight is infinite before this step; 0: never */
	int bests;      /* epochs that were the best so far, by the hook `epoch` */
	double best_wa; /* of the last of them */
	int known;      /* of them so many were told by the run's parent */
	struct happening last;
};

static enum job_go between(void *ctx, struct job *j)
{
	struct heard *h = ctx;
	int fold, epoch, step;

	job_position(j, &fold, &epoch, &step);
	if (step == h->break_at)
		j->trainer.model.params.w[0] = INFINITY;
	return step == h->stop ? JOB_STOP : JOB_GO;
}

static void on_epoch(void *ctx, struct job *j, const struct epoch_row *r,
		     const struct predictions *val)
{
	struct heard *h = ctx;

	(void)val;
	if (j->trainer.state.best_epoch != r->epoch || isnan(r->val.wa))
		return;
	h->bests++;
	h->best_wa = r->val.wa;
}

static void on_happened(void *ctx, struct job *j, const struct happening *x)
{
	struct heard *h = ctx;

	(void)j;
	h->last = *x;
	if (x->what == HAPPENED_BEST) {
		h->bests--;
		CHECK_NEAR(x->figures.wa, h->best_wa, 0);
		CHECK_INT(x->step, 4 * x->epoch);
		return;
	}
	str_addf(&h->lines, "%s%s%s\n", happened_name(x->what), x->state ? " " : "",
		 x->state ? x->state : "");
}

/* Lines of what the run told; valid until the next call. */
static const char *train(struct heard *h, const char *session, const char *const *set, int nset,
			 int seeds)
{
	const struct job_options o = {.config = CONFIG,
				      .session = in(session),
				      .set = set,
				      .nset = nset,
				      .seeds = seeds,
				      .resume = true,
				      .threads = 1};
	const struct job_hooks hooks = {
		.ctx = h, .between = between, .epoch = on_epoch, .happened = on_happened};
	struct err e = {0};
	struct job j;

	str_reset(&h->lines);
	if (job_open(&j, NULL, &o, &hooks, &e)) {
		FAIL("%s", e.text);
		return "";
	}
	job_run(&j, &e);
	job_close(&j);
	CHECK_INT(h->bests, h->known);
	h->bests = 0;
	return str_text(&h->lines);
}

TEST(each_thing_is_told_once)
{
	struct heard h = {0};

	folder_make();
	CHECK_STR(train(&h, "a", NULL, 0, 1), "fold\nend finished\n");
	CHECK_INT(h.last.fold, -1);
	CHECK(h.last.figures.wf1 >= 0);
	CHECK_HAS(h.last.text, "finished: 1 fold, test WF1 ");
	CHECK_STR(h.last.name, "a");
	CHECK(h.last.session[0] == '/');
	/* It is over: opening it again is no end. */
	CHECK_STR(train(&h, "a", NULL, 0, 1), "");
	str_free(&h.lines);
	folder_remove();
}

TEST(a_stop_is_an_end_and_going_on_tells_the_rest)
{
	struct heard h = {.stop = 6};

	folder_make();
	CHECK_STR(train(&h, "a", NULL, 0, 1), "end stopped\n");
	CHECK_INT(h.last.fold, 0);
	CHECK_INT(h.last.epoch, 2);
	CHECK_INT(h.last.step, 6);
	CHECK_STR(h.last.text, "stopped before epoch 2, step 6 of fold 0");
	CHECK(isnan(h.last.figures.wf1));
	/* Opened and left at once: nothing was trained. */
	CHECK_STR(train(&h, "a", NULL, 0, 1), "");
	h.stop = 0;
	CHECK_STR(train(&h, "a", NULL, 0, 1), "fold\nend finished\n");
	str_free(&h.lines);
	folder_remove();
}

TEST(each_seed_ends)
{
	struct heard h = {0};

	folder_make();
	CHECK_STR(train(&h, "a", NULL, 0, 2), "fold\nend finished\nfold\nend finished\n");
	CHECK_HAS(h.last.session, "/a/seed-");
	CHECK_HAS(h.last.name, "a/seed-");
	str_free(&h.lines);
	folder_remove();
}

TEST(divergence_is_told_and_then_the_end)
{
	struct heard h = {.break_at = 3};

	folder_make();
	CHECK_STR(train(&h, "a", NULL, 0, 1), "spike\ndiverged\nend diverged\n");
	CHECK_HAS(h.last.text, "epoch 1, step 3: ");
	str_free(&h.lines);
	folder_remove();
}

/* Whatever epoch is kept, none was chosen. */
TEST(without_validation_no_epoch_is_the_best)
{
	static const char *const set[] = {"exp.protocol=fixed"};
	struct heard h = {0};

	folder_make();
	CHECK_STR(train(&h, "a", set, 1, 1), "fold\nend finished\n");
	folder_remove();
	str_free(&h.lines);
}

/* Nobody is told again of what a branch repeats of its parent, the last epoch's end included. */
TEST(a_branch_does_not_tell_what_its_parent_told)
{
	struct heard h = {0};
	char out[PATH_LEN];
	struct err e = {0};

	folder_make();
	CHECK_STR(train(&h, "a", NULL, 0, 1), "fold\nend finished\n");
	CHECK_INT(states_cut(in("a"), 0, 0, &e), 0); /* all of it is to be done again */
	CHECK_INT(branch_make(in("a"), "within", 0, 5, out, sizeof out, NULL, NULL, &e), 0);
	CHECK_INT(branch_make(in("a"), "end", 0, 4, out, sizeof out, NULL, NULL, &e), 0);
	h.known = 1; /* that of epoch 1 */
	CHECK_STR(train(&h, "a/branches/within", NULL, 0, 1), "fold\nend finished\n");
	h.known = 0;
	h.stop = 4; /* before it */
	CHECK_STR(train(&h, "a/branches/end", NULL, 0, 1), "end stopped\n");
	h.known = 1;
	h.stop = 0;
	CHECK_STR(train(&h, "a/branches/end", NULL, 0, 1), "fold\nend finished\n");
	str_free(&h.lines);
	folder_remove();
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
