/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fixture: a screen's state with a run behind it, made up from a fixed seed.
 *
 *	struct fixture f;
 *	fixture_make(&f, &(struct fixture_of){.n = 40, .epochs = 12, .classes = 4});
 *	... f.u ...
 *	fixture_free(&f);
 *
 * One fold, numbered 3. Predictions grow better over the epochs; some
 * utterances are drawn to the class behind theirs, some sway. Everything is
 * plain data: no thread, no files.
 */
#ifndef MIUST_TESTS_UI_FIXTURE_H
#define MIUST_TESTS_UI_FIXTURE_H

#include "tests/ui/util.h"
#include "tests/ui/verb.h"

#include "base/mem.h"
#include "base/rng.h"
#include "base/str.h"
#include "ui/state/feed.h"
#include "ui/state/ui.h"

struct fixture_of {
	int n, epochs, classes;
	bool no_corpus;
	bool wide;   /* wide characters in the texts, long ids */
	bool meld;   /* seven labels of up to eight letters */
	bool tested; /* the fold is finished */
};

struct fixture {
	struct ui u;
	struct corpus corpus;
};

static const char *const fixture_texts[] = {
	"I thought we had more time",
	"We did it, can you believe it?",
	"It doesn't matter any more",
	"Ha, you remembered the song",
	"I think it was around March",
	"I'm sorry I just don't know what to say to him anymore",
	"How many times do I have to ask you",
	"You won, did you hear that?",
	"Come here and look at this",
	"I have had enough of this",
	"I got the letter this morning",
	"She lives on the second floor",
};
enum { FIXTURE_TEXTS = sizeof fixture_texts / sizeof *fixture_texts };

static inline void fixture_labels(struct settings *s, const struct fixture_of *of)
{
	static const char *const four[] = {"ang", "hap", "neu", "sad"};
	static const char *const seven[] = {"anger",   "disgust", "fear",    "joy",
					    "neutral", "sadness", "surprise"};

	s->exp.nlabels = of->classes;
	for (int c = 0; c < of->classes; c++) {
		if (of->meld)
			snprintf(s->exp.labels[c], LABEL_LEN, "%s", seven[c % 7]);
		else if (c < 4)
			snprintf(s->exp.labels[c], LABEL_LEN, "%s", four[c]);
		else
			snprintf(s->exp.labels[c], LABEL_LEN, "%c%02d", 'a' + c, c);
	}
}

static inline double fixture_noise(struct rng *r)
{
	double sum = 0;

	for (int i = 0; i < 4; i++)
		sum += rng_u32(r) / 4294967296.0 - 0.5;
	return sum;
}

/* Arrays as run.c makes them: room for a power of two, so that it can add. */
static inline size_t fixture_room(int n)
{
	size_t room = 1;

	while (room < (size_t)n)
		room *= 2;
	return room;
}

/* Logits [epochs][n][HEADS][classes]. */
static inline void fixture_logits(struct history *h, int epochs)
{
	struct rng r;
	size_t row = (size_t)h->n * HEADS * (size_t)h->classes;
	double *own = mem_alloc(row, sizeof *own); /* what stays of an utterance */

	rng_seed(&r, 7);
	for (size_t i = 0; i < row; i++)
		own[i] = 1.5 * fixture_noise(&r);
	h->logits = mem_alloc(fixture_room(epochs) * row, sizeof *h->logits);
	h->epoch = mem_alloc(fixture_room(epochs), sizeof *h->epoch);
	h->epochs = epochs;
	for (int e = 0; e < epochs; e++) {
		double learnt = 1 - exp(-12.0 * (e + 1) / epochs);

		h->epoch[e] = e + 1;
		for (size_t i = 0; i < row; i++) {
			int utt = (int)(i / HEADS / (size_t)h->classes);
			int c = (int)(i % (size_t)h->classes), label = h->label[utt];
			bool next = c == (label + 1) % h->classes;

			h->logits[(size_t)e * row + i] = (float)(own[i] + 0.4 * fixture_noise(&r) +
								 learnt * (c == label ? 1.6
									   : next     ? 0.5
										      : 0));
		}
	}
	free(own);
}

