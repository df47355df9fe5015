/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/lab/job_branch.h"

#include "app/session/branch.h"
#include "base/file.h"
#include "base/str.h"

#include <stdio.h>
#include <string.h>

static const char SPACES[] = " \t";

int branch_order(struct branch_order *o, const char *args, struct err *e)
{
	size_t n = strcspn(args, SPACES);
	const char *at = args + n + strspn(args + n, SPACES);

	*o = (struct branch_order){0};
	if (!n)
		return err_set(e, "branch NAME [EPOCH:STEP]: expected a name");
	if (n >= sizeof o->name)
		return err_set(e, "a branch's name has at most %d bytes; found %zu", BRANCH_NAME,
			       n);
	memcpy(o->name, args, n);
	if (!*at || rewind_place(&o->at, at))
		return 0;
	if (strpbrk(at, SPACES))
		return err_set(
			e,
			"branch %.80s: a branch's name has no spaces, and only EPOCH:STEP may "
			"come after it",
			args);
	return err_set(
		e,
		"branch %s %.40s: expected EPOCH:STEP, where so many steps of that epoch are "
		"done (4:0 is the end of epoch 3)",
		o->name, at);
}

static struct rewind present(const struct trainer *t)
{
	const struct state *s = &t->state;

	return s->ended ? (struct rewind){.epoch = s->epoch + 1}
			: (struct rewind){.epoch = s->epoch, .in_epoch = s->in_epoch};
}

static void say(void *ctx, const char *text)
{
	job_say(ctx, "%s", text);
}

static int make(struct job *j, const struct branch_order *o, const struct rewind *at, struct err *e)
{
	const char *dir = j->session.dir;
	int fold = j->trainer.state.fold, step;
	char out[PATH_LEN];

	return branch_step(dir, fold, at->epoch, at->in_epoch, &step, e) ||
			       (step == j->trainer.state.step && job_save(j, e)) ||
			       branch_make(dir, o->name, fold, step, out, sizeof out, say, j, e)
		       ? -1
		       : 0;
}

int job_branch(struct job *j, const struct branch_order *o, struct rewind *at, struct err *e)
{
	struct str line = {0};
	int failed;

	*at = o->at.epoch ? o->at : present(&j->trainer);
	str_addf(&line, "branch %s %d:%d", o->name, at->epoch, at->in_epoch);
	failed =
		steer_free(&j->steer, e) || make(j, o, at, e) || steer_remark(&j->steer, line.s, e);
	str_free(&line);
	return failed ? -1 : 0;
}

void job_branch_due(struct job *j, const struct change *c)
{
	struct branch_order o;
	struct rewind at;
	struct err e = {0};
	char path[PATH_LEN];
	size_t n = strlen("branch");

	n += strspn(c->command + n, SPACES);
	if (branch_order(&o, c->command + n, &e) == 0 &&
	    branch_path(j->session.dir, o.name, path, sizeof path, &e) == 0 && file_exists(path))
		return;
	at = o.at.epoch ? o.at : present(&j->trainer);
	if (!e.status)
		make(j, &o, &at, &e);
	if (e.status)
		job_say(j, "%s", e.text);
}
