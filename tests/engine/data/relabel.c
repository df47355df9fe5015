/* SPDX-License-Identifier: GPL-3.0-or-later */
/* exp.map: labels read as others, rows left out. */
#include "tests/engine/corpora.h"

#include "engine/data/census.h"
#include "engine/data/opening.h"
#include "engine/data/relabel.h"
#include "engine/data/roster.h"
#include "base/mem.h"

static void map(const char *from, const char *to)
{
	struct label_map *m = &s.exp.map;

	strcpy(m->at[m->n].from, from);
	strcpy(m->at[m->n++].to, to);
}

static const char *roster(void)
{
	static char out[4096];
	struct str b = {0};

	roster_text(&c, &s, &b);
	snprintf(out, sizeof out, "%s", str_text(&b));
	str_free(&b);
	return out;
}

static const char *table(void (*of)(const struct corpus *, const struct settings *, struct str *))
{
	static char out[4096];
	struct str b = {0};

	of(&c, &s, &b);
	snprintf(out, sizeof out, "%s", str_text(&b));
	str_free(&b);
	return out;
}

/* {exc: hap, fru: drop, oth: drop} */
static void usual(void)
{
	map("exc", "hap");
	map("fru", "drop");
	map("oth", "drop");
}

TEST(a_label_is_looked_up_once)
{
	int entry;

	reset(LAYOUT_LISTS, "once");
	map("ang", "hap");
	map("hap", "sad");
	map("x", "drop");
	map("neu", "neu");
	CHECK_INT(relabel(&s, "ang", &entry), 1);
	CHECK_INT(entry, 0);
	CHECK_INT(relabel(&s, "hap", &entry), 3);
	CHECK_INT(relabel(&s, "sad", &entry), 3);
	CHECK_INT(entry, -1);
	CHECK_INT(relabel(&s, "neu", &entry), 2);
	CHECK_INT(relabel(&s, "x", NULL), RELABEL_DROPPED);
	CHECK_INT(relabel(&s, "X", NULL), RELABEL_UNKNOWN);
	CHECK_INT(relabel(&s, "", NULL), RELABEL_UNKNOWN);
	CHECK_STR(relabel_near(&s, "Happiness"), "hap");
	CHECK_STR(relabel_near(&s, "andg"), "ang");
	CHECK(!relabel_near(&s, "no"));
	CHECK(!relabel_near(&s, "joyful"));
}

/* As if the lists had been edited: same rows, same ids, and nothing is asked of a row that
 * is dropped, be its feature missing or its name taken. */
TEST(mapped_is_as_edited)
{
	char want[4096];

	lists("edited", HEADER "tr/dia1_utt0.wav,a,ang\ntr/dia1_utt1.wav,b,hap\n"
			       "tr/dia1_utt2.wav,c,hap\ntr/dia1_utt3.wav,d,sad\n");
	CHECK_INT(corpus_open(&c, &s, CORPUS_HEADERS, &p, &e), 0);
	CHECK_STR(told(), "");
	snprintf(want, sizeof want, "%s", roster());
	lists("edited", "\xef\xbb\xbf" HEADER "tr/absent.wav,x,fru\r\n"
			"tr/dia1_utt0.wav,a, ang \r\ntr/dia1_utt1.wav,b,exc\r\n"
			"tr/dia1_utt1.wav,b,fru\r\nother/dia1_utt0.wav,z,oth\r\n"
			",,oth\r\n"
			"tr/dia1_utt2.wav,c,\"hap\"\r\ntr/dia1_utt3.wav,d,sad\r\n");
	usual();
	CHECK_INT(corpus_open(&c, &s, CORPUS_HEADERS, &p, &e), 0);
	CHECK_STR(told(), "");
	CHECK_STR(roster(), want);
	CHECK_INT(c.nleft, 0);
	CHECK_INT(c.list[0].dropped, 4);
	CHECK_INT(c.list[0].rows, 8);
	CHECK_INT(c.list[0].of_map[0], 1);
	CHECK_INT(c.list[0].of_map[1], 2);
	CHECK_INT(c.list[0].of_class[1], 2);
	CHECK_INT(c.utt[1].line, 4);
	corpus_close(&c);
	CHECK_INT(corpus_open(&c, &s, CORPUS_SKIP_BAD, &p, &e), 0);
	CHECK_STR(roster(), want);
	CHECK_INT(c.nleft, 0);
}

/* A torn row has no label to go by, and a label that is not in the map stays unknown. */
TEST(what_no_map_saves)
{
	lists("torn", HEADER "tr/dia1_utt0.wav,a,ang\ntr/dia1_utt1.wav,b,joyful\n"
			     "tr/dia1_utt2.wav,c,fru\ntr/dia1_utt3.wav\n");
	usual();
	CHECK_INT(corpus_open(&c, &s, CORPUS_HEADERS, &p, &e), 0);
	CHECK_INT(p.errors, 2);
	CHECK_HAS(told(), "train.csv:3: column Emotion: unknown label \"joyful\"; expected one of "
			  "ang, hap, neu, sad (exp.labels)\n");
	CHECK_HAS(told(), "train.csv:5: ");
}

TEST(a_list_of_dropped_rows)
{
	lists("all", HEADER "tr/dia1_utt0.wav,a,fru\ntr/dia1_utt1.wav,b,oth\n");
	usual();
	CHECK_INT(corpus_open(&c, &s, CORPUS_HEADERS, &p, &e), -1);
	CHECK_STR(told(), "error all/csv/train.csv: exp.map drops all of its 2 rows; a list needs "
			  "some\n");
}

