/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/session/history.h"
#include "app/folder.h"
#include "app/session/rows.h"

#include <signal.h>
#include <sys/resource.h>

enum { N = 3, C = 4, RECORD = 8 + N * HEADS * C * 4 + 4 };

static struct utterance utt[N + 1] = {{.id = "x"}, {.id = "a"}, {.id = "b \"2\""}, {.id = "ü"}};
static struct corpus corpus = {.utt = utt, .n = N + 1};
static float logits[N][HEADS][C];
static struct predictions shape = {N, C, (int[]){1, 2, 3}, (int[]){0, 3, 1}, &logits[0][0][0]};

/* Logits that tell epochs apart. */
static const struct predictions *said(int epoch)
{
	for (int i = 0; i < N; i++)
		for (int h = 0; h < HEADS; h++)
			for (int c = 0; c < C; c++)
				logits[i][h][c] = (float)(epoch * 1000 + i * 100 + h * 10 + c);
	return &shape;
}

/* A session with epochs 1..n in fold 1's history. */
static int start(struct session *s, const char *name, int n)
{
	struct settings set = some_settings();
	struct history h;
	struct err e = {0};

	if (session_create(s, in(name), &set, &e) ||
	    history_begin(&h, s, 1, "history", 1, &shape, &corpus, &set, &e)) {
		FAIL("%s", e.text);
		return -1;
	}
	for (int i = 1; i <= n; i++)
		CHECK_INT(history_add(&h, i, said(i), &e), 0);
	CHECK_INT(history_sync(&h, &e), 0);
	history_free(&h);
	return 0;
}

/* How many epochs are read; -1 and the error in *e. Checks what they hold. */
static int epochs(const struct session *s, struct err *e)
{
	struct history h;
	int n = -1;

	err_clear(e);
	if (history_read(&h, s, 1, "history", e) == 0) {
		for (int i = 0; i < h.epochs; i++)
			CHECK(memcmp(h.logits + (size_t)i * N * HEADS * C, said(h.epoch[i])->logits,
				     sizeof logits) == 0);
		n = h.epochs;
	}
	history_free(&h);
	return n;
}

TEST(written_and_read)
{
	struct session s;
	struct history h;
	struct err e = {0};

	if (start(&s, "plain", 3))
		return;
	check_holds(in("plain/fold-1/history.json"),
		    "{\"version\":1,\"labels\":[\"ang\",\"hap\",\"neu\",\"sad\"],"
		    "\"utterances\":[\"a\",\"b \\\"2\\\"\",\"ü\"],\"true\":[0,3,1]}\n");
	REQUIRE(history_read(&h, &s, 1, "history", &e) == 0);
	CHECK_INT(h.n, N);
	CHECK_INT(h.classes, C);
	CHECK_INT(h.epochs, 3);
	CHECK_INT(h.epoch[2], 3);
	CHECK_STR(h.id[1], "b \"2\"");
	CHECK_INT(h.label[1], 3);
	CHECK_NEAR(h.logits[((2 * N + 1) * HEADS + HEAD_AUDIO) * C + 3], 3123, 0);
	history_free(&h);
	CHECK_INT(epochs(&s, &e), 3);
	session_close(&s);
}

TEST(nothing_yet)
{
	struct settings set = some_settings();
	struct session s;
	struct history h;
	struct err e = {0};

	REQUIRE(session_create(&s, in("young"), &set, &e) == 0);
	CHECK_INT(history_read(&h, &s, 1, "history", &e), 0);
	CHECK_INT(h.n, 0);
	CHECK_INT(h.epochs, 0);
	history_free(&h);
	session_close(&s);
}

/* Protocol fixed validates nothing. */
TEST(no_utterances)
{
	struct settings set = some_settings();
	struct predictions none = {.classes = C};
	struct session s;
	struct history h;
	struct err e = {0};

	REQUIRE(session_create(&s, in("fixed"), &set, &e) == 0);
	REQUIRE(history_begin(&h, &s, 1, "history", 1, &none, &corpus, &set, &e) == 0);
	CHECK_INT(history_add(&h, 1, &none, &e), 0);
	history_free(&h);
	CHECK_INT(history_read(&h, &s, 1, "history", &e), 0);
	CHECK_INT(h.epochs, 1);
	history_free(&h);
	session_close(&s);
}

TEST(gone_on_with)
{
	struct settings set = some_settings();
	struct session s;
	struct history h;
	struct err e = {0};

	if (start(&s, "on", 4))
		return;
	/* Stored up to before epoch 3: 3 and 4 are done again. */
	REQUIRE(history_begin(&h, &s, 1, "history", 3, &shape, &corpus, &set, &e) == 0);
	CHECK_INT(epochs(&s, &e), 2);
	CHECK_INT(history_add(&h, 3, said(3), &e), 0);
	history_free(&h);
	CHECK_INT(epochs(&s, &e), 3);
	/* From the start. */
	REQUIRE(history_begin(&h, &s, 1, "history", 1, &shape, &corpus, &set, &e) == 0);
	history_free(&h);
	CHECK_INT(epochs(&s, &e), 0);
	session_close(&s);
}

