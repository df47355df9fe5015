/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/config/option.h"

#include "base/near.h"
#include "engine/train/selection.h"

#include <math.h>
#include <string.h>

/* In the order of their enums (engine/data/settings.h). */
static const char *const optimizers[] = {"rmsprop", "adamw", NULL};
static const char *const vectors[] = {"", "frame", NULL};
static const char *const loss_forms[] = {"", "squared", "norm", "mse", NULL};
static const char *const class_weightings[] = {"none", "balanced", "sqrt", NULL};
static const char *const class_weighted[] = {"main", "all", NULL};
static const char *const schedules[] = {"cosine", "constant", "linear", "plateau", NULL};

/* The key is the field's name in struct settings, so it is said once. */
#define ROW(field, default_text, takes_effect)                                 \
	.key = #field, .at = offsetof(struct settings, field),                 \
	.size = sizeof(((struct settings *)0)->field), .preset = default_text, \
	.when = takes_effect
#define INTEGER(least, most) .type = OPT_INT, .min = (least), .max = (most)
#define NUMBER(least, most)  .type = OPT_NUMBER, .min = (least), .max = (most)
#define WEIGHT               NUMBER(0, 100), .decimals = 2
#define SWITCH               .type = OPT_BOOL
#define CHOICE(list)         .type = OPT_CHOICE, .choices = (list)

/* The published program's settings, unless noted. Keys of a group stand
 * together: config_write opens a group once. */
