/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The deleted sessions beside those that view 7 lists. */
#include "app/session/branch_trash.h"
#include "app/study/num.h"
#include "base/str.h"
#include "ui/console/complete.h"
#include "ui/state/page.h"
#include "ui/view/sessions.h"

#include <stdio.h>
#include <string.h>

static int list(struct ui *u)
{
	const struct trash *t = &sessions_view(u)->trash;
	char size[NUM_LEN];
	struct str text = {0};

	if (!t->n) {
		ui_say(u, "the trash is empty");
		return 0;
	}
	for (int i = 0; i < t->n; i++) {
		const struct trash_entry *x = &t->at[i];
		const char *was = x->from + x->below;

		str_addf(&text, "%8s  %s", num_bytes(size, x->bytes), x->name);
		if (strcmp(x->name, was) != 0)
			str_addf(&text, "   was %s", was);
		str_add(&text, "\n");
	}
	str_addf(&text, "\n%8s  in all\n", num_bytes(size, t->bytes));
	str_add(&text, "\n:trash restore NAME, :trash empty\n");
	page_open(u, "trash", text.s);
	return 0;
}

static int restore(struct ui *u, const char *name, struct err *e)
{
	const struct trash_entry *x = trash_find(&sessions_view(u)->trash, name);
	char from[PATH_LEN];

	if (!*name)
		return err_set(e, "trash restore NAME: expected a name; trash list shows them");
	if (!x)
		return err_set(e, "trash: %.100s is not in it; trash list shows all", name);
	snprintf(from, sizeof from, "%s", x->from);
	if (trash_restore(x, e))
		return -1;
	sessions_load(u);
	ui_say(u, "%s is back", from);
	return 0;
}

/* "3 sessions, 14 MB" */
static char *amount(const struct trash *t, char *out, size_t n)
{
	char size[NUM_LEN];

	snprintf(out, n, "%d session%s (%s)", t->n, t->n == 1 ? "" : "s",
		 num_bytes(size, t->bytes));
	return out;
}

static int empty(struct ui *u, struct err *e)
{
	struct trash *t = &sessions_view(u)->trash;
	char what[64];
	int failed = 0;

	amount(t, what, sizeof what);
	for (int i = 0; i < t->n && !failed; i++)
		failed = branch_trash_remove(&t->at[i], e);
	sessions_load(u);
	if (!failed)
		ui_say(u, "the trash is empty: %s deleted", what);
	return failed;
}

static int ask_empty(struct ui *u)
{
	const struct trash *t = &sessions_view(u)->trash;
	char what[64];

	if (!t->n) {
		ui_say(u, "the trash is empty already");
		return 0;
	}
	ui_ask(u, "trash empty now", "delete %s from the trash for good? y/n",
	       amount(t, what, sizeof what));
	return 0;
}

static int run_trash(struct ui *u, const char *args, struct err *e)
{
	sessions_load(u); /* as it is now */
	if (strcmp(args, "list") == 0)
		return list(u);
	if (strcmp(args, "empty") == 0)
		return ask_empty(u);
	if (strcmp(args, "empty now") == 0)
		return empty(u, e);
	if (strcmp(args, "restore") == 0 || strncmp(args, "restore ", 8) == 0)
		return restore(u, args[7] ? args + 8 : "", e);
	return err_set(e, "trash list, trash restore NAME, or trash empty; found '%.40s'", args);
}

const struct verb trash_verbs[] = {
	{"trash", "list|restore NAME|empty",
	 "Deleted sessions: list them, restore one, or delete all for good, after asking.",
	 run_trash, NULL, complete_args, CHANGES_FILES | FIRST_LOOKS | LATE},
	{0},
};
