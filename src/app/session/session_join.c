/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * DESIGN: the folder's files, and those of version 0.1.
 *
 * The join is made of the folds' files alone, and replaced atomically, so it may be
 * made again at any time. It is made while the session's lock is held alone, so that
 * an older one never replaces a newer. Before it the folds' logs get the `begin` that
 * they lack: nobody writes one then, and until then nobody needs it (session_rows.h).
 *
 * A session of version 0.1 has rows, log and results in the folder's files alone; its
 * folds took over all changes of earlier ones, so those that have begun get them now.
 * Adopting it gives each fold its own: result.json, commands.log, epochs.csv and, last,
 * steps.csv, each atomically. Killed in between, the next program goes on, as the
 * folder's files are not replaced before all folds have theirs. Rows after a fold's
 * stored state are not taken over: they would be dropped when it goes on.
 */
#include "app/session/session_private.h"

#include "app/session/rows.h"
#include "app/session/session_lock.h"
#include "base/file.h"
#include "engine/train/train.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Adopting
 */

struct adoption {
	const char *dir;
	bool look;              /* only say whether there is something to do */
	char missing[PATH_LEN]; /* the first file that a fold lacks; "": nothing to do */
};

static void note_missing(struct adoption *a, int fold, const char *name)
{
	struct err ignored = {0};

	if (!*a->missing)
		fold_file(a->dir, fold, name, a->missing, sizeof a->missing, &ignored);
}

/* fold-F/NAME, whose folder is made. */
static int new_file(const struct adoption *a, int fold, const char *name, char *path, size_t n,
		    struct err *e)
{
	char folder[PATH_LEN];

	return fold_file(a->dir, fold, "", folder, sizeof folder, e) || make_dirs(folder, e) ||
			       fold_file(a->dir, fold, name, path, n, e)
		       ? -1
		       : 0;
}

static int adopt_text(struct adoption *a, int fold, const char *name, const struct str *text,
		      struct err *e)
{
	char path[PATH_LEN];

	if (fold_has(a->dir, fold, name))
		return 0;
	note_missing(a, fold, name);
	if (a->look)
		return 0;
	return new_file(a, fold, name, path, sizeof path, e) ||
			       file_write(path, str_text(text), text->len, e)
		       ? -1
		       : 0;
}

static int adopt_results(struct adoption *a, const struct results *old, struct err *e)
{
	int failed = 0;

	for (int i = 0; i < old->n && !failed; i++) {
		int fold = old->fold[i].fold;
		char path[PATH_LEN];

		if (fold_has(a->dir, fold, SESSION_STEPS) || fold_has(a->dir, fold, SESSION_RESULT))
			continue;
		note_missing(a, fold, SESSION_RESULT);
		if (!a->look)
			failed = new_file(a, fold, SESSION_RESULT, path, sizeof path, e) ||
				 result_write(old, fold, path, e);
	}
	return failed ? -1 : 0;
}

/* The lines of one fold. A comment belongs to the line after it, or before it at the
 * end. */
static void log_of(const char *text, size_t len, int fold, struct str *out)
{
	struct str comments = {0};
	int last = -1;

	for (const char *at = text, *next; at < text + len; at = next) {
		const char *end = memchr(at, '\n', (size_t)(text + len - at));
		int its;

		next = end ? end + 1 : text + len;
		if (sscanf(at, " at %d", &its) != 1) {
			str_addn(&comments, at, (size_t)(next - at));
			continue;
		}
		last = its;
		if (its == fold) {
			str_add(out, str_text(&comments));
			str_addn(out, at, (size_t)(next - at));
		}
		str_reset(&comments);
	}
	if (last == fold)
		str_add(out, str_text(&comments));
	str_free(&comments);
}

/* How far a fold's state has come, if it has one. */
static bool stored(const char *dir, int fold, int *epoch, int *step)
{
	struct err ignored = {0}; /* said when that fold goes on */
	char state[PATH_LEN];

	return fold_file(dir, fold, "state.safetensors", state, sizeof state, &ignored) == 0 &&
	       file_exists(state) && trainer_stored(state, epoch, step, &ignored) == 0;
}

