/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The selected run against another: settings that differ, WF1 by fold. */
#include "ui/view/sessions.h"

#include "app/config/setting.h"
#include "app/session/session_data.h"
#include "app/session/session_rows.h"
#include "app/study/num.h"
#include "base/str.h"
#include "base/util.h"

#include <stdio.h>
#include <string.h>

/* First columns. */
enum { KEY_COL = 3, VALUE_COL = 27, OTHER_COL = 51, BESIDE = 140 };

/*
 * Reading
 */

static void forget(struct session_detail *d)
{
	changes_free(&d->changes);
	results_free(&d->results);
	d->dir[0] = '\0';
}

/* Anything that cannot be read is empty: the run's line says why. */
static void read_one(struct session_detail *d, const struct shelf_run *r)
{
	struct err ignored = {0};
	struct session s;

	if (r && strcmp(d->dir, r->dir) == 0 && d->whole == r->whole)
		return;
	forget(d);
	if (!r || r->x.why || session_read(&s, r->dir, &d->set, &ignored))
		return;
	d->folds = session_folds(&s, &d->set);
	if (session_results(&s, &d->set, &d->results, &ignored) ||
	    session_in_force(&s, &d->set, &d->changes, &ignored)) {
		forget(d);
		return;
	}
	if (!lock_dir_is_local(r->dir, d->local, sizeof d->local))
		d->local[0] = '\0';
	snprintf(d->dir, sizeof d->dir, "%s", r->dir);
	d->whole = r->whole;
}

void sessions_details_read(struct ui *u)
{
	struct sessions_view *v = sessions_view(u);

	read_one(&v->detail[0], sessions_at(u));
	read_one(&v->detail[1], sessions_at(u) ? sessions_against(u) : NULL);
}

/*
 * Differences
 */

/* The last live change of a setting, its value, and whether there were others; NULL: none. */
static const struct change *last_change(const struct session_detail *d, const struct option *o,
					const char **value, bool *more)
{
	const struct change *last = NULL;
	struct setting x;

	*more = false;
	for (int i = 0; i < d->changes.n; i++) {
		if (!setting_of_command(&x, d->changes.at[i].command) || x.o != o || !x.value ||
		    changes_taken_over(&d->changes, i))
			continue;
		*more = last != NULL;
		*value = x.value;
		last = &d->changes.at[i];
	}
	return last;
}

/* "5e-4, 3e-4 from epoch 19": as stored, and what it was changed to. */
static void say_value(const struct session_detail *d, const struct option *o, char *out, size_t n)
{
	char value[OPTION_TEXT];
	const char *to;
	bool more;
	const struct change *c = last_change(d, o, &to, &more);

	option_text(&d->set, o, value, sizeof value);
	if (c)
		snprintf(out, n, "%.40s, %s%.40s from epoch %d", value, more ? "…, " : "", to,
			 c->epoch);
	else
		snprintf(out, n, "%s", *value ? value : NUM_MISSING);
}

static bool differs(const struct session_detail *a, const struct session_detail *b,
		    const struct option *o)
{
	const char *value;
	bool more;

	return !option_equal(&a->set, &b->set, o) || last_change(a, o, &value, &more) ||
	       last_change(b, o, &value, &more);
}

static void draw_value(struct canvas *c, int row, int col, int end, const struct session_detail *d,
		       const struct option *o)
{
	char text[OPTION_TEXT];

	say_value(d, o, text, sizeof text);
	canvas_field(c, row, col, end - col, o->type == OPT_PATH ? FIT_ID : FIT_LEFT,
		     ROLE(ROLE_TEXT), "%s", text);
}

