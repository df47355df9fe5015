/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * mpi_ranks: ranks (engine/num/ranks.h) of Open MPI. All there is of MPI; no archive has it.
 *
 * Only one thread calls it at a time, which may be another than the one that began:
 * MPI_THREAD_SERIALIZED. What fails in MPI ends all ranks (MPI_ERRORS_ARE_FATAL).
 */
#ifndef MIUST_MPI_RANKS_H
#define MIUST_MPI_RANKS_H

#include "engine/num/ranks.h"

/* Ends all ranks with a sentence if they are too many, or of different builds of the program: they
 * hand each other its structures. *r stays where it is: its functions are given it. */
void mpi_ranks_begin(struct ranks *r);
void mpi_ranks_end(void);

#endif
