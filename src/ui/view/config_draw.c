/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Drawing view 6: the head, the table, and details of the selected setting. */
#include "ui/view/config_private.h"

#include "app/study/num.h"
#include "base/str.h"
#include "ui/console/help.h"
#include "ui/draw/list.h"
#include "ui/state/next_run.h"

#include <stdio.h>
#include <string.h>

enum {
	KEY_COL = 4,
	GAP = 2,
	WIDE = 100,      /* columns from which words are whole */
	WHOLE = 116,     /* from which the next run and the default have a column each */
	HELP_LEAST = 20, /* columns of help that are worth having */
	FAULT_ROWS = 4,  /* most lines of what is wrong with the draft */
	DETAIL_ROWS = 4, /* empty, what it takes, help, what changes */
	SMALL = 12,      /* fewer rows have no details and no headings */
};

struct columns {
	int value, next, preset, when, help; /* first column; 0: not shown */
	int end;                             /* after the last */
};

/* What a drawing needs of the state, found once. */
struct scene {
	const struct ui *u;
	const struct settings *set;  /* of the run; NULL: not known (yet) */
	const struct settings *base; /* that the draft starts from; or NULL */
	const struct draft *draft;
	struct settings preset;
	bool fault; /* the draft cannot start as it is */
	struct columns at;
};

static bool is_changed(const struct scene *s, const struct option *o)
{
	return s->set && option_has_default(o) && !option_equal(s->set, &s->preset, o);
}

static bool is_pending(const struct ui *u, const struct option *o)
{
	return u->now.pending > 0 && strcmp(u->now.pending_key, o->key) == 0;
}

int config_head_rows(int rows)
{
	return rows < SMALL ? 1 : 2;
}

int config_list_rows(const struct ui *u, int rows, int cols)
{
	int fault = rows < SMALL ? 0 : config_fault(u, NULL, 0, cols);

	if (rows < SMALL)
		return rows - 1;
	return rows - 2 - DETAIL_ROWS - (fault ? fault : 1);
}

/* The next run's column is there as soon as it differs, or is chosen. */
static bool has_next(const struct ui *u)
{
	return next_run_base(u) && (next_run(u)->n || config_view(u)->next);
}

static struct columns layout(int cols, bool next)
{
	struct columns c = {.value = 28, .end = cols - 1};
	int value = 13, preset = 13, when = 15, more;

	if (cols < 80)
		return c;
	more = (cols - 80) / 10 < 15 ? (cols - 80) / 10 : 15;
	value += more;
	preset += more / 2;
	c.when = c.value + value + 1;
	if (next) {
		c.next = c.when;
		c.when = c.next + value + 1;
	}
	if (!next || cols >= WHOLE) {
		c.preset = c.when;
		c.when = c.preset + preset + 1;
	}
	if (c.end - (c.when + when + GAP) >= HELP_LEAST)
		c.help = c.when + when + GAP;
	return c;
}

/*
 * The head
 */

/* Its parts, most important last: the first go where it is too narrow. */
struct head_part {
	char text[80];
	enum role role;
};

static int parts_columns(const struct head_part *p, int n)
{
	int columns = 1;

	for (int i = 0; i < n; i++)
		columns += text_width(p[i].text) + 3;
	return columns - 3;
}

