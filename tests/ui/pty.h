/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pty: a program on a terminal of its own, seen through libvterm.
 *
 *	struct pty p;
 *	pty_start(&p, "xterm-256color", "C.UTF-8", child);
 *	bytes = pty_frame(&p);      all up to the child's next pty_mark()
 *	pty_type(&p, "j\033[A");
 *	status = pty_end(&p);       all up to its death
 *
 * The child calls pty_mark() after a frame: an escape sequence of our own that
 * curses knows nothing of, in line with its output, so that no test has to
 * wait for quiet. libvterm's answers (where is the cursor?) are typed back.
 */
#ifndef MIUST_TESTS_UI_PTY_H
#define MIUST_TESTS_UI_PTY_H

#include "tests/ui/util.h"

#include "ui/term/term.h"

#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vterm.h>

#define PTY_MARK "\033]7770;mark\007"
enum { ROWS = 24, COLS = 80 }; /* of every terminal here */
enum { PTY_PATIENCE_MS = 20000, PTY_KEPT = 1 << 18 };

struct pty {
	int fd;
	pid_t pid;
	VTerm *vt;
	VTermScreen *screen;
	bool silent;           /* the terminal answers nothing */
	char pending[1 << 16]; /* read, behind the last mark */
	size_t npending;
	char frame[PTY_KEPT]; /* what the last frame sent, terminated */
};

static inline void pty_mark(void)
{
	if (write(STDOUT_FILENO, PTY_MARK, strlen(PTY_MARK)) < 0)
		_exit(98);
}

/* In the child: start the screen or die. */
static inline void pty_screen(const struct term_options *o)
{
	struct err e = {0};

	setlocale(LC_CTYPE, "");
	if (term_start(o, &e)) {
		fprintf(stderr, "%s\n", e.text);
		_exit(97);
	}
}

static inline void pty_start(struct pty *p, const char *name, const char *locale,
			     void (*child)(void))
{
	struct winsize size = {.ws_row = ROWS, .ws_col = COLS};

	memset(p, 0, sizeof *p);
	p->vt = vterm_new(ROWS, COLS);
	vterm_set_utf8(p->vt, strcmp(locale, "C") != 0);
	p->screen = vterm_obtain_screen(p->vt);
	vterm_screen_enable_altscreen(p->screen, 1);
	vterm_screen_reset(p->screen, 1);
	fflush(stdout);
	p->pid = forkpty(&p->fd, NULL, NULL, &size);
	if (p->pid < 0) { /* and never a signal to -1, which is everybody */
		printf("not ok pty: %s\n", strerror(errno));
		exit(1);
	}
	if (p->pid == 0) {
		setenv("TERM", name, 1);
		setenv("LC_ALL", locale, 1);
		child();
		_exit(0);
	}
}

static inline void pty_type(struct pty *p, const char *keys)
{
	if (write(p->fd, keys, strlen(keys)) < 0)
		FAIL("cannot type: %s", strerror(errno));
}

/* Give bytes to the terminal and type its answers. */
static inline void pty_feed(struct pty *p, const char *bytes, size_t n)
{
	char answer[256];
	size_t got;

	vterm_input_write(p->vt, bytes, n);
	got = vterm_output_read(p->vt, answer, sizeof answer - 1);
	answer[got] = '\0';
	if (got && !p->silent)
		pty_type(p, answer);
}

/* Move `n` pending bytes into the frame. */
static inline void pty_take(struct pty *p, size_t *frame, size_t n)
{
	if (*frame + n < sizeof p->frame)
		memcpy(p->frame + *frame, p->pending, n);
	pty_feed(p, p->pending, n);
	*frame += n;
	p->npending -= n;
	memmove(p->pending, p->pending + n, p->npending);
	p->frame[*frame < sizeof p->frame ? *frame : sizeof p->frame - 1] = '\0';
}

/* Read more; false at the end or when patience ends. */
static inline bool pty_read(struct pty *p)
{
	struct pollfd in = {.fd = p->fd, .events = POLLIN};
	ssize_t n;

	if (poll(&in, 1, PTY_PATIENCE_MS) <= 0) {
		FAIL("the program on the terminal says nothing");
		return false;
	}
	n = read(p->fd, p->pending + p->npending, sizeof p->pending - p->npending);
	if (n <= 0)
		return false; /* EIO: the other side is closed */
	p->npending += (size_t)n;
	return true;
}

