/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * DESIGN: killed at any instant.
 *
 * Rows are appended in whole lines by write(2), one for each row: a kill leaves whole
 * rows, a full disk or a power cut may leave a torn last one. session_begin rewrites
 * such a file atomically, so that a kill during the repair leaves it to be repaired
 * again. The lock belongs to the open file, which the kernel closes with the process:
 * no stale locks.
 */
#include "app/session/session_private.h"

#include "app/session/rows.h"
#include "app/session/session_lock.h"
#include "base/file.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * The fold that is written
 */

static void close_files(struct session *s)
{
	FILE **file[] = {&s->steps, &s->epochs, &s->commands, &s->health};

	for (size_t i = 0; i < sizeof file / sizeof file[0]; i++) {
		if (*file[i])
			fclose(*file[i]);
		*file[i] = NULL;
	}
}

void session_release(struct session *s)
{
	close_files(s);
	if (s->fold_lock > 0)
		fold_lock_end(s->fold_lock);
	s->fold_lock = 0;
}

static bool has_taken(const struct session *s, int fold)
{
	return s->fold_lock > 0 && s->fold == fold;
}

int session_take(struct session *s, int fold, struct err *e)
{
	char lock[PATH_LEN], folder[PATH_LEN];

	BUG_ON(s->lock < 0);
	if (has_taken(s, fold))
		return 0;
	session_release(s);
	if (session_fold_path(s, fold, "lock", lock, sizeof lock, e) ||
	    fold_file(s->dir, fold, "", folder, sizeof folder, e))
		return -1;
	s->fold_lock = fold_lock(folder, s->root, fold, s->socket, e);
	s->fold = fold;
	if (s->fold_lock < 0) {
		s->fold_lock = 0;
		return -1;
	}
	temps_remove(folder, NULL);
	return 0;
}

bool session_trains_elsewhere(const struct session *s, int fold)
{
	struct err ignored = {0};

	return !fold_has(s->dir, fold, SESSION_RESULT) &&
	       session_check_free(s->dir, fold, &ignored) != 0;
}

int session_check_free(const char *dir, int fold, struct err *e)
{
	char folder[PATH_LEN], who[256];

	if (fold_file(dir, fold, "", folder, sizeof folder, e))
		return -1;
	return fold_lock_asked(folder, who, sizeof who) ? fold_lock_refused(dir, fold, who, e) : 0;
}

/*
 * The files that grow
 */

static int drop_torn_end(const char *path, struct err *e)
{
	size_t len;
	char *old;
	int failed;

	if (!file_exists(path))
		return file_write(path, "", 0, e);
	old = file_read(path, FILE_LOG, &len, e);
	if (!old)
		return -1;
	failed = file_make_hold(path, old, changes_whole(old, len), e);
	free(old);
	return failed;
}

/* As rows_cut, but a file without a row does not stay. */
static int cut_health(const struct session *s, int fold, int last, struct err *e)
{
	const struct columns c = rows_of_health();
	struct str kept = {0}, header = {0};
	char path[PATH_LEN];
	int failed = session_fold_path(s, fold, SESSION_HEALTH, path, sizeof path, e);

	if (!failed && file_exists(path)) {
		rows_header(&c, &header);
		failed = rows_keep(&c, path, fold, last, &kept, e);
		if (!failed && kept.len > header.len)
			failed = file_make_hold(path, kept.s, kept.len, e);
		else if (!failed && unlink(path))
			failed = err_errno(e, path, "cannot be removed");
	}
	str_free(&kept);
	str_free(&header);
	return failed ? -1 : 0;
}

int session_begin(struct session *s, int fold, int epoch, int step, struct err *e)
{
	const struct columns steps = rows_of_steps(), epochs = rows_of_epochs();
	char steps_path[PATH_LEN], epochs_path[PATH_LEN], commands_path[PATH_LEN];

	close_files(s);
	/* steps.csv last: a fold that has it has all of them (session_join.c). */
	if (session_take(s, fold, e) || fold_check_log(s->dir, fold, e) ||
	    session_fold_path(s, fold, SESSION_COMMANDS, commands_path, sizeof commands_path, e) ||
	    session_fold_path(s, fold, SESSION_EPOCHS, epochs_path, sizeof epochs_path, e) ||
	    session_fold_path(s, fold, SESSION_STEPS, steps_path, sizeof steps_path, e) ||
	    drop_torn_end(commands_path, e) || cut_health(s, fold, step - 1, e) ||
	    rows_cut(&epochs, epochs_path, fold, epoch - 1, &s->lost_epochs, e) ||
	    rows_cut(&steps, steps_path, fold, step - 1, &s->lost_steps, e))
		return -1;
	s->steps = file_append(steps_path, e);
	s->epochs = file_append(epochs_path, e);
	s->commands = file_append(commands_path, e);
	if (s->steps && s->epochs && s->commands)
		return 0;
	close_files(s);
	return -1;
}

/* An error of writing NAME of the fold. */
static int cannot_write(const struct session *s, const char *name, struct err *e)
{
	return err_at(e, s->dir, 0, 0, "cannot write fold-%d/%s: %s; make room, then --resume",
		      s->fold, name, strerror(errno));
}

