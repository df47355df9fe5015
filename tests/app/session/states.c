/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stored states: what is stored comes back bit for bit, and what is damaged does not. */
#include "app/folder.h"
#include "app/session/states.h"
#include "base/mem.h"
#include "base/str.h"
#include "tests/engine/run.h"

#include <sys/stat.h>
#include <sys/statvfs.h>

enum { FOLD = 1, STATES_MAX = 13, BUDGET = 1 << 30 };

/* A fold of three epochs of four steps, and its state after each step, or epoch. */
static struct state at[STATES_MAX];
static struct trainer trainer;
static struct par *par;

/* In place of the C library's: what is free on a disk. */
static unsigned long free_bytes = 1UL << 40;
int statvfs(const char *path, struct statvfs *fs)
{
	(void)path;
	*fs = (struct statvfs){.f_frsize = 1, .f_bavail = free_bytes};
	return 0;
}

static void train(void)
{
	struct settings s = small_settings();

	par = par_new(1, &e);
	small_make(&m, LAYOUT_IEMOCAP, five, 5, 9, false);
	s.layout = LAYOUT_IEMOCAP;
	s.train.batch_size = 5;
	if (!par || trainer_open(&trainer, &s, &m.c, FOLD, par, &e))
		abort();
	for (int i = 0; i < STATES_MAX; i++) {
		struct predictions p;
		struct epoch_row epoch;
		struct step_row row;

		trainer_epoch_begin(&trainer);
		if (i > 0 && trainer_step(&trainer, &row, &e))
			abort();
		if (i > 0 && trainer_epoch_full(&trainer)) {
			if (trainer_epoch_end(&trainer, &epoch, &p, &e))
				abort();
			predictions_free(&p);
		}
		if (trainer.state.step != i || state_copy(&at[i], &trainer.state, &e))
			abort();
	}
}

/* A session whose fold has states of these steps, -1 at the end. */
static void begin(struct session *s, const char *name, const int *steps)
{
	struct settings set = some_settings();
	struct states *w;

	if (session_create(s, in(name), &set, &e))
		FAIL("%s", e.text);
	w = states_open(s, FOLD, BUDGET, &e);
	REQUIRE(w);
	for (int i = 0; steps[i] >= 0; i++)
		CHECK_INT(states_put(w, &at[steps[i]], "", &e), 0);
	CHECK_INT(states_flush(w, &e), 0);
	CHECK(!states_failed(w, &e));
	states_close(w);
	CHECK_STR(e.text, "");
}

static const char *file_of(const struct session *s, int step, const char *end)
{
	static char path[PATH_LEN + 64];

	snprintf(path, sizeof path, "%s/fold-%d/states/%d.%s", s->dir, FOLD, step, end);
	return path;
}

/* "4 8 12 ": the steps that are listed; a pin is '!', a name follows '='. */
static const char *listed(const struct session *s)
{
	static char text[1024];
	struct stored_list l;
	int n = 0;

	text[0] = '\0';
	err_clear(&e);
	if (states_list(&l, s->dir, FOLD, &e))
		return strcpy(text, e.text);
	for (int i = 0; i < l.n; i++)
		n += snprintf(text + n, sizeof text - (size_t)n, "%d%s%s%s ", l.at[i].step,
			      l.at[i].pinned ? "!" : "", *l.at[i].name ? "=" : "", l.at[i].name);
	stored_free(&l);
	stored_free(&l);
	return text;
}

static char said[4096];

static void say(void *ctx, const char *text)
{
	size_t n = strlen(said);

	(void)ctx;
	snprintf(said + n, sizeof said - n, "%s\n", text);
}

/* The nearest one up to `step` is that of `want`, bit for bit; -1: none. */
static void check_nearest(const struct session *s, int step, int want)
{
	struct state got;
	struct str how = {0};

	said[0] = '\0';
	err_clear(&e);
	if (states_load(&got, &trainer.state, s->dir, FOLD, step, say, NULL, &e)) {
		if (want >= 0)
			FAIL("up to %d: %s", step, e.text);
		CHECK(got.order == NULL);
		return;
	}
	if (want < 0)
		FAIL("up to %d: found %d", step, got.step);
	else if (state_differ(&got, &at[want], &how))
		FAIL("up to %d: %s", step, how.s);
	str_free(&how);
	state_free(&got);
}

