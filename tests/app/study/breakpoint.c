/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/study/breakpoint.h"

#include "test.h"

/* Figures that are all different, so that each name can mean only its own. */
static const struct step_row step = {
	.fold = 3,
	.epoch = 42,
	.step = 1011,
	.loss = 0.25,
	.term = {[TERM_MAIN] = 1.5,
		 [TERM_CMD_TEXT] = 2.5,
		 [TERM_CMD_AUDIO] = 3.5,
		 [TERM_TEXT] = 4.5,
		 [TERM_AUDIO] = 5.5},
	.lr = 0.125,
	.grad_norm = 14.5,
};
static const struct epoch_row epoch = {
	.fold = 9,
	.epoch = 41,
	.train_loss = 0.375,
	.train_acc = 0.75,
	.val_loss = 0.625,
	.val = {.wa = 0.8125, .ua = 0.5625, .wf1 = 0.6875, .macro_f1 = 0.4375},
};
static const struct breakpoint_figures figures = {&step, &epoch, 0.9375, 0.96875};

TEST(every_name_is_its_figure)
{
	static const struct {
		const char *name;
		double value;
		bool epoch; /* tested after its evaluation */
	} some[] = {
		{"fold", 3, false},
		{"epoch", 42, false},
		{"step", 1011, false},
		{"loss", 0.25, false},
		{"loss_main", 1.5, false},
		{"loss_cmd_text", 2.5, false},
		{"loss_cmd_audio", 3.5, false},
		{"loss_text", 4.5, false},
		{"loss_audio", 5.5, false},
		{"lr", 0.125, false},
		{"grad_norm", 14.5, false},
		{"train_loss", 0.375, true},
		{"train_acc", 0.75, true},
		{"val_loss", 0.625, true},
		{"val_wa", 0.8125, true},
		{"val_ua", 0.5625, true},
		{"val_wf1", 0.6875, true},
		{"best_val_wa", 0.9375, true},
		{"best", 0.96875, true},
	};
	int names = 0;

	while (breakpoint_name(names).name)
		names++;
	CHECK_INT(names, sizeof some / sizeof some[0]);
	for (size_t i = 0; i < sizeof some / sizeof some[0]; i++) {
		struct breakpoint b = {0};
		struct err e = {0};
		char when[64];

		for (int holds = 0; holds < 2; holds++) {
			snprintf(when, sizeof when, "%s %s %g", some[i].name,
				 holds ? "=" : "!=", some[i].value);
			REQUIRE(breakpoint_set(&b, when, &e) == 0);
			if (breakpoint_holds(&b, &figures) != holds)
				FAIL("%s is %s", when, holds ? "false" : "true");
			CHECK_INT(b.epoch, some[i].epoch);
		}
		/* Whatever else it names. */
		snprintf(when, sizeof when, "val_wa > 2 | %s < 0", some[i].name);
		REQUIRE(breakpoint_set(&b, when, &e) == 0);
		CHECK(b.epoch);
		breakpoint_clear(&b);
		CHECK(!breakpoint_holds(&b, &figures));
	}
}

/* A wrong condition leaves the one before. */
TEST(a_wrong_condition_changes_nothing)
{
	struct breakpoint b = {0};
	struct err e = {0};

	REQUIRE(breakpoint_set(&b, "val_ua > 0.5", &e) == 0);
	CHECK_INT(breakpoint_set(&b, "macro_f1 > 0.5", &e), -1);
	CHECK_HAS(e.text, "macro_f1");
	CHECK(b.epoch && breakpoint_holds(&b, &figures));
	breakpoint_clear(&b);
}

/* Figures are numbers: what compares them with a text would never hold, and never say so. */
TEST(a_condition_that_never_holds_is_wrong)
{
	static const struct {
		const char *when, *why;
	} some[] = {
		{"loss > val", "column 8: \"val\" is not a name here; did you mean "},
		{"val_wa < best_va",
		 "column 10: \"best_va\" is not a name here; did you mean best"},
		{"loss > 1 | best_val < val_wa", "column 12: \"best_val\" is not a name here"},
		{"loss = \"high\"", "column 8: \"high\" is not a name here"},
		{"loss = nan", "column 8: nan is not compared with; expected is nan"},
		{"Inf = grad_norm", "column 1: Inf is not compared with; expected is inf"},
		{"1 > 0", "1 > 0: no figure of the run is in it, so it holds at once or never"},
		{"epoch ~ 2", "column 7: ~ looks into texts; numbers take = != < <= > >="},
	};

	for (size_t i = 0; i < sizeof some / sizeof *some; i++) {
		struct breakpoint b = {0};
		struct err e = {0};

		CHECK_INT(breakpoint_set(&b, some[i].when, &e), -1);
		CHECK_HAS(e.text, some[i].why);
		breakpoint_clear(&b);
	}
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
