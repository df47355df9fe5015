/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The weights of classes: "balanced" or "fear=15,disgust=15". */
#include "app/config/option.h"

#include "app/config/scalar.h"
#include "base/near.h"
#include "base/util.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { WEIGHT_MAX = 1000000 };

/* The text [from, to) without the spaces around it. */
static size_t trim(const char **from, const char *to)
{
	while (*from < to && **from == ' ')
		++*from;
	while (to > *from && to[-1] == ' ')
		to--;
	return (size_t)(to - *from);
}

static int refuse_word(const struct option *o, const char *word, struct err *e)
{
	struct near n = near_to(word);
	char found[160];

	for (int i = 0; o->choices[i]; i++)
		near_try(&n, o->choices[i]);
	snprintf(found, sizeof found, "%s%.80s%s%s%s%s", *word ? "'" : "", *word ? word : "nothing",
		 *word ? "'" : "", n.best ? "; did you mean " : "", n.best ? n.best : "",
		 n.best ? "?" : "");
	return option_refuse(o, found, e);
}

/* "fear=15" as one more. */
static int add(struct class_weight *w, const struct option *o, const char *from, const char *to,
	       struct err *e)
{
	const char *equals = memchr(from, '=', (size_t)(to - from)), *value;
	size_t label, len;
	char text[64];
	double v = 0;

	if (!equals) {
		snprintf(text, sizeof text, "%.*s", (int)trim(&from, to), from);
		return refuse_word(o, text, e);
	}
	value = equals + 1;
	label = trim(&from, equals);
	len = trim(&value, to);
	snprintf(text, sizeof text, "%.*s", (int)min_size(len, sizeof text - 1), value);
	if (!label || label >= LABEL_LEN)
		return err_set(e, "%s: expected a label of exp.labels before =; found '%.*s'",
			       o->key, (int)min_size(label, 80), from);
	if (scalar_number(text, &v) || !(v >= 0 && v <= WEIGHT_MAX))
		return err_set(e,
			       "%s: %.*s: expected a weight, a number from 0 to %d; found '%.40s'",
			       o->key, (int)label, from, WEIGHT_MAX, text);
	for (int i = 0; i < w->n; i++)
		if (strlen(w->label[i]) == label && memcmp(w->label[i], from, label) == 0)
			return err_set(e, "%s: '%.*s' appears twice; name each class once", o->key,
				       (int)label, from);
	if (w->n == LABELS_MAX)
		return err_set(e, "%s: expected at most %d labels; '%.*s' is one too many", o->key,
			       LABELS_MAX, (int)label, from);
	memcpy(w->label[w->n], from, label);
	w->weight[w->n++] = v + 0.0; /* -0 becomes 0 */
	return 0;
}

int option_read_weights(struct class_weight *w, const struct option *o, const char *text,
			struct err *e)
{
	struct class_weight read = {.how = CLASS_WEIGHT_MAP};

	for (int i = 0; o->choices[i]; i++)
		if (strcmp(o->choices[i], text) == 0) {
			*w = (struct class_weight){.how = i};
			return 0;
		}
	for (;;) {
		const char *end = text + strcspn(text, ",");

		if (add(&read, o, text, end, e))
			return -1;
		if (!*end)
			break;
		text = end + 1;
	}
	*w = read;
	return 0;
}

void option_print_weights(const struct class_weight *w, const struct option *o, char *out, size_t n)
{
	size_t at = 0;
	char number[64];

	if (w->how != CLASS_WEIGHT_MAP) {
		snprintf(out, n, "%s", o->choices[w->how]);
		return;
	}
	for (int i = 0; i < w->n && at < n; i++) {
		option_print_number(w->weight[i], 0, number, sizeof number);
		at += (size_t)snprintf(out + at, n - at, "%s%s=%s", i ? "," : "", w->label[i],
				       number);
	}
}

bool option_equal_weights(const struct class_weight *a, const struct class_weight *b)
{
	if (a->how != b->how || a->n != b->n)
		return false;
	for (int i = 0; i < a->n; i++)
		if (strcmp(a->label[i], b->label[i]) != 0 || a->weight[i] != b->weight[i])
			return false;
	return true;
}
