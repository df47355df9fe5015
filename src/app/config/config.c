/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reading: tree_read makes a document (a tree of nodes, where an alias is a
 * second reference to the same node); read_map walks it along the keys of
 * option_table and asks option_set about every value.
 */
#include "app/config/config.h"

#include "app/config/setting.h"
#include "app/config/yaml_tree.h"
#include "base/mem.h"
#include "base/str.h"

#include <stdlib.h>
#include <string.h>

struct reader {
	const char *path;
	char *dir; /* the file's folder */
	struct tree t;
	struct settings s;
	struct origin origin;
	struct place *where; /* [option_count] what the file says of each option */
	struct warnings *w;
	struct err *e;
};

/* A mapping's pairs after merging. */
struct pairs {
	yaml_node_pair_t *at;
	int n, room;
	bool *merged; /* [nodes + 1] mappings taken in already */
	bool *taken;  /* [nodes + 1] words that are keys in `at` already */
};

void warnings_free(struct warnings *w)
{
	for (int i = 0; i < w->n; i++)
		free(w->text[i]);
	free(w->text);
	*w = (struct warnings){0};
}

static void warn_no_effect(struct reader *r, const yaml_node_t *key, const struct option *o)
{
	struct place p = tree_place(key);
	struct err line = {0};

	if (!r->w)
		return;
	err_at(&line, r->path, p.line, p.column, "%s has no effect; it may be left out", o->key);
	r->w->text = mem_grow(r->w->text, (size_t)r->w->n + 1, sizeof *r->w->text);
	r->w->text[r->w->n++] = mem_dup(line.text);
}

/* Is all of this used elsewhere by aliases? */
static bool is_template(struct reader *r, const yaml_node_t *node)
{
	const yaml_node_pair_t *p;

	if (r->t.uses[tree_number(&r->t, node)] > 1)
		return true;
	if (node->type != YAML_MAPPING_NODE)
		return false;
	for (p = node->data.mapping.pairs.start; p < node->data.mapping.pairs.top; p++) {
		if (!is_template(r, tree_node(&r->t, p->value)))
			return false;
	}
	return node->data.mapping.pairs.start < node->data.mapping.pairs.top;
}

/* A map's own pairs come before merged ones, earlier merged maps before later
 * ones; what is there already stays. A map is taken in once: each may name the
 * one before twice. */
static int collect(struct reader *r, const yaml_node_t *map, struct pairs *list)
{
	const yaml_node_t *merge = NULL;
	const int *item;

	if (map->type != YAML_MAPPING_NODE)
		return tree_fail(&r->t, map,
				 "<<: expected a block of settings, or a list of them; found %s",
				 tree_what(map));
	if (list->merged[tree_number(&r->t, map)])
		return 0;
	list->merged[tree_number(&r->t, map)] = true;
	for (const yaml_node_pair_t *p = map->data.mapping.pairs.start;
	     p < map->data.mapping.pairs.top; p++) {
		const yaml_node_t *key = tree_node(&r->t, p->key);

		if (tree_is_plain(key) && strcmp(tree_text(key), "<<") == 0) {
			merge = tree_node(&r->t, p->value);
		} else if (!list->taken[r->t.word[p->key]]) {
			list->taken[r->t.word[p->key]] = true;
			if (list->n == list->room) {
				list->room = list->room ? 2 * list->room : 64;
				list->at = mem_grow(list->at, (size_t)list->room, sizeof *list->at);
			}
			list->at[list->n++] = *p;
		}
	}
	if (!merge || merge->type != YAML_SEQUENCE_NODE)
		return merge ? collect(r, merge, list) : 0;
	for (item = merge->data.sequence.items.start; item < merge->data.sequence.items.top;
	     item++) {
		if (collect(r, tree_node(&r->t, *item), list))
			return -1;
	}
	return 0;
}

static struct pairs pairs_of(const struct reader *r)
{
	size_t n = (size_t)tree_count(&r->t) + 1;

	return (struct pairs){.merged = mem_alloc(n, sizeof(bool)),
			      .taken = mem_alloc(n, sizeof(bool))};
}

static void pairs_free(struct pairs *list)
{
	free(list->at);
	free(list->merged);
	free(list->taken);
}

