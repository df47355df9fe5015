/* SPDX-License-Identifier: GPL-3.0-or-later */
/* kern_product: matrix products, of packed operands and as they lie. For kern_code.h alone. */
#ifndef MIUST_KERN_PRODUCT_H
#define MIUST_KERN_PRODUCT_H

#include "engine/num/kern_vec.h"

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
#if defined __AVX512F__ || defined __aarch64__ /* 32 registers */
#define TWELVE_ROWS
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
	int parts = (k + DEPTH - 1) / DEPTH;

	return parts > 1 ? (k + parts - 1) / parts : k;
}

/* A line of a panel out of a row: `width` values, then zeros. */
INLINE void pack_row(real *panel, int width, const real *row)
{
	for (int j = 0; j < PANEL; j += LANES)
		if (width > j)
			store(panel + j, load(row + j, min_int(LANES, width - j)), LANES);
		else
			store(panel + j, all(0), LANES);
}

/* Out of a column: `width` values from b on, ldb apart. */
INLINE void pack_column(real *panel, int width, const real *b, int ldb)
{
	for (int j = 0; j < width; j++)
		panel[j] = b[(size_t)j * ldb];
	for (int j = width; j < PANEL; j++)
		panel[j] = 0;
}

static void pack(int k, int n, const real *b, int ldb, int transposed, real *panels)
{
	int step = depth(k);

	for (int top = 0; top < k; top += step)
		for (int from = 0; from < n; from += PANEL)
			for (int p = top; p < min_int(top + step, k); p++, panels += PANEL)
				if (transposed)
					pack_column(panels, min_int(PANEL, n - from),
						    b + (size_t)from * ldb + p, ldb);
				else
					pack_row(panels, min_int(PANEL, n - from),
						 b + (size_t)p * ldb + from);
}

static void pack_rows(int k, int n, const real *const *row, real *panels)
{
	int step = depth(k);

	for (int top = 0; top < k; top += step)
		for (int from = 0; from < n; from += PANEL)
			for (int p = top; p < min_int(top + step, k); p++, panels += PANEL)
				if (row[p])
					pack_row(panels, min_int(PANEL, n - from), row[p] + from);
				else
					memset(panels, 0, sizeof(real[PANEL]));
}

/* How A lies in memory: a(r, p) = a[r * down + p * right]. */
struct operand {
	const real *a;
	size_t down, right;
};

static struct operand part_of(struct operand o, int row, int p)
{
	return (struct operand){o.a + (size_t)row * o.down + (size_t)p * o.right, o.down, o.right};
}

/* `width` columns of B, packed or as they lie: `down` values from row to row. */
struct panel {
	const real *b;
	size_t down;
	int width;
};

/* `rows` rows by the first `vecs` vectors of a panel, both known to the compiler. */
INLINE void rows_by_panel(const int rows, const int vecs, int k, struct operand o, struct panel b,
			  int add, real *c, int ldc)
{
	size_t ahead = AHEAD / PANEL * b.down;
	vec sum[ROWS][2];

	for (int r = 0; r < rows; r++)
		for (int v = 0; v < vecs; v++) {
			sum[r][v] = all(0);
			__builtin_prefetch(c + (size_t)r * ldc + v * LANES, 1);
		}
	for (int p = 0; p < k; p++, b.b += b.down) {
		vec y[2];

		for (int line = 0; line < vecs * LANES; line += LINE)
			__builtin_prefetch(b.b + ahead + line);
		for (int v = 0; v < vecs; v++)
			y[v] = *(const vec *)(b.b + v * LANES);
		for (int r = 0; r < rows; r++) {
			real x = o.a[(size_t)r * o.down + (size_t)p * o.right];

			for (int v = 0; v < vecs; v++)
				sum[r][v] += x * y[v];
		}
	}
	for (int r = 0; r < rows; r++)
		for (int v = 0; v < vecs; v++) {
			real *to = c + (size_t)r * ldc + v * LANES;
			int n = min_int(LANES, b.width - v * LANES);

			store(to, add ? load(to, n) + sum[r][v] : sum[r][v], n);
		}
}

