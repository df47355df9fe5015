/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/session/session_lock.h"
#include "app/folder.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>

/* The lock of a new folder, opened twice: as two programs have it. */
static void open_two(const char *name, int fd[2])
{
	struct err e = {0};

	CHECK_INT(mkdir(in(name), 0777), 0);
	for (int i = 0; i < 2; i++)
		fd[i] = lock_open(in(name), true, &e);
	CHECK(fd[0] >= 0 && fd[1] >= 0);
	CHECK_STR(e.text, "");
}

static enum lock_answer take(int fd, enum lock_how how)
{
	struct err e = {0};
	enum lock_answer answer = lock_take(fd, how, false, "DIR", &e);

	CHECK_STR(e.text, "");
	return answer;
}

TEST(shared_by_many_alone_by_one)
{
	int fd[2];

	open_two("two", fd);
	CHECK_INT(take(fd[0], LOCK_SHARED), LOCK_TAKEN);
	CHECK_INT(take(fd[1], LOCK_SHARED), LOCK_TAKEN);
	CHECK_INT(take(fd[0], LOCK_ALONE), LOCK_BUSY); /* and is still shared */
	lock_release(fd[1]);
	CHECK_INT(take(fd[1], LOCK_ALONE), LOCK_BUSY);
	CHECK_INT(take(fd[0], LOCK_ALONE), LOCK_TAKEN);
	CHECK_INT(take(fd[1], LOCK_SHARED), LOCK_BUSY);
	CHECK_INT(take(fd[0], LOCK_SHARED), LOCK_TAKEN); /* down again */
	CHECK_INT(take(fd[1], LOCK_SHARED), LOCK_TAKEN);
	close(fd[0]);
	CHECK_INT(take(fd[1], LOCK_ALONE), LOCK_TAKEN);
	close(fd[1]);
}

/* Version 0.1 holds flock alone. */
TEST(old_programs_are_kept_out_and_keep_out)
{
	int fd[2];

	open_two("old", fd);
	CHECK_INT(flock(fd[0], LOCK_EX | LOCK_NB), 0);
	CHECK_INT(take(fd[1], LOCK_SHARED), LOCK_BUSY);
	CHECK_INT(take(fd[1], LOCK_ALONE), LOCK_BUSY);
	CHECK_INT(flock(fd[0], LOCK_UN), 0);
	CHECK_INT(take(fd[1], LOCK_SHARED), LOCK_TAKEN);
	CHECK_INT(flock(fd[0], LOCK_EX | LOCK_NB), -1);
	CHECK_INT(take(fd[1], LOCK_ALONE), LOCK_TAKEN);
	CHECK_INT(flock(fd[0], LOCK_EX | LOCK_NB), -1);
	lock_release(fd[1]);
	CHECK_INT(flock(fd[0], LOCK_EX | LOCK_NB), 0);
	close(fd[0]);
	close(fd[1]);
}

/* Who waits gets it when the one that held it alone shares it. */
TEST(waits_for_who_is_alone)
{
	struct err e = {0};
	int fd[2], ready[2], status;
	pid_t child;
	char byte;

	open_two("wait", fd);
	CHECK_INT(take(fd[0], LOCK_ALONE), LOCK_TAKEN);
	REQUIRE(pipe(ready) == 0);
	fflush(NULL);
	child = fork();
	if (child == 0) {
		close(fd[0]);
		if (write(ready[1], "", 1) != 1)
			_exit(2);
		_exit(lock_take(fd[1], LOCK_SHARED, true, "DIR", &e) != LOCK_TAKEN);
	}
	CHECK_INT(read(ready[0], &byte, 1), 1);
	CHECK_INT(take(fd[0], LOCK_SHARED), LOCK_TAKEN);
	CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status));
	CHECK_INT(WEXITSTATUS(status), 0);
	close(fd[0]);
	close(fd[1]);
	close(ready[0]);
	close(ready[1]);
}

