/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A study from the screen: what it will cost, then the grid in the queue. */
#include "app/queue/cost.h"
#include "app/queue/sweep.h"
#include "app/session/session.h"
#include "app/study/num.h"
#include "base/mem.h"
#include "base/str.h"
#include "ui/console/start_private.h"
#include "ui/state/feeder.h"
#include "ui/state/next_run.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS_MOST = 64, SEEDS_MOST = 1000 };

struct wanted {
	char text[1024]; /* the line, cut into words */
	const char *key[WORDS_MOST];
	int nkeys;
	char name[PATH_LEN]; /* of the study; "": made */
	int seeds;
};

static int read_seeds(struct wanted *w, const char *text, struct err *e)
{
	char *end = NULL;
	long n = text ? strtol(text, &end, 10) : 0;

	if (!text || *end || n < 1 || n > SEEDS_MOST)
		return err_set(e, "sweep ... seeds N: expected how many, 1 to %d; found '%.40s'",
			       SEEDS_MOST, text ? text : "");
	w->seeds = (int)n;
	return 0;
}

static int read_wanted(struct wanted *w, const char *args, struct err *e)
{
	char *rest;

	*w = (struct wanted){.seeds = 1};
	snprintf(w->text, sizeof w->text, "%s", args);
	for (char *word = strtok_r(w->text, " \t", &rest); word;
	     word = strtok_r(NULL, " \t", &rest)) {
		if (strcmp(word, "seeds") == 0) {
			if (read_seeds(w, strtok_r(NULL, " \t", &rest), e))
				return -1;
		} else if (strchr(word, '=')) {
			if (w->nkeys == WORDS_MOST)
				return err_set(e, "sweep: at most %d settings", WORDS_MOST);
			w->key[w->nkeys++] = word;
		} else if (w->name[0]) {
			return err_set(e, "sweep: found a second name, %.40s", word);
		} else if (start_check_name(word, e)) {
			return -1;
		} else {
			snprintf(w->name, sizeof w->name, "%s", word);
		}
	}
	if (!w->nkeys && w->seeds == 1)
		return err_set(e, "sweep KEY=V1,V2,... [KEY=...] [seeds N]: expected a setting and "
				  "its values");
	return 0;
}

/* "demo-lr+batch_size", after what is swept. */
static int make_name(const struct ui *u, const struct sweep *s, char *name, size_t n, struct err *e)
{
	struct str b = {0};

	start_from(u, name, n);
	str_add(&b, name);
	for (int i = 0; i < s->grid.naxes; i++)
		str_addf(&b, "%c%s", i ? '+' : '-', option_short(s->grid.axis[i].o));
	if (!s->grid.naxes)
		str_add(&b, "-seeds");
	str_fit(name, n < START_NAME ? n : START_NAME, b.s);
	str_free(&b);
	return start_free_name(name, n, e);
}

/*
 * What it costs, by the run on the screen
 */

/* Mean of an epoch; NaN before the first. */
static double epoch_seconds(const struct ui *u)
{
	double sum = 0;
	int n = 0;

	for (int i = 0; i < u->run.nfolds; i++)
		for (int k = 0; k < u->run.fold[i].nepochs; k++, n++)
			sum += u->run.fold[i].epoch[k].seconds;
	return n ? sum / n : NAN;
}

/* Of all runs; NaN before a fold of this one has trained an epoch. */
static double total_bytes(const struct ui *u, const struct sweep *s, int seeds)
{
	struct cost_room room;
	double sum = 0;
	int begun = 0;

	for (int i = 0; i < u->run.nfolds; i++)
		begun += u->run.fold[i].nepochs > 0;
	cost_room(&room, u->run.dir, begun);
	for (int i = 0; i < s->grid.cells; i++)
		sum += cost_bytes(&room, &s->cell[i].run.set, u->run.folds);
	return sum * seeds;
}

static double total_epochs(const struct ui *u, const struct sweep *s, int seeds)
{
	double sum = 0;

	for (int i = 0; i < s->grid.cells; i++)
		sum += s->cell[i].run.set.train.epoch;
	return sum * u->run.folds * seeds;
}

/* "6 runs (3 settings x 2 seeds), about 12:07 of training, about 3.1 MB" */
static char *say_costs(const struct ui *u, const struct sweep *s, const struct wanted *w)
{
	double seconds = epoch_seconds(u) * total_epochs(u, s, w->seeds);
	double bytes = total_bytes(u, s, w->seeds);
	char time[NUM_LEN], size[NUM_LEN];
	struct str b = {0};
	int runs = s->grid.cells * w->seeds;

	str_addf(&b, "%d run%s", runs, runs == 1 ? "" : "s");
	if (w->seeds > 1 && s->grid.cells > 1)
		str_addf(&b, " (%d settings x %d seeds)", s->grid.cells, w->seeds);
	if (isfinite(seconds))
		str_addf(&b, ", about %s of training", num_time(time, seconds));
	else
		str_add(&b, ", for how long is not known before an epoch of this run");
	if (isfinite(bytes))
		str_addf(&b, ", about %s on disk", num_bytes(size, bytes));
	return b.s;
}

/*
 * The commands
 */

/* It is the key that is wrong, not the file that the other settings are from. */
static void drop_file(struct err *e)
{
	static const char file[] = "/config.yml: ";
	char *end = strstr(e->text, file), *at = end;

	while (at && at > e->text && strncmp(at - 1, ": ", 2) != 0)
		at--;
	if (!end)
		return;
	at += at > e->text;
	memmove(at, end + sizeof file - 1, strlen(end + sizeof file - 1) + 1);
}

static int sweep(struct ui *u, const char *args, bool make, struct err *e)
{
	struct str said = {0};
	struct waiting_asked asked = {
		.folder = QUEUE_FOLDER, .config = u->run.dir, .say = start_hear, .ctx = &said};
	char name[PATH_LEN], study[PATH_LEN], again[1100], *costs;
	struct wanted w;
	struct sweep s;
	int failed;

	if (read_wanted(&w, args, e))
		return -1;
	asked.seeds = w.seeds;
	asked.unread = u->corpus && !start_changes_data(w.key, w.nkeys);
	failed = sweep_plan(&s, &asked, w.key, w.nkeys, NULL, e);
	if (failed && start_refuse(u, &said, e))
		drop_file(e);
	str_free(&said);
	if (failed)
		return -1;
	snprintf(name, sizeof name, "%s", w.name);
	failed = !w.name[0] && make_name(u, &s, name, sizeof name, e);
	costs = say_costs(u, &s, &w);
	if (!failed && make) {
		failed = sweep_make(&s, name, study, sizeof study, e);
		if (!failed) {
			ui_say(u, "%s: %d run%s in the queue", name, s.grid.cells * w.seeds,
			       s.grid.cells * w.seeds == 1 ? "" : "s");
			feeder_poke(u);
		}
	} else if (!failed) {
		snprintf(again, sizeof again, "sweep! %s", args);
		ui_ask(u, again, "%s: %s; queue them? y/n", name, costs);
	}
	free(costs);
	sweep_free(&s);
	return failed ? -1 : 0;
}

int start_sweep(struct ui *u, const char *args, struct err *e)
{
	/* In a script nobody is there to answer. */
	return sweep(u, args, u->settle != NULL, e);
}

int start_sweep_now(struct ui *u, const char *args, struct err *e)
{
	return sweep(u, args, true, e);
}
