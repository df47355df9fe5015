/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reading: libyaml makes a document (a tree of nodes, where an alias is a
 * second reference to the same node); read_map walks it along the keys of
 * option_table and asks option_set about every value.
 */
#include "app/config.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

struct place {
	long line, column; /* from 1; 0: not in the file */
};

struct reader {
	const char *path;
	char *dir; /* the file's folder */
	yaml_document_t doc;
	int *uses; /* [nodes + 1] references to each node, by its number */
	struct settings s;
	struct origin origin;
	struct place *where; /* [option_count] what the file says of each option */
	struct warnings *w;
	struct err *e;
};

/* A mapping's pairs after merging. */
struct pairs {
	yaml_node_pair_t *at;
	int n;
	char *merged; /* [nodes + 1] mappings taken in already */
};

void warnings_free(struct warnings *w)
{
	for (int i = 0; i < w->n; i++)
		free(w->text[i]);
	free(w->text);
	*w = (struct warnings){0};
}

static struct place place_of(const yaml_node_t *node)
{
	return (struct place){(long)node->start_mark.line + 1, (long)node->start_mark.column + 1};
}

static int fail_at(struct reader *r, const yaml_node_t *node, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
static int fail_at(struct reader *r, const yaml_node_t *node, const char *fmt, ...)
{
	struct place p = place_of(node);
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	return err_at(r->e, r->path, p.line, p.column, "%s", text);
}

static void warn_no_effect(struct reader *r, const yaml_node_t *key, const struct option *o)
{
	struct place p = place_of(key);
	struct err line = {0};

	if (!r->w)
		return;
	err_at(&line, r->path, p.line, p.column, "%s has no effect; it may be left out", o->key);
	r->w->text = mem_grow(r->w->text, (size_t)r->w->n + 1, sizeof *r->w->text);
	r->w->text[r->w->n++] = mem_dup(line.text);
}

static yaml_node_t *node_at(struct reader *r, int number)
{
	return yaml_document_get_node(&r->doc, number);
}

static int node_count(const struct reader *r)
{
	return (int)(r->doc.nodes.top - r->doc.nodes.start);
}

static int number_of(const struct reader *r, const yaml_node_t *node)
{
	return (int)(node - r->doc.nodes.start) + 1;
}

static const char *scalar(const yaml_node_t *node)
{
	return (const char *)node->data.scalar.value;
}

static bool is_plain(const yaml_node_t *node)
{
	return node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

static bool is_null(const yaml_node_t *node)
{
	const char *text = scalar(node);

	return is_plain(node) && (!*text || !strcmp(text, "~") || !strcmp(text, "null") ||
				  !strcmp(text, "Null") || !strcmp(text, "NULL"));
}

/* What stands here, for a sentence. */
static const char *what(const yaml_node_t *node)
{
	return node->type == YAML_SCALAR_NODE     ? "a single word"
	       : node->type == YAML_SEQUENCE_NODE ? "a list"
						  : "a block of settings";
}

/* Keys are words, and none stands twice in a map. */
static int check_keys(struct reader *r, const yaml_node_t *map)
{
	const yaml_node_pair_t *first = map->data.mapping.pairs.start;

	for (const yaml_node_pair_t *p = first; p < map->data.mapping.pairs.top; p++) {
		const yaml_node_t *key = node_at(r, p->key);

		if (key->type != YAML_SCALAR_NODE)
			return fail_at(r, key, "expected a key; found a list or a block");
		for (const yaml_node_pair_t *q = first; q < p; q++) {
			const yaml_node_t *twin = node_at(r, q->key);

			if (strcmp(scalar(twin), scalar(key)) == 0)
				return fail_at(r, key, "%.80s stands twice; first in line %ld",
					       scalar(key), place_of(twin).line);
		}
	}
	return 0;
}

/* Once over all nodes: refuse what no config needs, count who is used. */
static int survey(struct reader *r)
{
	static const char *const usual[] = {[YAML_SCALAR_NODE] = YAML_DEFAULT_SCALAR_TAG,
					    [YAML_SEQUENCE_NODE] = YAML_DEFAULT_SEQUENCE_TAG,
					    [YAML_MAPPING_NODE] = YAML_DEFAULT_MAPPING_TAG};

	r->uses = mem_alloc((size_t)node_count(r) + 1, sizeof *r->uses);
	for (int i = 1; i <= node_count(r); i++) {
		const yaml_node_t *n = node_at(r, i);

		if (strcmp((const char *)n->tag, usual[n->type]) != 0)
			return fail_at(r, n, "the tag %.80s is not for a config; leave it out",
				       (const char *)n->tag);
		if (n->type == YAML_SCALAR_NODE) {
			if (strlen(scalar(n)) != n->data.scalar.length)
				return fail_at(r, n, "a NUL character has no place in a config");
		} else if (n->type == YAML_SEQUENCE_NODE) {
			const int *item = n->data.sequence.items.start;

			for (; item < n->data.sequence.items.top; item++)
				r->uses[*item]++;
		} else {
			const yaml_node_pair_t *p = n->data.mapping.pairs.start;

			for (; p < n->data.mapping.pairs.top; p++)
				r->uses[p->value]++;
		}
	}
	for (int i = 1; i <= node_count(r); i++) {
		const yaml_node_t *n = node_at(r, i);

		if (n->type == YAML_MAPPING_NODE && check_keys(r, n))
			return -1;
	}
	return 0;
}

/* Is all of this used elsewhere by aliases? */
static bool is_template(struct reader *r, const yaml_node_t *node)
{
	const yaml_node_pair_t *p;

	if (r->uses[number_of(r, node)] > 1)
		return true;
	if (node->type != YAML_MAPPING_NODE)
		return false;
	for (p = node->data.mapping.pairs.start; p < node->data.mapping.pairs.top; p++) {
		if (!is_template(r, node_at(r, p->value)))
			return false;
	}
	return node->data.mapping.pairs.start < node->data.mapping.pairs.top;
}

static bool has_key(struct reader *r, const struct pairs *list, const char *key)
{
	for (int i = 0; i < list->n; i++) {
		if (strcmp(scalar(node_at(r, list->at[i].key)), key) == 0)
			return true;
	}
	return false;
}

/* A map's own pairs come before merged ones, earlier merged maps before later
 * ones; what is there already stays. A map is taken in once, which also ends
 * the recursion of a map that merges itself. */
static int collect(struct reader *r, const yaml_node_t *map, struct pairs *list)
{
	const yaml_node_t *merge = NULL;
	const int *item;

	if (map->type != YAML_MAPPING_NODE)
		return fail_at(r, map,
			       "<<: expected a block of settings, or a list of such; found %s",
			       what(map));
	if (list->merged[number_of(r, map)]++)
		return 0;
	for (const yaml_node_pair_t *p = map->data.mapping.pairs.start;
	     p < map->data.mapping.pairs.top; p++) {
		const yaml_node_t *key = node_at(r, p->key);

		if (is_plain(key) && strcmp(scalar(key), "<<") == 0) {
			merge = node_at(r, p->value);
		} else if (!has_key(r, list, scalar(key))) {
			list->at = mem_grow(list->at, (size_t)list->n + 1, sizeof *list->at);
			list->at[list->n++] = *p;
		}
	}
	if (!merge || merge->type != YAML_SEQUENCE_NODE)
		return merge ? collect(r, merge, list) : 0;
	for (item = merge->data.sequence.items.start; item < merge->data.sequence.items.top;
	     item++) {
		if (collect(r, node_at(r, *item), list))
			return -1;
	}
	return 0;
}

static int read_labels(struct reader *r, const struct option *o, const yaml_node_t *node)
{
	const int *item = node->data.sequence.items.start, *end = node->data.sequence.items.top;
	struct err why = {0};

	if (item == end) {
		option_refuse(o, "an empty one", &why);
		return fail_at(r, node, "%s", why.text);
	}
	r->s.exp.nlabels = 0;
	for (; item < end; item++) {
		const yaml_node_t *label = node_at(r, *item);

		if (label->type != YAML_SCALAR_NODE)
			return fail_at(r, label, "%s: expected a name; found %s", o->key,
				       what(label));
		if (option_add_label(&r->s, scalar(label), strlen(scalar(label)), &why))
			return fail_at(r, label, "%s", why.text);
	}
	return 0;
}

static int read_scalar(struct reader *r, const struct option *o, const yaml_node_t *node,
		       struct err *why)
{
	bool bare = o->type == OPT_INT || o->type == OPT_INT64 || o->type == OPT_NUMBER ||
		    o->type == OPT_BOOL;
	char found[128];

	if (bare && !is_plain(node)) {
		snprintf(found, sizeof found, "the text \"%.60s\"; leave the quotes out",
			 scalar(node));
		return option_refuse(o, found, why);
	}
	return option_set(&r->s, o, is_null(node) ? "" : scalar(node), r->dir, why);
}

static int read_value(struct reader *r, const struct option *o, const yaml_node_t *node)
{
	struct err why = {0};
	int status;

	r->where[o - option_table] = place_of(node);
	if (o->type == OPT_LABELS && node->type == YAML_SEQUENCE_NODE)
		return read_labels(r, o, node);
	if (node->type == YAML_SCALAR_NODE && (o->type != OPT_LABELS || is_null(node)))
		status = read_scalar(r, o, node, &why);
	else
		status = option_refuse(o, what(node), &why);
	return status ? fail_at(r, node, "%s", why.text) : 0;
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

	if (strchr(scalar(key), '.') && (option_find(scalar(key)) || is_group(scalar(key))))
		return fail_at(r, key,
			       "%s is written in blocks here, a word a line; the dotted form is "
			       "for --set",
			       scalar(key));
	for (int depth = 0; depth < 3 && value->type == YAML_MAPPING_NODE; depth++) {
		const yaml_node_pair_t *first = value->data.mapping.pairs.start;

		if (first == value->data.mapping.pairs.top)
			break;
		str_addf(name, ".%s", scalar(node_at(r, first->key)));
		value = node_at(r, first->value);
	}
	option_unknown(str_text(name), &why);
	return fail_at(r, key, "%s", why.text);
}

/* data: the hash of a session's data.csv. */
static int read_hash(struct reader *r, const yaml_node_t *node)
{
	const char *text = scalar(node);

	if (strlen(text) != ROSTER_HASH - 1 || strspn(text, "0123456789abcdef") != ROSTER_HASH - 1)
		return fail_at(r, node,
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
		const yaml_node_t *value = node_at(r, p->value);

		if (strcmp(scalar(node_at(r, p->key)), key) == 0)
			return value->type == YAML_SCALAR_NODE ? scalar(value) : NULL;
	}
	return NULL;
}

static int read_left_row(struct reader *r, const yaml_node_t *row)
{
	const char *list, *line, *id, *why;
	char *end;
	long at;

	if (row->type != YAML_MAPPING_NODE)
		return fail_at(r, row,
			       "left_out: expected list, line, id and why of a row; found %s",
			       what(row));
	list = row_text(r, row, "list");
	line = row_text(r, row, "line");
	id = row_text(r, row, "id");
	why = row_text(r, row, "why");
	at = line ? strtol(line, &end, 10) : 0;
	if (!list || !id || !why || at < 1 || *end)
		return fail_at(r, row,
			       "left_out: expected list, line (1 or more), id and why of a row");
	origin_add(&r->origin, list, at, id, why);
	return 0;
}

static int read_left_out(struct reader *r, const yaml_node_t *node)
{
	const int *row = node->data.sequence.items.start;

	for (; row < node->data.sequence.items.top; row++)
		if (read_left_row(r, node_at(r, *row)))
			return -1;
	return 0;
}

static int read_map(struct reader *r, const yaml_node_t *map, const char *group);

static int read_group(struct reader *r, const char *name, const yaml_node_t *value)
{
	if (value->type == YAML_MAPPING_NODE)
		return read_map(r, value, name);
	if (value->type == YAML_SCALAR_NODE && is_null(value))
		return 0;
	return fail_at(r, value, "%s: expected a block of settings; found %s", name, what(value));
}

static int read_pair(struct reader *r, const yaml_node_t *key, const yaml_node_t *value,
		     const char *group)
{
	struct str name = {0};
	const struct option *o = NULL;
	bool dotted = strchr(scalar(key), '.');
	int status = 0;

	str_addf(&name, "%s%s%s", group, *group ? "." : "", scalar(key));
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
	struct pairs list = {.merged = mem_alloc((size_t)node_count(r) + 1, 1)};
	int status = collect(r, map, &list);

	for (int i = 0; !status && i < list.n; i++)
		status = read_pair(r, node_at(r, list.at[i].key), node_at(r, list.at[i].value),
				   group);
	free(list.at);
	free(list.merged);
	return status;
}

/* What libyaml says, at its place in the file. */
static int fail_parse(struct reader *r, const yaml_parser_t *p, const char *text)
{
	struct place at = {(long)p->problem_mark.line + 1, (long)p->problem_mark.column + 1};
	const char *problem = p->problem ? p->problem : "not YAML";
	size_t column;

	if (p->error == YAML_READER_ERROR) { /* has an offset in bytes only */
		const char *line = text;

		at = (struct place){1, 0};
		for (const char *c = text; c < text + p->problem_offset; c++) {
			if (*c == '\n') {
				at.line++;
				line = c + 1;
			}
		}
		at.column = text + p->problem_offset - line + 1;
	}
	for (long line = 1; line < at.line && *text; line++) {
		text += strcspn(text, "\n");
		text += *text == '\n'; /* libyaml knows more line breaks than this one */
	}
	column = strspn(text, " \t");
	if (memchr(text, '\t', column) && (long)column + 1 >= at.column)
		problem = "a tab; YAML indents with blanks only";
	return err_at(r->e, r->path, at.line, at.column, "%s", problem);
}

static int parse_document(struct reader *r, yaml_parser_t *p, const char *text,
			  yaml_document_t *doc)
{
	return yaml_parser_load(p, doc) ? 0 : fail_parse(r, p, text);
}

static int read_document(struct reader *r, yaml_parser_t *p, const char *text)
{
	yaml_document_t more = {0};
	const yaml_node_t *root, *second;

	if (parse_document(r, p, text, &r->doc))
		return -1;
	root = yaml_document_get_root_node(&r->doc);
	if (!root || (root->type == YAML_SCALAR_NODE && is_null(root)))
		return err_at(r->e, r->path, 0, 0,
			      "nothing in it; expected the blocks exp, train and model");
	if (root->type != YAML_MAPPING_NODE)
		return fail_at(r, root, "expected the blocks exp, train and model; found %s",
			       what(root));
	if (parse_document(r, p, text, &more))
		return -1;
	second = yaml_document_get_root_node(&more);
	if (second)
		fail_at(r, second, "a second document; a config is a single one");
	yaml_document_delete(&more);
	if (second || survey(r))
		return -1;
	return read_map(r, root, "");
}

static int read_file(struct reader *r)
{
	yaml_parser_t p;
	size_t len;
	char *text = file_read(r->path, FILE_CONFIG, &len, r->e);
	int status;

	if (!text)
		return -1;
	BUG_ON(!yaml_parser_initialize(&p));
	yaml_parser_set_input_string(&p, (const unsigned char *)text, len);
	status = read_document(r, &p, text);
	yaml_parser_delete(&p);
	free(text);
	return status;
}

static int assign(struct reader *r, const char *assignment)
{
	size_t len = strcspn(assignment, "=");
	struct err why = {0};

	if (option_assign(&r->s, assignment, &why))
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
	status = read_file(&r);
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
	yaml_document_delete(&r.doc);
	free(r.dir);
	free(r.uses);
	free(r.where);
	return status;
}
