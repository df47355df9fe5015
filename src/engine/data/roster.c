/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/data/roster.h"

#include "engine/file/table.h"

#include <xxhash.h>

void roster_text(const struct corpus *c, const struct settings *s, struct str *out)
{
	str_add(out, "part,id,label,words,frames\n");
	for (int i = 0; i < c->n; i++) {
		const struct utterance *u = &c->utt[i];

		table_add_field(out, c->list[u->list].name);
		str_add(out, ",");
		table_add_field(out, u->id);
		str_add(out, ",");
		table_add_field(out, s->exp.labels[u->label]);
		str_addf(out, ",%d,%d\n", u->words.rows, u->frames.rows);
	}
}

void roster_text_hash(const char *text, size_t len, char out[ROSTER_HASH])
{
	XXH128_hash_t h = XXH3_128bits(text, len);

	snprintf(out, ROSTER_HASH, "%016llx%016llx", (unsigned long long)h.high64,
		 (unsigned long long)h.low64);
}

void roster_hash(const struct corpus *c, const struct settings *s, char out[ROSTER_HASH])
{
	struct str text = {0};

	roster_text(c, s, &text);
	roster_text_hash(text.s, text.len, out);
	str_free(&text);
}
