/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Config files. */
#include "app/config/config.h"
#include "fuzz.h"

static void seeds(void)
{
	fuzz_seed_file(-1, "tests/record/tiny/config.yml");
	fuzz_seed_file(-1, "configs/demo.yml");
	fuzz_seed_file(-1, "configs/iemocap.yml");
	fuzz_seed_file(-1, "configs/meld.yml");
	fuzz_seed_text("a: &a [*a]\n");
	fuzz_seed_text("base: &b {seed: 010, labels: [x, y]}\nexp: {<<: *b, seed: 0x1F}\n");
	fuzz_seed_text(
		"train: {batch_size: 1_000, epoch: 1:30, optimizer: {lr: 5e-4}, memory: 2G}\n"
		"model: {cross_attention: no, dropout: .5, hidden_dim: ~}\n");
	fuzz_seed_text("train: {class_weight: {fear: 15, joy: 5e-4}, select: macro_f1,\n"
		       "  schedule: plateau, warmup: 2, plateau: {factor: 0.5, patience: 0}}\n");
}

static void one(const uint8_t *data, size_t n)
{
	struct settings s;
	struct warnings w = {0};
	struct err e = {0};

	config_load(&s, fuzz_file("config.yml", data, n), NULL, 0, &w, &e);
	warnings_free(&w);
}

FUZZ(seeds, one)
