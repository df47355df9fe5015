/* SPDX-License-Identifier: GPL-3.0-or-later */
/* machine: how much memory there is for this process. */
#ifndef MIUST_MACHINE_H
#define MIUST_MACHINE_H

#include <stdint.h>

/* Bytes: the machine's memory, or the limit of this process's control group
 * (Linux; version 1 or 2) if that is less. The same whatever runs beside. */
int64_t machine_memory(void);

/* The least limit on the way from a group of `groups` (the text of
 * /proc/self/cgroup) up to the root, below the folder `mount`; INT64_MAX: none. */
int64_t machine_group_limit(const char *groups, const char *mount);

#endif
