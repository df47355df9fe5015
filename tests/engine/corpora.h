/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * corpora: small corpora in a temporary folder, and what is said of them.
 */
#ifndef MIUST_TESTS_CORPORA_H
#define MIUST_TESTS_CORPORA_H

#include "engine/data/corpus.h"

#include "temp.h"
#include "test.h"

enum { TEXT_DIM = 3, AUDIO_DIM = 2 };

static struct settings s;
static struct corpus c;
static struct problems p;
static struct err e;

static inline void reset(enum layout layout, const char *folder)
{
	static const char *const labels[] = {"ang", "hap", "neu", "sad"};

	corpus_close(&c);
	problems_free(&p);
	err_clear(&e);
	memset(&s, 0, sizeof s);
	s.layout = layout;
	snprintf(s.exp.text_dir, PATH_LEN, "%s", temp_path("%s/text", folder));
	snprintf(s.exp.audio_dir, PATH_LEN, "%s", temp_path("%s/audio", folder));
	snprintf(s.exp.iemocap_csv, PATH_LEN, "%s", temp_path("%s/csv", folder));
	snprintf(s.exp.train_csv, PATH_LEN, "%s", temp_path("%s/csv/train.csv", folder));
	snprintf(s.exp.dev_csv, PATH_LEN, "%s", temp_path("%s/csv/dev.csv", folder));
	snprintf(s.exp.test_csv, PATH_LEN, "%s", temp_path("%s/csv/test.csv", folder));
	s.exp.nlabels = 4;
	for (int i = 0; i < 4; i++)
		strcpy(s.exp.labels[i], labels[i]);
	s.model.text_feat_dim = TEXT_DIM;
	s.model.audio_feat_dim = AUDIO_DIM;
}

/* A matrix of ones, but for one value if `odd` is not 1. */
static inline void features(const char *path, int rows, int cols, int row, int col, float odd)
{
	float *v = malloc(sizeof *v * (size_t)(rows * cols + 1));

	temp_parents(path);
	for (int i = 0; i < rows * cols; i++)
		v[i] = 1;
	if (rows > 0)
		v[row * cols + col] = odd;
	CHECK_INT(npy_write(path, v, rows, cols, &e), 0);
	free(v);
}

static inline void both(const char *folder, const char *feature, int words, int frames)
{
	features(temp_path("%s/text/%s.npy", folder, feature), words, TEXT_DIM, 0, 0, 1);
	features(temp_path("%s/audio/%s.npy", folder, feature), frames, AUDIO_DIM, 0, 0, 1);
}

/* A lists corpus whose dev and test are one good row each; train is given. */
static inline void lists(const char *folder, const char *train)
{
	reset(LAYOUT_LISTS, folder);
	temp_text(s.exp.train_csv, train);
	temp_text(s.exp.dev_csv, "Filename,Utterance,Emotion\nx/dev/dia0_utt0.wav,hi,ang\n");
	temp_text(s.exp.test_csv, "Filename,Utterance,Emotion\nx/test/dia0_utt0.wav,hi,ang\n");
	both(folder, "dev/dia0_utt0", 2, 20);
	both(folder, "test/dia0_utt0", 2, 20);
	for (int i = 0; i < 6; i++) {
		char name[32];

		snprintf(name, sizeof name, "tr/dia1_utt%d", i);
		both(folder, name, 2, 20);
	}
}

#define HEADER "Filename,Utterance,Emotion\n"

/* The problems' texts, one a line, without the temporary folder. */
static inline const char *told(void)
{
	static char out[8192];
	size_t n = 0;

	out[0] = '\0';
	for (int i = 0; i < p.n; i++) {
		const char *t = p.at[i].text, *dir;

		n += (size_t)snprintf(out + n, sizeof out - n, "%s ",
				      p.at[i].kind == PROBLEM_ERROR     ? "error"
				      : p.at[i].kind == PROBLEM_WARNING ? "warning"
									: "note");
		while ((dir = strstr(t, temp_dir))) {
			n += (size_t)snprintf(out + n, sizeof out - n, "%.*s", (int)(dir - t), t);
			t = dir + strlen(temp_dir) + 1;
		}
		n += (size_t)snprintf(out + n, sizeof out - n, "%s\n", t);
	}
	return out;
}

#endif
