/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/lab/lab.h"

#include "app/config/option.h"
#include "base/mem.h"
#include "engine/data/watch.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* ---- reading ---- */

/* Notes about rows are for `check`. What stopped the reading is in *e as well, and is
 * said at the end, of all lists that have it. */
static void say_problems(const struct lab_data *d, const struct problems *p, struct err *e)
{
	struct problem_groups g = problems_grouped(p);

	for (int i = 0; i < g.n; i++) {
		const struct problem_group *at = &g.at[i];
		char *warning = NULL;

		if (at->kind == PROBLEM_WARNING)
			warning = str_format("warning: %s", at->text);
		if (at->kind == PROBLEM_NOTE && !(d->notes && at->rows == 0))
			continue;
		if (strcmp(at->first->text, e->text) == 0)
			snprintf(e->text, sizeof e->text, "%s", at->text);
		else
			d->say(d->ctx, warning ? warning : at->text);
		free(warning);
	}
	problem_groups_free(&g);
}

static void say_left_out(const struct lab_data *d, const struct corpus *c)
{
	char text[128];
	int known = 0, found;

	for (int i = 0; i < c->nleft; i++)
		known += c->left[i].known;
	found = c->nleft - known;
	snprintf(text, sizeof text,
		 "%d row%s left out as before (left_out in config.yml), %d remain", known,
		 known == 1 ? "" : "s", c->n);
	if (known)
		d->say(d->ctx, text);
	snprintf(text, sizeof text, "%d row%s left out (listed above), %d remain", found,
		 found == 1 ? "" : "s", c->n);
	if (found)
		d->say(d->ctx, text);
}

int lab_read(struct corpus *c, const struct lab_data *d, struct err *e)
{
	struct problems p = {0};
	int failed = d->list ? corpus_open_new(c, d->set, d->list, d->how, &p, e)
			     : corpus_open_known(c, d->set, d->how, d->known->left, d->known->nleft,
						 &p, e);

	if (d->say && !d->look)
		say_problems(d, &p, e);
	if (!failed && !d->look && !(d->how & CORPUS_SKIP_BAD))
		failed = corpus_refuse(c, &p, d->leave_out, e);
	if (failed)
		corpus_close(c);
	else if (d->say && !d->look)
		say_left_out(d, c);
	problems_free(&p);
	return failed ? -1 : 0;
}

/* ---- the same data ---- */

/* Settings of the data that say how its utterances are used or were made, not which there
 * are. */
static bool is_of_use(const char *key)
{
	static const char *const keys[] = {"exp.seed",         "exp.protocol",  "exp.holdout",
					   "exp.holdout_unit", "exp.normalize", "exp.features"};

	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		if (strcmp(key, keys[i]) == 0)
			return true;
	return false;
}

static bool is_of_data(const char *key)
{
	return strcmp(key, "model.text_feat_dim") == 0 ||
	       strcmp(key, "model.audio_feat_dim") == 0 ||
	       (strncmp(key, "exp.", 4) == 0 && !is_of_use(key));
}

static bool same_data(const struct settings *a, const struct settings *b)
{
	for (int i = 0; i < option_count; i++)
		if (is_of_data(option_table[i].key) && !option_equal(a, b, &option_table[i]))
			return false;
	return true;
}

static bool same_rows(const struct origin *a, const struct origin *b)
{
	if (a->nleft != b->nleft)
		return false;
	for (int i = 0; i < a->nleft; i++)
		if (a->left[i].line != b->left[i].line ||
		    strcmp(a->left[i].part, b->left[i].part) != 0 ||
		    strcmp(a->left[i].id, b->left[i].id) != 0)
			return false;
	return true;
}

/* ---- the same files ---- */

/* What a file is, as far as the system tells without reading it. */
struct file_mark {
	dev_t device;
	ino_t inode;
	off_t size;
	struct timespec written;
};

static struct file_mark mark_of(const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return (struct file_mark){0};
	return (struct file_mark){st.st_dev, st.st_ino, st.st_size, st.st_mtim};
}

static bool same_mark(const struct file_mark *a, const struct file_mark *b)
{
	return a->device == b->device && a->inode == b->inode && a->size == b->size &&
	       a->written.tv_sec == b->written.tv_sec && a->written.tv_nsec == b->written.tv_nsec;
}

/* The lists, then the folder that has them where their number is not fixed. */
static const char *list_path(const struct lab *lab, int i)
{
	return i < lab->corpus.nlists ? lab->corpus.list[i].path : lab->set.exp.iemocap_csv;
}

static void mark_lists(struct lab *lab)
{
	lab->list = mem_alloc((size_t)lab->corpus.nlists + 1, sizeof *lab->list);
	for (int i = 0; i <= lab->corpus.nlists; i++)
		lab->list[i] = mark_of(list_path(lab, i));
}

