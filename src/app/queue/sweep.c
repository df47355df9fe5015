/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * DESIGN: all cells are checked before the first folder is made; a folder that cannot be
 * made, or a queue that cannot be written, takes back those before it. Killed in between,
 * what is there are ordinary sessions that nobody has queued.
 */
#include "app/queue/sweep.h"

#include "app/session/session.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/util.h"

#include <stdlib.h>
#include <string.h>

/* What is wrong with a cell, with its values: "lr=1,batch_size=2: why". A wrong
 * assignment (usage) is one of all cells, as the grid's own are checked. */
static int refuse(const struct sweep *s, int cell, const struct err *why, struct err *e)
{
	if (s->grid.cells == 1 || why->status == EXIT_USAGE) {
		*e = *why;
		return -1;
	}
	err_set(e, "%s: %s", s->cell[cell].name, why->text);
	e->status = why->status;
	return -1;
}

static int check_cell(struct sweep *s, int cell, struct labs *labs, struct err *e)
{
	struct waiting_asked a = *s->asked;
	struct err why = {0};
	const char **set = mem_alloc((size_t)a.nset + (size_t)s->grid.naxes + 1, sizeof *set);
	int failed;

	for (int i = 0; i < a.nset; i++)
		set[i] = a.set[i];
	grid_cell(&s->grid, cell, set + a.nset);
	a.set = set;
	a.nset += s->grid.naxes;
	if (cell > 0)
		a.say = NULL; /* said of the first */
	grid_name(&s->grid, cell, s->cell[cell].name);
	failed = waiting_check(&s->cell[cell].run, &a, labs, &why);
	free(set);
	return failed ? refuse(s, cell, &why, e) : 0;
}

/* Seeds of a cell and seeds of the study would be the same runs. */
static int check_seeds(const struct sweep *s, struct err *e)
{
	for (int i = 0; i < s->grid.naxes && s->asked->seeds > 1; i++)
		if (strcmp(s->grid.axis[i].o->key, "exp.seed") == 0)
			return err_usage(e, "exp.seed: --seeds says the seeds already; give one of "
					    "the two");
	return 0;
}

int sweep_plan(struct sweep *s, const struct waiting_asked *asked, const char *const *text, int n,
	       struct labs *labs, struct err *e)
{
	*s = (struct sweep){.asked = asked};
	if (grid_read(&s->grid, text, n, e))
		return -1;
	labs_init(&s->labs);
	s->cell = mem_alloc((size_t)s->grid.cells, sizeof *s->cell);
	if (check_seeds(s, e))
		goto fail;
	for (int i = 0; i < s->grid.cells; i++)
		if (check_cell(s, i, labs ? labs : &s->labs, e))
			goto fail;
	return 0;
fail:
	sweep_free(s);
	return -1;
}

void sweep_free(struct sweep *s)
{
	for (int i = 0; i < s->grid.cells && s->cell; i++)
		waiting_free(&s->cell[i].run);
	if (s->cell)
		labs_close(&s->labs);
	free(s->cell);
	grid_free(&s->grid);
	*s = (struct sweep){0};
}

/* A name that is one folder in the folder of sessions, and no session itself. */
static int check_name(const char *name, const char *study, struct err *e)
{
	if (!*name || name[0] == '.' || strchr(name, '/'))
		return err_usage(e,
				 "the study's name '%.80s': expected the name of one folder, "
				 "without / and not beginning with a dot",
				 name);
	if (session_exists(study))
		return err_at(e, study, 0, 0, "is a session; choose another name for the study");
	return 0;
}

/* Of a grid without settings the only cell is the study itself. */
static int cell_folder(const struct sweep *s, int cell, const char *study, char dir[PATH_LEN],
		       struct err *e)
{
	if (s->grid.naxes)
		return path_join(dir, PATH_LEN, study, s->cell[cell].name, e);
	str_fit(dir, PATH_LEN, study);
	return 0;
}

static int make_cells(const struct sweep *s, const char *study, const char *made, struct err *e)
{
	int n = s->grid.cells, done = 0, failed = 0;
	char(*dir)[PATH_LEN] = mem_alloc((size_t)n, sizeof *dir);
	const char **list = mem_alloc((size_t)n, sizeof *list);

	for (; done < n && !failed; done += !failed) {
		list[done] = dir[done];
		failed = cell_folder(s, done, study, dir[done], e) ||
			 waiting_store(&s->cell[done].run, dir[done], e);
	}
	failed = failed || queue_add_all(s->asked->folder, list, n, max_int(s->asked->seeds, 1),
					 QUEUE_LAST, e);
	for (int i = done - 1; i >= 0 && failed; i--)
		waiting_undo(dir[i], made[0] ? made : dir[i]);
	if (failed && made[0])
		dirs_remove(study, made);
	free(list);
	free(dir);
	return failed ? -1 : 0;
}

int sweep_make(const struct sweep *s, const char *name, char *study, size_t size, struct err *e)
{
	const char *folder = s->asked->folder;
	char made[PATH_LEN] = "";
	bool first = !file_exists(folder);

	if (name) {
		if (path_join(study, size, folder, name, e) || check_name(name, study, e))
			return -1;
		dirs_missing(made, sizeof made, study);
	} else {
		if (session_new_name(study, size, folder, s->asked->config, e))
			return -1;
		snprintf(made, sizeof made, "%s", first ? folder : study);
	}
	return make_cells(s, study, made, e);
}
