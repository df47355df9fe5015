/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/cmd/cli_private.h"

#include "base/near.h"
#include "base/str.h"

#include <string.h>

/* "queue" of "queue add"? */
static bool begins_with(const struct command *c, const char *word)
{
	size_t n = strlen(word);

	return strncmp(c->name, word, n) == 0 && c->name[n] == ' ';
}

/* The first word is that of several commands, and no second one is given. */
static void name_more(const struct program *p, const char *word, struct err *e)
{
	struct str names = {0};

	for (const struct command *const *c = p->commands; *c; c++)
		if (begins_with(*c, word))
			str_addf(&names, "%s%s", names.len ? ", " : "", (*c)->name);
	err_usage(e, "%s: expected one of %s (see %s %s --help)", word, names.s, p->name, word);
	str_free(&names);
}

const struct command *cli_find(const struct program *p, int *argc, char ***argv, struct err *e)
{
	const char *word = (*argv)[0], *second = *argc > 1 ? (*argv)[1] : NULL;
	bool several = false;
	struct str name = {0};
	struct near n;

	for (const struct command *const *c = p->commands; *c; c++)
		several |= begins_with(*c, word);
	if (several && second && strcmp(second, "--help") == 0) {
		cli_help_several(p, word);
		return NULL;
	}
	if (several && (!second || second[0] == '-')) {
		name_more(p, word, e);
		return NULL;
	}
	str_add(&name, word);
	if (several)
		str_addf(&name, " %s", second);
	n = near_to(name.s);
	for (const struct command *const *c = p->commands; *c; c++) {
		if (strcmp((*c)->name, name.s) == 0) {
			*argc -= 1 + several;
			*argv += 1 + several;
			str_free(&name);
			return *c;
		}
		near_try(&n, (*c)->name);
	}
	if (!n.best && second && !several) { /* a first word of two that is mistyped */
		str_addf(&name, " %s", second);
		n = near_to(name.s);
		for (const struct command *const *c = p->commands; *c; c++)
			if (strchr((*c)->name, ' '))
				near_try(&n, (*c)->name);
		name.len = strlen(word);
		name.s[name.len] = '\0';
	}
	if (n.best)
		err_usage(e, "unknown command %.80s; did you mean %s?", name.s, n.best);
	else if (several)
		name_more(p, word, e);
	else
		err_usage(e, "unknown command %.80s (see %s --help)", name.s, p->name);
	str_free(&name);
	return NULL;
}
