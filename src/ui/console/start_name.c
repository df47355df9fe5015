/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names of runs that are started. */
#include "base/file.h"
#include "base/str.h"
#include "ui/console/start_private.h"

#include <stdio.h>
#include <string.h>

enum { NUMBERS_MOST = 9999 };

int start_path(char path[PATH_LEN], const char *name, struct err *e)
{
	return path_join(path, PATH_LEN, QUEUE_FOLDER, name, e);
}

int start_free_name(char *name, size_t n, struct err *e)
{
	char path[PATH_LEN];
	size_t len = strlen(name);

	for (int i = 2; i <= NUMBERS_MOST; i++) {
		if (start_path(path, name, e))
			return -1;
		if (!file_exists(path))
			return 0;
		snprintf(name + len, n - len, "-%d", i);
	}
	name[len] = '\0';
	return err_set(e, "%s/%s and %d more are there; give a name: start NAME", QUEUE_FOLDER,
		       name, NUMBERS_MOST);
}

int start_check_name(const char *name, struct err *e)
{
	char path[PATH_LEN], other[START_NAME + 32];

	if (strlen(name) > START_NAME)
		return err_set(e, "a run's name has at most %d bytes; found %zu", START_NAME,
			       strlen(name));
	if (!*name || strchr("-.#~", *name) ||
	    strcspn(name, "/\\\"'`$*?[]{}|;&<>()!") != strlen(name))
		return err_set(e,
			       "'%.80s' cannot name a run: expected letters of any language, "
			       "digits and ._+-=, "
			       "beginning with one of the first two",
			       name);
	if (strncmp(name, "queue", 5) == 0 && (!name[5] || name[5] == '.'))
		return err_set(e, "%s/%s is the queue's own file; choose another name",
			       QUEUE_FOLDER, name);
	if (start_path(path, name, e))
		return -1;
	if (!file_exists(path))
		return 0;
	snprintf(other, sizeof other, "%s", name);
	return start_free_name(other, sizeof other, e)
		       ? -1
		       : err_set(e, "%s is there already; %s is free", path, other);
}

/* FOLDER/STUDY/RUN: is its parent's parent the folder of sessions? */
static bool is_in_study(const char *dir, const char **study, size_t *len)
{
	const char *run = path_base(dir), *parent = run > dir ? run - 1 : dir, *above;

	while (parent > dir && parent[-1] != '/')
		parent--;
	*study = parent;
	*len = run > parent ? (size_t)(run - parent) - 1 : 0;
	above = parent > dir ? parent - 1 : dir;
	while (above > dir && above[-1] != '/')
		above--;
	return *len && parent > above && strncmp(above, QUEUE_FOLDER "/", sizeof QUEUE_FOLDER) == 0;
}

char *start_from(const struct ui *u, char *name, size_t n)
{
	const char *study;
	size_t len;

	if (is_in_study(u->now.root[0] ? u->now.root : u->run.dir, &study, &len))
		snprintf(name, n, "%.*s-%s", (int)len, study, u->run.name);
	else
		snprintf(name, n, "%s", u->run.name);
	return name;
}
