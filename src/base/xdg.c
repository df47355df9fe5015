/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/xdg.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *variable, *in_home;
} folders[] = {
	{"XDG_CACHE_HOME", ".cache"},
	{"XDG_CONFIG_HOME", ".config"},
	{"XDG_DATA_HOME", ".local/share"},
	{"XDG_STATE_HOME", ".local/state"},
};

bool xdg_folder(char *out, size_t n, const char *variable)
{
	const char *set = getenv(variable), *home = getenv("HOME");

	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
		if (strcmp(folders[i].variable, variable) != 0)
			continue;
		if (set && *set == '/')
			return (size_t)snprintf(out, n, "%s", set) < n;
		return home && *home == '/' &&
		       (size_t)snprintf(out, n, "%s/%s", home, folders[i].in_home) < n;
	}
	return false;
}
