/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/session/run_private.h"

#include "app/session/session_rows.h"

#include "app/config/setting.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/train/evaluate.h"
#include "engine/train/selection.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

void run_fold_free(struct fold_run *f)
{
	free(f->step);
	free(f->epoch);
	free(f->health);
	free(f->mark);
	free(f->taken);
	history_free(&f->val);
	history_free(&f->test);
	*f = (struct fold_run){0};
}

void run_free(struct run *r)
{
	for (int i = 0; i < r->nfolds; i++)
		run_fold_free(&r->fold[i]);
	free(r->fold);
	results_free(&r->results);
	notes_free(&r->notes);
	free(r->seen);
	*r = (struct run){0};
}

struct fold_run *run_fold(struct run *r, int fold)
{
	int at = 0;

	while (at < r->nfolds && r->fold[at].fold < fold)
		at++;
	if (at < r->nfolds && r->fold[at].fold == fold)
		return &r->fold[at];
	r->fold = mem_grow(r->fold, (size_t)r->nfolds + 1, sizeof *r->fold);
	memmove(&r->fold[at + 1], &r->fold[at], (size_t)(r->nfolds - at) * sizeof *r->fold);
	r->fold[at] = (struct fold_run){.fold = fold};
	r->nfolds++;
	return &r->fold[at];
}

int run_fold_number(const struct run *r, int i)
{
	return r->set.layout == LAYOUT_IEMOCAP ? i + 1 : i;
}

const struct fold_run *run_find(const struct run *r, int fold)
{
	for (int i = 0; i < r->nfolds; i++)
		if (r->fold[i].fold == fold)
			return &r->fold[i];
	return NULL;
}

/* Room for one more: arrays grow by doubling at powers of two. */
static void *grow(void *p, int n, size_t size)
{
	return n & (n - 1) ? p : mem_grow(p, n ? 2 * (size_t)n : 1, size);
}

/* A row at or before the last: in its place. */
static void put_step(struct fold_run *f, const struct step_row *s)
{
	int low = 0, high = f->nsteps - 1;

	while (low < high) {
		int middle = (low + high) / 2;

		if (f->step[middle].step < s->step)
			low = middle + 1;
		else
			high = middle;
	}
	if (f->step[low].step == s->step)
		f->step[low] = *s;
}

void run_add_step(struct run *r, const struct step_row *s)
{
	struct fold_run *f = run_fold(r, s->fold);

	if (f->nsteps && f->step[f->nsteps - 1].epoch < s->epoch && f->steps_per_epoch == 0)
		f->steps_per_epoch = f->step[f->nsteps - 1].step;
	if (f->nsteps && f->step[f->nsteps - 1].step >= s->step) {
		put_step(f, s);
		return;
	}
	f->step = grow(f->step, f->nsteps, sizeof *f->step);
	f->step[f->nsteps++] = *s;
}

void run_add_health(struct run *r, const struct health_row *h)
{
	struct fold_run *f = run_fold(r, h->fold);

	for (int i = f->nhealth - 1; i >= 0 && f->health[i].step >= h->step; i--)
		if (f->health[i].step == h->step) {
			f->health[i] = *h;
			return;
		}
	f->health = grow(f->health, f->nhealth, sizeof *f->health);
	f->health[f->nhealth++] = *h;
}

static void add_epoch_row(struct fold_run *f, const struct epoch_row *row)
{
	for (int i = f->nepochs - 1; i >= 0 && f->epoch[i].epoch >= row->epoch; i--)
		if (f->epoch[i].epoch == row->epoch) {
			f->epoch[i] = *row;
			return;
		}
	f->epoch = grow(f->epoch, f->nepochs, sizeof *f->epoch);
	f->epoch[f->nepochs++] = *row;
}

/* Who is predicted, taken from the corpus at the first epoch. */
static void describe(struct history *h, const struct predictions *p, const struct corpus *c)
{
	h->n = p->n;
	h->classes = p->classes;
	h->id = mem_alloc((size_t)p->n, sizeof *h->id);
	h->label = mem_alloc((size_t)p->n, sizeof *h->label);
	for (int i = 0; i < p->n; i++) {
		h->id[i] = mem_dup(c->utt[p->utt[i]].id);
		h->label[i] = p->label[i];
	}
}

static void push(struct history *h, int epoch, const struct predictions *p, const struct corpus *c)
{
	size_t size = (size_t)p->n * HEADS * (size_t)p->classes;

	if (h->n != p->n || h->classes != p->classes) {
		history_free(h);
		describe(h, p, c);
	}
	for (int i = h->epochs - 1; i >= 0 && h->epoch[i] >= epoch; i--)
		if (h->epoch[i] == epoch) {
			memcpy(h->logits + (size_t)i * size, p->logits, size * sizeof *p->logits);
			return;
		}
	h->epoch = grow(h->epoch, h->epochs, sizeof *h->epoch);
	h->logits = grow(h->logits, h->epochs, size * sizeof *h->logits);
	memcpy(h->logits + (size_t)h->epochs * size, p->logits, size * sizeof *p->logits);
	h->epoch[h->epochs++] = epoch;
}

