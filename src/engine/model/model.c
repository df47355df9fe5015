/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/model/model.h"

#include "base/util.h"

#include <string.h>

/* Table rows in the published program's draw order; the poolings draw nothing. */
int model_open(struct model *m, const struct settings *s, struct par *par, struct err *e)
{
	const int E[MODALITIES] = {2 * s->model.hidden_size1, 2 * s->model.hidden_size2};
	const int dim[MODALITIES] = {s->model.text_feat_dim, s->model.audio_feat_dim};
	struct encoder *c = &m->encoder;

	*m = (struct model){.classes = s->model.num_classes, .par = par};
	for (int i = 0; i < STACKS; i++) {
		enum modality of = stack_table[i].modality;

		lstm_add(&c->stack[i], &m->params, stack_table[i].name, dim[of], E[of] / 2,
			 s->model.num_layers);
	}
	c->npools = s->model.cross_attention ? POOLS : ATTS1;
	for (int i = 0; i < c->npools; i++) {
		int width = E[pool_modality(i)];

		pool_add(&c->pool[i], &m->params, pool_table[i].name, width,
			 s->model.attention_size);
		c->z_at[i] = c->z_width;
		c->z_width += width;
	}
	heads_add(&m->heads, &m->params, c->z_width, s->model.head, m->classes, c->z_at[ATT1],
		  E[MODALITY_TEXT], c->z_at[ATT2], E[MODALITY_AUDIO]);
	for (int i = 0; i < encoder_crosses(c); i++)
		cross_add(&c->cross[i], &m->params, cross_table[i].name, E[cross_modality(i)],
			  E[stack_table[cross_table[i].key].modality], s->model.num_heads);
	m->room = chunk_room(s, m->params.total);
	m->microbatches = s->train.microbatches;
	return params_ready(&m->params, e);
}

int model_load(struct model *m, const struct settings *s, const struct weights_file *w,
	       struct par *par, struct err *e)
{
	if (model_open(m, s, par, e) == 0 && weights_load(w, &m->params, e) == 0)
		return 0;
	model_close(m);
	return -1;
}

void model_close(struct model *m)
{
	params_free(&m->params);
	arena_free(&m->chunk);
	arena_free(&m->arena);
	arena_free(&m->beside);
	*m = (struct model){0};
}

real *model_weights(struct model *m, real *w)
{
	real *was = m->params.w;

	m->params.w = w;
	return was;
}

void model_ablate_head(struct model *m, int head)
{
	for (int i = 0; i < encoder_crosses(&m->encoder); i++)
		m->encoder.cross[i].ablated = head;
}

static void layout(struct model *m, int batch)
{
	struct arena *a = &m->arena;
	struct heads_work *w = &m->heads_work;
	size_t n = (size_t)batch;

	m->z = arena_take(a, n * (size_t)m->encoder.z_width, sizeof(real));
	m->dz = arena_take(a, n * (size_t)m->encoder.z_width, sizeof(real));
	w->hidden = arena_take(a, n * (size_t)m->heads.hidden, sizeof(real));
	w->dhidden = arena_take(a, n * (size_t)m->heads.hidden, sizeof(real));
	for (int h = 0; h < HEADS; h++) {
		w->logits[h] = arena_take(a, n * (size_t)m->classes, sizeof(real));
		w->dlogits[h] = arena_take(a, n * (size_t)m->classes, sizeof(real));
	}
}

/* The first chunk that is computed here, or by the next rank; evaluations are not shared. */
static int first_chunk(const struct model *m, const struct batch *b, int rank)
{
	int ranks = m->ranks && m->backward ? m->ranks->n : 1;

	return b->begins[microbatch_first(b->microbatches, rank, ranks)];
}

static int rank_here(const struct model *m)
{
	return m->ranks && m->backward ? m->ranks->rank : 0;
}

