/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files that several programs want to make at once. */
#include "base/file.h"
#include "temp.h"
#include "test.h"

#include <sys/wait.h>

TEST(create_takes_no_files_place)
{
	struct err e = {0};
	bool made = false;
	char *got;

	CHECK_INT(file_create(temp_path("new"), "first", 5, &made, &e), 0);
	CHECK(made);
	CHECK_INT(file_create(temp_path("new"), "second", 6, &made, &e), 0);
	CHECK(!made);
	got = file_read(temp_path("new"), FILE_ROWS, NULL, &e);
	CHECK_STR(got, "first");
	free(got);
	CHECK_INT(unlink(temp_path("new")), 0);
	CHECK_INT(file_create(temp_path("none/new"), "x", 1, &made, &e), -1);
	CHECK_HAS(e.text, "none/new: cannot write");
	CHECK(!made);
}

/* Processes that create one file at once, again and again: one makes it, and whoever sees
 * it sees all of it. */
TEST(create_by_one_of_many)
{
	enum { MANY = 8, LEN = 20000, ROUNDS = 20 };
	char text[LEN + 1];

	for (int round = 0; round < ROUNDS; round++) {
		int made_by = 0, status, go[2];

		REQUIRE(pipe(go) == 0 && mkdir(temp_path("many"), 0777) == 0);
		fflush(NULL);
		for (int i = 0; i < MANY; i++) {
			struct err e = {0};
			bool made = false;
			size_t len = 0;
			char byte, *got;

			if (fork())
				continue;
			close(go[1]);
			memset(text, 'a' + i, LEN);
			if (read(go[0], &byte, 1) != 0) /* until all are there */
				_exit(2);
			if (file_create(temp_path("many/one"), text, LEN, &made, &e))
				_exit(3);
			got = file_read(temp_path("many/one"), FILE_ROWS, &len, &e);
			if (!got || len != LEN || got[0] != got[LEN - 1])
				_exit(4);
			_exit(made ? 1 : 0);
		}
		close(go[0]);
		close(go[1]);
		for (int i = 0; i < MANY; i++) {
			CHECK(wait(&status) > 0 && WIFEXITED(status));
			CHECK(WEXITSTATUS(status) <= 1);
			made_by += WEXITSTATUS(status);
		}
		CHECK_INT(made_by, 1);
		CHECK_INT(unlink(temp_path("many/one")), 0);
		CHECK_INT(rmdir(temp_path("many")), 0); /* nothing is left beside it */
	}
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
