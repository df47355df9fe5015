/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/model/heads.h"

#include "engine/num/gemm.h"

#include <math.h>

static void add_linear(struct params *p, const char *w_name, const char *b_name, int out, int in,
		       int *w, int *b)
{
	/* kaiming_uniform with a = sqrt(5), as PyTorch computes it */
	*w = params_add(p, w_name, out, in, INIT_UNIFORM, sqrt(3.0) * (sqrt(1.0 / 3.0) / sqrt(in)));
	*b = params_add(p, b_name, out, 0, INIT_UNIFORM, 1 / sqrt(in));
}

void heads_add(struct heads *h, struct params *p, int z_width, int hidden, int classes, int text_at,
	       int text_width, int audio_at, int audio_width)
{
	*h = (struct heads){
		.kern = kern_best(), .z_width = z_width, .hidden = hidden, .classes = classes};
	h->input[HEAD_TEXT].at = text_at;
	h->input[HEAD_TEXT].width = text_width;
	h->input[HEAD_AUDIO].at = audio_at;
	h->input[HEAD_AUDIO].width = audio_width;
	add_linear(p, "st.0.weight", "st.0.bias", hidden, z_width, &h->st_w, &h->st_b);
	add_linear(p, "ss.weight", "ss.bias", classes, text_width, &h->w[HEAD_TEXT],
		   &h->b[HEAD_TEXT]);
	add_linear(p, "tt.weight", "tt.bias", classes, audio_width, &h->w[HEAD_AUDIO],
		   &h->b[HEAD_AUDIO]);
	add_linear(p, "c_fc.weight", "c_fc.bias", classes, hidden, &h->w[HEAD_MAIN],
		   &h->b[HEAD_MAIN]);
}

/* y [n, out] = x [n, in; ldx] . w' + b */
static void linear(const struct kern *k, const struct params *p, int w, int b, int n, const real *x,
		   int ldx, real *y)
{
	int out = p->tensor[w].dim[0], in = p->tensor[w].dim[1];

	gemm_nt(n, out, in, 1, x, ldx, weight(p, w), in, 0, y, out);
	for (int i = 0; i < n; i++)
		k->add(y + (size_t)i * out, weight(p, b), out);
}

/* dw, db and dx [n, in; ldx] += */
static void linear_backward(const struct kern *k, const struct params *p, int w, int b, int n,
			    const real *x, int ldx, const real *dy, real *dx)
{
	int out = p->tensor[w].dim[0], in = p->tensor[w].dim[1];

	gemm_tn(out, in, n, 1, dy, out, x, ldx, 1, grad(p, w), in);
	kern_add_rows(k, grad(p, b), dy, n, out, out);
	gemm_nn(n, in, out, 1, dy, out, weight(p, w), in, 1, dx, ldx);
}

void heads_forward(const struct heads *h, const struct params *p, struct heads_work *w, int n,
		   const real *z)
{
	linear(h->kern, p, h->st_w, h->st_b, n, z, h->z_width, w->hidden);
	for (int i = 0; i < n * h->hidden; i++)
		w->hidden[i] = w->hidden[i] < 0 ? 0 : w->hidden[i]; /* NaN stays */
	linear(h->kern, p, h->w[HEAD_MAIN], h->b[HEAD_MAIN], n, w->hidden, h->hidden,
	       w->logits[HEAD_MAIN]);
	for (int i = HEAD_TEXT; i <= HEAD_AUDIO; i++)
		linear(h->kern, p, h->w[i], h->b[i], n, z + h->input[i].at, h->z_width,
		       w->logits[i]);
}

void heads_backward(const struct heads *h, const struct params *p, struct heads_work *w, int n,
		    const real *z, real *dz)
{
	for (int i = 0; i < n * h->hidden; i++)
		w->dhidden[i] = 0;
	linear_backward(h->kern, p, h->w[HEAD_MAIN], h->b[HEAD_MAIN], n, w->hidden, h->hidden,
			w->dlogits[HEAD_MAIN], w->dhidden);
	for (int i = 0; i < n * h->hidden; i++)
		w->dhidden[i] = w->hidden[i] > 0 ? w->dhidden[i] : 0;
	linear_backward(h->kern, p, h->st_w, h->st_b, n, z, h->z_width, w->dhidden, dz);
	for (int i = HEAD_TEXT; i <= HEAD_AUDIO; i++)
		linear_backward(h->kern, p, h->w[i], h->b[i], n, z + h->input[i].at, h->z_width,
				w->dlogits[i], dz + h->input[i].at);
}
