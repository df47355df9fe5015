/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/study/facts.h"

#include "base/near.h"
#include "engine/train/evaluate.h"

#include <math.h>
#include <string.h>

const char *facts_label(const struct settings *set, int c)
{
	return c >= 0 && c < set->exp.nlabels ? set->exp.labels[c] : "?";
}

struct facts facts_of(const struct facts_from *from, int i)
{
	const struct history *h = from->h;
	struct facts f = {.from = *from, .i = i, .label = h->label[i]};

	for (int head = 0; head < HEADS; head++) {
		const float *logits = history_at(h, from->epoch, i, (enum head)head);

		if (!logits)
			return f;
		f.says[head] = predicted_class(logits, h->classes);
		class_probabilities(logits, h->classes, f.p[head]);
		if (head == HEAD_MAIN)
			f.loss = class_loss(logits, h->classes, f.label);
	}
	f.known = true;
	return f;
}

/* ---- rows of the corpus ---- */

static bool in_list(const struct corpus *c, const struct utterance *x, int list)
{
	return c->layout == LAYOUT_IEMOCAP || x->list == list;
}

void facts_rows(const struct history *h, const struct corpus *c, int list, int *row)
{
	for (int i = 0, at = 0; i < h->n; i++) {
		row[i] = -1;
		/* Both have the same order, so the next is usually near. */
		for (int k = 0; k < c->n; k++) {
			const struct utterance *x = &c->utt[(at + k) % c->n];

			if (strcmp(x->id, h->id[i]) != 0 || !in_list(c, x, list))
				continue;
			at = (at + k) % c->n;
			row[i] = at;
			break;
		}
	}
}

static const struct utterance *utterance(const struct facts *f)
{
	int row = f->from.corpus && f->from.row ? f->from.row[f->i] : -1;

	return row < 0 ? NULL : &f->from.corpus->utt[row];
}

/* ---- getters ---- */

static struct expr_value number(bool known, double x)
{
	return (struct expr_value){.number = known ? x : NAN};
}

static struct expr_value text(const char *s)
{
	return (struct expr_value){.number = NAN, .text = s ? s : ""};
}

static struct expr_value label(const struct facts *f, bool known, int c)
{
	return text(known ? facts_label(f->from.set, c) : NULL);
}

static struct expr_value get_id(const struct facts *f)
{
	return text(f->from.h->id[f->i]);
}

static struct expr_value get_text(const struct facts *f)
{
	const struct utterance *utt = utterance(f);

	return text(utt ? utt->text : NULL);
}

static struct expr_value get_true(const struct facts *f)
{
	return label(f, true, f->label);
}

static struct expr_value get_pred(const struct facts *f)
{
	return label(f, f->known, f->says[HEAD_MAIN]);
}

static struct expr_value get_p(const struct facts *f)
{
	return number(f->known, f->p[HEAD_MAIN][f->says[HEAD_MAIN]]);
}

static struct expr_value get_loss(const struct facts *f)
{
	return number(f->known, f->loss);
}

static struct expr_value get_text_says(const struct facts *f)
{
	return label(f, f->known, f->says[HEAD_TEXT]);
}

static struct expr_value get_audio_says(const struct facts *f)
{
	return label(f, f->known, f->says[HEAD_AUDIO]);
}

static struct expr_value get_flips(const struct facts *f)
{
	return number(f->known, history_flips(f->from.h, f->i, f->from.epoch));
}

static struct expr_value get_right(const struct facts *f)
{
	return number(f->known, f->says[HEAD_MAIN] == f->label);
}

static struct expr_value get_epoch(const struct facts *f)
{
	return number(true, f->from.epoch);
}

static struct expr_value get_speaker(const struct facts *f)
{
	const struct utterance *utt = utterance(f);

	return text(utt ? utt->speaker : NULL);
}

static struct expr_value get_words(const struct facts *f)
{
	const struct utterance *utt = utterance(f);

	return number(utt, utt ? (double)utt->words.rows : 0);
}

static struct expr_value get_seconds(const struct facts *f)
{
	const struct utterance *utt = utterance(f);

	return number(utt, utt ? (double)utt->frames.rows / FRAMES_PER_SECOND : 0);
}

/* ---- the table ---- */

const struct facts_column facts_column[UTTERANCE_COLUMNS] = {
	[COLUMN_ID] = {"id", "id", true, "the utterance's name", get_id},
	[COLUMN_TEXT] = {"text", "text", true, "its words", get_text},
	[COLUMN_TRUE] = {"true", "true", true, "its class", get_true},
	[COLUMN_PRED] = {"pred", "pred", true, "the predicted class", get_pred},
	[COLUMN_P] = {"p", "p", false, "probability of the predicted class", get_p},
	[COLUMN_LOSS] = {"loss", "loss", false, "-log of the true class's probability", get_loss},
	[COLUMN_TEXT_SAYS] = {"says_text", "text", true, "prediction of the text head",
			      get_text_says},
	[COLUMN_AUDIO_SAYS] = {"says_audio", "audio", true, "prediction of the audio head",
			       get_audio_says},
	[COLUMN_FLIPS] = {"flips", "flips", false, "changes of the prediction so far", get_flips},
	[COLUMN_RIGHT] = {"right", NULL, false, "1 if predicted right, else 0", get_right},
	[COLUMN_EPOCH] = {"epoch", NULL, false, "the epoch shown", get_epoch},
	[COLUMN_SPEAKER] = {"speaker", NULL, true, "who speaks", get_speaker},
	[COLUMN_WORDS] = {"words", NULL, false, "how many words", get_words},
	[COLUMN_SECONDS] = {"seconds", NULL, false, "how long the speech is", get_seconds},
};

void facts_names(const char *names[UTTERANCE_COLUMNS + 1])
{
	for (int i = 0; i < UTTERANCE_COLUMNS; i++)
		names[i] = facts_column[i].name;
	names[UTTERANCE_COLUMNS] = NULL;
}

int facts_find(const char *name, struct err *e)
{
	struct near near = near_to(name);

	for (int i = 0; i < UTTERANCE_COLUMNS; i++) {
		if (strcmp(facts_column[i].name, name) == 0)
			return i;
		near_try(&near, facts_column[i].name);
	}
	if (near.best)
		return err_usage(e, "no column '%.40s'; did you mean %s?", name, near.best);
	return err_usage(e, "no column '%.40s'; try loss, p, flips, true, pred, id or text", name);
}
