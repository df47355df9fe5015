/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/term/text.h"

#include "base/err.h"
#include "base/plain.h"
#include "base/utf8.h"

#include <string.h>
#include <wchar.h>

enum { ELLIPSIS = 0x2026 };

/* Each glyph once, in its braille form and in ASCII; block differs only in the
 * band. Rows behind GLYPHS have no name: text holds them and ASCII replaces
 * them. The first row with a character wins. */
static const struct {
	uint32_t braille;
	const char *ascii;
} table[] = {
	[GLYPH_WF1] = {U'●', "o"},
	[GLYPH_VAL] = {U'○', "."},
	[GLYPH_WA] = {U'■', "#"},
	[GLYPH_UA] = {U'▲', "^"},
	[GLYPH_OVERLAY_1] = {U'□', "%"},
	[GLYPH_OVERLAY_2] = {U'◇', "v"},
	[GLYPH_OVERLAY_3] = {U'×', "x"},
	[GLYPH_OVERLAY_4] = {U'▽', "w"},
	[GLYPH_OVERLAY_5] = {U'◎', "@"},
	[GLYPH_OVERLAY_6] = {U'☆', "&"},
	[GLYPH_OVERLAY_7] = {U'⊕', "$"},
	[GLYPH_OVERLAY_8] = {U'▣', "="},
	[GLYPH_KEPT] = {U'◆', "*"},
	[GLYPH_SAVED] = {U'◇', "+"},
	[GLYPH_CHANGE] = {U'△', "^"},
	[GLYPH_BRANCH] = {U'Y', "Y"},
	[GLYPH_NOTE] = {U'"', "\""},
	[GLYPH_BROKEN] = {U'!', "!"},
	[GLYPH_CURSOR] = {U'│', "|"},
	[GLYPH_GUIDE] = {U'┊', ":"},
	[GLYPH_GRID] = {U'·', "."},
	[GLYPH_CHOICE] = {U'▸', ">"},
	[GLYPH_CUT] = {ELLIPSIS, "~"},
	[GLYPH_RUN] = {U'▶', ">"},
	[GLYPH_PAUSED] = {U'‖', "="},
	[GLYPH_ELSEWHERE] = {U'▷', ")"},
	[GLYPH_STOPPING] = {U'■', "#"},
	[GLYPH_DIVERGED] = {U'!', "!"},
	[GLYPH_UNSEEN] = {U'?', "?"},
	[GLYPH_IDLE] = {U'·', "."},
	[GLYPH_DONE] = {U'✓', "v"},
	[GLYPH_BAR] = {U'━', "="},
	[GLYPH_BAR_HALF] = {U'╸', "-"},
	[GLYPH_BAND] = {U'░', ":"},
	[GLYPH_CURVE] = {U'█', "*"},
	{U'─', "-"},
	{U'┌', "+"},
	{U'┐', "+"},
	{U'└', "+"},
	{U'┘', "+"},
	{U'├', "+"},
	{U'┤', "+"},
	{U'▷', ")"},
	{U'✗', "x"},
	{U'▾', "v"},
	{U'▴', "^"},
	{U'↑', "^"},
	{U'↓', "v"},
	{U'←', "<"},
	{U'→', ">"},
	{U'–', "-"},
	{U'−', "-"},
	{U'±', "+-"},
	{U'•', "*"},
	{U'’', "'"},
	{U'‘', "'"},
	{U'“', "\""},
	{U'”', "\""},
	{UTF8_REPLACEMENT, "?"},
};
enum { ROWS = sizeof table / sizeof *table };

/* Eight of ASCII's ten levels, `.:-=+*#%@` less the one that is a marker. */
static const char ascii_ridge[8][2] = {".", ":", "-", "=", "+", "*", "#", "@"};

uint32_t glyph(enum glyphs mode, enum glyph g)
{
	BUG_ON(g >= GLYPHS);
	return mode == GLYPHS_ASCII ? (uint32_t)(uint8_t)table[g].ascii[0] : table[g].braille;
}

