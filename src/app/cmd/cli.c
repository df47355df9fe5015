/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/cmd/cli_private.h"

#include "app/session/rows.h"
#include "base/mem.h"
#include "base/near.h"
#include "base/plain.h"
#include "base/str.h"
#include "engine/file/json.h"
#include "engine/data/split.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define AT(field)    .at = offsetof(struct args, field)
#define COUNT(field) .count = offsetof(struct args, field)

const struct flag_row flag_table[FLAGS] = {
	[FLAG_ACCEPT_DATA] = {"accept-data", NULL, TAKES_NOTHING, AT(accept_data),
			      .help = "Resume with the data as it is now, even if it has changed."},
	[FLAG_ANYWAY] = {"anyway", NULL, TAKES_NOTHING, AT(anyway),
			 .help = "Use weights that do not fit CONFIG, and mark the output."},
	[FLAG_ASCII] = {"ascii", NULL, TAKES_NOTHING, AT(ascii), .help = "Draw with ASCII only."},
	[FLAG_AUDIO] = {"audio", "DIR", TAKES_TEXT, AT(audio),
			.help = "Folder of the speech features of --list."},
	[FLAG_CSV] = {"csv", NULL, TAKES_NOTHING, AT(csv),
		      .help = "Print comma-separated values, for programs."},
	[FLAG_DEEP] = {"deep", NULL, TAKES_NOTHING, AT(deep),
		       .help = "Read every feature value, not only the headers."},
	[FLAG_DETACH] = {"detach", NULL, TAKES_NOTHING, AT(detach),
			 .help = "Train in a process of its own, which no terminal ends."},
	[FLAG_DRY_RUN] = {"dry-run", NULL, TAKES_NOTHING, AT(dry_run),
			  .help = "Say what would be done, and do nothing."},
	[FLAG_DUMP] = {"dump", "FILE", TAKES_TEXT, AT(dump),
		       .help = "Write the last screen to FILE as text."},
	[FLAG_FOLD] = {"fold", "N", TAKES_FOLDS, .max = FOLD_MAX,
		       .help = "Only this fold; repeat the option for more folds."},
	[FLAG_JOBS] = {"jobs", "N", TAKES_COUNT, AT(jobs), 1, 64,
		       "Runs, or folds of one run, to train at once; default: 1."},
	[FLAG_JSON] = {"json", NULL, TAKES_NOTHING, AT(json),
		       .help = "Print whole answers, as JSON."},
	[FLAG_LIST] = {"list", "FILE.csv", TAKES_TEXT, AT(list),
		       .help = "Predict this list, with or without labels."},
	[FLAG_MANUAL] = {"manual", NULL, TAKES_NOTHING, AT(manual),
			 .help = "Print the manual page, in roff."},
	[FLAG_MARKDOWN] = {"markdown", NULL, TAKES_NOTHING, AT(markdown),
			   .help = "Print all settings as a page in Markdown."},
	[FLAG_MAX_STEPS] = {"max-steps", "N", TAKES_COUNT, AT(max_steps), 1, INT_MAX,
			    "Stop after N training steps."},
	[FLAG_NAME] = {"name", "STUDY", TAKES_TEXT, AT(name),
		       .help = "Name of the study; default: NAME-DATE-TIME."},
	[FLAG_ON] = {"on", "HOOK", TAKES_TEXTS, AT(on), COUNT(non),
		     .help = "A hook, such as 'end run PROGRAM'; may be repeated."},
	[FLAG_ONCE] = {"once", NULL, TAKES_NOTHING, AT(once), .help = "Print one screen and exit."},
	[FLAG_OUT] = {"out", "FILE.csv", TAKES_TEXT, AT(out),
		      .help = "Write the table to FILE.csv instead of standard output."},
	[FLAG_READONLY] = {"readonly", NULL, TAKES_NOTHING, AT(readonly),
			   .help = "Look only: train nothing, write nothing."},
	[FLAG_REPLAY] = {"replay", "LOG", TAKES_TEXT, AT(replay),
			 .help = "Repeat the live changes of a commands.log."},
	[FLAG_RESUME] = {"resume", NULL, TAKES_NOTHING, AT(resume),
			 .help = "Continue the session where it stopped."},
	[FLAG_RESUME_OR_START] = {"resume-or-start", NULL, TAKES_NOTHING, AT(resume_or_start),
				  .help = "Continue the session, or start it if it is not there."},
	[FLAG_SCRIPT] = {"script", "FILE", TAKES_TEXT, AT(script),
			 .help = "Run console commands from FILE; needs no terminal."},
	[FLAG_SEED] = {"seed", "S", TAKES_TEXT, AT(seed),
		       .help = "The run with this seed, of a session with several."},
	[FLAG_SEEDS] = {"seeds", "N", TAKES_COUNT, AT(seeds), 1, 1000,
			"Run N times, with seeds from exp.seed upward."},
	[FLAG_SESSION] = {"session", "DIR", TAKES_TEXT, AT(session),
			  .help = "Session folder; default: sessions/NAME-DATE-TIME."},
	[FLAG_SET] = {"set", "KEY=VALUE", TAKES_TEXTS, AT(set), COUNT(nset),
		      .help = "Change a setting of the config; may be repeated."},
	[FLAG_SIZE] = {"size", "COLSxROWS", TAKES_SIZE, .min = 1, .max = 1000,
		       .help = "Screen size without a terminal."},
	[FLAG_SKIP_BAD] = {"skip-bad", NULL, TAKES_NOTHING, AT(skip_bad),
			   .help = "Leave out rows with errors, and say which."},
	[FLAG_SPLIT] = {"split", "train|val|test", TAKES_CHOICE, AT(split),
			.help = "The part of the data; default: test."},
	[FLAG_TENSORS] = {"tensors", "FILE.safetensors", TAKES_TEXT, AT(tensors),
			  .help = "Write logits and attention to FILE.safetensors."},
	[FLAG_TEXT] = {"text", "DIR", TAKES_TEXT, AT(text),
		       .help = "Folder of the text features of --list."},
	[FLAG_THREADS] = {"threads", "N", TAKES_COUNT, AT(threads), 1, 1024,
			  "Threads to compute with; results do not depend on it."},
	[FLAG_UNDO] = {"undo", NULL, TAKES_NOTHING, AT(undo), .help = "Bring it back."},
	[FLAG_WEIGHTS] = {"weights", "FILE", TAKES_TEXT, AT(weights),
			  .help = "A .safetensors file with the weights by state_dict name."},
	[FLAG_YES] = {"yes", NULL, TAKES_NOTHING, AT(yes), .help = "Do not ask."},
	[FLAG_HELP] = {"help", NULL, TAKES_OVER, .help = "Print this help."},
	[FLAG_VERSION] = {"version", NULL, TAKES_OVER, .help = "Print the version."},
};

