/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rewinds in a log, and what is in force after them. */
#include "app/session/changes.h"

#include "app/session/rows.h"

#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

static const char WORD[] = "rewind", SPACES[] = " \t";
static const char *const reason[] = {"", "spike", "diverged"}; /* by enum rewind_why */

/* ---- a line ---- */

/* Digits, from min to max; moves *at. */
static bool take_number(const char **at, int min, int max, int *out)
{
	size_t n = strspn(*at, "0123456789");
	long x = n && n < 10 ? strtol(*at, NULL, 10) : -1;

	if (x < min || x > max)
		return false;
	*out = (int)x;
	*at += n;
	return true;
}

bool rewind_place(struct rewind *r, const char *text)
{
	*r = (struct rewind){0};
	if (!take_number(&text, 1, EPOCH_MAX, &r->epoch))
		return false;
	if (*text == ':') {
		text++;
		if (!take_number(&text, 0, STEP_MAX, &r->in_epoch))
			return false;
	}
	return !*text;
}

int rewind_step(const struct rewind *r, int each)
{
	int64_t step = (int64_t)(r->epoch - 1) * each + r->in_epoch;

	return step < INT_MAX ? (int)step : INT_MAX;
}

static bool begins_with(const struct change *c, const char *word)
{
	size_t n = strlen(word);

	return strncmp(c->command, word, n) == 0 && (!c->command[n] || isspace(c->command[n]));
}

bool change_is_rewind(const struct change *c)
{
	return begins_with(c, WORD);
}

bool change_is_branch(const struct change *c)
{
	return begins_with(c, "branch");
}

/* No name leads out of the folder of branches. */
static bool is_name(const char *text)
{
	return *text != '.' && !strchr(text, '/');
}

/* The next word, "" if there is none; moves *at. False: it is longer than n - 1. */
static bool take_word(const char **at, char *out, size_t n)
{
	size_t len;

	*at += strspn(*at, SPACES);
	len = strcspn(*at, SPACES);
	snprintf(out, n, "%.*s", len < n ? (int)len : 0, *at);
	*at += len;
	return len < n;
}

static bool read_why(struct rewind *r, const char *word)
{
	for (size_t i = 0; i < sizeof reason / sizeof *reason; i++)
		if (strcmp(word, reason[i]) == 0) {
			r->why = (enum rewind_why)i;
			return true;
		}
	return false;
}

int change_rewind(struct rewind *r, const struct change *c, struct err *e)
{
	const char *at = c->command + sizeof WORD - 1;
	char place[32], branch[REWIND_BRANCH + 1], why[16];

	if (!change_is_rewind(c) || !take_word(&at, place, sizeof place) ||
	    !take_word(&at, branch, sizeof branch) || !take_word(&at, why, sizeof why) ||
	    !rewind_place(r, place) || !is_name(branch) || at[strspn(at, SPACES)] ||
	    !read_why(r, why))
		return err_set(e, "\"%.100s\": expected rewind EPOCH:STEP BRANCH [spike|diverged]",
			       c->command);
	memcpy(r->branch, branch, sizeof branch);
	return 0;
}

void rewind_command(struct str *out, const struct rewind *r)
{
	str_addf(out, "%s %d:%d%s%s", WORD, r->epoch, r->in_epoch, *r->branch ? " " : "",
		 r->branch);
	if (r->why != REWIND_ASKED)
		str_addf(out, " %s", reason[r->why]);
}

/* ---- a log ---- */

int changes_rewinds(const struct changes *c, int fold)
{
	int n = 0;

	for (int i = 0; i < c->n; i++)
		n += c->at[i].fold == fold && change_is_rewind(&c->at[i]);
	return n;
}

int changes_rollbacks(const struct changes *c)
{
	struct err ignored = {0};
	struct rewind r = {0};
	int n = 0;

	for (int i = 0; i < c->n; i++)
		if (change_is_rewind(&c->at[i]) && change_rewind(&r, &c->at[i], &ignored) == 0)
			n += r.why != REWIND_ASKED;
	return n;
}

/* Was it for a step up to there? */
static bool is_before(const struct change *c, const struct rewind *r, int each)
{
	if (each > 0 || r->epoch == 1)
		return c->step <= rewind_step(r, each);
	return c->epoch < r->epoch || (c->epoch == r->epoch && r->in_epoch > 0);
}

void changes_cut(struct changes *c, int fold, const struct rewind *r, int each)
{
	int n = 0;

	for (int i = 0; i < c->n; i++) {
		struct change x = c->at[i];
		bool stays = x.fold != fold || change_is_begin(&x) || changes_taken_over(c, i) ||
			     is_before(&x, r, each);

		if (stays)
			c->at[n++] = x;
		else
			free(x.command);
	}
	c->n = n;
}

void changes_follow(struct changes *out, const struct changes *c, int fold, int rewinds, int each,
		    int *end)
{
	struct err ignored = {0};
	struct rewind r = {0};
	int past = 0;

	*out = (struct changes){0};
	*end = -1;
	for (int i = 0; i < c->n && *end < 0; i++) {
		const struct change *x = &c->at[i];
		bool last;

		if (x->fold != fold)
			continue;
		if (!change_is_rewind(x)) {
			changes_insert(out, x);
			continue;
		}
		last = past++ == rewinds;
		if (last)
			*end = i;
		else if (change_rewind(&r, x, &ignored) == 0)
			changes_cut(out, fold, &r, each);
	}
}
