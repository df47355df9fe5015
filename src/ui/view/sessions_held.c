/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who trains a run elsewhere, in words. */
#include "ui/view/sessions.h"

#include "base/str.h"

#include <stdio.h>
#include <string.h>

/* ", 2 h 10 min"; "" if the lock says no time. */
static char *say_since(const struct ui *u, const struct lock_owner *who, char out[32])
{
	int64_t since = lock_owner_since(who), s = sessions_view(u)->now - since;

	out[0] = '\0';
	if (!since)
		return out;
	if (s < 60) /* another machine's clock may be fast */
		snprintf(out, 32, ", %d s", (int)(s < 0 ? 0 : s));
	else if (s < 3600)
		snprintf(out, 32, ", %d min", (int)(s / 60));
	else if (s < 86400)
		snprintf(out, 32, ", %d h %d min", (int)(s / 3600), (int)(s / 60 % 60));
	else
		snprintf(out, 32, ", %d d %d h", (int)(s / 86400), (int)(s / 3600 % 24));
	return out;
}

char *sessions_holder(const struct ui *u, const struct lock_owner *who, bool process, char *out,
		      size_t n)
{
	char since[32], pid[32] = "";

	if (process)
		snprintf(pid, sizeof pid, ", process %ld", who->pid);
	if (who->host[0])
		snprintf(out, n, "%s%s%s", who->host, pid, say_since(u, who, since));
	else
		str_fit(out, n, process ? "its lock does not say who" : "");
	return out;
}

void sessions_add_holders(const struct ui *u, const struct shelf_run *r, struct str *out)
{
	char text[192];

	if (shelf_holders(r) == 1)
		str_add(out, sessions_holder(u, &r->held[0].who, false, text, sizeof text));
	for (int i = 0; i < r->nheld && shelf_holders(r) > 1; i++) {
		bool known = !r->held[i].who.host[0];

		for (int k = 0; k < i; k++)
			known |= strcmp(r->held[k].who.host, r->held[i].who.host) == 0;
		if (!known)
			str_addf(out, "%s%s", out->len ? ", " : "", r->held[i].who.host);
	}
}
