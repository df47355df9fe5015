/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/queue/queue_private.h"

#include "app/session/session_rows.h"
#include "app/session/session_state.h"
#include "base/file.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

enum queue_state queue_state(const struct queue_run *r, char *who, size_t n)
{
	struct err ignored = {0}; /* said by whoever trains it */
	struct settings set;
	struct session s;
	bool finished = false;

	if (session_written(r->dir, who, n))
		return QUEUE_WRITTEN;
	if (session_finished(r->dir, r->seeds, &finished, &ignored) == 0 && finished)
		return QUEUE_FINISHED;
	return session_read(&s, r->dir, &set, &ignored) == 0 && session_begun(&s) ? QUEUE_BEGUN
										  : QUEUE_WAITS;
}

int queue_seeds(const char *folder, const char *dir)
{
	struct err ignored = {0}; /* said by whoever lists it */
	char key[PATH_LEN];
	struct queue q;
	int seeds = 0;

	if (queue_key(key, sizeof key, dir, &ignored) || queue_read(&q, folder, &ignored))
		return 0;
	for (int i = 0; i < q.n && !seeds; i++)
		if (strcmp(q.run[i].key, key) == 0)
			seeds = q.run[i].seeds;
	queue_free(&q);
	return seeds;
}

const char *queue_short(const struct queue *q, const struct queue_run *r)
{
	const char *end = path_base(r->name);

	for (int i = 0; i < q->n; i++)
		if (strcmp(q->run[i].key, r->key) != 0 &&
		    strcmp(path_base(q->run[i].name), end) == 0)
			return r->name;
	return *end ? end : r->name;
}

const char *queue_state_word(enum queue_state s)
{
	static const char *const words[] = {
		[QUEUE_WAITS] = "waits",
		[QUEUE_BEGUN] = "begun",
		[QUEUE_WRITTEN] = "trains",
		[QUEUE_FINISHED] = "finished",
	};

	return words[s];
}

void queue_pass(struct queue_passed *p, const char *dir, const char *why)
{
	struct err ignored = {0};
	struct queue_pass *x;

	p->at = mem_grow(p->at, (size_t)p->n + 1, sizeof *p->at);
	x = &p->at[p->n++];
	*x = (struct queue_pass){.why = mem_dup(why)};
	queue_key(x->key, sizeof x->key, dir, &ignored);
	str_fit(x->dir, sizeof x->dir, dir);
}

void queue_passed_free(struct queue_passed *p)
{
	for (int i = 0; i < p->n; i++)
		free(p->at[i].why);
	free(p->at);
	*p = (struct queue_passed){0};
}

bool queue_is_passed(const struct queue_passed *p, const struct queue_run *r)
{
	for (int i = 0; p && i < p->n; i++)
		if (strcmp(p->at[i].key, r->key) == 0)
			return true;
	return false;
}

int queue_next(const char *folder, const struct queue_passed *passed, int skip,
	       struct queue_run *run, bool *found, struct err *e)
{
	struct queue q;
	char who[256];
	int *free_one, n = 0;

	*found = false;
	if (queue_read(&q, folder, e))
		return -1;
	free_one = mem_alloc((size_t)q.n + 1, sizeof *free_one);
	for (int i = 0; i < q.n && n <= skip; i++)
		if (!queue_is_passed(passed, &q.run[i]) &&
		    !session_written(q.run[i].dir, who, sizeof who))
			free_one[n++] = i;
	*found = n > 0;
	if (*found)
		*run = q.run[free_one[skip % n]];
	free(free_one);
	queue_free(&q);
	return 0;
}