/* Is the chunk at hand again? */
static bool is_kept(struct model *m, struct batch *b, int chunk)
{
	struct phases *phases = m->encoder_work.phases;

	for (int i = 0; i < m->nkept; i++)
		if (m->kept[i].from == b->cut[chunk]) {
			b->from = m->kept[i].from;
			b->text = m->kept[i].text;
			b->audio = m->kept[i].audio;
			m->encoder_work = m->kept[i].work;
			m->encoder_work.phases = phases;
			return true;
		}
	return false;
}

/* Pack a chunk, at the place of the one before, or after those that are kept. */
static void load(struct model *m, struct batch *b, int chunk)
{
	if (is_kept(m, b, chunk))
		return;
	if (!m->kept)
		arena_again(&m->chunk);
	chunk_layout(&m->encoder, &m->encoder_work, &m->chunk, b, b->cut[chunk], b->cut[chunk + 1],
		     m->backward);
	batch_fill(b, m->par);
	if (m->kept)
		m->kept[m->nkept++] =
			(struct kept_chunk){b->from, b->text, b->audio, m->encoder_work};
}

size_t model_beside(const struct model *m, int n)
{
	struct model measured = *m;

	arena_measure(&measured.arena);
	layout(&measured, n);
	return measured.arena.used + batch_bytes(n);
}

static size_t chunk_share(const struct model *m, const struct batch *b)
{
	size_t beside = model_beside(m, b->n);

	return m->room > beside ? m->room - beside : 0;
}

static bool forms_apart(const struct model *m)
{
	return m->microbatches > 1 || m->ranks;
}

static void layout_beside(struct model *m, const struct batch *b, bool keeps)
{
	struct microbatch_sum *s = &m->sum;

	*s = (struct microbatch_sum){.kern = m->encoder.stack[0].kern,
				     .par = m->par,
				     .ranks = m->ranks,
				     .total = m->params.total,
				     .n = b->microbatches};
	s->nearly = m->ranks ? encoder_ranges_above(&m->encoder, &m->params, s->early) : 0;
	s->array = arena_take(&m->beside, microbatch_room(s), sizeof(real));
	m->kept = keeps ? arena_take(&m->beside, MICROBATCHES_MAX, sizeof *m->kept) : NULL;
	if (m->ranks)
		m->zp = arena_take(&m->beside, (size_t)b->n * (size_t)m->encoder.z_width,
				   sizeof(real));
}

static int ready_beside(struct model *m, const struct batch *b, bool keeps, struct err *e)
{
	m->kept = NULL;
	m->nkept = 0;
	if (!m->backward || !forms_apart(m))
		return 0;
	arena_measure(&m->beside);
	layout_beside(m, b, keeps);
	if (arena_ready(&m->beside, "gradients of microbatches", e))
		return -1;
	layout_beside(m, b, keeps);
	return 0;
}

/* Bytes of the chunks here, if they are several, and there is room for all of them; else 0. */
static size_t kept_bytes(const struct model *m, const struct batch *b, size_t share)
{
	int first = first_chunk(m, b, rank_here(m)), end = first_chunk(m, b, rank_here(m) + 1);
	size_t all = 0;

	if (b->microbatches == 1 || end - first > MICROBATCHES_MAX)
		return 0;
	for (int i = first; i < end; i++) {
		size_t bytes = chunk_bytes(&m->encoder, b, b->cut[i], b->cut[i + 1], m->backward);

		if (bytes > share - all)
			return 0;
		all += bytes;
	}
	return all;
}