/* Where `part` begins in the pending bytes, or -1. They may hold NULs. */
static inline long pty_find(const struct pty *p, const char *part)
{
	size_t n = strlen(part);

	for (size_t at = 0; at + n <= p->npending; at++)
		if (memcmp(p->pending + at, part, n) == 0)
			return (long)at;
	return -1;
}

/* How many of the last bytes may be the beginning of a mark. */
static inline size_t pty_unsure(const struct pty *p)
{
	size_t n = strlen(PTY_MARK) - 1;

	for (n = n < p->npending ? n : p->npending; n > 0; n--)
		if (memcmp(p->pending + p->npending - n, PTY_MARK, n) == 0)
			break;
	return n;
}

/* Bytes the child sent since the last mark; -1 if it died first. */
static inline long pty_frame(struct pty *p)
{
	size_t frame = 0;

	for (;;) {
		long at = pty_find(p, PTY_MARK);

		if (at >= 0) {
			pty_take(p, &frame, (size_t)at);
			p->npending -= strlen(PTY_MARK);
			memmove(p->pending, p->pending + strlen(PTY_MARK), p->npending);
			return (long)frame;
		}
		pty_take(p, &frame, p->npending - pty_unsure(p));
		if (!pty_read(p))
			return -1;
	}
}

/* Let the child run to its end; what it sent is the last frame. */
static inline void pty_drain(struct pty *p)
{
	size_t frame = 0;

	do
		pty_take(p, &frame, p->npending);
	while (pty_read(p));
}

/* Drain, and free all; the child's status as of waitpid. */
static inline int pty_end(struct pty *p)
{
	int status = -1;

	pty_drain(p);
	waitpid(p->pid, &status, 0);
	close(p->fd);
	vterm_free(p->vt);
	return status;
}

/* The first row as the terminal has it, without blanks behind. */
static inline const char *pty_row(struct pty *p)
{
	static char text[4 * COLS + 1];
	VTermRect row = {.end_row = 1};
	size_t n;
	int rows;

	vterm_get_size(p->vt, &rows, &row.end_col);
	n = vterm_screen_get_text(p->screen, text, sizeof text - 1, row);
	while (n > 0 && text[n - 1] == ' ')
		n--;
	text[n] = '\0';
	return text;
}

static inline VTermScreenCell pty_cell(struct pty *p, int row, int col)
{
	VTermScreenCell cell;

	vterm_screen_get_cell(p->screen, (VTermPos){row, col}, &cell);
	return cell;
}

/* Colour index, -1: the terminal's own. */
static inline int pty_colour(VTermColor c, bool own)
{
	return own ? -1 : VTERM_COLOR_IS_INDEXED(&c) ? c.indexed.idx : -2;
}

/* Is every cell of the terminal as the canvas says? Dim is nothing libvterm
 * knows, and where there is none a terminal shows none. */
static inline void check_screen(const char *file, int line, struct pty *p, const struct canvas *c,
				const struct look *look)
{
	int wrong = 0;

	for (int row = 0; row < c->rows; row++) {
		for (int col = 0; col < c->cols; col++) {
			const struct cell *want = canvas_at(c, row, col);
			VTermScreenCell got = pty_cell(p, row, col);
			struct paint paint = paint_of(look, want->style);
			int fg = pty_colour(got.fg, VTERM_COLOR_IS_DEFAULT_FG(&got.fg));
			int bg = pty_colour(got.bg, VTERM_COLOR_IS_DEFAULT_BG(&got.bg));
			uint32_t base = got.chars[0] ? got.chars[0] : ' ';
			uint32_t mark = got.chars[0] ? got.chars[1] : 0;
			bool same = want->base == 0 ? got.chars[0] == (uint32_t)-1
						    : base == want->base && mark == want->mark[0];

			if (want->base && want->base != ' ')
				same = same && fg == paint.fg &&
				       got.attrs.bold == !!(paint.attr & ATTR_BOLD);
			if (want->base)
				same = same && bg == paint.bg &&
				       got.attrs.reverse == !!(paint.attr & ATTR_REVERSE);
			if (same || wrong++)
				continue;
			printf("# %s:%d: row %d, column %d: U+%04X, %d on %d, bold %d, reverse "
			       "%d; expected U+%04X, %d on %d, attributes %d\n",
			       file, line, row, col, base, fg, bg, got.attrs.bold,
			       got.attrs.reverse, want->base, paint.fg, paint.bg, paint.attr);
		}
	}
	if (wrong) {
		printf("# %s:%d: %d cells are wrong\n", file, line, wrong);
		test_faults++;
	}
}
#define CHECK_SCREEN(p, c, look) check_screen(__FILE__, __LINE__, p, c, look)

#endif