static FILE *raw;     /* stdout itself, while `stdout` is a plain_stream to it */
static int unwritten; /* errno of the first write to either that failed */

void cli_message(const char *fmt, ...)
{
	struct str text = {0}, line = {0};
	va_list ap;

	va_start(ap, fmt);
	str_vaddf(&text, fmt, ap);
	va_end(ap);
	str_add(&line, "miust: ");
	str_add_plain(&line, str_text(&text));
	str_add(&line, "\n");
	fputs(line.s, stderr);
	str_free(&line);
	str_free(&text);
}

bool cli_data(const char *bytes, size_t n)
{
	FILE *to = raw && !isatty(STDOUT_FILENO) ? raw : stdout;

	fflush(stdout);
	if ((fwrite(bytes, 1, n, to) != n || fflush(to)) && !unwritten)
		unwritten = errno;
	return !unwritten;
}

void cli_warnings(const struct warnings *w)
{
	for (int i = 0; i < w->n; i++)
		cli_message("%s", w->text[i]);
}

/* ---- reading ---- */

enum flag cli_next_flag(const struct command *c, int *i)
{
	static const enum flag everybodys[] = {FLAG_HELP, FLAG_VERSION, FLAG_NONE};
	const enum flag *const list[] = {c ? c->needs : NULL, c ? c->takes : NULL, everybodys};
	int skip = (*i)++;

	for (int k = 0; k < 3; k++) {
		for (const enum flag *f = list[k]; f && *f; f++) {
			if (!skip--)
				return *f;
		}
	}
	return FLAG_NONE;
}

/* The option whose name is the first `len` bytes of `word`. */
static enum flag find_flag(const struct command *c, const char *word, size_t len, struct err *e)
{
	char *name = mem_dup(word);
	struct near n;
	enum flag f;

	name[len] = '\0';
	n = near_to(name);
	for (int i = 0; (f = cli_next_flag(c, &i));) {
		if (strcmp(flag_table[f].name, name) == 0)
			break;
		near_try(&n, flag_table[f].name);
	}
	if (!f && n.best)
		err_usage(e, "unknown option --%s; did you mean --%s?", name, n.best);
	else if (!f)
		err_usage(e, "unknown option --%s", name);
	free(name);
	return f;
}

