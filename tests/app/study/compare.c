/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/study/compare.h"
#include "app/folder.h"
#include "app/session/results.h"
#include "app/session/session.h"
#include "base/mem.h"
#include "base/str.h"

#include <sys/stat.h>

/* A session with `folds` folds finished, each with hits + misses utterances. */
static void make(const char *name, const struct settings *set, int folds, int hits, int misses)
{
	struct session s;
	struct results r;
	struct err e = {0};

	results_init(&r, set);
	for (int i = 1; i <= folds; i++) {
		struct fold_row f = {.fold = i, .best_epoch = i};

		confusion_init(&f.confusion, 2);
		f.confusion.count[0][0] = hits;
		f.confusion.count[1][1] = hits;
		f.confusion.count[1][0] = i * misses;
		results_add(&r, &f);
	}
	if (session_create(&s, in(name), set, &e) ||
	    (folds &&
	     results_write(&r, in(strcmp(name, "a") ? "b/results.json" : "a/results.json"), &e)))
		FAIL("%s", e.text);
	results_free(&r);
	session_close(&s);
}

/* What is printed, with the test's folder made "DIR". */
static const char *compared(const char *const *dirs, int n, struct err *e)
{
	static char text[16384], shown[16384];
	FILE *f = fmemopen(text, sizeof text, "w");
	char *to = shown;

	memset(text, 0, sizeof text);
	if (compare_print(dirs, n, f, e))
		FAIL("%s", e->text);
	fclose(f);
	for (const char *p = text; *p;) {
		size_t len = strlen(folder);

		if (strncmp(p, folder, len) == 0) {
			to += sprintf(to, "DIR");
			p += len;
		} else {
			*to++ = *p++;
		}
	}
	*to = '\0';
	return shown;
}

TEST(side_by_side)
{
	struct settings set = some_settings();
	const char *dirs[] = {in("a"), in("b"), in("c")};
	const char *text, *line;
	struct err e = {0};

	set.exp.nlabels = set.model.num_classes = 2;
	make("a", &set, 3, 6, 2);
	set.train.optimizer.lr = 0.001;
	set.exp.protocol = PROTOCOL_SESSION;
	snprintf(set.exp.audio_dir, PATH_LEN,
		 "/a/path/so/long/that/three/of/its/kind/do/not/go/into/one/line");
	make("b", &set, 1, 5, 5);
	set.exp.seed = 1234567890;
	make("c", &set, 0, 0, 0);
	text = compared(dirs, 3, &e);
	CHECK_HAS(text, " 1  DIR/a\n 2  DIR/b\n 3  DIR/c\n");
	CHECK_HAS(text, "    protocol      seed folds              WA              UA"
			"             WF1\n"
			" 1  reference*      53   3/5 0.7579 ± 0.0955 0.8083 ± 0.0629 ");
	CHECK_HAS(text, "\n 2  session         53   1/5          0.6667          0.7500 ");
	CHECK_HAS(text, "\n 3  session   1234567890   0/5               –               –"
			"               –\n");
	CHECK_HAS(text, "\n 3             0           –           –           –           –\n");
	CHECK_HAS(text, "\n* optimistic: the checkpoint");
	CHECK_HAS(text, "Settings that differ\n\n");
	CHECK_HAS(text, "    exp.seed                    1: 53  2: 53  3: 1234567890\n");
	CHECK_HAS(text, "    exp.audio_dir\n      1: /data/audio\n      2: /a/path");
	CHECK_HAS(text, "    exp.protocol                1: reference  2: session  3: session\n");
	CHECK(!strstr(text, "exp.text_dir"));
	for (line = text; *line; line += strcspn(line, "\n") + 1)
		if (strcspn(line, "\n") > 90)
			FAIL("a long line: %.*s", (int)strcspn(line, "\n"), line);
}

TEST(same_settings)
{
	const char *dirs[] = {in("a"), in("a")};
	struct err e = {0};

	CHECK_HAS(compared(dirs, 2, &e), "\nAll settings are the same.\n");
	CHECK(!strstr(compared(dirs, 1, &e), "All settings"));
}

/* Settings that a run began with are not all that it was trained with. */
TEST(live_changes)
{
	const char *dirs[] = {in("a"), in("d")};
	struct settings set = some_settings();
	struct err e = {0};
	const char *text;

	set.exp.nlabels = set.model.num_classes = 2;
	make("d", &set, 0, 0, 0);
	put(in("d/commands.log"), "at 2 13 85 set train.optimizer.lr 3e-4   # was 5e-4\n"
				  "at 3 1 1 pause\n"
				  "at 3 2 9 set train.patience 4   # was 0\n");
	text = compared(dirs, 2, &e);
	CHECK_HAS(text, "\nAll settings began the same.\n\nChanged while they trained\n\n"
			"    train.optimizer.lr          2: 3e-4 from epoch 13 of fold 2\n"
			"    train.patience              2: 4 from epoch 2 of fold 3\n");
	CHECK(!strstr(text, "pause"));
}

