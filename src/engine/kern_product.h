/* SPDX-License-Identifier: GPL-3.0-or-later */
/* kern_product: products with a packed matrix. For kern_code.h alone. */
#ifndef MIUST_KERN_PRODUCT_H
#define MIUST_KERN_PRODUCT_H

#include "engine/kern_vec.h"

/*
 * Products with a packed matrix: the large ones of training, and the recurrence
 * with its few rows. A panel is PANEL columns of B over some rows of B (its
 * depth, at most DEPTH), row after row; panels lie side by side, then those of
 * the next rows; the last beside one another is filled up with zeros. ROWS rows
 * of A stay in the first-level cache and ROWS x 2 vectors of sums in registers
 * while the panels of one depth stream past from the second level, asked for
 * AHEAD values early. The more rows, the fewer loads an operation needs, and the
 * deeper, the less often the sums go to memory.
 */
#if defined __AVX512F__
enum { ROWS = 12 };
#elif defined __AVX2__
enum { ROWS = 6 };
#else
enum { ROWS = 4 };
#endif
enum { PANEL = 2 * LANES, DEPTH = 768, LINE = 64 / sizeof(real), AHEAD = 2048 / sizeof(real) };

/* How deep the panels of k rows are: even, so that none is shallow. */
static int depth(int k)
{
	int pieces = (k + DEPTH - 1) / DEPTH;

	return pieces > 1 ? (k + pieces - 1) / pieces : k;
}

/* A line of a panel out of a row: `width` values, then zeros. */
INLINE void pack_row(real *panel, int width, const real *row)
{
	for (int j = 0; j < PANEL; j += LANES)
		if (width > j)
			put(panel + j, take(row + j, least(LANES, width - j)), LANES);
		else
			put(panel + j, all(0), LANES);
}

/* Out of a column: `width` values from b on, ldb apart. */
INLINE void pack_column(real *panel, int width, const real *b, int ldb)
{
	for (int j = 0; j < PANEL; j++)
		panel[j] = j < width ? b[(size_t)j * ldb] : 0;
}

static void pack(int k, int n, const real *b, int ldb, int transposed, real *panels)
{
	int step = depth(k);

	for (int top = 0; top < k; top += step)
		for (int from = 0; from < n; from += PANEL)
			for (int p = top; p < least(top + step, k); p++, panels += PANEL)
				if (transposed)
					pack_column(panels, least(PANEL, n - from),
						    b + (size_t)from * ldb + p, ldb);
				else
					pack_row(panels, least(PANEL, n - from),
						 b + (size_t)p * ldb + from);
}

static void pack_rows(int k, int n, const real *const *row, real *panels)
{
	int step = depth(k);

	for (int top = 0; top < k; top += step)
		for (int from = 0; from < n; from += PANEL)
			for (int p = top; p < least(top + step, k); p++, panels += PANEL)
				if (row[p])
					pack_row(panels, least(PANEL, n - from), row[p] + from);
				else
					memset(panels, 0, sizeof(real[PANEL]));
}

/* How A lies in memory: a(r, p) = a[r * down + p * right]. */
struct operand {
	const real *a;
	size_t down, right;
};

/* `rows` rows by the first `vecs` vectors of a panel, both known to the compiler. */
INLINE void rows_by_panel(const int rows, const int vecs, int k, int width, struct operand o,
			  const real *panel, int add, real *c, int ldc)
{
	vec sum[ROWS][2];

	for (int r = 0; r < rows; r++)
		for (int v = 0; v < vecs; v++) {
			sum[r][v] = all(0);
			__builtin_prefetch(c + (size_t)r * ldc + v * LANES, 1);
		}
	for (int p = 0; p < k; p++, panel += PANEL) {
		vec b[2];

		for (int line = 0; line < vecs * LANES; line += LINE)
			__builtin_prefetch(panel + AHEAD + line);
		for (int v = 0; v < vecs; v++)
			b[v] = *(const vec *)(panel + v * LANES);
		for (int r = 0; r < rows; r++) {
			real x = o.a[(size_t)r * o.down + (size_t)p * o.right];

			for (int v = 0; v < vecs; v++)
				sum[r][v] += x * b[v];
		}
	}
	for (int r = 0; r < rows; r++)
		for (int v = 0; v < vecs; v++) {
			real *to = c + (size_t)r * ldc + v * LANES;
			int n = least(LANES, width - v * LANES);

			put(to, add ? take(to, n) + sum[r][v] : sum[r][v], n);
		}
}

/* One panel; the rows left over at the end are done at once, not one by one. */
static void tile(int rows, int k, int width, struct operand o, const real *panel, int add, real *c,
		 int ldc)
{
	switch (2 * rows + (width > LANES)) {
#define CASE(n)                                                       \
	case 2 * n:                                                   \
		rows_by_panel(n, 1, k, width, o, panel, add, c, ldc); \
		break;                                                \
	case 2 * n + 1:                                               \
		rows_by_panel(n, 2, k, width, o, panel, add, c, ldc); \
		break
		CASE(1);
		CASE(2);
		CASE(3);
		CASE(4);
#if defined __AVX2__
		CASE(5);
		CASE(6);
#endif
#if defined __AVX512F__
		CASE(7);
		CASE(8);
		CASE(9);
		CASE(10);
		CASE(11);
		CASE(12);
#endif
#undef CASE
	default:
		break;
	}
}

static void product(int m, int n, int k, const real *a, int lda, const real *panels, int add,
		    real *c, int ldc)
{
	for (int top = 0, step = depth(k); top < k; top += step) {
		int deep = least(step, k - top), onto = add || top > 0;
		const real *panel = panels;

		for (int row = 0; row < m; row += ROWS) {
			const real *from = a + (size_t)row * lda + top;

			panel = panels;
			for (int col = 0; col < n; col += PANEL, panel += (size_t)deep * PANEL)
				tile(least(ROWS, m - row), deep, least(PANEL, n - col),
				     (struct operand){from, (size_t)lda, 1}, panel, onto,
				     c + (size_t)row * ldc + col, ldc);
		}
		panels = panel;
	}
}

/* ROWS columns of A as rows, so that a step down costs no new cache line. */
static void lay_strip(real *strip, int rows, int deep, const real *a, int lda)
{
	for (int p = 0; p < deep; p++, a += lda, strip += ROWS)
		if (rows == ROWS) /* a size the compiler knows */
			memcpy(strip, a, sizeof(real[ROWS]));
		else
			memcpy(strip, a, (size_t)rows * sizeof *a);
}

static void product_tn(int m, int n, int k, const real *a, int lda, const real *panels, int add,
		       real *c, int ldc)
{
	real strip[DEPTH * ROWS];

	for (int top = 0, step = depth(k); top < k; top += step) {
		int deep = least(step, k - top), onto = add || top > 0;
		const real *panel = panels;

		for (int row = 0; row < m; row += ROWS) {
			lay_strip(strip, least(ROWS, m - row), deep, a + (size_t)top * lda + row,
				  lda);
			panel = panels;
			for (int col = 0; col < n; col += PANEL, panel += (size_t)deep * PANEL)
				tile(least(ROWS, m - row), deep, least(PANEL, n - col),
				     (struct operand){strip, 1, ROWS}, panel, onto,
				     c + (size_t)row * ldc + col, ldc);
		}
		panels = panel;
	}
}

#endif
