/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/view/sessions.h"

#include "app/study/compare.h"
#include "base/mem.h"
#include "ui/console/complete.h"
#include "ui/draw/list.h"
#include "ui/state/page.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void draw(const struct ui *u, struct canvas *c)
{
	int rows = sessions_detail_rows(c->rows, c->cols), end;
	struct canvas details;

	sessions_list_draw(u, c);
	end = 2 + sessions_list_rows(u, c->rows, c->cols);
	if (!rows || !sessions_line(u))
		return;
	details = canvas_part(c, end + 1, 0, c->rows - end - 1, c->cols);
	sessions_details_draw(u, &details);
}

/*
 * Moving, picking
 */

static int page_of(const struct ui *u)
{
	return sessions_list_rows(u, u->rows - 3, u->cols);
}

static int move(struct ui *u, const char *to, struct err *e)
{
	struct sessions_view *v = sessions_view(u);
	int rows = page_of(u), at = v->at;

	if (strcmp(to, "left") == 0) {
		sessions_fold(u);
	} else if (strcmp(to, "right") == 0) {
		sessions_unfold(u);
	} else {
		if (list_move(&at, v->list.n, rows, to, e))
			return -1;
		v->at = at;
	}
	v->top = list_top(v->top, v->at, v->list.n, rows);
	return 0;
}

/* A variant is picked as all its seeds; picked seeds go before ones that are not. */
static int pick(struct ui *u, const char *args, struct err *e)
{
	struct sessions_view *v = sessions_view(u);
	const struct outline_line *l = sessions_line(u);
	bool all = true;

	(void)args;
	if (!l || !l->run)
		return err_set(e, "pick: %s", sessions_refuse_run(u));
	for (int pass = 0; pass < 2; pass++)
		for (int i = 0; i < v->shelf.n; i++) {
			struct shelf_run *r = v->shelf.run[i];
			bool seed =
				l->kind == LINE_VARIANT && !r->branch && shelf_root(r) == l->run;

			if (l->kind == LINE_VARIANT ? !seed : r != l->run)
				continue;
			if (pass == 0)
				all = all && r->picked;
			else
				r->picked = all ? 0 : r->picked ? r->picked : ++v->picks;
		}
	return 0;
}

/* Selects the line; the selected one is folded or picked. */
static void click(struct ui *u, int row, int col)
{
	struct sessions_view *v = sessions_view(u);
	int at = list_click(row - 2, v->top, v->at, v->list.n, page_of(u));
	struct err ignored = {0};

	(void)col;
	if (at < 0 || at >= v->list.n)
		return;
	if (at != v->at)
		v->at = at;
	else if (v->list.line[at].below)
		(v->list.line[at].folded ? sessions_unfold : sessions_fold)(u);
	else
		pick(u, "", &ignored);
}

/*
 * Opening, comparing
 */

/* The selected session, one of the table by its name, or whatever else `open`
 * takes. */
static int open_session(struct ui *u, const char *args, struct err *e)
{
	const char *what = args;
	const struct shelf_run *r = sessions_at(u);
	struct err ignored = {0};

	if (*what)
		r = sessions_find(u, what, &ignored);
	else if (!r)
		return err_set(e, "open: no session is stored yet; open demo makes one");
	if (r && r == sessions_view(u)->here)
		return err_set(e, "open: this session is open already");
	if (r)
		what = r->dir;
	return sessions_open(u, what, e);
}

/* A line without a run of its own is folded or unfolded. */
static int enter(struct ui *u, const char *args, struct err *e)
{
	const struct outline_line *l = sessions_line(u);

	(void)args;
	if (l && !l->run) {
		(l->folded ? sessions_unfold : sessions_fold)(u);
		return 0;
	}
	return open_session(u, "", e);
}

static int compare(struct ui *u, const char *args, struct err *e)
{
	const struct shelf_run *at = sessions_at(u), *against = sessions_against(u);
	int n, picked, failed = 0;
	const char **dir = sessions_picked(u, &n);
	struct err why = {0};
	char *text = NULL;
	size_t length;
	FILE *f;

	(void)args;
	picked = n;
	dir = mem_grow(dir, (size_t)n + 2, sizeof *dir);
	if (at && !at->picked)
		dir[n++] = at->dir;
	if (n == 1 && against)
		dir[n++] = picked ? at->dir : against->dir;
	f = open_memstream(&text, &length);
	if (!f)
		BUG("open_memstream: %s", strerror(errno));
	if (n < 2)
		err_set(&why, "compare: pick at least two sessions");
	else
		compare_print(dir, n, f, &why);
	fclose(f);
	free(dir);
	if (length) { /* it says which of them cannot be read */
		page_open(u, "sessions side by side", text);
	} else {
		free(text);
		failed = err_set(e, "%s", why.text);
	}
	return failed;
}

