/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lists as people have them: which column is what, what names an utterance. */
#include "tests/engine/corpora.h"

#include "engine/data/census.h"
#include "engine/data/opening.h"

/* The training list alone is of interest: as `train`, the others as lists(). */
static int open_lists(const char *folder, const char *train)
{
	lists(folder, train);
	return corpus_open(&c, &s, CORPUS_HEADERS, &p, &e);
}

/* Five sessions of one utterance "x"; session 1 is given. */
static int open_sessions(const char *folder, const char *first)
{
	reset(LAYOUT_IEMOCAP, folder);
	for (int k = 1; k <= 5; k++) {
		char name[64];

		temp_text(temp_path("%s/csv/Session%d.csv", folder, k),
			  k == 1 ? first : "Utterance_ID,Text,Emotion\nx,hi,neu\n");
		snprintf(name, sizeof name, "Session%d/x", k);
		both(folder, name, 1, 10);
	}
	both(folder, "Session1/Ses01F_impro01_F000", 1, 10);
	return corpus_open(&c, &s, CORPUS_HEADERS, &p, &e);
}

/* ---- ids ---- */

TEST(one_stem_in_two_folders_is_two_utterances)
{
	lists("mead", HEADER "x/M003/001.wav,one,ang\n"
			     "x/M005/001.wav,two,hap\n"
			     "x/M005/a_2.wav,two,hap\n");
	both("mead", "M003/001", 2, 20);
	both("mead", "M005/001", 3, 30);
	both("mead", "M005/a_2", 3, 30);
	CHECK_INT(corpus_open(&c, &s, CORPUS_HEADERS, &p, &e), 0);
	CHECK_STR(told(), "");
	REQUIRE(c.n == 5);
	CHECK_STR(c.utt[0].id, "M003/001");
	CHECK_STR(c.utt[1].id, "M005/001");
	CHECK_STR(c.utt[1].feature, "M005/001");
	CHECK_INT(c.utt[1].frames.rows, 30);
	CHECK_STR(c.utt[2].dialogue, "M005/a");
	/* The other lists too, though theirs are unique. */
	CHECK_STR(c.utt[3].id, "dev/dia0_utt0");
	CHECK_STR(c.utt[3].dialogue, "dev/dia0");
	CHECK_STR(c.utt[4].id, "test/dia0_utt0");
}

TEST(a_row_twice_is_an_error_and_changes_no_id)
{
	CHECK_INT(open_lists("twice", HEADER "tr/dia1_utt0.wav,one,ang\n"
					     "tr/dia1_utt0.mp4,one,ang\n"),
		  0);
	CHECK_STR(told(), "error twice/csv/train.csv:3: the id \"dia1_utt0\" already appears in "
			  "line 2; delete one of the rows\n");
	CHECK_STR(c.utt[0].id, "dia1_utt0");
}

TEST(paths_of_any_kind)
{
	CHECK_INT(open_lists("win", HEADER "D:\\MELD\\tr\\dia1_utt0.wav,a,ang\n"
					   "tr//dia1_utt1.wav,b,ang\n"
					   "/x/tr/./dia1_utt2.wav,c,ang\n"
					   "D:\\MELD/tr\\\\dia1_utt3.wav,d,ang\n"
					   " tr/dia1_utt4.wav ,e,ang\n"
					   "tr/dia1_utt5,f,ang\n"),
		  0);
	CHECK_STR(told(), "");
	REQUIRE(c.list[0].n == 6);
	for (int i = 0; i < 6; i++) {
		char want[32];

		snprintf(want, sizeof want, "tr/dia1_utt%d", i);
		CHECK_STR(c.utt[i].feature, want);
		CHECK_STR(c.utt[i].id, want + 3);
	}
}

/* What comes after the last dot is the ending, whatever it is. */
TEST(ids_with_dots)
{
	both("dots", "tr/a.b", 2, 20);
	both("dots", "tr/.c", 2, 20);
	CHECK_INT(open_lists("dots", HEADER "tr/a.b.xyz,a,ang\ntr/.c,b,ang\n"), 0);
	CHECK_STR(told(), "");
	REQUIRE(c.list[0].n == 2);
	CHECK_STR(c.utt[0].id, "a.b");
	CHECK_STR(c.utt[1].id, ".c");
}

