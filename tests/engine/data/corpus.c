/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/engine/corpora.h"
#include "engine/data/opening.h"
TEST(iemocap)
{
	reset(LAYOUT_IEMOCAP, "ie");
	for (int k = 1; k <= 5; k++) {
		char name[64];

		temp_text(temp_path("ie/csv/Session%d.csv", k),
			  k == 2 ? "\xef\xbb\xbf"
				   "Emotion,extra,Utterance_ID,Text\r\n"
				   "sad,1,Ses02F_impro01_M003,\"said \"\"no\"\",\r\nthen left\"\r\n"
				   "\r\n"
				   "hap,2,Ses02F_impro01_F004, blanks stay \r\n"
				 : "Utterance_ID,Text,Emotion\nx,caf\xc3\xa9,neu");
		snprintf(name, sizeof name, "Session%d/x", k);
		both("ie", name, 1, 10);
	}
	both("ie", "Session2/Ses02F_impro01_M003", 4, 11);
	both("ie", "Session2/Ses02F_impro01_F004", 5, 12);
	CHECK_INT(corpus_open(&c, &s, CORPUS_DEEP, &p, &e), 0);
	CHECK_STR(told(), "");
	REQUIRE(c.n == 6 && c.nlists == 5);
	CHECK_STR(c.list[1].name, "Session2");
	CHECK_INT(c.list[1].first, 1);
	CHECK_INT(c.list[1].n, 2);
	CHECK_INT(c.list[4].n, 1);
	CHECK_STR(c.utt[1].id, "Ses02F_impro01_M003");
	CHECK_STR(c.utt[1].text, "said \"no\",\r\nthen left");
	CHECK_STR(c.utt[1].speaker, "Ses02M");
	CHECK_STR(c.utt[1].dialogue, "Ses02F_impro01");
	CHECK_STR(c.utt[1].feature, "Session2/Ses02F_impro01_M003");
	CHECK_INT(c.utt[1].label, 3);
	CHECK_INT(c.utt[1].line, 2);
	CHECK_INT(c.utt[1].words.rows, 4);
	CHECK_INT(c.utt[1].frames.rows, 11);
	CHECK_INT(c.utt[2].line, 5);
	CHECK_STR(c.utt[2].text, " blanks stay ");
	CHECK_STR(c.utt[2].speaker, "Ses02F");
	CHECK_STR(c.utt[0].speaker, "");
	CHECK_STR(c.utt[0].dialogue, "x");
	CHECK_STR(c.utt[0].text, "caf\xc3\xa9");
	CHECK_INT(c.utt[3].list, 2);
}

TEST(lists_and_speakers)
{
	lists("li", "Sentiment,Emotion,Speaker,Filename,Utterance\n"
		    "x,ang,Joey,/corpora/MELD/tr/dia1_utt0.wav,one\n"
		    "x,hap,Phoebe,tr/dia1_utt1.mp4,say \"two\" now\n");
	CHECK_INT(corpus_open(&c, &s, CORPUS_HEADERS, &p, &e), 0);
	CHECK_STR(told(), "");
	REQUIRE(c.n == 4);
	CHECK_STR(c.utt[0].id, "dia1_utt0");
	CHECK_STR(c.utt[0].feature, "tr/dia1_utt0");
	CHECK_STR(c.utt[0].dialogue, "dia1");
	CHECK_STR(c.utt[0].speaker, "Joey");
	CHECK_STR(c.utt[1].text, "say \"two\" now");
	CHECK_STR(c.utt[2].speaker, "");
	CHECK_INT(c.utt[3].list, 2);

	corpus_close(&c);
	strcpy(s.exp.speaker, "Sentiment");
	CHECK_INT(corpus_open(&c, &s, CORPUS_HEADERS, &p, &e), -1);
	CHECK_HAS(e.text, "dev.csv:1: no column Sentiment; the header has: Filename, Utterance, "
			  "Emotion");
}