/* On purpose: the records of then stay, under a name that says when. */
TEST(set_aside)
{
	struct settings set = some_settings();
	struct predictions other = shape;
	struct session s;
	struct history h;
	struct err e = {0};

	if (start(&s, "aside", 2))
		return;
	CHECK_INT(history_set_aside(&s, 1, "history", 3, &shape, &corpus, &set, &e), 0);
	CHECK_INT(epochs(&s, &e), 2); /* the same: nothing to do */
	other.utt = (int[]){1, 2, 0};
	REQUIRE(history_set_aside(&s, 1, "history", 3, &other, &corpus, &set, &e) == 0);
	CHECK(!file_exists(in("aside/fold-1/history.json")));
	REQUIRE(history_read(&h, &s, 1, "history-before-3", &e) == 0);
	CHECK_INT(h.epochs, 2);
	history_free(&h);
	/* Killed between the two files. */
	REQUIRE(rename(in("aside/fold-1/history-before-3.json"), in("aside/fold-1/history.json")) ==
		0);
	CHECK_INT(history_set_aside(&s, 1, "history", 3, &other, &corpus, &set, &e), 0);
	REQUIRE(history_begin(&h, &s, 1, "history", 3, &other, &corpus, &set, &e) == 0);
	CHECK_INT(history_add(&h, 3, said(3), &e), 0);
	history_free(&h);
	CHECK_INT(epochs(&s, &e), 1);
	REQUIRE(history_read(&h, &s, 1, "history-before-3", &e) == 0);
	CHECK_INT(h.epochs, 2);
	history_free(&h);
	session_close(&s);
}

TEST(other_utterances)
{
	struct settings set = some_settings();
	struct predictions other = shape;
	struct session s;
	struct history h;
	struct err e = {0};

	if (start(&s, "other", 2))
		return;
	other.utt = (int[]){1, 2, 0};
	CHECK_INT(history_begin(&h, &s, 1, "history", 3, &other, &corpus, &set, &e), -1);
	CHECK_HAS(e.text, "history.json: its utterances or labels differ from the data");
	CHECK_INT(epochs(&s, &e), 2);
	/* From the start they may differ, in number too. */
	other.n = 2;
	REQUIRE(history_begin(&h, &s, 1, "history", 1, &other, &corpus, &set, &e) == 0);
	CHECK_INT(history_add(&h, 1, &other, &e), 0);
	history_free(&h);
	REQUIRE(history_read(&h, &s, 1, "history", &e) == 0);
	CHECK_INT(h.n, 2);
	CHECK_INT(h.epochs, 1);
	history_free(&h);
	session_close(&s);
}

/* Cut at every byte: whole records are read; going on repairs. */
TEST(torn_anywhere)
{
	struct settings set = some_settings();
	struct session s;
	struct err e = {0};
	size_t len;
	char *all;

	if (start(&s, "torn", 3))
		return;
	all = file_read(in("torn/fold-1/history.bin"), FILE_ROWS, &len, &e);
	REQUIRE(all);
	CHECK_INT(len, 3 * RECORD);
	for (size_t n = 0; n <= len; n += n % RECORD < RECORD - 8 ? 7 : 1) {
		int whole = (int)(n / RECORD);
		struct history h;

		put_bytes(in("torn/fold-1/history.bin"), all, n);
		CHECK_INT(epochs(&s, &e), whole);
		REQUIRE(history_begin(&h, &s, 1, "history", 9, &shape, &corpus, &set, &e) == 0);
		CHECK_INT(history_add(&h, 9, said(9), &e), 0);
		history_free(&h);
		CHECK_INT(epochs(&s, &e), whole + 1);
	}
	free(all);
	session_close(&s);
}

/* A flipped bit in the last record costs that record; one before others is
 * an error, which going on repairs by cutting. */
TEST(bits_flipped)
{
	struct settings set = some_settings();
	struct session s;
	struct history h;
	struct err e = {0};
	size_t len;
	char *all;

	if (start(&s, "bits", 3))
		return;
	all = file_read(in("bits/fold-1/history.bin"), FILE_ROWS, &len, &e);
	REQUIRE(all && len == 3 * RECORD);
	for (size_t bit = 0; bit < len * 8; bit += 5) {
		all[bit / 8] ^= (char)(1 << bit % 8);
		put_bytes(in("bits/fold-1/history.bin"), all, len);
		all[bit / 8] ^= (char)(1 << bit % 8);
		if (bit / 8 < 2 * RECORD) {
			CHECK_INT(epochs(&s, &e), -1);
			CHECK_HAS(e.text, /* as collect says */
				  "is damaged, and others follow it; " SESSION_FOLD_AGAIN);
		} else {
			CHECK_INT(epochs(&s, &e), 2);
		}
	}
	all[RECORD + 20] ^= 1;
	put_bytes(in("bits/fold-1/history.bin"), all, len);
	err_clear(&e);
	REQUIRE(history_begin(&h, &s, 1, "history", 4, &shape, &corpus, &set, &e) == 0);
	history_free(&h);
	CHECK_INT(epochs(&s, &e), 1);
	free(all);
	session_close(&s);
}

