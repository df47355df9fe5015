/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * DESIGN. `lock` guards changes of both lists and the free nodes; the handler
 * takes no lock: it follows `next` from the first, all atomic. A node is never
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

enum { ADVICE_LEN = 8192, SENTENCE_LEN = 4 * ADVICE_LEN };

struct advice {
	const void *owner;             /* NULL: free */
	_Atomic char text[ADVICE_LEN]; /* the handler may read while it is written */
	_Atomic(struct advice *) next;
};

static struct {
	pthread_mutex_t lock;
	_Atomic(struct node *) first;
	struct node *free;
	_Atomic(struct advice *) advice; /* oldest first */
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

static bool same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

bool mapped_same(const struct mapped *m)
{
	const struct node *n = (const struct node *)m;
	struct stat st;

	return same_file(n, &st) && same_time(&st.st_mtim, &n->written);
}

bool mapped_written(struct mapped *m)
{
	struct node *n = (struct node *)m;
	struct timespec was = n->written;
	struct stat st;

	if (!same_file(n, &st))
		return false;
	n->written = st.st_mtim;
	return !same_time(&st.st_mtim, &was);
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
	for (struct advice *a = list.advice; a; a = a->next)
		for (int i = 0; a->text[i] && s.n < sizeof s.text - 2; i++)
			s.text[s.n++] = a->text[i];
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

/* The owner's node, or (`make`) one that is free, or a new one at the end. */
static struct advice *advice_of(const void *owner, bool make)
{
	_Atomic(struct advice *) *end = &list.advice;
	struct advice *unused = NULL;

	for (struct advice *a; (a = *end); end = &a->next) {
		if (a->owner == owner)
			return a;
		if (!a->owner && !unused)
			unused = a;
	}
	if (make && !unused)
		*end = unused = mem_alloc(1, sizeof *unused);
	return make ? unused : NULL;
}

/* Whatever a handler sees ends somewhere: the first character is the last to come. */
static void set_advice(struct advice *a, const char *text)
{
	size_t n = strlen(text);

	if (n > ADVICE_LEN - 1)
		n = ADVICE_LEN - 1;
	a->text[0] = '\0';
	for (size_t i = 1; i <= n; i++)
		a->text[i] = i < n ? text[i] : '\0';
	a->text[0] = n ? text[0] : '\0';
}

void mapped_advice(const void *owner, const char *text)
{
	struct str plain = {0};
	struct advice *a;

	if (text)
		str_add_plain(&plain, text);
	pthread_mutex_lock(&list.lock);
	a = advice_of(owner, plain.len > 0);
	if (a) {
		set_advice(a, str_text(&plain));
		a->owner = plain.len ? owner : NULL;
	}
	pthread_mutex_unlock(&list.lock);
	str_free(&plain);
}
