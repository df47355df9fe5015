/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/term/term.h"

#include "ui/term/locale.h"
#include "ui/term/term_type.h"

#include <curses.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <term.h>
#include <unistd.h>
#include <wchar.h>

enum {
	ESC_DELAY_MS = 25, /* a lone Esc is told from a sequence after this */
	ANSWER_MS = 500,   /* for a terminal to say where its cursor is */
	RESTORE_MAX = 256,
	TYPED_MAX = 64,
};

#define PASTE_ON  "\033[?2004h"
#define PASTE_OFF "\033[?2004l"

static struct {
	bool running;
	bool lost; /* to another job of the terminal, for good */
	bool mouse;
	const char *why_ascii; /* though the locale is UTF-8; or NULL */
	SCREEN *screen;
	WINDOW *input; /* a pad: reading from it refreshes nothing */
	struct look look;
	struct canvas shown;  /* what the terminal has */
	bool anew;            /* nothing of `shown` can be trusted */
	int row, col;         /* the cursor shown, -1: hidden */
	struct termios modes; /* before the start */
	char restore[RESTORE_MAX];
	size_t restore_n;
	bool held; /* a character read ahead, after an Esc */
	wint_t held_char;
	bool held_function;
} term;

/* ---- start ---- */

static void put(const char *bytes)
{
	guard_send(STDOUT_FILENO, bytes, strlen(bytes));
}

/* Read what comes within ANSWER_MS up to an answer "\033[row;colR"; its column,
 * or 0. What else was typed goes to `typed`. */
static int cursor_column(char *typed, size_t *n)
{
	struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
	char c;
	int row, col;

	for (*n = 0; *n + 1 < TYPED_MAX;) {
		char *answer;

		if (poll(&in, 1, ANSWER_MS) <= 0 || read(STDIN_FILENO, &c, 1) != 1)
			return 0;
		typed[(*n)++] = c;
		typed[*n] = '\0';
		if (c != 'R' || !(answer = strrchr(typed, '\033')))
			continue;
		if (sscanf(answer, "\033[%d;%d", &row, &col) == 2) {
			*n = (size_t)(answer - typed);
			return col;
		}
	}
	return 0;
}

/* Does the terminal draw ● on two columns? It is asked by where its cursor
 * stands behind; one that does not answer draws on one. */
static bool draws_wide(char *typed, size_t *n)
{
	const char *ask = tigetstr("u7");
	struct termios raw = term.modes;
	int col;

	*n = 0;
	if (!ask || ask == (char *)-1 || strcmp(ask, "\033[6n") != 0)
		return false;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	tcsetattr(STDIN_FILENO, TCSANOW, &raw);
	put("\r●\033[6n");
	col = cursor_column(typed, n);
	put("\r  \r");
	tcsetattr(STDIN_FILENO, TCSANOW, &term.modes);
	return col > 2;
}

static enum glyphs choose_glyphs(const struct term_options *o, char *typed, size_t *n)
{
	*n = 0;
	if (o->ascii || !locale_is_utf8())
		return GLYPHS_ASCII;
	if (term_type_is_console())
		term.why_ascii = "the font of a Linux console has no braille, so the screen is "
				 "ASCII; `style braille` changes that";
	else if (draws_wide(typed, n))
		term.why_ascii = "this terminal draws ● in two columns, so the screen is ASCII";
	return term.why_ascii ? GLYPHS_ASCII : GLYPHS_BRAILLE;
}

static int keep_byte(int c)
{
	if (term.restore_n < RESTORE_MAX)
		term.restore[term.restore_n++] = (char)c;
	return c;
}

static void keep(const char *sequence)
{
	if (sequence && sequence != (char *)-1)
		tputs(sequence, 1, keep_byte); /* with the padding old terminals want */
}

/* What a crash sends: computed now, for a handler can compute nothing. */
static void arm(void)
{
	const char *leave = tigetstr("rmcup");

	term.restore_n = 0;
	keep(PASTE_OFF);
	if (term.mouse)
		keep("\033[?1000l\033[?1006l");
	keep(tigetstr("sgr0"));
	keep(tigetstr("op"));
	keep(tigetstr("rmkx"));
	keep(tigetstr("cnorm"));
	if (leave && leave != (char *)-1)
		keep(leave);
	else
		keep(tiparm(tigetstr("cup"), LINES - 1, 0));
	keep("\r\n");
	guard_arm(STDOUT_FILENO, term.restore, term.restore_n, &term.modes);
}

