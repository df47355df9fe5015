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

/* Rank 0 is told to stop, and tells the others. */
static void leave_signals_to_rank_0(void)
{
	static const int stops[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2};

	for (size_t i = 0; i < sizeof stops / sizeof *stops; i++)
		signal(stops[i], SIG_IGN);
}

static int train(int argc, char **argv)
{
	struct ranks r;
	int status = 0;

	mpi_ranks_begin(&r);
	if (r.rank > 0) {
		leave_signals_to_rank_0();
		job_ranks_help(&r);
	} else {
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
