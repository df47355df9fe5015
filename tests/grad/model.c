/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The whole model against numerical gradients, weight tensor by weight tensor. */
#include "check.h"
#include "engine/model/model.h"

struct shape {
	int text, audio, H1, H2, layers, heads, A, classes, head;
	bool cross;
	int n;
	const int *words, *frames;
	bool holes; /* rows of zeros, which reference padding leaves out of the pooling */
	int form;
	bool means;
	double align; /* weight of both alignment terms */
	enum padding padding;
	bool chunks;        /* no two utterances fit at once */
	int microbatches;   /* 0: one */
	int first;          /* of the utterances in a first of two batches; 0: one batch */
	bool weighted, all; /* by class, in all heads */
};

static const int some_words[] = {3, 1, 5, 2}, some_frames[] = {7, 12, 1, 4};
static const int one[] = {1};

static const struct shape plain = {
	.text = 5,
	.audio = 6,
	.H1 = 4,
	.H2 = 4,
	.layers = 2,
	.heads = 2,
	.A = 3,
	.classes = 4,
	.head = 7,
	.cross = true,
	.n = 4,
	.words = some_words,
	.frames = some_frames,
	.form = FORM_SQUARED,
	.align = 0.3,
	.padding = PADDING_MASKED,
};

enum { UTTERANCES = 4 };

struct whole {
	struct settings s;
	struct corpus c;
	struct utterance utt[UTTERANCES];
	struct model m;
	struct batch b;
	struct loss_joint joint;
	int n, first;
};

static const int order[UTTERANCES] = {0, 1, 2, 3};
static const double class_weight[] = {0.5, 4, 1, 0.125};

static void take(struct whole *w, int from, int to)
{
	struct err e = {0};

	if (batch_take(&w->b, &w->c, &w->s, NULL, order + from, to - from, BATCH_TRAIN, &e) ||
	    model_ready(&w->m, &w->b, true, &e))
		FAIL("%s", e.text);
}

/* Of the step's batches, with the gradients if asked for. */
static double step_loss(struct whole *w, bool backward)
{
	double term[TERMS], sum[TERMS] = {0};

	for (int k = 0; k < w->joint.batches; k++) {
		if (w->joint.batches > 1)
			take(w, k ? w->first : 0, k ? w->n : w->first);
		model_forward(&w->m, &w->b);
		model_loss(&w->m, &w->b, &w->s, &w->joint, term);
		for (int t = 0; t < TERMS; t++)
			sum[t] += term[t];
		if (backward)
			(k ? model_backward_add : model_backward)(&w->m, &w->b);
	}
	return loss_sum(&w->s, sum);
}

static double whole_loss(void *ctx)
{
	return step_loss(ctx, false);
}

static void settings_of(struct settings *s, const struct shape *a)
{
	memset(s, 0, sizeof *s);
	s->train.padding = a->padding;
	s->train.microbatches = a->microbatches ? a->microbatches : 1;
	s->train.loss.main = 0.4;
	s->train.loss.cmd_text = s->train.loss.cmd_audio = a->align;
	s->train.loss.text = 0.15;
	s->train.loss.audio = 0.25;
	s->train.loss.form = a->form;
	s->train.loss.means = a->means;
	s->train.class_weight_in = a->all ? CLASS_WEIGHT_ALL : CLASS_WEIGHT_MAIN;
	s->model.text_feat_dim = a->text;
	s->model.audio_feat_dim = a->audio;
	s->model.num_classes = a->classes;
	s->model.num_heads = a->heads;
	s->model.num_layers = a->layers;
	s->model.direction = 2;
	s->model.hidden_size1 = a->H1;
	s->model.hidden_size2 = a->H2;
	s->model.attention_size = a->A;
	s->model.head = a->head;
	s->model.cross_attention = a->cross;
}

static bool all_ones(const int *len, int n)
{
	for (int i = 0; i < n; i++)
		if (len[i] > 1)
			return false;
	return true;
}

/* A pooling over one step gives the step whatever its weights; so does one over
 * equal steps, which a cross attention with a single key gives. */
static bool pooling_vanishes(const struct shape *a, const char *name)
{
	bool words = all_ones(a->words, a->n), frames = all_ones(a->frames, a->n);

	if (strncmp(name, "Att1.", 5) == 0 || strncmp(name, "Att11.", 6) == 0)
		return words;
	if (strncmp(name, "Att2.", 5) == 0 || strncmp(name, "Att22.", 6) == 0)
		return frames;
	return strncmp(name, "Att", 3) == 0 && (words || frames);
}

