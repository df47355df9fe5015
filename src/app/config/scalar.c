/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/config/scalar.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 512 }; /* a number is shorter */

static bool is_sign(char c)
{
	return c == '-' || c == '+';
}

/* The value of a digit; 99 for what is none. */
static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : 99;
}

/* *v becomes *v * base + more, or minus it; false if that does not fit. */
static bool append(int64_t *v, int base, int more, bool negative)
{
	return !__builtin_mul_overflow(*v, (int64_t)base, v) &&
	       !__builtin_add_overflow(*v, (int64_t)(negative ? -more : more), v);
}

/* Digits of a base with underscores among them, to the end of the text. */
static enum scalar_fault read_digits(const char *text, int base, bool negative, int64_t *v)
{
	enum scalar_fault fault = SCALAR_OTHER; /* until there is a digit */
	int64_t x = 0;

	for (; *text; text++) {
		if (*text == '_')
			continue;
		if (digit_of(*text) >= base)
			return SCALAR_OTHER;
		if (fault == SCALAR_OTHER)
			fault = SCALAR_FINE;
		if (!append(&x, base, digit_of(*text), negative))
			fault = SCALAR_LARGE;
	}
	if (fault == SCALAR_FINE)
		*v = x;
	return fault;
}

/* One part of a base 60 number: one digit, or two below 60. Its length, or 0. */
static size_t sixtieth(const char *text, int *v)
{
	size_t n = strspn(text, "0123456789");

	if (n < 1 || n > 2 || (n == 2 && text[0] > '5'))
		return 0;
	*v = atoi(text);
	return n;
}

/* 190:20:30: the first part counts on, each further one is below 60. An integer's
 * begins with `least`, 1; a number's may begin with 0. */
static enum scalar_fault read_base_60(const char *text, char least, bool negative, int64_t *v)
{
	enum scalar_fault fault = SCALAR_FINE;
	const char *colon = strchr(text, ':');
	char first[TEXT_MAX];
	int64_t x = 0;

	if (text[0] < least || text[0] > '9' || (size_t)(colon - text) >= sizeof first)
		return SCALAR_OTHER;
	memcpy(first, text, (size_t)(colon - text));
	first[colon - text] = '\0';
	fault = read_digits(first, 10, negative, &x);
	while (fault != SCALAR_OTHER && *colon) {
		int part;
		size_t n = *colon == ':' ? sixtieth(colon + 1, &part) : 0;

		if (!n)
			return SCALAR_OTHER;
		if (!append(&x, 60, part, negative))
			fault = SCALAR_LARGE;
		colon += 1 + n;
	}
	if (fault == SCALAR_FINE)
		*v = x;
	return fault;
}

enum scalar_fault scalar_integer(const char *text, int64_t *v)
{
	bool negative = *text == '-';

	text += is_sign(*text);
	if (text[0] == '0' && text[1] == 'b')
		return read_digits(text + 2, 2, negative, v);
	if (text[0] == '0' && text[1] == 'x')
		return read_digits(text + 2, 16, negative, v);
	if (strchr(text, ':'))
		return read_base_60(text, '1', negative, v);
	if (text[0] < '0' || text[0] > '9')
		return SCALAR_OTHER; /* _1 is a word */
	return read_digits(text, text[0] == '0' ? 8 : 10, negative, v);
}

/* The text without underscores, in out; false if it does not fit. */
static bool without_underscores(const char *text, char out[TEXT_MAX])
{
	size_t n = 0;

	for (; *text && n < TEXT_MAX - 1; text++)
		if (*text != '_')
			out[n++] = *text;
	out[n] = '\0';
	return !*text;
}

/* 1:30.5 is 90.5: the last part has the point, the ones before are integers. */
static enum scalar_fault read_number_60(const char *text, double *v)
{
	const char *first = text + is_sign(*text), *point = strchr(text, '.');
	char whole[TEXT_MAX];
	enum scalar_fault fault;
	double fraction;
	int64_t x = 0;
	char *end;

	if (!point || (size_t)(point - first) >= sizeof whole ||
	    point[1 + strspn(point + 1, "0123456789")])
		return SCALAR_OTHER;
	memcpy(whole, first, (size_t)(point - first));
	whole[point - first] = '\0';
	fault = strchr(whole, ':') ? read_base_60(whole, '0', false, &x) : SCALAR_OTHER;
	if (fault)
		return fault;
	fraction = point[1] ? strtod(point, &end) : 0;
	*v = (double)x + fraction;
	if (*text == '-')
		*v = -*v;
	return SCALAR_FINE;
}

enum scalar_fault scalar_number(const char *text, double *v)
{
	char plain[TEXT_MAX], *end;
	int64_t whole = 0;
	const char *first, *exponent;
	size_t digits;
	double x;

	switch (scalar_integer(text, &whole)) {
	case SCALAR_FINE:
		*v = (double)whole;
		return SCALAR_FINE;
	case SCALAR_LARGE:
		if (text[strspn(text, "+-0123456789_")])
			return SCALAR_LARGE;
		break; /* a long decimal is a number all the same */
	case SCALAR_OTHER:
		break;
	}
	first = text + is_sign(*text);
	exponent = strpbrk(text, "eE");
	if (*first == '_' || (exponent && strchr(exponent, '_')) ||
	    !without_underscores(text, plain))
		return SCALAR_OTHER;
	if (strchr(plain, ':'))
		return read_number_60(plain, v);
	/* strtod also takes blanks, hexadecimal, inf and nan. */
	if (plain[strspn(plain, "0123456789+-.eE")])
		return SCALAR_OTHER;
	first = plain + is_sign(*plain);
	digits = strspn(first, "0123456789");
	/* 08 is text to YAML, so 08 and 08e1 are no numbers; 08.5 is one. */
	if (digits > 1 && first[0] == '0' && first[digits] != '.')
		return SCALAR_OTHER;
	x = strtod(plain, &end);
	if (end == plain || *end)
		return SCALAR_OTHER;
	*v = x;
	return SCALAR_FINE;
}

enum scalar_fault scalar_switch(const char *text, bool *v)
{
	static const char *const words[][2] = {
		{"false", "true"}, {"False", "True"}, {"FALSE", "TRUE"},
		{"no", "yes"},     {"No", "Yes"},     {"NO", "YES"},
		{"off", "on"},     {"Off", "On"},     {"OFF", "ON"},
	};

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		for (int k = 0; k < 2; k++)
			if (strcmp(text, words[i][k]) == 0) {
				*v = k;
				return SCALAR_FINE;
			}
	return SCALAR_OTHER;
}
