/* SPDX-License-Identifier: GPL-3.0-or-later */
#define _GNU_SOURCE /* sched_setaffinity */
#include "base/machine.h"

#include "temp.h"
#include "test.h"

#include <sched.h>
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
	CHECK_INT(machine_group_memory("0::/slice/job\n", mount), INT64_MAX);
	limit("two/slice/job/memory.max", "max\n");
	CHECK_INT(machine_group_memory("0::/slice/job\n", mount), INT64_MAX);
	limit("two/slice/memory.max", "3000000000\n");
	CHECK_INT(machine_group_memory("0::/slice/job\n", mount), 3000000000);
	limit("two/slice/job/memory.max", "2000000000\n");
	CHECK_INT(machine_group_memory("0::/slice/job\n", mount), 2000000000);
	CHECK_INT(machine_group_memory("0::/slice", mount), 3000000000);
	CHECK_INT(machine_group_memory("0::/\n", mount), INT64_MAX);
	/* In a container the group's own limit is at the root. */
	limit("two/memory.max", "1000000000\n");
	CHECK_INT(machine_group_memory("0::/\n", mount), 1000000000);
	CHECK_INT(machine_group_memory("0::/elsewhere\n", mount), 1000000000);
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
	CHECK_INT(machine_group_memory(groups, mount), 500000000);
	limit("one/memory/a/memory.limit_in_bytes", "400000000\n");
	CHECK_INT(machine_group_memory(groups, mount), 400000000);
}

/* A quota in processors, of the group or of one it lies in. */
TEST(processors_of_groups)
{
	char mount[512];

	strcpy(mount, temp_path("cpu-two"));
	folder("cpu-two");
	folder("cpu-two/slice");
	folder("cpu-two/slice/job");
	CHECK(isinf(machine_group_cores("0::/slice/job\n", mount)));
	limit("cpu-two/slice/job/cpu.max", "max 100000\n");
	CHECK(isinf(machine_group_cores("0::/slice/job\n", mount)));
	limit("cpu-two/slice/cpu.max", "400000 100000\n");
	CHECK_NEAR(machine_group_cores("0::/slice/job\n", mount), 4, 0);
	limit("cpu-two/slice/job/cpu.max", "75000 50000\n");
	CHECK_NEAR(machine_group_cores("0::/slice/job\n", mount), 1.5, 0);
	CHECK_NEAR(machine_group_cores("0::/slice\n", mount), 4, 0);
	limit("cpu-two/cpu.max", "50000 100000\n");
	CHECK_NEAR(machine_group_cores("0::/slice/job\n", mount), 0.5, 0);
	CHECK_NEAR(machine_group_cores("0::/\n", mount), 0.5, 0);
}

TEST(processors_of_groups_of_version_1)
{
	static const char groups[] = "12:cpuset:/a\n4:cpuacct,cpu:/a/b\n0::/\n";
	char mount[512];

	strcpy(mount, temp_path("cpu-one"));
	folder("cpu-one");
	folder("cpu-one/cpu");
	folder("cpu-one/cpu/a");
	folder("cpu-one/cpu/a/b");
	limit("cpu-one/cpu/a/b/cpu.cfs_period_us", "100000\n");
	limit("cpu-one/cpu/a/b/cpu.cfs_quota_us", "-1\n"); /* none */
	CHECK(isinf(machine_group_cores(groups, mount)));
	limit("cpu-one/cpu/a/b/cpu.cfs_quota_us", "350000\n");
	CHECK_NEAR(machine_group_cores(groups, mount), 3.5, 0);
	limit("cpu-one/cpu/a/cpu.cfs_period_us", "100000\n");
	limit("cpu-one/cpu/a/cpu.cfs_quota_us", "200000\n");
	CHECK_NEAR(machine_group_cores(groups, mount), 2, 0);
	CHECK(isinf(machine_group_cores("4:cpuset:/a/b\n", mount)));
}

/* taskset and cpusets: no more threads than processors to run on. */
TEST(processors_of_this_process)
{
	cpu_set_t old, one;
	int first = 0, cores = machine_cores();

	REQUIRE(sched_getaffinity(0, sizeof old, &old) == 0);
	CHECK(cores >= 1 && cores <= CPU_COUNT(&old));
	while (!CPU_ISSET(first, &old))
		first++;
	CPU_ZERO(&one);
	CPU_SET(first, &one);
	REQUIRE(sched_setaffinity(0, sizeof one, &one) == 0);
	CHECK_INT(machine_cores(), 1);
	sched_setaffinity(0, sizeof old, &old);
}

TEST(nonsense_is_no_limit)
{
	const char *mount = temp_path("none");

	CHECK_INT(machine_group_memory("", mount), INT64_MAX);
	CHECK_INT(machine_group_memory("memory\n\n:\n::\n7:memory\n", mount), INT64_MAX);
	folder("none");
	limit("none/cpu.max", "0 0\n");
	CHECK(isinf(machine_group_cores("0::/\n", mount)));
	limit("none/cpu.max", "100000\n");
	CHECK(isinf(machine_group_cores("0::/\n:cpu,\n", mount)));
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