static int read_labels(struct reader *r, const struct option *o, const yaml_node_t *node)
{
	const int *item = node->data.sequence.items.start, *end = node->data.sequence.items.top;
	struct err why = {0};

	if (item == end) {
		option_refuse(o, "an empty one", &why);
		return tree_fail(&r->t, node, "%s", why.text);
	}
	r->s.exp.nlabels = 0;
	for (; item < end; item++) {
		const yaml_node_t *label = tree_node(&r->t, *item);

		if (label->type != YAML_SCALAR_NODE)
			return tree_fail(&r->t, label, "%s: expected a name; found %s", o->key,
					 tree_what(label));
		if (option_add_label(&r->s, tree_text(label), strlen(tree_text(label)), &why))
			return tree_fail(&r->t, label, "%s", why.text);
	}
	return 0;
}

/* A list of texts, as option_set takes them: with commas between. */
static int read_several(struct reader *r, const struct option *o, const yaml_node_t *node)
{
	const int *item = node->data.sequence.items.start, *end = node->data.sequence.items.top;
	struct str text = {0};
	struct err why = {0};
	int status = 0;

	for (; item < end && !status; item++) {
		const yaml_node_t *n = tree_node(&r->t, *item);

		if (n->type != YAML_SCALAR_NODE || strchr(tree_text(n), ','))
			status = tree_fail(
				&r->t, n, "%s: expected a name without commas; found %s", o->key,
				n->type == YAML_SCALAR_NODE ? tree_text(n) : tree_what(n));
		else
			str_addf(&text, "%s%s", text.len ? "," : "", tree_text(n));
	}
	if (!status && option_set(&r->s, o, str_text(&text), r->dir, &why))
		status = tree_fail(&r->t, node, "%s", why.text);
	str_free(&text);
	return status;
}

/* A map of texts, as option_set takes it: KEY=VALUE with commas between. */
static int read_pairs(struct reader *r, const struct option *o, const yaml_node_t *node,
		      struct pairs *list)
{
	struct str text = {0};
	struct err why = {0};
	int status = collect(r, node, list);

	for (int i = 0; i < list->n && !status; i++) {
		const yaml_node_t *key = tree_node(&r->t, list->at[i].key);
		const yaml_node_t *value = tree_node(&r->t, list->at[i].value);
		const yaml_node_t *bad = NULL;

		if (strpbrk(tree_text(key), ",="))
			bad = key;
		else if (value->type != YAML_SCALAR_NODE || tree_is_null(value) ||
			 strchr(tree_text(value), ','))
			bad = value;
		if (bad && (bad->type != YAML_SCALAR_NODE || tree_is_null(bad)))
			status = tree_fail(&r->t, bad, "%s: %s: expected one value; found %s",
					   o->key, tree_text(key),
					   bad->type == YAML_SCALAR_NODE ? "nothing"
									 : tree_what(bad));
		else if (bad)
			status = tree_fail(&r->t, bad,
					   "%s: expected a text without commas%s; found '%.80s'",
					   o->key, bad == key ? " and =" : "", tree_text(bad));
		else
			str_addf(&text, "%s%s=%s", text.len ? "," : "", tree_text(key),
				 tree_text(value));
	}
	if (!status && option_set(&r->s, o, str_text(&text), r->dir, &why))
		status = tree_fail(&r->t, node, "%s", why.text);
	str_free(&text);
	return status;
}

static int read_scalar(struct reader *r, const struct option *o, const yaml_node_t *node,
		       struct err *why)
{
	bool bare = o->type == OPT_INT || o->type == OPT_INT64 || o->type == OPT_NUMBER ||
		    o->type == OPT_BOOL;
	char found[128];

	if (bare && !tree_is_plain(node)) {
		snprintf(found, sizeof found, "the text \"%.60s\"; remove the quotes",
			 tree_text(node));
		return option_refuse(o, found, why);
	}
	return option_set(&r->s, o, tree_is_null(node) ? "" : tree_text(node), r->dir, why);
}

