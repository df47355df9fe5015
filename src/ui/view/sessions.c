/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/view/sessions.h"

#include "app/study/num.h"
#include "base/file.h"
#include "base/str.h"
#include "ui/console/complete.h"
#include "ui/draw/list.h"
#include "ui/state/overlay.h"

#include <stdio.h>
#include <string.h>

enum {
	DETAIL_ROWS = 12, /* with an empty row before */
	LEAST_ROWS = 17,  /* fewer have no details */
	BESIDE = 160,     /* from so many columns on details stand beside */
	TABLE_COLS = 108,
};

/* Columns of the table. */
enum {
	NAME = 2,
	BRANCH = 19,
	PROTOCOL = 28,
	SEED_END = 44,
	FOLDS_END = 50,
	WA = 52,
	UA = 59,
	WF1 = 66,
	EPOCHS_END = 89,
	DATE = 92,
};

static bool has_details(const struct canvas *c)
{
	return c->cols >= 80 && c->rows >= LEAST_ROWS;
}

static int list_rows(int rows, int cols)
{
	bool below = cols >= 80 && cols < BESIDE && rows >= LEAST_ROWS;

	return rows - 2 - (below ? DETAIL_ROWS : 0);
}

/*
 * The table
 */

static void draw_head(const struct ui *u, struct canvas *c)
{
	const struct sessions_view *v = sessions_view(u);
	static const char figures[] = "test figures of finished folds, mean ± sd";
	int picked = 0, col;
	char size[NUM_LEN];

	for (int i = 0; i < v->n; i++)
		picked += v->row[i].picked;
	col = canvas_text(c, 0, 1, ROLE(ROLE_TEXT), "%d session%s", v->n, v->n == 1 ? "" : "s");
	col = canvas_text(c, 0, col + 3, ROLE(ROLE_TEXT), "%d picked +", picked);
	if (v->trash.n)
		col = canvas_text(c, 0, col + 3, ROLE(ROLE_DIM), "trash %s",
				  num_bytes(size, (double)v->trash.bytes));
	if (col + 3 + text_width(figures) < c->cols)
		canvas_text(c, 0, col + 3, ROLE(ROLE_DIM), "%s", figures);
}

static void draw_headings(struct canvas *c)
{
	const struct style dim = ROLE(ROLE_DIM);

	canvas_text(c, 1, NAME, dim, "session");
	if (c->cols < 80) {
		canvas_text(c, 1, c->cols - 14, dim, "WF1");
		return;
	}
	canvas_text(c, 1, BRANCH, dim, "branch");
	canvas_text(c, 1, PROTOCOL, dim, "protocol");
	canvas_field(c, 1, SEED_END - 5, 5, FIT_RIGHT, dim, "seed");
	canvas_field(c, 1, FOLDS_END - 5, 5, FIT_RIGHT, dim, "folds");
	canvas_field(c, 1, WA, 5, FIT_RIGHT, dim, "WA");
	canvas_field(c, 1, UA, 5, FIT_RIGHT, dim, "UA");
	canvas_text(c, 1, WF1, dim, "WF1");
	if (c->cols < 110)
		return;
	canvas_field(c, 1, EPOCHS_END - 6, 6, FIT_RIGHT, dim, "epochs");
	canvas_text(c, 1, DATE, dim, "begun");
}

static void draw_figure(struct canvas *c, int row, int col, const struct session_row *r, double x)
{
	char num[NUM_LEN];

	if (r->results.n)
		canvas_text(c, row, col, ROLE(ROLE_TEXT), "%s", num_value(num, x));
	else
		canvas_field(c, row, col, 5, FIT_CENTRE, ROLE(ROLE_DIM), NUM_MISSING);
}

static void draw_wf1(struct canvas *c, int row, int col, const struct session_row *r)
{
	char num[NUM_LEN];

	if (r->results.n)
		canvas_text(c, row, col, ROLE(ROLE_STRONG), "%s",
			    num_mean_sd(num, r->results.mean.wf1, r->results.sd.wf1));
	else
		canvas_field(c, row, col, 5, FIT_CENTRE, ROLE(ROLE_DIM), NUM_MISSING);
}

/* One that view 1 draws over the run shown has its line's marker and colour there. */
static void draw_pick(const struct ui *u, struct canvas *c, int row, const struct session_row *r)
{
	int line = overlay_line(u, r->here ? u->run.dir : r->dir);

	if (r->picked && line >= 0)
		canvas_put(c, row, 1, ROLE(overlay_role(line)),
			   glyph(c->look->glyphs, overlay_marker(line)));
	else if (r->picked)
		canvas_text(c, row, 1, ROLE(ROLE_KEY), "+");
}

