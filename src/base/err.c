/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/err.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int set(struct err *e, int status, size_t at, const char *fmt, va_list ap)
{
	vsnprintf(e->text + at, sizeof e->text - at, fmt, ap);
	e->status = status;
	return -1;
}

int err_set(struct err *e, const char *fmt, ...)
{
	va_list ap;

	if (e->status)
		return -1;
	va_start(ap, fmt);
	set(e, EXIT_FAILED, 0, fmt, ap);
	va_end(ap);
	return -1;
}

int err_usage(struct err *e, const char *fmt, ...)
{
	va_list ap;

	if (e->status)
		return -1;
	va_start(ap, fmt);
	set(e, EXIT_USAGE, 0, fmt, ap);
	va_end(ap);
	return -1;
}

int err_at(struct err *e, const char *file, long line, long column, const char *fmt, ...)
{
	va_list ap;
	int at;

	if (e->status)
		return -1;
	if (line > 0 && column > 0)
		at = snprintf(e->text, sizeof e->text, "%s:%ld:%ld: ", file, line, column);
	else if (line > 0)
		at = snprintf(e->text, sizeof e->text, "%s:%ld: ", file, line);
	else
		at = snprintf(e->text, sizeof e->text, "%s: ", file);
	if (at < 0 || (size_t)at >= sizeof e->text)
		at = 0;
	va_start(ap, fmt);
	set(e, EXIT_FAILED, (size_t)at, fmt, ap);
	va_end(ap);
	return -1;
}

int err_errno(struct err *e, const char *path, const char *what)
{
	return err_at(e, path, 0, 0, "%s: %s", what, strerror(errno));
}

int err_exit(int status)
{
	return status >= EXIT_DATA && status <= EXIT_CLOSED ? EXIT_FAILED : status;
}

int err_said(struct err *e)
{
	err_clear(e);
	e->status = EXIT_FAILED;
	return -1;
}

void err_clear(struct err *e)
{
	e->status = 0;
	e->text[0] = '\0';
}

void err_rename(struct err *e, const char *from, const char *to)
{
	char was[sizeof e->text], *at = strstr(e->text, from);

	if (!at)
		return;
	memcpy(was, at + strlen(from), strlen(at + strlen(from)) + 1);
	snprintf(at, sizeof e->text - (size_t)(at - e->text), "%s%s", to, was);
}

_Noreturn void bug_at(const char *file, int line, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "miust: BUG at %s:%d: ", file, line);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	abort();
}