/* A known row stays left out, whatever the map says of it. */
TEST(known_rows_with_a_map)
{
	char id[] = "dia1_utt1";
	struct known_row known = {.part = "train", .line = 3, .id = id, .why = "w"};

	lists("known", HEADER "tr/dia1_utt0.wav,a,fru\ntr/dia1_utt1.wav,b,ang\n"
			      "tr/dia1_utt2.wav,c,exc\n");
	usual();
	CHECK_INT(corpus_open_known(&c, &s, CORPUS_HEADERS, &known, 1, &p, &e), 0);
	CHECK_INT(c.list[0].n, 1);
	CHECK_INT(c.nleft, 1);
	CHECK_STR(c.left[0].why, "w");
	CHECK_STR(c.utt[0].id, "dia1_utt2");
	CHECK_INT(c.utt[0].label, 1);

	/* Found by its line, since a row that is dropped has no name. */
	known.line = 2;
	known.id[0] = '\0';
	corpus_close(&c);
	CHECK_INT(corpus_open_known(&c, &s, CORPUS_HEADERS, &known, 1, &p, &e), 0);
	CHECK_INT(c.nleft, 1);
	CHECK_INT(c.list[0].n, 2);
}

TEST(counts_before_and_after)
{
	lists("counts", HEADER "tr/dia1_utt0.wav,a,ang\ntr/dia1_utt1.wav,b,exc\n"
			       "tr/dia1_utt2.wav,c,fru\ntr/dia1_utt3.wav,d,hap\n"
			       "tr/dia1_utt4.wav,d,sad\n");
	CHECK_STR(table(census_labels), "");
	usual();
	map("sad", "neu");
	CHECK_INT(corpus_open(&c, &s, CORPUS_HEADERS, &p, &e), 0);
	CHECK_STR(table(census_labels),
		  "label   train     dev    test     all  counts as (exp.map)\n"
		  "ang         1       1       1       3  ang\n"
		  "hap         1       0       0       1  hap\n"
		  "neu         0       0       0       0  neu\n"
		  "exc         1       0       0       1  hap\n"
		  "fru         1       0       0       1  dropped\n"
		  "oth         0       0       0       0  dropped\n"
		  "sad         1       0       0       1  neu\n"
		  "all         5       1       1       7\n");
	CHECK_STR(table(census_table), "class   train     dev    test     all\n"
				       "ang         1       1       1       3\n"
				       "hap         2       0       0       2\n"
				       "neu         1       0       0       1\n"
				       "sad         0       0       0       0\n"
				       "all         4       1       1       6\n");
	census_note(&c, &s, &p);
	CHECK_HAS(told(), "note exp.map: oth: no list has a row with this label; is it spelled as "
			  "in the lists?\n");
	CHECK_HAS(told(), "note class sad of exp.labels: no list has a row with it after exp.map; "
			  "remove it");
}

/* Clips of one stem in two folders: if one is dropped, the ids are as without it. */
TEST(a_dropped_twin_changes_no_id)
{
	lists("twin", HEADER "tr/dia1_utt0.wav,a,ang\nother/dia1_utt0.wav,b,fru\n");
	usual();
	CHECK_INT(corpus_open(&c, &s, CORPUS_HEADERS, &p, &e), 0);
	CHECK_STR(c.utt[0].id, "dia1_utt0");
}

/* The usual selection from raw counts: hap 595 and exc 1,041 make 1,636. */
TEST(iemocap_by_map)
{
	struct str b = {0};

	reset(LAYOUT_IEMOCAP, "conv");
	c.layout = LAYOUT_IEMOCAP;
	c.nlists = 1;
	c.list = mem_alloc(1, sizeof *c.list);
	usual();
	c.list[0].of_class[0] = 1103;
	c.list[0].of_class[1] = 1636;
	c.list[0].of_class[2] = 1708;
	c.list[0].of_class[3] = 1084;
	c.list[0].of_map[0] = 1041;
	c.list[0].of_map[1] = c.list[0].dropped = 1849;
	census_labels(&c, &s, &b);
	CHECK_HAS(b.s, "hap         595       595  hap\n");
	CHECK_HAS(b.s, "exc       1,041     1,041  hap\n");
	CHECK_HAS(b.s, "fru       1,849     1,849  dropped\n");
	CHECK_HAS(b.s, "all       7,380     7,380\n");
	str_reset(&b);
	census_convention(&c, &s, &b);
	CHECK_HAS(b.s, "IEMOCAP's usual four classes: 5,531 = ang 1,103, hap+exc 1,636");
	str_free(&b);
}

/* MELD's lists are told by their rows: those that count. */
TEST(meld_by_map)
{
	static const char *const seven[] = {"anger",   "disgust", "fear",    "joy",
					    "neutral", "sadness", "surprise"};
	static const int rows[] = {9989, 1109, 2610};
	struct str b = {0};

	reset(LAYOUT_LISTS, "meld");
	c.layout = LAYOUT_LISTS;
	c.nlists = 3;
	c.list = mem_alloc(3, sizeof *c.list);
	s.exp.nlabels = 7;
	for (int i = 0; i < 7; i++)
		strcpy(s.exp.labels[i], seven[i]);
	for (int i = 0; i < 3; i++) {
		c.list[i].rows = rows[i] + 5;
		c.list[i].dropped = 5;
	}
	census_convention(&c, &s, &b);
	CHECK_STR(str_text(&b), "the rows are those of MELD's official lists: 9,989/1,109/2,610");
	str_free(&b);
}

int main(int argc, char **argv)
{
	int failed = TEST_MAIN(argc, argv);

	corpus_close(&c);
	problems_free(&p);
	return failed;
}
