/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tabs, status and keys: what stands in them at which width, in which state. */
#include "tests/ui/moment.h"
#include "tests/ui/util.h"

#include "ui/console/keys.h"
#include "ui/view/screen.h"
#include "ui/view/status.h"
#include "ui/view/train.h"

enum { ROW_MAX = 1024 };

/* One row drawn at a width, as text; blanks at its end are cut. */
static const char *drawn(const struct ui *u, int cols,
			 void (*draw)(const struct ui *u, struct canvas *row))
{
	static char text[ROW_MAX];
	struct canvas c;
	char *dump;
	size_t n;

	canvas_init(&c, 1, cols, &u->look);
	draw(u, &c);
	dump = canvas_dump(&c);
	n = strcspn(dump, "\n");
	while (n > 0 && dump[n - 1] == ' ')
		n--;
	snprintf(text, sizeof text, "%.*s", (int)n, dump);
	free(dump);
	canvas_free(&c);
	return text;
}

static int column_of(const char *row, const char *part)
{
	const char *at = strstr(row, part);
	char before[ROW_MAX];

	if (!at)
		return -1;
	snprintf(before, sizeof before, "%.*s", (int)(at - row), row);
	return text_width(before);
}

/* ---- tabs ---- */

TEST(tabs_by_width)
{
	struct ui u;

	NEED_UTF8();
	moment_init(&u, &look_braille, 24, 80);
	CHECK_STR(drawn(&u, 80, tabs_draw),
		  "▸1 Train 2 Confusion 3 Utterances 4 Utterance 5 Attention 6 Config 7 Sessions");
	CHECK_STR(drawn(&u, 76, tabs_draw), "▸1 Train 2 3 4 5 6 7");
	u.view = VIEW_ATTENTION;
	CHECK_STR(drawn(&u, 40, tabs_draw), " 1 2 3 4▸5 Attention 6 7");
	CHECK_STR(drawn(&u, 120, tabs_draw),
		  " 1 Train  2 Confusion  3 Utterances  4 Utterance ▸5 Attention  6 Config  "
		  "7 Sessions                iemocap-holdout/main");
	moment_free(&u);
}

TEST(tabs_leave_a_long_session_name_its_ends)
{
	struct ui u;
	const char *row;

	NEED_UTF8();
	moment_init(&u, &look_braille, 24, 100);
	row = drawn(&u, 100, tabs_draw);
	CHECK_HAS(row, " iemocap-holdout/main");
	snprintf(u.run.branch, sizeof u.run.branch, "a-branch-with-a-long-name");
	row = drawn(&u, 100, tabs_draw);
	CHECK_HAS(row, "7 Sessions  iemoca");
	CHECK_HAS(row, "…");
	CHECK_INT(text_width(row), 99);
	moment_free(&u);
}

/* ---- status ---- */

TEST(status_by_width)
{
	struct ui u;

	NEED_UTF8();
	moment_init(&u, &look_braille, 24, 80);
	CHECK_STR(drawn(&u, 120, status_draw),
		  " ▶ RUN   fold 3/5  epoch 42/70  step 11/28  loss 0.289  WA  0.745@30  96 ex/s  "
		  "ETA 1h51  1 pending   loss.cmd_text 0.15");
	CHECK_STR(
		drawn(&u, 80, status_draw),
		" ▶ RUN  f3/5 e42/70 s11/28  loss 0.289  WA  0.745@30  96 ex/s  ETA 1h51      +1");
	CHECK_STR(drawn(&u, 72, status_draw),
		  " ▶ RUN  f3/5 e42/70 s11/28  loss 0.289  WA  0.745@30  96 ex/s        +1");
	CHECK_STR(drawn(&u, 60, status_draw),
		  " ▶ RUN  f3/5 e42/70 s11/28  loss 0.289  WA  0.745@30     +1");
	CHECK_STR(drawn(&u, 50, status_draw), " ▶ RUN  f3/5 e42/70 s11/28  loss 0.289         +1");
	CHECK_STR(drawn(&u, 40, status_draw), " ▶ RUN  e42/70 s11/28  loss 0.289    +1");
	moment_free(&u);
}