static void add_part(struct head_part *p, int *n, enum role role, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
static void add_part(struct head_part *p, int *n, enum role role, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(p[*n].text, sizeof p->text, fmt, ap);
	va_end(ap);
	p[(*n)++].role = role;
}

/* "next run: 2 changes, ready" */
static void add_next(const struct scene *s, struct head_part *p, int *n, bool wide)
{
	int count = s->draft->n;
	char key[KEY_NAME_LEN];

	if (!count || !s->base)
		return;
	if (wide)
		add_part(p, n, s->fault ? ROLE_BAD : ROLE_STRONG, "next run: %d change%s, %s",
			 count, count == 1 ? "" : "s", s->fault ? "not ready" : "ready");
	else
		add_part(p, n, s->fault ? ROLE_BAD : ROLE_STRONG, "next run: %d, %s", count,
			 s->fault ? "not ready" : "ready");
	if (wide && !s->fault && *help_key_for(s->u, "start", key, sizeof key))
		add_part(p, n, ROLE_KEY, "%s start", key);
}

static int count_changed(const struct scene *s)
{
	int changed = 0;

	for (int i = 0; i < option_count; i++)
		changed += is_changed(s, &option_table[i]) || is_pending(s->u, &option_table[i]);
	return changed;
}

static void draw_head(const struct scene *s, struct canvas *c, const struct config_lines *l)
{
	const char *find = config_view(s->u)->find;
	struct head_part p[6];
	int n = 0, col = 1, first = 0;

	if (find[0]) {
		col = canvas_text(c, 0, col, ROLE(ROLE_DIM), "find ");
		col = canvas_text(c, 0, col, ROLE(ROLE_STRONG), "%s", find) + 3;
		add_part(p, &n, ROLE_TEXT, "%d of %d settings", l->settings, option_count);
	} else {
		add_part(p, &n, ROLE_TEXT, "%d settings", option_count);
	}
	if (!s->set)
		add_part(p, &n, ROLE_DIM, "%s",
			 s->u->now.state == WORK_LOADING
				 ? "their values appear when the data is read"
				 : "their values are not known");
	else
		add_part(p, &n, ROLE_TEXT,
			 c->cols < WIDE ? "%d changed *" : "%d differ from their default *",
			 count_changed(s));
	if (s->u->now.pending)
		add_part(p, &n, ROLE_WARN, "%d pending", s->u->now.pending);
	add_next(s, p, &n, c->cols >= 80);
	while (first < n - 1 && col - 1 + parts_columns(p + first, n - first) > c->cols - 1)
		first++;
	for (int i = first; i < n; i++)
		col = canvas_text(c, 0, col, ROLE(p[i].role), "%s", p[i].text) + 3;
}

/*
 * The table
 */

static void draw_heading(const struct scene *s, struct canvas *c, int col, const char *text,
			 bool chosen)
{
	bool two = s->at.next > 0;

	if (col)
		canvas_text(c, 1, col, two && chosen ? ROLE_BOLD(ROLE_STRONG) : ROLE(ROLE_DIM),
			    "%s", text);
}

static void draw_headings(const struct scene *s, struct canvas *c)
{
	bool next = config_view(s->u)->next;

	canvas_text(c, 1, 2, ROLE(ROLE_DIM), "setting");
	draw_heading(s, c, s->at.value, "value", !next);
	draw_heading(s, c, s->at.next, "next run", next);
	draw_heading(s, c, s->at.preset, "default", false);
	draw_heading(s, c, s->at.when, "takes effect", false);
}

/* Paths tell more at their end, all else at its beginning. */
static void draw_value(struct canvas *c, int row, int col, int end, struct style style,
		       const struct option *o, const char *text)
{
	canvas_field(c, row, col, end - col, o->type == OPT_PATH ? FIT_ID : FIT_LEFT, style, "%s",
		     *text ? text : NUM_MISSING);
}

/* The first column after `col` that is in use. */
static int end_of(const struct columns *at, int col)
{
	const int starts[] = {at->next, at->preset, at->when, at->help};

	for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
		if (starts[i] > col)
			return starts[i] - 1;
	return at->end;
}

static void draw_now(const struct scene *s, struct canvas *c, int row, const struct option *o)
{
	const struct columns *at = &s->at;
	const char *next = draft_value(s->draft, o);
	char value[OPTION_TEXT] = "";

	if (s->set)
		option_text(s->set, o, value, sizeof value);
	if (is_pending(s->u, o)) {
		int col = canvas_text(c, row, at->value, ROLE(ROLE_DIM), "%s → ", value);

		canvas_text(c, row, col, ROLE_BOLD(ROLE_WARN), "%s", s->u->now.pending_value);
	} else if (next && !at->when) { /* too narrow for two columns */
		canvas_field(c, row, at->value, at->end - at->value, FIT_LEFT, ROLE_BOLD(ROLE_WARN),
			     "next %s", *next ? next : NUM_MISSING);
	} else {
		draw_value(c, row, at->value, end_of(at, at->value),
			   is_changed(s, o) ? ROLE(ROLE_STRONG) : ROLE(ROLE_TEXT), o, value);
	}
}

/* What the next run has where it is not what is shown: by the draft, or because it starts
 * from what is stored and this run was changed since. */
static void draw_next(const struct scene *s, struct canvas *c, int row, const struct option *o)
{
	const char *next = draft_value(s->draft, o);
	char stored[OPTION_TEXT];

	if (next)
		draw_value(c, row, s->at.next, end_of(&s->at, s->at.next), ROLE_BOLD(ROLE_WARN), o,
			   next);
	else if (s->set && !option_equal(s->set, s->base, o))
		draw_value(c, row, s->at.next, end_of(&s->at, s->at.next), ROLE(ROLE_DIM), o,
			   option_text(s->base, o, stored, sizeof stored));
}

static void draw_preset(const struct scene *s, struct canvas *c, int row, const struct option *o)
{
	char text[OPTION_TEXT] = "";

	if (*o->preset || o->by_layout)
		option_text(&s->preset, o, text, sizeof text);
	draw_value(c, row, s->at.preset, end_of(&s->at, s->at.preset), ROLE(ROLE_DIM), o, text);
}

/* What the run makes of the setting, else what the setting is. */
static void draw_help(const struct scene *s, struct canvas *c, int row, const struct option *o)
{
	struct str remark = {0};
	bool said = config_remark(s->u, o, &remark);

	canvas_field(c, row, s->at.help, s->at.end - s->at.help, FIT_LEFT,
		     ROLE(said ? ROLE_TEXT : ROLE_DIM), "%s", said ? remark.s : o->help);
	str_free(&remark);
}

static void draw_setting(const struct scene *s, struct canvas *c, int row, const struct option *o)
{
	const struct columns *at = &s->at;
	bool pending = is_pending(s->u, o);

	if (is_changed(s, o) || pending)
		canvas_text(c, row, 2, ROLE(ROLE_WARN), "*");
	canvas_field(c, row, KEY_COL, at->value - KEY_COL - 1, FIT_ID,
		     ROLE(o->no_effect ? ROLE_DIM : ROLE_TEXT), "%s", o->key);
	draw_now(s, c, row, o);
	if (at->next)
		draw_next(s, c, row, o);
	if (at->preset)
		draw_preset(s, c, row, o);
	if (at->when)
		canvas_text(c, row, at->when, ROLE(pending ? ROLE_WARN : ROLE_TEXT), "%s",
			    o->no_effect                      ? "never"
			    : pending && o->when == WHEN_STEP ? "after this step"
							      : option_when_text(o));
	if (at->help)
		draw_help(s, c, row, o);
}

/*
 * Details
 */

/* "   u undo" */
static void offer(const struct scene *s, struct canvas *c, int row, int col, const char *command,
		  const char *label)
{
	char key[KEY_NAME_LEN];

	if (!*help_key_for(s->u, command, key, sizeof key))
		return;
	if (col + 3 + text_width(key) + 1 + text_width(label) > c->cols - 1)
		return; /* the key row has it too */
	col = canvas_text(c, row, col + 3, ROLE(ROLE_KEY), "%s", key);
	canvas_text(c, row, col + 1, ROLE(ROLE_DIM), "%s", label);
}

/* "asked during 42:11, applied before 42:12". The next step is the first that
 * a change can reach; the next epoch begins with step 1. */
static void draw_pending(const struct scene *s, struct canvas *c, int row, const struct option *o)
{
	const struct snapshot *now = &s->u->now;
	bool next_epoch = o->when == WHEN_EPOCH || now->in_epoch >= now->steps_per_epoch;
	char value[OPTION_TEXT] = "", at[NUM_LEN], before[NUM_LEN];
	int col;

	if (s->set)
		option_text(s->set, o, value, sizeof value);
	num_position(at, now->epoch, now->in_epoch);
	num_position(before, now->epoch + next_epoch, next_epoch ? 1 : now->in_epoch + 1);
	col = canvas_text(c, row, 1, ROLE(ROLE_TEXT), "%s → %s %s %s, applied before %s", value,
			  now->pending_value,
			  now->state == WORK_PAUSED ? "asked after" : "asked during", at, before);
	offer(s, c, row, col, "undo", "undo");
}

/* "20, in the next run 32   x take back" */
static void draw_drafted(const struct scene *s, struct canvas *c, int row, const struct option *o,
			 const char *next)
{
	char value[OPTION_TEXT] = "", text[2 * OPTION_TEXT + 32], cut[2 * OPTION_TEXT + 32];
	int col;

	if (s->set)
		option_text(s->set, o, value, sizeof value);
	snprintf(text, sizeof text, "%s, in the next run %s", *value ? value : "none",
		 *next ? next : "none");
	text_cut_middle(cut, sizeof cut, text, c->cols - 2);
	col = canvas_text(c, row, 1, ROLE(ROLE_TEXT), "%s", cut);
	offer(s, c, row, col, "unset", "take back");
}

/* A live change that the next run will not have. */
static void draw_live(const struct scene *s, struct canvas *c, int row, const struct option *o)
{
	char value[OPTION_TEXT], stored[OPTION_TEXT];

	option_text(s->set, o, value, sizeof value);
	option_text(s->base, o, stored, sizeof stored);
	canvas_field(c, row, 1, c->cols - 2, FIT_LEFT, ROLE(ROLE_TEXT),
		     "%.40s by a live change, in the next run %.40s; draft live takes it over",
		     value, stored);
}

static void draw_details(const struct scene *s, struct canvas *c, int row, const struct option *o)
{
	char takes[OPTION_TAKES], value[OPTION_TEXT];
	const char *next = draft_value(s->draft, o);
	int col = canvas_text(c, row, 1, ROLE_BOLD(ROLE_STRONG), "%s", o->key);

	canvas_text(c, row, col + 3, ROLE(ROLE_TEXT), "%s, default %s%s%s",
		    option_takes(o, takes, sizeof takes), option_default_text(o),
		    o->unit ? ", in " : "", o->unit ? o->unit : "");
	canvas_field(c, row + 1, 1, c->cols - 2, FIT_LEFT, ROLE(ROLE_TEXT), "%s", o->help);
	if (is_pending(s->u, o)) {
		draw_pending(s, c, row + 2, o);
	} else if (next && s->base) {
		draw_drafted(s, c, row + 2, o, next);
	} else if (s->set && s->base && o->when != WHEN_RUN && !option_equal(s->set, s->base, o)) {
		draw_live(s, c, row + 2, o);
	} else if (s->set && (o->type == OPT_PATH || o->type == OPT_LABELS)) { /* long */
		option_text(s->set, o, value, sizeof value);
		canvas_field(c, row + 2, 1, c->cols - 2, FIT_ID, ROLE(ROLE_DIM), "%s", value);
	} else {
		config_put_remark(s->u, c, row + 2, 2, o);
		return;
	}
	config_put_remark(s->u, c, row + 3, 1, o);
}

int config_fault(const struct ui *u, struct canvas *c, int row, int cols)
{
	struct err e = {0};
	struct settings next;
	const char *at, *end;
	struct str text = {0};
	int n = 0;

	if (!next_run_base(u) || !next_run(u)->n ||
	    !draft_apply(next_run(u), next_run_base(u), &next, &e))
		return 0;
	str_addf(&text, "not ready: %s", e.text);
	for (at = text.s; *at && n < FAULT_ROWS; n++) {
		const char *from = at;

		end = text_line(from, cols - 2, &at);
		if (c)
			canvas_field(c, row + n, 1, cols - 2, FIT_LEFT, ROLE(ROLE_BAD), "%.*s",
				     n + 1 < FAULT_ROWS ? (int)(end - from) : (int)strlen(from),
				     from);
	}
	str_free(&text);
	return n;
}

static void make_scene(struct scene *s, const struct ui *u, int cols)
{
	struct err ignored = {0};
	struct settings next;

	*s = (struct scene){.u = u,
			    .set = next_run_shown(u),
			    .base = next_run_base(u),
			    .draft = next_run(u),
			    .at = layout(cols, has_next(u))};
	if (s->set)
		config_defaults(s->set, &s->preset);
	else
		options_preset(&s->preset);
	s->fault = s->base && s->draft->n && draft_apply(s->draft, s->base, &next, &ignored);
}

void config_draw(const struct ui *u, struct canvas *c)
{
	int rows = config_list_rows(u, c->rows, c->cols), first = config_head_rows(c->rows), top;
	struct config_lines l;
	struct scene s;

	config_lines(u, &l);
	make_scene(&s, u, c->cols);
	draw_head(&s, c, &l);
	if (!l.settings) {
		canvas_text(c, first, 1, ROLE(ROLE_DIM),
			    "no setting matches; find without a word "
			    "shows all");
		return;
	}
	if (first == 2)
		draw_headings(&s, c);
	top = list_top(config_view(u)->top, l.selected, l.n, rows);
	for (int i = top; i < l.n && i < top + rows; i++) {
		int row = first + i - top;

		if (l.at[i].group) {
			canvas_text(c, row, 2, ROLE_BOLD(ROLE_STRONG), "%s", l.at[i].group);
			continue;
		}
		draw_setting(&s, c, row, l.at[i].o);
		if (i == l.selected) {
			struct canvas line = canvas_part(c, row, 0, 1, c->cols);
			bool next = config_edits_next(u, l.at[i].o);

			canvas_put(c, row, 0, ROLE(ROLE_CURSOR), U'▸');
			if (s.at.next)
				canvas_put(c, row, (next ? s.at.next : s.at.value) - 1,
					   ROLE(ROLE_CURSOR), U'▸');
			canvas_ground(&line, ROLE_SELECTED);
		}
	}
	if (c->rows < SMALL)
		return;
	draw_details(&s, c, first + rows + 1, l.at[l.selected].o);
	config_fault(u, c, first + rows + DETAIL_ROWS, c->cols);
}
