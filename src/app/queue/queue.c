/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * DESIGN: a change reads the file, changes its lines and replaces it, under the lock.
 *
 * Lines are moved and removed as they were written, whatever they hold; only those
 * of runs that are asked for change place. The new file is written as `queue.new`, a
 * name that only the holder of the lock uses: what a killed one left there is
 * overwritten. `queue.lock` is an empty file that stays, and the kernel lets go of it with
 * the process.
 */
#include "app/queue/queue_private.h"

#include "app/session/session.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/near.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static const char FILE_NAME[] = "queue", LOCK_NAME[] = "queue.lock", NEW_NAME[] = "queue.new";

/*
 * Reading
 */

/* The whole file; "" if there is none. */
static int read_text(const char *folder, char *path, size_t n, char **text, size_t *len,
		     struct err *e)
{
	*text = NULL;
	*len = 0;
	if (path_join(path, n, folder, FILE_NAME, e))
		return -1;
	*text = file_exists(path) ? file_read(path, FILE_LOG, len, e) : mem_dup("");
	/* Removed since we looked: nothing was wrong. */
	if (!*text && !file_exists(path)) {
		err_clear(e);
		*text = mem_dup("");
	}
	return *text ? 0 : -1;
}

/* The next line, without its end; NULL after the last. */
static const char *next_line(const char **at, const char *end, size_t *len)
{
	const char *line = *at, *stop;

	if (line >= end)
		return NULL;
	stop = memchr(line, '\n', (size_t)(end - line));
	*len = (size_t)((stop ? stop : end) - line);
	*at = stop ? stop + 1 : end;
	return line;
}

static void add_fault(struct queue *q, const char *path, long line, const char *why)
{
	q->fault = mem_grow(q->fault, (size_t)q->nfaults + 1, sizeof *q->fault);
	q->fault[q->nfaults++] = str_format("%s:%ld: %s", path, line, why);
}

static const struct queue_run *with_key(const struct queue *q, const char *key)
{
	for (int i = 0; i < q->n; i++)
		if (strcmp(q->run[i].key, key) == 0)
			return &q->run[i];
	return NULL;
}

/* A line that reads well: is its session there, and not said before? */
static void add_run(struct queue *q, const char *path, const struct queue_run *r, int *room)
{
	const struct queue_run *twin = with_key(q, r->key);
	char *why = NULL;

	if (twin)
		why = str_format("%s is in line %ld already; the second line means nothing",
				 r->name, twin->line);
	else if (!session_exists(r->dir))
		why = str_format("%s: no session is there (it has no config.yml); put it back, or "
				 "remove the line",
				 r->name);
	if (why) {
		add_fault(q, path, r->line, why);
		free(why);
		return;
	}
	if (q->n == *room) {
		*room = *room ? 2 * *room : 16;
		q->run = mem_grow(q->run, (size_t)*room, sizeof *q->run);
	}
	q->run[q->n++] = *r;
}

int queue_read(struct queue *q, const char *folder, struct err *e)
{
	char path[PATH_LEN], *text;
	const char *at, *line;
	size_t len, n;
	long number = 0;
	int room = 0;

	*q = (struct queue){0};
	snprintf(q->folder, sizeof q->folder, "%s", folder);
	if (read_text(folder, path, sizeof path, &text, &len, e))
		return -1;
	at = text;
	while ((line = next_line(&at, text + len, &n))) {
		struct str why = {0};
		struct queue_run r;

		number++;
		switch (queue_line_read(&r, folder, line, n, &why)) {
		case LINE_OTHER:
			break;
		case LINE_RUN:
			r.line = number;
			add_run(q, path, &r, &room);
			break;
		case LINE_DAMAGED:
			add_fault(q, path, number, why.s);
			break;
		}
		str_free(&why);
	}
	free(text);
	return 0;
}

void queue_say_faults(const struct queue *q, void (*say)(void *ctx, const char *text), void *ctx)
{
	for (int i = 0; i < q->nfaults; i++)
		say(ctx, q->fault[i]);
}

void queue_free(struct queue *q)
{
	for (int i = 0; i < q->nfaults; i++)
		free(q->fault[i]);
	free(q->fault);
	free(q->run);
	*q = (struct queue){0};
}

/* The end of a name after a slash: "lr=0.1" of "study/lr=0.1". */
static bool is_end(const char *name, const char *end)
{
	size_t n = strlen(name), m = strlen(end);

	return m > 0 && n > m && name[n - m - 1] == '/' && strcmp(name + n - m, end) == 0;
}

