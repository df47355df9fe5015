/* SPDX-License-Identifier: GPL-3.0-or-later */
#define _GNU_SOURCE /* sched_getaffinity */
#include "base/machine.h"

#include <errno.h>
#include <math.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

enum { PATH_MOST = 4096 };

/* What is limited: the controller's name in version 1, which is also its folder;
 * and how the limit is read from a group's folder, INFINITY if there is none. */
struct resource {
	const char *controller;
	double (*one)(const char *dir), (*two)(const char *dir);
};

/* The first one or two numbers of a file; how many there are. */
static int read_numbers(const char *dir, const char *file, double v[2])
{
	char path[PATH_MOST];
	int found = 0;
	FILE *f;

	if (snprintf(path, sizeof path, "%s/%s", dir, file) >= (int)sizeof path)
		return 0;
	f = fopen(path, "re");
	if (f) {
		found = fscanf(f, "%lf %lf", &v[0], &v[1]);
		fclose(f);
	}
	return found > 0 ? found : 0; /* "max" is not a number */
}

static double bytes_of(const char *dir, const char *file)
{
	double v[2];

	return read_numbers(dir, file, v) && v[0] > 0 ? v[0] : INFINITY;
}

static double memory_one(const char *dir)
{
	return bytes_of(dir, "memory.limit_in_bytes");
}

static double memory_two(const char *dir)
{
	return bytes_of(dir, "memory.max");
}

static double cores_one(const char *dir)
{
	double quota[2], period[2];

	return read_numbers(dir, "cpu.cfs_quota_us", quota) && quota[0] > 0 &&
			       read_numbers(dir, "cpu.cfs_period_us", period) && period[0] > 0
		       ? quota[0] / period[0]
		       : INFINITY;
}

/* "QUOTA PERIOD" in microseconds. */
static double cores_two(const char *dir)
{
	double v[2];

	return read_numbers(dir, "cpu.max", v) == 2 && v[0] > 0 && v[1] > 0 ? v[0] / v[1]
									    : INFINITY;
}

static const struct resource memory = {"memory", memory_one, memory_two};
static const struct resource cores = {"cpu", cores_one, cores_two};

/* The group's own limit and those of the groups it lies in. */
static double smallest(const char *mount, const char *group, double (*limit)(const char *dir))
{
	char dir[PATH_MOST], up[PATH_MOST];
	double min = INFINITY;

	snprintf(up, sizeof up, "%s", group);
	for (;;) {
		char *slash = strrchr(up, '/');

		if (snprintf(dir, sizeof dir, "%s%s", mount, up) >= (int)sizeof dir)
			return min;
		min = fmin(min, limit(dir));
		if (!slash)
			return min;
		*slash = '\0';
	}
}

/* Is `name` one of the words of a list with commas? */
static bool lists(const char *list, const char *name)
{
	size_t n = strlen(name);

	for (; *list; list += strcspn(list, ","), list += *list == ',')
		if (strcspn(list, ",") == n && strncmp(list, name, n) == 0)
			return true;
	return false;
}

/* Lines "0::/GROUP" (version 2) or "N:CONTROLLER,...:/GROUP" (version 1). */
static double group_limit(const struct resource *r, const char *groups, const char *mount)
{
	double min = INFINITY;

	while (*groups) {
		size_t len = strcspn(groups, "\n");
		char line[PATH_MOST], folder[PATH_MOST], *what, *group;

		snprintf(line, sizeof line, "%.*s", (int)(len < sizeof line ? len : 0), groups);
		groups += len + (groups[len] == '\n');
		what = strchr(line, ':');
		group = what ? strchr(what + 1, ':') : NULL;
		if (!group)
			continue;
		*what++ = *group++ = '\0';
		group[strcmp(group, "/") == 0 ? 0 : strlen(group)] = '\0';
		if (!*what) {
			min = fmin(min, smallest(mount, group, r->two));
		} else if (lists(what, r->controller)) {
			snprintf(folder, sizeof folder, "%s/%s", mount, r->controller);
			min = fmin(min, smallest(folder, group, r->one));
		}
	}
	return min;
}

int64_t machine_group_memory(const char *groups, const char *mount)
{
	double limit = group_limit(&memory, groups, mount);

	return limit < 0x1p63 ? (int64_t)limit : INT64_MAX;
}

double machine_group_cores(const char *groups, const char *mount)
{
	return group_limit(&cores, groups, mount);
}

/* ---- this process ---- */

static const char mount[] = "/sys/fs/cgroup";

static const char *own_groups(char *out, size_t n)
{
	FILE *f = fopen("/proc/self/cgroup", "re");

	out[0] = '\0';
	if (f) {
		out[fread(out, 1, n - 1, f)] = '\0';
		fclose(f);
	}
	return out;
}

int64_t machine_memory(void)
{
	int64_t all = (int64_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE), limit;
	char groups[2 * PATH_MOST];

	limit = machine_group_memory(own_groups(groups, sizeof groups), mount);
	return limit < all ? limit : all;
}

int machine_cores(void)
{
	char groups[2 * PATH_MOST];
	cpu_set_t set;
	long n = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set)
							     : sysconf(_SC_NPROCESSORS_ONLN);
	double quota = machine_group_cores(own_groups(groups, sizeof groups), mount);

	n = ceil(quota) < (double)n ? (long)ceil(quota) : n;
	return n > 1 ? (int)n : 1;
}

void machine_processor(char *out, size_t n)
{
	FILE *f = fopen("/proc/cpuinfo", "re");
	char line[256];
	struct utsname u;

	out[0] = '\0';
	while (f && !out[0] && fgets(line, sizeof line, f)) {
		const char *text = line + strcspn(line, ":");

		text += strspn(text, ": \t");
		if (strncmp(line, "model name", 10) == 0)
			snprintf(out, n, "%.*s", (int)strcspn(text, "\n"), text);
	}
	if (f)
		fclose(f);
	if (!out[0] && uname(&u) == 0)
		snprintf(out, n, "%s", u.machine);
}

void machine_host(char *out, size_t n)
{
	snprintf(out, n, "?");
	if (gethostname(out, n) == 0 || errno == ENAMETOOLONG)
		out[n - 1] = '\0';
}