/* Does whoever reads the files now find in them what was read? */
static bool is_still(const struct lab *lab)
{
	const struct corpus *c = &lab->corpus;

	for (int i = 0; i <= c->nlists; i++) {
		struct file_mark now = mark_of(list_path(lab, i));

		if (!same_mark(&now, &lab->list[i]))
			return false;
	}
	for (int i = 0; i < c->nleft; i++)
		if (!c->left[i].known) /* its fault may be gone */
			return false;
	return !lab->writes && watch_same(c);
}

/* ---- sharing ---- */

/* Read again, it would be what it is: the same rows are left out, or none are known
 * and the others are treated alike. */
static bool fits(const struct lab *lab, const struct lab_data *d)
{
	bool alike =
		d->known->nleft == 0 && lab->fresh && d->how == lab->how && d->look == lab->look;

	return same_data(&lab->set, d->set) && (alike || same_rows(d->known, &lab->now)) &&
	       is_still(lab);
}

static void close_lab(struct lab *lab)
{
	origin_free(&lab->now);
	str_free(&lab->roster);
	corpus_close(&lab->corpus);
	free(lab->list);
	free(lab->write);
	free(lab);
}

static struct lab *lab_new(const struct lab_data *d, struct err *e)
{
	struct lab *lab = mem_alloc(1, sizeof *lab);

	*lab = (struct lab){.set = *d->set,
			    .how = d->how,
			    .look = d->look,
			    .fresh = d->known->nleft == 0,
			    .held = 1};
	if (lab_read(&lab->corpus, d, e)) {
		close_lab(lab);
		return NULL;
	}
	mark_lists(lab);
	origin_of(&lab->now, &lab->corpus, d->set);
	roster_text(&lab->corpus, d->set, &lab->roster);
	return lab;
}

void labs_init(struct labs *labs)
{
	*labs = (struct labs){0};
	pthread_mutex_init(&labs->lock, NULL);
}

void labs_close(struct labs *labs)
{
	lab_drop(labs->kept);
	pthread_mutex_destroy(&labs->lock);
}

/* One less holds it; is it nobody now? Then it is out of the list. Under the lock. */
static bool let_go(struct lab *lab)
{
	struct lab **at = &lab->of->first;

	if (--lab->held > 0)
		return false;
	while (*at != lab)
		at = &(*at)->next;
	*at = lab->next;
	return true;
}

/* Kept instead of the one before, which is returned if nobody holds it now. Under the
 * lock. */
static struct lab *keep(struct labs *labs, struct lab *lab)
{
	struct lab *before = labs->kept;

	lab->held++;
	labs->kept = lab;
	return before && let_go(before) ? before : NULL;
}

struct lab *lab_take(struct labs *labs, const struct lab_data *d, struct err *e)
{
	struct lab *lab, *unused = NULL;

	if (!labs)
		return lab_new(d, e);
	pthread_mutex_lock(&labs->lock);
	lab = labs->first;
	while (lab && !fits(lab, d))
		lab = lab->next;
	if (lab)
		lab->held++;
	pthread_mutex_unlock(&labs->lock);
	if (lab && d->say && !d->look)
		say_left_out(d, &lab->corpus);
	if (!lab && !(lab = lab_new(d, e)))
		return NULL;
	pthread_mutex_lock(&labs->lock);
	if (!lab->of) {
		lab->of = labs;
		lab->next = labs->first;
		labs->first = lab;
	}
	unused = keep(labs, lab);
	pthread_mutex_unlock(&labs->lock);
	if (unused)
		close_lab(unused);
	return lab;
}

struct lab *lab_hold(struct lab *lab)
{
	pthread_mutex_lock(&lab->of->lock);
	lab->held++;
	pthread_mutex_unlock(&lab->of->lock);
	return lab;
}

void lab_drop(struct lab *lab)
{
	struct labs *labs = lab ? lab->of : NULL;
	bool unused = lab != NULL;

	if (labs) {
		pthread_mutex_lock(&labs->lock);
		unused = let_go(lab);
		pthread_mutex_unlock(&labs->lock);
	}
	if (unused)
		close_lab(lab);
}

/* ---- files that are written to while they are in use ---- */

/* `before` of them were known when more were found, `path` first. */
struct lab_write {
	int before, n;
	const char *path; /* the corpus's */
};

static void find_written(struct lab *lab)
{
	const char *path = NULL;
	int n = watch_written(&lab->corpus, &path), before = 0;

	if (!n)
		return;
	for (int i = 0; i < lab->writes; i++)
		before += lab->write[i].n;
	lab->write = mem_grow(lab->write, (size_t)lab->writes + 1, sizeof *lab->write);
	lab->write[lab->writes++] = (struct lab_write){before, n, path};
}

int lab_written(struct lab *lab, int *seen, const char **first)
{
	struct labs *labs = lab->of;
	int n = 0, since = *seen;

	if (labs)
		pthread_mutex_lock(&labs->lock);
	find_written(lab);
	for (int i = lab->writes - 1; i >= 0 && lab->write[i].before >= since; i--) {
		n += lab->write[i].n;
		*first = lab->write[i].path;
	}
	*seen = since + n;
	if (labs)
		pthread_mutex_unlock(&labs->lock);
	return n;
}
