/* SPDX-License-Identifier: GPL-3.0-or-later */
#define _GNU_SOURCE /* accept4 */
#include "app/control/address.h"
#include "app/session/session_lock.h"
#include "temp.h"
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NOBODY = 65534 };

_Static_assert((int)ADDRESS_PATH <= (int)LOCK_SOCKET, "the lock has room for the path of a socket");

/* A folder for sockets of its own for each test. */
static void runtime(const char *name)
{
	const char *path = temp_path("%s", name);

	mkdir(path, 0700);
	setenv("XDG_RUNTIME_DIR", path, 1);
}

static int mode(const char *path)
{
	struct stat st;

	return lstat(path, &st) ? -1 : (int)(st.st_mode & 07777);
}

static bool is_there(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

static int bind_socket(const char *path)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(to.sun_path, sizeof to.sun_path, "%s", path);
	CHECK(bind(fd, (struct sockaddr *)&to, sizeof to) == 0);
	return fd;
}

/* A socket file as one that was killed leaves it. */
static void leave_socket(const char *path)
{
	close(bind_socket(path));
}

TEST(only_the_user_can_enter)
{
	static const mode_t masks[] = {0, 022, 0777};

	for (int i = 0; i < 3; i++) {
		struct address a;
		struct err e = {0};
		mode_t old;
		int fd;

		runtime(i == 0 ? "mode-0" : i == 1 ? "mode-1" : "mode-2");
		old = umask(masks[i]);
		fd = address_listen(&a, &e);
		umask(old);
		CHECK(fd >= 0);
		CHECK_INT(mode(a.path), 0600);
		*strrchr(a.path, '/') = '\0';
		CHECK_INT(mode(a.path), 0700);
		close(fd);
	}
}

TEST(where_sockets_are)
{
	char want[600];
	struct address a;
	struct err e = {0};
	int fd;

	runtime("xdg");
	snprintf(want, sizeof want, "%s/miust/%ld-", getenv("XDG_RUNTIME_DIR"), (long)getpid());
	fd = address_listen(&a, &e);
	CHECK_HAS(a.path, want);
	close(fd);
	address_remove(&a);
	CHECK(!is_there(a.path));
	/* not a folder, not absolute, not ours (as under su) */
	setenv("TMPDIR", temp_path("tmp"), 1);
	mkdir(temp_path("tmp"), 0777);
	snprintf(want, sizeof want, "%s/miust-%lu/%ld-", getenv("TMPDIR"), (unsigned long)geteuid(),
		 (long)getpid());
	for (int i = 0; i < 4; i++) {
		setenv("XDG_RUNTIME_DIR", i == 0 ? "/dev/null" : i == 1 ? "build" : "/proc/1/", 1);
		if (i == 3)
			unsetenv("XDG_RUNTIME_DIR");
		if (i == 2) {
			runtime("xdg-of-nobody");
			if (chown(getenv("XDG_RUNTIME_DIR"), NOBODY, NOBODY))
				continue; /* only root can give it away */
		}
		fd = address_listen(&a, &e);
		CHECK(fd >= 0);
		CHECK_HAS(a.path, want);
		close(fd);
		address_remove(&a);
	}
	unsetenv("TMPDIR");
}

/* Where TMPDIR is not a folder they are in /tmp. */
TEST(a_tmpdir_that_is_not_there)
{
	const char *none[] = {temp_path("nowhere"), "/dev/null", "build", ""};
	char want[100];
	struct address a;
	struct err e = {0};
	int fd;

	unsetenv("XDG_RUNTIME_DIR");
	snprintf(want, sizeof want, "/tmp/miust-%lu/%ld-", (unsigned long)geteuid(),
		 (long)getpid());
	for (int i = 0; i < 4; i++) {
		setenv("TMPDIR", none[i], 1);
		fd = address_listen(&a, &e);
		CHECK(fd >= 0);
		CHECK_STR(e.text, "");
		CHECK_INT(strncmp(a.path, want, strlen(want)), 0);
		close(fd);
		address_remove(&a);
	}
	unsetenv("TMPDIR");
}

TEST(a_path_may_be_longer_than_any_address)
{
	char name[200];
	struct address a;
	struct err e = {0};
	int fd, other;

	memset(name, 'x', sizeof name);
	name[sizeof name - 1] = '\0';
	runtime(name);
	fd = address_listen(&a, &e);
	CHECK_STR(e.text, "");
	CHECK(strlen(a.path) > 200);
	other = address_connect(a.path, getpid(), &e);
	CHECK(other >= 0);
	CHECK_STR(e.text, "");
	CHECK(accept(fd, NULL, NULL) >= 0);
	close(other);
	close(fd);
	address_remove(&a);
	CHECK(!is_there(a.path));
}