static void draw_row(const struct ui *u, struct canvas *c, int row, const struct session_row *r)
{
	const struct results *x = &r->results;
	char name[2 * PATH_LEN];

	draw_pick(u, c, row, r);
	if (r->why[0]) {
		int at = c->cols < 60 ? NAME + 12 : BRANCH;

		canvas_field(c, row, NAME, at - NAME - 1, FIT_ID, ROLE(ROLE_TEXT), "%s", r->name);
		canvas_field(c, row, at, c->cols - at - 1, FIT_LEFT, ROLE(ROLE_BAD), "%s", r->why);
		return;
	}
	if (c->cols < 80) {
		canvas_field(c, row, NAME, c->cols - 17, FIT_ID, ROLE(ROLE_TEXT), "%s",
			     sessions_name(u, r, name, sizeof name));
		draw_wf1(c, row, c->cols - 14, r);
		return;
	}
	canvas_field(c, row, NAME, BRANCH - NAME - 1, FIT_ID,
		     r->here ? ROLE_BOLD(ROLE_TEXT) : ROLE(ROLE_TEXT), "%s", r->name);
	canvas_field(c, row, BRANCH, PROTOCOL - BRANCH - 1, FIT_LEFT, ROLE(ROLE_DIM), "%s",
		     r->branch);
	canvas_text(c, row, PROTOCOL, ROLE(x->optimistic ? ROLE_WARN : ROLE_TEXT), "%s%s",
		    x->protocol, x->optimistic ? "!" : "");
	canvas_field(c, row, SEED_END - 5, 5, FIT_RIGHT, ROLE(ROLE_TEXT), "%lld",
		     (long long)x->seed);
	canvas_field(c, row, FOLDS_END - 5, 5, FIT_RIGHT, ROLE(ROLE_TEXT), "%d/%d", x->n, r->folds);
	draw_figure(c, row, WA, r, x->mean.wa);
	draw_figure(c, row, UA, r, x->mean.ua);
	draw_wf1(c, row, WF1, r);
	if (c->cols < 110)
		return;
	canvas_field(c, row, EPOCHS_END - 6, 6, FIT_RIGHT, ROLE(ROLE_TEXT), "%d", r->epochs);
	canvas_text(c, row, DATE, ROLE(ROLE_DIM), "%s", r->date);
}

/* Returns the row after the table. */
static int draw_table(const struct ui *u, struct canvas *c, int rows)
{
	const struct sessions_view *v = sessions_view(u);
	int n = v->n, row = 2;
	int top = list_top(v->top, v->at, n, rows);

	for (int i = top; i < n && i < top + rows; i++, row++) {
		struct canvas line = canvas_part(c, row, 0, 1, c->cols);

		draw_row(u, c, row, &v->row[i]);
		if (i == v->at) {
			canvas_put(c, row, 0, ROLE(ROLE_CURSOR), U'▸');
			canvas_ground(&line, ROLE_SELECTED);
		}
	}
	return row;
}

static void draw(const struct ui *u, struct canvas *c)
{
	bool beside = c->cols >= BESIDE;
	struct canvas table = canvas_part(c, 0, 0, c->rows, beside ? TABLE_COLS + 2 : c->cols);
	struct canvas details;
	int end;

	draw_head(u, c);
	if (!sessions_view(u)->n) {
		canvas_text(c, 2, 1, ROLE(ROLE_DIM), "no session yet%s",
			    u->readonly ? "" : "; :open demo");
		return;
	}
	draw_headings(&table);
	end = draw_table(u, &table, list_rows(c->rows, c->cols));
	if (!has_details(c))
		return;
	details = beside ? canvas_part(c, 1, TABLE_COLS + 2, c->rows - 1, c->cols)
			 : canvas_part(c, end + 1, 0, c->rows - end - 1, c->cols);
	sessions_details_draw(u, &details);
}

/*
 * Commands
 */

/* Questions are answered by the same command with `now`. */
static const char *is_answer(const char *args)
{
	return strncmp(args, "now ", 4) == 0 ? args + 4 : NULL;
}

/* The selected session, one of the table by its name, or whatever else `open`
 * takes. */
static int open_session(struct ui *u, const char *args, struct err *e)
{
	const char *what = args;
	const struct session_row *r = sessions_at(u);
	struct err ignored = {0};

	if (*what)
		r = sessions_find(u, what, &ignored);
	else if (!r)
		return err_set(e, "open: no session is stored yet; open demo makes one");
	if (r && r->here)
		return err_set(e, "open: this session is open already");
	if (r)
		what = r->dir;
	return sessions_open(u, what, e);
}

/* "demo-20260104-120000", "demo-20260104-120000/seed-7": no two rows have the same. */
static const char *folder_of(const struct session_row *r)
{
	size_t root = strlen(r->root);
	const char *last = path_base(r->root);

	return strncmp(r->dir, r->root, root) == 0 ? r->dir + (last - r->root) : r->dir;
}

