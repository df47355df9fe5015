/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/near.h"

#include "test.h"

/* The nearest of two words, or "". */
static const char *nearest(const char *word, const char *a, const char *b)
{
	struct near n = near_to(word);

	near_try(&n, a);
	near_try(&n, b);
	return n.best ? n.best : "";
}

TEST(distances)
{
	CHECK_INT(near_distance("", ""), 0);
	CHECK_INT(near_distance("", "abc"), 3);
	CHECK_INT(near_distance("Emotion", "emotion"), 0);
	CHECK_INT(near_distance("emotion", "emotions"), 1);
	CHECK_INT(near_distance("emotion", "motion"), 1);
	CHECK_INT(near_distance("emotion", "emitoon"), 2);
	CHECK_INT(near_distance("emotion", "emtoion"), 1); /* neighbours swapped */
	CHECK_INT(near_distance("ab", "ba"), 1);
	CHECK_INT(near_distance("kitten", "sitting"), 3);
}

/* A third of the letters, four at most, one in short words. */
TEST(how_far_is_near)
{
	CHECK_STR(nearest("a", "b", ""), "b");
	CHECK_STR(nearest("abcde", "abcdX", ""), "abcdX");
	CHECK_STR(nearest("abcde", "abcXX", ""), "");
	CHECK_STR(nearest("abcdef", "abcdXX", ""), "abcdXX");
	CHECK_STR(nearest("abcdef", "abcXXX", ""), "");
	CHECK_STR(nearest("abcdefghijklmnopqrst", "abcdefghijklmnopXXXX", ""),
		  "abcdefghijklmnopXXXX");
	CHECK_STR(nearest("abcdefghijklmnopqrst", "abcdefghijklmnoXXXXX", ""), "");
}

TEST(the_first_of_equals)
{
	CHECK_STR(nearest("joy", "jon", "joe"), "jon");
	CHECK_STR(nearest("joyful", "joyfXX", "joyfuX"), "joyfuX");
}

TEST(words_without_end)
{
	char most[NEAR_WORD + 1], more[NEAR_WORD + 2];

	memset(most, 'a', NEAR_WORD);
	memset(more, 'a', NEAR_WORD + 1);
	most[NEAR_WORD] = more[NEAR_WORD + 1] = '\0';
	CHECK_INT(near_distance(most, most), 0);
	CHECK_INT(near_distance(most, more), NEAR_FAR);
	CHECK_INT(near_distance(more, most), NEAR_FAR);
	CHECK_STR(nearest(more, most, more), "");
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
