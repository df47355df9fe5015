/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * trained: a model from a weights file, with the data it is to look at.
 *
 * What `miust eval` and `miust predict` start from. Which fold: the one asked
 * for, or what the weights say, or the folder fold-F they are in, or the only
 * one there is. Features are normalised with normalize.safetensors next to the
 * weights where the settings ask for it.
 *
 * What the weights say of their training (weights.h) is compared with CONFIG:
 * other labels, heads or widths are refused, and so are utterances of the
 * validation or test part that they were trained on; other differences are one
 * message. Weights that say nothing are taken for those of the session whose
 * fold-F folder they are in, with a message.
 *
 * With a list of its own nothing of the training data is opened. Labels, widths, heads and
 * normalisation are what the session's config.yml says, or that of CONFIG, or of the session
 * in whose fold-F folder the weights lie, or else the weights' metadata alone; its exp.columns,
 * exp.map and exp.vectors apply to the list. The part is then all of the list.
 */
#ifndef MIUST_TRAINED_H
#define MIUST_TRAINED_H

#include "base/str.h"
#include "engine/data/split.h"
#include "engine/train/evaluate.h"
#include "engine/model/weights.h"

struct trained_options {
	const char *config, *weights; /* file, folder of a session or "demo"; a weights file */
	/* A list of its own, to be predicted: then `weights` may be NULL and `config` a session,
	 * of which fold and seed say what is meant, or a weights file; else NULL. */
	const char *list, *audio, *text; /* list; folders of its features */
	const char *seed;                /* of a session with several, or NULL */
	const char *const *set;          /* [nset] KEY=VALUE that say how the list is read */
	int nset;
	const int *fold; /* [nfolds] asked for: one, or none */
	int nfolds;
	enum part part;                           /* to look at */
	int threads;                              /* 0: all cores */
	bool skip_bad, anyway;                    /* --skip-bad, --anyway */
	void (*say)(void *ctx, const char *text); /* a message for the user */
	void *ctx;
};

struct trained {
	struct settings set;
	struct corpus corpus;
	struct par *par;
	struct model model;
	struct norm norm;
	struct split split;
	int fold;
	struct trained_options opt;
	struct weights_file weights;
	char found[PATH_LEN]; /* the weights, if a session was given: opt.weights */
	struct str anyway;    /* what --anyway went over, as a text; empty: nothing */
};

/* Texts of the options must live until trained_close. */
int trained_open(struct trained *t, const struct trained_options *o, struct err *e);
void trained_close(struct trained *t);

#endif