TEST(what_is_stored_comes_back)
{
	struct session s;
	struct stored_list l;

	begin(&s, "back", (const int[]){2, 4, 5, 8, 12, -1});
	CHECK_STR(listed(&s), "2 4 5 8 12 ");
	for (int step = 0; step < STATES_MAX + 3; step++)
		check_nearest(&s, step,
			      step < 2    ? -1
			      : step < 4  ? 2
			      : step < 5  ? 4
			      : step < 8  ? 5
			      : step < 12 ? 8
					  : 12);
	CHECK_STR(said, "");
	REQUIRE(states_list(&l, s.dir, FOLD, &e) == 0 && l.n == 5);
	CHECK_INT(l.at[2].epoch, at[5].epoch);
	CHECK_INT(l.at[2].in_epoch, at[5].in_epoch);
	CHECK_INT(l.at[2].ended, at[5].ended);
	CHECK_INT(l.at[4].best_epoch, at[12].best_epoch);
	/* weights and squares; the kept weights lie beside it */
	CHECK(l.at[2].bytes > (int64_t)(2 * trainer.model.params.weights * sizeof(float)));
	CHECK(l.at[4].bytes < l.at[2].bytes); /* of the best epoch: the weights too */
	stored_free(&l);
	/* another fold has none */
	CHECK_INT(states_list(&l, s.dir, 2, &e), 0);
	CHECK_INT(l.n, 0);
	session_close(&s);
}

/* The trainer that gets a stored state goes on as the one that it was taken from. */
/* To look through, and where the next one is. */
TEST(weights_alone)
{
	struct params *layout = &trainer.model.params;
	real *values = mem_alloc(layout->total, sizeof *values);
	size_t bytes = layout->total * sizeof *values;
	struct stored_weights w = {.layout = layout, .values = values};
	struct session s;

	begin(&s, "weights", (int[]){2, 5, 12, -1});
	for (int i = 0; i < 3; i++) { /* 12: the kept ones too, which lie in a file of their own */
		int step = (int[]){2, 5, 12}[i];

		memset(values, 0, bytes);
		CHECK_INT(states_weights(&w, s.dir, FOLD, step, &e), 0);
		CHECK(memcmp(values, at[step].array[ARRAY_WEIGHTS], bytes) == 0);
		CHECK_INT(w.of.epoch, at[step].epoch);
		CHECK_INT(w.of.step, step);
		CHECK_STR(w.meta.text[WEIGHTS_FOLD], "1");
		weights_meta_free(&w.meta);
	}
	CHECK_INT(states_weights(&w, s.dir, FOLD, 4, &e), -1);
	err_clear(&e);
	REQUIRE(rename(file_of(&s, 5, "state"), in("5")) == 0);
	REQUIRE(rename(file_of(&s, 2, "state"), in("2")) == 0);
	REQUIRE(rename(in("2"), file_of(&s, 5, "state")) == 0);
	CHECK_INT(states_weights(&w, s.dir, FOLD, 5, &e), -1);
	CHECK_HAS(e.text, "is the state of step 2 of fold 1");
	err_clear(&e);
	CHECK_INT(states_beside(s.dir, FOLD, 12, -1), 5);
	CHECK_INT(states_beside(s.dir, FOLD, 5, -1), -1);
	CHECK_INT(states_beside(s.dir, FOLD, 1 << 30, -1), 12);
	CHECK_INT(states_beside(s.dir, FOLD, 3, 1), 5);
	CHECK_INT(states_beside(s.dir, FOLD, 12, 1), -1);
	CHECK_INT(states_beside(s.dir, FOLD + 1, 0, 1), -1);
	free(values);
	session_close(&s);
}

TEST(training_goes_on_from_one)
{
	struct session s;
	struct state got;
	struct str how = {0};
	static struct run r;

	begin(&s, "on", (const int[]){5, -1});
	REQUIRE(states_load(&got, &trainer.state, s.dir, FOLD, 7, NULL, NULL, &e) == 0);
	REQUIRE(trainer_put(&trainer, &got, &e) == 0);
	state_free(&got);
	REQUIRE(go(&trainer, &r, 11));
	if (state_differ(&trainer.state, &at[11], &how))
		FAIL("%s", how.s);
	str_free(&how);
	session_close(&s);
}

