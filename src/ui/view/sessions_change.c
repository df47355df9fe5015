/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What view 7 changes: stored runs, and the queue. */
#include "ui/view/sessions.h"

#include "app/queue/queue.h"
#include "app/session/notes.h"
#include "app/session/session_delete.h"
#include "app/session/tags.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "ui/console/complete.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BRANCHES_NAMED = 5 };

/* Questions are answered by the same command with `now`. */
static const char *is_answer(const char *args)
{
	return strncmp(args, "now ", 4) == 0 ? args + 4 : NULL;
}

const char *sessions_refuse_run(const struct ui *u)
{
	return sessions_at(u)     ? NULL
	       : sessions_line(u) ? "no run is selected"
				  : "no session is stored yet";
}

/*
 * Deleting
 */

/* "another program trains its branch lr-half: process 4711 ...": x is r, or lies in it. */
static const char *trains(struct sessions_view *v, const struct shelf_run *x,
			  const struct shelf_run *r)
{
	bool here = x->state != SHELF_ELSEWHERE;
	char what[128] = "this session", who[256] = "";

	if (x != r && x->branch)
		snprintf(what, sizeof what, "its branch %.100s", strrchr(x->dir, '/') + 1);
	if (!here)
		lock_owner_text(&x->held[0].who, who, sizeof who);
	if (here)
		snprintf(v->refusal, sizeof v->refusal, "%s trains here; stop it first", what);
	else
		snprintf(v->refusal, sizeof v->refusal,
			 "another program trains %s%s%s; stop it there first", what,
			 *who ? ": " : "", who);
	return v->refusal;
}

/* Is it the run, or in its folder? */
static bool lies_in(const struct shelf_run *x, const struct shelf_run *r)
{
	while (x && x != r)
		x = x->around;
	return x;
}

/* Why its folder may not be deleted or archived, or NULL. */
static const char *kept(const struct ui *u, const struct shelf_run *r)
{
	struct sessions_view *v = sessions_view(u);
	const struct shelf_run *here = v->here;

	if (here && (r == here || (!r->around && strcmp(r->root, here->root) == 0)))
		return "this session is open; open another one first";
	for (int i = 0; i < v->shelf.n; i++) {
		const struct shelf_run *x = v->shelf.run[i];

		/* A branch has its own locks, and takes nothing with it. */
		if (strcmp(x->root, r->root) != 0 || (x->branch || r->branch ? !lies_in(x, r) : 0))
			continue;
		if (x->state == SHELF_TRAINS || x->state == SHELF_PAUSED ||
		    x->state == SHELF_ELSEWHERE)
			return trains(v, x, r);
	}
	return NULL;
}

const char *sessions_refuse_delete(const struct ui *u)
{
	const char *why = sessions_refuse_run(u);

	return why ? why : kept(u, sessions_at(u));
}

static int delete_now(struct ui *u, const struct shelf_run *r, struct err *e)
{
	char place[PATH_LEN];

	if (session_trash(r->root, r->dir, place, sizeof place, e))
		return -1;
	sessions_load(u);
	ui_say(u, "deleted; trash restore %s brings it back", path_base(place));
	return 0;
}

/* "2 of 5 folds, fold 3 at epoch 4 of 25", or "5 of 5 folds (train.epoch 25)" */
static void put_size(struct str *b, const struct shelf_run *r)
{
	const struct summary *x = &r->x;

	str_addf(b, "%d of %d fold%s", x->done, x->folds, x->folds == 1 ? "" : "s");
	if (x->fold >= 0)
		str_addf(b, ", fold %d at epoch %d of %d", x->fold, x->epoch, x->epochs);
	else if (x->epochs > 0)
		str_addf(b, " (train.epoch %d)", x->epochs);
}

