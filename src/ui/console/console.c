/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * DESIGN: readline without a terminal.
 *
 * readline is called back with one byte after the other from a queue, reads
 * nothing itself, and prints to /dev/null; its line is copied to u->console
 * whenever it would redraw. A key's bytes are queued whole, since readline asks
 * for the rest of a character at once (searching for é), and an empty queue is
 * the end of the input, so that no command of readline's can wait for more.
 *
 * The line in u->console leads: a command may have typed another one into it
 * (console_type) or closed the overlay since the last key. readline's line is
 * replaced then.
 *
 * A line that was entered runs only after readline has returned: the command
 * may open the console again.
 */
#include "ui/console/console.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"
#include "ui/console/command.h"
#include "ui/console/recall.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <readline/history.h>
#include <readline/readline.h>

enum {
	QUEUE = 4096,
	HALF_KEYS = 8,                                         /* no sequence is longer */
	LINE_BYTES = sizeof((struct ui *)0)->console.line - 1, /* at most, in the line */
};

/* A sequence no key sends, for begin_anew. */
#define DROP_LINE "\033[99~"

/* readline is global and calls back without a context: the one static. */
static struct {
	struct ui *ui; /* NULL: not started */
	FILE *nowhere;
	unsigned char queue[QUEUE];
	int first, end;
	char *entered; /* the line, until readline has returned */
	bool ended;    /* ^D on an empty line */
	bool listed;   /* readline showed its matches */
	bool pasting;
	bool bound; /* the keys below, once: inputrc is read once too */
	struct str pasted;
	bool too_long; /* it goes on after these */
	struct recall recall;
} con;

/*
 * What readline calls
 */

static int next_byte(FILE *unused)
{
	(void)unused;
	return con.first < con.end ? con.queue[con.first++] : EOF;
}

static int bytes_wait(void)
{
	return con.first < con.end;
}

/* Its line is taken when a key has been dealt with, not in between. */
static void redisplay(void)
{
}

static void line_entered(char *line)
{
	con.ended = line == NULL;
	con.entered = line;
}

static void matches_listed(char **match, int n, int longest)
{
	(void)match, (void)n, (void)longest;
	con.listed = true;
}

static size_t common(const struct completions *c)
{
	size_t length = strlen(c->at[0].text);

	for (int i = 1; i < c->n; i++)
		while (strncmp(c->at[0].text, c->at[i].text, length) != 0)
			length--;
	/* Not into the middle of a character. */
	while (length && ((unsigned char)c->at[0].text[length] & 0xc0) == 0x80)
		length--;
	return length;
}

static bool ends_open(const char *text)
{
	size_t n = strlen(text);

	return n && text[n - 1] == '=';
}

/* The candidates as readline wants them: what replaces the word, then each. A
 * word that none starts with ("lr") stays until one is chosen. */
static char **offer(const char *word, int start, int end)
{
	struct completions *c = &con.ui->console.match;
	bool open; /* more of the word follows: a folder's file, a setting's value */
	char **list;

	(void)start;
	rl_attempted_completion_over = 1;
	rl_sort_completion_matches = 0;
	completions_free(c);
	complete_word(con.ui, rl_line_buffer, end, c);
	snprintf(con.ui->console.typed, sizeof con.ui->console.typed, "%s", word);
	if (!c->n)
		return NULL;
	list = mem_alloc((size_t)c->n + 2, sizeof *list);
	list[0] = strndup(c->at[0].text, common(c));
	if (c->n > 1 && strncmp(list[0], word, strlen(word)) != 0) {
		free(list[0]);
		list[0] = mem_dup(word);
	}
	for (int i = 0; i < c->n && c->n > 1; i++)
		list[i + 1] = mem_dup(c->at[i].text);
	open = strchr(c->at[0].text, '/') != NULL || ends_open(c->at[0].text);
	rl_completion_append_character = open ? '\0' : ' ';
	return list;
}

static void queue(const char *bytes, size_t n)
{
	memcpy(con.queue, bytes, n);
	con.first = 0;
	con.end = (int)n;
}

static void read_queue(void)
{
	while (bytes_wait() && !con.entered && !con.ended)
		rl_callback_read_char();
}

/* Drop the line, a search, a count, half a key. readline ends each itself, as
 * if the user had: only so it puts edited history, undo lists and its chain of
 * half keys right. */
static void begin_anew(void)
{
	for (int i = 0; i < HALF_KEYS && RL_ISSTATE(RL_STATE_MULTIKEY); i++) {
		queue(CONSOLE_UNBOUND, 1);
		read_queue();
	}
	rl_callback_sigcleanup();
	rl_set_keymap(emacs_standard_keymap); /* vi begins a line by itself */
	queue(DROP_LINE, sizeof DROP_LINE - 1);
	read_queue();
	con.first = con.end = 0;
	con.ended = false;
	free(con.entered);
	con.entered = NULL;
}