/* Whole records, but not one for each epoch in turn: what comes after the fault is
 * refused with file and record, or is a last record that is passed over. Going on
 * cuts there. */
TEST(epochs_that_do_not_ascend)
{
	static const struct {
		const char *name;
		int epoch[4]; /* 0: no more */
		int read;     /* records; -1: an error */
		int record;   /* at fault */
	} some[] = {
		{"twice", {1, 2, 2, 3}, -1, 3},
		{"first-twice", {1, 1, 2}, -1, 2},
		{"back", {1, 3, 2, 4}, -1, 3},
		{"to-start", {1, 2, 1, 2}, -1, 3},
		{"beyond", {1, EPOCH_MAX + 1, 2}, -1, 2},
		{"last-twice", {1, 2, 2}, 2, 3},
		{"last-back", {1, 3, 2}, 2, 3},
		{"last-beyond", {1, EPOCH_MAX + 1}, 1, 2},
		{"apart", {1, 3, EPOCH_MAX}, 3, 0},
	};
	struct settings set = some_settings();

	for (size_t i = 0; i < sizeof some / sizeof some[0]; i++) {
		struct session s;
		struct history h;
		struct err e = {0};
		char want[64];

		if (start(&s, some[i].name, 0))
			return;
		REQUIRE(history_begin(&h, &s, 1, "history", 1, &shape, &corpus, &set, &e) == 0);
		for (int k = 0; k < 4 && some[i].epoch[k]; k++)
			CHECK_INT(history_add(&h, some[i].epoch[k], said(some[i].epoch[k]), &e), 0);
		history_free(&h);
		CHECK_INT(epochs(&s, &e), some[i].read);
		snprintf(want, sizeof want, "%s/fold-1/history.bin: record %d is damaged, and ",
			 some[i].name, some[i].record);
		if (some[i].read < 0)
			CHECK_HAS(e.text, want);
		if (some[i].record == 0) {
			session_close(&s);
			continue;
		}
		err_clear(&e);
		REQUIRE(history_begin(&h, &s, 1, "history", 9, &shape, &corpus, &set, &e) == 0);
		CHECK_INT(epochs(&s, &e), some[i].record - 1);
		CHECK_INT(history_add(&h, 9, said(9), &e), 0);
		history_free(&h);
		CHECK_INT(epochs(&s, &e), some[i].record);
		session_close(&s);
	}
}

TEST(damaged_description)
{
	static const struct {
		const char *text, *error;
	} wrong[] = {
		{"", "history.json:1: "},
		{"{\"version\":2}", "version 1 expected"},
		{"{\"version\":1}", "lists labels, utterances and true"},
		{"{\"version\":1,\"labels\":[\"a\"],\"utterances\":[\"u\"],\"true\":[]}",
		 "of the same length"},
		{"{\"version\":1,\"labels\":[],\"utterances\":[],\"true\":[]}", "lists labels"},
		{"{\"version\":1,\"labels\":[\"a\"],\"utterances\":[\"u\"],\"true\":[1]}",
		 "utterance 0: an id and the index of a label"},
		{"{\"version\":1,\"labels\":[\"a\"],\"utterances\":[7],\"true\":[0]}",
		 "utterance 0: an id and the index of a label"},
	};
	struct session s;
	struct err e;

	if (start(&s, "described", 1))
		return;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		put(in("described/fold-1/history.json"), wrong[i].text);
		CHECK_INT(epochs(&s, &e), -1);
		CHECK_HAS(e.text, wrong[i].error);
	}
	session_close(&s);
}

TEST(disk_full)
{
	struct settings set = some_settings();
	struct rlimit old, small;
	struct session s;
	struct history h;
	struct err e = {0};

	if (start(&s, "full", 1))
		return;
	REQUIRE(history_begin(&h, &s, 1, "history", 2, &shape, &corpus, &set, &e) == 0);
	REQUIRE(getrlimit(RLIMIT_FSIZE, &old) == 0);
	signal(SIGXFSZ, SIG_IGN);
	small = old;
	small.rlim_cur = RECORD + 10;
	CHECK_INT(setrlimit(RLIMIT_FSIZE, &small), 0);
	CHECK_INT(history_add(&h, 2, said(2), &e), -1);
	CHECK_HAS(e.text, "history.bin: cannot write: ");
	history_free(&h);
	CHECK_INT(setrlimit(RLIMIT_FSIZE, &old), 0);
	CHECK_INT(epochs(&s, &e), 1);
	session_close(&s);
}

int main(int argc, char **argv)
{
	int failed;

	folder_make();
	failed = TEST_MAIN(argc, argv);
	folder_remove();
	return failed;
}
