/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/machine.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PATH_MOST = 4096 };

/* INT64_MAX where there is no such file or it says "max". */
static int64_t read_limit(const char *path)
{
	FILE *f = fopen(path, "r");
	int64_t limit;
	int found;

	if (!f)
		return INT64_MAX;
	found = fscanf(f, "%" SCNd64, &limit);
	fclose(f);
	return found == 1 && limit > 0 ? limit : INT64_MAX;
}

/* The group's own limit and those of the groups it lies in. */
static int64_t least_limit(const char *mount, const char *group, const char *file)
{
	char path[PATH_MOST], up[PATH_MOST];
	int64_t least = INT64_MAX;

	snprintf(up, sizeof up, "%s", group);
	for (;;) {
		char *slash = strrchr(up, '/');
		int64_t limit;

		if (snprintf(path, sizeof path, "%s%s/%s", mount, up, file) >= (int)sizeof path)
			return least;
		limit = read_limit(path);
		least = limit < least ? limit : least;
		if (!slash)
			return least;
		*slash = '\0';
	}
}

/* Lines "0::/GROUP" (version 2) or "N:CONTROLLER,...:/GROUP" (version 1). */
int64_t machine_group_limit(const char *groups, const char *mount)
{
	int64_t least = INT64_MAX;

	while (*groups) {
		size_t len = strcspn(groups, "\n");
		char line[PATH_MOST], memory[PATH_MOST], *what, *group;
		int64_t limit = INT64_MAX;

		snprintf(line, sizeof line, "%.*s", (int)(len < sizeof line ? len : 0), groups);
		groups += len + (groups[len] == '\n');
		what = strchr(line, ':');
		group = what ? strchr(what + 1, ':') : NULL;
		if (!group)
			continue;
		*what++ = *group++ = '\0';
		group[strcmp(group, "/") == 0 ? 0 : strlen(group)] = '\0';
		if (!*what) {
			limit = least_limit(mount, group, "memory.max");
		} else if (strcmp(what, "memory") == 0) {
			snprintf(memory, sizeof memory, "%s/memory", mount);
			limit = least_limit(memory, group, "memory.limit_in_bytes");
		}
		least = limit < least ? limit : least;
	}
	return least;
}

int64_t machine_memory(void)
{
	int64_t all = (int64_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE), limit = INT64_MAX;
	FILE *f = fopen("/proc/self/cgroup", "r");
	char groups[2 * PATH_MOST];

	if (f) {
		groups[fread(groups, 1, sizeof groups - 1, f)] = '\0';
		fclose(f);
		limit = machine_group_limit(groups, "/sys/fs/cgroup");
	}
	return limit < all ? limit : all;
}