/* What a fold that has begun took over from earlier ones; c: in the order they apply. */
static int add_begin(const char *dir, int fold, const struct changes *c, struct str *out,
		     struct err *e)
{
	struct settings base;
	struct changes begin;
	struct session s;

	if (!changes_have_earlier(c, fold))
		return 0;
	if (session_read(&s, dir, &base, e))
		return -1;
	changes_begin(&begin, out, c, fold, &base);
	changes_free(&begin);
	return 0;
}

/* The lines of each fold. */
static int adopt_lines(struct adoption *a, const char *text, size_t len, const struct changes *c,
		       const struct results *old, struct err *e)
{
	struct fold_list folds = {0};
	int failed = 0, epoch, step;

	folds_read(&folds, a->dir);
	for (int i = 0; i < old->n; i++)
		folds_add(&folds, old->fold[i].fold);
	for (int i = 0; i < c->n; i++)
		folds_add(&folds, c->at[i].fold);
	for (int i = 0; i < folds.n && !failed; i++) {
		int fold = folds.at[i];
		struct str own = {0};

		if (results_has(old, fold) || stored(a->dir, fold, &epoch, &step))
			failed = add_begin(a->dir, fold, c, &own, e);
		log_of(text, len, fold, &own);
		if (!failed && own.len)
			failed = adopt_text(a, fold, SESSION_COMMANDS, &own, e);
		str_free(&own);
	}
	folds_free(&folds);
	return failed;
}

static int adopt_log(struct adoption *a, const struct results *old, struct err *e)
{
	struct changes read = {0}, c = {0};
	char path[PATH_LEN], *text;
	size_t len;
	int failed;

	if (path_join(path, sizeof path, a->dir, SESSION_COMMANDS, e))
		return -1;
	if (!file_exists(path))
		return 0;
	text = file_read(path, FILE_LOG, &len, e);
	failed = !text || changes_read(&read, path, true, e);
	for (int i = 0; i < read.n; i++)
		changes_insert(&c, &read.at[i]);
	failed = failed || adopt_lines(a, text, changes_whole(text, len), &c, old, e);
	changes_free(&read);
	changes_free(&c);
	free(text);
	return failed ? -1 : 0;
}

static int adopt_file(struct adoption *a, int fold, const char *name, const struct columns *c,
		      int last, struct err *e)
{
	struct str kept = {0};
	char path[PATH_LEN];
	int failed = path_join(path, sizeof path, a->dir, name, e) ||
		     (!a->look && rows_keep(c, path, fold, last, &kept, e)) ||
		     adopt_text(a, fold, name, &kept, e);

	str_free(&kept);
	return failed ? -1 : 0;
}

/* A fold that is finished keeps all its rows, one that was interrupted what its state
 * has; one without a state has none yet. */
static int adopt_rows(struct adoption *a, int fold, bool finished, struct err *e)
{
	const struct columns steps = rows_of_steps(), epochs = rows_of_epochs();
	const struct str nothing = {0};
	int last_epoch = INT_MAX, last_step = INT_MAX;

	if (fold_has(a->dir, fold, SESSION_STEPS))
		return 0;
	if (!stored(a->dir, fold, &last_epoch, &last_step)) {
		if (!finished)
			return 0;
		last_epoch = last_step = INT_MAX;
	}
	return adopt_text(a, fold, SESSION_COMMANDS, &nothing, e) ||
			       adopt_file(a, fold, SESSION_EPOCHS, &epochs, last_epoch, e) ||
			       adopt_file(a, fold, SESSION_STEPS, &steps, last_step, e)
		       ? -1
		       : 0;
}

static int adopt(struct adoption *a, struct err *e)
{
	struct fold_list folds = {0};
	struct results old = {0};
	char path[PATH_LEN];
	int failed = 0;

	folds_read(&folds, a->dir);
	if (!folder_counts(a->dir, &folds))
		goto out;
	failed = path_join(path, sizeof path, a->dir, SESSION_RESULTS, e) ||
		 (file_exists(path) && results_read(&old, path, e)) || adopt_results(a, &old, e) ||
		 adopt_log(a, &old, e);
	for (int i = 0; i < old.n; i++)
		folds_add(&folds, old.fold[i].fold);
	for (int i = 0; i < folds.n && !failed; i++)
		failed = adopt_rows(a, folds.at[i], results_has(&old, folds.at[i]), e);
out:
	results_free(&old);
	folds_free(&folds);
	return failed ? -1 : 0;
}