/* One panel; the rows left over at the end are done at once, not one by one. */
static void tile(int rows, int k, struct operand o, struct panel b, int add, real *c, int ldc)
{
	switch (2 * rows + (b.width > LANES)) {
#define CASE(n)                                            \
	case 2 * n:                                        \
		rows_by_panel(n, 1, k, o, b, add, c, ldc); \
		break;                                     \
	case 2 * n + 1:                                    \
		rows_by_panel(n, 2, k, o, b, add, c, ldc); \
		break
		CASE(1);
		CASE(2);
		CASE(3);
		CASE(4);
#if defined __AVX2__ || defined TWELVE_ROWS
		CASE(5);
		CASE(6);
#endif
#ifdef TWELVE_ROWS
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

/* Rows row.. of A, at most ROWS, by panels that lie side by side; returns the
 * place after them. */
INLINE const real *rows_by_panels(int rows, int n, int k, struct operand o, const real *panels,
				  int add, real *c, int ldc)
{
	for (int col = 0; col < n; col += PANEL, panels += (size_t)k * PANEL)
		tile(rows, k, o, (struct panel){panels, PANEL, min_int(PANEL, n - col)}, add,
		     c + col, ldc);
	return panels;
}

static void product(int m, int n, int k, const real *a, int lda, const real *panels, int add,
		    real *c, int ldc)
{
	struct operand o = {a, (size_t)lda, 1};

	for (int top = 0, step = depth(k); top < k; top += step) {
		const real *next = panels;

		for (int row = 0; row < m; row += ROWS)
			next = rows_by_panels(min_int(ROWS, m - row), n, min_int(step, k - top),
					      part_of(o, row, top), panels, add || top > 0,
					      c + (size_t)row * ldc, ldc);
		panels = next;
	}
}

/* ROWS columns of A as rows, so that a step down costs no new cache line. */
static void copy_strip(real *strip, int rows, int deep, const real *a, int lda)
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
		int deep = min_int(step, k - top);
		const real *next = panels;

		for (int row = 0; row < m; row += ROWS) {
			copy_strip(strip, min_int(ROWS, m - row), deep, a + (size_t)top * lda + row,
				   lda);
			next = rows_by_panels(min_int(ROWS, m - row), n, deep,
					      (struct operand){strip, 1, ROWS}, panels,
					      add || top > 0, c + (size_t)row * ldc, ldc);
		}
		panels = next;
	}
}

/*
 * Products whose operands are used once. B is taken as it lies, but for its
 * last columns where they are no whole panel.
 */
static void once(int m, int n, int k, struct operand o, const real *b, int ldb, int add, real *c,
		 int ldc)
{
	real edge[DEPTH * PANEL];

	for (int top = 0, step = depth(k); top < k; top += step, b += (size_t)step * ldb)
		for (int col = 0, deep = min_int(step, k - top); col < n; col += PANEL) {
			struct panel panel = {b + col, (size_t)ldb, min_int(PANEL, n - col)};

			if (panel.width < PANEL) {
				for (int p = 0; p < deep; p++)
					pack_row(edge + p * PANEL, panel.width,
						 b + (size_t)p * ldb + col);
				panel.b = edge;
				panel.down = PANEL;
			}
			for (int row = 0; row < m; row += ROWS)
				tile(min_int(ROWS, m - row), deep, part_of(o, row, top), panel,
				     add || top > 0, c + (size_t)row * ldc + col, ldc);
		}
}

static void once_nn(int m, int n, int k, const real *a, int lda, const real *b, int ldb, int add,
		    real *c, int ldc)
{
	once(m, n, k, (struct operand){a, (size_t)lda, 1}, b, ldb, add, c, ldc);
}

static void once_tn(int m, int n, int k, const real *a, int lda, const real *b, int ldb, int add,
		    real *c, int ldc)
{
	once(m, n, k, (struct operand){a, 1, (size_t)lda}, b, ldb, add, c, ldc);
}

/* A panel of PANEL rows of a matrix, transposed. */
INLINE struct panel transpose(real *room, int width, int deep, const real *a, int lda)
{
	for (int p = 0; p < deep; p++)
		pack_column(room + p * PANEL, width, a + p, lda);
	return (struct panel){room, PANEL, width};
}

/* C' = B A' */
static void once_nt_transposed(int m, int n, int k, const real *a, int lda, const real *b, int ldb,
			       int add, real *c, int ldc)
{
	real room[DEPTH * PANEL], part[ROWS * PANEL];

	for (int row = 0; row < m; row += PANEL) {
		struct panel panel =
			transpose(room, min_int(PANEL, m - row), k, a + (size_t)row * lda, lda);

		for (int col = 0; col < n; col += ROWS) {
			int cols = min_int(ROWS, n - col);

			tile(cols, k, (struct operand){b + (size_t)col * ldb, (size_t)ldb, 1},
			     panel, 0, part, PANEL);
			for (int r = 0; r < panel.width; r++) {
				real *to = c + (size_t)(row + r) * ldc + col;

				for (int j = 0; j < cols; j++)
					to[j] = (add ? to[j] : 0) + part[j * PANEL + r];
			}
		}
	}
}

/* What has the fewer rows is transposed. */
static void once_nt(int m, int n, int k, const real *a, int lda, const real *b, int ldb, int add,
		    real *c, int ldc)
{
	real room[DEPTH * PANEL];

	for (int top = 0, step = depth(k); top < k; top += step, a += step, b += step, add = 1) {
		int deep = min_int(step, k - top);

		if (m < n) {
			once_nt_transposed(m, n, deep, a, lda, b, ldb, add, c, ldc);
			continue;
		}
		for (int col = 0; col < n; col += PANEL) {
			struct panel panel = transpose(room, min_int(PANEL, n - col), deep,
						       b + (size_t)col * ldb, ldb);

			for (int row = 0; row < m; row += ROWS)
				tile(min_int(ROWS, m - row), deep,
				     (struct operand){a + (size_t)row * lda, (size_t)lda, 1}, panel,
				     add, c + (size_t)row * ldc + col, ldc);
		}
	}
}

#endif