static int draw_differences(struct canvas *c, int row, int rows, const struct session_detail *a,
			    const struct session_detail *b)
{
	int found = 0, left = 0;

	for (int i = 0; i < option_count; i++) {
		const struct option *o = &option_table[i];

		if (!differs(a, b, o))
			continue;
		if (found == rows) {
			left++;
			continue;
		}
		canvas_text(c, row + found, KEY_COL, ROLE(ROLE_DIM), "%s", o->key);
		draw_value(c, row + found, VALUE_COL, OTHER_COL - 1, a, o);
		draw_value(c, row + found, OTHER_COL, c->cols - 1, b, o);
		found++;
	}
	if (!found)
		canvas_text(c, row + found++, KEY_COL, ROLE(ROLE_DIM), "all settings are the same");
	if (left) { /* the last one gives way to the number of those not shown */
		canvas_field(c, row + found - 1, KEY_COL, c->cols - 1 - KEY_COL, FIT_LEFT,
			     ROLE(ROLE_DIM), "and %d more; compare lists all", left + 1);
	}
	return row + found;
}

/*
 * Folds
 */

/* As many as there is room for; the last place says how many more there are. */
static void draw_folds(const struct ui *u, struct canvas *c, int row, const struct shelf_run *r,
		       const struct session_detail *d)
{
	int room = (c->cols - VALUE_COL) / 7, next = 0, shown = d->folds;
	char num[NUM_LEN], name[2 * PATH_LEN];

	canvas_field(c, row, KEY_COL, VALUE_COL - KEY_COL - 1, FIT_ID, ROLE(ROLE_TEXT), "%s",
		     sessions_name(u, r, name, sizeof name));
	if (shown > room)
		shown = max_int(room - 1, 0);
	for (int i = 0; i < shown; i++) {
		int fold = d->folds == 1 ? 0 : i + 1, col = VALUE_COL + 7 * i;
		const struct results *x = &d->results;

		if (next < x->n && x->fold[next].fold == fold)
			canvas_text(c, row, col, ROLE(ROLE_TEXT), "%s",
				    num_value(num, x->fold[next++].test.wf1));
		else
			canvas_field(c, row, col, 5, FIT_CENTRE, ROLE(ROLE_DIM), NUM_MISSING);
	}
	if (shown < d->folds)
		canvas_text(c, row, VALUE_COL + 7 * shown, ROLE(ROLE_DIM), "… %d",
			    d->folds - shown);
}

/*
 * One run
 */

/* Why a session cannot be read, over as many rows as that takes. */
static void draw_why(struct canvas *c, const char *why)
{
	const char *text = why, *next;
	int columns = c->cols - 1 - KEY_COL;

	for (int row = 1; *text && row < c->rows; row++, text = next) {
		const char *end = text_line(text, columns, &next);

		canvas_text(c, row, KEY_COL, ROLE(ROLE_BAD), "%.*s", (int)(end - text), text);
	}
}

/* "▷ elsewhere  node7, process 4711, 2 h 10 min", "! broken off  can go on: Enter, Space". */
static void say_state(const struct ui *u, const struct shelf_run *r, char *out, size_t n)
{
	const struct shelf_word *w = &shelf_words[r->state];
	bool here = r == sessions_view(u)->here;
	const char *attached = here && ui_attached(u) ? ", attached" : "";
	int holders = shelf_holders(r);
	char more[192] = "";

	if (holders > 1 && *attached)
		snprintf(more, sizeof more, "  %d processes, attached to %ld", holders,
			 u->now.owner.pid);
	else if (holders > 1)
		snprintf(more, sizeof more, "  %d processes", holders);
	else if (r->state == SHELF_ELSEWHERE)
		snprintf(more, sizeof more, "  %s%s",
			 sessions_holder(u, &r->held[0].who, true, out, n), attached);
	else if ((r->state == SHELF_BROKEN_OFF || r->state == SHELF_STOPPED) && !u->readonly)
		snprintf(more, sizeof more, "  can go on: %sSpace", here ? "" : "Enter, ");
	else if (r->state == SHELF_UNSEEN)
		snprintf(more, sizeof more, "  cannot see who trains it: its lock may not be read");
	else if (r->x.pruned)
		snprintf(more, sizeof more, ", pruned");
	snprintf(out, n, "%s %s%s", w->mark, w->word, more);
}

