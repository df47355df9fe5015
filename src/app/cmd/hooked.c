/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/cmd/hooked.h"

#include "base/process.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

int hooked_read(struct hooks *h, const struct args *a, struct err *e)
{
	struct err why = {0};

	hooks_init(h);
	for (int i = 0; i < a->non; i++) {
		if (hooks_on(h, a->on[i], &why) == 0)
			continue;
		hooks_free(h);
		return err_usage(e, "--%s", why.text);
	}
	return 0;
}

static void ring(struct hooks *h)
{
	if (hooks_rang(h) && isatty(STDERR_FILENO) && write(STDERR_FILENO, "\a", 1) != 1)
		return; /* nobody hears it */
}

void hooked_turn(struct hooks *h, void (*say)(void *ctx, const char *text), void *ctx)
{
	char *text;

	hooks_turn(h);
	ring(h);
	while ((text = hooks_said(h))) {
		say(ctx, text);
		free(text);
	}
}

static void on_hup(int number)
{
	(void)number; /* not ignored: what is started from now on would ignore it too */
}

/* Each ends the program at once, but for HUP, which comes twice where a terminal is closed. */
static void give_signals_back(void)
{
	for (int i = 0; i < PROCESS_STOPS; i++) {
		int number = process_stops[i].number;
		struct sigaction old, to = {.sa_handler = SIG_DFL, .sa_flags = SA_RESTART};

		if (number == SIGHUP)
			to.sa_handler = on_hup;
		if (sigaction(number, NULL, &old) == 0 && old.sa_handler != SIG_IGN)
			sigaction(number, &to, NULL);
	}
}

void hooked_finish(struct hooks *h, void (*say)(void *ctx, const char *text), void *ctx)
{
	give_signals_back();
	hooked_turn(h, say, ctx);
	hooks_finish(h, say, ctx);
	hooks_free(h);
}
