/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/roff.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

void roff_text(FILE *out, const char *text)
{
	bool bold = false;

	for (const char *c = text; *c; c++) {
		if ((*c == '.' || *c == '\'') && (c == text || c[-1] == '\n'))
			fputs("\\&", out);
		if (*c == '\\')
			fputs("\\e", out);
		else if (*c == '-')
			fputs("\\-", out);
		else if (*c == '`')
			fputs((bold = !bold) ? "\\fB" : "\\fR", out);
		else
			putc(*c, out);
	}
}

void roff_line(FILE *out, const char *macro, const char *text)
{
	fputs(macro, out);
	roff_text(out, text);
	putc('\n', out);
}

void roff_begin(FILE *out, const char *name, int section, const char *help)
{
	size_t n = strlen(help);

	fputs(".TH ", out);
	for (const char *c = name; *c; c++)
		putc(toupper((unsigned char)*c), out);
	fprintf(out, " %d \"\" \"miust " MIUST_VERSION "\"\n.ad l\n.SH NAME\n", section);
	roff_text(out, name);
	fprintf(out, " \\- %c", tolower((unsigned char)*help));
	fprintf(out, "%.*s\n", (int)(n - 1 - (help[n - 1] == '.')), help + 1);
}
