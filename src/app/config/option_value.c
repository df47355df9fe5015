/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/config/option.h"

#include "app/config/scalar.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "base/util.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A value on its way into its place. */
struct input {
	const struct option *o;
	const char *text;
	const char *dir; /* where a relative path starts */
	struct settings *s;
	void *to; /* o's place in s; written only if all is well */
	struct err *e;
};

/* What there is to know about a type. */
struct kind {
	const char *article, *noun; /* "an ", "integer" */
	int (*parse)(const struct input *in);
	void (*print)(const struct settings *s, const struct option *o, char *out, size_t n);
};
static const struct kind kinds[OPT_WEIGHTS + 1];

static const void *value_of(const struct settings *s, const struct option *o)
{
	return (const char *)s + o->at;
}

int option_refuse(const struct option *o, const char *found, struct err *e)
{
	char takes[OPTION_TAKES];

	option_takes(o, takes, sizeof takes);
	return err_set(e, "%s: expected %s%s; found %s", o->key, kinds[o->type].article, takes,
		       found);
}

static int refuse_as(const struct input *in, const char *remark)
{
	char found[128];

	snprintf(found, sizeof found, "'%.80s'%s", in->text, remark);
	return option_refuse(in->o, *in->text ? found : "nothing", in->e);
}

static int refuse(const struct input *in)
{
	if (option_is_factor(in->o, in->text))
		return refuse_as(in,
				 ", a factor, which only changes a value that a run has (set and "
				 "try in the workbench); give the value itself");
	return refuse_as(in, "");
}

static bool in_range(const struct option *o, double v)
{
	return (o->above_min ? v > o->min : v >= o->min) && v <= o->max;
}

static int parse_integer(const struct input *in, int64_t *v)
{
	switch (scalar_integer(in->text, v)) {
	case SCALAR_LARGE:
		return refuse_as(in, ", which is beyond 64 bits");
	case SCALAR_OTHER:
		return refuse(in);
	case SCALAR_FINE:
		break;
	}
	return in_range(in->o, (double)*v) ? 0 : refuse(in);
}

static int parse_int(const struct input *in)
{
	int64_t v = 0;

	if (parse_integer(in, &v))
		return -1;
	*(int *)in->to = (int)v; /* every OPT_INT row has a range within int */
	return 0;
}

static int parse_int64(const struct input *in)
{
	int64_t v = 0;

	if (parse_integer(in, &v))
		return -1;
	*(int64_t *)in->to = v;
	return 0;
}

static int parse_number(const struct input *in)
{
	double v = 0;

	if (scalar_number(in->text, &v) || !isfinite(v) || !in_range(in->o, v))
		return refuse(in);
	*(double *)in->to = v + 0.0; /* -0 becomes 0 */
	return 0;
}

static int parse_bool(const struct input *in)
{
	bool v = false;

	if (scalar_switch(in->text, &v))
		return refuse(in);
	*(bool *)in->to = v;
	return 0;
}

static int parse_choice(const struct input *in)
{
	for (int i = 0; *in->text && in->o->choices[i]; i++) {
		if (strcmp(in->o->choices[i], in->text) == 0) {
			*(int *)in->to = i;
			return 0;
		}
	}
	return refuse(in);
}

static bool has_control(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (iscntrl((unsigned char)text[i]))
			return true;
	}
	return false;
}

/* Text of a file that was not UTF-8 has U+FFFD instead: no name is meant by it. */
static bool is_utf8(const char *text, size_t len)
{
	for (const char *c = text; c < text + len;)
		if (utf8_next(&c) == UTF8_REPLACEMENT)
			return false;
	return true;
}

static int parse_string(const struct input *in)
{
	size_t len = strlen(in->text);

	if (len >= in->o->size)
		return err_set(in->e, "%s: expected text of at most %zu bytes; found %zu",
			       in->o->key, in->o->size - 1, len);
	if (has_control(in->text, len))
		return err_set(in->e, "%s: expected one line of text; found a control character",
			       in->o->key);
	memcpy(in->to, in->text, len + 1);
	return 0;
}

static int parse_path(const struct input *in)
{
	struct err why = {0};
	char path[PATH_LEN];

	if (path_resolve(path, sizeof path, in->dir, in->text, &why))
		return err_set(in->e, "%s: %s", in->o->key, why.text);
	memcpy(in->to, path, strlen(path) + 1);
	return 0;
}

static int parse_bytes(const struct input *in)
{
	static const char units[] = "KMG";
	size_t len = strlen(in->text);
	const char *unit = len ? strchr(units, toupper((unsigned char)in->text[len - 1])) : NULL;
	char *digits = mem_dup(in->text);
	enum scalar_fault fault;
	int shift = 0;
	int64_t v = 0;

	if (unit && *unit) {
		shift = 10 * (int)(unit - units + 1);
		digits[len - 1] = '\0';
	}
	fault = scalar_integer(digits, &v);
	free(digits);
	if (fault == SCALAR_OTHER || (!fault && v < 0))
		return refuse(in);
	if (fault == SCALAR_LARGE || v > INT64_MAX >> shift)
		return refuse_as(in, ", which is beyond 64 bits");
	*(int64_t *)in->to = v << shift;
	return 0;
}

