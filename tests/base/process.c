/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/process.h"

#include "test.h"

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

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