static int bad_value(const struct flag_row *f, const char *value, const char *want, struct err *e)
{
	return err_usage(e, "--%s: expected %s; found '%.80s'", f->name, want, value);
}

/* Digits from *at on, moved over; -1: none, or more than an int. */
static int read_count(const char **at)
{
	char *end;
	long v;

	if (!isdigit((unsigned char)**at))
		return -1;
	errno = 0;
	v = strtol(*at, &end, 10);
	*at = end;
	return errno || v > INT_MAX ? -1 : (int)v;
}

static int read_choice(const struct flag_row *f, const char *value, int *choice, struct err *e)
{
	size_t len = strlen(value);
	const char *word = f->value;

	for (int i = 0;; i++) {
		size_t n = strcspn(word, "|");

		if (n == len && strncmp(word, value, n) == 0) {
			*choice = i;
			return 0;
		}
		if (!word[n])
			return bad_value(f, value, f->value, e);
		word += n + 1;
	}
}

static int read_screen(struct args *a, const struct flag_row *f, const char *value, struct err *e)
{
	const char *at = value;
	int cols = read_count(&at), rows = *at == 'x' ? (at++, read_count(&at)) : -1;

	if (*at || cols < f->min || rows < f->min || cols > f->max || rows > f->max)
		return bad_value(f, value, "COLSxROWS, such as 120x36", e);
	a->cols = cols;
	a->rows = rows;
	return 0;
}

static void add_fold(struct args *a, int fold)
{
	int at = a->nfolds;

	while (at > 0 && a->fold[at - 1] > fold)
		at--;
	if (at > 0 && a->fold[at - 1] == fold)
		return;
	a->fold = mem_grow(a->fold, (size_t)a->nfolds + 1, sizeof *a->fold);
	memmove(&a->fold[at + 1], &a->fold[at], (size_t)(a->nfolds - at) * sizeof *a->fold);
	a->fold[at] = fold;
	a->nfolds++;
}

static void add_text(const char ***list, int *n, const char *value)
{
	*list = mem_grow(*list, (size_t)*n + 1, sizeof **list);
	(*list)[(*n)++] = value;
}

static int read_value(struct args *a, const struct flag_row *f, const char *value, struct err *e)
{
	void *to = (char *)a + f->at;
	const char *at = value;
	char want[64];
	int v;

	BUG_ON(!value != !f->value);
	switch (f->type) {
	case TAKES_NOTHING:
		*(bool *)to = true;
		return 0;
	case TAKES_TEXT:
		*(const char **)to = value;
		return 0;
	case TAKES_TEXTS:
		add_text(to, (int *)((char *)a + f->count), value);
		return 0;
	case TAKES_CHOICE:
		return read_choice(f, value, to, e);
	case TAKES_SIZE:
		return read_screen(a, f, value, e);
	case TAKES_COUNT:
	case TAKES_FOLDS:
		v = read_count(&at);
		snprintf(want, sizeof want, "an integer, %d to %d", f->min, f->max);
		if (*at || v < f->min || v > f->max)
			return bad_value(f, value, want, e);
		if (f->type == TAKES_COUNT)
			*(int *)to = v;
		else
			add_fold(a, v);
		return 0;
	case TAKES_OVER:
		break;
	}
	BUG("--%s has no value", f->name);
}

static int check_operands(const struct args *a, const struct command *c, struct err *e)
{
	if (a->noperands < c->least)
		return err_usage(e, "%s; expected %s",
				 a->noperands ? "an argument is missing" : "no argument given",
				 c->operands);
	if (c->most >= 0 && a->noperands > c->most)
		return err_usage(e, "unexpected argument '%.80s'", a->operand[c->most]);
	return 0;
}

/* Reads the option at argv[0] ("--word...") and its value. Returns how many
 * words that took; 0 and *asked for --help and --version; -1. */
static int read_option(struct args *a, const struct command *c, int argc, char *const *argv,
		       enum flag *asked, struct err *e)
{
	const char *word = argv[0] + 2, *value = NULL;
	size_t len = strcspn(word, "=");
	enum flag f = find_flag(c, word, len, e);
	const struct flag_row *row = &flag_table[f];
	int used = 1;