static int delete_asked(struct ui *u, const char *args, struct err *e)
{
	struct sessions_view *v = sessions_view(u);
	const char *answer = is_answer(args);
	const struct session_row *r = answer ? sessions_find(u, answer, e) : sessions_at(u);
	char command[PATH_LEN + 16];
	struct str question = {0};
	int inside = 0;
	const char *why;

	if (!r)
		return err_set(e, "delete: nothing is selected");
	why = sessions_kept(u, r);
	if (why)
		return err_set(e, "delete: %s", why);
	if (answer)
		return sessions_delete(u, r, e);
	for (int i = 0; i < v->n; i++)
		inside += &v->row[i] != r && strcmp(v->row[i].root, r->dir) == 0;
	str_addf(&question, "delete %s, started %s, %d of %d fold%s, %d epoch%s", folder_of(r),
		 r->date, r->results.n, r->folds, r->folds == 1 ? "" : "s", r->epochs,
		 r->epochs == 1 ? "" : "s");
	if (inside)
		str_addf(&question, ", and %d seed%s or branch%s in it", inside,
			 inside == 1 ? "" : "s", inside == 1 ? "" : "es");
	str_add(&question, "? y/n");
	snprintf(command, sizeof command, "delete now %s", r->dir);
	ui_ask(u, command, "%s", question.s);
	str_free(&question);
	return 0;
}

static int enter(struct ui *u, const char *args, struct err *e)
{
	(void)args;
	return open_session(u, "", e);
}

static int compare(struct ui *u, const char *args, struct err *e)
{
	(void)args;
	return sessions_compare(u, e);
}

static int pick(struct ui *u, const char *args, struct err *e)
{
	struct sessions_view *v = sessions_view(u);
	struct session_row *r = &v->row[v->at];

	(void)args, (void)e;
	r->picked = !r->picked;
	return 0;
}

static int move(struct ui *u, const char *to, struct err *e)
{
	struct sessions_view *v = sessions_view(u);
	int rows = list_rows(u->rows - 3, u->cols), at = v->at;

	if (list_move(&at, v->n, rows, to, e))
		return -1;
	v->at = at;
	v->top = list_top(v->top, at, v->n, rows);
	return 0;
}

/* Selects the row; the selected one is picked. */
static void click(struct ui *u, int row, int col)
{
	struct sessions_view *v = sessions_view(u);
	int rows = list_rows(u->rows - 3, u->cols);
	int at = list_click(row - 2, v->top, v->at, v->n, rows);

	(void)col;
	if (at >= 0 && at == v->at)
		pick(u, "", NULL);
	else if (at >= 0)
		v->at = at;
}

static const char *refuse_all(const struct ui *u)
{
	return sessions_at(u) ? NULL : "no session is stored yet";
}

static const char *refuse_enter(const struct ui *u)
{
	const char *why = refuse_all(u);

	return why ? why : sessions_at(u)->here ? "this session is open already" : NULL;
}

static const char *refuse_compare(const struct ui *u)
{
	const char *why = refuse_all(u);

	return why ? why : sessions_view(u)->n < 2 ? "this is the only session" : NULL;
}

static const char *refuse_delete(const struct ui *u)
{
	const char *why = refuse_all(u);

	return why ? why : sessions_kept(u, sessions_at(u));
}

static const struct verb verbs[] = {
	{"move", "up|down|home|end|pgup|pgdn", "Move the cursor or the selected row.", move,
	 refuse_all, complete_args, CHANGES_NOTHING},
	{"enter", "", "Open what is selected.", enter, refuse_enter, NULL, CHANGES_NOTHING},
	{"compare", "", "Figures and settings of the picked sessions and this one.", compare,
	 refuse_compare, NULL, CHANGES_NOTHING},
	{"pick", "", "Pick the session, to draw over or compare.", pick, refuse_all, NULL,
	 CHANGES_NOTHING},
	{"delete", "", "Move the selected session's folder to the trash, after asking.",
	 delete_asked, refuse_delete, NULL, CHANGES_FILES},
	{"open", "SESSION|CONFIG|demo", "Show another session, or begin a run; none is stopped.",
	 open_session, NULL, sessions_complete, CHANGES_FILES | FIRST_LOOKS},
	{0},
};

static const char keys[] = "Enter enter           # open\n"
			   "+ pick                # pick\n"
			   "o overlay             # overlay\n"
			   "c compare             # compare\n"
			   "D delete              # delete\n"
			   "Up move up\n"
			   "Down move down\n"
			   "PgUp move pgup\n"
			   "PgDn move pgdn\n";

const struct view view_sessions = {
	.name = "Sessions",
	.help = "Stored runs: their figures, how they differ, and what to do with them.",
	.draw = draw,
	.keys = keys,
	.verbs = verbs,
	.click = click,
	.chosen = sessions_load,
	.size = sizeof(struct sessions_view),
	.keeps = true,
	.free = sessions_free,
};
