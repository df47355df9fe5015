/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/data/watch.h"

int watch_whole(const struct corpus *c, const int *utt, int n, struct err *e)
{
	for (int i = 0; i < n; i++) {
		const struct utterance *u = &c->utt[utt ? utt[i] : i];

		if (npy_check(&u->words, e) != 0 || npy_check(&u->frames, e) != 0)
			return -1;
	}
	return 0;
}

bool watch_same(const struct corpus *c)
{
	for (int i = 0; i < c->n; i++) {
		const struct npy *part[] = {&c->utt[i].words, &c->utt[i].frames};

		for (int k = 0; k < 2; k++)
			if (part[k]->map && !mapped_same(part[k]->map))
				return false;
	}
	return true;
}

int watch_written(const struct corpus *c, const char **first)
{
	int n = 0;

	for (int i = 0; i < c->n; i++) {
		const struct npy *part[] = {&c->utt[i].words, &c->utt[i].frames};

		for (int k = 0; k < 2; k++)
			if (part[k]->map && mapped_written(part[k]->map) && n++ == 0)
				*first = part[k]->map->path;
	}
	return n;
}
