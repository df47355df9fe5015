/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A run that one worker trains and another follows through its folder. */
#include "tests/app/lab/worker.h"

#include "app/lab/work_folder.h"
#include "app/session/run.h"
#include "app/session/session_rows.h"
#include "base/file.h"
#include "tests/app/same_run.h"

static struct work *follow_with(const char *dir, bool readonly, bool polls)
{
	struct err e = {0};
	struct work_options o = {
		.job = {.session = dir, .resume = true, .threads = 1},
		.paused = true,
		.readonly = readonly,
		.polls = polls,
	};
	struct work *w = work_start(&o, &e);

	if (!w)
		FAIL("%s", e.text);
	return w;
}

/* Until the follower shows that much. */
static void until_shown(struct seen *s, struct work *w, enum work_state state, int epoch)
{
	take(s, w);
	while ((s->now.state != state || s->now.epoch < epoch) && s->now.state != WORK_FAILED)
		wait_more(s, w);
	CHECK_INT(s->now.state, state);
	CHECK_STR(s->now.error, "");
	CHECK_INT(s->now.epoch, epoch);
}

/* It pauses before its first step, and has its fold's lock, which a stored session takes for
 * something that steers. */
static void until_begun(struct seen *s, struct work *w)
{
	until_state(s, w, WORK_PAUSED);
	work_command(w, WORK_FIRST, "eval");
	served(s, w);
	CHECK(!s->refused);
}

static void an_epoch(struct seen *s, struct work *w)
{
	work_step(w, WORK_FIRST, true);
	served(s, w);
	until_state(s, w, WORK_PAUSED);
	work_command(w, WORK_FIRST, "save"); /* its weights are written beside the training */
	served(s, w);
}

static void check_same_snapshot(const struct snapshot *a, const struct snapshot *b)
{
	CHECK_INT(a->fold, b->fold);
	CHECK_INT(a->nfolds, b->nfolds);
	CHECK_INT(a->place, b->place);
	CHECK_INT(a->epoch, b->epoch);
	CHECK_INT(a->epochs, b->epochs);
	CHECK_INT(a->step, b->step);
	CHECK_INT(a->in_epoch, b->in_epoch);
	CHECK_INT(a->steps_per_epoch, b->steps_per_epoch);
	CHECK_INT(a->best_epoch, b->best_epoch);
	CHECK_NEAR(a->best, b->best, 1e-8);
	CHECK_NEAR(a->loss, b->loss, 1e-6);
	for (int c = 0; c < LABELS_MAX; c++)
		CHECK_INT(a->count[c], b->count[c]);
	CHECK_STR(a->session, b->session);
}

static void follow_to_the_end(const char *dir, bool polls)
{
	struct work *trains = start(dir, true, false), *follows;
	struct seen t = {0}, s = {0};
	char host[128] = "";

	until_begun(&t, trains);
	follows = follow_with(dir, false, polls);
	until_shown(&s, follows, WORK_ELSEWHERE, 0);
	CHECK_INT(s.now.hold, WORK_FOLLOWED);
	gethostname(host, sizeof host - 1);
	CHECK_STR(s.now.owner.host, host);
	CHECK_INT(s.now.owner.pid, getpid());
	CHECK(!s.now.trains);
	CHECK_STR(s.now.looking, "");
	an_epoch(&t, trains);
	until_shown(&s, follows, WORK_ELSEWHERE, 1);
	while (s.now.best_epoch < 1) /* the row before the predictions were read */
		wait_more(&s, follows);
	check_same_snapshot(&s.now, &t.now);
	work_resume(trains, WORK_FIRST);
	served(&t, trains);
	until_state(&t, trains, WORK_IDLE);
	CHECK_INT(work_end(trains), 0);
	until_shown(&s, follows, WORK_IDLE, 2);
	CHECK(!s.now.trains && !s.now.left);
	CHECK_STR(s.now.owner.host, "");
	CHECK_INT(s.steps, 0); /* rows come from the folder */
	CHECK_INT(work_end(follows), 0);
}

TEST(follows_to_the_end)
{
	follow_to_the_end(temp_path("told"), false);
}