/* Who speaks is in the id of IEMOCAP, if it is one. */
TEST(iemocap_speakers)
{
	static const char *const id[] = {"Ses01F_impro01_M000", "Ses05M_script01_F012",
					 "Ses01F_impro01_X000", "Ses1F_impro01_F000", "other_F000"};
	static const char *const speaker[] = {"Ses01M", "Ses05F", "", "", ""};

	for (int i = 0; i < 5; i++) {
		char name[64], rows[128];

		snprintf(name, sizeof name, "Session1/%s", id[i]);
		both("who", name, 1, 10);
		snprintf(rows, sizeof rows, "Utterance_ID,Text,Emotion\n%s,hi,neu\n", id[i]);
		CHECK_INT(open_sessions("who", rows), 0);
		CHECK_STR(c.utt[0].speaker, speaker[i]);
	}
}

TEST(iemocap_ids_with_endings_and_folders)
{
	CHECK_INT(open_sessions("end", "Utterance_ID,Text,Emotion\n"
				       "Ses01F_impro01_F000.wav ,hi,neu\n"
				       "D:\\IEMOCAP\\Session1\\x.wav,hi,neu\n"),
		  0);
	CHECK_STR(told(), "");
	REQUIRE(c.list[0].n == 2);
	CHECK_STR(c.utt[0].id, "Ses01F_impro01_F000");
	CHECK_STR(c.utt[0].speaker, "Ses01F");
	CHECK_STR(c.utt[1].feature, "Session1/x");
}

/* As the first version took them, if their features are called so. */
TEST(iemocap_ids_as_they_are_written)
{
	both("asis", "Session1/y.wav", 1, 10);
	both("asis", "Session1/sub/z", 1, 10);
	CHECK_INT(open_sessions("asis", "Utterance_ID,Text,Emotion\n"
					"y.wav,hi,neu\n"
					"sub/z,hi,neu\n"),
		  0);
	CHECK_STR(told(), "");
	REQUIRE(c.list[0].n == 2);
	CHECK_STR(c.utt[0].id, "y.wav");
	CHECK_STR(c.utt[1].id, "sub/z");
	CHECK_STR(c.utt[1].feature, "Session1/sub/z");
}

/* ---- columns ---- */

#define MELD_HEADER "Sr No.,Utterance,Speaker,Emotion,Dialogue_ID,Utterance_ID\n"

TEST(melds_own_lists)
{
	lists("meld", MELD_HEADER "1,\"Well, hi\",Ann,ang, 3,7\n");
	temp_text(s.exp.dev_csv, MELD_HEADER "1,ho,Bob,hap,0,1\n");
	snprintf(s.exp.test_csv, PATH_LEN, "%s", temp_path("meld/csv/train_sent_emo.csv"));
	temp_text(s.exp.test_csv, MELD_HEADER "1,ho,Bob,hap,0,1\n");
	both("meld", "train_splits/dia3_utt7", 2, 20);
	both("meld", "train_splits/dia0_utt1", 2, 20);
	both("meld", "dev_splits_complete/dia0_utt1", 2, 20);
	CHECK_INT(corpus_open(&c, &s, CORPUS_HEADERS, &p, &e), 0);
	CHECK_STR(told(), "");
	REQUIRE(c.n == 3);
	CHECK_STR(c.utt[0].id, "dia3_utt7");
	CHECK_STR(c.utt[0].dialogue, "dia3");
	CHECK_STR(c.utt[0].text, "Well, hi");
	CHECK_STR(c.utt[0].speaker, "Ann");
	CHECK_STR(c.utt[1].feature, "dev_splits_complete/dia0_utt1");
	CHECK_STR(c.utt[2].feature, "train_splits/dia0_utt1"); /* by the list's own name */
}