static int read_value(struct reader *r, const struct option *o, const yaml_node_t *node)
{
	struct err why = {0};
	int status;

	r->where[o - option_table] = tree_place(node);
	if (o->type == OPT_LABELS && node->type == YAML_SEQUENCE_NODE)
		return read_labels(r, o, node);
	if (o->several && node->type == YAML_SEQUENCE_NODE)
		return read_several(r, o, node);
	if (o->pairs && node->type == YAML_MAPPING_NODE) {
		struct pairs list = pairs_of(r);

		status = read_pairs(r, o, node, &list);
		pairs_free(&list);
		return status;
	}
	if (node->type == YAML_SCALAR_NODE && (o->type != OPT_LABELS || tree_is_null(node)))
		status = read_scalar(r, o, node, &why);
	else
		status = option_refuse(o, tree_what(node), &why);
	return status ? tree_fail(&r->t, node, "%s", why.text) : 0;
}

static bool is_group(const char *name)
{
	size_t n = strlen(name);

	for (int i = 0; i < option_count; i++) {
		if (strncmp(option_table[i].key, name, n) == 0 && option_table[i].key[n] == '.')
			return true;
	}
	return false;
}

/* `name` is the wrong key; if it opens a block, the first setting in there
 * tells what was meant. */
static int unknown(struct reader *r, struct str *name, const yaml_node_t *key,
		   const yaml_node_t *value)
{
	struct err why = {0};

	if (strchr(tree_text(key), '.') &&
	    (option_find(tree_text(key)) || is_group(tree_text(key))))
		return tree_fail(&r->t, key,
				 "%s: expected nested blocks, one word a line; the dotted form is "
				 "only for --set",
				 tree_text(key));
	for (int depth = 0; depth < 3 && value->type == YAML_MAPPING_NODE; depth++) {
		const yaml_node_pair_t *first = value->data.mapping.pairs.start;

		if (first == value->data.mapping.pairs.top)
			break;
		str_addf(name, ".%s", tree_text(tree_node(&r->t, first->key)));
		value = tree_node(&r->t, first->value);
	}
	option_unknown(str_text(name), &why);
	return tree_fail(&r->t, key, "%s", why.text);
}

/* data: the hash of a session's data.csv. */
static int read_hash(struct reader *r, const yaml_node_t *node)
{
	const char *text = tree_text(node);

	if (strlen(text) != ROSTER_HASH - 1 || strspn(text, "0123456789abcdef") != ROSTER_HASH - 1)
		return tree_fail(&r->t, node,
				 "data: expected the hash of data.csv, %d digits; found %.60s",
				 ROSTER_HASH - 1, text);
	memcpy(r->origin.hash, text, ROSTER_HASH);
	return 0;
}

/* The text of a key in a row of left_out, or NULL. */
static const char *row_text(struct reader *r, const yaml_node_t *row, const char *key)
{
	const yaml_node_pair_t *p = row->data.mapping.pairs.start;

	for (; p < row->data.mapping.pairs.top; p++) {
		const yaml_node_t *value = tree_node(&r->t, p->value);

		if (strcmp(tree_text(tree_node(&r->t, p->key)), key) == 0)
			return value->type == YAML_SCALAR_NODE ? tree_text(value) : NULL;
	}
	return NULL;
}

static int read_left_row(struct reader *r, const yaml_node_t *row)
{
	const char *list, *line, *id, *why;
	char *end;
	long at;

	if (row->type != YAML_MAPPING_NODE)
		return tree_fail(&r->t, row,
				 "left_out: expected list, line, id and why of a row; found %s",
				 tree_what(row));
	list = row_text(r, row, "list");
	line = row_text(r, row, "line");
	id = row_text(r, row, "id");
	why = row_text(r, row, "why");
	at = line ? strtol(line, &end, 10) : 0;
	if (!list || !id || !why || at < 1 || *end)
		return tree_fail(&r->t, row,
				 "left_out: expected list, line (1 or more), id and why of a row");
	origin_add(&r->origin, list, at, id, why);
	return 0;
}

static int read_left_out(struct reader *r, const yaml_node_t *node)
{
	const int *row = node->data.sequence.items.start;

	for (; row < node->data.sequence.items.top; row++)
		if (read_left_row(r, tree_node(&r->t, *row)))
			return -1;
	return 0;
}

