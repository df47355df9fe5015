/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/view/utterances.h"

#include "app/study/num.h"
#include "ui/draw/heat_draw.h"

#include <math.h>
#include <string.h>

static const struct {
	enum head head;
	const char *name;
} heads[] = {{HEAD_MAIN, "main"}, {HEAD_TEXT, "text only"}, {HEAD_AUDIO, "audio only"}};

/* Where the classes' "ang 0.005 ━━" stand. */
struct places {
	int x, pitch, label, bar;
	int class[LABELS_MAX]; /* those shown, in label order */
	int n, out;            /* how many; how many found no room */
};

static double largest(const struct facts *f, int c)
{
	return fmax(f->p[HEAD_MAIN][c], fmax(f->p[HEAD_TEXT][c], f->p[HEAD_AUDIO][c]));
}

/* Too many classes: those that some head finds likely. */
static void choose(const struct facts *f, struct places *p, int classes, int room)
{
	p->n = 0;
	for (int c = 0; c < classes; c++) {
		int before = 0;

		for (int other = 0; other < classes; other++) {
			double a = largest(f, other), b = largest(f, c);

			before += a > b || (a == b && other < c);
		}
		if (before < room)
			p->class[p->n++] = c;
	}
	p->out = classes - p->n;
}

static struct places places(const struct facts *f, int cols, bool wide)
{
	struct places p = {.x = wide ? 14 : 13, .label = 3};
	int classes = f->from.h->classes, width = cols - p.x - (wide ? 2 : 3), room, gap;

	for (int c = 0; c < classes; c++)
		if (text_width(facts_label(f->from.set, c)) > p.label)
			p.label = text_width(facts_label(f->from.set, c));
	p.label = p.label > 8 ? 8 : p.label;
	room = width / (p.label + 10); /* with a bar of two cells at least */
	if (room < classes)
		room = (width - 4) / (p.label + 10); /* "+13" after them */
	choose(f, &p, classes, room > 0 ? room : 1);
	p.pitch = (width - (p.out ? 4 : 0)) / (p.n > 0 ? p.n : 1);
	gap = p.pitch >= 20 ? 3 : 1;
	p.bar = p.pitch - (p.label + 7) - gap;
	return p;
}

static void draw_head(const struct facts *f, struct canvas *c, int row, const struct places *p,
		      int which)
{
	enum head head = heads[which].head;
	char num[NUM_LEN];

	canvas_text(c, row, 1, ROLE(ROLE_TEXT), "%s", heads[which].name);
	for (int i = 0; i < p->n && f->known; i++) {
		int k = p->class[i], col = p->x + i * p->pitch;
		bool says = k == f->says[head];

		canvas_field(c, row, col, p->label, FIT_LEFT,
			     says ? ROLE_BOLD(role_class(k)) : ROLE(ROLE_DIM), "%s",
			     facts_label(f->from.set, k));
		col = canvas_text(c, row, col + p->label + 1,
				  says ? ROLE_BOLD(ROLE_STRONG) : ROLE(ROLE_DIM), "%.3f ",
				  f->p[head][k]);
		bar_draw(c, row, col, p->bar, role_class(k), f->p[head][k]);
	}
	if (p->out && which == 0) {
		snprintf(num, sizeof num, "+%d", p->out);
		canvas_field(c, row, p->x + p->n * p->pitch, 4, FIT_RIGHT, ROLE(ROLE_DIM), "%s",
			     num);
	}
}

/* I'm sorry ...   12 words, 4.52 s */
static void draw_text(const struct facts *f, struct canvas *c, bool wide)
{
	const char *text = facts_column[COLUMN_TEXT].get(f).text;
	double words = facts_column[COLUMN_WORDS].get(f).number;
	double seconds = facts_column[COLUMN_SECONDS].get(f).number;
	int width = text_width(text), room = c->cols - 2;
	char size[64] = "";

	if (wide && !isnan(words))
		snprintf(size, sizeof size, "%.0f words, %.2f s", words, seconds);
	if (*size)
		room -= 3 + (int)strlen(size);
	if (!*text)
		canvas_field(c, 0, 1, room, FIT_ID, ROLE(ROLE_DIM), "%s", f->from.h->id[f->i]);
	else
		canvas_field(c, 0, 1, room, FIT_LEFT, ROLE_BOLD(ROLE_STRONG), "%s", text);
	canvas_text(c, 0, 1 + (width < room ? width : room) + 3, ROLE(ROLE_DIM), "%s", size);
}

void utterances_detail_draw(const struct ui *u, struct canvas *c, bool wide)
{
	struct facts f = order_facts(u, u->sel.utt);
	struct places p = places(&f, c->cols, wide);

	draw_text(&f, c, wide);
	for (int i = 0; i < HEADS; i++)
		draw_head(&f, c, (wide ? 2 : 1) + i, &p, i);
}