	if (!f)
		return -1;
	if (word[len])
		value = word + len + 1;
	if (value && !row->value)
		return err_usage(e, "--%s takes no value", row->name);
	if (row->type == TAKES_OVER) {
		*asked = f;
		return 0;
	}
	if (row->value && !value) {
		value = argc > 1 ? argv[1] : NULL;
		used = 2;
		if (!value || strncmp(value, "--", 2) == 0) /* --word=--value is meant */
			return err_usage(e, "--%s: expected %s; found %s", row->name, row->value,
					 value ? value : "nothing");
	}
	if (read_value(a, row, value, e))
		return -1;
	a->given |= 1ul << f;
	return used;
}

int args_read(struct args *a, const struct command *c, int argc, char *const *argv,
	      enum flag *asked, struct err *e)
{
	const char **operand = mem_alloc((size_t)argc + 1, sizeof *operand);
	bool options = true;
	int used;

	*a = (struct args){.operand = operand, .split = PART_TEST};
	for (int i = 0; i < argc; i += used) {
		used = 1;
		if (!options || argv[i][0] != '-' || !argv[i][1]) {
			operand[a->noperands++] = argv[i];
		} else if (argv[i][1] != '-') {
			return err_usage(
				e, "unknown option %.80s; options are whole words, such as --help",
				argv[i]);
		} else if (!argv[i][2]) {
			options = false;
		} else {
			used = read_option(a, c, argc - i, argv + i, asked, e);
			if (used <= 0)
				return used < 0 ? -1 : 1;
		}
	}
	for (const enum flag *f = c->needs; f && *f; f++) {
		if (!args_given(a, *f))
			return err_usage(e, "--%s %s is missing", flag_table[*f].name,
					 flag_table[*f].value);
	}
	return check_operands(a, c, e);
}

bool args_given(const struct args *a, enum flag flag)
{
	return a->given >> flag & 1;
}

void args_free(struct args *a)
{
	free((void *)a->operand);
	free(a->set);
	free(a->on);
	free(a->fold);
}

/* ---- running ---- */

/* `c` is NULL before a command's name, where --help and --version may stand. */
static void run(const struct program *p, const struct command *c, int argc, char **argv,
		struct err *e)
{
	static const enum flag manual[] = {FLAG_MANUAL, FLAG_NONE};
	static const struct command none = {.operands = "", .takes = manual};
	enum flag asked = FLAG_NONE;
	struct err usage = {0};
	struct args a = {0};
	int status = args_read(&a, c ? c : &none, argc, argv, &asked, &usage);
	const char *name = c && p->commands ? c->name : "", *blank = *name ? " " : "";

	if (status < 0)
		err_usage(e, "%s%s%s (see %s%s%s --help)", name, *name ? ": " : "", usage.text,
			  p->name, blank, name);
	else if (asked == FLAG_VERSION)
		printf("%s %s\n", p->name, MIUST_VERSION);
	else if (asked == FLAG_HELP)
		cli_help(p, c);
	else if (!c && a.manual)
		cli_manual(p, stdout);
	else if (!c)
		err_usage(e, "no command given (see %s --help)", p->name);
	else if (c->run(&a, e) && !e->status)
		BUG("%s failed without an error message", c->name);
	args_free(&a);
}

/* The reader of our results has left: as if SIGPIPE had ended us, which `before`
 * may have ignored. */
static int end_unread(const struct err *e, void (*before)(int))
{
	if (!e->status) {
		signal(SIGPIPE, before);
		raise(SIGPIPE);
	}
	return e->status ? e->status : EXIT_FAILED;
}

int cli_main(const struct program *p, int argc, char **argv)
{
	void (*sigpipe)(int) = signal(SIGPIPE, SIG_IGN);
	const struct command *c = p->only;
	struct err e = {0};

	if (!p->draws) {
		raw = stdout;
		stdout = plain_stream(STDOUT_FILENO, &unwritten);
	}
	json_begin();
	argc--, argv++;
	if (!c && argc > 0 && argv[0][0] != '-') {
		c = cli_find(p, &argc, &argv, &e);
		if (c)
			run(p, c, argc, argv, &e);
	} else {
		run(p, c, argc, argv, &e);
	}
	e.status = err_exit(e.status);
	errno = 0;
	if ((ferror(stdout) | fflush(stdout)) && !unwritten)
		unwritten = errno ? errno : EIO;
	if (raw) {
		fclose(stdout);
		stdout = raw;
	}
	if (unwritten == EPIPE && !(c && c->stores))
		return end_unread(&e, sigpipe);
	if (*e.text)
		cli_message("%s", e.text);
	if (!unwritten || unwritten == EPIPE)
		return e.status;
	cli_message("standard output: cannot write: %s", strerror(unwritten));
	return e.status ? e.status : EXIT_FAILED;
}
