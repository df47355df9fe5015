/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The engine against recorded runs: every fold, every epoch, every step.
 *
 * A case is a folder with config.yml, data/ and records. tests/record/tiny is
 * the project's own (tests/record/README.md says how it was recorded); the
 * others are skipped where they are absent. Compared is what a record holds:
 * initial weights and orders bit for bit, losses, gradients of the first step,
 * figures, decisions, and the forward pass of six test utterances.
 */
#include "test.h"

#include "app/config/config.h"
#include "base/file.h"
#include "engine/train/train.h"
#include "engine/model/weights.h"
#include "engine/data/opening.h"

#include <jansson.h>

enum { SETS = 8 };

struct record {
	const char *name;      /* folder of the case */
	const char *sub;       /* the record in it */
	const char *shared;    /* record of the same case that has what `sub` leaves out, or NULL */
	double loss_tol;       /* relative */
	int only_fold;         /* weights and orders are known for this fold only; -1: all */
	const char *set[SETS]; /* what differs from config.yml */
};

static struct par *par;

static const char *in(const struct record *r, const char *sub, const char *name)
{
	static char path[4][1024];
	static int next;
	char *p = path[next++ % 4];

	snprintf(p, sizeof path[0], "%s/%s/%s", r->name, sub, name);
	return p;
}

/* The file in the record, or in the one it shares with; NULL if in neither. */
static const char *find(const struct record *r, const char *name)
{
	if (file_exists(in(r, r->sub, name)))
		return in(r, r->sub, name);
	if (r->shared && file_exists(in(r, r->shared, name)))
		return in(r, r->shared, name);
	return NULL;
}

static const char *numbered(const char *format, int fold)
{
	static char name[64];

	snprintf(name, sizeof name, format, fold);
	return name;
}

static void check_init(const struct record *r, const struct trainer *t)
{
	const char *path = find(r, numbered("init_%d.safetensors", t->state.fold));
	const struct params *p = &t->model.params;
	struct st_file f;
	struct err e = {0};

	if (r->only_fold >= 0 && t->state.fold != r->only_fold)
		return;
	if (!path || st_open(&f, path, &e)) {
		FAIL("fold %d: no initial weights: %s", t->state.fold, e.text);
		return;
	}
	CHECK_INT(f.n, p->n);
	for (int i = 0; i < p->n; i++) {
		const struct st_entry *x = st_find(&f, p->tensor[i].name);

		if (!x || (size_t)st_count(x) != p->tensor[i].count ||
		    memcmp(x->data, weight(p, i), p->tensor[i].count * sizeof(float)) != 0)
			FAIL("fold %d: initial %s differs", t->state.fold, p->tensor[i].name);
	}
	st_close(&f);
}

static void check_gradients(const struct record *r, const struct trainer *t)
{
	const char *path = find(r, "grad_first.safetensors");
	const struct params *p = &t->model.params;
	struct st_file f;
	struct err e = {0};

	if (!path || st_open(&f, path, &e)) {
		FAIL("no gradients: %s", e.text);
		return;
	}
	for (int i = 0; i < p->n; i++) {
		const struct st_entry *x = st_find(&f, p->tensor[i].name);
		const float *want = x ? x->data : NULL;
		double top = 0, worst = 0;

		if (!x || (size_t)st_count(x) != p->tensor[i].count) {
			FAIL("no gradient recorded for %s", p->tensor[i].name);
			continue;
		}
		for (size_t k = 0; k < p->tensor[i].count; k++) {
			double d = fabs((double)grad(p, i)[k] - want[k]);

			top = fmax(top, fabs((double)want[k]));
			worst = d > worst || isnan(d) ? d : worst;
		}
		if (!(worst <= 1e-4 * top + 1e-12))
			FAIL("gradient of %s is off by %g, the largest is %g", p->tensor[i].name,
			     worst, top);
	}
	st_close(&f);
}

/* A CSV record, read line by line beside the run. */
struct lines {
	FILE *f;
	char text[512];
	bool terms;
};

static void open_lines(struct lines *l, const struct record *r, const char *name)
{
	*l = (struct lines){.f = fopen(in(r, r->sub, name), "r")};
	if (l->f && fgets(l->text, sizeof l->text, l->f))
		l->terms = strstr(l->text, "loss_main") != NULL;
}

static void check_relative(const char *what, int fold, int step, double got, double want,
			   double tol)
{
	if (!(fabs(got - want) <= tol * fabs(want) + 1e-7))
		FAIL("fold %d, step %d: %s is %.9g, recorded %.9g", fold, step, what, got, want);
}

