/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/config/setting.h"

#include <stdio.h>
#include <string.h>

static const char SPACES[] = " \t";

static void take_key(struct setting *x, const char *text, size_t len)
{
	*x = (struct setting){.o = NULL};
	snprintf(x->key, sizeof x->key, "%.*s", (int)(len < SETTING_KEY ? len : SETTING_KEY), text);
	if (len < SETTING_KEY)
		x->o = option_find(x->key);
}

void setting_of_assignment(struct setting *x, const char *text)
{
	size_t len = strcspn(text, "=");

	take_key(x, text, len);
	if (len && text[len])
		x->value = text + len + 1;
}

void setting_of_words(struct setting *x, const char *text)
{
	size_t len;

	text += strspn(text, SPACES);
	len = strcspn(text, SPACES);
	take_key(x, text, len);
	text += len;
	text += strspn(text, SPACES);
	if (len && *text)
		x->value = text;
}

void setting_of_console(struct setting *x, const char *text)
{
	setting_of_words(x, text);
	x->o = option_find_short(x->key);
	if (x->o)
		snprintf(x->key, sizeof x->key, "%s", x->o->key);
}

bool setting_is_command(const char *command)
{
	return strncmp(command, "set", 3) == 0 && command[3] && strchr(SPACES, command[3]);
}

bool setting_of_command(struct setting *x, const char *command)
{
	bool is = setting_is_command(command);

	setting_of_words(x, is ? command + 3 : "");
	return is;
}

int setting_live(const struct setting *x, struct err *e)
{
	if (!x->o)
		return option_unknown(x->key, e);
	if (!x->value)
		return err_set(e, "%s: expected its new value, or a factor such as x0.5", x->key);
	if (x->o->when == WHEN_RUN)
		return err_set(e, "%s is fixed during a run; it takes effect in the next one",
			       x->key);
	for (const char *c = strchr(x->value, '#'); c; c = strchr(c + 1, '#'))
		if (c > x->value && strchr(SPACES, c[-1]))
			return err_set(e,
				       "%s: commands.log would take ' #' for a comment; rename the "
				       "label",
				       x->key);
	return 0;
}

int setting_apply(struct settings *s, const struct setting *x, struct err *e)
{
	struct settings next = *s;

	if (option_set(&next, x->o, x->value, ".", e) || options_resolve(&next, e))
		return -1;
	*s = next;
	return 0;
}

int setting_assign(struct settings *s, const char *assignment, struct err *e)
{
	struct setting x;

	setting_of_assignment(&x, assignment);
	if (!x.value)
		return err_set(e, "expected KEY=VALUE; found '%.80s'", assignment);
	return x.o ? option_set(s, x.o, x.value, ".", e) : option_unknown(x.key, e);
}

static char *print(const char *key, const char *value, char *out, size_t n)
{
	snprintf(out, n, "set %s %s", key, value);
	return out;
}

int setting_command(const struct setting *x, const struct settings *due, char *out, size_t n,
		    struct err *e)
{
	struct settings next = *due;

	if (!option_is_factor(x->o, x->value)) {
		print(x->key, x->value, out, n);
		return 0;
	}
	if (option_change(&next, x->o, x->value, ".", e))
		return -1;
	setting_command_back(x->o, &next, out, n);
	return 0;
}

char *setting_command_back(const struct option *o, const struct settings *s, char *out, size_t n)
{
	char value[OPTION_TEXT];

	return print(o->key, option_text(s, o, value, sizeof value), out, n);
}
