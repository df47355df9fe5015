/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/near.h"

#include "base/util.h"

#include <ctype.h>
#include <string.h>

static int same(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* Optimal string alignment: d[i][j] is the distance of a's first i letters to
 * b's first j. */
int near_distance(const char *a, const char *b)
{
	int d[NEAR_WORD + 1][NEAR_WORD + 1];
	int na = (int)strnlen(a, NEAR_WORD + 1), nb = (int)strnlen(b, NEAR_WORD + 1);

	if (na > NEAR_WORD || nb > NEAR_WORD)
		return NEAR_FAR;
	for (int i = 0; i <= na; i++)
		d[i][0] = i;
	for (int j = 0; j <= nb; j++)
		d[0][j] = j;
	for (int i = 1; i <= na; i++) {
		for (int j = 1; j <= nb; j++) {
			d[i][j] = min_int(d[i - 1][j], d[i][j - 1]) + 1;
			d[i][j] = min_int(d[i][j], d[i - 1][j - 1] + !same(a[i - 1], b[j - 1]));
			if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]))
				d[i][j] = min_int(d[i][j], d[i - 2][j - 2] + 1);
		}
	}
	return d[na][nb];
}

struct near near_to(const char *word)
{
	int third = (int)strnlen(word, NEAR_WORD) / 3;
	struct near n = {.word = word, .best = NULL, .distance = 1};

	n.distance += clamp_int(third, 1, 4);
	return n;
}

void near_try(struct near *n, const char *candidate)
{
	int d = near_distance(n->word, candidate);

	if (d < n->distance) {
		n->distance = d;
		n->best = candidate;
	}
}
