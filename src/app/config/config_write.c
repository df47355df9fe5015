/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/config/config.h"

#include "base/utf8.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>
#include <yaml.h>

struct writer {
	yaml_emitter_t emitter;
	bool not_utf8; /* libyaml refused a text; else it had no memory */
	bool failed;   /* for any reason; nothing more is written */
};

/* Takes the event over. `made`: what its initializer said. */
static void emit(struct writer *w, yaml_event_t *event, int made)
{
	if (!w->failed && made)
		w->failed = !yaml_emitter_emit(&w->emitter, event);
	else if (made)
		yaml_event_delete(event);
	w->failed |= !made;
}

static bool is_utf8(const char *text, size_t len)
{
	static const char replacement[] = "\xef\xbf\xbd";
	const char *end = text + len;

	while (text < end) {
		bool real = strncmp(text, replacement, 3) == 0;

		if (utf8_next(&text) == UTF8_REPLACEMENT && !real)
			return false;
	}
	return true;
}

static void emit_text(struct writer *w, const char *text, size_t len, yaml_scalar_style_t style)
{
	bool first = !w->failed;
	yaml_event_t v;

	emit(w, &v,
	     yaml_scalar_event_initialize(&v, NULL, NULL, (const yaml_char_t *)text, (int)len, 1, 1,
					  style));
	/* Of a scalar that is not UTF-8 no event is made. */
	if (first && w->failed && !w->emitter.error)
		w->not_utf8 = !is_utf8(text, len);
}

static void emit_block(struct writer *w)
{
	yaml_event_t v;

	emit(w, &v,
	     yaml_mapping_start_event_initialize(&v, NULL, NULL, 1, YAML_BLOCK_MAPPING_STYLE));
}

static void emit_block_end(struct writer *w)
{
	yaml_event_t v;

	emit(w, &v, yaml_mapping_end_event_initialize(&v));
}

/* Other readers take some plain words for other things than text. */
static void emit_string(struct writer *w, const char *text)
{
	static const char *const taken[] = {"true", "false", "yes", "no", "on",
					    "off",  "null",  "y",   "n",  NULL};
	bool quote = !isalpha((unsigned char)*text) && *text != '/';

	for (int i = 0; taken[i]; i++)
		quote |= strcasecmp(taken[i], text) == 0;
	emit_text(w, text, strlen(text),
		  quote ? YAML_SINGLE_QUOTED_SCALAR_STYLE : YAML_ANY_SCALAR_STYLE);
}

/* YAML 1.1, as PyYAML reads it, knows 5.0e-4 and 1.0e+6, but not 5e-4 and 1e6. */
static void emit_number(struct writer *w, const char *text)
{
	const char *e = strchr(text, 'e');
	char out[64];
	int n;

	if (!e) {
		emit_text(w, text, strlen(text), YAML_PLAIN_SCALAR_STYLE);
		return;
	}
	n = (int)(e++ - text);
	n = snprintf(out, sizeof out, "%.*s%se%s%s", n, text,
		     memchr(text, '.', (size_t)n) ? "" : ".0", *e == '-' ? "" : "+", e);
	emit_text(w, out, (size_t)n, YAML_PLAIN_SCALAR_STYLE);
}

static void emit_labels(struct writer *w, const struct settings *s)
{
	yaml_event_t v;

	emit(w, &v,
	     yaml_sequence_start_event_initialize(&v, NULL, NULL, 1, YAML_FLOW_SEQUENCE_STYLE));
	for (int i = 0; i < s->exp.nlabels; i++)
		emit_string(w, s->exp.labels[i]);
	emit(w, &v, yaml_sequence_end_event_initialize(&v));
}

/* {exc: hap, fru: drop} of the text exc=hap,fru=drop. */
static void emit_pairs(struct writer *w, const struct option *o, const char *text)
{
	yaml_event_t v;

	emit(w, &v,
	     yaml_mapping_start_event_initialize(&v, NULL, NULL, 1, YAML_FLOW_MAPPING_STYLE));
	while (*text) {
		size_t key = strcspn(text, "="), value = strcspn(text + key, ",");
		char word[2][MAP_FROM + 1];

		snprintf(word[0], sizeof word[0], "%.*s", (int)key, text);
		snprintf(word[1], sizeof word[1], "%.*s", (int)value - 1, text + key + 1);
		emit_string(w, word[0]);
		if (o->type == OPT_MAP)
			emit_string(w, word[1]);
		else
			emit_number(w, word[1]);
		text += key + value;
		text += *text == ',';
	}
	emit_block_end(w);
}

static void emit_value(struct writer *w, const struct settings *s, const struct option *o,
		       const char *text)
{
	if (o->pairs && strchr(text, '=')) {
		emit_pairs(w, o, text);
		return;
	}
	switch (o->type) {
	case OPT_PATH:
	case OPT_STRING:
	case OPT_CHOICE:
	case OPT_WEIGHTS:
		emit_string(w, text);
		break;
	case OPT_NUMBER:
		emit_number(w, text);
		break;
	case OPT_LABELS:
		emit_labels(w, s);
		break;
	default:
		emit_text(w, text, strlen(text), YAML_PLAIN_SCALAR_STYLE);
	}
}

