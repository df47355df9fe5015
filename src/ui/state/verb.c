/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/state/verb.h"

#include <string.h>

const struct verb *verb_find(const struct verb *table, const char *name)
{
	for (; table->name; table++)
		if (strcmp(table->name, name) == 0)
			return table;
	return NULL;
}
