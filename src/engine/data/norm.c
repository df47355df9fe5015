/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/data/norm.h"

#include "base/mem.h"
#include "engine/file/safetensors.h"
#include "engine/data/watch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/*
 * Moments of a stream of rows. Each matrix is summed in two passes (its mean,
 * then the squares around it) and merged by the formula of Chan, Golub and
 * LeVeque (1979), so the file is read once and nothing cancels.
 */
struct moments {
	int cols;
	double rows;
	double *mean, *squares;     /* [cols] of all so far */
	double *mean_1, *squares_1; /* [cols] of one matrix */
	float *row;                 /* [cols] */
};

static void moments_open(struct moments *m, int cols)
{
	size_t n = (size_t)cols;

	*m = (struct moments){.cols = cols,
			      .mean = mem_alloc(n, sizeof(double)),
			      .squares = mem_alloc(n, sizeof(double)),
			      .mean_1 = mem_alloc(n, sizeof(double)),
			      .squares_1 = mem_alloc(n, sizeof(double)),
			      .row = mem_alloc(n, sizeof(float))};
}

static void moments_close(struct moments *m)
{
	free(m->mean);
	free(m->squares);
	free(m->mean_1);
	free(m->squares_1);
	free(m->row);
}

static void moments_add(struct moments *m, const struct npy *a)
{
	double all = m->rows + a->rows, part = a->rows / all, *mean = m->mean_1;

	BUG_ON(a->cols != m->cols || a->rows == 0);
	memset(mean, 0, (size_t)m->cols * sizeof *mean);
	memset(m->squares_1, 0, (size_t)m->cols * sizeof *m->squares_1);
	for (int i = 0; i < a->rows; i++) {
		npy_row(a, i, m->row);
		for (int j = 0; j < m->cols; j++)
			mean[j] += (double)m->row[j];
	}
	for (int j = 0; j < m->cols; j++)
		mean[j] /= a->rows;
	for (int i = 0; i < a->rows; i++) {
		npy_row(a, i, m->row);
		for (int j = 0; j < m->cols; j++) {
			double d = (double)m->row[j] - mean[j];

			m->squares_1[j] += d * d;
		}
	}
	for (int j = 0; j < m->cols; j++) {
		double d = mean[j] - m->mean[j];

		m->mean[j] += d * part;
		m->squares[j] += m->squares_1[j] + d * d * m->rows * part;
	}
	m->rows = all;
}

static void moments_result(const struct moments *m, float *mean, float *sd)
{
	for (int j = 0; j < m->cols; j++) {
		mean[j] = (float)m->mean[j];
		sd[j] = (float)sqrt(m->squares[j] / m->rows);
		if (sd[j] == 0)
			sd[j] = 1;
	}
}

void norm_room(struct norm *m, const struct settings *s)
{
	size_t text = (size_t)s->model.text_feat_dim, audio = (size_t)s->model.audio_feat_dim;

	*m = (struct norm){.text_dim = (int)text,
			   .audio_dim = (int)audio,
			   .text_mean = mem_alloc(text, sizeof(float)),
			   .text_sd = mem_alloc(text, sizeof(float)),
			   .audio_mean = mem_alloc(audio, sizeof(float)),
			   .audio_sd = mem_alloc(audio, sizeof(float))};
}

int norm_measure(struct norm *m, struct corpus *c, const int *at, int n, const struct settings *s,
		 struct err *e)
{
	struct moments text, audio;
	int status = 0;

	memset(m, 0, sizeof *m);
	BUG_ON(n < 1);
	moments_open(&text, s->model.text_feat_dim);
	moments_open(&audio, s->model.audio_feat_dim);
	for (int i = 0; i < n && status == 0; i++) {
		status = utterance_check(c, at[i], e);
		if (status == 0) {
			moments_add(&text, &c->utt[at[i]].words);
			moments_add(&audio, &c->utt[at[i]].frames);
		}
	}
	if (status == 0)
		status = watch_whole(c, at, n, e);
	if (status == 0) {
		norm_room(m, s);
		moments_result(&text, m->text_mean, m->text_sd);
		moments_result(&audio, m->audio_mean, m->audio_sd);
	}
	moments_close(&text);
	moments_close(&audio);
	return status;
}

void norm_free(struct norm *m)
{
	free(m->text_mean);
	free(m->text_sd);
	free(m->audio_mean);
	free(m->audio_sd);
	memset(m, 0, sizeof *m);
}

/* ---- the file ---- */

int norm_save(const struct norm *m, const char *path, struct err *e)
{
	const int64_t text[] = {m->text_dim}, audio[] = {m->audio_dim};
	struct st_writer *w = st_new();

	st_add(w, "text.mean", ST_F32, 1, text, m->text_mean);
	st_add(w, "text.std", ST_F32, 1, text, m->text_sd);
	st_add(w, "audio.mean", ST_F32, 1, audio, m->audio_mean);
	st_add(w, "audio.std", ST_F32, 1, audio, m->audio_sd);
	return st_write(w, path, e);
}

static int load_one(float *to, const struct st_file *f, const char *name, int dim, bool deviation,
		    struct err *e)
{
	const int64_t want[] = {dim};
	const float *from = st_need(f, name, ST_F32, 1, want, e);

	if (!from)
		return -1;
	memcpy(to, from, (size_t)dim * sizeof *to);
	for (int j = 0; j < dim; j++)
		if (!isfinite(to[j]) || (deviation && !(to[j] > 0)))
			return err_at(e, f->path, 0, 0,
				      "%s[%d] is %g; expected a finite number%s: measure it again "
				      "(train writes it)",
				      name, j, (double)to[j], deviation ? " above 0" : "");
	return 0;
}

int norm_load(struct norm *m, const char *path, const struct settings *s, struct err *e)
{
	int text = s->model.text_feat_dim, audio = s->model.audio_feat_dim, status = -1;
	struct st_file f;

	memset(m, 0, sizeof *m);
	if (st_open(&f, path, e) != 0)
		return -1;
	norm_room(m, s);
	if (load_one(m->text_mean, &f, "text.mean", text, false, e) == 0 &&
	    load_one(m->text_sd, &f, "text.std", text, true, e) == 0 &&
	    load_one(m->audio_mean, &f, "audio.mean", audio, false, e) == 0 &&
	    load_one(m->audio_sd, &f, "audio.std", audio, true, e) == 0)
		status = 0;
	st_close(&f);
	if (status != 0)
		norm_free(m);
	return status;
}
