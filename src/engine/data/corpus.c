/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/data/corpus.h"

#include "base/str.h"
#include "engine/data/features.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

int utterance_check(struct corpus *c, int i, struct err *e)
{
	struct utterance *u = &c->utt[i];
	const struct {
		const char *dir;
		const struct npy *a;
	} part[] = {[MODALITY_TEXT] = {c->text_dir, &u->words},
		    [MODALITY_AUDIO] = {c->audio_dir, &u->frames}};

	if (u->checked)
		return 0;
	for (int k = 0; k < 2; k++) {
		char *why = features_not_finite(part[k].a);

		if (why) {
			err_at(e, c->list[u->list].path, u->line, 0, "%s/%s.npy: %s", part[k].dir,
			       utterance_feature(u, (enum modality)k), why);
			free(why);
			return -1;
		}
	}
	u->checked = 1;
	return 0;
}

uint64_t utterance_hash(struct corpus *c, int i)
{
	struct utterance *u = &c->utt[i];
	const struct npy *part[] = {&u->words, &u->frames};
	uint64_t hash = u->hash;

	for (int k = 0; k < 2 && !u->hash; k++) {
		size_t bytes = (size_t)part[k]->rows * (size_t)part[k]->cols *
			       (size_t)npy_type_table[part[k]->type].size;

		hash = XXH3_64bits_withSeed(part[k]->values, bytes, hash);
	}
	u->hash = hash ? hash : 1;
	return u->hash;
}

const char *utterance_feature(const struct utterance *u, enum modality m)
{
	return u->elsewhere[m] ? u->elsewhere[m] : u->feature;
}

void utterance_free(struct utterance *u)
{
	for (int m = 0; m < MODALITIES; m++)
		free(u->elsewhere[m]);
	free(u->id);
	free(u->feature);
	free(u->text);
	free(u->speaker);
	free(u->dialogue);
	npy_close(&u->words);
	npy_close(&u->frames);
}

int corpus_refuse(const struct corpus *c, const struct problems *p, const char *how, struct err *e)
{
	int rows = problems_rows(p);
	const char *them = rows == 1 ? "it" : "them";
	struct str b = {0};
	bool helps = how;

	if (p->errors == 0)
		return 0;
	for (int i = 0; i < c->nlists; i++)
		helps &= c->list[i].n > 0;
	str_add_count(&b, rows);
	str_addf(&b, " row%s cannot be used; fix %s", rows == 1 ? "" : "s", them);
	if (helps)
		str_addf(&b, ", or leave %s out %s", them, how);
	err_set(e, "%s", b.s);
	str_free(&b);
	return -1;
}

void corpus_close(struct corpus *c)
{
	for (int i = 0; i < c->n; i++)
		utterance_free(&c->utt[i]);
	free(c->utt);
	for (int i = 0; i < c->nleft; i++) {
		free(c->left[i].id);
		free(c->left[i].why);
	}
	free(c->left);
	for (int i = 0; i < c->nlists; i++)
		free(c->list[i].path);
	free(c->list);
	memset(c, 0, sizeof *c);
}
