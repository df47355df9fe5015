/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The program that trains a run elsewhere, reached through its socket. */
#include "app/lab/work_private.h"

bool attach_try(struct work_run *run, const struct lock_owner *o)
{
	(void)run;
	(void)o;
	return false;
}

int attach_fd(const struct work_run *run)
{
	(void)run;
	return -1;
}

short attach_poll(const struct work_run *run)
{
	(void)run;
	return 0;
}

bool attach_turn(struct work_run *run)
{
	(void)run;
	return false;
}

bool attach_ask(struct work_run *run, const struct request *r)
{
	(void)run;
	(void)r;
	return false;
}

void attach_close(struct work_run *run)
{
	(void)run;
}
