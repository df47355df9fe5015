/* SPDX-License-Identifier: GPL-3.0-or-later */
/* branch_trash: what a branch leaves in the run it left, when it is deleted for good. */
#ifndef MIUST_BRANCH_TRASH_H
#define MIUST_BRANCH_TRASH_H

#include "app/session/session_trash.h"

/* trash_remove. The stored state at which a branch begins (states_pin) may then be thinned out of
 * the run it left, unless another branch, in its place or in the trash, begins there too. */
int branch_trash_remove(const struct trash_entry *x, struct err *e);
/* The same of a branch in its place: session_delete. */
int branch_delete(const char *dir, struct err *e);

#endif