/* One that cannot be read is said, and the others are compared all the same. */
TEST(broken_sessions)
{
	const char *dirs[] = {in("a"), in("none"), in("b"), in("a")};
	char text[8192] = "";
	FILE *f = fmemopen(text, sizeof text, "w");
	struct err e = {0};

	put(in("b/fold-1/result.json"), "{");
	CHECK_INT(compare_print(dirs, 4, f, &e), -1);
	fclose(f);
	CHECK_HAS(e.text, "none: no such session");
	CHECK_HAS(text, "/none\n    cannot be read: ");
	CHECK_HAS(text, "none: no such session\n 3  ");
	CHECK_HAS(text, "/b\n    cannot be read: ");
	CHECK_HAS(text, "b/fold-1/result.json:1:");
	CHECK_HAS(text, "\n 1  reference*      53   3/5 ");
	CHECK_HAS(text, "\n 4  reference*      53   3/5 ");
	CHECK_HAS(text, "\nAll settings are the same.\n");
	/* None of them: nothing to print. */
	f = fmemopen(text, sizeof text, "w");
	memset(text, 0, sizeof text);
	err_clear(&e);
	CHECK_INT(compare_print(dirs + 1, 2, f, &e), -1);
	fclose(f);
	CHECK_STR(text, "");
	CHECK_HAS(e.text, "none: no such session");
}

/* Comparing looks only: not even a lock file appears. */
TEST(nothing_changed)
{
	const char *dirs[] = {in("a")};
	struct stat before, after;
	struct err e = {0};

	CHECK_INT(stat(in("a"), &before), 0);
	compared(dirs, 1, &e);
	CHECK_INT(stat(in("a"), &after), 0);
	CHECK(before.st_mtim.tv_sec == after.st_mtim.tv_sec &&
	      before.st_mtim.tv_nsec == after.st_mtim.tv_nsec);
}

/* Figures on other utterances say so. */
TEST(different_data)
{
	static const char *const hash[] = {"11111111111111111111111111111111",
					   "11111111111111111111111111111111",
					   "22222222222222222222222222222222"};
	const char *dirs[] = {in("d1"), in("d2"), in("d3")};
	struct settings set = some_settings();
	struct err e = {0};

	for (int i = 0; i < 3; i++) {
		struct origin o = {0};
		struct session s;

		memcpy(o.hash, hash[i], sizeof o.hash);
		REQUIRE(session_create_origin(&s, dirs[i], &set, &o, NULL, &e) == 0);
		session_close(&s);
	}
	CHECK(!strstr(compared(dirs, 2, &e), "different data"));
	CHECK_HAS(compared(dirs, 3, &e), "\n1 and 3 were trained on different data.\n");
}

/* So do other features, if both say what they are; the first two that differ. */
TEST(different_features)
{
	static const char *const words[] = {"", "emotion2vec base, last layer",
					    "emotion2vec base, last layer", "WavLM, layer 9"};
	const char *dirs[4];
	struct settings set = some_settings();
	struct err e = {0};

	for (int i = 0; i < 4; i++) {
		char name[16];
		struct session s;

		snprintf(name, sizeof name, "f%d", i);
		dirs[i] = mem_dup(in(name));
		strcpy(set.exp.features, words[i]);
		REQUIRE(session_create(&s, dirs[i], &set, &e) == 0);
		session_close(&s);
	}
	CHECK(!strstr(compared(dirs, 3, &e), "different features"));
	CHECK_HAS(compared(dirs, 3, &e), "Settings that differ\n\n    exp.features\n");
	CHECK_HAS(compared(dirs + 1, 2, &e), "\nAll settings are the same.\n");
	CHECK_HAS(compared(dirs, 4, &e),
		  "\n2 and 4 were trained on different features, as exp.features says:\n"
		  "    2: emotion2vec base, last layer\n"
		  "    4: WavLM, layer 9\n");
	for (int i = 0; i < 4; i++)
		free((char *)(size_t)dirs[i]);
}

int main(int argc, char **argv)
{
	int failed;

	folder_make();
	failed = TEST_MAIN(argc, argv);
	folder_remove();
	return failed;
}
