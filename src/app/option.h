/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * option: the table of settings.
 *
 * One row per key says its place in struct settings, type, range, choices,
 * default, when a change takes effect, and one line of help. The YAML reader,
 * --set, `miust config`, the console's `set`, completion, the Config view and
 * the manual page are loops over it. To add an option: a field in
 * engine/settings.h and a row in option.c.
 */
#ifndef MIUST_OPTION_H
#define MIUST_OPTION_H

#include "base/err.h"
#include "engine/settings.h"

#include <stddef.h>

enum option_type {
	OPT_INT,    /* int */
	OPT_INT64,  /* int64_t */
	OPT_NUMBER, /* double */
	OPT_BOOL,   /* bool */
	OPT_CHOICE, /* int, index into choices */
	OPT_STRING, /* char[size] */
	OPT_PATH,   /* char[PATH_LEN]: ~ and $VAR expand, made absolute */
	OPT_BYTES,  /* int64_t, with K/M/G */
	OPT_LABELS, /* exp.labels with exp.nlabels */
};

enum option_when {
	WHEN_STEP,  /* live: at the next step */
	WHEN_EPOCH, /* live: at the next epoch */
	WHEN_RUN,   /* fixed during a run */
};

struct option {
	const char *key; /* "train.optimizer.lr" */
	enum option_type type;
	size_t at, size;            /* offsetof, sizeof in struct settings */
	double min, max;            /* numbers; inclusive */
	bool above_min;             /* min itself is not allowed (a rate > 0) */
	const char *const *choices; /* NULL-terminated, OPT_CHOICE */
	const char *preset;         /* default as a user would type it; "": none or by layout */
	enum option_when when;
	const char *unit; /* "epochs", "" */
	bool no_effect;   /* accepted with a warning (hidden_dim, dropout) */
	const char *help; /* one line, a sentence */
};

extern const struct option option_table[];
extern const int option_count;

const struct option *option_find(const char *key);
const char *option_nearest(const char *key); /* for "did you mean", or NULL if none is near */
void options_preset(struct settings *s);     /* every option's default */

/* Parse `text` into s. Error: what was expected (type, range, choices) and
 * what was found. Paths are resolved against `dir`. s is unchanged on error. */
int option_set(struct settings *s, const struct option *o, const char *text, const char *dir,
	       struct err *e);
/* The value as option_set would read it back exactly; shortest form (5e-4 as %.17g shortened). */
char *option_text(const struct settings *s, const struct option *o, char *out, size_t n);
bool option_equal(const struct settings *a, const struct settings *b, const struct option *o);
/* "number, 0 to 100" / "one of squared, norm, mse" / "integer, 1 or more" */
char *option_takes(const struct option *o, char *out, size_t n);
const char *option_when_text(const struct option *o); /* "next step" ... */
/* "KEY=VALUE" as of --set. */
int option_assign(struct settings *s, const char *assignment, struct err *e);

/* Fill in what depends on the layout and check what involves several options. */
int options_resolve(struct settings *s, struct err *e);

#endif
