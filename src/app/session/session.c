/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * DESIGN: made, opened, left.
 *
 * config.yml makes a folder a session, and appears in it whole (link(2)); without it the
 * folder holds at most `lock` and temporary files, and session_create takes it over. Of
 * several programs that make one at once, all but one wait for the lock of the first, and
 * then find its session. Where locks are known to one machine only, the link decides.
 *
 * Whoever opens a session tries to hold it alone, which works if nobody else writes
 * it, and then may change it as a whole; after that, and else, it is shared. So
 * of all programs that write a session, the first has adopted it; a file that is lost
 * after that is missed until they have left. Whoever leaves
 * gives the lock back and tries once more to hold it alone: that works for the last.
 */
#include "app/session/session.h"

#include "app/session/session_data.h"
#include "app/session/session_lock.h"
#include "app/session/session_private.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/plain.h"
#include "base/str.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char LOCK[] = "lock", CONFIG[] = "config.yml";

/* How often, and how many milliseconds apart, a program that leaves is waited for. */
enum { LEAVE_TRIES = 100, LEAVE_PAUSE = 10 };

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

static int refuse_busy(const struct session *s, struct err *e)
{
	struct str quoted = {0};

	if (e->status)
		return -1;
	str_add_quoted(&quoted, s->root);
	err_at(e, s->root, 0, 0,
	       "another program is writing this session; wait for it, stop it, or look at it with "
	       "miust-tui %s",
	       quoted.s);
	e->status = EXIT_BUSY;
	str_free(&quoted);
	return -1;
}

static void unlock(struct session *s)
{
	if (s->lock >= 0)
		close(s->lock);
	s->lock = -1;
}

/* A fold lacks a file, and whoever writes the session does not make it: it was lost since
 * then. */
static int refuse_lost(const struct session *s, const char *missing, struct err *e)
{
	char who[256], fold[32] = "";
	int at;

	if (session_fold_written(s->root, &at, who, sizeof who))
		snprintf(fold, sizeof fold, ": fold %d%s", at, *who ? ", " : "");
	err_at(e, missing, 0, 0,
	       "is missing, and cannot be made again while another program is writing this "
	       "session%s%s; wait for it, stop it, or look with --readonly",
	       fold, who);
	e->status = EXIT_BUSY;
	return -1;
}

/* Of one that is there: alone if nobody else writes it, else (unless to `claim` it)
 * shared; then one that does has adopted it, or is about to leave, which takes a moment. */
static int lock_old(struct session *s, bool claim, bool *alone, struct err *e)
{
	for (int tries = 0;; tries++) {
		enum lock_answer answer;
		char missing[PATH_LEN];

		s->lock = lock_open(s->root, true, e);
		if (s->lock < 0)
			return -1;
		answer = lock_take(s->lock, LOCK_ALONE, false, s->root, e);
		*alone = answer == LOCK_TAKEN;
		if (answer == LOCK_BUSY && !claim)
			answer = lock_take(s->lock, LOCK_SHARED, true, s->root, e);
		if (answer != LOCK_TAKEN)
			return refuse_busy(s, e);
		if (*alone || !session_needs_adoption(s->root, missing, sizeof missing)) {
			if (session_check_held(s, e) == 0)
				return 0;
			if (!session_exists(s->root))
				return -1;
			err_clear(e); /* while it was waited for it was deleted, and made again */
		} else if (tries == LEAVE_TRIES) {
			return refuse_lost(s, missing, e);
		} else {
			poll(NULL, 0, LEAVE_PAUSE);
		}
		unlock(s);
	}
}