/*
 * The tables
 */

static const char *refuse_all(const struct ui *u)
{
	return sessions_line(u) ? NULL : "no session is stored yet";
}

static const char *refuse_enter(const struct ui *u)
{
	const struct shelf_run *r = sessions_at(u);

	if (!sessions_line(u))
		return refuse_all(u);
	return r && r == sessions_view(u)->here ? "this session is open already" : NULL;
}

static const char *refuse_compare(const struct ui *u)
{
	const char *why = refuse_all(u);

	return why ? why : sessions_view(u)->shelf.n < 2 ? "this is the only session" : NULL;
}

static const struct verb verbs[] = {
	{"move", "up|down|left|right|home|end|pgup|pgdn",
	 "Move the cursor or the selected row; left and right fold and unfold it.", move,
	 refuse_all, complete_args, CHANGES_NOTHING},
	{"enter", "", "Open what is selected.", enter, refuse_enter, NULL, CHANGES_NOTHING},
	{"filter", "CONDITION", "List the runs that meet a condition: lr<1e-3 & state=finished.",
	 sessions_filter, NULL, sessions_complete_filter, CHANGES_NOTHING},
	{"sort", "[COLUMN]", "Sort by a column or a setting; repeat to reverse the order.",
	 sessions_sort, NULL, sessions_complete_sort, CHANGES_NOTHING},
	{"group", "COLUMN", "Group the runs by a column or a setting; - by study again.",
	 sessions_group, NULL, sessions_complete_sort, CHANGES_NOTHING | LATE},
	{"compare", "", "Figures and settings of the picked sessions and this one.", compare,
	 refuse_compare, NULL, CHANGES_NOTHING},
	{"pick", "", "Pick the session, to draw over or compare.", pick, sessions_refuse_run, NULL,
	 CHANGES_NOTHING},
	{"tag", "TAG", "Give the selected run a tag.", sessions_tag, sessions_refuse_run,
	 sessions_complete_tag, CHANGES_FILES | LATE},
	{"untag", "TAG", "Take a tag away from the selected run.", sessions_untag,
	 sessions_refuse_run, sessions_complete_tag, CHANGES_FILES | LATE},
	{"archive", "", "Hide the selected run, or bring it back; nothing is moved.",
	 sessions_archive, sessions_refuse_run, NULL, CHANGES_FILES | LATE},
	{"archived", "[on|off]", "List archived runs too, or leave them out.", sessions_archived,
	 NULL, complete_args, CHANGES_NOTHING | LATE},
	{"delete", "", "Move the selected session's folder to the trash, after asking.",
	 sessions_delete, sessions_refuse_delete, NULL, CHANGES_FILES},
	{"place", "up|down|first|last|remove", "Move the selected run in the queue, or out of it.",
	 sessions_queue, sessions_refuse_queue, complete_args, CHANGES_FILES | LATE},
	{"open", "SESSION|CONFIG|demo",
	 "Show another session, or begin a run; those that train go on.", open_session, NULL,
	 sessions_complete, CHANGES_FILES | FIRST_LOOKS},
	{0},
};

static const char keys[] = "Enter enter           # open\n"
			   "+ pick                # pick\n"
			   "o overlay             # overlay\n"
			   "/ console filter\t # filter\n"
			   "s sort                # sort\n"
			   "c compare             # compare\n"
			   "Left move left        # fold\n"
			   "Right move right\n"
			   "J place down          # move\n"
			   "K place up\n"
			   "x place remove        # unqueue\n"
			   "g console group\t # group\n"
			   "T console tag\t # tag\n"
			   "a archive             # archive\n"
			   "A archived\n"
			   "D delete              # delete\n"
			   "Up move up\n"
			   "Down move down\n"
			   "j move down\n"
			   "k move up\n"
			   "PgUp move pgup\n"
			   "PgDn move pgdn\n"
			   "Home move home\n"
			   "End move end\n";

const struct view view_sessions = {
	.name = "Sessions",
	.help = "Stored runs as a tree: what became of them, how they differ, what to do.",
	.draw = draw,
	.keys = keys,
	.verbs = verbs,
	.click = click,
	.chosen = sessions_load,
	.refresh = sessions_refresh,
	.runless = true,
	.watch = sessions_watch,
	.size = sizeof(struct sessions_view),
	.keeps = true,
	.init = sessions_init,
	.free = sessions_free,
};