/*
 * Start and stop
 */

/* readline 8.2 follows undo lists that it has freed after these: they read a line
 * of their own in a callback's midst, or end a line that history still edits. */
static void unbind_unsafe(Keymap map)
{
	static rl_command_func_t *const unsafe[] = {rl_operate_and_get_next,
						    rl_noninc_forward_search,
						    rl_noninc_reverse_search, rl_insert_comment};

	for (size_t i = 0; i < sizeof unsafe / sizeof *unsafe; i++)
		rl_unbind_function_in_map(unsafe[i], map);
}

static void bind_defaults(void)
{
	static const Keymap maps[] = {emacs_standard_keymap, vi_insertion_keymap};

	unbind_unsafe(emacs_standard_keymap);
	unbind_unsafe(emacs_meta_keymap);
	unbind_unsafe(vi_insertion_keymap);

	/* Before inputrc is read, so that it may say otherwise. The first Tab
	 * completes what is common, the next ones go through the candidates. */
	rl_variable_bind("menu-complete-display-prefix", "on");
	for (size_t i = 0; i < sizeof maps / sizeof *maps; i++) {
		rl_bind_keyseq_in_map("\t", rl_menu_complete, maps[i]);
		rl_bind_keyseq_in_map("\033[Z", rl_backward_menu_complete, maps[i]);
		rl_bind_keyseq_in_map("\033[3~", rl_delete, maps[i]);
	}
}

void console_start(struct ui *u)
{
	struct err e = {0};

	BUG_ON(con.ui);
	con.ui = u;
	con.nowhere = fopen("/dev/null", "r+e");
	rl_readline_name = "miust";
	rl_instream = rl_outstream = con.nowhere;
	rl_catch_signals = rl_catch_sigwinch = rl_change_environment = 0;
	rl_prep_term_function = NULL;
	rl_deprep_term_function = NULL;
	rl_getc_function = next_byte;
	rl_input_available_hook = bytes_wait;
	rl_redisplay_function = redisplay;
	rl_completion_display_matches_hook = matches_listed;
	rl_attempted_completion_function = offer;
	rl_basic_word_break_characters = " ";
	rl_completer_word_break_characters = " ";
	rl_completer_quote_characters = NULL;
	if (!con.bound)
		bind_defaults();
	con.bound = true;
	rl_initialize();
	rl_bind_keyseq_in_map(DROP_LINE, rl_newline, emacs_standard_keymap);
	rl_completion_query_items = 0;                     /* it would ask on the terminal */
	rl_variable_bind("bell-style", "none");            /* it would ring on stderr */
	rl_variable_bind("enable-bracketed-paste", "off"); /* ours to switch */
	if (recall_open(&con.recall, u->readonly, &e))
		ui_say(u, "no history: %s", e.text);
	rl_callback_handler_install("", line_entered);
	using_history();
	complete_clear(u);
}

void console_stop(void)
{
	if (!con.ui)
		return;
	begin_anew();
	rl_callback_handler_remove();
	clear_history();
	recall_close(&con.recall);
	str_free(&con.pasted);
	free(con.entered);
	rl_instream = rl_outstream = NULL;
	fclose(con.nowhere);
	memset(&con, 0, sizeof con);
	con.bound = true;
}

void console_open(struct ui *u, const char *typed)
{
	console_type(u, typed);
}

void console_close(struct ui *u)
{
	if (u->overlay_kind == OVERLAY_CONSOLE)
		u->overlay_kind = OVERLAY_NONE;
	con.pasting = false;
	complete_clear(u);
	if (con.ui)
		begin_anew();
}

/*
 * Keys
 */

/* The first key of several (^X), which readline 8.2 crashes on in a search. */
static bool is_prefix_in_search(const char *bytes)
{
	return RL_ISSTATE(RL_STATE_ISEARCH) && *bytes != '\033' &&
	       rl_get_keymap()[(unsigned char)*bytes].type == ISKMAP;
}

/* The candidate before the cursor, without the space after it. */
static int chosen(const struct ui *u)
{
	const char *line = u->console.line;
	int end = u->console.point, start;

	while (end > 0 && line[end - 1] == ' ')
		end--;
	start = complete_start(line, end);
	for (int i = 0; i < u->console.match.n; i++) {
		const char *text = u->console.match.at[i].text;

		if ((int)strlen(text) == end - start &&
		    strncmp(text, line + start, strlen(text)) == 0)
			return i;
	}
	return -1;
}

/* Searches and counts have a prompt of their own; else it is our colon, and
 * show-mode-in-prompt cannot get at it. */
static void take_prompt(struct ui *u)
{
	const int own = RL_STATE_ISEARCH | RL_STATE_NSEARCH | RL_STATE_NUMERICARG;

	snprintf(u->console.prompt, sizeof u->console.prompt, "%s",
		 RL_ISSTATE(own) && rl_display_prompt ? rl_display_prompt : "");
}

