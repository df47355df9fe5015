/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Summaries kept from last time: used while they are true, and never after.
 *
 * Whether an entry was used is seen by what only the cache has: `plant` writes another
 * note into it, with a right checksum, and looks for it.
 */
#include "app/shelf/shelf.h"
#include "app/stored.h"
#include "base/mem.h"
#include "base/str.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <xxhash.h>

/* A command of the shell that must succeed. */
__attribute__((format(printf, 1, 2))) static void sh(const char *fmt, ...)
{
	char command[2048];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(command, sizeof command, fmt, ap);
	va_end(ap);
	if (system(command))
		FAIL("%s", command);
}

/* A folder of three runs: finished, stopped, broken off. */
static void make(const char *name)
{
	struct settings set = some_settings();

	if (!file_is_dir(in("first"))) {
		stored_session(in("first/a"), &set, (struct stored){.done = 5});
		stored_session(in("first/b"), &set, (struct stored){.epochs = 3, .state = true});
		stored_session(in("first/c"), &set, (struct stored){.epochs = 3});
		put(in("first/a/notes.txt"), "plain\n");
		put(in("first/b/notes.txt"), "plain\n");
		put(in("first/c/notes.txt"), "plain\n");
	}
	sh("rm -rf '%s' && cp -a '%s' '%s'", in(name), in("first"), in(name));
}

/* Without waiting two seconds: what is young is not kept. The clock of files cannot be
 * set, so the cache is told directly. */
static void keep_all(const char *name)
{
	struct texts texts = {0};
	struct shelf s = {0};
	struct cache c;

	shelf_add(&s, in(name), SHELF_DEEP);
	shelf_read(&s);
	cache_open(&c, in(name), &texts);
	for (int i = 0; i < s.n; i++) {
		struct summary x;
		struct walk w;

		CHECK(walk_run(&w, s.run[i]->dir));
		summary_read(&x, s.run[i]->dir, &w, &texts);
		cache_keep(&c, s.run[i]->path, w.whole, &x);
		summary_free(&x);
		walk_free(&w);
	}
	cache_save(&c);
	cache_free(&c);
	texts_free(&texts);
	shelf_free(&s);
}

static const char *cache_file(void)
{
	static char path[1024];
	DIR *dir = opendir(in("cache/miust"));
	struct dirent *d;

	path[0] = '\0';
	while (dir && (d = readdir(dir)))
		if (strncmp(d->d_name, "sessions-", 9) == 0)
			snprintf(path, sizeof path, "%s/%s", in("cache/miust"), d->d_name);
	if (dir)
		closedir(dir);
	return path;
}

static char *cache_text(size_t *n)
{
	struct err e = {0};
	char *text = file_read(cache_file(), FILE_LIST, n, &e);

	if (!text)
		FAIL("%s", e.text);
	return text;
}

/* Replace a text in the file, all of them, and make its checksum right again. */
static void plant(const char *was, const char *is)
{
	struct str b = {0};
	size_t n;
	char *text = cache_text(&n), *line;

	for (char *at = text, *found; at; at = found ? found + strlen(was) : NULL) {
		found = strstr(at, was);
		str_addn(&b, at, found ? (size_t)(found - at) : strlen(at));
		if (found)
			str_add(&b, is);
	}
	line = strchr(b.s, '\n');
	snprintf(line - 16, 17, "%016llx",
		 (unsigned long long)XXH3_64bits(line + 1, strlen(line + 1)));
	*line = '\n';
	put(cache_file(), b.s);
	str_free(&b);
	free(text);
}

/* "plain planted plain": the notes as they are shown. */
static const char *notes(const char *name)
{
	static char text[512];
	struct shelf s = {0};

	text[0] = '\0';
	shelf_add(&s, in(name), SHELF_DEEP);
	shelf_read(&s);
	for (int i = 0; i < s.n; i++)
		snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", i ? " " : "",
			 s.run[i]->x.note);
	shelf_free(&s);
	return text;
}

