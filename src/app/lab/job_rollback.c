/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/lab/job_rollback.h"

#include "app/config/setting.h"
#include "app/lab/job_rewind.h"
#include "app/lab/job_tell.h"
#include "app/session/rows.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/util.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- spikes ---- */

static void add_row(struct job *j, const struct step_row *r, bool told)
{
	double times = isfinite(r->loss) ? spike_add(&j->spike, rows_number(r->loss)) : 0;

	j->spiked = (struct spiked){.row = *r, .times = times, .told = told};
}

/* Does the fold begin here, as what it is now? What came before was another's to answer. */
static bool is_beginning(const struct job *j)
{
	int step = j->trainer.state.step;

	return step <= steer_rewound_to(&j->steer) || step <= j->trunk;
}

int job_rollback_open(struct job *j, struct err *e)
{
	const struct state *now = &j->trainer.state;
	struct rows_place at = {0};
	struct step_row *row;
	bool again;
	int n;

	j->kept_here[0] = '\0';
	j->spike = (struct spike){0};
	j->spiked = (struct spiked){0};
	if (session_fold_steps(&j->session, now->fold, &at, &again, &row, &n, e))
		return -1;
	for (int i = max_int(n - SPIKE_WINDOW - 1, 0); i < n; i++)
		add_row(j, &row[i], true);
	free(row);
	if (j->spiked.row.step != now->step || is_beginning(j))
		j->spiked = (struct spiked){0};
	return 0;
}

void job_rollback_step(struct job *j, const struct step_row *r, bool repeats)
{
	add_row(j, r, false);
	if (repeats)
		j->spiked = (struct spiked){0};
}

/* ---- what is said ---- */

/* 41.2, 6578, 2.08e+07 */
static void add_figure(struct str *out, double x)
{
	str_addf(out, fabs(x) < 1000 || fabs(x) >= 1e7 ? "%.3g" : "%.0f", x);
}

/* "spike at 5:3 (loss 41.2, 9.1 times its median)" */
static void begin_text(const struct job *j, const struct spiked *s, struct str *out)
{
	const struct step_row *r = &s->row;
	int each = trainer_steps_per_epoch(&j->trainer);

	str_addf(out, "spike at %d:%d (", r->epoch, (r->step - 1) % each + 1);
	if (s->times > 0) {
		str_add(out, "loss ");
		add_figure(out, r->loss);
		str_add(out, ", ");
		add_figure(out, s->times);
		str_add(out, " times its median)");
	} else if (!isfinite(r->loss)) {
		str_add(out, "loss ");
		str_num(out, r->loss);
		str_add(out, ")");
	} else {
		str_add(out, "the step diverged)");
	}
}

/* Said, if a rule is to say it, and told to the hooks of a spike. */
static void conclude(struct job *j, const struct spiked *s, bool say, const char *outcome)
{
	struct str text = {0};

	begin_text(j, s, &text);
	if (*outcome)
		str_addf(&text, ": %s", outcome);
	if (say)
		job_say(j, "%s", text.s);
	if (!s->told || say)
		job_tell_spike(j, &s->row, text.s);
	str_free(&text);
}

/* ---- going back ---- */

struct back {
	char *then[ROLLBACK_CHANGES + 1]; /* "set KEY VALUE", then NULL */
	struct rewind to;
	int step; /* done there */
};

static void free_back(struct back *b)
{
	for (int i = 0; b->then[i]; i++)
		free(b->then[i]);
}

/* Where to. */
static int find_step(const struct job *j, const struct spiked *s, const struct rollback *rule,
		     struct back *b, struct err *e)
{
	int each = trainer_steps_per_epoch(&j->trainer), now = j->trainer.state.step;
	int64_t steps = rule->steps ? rule->back : (int64_t)rule->back * each;

	if (now == 0)
		return err_set(e, "no step of fold %d has been done", j->trainer.state.fold);
	b->step = steps < now ? now - (int)steps : 0;
	b->to = (struct rewind){.epoch = b->step / each + 1,
				.in_epoch = b->step % each,
				.why = s->times > 0 ? REWIND_SPIKE : REWIND_DIVERGED};
	return 0;
}

/* Which of two values a factor takes further: is it that of a? */
static bool is_further(const struct setting *x, const struct settings *a, const struct settings *b)
{
	char of_a[OPTION_TEXT], of_b[OPTION_TEXT];
	double by = strtod(option_text(a, x->o, of_a, sizeof of_a), NULL) -
		    strtod(option_text(b, x->o, of_b, sizeof of_b), NULL);

	return strtod(x->value + 1, NULL) < 1 ? by < 0 : by > 0;
}