TEST(columns_by_setting)
{
	static const char list[] = "clip,who,words,class,mood\n1,A,hi,ang,x\n";

	lists("set", "clip,who,words,class,mood\n0,A,hi,ang,x\n1,B,ho,hap,x\n");
	temp_text(s.exp.dev_csv, list);
	temp_text(s.exp.test_csv, list);
	strcpy(s.exp.columns.id, "{who}_{Clip}.wav");
	strcpy(s.exp.columns.folder, "tr, dv ,te/{who}");
	strcpy(s.exp.columns.text, "Words");
	strcpy(s.exp.columns.label, "class");
	both("set", "tr/A_0", 2, 20);
	both("set", "tr/B_1", 2, 20);
	both("set", "dv/A_1", 2, 20);
	both("set", "te/A/A_1", 2, 20);
	CHECK_INT(corpus_open(&c, &s, CORPUS_HEADERS, &p, &e), 0);
	CHECK_STR(told(), "");
	REQUIRE(c.n == 4);
	CHECK_STR(c.utt[1].id, "B_1");
	CHECK_STR(c.utt[1].text, "ho");
	CHECK_INT(c.utt[1].label, 1);
	CHECK_STR(c.utt[2].feature, "dv/A_1");
	CHECK_STR(c.utt[3].feature, "te/A/A_1");

	corpus_close(&c);
	problems_free(&p);
	strcpy(s.exp.columns.folder, "tr,dv");
	strcpy(s.exp.columns.id, "{who}_{clop}");
	strcpy(s.exp.columns.text, "{words");
	CHECK_INT(corpus_open(&c, &s, CORPUS_HEADERS, &p, &e), -1);
	CHECK_HAS(told(), "set/csv/train.csv:1: no column clop; the header has: clip, who, words, "
			  "class, mood; did you mean clip? (exp.columns.id names another column)");
	CHECK_HAS(told(), "exp.columns.folder: 2 folders; expected one for all lists, or 3");
	CHECK_HAS(told(), "exp.columns.text: a { without its }");
}

TEST(header_in_other_case)
{
	CHECK_INT(open_lists("case", " FILENAME ,utterance,\"emotion \"\n"
				     "tr/dia1_utt0.wav,hi, ang\t\n"),
		  0);
	CHECK_STR(told(), "");
	REQUIRE(c.list[0].n == 1);
	CHECK_STR(c.utt[0].text, "hi");
	CHECK_INT(c.utt[0].label, 0);
}

TEST(a_column_twice)
{
	CHECK_INT(open_lists("dup", "Filename,Utterance,Emotion,Emotion\n"
				    "tr/dia1_utt0.wav,hi,ang,hap\n"),
		  -1);
	CHECK_STR(told(), "error dup/csv/train.csv:1: the header has Emotion twice (columns 3 and "
			  "4); delete one of them, or rename it\n");
	/* One that is not read may. */
	CHECK_INT(open_lists("dup", "x,Filename,Utterance,x,Emotion\n"
				    ",tr/dia1_utt0.wav,hi,,ang\n"),
		  0);
	CHECK_STR(told(), "");
	CHECK_INT(open_lists("dup", "Filename,Utterance,emotion,Emotion\n"
				    "tr/dia1_utt0.wav,hi,x,hap\n"),
		  0);
	CHECK_STR(told(), "note dup/csv/train.csv:1: the header has Emotion and emotion (columns 4 "
			  "and 3); Emotion is read\n");
	CHECK_INT(c.utt[0].label, 1);
}

TEST(a_near_name_is_proposed)
{
	CHECK_INT(open_lists("near", "File name,Utterance,Emotions\ntr/dia1_utt0.wav,hi,ang\n"),
		  -1);
	CHECK_HAS(told(), "no column Filename; the header has: File name, Utterance, Emotions; did "
			  "you mean File name? (exp.columns.id names another column)");
	CHECK_HAS(told(), "no column Emotion; the header has: File name, Utterance, Emotions; did "
			  "you mean Emotions? (exp.columns.label names another column)");
}

TEST(no_column_of_words)
{
	CHECK_INT(open_lists("mute", "Filename,Emotion\ntr/dia1_utt0.wav,ang\n"), 0);
	CHECK_STR(told(), "note mute/csv/train.csv: no column of transcripts; they "
			  "are shown empty, training needs only their features (exp.columns.text "
			  "names the column)\n");
	CHECK_STR(c.utt[0].text, "");
	CHECK_INT(c.utt[0].words.rows, 2);

	CHECK_INT(open_sessions("mute5", "Utterance_ID,Emotion\nx,neu\n"), 0);
	CHECK_INT(p.n, 1);
}

/* ---- labels ---- */