static void begin(const char *name)
{
	sh("rm -rf '%s'", in("cache"));
	make(name);
	keep_all(name);
}

/* What comes from the cache is what is read from the folders. */
TEST(the_same_summaries)
{
	struct shelf s = {0}, cold = {0};
	char home[256];

	begin("same");
	put(in("same/b/tags.txt"), "one\ntwo\n");
	put(in("same/d-not-there"), "");
	CHECK_INT(mkdir(in("same/e"), 0777), 0);
	put(in("same/e/config.yml"), "a: &a [*a]");
	keep_all("same");
	shelf_add(&s, in("same"), SHELF_DEEP);
	shelf_read(&s);
	snprintf(home, sizeof home, "%s", in("cache"));
	unsetenv("XDG_CACHE_HOME");
	unsetenv("HOME");
	shelf_add(&cold, in("same"), SHELF_DEEP);
	shelf_read(&cold);
	setenv("XDG_CACHE_HOME", home, 1);
	REQUIRE(s.n == 4 && cold.n == 4);
	for (int i = 0; i < s.n; i++) {
		const struct summary *a = &s.run[i]->x, *b = &cold.run[i]->x;

		CHECK_STR(s.run[i]->path, cold.run[i]->path);
		CHECK_INT(s.run[i]->state, cold.run[i]->state);
		CHECK_STR(a->why ? a->why : "", b->why ? b->why : "");
		CHECK_STR(a->note, b->note);
		CHECK_STR(a->tags, b->tags);
		CHECK_STR(a->protocol, b->protocol);
		CHECK_INT(a->folds, b->folds);
		CHECK_INT(a->done, b->done);
		CHECK_INT(a->epoch, b->epoch);
		CHECK_INT(a->best_epoch, b->best_epoch);
		CHECK_INT(a->begun, b->begun);
		CHECK_INT(a->seed, b->seed);
		CHECK(a->best == b->best || (isnan(a->best) && isnan(b->best)));
		CHECK(a->mean.wf1 == b->mean.wf1 || (isnan(a->mean.wf1) && isnan(b->mean.wf1)));
		CHECK(a->sd.wa == b->sd.wa || (isnan(a->sd.wa) && isnan(b->sd.wa)));
		for (int o = 0; o < option_count; o++)
			CHECK_STR(a->value[o], b->value[o]);
	}
	shelf_free(&s);
	shelf_free(&cold);
}

TEST(used_while_true)
{
	begin("used");
	CHECK_STR(notes("used"), "plain plain plain");
	plant("\"plain\"", "\"planted\"");
	CHECK_STR(notes("used"), "planted planted planted");
}

/* Every file of a run, touched in any way, and one more or less. */
TEST(never_believed_once_a_file_has_changed)
{
	static const char *const touch[] = {
		"touch -d '1 hour ago' config.yml",
		"touch -d 2020-01-01 fold-1/steps.csv",
		"echo >>fold-1/epochs.csv",
		"truncate -s -1 fold-1/steps.csv",
		"cp -p fold-1/steps.csv x && mv x fold-1/steps.csv",
		"echo more >>notes.txt",
		"echo tag >tags.txt",
		"touch archived",
		"rm fold-1/commands.log",
		"mv fold-1/state.safetensors fold-1/other",
		"chmod 600 data.csv",
		"echo 'host 1 2026-01-04T12:00:00Z' >fold-1/lock",
		"touch -r fold-1/steps.csv ref && printf x | dd of=fold-1/steps.csv conv=notrunc "
		"2>/dev/null && touch -r ref fold-1/steps.csv && rm ref",
		"printf x | dd of=fold-1/history.bin conv=notrunc 2>/dev/null",
	};
	for (size_t i = 0; i < sizeof touch / sizeof *touch; i++) {
		char name[32];

		snprintf(name, sizeof name, "touched-%d", (int)i);
		begin(name);
		sh("cd '%s/b' && touch data.csv fold-1/history.bin", in(name));
		keep_all(name);
		plant("\"plain\"", "\"planted\"");
		CHECK_STR(notes(name), "planted planted planted");
		sh("cd '%s/b' && %s", in(name), touch[i]);
		if (strncmp(notes(name), "planted plain", 13) != 0)
			FAIL("%s: %s", touch[i], notes(name));
	}
}

