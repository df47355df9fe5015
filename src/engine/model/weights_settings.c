/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The model that a file of weights is of, from its metadata and the shapes of its tensors. */
#include "engine/model/weights.h"

#include "engine/model/encoder.h"
#include "engine/model/heads.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static int unsaid(const struct weights_file *w, const char *what, struct err *e)
{
	return err_at(e, w->f.path, 0, 0,
		      "its metadata does not say %s; give the config that the weights were trained "
		      "with, and the weights with --weights",
		      what);
}

static int read_labels(const struct weights_file *w, struct settings *s, struct err *e)
{
	const char *text = w->meta.text[WEIGHTS_LABELS];
	json_t *labels = text ? json_loads(text, 0, NULL) : NULL, *label;
	size_t n = json_array_size(labels), i;
	int failed = 0;

	if (!text)
		return unsaid(w, "its labels", e);
	if (n < 2 || n > LABELS_MAX)
		failed = err_at(e, w->f.path, 0, 0,
				"its metadata has %zu labels; expected 2 to %d of them", n,
				LABELS_MAX);
	s->exp.nlabels = 0;
	json_array_foreach(labels, i, label) {
		const char *name = json_string_value(label);

		if (failed)
			break;
		if (!name || !*name || strlen(name) >= LABEL_LEN)
			failed = err_at(e, w->f.path, 0, 0,
					"its metadata has a label of %zu bytes; expected 1 to %d",
					name ? strlen(name) : 0, LABEL_LEN - 1);
		else
			strcpy(s->exp.labels[s->exp.nlabels++], name);
	}
	s->model.num_classes = s->exp.nlabels;
	json_decref(labels);
	return failed;
}

/* A number of the metadata. */
static int read_count(const struct weights_file *w, enum weights_key key, const char *what, int min,
		      int max, int *out, struct err *e)
{
	const char *text = w->meta.text[key];
	char *end;
	long v;

	if (!text)
		return unsaid(w, what, e);
	errno = 0;
	v = strtol(text, &end, 10);
	if (!*text || *end || errno || v < min || v > max)
		return err_at(e, w->f.path, 0, 0,
			      "its metadata says %.60s of %s; expected %d to %d", text, what, min,
			      max);
	*out = (int)v;
	return 0;
}

static const struct st_entry *find(const struct weights_file *w, const char *name)
{
	char *full = str_format("%s%s", w->prefix, name);
	const struct st_entry *entry = st_find(&w->f, full);

	free(full);
	return entry;
}

/* A size of the matrix NAME. */
static int read_size(const struct weights_file *w, const char *name, int axis, int max, int *out,
		     struct err *e)
{
	const struct st_entry *entry = find(w, name);

	if (!entry || entry->dims != 2)
		return err_at(e, w->f.path, 0, 0,
			      "has no matrix %s, so it is not weights of this model", name);
	if (entry->dim[axis] < 1 || entry->dim[axis] > max)
		return err_at(e, w->f.path, 0, 0, "%s has a size of %lld; expected 1 to %d", name,
			      (long long)entry->dim[axis], max);
	*out = (int)entry->dim[axis];
	return 0;
}

static int count_layers(const struct weights_file *w, struct settings *s, struct err *e)
{
	char name[64];
	int n = 0;

	for (;; n++) {
		snprintf(name, sizeof name, "%s.weight_ih_l%d", stack_table[LSTM1].name, n);
		if (n > LAYERS_MAX || !find(w, name))
			break;
	}
	if (n < 1 || n > LAYERS_MAX)
		return err_at(e, w->f.path, 0, 0, "has LSTMs of %d layers; expected 1 to %d", n,
			      LAYERS_MAX);
	s->model.num_layers = n;
	return 0;
}

int weights_settings(const struct weights_file *w, struct settings *s, struct err *e)
{
	const char *normalize = w->meta.text[WEIGHTS_NORMALIZE];
	int heads = 0;

	if (weights_meta_is_empty(&w->meta))
		return err_at(
			e, w->f.path, 0, 0,
			"does not say how it was trained (no metadata), so its labels are not "
			"known; give the config that it was trained with, and the weights with "
			"--weights");
	if (read_labels(w, s, e) || read_count(w, WEIGHTS_HEADS, "heads", 0, 1024, &heads, e) ||
	    read_count(w, WEIGHTS_TEXT, "text_feat_dim", 1, FEATURES_MAX, &s->model.text_feat_dim,
		       e) ||
	    read_count(w, WEIGHTS_AUDIO, "audio_feat_dim", 1, FEATURES_MAX,
		       &s->model.audio_feat_dim, e) ||
	    read_size(w, "lstm1.weight_hh_l0", 1, HIDDEN_MAX, &s->model.hidden_size1, e) ||
	    read_size(w, "lstm2.weight_hh_l0", 1, HIDDEN_MAX, &s->model.hidden_size2, e) ||
	    read_size(w, "Att1.w_omega", 1, 1024, &s->model.attention_size, e) ||
	    read_size(w, "st.0.weight", 0, 65536, &s->model.head, e) || count_layers(w, s, e))
		return -1;
	s->model.cross_attention = heads > 0;
	if (heads > 0)
		s->model.num_heads = heads;
	s->exp.normalize = NORMALIZE_NONE;
	for (int i = 0; normalize && normalize_name[i]; i++)
		if (strcmp(normalize_name[i], normalize) == 0)
			s->exp.normalize = i;
	return 0;
}