void run_add_epoch(struct run *r, const struct epoch_row *row, const struct predictions *p,
		   const struct corpus *c, bool best)
{
	struct fold_run *f = run_fold(r, row->fold);

	add_epoch_row(f, row);
	if (p && p->n)
		push(&f->val, row->epoch, p, c);
	if (best)
		f->best_epoch = row->epoch;
	if (f->nsteps && f->steps_per_epoch == 0)
		f->steps_per_epoch = f->step[f->nsteps - 1].step / row->epoch;
}

void run_add_result(struct run *r, const struct fold_row *row, const struct predictions *test,
		    const struct corpus *c)
{
	struct fold_run *f = run_fold(r, row->fold);

	f->tested = true;
	f->result = *row;
	f->best_epoch = row->best_epoch;
	results_add(&r->results, row);
	if (test && test->n) {
		history_free(&f->test);
		push(&f->test, row->best_epoch, test, c);
	}
}

void run_add_mark(struct run *r, int fold, enum mark_kind kind, int epoch, int step,
		  const char *label)
{
	struct fold_run *f = run_fold(r, fold);
	struct run_mark *m;
	int at = f->nmarks;

	for (int i = f->nmarks - 1; i >= 0 && f->mark[i].step >= step; i--)
		if (f->mark[i].kind == kind && f->mark[i].step == step &&
		    strncmp(f->mark[i].label, label, sizeof f->mark->label - 1) == 0)
			return;
	f->mark = grow(f->mark, f->nmarks, sizeof *f->mark);
	while (at > 0 && f->mark[at - 1].step > step)
		at--;
	memmove(&f->mark[at + 1], &f->mark[at], (size_t)(f->nmarks - at) * sizeof *f->mark);
	f->nmarks++;
	m = &f->mark[at];
	*m = (struct run_mark){.kind = kind, .epoch = epoch, .step = step};
	str_fit(m->label, sizeof m->label, label);
}

/* "lr 3e-4": the last part of the key, and the value. */
static void change_label(char *out, size_t n, const struct setting *x)
{
	const char *part = strrchr(x->key, '.');

	snprintf(out, n, "%.32s %s", part ? part + 1 : x->key, x->value);
}

void run_set_change(struct settings *set, const struct change *c)
{
	struct err ignored = {0};
	struct setting x;

	if (setting_of_command(&x, c->command) && x.value &&
	    !setting_live(&x, &ignored)) /* else somebody has edited the log */
		option_set(set, x.o, x.value, ".", &ignored);
}

/* False: it changes no setting. */
static bool label_of(const struct change *c, char *out, size_t n)
{
	struct setting x;

	if (!setting_of_command(&x, c->command) || !x.value)
		return false;
	change_label(out, n, &x);
	return true;
}

void run_mark_change(struct run *r, const struct change *c)
{
	char label[64];

	if (label_of(c, label, sizeof label))
		run_add_mark(r, c->fold, MARK_CHANGE, c->epoch, c->step, label);
}

void run_place_change(struct run *r, const struct changes *c, int i)
{
	const struct change *x = &c->at[i];
	struct fold_run *f = run_fold(r, x->fold);
	struct run_mark m = {.kind = MARK_CHANGE, .epoch = x->epoch, .step = x->step};

	if (change_is_begin(x)) {
		f->began = true;
	} else if (!changes_taken_over(c, i)) {
		run_mark_change(r, x);
	} else if (label_of(x, m.label, sizeof m.label)) {
		f->taken = grow(f->taken, f->ntaken, sizeof *f->taken);
		f->taken[f->ntaken++] = m;
	}
}

void run_forget_marks(struct fold_run *f)
{
	f->nmarks = f->ntaken = 0;
	f->began = false;
}

void run_add_change(struct run *r, const struct change *c)
{
	run_set_change(&r->set, c);
	run_mark_change(r, c);
}

/* Does the run have this fold? Nobody promises it of a file that people edit. */
static bool has_fold(const struct run *r, int fold)
{
	return r->set.layout == LAYOUT_IEMOCAP ? fold >= 1 && fold <= r->folds : fold == 0;
}

static void mark_note(struct run *r, const struct note *x)
{
	if (x->epoch > 0 && has_fold(r, x->fold))
		run_add_mark(r, x->fold, MARK_NOTE, x->epoch, x->step, x->text);
}

void run_add_note(struct run *r, const struct note *x)
{
	struct notes *n = &r->notes;

	n->at = mem_grow(n->at, (size_t)n->n + 1, sizeof *n->at);
	n->at[n->n] = *x;
	n->at[n->n++].text = mem_dup(x->text);
	mark_note(r, x);
}

/* Ends the text's first len bytes with a date and time? */
static bool is_dated(const char *text, size_t len)
{
	static const char pattern[] = "-dddddddd-dddddd";
	size_t tail = sizeof pattern - 1;

	for (size_t i = 0; i < tail && len > tail; i++) {
		char c = text[len - tail + i];

		if (pattern[i] == 'd' ? !isdigit((unsigned char)c) : c != '-')
			return false;
	}
	return len > tail;
}

