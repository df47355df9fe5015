/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tags, archive, pruning and trash of stored runs. */
#include "app/cmd/commands.h"

#include "app/cmd/stored.h"
#include "app/queue/queue.h"
#include "app/session/session_prune.h"
#include "app/session/branch_trash.h"
#include "app/session/tags.h"
#include "app/study/num.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *plural(int n)
{
	return n == 1 ? "" : "s";
}

/* What cannot be undone is asked about on a terminal; anywhere else --yes says it. */
static int agreed(const struct args *a, const char *question, struct err *e)
{
	char answer[16] = "";

	if (a->yes)
		return 0;
	if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
		return err_usage(
			e, "nobody can be asked without a terminal; --yes goes on without asking");
	fprintf(stderr, "%s [y/N] ", question);
	if (fgets(answer, sizeof answer, stdin) && (answer[0] == 'y' || answer[0] == 'Y'))
		return 0;
	return err_set(e, "nothing was changed");
}

/* ---- tags, archive ---- */

/* Change the run that NAME means. */
static int with_run(const struct args *a,
		    int (*change)(const struct args *a, struct shelf_run *r, struct err *e),
		    struct err *e)
{
	struct stored s;
	struct shelf_run *r;
	int failed = stored_open(&s, NULL, e);

	r = failed ? NULL : stored_find(&s, a->operand[0], e);
	if (r)
		failed = change(a, r, e);
	stored_close(&s);
	return r && !failed ? 0 : -1;
}

static int tag_run(const struct args *a, struct shelf_run *r, struct err *e)
{
	return tag_add(r->root, r->dir, a->operand[1], e);
}

static int untag_run(const struct args *a, struct shelf_run *r, struct err *e)
{
	return tag_remove(r->root, r->dir, a->operand[1], e);
}

static int tag(const struct args *a, struct err *e)
{
	return with_run(a, tag_run, e);
}

static int untag(const struct args *a, struct err *e)
{
	return with_run(a, untag_run, e);
}

#define NAME_HELP                                                                                 \
	"NAME is as `sessions list` shows it, the end of it after a slash if no other run ends\n" \
	"so, or the run's folder."

const struct command cmd_sessions_tag = {
	.name = "sessions tag",
	.operands = "NAME TAG",
	.least = 2,
	.most = 2,
	.help = "Give a stored run a tag.",
	.more = NAME_HELP " A run that trains may be tagged.",
	.run = tag,
	.stores = true,
};

const struct command cmd_sessions_untag = {
	.name = "sessions untag",
	.operands = "NAME TAG",
	.least = 2,
	.most = 2,
	.help = "Take a tag away from a stored run.",
	.more = NAME_HELP,
	.run = untag,
	.stores = true,
};

static int archive_run(const struct args *a, struct shelf_run *r, struct err *e)
{
	if (a->undo && r->archived && !r->x.archived)
		return err_set(e, "%s: its session is archived; bring that back instead", r->path);
	return archive_set(r->root, r->dir, !a->undo, e);
}

static int archive(const struct args *a, struct err *e)
{
	return with_run(a, archive_run, e);
}

const struct command cmd_sessions_archive = {
	.name = "sessions archive",
	.operands = "NAME",
	.least = 1,
	.most = 1,
	.takes = (const enum flag[]){FLAG_UNDO, FLAG_NONE},
	.help = "Hide a stored run from lists; nothing is moved.",
	.more = NAME_HELP
	"\n"
	"A session is archived with its seeds and branches. Refused while another program\n"
	"writes it.",
	.run = archive,
	.stores = true,
};

/* ---- prune ---- */

/* Which of them have something to prune, and how much: said before anything is removed. */
static int64_t print_plan(struct stored *s)
{
	int64_t sum = 0;
	int n = 0;

	for (int i = 0; i < s->n; i++) {
		struct shelf_run *r = s->run[i];
		int64_t bytes = r->state == SHELF_FINISHED ? prune_bytes(r->dir) : 0;
		char size[NUM_LEN];

		if (!bytes)
			continue;
		s->run[n++] = r;
		sum += bytes;
		str_cell(stdout, 9, num_bytes(size, (double)bytes));
		printf("  %s\n", r->path);
	}
	s->n = n;
	fflush(stdout);
	return sum;
}

static int prune_all(const struct stored *s, struct err *e)
{
	int64_t sum = 0;
	char size[NUM_LEN];
	int failed = 0, done = 0;

	for (int i = 0; i < s->n; i++) {
		struct err why = {0};
		int64_t freed;

		if (session_prune(s->run[i]->root, s->run[i]->dir, &freed, &why)) {
			cli_message("%s", why.text);
			failed++;
		} else {
			done++;
		}
		sum += freed;
	}
	cli_message("%d run%s pruned, %s freed", done, plural(done), num_bytes(size, (double)sum));
	return failed ? err_set(e, "%d run%s could not be pruned", failed, plural(failed)) : 0;
}

