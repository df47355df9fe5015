/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/mapped.h"

#include "temp.h"
#include "test.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

enum { PAGE = 4096, LEN = 3 * PAGE + 100 };

/* A file of LEN bytes 'x' and its map. */
static struct mapped *open_map(const char *path)
{
	static char bytes[LEN];
	struct err e = {0};
	struct mapped *m;
	int fd;

	memset(bytes, 'x', sizeof bytes);
	temp_bytes(path, bytes, sizeof bytes);
	fd = open(path, O_RDONLY);
	m = mapped_open(fd, LEN, path, &e);
	close(fd);
	if (!m) {
		printf("# %s\n", e.text);
		exit(1);
	}
	return m;
}

/* The sentence of mapped_check, "" if all is well. */
static const char *check(const struct mapped *m)
{
	static struct err e;

	err_clear(&e);
	CHECK_INT(mapped_check(m, &e), e.status ? -1 : 0);
	return e.text;
}

TEST(what_is_mapped_is_read)
{
	struct mapped *m = open_map(temp_path("a")), *n = open_map(temp_path("b"));

	CHECK_INT(m->len, LEN);
	CHECK_INT(m->at[0], 'x');
	CHECK_INT(m->at[LEN - 1], 'x');
	CHECK_STR(check(m), "");
	mapped_willneed(m);
	mapped_close(m);
	CHECK_INT(n->at[LEN - 1], 'x');
	CHECK_STR(check(n), "");
	m = open_map(temp_path("a"));
	mapped_close(n);
	CHECK_INT(m->at[1], 'x');
	mapped_close(m);
	mapped_close(NULL);
}

/* Cut in its last page: it reads as zeros, and no signal says so. */
TEST(a_file_cut_in_its_last_page_is_found)
{
	const char *path = temp_path("cut");
	struct mapped *m = open_map(path);

	CHECK(truncate(path, LEN - 1) == 0);
	CHECK_INT(m->at[LEN - 1], 0);
	CHECK_HAS(check(m),
		  "cut: became shorter while it was in use: has 12387 bytes, needs 12388; "
		  "restore it or extract it again");
	CHECK(truncate(path, LEN + 10) == 0); /* longer: what is needed is there */
	CHECK_STR(check(m), "");
	mapped_close(m);
}

/* The old file lives as long as its map. */
TEST(a_file_replaced_or_removed_is_read_on)
{
	const char *path = temp_path("replaced"), *other = temp_path("shorter");
	struct mapped *m = open_map(path);

	temp_text(other, "short");
	CHECK(rename(other, path) == 0);
	CHECK_STR(check(m), "");
	CHECK_INT(m->at[LEN - 1], 'x');
	CHECK(unlink(path) == 0);
	CHECK_STR(check(m), "");
	CHECK_INT(m->at[LEN - 1], 'x');
	mapped_close(m);
}

TEST(writing_in_place_is_noticed_once)
{
	static const struct timespec back[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
	static const struct timespec later[2] = {{1000, 1}, {1000, 1}};
	const char *path = temp_path("in-place");
	struct mapped *m = open_map(path);

	CHECK(!mapped_written(m) && mapped_same(m));
	CHECK(utimensat(AT_FDCWD, path, back, 0) == 0); /* a clock may be too coarse */
	CHECK(!mapped_same(m));
	CHECK(mapped_written(m) && mapped_same(m));
	CHECK(!mapped_written(m));
	CHECK(utimensat(AT_FDCWD, path, later, 0) == 0); /* in the same second */
	CHECK(mapped_written(m));
	temp_text(temp_path("new"), "new");
	CHECK(rename(temp_path("new"), path) == 0);
	CHECK(!mapped_written(m) && !mapped_same(m));
	mapped_close(m);
}

/* A child that reads byte `at` of a file cut to `left` bytes; what it says. */
static int read_cut(const char *name, long left, size_t at, char *said, size_t n)
{
	const char *path = temp_path("%s", name);
	struct mapped *before = open_map(temp_path("before")), *m = open_map(path);
	int out[2], status = -1;
	ssize_t got;
	pid_t pid;

	mapped_close(before); /* a free node must not be met */
	fflush(stdout);
	if (pipe(out) || (pid = fork()) < 0)
		exit(1);
	if (pid == 0) {
		alarm(60); /* a search without end */
		dup2(out[1], STDERR_FILENO);
		mapped_catch();
		mapped_advice(&status, "; this one has ended");
		mapped_advice(&before, "; go on with --resume");
		mapped_advice(&status, NULL);
		mapped_advice(&out, "; so does");
		mapped_advice(&out, "; so does the other");
		if (truncate(path, left) == 0)
			_exit(m->at[at] == 'x' ? 50 : 51);
		_exit(52);
	}
	close(out[1]);
	got = read(out[0], said, n - 1);
	said[got > 0 ? got : 0] = '\0';
	close(out[0]);
	waitpid(pid, &status, 0);
	mapped_close(m);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(reading_what_is_gone_is_a_sentence)
{
	char said[1024];

	CHECK_INT(read_cut("gone", 0, 0, said, sizeof said), 1);
	CHECK_HAS(said, "gone: became shorter while it was in use: has 0 bytes, needs 12388; "
			"restore it or extract it again; so does the other; go on with --resume\n");
	CHECK_INT(read_cut("gone", PAGE, LEN - 1, said, sizeof said), 1);
	CHECK_HAS(said, "4096 bytes");
	/* Beyond its end in its last page, as a vector of the processor may reach. */
	CHECK_INT(read_cut("gone", PAGE, LEN + 50, said, sizeof said), 1);
	CHECK_HAS(said, "4096 bytes");
	CHECK_INT(read_cut("gone", PAGE, PAGE - 1, said, sizeof said), 50);
	CHECK_STR(said, "");
	/* A name that would talk to the terminal. */
	CHECK_INT(read_cut("a\033]0;title\007", 0, 0, said, sizeof said), 1);
	CHECK(!strchr(said, '\033') && !strchr(said, '\007'));
}

/* Closed in any order and opened again: whoever is left is found, and the search ends. */
TEST(maps_closed_in_any_order)
{
	static const int order[][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
				       {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};

	for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
		struct mapped *m[3];
		char said[1024], name[3][16];

		for (int k = 0; k < 3; k++) {
			snprintf(name[k], sizeof name[k], "map-%d", k);
			m[k] = open_map(temp_path("%s", name[k]));
		}
		mapped_close(m[order[i][0]]);
		mapped_close(m[order[i][1]]);
		m[order[i][1]] = open_map(temp_path("%s", name[order[i][1]]));
		m[order[i][0]] = open_map(temp_path("%s", name[order[i][0]]));
		mapped_close(m[order[i][2]]);
		CHECK_INT(read_cut("found", 0, 0, said, sizeof said), 1);
		CHECK_HAS(said, "found: became shorter");
		mapped_close(m[order[i][0]]);
		mapped_close(m[order[i][1]]);
	}
}

static void other_fault(void)
{
	mapped_catch();
	raise(SIGBUS);
	_exit(53);
}

/* SIGBUS from elsewhere ends the process as ever. */
TEST(other_faults_stay_what_they_are)
{
	int status = -1;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	REQUIRE(pid >= 0);
	if (pid == 0)
		other_fault();
	waitpid(pid, &status, 0);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS);
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
