/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/queue/grid.h"
#include "base/str.h"
#include "test.h"

/* "KEY=V KEY=V | ..." of all cells, or the error. */
static void cells(const char *const *text, int n, const char *want)
{
	struct str got = {0};
	struct err e = {0};
	struct grid g;

	if (grid_read(&g, text, n, &e)) {
		CHECK_INT(e.status, EXIT_USAGE);
		CHECK_INT(g.cells, 0);
		str_add(&got, e.text);
	}
	for (int i = 0; i < g.cells; i++) {
		const char *set[8];

		grid_cell(&g, i, set);
		for (int k = 0; k < g.naxes; k++)
			str_addf(&got, "%s%s", k ? " " : i ? " | " : "", set[k]);
	}
	CHECK_STR(str_text(&got), want);
	str_free(&got);
	grid_free(&g);
}

#define CELLS(want, ...)                                         \
	do {                                                     \
		const char *const text[] = {__VA_ARGS__};        \
		cells(text, sizeof text / sizeof *text, (want)); \
	} while (0)

static void names(const char *const *text, int n, const char *want)
{
	struct str got = {0};
	struct err e = {0};
	struct grid g;
	char name[GRID_NAME];

	if (grid_read(&g, text, n, &e))
		FAIL("%s", e.text);
	for (int i = 0; i < g.cells; i++) {
		grid_name(&g, i, name);
		str_addf(&got, "%s%s", i ? " " : "", name);
	}
	CHECK_STR(str_text(&got), want);
	str_free(&got);
	grid_free(&g);
}

#define NAMES(want, ...)                                         \
	do {                                                     \
		const char *const text[] = {__VA_ARGS__};        \
		names(text, sizeof text / sizeof *text, (want)); \
	} while (0)

TEST(each_value_with_each)
{
	CELLS("train.optimizer.lr=0.001", "lr=1e-3");
	CELLS("train.optimizer.lr=0.001 train.batch_size=16 | "
	      "train.optimizer.lr=0.001 train.batch_size=32 | "
	      "train.optimizer.lr=5e-4 train.batch_size=16 | "
	      "train.optimizer.lr=5e-4 train.batch_size=32",
	      "train.optimizer.lr=1e-3,5e-4", "batch_size=16,32");
}

TEST(values_with_commas_are_in_brackets)
{
	CELLS("exp.labels=a,b | exp.labels=a,b,c", "labels=[a,b],[a,b,c]");
	CELLS("exp.labels=a,b", "labels=[a,b]");
	CELLS("exp.speaker= | exp.speaker=Speaker", "speaker=[],Speaker");
	CELLS("exp.speaker=x,y | exp.speaker=y]", "speaker=[x,y],y]");
	CELLS("exp.speaker=[x | exp.speaker=y]z", "speaker=[x,y]z");
	CELLS("exp.speaker=[x] | exp.speaker=]", "speaker=[[x]],[]]");
	CELLS("exp.speaker=[x", "speaker=[x");
	CELLS("exp.columns.folder=a,b,c | exp.columns.folder=d", "columns.folder=[a,b,c],d");
}

TEST(wrong_grids)
{
	CELLS("expected KEY=VALUE,VALUE,...; found 'lr'", "lr");
	CELLS("expected KEY=VALUE,VALUE,...; found '=1'", "=1");
	CELLS("lr: a value is missing; the empty text is written []", "lr=");
	CELLS("lr: a value is missing; the empty text is written []", "lr=1,");
	CELLS("lr: a value is missing; the empty text is written []", "lr=1,,2");
	CELLS("unknown key train.batchsize; did you mean train.batch_size?", "train.batchsize=1");
	CELLS("train.batch_size: expected an integer, 1 to 1000000; found '0'", "batch_size=16,0");
	CELLS("lr: 0.001 is there twice", "lr=1e-3,0.001");
	CELLS("train.optimizer.lr is there twice; give it all its values at once", "lr=1",
	      "train.optimizer.lr=2");
	CELLS("dropout has no effect; there is nothing to compare", "dropout=0.1,0.2");
	CELLS("train.epoch: expected an integer, 1 to 1000000; found 'x'", "lr=1,2", "epoch=1,x,2");
}

TEST(not_too_many)
{
	struct str lr = {0}, epoch = {0};

	for (int i = 1; i <= 40; i++) {
		str_addf(&lr, "%s%d", i == 1 ? "lr=" : ",", i);
		str_addf(&epoch, "%s%d", i == 1 ? "epoch=" : ",", i);
	}
	CELLS("epoch: these are more than 1000 runs; leave out values", lr.s, epoch.s);
	str_free(&lr);
	str_free(&epoch);
}

TEST(names_of_folders)
{
	NAMES("lr=0.001,batch_size=16 lr=0.001,batch_size=32 lr=3e-4,batch_size=16 "
	      "lr=3e-4,batch_size=32",
	      "lr=1e-3,3e-4", "train.batch_size=16,32");
	NAMES("loss.text=0.15 loss.text=0.30", "train.loss.text=0.15,0.3");
	NAMES("labels=a,b labels=a_b,c", "labels=[a,b],[a b,c]");
	NAMES("text_dir=bert text_dir=bert-2 text_dir=ro_berta",
	      "text_dir=/x/bert,/y/bert,ro berta");
	NAMES("speaker= speaker=_.._x_", "speaker=[],/../x\"");
	NAMES("columns.text=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa "
	      "columns.text=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-2",
	      "columns.text=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaax,"
	      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaay");
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
