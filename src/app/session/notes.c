/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/session/notes.h"

#include "app/config/config.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/plain.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char NOTES[] = "notes.txt";

/* A count and the space after it; moves *at. */
static bool take_count(const char **at, int *out)
{
	long x = 0;
	const char *p = *at;

	for (; *p >= '0' && *p <= '9' && x < 100000000; p++)
		x = 10 * x + (*p - '0');
	if (p == *at || *p != ' ')
		return false;
	*out = (int)x;
	*at = p + strspn(p, " ");
	return true;
}

static void parse(const char *line, struct note *x)
{
	const char *at = line + strlen("at ");

	*x = (struct note){0};
	if (strncmp(line, "at ", 3) == 0 && take_count(&at, &x->fold) &&
	    take_count(&at, &x->epoch) && take_count(&at, &x->step) && *at)
		line = at;
	else
		x->epoch = 0;
	if (x->epoch < 1 || x->step < 1)
		x->fold = x->epoch = x->step = 0;
	x->text = mem_dup(line);
}

int notes_read(struct notes *n, const char *dir, struct err *e)
{
	char path[PATH_LEN], *text, *at, *line;
	size_t len;
	bool whole;

	*n = (struct notes){0};
	if (path_join(path, sizeof path, dir, NOTES, e))
		return -1;
	if (file_read_any(&text, path, FILE_LOG, &len, e))
		return -1;
	at = text;
	while ((line = str_line(&at, text + len, &whole))) {
		line = plain_line(line, (size_t)(at - line) - whole);
		if (!*line)
			continue;
		n->at = mem_grow(n->at, (size_t)n->n + 1, sizeof *n->at);
		parse(line, &n->at[n->n++]);
	}
	free(text);
	return 0;
}

void notes_free(struct notes *n)
{
	for (int i = 0; i < n->n; i++)
		free(n->at[i].text);
	free(n->at);
	*n = (struct notes){0};
}

/* A last line that was torn ends before the next begins. */
static bool is_torn(int fd)
{
	off_t end = lseek(fd, 0, SEEK_END);
	char last;

	return end > 0 && pread(fd, &last, 1, end - 1) == 1 && last != '\n';
}

int note_add(const char *dir, const struct note *x, struct err *e)
{
	char path[PATH_LEN], *text;
	struct str line = {0};
	struct stat st;
	int fd, failed = -1;

	if (path_join(path, sizeof path, dir, NOTES, e) || file_check_own(path, e))
		return -1;
	fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0666);
	if (fd < 0)
		return err_errno(e, path, "the note cannot be written");
	text = mem_dup(x->text);
	str_addf(&line, "%sat %d %d %d %s\n", is_torn(fd) ? "\n" : "", x->fold, x->epoch, x->step,
		 plain_line(text, strlen(text)));
	free(text);
	if (fstat(fd, &st) == 0 && !S_ISREG(st.st_mode))
		err_at(e, path, 0, 0, "the note cannot be written: this is not a regular file");
	else if (write(fd, line.s, line.len) != (ssize_t)line.len || fsync(fd))
		err_errno(e, path, "the note cannot be written");
	else
		failed = st.st_size ? 0 : dir_sync(dir, e); /* it may be new */
	if (close(fd) && !failed)
		failed = err_errno(e, path, "the note cannot be written");
	str_free(&line);
	return failed;
}
