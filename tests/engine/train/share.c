/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ranks that compute a trainer's batches with it: the bytes of one process. */
#include "engine/train/share.h"

#include "engine/train/health.h"
#include "engine/train/helper.h"
#include "ranks.h"
#include "tests/engine/run.h"

enum { MOST = 7 };
static struct ranks_room room;
static struct ranks_seat seat[MOST];

struct helping {
	struct ranks *ranks;
	const struct settings *set;
	struct corpus *corpus;
};
static struct small away;         /* the data on another machine */
static struct corpus *far = &m.c; /* what rank 1 reads */

static void *help(void *ctx)
{
	struct helping *h = ctx;
	struct err why = {0};
	struct par *par = par_new(1, &why);
	struct helper *helper = helper_open(h->ranks, h->set, h->corpus, par, &why);

	if (!helper)
		abort();
	helper_run(helper);
	helper_close(helper);
	par_free(par);
	return NULL;
}

/* What `does` does, with n ranks, or without any. */
typedef bool doing(struct trainer *t, struct run *r);
static bool with_ranks(struct run *r, const struct settings *s, int n, int threads, doing *does)
{
	struct par *par = par_new(threads, &e);
	pthread_t thread[MOST];
	struct helping h[MOST];
	struct trainer t;
	bool ok;

	memset(r, 0, sizeof *r);
	if (trainer_open(&t, s, &m.c, 0, par, &e))
		return false;
	if (n) {
		ranks_begin(&room, seat, n);
		t.model.ranks = &room.rank[0];
	}
	for (int i = 1; i < n; i++) {
		h[i] = (struct helping){&room.rank[i], s, i == 1 ? far : &m.c};
		pthread_create(&thread[i], NULL, help, &h[i]);
	}
	ok = does(&t, r);
	trainer_close(&t);
	for (int i = 1; i < n; i++)
		pthread_join(thread[i], NULL);
	if (n)
		ranks_end(&room);
	par_free(par);
	return ok;
}

static bool trains(struct trainer *t, struct run *r)
{
	bool ok = go(t, r, INT32_MAX);

	if (ok)
		finish(t, r);
	return ok;
}

static void check_ranks(const char *what, const struct settings *s, const int *n, int count)
{
	static struct run one, other;

	REQUIRE(whole_run(&one, s, 0, 1));
	for (int i = 0; i < count; i++) {
		char name[96];

		snprintf(name, sizeof name, "%s, %d microbatches, %d ranks", what,
			 s->train.microbatches, n[i]);
		REQUIRE(with_ranks(&other, s, n[i], 1 + i % 3, trains));
		CHECK_INT(other.steps, one.steps);
		check_same(name, &one, &other);
		run_free(&other);
	}
	run_free(&one);
}

TEST(same_bytes_for_any_ranks)
{
	static const int ranks[] = {1, 2, 3, 4, 5, MOST};

	small_make(&m, LAYOUT_LISTS, three, 9, RACES ? 20 : 60, false);
	for (int microbatches = 1; microbatches <= 8; microbatches++) {
		struct settings s = small_settings();

		s.train.batch_size = 9; /* the last batch has fewer utterances than some ranks */
		s.train.epoch = 2;
		s.train.microbatches = microbatches;
		check_ranks("lists", &s, ranks, RACES ? 4 : 6);
	}
	small_free(&m);
}

TEST(whatever_a_batch_is)
{
	static const int ranks[] = {2, 3, 4};

	small_make(&m, LAYOUT_LISTS, three, 9, 40, false);
	for (int variant = 0; variant < 16; variant++) {
		struct settings s = small_settings();

		s.train.batch_size = 5;
		s.train.epoch = 2;
		s.train.microbatches = 3;
		s.train.padding = variant & 1 ? PADDING_REFERENCE : PADDING_MASKED;
		s.exp.normalize = variant & 2 ? NORMALIZE_TRAIN : NORMALIZE_NONE;
		s.train.accumulate = variant & 4 ? 2 : 1;
		s.model.cross_attention = !(variant & 8);
		s.model.num_layers = 1 + variant % 3;
		check_ranks("variant", &s, ranks, RACES ? 1 : 3);
	}
	small_free(&m);
}

/* Chunks inside of microbatches, and an evaluation in many batches: at each cut. */
TEST(with_little_memory)
{
	static const int ranks[] = {1, 2, 4};
	struct settings s = small_settings();

	small_make(&m, LAYOUT_LISTS, three, 9, 60, false);
	s.train.batch_size = 13;
	s.train.epoch = 1;
	s.train.microbatches = 4;
	s.train.memory = 1;
	check_ranks("an utterance each", &s, ranks, 3);
	for (int i = 0; i < (RACES ? 4 : 60); i++) {
		s.train.memory = PROGRAM_BYTES + 100000 + i * 20011;
		check_ranks("chunks", &s, ranks + 1, 1);
	}
	small_free(&m);
}