/* The folder's last part, without a date and time behind it, nor the number
 * that the second folder of one second has behind these. */
static void name_of(char *out, size_t n, const char *dir)
{
	size_t len, date = sizeof "-dddddddd-dddddd" - 1;
	char *number;

	snprintf(out, n, "%s", path_base(dir));
	len = strlen(out);
	number = strrchr(out, '-');
	if (!is_dated(out, len) && number && number[1] &&
	    !number[1 + strspn(number + 1, "0123456789")])
		len = (size_t)(number - out);
	if (is_dated(out, len))
		out[len - date] = '\0';
}

/* root, root/seed-S or root/branches/NAME */
void run_names(const char *dir, char name[RUN_NAME], char branch[RUN_NAME])
{
	const char *last = path_base(dir), *branches = strstr(dir, "/branches/");
	char root[PATH_LEN];

	snprintf(root, sizeof root, "%s", dir);
	snprintf(branch, RUN_NAME, "main");
	if (branches) {
		snprintf(branch, RUN_NAME, "%s", branches + strlen("/branches/"));
		root[branches - dir] = '\0';
	} else if (strncmp(last, "seed-", 5) == 0 && last > dir) {
		snprintf(branch, RUN_NAME, "%s", last);
		root[last - dir - 1] = '\0';
	}
	name_of(name, RUN_NAME, root);
}

/* ---- what a fold's rows say ---- */

/* As long as the first epoch of which all steps are known. */
void run_fold_length(struct fold_run *f)
{
	int n = 0;

	f->steps_per_epoch = 0;
	while (n < f->nsteps && f->step[n].epoch == f->step[0].epoch)
		n++;
	if (n &&
	    (n < f->nsteps || (f->nepochs && f->epoch[f->nepochs - 1].epoch >= f->step[0].epoch)))
		f->steps_per_epoch = n;
}

/* Macro F1 is not in the rows: from the predictions, 0 where there are none. */
static double macro_f1(const struct fold_run *f, int epoch)
{
	struct confusion val;

	for (int i = 0; i < f->val.epochs; i++)
		if (f->val.epoch[i] == epoch) {
			history_confusion(&f->val, epoch, HEAD_MAIN, &val);
			return confusion_figures(&val).macro_f1;
		}
	return 0;
}

/* The epoch whose checkpoint is kept: as it was tested, or as the engine decides. */
void run_fold_best(struct fold_run *f, const struct settings *s)
{
	struct epoch_row best = {.epoch = 0};
	struct confusion val;
	bool by_ua = true;

	if (f->val.epochs > 0) {
		history_confusion(&f->val, f->val.epoch[0], HEAD_MAIN, &val);
		by_ua = selection_by_ua(s, &val);
	}
	for (int i = 0; i < f->nepochs; i++) {
		struct epoch_row row = f->epoch[i];

		if (s->train.select == SELECT_MACRO_F1)
			row.val.macro_f1 = macro_f1(f, row.epoch);
		if (f->tested ? row.epoch == f->result.best_epoch
			      : selection_keeps(s, &row, best.epoch > 0 ? &best : NULL, by_ua))
			best = row;
	}
	f->best_epoch = f->tested ? f->result.best_epoch : best.epoch;
	f->best = best.epoch ? selection_figure(s, &best.val, best.val_loss) : NAN;
}

int run_last_fold(const struct run *r)
{
	int i = r->nfolds - 1;

	while (i >= 0 && !r->fold[i].nsteps && !r->fold[i].nepochs && !r->fold[i].tested)
		i--;
	return i < 0 ? 0 : r->fold[i].fold;
}

void run_drop_empty(struct run *r)
{
	int n = 0;

	for (int i = 0; i < r->nfolds; i++) {
		struct fold_run *f = &r->fold[i];

		if (f->nsteps || f->nepochs || f->nhealth || f->tested || f->nmarks)
			r->fold[n++] = *f;
		else
			run_fold_free(f);
	}
	r->nfolds = n;
}

int run_settings(const struct run *r, int fold, struct settings *set, char **last)
{
	const struct fold_run *f = run_find(r, fold);
	int next = f && f->nsteps ? f->step[f->nsteps - 1].step + 1 : 1, waiting = 0;
	struct session s = {.lock = -1};
	struct err ignored = {0};
	struct changes c;
	bool own;

	*set = r->base;
	*last = NULL;
	str_fit(s.dir, sizeof s.dir, r->dir);
	if (session_in_force(&s, &r->base, &c, &ignored))
		return 0;
	own = changes_have_begin(&c, fold);
	for (int i = 0; i < c.n; i++) {
		const struct change *x = &c.at[i];

		if (x->fold > fold || (own && x->fold != fold))
			continue;
		if (x->fold < fold || x->step <= next) {
			run_set_change(set, x);
			continue;
		}
		free(*last);
		*last = mem_dup(x->command);
		waiting++;
	}
	changes_free(&c);
	return waiting;
}
