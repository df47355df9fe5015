/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Option values: the first byte says which option, the rest is its text. What is
 * taken must be the same value once more. */
#include "app/config/setting.h"
#include "fuzz.h"

static void seeds(void)
{
	for (int i = 0; i < option_count && i < 60; i++) {
		char text[256];

		snprintf(text, sizeof text, "%c%s", (char)i, option_table[i].preset);
		fuzz_seed_text(text);
	}
	fuzz_seed_text("\1$HOME/~x");
	fuzz_seed_text("\3x0.5");
	fuzz_seed_text("\10exc=hap, fru = drop");
}

static void one(const uint8_t *data, size_t n)
{
	struct settings s, again;
	struct err e = {0};
	const struct option *o = &option_table[n ? data[0] % option_count : 0];
	char *text = fuzz_text(n ? data + 1 : data, n ? n - 1 : 0), out[OPTION_TEXT];

	options_preset(&s);
	again = s;
	if (option_set(&s, o, text, "/", &e) == 0) {
		option_text(&s, o, out, sizeof out);
		if (option_set(&again, o, out, "/", &e) || !option_equal(&s, &again, o)) {
			fprintf(stderr, "%s: \"%s\" reads as \"%s\", which does not: %s\n", o->key,
				text, out, e.text);
			abort();
		}
	}
	err_clear(&e);
	setting_assign(&s, text, &e);
	free(text);
}

FUZZ(seeds, one)
