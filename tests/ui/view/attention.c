/* SPDX-License-Identifier: GPL-3.0-or-later */
/* View 5 (ui/view/attention.h). */
#include "tests/ui/golden.h"
#include "tests/ui/look.h"
#include "temp.h"
#include "tests/ui/verb.h"

#include "base/file.h"
#include "ui/view/selected.h"
#include "ui/state/ui.h"
#include "ui/view/status.h"
#include "ui/view/attention.h"

static void draw(struct canvas *c, const struct look_fixture *x)
{
	canvas_init(c, x->u.rows - 3, x->u.cols, &x->u.look);
	view_attention.draw(&x->u, c);
}

static void check(const char *name, const struct look_fixture *x)
{
	struct canvas c;

	draw(&c, x);
	golden_check(name, &c);
	canvas_free(&c);
}

/* The row of a canvas as text, in a buffer of its own. */
static const char *row_text(const struct canvas *c, int row)
{
	static char text[2048];
	struct canvas part = canvas_part(c, row, 0, 1, c->cols);
	char *dump = canvas_dump(&part);

	snprintf(text, sizeof text, "%s", dump);
	free(dump);
	return text;
}

static int run(struct look_fixture *x, const char *verb, const char *args, struct err *e)
{
	*e = (struct err){0};
	return verb_of(&view_attention, verb)->run(&x->u, args, e);
}

/* The utterance of the agreed screens, the cursor on "sorry" at 0.86 s. */
static void open_agreed(struct look_fixture *x, const struct look *look, int rows, int cols)
{
	look_open(x, look, rows, cols, LOOK_TEXT, 12, 226, 4);
	attention_view(&x->u)->word = 1;
	attention_view(&x->u)->frame = 43;
}

TEST(at_four_sizes)
{
	static const int size[][2] = {{10, 40}, {24, 80}, {36, 120}, {50, 200}};
	struct look_fixture x;
	char name[64];

	NEED_UTF8();
	for (int i = 0; i < 4; i++) {
		open_agreed(&x, &look_braille, size[i][0], size[i][1]);
		snprintf(name, sizeof name, "attention-%dx%d", size[i][1], size[i][0]);
		check(name, &x);
		look_close(&x);
	}
}

TEST(in_ascii)
{
	struct look_fixture x;

	NEED_UTF8();
	open_agreed(&x, &look_ascii, 24, 80);
	attention_view(&x.u)->by_row = true;
	check("attention-ascii", &x);
	look_close(&x);
}

TEST(one_head_without_audio)
{
	struct look_fixture x;

	NEED_UTF8();
	open_agreed(&x, &look_braille, 36, 120);
	attention_view(&x.u)->head = 1;
	x.u.seen->knock = KNOCK_AUDIO;
	memcpy(x.u.seen->logits[HEAD_MAIN], x.u.seen->knocked[KNOCK_AUDIO],
	       sizeof x.u.seen->logits[HEAD_MAIN]);
	check("attention-no-audio", &x);
	look_close(&x);
}

TEST(many_words_scroll_with_the_cursor)
{
	struct look_fixture x;
	struct err e;

	NEED_UTF8();
	look_open(&x, &look_braille, 36, 120, LOOK_LONG_TEXT, 31, 1706, 2);
	attention_view(&x.u)->word = 20;
	attention_view(&x.u)->frame = 1000;
	check("attention-31-words", &x);
	CHECK_INT(run(&x, "move", "up", &e), 0);
	CHECK_INT(attention_view(&x.u)->word, 19);
	CHECK_INT(attention_view(&x.u)->top, 8); /* 12 rows: 8 … 19, and no more moved than that */
	CHECK_INT(run(&x, "move", "home", &e), 0);
	CHECK_INT(attention_view(&x.u)->frame, 0);
	CHECK_INT(run(&x, "move", "pgup", &e), 0);
	CHECK_INT(attention_view(&x.u)->word, 7);
	CHECK_INT(attention_view(&x.u)->top, 7);
	look_close(&x);
}

TEST(one_word_in_one_frame)
{
	struct look_fixture x;

	NEED_UTF8();
	look_open(&x, &look_braille, 24, 80, "Yes!", 1, 1, 2);
	check("attention-1-word", &x);
	look_close(&x);
}

TEST(a_short_text_has_room_for_both_maps)
{
	struct look_fixture x;

	NEED_UTF8();
	look_open(&x, &look_braille, 24, 80, "No, not now, never", 4, 60, 2);
	check("attention-4-words", &x);
	look_close(&x);
}

