/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * xdg: where a user's own files belong, as the XDG base directory
 * specification says: $XDG_DATA_HOME if that is an absolute path, else
 * ~/.local/share, and likewise for the others.
 */
#ifndef MIUST_XDG_H
#define MIUST_XDG_H

#include <stdbool.h>
#include <stddef.h>

/* The folder for a variable: XDG_CACHE_HOME, XDG_CONFIG_HOME, XDG_DATA_HOME,
 * XDG_STATE_HOME.
 * False: there is no such variable, no home folder, or the path is too long. */
bool xdg_folder(char *out, size_t n, const char *variable);

#endif
