/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Notes (app/session/notes.h): at the step that comes next; where nothing trains, at
 * the epoch that is shown.
 */
#include "base/str.h"
#include "ui/state/page.h"
#include "ui/view/sessions.h"

/* In view 7 a note is of the selected run, if that is not the one on the screen. */
static bool is_of_selected(const struct ui *u)
{
	return u->view == VIEW_SESSIONS && sessions_at(u) &&
	       sessions_at(u) != sessions_view(u)->here;
}

static const char *refuse_note(const struct ui *u)
{
	if (is_of_selected(u))
		return NULL;
	if (!u->work)
		return "no session is open";
	if (ui_no_run(u))
		return ui_no_run(u);
	if (u->now.state == WORK_LOADING)
		return "the data is still being read";
	if (u->now.state == WORK_FAILED && !u->now.opened)
		return "no session is open";
	if (ui_followed(u))
		return ui_followed(u);
	return u->now.looking[0] ? u->now.looking : NULL;
}

/* Before the next step while a fold is open, else at the end of the epoch shown. */
static struct note here(const struct ui *u)
{
	const struct snapshot *now = &u->now;
	const struct fold_run *f = ui_fold(u);
	int epoch = ui_epoch(u);

	if (now->trains && now->epoch > 0)
		return (struct note){.fold = now->fold, .epoch = now->epoch, .step = now->step + 1};
	if (f && epoch > 0)
		return (struct note){
			.fold = f->fold, .epoch = epoch, .step = epoch * f->steps_per_epoch + 1};
	return (struct note){0};
}

static int run_note(struct ui *u, const char *args, struct err *e)
{
	struct note x = here(u);

	if (!*args)
		return err_set(e, "note TEXT: expected a text");
	if (is_of_selected(u))
		return sessions_note(u, args, e);
	if (ui_attached(u)) /* who trains it writes its folder */
		return ui_command(u, "note", args, e);
	x.text = (char *)args;
	if (note_add(u->run.dir, &x, e))
		return -1;
	run_add_note(&u->run, &x);
	if (x.epoch)
		ui_say(u, "noted at epoch %d of fold %d; notes lists all", x.epoch, x.fold);
	else
		ui_say(u, "noted; notes lists all");
	return 0;
}

static void add_note(struct str *text, const struct note *x)
{
	char place[64] = "";

	if (x->epoch)
		snprintf(place, sizeof place, "fold %d, epoch %d", x->fold, x->epoch);
	str_addf(text, "%-18s %s\n", place, x->text);
}

static const char *refuse_notes(const struct ui *u)
{
	return u->view == VIEW_SESSIONS && sessions_at(u) ? NULL : ui_no_run(u);
}

static int run_notes(struct ui *u, const char *args, struct err *e)
{
	const struct shelf_run *r = u->view == VIEW_SESSIONS ? sessions_at(u) : NULL;
	char name[2 * PATH_LEN] = "";
	struct notes n;
	struct str text = {0};
	char title[sizeof u->page.title];

	if (*args)
		return err_set(e, "notes takes no argument; found %.40s", args);
	if (notes_read(&n, r ? r->dir : u->run.dir, e))
		return -1;
	for (int i = 0; i < n.n; i++)
		add_note(&text, &n.at[i]);
	snprintf(title, sizeof title, "notes%s%.54s", r ? " of " : "",
		 r ? sessions_name(u, r, name, sizeof name) : "");
	if (n.n)
		page_open_text(u, title, text.s);
	else
		ui_say(u, "no notes yet; note TEXT makes one");
	notes_free(&n);
	return 0;
}

const struct verb note_verbs[] = {
	{"note", "TEXT", "Add a note at this step or epoch; the time axis marks it.", run_note,
	 refuse_note, NULL, CHANGES_SESSION},
	{"notes", "", "All notes of this session, in view 7 of the selected one.", run_notes,
	 refuse_notes, NULL, CHANGES_NOTHING | LATE},
	{0},
};