/* Few words on a large screen: each has several rows, in the small maps too. */
TEST(a_large_screen_has_tall_rows)
{
	static const struct look colours = {.depth = DEPTH_256};
	struct look_fixture x;
	const struct cell *a, *b;
	struct canvas c;

	NEED_UTF8();
	look_open(&x, &look_braille, 50, 200, "No, I did not say that.", 6, 150, 4);
	check("attention-6-words-200x50", &x);
	look_close(&x);
	look_open(&x, &colours, 50, 200, "No, I did not say that.", 6, 150, 4);
	draw(&c, &x);
	for (int col = 30; col < 120; col++) { /* a word's two rows are of one colour */
		a = canvas_at(&c, 3, col);
		b = canvas_at(&c, 4, col);
		CHECK_INT(a->style.bg, b->style.bg);
	}
	canvas_free(&c);
	look_close(&x);
}

TEST(wide_characters)
{
	struct look_fixture x;

	NEED_UTF8();
	look_open(&x, &look_braille, 24, 80, LOOK_WIDE_TEXT, 7, 140, 2);
	attention_view(&x.u)->word = 3;
	check("attention-wide", &x);
	look_close(&x);
}

/* The last label of the seconds may end where the bars of Atts1 begin. */
TEST(the_seconds_keep_clear_of_what_follows)
{
	struct look_fixture x;
	struct canvas c;
	int axis = 3;

	NEED_UTF8();
	look_open(&x, &look_braille, 24, 80, LOOK_TEXT, 7, 104, 2);
	draw(&c, &x);
	while (axis < c.rows && !strstr(row_text(&c, axis), "Atts1"))
		axis++;
	CHECK_HAS(row_text(&c, axis), "2.0 s  in Atts1");
	canvas_free(&c);
	look_close(&x);
}

TEST(words_the_text_does_not_have_are_numbers)
{
	struct look_fixture x;
	struct canvas c;

	NEED_UTF8();
	look_open(&x, &look_braille, 24, 80, LOOK_TEXT, 9, 226, 2);
	draw(&c, &x);
	CHECK_HAS(row_text(&c, 2), "▸        1 ");
	CHECK_HAS(row_text(&c, 10), "         9 ");
	canvas_free(&c);
	look_close(&x);
}

TEST(many_heads_are_counted)
{
	struct look_fixture x;
	struct canvas c;

	NEED_UTF8();
	look_open(&x, &look_braille, 36, 120, LOOK_TEXT, 12, 60, 16);
	attention_view(&x.u)->head = 6;
	draw(&c, &x);
	CHECK_HAS(row_text(&c, 2), "head ▸7 of 16 mean max");
	canvas_free(&c);
	look_close(&x);
}

TEST(before_the_model_has_answered)
{
	struct look_fixture x;
	struct canvas c;
	struct err e;

	NEED_UTF8();
	look_open(&x, &look_braille, 24, 80, LOOK_TEXT, 12, 226, 0);
	x.u.work = (struct work *)&x; /* never looked into by drawing */
	x.u.now.state = WORK_RUN;
	check("attention-no-look", &x);
	CHECK_INT(run(&x, "move", "up", &e), -1);
	CHECK_STR(e.text, "attention appears after this step");
	CHECK_STR(verb_refused(&x.u, &view_attention, "difference"), "no attention to show yet");
	CHECK(verb_refused(&x.u, &view_attention, "back") == NULL);
	x.u.run.set.model.cross_attention = false;
	draw(&c, &x);
	CHECK_HAS(row_text(&c, 7), "this model has no cross attention");
	canvas_free(&c);
	look_close(&x);
}

/* A fold of 41 epochs of 28 steps, whose stored states are of the ends of these (0 at the
 * end); the screen shows the current weights. */
static void open_stored(struct look_fixture *x, const char *name, const int *epochs)
{
	struct err e = {0};
	char path[PATH_LEN + 64];

	open_agreed(x, &look_ascii, 24, 80);
	x->u.now.epoch = 41;
	x->u.run.set.store.bytes = 1 << 30;
	snprintf(x->u.run.dir, sizeof x->u.run.dir, "%s", temp_path("%s", name));
	snprintf(path, sizeof path, "%s/fold-3/states", x->u.run.dir);
	CHECK_INT(make_dirs(path, &e), 0);
	for (int epoch = 1; epoch <= 41; epoch++)
		run_add_step(&x->u.run,
			     &(struct step_row){.fold = 3, .epoch = epoch, .step = 28 * epoch});
	for (; *epochs; epochs++) {
		snprintf(path, sizeof path, "%s/fold-3/states/%d.state", x->u.run.dir,
			 28 * *epochs);
		CHECK_INT(file_write(path, "", 0, &e), 0);
	}
}

