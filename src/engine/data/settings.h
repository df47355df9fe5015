/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * settings: everything a run depends on, as plain data.
 *
 * Copy it by assignment: the engine keeps its own copy, the screen another.
 * Names, ranges, defaults and help are in one place, app/config/option.c. Where a
 * default depends on the layout of the data ("auto" below), option_resolve
 * fills it in before the engine sees it.
 */
#ifndef MIUST_SETTINGS_H
#define MIUST_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

enum { PATH_LEN = 1024, LABEL_LEN = 32, LABELS_MAX = 32 };
enum { MAP_MAX = 32, MAP_FROM = 64, MICROBATCHES_MAX = 64 };
enum {
	FEATURES_MAX = 8192,
	HIDDEN_MAX = 1024,
	LAYERS_MAX = 8
}; /* what kernels keep on the stack */

enum modality { MODALITY_TEXT, MODALITY_AUDIO, MODALITIES };
enum layout { LAYOUT_IEMOCAP, LAYOUT_LISTS }; /* which of iemocap_csv, train_csv is given */
enum protocol { PROTOCOL_REFERENCE, PROTOCOL_HOLDOUT, PROTOCOL_SESSION, PROTOCOL_FIXED };
enum holdout_unit { UNIT_UTTERANCE, UNIT_SPEAKER, UNIT_DIALOGUE };
enum normalize { NORMALIZE_NONE, NORMALIZE_TRAIN };
enum vectors { VECTORS_REFUSE, VECTORS_FRAME };
enum padding { PADDING_REFERENCE, PADDING_MASKED };
enum optimizer { OPTIMIZER_RMSPROP, OPTIMIZER_ADAMW };
enum loss_form { FORM_AUTO, FORM_SQUARED, FORM_NORM, FORM_MSE };
enum class_weighting {
	CLASS_WEIGHT_NONE,
	CLASS_WEIGHT_BALANCED,
	CLASS_WEIGHT_SQRT,
	CLASS_WEIGHT_MAP
};
enum class_weighted { CLASS_WEIGHT_MAIN, CLASS_WEIGHT_ALL }; /* which cross-entropies */
enum selection { SELECT_WA, SELECT_UA, SELECT_WF1, SELECT_MACRO_F1, SELECT_LOSS, SELECTIONS };
enum lr_schedule { SCHEDULE_COSINE, SCHEDULE_CONSTANT, SCHEDULE_LINEAR, SCHEDULE_PLATEAU };

/* As users write them, in the order of their enums, NULL at the end. */
extern const char *const protocol_name[], *const holdout_unit_name[], *const normalize_name[],
									      *const padding_name[];

/* The terms of the loss, in the order of steps.csv; loss.c says what each is. Each has a
 * weight in train.loss below. */
enum term { TERM_MAIN, TERM_CMD_TEXT, TERM_CMD_AUDIO, TERM_TEXT, TERM_AUDIO, TERMS };

/* What labels of the lists count as; relabel.h applies it. */
struct label_map {
	int n;
	struct {
		char from[MAP_FROM]; /* each once */
		char to[LABEL_LEN];  /* one of exp.labels, or "drop": the row is left out */
	} at[MAP_MAX];
};

/* How much the classes count in a cross-entropy (class_weight.h). */
struct class_weight {
	int how; /* enum class_weighting */
	/* CLASS_WEIGHT_MAP: n labels with their weights; the others weigh 1. */
	int n;
	char label[LABELS_MAX][LABEL_LEN];
	double weight[LABELS_MAX];
};

struct settings {
	enum layout layout; /* derived */
	struct {
		int64_t seed;
		char audio_dir[PATH_LEN], text_dir[PATH_LEN]; /* absolute once loaded */
		char iemocap_csv[PATH_LEN];
		char train_csv[PATH_LEN], dev_csv[PATH_LEN], test_csv[PATH_LEN];
		int nlabels; /* 0: by layout, until resolved */
		char labels[LABELS_MAX][LABEL_LEN];
		struct label_map map;
		int protocol; /* enum protocol */
		double holdout;
		int holdout_unit;   /* enum holdout_unit */
		char speaker[64];   /* column; "": by layout */
		int normalize;      /* enum normalize */
		int vectors;        /* enum vectors: features of one dimension */
		char features[256]; /* how they were made, for people */
		/* columns.h: a column's name, or a text with {Column}s; "": by layout */
		struct {
			char id[128];
			char folder[384]; /* a text; one for each list, commas between */
			char text[128], label[128];
		} columns;
	} exp;
	struct {
		int batch_size;
		int epoch;
		int padding; /* enum padding */
		struct {
			int name;  /* enum optimizer */
			double lr; /* base rate; in force: by the schedule (schedule.h) */
		} optimizer;
		struct {
			double main, cmd_text, cmd_audio, text, audio; /* weights */
			int form;                                      /* enum loss_form */
			bool means;
		} loss;
		double clip; /* global L2 norm, 0: off */
		int patience;
		int accumulate;   /* batches in a step */
		int microbatches; /* in a batch: microbatch.h */
		struct class_weight class_weight;
		int class_weight_in; /* enum class_weighted */
		int select;          /* enum selection */
		int select_from;     /* first epoch that may be kept */
		double min_delta;    /* of the selected figure */
		int schedule;        /* enum lr_schedule */
		int warmup;          /* epochs */
		struct {
			double factor;
			int patience;
		} plateau;
		int64_t memory; /* bytes, 0: by the machine (chunk.h) */
		int health;     /* steps between two measurements, 0: none; changes no figure */
	} train;
	struct {
		int text_feat_dim, audio_feat_dim;
		int num_classes;
		int num_heads, num_layers, direction;
		int hidden_size1, hidden_size2; /* text, audio: width of one direction */
		int attention_size;
		int head;       /* 0: by layout, until resolved */
		int hidden_dim; /* accepted, no effect */
		double dropout; /* accepted, no effect */
		bool cross_attention;
	} model;
	struct {
		int64_t bytes; /* of stored states in a run's folder; 0: none is stored */
		int every;     /* steps; 0: only at the ends of epochs */
	} store;               /* no figure depends on it */
};

/* Utterances of a step, the last of an epoch aside. */
double settings_step(const struct settings *s);

#endif
