/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The recurrent layers of all stacks, as tasks. */
#include "engine/model/encoder_pass.h"

#include "base/util.h"

/* The audio stacks are the long ones: they go first. */
static const int stack_order[STACKS] = {LSTM2, LSTM22, LSTM1, LSTM11};

/* Rows of an input product: for many threads a whole number of the kernels' tiles. */
enum { FEW_ROWS = 2048, MANY_ROWS = 240, LANES_A_THREAD = 3 };

static struct strand strand_of(const struct pass *a, const struct part *p)
{
	return (struct strand){&a->c->stack[p->of],     a->p,     &a->w->stack[p->of],
			       stack_seqs(a->b, p->of), p->layer, p->dir};
}

static void whole_task(const struct pass *a, const struct part *p, int task)
{
	struct strand s = strand_of(a, p);

	(void)task;
	if (a->backward)
		lstm_strand_backward(&s);
	else
		lstm_strand_forward(&s);
}

static void pack_input_task(const struct pass *a, const struct part *p, int task)
{
	struct strand s = strand_of(a, p);

	(void)task;
	lstm_pack(&s, LSTM_INPUT, a->backward);
}

static void pack_recurrent_task(const struct pass *a, const struct part *p, int task)
{
	struct strand s = strand_of(a, p);

	(void)task;
	lstm_pack(&s, LSTM_RECURRENT, a->backward);
}

static void gates_task(const struct pass *a, const struct part *p, int task)
{
	struct strand s = strand_of(a, p);
	int from = task * MANY_ROWS;

	lstm_gates(&s, from, min_int(from + MANY_ROWS, s.s->rows));
}

/* First the long lanes of all strands that have as many. */
static void lane_task(const struct pass *a, const struct part *p, int task)
{
	int strands = STACKS * DIRECTIONS / MODALITIES, i = task % strands;
	struct part of = {.of = stack_order[p->of + i / DIRECTIONS],
			  .dir = i % DIRECTIONS,
			  .layer = p->layer};
	struct strand s = strand_of(a, &of);
	const int *first = a->lane[stack_table[of.of].modality] + task / strands;

	if (a->backward)
		lstm_lane_backward(&s, first[0], first[1]);
	else
		lstm_lane_forward(&s, first[0], first[1]);
}

static void gradients_task(const struct pass *a, const struct part *p, int task)
{
	struct strand s = strand_of(a, p);
	int from, to;

	pass_share(lstm_columns(&s), p->share, task, &from, &to);
	lstm_column_gradients(&s, from, to);
}

static int input_rows(const struct pass *a)
{
	return pass_for_many(a) ? MANY_ROWS : FEW_ROWS;
}

/* Of both strands of a layer. */
static void input_back_task(const struct pass *a, const struct part *p, int task)
{
	int rows = stack_seqs(a->b, p->of)->rows, from = task * input_rows(a);

	lstm_input_backward(&a->c->stack[p->of], &a->w->stack[p->of], p->layer, from,
			    min_int(from + input_rows(a), rows));
}

static int parts_of(int n, int size)
{
	return (n + size - 1) / size;
}

static int strand_tasks(const struct pass *a, const struct part *p)
{
	struct strand s = strand_of(a, p);

	if (p->task == gates_task)
		return parts_of(s.s->rows, MANY_ROWS);
	return p->task == gradients_task ? pass_shares(a, lstm_columns(&s)) : 1;
}

static void add_strands(struct pass *a, void (*task)(const struct pass *, const struct part *, int),
			int layer)
{
	for (int i = 0; i < STACKS * DIRECTIONS; i++) {
		struct part p = {.task = task,
				 .of = stack_order[i / DIRECTIONS],
				 .dir = i % DIRECTIONS,
				 .layer = layer};

		p.tasks = p.share = strand_tasks(a, &p);
		pass_add(a, p);
	}
}