/* Which stored epoch is asked for; 0: the kept checkpoint, -1: the current weights. */
static int chosen(const struct look_fixture *x)
{
	return x->u.sel.stored ? x->u.sel.step / 28 : x->u.sel.kept ? 0 : -1;
}

static void goes(struct look_fixture *x, const char *where, int to)
{
	struct err e;

	x->u.look_wanted = false;
	CHECK_INT(run(x, "epoch", where, &e), 0);
	CHECK_INT(chosen(x), to);
	CHECK(x->u.look_wanted);
}

static void stays(struct look_fixture *x, const char *where, const char *why)
{
	int was = chosen(x);
	struct err e;

	CHECK(run(x, "epoch", where, &e) != 0);
	CHECK_STR(e.text, why);
	CHECK_INT(chosen(x), was);
}

TEST(back_to_stored_epochs_and_forward)
{
	struct look_fixture x;

	open_stored(&x, "order", (int[]){8, 16, 24, 32, 41, 0});
	stays(&x, "next", "no later weights are stored");
	goes(&x, "prev", 32); /* those of 41 are the current ones */
	goes(&x, "prev", 24);
	goes(&x, "next", 32);
	goes(&x, "next", 41);
	goes(&x, "next", -1);
	goes(&x, "first", 8);
	stays(&x, "prev", "no older weights are stored");
	goes(&x, "last", -1);
	stays(&x, "last", "no later weights are stored");
	goes(&x, "mark-prev", 0);
	stays(&x, "mark-prev", "this is the kept checkpoint");
	goes(&x, "prev", 24); /* the kept one is of epoch 30 */
	goes(&x, "mark-prev", 0);
	goes(&x, "next", 32);
	goes(&x, "mark-next", -1);
	goes(&x, "30", 0);
	goes(&x, "41", -1);
	/* What a tested fold has of its own is the kept checkpoint: the last stored one is the end.
	 */
	x.u.run.fold[0].tested = true;
	goes(&x, "first", 8);
	for (int i = 0; i < 4; i++)
		goes(&x, "next", (int[]){16, 24, 32, 41}[i]);
	stays(&x, "next", "no later weights are stored");
	look_close(&x);
}

/* Of a finished fold the kept checkpoint is what is shown at first. */
TEST(stored_epochs_of_a_finished_fold)
{
	struct look_fixture x;

	open_stored(&x, "finished", (int[]){8, 24, 32, 0});
	x.u.seen->kept = true;
	x.u.seen->epoch = 30;
	goes(&x, "prev", 24);
	goes(&x, "next", 32);
	goes(&x, "next", -1);
	goes(&x, "next", 32);
	look_close(&x);
}

TEST(without_stored_states_there_are_two)
{
	struct look_fixture x;

	open_stored(&x, "none", (int[]){0});
	stays(&x, "prev",
	      "fold 3 has no stored states (pruned, or an old run); a new run stores them");
	x.u.run.set.store.bytes = 0;
	stays(&x, "first",
	      "fold 3 has no stored states: store.bytes is 0; set it before the next run");
	stays(&x, "12",
	      "fold 3 has no stored states: store.bytes is 0; set it before the next run");
	stays(&x, "some",
	      "epoch: expected next, prev, first, last, mark-next, mark-prev or a number; found "
	      "'some'");
	goes(&x, "30", 0);
	goes(&x, "41", -1);
	look_close(&x);
}

/* The keys k and `select fold` leave them. */
TEST(stored_weights_are_left)
{
	struct look_fixture x;
	struct err e;

	open_stored(&x, "left", (int[]){8, 0});
	goes(&x, "first", 8);
	CHECK_INT(run(&x, "kept", "", &e), 0);
	CHECK_INT(chosen(&x), 0);
	goes(&x, "first", 8);
	x.u.now.nfolds = 5;
	x.u.now.fold = 4;
	x.u.sel.fold_chosen = false; /* the next fold begins */
	feed_refresh(&x.u);
	CHECK_INT(chosen(&x), -1);
	look_close(&x);
}

TEST(the_head_says_whose_weights_these_are)
{
	struct look_fixture x;

	NEED_UTF8();
	open_agreed(&x, &look_braille, 24, 80);
	x.u.seen->stored = true;
	x.u.seen->epoch = 12;
	look_main(x.u.seen->logits[HEAD_MAIN], 12);
	look_main(x.u.seen->knocked[KNOCK_NOTHING], 12);
	check("attention-stored-80x24", &x);
	look_close(&x);
	open_agreed(&x, &look_braille, 36, 120);
	x.u.seen->stored = true;
	x.u.seen->epoch = 12;
	x.u.seen->step = 7;
	check("attention-stored-120x36", &x);
	look_close(&x);
}

