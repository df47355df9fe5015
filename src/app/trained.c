/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/trained.h"

#include "app/job.h"
#include "base/file.h"

#include <stdlib.h>
#include <string.h>

const char *const part_name[PARTS] = {"train", "val", "test"};

static void say(void *ctx, const char *text)
{
	(void)ctx;
	cli_message("%s", text);
}

/* The folder a file lies in. */
static int folder_of(char *out, size_t n, const char *path, struct err *e)
{
	char *slash;

	if (path_resolve(out, n, ".", path, e))
		return -1;
	slash = strrchr(out, '/');
	slash[slash == out] = '\0';
	return 0;
}

static int find_fold(struct trained *t, const struct args *a, struct err *e)
{
	int have[LISTS_MAX], n = split_folds(&t->corpus, have), asked = 0;
	char folder[PATH_LEN];
	const char *base;

	if (folder_of(folder, sizeof folder, a->weights, e))
		return -1;
	base = path_base(folder);
	for (int i = 0; i < 32; i++)
		asked += a->folds >> i & 1;
	if (asked > 1)
		return err_usage(e, "--fold: one at a time");
	if (asked == 1)
		for (t->fold = 0; !(a->folds >> t->fold & 1);)
			t->fold++;
	else if (strncmp(base, "fold-", 5) == 0)
		t->fold = atoi(base + 5);
	else if (n == 1)
		t->fold = have[0];
	else
		return err_usage(e,
				 "which fold? give --fold N (%d to %d), or weights that lie in a "
				 "session's fold-N folder",
				 have[0], have[n - 1]);
	for (int i = 0; i < n; i++)
		if (have[i] == t->fold)
			return 0;
	return err_usage(e, "fold %d: this corpus has fold%s %d%s", t->fold, n > 1 ? "s" : "",
			 have[0], n > 1 ? " to 5" : " only");
}

static int load_norm(struct trained *t, const struct args *a, struct err *e)
{
	char folder[PATH_LEN], path[PATH_LEN];

	if (t->set.exp.normalize == NORMALIZE_NONE)
		return 0;
	if (folder_of(folder, sizeof folder, a->weights, e) ||
	    path_join(path, sizeof path, folder, "normalize.safetensors", e))
		return -1;
	return norm_load(&t->norm, path, &t->set, e);
}

int trained_open(struct trained *t, const struct args *a, struct err *e)
{
	struct job_options o = {.config = a->operand[0]};

	*t = (struct trained){.part = (enum part)a->split};
	if (job_load(&t->set, &t->corpus, &o, CORPUS_HEADERS, say, NULL, e))
		return -1;
	if (find_fold(t, a, e) || split_make(&t->split, &t->corpus, &t->set, t->fold, e))
		goto fail;
	if (!t->split.n[t->part]) {
		err_set(e, "fold %d has no %s part under exp.protocol %s; choose another --split",
			t->fold, part_name[t->part],
			option_find("exp.protocol")->choices[t->set.exp.protocol]);
		goto fail;
	}
	t->par = par_new(a->threads, e);
	if (!t->par || model_open(&t->model, &t->set, t->par, e) ||
	    model_load(&t->model, a->weights, e) || load_norm(t, a, e))
		goto fail;
	return 0;
fail:
	trained_close(t);
	return -1;
}

void trained_close(struct trained *t)
{
	model_close(&t->model);
	norm_free(&t->norm);
	split_free(&t->split);
	corpus_close(&t->corpus);
	par_free(t->par);
	*t = (struct trained){0};
}
