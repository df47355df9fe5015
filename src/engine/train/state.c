/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/train/state_private.h"

#include "base/mem.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- the table ---- */

const struct state_field state_field[STATE_FIELDS] = {
#define FIELD(member, kind, array, place)                                         \
	{                                                                         \
#member, kind, offsetof(struct state, member), array, place, 2, 0 \
	}
#define LATER(member, kind, since, missing)                                             \
	{                                                                               \
#member, kind, offsetof(struct state, member), ADDED, 0, since, missing \
	}
	FIELD(fold, KIND_INT, POSITION, 0),          FIELD(epoch, KIND_INT, POSITION, 1),
	FIELD(in_epoch, KIND_INT, POSITION, 2),      FIELD(step, KIND_INT, POSITION, 3),
	FIELD(ended, KIND_BOOL, POSITION, 4),        FIELD(right, KIND_INT64, POSITION, 5),
	FIELD(best_epoch, KIND_INT, POSITION, 6),    FIELD(optim_steps, KIND_INT64, POSITION, 7),
	FIELD(loss_sum, KIND_REAL, SUMS, 0),         FIELD(best.wa, KIND_REAL, SUMS, 1),
	FIELD(best.ua, KIND_REAL, SUMS, 2),          FIELD(best.wf1, KIND_REAL, SUMS, 3),
	FIELD(best.macro_f1, KIND_REAL, SUMS, 4),    LATER(best_loss, KIND_REAL, 3, NAN),
	LATER(plateau.best, KIND_REAL, 3, INFINITY), LATER(plateau.scale, KIND_REAL, 3, 1),
	LATER(plateau.bad, KIND_INT, 3, 0),          LATER(rewinds, KIND_INT, 4, 0),
#undef FIELD
#undef LATER
};

/* Says how the state came about, not what it is. */
static bool is_past(const struct state_field *f)
{
	return f->at == offsetof(struct state, rewinds);
}

union state_number state_get(const struct state *s, const struct state_field *f)
{
	const char *at = (const char *)s + f->at;

	switch (f->kind) {
	case KIND_INT:
		return (union state_number){.i = *(const int *)at};
	case KIND_BOOL:
		return (union state_number){.i = *(const bool *)at};
	case KIND_INT64:
		return (union state_number){.i = *(const int64_t *)at};
	case KIND_REAL:
	default:
		return (union state_number){.x = *(const double *)at};
	}
}

bool state_set(struct state *s, const struct state_field *f, union state_number v)
{
	static const int64_t max[] = {
		[KIND_INT] = INT_MAX, [KIND_BOOL] = 1, [KIND_INT64] = INT64_MAX};
	char *at = (char *)s + f->at;

	if (f->kind == KIND_REAL) {
		*(double *)at = v.x;
		return true;
	}
	if (v.i < 0 || v.i > max[f->kind])
		return false;
	if (f->kind == KIND_INT)
		*(int *)at = (int)v.i;
	else if (f->kind == KIND_BOOL)
		*(bool *)at = v.i != 0;
	else
		*(int64_t *)at = v.i;
	return true;
}

bool state_has(const struct state *s, int array)
{
	return s->array[array] && (array != ARRAY_KEPT || s->best_epoch > 0);
}

/* ---- copies ---- */

static bool same_layout(const struct params *a, const struct params *b)
{
	if (a->n != b->n || a->total != b->total)
		return false;
	for (int i = 0; i < a->n; i++) {
		const struct tensor *x = &a->tensor[i], *y = &b->tensor[i];

		if (strcmp(x->name, y->name) != 0 || x->dims != y->dims || x->dim[0] != y->dim[0] ||
		    x->dim[1] != y->dim[1])
			return false;
	}
	return true;
}

static bool same_arrays(const struct state *a, const struct state *b)
{
	for (int i = 0; i < ARRAYS_STORED; i++)
		if (!a->array[i] != !b->array[i])
			return false;
	return true;
}

int state_make_room(struct state *s, const struct state *like, int n, struct err *e)
{
	size_t bytes = like->layout.total * sizeof(real);

	s->layout = like->layout;
	s->layout.w = s->layout.g = NULL;
	s->layout.tensor = mem_alloc((size_t)like->layout.n, sizeof *s->layout.tensor);
	memcpy(s->layout.tensor, like->layout.tensor,
	       (size_t)like->layout.n * sizeof *s->layout.tensor);
	s->n = n;
	s->order = mem_alloc((size_t)n, sizeof *s->order);
	for (int i = 0; i < ARRAYS_STORED; i++) {
		s->array[i] = like->array[i] ? mem_try(bytes) : NULL;
		if (like->array[i] && !s->array[i]) {
			state_free(s);
			return err_set(e,
				       "a copy of the training state does not fit into memory: "
				       "its arrays take %zu MB each",
				       bytes >> 20);
		}
	}
	return 0;
}

