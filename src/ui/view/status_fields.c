/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the status row says of a run: fields, in the order in which they are shown. */
#include "ui/view/status_private.h"

#include "base/str.h"
#include "ui/state/duels.h"
#include "ui/view/selected.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static struct field *add(struct status *s, const char *before, enum goes goes)
{
	struct field *f = &s->field[s->n++];

	*f = (struct field){
		.before = before, .behind = "", .role = ROLE_STRONG, .gap = 2, .goes = goes};
	return f;
}

int status_digits(int n)
{
	char text[16];

	return snprintf(text, sizeof text, "%d", n);
}

static void add_count(struct status *s, const char *before, int n, int of, int gap, enum goes goes)
{
	struct field *f = add(s, before, goes);

	snprintf(f->value, sizeof f->value, "%d/%d", n, of);
	f->width = text_width(before) + 2 * status_digits(of) + 1;
	f->gap = gap;
	f->role = ROLE_TEXT;
}

static void add_position(struct status *s, const struct snapshot *now, bool wide)
{
	enum goes goes = now->hold == WORK_ATTACHED ? STAYS : GOES_FOLD; /* which is steered */
	int gap = wide ? 2 : 1;

	if (now->nfolds > 1)
		add_count(s, wide ? "fold " : "f", now->place, now->nfolds, gap, goes);
	add_count(s, wide ? "epoch " : "e", now->epoch, now->epochs, gap, STAYS);
	s->field[s->n - 1].role = ROLE_STRONG;
	s->field[s->n - 1].bold = true;
	if (now->steps_per_epoch > 0)
		add_count(s, wide ? "step " : "s", now->in_epoch, now->steps_per_epoch, gap, STAYS);
}

static void add_figures(struct status *s, const struct snapshot *now, bool runs)
{
	bool diverged = now->state == WORK_DIVERGED;
	double loss = diverged ? now->diverged.loss : now->loss;
	struct field *f = add(s, "loss ", GOES_LOSS);
	char best[NUM_LEN];

	f->bold = true;
	f->width = runs ? 10 : 0;
	f->role = diverged ? ROLE_BAD : ROLE_STRONG;
	if (isnan(loss) && !diverged)
		snprintf(f->value, sizeof f->value, NUM_MISSING);
	else
		num_value(f->value, loss);
	if (!(now->best >= 0))
		return;
	f = add(s, selection_label[now->set.train.select], GOES_BEST);
	f->bold = true;
	snprintf(f->value, sizeof f->value, "%10s", num_best(best, now->best, now->best_epoch));
}

static void add_speed(struct status *s, const struct snapshot *now)
{
	struct field *f = add(s, "", GOES_RATE);
	char eta[NUM_LEN];

	if (now->rate > 0)
		snprintf(f->value, sizeof f->value, "%.0f", now->rate);
	else
		snprintf(f->value, sizeof f->value, NUM_MISSING);
	f->behind = " ex/s";
	f->width = 7;
	f->role = ROLE_TEXT;
	if (now->pace > 0) {
		f = add(s, "pace ", GOES_PACE);
		snprintf(f->value, sizeof f->value, "%g", now->pace);
		f->role = ROLE_WARN;
	}
	f = add(s, "ETA ", GOES_ETA);
	snprintf(f->value, sizeof f->value, "%s", num_time(eta, now->eta));
	f->width = 8;
	f->role = ROLE_TEXT;
}

/* The figure that the run was for, and what it was measured on. */
static void add_results(struct status *s, const struct results *r, bool wide)
{
	struct field *f = add(s, r->n == 1 ? "test WF1 " : "", STAYS);

	f->gap = wide ? 2 : 1;
	if (r->n > 1) {
		snprintf(f->value, sizeof f->value, "%d", r->n);
		f->behind = " folds,";
		f->role = ROLE_TEXT;
		f->goes = GOES_FOLD;
		f = add(s, "test WF1 ", STAYS);
		f->gap = 1;
	}
	num_mean_sd(f->value, r->mean.wf1, r->sd.wf1);
	f->bold = true;
	f = add(s, "", r->optimistic ? STAYS : GOES_BEST);
	snprintf(f->value, sizeof f->value, "%s%s", r->protocol, r->optimistic ? "!" : "");
	f->role = r->optimistic ? ROLE_WARN : ROLE_TEXT;
	f = add(s, "seed ", GOES_RATE);
	snprintf(f->value, sizeof f->value, "%lld", (long long)r->seed);
	f->role = ROLE_TEXT;
}

/* "to 4:1, 12 of 21 steps" */
static void add_way_back(struct status *s, const struct snapshot *now)
{
	struct field *f = add(s, "to ", STAYS);

	snprintf(f->value, sizeof f->value, "%.14s, %d of %d steps", now->rewind_to,
		 now->rewind_done, now->rewind_of);
	f->role = ROLE_WARN;
}

/* View 5 shows a model that is not the one of the other views. */
static void add_silenced(struct status *s, const struct ui *u)
{
	const struct look_result *l =
		view_table[u->view]->looks == LOOKS_SILENCED ? ui_seen(u) : NULL;
	char name[KNOCK_NAME];
	struct field *f;

	if (!l || l->knock == KNOCK_NOTHING)
		return;
	f = add(s, "", GOES_SILENCED);
	snprintf(f->value, sizeof f->value, "silenced %s", knock_name(name, l->knock));
	f->role = ROLE_WARN;
	f->bold = true;
}