/* Batches of one, which are no microbatches of their own, in steps of several; long ones. */
TEST(batches_of_one)
{
	static const int ranks[] = {1, 2};

	small_make(&m, LAYOUT_LISTS, three, 9, RACES ? 200 : 1500, false);
	for (int size = 1; size <= 4; size += 3) {
		struct settings s = small_settings();

		s.train.batch_size = size; /* 13 utterances: the last batch of four has one */
		s.train.accumulate = 2;
		s.train.epoch = 1;
		s.train.microbatches = 2;
		check_ranks("batches of one", &s, ranks, 2);
	}
	small_free(&m);
}

/* Other passes than those of steps: measurements, tries, evaluations of what is asked for. */
static bool looks(struct trainer *t, struct run *r)
{
	static struct health health;
	struct try_room try_room = {0};
	struct settings other = t->set;
	struct try_plan plan = {.set = &other, .steps = 3, .room = &try_room};
	struct tried_steps tried;
	struct health_row row;
	struct predictions p;
	static const int some[] = {9, 2, 17, 3};
	bool ok = true;

	other.train.optimizer.lr /= 2;
	trainer_epoch_begin(t);
	ok = health_before(&health, t, &e) == 0 && trainer_step(t, &r->step[0], &e) == STEP_DONE &&
	     health_after(&health, t, &row, &e) == 0 && trainer_try(t, &plan, &tried, &e) == 0 &&
	     trainer_evaluate(t, some, 4, &p, &e) == 0 &&
	     trainer_step(t, &r->step[1], &e) == STEP_DONE;
	if (ok) {
		r->steps = 4;
		r->step[2] = tried.first.row;
		r->step[3] = tried.last.row;
		r->epochs = 1;
		r->epoch[0].train_loss = row.cosine[0];
		r->epoch[0].train_acc = row.gradient[0];
		r->epoch[0].val_loss = predictions_loss(&p, HEAD_MAIN);
		t->state.best_epoch = 1;
		memcpy(t->state.array[ARRAY_KEPT], t->model.params.w,
		       t->model.params.total * sizeof(real));
		predictions_free(&p);
		finish(t, r);
	} else {
		FAIL("%s", e.text);
	}
	try_room_free(&try_room);
	health_free(&health);
	return ok;
}

TEST(other_passes_than_steps)
{
	static struct run one, other;
	struct settings s = small_settings();

	small_make(&m, LAYOUT_LISTS, three, 9, 30, false);
	s.train.microbatches = 4;
	REQUIRE(with_ranks(&one, &s, 0, 1, looks));
	for (int n = 1; n <= 4; n++) {
		REQUIRE(with_ranks(&other, &s, n, 1, looks));
		check_same("looks", &one, &other);
		run_free(&other);
	}
	run_free(&one);
	small_free(&m);
}

/* ---- what goes wrong ---- */

static bool stop_at_once(void *ctx)
{
	(void)ctx;
	return true;
}

static bool is_stopped(struct trainer *t, struct run *r)
{
	struct predictions p;

	t->stop = (struct evaluate_stop){stop_at_once, NULL};
	trainer_epoch_begin(t);
	while (!trainer_epoch_full(t))
		if (trainer_step(t, &r->step[0], &e))
			return false;
	CHECK(trainer_epoch_end(t, &r->epoch[0], &p, &e) == -1);
	CHECK_INT(e.status, EXIT_STOPPED);
	err_clear(&e);
	t->stop.asked = NULL;
	CHECK(trainer_epoch_end(t, &r->epoch[0], &p, &e) == 0); /* they still follow */
	predictions_free(&p);
	return true;
}

TEST(an_evaluation_that_is_stopped)
{
	static const int sizes[] = {6, 40, 3};
	static struct run r;
	struct settings s = small_settings();

	small_make(&m, LAYOUT_LISTS, sizes, 9, 600, false);
	s.train.microbatches = 2;
	s.train.memory = 1; /* many batches */
	CHECK(with_ranks(&r, &s, 3, 1, is_stopped));
	small_free(&m);
}

/* Batches that rank 0 has computed. */
static bool count_batch(void *ctx)
{
	++*(int *)ctx;
	return false;
}

static bool evaluates(struct trainer *t, struct run *r)
{
	int batches = 0, n = t->split.n[PART_TRAIN];
	struct predictions p;
	bool ok;

	t->stop = (struct evaluate_stop){count_batch, &batches};
	ok = trainer_evaluate(t, t->split.at[PART_TRAIN], n, &p, &e) == 0;
	r->steps = batches;
	if (ok)
		predictions_free(&p);
	return ok;
}

