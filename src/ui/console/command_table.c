/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of console commands, and what those do that work in every view. */
#include "ui/console/command.h"

#include "app/config/option.h"
#include "app/session/session.h"
#include "app/study/breakpoint.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/near.h"
#include "base/str.h"
#include "ui/console/complete.h"
#include "ui/console/help.h"
#include "ui/console/keys.h"
#include "ui/console/style.h"
#include "ui/state/problems.h"
#include "ui/view/note.h"
#include "ui/view/sessions.h"
#include "ui/view/trash.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- why not now ---- */

static const char *needs_run(const struct ui *u)
{
	switch (u->now.state) {
	case WORK_LOADING:
		return "the data is still being read";
	case WORK_FAILED:
		return "the run has failed";
	default:
		break;
	}
	if (!u->work)
		return "this screen has no run";
	if (u->now.looking[0])
		return u->now.looking;
	return u->now.trains ? NULL : "nothing trains: the run is finished or read-only";
}

/* May be asked for while the data is still being read: it waits, and is answered
 * before the first step. */
static const char *refuse_early(const struct ui *u)
{
	return u->work && u->now.state == WORK_LOADING ? NULL : needs_run(u);
}

static bool is_waiting(const struct ui *u)
{
	enum work_state s = u->now.state;

	return s == WORK_PAUSED || s == WORK_BROKE || s == WORK_DIVERGED || s == WORK_IDLE;
}

static const char *refuse_pause(const struct ui *u)
{
	const char *why = refuse_early(u);

	return why ? why : is_waiting(u) ? "it is paused already" : NULL;
}

static const char *refuse_resume(const struct ui *u)
{
	const char *why = needs_run(u);

	return why ? why : is_waiting(u) ? NULL : "only while paused, between steps";
}

static const char *refuse_stop(const struct ui *u)
{
	const char *why = needs_run(u);

	return why ? why : u->now.state == WORK_IDLE ? "training has stopped already" : NULL;
}

static const char *refuse_fold(const struct ui *u)
{
	const char *why = needs_run(u);

	return why ? why : u->now.best_epoch == 0 ? "no epoch of this fold is evaluated yet" : NULL;
}

/* ---- what commands do ---- */

static int no_arguments(const char *args, const char *command, struct err *e)
{
	return *args ? err_set(e, "%s takes no argument; found %s", command, args) : 0;
}

/* Hand a request over; number 0 means that the queue is full. */
static int asked(struct ui *u, unsigned number, struct err *e)
{
	if (!number)
		return err_set(e, "the engine has too many requests waiting; try again");
	u->waiting = number;
	if (u->now.state == WORK_LOADING)
		ui_say(u, "waits until the data is read");
	return 0;
}

static int engine(struct ui *u, const char *verb, const char *args, struct err *e)
{
	char line[256];

	if ((size_t)snprintf(line, sizeof line, "%s%s%s", verb, *args ? " " : "", args) >=
	    sizeof line)
		return err_set(e, "%s: too long", verb);
	return asked(u, work_command(u->work, line), e);
}

static const struct option *find_option(const char *name, size_t len, struct err *e)
{
	char key[128];
	const struct option *o;

	snprintf(key, sizeof key, "%.*s", (int)len, name);
	o = option_find(key);
	if (!o)
		option_unknown(key, e);
	return o;
}

/* "KEY VALUE" of a live setting. A mistake is told at once, where it can be known
 * before the engine is asked: a factor depends on what waits, and before the data
 * is read there are no settings. *value is where the value begins. */
static const struct option *parse_change(const struct ui *u, const char *args, const char **value,
					 struct err *e)
{
	size_t len = strcspn(args, " \t"), gap = strspn(args + len, " \t");
	struct settings next = u->now.set;
	const struct option *o = find_option(args, len, e);

	*value = args + len + gap;
	if (!o)
		return NULL;
	if (!**value) {
		err_set(e, "%s: expected its new value, or a factor as x0.5", o->key);
		return NULL;
	}
	if (o->when == WHEN_RUN) {
		err_set(e, "%s is fixed during a run; it takes effect in the next one", o->key);
		return NULL;
	}
	if (u->now.state == WORK_LOADING || option_is_factor(o, *value))
		return o;
	return option_set(&next, o, *value, ".", e) || options_resolve(&next, e) ? NULL : o;
}

