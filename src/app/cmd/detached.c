/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * DESIGN. The process is started by fork, setsid, fork and exec. Its standard output and error
 * are one pipe, on which its number comes first, then text, then a NUL and how it went on: BEGUN
 * and the session's folder with a NUL, or ENDED and the exit status. Without that NUL the end of
 * the pipe means that it was killed. What is handed to it is its standard input, an unnamed file.
 */
#define _GNU_SOURCE /* memfd_create, environ */
#include "app/cmd/detached.h"

#include "app/cmd/commands.h"
#include "app/queue/queue.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/plain.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define ASKED "MIUST_DETACHED" /* in its environment, until it has read it */

enum { BEGUN = 'B', ENDED = 'E' };

/* main has asked, so it is one that would run what is started. */
static bool is_such_program;

/* ---- its command line ---- */

struct words {
	char **at; /* [n], then NULL */
	int n;
};

static void add_owned(struct words *w, char *word)
{
	w->at = mem_grow(w->at, (size_t)w->n + 2, sizeof *w->at);
	w->at[w->n++] = word;
	w->at[w->n] = NULL;
}

static void add(struct words *w, const char *word)
{
	add_owned(w, mem_dup(word));
}

static void add_number(struct words *w, const char *flag, int n)
{
	add(w, flag);
	add_owned(w, str_format("%d", n));
}

static void add_hooks(struct words *w, const struct hooks *h)
{
	for (int i = 0; h && i < h->n; i++) {
		if (!h->at[i].argv && !h->at[i].rule)
			continue;
		add(w, "--on");
		add(w, h->at[i].line);
	}
}

static void add_train(struct words *w, const struct job_options *o, int jobs)
{
	add(w, "train");
	if (jobs > 1)
		add_number(w, "--jobs", jobs);
	for (int i = 0; i < o->nfolds; i++)
		add_number(w, "--fold", o->fold[i]);
	if (o->seeds > 1)
		add_number(w, "--seeds", o->seeds);
	if (o->skip_bad)
		add(w, "--skip-bad");
}

static bool is_queued(const struct job_options *o)
{
	return !o->config && queue_seeds(QUEUE_FOLDER, o->session) > 0;
}

int detached_check_folds(const struct job_options *o, int folds, struct err *e)
{
	struct str session = {0};

	if (folds <= 1 || !is_queued(o))
		return 0;
	str_add_quoted(&session, o->session);
	err_set(e,
		"%s is in the queue, which trains one fold of a run at a time; take it out first: "
		"miust queue remove %s",
		o->session, session.s);
	str_free(&session);
	return -1;
}

static void words_of(struct words *w, const struct detached_run *run)
{
	const struct job_options *o = &run->job;
	bool queued = is_queued(o);

	add(w, "miust");
	if (queued)
		add(w, "queue"), add(w, "run");
	else
		add_train(w, o, run->folds);
	if (o->threads > 0)
		add_number(w, "--threads", o->threads);
	add_hooks(w, run->hooks);
	if (!o->config && !queued)
		add(w, "--resume"), add(w, "--session");
	else
		add(w, "--");
	add(w, o->config ? o->config : o->session);
}

/* ---- starting ---- */

/* All that the new process needs, made before the fork: nothing may be allocated after it. */
struct launch {
	struct words argv;
	char **env;
	int input, output; /* its own ends */
};

static void prepare(struct launch *l, const struct detached_run *run)
{
	int vars = 0;

	words_of(&l->argv, run);
	while (environ[vars])
		vars++;
	l->env = mem_alloc((size_t)vars + 2, sizeof *l->env);
	memcpy(l->env, environ, (size_t)vars * sizeof *l->env);
	l->env[vars] = mem_dup(ASKED "=1");
}

static void launch_free(struct launch *l)
{
	int last = 0;

	for (int i = 0; i < l->argv.n; i++)
		free(l->argv.at[i]);
	while (l->env && l->env[last])
		last++;
	if (last)
		free(l->env[last - 1]);
	free(l->argv.at);
	free(l->env);
	if (l->input >= 0)
		close(l->input);
	if (l->output >= 0)
		close(l->output);
}