/* What feeds only softmaxes over one key has no effect. */
static bool cross_vanishes(const struct shape *a, const char *name)
{
	const int *keys = strncmp(name, "cross_attn1", 11) == 0 ? a->frames : a->words;

	return (strstr(name, "q_proj") || strstr(name, "k_proj")) && all_ones(keys, a->n);
}

/* With one step an LSTM's recurrent weights meet only zero states. */
static bool recurrence_vanishes(const struct shape *a, const char *name)
{
	bool text = strncmp(name, "lstm1", 5) == 0;

	return strstr(name, "weight_hh") && all_ones(text ? a->words : a->frames, a->n);
}

/* Attention over few steps is nearly even for small weights, and what comes
 * behind it would then get next to no gradient. */
static double spread(const char *name)
{
	if (strncmp(name, "cross_attn", 10) == 0)
		return 1.5;
	return strncmp(name, "lstm", 4) == 0 ? 0.8 : 0.8;
}

/* Every fifth row (but no first one) is zero if `holes`. */
static struct npy random_matrix(int rows, int cols, bool holes)
{
	float *x = calloc((size_t)(rows * cols), sizeof *x);

	for (int t = 0; t < rows; t++)
		for (int j = 0; j < cols && !(holes && t % 5 == 4); j++)
			x[t * cols + j] = (float)draw(1);
	return (struct npy){.rows = rows, .cols = cols, .values = x};
}

static bool whole_open(struct whole *w, const struct shape *a, struct par *par, struct err *e)
{
	rng_seed(&check_rng, 11);
	settings_of(&w->s, a);
	w->c.utt = w->utt;
	for (int i = 0; i < a->n; i++)
		w->utt[i] = (struct utterance){
			.label = i % a->classes,
			.words = random_matrix(a->words[i], a->text, a->holes),
			.frames = random_matrix(a->frames[i], a->audio, a->holes),
			.checked = 1,
		};
	w->n = a->n;
	w->first = a->first;
	w->joint = (struct loss_joint){.batches = a->first ? 2 : 1, .n = a->n};
	if (a->weighted)
		w->joint.class_weight = class_weight;
	for (int i = 0; i < a->n; i++)
		w->joint.weight += class_weight[w->utt[i].label];
	if (model_open(&w->m, &w->s, par, e) ||
	    batch_take(&w->b, &w->c, &w->s, NULL, order, a->n, BATCH_TRAIN, e))
		return false;
	if (a->chunks)
		w->m.room = 0;
	for (int i = 0; i < w->m.params.n; i++)
		draw_all(weight(&w->m.params, i), w->m.params.tensor[i].count,
			 spread(w->m.params.tensor[i].name));
	return model_ready(&w->m, &w->b, true, e) == 0;
}

static void whole_close(struct whole *w)
{
	model_close(&w->m);
	batch_free(&w->b);
	for (int i = 0; i < UTTERANCES; i++) {
		free((void *)w->utt[i].words.values);
		free((void *)w->utt[i].frames.values);
	}
	free(w);
}

static double *gradient_of(struct whole *w)
{
	double *g = malloc(w->m.params.total * sizeof *g);

	step_loss(w, true);
	return memcpy(g, w->m.params.g, w->m.params.total * sizeof *g);
}

static void check_model(const char *what, const struct shape *a)
{
	struct whole *w = calloc(1, sizeof *w);
	struct err e = {0};
	struct par *par = par_new(2, &e);
	double *g;

	if (!par || !whole_open(w, a, par, &e)) {
		FAIL("%s: %s", what, e.text);
		goto out;
	}
	if (!a->microbatches) /* as opened, all in one batch */
		CHECK_INT(w->b.chunks, a->chunks ? a->n : 1);
	g = gradient_of(w);
	for (int i = 0; i < w->m.params.n; i++) {
		const struct tensor *t = &w->m.params.tensor[i];
		char name[160];

		snprintf(name, sizeof name, "%s: %s", what, t->name);
		check_gradient(name, whole_loss, w, weight(&w->m.params, i), g + t->at, t->count,
			       pooling_vanishes(a, t->name) || cross_vanishes(a, t->name) ||
				       recurrence_vanishes(a, t->name));
	}
	free(g);
out:
	whole_close(w);
	par_free(par);
}

