/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One key: whatever is over the view takes it, else it is bound to a command. */
#include "ui/loop.h"

#include "ui/console/command.h"
#include "ui/console/console.h"
#include "ui/console/help.h"
#include "ui/console/keys.h"
#include "ui/state/page.h"
#include "ui/view/screen.h"
#include "ui/view/status.h"
#include "ui/view/tour.h"

#include <signal.h>

static void run_line(struct ui *u, const char *line)
{
	struct err e = {0};

	if (command_run(u, line, &e))
		ui_error(u, "%s", e.text);
}

/* Enter, Esc and ^C mean no; a key that is no answer does nothing, since those that a hasty user
 * types after it would be commands. */
static void answer(struct ui *u, struct key k)
{
	uint32_t letter = k.code >= 'A' && k.code <= 'Z' ? k.code - 'A' + 'a' : k.code;
	bool no = letter == '\r' || letter == '\n' || letter == 27 || letter == 3 ||
		  (letter == 'n' && u->ask.key == 'y');

	if (k.meta)
		return;
	if (letter == (uint32_t)u->ask.key) {
		u->overlay_kind = OVERLAY_NONE;
		run_line(u, u->ask.command);
	} else if (letter && letter == (uint32_t)u->ask.other_key) {
		u->overlay_kind = OVERLAY_NONE;
		run_line(u, u->ask.other);
	} else if (no) {
		u->overlay_kind = OVERLAY_NONE;
	}
}

/* On an attached screen: whoever presses it may mean either. */
static void leave_or_stop(struct ui *u)
{
	ui_ask(u, "quit!", "l leaves, and process %ld trains on; s stops it after a checkpoint",
	       u->now.owner.pid);
	ui_answers(u, 'l', 's', "stop");
}

/* ^C: end the try that computes, else stop all that trains here, after a question if that is more
 * than the run on the screen; while that one stops, leave at once. So does the first one while the
 * data is read and nothing else is open: there is nothing to store. */
static void interrupt(struct ui *u)
{
	bool reading = u->work && u->now.state == WORK_LOADING && !u->others.n;
	bool idle = !u->work || u->now.state == WORK_FAILED || u->now.state == WORK_IDLE;
	bool active = u->now.hold == WORK_OURS &&
		      (ui_trains(u) || u->now.placed || u->now.state == WORK_WAITING);

	if (u->leaving || (u->stop_asked && !ui_attached(u)) || reading) {
		u->at_once = u->quit = true;
		u->ended = SIGINT;
	} else if (u->trying && u->now.trying_of) {
		run_line(u, "try off");
	} else if (u->now.state == WORK_REWINDING) { /* it stays where it was */
		run_line(u, "pause");
	} else if (ui_attached(u) && !u->others.n) {
		leave_or_stop(u);
	} else if (u->others.n + active > 1) {
		ui_ask(u, "stop all", "%d runs train; stop all of them after a checkpoint? y/n",
		       u->others.n + active);
	} else if (u->others.n) {
		ui_ask(u, "stop all", "%s trains; stop it after a checkpoint? y/n", u->others.name);
	} else if (u->now.state == WORK_ELSEWHERE) {
		ui_say(u, "process %ld on %s trains it; q leaves", u->now.owner.pid,
		       u->now.owner.host);
	} else if (idle) {
		ui_say(u, "nothing trains; q leaves");
	} else {
		run_line(u, "stop");
	}
}

/* A tab, or something between the tabs and the status row. */
static void click(struct ui *u, int row, int col)
{
	int tab = row == 0 ? tabs_at(u, col) : -1;

	if (tab >= 0)
		ui_select_view(u, (enum view_id)tab);
	else if (row > 0 && row < u->rows - 2 && view_table[u->view]->click)
		view_table[u->view]->click(u, row - 1, col);
}

/* Pasted text where no text is wanted would be keys, and keys are commands. A
 * paste whose end was lost is over after a while without a key. */
static bool is_pasted(struct ui *u, struct key k)
{
	if (u->pasting) {
		u->pasting = k.code != K_PASTE_END && u->clock - u->key_at < LOOP_PASTE_SECONDS;
		return u->pasting || k.code == K_PASTE_END;
	}
	if (k.code != K_PASTE || u->overlay_kind == OVERLAY_CONSOLE)
		return k.code == K_PASTE_END && u->overlay_kind != OVERLAY_CONSOLE;
	u->pasting = true;
	ui_say(u, "pasted text does nothing here; : opens the console for it");
	return true;
}

void loop_key(struct ui *u, struct key k)
{
	const struct binding *b;
	const char *command;
	char name[KEY_NAME_LEN];
	bool pasted = is_pasted(u, k);

	u->key_at = u->clock;
	if (pasted || u->leaving) {
		if (!pasted && k.code == 3 && !k.meta)
			interrupt(u);
		return;
	}
	u->message.fresh = false;
	switch (u->overlay_kind) {
	case OVERLAY_ASK:
		answer(u, k);
		return;
	case OVERLAY_CONSOLE:
		console_key(u, k);
		return;
	case OVERLAY_HELP:
		help_key(u, k);
		return;
	case OVERLAY_PAGE:
		command = page_key(u, k);
		if (command)
			run_line(u, command);
		return;
	case OVERLAY_NONE:
		break;
	}
	if (k.code == 3 && !k.meta) {
		interrupt(u);
		return;
	}
	if (k.code == K_CLICK) {
		click(u, k.row, k.col);
		return;
	}
	if (tour_key(u, k))
		return;
	b = keys_find(u->view, &k);
	if (b)
		run_line(u, b->command);
	else
		ui_say(u, "%s does nothing here; ? shows what does", key_text(name, k));
}