static void say_too_long(struct ui *u, const char *what)
{
	snprintf(u->console.hint, sizeof u->console.hint, "%s: a line holds at most %d bytes", what,
		 LINE_BYTES);
	ui_error(u, "%s", u->console.hint); /* in sight once the console is closed */
}

static void follow(struct ui *u)
{
	bool menu = rl_last_func == rl_menu_complete || rl_last_func == rl_backward_menu_complete;

	take_prompt(u);
	/* Nothing is cut off unseen: the line of before stays, take_line puts it back. */
	if (rl_end > LINE_BYTES && !u->console.prompt[0]) {
		say_too_long(u, "no room");
		return;
	}
	str_fit(u->console.line, sizeof u->console.line, rl_line_buffer);
	u->console.point = rl_point;
	if (u->console.point > (int)strlen(u->console.line))
		u->console.point = (int)strlen(u->console.line);
	if (u->console.prompt[0]) {
		completions_free(&u->console.match);
		u->console.hint[0] = '\0';
	} else if (menu || con.listed) {
		u->console.chosen = menu ? chosen(u) : -1;
		complete_hint(u);
	} else {
		complete_line(u);
	}
}

static void run_entered(struct ui *u)
{
	char *line = con.entered;
	struct err e = {0}, unwritten = {0};

	con.entered = NULL;
	if (line && recall_add(&con.recall, line, &unwritten))
		ui_say(u, "history: %s", unwritten.text);
	console_close(u);
	if (line && command_run(u, line, &e))
		ui_error(u, "%s", e.text);
	free(line);
}

static void feed(struct ui *u, const char *bytes, size_t n)
{
	queue(bytes, n);
	read_queue();
	if (con.entered || con.ended) {
		con.ended = false;
		run_entered(u);
	} else {
		follow(u);
	}
}

/* What was pasted goes into the line at once, or into the search; what does not
 * fit is left out as a whole. */
static void end_paste(struct ui *u)
{
	struct str *text = &con.pasted;

	while (text->len && text->s[text->len - 1] == ' ')
		text->s[--text->len] = '\0';
	con.pasting = false;
	if (con.too_long || text->len + (size_t)rl_end > LINE_BYTES) {
		say_too_long(u, "the pasted text was ignored");
	} else if (text->len && RL_ISSTATE(RL_STATE_ISEARCH)) {
		feed(u, text->s, text->len);
	} else {
		rl_begin_undo_group();
		rl_insert_text(str_text(text));
		rl_end_undo_group();
		follow(u);
	}
	con.too_long = false;
	str_reset(text);
}

/* Paste is text: line breaks and tabs become spaces, other control characters
 * are left out, and nothing runs. */
static void paste(struct ui *u, struct key k)
{
	bool blank = con.pasted.len && con.pasted.s[con.pasted.len - 1] == ' ';
	char bytes[5];

	if (k.code == K_PASTE_END) {
		end_paste(u);
	} else if (con.pasted.len > LINE_BYTES) {
		con.too_long |= k.code > ' '; /* what is only spaces is trimmed */
	} else if (k.code == '\n' || k.code == '\r' || k.code == '\t') {
		if (con.pasted.len && !blank)
			str_add(&con.pasted, " ");
	} else if (k.code >= ' ' && k.code != 0x7f && k.code < K_FUNCTIONS) {
		utf8_put(bytes, k.code);
		str_add(&con.pasted, bytes);
	}
}

static bool vi_inserting(void)
{
	return rl_editing_mode == 0 && rl_get_keymap() == vi_insertion_keymap;
}

/* Esc ends a search and vi's insert mode; else it closes, as ^C and ^G do, and
 * Backspace where nothing is left to erase. */
static bool closes(struct key k)
{
	if (k.meta)
		return false;
	if (k.code == 3)
		return true;
	if (RL_ISSTATE(RL_STATE_ISEARCH | RL_STATE_NSEARCH))
		return false;
	if (k.code == 27)
		return !vi_inserting();
	return k.code == 7 || ((k.code == 8 || k.code == 0x7f) && rl_end == 0);
}

/* Take over what a command has typed into the line. */
static void take_line(struct ui *u)
{
	if (u->console.prompt[0] || strcmp(rl_line_buffer, u->console.line) == 0)
		return;
	begin_anew();
	rl_replace_line(u->console.line, 1);
	rl_point = u->console.point;
}

void console_key(struct ui *u, struct key k)
{
	char bytes[16];

	BUG_ON(con.ui != u);
	take_line(u);
	con.listed = false;
	if (k.code == K_PASTE) {
		con.pasting = true;
	} else if (con.pasting) {
		paste(u, k);
	} else if (closes(k)) {
		console_close(u);
	} else {
		console_bytes(k, bytes);
		if ((!*bytes && k.code) || is_prefix_in_search(bytes))
			return;
		feed(u, bytes, *bytes ? strlen(bytes) : 1);
	}
}
