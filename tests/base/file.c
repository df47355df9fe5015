/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "test.h"

#include <pwd.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[64];

static const char *in(const char *name)
{
	static char path[8][256];
	static int next;
	char *p = path[next++ % 8];

	snprintf(p, sizeof path[0], "%s/%s", dir, name);
	return p;
}

/* How many names are in the folder, "." and ".." left out. */
static int names(void)
{
	char command[128];
	int n = -1;
	FILE *f;

	snprintf(command, sizeof command, "ls -A %s | wc -l", dir);
	f = popen(command, "r");
	if (!f || fscanf(f, "%d", &n) != 1)
		FAIL("cannot list %s", dir);
	if (f)
		pclose(f);
	return n;
}

static void put(const char *path, const char *text)
{
	struct err e = {0};

	if (file_write(path, text, strlen(text), &e))
		FAIL("%s", e.text);
}

static void check_holds(const char *path, const char *want)
{
	struct err e = {0};
	size_t len = 0;
	char *got = file_read(path, FILE_ROWS, &len, &e);

	CHECK_STR(got, want);
	CHECK_INT(len, strlen(want));
	free(got);
}

TEST(write_and_read)
{
	put(in("a"), "one\n");
	check_holds(in("a"), "one\n");
	put(in("a"), "");
	check_holds(in("a"), "");
	CHECK_INT(names(), 1);
}

TEST(read_keeps_every_byte)
{
	size_t n = 300000, len = 0;
	char *big = mem_alloc(n, 1), *got;
	struct err e = {0};

	for (size_t i = 0; i < n; i++)
		big[i] = (char)(i * 7 + i / 256);
	CHECK_INT(file_write(in("big"), big, n, &e), 0);
	got = file_read(in("big"), FILE_ROWS, &len, &e);
	CHECK_INT(len, n);
	CHECK(got && len == n && memcmp(got, big, n) == 0);
	CHECK(got && got[len] == '\0');
	unlink(in("big"));
	free(got);
	free(big);
}

TEST(read_says_what_is_wrong)
{
	struct err e = {0};

	CHECK(!file_read(in("none"), FILE_ROWS, NULL, &e));
	CHECK_HAS(e.text, "none: no such file");
	err_clear(&e);
	CHECK(!file_read(dir, FILE_ROWS, NULL, &e));
	CHECK_HAS(e.text, "is a folder; expected a regular file");
}

/* None of these may be waited for, or read without end. */
TEST(read_takes_regular_files_only)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	int s = socket(AF_UNIX, SOCK_STREAM, 0);
	struct {
		const char *path, *want;
	} odd[] = {
		{in("pipe"), "pipe: is a pipe; expected a regular file"},
		{in("socket"), "socket: is a socket; expected a regular file"},
		{in("to-pipe"), "to-pipe: is a pipe; expected a regular file"},
		{"/dev/zero", "/dev/zero: is a device; expected a regular file"},
		{"/", "/: is a folder; expected a regular file"},
	};

	CHECK_INT(mkfifo(in("pipe"), 0600), 0);
	CHECK_INT(symlink("pipe", in("to-pipe")), 0);
	snprintf(to.sun_path, sizeof to.sun_path, "%s/socket", dir);
	CHECK_INT(bind(s, (struct sockaddr *)&to, sizeof to), 0);
	for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
		struct err e = {0};

		CHECK(!file_read(odd[i].path, FILE_CONFIG, NULL, &e));
		CHECK_HAS(e.text, odd[i].want);
		err_clear(&e);
		CHECK_INT(file_open_read(odd[i].path, FILE_MAPPED, NULL, &e), -1);
		CHECK_HAS(e.text, odd[i].want);
	}
	close(s);
	unlink(in("pipe"));
	unlink(in("to-pipe"));
	unlink(in("socket"));
}

TEST(read_is_bounded)
{
	struct err e = {0};
	size_t len = 0;
	char *got;

	put(in("ten"), "0123456789");
	got = file_read(in("ten"), 10, &len, &e);
	CHECK_STR(got, "0123456789");
	free(got);
	for (size_t most = 9; most <= 11; most++) {
		int fd = file_open_read(in("ten"), most, &len, &e);

		CHECK((fd >= 0) == (most >= 10));
		CHECK_HAS(e.text, most >= 10 ? "" : "ten: larger than 9 bytes");
		if (fd >= 0)
			close(fd);
		err_clear(&e);
	}
	CHECK(!file_read(in("ten"), 9, &len, &e));
	CHECK_HAS(e.text, "ten: larger than 9 bytes, the limit for such a file");
	err_clear(&e);
	CHECK_INT(truncate(in("ten"), (off_t)FILE_CONFIG + 1), 0);
	CHECK(!file_read(in("ten"), FILE_CONFIG, &len, &e));
	CHECK_HAS(e.text, "ten: larger than 16 MiB, the limit for such a file");
	unlink(in("ten"));
	err_clear(&e);
	/* Files of /proc have no size. */
	got = file_read("/proc/self/status", FILE_CONFIG, &len, &e);
	CHECK(got && len > 100 && strncmp(got, "Name:", 5) == 0);
	free(got);
	CHECK(!file_read("/proc/self/status", 64, &len, &e));
	CHECK_HAS(e.text, "larger than 64 bytes");
}

