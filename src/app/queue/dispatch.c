/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * DESIGN: one thread that waits in ppoll(2) for what the children print and for signals.
 *
 * The signals are blocked but while it waits, so none is missed between looking and
 * waiting. A child is started by fork and exec, since only code between the two can ask
 * to be told of our death (PR_SET_PDEATHSIG); nothing there allocates or locks.
 */
#define _GNU_SOURCE /* ppoll */
#include "app/queue/dispatch.h"

#include "app/session/session_state.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/str.h"
#include "base/util.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	LOOK_EVERY = 1000, /* ms: for new lines, while fewer run than may */
	BUSY_MOST = 3,     /* times that a run may be found to be another's before we give it up */
};

struct stream {
	int fd; /* -1: closed */
	struct str line;
	bool result;
};

struct child {
	pid_t pid; /* 0: none */
	struct queue_run run;
	char name[PATH_LEN]; /* for its lines */
	int threads;
	struct stream out, err;
	char why[512]; /* its last message */
};

struct busy {
	char key[PATH_LEN];
	int times;
};

struct crew {
	const struct dispatch *d;
	struct dispatch_end *end;
	struct child *child; /* [d->jobs] */
	struct pollfd *poll; /* [2 d->jobs] */
	struct busy *busy;
	int nbusy;
	bool began;              /* its first children */
	sigset_t before;         /* what was blocked */
	int told[PROCESS_STOPS]; /* how many signals were passed on */
};

/*
 * Signals
 */

/* The first signal; how many of each came. */
static volatile sig_atomic_t got, times[PROCESS_STOPS];

static void on_stop(int number)
{
	if (!got)
		got = number;
	for (int i = 0; i < PROCESS_STOPS; i++)
		times[i] += process_stops[i].number == number;
}

static void on_child(int number)
{
	(void)number; /* it only ends the wait */
}

struct kept_signals {
	struct sigaction stop[PROCESS_STOPS], child;
};

/* Those that are ignored on purpose stay so. */
static void take_signals(struct kept_signals *kept, sigset_t *before)
{
	struct sigaction stop = {.sa_handler = on_stop}, child = {.sa_handler = on_child};
	sigset_t all;

	got = 0;
	for (int i = 0; i < PROCESS_STOPS; i++)
		times[i] = 0;
	sigemptyset(&all);
	sigaddset(&all, SIGCHLD);
	sigaction(SIGCHLD, &child, &kept->child);
	for (int i = 0; i < PROCESS_STOPS; i++) {
		int number = process_stops[i].number;

		sigaction(number, NULL, &kept->stop[i]);
		if (kept->stop[i].sa_handler == SIG_IGN)
			continue;
		sigaction(number, &stop, NULL);
		sigaddset(&all, number);
	}
	sigprocmask(SIG_BLOCK, &all, before);
}

static void give_signals(const struct kept_signals *kept, const sigset_t *before)
{
	sigaction(SIGCHLD, &kept->child, NULL);
	for (int i = 0; i < PROCESS_STOPS; i++)
		sigaction(process_stops[i].number, &kept->stop[i], NULL);
	sigprocmask(SIG_SETMASK, before, NULL);
}

/*
 * Starting
 */

static char **arguments(const struct dispatch *d, const struct child *c)
{
	char **argv = mem_alloc((size_t)d->nmore + 8, sizeof *argv);
	int n = 0;

	argv[n++] = mem_dup("miust");
	argv[n++] = mem_dup("queue");
	argv[n++] = mem_dup("run");
	argv[n++] = mem_dup("--threads");
	argv[n++] = str_format("%d", c->threads);
	for (int i = 0; i < d->nmore; i++)
		argv[n++] = mem_dup(d->more[i]);
	argv[n++] = mem_dup("--");
	argv[n++] = mem_dup(c->run.dir);
	return argv;
}

/* Between fork and exec. A signal that comes meanwhile ends it. */
static _Noreturn void become(const struct crew *w, const char *program, char **argv, int out,
			     int err, pid_t parent)
{
	int null = open("/dev/null", O_RDONLY);

	setpgid(0, 0);
	for (int i = 0; i < PROCESS_STOPS; i++) {
		struct sigaction now;

		if (sigaction(process_stops[i].number, NULL, &now) == 0 &&
		    now.sa_handler != SIG_IGN)
			signal(process_stops[i].number, SIG_DFL);
	}
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() == parent && null >= 0 && dup2(null, STDIN_FILENO) >= 0 &&
	    dup2(out, STDOUT_FILENO) >= 0 && dup2(err, STDERR_FILENO) >= 0 &&
	    sigprocmask(SIG_SETMASK, &w->before, NULL) == 0)
		execv(program, argv);
	_exit(126);
}

/* Ends that no other child inherits; ours does not block. */
static int open_pipe(int ends[2])
{
	if (pipe(ends))
		return -1;
	for (int i = 0; i < 2; i++)
		fcntl(ends[i], F_SETFD, FD_CLOEXEC);
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	return 0;
}