/* A file that has just been written may change again without another time or size. */
TEST(not_kept_while_it_is_young)
{
	struct shelf s = {0};

	begin("young");
	CHECK_INT(unlink(cache_file()), 0);
	shelf_add(&s, in("young"), SHELF_DEEP);
	shelf_read(&s);
	shelf_free(&s);
	CHECK_STR(cache_file(), "");
}

TEST(a_damaged_file_is_none)
{
	size_t n;
	char *text;

	begin("damaged");
	plant("\"plain\"", "\"planted\"");
	text = cache_text(&n);
	for (size_t i = 0; i < n; i += 1 + n / 200) { /* a bit here, an end there */
		text[i] ^= 1;
		put_bytes(cache_file(), text, n);
		if (strstr(notes("damaged"), "planted"))
			FAIL("believed with byte %zu changed", i);
		text[i] ^= 1;
		put_bytes(cache_file(), text, i);
		if (strstr(notes("damaged"), "planted"))
			FAIL("believed with %zu bytes", i);
	}
	put_bytes(cache_file(), text, n);
	CHECK_STR(notes("damaged"), "planted planted planted");
	free(text);
}

/* Right by its checksum, and yet not what this program would write. */
TEST(a_foreign_file_is_none)
{
	static const char *const wrong[][2] = {
		{"\"planted\"", "7"},
		{"\"done\":5", "\"done\":\"5\""},
		{"\"settings\":{", "\"settings\":{\"no.such\":\"1\","},
		{"\"state\":\"finished\"", "\"state\":\"famous\""},
		{"\"stamp\":\"", "\"stamp\":\"0"},
		{"\"runs\":{", "\"runs\":[],\"runs\":{"},
		{"\"folder\":\"", "\"folder\":\"/other"},
		{"miust sessions 1", "miust sessions 2"},
		{MIUST_VERSION, "9.9"},
	};

	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		begin("foreign");
		plant("\"plain\"", "\"planted\"");
		plant(wrong[i][0], wrong[i][1]);
		if (strstr(notes("foreign"), "planted") == notes("foreign"))
			FAIL("believed: %s", wrong[i][1]);
	}
	begin("linked");
	plant("\"plain\"", "\"planted\"");
	sh("cd '%s' && f=$(ls) && mv \"$f\" '%s' && ln -s '%s' \"$f\"", in("cache/miust"),
	   in("elsewhere"), in("elsewhere"));
	CHECK_STR(notes("linked"), "plain plain plain");
}

/* Nowhere to keep one, or not allowed to. */
TEST(works_without)
{
	char home[256];

	begin("without");
	snprintf(home, sizeof home, "%s", in("cache"));
	unsetenv("XDG_CACHE_HOME");
	unsetenv("HOME");
	CHECK_STR(notes("without"), "plain plain plain");
	setenv("XDG_CACHE_HOME", "/proc/nothing", 1);
	CHECK_STR(notes("without"), "plain plain plain");
	put(in("a-file"), "");
	setenv("XDG_CACHE_HOME", in("a-file"), 1);
	CHECK_STR(notes("without"), "plain plain plain");
	setenv("XDG_CACHE_HOME", home, 1);
}

int main(int argc, char **argv)
{
	int failed;

	folder_make();
	setenv("XDG_CACHE_HOME", in("cache"), 1);
	failed = TEST_MAIN(argc, argv);
	folder_remove();
	return failed;
}
