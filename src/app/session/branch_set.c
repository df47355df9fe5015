/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A setting that a branch has from its first own step on. */
#include "app/session/session_branch_private.h"

#include "app/config/setting.h"
#include "app/session/changes.h"
#include "app/session/session_data.h"
#include "app/session/session_private.h"
#include "app/session/session_rows.h"
#include "base/file.h"

#include <stdlib.h>
#include <string.h>

/* What is in force where the branch leaves, before the line. */
static int in_force(const char *dir, int fold, struct settings *set, struct err *e)
{
	struct changes c = {0};
	struct session s;
	int failed = session_read(&s, dir, set, e) || session_in_force(&s, set, &c, e);

	for (int i = 0; i < c.n && !failed; i++) {
		bool counts = c.at[i].fold == fold ||
			      (c.at[i].fold < fold && !changes_have_begin(&c, fold));
		struct setting x;

		if (counts && setting_of_command(&x, c.at[i].command))
			failed = setting_apply(set, &x, e);
	}
	changes_free(&c);
	return failed ? -1 : 0;
}

/* Where it takes effect; what is for an epoch's end is for the next one. */
static int place(struct change *c, const struct option *o, int step, int each, struct err *e)
{
	if (o->when == WHEN_EPOCH && !each && step > 0)
		return err_set(e,
			       "%s takes effect when an epoch ends, and the first has not yet: "
			       "leave the run at an epoch's end",
			       o->key);
	if (o->when == WHEN_EPOCH && each)
		step = (step + each - 1) / each * each;
	c->step = step + 1;
	c->epoch = each ? step / each + 1 : 1;
	return 0;
}

/* The line, and what it replaces; none, if that is in force already. */
static int line(struct change *c, const char *words, const struct settings *due, int step, int each,
		struct str *out, struct err *e)
{
	char command[SETTING_KEY + OPTION_TEXT + 8], was[OPTION_TEXT];
	struct settings after = *due;
	struct setting x;

	setting_of_console(&x, words);
	if (setting_live(&x, e) || setting_command(&x, due, command, sizeof command, e))
		return -1;
	setting_of_command(&x, command);
	if (setting_apply(&after, &x, e) || place(c, x.o, step, each, e))
		return -1;
	c->command = command;
	if (!option_equal(&after, due, x.o))
		change_line(out, c, option_text(due, x.o, was, sizeof was));
	c->command = NULL;
	return 0;
}

int branch_set(const char *dir, int fold, int step, int each, const char *set, struct err *e)
{
	struct change c = {.fold = fold};
	struct settings due;
	struct str log = {0};
	char path[PATH_LEN], *text = NULL;
	int failed = fold_file(dir, fold, SESSION_COMMANDS, path, sizeof path, e) ||
		     in_force(dir, fold, &due, e) || file_read_any(&text, path, FILE_LOG, NULL, e);

	if (!failed) {
		str_add(&log, text);
		failed = line(&c, set, &due, step, each, &log, e) ||
			 file_write(path, str_text(&log), log.len, e);
	}
	free(text);
	str_free(&log);
	return failed ? -1 : 0;
}