static int run_set(struct ui *u, const char *args, struct err *e)
{
	const char *value;

	if (!*args)
		return err_set(e, "set KEY VALUE: expected a setting and its new value");
	return parse_change(u, args, &value, e) ? engine(u, "set", args, e) : -1;
}

static int run_get(struct ui *u, const char *args, struct err *e)
{
	const struct option *o = find_option(args, strlen(args), e);
	char value[OPTION_TEXT], takes[OPTION_TAKES];

	if (!o)
		return -1;
	ui_say(u, "%s %s   %s, default %s", o->key,
	       option_text(u->now.set.exp.nlabels ? &u->now.set : &u->run.set, o, value,
			   sizeof value),
	       option_takes(o, takes, sizeof takes), option_default_text(o));
	return 0;
}

static int run_try(struct ui *u, const char *args, struct err *e)
{
	const struct option *o;
	const char *value;

	if (!*args)
		return err_set(e, "try KEY VALUE: expected a setting and a value");
	o = parse_change(u, args, &value, e);
	if (!o)
		return -1;
	if (o->when == WHEN_EPOCH)
		return err_set(e, "%s takes effect at an epoch's start; one step does not show it",
			       o->key);
	return asked(u, work_try(u->work, o->key, value), e);
}

static int run_undo(struct ui *u, const char *args, struct err *e)
{
	return no_arguments(args, "undo", e) ? -1 : engine(u, "undo", "", e);
}

static int run_pause(struct ui *u, const char *args, struct err *e)
{
	if (no_arguments(args, "pause", e) || asked(u, work_pause(u->work), e))
		return -1;
	ui_say(u, "pausing %s step",
	       u->now.state == WORK_LOADING ? "before the first" : "after this");
	return 0;
}

static int run_resume(struct ui *u, const char *args, struct err *e)
{
	return no_arguments(args, "resume", e) ? -1 : asked(u, work_resume(u->work), e);
}

static int run_toggle(struct ui *u, const char *args, struct err *e)
{
	return is_waiting(u) ? run_resume(u, args, e) : run_pause(u, args, e);
}

static int run_step(struct ui *u, const char *args, struct err *e)
{
	if (*args && strcmp(args, "epoch") != 0)
		return err_set(e, "step [epoch]: expected nothing or epoch, found %s", args);
	return asked(u, work_step(u->work, *args != '\0'), e);
}

static int run_stop(struct ui *u, const char *args, struct err *e)
{
	unsigned number;

	if (no_arguments(args, "stop", e))
		return -1;
	number = work_stop(u->work);
	if (asked(u, number, e))
		return -1;
	u->stop_asked = number;
	u->ending_since = u->clock;
	ui_say(u, "finishing the step, then a checkpoint; ^C again leaves at once");
	return 0;
}

static int run_save(struct ui *u, const char *args, struct err *e)
{
	return no_arguments(args, "save", e) ? -1 : engine(u, "save", "", e);
}

static int run_eval(struct ui *u, const char *args, struct err *e)
{
	return no_arguments(args, "eval", e) ? -1 : engine(u, "eval", "", e);
}

static int run_fold_end(struct ui *u, const char *args, struct err *e)
{
	return no_arguments(args, "fold", e) ? -1 : engine(u, "fold", "", e);
}

/* The condition is parsed here too, so that a mistake is told at once. */
static int run_break(struct ui *u, const char *args, struct err *e)
{
	struct breakpoint b = {0};

	if (!*args || strcmp(args, "list") == 0)
		return asked(u, work_breaks(u->work), e);
	if (strcmp(args, "off") == 0)
		return asked(u, work_break(u->work, ""), e);
	if (strncmp(args, "when ", 5) != 0)
		return err_set(e, "break when CONDITION (grad_norm > 10, loss is nan, ...), break "
				  "list, or break off");
	if (breakpoint_set(&b, args + 5, e))
		return -1;
	breakpoint_clear(&b);
	return asked(u, work_break(u->work, args + 5), e);
}

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
	return err_set(e, "view: expected 1 to 7, a view's name, next or prev; found '%s'", args);
}