const struct queue_run *queue_find(const struct queue *q, const char *name, struct err *e)
{
	const struct queue_run *found = NULL;
	struct near near = near_to(name);
	struct err ignored = {0};
	char key[PATH_LEN];
	int ends = 0;

	for (int i = 0; i < q->n; i++)
		if (strcmp(q->run[i].name, name) == 0)
			return &q->run[i];
	if (queue_key(key, sizeof key, name, &ignored) == 0 && with_key(q, key))
		return with_key(q, key);
	for (int i = 0; i < q->n; i++) {
		const struct queue_run *r = &q->run[i];

		near_try(&near, r->name);
		if (is_end(r->name, name)) {
			found = r;
			ends++;
		}
	}
	if (ends == 1)
		return found;
	if (ends > 1)
		err_set(e, "%s: %d runs in the queue end so; name one from its first folder on",
			name, ends);
	else if (near.best)
		err_set(e, "%s is not in the queue; did you mean %s?", name, near.best);
	else
		err_set(e, "%s is not in the queue%s", name, q->n ? "" : ", which is empty");
	return NULL;
}

/*
 * Changing
 */

struct line {
	char *text; /* without its end */
	size_t len;
	char *key; /* of a run; NULL: it is none */
};

struct change {
	const char *folder;
	char path[PATH_LEN];
	struct line *line;
	int n, lock;
};

static void insert(struct change *c, int at, const char *text, size_t len)
{
	struct str ignored = {0};
	struct queue_run r;
	struct line x = {.text = mem_alloc(len + 1, 1), .len = len};

	memcpy(x.text, text, len);
	if (queue_line_read(&r, c->folder, text, len, &ignored) == LINE_RUN)
		x.key = mem_dup(r.key);
	str_free(&ignored);
	c->line = mem_grow(c->line, (size_t)c->n + 1, sizeof *c->line);
	memmove(&c->line[at + 1], &c->line[at], (size_t)(c->n - at) * sizeof *c->line);
	c->line[at] = x;
	c->n++;
}

static void drop(struct change *c, int at)
{
	free(c->line[at].text);
	free(c->line[at].key);
	c->n--;
	memmove(&c->line[at], &c->line[at + 1], (size_t)(c->n - at) * sizeof *c->line);
}

/* Open and locked: nobody else changes the queue. */
static int lock(const char *folder, struct err *e)
{
	char path[PATH_LEN];
	int fd, failed;

	if (path_join(path, sizeof path, folder, LOCK_NAME, e) || file_check_own(path, e))
		return -1;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0666);
	if (fd < 0)
		return err_errno(e, path, "cannot lock the queue");
	do
		failed = flock(fd, LOCK_EX);
	while (failed && errno == EINTR);
	if (!failed)
		return fd;
	err_errno(e, path, "cannot lock the queue");
	close(fd);
	return -1;
}

static void change_end(struct change *c)
{
	while (c->n)
		drop(c, c->n - 1);
	free(c->line);
	if (c->lock >= 0)
		close(c->lock);
}

static int change_begin(struct change *c, const char *folder, struct err *e)
{
	const char *at, *line;
	char *text;
	size_t len, n;

	*c = (struct change){.folder = folder, .lock = lock(folder, e)};
	if (c->lock < 0)
		return -1;
	if (path_join(c->path, sizeof c->path, folder, FILE_NAME, e) ||
	    file_check_own(c->path, e) ||
	    read_text(folder, c->path, sizeof c->path, &text, &len, e)) {
		change_end(c);
		return -1;
	}
	at = text;
	while ((line = next_line(&at, text + len, &n)))
		insert(c, c->n, line, n);
	free(text);
	return 0;
}

/* With the mode of the file it replaces. */
static int write_all(int fd, const char *old, const char *text, size_t len)
{
	struct stat st;

	if (stat(old, &st) == 0 && fchmod(fd, st.st_mode & 0777))
		return -1;
	for (size_t done = 0; done < len;) {
		ssize_t n = write(fd, text + done, len - done);

		if (n < 0 && errno != EINTR)
			return -1;
		done += n > 0 ? (size_t)n : 0;
	}
	return fsync(fd);
}