/* What fits to the right of `col`, or nothing; returns the column after it. */
static int draw_part(struct canvas *c, int col, int gap, enum role role, const char *text)
{
	if (!*text || col + gap + text_width(text) > c->cols)
		return col;
	return canvas_text(c, 0, col + gap, ROLE(role), "%s", text);
}

/* The line of a session with several seeds has the mean of them; this is one of them. */
static int draw_title(const struct ui *u, struct canvas *c, const struct shelf_run *r)
{
	bool variant = sessions_line(u)->kind == LINE_VARIANT;
	char name[2 * PATH_LEN], text[256], size[NUM_LEN];
	int col = canvas_text(c, 0, 1, ROLE_BOLD(ROLE_STRONG), "%s",
			      sessions_name(u, r, name, sizeof name));

	if (variant)
		col = canvas_text(c, 0, col + 2, ROLE(ROLE_TEXT), "seed %lld alone",
				  (long long)r->x.seed);
	say_state(u, r, text, sizeof text);
	col = canvas_text(c, 0, col + 2, ROLE(ROLE_TEXT), "%s", text);
	col = draw_part(c, col, 3, ROLE_DIM, r->archived ? "archived" : "");
	snprintf(text, sizeof text, "begun %s", r->begun);
	col = draw_part(c, col, 3, ROLE_DIM, text);
	draw_part(c, col, 3, ROLE_DIM, num_bytes(size, (double)r->bytes));
	return 1;
}

/* Each fold that one of several programs trains, in half of the rows at most. */
static int draw_holders(const struct ui *u, struct canvas *c, int row, const struct shelf_run *r)
{
	int room = shelf_holders(r) > 1 ? max_int((c->rows - row) / 2, 1) : 0;
	int shown = r->nheld <= room ? r->nheld : room - 1;
	char text[192];

	if (!room)
		return row;
	for (int i = 0; i < shown; i++) {
		const struct held *h = &r->held[i];
		const struct fold_epoch *at = summary_epoch(&r->x, h->fold);
		int col = canvas_text(c, row, KEY_COL, ROLE(ROLE_DIM), "fold %d", h->fold);

		if (at)
			canvas_text(c, row, col + 2, ROLE(ROLE_DIM), "e%d/%d", at->epoch,
				    at->epochs);
		canvas_text(c, row++, VALUE_COL, ROLE(ROLE_TEXT), "%s",
			    sessions_holder(u, &h->who, true, text, sizeof text));
	}
	if (shown < r->nheld)
		canvas_text(c, row++, KEY_COL, ROLE(ROLE_DIM), "and %d more fold%s",
			    r->nheld - shown, r->nheld - shown == 1 ? "" : "s");
	return row;
}

/* Where locks tell less than they seem to. */
static int draw_local(const struct ui *u, struct canvas *c, int row, const struct shelf_run *r)
{
	const struct session_detail *d = &sessions_view(u)->detail[0];

	if (strcmp(d->dir, r->dir) != 0 || !d->local[0] || r->nheld || r->state == SHELF_FINISHED)
		return row;
	canvas_field(c, row, KEY_COL, c->cols - 1 - KEY_COL, FIT_LEFT, ROLE(ROLE_WARN),
		     "it may train on another machine, whose locks are not seen here (%s)",
		     d->local);
	return row + 1;
}

/* Tags and the last note, if there are any. */
static int draw_words(struct canvas *c, int row, const struct shelf_run *r)
{
	const char *last = strrchr(r->x.note, '\n'), *tag = r->x.tags;
	char more[32] = "";
	int col = 1;

	if (!*tag && !r->x.notes)
		return row;
	for (; *tag; tag += strcspn(tag, "\n"), tag += *tag == '\n')
		col = canvas_text(c, row, col, ROLE(ROLE_KEY), "#%.*s", (int)strcspn(tag, "\n"),
				  tag) +
		      1;
	if (!r->x.notes)
		return row + 1;
	if (r->x.notes > 1)
		snprintf(more, sizeof more, "   %d notes", r->x.notes);
	canvas_text(c, row, col + (col > 1), ROLE(ROLE_KEY), "\"");
	canvas_field(c, row, col + (col > 1) + 2, c->cols - 4 - col - text_width(more), FIT_LEFT,
		     ROLE(ROLE_TEXT), "%s", last ? last + 1 : r->x.note);
	canvas_text(c, row, c->cols - 1 - text_width(more), ROLE(ROLE_DIM), "%s", more);
	return row + 1;
}

