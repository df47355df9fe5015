/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The file of a queue, and the values of a sweep: whatever is written there. A byte says
 * which. Lines that nobody asked to change stay as they are. */
#include "app/queue/grid.h"
#include "app/queue/queue.h"
#include "fuzz.h"

#include <limits.h>

static void seeds(void)
{
	fuzz_seed_text("q# tonight\na\nseeds 3 b\n\n./seeds 2\n/x/y z\n../c/\nseeds 0 a\na\nb");
	fuzz_seed_text("q");
	fuzz_seed_text(
		"gtrain.optimizer.lr=1e-3,5e-4\nbatch_size=16,32\nlabels=[a,b],[c,d,e],[[x]]");
	fuzz_seed_text("gspeaker=[],Speaker\ntext_dir=/a/b,/c/b\nexp.seed=1,0x2");
}

static void grid(char *text)
{
	const char *set[8], *spec[8];
	char name[GRID_NAME], *rest;
	struct err e = {0};
	struct grid g;
	int n = 0;

	for (char *line = strtok_r(text, "\n", &rest); line && n < 8;
	     line = strtok_r(NULL, "\n", &rest))
		spec[n++] = line;
	if (grid_read(&g, spec, n, &e))
		return;
	for (int i = 0; i < g.cells && i < 20; i++) {
		grid_cell(&g, i, set);
		grid_name(&g, i, name);
		if (strchr(name, '/') || strlen(name) >= GRID_NAME)
			abort();
	}
	grid_free(&g);
}

static void queue(const uint8_t *data, size_t n)
{
	const char *folder = temp_path("sessions");
	struct err e = {0};
	struct queue q;

	make_dirs(temp_path("sessions/a"), &e);
	fuzz_file("sessions/a/config.yml", (const uint8_t *)"", 0);
	fuzz_file("sessions/queue", data, n);
	if (queue_read(&q, folder, &e) == 0) {
		for (int i = 0; i < q.n; i++)
			if (queue_find(&q, q.run[i].name, &e) != &q.run[i])
				abort();
		queue_free(&q);
	}
	err_clear(&e);
	queue_move(folder, temp_path("sessions/a"), INT_MIN, &e);
	err_clear(&e);
	if (queue_remove(folder, temp_path("sessions/a"), NULL, &e) ||
	    queue_add(folder, temp_path("sessions/a"), 2, QUEUE_FIRST, &e)) {
		fprintf(stderr, "%s\n", e.text);
		abort();
	}
}

static void one(const uint8_t *data, size_t n)
{
	char *text;

	if (n && data[0] == 'g') {
		text = fuzz_text(data + 1, n - 1);
		grid(text);
		free(text);
	} else if (n) {
		queue(data + 1, n - 1);
	}
}

FUZZ(seeds, one)
