/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/lab/job_session.h"

#include "app/config/setting.h"
#include "app/lab/team.h"
#include "app/session/session_data.h"
#include "app/session/session_delete.h"
#include "app/session/session_lock.h"
#include "app/session/session_prune.h"
#include "base/file.h"
#include "base/plain.h"

#include <stdlib.h>
#include <string.h>

bool job_resumes(const struct job_options *o)
{
	return o->resume && o->session && session_exists(o->session);
}

/* ---- settings ---- */

static char *field(const struct settings *s, const struct option *o)
{
	return (char *)(size_t)s + o->at;
}

/* "--set K=V: a session goes on with ..." */
static int refuse_set(const struct option *k, const char *was, const char *now,
		      const struct job_options *o, struct err *e)
{
	struct str session = {0};

	str_add_quoted(&session, o->session);
	err_usage(e,
		  "--set %s=%s: a session goes on with the settings it was started with (%s %s), "
		  "only its paths may change; for a new session: train %s/config.yml --set %s=%s",
		  k->key, now, k->key, was, session.s, k->key, now);
	str_free(&session);
	return -1;
}

/* Who says so: `--set`, if it names the setting, else CONFIG. */
static const char *asks(const struct option *k, const struct job_options *o)
{
	static const char from_set[] = "--set";

	for (int i = 0; i < o->nset; i++) {
		struct setting x;

		setting_of_assignment(&x, o->set[i]);
		if (x.o == k)
			return from_set;
	}
	return o->config;
}

/* What may be asked of a session that goes on: other paths, other words on its data, other
 * room for its stored states, nothing else. */
static int check_same(const struct settings *stored, const struct settings *asked,
		      const struct job_options *o, struct err *e)
{
	struct str differ = {0};
	const char *by = NULL;

	for (int i = 0; i < option_count; i++) {
		const struct option *k = &option_table[i];
		char was[OPTION_TEXT], now[OPTION_TEXT];

		if (k->no_effect || option_is_free(k) || option_equal(stored, asked, k))
			continue;
		option_text(stored, k, was, sizeof was);
		option_text(asked, k, now, sizeof now);
		if (!o->config)
			return refuse_set(k, was, now, o, e);
		if (by != asks(k, o))
			str_addf(&differ, "%s%s %s, %s says %s", by ? "; " : "", k->key, was,
				 asks(k, o), now);
		else
			str_addf(&differ, "; %s %s, not %s", k->key, was, now);
		by = asks(k, o);
	}
	if (!differ.len)
		return 0;
	err_set(e, "%s was started with %s; resume with the same settings, or start a new session",
		o->session, differ.s);
	if (o->or_start)
		e->status = EXIT_USAGE;
	str_free(&differ);
	return -1;
}

static bool same_paths(const struct settings *a, const struct settings *b)
{
	for (int i = 0; i < option_count; i++)
		if (option_is_free(&option_table[i]) && !option_equal(a, b, &option_table[i]))
			return false;
	return true;
}

int job_read_session(struct job *j, const struct settings *asked, struct err *e)
{
	const struct job_options *o = &j->opt;
	struct settings stored, next, preset = {0};
	struct session s;
	struct err why = {0};

	if (session_read(&s, o->session, &stored, e) || session_origin(&s, &stored, &j->origin, e))
		return -1;
	next = stored;
	options_preset(&preset);
	for (int i = 0; !asked && i < o->nset; i++)
		if (setting_assign(&next, o->set[i], &why))
			return err_usage(e, "--set: %s", why.text);
	if (check_same(&stored, asked ? asked : &next, o, e))
		return -1;
	for (int i = 0; asked && i < option_count; i++) {
		const struct option *k = &option_table[i];

		/* A CONFIG without a word on it does not take back what is stored. */
		if (k->type == OPT_PATH || (option_is_free(k) && !option_equal(asked, &preset, k)))
			memcpy(field(&next, k), field(asked, k), k->size);
	}
	if (options_resolve(&next, e))
		return -1;
	j->set = next;
	return 0;
}