TEST(labels_meant)
{
	CHECK_INT(open_lists("meant", HEADER "tr/dia1_utt0.wav,a, hap \n"
					     "tr/dia1_utt1.wav,b,Hap\n"
					     "tr/dia1_utt2.wav,c,aang\n"
					     "tr/dia1_utt3.wav,d,joyful\n"
					     "tr/dia1_utt4.wav,e, \n"),
		  0);
	CHECK_STR(told(),
		  "error meant/csv/train.csv:3: column Emotion: unknown label \"Hap\"; did you "
		  "mean hap? exp.labels has ang, hap, neu, sad\n"
		  "error meant/csv/train.csv:4: column Emotion: unknown label \"aang\"; did you "
		  "mean ang? exp.labels has ang, hap, neu, sad\n"
		  "error meant/csv/train.csv:5: column Emotion: unknown label \"joyful\"; expected "
		  "one of ang, hap, neu, sad (exp.labels)\n"
		  "error meant/csv/train.csv:6: column Emotion: no label; give one or delete the "
		  "row\n");
	CHECK_INT(c.list[0].n, 1);
	CHECK_INT(c.list[0].rows, 5);
}

/* ---- rows ---- */

TEST(empty_fields_too_many)
{
	CHECK_INT(open_lists("empty", HEADER "tr/dia1_utt0.wav,a,ang,\n"
					     ",,\n"
					     ",,,,\n"
					     " , ,\n"
					     "   \n"
					     "tr/dia1_utt1.wav,b,ang, ,\n"
					     "tr/dia1_utt2.wav,c, d,ang\n"),
		  0);
	CHECK_STR(told(), "error empty/csv/train.csv:8: 4 fields, the header has 3; put quotes "
			  "around a field that holds a comma\n");
	CHECK_INT(c.list[0].n, 2);
	CHECK_INT(c.list[0].rows, 3);
	CHECK_INT(c.utt[1].line, 7);

	/* A header with a comma more than its rows have. */
	CHECK_INT(open_lists("empty", "Filename,Utterance,Emotion,\n"
				      "tr/dia1_utt0.wav,a,ang\n"
				      "tr/dia1_utt1.wav,b,ang,\n"
				      "tr/dia1_utt2.wav,c,ang,7\n"
				      "tr/dia1_utt3.wav,d\n"),
		  0);
	CHECK_STR(told(), "error empty/csv/train.csv:5: the list is cut off in this row: 2 of 4 "
			  "fields, nothing from column Emotion on; complete the row or delete "
			  "it\n");
	CHECK_INT(c.list[0].n, 3);
}

TEST(spaces_around_quotes)
{
	CHECK_INT(open_lists("space", HEADER "tr/dia1_utt0.wav, \"a, b\",ang\n"
					     "tr/dia1_utt1.wav,\t\"say \"\"no\"\"\" , \"ang\" \r\n"
					     "tr/dia1_utt2.wav, \"Yes\" he said,ang\n"
					     "tr/dia1_utt3.wav,\"two\nlines\" ,ang\n"),
		  0);
	CHECK_STR(told(), "");
	REQUIRE(c.list[0].n == 4);
	CHECK_STR(c.utt[0].text, "a, b");
	CHECK_STR(c.utt[1].text, "say \"no\"");
	CHECK_STR(c.utt[2].text, " \"Yes\" he said");
	CHECK_STR(c.utt[3].text, "two\nlines");

	/* What stays broken is told with its reason. */
	CHECK_INT(open_lists("space", HEADER "tr/dia1_utt0.wav, \"Yes, he\" said,ang\n"
					     "tr/dia1_utt1.wav,fine,ang\n"),
		  0);
	CHECK_STR(told(), "error space/csv/train.csv:2: 4 fields, the header has 3; put quotes "
			  "around a field that holds a comma (the quote after a space counts as "
			  "text: delete the space)\n");
}

