/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The keys that work here, and what a run that is over offers next. */
#include "ui/view/status_private.h"

#include "ui/console/command.h"
#include "ui/console/help.h"
#include "ui/console/keys.h"

#include <stdio.h>
#include <string.h>

/* What the key row calls a key: arrows are drawn. */
static const char *key_shown(char *out, struct key k)
{
	switch (k.code) {
	case K_UP:
		return "↑";
	case K_DOWN:
		return "↓";
	case K_LEFT:
		return "←";
	case K_RIGHT:
		return "→";
	default:
		return key_text(out, k);
	}
}

static bool is_arrow(struct key k)
{
	return !k.meta && k.code >= K_UP && k.code <= K_RIGHT;
}

static const char *label_of(const struct ui *u, const struct binding *b)
{
	enum work_state s = u->now.state;
	bool waits = s == WORK_PAUSED || s == WORK_BROKE || s == WORK_DIVERGED || s == WORK_IDLE;

	/* One key does all; the row says which. */
	if (u->now.trying_of && strcmp(b->command, "toggle") == 0)
		return "end the try";
	return waits && strcmp(b->command, "toggle") == 0 ? "resume" : b->label;
}

/* Is this binding shown here and now? */
static bool is_shown(const struct ui *u, const struct binding *b)
{
	const struct view *v = view_table[u->view];

	if (!b->label[0] || (b->view >= 0 && b->view != (int)u->view))
		return false;
	if (v->idle_key && v->idle_key(u, b->command))
		return false;
	return keys_find(u->view, &b->key) == b && !command_refused(u, b->command);
}

static const struct binding *next_shown(const struct ui *u, int *i)
{
	const struct binding *b;

	while ((b = keys_at((*i)++)))
		if (is_shown(u, b))
			return b;
	return NULL;
}

/* Keys with one label, and the label: "+ - smooth", "↑↓ row". */
struct hint {
	char keys[64];
	const char *label;
	const char *command; /* of an offer */
};

static int hint_columns(const struct hint *h)
{
	return text_width(h->keys) + 1 + text_width(h->label);
}

static int put_hint(struct canvas *row, int col, enum role ground, const struct hint *h)
{
	struct style key = ROLE_ON(ROLE_KEY, ground);

	key.attr = ATTR_BOLD;
	col = canvas_text(row, 0, col, key, "%s", h->keys);
	return canvas_text(row, 0, col, ROLE_ON(ROLE_DIM, ground), " %s", h->label);
}

static void hint_add(struct hint *h, const struct binding *b, bool joined)
{
	char name[KEY_NAME_LEN];
	size_t n = strlen(h->keys);

	snprintf(h->keys + n, sizeof h->keys - n, "%s%s", n && !joined ? " " : "",
		 key_shown(name, b->key));
}

/*
 * What comes next
 */

enum over { OVER_DONE = 1, OVER_DIVERGED = 2, OVER_FAILED = 4 };

/* What helps in which case, most useful first. One without a key is typed. */
static const struct {
	unsigned when;
	const char *command, *label;
} offers[] = {
	{OVER_DIVERGED, "console set", "a lower rate"},
	{OVER_DIVERGED, "toggle", "go on"},
	{OVER_DIVERGED, "fold", "end the fold"},
	{OVER_FAILED, "problems", "what is wrong"},
	{OVER_FAILED, "skip", "leave bad rows out"},
	{OVER_DONE | OVER_DIVERGED | OVER_FAILED, "start", "next run"},
	{OVER_DONE, "again", "other seed"},
	{OVER_DONE, "view 2", "confusion"},
	{OVER_DONE | OVER_FAILED, "view 7", "sessions"},
};
enum { OFFERS = sizeof offers / sizeof *offers };

bool status_is_done(const struct ui *u)
{
	const struct results *r = &u->run.results;

	return u->now.state == WORK_IDLE && !u->now.trains && r->n > 0 && r->n >= u->run.folds;
}

static unsigned how_over(const struct ui *u)
{
	return status_is_done(u)               ? OVER_DONE
	       : u->now.state == WORK_DIVERGED ? OVER_DIVERGED
	       : u->now.state == WORK_FAILED   ? OVER_FAILED
					       : 0;
}

/* The offers that are not refused now; returns how many. */
static int make_offers(const struct ui *u, struct hint out[OFFERS])
{
	unsigned over = how_over(u);
	int n = 0;

	for (int i = 0; i < OFFERS; i++) {
		struct hint *h = &out[n];

		if (!(offers[i].when & over) || command_refused(u, offers[i].command))
			continue;
		*h = (struct hint){.label = offers[i].label, .command = offers[i].command};
		if (!*help_key_for(u, h->command, h->keys, sizeof h->keys))
			snprintf(h->keys, sizeof h->keys, ":%s",
				 strncmp(h->command, "console ", 8) == 0 ? h->command + 8
									 : h->command);
		n++;
	}
	return n;
}

void offers_draw(const struct ui *u, struct canvas *row, int col)
{
	struct hint offer[OFFERS];
	int n = make_offers(u, offer), right = row->cols - 1, columns;

	do { /* as many as fit, at the right */
		columns = -2;
		for (int i = 0; i < n; i++)
			columns += hint_columns(&offer[i]) + 2;
	} while (n && col + columns > right && n--);
	col = right - columns;
	for (int i = 0; i < n; i++)
		col = put_hint(row, col, ROLE_STATUS, &offer[i]) + 2;
}

/*
 * The row
 */

static bool is_offered(const struct hint *offer, int n, const struct binding *b)
{
	for (int i = 0; i < n; i++)
		if (strcmp(offer[i].command, b->command) == 0)
			return true;
	return false;
}

/* Where the status row has no room for offers they begin this one; the views among them
 * are in the tabs. */
static int put_offers(struct canvas *row, int col, int right, const struct hint *offer, int n)
{
	for (int i = 0; i < n; i++)
		if (strncmp(offer[i].command, "view ", 5) != 0 &&
		    col + hint_columns(&offer[i]) + 3 <= right)
			col = put_hint(row, col, 0, &offer[i]) + 2;
	return col;
}

void keys_draw(const struct ui *u, struct canvas *row)
{
	static const struct hint always[] = {{":", "console", NULL}, {"?", "help", NULL}};
	int right = row->cols - 1 - hint_columns(&always[0]) - 2 - hint_columns(&always[1]);
	struct hint offer[OFFERS];
	int n = row->cols < STATUS_WIDE ? make_offers(u, offer) : 0;
	int i = 0, col = put_offers(row, 1, right, offer, n);
	const struct binding *b = next_shown(u, &i);

	while (b) {
		struct hint h = {.label = label_of(u, b)};
		const struct binding *before = NULL;
		bool offered = is_offered(offer, n, b);

		do {
			hint_add(&h, b, before && is_arrow(b->key) && is_arrow(before->key));
			before = b;
			b = next_shown(u, &i);
		} while (b && strcmp(label_of(u, b), h.label) == 0);
		if (offered)
			continue;
		if (col + hint_columns(&h) + 3 > right)
			break;
		col = put_hint(row, col, 0, &h) + 2;
	}
	put_hint(row, put_hint(row, right, 0, &always[0]) + 2, 0, &always[1]);
}
