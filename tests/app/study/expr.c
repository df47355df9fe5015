/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Conditions (app/study/expr.h). */
#include "app/study/expr.h"
#include "base/rng.h"
#include "test.h"

static const char *const names[] = {"loss", "p",    "text",  "pred", "true", "flips",
				    "bad",  "huge", "class", "tag",  "none", NULL};

static struct expr_value value(void *ctx, int name)
{
	static const struct expr_value values[] = {
		{.number = 2.5},
		{.number = 0.8},
		{.text = "I'm SORRY, \xc3\xa9h"},
		{.text = "neu"},
		{.text = "sad"},
		{.number = 3},
		{.number = NAN},
		{.number = INFINITY},
		{.text = "07"},
		{.text = "base\nlr sweep\nZ", .lines = true},
		{.text = "", .lines = true},
	};

	(*(int *)ctx)++;
	return values[name];
}

/* 1, 0, or -1 if it does not parse. */
static int holds(const char *text)
{
	struct err e = {0};
	struct expr *x = expr_parse(text, names, &e);
	int asked = 0, is;

	if (!x)
		return -1;
	is = expr_true(x, value, &asked);
	expr_free(x);
	return is;
}

#define HOLDS(text) CHECK_INT(holds(text), 1)
#define FAILS(text) CHECK_INT(holds(text), 0)

static void refused(int line, const char *text, const char *want)
{
	struct err e = {0};
	struct expr *x = expr_parse(text, names, &e);

	if (x || strcmp(e.text, want) != 0)
		FAIL("line %d: \"%s\" gives \"%s\"", line, text, e.text);
	expr_free(x);
}
#define REFUSED(condition, want) refused(__LINE__, condition, want)

TEST(numbers_compare)
{
	HOLDS("loss > 2");
	HOLDS("loss>=2.5 & loss<=2.5 & loss=2.5 & loss == 2.5");
	FAILS("loss<2.5");
	FAILS("loss != 2.5");
	HOLDS("2 < loss");
	HOLDS("flips != 4");
	HOLDS("p < .9");
	HOLDS("p < 8.5e-1");
}

TEST(arithmetic_binds_as_at_school)
{
	HOLDS("1 + 2 * 3 = 7");
	HOLDS("(1 + 2) * 3 = 9");
	HOLDS("8 / 4 / 2 = 1");
	HOLDS("8 - 4 - 2 = 2");
	HOLDS("loss < flips - 0.25");
	HOLDS("-flips < -2");
	HOLDS("1 - -1 = 2");
	HOLDS("- (1 + 2) = -3");
}

TEST(texts_compare)
{
	HOLDS("pred=neu");
	HOLDS("pred = \"neu\" & pred='neu'");
	HOLDS("pred != true");
	HOLDS("neu = pred");
	FAILS("pred=Neu");
	HOLDS("pred < sad");
	HOLDS("text ~ \"sorry\"");
	HOLDS("text ~ sorry");
	HOLDS("text ~ \"i'm s\"");
	HOLDS("text ~ \"\xc3\xa9\"");
	HOLDS("text ~ \"\"");
	FAILS("text ~ sorrow");
	FAILS("text ~ \"sorry sorry sorry sorry sorry\"");
}

/* Any of its lines may meet a comparison. */
TEST(several_texts_compare)
{
	HOLDS("tag = base");
	HOLDS("base = tag");
	HOLDS("tag = \"lr sweep\"");
	HOLDS("tag = Z & tag < aa & tag > k");
	FAILS("tag = bas");
	FAILS("tag = basement");
	FAILS("tag = lr");
	HOLDS("tag ~ SWEEP");
	FAILS("tag != base");
	HOLDS("tag != lr");
	HOLDS("tag = tag");
	FAILS("tag != tag");
	FAILS("none = base | none = tag");
	HOLDS("none != base & none = \"\"");
}

TEST(numbers_and_texts_are_strangers)
{
	FAILS("loss = sad");
	FAILS("loss != sad");
	FAILS("pred > 2");
	FAILS("pred + 1 > 0");
	FAILS("loss ~ 2");
	HOLDS("!(loss = sad)");
}

TEST(a_number_as_typed_may_stand_for_a_text)
{
	HOLDS("class = 07 & 07 = class");
	FAILS("class = 7");
	HOLDS("class ~ 7");
}

