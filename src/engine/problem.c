/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/problem.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

void problem_add(struct problems *p, enum problem_kind kind, bool value, const char *file,
		 long line, const char *text)
{
	p->at = mem_grow(p->at, (size_t)p->n + 1, sizeof *p->at);
	p->at[p->n++] = (struct problem){.kind = kind,
					 .value = value,
					 .file = mem_dup(file),
					 .line = line,
					 .text = mem_dup(text)};
	p->errors += kind == PROBLEM_ERROR;
}

void problems_free(struct problems *p)
{
	for (int i = 0; i < p->n; i++) {
		free(p->at[i].file);
		free(p->at[i].text);
	}
	free(p->at);
	memset(p, 0, sizeof *p);
}
