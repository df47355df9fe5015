/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * DESIGN: killed at any instant.
 *
 * config.yml is written last by session_create and makes a folder a session;
 * without it the folder holds at most `lock` and temporary files, and
 * session_create takes it over. Files that are replaced go through
 * atomic_file. Files that grow are appended to in whole lines by write(2), one
 * for each row: a kill leaves whole rows, a full disk or a power cut may leave
 * a torn last one. session_begin rewrites such a file atomically, so that a
 * kill during the repair leaves it to be repaired again. The lock belongs to
 * the open file, which the kernel closes with the process: no stale locks.
 */
#include "app/session/session.h"

#include "app/session/changes.h"
#include "app/session/rows.h"
#include "base/file.h"
#include "base/mem.h"
#include "engine/train/train.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char LOCK[] = "lock", CONFIG[] = "config.yml", STEPS[] = "steps.csv",
		  EPOCHS[] = "epochs.csv", COMMANDS[] = "commands.log";

/*
 * The folder
 */

bool session_exists(const char *root)
{
	char path[PATH_LEN];
	struct err e = {0};

	return path_join(path, sizeof path, root, CONFIG, &e) == 0 && file_exists(path);
}

bool session_around(const char *path, char *root, size_t n)
{
	char at[PATH_MAX], file[PATH_LEN];
	struct err ignored = {0};
	const char *slash = strrchr(path, '/');

	/* A file that is not there yet: its folder counts. */
	snprintf(file, sizeof file, "%.*s", slash ? (int)(slash - path) + 1 : 1,
		 slash ? path : ".");
	if (!realpath(path, at) && !realpath(file, at))
		return false;
	for (char *end = at + strlen(at); end; end = strrchr(at, '/')) {
		*end = '\0';
		if (session_exists(at) && path_join(file, sizeof file, at, LOCK, &ignored) == 0 &&
		    file_exists(file)) {
			snprintf(root, n, "%s", at);
			return true;
		}
	}
	return false;
}

static int name_folder(struct session *s, const char *root, struct err *e)
{
	size_t len = strlen(root);

	*s = (struct session){.lock = -1};
	while (len > 1 && root[len - 1] == '/')
		len--;
	if (len == 0 || len >= sizeof s->root)
		return err_at(e, root, 0, 0, "the session's path is %s",
			      len ? "too long" : "empty");
	memcpy(s->root, root, len);
	memcpy(s->dir, s->root, sizeof s->dir);
	return 0;
}