static void add_lanes(struct pass *a, int layer)
{
	for (int i = 0; i < STACKS; i += STACKS / MODALITIES) {
		int lanes = a->lanes[stack_table[stack_order[i]].modality];

		pass_add(a, (struct part){.task = lane_task,
					  .tasks = lanes * STACKS * DIRECTIONS / MODALITIES,
					  .of = i,
					  .layer = layer});
	}
}

static void add_inputs_back(struct pass *a, int layer)
{
	for (int i = 0; i < STACKS; i++) {
		int rows = stack_seqs(a->b, stack_order[i])->rows;

		pass_add(a, (struct part){.task = input_back_task,
					  .tasks = parts_of(rows, input_rows(a)),
					  .of = stack_order[i],
					  .layer = layer});
	}
}

void strands_begin(struct pass *a)
{
	const struct seqs *const of[MODALITIES] = {
		[MODALITY_TEXT] = &a->b->text, [MODALITY_AUDIO] = &a->b->audio};

	for (int i = 0; i < STACKS; i++)
		a->w->stack[i].phases = a->w->phases;
	for (int i = 0; i < MODALITIES; i++)
		a->lanes[i] =
			lanes_cut(of[i], LANES_A_THREAD * par_threads(a->par) / STACKS, a->lane[i]);
}

/* Short tasks for what comes next are the last of a run: they fill its end. */
static void forward_for_many(struct pass *a, void (*after)(struct pass *a))
{
	int layers = a->c->stack[0].layers;

	add_strands(a, pack_input_task, 0);
	pass_run(a);
	for (int layer = 0; layer < layers; layer++) {
		add_strands(a, gates_task, layer);
		add_strands(a, pack_recurrent_task, layer);
		pass_run(a);
		add_lanes(a, layer);
		if (layer + 1 < layers)
			add_strands(a, pack_input_task, layer + 1);
		else
			after(a);
		pass_run(a);
	}
}

void strands_forward(struct pass *a, void (*after)(struct pass *a))
{
	int layers = a->c->stack[0].layers;

	if (pass_for_many(a)) {
		forward_for_many(a, after);
		return;
	}
	for (int layer = 0; layer < layers; layer++) {
		add_strands(a, whole_task, layer);
		if (layer + 1 == layers)
			after(a);
		pass_run(a);
	}
}

void strands_pack_top(struct pass *a)
{
	if (pass_for_many(a))
		add_strands(a, pack_recurrent_task, a->c->stack[0].layers - 1);
}

/* The gradients above the lowest layer are formed, if somebody asks. */
static void tell_above(const struct pass *a, int layer)
{
	if (layer == 0 && a->above)
		a->above->formed(a->above->ctx);
}

/* All weight gradients together at the end: the more tasks, the less threads wait. If somebody asks
 * for those above the lowest layer, each layer's beside its inputs'. */
static void backward_for_many(struct pass *a)
{
	int top = a->c->stack[0].layers - 1;

	for (int layer = top; layer >= 0; layer--) {
		tell_above(a, layer);
		add_lanes(a, layer);
		if (layer > 0)
			add_strands(a, pack_input_task, layer);
		pass_run(a);
		if (layer == 0)
			break;
		add_inputs_back(a, layer);
		add_strands(a, pack_recurrent_task, layer - 1);
		if (a->above)
			add_strands(a, gradients_task, layer);
		pass_run(a);
	}
	for (int layer = 0; layer <= (a->above ? 0 : top); layer++)
		add_strands(a, gradients_task, layer);
	pass_run(a);
}

void strands_backward(struct pass *a)
{
	if (pass_for_many(a)) {
		backward_for_many(a);
		return;
	}
	for (int layer = a->c->stack[0].layers - 1; layer >= 0; layer--) {
		tell_above(a, layer);
		add_strands(a, whole_task, layer);
		pass_run(a);
		if (layer > 0) {
			add_inputs_back(a, layer);
			pass_run(a);
		}
	}
}