/* It is open: others may write it too. */
static int share(struct session *s, struct err *e)
{
	if (lock_take(s->lock, LOCK_SHARED, false, s->root, e) != LOCK_TAKEN)
		return refuse_busy(s, e);
	s->users = mem_alloc(1, sizeof *s->users);
	*s->users = 1;
	return 0;
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

static int refuse_there(const char *root, struct err *e)
{
	err_at(e, root, 0, 0,
	       "already has a session; --resume goes on with it, or choose another folder");
	e->status = EXIT_THERE;
	return -1;
}

/* A new session must not mix with other files. */
static int check_unused(const char *root, struct err *e)
{
	char other[NAME_MAX + 1] = "";
	struct dirent *d;
	DIR *dir;

	if (session_exists(root))
		return refuse_there(root, e);
	dir = opendir(root);
	if (!dir)
		return errno == ENOENT ? 0 : err_errno(e, root, "cannot look into it");
	while (!*other && (d = readdir(dir)))
		if (strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0 &&
		    strcmp(d->d_name, LOCK) != 0 &&
		    strncmp(d->d_name, TEMP_PREFIX, strlen(TEMP_PREFIX)) != 0)
			snprintf(other, sizeof other, "%s", d->d_name);
	closedir(dir);
	if (!*other)
		return 0;
	return session_exists(root) /* made since the first look */
		       ? refuse_there(root, e)
		       : err_at(e, root, 0, 0,
				"is not empty (it has %s) and not a session; choose another folder",
				other);
}

/* The lock of a folder in which a session is to be made, alone. Whoever has it now makes
 * one there or gives up: that is waited for. */
static int lock_new(struct session *s, struct err *e)
{
	for (;;) {
		struct err ignored = {0};
		enum lock_answer answer;

		/* Who gives up takes the folder with it. */
		if (check_unused(s->root, e) || make_dirs(s->root, e))
			return -1;
		s->lock = lock_open(s->root, true, e);
		if (s->lock < 0)
			return -1;
		answer = lock_take(s->lock, LOCK_ALONE, false, s->root, e);
		if (answer == LOCK_TAKEN && session_check_held(s, &ignored) == 0)
			return 0;
		if (answer == LOCK_BUSY)
			answer = lock_take(s->lock, LOCK_SHARED, true, s->root, e);
		unlock(s);
		if (answer != LOCK_TAKEN)
			return refuse_busy(s, e);
	}
}

int session_create(struct session *s, const char *root, const struct settings *set, struct err *e)
{
	return session_create_origin(s, root, set, &(struct origin){0}, NULL, e);
}

/* config.yml and data.csv, while nobody else can open the session for writing. */
static int store_new(struct session *s, const struct settings *set, const struct origin *o,
		     const struct str *roster, bool *made, struct err *e)
{
	if (session_new_config(s, set, o, made, e) || (!*made && check_unused(s->root, e)))
		return -1;
	BUG_ON(!*made);
	temps_remove(s->root, SESSION_BRANCHES);
	return roster ? session_store_roster(s, roster, e) : 0;
}

static void unlink_in(const struct session *s, const char *name)
{
	struct err ignored = {0};
	char path[PATH_LEN];

	if (path_join(path, sizeof path, s->root, name, &ignored) == 0)
		unlink(path);
}

/* Files and folders of a session that could not be made. */
static void undo_create(struct session *s, const char *folder_made, bool lock_made,
			bool config_made)
{
	if (config_made) {
		unlink_in(s, SESSION_DATA);
		unlink_in(s, CONFIG);
	}
	/* It is held alone; if a session is there, it belongs to that. */
	if (lock_made && s->lock >= 0 && !session_exists(s->root))
		unlink_in(s, LOCK);
	if (folder_made[0])
		dirs_remove(s->root, folder_made);
	unlock(s);
}

int session_create_origin(struct session *s, const char *root, const struct settings *set,
			  const struct origin *o, const struct str *roster, struct err *e)
{
	bool lock_made = false, config_made = false;
	char made[PATH_LEN] = "", path[PATH_LEN];

	if (name_folder(s, root, e))
		goto fail;
	dirs_missing(made, sizeof made, s->root);
	if (path_join(path, sizeof path, s->root, LOCK, e))
		goto fail;
	lock_made = !file_exists(path);
	/* Is it free? Looked at again now that nobody else can make a session in it. */
	if (lock_new(s, e) == 0 && check_unused(s->root, e) == 0 &&
	    store_new(s, set, o, roster, &config_made, e) == 0 && share(s, e) == 0)
		return 0;
fail:
	undo_create(s, made, lock_made, config_made);
	return -1;
}

static int check_session(const struct session *s, struct err *e)
{
	if (session_exists(s->root))
		return 0;
	if (!file_exists(s->root))
		return err_at(e, s->root, 0, 0, "no such session");
	return err_at(e, s->root, 0, 0, "is not a session: it has no %s", CONFIG);
}

/* What a program that is alone does before others may write too. */
static int put_in_order(const struct session *s, struct err *e)
{
	temps_remove(s->root, SESSION_BRANCHES); /* they have locks of their own */
	session_branches_tidy(s->root);
	return session_adopt_all(s->root, e) || session_join_all(s->root, e) ? -1 : 0;
}

static int go_on(struct session *s, const char *root, bool claim, struct settings *set,
		 struct err *e)
{
	bool alone;

	if (name_folder(s, root, e) || check_session(s, e) || session_refuse_links(s->root, e))
		return -1;
	if (lock_old(s, claim, &alone, e) == 0 && read_config(s, set, e) == 0 &&
	    (!alone || put_in_order(s, e) == 0) && share(s, e) == 0)
		return 0;
	unlock(s);
	return -1;
}

int session_resume(struct session *s, const char *root, struct settings *set, struct err *e)
{
	return go_on(s, root, false, set, e);
}

int session_claim(struct session *s, const char *root, struct settings *set, struct err *e)
{
	return go_on(s, root, true, set, e);
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
	memcpy(s->socket, parent->socket, sizeof s->socket);
	if (parent->lock < 0)
		return 0;
	s->lock = parent->lock;
	s->users = parent->users;
	++*s->users;
	return 0;
}

int session_seed(struct session *s, const struct session *parent, const struct settings *set,
		 struct err *e)
{
	return session_seed_origin(s, parent, set, &(struct origin){0}, e);
}

int session_seed_origin(struct session *s, const struct session *parent, const struct settings *set,
			const struct origin *o, struct err *e)
{
	char name[32];
	bool made;

	snprintf(name, sizeof name, "seed-%lld", (long long)set->exp.seed);
	if (session_share(s, parent, e) || path_join(s->dir, sizeof s->dir, s->root, name, e))
		goto fail;
	if (s->lock >= 0 && (session_check_held(parent, e) || file_check_own(s->dir, e)))
		goto fail;
	if (s->lock >= 0 && !session_exists(s->dir) &&
	    (make_dirs(s->dir, e) || session_new_config(s, set, o, &made, e)))
		goto fail;
	return 0;
fail:
	session_close(s);
	return -1;
}

/* The last one to leave brings the join up to date; if that fails, whoever opens the
 * session next does. */
static void leave(const struct session *s)
{
	struct err ignored = {0};

	lock_release(s->lock);
	if (lock_take(s->lock, LOCK_ALONE, false, s->root, &ignored) == LOCK_TAKEN &&
	    session_check_held(s, &ignored) == 0 && session_adopt_all(s->root, &ignored) == 0)
		session_join_all(s->root, &ignored);
}

void session_close(struct session *s)
{
	session_release(s);
	if (s->users && --*s->users == 0) {
		leave(s);
		free(s->users);
		close(s->lock);
	}
	s->users = NULL;
	s->lock = -1;
}

/* NAME of a config: "demo", my.yml, a session's folder. */
static int name_of(struct str *name, const char *config, struct err *e)
{
	bool folder = file_is_dir(config) && strcmp(config, "demo") != 0;
	char path[PATH_LEN];
	const char *base, *dot;
	size_t len;

	if (folder && path_absolute(path, sizeof path, ".", config, e))
		return -1;
	base = path_base(folder ? path : config);
	dot = strrchr(base, '.');
	len = strlen(base);
	if (dot && dot > base && (strcmp(dot, ".yml") == 0 || strcmp(dot, ".yaml") == 0))
		len = (size_t)(dot - base);
	str_addn(name, base, len);
	return 0;
}

/* Make FOLDER/BASE or one with a number after it: the first that nobody has. */
static int make_new(char *out, size_t n, const char *folder, const char *base, struct err *e)
{
	for (int i = 1; i < 1000; i++) {
		char number[16] = "";
		int len;

		if (i > 1)
			snprintf(number, sizeof number, "-%d", i);
		len = snprintf(out, n, "%s/%s%s", folder, base, number);
		if (len < 0 || (size_t)len >= n)
			return err_at(e, base, 0, 0, "the name is too long for a session's folder");
		if (mkdir(out, 0777) == 0)
			return dir_sync(folder, e);
		if (errno != EEXIST)
			return err_errno(e, out, "cannot make the session's folder");
	}
	return err_at(e, out, 0, 0, "1000 sessions of this name and second exist; name the folder");
}

int session_new_name(char *out, size_t n, const char *folder, const char *config, struct err *e)
{
	time_t now = time(NULL);
	struct str name = {0};
	struct tm local;
	char stamp[32];
	int failed;

	localtime_r(&now, &local);
	strftime(stamp, sizeof stamp, "-%Y%m%d-%H%M%S", &local);
	failed = name_of(&name, config, e);
	str_add(&name, stamp);
	failed = failed || make_dirs(folder, e) || make_new(out, n, folder, name.s, e);
	str_free(&name);
	return failed ? -1 : 0;
}
