/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/train/state.h"

#include "base/mem.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the table ---- */

enum kind { KIND_INT, KIND_BOOL, KIND_INT64, KIND_REAL };

/* Where files of the first version have a number: at a place in one of two arrays. What
 * is ADDED, version 3 has. */
enum { POSITION, SUMS, OLD_ARRAYS, ADDED = OLD_ARRAYS };
static const struct {
	const char *name;
	enum st_type type;
	int64_t n;
} old_array[OLD_ARRAYS] = {{"position", ST_I64, 8}, {"sums", ST_F64, 5}};

static const struct field {
	const char *name; /* in sentences, and after "number/" in the file */
	enum kind kind;
	size_t at;
	int old, place; /* of a file of the first version */
	double missing; /* ADDED: its value in a file of an earlier version */
} fields[] = {
#define FIELD(member, kind, array, place)                                      \
	{                                                                      \
#member, kind, offsetof(struct state, member), array, place, 0 \
	}
#define LATER(member, kind, missing)                                             \
	{                                                                        \
#member, kind, offsetof(struct state, member), ADDED, 0, missing \
	}
	FIELD(fold, KIND_INT, POSITION, 0),       FIELD(epoch, KIND_INT, POSITION, 1),
	FIELD(in_epoch, KIND_INT, POSITION, 2),   FIELD(step, KIND_INT, POSITION, 3),
	FIELD(ended, KIND_BOOL, POSITION, 4),     FIELD(right, KIND_INT64, POSITION, 5),
	FIELD(best_epoch, KIND_INT, POSITION, 6), FIELD(optim_steps, KIND_INT64, POSITION, 7),
	FIELD(loss_sum, KIND_REAL, SUMS, 0),      FIELD(best.wa, KIND_REAL, SUMS, 1),
	FIELD(best.ua, KIND_REAL, SUMS, 2),       FIELD(best.wf1, KIND_REAL, SUMS, 3),
	FIELD(best.macro_f1, KIND_REAL, SUMS, 4), LATER(best_loss, KIND_REAL, NAN),
	LATER(plateau.best, KIND_REAL, INFINITY), LATER(plateau.scale, KIND_REAL, 1),
	LATER(plateau.bad, KIND_INT, 0),
#undef FIELD
#undef LATER
};
enum { FIELDS = sizeof fields / sizeof fields[0] };

/* A number as the file has it. */
union number {
	int64_t i;
	double x;
};

static enum st_type type_of(const struct field *f)
{
	return f->kind == KIND_REAL ? ST_F64 : ST_I64;
}

static union number get(const struct state *s, const struct field *f)
{
	const char *at = (const char *)s + f->at;

	switch (f->kind) {
	case KIND_INT:
		return (union number){.i = *(const int *)at};
	case KIND_BOOL:
		return (union number){.i = *(const bool *)at};
	case KIND_INT64:
		return (union number){.i = *(const int64_t *)at};
	case KIND_REAL:
	default:
		return (union number){.x = *(const double *)at};
	}
}

/* False: out of range. All integers count something. */
static bool set(struct state *s, const struct field *f, union number v)
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

/* Whether an array has values. */
static bool has(const struct state *s, int array)
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

