/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plain: text from outside, made safe for a terminal or for a shell.
 *
 * Names, ids, labels and utterances come from files that anybody may have
 * written. A control character among them would be obeyed by a terminal, and a
 * format character would hide or reorder what is beside it. Both appear as
 * U+FFFD instead, as does each byte that is not UTF-8.
 *
 * U+0080..U+009F are control characters too, but nearly always they are cp1252
 * read as Latin-1 (MELD's lists hold thousands): they appear as the character
 * cp1252 means, an apostrophe for U+0092.
 */
#ifndef MIUST_PLAIN_H
#define MIUST_PLAIN_H

#include "base/str.h"

#include <stdint.h>
#include <stdio.h>

/* The character that stands for c on a terminal: nearly always c itself. */
uint32_t plain_char(uint32_t c);
/* What cp1252 means by U+0080..U+009F; 0 for other characters and for the five
 * that cp1252 leaves free. */
uint32_t plain_cp1252(uint32_t c);

/* Append a text with what cp1252 means in place of U+0080..U+009F; how many. */
int str_add_cp1252(struct str *b, const char *text);
/* Append a text, every character of it as plain_char has it: line breaks and
 * tabs are control characters too. */
void str_add_plain(struct str *b, const char *text);
/* Of a line that is kept: control characters become spaces, those at its ends go. Changes it in
 * place; returns where it begins. */
char *plain_line(char *line, size_t length);
/* Append a word as a POSIX shell reads it back: in quotes only if it needs them. */
void str_add_quoted(struct str *b, const char *word);

/* A stream to fd for what people read: every character arrives as plain_char
 * has it, but line breaks and tabs as they are. Written line by line to a
 * terminal. The errno of the first failed write goes to *why, which must live as
 * long as the stream: stdio itself forgets it. */
FILE *plain_stream(int fd, int *why);

#endif
