/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * expr_node: the tree between expr.c, which parses it, expr_true.c, which
 * asks it, and expr_text.c, which writes it. Nobody else needs it.
 */
#ifndef MIUST_EXPR_NODE_H
#define MIUST_EXPR_NODE_H

#include "app/study/expr.h"

enum op {
	/* values */
	OP_NUMBER,
	OP_TEXT,
	OP_NAME,
	OP_NEGATE,
	OP_ADD,
	OP_SUBTRACT,
	OP_MULTIPLY,
	OP_DIVIDE,
	/* conditions */
	OP_EQUAL,
	OP_UNEQUAL,
	OP_AT_MOST,
	OP_LESS,
	OP_AT_LEAST,
	OP_GREATER,
	OP_CONTAINS,
	OP_IS_NAN,
	OP_IS_INF,
	OP_IS_FINITE,
	OP_NOT,
	OP_AND,
	OP_OR
};

struct node {
	enum op op;
	struct node *a, *b;
	double number;    /* OP_NUMBER */
	const char *word; /* OP_TEXT; OP_NUMBER and OP_NAME: as typed */
	int name;         /* OP_NAME */
	int column;       /* where it stands, from 1 */
};

struct expr {
	struct node *node; /* each stands for at least one byte of the text */
	int n;
	char *words; /* the nodes' words, each with its NUL */
	struct node *root;
};

#endif