/* What has been seen keeps its epoch when a later one becomes the kept one. */
TEST(a_difference_keeps_its_epoch)
{
	struct look_fixture x;
	struct fold_run *f;
	struct err e;

	open_agreed(&x, &look_ascii, 24, 80);
	x.u.seen->kept = true;
	x.u.seen->epoch = 30;
	CHECK_INT(run(&x, "difference", "", &e), 0);
	f = run_fold(&x.u.run, x.u.sel.fold);
	f->best_epoch = 42;
	CHECK_INT(selected_epoch(&x.u, attention_view(&x.u)->then), 30);
	look_close(&x);
}

TEST(the_kept_checkpoint_has_its_epoch)
{
	struct look_fixture x;
	struct canvas c;

	NEED_UTF8();
	open_agreed(&x, &look_braille, 36, 120);
	x.u.seen->kept = true;
	x.u.seen->epoch = 0; /* nobody asked the file */
	draw(&c, &x);
	CHECK_HAS(row_text(&c, 0), "epoch 30 kept");
	canvas_free(&c);
	look_close(&x);
}

TEST(what_rounding_alone_makes_is_blank)
{
	struct look_fixture x;
	struct canvas c;

	NEED_UTF8();
	open_agreed(&x, &look_braille, 36, 120);
	for (int f = 0; f < 226; f++)
		x.u.seen->weights[ATTT2][f] = 1.f / 226 * (f % 2 ? 1.0001f : 0.9999f);
	draw(&c, &x);
	CHECK(strspn(row_text(&c, 17) + strlen(" reaches z"), " ") > 90);
	canvas_free(&c);
	look_close(&x);
}

/* ---- 256 colours ---- */

TEST(the_burst_has_the_highest_step)
{
	struct look_fixture x;
	struct canvas c;
	const int left = 11, top = 3, reach = top + 12, map2 = reach + 3;

	NEED_UTF8();
	open_agreed(&x, &look_256, 36, 120);
	attention_view(&x.u)->head = 1;
	draw(&c, &x);
	/* 226 frames, 3 to a column: the burst at a fifth of the time is column 15. */
	CHECK_INT(canvas_at(&c, top + 1, left + 15)->style.bg, ROLE_HEAT + HEAT_STEPS - 1);
	CHECK_INT(canvas_at(&c, top + 1, left + 30)->style.bg, 0); /* below the even share */
	/* A word that is not loud looks there too, less. */
	CHECK(canvas_at(&c, top + 5, left + 15)->style.bg >= ROLE_HEAT);
	CHECK(canvas_at(&c, top + 5, left + 15)->style.bg <
	      canvas_at(&c, top + 1, left + 15)->style.bg);
	/* Map 2: in the burst the seconds look at the loud words. */
	CHECK_INT(canvas_at(&c, map2 + 1, left + 15)->style.bg, ROLE_HEAT + HEAT_STEPS - 1);
	CHECK_INT(canvas_at(&c, map2 + 5, left + 15)->style.bg, 0);
	for (int col = 0; col < 76; col++) { /* backgrounds, not characters */
		CHECK_INT(canvas_at(&c, top + 1, left + col)->base, ' ');
		CHECK_INT(canvas_at(&c, map2 + 1, left + col)->base, ' ');
	}
	canvas_free(&c);
	look_close(&x);
}

TEST(each_row_can_reach_the_highest_step)
{
	struct look_fixture x;
	struct canvas c;
	struct err e;

	NEED_UTF8();
	open_agreed(&x, &look_256, 36, 120);
	attention_view(&x.u)->head = 0;
	CHECK_INT(run(&x, "scale", "", &e), 0);
	draw(&c, &x);
	for (int word = 0; word < 12; word++) {
		int most = 0;

		for (int col = 11; col < 87; col++) {
			int bg = canvas_at(&c, 3 + word, col)->style.bg;

			most = bg > most ? bg : most;
		}
		CHECK_INT(most, ROLE_HEAT + HEAT_STEPS - 1);
	}
	canvas_free(&c);
	look_close(&x);
}