static void check_refused(const char *name, const char *part)
{
	struct address a;
	struct err e = {0};

	setenv("XDG_RUNTIME_DIR", temp_path("%s", name), 1);
	CHECK_INT(address_listen(&a, &e), -1);
	CHECK_HAS(e.text, part);
}

TEST(a_folder_that_others_may_change_is_refused)
{
	runtime("wide");
	mkdir(temp_path("wide/miust"), 0755);
	check_refused("wide", "others may enter this folder");
	runtime("group");
	mkdir(temp_path("group/miust"), 0700);
	chmod(temp_path("group/miust"), 0710);
	check_refused("group", "(mode 710): chmod 700 it");
	runtime("link");
	CHECK(symlink(temp_path("xdg/miust"), temp_path("link/miust")) == 0);
	check_refused("link", "not a link or file");
	runtime("file");
	temp_text(temp_path("file/miust"), "");
	check_refused("file", "not a link or file");
	if (geteuid() != 0)
		SKIP("only root can give a folder away");
	runtime("other");
	mkdir(temp_path("other/miust"), 0700);
	CHECK(chown(temp_path("other/miust"), NOBODY, NOBODY) == 0);
	check_refused("other", "belongs to another user (65534)");
}

/* A process that listens until it is killed; its address in *a. */
static pid_t start_listener(struct address *a)
{
	int way[2];
	pid_t pid;

	CHECK(pipe(way) == 0);
	pid = fork();
	if (pid == 0) {
		struct err e = {0};

		if (address_listen(a, &e) < 0 || write(way[1], a, sizeof *a) != sizeof *a)
			_exit(1);
		for (;;)
			pause();
	}
	close(way[1]);
	CHECK_INT(read(way[0], a, sizeof *a), sizeof *a);
	close(way[0]);
	return pid;
}

TEST(sockets_of_the_dead_are_removed)
{
	struct address dead, alive, mine;
	struct err e = {0};
	char other[300], own[300], file[300], name[300], container[300];
	pid_t killed, stays;
	int fd, heard;

	runtime("dead");
	killed = start_listener(&dead);
	stays = start_listener(&alive);
	kill(killed, SIGKILL);
	CHECK(waitpid(killed, NULL, 0) == killed);
	CHECK(is_there(dead.path));
	CHECK_INT(address_connect(dead.path, killed, &e), -1);
	CHECK_HAS(e.text, "nobody listens here");
	/* Its number is another process's by now; ours; not a socket; not our name. */
	snprintf(other, sizeof other, "%s", temp_path("dead/miust/%ld-00000001.sock", (long)stays));
	snprintf(own, sizeof own, "%s", temp_path("dead/miust/%ld-00000001.sock", (long)getpid()));
	snprintf(file, sizeof file, "%s", temp_path("dead/miust/%ld-2.sock", (long)killed));
	snprintf(name, sizeof name, "%s", temp_path("dead/miust/%ld.sock", (long)killed));
	leave_socket(other);
	leave_socket(own);
	leave_socket(name);
	temp_text(file, "");
	/* A process of another container has numbers that mean nothing here. */
	snprintf(container, sizeof container, "%s",
		 temp_path("dead/miust/%ld-00000003.sock", (long)killed));
	heard = bind_socket(container);
	CHECK(listen(heard, 1) == 0);
	err_clear(&e);
	fd = address_listen(&mine, &e);
	CHECK(fd >= 0);
	CHECK(!is_there(dead.path));
	CHECK(!is_there(own));
	CHECK(is_there(alive.path));
	CHECK(is_there(other));
	CHECK(is_there(file));
	CHECK(is_there(name));
	CHECK(is_there(container));
	close(heard);
	close(fd);
	fd = address_connect(alive.path, stays, &e);
	CHECK(fd >= 0);
	close(fd);
	kill(stays, SIGKILL);
	waitpid(stays, NULL, 0);
}

TEST(what_is_another_socket_by_now_is_not_removed)
{
	struct address a, first;
	struct err e = {0};
	int fd;

	runtime("replaced");
	fd = address_listen(&a, &e);
	first = a;
	CHECK(rename(a.path, temp_path("replaced/elsewhere")) == 0);
	leave_socket(a.path);
	address_remove(&a);
	CHECK(is_there(a.path));
	CHECK(unlink(a.path) == 0);
	address_remove(&a); /* nothing there */
	CHECK(rename(temp_path("replaced/elsewhere"), first.path) == 0);
	address_remove(&first);
	CHECK(!is_there(first.path));
	close(fd);
}

