/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keys and their names (ui/term/key.h), read from a terminal (ui/term/term.h). */
#include "tests/ui/pty.h"

/* Says what it read, key by key, on the first row. */
static void echo_keys(void)
{
	struct term_options o = {0};
	struct canvas c;

	pty_screen(&o);
	term_follow(term_look(), true);
	canvas_init(&c, term_rows(), term_cols(), term_look());
	for (int col = 0;;) {
		struct pollfd in = {.fd = term_fd(), .events = POLLIN};
		char name[KEY_NAME_LEN];
		struct key k;

		while (term_key(&k)) {
			if (k.code == 'q')
				goto out;
			col = canvas_text(&c, 0, col, ROLE(ROLE_TEXT), "%s ", key_text(name, k));
			if (k.code == K_CLICK)
				col = canvas_text(&c, 0, col, ROLE(ROLE_TEXT), "%d,%d ", k.row,
						  k.col);
		}
		term_show(&c, -1, -1);
		pty_mark();
		poll(&in, 1, -1);
	}
out:
	canvas_free(&c);
	term_stop();
}

TEST(keys_are_read)
{
	struct pty p;

	setenv("NO_COLOR", "1", 1);
	pty_start(&p, "xterm-256color", "C.UTF-8", echo_keys);
	CHECK(pty_frame(&p) > 0);
	pty_type(&p, "aé日 \t\r\003\032\177\033OA\033[5~\033[Z\033OP\033x");
	while (!strstr(pty_row(&p), "M-x") && pty_frame(&p) >= 0)
		;
	CHECK_STR(pty_row(&p), "a é 日 Space Tab Enter ^C ^Z Backspace Up PgUp S-Tab F1 M-x");
	pty_type(&p, "q");
	CHECK_INT(pty_end(&p), 0);

	pty_start(&p, "xterm-256color", "C.UTF-8", echo_keys);
	CHECK(pty_frame(&p) > 0);
	pty_type(&p, "\033[200~x\r\033[201~\033[<0;1;1M");
	while (!strstr(pty_row(&p), ",") && pty_frame(&p) >= 0)
		;
	CHECK_STR(pty_row(&p), "Paste x Enter PasteEnd Click 0,0");
	pty_type(&p, "\033");
	while (!strstr(pty_row(&p), "Esc") && pty_frame(&p) >= 0)
		;
	CHECK_HAS(pty_row(&p), "Esc");
	pty_type(&p, "q");
	CHECK_INT(pty_end(&p), 0);
	unsetenv("NO_COLOR");
}

TEST(what_was_typed_ahead_is_not_lost)
{
	struct pty p;

	pty_start(&p, "xterm-256color", "C.UTF-8", echo_keys);
	p.silent = true;
	pty_type(&p, "ahé\033[1;2R");
	while (!strstr(pty_row(&p), "é") && pty_frame(&p) >= 0)
		;
	CHECK_STR(pty_row(&p), "a h é");
	pty_type(&p, "q");
	CHECK_INT(pty_end(&p), 0);
}

TEST(keys_have_names)
{
	static const char *const names[] = {"a",         "é",  "Space", "^C", "Esc", "Tab",
					    "S-Tab",     "F1", "F12",   "Up", "M-x", "M-Up",
					    "Backspace", "^@", "日",    "?"};
	struct err e = {0};
	char text[KEY_NAME_LEN];
	struct key k, again;

	NEED_UTF8();
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		CHECK_INT(key_parse(&k, names[i], &e), 0);
		if (strcmp(names[i], "^@") != 0)
			CHECK_STR(key_text(text, k), names[i]);
		CHECK_INT(key_parse(&again, key_text(text, k), &e), 0);
		CHECK(key_same(k, again));
	}
	CHECK_INT(key_parse(&k, "^c", &e), 0);
	CHECK_INT(k.code, 3);
	CHECK_INT(key_parse(&k, "space", &e), 0);
	CHECK_INT(k.code, ' ');
	CHECK_INT(key_parse(&k, "^", &e), 0);
	CHECK_INT(k.code, '^');
	CHECK_INT(key_parse(&k, "Hyper", &e), -1);
	CHECK_HAS(e.text, "\"Hyper\"");
	err_clear(&e);
	CHECK_INT(key_parse(&k, "", &e), -1);
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
