/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/utf8.h"
#include "ui/console/console.h"

#include <stdio.h>
#include <string.h>

#include <readline/readline.h>

/* What a terminal sends for a key that is no character. */
static const char *sequence_of(uint32_t code)
{
	static const struct {
		uint32_t code;
		const char *bytes;
	} keys[] = {
		{K_UP, "\033[A"},
		{K_DOWN, "\033[B"},
		{K_RIGHT, "\033[C"},
		{K_LEFT, "\033[D"},
		{K_HOME, "\033[H"},
		{K_END, "\033[F"},
		{K_INSERT, "\033[2~"},
		{K_DELETE, "\033[3~"},
		{K_PAGE_UP, "\033[5~"},
		{K_PAGE_DOWN, "\033[6~"},
		{K_SHIFT_TAB, "\033[Z"},
		{K_SHIFT_UP, "\033[1;2A"},
		{K_SHIFT_DOWN, "\033[1;2B"},
		{K_SHIFT_RIGHT, "\033[1;2C"},
		{K_SHIFT_LEFT, "\033[1;2D"},
		{K_F1, "\033OP"},
		{K_F1 + 1, "\033OQ"},
		{K_F1 + 2, "\033OR"},
		{K_F1 + 3, "\033OS"},
		{K_F1 + 4, "\033[15~"},
		{K_F1 + 5, "\033[17~"},
		{K_F1 + 6, "\033[18~"},
		{K_F1 + 7, "\033[19~"},
		{K_F1 + 8, "\033[20~"},
		{K_F1 + 9, "\033[21~"},
		{K_F1 + 10, "\033[23~"},
		{K_F12, "\033[24~"},
	};

	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		if (keys[i].code == code)
			return keys[i].bytes;
	return NULL;
}

void console_bytes(struct key k, char out[16])
{
	const char *sequence = k.code > K_FUNCTIONS ? sequence_of(k.code) : NULL;
	char bytes[16];
	int n = 0;

	out[0] = '\0';
	if (k.meta)
		bytes[n++] = '\033';
	if (sequence)
		n += snprintf(bytes + n, sizeof bytes - (size_t)n, "%s", sequence);
	else if (k.code < K_FUNCTIONS)
		n += utf8_put(bytes + n, k.code);
	bytes[n] = '\0';
	if (sequence && !rl_function_of_keyseq(bytes, NULL, NULL))
		return;
	memcpy(out, bytes, sizeof bytes);
	if (k.code < 0x80 || k.code > K_FUNCTIONS)
		return;
	/* Of é no more than a byte can belong to a sequence; the rest would be
	 * inserted. */
	if (k.meta)
		out[0] = '\0';
	else if (RL_ISSTATE(RL_STATE_MULTIKEY))
		snprintf(out, sizeof bytes, CONSOLE_UNBOUND);
}
