/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The file is parsed twice: first as events, which need no memory and tell how
 * deep and how entangled it is, and then as a document. libyaml's own time
 * grows with the square of the depth and of the number of anchors.
 */
#include "app/config/yaml_tree.h"

#include "base/file.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

yaml_node_t *tree_node(struct tree *t, int number)
{
	return yaml_document_get_node(&t->doc, number);
}

int tree_count(const struct tree *t)
{
	return (int)(t->doc.nodes.top - t->doc.nodes.start);
}

int tree_number(const struct tree *t, const yaml_node_t *node)
{
	return (int)(node - t->doc.nodes.start) + 1;
}

const char *tree_text(const yaml_node_t *scalar)
{
	return (const char *)scalar->data.scalar.value;
}

bool tree_is_plain(const yaml_node_t *scalar)
{
	return scalar->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

bool tree_is_null(const yaml_node_t *scalar)
{
	const char *text = tree_text(scalar);

	return tree_is_plain(scalar) && (!*text || !strcmp(text, "~") || !strcmp(text, "null") ||
					 !strcmp(text, "Null") || !strcmp(text, "NULL"));
}

const char *tree_what(const yaml_node_t *node)
{
	return node->type == YAML_SCALAR_NODE     ? "a single word"
	       : node->type == YAML_SEQUENCE_NODE ? "a list"
						  : "a block of settings";
}

static struct place place_at(const yaml_mark_t *mark)
{
	return (struct place){(long)mark->line + 1, (long)mark->column + 1};
}

struct place tree_place(const yaml_node_t *node)
{
	return place_at(&node->start_mark);
}

int tree_fail(struct tree *t, const yaml_node_t *node, const char *fmt, ...)
{
	struct place p = tree_place(node);
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	return err_at(t->e, t->path, p.line, p.column, "%s", text);
}

/*
 * Checks of the document
 */

/* Children of a node, one after the other: keys and values of a map, items of
 * a list. 0 at the end. */
static int child(const yaml_node_t *node, size_t i)
{
	const yaml_node_pair_t *pair = node->data.mapping.pairs.start + i / 2;
	const yaml_node_item_t *item = node->data.sequence.items.start + i;

	if (node->type == YAML_MAPPING_NODE && pair < node->data.mapping.pairs.top)
		return i % 2 ? pair->value : pair->key;
	if (node->type == YAML_SEQUENCE_NODE && item < node->data.sequence.items.top)
		return *item;
	return 0;
}

/* Levels from this node down into height[number]; each node is walked once.
 * -1 stands there while the walk is below the node. */
static int measure(struct tree *t, int number, int depth, int *height)
{
	const yaml_node_t *node = tree_node(t, number);
	int c, highest = 0;

	if (height[number] < 0)
		return tree_fail(t, node,
				 "a node contains itself, by an alias inside it; write out what "
				 "is meant there");
	if (depth + height[number] > TREE_DEPTH)
		return tree_fail(t, node, "nested more than %d levels deep", TREE_DEPTH);
	if (height[number])
		return 0;
	height[number] = -1;
	for (size_t i = 0; (c = child(node, i)); i++) {
		t->uses[c] += node->type == YAML_SEQUENCE_NODE || i % 2;
		if (measure(t, c, depth + 1, height))
			return -1;
		if (height[c] > highest)
			highest = height[c];
	}
	height[number] = highest + 1;
	return 0;
}

static int check_node(struct tree *t, const yaml_node_t *n)
{
	static const char *const usual[] = {[YAML_SCALAR_NODE] = YAML_DEFAULT_SCALAR_TAG,
					    [YAML_SEQUENCE_NODE] = YAML_DEFAULT_SEQUENCE_TAG,
					    [YAML_MAPPING_NODE] = YAML_DEFAULT_MAPPING_TAG};

	if (strcmp((const char *)n->tag, usual[n->type]) != 0)
		return tree_fail(t, n, "a config takes no tag such as %.80s; remove it",
				 (const char *)n->tag);
	if (n->type == YAML_SCALAR_NODE && strlen(tree_text(n)) != n->data.scalar.length)
		return tree_fail(t, n, "a NUL character, which a config cannot contain; remove it");
	for (size_t i = 0; n->type == YAML_MAPPING_NODE && child(n, i); i += 2) {
		const yaml_node_t *key = tree_node(t, child(n, i));

		if (key->type != YAML_SCALAR_NODE)
			return tree_fail(t, key, "expected a key; found a list or a block");
	}
	return 0;
}

struct key {
	const char *text;
	int number; /* of its node */
};

static int key_order(const void *a, const void *b)
{
	return strcmp(((const struct key *)a)->text, ((const struct key *)b)->text);
}

/* Equal keys get equal numbers, so that nobody has to compare texts. */
static void number_keys(struct tree *t)
{
	struct key *key = mem_alloc((size_t)tree_count(t), sizeof *key);
	size_t n = 0;

	for (int i = 1; i <= tree_count(t); i++)
		if (tree_node(t, i)->type == YAML_SCALAR_NODE)
			key[n++] = (struct key){tree_text(tree_node(t, i)), i};
	qsort(key, n, sizeof *key, key_order);
	for (size_t i = 0; i < n; i++) {
		bool same = i && strcmp(key[i - 1].text, key[i].text) == 0;

		t->word[key[i].number] = same ? t->word[key[i - 1].number] : key[i].number;
	}
	free(key);
}

/* No key is twice in a map. */
static int check_twins(struct tree *t)
{
	/* The key node, and its map, where each word was met last. */
	int *last = mem_alloc((size_t)tree_count(t) + 1, sizeof *last);
	int *map = mem_alloc((size_t)tree_count(t) + 1, sizeof *map);
	int failed = 0;

	for (int i = 1; i <= tree_count(t) && !failed; i++) {
		const yaml_node_t *n = tree_node(t, i);
		int key;

		for (size_t k = 0; n->type == YAML_MAPPING_NODE && (key = child(n, k)); k += 2) {
			int w = t->word[key];

			if (map[w] == i) {
				failed = tree_fail(t, tree_node(t, key),
						   "%.80s appears twice; first in line %ld",
						   tree_text(tree_node(t, key)),
						   tree_place(tree_node(t, last[w])).line);
				break;
			}
			map[w] = i;
			last[w] = key;
		}
	}
	free(last);
	free(map);
	return failed;
}

static int check_document(struct tree *t)
{
	size_t n = (size_t)tree_count(t) + 1;
	int *height = mem_alloc(n, sizeof *height);
	int failed = 0;

	t->uses = mem_alloc(n, sizeof *t->uses);
	t->word = mem_alloc(n, sizeof *t->word);
	failed = measure(t, 1, 1, height); /* the root is the first node */
	free(height);
	for (int i = 1; i < (int)n && !failed; i++)
		failed = check_node(t, tree_node(t, i));
	if (failed)
		return -1;
	number_keys(t);
	return check_twins(t);
}

/*
 * Parsing
 */

/* What libyaml says, at its place in the file. */
static int fail_parse(struct tree *t, const yaml_parser_t *p, const char *text)
{
	struct place at = place_at(&p->problem_mark);
	const char *problem = p->problem;
	size_t column;

	/* All else has a reason; libyaml sets no error where some lists cannot grow. */
	if (p->error == YAML_MEMORY_ERROR || !problem)
		return err_at(t->e, t->path, 0, 0, "out of memory while reading it");
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
		problem = "a tab; YAML indents with spaces only";
	return err_at(t->e, t->path, at.line, at.column, "%s", problem);
}

/* How an event changes the depth, and whether it has an anchor or is an alias. */
static int depth_change(const yaml_event_t *v, bool *anchored)
{
	switch (v->type) {
	case YAML_MAPPING_START_EVENT:
		*anchored = v->data.mapping_start.anchor;
		return 1;
	case YAML_SEQUENCE_START_EVENT:
		*anchored = v->data.sequence_start.anchor;
		return 1;
	case YAML_MAPPING_END_EVENT:
	case YAML_SEQUENCE_END_EVENT:
		return -1;
	case YAML_SCALAR_EVENT:
		*anchored = v->data.scalar.anchor;
		return 0;
	default:
		*anchored = v->type == YAML_ALIAS_EVENT;
		return 0;
	}
}

static int check_events(struct tree *t, yaml_parser_t *p, const char *text)
{
	int depth = 0, aliases = 0, failed = 0;
	bool end = false;

	while (!failed && !end) {
		bool anchored = false;
		struct place at;
		yaml_event_t v;

		if (!yaml_parser_parse(p, &v))
			return fail_parse(t, p, text);
		depth += depth_change(&v, &anchored);
		aliases += anchored;
		at = place_at(&v.start_mark);
		if (depth > TREE_DEPTH)
			failed = err_at(t->e, t->path, at.line, at.column,
					"nested more than %d levels deep", TREE_DEPTH);
		else if (aliases > TREE_ALIASES)
			failed = err_at(t->e, t->path, at.line, at.column,
					"more than %d anchors and aliases", TREE_ALIASES);
		end = v.type == YAML_STREAM_END_EVENT;
		yaml_event_delete(&v);
	}
	return failed;
}

static int load(struct tree *t, yaml_parser_t *p, const char *text)
{
	yaml_document_t more = {0};
	const yaml_node_t *root, *second;

	if (!yaml_parser_load(p, &t->doc))
		return fail_parse(t, p, text);
	root = yaml_document_get_root_node(&t->doc);
	if (!root || (root->type == YAML_SCALAR_NODE && tree_is_null(root)))
		return err_at(t->e, t->path, 0, 0,
			      "no settings in it; expected the blocks exp, train and model");
	if (root->type != YAML_MAPPING_NODE)
		return tree_fail(t, root, "expected the blocks exp, train and model; found %s",
				 tree_what(root));
	if (!yaml_parser_load(p, &more))
		return fail_parse(t, p, text);
	second = yaml_document_get_root_node(&more);
	if (second)
		tree_fail(t, second, "a second document; a config has only one");
	yaml_document_delete(&more);
	return second ? -1 : check_document(t);
}

static int parse(struct tree *t, const char *text, size_t len,
		 int (*with)(struct tree *t, yaml_parser_t *p, const char *text))
{
	yaml_parser_t p;
	int failed;

	if (!yaml_parser_initialize(&p))
		return err_at(t->e, t->path, 0, 0, "out of memory while reading it");
	yaml_parser_set_input_string(&p, (const unsigned char *)text, len);
	failed = with(t, &p, text);
	yaml_parser_delete(&p);
	return failed;
}

int tree_read(struct tree *t, const char *path, struct err *e)
{
	size_t len;
	char *text;
	int failed;

	*t = (struct tree){.path = path, .e = e};
	text = file_read(path, FILE_CONFIG, &len, e);
	if (!text)
		return -1;
	failed = parse(t, text, len, check_events) || parse(t, text, len, load);
	free(text);
	return failed ? -1 : 0;
}

void tree_free(struct tree *t)
{
	yaml_document_delete(&t->doc);
	free(t->uses);
	free(t->word);
	*t = (struct tree){0};
}