static int prune(const struct args *a, struct err *e)
{
	char question[160], size[NUM_LEN];
	struct stored s;
	int failed = stored_open(&s, a->noperands ? a->operand[0] : NULL, e);
	int64_t sum = failed ? 0 : print_plan(&s);

	if (!failed && s.n == 0) {
		cli_message("nothing to prune: no finished run has states or last weights");
	} else if (!failed) {
		snprintf(question, sizeof question,
			 "remove last.safetensors, state.safetensors and states/ of %d finished "
			 "run%s (%s)?",
			 s.n, plural(s.n), num_bytes(size, (double)sum));
		cli_message(
			"the kept checkpoints, rows and figures stay; a pruned run cannot go on");
		failed = agreed(a, question, e) || prune_all(&s, e);
	}
	stored_close(&s);
	return failed ? -1 : 0;
}

const struct command cmd_sessions_prune = {
	.name = "sessions prune",
	.operands = "[FILTER]",
	.most = 1,
	.takes = (const enum flag[]){FLAG_YES, FLAG_NONE},
	.help = "Remove what finished runs no longer need.",
	.more = "Says first what and how much. Of each finished run that passes FILTER (see "
		"`sessions list`), last.safetensors,\n"
		"state.safetensors and states/ go; best.safetensors, rows, figures and "
		"predictions\n"
		"stay. A pruned run can be evaluated and compared, not gone on with. Asks on a\n"
		"terminal; anywhere else it needs --yes. A session that any program writes is "
		"left\n"
		"alone.",
	.run = prune,
	.stores = true,
};

/* ---- trash ---- */

static int trash_list(const struct trash *t)
{
	char size[NUM_LEN];

	for (int i = 0; i < t->n; i++) {
		const struct trash_entry *x = &t->at[i];
		const char *was = x->from + x->below;

		str_cell(stdout, 9, num_bytes(size, (double)x->bytes));
		printf("  %s", x->name);
		if (strcmp(x->name, was) != 0)
			printf("   was %s", was);
		printf("\n");
	}
	fflush(stdout);
	cli_message("%d in the trash, %s", t->n, num_bytes(size, (double)t->bytes));
	return 0;
}

static int trash_empty(const struct args *a, const struct trash *t, struct err *e)
{
	char question[120], size[NUM_LEN];
	int failed;

	if (!t->n) {
		cli_message("the trash is empty already");
		return 0;
	}
	snprintf(question, sizeof question, "delete %d session%s (%s) for good?", t->n,
		 plural(t->n), num_bytes(size, (double)t->bytes));
	failed = agreed(a, question, e);
	for (int i = 0; i < t->n && !failed; i++)
		failed = branch_trash_remove(&t->at[i], e);
	if (!failed)
		cli_message("%d session%s deleted, %s freed", t->n, plural(t->n), size);
	return failed;
}

static int trash_back(const struct trash *t, const char *name, struct err *e)
{
	const struct trash_entry *x = trash_find(t, name);

	if (!x)
		return err_set(e, "%.100s is not in the trash; miust sessions trash list shows all",
			       name);
	if (trash_restore(x, e))
		return -1;
	cli_message("%s is back", x->from);
	return 0;
}

static int trash(const struct args *a, struct err *e)
{
	const char *what = a->operand[0];
	struct trash t = {0};
	struct stored s;
	int failed = stored_open(&s, NULL, e);

	shelf_trash(&s.shelf, &t);
	stored_close(&s);
	if (failed)
		return -1;
	if (strcmp(what, "list") == 0 && a->noperands == 1)
		failed = trash_list(&t);
	else if (strcmp(what, "empty") == 0 && a->noperands == 1)
		failed = trash_empty(a, &t, e);
	else if (strcmp(what, "restore") == 0 && a->noperands == 2)
		failed = trash_back(&t, a->operand[1], e);
	else
		failed = err_usage(e, "expected list, restore NAME or empty; found '%.60s'", what);
	trash_free(&t);
	return failed;
}

const struct command cmd_sessions_trash = {
	.name = "sessions trash",
	.operands = "list|restore NAME|empty",
	.least = 1,
	.most = 2,
	.takes = (const enum flag[]){FLAG_YES, FLAG_NONE},
	.help = "List, restore or delete for good what was deleted.",
	.more = "`empty` asks on a terminal; anywhere else it needs --yes.",
	.run = trash,
	.stores = true,
};
