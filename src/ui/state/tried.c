/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/state/tried.h"

#include "app/study/num.h"
#include "base/str.h"
#include "engine/model/loss.h"
#include "ui/state/page.h"
#include "ui/term/text.h"

#include <stdio.h>
#include <string.h>

enum {
	WIDE = 70,  /* columns of the screen from which values head their columns */
	NAME = 10,  /* of "cmd audio" and a space */
	NARROW = 6, /* the same at 40 columns: five digits */
	VALUE = 14, /* of a value in a heading */
};

/* A loss in at most `columns`. */
static char *fit(char *out, double x, int columns)
{
	if (columns > NARROW)
		return num_attention(out, x); /* four decimals: a step changes little */
	num_value(out, x);
	for (int decimals = 2; text_width(out) > columns && decimals >= 0; decimals--)
		num_fixed(out, x, decimals);
	if (text_width(out) > columns) { /* 1e-5, as elsewhere without the 0 of the exponent */
		char *e;

		snprintf(out, NUM_LEN, "%.0e", x);
		e = strchr(out, 'e');
		if (e && e[2] == '0')
			memmove(e + 2, e + 3, strlen(e + 2));
	}
	return out;
}

static char *fit_signed(char *out, double x, int columns)
{
	char value[NUM_LEN];

	fit(value, x < 0 ? -x : x, columns - 1);
	snprintf(out, NUM_LEN, "%s%.30s", x > 0 ? "+" : x < 0 ? "-" : "", value);
	return out;
}

static void add_cell(struct str *b, const char *text, int columns)
{
	str_addf(b, "%*s%s", columns - text_width(text) > 0 ? columns - text_width(text) : 0, "",
		 text);
}

static void add_row(struct str *b, const char *name, double now, double as_is, double changed,
		    int columns)
{
	char num[NUM_LEN];

	str_addf(b, "%s%*s", name, NAME - text_width(name), "");
	add_cell(b, fit(num, now, columns - 1), columns);
	add_cell(b, fit(num, as_is, columns - 1), columns);
	add_cell(b, fit(num, changed, columns - 1), columns);
	add_cell(b, fit_signed(num, changed - as_is, columns), columns + 1);
	str_add(b, "\n");
}

/* "now  with 5e-4  with 2.5e-4  difference"; narrow: "now  old  new  diff". */
static void add_headings(struct str *b, const struct tried *t, bool wide, int columns)
{
	char was[NUM_LEN], value[NUM_LEN];

	str_addf(b, "%*s", NAME, "");
	add_cell(b, "now", columns);
	if (!wide) {
		add_cell(b, "old", columns);
		add_cell(b, "new", columns);
		add_cell(b, "diff", columns + 1);
	} else {
		snprintf(was, sizeof was, "with %.8s", t->was);
		snprintf(value, sizeof value, "with %.8s", t->value);
		add_cell(b, was, columns);
		add_cell(b, value, columns);
		add_cell(b, "difference", columns + 1);
	}
	str_add(b, "\n");
}

void tried_open(struct ui *u, const struct tried *t)
{
	bool wide = u->cols >= WIDE;
	int columns = wide ? VALUE : NARROW;
	const char *key = strncmp(t->key, "train.", 6) == 0 ? t->key + 6 : t->key;
	char title[sizeof u->page.title], at[NUM_LEN];
	struct str b = {0};

	snprintf(title, sizeof title, "try %.40s", key);
	str_addf(&b, "%s → %s, step %s\n%s", t->was, t->value, num_position(at, t->epoch, t->step),
		 wide ? "\n" : "");
	add_headings(&b, t, wide, columns);
	for (int i = 0; i < TERMS; i++)
		add_row(&b, loss_term[i].name, t->now.term[i], t->as_is.term[i], t->changed.term[i],
			columns);
	add_row(&b, "loss", t->now.loss, t->as_is.loss, t->changed.loss, columns);
	if (strncmp(t->key, "train.loss.", 11) == 0)
		str_add(&b, wide ? "\nEach loss is the sum with its own weights."
				 : "Loss: with its own weights.\n");
	str_add(&b, wide ? "\nThe same batch before and after the step. Nothing is kept."
			 : "Nothing is kept.");
	page_open(u, title, b.s);
}
