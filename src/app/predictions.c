/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/predictions.h"

#include "base/file.h"
#include "base/str.h"

#include <math.h>
#include <string.h>

/* A field, quoted if a reader would take it for something else. */
static void add_field(struct str *b, const char *text)
{
	if (!text[strcspn(text, ",\"\r\n")]) {
		str_add(b, text);
		return;
	}
	str_add(b, "\"");
	for (; *text; text++)
		str_addn(b, *text == '"' ? "\"\"" : text, *text == '"' ? 2 : 1);
	str_add(b, "\"");
}

/* The first of the largest. */
static int largest(const float *x, int n)
{
	int top = 0;

	for (int i = 1; i < n; i++)
		if (x[i] > x[top])
			top = i;
	return top;
}

/* log of the sum of exp(x), without overflow */
static double log_sum(const float *x, int n)
{
	double top = x[largest(x, n)], sum = 0;

	for (int i = 0; i < n; i++)
		sum += exp(x[i] - top);
	return top + log(sum);
}

static void add_header(struct str *b, const struct settings *s, int classes)
{
	str_add(b, "id,true,pred,");
	for (int c = 0; c < classes; c++) {
		char name[LABEL_LEN + 2];

		snprintf(name, sizeof name, "p_%s", s->exp.labels[c]);
		add_field(b, name);
		str_add(b, ",");
	}
	str_add(b, "pred_text,pred_audio,loss\n");
}

static void add_line(struct str *b, const struct predictions *p, int i, const char *id,
		     const struct settings *s)
{
	int n = p->classes;
	const float *head[HEADS];
	double norm;

	for (int h = 0; h < HEADS; h++)
		head[h] = p->logits + ((size_t)i * HEADS + (size_t)h) * (size_t)n;
	norm = log_sum(head[HEAD_MAIN], n);
	add_field(b, id);
	str_add(b, ",");
	add_field(b, s->exp.labels[p->label[i]]);
	str_add(b, ",");
	add_field(b, s->exp.labels[largest(head[HEAD_MAIN], n)]);
	for (int c = 0; c < n; c++) {
		str_add(b, ",");
		str_num(b, exp(head[HEAD_MAIN][c] - norm));
	}
	str_add(b, ",");
	add_field(b, s->exp.labels[largest(head[HEAD_TEXT], n)]);
	str_add(b, ",");
	add_field(b, s->exp.labels[largest(head[HEAD_AUDIO], n)]);
	str_add(b, ",");
	str_num(b, norm - head[HEAD_MAIN][p->label[i]]);
	str_add(b, "\n");
}

int predictions_write(const char *path, const struct predictions *p, const struct corpus *c,
		      const struct settings *s, struct err *e)
{
	struct str text = {0};
	int failed;

	BUG_ON(p->classes > s->exp.nlabels);
	add_header(&text, s, p->classes);
	for (int i = 0; i < p->n; i++)
		add_line(&text, p, i, c->utt[p->utt[i]].id, s);
	failed = file_write(path, text.s, text.len, e);
	str_free(&text);
	return failed;
}