static void prepare_input(const char *typed, size_t n)
{
	raw();
	noecho();
	nonl();
	set_escdelay(ESC_DELAY_MS);
	term.input = newpad(1, 1);
	keypad(term.input, TRUE);
	nodelay(term.input, TRUE);
	define_key("\033[200~", CURSES_PASTE);
	define_key("\033[201~", CURSES_PASTE_END);
	mouseinterval(0);
	while (n > 0)
		ungetch((unsigned char)typed[--n]);
}

/* The terminal as it was. Other threads may still be drawing, so nothing is freed. */
static void leave(void)
{
	if (!term.running)
		return;
	term.running = false;
	if (!term.lost) {
		put(PASTE_OFF);
		endwin();
	}
	guard_stop();
}

int term_start(const struct term_options *o, struct err *e)
{
	static bool at_exit;
	char typed[TYPED_MAX];
	TERMINAL *asked;
	size_t n;

	if (term_type_check(e))
		return -1;
	if (!guard_foreground(STDOUT_FILENO))
		return err_set(e, "another program has this terminal's foreground; start this one "
				  "there, without &, or give a --script");
	if (guard_start(e))
		return -1;
	guard_capture();
	asked = cur_term; /* newterm makes one of its own */
	memset(&term, 0, sizeof term);
	tcgetattr(STDOUT_FILENO, &term.modes);
	term.look = (struct look){.glyphs = choose_glyphs(o, typed, &n)};
	use_tioctl(TRUE); /* LINES and COLUMNS of the environment may be old */
	term.screen = newterm(NULL, stdout, stdin);
	del_curterm(asked);
	if (!term.screen) {
		guard_stop();
		return err_set(e, "curses cannot draw on a terminal of type \"%s\"",
			       getenv("TERM"));
	}
	term.look.depth = term_type_depth();
	prepare_input(typed, n);
	curs_set(0);
	leaveok(stdscr, TRUE);
	term.row = term.col = -1;
	term.running = true;
	arm();
	put(PASTE_ON);
	wrefresh(stdscr);
	canvas_init(&term.shown, LINES, COLS, &term.look);
	if (!at_exit) {
		atexit(term_stop);
		at_quick_exit(leave);
	}
	at_exit = true;
	return 0;
}

void term_stop(void)
{
	if (!term.running)
		return;
	leave();
	delwin(term.input);
	delscreen(term.screen);
	canvas_free(&term.shown);
}

/* ---- drawing ---- */

int term_rows(void)
{
	return term.shown.rows;
}

int term_cols(void)
{
	return term.shown.cols;
}

const char *term_why_ascii(void)
{
	return term.why_ascii;
}

const struct look *term_look(void)
{
	return &term.look;
}

void term_follow(const struct look *look, bool mouse)
{
	if (look->palette != term.look.palette || look->ramp != term.look.ramp) {
		term.look.palette = look->palette;
		term.look.ramp = look->ramp;
		term.anew = true;
	}
	term.look.glyphs = look->glyphs;
	if (mouse == term.mouse)
		return;
	term.mouse = mouse;
	mousemask(mouse ? BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED : 0, NULL);
	arm(); /* a crash switches it off again */
}

static void draw_cell(int row, int col, const struct cell *cell)
{
	struct paint p = paint_of(&term.look, cell->style);
	wchar_t text[CELL_MARKS + 2] = {(wchar_t)cell->base};
	int pair = p.fg < 0 && p.bg < 0 ? 0 : alloc_pair(p.fg, p.bg);
	attr_t attr = A_NORMAL;
	cchar_t out;

	for (int i = 0; i < CELL_MARKS; i++)
		text[i + 1] = (wchar_t)cell->mark[i];
	attr |= p.attr & ATTR_BOLD ? A_BOLD : 0;
	attr |= p.attr & ATTR_DIM ? A_DIM : 0;
	attr |= p.attr & ATTR_REVERSE ? A_REVERSE : 0;
	/* The pair goes by reference: more than a short can count. */
	setcchar(&out, text, attr, 0, &pair);
	mvadd_wch(row, col, &out);
}

/* What curses sends for a cell, about. */
static int cell_bytes(const struct cell *cell, const struct cell *left, bool in_run)
{
	enum { MOVE = 8, STYLE = 14 };
	int bytes = cell->base < 0x80 ? 1 : 3;

	if (!in_run)
		bytes += MOVE;
	if (!in_run || !left || memcmp(&cell->style, &left->style, sizeof cell->style) != 0)
		bytes += STYLE;
	return bytes;
}

