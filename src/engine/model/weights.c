/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/model/weights.h"

#include "base/mem.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static const char FORMAT[] = "miust weights 1", MODULE[] = "module.";

/* What each key is called in the file, and as a setting. */
static const struct {
	const char *key, *setting;
} key_table[WEIGHTS_KEYS] = {
	[WEIGHTS_LABELS] = {"labels", "exp.labels"},
	[WEIGHTS_FOLD] = {"fold", "fold"},
	[WEIGHTS_EPOCH] = {"epoch", "epoch"},
	[WEIGHTS_HEADS] = {"heads", "model.num_heads"},
	[WEIGHTS_PADDING] = {"padding", "train.padding"},
	[WEIGHTS_NORMALIZE] = {"normalize", "exp.normalize"},
	[WEIGHTS_TEXT] = {"text_feat_dim", "model.text_feat_dim"},
	[WEIGHTS_AUDIO] = {"audio_feat_dim", "model.audio_feat_dim"},
	[WEIGHTS_DATA] = {"data", NULL},
	[WEIGHTS_VERSION] = {"version", "miust"},
	[WEIGHTS_PROTOCOL] = {"protocol", "exp.protocol"},
	[WEIGHTS_SEED] = {"seed", "exp.seed"},
	[WEIGHTS_HOLDOUT] = {"holdout", "exp.holdout"},
	[WEIGHTS_HOLDOUT_UNIT] = {"holdout_unit", "exp.holdout_unit"},
};

/* ---- metadata ---- */

static char *dump_labels(json_t *labels)
{
	char *text = json_dumps(labels, JSON_COMPACT), *own;

	BUG_ON(!text);
	own = mem_dup(text);
	free(text);
	json_decref(labels);
	return own;
}

static char *labels_text(const struct settings *s)
{
	json_t *labels = json_array();

	for (int i = 0; i < s->exp.nlabels; i++)
		json_array_append_new(labels, json_string(s->exp.labels[i]));
	return dump_labels(labels);
}

/* So that strtod gives the same number. */
static char *number_text(double x)
{
	char *text = str_format("%.9g", x);

	if (strtod(text, NULL) == x)
		return text;
	free(text);
	return str_format("%.17g", x);
}

void weights_meta_of(struct weights_meta *m, const struct settings *s, const char *data, int fold,
		     int epoch)
{
	*m = (struct weights_meta){{
		[WEIGHTS_LABELS] = labels_text(s),
		[WEIGHTS_FOLD] = str_format("%d", fold),
		[WEIGHTS_EPOCH] = data ? str_format("%d", epoch) : NULL,
		[WEIGHTS_HEADS] =
			str_format("%d", s->model.cross_attention ? s->model.num_heads : 0),
		[WEIGHTS_PADDING] = mem_dup(padding_name[s->train.padding]),
		[WEIGHTS_NORMALIZE] = mem_dup(normalize_name[s->exp.normalize]),
		[WEIGHTS_TEXT] = str_format("%d", s->model.text_feat_dim),
		[WEIGHTS_AUDIO] = str_format("%d", s->model.audio_feat_dim),
		[WEIGHTS_DATA] = data ? mem_dup(data) : NULL,
		[WEIGHTS_VERSION] = data ? mem_dup(MIUST_VERSION) : NULL,
		[WEIGHTS_PROTOCOL] = mem_dup(protocol_name[s->exp.protocol]),
		[WEIGHTS_SEED] = str_format("%lld", (long long)s->exp.seed),
		[WEIGHTS_HOLDOUT] = number_text(s->exp.holdout),
		[WEIGHTS_HOLDOUT_UNIT] = mem_dup(holdout_unit_name[s->exp.holdout_unit]),
	}};
}

void weights_meta_free(struct weights_meta *m)
{
	for (int k = 0; k < WEIGHTS_KEYS; k++)
		free(m->text[k]);
	*m = (struct weights_meta){0};
}

void weights_meta_copy(struct weights_meta *to, const struct weights_meta *from)
{
	for (int k = 0; k < WEIGHTS_KEYS; k++)
		to->text[k] = from->text[k] ? mem_dup(from->text[k]) : NULL;
}

void weights_meta_set_epoch(struct weights_meta *m, int epoch)
{
	free(m->text[WEIGHTS_EPOCH]);
	m->text[WEIGHTS_EPOCH] = str_format("%d", epoch);
}

/* As weights_meta_of writes them, however the file spaces its JSON. */
static int read_labels(char **out, const char *text, const struct st_file *f, struct err *e)
{
	json_t *labels = json_loads(text, 0, NULL), *label;
	bool texts = json_is_array(labels) && json_array_size(labels) > 0;
	size_t i;

	json_array_foreach(labels, i, label)
		texts = texts && json_is_string(label);
	if (texts) {
		*out = dump_labels(labels);
		return 0;
	}
	json_decref(labels);
	return err_at(e, f->path, 0, 0,
		      "its metadata has labels that are not a JSON list of strings: %.80s", text);
}

int weights_meta_read(struct weights_meta *m, const struct st_file *f, struct err *e)
{
	*m = (struct weights_meta){0};
	for (int k = 0; k < WEIGHTS_KEYS; k++) {
		const char *text = st_meta(f, key_table[k].key);

		if (text && k != WEIGHTS_LABELS)
			m->text[k] = mem_dup(text);
		else if (text && read_labels(&m->text[k], text, f, e)) {
			weights_meta_free(m);
			return -1;
		}
	}
	return 0;
}