static int start(struct crew *w, struct child *c, struct err *e)
{
	int out[2] = {-1, -1}, err[2] = {-1, -1};
	char **argv = arguments(w->d, c);
	pid_t parent = getpid();

	if (open_pipe(out) == 0 && open_pipe(err) == 0) {
		c->pid = fork();
		if (c->pid == 0)
			become(w, w->d->program, argv, out[1], err[1], parent);
	} else {
		c->pid = -1;
	}
	if (c->pid < 0) {
		err_errno(e, c->run.name, "cannot start a program for it");
		c->pid = 0;
	}
	for (int i = c->pid ? 1 : 0; i < 2; i++) {
		if (out[i] >= 0)
			close(out[i]);
		if (err[i] >= 0)
			close(err[i]);
	}
	c->out = (struct stream){.fd = c->pid ? out[0] : -1, .result = true};
	c->err = (struct stream){.fd = c->pid ? err[0] : -1};
	c->why[0] = '\0';
	for (char **a = argv; *a; a++)
		free(*a);
	free(argv);
	return c->pid ? 0 : -1;
}

static int running(const struct crew *w)
{
	int n = 0;

	for (int i = 0; i < w->d->jobs; i++)
		n += w->child[i].pid != 0;
	return n;
}

/* Its part of the threads: those that are free, shared by the places that are. */
static int share(const struct crew *w)
{
	int left = w->d->threads, places = w->d->jobs - running(w);

	for (int i = 0; i < w->d->jobs; i++)
		left -= w->child[i].pid ? w->child[i].threads : 0;
	return max_int(left / max_int(places, 1), 1);
}

/* The next run that nobody has, and that we have not begun a moment ago. */
static int next_run(const struct crew *w, struct queue_run *run, bool *found, struct err *e)
{
	struct queue_passed not = {0};
	int failed;

	for (int i = 0; i < w->end->failed.n; i++)
		queue_pass(&not, w->end->failed.at[i].dir, "");
	for (int i = 0; i < w->end->stopped.n; i++)
		queue_pass(&not, w->end->stopped.at[i].dir, "");
	for (int i = 0; i < w->d->jobs; i++)
		if (w->child[i].pid)
			queue_pass(&not, w->child[i].run.dir, "");
	failed = queue_next(w->d->folder, &not, w->began ? 0 : w->d->jobs * w->d->place, run, found,
			    e);
	queue_passed_free(&not );
	return failed;
}

static void name_lines(const struct crew *w, struct child *c)
{
	struct err ignored = {0};
	struct queue q;
	bool read = queue_read(&q, w->d->folder, &ignored) == 0;

	str_fit(c->name, sizeof c->name, read ? queue_short(&q, &c->run) : c->run.name);
	queue_free(&q);
}

static int fill(struct crew *w, struct err *e)
{
	for (int i = 0; i < w->d->jobs; i++) {
		struct child *c = &w->child[i];
		bool found;

		if (c->pid)
			continue;
		if (next_run(w, &c->run, &found, e))
			return -1;
		if (!found)
			return 0;
		c->threads = share(w);
		name_lines(w, c);
		if (start(w, c, e))
			return -1;
	}
	return 0;
}

/*
 * What they say, and how they end
 */

static void say(const struct crew *w, struct child *c, struct stream *s)
{
	const char *text = str_text(&s->line);

	if (strncmp(text, "miust: ", strlen("miust: ")) == 0)
		text += strlen("miust: ");
	if (!s->result)
		str_fit(c->why, sizeof c->why, text);
	if (s->line.len)
		w->d->line(w->d->ctx, c->name, text, s->result);
	str_reset(&s->line);
}

