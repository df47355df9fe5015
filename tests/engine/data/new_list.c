/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A list that a trained model is to predict: labels may be missing, features may lie in
 * one folder. */
#include "tests/engine/corpora.h"

#include "engine/data/opening.h"

static int open_how(const char *folder, const char *text, unsigned how)
{
	static char path[PATH_LEN];
	const struct new_list list = {path, {"--text", "--audio"}};
	struct settings kept = s; /* what a test has set */

	problems_free(&p);
	corpus_close(&c);
	err_clear(&e);
	snprintf(path, sizeof path, "%s", temp_path("%s/new.csv", folder));
	temp_text(path, text);
	s = kept;
	return corpus_open_new(&c, &s, &list, how, &p, &e);
}

static int open_new(const char *folder, const char *text)
{
	return open_how(folder, text, CORPUS_HEADERS);
}

/* Six rows of features in FOLDER/tr and, flat, x and y. */
static void make(const char *folder)
{
	lists(folder, HEADER "tr/dia1_utt0.wav,a,ang\n");
	both(folder, "x", 2, 20);
	both(folder, "y", 2, 21);
}

TEST(without_labels)
{
	make("bare");
	CHECK_INT(open_new("bare", "Filename,Utterance\nx.wav,hello\nsome/y.wav,you\n"
				   "tr/dia1_utt0.wav,there\n"),
		  0);
	CHECK_STR(told(), "note bare/new.csv: no column Emotion (exp.columns.label), so the true "
			  "labels are not known\n");
	CHECK_INT(c.nlists, 1);
	CHECK_STR(c.list[0].name, "list");
	REQUIRE(c.n == 3);
	CHECK_STR(c.utt[0].id, "x");
	CHECK_STR(c.utt[0].text, "hello");
	CHECK_INT(c.utt[0].label, LABEL_NONE);
	CHECK_STR(utterance_feature(&c.utt[1], MODALITY_AUDIO), "y");
	CHECK_STR(utterance_feature(&c.utt[2], MODALITY_AUDIO), "tr/dia1_utt0");
	CHECK_INT(c.utt[1].frames.rows, 21);
}

/* Any columns, in any order; neither texts nor labels. */
TEST(one_column_and_one_row)
{
	make("one");
	CHECK_INT(open_new("one", "\xef\xbb\xbf"
				  "Nr,FILENAME,Other\r\n7,x,\"a\r\nb\"\r\n"),
		  0);
	REQUIRE(c.n == 1);
	CHECK_STR(c.utt[0].id, "x");
	CHECK_STR(c.utt[0].text, "");
	CHECK_INT(open_new("one", "Filename\nx\n"), 0);
	CHECK_INT(c.n, 1);
	CHECK_INT(open_new("one", "Filename\n"), -1);
	CHECK_HAS(told(), "error one/new.csv: an empty list: a header and no rows\n");
	CHECK_INT(open_new("one", ""), -1);
	CHECK_INT(open_new("one", "\n\n"), -1);
}

TEST(some_labels)
{
	make("some");
	CHECK_INT(open_new("some", HEADER "x.wav,a,ang\ny.wav,b,\ntr/dia1_utt0.wav,c,happy\n"
					  "tr/dia1_utt1.wav,d, sad \ntr/dia1_utt2.wav,e,zzz\n"),
		  0);
	CHECK_STR(told(),
		  "warning some/new.csv:4: column Emotion: \"happy\" is not one of ang, hap, "
		  "neu, sad (did you mean hap?); 2 rows with such labels are read as not "
		  "labelled\n");
	REQUIRE(c.n == 5);
	CHECK_INT(c.utt[0].label, 0);
	CHECK_INT(c.utt[1].label, LABEL_NONE);
	CHECK_INT(c.utt[2].label, LABEL_NONE);
	CHECK_INT(c.utt[3].label, 3);
	CHECK_INT(c.utt[4].label, LABEL_NONE);
}

