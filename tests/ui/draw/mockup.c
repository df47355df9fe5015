/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parts of the agreed screens, built from their data, character by character. */
#include "tests/ui/util.h"

#include "ui/draw/heat_draw.h"
#include "app/study/num.h"
#include "ui/draw/plot.h"

/* View 1, 80x24: the table beside the curves. */
TEST(table_of_values)
{
	static const struct {
		enum glyph marker;
		const char *name;
		double now, best;
	} rates[] = {
		{GLYPH_WF1, "WF1", 0.7258, 0.7461},
		{GLYPH_WA, "WA", 0.726, 0.7453},
		{GLYPH_UA, "UA", 0.7381, 0.7557},
		{GLYPH_BRANCH, "cmd-half", 0.739, 0.7549},
	};
	static const struct {
		const char *name;
		double now, share;
	} terms[] = {{"main", 0.387, 0.134}, {"text", 0.676, 0.351}, {"cmd audio", 0.049, 0.05}};
	struct canvas c;
	char a[NUM_LEN], b[NUM_LEN];
	int row = 0;

	NEED_UTF8();
	canvas_init(&c, 9, 24, &look_braille);
	for (int i = 0; i < 4; i++, row++) {
		canvas_put(&c, row, 0, ROLE(ROLE_S1), glyph(GLYPHS_BRAILLE, rates[i].marker));
		canvas_text(&c, row, 2, ROLE(ROLE_STRONG), "%s", rates[i].name);
		canvas_decimal(&c, row, 13, ROLE(ROLE_STRONG), num_value(a, rates[i].now));
		canvas_decimal(&c, row, 19, ROLE(ROLE_DIM), num_value(a, rates[i].best));
	}
	for (int i = 0; i < 3; i++, row++) {
		canvas_text(&c, row, 0, ROLE(ROLE_TEXT), "%s", terms[i].name);
		canvas_decimal(&c, row, 13, ROLE(ROLE_STRONG), num_value(a, terms[i].now));
		canvas_field(&c, row, 18, 5, FIT_RIGHT, ROLE(ROLE_DIM), "%s",
			     num_percent(b, terms[i].share, 0));
	}
	canvas_field(&c, row, 0, 17, FIT_RIGHT, ROLE(ROLE_STRONG), "%s", num_norm(a, 0.571));
	canvas_field(&c, row + 1, 0, 17, FIT_RIGHT, ROLE(ROLE_STRONG), "%s", num_lr(a, 1.099e-4));
	canvas_text(&c, row, 0, ROLE(ROLE_TEXT), "grad norm");
	canvas_text(&c, row + 1, 0, ROLE(ROLE_TEXT), "lr");
	CHECK_DUMP(&c, "● WF1       0.726 0.746 ", "■ WA        0.726 0.745 ",
		   "▲ UA        0.738 0.756 ", "Y cmd-half  0.739 0.755 ",
		   "main        0.387  13 % ", "text        0.676  35 % ",
		   "cmd audio   0.049   5 % ", "grad norm    0.57       ",
		   "lr        1.10e-4       ");
	canvas_free(&c);
}

/* View 2, 120x36. */
TEST(largest_confusions)
{
	static const struct {
		const char *is, *as;
		int n, of;
	} rows[] = {{"hap", "neu", 66, 270}, {"neu", "hap", 40, 278}, {"neu", "sad", 23, 278},
		    {"neu", "ang", 21, 278}, {"sad", "neu", 20, 156}, {"ang", "hap", 20, 172}};
	struct canvas c;
	char num[NUM_LEN];

	NEED_UTF8();
	canvas_init(&c, 6, 52, &look_braille);
	for (int i = 0; i < 6; i++) {
		canvas_text(&c, i, 2, ROLE(ROLE_TEXT), "%s as %s  %3d", rows[i].is, rows[i].as,
			    rows[i].n);
		canvas_field(&c, i, 17, 8, FIT_RIGHT, ROLE(ROLE_DIM), "%s",
			     num_percent(num, 1. * rows[i].n / rows[i].of, 1));
		bar_draw(&c, i, 27, 13, ROLE_TEXT, rows[i].n / 66.);
	}
	canvas_text(&c, 0, 0, ROLE(ROLE_CURSOR), "▸");
	CHECK_DUMP(&c, "▸ hap as neu   66  24.4 %  ━━━━━━━━━━━━━",
		   "  neu as hap   40  14.4 %  ━━━━━━━━", "  neu as sad   23   8.3 %  ━━━━╸",
		   "  neu as ang   21   7.6 %  ━━━━", "  sad as neu   20  12.8 %  ━━━━",
		   "  ang as hap   20  11.6 %  ━━━━");
	canvas_free(&c);
}