TEST(what_lies_after_a_step_is_cut)
{
	struct session s;

	begin(&s, "cut", (const int[]){2, 4, 5, 8, 12, -1});
	CHECK_INT(states_pin(s.dir, FOLD, 4, true, &e), 0);
	CHECK_INT(states_pin(s.dir, FOLD, 8, true, &e), 0);
	CHECK_STR(listed(&s), "2 4! 5 8! 12 ");
	CHECK_INT(states_cut(s.dir, FOLD, 12, &e), 0);
	CHECK_STR(listed(&s), "2 4! 5 8! 12 ");
	CHECK_INT(states_cut(s.dir, FOLD, 7, &e), 0);
	CHECK_STR(listed(&s), "2 4! 5 ");
	CHECK(!file_exists(file_of(&s, 8, "pin")));
	CHECK_INT(states_pin(s.dir, FOLD, 4, false, &e), 0);
	CHECK_INT(states_pin(s.dir, FOLD, 4, false, &e), 0);
	CHECK_STR(listed(&s), "2 4 5 ");
	CHECK_INT(states_cut(s.dir, FOLD, 0, &e), 0);
	CHECK_STR(listed(&s), "");
	CHECK_INT(states_cut(s.dir, 4, 0, &e), 0); /* a fold without any */
	session_close(&s);
}

/* Whose folder of states, or of the fold, leads out of the session. */
TEST(pins_do_not_leave_the_session)
{
	const char *const folders[] = {"fold-1/states", "fold-1"};
	struct session s;

	begin(&s, "led", (const int[]){4, -1});
	for (int i = 0; i < 2; i++) {
		char way[PATH_LEN + 64], away[PATH_LEN];

		snprintf(way, sizeof way, "%s/%s", s.dir, folders[i]);
		snprintf(away, sizeof away, "%s", temp_path("away-%d", i));
		CHECK_INT(rename(way, away), 0);
		CHECK_INT(symlink(away, way), 0);
		err_clear(&e);
		CHECK_INT(states_pin(s.dir, FOLD, 4, true, &e), -1);
		CHECK_HAS(e.text, folders[i]);
		CHECK_HAS(e.text, "is a symbolic link, and miust does not write through it");
		CHECK_INT(states_pin(s.dir, FOLD, 4, false, &e), -1);
		CHECK(!file_exists(file_of(&s, 4, "pin")));
		unlink(way);
		CHECK_INT(rename(away, way), 0);
	}
	err_clear(&e);
	session_close(&s);
}

TEST(linked_into_another_session)
{
	struct settings set = some_settings();
	struct session from, to;
	struct stat a, b;

	begin(&from, "from", (const int[]){2, 5, 8, -1});
	REQUIRE(session_create(&to, in("to"), &set, &e) == 0);
	CHECK_INT(states_link(from.dir, to.dir, FOLD, 1, &e), 0);
	CHECK(!file_exists(in("to/fold-1")));
	CHECK_INT(states_link(from.dir, to.dir, FOLD, 5, &e), 0);
	CHECK_INT(states_link(from.dir, to.dir, FOLD, 5, &e), 0);
	CHECK_STR(listed(&to), "2 5 ");
	CHECK_INT(stat(file_of(&from, 5, "state"), &a), 0);
	CHECK_INT(stat(file_of(&to, 5, "state"), &b), 0);
	CHECK(a.st_ino == b.st_ino);
	CHECK_INT(states_cut(from.dir, FOLD, 0, &e), 0);
	check_nearest(&to, 9, 5);
	session_close(&from);
	session_close(&to);
}

