/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/machine.h"

#include "temp.h"
#include "test.h"

#include <sys/stat.h>
#include <unistd.h>

static void limit(const char *file, const char *text)
{
	temp_bytes(temp_path("%s", file), text, strlen(text));
}

static void folder(const char *name)
{
	mkdir(temp_path("%s", name), 0700);
}

TEST(there_is_memory)
{
	int64_t physical = (int64_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE);

	CHECK(machine_memory() > 0);
	CHECK(machine_memory() <= physical);
	CHECK_INT(machine_memory(), machine_memory());
}

/* A group's limit, or that of one it lies in, whichever is less. */
TEST(limits_of_groups)
{
	const char *mount = temp_path("two");

	folder("two");
	folder("two/slice");
	folder("two/slice/job");
	CHECK_INT(machine_group_limit("0::/slice/job\n", mount), INT64_MAX);
	limit("two/slice/job/memory.max", "max\n");
	CHECK_INT(machine_group_limit("0::/slice/job\n", mount), INT64_MAX);
	limit("two/slice/memory.max", "3000000000\n");
	CHECK_INT(machine_group_limit("0::/slice/job\n", mount), 3000000000);
	limit("two/slice/job/memory.max", "2000000000\n");
	CHECK_INT(machine_group_limit("0::/slice/job\n", mount), 2000000000);
	CHECK_INT(machine_group_limit("0::/slice", mount), 3000000000);
	CHECK_INT(machine_group_limit("0::/\n", mount), INT64_MAX);
	/* In a container the group's own limit is at the root. */
	limit("two/memory.max", "1000000000\n");
	CHECK_INT(machine_group_limit("0::/\n", mount), 1000000000);
	CHECK_INT(machine_group_limit("0::/elsewhere\n", mount), 1000000000);
}

TEST(limits_of_groups_of_version_1)
{
	static const char groups[] = "12:pids:/a\n11:memory:/a/b\n0::/\n";
	const char *mount = temp_path("one");

	folder("one");
	folder("one/memory");
	folder("one/memory/a");
	folder("one/memory/a/b");
	limit("one/memory/memory.limit_in_bytes", "9223372036854771712\n"); /* none */
	limit("one/memory/a/b/memory.limit_in_bytes", "500000000\n");
	CHECK_INT(machine_group_limit(groups, mount), 500000000);
	limit("one/memory/a/memory.limit_in_bytes", "400000000\n");
	CHECK_INT(machine_group_limit(groups, mount), 400000000);
}

TEST(nonsense_is_no_limit)
{
	const char *mount = temp_path("none");

	CHECK_INT(machine_group_limit("", mount), INT64_MAX);
	CHECK_INT(machine_group_limit("memory\n\n:\n::\n7:memory\n", mount), INT64_MAX);
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