static void check_step(const struct record *r, struct lines *l, const struct step_row *row)
{
	double loss, term[TERMS];
	int fold, step;

	if (!l->f || !fgets(l->text, sizeof l->text, l->f)) {
		FAIL("the record ends before fold %d, step %d", row->fold, row->step);
		return;
	}
	if (l->terms) {
		if (sscanf(l->text, "%d,%d,%lf,%lf,%lf,%lf,%lf,%lf", &fold, &step, &loss, &term[0],
			   &term[1], &term[2], &term[3], &term[4]) != 8)
			FAIL("cannot read %s", l->text);
		for (int i = 0; i < TERMS; i++)
			check_relative(loss_term[i].name, fold, step, row->term[i], term[i], 1e-3);
	} else if (sscanf(l->text, "%d,%d,%lf", &fold, &step, &loss) != 3) {
		FAIL("cannot read %s", l->text);
		return;
	}
	CHECK_INT(row->fold, fold);
	CHECK_INT(row->step, step);
	check_relative("loss", fold, step, row->loss, loss, r->loss_tol);
}

static void check_epoch(struct lines *l, const struct epoch_row *row)
{
	struct figures v;
	double loss, acc, val;
	int fold, epoch;

	if (!fgets(l->text, sizeof l->text, l->f) ||
	    sscanf(l->text, "%d,%d,%lf,%lf,%lf,%lf,%lf,%lf", &fold, &epoch, &loss, &acc, &val,
		   &v.wa, &v.ua, &v.wf1) != 8) {
		FAIL("cannot read epoch %d of fold %d", row->epoch, row->fold);
		return;
	}
	CHECK_INT(row->fold, fold);
	CHECK_INT(row->epoch, epoch);
	CHECK_NEAR(row->train_loss, loss, 1e-3 * loss);
	CHECK_NEAR(row->train_acc, acc, 1e-4);
	CHECK_NEAR(row->val_loss, val, 1e-4 * val + 1e-4);
	CHECK_NEAR(row->val.wa, v.wa, 1e-4);
	CHECK_NEAR(row->val.ua, v.ua, 1e-4);
	CHECK_NEAR(row->val.wf1, v.wf1, 1e-4);
}

/* The published program's log: four lines and more an epoch. A number printed
 * with d digits agrees if ours rounds to it, or lies within the drift. */
static void check_log_epoch(FILE *log, const struct epoch_row *row, const struct confusion *m)
{
	char line[256], percent[3][32];
	double loss, acc, val;
	struct figures v = row->val;
	int fold, epoch;
	char ours[3][32];

	do
		if (!fgets(line, sizeof line, log)) {
			FAIL("log.txt ends before epoch %d", row->epoch);
			return;
		}
	while (!strstr(line, " epoch ") || strstr(line, "Fold"));
	CHECK(sscanf(line, "%d epoch %d loss %lf train_acc %lf", &fold, &epoch, &loss, &acc) == 4);
	CHECK_INT(fold, row->fold);
	CHECK_INT(epoch, row->epoch);
	CHECK_NEAR(row->train_loss, loss, 0.5e-4 + 1e-3 * loss);
	CHECK_NEAR(100 * row->train_acc, acc, 0.5001e-2);
	REQUIRE(fgets(line, sizeof line, log));
	CHECK(sscanf(line, "%d val_wa %31s val_ua %31s val_wf1 %31s val_loss %lf", &fold,
		     percent[0], percent[1], percent[2], &val) == 5);
	snprintf(ours[0], sizeof ours[0], "%.6f", 100 * v.wa);
	snprintf(ours[1], sizeof ours[1], "%.6f", 100 * v.ua);
	snprintf(ours[2], sizeof ours[2], "%.6f", 100 * v.wf1);
	for (int i = 0; i < 3; i++)
		CHECK_STR(ours[i], percent[i]);
	CHECK_NEAR(row->val_loss, val, 0.5001e-2 + 1e-4 * val);
	for (int i = 0; i < m->classes; i++) {
		char *at = line;

		REQUIRE(fgets(line, sizeof line, log));
		at += strcspn(line, "[");
		if (i == 0)
			at++; /* the first row opens two brackets */
		at += strcspn(at, "[") + 1;
		for (int j = 0; j < m->classes; j++)
			CHECK_INT((long long)strtod(at, &at), m->count[i][j]);
	}
}