TEST(the_process_is_compared)
{
	struct address a;
	struct err e = {0};
	int fd, other;

	runtime("process");
	fd = address_listen(&a, &e);
	other = address_connect(a.path, 0, &e);
	CHECK(other >= 0);
	close(other);
	CHECK_INT(address_connect(a.path, getpid() + 1L, &e), -1);
	CHECK_HAS(e.text, "listens on this socket, not process");
	close(fd);
	address_remove(&a);
}

TEST(a_full_backlog_may_be_tried_again)
{
	struct address a;
	struct err e = {0};
	int fd, other[1000], n = 0;

	runtime("backlog");
	fd = address_listen(&a, &e);
	while (n < 1000 && (other[n] = address_connect(a.path, 0, &e)) >= 0)
		n++;
	CHECK(n >= 64 && n < 1000);
	CHECK_HAS(e.text, "try again");
	CHECK_INT(e.status, EXIT_BUSY);
	close(accept(fd, NULL, NULL));
	err_clear(&e);
	other[n] = address_connect(a.path, 0, &e);
	CHECK(other[n] >= 0);
	for (int i = 0; i <= n; i++)
		close(other[i]);
	close(fd);
	address_remove(&a);
}

TEST(what_is_not_a_socket_is_refused)
{
	char name[200];
	struct err e = {0};

	runtime("none");
	CHECK_INT(address_connect("relative/1-1.sock", 0, &e), -1);
	CHECK_HAS(e.text, "relative/1-1.sock: not the path of a socket");
	err_clear(&e);
	CHECK_INT(address_connect("/", 0, &e), -1);
	CHECK_HAS(e.text, "not the path of a socket");
	err_clear(&e);
	CHECK_INT(address_connect("", 0, &e), -1);
	CHECK_HAS(e.text, "not the path of a socket");
	err_clear(&e);
	CHECK_INT(address_connect(temp_path("none/no/1-1.sock"), 0, &e), -1);
	CHECK_HAS(e.text, "nobody listens here");
	err_clear(&e);
	CHECK_INT(address_connect("/dev/null/1-1.sock", 0, &e), -1);
	CHECK_HAS(e.text, "cannot be reached");
	temp_text(temp_path("none/file"), "");
	err_clear(&e);
	CHECK_INT(address_connect(temp_path("none/file"), 0, &e), -1);
	CHECK_HAS(e.text, "nobody listens here");
	memset(name, 'x', sizeof name);
	name[sizeof name - 1] = '\0';
	err_clear(&e);
	CHECK_INT(address_connect(temp_path("none/%s", name), 0, &e), -1);
	CHECK_HAS(e.text, "cannot be reached");
}

/* Run it as nobody; its exit status. */
static int as_nobody(int (*run)(void *), void *ctx)
{
	pid_t pid = fork();
	int status = 0;

	if (pid == 0)
		_exit(setgid(NOBODY) || setuid(NOBODY) ? 99 : run(ctx));
	CHECK(waitpid(pid, &status, 0) == pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 98;
}

static int connect_denied(void *path)
{
	struct err e = {0};

	return address_connect(path, 0, &e) >= 0 ? 1 : strstr(e.text, "cannot be reached") ? 0 : 2;
}

static int connect_of_another(void *path)
{
	struct err e = {0};

	return address_connect(path, 0, &e) >= 0 ? 1 : strstr(e.text, "another user (0)") ? 0 : 2;
}

TEST(another_user_cannot_enter_nor_be_taken_for_this_one)
{
	struct address a;
	struct err e = {0};
	int fd;

	if (geteuid() != 0)
		SKIP("only root can become another user");
	runtime("user");
	fd = address_listen(&a, &e);
	CHECK_INT(as_nobody(connect_denied, a.path), 0);
	/* Had it all been open, the kernel would still know who listens. */
	chmod(temp_dir, 0755);
	chmod(temp_path("user"), 0755);
	CHECK_INT(as_nobody(connect_denied, a.path), 0);
	chmod(temp_path("user/miust"), 0755);
	CHECK_INT(as_nobody(connect_denied, a.path), 0);
	chmod(a.path, 0666);
	CHECK_INT(as_nobody(connect_of_another, a.path), 0);
	close(fd);
	address_remove(&a);
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
