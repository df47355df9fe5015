/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/cmd/commands.h"

#include "app/cmd/asked.h"
#include "app/session/predictions.h"
#include "base/file.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Arrays collected for --tensors; they must live until st_write. */
struct tensors {
	struct st_writer *w;
	const struct corpus *corpus;
	bool *twin; /* [corpus->n] is its id another list's as well? */
	float **kept;
	int n;
};

static const struct corpus *sorting; /* for id_order */

static int id_order(const void *a, const void *b)
{
	return strcmp(sorting->utt[*(const int *)a].id, sorting->utt[*(const int *)b].id);
}

/* Which of the utterances at[0..n-1] share their id with another: an id is unique
 * within its list only. */
static bool *find_twins(const struct corpus *c, const int *at, int n)
{
	bool *twin = mem_alloc((size_t)c->n, sizeof *twin);
	int *sorted = mem_alloc((size_t)n, sizeof *sorted);

	memcpy(sorted, at, (size_t)n * sizeof *sorted);
	sorting = c;
	qsort(sorted, (size_t)n, sizeof *sorted, id_order);
	for (int i = 1; i < n; i++)
		if (id_order(&sorted[i - 1], &sorted[i]) == 0)
			twin[sorted[i - 1]] = twin[sorted[i]] = true;
	free(sorted);
	return twin;
}

/* "ID/NAME", or "LIST/ID/NAME" for an id that two lists have. */
static void add(struct tensors *t, int utt, const char *name, int dims, const int64_t *dim,
		const real *values)
{
	const struct utterance *u = &t->corpus->utt[utt];
	struct str full = {0};
	size_t count = 1;
	float *copy;

	for (int i = 0; i < dims; i++)
		count *= (size_t)dim[i];
	copy = mem_alloc(count, sizeof *copy);
	for (size_t i = 0; i < count; i++)
		copy[i] = (float)values[i];
	t->kept = mem_grow(t->kept, (size_t)t->n + 1, sizeof *t->kept);
	t->kept[t->n++] = copy;
	if (t->twin[utt])
		str_addf(&full, "%s/", t->corpus->list[u->list].name);
	str_addf(&full, "%s/%s", u->id, name);
	st_add(t->w, full.s, ST_F32, dims, dim, copy);
	str_free(&full);
}

static int collect(void *ctx, const struct model *m, const struct batch *b, struct err *e)
{
	static const char *const head[HEADS] = {"logits", "logits_text", "logits_audio"};
	struct tensors *t = ctx;
	char name[64];

	(void)e;
	for (int i = 0; i < b->n; i++) {
		int64_t classes = m->classes;

		for (int h = 0; h < HEADS; h++)
			add(t, b->utt[i], head[h], 1, &classes,
			    model_logits(m, (enum head)h) + i * m->classes);
		for (int p = 0; p < POOLS; p++) {
			const real *a = model_pool_weights(m, b, p, i);
			int64_t n = pool_seqs(b, p)->len[i];

			snprintf(name, sizeof name, "weights_%s", pool_table[p].name);
			if (a)
				add(t, b->utt[i], name, 1, &n, a);
		}
		for (int x = 0; x < CROSSES; x++) {
			const real *a = model_cross_weights(m, x, i);
			int64_t dim[3] = {model_heads(m),
					  stack_seqs(b, cross_table[x].query)->len[i],
					  stack_seqs(b, cross_table[x].key)->len[i]};

			if (a)
				add(t, b->utt[i], cross_table[x].output, 3, dim, a);
		}
	}
	return 0;
}

static int write_tensors(struct trained *t, const char *path, struct err *e)
{
	struct tensors c = {.w = st_new(), .corpus = &t->corpus};
	int failed;

	c.twin = find_twins(&t->corpus, t->split.at[t->opt.part], t->split.n[t->opt.part]);
	failed = evaluate_each(&t->model, &t->corpus, &t->set, &t->norm, t->split.at[t->opt.part],
			       t->split.n[t->opt.part], collect, &c, e);

	if (t->anyway.len)
		st_add_meta(c.w, "anyway", t->anyway.s);
	if (failed)
		st_free(c.w);
	else
		failed = st_write(c.w, path, e);
	for (int i = 0; i < c.n; i++)
		free(c.kept[i]);
	free(c.kept);
	free(c.twin);
	return failed;
}