static void take(const struct crew *w, struct child *c, struct stream *s)
{
	char bytes[4096];
	ssize_t n;

	while (s->fd >= 0 && (n = read(s->fd, bytes, sizeof bytes)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return;
		for (ssize_t i = 0; i < n; i++) {
			if (bytes[i] == '\n')
				say(w, c, s);
			else
				str_addn(&s->line, &bytes[i], 1);
		}
	}
	if (s->fd >= 0)
		close(s->fd); /* its end */
	s->fd = -1;
}

static void stream_end(const struct crew *w, struct child *c, struct stream *s)
{
	take(w, c, s);
	if (s->line.len)
		say(w, c, s);
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
	str_free(&s->line);
}

/* Has its end left the run in the queue? */
static bool is_queued(const struct crew *w, const struct queue_run *r)
{
	struct err ignored = {0};
	struct queue q;
	bool is = false;

	if (queue_read(&q, w->d->folder, &ignored))
		return true;
	for (int i = 0; i < q.n; i++)
		is |= strcmp(q.run[i].key, r->key) == 0;
	queue_free(&q);
	return is;
}

/* It ended well and its run is not finished: another program has it. Whoever that is
 * has it for good, or leaves it to us the next time; not for ever, though. */
static void pass_busy(struct crew *w, const struct child *c)
{
	struct busy *b = NULL;

	for (int i = 0; i < w->nbusy; i++)
		if (strcmp(w->busy[i].key, c->run.key) == 0)
			b = &w->busy[i];
	if (!b) {
		w->busy = mem_grow(w->busy, (size_t)w->nbusy + 1, sizeof *w->busy);
		b = &w->busy[w->nbusy++];
		*b = (struct busy){0};
		memcpy(b->key, c->run.key, sizeof b->key);
	}
	if (++b->times >= BUSY_MOST)
		queue_pass(&w->end->failed, c->run.dir, "another program writes it all the time");
}

/* Another program has finished it between our look and the child's. */
static bool is_finished(const struct queue_run *r)
{
	struct err ignored = {0};
	bool finished = false;

	return session_finished(r->dir, r->seeds, &finished, &ignored) == 0 && finished;
}

static void judge(struct crew *w, struct child *c, int status)
{
	int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;

	if (code == EXIT_DIVERGED) {
		w->end->diverged++;
	} else if (code == 0 && is_queued(w, &c->run)) {
		pass_busy(w, c);
	} else if (code == 0) {
		w->end->finished++;
	} else if (code == EXIT_STOPPED) {
		queue_pass(&w->end->stopped, c->run.dir, c->why);
	} else if (got && (code > 128 || code < 0)) {
		return; /* by us */
	} else if (!is_finished(&c->run)) {
		if (code < 0)
			snprintf(c->why, sizeof c->why, "was ended by signal %d", WTERMSIG(status));
		else if (!c->why[0])
			snprintf(c->why, sizeof c->why, "ended with status %d", code);
		queue_pass(&w->end->failed, c->run.dir, c->why);
	}
}

static void reap(struct crew *w)
{
	for (int i = 0; i < w->d->jobs; i++) {
		struct child *c = &w->child[i];
		int status;

		if (!c->pid || waitpid(c->pid, &status, WNOHANG) != c->pid)
			continue;
		stream_end(w, c, &c->err); /* what it said on the way to its results */
		stream_end(w, c, &c->out);
		c->pid = 0;
		judge(w, c, status);
	}
}

static void wait_for_them(struct crew *w)
{
	bool may_start = running(w) < w->d->jobs && !got;
	struct timespec look = {LOOK_EVERY / 1000, LOOK_EVERY % 1000 * 1000000L};
	nfds_t n = 0;

	for (int i = 0; i < w->d->jobs; i++) {
		const struct child *c = &w->child[i];

		if (c->pid && c->out.fd >= 0)
			w->poll[n++] = (struct pollfd){.fd = c->out.fd, .events = POLLIN};
		if (c->pid && c->err.fd >= 0)
			w->poll[n++] = (struct pollfd){.fd = c->err.fd, .events = POLLIN};
	}
	ppoll(w->poll, n, may_start ? &look : NULL, &w->before);
	for (int i = 0; i < w->d->jobs; i++) {
		struct child *c = &w->child[i];

		if (c->pid) {
			take(w, c, &c->err);
			take(w, c, &c->out);
		}
	}
}

static void pass_to_all(const struct crew *w, int number)
{
	for (int i = 0; i < w->d->jobs; i++)
		if (w->child[i].pid)
			kill(w->child[i].pid, number);
}

/* Each signal as often as it came: they know which of them end a run at once. */
static void pass_on(struct crew *w)
{
	for (int i = 0; i < PROCESS_STOPS; i++)
		for (; w->told[i] < times[i]; w->told[i]++)
			pass_to_all(w, process_stops[i].number);
}

static int until_done(struct crew *w, struct err *e)
{
	int failed = 0;

	for (;;) {
		if (!got && !failed && fill(w, e)) {
			failed = -1;
			on_stop(SIGTERM); /* what runs is stored */
		}
		if (!running(w))
			return failed;
		w->began = true;
		pass_on(w);
		wait_for_them(w);
		reap(w);
	}
}

static int count_left(const struct dispatch *d)
{
	struct err ignored = {0};
	struct queue q;
	int n;

	if (queue_read(&q, d->folder, &ignored))
		return 0;
	n = q.n;
	queue_free(&q);
	return n;
}

int dispatch_run(const struct dispatch *d, struct dispatch_end *end, struct err *e)
{
	struct crew w = {.d = d, .end = end};
	struct kept_signals kept;
	int failed;

	*end = (struct dispatch_end){0};
	w.child = mem_alloc((size_t)d->jobs, sizeof *w.child);
	w.poll = mem_alloc((size_t)d->jobs * 2, sizeof *w.poll);
	take_signals(&kept, &w.before);
	failed = until_done(&w, e);
	give_signals(&kept, &w.before);
	end->signal = failed ? 0 : got;
	end->left = count_left(d);
	free(w.busy);
	free(w.poll);
	free(w.child);
	return failed;
}
