/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the run makes of a setting: the rate in force, what the classes weigh. */
#include "ui/view/config_private.h"

#include "app/study/num.h"
#include "engine/train/class_weight.h"
#include "ui/term/text.h"

#include <stddef.h>
#include <string.h>

/* "in force 9.05e-4: cosine, epoch 12 of 25" */
static void say_rate(const struct snapshot *now, struct str *out)
{
	char rate[NUM_LEN], schedule[OPTION_TEXT];

	str_addf(out, "in force %s: %s%s, epoch %d of %d", num_lr(rate, now->lr),
		 now->epoch <= now->set.train.warmup ? "warm-up, then " : "",
		 option_text(&now->set, option_find("train.schedule"), schedule, sizeof schedule),
		 now->epoch, now->epochs);
}

/* "fear 268 × 5.32, joy 1743 × 0.819": utterances and what each counts. */
static void say_classes(const struct snapshot *now, struct str *out)
{
	double w[LABELS_MAX];
	bool weighted = class_weights(&now->set, now->count, w);
	char text[NUM_LEN];

	for (int c = 0; c < now->set.exp.nlabels; c++) {
		str_addf(out, "%s%s %d", c ? ", " : "", now->set.exp.labels[c], now->count[c]);
		if (weighted)
			str_addf(out, " × %s", num_short(text, w[c]));
	}
}

bool config_remark(const struct ui *u, const struct option *o, struct str *out)
{
	const struct snapshot *now = &u->now;
	int n = 0;

	if (o->at == offsetof(struct settings, train.optimizer.lr) && now->epoch > 0) {
		say_rate(now, out);
		return true;
	}
	for (int c = 0; c < now->set.exp.nlabels; c++)
		n += now->count[c];
	if (o->type != OPT_WEIGHTS || !n)
		return false;
	say_classes(now, out);
	return true;
}

/* How many bytes go on a first row of so many columns: up to a comma. */
static size_t first_row(const char *text, int columns)
{
	size_t fits = 0, len = strlen(text);
	struct str part = {0};

	if (text_width(text) <= columns)
		return len;
	for (const char *c = strstr(text, ", "); c; c = strstr(c + 1, ", ")) {
		str_reset(&part);
		str_addf(&part, "%.*s", (int)(c + 1 - text), text);
		if (text_width(part.s) > columns)
			break;
		fits = (size_t)(c + 1 - text);
	}
	str_free(&part);
	return fits ? fits : len;
}

void config_put_remark(const struct ui *u, struct canvas *c, int row, int rows,
		       const struct option *o)
{
	struct str text = {0};
	const char *rest;

	if (config_remark(u, o, &text)) {
		rest = text.s + (rows > 1 ? first_row(text.s, c->cols - 2) : text.len);
		canvas_field(c, row, 1, c->cols - 2, FIT_LEFT, ROLE(ROLE_TEXT), "%.*s",
			     (int)(rest - text.s), text.s);
		if (*rest)
			canvas_field(c, row + 1, 1, c->cols - 2, FIT_LEFT, ROLE(ROLE_TEXT), "%s",
				     rest + 1);
	}
	str_free(&text);
}
