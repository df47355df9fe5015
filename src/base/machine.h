/* SPDX-License-Identifier: GPL-3.0-or-later */
/* machine: which processor, and how much memory and how many of them there are for this
 * process. */
#ifndef MIUST_MACHINE_H
#define MIUST_MACHINE_H

#include <stddef.h>
#include <stdint.h>

/* Bytes: the machine's memory, or the limit of this process's control group
 * (Linux; version 1 or 2) if that is less. The same whatever runs beside. */
int64_t machine_memory(void);

/* The processors this process may run on (taskset, cpusets), or as many as the
 * quota of its control group allows, rounded up, if that is less; 1 at least. */
int machine_cores(void);

/* "AMD EPYC 7763 64-Core Processor"; where the system does not say (arm64), the kind of its
 * instructions: "aarch64". */
void machine_processor(char *out, size_t n);

/* The machine's name in the network, cut to n; "?" where it has none. */
void machine_host(char *out, size_t n);

/* The smallest limit on the way from a group of `groups` (the text of
 * /proc/self/cgroup) up to the root, below the folder `mount`: bytes, INT64_MAX
 * for none; processors (1.5: three halves of one's time), INFINITY for none. */
int64_t machine_group_memory(const char *groups, const char *mount);
double machine_group_cores(const char *groups, const char *mount);

#endif