static int input_of(const char *handed)
{
	size_t n = handed ? strlen(handed) : 0;
	int fd = n ? memfd_create("handed", MFD_CLOEXEC) : open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (fd >= 0 && n && (write(fd, handed, n) != (ssize_t)n || lseek(fd, 0, SEEK_SET) != 0)) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Between fork and exec. */
static _Noreturn void become(const struct launch *l)
{
	pid_t pid = getpid();
	sigset_t none;

	for (int i = 1; i < NSIG; i++)
		signal(i, SIG_DFL);
	sigemptyset(&none);
	if (write(l->output, &pid, sizeof pid) == sizeof pid && dup2(l->input, STDIN_FILENO) >= 0 &&
	    dup2(l->output, STDOUT_FILENO) >= 0 && dup2(l->output, STDERR_FILENO) >= 0 &&
	    sigprocmask(SIG_SETMASK, &none, NULL) == 0) {
		close_range(STDERR_FILENO + 1, ~0U, 0); /* what our parents have left open */
		execve("/proc/self/exe", l->argv.at, l->env);
	}
	_exit(126);
}

static _Noreturn void leave_terminal(const struct launch *l)
{
	if (setsid() < 0)
		_exit(1);
	switch (fork()) {
	case -1:
		_exit(1);
	case 0:
		become(l);
	default:
		_exit(0);
	}
}

static int start(const struct launch *l)
{
	pid_t between = fork();
	int status;

	if (between == 0)
		leave_terminal(l);
	if (between < 0)
		return -1;
	while (waitpid(between, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	errno = EAGAIN; /* what keeps a process from being made, as a rule */
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

int detached_start(struct detached *d, const struct detached_run *run, struct err *e)
{
	struct launch l = {.input = input_of(run->handed), .output = -1};
	int ends[2], failed = -1;

	*d = (struct detached){.output = -1};
	if (!is_such_program) {
		close(l.input);
		return err_set(e, "this program cannot train in a process of its own");
	}
	prepare(&l, run);
	if (l.input >= 0 && pipe2(ends, O_CLOEXEC) == 0) {
		l.output = ends[1];
		d->output = ends[0];
		fflush(NULL);
		failed = start(&l) || read(d->output, &d->pid, sizeof d->pid) != sizeof d->pid;
		fcntl(d->output, F_SETFL, O_NONBLOCK);
	}
	if (failed) {
		err_errno(e, run->job.config ? run->job.config : run->job.session,
			  "cannot start a process for it");
		detached_free(d);
	}
	launch_free(&l);
	return failed ? -1 : 0;
}

/* ---- what it says ---- */

static void no_longer_starts(struct detached *d, enum detached_state state, int status)
{
	d->state = state;
	d->status = status;
	close(d->output);
	d->output = -1;
}

/* The NUL, if it is there with what follows it, or the end without one. */
static void find_end(struct detached *d, bool over)
{
	const char *text = str_text(&d->said), *nul = memchr(text, '\0', d->said.len);
	size_t after = nul ? d->said.len - (size_t)(nul - text) - 1 : 0;

	if (after >= 2 && nul[1] == BEGUN && memchr(nul + 2, '\0', after - 1)) {
		str_fit(d->session, sizeof d->session, nul + 2);
		no_longer_starts(d, DETACHED_TRAINS, 0);
	} else if (after >= 2 && nul[1] == ENDED) {
		no_longer_starts(d, DETACHED_ENDED, (unsigned char)nul[2]);
	} else if (over) {
		no_longer_starts(d, DETACHED_ENDED, EXIT_FAILED);
	}
	if (d->state != DETACHED_STARTS && nul) {
		d->said.len = (size_t)(nul - text);
		d->said.s[d->said.len] = '\0';
	}
	if (over && !nul && !d->said.len)
		str_addf(&d->said, "miust: process %ld was ended before it began\n", (long)d->pid);
}

void detached_turn(struct detached *d)
{
	char bytes[4096];
	ssize_t n;

	while (d->state == DETACHED_STARTS && d->output >= 0) {
		n = read(d->output, bytes, sizeof bytes);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return;
		str_addn(&d->said, bytes, (size_t)n);
		find_end(d, n == 0);
	}
}

/* The last line begins here. */
static const char *last_line(const struct detached *d)
{
	const char *text = str_text(&d->said), *end = text + strlen(text);

	while (end > text && end[-1] == '\n')
		end--;
	while (end > text && end[-1] != '\n')
		end--;
	return end;
}

static const char said_by[] = "miust: "; /* messages begin so */

void detached_why(const struct detached *d, char *text, size_t n)
{
	const char *line = last_line(d);

	if (strncmp(line, said_by, strlen(said_by)) == 0)
		line += strlen(said_by);
	str_fit(text, n, line);
	text[strcspn(text, "\n")] = '\0';
}

/* ---- waiting for it ---- */

static volatile sig_atomic_t passed_to, passed; /* the process; the last signal, 0: none */

static void pass_on(int number)
{
	passed = number;
	kill(passed_to, number);
}

/* What has not been printed, but for the last line: that may be why it ends. What are no messages
 * are the figures of a run that is finished. */
static size_t print(const struct detached *d, size_t printed)
{
	const char *text = str_text(&d->said);
	bool ended_badly = d->state == DETACHED_ENDED && d->status;
	bool last = d->state == DETACHED_STARTS || ended_badly; /* is kept */
	size_t end = last ? (size_t)(last_line(d) - text) : strlen(text);

	while (printed < end) {
		const char *line = text + printed, *stop = memchr(line, '\n', end - printed);
		size_t n = stop ? (size_t)(stop - line) + 1 : end - printed;

		fwrite(line, 1, n, strncmp(line, said_by, strlen(said_by)) == 0 ? stderr : stdout);
		printed += n;
	}
	return printed;
}

int detached_wait(struct detached *d, struct err *e)
{
	static const int signals[] = {SIGINT, SIGQUIT, SIGTERM};
	enum { SIGNALS = sizeof signals / sizeof *signals };
	struct sigaction to = {.sa_handler = pass_on}, before[SIGNALS];
	size_t printed = 0;
	char why[sizeof e->text];

	passed = 0;
	passed_to = d->pid;
	for (int i = 0; i < SIGNALS; i++)
		sigaction(signals[i], &to, &before[i]);
	while (d->state == DETACHED_STARTS) {
		struct pollfd p = {.fd = d->output, .events = POLLIN};

		if (poll(&p, 1, -1) > 0)
			detached_turn(d);
		printed = print(d, printed);
	}
	for (int i = 0; i < SIGNALS; i++)
		sigaction(signals[i], &before[i], NULL);
	if (d->state == DETACHED_TRAINS || !d->status)
		return 0;
	detached_why(d, why, sizeof why);
	err_set(e, "%s", why);
	e->status = passed ? 128 + passed : d->status;
	return -1;
}

void detached_free(struct detached *d)
{
	if (d->output >= 0 && d->state == DETACHED_STARTS)
		close(d->output);
	str_free(&d->said);
	*d = (struct detached){.output = -1, .state = DETACHED_ENDED};
}

/* ---- in the process itself ---- */

static bool is_detached, has_begun;
static struct str kept; /* lines, until it has begun */

bool detached_asked(void)
{
	is_such_program = true;
	return getenv(ASKED) != NULL;
}

/* The last that comes over the pipe. */
static void tell(const char *what, size_t n)
{
	ssize_t ignored;

	fflush(NULL);
	ignored = write(STDERR_FILENO, what, n);
	(void)ignored; /* whoever started us has gone: it goes on */
}

int detached_main(int argc, char **argv)
{
	static const struct command *const commands[] = {&cmd_train, &cmd_queue_run, NULL};
	static const struct program program = {.name = "miust", .commands = commands};
	int status;

	unsetenv(ASKED); /* no hook is one */
	prctl(PR_SET_NAME, program.name);
	is_detached = true;
	status = cli_main(&program, argc, argv);
	if (!has_begun)
		tell((const char[]){'\0', ENDED, (char)status}, 3);
	return status;
}

char *detached_handed(void)
{
	char bytes[4096];
	struct str text = {0};
	ssize_t n;
	int null;

	if (!is_detached)
		return NULL;
	while ((n = read(STDIN_FILENO, bytes, sizeof bytes)) > 0)
		str_addn(&text, bytes, (size_t)n);
	null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (null >= 0)
		dup2(null, STDIN_FILENO);
	if (null > STDIN_FILENO)
		close(null);
	return text.s;
}

/* Where its output goes: if not there, nowhere, for nobody reads the pipe any longer. */
static int output_of(const char *session)
{
	char path[PATH_LEN];
	struct err e = {0};
	int fd = -1;

	if (path_join(path, sizeof path, session, DETACHED_OUTPUT, &e) == 0 &&
	    file_check_own(path, &e) == 0) {
		fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666);
		if (fd < 0)
			err_errno(&e, path, "cannot be written, so what this process says is lost");
	}
	if (fd >= 0)
		return fd;
	cli_message("%s", e.text);
	return open("/dev/null", O_WRONLY | O_CLOEXEC);
}

void detached_keep(const char *text)
{
	if (is_detached && !has_begun)
		str_addf(&kept, "miust: %s\n", text);
}

bool detached_is(void)
{
	return is_detached;
}

void detached_begun(const char *session)
{
	char told[PATH_LEN + 3] = {'\0', BEGUN};
	int fd;

	if (!is_detached || has_begun)
		return;
	has_begun = true;
	fd = output_of(session);
	str_fit(told + 2, PATH_LEN, session);
	tell(told, strlen(session) + 3);
	dup2(fd, STDOUT_FILENO);
	dup2(fd, STDERR_FILENO);
	close(fd);
	fputs(str_text(&kept), stderr);
	str_free(&kept);
}