/* select fold N | utterance ID | latest: the shared selection. */
static int run_select(struct ui *u, const char *args, struct err *e)
{
	const struct history *h;

	if (strncmp(args, "fold ", 5) == 0) {
		int fold = atoi(args + 5);

		if (!run_find(&u->run, fold))
			return err_set(e, "fold %s has no rows yet", args + 5);
		u->sel.fold = fold;
		u->sel.fold_chosen = true;
		u->sel.epoch = 0;
		u->sel.utt = -1;
		return 0;
	}
	if (strcmp(args, "latest") == 0) {
		u->sel.fold_chosen = false;
		u->sel.epoch = 0;
		return 0;
	}
	if (strncmp(args, "utterance ", 10) != 0)
		return err_set(e, "select fold N, select utterance ID, or select latest");
	h = ui_history(u);
	for (int i = 0; h && i < h->n; i++)
		if (strcmp(h->id[i], args + 10) == 0) {
			u->sel.utt = i;
			for (int k = 0; k < u->utterances.n; k++)
				if (u->utterances.order[k] == i)
					u->utterances.row = k;
			ui_want_look(u);
			return 0;
		}
	return err_set(e, "no utterance %s in this part of fold %d", args + 10, u->sel.fold);
}

static int run_dump(struct ui *u, const char *args, struct err *e)
{
	char session[PATH_LEN];
	struct look mono = {.glyphs = u->look.glyphs};
	struct canvas c;
	char *text;
	int failed;

	if (!*args)
		return err_set(e, "dump FILE: expected the name of a file");
	if (u->readonly && session_around(args, session, sizeof session))
		return err_set(e,
			       "dump: %s is in the session %s, which --readonly does not change; "
			       "choose another folder",
			       args, session);
	canvas_init(&c, u->rows, u->cols, &mono);
	screen_draw(u, &c);
	text = canvas_dump(&c);
	failed = file_write(args, text, strlen(text), e);
	free(text);
	canvas_free(&c);
	if (!failed)
		ui_say(u, "screen written to %s", args);
	return failed;
}

static int run_console(struct ui *u, const char *args, struct err *e)
{
	char line[sizeof u->console.line];

	(void)e;
	/* What stands there already is a whole word. */
	snprintf(line, sizeof line, "%s%s", args, *args ? " " : "");
	console_type(u, line);
	return 0;
}

static int run_help(struct ui *u, const char *args, struct err *e)
{
	(void)e;
	help_open(u);
	str_fit(u->help.filter, sizeof u->help.filter, args);
	return 0;
}

static int run_bind(struct ui *u, const char *args, struct err *e)
{
	(void)u;
	return keys_bind(args, e);
}

static int run_source(struct ui *u, const char *args, struct err *e)
{
	return *args ? command_source(u, args, e)
		     : err_set(e, "source FILE: expected the name of a file");
}

static bool trains_on(const struct ui *u)
{
	return u->now.state == WORK_RUN || u->now.state == WORK_EVAL;
}

static void ask_before(struct ui *u, const char *what, const char *command, const char *args)
{
	char text[sizeof u->ask.question * 2];

	snprintf(text, sizeof text, "training goes on; checkpoint, stop and %s? y/n", what);
	str_fit(u->ask.question, sizeof u->ask.question, text);
	snprintf(u->ask.command, sizeof u->ask.command, "%s%s%s", command, *args ? " " : "", args);
	u->overlay_kind = OVERLAY_ASK;
}

static int run_open_now(struct ui *u, const char *args, struct err *e)
{
	struct err unknown = {0};
	struct run *probe;

	if (!*args)
		return err_set(e, "open SESSION, a CONFIG, or demo");
	if (strcmp(args, "demo") != 0 && !file_exists(args) && !file_is_dir(args)) {
		const struct session_row *r = sessions_named(u, args, &unknown);

		if (!r)
			return err_set(e, "%s: no such file or folder, and no session's name",
				       args);
		args = r->dir;
	}
	if (strlen(args) >= sizeof u->open_next)
		return err_set(e, "open: the name is too long");
	if (u->readonly && !session_exists(args))
		return err_set(e,
			       "open: %s is not a session, and with --readonly nothing else is "
			       "opened",
			       args);
	/* A broken one must not take this run off the screen. */
	if (session_exists(args)) {
		if (run_load(probe = mem_alloc(1, sizeof *probe), args, e) == 0)
			run_free(probe);
		free(probe);
		if (e->status)
			return -1;
	}
	strcpy(u->open_next, args);
	u->quit = true;
	return 0;
}

