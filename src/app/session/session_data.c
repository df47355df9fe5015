/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * DESIGN: which data a session has, killed at any instant.
 *
 * The hash in config.yml decides, and is written first: a data.csv with another
 * hash is one that was not replaced any more, and is replaced when the run goes
 * on. The remark in commands.log comes before both.
 */
#include "app/session/session.h"

#include "app/session/changes.h"
#include "base/file.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char CONFIG[] = "config.yml", DATA[] = "data.csv", COMMANDS[] = "commands.log";

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
	char path[PATH_LEN], *old = NULL;
	struct err unreadable = {0}; /* then it is replaced */
	size_t n = 0;
	bool same;

	if (session_path(s, name, path, sizeof path, e))
		return -1;
	if (file_exists(path))
		old = file_read(path, FILE_LIST, &n, &unreadable);
	same = old && n == len && memcmp(old, text, len) == 0;
	free(old);
	return same ? 0 : file_write(path, text, len, e);
}

int session_store_config(const struct session *s, const struct settings *set,
			 const struct origin *o, struct err *e)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);
	int failed;

	if (!f)
		return err_errno(e, s->dir, "cannot make its config.yml");
	failed = config_write_origin(set, o, f, e);
	if (fclose(f) && !failed)
		failed = err_errno(e, s->dir, "cannot make its config.yml");
	failed = failed || make_hold(s, CONFIG, text, len, e) ? -1 : 0;
	free(text);
	return failed;
}

int session_store_roster(const struct session *s, const struct str *roster, struct err *e)
{
	return make_hold(s, DATA, str_text(roster), roster->len, e);
}

int session_data_changes(const struct session *s, const struct origin *then, const struct corpus *c,
			 const struct settings *set, struct str *out, struct err *e)
{
	char path[PATH_LEN], hash[ROSTER_HASH], *text;
	struct err why = {0};
	size_t len = 0;

	if (path_join(path, sizeof path, s->dir, DATA, e))
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

int session_remark(const struct session *s, const char *text, struct err *e)
{
	char path[PATH_LEN], *old = NULL;
	struct str log = {0};
	size_t len = 0;
	int failed;

	if (session_path(s, COMMANDS, path, sizeof path, e))
		return -1;
	if (file_exists(path)) {
		old = file_read(path, FILE_LOG, &len, e);
		if (!old)
			return -1;
		str_addn(&log, old, changes_whole(old, len));
		free(old);
	}
	str_add(&log, "# ");
	for (; *text; text++) /* a line it stays, whatever an id holds */
		str_addn(&log, iscntrl((unsigned char)*text) ? " " : text, 1);
	str_add(&log, "\n");
	failed = file_write(path, log.s, log.len, e);
	str_free(&log);
	return failed;
}
