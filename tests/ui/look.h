/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * look: a made-up utterance for tests of views 4 and 5, as in the agreed screens.
 *
 * It is an utterance of a validation part with three, over 41 epochs: right (sad)
 * until epoch 28, then more and more surely neu. With 12 words its pooling
 * weights over words are those of the agreed screens. Attention: head 1 runs
 * along the diagonal, head 2 meets in a burst at a fifth of the time, the others
 * hardly choose. Nothing is drawn at random.
 */
#ifndef MIUST_TESTS_UI_LOOK_H
#define MIUST_TESTS_UI_LOOK_H

#include "base/mem.h"
#include "ui/state/feed.h"
#include "ui/view/order.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOOK_TEXT "I'm sorry I just don't know what to say to him anymore"
#define LOOK_LONG_TEXT                                                                          \
	"You know I never thought that we would sit here again after all these years and talk " \
	"about it as if nothing at all had ever happened between both of us"
#define LOOK_WIDE_TEXT "我 很 抱歉 不知道 该对他 说 什么"

enum { LOOK_EPOCHS = 41, LOOK_UTTERANCES = 3, LOOK_CLASSES = 4 };

static inline double look_bump(double x, double at, double width)
{
	return exp(-(x - at) * (x - at) / (2 * width * width));
}

/* Weights that sum to 1, row by row. */
static inline void look_normalize(float *w, int rows, int n)
{
	for (int r = 0; r < rows; r++, w += n) {
		double sum = 0;

		for (int i = 0; i < n; i++)
			sum += (double)w[i];
		for (int i = 0; i < n; i++)
			w[i] = (float)((double)w[i] / sum);
	}
}

/* How strongly head h joins a place among the words with one in time (both 0 … 1). */
static inline double look_joined(int h, double word, double time)
{
	double along = look_bump(time, 0.08 + 0.84 * word, 0.04);
	double early = look_bump(time, 0.2, 0.03), late = look_bump(time, 0.9, 0.035);
	double loud = fmax(look_bump(word, 0.09, 0.02), look_bump(word, 1, 0.02));

	switch (h) {
	case 0:
		return 0.02 + along;
	case 1:
		return 0.02 + early * (0.3 + loud) + 0.3 * late * (0.3 + loud);
	default:
		return 1 + 0.2 * along + 0.1 * h * early;
	}
}

static inline void look_cross(struct look_result *l)
{
	for (int h = 0; h < l->heads; h++) {
		for (int w = 0; w < l->L; w++) {
			for (int f = 0; f < l->T; f++) {
				double x = look_joined(h, l->L > 1 ? w / (l->L - 1.) : 0,
						       (f + 0.5) / l->T);

				l->cross[0][(h * l->L + w) * l->T + f] = (float)x;
				l->cross[1][(h * l->T + f) * l->L + w] = (float)x;
			}
		}
	}
	look_normalize(l->cross[0], l->heads * l->L, l->T);
	look_normalize(l->cross[1], l->heads * l->T, l->L);
}

static inline void look_weights(struct look_result *l)
{
	static const float words[3][12] = {
		{.042f, .354f, .022f, .057f, .109f, .066f, .035f, .017f, .050f, .018f, .047f,
		 .184f},
		{.077f, .174f, .051f, .068f, .123f, .081f, .048f, .038f, .078f, .038f, .072f,
		 .151f},
		{.079f, .120f, .075f, .076f, .095f, .080f, .078f, .058f, .074f, .069f, .071f,
		 .124f},
	};
	static const int text[] = {ATT1, ATT11, ATTS1};

	for (int p = 0; p < 3; p++) {
		float *w = l->weights[text[p]];

		for (int i = 0; i < l->L; i++)
			w[i] = l->L == 12 ? words[p][i] : (float)(1.2 + sin(2. * i + p));
		if (l->L != 12)
			look_normalize(w, 1, l->L);
	}
	for (int f = 0; f < l->T; f++) {
		double t = (f + 0.5) / l->T, edge = fmin(1, 12 * fmin(t, 1 - t));

		l->weights[ATT2][f] = (float)(edge + 1.1 * look_bump(t, 0.2, 0.03) +
					      2.3 * look_bump(t, 0.86, 0.04));
		l->weights[ATT22][f] = (float)(edge + 3.8 * look_bump(t, 0.195, 0.025) +
					       0.5 * look_bump(t, 0.9, 0.04));
		l->weights[ATTT2][f] =
			(float)(edge + 0.4 * look_bump(t, 0.2, 0.03) +
				1.2 * look_bump(t, 0.57, 0.025) + 0.6 * look_bump(t, 0.9, 0.06));
	}
	look_normalize(l->weights[ATT2], 1, l->T);
	look_normalize(l->weights[ATT22], 1, l->T);
	look_normalize(l->weights[ATTT2], 1, l->T);
}

