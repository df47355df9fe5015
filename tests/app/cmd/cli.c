/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/cmd/cli.h"
#include "base/file.h"
#include "engine/data/split.h"
#include "temp.h"
#include "test.h"

#include <sys/wait.h>

static const enum flag train_takes[] = {FLAG_SESSION, FLAG_SET,    FLAG_FOLD,     FLAG_SEEDS,
					FLAG_RESUME,  FLAG_REPLAY, FLAG_SKIP_BAD, FLAG_THREADS,
					FLAG_SIZE,    FLAG_NONE};
static const enum flag eval_needs[] = {FLAG_WEIGHTS, FLAG_NONE};
static const enum flag eval_takes[] = {FLAG_SPLIT, FLAG_TENSORS, FLAG_NONE};

static int run_ok(const struct args *a, struct err *e)
{
	(void)e;
	printf("ran with %d\n", a->noperands);
	return 0;
}

static int run_diverged(const struct args *a, struct err *e)
{
	(void)a;
	err_set(e, "the loss diverged");
	e->status = EXIT_DIVERGED;
	return -1;
}

static const struct command train = {.name = "train",
				     .operands = "CONFIG",
				     .least = 1,
				     .most = 1,
				     .takes = train_takes,
				     .help = "Train.",
				     .run = run_ok};
static const struct command eval = {.name = "eval",
				    .operands = "CONFIG",
				    .least = 1,
				    .most = 1,
				    .needs = eval_needs,
				    .takes = eval_takes,
				    .help = "Figures.",
				    .run = run_diverged};
static const struct command compare = {.name = "compare",
				       .operands = "SESSION SESSION...",
				       .least = 2,
				       .most = -1,
				       .help = "Compare.",
				       .run = run_ok};
static const struct command add = {.name = "line add",
				   .operands = "CONFIG",
				   .most = 1,
				   .takes = train_takes,
				   .help = "Add one.",
				   .run = run_ok};
static const struct command list = {
	.name = "line list", .operands = "", .help = "List them.", .run = run_ok};
static const struct command *const commands[] = {&train, &eval, &compare, &add, &list, NULL};
static const struct program many = {.name = "miust", .help = "All.", .commands = commands};
static const struct program one = {.name = "miust-tui", .help = "One.", .only = &train};

static struct args got;
static struct err error;

enum { WORDS = 16 };

/* Reads a command line of words divided by one blank each; returns the
 * sentence, "" if all is well. */
static const char *line(const struct command *c, const char *text)
{
	static char copy[512];
	char *word[WORDS];
	enum flag asked = FLAG_NONE;
	int n = 0;

	args_free(&got);
	err_clear(&error);
	snprintf(copy, sizeof copy, "%s", text);
	for (char *w = strtok(copy, " "); w && n < WORDS - 1; w = strtok(NULL, " "))
		word[n++] = w;
	word[n] = NULL;
	if (args_read(&got, c, n, word, &asked, &error) > 0)
		return asked == FLAG_HELP ? "help" : "version";
	if (error.status && error.status != EXIT_USAGE)
		FAIL("status %d", error.status);
	return error.text;
}

TEST(nothing_given)
{
	CHECK_STR(line(&train, "demo.yml"), "");
	CHECK_INT(got.noperands, 1);
	CHECK_STR(got.operand[0], "demo.yml");
	CHECK(!got.operand[1]);
	CHECK(!got.session && !got.set && !got.resume);
	CHECK_INT(got.nfolds, 0);
	CHECK_INT(got.seeds, 0);
	CHECK_INT(got.split, PART_TEST);
}

TEST(options_anywhere_in_both_forms)
{
	CHECK_STR(line(&train, "--session s1 demo.yml --resume --session=s2 --threads=2"), "");
	CHECK_STR(got.operand[0], "demo.yml");
	CHECK_STR(got.session, "s2");
	CHECK(got.resume && !got.skip_bad);
	CHECK_INT(got.threads, 2);
	CHECK_STR(line(&train, "demo.yml --session="), "");
	CHECK_STR(got.session, "");
}

