/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * locale: which characters the screen may use.
 *
 * The environment decides (LC_ALL, LC_CTYPE, LANG). Where it names nothing, or a
 * locale that is not installed (ssh passes LANG on, a container has only its
 * own), C.UTF-8 is used instead: nearly every system has it, and only the
 * characters matter here. C, POSIX, and locales of another encoding stay.
 */
#ifndef MIUST_LOCALE_H
#define MIUST_LOCALE_H

#include <stdbool.h>
#include <stddef.h>

/* Sets LC_CTYPE and no other part of the locale. In `why` a sentence if that is
 * not UTF-8 though nobody has asked for C, else "". */
void locale_start(char *why, size_t n);
bool locale_is_utf8(void);

#endif