const struct option option_table[] = {
	{ROW(exp.seed, "53", WHEN_RUN), .type = OPT_INT64, .min = 0, .max = INFINITY,
	 .help = "Seed of the weights and the order of batches; its low 32 bits count."},
	{ROW(exp.audio_dir, "", WHEN_RUN), .type = OPT_PATH,
	 .help = "Folder of the speech features, one .npy per utterance."},
	{ROW(exp.text_dir, "", WHEN_RUN), .type = OPT_PATH,
	 .help = "Folder of the text features, one .npy per utterance."},
	{ROW(exp.iemocap_csv, "", WHEN_RUN), .type = OPT_PATH,
	 .help = "Folder with Session1.csv, Session2.csv ... (the IEMOCAP layout)."},
	{ROW(exp.train_csv, "", WHEN_RUN), .type = OPT_PATH,
	 .help = "List of the training utterances (the lists layout, as for MELD)."},
	{ROW(exp.dev_csv, "", WHEN_RUN), .type = OPT_PATH,
	 .help = "List of the validation utterances (the lists layout)."},
	{ROW(exp.test_csv, "", WHEN_RUN), .type = OPT_PATH,
	 .help = "List of the test utterances (the lists layout)."},
	{ROW(exp.labels, "", WHEN_RUN), .type = OPT_LABELS, .min = 2, .max = LABELS_MAX,
	 .by_layout = true,
	 .help = "Classes in order; IEMOCAP has ang hap neu sad, lists have MELD's seven."},
	{ROW(exp.map, "", WHEN_RUN), .type = OPT_MAP, .pairs = true,
	 .help = "Labels to be read as others, or left out: exc=hap,fru=drop; one pass."},
	{ROW(exp.protocol, "reference", WHEN_RUN), CHOICE(protocol_name),
	 .help = "Validation part; reference: IEMOCAP's test session (optimistic), lists' "
		 "dev."},
	{ROW(exp.holdout, "0.2", WHEN_RUN), NUMBER(0, 0.9), .above_min = true,
	 .help = "Share of the training utterances that the protocol holdout sets aside."},
	{ROW(exp.holdout_unit, "utterance", WHEN_RUN), CHOICE(holdout_unit_name),
	 .help = "What the hold-out keeps whole: single utterances, speakers or dialogues."},
	{ROW(exp.speaker, "", WHEN_RUN), .type = OPT_STRING, .by_layout = true,
	 .help = "Column that names the speaker; IEMOCAP: from the id, lists: Speaker, if any."},
	{ROW(exp.normalize, "none", WHEN_RUN), CHOICE(normalize_name),
	 .help = "train: z-score each feature column by the fold's training part."},
	{ROW(exp.features, "", WHEN_RUN), .type = OPT_STRING, .describes = true,
	 .help = "Your words on the features (extractor, layer, pooling); kept, not used."},
	{ROW(exp.vectors, "", WHEN_RUN), CHOICE(vectors),
	 .help = "frame: a feature file of one vector, [width], is read as one row."},
	{ROW(exp.columns.id, "", WHEN_RUN), .type = OPT_STRING, .by_layout = true,
	 .help = "Column of files or ids, or a pattern: dia{Dialogue_ID}_utt{Utterance_ID}."},
	{ROW(exp.columns.folder, "", WHEN_RUN), .type = OPT_STRING, .by_layout = true,
	 .several = true,
	 .help = "Folder of a list's features, or one per list; {Column} is filled in."},
	{ROW(exp.columns.text, "", WHEN_RUN), .type = OPT_STRING, .by_layout = true,
	 .help = "Column of the transcript; IEMOCAP: Text, lists: Utterance."},
	{ROW(exp.columns.label, "", WHEN_RUN), .type = OPT_STRING, .by_layout = true,
	 .help = "Column of the labels; by layout: Emotion."},

	{ROW(train.optimizer.lr, "5e-4", WHEN_STEP), NUMBER(0, 100), .above_min = true,
	 .help = "Base learning rate; train.schedule makes the rate in force of it."},
	{ROW(train.optimizer.name, "rmsprop", WHEN_RUN), CHOICE(optimizers),
	 .help = "adamw has betas 0.9 and 0.999 and weight decay 0.01."},
	{ROW(train.epoch, "70", WHEN_EPOCH), INTEGER(1, 1000000), .unit = "epochs",
	 .help = "Epochs of a fold; the schedule of the rate ends there."},
	{ROW(train.batch_size, "128", WHEN_RUN), INTEGER(1, 1000000), .unit = "utterances",
	 .help = "Utterances in a training batch; the last one may be smaller."},
	{ROW(train.padding, "reference", WHEN_RUN), CHOICE(padding_name),
	 .help = "masked: padding never counts; reference: as published, it does."},
	{ROW(train.clip, "0", WHEN_STEP), NUMBER(0, INFINITY),
	 .help = "Max L2 norm of all gradients together; 0: no clipping."},
	{ROW(train.patience, "0", WHEN_EPOCH), INTEGER(0, 1000000), .unit = "epochs",
	 .help = "Early stopping after this many epochs without a better checkpoint; 0: never."},
	{ROW(train.select, "wa", WHEN_RUN), CHOICE(selection_name),
	 .help = "Validation figure whose best epoch is kept; wa, as published: ties by UA."},
	{ROW(train.select_from, "1", WHEN_RUN), INTEGER(1, 1000000),
	 .help = "First epoch that may be kept."},
	{ROW(train.min_delta, "0", WHEN_RUN), NUMBER(0, 100),
	 .help = "What the selected figure must gain for a checkpoint to count as better."},
	{ROW(train.schedule, "cosine", WHEN_EPOCH), CHOICE(schedules),
	 .help = "Rate over the epochs; plateau lowers it when val_loss no longer falls."},
	{ROW(train.warmup, "0", WHEN_EPOCH), INTEGER(0, 1000000), .unit = "epochs",
	 .help = "Epochs in which the rate rises to the base; the schedule begins after them."},
	{ROW(train.accumulate, "1", WHEN_RUN), INTEGER(1, 1000000), .unit = "batches",
	 .help = "Batches in a step of the optimizer; alignments are the mean over them."},
	{ROW(train.microbatches, "1", WHEN_RUN), INTEGER(1, MICROBATCHES_MAX),
	 .help = "Parts of a batch whose gradients are formed apart: what ranks share out."},
	{ROW(train.class_weight, "none", WHEN_STEP), .type = OPT_WEIGHTS,
	 .choices = class_weightings, .pairs = true,
	 .help = "What classes count in the loss; balanced: a rare one as much as any other."},
	{ROW(train.class_weight_in, "main", WHEN_STEP), CHOICE(class_weighted),
	 .help = "Cross-entropies that train.class_weight weighs: the fused head's, or all."},
	{ROW(train.memory, "0", WHEN_RUN), .type = OPT_BYTES, .min = 0, .max = INFINITY,
	 .unit = "bytes",
	 .help = "Max memory of a run, without feature files; 0: 8G, on any machine."},
	{ROW(train.health, "0", WHEN_STEP), INTEGER(0, 1000000), .unit = "steps", .aside = true,
	 .help = "Steps between measurements of the layers; 0: none; 50: at most 2 % of time."},

	{ROW(train.plateau.factor, "0.1", WHEN_EPOCH), NUMBER(0, 0.999), .above_min = true,
	 .help = "What train.schedule: plateau multiplies the rate by."},
	{ROW(train.plateau.patience, "10", WHEN_EPOCH), INTEGER(0, 1000000), .unit = "epochs",
	 .help = "Epochs without a lower val_loss that plateau lets pass."},

	{ROW(train.loss.main, "0.10", WHEN_STEP), WEIGHT,
	 .help = "Weight of the fused head's cross-entropy."},
	{ROW(train.loss.cmd_text, "0.30", WHEN_STEP), WEIGHT,
	 .help = "Weight of D(Att1, Att22), the central-moment distance of text and speech."},
	{ROW(train.loss.cmd_audio, "0.30", WHEN_STEP), WEIGHT,
	 .help = "Weight of D(Att2, Att11), the central-moment distance of speech and text."},
	{ROW(train.loss.text, "0.15", WHEN_STEP), WEIGHT,
	 .help = "Weight of the text head's cross-entropy."},
	{ROW(train.loss.audio, "0.15", WHEN_STEP), WEIGHT,
	 .help = "Weight of the speech head's cross-entropy."},
	{ROW(train.loss.form, "", WHEN_RUN), CHOICE(loss_forms), .by_layout = true,
	 .help = "How moments are compared; IEMOCAP: squared, lists: norm; mse: no moments."},
	{ROW(train.loss.means, "false", WHEN_RUN), SWITCH,
	 .help = "Align the means too, which the published loss leaves out."},

	{ROW(model.text_feat_dim, "768", WHEN_RUN), INTEGER(1, FEATURES_MAX), .unit = "values",
	 .help = "Width of a word's feature vector."},
	{ROW(model.audio_feat_dim, "768", WHEN_RUN), INTEGER(1, FEATURES_MAX), .unit = "values",
	 .help = "Width of a speech frame's feature vector."},
	{ROW(model.num_classes, "", WHEN_RUN), INTEGER(2, LABELS_MAX), .by_layout = true,
	 .help = "Number of classes; that of exp.labels."},
	{ROW(model.num_heads, "2", WHEN_RUN), INTEGER(1, 1024),
	 .help = "Heads of the cross attention; they share 2 x hidden_size evenly."},
	{ROW(model.num_layers, "2", WHEN_RUN), INTEGER(1, LAYERS_MAX),
	 .help = "Layers of each LSTM."},
	{ROW(model.direction, "2", WHEN_RUN), INTEGER(1, 2),
	 .help = "Directions of the LSTMs; the model is bidirectional: 2."},
	{ROW(model.hidden_size1, "128", WHEN_RUN), INTEGER(1, HIDDEN_MAX),
	 .help = "Width of the text LSTMs, in one direction."},
	{ROW(model.hidden_size2, "128", WHEN_RUN), INTEGER(1, HIDDEN_MAX),
	 .help = "Width of the speech LSTMs, in one direction."},
	{ROW(model.attention_size, "4", WHEN_RUN), INTEGER(1, 1024),
	 .help = "Width of the attention pooling."},
	{ROW(model.head, "", WHEN_RUN), INTEGER(1, 65536), .by_layout = true,
	 .help = "Width of the layer before the classes; IEMOCAP: 64, lists: 128."},
	{ROW(model.cross_attention, "true", WHEN_RUN), SWITCH,
	 .help = "false leaves both cross attentions out (ablation)."},
	{ROW(model.hidden_dim, "", WHEN_RUN), INTEGER(1, 1000000), .no_effect = true,
	 .help = "No effect; accepted because published configs have it."},
	{ROW(model.dropout, "", WHEN_RUN), NUMBER(0, 1), .no_effect = true,
	 .help = "No effect; accepted because published configs have it."},

	{ROW(store.bytes, "1G", WHEN_RUN), .type = OPT_BYTES, .min = 0, .max = INFINITY,
	 .unit = "bytes", .aside = true,
	 .help = "Room for stored states in a run's folder, to go back to; 0: none is stored."},
	{ROW(store.every, "0", WHEN_RUN), INTEGER(0, 1000000), .unit = "steps", .aside = true,
	 .help = "Steps after which a state is stored; 0: only at the end of each epoch."},
};
const int option_count = sizeof option_table / sizeof option_table[0];

