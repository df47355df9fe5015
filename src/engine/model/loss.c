/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/model/loss.h"

#include "base/err.h"

#include <math.h>

/* How a cross-entropy counts its rows: each by its class (NULL: 1), then the sum is
 * divided. */
struct counting {
	const double *class_weight;
	double divisor; /* 0: no row counts, and the mean is 0 */
};

/* Mean cross-entropy of n rows; dlogits is set to weight times its gradient. */
static double cross_entropy(int n, int classes, const real *logits, const int *label,
			    const struct counting *by, double weight, real *dlogits)
{
	double total = 0, divisor = by->divisor > 0 ? by->divisor : 1;

	for (int i = 0; i < n; i++) {
		const real *x = logits + (size_t)i * classes;
		double counts = by->class_weight ? by->class_weight[label[i]] : 1;
		double top = x[0], sum = 0;

		for (int c = 1; c < classes; c++)
			top = x[c] > top ? x[c] : top;
		for (int c = 0; c < classes; c++)
			sum += exp(x[c] - top);
		total += counts * (log(sum) + top - x[label[i]]);
		for (int c = 0; c < classes; c++)
			dlogits[(size_t)i * classes + c] =
				(real)(weight * counts / divisor *
				       (exp(x[c] - top) / sum - (c == label[i])));
	}
	return total / divisor;
}

enum { ORDER = 5 };

/* Mean and central moments of a column; m[1] is the mean itself (the k = 1
 * term compares the means, if anything: a first central moment is 0). */
static void moments(const struct loss_vectors *v, int column, int n, double m[ORDER + 1])
{
	double mean = 0;

	for (int i = 0; i < n; i++)
		mean += v->x[(size_t)i * v->ld + column];
	mean /= n;
	m[0] = 1;
	m[1] = mean;
	for (int k = 2; k <= ORDER; k++)
		m[k] = 0;
	for (int i = 0; i < n; i++) {
		double u = v->x[(size_t)i * v->ld + column] - mean, power = u;

		for (int k = 2; k <= ORDER; k++)
			m[k] += power *= u;
	}
	for (int k = 2; k <= ORDER; k++)
		m[k] /= n;
}

/* dL/dm_k of a column back to the vectors: dm_k/dx_i = k/n (u_i^(k-1) - m_(k-1)),
 * with the first central moment 0. */
static void moments_backward(const struct loss_vectors *v, int column, int n,
			     const double m[ORDER + 1], const double dm[ORDER + 1])
{
	for (int i = 0; i < n; i++) {
		double u = v->x[(size_t)i * v->ld + column] - m[1], power = 1, sum = dm[1];

		for (int k = 2; k <= ORDER; k++) {
			power *= u;
			sum += dm[k] * k * (power - (k > 2 ? m[k - 1] : 0));
		}
		v->dx[(size_t)i * v->ld + column] += (real)(sum / n);
	}
}

/* Central-moment discrepancy. Columns stand alone but for the plain norm, which
 * couples them: so first the sums of squares, then the gradients. */
static double discrepancy(const struct settings *s, const struct loss_vectors v[2], int n,
			  double weight)
{
	bool plain = s->train.loss.form == FORM_NORM;
	int lowest = s->train.loss.means ? 1 : 2;
	double square[ORDER + 1] = {0}, value = 0;

	for (int j = 0; j < v[0].width; j++) {
		double mx[ORDER + 1], my[ORDER + 1];

		moments(&v[0], j, n, mx);
		moments(&v[1], j, n, my);
		for (int k = lowest; k <= ORDER; k++)
			square[k] += (mx[k] - my[k]) * (mx[k] - my[k]);
	}
	for (int k = lowest; k <= ORDER; k++)
		value += plain ? sqrt(square[k]) : square[k];
	if (weight == 0)
		return value;
	for (int j = 0; j < v[0].width; j++) {
		double mx[ORDER + 1], my[ORDER + 1], dx[ORDER + 1] = {0}, dy[ORDER + 1] = {0};

		moments(&v[0], j, n, mx);
		moments(&v[1], j, n, my);
		for (int k = lowest; k <= ORDER; k++) {
			double d = mx[k] - my[k];

			if (!plain)
				dx[k] = weight * 2 * d;
			else if (square[k] != 0) /* the plain norm's gradient at 0 is 0 */
				dx[k] = weight * d / sqrt(square[k]);
			dy[k] = -dx[k];
		}
		moments_backward(&v[0], j, n, mx, dx);
		moments_backward(&v[1], j, n, my, dy);
	}
	return value;
}

