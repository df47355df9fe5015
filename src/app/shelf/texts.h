/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * texts: each text once, for settings that thousands of runs share.
 *
 *	struct texts p = {0};
 *	const char *a = texts_one(&p, "5e-4"), *b = texts_one(&p, "5e-4");
 *	a == b
 */
#ifndef MIUST_TEXTS_H
#define MIUST_TEXTS_H

#include <stddef.h>

struct texts {
	char **at;      /* [room], NULL: free */
	size_t n, room; /* room is a power of two */
};

const char *texts_one(struct texts *p, const char *text); /* until texts_free */
void texts_free(struct texts *p);                         /* safe on zeroed memory */

#endif