static inline void look_logits(float *out, double ang, double hap, double neu, double sad)
{
	out[0] = (float)log(ang);
	out[1] = (float)log(hap);
	out[2] = (float)log(neu);
	out[3] = (float)log(sad);
}

/* Main head's logits at an epoch. Sad gives way to neu; three dips make flips. */
static inline void look_main(float *out, double epoch)
{
	double end = 1 / (1 + exp(-(epoch - 31.5) / 3.3));
	double sad = 0.36 + 0.27 * (1 - exp(-epoch / 4)), neu = 0.3;
	double little = 0.012 + 0.15 * exp(-epoch / 3);

	sad += 0.06 * sin(epoch) * exp(-epoch / 12);
	if (epoch == 1 || epoch == 9 || epoch == 25)
		sad -= 0.32;
	neu += (0.91 - neu) * end;
	sad -= (sad - 0.089) * end;
	if (epoch == LOOK_EPOCHS)
		look_logits(out, 0.005, 0.018, 0.889, 0.088);
	else
		look_logits(out, little * 0.6, little, neu, sad);
}

static inline void look_history(struct history *h)
{
	static const char *const ids[LOOK_UTTERANCES] = {
		"Ses05M_script02_3_F016", "Ses05M_impro02_F017", "Ses02M_impro04_M019"};
	static const int label[LOOK_UTTERANCES] = {2, 3, 0};
	float *at;

	h->n = LOOK_UTTERANCES;
	h->classes = LOOK_CLASSES;
	h->epochs = LOOK_EPOCHS;
	h->id = mem_alloc(LOOK_UTTERANCES, sizeof *h->id);
	h->label = mem_alloc(LOOK_UTTERANCES, sizeof *h->label);
	h->epoch = mem_alloc(LOOK_EPOCHS, sizeof *h->epoch);
	at = h->logits = mem_alloc((size_t)LOOK_EPOCHS * LOOK_UTTERANCES * HEADS * LOOK_CLASSES,
				   sizeof *h->logits);
	for (int i = 0; i < LOOK_UTTERANCES; i++) {
		h->id[i] = mem_dup(ids[i]);
		h->label[i] = label[i];
	}
	for (int k = 0; k < LOOK_EPOCHS; k++) {
		double way = k / (LOOK_EPOCHS - 1.);

		h->epoch[k] = k + 1;
		for (int i = 0; i < LOOK_UTTERANCES; i++, at += HEADS * LOOK_CLASSES) {
			look_main(at, k + 1);
			look_logits(at + LOOK_CLASSES, 0.2 - 0.139 * way, 0.25 - 0.167 * way, 0.214,
				    0.336 + 0.306 * way);
			look_logits(at + 2 * LOOK_CLASSES, 0.026, 0.185 - 0.1 * way,
				    0.4 + 0.333 * way, 0.389 - 0.233 * way);
		}
	}
}

