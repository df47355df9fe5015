/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The program itself: its views, files of commands, and the way out. */
#include "ui/console/command.h"
#include "ui/console/complete.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static int run_view(struct ui *u, const char *args, struct err *e)
{
	if (strcmp(args, "next") == 0 || strcmp(args, "prev") == 0) {
		int by = *args == 'n' ? 1 : VIEWS - 1;

		ui_select_view(u, (enum view_id)(((int)u->view + by) % VIEWS));
		return 0;
	}
	for (int i = 0; i < VIEWS; i++)
		if ((args[0] == '1' + i && !args[1]) ||
		    (*args && strncasecmp(args, view_table[i]->name, strlen(args)) == 0)) {
			ui_select_view(u, (enum view_id)i);
			return 0;
		}
	return err_set(e, "view: expected 1 to %d, a view's name, next or prev; found '%s'", VIEWS,
		       args);
}

static void complete_view(struct ui *u, const struct words *w, struct completions *c)
{
	char text[32];

	(void)u, (void)w;
	for (int i = 0; i < VIEWS; i++) {
		snprintf(text, sizeof text, "%s", view_table[i]->name);
		text[0] = (char)tolower((unsigned char)text[0]);
		snprintf(complete_add(c, text)->when, sizeof c->at->when, "%s",
			 view_table[i]->help);
	}
}

static int run_source(struct ui *u, const char *args, struct err *e)
{
	return *args ? command_source(u, args, e)
		     : err_set(e, "source FILE: expected the name of a file");
}

/* Or it is left to a process of its own, and a second q leaves. */
static void ask_to_stop(struct ui *u)
{
	ui_ask(u, "quit!", "training goes on; checkpoint, stop and quit? y/n   d detaches it");
	ui_answers(u, 'y', 'd', "detach");
}

static int run_quit(struct ui *u, const char *args, struct err *e)
{
	int trains = u->others.n + ui_trains_here(u);

	if (*args)
		return err_set(e, "quit takes no argument; found %s", args);
	if (trains > 1)
		ui_ask(u, "quit!", "%d runs train; checkpoint, stop all and quit? y/n", trains);
	else if (u->others.n)
		ui_ask(u, "quit!", "%s trains; checkpoint, stop and quit? y/n", u->others.name);
	else if (trains)
		ask_to_stop(u);
	else
		u->quit = true;
	return 0;
}

static int run_quit_now(struct ui *u, const char *args, struct err *e)
{
	(void)args;
	(void)e;
	u->quit = true;
	return 0;
}

static int run_cancel(struct ui *u, const char *args, struct err *e)
{
	(void)args;
	(void)e;
	u->overlay_kind = OVERLAY_NONE;
	u->message.text[0] = '\0';
	return 0;
}

#define TEXT_OF(macro) #macro
#define UP_TO(count)   "1-" TEXT_OF(count)

const struct verb program_verbs[] = {
	{"view", UP_TO(VIEWS_COUNT) "|NAME|next|prev", "Go to a view.", run_view, NULL,
	 complete_view, CHANGES_NOTHING},
	{"source", "FILE", "Run the commands of a file.", run_source, NULL, complete_file,
	 CHANGES_NOTHING},
	{"cancel", "", "Close whatever is open over the view.", run_cancel, NULL, NULL,
	 CHANGES_NOTHING},
	{"quit", "", "Quit; if a run is training, ask first, then stop it.", run_quit, NULL, NULL,
	 CHANGES_NOTHING},
	{"quit!", "", "Quit without asking; a run writes a checkpoint first.", run_quit_now, NULL,
	 NULL, CHANGES_NOTHING},
	{0},
};
