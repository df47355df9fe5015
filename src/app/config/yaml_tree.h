/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * yaml_tree: a YAML file as libyaml's document, checked before anything walks
 * over it.
 *
 * Nodes have numbers from 1; an alias is a second reference to the same node.
 * What tree_read returns is safe to walk recursively: no node contains itself,
 * and no way down is longer than TREE_DEPTH, aliases counted. Keys are single
 * words, and no map has one of them twice. Time and memory are in proportion
 * to the file (n log n for its keys), whatever it holds.
 */
#ifndef MIUST_YAML_TREE_H
#define MIUST_YAML_TREE_H

#include "base/err.h"

#include <yaml.h>

enum {
	TREE_DEPTH = 100,    /* levels; a config has 3 */
	TREE_ALIASES = 10000 /* anchors and aliases; libyaml compares each with each */
};

struct tree {
	const char *path; /* the caller's */
	yaml_document_t doc;
	int *uses; /* [nodes + 1] references to each node */
	int *word; /* [nodes + 1] of a key: a number in 1..nodes, equal for equal keys */
	struct err *e;
};

/* Errors are FILE:LINE:COLUMN. The root is a map. Free it in any case. */
int tree_read(struct tree *t, const char *path, struct err *e);
void tree_free(struct tree *t); /* safe on zeroed memory */

yaml_node_t *tree_node(struct tree *t, int number);
int tree_count(const struct tree *t);
int tree_number(const struct tree *t, const yaml_node_t *node);
const char *tree_text(const yaml_node_t *scalar); /* without NUL in it */
bool tree_is_plain(const yaml_node_t *scalar);    /* without quotes */
bool tree_is_null(const yaml_node_t *scalar);
const char *tree_what(const yaml_node_t *node); /* "a list", for a sentence */

struct place {
	long line, column; /* from 1; 0: not in the file */
};
struct place tree_place(const yaml_node_t *node);
/* An error at the node's place; returns -1. */
int tree_fail(struct tree *t, const yaml_node_t *node, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