/* What goes with it: ", with its seed 54 and its branches lr, before-rewind-1" */
static void put_inside(struct str *b, const struct sessions_view *v, const struct shelf_run *r)
{
	int seeds = 0, branches = 0;

	for (int i = 0; i < v->shelf.n; i++) {
		const struct shelf_run *x = v->shelf.run[i];

		seeds += x != r && lies_in(x, r) && !x->branch;
		branches += x != r && lies_in(x, r) && x->branch;
	}
	if (seeds)
		str_addf(b, ", with %d seed%s", seeds, seeds == 1 ? "" : "s");
	if (branches)
		str_addf(b, "%s the branch%s ", seeds ? " and" : ", with",
			 branches == 1 ? "" : "es");
	for (int i = 0, n = 0; i < v->shelf.n && branches; i++) {
		const struct shelf_run *x = v->shelf.run[i];

		if (x != r && lies_in(x, r) && x->branch && n++ < BRANCHES_NAMED)
			str_addf(b, "%s%s", n > 1 ? ", " : "", path_base(x->dir));
	}
	if (branches > BRANCHES_NAMED)
		str_addf(b, " and %d more", branches - BRANCHES_NAMED);
}

int sessions_delete(struct ui *u, const char *args, struct err *e)
{
	struct sessions_view *v = sessions_view(u);
	const char *answer = is_answer(args), *why;
	const struct shelf_run *r = answer ? sessions_find(u, answer, e) : sessions_at(u);
	char command[PATH_LEN + 16];
	struct str question = {0};

	if (!r)
		return err_set(e, "delete: nothing is selected");
	why = kept(u, r);
	if (why)
		return err_set(e, "delete: %s", why);
	if (answer)
		return delete_now(u, r, e);
	str_addf(&question, "delete %s, started %s, ", r->path, r->begun);
	put_size(&question, r);
	put_inside(&question, v, r);
	str_add(&question, "? y/n");
	snprintf(command, sizeof command, "delete now %s", r->dir);
	ui_ask(u, command, "%s", question.s);
	str_free(&question);
	return 0;
}

/*
 * Tags, the archive, notes
 */

/* The selected run, or of a variant all its seeds. */
static int each_selected(struct ui *u, const char *tag, const char *verb,
			 int (*change)(const char *root, const char *dir, const char *tag,
				       struct err *e),
			 struct err *e)
{
	struct sessions_view *v = sessions_view(u);
	const struct outline_line *l = sessions_line(u);
	int failed = 0, changed = 0;

	for (int i = 0; i < v->shelf.n && !failed; i++) {
		struct shelf_run *r = v->shelf.run[i];
		bool seed = l->kind == LINE_VARIANT && !r->branch && shelf_root(r) == l->run;

		if (r != l->run && !seed)
			continue;
		failed = r == v->here && ui_attached(u) ? ui_command(u, verb, tag, e)
							: change(r->root, r->dir, tag, e);
		changed += !failed;
	}
	sessions_load(u);
	return failed || !changed ? -1 : 0;
}

/* Who trains the run that this screen follows has its folder. */
static const char *refuse_tag(const struct ui *u)
{
	if (!sessions_refuse_run(u) && sessions_at(u) == sessions_view(u)->here && ui_followed(u))
		return ui_followed(u);
	return sessions_refuse_run(u);
}

int sessions_tag(struct ui *u, const char *args, struct err *e)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
	const char *quote; /* of a text in a condition */

	if (!*args)
		return err_usage(e, "tag TAG: expected a tag");
	if (refuse_tag(u))
		return err_set(e, "tag: %s", refuse_tag(u));
	if (each_selected(u, args, "tag", tag_add, e))
		return -1;
	quote = strspn(args, plain) == strlen(args) ? "" : strchr(args, '"') ? "'" : "\"";
	ui_say(u, "tagged %s; filter tag=%s%s%s lists all that are", args, quote, args, quote);
	return 0;
}

int sessions_untag(struct ui *u, const char *args, struct err *e)
{
	if (!*args)
		return err_usage(e, "untag TAG: expected a tag");
	if (refuse_tag(u))
		return err_set(e, "untag: %s", refuse_tag(u));
	if (each_selected(u, args, "untag", tag_remove, e))
		return -1;
	ui_say(u, "the tag %s is gone from it", args);
	return 0;
}

/* The tags there are; with untag those of the selected run. */
void sessions_complete_tag(struct ui *u, const struct words *w, struct completions *c)
{
	struct sessions_view *v = sessions_view(u);
	bool own = w->verb && strcmp(w->verb->name, "untag") == 0;
	struct texts seen = {0};

	for (int i = 0; i < v->shelf.n; i++) {
		const struct shelf_run *r = v->shelf.run[i];
		const char *tag = r->x.tags ? r->x.tags : "";

		if (own && r != sessions_at(u))
			continue;
		for (; *tag; tag += strcspn(tag, "\n"), tag += *tag == '\n') {
			char *one = str_format("%.*s", (int)strcspn(tag, "\n"), tag);
			size_t n = seen.n;

			texts_one(&seen, one);
			if (seen.n > n)
				complete_add(c, one);
			free(one);
		}
	}
	texts_free(&seen);
	complete_sort(c);
}