/* "process 4711 does not answer (12 s)": what is shown is as old as that. */
static void add_silent(struct status *s, const struct ui *u, bool wide)
{
	struct field *f = add(s, wide ? "process " : "", STAYS);
	char time_text[NUM_LEN];

	f->behind = " does not answer";
	snprintf(f->value, sizeof f->value, "%ld", u->now.owner.pid);
	f->role = ROLE_WARN;
	f = add(s, "(", GOES_OTHERS);
	f->behind = ")";
	snprintf(f->value, sizeof f->value, "%s", num_time(time_text, u->now.silent));
	f->role = ROLE_WARN;
	f->gap = 1;
}

/* How far a branch is from where it left. */
static void add_repeats(struct status *s, const struct snapshot *now)
{
	struct field *f;

	if (!now->repeats)
		return;
	f = add(s, "repeats ", STAYS);
	snprintf(f->value, sizeof f->value, "%d", now->repeats);
	f->role = ROLE_WARN;
}

static void add_trying(struct status *s, const struct snapshot *now)
{
	struct field *f;

	if (!now->trying_of)
		return;
	f = add(s, "trying ", STAYS);
	snprintf(f->value, sizeof f->value, "%d/%d", now->trying, now->trying_of);
	f->role = ROLE_WARN;
	f->bold = true;
}

/* Who trains it, and hears what is asked here. */
static void add_attached(struct status *s, const struct ui *u, bool wide)
{
	struct field *f;

	if (u->now.silent)
		add_silent(s, u, wide);
	if (u->now.silent || !ui_attached(u))
		return;
	f = add(s, wide ? "attached to process " : "attached to ", GOES_OTHERS);
	snprintf(f->value, sizeof f->value, "%ld", u->now.owner.pid);
	f->role = ROLE_TEXT;
}

/* "node7 process 4711, since 1h51": who trains it, where this screen only follows. */
static void add_owner(struct status *s, const struct ui *u, bool wide)
{
	const struct lock_owner *who = &u->now.owner;
	int64_t since = lock_owner_since(who);
	struct field *f;
	char time_text[NUM_LEN];

	if (!ui_followed(u) || !who->host[0] || u->now.silent)
		return;
	f = add(s, "", GOES_OTHERS);
	text_cut_middle(f->value, sizeof f->value, who->host, wide ? 20 : 10);
	f = add(s, wide ? "process " : "", GOES_OTHERS);
	snprintf(f->value, sizeof f->value, "%ld", who->pid);
	f->gap = 1;
	if (!wide || !since)
		return;
	f->behind = ",";
	f = add(s, "since ", GOES_PACE);
	snprintf(f->value, sizeof f->value, "%s",
		 num_time(time_text, fmax(0, (double)(time(NULL) - since))));
	f->role = ROLE_TEXT;
	f->gap = 1;
}

/* Whether another program trains it is not for this user to see. */
static void add_unseen(struct status *s, const struct ui *u)
{
	struct field *f;

	if (!status_is_unseen(u))
		return;
	f = add(s, "", GOES_OTHERS);
	snprintf(f->value, sizeof f->value, "cannot see who trains it");
	f->role = ROLE_WARN;
}

/* The other side, and how many epochs of how many are compared. */
static void add_duel(struct status *s, const struct ui *u, bool wide)
{
	const struct duel *d = &u->duel.now;
	bool waits = u->now.state == WORK_WAITING, lacks = u->duel.lacks_place;
	int side = duels_shown(u);
	struct field *f;

	if (side < 0 || d->end != DUEL_ON)
		return;
	f = add(s,
		!wide             ? "duel "
		: waits && !lacks ? "waits for "
				  : "duel with ",
		wide ? STAYS : GOES_OTHERS);
	text_cut_middle(f->value, sizeof f->value, d->side[!side].name, 20);
	f->role = ROLE_GOOD;
	if (lacks && wide)
		f->behind = ", no place yet";
	if (d->planned)
		add_count(s, "look ", d->looks, d->planned, wide ? 2 : 1, GOES_PACE);
}

/* Who trains, waits or pauses beside the run on the screen, and is not said yet. */
static void add_others(struct status *s, const struct ui *u)
{
	bool duel = duels_shown(u) >= 0 && u->duel.now.end == DUEL_ON;
	struct field *f;

	if (u->others.n <= duel)
		return;
	if (duel) {
		f = add(s, "also ", GOES_OTHERS);
		snprintf(f->value, sizeof f->value, "%d more", u->others.n - 1);
		f->role = ROLE_GOOD;
		return;
	}
	f = add(s, ui_trains(u) ? "also " : "trains: ", GOES_OTHERS);
	if (u->others.n == 1)
		text_cut_middle(f->value, sizeof f->value, u->others.name, 20);
	else
		snprintf(f->value, sizeof f->value, "%d runs", u->others.n);
	f->role = ROLE_GOOD;
}

void status_make(struct status *s, const struct ui *u, bool runs, bool wide)
{
	const struct snapshot *now = &u->now;
	bool done = status_is_done(u), trained = now->epoch > 0 && !done;
	struct field *f;

	*s = (struct status){.n = 0};
	if (u->readonly || now->looking[0]) {
		f = add(s, "", GOES_BEST);
		snprintf(f->value, sizeof f->value, "read-only");
		f->role = ROLE_WARN;
	}
	add_owner(s, u, wide);
	if (now->state == WORK_REWINDING)
		add_way_back(s, now);
	if (done)
		add_results(s, &u->run.results, wide);
	if (trained)
		add_position(s, now, wide);
	if (trained)
		add_figures(s, now, runs);
	add_repeats(s, now);
	add_trying(s, now);
	add_attached(s, u, wide);
	add_unseen(s, u);
	if (runs && !now->silent)
		add_speed(s, now);
	add_duel(s, u, wide);
	add_others(s, u);
	add_silenced(s, u);
}
