/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/shelf/cache.h"

#include "app/config/config.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/xdg.h"

#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

enum { FORMAT = 1 };

/* ---- the table of a summary's numbers ---- */

enum kind { INTEGER, COUNT, REAL, SWITCH };

static const struct field {
	const char *name;
	enum kind kind;
	size_t at;
} fields[] = {
#define FIELD(name, kind)                                   \
	{                                                   \
#name, kind, offsetof(struct summary, name) \
	}
	FIELD(folds, COUNT),       FIELD(done, COUNT),         FIELD(fold, COUNT),
	FIELD(epoch, COUNT),       FIELD(epochs, COUNT),       FIELD(best, REAL),
	FIELD(best_epoch, COUNT),  FIELD(mean.wa, REAL),       FIELD(mean.ua, REAL),
	FIELD(mean.wf1, REAL),     FIELD(mean.macro_f1, REAL), FIELD(sd.wa, REAL),
	FIELD(sd.ua, REAL),        FIELD(sd.wf1, REAL),        FIELD(sd.macro_f1, REAL),
	FIELD(seconds, REAL),      FIELD(begun, INTEGER),      FIELD(seed, INTEGER),
	FIELD(optimistic, SWITCH), FIELD(notes, COUNT),        FIELD(archived, SWITCH),
	FIELD(pruned, SWITCH),
#undef FIELD
};
enum { FIELDS = sizeof fields / sizeof *fields };

static json_t *field_json(const struct field *f, const struct summary *x)
{
	const char *at = (const char *)x + f->at;

	switch (f->kind) {
	case INTEGER:
		return json_integer(*(const int64_t *)at);
	case COUNT:
		return json_integer(*(const int *)at);
	case REAL:
		return isfinite(*(const double *)at) ? json_real(*(const double *)at) : json_null();
	case SWITCH:
		return json_boolean(*(const bool *)at);
	}
	BUG("no such kind");
}

static bool read_field(const struct field *f, const json_t *v, struct summary *x)
{
	char *at = (char *)x + f->at;

	switch (f->kind) {
	case INTEGER:
		*(int64_t *)at = json_integer_value(v);
		return json_is_integer(v);
	case COUNT:
		*(int *)at = (int)json_integer_value(v);
		return json_is_integer(v);
	case REAL:
		*(double *)at = json_is_real(v) ? json_real_value(v) : NAN;
		return json_is_real(v) || json_is_null(v);
	case SWITCH:
		*(bool *)at = json_is_true(v);
		return json_is_boolean(v);
	}
	BUG("no such kind");
}

/* ---- the file ---- */

/* The settings that there are, and what they are if nobody says. */
static uint64_t settings_hash(void)
{
	uint64_t hash = FORMAT;

	for (int i = 0; i < option_count; i++) {
		const struct option *o = &option_table[i];

		hash = XXH3_64bits_withSeed(o->key, strlen(o->key), hash);
		hash = XXH3_64bits_withSeed(o->preset, strlen(o->preset), hash);
	}
	return hash;
}

static void first_line(char *out, size_t n, const char *text, size_t len)
{
	snprintf(out, n, "miust sessions %d %s %016" PRIx64 " %016" PRIx64, FORMAT, MIUST_VERSION,
		 settings_hash(), (uint64_t)XXH3_64bits(text, len));
}

/* Of this user, and not a link to a file of somebody else. */
static bool is_ours(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid();
}

/* The object by run, or NULL. */
static json_t *load(const struct cache *c)
{
	struct err ignored = {0};
	char want[128], *text, *rest;
	json_t *root = NULL, *runs = NULL;
	size_t len;

	if (!is_ours(c->path))
		return NULL;
	text = file_read(c->path, FILE_LIST, &len, &ignored);
	rest = text ? memchr(text, '\n', len) : NULL;
	if (rest) {
		*rest++ = '\0';
		len -= (size_t)(rest - text);
		first_line(want, sizeof want, rest, len);
		if (strcmp(want, text) == 0)
			root = json_loadb(rest, len, JSON_REJECT_DUPLICATES, NULL);
	}
	free(text);
	text = (char *)(size_t)json_string_value(json_object_get(root, "folder"));
	if (text && strcmp(text, c->folder) == 0)
		runs = json_incref(json_object_get(root, "runs"));
	json_decref(root);
	if (runs && !json_is_object(runs)) {
		json_decref(runs);
		runs = NULL;
	}
	return runs;
}

void cache_open(struct cache *c, const char *folder, struct texts *texts)
{
	struct settings *preset = mem_alloc(1, sizeof *preset);
	char home[PATH_LEN], text[OPTION_TEXT];

	*c = (struct cache){
		.folder = realpath(folder, NULL), .next = json_object(), .texts = texts};
	c->preset = mem_alloc((size_t)option_count, sizeof *c->preset);
	options_preset(preset);
	for (int i = 0; i < option_count; i++)
		c->preset[i] =
			texts_one(texts, option_text(preset, &option_table[i], text, sizeof text));
	free(preset);
	if (!c->folder || !xdg_folder(home, sizeof home, "XDG_CACHE_HOME"))
		return;
	c->path = str_format("%s/miust/sessions-%016" PRIx64 ".json", home,
			     (uint64_t)XXH3_64bits(c->folder, strlen(c->folder)));
	c->was = load(c);
}