static int append(const struct session *s, FILE *f, const char *name, const struct columns *c,
		  const void *row, struct err *e)
{
	struct str line = {0};
	int failed = 0;

	BUG_ON(!f);
	BUG_ON(*(const int *)((const char *)row + c->at[0].at) != s->fold);
	if (session_check_held(s, e) || session_check_open(s, fileno(f), name, e))
		return -1;
	rows_line(c, row, &line);
	if (fwrite(line.s, 1, line.len, f) != line.len || fflush(f))
		failed = cannot_write(s, name, e);
	str_free(&line);
	return failed;
}

int session_step(struct session *s, const struct step_row *r, struct err *e)
{
	const struct columns c = rows_of_steps();

	return append(s, s->steps, SESSION_STEPS, &c, r, e);
}

int session_epoch(struct session *s, const struct epoch_row *r, struct err *e)
{
	const struct columns c = rows_of_epochs();

	return append(s, s->epochs, SESSION_EPOCHS, &c, r, e);
}

static int open_health(struct session *s, const struct columns *c, const struct health_row *r,
		       struct err *e)
{
	char path[PATH_LEN];

	if (session_fold_path(s, s->fold, SESSION_HEALTH, path, sizeof path, e) ||
	    rows_cut(c, path, s->fold, r->step - 1, NULL, e))
		return -1;
	s->health = file_append(path, e);
	return s->health ? 0 : -1;
}

int session_health(struct session *s, const struct health_row *r, struct err *e)
{
	const struct columns c = rows_of_health();

	if (!s->health && open_health(s, &c, r, e))
		return -1;
	return append(s, s->health, SESSION_HEALTH, &c, r, e);
}

int session_sync(struct session *s, struct err *e)
{
	if (s->steps && (fflush(s->steps) || fsync(fileno(s->steps))))
		return cannot_write(s, SESSION_STEPS, e);
	if (s->epochs && (fflush(s->epochs) || fsync(fileno(s->epochs))))
		return cannot_write(s, SESSION_EPOCHS, e);
	if (s->health && (fflush(s->health) || fsync(fileno(s->health))))
		return cannot_write(s, SESSION_HEALTH, e);
	return 0;
}

int session_result(struct session *s, const struct results *r, struct err *e)
{
	char path[PATH_LEN];

	BUG_ON(s->fold_lock <= 0);
	return session_fold_path(s, s->fold, SESSION_RESULT, path, sizeof path, e) ||
			       result_write(r, s->fold, path, e)
		       ? -1
		       : 0;
}

/*
 * The log of a fold, as a whole
 */

int session_log_end(struct session *s, int fold, int64_t *end, struct err *e)
{
	char path[PATH_LEN];
	struct stat st;

	*end = 0;
	if (session_fold_path(s, fold, SESSION_COMMANDS, path, sizeof path, e))
		return -1;
	if (stat(path, &st))
		return errno == ENOENT ? 0 : err_errno(e, path, "cannot be read");
	*end = st.st_size;
	return 0;
}

/* Closed meanwhile: a stream may still hold what it could not write. */
int session_log_cut(struct session *s, int fold, int64_t end, struct err *e)
{
	bool open = s->commands;
	char path[PATH_LEN];

	if (open)
		fclose(s->commands);
	s->commands = NULL;
	if (session_fold_path(s, fold, SESSION_COMMANDS, path, sizeof path, e))
		return -1;
	if (truncate(path, end) && errno != ENOENT)
		return err_errno(e, path, "cannot be cut back");
	if (open)
		s->commands = file_append(path, e);
	return open && !s->commands ? -1 : 0;
}

static int log_add(const struct session *s, int fold, const struct str *lines, bool first,
		   struct err *e)
{
	char path[PATH_LEN], *old;
	struct str log = {0};
	size_t len;
	int failed;

	if (session_fold_path(s, fold, SESSION_COMMANDS, path, sizeof path, e) ||
	    file_read_any(&old, path, FILE_LOG, &len, e))
		return -1;
	if (first)
		str_addn(&log, str_text(lines), lines->len);
	str_addn(&log, old, changes_whole(old, len));
	if (!first)
		str_addn(&log, str_text(lines), lines->len);
	free(old);
	failed = file_write(path, str_text(&log), log.len, e);
	str_free(&log);
	return failed;
}

static int log_lines(struct session *s, int fold, const struct str *lines, bool first,
		     struct err *e)
{
	bool taken = has_taken(s, fold);
	int failed;

	BUG_ON(s->commands);
	failed = session_take(s, fold, e) || log_add(s, fold, lines, first, e);
	if (!taken)
		session_release(s);
	return failed ? -1 : 0;
}

int session_log(struct session *s, int fold, const struct str *lines, struct err *e)
{
	return log_lines(s, fold, lines, false, e);
}

int session_log_first(struct session *s, int fold, const struct str *lines, struct err *e)
{
	return log_lines(s, fold, lines, true, e);
}

int session_remark(struct session *s, int fold, const char *text, struct err *e)
{
	struct str line = {0};
	int failed;

	str_add(&line, "# ");
	for (; *text; text++) /* a line it stays, whatever an id holds */
		str_addn(&line, iscntrl((unsigned char)*text) ? " " : text, 1);
	str_add(&line, "\n");
	failed = session_log(s, fold, &line, e);
	str_free(&line);
	return failed;
}