TEST(follows_where_only_the_clock_counts)
{
	follow_to_the_end(temp_path("polled"), true);
}

/* A session with one epoch done, whose trainer has stopped and which is followed. */
static struct work *stopped_and_followed(const char *dir, struct seen *s, bool readonly)
{
	struct work *trains = start(dir, true, false), *follows;
	struct seen t = {0};

	until_begun(&t, trains);
	follows = follow_with(dir, readonly, false);
	until_shown(s, follows, WORK_ELSEWHERE, 0);
	an_epoch(&t, trains);
	CHECK_INT(work_end(trains), 0);
	until_shown(s, follows, WORK_IDLE, 1);
	return follows;
}

TEST(goes_on_here_when_who_trained_it_has_stopped)
{
	const char *dir = temp_path("taken-up");
	struct seen s = {0};
	struct work *w = stopped_and_followed(dir, &s, false);
	const struct corpus *before = work_corpus(w, WORK_FIRST);

	CHECK(s.now.trains);
	CHECK_INT(s.now.hold, WORK_OURS);
	work_resume(w, WORK_FIRST);
	served(&s, w);
	until_state(&s, w, WORK_IDLE);
	CHECK_INT(s.now.epoch, 2);
	CHECK_INT(s.epochs, 1);
	CHECK_INT(s.results, 1);
	CHECK(!s.now.trains && !s.refused);
	CHECK(work_corpus(w, WORK_FIRST) == before);
	CHECK_INT(work_end(w), 0);
}

TEST(a_readonly_screen_goes_on_with_nothing)
{
	struct seen s = {0};
	struct work *w = stopped_and_followed(temp_path("readonly"), &s, true);

	CHECK(!s.now.trains);
	CHECK_INT(s.now.hold, WORK_FOLLOWED);
	work_resume(w, WORK_FIRST);
	served(&s, w);
	CHECK(s.refused);
	CHECK_HAS(s.text, "read-only");
	CHECK_INT(work_end(w), 0);
}

TEST(what_trains_elsewhere_is_not_steered)
{
	const char *dir = temp_path("steered");
	struct work *trains = start(dir, true, false), *follows;
	struct seen t = {0}, s = {0};
	char want[64];

	until_begun(&t, trains);
	follows = follow_with(dir, false, false);
	until_shown(&s, follows, WORK_ELSEWHERE, 0);
	snprintf(want, sizeof want, "process %ld on ", (long)getpid());
	for (int i = 0; i < 4; i++) {
		s.refused = false;
		s.text[0] = '\0';
		if (i == 0)
			work_resume(follows, WORK_FIRST);
		else if (i == 1)
			work_command(follows, WORK_FIRST, "set train.clip 1");
		else if (i == 2)
			work_stop(follows, WORK_FIRST);
		else
			work_break(follows, WORK_FIRST, "loss > 1");
		served(&s, follows);
		CHECK(s.refused);
		CHECK_HAS(s.text, want);
		CHECK_HAS(s.text, " trains it; this screen follows");
	}
	CHECK_INT(work_end(follows), 0);
	CHECK_INT(work_end(trains), 0);
}

/* The last epoch's weights while it trains, the kept ones where asked for; both are read
 * again when they have been replaced, and say of which epoch they are. */