const struct option *option_find(const char *key)
{
	for (int i = 0; i < option_count; i++) {
		if (strcmp(option_table[i].key, key) == 0)
			return &option_table[i];
	}
	return NULL;
}

/* Is `tail` the last words of the dotted `key`? */
static bool ends_with(const char *key, const char *tail)
{
	size_t n = strlen(key), m = strlen(tail);

	return n > m && key[n - m - 1] == '.' && strcmp(key + n - m, tail) == 0;
}

const char *option_nearest(const char *key)
{
	struct near n = near_to(key);
	const char *dot = strrchr(key, '.');

	/* Groups forgotten: "lr", "loss.main". */
	for (int i = 0; i < option_count; i++) {
		if (ends_with(option_table[i].key, key))
			return option_table[i].key;
	}
	for (int i = 0; i < option_count; i++)
		near_try(&n, option_table[i].key);
	/* The right word in the wrong group: "train.lr". */
	for (int i = 0; !n.best && dot && i < option_count; i++) {
		if (ends_with(option_table[i].key, dot + 1))
			n.best = option_table[i].key;
	}
	return n.best;
}

bool option_describes(const struct option *o)
{
	return o->type == OPT_PATH || o->describes;
}

bool option_is_free(const struct option *o)
{
	return option_describes(o) || o->aside;
}

bool option_has_default(const struct option *o)
{
	return !option_describes(o) && !o->no_effect;
}

int option_unknown(const char *key, struct err *e)
{
	const char *nearest = option_nearest(key);

	if (nearest)
		return err_set(e, "unknown key %.80s; did you mean %s?", key, nearest);
	return err_set(e, "unknown key %.80s; `miust config` lists all", key);
}

const char *option_default_text(const struct option *o)
{
	if (*o->preset)
		return o->preset;
	return o->by_layout ? "by layout" : "none";
}

const char *option_when_text(const struct option *o)
{
	static const char *const when[] = {
		[WHEN_STEP] = "next step", [WHEN_EPOCH] = "next epoch", [WHEN_RUN] = "next run"};

	return when[o->when];
}