/* ---- data ---- */

void job_add_resume(struct str *b, const char *dir, const struct job_options *o)
{
	str_add(b, "--session ");
	str_add_quoted(b, dir);
	str_add(b, " --resume");
	for (int i = 0; i < o->nfolds; i++)
		str_addf(b, " --fold %d", o->fold[i]);
	if (o->seeds > 1)
		str_addf(b, " --seeds %d", o->seeds);
	if (o->team)
		str_addf(b, " --jobs %d", team_asked(o->team));
}

static int refuse_data(const struct str *text, struct err *e)
{
	err_set(e, "%s", text->s);
	e->status = EXIT_DATA;
	return -1;
}

int job_find_data(const struct job *j, struct err *e)
{
	struct str gone = {0}, set = {0};
	int failed = 0;

	for (int i = 0; i < option_count; i++) {
		const struct option *o = &option_table[i];
		const char *path = field(&j->set, o);

		if (o->type != OPT_PATH || !*path || file_exists(path))
			continue;
		str_addf(&gone, "%s%s (%s)", gone.len ? ", " : "", path, o->key);
		str_addf(&set, " --set %s=PATH", o->key);
	}
	if (gone.len) {
		str_add(&gone, ": not there; if the data has moved, go on with miust train ");
		job_add_resume(&gone, j->opt.session, &j->opt);
		str_add(&gone, set.s);
		failed = refuse_data(&gone, e);
	}
	str_free(&gone);
	str_free(&set);
	return failed;
}

/* The folder of a run of the session: root, or root/seed-S. */
static int seed_folder(struct session *s, int place, int64_t seed, struct err *e)
{
	char name[32];

	memcpy(s->dir, s->root, sizeof s->dir);
	if (!place)
		return 0;
	snprintf(name, sizeof name, "seed-%lld", (long long)seed);
	return path_join(s->dir, sizeof s->dir, s->root, name, e);
}

static int run_folder(const struct job *j, int seed, struct session *s, struct err *e)
{
	*s = (struct session){.lock = -1};
	snprintf(s->root, sizeof s->root, "%s", j->opt.session);
	return seed_folder(s, seed, (int64_t)j->set.exp.seed + seed, e);
}

/* Has the data of this folder's run changed? */
static int check_folder(struct job *j, const struct session *s, struct err *e)
{
	struct origin then = {0};
	struct settings ignored;
	struct str text = {0};
	int failed = session_origin(s, &ignored, &then, e);

	if (failed || !then.hash[0] || strcmp(then.hash, j->lab->now.hash) == 0)
		goto out;
	str_addf(&text, "%s: the data has changed since the session was started: ", s->dir);
	failed = session_data_changes(s, &then, &j->lab->corpus, &j->set, &text, e);
	if (failed)
		goto out;
	if (j->opt.accept_data) {
		job_say(j, "%s; going on with the data as it is now", text.s);
		goto out;
	}
	str_add(&text, "; put it back, go on with the data as it is now (miust train ");
	job_add_resume(&text, j->opt.session, &j->opt);
	str_addf(&text, "%s --accept-data), or start a new session",
		 j->opt.skip_bad ? " --skip-bad" : "");
	failed = refuse_data(&text, e);
out:
	str_free(&text);
	origin_free(&then);
	return failed;
}

int job_check_data(struct job *j, struct err *e)
{
	for (int i = 0; j->resumes && i < j->opt.seeds; i++) {
		struct session s;

		if (run_folder(j, i, &s, e) || (session_exists(s.dir) && check_folder(j, &s, e)))
			return -1;
	}
	return 0;
}

