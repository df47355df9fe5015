/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which sessions lie in a shelf's folders. */
#include "app/shelf/shelf_private.h"

#include "app/session/session.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"

#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>

static void note_folder(struct shelf *s, const char *dir)
{
	struct shelf_folder *f;
	struct stat st = {0};

	s->folder = mem_grow(s->folder, (size_t)s->nfolders + 1, sizeof *s->folder);
	f = &s->folder[s->nfolders++];
	if (stat(dir, &st))
		st = (struct stat){0};
	*f = (struct shelf_folder){mem_dup(dir), st.st_mtim, st.st_ino};
}

void shelf_forget_folders(struct shelf *s)
{
	for (int i = 0; i < s->nfolders; i++)
		free(s->folder[i].dir);
	free(s->folder);
	s->folder = NULL;
	s->nfolders = 0;
}

bool shelf_folders_changed(const struct shelf *s)
{
	for (int i = 0; i < s->nfolders; i++) {
		const struct shelf_folder *f = &s->folder[i];
		struct stat st = {0};

		if (stat(f->dir, &st))
			st = (struct stat){0};
		if (st.st_ino != f->ino || st.st_mtim.tv_sec != f->changed.tv_sec ||
		    st.st_mtim.tv_nsec != f->changed.tv_nsec)
			return true;
	}
	return false;
}

/* A folder, and those it lies in as it is reached here. */
struct nest {
	const struct nest *around;
	struct stat st;
};

/* Does a link lead back to a folder that it lies in? */
static bool is_loop(const struct nest *inner)
{
	for (const struct nest *n = inner->around; n; n = n->around)
		if (n->st.st_dev == inner->st.st_dev && n->st.st_ino == inner->st.st_ino)
			return true;
	return false;
}

/* A folder of sessions and, below it, of studies, `depth` more of them. */
static void list_folder(struct shelf *s, int place, const char *dir, const char *study, int depth,
			const struct nest *around)
{
	struct nest here = {.around = around};
	struct dirent *d;
	DIR *open;

	note_folder(s, dir);
	if (stat(dir, &here.st) || is_loop(&here))
		return;
	open = opendir(dir);
	while (open && (d = readdir(open))) {
		char *inside, *below;

		if (d->d_name[0] == '.' ||
		    (d->d_type != DT_DIR && d->d_type != DT_LNK && d->d_type != DT_UNKNOWN))
			continue;
		inside = str_format("%s/%s", dir, d->d_name);
		if (shelf_known(s, inside)) {
		} else if (session_exists(inside)) {
			shelf_add_run(s, place, inside, inside, study, NULL);
		} else if (depth > 1 && file_is_dir(inside)) {
			below = str_format("%s%s%s", study, *study ? "/" : "", d->d_name);
			list_folder(s, place, inside, below, depth - 1, &here);
			free(below);
		} else if (file_is_dir(inside)) {
			note_folder(s, inside); /* it may become a session */
		}
		free(inside);
	}
	if (open)
		closedir(open);
}

void shelf_list_all(struct shelf *s)
{
	shelf_forget_folders(s);
	for (int i = 0; i < s->nplaces; i++) {
		const struct shelf_place *p = &s->place[i];

		if (p->depth != SHELF_ONE)
			list_folder(s, i, p->dir, "", (int)p->depth, NULL);
		else if (!shelf_known(s, p->dir) && session_exists(p->dir))
			shelf_add_run(s, i, p->dir, p->dir, "", NULL);
		if (p->depth == SHELF_ONE)
			note_folder(s, p->dir);
	}
}
