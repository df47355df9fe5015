/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * params: the table of weights.
 *
 * One row per tensor, with PyTorch's state_dict name and shape. The table
 * drives allocation, initialisation (in the published program's draw order),
 * saving, loading and the gradient check. Values and gradients of all tensors
 * lie in two flat arrays; tensors start at multiples of 16 values, the gaps
 * hold zeros.
 */
#ifndef MIUST_PARAMS_H
#define MIUST_PARAMS_H

#include "base/rng.h"
#include "engine/data/settings.h"
#include "engine/file/safetensors.h"
#include "engine/num/real.h"

#include <stddef.h>

enum init {
	INIT_UNIFORM,  /* uniform(-bound, bound) */
	INIT_CONSTANT, /* bound; draws nothing */
	INIT_DISCARD,  /* draws as many values as it has, then is 0 */
};

/* The arrays of one value a weight that a run holds, each laid out as params.w, and
 * what its tensors' names begin with in a state's file. */
enum params_array { ARRAY_WEIGHTS, ARRAY_SQUARE, ARRAY_MEAN, ARRAY_KEPT, ARRAY_GRADIENTS, ARRAYS };
enum { ARRAYS_STORED = ARRAY_GRADIENTS };
struct params_array_row {
	const char *prefix; /* "weights/"; NULL: not stored */
	bool adamw;         /* of that optimizer alone */
};
extern const struct params_array_row params_array[ARRAYS];
bool params_array_used(int array, enum optimizer optimizer);

struct tensor {
	char name[64];
	int dims, dim[2]; /* dim[1] is 1 for vectors */
	size_t at, count; /* place in the flat arrays */
	enum init init;
	double bound;
};

struct params {
	struct tensor *tensor;
	int n;
	size_t total;   /* values in w and g, gaps included */
	size_t weights; /* without gaps: what papers call parameters */
	size_t draws;   /* 32-bit outputs that params_init takes */
	real *w, *g;
};

/* Values from..to-1 of the flat arrays; from: a multiple of 16. */
struct params_range {
	size_t from, to;
};

/* Building the table, in draw order; returns the tensor's number. */
int params_add(struct params *p, const char *name, int rows, int cols, enum init init,
	       double bound);                      /* cols 0: a vector */
int params_ready(struct params *p, struct err *e); /* allocate w and g, cleared */
void params_free(struct params *p);

static inline real *weight(const struct params *p, int tensor)
{
	return p->w + p->tensor[tensor].at;
}
static inline real *grad(const struct params *p, int tensor)
{
	return p->g + p->tensor[tensor].at;
}

/* Where the next tensor's values begin; of the last one: the end. */
static inline size_t params_behind(const struct params *p, int tensor)
{
	return tensor + 1 < p->n ? p->tensor[tensor + 1].at : p->total;
}

void params_init(struct params *p, struct rng *r);
int params_find(const struct params *p, const char *name); /* -1: none */

/* As float32 under "<prefix><name>". params_put: `values` is p->w or another
 * array of the same layout; the writer keeps pointers into it (release build)
 * until st_write. */
void params_put(const struct params *p, const real *values, const char *prefix,
		struct st_writer *w);
/* Checks every name and shape first; `values` changes only if all is well. */
int params_get(const struct params *p, real *values, const char *prefix, const struct st_file *f,
	       struct err *e);

#endif
