/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/view/tour_private.h"

#include "base/file.h"
#include "base/xdg.h"
#include "ui/console/command.h"
#include "ui/state/feed.h"
#include "ui/state/feeder.h"

#include <stdlib.h>
#include <string.h>

enum { LEAST_ROWS = 12, INDENT = 1 };

/* ---- has it been offered? ---- */

/* The file that says so; false: there is no place for it. */
static bool mark_path(char *out, size_t n)
{
	struct err ignored = {0};

	return xdg_folder(out, n, "XDG_STATE_HOME") &&
	       path_join(out, n, out, "miust/tour", &ignored) == 0;
}

/* For good; where it cannot be written, it will be offered once more. */
static void remember(void)
{
	static const char text[] = "The tour has been offered; `tour` in the console starts it.\n";
	char path[PATH_LEN], dir[PATH_LEN];
	struct err ignored = {0};

	if (!mark_path(path, sizeof path))
		return;
	snprintf(dir, sizeof dir, "%.*s", (int)(path_base(path) - path), path);
	if (make_dirs(dir, &ignored) == 0)
		file_write(path, text, sizeof text - 1, &ignored);
}

void tour_offer(struct ui *u)
{
	char path[PATH_LEN];

	if (mark_path(path, sizeof path) && !file_exists(path))
		u->tour.state = TOUR_OFFERED;
}

/* ---- from stop to stop ---- */

static void run_line(struct ui *u, const char *line)
{
	struct err e = {0};

	if (command_run(u, line, &e))
		ui_error(u, "%s", e.text);
}

/* The run that the tour has paused goes on. */
static void go_on(struct ui *u)
{
	if (u->tour.paused && !command_refused(u, "resume"))
		run_line(u, "resume");
	u->tour.paused = false;
}

static void leave(struct ui *u)
{
	go_on(u);
	tour_tidy(u);
	u->tour.state = TOUR_OFF;
}

/* Nothing more comes for this stop without somebody's doing. */
static bool is_over(const struct ui *u)
{
	enum work_state s = u->now.state;

	if (u->work && tour_stops[u->tour.stop].beside && feeder_busy(u))
		return false;
	return !u->work || s == WORK_IDLE || s == WORK_FAILED || s == WORK_DIVERGED;
}

/* What is said is of the run as it stands: a step or an evaluation may still end. */
static void stop_here(struct ui *u, const struct str *say)
{
	str_fit(u->tour.text, sizeof u->tour.text, str_text(say));
	u->tour.state = TOUR_STOPS;
	u->tour.early = ui_trains(u) && !command_refused(u, "pause");
	if (u->tour.early && !u->tour.paused) {
		run_line(u, "pause");
		u->message.text[0] = '\0';
		u->tour.paused = true;
	}
}

void tour_follow(struct ui *u)
{
	struct str say = {0};

	if (u->tour.state == TOUR_STOPS && u->tour.early && !ui_trains(u))
		u->tour.state = TOUR_WAITS;
	while (u->tour.state == TOUR_WAITS) {
		str_reset(&say);
		if (tour_stops[u->tour.stop].see(u, is_over(u), &say)) {
			stop_here(u, &say);
		} else if (!is_over(u) || u->look_asked) {
			go_on(u);
			break;
		} else if (++u->tour.stop == tour_count) {
			leave(u);
		}
	}
	str_free(&say);
}

static void begin(struct ui *u)
{
	u->tour.state = TOUR_WAITS;
	u->tour.stop = 0;
	u->tour.jobs = u->feeder.jobs;
	tour_follow(u);
}

/* The next of some lines into out; returns what is after it, NULL after the last. */
static const char *cut_line(const char *at, char *out, size_t n)
{
	size_t len = at ? strcspn(at, "\n") : 0;

	if (!len)
		return NULL;
	snprintf(out, n, "%.*s", (int)len, at);
	return at + len + (at[len] == '\n');
}

/* The command of a stop, unless it cannot be run here and now. */
static const char *command_of(const struct ui *u)
{
	const struct tour_stop *stop = &tour_stops[u->tour.stop];
	const char *at = stop->live && !u->now.trains ? NULL : stop->command;
	char line[128];

	while ((at = cut_line(at, line, sizeof line)))
		if (command_refused(u, line))
			return NULL;
	return stop->live && !u->now.trains ? NULL : stop->command;
}

static void next(struct ui *u)
{
	const char *at = command_of(u);
	char line[128];

	while ((at = cut_line(at, line, sizeof line)))
		run_line(u, line);
	if (++u->tour.stop == tour_count) {
		leave(u);
		return;
	}
	u->tour.state = TOUR_WAITS;
	tour_follow(u);
}

static bool is_shown(const struct ui *u)
{
	return u->tour.state != TOUR_OFF && u->tour.rows > 0;
}