TEST(set_keeps_all_in_order)
{
	CHECK_STR(line(&train, "c --set a=1 --set=b=2=3 --set c="), "");
	REQUIRE(got.nset == 3);
	CHECK_STR(got.set[0], "a=1");
	CHECK_STR(got.set[1], "b=2=3");
	CHECK_STR(got.set[2], "c=");
}

TEST(folds_ascend)
{
	CHECK_STR(line(&train, "c --fold 1 --fold 3 --fold=3 --fold 0"), "");
	REQUIRE(got.nfolds == 3);
	CHECK(got.fold[0] == 0 && got.fold[1] == 1 && got.fold[2] == 3);
	CHECK_STR(line(&train, "c --fold 1000000"),
		  "--fold: expected an integer, 0 to 999999; found '1000000'");
}

TEST(two_dashes_end_options)
{
	CHECK_STR(line(&compare, "-- --set -x"), "");
	CHECK_INT(got.noperands, 2);
	CHECK_STR(got.operand[0], "--set");
	CHECK_STR(line(&compare, "- -- --"), "");
	CHECK_STR(got.operand[0], "-");
	CHECK_STR(got.operand[1], "--");
}

TEST(counts_are_strict)
{
	static const char *const wrong[] = {"0",   "-1",   "x",           "2x",
					    "1e3", "1025", "99999999999", NULL};
	char text[64], want[128];

	for (int i = 0; wrong[i]; i++) {
		snprintf(text, sizeof text, "c --threads %s", wrong[i]);
		snprintf(want, sizeof want, "--threads: expected an integer, 1 to 1024; found '%s'",
			 wrong[i]);
		CHECK_STR(line(&train, text), want);
	}
	CHECK_HAS(line(&train, "c --threads="), "found ''");
}

TEST(choices_and_sizes)
{
	CHECK_STR(line(&eval, "c --weights w --split val"), "");
	CHECK_INT(got.split, PART_VAL);
	CHECK_STR(line(&eval, "c --weights w --split train"), "");
	CHECK_INT(got.split, PART_TRAIN);
	CHECK_STR(line(&eval, "c --weights w --split tes"),
		  "--split: expected train|val|test; found 'tes'");
	CHECK_STR(line(&train, "c --size 120x36"), "");
	CHECK_INT(got.cols, 120);
	CHECK_INT(got.rows, 36);
	CHECK_STR(line(&train, "c --size 120"),
		  "--size: expected COLSxROWS, such as 120x36; found '120'");
	CHECK_HAS(line(&train, "c --size 120x36x2"), "--size: expected");
	CHECK_HAS(line(&train, "c --size x36"), "--size: expected");
	CHECK_HAS(line(&train, "c --size 0x36"), "--size: expected");
}

TEST(wrong_options)
{
	CHECK_STR(line(&train, "c --sesion x"), "unknown option --sesion; did you mean --session?");
	CHECK_STR(line(&train, "c --skip_bad=1"),
		  "unknown option --skip_bad; did you mean --skip-bad?");
	CHECK_STR(line(&train, "c --quiet"), "unknown option --quiet");
	CHECK_STR(line(&train, "c --weights w"), "unknown option --weights");
	CHECK_STR(line(&train, "c --=1"), "unknown option --");
	CHECK_STR(line(&train, "c -v"),
		  "unknown option -v; options are whole words, such as --help");
	CHECK_STR(line(&train, "c --session"), "--session: expected DIR; found nothing");
	CHECK_STR(line(&train, "c --session --resume"), "--session: expected DIR; found --resume");
	CHECK_STR(line(&train, "c --session=--resume"), "");
	CHECK_STR(line(&train, "c --resume=yes"), "--resume takes no value");
}

