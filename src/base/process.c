/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/process.h"

#include "base/err.h"
#include "base/mapped.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

extern char **environ;

const struct process_stop process_stops[PROCESS_STOPS] = {
	{SIGINT, "SIGINT"},   {SIGTERM, "SIGTERM"}, {SIGHUP, "SIGHUP"},
	{SIGUSR1, "SIGUSR1"}, {SIGUSR2, "SIGUSR2"},
};

/* What Open MPI, srun and MPICH say in the environment. */
static const struct {
	const char *size, *rank;
} together[] = {
	{"OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK"},
	{"SLURM_STEP_NUM_TASKS", "SLURM_PROCID"},
	{"PMI_SIZE", "PMI_RANK"},
};

int process_together(int *place)
{
	int at = 0, n = 0;

	for (size_t i = 0; i < sizeof together / sizeof together[0] && n < 2; i++) {
		const char *size = getenv(together[i].size), *rank = getenv(together[i].rank);

		n = size && rank ? atoi(size) : 0;
		at = n > 1 ? atoi(rank) : 0;
	}
	if (place)
		*place = at > 0 && at < n ? at : 0;
	return n > 1 ? n : 1;
}

const char *process_stop_name(int number)
{
	for (int i = 0; i < PROCESS_STOPS; i++)
		if (process_stops[i].number == number)
			return process_stops[i].name;
	return "a signal";
}

bool process_stop_comes(struct process_stops_come *c, int number, double now)
{
	for (int i = 0; i < PROCESS_STOPS; i++) {
		if (process_stops[i].number != number)
			continue;
		if (c->came[i])
			return number != SIGHUP && now - c->at[i] > 1;
		c->came[i] = true;
		c->at[i] = now;
	}
	return false;
}

/* open takes the lowest number that is free, which is the closed one. */
static void fill_descriptors(void)
{
	for (int fd = 0; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF && open("/dev/null", O_RDWR) != fd)
			_exit(EXIT_FAILED); /* nowhere to say it */
}

static bool limited(int resource)
{
	struct rlimit limit;

	return getrlimit(resource, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
}

bool process_space_limited(void)
{
	return limited(RLIMIT_AS) || limited(RLIMIT_DATA);
}

bool process_path(char *out, size_t n)
{
	ssize_t len = readlink("/proc/self/exe", out, n);

	if (len <= 0 || (size_t)len >= n)
		return false;
	out[len] = '\0';
	return true;
}

/* No loop: the second time the value is 1. Where it fails, all goes on as it is. */
static void start_again(char **argv)
{
	static const char key[] = "OPENBLAS_NUM_THREADS";
	const char *threads = getenv(key);
	char path[PATH_MAX];

	if (!process_space_limited() || (threads && strcmp(threads, "1") == 0) ||
	    setenv(key, "1", 1) != 0)
		return;
	if (process_path(path, sizeof path)) /* by its own name, which ps shows */
		execve(path, argv, environ);
	execve("/proc/self/exe", argv, environ);
}

void process_begin(char **argv)
{
	fill_descriptors();
	start_again(argv);
	signal(SIGXFSZ, SIG_IGN);
	mapped_catch();
}

void process_block_signals(sigset_t *old)
{
	static const int struck[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS};
	sigset_t set;

	sigfillset(&set);
	for (size_t i = 0; i < sizeof struck / sizeof *struck; i++)
		sigdelset(&set, struck[i]);
	pthread_sigmask(SIG_BLOCK, &set, old);
}
