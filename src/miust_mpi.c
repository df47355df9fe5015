/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * miust-mpi: miust under mpirun or srun. `train` shares its batches out over all ranks
 * (app/lab/job_ranks.h); every other command is miust's, in each rank for itself: `queue run`
 * deals out its runs through locks.
 */
#include "app/cmd/commands.h"
#include "app/lab/job_ranks.h"
#include "base/process.h"
#include "mpi_ranks.h"

#include <signal.h>
#include <string.h>

/* Rank 0 is told to stop, and tells the others. Until they know who they are, nobody is. */
static void leave_to_rank_0(struct sigaction was[])
{
	const struct sigaction ignore = {.sa_handler = SIG_IGN};

	for (int i = 0; i < PROCESS_STOPS; i++)
		sigaction(process_stops[i].number, &ignore, &was[i]);
}

static void take_signals(const struct sigaction was[])
{
	for (int i = 0; i < PROCESS_STOPS; i++)
		sigaction(process_stops[i].number, &was[i], NULL);
}

static int train(int argc, char **argv)
{
	struct sigaction was[PROCESS_STOPS];
	struct ranks r;
	int status = 0;

	leave_to_rank_0(was);
	mpi_ranks_begin(&r);
	if (r.rank > 0) {
		job_ranks_help(&r);
	} else {
		take_signals(was);
		train_with(r.n > 1 ? &r : NULL);
		status = miust(argc, argv);
		job_ranks_end(&r);
	}
	mpi_ranks_end();
	return status;
}

int main(int argc, char **argv)
{
	process_begin(argv);
	return argc > 1 && strcmp(argv[1], "train") == 0 ? train(argc, argv) : miust(argc, argv);
}