bool tour_key(struct ui *u, struct key k)
{
	bool enter = !k.meta && (k.code == '\r' || k.code == '\n');
	bool escape = !k.meta && k.code == 27;

	if (!is_shown(u))
		return false;
	if (u->tour.state == TOUR_OFFERED) {
		remember();
		u->tour.state = TOUR_OFF;
		if (enter)
			begin(u);
		return enter || escape;
	}
	if (escape) {
		leave(u);
		return true;
	}
	if (u->tour.state != TOUR_STOPS)
		return enter; /* there is nothing to go on from yet */
	if (!enter && !(k.code == tour_stops[u->tour.stop].key && k.code && !k.meta))
		return false;
	next(u);
	return true;
}

/* ---- what is seen of it ---- */

static void add_head(const struct ui *u, struct str *out)
{
	const struct tour_stop *stop = &tour_stops[u->tour.stop];

	if (u->tour.state == TOUR_WAITS)
		str_addf(out, "%d of %d   It goes on when there is something to see: %s%s.",
			 u->tour.stop + 1, tour_count, stop->waits,
			 ui_trains(u) ? "" : "; Space lets the run go on");
	else
		str_addf(out, "%d of %d   %s", u->tour.stop + 1, tour_count, u->tour.text);
}

int tour_rows(const struct ui *u, int rows, int cols)
{
	struct str text = {0};
	const char *next;
	int n = 1; /* keys */

	if (u->tour.state == TOUR_OFF || u->tour.state == TOUR_OFFERED)
		return u->tour.state == TOUR_OFFERED && rows > LEAST_ROWS;
	add_head(u, &text);
	for (next = text.s; *next; n++)
		text_line(next, cols - 2 * INDENT, &next);
	str_free(&text);
	return rows - n >= LEAST_ROWS ? n : 0;
}

static int put_key(struct canvas *c, int row, int col, const char *key, const char *label)
{
	const struct style bold = {ROLE_KEY, ROLE_POPUP, ATTR_BOLD};

	col = canvas_text(c, row, col, bold, "%s", key);
	return 3 + canvas_text(c, row, col, ROLE_ON(ROLE_DIM, ROLE_POPUP), " %s", label);
}

static void draw_keys(const struct ui *u, struct canvas *c, int row)
{
	const struct tour_stop *stop = &tour_stops[u->tour.stop];
	bool does = u->tour.state == TOUR_STOPS && (command_of(u) || !stop->command);
	char key[2];
	int col = INDENT;

	if (u->tour.state == TOUR_OFFERED) {
		col = canvas_text(c, row, col, ROLE_ON(ROLE_STRONG, ROLE_POPUP),
				  "New here? A tour of %d stops:   ", tour_count);
		col = put_key(c, row, col, "Enter", "takes it");
		put_key(c, row, col, "any other key", "goes without");
		return;
	}
	if (does && stop->key) {
		snprintf(key, sizeof key, "%c", (int)stop->key);
		col = put_key(c, row, col, key, "or") - 2;
	}
	if (u->tour.state == TOUR_STOPS)
		col = put_key(c, row, col, "Enter", does ? stop->label : "go on");
	put_key(c, row, col, "Esc", "leave the tour");
}

void tour_draw(const struct ui *u, struct canvas *c)
{
	struct str text = {0};
	const char *next, *from, *end;
	int row = 0;

	if (u->tour.state != TOUR_OFFERED)
		add_head(u, &text);
	canvas_clear(c);
	for (int r = 0; r < c->rows; r++) {
		struct canvas line = canvas_part(c, r, 0, 1, c->cols);

		canvas_ground(&line, ROLE_POPUP);
	}
	for (next = str_text(&text); *next && row < c->rows - 1; row++) {
		from = next;
		end = text_line(from, c->cols - 2 * INDENT, &next);
		canvas_text(c, row, INDENT, ROLE_ON(ROLE_STRONG, ROLE_POPUP), "%.*s",
			    (int)(end - from), from);
	}
	draw_keys(u, c, c->rows - 1);
	str_free(&text);
}

/* ---- the verb ---- */

static const char *refuse_tour(const struct ui *u)
{
	if (u->now.state == WORK_LOADING)
		return "the data is still being read";
	if (!u->run.dir[0])
		return "there is no run to show";
	return u->rows < LEAST_ROWS + 4 ? "the screen needs some more rows for it" : NULL;
}

static int run_tour(struct ui *u, const char *args, struct err *e)
{
	if (*args)
		return err_set(e, "tour takes no argument; found %s", args);
	begin(u);
	return 0;
}

const struct verb tour_verbs[] = {
	{"tour", "", "A tour through the screen, on the run that is shown; Esc leaves it.",
	 run_tour, refuse_tour, NULL, CHANGES_NOTHING | LATE},
	{0},
};