TEST(all_faults_at_once)
{
	lists("all", HEADER "a/tr/dia1_utt0.wav,good,ang\n"
			    "a/tr/absent.wav,no file,ang\n"
			    "a/tr/dia1_utt1.wav,odd label,joyful\n"
			    "a/tr/dia1_utt0.wav,again,ang\n"
			    "a/tr/dia1_utt2.wav,short\n"
			    "a/tr/dia1_utt3.wav,a comma, unquoted,ang\n"
			    "a/tr/dia1_utt4.wav,\"two\nlines\",ang\n"
			    "a/tr/wide.wav,wide,ang\n"
			    "a/tr/none.wav,no rows,ang\n"
			    "a/tr/text.wav,no array,ang\n"
			    ",no id,ang\n"
			    "a/tr/dia1_utt5.wav,caf\xe9,ang\n"
			    "a/tr/dia1_ut");
	both("all", "tr/wide", 2, 20);
	features(temp_path("all/audio/tr/wide.npy"), 20, AUDIO_DIM + 1, 0, 0, 1);
	both("all", "tr/none", 2, 0);
	both("all", "tr/text", 2, 20);
	temp_text(temp_path("all/text/tr/text.npy"), "no array at all\n");
	CHECK_INT(corpus_open(&c, &s, CORPUS_HEADERS, &p, &e), 0);
	CHECK_STR(
		told(),
		"error all/csv/train.csv:3: all/text/tr/absent.npy: no such feature file; "
		"extract it or correct exp.text_dir\n"
		"error all/csv/train.csv:3: all/audio/tr/absent.npy: no such feature file; "
		"extract it or correct exp.audio_dir\n"
		"error all/csv/train.csv:4: column Emotion: unknown label \"joyful\"; expected "
		"one of ang, hap, neu, sad (exp.labels)\n"
		"error all/csv/train.csv:5: the id \"dia1_utt0\" already appears in line 2; delete "
		"one of the rows\n"
		"error all/csv/train.csv:6: a torn row: 2 of 3 fields, nothing from column "
		"Emotion on; complete the row or delete it\n"
		"error all/csv/train.csv:7: 4 fields, the header has 3; put quotes around a field "
		"that holds a comma\n"
		"error all/csv/train.csv:10: all/audio/tr/wide.npy: rows have 3 values, "
		"but model.audio_feat_dim is 2; correct one of them\n"
		"error all/csv/train.csv:11: all/audio/tr/none.npy: no rows; extract it again or "
		"leave the row out\n"
		"error all/csv/train.csv:12: all/text/tr/text.npy: not a .npy file; expected a "
		"file as numpy.save writes it\n"
		"error all/csv/train.csv:13: no id; give one or delete the row\n"
		"note all/csv/train.csv:14: not valid UTF-8; invalid bytes read as U+FFFD: save "
		"the list as UTF-8\n"
		"error all/csv/train.csv:15: the list is cut off in this row: 1 of 3 fields, "
		"nothing from column Utterance on; complete the row or delete it\n");
	CHECK_INT(p.errors, 11);
	CHECK_INT(p.n, 12);
	CHECK_INT(p.at[0].line, 3);
	CHECK_HAS(p.at[0].file, "all/text/tr/absent.npy");
	CHECK_HAS(p.at[2].file, "all/csv/train.csv");
	CHECK_INT(c.list[0].n, 3);
	REQUIRE(c.nleft == 10);
	CHECK_INT(c.left[0].line, 3);
	CHECK_STR(c.left[0].id, "absent");
	CHECK_HAS(c.left[0].why, "all/text/tr/absent.npy: no such feature file; ");
	CHECK_INT(c.left[9].line, 15); /* cut off in the middle */
	CHECK_STR(c.left[9].id, "");
	CHECK_INT(strncmp(c.left[9].why, "the list is cut off in this row: ", 33), 0);
	CHECK_STR(c.utt[1].id, "dia1_utt4");
	CHECK_STR(c.utt[1].text, "two\nlines");
	CHECK_STR(c.utt[2].text, "caf\xef\xbf\xbd");
}

/* What lies after a field's end, here of a longer field before, is not looked at. */
TEST(text_that_ends_within_a_character)
{
	lists("end", "Note,Utterance,Filename,Emotion\n"
		     "aa\x82,\xe2\x82,tr/dia1_utt0.wav,ang\n");
	REQUIRE(corpus_open(&c, &s, CORPUS_HEADERS, &p, &e) == 0);
	CHECK_STR(c.utt[0].text, "\xef\xbf\xbd\xef\xbf\xbd");
}

