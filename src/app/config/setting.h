/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * setting: one setting and its value as text, the way people and logs give it.
 *
 *	KEY=VALUE	of --set, for a run that is to begin
 *	KEY VALUE	of the console, for the run that trains
 *	set KEY VALUE	of commands.log
 *
 * These are read and written here alone.
 *
 *	struct setting x;
 *	if (setting_of_command(&x, "set train.clip 0.5") && !setting_live(&x, e))
 *		... setting_apply(&set, &x, e) ...
 */
#ifndef MIUST_SETTING_H
#define MIUST_SETTING_H

#include "app/config/option.h"

enum { SETTING_KEY = 128 };

struct setting {
	char key[SETTING_KEY];  /* as given, cut to fit */
	const struct option *o; /* NULL: there is no such setting */
	const char *value;      /* where it begins in the text; NULL: none is given */
};

/* "KEY=VALUE"; "KEY=" gives an empty value. */
void setting_of_assignment(struct setting *x, const char *text);
/* "KEY VALUE", with spaces or tabs between them. */
void setting_of_words(struct setting *x, const char *text);
/* The same from a person, who may leave out the first words of KEY (option_find_short): key
 * is the whole of it then. */
void setting_of_console(struct setting *x, const char *text);
/* "set KEY VALUE"; false if it is a different command. */
bool setting_of_command(struct setting *x, const char *command);
bool setting_is_command(const char *command); /* is its first word `set`? */

/* May it be given to a run that trains? It is known, has a value, and is not
 * fixed during a run; the value itself has not been checked. */
int setting_live(const struct setting *x, struct err *e);
/* Set the value in *s, which is unchanged on error, and fit what depends on it. */
int setting_apply(struct settings *s, const struct setting *x, struct err *e);
/* "KEY=VALUE" into *s, as of --set; paths start at the current folder. */
int setting_assign(struct settings *s, const char *assignment, struct err *e);
/* "set KEY VALUE" as commands.log has it: a factor (x0.5) becomes what it makes of the
 * value in `due`, any other value stays as given. There must be an option and a value.
 * The text is cut to n bytes; out is not written on error. */
int setting_command(const struct setting *x, const struct settings *due, char *out, size_t n,
		    struct err *e);
/* "set KEY VALUE" that makes it what it is in s. Returns out. */
char *setting_command_back(const struct option *o, const struct settings *s, char *out, size_t n);

#endif