TEST(nan_compares_with_nothing)
{
	FAILS("bad = bad");
	FAILS("bad != 1");
	FAILS("bad < 1");
	FAILS("bad + 1 >= 0");
	HOLDS("bad is nan");
	HOLDS("bad - 1 is nan");
	FAILS("bad is finite");
	HOLDS("huge is inf");
	HOLDS("-huge is inf");
	HOLDS("1 / 0 is inf");
	HOLDS("loss is finite");
	FAILS("loss is nan");
	FAILS("text is nan");
	FAILS("text is finite");
}

TEST(conditions_join)
{
	HOLDS("pred=neu & p>0.7");
	FAILS("pred=neu & p>0.9");
	HOLDS("pred=sad | p>0.7");
	HOLDS("1=1 | 1=1 & 1=2"); /* & is tighter */
	FAILS("(1=1 | 1=1) & 1=2");
	HOLDS("!(flips<3)");
	HOLDS("!flips<3"); /* ! is looser than < */
	HOLDS("!!flips=3");
	FAILS("!flips=3 & 1=1");
	HOLDS("(true=sad | pred=ang) & !(flips<3)");
	HOLDS("1=1 && 1=2 || 1=1");
	HOLDS("((((p>0))))");
	HOLDS("\tp  >\n0 ");
}

TEST(errors_name_the_column)
{
	REFUSED("", "column 1: expected a name, a number or a text at the end");
	REFUSED("p >", "column 4: expected a name, a number or a text at the end");
	REFUSED("p > & 1", "column 5: expected a name, a number or a text, not &");
	REFUSED("p > 1 q", "column 7: expected & or |, not q");
	REFUSED("(p > 1", "column 7: expected an operator or ) at the end");
	REFUSED("p > 1)", "column 6: expected & or |, not )");
	REFUSED("p", "column 1: expected a comparison with this value (= != < <= > >= ~ is)");
	REFUSED("p & p>1", "column 1: expected a comparison with this value (= != < <= > >= ~ is)");
	REFUSED("p>1 & flips",
		"column 7: expected a comparison with this value (= != < <= > >= ~ is)");
	REFUSED("p is sad", "column 6: expected nan, inf or finite, not s");
	REFUSED("text ~ \"so", "column 8: the text is not closed: put \" after it");
	REFUSED("p > 12abc", "column 5: expected a number, not 1");
	REFUSED("p > 1 > 2", "column 7: expected & or |, not >");
	REFUSED("(p>1) = 2", "column 3: a condition cannot be compared; join it with & or |");
	REFUSED("1 + (p>1) > 2", "column 7: expected a number, not a condition");
	/* Characters, not bytes. */
	REFUSED("text~\"\xc3\xa9\xc3\xa9\" \xe2\x82\xac",
		"column 11: expected & or |, not \xe2\x82\xac");
}

TEST(errors_name_the_nearest_name)
{
	REFUSED("flps > 3", "column 1: \"flps\" is not a name here; did you mean flips?");
	REFUSED("3 < flps", "column 5: \"flps\" is not a name here; did you mean flips?");
	REFUSED("prd = sad", "column 1: \"prd\" is not a name here; did you mean pred?");
	REFUSED("p > 1 & sorrow", "column 9: \"sorrow\" is not a name here; try loss");
	REFUSED("p > 1 + los", "column 9: \"los\" is not a name here; did you mean loss?");
	REFUSED("pred = demo-lr & p > 1",
		"column 8: \"demo\" is not a name here; a text with - in it needs quotes");
	REFUSED("los is nan", "column 1: \"los\" is not a name here; did you mean loss?");
}

TEST(depth_is_bounded)
{
	char deep[4001];
	struct err e = {0};

	memset(deep, '(', 4000);
	deep[4000] = '\0';
	CHECK(!expr_parse(deep, names, &e));
	CHECK_STR(e.text, "column 101: nested too deep");
	memset(deep, '!', 4000);
	err_clear(&e);
	CHECK(!expr_parse(deep, names, &e));
	CHECK_STR(e.text, "column 101: nested too deep");
	memset(deep, '-', 4000);
	err_clear(&e);
	CHECK(!expr_parse(deep, names, &e));
}

