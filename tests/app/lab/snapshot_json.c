/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A snapshot, a try and rows as JSON, and back. */
#include "test.h"

#include "app/config/config.h"
#include "app/lab/snapshot_json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Every field has a value of its own, so that none can be taken for another. */
static struct snapshot full(void)
{
	struct snapshot s = {
		.run = 7,
		.state = WORK_BROKE,
		.fold = 2,
		.nfolds = 5,
		.place = 3,
		.epoch = 4,
		.epochs = 25,
		.in_epoch = 6,
		.steps_per_epoch = 9,
		.step = 33,
		.loss = 1.0 / 3,
		.best = 0.75,
		.best_epoch = 1,
		.lr = 5e-4,
		.count = {11, 12},
		.rate = 1234.5,
		.eta = NAN,
		.pace = 2,
		.pending = 8,
		.pending_key = "train.clip",
		.pending_value = "0.5",
		.undo_key = "train.clip",
		.undo_step = 31,
		.broke = "grad_norm 14.2 > 10",
		.session = "/a/b/seed-54",
		.root = "/a/b",
		.opened = true,
		.placed = true,
		.can_skip = true,
		.looking = "why \"not\"",
		.dropped = 3000000000UL,
		.repeats = 7,
		.trying = 12,
		.trying_of = 55,
		.error = "caf\xc3\xa9",
		.diverged = {.fold = 2,
			     .epoch = 4,
			     .step = 34,
			     .loss = INFINITY,
			     .lr = 0.1,
			     .grad_norm = -INFINITY,
			     .term = {NAN, 1, 2, 3, 4}},
	};
	struct warnings w = {0};
	struct err e = {0};

	if (config_load(&s.set, "tests/record/tiny/config.yml", NULL, 0, &w, &e))
		FAIL("%s", e.text);
	warnings_free(&w);
	return s;
}

/* Through the text that goes over the wire. */
static json_t *sent(json_t *v)
{
	char *text = json_dumps(v, JSON_COMPACT);
	json_t *back = json_loads(text, 0, NULL);

	json_decref(v);
	free(text);
	return back;
}

static void check_text(json_t *v, const char *path)
{
	char *text = json_dumps(v, JSON_COMPACT | JSON_SORT_KEYS);

	if (!text || !strstr(text, path))
		FAIL("%s is not in %s", path, text ? text : "(null)");
	free(text);
}

TEST(a_snapshot_reads_back_as_it_was)
{
	struct snapshot s = full(), back = {0};
	json_t *v = sent(snapshot_json(&s)), *again;
	struct err e = {0};

	if (snapshot_of_json(&back, v, &e))
		FAIL("%s", e.text);
	again = snapshot_json(&back);
	CHECK(json_equal(v, again));
	CHECK_INT(back.state, WORK_BROKE);
	CHECK_INT(back.step, 33);
	CHECK(back.loss == 1.0 / 3);
	CHECK(isnan(back.eta));
	CHECK(back.opened && back.placed && back.can_skip);
	CHECK(!back.trains && !back.busy && !back.ended);
	CHECK_INT(back.dropped, 3000000000UL);
	CHECK_INT(back.repeats, 7);
	CHECK_INT(back.trying, 12);
	CHECK_INT(back.trying_of, 55);
	CHECK_STR(back.error, "caf\xc3\xa9");
	CHECK(isinf(back.diverged.loss) && back.diverged.loss > 0);
	CHECK(back.diverged.grad_norm == -INFINITY);
	CHECK(isnan(back.diverged.term[0]) && back.diverged.term[4] == 4);
	CHECK_INT(back.count[1], 12);
	CHECK_INT(back.set.layout, s.set.layout);
	for (int i = 0; i < option_count; i++)
		CHECK(option_equal(&s.set, &back.set, &option_table[i]));
	CHECK_INT(back.run, 0);
	CHECK_STR(back.root, "");
	json_decref(v);
	json_decref(again);
}