TEST(other_separators)
{
	static const char *const head[] = {
		"Filename;Utterance;Emotion\n", "Filename\tUtterance\tEmotion\n",
		"sep=;\r\nFilename;Utterance;Emotion\n", "Filename|Utterance|Emotion\n"};
	static const char *const row[] = {
		"tr/dia1_utt0.wav;\"a; b\";ang\n", "tr/dia1_utt0.wav\t a, b\tang\n",
		"tr/dia1_utt0.wav; \"a; b\";ang\n", "tr/dia1_utt0.wav|a; b|ang\n"};
	static const char *const text[] = {"a; b", " a, b", "a; b", "a; b"};
	char list[256];

	for (int i = 0; i < 4; i++) {
		snprintf(list, sizeof list, "%s%s", head[i], row[i]);
		CHECK_INT(open_lists("sep", list), 0);
		CHECK_STR(told(), "");
		REQUIRE(c.list[0].n == 1);
		CHECK_STR(c.utt[0].text, text[i]);
		CHECK_INT(c.utt[0].line, i == 2 ? 3 : 2);
	}
	CHECK_INT(open_lists("sep", "Filename;Utterance;Emotion\ntr/dia1_utt0.wav;a;b;ang\n"), 0);
	CHECK_HAS(told(), "put quotes around a field that holds a semicolon");
}

TEST(what_is_not_a_list)
{
	static const struct {
		const char *bytes;
		size_t n;
		const char *what;
	} file[] = {
		{"\xff\xfe"
		 "F\0i\0",
		 6, "UTF-16 text"},
		{"\xfe\xff\0F\0i", 6, "UTF-16 text"},
		{"F\0i\0l\0", 6, "UTF-16 text"},
		{"\0F\0i\0l", 6, "UTF-16 text"},
		{"PK\3\4xxxx", 8, "a ZIP file or an Excel workbook"},
		{"\x1f\x8b\x08xxxxx", 8, "compressed (gzip)"},
		{"<!DOCTYPE html>\n", 16, "a web page"},
		{"version https://git-lfs.github.com/spec/v1\n", 43, "a Git LFS pointer"},
	};

	for (size_t i = 0; i < sizeof file / sizeof file[0]; i++) {
		lists("kind", HEADER);
		temp_bytes(s.exp.train_csv, file[i].bytes, file[i].n);
		CHECK_INT(corpus_open(&c, &s, CORPUS_HEADERS, &p, &e), -1);
		CHECK_HAS(told(), "error kind/csv/train.csv: ");
		CHECK_HAS(told(), file[i].what);
		CHECK_HAS(told(), "save it as CSV in UTF-8");
	}
}

/* ---- features ---- */

TEST(a_folder_of_features_is_missing)
{
	struct problem_groups g;

	CHECK_INT(open_lists("nofolder", HEADER "gone/dia1_utt0.wav,a,ang\n"
						"gone/dia1_utt1.wav,b,ang\n"),
		  0);
	g = problems_grouped(&p);
	REQUIRE(g.n == 2); /* of the words, of the speech */
	CHECK_HAS(g.at[0].text, "2 rows: ");
	CHECK_HAS(g.at[0].text,
		  "nofolder/text/gone: no such folder of features; extract them, or correct "
		  "exp.text_dir or exp.columns.folder; in train.csv:2, 3");
	problem_groups_free(&g);
	CHECK_INT(problems_rows(&p), 2);
	/* Without those rows the list would be empty. */
	CHECK_INT(corpus_refuse(&c, &p, "with --skip-bad", &e), -1);
	CHECK_STR(e.text, "2 rows cannot be used; fix them");
}

TEST(leaving_out_is_advised_where_it_helps)
{
	CHECK_INT(open_lists("advice", HEADER "tr/dia1_utt0.wav,a,ang\n"
					      "tr/gone.wav,b,ang\n"),
		  0);
	CHECK_INT(p.errors, 2);
	CHECK_INT(corpus_refuse(&c, &p, "with --skip-bad", &e), -1);
	CHECK_STR(e.text, "1 row cannot be used; fix it, or leave it out with --skip-bad");
	err_clear(&e);
	CHECK_INT(corpus_refuse(&c, &p, NULL, &e), -1);
	CHECK_STR(e.text, "1 row cannot be used; fix it");

	err_clear(&e);
	CHECK_INT(open_lists("advice", HEADER "tr/dia1_utt0.wav,a,ang\n"), 0);
	CHECK_INT(corpus_refuse(&c, &p, "with --skip-bad", &e), 0);
}

/* ---- twins ---- */