TEST(labels_by_the_map)
{
	make("map");
	s.exp.map.n = 2;
	strcpy(s.exp.map.at[0].from, "happy");
	strcpy(s.exp.map.at[0].to, "hap");
	strcpy(s.exp.map.at[1].from, "fru");
	strcpy(s.exp.map.at[1].to, "drop");
	CHECK_INT(open_new("map", HEADER "absent,a,fru\nx.wav,a,happy\ny.wav,b,\n"), 0);
	CHECK_STR(told(), "note map/new.csv: exp.map leaves out 1 of the 3 rows\n");
	REQUIRE(c.n == 2);
	CHECK_INT(c.utt[0].label, 1);
	CHECK_INT(c.utt[1].label, LABEL_NONE);
	CHECK_INT(open_new("map", HEADER "absent,a,fru\n"), -1);
	CHECK_HAS(told(), "exp.map drops all of its 1 rows");
	/* Without a column of labels nothing is dropped. */
	CHECK_INT(open_new("map", "Filename\nx\n"), 0);
	CHECK_INT(c.n, 1);
}

/* Text in folders, speech in one. */
TEST(each_kind_where_it_is)
{
	make("mixed");
	features(temp_path("mixed/text/a/z.npy"), 3, TEXT_DIM, 0, 0, 1);
	features(temp_path("mixed/audio/z.npy"), 30, AUDIO_DIM, 0, 0, 1);
	CHECK_INT(open_new("mixed", "Filename\na/z.wav\n"), 0);
	CHECK_STR(utterance_feature(&c.utt[0], MODALITY_TEXT), "a/z");
	CHECK_STR(utterance_feature(&c.utt[0], MODALITY_AUDIO), "z");
	CHECK_INT(c.utt[0].frames.rows, 30);
	/* A fault of a value names the file that was read. */
	features(temp_path("mixed/audio/z.npy"), 30, AUDIO_DIM, 3, 1, INFINITY);
	CHECK_INT(open_new("mixed", "Filename\na/z.wav\n"), 0);
	CHECK_INT(utterance_check(&c, 0, &e), -1);
	CHECK_HAS(e.text, "mixed/audio/z.npy: row 3, column 1");
}

/* Clips of one stem in two folders are two, and one file cannot be both. */
TEST(one_stem_in_two_folders)
{
	make("stems");
	CHECK_INT(open_new("stems", "Filename\na/x.wav\nb/x.wav\n"), 0);
	CHECK_INT(p.errors, 4);
	CHECK_HAS(told(),
		  "error stems/new.csv:2: stems/text/a/x.npy: no such feature file; extract "
		  "it or correct --text\n");
	both("stems", "a/x", 2, 20);
	both("stems", "b/x", 2, 20);
	CHECK_INT(open_new("stems", "Filename\na/x.wav\nb/x.wav\n"), 0);
	CHECK_INT(p.errors, 0);
	CHECK_STR(c.utt[1].id, "b/x");
}

TEST(published_headers)
{
	static const char iemocap[] = "Utterance_ID,Text,Emotion\nSes03F_impro01_M000,a,ang\n";
	static const char meld[] = "Utterance,Emotion,Dialogue_ID,Utterance_ID\na,ang,3,4\n";

	make("heads");
	both("heads", "Ses03F_impro01_M000", 2, 20);
	both("heads", "dia3_utt4", 2, 20);
	for (int k = 0; k < 2; k++) {
		s.layout = k ? LAYOUT_IEMOCAP : LAYOUT_LISTS;
		CHECK_INT(open_new("heads", iemocap), 0);
		CHECK_STR(told(), "");
		CHECK_STR(c.utt[0].id, "Ses03F_impro01_M000");
		CHECK_STR(c.utt[0].text, "a");
		CHECK_STR(utterance_feature(&c.utt[0], MODALITY_TEXT), "Ses03F_impro01_M000");
		CHECK_INT(open_new("heads", meld), 0);
		CHECK_STR(c.utt[0].id, "dia3_utt4");
		CHECK_INT(open_new("heads", "Filename,Utterance_ID\nx.wav,Ses03F_impro01_M000\n"),
			  0);
		CHECK_STR(c.utt[0].id, k ? "Ses03F_impro01_M000" : "x");
	}
	both("heads", "Session3/Ses03F_impro01_M000", 2, 30);
	CHECK_INT(open_new("heads", iemocap), 0);
	CHECK_INT(c.utt[0].frames.rows, 30);
	CHECK_INT(open_new("heads", "clip,words\nx,a\n"), -1);
	CHECK_HAS(told(),
		  "error heads/new.csv:1: no column that names the utterances; expected "
		  "Filename, Utterance_ID, or Dialogue_ID and Utterance_ID; the header has: "
		  "clip, words (--set exp.columns.id=COLUMN names another column)\n");
}

