/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shelf_private: the runs of a shelf, and the folders they are found in. For shelf*.c.
 */
#ifndef MIUST_SHELF_PRIVATE_H
#define MIUST_SHELF_PRIVATE_H

#include "app/shelf/shelf.h"

/* The run of a folder as it is named here, if it was there when they were put in order. */
struct shelf_run *shelf_known(const struct shelf *s, const char *dir);
/* Adds it, and looks at it. */
struct shelf_run *shelf_add_run(struct shelf *s, int place, const char *root, const char *dir,
				const char *study, struct shelf_run *around);

/* Every session that is not known is added; notes which folders were listed, and when. */
void shelf_list_all(struct shelf *s);
bool shelf_folders_changed(const struct shelf *s); /* since then */
void shelf_forget_folders(struct shelf *s);

#endif
