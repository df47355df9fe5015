/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * small: settings, and a random corpus in the test's temporary folder, small
 * enough to train in no time. Nothing goes through lists and configs: tests say
 * lengths and labels themselves.
 */
#ifndef MIUST_TEST_SMALL_H
#define MIUST_TEST_SMALL_H

#include "base/rng.h"
#include "engine/data/corpus.h"
#include "temp.h"
#include "test.h"

enum { SMALL_MAX = 64, SMALL_TEXT = 6, SMALL_AUDIO = 8, SMALL_CLASSES = 3 };

static inline struct settings small_settings(void)
{
	struct settings s;

	memset(&s, 0, sizeof s);
	s.layout = LAYOUT_LISTS;
	s.exp.seed = 53;
	s.exp.nlabels = SMALL_CLASSES;
	s.exp.holdout = 0.2;
	s.train.batch_size = 4;
	s.train.accumulate = s.train.microbatches = 1;
	s.train.epoch = 3;
	s.train.padding = PADDING_MASKED;
	s.train.optimizer.lr = 0.01;
	s.train.loss.main = 0.1;
	s.train.loss.cmd_text = s.train.loss.cmd_audio = 0.3;
	s.train.loss.text = s.train.loss.audio = 0.15;
	s.train.loss.form = FORM_SQUARED;
	s.model.text_feat_dim = SMALL_TEXT;
	s.model.audio_feat_dim = SMALL_AUDIO;
	s.model.num_classes = SMALL_CLASSES;
	s.model.num_heads = 2;
	s.model.num_layers = 2;
	s.model.direction = 2;
	s.model.hidden_size1 = s.model.hidden_size2 = 4;
	s.model.attention_size = 3;
	s.model.head = 10;
	s.model.cross_attention = true;
	return s;
}

struct small {
	struct corpus c;
	struct utterance utt[SMALL_MAX];
	struct list list[5];
	struct rng rng;
	char id[SMALL_MAX][32];
};

static inline void small_list(struct small *m, const char *name)
{
	static char path[] = "list.csv";

	m->c.utt = m->utt;
	strcpy(m->c.text_dir, "text");
	strcpy(m->c.audio_dir, "audio");
	m->c.list = m->list;
	m->list[m->c.nlists] = (struct list){.path = path, .first = m->c.n};
	snprintf(m->list[m->c.nlists++].name, sizeof m->list->name, "%s", name);
}

/* A matrix in a file of its own. */
static inline void small_feature(struct npy *a, const char *name, const float *x, int rows,
				 int cols)
{
	const char *path = temp_path("%s.npy", name);
	struct err e = {0};

	if (npy_write(path, x, rows, cols, &e) || npy_open(a, path, &e)) {
		printf("# %s\n", e.text);
		exit(1);
	}
}

/* Uniform values around the label, so that there is something to learn. */
static inline void small_random(struct small *m, struct npy *a, const char *name, int rows,
				int cols, int label)
{
	float *x = malloc((size_t)rows * (size_t)cols * sizeof *x);

	for (int i = 0; i < rows * cols; i++)
		x[i] = rng_uniform(&m->rng, -1, 1) + 0.3f * (float)(label - 1);
	small_feature(a, name, x, rows, cols);
	free(x);
}

/* One more utterance in the last list. */
static inline void small_add(struct small *m, int words, int frames, int label)
{
	struct list *l = &m->c.list[m->c.nlists - 1];
	struct utterance *u = &m->utt[m->c.n];
	char name[32];

	if (m->c.n == SMALL_MAX)
		abort();
	snprintf(m->id[m->c.n], sizeof m->id[0], "dia%d_utt%d", m->c.n / 3, m->c.n);
	*u = (struct utterance){.id = m->id[m->c.n],
				.feature = m->id[m->c.n],
				.label = label,
				.list = m->c.nlists - 1,
				.line = l->n + 2};
	u->speaker = u->dialogue = u->text = u->id;
	snprintf(name, sizeof name, "words%d", m->c.n);
	small_random(m, &u->words, name, words, SMALL_TEXT, label);
	snprintf(name, sizeof name, "frames%d", m->c.n);
	small_random(m, &u->frames, name, frames, SMALL_AUDIO, label);
	l->n++;
	m->c.n++;
}

/* Lists of these sizes, of random lengths up to these, or (even) all of them. */
static inline void small_make(struct small *m, enum layout layout, const int *size, int words,
			      int frames, bool even)
{
	static const char *const name[] = {"Session1", "Session2", "Session3", "Session4",
					   "Session5"};
	int lists = layout == LAYOUT_IEMOCAP ? 5 : 3;

	memset(m, 0, sizeof *m);
	rng_seed(&m->rng, 7);
	m->c.layout = layout;
	for (int i = 0; i < lists; i++) {
		small_list(m, name[i]);
		for (int k = 0; k < size[i]; k++) {
			int L = even ? words : 1 + (int)(rng_u32(&m->rng) % (uint32_t)words);
			int T = even ? frames : 1 + (int)(rng_u32(&m->rng) % (uint32_t)frames);

			small_add(m, L, T, k % SMALL_CLASSES);
		}
	}
}

static inline void small_free(struct small *m)
{
	for (int i = 0; i < m->c.n; i++) {
		npy_close(&m->utt[i].words);
		npy_close(&m->utt[i].frames);
	}
	memset(m, 0, sizeof *m);
}

#endif
