/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/cmd/progress.h"

#include "base/util.h"

#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static const double DRAW_EVERY = 0.1, LINE_EVERY = 10; /* seconds */

void progress_start(struct progress *p, FILE *to, const char *term)
{
	*p = (struct progress){.to = isatty(fileno(to)) ? to : NULL,
			       .lines = !term || !*term || strcmp(term, "dumb") == 0};
}

bool progress_due(struct progress *p, double now)
{
	if (!p->to || (p->last > 0 && now - p->last < (p->lines ? LINE_EVERY : DRAW_EVERY)))
		return false;
	p->last = now;
	return true;
}

/* Columns a line may take: in the last one the cursor may wrap. */
static int room(const struct progress *p)
{
	struct winsize size;

	return ioctl(fileno(p->to), TIOCGWINSZ, &size) == 0 && size.ws_col > 1 ? size.ws_col - 1
									       : 79;
}

void progress_show(struct progress *p, const char *text)
{
	int n = (int)strlen(text), most = room(p);

	if (p->lines) {
		fprintf(p->to, "%s\n", text);
	} else {
		n = min_int(n, most);
		fprintf(p->to, "\r%.*s%*s", n, text, max_int(p->shown - n, 0), "");
		p->shown = n;
	}
	fflush(p->to);
}

void progress_wipe(struct progress *p)
{
	if (p->shown > 0)
		fprintf(p->to, "\r%*s\r", p->shown, "");
	p->shown = 0;
}