static int read_map(struct reader *r, const yaml_node_t *map, const char *group);

static int read_group(struct reader *r, const char *name, const yaml_node_t *value)
{
	if (value->type == YAML_MAPPING_NODE)
		return read_map(r, value, name);
	if (value->type == YAML_SCALAR_NODE && tree_is_null(value))
		return 0;
	return tree_fail(&r->t, value, "%s: expected a block of settings; found %s", name,
			 tree_what(value));
}

static int read_pair(struct reader *r, const yaml_node_t *key, const yaml_node_t *value,
		     const char *group)
{
	struct str name = {0};
	const struct option *o = NULL;
	bool dotted = strchr(tree_text(key), '.');
	int status = 0;

	str_addf(&name, "%s%s%s", group, *group ? "." : "", tree_text(key));
	if (!dotted)
		o = option_find(str_text(&name));
	if (o && o->no_effect)
		warn_no_effect(r, key, o);
	if (o)
		status = read_value(r, o, value);
	else if (!dotted && is_group(str_text(&name)))
		status = read_group(r, str_text(&name), value);
	else if (value->type == YAML_SCALAR_NODE && strcmp(str_text(&name), "data") == 0)
		status = read_hash(r, value);
	else if (value->type == YAML_SEQUENCE_NODE && strcmp(str_text(&name), "left_out") == 0)
		status = read_left_out(r, value);
	else if (*group || !is_template(r, value))
		status = unknown(r, &name, key, value);
	str_free(&name);
	return status;
}

static int read_map(struct reader *r, const yaml_node_t *map, const char *group)
{
	struct pairs list = pairs_of(r);
	int status = collect(r, map, &list);

	for (int i = 0; !status && i < list.n; i++)
		status = read_pair(r, tree_node(&r->t, list.at[i].key),
				   tree_node(&r->t, list.at[i].value), group);
	pairs_free(&list);
	return status;
}

static int assign(struct reader *r, const char *assignment)
{
	size_t len = strcspn(assignment, "=");
	struct err why = {0};

	if (setting_assign(&r->s, assignment, &why))
		return err_usage(r->e, "--set: %s", why.text);
	for (int i = 0; i < option_count; i++) {
		const char *key = option_table[i].key;

		if (strlen(key) == len && strncmp(key, assignment, len) == 0)
			r->where[i] = (struct place){0, 0};
	}
	return 0;
}

/* options_resolve names the key at fault first: add where it stands. */
static int resolve(struct reader *r)
{
	struct err why = {0};

	if (!options_resolve(&r->s, &why))
		return 0;
	for (int i = 0; i < option_count; i++) {
		size_t len = strlen(option_table[i].key);
		const struct place *p = &r->where[i];

		if (strncmp(option_table[i].key, why.text, len) == 0 && why.text[len] == ':')
			return err_at(r->e, r->path, p->line, p->column, "%s", why.text);
	}
	BUG("no key in: %s", why.text);
}

static char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *dir = mem_dup(slash ? path : ".");

	if (slash)
		dir[slash == path ? 1 : slash - path] = '\0';
	return dir;
}

int config_load(struct settings *s, const char *path, const char *const *set, int nset,
		struct warnings *w, struct err *e)
{
	struct origin o = {0};
	int status = config_load_origin(s, &o, path, set, nset, w, e);

	origin_free(&o);
	return status;
}

int config_load_origin(struct settings *s, struct origin *o, const char *path,
		       const char *const *set, int nset, struct warnings *w, struct err *e)
{
	struct reader r = {.path = path, .dir = folder_of(path), .w = w, .e = e};
	int status;

	r.where = mem_alloc((size_t)option_count, sizeof *r.where);
	options_preset(&r.s);
	status = tree_read(&r.t, path, e) || read_map(&r, tree_node(&r.t, 1), "") ? -1 : 0;
	for (int i = 0; !status && i < nset; i++)
		status = assign(&r, set[i]);
	if (!status)
		status = resolve(&r);
	if (!status) {
		*s = r.s;
		*o = r.origin;
	} else {
		origin_free(&r.origin);
	}
	tree_free(&r.t);
	free(r.dir);
	free(r.where);
	return status;
}
