/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lists: one is the input, the feature files are not there or all the same. Also as a new
 * list, for a trained model. */
#include "app/config/setting.h"
#include "engine/data/opening.h"
#include "fuzz.h"

static void seeds(void)
{
	fuzz_seed_file(-1, "tests/record/tiny/data/train.csv");
	fuzz_seed_text("Filename,Utterance,Emotion\ntrain/a.wav,\"Oh, \"\"no\"\"\nyes\",joy\r\n");
	fuzz_seed_text("\xef\xbb\xbf"
		       "Sr No.,Utterance,Speaker,Emotion,Dialogue_ID,Utterance_ID\n"
		       "1,it\xc2\x92s,Joey,joy,0,1\n");
	fuzz_seed_text("filename;utterance;emotion\na\\b\\c.wav;x;joy,\n,,\n");
	fuzz_seed_text("Filename,Utterance,Emotion,\nb//d.wav, \"x\",Joy ,\n");
	fuzz_seed_text("Utterance_ID\nSes01F_impro01_F000\nSes99\n");
	fuzz_seed_text("Dialogue_ID,Utterance_ID,Emotion\n1,2,fru\n1,2,\n3,4,exc\n");
	fuzz_seed_text("\xff\xfe"
		       "F\0i\0");
}

static void one(const uint8_t *data, size_t n)
{
	static struct settings s;
	struct corpus c;
	struct problems p = {0};
	struct err e = {0};
	const char *list = fuzz_file("list.csv", data, n), *dir = temp_path("features");
	const struct new_list new = {list, {"--text", "--audio"}};

	if (!s.model.num_classes) {
		options_preset(&s);
		setting_assign(&s, "exp.labels=joy,sadness,calm,glad,cross", &e);
		setting_assign(&s, "exp.map=fru=drop,exc=joy,calm=glad", &e);
		s.layout = LAYOUT_LISTS;
		s.model.num_classes = 5;
		mkdir(dir, 0777);
	}
	snprintf(s.exp.text_dir, PATH_LEN, "%s", dir);
	snprintf(s.exp.audio_dir, PATH_LEN, "%s", dir);
	snprintf(s.exp.train_csv, PATH_LEN, "%s", list);
	snprintf(s.exp.dev_csv, PATH_LEN, "%s", list);
	snprintf(s.exp.test_csv, PATH_LEN, "%s", list);
	for (int skip = 0; skip < 2; skip++) {
		corpus_open(&c, &s, skip ? CORPUS_SKIP_BAD : CORPUS_HEADERS, &p, &e);
		corpus_close(&c);
		problems_free(&p);
		err_clear(&e);
		corpus_open_new(&c, &s, &new, skip ? CORPUS_SKIP_BAD : CORPUS_HEADERS, &p, &e);
		corpus_close(&c);
		problems_free(&p);
		err_clear(&e);
	}
}

FUZZ(seeds, one)