/* What the ! after a figure means, while one is listed. */
static int draw_optimistic(const struct ui *u, struct canvas *c, int row)
{
	const struct outline *o = &sessions_view(u)->list;

	for (int i = 0; i < o->n; i++) {
		const struct shelf_run *r = o->line[i].run;

		if (!r || !r->x.optimistic || !r->x.done)
			continue;
		canvas_text(c, row, 1, ROLE(ROLE_WARN),
			    "! %s validates on the test session: its figures are optimistic",
			    r->x.protocol);
		return row + 1;
	}
	return row;
}

static void draw_run(const struct ui *u, struct canvas *c, const struct shelf_run *a)
{
	const struct session_detail *d = sessions_view(u)->detail;
	const struct shelf_run *b = sessions_against(u);
	bool one = strcmp(d[0].dir, a->dir) == 0, two = b && strcmp(d[1].dir, b->dir) == 0;
	bool beside = c->cols >= BESIDE;
	int row = draw_local(u, c, draw_title(u, c, a), a), folds = 1 + one + two;
	struct canvas left = canvas_part(c, 0, 0, c->rows, beside ? c->cols / 2 : c->cols);
	struct canvas right = beside ? canvas_part(c, 0, c->cols / 2, c->rows, c->cols) : left;
	char name[2 * PATH_LEN];
	int at = row = draw_words(c, draw_holders(u, c, row, a), a);

	if (a->x.why || (b && b->x.why)) {
		draw_why(c, a->x.why ? a->x.why : b->x.why);
		return;
	}
	row = draw_optimistic(u, &left, row);
	if (one && two) {
		int rows = c->rows - row - 1 - (beside ? 0 : folds);

		canvas_text(&left, row, OTHER_COL, ROLE(ROLE_DIM), "%s",
			    sessions_name(u, b, name, sizeof name));
		canvas_text(&left, row, VALUE_COL, ROLE(ROLE_DIM), "this run");
		canvas_text(&left, row, 1, ROLE_BOLD(ROLE_STRONG), "differs in");
		row = draw_differences(&left, row + 1, max_int(rows, 1), &d[0], &d[1]);
	} else if (!b) {
		canvas_text(&left, row++, KEY_COL, ROLE(ROLE_DIM),
			    "differences appear beside a session picked with +");
	}
	if (beside)
		row = at;
	canvas_text(&right, row, 1, ROLE_BOLD(ROLE_STRONG), "WF1 by fold");
	if (one)
		draw_folds(u, &right, ++row, a, &d[0]);
	if (two)
		draw_folds(u, &right, ++row, b, &d[1]);
}

/* Of a study, a group, the queue: how many of its runs are what. */
static void draw_many(struct canvas *c, const struct outline_line *l)
{
	char size[NUM_LEN], time[NUM_LEN];
	int col;

	col = canvas_text(c, 0, 1, ROLE_BOLD(ROLE_STRONG), "%s", l->label);
	canvas_text(c, 0, col + 2, ROLE(ROLE_DIM), "%d run%s, %d finished   %s of training   %s",
		    l->runs, l->runs == 1 ? "" : "s", l->finished, num_time(time, l->seconds),
		    num_bytes(size, (double)l->bytes));
	if (l->pruned)
		canvas_text(c, 1, KEY_COL, ROLE(ROLE_DIM), "%d pruned", l->pruned);
}

void sessions_details_draw(const struct ui *u, struct canvas *c)
{
	const struct outline_line *l = sessions_line(u);

	if (l->run)
		draw_run(u, c, l->run);
	else
		draw_many(c, l);
}
