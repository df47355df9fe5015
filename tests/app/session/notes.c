/* SPDX-License-Identifier: GPL-3.0-or-later */
/* notes.txt: what is written is read back, and any content is read. */
#include "tests/app/folder.h"

#include "app/session/notes.h"
#include "app/session/run.h"
#include "app/session/session.h"

#include <sys/stat.h>

static void check_notes(const char *text, size_t len, const char *want)
{
	char got[1024] = "";
	struct err e = {0};
	struct notes n;

	put_bytes(in("notes.txt"), text, len);
	CHECK_INT(notes_read(&n, folder, &e), 0);
	for (int i = 0; i < n.n; i++)
		snprintf(got + strlen(got), sizeof got - strlen(got), "%d:%d:%d %s|", n.at[i].fold,
			 n.at[i].epoch, n.at[i].step, n.at[i].text);
	CHECK_STR(got, want);
	notes_free(&n);
}
#define CHECK_NOTES(text, want) check_notes(text, sizeof text - 1, want)

static void add(int fold, int epoch, int step, const char *text)
{
	struct note x = {fold, epoch, step, (char *)text};
	struct err e = {0};

	if (note_add(folder, &x, &e))
		FAIL("%s", e.text);
}

TEST(notes_come_back)
{
	struct err e = {0};
	struct notes n;

	folder_make();
	CHECK_INT(notes_read(&n, folder, &e), 0);
	CHECK_INT(n.n, 0);
	add(3, 42, 11, "the words overfit");
	add(0, 0, 0, "  seen\ttwice\n at 1 1 1 # café ");
	check_holds(in("notes.txt"),
		    "at 3 42 11 the words overfit\nat 0 0 0 seen twice  at 1 1 1 # café\n");
	CHECK_INT(notes_read(&n, folder, &e), 0);
	CHECK_INT(n.n, 2);
	CHECK_INT(n.at[0].step, 11);
	CHECK_STR(n.at[1].text, "seen twice  at 1 1 1 # café");
	notes_free(&n);
	folder_remove();
}

TEST(notes_read_whatever_is_there)
{
	folder_make();
	CHECK_NOTES("", "");
	CHECK_NOTES("\n\n \r\n", "");
	CHECK_NOTES("by hand\n", "0:0:0 by hand|");
	CHECK_NOTES("at 1 2 3 torn", "1:2:3 torn|");
	CHECK_NOTES("at 1 2 3\nat 1 2\nat\nat 1 2 3 \n",
		    "0:0:0 at 1 2 3|0:0:0 at 1 2|0:0:0 at|0:0:0 at 1 2 3|");
	CHECK_NOTES("at 0 0 1 of the first version\n", "0:0:0 of the first version|");
	CHECK_NOTES("at 99999999999999999999 1 1 x\nat -1 1 1 x\nat 1 0x2 1 x\n",
		    "0:0:0 at 99999999999999999999 1 1 x|0:0:0 at -1 1 1 x|0:0:0 at 1 0x2 1 x|");
	CHECK_NOTES("a\0b\x1b[31mc\x7f\n\xff\xfe\n", "0:0:0 a b [31mc|0:0:0 \xff\xfe|");
	folder_remove();
}

TEST(notes_go_on_after_a_torn_line)
{
	folder_make();
	put(in("notes.txt"), "at 1 2 3 to");
	add(1, 3, 4, "whole");
	check_holds(in("notes.txt"), "at 1 2 3 to\nat 1 3 4 whole\n");
	folder_remove();
}

TEST(notes_are_written_to_the_file_alone)
{
	struct note x = {0, 1, 1, (char *)"x"};
	struct err e = {0};

	folder_make();
	put(in("outside"), "kept\n");
	CHECK(symlink(in("outside"), in("notes.txt")) == 0);
	CHECK_INT(note_add(folder, &x, &e), -1);
	CHECK_HAS(e.text, "notes.txt: is a symbolic link, and miust does not write through it");
	check_holds(in("outside"), "kept\n");
	remove(in("notes.txt"));
	err_clear(&e);
	CHECK(mkfifo(in("notes.txt"), 0666) == 0);
	CHECK_INT(note_add(folder, &x, &e), -1);
	CHECK_HAS(e.text, "expected a regular file");
	folder_remove();
}

/* Marks where the fold is one of the run; no file of notes keeps a run from
 * being shown. */
TEST(notes_are_marks_of_a_run)
{
	struct settings set = some_settings();
	struct session s;
	struct err e = {0};
	struct run r;

	folder_make();
	REQUIRE(session_create(&s, in("one"), &set, &e) == 0);
	session_close(&s);
	put(in("one/notes.txt"), "at 2 3 11 here\nat 0 1 1 no fold 0\nat 6 1 1 no fold 6\n"
				 "at 7 1 1 x\nat 8 1 1 x\nat 9 1 1 x\nno place\n");
	REQUIRE(run_load(&r, in("one"), &e) == 0);
	CHECK_INT(r.notes.n, 7);
	CHECK_INT(r.nfolds, 1);
	CHECK_INT(r.fold[0].nmarks, 1);
	CHECK_INT(r.fold[0].mark[0].kind, MARK_NOTE);
	CHECK_INT(r.fold[0].mark[0].epoch, 3);
	CHECK_STR(r.fold[0].mark[0].label, "here");
	run_free(&r);
	remove(in("one/notes.txt"));
	CHECK(mkfifo(in("one/notes.txt"), 0666) == 0);
	CHECK_INT(run_load(&r, in("one"), &e), 0);
	run_free(&r);
	folder_remove();
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
