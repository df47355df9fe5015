/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/folder.h"
#include "app/lab/job.h"
#include "app/queue/sweep.h"

#include <sys/stat.h>

static const char config[] = "tests/record/tiny/config.yml";
static char said[4096];

static void hear(void *ctx, const char *text)
{
	size_t at = strlen(said);

	(void)ctx;
	snprintf(said + at, sizeof said - at, "%s\n", text);
}

/* The queue's folder, which is not there yet. */
static char sessions[128];

static struct waiting_asked asked(const char *name, const char *const *set, int nset)
{
	snprintf(sessions, sizeof sessions, "%s", in(name));
	said[0] = '\0';
	return (struct waiting_asked){
		.folder = sessions, .config = config, .set = set, .nset = nset, .say = hear};
}

/* "FOLDER/QUEUE/name" */
static const char *of(const char *name)
{
	char part[160];

	snprintf(part, sizeof part, "%s/%s", path_base(sessions), name);
	return in(part);
}

/* Two steps of `miust train CONFIG --session DIR`, or with --resume. */
static void train(const char *from, const char *dir, const char *const *set, int nset)
{
	const struct job_options o = {.config = from,
				      .session = dir,
				      .set = set,
				      .nset = nset,
				      .resume = !from,
				      .claim = !from,
				      .threads = 1,
				      .max_steps = 2};
	const struct job_hooks none = {0};
	struct err e = {0};
	struct job j;

	if (job_open(&j, NULL, &o, &none, &e) || job_run(&j, &e))
		FAIL("%s", e.text);
	job_close(&j);
}

static void same_file(const char *a, const char *b)
{
	struct err e = {0};
	char *text = file_read(a, FILE_LIST, NULL, &e);

	if (!text)
		FAIL("%s", e.text);
	else
		check_holds(b, text);
	free(text);
}

TEST(waits_as_train_would_begin)
{
	static const char *const set[] = {"train.epoch=2", "exp.seed=7"};
	static const char *const files[] = {"config.yml", "data.csv", "fold-0/steps.csv"};
	struct waiting_asked a = asked("begin", set, 2);
	struct err e = {0};
	char dir[PATH_LEN];
	struct stat st;

	train(config, in("trained"), set, 2);
	REQUIRE(waiting_queue(&a, of("read"), QUEUE_LAST, dir, sizeof dir, &e) == 0);
	CHECK_STR(dir, of("read"));
	same_file(in("trained/config.yml"), of("read/config.yml"));
	same_file(in("trained/data.csv"), of("read/data.csv"));
	a.unread = true;
	a.seeds = 3;
	REQUIRE(waiting_queue(&a, of("unread"), QUEUE_FIRST, dir, sizeof dir, &e) == 0);
	CHECK(stat(of("unread/data.csv"), &st) != 0);
	check_holds(of("queue"), "seeds 3 unread\nread\n");
	train(NULL, of("read"), NULL, 0);
	train(NULL, of("unread"), NULL, 0);
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		char one[64], two[64], three[64];

		snprintf(one, sizeof one, "trained/%s", files[i]);
		snprintf(two, sizeof two, "read/%s", files[i]);
		snprintf(three, sizeof three, "unread/%s", files[i]);
		same_file(in(one), of(two));
		same_file(in(one), of(three));
	}
	/* The settings of a session, not its data's hash, which may be of other data. */
	a.config = in("trained");
	REQUIRE(waiting_queue(&a, of("again"), QUEUE_LAST, dir, sizeof dir, &e) == 0);
	train(NULL, of("again"), NULL, 0);
	same_file(in("trained/config.yml"), of("again/config.yml"));
}

TEST(named_as_train_names_it)
{
	struct waiting_asked a = asked("named", NULL, 0);
	struct err e = {0};
	char dir[PATH_LEN];
	struct queue q;

	REQUIRE(waiting_queue(&a, NULL, QUEUE_LAST, dir, sizeof dir, &e) == 0);
	CHECK(strncmp(dir, of("config-2"), strlen(of("config-2"))) == 0);
	REQUIRE(queue_read(&q, sessions, &e) == 0 && q.n == 1);
	CHECK_STR(q.run[0].dir, dir);
	CHECK_INT(q.run[0].seeds, 1);
	queue_free(&q);
}

/* What is refused before anything is made. */
static void refused(struct waiting_asked a, const char *want)
{
	struct err e = {0};
	char dir[PATH_LEN];

	CHECK_INT(waiting_queue(&a, NULL, QUEUE_LAST, dir, sizeof dir, &e), -1);
	CHECK(strstr(e.text, want));
	CHECK(!file_exists(sessions));
}