int state_copy(struct state *to, const struct state *from, struct err *e)
{
	if (!same_layout(&to->layout, &from->layout) || !same_arrays(to, from) ||
	    to->n != from->n) {
		state_free(to);
		if (state_make_room(to, from, from->n, e))
			return -1;
	}
	state_put(to, from);
	weights_meta_free(&to->meta);
	weights_meta_copy(&to->meta, &from->meta);
	return 0;
}

void state_free(struct state *s)
{
	free(s->order);
	for (int i = 0; i < ARRAYS_STORED; i++)
		free(s->array[i]);
	params_free(&s->layout);
	weights_meta_free(&s->meta);
	*s = (struct state){0};
}

void state_put(struct state *to, const struct state *from)
{
	BUG_ON(!same_arrays(to, from) || !same_layout(&to->layout, &from->layout));
	for (int i = 0; i < STATE_FIELDS; i++)
		state_set(to, &state_field[i], state_get(from, &state_field[i]));
	to->seconds = from->seconds;
	to->rng = from->rng;
	if (to->n == from->n)
		memcpy(to->order, from->order, (size_t)from->n * sizeof *to->order);
	for (int i = 0; i < ARRAYS_STORED; i++)
		if (state_has(from, i))
			memcpy(to->array[i], from->array[i], from->layout.total * sizeof(real));
}

/* ---- comparison ---- */

/* One more part of a sentence. */
static void add(struct str *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void add(struct str *out, const char *fmt, ...)
{
	va_list ap;

	str_add(out, out->len ? ", " : "");
	va_start(ap, fmt);
	str_vaddf(out, fmt, ap);
	va_end(ap);
}

static void add_numbers(const struct state *a, const struct state *b, struct str *out)
{
	for (int i = 0; i < STATE_FIELDS; i++) {
		const struct state_field *f = &state_field[i];
		union state_number x = state_get(a, f), y = state_get(b, f);

		if (is_past(f) || x.i == y.i) /* bit for bit: a NaN is itself */
			continue;
		if (f->kind == KIND_REAL)
			add(out, "%s %.9g (there %.9g)", f->name, x.x, y.x);
		else
			add(out, "%s %lld (there %lld)", f->name, (long long)x.i, (long long)y.i);
	}
}

/* The first tensor of an array that differs. */
static void add_array(const struct state *a, const struct state *b, int array, struct str *out)
{
	const char *prefix = params_array[array].prefix;

	if (!state_has(a, array) && !state_has(b, array))
		return;
	if (!state_has(a, array) || !state_has(b, array)) {
		add(out, "%.*s (%s none)", (int)strlen(prefix) - 1, prefix,
		    state_has(a, array) ? "there" : "here");
		return;
	}
	for (int i = 0; i < a->layout.n; i++) {
		const struct tensor *t = &a->layout.tensor[i];

		if (memcmp(a->array[array] + t->at, b->array[array] + t->at,
			   t->count * sizeof(real)) == 0)
			continue;
		add(out, "%s%s", prefix, t->name);
		return;
	}
}

bool state_differ(const struct state *a, const struct state *b, struct str *out)
{
	size_t before = out->len;

	if (!same_layout(&a->layout, &b->layout)) {
		add(out, "their tensors");
		return true;
	}
	add_numbers(a, b, out);
	if (a->rng.next != b->rng.next || memcmp(a->rng.word, b->rng.word, sizeof a->rng.word) != 0)
		add(out, "the generator");
	if (a->n != b->n || memcmp(a->order, b->order, (size_t)a->n * sizeof *a->order) != 0)
		add(out, "the order");
	for (int i = 0; i < ARRAYS_STORED; i++)
		add_array(a, b, i, out);
	return out->len > before;
}

int state_same_run(const struct state *s, const struct state *here, const char *name, struct err *e)
{
	struct str what = {0};
	int failed = 0;

	if (weights_differ(&s->meta, &here->meta, WEIGHTS_RUN, &what))
		failed = err_set(e,
				 "%s: trained with %s; restore that in the session's config.yml, "
				 "or start a new session",
				 name, what.s);
	str_free(&what);
	return failed;
}
