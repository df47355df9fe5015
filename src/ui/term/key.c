/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/term/key.h"

#include "base/utf8.h"

#include <curses.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const struct {
	uint32_t code;
	const char *name;
	int curses; /* 0: none */
} table[] = {
	{' ', "Space", 0},
	{'\t', "Tab", 0},
	{'\r', "Enter", KEY_ENTER},
	{0x1b, "Esc", KEY_EXIT},
	{0x7f, "Backspace", KEY_BACKSPACE},
	{0, "^Space", 0},
	{K_UP, "Up", KEY_UP},
	{K_DOWN, "Down", KEY_DOWN},
	{K_LEFT, "Left", KEY_LEFT},
	{K_RIGHT, "Right", KEY_RIGHT},
	{K_HOME, "Home", KEY_HOME},
	{K_END, "End", KEY_END},
	{K_PAGE_UP, "PgUp", KEY_PPAGE},
	{K_PAGE_DOWN, "PgDn", KEY_NPAGE},
	{K_INSERT, "Ins", KEY_IC},
	{K_DELETE, "Del", KEY_DC},
	{K_SHIFT_TAB, "S-Tab", KEY_BTAB},
	{K_SHIFT_UP, "S-Up", KEY_SR},
	{K_SHIFT_DOWN, "S-Down", KEY_SF},
	{K_SHIFT_LEFT, "S-Left", KEY_SLEFT},
	{K_SHIFT_RIGHT, "S-Right", KEY_SRIGHT},
	{K_F1, "F1", KEY_F(1)},
	{K_F1 + 1, "F2", KEY_F(2)},
	{K_F1 + 2, "F3", KEY_F(3)},
	{K_F1 + 3, "F4", KEY_F(4)},
	{K_F1 + 4, "F5", KEY_F(5)},
	{K_F1 + 5, "F6", KEY_F(6)},
	{K_F1 + 6, "F7", KEY_F(7)},
	{K_F1 + 7, "F8", KEY_F(8)},
	{K_F1 + 8, "F9", KEY_F(9)},
	{K_F1 + 9, "F10", KEY_F(10)},
	{K_F1 + 10, "F11", KEY_F(11)},
	{K_F12, "F12", KEY_F(12)},
	{K_PASTE, "Paste", CURSES_PASTE},
	{K_PASTE_END, "PasteEnd", CURSES_PASTE_END},
	{K_CLICK, "Click", 0},
	{K_WHEEL_UP, "WheelUp", 0},
	{K_WHEEL_DOWN, "WheelDown", 0},
};
enum { KEYS = sizeof table / sizeof *table };

char *key_text(char *out, struct key k)
{
	char one[5] = "";
	const char *name = one;

	for (int i = 0; i < KEYS; i++)
		if (table[i].code == k.code)
			name = table[i].name;
	if (name == one && k.code < 0x20)
		snprintf(one, sizeof one, "^%c", (int)k.code + '@');
	else if (name == one && k.code < K_FUNCTIONS)
		utf8_put(one, k.code);
	snprintf(out, KEY_NAME_LEN, "%s%s", k.meta ? "M-" : "", name);
	return out;
}

/* "^C", "^[", and so on: the code, or -1. */
static int control(const char *name)
{
	int c;

	if (name[0] != '^' || !name[1] || name[2])
		return -1;
	c = name[1] >= 'a' && name[1] <= 'z' ? name[1] - 'a' + 'A' : name[1];
	return c >= '@' && c <= '_' ? c - '@' : c == '?' ? 0x7f : -1;
}

int key_parse(struct key *k, const char *name, struct err *e)
{
	const char *rest = name;

	*k = (struct key){0};
	if (strncasecmp(rest, "M-", 2) == 0 && rest[2]) {
		k->meta = true;
		rest += 2;
	}
	for (int i = 0; i < KEYS; i++) {
		if (strcasecmp(table[i].name, rest) == 0) {
			k->code = table[i].code;
			return 0;
		}
	}
	if (control(rest) >= 0) {
		k->code = (uint32_t)control(rest);
		return 0;
	}
	name = rest;
	k->code = utf8_next(&rest);
	if (k->code >= ' ' && !*rest)
		return 0;
	return err_set(e,
		       "unknown key \"%s\"; a key is one character or Space, Tab, Enter, Esc, "
		       "Backspace, ^C, Up, PgDn, S-Tab, F1, M-x and so on",
		       name);
}

bool key_same(struct key a, struct key b)
{
	return a.code == b.code && a.meta == b.meta;
}

uint32_t key_from_curses(int code)
{
	for (int i = 0; i < KEYS; i++)
		if (table[i].curses && table[i].curses == code)
			return table[i].code;
	return 0;
}