static void check_order(const struct record *r, json_t *orders, int at, const struct trainer *t)
{
	json_t *row = json_array_get(orders, (size_t)at), *order = json_object_get(row, "order");

	if (!orders || (r->only_fold >= 0 && t->state.fold != r->only_fold))
		return;
	CHECK_INT(json_integer_value(json_object_get(row, "fold")), t->state.fold);
	CHECK_INT((long long)json_array_size(order), t->split.n[PART_TRAIN]);
	for (int i = 0; i < t->split.n[PART_TRAIN]; i++)
		if (json_integer_value(json_array_get(order, (size_t)i)) != t->state.order[i]) {
			FAIL("%s: fold %d, epoch %d: order differs at %d", r->name, t->state.fold,
			     t->state.epoch, i);
			return;
		}
}

static void check_test(const json_t *want, const struct fold_row *row)
{
	json_t *m = json_object_get(want, "confusion");

	CHECK_INT(json_integer_value(json_object_get(want, "fold")), row->fold);
	CHECK_INT(json_integer_value(json_object_get(want, "best_epoch")), row->best_epoch);
	CHECK_NEAR(row->test.wa, json_number_value(json_object_get(want, "test_wa")), 1e-12);
	CHECK_NEAR(row->test.ua, json_number_value(json_object_get(want, "test_ua")), 1e-12);
	CHECK_NEAR(row->test.wf1, json_number_value(json_object_get(want, "test_wf1")), 1e-12);
	CHECK_INT((long long)json_array_size(m), row->confusion.classes);
	for (int i = 0; i < row->confusion.classes; i++)
		for (int j = 0; j < row->confusion.classes; j++)
			CHECK_INT(row->confusion.count[i][j],
				  json_integer_value(
					  json_array_get(json_array_get(m, (size_t)i), (size_t)j)));
}

/* One dumped array of utterance i, if the record has it. */
static void check_array(const struct st_file *f, int i, const char *name, const real *got, size_t n)
{
	char full[64];
	const struct st_entry *x;
	double worst = 0;

	snprintf(full, sizeof full, "%d.%s", i, name);
	x = st_find(f, full);
	if (!x)
		return;
	if ((size_t)st_count(x) != n) {
		FAIL("%s has %lld values, expected %zu", full, (long long)st_count(x), n);
		return;
	}
	for (size_t k = 0; k < n; k++) {
		double d = fabs((double)got[k] - ((const float *)x->data)[k]);

		worst = d > worst || isnan(d) ? d : worst;
	}
	if (!(worst <= 1e-5))
		FAIL("%s: %s is off by %g", f->path, full, worst);
}

static int check_batch(void *ctx, const struct model *m, const struct batch *b, struct err *e)
{
	static const struct {
		const char *name;
		int pool;
	} pooled[] = {{"pool_text", ATT1},
		      {"pool_audio", ATT2},
		      {"pool_text2", ATT11},
		      {"pool_audio2", ATT22}};
	static const char *const logits[HEADS] = {"logits", "logits_text", "logits_audio"};
	const struct st_file *f = ctx;
	const struct encoder *c = &m->encoder;

	(void)e;
	for (int i = 0; i < b->n; i++) {
		size_t pairs = (size_t)b->text.len[i] * (size_t)b->audio.len[i];

		for (int h = 0; h < HEADS; h++)
			check_array(f, i, logits[h], model_logits(m, (enum head)h) + i * m->classes,
				    (size_t)m->classes);
		for (size_t k = 0; k < 4; k++)
			check_array(f, i, pooled[k].name,
				    m->z + i * c->z_width + c->z_at[pooled[k].pool],
				    (size_t)c->pool[pooled[k].pool].E);
		check_array(f, i, "lstm1",
			    m->encoder_work.state[LSTM1] +
				    (size_t)b->text.first[i] * 2 * (size_t)c->stack[LSTM1].H,
			    (size_t)b->text.len[i] * 2 * (size_t)c->stack[LSTM1].H);
		check_array(f, i, "lstm22",
			    m->encoder_work.state[LSTM22] +
				    (size_t)b->audio.first[i] * 2 * (size_t)c->stack[LSTM22].H,
			    (size_t)b->audio.len[i] * 2 * (size_t)c->stack[LSTM22].H);
		check_array(f, i, "attn_text_to_audio", model_cross_weights(m, 0, i),
			    pairs * (size_t)c->cross[0].heads);
		check_array(f, i, "attn_audio_to_text", model_cross_weights(m, 1, i),
			    pairs * (size_t)c->cross[1].heads);
	}
	return 0;
}