TEST(an_evaluation_is_dealt_out)
{
	static const int sizes[] = {30, 3, 3};
	struct settings s = small_settings();
	static struct run r;

	small_make(&m, LAYOUT_LISTS, sizes, 9, 60, false);
	s.train.microbatches = 3;
	s.train.memory = 1; /* an utterance a batch; after the last of all nobody is asked */
	CHECK(with_ranks(&r, &s, 0, 1, evaluates));
	CHECK_INT(r.steps, 29);
	for (int n = 2; n <= 3; n++) {
		CHECK(with_ranks(&r, &s, n, 1, evaluates));
		CHECK_INT(r.steps, 30 / n);
	}
	small_free(&m);
}

static bool meets_a_fault(struct trainer *t, struct run *r)
{
	trainer_epoch_begin(t);
	while (!trainer_epoch_full(t) && trainer_step(t, &r->step[0], &e) == STEP_DONE)
		;
	CHECK_HAS(e.text, "row 0, column 0 (from 0) is NaN");
	err_clear(&e);
	return true;
}

TEST(a_fault_of_the_data_is_everybodys)
{
	static struct run r;
	struct settings s = small_settings();
	float x[3 * SMALL_TEXT] = {NAN};

	small_make(&m, LAYOUT_LISTS, three, 9, 20, false);
	npy_close(&m.utt[4].words);
	small_feature(&m.utt[4].words, "fault", x, 3, SMALL_TEXT);
	s.train.microbatches = 3;
	CHECK(with_ranks(&r, &s, 3, 1, meets_a_fault));
	small_free(&m);
}

/* Features of another extraction on rank 1's machine, of the same shapes: of one utterance that is
 * trained on, and of one that is only evaluated. */
static struct corpus *with_other_features(int utt)
{
	struct npy *a = &away.utt[utt].frames;
	int rows, cols;
	float *x;

	small_make(&away, LAYOUT_LISTS, three, 9, 20, false);
	rows = a->rows;
	cols = a->cols;
	x = malloc((size_t)rows * (size_t)cols * sizeof *x);
	memcpy(x, a->values, (size_t)rows * (size_t)cols * sizeof *x);
	x[rows * cols - 1] += 1e-4f;
	npy_close(a);
	small_feature(a, "other", x, rows, cols);
	free(x);
	return &away.c;
}

static bool is_refused(struct trainer *t, struct run *r)
{
	struct predictions p;

	trainer_epoch_begin(t);
	while (!trainer_epoch_full(t) && trainer_step(t, &r->step[0], &e) == STEP_DONE)
		;
	r->steps = trainer_epoch_full(t);
	if (r->steps)
		CHECK(trainer_epoch_end(t, &r->epoch[0], &p, &e) == -1);
	CHECK(strncmp(e.text, "rank 1 on ", 10) == 0);
	CHECK_HAS(e.text, ": its features are not those of rank 0");
	err_clear(&e);
	return true;
}

TEST(other_features_are_refused)
{
	static const int utt[] = {4, 15};
	struct settings s = small_settings();
	static struct run r;

	s.train.microbatches = 3;
	for (int i = 0; i < 2; i++) {
		small_make(&m, LAYOUT_LISTS, three, 9, 20, false);
		far = with_other_features(utt[i]);
		CHECK(with_ranks(&r, &s, 3, 1, is_refused));
		CHECK_INT(r.steps, i); /* the second: at the end of the epoch */
		far = &m.c;
		small_free(&away);
		small_free(&m);
	}
}

/* One that only a helper has: rank 0 says whose it is. */
static void *one_of_three(void *ctx)
{
	struct ranks *r = ctx;
	struct err why = {0};

	if (r->rank == 2)
		err_set(&why, "the disk is gone");
	share_agree(r, r->rank == 2 ? -1 : 0, &why);
	if (r->rank == 0) {
		CHECK(strncmp(why.text, "rank 2 on ", 10) == 0);
		CHECK_HAS(why.text, ": the disk is gone");
		CHECK_INT(why.status, EXIT_FAILED);
	}
	return NULL;
}

TEST(a_helpers_fault_has_its_number)
{
	pthread_t thread[3];

	ranks_begin(&room, seat, 3);
	for (int i = 1; i < 3; i++)
		pthread_create(&thread[i], NULL, one_of_three, &room.rank[i]);
	one_of_three(&room.rank[0]);
	for (int i = 1; i < 3; i++)
		pthread_join(thread[i], NULL);
	ranks_end(&room);
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
