/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Key bindings, and the bytes that keys arrive as. */
#include "fuzz.h"
#include "ui/console/keys.h"

static void seeds(void)
{
	fuzz_seed_text("train c cursor");
	fuzz_seed_text("all C-x set train.clip 1  # clip");
	fuzz_seed_text("sessions S-Left compare kept");
	fuzz_seed_text("config F12 \x1b[1;5D");
}

static void one(const uint8_t *data, size_t n)
{
	struct err e = {0};
	char *text = fuzz_text(data, n);

	keys_bind(text, &e);
	keys_reset();
	free(text);
}

FUZZ(seeds, one)