TEST(names)
{
	struct session s;
	struct states *w;
	struct stored_list l;

	begin(&s, "names", (const int[]){2, -1});
	w = states_open(&s, FOLD, BUDGET, &e);
	REQUIRE(w);
	CHECK_INT(states_put(w, &at[4], "before-lr", &e), 0);
	CHECK_INT(states_put(w, &at[5], "before-lr", &e),
		  -1); /* waits for the other to be stored */
	CHECK_STR(e.text, "before-lr is the state after step 4 (epoch 1) already; choose another "
			  "name");
	err_clear(&e);
	CHECK_INT(states_put(w, &at[4], "before-lr", &e), 0); /* the same once more */
	CHECK_INT(states_put(w, &at[2], "first", &e), 0);     /* one that had no name */
	CHECK_INT(states_put(w, &at[5], "4", &e), -1);
	CHECK_HAS(e.text, "cannot name a state: expected a letter from a to z");
	err_clear(&e);
	CHECK_INT(states_put(w, &at[5], "a/b", &e), -1);
	err_clear(&e);
	CHECK_INT(states_flush(w, &e), 0);
	states_close(w);
	CHECK_STR(listed(&s), "2=first 4=before-lr ");
	REQUIRE(states_list(&l, s.dir, FOLD, &e) == 0);
	CHECK(stored_named(&l, "before-lr") && stored_named(&l, "before-lr")->step == 4);
	CHECK(!stored_named(&l, ""));
	CHECK(!stored_named(&l, "before"));
	stored_free(&l);
	session_close(&s);
}

/* Cut or changed at any place, the older one is found and the damaged one named. */
TEST(damaged_states_are_passed_over)
{
	struct session s;
	struct err why = {0};
	char *bytes, path[PATH_LEN + 64];
	size_t len, tried = 0;

	begin(&s, "damaged", (const int[]){4, 8, -1});
	snprintf(path, sizeof path, "%s", file_of(&s, 8, "state"));
	bytes = file_read(path, FILE_ROWS, &len, &why);
	REQUIRE(bytes);
	for (size_t i = 0; i < len; i += i < 200 ? 1 : 997, tried++) {
		put_bytes(path, bytes, i);
		check_nearest(&s, 9, 4);
		CHECK_HAS(said, "fold-1/states/8.state: ");
		CHECK_HAS(said, "; it is passed over\n");
		bytes[i] ^= 4;
		put_bytes(path, bytes, len);
		check_nearest(&s, 9, 4);
		CHECK_HAS(said, "fold-1/states/8.state: ");
		bytes[i] ^= 4;
	}
	CHECK(tried > 200);
	/* a whole one with something after it, a whole one of another step */
	bytes = mem_grow(bytes, len + 1, 1);
	bytes[len] = 0;
	put_bytes(path, bytes, len + 1);
	check_nearest(&s, 9, 4);
	put_bytes(path, bytes, len);
	check_nearest(&s, 9, 8);
	put_bytes(file_of(&s, 9, "state"), bytes, len);
	check_nearest(&s, 9, 8);
	CHECK_HAS(said, "is the state of step 8 of fold 1; it is passed over");
	CHECK_STR(listed(&s), "4 8 ");
	/* all of them */
	put(file_of(&s, 4, "state"), "");
	put(file_of(&s, 8, "state"), "no state");
	check_nearest(&s, 9, -1);
	CHECK_HAS(e.text, "no state of fold 1 up to step 9 is stored");
	CHECK_HAS(said, "9.state: ");
	CHECK_HAS(said, "8.state: its head is damaged; it is passed over");
	CHECK_HAS(said, "4.state: ");
	CHECK_STR(listed(&s), "");
	free(bytes);
	session_close(&s);
}

/* What cannot be written is said once, training goes on, and no part of it stays. */
TEST(what_cannot_be_written)
{
	struct session s;
	struct states *w;
	struct err why = {0};

	begin(&s, "full", (const int[]){2, -1});
	CHECK_INT(states_cut(s.dir, FOLD, 0, &e), 0);
	CHECK_INT(remove(in("full/fold-1/states")), 0);
	put(in("full/fold-1/states"), "a file where the folder was");
	w = states_open(&s, FOLD, BUDGET, &e);
	REQUIRE(w);
	for (int i = 3; i < 9; i++) {
		CHECK_INT(states_put(w, &at[i], "", &e), 0);
		CHECK_INT(states_flush(w, &e), 0);
		CHECK_INT(states_failed(w, &why), i == 3);
	}
	CHECK_HAS(why.text, "full/fold-1/states");
	check_holds(in("full/fold-1/states"), "a file where the folder was");
	/* of one with a name, each time */
	CHECK_INT(states_put(w, &at[9], "mine", &e), 0);
	CHECK_INT(states_flush(w, &e), 0);
	CHECK(states_failed(w, &why));
	CHECK_INT(remove(in("full/fold-1/states")), 0);
	CHECK_INT(states_put(w, &at[9], "", &e), 0);
	CHECK_INT(states_flush(w, &e), 0);
	CHECK(!states_failed(w, &why));
	states_close(w);
	states_close(NULL);
	CHECK_STR(listed(&s), "9 ");
	session_close(&s);
}

