/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The demo corpus: the same bytes everywhere, whole, and as its header says. */
#include "app/config/config.h"
#include "app/demo/demo.h"
#include "app/demo/demo_text.h"
#include "base/file.h"
#include "engine/file/npy.h"
#include "test.h"

#include <dirent.h>
#include <ftw.h>
#include <stdint.h>
#include <unistd.h>

/* FNV-1a over all files' names and bytes, in the order of the names. A change
 * here means that every copy of the corpus and configs/demo.yml's figures are
 * out of date. */
static const uint64_t CHECKSUM = 0x8856a2c3633e931cu;

static struct err e;

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static void remove_tree(const char *dir)
{
	nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* The folder of a corpus that no test changes; main removes it. NULL: it cannot be made. */
static char shared[] = "/tmp/miust-demo-XXXXXX";
static const char *corpus(void)
{
	static bool made;

	if (!made && !mkdtemp(shared)) {
		FAIL("no temporary folder");
		return NULL;
	}
	if (!made && demo_write(shared, &e)) {
		FAIL("%s", e.text);
		return NULL;
	}
	made = true;
	return shared;
}

static uint64_t hash(uint64_t h, const char *data, size_t n)
{
	for (size_t i = 0; i < n; i++)
		h = (h ^ (uint8_t)data[i]) * 1099511628211u;
	return h;
}

/* Everything below dir but its config, folders in order of names; counts files. */
static uint64_t hash_tree(uint64_t h, const char *dir, int *files)
{
	struct dirent **entry;
	int n = scandir(dir, &entry, NULL, alphasort);
	char path[512];
	size_t len;

	if (n < 0)
		FAIL("%s cannot be listed", dir);
	for (int i = 0; i < n; i++) {
		const char *name = entry[i]->d_name;

		snprintf(path, sizeof path, "%s/%s", dir, name);
		if (name[0] != '.' && strcmp(name, DEMO_CONFIG) != 0) {
			h = hash(h, name, strlen(name));
			if (file_is_dir(path)) {
				h = hash_tree(h, path, files);
			} else {
				char *data = file_read(path, FILE_ROWS, &len, &e);

				if (!data)
					FAIL("%s", e.text);
				else
					h = hash(h, data, len);
				free(data);
				++*files;
			}
		}
		free(entry[i]);
	}
	if (n >= 0)
		free(entry);
	return h;
}

/* Written, and written over itself. */
TEST(demo_bytes)
{
	const char *dir = corpus();

	REQUIRE(dir);
	for (int i = 0; i < 2; i++) {
		int files = 0;
		uint64_t h;

		if (i == 1)
			CHECK_INT(demo_write(dir, &e), 0);
		h = hash_tree(14695981039346656037u, dir, &files);
		CHECK_INT(files, DEMO_SESSIONS + 1 + 2 * demo_sentences);
		if (h != CHECKSUM)
			FAIL("the checksum is 0x%016llx, expected 0x%016llx", (unsigned long long)h,
			     (unsigned long long)CHECKSUM);
	}
}

/* demo.yml says what configs/demo.yml says, of the corpus beside it. */
TEST(demo_config)
{
	struct settings ours, theirs;
	char path[96], where[PATH_LEN];
	const char *dir = corpus();

	REQUIRE(dir);
	snprintf(path, sizeof path, "%s/%s", dir, DEMO_CONFIG);
	REQUIRE(config_load(&ours, path, NULL, 0, NULL, &e) == 0);
	REQUIRE(config_load(&theirs, "configs/demo.yml", NULL, 0, NULL, &e) == 0);
	REQUIRE(path_resolve(where, sizeof where, dir, "csv", &e) == 0);
	CHECK_STR(ours.exp.iemocap_csv, where);
	CHECK(file_is_dir(ours.exp.iemocap_csv));
	CHECK(file_is_dir(ours.exp.audio_dir));
	CHECK(file_is_dir(ours.exp.text_dir));
	CHECK_INT(ours.model.text_feat_dim, DEMO_TEXT_DIM);
	CHECK_INT(ours.model.audio_feat_dim, DEMO_AUDIO_DIM);
	for (int i = 0; i < option_count; i++)
		if (option_table[i].type != OPT_PATH &&
		    !option_equal(&ours, &theirs, &option_table[i]))
			FAIL("%s differs from configs/demo.yml", option_table[i].key);
}

/* The config comes last: what is half written does not look whole. */
TEST(demo_torn)
{
	char dir[] = "/tmp/miust-torn-XXXXXX", path[96];

	REQUIRE(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/burst.csv", dir);
	CHECK_INT(mkdir(path, 0777), 0); /* in the way of the file */
	err_clear(&e);
	CHECK_INT(demo_write(dir, &e), -1);
	CHECK_HAS(e.text, "burst.csv");
	snprintf(path, sizeof path, "%s/%s", dir, DEMO_CONFIG);
	CHECK(!file_exists(path));
	remove_tree(dir);
}

TEST(demo_no_folder)
{
	err_clear(&e);
	CHECK_INT(demo_write("/dev/null/demo", &e), -1);
	CHECK_HAS(e.text, "/dev/null");
}

/* The sentence's number in demo_sentence, from a row `ID,"text",label`. */
static int sentence_of(const char *row)
{
	const char *text = strchr(row, ',') + 1;

	text += *text == '"';
	for (int i = 0; i < demo_sentences; i++) {
		size_t n = strlen(demo_sentence[i].text);

		if (strncmp(text, demo_sentence[i].text, n) == 0 &&
		    (text[n] == ',' || text[n] == '"'))
			return i;
	}
	return -1;
}

TEST(demo_lists)
{
	static const char *const label[DEMO_CLASSES] = {"ang", "hap", "neu", "sad"};
	int *said = calloc((size_t)demo_sentences, sizeof *said);
	const char *dir = corpus();
	char path[128], *rest;

	REQUIRE(dir);
	for (int s = 1; s <= DEMO_SESSIONS; s++) {
		int rows = 0, of[DEMO_CLASSES] = {0};
		char *list;

		snprintf(path, sizeof path, "%s/csv/Session%d.csv", dir, s);
		list = file_read(path, FILE_ROWS, NULL, &e);
		REQUIRE(list);
		CHECK_STR(strtok_r(list, "\n", &rest), "Utterance_ID,Text,Emotion");
		for (char *row; (row = strtok_r(NULL, "\n", &rest)); rows++) {
			int i = sentence_of(row), c = 0;

			while (c < DEMO_CLASSES && strcmp(strrchr(row, ',') + 1, label[c]) != 0)
				c++;
			REQUIRE(i >= 0 && c < DEMO_CLASSES);
			CHECK_INT(c, demo_sentence[i].meant);
			CHECK_INT(said[i]++, 0);
			CHECK_INT(row[4] - '0', s);
			of[c]++;
		}
		CHECK_INT(rows, demo_sentences / DEMO_SESSIONS);
		for (int c = 0; c < DEMO_CLASSES; c++)
			CHECK(of[c] >= 6);
		free(list);
	}
	free(said);
}

/* One word vector per word, bursts of 0.3-0.4 s inside the frames. */
TEST(demo_features)
{
	const char *dir = corpus();
	char path[160], id[32], *list, *rest;
	int rows = 0;

	REQUIRE(dir);
	snprintf(path, sizeof path, "%s/burst.csv", dir);
	list = file_read(path, FILE_ROWS, NULL, &e);
	REQUIRE(list);
	CHECK_STR(strtok_r(list, "\n", &rest), "id,start_s,end_s");
	for (char *row; (row = strtok_r(NULL, "\n", &rest)); rows++) {
		struct npy words = {0}, frames = {0};
		double start, end, longest;

		REQUIRE(sscanf(row, "%31[^,],%lf,%lf", id, &start, &end) == 3);
		snprintf(path, sizeof path, "%s/text/Session%c/%s.npy", dir, id[4], id);
		REQUIRE(npy_open(&words, path, &e) == 0);
		snprintf(path, sizeof path, "%s/audio/Session%c/%s.npy", dir, id[4], id);
		REQUIRE(npy_open(&frames, path, &e) == 0);
		CHECK_INT(words.cols, DEMO_TEXT_DIM);
		CHECK_INT(frames.cols, DEMO_AUDIO_DIM);
		CHECK(words.rows >= 3 && words.rows <= 14);
		CHECK(frames.rows >= 40 && frames.rows <= 200);
		longest = (double)frames.rows / DEMO_FRAME_RATE;
		CHECK(start > 0 && end < longest);
		CHECK(end - start > 0.299 && end - start < 0.401);
		npy_close(&words);
		npy_close(&frames);
	}
	CHECK_INT(rows, demo_sentences);
	free(list);
}

/* Valid UTF-8 without overlong forms and surrogates, no control characters. */
static bool is_text(const char *s)
{
	while (*s) {
		const unsigned char *p = (const unsigned char *)s;
		int more = *p < 0x80 ? 0 : *p < 0xe0 ? 1 : *p < 0xf0 ? 2 : 3;
		uint32_t c = more ? *p & (0x3fu >> more) : *p;
		static const uint32_t least[] = {0x20, 0x80, 0x800, 0x10000};

		if ((*p >= 0x80 && *p < 0xc0) || *p >= 0xf8 || *p == 0x7f)
			return false;
		for (int i = 1; i <= more; i++) {
			if ((p[i] & 0xc0) != 0x80)
				return false;
			c = c << 6 | (p[i] & 0x3f);
		}
		if (c < least[more] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
			return false;
		s += more + 1;
	}
	return true;
}

/* How many of the sentence's words the list holds. */
static int words_in(const char *list, const char *text)
{
	char word[64], entry[64], all[4096];
	int found = 0;

	snprintf(all, sizeof all, " %s ", list);
	for (int at = 0, used; sscanf(text + at, "%63s%n", word, &used) == 1; at += used) {
		word[strcspn(word, ".,!?")] = '\0';
		for (char *p = word; *p; p++)
			if (*p >= 'A' && *p <= 'Z')
				*p = (char)(*p + 32);
		snprintf(entry, sizeof entry, " %.60s ", word);
		found += strstr(all, entry) != NULL;
	}
	return found;
}

TEST(demo_sentences_are_fit)
{
	int differ = 0;

	CHECK_INT(demo_sentences, 200);
	for (int i = 0; i < demo_sentences; i++) {
		const struct demo_sentence *s = &demo_sentence[i];

		if (!is_text(s->text) || strstr(s->text, "  "))
			FAIL("not fit to be read: %s", s->text);
		for (int c = 0; c < DEMO_CLASSES; c++)
			if ((words_in(demo_lexicon[c], s->text) > 0) != (c == (int)s->said))
				FAIL("class %d in the words of: %s", c, s->text);
		for (int j = 0; j < i; j++)
			CHECK(strcmp(s->text, demo_sentence[j].text) != 0);
		differ += s->said != s->meant;
	}
	CHECK_INT(differ, 50);
}

int main(int argc, char **argv)
{
	int failed = TEST_MAIN(argc, argv);

	remove_tree(shared);
	return failed;
}