static inline void fixture_history(struct history *h, const struct fixture_of *of, int epochs)
{
	static const char sex[] = "FM";

	struct rng r;

	rng_seed(&r, 3);
	h->n = of->n;
	h->classes = of->classes;
	h->id = mem_alloc((size_t)of->n, sizeof *h->id);
	h->label = mem_alloc((size_t)of->n, sizeof *h->label);
	for (int i = 0; i < of->n; i++) {
		/* Some classes have more than others. */
		h->label[i] = (int)(rng_u32(&r) % 7 * rng_u32(&r) % 101 % (uint32_t)of->classes);
		h->id[i] = i % 3 ? str_format("Ses0%dM_impro0%d_%c%03d", i % 5 + 1, i / 40 % 9 + 1,
					      sex[i % 2], i % 1000)
				 : str_format("Ses0%dF_script0%d_%d_%c%03d%s", i % 5 + 1, i % 3 + 1,
					      i / 90 % 9 + 1, sex[i % 2], i % 1000,
					      of->wide ? "_and_a_long_tail" : "");
	}
	fixture_logits(h, epochs);
}

static inline void fixture_corpus(struct corpus *c, const struct history *h,
				  const struct fixture_of *of)
{
	c->layout = LAYOUT_IEMOCAP;
	c->n = h->n;
	c->utt = mem_alloc((size_t)h->n, sizeof *c->utt);
	for (int i = 0; i < h->n; i++) {
		const char *text = of->wide && i % 2
					   ? "今日はとても良い天気ですね、散歩に行きましょう"
					   : fixture_texts[i % FIXTURE_TEXTS];

		c->utt[i].id = mem_dup(h->id[i]);
		c->utt[i].text = mem_dup(text);
		c->utt[i].speaker = mem_dup(i % 2 ? "M" : "F");
		c->utt[i].label = h->label[i];
		c->utt[i].words.rows = 4 + i % 9;
		c->utt[i].frames.rows = 60 + i % 200;
	}
}

static inline void fixture_epochs(struct fold_run *f)
{
	const struct epoch_row *best = NULL;

	f->nepochs = f->val.epochs;
	f->epoch = mem_alloc(fixture_room(f->nepochs), sizeof *f->epoch);
	for (int i = 0; i < f->nepochs; i++) {
		struct confusion m;

		history_confusion(&f->val, i + 1, HEAD_MAIN, &m);
		f->epoch[i] = (struct epoch_row){
			.fold = f->fold, .epoch = i + 1, .val = confusion_figures(&m)};
		if (!best || f->epoch[i].val.wa > best->val.wa)
			best = &f->epoch[i];
	}
	f->best_epoch = best ? best->epoch : 0;
}

static inline void fixture_make(struct fixture *f, const struct fixture_of *of)
{
	struct fold_run *fold;

	*f = (struct fixture){0};
	ui_init(&f->u, &look_braille, 24, 80);
	fixture_labels(&f->u.run.set, of);
	f->u.run.set.train.epoch = 70;
	snprintf(f->u.run.dir, sizeof f->u.run.dir, "sessions/demo");
	fold = run_fold(&f->u.run, 3);
	if (of->epochs)
		fixture_history(&fold->val, of, of->epochs);
	fixture_epochs(fold);
	if (of->tested) {
		fixture_history(&fold->test, of, 1);
		fold->test.epoch[0] = fold->best_epoch;
		fold->tested = true;
		fold->result = (struct fold_row){.fold = 3, .best_epoch = fold->best_epoch};
		history_confusion(&fold->test, fold->best_epoch, HEAD_MAIN,
				  &fold->result.confusion);
		fold->result.test = confusion_figures(&fold->result.confusion);
	}
	if (!of->no_corpus) {
		fixture_corpus(&f->corpus, &fold->val, of);
		f->u.corpus = &f->corpus;
	}
	feed_refresh(&f->u);
}

static inline void fixture_free(struct fixture *f)
{
	for (int i = 0; i < f->corpus.n; i++) {
		free(f->corpus.utt[i].id);
		free(f->corpus.utt[i].text);
		free(f->corpus.utt[i].speaker);
	}
	free(f->corpus.utt);
	ui_free(&f->u);
}

/* A command of the view as the console would give it: "epoch next". */
static inline int fixture_command(struct fixture *f, const struct view *v, const char *line,
				  struct err *e)
{
	char verb[32];
	const char *args = line + strcspn(line, " ");
	int status;

	snprintf(verb, sizeof verb, "%.*s", (int)(args - line), line);
	status = verb_run(&f->u, v, verb, args + strspn(args, " "), e);
	feed_refresh(&f->u);
	return status;
}

/* The view alone on a screen of this size; canvas_free it. */
static inline struct canvas fixture_draw(struct fixture *f, const struct view *v, int cols,
					 int rows, const struct look *look)
{
	struct canvas c;

	f->u.rows = rows;
	f->u.cols = cols;
	canvas_init(&c, rows - 3, cols, look);
	v->draw(&f->u, &c);
	return c;
}

#endif