static int write_csv(struct trained *t, const char *path, struct err *e)
{
	struct predictions p;
	struct str text = {0};
	int failed;

	if (evaluate(&t->model, &t->corpus, &t->set, &t->norm, t->split.at[t->opt.part],
		     t->split.n[t->opt.part], NULL, &p, e))
		return -1;
	predictions_text(&text, &p, &t->corpus, &t->set);
	failed = path ? file_write(path, text.s, text.len, e) : 0;
	if (!path)
		cli_data(text.s, text.len);
	str_free(&text);
	predictions_free(&p);
	return failed;
}

/* A list of its own, or a part of CONFIG's: each has options of its own. */
static int check_options(const struct args *a, struct err *e)
{
	static const char see[] = "(see miust predict --help)";
	const struct {
		bool given, of_list;
		const char *name;
	} option[] = {{a->audio, true, "audio"},
		      {a->text, true, "text"},
		      {a->seed, true, "seed"},
		      {a->nset > 0, true, "set"},
		      {args_given(a, FLAG_SPLIT), false, "split"}};

	for (size_t i = 0; i < sizeof option / sizeof *option; i++)
		if (option[i].given && option[i].of_list != (a->list != NULL))
			return err_usage(e, "predict: --%s: only with%s --list %s", option[i].name,
					 option[i].of_list ? "" : "out", see);
	if (!a->list && !a->weights)
		return err_usage(
			e,
			"predict: --weights FILE is missing, or --list FILE.csv for a list "
			"of its own %s",
			see);
	if (a->list && (!a->audio || !a->text))
		return err_usage(e,
				 "predict: --list: --%s DIR is missing, the folder of its %s "
				 "features %s",
				 a->audio ? "text" : "audio", a->audio ? "text" : "speech", see);
	return 0;
}

/* Results go to no file that they are made from. */
static int check_results(const struct args *a, struct err *e)
{
	const char *const to[] = {a->out, a->tensors};
	const char *const from[] = {a->list, a->weights, a->operand[0]};
	struct stat written, read;

	for (int i = 0; i < 2; i++)
		for (int k = 0; k < 3; k++)
			if (to[i] && from[k] && stat(to[i], &written) == 0 &&
			    stat(from[k], &read) == 0 && written.st_dev == read.st_dev &&
			    written.st_ino == read.st_ino)
				return err_usage(e,
						 "predict: --%s: %s is read for it; give another "
						 "name",
						 i ? "tensors" : "out", to[i]);
	return 0;
}

static int run(const struct args *a, struct err *e)
{
	const struct trained_options o = asked_trained(a);
	struct trained t;
	int failed = 0;

	if (check_options(a, e) || check_results(a, e) || trained_open(&t, &o, e))
		return -1;
	if (t.anyway.len) /* the table keeps its columns */
		cli_message("not comparable (--anyway): the weights were %s", t.anyway.s);
	if (a->out || !a->tensors)
		failed = write_csv(&t, a->out, e);
	if (!failed && a->tensors)
		failed = write_tensors(&t, a->tensors, e);
	trained_close(&t);
	return failed;
}

const struct command cmd_predict = {
	.name = "predict",
	.operands = "CONFIG|SESSION|WEIGHTS",
	.least = 1,
	.most = 1,
	.takes = (const enum flag[]){FLAG_WEIGHTS, FLAG_SPLIT, FLAG_LIST, FLAG_AUDIO, FLAG_TEXT,
				     FLAG_FOLD, FLAG_SEED, FLAG_SET, FLAG_OUT, FLAG_TENSORS,
				     FLAG_SKIP_BAD, FLAG_ANYWAY, FLAG_THREADS, FLAG_NONE},
	.help = "What stored weights predict for each utterance, with attention on request.",
	.more = "CONFIG --weights FILE predicts a part of CONFIG's data.\n"
		"SESSION --list FILE.csv --audio DIR --text DIR predicts another list with the\n"
		"weights that the session kept (--fold, --seed where it has several), and\n"
		"WEIGHTS in its place takes them from a file; the data they were trained on is\n"
		"not needed. Labels in the list are optional: without one, true and loss are\n"
		"empty. Its columns are those of the published lists or of the session's\n"
		"exp.columns; --set changes exp.columns.*, exp.map and exp.vectors. Features are\n"
		"DIR/FOLDER/STEM.npy or DIR/STEM.npy.\n"
		"Without --out and --tensors the table goes to standard output.\n"
		"--tensors writes, for each utterance: ID/logits, ID/logits_text,\n"
		"ID/logits_audio, ID/weights_{Att1,Att2,Att11,Att22,Atts1,Attt2},\n"
		"ID/attn_text_to_audio [heads, L, T], ID/attn_audio_to_text [heads, T, L].\n"
		"An id that is in two lists is LIST/ID there.\nWith --anyway its metadata says why "
		"(anyway).",
	.run = run,
};
