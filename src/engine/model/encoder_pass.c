/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/model/encoder_pass.h"

#include "base/util.h"

#ifdef __SSE2__
#include <xmmintrin.h>
#endif

/*
 * In the encoder numbers below the smallest normal one count as 0. A recurrence
 * over padding makes many of them, and each costs a hundred ordinary
 * operations, while what they add is far below the last digit of any sum here.
 * Every task of the encoder runs so, whoever runs it, which keeps the bytes
 * the same; reading features does not, where a tiny sum is not 0.
 */
#ifdef __SSE2__
enum { FLUSH_TO_ZERO = 0x8000, DENORMALS_ARE_ZERO = 0x0040 };

static unsigned flush_begin(void)
{
	unsigned was = _mm_getcsr();

	_mm_setcsr(was | FLUSH_TO_ZERO | DENORMALS_ARE_ZERO);
	return was;
}

static void flush_end(unsigned was)
{
	_mm_setcsr(was);
}
#else
static unsigned flush_begin(void)
{
	return 0;
}

static void flush_end(unsigned was)
{
	(void)was;
}
#endif

static void one_task(void *ctx, int task)
{
	const struct pass *a = ctx;
	const struct part *p = a->part;
	unsigned was = flush_begin();

	for (; task >= p->tasks; p++)
		task -= p->tasks;
	p->task(a, p, task);
	flush_end(was);
}

void pass_add(struct pass *a, struct part p)
{
	BUG_ON(a->parts == PARTS_MAX);
	a->part[a->parts++] = p;
	a->tasks += p.tasks;
}

void pass_run(struct pass *a)
{
	par_run(a->par, a->tasks, one_task, a);
	a->parts = a->tasks = 0;
}

void pass_run_alone(struct pass *a)
{
	for (int task = 0; task < a->tasks; task++)
		one_task(a, task);
	a->parts = a->tasks = 0;
}

bool pass_for_many(const struct pass *a)
{
	return par_threads(a->par) > PASS_FEW;
}

/* Wide ones, since each reads all rows: as many of four large gradients (the audio strands', or the
 * products of the cross attentions with audio) as there are threads. */
int pass_shares(const struct pass *a, int columns)
{
	return pass_for_many(a) ? clamp_int((par_threads(a->par) + 3) / 4, 1, columns / KERN_PANEL)
				: 1;
}

/* Whole panels; the larger shares come first. */
void pass_share(int columns, int shares, int i, int *from, int *to)
{
	int panels = columns / KERN_PANEL, each = panels / shares, larger = panels % shares;

	*from = KERN_PANEL * (i * each + min_int(i, larger));
	*to = KERN_PANEL * ((i + 1) * each + min_int(i + 1, larger));
}