/* A screen that is old says so, and drops what would be true of the moment only. */
TEST(status_of_one_who_does_not_answer)
{
	struct ui u;

	NEED_UTF8();
	moment_init(&u, &look_braille, 24, 80);
	u.now.hold = WORK_ATTACHED;
	u.now.owner.pid = 4711;
	u.now.silent = 12;
	u.now.pending = 0;
	CHECK_STR(drawn(&u, 140, status_draw),
		  " ▶ RUN   fold 3/5  epoch 42/70  step 11/28  loss 0.289  WA  0.745@30  "
		  "process 4711 does not answer (12 s)");
	CHECK_STR(drawn(&u, 80, status_draw),
		  " ▶ RUN  f3/5 e42/70 s11/28  loss 0.289  4711 does not answer (12 s)");
	CHECK_STR(drawn(&u, 60, status_draw),
		  " ▶ RUN  f3/5 e42/70 s11/28  4711 does not answer (12 s)");
	CHECK_STR(drawn(&u, 54, status_draw), " ▶ RUN  f3/5 e42/70 s11/28  4711 does not answer");
	u.now.hold = WORK_FOLLOWED;
	u.now.state = WORK_ELSEWHERE;
	snprintf(u.now.owner.host, sizeof u.now.owner.host, "node7");
	u.now.silent = 75;
	CHECK_HAS(drawn(&u, 140, status_draw), "process 4711 does not answer (1:15)");
	CHECK(!strstr(drawn(&u, 140, status_draw), "node7"));
	moment_free(&u);
}

/* As if it trained here, and who does: a narrow row leaves out what can be missed. */
TEST(status_of_an_attached_run)
{
	struct ui u;

	NEED_UTF8();
	moment_init(&u, &look_braille, 24, 80);
	u.now.hold = WORK_ATTACHED;
	u.now.owner.pid = 4711;
	CHECK_STR(drawn(&u, 140, status_draw),
		  " ▶ RUN   fold 3/5  epoch 42/70  step 11/28  loss 0.289  WA  0.745@30  "
		  "attached to process 4711  96 ex/s  ETA 1h51  1 pending");
	CHECK_STR(drawn(&u, 120, status_draw),
		  " ▶ RUN   fold 3/5  epoch 42/70  step 11/28  loss 0.289  WA  0.745@30  "
		  "attached to process 4711  96 ex/s  1 pending");
	CHECK_STR(drawn(&u, 80, status_draw),
		  " ▶ RUN  f3/5 e42/70 s11/28  loss 0.289  WA  0.745@30  attached to 4711       "
		  "+1");
	CHECK_STR(drawn(&u, 60, status_draw),
		  " ▶ RUN  f3/5 e42/70 s11/28  attached to 4711             +1");
	CHECK_STR(drawn(&u, 40, status_draw), " ▶ RUN  f3/5 e42/70 s11/28           +1");
	u.now.pending = 0;
	u.now.state = WORK_PAUSED;
	CHECK_STR(drawn(&u, 80, status_draw),
		  " ‖ PAUSED  f3/5 e42/70 s11/28  loss 0.289  WA  0.745@30  attached to 4711");
	u.now.owner.pid = 4194303; /* the largest that Linux gives */
	CHECK_STR(drawn(&u, 80, status_draw),
		  " ‖ PAUSED  f3/5 e42/70 s11/28  loss 0.289  attached to 4194303");
	u.now.hold = WORK_FOLLOWED;
	CHECK(!strstr(drawn(&u, 80, status_draw), "attached"));
	moment_free(&u);
}

TEST(an_evaluation_moves_no_field)
{
	struct ui u;

	NEED_UTF8();
	for (int cols = 40; cols <= 140; cols += 20) {
		char run[256];

		moment_init(&u, &look_braille, 24, cols);
		u.now.state = WORK_RUN;
		snprintf(run, sizeof run, "%s", drawn(&u, cols, status_draw));
		u.now.state = WORK_EVAL;
		CHECK_STR(drawn(&u, cols, status_draw) + strlen(" ▶ EVAL "),
			  run + strlen(" ▶ RUN  "));
		moment_free(&u);
	}
}

TEST(status_by_state)
{
	static const struct {
		enum work_state state;
		const char *row;
	} want[] = {
		{WORK_PAUSED, " ‖ PAUSED  f3/5 e42/70 s11/28  loss 0.289  WA  0.745@30"},
		{WORK_BROKE, " ‖ BROKE  f3/5 e42/70 s11/28  loss 0.289  WA  0.745@30"},
		{WORK_DIVERGED, " ! DIVERGED  f3/5 e42/70 s11/28  loss inf  WA  0.745@30"},
		{WORK_STOPPING,
		 " ■ STOPPING  f3/5 e42/70 s11/28  loss 0.289  WA  0.745@30  96 ex/s"},
		{WORK_EVAL, " ▶ EVAL f3/5 e42/70 s11/28  loss 0.289  WA  0.745@30  96 ex/s  "
			    "ETA 1h51"},
		{WORK_IDLE, " ■ STOPPED  f3/5 e42/70 s11/28  loss 0.289  WA  0.745@30"},
	};
	struct ui u;

	NEED_UTF8();
	moment_init(&u, &look_braille, 24, 80);
	u.now.pending = 0;
	u.now.diverged.loss = INFINITY;
	for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
		u.now.state = want[i].state;
		CHECK_STR(drawn(&u, 80, status_draw), want[i].row);
	}
	u.now = (struct snapshot){.state = WORK_LOADING};
	CHECK_STR(drawn(&u, 80, status_draw), " · LOADING");
	moment_free(&u);
}

