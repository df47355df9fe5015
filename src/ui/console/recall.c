/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/console/recall.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/xdg.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <readline/history.h>

/* NULL: no home. */
static char *state_folder(void)
{
	char state[PATH_MAX];

	return xdg_folder(state, sizeof state, "XDG_STATE_HOME") ? str_format("%s/miust", state)
								 : NULL;
}

static int make_folder(const char *folder, struct err *e)
{
	if (file_is_dir(folder))
		return 0;
	if (make_dirs(folder, e))
		return -1;
	return chmod(folder, 0700) ? err_errno(e, folder, "cannot be kept private") : 0;
}

/* Only the newest lines, replaced as a whole. */
static int shorten(const struct recall *r, struct err *e)
{
	struct str all = {0};
	int failed;

	for (int i = 0; i < history_length; i++)
		str_addf(&all, "%s\n", history_get(history_base + i)->line);
	failed = file_write(r->path, str_text(&all), all.len, e);
	str_free(&all);
	return failed;
}

/* Lines into readline's list, which keeps the newest; returns how many. */
static int take_lines(char *text, size_t len)
{
	char *at = text;
	bool whole;
	int n = 0;

	for (char *line; (line = str_line(&at, text + len, &whole)); n++)
		if (*line)
			add_history(line);
	return n;
}

/* The lines that are there; the file is written again if it has grown too long. */
static int load(const struct recall *r, bool readonly, struct err *e)
{
	char *text;
	size_t len;
	int lines;

	if (!file_exists(r->path))
		return 0;
	text = file_read(r->path, FILE_SCRIPT, &len, e);
	if (!text)
		return -1;
	lines = take_lines(text, len);
	free(text);
	if (readonly)
		return 0;
	if (chmod(r->path, 0600))
		return err_errno(e, r->path, "cannot be kept private");
	return lines >= 2 * RECALL_KEPT ? shorten(r, e) : 0;
}

int recall_open(struct recall *r, bool readonly, struct err *e)
{
	char *folder = state_folder();
	int failed;

	*r = (struct recall){0};
	stifle_history(RECALL_KEPT);
	if (!folder)
		return 0;
	r->path = str_format("%s/history", folder);
	failed = (!readonly && make_folder(folder, e)) || load(r, readonly, e);
	if (readonly || !file_is_dir(folder))
		recall_close(r);
	free(folder);
	return failed ? -1 : 0;
}

static int append(const char *path, const char *line, struct err *e)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	char *row = str_format("%s\n", line);
	size_t n = strlen(row);
	int status = 0;

	if (fd < 0 || write(fd, row, n) != (ssize_t)n)
		status = err_errno(e, path, "cannot be written");
	if (fd >= 0)
		close(fd);
	free(row);
	return status;
}

int recall_add(struct recall *r, const char *line, struct err *e)
{
	HIST_ENTRY *last = history_length ? history_get(history_base + history_length - 1) : NULL;

	if (!*line || *line == ' ' || (last && strcmp(last->line, line) == 0))
		return 0;
	add_history(line);
	return r->path ? append(r->path, line, e) : 0;
}

void recall_close(struct recall *r)
{
	free(r->path);
	*r = (struct recall){0};
}
