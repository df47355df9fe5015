/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The room that runs like one will take (app/queue/cost.h). */
#include "app/folder.h"
#include "app/queue/cost.h"
#include "app/session/session_rows.h"
#include "app/session/states.h"

/* Stored states of fold 1, of the ends of epochs of 4 steps; bytes of each. */
static double store_states(const char *dir, int epochs)
{
	struct tensor none = {.name = "none", .dims = 1, .dim = {1, 1}};
	struct states *w = NULL;
	struct err e = {0};
	struct settings set = some_settings();
	struct session s;

	if (session_create(&s, dir, &set, &e) || session_begin(&s, 1, 1, 1, &e)) {
		FAIL("%s", e.text);
		return NAN;
	}
	w = states_open(&s, 1, INT64_MAX, &e);
	for (int i = 1; w && i <= epochs; i++) {
		struct state at = {.fold = 1,
				   .epoch = i,
				   .in_epoch = 4,
				   .step = 4 * i,
				   .ended = true,
				   .n = 1,
				   .order = (int[]){0},
				   .layout = {.tensor = &none, .n = 1}};

		CHECK_INT(states_put(w, &at, "", &e), 0);
		CHECK_INT(states_flush(w, &e), 0);
	}
	CHECK_STR(e.text, "");
	states_close(w);
	session_close(&s);
	return (double)bytes_below(in("states/a/fold-1/states")) / epochs;
}

/* The states of a run grow with its epochs, as far as there is room for them. */
TEST(stored_states_grow_with_the_epochs)
{
	struct settings set = some_settings();
	struct cost_room room;
	double state;

	set.store.bytes = 1 << 30;
	set.store.every = 0;
	state = store_states(in("states/a"), 3);
	cost_room(&room, in("states/a"), 1);
	CHECK(state > 100);
	CHECK_NEAR(room.state, state, 1e-9);
	CHECK_INT(room.each, 4);
	CHECK_NEAR(room.fold + 3 * state, (double)bytes_below(in("states/a")), 1e-6);
	set.train.epoch = 10;
	CHECK_NEAR(cost_bytes(&room, &set, 5), 5 * (room.fold + 10 * state), 1e-6);
	set.store.every = 3; /* one after the third of 4 steps: as many again */
	CHECK_NEAR(cost_bytes(&room, &set, 5), 5 * (room.fold + 20 * state), 1e-6);
	set.store.bytes = 1000;
	CHECK_NEAR(cost_bytes(&room, &set, 5), 5 * room.fold + 1000, 1e-6);
	set.store.bytes = 0;
	CHECK_NEAR(cost_bytes(&room, &set, 5), 5 * room.fold, 1e-6);
	cost_room(&room, in("states/a"), 0);
	CHECK(isnan(cost_bytes(&room, &set, 5)));
}

int main(int argc, char **argv)
{
	int status;

	folder_make();
	status = TEST_MAIN(argc, argv);
	folder_remove();
	return status;
}