/* Memory for a copy of `like` with an order of n; *s is empty before. */
static int make_room(struct state *s, const struct state *like, int n, struct err *e)
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
		if (make_room(to, from, from->n, e))
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
	for (int i = 0; i < FIELDS; i++)
		set(to, &fields[i], get(from, &fields[i]));
	to->seconds = from->seconds;
	to->rng = from->rng;
	if (to->n == from->n)
		memcpy(to->order, from->order, (size_t)from->n * sizeof *to->order);
	for (int i = 0; i < ARRAYS_STORED; i++)
		if (has(from, i))
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
	for (int i = 0; i < FIELDS; i++) {
		const struct field *f = &fields[i];
		union number x = get(a, f), y = get(b, f);

		if (x.i == y.i) /* bit for bit: a NaN is itself */
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

	if (!has(a, array) && !has(b, array))
		return;
	if (!has(a, array) || !has(b, array)) {
		add(out, "%.*s (%s none)", (int)strlen(prefix) - 1, prefix,
		    has(a, array) ? "there" : "here");
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

/* ---- the file ---- */

static const char format[] = "miust state ";
enum { VERSION = 3 };

int state_save(const struct state *s, const char *path, struct err *e)
{
	struct st_writer *w = st_new();
	union number number[FIELDS];
	int64_t words = RNG_WORDS, one = 1, n = s->n;
	char text[48];
	struct weights_meta meta;

	snprintf(text, sizeof text, "%s%d", format, VERSION);
	weights_meta_copy(&meta, &s->meta);
	weights_meta_set_epoch(&meta, s->epoch);
	weights_meta_put(&meta, text, w);
	weights_meta_free(&meta);
	for (int i = 0; i < FIELDS; i++) { /* they live until st_write */
		number[i] = get(s, &fields[i]);
		snprintf(text, sizeof text, "number/%s", fields[i].name);
		st_add(w, text, type_of(&fields[i]), 1, &one, &number[i]);
	}
	st_add(w, "generator", ST_U32, 1, &words, s->rng.word);
	st_add(w, "generator.next", ST_U32, 1, &one, &s->rng.next);
	st_add(w, "order", ST_U32, 1, &n, s->order);
	for (int i = 0; i < ARRAYS_STORED; i++)
		if (has(s, i))
			params_put(&s->layout, s->array[i], params_array[i].prefix, w);
	return st_write(w, path, e);
}

/* The version of the format; 0 and an error: none that can be read. */
static int read_version(const struct st_file *f, struct err *e)
{
	const char *text = st_meta(f, "format"), *digits;
	int version = 0;

	if (text && strncmp(text, format, strlen(format)) == 0) {
		digits = text + strlen(format);
		if (strspn(digits, "0123456789") == strlen(digits) && strlen(digits) < 7)
			version = atoi(digits);
	}
	if (version > VERSION)
		err_set(e,
			"%s: a newer version of miust wrote it (its format is \"%s\", this version "
			"reads up to \"%s%d\"); go on with that version, or delete it to start the "
			"fold again",
			f->path, text, format, VERSION);
	else if (version < 1)
		err_set(e,
			"%s: its format is \"%s\", expected \"%s%d\": not a state this version "
			"wrote; delete it to start the fold again",
			f->path, text ? text : "", format, VERSION);
	return version >= 1 && version <= VERSION ? version : 0;
}

/* A number of any version; NULL and an error if it has to be there and is not. */
static const union number *find_number(const struct st_file *f, int version, const struct field *d,
				       const union number *missing, struct err *e)
{
	const int64_t one = 1;
	const union number *old;
	char name[48];

	snprintf(name, sizeof name, "number/%s", d->name);
	if (version >= (d->old == ADDED ? 3 : 2))
		return st_need(f, name, type_of(d), 1, &one, e);
	if (d->old == ADDED && !st_find(f, name))
		return missing;
	if (d->old == ADDED) {
		err_set(e, "%s: %s is of a later version than the file's format", f->path, name);
		return NULL;
	}
	old = st_need(f, old_array[d->old].name, old_array[d->old].type, 1, &old_array[d->old].n,
		      e);
	return old ? old + d->place : NULL;
}

/* Ranges that need nothing but the numbers. */
static int read_numbers(struct state *s, const struct st_file *f, struct err *e)
{
	int version = read_version(f, e);
	bool good = true;

	if (!version)
		return -1;
	for (int i = 0; i < FIELDS; i++) {
		const struct field *d = &fields[i];
		union number missing = d->kind == KIND_REAL
					       ? (union number){.x = d->missing}
					       : (union number){.i = (int64_t)d->missing};
		const union number *v = find_number(f, version, d, &missing, e);

		if (!v)
			return -1;
		good &= set(s, d, *v);
	}
	if (good && s->best_epoch <= s->epoch && s->in_epoch <= s->step && isfinite(s->loss_sum) &&
	    s->plateau.scale >= 0 && s->plateau.scale <= 1)
		return 0;
	return err_set(e,
		       "%s: its numbers contradict each other; delete it to start the fold again",
		       f->path);
}

/* Each of n rows once. */
static int check_order(const uint32_t *order, int n, const char *path, struct err *e)
{
	bool *seen = mem_alloc((size_t)n, sizeof *seen);
	int failed = 0;

	for (int i = 0; i < n && !failed; i++) {
		if (order[i] >= (uint32_t)n || seen[order[i]])
			failed = err_set(e, "%s: the order names row %u of %d%s", path, order[i], n,
					 order[i] < (uint32_t)n ? " twice" : "");
		else
			seen[order[i]] = true;
	}
	free(seen);
	return failed;
}

/* The generator, and how long the order is. */
static const uint32_t *read_draws(struct state *s, int64_t *n, const struct st_file *f,
				  struct err *e)
{
	const int64_t any = -1, words = RNG_WORDS, one = 1;
	const uint32_t *word = st_need(f, "generator", ST_U32, 1, &words, e);
	const uint32_t *next = st_need(f, "generator.next", ST_U32, 1, &one, e);
	const uint32_t *order = st_need(f, "order", ST_U32, 1, &any, e);

	if (!word || !next || !order)
		return NULL;
	*n = st_find(f, "order")->dim[0];
	if (*next > RNG_WORDS || *n > INT_MAX || s->right > *n) {
		err_set(e,
			"%s: its numbers contradict each other; delete it to start the fold again",
			f->path);
		return NULL;
	}
	memcpy(s->rng.word, word, sizeof s->rng.word);
	s->rng.next = *next;
	return order;
}

static int read_arrays(struct state *s, const struct st_file *f, struct err *e)
{
	for (int i = 0; i < ARRAYS_STORED; i++) {
		if (!has(s, i))
			continue;
		memset(s->array[i], 0, s->layout.total * sizeof(real)); /* the gaps */
		if (params_get(&s->layout, s->array[i], params_array[i].prefix, f, e))
			return -1;
	}
	return 0;
}

/* All of it; what is read is only used if all is well. */
static int load(struct state *s, const struct state *like, const struct st_file *f, struct err *e)
{
	const uint32_t *order;
	int64_t n;

	if (read_numbers(s, f, e) || weights_meta_read(&s->meta, f, e) ||
	    state_same_run(s, like, f->path, e))
		return -1;
	order = read_draws(s, &n, f, e);
	if (!order || (s->epoch > 0 && check_order(order, (int)n, f->path, e)) ||
	    make_room(s, like, (int)n, e))
		return -1;
	for (int i = 0; i < s->n; i++)
		s->order[i] = (int)order[i];
	return read_arrays(s, f, e);
}

int state_load(struct state *s, const struct state *like, const char *path, struct err *e)
{
	struct st_file f;
	int failed;

	*s = (struct state){0};
	if (st_open(&f, path, e))
		return -1;
	failed = load(s, like, &f, e);
	st_close(&f);
	if (failed)
		state_free(s);
	return failed ? -1 : 0;
}

int state_load_numbers(struct state *s, const char *path, struct err *e)
{
	struct st_file f;
	int failed;

	*s = (struct state){0};
	if (st_open(&f, path, e))
		return -1;
	failed = read_numbers(s, &f, e);
	st_close(&f);
	return failed;
}
