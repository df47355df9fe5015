/* SPDX-License-Identifier: GPL-3.0-or-later */
/* doc/filter.md has every name of filters and breaks, and every slice, as the tables
 * say them. */
#include "app/study/breakpoint.h"
#include "app/study/listing.h"
#include "base/file.h"
#include "test.h"

#include <stdlib.h>

static char *page;
static char row[512];

static bool has_row(void)
{
	return strstr(page, row) != NULL;
}

TEST(filter_page_has_all_names)
{
	struct err e = {0};
	size_t len;

	page = file_read("doc/filter.md", 1 << 20, &len, &e);
	REQUIRE(page);
	for (int i = 0; i < UTTERANCE_COLUMNS; i++) {
		snprintf(row, sizeof row, "\n| `%s` | %s |\n", facts_column[i].name,
			 facts_column[i].help);
		if (!has_row())
			FAIL("doc/filter.md lacks%s", row);
	}
	for (int i = 0; breakpoint_name(i).name; i++) {
		struct breakpoint_name b = breakpoint_name(i);

		snprintf(row, sizeof row, "\n| `%s` | %s |\n", b.name, b.help);
		if (!has_row())
			FAIL("doc/filter.md lacks%s", row);
	}
	for (const struct slice *s = slices; s->name; s++) {
		snprintf(row, sizeof row, "\n| `%s` | `%s` | %s |\n", s->name, s->condition,
			 s->help);
		if (!has_row())
			FAIL("doc/filter.md lacks%s", row);
	}
	free(page);
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