int option_add_label(struct settings *s, const char *label, size_t len, struct err *e)
{
	int shown = (int)min_size(len, 80);

	if (!len)
		return err_set(e, "exp.labels: expected a name; found an empty one");
	if (len >= LABEL_LEN)
		return err_set(e, "exp.labels: expected names of at most %d bytes; found '%.*s'",
			       LABEL_LEN - 1, shown, label);
	if (has_control(label, len) || memchr(label, ',', len) || label[0] == ' ' ||
	    label[len - 1] == ' ')
		return err_set(e,
			       "exp.labels: expected a name without commas, control characters or "
			       "spaces around it; found '%.*s'",
			       shown, label);
	if (!is_utf8(label, len))
		return err_set(e, "exp.labels: expected UTF-8; found '%.*s'", shown, label);
	for (int i = 0; i < s->exp.nlabels; i++) {
		if (strlen(s->exp.labels[i]) == len && memcmp(s->exp.labels[i], label, len) == 0)
			return err_set(e, "exp.labels: '%.*s' appears twice; name each class once",
				       shown, label);
	}
	if (s->exp.nlabels == LABELS_MAX)
		return err_set(e, "exp.labels: expected at most %d labels; '%.*s' is one too many",
			       LABELS_MAX, shown, label);
	memcpy(s->exp.labels[s->exp.nlabels], label, len);
	s->exp.labels[s->exp.nlabels++][len] = '\0';
	return 0;
}

static int parse_labels(const struct input *in)
{
	struct settings read = *in->s;
	const char *text = in->text;

	read.exp.nlabels = 0;
	for (;;) {
		size_t len = strcspn(text, ","), blanks = strspn(text, " ");
		const char *next = text + len;
		const char *from = text + min_size(blanks, len);

		len = (size_t)(next - from);
		while (len && from[len - 1] == ' ')
			len--;
		if (option_add_label(&read, from, len, in->e))
			return -1;
		if (!*next)
			break;
		text = next + 1;
	}
	*in->s = read;
	return 0;
}

static int parse_map(const struct input *in)
{
	return option_read_map(in->to, in->text, in->e);
}

static void print_map(const struct settings *s, const struct option *o, char *out, size_t n)
{
	option_print_map(value_of(s, o), out, n);
}

static void print_int(const struct settings *s, const struct option *o, char *out, size_t n)
{
	snprintf(out, n, "%d", *(const int *)value_of(s, o));
}

static void print_int64(const struct settings *s, const struct option *o, char *out, size_t n)
{
	snprintf(out, n, "%lld", (long long)*(const int64_t *)value_of(s, o));
}

/* As people type it: 0.25 or 120 where that is short, else 5e-4. */
void option_print_number(double v, int least, char *out, size_t n)
{
	int exponent, decimals, digit = 0;
	char exact[64], *e;

	do {
		snprintf(exact, sizeof exact, "%.*e", digit, v);
	} while (strtod(exact, NULL) != v && ++digit < 17);
	e = strchr(exact, 'e');
	exponent = atoi(e + 1);
	if (exponent < -3 || exponent > 5) {
		snprintf(out, n, "%.*se%d", (int)(e - exact), exact, exponent);
		return;
	}
	decimals = digit > exponent ? digit - exponent : 0;
	snprintf(out, n, "%.*f", max_int(decimals, least), v);
}

static void print_number(const struct settings *s, const struct option *o, char *out, size_t n)
{
	option_print_number(*(const double *)value_of(s, o), o->decimals, out, n);
}

static int parse_weights(const struct input *in)
{
	return option_read_weights(in->to, in->o, in->text, in->e);
}

static void print_weights(const struct settings *s, const struct option *o, char *out, size_t n)
{
	option_print_weights(value_of(s, o), o, out, n);
}

static void print_bool(const struct settings *s, const struct option *o, char *out, size_t n)
{
	snprintf(out, n, "%s", *(const bool *)value_of(s, o) ? "true" : "false");
}

static void print_choice(const struct settings *s, const struct option *o, char *out, size_t n)
{
	snprintf(out, n, "%s", o->choices[*(const int *)value_of(s, o)]);
}

static void print_string(const struct settings *s, const struct option *o, char *out, size_t n)
{
	snprintf(out, n, "%s", (const char *)value_of(s, o));
}

/* path_resolve expands $VAR and reads $$ as $. */
static void print_path(const struct settings *s, const struct option *o, char *out, size_t n)
{
	size_t at = 0;

	for (const char *path = value_of(s, o); *path && at + 2 < n; path++) {
		if (*path == '$')
			out[at++] = '$';
		out[at++] = *path;
	}
	out[at] = '\0';
}

static void print_bytes(const struct settings *s, const struct option *o, char *out, size_t n)
{
	static const char *const unit[] = {"", "K", "M", "G"};
	int64_t v = *(const int64_t *)value_of(s, o);
	int i = 0;

	for (; i < 3 && v && v % 1024 == 0; i++)
		v /= 1024;
	snprintf(out, n, "%lld%s", (long long)v, unit[i]);
}

