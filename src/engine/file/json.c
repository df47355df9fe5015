/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/file/json.h"

#include "base/mem.h"
#include "base/utf8.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static void *block(size_t n)
{
	return mem_grow(NULL, n, 1);
}

void json_begin(void)
{
	json_set_alloc_funcs(block, free);
}

json_t *json_text(const char *text)
{
	json_t *v = json_string(text);
	bool replaced = false;
	char *copy;

	if (v)
		return v;
	copy = utf8_copy(text, strlen(text), &replaced);
	v = json_string(copy);
	free(copy);
	return v;
}

json_t *json_figure(double x)
{
	if (isinf(x))
		return json_string(x > 0 ? "inf" : "-inf");
	return isnan(x) ? json_null() : json_real(x);
}

int json_figure_value(const json_t *v, double *x)
{
	const char *text = json_string_value(v);

	if (text && (strcmp(text, "inf") == 0 || strcmp(text, "-inf") == 0))
		*x = text[0] == '-' ? -INFINITY : INFINITY;
	else if (json_is_null(v))
		*x = NAN;
	else if (json_is_number(v))
		*x = json_number_value(v);
	else
		return -1;
	return 0;
}