/* The dump of the first six test utterances with these weights. */
static bool check_forward(const struct record *r, struct trainer *t, const char *dump,
			  const char *weights)
{
	int n = t->split.n[PART_TEST] < 6 ? t->split.n[PART_TEST] : 6;
	struct weights_file w = {0};
	struct st_file f;
	struct err e = {0};

	if (!file_exists(in(r, r->sub, dump)))
		return false;
	if (weights && (weights_open(&w, in(r, r->sub, weights), &e) ||
			weights_load(&w, &t->model.params, &e)))
		FAIL("%s", e.text);
	weights_close(&w);
	if (st_open(&f, in(r, r->sub, dump), &e)) {
		FAIL("%s", e.text);
		return false;
	}
	if (evaluate_each(&t->model, t->corpus, &t->set, &t->norm, t->split.at[PART_TEST], n,
			  check_batch, &f, &e))
		FAIL("%s", e.text);
	st_close(&f);
	return true;
}

struct compared {
	int folds, epochs, steps, forwards;
};

static void check_fold(const struct record *r, struct trainer *t, struct lines *steps,
		       struct lines *epochs, FILE *log, json_t *orders, json_t *tests, int place,
		       struct compared *n)
{
	struct err e = {0};
	struct predictions p;
	struct fold_row fold;

	check_init(r, t);
	if (place == 0)
		n->forwards += check_forward(r, t, "forward_init.safetensors", NULL);
	while (!trainer_done(t)) {
		struct epoch_row row;
		struct confusion m;

		trainer_epoch_begin(t);
		check_order(r, orders, n->epochs++, t);
		while (!trainer_epoch_full(t)) {
			struct step_row step;

			if (trainer_step(t, &step, &e)) {
				FAIL("%s", e.text);
				return;
			}
			check_step(r, steps, &step);
			if (n->steps++ == 0 && strncmp(r->sub, "settings/", 9) != 0)
				check_gradients(r, t);
		}
		if (trainer_epoch_end(t, &row, &p, &e)) {
			FAIL("%s", e.text);
			return;
		}
		predictions_confusion(&p, HEAD_MAIN, &m);
		predictions_free(&p);
		if (log)
			check_log_epoch(log, &row, &m);
		else
			check_epoch(epochs, &row);
	}
	if (trainer_test(t, &fold, &p, &e)) {
		FAIL("%s", e.text);
		return;
	}
	predictions_free(&p);
	check_test(json_array_get(tests, (size_t)place), &fold);
	if (file_exists(in(r, r->sub, numbered("best_%d.safetensors", t->state.fold)))) {
		char best[64];

		snprintf(best, sizeof best, "best_%d.safetensors", t->state.fold);
		n->forwards += check_forward(
			r, t, numbered("forward_best_%d.safetensors", t->state.fold), best);
	}
	n->folds++;
}

static void check_record(const struct record *r)
{
	struct settings s;
	struct corpus c;
	struct problems problems = {0};
	struct compared n = {0};
	struct err e = {0};
	const char *const *set = r->set;
	char path[1024];
	int nset = 0, folds;
	struct lines steps, epochs;
	FILE *log = fopen(in(r, r->sub, "log.txt"), "r");
	const char *order_path = find(r, "order.json");
	json_t *orders = order_path ? json_load_file(order_path, 0, NULL) : NULL;
	json_t *tests = json_load_file(in(r, r->sub, "test.json"), 0, NULL);

	while (nset < SETS && set[nset])
		nset++;
	snprintf(path, sizeof path, "%s/config.yml", r->name);
	open_lines(&steps, r, "steps.csv");
	open_lines(&epochs, r, "epochs.csv");
	if (config_load(&s, path, set, nset, NULL, &e) ||
	    corpus_open(&c, &s, CORPUS_HEADERS, &problems, &e)) {
		FAIL("%s", e.text);
		goto out;
	}
	folds = split_folds(&c);
	for (int i = 0; i < folds && !test_faults; i++) {
		struct trainer t;

		if (trainer_open(&t, &s, &c, split_fold(&c, i), par, &e)) {
			FAIL("%s", e.text);
			break;
		}
		check_fold(r, &t, &steps, &epochs, log, orders, tests, i, &n);
		trainer_close(&t);
	}
	/* a record of which nothing was compared would prove nothing */
	CHECK_INT((long long)json_array_size(tests), n.folds);
	CHECK(steps.f && !fgets(steps.text, sizeof steps.text, steps.f));
	CHECK(log || (epochs.f && !fgets(epochs.text, sizeof epochs.text, epochs.f)));
	if (orders)
		CHECK(n.epochs <= (int)json_array_size(orders));
	printf("# %s/%s: %d folds, %d epochs, %d steps, %d forward dumps\n", r->name, r->sub,
	       n.folds, n.epochs, n.steps, n.forwards);
	corpus_close(&c);
out:
	problems_free(&problems);
	if (steps.f)
		fclose(steps.f);
	if (epochs.f)
		fclose(epochs.f);
	if (log)
		fclose(log);
	json_decref(orders);
	json_decref(tests);
}