TEST(columns_of_the_session)
{
	make("columns");
	strcpy(s.exp.columns.id, "{who}_{Clip}.wav");
	strcpy(s.exp.columns.folder, "a,b,c"); /* of its three lists */
	strcpy(s.exp.columns.text, "Words");
	strcpy(s.exp.columns.label, "class");
	both("columns", "A_1", 2, 20);
	CHECK_INT(open_new("columns", "who,Clip,class\nA,1,sad\n"), 0);
	CHECK_STR(told(), "");
	CHECK_STR(c.utt[0].id, "A_1");
	CHECK_INT(c.utt[0].label, 3);
	CHECK_INT(open_new("columns", "Filename,class\nx,sad\n"), -1);
	CHECK_HAS(told(), "no column who; the header has: Filename, class (exp.columns.id names "
			  "another column)");
	strcpy(s.exp.columns.folder, "tr");
	strcpy(s.exp.columns.id, "Clip");
	CHECK_INT(open_new("columns", "Clip\ndia1_utt0\nx\n"), 0);
	CHECK_STR(utterance_feature(&c.utt[0], MODALITY_AUDIO), "tr/dia1_utt0");
	CHECK_STR(utterance_feature(&c.utt[1], MODALITY_AUDIO), "x");
	strcpy(s.exp.columns.id, "Filename");
	CHECK_INT(open_new("columns", "Filename,filename,Filename\na,b,c\n"), -1);
	CHECK_HAS(told(), "the header has Filename twice (columns 1 and 3)");
}

TEST(faults_of_rows)
{
	make("faults");
	features(temp_path("faults/audio/x.npy"), 20, AUDIO_DIM + 1, 0, 0, 1);
	temp_text(temp_path("faults/text/y.npy"), "text");
	CHECK_INT(open_new("faults", HEADER "x.wav,a,ang\ny.wav,b,\nabsent.wav,c,\n,d,\n"
					    "tr/dia1_utt0.wav,e,\nother/dia1_utt0.wav,f,\n"
					    "tr/dia1_utt1.wav,g,\ntr/dia1_utt1.wav,h,\n"
					    "tr/dia1_utt2.wav\n"),
		  0);
	CHECK_HAS(told(), "new.csv:2: faults/audio/x.npy: rows have 3 values, but the model was "
			  "trained on 2 (model.audio_feat_dim); extract it as the features it was "
			  "trained on\n");
	CHECK_HAS(told(), "new.csv:3: faults/text/y.npy: not a .npy file");
	CHECK_HAS(told(), "new.csv:4: faults/text/absent.npy: no such feature file; extract it "
			  "or correct --text\n");
	CHECK_HAS(told(), "new.csv:4: faults/audio/absent.npy: no such feature file; extract it "
			  "or correct --audio\n");
	CHECK_HAS(told(), "new.csv:5: no id; give one or delete the row\n");
	CHECK_HAS(told(), "new.csv:9: the id \"tr/dia1_utt1\" already appears in line 8");
	CHECK_HAS(told(), "new.csv:10: the list is cut off in this row");
	CHECK_INT(problems_rows(&p), 7);
	CHECK_INT(open_how("faults", HEADER "x.wav,a,ang\ntr/dia1_utt0.wav,e,\n", CORPUS_SKIP_BAD),
		  0);
	CHECK_INT(c.n, 1);
	CHECK_INT(c.nleft, 1);
	CHECK_INT(open_how("faults", HEADER "x.wav,a,ang\n", CORPUS_SKIP_BAD), -1);
	CHECK_HAS(told(), "none of the 1 rows is usable");
	strcpy(s.exp.audio_dir, temp_path("faults/nowhere"));
	CHECK_INT(open_new("faults", "Filename\nx\n"), -1);
	CHECK_HAS(told(), "faults/nowhere: no such folder; correct --audio\n");
}

int main(int argc, char **argv)
{
	int failed = TEST_MAIN(argc, argv);

	corpus_close(&c);
	problems_free(&p);
	return failed;
}
