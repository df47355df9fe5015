/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/cmd/commands.h"

#include "app/cmd/asked.h"
#include "app/session/results.h"

#include <stdio.h>

/* The three heads side by side, then the fused one's matrix. */
static void print(const struct trained *t, const struct predictions *p)
{
	static const char *const head[HEADS] = {"fused", "text only", "audio only"};
	struct confusion m;

	printf("fold %d, %s part, %d utterance%s\n", t->fold, part_name[t->opt.part], p->n,
	       p->n == 1 ? "" : "s");
	if (t->anyway.len)
		printf("not comparable (--anyway): the weights were %s\n", t->anyway.s);
	printf("\n");
	printf("%-12s%8s%8s%8s%10s%8s\n", "", "WA", "UA", "WF1", "macro F1", "loss");
	for (int h = 0; h < HEADS; h++) {
		struct figures f;

		predictions_confusion(p, (enum head)h, &m);
		f = confusion_figures(&m);
		printf("%-12s%8.4f%8.4f%8.4f%10.4f%8.4f\n", head[h], f.wa, f.ua, f.wf1, f.macro_f1,
		       predictions_loss(p, (enum head)h));
	}
	printf("\n");
	predictions_confusion(p, HEAD_MAIN, &m);
	confusion_print(&m, &t->set, stdout);
}

static int run(const struct args *a, struct err *e)
{
	const struct trained_options o = asked_trained(a);
	struct trained t;
	struct predictions p;
	int failed;

	if (trained_open(&t, &o, e))
		return -1;
	failed = evaluate(&t.model, &t.corpus, &t.set, &t.norm, t.split.at[t.opt.part],
			  t.split.n[t.opt.part], NULL, &p, e);
	if (!failed) {
		print(&t, &p);
		predictions_free(&p);
	}
	trained_close(&t);
	return failed;
}

const struct command cmd_eval = {
	.name = "eval",
	.operands = "CONFIG",
	.least = 1,
	.most = 1,
	.needs = (const enum flag[]){FLAG_WEIGHTS, FLAG_NONE},
	.takes = (const enum flag[]){FLAG_SPLIT, FLAG_FOLD, FLAG_SKIP_BAD, FLAG_ANYWAY,
				     FLAG_THREADS, FLAG_NONE},
	.help = "Figures and confusion matrix of stored weights on a part of the data.",
	.run = run,
};