static void print_labels(const struct settings *s, const struct option *o, char *out, size_t n)
{
	size_t at = 0;

	(void)o;
	for (int i = 0; i < s->exp.nlabels && at < n; i++)
		at += (size_t)snprintf(out + at, n - at, "%s%s", i ? "," : "", s->exp.labels[i]);
}

static const struct kind kinds[OPT_WEIGHTS + 1] = {
	[OPT_INT] = {"an ", "integer", parse_int, print_int},
	[OPT_INT64] = {"an ", "integer", parse_int64, print_int64},
	[OPT_NUMBER] = {"a ", "number", parse_number, print_number},
	[OPT_BOOL] = {"", "true or false", parse_bool, print_bool},
	[OPT_CHOICE] = {"", "one of", parse_choice, print_choice},
	[OPT_STRING] = {"", "text", parse_string, print_string},
	[OPT_PATH] = {"a ", "path", parse_path, print_path},
	[OPT_BYTES] = {"", "bytes (K, M, G)", parse_bytes, print_bytes},
	[OPT_LABELS] = {"a ", "list of labels", parse_labels, print_labels},
	[OPT_MAP] = {"a ", "map, such as exc=hap,fru=drop", parse_map, print_map},
	[OPT_WEIGHTS] = {"", "LABEL=N,...", parse_weights, print_weights},
};

static bool is_zero(const struct settings *s, const struct option *o)
{
	const char *p = value_of(s, o);

	for (size_t i = 0; i < o->size; i++) {
		if (p[i])
			return false;
	}
	return true;
}

static void clear(struct settings *s, const struct option *o)
{
	memset((char *)s + o->at, 0, o->size);
	if (o->type == OPT_LABELS)
		s->exp.nlabels = 0;
}

int option_set(struct settings *s, const struct option *o, const char *text, const char *dir,
	       struct err *e)
{
	struct input in = {o, text, dir, s, (char *)s + o->at, e};

	if (*text || *o->preset)
		return kinds[o->type].parse(&in);
	clear(s, o);
	return 0;
}

char *option_text(const struct settings *s, const struct option *o, char *out, size_t n)
{
	BUG_ON(!n);
	out[0] = '\0';
	if (*o->preset || !is_zero(s, o))
		kinds[o->type].print(s, o, out, n);
	return out;
}

bool option_equal(const struct settings *a, const struct settings *b, const struct option *o)
{
	switch (o->type) {
	case OPT_NUMBER:
		return *(const double *)value_of(a, o) == *(const double *)value_of(b, o);
	case OPT_STRING:
	case OPT_PATH:
		return strcmp(value_of(a, o), value_of(b, o)) == 0;
	case OPT_LABELS:
		if (a->exp.nlabels != b->exp.nlabels)
			return false;
		for (int i = 0; i < a->exp.nlabels; i++) {
			if (strcmp(a->exp.labels[i], b->exp.labels[i]) != 0)
				return false;
		}
		return true;
	case OPT_MAP:
		return option_equal_maps(value_of(a, o), value_of(b, o));
	case OPT_WEIGHTS:
		return option_equal_weights(value_of(a, o), value_of(b, o));
	default:
		return memcmp(value_of(a, o), value_of(b, o), o->size) == 0;
	}
}

static char *takes_choices(const struct option *o, char *out, size_t n)
{
	size_t at = (size_t)snprintf(out, n, "one of");
	const char *between = " ";

	for (int i = 0; o->choices[i] && at < n; i++) {
		if (!*o->choices[i])
			continue;
		at += (size_t)snprintf(out + at, n - at, "%s%s", between, o->choices[i]);
		between = ", ";
	}
	return out;
}

char *option_takes(const struct option *o, char *out, size_t n)
{
	const char *noun = kinds[o->type].noun;

	if (o->type == OPT_CHOICE)
		return takes_choices(o, out, n);
	if (o->type == OPT_WEIGHTS) {
		size_t len = strlen(takes_choices(o, out, n));

		snprintf(out + len, n - len, ", %s", noun);
		return out;
	}
	if (o->type == OPT_LABELS)
		snprintf(out, n, "list of %g to %g labels", o->min, o->max);
	else if (o->max <= 0) /* not a number */
		snprintf(out, n, "%s", noun);
	else if (o->above_min && isinf(o->max))
		snprintf(out, n, "%s above %g", noun, o->min);
	else if (o->above_min)
		snprintf(out, n, "%s above %g, at most %g", noun, o->min, o->max);
	else if (isinf(o->max))
		snprintf(out, n, "%s, %g or more", noun, o->min);
	else
		snprintf(out, n, "%s, %.10g to %.10g", noun, o->min, o->max);
	return out;
}

void options_preset(struct settings *s)
{
	struct err e = {0};

	memset(s, 0, sizeof *s);
	for (int i = 0; i < option_count; i++) {
		if (option_set(s, &option_table[i], option_table[i].preset, ".", &e))
			BUG("preset of %s", e.text);
	}
}
