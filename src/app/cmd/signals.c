/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/cmd/signals.h"

#include "base/clock.h"
#include "base/process.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

atomic_bool signals_reading;
volatile sig_atomic_t signals_in_line;

static volatile sig_atomic_t stop_signal;
static struct process_stops_come come; /* of the handler */
static int wake[2];                    /* a pipe; holds a byte when a signal has come */

static void tell(const char *text)
{
	ssize_t ignored = write(STDERR_FILENO, text, strlen(text));

	(void)ignored;
}

static void on_signal(int number)
{
	ssize_t ignored;

	if (signals_reading) {
		tell("miust: stopped while reading the data\n");
		_exit(128 + number);
	}
	if (process_stop_comes(&come, number, clock_seconds())) {
		tell(signals_in_line ? "\nmiust: quit at once on " : "miust: quit at once on ");
		tell(process_stop_name(number));
		tell("; the session is at its last checkpoint\n");
		_exit(128 + number);
	}
	if (stop_signal)
		return;
	stop_signal = number;
	ignored = write(wake[1], "", 1);
	(void)ignored;
}

int signals_catch(struct err *e)
{
	struct sigaction a = {.sa_handler = on_signal, .sa_flags = SA_RESTART};

	if (pipe(wake) || fcntl(wake[0], F_SETFD, FD_CLOEXEC) ||
	    fcntl(wake[1], F_SETFD, FD_CLOEXEC) || fcntl(wake[1], F_SETFL, O_NONBLOCK))
		return err_errno(e, "pipe", "cannot be told of signals");
	sigemptyset(&a.sa_mask);
	for (int i = 0; i < PROCESS_STOPS; i++)
		sigaddset(&a.sa_mask, process_stops[i].number);
	for (int i = 0; i < PROCESS_STOPS; i++) {
		int number = process_stops[i].number;
		struct sigaction old;

		/* nohup, and a shell's background, ignore some on purpose. */
		if (sigaction(number, NULL, &old) == 0 && old.sa_handler != SIG_IGN)
			sigaction(number, &a, NULL);
	}
	return 0;
}

int signals_fd(void)
{
	return wake[0];
}

int signals_come(void)
{
	return stop_signal;
}
