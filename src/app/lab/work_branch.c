/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Branches of a run, and a run that is one. */
#include "app/lab/job_branch.h"
#include "app/lab/work_private.h"

#include <stdio.h>
#include <string.h>

void work_branch(struct work_run *run, const char *args, char *text, size_t n, struct err *e)
{
	struct branch_order o;
	struct rewind at;

	if (branch_order(&o, args, e) == 0 && job_branch(&run->job, &o, &at, e) == 0)
		snprintf(text, n, "branch %s left at %d:%d", o.name, at.epoch, at.in_epoch);
}

int work_refuse_repeat(const struct work_run *run, const struct request *r, struct err *e)
{
	const struct job *j = &run->job;
	int left = j->ahead - j->trainer.state.step;

	if (!job_repeats(j) || strcmp(r->text, "eval") == 0 || strcmp(r->text, "save") == 0 ||
	    strncmp(r->text, "note ", 5) == 0)
		return 0;
	return err_set(e,
		       "the branch has %d step%s to do as its parent did, before it can be "
		       "changed; let it go on first",
		       left, left == 1 ? "" : "s");
}