TEST(a_difference_is_blue_or_orange)
{
	struct look_fixture x;
	struct canvas c;
	struct err e;
	float *w;

	NEED_UTF8();
	open_agreed(&x, &look_256, 36, 120);
	attention_view(&x.u)->head = 0;
	CHECK_INT(run(&x, "difference", "", &e), 0);
	REQUIRE(attention_view(&x.u)->then != NULL && attention_view(&x.u)->then != x.u.seen);
	w = x.u.seen->cross[0] + 2 * 226; /* the third word now looks elsewhere */
	w[6] += 0.04f;
	w[150] -= 0.03f;
	x.u.seen->epoch++;
	draw(&c, &x);
	CHECK_INT(canvas_at(&c, 5, 11 + 2)->style.bg, ROLE_MORE + LESS_STEPS - 1);
	CHECK(canvas_at(&c, 5, 11 + 50)->style.bg >= ROLE_LESS);
	CHECK(canvas_at(&c, 5, 11 + 50)->style.bg < ROLE_MORE);
	CHECK_INT(canvas_at(&c, 4, 11 + 15)->style.bg, 0);
	CHECK_HAS(row_text(&c, 2), "since 41");
	CHECK_HAS(row_text(&c, 2), "to 0.040 = 9.0 × even");
	canvas_free(&c);
	CHECK_INT(run(&x, "difference", "", &e), 0); /* both signs are seen: off */
	CHECK_INT(attention_view(&x.u)->difference, DIFFERENCE_OFF);
	look_close(&x);
}

TEST(ridges_show_one_sign_of_a_difference)
{
	struct look_fixture x;
	struct err e;

	NEED_UTF8();
	open_agreed(&x, &look_braille, 24, 80);
	CHECK_INT(run(&x, "difference", "", &e), 0);
	CHECK_HAS(x.u.message.text, "what has changed since epoch 41");
	x.u.seen->epoch = 42;
	for (int f = 0; f < 226; f++) /* the whole utterance half a second later */
		for (int i = 0; i < 4 * 12; i++)
			x.u.seen->cross[0][i * 226 + f] =
				attention_view(&x.u)
					->then->cross[0][i * 226 + (f + 226 - 25) % 226];
	check("attention-more", &x);
	CHECK_INT(run(&x, "difference", "", &e), 0);
	CHECK_INT(attention_view(&x.u)->difference, DIFFERENCE_LESS);
	check("attention-less", &x);
	CHECK_INT(run(&x, "difference", "", &e), 0);
	CHECK_INT(attention_view(&x.u)->difference, DIFFERENCE_OFF);
	look_close(&x);
}

TEST(another_utterance_has_no_difference)
{
	struct look_fixture x;
	struct canvas c;
	struct err e;

	NEED_UTF8();
	open_agreed(&x, &look_braille, 24, 80);
	CHECK_INT(run(&x, "difference", "", &e), 0);
	attention_view(&x.u)->then->L = 11;
	draw(&c, &x);
	CHECK_HAS(row_text(&c, 1), "max  to 0.019");
	canvas_free(&c);
	attention_view(&x.u)->then->L = 12;
	look_close(&x);
}

/* ---- noise ---- */

/* Every weight within a fifth of the even share; nothing of it is a finding. */
static void make_noise(struct look_result *l)
{
	const int rows[] = {l->L, l->T}, n[] = {l->T, l->L};

	for (int c = 0; c < CROSSES; c++) {
		for (int i = 0; i < l->heads * l->L * l->T; i++)
			l->cross[c][i] = 1 + 0.2f * (float)sin(12.9898 * i + c);
		look_normalize(l->cross[c], l->heads * rows[c], n[c]);
	}
	for (int p = 0; p < POOLS; p++) {
		int m = p == ATT2 || p == ATT22 || p == ATTT2 ? l->T : l->L;

		for (int i = 0; i < m; i++)
			l->weights[p][i] = 1 + 0.2f * (float)sin(7.9 * i + p);
		look_normalize(l->weights[p], 1, m);
	}
}

/* The largest step of the backgrounds, or the roles seen, in a map's cells. */
static int highest_step(const struct canvas *c, int row, int col, int rows, int cols)
{
	int most = 0;

	for (int r = row; r < row + rows; r++)
		for (int i = col; i < col + cols; i++)
			if (canvas_at(c, r, i)->style.bg >= ROLE_HEAT &&
			    canvas_at(c, r, i)->style.bg - ROLE_HEAT + 1 > most)
				most = canvas_at(c, r, i)->style.bg - ROLE_HEAT + 1;
	return most;
}