TEST(before_the_data_is_read_there_are_no_settings)
{
	struct snapshot s = {.state = WORK_LOADING, .loss = NAN}, back = full();
	json_t *v = sent(snapshot_json(&s));
	struct err e = {0};

	CHECK(!json_object_get(v, "settings"));
	CHECK(json_is_null(json_object_get(v, "loss")));
	CHECK_INT(snapshot_of_json(&back, v, &e), 0);
	CHECK_INT(back.set.exp.nlabels, 0);
	CHECK_INT(back.step, 0);
	json_decref(v);
}

TEST(programs_of_other_versions_are_understood)
{
	struct snapshot s = full(), back = {0};
	json_t *v = snapshot_json(&s), *settings = json_object_get(v, "settings");
	struct err e = {0};

	json_object_set_new(v, "mood", json_string("good"));
	json_object_del(v, "eta");
	json_object_del(v, "step");
	json_object_set_new(settings, "train.later", json_string("1"));
	json_object_del(settings, "train.min_delta");
	CHECK_INT(snapshot_of_json(&back, v, &e), 0);
	CHECK(isnan(back.eta));
	CHECK_INT(back.step, 0);
	CHECK_INT(back.epoch, 4);
	json_decref(v);
}

TEST(what_is_not_a_snapshot_changes_nothing)
{
	static const struct {
		const char *text, *says;
	} wrong[] = {
		{"{}", "\"state\""},
		{"{\"state\":\"asleep\"}", "\"state\""},
		{"{\"state\":\"idle\",\"step\":\"3\"}", "\"step\": an integer"},
		{"{\"state\":\"idle\",\"step\":3000000000}", "\"step\": an integer"},
		{"{\"state\":\"idle\",\"loss\":\"much\"}", "\"loss\": a number"},
		{"{\"state\":\"idle\",\"opened\":1}", "\"opened\": true or false"},
		{"{\"state\":\"idle\",\"dropped\":-1}", "\"dropped\": a count"},
		{"{\"state\":\"idle\",\"error\":null}", "\"error\": a text"},
		{"{\"state\":\"idle\",\"count\":[1,true]}", "\"count\": an integer"},
		{"{\"state\":\"idle\",\"diverged\":{\"lr\":[]}}", "\"lr\": a number"},
		{"{\"state\":\"idle\",\"settings\":{\"train.clip\":5}}", "\"train.clip\": a text"},
		{"{\"state\":\"idle\",\"settings\":{\"train.clip\":\"-5\"}}",
		 "train.clip: expected"},
	};

	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct snapshot back = {.step = 5};
		json_t *v = json_loads(wrong[i].text, 0, NULL);
		struct err e = {0};

		CHECK_INT(snapshot_of_json(&back, v, &e), -1);
		if (!strstr(e.text, wrong[i].says))
			FAIL("%s: %s", wrong[i].text, e.text);
		CHECK_INT(back.step, 5);
		json_decref(v);
	}
}

TEST(bytes_that_are_no_text_do_not_lose_the_field)
{
	struct snapshot s = {.state = WORK_IDLE,
			     .session = "/a/\xff"
					"b"};
	json_t *v = snapshot_json(&s);

	check_text(v, "\"session\":\"/a/\xef\xbf\xbd"
		      "b\"");
	json_decref(v);
}

/* Every field has a value of its own. */
static struct tried full_try(void)
{
	struct tried t = {
		.change = {{"train.optimizer.lr", "5e-4", "", false},
			   {"train.epoch", "25", "30", true}},
		.changes = 2,
		.epoch = 3,
		.step = 2,
		.steps = 4,
		.sweep = true,
		.log = true,
		.of = 3,
		.points = 2,
		.base = {.value = "5e-4",
			 .x = 5e-4,
			 .loss = 0.6,
			 .made = {.steps = 4,
				  .before = {.fold = 1, .epoch = 3, .step = 10, .loss = 0.1},
				  .first = {{.loss = 0.2}, -2.5},
				  .last = {{.loss = 0.3}, -2.25}}},
	};