TEST(looks_with_weights_that_are_replaced)
{
	const char *dir = temp_path("weights");
	struct work *trains = start(dir, true, false), *follows;
	struct seen t = {0}, s = {0};
	float first[LABELS_MAX];

	until_begun(&t, trains);
	follows = follow_with(dir, false, false);
	until_shown(&s, follows, WORK_ELSEWHERE, 0);
	an_epoch(&t, trains);
	until_shown(&s, follows, WORK_ELSEWHERE, 1);
	work_look(follows, WORK_FIRST, 0, 3, false, KNOCK_NOTHING);
	served(&s, follows);
	REQUIRE(s.look);
	CHECK_INT(s.look->epoch, 1);
	CHECK(!s.look->kept);
	memcpy(first, s.look->logits[HEAD_MAIN], sizeof first);
	an_epoch(&t, trains);
	until_shown(&s, follows, WORK_ELSEWHERE, 2);
	work_look(follows, WORK_FIRST, 0, 3, false, KNOCK_NOTHING);
	served(&s, follows);
	CHECK_INT(s.look->epoch, 2);
	CHECK(memcmp(first, s.look->logits[HEAD_MAIN], sizeof first) != 0);
	work_look(trains, WORK_FIRST, 0, 3, false, KNOCK_NOTHING);
	served(&t, trains);
	REQUIRE(t.look);
	CHECK(memcmp(t.look->logits[HEAD_MAIN], s.look->logits[HEAD_MAIN], sizeof first) == 0);
	work_look_stored(follows, WORK_FIRST, 0, 3, 4, -1, KNOCK_NOTHING); /* stored by the other */
	served(&s, follows);
	CHECK(s.look->stored);
	CHECK_INT(s.look->epoch, 1);
	CHECK(memcmp(first, s.look->logits[HEAD_MAIN], sizeof first) == 0);
	work_look(follows, WORK_FIRST, 0, 3, true, KNOCK_NOTHING);
	served(&s, follows);
	CHECK(s.look->kept);
	CHECK_INT(s.look->epoch, t.now.best_epoch);
	look_free(s.look);
	look_free(t.look);
	CHECK_INT(work_end(follows), 0);
	CHECK_INT(work_end(trains), 0);
}

/* A run that has stopped here, another program goes on with it, and stops too. */
TEST(a_run_of_ours_goes_on_elsewhere_and_here_again)
{
	const char *dir = temp_path("ours");
	struct work *ours = start(dir, true, false), *other;
	struct seen s = {0}, t = {0};

	until_state(&s, ours, WORK_PAUSED);
	an_epoch(&s, ours);
	work_stop(ours, WORK_FIRST);
	until_state(&s, ours, WORK_IDLE);
	other = follow_with(dir, false, false);
	until_begun(&t, other);
	until_shown(&s, ours, WORK_ELSEWHERE, 1);
	CHECK_INT(s.now.hold, WORK_FOLLOWED);
	work_step(other, WORK_FIRST, false);
	served(&t, other);
	until_state(&t, other, WORK_PAUSED);
	until_shown(&s, ours, WORK_ELSEWHERE, 2);
	CHECK_INT(work_end(other), 0);
	until_shown(&s, ours, WORK_IDLE, 2);
	CHECK(s.now.trains);
	s.refused = false;
	work_resume(ours, WORK_FIRST);
	served(&s, ours);
	until_state(&s, ours, WORK_IDLE);
	CHECK(!s.refused && !s.now.trains);
	CHECK_INT(s.results, 1);
	CHECK_INT(work_end(ours), 0);
}

/* What the screen has of the folder: rows without gap or double, and no predictions but with
 * their row. */
static void check_whole(const struct run *r)
{
	const struct fold_run *f = run_find(r, 0);

	for (int i = 0; f && i < f->nsteps; i++)
		CHECK_INT(f->step[i].step, i + 1);
	for (int i = 0; f && i < f->nepochs; i++)
		CHECK_INT(f->epoch[i].epoch, i + 1);
	if (f)
		CHECK(f->val.epochs <= f->nepochs && f->nsteps >= 4 * f->nepochs);
}