TEST(noise_does_not_glow)
{
	static const char *const heads[] = {"mean", "max", "1"}, *const scales[] = {"map", "row"};
	struct look_fixture x;
	struct canvas c;
	struct err e;

	NEED_UTF8();
	open_agreed(&x, &look_256, 36, 120);
	make_noise(x.u.seen);
	for (int i = 0; i < 6; i++) {
		CHECK_INT(run(&x, "head", heads[i / 2], &e), 0);
		CHECK_INT(run(&x, "scale", scales[i % 2], &e), 0);
		draw(&c, &x);
		CHECK(highest_step(&c, 3, 11, 12, 76) <= 2); /* map 1 */
		CHECK(highest_step(&c, 18, 11, 12, 76) <= 2);
		CHECK_HAS(row_text(&c, 2), "near even, to ");
		CHECK(!strstr(row_text(&c, 2), "mostly"));
		CHECK_HAS(row_text(&c, 30), "near even, to ");
		canvas_free(&c);
	}
	CHECK_INT(run(&x, "scale", "map", &e), 0);
	CHECK_INT(run(&x, "head", "1", &e), 0);
	draw(&c, &x);
	CHECK_HAS(row_text(&c, 2), "near even, to 0.009 = 2.0 × even");
	canvas_free(&c);
	x.u.rows = 50;
	x.u.cols = 200;
	draw(&c, &x);
	CHECK_HAS(row_text(&c, 46), "focus 0.00, near even");
	canvas_free(&c);
	look_close(&x);
}

/* Ridges are dim, and the title says why, where there are no colours. */
TEST(noise_is_dim_in_mono_and_ascii)
{
	static const struct look *const looks[] = {&look_braille, &look_ascii};
	struct look_fixture x;
	struct canvas c;

	NEED_UTF8();
	for (int i = 0; i < 2; i++) {
		open_agreed(&x, looks[i], 24, 80);
		make_noise(x.u.seen);
		draw(&c, &x);
		CHECK_HAS(row_text(&c, 1), i ? "near even, to 0.009 = 2.0 x even"
					     : "near even, to 0.009 = 2.0 × even");
		for (int row = 2; row < 14; row++) {
			for (int col = 11; col < 57; col++) {
				uint32_t ridge = canvas_at(&c, row, col)->base;

				if (ridge != ' ' && canvas_at(&c, row, col)->style.fg != ROLE_DIM)
					FAIL("%d, %d is not dim", row, col);
				CHECK(ridge != glyph_ridge(looks[i]->glyphs, 8));
			}
		}
		canvas_free(&c);
		look_close(&x);
	}
	open_agreed(&x, &look_braille, 10, 40);
	make_noise(x.u.seen);
	draw(&c, &x);
	CHECK_HAS(row_text(&c, 1), "near even");
	canvas_free(&c);
	look_close(&x);
}

/* One word that looks closely is not hidden by eleven that do not. */
TEST(a_peak_among_noise_is_bright)
{
	struct look_fixture x;
	struct canvas c;

	NEED_UTF8();
	open_agreed(&x, &look_256, 36, 120);
	make_noise(x.u.seen);
	attention_view(&x.u)->head = 0;
	for (int f = 30; f < 36; f++)
		x.u.seen->cross[0][4 * 226 + f] = 0.5f;
	look_normalize(x.u.seen->cross[0] + 4 * 226, 1, 226);
	draw(&c, &x);
	CHECK_INT(highest_step(&c, 3 + 4, 11, 1, 76), HEAT_STEPS);
	CHECK(highest_step(&c, 3, 11, 4, 76) <= 1);
	CHECK_HAS(row_text(&c, 2), "mostly near even, to ");
	canvas_free(&c);
	look_close(&x);
}

TEST(a_difference_of_noise_does_not_glow)
{
	struct look_fixture x;
	struct canvas c;
	struct err e;

	NEED_UTF8();
	open_agreed(&x, &look_256, 36, 120);
	make_noise(x.u.seen);
	attention_view(&x.u)->head = 0;
	CHECK_INT(run(&x, "difference", "", &e), 0);
	for (int i = 0; i < 12 * 226; i++)
		x.u.seen->cross[0][i] *= 1 + 0.1f * (float)sin(3.1 * i);
	draw(&c, &x);
	for (int row = 3; row < 15; row++)
		for (int col = 11; col < 87; col++) {
			int bg = canvas_at(&c, row, col)->style.bg;

			CHECK(bg != ROLE_LESS + LESS_STEPS - 1 && bg != ROLE_MORE + LESS_STEPS - 1);
		}
	CHECK_HAS(row_text(&c, 2), "to 0.004 = 1.0 × even");
	canvas_free(&c);
	look_close(&x);
}