static int lock(struct session *s, struct err *e)
{
	char path[PATH_LEN];

	if (path_join(path, sizeof path, s->root, LOCK, e))
		return -1;
	if (file_check_own(path, e))
		return -1;
	s->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0666);
	if (s->lock < 0)
		return err_errno(e, path, "cannot lock the session");
	if (flock(s->lock, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (errno == EWOULDBLOCK)
		return err_at(e, s->root, 0, 0,
			      "another program is writing this session; wait for it, stop it, or "
			      "look with --readonly");
	return err_errno(e, path, "cannot lock the session");
}

static int read_config(const struct session *s, struct settings *set, struct err *e)
{
	struct warnings warnings = {0}; /* were shown when the session was made */
	char path[PATH_LEN];
	int failed;

	if (path_join(path, sizeof path, s->dir, CONFIG, e))
		return -1;
	failed = config_load(set, path, NULL, 0, &warnings, e);
	warnings_free(&warnings);
	return failed;
}

/* A new session must not mix with other files. */
static int check_unused(const char *root, struct err *e)
{
	const char *other = NULL;
	struct dirent *d;
	DIR *dir;

	if (session_exists(root))
		return err_at(
			e, root, 0, 0,
			"holds a session already; --resume goes on with it, or choose another "
			"folder");
	dir = opendir(root);
	if (!dir)
		return errno == ENOENT ? 0 : err_errno(e, root, "cannot look into it");
	while (!other && (d = readdir(dir)))
		if (strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0 &&
		    strcmp(d->d_name, LOCK) != 0 &&
		    strncmp(d->d_name, TEMP_PREFIX, strlen(TEMP_PREFIX)) != 0)
			other = d->d_name;
	if (other)
		err_at(e, root, 0, 0,
		       "is not empty (it has %s) and not a session; choose another folder", other);
	closedir(dir);
	return other ? -1 : 0;
}

int session_create(struct session *s, const char *root, const struct settings *set, struct err *e)
{
	return session_create_origin(s, root, set, &(struct origin){0}, e);
}

/* Folders and lock of a session that could not be made. */
static void undo_create(const struct session *s, const char *made, bool lock_made)
{
	char path[PATH_LEN];
	struct err ignored = {0};

	if (lock_made && s->lock > 0 && path_join(path, sizeof path, s->root, LOCK, &ignored) == 0)
		unlink(path);
	if (made[0])
		dirs_remove(s->root, made);
}

int session_create_origin(struct session *s, const char *root, const struct settings *set,
			  const struct origin *o, struct err *e)
{
	char made[PATH_LEN] = "", path[PATH_LEN];
	bool lock_made = false;

	if (name_folder(s, root, e))
		goto fail;
	dirs_missing(made, sizeof made, s->root);
	/* Looked at twice: before a lock file is made in a folder of the user,
	 * and when nobody else can make a session in it. */
	if (check_unused(s->root, e) || make_dirs(s->root, e) ||
	    path_join(path, sizeof path, s->root, LOCK, e))
		goto fail;
	lock_made = !file_exists(path);
	if (lock(s, e) || check_unused(s->root, e))
		goto fail;
	temps_remove(s->root);
	if (session_store_config(s, set, o, e) == 0)
		return 0;
fail:
	undo_create(s, made, lock_made);
	session_close(s);
	return -1;
}

static int check_session(const struct session *s, struct err *e)
{
	if (session_exists(s->root))
		return 0;
	if (!file_exists(s->root))
		return err_at(e, s->root, 0, 0, "there is no such session");
	return err_at(e, s->root, 0, 0, "is not a session: it has no %s", CONFIG);
}

int session_resume(struct session *s, const char *root, struct settings *set, struct err *e)
{
	if (name_folder(s, root, e) || check_session(s, e) || session_refuse_links(s->root, e) ||
	    lock(s, e) || read_config(s, set, e)) {
		session_close(s);
		return -1;
	}
	temps_remove(s->root);
	return 0;
}

int session_read(struct session *s, const char *root, struct settings *set, struct err *e)
{
	return name_folder(s, root, e) || check_session(s, e) || read_config(s, set, e) ? -1 : 0;
}

/* The same folder and lock, which is held until both are closed. */
int session_share(struct session *s, const struct session *parent, struct err *e)
{
	if (name_folder(s, parent->root, e))
		return -1;
	if (parent->lock < 0)
		return 0;
	s->lock = fcntl(parent->lock, F_DUPFD_CLOEXEC, 0);
	return s->lock < 0 ? err_errno(e, s->root, "cannot share the session's lock") : 0;
}

int session_seed(struct session *s, const struct session *parent, const struct settings *set,
		 struct err *e)
{
	char name[32];

	snprintf(name, sizeof name, "seed-%lld", (long long)set->exp.seed);
	if (session_share(s, parent, e) || path_join(s->dir, sizeof s->dir, s->root, name, e))
		goto fail;
	if (s->lock >= 0 && (session_check_held(parent, e) || file_check_own(s->dir, e)))
		goto fail;
	if (s->lock >= 0 && !session_exists(s->dir) &&
	    (make_dirs(s->dir, e) || session_store_config(s, set, &(struct origin){0}, e)))
		goto fail;
	return 0;
fail:
	session_close(s);
	return -1;
}

static void close_files(struct session *s)
{
	FILE **file[] = {&s->steps, &s->epochs, &s->commands};

	for (size_t i = 0; i < sizeof file / sizeof file[0]; i++) {
		if (*file[i])
			fclose(*file[i]);
		*file[i] = NULL;
	}
}

void session_close(struct session *s)
{
	close_files(s);
	/* Zeroed memory has lock 0, which no session holds: standard input is open. */
	if (s->lock > 0)
		close(s->lock);
	s->lock = -1;
}

int session_new_name(char *out, size_t n, const char *config_path, struct err *e)
{
	const char *name = path_base(config_path), *dot = strrchr(name, '.');
	time_t now = time(NULL);
	struct tm local;
	char stamp[32];
	int len = (int)strlen(name);

	if (dot && dot > name && (strcmp(dot, ".yml") == 0 || strcmp(dot, ".yaml") == 0))
		len = (int)(dot - name);
	localtime_r(&now, &local);
	strftime(stamp, sizeof stamp, "%Y%m%d-%H%M%S", &local);
	if (make_dirs("sessions", e))
		return -1;
	for (int i = 1; i < 1000; i++) {
		struct str b = {0};
		bool fits;

		str_addf(&b, "sessions/%.*s-%s", len, name, stamp);
		if (i > 1)
			str_addf(&b, "-%d", i);
		fits = b.len < n;
		if (fits)
			memcpy(out, b.s, b.len + 1);
		else
			err_at(e, config_path, 0, 0, "the name is too long for a session's folder");
		str_free(&b);
		if (!fits)
			return -1;
		if (mkdir(out, 0777) == 0)
			return dir_sync("sessions", e);
		if (errno != EEXIST)
			return err_errno(e, out, "cannot make the session's folder");
	}
	return err_at(e, out, 0, 0, "1000 sessions of this name and second exist; name the folder");
}

/*
 * The files that grow
 */

/* Where the rows of the run's own fold end, and those of others: finished folds
 * keep all, interrupted ones what their state has. */
struct limits {
	struct rows_limit steps[LISTS_MAX + 1], epochs[LISTS_MAX + 1];
	int n;
};

static void add_limit(struct limits *l, int fold, int epochs, int steps)
{
	l->epochs[l->n] = (struct rows_limit){fold, epochs};
	l->steps[l->n++] = (struct rows_limit){fold, steps};
}

static struct limits find_limits(const struct session *s, int fold, int epoch, int step,
				 const int *done, int ndone)
{
	struct limits l = {0};

	add_limit(&l, fold, epoch - 1, step - 1);
	for (int f = 0; f <= LISTS_MAX && l.n <= LISTS_MAX; f++) {
		struct err ignored = {0}; /* said when that fold goes on */
		char path[PATH_LEN], name[64];
		int epochs, steps;
		bool finished = false;

		if (f == fold)
			continue;
		for (int i = 0; i < ndone; i++)
			finished |= done[i] == f;
		snprintf(name, sizeof name, "fold-%d/state.safetensors", f);
		if (path_join(path, sizeof path, s->dir, name, &ignored) == 0 &&
		    file_exists(path) && trainer_stored(path, &epochs, &steps, &ignored) == 0)
			add_limit(&l, f, epochs, steps);
		else if (finished)
			add_limit(&l, f, INT_MAX, INT_MAX);
	}
	return l;
}

/* Make path hold exactly `text`; nothing is touched if it does. */
static int make_hold(const char *path, const struct str *text, struct err *e)
{
	char *old = NULL;
	size_t len = 0;
	bool same;

	if (file_exists(path)) {
		old = file_read(path, FILE_ROWS, &len, e);
		if (!old)
			return -1;
	}
	same = old && len == text->len && memcmp(old, str_text(text), len) == 0;
	free(old);
	return same ? 0 : file_write(path, str_text(text), text->len, e);
}

static int drop_torn_end(const char *path, struct err *e)
{
	struct str text = {0};
	size_t len;
	char *old;
	int failed;

	if (!file_exists(path))
		return file_write(path, "", 0, e);
	old = file_read(path, FILE_LOG, &len, e);
	if (!old)
		return -1;
	str_addn(&text, old, changes_whole(old, len));
	failed = make_hold(path, &text, e);
	str_free(&text);
	free(old);
	return failed;
}

int session_begin(struct session *s, int fold, int epoch, int step, const int *done, int ndone,
		  struct err *e)
{
	const struct limits l = find_limits(s, fold, epoch, step, done, ndone);
	const struct columns steps = rows_of_steps(), epochs = rows_of_epochs();
	char steps_path[PATH_LEN], epochs_path[PATH_LEN], commands_path[PATH_LEN];

	BUG_ON(s->lock < 0);
	close_files(s);
	if (session_path(s, STEPS, steps_path, sizeof steps_path, e) ||
	    session_path(s, EPOCHS, epochs_path, sizeof epochs_path, e) ||
	    session_path(s, COMMANDS, commands_path, sizeof commands_path, e) ||
	    rows_cut(&steps, steps_path, l.steps, l.n, e) ||
	    rows_cut(&epochs, epochs_path, l.epochs, l.n, e) || drop_torn_end(commands_path, e))
		return -1;
	s->steps = file_append(steps_path, e);
	s->epochs = file_append(epochs_path, e);
	s->commands = file_append(commands_path, e);
	if (s->steps && s->epochs && s->commands)
		return 0;
	close_files(s);
	return -1;
}

/* An error of writing NAME in the run's folder. */
static int cannot_write(const struct session *s, const char *name, struct err *e)
{
	return err_at(e, s->dir, 0, 0, "cannot write %s: %s; make room, then --resume", name,
		      strerror(errno));
}

static int append(const struct session *s, FILE *f, const char *name, const struct columns *c,
		  const void *row, struct err *e)
{
	struct str line = {0};
	int failed = 0;

	BUG_ON(!f);
	if (session_check_held(s, e))
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

	return append(s, s->steps, STEPS, &c, r, e);
}

int session_epoch(struct session *s, const struct epoch_row *r, struct err *e)
{
	const struct columns c = rows_of_epochs();

	return append(s, s->epochs, EPOCHS, &c, r, e);
}

int session_sync(struct session *s, struct err *e)
{
	if (s->steps && (fflush(s->steps) || fsync(fileno(s->steps))))
		return cannot_write(s, STEPS, e);
	if (s->epochs && (fflush(s->epochs) || fsync(fileno(s->epochs))))
		return cannot_write(s, EPOCHS, e);
	return 0;
}

static int read_rows(const struct session *s, const char *name, const struct columns *c, void **row,
		     int *n, struct err *e)
{
	char path[PATH_LEN];

	*row = NULL;
	*n = 0;
	return path_join(path, sizeof path, s->dir, name, e) || rows_read(c, path, row, n, e) ? -1
											      : 0;
}

int session_steps(const struct session *s, struct step_row **row, int *n, struct err *e)
{
	const struct columns c = rows_of_steps();
	void *rows;
	int failed = read_rows(s, STEPS, &c, &rows, n, e);

	*row = rows;
	return failed;
}

int session_epochs(const struct session *s, struct epoch_row **row, int *n, struct err *e)
{
	const struct columns c = rows_of_epochs();
	void *rows;
	int failed = read_rows(s, EPOCHS, &c, &rows, n, e);

	*row = rows;
	return failed;
}