void weights_meta_put(const struct weights_meta *m, const char *format, struct st_writer *w)
{
	st_add_meta(w, "format", format);
	for (int k = 0; k < WEIGHTS_KEYS; k++)
		if (m->text[k])
			st_add_meta(w, key_table[k].key, m->text[k]);
}

bool weights_meta_is_empty(const struct weights_meta *m)
{
	for (int k = 0; k < WEIGHTS_KEYS; k++)
		if (m->text[k])
			return false;
	return true;
}

/* ---- comparing ---- */

static bool differs(enum weights_key key, const char *had, const char *here)
{
	size_t n = strcspn(had, ".");

	if (key == WEIGHTS_VERSION)
		return strcspn(here, ".") != n || strncmp(had, here, n) != 0;
	return strcmp(had, here) != 0;
}

/* ["a","b"] as --set takes it, a,b; shortened to what a sentence can hold. */
static void add_value(struct str *out, enum weights_key key, const char *text)
{
	json_t *labels = key == WEIGHTS_LABELS ? json_loads(text, 0, NULL) : NULL, *label;
	struct str whole = {0};
	char shown[160];
	size_t i;

	if (!labels)
		str_add(&whole, text);
	json_array_foreach(labels, i, label)
		str_addf(&whole, "%s%s", i ? "," : "", json_string_value(label));
	str_fit(shown, sizeof shown, str_text(&whole));
	str_addf(out, "%s%s", shown, strlen(shown) < whole.len ? "…" : "");
	json_decref(labels);
	str_free(&whole);
}

bool weights_differ(const struct weights_meta *had, const struct weights_meta *here, unsigned keys,
		    struct str *out)
{
	bool any = false;

	for (int k = 0; k < WEIGHTS_KEYS; k++) {
		if (!(keys >> k & 1) || !had->text[k] || !here->text[k] ||
		    !differs((enum weights_key)k, had->text[k], here->text[k]))
			continue;
		str_add(out, any ? ", " : "");
		any = true;
		if (!key_table[k].setting) {
			str_add(out, "other lists (utterances, labels or lengths)");
			continue;
		}
		str_addf(out, "%s ", key_table[k].setting);
		add_value(out, (enum weights_key)k, had->text[k]);
		str_add(out, " (here ");
		add_value(out, (enum weights_key)k, here->text[k]);
		str_add(out, ")");
	}
	return any;
}

static bool read_word(const char *text, const char *const *names, int *out)
{
	for (int i = 0; text && names[i]; i++)
		if (strcmp(text, names[i]) == 0) {
			*out = i;
			return true;
		}
	return !text;
}

static bool read_integer(const char *text, int64_t *out)
{
	char *end;
	long long value;

	if (!text)
		return true;
	errno = 0;
	value = strtoll(text, &end, 10);
	*out = value;
	return *text && !*end && !errno;
}

static bool read_number(const char *text, double *out)
{
	char *end;

	if (!text)
		return true;
	*out = strtod(text, &end);
	return *text && !*end;
}

bool weights_trained_on(const struct weights_meta *m, struct settings *s, int *fold)
{
	struct settings own = *s;
	int64_t number = -1;

	if (!read_integer(m->text[WEIGHTS_FOLD], &number) || number < 0 || number > INT32_MAX ||
	    !read_word(m->text[WEIGHTS_PROTOCOL], protocol_name, &own.exp.protocol) ||
	    !read_word(m->text[WEIGHTS_HOLDOUT_UNIT], holdout_unit_name, &own.exp.holdout_unit) ||
	    !read_integer(m->text[WEIGHTS_SEED], &own.exp.seed) ||
	    !read_number(m->text[WEIGHTS_HOLDOUT], &own.exp.holdout) ||
	    !(own.exp.holdout > 0 && own.exp.holdout < 1))
		return false;
	*fold = (int)number;
	*s = own;
	return true;
}

/* ---- files ---- */

/* Other files of a fold's folder, by a tensor they have. */
static int check_kind(const struct st_file *f, struct err *e)
{
	if (st_find(f, "order") && st_find(f, "generator"))
		return err_at(e, f->path, 0, 0,
			      "is the training state of a fold, for resuming it; use "
			      "best.safetensors next to it (the kept checkpoint), or "
			      "last.safetensors (the weights in this state)");
	if (st_find(f, "text.mean") && st_find(f, "audio.std"))
		return err_at(e, f->path, 0, 0,
			      "holds the means and deviations of features, not weights; use "
			      "best.safetensors next to it, which finds this file by itself");
	return 0;
}

static const char *common_prefix(const struct st_file *f)
{
	for (int i = 0; i < f->n; i++)
		if (strncmp(f->entry[i].name, MODULE, strlen(MODULE)) != 0)
			return "";
	return MODULE;
}

int weights_open(struct weights_file *w, const char *path, struct err *e)
{
	*w = (struct weights_file){0};
	if (st_open(&w->f, path, e))
		return -1;
	w->prefix = common_prefix(&w->f);
	if (check_kind(&w->f, e) || weights_meta_read(&w->meta, &w->f, e)) {
		weights_close(w);
		return -1;
	}
	return 0;
}

void weights_close(struct weights_file *w)
{
	st_close(&w->f);
	weights_meta_free(&w->meta);
}

int weights_load(const struct weights_file *w, struct params *p, struct err *e)
{
	return params_get(p, p->w, w->prefix, &w->f, e);
}

int weights_save(const struct params *p, const real *values, const struct weights_meta *m,
		 const char *path, struct err *e)
{
	struct st_writer *w = st_new();

	if (m)
		weights_meta_put(m, FORMAT, w);
	params_put(p, values, "", w);
	return st_write(w, path, e);
}