TEST(operands_and_needs)
{
	CHECK_STR(line(&train, ""), "no argument given; expected CONFIG");
	CHECK_STR(line(&train, "a b"), "unexpected argument 'b'");
	CHECK_STR(line(&compare, "a"), "an argument is missing; expected SESSION SESSION...");
	CHECK_STR(line(&compare, "a b c d"), "");
	CHECK_STR(line(&eval, "c"), "--weights FILE is missing");
}

TEST(help_and_version_come_first)
{
	CHECK_STR(line(&train, "--help"), "help");
	CHECK_STR(line(&eval, "a b c --version --nonsense"), "version");
	CHECK_STR(line(&train, "--help=2"), "--help takes no value");
}

/* Runs a whole program in a child; what it printed is in `out` and `err`. */
static int run_program(const struct program *p, const char *text, char **out, char **err)
{
	char copy[256], *word[WORDS] = {(char *)p->name};
	const char *to[] = {temp_path("out"), temp_path("err")};
	struct err e = {0};
	int n = 1, status = 0;
	pid_t child;

	fflush(stdout);
	child = fork();
	if (child == 0) {
		snprintf(copy, sizeof copy, "%s", text);
		for (char *w = strtok(copy, " "); w && n < WORDS - 1; w = strtok(NULL, " "))
			word[n++] = w;
		if (!freopen(to[0], "w", stdout) || !freopen(to[1], "w", stderr))
			_exit(99);
		status = cli_main(p, n, word);
		fflush(stderr);
		_exit(status);
	}
	waitpid(child, &status, 0);
	free(*out);
	free(*err);
	*out = file_read(to[0], FILE_ROWS, NULL, &e);
	*err = file_read(to[1], FILE_ROWS, NULL, &e);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(programs)
{
	char *out = NULL, *err = NULL;

	CHECK_INT(run_program(&many, "train c", &out, &err), EXIT_DONE);
	CHECK_STR(out, "ran with 1\n");
	CHECK_STR(err, "");
	CHECK_INT(run_program(&many, "eval c --weights w", &out, &err), EXIT_DIVERGED);
	CHECK_STR(out, "");
	CHECK_STR(err, "miust: the loss diverged\n");
	CHECK_INT(run_program(&many, "trian", &out, &err), EXIT_USAGE);
	CHECK_STR(err, "miust: unknown command trian; did you mean train?\n");
	CHECK_INT(run_program(&many, "weather", &out, &err), EXIT_USAGE);
	CHECK_STR(err, "miust: unknown command weather (see miust --help)\n");
	CHECK_INT(run_program(&many, "\033[2Jweather\n", &out, &err), EXIT_USAGE);
	CHECK_STR(err, "miust: unknown command �[2Jweather� (see miust --help)\n");
	CHECK_INT(run_program(&many, "", &out, &err), EXIT_USAGE);
	CHECK_STR(err, "miust: no command given (see miust --help)\n");
	CHECK_INT(run_program(&many, "-- train c", &out, &err), EXIT_USAGE);
	CHECK_STR(err, "miust: unexpected argument 'train' (see miust --help)\n");
	CHECK_INT(run_program(&many, "train", &out, &err), EXIT_USAGE);
	CHECK_STR(err,
		  "miust: train: no argument given; expected CONFIG (see miust train --help)\n");
	CHECK_INT(run_program(&one, "c --nope", &out, &err), EXIT_USAGE);
	CHECK_STR(err, "miust: unknown option --nope (see miust-tui --help)\n");
	CHECK_INT(run_program(&one, "c", &out, &err), EXIT_DONE);
	CHECK_INT(run_program(&many, "--version", &out, &err), EXIT_DONE);
	CHECK_STR(out, "miust " MIUST_VERSION "\n");
	CHECK_INT(run_program(&one, "--version", &out, &err), EXIT_DONE);
	CHECK_STR(out, "miust-tui " MIUST_VERSION "\n");
	free(out);
	free(err);
}

TEST(commands_of_two_words)
{
	static const char expected[] =
		"miust: line: expected one of line add, line list (see miust line --help)\n";
	char *out = NULL, *err = NULL;

	CHECK_INT(run_program(&many, "line add c", &out, &err), EXIT_DONE);
	CHECK_STR(out, "ran with 1\n");
	CHECK_INT(run_program(&many, "line list", &out, &err), EXIT_DONE);
	CHECK_STR(out, "ran with 0\n");
	CHECK_INT(run_program(&many, "line", &out, &err), EXIT_USAGE);
	CHECK_STR(err, expected);
	CHECK_INT(run_program(&many, "line --seeds 3 add c", &out, &err), EXIT_USAGE);
	CHECK_STR(err, expected);
	CHECK_INT(run_program(&many, "line weather", &out, &err), EXIT_USAGE);
	CHECK_STR(err, expected);
	CHECK_INT(run_program(&many, "line lits", &out, &err), EXIT_USAGE);
	CHECK_STR(err, "miust: unknown command line lits; did you mean line list?\n");
	CHECK_INT(run_program(&many, "lin add c", &out, &err), EXIT_USAGE);
	CHECK_STR(err, "miust: unknown command lin; did you mean line add?\n");
	CHECK_INT(run_program(&many, "weather add", &out, &err), EXIT_USAGE);
	CHECK_STR(err, "miust: unknown command weather (see miust --help)\n");
	CHECK_INT(run_program(&many, "line list x", &out, &err), EXIT_USAGE);
	CHECK_STR(err, "miust: line list: unexpected argument 'x' (see miust line list --help)\n");
	CHECK_INT(run_program(&many, "line --help", &out, &err), EXIT_DONE);
	CHECK_STR(out, "usage: miust line COMMAND [ARGUMENT]...\n"
		       "       miust line COMMAND --help\n\n"
		       "commands\n"
		       "  line add   Add one.\n"
		       "  line list  List them.\n");
	CHECK_STR(err, "");
	free(out);
	free(err);
}

TEST(help_is_made_from_the_tables)
{
	char *out = NULL, *err = NULL;

	CHECK_INT(run_program(&many, "--help", &out, &err), EXIT_DONE);
	CHECK_STR(out, "usage: miust COMMAND [ARGUMENT]...\n"
		       "       miust COMMAND --help\n\nAll.\n\n"
		       "commands\n"
		       "  train      Train.\n"
		       "  eval       Figures.\n"
		       "  compare    Compare.\n"
		       "  line add   Add one.\n"
		       "  line list  List them.\n\n"
		       "options\n"
		       "  --help                  Print this help.\n"
		       "  --version               Print the version.\n");
	CHECK_INT(run_program(&many, "eval --help", &out, &err), EXIT_DONE);
	CHECK_STR(out, "usage: miust eval CONFIG --weights FILE [--split train|val|test]\n"
		       "                  [--tensors FILE.safetensors]\n\n"
		       "Figures.\n\n"
		       "options\n"
		       "  --weights FILE          A .safetensors file with the weights by "
		       "state_dict name.\n"
		       "  --split train|val|test  The part of the data; default: test.\n"
		       "  --tensors FILE.safetensors\n"
		       "                          Write logits and attention to FILE.safetensors.\n"
		       "  --help                  Print this help.\n"
		       "  --version               Print the version.\n");
	CHECK_INT(run_program(&one, "--help", &out, &err), EXIT_DONE);
	CHECK_HAS(out,
		  "usage: miust-tui CONFIG [--session DIR] [--set KEY=VALUE]... [--fold N]...\n");
	CHECK_HAS(out, "\n\nOne.\n\noptions\n");
	for (const char *row = out; *row; row += strcspn(row, "\n") + 1) {
		if (strcspn(row, "\n") > 80)
			FAIL("over 80 columns: %.*s", (int)strcspn(row, "\n"), row);
	}
	free(out);
	free(err);
}

int main(int argc, char **argv)
{
	int status = TEST_MAIN(argc, argv);

	args_free(&got);
	return status;
}
