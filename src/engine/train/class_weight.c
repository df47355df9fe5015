/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/train/class_weight.h"

#include <math.h>
#include <string.h>

static double mapped(const struct class_weight *map, const char *label)
{
	for (int i = 0; i < map->n; i++)
		if (strcmp(map->label[i], label) == 0)
			return map->weight[i];
	return 1;
}

bool class_weights(const struct settings *s, const int *count, double *w)
{
	const struct class_weight *by = &s->train.class_weight;
	int classes = s->exp.nlabels;
	double n = 0;

	for (int c = 0; c < classes; c++)
		n += count[c];
	for (int c = 0; c < classes; c++) {
		double even = count[c] > 0 ? n / ((double)classes * count[c]) : 0;

		w[c] = by->how == CLASS_WEIGHT_BALANCED ? even
		       : by->how == CLASS_WEIGHT_SQRT   ? sqrt(even)
		       : by->how == CLASS_WEIGHT_MAP    ? mapped(by, s->exp.labels[c])
							: 1;
	}
	return by->how != CLASS_WEIGHT_NONE;
}
