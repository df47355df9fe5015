/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * option: the table of settings.
 *
 * One row per key says its place in struct settings, type, range, choices,
 * default, when a change takes effect, and one line of help. The YAML reader,
 * --set, `miust config`, the console's `set`, completion, the Config view and
 * the manual page are loops over it. To add an option: a field in
 * engine/data/settings.h and a row in option.c.
 *
 * The table and finding a row: option.c; by a short name: option_short.c. Parsing, printing,
 * comparing a value: option_value.c, exp.map's: option_map.c, train.class_weight's:
 * option_weights.c. Changing one by a factor:
 * option_change.c. What involves several options: option_resolve.c. The table as a page:
 * option_page.c.
 */
#ifndef MIUST_OPTION_H
#define MIUST_OPTION_H

#include "base/err.h"
#include "engine/data/settings.h"

#include <stddef.h>
#include <stdio.h>

enum option_type {
	OPT_INT,     /* int */
	OPT_INT64,   /* int64_t */
	OPT_NUMBER,  /* double */
	OPT_BOOL,    /* bool */
	OPT_CHOICE,  /* int, index into choices */
	OPT_STRING,  /* char[size] */
	OPT_PATH,    /* char[PATH_LEN]: ~ and $VAR expand, made absolute */
	OPT_BYTES,   /* int64_t, with K/M/G */
	OPT_LABELS,  /* exp.labels with exp.nlabels: NAME,NAME,... */
	OPT_MAP,     /* struct label_map: LABEL=LABEL,... */
	OPT_WEIGHTS, /* struct class_weight: one of choices, or LABEL=WEIGHT,... */
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
	double min, max;            /* numbers; inclusive; max INFINITY: no upper end */
	bool above_min;             /* min itself is not allowed (a rate > 0) */
	int decimals;               /* numbers show at least this many (0.30) */
	const char *const *choices; /* NULL-terminated; "" is not a choice, but "by layout" */
	/* Default as a user would type it. "": nothing, or by layout until
	 * options_resolve; such an option holds zeros then, takes the empty text
	 * and prints as the empty text. */
	const char *preset;
	enum option_when when;
	const char *unit; /* "epochs", or NULL */
	bool no_effect;   /* accepted with a warning (hidden_dim, dropout) */
	bool several;     /* a YAML list means its items with commas between */
	bool pairs;       /* a YAML map means its pairs, KEY=VALUE, with commas between */
	bool describes;   /* says what the data is, and changes nothing that is computed */
	bool aside;       /* changes no figure; config.yml has it only if it is not the default */
	bool by_layout;   /* preset "" means a value that depends on the layout */
	const char *help; /* one line, a sentence */
};

extern const struct option option_table[];
extern const int option_count;

/* buffers */
enum { OPTION_TAKES = 128, OPTION_TEXT = 2 * PATH_LEN + MAP_MAX * (MAP_FROM + LABEL_LEN) };

const struct option *option_find(const char *key);
const char *option_nearest(const char *key); /* for "did you mean", or NULL if none is near */
/* "unknown key KEY; did you mean NEAREST?", or where the keys are listed. */
int option_unknown(const char *key, struct err *e);
/* The shortest end of its key, from a dot on, that no other key has: "lr" of
 * train.optimizer.lr, "loss.text" of train.loss.text. */
const char *option_short(const struct option *o);
/* The row of a key, or of such an end; NULL if there is none. */
const struct option *option_find_short(const char *name);
void options_preset(struct settings *s); /* every option's default */

/* Does it say what the data is or where it is, so that a run may go on with another value? */
bool option_describes(const struct option *o);
/* That, or nothing computed depends on it: no reason to call two runs different. */
bool option_is_free(const struct option *o);
/* Is there a value that it has if nothing is said? That may be none (exp.map). */
bool option_has_default(const struct option *o);

/* Parse `text` into s; numbers and switches as YAML spells them (scalar.h). Error: "KEY: expected
 * (type, range, choices); found
 * ...". Paths are resolved against `dir`. s is unchanged on error. */
int option_set(struct settings *s, const struct option *o, const char *text, const char *dir,
	       struct err *e);
/*
 * A change of an existing value: as option_set, or "x0.5", a factor above 0 that
 * multiplies the value in s. Numbers, integers and bytes have factors; for all
 * other types such a text is a value like any other. The product is cut to 15
 * digits (0.7 x0.1 is 0.07), of integers it must be whole, and it is checked as
 * a value given itself is. What is kept or logged is the value: option_text of
 * s.
 */
int option_change(struct settings *s, const struct option *o, const char *text, const char *dir,
		  struct err *e);
/* Is text a factor where o has one? It may still be refused. */
bool option_is_factor(const struct option *o, const char *text);
/* "KEY: expected a number, 0 or more; found FOUND". */
int option_refuse(const struct option *o, const char *found, struct err *e);
/* One label more, for readers of lists; the same checks as option_set. */
int option_add_label(struct settings *s, const char *label, size_t len, struct err *e);
/* exp.map from its text form, "exc=hap, fru=drop"; spaces around a label do not count.
 * Whether a label exists is options_resolve's question. *m is unchanged on error. */
int option_read_map(struct label_map *m, const char *text, struct err *e);
void option_print_map(const struct label_map *m, char *out, size_t n);
bool option_equal_maps(const struct label_map *a, const struct label_map *b); /* in any order */
/* train.class_weight from its text form, "fear=15,disgust=15"; spaces around a label or a
 * weight do not count. Whether a label exists is options_resolve's question. *w is
 * unchanged on error. */
int option_read_weights(struct class_weight *w, const struct option *o, const char *text,
			struct err *e);
void option_print_weights(const struct class_weight *w, const struct option *o, char *out,
			  size_t n);
bool option_equal_weights(const struct class_weight *a, const struct class_weight *b);
/* A number in the shortest form that reads back exactly, as option_text has it, with at
 * least so many decimals unless it is 5e-4 or 1e6. */
void option_print_number(double v, int decimals, char *out, size_t n);
/* The value as option_set reads it back exactly, in the shortest form: 0.25, 5e-4;
 * a $ in a path is written $$. */
char *option_text(const struct settings *s, const struct option *o, char *out, size_t n);
bool option_equal(const struct settings *a, const struct settings *b, const struct option *o);
/* "number, 0 to 100" / "one of squared, norm, mse" / "integer, 1 or more" */
char *option_takes(const struct option *o, char *out, size_t n);
const char *option_default_text(const struct option *o); /* the preset, "by layout" or "none" */
const char *option_when_text(const struct option *o);    /* "next step" ... */

/* Fill in what depends on the layout and check what involves several options.
 * Errors start with the key they are about: "KEY: ...". May be called again,
 * after a live change. s is unchanged on error. */
int options_resolve(struct settings *s, struct err *e);

/* Every setting, and how a config is written: miust-config(5) in roff, or
 * doc/config.md. */
void option_manual(FILE *out);
void option_markdown(FILE *out);

#endif
