/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/num/phase.h"

const char *const phase_name[PHASES] = {
	"LSTM input products", "LSTM recurrence", "LSTM gates", "LSTM weight gradients",
	"between the layers",  "copies",          "attention",  "pooling",
};

void lap_end(const struct lap *l)
{
	if (!l->phases)
		return;
	for (int i = 0; i < PHASES; i++)
		atomic_fetch_add_explicit(&l->phases->ns[i], (long long)(1e9 * l->seconds[i]),
					  memory_order_relaxed);
}
