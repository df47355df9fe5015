/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/model/params.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ALIGN = 16 }; /* values */

const struct params_array_row params_array[ARRAYS] = {
	[ARRAY_WEIGHTS] = {"weights/", false}, [ARRAY_SQUARE] = {"square/", false},
	[ARRAY_MEAN] = {"mean/", true},        [ARRAY_KEPT] = {"best/", false},
	[ARRAY_GRADIENTS] = {NULL, false},
};

bool params_array_used(int array, enum optimizer optimizer)
{
	return optimizer == OPTIMIZER_ADAMW || !params_array[array].adamw;
}

int params_add(struct params *p, const char *name, int rows, int cols, enum init init, double bound)
{
	struct tensor *t;

	p->tensor = mem_grow(p->tensor, (size_t)p->n + 1, sizeof *p->tensor);
	t = &p->tensor[p->n];
	*t = (struct tensor){.dims = cols ? 2 : 1, .dim = {rows, cols ? cols : 1}, .init = init};
	BUG_ON(strlen(name) >= sizeof t->name);
	strcpy(t->name, name);
	t->bound = bound;
	t->count = (size_t)t->dim[0] * (size_t)t->dim[1];
	t->at = p->total;
	p->total += (t->count + ALIGN - 1) / ALIGN * ALIGN;
	p->weights += t->count;
	if (init != INIT_CONSTANT)
		p->draws += t->count;
	return p->n++;
}

int params_ready(struct params *p, struct err *e)
{
	p->w = mem_try(p->total * sizeof *p->w);
	p->g = mem_try(p->total * sizeof *p->g);
	if (!p->w || !p->g)
		return err_set(e, "the model's %zu weights do not fit into memory", p->weights);
	memset(p->w, 0, p->total * sizeof *p->w);
	memset(p->g, 0, p->total * sizeof *p->g);
	return 0;
}

void params_free(struct params *p)
{
	free(p->tensor);
	free(p->w);
	free(p->g);
	*p = (struct params){0};
}

void params_init(struct params *p, struct rng *r)
{
	for (int i = 0; i < p->n; i++) {
		const struct tensor *t = &p->tensor[i];
		real *w = weight(p, i);

		switch (t->init) {
		case INIT_UNIFORM:
			for (size_t j = 0; j < t->count; j++)
				w[j] = rng_uniform(r, -t->bound, t->bound);
			break;
		case INIT_CONSTANT:
			for (size_t j = 0; j < t->count; j++)
				w[j] = (real)t->bound;
			break;
		case INIT_DISCARD:
			rng_skip(r, t->count);
			memset(w, 0, t->count * sizeof *w);
			break;
		}
	}
}

int params_find(const struct params *p, const char *name)
{
	for (int i = 0; i < p->n; i++)
		if (strcmp(p->tensor[i].name, name) == 0)
			return i;
	return -1;
}

static const char *prefixed(char *out, size_t n, const char *prefix, const char *name)
{
	snprintf(out, n, "%s%s", prefix, name);
	return out;
}

static const int64_t *shape(const struct tensor *t, int64_t out[2])
{
	out[0] = t->dim[0];
	out[1] = t->dim[1];
	return out;
}

void params_put(const struct params *p, const real *values, const char *prefix, struct st_writer *w)
{
	char name[128];
	int64_t dim[2];

	/* Only the double build, which writes no files but in tests, needs ST_F64. */
	for (int i = 0; i < p->n; i++)
		st_add(w, prefixed(name, sizeof name, prefix, p->tensor[i].name),
		       sizeof(real) == 4 ? ST_F32 : ST_F64, p->tensor[i].dims,
		       shape(&p->tensor[i], dim), values + p->tensor[i].at);
}

int params_get(const struct params *p, real *values, const char *prefix, const struct st_file *f,
	       struct err *e)
{
	char name[128];
	int64_t dim[2];
	size_t known = strlen(prefix);

	for (int i = 0; i < p->n; i++)
		if (!st_need(f, prefixed(name, sizeof name, prefix, p->tensor[i].name), ST_F32,
			     p->tensor[i].dims, shape(&p->tensor[i], dim), e))
			return -1;
	for (int i = 0; i < f->n; i++)
		if (strncmp(f->entry[i].name, prefix, known) == 0 &&
		    params_find(p, f->entry[i].name + known) < 0)
			return err_set(e,
				       "%s: tensor %s is not part of this model; these weights "
				       "belong to a different configuration",
				       f->path, f->entry[i].name);
	for (int i = 0; i < p->n; i++) {
		const struct tensor *t = &p->tensor[i];
		const float *from = st_find(f, prefixed(name, sizeof name, prefix, t->name))->data;

		for (size_t j = 0; j < t->count; j++)
			values[t->at + j] = from[j];
	}
	return 0;
}
