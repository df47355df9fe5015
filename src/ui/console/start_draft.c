/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The draft: what the next run changes. */
#include "ui/console/start.h"

#include "base/str.h"
#include "ui/console/help.h"
#include "ui/console/start_private.h"
#include "ui/state/next_run.h"
#include "ui/state/page.h"
#include "ui/term/text.h"

#include <stdio.h>
#include <string.h>

bool start_takes_set(const struct ui *u, const struct setting *x)
{
	return !u->settle && x->o && x->o->when == WHEN_RUN;
}

/* "N starts it", with the key it is bound to. */
static const char *say_start(const struct ui *u, char *out, size_t n)
{
	char key[KEY_NAME_LEN];

	if (*help_key_for(u, "start", key, sizeof key))
		snprintf(out, n, "%s starts it", key);
	else
		snprintf(out, n, "start begins it");
	return out;
}

/* What the next run has of a setting now, and whether it could start. */
static void say_set(struct ui *u, const struct option *o)
{
	const struct settings *base = next_run_base(u);
	const char *value = draft_value(next_run(u), o);
	char was[OPTION_TEXT], how[64];
	struct settings next;
	struct err e = {0};

	option_text(base, o, was, sizeof was);
	if (!value)
		ui_say(u, "%s is %s in the next run too", o->key, *was ? was : "not set");
	else if (draft_apply(next_run(u), base, &next, &e))
		ui_say(u, "%s is %s in the next run, which cannot start yet: %s", o->key,
		       *value ? value : "not set", e.text);
	else
		ui_say(u, "%s is %s in the next run; this one %s %s   %s", o->key,
		       *value ? value : "not set", u->now.trains ? "keeps" : "has",
		       *was ? was : "none", say_start(u, how, sizeof how));
}

int start_draft_set(struct ui *u, const struct setting *x, struct err *e)
{
	const char *why = next_run_refused(u);

	if (why)
		return err_set(e, "%s is fixed during a run and would go into the next; %s", x->key,
			       why);
	if (draft_set(next_run_edit(u), next_run_base(u), x->key, x->value, e))
		return -1;
	say_set(u, x->o);
	return 0;
}

/* Live changes that the next run does not have. */
static int not_taken(const struct ui *u)
{
	const struct settings *base = next_run_base(u), *now = next_run_shown(u);
	struct settings next;
	int n = 0;

	draft_values(next_run(u), base, &next);
	for (int i = 0; i < option_count; i++) {
		const struct option *o = &option_table[i];

		n += o->when != WHEN_RUN && !option_equal(base, now, o) &&
		     !option_equal(&next, now, o);
	}
	return n;
}

/*
 * The page
 */

static void add_cell(struct str *b, const char *text, int columns)
{
	str_addf(b, "%s%*s", text, columns > text_width(text) ? columns - text_width(text) : 1, "");
}

static void add_table(struct str *b, const struct draft *d, const struct settings *base)
{
	int key = text_width("setting"), was = text_width("this run");
	char value[OPTION_TEXT];

	for (int i = 0; i < d->n; i++) {
		option_text(base, d->row[i].o, value, sizeof value);
		if (text_width(d->row[i].o->key) > key)
			key = text_width(d->row[i].o->key);
		if (text_width(value) > was)
			was = text_width(value);
	}
	add_cell(b, "setting", key + 2);
	add_cell(b, "this run", was + 2);
	str_add(b, "next run\n");
	for (int i = 0; i < d->n; i++) {
		option_text(base, d->row[i].o, value, sizeof value);
		add_cell(b, d->row[i].o->key, key + 2);
		add_cell(b, *value ? value : "none", was + 2);
		str_addf(b, "%s\n", *d->row[i].value ? d->row[i].value : "none");
	}
}

static void add_live(struct str *b, const struct ui *u)
{
	int n = not_taken(u);

	if (n)
		str_addf(b, "%d live change%s of this run %s not in it; draft live takes %s over\n",
			 n, n == 1 ? "" : "s", n == 1 ? "is" : "are", n == 1 ? "it" : "them");
}

static int show(struct ui *u)
{
	const struct draft *d = next_run(u);
	struct settings next;
	struct str b = {0};
	struct err e = {0};
	char title[64], how[64];

	add_live(&b, u);
	if (!d->n) {
		ui_say(u,
		       "the next run has the settings of this one; draft KEY VALUE changes one%s%s",
		       b.len ? ". " : "", str_text(&b));
		str_free(&b);
		return 0;
	}
	str_reset(&b);
	add_table(&b, d, next_run_base(u));
	if (draft_apply(d, next_run_base(u), &next, &e))
		str_addf(&b, "\nit cannot start yet: %s\n", e.text);
	else
		str_addf(&b, "\nready; %s\n", say_start(u, how, sizeof how));
	add_live(&b, u);
	snprintf(title, sizeof title, "next run: %d change%s", d->n, d->n == 1 ? "" : "s");
	page_open_text(u, title, b.s);
	return 0;
}

/*
 * Commands
 */

static int drop(struct ui *u, const char *key, struct err *e)
{
	const struct option *o = option_find_short(key);
	int n = next_run(u)->n;

	if (*key && !o)
		return option_unknown(key, e);
	if (!*key && n) {
		draft_free(next_run_edit(u));
		ui_say(u, "the draft is dropped, %d change%s", n, n == 1 ? "" : "s");
	} else if (n && draft_take_back(next_run_edit(u), o)) {
		say_set(u, o);
	} else if (*key) {
		return err_set(e, "draft off: the next run does not change %s", key);
	} else {
		return err_set(e, "draft off: the next run changes nothing");
	}
	return 0;
}

static int live(struct ui *u, struct err *e)
{
	int n = draft_live(next_run_edit(u), next_run_base(u), next_run_shown(u));

	if (!n)
		return err_set(e, "draft live: this run has no live change");
	ui_say(u, "%d live change%s of this run %s in the next run too", n, n == 1 ? "" : "s",
	       n == 1 ? "is" : "are");
	return 0;
}

int start_draft(struct ui *u, const char *args, struct err *e)
{
	struct setting x;

	if (!*args)
		return show(u);
	if (strcmp(args, "off") == 0 || strncmp(args, "off ", 4) == 0) {
		args += 3;
		return drop(u, args + strspn(args, " "), e);
	}
	if (strcmp(args, "live") == 0)
		return live(u, e);
	setting_of_console(&x, args);
	return start_draft_set(u, &x, e);
}