static double mean_square(const struct loss_vectors v[2], int n, double weight)
{
	double sum = 0, count = (double)n * v[0].width;

	for (int i = 0; i < n; i++)
		for (int j = 0; j < v[0].width; j++) {
			double d = (double)v[0].x[(size_t)i * v[0].ld + j] -
				   v[1].x[(size_t)i * v[1].ld + j];

			sum += d * d;
			v[0].dx[(size_t)i * v[0].ld + j] += (real)(weight * 2 * d / count);
			v[1].dx[(size_t)i * v[1].ld + j] -= (real)(weight * 2 * d / count);
		}
	return sum / count;
}

/* ---- the table ---- */

static double eval_head(const struct loss_term *t, const struct settings *s,
			const struct loss_input *in, double weight)
{
	const struct loss_joint *j = in->joint;
	struct counting by = {.divisor = j ? j->n : in->n};

	if (j && j->class_weight &&
	    (t->head == HEAD_MAIN || s->train.class_weight_in == CLASS_WEIGHT_ALL))
		by = (struct counting){j->class_weight, j->weight};
	return cross_entropy(in->n, in->classes, in->logits[t->head], in->label, &by, weight,
			     in->dlogits[t->head]);
}

static double eval_alignment(const struct loss_term *t, const struct settings *s,
			     const struct loss_input *in, double weight)
{
	const struct loss_vectors v[2] = {in->pool[t->pair[0]], in->pool[t->pair[1]]};
	int batches = in->joint ? in->joint->batches : 1;

	if (v[0].width != v[1].width) {
		BUG_ON(weight != 0); /* options_resolve refuses */
		return 0;
	}
	if (s->train.loss.form == FORM_MSE)
		return mean_square(v, in->n, weight / batches) / batches;
	return discrepancy(s, v, in->n, weight / batches) / batches;
}

#define ROW(field) "loss_" #field, "train.loss." #field, offsetof(struct settings, train.loss.field)
#define HEAD(h)    .eval = eval_head, .head = (h)
#define ALIGN(...) .eval = eval_alignment, .aligns = true, .pair = {__VA_ARGS__}

const struct loss_term loss_term[TERMS] = {
	[TERM_MAIN] = {"main", ROW(main), HEAD(HEAD_MAIN)},
	[TERM_CMD_TEXT] = {"cmd text", ROW(cmd_text), ALIGN(ATT1, ATT22)},
	[TERM_CMD_AUDIO] = {"cmd audio", ROW(cmd_audio), ALIGN(ATT2, ATT11)},
	[TERM_TEXT] = {"text", ROW(text), HEAD(HEAD_TEXT)},
	[TERM_AUDIO] = {"audio", ROW(audio), HEAD(HEAD_AUDIO)},
};

double loss_weight(const struct settings *s, enum term t)
{
	return *(const double *)((const char *)s + loss_term[t].weight_at);
}

void loss_set_weight(struct settings *s, enum term t, double weight)
{
	*(double *)((char *)s + loss_term[t].weight_at) = weight;
}

double loss_sum(const struct settings *s, const double term[TERMS])
{
	double loss = 0;

	for (int t = 0; t < TERMS; t++) {
		double weight = loss_weight(s, (enum term)t);

		/* A weight of 0 takes a term out, also one that is not finite. */
		if (weight != 0)
			loss += weight * term[t];
	}
	return loss;
}

double loss_eval(const struct settings *s, const struct loss_input *in, double term[TERMS])
{
	for (int t = 0; t < TERMS; t++)
		term[t] = loss_term[t].eval(&loss_term[t], s, in, loss_weight(s, (enum term)t));
	return loss_sum(s, term);
}
