/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * signals: those that stop what a command trains (process.h), which then ends after a
 * checkpoint. The same again, later, ends the program at once, and so does the first while
 * the config and the data are read: nobody asks then, and there is nothing to store.
 */
#ifndef MIUST_SIGNALS_H
#define MIUST_SIGNALS_H

#include "base/err.h"

#include <signal.h>
#include <stdatomic.h>

extern atomic_bool signals_reading;           /* config and data are read */
extern volatile sig_atomic_t signals_in_line; /* the cursor is after a line of progress */

int signals_catch(struct err *e);
int signals_fd(void);   /* readable when one has come */
int signals_come(void); /* its number; 0: none has */

#endif
