/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hooked: the hooks of a command that trains (--on), where no screen looks after them.
 */
#ifndef MIUST_HOOKED_H
#define MIUST_HOOKED_H

#include "app/cmd/cli.h"
#include "app/hook/hook.h"

/* *h becomes those of --on. An error is one of usage; then there are none. */
int hooked_read(struct hooks *h, const struct args *a, struct err *e);
/* A turn of them, at every step: `say` gets what there is to say, and the bell rings
 * on a terminal. */
void hooked_turn(struct hooks *h, void (*say)(void *ctx, const char *text), void *ctx);
/* When nothing else is left to do: wait for what they have started, and forget them. From
 * here on a signal ends the program at once, and leaves their programs alone; but not HUP. */
void hooked_finish(struct hooks *h, void (*say)(void *ctx, const char *text), void *ctx);

#endif
