/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/queue/cost.h"

#include "app/session/session_rows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Settings that decide how much there is to compute and to store; by batches also how fast. */
static bool decides(const struct option *o, bool batches)
{
	if (strcmp(o->key, "train.batch_size") == 0 || strcmp(o->key, "train.memory") == 0)
		return batches;
	return !o->no_effect && (o->type == OPT_PATH || strncmp(o->key, "model.", 6) == 0 ||
				 strcmp(o->key, "train.padding") == 0 ||
				 strcmp(o->key, "train.optimizer.name") == 0);
}

static bool is_like(const struct shelf_run *r, const struct settings *set, bool batches)
{
	char text[OPTION_TEXT];

	for (int i = 0; i < option_count; i++)
		if (decides(&option_table[i], batches) &&
		    strcmp(r->x.value[i], option_text(set, &option_table[i], text, sizeof text)) !=
			    0)
			return false;
	return true;
}

/* The newest run of a session that has trained an epoch. */
static const struct shelf_run *find(const struct shelf *s, const struct settings *set, bool batches)
{
	const struct shelf_run *found = NULL;

	for (int i = 0; i < s->n; i++) {
		const struct shelf_run *r = s->run[i];

		if (!r->around && !r->x.why && r->x.seconds > 0 &&
		    (!found || r->x.begun > found->x.begun) && is_like(r, set, batches))
			found = r;
	}
	return found;
}

/* Mean of all its epochs; NaN: none. */
static double epoch_seconds(const struct shelf_run *r)
{
	struct epoch_row *row = NULL;
	struct err ignored = {0};
	struct settings set;
	struct session s;
	double sum = 0;
	int n = 0;

	if (session_read(&s, r->root, &set, &ignored) ||
	    session_epochs(&s, &set, &row, &n, &ignored))
		n = 0;
	for (int i = 0; i < n; i++)
		sum += row[i].seconds;
	free(row);
	return n ? sum / n : NAN;
}

void cost_of(struct cost *c, const struct shelf *s, const struct settings *set, int folds)
{
	const struct shelf_run *r = find(s, set, true);
	int begun;

	if (!r)
		r = find(s, set, false);
	*c = (struct cost){NAN, NAN, r};
	if (!r)
		return;
	begun = r->x.done + (r->x.fold >= 0);
	c->seconds = epoch_seconds(r) * set->train.epoch * folds;
	if (begun && !r->x.pruned)
		c->bytes = (double)r->bytes / begun * folds;
}