static void link_audio(const char *folder, const char *from, const char *to)
{
	const char *a = temp_path("%s/audio/%s.npy", folder, from);
	const char *b = temp_path("%s/audio/%s.npy", folder, to);

	unlink(b);
	CHECK_INT(link(a, b), 0);
}

TEST(a_test_utterance_is_trained_on)
{
	lists("leak", HEADER "tr/dia1_utt0.wav,a,ang\n"
			     "tr/dia1_utt1.wav,b,ang\n"
			     "tr/dia1_utt2.wav,c,ang\n"
			     "tr/dia1_utt3.wav,d,ang\n");
	temp_text(s.exp.dev_csv, HEADER "dev/dia0_utt0.wav,hi,ang\n");
	temp_text(s.exp.test_csv, HEADER "test/dia0_utt0.wav,hi,ang\ntr/dia1_utt1.wav,b,ang\n");
	link_audio("leak", "tr/dia1_utt0", "dev/dia0_utt0");
	link_audio("leak", "tr/dia1_utt2", "tr/dia1_utt3");
	CHECK_INT(corpus_open(&c, &s, CORPUS_HEADERS, &p, &e), 0);
	CHECK_STR(
		told(),
		"note leak/csv/train.csv:5: leak/audio/tr/dia1_utt3.npy: this is also the feature "
		"file of train.csv:4: it counts twice; delete one of the rows\n"
		"warning leak/csv/dev.csv:2: leak/audio/dev/dia0_utt0.npy: this is also the "
		"feature "
		"file of train.csv:2: a validation utterance is trained on; delete one "
		"of the rows\n"
		"warning leak/csv/test.csv:3: leak/audio/tr/dia1_utt1.npy: this is also the "
		"feature "
		"file of train.csv:3: a test utterance is trained on; delete one of "
		"the rows\n");
	CHECK_INT(p.errors, 0);
	CHECK_INT(c.n, 7);
}

/* Each is told what the first of them is; sentences that are equal may share text. */
TEST(a_feature_file_of_many_rows)
{
	lists("many", HEADER "tr/dia1_utt0.wav,a,ang\n");
	temp_text(s.exp.dev_csv, HEADER "dev/dia0_utt0.wav,hi,ang\n");
	temp_text(s.exp.test_csv, HEADER "test/dia0_utt0.wav,hi,ang\ntr/dia1_utt1.wav,b,ang\n");
	link_audio("many", "tr/dia1_utt0", "dev/dia0_utt0");
	link_audio("many", "tr/dia1_utt0", "test/dia0_utt0");
	unlink(temp_path("many/text/tr/dia1_utt1.npy"));
	CHECK_INT(link(temp_path("many/text/tr/dia1_utt0.npy"),
		       temp_path("many/text/tr/dia1_utt1.npy")),
		  0);
	CHECK_INT(corpus_open(&c, &s, CORPUS_HEADERS, &p, &e), 0);
	CHECK_STR(told(), "warning many/csv/dev.csv:2: many/audio/dev/dia0_utt0.npy: this is also "
			  "the feature "
			  "file of train.csv:2: a validation utterance is trained on; delete one "
			  "of the rows\n"
			  "warning many/csv/test.csv:2: many/audio/test/dia0_utt0.npy: this is "
			  "also the feature "
			  "file of train.csv:2: a test utterance is trained on; delete one of the "
			  "rows\n"
			  "note many/csv/test.csv:3: many/text/tr/dia1_utt1.npy: this is also the "
			  "feature file "
			  "of train.csv:2; is one of them wrong?\n");
}

/* Sessions 1 to `last`, without `gap`; each has one utterance. */
static int open_numbered(const char *folder, int last, int gap)
{
	reset(LAYOUT_IEMOCAP, folder);
	for (int k = 1; k <= last; k++) {
		char name[64];

		if (k == gap)
			continue;
		temp_text(temp_path("%s/csv/Session%d.csv", folder, k),
			  "Utterance_ID,Text,Emotion\nx,hi,neu\n");
		snprintf(name, sizeof name, "Session%d/x", k);
		both(folder, name, 1, 10);
	}
	return corpus_open(&c, &s, CORPUS_HEADERS, &p, &e);
}

