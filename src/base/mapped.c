/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * DESIGN. `lock` guards changes of the list and the free nodes; the handler
 * takes no lock: it follows `next` from `first`, both atomic. A node is never
 * given back to the allocator, but used again, so that whatever the handler
 * meets is a node. Only the first thread that faults says anything.
 */
#include "base/mapped.h"

#include "base/mem.h"
#include "base/plain.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct node {
	struct mapped map; /* len 0: free */
	char *shown;       /* the path, safe for a terminal */
	dev_t device;
	ino_t inode;
	struct timespec written;
	struct node *before;
	_Atomic(struct node *) next;
};

enum { ADVICE_LEN = 8192, SENTENCE_LEN = 2 * ADVICE_LEN };

static struct {
	pthread_mutex_t lock;
	_Atomic(struct node *) first;
	struct node *free;
	char advice[ADVICE_LEN];
} list = {.lock = PTHREAD_MUTEX_INITIALIZER};

static struct node *new_node(void)
{
	struct node *n = list.free;

	if (n)
		list.free = n->next;
	return n ? n : mem_alloc(1, sizeof *n);
}

struct mapped *mapped_open(int fd, size_t len, const char *path, struct err *e)
{
	struct str shown = {0};
	struct stat st;
	struct node *n;
	void *at;

	if (fstat(fd, &st) != 0) {
		err_errno(e, path, "cannot be read");
		return NULL;
	}
	at = mmap(NULL, len, PROT_READ, MAP_PRIVATE, fd, 0);
	if (at == MAP_FAILED) {
		err_errno(e, path,
			  errno == ENOMEM ? "cannot be mapped (are there more files than sysctl "
					    "vm.max_map_count or ulimit -v allow?)"
					  : "cannot be mapped");
		return NULL;
	}
	str_add_plain(&shown, path);
	pthread_mutex_lock(&list.lock);
	n = new_node();
	n->map = (struct mapped){at, len, mem_dup(path)};
	n->shown = shown.s ? shown.s : mem_dup("");
	n->device = st.st_dev;
	n->inode = st.st_ino;
	n->written = st.st_mtim;
	n->before = NULL;
	n->next = list.first;
	if (n->next)
		n->next->before = n;
	list.first = n;
	pthread_mutex_unlock(&list.lock);
	return &n->map;
}

void mapped_close(struct mapped *m)
{
	struct node *n = (struct node *)m; /* its first member */

	if (!m)
		return;
	munmap((void *)m->at, m->len);
	pthread_mutex_lock(&list.lock);
	if (n->next)
		n->next->before = n->before;
	*(n->before ? &n->before->next : &list.first) = n->next;
	free(n->map.path);
	free(n->shown);
	*m = (struct mapped){0};
	n->next = list.free;
	list.free = n;
	pthread_mutex_unlock(&list.lock);
}

void mapped_willneed(const struct mapped *m)
{
	madvise((void *)m->at, m->len, MADV_WILLNEED); /* failure changes nothing */
}

static bool same_file(const struct node *n, struct stat *st)
{
	return stat(n->map.path, st) == 0 && st->st_dev == n->device && st->st_ino == n->inode;
}

static const char shorter[] = "became shorter while it was in use";
static const char what_to_do[] = "restore it or extract it again";

int mapped_check(const struct mapped *m, struct err *e)
{
	const struct node *n = (const struct node *)m;
	struct stat st;

	if (!same_file(n, &st) || (uintmax_t)st.st_size >= m->len)
		return 0;
	return err_at(e, n->map.path, 0, 0, "%s: has %lld bytes, needs %zu; %s", shorter,
		      (long long)st.st_size, m->len, what_to_do);
}

bool mapped_written(struct mapped *m)
{
	struct node *n = (struct node *)m;
	struct timespec was = n->written;
	struct stat st;

	if (!same_file(n, &st))
		return false;
	n->written = st.st_mtim;
	return st.st_mtim.tv_sec != was.tv_sec || st.st_mtim.tv_nsec != was.tv_nsec;
}

/* ---- the handler ---- */

struct sentence {
	char text[SENTENCE_LEN];
	size_t n;
};

static void add(struct sentence *s, const char *text)
{
	while (*text && s->n < sizeof s->text - 1)
		s->text[s->n++] = *text++;
}

static void add_number(struct sentence *s, uintmax_t v)
{
	char digits[24], *d = digits + sizeof digits - 1;

	*d = '\0';
	do
		*--d = (char)('0' + v % 10);
	while (v /= 10);
	add(s, d);
}

static const struct node *find(uintptr_t address)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	const struct node *n = list.first;

	while (n && (address < (uintptr_t)n->map.at ||
		     address >= ((uintptr_t)n->map.at + n->map.len + page - 1) / page * page))
		n = n->next;
	return n;
}

static void say(const struct node *n)
{
	static struct sentence s; /* not on the stack of a thread */
	struct stat st;
	ssize_t sent;

	if (isatty(STDERR_FILENO))
		add(&s, "\n"); /* a line of progress may be there */
	add(&s, "miust: ");
	add(&s, n->shown);
	add(&s, ": ");
	if (same_file(n, &st) && (uintmax_t)st.st_size >= n->map.len) {
		add(&s, "can no longer be read (is its disk failing?)");
	} else {
		add(&s, shorter);
		if (same_file(n, &st)) {
			add(&s, ": has ");
			add_number(&s, (uintmax_t)st.st_size);
			add(&s, " bytes, needs ");
			add_number(&s, n->map.len);
		}
	}
	add(&s, "; ");
	add(&s, what_to_do);
	add(&s, list.advice);
	add(&s, "\n");
	sent = write(STDERR_FILENO, s.text, s.n);
	(void)sent;
}

static void on_bus(int sig, siginfo_t *info, void *context)
{
	static atomic_flag said = ATOMIC_FLAG_INIT;
	struct sigaction plain = {.sa_handler = SIG_DFL};
	const struct node *n = info->si_code > 0 ? find((uintptr_t)info->si_addr) : NULL;

	(void)context;
	if (!n) { /* not a file's: as if nobody had listened */
		sigaction(sig, &plain, NULL);
		if (info->si_code <= 0)
			raise(sig);
		return;
	}
	while (atomic_flag_test_and_set(&said))
		pause(); /* another thread is about to end the process */
	say(n);
	_exit(EXIT_FAILED);
}

void mapped_catch(void)
{
	struct sigaction a = {.sa_sigaction = on_bus, .sa_flags = SA_SIGINFO | SA_ONSTACK};

	sigemptyset(&a.sa_mask);
	sigaction(SIGBUS, &a, NULL);
}

void mapped_advice(const char *text)
{
	struct str plain = {0};

	if (text)
		str_add_plain(&plain, text);
	pthread_mutex_lock(&list.lock);
	list.advice[0] = '\0'; /* whatever a handler sees ends there */
	strncpy(list.advice + 1, plain.len ? plain.s + 1 : "", sizeof list.advice - 2);
	list.advice[0] = plain.len ? plain.s[0] : '\0';
	pthread_mutex_unlock(&list.lock);
	str_free(&plain);
}
