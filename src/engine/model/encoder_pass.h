/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * encoder_pass: one pass of the encoder over a chunk, as runs of tasks. For encoder*.c alone.
 *
 * A run is made of parts, in order; tasks of one run write different things. How finely the
 * work is cut depends on the threads: up to PASS_FEW whole strands (lstm.h), whose gates stay in
 * the cache; for more, so finely that all find something to do. No sum's order depends on it
 * (lstm.h, cross.h, pool.h), and so no byte.
 */
#ifndef MIUST_ENCODER_PASS_H
#define MIUST_ENCODER_PASS_H

#include "engine/model/encoder.h"
#include "engine/model/lanes.h"
#include "engine/num/par.h"

enum { PASS_FEW = 2, PARTS_MAX = 64 };

struct pass;

/* Tasks of one kind. */
struct part {
	void (*task)(const struct pass *a, const struct part *p, int task);
	int tasks;
	int of, dir, layer; /* which stack, cross attention or pool; a strand's direction, layer */
	int share;          /* the tasks that a gradient's columns are dealt to, if they are */
};

/* What the tasks of a pass share. */
struct pass {
	const struct encoder *c;
	const struct params *p;
	struct encoder_work *w;
	const struct batch *b;
	struct par *par;
	bool backward;
	real *z;        /* forward */
	const real *dz; /* backward */
	const struct encoder_above *above;
	int lanes[MODALITIES];
	int lane[MODALITIES][LANES_MAX + 1];
	struct part part[PARTS_MAX]; /* of the next run */
	int parts, tasks;
};

void pass_add(struct pass *a, struct part p);
void pass_run(struct pass *a);       /* what was added; returns when all of it is done */
void pass_run_alone(struct pass *a); /* the same, in this thread */
bool pass_for_many(const struct pass *a);
/* Into how many tasks a gradient of so many columns is cut, and what the i-th of them has. */
int pass_shares(const struct pass *a, int columns);
void pass_share(int columns, int shares, int i, int *from, int *to);

/* encoder_strands.c: all layers of all stacks; `after` adds what fills the last run. */
void strands_begin(struct pass *a);
void strands_forward(struct pass *a, void (*after)(struct pass *a));
void strands_pack_top(struct pass *a); /* adds what has to be done before strands_backward */
void strands_backward(struct pass *a);

#endif
