/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The texts of values: what is read, and that what is printed reads back. */
#include "app/config/option.h"
#include "base/rng.h"
#include "test.h"

#include <ctype.h>
#include <math.h>

static struct settings preset(void)
{
	struct settings s;

	options_preset(&s);
	return s;
}

#include "app/values.h"

/* What PyYAML, and so the published program, makes of the same text. */
TEST(scalars_of_yaml)
{
	static const struct {
		const char *key, *text, *value;
	} same[] = {
		{"train.epoch", "010", "8"},
		{"train.epoch", "0x10", "16"},
		{"train.epoch", "0b101", "5"},
		{"train.epoch", "1_000", "1000"},
		{"train.epoch", "1:30", "90"},
		{"train.epoch", "+1:00:01", "3601"},
		{"exp.seed", "0x7fffffffffffffff", "9223372036854775807"},
		{"train.clip", "010", "8"},
		{"train.clip", "010.5", "10.5"},
		{"train.clip", "1_000.5", "1000.5"},
		{"train.clip", "1:30", "90"},
		{"train.clip", "0:30.5", "30.5"},
		{"train.clip", "5e-4", "5e-4"},
		{"train.clip", "1e3", "1000"},
		{"train.clip", ".5", "0.5"},
		{"train.memory", "0x10", "16"},
		{"train.memory", "1_024K", "1M"},
		{"train.loss.means", "yes", "true"},
		{"train.loss.means", "On", "true"},
		{"train.loss.means", "TRUE", "true"},
		{"train.loss.means", "no", "false"},
		{"train.loss.means", "Off", "false"},
	};
	static const struct {
		const char *key, *text;
	} refused[] = {
		{"train.epoch", "08"},   {"train.epoch", "0o10"}, {"train.epoch", "_1"},
		{"train.epoch", "1:60"}, {"train.epoch", "0x"},   {"train.epoch", "0b2"},
		{"train.clip", "08"},    {"train.clip", "1e_3"},  {"train.clip", ".inf"},
		{"train.clip", ".nan"},  {"train.memory", "08K"}, {"train.loss.means", "y"},
	};

	for (size_t i = 0; i < sizeof same / sizeof same[0]; i++)
		CHECK_STR(round_trip(same[i].key, same[i].text), same[i].value);
	for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
		CHECK_HAS(refusal(refused[i].key, refused[i].text), "; found '");
	CHECK_HAS(refusal("exp.seed", "0x8000000000000000"), "beyond 64 bits");
	CHECK_HAS(refusal("exp.seed", "9999999999:00:00:00:00:00:00"), "beyond 64 bits");
}

static size_t below(struct rng *g, size_t n)
{
	return rng_u32(g) % n;
}

static double share(struct rng *g)
{
	return rng_u32(g) / 4294967296.0;
}

/* A random text for a path or a name: all that is special to somebody, more often. */
static void random_text(struct rng *g, char *out, size_t n)
{
	static const char *const part[] = {"$",  "$$",   "${",   "}", "$HOME", "\\", "'",  "\"",
					   "\n", "\t",   " ",    "~", "#",     ":",  "- ", "é",
					   "語", "\x01", "\x7f", "*", "&",     "!",  "%%", "null"};
	size_t len = below(g, n), at = 0;

	while (at < len) {
		const char *p = part[below(g, sizeof part / sizeof part[0])];
		char letter[2] = {(char)('a' + (int)below(g, 26)), '\0'};

		if (below(g, 2) == 0)
			p = letter;
		if (at + strlen(p) >= n)
			break;
		strcpy(out + at, p);
		at += strlen(p);
	}
	out[at] = '\0';
}

/* Pairs of labels that are taken. */
static void random_map(struct rng *g, struct label_map *m)
{
	static char text[OPTION_TEXT + 256];

	text[0] = '\0';
	for (int i = 0; i < MAP_MAX; i++) {
		char from[MAP_FROM], to[LABEL_LEN];
		struct err ignored = {0};
		size_t n = strlen(text);

		random_text(g, from, sizeof from);
		random_text(g, to, sizeof to);
		snprintf(text + n, sizeof text - n, "%s%s=%s", n ? "," : "", from, to);
		if (option_read_map(m, text, &ignored))
			text[n] = '\0';
	}
}