static ino_t inode(const char *path)
{
	struct stat st;

	return stat(path, &st) ? 0 : st.st_ino;
}

/* A checkpoint is what the trainer itself would write, and the weights that were kept lie on
 * the disk once. */
TEST(checkpoints)
{
	static const char *const name[] = {"best", "last", "state"};
	struct settings set = some_settings();
	int64_t bytes;
	struct session s;
	struct states *w;

	REQUIRE(session_create(&s, in("points"), &set, &e) == 0);
	w = states_open(&s, FOLD, BUDGET, &e);
	REQUIRE(w);
	for (int i = 1; i < STATES_MAX; i++)
		CHECK_INT(states_checkpoint(w, &at[i], i % 4 == 0 || i == 11, &e), 0);
	CHECK_INT(states_flush(w, &e), 0);
	CHECK(!states_failed(w, &e));
	states_close(w);
	CHECK_STR(listed(&s), "4 8 11 12 ");
	REQUIRE(at[12].best_epoch > 0 && at[12].best_epoch < 4);
	REQUIRE(state_save_best(&at[12], in("best"), &e) == 0);
	REQUIRE(state_save_last(&at[12], in("last"), &e) == 0);
	REQUIRE(state_save(&at[12], in("state"), &e) == 0);
	for (int i = 0; i < 3; i++) {
		char path[64];
		size_t n, len;
		char *got, *want;

		snprintf(path, sizeof path, "points/fold-1/%s.safetensors", name[i]);
		got = file_read(in(path), FILE_ROWS, &n, &e);
		want = file_read(in(name[i]), FILE_ROWS, &len, &e);
		if (!got || !want || n != len || memcmp(got, want, n) != 0)
			FAIL("%s is another one", name[i]);
		free(got);
		free(want);
	}
	CHECK(inode(file_of(&s, 12, "best")) == inode(in("points/fold-1/best.safetensors")));
	for (int i = 4; i < STATES_MAX; i += i == 8 ? 3 : i == 11 ? 1 : 4)
		check_nearest(&s, i, i);
	bytes = bytes_below(s.dir);
	CHECK_INT(link(file_of(&s, 12, "best"), in("points/again")), 0);
	CHECK(bytes_below(s.dir) <= bytes && bytes_below(s.dir) > bytes - 9);
	/* kept weights that are not those of then */
	CHECK_INT(remove(file_of(&s, 12, "best")), 0);
	check_nearest(&s, 12, 11);
	CHECK_HAS(said, "12.best: ");
	CHECK_INT(link(in("last"), file_of(&s, 12, "best")), 0);
	check_nearest(&s, 12, at[12].best_epoch == 3 ? 12 : 11);
	session_close(&s);
}

/* One that fails ends it: nothing is written after it. */
TEST(a_checkpoint_that_fails)
{
	struct settings set = some_settings();
	struct session s;
	struct states *w;

	REQUIRE(session_create(&s, in("fails"), &set, &e) == 0);
	w = states_open(&s, FOLD, BUDGET, &e);
	REQUIRE(w);
	CHECK_INT(states_checkpoint(w, &at[4], true, &e), 0);
	CHECK_INT(states_flush(w, &e), 0);
	CHECK_INT(states_check(w, NULL, &e), 0);
	CHECK_INT(remove(in("fails/fold-1/last.safetensors")), 0);
	CHECK_INT(mkdir(in("fails/fold-1/last.safetensors"), 0777), 0);
	states_checkpoint(w, &at[8], true, &e);
	CHECK_INT(states_flush(w, &e), -1);
	CHECK_INT(remove(in("fails/fold-1/last.safetensors")), 0);
	CHECK_HAS(e.text, "last.safetensors");
	CHECK_INT(states_checkpoint(w, &at[12], true, &e), -1);
	CHECK_INT(states_check(w, NULL, &e), -1);
	CHECK_INT(states_flush(w, &e), -1);
	states_close(w);
	CHECK_STR(listed(&s), "4 ");
	session_close(&s);
}

