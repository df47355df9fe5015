/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/lab/job_remark.h"

#include "app/config/option.h"
#include "base/str.h"
#include "engine/train/class_weight.h"

void job_remark_written(struct job *j)
{
	const char *path = NULL;
	int n = lab_written(j->lab, &j->written, &path);
	char others[48] = "";

	if (n == 0)
		return;
	if (n > 1)
		snprintf(others, sizeof others, " (as were %d others)", n - 1);
	job_say(j,
		"%s: was written to while it was in use%s; the model may have seen half-written "
		"features: if they matter, train again from the start, and replace files by "
		"renaming",
		path, others);
}

/* So much for a run that is alone there: the features' pages want some too. */
static int refuse_memory(const struct job *j, int64_t most, int64_t machine, struct err *e)
{
	return err_set(
		e,
		"fold %d may take %lldM of memory, and this process can have %lldM; let a new "
		"run take less with train.memory=%lldM (0 is 8G; its last digits will differ)",
		j->trainer.state.fold, (long long)(most >> 20), (long long)(machine >> 20),
		(long long)(machine >> 21));
}

int job_remark_memory(const struct job *j, int64_t machine, struct err *e)
{
	int64_t memory = j->set.train.memory;
	char given[OPTION_TEXT];

	if (j->memory.most > machine && j->memory.least <= machine)
		return refuse_memory(j, j->memory.most, machine, e);
	if (memory && j->memory.least > memory) {
		option_text(&j->set, option_find("train.memory"), given, sizeof given);
		job_say(j,
			"train.memory: %s is not enough for the longest utterances of fold %d: "
			"each goes through on its own and needs %lldM at most",
			given, j->trainer.state.fold, (long long)(j->memory.least >> 20) + 1);
	}
	return 0;
}

void job_remark_lost(const struct job *j)
{
	const struct session *s = &j->session;
	const struct {
		const char *file, *of;
		int lost;
	} all[] = {{"steps.csv", "step", s->lost_steps}, {"epochs.csv", "epoch", s->lost_epochs}};

	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		if (all[i].lost)
			job_say(j,
				"%s/fold-%d/%s: %d row%s of %ss before this one %s lost; training "
				"goes on without, or " SESSION_FOLD_AGAIN,
				s->dir, s->fold, all[i].file, all[i].lost,
				all[i].lost == 1 ? "" : "s", all[i].of,
				all[i].lost == 1 ? "is" : "are");
}

int job_remark_weights(const struct job *j, struct err *e)
{
	const struct trainer *t = &j->trainer;
	struct str text = {0}, absent = {0};
	double w[LABELS_MAX], sum = 0;
	bool weighted = class_weights(&t->set, t->count, w);

	if (weighted) {
		for (int c = 0; c < t->set.exp.nlabels; c++) {
			sum += w[c] * t->count[c];
			str_addf(&text, "%s %s %.3g (%d)", c ? "," : "", t->set.exp.labels[c], w[c],
				 t->count[c]);
			if (t->count[c] == 0)
				str_addf(&absent, "%s%s", absent.len ? ", " : "",
					 t->set.exp.labels[c]);
		}
		job_say(j, "fold %d: class weights (training utterances):%s", t->state.fold,
			text.s);
		if (absent.len)
			job_say(j, "fold %d: no utterance of the training part has the label %s",
				t->state.fold, absent.s);
	}
	str_free(&text);
	str_free(&absent);
	if (weighted && !(sum > 0))
		return err_set(e,
			       "train.class_weight: no utterance of fold %d's training part has a "
			       "label that weighs more than 0; give one of its labels a weight",
			       t->state.fold);
	return 0;
}
