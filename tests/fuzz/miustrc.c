/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The user's miustrc, read before the run is open. */
#include "fuzz.h"
#include "ui/console/command.h"
#include "ui/console/keys.h"

static void seeds(void)
{
	fuzz_seed_text("# mine\nbind train c cursor\nstyle light\nmouse on\n");
	fuzz_seed_text("slice sarcasm text~\"great\" & pred_text!=pred_audio\nsort loss\nview 3\n");
	fuzz_seed_text("set train.clip 1\nbreak when loss is nan\r\n\nfilter p>0.5\nhelp x\n");
}

static void one(const uint8_t *data, size_t n)
{
	static const struct look look = {.glyphs = GLYPHS_ASCII};
	struct ui u;
	struct err e = {0};
	char *text = fuzz_text(data, n);

	ui_init(&u, &look, 24, 80);
	if (!strpbrk(text, "/~$"))
		command_source(&u, fuzz_file("miustrc", data, n), &e);
	ui_free(&u);
	keys_reset();
	free(text);
}

FUZZ(seeds, one)
