/* SPDX-License-Identifier: GPL-3.0-or-later */
/* View 5 (ui/view_attention.c). */
#include "golden.h"
#include "look.h"

#include "ui/view.h"

static const char words12[] = "I'm sorry I just don't know what to say to him anymore";

static void check(const char *name, struct look_fixture *x)
{
	struct canvas c;

	canvas_init(&c, x->u.rows - 3, x->u.cols, &x->u.look);
	view_attention.draw(&x->u, &c);
	golden_check(name, &c);
	canvas_free(&c);
}

TEST(at_four_sizes)
{
	static const int size[][2] = {{10, 40}, {24, 80}, {36, 120}, {50, 200}};
	struct look_fixture x;
	char name[64];

	NEED_UTF8();
	for (int i = 0; i < 4; i++) {
		look_open(&x, &look_braille, size[i][0], size[i][1], words12, 12, 226, 4);
		x.u.attention.word = 1;
		x.u.attention.frame = 43;
		snprintf(name, sizeof name, "attention-%dx%d", size[i][1], size[i][0]);
		check(name, &x);
		look_close(&x);
	}
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
