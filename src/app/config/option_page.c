/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of settings as a page: miust-config(5) and doc/config.md. */
#include "app/config/option.h"

#include "base/roff.h"

#include <string.h>

/* What holds for all settings; `words` are code. */
static const struct {
	const char *title, *text;
} topics[] = {
	{"Writing a config",
	 "A config is a YAML file with the groups `exp`, `train` and `model`. A key that is left\n"
	 "out has its default, which is what the published program does; its `config.yml` files\n"
	 "load unchanged. An unknown key, a wrong type or a value out of range is an error with\n"
	 "file, line, column and the nearest known key, and nothing is started. Anchors and\n"
	 "merges work. Integers, numbers and switches mean what PyYAML reads: `010` is 8, `1_000`\n"
	 "is 1000, `yes` is true; `5e-4` is a number."},
	{"Changing a setting",
	 "`--set KEY=VALUE` changes a setting of the config for one run, and may be given again.\n"
	 "Settings that take effect at the next step or epoch can also be changed while a run\n"
	 "trains: `set KEY VALUE` in the workbench. All others are fixed during a run.\n"
	 "`miust config` prints the settings, `miust config PART` those with PART in their name."},
	{"Paths",
	 "Relative paths start at the config's folder. `~`, `~USER`, `$VAR` and `${VAR}` are\n"
	 "expanded, `$$` is a dollar, and `$XDG_DATA_HOME` is `~/.local/share` where it is not "
	 "set."},
	{"By layout",
	 "A default given by layout depends on the lists: with `exp.iemocap_csv` the data has\n"
	 "the layout of IEMOCAP, with `exp.train_csv`, `exp.dev_csv` and `exp.test_csv` that of\n"
	 "MELD. Without `model.num_classes` there are as many classes as `exp.labels` has."},
	{"Two defaults to think about",
	 "`exp.protocol: reference` validates IEMOCAP on the test session, as published, so its\n"
	 "figures are optimistic; they are marked so wherever they are shown. `holdout` and\n"
	 "`session` are honest, `fixed` selects nothing and keeps the last epoch.\n"
	 "`train.padding: reference` lets the recurrent layers run through padding and the cross\n"
	 "attention see it, as published, so an utterance's result depends on its batch. `masked`\n"
	 "is the correct model, and several times as fast."},
	{"Rare classes, checkpoints, rates",
	 "`train.class_weight: balanced` makes rare classes count as much as all others, `sqrt` "
	 "is\n"
	 "halfway, and `{fear: 15, disgust: 15}` (`fear=15,disgust=15` for `--set` and `set`) says "
	 "it\n"
	 "by label, 1 for the others. Validation is never weighted. `train.select` says by which\n"
	 "figure the kept epoch is chosen. `train.optimizer.lr` is the base rate: `train.warmup` "
	 "and\n"
	 "`train.schedule` make of it the rate in force. doc/model.md has the formulas."},
	{"Memory",
	 "`train.memory: 512M` is the max memory of a run: weights, gradients, the state of\n"
	 "the optimizer, the kept checkpoint, packed features and all that a batch computes, with\n"
	 "48 MB for the program itself. Mapped feature files come on top: the system takes their\n"
	 "pages back when it needs them. A batch that does not fit is computed in chunks, the\n"
	 "forward pass of each twice; the result is the same to rounding, and depends on this\n"
	 "setting in its last digits, but never on the number of threads. An utterance that does\n"
	 "not fit on its own is computed with more memory than the setting, and `train` says so\n"
	 "when a fold begins. 0 is 8G, whatever the machine has, so that figures do not depend on\n"
	 "it; a fold that may take more than the machine has is refused, with what to set."},
	{"Several ranks",
	 "`train.microbatches: 4` cuts each batch into four parts of about equal work, forms the\n"
	 "gradients of each apart, and adds them two by two. `miust-mpi train` shares these parts "
	 "out\n"
	 "over several machines (doc/cluster.md): over four ranks at most, and best over one, two "
	 "or\n"
	 "four. The last digits depend on the number of parts, but not on who computes them. In "
	 "one\n"
	 "process 4 are 1.5 % slower than 1, if they all fit into `train.memory`."},
};
enum { TOPICS = sizeof topics / sizeof *topics };

