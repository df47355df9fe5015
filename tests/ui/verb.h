/* SPDX-License-Identifier: GPL-3.0-or-later */
/* verb: a view's verbs as the console would run them, for tests of one view. */
#ifndef MIUST_TESTS_UI_VERB_H
#define MIUST_TESTS_UI_VERB_H

#include "test.h"

#include "ui/state/ui.h"

/* The row of a verb that the view must have. */
static inline const struct verb *verb_of(const struct view *v, const char *name)
{
	const struct verb *row = verb_find(v->verbs, name);

	if (!row)
		BUG("%s has no verb %s", v->name, name);
	return row;
}

/* Why it cannot be used now, or NULL. */
static inline const char *verb_refused(const struct ui *u, const struct view *v, const char *name)
{
	const struct verb *row = verb_of(v, name);

	return row->refused ? row->refused(u) : NULL;
}

static inline int verb_run(struct ui *u, const struct view *v, const char *name, const char *args,
			   struct err *e)
{
	const char *why = verb_refused(u, v, name);

	return why ? err_set(e, "%s: %s", name, why) : verb_of(v, name)->run(u, args, e);
}

#endif
