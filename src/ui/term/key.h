/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * key: what was pressed, and its name.
 *
 * One table joins codes, names and curses' codes. Names are what the key row
 * shows, what `bind` takes and what a script of keys is written in:
 *
 *	a  é  ?            characters
 *	Space Tab Esc Enter Backspace
 *	^C  ^Space         control
 *	Up F1 PgDn S-Tab   function keys, some with shift
 *	M-x M-Up           with Alt (sent as Esc before)
 */
#ifndef MIUST_KEY_H
#define MIUST_KEY_H

#include "base/err.h"

#include <stdint.h>

enum key_code {
	/* below: UTF-32; control characters are themselves, DEL is Backspace */
	K_FUNCTIONS = 0x110000,
	K_UP,
	K_DOWN,
	K_LEFT,
	K_RIGHT,
	K_HOME,
	K_END,
	K_PAGE_UP,
	K_PAGE_DOWN,
	K_INSERT,
	K_DELETE,
	K_SHIFT_TAB,
	K_SHIFT_UP,
	K_SHIFT_DOWN,
	K_SHIFT_LEFT,
	K_SHIFT_RIGHT,
	K_F1, /* K_F1 + i up to F12 */
	K_F12 = K_F1 + 11,
	K_PASTE,     /* a paste begins: what follows is text, no command */
	K_PASTE_END, /* and ends */
	K_CLICK,     /* mouse: row, col are set */
	K_WHEEL_UP,
	K_WHEEL_DOWN,
	K_END_OF_KEYS
};

struct key {
	uint32_t code; /* UTF-32 or enum key_code */
	bool meta;
	int row, col; /* of K_CLICK and the wheel */
};

enum { KEY_NAME_LEN = 24 };

char *key_text(char *out, struct key k); /* out of KEY_NAME_LEN bytes */
/* Error: which names there are. Names of keys match in any case. */
int key_parse(struct key *k, const char *name, struct err *e);
bool key_same(struct key a, struct key b); /* code and meta */

/* From a function code of curses (KEY_UP); 0 if it has no place here. */
uint32_t key_from_curses(int code);
/* Codes given to curses for the two sequences of bracketed paste. */
enum { CURSES_PASTE = 0x7f00, CURSES_PASTE_END };

#endif
