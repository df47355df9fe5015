/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The next run as changes to a stored one (app/config/draft.h). */
#include "test.h"

#include "app/config/draft.h"
#include "app/config/setting.h"

#include <string.h>

static struct settings base;
static struct draft draft;
static struct err e;

static void start(void)
{
	static const char *const lines[] = {
		"exp.audio_dir=/a",    "exp.text_dir=/t",         "exp.iemocap_csv=/lists",
		"train.batch_size=20", "train.optimizer.lr=1e-3", "train.epoch=25",
	};

	options_preset(&base);
	err_clear(&e);
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		if (setting_assign(&base, lines[i], &e))
			FAIL("%s", e.text);
	if (options_resolve(&base, &e))
		FAIL("%s", e.text);
	draft_free(&draft);
}

/* The error, or "". */
static const char *set(const char *key, const char *value)
{
	err_clear(&e);
	draft_set(&draft, &base, key, value, &e);
	return e.text;
}

static const char *value(const char *key)
{
	const char *v = draft_value(&draft, option_find(key));

	return v ? v : "as before";
}

static const char *apply(struct settings *next)
{
	err_clear(&e);
	draft_apply(&draft, &base, next, &e);
	return e.text;
}

TEST(an_empty_draft_is_the_run_itself)
{
	struct settings next;

	start();
	CHECK_STR(apply(&next), "");
	for (int i = 0; i < option_count; i++)
		CHECK(option_equal(&base, &next, &option_table[i]));
	CHECK_STR(value("train.batch_size"), "as before");
}

TEST(a_draft_changes_what_it_names)
{
	struct settings next;

	start();
	CHECK_STR(set("train.optimizer.lr", "3e-4"), "");
	CHECK_STR(set("train.batch_size", "32"), "");
	CHECK_INT(draft.n, 2);
	CHECK_STR(apply(&next), "");
	CHECK_INT(next.train.batch_size, 32);
	CHECK_NEAR(next.train.optimizer.lr, 3e-4, 0);
	CHECK_INT(next.train.epoch, 25);
	CHECK_INT(base.train.batch_size, 20);
	/* Later words win. */
	CHECK_STR(set("train.batch_size", "64"), "");
	CHECK_INT(draft.n, 2);
	CHECK_STR(value("train.batch_size"), "64");
	draft_free(&draft);
}

TEST(rows_have_the_order_of_the_table)
{
	start();
	set("train.optimizer.lr", "3e-4");
	set("model.head", "32");
	set("exp.seed", "54");
	set("train.batch_size", "32");
	REQUIRE(draft.n == 4);
	for (int i = 1; i < draft.n; i++)
		CHECK(draft.row[i - 1].o < draft.row[i].o);
	draft_free(&draft);
}

TEST(a_row_that_changes_nothing_goes)
{
	start();
	set("train.batch_size", "32");
	set("train.epoch", "30");
	CHECK_STR(set("train.batch_size", "20"), "");
	CHECK_INT(draft.n, 1);
	CHECK_STR(value("train.batch_size"), "as before");
	CHECK_STR(value("train.epoch"), "30");
	CHECK(draft_take_back(&draft, option_find("train.epoch")));
	CHECK(!draft_take_back(&draft, option_find("train.epoch")));
	CHECK_INT(draft.n, 0);
	draft_free(&draft);
}

TEST(taking_back_leaves_the_others)
{
	start();
	set("exp.seed", "54");
	set("train.batch_size", "32");
	set("model.head", "32");
	CHECK(draft_take_back(&draft, option_find("train.batch_size")));
	REQUIRE(draft.n == 2);
	CHECK_STR(value("exp.seed"), "54");
	CHECK_STR(value("model.head"), "32");
	draft_free(&draft);
}

TEST(factors_are_of_the_draft_else_of_the_run)
{
	start();
	CHECK_STR(set("train.batch_size", "x2"), "");
	CHECK_STR(value("train.batch_size"), "40");
	CHECK_STR(set("train.batch_size", "x2"), "");
	CHECK_STR(value("train.batch_size"), "80");
	CHECK_STR(set("train.optimizer.lr", "x0.5"), "");
	CHECK_STR(value("train.optimizer.lr"), "5e-4");
	CHECK_STR(set("train.batch_size", "x0.3"), "");
	CHECK_STR(value("train.batch_size"), "24");
	CHECK_HAS(set("train.epoch", "x0.5"), "25 x0.5 is 12.5, not an integer");
	CHECK_STR(value("train.epoch"), "as before");
	draft_free(&draft);
}

TEST(a_mistake_changes_nothing)
{
	start();
	set("train.batch_size", "32");
	CHECK_HAS(set("train.batch_size", "many"), "train.batch_size: expected an integer");
	CHECK_HAS(set("train.batch_size", "0"), "train.batch_size: expected an integer");
	CHECK_STR(value("train.batch_size"), "32");
	CHECK_HAS(set("train.bach_size", "3"), "did you mean train.batch_size?");
	CHECK_HAS(set("text", "0.2"), "unknown key text; did you mean"); /* of several */
	CHECK_HAS(set("train.epoch", ""), "train.epoch: expected its value in the next run");
	CHECK_HAS(set("train.epoch", "\"\""), "train.epoch: expected an integer");
	CHECK_HAS(set("model.dropout", "0.5"), "model.dropout: it has no effect");
	CHECK_INT(draft.n, 1);
	draft_free(&draft);
}