/* RFC 3629: each byte that is of no character is one U+FFFD, overlong forms too. */
TEST(text_that_is_not_utf8)
{
#define BAD "\xef\xbf\xbd"
	static const struct {
		const char *text, *reads; /* NULL: as it is */
	} some[] = {
		{"\xc2\xa0-\xdf\xbf-\xe0\xa0\x80-\xed\x9f\xbf-\xee\x80\x80-\xef\xbf\xbf", NULL},
		{"\xf0\x90\x80\x80-\xf4\x8f\xbf\xbf", NULL},
		{"a\xc0\xaf"
		 "b",
		 "a" BAD BAD "b"}, /* a slash in two bytes */
		{"\xc1\xbf", BAD BAD},
		{"\xe0\x80\xaf", BAD BAD BAD},
		{"\xe0\x9f\xbf", BAD BAD BAD},
		{"\xf0\x80\x80\xaf", BAD BAD BAD BAD},
		{"\xf0\x8f\xbf\xbf", BAD BAD BAD BAD},
		{"\xed\xa0\x80", BAD BAD BAD}, /* a surrogate */
		{"\xed\xbf\xbf", BAD BAD BAD},
		{"\xf4\x90\x80\x80", BAD BAD BAD BAD}, /* above U+10FFFF */
		{"\xf5\x80\x80\x80", BAD BAD BAD BAD},
		{"\x80x\xe2\x82", BAD "x" BAD BAD}, /* begins within one, ends within one */
		{"\xe2\x82x", BAD BAD "x"},
	};
#undef BAD

	for (size_t i = 0; i < sizeof some / sizeof some[0]; i++) {
		char text[256];

		snprintf(text, sizeof text, HEADER "tr/dia1_utt0.wav,%s,ang\n", some[i].text);
		lists("utf8", text);
		REQUIRE(corpus_open(&c, &s, CORPUS_HEADERS, &p, &e) == 0);
		CHECK_STR(c.utt[0].text, some[i].reads ? some[i].reads : some[i].text);
		CHECK_STR(told(), some[i].reads
					  ? "note utf8/csv/train.csv:2: not valid UTF-8; invalid "
					    "bytes read as U+FFFD: save the list as UTF-8\n"
					  : "");
		corpus_close(&c);
	}
}

TEST(a_list_cut_off_within_quotes)
{
	lists("cut", HEADER "tr/dia1_utt0.wav,whole,ang\n"
			    "tr/dia1_utt1.wav,\"half a row\nand its");
	CHECK_INT(corpus_open(&c, &s, CORPUS_HEADERS, &p, &e), 0);
	CHECK_STR(told(),
		  "error cut/csv/train.csv:3: column Utterance: a quote is opened and never "
		  "closed (is the list cut off in this row?); complete the row or delete "
		  "it\n");
	CHECK_INT(c.list[0].n, 1);
}

TEST(a_lost_quote_costs_one_row)
{
	lists("lost", HEADER "tr/dia1_utt0.wav,\"lost,ang\n"
			     "tr/dia1_utt1.wav,\"fine, this\",ang\n"
			     "tr/dia1_utt2.wav,\"half\" quoted,ang\n"
			     "tr/dia1_utt3.wav,fine,ang\n"
			     "tr/dia1_utt4.wav,\"never closed,ang\n"
			     "tr/dia1_utt5.wav,fine,ang\n");
	CHECK_INT(corpus_open(&c, &s, CORPUS_HEADERS, &p, &e), 0);
	CHECK_INT(p.errors, 3);
	CHECK_HAS(told(), "train.csv:2: column Utterance: text after a closing quote");
	CHECK_HAS(told(), "train.csv:4: column Utterance: text after a closing quote");
	CHECK_HAS(told(), "train.csv:6: column Utterance: a quote is opened and never closed");
	REQUIRE(c.list[0].n == 3);
	CHECK_STR(c.utt[0].id, "dia1_utt1");
	CHECK_STR(c.utt[1].id, "dia1_utt3");
	CHECK_STR(c.utt[2].id, "dia1_utt5");
}

