/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/data/relabel.h"

#include "base/near.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

enum { BEGINNING = 3 }; /* emotions are told apart by so many letters */

int relabel(const struct settings *s, const char *label, int *entry)
{
	const struct label_map *m = &s->exp.map;
	int at = -1;

	for (int i = 0; i < m->n && at < 0; i++)
		if (strcmp(m->at[i].from, label) == 0)
			at = i;
	if (entry)
		*entry = at;
	if (at >= 0)
		label = m->at[at].to;
	if (at >= 0 && strcmp(label, LABEL_DROP) == 0)
		return RELABEL_DROPPED;
	for (int i = 0; i < s->exp.nlabels; i++)
		if (strcmp(s->exp.labels[i], label) == 0)
			return i;
	return RELABEL_UNKNOWN;
}

const char *relabel_near(const struct settings *s, const char *label)
{
	struct near n = near_to(label);

	for (int i = 0; i < s->exp.nlabels; i++)
		near_try(&n, s->exp.labels[i]);
	for (int i = 0; i < s->exp.nlabels && !n.best && strlen(label) >= BEGINNING; i++)
		if (strncasecmp(s->exp.labels[i], label, BEGINNING) == 0)
			n.best = s->exp.labels[i];
	return n.best;
}