TEST(not_made_and_not_followed)
{
	struct err e = {0};

	CHECK_INT(mkdir(in("none"), 0777), 0);
	CHECK_INT(lock_open(in("none"), false, &e), -1);
	CHECK_STR(e.text, "");
	CHECK(!file_exists(in("none/lock")));
	CHECK_INT(symlink("elsewhere", in("none/lock")), 0);
	CHECK_INT(lock_open(in("none"), true, &e), -1);
	CHECK_HAS(e.text, "none/lock");
	CHECK(!file_exists(in("none/elsewhere")));
}

TEST(a_fold_has_one_writer)
{
	char who[256], want[256], host[128] = "";
	struct err e = {0};
	struct stat st;
	int fd;

	gethostname(host, sizeof host - 1);
	CHECK_INT(mkdir(in("fold"), 0777), 0);
	CHECK(!fold_lock_asked(in("fold"), who, sizeof who));
	fd = fold_lock(in("fold"), "DIR", 3, "", &e);
	REQUIRE(fd >= 0);
	CHECK(fold_lock_asked(in("fold"), who, sizeof who));
	snprintf(want, sizeof want, "process %ld on %s since 2", (long)getpid(), host);
	CHECK_HAS(who, want);
	CHECK_INT(fold_lock(in("fold"), "DIR", 3, "", &e), -1);
	CHECK_HAS(e.text, "DIR: another program is writing this session: fold 3, process ");
	CHECK_HAS(e.text, "; wait for it, stop it, or look at it and steer it with miust-tui DIR ");
	fold_lock_end(fd);
	CHECK(stat(in("fold/lock"), &st) == 0 && st.st_size == 0);
	CHECK(!fold_lock_asked(in("fold"), who, sizeof who));
	CHECK_STR(who, "");
}

/* Its line stays, and means nothing. */
TEST(a_killed_writer_holds_nothing)
{
	struct lock_owner owner;
	struct err e = {0};
	char who[256];
	int status, fd;
	pid_t child;

	CHECK_INT(mkdir(in("killed"), 0777), 0);
	fflush(NULL);
	child = fork();
	if (child == 0) {
		if (fold_lock(in("killed"), "DIR", 1, "", &e) >= 0)
			kill(getpid(), SIGKILL);
		_exit(1);
	}
	CHECK(waitpid(child, &status, 0) == child && WIFSIGNALED(status));
	CHECK(!fold_lock_asked(in("killed"), who, sizeof who));
	CHECK_STR(who, "");
	CHECK_INT(fold_lock_look(in("killed"), &owner), FOLD_LEFT);
	CHECK_INT(owner.pid, child);
	fd = fold_lock(in("killed"), "DIR", 1, "", &e);
	CHECK(fd >= 0);
	CHECK_STR(e.text, "");
	CHECK_INT(fold_lock_look(in("killed"), &owner), FOLD_HELD);
	CHECK_INT(owner.pid, getpid());
	fold_lock_end(fd);
	CHECK_INT(fold_lock_look(in("killed"), &owner), FOLD_FREE);
}

/* Whatever stands there is made safe, or not said. */
TEST(a_line_of_somebody_else)
{
	static const struct {
		const char *line, *who;
	} some[] = {
		{"", ""},
		{"\n", ""},
		{"node7 12 2026-01-04T12:00:00Z\n",
		 "process 12 on node7 since 2026-01-04T12:00:00Z"},
		{"node7 12 2026-01-04T12:00:00Z /run/s\n",
		 "process 12 on node7 since 2026-01-04T12:00:00Z"},
		{"node7 12 2026-01-04T12:00:00Z", "process 12 on node7 since 2026-01-04T12:00:00Z"},
		{"node7 twelve 2026\n", ""},
		{"no\033[31mde 12 2026\n", ""},
		{"node7 12 \033[31m\n", ""},
	};
	struct err e = {0};
	char who[256];
	int fd;

	CHECK_INT(mkdir(in("line"), 0777), 0);
	fd = fold_lock(in("line"), "DIR", 1, "", &e);
	REQUIRE(fd >= 0);
	for (size_t i = 0; i < sizeof some / sizeof some[0]; i++) {
		put(in("line/lock"), some[i].line);
		CHECK(fold_lock_asked(in("line"), who, sizeof who));
		CHECK_STR(who, some[i].who);
	}
	fold_lock_end(fd);
}

