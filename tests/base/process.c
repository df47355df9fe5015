/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/process.h"

#include "test.h"

#include <stdlib.h>

TEST(the_same_signal_later_ends_at_once)
{
	struct process_stops_come c = {0};

	CHECK(!process_stop_comes(&c, SIGUSR1, 100));
	CHECK(!process_stop_comes(&c, SIGUSR1, 100)); /* timeout signals child and group */
	CHECK(!process_stop_comes(&c, SIGUSR1, 100.9));
	CHECK(process_stop_comes(&c, SIGUSR1, 101.1));
	CHECK(process_stop_comes(&c, SIGUSR1, 500));
}

TEST(each_signal_has_a_first)
{
	struct process_stops_come c = {0};

	CHECK(!process_stop_comes(&c, SIGUSR1, 100)); /* soon the time is up */
	CHECK(!process_stop_comes(&c, SIGTERM, 200)); /* it is */
	CHECK(!process_stop_comes(&c, SIGTERM, 200.5));
	CHECK(process_stop_comes(&c, SIGTERM, 202));
	CHECK(!process_stop_comes(&c, SIGINT, 202));
	CHECK(process_stop_comes(&c, SIGINT, 204));
}

TEST(hup_means_one)
{
	struct process_stops_come c = {0};

	for (int i = 0; i < 10; i++)
		CHECK(!process_stop_comes(&c, SIGHUP, 10.0 * i));
	CHECK(!process_stop_comes(&c, SIGINT, 100));
	CHECK(process_stop_comes(&c, SIGINT, 110));
}

static void together_is(int want, int place)
{
	int at = -1;

	CHECK_INT(process_together(&at), want);
	CHECK_INT(at, place);
}

TEST(programs_that_are_started_together)
{
	static const char *const name[] = {"OMPI_COMM_WORLD_SIZE",
					   "OMPI_COMM_WORLD_RANK",
					   "SLURM_STEP_NUM_TASKS",
					   "SLURM_PROCID",
					   "PMI_SIZE",
					   "PMI_RANK"};

	for (int i = 0; i < 6; i++)
		unsetenv(name[i]);
	together_is(1, 0);
	setenv("SLURM_PROCID", "3", 1); /* a batch script's, too */
	together_is(1, 0);
	setenv("SLURM_STEP_NUM_TASKS", "4", 1);
	together_is(4, 3);
	setenv("OMPI_COMM_WORLD_SIZE", "1", 1);
	setenv("OMPI_COMM_WORLD_RANK", "0", 1);
	together_is(4, 3);
	setenv("OMPI_COMM_WORLD_SIZE", "2", 1);
	together_is(2, 0);
	setenv("OMPI_COMM_WORLD_RANK", "7", 1); /* which cannot be */
	together_is(2, 0);
	setenv("OMPI_COMM_WORLD_SIZE", "many", 1);
	unsetenv("SLURM_STEP_NUM_TASKS");
	together_is(1, 0);
	CHECK_INT(process_together(NULL), 1);
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