/* As many as there are, in numeric order. */
TEST(any_number_of_sessions)
{
	CHECK_INT(open_numbered("seven", 7, 0), 0);
	CHECK_INT(c.nlists, 7);
	CHECK_STR(told(), "");
	temp_text(temp_path("twelve/csv/Session1b.csv"), "no list");
	temp_text(temp_path("twelve/csv/Session013.csv"), "no list");
	CHECK_INT(open_numbered("twelve", 12, 0), 0);
	REQUIRE(c.nlists == 12);
	CHECK_STR(told(), "warning twelve/csv/Session013.csv: is not read; rename it to "
			  "Session13.csv if it is a list\n");
	CHECK_STR(c.list[1].name, "Session2");
	CHECK_STR(c.list[9].name, "Session10");
	CHECK_STR(c.utt[11].feature, "Session12/x");
	CHECK_INT(open_numbered("pair", 2, 0), 0);
	CHECK_INT(c.nlists, 2);
	CHECK_STR(told(), "note pair/csv: 2 sessions; IEMOCAP has 5\n");
	CHECK_INT(open_numbered("gap", 7, 3), -1);
	CHECK_HAS(e.text,
		  "gap/csv/Session3.csv: no such list, although Session7.csv exists; sessions "
		  "are numbered from 1 without a gap");
	CHECK_INT(open_numbered("first", 2, 1), -1);
	CHECK_HAS(e.text, "first/csv/Session1.csv: no such list, although Session2.csv exists; ");
	/* None at all: the published five are missed. */
	temp_text(temp_path("none/csv/readme"), "");
	CHECK_INT(open_numbered("none", 0, 0), -1);
	CHECK_HAS(told(), "none/csv/Session1.csv: ");
}

TEST(an_iemocap_utterance_in_two_sessions)
{
	both("two", "Session2/Ses01F_impro01_F000", 1, 10);
	temp_text(temp_path("two/keep"), "");
	reset(LAYOUT_IEMOCAP, "two");
	for (int k = 1; k <= 5; k++) {
		char name[64];

		temp_text(temp_path("two/csv/Session%d.csv", k),
			  k > 2 ? "Utterance_ID,Text,Emotion\nx,hi,neu\n"
				: "Utterance_ID,Text,Emotion\nSes01F_impro01_F000,hi,neu\n");
		snprintf(name, sizeof name, "Session%d/x", k);
		both("two", name, 1, 10);
	}
	both("two", "Session1/Ses01F_impro01_F000", 1, 10);
	CHECK_INT(corpus_open(&c, &s, CORPUS_HEADERS, &p, &e), 0);
	CHECK_STR(told(),
		  "warning two/csv/Session2.csv:2: this is also the utterance of Session1.csv:2: "
		  "in some folds a test utterance is trained on; delete one of "
		  "the rows\n");
}

/* ---- what is known of corpora ---- */

TEST(melds_known_clips)
{
	lists("clips", HEADER "tr/dia125_utt3.wav,a,ang\ntr/dia110_utt7.wav,b,ang\n");
	both("clips", "tr/dia125_utt3", 2, 20);
	both("clips", "tr/dia110_utt7", 2, 20);
	temp_text(s.exp.test_csv, HEADER "test/dia38_utt4.wav,hi,ang\ntest/dia0_utt0.wav,b,ang\n");
	CHECK_INT(corpus_open(&c, &s, CORPUS_HEADERS, &p, &e), 0);
	CHECK_HAS(told(), "note clips/csv/train.csv:2: dia125_utt3: MELD's training clip of this "
			  "name is known to be broken");
	CHECK_HAS(told(), "note clips/csv/test.csv:2: dia38_utt4: MELD's test clip of this name is "
			  "known to last far longer than its utterance");
	CHECK(!strstr(told(), "dia110_utt7"));
	/* Also of a row that cannot be used, as this one is likely to be. */
	CHECK_HAS(told(), "error clips/csv/test.csv:2: clips/text/test/dia38_utt4.npy: no such");
}

static int counted_labels = 7; /* of MELD's and others */