/* While another thread writes as fast as it can. */
TEST(five_hundred_epochs_are_followed)
{
	static const char *const settings[] = {"train.epoch=500"};
	const char *dir = temp_path("long");
	struct err e = {0};
	struct work_options o = {.job = {.config = "tests/record/tiny/config.yml",
					 .session = dir,
					 .set = settings,
					 .nset = 1,
					 .threads = 1},
				 .paused = true};
	struct work *trains = work_start(&o, &e), *follows;
	struct seen t = {0}, s = {0};
	struct run r, fresh;
	unsigned news;
	int looks = 0;

	REQUIRE(trains);
	until_begun(&t, trains);
	follows = follow_with(dir, true, false);
	until_shown(&s, follows, WORK_ELSEWHERE, 0);
	REQUIRE(run_load(&r, dir, &e) == 0);
	work_resume(trains, WORK_FIRST);
	while (s.now.state != WORK_IDLE && !test_faults) {
		struct pollfd p[] = {{.fd = work_fd(follows), .events = POLLIN},
				     {.fd = work_fd(trains), .events = POLLIN}};

		poll(p, 2, -1);
		take(&t, trains);
		take(&s, follows);
		run_refresh(&r, &news, &e);
		looks += news != 0;
		check_whole(&r);
	}
	CHECK(run_refresh(&r, &news, &e) == 0);
	REQUIRE(run_load(&fresh, dir, &e) == 0);
	CHECK_STR(run_difference(&r, &fresh), "");
	CHECK_INT(run_find(&r, 0)->nepochs, 500);
	CHECK_INT(run_find(&r, 0)->val.epochs, 500);
	CHECK(looks > 10);
	CHECK_INT(s.now.epoch, 500);
	run_free(&r);
	run_free(&fresh);
	CHECK_INT(work_end(follows), 0);
	CHECK_INT(work_end(trains), 0);
}

/* Both have opened it to go on, and the other was faster. */
TEST(who_comes_second_follows)
{
	const char *dir = temp_path("second");
	struct work *first = start(dir, true, false), *second;
	struct seen s = {0}, t = {0};

	until_begun(&s, first);
	an_epoch(&s, first);
	work_stop(first, WORK_FIRST);
	until_state(&s, first, WORK_IDLE);
	second = follow_with(dir, false, false);
	until_begun(&t, second);
	work_resume(first, WORK_FIRST); /* perhaps before it has seen the lock */
	served(&s, first);
	until_shown(&s, first, WORK_ELSEWHERE, 1);
	CHECK_INT(work_end(second), 0);
	until_shown(&s, first, WORK_IDLE, 1);
	CHECK(s.now.trains);
	CHECK_INT(work_end(first), 0);
}

TEST(a_session_that_goes_is_said_to_be_gone)
{
	char away[PATH_LEN];
	const char *dir = temp_path("gone");
	struct seen s = {0};
	struct work *w = stopped_and_followed(dir, &s, false);

	snprintf(away, sizeof away, "%s", temp_path("away"));
	CHECK(rename(dir, away) == 0);
	until_state(&s, w, WORK_FAILED);
	CHECK_HAS(s.now.error, "gone: the session has been deleted or moved");
	CHECK_INT(work_end(w), 0);
}

/* A lock is taken before its line is written, and its line emptied before it is let go: that is
 * nobody else's. */
TEST(a_line_is_waited_for)
{
	struct follow f = {.run = {.folds = 1}};
	char folder[2 * PATH_LEN];
	struct err e = {0};
	int lock;

	str_fit(f.dir, sizeof f.dir, temp_path("lines"));
	folder_of_fold(&f, 0, folder);
	REQUIRE(make_dirs(folder, &e) == 0);
	folder_look_at_locks(&f);
	CHECK(!f.is_held[0]);
	lock = fold_lock(folder, f.dir, 0, "", &e);
	REQUIRE(lock >= 0 && ftruncate(lock, 0) == 0);
	for (int i = 0; i < 3; i++) {
		CHECK(!folder_look_at_locks(&f));
		CHECK(!f.is_held[0]);
	}
	CHECK(folder_look_at_locks(&f)); /* it stays empty */
	CHECK(f.is_held[0]);
	CHECK_INT(f.held[0].who.pid, 0);
	CHECK(!folder_look_at_locks(&f));
	fold_lock_end(lock);
	CHECK(folder_look_at_locks(&f));
	lock = fold_lock(folder, f.dir, 0, "", &e);
	CHECK(folder_look_at_locks(&f));
	CHECK_INT(f.held[0].who.pid, getpid());
	CHECK(ftruncate(lock, 0) == 0);
	CHECK(!folder_look_at_locks(&f)); /* it ends */
	CHECK_INT(f.held[0].who.pid, getpid());
	fold_lock_end(lock);
	CHECK(folder_look_at_locks(&f));
	CHECK(!f.is_held[0]);
	free(f.held);
	free(f.is_held);
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