/* What the user types or pipes into a script. */
TEST(stream_reads_pipes_to_their_end)
{
	struct err e = {0};
	char path[32], *got;
	size_t len = 0;
	int end[2];

	CHECK_INT(pipe(end), 0);
	CHECK_INT(write(end[1], "view 7\n", 7), 7);
	close(end[1]);
	snprintf(path, sizeof path, "/dev/fd/%d", end[0]);
	got = file_read_stream(path, FILE_SCRIPT, &len, &e);
	CHECK_STR(got, "view 7\n");
	free(got);
	close(end[0]);
	/* Nobody writes: nothing to wait for. */
	CHECK_INT(mkfifo(in("pipe"), 0600), 0);
	got = file_read_stream(in("pipe"), FILE_SCRIPT, &len, &e);
	CHECK_STR(got, "");
	free(got);
	unlink(in("pipe"));
	CHECK(!file_read_stream("/dev/zero", 1 << 20, &len, &e));
	CHECK_HAS(e.text, "/dev/zero: larger than 1 MiB");
	err_clear(&e);
	CHECK(!file_read_stream("/", FILE_SCRIPT, &len, &e));
	CHECK_HAS(e.text, "/: is a folder");
}

TEST(abort_leaves_the_old_file)
{
	struct atomic_file a;
	struct err e = {0};

	put(in("a"), "old");
	REQUIRE(atomic_open(&a, in("a"), &e) == 0);
	fprintf(a.f, "new");
	check_holds(in("a"), "old");
	atomic_abort(&a);
	atomic_abort(&a);
	check_holds(in("a"), "old");
	CHECK_INT(names(), 1);
}

TEST(mode_is_kept)
{
	struct stat st;

	put(in("secret"), "1");
	CHECK_INT(chmod(in("secret"), 0600), 0);
	put(in("secret"), "2");
	CHECK_INT(stat(in("secret"), &st), 0);
	CHECK_INT(st.st_mode & 0777, 0600);
	unlink(in("secret"));
}

TEST(links_stay_links)
{
	struct stat st;

	CHECK_INT(mkdir(in("far"), 0777), 0);
	put(in("far/target"), "old");
	CHECK_INT(symlink("far/target", in("link")), 0);
	put(in("link"), "new");
	CHECK_INT(lstat(in("link"), &st), 0);
	CHECK(S_ISLNK(st.st_mode));
	check_holds(in("far/target"), "new");
	/* One that dangles makes its target. */
	unlink(in("far/target"));
	put(in("link"), "again");
	check_holds(in("far/target"), "again");
	unlink(in("link"));
	unlink(in("far/target"));
	rmdir(in("far"));
}

TEST(links_in_a_circle)
{
	struct err e = {0};

	CHECK_INT(symlink("round", in("round")), 0);
	CHECK_INT(file_write(in("round"), "x", 1, &e), -1);
	CHECK_HAS(e.text, "Too many levels of symbolic links");
	unlink(in("round"));
}

TEST(disk_full)
{
	struct atomic_file a;
	struct err e = {0};

	if (!file_exists("/dev/full"))
		SKIP("no /dev/full");
	CHECK_INT(file_write("/dev/full", "x", 1, &e), -1);
	CHECK_HAS(e.text, "/dev/full: cannot write: No space left on device");
	CHECK(file_exists("/dev/full"));

	/* The same behind a temporary file: nothing is replaced, nothing stays. */
	err_clear(&e);
	put(in("a"), "old");
	REQUIRE(atomic_open(&a, in("a"), &e) == 0);
	REQUIRE(freopen("/dev/full", "w", a.f) != NULL);
	fprintf(a.f, "new");
	CHECK_INT(atomic_commit(&a, &e), -1);
	CHECK_HAS(e.text, "No space left on device; the file of that name is unchanged");
	check_holds(in("a"), "old");
	CHECK_INT(names(), 1);
}