int job_begin_data(struct job *j, struct err *e)
{
	struct settings set;

	origin_free(&j->then);
	if (session_origin(&j->session, &set, &j->then, e))
		return -1;
	j->data_known = j->then.hash[0] || j->opt.accept_data;
	j->paths_moved = !same_paths(&set, &j->base);
	j->data_stored = false;
	return 0;
}

/* As a comment, since commands are lines that change a run. */
static int remark_change(struct job *j, struct err *e)
{
	struct str text = {0};
	int fold, epoch, step, failed;

	job_position(j, &fold, &epoch, &step);
	str_addf(&text, "before epoch %d, step %d of fold %d other data was accepted: ", epoch,
		 step, fold);
	failed = session_data_changes(&j->session, &j->then, &j->lab->corpus, &j->base, &text, e) ||
		 session_remark(&j->session, fold, text.s, e);
	str_free(&text);
	return failed ? -1 : 0;
}

int job_store_paths(struct job *j, struct err *e)
{
	return j->paths_moved ? session_store_config(&j->session, &j->base, &j->then, e) : 0;
}

int job_store_data(struct job *j, struct err *e)
{
	bool same = strcmp(j->then.hash, j->lab->now.hash) == 0;
	int fold, epoch, step;

	if (j->data_stored)
		return 0;
	if (!same && j->then.hash[0] && remark_change(j, e))
		return -1;
	job_position(j, &fold, &epoch, &step);
	if (!j->then.hash[0] && (step > 1 || j->results.n))
		job_say(j,
			"%s does not say which data it was started with (it is of version 0.1), so "
			"nothing was compared; from now on it does",
			j->session.dir);
	if (((!same || j->paths_moved) &&
	     session_store_config(&j->session, &j->base, &j->lab->now, e)) ||
	    session_store_roster(&j->session, &j->lab->roster, e))
		return -1;
	j->data_stored = true;
	return 0;
}

/* ---- the folder ---- */

/* No other program writes a fold that this run is to train. */
static int check_free(const struct job *j, struct err *e)
{
	const struct job_options *o = &j->opt;
	int n = o->nfolds ? o->nfolds : split_folds(&j->lab->corpus), failed = 0;

	for (int i = 0; i < o->seeds && !failed; i++) {
		struct session s;

		failed = run_folder(j, i, &s, e);
		for (int k = 0; k < n && !failed; k++)
			failed = session_check_free(
				s.dir, o->nfolds ? o->fold[k] : split_fold(&j->lab->corpus, k), e);
	}
	return failed ? -1 : 0;
}

static void say_local_locks(const struct job *j)
{
	char text[512];

	lock_warning(j->root.root, text, sizeof text);
	if (text[0])
		job_say(j, "%s", text);
}

static void say_stored(struct job *j)
{
	say_local_locks(j);
	if (session_pruned(j->opt.session))
		job_say(j,
			"%s was pruned: it can be evaluated and compared, but what is "
			"finished cannot go on; train again to change it",
			j->opt.session);
}

static int go_on(struct job *j, struct err *e)
{
	const struct job_options *o = &j->opt;
	struct settings stored;

	/* A team leaves such folds to who trains them. */
	if ((!o->team && check_free(j, e)) ||
	    (o->claim ? session_claim(&j->root, o->session, &stored, e)
		      : session_resume(&j->root, o->session, &stored, e)))
		return -1;
	say_stored(j);
	return 0;
}

/* Has this folder's run a fold without a result? */
static int find_left(const struct job *j, const struct session *s, bool *left, struct err *e)
{
	struct results r = {0};
	int failed = session_results(s, &j->set, &r, e);

	*left = r.n < split_folds(&j->lab->corpus);
	results_free(&r);
	return failed;
}

static int count_left(const struct job *j, const struct session *s, const struct settings *set,
		      int *n, struct err *e)
{
	const struct job_options *o = &j->opt;
	struct results r = {0};
	int failed = session_results(s, set, &r, e);
	int asked = o->nfolds ? o->nfolds : split_folds(&j->lab->corpus);

	for (int i = 0; i < asked && !failed; i++)
		*n += !results_has(&r, o->nfolds ? o->fold[i] : split_fold(&j->lab->corpus, i));
	results_free(&r);
	return failed;
}

