/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/lab/job_ranks.h"

#include "app/session/session_machine.h"
#include "base/machine.h"
#include "base/mapped.h"
#include "base/mem.h"
#include "engine/data/roster.h"
#include "engine/train/helper.h"
#include "engine/train/share.h"

#include <stdlib.h>
#include <string.h>

/* What the others are told of a fold. */
struct fold_told {
	struct settings set;
	char roster[ROSTER_HASH]; /* of the data */
	int nleft;                /* rows of it that are left out; they follow */
	int threads;
	bool first; /* of this program: machines are compared */
};

int job_ranks_check(const struct job *j, struct err *e)
{
	const struct ranks *r = j->opt.ranks;
	int n = j->set.train.microbatches;

	if (!r || r->n <= n)
		return 0;
	err_set(e,
		"train.microbatches is %d, and %d ranks share a batch's microbatches, one each "
		"at least; %s",
		n, r->n,
		j->resumes ? "the session was begun so: go on with fewer ranks"
			   : "give it a multiple of their number (the last digits will differ)");
	e->status = j->resumes ? EXIT_CLOSED : e->status;
	return -1;
}

/* Another kind of processor, or another BLAS, may give other last digits. */
static void compare_machines(const struct job *j, const struct ranks *r)
{
	char(*line)[MACHINE_LINE] = mem_alloc((size_t)r->n, sizeof *line);
	size_t from[RANKS_MAX + 1];

	for (int i = 0; i <= r->n; i++)
		from[i] = (size_t)i * sizeof *line;
	session_machine_here(line[r->rank]);
	r->gather(r->ctx, line, from);
	for (int i = 1; i < r->n && r->rank == 0; i++)
		if (strcmp(line[i], line[0]) != 0) {
			job_say(j,
				"rank %d computes on %s, rank 0 on %s: the last digits may differ "
				"from those of one kind of machine",
				i, line[i], line[0]);
			break;
		}
	free(line);
}

static void send_text(const struct ranks *r, const char *text)
{
	size_t bytes = strlen(text) + 1;

	r->broadcast(r->ctx, &bytes, sizeof bytes);
	r->broadcast(r->ctx, (void *)(size_t)text, bytes); /* rank 0's stays as it is */
}

static char *hear_text(const struct ranks *r)
{
	size_t bytes;
	char *text;

	r->broadcast(r->ctx, &bytes, sizeof bytes);
	text = mem_alloc(bytes, 1);
	r->broadcast(r->ctx, text, bytes);
	return text;
}

static void send_left(const struct ranks *r, const struct origin *o)
{
	for (int i = 0; i < o->nleft; i++) {
		r->broadcast(r->ctx, &o->left[i].line, sizeof o->left[i].line);
		send_text(r, o->left[i].part);
		send_text(r, o->left[i].id);
	}
}

static void hear_left(const struct ranks *r, struct origin *o, int n)
{
	for (int i = 0; i < n; i++) {
		char *part, *id;
		long line;

		r->broadcast(r->ctx, &line, sizeof line);
		part = hear_text(r);
		id = hear_text(r);
		origin_add(o, part, line, id, "");
		free(part);
		free(id);
	}
}

int job_ranks_begin(struct job *j, struct err *e)
{
	const struct ranks *r = j->opt.ranks;
	struct fold_told *told;

	if (!r)
		return 0;
	told = mem_alloc(1, sizeof *told);
	told->set = j->base;
	told->threads = j->opt.rank_threads;
	told->first = !j->ranks_known;
	told->nleft = j->lab->now.nleft;
	roster_hash(&j->lab->corpus, &j->base, told->roster);
	share_tell(r, SHARE_FOLD, 0);
	r->broadcast(r->ctx, told, sizeof *told);
	send_left(r, &j->lab->now);
	free(told);
	if (share_agree(r, 0, e))
		return -1;
	if (!j->ranks_known)
		compare_machines(j, r);
	j->ranks_known = true;
	j->trainer.model.ranks = r;
	return 0;
}

void job_ranks_end(const struct ranks *r)
{
	share_tell(r, SHARE_END, 0);
}

/* ---- the others ---- */

struct help {
	const struct ranks *ranks;
	struct labs labs;
	struct par *par;
};

/* The first fault of this rank's files, for rank 0 to name; the rest it has said of its own. */
static void keep_fault(void *ctx, const char *text)
{
	struct str *fault = ctx;

	if (fault->len == 0 && strncmp(text, "warning: ", 9) != 0)
		str_add(fault, text);
}

static int open_lab(struct help *h, const struct fold_told *told, const struct origin *left,
		    struct lab **lab, struct err *e)
{
	struct str fault = {0};
	struct err why = {0};
	const struct lab_data data = {.set = &told->set,
				      .known = left,
				      .how = CORPUS_HEADERS,
				      .say = keep_fault,
				      .ctx = &fault};

	*lab = lab_take(&h->labs, &data, &why);
	if (!*lab) {
		err_set(e, "%s", fault.len ? fault.s : why.text);
		e->status = why.status;
	}
	str_free(&fault);
	return *lab ? 0 : -1;
}

static int open_fold(struct help *h, const struct fold_told *told, const struct origin *left,
		     struct lab **lab, struct helper **helper, struct err *e)
{
	char roster[ROSTER_HASH];

	if (!h->par && !(h->par = par_new(told->threads, e)))
		return -1;
	if (open_lab(h, told, left, lab, e))
		return -1;
	roster_hash(&(*lab)->corpus, &told->set, roster);
	if (strcmp(roster, told->roster) != 0)
		return err_set(e, "its data is not that of rank 0 (utterances, labels or lengths "
				  "differ); all machines need the same files at the same paths");
	*helper = helper_open(h->ranks, &told->set, &(*lab)->corpus, h->par, e);
	return *helper ? 0 : -1;
}

static void help_fold(struct help *h)
{
	struct fold_told *told = mem_alloc(1, sizeof *told);
	struct helper *helper = NULL;
	struct origin left = {0};
	struct lab *lab = NULL;
	struct err e = {0};

	h->ranks->broadcast(h->ranks->ctx, told, sizeof *told);
	hear_left(h->ranks, &left, told->nleft);
	if (share_agree(h->ranks, open_fold(h, told, &left, &lab, &helper, &e), &e) == 0) {
		if (told->first)
			compare_machines(NULL, h->ranks);
		helper_run(helper);
	}
	helper_close(helper);
	lab_drop(lab);
	origin_free(&left);
	free(told);
}

void job_ranks_help(const struct ranks *r)
{
	struct help h = {.ranks = r};
	char host[64], advice[128];

	machine_host(host, sizeof host);
	snprintf(advice, sizeof advice, "; this is rank %d, on %s", r->rank, host);
	mapped_advice(&h, advice);
	labs_init(&h.labs);
	while (share_listen(r).kind == SHARE_FOLD)
		help_fold(&h);
	labs_close(&h.labs);
	par_free(h.par);
	mapped_advice(&h, NULL);
}
