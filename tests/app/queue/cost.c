/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/queue/cost.h"
#include "app/stored.h"

#include <sys/stat.h>

/* What 5 folds of these settings cost, by the sessions of FOLDER/NAME. */
static struct cost cost(const char *name, const struct settings *set, char *like, size_t n)
{
	struct shelf shelf = {0};
	struct cost c;

	shelf_add(&shelf, in(name), SHELF_DEEP);
	shelf_read(&shelf);
	cost_of(&c, &shelf, set, 5, NULL);
	snprintf(like, n, "%s", c.like ? c.like->path : "");
	c.like = NULL;
	shelf_free(&shelf);
	return c;
}

TEST(nothing_is_known_without_a_run_that_is_like_it)
{
	struct settings set = some_settings(), other = set;
	char like[64];
	struct cost c;

	c = cost("none", &set, like, sizeof like);
	CHECK(isnan(c.seconds) && isnan(c.bytes));
	/* Nothing trained; another model; other data. */
	stored_session(in("unlike/waits"), &set, (struct stored){0});
	other.model.hidden_size1 = other.model.hidden_size2 = 8;
	stored_session(in("unlike/model"), &other, (struct stored){.done = 5});
	other = set;
	snprintf(other.exp.text_dir, PATH_LEN, "/elsewhere");
	stored_session(in("unlike/data"), &other, (struct stored){.done = 5});
	c = cost("unlike", &set, like, sizeof like);
	CHECK(isnan(c.seconds) && isnan(c.bytes));
	CHECK_STR(like, "");
}

/* Epochs take two seconds each, whatever else is different. */
TEST(by_its_epochs_and_its_room)
{
	struct settings set = some_settings(), other = set;
	char like[64];
	struct cost c, half;

	other.train.optimizer.lr = 0.1;
	other.train.epoch = 3;
	other.train.batch_size = 64;
	stored_session(in("like/study/a"), &other, (struct stored){.done = 2});
	set.train.epoch = 10;
	c = cost("like", &set, like, sizeof like);
	CHECK_STR(like, "study/a");
	CHECK_INT((int)(c.seconds + 0.5), 2 * 10 * 5);
	CHECK(c.bytes > 0);
	/* A fold more is under way: the room of three. */
	other.train.batch_size = set.train.batch_size;
	stored_session(in("like/b"), &other,
		       (struct stored){.done = 2, .epochs = 1, .state = true});
	half = cost("like", &set, like, sizeof like);
	CHECK_STR(like, "b");
	CHECK_INT((int)(half.seconds + 0.5), 2 * 10 * 5);
	CHECK(half.bytes < c.bytes * 1.1);
}

int main(int argc, char **argv)
{
	int status;

	folder_make();
	setenv("XDG_CACHE_HOME", in("cache"), 1);
	status = TEST_MAIN(argc, argv);
	folder_remove();
	return status;
}
