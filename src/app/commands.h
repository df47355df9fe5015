/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * commands: each in its cmd_NAME.c.
 */
#ifndef MIUST_COMMANDS_H
#define MIUST_COMMANDS_H

#include "app/cli.h"

extern const struct command cmd_config;

#endif
