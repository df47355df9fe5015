/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Weights and states. */
#include "engine/file/safetensors.h"
#include "engine/model/weights.h"
#include "fuzz.h"

static void seed(const char *header, size_t body)
{
	char file[512] = "";

	file[0] = (char)strlen(header);
	file[1] = (char)(strlen(header) >> 8);
	strcpy(file + 8, header);
	fuzz_seed(file, 8 + strlen(header) + body);
}

static void seeds(void)
{
	static const char zip[] = "PK\3\4\24\0\0\0archive/data.pkl";
	static const char pickle[] = "\200\2\212\nl\374\234F\371 j\250P\31.";

	seed("{}", 0);
	seed("{\"a\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[0,24]}}", 24);
	seed("{\"__metadata__\":{\"labels\":\"[\\\"a\\\"]\"},"
	     "\"w\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[0,8]},"
	     "\"n\":{\"dtype\":\"U8\",\"shape\":[],\"data_offsets\":[8,9]}}",
	     9);
	seed("{\"__metadata__\":{\"labels\":\"[\\\"a\\\",\\\"b\\\"]\",\"heads\":\"2\","
	     "\"text_feat_dim\":\"6\",\"audio_feat_dim\":\"8\",\"normalize\":\"train\"},"
	     "\"lstm1.weight_hh_l0\":{\"dtype\":\"F32\",\"shape\":[4,1],\"data_offsets\":[0,16]}}",
	     16);
	fuzz_seed(zip, sizeof zip);
	fuzz_seed(pickle, sizeof pickle);
}

static void one(const uint8_t *data, size_t n)
{
	const int64_t any[] = {-1, -1};
	struct st_file f;
	struct err e = {0};
	volatile uint8_t sum = 0;
	struct weights_file w;
	struct settings s = {0};

	if (weights_open(&w, fuzz_file("a.safetensors", data, n), &e) == 0)
		weights_settings(&w, &s, &e);
	weights_close(&w);
	err_clear(&e);
	if (st_open(&f, fuzz_file("a.safetensors", data, n), &e))
		return;
	for (int i = 0; i < f.n; i++) {
		const uint8_t *byte = f.entry[i].data;
		int64_t count = st_count(&f.entry[i]);

		if (count > 0)
			sum += byte[0] + byte[count - 1];
		st_need(&f, f.entry[i].name, ST_F32, 2, any, &e);
	}
	(void)sum;
	st_meta(&f, "format");
	st_close(&f);
}

FUZZ(seeds, one)