int sessions_archive(struct ui *u, const char *args, struct err *e)
{
	const struct shelf_run *r = sessions_at(u);
	char name[2 * PATH_LEN];
	bool was;

	(void)args;
	if (!r)
		return err_set(e, "archive: %s", sessions_refuse_run(u));
	was = r->x.archived;
	if (!was && kept(u, r))
		return err_set(e, "archive: %s", kept(u, r));
	if (r->archived && !was)
		return err_set(e, "archive: its session is archived; bring that back instead");
	sessions_name(u, r, name, sizeof name);
	if (archive_set(r->root, r->dir, !was, e))
		return -1;
	sessions_load(u);
	if (was)
		ui_say(u, "%s is no longer archived", name);
	else
		ui_say(u, "%s is archived: hidden, and nothing moved; `archived` shows it", name);
	return 0;
}

int sessions_note(struct ui *u, const char *text, struct err *e)
{
	const struct shelf_run *r = sessions_at(u);
	struct note x = {.text = (char *)(size_t)text};
	char name[2 * PATH_LEN];
	int lock, failed;

	if (!r)
		return err_set(e, "note: %s", sessions_refuse_run(u));
	sessions_name(u, r, name, sizeof name);
	if (session_join_writers(r->root, &lock, e))
		return -1;
	failed = note_add(r->dir, &x, e);
	if (lock >= 0)
		close(lock);
	if (failed)
		return -1;
	sessions_load(u);
	ui_say(u, "noted of %s; notes lists all", name);
	return 0;
}

/*
 * The queue
 */

const char *sessions_refuse_queue(const struct ui *u)
{
	const char *why = sessions_refuse_run(u);

	return why ? why : sessions_at(u)->queued ? NULL : "it is not in the queue";
}

static int remove_now(struct ui *u, const struct shelf_run *r, struct err *e)
{
	char name[2 * PATH_LEN], folder[PATH_LEN];

	sessions_name(u, r, name, sizeof name);
	if (queue_remove(sessions_queue_of(u, r, folder), r->dir, NULL, e))
		return -1;
	sessions_load(u);
	ui_say(u, "%s no longer waits; its session stays", name);
	return 0;
}

static int remove_asked(struct ui *u, const struct shelf_run *r, struct err *e)
{
	char command[PATH_LEN + 32];
	struct str question = {0};

	if (r->x.done == 0 && r->x.epoch == 0)
		return remove_now(u, r, e);
	str_addf(&question, "%s has begun (", r->path);
	put_size(&question, r);
	str_add(&question, "); take it out of the queue? its session stays. y/n");
	snprintf(command, sizeof command, "place remove now %s", r->dir);
	ui_ask(u, command, "%s", question.s);
	str_free(&question);
	return 0;
}

static const struct {
	const char *name;
	int by;
} moves[] = {{"up", -1}, {"down", 1}, {"first", INT_MIN}, {"last", INT_MAX}};

int sessions_queue(struct ui *u, const char *args, struct err *e)
{
	bool answer = strncmp(args, "remove now ", 11) == 0;
	const struct shelf_run *r = answer ? sessions_find(u, args + 11, e) : sessions_at(u);
	char folder[PATH_LEN];

	if (!r)
		return err_set(e, "place: %s", sessions_refuse_run(u));
	if (!r->queued)
		return err_set(e, "place: it is not in the queue");
	if (answer)
		return remove_now(u, r, e);
	if (strcmp(args, "remove") == 0)
		return remove_asked(u, r, e);
	for (size_t i = 0; i < sizeof moves / sizeof *moves; i++)
		if (strcmp(args, moves[i].name) == 0) {
			if (queue_move(sessions_queue_of(u, r, folder), r->dir, moves[i].by, e))
				return -1;
			sessions_load(u);
			return 0;
		}
	return err_usage(e, "place: expected up, down, first, last or remove; found '%.40s'", args);
}