/* View 3, 80x24. */
TEST(table_of_utterances)
{
	static const struct {
		const char *id, *text, *is, *as;
		double p, loss;
	} rows[] = {
		{"Ses01M_impro01_M043", "I thought we had more time", "sad", "neu", 0.893, 2.610},
		{"Ses04M_script01_1_M038", "We did it, can you believe it?", "hap", "neu", 0.891,
		 2.587},
		{"Ses05F_impro07_M004", "Ha, you remembered the song", "hap", "sad", 0.890, 2.567},
	};
	struct canvas c, row;
	char num[NUM_LEN];

	NEED_UTF8();
	canvas_init(&c, 3, 80, &look_braille);
	for (int i = 0; i < 3; i++) {
		canvas_field(&c, i, 2, 19, FIT_ID, ROLE(ROLE_DIM), "%s", rows[i].id);
		canvas_field(&c, i, 22, 19, FIT_LEFT, ROLE(ROLE_TEXT), "%s", rows[i].text);
		canvas_text(&c, i, 43, ROLE(ROLE_S4), "%s", rows[i].is);
		canvas_text(&c, i, 48, ROLE(ROLE_S3), "%s", rows[i].as);
		canvas_decimal(&c, i, 54, ROLE(ROLE_TEXT), num_value(num, rows[i].p));
		canvas_decimal(&c, i, 62, ROLE(ROLE_TEXT), num_value(num, rows[i].loss));
	}
	canvas_text(&c, 2, 0, ROLE(ROLE_CURSOR), "▸");
	row = canvas_part(&c, 2, 0, 1, 80);
	canvas_ground(&row, ROLE_SELECTED);
	CHECK_DUMP(&c, "  Ses01M_impro01_M043 I thought we had m…  sad  neu  0.893   2.610",
		   "  Ses04M_sc…01_1_M038 We did it, can you…  hap  neu  0.891   2.587",
		   "▸ Ses05F_impro07_M004 Ha, you remembered…  hap  sad  0.890   2.567");
	canvas_free(&c);
}

/* View 4, 120x36: pooling weights of the words, bars on one scale. */
TEST(weights_of_words)
{
	static const struct {
		const char *word;
		double w[3];
	} rows[] = {{"I'm", {0.042, 0.077, 0.079}}, {"sorry", {0.354, 0.174, 0.120}},
		    {"I", {0.022, 0.051, 0.075}},   {"don't", {0.109, 0.123, 0.095}},
		    {"to", {0.017, 0.038, 0.058}},  {"anymore", {0.184, 0.151, 0.124}}};
	struct canvas c;
	char num[NUM_LEN];

	NEED_UTF8();
	canvas_init(&c, 6, 60, &look_braille);
	for (int i = 0; i < 6; i++) {
		canvas_field(&c, i, 1, 11, FIT_RIGHT, ROLE(ROLE_TEXT), "%s", rows[i].word);
		for (int j = 0; j < 3; j++) {
			canvas_decimal(&c, i, 15 + 16 * j, ROLE(ROLE_DIM),
				       num_value(num, rows[i].w[j]));
			bar_draw(&c, i, 20 + 16 * j, 9, ROLE_S2, rows[i].w[j] / 0.354);
		}
	}
	CHECK_DUMP(&c, "         I'm  0.042 ━         0.077 ━━        0.079 ━━",
		   "       sorry  0.354 ━━━━━━━━━ 0.174 ━━━━╸     0.120 ━━━",
		   "           I  0.022 ╸         0.051 ━╸        0.075 ━━",
		   "       don't  0.109 ━━━       0.123 ━━━       0.095 ━━╸",
		   "          to  0.017 ╸         0.038 ━         0.058 ━╸",
		   "     anymore  0.184 ━━━━╸     0.151 ━━━━      0.124 ━━━");
	canvas_free(&c);
}

/* The status row of 80 columns. */
TEST(status_row)
{
	struct canvas c;
	char best[NUM_LEN], loss[NUM_LEN], eta[NUM_LEN];

	NEED_UTF8();
	canvas_init(&c, 1, 80, &look_braille);
	canvas_text(&c, 0, 0, (struct style){ROLE_GOOD, 0, ATTR_REVERSE}, " ▶ RUN ");
	canvas_text(&c, 0, 8, ROLE_ON(ROLE_TEXT, ROLE_STATUS),
		    "f%d/%d e%d/%d s%d/%d  loss %s  WA  %s  %d ex/s  ETA %s", 3, 5, 42, 70, 11, 28,
		    num_value(loss, 0.2891), num_best(best, 0.7454, 30), 96, num_time(eta, 6689));
	canvas_text(&c, 0, 77, ROLE(ROLE_WARN), "+%d", 1);
	CHECK_DUMP(
		&c,
		" ▶ RUN  f3/5 e42/70 s11/28  loss 0.289  WA  0.745@30  96 ex/s  ETA 1h51      +1 ");
	canvas_free(&c);
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