/* A write fails, then there is room again: the lost bytes still count. */
TEST(a_failed_write_is_remembered)
{
	struct rlimit old, small;
	struct atomic_file a;
	struct err e = {0};

	put(in("a"), "old");
	REQUIRE(getrlimit(RLIMIT_FSIZE, &old) == 0);
	signal(SIGXFSZ, SIG_IGN);
	REQUIRE(atomic_open(&a, in("a"), &e) == 0);
	small = old;
	small.rlim_cur = 4;
	CHECK_INT(setrlimit(RLIMIT_FSIZE, &small), 0);
	fprintf(a.f, "123456");
	CHECK(fflush(a.f) != 0);
	CHECK_INT(setrlimit(RLIMIT_FSIZE, &old), 0);
	fprintf(a.f, "789");
	CHECK_INT(atomic_commit(&a, &e), -1);
	CHECK_HAS(e.text, "a: cannot write: ");
	check_holds(in("a"), "old");
	CHECK_INT(names(), 1);
}

TEST(what_is_no_file)
{
	struct err e = {0};

	CHECK_INT(file_write(dir, "x", 1, &e), -1);
	CHECK_HAS(e.text, "is a folder");
	err_clear(&e);
	CHECK_INT(file_write(in("none/a"), "x", 1, &e), -1);
	CHECK_HAS(e.text, "none/a: cannot write: No such file or directory");
	err_clear(&e);
	CHECK_INT(file_write("/dev/null", "x", 1, &e), 0);
	CHECK(file_exists("/dev/null"));
}

TEST(read_only_folder)
{
	struct err e = {0};

	if (geteuid() == 0)
		SKIP("root may write everywhere");
	CHECK_INT(chmod(dir, 0555), 0);
	CHECK_INT(file_write(in("b"), "x", 1, &e), -1);
	CHECK_HAS(e.text, "Permission denied");
	CHECK_INT(chmod(dir, 0755), 0);
}

/* Killed between open and commit: the old file stands, and what is left can
 * be told from everything else. */
TEST(killed_writer)
{
	pid_t child;
	int status;

	put(in("a"), "old");
	CHECK_INT(mkdir(in("sub"), 0777), 0);
	fflush(NULL);
	child = fork();
	if (child == 0) {
		struct atomic_file a, b;
		struct err e = {0};

		atomic_open(&a, in("a"), &e);
		atomic_open(&b, in("sub/b"), &e);
		fprintf(a.f, "ne");
		fflush(a.f);
		kill(getpid(), SIGKILL);
	}
	CHECK(waitpid(child, &status, 0) == child && WIFSIGNALED(status));
	check_holds(in("a"), "old");
	CHECK_INT(names(), 3);
	put(in("b.miust-tmp-"), "a user's file");
	temps_remove(dir, "sub");
	CHECK_INT(names(), 3);
	CHECK_INT(rmdir(in("sub")), -1);
	temps_remove(dir, NULL);
	CHECK_INT(names(), 3);
	CHECK_INT(rmdir(in("sub")), 0); /* it is empty */
	unlink(in("b.miust-tmp-"));
}

TEST(folders)
{
	struct err e = {0};

	CHECK_INT(make_dirs(in("x/y//z/"), &e), 0);
	CHECK_INT(make_dirs(in("x/y/z"), &e), 0);
	CHECK(file_is_dir(in("x/y/z")));
	put(in("x/file"), "");
	CHECK_INT(make_dirs(in("x/file/z"), &e), -1);
	CHECK_HAS(e.text, "x/file: is not a folder");
	unlink(in("x/file"));
	rmdir(in("x/y/z"));
	rmdir(in("x/y"));
	rmdir(in("x"));
}

TEST(join)
{
	char out[8];
	struct err e = {0};

	CHECK_INT(path_join(out, sizeof out, "a", "b", &e), 0);
	CHECK_STR(out, "a/b");
	CHECK_INT(path_join(out, sizeof out, "a/", "b", &e), 0);
	CHECK_STR(out, "a/b");
	CHECK_INT(path_join(out, sizeof out, "", "b", &e), 0);
	CHECK_STR(out, "b");
	CHECK_INT(path_join(out, sizeof out, "abcd", "efg", &e), -1);
	CHECK_HAS(e.text, "abcd/efg: the path is too long (max 7 bytes)");
	CHECK_STR(path_base("a/b"), "b");
	CHECK_STR(path_base("b"), "b");
}

static void check_resolved(const char *from, const char *path, const char *want)
{
	char out[256];
	struct err e = {0};

	if (path_resolve(out, sizeof out, from, path, &e))
		FAIL("%s: %s", path, e.text);
	else
		CHECK_STR(out, want);
}

