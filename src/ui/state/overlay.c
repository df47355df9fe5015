/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/state/overlay.h"

#include "app/config/option.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"

#include <stdlib.h>
#include <string.h>

enum {
	NAME_LEN = 128,
	COUNTED = 10, /* columns from which on a short name says of how many seeds it is */
};

/* Each marker once; the colours that are farthest apart first. Line 0 is for a branch. */
static const struct {
	enum role role;
	enum glyph marker;
} looks[OVERLAY_LINES] = {
	{ROLE_S4, GLYPH_BRANCH},    {ROLE_S5, GLYPH_OVERLAY_1}, {ROLE_S6, GLYPH_OVERLAY_2},
	{ROLE_S3, GLYPH_OVERLAY_3}, {ROLE_S7, GLYPH_OVERLAY_4}, {ROLE_S5, GLYPH_OVERLAY_5},
	{ROLE_S6, GLYPH_OVERLAY_6}, {ROLE_S3, GLYPH_OVERLAY_7}, {ROLE_S7, GLYPH_OVERLAY_8},
};

enum role overlay_role(int line)
{
	return looks[line].role;
}

enum glyph overlay_marker(int line)
{
	return looks[line].marker;
}

/* ---- lines ---- */

/* What the runs of a line have in common: of seeds the session's folder. */
static void key_of(const char *dir, char *out, size_t n)
{
	const char *last = path_base(dir);
	bool seed = strncmp(last, "seed-", 5) == 0 && last > dir + 1;

	snprintf(out, n, "%.*s", (int)(seed ? last - dir - 1 : (long)strlen(dir)), dir);
}

/* The session a branch belongs to; of other runs their line's key. */
static void root_of(const char *dir, char *out, size_t n)
{
	char *branches;

	key_of(dir, out, n);
	branches = strstr(out, "/branches/");
	if (branches)
		*branches = '\0';
}

static bool is_branch(const char *dir)
{
	return strstr(dir, "/branches/") != NULL;
}

static int find(const struct ui *u, const char *key)
{
	for (int i = 0; i < OVERLAY_LINES; i++)
		if (u->overlay_key[i] && strcmp(u->overlay_key[i], key) == 0)
			return i;
	return -1;
}

static bool is_taken(const struct ui *u, int line)
{
	return overlay_next(u, line, 0) >= 0;
}

static int free_line(const struct ui *u, bool branch)
{
	/* Those that nobody has had first, so that who comes back finds his own. */
	for (int had = 0; had < 2; had++)
		for (int i = branch ? 0 : 1; i < OVERLAY_LINES; i++)
			if (!is_taken(u, i) && (had || !u->overlay_key[i]))
				return i;
	return is_taken(u, 0) ? -1 : 0;
}

void overlay_place(struct ui *u)
{
	int n = u->noverlays;
	char key[PATH_LEN];

	u->overlay_line = mem_grow(u->overlay_line, (size_t)n, sizeof *u->overlay_line);
	for (int i = 0; i < n; i++) { /* those that have a line keep it */
		key_of(u->overlay[i].dir, key, sizeof key);
		u->overlay_line[i] = find(u, key);
	}
	for (int i = 0; i < n; i++) {
		int line;

		key_of(u->overlay[i].dir, key, sizeof key);
		line = find(u, key); /* of a seed before it */
		if (line < 0) {
			line = free_line(u, is_branch(key));
			if (line < 0)
				BUG("more lines than can be told apart");
			free(u->overlay_key[line]);
			u->overlay_key[line] = mem_dup(key);
		}
		u->overlay_line[i] = line;
	}
}

int overlay_next(const struct ui *u, int line, int from)
{
	for (int i = from; i < u->noverlays; i++)
		if (u->overlay_line[i] == line)
			return i;
	return -1;
}

int overlay_line(const struct ui *u, const char *dir)
{
	for (int i = 0; i < u->noverlays; i++)
		if (strcmp(u->overlay[i].dir, dir) == 0)
			return overlay_is_drawn(u, u->overlay_line[i]) ? u->overlay_line[i] : -1;
	return -1;
}

const struct run *overlay_run(const struct ui *u, int i)
{
	return strcmp(u->overlay[i].dir, u->run.dir) == 0 ? &u->run : &u->overlay[i];
}

bool overlay_is_drawn(const struct ui *u, int line)
{
	for (int i = overlay_next(u, line, 0); i >= 0; i = overlay_next(u, line, i + 1))
		if (overlay_run(u, i) != &u->run)
			return true;
	return false;
}

/* ---- reading ---- */

static int count_lines(const struct run *r, int n)
{
	char key[PATH_LEN], other[PATH_LEN];
	int lines = 0;

	for (int i = 0; i < n; i++) {
		bool known = false;

		key_of(r[i].dir, key, sizeof key);
		for (int k = 0; k < i && !known; k++) {
			key_of(r[k].dir, other, sizeof other);
			known = strcmp(key, other) == 0;
		}
		lines += !known;
	}
	return lines;
}

static void free_runs(struct run *r, int n)
{
	for (int i = 0; i < n; i++)
		run_free(&r[i]);
	free(r);
}