TEST(every_loss_form_both_paddings)
{
	static const char *const form[] = {"", "squared", "norm", "mse"};

	for (int f = FORM_SQUARED; f <= FORM_MSE; f++)
		for (int means = 0; means < 2; means++)
			for (int reference = 0; reference < 2; reference++) {
				struct shape a = plain;
				char what[64];

				a.form = f;
				a.means = means;
				a.padding = reference ? PADDING_REFERENCE : PADDING_MASKED;
				a.holes = reference;
				snprintf(what, sizeof what, "%s%s, %s", form[f],
					 means ? " with means" : "",
					 reference ? "reference" : "masked");
				check_model(what, &a);
			}
}

/* In chunks the gradients are numerically right, and those of the whole. */
TEST(in_chunks)
{
	for (int variant = 0; variant < 8; variant++) {
		struct shape a = plain;
		struct whole *w[2];
		struct err e = {0};
		struct par *par = par_new(2, &e);
		double *g[2], top = 0, worst = 0;
		char what[64];

		a.padding = variant & 1 ? PADDING_REFERENCE : PADDING_MASKED;
		a.holes = variant & 1;
		a.cross = !(variant & 2);
		a.H2 = variant & 4 ? 6 : 4;
		a.align = variant & 4 ? 0 : 0.3;
		for (int i = 0; i < 2; i++) {
			a.chunks = i;
			w[i] = calloc(1, sizeof *w[i]);
			REQUIRE(par && whole_open(w[i], &a, par, &e));
			g[i] = gradient_of(w[i]);
		}
		for (size_t i = 0; i < w[0]->m.params.total; i++) {
			top = fmax(top, fabs(g[0][i]));
			worst = fmax(worst, fabs(g[1][i] - g[0][i]));
		}
		if (!(worst <= 1e-14 * top))
			FAIL("variant %d: differs by %g of %g", variant, worst, top);
		for (int i = 0; i < 2; i++) {
			whole_close(w[i]);
			free(g[i]);
		}
		par_free(par);
		snprintf(what, sizeof what, "in chunks, variant %d", variant);
		check_model(what, &a);
	}
}

/* Batches of three and one, classes weighted in one or all heads, also in chunks and
 * microbatches. */
TEST(several_batches_and_class_weights)
{
	for (int variant = 0; variant < 16; variant++) {
		struct shape a = plain;
		char what[64];

		a.weighted = variant > 0;
		a.first = variant & 1 ? 0 : 3;
		a.all = variant & 2;
		a.chunks = variant & 4;
		a.microbatches = variant & 8 ? 3 : 0;
		a.form = variant & 4 ? FORM_NORM : FORM_SQUARED;
		a.padding = variant & 2 ? PADDING_REFERENCE : PADDING_MASKED;
		snprintf(what, sizeof what, "class weights and batches, variant %d", variant);
		check_model(what, &a);
	}
}

TEST(hidden_widths_that_differ)
{
	struct shape a = plain;

	a.H1 = 3;
	a.H2 = 5;
	a.align = 0;
	check_model("text wider than audio", &a);
	a.H1 = 6;
	a.H2 = 4;
	check_model("audio wider than text", &a);
}

TEST(layers_and_heads)
{
	struct shape a = plain;

	a.layers = 1;
	a.heads = 1;
	check_model("one layer, one head", &a);
	a.layers = 3;
	a.heads = 8;
	check_model("three layers, eight heads", &a);
}

TEST(without_cross_attention)
{
	struct shape a = plain;

	a.cross = false;
	check_model("no cross attention", &a);
}

TEST(one_word_and_one_frame)
{
	struct shape a = plain;
	static const int ones[] = {1, 1, 1, 1};

	a.words = ones;
	check_model("one word each", &a);
	a.words = some_words;
	a.frames = ones;
	check_model("one frame each", &a);
	a.words = ones;
	check_model("one word and one frame each", &a);
}

TEST(batch_of_one)
{
	static const int three[] = {3}, six[] = {6};
	struct shape a = plain;

	a.n = 1;
	a.words = three;
	a.frames = six;
	check_model("one utterance", &a);
	a.form = FORM_NORM;
	check_model("one utterance, norm", &a);
	a.words = a.frames = one;
	check_model("one utterance of one word and one frame", &a);
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