#define MASKED "train.padding=masked"
#define GOLDEN "../shared/golden/"
#define RECORDED(name, ...)                                                  \
	TEST(name)                                                           \
	{                                                                    \
		static const struct record r = {__VA_ARGS__};                \
		if (!file_exists(in(&r, r.sub, "steps.csv")))                \
			SKIP("no recorded run there (../shared is absent)"); \
		check_record(&r);                                            \
	}

RECORDED(tiny_reference, "tests/record/tiny", "reference", NULL, 1e-4, -1, {NULL})
RECORDED(tiny_masked, "tests/record/tiny", "masked", "reference", 1e-4, -1, {MASKED})
RECORDED(iemocap_reference, GOLDEN "iemocap-small", "golden", NULL, 1e-4, -1, {NULL})
RECORDED(iemocap_masked, GOLDEN "iemocap-small", "masked", "golden", 1e-4, -1, {MASKED})
RECORDED(iemocap_mse, GOLDEN "iemocap-small", "masked-mse", "golden", 1e-4, 1,
	 {MASKED, "train.loss.form=mse", "train.epoch=2"})
RECORDED(iemocap_norm, GOLDEN "iemocap-small", "masked-norm", "golden", 1e-4, 1,
	 {MASKED, "train.loss.form=norm", "train.epoch=2"})
RECORDED(iemocap_means, GOLDEN "iemocap-small", "masked-means", "golden", 1e-4, 1,
	 {MASKED, "train.loss.means=true", "train.epoch=2"})
RECORDED(meld_reference, GOLDEN "meld-small", "golden", NULL, 1e-3, -1, {NULL})
RECORDED(meld_masked, GOLDEN "meld-small", "masked", "golden", 1e-3, -1, {MASKED})
RECORDED(edges_reference, GOLDEN "edges", "golden", NULL, 1e-4, -1, {NULL})
RECORDED(edges_masked, GOLDEN "edges", "masked", "golden", 1e-4, -1, {MASKED})

/* Settings of training, of which losses and figures are kept. What draws is the same, so that
 * the weights begin as in reference/. */
#define SETTINGS(name, sub, ...) \
	RECORDED(name, "tests/record/tiny", "settings/" sub, "reference", 1e-4, -1, {__VA_ARGS__})

SETTINGS(balanced, "balanced", MASKED, "train.class_weight=balanced")
SETTINGS(sqrt_all, "sqrt", "train.class_weight=sqrt", "train.class_weight_in=all")
SETTINGS(map, "map", MASKED, "train.class_weight=glad=15,cross=0.5")
SETTINGS(map_all, "map-all", MASKED, "train.class_weight=glad=15,cross=0.5",
	 "train.class_weight_in=all")
SETTINGS(accumulate_2, "accumulate-2", MASKED, "train.accumulate=2")
SETTINGS(accumulate_3, "accumulate-3", "train.accumulate=3", "train.loss.form=squared")
SETTINGS(accumulate_3_balanced, "accumulate-3-balanced", MASKED, "train.accumulate=3",
	 "train.class_weight=balanced", "train.class_weight_in=all")
SETTINGS(accumulate_all, "accumulate-all", MASKED, "train.accumulate=9",
	 "train.class_weight=calm=3")
SETTINGS(constant, "constant", MASKED, "train.schedule=constant", "train.warmup=2",
	 "train.select=ua")
SETTINGS(linear, "linear", MASKED, "train.schedule=linear", "train.warmup=1", "train.select=loss")
SETTINGS(cosine, "cosine", MASKED, "train.warmup=1", "train.select=wf1")
SETTINGS(plateau, "plateau", MASKED, "train.schedule=plateau", "train.warmup=1", "train.epoch=7",
	 "train.select=loss", "train.plateau.factor=0.5", "train.plateau.patience=0",
	 "train.loss.form=squared")

int main(int argc, char **argv)
{
	struct err e = {0};
	int failed;

	par = par_new(2, &e);
	if (!par)
		return 1;
	failed = TEST_MAIN(argc, argv);
	par_free(par);
	return failed;
}