/* The answer of the model, of corpus utterance 1. free with look_free. */
static inline struct look_result *look_answer(int L, int T, int heads)
{
	struct look_result *l = mem_alloc(1, sizeof *l);
	static const int text[] = {ATT1, ATT11, ATTS1}, audio[] = {ATT2, ATT22, ATTT2};

	*l = (struct look_result){.utt = 1,
				  .epoch = LOOK_EPOCHS,
				  .fold = 3,
				  .L = L,
				  .T = T,
				  .heads = heads,
				  .classes = LOOK_CLASSES,
				  .knocks = KNOCK_HEAD + heads};
	for (int p = 0; p < 3; p++) {
		l->weights[text[p]] = mem_alloc((size_t)L, sizeof(float));
		l->weights[audio[p]] = mem_alloc((size_t)T, sizeof(float));
	}
	for (int c = 0; c < CROSSES; c++)
		l->cross[c] = mem_alloc((size_t)heads * (size_t)L * (size_t)T, sizeof(float));
	look_cross(l);
	look_weights(l);
	look_main(l->logits[HEAD_MAIN], LOOK_EPOCHS);
	look_logits(l->logits[HEAD_TEXT], 0.061, 0.083, 0.214, 0.642);
	look_logits(l->logits[HEAD_AUDIO], 0.026, 0.085, 0.733, 0.156);
	look_main(l->knocked[KNOCK_NOTHING], LOOK_EPOCHS);
	look_logits(l->knocked[KNOCK_TEXT], 0.004, 0.013, 0.953, 0.030);
	look_logits(l->knocked[KNOCK_AUDIO], 0.03, 0.055, 0.214, 0.701);
	for (int h = 0; h < heads; h++)
		look_logits(l->knocked[KNOCK_HEAD + h], 0.005, 0.018,
			    h == 1 ? 0.742 : 0.862 + 0.009 * h, h == 1 ? 0.235 : 0.1);
	return l;
}

/* A screen that shows it. text: its words; T 0: no answer yet. */
struct look_fixture {
	struct ui u;
	struct corpus corpus;
	struct utterance utt[LOOK_UTTERANCES];
	int order[LOOK_UTTERANCES];
};

static inline void look_open(struct look_fixture *x, const struct look *look, int rows, int cols,
			     const char *text, int L, int T, int heads)
{
	static const char *const labels[LOOK_CLASSES] = {"ang", "hap", "neu", "sad"};
	struct fold_run *fold;

	memset(x, 0, sizeof *x);
	ui_init(&x->u, look, rows, cols);
	for (int c = 0; c < LOOK_CLASSES; c++)
		snprintf(x->u.run.set.exp.labels[c], LABEL_LEN, "%s", labels[c]);
	x->u.run.set.exp.nlabels = LOOK_CLASSES;
	x->u.run.set.model.num_classes = LOOK_CLASSES;
	x->u.run.set.model.cross_attention = true;
	x->u.run.set.train.epoch = 70;
	fold = run_fold(&x->u.run, 3);
	fold->best_epoch = 30;
	fold->steps_per_epoch = 28;
	look_history(&fold->val);
	for (int i = 0; i < LOOK_UTTERANCES; i++) {
		x->utt[i] = (struct utterance){.id = fold->val.id[i],
					       .text = (char *)(i == 1 ? text : ""),
					       .label = fold->val.label[i]};
		x->order[i] = LOOK_UTTERANCES - 1 - i;
	}
	x->utt[1].words.rows = L;
	x->utt[1].frames.rows = T;
	x->corpus.utt = x->utt;
	x->corpus.n = LOOK_UTTERANCES;
	x->u.corpus = &x->corpus;
	x->u.now.fold = 3;
	x->u.now.set = x->u.run.set;
	x->u.sel.fold = 3;
	x->u.sel.fold_chosen = true;
	x->u.sel.utt = 1;
	order_of(&x->u)->order = mem_alloc(LOOK_UTTERANCES, sizeof(int));
	memcpy(order_of(&x->u)->order, x->order, sizeof x->order);
	order_of(&x->u)->n = LOOK_UTTERANCES;
	order_of(&x->u)->made_for.epoch = LOOK_EPOCHS;
	order_of(&x->u)->made_for.fold = 3;
	feed_refresh(&x->u);
	if (heads > 0)
		x->u.seen = look_answer(L, T, heads);
}

static inline void look_close(struct look_fixture *x)
{
	ui_free(&x->u);
}

#endif
