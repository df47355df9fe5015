/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rule by which a run goes back, as people write it. */
#include "app/hook/rollback.h"
#include "test.h"

/* The rule as it is read back; read again it is the same. */
static const char *reads(const char *text)
{
	static struct str out;
	struct str again = {0};
	struct rollback r = {0};
	struct err e = {0};

	str_reset(&out);
	if (rollback_read(&r, text, &e)) {
		FAIL("%s: %s", text, e.text);
		return "";
	}
	rollback_text(&r, &out);
	if (rollback_read(&r, str_text(&out), &e))
		FAIL("%s: %s", out.s, e.text);
	rollback_text(&r, &again);
	CHECK_STR(again.s, out.s);
	str_free(&again);
	return str_text(&out);
}

static const char *refuses(const char *text)
{
	static struct err e;
	struct rollback r = {.back = 7};

	err_clear(&e);
	CHECK_INT(rollback_read(&r, text, &e), -1);
	CHECK_INT(r.back, 7);
	return e.text;
}

TEST(rules_are_read)
{
	struct rollback r;
	struct err e = {0};

	CHECK_STR(reads("rewind 1 epoch"), "rewind 1 epoch, at most 3, over 3");
	CHECK_STR(reads("rewind epoch"), "rewind 1 epoch, at most 3, over 3");
	CHECK_STR(reads("  rewind   2  epochs ,over 4.5,  at most 1 time"),
		  "rewind 2 epochs, at most 1, over 4.5");
	CHECK_STR(reads("rewind 100 steps, lr x0.5, train.clip 1, at most 10 over 1.5"),
		  "rewind 100 steps, train.optimizer.lr x0.5, train.clip 1, at most 10, over 1.5");
	CHECK_STR(reads("rewind 1 step,lr 5e-4,at most 5"),
		  "rewind 1 step, train.optimizer.lr 5e-4, at most 5, over 3");
	/* Commas within a value. */
	CHECK_STR(reads("rewind 1 epoch, class_weight fear=15,disgust=2, lr x2"),
		  "rewind 1 epoch, train.class_weight fear=15,disgust=2, train.optimizer.lr x2, "
		  "at most 3, over 3");
	REQUIRE(rollback_read(&r, "rewind 5 steps, lr x0.5", &e) == 0);
	CHECK_INT(r.back, 5);
	CHECK(r.steps);
	CHECK_INT(r.most, 3);
	CHECK_NEAR(r.over, 3, 0);
	CHECK_INT(r.changes, 1);
	CHECK_STR(r.change[0], "train.optimizer.lr x0.5");
}

TEST(mistakes_say_what_was_expected)
{
	CHECK_HAS(refuses(""), "on spike: expected rewind N epochs|steps, then, each after a "
			       "comma, KEY VALUE, KEY xFACTOR, at most N or over K, as in on spike "
			       "rewind 1 epoch, lr x0.5, at most 3; found nothing");
	CHECK_HAS(refuses("go back"), "; found go back");
	CHECK_HAS(refuses("rewind"), "expected rewind N epochs|steps");
	CHECK_HAS(refuses("rewind 1"), "on spike rewind 1: expected 1 to 1000000 epochs or steps");
	CHECK_HAS(refuses("rewind 4:1"), "expected 1 to 1000000 epochs or steps");
	CHECK_HAS(refuses("rewind 0 epochs"), "expected 1 to 1000000 epochs or steps");
	CHECK_HAS(refuses("rewind 1 week"), "rewind 1 week: expected 1 to 1000000 epochs or steps");
	CHECK_HAS(refuses("rewind 1 epoch, at most"), "expected a number of uses, 1 to 1000");
	CHECK_HAS(refuses("rewind 1 epoch, at most 0"), "expected a number of uses, 1 to 1000");
	CHECK_HAS(refuses("rewind 1 epoch, at most 2 epochs"), "expected a number of uses");
	CHECK_HAS(refuses("rewind 1 epoch, over 1"), "over 1: expected how many times its median");
	CHECK_HAS(refuses("rewind 1 epoch, over nan"), "above 1 and at most 1e+06");
	CHECK_HAS(refuses("rewind 1 epoch, over 3 x"), "over 3 x: expected");
	CHECK_HAS(refuses("rewind 1 epoch, at most 3 over x"), "over x: expected");
	CHECK_HAS(refuses("rewind 1 epoch,"), "at most N or over K after a comma; found nothing");
	CHECK_HAS(refuses("rewind 1 epoch, slow"),
		  "on spike rewind: expected KEY VALUE, KEY xFACTOR, "
		  "at most N or over K after a comma; found slow");
	CHECK_HAS(refuses("rewind 1 epoch, lrr x0.5"), "unknown key lrr");
	CHECK_HAS(refuses("rewind 1 epoch, lr"), "train.optimizer.lr: expected its new value");
	CHECK_HAS(refuses("rewind 1 epoch, lr x0"), "expected a factor above 0, such as x0.5");
	CHECK_HAS(refuses("rewind 1 epoch, lr x-1"), "expected a factor above 0, such as x0.5");
	CHECK_HAS(refuses("rewind 1 epoch, lr -1"), "train.optimizer.lr: expected");
	CHECK_HAS(refuses("rewind 1 epoch, lr fast"), "train.optimizer.lr: expected");
	CHECK_HAS(refuses("rewind 1 epoch, batch_size 3"),
		  "train.batch_size is fixed during a run");
	CHECK_STR(refuses("rewind 1 epoch, lr x0.5, lr x0.1"),
		  "on spike rewind: train.optimizer.lr is there twice; give it once");
	CHECK_STR(refuses("rewind 1 epoch, at most 2, at most 3"),
		  "on spike rewind: at most N is there twice; give it once");
	CHECK_HAS(refuses("rewind 1 epoch, at most 2 over 4, over 5"), "over K is there twice");
	CHECK_HAS(
		refuses("rewind 1 epoch, lr 1, clip 1, epoch 9, train.patience 1, schedule linear, "
			"warmup 1, health 5, loss.main 1, loss.text 1"),
		"at most 8 settings are changed");
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
