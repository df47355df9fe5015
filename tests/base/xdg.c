/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/xdg.h"

#include "base/file.h"
#include "test.h"

#include <stdlib.h>

static char out[64];

TEST(xdg_says_where)
{
	setenv("HOME", "/home/u", 1);
	setenv("XDG_DATA_HOME", "/data", 1);
	unsetenv("XDG_STATE_HOME");
	CHECK(xdg_folder(out, sizeof out, "XDG_DATA_HOME"));
	CHECK_STR(out, "/data");
	CHECK(xdg_folder(out, sizeof out, "XDG_STATE_HOME"));
	CHECK_STR(out, "/home/u/.local/state");
	unsetenv("XDG_CACHE_HOME");
	CHECK(xdg_folder(out, sizeof out, "XDG_CACHE_HOME"));
	CHECK_STR(out, "/home/u/.cache");
	/* A relative path does not count. */
	setenv("XDG_DATA_HOME", "data", 1);
	CHECK(xdg_folder(out, sizeof out, "XDG_DATA_HOME"));
	CHECK_STR(out, "/home/u/.local/share");
	CHECK(!xdg_folder(out, sizeof out, "XDG_NO_HOME"));
	CHECK(!xdg_folder(out, 8, "XDG_DATA_HOME"));
	unsetenv("HOME");
	CHECK(!xdg_folder(out, sizeof out, "XDG_DATA_HOME"));
}

/* A config may start a path with $XDG_DATA_HOME, set or not. */
TEST(xdg_in_paths)
{
	struct err e = {0};

	setenv("HOME", "/home/u", 1);
	unsetenv("XDG_DATA_HOME");
	CHECK_INT(path_resolve(out, sizeof out, "/", "$XDG_DATA_HOME/miust", &e), 0);
	CHECK_STR(out, "/home/u/.local/share/miust");
	setenv("XDG_DATA_HOME", "/data", 1);
	CHECK_INT(path_resolve(out, sizeof out, "/", "${XDG_DATA_HOME}/miust", &e), 0);
	CHECK_STR(out, "/data/miust");
	unsetenv("XDG_DATA_HOME");
	unsetenv("HOME");
	CHECK_INT(path_resolve(out, sizeof out, "/", "$XDG_DATA_HOME/miust", &e), 0);
	CHECK_STR(out, "/$XDG_DATA_HOME/miust");
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