/* Any row of tokens either parses and can be asked, or says a column. */
TEST(no_text_does_harm)
{
	static const char *const part[] = {
		"p",  "loss", "text", "zz", "1",    "0.5", "\"a b\"",      "'", "(",
		")",  "+",    "-",    "*",  "/",    "=",   "!=",           "!", "<",
		">=", "~",    "&",    "|",  " is ", "nan", "\xe2\x82\xac", "#", ".",
		"&&", " "};
	enum { PARTS = sizeof part / sizeof *part };
	struct rng r;

	rng_seed(&r, 7);
	for (int i = 0; i < 20000; i++) {
		struct err e = {0};
		char text[160] = "";
		struct expr *x;
		int asked = 0;

		for (int n = (int)(rng_u32(&r) % 12); n >= 0; n--)
			strcat(text, part[rng_u32(&r) % PARTS]);
		x = expr_parse(text, names, &e);
		if (x)
			expr_true(x, value, &asked);
		else if (strncmp(e.text, "column ", 7) != 0)
			FAIL("%s: %s", text, e.text);
		expr_free(x);
	}
}

/* As it was understood, and with the values of its names. */
static void written(int line, const char *text, const char *want, const char *with_values)
{
	struct err e = {0};
	struct expr *x = expr_parse(text, names, &e), *again;
	struct str plain = {0}, valued = {0}, twice = {0};
	int asked = 0;

	if (!x) {
		FAIL("line %d: %s", line, e.text);
		return;
	}
	expr_text(x, NULL, NULL, &plain);
	expr_text(x, value, &asked, &valued);
	if (strcmp(str_text(&plain), want) != 0)
		FAIL("line %d: %s", line, str_text(&plain));
	if (strcmp(str_text(&valued), with_values) != 0)
		FAIL("line %d: %s", line, str_text(&valued));
	again = expr_parse(str_text(&plain), names, &e);
	if (again)
		expr_text(again, NULL, NULL, &twice);
	if (strcmp(str_text(&twice), want) != 0)
		FAIL("line %d: parsed again: %s%s", line, str_text(&twice), e.text);
	expr_free(x);
	expr_free(again);
	str_free(&plain);
	str_free(&valued);
	str_free(&twice);
}
#define WRITTEN(text, want, values) written(__LINE__, text, want, values)

TEST(conditions_are_written)
{
	WRITTEN("loss>10", "loss > 10", "loss 2.5 > 10");
	WRITTEN("10 < loss&&p<.9", "10 < loss & p < .9", "10 < loss 2.5 & p 0.8 < .9");
	WRITTEN("(loss=1|p=1)&!flips=3", "(loss = 1 | p = 1) & !(flips = 3)",
		"(loss 2.5 = 1 | p 0.8 = 1) & !(flips 3 = 3)");
	WRITTEN("(loss=1)|((p=1)&(flips=3))", "loss = 1 | p = 1 & flips = 3",
		"loss 2.5 = 1 | p 0.8 = 1 & flips 3 = 3");
	WRITTEN("!!(loss = 1)", "!!(loss = 1)", "!!(loss 2.5 = 1)");
	WRITTEN("loss < (p - (1 - 2)) * 3", "loss < (p - (1 - 2)) * 3",
		"loss 2.5 < (p 0.8 - (1 - 2)) * 3");
	WRITTEN("loss < (p*2) - 1 + -p", "loss < p * 2 - 1 + -p",
		"loss 2.5 < p 0.8 * 2 - 1 + -p 0.8");
	WRITTEN("loss < -(p+1)", "loss < -(p + 1)", "loss 2.5 < -(p 0.8 + 1)");
	WRITTEN("loss / (p / 2) > 1", "loss / (p / 2) > 1", "loss 2.5 / (p 0.8 / 2) > 1");
	WRITTEN("pred!=sad", "pred != \"sad\"", "pred \"neu\" != \"sad\"");
	WRITTEN("text ~ 'a \"b\"'", "text ~ 'a \"b\"'",
		"text \"I'm SORRY, \xc3\xa9h\" ~ 'a \"b\"'");
	WRITTEN("bad is nan | huge is inf", "bad is nan | huge is inf", "bad is nan | huge is inf");
	WRITTEN("loss+1 is finite", "loss + 1 is finite", "loss 2.5 + 1 is finite");
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