/* Numbers change on every step; the words between them must not. */
TEST(fields_keep_their_columns)
{
	static const char *const part[] = {"e", "s", "loss", "WA", "ex/s", "ETA"};
	char before[ROW_MAX];
	struct ui u;

	NEED_UTF8();
	moment_init(&u, &look_braille, 24, 80);
	snprintf(before, sizeof before, "%s", drawn(&u, 80, status_draw));
	u.now.epoch = 7;
	u.now.in_epoch = 3;
	u.now.loss = 0.0001;
	u.now.best = 0.6;
	u.now.best_epoch = 5;
	u.now.rate = 101;
	u.now.eta = 36000;
	for (size_t i = 0; i < sizeof part / sizeof *part; i++)
		if (strcmp(part[i], "ex/s") != 0)
			CHECK_INT(column_of(drawn(&u, 80, status_draw), part[i]),
				  column_of(before, part[i]));
	u.now.rate = u.now.eta = NAN;
	CHECK_HAS(drawn(&u, 80, status_draw), "– ex/s   ETA –");
	moment_free(&u);
}

TEST(status_of_a_branch_on_its_way)
{
	struct ui u;

	NEED_UTF8();
	moment_init(&u, &look_braille, 24, 80);
	CHECK(!strstr(drawn(&u, 80, status_draw), "repeats"));
	u.now.repeats = 12;
	CHECK_HAS(drawn(&u, 80, status_draw), "repeats 12");
	CHECK_HAS(drawn(&u, 200, status_draw), "repeats 12");
	moment_free(&u);
}

/* The figure beside the epoch is the one that selects. */
TEST(status_names_the_figure_that_selects)
{
	static const char *const said[SELECTIONS] = {"  WA  0.745@30", "  UA  0.745@30",
						     "  WF1  0.745@30", "  macro F1  0.745@30",
						     "  val loss  0.745@30"};
	struct ui u;

	NEED_UTF8();
	moment_init(&u, &look_braille, 24, 120);
	for (int i = 0; i < SELECTIONS; i++) {
		u.now.set.train.select = i;
		CHECK_HAS(drawn(&u, 120, status_draw), said[i]);
	}
	moment_free(&u);
}

TEST(status_has_background_and_state_is_reversed)
{
	struct ui u;
	struct canvas c;

	NEED_UTF8();
	moment_init(&u, &look_256, 24, 80);
	canvas_init(&c, 1, 80, &u.look);
	status_draw(&u, &c);
	for (int col = 0; col < 80; col++)
		CHECK_INT(canvas_at(&c, 0, col)->style.bg, ROLE_STATUS);
	CHECK_INT(canvas_at(&c, 0, 3)->style.fg, ROLE_GOOD);
	CHECK(canvas_at(&c, 0, 3)->style.attr & ATTR_REVERSE);
	CHECK_INT(canvas_at(&c, 0, 8)->style.fg, ROLE_DIM);
	CHECK_INT(canvas_at(&c, 0, 77)->style.fg, ROLE_WARN);
	canvas_free(&c);
	moment_free(&u);
}

TEST(messages_go_where_they_fit)
{
	struct ui u;

	NEED_UTF8();
	moment_init(&u, &look_braille, 36, 120);
	ui_say(&u, "saved");
	CHECK(status_has_message(&u, 120));
	CHECK(!status_has_message(&u, 80));
	CHECK_HAS(drawn(&u, 120, status_draw), "1 pending                saved");
	ui_error(&u, "set: train.loss.main: expected a number, 0 to 100; found abc");
	CHECK(!status_has_message(&u, 120));
	CHECK(status_below(&u, 120)); /* whole, so it is not repeated here */
	CHECK(!strstr(drawn(&u, 120, status_draw), "set: train"));
	u.overlay_kind = OVERLAY_ASK; /* a question is there instead */
	CHECK_HAS(drawn(&u, 120, status_draw), "set: train.loss.m…");
	u.overlay_kind = OVERLAY_NONE;
	u.message.fresh = false;
	CHECK(!status_below(&u, 120));
	CHECK_HAS(drawn(&u, 120, status_draw), "set: train.loss.m…");
	CHECK(status_has_message(&u, 200));
	moment_free(&u);
}

