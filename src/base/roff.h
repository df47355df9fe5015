/* SPDX-License-Identifier: GPL-3.0-or-later */
/* roff: text in a manual page. */
#ifndef MIUST_ROFF_H
#define MIUST_ROFF_H

#include <stdio.h>

/* Text as it is: backslashes and minuses anywhere, and dots and apostrophes at the
 * start of a line, are escaped; `words` in backquotes are bold. */
void roff_text(FILE *out, const char *text);
/* A macro (".B ", "") with text, and a line feed. */
void roff_line(FILE *out, const char *macro, const char *text);
/* .TH and .SH NAME of page NAME(SECTION), which HELP, a sentence, describes. */
void roff_begin(FILE *out, const char *name, int section, const char *help);

#endif