TEST(resolve)
{
	char cwd[200], want[256];

	setenv("HOME", "/home/me", 1);
	setenv("MIUST_T", "/data/x", 1);
	setenv("MIUST_PART", "part", 1);
	unsetenv("MIUST_UNSET");
	check_resolved("/c", "/a//b/./c/", "/a/b/c");
	check_resolved("/c", "a", "/c/a");
	check_resolved("/c", "a$$b$$$$HOME", "/c/a$b$$HOME");
	check_resolved("/c/", "./a", "/c/a");
	check_resolved("/c", ".", "/c");
	check_resolved("/c", "/", "/");
	check_resolved("/c", "", "");
	check_resolved("/c", "~", "/home/me");
	check_resolved("/c", "~/a", "/home/me/a");
	snprintf(want, sizeof want, "%s/a", getpwnam("root")->pw_dir);
	check_resolved("/c", "~root/a", want);
	check_resolved("/c", "~nobody-has-this-name/a", "/c/~nobody-has-this-name/a");
	check_resolved("/c", "a~", "/c/a~");
	check_resolved("/c", "$MIUST_T/a", "/data/x/a");
	check_resolved("/c", "${MIUST_T}y/a$MIUST_PART", "/data/xy/apart");
	check_resolved("/c", "/a/$MIUST_UNSET/b", "/a/$MIUST_UNSET/b");
	check_resolved("/c", "/a$", "/a$");
	check_resolved("/c", "/a${MIUST_T", "/a${MIUST_T");
	REQUIRE(getcwd(cwd, sizeof cwd) != NULL);
	snprintf(want, sizeof want, "%s/a", cwd);
	check_resolved("", "a", want);
	check_resolved(".", "a", want);
	snprintf(want, sizeof want, "%s/b/a", cwd);
	check_resolved("b", "a", want);
}

TEST(resolve_steps_up_where_it_is_safe)
{
	char want[256];

	CHECK_INT(mkdir(in("real"), 0777), 0);
	CHECK_INT(symlink("/usr/lib", in("elsewhere")), 0);
	check_resolved(in("real"), "../a", in("a"));
	check_resolved("/", "../../a", "/a");
	snprintf(want, sizeof want, "%s/elsewhere/../a", dir);
	check_resolved(in("elsewhere"), "../a", want);
	check_resolved("/no-such-place", "../../a", "/no-such-place/../../a");
	unlink(in("elsewhere"));
	rmdir(in("real"));
}

TEST(resolve_too_long)
{
	char out[16];
	struct err e = {0};

	CHECK_INT(path_resolve(out, sizeof out, "/0123456789", "abcde", &e), -1);
	CHECK_HAS(e.text, "/0123456789/abcde: the path is too long");
}

TEST(texts)
{
	struct str b = {0};

	CHECK_STR(str_text(&b), "");
	for (int i = 0; i < 1000; i++)
		str_addf(&b, "%d,", i);
	CHECK_INT(b.len, 10 * 2 + 90 * 3 + 900 * 4);
	CHECK_HAS(b.s, ",998,999,");
	str_reset(&b);
	CHECK_STR(str_text(&b), "");
	str_add(&b, "a");
	str_addn(&b, "bcd", 2);
	CHECK_STR(str_text(&b), "abc");
	str_free(&b);
	str_reset(&b);
	str_num(&b, -(double)NAN);
	str_add(&b, " ");
	str_num(&b, 0.1);
	str_add(&b, " ");
	str_num(&b, -1e-30 / 3);
	CHECK_STR(str_text(&b), "nan 0.1 -3.33333333e-31");
	str_free(&b);
	CHECK_INT(str_columns("a–ü±"), 4);
}

TEST(lines)
{
	char text[] = "one\n\ntorn", *at = text, *end = text + strlen(text);
	bool whole = false;

	CHECK_STR(str_line(&at, end, &whole), "one");
	CHECK_STR(str_line(&at, end, &whole), "");
	CHECK(whole);
	CHECK_STR(str_line(&at, end, &whole), "torn");
	CHECK(!whole);
	CHECK(!str_line(&at, end, &whole));
}

TEST(cells)
{
	char got[64] = "";
	FILE *f = fmemopen(got, sizeof got, "w");

	REQUIRE(f);
	str_cell(f, 4, "ü");
	str_cell(f, -4, "±b");
	str_cell(f, 2, "long");
	fclose(f);
	CHECK_STR(got, "   ü±b  long");
}

int main(int argc, char **argv)
{
	int failed;

	snprintf(dir, sizeof dir, "/tmp/miust-file-XXXXXX");
	if (!mkdtemp(dir))
		return 1;
	failed = TEST_MAIN(argc, argv);
	unlink(in("a"));
	return rmdir(dir) || failed;
}
