/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/session/predictions.h"

#include "base/file.h"
#include "engine/train/evaluate.h"
#include "engine/file/table.h"

#include <string.h>

static void add_header(struct str *b, const struct settings *s, int classes)
{
	str_add(b, "id,true,pred,");
	for (int c = 0; c < classes; c++) {
		char name[LABEL_LEN + 2];

		snprintf(name, sizeof name, "p_%s", s->exp.labels[c]);
		table_add_field(b, name);
		str_add(b, ",");
	}
	str_add(b, "pred_text,pred_audio,loss\n");
}

/* The name of what a head says, and a comma. */
static void add_verdict(struct str *b, const struct predictions *p, int i, enum head h,
			const struct settings *s)
{
	table_add_field(b, s->exp.labels[predicted_class(predictions_at(p, i, h), p->classes)]);
	str_add(b, ",");
}

static void add_line(struct str *b, const struct predictions *p, int i, const char *id,
		     const struct settings *s)
{
	const float *logits = predictions_at(p, i, HEAD_MAIN);
	double probability[LABELS_MAX];

	class_probabilities(logits, p->classes, probability);
	table_add_field(b, id);
	str_add(b, ",");
	if (p->label[i] != LABEL_NONE)
		table_add_field(b, s->exp.labels[p->label[i]]);
	str_add(b, ",");
	add_verdict(b, p, i, HEAD_MAIN, s);
	for (int c = 0; c < p->classes; c++) {
		str_num(b, probability[c]);
		str_add(b, ",");
	}
	add_verdict(b, p, i, HEAD_TEXT, s);
	add_verdict(b, p, i, HEAD_AUDIO, s);
	if (p->label[i] != LABEL_NONE)
		str_num(b, class_loss(logits, p->classes, p->label[i]));
	str_add(b, "\n");
}

void predictions_text(struct str *b, const struct predictions *p, const struct corpus *c,
		      const struct settings *s)
{
	add_header(b, s, p->classes);
	for (int i = 0; i < p->n; i++)
		add_line(b, p, i, c->utt[p->utt[i]].id, s);
}

int predictions_write(const char *path, const struct predictions *p, const struct corpus *c,
		      const struct settings *s, struct err *e)
{
	struct str b = {0};
	int failed;

	predictions_text(&b, p, c, s);
	failed = file_write(path, b.s, b.len, e);
	str_free(&b);
	return failed;
}
