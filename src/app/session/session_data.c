/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * DESIGN: which data a session has, killed at any instant.
 *
 * The hash in config.yml decides, and is written first: a data.csv with another
 * hash is one that was not replaced any more, and is replaced when the run goes
 * on. The remark in the fold's commands.log comes before both.
 */
#include "app/session/session_data.h"

#include "app/session/session_private.h"
#include "base/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char CONFIG[] = "config.yml";

int session_origin(const struct session *s, struct settings *set, struct origin *o, struct err *e)
{
	struct warnings w = {0}; /* were shown when the session was made */
	char path[PATH_LEN];
	int failed;

	*o = (struct origin){0};
	if (path_join(path, sizeof path, s->dir, CONFIG, e))
		return -1;
	failed = config_load_origin(set, o, path, NULL, 0, &w, e);
	warnings_free(&w);
	return failed;
}

/* Make NAME in the session's folder hold `text`; not touched if it does. */
static int make_hold(const struct session *s, const char *name, const char *text, size_t len,
		     struct err *e)
{
	char path[PATH_LEN];

	return session_path(s, name, path, sizeof path, e) || file_make_hold(path, text, len, e)
		       ? -1
		       : 0;
}

static int config_text(const struct session *s, const struct settings *set, const struct origin *o,
		       char **text, size_t *len, struct err *e)
{
	FILE *f;
	int failed;

	*text = NULL;
	*len = 0;
	f = open_memstream(text, len);
	if (!f)
		return err_errno(e, s->dir, "cannot make its config.yml");
	failed = config_write_origin(set, o, f, e);
	if (fclose(f) && !failed)
		failed = err_errno(e, s->dir, "cannot make its config.yml");
	return failed;
}

int session_store_config(const struct session *s, const struct settings *set,
			 const struct origin *o, struct err *e)
{
	char *text;
	size_t len;
	int failed = config_text(s, set, o, &text, &len, e) || make_hold(s, CONFIG, text, len, e);

	free(text);
	return failed ? -1 : 0;
}

int session_new_config(const struct session *s, const struct settings *set, const struct origin *o,
		       bool *made, struct err *e)
{
	char path[PATH_LEN], *text;
	size_t len;
	int failed = config_text(s, set, o, &text, &len, e) ||
		     session_path(s, CONFIG, path, sizeof path, e) ||
		     file_create(path, text, len, made, e);

	free(text);
	return failed ? -1 : 0;
}

int session_store_roster(const struct session *s, const struct str *roster, struct err *e)
{
	return make_hold(s, SESSION_DATA, str_text(roster), roster->len, e);
}

int session_data_changes(const struct session *s, const struct origin *then, const struct corpus *c,
			 const struct settings *set, struct str *out, struct err *e)
{
	char path[PATH_LEN], hash[ROSTER_HASH], *text;
	struct err why = {0};
	size_t len = 0;

	if (path_join(path, sizeof path, s->dir, SESSION_DATA, e))
		return -1;
	text = file_read(path, FILE_LIST, &len, &why);
	if (text)
		roster_text_hash(text, len, hash);
	free(text);
	if (text && strcmp(hash, then->hash) != 0)
		err_set(&why, "its data.csv does not match the hash in config.yml");
	if (!why.status && origin_changes(path, c, set, out, &why) == 0)
		return 0;
	str_addf(out, "what has changed is unknown: %s", why.text);
	return 0;
}

/* Lists appear in their order, so the last row is of the last one. */
int session_folds(const struct session *s, const struct settings *set)
{
	char path[PATH_LEN], *text = NULL, *last;
	struct err ignored = {0};
	size_t len = 0;
	int folds = 5, n;

	if (set->layout == LAYOUT_LISTS)
		return 1;
	if (path_join(path, sizeof path, s->dir, SESSION_DATA, &ignored) == 0 && file_exists(path))
		text = file_read(path, FILE_LIST, &len, &ignored);
	while (text && len && text[len - 1] == '\n')
		text[--len] = '\0';
	last = text ? strrchr(text, '\n') : NULL;
	if (last && sscanf(last, "\nSession%6d,", &n) == 1 && n > 0)
		folds = n;
	free(text);
	return folds;
}