TEST(values)
{
	static const char train[] = HEADER "tr/dia1_utt0.wav,good,ang\n"
					   "tr/nan.wav,bad,ang\n"
					   "tr/inf.wav,bad,ang\n"
					   "tr/zero.wav,odd,ang\n"
					   "tr/short.wav,odd,ang\n"
					   "tr/long.wav,odd,ang\n";

	lists("val", train);
	both("val", "tr/nan", 2, 20);
	features(temp_path("val/audio/tr/nan.npy"), 20, AUDIO_DIM, 7, 1, NAN);
	both("val", "tr/inf", 2, 20);
	features(temp_path("val/text/tr/inf.npy"), 3, TEXT_DIM, 2, 0, -INFINITY);
	both("val", "tr/zero", 2, 20);
	temp_parents(temp_path("val/text/tr/zero.npy"));
	CHECK_INT(npy_write(temp_path("val/text/tr/zero.npy"),
			    (const float[]){1, -1, 0, 0, 0, 0, 1, 2, 3}, 3, TEXT_DIM, &e),
		  0);
	both("val", "tr/short", 2, 2);
	both("val", "tr/long", 2, 11753);

	CHECK_INT(corpus_open(&c, &s, CORPUS_HEADERS, &p, &e), 0);
	CHECK_STR(told(),
		  "note val/csv/train.csv:6: val/audio/tr/short.npy: 2 frames, under 10; is "
		  "the clip whole?\n"
		  "note val/csv/train.csv:7: val/audio/tr/long.npy: 11753 frames, over 3000; "
		  "its batches are slow and large\n");
	CHECK_INT(p.errors, 0);
	REQUIRE(c.list[0].n == 6);
	CHECK_INT(utterance_check(&c, 0, &e), 0);
	CHECK_INT(c.utt[0].checked, 1);
	CHECK_INT(utterance_check(&c, 1, &e), -1);
	CHECK_HAS(e.text, "val/csv/train.csv:3: ");
	CHECK_HAS(e.text, "val/audio/tr/nan.npy: row 7, column 1 (from 0) is NaN; ");
	CHECK_INT(c.utt[1].checked, 0);

	corpus_close(&c);
	problems_free(&p);
	err_clear(&e);
	CHECK_INT(corpus_open(&c, &s, CORPUS_DEEP, &p, &e), 0);
	CHECK_INT(p.errors, 2);
	CHECK_INT(p.n, 5);
	CHECK_HAS(told(),
		  "error val/csv/train.csv:3: val/audio/tr/nan.npy: row 7, column 1 (from 0) "
		  "is NaN");
	CHECK_HAS(told(),
		  "error val/csv/train.csv:4: val/text/tr/inf.npy: row 2, column 0 (from 0) "
		  "is -Inf");
	CHECK_HAS(told(), "note val/csv/train.csv:5: val/text/tr/zero.npy: 1 of 3 rows hold only "
			  "zeros");
	CHECK(p.at[0].value && p.at[2].value && !p.at[3].value);

	corpus_close(&c);
	problems_free(&p);
	CHECK_INT(corpus_open(&c, &s, CORPUS_SKIP_BAD, &p, &e), 0);
	CHECK_INT(c.list[0].n, 4);
	REQUIRE(c.nleft == 2);
	CHECK_INT(c.left[1].list, 0);
	CHECK_STR(c.left[1].id, "inf");
	CHECK_HAS(c.left[1].why, "val/text/tr/inf.npy: row 2, column 0 (from 0) is -Inf");
	CHECK_INT(c.utt[0].checked, 1);
}

/* What a session left out stays out, also once it could be read. */
TEST(known_rows)
{
	static char part[] = "train", dev[] = "dev", gone[] = "", why[] = "was torn";
	static char id2[] = "dia1_utt2", id0[] = "dia1_utt0", id4[] = "dia1_utt4", other[] = "x";
	const struct known_row known[] = {
		{part, 99, id2, why}, /* has moved */
		{part, 5, id0, why},  /* the second of two with this id */
		{part, 6, gone, why}, /* had no id */
		{dev, 2, id4, why},   /* not in this list */
		{part, 3, other, why} /* is not there any more */
	};
	enum { N = sizeof known / sizeof known[0] };

	lists("known", HEADER "tr/dia1_utt0.wav,first,ang\n"
			      "tr/dia1_utt1.wav,good,hap\n"
			      "tr/dia1_utt2.wav,left out,sad\n"
			      "tr/dia1_utt0.wav,twin,ang\n"
			      "tr/dia1_utt3.wav,whole now,sad\n"
			      "tr/dia1_utt4.wav,good,sad\n"
			      "tr/dia1_utt5.wav,bad,odd\n");
	CHECK_INT(corpus_open_known(&c, &s, CORPUS_HEADERS, known, N, &p, &e), 0);
	REQUIRE(c.list[0].n == 3 && c.list[1].n == 1);
	CHECK_STR(c.utt[0].text, "first");
	CHECK_STR(c.utt[1].id, "dia1_utt1");
	CHECK_STR(c.utt[2].id, "dia1_utt4");
	REQUIRE(c.nleft == 4);
	CHECK(c.left[0].known && c.left[1].known && c.left[2].known && !c.left[3].known);
	CHECK_STR(c.left[0].id, "dia1_utt2");
	CHECK_INT(c.left[0].line, 4);
	CHECK_STR(c.left[0].why, "was torn");
	CHECK_INT(c.left[1].line, 5);
	CHECK_STR(c.left[2].id, "dia1_utt3");
	CHECK_INT(p.errors, 1); /* the one that nobody knew */
}