/* "set KEY VALUE". A factor is one of the value there or of that now (or that waits), whichever
 * it takes further: it goes on from what an earlier use has made, but not from a change that the
 * rewind undoes. */
static int find_changes(const struct job *j, const struct rollback *rule, struct back *b,
			struct err *e)
{
	struct settings then, now;
	struct err ignored = {0};

	steer_then(&j->steer, b->step, &then);
	steer_after_pending(&j->steer, &now);
	for (int i = 0; i < rule->changes; i++) {
		char command[OPTION_TEXT + SETTING_KEY];
		bool is_factor;
		struct setting x;

		setting_of_console(&x, rule->change[i]);
		is_factor = option_is_factor(x.o, x.value);
		if (setting_command(&x, is_factor && is_further(&x, &now, &then) ? &now : &then,
				    command, sizeof command, e))
			return -1;
		b->then[i] = mem_dup(command);
		setting_of_command(&x, b->then[i]);
		setting_apply(&now, &x, &ignored);
		if (setting_apply(&then, &x, e))
			return -1;
	}
	return 0;
}

static void describe(const struct job *j, const struct rollback *rule, const struct back *b,
		     const struct rewound *done, struct str *out)
{
	str_addf(out, "went back to %d:%d", done->to.epoch, done->to.in_epoch);
	for (int i = 0; b->then[i]; i++)
		str_addf(out, ", %s", b->then[i] + strlen("set "));
	str_addf(out, "; %d of %d; what came after is branch %s",
		 changes_rollbacks(&j->steer.lines), rule->most, done->to.branch);
}

static int go_back(struct job *j, const struct spiked *s, const struct rollback *rule,
		   struct str *outcome, struct err *e)
{
	struct back b = {0};
	struct rewound done;
	int failed;

	failed = find_step(j, s, rule, &b, e) || find_changes(j, rule, &b, e) ||
		 job_rewind_changed(j, &b.to, (const char *const *)b.then, &done, e);
	if (!failed)
		describe(j, rule, &b, &done, outcome);
	free_back(&b);
	return failed;
}

/* How it ends, as a sentence's end. As job_rollback. */
static int answer(struct job *j, const struct spiked *s, const struct rollback *rule,
		  struct str *outcome, struct err *e)
{
	int used = changes_rollbacks(&j->steer.lines);
	struct err why = {0};

	if (used >= rule->most) {
		str_addf(outcome,
			 "it has gone back %d time%s already, the most that its rule allows", used,
			 used == 1 ? "" : "s");
		return 0;
	}
	if (go_back(j, s, rule, outcome, &why) == 0)
		return 1;
	if (why.status == EXIT_STOPPED || j->lost.status) {
		*e = why;
		return -1;
	}
	str_addf(outcome, "it cannot go back: %s", why.text);
	return 0;
}

static bool has_rule(const struct job *j, struct rollback *rule)
{
	return j->hooks.rollback && j->hooks.rollback(j->hooks.ctx, rule) && rule->back;
}

static int take(struct job *j, const struct spiked *s, const struct rollback *rule, struct err *e)
{
	struct str outcome = {0};
	int back = 0;
	/* What the log says of its past is repeated as it was. */
	bool may = rule->back && j->steer.end < 0 && !job_repeats(j), again = false;
	char was[sizeof j->kept_here];

	if (may)
		back = answer(j, s, rule, &outcome, e);
	if (back >= 0) {
		j->spiked = (struct spiked){0};
		str_fit(was, sizeof was, j->kept_here);
		str_fit(j->kept_here, sizeof j->kept_here, back ? "" : str_text(&outcome));
		again = !back && outcome.len > 0 && strcmp(was, j->kept_here) == 0;
		conclude(j, s, may && !again, str_text(&outcome));
	}
	str_free(&outcome);
	return back;
}

int job_rollback(struct job *j, struct err *e)
{
	const struct spiked s = j->spiked;
	struct rollback rule = {0};

	if (!s.row.step || s.times <= 1) /* nearly always */
		return 0;
	if (s.times > (has_rule(j, &rule) ? rule.over : SPIKE_OVER))
		return take(j, &s, &rule, e);
	j->spiked = (struct spiked){0};
	return 0;
}

int job_rollback_diverged(struct job *j, const struct step_row *r, struct err *e)
{
	const struct spiked s = {.row = *r};
	struct rollback rule = {0};

	if (!has_rule(j, &rule))
		rule = (struct rollback){0};
	return take(j, &s, &rule, e);
}
