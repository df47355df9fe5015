/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * grid: settings and their values, each with each.
 *
 *	KEY=V1,V2,...   lr=1e-3,3e-4   train.batch_size=16,32
 *
 * KEY is a setting's key or its short name (option_short). Commas separate values; one
 * that has commas itself, or is empty, stands in brackets, which are no part of it:
 *
 *	labels=[ang,sad],[ang,hap,sad]   train.class_weight=none,[fear=15,disgust=15]   speaker=[]
 *
 * A bracket opens at the start of a value and closes before a comma or at the end.
 * Each value is checked alone and kept as option_text has it; the cells, every combination,
 * are to be checked as a config is, by whoever has one. Plain data: nothing is read.
 */
#ifndef MIUST_GRID_H
#define MIUST_GRID_H

#include "app/config/option.h"

enum { GRID_CELLS = 1000, GRID_NAME = 128 };

struct grid_axis {
	const struct option *o;
	char **set;  /* [n] "KEY=VALUE", as of --set; the key in full */
	char **name; /* [n] "lr=0.001": the short key, the value as a part of a folder's name */
	int n;
};

struct grid {                   /* start with {0} */
	struct grid_axis *axis; /* [naxes] as given */
	int naxes, cells;
};

/* Read `n` texts KEY=V1,V2. Errors (usage) begin with KEY and say which value is wrong, or
 * there twice; *g is empty then. More than GRID_CELLS cells are one, too. */
int grid_read(struct grid *g, const char *const *text, int n, struct err *e);
void grid_free(struct grid *g);

/* The assignments of cell 0 .. cells-1, set[naxes]; the last axis changes first. They are
 * the grid's. */
void grid_cell(const struct grid *g, int cell, const char **set);
/*
 * The name of a cell's folder: "lr=0.001,batch_size=32". Of a path only the last part is
 * in it; characters other than letters, digits and = , . - _ + are _; a long name is cut.
 * Equal names of different cells are told apart by their number: "text_dir=bert-2".
 */
void grid_name(const struct grid *g, int cell, char out[GRID_NAME]);

#endif