/*
 * The join
 */

/* A fold's file without its header (`header` long, 0: none), whole lines only: another
 * program may be writing it. */
static int add_part(struct str *out, const char *path, size_t header, struct err *e)
{
	size_t len;
	char *text;

	if (!file_exists(path))
		return 0;
	text = file_read(path, FILE_ROWS, &len, e);
	if (!text)
		return -1;
	while (len > 0 && text[len - 1] != '\n')
		len--;
	if (len > header)
		str_addn(out, text + header, len - header);
	free(text);
	return 0;
}

/* The changes that all folds' logs have. */
static int read_logs(const char *dir, const struct fold_list *folds, struct changes *all,
		     struct err *e)
{
	char path[PATH_LEN];
	int failed = 0;

	*all = (struct changes){0};
	for (int i = 0; i < folds->n && !failed; i++) {
		struct changes c = {0};

		failed = fold_file(dir, folds->at[i], SESSION_COMMANDS, path, sizeof path, e) ||
			 (file_exists(path) && changes_read(&c, path, true, e));
		for (int k = 0; k < c.n && !failed; k++)
			changes_insert(all, &c.at[k]);
		changes_free(&c);
	}
	return failed;
}

/* What a log lacks of what session_changes says: a replay of the join is then the
 * session. Not in that of the fold `open`, which is being appended to: the next join does
 * it. A log that cannot be read is left to whoever needs it, who says so. */
static int write_begins(const char *dir, const struct fold_list *folds, int open, struct err *e)
{
	struct err ignored = {0};
	struct changes all;
	int failed = 0;

	if (read_logs(dir, folds, &all, &ignored))
		goto out;
	for (int i = 0; i < folds->n && !failed; i++) {
		const struct change begin = change_begin(folds->at[i]);
		struct str log = {0};
		char path[PATH_LEN];

		if (folds->at[i] == open || !fold_lacks_begin(dir, folds->at[i], &all))
			continue;
		change_line(&log, &begin, "");
		failed = fold_file(dir, folds->at[i], SESSION_COMMANDS, path, sizeof path, e) ||
			 file_check_own(path, e) || add_part(&log, path, 0, e) ||
			 file_write(path, log.s, log.len, e);
		str_free(&log);
	}
out:
	changes_free(&all);
	return failed;
}

static int join_file(const char *dir, const struct fold_list *folds, const char *name,
		     const struct columns *c, struct err *e)
{
	struct str all = {0};
	char path[PATH_LEN];
	int failed = 0;
	size_t header;

	if (c)
		rows_header(c, &all);
	header = all.len;
	for (int i = 0; i < folds->n && !failed; i++)
		failed = fold_file(dir, folds->at[i], name, path, sizeof path, e) ||
			 add_part(&all, path, header, e);
	failed = failed || path_join(path, sizeof path, dir, name, e) || file_check_own(path, e) ||
		 file_make_hold(path, str_text(&all), all.len, e);
	str_free(&all);
	return failed ? -1 : 0;
}

static int join_results(const char *dir, const struct fold_list *folds, struct err *e)
{
	struct results all = {0};
	char path[PATH_LEN];
	int failed = 0;

	for (int i = 0; i < folds->n && !failed; i++)
		if (fold_has(dir, folds->at[i], SESSION_RESULT))
			failed = fold_file(dir, folds->at[i], SESSION_RESULT, path, sizeof path,
					   e) ||
				 result_read(&all, folds->at[i], path, e);
	if (!failed && all.n)
		failed = path_join(path, sizeof path, dir, SESSION_RESULTS, e) ||
			 file_check_own(path, e) || results_write(&all, path, e);
	results_free(&all);
	return failed ? -1 : 0;
}