TEST(the_whole_is_checked_as_a_config_is)
{
	struct settings next = {.train.epoch = -7};

	start();
	/* One by one they may disagree. */
	CHECK_STR(set("model.num_heads", "3"), "");
	CHECK_HAS(apply(&next), "model.num_heads: 3 does not divide 2 x model.hidden_size1");
	CHECK_INT(next.train.epoch, -7);
	CHECK_STR(set("model.hidden_size1", "96"), "");
	CHECK_HAS(apply(&next), "model.num_heads: 3 does not divide 2 x model.hidden_size2");
	CHECK_STR(set("model.hidden_size2", "96"), "");
	CHECK_STR(apply(&next), "");
	CHECK_INT(next.model.num_heads, 3);
	CHECK_STR(set("exp.labels", "ang,hap,neu"), "");
	CHECK_HAS(apply(&next), "model.num_classes: 4, but exp.labels has 3 labels");
	CHECK_STR(set("model.num_classes", "3"), "");
	CHECK_STR(apply(&next), "");
	CHECK_INT(next.exp.nlabels, 3);
	draft_free(&draft);
}

TEST(live_changes_are_taken_when_asked)
{
	struct settings now, next;

	start();
	now = base;
	now.train.optimizer.lr = 2e-4;
	now.train.epoch = 40;
	now.train.batch_size = 7; /* not one that changes in a run */
	CHECK_INT(draft_live(&draft, &base, &base), 0);
	set("train.optimizer.lr", "5e-5");
	CHECK_INT(draft_live(&draft, &base, &now), 2);
	CHECK_STR(value("train.optimizer.lr"), "2e-4");
	CHECK_STR(apply(&next), "");
	CHECK_INT(next.train.epoch, 40);
	CHECK_INT(next.train.batch_size, 20);
	draft_free(&draft);
}

TEST(assignments_are_of_the_command_line)
{
	start();
	err_clear(&e);
	CHECK_INT(draft_assign(&draft, &base, "train.batch_size=x2", &e), 0);
	CHECK_STR(value("train.batch_size"), "40");
	CHECK_INT(draft_assign(&draft, &base, "lr=2e-3", &e), 0);
	CHECK_STR(value("train.optimizer.lr"), "0.002");
	CHECK_INT(draft_assign(&draft, &base, "train.batch_size", &e), -1);
	CHECK_HAS(e.text, "expected KEY=VALUE; found 'train.batch_size'");
	err_clear(&e);
	/* Nothing is a value of what goes by layout. */
	set("exp.speaker", "Who");
	CHECK_INT(draft_assign(&draft, &base, "exp.speaker=", &e), 0);
	CHECK_STR(value("exp.speaker"), "as before");
	draft_free(&draft);
}

TEST(paths_start_at_the_current_folder)
{
	start();
	CHECK_STR(set("exp.audio_dir", "features of mine"), "");
	CHECK(value("exp.audio_dir")[0] == '/');
	CHECK_HAS(value("exp.audio_dir"), "/features of mine");
	draft_free(&draft);
}

static const char *name(const char *from)
{
	static char out[256];

	return draft_name(&draft, from, out, sizeof out);
}

TEST(a_name_says_what_differs)
{
	start();
	CHECK_STR(name("demo"), "demo");
	set("train.batch_size", "32");
	CHECK_STR(name("demo"), "demo-batch_size=32");
	CHECK_STR(name("my-demo-2"), "my-demo-2-batch_size=32");
	set("train.optimizer.lr", "3e-4");
	CHECK_STR(name("demo"), "demo-lr=3e-4,batch_size=32");
	set("train.loss.text", "0.5");
	CHECK_STR(name("demo"), "demo-lr=3e-4,batch_size=32,loss.text=0.50");
	draft_free(&draft);
}

/* What differed before is not said twice. */
TEST(a_name_of_a_named_run_goes_on)
{
	start();
	set("exp.seed", "55");
	CHECK_STR(name("demo-seed=54"), "demo-seed=55");
	CHECK_STR(name("demo-batch_size=32,seed=54"), "demo-batch_size=32,seed=55");
	CHECK_STR(name("demo-batch_size=32"), "demo-batch_size=32,seed=55");
	CHECK_STR(name("demo-lr=3e-4"), "demo-lr=3e-4,seed=55");
	CHECK_STR(name("a-b=c"), "a-b=c-seed=55");
	CHECK_STR(name("-seed=3"), "-seed=3-seed=55");
	CHECK_STR(name("demo-"), "demo--seed=55");
	draft_free(&draft);
}

TEST(a_name_is_a_folder_and_not_too_long)
{
	start();
	set("exp.audio_dir", "/data/of mine/wav $1");
	set("exp.labels", "ang,hap,neu,sad,fea");
	CHECK_STR(name("demo"), "demo-audio_dir=wav___1,labels=ang+hap+neu+sad+fea");
	set("train.optimizer.lr", "3e-4");
	set("model.num_layers", "4");
	CHECK_STR(name("demo"), "demo-audio_dir=wav___1,labels=ang+hap+neu+sad+fea,lr=3e-4,1_more");
	CHECK_STR(name("a-name-that-is-already-much-longer-than-fits-into-any-list-of-runs"),
		  "a-name-that-is-already-much-longer-than-fits-into-any-list-of-runs-4_more");
	draft_free(&draft);
}

TEST(each_run_has_its_own)
{
	struct drafts *all = NULL;

	start();
	CHECK(!drafts_of(&all, "sessions/a", false));
	CHECK(!all);
	CHECK_INT(draft_set(drafts_of(&all, "sessions/a", true), &base, "train.epoch", "30", &e),
		  0);
	CHECK(!drafts_of(&all, "sessions/b", false));
	CHECK_INT(drafts_of(&all, "sessions/b", true)->n, 0);
	CHECK_INT(drafts_of(&all, "sessions/a", true)->n, 1);
	drafts_free(all);
	drafts_free(NULL);
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
