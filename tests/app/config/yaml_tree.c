/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Configs that nobody wrote in good faith. */
#include "app/config/config.h"
#include "app/config/yaml_tree.h"
#include "base/str.h"
#include "temp.h"
#include "test.h"

enum { MANY = RACES ? 20000 : 200000 }; /* above the limits; with a square of it nothing ends */

/* The sentence for a config of this text, after its folder; "" if it loads. */
static const char *refusal(const char *text)
{
	static struct err e;
	static struct settings s;
	const char *path = temp_path("config.yml"), *tail;

	temp_text(path, text);
	err_clear(&e);
	config_load(&s, path, NULL, 0, NULL, &e);
	tail = strstr(e.text, "/config.yml:");
	return tail ? tail + 1 : e.text;
}

/* The same for a text made of `n` times `unit`, where %d counts from 0. */
static const char *refusal_of_many(const char *start, int n, const char *unit)
{
	struct str text = {0};
	const char *said;

	str_add(&text, start);
	for (int i = 0; i < n; i++) {
		const char *number = strstr(unit, "%d");

		str_addn(&text, unit, number ? (size_t)(number - unit) : strlen(unit));
		if (number)
			str_addf(&text, "%d%s", i, number + 2);
	}
	said = refusal(text.s);
	str_free(&text);
	return said;
}

TEST(nodes_that_contain_themselves)
{
	static const struct {
		const char *text, *at;
	} self[] = {
		{"a: &a [*a]", "config.yml:1:4: "},
		{"&r\nx: *r\n", "config.yml:1:1: "},
		{"x: &x\n  y: *x\n", "config.yml:1:4: "},
		{"exp: &e\n  <<: [*e]\n", "config.yml:1:6: "},
		{"x: {y: &y [1, {z: [*y]}]}\n", "config.yml:1:8: "},
		{"? &k [*k]\n: 1\n", "config.yml:1:3: "},
	};

	for (size_t i = 0; i < sizeof self / sizeof self[0]; i++) {
		const char *said = refusal(self[i].text);

		CHECK_HAS(said, self[i].at);
		CHECK_HAS(said, "a node contains itself, by an alias inside it");
	}
}

/* What would take libyaml minutes, or the stack of who walks over it. */
TEST(deep_nesting)
{
	struct str text = {0};

	CHECK_STR(refusal_of_many("", MANY, "["),
		  "config.yml:1:101: nested more than 100 levels deep");
	CHECK_STR(refusal_of_many("a: ", MANY, "{a: "),
		  "config.yml:1:400: nested more than 100 levels deep");
	CHECK_STR(refusal_of_many("", MANY, "- "),
		  "config.yml:1:201: nested more than 100 levels deep");
	/* By aliases: no level is deep in the file, but each contains the one before. */
	str_add(&text, "b0: &b0 {x: 1}\n");
	for (int i = 1; i < 4000; i++)
		str_addf(&text, "b%d: &b%d {<<: *b%d}\n", i, i, i - 1);
	CHECK_STR(refusal(text.s), "config.yml:97:6: nested more than 100 levels deep");
	str_free(&text);
}

TEST(many_anchors)
{
	CHECK_STR(refusal_of_many("", MANY, "- &a%d x\n"),
		  "config.yml:10001:3: more than 10000 anchors and aliases");
	CHECK_STR(refusal_of_many("- &a x\n", MANY, "- *a\n"),
		  "config.yml:10001:3: more than 10000 anchors and aliases");
}

/* The number of comparisons grows with the keys, not with their square. */
TEST(many_keys)
{
	CHECK_HAS(refusal_of_many("x:\n", MANY, "  k%d: 1\n"), "config.yml:1:1: unknown key x.k0");
	CHECK_STR(refusal_of_many("x:\n  k9: 1\n", MANY, "  k%d: 1\n"),
		  "config.yml:12:3: k9 appears twice; first in line 2");
	CHECK_HAS(refusal_of_many("t: &t {a: 1}\nx:\n  <<: *t\n", MANY, "  k%d: 1\n"),
		  "config.yml:2:1: unknown key x.<<");
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