static int run_open(struct ui *u, const char *args, struct err *e)
{
	char what[80] = "open ";

	if (!*args || !trains_on(u) || strlen(args) + sizeof "open! " > sizeof u->ask.command)
		return run_open_now(u, args, e);
	str_fit(what + strlen(what), 60, path_base(args));
	ask_before(u, what, "open!", args);
	return 0;
}

static int run_quit(struct ui *u, const char *args, struct err *e)
{
	if (no_arguments(args, "quit", e))
		return -1;
	if (trains_on(u))
		ask_before(u, "quit", "quit!", "");
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

/* ---- the table ---- */

#define ON(view)   (1u << VIEW_##view)
#define SELECTING  (ON(CONFUSION) | ON(UTTERANCES) | ON(UTTERANCE) | ON(ATTENTION))
#define EVERY_VIEW ((1u << VIEWS) - 1)

const struct ui_command command_table[] = {
	/* control of the run */
	{"pause", "", "Pause between two steps.", 0, COMPLETE_NOTHING, run_pause, refuse_pause,
	 CHANGES_SESSION},
	{"resume", "", "Go on training.", 0, COMPLETE_NOTHING, run_resume, refuse_resume,
	 CHANGES_SESSION},
	{"run", "", "Go on training; the same as resume.", 0, COMPLETE_NOTHING, run_resume,
	 refuse_resume, CHANGES_SESSION},
	{"toggle", "", "Pause, or go on.", 0, COMPLETE_NOTHING, run_toggle, refuse_early,
	 CHANGES_SESSION},
	{"step", "[epoch]", "One step, or to the end of the epoch, then pause.", 0, COMPLETE_WORDS,
	 run_step, refuse_early, CHANGES_SESSION},
	{"stop", "", "Finish the step, write a checkpoint, stop training and stay.", 0,
	 COMPLETE_NOTHING, run_stop, refuse_stop, CHANGES_SESSION},
	{"save", "", "Store the state and the weights now.", 0, COMPLETE_NOTHING, run_save,
	 refuse_early, CHANGES_SESSION},
	{"eval", "", "Evaluate the validation part now, with the current weights.", 0,
	 COMPLETE_NOTHING, run_eval, refuse_early, CHANGES_SESSION},
	{"fold", "", "End this fold: test its kept checkpoint, go to the next.", 0,
	 COMPLETE_NOTHING, run_fold_end, refuse_fold, CHANGES_SESSION},
	{"set", "KEY VALUE|xFACTOR",
	 "Change a live setting from the next step or epoch on; x0.5: half.", 0, COMPLETE_KEY_VALUE,
	 run_set, refuse_early, CHANGES_SESSION},
	{"get", "KEY", "Show a setting's value, range and default.", 0, COMPLETE_KEY, run_get, NULL,
	 CHANGES_NOTHING},
	{"try", "KEY VALUE|xFACTOR",
	 "The next step both ways from a copy of the state; nothing is kept.", 0,
	 COMPLETE_KEY_VALUE, run_try, refuse_early, CHANGES_SESSION},
	{"undo", "", "Take the last change back.", 0, COMPLETE_NOTHING, run_undo, refuse_early,
	 CHANGES_SESSION},
	{"break", "[when CONDITION|list|off]",
	 "Pause when a condition holds, as grad_norm > 10; list says which.", 0, COMPLETE_BREAK,
	 run_break, refuse_early, CHANGES_SESSION},
	/* moving about */
	{"view", "1-7|NAME|next|prev", "Go to a view.", 0, COMPLETE_VIEW, run_view, NULL,
	 CHANGES_NOTHING},
	{"select", "fold N|utterance ID|latest", "What views 2 to 5 show.", 0, COMPLETE_UTTERANCE,
	 run_select, NULL, CHANGES_NOTHING},
	{"move", "up|down|left|right|home|end|pgup|pgdn|peak",
	 "Move the cursor or the selected row.", EVERY_VIEW, COMPLETE_WORDS, NULL, NULL,
	 CHANGES_NOTHING},
	{"enter", "", "Open what is selected.",
	 ON(CONFUSION) | ON(UTTERANCES) | ON(CONFIG) | ON(SESSIONS), COMPLETE_NOTHING, NULL, NULL,
	 CHANGES_NOTHING},
	{"back", "", "Back to where this was opened from.", ON(UTTERANCE) | ON(ATTENTION),
	 COMPLETE_NOTHING, NULL, NULL, CHANGES_NOTHING},
	{"next", "", "The next utterance.", ON(UTTERANCE), COMPLETE_NOTHING, NULL, NULL,
	 CHANGES_NOTHING},
	{"prev", "", "The utterance before.", ON(UTTERANCE), COMPLETE_NOTHING, NULL, NULL,
	 CHANGES_NOTHING},
	{"epoch", "next|prev|first|last|mark-next|mark-prev|N", "Choose the epoch that is shown.",
	 SELECTING, COMPLETE_WORDS, NULL, NULL, CHANGES_NOTHING},
	{"part", "val|test", "The validation part, or a finished fold's test part.",
	 ON(CONFUSION) | ON(UTTERANCES), COMPLETE_WORDS, NULL, NULL, CHANGES_NOTHING},
	/* view 1 */
	{"cursor", "[EPOCH]", "A cursor through all tracks; the table shows its epoch.", ON(TRAIN),
	 COMPLETE_NOTHING, NULL, NULL, CHANGES_NOTHING},
	{"zoom", "in|out|all|FROM TO", "The part of the time axis that is drawn.", ON(TRAIN),
	 COMPLETE_WORDS, NULL, NULL, CHANGES_NOTHING},
	{"smooth", "+|-|VALUE", "How much the curves are smoothed, 0 to 0.999.", ON(TRAIN),
	 COMPLETE_WORDS, NULL, NULL, CHANGES_NOTHING},
	{"log", "[on|off]", "Losses on a logarithmic axis, or a linear one.", ON(TRAIN),
	 COMPLETE_WORDS, NULL, NULL, CHANGES_NOTHING},
	{"axis", "[epoch|step|time]", "Epochs, steps or time along x.", ON(TRAIN), COMPLETE_WORDS,
	 NULL, NULL, CHANGES_NOTHING},
	{"mean", "[on|off]", "Mean and deviation over the folds.", ON(TRAIN), COMPLETE_WORDS, NULL,
	 NULL, CHANGES_NOTHING},
	/* views 2 to 5 */
	{"cells", "[counts|row|column]", "Counts, shares of the row, shares of the column.",
	 ON(CONFUSION), COMPLETE_WORDS, NULL, NULL, CHANGES_NOTHING},
	{"compare", "[kept|epoch N|fold N|SESSION]",
	 "Compare with what is shown now, or with another epoch, fold or session.",
	 ON(CONFUSION) | ON(SESSIONS), COMPLETE_SESSION, NULL, NULL, CHANGES_NOTHING},
	{"filter", "CONDITION", "Utterances for which it holds: pred!=true & p>0.8.",
	 ON(UTTERANCES), COMPLETE_FILTER, NULL, NULL, CHANGES_NOTHING},
	{"sort", "[COLUMN]", "Sort by a column; again: the other way.", ON(UTTERANCES),
	 COMPLETE_COLUMN, NULL, NULL, CHANGES_NOTHING},
	{"slice", "NAME", "A named filter; - for none.", ON(UTTERANCES), COMPLETE_SLICE, NULL, NULL,
	 CHANGES_NOTHING},
	{"head", "next|mean|max|main|text|audio|N", "Which attention head; whose probabilities.",
	 ON(UTTERANCE) | ON(ATTENTION), COMPLETE_WORDS, NULL, NULL, CHANGES_NOTHING},
	{"scale", "[row|map]", "Full scale: the map's maximum or each row's, at least 2 x even.",
	 ON(ATTENTION), COMPLETE_WORDS, NULL, NULL, CHANGES_NOTHING},
	{"difference", "", "What has changed since now, from here on.", ON(ATTENTION),
	 COMPLETE_NOTHING, NULL, NULL, CHANGES_NOTHING},
	{"knock", "nothing|text|audio|head N", "Silence a part and see what the model says.",
	 ON(ATTENTION), COMPLETE_WORDS, NULL, NULL, CHANGES_NOTHING},
	{"kept", "", "The kept checkpoint, or the current weights.", ON(UTTERANCE) | ON(ATTENTION),
	 COMPLETE_NOTHING, NULL, NULL, CHANGES_NOTHING},
	{"write", "FILE", "Write the maps as CSV, or to a .txt the screen.", ON(ATTENTION),
	 COMPLETE_FILE, NULL, NULL, CHANGES_FILES},
	/* views 6 and 7 */
	{"edit", "[try]", "Type a new value for the selected setting, to set or to try.",
	 ON(CONFIG), COMPLETE_WORDS, NULL, NULL, CHANGES_SESSION},
	{"default", "", "Set the selected setting to its default.", ON(CONFIG), COMPLETE_NOTHING,
	 NULL, NULL, CHANGES_SESSION},
	{"find", "TEXT", "Settings whose name or help contains it.", ON(CONFIG), COMPLETE_NOTHING,
	 NULL, NULL, CHANGES_NOTHING},
	{"pick", "", "Pick the session, to draw over or compare.", ON(SESSIONS), COMPLETE_NOTHING,
	 NULL, NULL, CHANGES_NOTHING},
	{"overlay", "", "Draw the picked sessions over this one.", ON(SESSIONS) | ON(TRAIN),
	 COMPLETE_NOTHING, NULL, NULL, CHANGES_NOTHING},
	{"delete", "", "Move the selected session's folder to the trash, after a question.",
	 ON(SESSIONS), COMPLETE_NOTHING, NULL, NULL, CHANGES_FILES},
	{"trash", "list|restore NAME|empty",
	 "Deleted sessions: list them, put one back, delete all for good, after a question.", 0,
	 COMPLETE_WORDS, trash_command, NULL, CHANGES_FILES | FIRST_LOOKS | LATE},
	{"open", "SESSION|CONFIG|demo", "Open another session or configuration.", ON(SESSIONS),
	 COMPLETE_SESSION, run_open, NULL, CHANGES_FILES | FIRST_LOOKS},
	{"open!", "SESSION|CONFIG|demo", "The same without a question; a run leaves a checkpoint.",
	 0, COMPLETE_SESSION, run_open_now, NULL, CHANGES_FILES | FIRST_LOOKS},
	/* the program */
	{"note", "TEXT", "A note at this step or epoch, marked on the time axis.", 0,
	 COMPLETE_NOTHING, note_command, note_refused, CHANGES_SESSION},
	{"notes", "", "All notes of this session, in view 7 of the selected one.", 0,
	 COMPLETE_NOTHING, notes_command, NULL, CHANGES_NOTHING | LATE},
	{"problems", "", "What was said while this was opened: rows at fault, and why.", 0,
	 COMPLETE_NOTHING, problems_command, problems_refused, CHANGES_NOTHING | LATE},
	{"skip", "", "Open it again without the rows at fault, as --skip-bad does.", 0,
	 COMPLETE_NOTHING, skip_command, skip_refused, CHANGES_FILES | LATE},
	{"dump", "FILE", "Write this screen as text.", 0, COMPLETE_FILE, run_dump, NULL,
	 CHANGES_NOTHING},
	{"console", "[TEXT]", "Type a command, from this text on.", 0, COMPLETE_COMMAND,
	 run_console, NULL, CHANGES_NOTHING},
	{"help", "[TEXT]", "The keys and commands that work here.", 0, COMPLETE_NOTHING, run_help,
	 NULL, CHANGES_NOTHING},
	{"style", "[dark|light|viridis|cividis|grey|braille|block|ascii]...",
	 "Colours for a dark or light terminal, heat maps, glyphs of curves.", 0, COMPLETE_WORDS,
	 style_command, NULL, CHANGES_NOTHING},
	{"mouse", "[on|off]", "Clicks choose, the wheel moves.", 0, COMPLETE_WORDS, style_mouse,
	 NULL, CHANGES_NOTHING},
	{"bind", "VIEW KEY COMMAND", "Bind a key; VIEW is all or a view's name.", 0,
	 COMPLETE_NOTHING, run_bind, NULL, CHANGES_NOTHING},
	{"source", "FILE", "Run the commands of a file.", 0, COMPLETE_FILE, run_source, NULL,
	 CHANGES_NOTHING},
	{"cancel", "", "Close what is open over the view.", 0, COMPLETE_NOTHING, run_cancel, NULL,
	 CHANGES_NOTHING},
	{"quit", "", "Leave; a run that trains is asked about and stopped first.", 0,
	 COMPLETE_NOTHING, run_quit, NULL, CHANGES_NOTHING},
	{"quit!", "", "Leave without a question; a run leaves a checkpoint.", 0, COMPLETE_NOTHING,
	 run_quit_now, NULL, CHANGES_NOTHING},
};

const int command_count = sizeof command_table / sizeof *command_table;