int overlay_set(struct ui *u, const char *const *dir, int n, struct err *e)
{
	struct run *r = mem_alloc((size_t)n, sizeof *r);
	int lines;

	for (int i = 0; i < n; i++)
		if (run_load_rows(&r[i], dir[i], e)) {
			free_runs(r, i);
			return -1;
		}
	lines = count_lines(r, n);
	if (lines > OVERLAY_LINES) {
		free_runs(r, n);
		return err_set(e,
			       "overlay: %d lines cannot be told apart, %d can; pick fewer "
			       "(seeds of one session are one line)",
			       lines, OVERLAY_LINES);
	}
	ui_drop_overlays(u);
	u->overlay = r;
	u->noverlays = n;
	overlay_place(u);
	return 0;
}

bool overlay_refresh(struct ui *u)
{
	bool any = false;

	for (int i = 0; i < u->noverlays; i++) {
		struct err ignored = {0};
		unsigned news;

		run_refresh(&u->overlay[i], &news, &ignored);
		any |= news != 0;
	}
	return any;
}

/* ---- names ---- */

/* A line's name if nothing had the same. */
static void plain_name(const struct ui *u, const struct run *r, int runs, char *out, size_t n)
{
	char root[PATH_LEN], shown[PATH_LEN];

	root_of(r->dir, root, sizeof root);
	root_of(u->run.dir, shown, sizeof shown);
	if (strcmp(root, shown) != 0)
		snprintf(out, n, is_branch(r->dir) ? "%s/%s" : "%s", r->name, r->branch);
	else if (is_branch(r->dir))
		snprintf(out, n, "%s", r->branch);
	else if (runs > 1)
		snprintf(out, n, "seeds");
	else if (is_branch(u->run.dir) && r->base.exp.seed == u->run.base.exp.seed)
		snprintf(out, n, "main"); /* that the shown one has left */
	else
		snprintf(out, n, "seed %lld", (long long)r->base.exp.seed);
}

static int count_runs(const struct ui *u, int line)
{
	int n = 0;

	for (int i = overlay_next(u, line, 0); i >= 0; i = overlay_next(u, line, i + 1))
		n++;
	return n;
}

/* Is it the shown run's name, or another line's? */
static bool is_used(const struct ui *u, int line, const char *name)
{
	char other[NAME_LEN];

	if (strcmp(name, u->run.name) == 0)
		return true;
	for (int i = 0; i < OVERLAY_LINES; i++) {
		int at = overlay_next(u, i, 0);

		if (i == line || at < 0)
			continue;
		plain_name(u, &u->overlay[at], count_runs(u, i), other, sizeof other);
		if (strcmp(name, other) == 0)
			return true;
	}
	return false;
}

/* The first setting that is not the shown run's: "batch_size 32"; false: none. */
static bool setting_name(const struct ui *u, const struct run *r, char *out, size_t n)
{
	char text[OPTION_TEXT];

	for (int i = 0; i < option_count; i++) {
		const struct option *o = &option_table[i];
		const char *part = strrchr(o->key, '.');

		if (option_equal(&r->base, &u->run.base, o))
			continue;
		option_text(&r->base, o, text, sizeof text);
		snprintf(out, n, "%s %s", part ? part + 1 : o->key, text[0] ? text : "none");
		return true;
	}
	return false;
}

/* Without how many seeds it is the mean of. */
static void bare_name(const struct ui *u, int line, char *out, size_t n)
{
	const struct run *r = &u->overlay[overlay_next(u, line, 0)];
	char key[PATH_LEN];

	plain_name(u, r, count_runs(u, line), out, n);
	if (!is_used(u, line, out) || setting_name(u, r, out, n))
		return;
	key_of(r->dir, key, sizeof key);
	snprintf(out, n, "%s", path_base(key));
}

char *overlay_name(const struct ui *u, int line, char *out, size_t n)
{
	int runs = count_runs(u, line);
	size_t len;

	bare_name(u, line, out, n);
	len = strlen(out);
	if (runs > 1)
		snprintf(out + len, n - len, " ×%d", runs);
	return out;
}

/* Bytes that two names begin with. */
static size_t common(const char *a, const char *b)
{
	size_t n = 0;

	while (a[n] && a[n] == b[n])
		n++;
	return n;
}

/* Bytes that a name begins with like the shown run's or another line's. */
static size_t shared(const struct ui *u, int line, const char *name)
{
	size_t most = common(name, u->run.name);
	char other[NAME_LEN];

	for (int i = 0; i < OVERLAY_LINES; i++)
		if (i != line && overlay_is_drawn(u, i)) {
			size_t n = common(name, overlay_name(u, i, other, sizeof other));

			most = n > most ? n : most;
		}
	return most;
}

char *overlay_short(const struct ui *u, int line, int columns, char *out, size_t n)
{
	char name[NAME_LEN], rest[NAME_LEN + 4];
	size_t same;

	if (columns < COUNTED)
		bare_name(u, line, name, sizeof name);
	else
		overlay_name(u, line, name, sizeof name);
	snprintf(rest, sizeof rest, "%s", name);
	same = shared(u, line, name);
	/* The first words less, as few as will do, while they are another's too. */
	for (size_t i = 1; i <= same && name[i] && text_width(rest) > columns; i++)
		if (strchr(" -_=/", name[i - 1]))
			snprintf(rest, sizeof rest, "…%s", name + i);
	return text_cut_middle(out, n, rest, columns);
}