int model_ready(struct model *m, struct batch *b, bool backward, struct err *e)
{
	size_t share = chunk_share(m, b), kept;
	int microbatches = backward ? m->microbatches : 1, first;
	size_t largest = chunk_cut(&m->encoder, b, microbatches, share, backward);

	if (m->chunk.size > share && largest <= share)
		arena_free(&m->chunk); /* what one utterance alone has needed */
	m->backward = backward;
	kept = kept_bytes(m, b, share);
	m->chunk.used = kept ? kept : largest;
	arena_measure(&m->arena);
	layout(m, b->n);
	if (arena_ready(&m->arena, "a batch", e) || arena_ready(&m->chunk, "a batch", e) ||
	    ready_beside(m, b, kept, e))
		return -1;
	layout(m, b->n);
	first = first_chunk(m, b, rank_here(m));
	b->from = -1;
	if (first < first_chunk(m, b, rank_here(m) + 1))
		load(m, b, first);
	return 0;
}

bool model_holds(const struct model *m, const struct batch *b, bool backward)
{
	return chunk_bytes(&m->encoder, b, 0, b->n, backward) <= chunk_share(m, b);
}

/* Rows of the whole batch out of those of the packed chunk, or back. */
static void rows_of_chunk(const struct model *m, const struct batch *b, real *all, bool out)
{
	size_t width = (size_t)m->encoder.z_width;

	for (int i = 0; i < b->text.n; i++) {
		real *row = all + (size_t)b->row[b->from + i] * width;
		real *here = m->encoder_work.z + (size_t)i * width;

		memcpy(out ? row : here, out ? here : row, width * sizeof *row);
	}
}

static void chunk_forward(struct model *m, struct batch *b)
{
	encoder_forward(&m->encoder, &m->params, &m->encoder_work, b, m->encoder_work.z, m->par);
}

/* Rows by utterance here, place by place between ranks. */
static void gather_z(struct model *m, const struct batch *b)
{
	size_t width = (size_t)m->encoder.z_width, from[RANKS_MAX + 1];
	int first = b->cut[first_chunk(m, b, m->ranks->rank)];
	int end = b->cut[first_chunk(m, b, m->ranks->rank + 1)];

	for (int i = first; i < end; i++)
		memcpy(m->zp + (size_t)i * width, m->z + (size_t)b->row[i] * width,
		       width * sizeof(real));
	for (int r = 0; r <= m->ranks->n; r++)
		from[r] = (size_t)b->cut[first_chunk(m, b, r)] * width * sizeof(real);
	m->ranks->gather(m->ranks->ctx, m->zp, from);
	for (int i = 0; i < b->n && m->ranks->rank == 0; i++)
		memcpy(m->z + (size_t)b->row[i] * width, m->zp + (size_t)i * width,
		       width * sizeof(real));
}

void model_forward(struct model *m, struct batch *b)
{
	int end = first_chunk(m, b, rank_here(m) + 1);

	for (int i = first_chunk(m, b, rank_here(m)); i < end; i++) {
		if (b->from != b->cut[i])
			load(m, b, i);
		chunk_forward(m, b);
		rows_of_chunk(m, b, m->z, true);
	}
	if (m->ranks && m->backward)
		gather_z(m, b);
	if (rank_here(m) == 0)
		heads_forward(&m->heads, &m->params, &m->heads_work, b->n, m->z);
}

double model_loss(struct model *m, const struct batch *b, const struct settings *s,
		  const struct loss_joint *joint, double term[TERMS])
{
	struct loss_input in = {
		.n = b->n, .classes = m->classes, .label = b->label, .joint = joint};

	memset(m->dz, 0, (size_t)b->n * (size_t)m->encoder.z_width * sizeof *m->dz);
	for (int h = 0; h < HEADS; h++) {
		in.logits[h] = m->heads_work.logits[h];
		in.dlogits[h] = m->heads_work.dlogits[h];
	}
	for (int i = 0; i < m->encoder.npools; i++)
		in.pool[i] = (struct loss_vectors){
			.x = m->z + m->encoder.z_at[i],
			.dx = m->dz + m->encoder.z_at[i],
			.ld = m->encoder.z_width,
			.width = m->encoder.pool[i].E,
		};
	return loss_eval(s, &in, term);
}