TEST(lists_of_no_use)
{
	lists("no", "Filename,Utterance\ntr/dia1_utt0.wav,hi\n");
	temp_text(s.exp.dev_csv, HEADER);
	temp_text(s.exp.test_csv, "");
	CHECK_INT(corpus_open(&c, &s, CORPUS_HEADERS, &p, &e), -1);
	CHECK_STR(told(),
		  "error no/csv/train.csv:1: no column Emotion; the header has: Filename, "
		  "Utterance (exp.columns.label names another column)\n"
		  "error no/csv/dev.csv: an empty list: a header and no rows\n"
		  "error no/csv/test.csv:1: an empty list; expected a header with the names "
		  "of the columns\n");
	CHECK_HAS(e.text, "no/csv/train.csv:1: no column Emotion");

	lists("no", HEADER "tr/absent.wav,hi,ang\n");
	unlink(s.exp.dev_csv);
	temp_bytes(s.exp.test_csv,
		   "\xff\xfe"
		   "F\0i\0",
		   6);
	CHECK_INT(corpus_open(&c, &s, CORPUS_SKIP_BAD, &p, &e), -1);
	CHECK_HAS(told(), "train.csv:2: no/text/tr/absent.npy: no such");
	CHECK_HAS(told(), "no/csv/train.csv: none of the 1 rows is usable");
	CHECK_HAS(told(), "no/csv/dev.csv: ");
	CHECK_HAS(told(), "no/csv/test.csv: UTF-16 text");

	lists("no", HEADER "tr/dia1_utt0.wav,hi,ang\n");
	strcat(s.exp.audio_dir, "x");
	CHECK_INT(corpus_open(&c, &s, CORPUS_HEADERS, &p, &e), -1);
	CHECK_STR(told(), "error no/audiox: no such folder; correct exp.audio_dir\n");
}

/* Whatever the bytes of a list, reading it ends, and each row is told or taken. */
TEST(hostile_lists)
{
	static const char good[] = HEADER "tr/dia1_utt0.wav,\"a \"\"b\"\", c\nd\",ang\r\n"
					  "tr/dia1_utt1.wav,x,hap\n";
	static const char odd[] = "\",\n\r\0\xff\xc3 a";
	char bad[sizeof good];
	size_t n = sizeof good - 1;

	lists("host", good);
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < sizeof odd; k++) {
			memcpy(bad, good, n);
			bad[i] = odd[k];
			temp_bytes(s.exp.train_csv, bad, k ? n : i); /* k = 0: cut off here */
			corpus_close(&c);
			problems_free(&p);
			err_clear(&e);
			if (corpus_open(&c, &s, CORPUS_HEADERS, &p, &e) == 0)
				CHECK(c.list[0].n + c.nleft > 0);
			else
				CHECK_HAS(told(), "host/csv/train.csv");
		}
}

/* ---- recorded data beside the project ---- */

static void recorded(const char *folder, enum layout layout, int text_dim, int audio_dim)
{
	static const char *const iemocap[] = {"ang", "hap", "neu", "sad"};
	static const char *const meld[] = {"anger",   "disgust", "fear",    "joy",
					   "neutral", "sadness", "surprise"};

	reset(layout, "recorded");
	snprintf(s.exp.text_dir, PATH_LEN, "%s/bert", folder);
	snprintf(s.exp.audio_dir, PATH_LEN, "%s/emotion2vec", folder);
	snprintf(s.exp.iemocap_csv, PATH_LEN, "%s/csv", folder);
	snprintf(s.exp.train_csv, PATH_LEN, "%s/csv/train.csv", folder);
	snprintf(s.exp.dev_csv, PATH_LEN, "%s/csv/dev.csv", folder);
	snprintf(s.exp.test_csv, PATH_LEN, "%s/csv/test.csv", folder);
	s.exp.nlabels = layout == LAYOUT_IEMOCAP ? 4 : 7;
	for (int i = 0; i < s.exp.nlabels; i++)
		strcpy(s.exp.labels[i], layout == LAYOUT_IEMOCAP ? iemocap[i] : meld[i]);
	s.model.text_feat_dim = text_dim;
	s.model.audio_feat_dim = audio_dim;
}

