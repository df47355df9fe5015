/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/lab/tried.h"

#include "app/study/num.h"

#include <math.h>
#include <string.h>

enum {
	NAME = 10,  /* of "cmd audio" and a space */
	NARROW = 6, /* a column at 40 columns: five digits */
	ROOMY = 14, /* one with values in its heading */
	LEAST = 11, /* one of six */
	WIDE = NAME + 4 * ROOMY,
	SIX = NAME + 6 * LEAST,
	POINT = 11, /* of a sweep: the value, with its mark */
	CELL = 7,
	SWEEP = POINT + 9 * CELL,
};

/* ---- cells ---- */

/* A number in at most `columns`. */
static char *fit(char *out, double x, int columns)
{
	if (columns > NARROW)
		return num_attention(out, x); /* four decimals: a step changes little */
	num_value(out, x);
	for (int decimals = 2; str_columns(out) > columns && decimals >= 0; decimals--)
		num_fixed(out, x, decimals);
	if (str_columns(out) > columns) { /* 1e-5, as elsewhere without the 0 of the exponent */
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
	int gap = columns - str_columns(text);

	str_addf(b, "%*s%s", gap > 0 ? gap : 0, "", text);
}

/* Without spaces at its end. */
static void end_line(struct str *b)
{
	while (b->len && b->s[b->len - 1] == ' ')
		b->s[--b->len] = '\0';
	str_add(b, "\n");
}

static void add_name(struct str *b, const char *name, int columns)
{
	int gap = columns - str_columns(name);

	str_addf(b, "%s%*s", name, gap > 0 ? gap : 0, "");
}

static void add_number(struct str *b, double x, int columns)
{
	char num[NUM_LEN];

	add_cell(b, fit(num, x, columns - 1), columns);
}

/* ---- one against the other ---- */

/* Rows: the terms, their sum, and what else a step has. */
enum { ROW_LOSS = TERMS, ROW_GRADIENT, ROW_UPDATE, ROWS };

static const char *row_name(int row)
{
	static const char *const more[] = {"loss", "gradient", "update"};

	return row < TERMS ? loss_term[row].name : more[row - TERMS];
}

static double row_value(const struct tried_step *s, int row)
{
	return row < TERMS           ? s->row.term[row]
	       : row == ROW_LOSS     ? s->row.loss
	       : row == ROW_GRADIENT ? s->row.grad_norm
				     : s->update;
}

/* A step that diverges is not made. */
static void add_value(struct str *b, const struct tried_step *s, int row, int columns)
{
	if (row == ROW_UPDATE && isnan(s->update))
		add_cell(b, NUM_MISSING, columns);
	else
		add_number(b, row_value(s, row), columns);
}

/* Before the step there is neither a gradient nor an update. */
static void add_now(struct str *b, const struct tried *t, int row, int columns)
{
	const struct tried_step before = {.row = t->base.made.before};

	if (row > ROW_LOSS)
		add_cell(b, NUM_MISSING, columns);
	else
		add_number(b, row_value(&before, row), columns);
}

static void add_both(struct str *b, const struct tried_step *as_is, const struct tried_step *tried,
		     int row, int columns)
{
	add_value(b, as_is, row, columns);
	add_value(b, tried, row, columns);
}

static void add_difference(struct str *b, const struct tried_step *as_is,
			   const struct tried_step *tried, int row, int columns)
{
	double difference = row_value(tried, row) - row_value(as_is, row);
	char num[NUM_LEN];

	add_cell(b,
		 row == ROW_UPDATE && isnan(difference) ? NUM_MISSING
							: fit_signed(num, difference, columns - 1),
		 columns);
}

/* "now  with 5e-4  with 2.5e-4  difference"; narrow: "now  old  new  diff". */
static void add_headings(struct str *b, const struct tried *t, int columns)
{
	char was[NUM_LEN], value[NUM_LEN];
	bool named = columns >= ROOMY && t->changes == 1;

	snprintf(was, sizeof was, "with %.8s", t->change[0].was);
	snprintf(value, sizeof value, "with %.8s", t->change[0].value);
	str_addf(b, "%*s", NAME, "");
	add_cell(b, "now", columns);
	add_cell(b, named ? was : columns > NARROW ? "as it is" : "old", columns);
	add_cell(b, named ? value : columns > NARROW ? "tried" : "new", columns);
	add_cell(b, columns > NARROW ? "difference" : "diff", columns + 1);
	end_line(b);
}

/* One step: now, after it as it is and as tried, and the difference of these. */
static void add_step(struct str *b, const struct tried *t, bool last, int columns)
{
	const struct tried_steps *x = &t->base.made, *y = &t->point[0].made;
	const struct tried_step *as_is = last ? &x->last : &x->first;
	const struct tried_step *tried = last ? &y->last : &y->first;

	add_headings(b, t, columns);
	for (int row = 0; row < ROWS; row++) {
		add_name(b, row_name(row), NAME);
		add_now(b, t, row, columns);
		add_both(b, as_is, tried, row, columns);
		add_difference(b, as_is, tried, row, columns + 1);
		end_line(b);
	}
}

/* The first step and the last, side by side. */
static void add_steps(struct str *b, const struct tried *t, int columns)
{
	const struct tried_steps *x = &t->base.made, *y = &t->point[0].made;
	char last[NUM_LEN];

	snprintf(last, sizeof last, "step %d", t->steps);
	str_addf(b, "%*s", NAME, "");
	add_cell(b, "", columns);
	add_cell(b, "step 1", columns);
	add_cell(b, "", columns);
	add_cell(b, last, columns);
	end_line(b);
	str_addf(b, "%*s", NAME, "");
	add_cell(b, "now", columns);
	for (int i = 0; i < 2; i++) {
		add_cell(b, "as it is", columns);
		add_cell(b, "tried", columns);
	}
	add_cell(b, "difference", columns);
	end_line(b);
	for (int row = 0; row < ROWS; row++) {
		add_name(b, row_name(row), NAME);
		add_now(b, t, row, columns);
		add_both(b, &x->first, &y->first, row, columns);
		add_both(b, &x->last, &y->last, row, columns);
		add_difference(b, &x->last, &y->last, row, columns);
		end_line(b);
	}
}

/* ---- a sweep ---- */

/* A column of a sweep's table, with its two rows of headings. */
struct sweep_column {
	char above[16], below[16];
	bool first; /* of the first step, else of the last */
	int row;
};

static int add_column(struct sweep_column *c, int n, const char *above, const char *below, int row)
{
	c[n] = (struct sweep_column){.row = row};
	str_fit(c[n].above, sizeof c->above, above);
	str_fit(c[n].below, sizeof c->below, below);
	return n + 1;
}

/* All, or where there is little room what counts most. */
static int sweep_columns(struct sweep_column *c, const struct tried *t, bool all)
{
	int n = 0;

	if (all && t->steps > 1) {
		n = add_column(c, n, "loss", "first", ROW_LOSS);
		c[0].first = true;
	}
	n = t->steps > 1 ? add_column(c, n, "loss", "last", ROW_LOSS)
			 : add_column(c, n, "", "loss", ROW_LOSS);
	for (int i = 0; i < TERMS && all; i++) {
		const char *name = loss_term[i].name, *space = strchr(name, ' ');
		char word[16];

		str_fit(word, sizeof word, name);
		word[strcspn(word, " ")] = '\0';
		n = add_column(c, n, space ? word : "", space ? space + 1 : name, i);
	}
	n = add_column(c, n, "", "grad", ROW_GRADIENT);
	return add_column(c, n, "", "update", ROW_UPDATE);
}

static void add_point(struct str *b, const struct tried_point *p, const struct sweep_column *c,
		      int n, bool now, int columns)
{
	char value[TRIAL_VALUE + 8];

	snprintf(value, sizeof value, "%s %.9s", now ? "▸" : " ", p->value);
	add_name(b, value, POINT);
	for (int i = 0; i < n; i++)
		add_value(b, c[i].first ? &p->made.first : &p->made.last, c[i].row, columns);
	end_line(b);
}

static void add_sweep(struct str *b, const struct tried *t, int cols)
{
	struct sweep_column c[TERMS + 4];
	bool all = cols >= SWEEP, shown = false;
	int n = sweep_columns(c, t, all), columns = all ? CELL : CELL + 1;

	for (int line = 0; line < 2; line++) {
		add_name(b, line ? "  value" : "", POINT);
		for (int i = 0; i < n; i++)
			add_cell(b, line ? c[i].below : c[i].above, columns);
		end_line(b);
	}
	for (int i = 0; i < t->points; i++) {
		const struct tried_point *p = &t->point[i];
		bool same = strcmp(p->value, t->base.value) == 0;

		if (!shown && !same && p->x > t->base.x)
			add_point(b, &t->base, c, n, true, columns);
		shown |= p->x >= t->base.x;
		add_point(b, p, c, n, same, columns);
	}
	if (!shown)
		add_point(b, &t->base, c, n, true, columns);
}

void tried_table(struct str *b, const struct tried *t, int cols)
{
	if (t->sweep) {
		add_sweep(b, t, cols);
	} else if (t->steps > 1 && cols >= SIX) {
		add_steps(b, t, LEAST);
	} else {
		int columns = cols > WIDE ? ROOMY : NARROW;

		if (t->steps > 1)
			str_add(b, "step 1\n");
		add_step(b, t, false, columns);
		if (t->steps > 1) {
			str_addf(b, "step %d\n", t->steps);
			add_step(b, t, true, columns);
		}
	}
}

/* ---- in words ---- */

/* "optimizer.lr" */
static const char *short_key(const char *key)
{
	return strncmp(key, "train.", 6) == 0 ? key + 6 : key;
}

/* A part of a sentence; on a line of its own where it does not fit any more. */
static void add_part(struct str *b, int *used, const char *part, int cols)
{
	int n = str_columns(part);

	if (*used) {
		bool fits = *used + 2 + n <= cols;

		str_add(b, fits ? ", " : ",\n");
		*used = fits ? *used + 2 : 0;
	}
	str_add(b, part);
	*used += n;
}

void tried_what(struct str *b, const struct tried *t, int cols)
{
	struct str part = {0};
	char at[NUM_LEN];
	int used = 0;

	num_position(at, t->epoch, t->step);
	for (int i = 0; i < t->changes; i++) {
		const struct tried_change *c = &t->change[i];

		str_reset(&part);
		if (t->sweep)
			str_addf(&part, "%s %s to %s, now %s", short_key(c->key),
				 t->points ? t->point[0].value : "",
				 t->points ? t->point[t->points - 1].value : "", c->was);
		else
			str_addf(&part, "%s %s → %s", short_key(c->key), c->was, c->value);
		add_part(b, &used, part.s, cols);
	}
	str_reset(&part);
	if (t->steps == 1)
		str_addf(&part, "step %s", at);
	else
		str_addf(&part, "%d steps from %s", t->steps, at);
	add_part(b, &used, part.s, cols);
	str_add(b, "\n");
	str_free(&part);
}

/* A sentence, in lines. */
static void add_sentence(struct str *b, const char *text, int cols)
{
	int used = 0;

	while (*text) {
		size_t n = strcspn(text, " ");

		if (used && used + 1 + (int)n > cols) {
			str_add(b, "\n");
			used = 0;
		}
		str_addf(b, "%s%.*s", used ? " " : "", (int)n, text);
		used += (used > 0) + (int)n;
		text += n + (text[n] == ' ');
	}
	str_add(b, "\n");
}

/* "as it is, step 3 diverges" */
static void add_end(struct str *b, const char *who, const struct tried_steps *made, int steps,
		    int cols)
{
	struct str text = {0};

	if (made->diverged)
		str_addf(&text, "%s, step %d diverges.", who, made->steps + 1);
	else if (made->steps < steps)
		str_addf(&text, "%s, training ends after %d step%s.", who, made->steps,
			 made->steps == 1 ? "" : "s");
	if (text.len)
		add_sentence(b, text.s, cols);
	str_free(&text);
}

static void add_ends(struct str *b, const struct tried *t, int cols)
{
	char who[TRIAL_VALUE + 16];

	add_end(b, "As it is", &t->base.made, t->steps, cols);
	for (int i = 0; i < t->points; i++) {
		snprintf(who, sizeof who, "With %s", t->point[i].value);
		add_end(b, t->sweep ? who : "With it", &t->point[i].made, t->steps, cols);
	}
}

static void add_later(struct str *b, const struct tried *t, int cols)
{
	struct str text = {0};
	int n = 0;

	for (int i = 0; i < t->changes; i++)
		if (t->change[i].later)
			str_addf(&text, "%s%s", n++ ? ", " : "A change of ",
				 short_key(t->change[i].key));
	if (n) {
		str_add(&text, " takes effect at the next epoch; here it is in force at once.");
		add_sentence(b, text.s, cols);
	}
	str_free(&text);
}

static bool weighs(const struct tried *t)
{
	for (int i = 0; i < t->changes; i++)
		if (strncmp(t->change[i].key, "train.loss.", 11) == 0)
			return true;
	return false;
}

void tried_remarks(struct str *b, const struct tried *t, int cols)
{
	struct str text = {0};

	add_ends(b, t, cols);
	add_later(b, t, cols);
	if (t->points < t->of) {
		str_addf(&text, "It was ended after %d of %d values.", t->points, t->of);
		add_sentence(b, text.s, cols);
	}
	if (weighs(t))
		add_sentence(b, "Each loss is the sum with its own weights.", cols);
	add_sentence(b,
		     "Losses: of the step's own batch, after the step (now: before it). update: "
		     "log10 of |update| / |weights|. Nothing is kept.",
		     cols);
	str_free(&text);
}