/* From the block of key `from` to the block of key `to`: close and open what
 * differs, and return the last word of `to`. "" is the top. */
static const char *emit_way(struct writer *w, const char *from, const char *to)
{
	size_t common = 0;

	for (size_t i = 0; from[i] && from[i] == to[i]; i++) {
		if (from[i] == '.')
			common = i + 1;
	}
	for (const char *dot = strchr(from + common, '.'); dot; dot = strchr(dot + 1, '.'))
		emit_block_end(w);
	to += common;
	for (const char *dot = strchr(to, '.'); dot; dot = strchr(to, '.')) {
		emit_text(w, to, (size_t)(dot - to), YAML_PLAIN_SCALAR_STYLE);
		emit_block(w);
		to = dot + 1;
	}
	return to;
}

static int emit_options(struct writer *w, const struct settings *s, struct err *e)
{
	const char *last = "";

	for (int i = 0; i < option_count; i++) {
		const struct option *o = &option_table[i];
		char text[OPTION_TEXT];
		const char *word;

		option_text(s, o, text, sizeof text);
		if (!*text || (o->aside && strcmp(text, o->preset) == 0))
			continue;
		word = emit_way(w, last, o->key);
		emit_text(w, word, strlen(word), YAML_PLAIN_SCALAR_STYLE);
		emit_value(w, s, o, text);
		if (w->not_utf8)
			return err_set(e, "%s: '%s' is not UTF-8 and cannot be stored; rename it",
				       o->key, text);
		last = o->key;
	}
	emit_way(w, last, "");
	return 0;
}

static void emit_key(struct writer *w, const char *key)
{
	emit_text(w, key, strlen(key), YAML_PLAIN_SCALAR_STYLE);
}

static void emit_row(struct writer *w, const struct known_row *row)
{
	const struct {
		const char *key, *text;
	} part[] = {{"list", row->part}, {"line", NULL}, {"id", row->id}, {"why", row->why}};
	yaml_event_t v;
	char line[32];

	snprintf(line, sizeof line, "%ld", row->line);
	emit(w, &v,
	     yaml_mapping_start_event_initialize(&v, NULL, NULL, 1, YAML_FLOW_MAPPING_STYLE));
	for (size_t i = 0; i < sizeof part / sizeof part[0]; i++) {
		emit_key(w, part[i].key);
		if (part[i].text)
			emit_string(w, part[i].text);
		else
			emit_text(w, line, strlen(line), YAML_PLAIN_SCALAR_STYLE);
	}
	emit_block_end(w);
}

static int emit_origin(struct writer *w, const struct origin *o, struct err *e)
{
	yaml_event_t v;

	if (o->hash[0]) {
		emit_key(w, "data");
		emit_string(w, o->hash);
	}
	if (!o->nleft)
		return 0;
	emit_key(w, "left_out");
	emit(w, &v,
	     yaml_sequence_start_event_initialize(&v, NULL, NULL, 1, YAML_BLOCK_SEQUENCE_STYLE));
	for (int i = 0; i < o->nleft; i++)
		emit_row(w, &o->left[i]);
	emit(w, &v, yaml_sequence_end_event_initialize(&v));
	return w->not_utf8 ? err_set(e, "left_out: the name of a feature file is not UTF-8 and "
					"cannot be stored; rename it")
			   : 0;
}

int config_write(const struct settings *s, FILE *f, struct err *e)
{
	return config_write_origin(s, &(struct origin){0}, f, e);
}

int config_write_origin(const struct settings *s, const struct origin *o, FILE *f, struct err *e)
{
	struct writer w = {0};
	yaml_event_t v;
	bool no_memory;
	int status;

	if (!yaml_emitter_initialize(&w.emitter))
		return err_set(e, "cannot write the config: out of memory");
	yaml_emitter_set_output_file(&w.emitter, f);
	yaml_emitter_set_unicode(&w.emitter, 1);
	yaml_emitter_set_width(&w.emitter, -1);
	emit(&w, &v, yaml_stream_start_event_initialize(&v, YAML_UTF8_ENCODING));
	emit(&w, &v, yaml_document_start_event_initialize(&v, NULL, NULL, NULL, 1));
	emit_block(&w);
	status = emit_options(&w, s, e) || emit_origin(&w, o, e) ? -1 : 0;
	emit_block_end(&w);
	emit(&w, &v, yaml_document_end_event_initialize(&v, 1));
	emit(&w, &v, yaml_stream_end_event_initialize(&v));
	no_memory = w.failed && w.emitter.error != YAML_WRITER_ERROR;
	yaml_emitter_delete(&w.emitter);
	if (!status && no_memory)
		status = err_set(e, "cannot write the config: out of memory");
	if (!status && (w.failed || fflush(f) || ferror(f)))
		status = err_set(e, "cannot write the config: %s", strerror(errno));
	return status;
}
