/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What PyYAML (YAML 1.1) makes of plain words: integers, numbers, switches. */
#include "app/config/scalar.h"

#include "test.h"

TEST(integers)
{
	static const struct {
		const char *text;
		int64_t value;
	} some[] = {
		{"0", 0},
		{"-0", 0},
		{"7", 7},
		{"+7", 7},
		{"-7", -7},
		{"010", 8},
		{"-010", -8},
		{"0b101", 5},
		{"-0b101", -5},
		{"0xfF", 255},
		{"-0x10", -16},
		{"1_000", 1000},
		{"-1_0__0_", -100},
		{"1:30", 90},
		{"-1:30", -90},
		{"1:0:59", 3659},
		{"9223372036854775807", INT64_MAX},
		{"-9223372036854775808", INT64_MIN},
		{"0x7fffffffffffffff", INT64_MAX},
		{"-01000000000000000000000", INT64_MIN},
	};
	static const char *const large[] = {"9223372036854775808", "-9223372036854775809",
					    "0x8000000000000000", "0777777777777777777777777"};
	static const char *const other[] = {"",    "-",    "+",     "_1",   "08",   "09",
					    "0b2", "0b",   "0x",    "0xg",  "1.5",  "1e3",
					    " 1",  "1 ",   "--1",   "1:60", "1:99", "0:1",
					    "1:",  "1::2", "1:300", ":30",  "1a",   "ten"};

	for (size_t i = 0; i < sizeof some / sizeof some[0]; i++) {
		int64_t v = 99;

		if (scalar_integer(some[i].text, &v) != SCALAR_FINE || v != some[i].value)
			FAIL("%s is %lld", some[i].text, (long long)v);
	}
	for (size_t i = 0; i < sizeof large / sizeof large[0]; i++) {
		int64_t v = 99;

		if (scalar_integer(large[i], &v) != SCALAR_LARGE || v != 99)
			FAIL("%s is not too large", large[i]);
	}
	for (size_t i = 0; i < sizeof other / sizeof other[0]; i++) {
		int64_t v = 99;

		if (scalar_integer(other[i], &v) != SCALAR_OTHER || v != 99)
			FAIL("'%s' is an integer", other[i]);
	}
}

TEST(numbers)
{
	static const struct {
		const char *text;
		double value;
	} some[] = {
		{"0", 0},
		{"-7", -7},
		{"010", 8},
		{"-010", -8},
		{"0x10", 16},
		{"1.5", 1.5},
		{"-1.5", -1.5},
		{".5", 0.5},
		{"5.", 5},
		{"08.5", 8.5},
		{"5e-4", 5e-4},
		{"-1.5E+3", -1500},
		{"1_000.5", 1000.5},
		{"1:30.5", 90.5},
		{"-1:30.5", -90.5},
		{"0:30.", 30},
		{"9223372036854775808", 0x1p63},
	};
	static const char *const other[] = {"",     "-",    ".",     "08",   "08e1",  "e5",
					    "inf",  ".inf", "nan",   ".nan", "1e",    "1.5 ",
					    " 1.5", "1.5f", "0x1p3", "_1.5", "1e1_0", "1.5.2"};

	for (size_t i = 0; i < sizeof some / sizeof some[0]; i++) {
		double v = 99;

		if (scalar_number(some[i].text, &v) != SCALAR_FINE || v != some[i].value)
			FAIL("%s is %g", some[i].text, v);
	}
	for (size_t i = 0; i < sizeof other / sizeof other[0]; i++) {
		double v = 99;

		if (scalar_number(other[i], &v) != SCALAR_OTHER || v != 99)
			FAIL("'%s' is the number %g", other[i], v);
	}
}

TEST(switches)
{
	static const char *const word[][3] = {
		{"yes", "Yes", "YES"}, {"true", "True", "TRUE"},    {"on", "On", "ON"},
		{"no", "No", "NO"},    {"false", "False", "FALSE"}, {"off", "Off", "OFF"},
	};
	static const char *const other[] = {"", "y", "n", "1", "0", "yEs", "oN", "true ", "tru"};

	for (int i = 0; i < 6; i++)
		for (int k = 0; k < 3; k++) {
			bool v = i >= 3;

			CHECK_INT(scalar_switch(word[i][k], &v), SCALAR_FINE);
			CHECK_INT(v, i < 3);
		}
	for (size_t i = 0; i < sizeof other / sizeof other[0]; i++) {
		bool v;

		if (scalar_switch(other[i], &v) != SCALAR_OTHER)
			FAIL("'%s' is a switch", other[i]);
	}
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
