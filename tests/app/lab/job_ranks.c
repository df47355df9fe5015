/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A job whose batches other ranks compute: threads here, processes in tests/cli/ranks.sh. */
#include "app/lab/job_ranks.h"

#include "app/folder.h"
#include "app/session/session_machine.h"
#include "engine/data/roster.h"
#include "ranks.h"
#include "same_file.h"

#define CONFIG "tests/record/tiny/config.yml"

enum { MOST = 4 };
static struct ranks_room room;
static struct ranks_seat seat[MOST];
static const char *const set[] = {"train.microbatches=3", "exp.normalize=train"};

static const char replay[] = "at 0 1 2 set train.optimizer.lr 0.002   # was 0.001\n"
			     "at 0 2 6 rewind 1:2 x\n"
			     "at 0 1 3 set train.loss.text 0.5   # was 0.15\n"
			     "at 0 3 9 rewind 2:1 y\n"
			     "at 0 2 6 set train.clip 1   # was 0\n";

static void *help(void *ctx)
{
	job_ranks_help(ctx);
	return NULL;
}

/* What is said, by line. */
static void hear(void *ctx, const char *text)
{
	str_addf(ctx, "%s\n", text);
}

/* Trains into `name`, with n ranks, if any, of which rank 1 is `other`, if it is not NULL. */
static int train(const char *name, int n, const struct ranks *other, struct str *said,
		 struct err *e)
{
	struct job_options o = {.config = CONFIG,
				.session = in(name),
				.set = set,
				.nset = 2,
				.replay = in("log"),
				.threads = 1};
	const struct job_hooks hooks = {.ctx = said, .say = hear};
	pthread_t thread[MOST];
	struct job j;
	int failed;

	put(in("log"), replay);
	if (n > 0) {
		ranks_begin(&room, seat, n);
		if (other) {
			room.rank[1].broadcast = other->broadcast;
			room.rank[1].gather = other->gather;
		}
		o.ranks = &room.rank[0];
	}
	for (int i = 1; i < n; i++)
		pthread_create(&thread[i], NULL, help, &room.rank[i]);
	failed = job_open(&j, NULL, &o, &hooks, e) || job_run(&j, e);
	job_close(&j);
	if (n > 0)
		job_ranks_end(&room.rank[0]);
	for (int i = 1; i < n; i++)
		pthread_join(thread[i], NULL);
	if (n > 0)
		ranks_end(&room);
	return failed;
}

/* It goes back twice on its way. */
TEST(the_session_of_one_process)
{
	static const char *const file[] = {"commands.log",
					   "fold-0/steps.csv",
					   "fold-0/state.safetensors",
					   "fold-0/best.safetensors",
					   "fold-0/predictions.csv",
					   "fold-0/history.bin"};

	folder_make();
	for (int n = 0; n <= 3; n++) {
		struct str said = {0};
		struct err e = {0};
		char name[24], a[64], b[64];

		snprintf(name, sizeof name, "ranks-%d", n);
		CHECK_INT(train(name, n, NULL, &said, &e), 0);
		CHECK_STR(e.text, "");
		for (size_t i = 0; i < sizeof file / sizeof *file; i++) {
			snprintf(a, sizeof a, "ranks-0/%s", file[i]);
			snprintf(b, sizeof b, "%s/%s", name, file[i]);
			if (!same_file(in(a), in(b)))
				FAIL("%s is not that of one process", b);
		}
		str_free(&said);
	}
	folder_remove();
}

TEST(fewer_microbatches_than_ranks)
{
	struct str said = {0};
	struct err e = {0};

	folder_make();
	CHECK(train("many", 4, NULL, &said, &e));
	CHECK_HAS(e.text, "train.microbatches is 3, and 4 ranks share");
	CHECK(access(in("many"), F_OK) != 0);
	str_free(&said);
	folder_remove();
}

/* ---- a rank on another machine ---- */

static char roster[ROSTER_HASH];

/* What it hears of the data is not what it reads: as if its files were others. */
static void hear_other_data(void *ctx, void *data, size_t bytes)
{
	char *at = data;

	ranks_broadcast(ctx, data, bytes);
	for (size_t i = 0; bytes > sizeof(struct settings) && i + ROSTER_HASH <= bytes; i++)
		if (memcmp(at + i, roster, ROSTER_HASH) == 0)
			at[i] = '?';
}

TEST(other_data_is_refused)
{
	const struct ranks other = {.broadcast = hear_other_data, .gather = ranks_gather};
	const struct job_options o = {.config = CONFIG};
	struct str said = {0};
	struct err e = {0};
	struct corpus c;
	struct settings s;

	folder_make();
	REQUIRE(job_load(&s, &c, &o, CORPUS_HEADERS, hear, &said, &e) == 0);
	roster_hash(&c, &s, roster);
	corpus_close(&c);
	CHECK(train("other", 3, &other, &said, &e));
	CHECK(strncmp(e.text, "rank 1 on ", 10) == 0);
	CHECK_HAS(e.text, ": its data is not that of rank 0");
	CHECK(access(in("other"), F_OK) != 0);
	str_free(&said);
	folder_remove();
}

static void say_other_machine(void *ctx, void *all, const size_t *from)
{
	const struct ranks_seat *x = ctx;

	if (from[x->rank + 1] - from[x->rank] == MACHINE_LINE)
		snprintf((char *)all + from[x->rank], MACHINE_LINE, "a vacuum tube");
	ranks_gather(ctx, all, from);
}

TEST(another_processor_is_named)
{
	const struct ranks other = {.broadcast = ranks_broadcast, .gather = say_other_machine};
	struct str said = {0};
	struct err e = {0};

	folder_make();
	CHECK_INT(train("tube", 3, &other, &said, &e), 0);
	CHECK_HAS(said.s, "rank 1 computes on a vacuum tube, rank 0 on ");
	str_free(&said);
	folder_remove();
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