/* Of a finished fold that has lost its own: the join may be all that is left. */
static int restore_epochs(struct adoption a, int fold, const struct columns *c, struct err *e)
{
	if (!fold_has(a.dir, fold, SESSION_RESULT) || fold_has(a.dir, fold, SESSION_EPOCHS))
		return 0;
	return adopt_file(&a, fold, SESSION_EPOCHS, c, INT_MAX, e);
}

/* results.json last: it says what is finished. open: the fold whose files are open here,
 * or -1. */
static int join(const char *dir, int open, struct err *e)
{
	const struct columns steps = rows_of_steps(), epochs = rows_of_epochs();
	struct fold_list folds = {0};
	bool begun = false;
	int failed = 0;

	folds_read(&folds, dir);
	for (int i = 0; i < folds.n && !failed; i++) {
		begun |= fold_has(dir, folds.at[i], SESSION_STEPS);
		failed = fold_check_log(dir, folds.at[i], e) ||
			 restore_epochs((struct adoption){.dir = dir}, folds.at[i], &epochs, e);
	}
	if (begun && !failed)
		failed = write_begins(dir, &folds, open, e) ||
			 join_file(dir, &folds, SESSION_STEPS, &steps, e) ||
			 join_file(dir, &folds, SESSION_EPOCHS, &epochs, e) ||
			 join_file(dir, &folds, SESSION_COMMANDS, NULL, e) ||
			 join_results(dir, &folds, e);
	folds_free(&folds);
	return failed ? -1 : 0;
}

/* Adopted first: the join must not replace the only rows of a fold that has lost its own. */
int session_join(struct session *s, struct err *e)
{
	struct adoption a = {.dir = s->dir};
	int failed;

	if (s->lock < 0)
		return 0;
	switch (lock_take(s->lock, LOCK_ALONE, false, s->root, e)) {
	case LOCK_FAILED:
		return -1;
	case LOCK_BUSY:
		return 0;
	case LOCK_TAKEN:
		break;
	}
	failed = session_check_held(s, e) || adopt(&a, e) ||
		 join(s->dir, s->commands ? s->fold : -1, e);
	return lock_take(s->lock, LOCK_SHARED, false, s->root, e) != LOCK_TAKEN || failed ? -1 : 0;
}

/*
 * The folder of a session and those of its seeds
 */

static int each_run(const char *root, int (*visit)(const char *dir, void *ctx, struct err *e),
		    void *ctx, struct err *e)
{
	int failed = visit(root, ctx, e);
	DIR *open = failed ? NULL : opendir(root);
	struct dirent *d;

	while (open && !failed && (d = readdir(open))) {
		char path[PATH_LEN];

		if (strncmp(d->d_name, "seed-", 5) != 0)
			continue;
		failed = path_join(path, sizeof path, root, d->d_name, e) ||
			 (session_exists(path) && visit(path, ctx, e));
	}
	if (open)
		closedir(open);
	return failed ? -1 : 0;
}

static int visit_adopt(const char *dir, void *ctx, struct err *e)
{
	struct adoption *a = ctx;

	a->dir = dir;
	return adopt(a, e);
}

static int visit_join(const char *dir, void *ctx, struct err *e)
{
	(void)ctx;
	return join(dir, -1, e);
}

static int visit_trained(const char *dir, void *ctx, struct err *e)
{
	struct fold_list folds = {0};
	bool *trained = ctx;

	(void)e;
	folds_read(&folds, dir);
	for (int i = 0; i < folds.n; i++)
		*trained |= fold_has(dir, folds.at[i], "state.safetensors");
	folds_free(&folds);
	return 0;
}

bool session_trained(const char *root)
{
	struct err ignored = {0};
	bool trained = false;

	return each_run(root, visit_trained, &trained, &ignored) || trained;
}

bool session_needs_adoption(const char *root, char *missing, size_t n)
{
	struct adoption a = {.look = true};
	struct err ignored = {0}; /* said by whoever adopts it */

	each_run(root, visit_adopt, &a, &ignored);
	snprintf(missing, n, "%s", a.missing);
	return *a.missing != '\0';
}

int session_adopt_all(const char *root, struct err *e)
{
	struct adoption a = {0};

	return each_run(root, visit_adopt, &a, e);
}

int session_join_all(const char *root, struct err *e)
{
	return each_run(root, visit_join, NULL, e);
}
