/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Numbers as the screens write them (app/study/num.h). */
#include "test.h"

#include "app/study/num.h"

static char out[NUM_LEN];

TEST(values_have_three_decimals)
{
	CHECK_STR(num_value(out, 0.7264), "0.726");
	CHECK_STR(num_value(out, 1), "1.000");
	CHECK_STR(num_value(out, 0), "0.000");
	CHECK_STR(num_value(out, -0.0), "0.000");
	CHECK_STR(num_value(out, -1.25), "-1.250");
	CHECK_STR(num_attention(out, 0.03234), "0.0323");
}

TEST(tiny_and_huge_get_an_exponent)
{
	CHECK_STR(num_value(out, 1.2e-5), "1.2e-5");
	CHECK_STR(num_value(out, 0.0004), "4.0e-4");
	CHECK_STR(num_value(out, 0.0006), "0.001");
	CHECK_STR(num_value(out, -2e-7), "-2.0e-7");
	CHECK_STR(num_value(out, 99999), "99999.000");
	CHECK_STR(num_value(out, 1e5), "1.0e5");
	CHECK_STR(num_value(out, 3.4e38), "3.4e38");
	CHECK_STR(num_attention(out, 0.0004), "0.0004");
	CHECK_STR(num_value(out, 1e-300), "1.0e-300");
}

TEST(not_finite_is_named)
{
	CHECK_STR(num_value(out, NAN), "nan");
	CHECK_STR(num_value(out, INFINITY), "inf");
	CHECK_STR(num_norm(out, -INFINITY), "-inf");
	CHECK_STR(num_norm(out, NAN), "nan");
	CHECK_STR(num_lr(out, NAN), "nan");
	CHECK_STR(num_signed(out, NAN, 3), "nan");
	CHECK_STR(num_percent(out, INFINITY, 0), "inf");
	CHECK_STR(num_short(out, NAN), "nan");
}

TEST(rates_of_learning_have_three_digits)
{
	CHECK_STR(num_lr(out, 1.1e-4), "1.10e-4");
	CHECK_STR(num_lr(out, 5e-4), "5.00e-4");
	CHECK_STR(num_lr(out, 0), "0");
	CHECK_STR(num_lr(out, 1e-12), "1.00e-12");
}

TEST(norms_have_two_decimals_then_three_digits)
{
	CHECK_STR(num_norm(out, 0.57), "0.57");
	CHECK_STR(num_norm(out, 9.99), "9.99");
	CHECK_STR(num_norm(out, 9.996), "10.0");
	CHECK_STR(num_norm(out, 12.34), "12.3");
	CHECK_STR(num_norm(out, 99.96), "100");
	CHECK_STR(num_norm(out, 123.4), "123");
	CHECK_STR(num_norm(out, 1234), "1.23e3");
	CHECK_STR(num_norm(out, 0.0012), "1.2e-3");
}

TEST(short_numbers)
{
	CHECK_STR(num_short(out, 5e-4), "5e-4");
	CHECK_STR(num_short(out, 1.5e-4), "1.5e-4");
	CHECK_STR(num_short(out, 0.5), "0.5");
	CHECK_STR(num_short(out, 5), "5");
	CHECK_STR(num_short(out, 20), "20");
	CHECK_STR(num_short(out, 0), "0");
	CHECK_STR(num_short(out, 1e6), "1e6");
}

TEST(shares_are_per_cent)
{
	CHECK_STR(num_percent(out, 66. / 270, 1), "24.4 %");
	CHECK_STR(num_percent(out, 0.13, 0), "13 %");
	CHECK_STR(num_percent(out, 1, 0), "100 %");
}

TEST(differences_are_signed)
{
	CHECK_STR(num_signed(out, -0.019, 3), "-0.019");
	CHECK_STR(num_signed(out, 0.012, 3), "+0.012");
	CHECK_STR(num_signed(out, 0, 3), "0.000");
	CHECK_STR(num_signed(out, 1e-6, 3), "+1.0e-6");
	CHECK_STR(num_signed_count(out, 3), "+3");
	CHECK_STR(num_signed_count(out, -2), "-2");
	CHECK_STR(num_signed_count(out, 0), "0");
}

TEST(mean_and_deviation)
{
	CHECK_STR(num_mean_sd(out, 0.7195, 0.0092), "0.720 ± 0.009");
	CHECK_STR(num_mean_sd(out, 0.631, NAN), "0.631");
}

TEST(times)
{
	CHECK_STR(num_time(out, 41.2), "41 s");
	CHECK_STR(num_time(out, 0), "0 s");
	CHECK_STR(num_time(out, 59.6), "1:00");
	CHECK_STR(num_time(out, 727), "12:07");
	CHECK_STR(num_time(out, 3599.7), "1h00");
	CHECK_STR(num_time(out, 6660), "1h51");
	CHECK_STR(num_time(out, 183600), "2d03h");
	CHECK_STR(num_time(out, NAN), "–");
	CHECK_STR(num_time(out, -1), "–");
	CHECK_STR(num_time(out, INFINITY), "–");
}

TEST(positions_and_bests)
{
	CHECK_STR(num_position(out, 42, 11), "42:11");
	CHECK_STR(num_best(out, 0.7461, 30), "0.746@30");
}

TEST(bytes)
{
	CHECK_STR(num_bytes(out, 0), "0 B");
	CHECK_STR(num_bytes(out, 999), "999 B");
	CHECK_STR(num_bytes(out, 1000), "1.0 kB");
	CHECK_STR(num_bytes(out, 14000000), "14.0 MB");
	CHECK_STR(num_bytes(out, 99940), "99.9 kB");
	CHECK_STR(num_bytes(out, 99960), "100 kB");
	CHECK_STR(num_bytes(out, 999499), "999 kB");
	CHECK_STR(num_bytes(out, 999500), "1.0 MB");
	CHECK_STR(num_bytes(out, 3.14e9), "3.1 GB");
	CHECK_STR(num_bytes(out, 5e15), "5000 TB");
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