/* The right half of a wide character comes with its left half. */
static int draw_changes(const struct canvas *c)
{
	int bytes = 0;

	for (int row = 0; row < c->rows; row++) {
		const struct cell *left = NULL;
		bool in_run = false;

		for (int col = 0; col < c->cols; col++) {
			const struct cell *cell = canvas_at(c, row, col);
			bool same = !term.anew && cell_same(cell, canvas_at(&term.shown, row, col));

			if (!same && cell->base) {
				draw_cell(row, col, cell);
				bytes += cell_bytes(cell, left, in_run);
			}
			in_run = !same;
			left = cell;
		}
	}
	return bytes;
}

static bool place_cursor(int row, int col)
{
	if (row < 0 || col < 0 || row >= LINES || col >= COLS)
		row = col = -1;
	if (row == term.row && col == term.col)
		return false;
	if ((row < 0) != (term.row < 0)) {
		leaveok(stdscr, row < 0);
		curs_set(row >= 0);
	}
	term.row = row;
	term.col = col;
	return true;
}

/* Into curses, and from there to the terminal if there is anything new. */
static int send_changes(const struct canvas *c, int row, int col)
{
	int bytes = draw_changes(c);
	bool moved = place_cursor(row, col);

	if (!bytes && !moved)
		return 0;
	if (term.row >= 0)
		wmove(stdscr, term.row, term.col);
	wrefresh(stdscr);
	term.anew = false;
	return bytes;
}

int term_show(const struct canvas *c, int row, int col)
{
	int bytes;

	BUG_ON(c->rows != term.shown.rows || c->cols != term.shown.cols);
	guard_draw();
	bytes = send_changes(c, row, col);
	guard_drawn();
	if (bytes)
		canvas_copy(&term.shown, c);
	return bytes;
}

/* ---- keys ---- */

void term_bell(void)
{
	guard_draw();
	beep();
	guard_drawn();
}

int term_fd(void)
{
	return STDIN_FILENO;
}

static bool read_char(wint_t *c, bool *function)
{
	int got;

	if (term.held) {
		term.held = false;
		*c = term.held_char;
		*function = term.held_function;
		return true;
	}
	got = wget_wch(term.input, c);
	*function = got == KEY_CODE_YES;
	return got != ERR;
}

static bool mouse_key(struct key *k)
{
	MEVENT m;

	if (getmouse(&m) == ERR)
		return false;
	k->row = m.y;
	k->col = m.x;
	k->code = m.bstate & BUTTON4_PRESSED   ? K_WHEEL_UP
		  : m.bstate & BUTTON5_PRESSED ? K_WHEEL_DOWN
					       : K_CLICK;
	return true;
}

static bool function_key(struct key *k, int code)
{
	if (code == KEY_MOUSE)
		return mouse_key(k);
	k->code = key_from_curses(code);
	return k->code != 0;
}

bool term_key(struct key *k)
{
	wint_t c;
	bool function;

	while (read_char(&c, &function)) {
		*k = (struct key){.code = c};
		if (function) {
			if (function_key(k, (int)c))
				return true;
			continue; /* a key without a name, or curses' note of a resize */
		}
		if (c == 0x1b && read_char(&c, &function)) {
			if (function || c == 0x1b) {
				term.held = true;
				term.held_char = c;
				term.held_function = function;
			} else {
				*k = (struct key){.code = c, .meta = true};
			}
		}
		if (k->code == '\n')
			k->code = '\r';
		return true;
	}
	return false;
}

/* ---- size, stop and go ---- */

bool term_resize(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_row == 0 || size.ws_col == 0)
		return false;
	if (size.ws_row == term.shown.rows && size.ws_col == term.shown.cols)
		return false;
	resize_term(size.ws_row, size.ws_col);
	canvas_free(&term.shown);
	canvas_init(&term.shown, size.ws_row, size.ws_col, &term.look);
	arm(); /* the last line may have moved */
	term_redraw();
	return true;
}

void term_redraw(void)
{
	reset_prog_mode(); /* the shell may have changed the modes while we were stopped */
	put(PASTE_ON);
	clearok(stdscr, TRUE);
	werase(stdscr);
	term.anew = true;
}

bool term_ours(void)
{
	term.lost |= !guard_foreground(STDOUT_FILENO);
	return !term.lost;
}

bool term_suspend(void)
{
	bool resized;

	guard_disarm();
	put(PASTE_OFF);
	endwin();
	guard_default(SIGTSTP);
	if (!term_ours())
		return false;
	resized = term_resize();
	arm();
	term_redraw();
	return resized;
}
