/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Conditions for `break` and filters. */
#include "app/study/expr.h"
#include "fuzz.h"

static const char *const names[] = {"loss", "grad_norm", "val_wa", "best_val_wa", "text", NULL};

static void seeds(void)
{
	fuzz_seed_text("grad_norm > 10");
	fuzz_seed_text("loss is nan | val_wa < best_val_wa - 0.05");
	fuzz_seed_text("!(text ~ \"so\\\"rry\" & loss*2 >= 1e3/-4)");
	fuzz_seed_text("((((((((1))))))))");
}

static struct expr_value value(void *ctx, int name)
{
	(void)ctx;
	if (name == 4)
		return (struct expr_value){.text = "I am sorry"};
	return (struct expr_value){.number = name};
}

static void one(const uint8_t *data, size_t n)
{
	struct err e = {0};
	char *text = fuzz_text(data, n);
	struct expr *x = expr_parse(text, names, &e);

	if (x) {
		expr_uses(x, 1);
		expr_true(x, value, NULL);
	}
	expr_free(x);
	free(text);
}

FUZZ(seeds, one)
