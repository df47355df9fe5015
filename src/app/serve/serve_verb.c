/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/serve/serve_private.h"

#include "app/lab/duel_order.h"
#include "app/lab/stored_table.h"
#include "app/session/notes.h"
#include "app/session/tags.h"
#include "base/near.h"

#include <stdlib.h>
#include <string.h>

static int answer_get(const struct serve_asked *of, const char *args, struct str *out,
		      struct err *e)
{
	const struct option *o = option_find_short(args);
	char value[OPTION_TEXT], takes[OPTION_TAKES];

	if (!*args)
		return err_set(e, "get KEY: expected a setting");
	if (!o)
		return option_unknown(args, e);
	if (!of->now->set.exp.nlabels)
		return err_set(e, "the data is still being read");
	str_addf(out, "%s %s   %s, default %s", o->key,
		 option_text(&of->now->set, o, value, sizeof value),
		 option_takes(o, takes, sizeof takes), option_default_text(o));
	return 0;
}

static int answer_notes(const struct serve_asked *of, const char *args, struct str *out,
			struct err *e)
{
	struct notes n;

	if (order_alone("notes", args, e) || notes_read(&n, of->now->session, e))
		return -1;
	for (int i = 0; i < n.n; i++) {
		const struct note *x = &n.at[i];

		if (i)
			str_add(out, "\n");
		if (x->epoch)
			str_addf(out, "fold %d, epoch %d, step %d: ", x->fold, x->epoch, x->step);
		str_add(out, x->text);
	}
	if (!n.n)
		str_add(out, "no notes yet; note TEXT makes one");
	notes_free(&n);
	return 0;
}

static int answer_states(const struct serve_asked *of, const char *args, struct str *out,
			 struct err *e)
{
	int n = order_alone("states", args, e)
			? -1
			: stored_table(out, of->now->session, of->now->fold, e);

	if (n == 0)
		str_addf(out, "fold %d has no stored state yet", of->now->fold);
	return n < 0 ? -1 : 0;
}

static int answer_tag(const struct serve_asked *of, const char *args, struct str *out,
		      struct err *e)
{
	if (!*args)
		return err_set(e, "tag TAG: expected a tag");
	if (tag_add(of->now->root, of->now->session, args, e))
		return -1;
	str_addf(out, "tagged %s", args);
	return 0;
}

static int answer_untag(const struct serve_asked *of, const char *args, struct str *out,
			struct err *e)
{
	if (!*args)
		return err_set(e, "untag TAG: expected a tag");
	if (tag_remove(of->now->root, of->now->session, args, e))
		return -1;
	str_addf(out, "no longer tagged %s", args);
	return 0;
}

static int answer_duel(const struct serve_asked *of, const char *args, struct str *out,
		       struct err *e)
{
	if (of->duel)
		return of->duel(of->duel_ctx, of->run, args, out, e);
	return err_set(e, "this process trains one run; stop it, and miust duel SESSION trains two "
			  "branches of it");
}

static void add_verb(struct str *out, const char *name, const char *args, const char *help)
{
	char usage[64];

	snprintf(usage, sizeof usage, "%s%s%s", name, *args ? " " : "", args);
	str_addf(out, "%s%-30s %s", out->len ? "\n" : "", usage, help);
}

static int answer_help(const struct serve_asked *of, const char *args, struct str *out,
		       struct err *e)
{
	(void)of;
	if (order_alone("help", args, e))
		return -1;
	for (const struct order_verb *v = order_verbs; v->name; v++)
		add_verb(out, v->name, v->args, v->help);
	for (const struct serve_verb *v = serve_verbs; v->name; v++)
		add_verb(out, v->name, v->args, v->help);
	/* Questions of the protocol, which are words for who asks from a shell. */
	add_verb(out, "snapshot", "", "The state as JSON (miust control).");
	add_verb(out, "events", "[FROM]", "What happens, a line each (miust control).");
	add_verb(out, "wait", "paused|ended", "Until it pauses, or has ended (miust control).");
	return 0;
}

const struct serve_verb serve_verbs[] = {
	{"get", "KEY", "Show a setting's value, range and default.", answer_get},
	{"notes", "", "All notes of the run.", answer_notes},
	{"states", "", "Stored states of the fold, to rewind to.", answer_states},
	{"tag", "TAG", "Give the run a tag.", answer_tag},
	{"untag", "TAG", "Take a tag away.", answer_untag},
	{"duel", "[" DUEL_ARGS "|off]", "Train two branches in turn; alone: how the duel stands.",
	 answer_duel},
	{"help", "", "All commands.", answer_help},
	{0},
};

const struct serve_verb *serve_verb_find(const char *name)
{
	for (const struct serve_verb *v = serve_verbs; v->name; v++)
		if (strcmp(v->name, name) == 0)
			return v;
	return NULL;
}

int serve_unknown(const char *word, struct err *e)
{
	struct near n = near_to(word);

	if (strcmp(word, "replay") == 0)
		return err_set(e, "replay begins a run, and this one has begun; miust train CONFIG "
				  "--replay FILE begins another");
	for (const struct order_verb *v = order_verbs; v->name; v++)
		near_try(&n, v->name);
	for (const struct serve_verb *v = serve_verbs; v->name; v++)
		near_try(&n, v->name);
	if (n.best)
		return err_set(e, "unknown command %.40s; did you mean %s? help lists all", word,
			       n.best);
	return err_set(e, "unknown command %.40s; help lists all", word);
}