/* What a list has takes so much on the disk, best.safetensors aside. */
static int64_t bytes_listed(const struct session *s)
{
	struct stored_list l;
	int64_t bytes = 0;

	if (states_list(&l, s->dir, FOLD, &e))
		FAIL("%s", e.text);
	for (int i = 0; i < l.n; i++)
		bytes += l.at[i].bytes;
	stored_free(&l);
	return bytes;
}

/* The newest, those with a name, pinned ones and the best stay; what does not fit all the same
 * is said once. */
TEST(a_budget_is_kept)
{
	struct settings set = some_settings();
	struct session s;
	struct states *w;
	struct err why = {0};
	int64_t budget;

	begin(&s, "one", (const int[]){5, -1});
	budget = 5 * bytes_listed(&s);
	session_close(&s);
	REQUIRE(session_create(&s, in("budget"), &set, &e) == 0);
	w = states_open(&s, FOLD, budget, &e);
	REQUIRE(w);
	CHECK_INT(states_checkpoint(w, &at[1], true, &e), 0);
	CHECK_INT(states_put(w, &at[2], "mine", &e), 0);
	CHECK_INT(states_put(w, &at[3], "", &e), 0);
	CHECK_INT(states_flush(w, &e), 0);
	CHECK_INT(states_pin(s.dir, FOLD, 3, true, &e), 0);
	for (int i = 4; i < STATES_MAX; i++) {
		CHECK_INT(states_checkpoint(w, &at[i], true, &e), 0);
		CHECK_INT(states_flush(w, &e), 0);
		CHECK(bytes_listed(&s) <= budget);
		check_nearest(&s, i, i);
		check_nearest(&s, 2, 2);
		check_nearest(&s, 3, 3);
	}
	CHECK(!states_failed(w, &why));
	CHECK_HAS(listed(&s), "2=mine 3! ");
	check_nearest(&s, at[12].best_epoch * 4, at[12].best_epoch * 4);
	states_close(w);
	CHECK_INT(states_cut(s.dir, FOLD, 11, &e), 0);
	w = states_open(&s, FOLD, budget / 5, &e);
	REQUIRE(w);
	CHECK_INT(states_put(w, &at[12], "", &e), 0);
	CHECK_INT(states_flush(w, &e), 0);
	CHECK(states_failed(w, &why));
	CHECK_HAS(why.text, "the stored states that are kept");
	CHECK_INT(states_put(w, &at[12], "", &e), 0);
	CHECK_INT(states_flush(w, &e), 0);
	CHECK(!states_failed(w, &why));
	states_close(w);
	CHECK_HAS(listed(&s), "2=mine 3! ");
	check_nearest(&s, 12, 12);
	session_close(&s);
}

/* What the next checkpoint may need is left free; once there is more, states are stored again. */
TEST(a_disk_that_is_nearly_full_is_left_to_checkpoints)
{
	static const int none[] = {-1};
	const unsigned long plenty = free_bytes;
	struct session s;
	struct states *w;
	struct err why = {0};

	begin(&s, "nearly-full", none);
	w = states_open(&s, FOLD, BUDGET, &e);
	REQUIRE(w);
	free_bytes = 1000;
	CHECK_INT(states_put(w, &at[1], "", &e), 0);
	CHECK_INT(states_flush(w, &e), 0);
	CHECK(states_failed(w, &why));
	CHECK_HAS(why.text, "no state is stored: 0 MB are free, and checkpoints may need them");
	CHECK_STR(listed(&s), "");
	free_bytes = plenty;
	CHECK_INT(states_put(w, &at[2], "", &e), 0);
	CHECK_INT(states_flush(w, &e), 0);
	CHECK(!states_failed(w, &why));
	CHECK_STR(listed(&s), "2 ");
	states_close(w);
	session_close(&s);
}

int main(int argc, char **argv)
{
	int failed;

	folder_make();
	train();
	failed = TEST_MAIN(argc, argv);
	for (int i = 0; i < STATES_MAX; i++)
		state_free(&at[i]);
	trainer_close(&trainer);
	small_free(&m);
	par_free(par);
	folder_remove();
	return failed;
}