static int make_folder(const char *path)
{
	char folder[PATH_LEN];
	struct err ignored = {0};

	snprintf(folder, sizeof folder, "%.*s", (int)(path_base(path) - path) - 1, path);
	if (file_is_dir(folder))
		return 0;
	return make_dirs(folder, &ignored) || chmod(folder, 0700);
}

/* Without fsync: a torn one is found by its checksum. */
static void store(const char *path, const char *line, const char *text, size_t len)
{
	char *temp = str_format("%s-XXXXXX", path);
	int fd = mkstemp(temp);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
	bool whole = f && fprintf(f, "%s\n", line) > 0 && fwrite(text, 1, len, f) == len;

	if (f && fclose(f))
		whole = false;
	if (fd >= 0 && (!whole || rename(temp, path)))
		unlink(temp);
	free(temp);
}

void cache_save(struct cache *c)
{
	char line[128], *text;
	json_t *root;

	if (!c->path || !c->fresh || make_folder(c->path))
		return;
	root = json_object();
	json_object_set_new(root, "folder", json_string(c->folder));
	json_object_set(root, "runs", c->next);
	text = json_dumps(root, JSON_COMPACT | JSON_REAL_PRECISION(17));
	json_decref(root);
	if (text) {
		first_line(line, sizeof line, text, strlen(text));
		store(c->path, line, text, strlen(text));
	}
	free(text);
	c->fresh = false;
}

void cache_free(struct cache *c)
{
	free(c->path);
	free(c->folder);
	free(c->preset);
	json_decref(c->was);
	json_decref(c->next);
	*c = (struct cache){0};
}

/* ---- an entry ---- */

static json_t *values_json(const struct cache *c, const struct summary *x)
{
	json_t *to = json_object();

	for (int i = 0; i < option_count; i++)
		if (x->value[i] != c->preset[i])
			json_object_set_new(to, option_table[i].key, json_string(x->value[i]));
	return to;
}

static bool read_values(const struct cache *c, const json_t *from, struct summary *x)
{
	size_t known = 0;

	x->value = mem_alloc((size_t)option_count, sizeof *x->value);
	memcpy(x->value, c->preset, (size_t)option_count * sizeof *x->value);
	if (!json_is_object(from))
		return false;
	for (int i = 0; i < option_count; i++) {
		const json_t *v = json_object_get(from, option_table[i].key);

		if (!v)
			continue;
		if (!json_is_string(v))
			return false;
		x->value[i] = texts_one(c->texts, json_string_value(v));
		known++;
	}
	return known == json_object_size(from);
}

static char *text_of(const json_t *from, const char *key)
{
	const char *text = json_string_value(json_object_get(from, key));

	return text ? mem_dup(text) : NULL;
}

static int rest_of(const json_t *from)
{
	const char *word = json_string_value(json_object_get(from, "state"));

	for (int i = 0; word && i < SHELF_STATES; i++)
		if (strcmp(shelf_words[i].word, word) == 0)
			return i;
	return -1;
}

static bool read_entry(const struct cache *c, const json_t *from, struct summary *x)
{
	const char *protocol = json_string_value(json_object_get(from, "protocol"));
	int rest = rest_of(from);

	for (int i = 0; i < FIELDS; i++)
		if (!read_field(&fields[i], json_object_get(from, fields[i].name), x))
			return false;
	x->why = text_of(from, "why");
	x->note = text_of(from, "note");
	x->tags = text_of(from, "tags");
	if (rest < 0 || !protocol || !x->note || !x->tags)
		return false;
	x->rest = (enum shelf_state)rest;
	str_fit(x->protocol, sizeof x->protocol, protocol);
	return read_values(c, json_object_get(from, "settings"), x);
}

bool cache_find(struct cache *c, const char *name, uint64_t whole, struct summary *x)
{
	json_t *from = json_object_get(c->was, name);
	const char *its = json_string_value(json_object_get(from, "stamp"));
	char stamp[32];

	snprintf(stamp, sizeof stamp, "%016" PRIx64, whole);
	*x = (struct summary){0};
	if (!its || strcmp(its, stamp) != 0 || !read_entry(c, from, x)) {
		summary_free(x);
		return false;
	}
	json_object_set(c->next, name, from);
	return true;
}

void cache_keep(struct cache *c, const char *name, uint64_t whole, const struct summary *x)
{
	json_t *to = json_object();
	char stamp[32];

	snprintf(stamp, sizeof stamp, "%016" PRIx64, whole);
	json_object_set_new(to, "stamp", json_string(stamp));
	for (int i = 0; i < FIELDS; i++)
		json_object_set_new(to, fields[i].name, field_json(&fields[i], x));
	if (x->why)
		json_object_set_new(to, "why", json_string(x->why));
	json_object_set_new(to, "state", json_string(shelf_words[x->rest].word));
	json_object_set_new(to, "protocol", json_string(x->protocol));
	json_object_set_new(to, "note", json_string(x->note));
	json_object_set_new(to, "tags", json_string(x->tags));
	json_object_set_new(to, "settings", values_json(c, x));
	/* A name that is not UTF-8 is refused, and read again the next time. */
	if (json_object_set_new(c->next, name, to) == 0)
		c->fresh = true;
}
