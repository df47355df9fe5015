/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a run is called that differs from another in a few settings. */
#include "app/config/draft.h"

#include "base/mem.h"
#include "base/str.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_ROOM = 60 }; /* bytes: what lists of runs can show */

/* "batch_size=32", of a name or of the draft. */
struct difference {
	const struct option *o;
	char text[NAME_ROOM];
};

struct differences {
	struct difference *at;
	int n;
};

/* Over an older one of the same setting, else at the end. */
static void put(struct differences *d, const struct option *o, const char *text)
{
	int at = 0;

	while (at < d->n && d->at[at].o != o)
		at++;
	if (at == d->n) {
		d->at = mem_grow(d->at, (size_t)d->n + 1, sizeof *d->at);
		d->n++;
	}
	d->at[at].o = o;
	str_fit(d->at[at].text, sizeof d->at[at].text, text);
}

/* SHORT=VALUE,SHORT=VALUE to the end of the text, and nothing else. */
static bool read_list(struct differences *d, const char *text)
{
	while (*text) {
		size_t len = strcspn(text, ","), key = strcspn(text, "=,");
		char name[NAME_ROOM], whole[NAME_ROOM];
		const struct option *o;

		snprintf(name, sizeof name, "%.*s", (int)key, text);
		o = text[key] == '=' ? option_find_short(name) : NULL;
		if (!o)
			return false;
		snprintf(whole, sizeof whole, "%.*s", (int)len, text);
		put(d, o, whole);
		text += len + (text[len] == ',');
	}
	return true;
}

/* "demo" of "demo-seed=54", whose differences are read: its length. */
static size_t read_name(struct differences *d, const char *name)
{
	for (const char *dash = strchr(name, '-'); dash; dash = strchr(dash + 1, '-')) {
		if (dash > name && dash[1] && read_list(d, dash + 1))
			return (size_t)(dash - name);
		free(d->at);
		*d = (struct differences){0};
	}
	return strlen(name);
}

/* A file's name has no slash, and is best typed without quotes. */
static void add_row(struct differences *d, const struct draft_row *row)
{
	const char *value = row->o->type == OPT_PATH && strrchr(row->value, '/')
				    ? strrchr(row->value, '/') + 1
				    : row->value;
	char text[NAME_ROOM];

	snprintf(text, sizeof text, "%s=%.40s", option_short(row->o), *value ? value : "none");
	for (char *c = strchr(text, '=') + 1; *c; c++)
		if (*c == ',')
			*c = '+';
		else if (!isalnum((unsigned char)*c) && !strchr("._+-", *c))
			*c = '_';
	put(d, row->o, text);
}

char *draft_name(const struct draft *d, const char *from, char *out, size_t n)
{
	struct differences all = {0};
	struct str name = {0};
	size_t stem = read_name(&all, from);
	int shown = 0;

	for (int i = 0; i < d->n; i++)
		add_row(&all, &d->row[i]);
	str_addn(&name, from, stem);
	for (; shown < all.n && name.len + strlen(all.at[shown].text) < NAME_ROOM; shown++)
		str_addf(&name, "%c%s", shown ? ',' : '-', all.at[shown].text);
	if (shown < all.n)
		str_addf(&name, "%c%d_more", shown ? ',' : '-', all.n - shown);
	str_fit(out, n, str_text(&name));
	str_free(&name);
	free(all.at);
	return out;
}
