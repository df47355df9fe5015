/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/file/json.h"

#include "base/mem.h"

#include <jansson.h>
#include <stdlib.h>

static void *block(size_t n)
{
	return mem_grow(NULL, n, 1);
}

void json_begin(void)
{
	json_set_alloc_funcs(block, free);
}