uint32_t glyph_ridge(enum glyphs mode, int level)
{
	BUG_ON(level < 0 || level > 8);
	if (level == 0)
		return ' ';
	if (mode == GLYPHS_ASCII)
		return (uint32_t)(uint8_t)ascii_ridge[level - 1][0];
	return U'▁' + (uint32_t)level - 1;
}

const char *glyph_ascii(uint32_t c)
{
	if (c < 0x80)
		return NULL;
	if (c >= U'▁' && c <= U'█')
		return ascii_ridge[c - U'▁'];
	for (int i = 0; i < ROWS; i++)
		if (table[i].braille == c)
			return table[i].ascii;
	return NULL;
}

uint32_t text_plain(uint32_t c)
{
	if (c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == '\f')
		return ' ';
	return plain_char(c);
}

uint32_t text_shown(uint32_t c)
{
	c = text_plain(c);
	return wcwidth((wchar_t)c) < 0 ? '?' : c;
}

int text_columns(uint32_t shown)
{
	int columns = wcwidth((wchar_t)shown);

	return columns < 0 ? 1 : columns;
}

int text_width(const char *s)
{
	int columns = 0;

	for (uint32_t c; (c = utf8_next(&s));)
		columns += text_columns(text_shown(c));
	return columns;
}

/* The longest piece from s on that is at most `columns` wide, with the
 * combining marks of its last character. Returns its end. */
static const char *piece(const char *s, int columns)
{
	for (const char *next = s;; s = next) {
		uint32_t c = utf8_next(&next);

		if (!c)
			return s;
		columns -= text_columns(text_shown(c));
		if (columns < 0)
			return s;
	}
}

/* The shortest tail of s that is at most `columns` wide. */
static const char *tail(const char *s, int columns)
{
	int surplus = text_width(s) - columns;

	while (surplus > 0)
		surplus -= text_columns(text_shown(utf8_next(&s)));
	for (const char *next = s;; s = next) {
		uint32_t c = utf8_next(&next); /* no marks without their character */

		if (!c || text_columns(text_shown(c)) > 0)
			return s;
	}
}

static char *join(char *out, size_t n, const char *from, const char *to, const char *rest)
{
	size_t at = 0;
	const char *parts[] = {from, "…", rest};
	size_t length[] = {(size_t)(to - from), strlen("…"), strlen(rest)};

	for (int i = 0; i < 3 && at + length[i] < n; i++) {
		memcpy(out + at, parts[i], length[i]);
		at += length[i];
	}
	out[at] = '\0';
	return out;
}

static char *whole(char *out, size_t n, const char *s)
{
	const char *end = s;

	for (const char *next = s; utf8_next(&next) && (size_t)(next - s) < n;)
		end = next; /* a buffer too small drops whole characters */
	memcpy(out, s, (size_t)(end - s));
	out[end - s] = '\0';
	return out;
}

char *text_cut(char *out, size_t n, const char *s, int columns)
{
	BUG_ON(n == 0);
	if (columns <= 0)
		return whole(out, n, "");
	if (text_width(s) <= columns)
		return whole(out, n, s);
	return join(out, n, s, piece(s, columns - 1), "");
}

char *text_cut_middle(char *out, size_t n, const char *s, int columns)
{
	BUG_ON(n == 0);
	if (columns <= 0)
		return whole(out, n, "");
	if (text_width(s) <= columns)
		return whole(out, n, s);
	/* "Ses04M_sc…01_1_M038": the end of an id tells more, it gets the odd column. */
	return join(out, n, s, piece(s, (columns - 1) / 2),
		    tail(s, columns - 1 - (columns - 1) / 2));
}

const char *text_line(const char *s, int columns, const char **next)
{
	size_t length = strcspn(s, "\n");
	const char *full = piece(s, columns), *end = full;

	if (full >= s + length) {
		*next = s + length + (s[length] == '\n');
		return s + length;
	}
	while (end > s && *end != ' ')
		end--;
	if (end == s) { /* a word too long: it is cut; a character always fits */
		end = full;
		if (end == s)
			utf8_next(&end);
		*next = end;
		return end;
	}
	*next = end + strspn(end, " ");
	while (end > s && end[-1] == ' ')
		end--;
	return end;
}
