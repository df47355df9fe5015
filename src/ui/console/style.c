/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the user may choose about how the screen is drawn. Both verbs change the
 * state alone (u->look, u->mouse); the loop lets the terminal follow (term_follow)
 * before the next frame.
 */
#include "ui/console/complete.h"

#include "ui/term/locale.h"

#include <string.h>

enum { OF_PALETTE, OF_RAMP, OF_GLYPHS };

static const struct {
	const char *word;
	int kind, value;
} words[] = {
	{"dark", OF_PALETTE, PALETTE_DARK}, {"light", OF_PALETTE, PALETTE_LIGHT},
	{"viridis", OF_RAMP, RAMP_VIRIDIS}, {"cividis", OF_RAMP, RAMP_CIVIDIS},
	{"grey", OF_RAMP, RAMP_GREY},       {"braille", OF_GLYPHS, GLYPHS_BRAILLE},
	{"block", OF_GLYPHS, GLYPHS_BLOCK}, {"ascii", OF_GLYPHS, GLYPHS_ASCII},
};
enum { WORDS = sizeof words / sizeof *words };

static const char *word_of(int kind, int value)
{
	for (int i = 0; i < WORDS; i++)
		if (words[i].kind == kind && words[i].value == value)
			return words[i].word;
	BUG("style %d of kind %d", value, kind);
}

static int choose(struct look *look, const char *word, size_t len, struct err *e)
{
	for (int i = 0; i < WORDS; i++) {
		if (strlen(words[i].word) != len || strncmp(words[i].word, word, len) != 0)
			continue;
		if (words[i].kind == OF_PALETTE)
			look->palette = (enum palette)words[i].value;
		else if (words[i].kind == OF_RAMP)
			look->ramp = (enum ramp)words[i].value;
		else if (words[i].value != GLYPHS_ASCII && !locale_is_utf8())
			return err_set(e,
				       "style %s: the locale is not UTF-8; set LC_ALL, for example "
				       "to C.UTF-8",
				       words[i].word);
		else
			look->glyphs = (enum glyphs)words[i].value;
		return 0;
	}
	return err_set(e,
		       "style: expected dark or light, viridis, cividis or grey, braille, block "
		       "or ascii; found '%.*s'",
		       (int)(len < 40 ? len : 40), word);
}

/* Words, each of which chooses one thing. None: says what is in force. */
static int run_style(struct ui *u, const char *args, struct err *e)
{
	struct look look = u->look;

	if (!*args) {
		ui_say(u, "style %s %s %s", word_of(OF_PALETTE, (int)look.palette),
		       word_of(OF_RAMP, (int)look.ramp), word_of(OF_GLYPHS, (int)look.glyphs));
		return 0;
	}
	while (*args) {
		size_t len = strcspn(args, " ");

		if (choose(&look, args, len, e))
			return -1;
		args += len + strspn(args + len, " ");
	}
	u->look = look;
	return 0;
}

/* on, off; "": the other one. */
static int run_mouse(struct ui *u, const char *args, struct err *e)
{
	if (*args && strcmp(args, "on") != 0 && strcmp(args, "off") != 0)
		return err_set(e, "mouse: expected on or off; found '%.40s'", args);
	u->mouse = *args ? strcmp(args, "on") == 0 : !u->mouse;
	ui_say(u, u->mouse ? "mouse on; hold Shift to select text in the terminal" : "mouse off");
	return 0;
}

const struct verb style_verbs[] = {
	{"style", "[dark|light|viridis|cividis|grey|braille|block|ascii]...",
	 "Colours for a dark or light terminal, heat maps, glyphs of curves.", run_style, NULL,
	 complete_args, CHANGES_NOTHING},
	{"mouse", "[on|off]", "Clicks choose, the wheel moves.", run_mouse, NULL, complete_args,
	 CHANGES_NOTHING},
	{0},
};