TEST(a_refused_run_leaves_nothing)
{
	static const char *const value[] = {"train.epoch=0"}, *const both[] = {"exp.labels=a,b"},
				 *const data[] = {"exp.audio_dir=/nowhere"},
				 *const seed[] = {"exp.seed=9223372036854775807"};
	struct waiting_asked a = asked("refused", NULL, 0);

	refused(asked("refused", value, 1), "train.epoch: expected an integer");
	refused(asked("refused", both, 1), "exp.labels has 2 labels");
	refused(asked("refused", data, 1), "/nowhere");
	a = asked("refused", seed, 1);
	a.seeds = 2;
	refused(a, "--seeds 2: from exp.seed 9223372036854775807");
	a = asked("refused", NULL, 0);
	a.config = "no.yml";
	refused(a, "no.yml: no such file");
}

TEST(a_queue_that_cannot_be_written_takes_the_session_back)
{
	struct waiting_asked a = asked("full", NULL, 0);
	struct err e = {0};
	char dir[PATH_LEN];

	CHECK_INT(mkdir(sessions, 0777), 0);
	CHECK_INT(mkdir(of("queue.new"), 0777), 0);
	CHECK_INT(waiting_queue(&a, of("a/b/c"), QUEUE_LAST, dir, sizeof dir, &e), -1);
	CHECK(strstr(e.text, "queue.new"));
	CHECK(!file_exists(of("a")));
	err_clear(&e);
	CHECK_INT(waiting_queue(&a, NULL, QUEUE_LAST, dir, sizeof dir, &e), -1);
	CHECK(!file_exists(dir));
	CHECK(!file_exists(of("queue")));
}

TEST(a_sweep_is_made_whole_or_not_at_all)
{
	static const char *const grid[] = {"lr=1e-3,3e-4", "epoch=1,2"};
	const struct waiting_asked a = asked("sweep", NULL, 0);
	struct err e = {0};
	char study[PATH_LEN];
	struct sweep s;

	REQUIRE(sweep_plan(&s, &a, grid, 2, NULL, &e) == 0);
	CHECK(!file_exists(sessions));
	CHECK_INT(s.grid.cells, 4);
	CHECK_INT(s.cell[1].run.set.train.epoch, 2);
	CHECK(s.cell[0].run.lab == s.cell[3].run.lab); /* read once */
	CHECK_INT(sweep_make(&s, "../x", study, sizeof study, &e), -1);
	CHECK(strstr(e.text, "expected the name of one folder"));
	err_clear(&e);
	/* The third is taken. */
	CHECK(make_dirs(of("s/lr=3e-4,epoch=1"), &e) == 0);
	put(of("s/lr=3e-4,epoch=1/mine"), "");
	CHECK_INT(sweep_make(&s, "s", study, sizeof study, &e), -1);
	CHECK(strstr(e.text, "s/lr=3e-4,epoch=1: is not empty (it has mine)"));
	CHECK(!file_exists(of("s/lr=0.001,epoch=1")));
	CHECK(!file_exists(of("queue")));
	err_clear(&e);
	/* The queue cannot be written. */
	CHECK_INT(mkdir(of("queue.new"), 0777), 0);
	CHECK_INT(sweep_make(&s, "t", study, sizeof study, &e), -1);
	CHECK(!file_exists(of("t")));
	CHECK_INT(rmdir(of("queue.new")), 0);
	err_clear(&e);
	CHECK_INT(sweep_make(&s, "t", study, sizeof study, &e), 0);
	CHECK_STR(study, of("t"));
	check_holds(of("queue"), "t/lr=0.001,epoch=1\nt/lr=0.001,epoch=2\nt/lr=3e-4,epoch=1\n"
				 "t/lr=3e-4,epoch=2\n");
	sweep_free(&s);
	CHECK_STR(e.text, "");
}

TEST(every_cell_is_checked)
{
	static const char *const grid[] = {"batch_size=4,8", "hidden_size1=4,8", "hidden_size2=4"};
	const struct waiting_asked a = asked("cells", NULL, 0);
	struct err e = {0};
	struct sweep s;

	CHECK_INT(sweep_plan(&s, &a, grid, 3, NULL, &e), -1);
	CHECK(strstr(e.text, "batch_size=4,hidden_size1=8,hidden_size2=4: ") == e.text);
	CHECK(strstr(e.text, "model.hidden_size2: 4 differs from model.hidden_size1 = 8"));
	CHECK_INT(s.grid.cells, 0);
	CHECK(!file_exists(sessions));
	sweep_free(&s);
}

int main(int argc, char **argv)
{
	int status;

	folder_make();
	status = TEST_MAIN(argc, argv);
	folder_remove();
	return status;
}