int job_count_left(const struct job *j, int *n, struct err *e)
{
	struct settings set = j->set;
	struct session s = {.lock = -1};
	int failed = 0;

	*n = 0;
	memcpy(s.root, j->root.root, sizeof s.root);
	for (int i = 0; i < j->opt.seeds && !failed; i++, set.exp.seed++)
		failed = seed_folder(&s, i, set.exp.seed, e) || count_left(j, &s, &set, n, e);
	return failed ? -1 : 0;
}

int job_find_session(struct job *j, struct err *e)
{
	int64_t seed = j->set.exp.seed;
	bool left = false;

	if (run_folder(j, 0, &j->root, e) || session_refuse_links(j->root.root, e))
		return -1;
	for (int i = 0; i < j->opt.seeds && !left; i++) {
		struct session s;

		j->set.exp.seed = seed;
		if (run_folder(j, i, &s, e))
			return -1;
		if (i > 0 && !session_exists(s.dir))
			break;
		j->session = s;
		j->set.exp.seed = seed + i;
		if (find_left(j, &s, &left, e))
			return -1;
	}
	say_stored(j);
	return 0;
}

static int create(struct job *j, struct err *e)
{
	const struct job_options *o = &j->opt;
	const char *root = o->session;
	char name[PATH_LEN];
	bool first = !file_exists("sessions");

	if (root) {
		dirs_missing(j->made, sizeof j->made, root);
	} else {
		if (session_new_name(name, sizeof name, "sessions", o->config, e))
			return -1;
		snprintf(j->made, sizeof j->made, "%s", first ? "sessions" : name);
		root = name;
	}
	if (session_create_origin(&j->root, root, &j->set, &j->lab->now, &j->lab->roster, e)) {
		if (j->made[0])
			dirs_remove(root, j->made);
		return -1;
	}
	j->created = true;
	say_local_locks(j);
	return 0;
}

/* Another program has made the session since this one looked for it; the data was read
 * meanwhile. */
static int come_second(struct job *j, struct err *e)
{
	const struct settings asked = j->set;

	j->made[0] = '\0';
	j->resumes = true;
	origin_free(&j->origin);
	return job_read_session(j, &asked, e) || job_check_data(j, e) || go_on(j, e) ? -1 : 0;
}

static int open_folder(struct job *j, struct err *e)
{
	if (j->resumes)
		return go_on(j, e);
	if (create(j, e) == 0)
		return 0;
	if (e->status != EXIT_THERE || !j->opt.resume)
		return -1;
	err_clear(e);
	return come_second(j, e);
}

int job_open_session(struct job *j, struct err *e)
{
	if (open_folder(j, e))
		return -1;
	if (j->opt.socket)
		str_fit(j->root.socket, sizeof j->root.socket, j->opt.socket);
	return 0;
}

void job_discard_session(struct job *j)
{
	struct err ignored = {0}; /* the refusal is what the user hears of */

	if (!j->created || j->begun || session_discard(&j->root, &ignored))
		return;
	if (j->made[0])
		dirs_remove(j->root.root, j->made);
}

int job_check_asked(const struct job *j, struct err *e)
{
	if (j->set.exp.seed > INT64_MAX - (j->opt.seeds - 1))
		return err_usage(e,
				 "--seeds %d: from exp.seed %lld they would pass the largest seed, "
				 "%lld; start from a smaller one",
				 j->opt.seeds, (long long)j->set.exp.seed, (long long)INT64_MAX);
	for (int i = 0; i < j->opt.nfolds; i++)
		if (!split_has_fold(&j->lab->corpus, j->opt.fold[i]))
			return split_no_fold(&j->lab->corpus, j->opt.fold[i], e);
	return 0;
}
