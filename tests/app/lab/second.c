/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A job whose session another program makes between its first look and its own try: here
 * the program that is asked to say what it thinks of the config. */
#include "app/lab/job.h"
#include "app/folder.h"
#include "app/session/session_data.h"
#include "base/str.h"

#define TINY "tests/record/tiny/"

/* What is done when the job says its first word. */
struct meanwhile {
	const char *session;
	int seed, epoch;  /* added to the config's */
	const char *hash; /* of its data; NULL: not known */
	bool done;
};

/* The tiny corpus's, with a key that is warned of. */
static const char *config(void)
{
	const char *path = in("second.yml");
	char *here = realpath(TINY, NULL), *text, *from;
	struct str all = {0};
	struct err e = {0};

	text = file_read(TINY "config.yml", FILE_CONFIG, NULL, &e);
	if (!here || !text)
		abort();
	for (from = text; *from;) {
		size_t n = strcspn(from, "\n") + 1;
		const char *data = strstr(from, ": data/");

		if (data && data < from + n) {
			str_addn(&all, from, (size_t)(data - from) + 2);
			str_addf(&all, "%s/", here);
			str_addn(&all, data + 2, n - (size_t)(data - from) - 2);
		} else {
			str_addn(&all, from, n);
		}
		from += n;
	}
	str_add(&all, "  hidden_dim: 5\n");
	put(path, all.s);
	str_free(&all);
	free(text);
	free(here);
	return path;
}

static void say(void *ctx, const char *text)
{
	struct meanwhile *m = ctx;
	struct warnings w = {0};
	struct settings set;
	struct session s;
	struct err e = {0};

	(void)text;
	if (m->done)
		return;
	m->done = true;
	if (config_load(&set, in("second.yml"), NULL, 0, &w, &e))
		FAIL("%s", e.text);
	warnings_free(&w);
	set.exp.seed += m->seed;
	set.train.epoch += m->epoch;
	if (m->hash) {
		struct origin o = {0};

		snprintf(o.hash, sizeof o.hash, "%s", m->hash);
		if (session_create_origin(&s, m->session, &set, &o, NULL, &e))
			FAIL("%s", e.text);
	} else if (session_create(&s, m->session, &set, &e)) {
		FAIL("%s", e.text);
	}
	session_close(&s);
}

/* 0: it goes on with the other's session, and trains a step there. */
static int open_second(struct meanwhile *m, bool resume, bool or_start, struct err *e)
{
	const struct job_options o = {.config = config(),
				      .session = m->session,
				      .resume = resume,
				      .or_start = or_start,
				      .max_steps = 1};
	const struct job_hooks hooks = {.ctx = m, .say = say};
	struct job j;

	err_clear(e);
	if (job_open(&j, NULL, &o, &hooks, e))
		return -1;
	CHECK(m->done && j.resumes && !j.created);
	CHECK_INT(job_run(&j, e), 0);
	CHECK_INT(j.steps, 1);
	job_close(&j);
	return 0;
}

TEST(the_same_settings)
{
	struct meanwhile m[] = {{.session = in("same-1")}, {.session = in("same-2")}};
	struct err e = {0};

	CHECK_INT(open_second(&m[0], true, true, &e), 0);
	CHECK_STR(e.text, "");
	CHECK_INT(open_second(&m[1], true, false, &e), 0); /* --resume too */
	CHECK_STR(e.text, "");
}

TEST(other_settings)
{
	struct meanwhile m[] = {{.session = in("other-1"), .seed = 1, .epoch = 2},
				{.session = in("other-2"), .epoch = 2}};
	struct err e = {0};

	CHECK_INT(open_second(&m[0], true, true, &e), -1);
	CHECK_INT(e.status, EXIT_USAGE);
	CHECK_HAS(e.text, "other-1 was started with exp.seed 13, ");
	CHECK_HAS(e.text,
		  "second.yml says 12; train.epoch 5, not 3; resume with the same settings");
	CHECK(session_exists(m[0].session)); /* it is not ours */
	CHECK_INT(open_second(&m[1], true, false, &e), -1);
	CHECK_INT(e.status, EXIT_FAILED);
	CHECK_HAS(e.text, "other-2 was started with train.epoch 5, ");
}

TEST(other_data)
{
	struct meanwhile m = {.session = in("data"), .hash = "0123456789abcdef0123456789abcdef"};
	struct err e = {0};

	CHECK_INT(open_second(&m, true, true, &e), -1);
	CHECK_INT(e.status, EXIT_DATA);
	CHECK_HAS(e.text, "the data has changed since the session was started");
}

TEST(not_to_be_resumed)
{
	struct meanwhile m = {.session = in("refused")};
	struct err e = {0};

	CHECK_INT(open_second(&m, false, false, &e), -1);
	CHECK_HAS(e.text, "refused: already has a session; --resume goes on with it");
}

int main(int argc, char **argv)
{
	int status;

	folder_make();
	status = TEST_MAIN(argc, argv);
	folder_remove();
	return status;
}