/* Until the next key; then the status is there again. */
TEST(a_long_message_is_shown_whole)
{
	struct ui u;
	struct canvas c;
	char *dump;

	NEED_UTF8();
	moment_init(&u, &look_braille, 24, 80);
	canvas_init(&c, 24, 80, &u.look);
	ui_error(&u, "model.num_heads: 3 does not divide 2 x model.hidden_size1 = 256; choose a "
		     "number of heads that does");
	screen_draw(&u, &c);
	dump = canvas_dump(&c);
	CHECK_HAS(dump,
		  "\n model.num_heads: 3 does not divide 2 x model.hidden_size1 = 256; choose a ");
	CHECK_HAS(dump, "\n number of heads that does ");
	free(dump);
	u.message.fresh = false;
	screen_draw(&u, &c);
	dump = canvas_dump(&c);
	CHECK_HAS(dump, "▶ RUN");
	CHECK_HAS(dump, "? help");
	free(dump);
	canvas_free(&c);
	moment_free(&u);
}

/* ---- a run that is over ---- */

static void add_result(struct ui *u, int fold, int right, int wrong)
{
	struct fold_row r = {.fold = fold, .best_epoch = 9};

	r.confusion.classes = 2;
	for (int c = 0; c < 2; c++) {
		r.confusion.count[c][c] = right;
		r.confusion.count[c][1 - c] = wrong;
	}
	results_add(&u->run.results, &r);
}

static void finish(struct ui *u, int cols)
{
	moment_init(u, &look_braille, 36, cols);
	u->now.state = WORK_IDLE;
	u->now.trains = false;
	u->now.pending = 0;
	u->run.folds = 2;
	results_free(&u->run.results);
	results_init(&u->run.results, &u->run.set);
	snprintf(u->run.results.protocol, sizeof u->run.results.protocol, "holdout");
	u->run.results.seed = 53;
	add_result(u, 1, 80, 20);
	add_result(u, 2, 90, 10);
}

TEST(a_finished_run_says_its_figure)
{
	struct ui u;

	NEED_UTF8();
	finish(&u, 120);
	CHECK_HAS(drawn(&u, 120, status_draw),
		  " ✓ DONE   2 folds, test WF1 0.850 ± 0.071  holdout  seed 53");
	CHECK_STR(drawn(&u, 80, status_draw),
		  " ✓ DONE  2 folds, test WF1 0.850 ± 0.071  holdout  seed 53");
	CHECK_STR(drawn(&u, 50, status_draw), " ✓ DONE  2 folds, test WF1 0.850 ± 0.071");
	CHECK_STR(drawn(&u, 40, status_draw), " ✓ DONE  test WF1 0.850 ± 0.071");
	u.run.results.optimistic = true;
	snprintf(u.run.results.protocol, sizeof u.run.results.protocol, "reference");
	CHECK_HAS(drawn(&u, 80, status_draw), "0.850 ± 0.071  reference!  seed 53");
	u.look.glyphs = GLYPHS_ASCII;
	CHECK_HAS(drawn(&u, 80, status_draw), " v DONE  2 folds, test WF1 0.850 +-0.071");
	moment_free(&u);
}

/* Not every fold: it has only stopped. */
TEST(a_run_with_folds_left_is_not_done)
{
	struct ui u;

	NEED_UTF8();
	finish(&u, 80);
	u.run.folds = 3;
	CHECK_HAS(drawn(&u, 80, status_draw), " ■ STOPPED  f3/5 ");
	u.run.folds = 2;
	u.now.trains = true; /* a further seed */
	CHECK_HAS(drawn(&u, 80, status_draw), " ■ STOPPED  f3/5 ");
	moment_free(&u);
}