/* ---- silenced ---- */

/* The status row as text, in a buffer of its own. */
static const char *status_text(const struct ui *u, int cols)
{
	static char text[1024];
	struct canvas c;
	char *dump;

	canvas_init(&c, 1, cols, &u->look);
	status_draw(u, &c);
	dump = canvas_dump(&c);
	snprintf(text, sizeof text, "%s", dump);
	free(dump);
	canvas_free(&c);
	return text;
}

/* Head row, title, read-out, difference and the narrow screen name what is not
 * the plain model. */
TEST(what_is_silenced_is_named)
{
	struct look_fixture x;
	struct canvas c;
	struct err e;
	int size[][2] = {{24, 80}, {36, 120}, {50, 200}};

	NEED_UTF8();
	for (int i = 0; i < 3; i++) {
		open_agreed(&x, &look_braille, size[i][0], size[i][1]);
		x.u.seen->knock = KNOCK_HEAD + 3;
		draw(&c, &x);
		CHECK_HAS(row_text(&c, 0), "silenced head 4");
		CHECK_HAS(row_text(&c, i ? 2 : 1), "words → seconds");
		CHECK_HAS(row_text(&c, i ? 2 : 1), "silenced head 4");
		canvas_free(&c);
		CHECK_INT(run(&x, "difference", "", &e), 0);
		x.u.seen->knock = KNOCK_NOTHING;
		draw(&c, &x);
		CHECK(!strstr(row_text(&c, 0), "silenced"));
		CHECK_HAS(row_text(&c, i ? 2 : 1), "since ");
		CHECK_HAS(row_text(&c, i ? 2 : 1), "silenced head 4");
		canvas_free(&c);
		look_close(&x);
	}
	open_agreed(&x, &look_braille, 10, 40);
	x.u.seen->knock = KNOCK_HEAD + 3;
	draw(&c, &x);
	CHECK_HAS(row_text(&c, 0), " no head 4 sad as neu 0.889");
	canvas_free(&c);
	x.u.view = VIEW_ATTENTION;
	CHECK_HAS(status_text(&x.u, 80), "silenced head 4");
	x.u.seen->knock = KNOCK_NOTHING;
	CHECK(!strstr(status_text(&x.u, 80), "silenced"));
	look_close(&x);
}

TEST(weights_within_an_epoch_say_the_step)
{
	struct look_fixture x;
	struct canvas c;

	NEED_UTF8();
	open_agreed(&x, &look_braille, 24, 80);
	x.u.seen->epoch = 42;
	x.u.seen->step = 11;
	draw(&c, &x);
	CHECK_HAS(row_text(&c, 0), "ep 42:11");
	canvas_free(&c);
	x.u.seen->knock = KNOCK_HEAD; /* the epoch stays rather than what one sees anyway */
	draw(&c, &x);
	CHECK_HAS(row_text(&c, 0), "silenced head 1   true sad  pred neu 0.889  ep 42:11");
	canvas_free(&c);
	look_close(&x);
}

/* ---- commands ---- */

TEST(parts_are_silenced)
{
	struct look_fixture x;
	struct err e;

	open_agreed(&x, &look_braille, 24, 80);
	x.u.run.set.model.num_heads = 4;
	CHECK_INT(run(&x, "knock", "audio", &e), 0);
	CHECK_INT(x.u.sel.knock, KNOCK_AUDIO);
	CHECK_INT(run(&x, "knock", "", &e), 0); /* the key goes round */
	CHECK_INT(x.u.sel.knock, KNOCK_HEAD);
	CHECK_INT(run(&x, "knock", "head 4", &e), 0);
	CHECK_INT(run(&x, "knock", "", &e), 0);
	CHECK_INT(x.u.sel.knock, KNOCK_NOTHING);
	CHECK_INT(run(&x, "knock", "head 5", &e), -1);
	CHECK_HAS(e.text, "head 1 to 4");
	CHECK_INT(run(&x, "ablate", "text", &e), 0); /* the usual word for it */
	CHECK_INT(x.u.sel.knock, KNOCK_TEXT);
	look_close(&x);
}