TEST(recorded_corpora)
{
	if (access("../shared/golden", R_OK) != 0)
		SKIP("no ../shared/golden");

	recorded("../shared/golden/iemocap-small/data", LAYOUT_IEMOCAP, 20, 24);
	CHECK_INT(corpus_open(&c, &s, CORPUS_DEEP, &p, &e), 0);
	CHECK_INT(p.errors, 0);
	CHECK_INT(c.n, 75);
	CHECK_INT(c.list[4].n, 17);
	CHECK_STR(c.utt[1].speaker, "Ses01M");

	recorded("../shared/golden/meld-small/data", LAYOUT_LISTS, 20, 24);
	CHECK_INT(corpus_open(&c, &s, CORPUS_DEEP, &p, &e), 0);
	CHECK_INT(p.errors, 0);
	CHECK_INT(c.list[0].n, 56);
	CHECK_INT(c.list[1].n, 14);
	CHECK_INT(c.list[2].n, 28);
	CHECK_STR(c.utt[c.list[1].first + 2].text, "Oh, \"a see\", right?");

	recorded("../shared/golden/edges/data", LAYOUT_IEMOCAP, 10, 14);
	CHECK_INT(corpus_open(&c, &s, CORPUS_DEEP, &p, &e), 0);
	CHECK_INT(p.errors, 0);
	CHECK(p.n > 0);
	CHECK_HAS(told(), "hold only zeros");
}

static int count_words(const char *text)
{
	int n = 0;

	for (text += strspn(text, " \t\n"); *text; n++) {
		text += strcspn(text, " \t\n");
		text += strspn(text, " \t\n");
	}
	return n;
}

TEST(real_pairs)
{
	static const char *const labels[] = {"anger",     "disgust", "fear",
					     "happiness", "neutral", "sadness"};

	if (access("../shared/data/pairs", R_OK) != 0)
		SKIP("no ../shared/data/pairs");
	recorded("../shared/data/pairs", LAYOUT_LISTS, 512, 43);
	strcpy(s.exp.text_dir, "../shared/data/pairs/text");
	strcpy(s.exp.audio_dir, "../shared/data/pairs/audio");
	s.exp.nlabels = 6;
	for (int i = 0; i < 6; i++)
		strcpy(s.exp.labels[i], labels[i]);
	CHECK_INT(corpus_open(&c, &s, CORPUS_DEEP, &p, &e), 0);
	CHECK_INT(p.errors, 0);
	CHECK_INT(c.list[0].n, 208);
	CHECK_INT(c.list[1].n, 51);
	CHECK_INT(c.list[2].n, 195);
	CHECK_STR(c.utt[0].speaker, "03");
	for (int i = 0; i < c.n; i++) /* one feature row for each white-space word */
		CHECK_INT(count_words(c.utt[i].text), c.utt[i].words.rows);
}

/* U+0092 is cp1252's apostrophe: the text is as it was meant, and one note a list
 * says so. Ids, which are names of files, stay. */
TEST(texts_in_cp1252_read_as_latin_1)
{
	lists("cp", HEADER "x/tr/dia1_utt0.wav,it\xc2\x92s \xc2\x93so\xc2\x94,ang\n"
			   "x/tr/dia1_utt1.wav,it\xe2\x80\x99s,ang\n"
			   "x/tr/dia1\xc2\x92.wav,don\xc2\x92t,ang\n");
	both("cp", "tr/dia1\xc2\x92", 2, 20);
	temp_text(s.exp.test_csv, HEADER "x/test/dia0_utt0.wav,\xc2\x85,ang\n");
	CHECK_INT(corpus_open(&c, &s, CORPUS_HEADERS, &p, &e), 0);
	CHECK_STR(told(),
		  "note cp/csv/train.csv: column Utterance: 4 characters in 2 rows are cp1252 read "
		  "as Latin-1 (U+0092 for an apostrophe); read as intended, nothing to do\n"
		  "note cp/csv/test.csv: column Utterance: 1 character in 1 row is cp1252 read as "
		  "Latin-1 (U+0092 for an apostrophe); read as intended, nothing to do\n");
	REQUIRE(c.n == 5);
	CHECK_STR(c.utt[0].text, "it’s “so”");
	CHECK_STR(c.utt[1].text, "it’s");
	CHECK_STR(c.utt[2].text, "don’t");
	CHECK_STR(c.utt[2].id, "dia1\xc2\x92");
	CHECK_STR(c.utt[4].text, "…");
}

int main(int argc, char **argv)
{
	int failed = TEST_MAIN(argc, argv);

	corpus_close(&c);
	problems_free(&p);
	return failed;
}