TEST(status_says_who_trains_it_elsewhere)
{
	struct ui u;

	NEED_UTF8();
	moment_init(&u, &look_braille, 24, 80);
	u.now.pending = 0;
	u.now.state = WORK_ELSEWHERE;
	u.now.hold = WORK_FOLLOWED;
	u.now.owner = (struct lock_owner){.host = "node7", .pid = 4711};
	CHECK_HAS(drawn(&u, 80, status_draw), " ▷ ELSEWHERE   node7 4711 f3/5 e42/70 s11/28  loss");
	CHECK_HAS(drawn(&u, 120, status_draw), " ▷ ELSEWHERE   node7 process 4711  fold 3/5  ");
	snprintf(u.now.owner.since, sizeof u.now.owner.since, "2001-01-01T00:00:00Z");
	CHECK_HAS(drawn(&u, 120, status_draw), " node7 process 4711, since ");
	u.now.owner.host[0] = '\0'; /* its lock does not say */
	CHECK_HAS(drawn(&u, 80, status_draw), " ▷ ELSEWHERE  f3/5 ");
	u.now.state = WORK_IDLE;
	u.now.left = true;
	CHECK_HAS(drawn(&u, 80, status_draw), " ! BROKEN OFF  f3/5 ");
	moment_free(&u);
}

TEST(status_says_that_a_run_is_paced)
{
	struct ui u;

	NEED_UTF8();
	moment_init(&u, &look_braille, 24, 80);
	u.now.state = WORK_RUN;
	CHECK(!strstr(drawn(&u, 120, status_draw), "pace"));
	u.now.pace = 2;
	CHECK_HAS(drawn(&u, 120, status_draw), " ex/s  pace 2  ETA ");
	CHECK_HAS(drawn(&u, 80, status_draw), "  pace 2");
	u.now.pace = 0.5;
	CHECK_HAS(drawn(&u, 80, status_draw), "  pace 0.5");
	u.now.state = WORK_PAUSED; /* nothing is slow now */
	CHECK(!strstr(drawn(&u, 120, status_draw), "pace"));
	moment_free(&u);
}

/* ---- keys ---- */

static void bind(const char *text)
{
	struct err e = {0};

	if (keys_bind(text, &e))
		FAIL("%s", e.text);
}

TEST(keys_by_width)
{
	struct ui u;

	NEED_UTF8();
	moment_init(&u, &look_braille, 24, 80);
	CHECK_STR(
		drawn(&u, 80, keys_draw),
		" Space pause  s step  c cursor  z zoom  + - smooth  l log y   : console  ? help");
	CHECK_STR(drawn(&u, 40, keys_draw), " Space pause          : console  ? help");
	CHECK_STR(drawn(&u, 20, keys_draw), "  : console  ? help");
	moment_free(&u);
}

TEST(keys_follow_state_view_and_bindings)
{
	struct ui u;

	NEED_UTF8();
	moment_init(&u, &look_braille, 24, 80);
	u.now.state = WORK_PAUSED;
	CHECK_HAS(drawn(&u, 80, keys_draw), " Space resume  s step ");
	CHECK(!strstr(drawn(&u, 200, keys_draw), "R rewind")); /* there is no cursor to go to */
	train_view(&u)->cursor = true;
	CHECK_HAS(drawn(&u, 80, keys_draw), "s step  c cursor  R rewind  z zoom  ");
	train_view(&u)->cursor = false;
	u.view = VIEW_CONFUSION;
	CHECK_HAS(drawn(&u, 120, keys_draw), "↑↓←→ cell  ");
	CHECK(!strstr(drawn(&u, 120, keys_draw), "smooth"));
	u.view = VIEW_TRAIN;
	bind("train s zoom all # whole");
	CHECK_HAS(drawn(&u, 200, keys_draw), "s whole");
	CHECK(!strstr(drawn(&u, 200, keys_draw), "s step"));
	u.work = NULL;
	CHECK(!strstr(drawn(&u, 120, keys_draw), "pause"));
	keys_reset();
	moment_free(&u);
}

/* What helps then comes first. */
TEST(keys_of_a_run_that_is_over)
{
	struct ui u;

	NEED_UTF8();
	finish(&u, 80);
	CHECK_STR(
		drawn(&u, 80, keys_draw),
		" N next run  :again other seed  c cursor  z zoom              : console  ? help");
	CHECK_HAS(drawn(&u, 120, status_draw),
		  "   N next run  :again other seed  2 confusion  7 sessions");
	u.now.state = WORK_DIVERGED;
	u.now.trains = true;
	CHECK_HAS(drawn(&u, 80, keys_draw),
		  " :set a lower rate  Space go on  :fold end the fold  ");
	u.now.best_epoch = 0;
	CHECK_HAS(drawn(&u, 80, keys_draw), " :set a lower rate  Space go on  N next run  ");
	u.now.state = WORK_FAILED;
	u.now.trains = false;
	CHECK_HAS(drawn(&u, 80, keys_draw), "N next run  ");
	moment_free(&u);
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