static void random_weights(struct rng *g, struct class_weight *w)
{
	struct settings labels = {.exp.nlabels = 0};
	struct err ignored = {0};
	char label[LABEL_LEN];

	*w = (struct class_weight){.how = (int)below(g, CLASS_WEIGHT_MAP + 1)};
	while (w->how == CLASS_WEIGHT_MAP && w->n < LABELS_MAX && (!w->n || below(g, 8))) {
		random_text(g, label, LABEL_LEN);
		err_clear(&ignored);
		if (strchr(label, '=') || option_add_label(&labels, label, strlen(label), &ignored))
			continue;
		strcpy(w->label[w->n], label);
		w->weight[w->n++] = 1e6 * share(g) * pow(10, -(int)below(g, 8));
	}
}

static void random_value(struct rng *g, struct settings *s, const struct option *o)
{
	void *to = (char *)s + o->at;
	char *text = to;
	double span = (o->max < 1e15 ? o->max : 1e15) - o->min;
	struct err ignored = {0};
	char label[LABEL_LEN];
	int n;

	switch (o->type) {
	case OPT_INT:
		*(int *)to = (int)(o->min + floor(span * share(g)));
		break;
	case OPT_INT64:
	case OPT_BYTES:
		*(int64_t *)to = (int64_t)(o->min + floor(span * share(g)))
				 << (o->type == OPT_BYTES ? below(g, 10) : 0);
		break;
	case OPT_NUMBER:
		*(double *)to = o->min + span - span * share(g) * pow(10, -(int)below(g, 8));
		break;
	case OPT_BOOL:
		*(bool *)to = below(g, 2);
		break;
	case OPT_CHOICE:
		for (n = 0; o->choices[n];)
			n++;
		*(int *)to = (int)below(g, (size_t)n);
		break;
	case OPT_STRING:
		random_text(g, text, o->size);
		for (; *text; text++) /* is refused */
			*text = iscntrl((unsigned char)*text) ? '$' : *text;
		break;
	case OPT_PATH:
		text[0] = '/';
		random_text(g, text + 1, PATH_LEN - 1);
		break;
	case OPT_LABELS:
		s->exp.nlabels = 0;
		for (int i = 0; i < LABELS_MAX; i++) { /* what may be a label is one */
			random_text(g, label, LABEL_LEN);
			err_clear(&ignored);
			option_add_label(s, label, strlen(label), &ignored);
		}
		break;
	case OPT_MAP:
		random_map(g, to);
		break;
	case OPT_WEIGHTS:
		random_weights(g, to);
		break;
	}
}

/* Any value of any option: its text, read back, is the same value. */
TEST(text_and_value_are_inverse)
{
	struct rng g;
	int fell = 0;

	rng_seed(&g, 9);
	setenv("HOME", "/elsewhere", 1);
	for (int i = 0; i < option_count; i++) {
		const struct option *o = &option_table[i];

		for (int k = 0; k < (RACES ? 30 : 300); k++) {
			struct settings s = preset(), again = preset();
			static char text[OPTION_TEXT];
			struct err e = {0};

			random_value(&g, &s, o);
			option_text(&s, o, text, sizeof text);
			if (option_set(&again, o, text, "/dir", &e) ||
			    !option_equal(&s, &again, o)) {
				FAIL("%s: %.300s: %s", o->key, text, e.text);
				fell++;
			}
			if (fell > 5)
				return;
		}
	}
}

TEST(longest_paths_have_a_text)
{
	struct settings s = preset(), again = preset();
	const struct option *o = option_find("exp.audio_dir");
	static char text[OPTION_TEXT];
	struct err e = {0};

	memset(s.exp.audio_dir, '$', PATH_LEN - 1);
	s.exp.audio_dir[0] = '/';
	option_text(&s, o, text, sizeof text);
	CHECK_INT(strlen(text), 2 * (PATH_LEN - 2) + 1);
	CHECK_INT(option_set(&again, o, text, "/dir", &e), 0);
	CHECK(option_equal(&s, &again, o));
}

TEST(short_names)
{
	CHECK_STR(option_short(option_find("train.optimizer.lr")), "lr");
	CHECK_STR(option_short(option_find("train.batch_size")), "batch_size");
	CHECK_STR(option_short(option_find("train.loss.text")), "loss.text");
	CHECK_STR(option_short(option_find("exp.columns.text")), "columns.text");
	CHECK(option_find_short("lr") == option_find("train.optimizer.lr"));
	CHECK(option_find_short("optimizer.lr") == option_find("train.optimizer.lr"));
	CHECK(option_find_short("train.optimizer.lr") == option_find("train.optimizer.lr"));
	CHECK(!option_find_short("text")); /* of several */
	CHECK(!option_find_short("r"));
	CHECK(!option_find_short("ptimizer.lr"));
	CHECK(!option_find_short(""));
	for (int i = 0; i < option_count; i++)
		CHECK(option_find_short(option_short(&option_table[i])) == &option_table[i]);
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