TEST(the_cursor_goes_by_columns)
{
	struct look_fixture x;
	struct canvas c;
	struct err e;

	NEED_UTF8();
	open_agreed(&x, &look_braille, 24, 80); /* 5 frames to a column */
	CHECK_INT(run(&x, "move", "left", &e), 0);
	CHECK_INT(attention_view(&x.u)->frame, 35);
	CHECK_INT(run(&x, "move", "right", &e), 0);
	CHECK_INT(run(&x, "move", "right", &e), 0);
	CHECK_INT(attention_view(&x.u)->frame, 45);
	CHECK_INT(run(&x, "move", "end", &e), 0);
	CHECK_INT(attention_view(&x.u)->frame, 225);
	CHECK_INT(run(&x, "move", "right", &e), 0);
	CHECK_INT(attention_view(&x.u)->frame, 225);
	draw(&c, &x);
	CHECK_HAS(row_text(&c, 19), "4.50–4.52 s"); /* the last column is not whole */
	canvas_free(&c);
	CHECK_INT(run(&x, "move", "peak", &e), 0);
	CHECK_INT(attention_view(&x.u)->frame, 40);
	CHECK_INT(run(&x, "move", "down", &e), 0);
	CHECK_INT(attention_view(&x.u)->word, 2);
	CHECK_INT(run(&x, "move", "sideways", &e), -1);
	look_close(&x);
}

TEST(heads_are_chosen)
{
	struct look_fixture x;
	struct err e;

	open_agreed(&x, &look_braille, 24, 80);
	CHECK_INT(run(&x, "head", "next", &e), 0);
	CHECK_INT(attention_view(&x.u)->head, HEAD_MAX);
	CHECK_INT(run(&x, "head", "next", &e), 0);
	CHECK_INT(attention_view(&x.u)->head, 0);
	CHECK_INT(run(&x, "head", "4", &e), 0);
	CHECK_INT(attention_view(&x.u)->head, 3);
	CHECK_INT(run(&x, "head", "next", &e), 0);
	CHECK_INT(attention_view(&x.u)->head, HEAD_MEAN);
	CHECK_INT(run(&x, "head", "5", &e), -1);
	CHECK_STR(e.text, "no head '5'; expected 1 to 4, mean, max or next");
	CHECK_INT(run(&x, "head", "max", &e), 0);
	CHECK_INT(attention_view(&x.u)->head, HEAD_MAX);
	CHECK_INT(run(&x, "scale", "row", &e), 0);
	CHECK(attention_view(&x.u)->by_row);
	CHECK_INT(run(&x, "scale", "log", &e), -1);
	CHECK_INT(run(&x, "back", "", &e), 0);
	CHECK_INT(x.u.view, VIEW_UTTERANCE);
	look_close(&x);
}

TEST(the_maps_are_written_as_csv)
{
	struct look_fixture x;
	struct err e;
	const char *path = temp_path("map.csv");
	char *text, want[128];

	look_open(&x, &look_braille, 24, 80, "say \"no\"", 2, 3, 1);
	CHECK_INT(run(&x, "write", path, &e), 0);
	text = file_read(path, FILE_ROWS, NULL, &e);
	REQUIRE(text != NULL);
	CHECK_HAS(text, "map,word,text,frame,seconds,weight,head,fold,epoch,step,silenced\n"
			"cross_attn1,1,\"say\",1,0.00,");
	snprintf(want, sizeof want, "cross_attn2,2,\"\"\"no\"\"\",3,0.04,%.9g,mean,3,41,,nothing\n",
		 (double)x.u.seen->cross[1][2 * 2 + 1]);
	CHECK_HAS(text, want);
	free(text);
	CHECK_INT(run(&x, "write", "", &e), -1);
	/* One head of a silenced model, within an epoch. */
	x.u.seen->knock = KNOCK_HEAD;
	x.u.seen->step = 11;
	attention_view(&x.u)->head = 0;
	CHECK_INT(run(&x, "write", path, &e), 0);
	text = file_read(path, FILE_ROWS, NULL, &e);
	REQUIRE(text != NULL);
	CHECK_HAS(text, ",1,3,41,11,head 1\n");
	CHECK(!strstr(text, "nothing"));
	free(text);
	look_close(&x);
}

TEST(every_size_is_drawn)
{
	static const int length[][2] = {{1, 1}, {2, 40}, {12, 226}, {31, 1706}};
	struct look_fixture x;
	struct canvas c;

	NEED_UTF8();
	for (int i = 0; i < 4; i++) {
		look_open(&x, &look_braille, 24, 80, LOOK_LONG_TEXT, length[i][0], length[i][1],
			  1 + 3 * i);
		for (x.u.rows = 10; x.u.rows <= 60; x.u.rows += 7) {
			for (x.u.cols = 40; x.u.cols <= 250; x.u.cols += 11) {
				draw(&c, &x);
				CHECK_HAS(row_text(&c, 0), "neu 0.889");
				canvas_free(&c);
			}
		}
		look_close(&x);
	}
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