enum { CLEARED = 1 << 18 }; /* gradients that a task clears or adds: all of a small model's */

static int gradient_tasks(const struct model *m)
{
	return (int)((m->params.total + CLEARED - 1) / CLEARED);
}

static void clear_gradients(void *ctx, int task)
{
	const struct params *p = ctx;
	size_t from = (size_t)task * CLEARED;

	memset(p->g + from, 0, min_size(p->total - from, CLEARED) * sizeof *p->g);
}

void model_backward(struct model *m, struct batch *b)
{
	par_run(m->par, gradient_tasks(m), clear_gradients, &m->params);
	model_backward_add(m, b);
}

/* Adds to g what some chunks give, the last one first; `above` (encoder.h) is told by the one
 * that comes last. */
static void chunks_backward(struct model *m, struct batch *b, int from, int to, real *g,
			    const struct encoder_above *above)
{
	struct params p = m->params;

	p.g = g;
	for (int i = to - 1; i >= from; i--) {
		if (i < first_chunk(m, b, rank_here(m) + 1) - 1) {
			load(m, b, i);
			if (!m->kept)
				chunk_forward(m, b);
		}
		rows_of_chunk(m, b, m->dz, false);
		encoder_backward(&m->encoder, &p, &m->encoder_work, b, m->encoder_work.z, m->par,
				 i == from ? above : NULL);
	}
}

struct apart {
	struct model *m;
	struct batch *b;
	const real *sum;
};

static void above_is_formed(void *ctx)
{
	microbatch_early(ctx);
}

static void form_microbatch(void *ctx, int i, real *g)
{
	struct apart *a = ctx;
	const struct encoder_above above = {above_is_formed, &a->m->sum};

	chunks_backward(a->m, a->b, a->b->begins[i], a->b->begins[i + 1], g,
			a->m->ranks ? &above : NULL);
}

static void add_sum(void *ctx, int task)
{
	const struct apart *a = ctx;
	const struct params *p = &a->m->params;
	size_t from = (size_t)task * CLEARED;

	a->m->encoder.stack[0].kern->add(p->g + from, a->sum + from,
					 (int)min_size(p->total - from, CLEARED));
}

/* Microbatches one by one, those of other ranks there. */
static void sum_backward(struct model *m, struct batch *b)
{
	struct apart a = {.m = m, .b = b};

	m->sum.form = form_microbatch;
	m->sum.ctx = &a;
	a.sum = microbatch_sum(&m->sum);
	if (rank_here(m) == 0)
		par_run(m->par, gradient_tasks(m), add_sum, &a);
}

void model_backward_add(struct model *m, struct batch *b)
{
	if (rank_here(m) == 0)
		heads_backward(&m->heads, &m->params, &m->heads_work, b->n, m->z, m->dz);
	if (m->ranks)
		m->ranks->broadcast(m->ranks->ctx, m->dz,
				    (size_t)b->n * (size_t)m->encoder.z_width * sizeof(real));
	if (forms_apart(m))
		sum_backward(m, b);
	else
		chunks_backward(m, b, 0, b->chunks, m->params.g, NULL);
}

int model_heads(const struct model *m)
{
	return encoder_crosses(&m->encoder) > 0 ? m->encoder.cross[0].heads : 0;
}

const real *model_logits(const struct model *m, enum head h)
{
	return m->heads_work.logits[h];
}

const real *model_pool_weights(const struct model *m, const struct batch *b, int pool, int i)
{
	BUG_ON(b->chunks > 1);
	if (pool >= m->encoder.npools)
		return NULL;
	return m->encoder_work.pool[pool].a + pool_seqs(b, pool)->first[i];
}

const real *model_cross_weights(const struct model *m, int cross, int i)
{
	const struct cross_work *w = &m->encoder_work.cross[cross];

	return encoder_crosses(&m->encoder) > 0 ? w->weights + w->place[i] : NULL;
}
