/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/queue/cost.h"

#include "app/session/session_rows.h"
#include "app/session/states.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

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

static void add_states(struct cost_room *r, const char *dir, int fold, double *bytes, int *n)
{
	struct err ignored = {0};
	struct stored_list l;
	char path[PATH_LEN];
	struct stat st;

	if (snprintf(path, sizeof path, "%s/fold-%d/states", dir, fold) < (int)sizeof path)
		*bytes += (double)bytes_below(path);
	if (states_list(&l, dir, fold, &ignored) == 0) {
		*n += l.n;
		for (int i = 0; i < l.n; i++)
			if (l.at[i].ended && l.at[i].epoch > 0)
				r->each = l.at[i].step / l.at[i].epoch;
		stored_free(&l);
	}
	/* where none is stored: this is about as large */
	if (snprintf(path, sizeof path, "%s/fold-%d/state.safetensors", dir, fold) <
		    (int)sizeof path &&
	    stat(path, &st) == 0)
		r->state = (double)st.st_size;
}

void cost_room(struct cost_room *r, const char *dir, int begun)
{
	double bytes = (double)bytes_below(dir), states = 0;
	DIR *open = opendir(dir);
	struct dirent *d;
	int fold, n = 0;

	*r = (struct cost_room){0};
	while (open && (d = readdir(open))) {
		char path[PATH_LEN];
		bool own =
			strcmp(d->d_name, "branches") != 0 && strncmp(d->d_name, "seed-", 5) != 0;

		if (sscanf(d->d_name, "fold-%6d", &fold) == 1)
			add_states(r, dir, fold, &states, &n);
		else if (!own &&
			 snprintf(path, sizeof path, "%s/%s", dir, d->d_name) < (int)sizeof path)
			bytes -= (double)bytes_below(path);
	}
	if (open)
		closedir(open);
	r->fold = begun ? (bytes - states) / begun : NAN;
	if (n)
		r->state = states / n;
}

double cost_bytes(const struct cost_room *r, const struct settings *set, int folds)
{
	double each = 1; /* of an epoch */

	if (set->store.every > 0 && r->each > 0)
		each += (double)(r->each - 1) / (double)set->store.every;
	return r->fold * folds +
	       fmin(r->state * each * (double)set->train.epoch * folds, (double)set->store.bytes);
}

void cost_of(struct cost *c, const struct shelf *s, const struct settings *set, int folds,
	     const struct cost *before)
{
	const struct shelf_run *r = find(s, set, true);

	if (!r)
		r = find(s, set, false);
	*c = (struct cost){.seconds = NAN, .bytes = NAN, .like = r};
	if (!r)
		return;
	if (before && before->like == r) {
		c->epoch = before->epoch;
		c->room = before->room;
	} else {
		c->epoch = epoch_seconds(r);
		c->room.fold = NAN;
		if (!r->x.pruned)
			cost_room(&c->room, r->dir, r->x.done + (r->x.fold >= 0));
	}
	c->seconds = c->epoch * set->train.epoch * folds;
	c->bytes = cost_bytes(&c->room, set, folds);
}