TEST(a_line_names_a_socket)
{
	char longest[LOCK_SOCKET] = "/", line[LOCK_SOCKET + 100];
	struct lock_owner who;
	struct err e = {0};
	int fd;

	memset(longest + 1, 's', sizeof longest - 2);
	longest[sizeof longest - 1] = '\0';
	CHECK_INT(mkdir(in("socket"), 0777), 0);
	for (int i = 0; i < 3; i++) {
		static const char spaces[] = "/run/user/1000/miust/a b  c.sock";
		const char *path = i == 0 ? "" : i == 1 ? spaces : longest;

		fd = fold_lock(in("socket"), "DIR", 1, path, &e);
		REQUIRE(fd >= 0);
		CHECK_INT(fold_lock_look(in("socket"), &who), FOLD_HELD);
		CHECK_INT(who.pid, getpid());
		CHECK_STR(who.socket, path);
		/* as another program may have written it */
		snprintf(line, sizeof line, "node7 12 2026-01-04T12:00:00Z%s%s\n", *path ? " " : "",
			 path);
		put(in("socket/lock"), line);
		fold_lock_look(in("socket"), &who);
		CHECK_STR(who.socket, path);
		CHECK_INT(lock_owner_since(&who), 1767528000);
		fold_lock_end(fd);
	}
	/* what no socket has for a name */
	snprintf(line, sizeof line, "node7 12 2026-01-04T12:00:00Z %ss\n", longest);
	for (int i = 0; i < 3; i++) {
		put(in("socket/lock"), i == 0   ? line
				       : i == 1 ? "node7 12 2026-01-04T12:00:00Z run/s\n"
						: "node7 12 2026-01-04T12:00:00Z \n");
		CHECK_INT(fold_lock_look(in("socket"), &who), FOLD_LEFT);
		CHECK_STR(who.host, "node7");
		CHECK_STR(who.socket, "");
	}
}

TEST(locks_of_this_machine_only)
{
	static const struct {
		const char *line, *why; /* NULL: others see them */
	} some[] = {
		{"36 35 0:98 / /home rw,noatime - ext4 /dev/sda1 rw", NULL},
		{"36 35 0:98 / /home rw shared:1 - nfs4 h:/x rw,vers=4.2,local_lock=none", NULL},
		{"36 35 0:98 / /home rw shared:1 - nfs h:/x rw,vers=3,nolock,local_lock=all",
		 "nfs, nolock"},
		{"36 35 0:98 / /home rw - nfs4 h:/x rw,local_lock=posix,addr=1",
		 "nfs4, local_lock=posix"},
		{"36 35 0:98 / /home rw - nfs4 h:/x rw,local_lock=flock", NULL},
		{"36 35 0:98 / /home rw - cifs //h/x rw,nobrl", "cifs, nobrl"},
		{"36 35 0:98 / /home rw - lustre h:/x rw,flock", NULL},
		{"36 35 0:98 / /home rw - lustre h:/x rw,localflock", "lustre, localflock"},
		{"36 35 0:98 / /home rw - fuse.sshfs h:/x rw,user_id=0", "fuse.sshfs"},
		{"36 35 0:97 / /home rw - nfs h:/x rw,nolock", NULL},
		{"no line of a mountinfo", NULL},
		{"", NULL},
	};

	for (size_t i = 0; i < sizeof some / sizeof some[0]; i++) {
		char text[512], why[128] = "";

		snprintf(text, sizeof text, "21 1 8:1 / / rw - ext4 /dev/root rw\n%s\n",
			 some[i].line);
		CHECK_INT(lock_is_local(text, 0, 98, why, sizeof why), some[i].why != NULL);
		CHECK_STR(why, some[i].why ? some[i].why : "");
	}
}

TEST(no_warning_here)
{
	char text[512];

	lock_warning(folder, text, sizeof text);
	CHECK_STR(text, "");
	lock_warning("/no/such/folder", text, sizeof text);
	CHECK_STR(text, "");
}

int main(int argc, char **argv)
{
	int failed;

	folder_make();
	failed = TEST_MAIN(argc, argv);
	folder_remove();
	return failed;
}