	t.point[0] = (struct tried_point){"1e-4", 1e-4, 0.7, t.base.made};
	t.point[1] = (struct tried_point){"1e-3", 1e-3, NAN, {.steps = 2, .diverged = true}};
	t.point[1].made.last = (struct tried_step){{.loss = NAN, .grad_norm = 7}, NAN};
	memset(&t.point[0].made.before, 0, sizeof t.point[0].made.before); /* is the base's */
	return t;
}

TEST(a_try_reads_back_as_it_was)
{
	struct tried t = full_try(), back = {0};
	json_t *v = sent(tried_json(&t)), *again;
	struct err e = {0};

	if (tried_of_json(&back, v, &e))
		FAIL("%s", e.text);
	again = tried_json(&back);
	CHECK(json_equal(v, again));
	CHECK_INT(back.changes, 2);
	CHECK_STR(back.change[1].value, "30");
	CHECK(back.change[1].later && !back.change[0].later);
	CHECK(back.sweep && back.log);
	CHECK_INT(back.of, 3);
	CHECK_INT(back.points, 2);
	CHECK(back.base.made.before.loss == 0.1 && back.base.made.first.row.loss == 0.2);
	CHECK(back.base.made.last.update == -2.25);
	CHECK(back.point[0].x == 1e-4 && back.point[0].loss == 0.7);
	CHECK(isnan(back.point[1].loss) && isnan(back.point[1].made.last.row.loss));
	CHECK(back.point[1].made.last.row.grad_norm == 7);
	CHECK(back.point[1].made.diverged && !back.point[0].made.diverged);
	json_decref(v);
	json_decref(again);
}

TEST(what_is_not_a_try_changes_nothing)
{
	static const char *const wrong[] = {
		"{}",
		"{\"changes\":[{\"key\":\"train.clip\"}],\"tried\":[]}",
		"{\"changes\":[],\"tried\":[{}]}",
		"{\"changes\":[{\"key\":1}],\"tried\":[{}]}",
		"{\"changes\":[{}],\"tried\":[{\"x\":\"wide\"}]}",
		"{\"changes\":[{}],\"tried\":[{\"first\":{\"loss\":\"low\"}}]}",
		"{\"changes\":[{}],\"tried\":[{\"last\":{\"update\":true}}]}",
		"{\"changes\":[{}],\"tried\":[{}],\"as_is\":{\"steps\":0.5}}",
	};
	struct tried back = {.points = 7};

	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		json_t *v = json_loads(wrong[i], 0, NULL);
		struct err e = {0};

		REQUIRE(v);
		if (!tried_of_json(&back, v, &e))
			FAIL("%s is taken", wrong[i]);
		json_decref(v);
	}
	CHECK_INT(back.points, 7);
	for (int more = 0; more < 2; more++) { /* as many as there is room for */
		json_t *v = json_object(), *points = json_array(), *changes = json_array();
		struct err e = {0};

		for (int i = 0; i < TRIAL_POINTS + more; i++)
			json_array_append_new(points, json_object());
		for (int i = 0; i < TRIAL_SETTINGS + more; i++)
			json_array_append_new(changes, json_object());
		json_object_set_new(v, "changes", changes);
		json_object_set_new(v, "tried", points);
		CHECK_INT(tried_of_json(&back, v, &e), 0);
		CHECK_INT(back.points, TRIAL_POINTS);
		CHECK_INT(back.changes, TRIAL_SETTINGS);
		json_decref(v);
	}
}

TEST(a_row_has_the_names_of_its_file)
{
	struct epoch_row r = {.fold = 1, .epoch = 2, .val_loss = NAN, .val = {.wa = 0.5}},
			 back = {0};
	struct columns c = rows_of_epochs();
	json_t *v = row_json(&c, &r);
	struct err e = {0};

	check_text(v, "\"val_wa\":0.5");
	check_text(v, "\"val_loss\":null");
	CHECK_INT(row_of_json(&c, &back, v, &e), 0);
	CHECK_INT(back.epoch, 2);
	CHECK(isnan(back.val_loss) && back.val.wa == 0.5);
	json_decref(v);
}

int main(int argc, char **argv)
{
	return TEST_MAIN(argc, argv);
}