static const char example[] = "exp:\n"
			      "  seed: 1\n"
			      "  train_csv: train.csv         # Filename,Utterance,Emotion\n"
			      "  dev_csv: dev.csv\n"
			      "  test_csv: test.csv\n"
			      "  text_dir: text               # text/FOLDER/STEM.npy\n"
			      "  audio_dir: audio\n"
			      "  labels: [calm, glad, cross]  # spelled as in the lists\n"
			      "train:\n"
			      "  epoch: 40\n"
			      "  padding: masked\n"
			      "  optimizer: {lr: 5e-4}\n"
			      "model:\n"
			      "  text_feat_dim: 768           # columns of the text features\n"
			      "  audio_feat_dim: 768\n";

static bool same_group(const char *a, const char *b)
{
	size_t n = (size_t)(strrchr(a, '.') - a);

	return strncmp(a, b, n + 1) == 0 && !strchr(b + n + 1, '.');
}

static bool begins_group(int i)
{
	return i == 0 || !same_group(option_table[i].key, option_table[i - 1].key);
}

static const char *effect(const struct option *o)
{
	return o->no_effect ? "no effect" : option_when_text(o);
}

void option_manual(FILE *out)
{
	roff_begin(out, "miust-config", 5, "Settings of a miust run.");
	for (int i = 0; i < TOPICS; i++) {
		roff_line(out, i ? ".SS " : ".SH DESCRIPTION\n.SS ", topics[i].title);
		roff_line(out, "", topics[i].text);
	}
	fputs(".SS An example\n.nf\n", out);
	roff_text(out, example);
	fputs(".fi\n.SH SETTINGS\n", out);
	for (int i = 0; i < option_count; i++) {
		const struct option *o = &option_table[i];
		char takes[OPTION_TAKES];

		roff_line(out, ".TP\n.B ", o->key);
		roff_line(out, "", o->help);
		fputs("Takes: ", out);
		roff_text(out, option_takes(o, takes, sizeof takes));
		fputs("; default: ", out);
		roff_text(out, option_default_text(o));
		fprintf(out, "; effect: %s.\n", effect(o));
	}
	fputs(".SH SEE ALSO\n.BR miust (1),\n.BR miust\\-tui (1)\n", out);
}

/* In a cell of a table a bar must be escaped; no setting has one today. */
static void put_cell(FILE *out, const char *text)
{
	fputs("| ", out);
	for (; *text; text++)
		fprintf(out, *text == '|' ? "\\%c" : "%c", *text);
	putc(' ', out);
}

void option_markdown(FILE *out)
{
	fputs("# Settings\n\n"
	      "This page is made by `miust config --markdown`; a test compares the two.\n",
	      out);
	for (int i = 0; i < TOPICS; i++)
		fprintf(out, "\n## %s\n\n%s\n", topics[i].title, topics[i].text);
	fprintf(out, "\n## An example\n\n```yaml\n%s```\n", example);
	for (int i = 0; i < option_count; i++) {
		const struct option *o = &option_table[i];
		char takes[OPTION_TAKES], key[128];

		if (begins_group(i))
			fprintf(out,
				"\n## %.*s\n\n| setting | meaning | takes | default | takes effect "
				"|\n"
				"|---|---|---|---|---|\n",
				(int)(strrchr(o->key, '.') - o->key), o->key);
		snprintf(key, sizeof key, "`%s`", o->key);
		put_cell(out, key);
		put_cell(out, o->help);
		put_cell(out, option_takes(o, takes, sizeof takes));
		put_cell(out, option_default_text(o));
		put_cell(out, effect(o));
		fputs("|\n", out);
	}
}