/* The census of a corpus with so many rows of each class in its lists. */
static const char *convention(enum layout layout, int classes, const int *rows)
{
	static char out[512];
	struct list list[5] = {0};
	struct corpus counted = {
		.layout = layout, .list = list, .nlists = layout == LAYOUT_IEMOCAP ? 5 : 3};
	struct str text = {0};

	reset(layout, "none");
	for (int i = 0; i < counted.nlists; i++)
		for (int k = 0; k < classes; k++) {
			int n = rows[i * classes + k];

			counted.list[i].of_class[k] += n;
			counted.list[i].rows += n;
		}
	if (classes == 7) {
		static const char *const label[] = {"anger",   "disgust", "fear",    "joy",
						    "neutral", "sadness", "surprise"};

		s.exp.nlabels = counted_labels;
		for (int k = 0; k < 7; k++)
			strcpy(s.exp.labels[k], label[k]);
	}
	census_convention(&counted, &s, &text);
	snprintf(out, sizeof out, "%s", str_text(&text));
	str_free(&text);
	return out;
}

TEST(usual_selections)
{
	int iemocap[20] = {1103, 1636, 1708, 1084}, meld[21] = {0};

	CHECK_STR(
		convention(LAYOUT_IEMOCAP, 4, iemocap),
		"the counts are those of IEMOCAP's usual four classes: 5,531 = ang 1,103, hap+exc "
		"1,636, neu 1,708, sad 1,084");
	iemocap[1] = 595;
	CHECK_HAS(convention(LAYOUT_IEMOCAP, 4, iemocap), "without exc: 4,490");
	iemocap[4] = 1; /* one row more, in session 2 */
	CHECK_HAS(convention(LAYOUT_IEMOCAP, 4, iemocap),
		  "the counts match no convention; the usual ones are those of IEMOCAP's");
	iemocap[0] = 3;
	CHECK_STR(convention(LAYOUT_IEMOCAP, 4, iemocap), "");

	meld[0] = 9989, meld[8] = 1109, meld[20] = 2610;
	CHECK_STR(convention(LAYOUT_LISTS, 7, meld),
		  "the rows are those of MELD's official lists: 9,989/1,109/2,610");
	meld[0]--, meld[8]--, meld[20]--;
	CHECK_HAS(convention(LAYOUT_LISTS, 7, meld),
		  "the rows are those of MELD as published with the model: 9,988/1,108/2,609");
	meld[0]--;
	CHECK_HAS(convention(LAYOUT_LISTS, 7, meld), "the rows match no convention");
	meld[0] = 12;
	CHECK_STR(convention(LAYOUT_LISTS, 7, meld), "");
	/* Another class among the labels: it is another task. */
	meld[0] = 9989;
	CHECK_HAS(convention(LAYOUT_LISTS, 7, meld), "the rows match no convention");
	counted_labels = 8;
	CHECK_STR(convention(LAYOUT_LISTS, 7, meld), "");
	counted_labels = 7;
}

TEST(rows_of_each_class)
{
	struct str text = {0};

	CHECK_INT(open_lists("class", HEADER "tr/dia1_utt0.wav,a,ang\n"
					     "tr/dia1_utt1.wav,b,sad\n"
					     "tr/gone.wav,c,sad\n"
					     "tr/dia1_utt2.wav,d,ang\n"),
		  0);
	census_table(&c, &s, &text);
	CHECK_STR(str_text(&text), "class   train     dev    test     all\n"
				   "ang         2       1       1       4\n"
				   "hap         0       0       0       0\n"
				   "neu         0       0       0       0\n"
				   "sad         2       0       0       2\n"
				   "all         4       1       1       6\n");
	str_free(&text);
	problems_free(&p);
	census_note(&c, &s, &p);
	CHECK_STR(told(), "note class hap of exp.labels: no list has a row with it; remove it from "
			  "exp.labels, or correct the labels\n"
			  "note class neu of exp.labels: no list has a row with it; remove it from "
			  "exp.labels, or correct the labels\n"
			  "note class sad of exp.labels: no row with it in dev.csv, test.csv; "
			  "figures there cover only the other classes\n");
	/* A list of no rows lacks no class in particular. */
	c.list[1].rows = c.list[1].of_class[0] = 0;
	problems_free(&p);
	census_note(&c, &s, &p);
	CHECK_HAS(told(), "class sad of exp.labels: no row with it in test.csv; ");
	CHECK(!strstr(told(), "class ang"));
}

int main(int argc, char **argv)
{
	int failed = TEST_MAIN(argc, argv);

	corpus_close(&c);
	problems_free(&p);
	return failed;
}
