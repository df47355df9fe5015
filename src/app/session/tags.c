/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/session/tags.h"

#include "app/session/session.h"
#include "app/session/session_delete.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/plain.h"
#include "base/str.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char TAGS[] = "tags.txt", ARCHIVED[] = "archived";

/*
 * Reading
 */

bool tags_have(const struct tags *t, const char *tag)
{
	for (int i = 0; i < t->n; i++)
		if (strcmp(t->at[i], tag) == 0)
			return true;
	return false;
}

static void add(struct tags *t, const char *tag)
{
	t->at = mem_grow(t->at, (size_t)t->n + 1, sizeof *t->at);
	t->at[t->n++] = mem_dup(tag);
}

int tags_read(struct tags *t, const char *dir, struct err *e)
{
	char path[PATH_LEN], *text, *at, *line;
	size_t len;
	bool whole;

	*t = (struct tags){0};
	if (path_join(path, sizeof path, dir, TAGS, e))
		return -1;
	if (file_read_any(&text, path, FILE_LOG, &len, e))
		return -1;
	at = text;
	while ((line = str_line(&at, text + len, &whole))) {
		line = plain_line(line, strlen(line));
		if (*line && !tags_have(t, line))
			add(t, line);
	}
	free(text);
	return 0;
}

void tags_free(struct tags *t)
{
	for (int i = 0; i < t->n; i++)
		free(t->at[i]);
	free(t->at);
	*t = (struct tags){0};
}

/*
 * Writing
 */

static int check(const char *tag, struct err *e)
{
	if (!*tag)
		return err_usage(e, "expected a tag");
	if (strlen(tag) >= TAG_LEN)
		return err_usage(e, "the tag is too long: at most %d bytes", TAG_LEN - 1);
	for (const char *c = tag; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			return err_usage(e, "a tag is one line of text");
	return 0;
}

static int write_tags(const struct tags *t, const char *dir, struct err *e)
{
	struct str text = {0};
	char path[PATH_LEN];
	int failed;

	for (int i = 0; i < t->n; i++)
		str_addf(&text, "%s\n", t->at[i]);
	failed = path_join(path, sizeof path, dir, TAGS, e) || file_check_own(path, e) ||
		 file_write(path, str_text(&text), text.len, e);
	str_free(&text);
	return failed ? -1 : 0;
}

static void drop(struct tags *t, const char *tag)
{
	int n = 0;

	for (int i = 0; i < t->n; i++)
		if (strcmp(t->at[i], tag) == 0)
			free(t->at[i]);
		else
			t->at[n++] = t->at[i];
	t->n = n;
}

/* Read, changed and written under the lock. */
static int change(const char *root, const char *dir, const char *tag, bool have, struct err *e)
{
	struct tags t = {0};
	int lock, failed;

	if (check(tag, e) || session_join_writers(root, &lock, e))
		return -1;
	if (!session_exists(dir))
		failed = err_at(e, dir, 0, 0, "is not a session (it has no config.yml)");
	else
		failed = tags_read(&t, dir, e);
	if (!failed && tags_have(&t, tag) == have)
		failed = err_set(e, "%s %s the tag %s", path_base(dir),
				 have ? "already has" : "does not have", tag);
	if (!failed && have)
		add(&t, tag);
	else if (!failed)
		drop(&t, tag);
	if (!failed)
		failed = write_tags(&t, dir, e);
	tags_free(&t);
	if (lock >= 0)
		close(lock);
	return failed ? -1 : 0;
}

int tag_add(const char *root, const char *dir, const char *tag, struct err *e)
{
	return change(root, dir, tag, true, e);
}

int tag_remove(const char *root, const char *dir, const char *tag, struct err *e)
{
	return change(root, dir, tag, false, e);
}

/*
 * The archive
 */

bool archive_has(const char *dir)
{
	struct err ignored = {0};
	char path[PATH_LEN];

	return path_join(path, sizeof path, dir, ARCHIVED, &ignored) == 0 && file_exists(path);
}

int archive_set(const char *root, const char *dir, bool archived, struct err *e)
{
	char path[PATH_LEN];
	int lock, failed;

	if (!session_exists(dir))
		return err_at(e, dir, 0, 0, "is not a session (it has no config.yml)");
	if (path_join(path, sizeof path, dir, ARCHIVED, e) || session_hold(root, &lock, e))
		return -1;
	if (archived)
		failed = file_check_own(path, e) || file_write(path, "", 0, e);
	else
		failed = unlink(path) && errno != ENOENT ? err_errno(e, path, "cannot be removed")
							 : dir_sync(dir, e);
	if (lock >= 0)
		close(lock);
	return failed ? -1 : 0;
}
