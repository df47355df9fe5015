/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/cmd/commands.h"

#include "app/queue/queue.h"
#include "app/queue/waiting.h"
#include "app/session/session_data.h"
#include "app/session/session_state.h"
#include "base/file.h"
#include "base/str.h"
#include "base/util.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

/* ---- add ---- */

static void say_queued(const char *dir)
{
	const struct queue_run *r;
	struct err ignored = {0};
	struct queue q;

	if (queue_read(&q, QUEUE_FOLDER, &ignored))
		return;
	r = queue_find(&q, dir, &ignored);
	if (r)
		cli_message("queued as number %d of %d", (int)(r - q.run) + 1, q.n);
	queue_free(&q);
}

static int add(const struct args *a, struct err *e)
{
	const struct waiting_asked asked = {
		.folder = QUEUE_FOLDER,
		.config = a->noperands ? a->operand[0] : NULL,
		.set = a->set,
		.nset = a->nset,
		.seeds = a->seeds,
		.skip_bad = a->skip_bad,
		.say = cli_say,
	};
	char dir[PATH_LEN];

	if (a->resume && (!a->session || a->noperands || a->nset || a->skip_bad))
		return err_usage(e, "--resume queues the session of --session as it is; it takes "
				    "neither CONFIG nor --set nor --skip-bad");
	if (a->resume) {
		if (queue_add(QUEUE_FOLDER, a->session, max_int(a->seeds, 1), QUEUE_LAST, e))
			return -1;
		snprintf(dir, sizeof dir, "%s", a->session);
	} else if (!asked.config) {
		return err_usage(e, "CONFIG is missing; only --session DIR --resume needs none");
	} else if (waiting_queue(&asked, a->session, QUEUE_LAST, dir, sizeof dir, e)) {
		return -1;
	}
	printf("%s\n", dir);
	fflush(stdout);
	say_queued(dir);
	return 0;
}

const struct command cmd_queue_add = {
	.name = "queue add",
	.operands = "[CONFIG]",
	.most = 1,
	.takes = (const enum flag[]){FLAG_SESSION, FLAG_SET, FLAG_SEEDS, FLAG_SKIP_BAD, FLAG_RESUME,
				     FLAG_NONE},
	.help = "Queue a run, or with --resume a session that is there.",
	.more = "Settings and data are checked as `train` checks them; what waits is a session\n"
		"folder with config.yml and data.csv, and a line in sessions/queue. Training it\n"
		"leaves the bytes that `miust train` with the same arguments leaves. Prints the\n"
		"session's folder.",
	.run = add,
	.stores = true,
};

/* ---- list ---- */

/* "5 folds x 25 epochs, 3 seeds" */
static void put_size(struct str *b, const struct queue_run *r)
{
	struct settings set;
	struct session s;
	struct err e = {0};
	int folds;

	if (session_read(&s, r->dir, &set, &e)) {
		str_add(b, e.text);
		return;
	}
	folds = session_folds(&s, &set);
	str_addf(b, "%d fold%s, %d epoch%s", folds, folds == 1 ? "" : "s", set.train.epoch,
		 set.train.epoch == 1 ? "" : "s");
	if (r->seeds > 1)
		str_addf(b, ", %d seeds", r->seeds);
}

static void print_row(int number, const struct queue_run *r, int width)
{
	struct str size = {0};
	char who[256], state[280];
	enum queue_state s = queue_state(r, who, sizeof who);

	put_size(&size, r);
	snprintf(state, sizeof state, "%s%s%s", queue_state_word(s), who[0] ? ": " : "", who);
	printf("%4d  ", number);
	str_cell(stdout, -width, r->name);
	printf("  ");
	str_cell(stdout, -8, state);
	printf("  %s\n", str_text(&size));
	str_free(&size);
}

static int list(const struct args *a, struct err *e)
{
	struct queue q;
	int width = 4;

	(void)a;
	if (queue_read(&q, QUEUE_FOLDER, e))
		return -1;
	queue_say_faults(&q, cli_say, NULL);
	if (q.n == 0)
		cli_message("the queue is empty; `miust queue add CONFIG` adds a run");
	for (int i = 0; i < q.n; i++)
		width = max_int(width, str_columns(q.run[i].name));
	for (int i = 0; i < q.n; i++)
		print_row(i + 1, &q.run[i], width);
	queue_free(&q);
	return 0;
}

const struct command cmd_queue_list = {
	.name = "queue list",
	.operands = "",
	.help = "List the runs that wait, in their order, with their state.",
	.more = "A run waits, has begun (it was stopped or broken off, and goes on where it was),\n"
		"trains (in which process, on which machine), or is finished and only its line is\n"
		"left.",
	.run = list,
};

/* ---- remove, move ---- */

/* The folder of the run that NAME means; with `any` also of a line whose session is gone. */
static int find(const char *name, bool any, char dir[PATH_LEN], struct err *e)
{
	const struct queue_run *r;
	struct queue q;

	if (queue_read(&q, QUEUE_FOLDER, e))
		return -1;
	r = queue_find(&q, name, e);
	if (r)
		memcpy(dir, r->dir, PATH_LEN);
	queue_free(&q);
	if (!r && any) {
		struct err own = {0};
		bool was = false;

		if (path_join(dir, PATH_LEN, *name == '/' ? "" : QUEUE_FOLDER, name, &own) == 0 &&
		    queue_remove(QUEUE_FOLDER, dir, &was, &own) == 0 && was) {
			err_clear(e);
			return 0;
		}
	}
	return r ? 0 : -1;
}

static int remove_run(const struct args *a, struct err *e)
{
	char dir[PATH_LEN], who[256];

	if (find(a->operand[0], true, dir, e) || queue_remove(QUEUE_FOLDER, dir, NULL, e))
		return -1;
	if (session_exists(dir) && session_written(dir, who, sizeof who))
		cli_message("%s trains on%s%s; it is only no longer queued", dir,
			    who[0] ? " in " : "", who);
	return 0;
}

const struct command cmd_queue_remove = {
	.name = "queue remove",
	.operands = "NAME",
	.least = 1,
	.most = 1,
	.help = "Take a run out of the queue; its session stays.",
	.more = "NAME is as `queue list` shows it, its last part if no other run ends so, or the\n"
		"session's folder.",
	.run = remove_run,
	.stores = true,
};

static const struct {
	const char *name;
	int by;
} moves[] = {{"up", -1}, {"down", 1}, {"first", INT_MIN}, {"last", INT_MAX}};

static int move(const struct args *a, struct err *e)
{
	char dir[PATH_LEN];

	for (size_t i = 0; i < sizeof moves / sizeof *moves; i++)
		if (strcmp(a->operand[1], moves[i].name) == 0)
			return find(a->operand[0], false, dir, e) ||
					       queue_move(QUEUE_FOLDER, dir, moves[i].by, e)
				       ? -1
				       : 0;
	return err_usage(e, "expected up, down, first or last; found '%.80s'", a->operand[1]);
}

const struct command cmd_queue_move = {
	.name = "queue move",
	.operands = "NAME up|down|first|last",
	.least = 2,
	.most = 2,
	.help = "Change a run's place in the queue.",
	.more = "NAME is as for `queue remove`.",
	.run = move,
	.stores = true,
};
