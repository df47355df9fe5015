/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/data/roster.h"

#include "test.h"

/* Two utterances in two lists, no files. */
static struct utterance utt[] = {
	{.id = "dia0_utt0", .label = 1, .list = 0, .words = {.rows = 3}, .frames = {.rows = 41}},
	{.id = "odd, \"id\"", .label = 0, .list = 1, .words = {.rows = 1}, .frames = {.rows = 7}},
};
static struct list list[] = {{.name = "train", .n = 1}, {.name = "dev"}};
static struct corpus corpus = {.utt = utt, .n = 2, .nlists = 2, .list = list};
static struct settings set = {.exp = {.nlabels = 2, .labels = {"sad", "glad"}}};

TEST(text)
{
	struct str text = {0};

	roster_text(&corpus, &set, &text);
	CHECK_STR(str_text(&text), "part,id,label,words,frames\n"
				   "train,dia0_utt0,glad,3,41\n"
				   "dev,\"odd, \"\"id\"\"\",sad,1,7\n");
	str_free(&text);
}

/* The figures of xxh128sum. */
TEST(hash_is_xxh3)
{
	char hash[ROSTER_HASH];

	roster_text_hash("", 0, hash);
	CHECK_STR(hash, "99aa06d3014798d86001c324468d497f");
	roster_text_hash("part,id,label,words,frames\ntrain,dia0_utt0,glad,3,41\n", 53, hash);
	CHECK_STR(hash, "56ffaf9e72a04aaad6bb5802174cf1f4");
}

TEST(hash_tells_every_column)
{
	char was[ROSTER_HASH], now[ROSTER_HASH];

	roster_hash(&corpus, &set, was);
	CHECK_INT(strlen(was), ROSTER_HASH - 1);
	roster_hash(&corpus, &set, now);
	CHECK_STR(now, was);
	corpus.text_dir[0] = corpus.audio_dir[0] = '/'; /* moved */
	roster_hash(&corpus, &set, now);
	CHECK_STR(now, was);

#define TELLS(field, value)                      \
	do {                                     \
		struct utterance old = utt[0];   \
		utt[0].field = (value);          \
		roster_hash(&corpus, &set, now); \
		CHECK(strcmp(now, was) != 0);    \
		utt[0] = old;                    \
	} while (0)
	TELLS(id, "dia0_utt1");
	TELLS(label, 0);
	TELLS(list, 1);
	TELLS(words.rows, 4);
	TELLS(frames.rows, 40);
	roster_hash(&corpus, &set, now);
	CHECK_STR(now, was);
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
