/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * run: run test programs, several at a time, and count.
 *
 *	run [-j JOBS] [-t SECONDS] PROGRAM...
 *
 * JOBS run at a time, else half as many again as there are cores. They begin in the order
 * given, so the longest should come first; each is reported, whole, when it has ended, with
 * the time that passed, and the CPU time of it and of what it waited for. A program prints
 * lines "ok NAME", "not ok NAME" or "skip NAME: why" (tests/test.h); one that dies, or
 * has not ended after SECONDS (600), counts as one failure; the latter is said with the
 * last that was ok. The last line is "N passed, N failed"; the exit status is 0 if none
 * failed.
 *
 * Each program has a session of its own and no terminal; its standard input is /dev/null,
 * signals have their default effect in it.
 * What it leaves running in its process group is killed, and with ^C so is everything.
 */
#define _GNU_SOURCE /* memfd_create, CPU_COUNT */

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { GRACE = 10 }; /* seconds between SIGTERM and SIGKILL */

struct job {
	const char *program;
	pid_t pid;          /* 0: nothing runs here */
	int log;            /* what it prints, on both streams */
	double began, term; /* seconds; term: when it was sent SIGTERM, 0: was not */
};

static long passed, failed, skipped;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void die(const char *what)
{
	perror(what);
	exit(2);
}

static void start(struct job *j, const char *program)
{
	sigset_t none;
	int null;

	*j = (struct job){.program = program, .began = now()};
	j->log = memfd_create("log", MFD_CLOEXEC);
	if (j->log < 0)
		die("run: memfd_create");
	j->pid = fork();
	if (j->pid < 0)
		die("run: fork");
	if (j->pid)
		return;
	setsid();
	null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	dup2(null, STDIN_FILENO);
	dup2(j->log, STDOUT_FILENO);
	dup2(j->log, STDERR_FILENO);
	for (int i = 1; i < NSIG; i++)
		signal(i, SIG_DFL); /* nohup and & leave some ignored */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execl(program, program, (char *)NULL);
	perror(program);
	_exit(errno == ENOENT ? 127 : 126);
}

static bool begins(const char *line, const char *with)
{
	return strncmp(line, with, strlen(with)) == 0;
}

static double seconds(struct timeval t)
{
	return (double)t.tv_sec + 1e-6 * (double)t.tv_usec;
}

/* Count its lines and print those worth reading. status, used: as wait4 has them. */
static void report(struct job *j, int status, const struct rusage *used)
{
	int code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	long pass = 0, fail = 0, skip = 0;
	char *line = NULL, last[128] = "";
	size_t size = 0;
	FILE *log;
	bool bad;

	lseek(j->log, 0, SEEK_SET);
	log = fdopen(j->log, "r");
	if (!log)
		die("run: fdopen");
	while (getline(&line, &size, log) > 0) {
		pass += begins(line, "ok ");
		fail += begins(line, "not ok ");
		skip += begins(line, "skip ");
		if (begins(line, "ok "))
			snprintf(last, sizeof last, ", after %.*s", (int)strcspn(line, "\n"), line);
	}
	bad = fail || code || j->term;
	if (bad)
		printf("FAIL %s", j->program);
	else
		printf("pass %s (%ld)", j->program, pass);
	printf(", %.0f s, %.0f s of CPU\n", now() - j->began,
	       seconds(used->ru_utime) + seconds(used->ru_stime));
	rewind(log);
	while (getline(&line, &size, log) > 0) {
		line[strcspn(line, "\n")] = '\0';
		if (bad ? !begins(line, "ok ") : begins(line, "skip "))
			printf("%s%s\n", bad ? "    " : "", line);
	}
	if (j->term)
		printf("    not ok %s: it did not end within %.0f s%s\n", j->program,
		       j->term - j->began, last);
	else if (bad && !fail)
		printf("    not ok %s: exit status %d\n", j->program, code);
	fflush(stdout);
	free(line);
	fclose(log);
	passed += pass, failed += fail ? fail : bad, skipped += skip;
}

static void signal_group(const struct job *j, int number)
{
	if (kill(-j->pid, number) != 0)
		kill(j->pid, number); /* before it has its session */
}

/* Whoever has ended is reported, and nothing that it started is left; whoever hangs is
 * ended. How many run still? */
static int turn(struct job *jobs, int n, double limit)
{
	int running = 0, status;

	for (int i = 0; i < n; i++) {
		struct job *j = &jobs[i];
		siginfo_t ended = {0};
		struct rusage used;

		if (!j->pid)
			continue;
		/* It is reaped after its group was killed: till then the number is its own. */
		waitid(P_PID, (id_t)j->pid, &ended, WEXITED | WNOHANG | WNOWAIT);
		if (ended.si_pid) {
			kill(-j->pid, SIGKILL);
			wait4(j->pid, &status, 0, &used);
			report(j, status, &used);
			j->pid = 0;
			continue;
		}
		running++;
		if (!j->term && now() - j->began > limit) {
			j->term = now();
			signal_group(j, SIGTERM);
		} else if (j->term && now() - j->term > GRACE) {
			signal_group(j, SIGKILL);
		}
	}
	return running;
}

/* A signal asked for it: no more reports. Scripts may clean up first. */
static _Noreturn void stop(struct job *jobs, int n, int number)
{
	double began = now();

	for (int i = 0; i < n; i++)
		if (jobs[i].pid)
			signal_group(&jobs[i], SIGTERM);
	for (int i = 0; i < n; i++) {
		const struct timespec moment = {.tv_nsec = 10000000};

		if (!jobs[i].pid)
			continue;
		while (waitpid(jobs[i].pid, NULL, WNOHANG) == 0 && now() - began < GRACE)
			nanosleep(&moment, NULL);
		signal_group(&jobs[i], SIGKILL);
	}
	exit(128 + number);
}

/* Half as many again as there are cores: many a test waits for another process. */
static int usual(void)
{
	cpu_set_t set;
	int cores = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;

	return cores + cores / 2;
}

static double positive(const char *text)
{
	char *end;
	double x = strtod(text, &end);

	if (end == text || *end || !(x > 0)) {
		fprintf(stderr, "run: %s: expected a number above 0\n", text);
		exit(2);
	}
	return x;
}

int main(int argc, char **argv)
{
	const struct timespec second = {.tv_sec = 1};
	int n = usual(), option, number;
	sigset_t ours;
	double limit = 600;
	struct job *jobs;

	while ((option = getopt(argc, argv, "j:t:")) != -1) {
		if (option == 'j')
			n = (int)positive(optarg);
		else if (option == 't')
			limit = positive(optarg);
		else
			return 2;
	}
	jobs = calloc((size_t)n, sizeof *jobs);
	if (!jobs)
		die("run");
	sigemptyset(&ours);
	sigaddset(&ours, SIGCHLD);
	sigaddset(&ours, SIGHUP);
	sigaddset(&ours, SIGINT);
	sigaddset(&ours, SIGTERM);
	signal(SIGCHLD, SIG_DFL); /* it may be ignored */
	sigprocmask(SIG_BLOCK, &ours, NULL);
	while (turn(jobs, n, limit) || optind < argc) {
		for (int i = 0; i < n && optind < argc; i++)
			if (!jobs[i].pid)
				start(&jobs[i], argv[optind++]);
		number = sigtimedwait(&ours, NULL, &second);
		if (number > 0 && number != SIGCHLD)
			stop(jobs, n, number);
	}
	free(jobs);
	if (skipped)
		printf("%ld skipped\n", skipped);
	printf("%ld passed, %ld failed\n", passed, failed);
	return failed > 0;
}
