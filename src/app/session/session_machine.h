/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * session_machine: the kind of machine that a session was first trained on.
 *
 * Equal bytes are promised on one kind of processor with one BLAS. DIR/machine is a line
 * that names both, written by the first program that trains in the session; those after it,
 * other folds, other seeds and resumed ones, compare.
 */
#ifndef MIUST_SESSION_MACHINE_H
#define MIUST_SESSION_MACHINE_H

#include "app/session/session.h"

enum { MACHINE_LINE = 320 };

/* "AMD EPYC 7763 64-Core Processor, kernels avx2, BLAS Zen OpenBLAS 0.3.21" */
void session_machine_here(char out[MACHINE_LINE]);
/* Record it, or read what was recorded: *other is that, if it is not this one, else "". The
 * session is open for writing. */
int session_machine(const struct session *s, char other[MACHINE_LINE], struct err *e);

#endif
