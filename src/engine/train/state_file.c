/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A state as a file. */
#include "engine/train/state_private.h"

#include "base/mem.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name;
	enum st_type type;
	int64_t n;
} old_array[OLD_ARRAYS] = {{"position", ST_I64, 8}, {"sums", ST_F64, 5}};

static enum st_type type_of(const struct state_field *f)
{
	return f->kind == KIND_REAL ? ST_F64 : ST_I64;
}

static const char format[] = "miust state ";
enum { VERSION = 4 };

/* The first version that has all it says: a run that was never rewound has the files it
 * always had. */
static int version_of(const struct state *s)
{
	return s->rewinds ? VERSION : VERSION - 1;
}

/* All of it; `number` has to live as long as the writer. */
static struct st_writer *collect(const struct state *s, union state_number number[STATE_FIELDS])
{
	struct st_writer *w = st_new();
	int64_t words = RNG_WORDS, one = 1, n = s->n;
	int version = version_of(s);
	char text[48];
	struct weights_meta meta;

	snprintf(text, sizeof text, "%s%d", format, version);
	weights_meta_copy(&meta, &s->meta);
	weights_meta_set_epoch(&meta, s->epoch);
	weights_meta_put(&meta, text, w);
	weights_meta_free(&meta);
	for (int i = 0; i < STATE_FIELDS; i++) {
		if (state_field[i].since > version)
			continue;
		number[i] = state_get(s, &state_field[i]);
		snprintf(text, sizeof text, "number/%s", state_field[i].name);
		st_add(w, text, type_of(&state_field[i]), 1, &one, &number[i]);
	}
	st_add(w, "generator", ST_U32, 1, &words, s->rng.word);
	st_add(w, "generator.next", ST_U32, 1, &one, &s->rng.next);
	st_add(w, "order", ST_U32, 1, &n, s->order);
	for (int i = 0; i < ARRAYS_STORED; i++)
		if (state_has(s, i))
			params_put(&s->layout, s->array[i], params_array[i].prefix, w);
	return w;
}

int state_save(const struct state *s, const char *path, struct err *e)
{
	union state_number number[STATE_FIELDS];

	return st_write(collect(s, number), path, e);
}

static int save_weights(const struct state *s, int array, int epoch, const char *path,
			struct err *e)
{
	struct weights_meta meta;
	int failed;

	weights_meta_copy(&meta, &s->meta);
	weights_meta_set_epoch(&meta, epoch);
	failed = weights_save(&s->layout, s->array[array], &meta, path, e);
	weights_meta_free(&meta);
	return failed;
}

int state_save_best(const struct state *s, const char *path, struct err *e)
{
	BUG_ON(s->best_epoch == 0);
	return save_weights(s, ARRAY_KEPT, s->best_epoch, path, e);
}

int state_save_last(const struct state *s, const char *path, struct err *e)
{
	return save_weights(s, ARRAY_WEIGHTS, s->epoch, path, e);
}

void state_emit(const struct state *s, st_sink *sink, void *ctx)
{
	union state_number number[STATE_FIELDS];

	st_emit(collect(s, number), sink, ctx);
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
static const union state_number *find_number(const struct st_file *f, int version,
					     const struct state_field *d,
					     const union state_number *missing, struct err *e)
{
	const int64_t one = 1;
	const union state_number *old;
	char name[48];

	snprintf(name, sizeof name, "number/%s", d->name);
	if (version >= d->since)
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
	for (int i = 0; i < STATE_FIELDS; i++) {
		const struct state_field *d = &state_field[i];
		union state_number missing =
			d->kind == KIND_REAL ? (union state_number){.x = d->missing}
					     : (union state_number){.i = (int64_t)d->missing};
		const union state_number *v = find_number(f, version, d, &missing, e);

		if (!v)
			return -1;
		good &= state_set(s, d, *v);
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
		if (!state_has(s, i))
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
	    state_make_room(s, like, (int)n, e))
		return -1;
	for (int i = 0; i < s->n; i++)
		s->order[i] = (int)order[i];
	return read_arrays(s, f, e);
}

static int load_open(struct state *s, const struct state *like, struct st_file *f, struct err *e)
{
	int failed = load(s, like, f, e);

	st_close(f);
	if (failed)
		state_free(s);
	return failed ? -1 : 0;
}

int state_load(struct state *s, const struct state *like, const char *path, struct err *e)
{
	struct st_file f;

	*s = (struct state){0};
	return st_open(&f, path, e) ? -1 : load_open(s, like, &f, e);
}

int state_load_bytes(struct state *s, const struct state *like, const char *bytes, size_t len,
		     const char *name, struct err *e)
{
	struct st_file f;

	*s = (struct state){0};
	return st_open_bytes(&f, bytes, len, name, e) ? -1 : load_open(s, like, &f, e);
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