/* The lines as they are now become the file. */
static int change_store(const struct change *c, struct err *e)
{
	struct str text = {0};
	char path[PATH_LEN];
	int fd, failed = -1;

	if (path_join(path, sizeof path, c->folder, NEW_NAME, e) || file_check_own(path, e))
		return -1;
	for (int i = 0; i < c->n; i++) {
		str_addn(&text, c->line[i].text, c->line[i].len);
		str_add(&text, "\n");
	}
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0666);
	if (fd < 0) {
		err_errno(e, path, "cannot write the queue");
	} else {
		failed = write_all(fd, c->path, str_text(&text), text.len);
		failed = close(fd) || failed || rename(path, c->path) ? -1 : 0;
		if (failed) {
			err_errno(e, path, "cannot write the queue, which is unchanged");
			unlink(path);
		} else {
			failed = dir_sync(c->folder, e);
		}
	}
	str_free(&text);
	return failed;
}

static int find(const struct change *c, const char *key)
{
	for (int i = 0; i < c->n; i++)
		if (c->line[i].key && strcmp(c->line[i].key, key) == 0)
			return i;
	return -1;
}

/* Where runs are added at that end: behind all lines, or before the first run. */
static int end_of(const struct change *c, enum queue_end end)
{
	int at = 0;

	while (end == QUEUE_FIRST && at < c->n && !c->line[at].key)
		at++;
	return end == QUEUE_FIRST && at < c->n ? at : c->n;
}

static int add_one(struct change *c, const char *dir, int seeds, int at, struct err *e)
{
	struct str line = {0};
	char key[PATH_LEN];
	int failed = queue_key(key, sizeof key, dir, e);

	if (!failed && !session_exists(dir))
		failed = err_at(e, dir, 0, 0, "cannot be queued: no session is there");
	if (!failed && find(c, key) >= 0)
		failed =
			err_at(e, dir, 0, 0, "is in the queue already (line %d)", find(c, key) + 1);
	failed = failed || queue_line_write(&line, c->folder, dir, seeds, e);
	if (!failed)
		insert(c, at, line.s, line.len - 1);
	str_free(&line);
	return failed ? -1 : 0;
}

int queue_add_all(const char *folder, const char *const *dir, int n, int seeds, enum queue_end end,
		  struct err *e)
{
	struct change c;
	int failed = 0, at;

	if (make_dirs(folder, e) || change_begin(&c, folder, e))
		return -1;
	at = end_of(&c, end);
	for (int i = 0; i < n && !failed; i++)
		failed = add_one(&c, dir[i], seeds, at + i, e);
	failed = failed || change_store(&c, e) ? -1 : 0;
	change_end(&c);
	return failed;
}

int queue_add(const char *folder, const char *dir, int seeds, enum queue_end end, struct err *e)
{
	return queue_add_all(folder, &dir, 1, seeds, end, e);
}

int queue_remove(const char *folder, const char *dir, bool *was, struct err *e)
{
	char key[PATH_LEN];
	struct change c;
	int failed = 0, n;

	if (was)
		*was = false;
	if (queue_key(key, sizeof key, dir, e))
		return -1;
	if (!file_is_dir(folder)) /* no queue: nothing is made to remove from it */
		return 0;
	if (change_begin(&c, folder, e))
		return -1;
	n = c.n;
	for (int i = find(&c, key); i >= 0; i = find(&c, key))
		drop(&c, i);
	if (c.n < n)
		failed = change_store(&c, e);
	if (was)
		*was = c.n < n && !failed;
	change_end(&c);
	return failed;
}

/* The next line of a run from `at` on in steps of `step`, or -1. */
static int neighbour(const struct change *c, int at, int step)
{
	for (at += step; at >= 0 && at < c->n; at += step)
		if (c->line[at].key)
			return at;
	return -1;
}

int queue_move(const char *folder, const char *dir, int by, struct err *e)
{
	int step = by < 0 ? -1 : 1, at, next, failed = 0;
	char key[PATH_LEN];
	struct change c;
	bool moved = false;

	if (queue_key(key, sizeof key, dir, e) || change_begin(&c, folder, e))
		return -1;
	at = find(&c, key);
	if (at < 0)
		failed = err_at(e, dir, 0, 0, "is not in the queue");
	for (; !failed && by != 0 && (next = neighbour(&c, at, step)) >= 0; by -= step) {
		struct line x = c.line[at];

		c.line[at] = c.line[next];
		c.line[next] = x;
		at = next;
		moved = true;
	}
	if (moved)
		failed = change_store(&c, e);
	change_end(&c);
	return failed;
}
