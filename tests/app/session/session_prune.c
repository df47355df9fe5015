/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What pruning removes, what it leaves, and what it refuses. */
#include "app/session/session_prune.h"
#include "app/stored.h"

#include <sys/stat.h>

static void make(const char *name, struct stored x)
{
	struct settings set = some_settings();
	char path[512];

	stored_session(in(name), &set, x);
	for (int f = 1; f <= x.done; f++) {
		static const char *const files[] = {"best.safetensors", "last.safetensors"};

		for (int i = 0; i < 2; i++) {
			snprintf(path, sizeof path, "%s/fold-%d/%s", in(name), f, files[i]);
			put(path, "1234567890");
		}
	}
}

static int64_t size_of(const char *path)
{
	struct stat st;

	return stat(path, &st) ? 0 : st.st_size;
}

TEST(prune_keeps_what_counts)
{
	int64_t bytes, freed = 0;
	struct err e = {0};

	make("a", (struct stored){.done = 5});
	CHECK_INT(mkdir(in("a/fold-2/states"), 0777), 0);
	put(in("a/fold-2/states/epoch-3.safetensors"), "12345");
	CHECK_INT(symlink(in("a/fold-1/best.safetensors"), in("a/fold-2/states/link")), 0);
	bytes = 5 * (10 + size_of(in("a/fold-1/state.safetensors"))) + 5;
	CHECK_INT(prune_bytes(in("a")), bytes);
	CHECK(!session_pruned(in("a")));
	CHECK_INT(session_prune(in("a"), in("a"), &freed, &e), 0);
	CHECK_STR(e.text, "");
	CHECK_INT(freed, bytes);
	CHECK(session_pruned(in("a")));
	CHECK_INT(prune_bytes(in("a")), 0);
	CHECK(!file_exists(in("a/fold-2/states")) && !file_exists(in("a/fold-2/last.safetensors")));
	check_holds(in("a/fold-1/best.safetensors"), "1234567890");
	CHECK(file_exists(in("a/fold-5/result.json")) && file_exists(in("a/fold-5/steps.csv")));
	/* Again: nothing is left. */
	CHECK_INT(session_prune(in("a"), in("a"), &freed, &e), 0);
	CHECK_INT(freed, 0);
}

TEST(prune_only_what_is_finished)
{
	struct err e = {0};
	int64_t freed;

	make("half", (struct stored){.done = 3, .epochs = 1, .state = true});
	CHECK_INT(session_prune(in("half"), in("half"), &freed, &e), -1);
	CHECK_HAS(e.text, "3 of 5 folds are finished; only a finished run is pruned");
	CHECK(file_exists(in("half/fold-1/state.safetensors")));
	err_clear(&e);
	CHECK_INT(session_prune(in("no"), in("no"), &freed, &e), -1);
	CHECK_HAS(e.text, "no such session");
}

TEST(prune_not_while_it_is_written)
{
	struct settings set;
	struct session s;
	struct err e = {0};
	int64_t freed;

	make("busy", (struct stored){.done = 5});
	REQUIRE(session_resume(&s, in("busy"), &set, &e) == 0);
	CHECK_INT(session_prune(in("busy"), in("busy"), &freed, &e), -1);
	CHECK_HAS(e.text, "another program is writing this session");
	CHECK(file_exists(in("busy/fold-1/state.safetensors")));
	session_close(&s);
}

/* A fold's folder that is a link is not gone into. */
TEST(prune_follows_no_link)
{
	struct err e = {0};
	int64_t freed;

	make("b", (struct stored){.done = 5});
	CHECK_INT(rename(in("b/fold-3"), in("away")), 0);
	CHECK_INT(symlink(in("away"), in("b/fold-3")), 0);
	CHECK_INT(session_prune(in("b"), in("b"), &freed, &e), -1);
	CHECK(file_exists(in("away/state.safetensors")));
}

/* A kill half-way: the rest is pruned by the next. */
TEST(prune_again_after_a_kill)
{
	struct err e = {0};
	int64_t freed;

	make("killed", (struct stored){.done = 5});
	CHECK_INT(unlink(in("killed/fold-1/state.safetensors")), 0);
	CHECK(session_pruned(in("killed")));
	CHECK(prune_bytes(in("killed")) > 0);
	CHECK_INT(session_prune(in("killed"), in("killed"), &freed, &e), 0);
	CHECK_INT(prune_bytes(in("killed")), 0);
}

int main(int argc, char **argv)
{
	int failed;

	folder_make();
	failed = TEST_MAIN(argc, argv);
	folder_remove();
	return failed;
}
